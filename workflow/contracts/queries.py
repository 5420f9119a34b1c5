"""Looking at contracts: the register, and what must be done in good time before they end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from states.roles import Actor
from workflow.cases.items import CaseLink
from workflow.cases.paging import Page
from workflow.db.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class ContractFilter:
    """`expiring_before`: the period ends before that day. `unit` takes the units below it too."""

    expiring_before: date | None = None
    owner: str | None = None
    unit: str | None = None
    supplier: str | None = None
    q: str | None = None
    contract_class: str | None = None
    open_only: bool = True


@dataclass(frozen=True, slots=True)
class ContractItem:
    case_id: str
    reference: str
    registry_number: str | None
    contract_number: str | None
    title: str
    supplier_id: str
    supplier_name: str
    organisation_number: str | None
    unit_id: str | None
    unit_name: str | None
    owner_id: str | None
    owner_name: str | None
    manager_id: str | None
    manager_name: str | None
    start_on: date | None
    end_on: date | None
    last_end_on: date | None
    options_left: int
    value_ore: int | None
    contract_class: str | None
    is_framework: bool
    state: str
    row_version: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ContractAhead:
    """A contract that ends, with the days before it. `division` is the top unit above its own."""

    contract: ContractItem
    division_id: str | None
    division: str | None
    extension_notice_on: date | None
    extension_receipt: dict[str, Any] | None
    renewal_start_on: date | None
    renewal_receipt: dict[str, Any] | None
    successor: CaseLink | None


def list_contracts(uow: UnitOfWork, who: Actor, filters: ContractFilter | None = None, *, after: str | None = None, limit: int = 50) -> Page[ContractItem]:
    raise NotImplementedError


def contracts_ahead(uow: UnitOfWork, who: Actor, today: date, months: int = 24) -> list[ContractAhead]:
    raise NotImplementedError
