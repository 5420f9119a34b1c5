"""One ladder, the weeks of fines for finance, the stops for those who call off, and what a contract says of deviations."""

from __future__ import annotations

import dataclasses
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from workflow.deviations.lists import list_fine_weeks, open_stops
from workflow.deviations.queries import contract_conditions, ladder_view
from workflow.web.api.exchange import ROOT, After, Limit, answered, listed, looking, only_known_filters


def _fields(value: Any) -> dict[str, Any]:
    return {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}


router = APIRouter(tags=["Sanction ladders"], dependencies=[Depends(only_known_filters)])


@router.get(f"{ROOT}/cases/{{case_id}}/ladder")
def ladder(request: Request, case_id: str) -> Response:
    """The ladder of a deviation: rungs with standing and unmet conditions, entries, letters, plans, stops, the fine.

    `response` is the receipt of the period that runs, `next_step` what happens by itself next if nobody does anything.
    """
    with looking(request) as call:
        view = ladder_view(call.uow, call.who, case_id)
    shown = {name: value for name, value in _fields(view).items() if name not in ("facts", "names")}
    shown["rungs"] = [{**_fields(r), **r.rung.as_json(), "rung": r.rung.key} for r in view.rungs]
    shown["case"] = {
        n: getattr(view.case, n) for n in ("id", "reference", "title", "state", "row_version", "paused_on")
    }
    return answered(shown)


@router.get(f"{ROOT}/cases/{{case_id}}/fine-weeks")
def fine_weeks(request: Request, case_id: str, after: After = None, limit: Limit = 50) -> Response:
    """The started weeks of one fine as they were counted, with what was set off."""
    with looking(request) as call:
        ladder_view(call.uow, call.who, case_id)
        return listed(request, list_fine_weeks(call.uow, call.who, case_id=case_id, after=after, limit=limit))


@router.get(f"{ROOT}/fine-weeks")
def all_fine_weeks(request: Request, region: str | None = None, after: After = None, limit: Limit = 50) -> Response:
    """The started weeks of all fines of one's region, by their first day: for finance."""
    with looking(request) as call:
        call.in_region(region)
        return listed(request, list_fine_weeks(call.uow, call.who, after=after, limit=limit))


@router.get(f"{ROOT}/call-off-stops")
def call_off_stops(request: Request, region: str | None = None) -> Response:
    """Every contract of one's region from which nothing may be called off now, the oldest stop first."""
    with looking(request) as call:
        call.in_region(region)
        return answered({"items": open_stops(call.uow, call.who)})


@router.get(f"{ROOT}/cases/{{case_id}}/terms")
def terms(request: Request, case_id: str) -> Response:
    """What a contract says of deviations: every blank of the term, and the supplier's contact. `version` 0: the region's defaults."""
    with looking(request) as call:
        return answered(contract_conditions(call.uow, call.who, case_id, call.today))
