"""Obligations as people meet them: what is mine and when, what I wait for, what I have done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal_column, not_, or_, select, union, union_all

from states.roles import PERSONAL_ROLES, Actor, Role
from workflow.cases.items import TaskItem
from workflow.cases.paging import Key, Page, Segment, walk
from workflow.contracts.tables import Contract
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.act import visible_case
from workflow.engine.tables import Case, Lot, Task
from workflow.people.tables import Person, Unit
from workflow.suppliers.tables import SupplierRelation

_tasks = Task.__table__  # type: ignore[attr-defined]
_cases = Case.__table__  # type: ignore[attr-defined]
_lots = Lot.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_contracts = Contract.__table__  # type: ignore[attr-defined]
_relations = SupplierRelation.__table__  # type: ignore[attr-defined]

#: Written out, not bound: only then does SQLite see that the partial indexes of open tasks apply.
_OPEN = _tasks.c.status == literal_column("'open'")
_DATED = Segment(_tasks.c.due_on.is_not(None), (Key(_tasks.c.due_on, "due_on", day=True), Key(_tasks.c.id, "id")))
_UNDATED = Segment(_tasks.c.due_on.is_(None), (Key(_tasks.c.id, "id"),), empty=(_tasks.c.due_on,))
#: A count of one's own obligations stops here, for each person and role one answers for.
COUNT_CAP = 1_000

_ITEM = (
    select(
        _tasks.c.id, _tasks.c.case_id, _cases.c.reference.label("case_reference"), _cases.c.title.label("case_title"),
        _tasks.c.process, _cases.c.version, _cases.c.state, _tasks.c.trigger, _tasks.c.role, _tasks.c.roles,
        _tasks.c.person_id, _people.c.name.label("person_name"), _tasks.c.lot_id, _lots.c.number.label("lot_number"),
        _tasks.c.opened_at, _tasks.c.due_on, _tasks.c.receipt, _tasks.c.reason, _tasks.c.snoozed_until_on,
        _relations.c.name_seen.label("supplier_name"), _tasks.c.status, _tasks.c.done_at, _units.c.name.label("unit_name"),
        _cases.c.paused_on,
    )
    .select_from(
        _tasks.join(_cases, _cases.c.id == _tasks.c.case_id)
        .outerjoin(_people, _people.c.id == _tasks.c.person_id)
        .outerjoin(_lots, _lots.c.id == _tasks.c.lot_id)
        .outerjoin(_contracts, _contracts.c.case_id == _tasks.c.case_id)
        .outerjoin(
            _relations,
            and_(_relations.c.region_id == _tasks.c.region_id, _relations.c.supplier_id == _contracts.c.supplier_id),
        )
        .outerjoin(_units, _units.c.id == _cases.c.unit_id)
    )
)  # fmt: skip


def my_tasks(uow: UnitOfWork, who: Actor, today: date, *, after: str | None = None, limit: int = 50) -> Page[TaskItem]:
    """What this person owes, most urgent first: named, by a role when nobody is named, and of those stood in for.

    Raises InvalidForm at `after` for a cursor this list never gave.
    """
    sources = owed_by(who, today)

    def fetch(condition: ColumnElement[bool], order: list[Any], n: int) -> Sequence[Any]:
        # Each source gives its own first rows from its index; only those few are put together.
        parts = [
            select(_tasks.c.id, _tasks.c.due_on).where(s, condition).order_by(*order).limit(n).subquery()
            for s in sources
        ]
        if not parts:
            return []
        found = union_all(*(select(p.c.id, p.c.due_on) for p in parts)).subquery()
        query = select(found.c.id, found.c.due_on).order_by(found.c.due_on, found.c.id).limit(n)
        return uow.connection.execute(query).all()

    rows, following = walk([_DATED, _UNDATED], after, limit, fetch)
    return Page(_items(uow, who, [r.id for r in rows]), following)


def my_task_counts(uow: UnitOfWork, who: Actor, today: date) -> tuple[int, int]:
    """How many obligations this person has, and how many of them are late. In a paused case none is."""
    paused = select(_cases.c.id).where(_cases.c.region_id == who.region_id, _cases.c.paused_on.is_not(None))
    counted = []
    for late in (False, True):
        conditions = [_tasks.c.due_on < today, _tasks.c.case_id.not_in(paused)] if late else []
        total = 0
        for source in owed_by(who, today):
            few = select(literal_column("1")).select_from(_tasks).where(source, *conditions).limit(COUNT_CAP).subquery()
            total += int(uow.connection.execute(select(func.count()).select_from(few)).scalar_one())
        counted.append(total)
    return counted[0], counted[1]


def resting_tasks(uow: UnitOfWork, who: Actor, today: date, *, limit: int = 200) -> list[TaskItem]:
    """What this person owes and lets rest today, the first to come back first."""
    rests = and_(
        _tasks.c.snoozed_until_on > today, or_(_tasks.c.due_on.is_(None), _tasks.c.due_on > today)
    )  # fmt: skip
    parts = [select(_tasks.c.id).where(source, rests) for source in owed_by(who, None)]
    if not parts:
        return []
    query = (
        _ITEM.where(_tasks.c.id.in_(union_all(*parts)))
        .order_by(_tasks.c.snoozed_until_on, _tasks.c.id)
        .limit(limit)
    )  # fmt: skip
    return [_item(r) for r in uow.connection.execute(query)]


def waiting_for_others(uow: UnitOfWork, who: Actor, *, after: str | None = None, limit: int = 50) -> Page[TaskItem]:
    """What others owe in the open cases where this person is owner, officer or manager."""
    named = union(
        *(
            select(_cases.c.id).where(
                _cases.c.region_id == who.region_id, _cases.c[c] == who.person_id, _cases.c.closed_at.is_(None)
            )
            for c in ("owner_id", "officer_id", "manager_id")
        )
    ).subquery()
    mine = or_(*owed_by(who, None))
    where = [
        _OPEN,
        _tasks.c.case_id.in_(select(named.c.id)),
        _tasks.c.role != Role.SYSTEM.value,
        not_(func.coalesce(mine, False)),
    ]

    def fetch(condition: ColumnElement[bool], order: list[Any], n: int) -> Sequence[Any]:
        query = select(_tasks.c.id, _tasks.c.due_on).where(*where, condition).order_by(*order).limit(n)
        return uow.connection.execute(query).all()

    rows, following = walk([_DATED, _UNDATED], after, limit, fetch)
    return Page(_items(uow, who, [r.id for r in rows]), following)


def done_tasks(uow: UnitOfWork, who: Actor, since: datetime, *, limit: int = 200) -> list[TaskItem]:
    """What this person has discharged since an instant, newest first."""
    query = (
        _ITEM.where(
            _tasks.c.region_id == who.region_id, _tasks.c.done_by == who.person_id, _tasks.c.done_at >= since,
            _tasks.c.status == "done",
        )
        .order_by(_tasks.c.done_at.desc(), _tasks.c.id)
        .limit(limit)
    )  # fmt: skip
    return [_item(r) for r in uow.connection.execute(query)]


def case_tasks(uow: UnitOfWork, who: Actor, case_id: str, *, open_only: bool = True) -> list[TaskItem]:
    """The obligations of one case, most urgent first. Raises NotFound."""
    visible_case(uow, case_id, who, lock=False)
    query = _ITEM.where(_tasks.c.case_id == case_id)
    if open_only:
        query = query.where(_OPEN)
    items = [_item(r) for r in uow.connection.execute(query)]
    return sorted(items, key=lambda t: (t.status != "open", t.due_on or date.max, t.id))


def owed_by(who: Actor, today: date | None, standing: ColumnElement[bool] = _OPEN) -> list[ColumnElement[bool]]:
    """Conditions that together pick what a person owes; no task fits two of them. With `today`: but for what sleeps."""
    if today is not None:
        awake = or_(
            _tasks.c.snoozed_until_on.is_(None), _tasks.c.snoozed_until_on <= today, _tasks.c.due_on <= today
        )  # as `states.reminders.rests` says it
        standing = and_(standing, awake)
    people = sorted({who.person_id, *(h.person_id for h in who.holdings)})
    sources = [and_(standing, _is_here(who), _tasks.c.person_id == p) for p in people]
    here = _tasks.c.region_id == who.region_id  # the index of roles begins with it
    for role in sorted(who.roles() - PERSONAL_ROLES - {Role.SYSTEM}):
        held = [h.unit_ids for h in who.holdings if h.role == role]
        condition = and_(standing, here, _tasks.c.person_id.is_(None), _tasks.c.role == str(role))
        if all(held):
            inside = select(_cases.c.id).where(
                _cases.c.region_id == who.region_id, _cases.c.unit_id.in_(sorted(frozenset().union(*held)))
            )
            condition = and_(condition, _tasks.c.case_id.in_(inside))
        sources.append(condition)
    return sources


def _is_here(who: Actor) -> ColumnElement[bool]:
    """The region as a filter only: of a person's own few rows every index that begins with the region is the wrong one."""
    return func.coalesce(_tasks.c.region_id, "") == who.region_id


def _items(uow: UnitOfWork, who: Actor, ids: list[str]) -> list[TaskItem]:
    if not ids:
        return []
    query = _ITEM.where(_tasks.c.id.in_(ids), _is_here(who))
    found = {r.id: _item(r) for r in uow.connection.execute(query)}
    return [found[i] for i in ids]


def _item(r: Row) -> TaskItem:
    values = dict(r._mapping)
    values["roles"] = tuple(values["roles"].split(","))
    values["receipt"] = json.loads(values["receipt"]) if values["receipt"] else None
    return TaskItem(**values)
