"""Looking at a region's people, units, mandates and substitutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from states.roles import Actor
from workflow.db.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class RoleItem:
    id: str
    role: str
    unit_id: str | None
    unit_name: str | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class PersonItem:
    id: str
    name: str
    email: str
    unit_id: str | None
    unit_name: str | None
    locale: str
    created_at: datetime
    disabled: bool
    demo: bool
    roles: tuple[RoleItem, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitItem:
    """A unit of the tree, parents before children; `depth` 0 is a top unit."""

    id: str
    name: str
    kind: str
    parent_id: str | None
    depth: int
    manager_id: str | None
    manager_name: str | None
    contract_owner_id: str | None
    contract_owner_name: str | None


@dataclass(frozen=True, slots=True)
class MandateItem:
    id: str
    act: str
    role: str | None
    person_id: str | None
    person_name: str | None
    limit_ore: int | None
    rule: str
    source: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class SubstituteItem:
    id: str
    person_id: str
    person_name: str
    substitute_id: str
    substitute_name: str
    valid_from: date
    valid_to: date


def people_of_region(uow: UnitOfWork, who: Actor, today: date, *, roles: tuple[str, ...] = (), include_disabled: bool = False) -> list[PersonItem]:
    raise NotImplementedError


def unit_tree(uow: UnitOfWork, who: Actor) -> list[UnitItem]:
    raise NotImplementedError


def mandates(uow: UnitOfWork, who: Actor, today: date | None = None) -> list[MandateItem]:
    raise NotImplementedError


def substitutes(uow: UnitOfWork, who: Actor, today: date | None = None, *, person_id: str | None = None) -> list[SubstituteItem]:
    raise NotImplementedError
