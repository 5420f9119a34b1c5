"""Lists of cases: filtered, searched, most urgent first, by keyset, and a few counts. Never a supplier of a tender."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, or_, select, union

from states.calendar import local_date
from states.registry import DEFINITIONS
from states.roles import Actor
from workflow.cases.items import CaseFilter, CaseItem
from workflow.cases.paging import Key, Page, Segment, walk
from workflow.contracts.tables import Contract
from workflow.db.columns import fold
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.directory import below, units
from workflow.engine.tables import Case, Lot
from workflow.people.tables import Person, Unit
from workflow.procurements.tables import Award
from workflow.suppliers.organisation_numbers import normal_form
from workflow.suppliers.tables import Supplier, SupplierRelation

cases = Case.__table__  # type: ignore[attr-defined]
_lots = Lot.__table__  # type: ignore[attr-defined]
_contracts = Contract.__table__  # type: ignore[attr-defined]
_awards = Award.__table__  # type: ignore[attr-defined]
_suppliers = Supplier.__table__  # type: ignore[attr-defined]
_relations = SupplierRelation.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_owners, _officers, _managers = _people.alias("owners"), _people.alias("officers"), _people.alias("managers")

#: Counts stop here: "10 000 or more" tells a reader as much as the exact figure, and never costs more.
COUNT_CAP = 10_000
#: So few hits of a search are looked up one by one; more are met soon enough by walking the list in its order.
RARE = 1_000
PUBLIC_AWARDS = ("awarded", "historical")

_COLUMNS = [
    cases.c.id, cases.c.reference, cases.c.registry_number, cases.c.title, cases.c.process, cases.c.version,
    cases.c.state, cases.c.unit_id, _units.c.name.label("unit_name"), cases.c.owner_id,
    _owners.c.name.label("owner_name"), cases.c.officer_id, _officers.c.name.label("officer_name"),
    _managers.c.name.label("manager_name"),
    cases.c.next_trigger, cases.c.next_role, cases.c.next_due_on, cases.c.opened_at, cases.c.entered_at,
    cases.c.updated_at, cases.c.row_version, cases.c.closed_at, cases.c.existing, cases.c.paused_on,
]  # fmt: skip
_FROM = (
    cases.outerjoin(_units, _units.c.id == cases.c.unit_id)
    .outerjoin(_owners, _owners.c.id == cases.c.owner_id)
    .outerjoin(_officers, _officers.c.id == cases.c.officer_id)
    .outerjoin(_managers, _managers.c.id == cases.c.manager_id)
)

_OPEN = cases.c.closed_at.is_(None)
_DATED = Segment(
    and_(_OPEN, cases.c.next_due_on.is_not(None)),
    (Key(cases.c.next_due_on, "next_due_on", day=True), Key(cases.c.id, "id")),
    empty=(cases.c.closed_at,),
)
_UNDATED = Segment(
    and_(_OPEN, cases.c.next_due_on.is_(None)),
    (Key(cases.c.id, "id", descending=True),),
    empty=(cases.c.closed_at, cases.c.next_due_on),
)
_CLOSED = Segment(cases.c.closed_at.is_not(None), (Key(cases.c.id, "id", descending=True),))


def list_cases(
    uow: UnitOfWork, who: Actor, filters: CaseFilter | None = None, *, after: str | None = None, limit: int = 50
) -> Page[CaseItem]:
    """Cases of the viewer's region: open ones by their next date, then those without, then closed ones, newest first.

    Raises InvalidForm at `after` for a cursor this list never gave.
    """
    filters = filters or CaseFilter()
    return _listed(uow, filters, _where(uow, who, filters), after, limit)


def list_and_counts(
    uow: UnitOfWork, who: Actor, filters: CaseFilter | None = None, *, after: str | None = None, limit: int = 50
) -> tuple[Page[CaseItem], dict[str, int] | None]:
    """What `list_cases` and `case_counts` say of the same filter; the words are looked for once."""
    filters = filters or CaseFilter()
    where = _where(uow, who, filters)
    return _listed(uow, filters, where, after, limit), _counted(uow, who, where)


def _listed(
    uow: UnitOfWork, filters: CaseFilter, narrowed: _Narrowed | None, after: str | None, limit: int
) -> Page[CaseItem]:
    if narrowed is None:
        return Page([])
    where = narrowed.where

    def fetch(condition: ColumnElement[bool], order: list[Any], n: int) -> Sequence[Any]:
        query = select(*_COLUMNS).select_from(_FROM).where(*where, condition).order_by(*order).limit(n)
        return uow.connection.execute(query).all()

    rows, following = walk(_segments(filters, local_date(uow.now)), after, limit, fetch)
    return Page([_item(r) for r in rows], following)


#: A search is a list with `q`.
search_cases = list_cases


def case_counts(uow: UnitOfWork, who: Actor, filters: CaseFilter | None = None) -> dict[str, int] | None:
    """How many of the filtered cases are `open`, `late`, `without_owner` or `expiring_next_year`; none above COUNT_CAP.

    None for a search whose words stand in more than RARE titles: to count those is to read every case of the region.
    """
    return _counted(uow, who, _where(uow, who, filters or CaseFilter()))


def _counted(uow: UnitOfWork, who: Actor, narrowed: _Narrowed | None) -> dict[str, int] | None:
    today = local_date(uow.now)
    kinds: dict[str, list[ColumnElement[bool]]] = {
        "open": [],
        "late": [_late(today)],
        "without_owner": [cases.c.owner_id.is_(None)],
        "expiring_next_year": [cases.c.process == "contract", _expiring(who, today.year + 1)],
    }
    if narrowed is None:
        return dict.fromkeys(kinds, 0)
    if narrowed.common:
        return None
    counts = {}
    for name, conditions in kinds.items():
        few = select(literal(1)).select_from(cases).where(*narrowed.where, _OPEN, *conditions).limit(COUNT_CAP)
        counts[name] = int(uow.connection.execute(select(func.count()).select_from(few.subquery())).scalar_one())
    return counts


def _late(today: date) -> ColumnElement[bool]:
    """The next last day has passed. Of a paused case nobody is late with anything: its clock stands still."""
    return and_(cases.c.next_due_on < today, cases.c.paused_on.is_(None))


def _segments(filters: CaseFilter, today: date) -> list[Segment]:
    if filters.overdue:
        return [replace(_DATED, where=and_(_DATED.where, _late(today)))]
    return [_DATED, _UNDATED] if filters.open_only else [_DATED, _UNDATED, _CLOSED]


def _item(r: Row) -> CaseItem:
    values = dict(r._mapping)
    closed_at = values.pop("closed_at")
    return CaseItem(**values, closed=closed_at is not None, paused=values["paused_on"] is not None)


@dataclass(frozen=True, slots=True)
class _Narrowed:
    """The conditions of a filter; `common` when it searches for words that stand in more than RARE titles."""

    where: list[ColumnElement[bool]]
    common: bool = False


def _where(uow: UnitOfWork, who: Actor, filters: CaseFilter) -> _Narrowed | None:
    """The conditions of a filter; None when nothing can match."""
    conditions: list[ColumnElement[bool]] = []
    common = False
    few = filters.parent is not None
    for name in ("owner", "officer"):
        if (value := getattr(filters, name)) is not None:
            conditions.append(cases.c[f"{name}_id"] == value)
    if filters.parent is not None:
        conditions.append(cases.c.parent_id == filters.parent)
    if filters.unit is not None:
        conditions.append(cases.c.unit_id.in_(sorted(below(units(uow, who.region_id), filters.unit))))
    if filters.process is not None:
        conditions.append(cases.c.process == filters.process)
    if filters.state is not None or filters.phase is not None:
        places = _places(filters)
        if not places:
            return None
        conditions.append(
            or_(*(and_(cases.c.process == p, cases.c.state.in_(sorted(states))) for p, states in places.items()))
        )
    if filters.overdue is False:
        late = and_(_OPEN, cases.c.next_due_on.is_not(None), _late(local_date(uow.now)))
        conditions.append(~late)
    if filters.expiring_year is not None:
        conditions.append(_expiring(who, filters.expiring_year))
    if filters.q is not None and fold(filters.q):
        hits = _found(uow, who, filters.q)
        if isinstance(hits, set):
            if not hits:
                return None
            few = True
            conditions.append(cases.c.id.in_(sorted(hits)))
        else:
            common = True
            conditions.append(hits)
    # With few candidates every index that begins with the region is the wrong one: an expression keeps them out.
    region = func.coalesce(cases.c.region_id, "") if few else cases.c.region_id
    return _Narrowed([region == who.region_id, *conditions], common)


def _places(filters: CaseFilter) -> dict[str, set[str]]:
    """The states, by process, that a filter on state or phase means."""
    places: dict[str, set[str]] = {}
    for process in DEFINITIONS.values():
        if filters.process not in (None, process.id):
            continue
        for state in process.states:
            if filters.state in (None, state.name) and filters.phase in (None, state.phase):
                places.setdefault(process.id, set()).add(state.name)
    return places


def _expiring(who: Actor, year: int) -> ColumnElement[bool]:
    found: ColumnElement[bool] = cases.c.id.in_(
        select(_contracts.c.case_id).where(
            _contracts.c.region_id == who.region_id,
            _contracts.c.end_on >= date(year, 1, 1),
            _contracts.c.end_on <= date(year, 12, 31),
        )
    )
    return found


# --- search ----------------------------------------------------------------------------------------------------


def words_in(column: ColumnElement[str], folded: str) -> ColumnElement[bool]:
    """Every word of a folded query stands somewhere in the folded column."""
    found: ColumnElement[bool] = and_(*(column.contains(word, autoescape=True) for word in folded.split()[:8]))
    return found


def _found(uow: UnitOfWork, who: Actor, q: str) -> set[str] | ColumnElement[bool]:
    """The ids that a query finds; where its words are common, a condition for whoever walks the list in its order."""
    run = uow.connection.execute
    folded, code = fold(q), q.strip().upper()
    mine = cases.c.region_id == who.region_id
    in_title = select(cases.c.id).where(mine, words_in(cases.c.title_fold, folded))
    titles = set(run(in_title.limit(RARE + 1)).scalars())
    others = set(run(_by_supplier(who, folded).limit(RARE)).scalars())
    if any(c.isdigit() for c in folded):
        # The bounds serve the index; what follows a reference's beginning is digits, before any letter everywhere.
        reference = and_(
            cases.c.reference >= code,
            cases.c.reference <= code + "zzzz",
            cases.c.reference.startswith(code, autoescape=True),
        )
        dnr = or_(
            cases.c.registry_number.startswith(q.strip(), autoescape=True),
            cases.c.registry_number.startswith(code, autoescape=True),  # SQLite's lower() leaves Å as it is
            func.lower(cases.c.registry_number).startswith(folded, autoescape=True),
        )
        for beginning in (reference, dnr):
            others |= set(run(select(cases.c.id).where(mine, beginning).limit(RARE)).scalars())
    if len(titles) <= RARE:
        return titles | others
    common = words_in(cases.c.title_fold, folded)
    return or_(common, cases.c.id.in_(sorted(others))) if others else common


def _by_supplier(who: Actor, folded: str) -> Any:
    """Cases by the supplier of a contract, or of an award that is public (OSL 19:3); never of a tender."""
    known = [words_in(_relations.c.name_fold, folded)]
    number = normal_form(folded)
    if number:
        known.append(
            _relations.c.supplier_id.in_(select(_suppliers.c.id).where(_suppliers.c.organisation_number == number))
        )
    suppliers = select(_relations.c.supplier_id).where(_relations.c.region_id == who.region_id, or_(*known))
    of_contracts = select(_contracts.c.case_id).where(
        _contracts.c.region_id == who.region_id, _contracts.c.supplier_id.in_(suppliers)
    )
    of_awards = (
        select(_awards.c.case_id)
        .select_from(_awards.join(_lots, _lots.c.id == _awards.c.lot_id))
        .where(
            _awards.c.region_id == who.region_id,
            _awards.c.supplier_id.in_(suppliers),
            _awards.c.status.in_(PUBLIC_AWARDS),
            _lots.c.tender_secret.is_(False),
        )
    )
    found = union(of_contracts, of_awards).subquery()
    return select(found.c.case_id)


def open_cases_by_definition(uow: UnitOfWork, who: Actor) -> dict[tuple[str, int], int]:
    """How many open cases of the region run under each definition: (process, version) -> number."""
    query = (
        select(cases.c.process, cases.c.version, func.count().label("n"))
        .where(cases.c.region_id == who.region_id, cases.c.closed_at.is_(None))
        .group_by(cases.c.process, cases.c.version)
    )
    return {(r.process, r.version): r.n for r in uow.connection.execute(query)}
