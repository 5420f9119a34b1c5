"""Registers of a region: contracts, suppliers, and the parameters it has set."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from states.terms import BOUNDS, SWITCHES, TERMS
from templates.labels import has_label, label
from workflow.commands import SetParameter
from workflow.contracts.queries import ContractFilter, list_contracts
from workflow.engine import case_rows
from workflow.parameters.handlers import PARAMETERS
from workflow.suppliers.queries import list_suppliers, supplier_view
from workflow.web.api.exchange import (
    ROOT,
    After,
    Body,
    Key,
    Limit,
    RawJson,
    answered,
    carry_out,
    listed,
    looking,
    only_known_filters,
)
from workflow.web.base import viewer_of

router = APIRouter(tags=["Registers"], dependencies=[Depends(only_known_filters)])


class ParameterBody(Body):
    """A new dated row; the one before it holds until the day before."""

    name: str = Field(examples=["decision_term"])
    value: str = Field(max_length=100)
    valid_from: date
    source: str = Field(max_length=300)
    region: str | None = None


@router.get(f"{ROOT}/contracts")
def contracts(
    request: Request,
    region: str | None = None,
    expiring_before: date | None = None,
    owner: str | None = None,
    unit: str | None = None,
    supplier: str | None = None,
    contract_class: Annotated[Literal["a", "b", "c"] | None, Query(alias="class")] = None,
    open_only: Annotated[bool, Query(alias="open", description="Only contracts that have not ended.")] = True,
    q: Annotated[str | None, Query(max_length=200)] = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """The contracts of one's region, those that end first before the others. `owner` is a person's id, or `me`."""
    with looking(request) as call:
        call.in_region(region)
        filters = ContractFilter(
            expiring_before=expiring_before,
            owner=call.viewer.person_id if owner == "me" else owner,
            unit=unit,
            supplier=supplier,
            q=q,
            contract_class=contract_class,
            open_only=open_only,
        )
        return listed(request, list_contracts(call.uow, call.who, filters, after=after, limit=limit))


@router.get(f"{ROOT}/suppliers")
def suppliers(
    request: Request,
    region: str | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """The region's suppliers: with a contract or a public award."""
    with looking(request) as call:
        call.in_region(region)
        return listed(request, list_suppliers(call.uow, call.who, q=q, after=after, limit=limit))


@router.get(f"{ROOT}/suppliers/{{supplier_id}}")
def supplier(request: Request, supplier_id: str) -> Response:
    """One supplier with its contracts and public awards in the region."""
    with looking(request) as call:
        return answered(supplier_view(call.uow, call.who, supplier_id))


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
        items.append(
            {
                "name": name,
                "text": label(f"term.{name}", locale) if has_label(f"term.{name}", locale) else name,
                "value": now.value if now else None,
                "valid_from": now.valid_from if now else None,
                "source": now.source if now else None,
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
def set_parameter(request: Request, body: ParameterBody, raw: RawJson, key: Key = None) -> Response:
    """Set a parameter of one's region from a day. Deadlines that run keep the row they were counted with."""
    region = body.region or viewer_of(request).region_id
    command = SetParameter(region, body.name, body.value, body.valid_from, body.source)
    made: dict[str, Any] = carry_out(request, command, key, raw)
    return answered(made, 201)
