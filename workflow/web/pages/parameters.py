"""Policy as dated settings: what applies now, by which source, within which bounds, and what applied before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from states.deadlines import Basis
from states.reminders import LIST_BOUNDS
from states.roles import Role
from states.terms import BOUNDS, SWITCHES, TERMS
from templates.formatting import duration
from templates.labels import gettext, label
from workflow.cases.view import names_of
from workflow.commands import SetParameter
from workflow.db.statements import Row
from workflow.errors import NotFound
from workflow.parameters.handlers import PARAMETERS
from workflow.web.base import page, viewer_of
from workflow.web.pages.admin import Answers, Typed, settle, tabs
from workflow.web.pages.visit import Sent, Visit, visiting

router = APIRouter()


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it stands today. `fixed`: the law gives it, and no region changes it."""

    name: str
    value: str
    source: str
    valid_from: date | None
    bounds: str
    fixed: bool
    rows: tuple[Row, ...]


@router.get("/admin/parameters")
def show_parameters(request: Request) -> Response:
    with visiting(request) as visit:
        settings = _settings(visit)
        context = {
            "groups": [
                (gettext("Limits and reminders", visit.locale), [settings[n] for n in SWITCHES]),
                (gettext("Time for each step", visit.locale), [settings[n] for n in BOUNDS]),
                (gettext("Fixed by law", visit.locale), [s for s in settings.values() if s.fixed]),
            ],
            "may_change": _may_change(visit),
            "tabs": tabs("/admin/parameters", visit),
        }
        title = gettext("Policy settings", visit.locale)
        return page(request, "pages/admin_parameters.html", context, title=title)


@router.get("/admin/parameters/{name}")
def show_parameter(request: Request, name: str) -> Response:
    return _parameter_page(request, name, Typed())


@router.post("/admin/parameters/{name}")
def set_parameter(request: Request, name: str, sent: Sent) -> Response:
    """A new dated value; the one before stays in the history."""
    viewer = viewer_of(request)

    def command(answers: Answers) -> SetParameter:
        value = "".join(answers.text("value").split())
        valid_from = answers.day("valid_from", required=True)
        return SetParameter(viewer.region_id, name, value, valid_from, answers.text("source"))

    return settle(
        request,
        sent,
        command,
        done=gettext("The setting has a new value.", viewer.locale),
        to=f"/admin/parameters/{name}",
        again=lambda t: _parameter_page(request, name, t),
        called={"value": "setting_value"},
    )


def _parameter_page(request: Request, name: str, typed: Typed) -> Response:
    with visiting(request) as visit:
        setting = _settings(visit).get(name)
        if setting is None:
            raise NotFound
        names = names_of(visit.uow, visit.who, [r.decided_by for r in setting.rows])
        context: dict[str, Any] = {
            "setting": setting,
            "history": [
                {
                    "value": in_words(name, r.value, visit.locale),
                    "row": r,
                    "by": names.get(r.decided_by, ""),
                    "national": r.region_id != visit.who.region_id,
                }
                for r in reversed(setting.rows)
            ],
            "may_change": _may_change(visit) and not setting.fixed,
            **typed.as_context(),
            "given": typed.given or {"valid_from": visit.today.isoformat()},
        }
        title = label(f"parameter.{name}", visit.locale)
        return page(
            request, "pages/admin_parameter.html", context, title=title, status=typed.status, errors=typed.errors
        )


def _may_change(visit: Visit) -> bool:
    return bool(visit.who.roles() & {Role.ADMINISTRATOR, Role.HEAD_OF_PROCUREMENT})


def _settings(visit: Visit) -> dict[str, Setting]:
    """Every setting by name, with the value that applies today: the region's own row before the national one."""
    rows: dict[str, list[Row]] = {}
    for row in visit.uow.all(PARAMETERS, region_id=visit.who.region_id):
        rows.setdefault(row.name, []).append(row)
    found = {}
    for name in (*SWITCHES, *BOUNDS, *(n for n, t in TERMS.items() if t.basis is Basis.LAW)):
        mine = tuple(rows.get(name, ()))
        begun = [r for r in mine if r.valid_from <= visit.today]
        own = [r for r in begun if r.region_id == visit.who.region_id]
        current = (own or begun or [None])[-1]
        standard, source = SWITCHES[name] if name in SWITCHES else (str(TERMS[name].amount), TERMS[name].source)
        found[name] = Setting(
            name=name,
            value=in_words(name, current.value if current else standard, visit.locale),
            source=current.source if current else source,
            valid_from=current.valid_from if current else None,
            bounds=_bounds(name, visit.locale),
            fixed=name in TERMS and name not in BOUNDS,
            rows=mine,
        )
    return found


def in_words(name: str, value: str, locale: str) -> str:
    """ "20 arbetsdagar"; sums and lists as they are, with spaces where they help."""
    if name in TERMS and value.isdecimal():
        return duration(int(value), TERMS[name].unit, locale)
    if name.startswith(("threshold_", "limit_")) and value.isdecimal():
        return f"{int(value):,}".replace(",", "\N{NO-BREAK SPACE}")
    if name == "two_people_open_below_threshold":
        return label(f"value.yes_no.{'yes' if value == '1' else 'no'}", locale)
    return ", ".join(part.strip() for part in value.split(","))


def _bounds(name: str, locale: str) -> str:
    if name in BOUNDS:
        bounds, unit = BOUNDS[name], TERMS[name].unit
        return gettext("%(low)s to %(high)s", locale, low=bounds.low, high=duration(bounds.high, unit, locale))
    if name == "mail_hour":
        return gettext("%(low)s to %(high)s", locale, low=6, high=20)
    if name in LIST_BOUNDS:
        days = LIST_BOUNDS[name]
        if days.most == 1:
            return gettext("%(low)s to %(high)s", locale, low=days.low, high=days.high)
        return gettext(
            "at most %(most)s different numbers from %(low)s to %(high)s, with commas between",
            locale, most=days.most, low=days.low, high=days.high,
        )  # fmt: skip
    if name == "two_people_open_below_threshold":
        return gettext("1 for yes, 0 for no", locale)
    return gettext("whole kronor", locale) if name in SWITCHES else ""
