"""What a region has set: parameters with their changes by two people, and its closing days."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field

from states.terms import BOUNDS, SWITCHES, TERMS, last_day
from templates.labels import has_label, label
from workflow.commands import AddClosingDay, ProposeParameter, RejectParameter, ReleaseParameter, WithdrawClosingDay
from workflow.db.statements import Row
from workflow.engine import case_rows
from workflow.errors import NotFound
from workflow.parameters.closing_days import closing_days as days_of
from workflow.parameters.handlers import CHANGE, CHANGES, PARAMETERS
from workflow.parameters.running import MOVED, parameter_of, would_move
from workflow.web.api.exchange import (
    ROOT,
    Body,
    Key,
    RawJson,
    answered,
    carry_out,
    looking,
    only_known_filters,
)
from workflow.web.base import viewer_of

router = APIRouter(tags=["Settings"], dependencies=[Depends(only_known_filters)])

_CHANGE = ("id", "name", "value", "valid_from", "source", "running", "status", "proposed_by", "proposed_at", "settled_by",
           "settled_at", "reason", "moved_at")  # fmt: skip


class ParameterBody(Body):
    """A proposed dated row; the one before it holds until the day before."""

    name: str = Field(examples=["target_decision"])
    value: str = Field(max_length=100)
    valid_from: date
    source: str = Field(max_length=300)
    region: str | None = None
    running: bool = Field(default=False, description="On release the running deadlines move too (policy terms).")


class ReasonBody(Body):
    reason: str = Field(min_length=1, max_length=1000)


class ClosingDayBody(Body):
    closed_on: date
    name: str = Field(max_length=100)
    source: str = Field(max_length=300)


@router.get(f"{ROOT}/parameters")
def parameters(request: Request, region: str | None = None) -> Response:
    """Every parameter: what applies today, between which bounds, and all its dated rows."""
    with looking(request) as call:
        call.in_region(region)
        rows = call.uow.all(PARAMETERS, region_id=call.who.region_id)
        current = case_rows.parameters(call.uow, call.who.region_id, call.today)
    locale, items = call.viewer.locale, []
    for name in sorted({*TERMS, *SWITCHES}):
        now, bounds = current.get(name), BOUNDS.get(name)
        until = last_day(name, now.valid_from) if now else None
        items.append(
            {
                "name": name,
                "text": label(f"term.{name}", locale) if has_label(f"term.{name}", locale) else name,
                "value": now.value if now else None,
                "valid_from": now.valid_from if now else None,
                "source": now.source if now else None,
                "period_ended_on": until if until and until < call.today else None,
                "bounds": {"low": bounds.low, "high": bounds.high} if bounds else None,
                "rows": [
                    {"region": r.region_id, "value": r.value, "valid_from": r.valid_from, "source": r.source}
                    for r in rows
                    if r.name == name
                ],
            }
        )
    return answered({"items": items, "next": None})


@router.post(f"{ROOT}/parameters", status_code=201)
def propose_parameter(request: Request, body: ParameterBody, raw: RawJson, key: Key = None) -> Response:
    """Propose a parameter of one's region from a day. It applies when somebody else has released it."""
    region = body.region or viewer_of(request).region_id
    command = ProposeParameter(region, body.name, body.value, body.valid_from, body.source, body.running)
    made: dict[str, Any] = carry_out(request, command, key, raw)
    return answered(made, 201)


@router.get(f"{ROOT}/parameters/changes")
def changes(request: Request) -> Response:
    """The region's proposed, released and rejected values, the newest first."""
    with looking(request) as call:
        rows = call.uow.all(CHANGES, region_id=call.who.region_id)
        return answered({"items": [_shown(r) for r in rows], "next": None})


@router.get(f"{ROOT}/parameters/changes/{{change_id}}")
def change(request: Request, change_id: str) -> Response:
    """One change: while it is proposed the running deadlines that it would move, afterwards what became of them."""
    with looking(request) as call:
        found = call.uow.one(CHANGE, change_id=change_id)
        if found is None or found.region_id != call.who.region_id:
            raise NotFound
        if found.status == "proposed":
            shifts = would_move(call.uow, found.region_id, parameter_of(found), call.today)
            deadlines: list[Any] = [
                {"case": s.case_id, "reference": s.reference, "trigger": s.trigger, "from_on": s.from_on,
                 "to_on": s.to_on, "stays": s.stays}
                for s in shifts
            ]  # fmt: skip
        else:
            deadlines = [
                {
                    "case": m.case_id,
                    "reference": m.reference,
                    "from_on": m.from_on,
                    "to_on": m.to_on,
                    "status": m.status,
                }
                for m in call.uow.all(MOVED, change_id=change_id)
            ]
        return answered({**_shown(found), "deadlines": deadlines})


@router.post(f"{ROOT}/parameters/changes/{{change_id}}/release")
def release(request: Request, change_id: str, raw: RawJson, key: Key = None) -> Response:
    """Let a value apply that somebody else has proposed."""
    return answered(carry_out(request, ReleaseParameter(change_id), key, raw))


@router.post(f"{ROOT}/parameters/changes/{{change_id}}/reject")
def reject(request: Request, change_id: str, body: ReasonBody, raw: RawJson, key: Key = None) -> Response:
    """Turn a proposed value down, or take one's own back."""
    return answered(carry_out(request, RejectParameter(change_id, body.reason), key, raw))


@router.get(f"{ROOT}/closing-days")
def closing_days(request: Request) -> Response:
    """The days on which the region keeps closed, also those that were withdrawn."""
    with looking(request) as call:
        rows = days_of(call.uow, call.who.region_id)
        names = ("id", "closed_on", "name", "source", "decided_by", "decided_at", "withdrawn_by", "withdrawn_at")
        return answered({"items": [{n: getattr(r, n) for n in names} for r in rows], "next": None})


@router.post(f"{ROOT}/closing-days", status_code=201)
def add_closing_day(request: Request, body: ClosingDayBody, raw: RawJson, key: Key = None) -> Response:
    """Add a closing day: no working day in terms that begin from now on. It moves nothing that the law counts."""
    command = AddClosingDay(viewer_of(request).region_id, body.closed_on, body.name, body.source)
    return answered(carry_out(request, command, key, raw), 201)


@router.post(f"{ROOT}/closing-days/{{day_id}}/withdraw")
def withdraw_closing_day(request: Request, day_id: str, raw: RawJson, key: Key = None) -> Response:
    """Withdraw a closing day that has not come yet."""
    return answered(carry_out(request, WithdrawClosingDay(day_id), key, raw))


def _shown(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in _CHANGE}
