"""The procurement plan of a region, as JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field

from workflow.commands import AddPlanEntry
from workflow.planning.queries import PlanFilter, plan
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
        decided: dict[str, Any] | None = None
        if found.decided is not None:
            d = found.decided
            decided = {
                "number": d.number,
                "decided_on": d.decided_on,
                "decided_by": d.decided_by,
                "registry_number": d.registry_number,
                "rows_hash": d.rows_hash,
                "published_at": d.published_at,
            }
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
