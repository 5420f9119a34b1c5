"""Giving a duty of somebody else more time: how far it can go, who may, and why."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from templates.formatting import day
from templates.labels import gettext, label
from workflow.cases.extensions import room_to_extend
from workflow.commands import ExtendDeadline
from workflow.errors import FieldError, InvalidForm
from workflow.web.base import flash
from workflow.web.pages import words
from workflow.web.pages.dates import typed_day
from workflow.web.pages.one_task import Faults, task_of, task_page
from workflow.web.pages.visit import Sent, Visit, carry_out, texts, visiting

router = APIRouter()


@router.get("/tasks/{task_id}/extend")
def show_extend(request: Request, task_id: str) -> Response:
    with visiting(request) as visit:
        return _page(request, visit, task_id, {}, [])


@router.post("/tasks/{task_id}/extend")
def extend(request: Request, task_id: str, sent: Sent) -> Response:
    """A new last day with a reason; the responsible person gets a mail."""
    given = texts(sent)
    try:
        command = ExtendDeadline(task_id, typed_day(given, "to_on"), given.get("reason", ""))
        answer = carry_out(request, sent, command)
    except InvalidForm as refusal:
        with visiting(request) as visit:
            errors = words.fault_texts([_in_words(e, visit) for e in refusal.errors], visit.locale)
            return _page(request, visit, task_id, given, errors)
    with visiting(request) as visit:
        until = day(answer["due_on"], visit.locale, visit.today)
        flash(
            request, gettext("The last day is now %(day)s. Whoever has the task gets a mail.", visit.locale, day=until)
        )
    return RedirectResponse(f"/cases/{answer['case']}#dates", 303)


def _in_words(fault: FieldError, visit: Visit) -> FieldError:
    """Days as people write them."""
    shown = {
        name: day(date.fromisoformat(value), visit.locale, visit.today) if name in ("due", "latest") else value
        for name, value in fault.params.items()
    }
    return FieldError(fault.field, fault.code, shown)


def _page(request: Request, visit: Visit, task_id: str, given: dict[str, str], errors: Faults) -> Response:
    task = task_of(visit, task_id)
    room, before = room_to_extend(visit.uow, task_id, visit.who)
    refusal = _refusal(room.refusal, visit.locale) if room.refusal else None
    title = gettext("Give more time", visit.locale)
    return task_page(
        request, visit, task, "pages/extend.html", title, given, errors, room=room, refusal=refusal, before=before
    )


def _refusal(code: str, locale: str) -> str:
    return label(f"guard.{code}" if code == "case_is_paused" else f"error.{code}", locale)
