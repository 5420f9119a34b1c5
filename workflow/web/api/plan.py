"""The procurement plan of a region, as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from typing import Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field

from workflow.commands import AddPlanEntry, DecidePlan, PublishPlan, UnpublishPlan, WithdrawPlanEntry
from workflow.errors import NotFound
from workflow.planning.queries import VERSION, VERSIONS, PlanFilter, plan
from workflow.web.api.exchange import ROOT, Body, Key, RawJson, answered, carry_out, looking, only_known_filters
from workflow.web.base import viewer_of

router = APIRouter(tags=["Plan"], dependencies=[Depends(only_known_filters)])


class EntryBody(Body):
    """A need that is no case yet; amounts in kronor without VAT."""

    title: str = Field(max_length=300)
    starts_on: str
    track: str
    unit: str | None = None
    owner: str | None = None
    value_low: str | None = None
    value_high: str | None = None
    note: str | None = None


class DecisionBody(Body):
    """A decision on the whole plan as it stands now: the day, who decided, and its Dnr."""

    decided_on: date
    decided_by: str = Field(max_length=200)
    registry_number: str = Field(max_length=200)


def _version(row: Any) -> dict[str, Any]:
    names = ("id", "number", "decided_on", "decided_by", "registry_number", "rows_hash", "published_at")
    return {name: getattr(row, name) for name in names}


@router.get(f"{ROOT}/plan")
def show(
    request: Request,
    region: str | None = None,
    unit: str | None = None,
    kind: Literal["contract", "case", "entry"] | None = None,
    standing: Literal["on_time", "tight", "late"] | None = None,
) -> Response:
    """What the region must procure in 24 months, by quarter, beside the version that was decided last."""
    with looking(request) as call:
        call.in_region(region)
        found = plan(call.uow, call.who, call.today, PlanFilter(unit, kind, standing))
        decided = _version(found.decided) if found.decided is not None else None
        items = [asdict(r) for r in found.rows]
    content = {
        "items": items,
        "next": None,
        "until": found.until,
        "decided": decided,
        "gone": found.gone,
        "cut": found.cut,
    }
    return answered(content)


@router.post(f"{ROOT}/plan/entries", status_code=201)
def enter(request: Request, body: EntryBody, raw: RawJson, key: Key = None) -> Response:
    """Enter a need in the plan of one's region."""
    form = {k: v for k, v in body.model_dump().items() if v is not None}
    made: dict[str, Any] = carry_out(request, AddPlanEntry(viewer_of(request).region_id, form), key, raw)
    return answered(made, 201)


@router.post(f"{ROOT}/plan/entries/{{entry_id}}/withdraw")
def withdraw(request: Request, entry_id: str, raw: RawJson, key: Key = None) -> Response:
    """Take a need out of the plan; its row stays in the decided versions."""
    return answered(carry_out(request, WithdrawPlanEntry(entry_id), key, raw))


@router.get(f"{ROOT}/plan/versions")
def versions(request: Request) -> Response:
    """The twenty last decided versions, newest first."""
    with looking(request) as call:
        items = [_version(v) for v in call.uow.all(VERSIONS, region_id=call.who.region_id)]
    return answered({"items": items, "next": None})


@router.get(f"{ROOT}/plan/versions/{{version_id}}")
def version(request: Request, version_id: str) -> Response:
    """One decided version with its rows, as they were kept."""
    with looking(request) as call:
        row = call.uow.one(VERSION, version_id=version_id)
        if row is None or row.region_id != call.who.region_id:
            raise NotFound
        return answered({**_version(row), "rows": json.loads(row.rows)})


@router.post(f"{ROOT}/plan/versions", status_code=201)
def decide(request: Request, body: DecisionBody, raw: RawJson, key: Key = None) -> Response:
    """Record the decision on the plan as it stands now: its rows are kept with their SHA-256. Head of procurement."""
    command = DecidePlan(viewer_of(request).region_id, body.decided_on, body.decided_by, body.registry_number)
    return answered(carry_out(request, command, key, raw), 201)


@router.post(f"{ROOT}/plan/versions/{{version_id}}/publish")
def publish(request: Request, version_id: str, raw: RawJson, key: Key = None) -> Response:
    """Make the version's coming procurements readable for everybody, in place of an earlier version."""
    return answered(carry_out(request, PublishPlan(version_id), key, raw))


@router.post(f"{ROOT}/plan/versions/{{version_id}}/unpublish")
def unpublish(request: Request, version_id: str, raw: RawJson, key: Key = None) -> Response:
    """Take the public list back."""
    return answered(carry_out(request, UnpublishPlan(version_id), key, raw))
