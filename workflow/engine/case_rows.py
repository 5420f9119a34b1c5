"""Statements on the case, its lots, pauses, parameters and mandates: written once, in one place."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from states.calendar import Calendar
from states.deadlines import Pause
from states.facts import Parameter
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.tables import Case, CaseAccess, Conflict, Counter, DecisionRow, Lot, Region
from workflow.engine.tables import Pause as PauseTable
from workflow.parameters.tables import ClosingDay, ParameterRow

cases = Case.__table__  # type: ignore[attr-defined]
lots = Lot.__table__  # type: ignore[attr-defined]
_pauses = PauseTable.__table__  # type: ignore[attr-defined]
_access = CaseAccess.__table__  # type: ignore[attr-defined]
_parameters = ParameterRow.__table__  # type: ignore[attr-defined]
_closing_days = ClosingDay.__table__  # type: ignore[attr-defined]
_conflicts = Conflict.__table__  # type: ignore[attr-defined]
_counters = Counter.__table__  # type: ignore[attr-defined]
_regions = Region.__table__  # type: ignore[attr-defined]

LOCK_CASE = Statement(select(cases).where(cases.c.id == bindparam("case_id")).with_for_update())
GET_CASE = Statement(select(cases).where(cases.c.id == bindparam("case_id")))
INSERT_CASE = insert_into(cases)
LOTS = Statement(select(lots).where(lots.c.case_id == bindparam("case_id")).order_by(lots.c.number))
INSERT_LOT = insert_into(lots)
_REGION = Statement(select(_regions.c.id, _regions.c.name).where(_regions.c.id == bindparam("region_id")))
_PARAMETERS = Statement(
    select(_parameters.c.region_id, _parameters.c.name, _parameters.c.value, _parameters.c.valid_from, _parameters.c.source)
    .where(
        or_(_parameters.c.region_id == bindparam("region_id"), _parameters.c.region_id == "samverkan"),
        _parameters.c.valid_from <= bindparam("today"),
    )
    .order_by(_parameters.c.valid_from)
)  # fmt: skip
_CLOSED = Statement(
    select(_closing_days.c.closed_on).where(
        _closing_days.c.region_id == bindparam("region_id"), _closing_days.c.withdrawn_at.is_(None)
    )
)
_PAUSES = Statement(
    select(_pauses.c.from_on, _pauses.c.to_on).where(
        _pauses.c.case_id == bindparam("case_id"), _pauses.c.to_on.is_not(None)
    )
)
INSERT_PAUSE = insert_into(_pauses)
END_PAUSE = Statement(
    update(_pauses)
    .where(_pauses.c.case_id == bindparam("the_case_id"), _pauses.c.to_on.is_(None))
    .values(to_on=bindparam("until_on"))
)
ON_ACCESS_LIST = Statement(
    select(_access.c.person_id).where(
        _access.c.case_id == bindparam("case_id"), _access.c.person_id == bindparam("person_id")
    )
)
ACCESS_LIST = Statement(
    select(_access.c.person_id, _access.c.reason, _access.c.added_at).where(_access.c.case_id == bindparam("case_id"))
)
INSERT_ACCESS = insert_into(_access)
CONFLICTS = Statement(select(_conflicts.c.person_id).where(_conflicts.c.case_id == bindparam("case_id")))
INSERT_CONFLICT = insert_into(_conflicts)
_COUNTER = Statement(
    select(_counters.c.value)
    .where(_counters.c.region_id == bindparam("region_id"), _counters.c.name == bindparam("name"))
    .with_for_update()
)
_NEW_COUNTER = insert_into(_counters)
_COUNT_UP = Statement(
    update(_counters)
    .where(_counters.c.region_id == bindparam("the_region"), _counters.c.name == bindparam("the_name"))
    .values(value=bindparam("new_value"))
)
INSERT_DECISION = insert_into(DecisionRow.__table__)  # type: ignore[attr-defined]


@lru_cache(maxsize=256)
def update_case(columns: frozenset[str]) -> Statement:
    """UPDATE of a set of columns of one case at one version, so that nobody's change is lost."""
    return Statement(
        update(cases)
        .where(cases.c.id == bindparam("the_case_id"), cases.c.row_version == bindparam("old_version"))
        .values({c: bindparam(f"new_{c}") for c in sorted(columns)})
    )


@lru_cache(maxsize=256)
def update_lot(columns: frozenset[str]) -> Statement:
    """UPDATE of a set of columns of one lot; the lock on its case guards it."""
    return Statement(
        update(lots)
        .where(lots.c.id == bindparam("the_lot_id"))
        .values({c: bindparam(f"new_{c}") for c in sorted(columns)})
    )


def write_columns(uow: UnitOfWork, statement: Statement, changes: dict[str, Any], **keys: Any) -> int:
    """Run an UPDATE made by `update_case` or `update_lot`. Returns the number of rows it found."""
    return uow.run(statement, **{f"new_{k}": v for k, v in changes.items()}, **keys)


def parameters(uow: UnitOfWork, region_id: str, today: date) -> dict[str, Parameter]:
    """What applies in the region today: the newest row of each name, the region's own before the national one."""
    found: dict[str, Parameter] = {}
    national: dict[str, Parameter] = {}
    for row in uow.all(_PARAMETERS, region_id=region_id, today=today):
        target = found if row.region_id == region_id else national
        target[row.name] = Parameter(row.name, row.value, row.valid_from, row.source)
    return national | found


def calendar(uow: UnitOfWork, region_id: str) -> Calendar:
    """The calendar of a region: rest days by law, and the days on which the region keeps closed."""
    return Calendar(frozenset(row.closed_on for row in uow.all(_CLOSED, region_id=region_id)))


def pauses(uow: UnitOfWork, case_id: str) -> tuple[Pause, ...]:
    """The case's ended pauses, as receipts name them; a running one has no length yet."""
    return tuple(Pause(p.from_on, p.to_on, "case_paused") for p in uow.all(_PAUSES, case_id=case_id))


def region(uow: UnitOfWork, region_id: str) -> Row | None:
    """The region's id and name, or None."""
    return uow.one(_REGION, region_id=region_id)


def next_number(uow: UnitOfWork, region_id: str, name: str) -> int:
    """The next number of a series; the row stays locked until the commit, so that no number is given twice."""
    row = uow.one(_COUNTER, region_id=region_id, name=name)
    if row is None:
        uow.run(_NEW_COUNTER, region_id=region_id, name=name, value=1)
        return 1
    uow.run(_COUNT_UP, the_region=region_id, the_name=name, new_value=row.value + 1)
    return int(row.value) + 1
