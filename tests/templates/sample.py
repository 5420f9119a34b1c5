"""Sample pages: the layouts and macros as real pages use them, filled with made-up facts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader

from templates.rendering import html_environment, speaking

TODAY = date(2026, 11, 21)
PAGES = ("inbox", "case", "decision", "form")
HOSTILE = "Städ & <script>alert('x')</script> \" ' {{ 7*7 }}"

STANDSTILL = {
    "term": "standstill", "anchor": "award_notice_sent", "anchor_on": "2026-12-14", "amount": 10,
    "unit": "calendar_days", "counting": "statutory", "backward": False, "basis": "law", "source": "LOU 20:1",
    "parameter": None, "counted_on": "2026-12-24", "pauses": [], "due_on": "2026-12-28",
    "earliest_next_on": "2026-12-29",
    "moves": [
        {"from_on": "2026-12-24", "to_on": "2026-12-25", "reason": "eve:Julafton"},
        {"from_on": "2026-12-25", "to_on": "2026-12-26", "reason": "public_holiday:Juldagen"},
        {"from_on": "2026-12-26", "to_on": "2026-12-27", "reason": "public_holiday:Annandag jul"},
        {"from_on": "2026-12-27", "to_on": "2026-12-28", "reason": "sunday"},
    ],
}  # fmt: skip


def page(name: str, locale: str = "sv", **overrides: Any) -> str:
    """The sample page `name` as HTML."""
    with speaking(locale, TODAY):
        return _environment().get_template(f"{name}.html").render({**context(), "locale": locale, **overrides})


def context() -> dict[str, Any]:
    """What every page gets, and the facts of the sample pages."""
    titles = ("Städtjänster, Närsjukhuset Öster", "Fastighetsjour", "Måltidstjänster, vårdavdelningar", "Tolkar")
    work = [
        {"title": title, "meta": f"UPP-2026-010{i} · Nordstäd AB", "asked": "Fastställ hållbarhetsmålsättningen",
         "current": 2 + i, "step": "Riskanalys", "due_on": TODAY + timedelta(days=2 * i - 3)}
        for i, title in enumerate(titles)
    ]  # fmt: skip
    return {
        "viewer": SimpleNamespace(name="Åsa Öberg", region_name="Region Jämtland Härjedalen"),
        "csrf_token": "token",
        "nav": [
            {"href": "/", "label_text": "Mina ärenden", "count": 12, "current": True},
            {"href": "/cases", "label_text": "Ärenden", "count": None, "current": False},
            {"href": "/contracts", "label_text": "Avtal", "count": None, "current": False},
            {"href": "/suppliers", "label_text": "Leverantörer", "count": None, "current": False},
        ],
        "path": "/cases",
        "today": TODAY,
        "flash": ["Ditt beslut är sparat 20 nov. kl. 09.05."],
        "version": "0.1.0",
        "demo": True,
        "title": "Städtjänster, Närsjukhuset Öster",
        "typed": "Städtjänster",
        "due_on": TODAY + timedelta(days=1),
        "started_on": date(2026, 10, 2),
        "now": datetime(2026, 11, 20, 8, 5, tzinfo=UTC),
        "standstill": {"due_on": date(2026, 12, 28), "receipt": STANDSTILL},
        "work": work,
        "errors": [],
    }


@cache
def _environment() -> Environment:
    environment = html_environment()
    samples = FileSystemLoader(Path(__file__).parent / "pages")
    assert environment.loader is not None
    return environment.overlay(loader=ChoiceLoader([samples, environment.loader]))
