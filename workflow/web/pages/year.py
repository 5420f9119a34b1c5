"""Årskalendern: the year's recurring duties month by month, and the register they come from."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from states.duty_v1 import ANSWERING
from states.recurrence import Rhythm
from templates.labels import gettext, label, ngettext
from workflow.commands import AddRecurringDuty, AddStandardDuties, EndRecurringDuty, ShareRecurringDuty
from workflow.duties.queries import DutyItem, RegisterItem, register_of, tallies, year_of
from workflow.duties.register import COOPERATION, KEEPERS
from workflow.web.base import flash, page, viewer_of
from workflow.web.pages.admin import Answers, Typed, settle
from workflow.web.pages.visit import Sent, Visit, carry_out, small_int, visiting

router = APIRouter()

_TONES = {"done": "ok", "waived": "calm", "notified": "soon", "ahead": "calm", "planned": "calm"}


@router.get("/year")
def show_year(request: Request, year: str = "", organisation: str = "") -> Response:
    return _year_page(request, year, organisation, Typed())


@router.post("/year/standard")
def add_standard(request: Request, sent: Sent) -> Response:
    """The standard calendar of one's own organisation comes in; what is there already stays."""
    viewer = viewer_of(request)
    added = carry_out(request, sent, AddStandardDuties(viewer.region_id))["added"]
    text = ngettext("One duty came into the register.", "%(n)s duties came into the register.", added, viewer.locale)
    flash(request, text)
    return RedirectResponse("/year", 303)


@router.post("/year/duties")
def add_duty(request: Request, sent: Sent) -> Response:
    """A duty of one's own, beside the standard calendar."""
    viewer = viewer_of(request)

    def command(answers: Answers) -> AddRecurringDuty:
        made = AddRecurringDuty(
            viewer.region_id,
            answers.text("title"),
            answers.text("rhythm"),
            answers.text("owner_role"),
            answers.text("source"),
            answers.day("valid_from", required=True),
        )
        numbers = {name: _whole(answers, name) for name in _NUMBERS}
        given: dict[str, Any] = {name: number for name, number in numbers.items() if number is not None}
        return replace(made, **given)

    return settle(
        request,
        sent,
        command,
        done=gettext("The duty stands in the register.", viewer.locale),
        to="/year#register",
        again=lambda t: _year_page(request, "", "", t),
    )


_NUMBERS = ("month", "day", "times", "every_years", "base_year", "lead_days")


def _whole(answers: Answers, name: str) -> int | None:
    text = answers.text(name)
    if not text:
        return None
    if not text.isdecimal() or len(text) > 4:
        answers.refuse(name, "not_a_number")
        return None
    return int(text)


@router.post("/year/duties/{recurring_id}/end")
def end_duty(request: Request, recurring_id: str, sent: Sent) -> Response:
    """The duty comes no more from today on."""
    viewer = viewer_of(request)
    with visiting(request) as visit:
        today = visit.today
    carry_out(request, sent, EndRecurringDuty(recurring_id, today))
    flash(request, gettext("The duty comes no more. What is open already goes on.", viewer.locale))
    return RedirectResponse("/year#register", 303)


@router.post("/year/duties/{recurring_id}/share")
def share_duty(request: Request, recurring_id: str, sent: Sent) -> Response:
    """The cooperation shows a duty to all regions, or no longer."""
    viewer = viewer_of(request)
    shared = sent.get("shared") == "yes"
    carry_out(request, sent, ShareRecurringDuty(recurring_id, shared))
    said = (
        gettext("All regions see the duty in their year.", viewer.locale)
        if shared
        else gettext("Only you see the duty.", viewer.locale)
    )
    flash(request, said)
    return RedirectResponse("/year#register", 303)


def _year_page(request: Request, year: str, organisation: str, typed: Typed) -> Response:
    with visiting(request) as visit:
        asked = small_int(year) or 0
        shown = asked if 2000 <= asked <= 2100 else visit.today.year
        every = year_of(visit.uow, visit.who, shown, visit.today)
        organisations = sorted({(d.region_id, d.region_name) for d in every})
        chosen = organisation if organisation in dict(organisations) else ""
        items = [d for d in every if chosen in ("", d.region_id)]
        register = register_of(visit.uow, visit.who)
        context: dict[str, Any] = {
            "year": shown,
            "months": _months(items, shown, visit),
            "nothing": not items,
            "late": sum(d.late for d in items),
            "tallies": tallies(visit.uow, visit.who, every, visit.today),
            "organisations": [("", gettext("All", visit.locale)), *organisations] if len(organisations) > 1 else [],
            "organisation": chosen,
            "register": [{"item": r, "rhythm": rhythm_text(r, visit.locale)} for r in register],
            "may_keep": bool(visit.who.roles() & KEEPERS),
            "may_share": visit.who.region_id == COOPERATION,
            "rhythms": [(r.value, label(f"rhythm.{r.value}", visit.locale)) for r in Rhythm],
            "roles": [(r, label(f"role.{r}", visit.locale)) for r in ANSWERING],
            **typed.as_context(),
            "given": typed.given
            or {"valid_from": visit.today.isoformat(), "month": "12", "day": "31", "lead_days": "60"},
        }
        title = gettext("The year %(year)s", visit.locale, year=shown)
        return page(request, "pages/year.html", context, title=title, status=typed.status, errors=typed.errors)


def _months(items: list[DutyItem], year: int, visit: Visit) -> list[tuple[date, list[dict[str, Any]]]]:
    """The months in which something is due, each with its rows."""
    found: dict[int, list[dict[str, Any]]] = {}
    for d in items:
        state = (
            label(f"state.duty.{d.state}", visit.locale)
            if d.state != "ahead"
            else gettext("not yet opened", visit.locale)
        )
        row = {"item": d, "state": state, "tone": "late" if d.late else _TONES[d.state],
               "owner": d.owner_name or label(f"role.{d.owner_role}", visit.locale)}  # fmt: skip
        found.setdefault(d.due_on.month, []).append(row)
    return [(date(year, month, 1), rows) for month, rows in sorted(found.items())]


def rhythm_text(r: RegisterItem, locale: str) -> str:
    """How often: "varje år senast 31/3", "4 gånger om året", "vart 2:e år senast 15/12"."""
    last = f"{r.day}/{r.month}"
    if r.rhythm == Rhythm.TIMES_A_YEAR:
        return ngettext("%(n)s time a year", "%(n)s times a year", r.times, locale)
    if r.rhythm == Rhythm.EVERY_YEARS:
        return gettext("every %(years)s years by %(last)s", locale, years=r.every_years, last=last)
    return gettext("every year by %(last)s", locale, last=last)
