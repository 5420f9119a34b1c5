"""Policy as dated settings: what applies now, within which bounds, what applied before, and proposing a new value."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from states.deadlines import Basis
from states.facts import Parameter
from states.reminders import LIST_BOUNDS
from states.terms import BOUNDS, SWITCHES, TERMS, last_day
from templates.formatting import duration
from templates.labels import gettext, label
from workflow.cases.view import names_of
from workflow.commands import ProposeParameter
from workflow.db.statements import Row
from workflow.errors import InvalidForm, NotFound
from workflow.parameters.handlers import CHANGES, PARAMETERS, faults_of
from workflow.parameters.proposals import SETTERS
from workflow.parameters.running import Shift, would_move
from workflow.web.base import flash, page, viewer_of
from workflow.web.pages.admin import Answers, Typed, tabs
from workflow.web.pages.parameter_changes import shifts_shown
from workflow.web.pages.setting_words import in_words
from workflow.web.pages.visit import Sent, Visit, carry_out, texts, visiting
from workflow.web.pages.words import fault_texts

router = APIRouter()
#: The value for new deadlines only, or for the running ones that the preview listed too.
CHOICES = ("new", "running")


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
    ended_on: date | None = None


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
            "waiting": [c for c in visit.uow.all(CHANGES, region_id=visit.who.region_id) if c.status == "proposed"],
            "tabs": tabs("/admin/parameters", visit),
        }
        title = gettext("Policy settings", visit.locale)
        return page(request, "pages/admin_parameters.html", context, title=title)


@router.get("/admin/parameters/{name}")
def show_parameter(request: Request, name: str) -> Response:
    return _parameter_page(request, name, Typed())


@router.post("/admin/parameters/{name}")
def propose_parameter(request: Request, name: str, sent: Sent) -> Response:
    """Propose a dated value. Where it would move running dates, those are shown first and one chooses."""
    viewer = viewer_of(request)
    answers = Answers(texts(sent))

    def command(answers: Answers) -> ProposeParameter:
        value = "".join(answers.text("value").split())
        valid_from = answers.day("valid_from", required=True)
        running = answers.text("running") == "running"
        return ProposeParameter(viewer.region_id, name, value, valid_from, answers.text("source"), running)

    try:
        proposed = answers.complete(command)
        if answers.text("running") not in CHOICES:
            with visiting(request) as visit:
                row = Parameter(name, proposed.value, proposed.valid_from, proposed.source)
                faults = faults_of(visit.uow, viewer.region_id, name, row.value, row.valid_from, row.source)
                if not faults and (shifts := would_move(visit.uow, viewer.region_id, row, visit.today)):
                    return _preview_page(request, visit, row, shifts, answers)
        made = carry_out(request, sent, proposed)
    except InvalidForm as refusal:
        renamed = [replace(e, field="setting_value" if e.field == "value" else e.field) for e in refusal.errors]
        told = fault_texts(renamed, viewer.locale)
        errors = [(e.field, text) for e, (_, text) in zip(refusal.errors, told, strict=True)]
        return _parameter_page(request, name, Typed(answers.given, errors))
    flash(request, gettext("The value is proposed. It applies when somebody else has released it.", viewer.locale))
    return RedirectResponse(f"/admin/parameters/changes/{made['id']}", 303)


def _preview_page(request: Request, visit: Visit, row: Parameter, shifts: list[Shift], answers: Answers) -> Response:
    """What would move, before anything is proposed."""
    context = {
        "name": row.name,
        "value": in_words(row.name, row.value, visit.locale),
        "row": row,
        "given": answers.given,
        **shifts_shown(shifts, visit),
    }
    title = gettext("What the new value would move", visit.locale)
    return page(request, "pages/admin_parameter_preview.html", context, title=title)


def _parameter_page(request: Request, name: str, typed: Typed) -> Response:
    with visiting(request) as visit:
        setting = _settings(visit).get(name)
        if setting is None:
            raise NotFound
        people = [p for r in setting.rows for p in (r.decided_by, r.proposed_by) if p]
        names = names_of(visit.uow, visit.who, people)
        changes = [c for c in visit.uow.all(CHANGES, region_id=visit.who.region_id) if c.name == name]
        context: dict[str, Any] = {
            "setting": setting,
            "history": [
                {
                    "value": in_words(name, r.value, visit.locale),
                    "row": r,
                    "by": names.get(r.decided_by, ""),
                    "proposed_by": names.get(r.proposed_by, ""),
                    "national": r.region_id != visit.who.region_id,
                }
                for r in reversed(setting.rows)
            ],
            "may_change": _may_change(visit) and not setting.fixed,
            "waiting": [c for c in changes if c.status == "proposed"],
            **typed.as_context(),
            "given": typed.given or {"valid_from": visit.today.isoformat()},
        }
        title = label(f"parameter.{name}", visit.locale)
        return page(
            request, "pages/admin_parameter.html", context, title=title, status=typed.status, errors=typed.errors
        )


def _may_change(visit: Visit) -> bool:
    return bool(visit.who.roles() & SETTERS)


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
            ended_on=_ended(name, current, visit.today),
        )
    return found


def _ended(name: str, current: Row | None, today: date) -> date | None:
    """The last day of the period an amount was given for, when it has passed."""
    until = last_day(name, current.valid_from) if current else None
    return until if until and until < today else None


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
