"""What stands in a person's calendar: obligations, standstills and contract dates, entitled as of this moment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sqlalchemy import and_, or_, select

from notifications.calendar_feed import Entry, Standing
from states.roles import Actor
from workflow.cases.tasks import owed_by
from workflow.contracts.queries import dates_of_contracts
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.tables import Case, FormerHolder, Lot, Task
from workflow.people.tables import Person

#: So long does a calendar say of something that it is cancelled; a program that asked before has struck it out.
CANCELLED_FOR = timedelta(days=60)
#: As many open obligations, and as many of each other kind, as one calendar holds: the earliest.
CAP = 500

_tasks = Task.__table__  # type: ignore[attr-defined]
_cases = Case.__table__  # type: ignore[attr-defined]
_lots = Lot.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_former = FormerHolder.__table__  # type: ignore[attr-defined]

_OBLIGATIONS = select(
    _tasks.c.id, _tasks.c.case_id, _tasks.c.process, _tasks.c.trigger, _tasks.c.person_id, _tasks.c.due_on,
    _tasks.c.receipt, _tasks.c.status, _tasks.c.revision, _tasks.c.changed_at, _tasks.c.opened_at,
    _people.c.name.label("person_name"), _lots.c.number.label("lot_number"), _cases.c.reference, _cases.c.title,
    _cases.c.paused_on, _cases.c.updated_at,
).select_from(
    _tasks.join(_cases, _cases.c.id == _tasks.c.case_id)
    .outerjoin(_people, _people.c.id == _tasks.c.person_id)
    .outerjoin(_lots, _lots.c.id == _tasks.c.lot_id)
)  # fmt: skip
#: A lot's standstill runs, or has run out undisturbed; a review, a new evaluation or a cancellation has stopped it.
_UNDISTURBED = ("standstill", "contract_signing", "follow_up", "closed")


def calendar_entries(uow: UnitOfWork, who: Actor, today: date) -> list[Entry]:
    """Everything for this person's calendar: own, stood in for today, of a role where nobody is named; no tender matter."""
    found: dict[str, Entry] = {}
    for entry in (*_handed_on(uow, who), *_closed(uow, who), *_open(uow, who), *_standstills(uow, who, today),
                  *_contracts(uow, who, today)):  # fmt: skip
        found[entry.uid] = entry  # what one has now wins over what one once had
    return list(found.values())


def _people_of(who: Actor) -> list[str]:
    return sorted({who.person_id, *(h.person_id for h in who.holdings)})


def _open(uow: UnitOfWork, who: Actor) -> Iterator[Entry]:
    for source in owed_by(who, None):
        query = _OBLIGATIONS.where(source, _tasks.c.due_on.is_not(None)).order_by(_tasks.c.due_on, _tasks.c.id)
        for row in uow.connection.execute(query.limit(CAP)):
            yield _obligation(row, who, Standing.OPEN)


def _closed(uow: UnitOfWork, who: Actor) -> Iterator[Entry]:
    lately = and_(_tasks.c.status != "open", _tasks.c.done_at > uow.now - CANCELLED_FOR)
    mine = or_(*owed_by(who, None, lately))
    query = _OBLIGATIONS.where(
        _tasks.c.region_id == who.region_id, _tasks.c.done_at > uow.now - CANCELLED_FOR, _tasks.c.due_on.is_not(None), mine
    ).order_by(_tasks.c.done_at.desc(), _tasks.c.id)  # fmt: skip
    for row in uow.connection.execute(query.limit(CAP)):
        yield _obligation(row, who, Standing.DONE if row.status == "done" else Standing.WITHDRAWN)


def _handed_on(uow: UnitOfWork, who: Actor) -> Iterator[Entry]:
    query = (
        _OBLIGATIONS.join(_former, _former.c.task_id == _tasks.c.id)
        .where(
            _former.c.person_id == who.person_id, _former.c.left_at > uow.now - CANCELLED_FOR,
            _tasks.c.region_id == who.region_id, _tasks.c.due_on.is_not(None),
        )
        .order_by(_former.c.left_at.desc(), _tasks.c.id)
    )  # fmt: skip
    for row in uow.connection.execute(query.limit(CAP)):
        yield _obligation(row, who, Standing.HANDED_ON)


def _obligation(row: Row, who: Actor, standing: Standing) -> Entry:
    changed = max(row.changed_at or row.opened_at, row.updated_at)
    own = row.person_id in (None, who.person_id) or standing is Standing.HANDED_ON
    return Entry(
        uid=f"task-{row.id}",
        on=row.due_on,
        sequence=row.revision,
        changed_at=changed,
        asked=f"asked.{row.process}.{row.trigger}",
        reference=row.reference,
        title=row.title,
        link=f"/cases/{row.case_id}",
        lot=row.lot_number,
        receipt=_json(row.receipt),
        standing=standing,
        paused=row.paused_on is not None,
        stands_in_for=None if own else row.person_name,
    )


def _of_my_cases(who: Actor) -> Any:
    people = _people_of(who)
    named = or_(*(_cases.c[column].in_(people) for column in ("owner_id", "officer_id", "manager_id")))
    return and_(_cases.c.region_id == who.region_id, named)


def _standstills(uow: UnitOfWork, who: Actor, today: date) -> Iterator[Entry]:
    query = (
        select(
            _lots.c.id, _lots.c.case_id, _lots.c.number, _lots.c.state, _lots.c.standstill_due_on, _cases.c.reference,
            _lots.c.standstill_receipt, _cases.c.title, _cases.c.row_version, _cases.c.updated_at, _cases.c.paused_on,
        )
        .select_from(_lots.join(_cases, _cases.c.id == _lots.c.case_id))
        .where(_of_my_cases(who), _cases.c.closed_at.is_(None), _lots.c.standstill_due_on >= today - CANCELLED_FOR)
        .order_by(_lots.c.standstill_due_on, _lots.c.id)
    )  # fmt: skip
    for row in uow.connection.execute(query.limit(CAP)):
        yield Entry(
            uid=f"standstill-{row.id}",
            on=row.standstill_due_on,
            sequence=row.row_version,
            changed_at=row.updated_at,
            asked="calendar.standstill_ends",
            reference=row.reference,
            title=row.title,
            link=f"/cases/{row.case_id}",
            lot=row.number,
            receipt=_json(row.standstill_receipt),
            standing=Standing.OPEN if row.state in _UNDISTURBED else Standing.WITHDRAWN,
        )


def _contracts(uow: UnitOfWork, who: Actor, today: date) -> Iterator[Entry]:
    for row, dates in dates_of_contracts(uow, who, _of_my_cases(who), today, limit=CAP):
        for name, receipt in dates.items():
            on = date.fromisoformat(receipt["due_on"]) if receipt and receipt["due_on"] else None
            if on is None or on < today - CANCELLED_FOR:
                continue
            yield Entry(
                uid=f"{name.replace('_', '-')}-{row.case_id}",
                on=on,
                sequence=row.row_version,
                changed_at=row.updated_at,
                asked=f"calendar.{name}",
                reference=row.reference,
                title=row.title,
                link=f"/cases/{row.case_id}",
                receipt=receipt,
            )


def _json(text: str | None) -> dict[str, Any] | None:
    found: dict[str, Any] | None = json.loads(text) if text else None
    return found
