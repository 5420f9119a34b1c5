"""Looking at suppliers: those a region has contracts with or has publicly awarded, never who only left a tender."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from states.roles import Actor
from workflow.cases.items import CaseLink
from workflow.cases.paging import Page
from workflow.contracts.queries import ContractItem
from workflow.db.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class SupplierItem:
    id: str
    name: str
    organisation_number: str | None
    country: str
    contracts_open: int


@dataclass(frozen=True, slots=True)
class SupplierAward:
    case: CaseLink
    lot_number: int
    lot_title: str
    value_ore: int | None
    status: str


@dataclass(frozen=True, slots=True)
class SupplierView:
    supplier: SupplierItem
    since_at: datetime
    contracts: list[ContractItem] = field(default_factory=list)
    awards: list[SupplierAward] = field(default_factory=list)


def list_suppliers(uow: UnitOfWork, who: Actor, *, q: str | None = None, after: str | None = None, limit: int = 50) -> Page[SupplierItem]:
    raise NotImplementedError


def supplier_view(uow: UnitOfWork, who: Actor, supplier_id: str) -> SupplierView:
    raise NotImplementedError
