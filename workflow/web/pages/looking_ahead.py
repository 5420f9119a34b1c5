"""What happens if nobody does anything: of a case, and of the region for those who lead it."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from templates.labels import gettext, label, ngettext
from workflow.cases.view import case_row
from workflow.preview import Happening, Mail, Preview, preview
from workflow.preview.words import KINDS, in_words, kind_of, kind_text, late_text, summary
from workflow.web.base import Viewer, app_of, check_csrf, page, viewer_of
from workflow.web.looks_ahead import CASE_SECONDS, LooksAhead
from workflow.web.pages.visit import Sent, visiting

router = APIRouter()
CASE_MONTHS, REGION_MONTHS = (3, 6, 12), (1, 3, 12)


def looks_of(request: Request) -> LooksAhead:
    looks: LooksAhead = request.app.state.looks_ahead
    return looks


@router.get("/cases/{case_id}/ahead")
def show_case(request: Request, case_id: str, months: str = "") -> Response:
    """Worked out anew at each look: a copy in memory is played, nothing is changed by it."""
    with visiting(request) as visit:
        case = case_row(visit.uow, visit.who, case_id)
        viewer = visit.viewer
    chosen = _months(months, CASE_MONTHS, 12)
    with looks_of(request).one(viewer.person_id):
        found = preview(app_of(request), viewer.region_id, case=case.id, months=chosen, seconds=CASE_SECONDS)
    context = _context(found, viewer.locale, found.by_month()) | {
        "case": case,
        "months": chosen,
        "month_options": _month_options(CASE_MONTHS, viewer.locale),
    }
    return page(request, "pages/look_ahead.html", context, title=_title(viewer))


@router.get("/ahead")
def show_region(request: Request, month: str = "", person: str = "", kind: str = "") -> Response:
    """What was worked out for this person within the hour, a month at a time; else the form that asks for it."""
    viewer, looks = viewer_of(request), looks_of(request)
    found, failed = looks.kept(viewer.person_id, viewer.region_id)
    context: dict[str, Any] = {
        "case": None,
        "found": found,
        "failed": failed,
        "under_way": looks.is_under_way(viewer.person_id),
        "months": 3,
        "month_options": _month_options(REGION_MONTHS, viewer.locale),
    }
    if found is not None:
        context |= _region_context(found, viewer.locale, month, person, kind)
    return page(request, "pages/look_ahead.html", context, title=_title(viewer))


@router.post("/ahead")
def begin_region(request: Request, sent: Sent) -> Response:
    check_csrf(request, sent)
    viewer = viewer_of(request)
    chosen = _months(str(sent.get("months") or ""), REGION_MONTHS, 3)
    looks_of(request).start(app_of(request), viewer.person_id, viewer.region_id, chosen)
    return RedirectResponse("/ahead", 303)


def _region_context(found: Preview, locale: str, month: str, person: str, kind: str) -> dict[str, Any]:
    people = sorted({(m.person_id, m.person) for m in found.mails if m.person_id}, key=lambda p: p[1])
    person = person if person in dict(people) else ""
    kind = kind if kind in KINDS else ""
    fitting = {
        first: [r for r in rows if kind in ("", kind_of(r)) and person in ("", r.person_id)]
        for first, rows in found.by_month().items()
    }
    fitting = {first: rows for first, rows in fitting.items() if rows}
    chosen = next((first for first in fitting if first.isoformat()[:7] == month), next(iter(fitting), None))
    return _context(found, locale, {chosen: fitting[chosen]} if chosen else {}) | {
        "tabs": [
            {
                "text": _month_text(first, locale),
                "href": f"/ahead?month={first.isoformat()[:7]}&person={person}&kind={kind}",
                "count": len(rows),
                "current": first == chosen,
            }
            for first, rows in fitting.items()
        ],
        "person": person,
        "people": [("", gettext("Everybody", locale)), *people],
        "kind": kind,
        "kinds": [("", gettext("Everything", locale)), *((k, kind_text(k, locale)) for k in KINDS)],
    }


def _context(found: Preview, locale: str, groups: dict[date, list[Happening | Mail]]) -> dict[str, Any]:
    return {
        "found": found,
        "groups": [
            (_month_text(first, locale), [{"row": r, "text": in_words(r, locale)} for r in rows])
            for first, rows in groups.items()
        ],
        "summary": summary(found, locale),
        "late_text": late_text(found, locale),
        "late": [
            {
                "row": u,
                "text": label(f"asked.{u.process}.{u.trigger}", locale),
                "who": u.person or label(f"role.{u.role}", locale),
            }
            for u in found.unheeded
        ],
    }


def _month_text(first: date, locale: str) -> str:
    return f"{label(f'month.{first.month}', locale)} {first.year}".capitalize()


def _month_options(months: tuple[int, ...], locale: str) -> list[tuple[str, str]]:
    return [(str(n), ngettext("%(n)s month", "%(n)s months", n, locale)) for n in months]


def _months(text: str, offered: tuple[int, ...], otherwise: int) -> int:
    return int(text) if text in map(str, offered) else otherwise


def _title(viewer: Viewer) -> str:
    return gettext("What happens if nobody does anything?", viewer.locale)
