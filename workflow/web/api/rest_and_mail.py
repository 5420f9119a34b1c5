"""Letting tasks rest, how one wants mail, days away, handing all over, and days without a decider."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field

from workflow.cases.deciders import decider_gaps
from workflow.cases.hand_over import hand_over_all, hand_over_plan
from workflow.commands import EndAbsence, EndSubstitute, SetAbsence, SetMailPlan, SnoozeTask
from workflow.people.queries import absences, mail_plan, substitutes
from workflow.web.api.exchange import (
    ROOT,
    Body,
    Key,
    RawJson,
    answered,
    carry_out,
    changing,
    looking,
    only_known_filters,
)
from workflow.web.base import app_of, viewer_of

router = APIRouter(tags=["Duties and mail"], dependencies=[Depends(only_known_filters)])


class SnoozeBody(Body):
    """`until` null wakes the task."""

    until: date | None
    reason: str | None = Field(default=None, max_length=500)


class MailBody(Body):
    """`hour` null: the region's hour. `weekdays` null: working days; else ISO numbers, 1 is Monday. `asks_wait`: what is
    newly asked waits for the digest too."""

    digest: bool
    asks_wait: bool = True
    hour: int | None = Field(default=None, ge=6, le=20)
    weekdays: list[int] | None = Field(default=None, max_length=7)


class AbsenceBody(Body):
    first_on: date
    last_on: date


class EndBody(Body):
    """`last_day` null: it ends now, today is no longer part of it."""

    last_day: date | None = None


class HandOverBody(Body):
    """Ids of two people of the region."""

    from_person: str
    to_person: str


@router.post(f"{ROOT}/tasks/{{task_id}}/snooze")
def snooze(request: Request, task_id: str, body: SnoozeBody, raw: RawJson, key: Key = None) -> Response:
    """Let one's own task rest until a day, at most the working day before its last day. Moves no `row_version`."""
    return answered(carry_out(request, SnoozeTask(task_id, body.until, body.reason), key, raw))


@router.get(f"{ROOT}/me/mail")
def my_mail(request: Request) -> Response:
    """How the caller wants mail that can wait."""
    with looking(request) as call:
        mode, hour, weekdays = mail_plan(call.uow, call.who)
    days = [int(d) for d in weekdays] if weekdays else None
    return answered({"digest": mode != "at_once", "asks_wait": mode == "digest", "hour": hour, "weekdays": days})


@router.post(f"{ROOT}/me/mail")
def choose_mail(request: Request, body: MailBody, raw: RawJson, key: Key = None) -> Response:
    """Choose at once or one digest a day. What is urgent always goes at once."""
    days = "".join(str(d) for d in body.weekdays) if body.weekdays else None
    made = carry_out(request, SetMailPlan(body.digest, body.hour, days, body.asks_wait), key, raw)
    return answered({**made, "weekdays": [int(d) for d in made["weekdays"]] if made["weekdays"] else None})


@router.post(f"{ROOT}/me/absence", status_code=201)
def absence(request: Request, body: AbsenceBody, raw: RawJson, key: Key = None) -> Response:
    """Days away on which nobody stands in for the caller; the manager then hears of what is asked."""
    command = SetAbsence(viewer_of(request).person_id, body.first_on, body.last_on)
    return answered(carry_out(request, command, key, raw), 201)


@router.get(f"{ROOT}/absences")
def away(request: Request) -> Response:
    """Who of the region is away from today on, and who stands in for whom."""
    with looking(request) as call:
        content = {
            "absences": absences(call.uow, call.who, call.today),
            "substitutes": substitutes(call.uow, call.who, call.today),
        }
        return answered(content)


@router.post(f"{ROOT}/absences/{{absence_id}}/end")
def end_absence(request: Request, absence_id: str, body: EndBody, raw: RawJson, key: Key = None) -> Response:
    """Back earlier than was said: the person, or an administrator. What had not begun is taken back."""
    return answered(carry_out(request, EndAbsence(absence_id, body.last_day), key, raw))


@router.post(f"{ROOT}/substitutes/{{row_id}}/end")
def end_substitute(request: Request, row_id: str, body: EndBody, raw: RawJson, key: Key = None) -> Response:
    """End a substitution earlier than was said: the person replaced, or an administrator."""
    return answered(carry_out(request, EndSubstitute(row_id, body.last_day), key, raw))


@router.get(f"{ROOT}/hand-over")
def would_move(request: Request, from_person: str, to_person: str | None = None) -> Response:
    """What a person answers for; with a receiver also what cannot go there (`blocked`). 403 but for those who lead the person."""
    with looking(request) as call:
        plan = hand_over_plan(call.uow, call.who, from_person, to_person)
        return answered({"items": plan.duties, "units": plan.units, "recurring": plan.recurring, "next": None})


@router.post(f"{ROOT}/hand-over")
def hand_over(request: Request, body: HandOverBody) -> Response:
    """Move all that can move, case by case. Broken off or sent again it goes on with what is left, so it needs no key."""
    viewer = changing(request)
    done = hand_over_all(app_of(request), body.from_person, body.to_person, by=viewer.person_id, channel="api")
    return answered(done)


@router.get(f"{ROOT}/deciders/gaps")
def gaps(request: Request) -> Response:
    """Days of the coming twelve weeks on which nobody may take a decision that is waited for. 403 but for those who lead."""
    with looking(request) as call:
        return answered({"items": decider_gaps(call.uow, call.who), "next": None})
