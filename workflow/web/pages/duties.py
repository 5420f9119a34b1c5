"""Duties that move or rest: letting a task rest, handing over all of a person's, and days without a decider."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from states.reminders import last_day_of_rest
from templates.formatting import day
from templates.labels import gettext, label, ngettext
from workflow.cases.deciders import Gap, decider_gaps
from workflow.cases.hand_over import HandOverPlan, Recurring, hand_over_all, hand_over_plan, may_hand_over
from workflow.commands import SnoozeTask
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.people.queries import people_of_region
from workflow.web.base import app_of, flash, page, viewer_of
from workflow.web.pages import words
from workflow.web.pages.admin import Answers, Typed, settle, tabs
from workflow.web.pages.one_task import task_of, task_page
from workflow.web.pages.visit import Sent, Visit, person_text, texts, visiting

router = APIRouter()


# --- letting a task rest ----------------------------------------------------------------------------------------


@router.get("/tasks/{task_id}/snooze")
def show_snooze(request: Request, task_id: str) -> Response:
    return _snooze_page(request, task_id, Typed())


@router.post("/tasks/{task_id}/snooze")
def snooze(request: Request, task_id: str, sent: Sent) -> Response:
    """Let the task rest until a day, or wake it."""
    locale = viewer_of(request).locale
    wake = "wake" in texts(sent)

    def command(answers: Answers) -> SnoozeTask:
        until = None if wake else answers.day("until", required=True)
        return SnoozeTask(task_id, until, answers.choice("reason"))

    return settle(
        request,
        sent,
        command,
        done=gettext("The task is back in your list.", locale) if wake else gettext("The task rests. It comes back by itself.", locale),
        to="/my-tasks" if wake else "/my-tasks?tab=resting",
        again=lambda typed: _snooze_page(request, task_id, typed),
    )  # fmt: skip


def _snooze_page(request: Request, task_id: str, typed: Typed) -> Response:
    with visiting(request) as visit:
        task = task_of(visit, task_id)
        latest = last_day_of_rest(task.due_on, visit.today, visit.calendar())
        title = gettext("Let the task rest", visit.locale)
        return task_page(request, visit, task, "pages/snooze.html", title, typed.given, typed.errors, latest=latest)


# --- handing over all of a person's duties -----------------------------------------------------------------------


@router.get("/hand-over")
def show_hand_over(request: Request, person: str = "", to: str = "") -> Response:
    """Choose from whom and to whom; then what would move, and what cannot and why."""
    return _hand_over_page(request, person, to, Typed())


@router.post("/hand-over")
def hand_over(request: Request, sent: Sent) -> Response:
    """Move everything that can move. Broken off, it is begun again with what is left."""
    given, viewer = texts(sent), viewer_of(request)
    person, to = given.get("person", ""), given.get("to", "")
    try:
        if not person or not to:
            raise InvalidForm([FieldError("to" if person else "person", "field_required")])
        done = hand_over_all(app_of(request), person, to, by=viewer.person_id)
    except InvalidForm as refusal:
        errors = words.fault_texts(refusal.errors, viewer.locale)
        return _hand_over_page(request, person, "", Typed(given, errors))
    said = ngettext("%(n)s case is handed over.", "%(n)s cases are handed over.", done["cases"], viewer.locale)
    if done["left"]:
        said += " " + ngettext("%(n)s duty stays.", "%(n)s duties stay.", done["left"], viewer.locale)
    flash(request, said)
    return RedirectResponse(f"/hand-over?person={person}&to={to}", 303)


def _hand_over_page(request: Request, person: str, to: str, typed: Typed) -> Response:
    with visiting(request) as visit:
        locale = visit.locale
        everybody = people_of_region(visit.uow, visit.who, visit.today, include_disabled=True)
        givers = [p for p in everybody if may_hand_over(visit.uow, visit.who, p.id)]
        if not givers:
            raise Forbidden
        names = {p.id: p.name for p in everybody}
        plan = None
        if person:
            if person not in {p.id for p in givers}:
                raise NotFound
            try:
                plan = hand_over_plan(visit.uow, visit.who, person, to or None)
            except InvalidForm as refusal:
                typed = Typed({"to": to}, words.fault_texts(refusal.errors, locale))
                to = ""
                plan = hand_over_plan(visit.uow, visit.who, person)
        choose = ("", gettext("Choose", locale))
        context: dict[str, Any] = {
            "givers": [choose, *((p.id, person_text(p, locale)) for p in givers)],
            "receivers": [choose, *((p.id, person_text(p, locale)) for p in everybody if not p.disabled and p.id != person)],
            "person": person,
            "to": to,
            "names": names,
            "plan": plan,
            "moving": _rows(plan, locale, blocked=False) if plan else [],
            "staying": _rows(plan, locale, blocked=True) if plan else [],
            **typed.as_context(),
        }  # fmt: skip
        title = gettext("Hand over all duties of a person", locale)
        return page(request, "pages/hand_over.html", context, title=title, status=typed.status, errors=typed.errors)


def _rows(plan: HandOverPlan, locale: str, *, blocked: bool) -> list[dict[str, Any]]:
    """The rows of a table: what is open, case by case, and then what the annual calendar will bring."""
    rows: list[dict[str, Any]] = []
    for d in plan.everything:
        if bool(d.blocked) is not blocked:
            continue
        why = label(f"hand_over.{d.blocked}", locale, role=label(f"role.{d.role}", locale).lower()) if blocked else ""
        row: dict[str, Any] = {"title": d.title, "why": why, "what": words.role_text(d.role, locale), "due_on": None}
        if isinstance(d, Recurring):
            row |= {"href": "/year#register", "name": gettext("The year", locale)}
        else:
            row |= {"href": f"/cases/{d.case_id}", "name": d.reference, "due_on": d.due_on}
            if d.trigger:
                row["what"] = words.step_text("asked", d.process, d.trigger, locale)
        rows.append(row)
    return rows


# --- days without a decider --------------------------------------------------------------------------------------


@router.get("/admin/deciders")
def show_deciders(request: Request) -> Response:
    """The coming twelve weeks: days on which a decision that is waited for can be taken by nobody."""
    with visiting(request) as visit:
        context = {
            "rows": [gap_row(g, visit) for g in decider_gaps(visit.uow, visit.who)],
            "tabs": tabs("/admin/deciders", visit),
        }
        return page(request, "pages/deciders.html", context, title=gettext("Days without a decider", visit.locale))


def gap_row(gap: Gap, visit: Visit) -> dict[str, Any]:
    """ "7 ärenden 1 juli–21 juli", what is to be decided and by whom, and the cases."""
    locale = visit.locale

    def said(on: date) -> str:
        return day(on, locale, visit.today)

    return {
        "count": ngettext("%(n)s case", "%(n)s cases", len(gap.cases), locale),
        "days": said(gap.first_on) + (f"–{said(gap.last_on)}" if gap.last_on > gap.first_on else ""),
        "asked": words.step_text("asked", gap.process, gap.trigger, locale),
        "role": words.role_text(gap.role, locale),
        "cases": gap.cases,
    }
