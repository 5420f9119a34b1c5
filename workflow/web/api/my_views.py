"""One's saved views of the list of cases: see, keep, change, delete."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field

from workflow.cases.saved_views import saved_views
from workflow.commands import ChangeView, DeleteView, SaveView
from workflow.web.api.exchange import ROOT, Body, Key, RawJson, answered, carry_out, looking, only_known_filters

router = APIRouter(tags=["Cases"], dependencies=[Depends(only_known_filters)])


class ViewBody(Body):
    """`filters` are those of the page's list of cases: process, phase, state, owner, officer, unit, overdue, closed,
    year, q. `start`: the list opens with this view, instead of the one that did before."""

    name: str = Field(examples=["Sena avtal"])
    filters: dict[str, str] = Field(examples=[{"process": "contract", "overdue": "1"}])
    start: bool = False


class ChangedViewBody(Body):
    """`filters` left out: they stay as they are."""

    name: str
    start: bool = False
    filters: dict[str, str] | None = None


@router.get(f"{ROOT}/me/views")
def views(request: Request) -> Response:
    """The caller's own views by name; never more than 30, so there is no next page."""
    with looking(request) as call:
        return answered({"items": saved_views(call.uow, call.who), "next": None})


@router.post(f"{ROOT}/me/views", status_code=201)
def save(request: Request, body: ViewBody, raw: RawJson, key: Key = None) -> Response:
    """Keep a filter under a name."""
    return answered(carry_out(request, SaveView(body.name, body.filters, body.start), key, raw), 201)


@router.post(f"{ROOT}/me/views/{{view_id}}")
def change(request: Request, view_id: str, body: ChangedViewBody, raw: RawJson, key: Key = None) -> Response:
    """Another name, other filters, or whether the list opens with it."""
    return answered(carry_out(request, ChangeView(view_id, body.name, body.start, body.filters), key, raw))


@router.delete(f"{ROOT}/me/views/{{view_id}}")
def delete(request: Request, view_id: str, key: Key = None) -> Response:
    return answered(carry_out(request, DeleteView(view_id), key, b""))
