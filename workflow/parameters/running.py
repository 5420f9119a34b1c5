"""Running deadlines and a changed parameter: which would move, and moving them once two people have said so.

Nothing moves by itself. On release the deadlines are listed; from the day the value applies the scheduler then moves
them case by case, so that a long list holds no lock for long and a crash leaves the rest to the next beat.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, literal_column, select, update

from notifications.kinds import Kind
from notifications.recipients import Assignment, Recipient, responsible
from states.calendar import Calendar, local_date
from states.changed_terms import may_move, with_parameter
from states.deadlines import Pause, Receipt
from states.facts import Parameter
from states.roles import Actor, Role, system_actor
from workflow.commands import MoveDeadlines, RetryMove, TellMoved
from workflow.db.database import DatabaseUnavailable
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows, obligations, outbox
from workflow.engine.act import load_step
from workflow.engine.directory import RegionDirectory, person
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.next_duty import write_next_duty
from workflow.engine.step import Step
from workflow.engine.tables import Pause as PauseTable
from workflow.engine.tables import Task, Timer
from workflow.engine.timers import held
from workflow.errors import Forbidden, NotFound, StegvisError
from workflow.parameters.tables import MovedDeadline, ParameterChange

log = logging.getLogger("stegvis.parameters")

_cases = case_rows.cases
_tasks = Task.__table__  # type: ignore[attr-defined]
_timers = Timer.__table__  # type: ignore[attr-defined]
_pauses = PauseTable.__table__  # type: ignore[attr-defined]
_changes = ParameterChange.__table__  # type: ignore[attr-defined]
_moved = MovedDeadline.__table__  # type: ignore[attr-defined]

_OF_CASE = [_cases.c.reference, _cases.c.title, _cases.c.process, _cases.c.paused_on]
_RUNNING_TASKS = Statement(
    select(_tasks.c.id, _tasks.c.case_id, _tasks.c.trigger, _tasks.c.role, _tasks.c.person_id, _tasks.c.receipt, *_OF_CASE)
    .select_from(_cases.join(_tasks, _tasks.c.case_id == _cases.c.id))
    .where(
        _cases.c.region_id == bindparam("region_id"),
        _cases.c.closed_at.is_(None),
        _tasks.c.status == literal_column("'open'"),
        _tasks.c.receipt.like(bindparam("pattern")),
    )
    .order_by(_cases.c.reference, _tasks.c.id)
)  # fmt: skip
_RUNNING_TIMERS = Statement(
    select(
        _timers.c.id, _timers.c.case_id, _timers.c.trigger, literal_column("'system'").label("role"),
        literal_column("NULL").label("person_id"), _timers.c.receipt, *_OF_CASE,
    )
    .select_from(_cases.join(_timers, _timers.c.case_id == _cases.c.id))
    .where(
        _cases.c.region_id == bindparam("region_id"),
        _cases.c.closed_at.is_(None),
        _timers.c.status == literal_column("'pending'"),
        _timers.c.task_id.is_(None),
        _timers.c.receipt.like(bindparam("pattern")),
    )
    .order_by(_cases.c.reference, _timers.c.id)
)  # fmt: skip
_PAUSES_OF_REGION = Statement(
    select(_pauses.c.case_id, _pauses.c.from_on, _pauses.c.to_on, _pauses.c.reason)
    .select_from(_pauses.join(_cases, _cases.c.id == _pauses.c.case_id))
    .where(_cases.c.region_id == bindparam("region_id"), _cases.c.closed_at.is_(None), _pauses.c.to_on.is_not(None))
)
_LIST = insert_into(_moved)
_WAITING = Statement(
    select(_moved.c.case_id)
    .where(_moved.c.change_id == bindparam("change_id"), _moved.c.status == "pending", _moved.c.error.is_(None))
    .order_by(_moved.c.case_id)
    .distinct()
    .limit(200)
)
_STUCK = Statement(
    select(_moved.c.case_id)
    .where(_moved.c.change_id == bindparam("change_id"), _moved.c.status == "pending", _moved.c.error.is_not(None))
    .limit(1)
)
_FAILED = Statement(
    update(_moved)
    .where(
        _moved.c.change_id == bindparam("the_change_id"),
        _moved.c.case_id == bindparam("the_case_id"),
        _moved.c.status == "pending",
    )
    .values(error=bindparam("why"), tried_at=bindparam("at"))
)
#: What could not be moved, with the reason, for the page that shows how the region runs.
UNMOVED = Statement(
    select(
        _moved.c.change_id, _moved.c.case_id, _moved.c.error, _moved.c.tried_at, _changes.c.name, _changes.c.value,
        _cases.c.reference, _cases.c.title,
    )
    .select_from(
        _moved.join(_changes, _changes.c.id == _moved.c.change_id).join(_cases, _cases.c.id == _moved.c.case_id)
    )
    .where(
        _changes.c.region_id == bindparam("region_id"),
        _changes.c.status == "released",
        _changes.c.moved_at.is_(None),
        _moved.c.status == "pending",
        _moved.c.error.is_not(None),
    )
    .group_by(
        _moved.c.change_id, _moved.c.case_id, _moved.c.error, _moved.c.tried_at, _changes.c.name, _changes.c.value,
        _cases.c.reference, _cases.c.title,
    )
    .order_by(_moved.c.tried_at, _moved.c.case_id)
    .limit(50)
)  # fmt: skip
_OF_ONE_CASE = Statement(
    select(_moved.c.subject_id).where(
        _moved.c.change_id == bindparam("change_id"),
        _moved.c.case_id == bindparam("case_id"),
        _moved.c.status == "pending",
    )
)
MOVED = Statement(
    select(_moved, _cases.c.reference, _cases.c.title)
    .select_from(_moved.join(_cases, _cases.c.id == _moved.c.case_id))
    .where(_moved.c.change_id == bindparam("change_id"))
    .order_by(_cases.c.reference, _moved.c.subject_id)
)
_DONE = Statement(
    update(_moved)
    .where(_moved.c.change_id == bindparam("the_change_id"), _moved.c.subject_id == bindparam("the_subject_id"))
    .values(
        status=bindparam("new_status"),
        person_id=bindparam("whose"),
        from_on=bindparam("was"),
        to_on=bindparam("now_on"),
    )
)
_TO_MOVE = Statement(
    select(_changes.c.id, _changes.c.region_id, _changes.c.valid_from)
    .where(_changes.c.status == "released", _changes.c.moved_at.is_(None))
    .order_by(_changes.c.id)
)
_CHANGE = Statement(select(_changes).where(_changes.c.id == bindparam("change_id")))
_LOCK_CHANGE = Statement(select(_changes).where(_changes.c.id == bindparam("change_id")).with_for_update())
ALL_MOVED = Statement(
    update(_changes).where(_changes.c.id == bindparam("the_change_id")).values(moved_at=bindparam("at"))
)
_TIMER = Statement(select(_timers).where(_timers.c.id == bindparam("timer_id")))

LEADING = frozenset({Role.ADMINISTRATOR, Role.HEAD_OF_PROCUREMENT})
#: So many cases one mail names; the rest it counts.
NAMED_IN_MAIL = 5


@dataclass(frozen=True, slots=True)
class Shift:
    """A running deadline under a changed value. `stays` is the code of why it would keep its day, or None."""

    subject_id: str
    case_id: str
    reference: str
    title: str
    process: str
    trigger: str
    person_id: str | None
    from_on: date
    to_on: date
    stays: str | None


def would_move(uow: UnitOfWork, region_id: str, row: Parameter, today: date) -> list[Shift]:
    """The region's running deadlines that the row would give another day, by case. Changes nothing; three queries."""
    if not may_move(row.name):
        return []
    calendar = case_rows.calendar(uow, region_id)
    pauses: dict[str, list[Pause]] = {}
    for p in uow.all(_PAUSES_OF_REGION, region_id=region_id):
        pauses.setdefault(p.case_id, []).append(Pause(p.from_on, p.to_on, "case_paused"))
    pattern = f'%"term":"{row.name}"%'
    tasks = uow.all(_RUNNING_TASKS, region_id=region_id, pattern=pattern)
    timers = uow.all(_RUNNING_TIMERS, region_id=region_id, pattern=pattern)
    shifts = [_shift(t, row, calendar, pauses.get(t.case_id, []), today) for t in tasks]
    shifts += [_shift(t, row, calendar, pauses.get(t.case_id, []), None) for t in timers]
    return sorted((s for s in shifts if s), key=lambda s: (s.reference, s.subject_id))


def _shift(subject: Row, row: Parameter, calendar: Calendar, pauses: list[Pause], today: date | None) -> Shift | None:
    """None where the day stays the same. `today`: a duty is never moved to a day that has passed; a timer may be due."""
    receipt = Receipt.from_json(json.loads(subject.receipt))
    if receipt.term != row.name or receipt.due_on is None:
        return None
    moved = with_parameter(receipt, row, calendar, pauses)
    if moved is None:
        return _as_shift(subject, receipt.due_on, receipt.due_on, "extended") if receipt.extensions else None
    assert moved.due_on is not None
    if moved.due_on == receipt.due_on:
        return None
    passed = today is not None and moved.due_on < today
    return _as_shift(subject, receipt.due_on, moved.due_on, "passed" if passed else None)


def _as_shift(subject: Row, from_on: date, to_on: date, stays: str | None) -> Shift:
    return Shift(
        subject.id, subject.case_id, subject.reference, subject.title, subject.process, subject.trigger,
        subject.person_id, from_on, to_on, stays,
    )  # fmt: skip


def list_for_moving(uow: UnitOfWork, change: Row, today: date) -> int:
    """Write down, with the release, which deadlines shall move. Returns how many."""
    shifts = [s for s in would_move(uow, change.region_id, parameter_of(change), today) if not s.stays]
    uow.many(
        _LIST,
        [
            {
                "change_id": change.id,
                "subject_id": s.subject_id,
                "case_id": s.case_id,
                "status": "pending",
                "person_id": s.person_id,
                "from_on": s.from_on,
                "to_on": s.to_on,
            }
            for s in shifts
        ],
    )
    return len(shifts)


def parameter_of(change: Row) -> Parameter:
    """A proposed or released change as the row of policy that it becomes."""
    return Parameter(change.name, change.value, change.valid_from, change.source)


# --- moving ------------------------------------------------------------------------------------------------------


def move_released_deadlines(app: Stegvis) -> int:
    """Move what released changes move, one command a case; then tell. Returns how many cases. Never raises for one.

    A case that fails is written down with the reason and waits for somebody to have it tried again (`RetryMove`).

    Nothing moves while a hold stands (after a restore).
    """
    with app.database.read() as uow:
        if held(uow):
            return 0
        today = local_date(uow.now)
        waiting = [c for c in uow.all(_TO_MOVE) if c.valid_from <= today]
    return sum(_move_all(app, change) for change in waiting)


def _move_all(app: Stegvis, change: Row) -> int:
    done, failed = 0, set[str]()
    system = system_actor(change.region_id)
    while True:
        with app.database.read() as uow:
            cases = [c.case_id for c in uow.all(_WAITING, change_id=change.id) if c.case_id not in failed]
            stuck = uow.one(_STUCK, change_id=change.id) is not None
        if not cases:
            break
        for case_id in cases:
            try:
                execute(app, MoveDeadlines(change.id, case_id), by=system)
                done += 1
            except Exception as error:
                if isinstance(error, DatabaseUnavailable):
                    raise  # nothing is wrong with the case, and the others would fare no better
                log.exception("the deadlines of case %s could not be moved", case_id, extra={"case_id": case_id})
                failed.add(case_id)
                _write_down(app, change.id, case_id, error)
    if not failed and not stuck:
        execute(app, TellMoved(change.id), by=system)
    return done


def _write_down(app: Stegvis, change_id: str, case_id: str, error: Exception) -> None:
    why = f"{type(error).__name__}: {error}"[:500]
    try:
        with app.database.write() as uow:
            uow.run(_FAILED, the_change_id=change_id, the_case_id=case_id, why=why, at=uow.now)
    except Exception:
        log.exception("could not write down why case %s was not moved", case_id)


@handles(RetryMove)
def retry_move(uow: UnitOfWork, command: RetryMove, who: Actor) -> dict[str, Any]:
    """Raises Forbidden, NotFound in another region or for what never was listed, `already_done` for what needs no help."""
    if not who.roles() & LEADING:
        raise Forbidden
    change = uow.one(_LOCK_CHANGE, change_id=command.change_id)
    if change is None or change.region_id != who.region_id:
        raise NotFound
    rows = [m for m in uow.all(MOVED, change_id=change.id) if m.case_id == command.case_id]
    if not rows:
        raise NotFound
    if not any(m.status == "pending" and m.error for m in rows):
        raise StegvisError("already_done")
    uow.run(_FAILED, the_change_id=change.id, the_case_id=command.case_id, why=None, at=None)
    audit.append(
        uow,
        audit.register_stream(who.region_id, "operations"),
        region_id=who.region_id,
        kind="move_retried",
        at=uow.now,
        actor_id=who.person_id,
        facts={"change": change.id, "about": command.case_id, "channel": who.channel},
    )
    return {"change": change.id, "case": command.case_id}


@handles(MoveDeadlines)
def move_deadlines(uow: UnitOfWork, command: MoveDeadlines, who: Actor) -> dict[str, Any]:
    """New receipts for the listed deadlines of one case: one event. What has changed meanwhile stays as it is."""
    if not who.is_system:
        raise Forbidden
    case = uow.one(case_rows.LOCK_CASE, case_id=command.case_id)
    change = uow.one(_CHANGE, change_id=command.change_id)
    if case is None or change is None or case.region_id != who.region_id:
        raise NotFound
    step = load_step(uow, case, who)
    row, pauses = parameter_of(change), case_rows.pauses(uow, case.id)
    tasks = {t.id: t for t in obligations.open_tasks(uow, case.id)}
    receipts, fields = {}, []
    for subject in uow.all(_OF_ONE_CASE, change_id=change.id, case_id=case.id):
        task = tasks.get(subject.subject_id)
        found = task or _pending_timer(uow, subject.subject_id)
        moved = _counted_anew(found, row, step, pauses, is_task=task is not None) if found else None
        whose = task.person_id if task else None
        was = Receipt.from_json(json.loads(found.receipt)).due_on if found else None
        if found is None or moved is None:
            _settle(uow, change.id, subject.subject_id, "stayed", whose, was, was)
            continue
        if task is not None:
            obligations.move_task(step, task, moved)
        else:
            obligations.move_timer(step, found, moved)
        _settle(uow, change.id, subject.subject_id, "moved", whose, was, moved.due_on)
        receipts[found.trigger] = moved.as_json()
        fields.append(audit.Field(_field_name(step, found), {"from": was, "to": moved.due_on}))
    if receipts:
        write_next_duty(step)
        audit.append(
            uow,
            case.id,
            region_id=case.region_id,
            kind="deadlines_moved",
            at=uow.now,
            actor_id=who.person_id,
            case_id=case.id,
            facts={
                "change": change.id,
                "parameters": [row.citation],
                "proposed_by": change.proposed_by,
                "released_by": change.settled_by,
                "channel": who.channel,
                "receipts": receipts,
            },
            fields=fields,
        )
    return {"case": case.id, "moved": len(receipts)}


def _field_name(step: Step, subject: Row) -> str:
    number = next((x.number for x in step.lots if x.id == subject.lot_id), None)
    return f"due_on.{subject.trigger}" if number is None else f"due_on.{subject.trigger}.{number}"


def _pending_timer(uow: UnitOfWork, timer_id: str) -> Row | None:
    timer = uow.one(_TIMER, timer_id=timer_id)
    return timer if timer is not None and timer.status == "pending" and timer.receipt else None


def _counted_anew(
    subject: Row, row: Parameter, step: Step, pauses: tuple[Pause, ...], *, is_task: bool
) -> Receipt | None:
    receipt = Receipt.from_json(json.loads(subject.receipt))
    moved = with_parameter(receipt, row, step.calendar, [Pause(p.from_on, p.to_on, "case_paused") for p in pauses])
    if moved is None or moved.due_on is None or moved.due_on == receipt.due_on:
        return None
    return None if is_task and moved.due_on < step.today else moved


def _settle(
    uow: UnitOfWork, change_id: str, subject_id: str, status: str, whose: str | None, was: date | None, now_on: date | None
) -> None:  # fmt: skip
    uow.run(
        _DONE, the_change_id=change_id, the_subject_id=subject_id, new_status=status, whose=whose, was=was,
        now_on=now_on,
    )  # fmt: skip


@handles(TellMoved)
def tell_moved(uow: UnitOfWork, command: TellMoved, who: Actor) -> dict[str, Any]:
    """All is moved: one mail to each person whose duties have a new last day, however many they are."""
    if not who.is_system:
        raise Forbidden
    change = uow.one(_LOCK_CHANGE, change_id=command.change_id)
    if change is None or change.region_id != who.region_id:
        raise NotFound
    if change.moved_at is not None:
        return {"change": change.id, "mails": 0}  # another node was first
    uow.run(ALL_MOVED, the_change_id=change.id, at=uow.now)
    today = local_date(uow.now)
    mails = 0
    names = [person(uow, p).name for p in (change.proposed_by, change.settled_by)]
    region = case_rows.region(uow, change.region_id)
    people = RegionDirectory(uow, change.region_id, today)
    for recipient, rows in _by_recipient(uow, change, people, today):
        first = rows[0]
        mails += outbox.queue(
            uow,
            Kind.DATES_MOVED,
            outbox.CaseWords(
                first.case_id, first.reference, first.title, change.region_id, region.name if region else ""
            ),
            [recipient],
            role=f"role.{first.role}",
            link="/my-tasks",
            setting=f"parameter.{change.name}",
            due_on=first.to_on,
            cases=[{"reference": r.reference, "due_on": r.to_on} for r in rows[:NAMED_IN_MAIL]],
            more=max(0, len(rows) - NAMED_IN_MAIL),
            proposed_by=names[0],
            released_by=names[1],
        )
    return {"change": change.id, "mails": mails}


_TOLD = Statement(
    select(
        _moved.c.case_id, _moved.c.to_on, _tasks.c.role, _tasks.c.person_id, _cases.c.reference, _cases.c.title,
        _cases.c.unit_id,
    )
    .select_from(
        _moved.join(_tasks, _tasks.c.id == _moved.c.subject_id).join(_cases, _cases.c.id == _moved.c.case_id)
    )
    .where(_moved.c.change_id == bindparam("change_id"), _moved.c.status == "moved")
    .order_by(_moved.c.to_on, _cases.c.reference)
)  # fmt: skip


def _by_recipient(
    uow: UnitOfWork, change: Row, people: RegionDirectory, today: date
) -> Iterator[tuple[Recipient, list[Row]]]:
    found: dict[str, tuple[Recipient, list[Row]]] = {}
    for row in uow.all(_TOLD, change_id=change.id):
        assignment = Assignment(row.case_id, row.role, row.unit_id, people.person(row.person_id))
        for recipient in responsible(assignment, people, today):
            found.setdefault(recipient.person.id, (recipient, []))[1].append(row)
    yield from found.values()
