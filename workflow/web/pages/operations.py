"""The operations page: is the scheduler alive, what is late or failed, and what to try again."""

from __future__ import annotations

import json
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from states.roles import Role
from templates.labels import gettext, label
from workflow.cases.deadline_check import DIFFERENCES
from workflow.cases.deciders import decider_gaps
from workflow.cases.view import names_of
from workflow.commands import ReleaseHold, RetryMessage, RetryMove, RetryTimer
from workflow.db.statements import Row
from workflow.engine.operations import Honesty, access_faults, honesty, operations
from workflow.parameters.periods import lapsed_for
from workflow.parameters.running import UNMOVED
from workflow.web.base import flash, page, viewer_of
from workflow.web.pages import words
from workflow.web.pages.duties import gap_row
from workflow.web.pages.visit import Sent, carry_out, visiting

router = APIRouter()
STATUSES = ("queued", "sending", "sent", "failed", "withdrawn")


@router.get("/operations")
def show_operations(request: Request) -> Response:
    with visiting(request) as visit:
        locale = visit.locale
        seen = operations(visit.uow, visit.who)
        told = honesty(visit.uow, visit.who)
        reports = access_faults(visit.uow, visit.who)
        names = names_of(visit.uow, visit.who, [r.actor_id for r in reports if r.value])
        context: dict[str, Any] = {
            "seen": seen,
            "lapsed": lapsed_for(visit.uow, visit.who, visit.today),
            "late": [_timer(t, locale) for t in seen.late_timers],
            "failed": [_timer(t, locale) for t in seen.failed_timers],
            "differences": [
                {
                    "row": d,
                    "what": words.step_text("trigger", d.process, d.trigger, locale) if d.trigger else "",
                    "text": label(f"difference.{d.code}", locale, stated=d.stated, found=d.found),
                }
                for d in visit.uow.all(DIFFERENCES, region_id=visit.who.region_id)
            ],
            "unmoved": [
                {"row": m, "setting": label(f"parameter.{m.name}", locale)}
                for m in visit.uow.all(UNMOVED, region_id=visit.who.region_id)
            ],
            "outbox": [(label(f"mail_status.{s}", locale), seen.outbox.get(s, 0)) for s in STATUSES],
            "mails": [{"row": m, "kind": label(f"mail.{m.kind}", locale).capitalize()} for m in seen.failed_messages],
            "reports": [{"at": r.at, "who": names.get(r.actor_id, ""), "text": json.loads(r.value)} for r in reports],
            "gaps": [gap_row(g, visit) for g in decider_gaps(visit.uow, visit.who)],
            "honesty": told,
            "punctuality": _punctuality(told, locale),
            "late_done": [_timer(t, locale) | {"late": lateness(t.late_seconds, locale)} for t in told.late_timers],
            "late_sent": [
                {
                    "row": m,
                    "kind": label(f"mail.{m.kind}", locale).capitalize(),
                    "late": lateness(m.late_seconds, locale),
                }
                for m in told.late_mails
            ],
            "standstills": [
                {"row": g, "lasted": lateness(int((g.to_at - g.from_at).total_seconds()), locale)} for g in told.gaps
            ],
            "may_release": Role.ADMINISTRATOR in visit.who.roles(),
        }
        return page(request, "pages/operations.html", context, title=gettext("Operations", locale))


@router.post("/operations/timers/{timer_id}/retry")
def retry_timer(request: Request, timer_id: str, sent: Sent) -> Response:
    carry_out(request, sent, RetryTimer(timer_id))
    return _back(request, gettext("It will be tried again within a minute.", viewer_of(request).locale))


@router.post("/operations/moves/{change_id}/{case_id}/retry")
def retry_move(request: Request, change_id: str, case_id: str, sent: Sent) -> Response:
    carry_out(request, sent, RetryMove(change_id, case_id))
    return _back(request, gettext("It will be tried again within a minute.", viewer_of(request).locale))


@router.post("/operations/mails/{message_id}/retry")
def retry_message(request: Request, message_id: str, sent: Sent) -> Response:
    carry_out(request, sent, RetryMessage(message_id))
    return _back(request, gettext("The mail will be sent again within a minute.", viewer_of(request).locale))


@router.post("/operations/holds/{hold_id}/release")
def release_hold(request: Request, hold_id: str, sent: Sent) -> Response:
    carry_out(request, sent, ReleaseHold(hold_id))
    return _back(request, gettext("The hold is released. Mail leaves again.", viewer_of(request).locale))


def _back(request: Request, done: str) -> Response:
    flash(request, done)
    return RedirectResponse("/operations", 303)


def lateness(seconds: int, locale: str) -> str:
    """A span in words, in its largest fitting unit: "8 min", "3 h", "12 dagar"."""
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= length * 2 or (seconds >= length and unit == "minutes"):
            return {
                "days": gettext("%(n)s days", locale, n=seconds // length),
                "hours": gettext("%(n)s h", locale, n=seconds // length),
                "minutes": gettext("%(n)s min", locale, n=seconds // length),
            }[unit]
    return gettext("%(n)s s", locale, n=seconds)


def _punctuality(told: Honesty, locale: str) -> list[tuple[str, int, int, str]]:
    """Per kind of work: how much, how much of it late, and the worst in words."""
    kinds = ((gettext("Reminders and steps", locale), told.timers), (gettext("Mails", locale), told.mails))
    return [(name, p.done, p.late, lateness(p.worst_seconds, locale)) for name, p in kinds]


def _timer(t: Row, locale: str) -> dict[str, Any]:
    """A timer by what it does: pulls a step, or reminds of a task."""
    if t.trigger:
        what = words.step_text("trigger", t.process, t.trigger, locale)
    else:
        what = gettext("Reminder of a task", locale)
    return {"row": t, "what": what}
