"""Looking at suppliers: those a region has contracts with or has publicly awarded, never who only left a tender.

A supplier is known to the region from the moment a proposal names it, so the relation alone shows nothing: a
contract or an award outside tender secrecy must be there (OSL 19:3). That holds for everybody; who is on a case's
access list sees its tenderers on the case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from states.roles import Actor
from workflow.cases.items import CaseLink
from workflow.cases.lists import words_in
from workflow.cases.paging import Key, Page, Segment, walk
from workflow.contracts.queries import ContractItem, contracts_of
from workflow.contracts.tables import Contract
from workflow.db.columns import fold
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.tables import Case, Lot
from workflow.errors import NotFound
from workflow.procurements.tables import Award
from workflow.suppliers.organisation_numbers import normal_form
from workflow.suppliers.tables import Supplier, SupplierRelation

_cases = Case.__table__  # type: ignore[attr-defined]
_lots = Lot.__table__  # type: ignore[attr-defined]
_contracts = Contract.__table__  # type: ignore[attr-defined]
_awards = Award.__table__  # type: ignore[attr-defined]
_suppliers = Supplier.__table__  # type: ignore[attr-defined]
_relations = SupplierRelation.__table__  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class SupplierItem:
    """A supplier as the region knows it: `name` is the name it last saw."""

    id: str
    name: str
    organisation_number: str | None
    country: str
    contracts_open: int


@dataclass(frozen=True, slots=True)
class SupplierAward:
    """A public award. `status`: awarded, recalled, or historical (before Stegvis)."""

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


_OPEN_CONTRACTS = (
    select(func.count())
    .select_from(_contracts.join(_cases, _cases.c.id == _contracts.c.case_id))
    .where(
        _contracts.c.region_id == _relations.c.region_id,
        _contracts.c.supplier_id == _relations.c.supplier_id,
        _cases.c.closed_at.is_(None),
    )
    .correlate(_relations)
    .scalar_subquery()
)
_HAS_CONTRACT = exists().where(
    _contracts.c.region_id == _relations.c.region_id, _contracts.c.supplier_id == _relations.c.supplier_id
)
_IS_PUBLIC = and_(_awards.c.status != "proposed", _lots.c.tender_secret.is_(False))
_HAS_PUBLIC_AWARD = (
    select(_awards.c.id)
    .select_from(_awards.join(_lots, _lots.c.id == _awards.c.lot_id))
    .where(_awards.c.region_id == _relations.c.region_id, _awards.c.supplier_id == _relations.c.supplier_id, _IS_PUBLIC)
    .correlate(_relations)
    .exists()
)
_COLUMNS = [
    _relations.c.supplier_id, _relations.c.name_seen, _relations.c.name_sort, _relations.c.since_at,
    _suppliers.c.organisation_number, _suppliers.c.country, _OPEN_CONTRACTS.label("contracts_open"),
]  # fmt: skip
_FROM = _relations.join(_suppliers, _suppliers.c.id == _relations.c.supplier_id)
_BY_NAME = Segment(or_(_HAS_CONTRACT, _HAS_PUBLIC_AWARD), (Key(_relations.c.name_sort, "name_sort"), Key(_relations.c.supplier_id, "supplier_id")))  # fmt: skip


def list_suppliers(
    uow: UnitOfWork, who: Actor, *, q: str | None = None, after: str | None = None, limit: int = 50
) -> Page[SupplierItem]:
    """The region's suppliers in Swedish order; `q` is words of a name or an organisation number.

    Raises InvalidForm at `after` for a bad cursor.
    """
    where: list[ColumnElement[bool]] = [_relations.c.region_id == who.region_id]
    if q is not None and (folded := fold(q)):
        number = normal_form(folded)
        named = words_in(_relations.c.name_fold, folded)
        where.append(or_(named, _suppliers.c.organisation_number == number) if number else named)

    def fetch(condition: ColumnElement[bool], order: list[Any], n: int) -> Sequence[Any]:
        query = select(*_COLUMNS).select_from(_FROM).where(*where, condition).order_by(*order).limit(n)
        return uow.connection.execute(query).all()

    rows, following = walk([_BY_NAME], after, limit, fetch)
    return Page([_item(r) for r in rows], following)


def supplier_view(uow: UnitOfWork, who: Actor, supplier_id: str) -> SupplierView:
    """One supplier with the region's contracts and public awards. Raises NotFound where nothing public binds them."""
    query = (
        select(*_COLUMNS)
        .select_from(_FROM)
        .where(_relations.c.region_id == who.region_id, _relations.c.supplier_id == supplier_id, _BY_NAME.where)
    )
    row = uow.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound
    awarded = (
        select(
            _cases.c.id, _cases.c.reference, _cases.c.title, _cases.c.process, _cases.c.state, _lots.c.number,
            _lots.c.title.label("lot_title"), _awards.c.value_ore, _awards.c.status,
        )
        .select_from(
            _awards.join(_lots, _lots.c.id == _awards.c.lot_id).join(_cases, _cases.c.id == _awards.c.case_id)
        )
        .where(
            _awards.c.region_id == who.region_id, _cases.c.region_id == who.region_id,
            _awards.c.supplier_id == supplier_id, _IS_PUBLIC,
        )
        .order_by(_cases.c.id.desc(), _lots.c.number)
        .limit(500)
    )  # fmt: skip
    awards = [SupplierAward(CaseLink(*r[:5]), *r[5:]) for r in uow.connection.execute(awarded)]
    return SupplierView(_item(row), row.since_at, contracts_of(uow, who, supplier_id), awards)


def _item(r: Any) -> SupplierItem:
    return SupplierItem(r.supplier_id, r.name_seen, r.organisation_number, r.country, r.contracts_open)
