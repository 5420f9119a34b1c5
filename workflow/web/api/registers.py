"""Registers of a region: contracts and suppliers."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from workflow.contracts.queries import ContractFilter, list_contracts
from workflow.suppliers.queries import list_suppliers, supplier_view
from workflow.web.api.exchange import ROOT, After, Limit, answered, listed, looking, only_known_filters

router = APIRouter(tags=["Registers"], dependencies=[Depends(only_known_filters)])


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
