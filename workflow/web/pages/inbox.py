"""Mina ärenden: what one person owes, waits for and has done; and handing a task on or declaring a conflict."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from states.calendar import Calendar
from states.reminders import last_day_of_rest
from templates.formatting import day
from templates.labels import LOCALES, gettext, ngettext
from workflow.cases.queries import TaskItem, done_tasks, my_task_counts, my_tasks, waiting_for_others
from workflow.cases.tasks import resting_tasks
from workflow.cases.visits import changed_since_visit
from workflow.commands import DeclareConflict, HandOn
from workflow.engine.obligations import task_link
from workflow.errors import FieldError, InvalidForm
from workflow.mails.queries import my_matters
from workflow.parameters.periods import lapsed_for
from workflow.people.queries import Standing, people_of_region, standing
from workflow.web.base import flash, page
from workflow.web.pages import words
from workflow.web.pages.covered import cover_text
from workflow.web.pages.mails import matter_row
from workflow.web.pages.one_task import Faults, task_of, task_page
from workflow.web.pages.visit import Sent, Visit, carry_out, person_text, sole_holders, texts, visiting

router = APIRouter()
DONE_FOR = timedelta(days=14)
TABS = ("todo", "waiting", "resting", "done")


@router.get("/")
def front(request: Request) -> Response:
    """On to what waits for the reader, in the language that was asked for."""
    asked = request.query_params.get("lang")
    return RedirectResponse(f"/my-tasks?lang={asked}" if asked in LOCALES else "/my-tasks", 303)


@router.get("/my-tasks")
def inbox(request: Request, tab: str = "todo", after: str | None = None) -> Response:
    """What is mine and when, in three tabs; late ones first."""
    tab = tab if tab in TABS else "todo"
    with visiting(request) as visit:
        uow, who, locale = visit.uow, visit.who, visit.locale
        open_now, late = my_task_counts(uow, who, visit.today)
        following = None
        resting = resting_tasks(uow, who, visit.today)
        if tab == "resting":
            tasks = resting
        elif tab == "done":
            tasks = done_tasks(uow, who, uow.now - DONE_FOR)
        else:
            found = (
                my_tasks(uow, who, visit.today, after=after)
                if tab == "todo"
                else waiting_for_others(uow, who, after=after)
            )
            tasks, following = found.items, found.next
        names = {"todo": gettext("To do", locale), "waiting": gettext("Waiting for others", locale)}
        names["resting"] = gettext("Resting", locale)
        alone = sole_holders(visit) if tab == "waiting" else {}
        names["done"] = gettext("Done in 14 days", locale)
        away = standing(uow, who, visit.today) if tab == "waiting" else {}
        calendar = visit.calendar()
        changed = changed_since_visit(uow, who, (t.case_id for t in tasks)) if tab != "done" else set()
        context: dict[str, Any] = {
            "sentence": _sentence(open_now, late, locale),
            "tabs": [
                {
                    "text": names[t],
                    "href": f"/my-tasks?tab={t}",
                    "count": {"todo": open_now, "resting": len(resting)}.get(t),
                    "current": t == tab,
                }
                for t in TABS
                if t != "resting" or resting or tab == "resting"
            ],
            "tab": tab,
            "lapsed": lapsed_for(uow, who, visit.today) if tab == "todo" else [],
            "matters": [matter_row(m, visit) for m in my_matters(uow, who, visit.app.settings.address)]
            if tab == "todo"
            else [],
            "rows": [_row(t, visit, tab, alone, away, calendar) | {"changed": t.case_id in changed} for t in tasks],
            "next_href": f"/my-tasks?tab={tab}&after={following}" if following else None,
        }
        return page(request, "pages/inbox.html", context, title=gettext("My cases", locale))


def _sentence(open_now: int, late: int, locale: str) -> str:
    """ "4 väntar på dig, 2 har passerat sin tid." """
    if not open_now:
        return gettext("Nothing waits for you now.", locale)
    first = ngettext("%(n)s case waits for you", "%(n)s cases wait for you", open_now, locale)
    if not late:
        return gettext("%(waiting)s, all in good time.", locale, waiting=first)
    second = ngettext("%(n)s is past its last day", "%(n)s are past their last day", late, locale)
    return f"{first}, {second}."


def _row(
    task: TaskItem, visit: Visit, tab: str, alone: dict[str, str], away: Mapping[str, Standing], calendar: Calendar
) -> dict[str, Any]:
    locale = visit.locale
    current, total, phase = words.place(task.process, task.version, task.state, locale)
    asked = words.step_text("done" if tab == "done" else "asked", task.process, task.trigger, locale)
    if tab == "done" and task.done_at is not None:
        asked = gettext("You %(done)s.", locale, done=asked)
    if task.lot_number:
        asked = gettext("%(what)s, lot %(number)s", locale, what=asked.rstrip("."), number=task.lot_number)
    who = task.person_name or alone.get(task.role) or words.role_text(task.role, locale)
    about = [task.case_reference, task.supplier_name or task.unit_name]
    if tab == "waiting":
        about.append(gettext("with %(who)s", locale, who=who))
        about.append(cover_text(task, away, visit.today, locale))
    elif task.person_id and task.person_id != visit.who.person_id and tab == "todo":
        about.append(gettext("in place of %(name)s", locale, name=task.person_name or ""))
    if tab == "resting" and task.snoozed_until_on:
        about.append(gettext("rests until %(day)s", locale, day=day(task.snoozed_until_on, locale, visit.today)))
    if tab == "done" and task.done_at is not None:
        about.append(day(task.done_at.date(), locale, visit.today))
    return {
        "title": task.case_title,
        "href": task_link(task.case_id, task.trigger, task.lot_id) if tab == "todo" else f"/cases/{task.case_id}",
        "meta": " · ".join(part for part in about if part),
        "asked": asked,
        "current": current,
        "total": total,
        "step": phase,
        "due_on": None if tab == "done" else task.due_on,
        "paused_on": None if tab == "done" else task.paused_on,
        "rest_href": f"/tasks/{task.id}/snooze"
        if tab == "resting" or (tab == "todo" and _may_rest(task, visit.today, calendar))
        else None,
    }


def _may_rest(task: TaskItem, today: date, calendar: Calendar) -> bool:
    return last_day_of_rest(task.due_on, today, calendar) is not None


# --- a task that somebody else should take ---------------------------------------------------------------------


@router.get("/tasks/{task_id}/hand-on")
def show_hand_on(request: Request, task_id: str) -> Response:
    with visiting(request) as visit:
        return _hand_on_page(request, visit, task_id, {}, [])


@router.post("/tasks/{task_id}/hand-on")
def hand_on(request: Request, task_id: str, sent: Sent) -> Response:
    """Hand the task to somebody who may take it; its last day stays."""
    given = texts(sent)
    try:
        if not given.get("person"):
            raise InvalidForm([FieldError("person", "field_required")])
        answer = carry_out(request, sent, HandOn(task_id, given["person"], given.get("reason") or None))
    except InvalidForm as refusal:
        with visiting(request) as visit:
            return _hand_on_page(request, visit, task_id, given, words.fault_texts(refusal.errors, visit.locale))
    with visiting(request) as visit:
        flash(request, gettext("The task is handed on. Its last day is the same.", visit.locale))
    return RedirectResponse(f"/cases/{answer['case']}", 303)


def _hand_on_page(request: Request, visit: Visit, task_id: str, given: dict[str, str], errors: Faults) -> Response:
    task = task_of(visit, task_id)
    others = [
        (p.id, person_text(p, visit.locale))
        for p in people_of_region(visit.uow, visit.who, visit.today, roles=task.roles)
        if p.id != task.person_id
    ]
    people = [("", gettext("Choose", visit.locale)), *others]
    title = gettext("Hand the task on", visit.locale)
    return task_page(request, visit, task, "pages/hand_on.html", title, given, errors, people=people)


@router.get("/tasks/{task_id}/conflict")
def show_conflict(request: Request, task_id: str) -> Response:
    with visiting(request) as visit:
        return _conflict_page(request, visit, task_id, {}, [])


@router.post("/tasks/{task_id}/conflict")
def declare_conflict(request: Request, task_id: str, sent: Sent) -> Response:
    """Declare a conflict of interest: the task goes to the superior (KL 6:28)."""
    given = texts(sent)
    try:
        if not given.get("reason", "").strip():
            raise InvalidForm([FieldError("reason", "field_required")])
        answer = carry_out(request, sent, DeclareConflict(task_id, given["reason"].strip()))
    except InvalidForm as refusal:
        with visiting(request) as visit:
            return _conflict_page(request, visit, task_id, given, words.fault_texts(refusal.errors, visit.locale))
    with visiting(request) as visit:
        flash(request, gettext("Your conflict of interest is noted. The task has gone to your superior.", visit.locale))
    return RedirectResponse(f"/cases/{answer['case']}", 303)


def _conflict_page(request: Request, visit: Visit, task_id: str, given: dict[str, str], errors: Faults) -> Response:
    title = gettext("Declare a conflict of interest", visit.locale)
    return task_page(request, visit, task_of(visit, task_id), "pages/conflict.html", title, given, errors)
