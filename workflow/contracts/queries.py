"""Looking at contracts: the register, and what must be done in good time before they end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select

from states.calendar import Calendar
from states.deadlines import Basis, fixed
from states.due_dates import contract_dates
from states.facts import CaseFacts, ContractFacts, Situation
from states.roles import Actor
from workflow.cases.items import CaseLink
from workflow.cases.lists import words_in
from workflow.cases.paging import Key, Page, Segment, walk
from workflow.contracts.effects import add_months
from workflow.contracts.tables import Contract
from workflow.db.columns import fold
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows
from workflow.engine.directory import below, units
from workflow.engine.forms import kronor
from workflow.people.tables import Person, Unit
from workflow.suppliers.tables import Supplier, SupplierRelation

cases = case_rows.cases
contracts = Contract.__table__  # type: ignore[attr-defined]
_suppliers = Supplier.__table__  # type: ignore[attr-defined]
_relations = SupplierRelation.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_owners, _managers = _people.alias("owners"), _people.alias("managers")


@dataclass(frozen=True, slots=True)
class ContractFilter:
    """`expiring_before`: the period ends before that day. `unit` takes the units below it too. `supplier` is an id."""

    expiring_before: date | None = None
    owner: str | None = None
    unit: str | None = None
    supplier: str | None = None
    q: str | None = None
    contract_class: str | None = None
    open_only: bool = True


@dataclass(frozen=True, slots=True)
class ContractItem:
    """A contract as a row of the register. Amounts in öre; `missing` names what the old register did not say."""

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


@dataclass(frozen=True, slots=True)
class Ahead:
    """The contracts ahead; `left_out` is how many more end later within the same time."""

    items: list[ContractAhead]
    left_out: int


#: So many contracts ahead are told at once, those that end first.
MOST_AHEAD = 1_000

_EXTRA = ("option_months", "notice_months", "handed_over_on", "handover_proposed_by", "evaluated_on", "parent_id",
          "process", "version", "opened_at", "officer_id")  # fmt: skip
_COLUMNS = [
    contracts.c.case_id, cases.c.reference, cases.c.registry_number, contracts.c.contract_number, cases.c.title,
    contracts.c.supplier_id, _relations.c.name_seen.label("supplier_name"), _suppliers.c.organisation_number, cases.c.unit_id,
    _units.c.name.label("unit_name"), cases.c.owner_id, _owners.c.name.label("owner_name"), cases.c.manager_id,
    _managers.c.name.label("manager_name"), contracts.c.start_on, contracts.c.end_on, contracts.c.last_end_on,
    (contracts.c.option_count - contracts.c.options_used).label("options_left"), contracts.c.value_ore,
    contracts.c.contract_class, contracts.c.is_framework, cases.c.state, cases.c.row_version, contracts.c.missing,
    contracts.c.option_months, contracts.c.notice_months, contracts.c.handed_over_on, contracts.c.handover_proposed_by,
    contracts.c.evaluated_on, cases.c.parent_id, cases.c.process, cases.c.version, cases.c.opened_at, cases.c.officer_id,
]  # fmt: skip
_FROM = (
    contracts.join(cases, cases.c.id == contracts.c.case_id)
    .outerjoin(_suppliers, _suppliers.c.id == contracts.c.supplier_id)
    .outerjoin(
        _relations,
        and_(_relations.c.region_id == contracts.c.region_id, _relations.c.supplier_id == contracts.c.supplier_id),
    )
    .outerjoin(_units, _units.c.id == cases.c.unit_id)
    .outerjoin(_owners, _owners.c.id == cases.c.owner_id)
    .outerjoin(_managers, _managers.c.id == cases.c.manager_id)
)
_DATED = Segment(
    contracts.c.end_on.is_not(None), (Key(contracts.c.end_on, "end_on", day=True), Key(contracts.c.case_id, "case_id"))
)
_UNDATED = Segment(contracts.c.end_on.is_(None), (Key(contracts.c.case_id, "case_id"),), empty=(contracts.c.end_on,))


def list_contracts(
    uow: UnitOfWork, who: Actor, filters: ContractFilter | None = None, *, after: str | None = None, limit: int = 50
) -> Page[ContractItem]:
    """The region's contracts, those that end first before the others. Raises InvalidForm at `after` for a bad cursor."""
    filters = filters or ContractFilter()
    where = _where(uow, who, filters)

    def fetch(condition: ColumnElement[bool], order: list[Any], n: int) -> Sequence[Any]:
        query = select(*_COLUMNS).select_from(_FROM).where(*where, condition).order_by(*order).limit(n)
        return uow.connection.execute(query).all()

    segments = [_DATED] if filters.expiring_before else [_DATED, _UNDATED]
    rows, following = walk(segments, after, limit, fetch)
    return Page([_item(r) for r in rows], following)


def _where(uow: UnitOfWork, who: Actor, filters: ContractFilter) -> list[ColumnElement[bool]]:
    if filters.owner is not None or filters.unit is not None:
        # Few cases: begin there. An expression keeps the indexes of the contracts' region out.
        found = [cases.c.region_id == who.region_id, func.coalesce(contracts.c.region_id, "") == who.region_id]
    else:
        found = [contracts.c.region_id == who.region_id]
    if filters.open_only:
        found.append(cases.c.closed_at.is_(None))
    if filters.expiring_before is not None:
        found.append(contracts.c.end_on < filters.expiring_before)
    if filters.owner is not None:
        found.append(cases.c.owner_id == filters.owner)
    if filters.unit is not None:
        found.append(cases.c.unit_id.in_(sorted(below(units(uow, who.region_id), filters.unit))))
    if filters.supplier is not None:
        found.append(contracts.c.supplier_id == filters.supplier)
    if filters.contract_class is not None:
        found.append(contracts.c.contract_class == filters.contract_class)
    if filters.q is not None and (q := fold(filters.q)):
        found.append(
            or_(
                words_in(cases.c.title_fold, q),
                words_in(_relations.c.name_fold, q),
                *(c.contains(filters.q.strip(), autoescape=True) for c in (cases.c.reference, cases.c.registry_number)),
                contracts.c.contract_number.contains(filters.q.strip(), autoescape=True),
                _suppliers.c.organisation_number == filters.q.strip(),
            )
        )
    return found


def _item(r: Row) -> ContractItem:
    values = {k: v for k, v in r._mapping.items() if k not in _EXTRA}
    values["missing"] = tuple(m for m in values["missing"].split(",") if m)
    return ContractItem(**values)


def contracts_of(uow: UnitOfWork, who: Actor, supplier_id: str) -> list[ContractItem]:
    """Every contract of the region with a supplier, the newest period first."""
    query = (
        select(*_COLUMNS)
        .select_from(_FROM)
        .where(contracts.c.region_id == who.region_id, contracts.c.supplier_id == supplier_id)
        .order_by(contracts.c.start_on.desc(), contracts.c.case_id)
        .limit(500)
    )
    return [_item(r) for r in uow.connection.execute(query)]


def contracts_ahead(
    uow: UnitOfWork,
    who: Actor,
    today: date,
    months: int = 24,
    *,
    division: str | None = None,
    case_id: str | None = None,
) -> Ahead:
    """Open contracts whose period ends within some months, by division and then by day, with what must precede.

    At most `MOST_AHEAD`, those that end first. `division` and `case_id` take only those of a division, or that one.
    """
    tree = units(uow, who.region_id)
    where = _ends_within(who, today, months)
    if division is not None:
        where.append(cases.c.unit_id.in_([u for u in tree if (d := _division(tree, u)) and d.id == division]))
    if case_id is not None:
        where.append(contracts.c.case_id == case_id)
    query = select(*_COLUMNS).select_from(_FROM).where(*where).order_by(contracts.c.end_on, contracts.c.case_id)
    rows = uow.connection.execute(query.limit(MOST_AHEAD)).all()
    left_out = 0
    if len(rows) == MOST_AHEAD:
        count = select(func.count()).select_from(_FROM).where(*where)
        left_out = uow.connection.execute(count).scalar_one() - len(rows)
    parameters = case_rows.parameters(uow, who.region_id, today)
    calendar = case_rows.calendar(uow, who.region_id)
    successors = _successors(uow, who, rows)
    found = []
    for r in rows:
        dates = contract_dates(_situation(r, who, today, parameters, calendar))
        division = _division(tree, r.unit_id)
        extension, renewal = dates.extension_notice, dates.renewal_start
        found.append(
            ContractAhead(
                contract=_item(r),
                division_id=division.id if division else None,
                division=division.name if division else None,
                extension_notice_on=extension.due_on if extension else None,
                extension_receipt=extension.as_json() if extension else None,
                renewal_start_on=renewal.due_on if renewal else None,
                renewal_receipt=renewal.as_json() if renewal else None,
                successor=successors.get(r.case_id) or successors.get(r.parent_id),
            )
        )
    order = {u.id: i for i, u in enumerate(sorted(tree.values(), key=lambda u: (u.name.casefold(), u.id)))}
    found.sort(key=lambda a: (order.get(a.division_id or "", len(order)), a.contract.end_on, a.contract.case_id))
    return Ahead(found, left_out)


def divisions_ahead(uow: UnitOfWork, who: Actor, today: date, months: int = 24) -> dict[str, str]:
    """The divisions whose contracts end within some months: id -> name."""
    tree = units(uow, who.region_id)
    query = select(cases.c.unit_id).select_from(_FROM).where(*_ends_within(who, today, months)).distinct()
    found = (_division(tree, r.unit_id) for r in uow.connection.execute(query))
    return {d.id: d.name for d in found if d is not None}


def _ends_within(who: Actor, today: date, months: int) -> list[ColumnElement[bool]]:
    return [
        contracts.c.region_id == who.region_id,
        cases.c.closed_at.is_(None),
        contracts.c.end_on <= add_months(today, months),
    ]


def _situation(r: Row, who: Actor, today: date, parameters: Any, calendar: Calendar) -> Situation:
    case = CaseFacts(
        id=r.case_id, region_id=who.region_id, process=r.process, version=r.version, state=r.state, reference=r.reference,
        title=r.title, row_version=r.row_version, unit_id=r.unit_id, owner_id=r.owner_id, officer_id=r.officer_id,
        manager_id=r.manager_id, opened_at=r.opened_at,
    )  # fmt: skip
    contract = ContractFacts(
        start_on=r.start_on, end_on=r.end_on, last_end_on=r.last_end_on, next_option_months=r.option_months,
        notice_months=r.notice_months, options_left=r.options_left, contract_class=r.contract_class,
        handed_over=r.handed_over_on is not None, handover_proposed_by=r.handover_proposed_by,
        evaluated=r.evaluated_on is not None, value=kronor(r.value_ore),
    )  # fmt: skip
    return Situation(case, who, None, today, calendar=calendar, parameters=parameters, facts={"contract": contract})


def _successors(uow: UnitOfWork, who: Actor, rows: Sequence[Row]) -> dict[str, CaseLink]:
    """The procurement that follows a contract (or the procurement it came from), unless it was cancelled."""
    before = sorted({i for r in rows for i in (r.case_id, r.parent_id) if i})
    if not before:
        return {}
    query = select(
        cases.c.predecessor_id, cases.c.id, cases.c.reference, cases.c.title, cases.c.process, cases.c.state
    ).where(
        and_(cases.c.region_id == who.region_id, cases.c.predecessor_id.in_(before), cases.c.state != "cancelled")
    )  # fmt: skip
    return {r.predecessor_id: CaseLink(*r[1:]) for r in uow.connection.execute(query)}


def _division(tree: dict[str, Row], unit_id: str | None) -> Row | None:
    """The nearest division above a unit, else its topmost unit."""
    unit = tree.get(unit_id or "")
    while unit is not None and unit.kind != "division" and unit.parent_id in tree:
        unit = tree[unit.parent_id]
    return unit


def dates_of_contracts(
    uow: UnitOfWork, who: Actor, whose: ColumnElement[bool], today: date, *, limit: int
) -> list[tuple[Row, dict[str, dict[str, Any] | None]]]:
    """The open contracts that a condition picks, and of each the days that matter with their receipts as JSON.

    `contract_ends` is the period's end, `extension_notice` the last day to use an option, `renewal_start` the latest
    start of the next procurement.
    """
    query = (
        select(*_COLUMNS, cases.c.updated_at)
        .select_from(_FROM)
        .where(whose, cases.c.closed_at.is_(None), contracts.c.end_on.is_not(None))
        .order_by(contracts.c.end_on, contracts.c.case_id)
        .limit(limit)
    )
    rows = uow.connection.execute(query).all()
    parameters = case_rows.parameters(uow, who.region_id, today)
    calendar = case_rows.calendar(uow, who.region_id)
    found: list[tuple[Row, dict[str, dict[str, Any] | None]]] = []
    for r in rows:
        dates = contract_dates(_situation(r, who, today, parameters, calendar))
        end = fixed("contract_end", "contract_ends", r.end_on, Basis.CLAUSE, "avtalet")
        receipts = {
            "contract_ends": end, "extension_notice": dates.extension_notice, "renewal_start": dates.renewal_start,
        }  # fmt: skip
        found.append((r, {name: receipt.as_json() if receipt else None for name, receipt in receipts.items()}))
    return found
