"""Who is who: the people and units that a case can name, and putting right what a case says of itself."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field

from workflow.commands import CorrectCase
from workflow.people.queries import people_of_region, unit_tree
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

router = APIRouter(tags=["People"], dependencies=[Depends(only_known_filters)])


class CorrectBody(Body):
    """`form` has title, unit, owner, officer, manager and registry_number as they shall be: what is left out is emptied."""

    row_version: int
    form: dict[str, Any] = Field(max_length=20)


@router.get(f"{ROOT}/people")
def people(request: Request, role: str | None = None) -> Response:
    """The active people of the region by name: id, roles and unit, for the forms that name somebody. `role` narrows."""
    with looking(request) as call:
        found = people_of_region(call.uow, call.who, call.today, roles=[role] if role else ())
        items = [
            {"id": p.id, "name": p.name, "unit": p.unit_id, "roles": sorted({r.role for r in p.roles})} for p in found
        ]
        return answered({"items": items, "next": None})


@router.get(f"{ROOT}/units")
def units(request: Request) -> Response:
    """The region's units, each followed by those below it."""
    with looking(request) as call:
        items = [{"id": u.id, "name": u.name, "parent": u.parent_id} for u in unit_tree(call.uow, call.who)]
        return answered({"items": items, "next": None})


@router.post(f"{ROOT}/cases/{{case_id}}/correct")
def correct(request: Request, case_id: str, body: CorrectBody, raw: RawJson, key: Key = None) -> Response:
    """Put right what a case says of itself: title, unit, Dnr and the people it names. What a new person answers for follows."""
    return answered(carry_out(request, CorrectCase(case_id, body.row_version, body.form), key, raw))
