"""All ladders at once: lists narrowed to what the viewer may see together, counts, weeks of fines, stops in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select

from states.calendar import local_date
from states.ladder import BY_KEY, NARROW_SEVERE_KINDS, SEVERE_KINDS
from states.roles import Actor, Role
from workflow.cases.paging import Key, Page, Segment, walk
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations import rows
from workflow.deviations.contract_terms import terms_table
from workflow.engine import case_rows
from workflow.engine.act import visible_case
from workflow.engine.directory import below, units
from workflow.people.tables import Person, Unit
from workflow.procurements.tables import Procurement
from workflow.suppliers.tables import Supplier, SupplierRelation

_cases = case_rows.cases
_dev = rows.deviations
_weeks, _stops = rows.weeks, rows.stops
_contracts = _cases.alias("contract_cases")
_relations = SupplierRelation.__table__  # type: ignore[attr-defined]
_suppliers = Supplier.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_procurements = Procurement.__table__  # type: ignore[attr-defined]
_terms = terms_table

#: Who has the ball while a letter's time runs: nobody in the region.
SUPPLIER = "supplier"
#: The main group of the common procurement vocabulary: its first two digits.
CPV_GROUP = func.substr(_procurements.c.cpv, 1, 2)


#: Who sees the ladders of the whole region; the contract's own people see those of their units and their own.
OF_THE_REGION = frozenset(
    {
        Role.HEAD_OF_PROCUREMENT, Role.PROCUREMENT_OFFICER, Role.SUSTAINABILITY_STRATEGIST, Role.AUDIT_REVIEWER,
        Role.SYSTEM,
    }
)  # fmt: skip
OF_THEIR_UNITS = frozenset({Role.CONTRACT_OWNER, Role.CONTRACT_MANAGER})


def seen_by(who: Actor) -> list[ColumnElement[bool]]:
    """What narrows all ladders of the region to those that the viewer may see together."""
    if who.roles() & OF_THE_REGION or any(h.role in OF_THEIR_UNITS and not h.unit_ids for h in who.holdings):
        return []
    inside = sorted({u for h in who.holdings if h.role in OF_THEIR_UNITS for u in h.unit_ids})
    people = sorted({h.person_id for h in who.holdings if h.role in OF_THEIR_UNITS})
    named = or_(_cases.c.owner_id.in_(people), _cases.c.manager_id.in_(people))
    return [or_(_cases.c.unit_id.in_(inside), named)]


@dataclass(frozen=True, slots=True)
class LadderFilter:
    """What a list of ladders is narrowed to. `open_only` leaves out what has ended.

    `supplier` is an id, `contract` a case id, `category` a main group of the CPV ("33"), `unit` takes the units below it
    too. `ball` is who acts next: a role, or "supplier" while its time runs. `days` counts how long the ladder has stood
    on its rung. `stood` is a rung that was entered at any time, `passed_by` one that was waived or skipped.
    """

    open_only: bool = True
    rung: str | None = None
    supplier: str | None = None
    contract: str | None = None
    outcome: str | None = None
    unit: str | None = None
    category: str | None = None
    ball: str | None = None
    days: int | None = None
    overdue: bool = False
    kind: str | None = None
    ground: str | None = None
    severe: bool | None = None
    stood: str | None = None
    passed_by: str | None = None


@dataclass(frozen=True, slots=True)
class LadderItem:
    """A ladder as a row: where it stands since when, and who has the ball (`next_*`)."""

    case_id: str
    reference: str
    title: str
    state: str
    kind: str
    ground: str
    finding_source: str
    found_on: date
    rung: str | None
    rung_entered_on: date | None
    asked_rung: str | None
    waits_until_on: date | None
    outcome: str | None
    ended_on: date | None
    contract_id: str
    contract_reference: str
    contract_title: str
    supplier_id: str
    supplier_name: str | None
    unit_id: str | None
    unit_name: str | None
    officer_id: str | None
    officer_name: str | None
    owner_id: str | None
    next_trigger: str | None
    next_role: str | None
    next_due_on: date | None
    paused_on: date | None
    opened_at: datetime
    row_version: int
    fine_from_on: date | None = field(default=None)
    fine_ended_on: date | None = field(default=None)


_COLUMNS = [
    _dev.c.case_id, _cases.c.reference, _cases.c.title, _cases.c.state, _dev.c.kind, _dev.c.ground,
    _dev.c.finding_source, _dev.c.found_on, _dev.c.rung, _dev.c.rung_entered_on, _dev.c.asked_rung,
    _dev.c.waits_until_on, _dev.c.outcome, _dev.c.ended_on, _dev.c.contract_id,
    _contracts.c.reference.label("contract_reference"), _contracts.c.title.label("contract_title"),
    _dev.c.supplier_id, _relations.c.name_seen.label("supplier_name"), _cases.c.unit_id,
    _units.c.name.label("unit_name"), _cases.c.officer_id, _people.c.name.label("officer_name"), _cases.c.owner_id,
    _cases.c.next_trigger, _cases.c.next_role, _cases.c.next_due_on, _cases.c.paused_on, _cases.c.opened_at,
    _cases.c.row_version, _dev.c.fine_from_on, _dev.c.fine_ended_on,
]  # fmt: skip
_FROM = (
    _dev.join(_cases, _cases.c.id == _dev.c.case_id)
    .join(_contracts, _contracts.c.id == _dev.c.contract_id)
    .outerjoin(
        _relations,
        and_(_relations.c.region_id == _dev.c.region_id, _relations.c.supplier_id == _dev.c.supplier_id),
    )
    .outerjoin(_units, _units.c.id == _cases.c.unit_id)
    .outerjoin(_people, _people.c.id == _cases.c.officer_id)
)
#: The newest first, by the id of the case (which sorts by time).
_NEWEST = Segment(_dev.c.case_id.is_not(None), (Key(_dev.c.case_id, "case_id", descending=True),))


def list_ladders(
    uow: UnitOfWork, who: Actor, filters: LadderFilter | None = None, *, after: str | None = None, limit: int = 50
) -> Page[LadderItem]:
    """The ladders of the region that the viewer may see together, the newest first. Raises InvalidForm at `after` for a
    bad cursor."""
    return _listed(uow, [*seen_by(who), *_where(uow, who, filters or LadderFilter())], after, limit)


def _listed(uow: UnitOfWork, where: list[ColumnElement[bool]], after: str | None, limit: int) -> Page[LadderItem]:
    def fetch(condition: ColumnElement[bool], order: list[Any], n: int) -> Sequence[Any]:
        query = select(*_COLUMNS).select_from(_FROM).where(*where, condition).order_by(*order).limit(n)
        return uow.connection.execute(query).all()

    found, following = walk([_NEWEST], after, limit, fetch)
    return Page([LadderItem(**r._mapping) for r in found], following)


def _where(uow: UnitOfWork, who: Actor, filters: LadderFilter) -> list[ColumnElement[bool]]:
    today = local_date(uow.now)
    found: list[ColumnElement[bool]] = [_dev.c.region_id == who.region_id]
    if filters.open_only:
        found.append(_dev.c.ended_on.is_(None))
    for name in ("rung", "outcome", "kind", "ground"):
        if getattr(filters, name) is not None:
            found.append(_dev.c[name] == getattr(filters, name))
    if filters.supplier is not None:
        found.append(_dev.c.supplier_id == filters.supplier)
    if filters.contract is not None:
        found.append(_dev.c.contract_id == filters.contract)
    if filters.unit is not None:
        found.append(_cases.c.unit_id.in_(sorted(below(units(uow, who.region_id), filters.unit))))
    if filters.category is not None:
        of_group = select(_procurements.c.case_id).where(CPV_GROUP.in_((filters.category,)))
        found.append(_contracts.c.parent_id.in_(of_group))
    if filters.ball is not None:
        found.append(_cases.c.paused_on.is_(None))
        found.append(_cases.c.next_role == (Role.SYSTEM if filters.ball == SUPPLIER else filters.ball))
    if filters.days is not None:
        found.append(_dev.c.rung_entered_on <= today - timedelta(days=filters.days))
    if filters.overdue:
        found += [_cases.c.paused_on.is_(None), _cases.c.next_due_on < today]
    if filters.severe is not None:
        counted = or_(_terms.c.severe_kinds == "six", _dev.c.kind.in_(NARROW_SEVERE_KINDS))
        severe = and_(_dev.c.kind.in_(SEVERE_KINDS), exists().where(_terms.c.id == _dev.c.terms_id, counted))
        found.append(severe if filters.severe else not_(severe))
    for rung, statuses in ((filters.stood, ("entered",)), (filters.passed_by, ("waived", "skipped"))):
        if rung is not None:
            there = exists().where(
                rows.rungs.c.case_id == _dev.c.case_id, rows.rungs.c.rung == rung, rows.rungs.c.status.in_(statuses)
            )
            found.append(there)
    return found


def suppliers_of_ladders(uow: UnitOfWork, who: Actor) -> list[tuple[str, str]]:
    """The suppliers that have a ladder the viewer may see, open or not: (id, name), by name."""
    query = (
        select(_dev.c.supplier_id, _relations.c.name_seen)
        .distinct()
        .select_from(
            _dev.join(_cases, _cases.c.id == _dev.c.case_id).join(
                _relations,
                and_(_relations.c.region_id == _dev.c.region_id, _relations.c.supplier_id == _dev.c.supplier_id),
            )
        )
        .where(_dev.c.region_id == who.region_id, *seen_by(who))
        .order_by(_relations.c.name_seen, _dev.c.supplier_id)
        .limit(500)
    )
    return [(r.supplier_id, r.name_seen) for r in uow.connection.execute(query)]


def ladders_of_contract(uow: UnitOfWork, who: Actor, contract_id: str) -> list[LadderItem]:
    """Every deviation of one contract, to whoever sees the contract: the open ones first, the newest first."""
    visible_case(uow, contract_id, who, lock=False)
    where = _where(uow, who, LadderFilter(open_only=False, contract=contract_id))
    found = _listed(uow, where, None, 200).items
    return sorted(found, key=lambda each: each.ended_on is not None)


def rung_counts(uow: UnitOfWork, who: Actor) -> dict[str, int]:
    """How many open ladders stand on each rung; those not on one yet under an empty name."""
    query = (
        select(_dev.c.rung, func.count().label("n"))
        .select_from(_dev.join(_cases, _cases.c.id == _dev.c.case_id))
        .where(_dev.c.region_id == who.region_id, _dev.c.ended_on.is_(None), *seen_by(who))
        .group_by(_dev.c.rung)
    )
    counts = {r.rung or "": int(r.n) for r in uow.connection.execute(query)}
    return {key: counts[key] for key in ("", *BY_KEY) if key in counts}


@dataclass(frozen=True, slots=True)
class FineWeekItem:
    """A started week of a fine, for finance. Amounts in öre without VAT."""

    case_id: str
    reference: str
    contract_reference: str
    supplier_name: str | None
    organisation_number: str | None
    number: int
    starts_on: date
    amount_ore: int
    total_ore: int
    set_off_on: date | None
    set_off_reference: str | None
    set_off_note: str | None


def list_fine_weeks(
    uow: UnitOfWork, who: Actor, *, case_id: str | None = None, after: str | None = None, limit: int = 200
) -> Page[FineWeekItem]:
    """The weeks of one deviation's fine, or of all those that the viewer may see together, by their first day."""
    where: list[ColumnElement[bool]] = [_weeks.c.region_id == who.region_id]
    where += seen_by(who) if case_id is None else [_weeks.c.case_id == case_id]
    columns = [
        _weeks.c.case_id, _cases.c.reference, _contracts.c.reference.label("contract_reference"),
        _relations.c.name_seen.label("supplier_name"), _suppliers.c.organisation_number, _weeks.c.number,
        _weeks.c.starts_on, _weeks.c.amount_ore, _weeks.c.total_ore, _weeks.c.set_off_on, _weeks.c.set_off_reference,
        _weeks.c.set_off_note,
    ]  # fmt: skip
    source = (
        _weeks.join(_dev, _dev.c.case_id == _weeks.c.case_id)
        .join(_cases, _cases.c.id == _weeks.c.case_id)
        .join(_contracts, _contracts.c.id == _dev.c.contract_id)
        .outerjoin(_suppliers, _suppliers.c.id == _dev.c.supplier_id)
        .outerjoin(
            _relations,
            and_(_relations.c.region_id == _dev.c.region_id, _relations.c.supplier_id == _dev.c.supplier_id),
        )
    )
    by_day = Segment(
        _weeks.c.starts_on.is_not(None),
        (Key(_weeks.c.starts_on, "starts_on", day=True), Key(_weeks.c.case_id, "case_id")),
    )

    def fetch(condition: ColumnElement[bool], order: list[Any], n: int) -> Sequence[Any]:
        query = select(*columns).select_from(source).where(*where, condition).order_by(*order).limit(n)
        return uow.connection.execute(query).all()

    found, following = walk([by_day], after, limit, fetch)
    return Page([FineWeekItem(**r._mapping) for r in found], following)


@dataclass(frozen=True, slots=True)
class OpenStop:
    """A call-off stop that is in force, for those who call off."""

    case_id: str
    contract_id: str
    contract_reference: str
    contract_title: str
    supplier_name: str | None
    why: str
    from_on: date
    reviewed_on: date | None


def open_stops(uow: UnitOfWork, who: Actor) -> list[OpenStop]:
    """Every contract of the region from which nothing may be called off now, the oldest stop first."""
    query = (
        select(
            _stops.c.case_id, _stops.c.contract_id, _contracts.c.reference.label("contract_reference"),
            _contracts.c.title.label("contract_title"), _relations.c.name_seen.label("supplier_name"), _stops.c.why,
            _stops.c.from_on, _stops.c.reviewed_on,
        )
        .select_from(
            _stops.join(_contracts, _contracts.c.id == _stops.c.contract_id)
            .join(_dev, _dev.c.case_id == _stops.c.case_id)
            .outerjoin(
                _relations,
                and_(_relations.c.region_id == _dev.c.region_id, _relations.c.supplier_id == _dev.c.supplier_id),
            )
        )
        .where(_stops.c.region_id == who.region_id, _stops.c.ended_on.is_(None))
        .order_by(_stops.c.from_on, _stops.c.id)
        .limit(500)
    )  # fmt: skip
    return [OpenStop(**r._mapping) for r in uow.connection.execute(query)]
