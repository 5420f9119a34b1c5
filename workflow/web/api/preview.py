"""Looking ahead: what would happen if nobody did anything, to a case or in the whole region."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from workflow.cases.view import case_row
from workflow.preview import preview
from workflow.preview.words import as_values
from workflow.web.api.exchange import ROOT, answered, looking, only_known_filters
from workflow.web.base import app_of, viewer_of
from workflow.web.looks_ahead import CASE_SECONDS, REGION_SECONDS
from workflow.web.pages.looking_ahead import looks_of

router = APIRouter(tags=["Looking ahead"], dependencies=[Depends(only_known_filters)])
Months = Annotated[int, Query(ge=1, le=12)]


@router.get(f"{ROOT}/cases/{{case_id}}/preview")
def of_case(request: Request, case_id: str, months: Months = 12) -> Response:
    """What the scheduler would do to the case, and which mails would leave. Nothing is changed.

    Takes up to 20 seconds; `stopped` says that it was not worked out to its end but to the day `reached`.
    """
    with looking(request) as call:
        case = case_row(call.uow, call.who, case_id)
    viewer = viewer_of(request)
    with looks_of(request).one(viewer.person_id):
        return answered(
            as_values(preview(app_of(request), viewer.region_id, case=case.id, months=months, seconds=CASE_SECONDS))
        )


@router.get(f"{ROOT}/preview")
def of_region(request: Request, months: Months = 12) -> Response:
    """The same for the whole region, for those who lead it. May take minutes; one at a time a person."""
    viewer = viewer_of(request)
    with looks_of(request).one(viewer.person_id):
        return answered(as_values(preview(app_of(request), viewer.region_id, months=months, seconds=REGION_SECONDS)))
