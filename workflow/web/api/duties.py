"""The annual calendar: the year's recurring duties of one's organisation, and what the cooperation shows to all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from workflow.duties.queries import year_of
from workflow.errors import NotFound
from workflow.web.api.exchange import ROOT, answered, looking, only_known_filters

router = APIRouter(tags=["Annual calendar"], dependencies=[Depends(only_known_filters)])


@router.get(f"{ROOT}/duties")
def list_duties(
    request: Request, year: Annotated[int | None, Query(ge=2000, le=2100)] = None, region: str | None = None
) -> Response:
    """The duties of a year (this one when none is said) by their last day, each with its state and receipt.

    `region` is one's own, or `samverkan` for what the cooperation shows to all.
    """
    with looking(request) as call:
        if region not in (None, call.who.region_id, "samverkan"):
            raise NotFound("region_unknown")
        items = year_of(call.uow, call.who, year or call.today.year, call.today, region=region)
    return answered({"items": items, "next": None})
