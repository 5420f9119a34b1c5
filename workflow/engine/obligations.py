"""Obligations and timers of a case: what a step closes, what it opens, and when each reminds."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import bindparam, delete, or_, select, update

from notifications.kinds import Kind
from states.calendar import at_local, end_of_day, start_of_day
from states.deadlines import Receipt
from states.decision import TaskPlan, TimerPlan
from states.reminders import NudgeKind, next_nudge, setting
from states.roles import Role
from states.terms import TERMS
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import outbox
from workflow.engine.canonical import canonical
from workflow.engine.step import Step
from workflow.engine.tables import FormerHolder, Task, Timer

_tasks = Task.__table__  # type: ignore[attr-defined]
_timers = Timer.__table__  # type: ignore[attr-defined]
_former = FormerHolder.__table__  # type: ignore[attr-defined]
#: What changes beside every change of a task: a calendar that has an older copy learns that this one is newer.
_NEWER = {"revision": _tasks.c.revision + 1, "changed_at": bindparam("at")}

OPEN_TASKS = Statement(
    select(
        _tasks.c.id, _tasks.c.trigger, _tasks.c.role, _tasks.c.roles, _tasks.c.lot_id, _tasks.c.person_id,
        _tasks.c.due_on, _tasks.c.receipt, _tasks.c.reason, _tasks.c.opened_at, _tasks.c.opened_by,
    )
    .where(_tasks.c.case_id == bindparam("case_id"), _tasks.c.status == "open")
    .order_by(_tasks.c.opened_at, _tasks.c.id)
)  # fmt: skip
_CLOSE_TASK = Statement(
    update(_tasks)
    .where(_tasks.c.id == bindparam("task_id"), _tasks.c.status == "open")
    .values(status=bindparam("new_status"), done_at=bindparam("at"), done_by=bindparam("by"), **_NEWER)
)
_INSERT_TASK = insert_into(_tasks)
_INSERT_TIMER = insert_into(_timers)
_CANCEL_TASK_TIMERS = Statement(
    update(_timers)
    .where(
        _timers.c.case_id == bindparam("the_case_id"),  # what the index begins with
        _timers.c.task_id == bindparam("the_task_id"),
        _timers.c.status == "pending",
    )
    .values(status="cancelled")
)
_CANCEL_STATE_TIMERS = Statement(
    update(_timers)
    .where(
        _timers.c.case_id == bindparam("the_case_id"),
        _timers.c.task_id.is_(None),
        _timers.c.status.in_(("pending", "waiting")),
        _timers.c.lot_id == bindparam("the_lot_id"),
    )
    .values(status="cancelled")
)
_CANCEL_CASE_TIMERS = Statement(
    update(_timers)
    .where(
        _timers.c.case_id == bindparam("the_case_id"),
        _timers.c.task_id.is_(None),
        _timers.c.status.in_(("pending", "waiting")),
    )
    .values(status="cancelled")
)
_WAKE_TIMERS = Statement(
    update(_timers)
    .where(_timers.c.case_id == bindparam("the_case_id"), _timers.c.status == "waiting")
    .values(status="pending", due_at=bindparam("at"))
)
_MOVE_TASK = Statement(
    update(_tasks)
    .where(_tasks.c.id == bindparam("task_id"))
    .values(due_on=bindparam("new_due_on"), due_at=bindparam("new_due_at"), receipt=bindparam("new_receipt"), **_NEWER)
)
_MOVE_TIMER = Statement(
    update(_timers)
    .where(_timers.c.id == bindparam("timer_id"), _timers.c.status == "pending")
    .values(due_at=bindparam("new_due_at"), receipt=bindparam("new_receipt"))
)
_ASSIGN_TASK = Statement(
    update(_tasks)
    .where(_tasks.c.id == bindparam("task_id"))
    .values(person_id=bindparam("new_person_id"), snoozed_until_on=None, **_NEWER)
)
_INSERT_FORMER = insert_into(_former)
_FORGET_FORMER = Statement(
    delete(_former).where(
        _former.c.task_id == bindparam("task_id"),
        or_(_former.c.person_id == bindparam("old"), _former.c.person_id == bindparam("new")),
    )
)


def open_tasks(uow: UnitOfWork, case_id: str) -> list[Row]:
    """The case's open tasks, oldest first."""
    return uow.all(OPEN_TASKS, case_id=case_id)


def close(step: Step, tasks: Iterable[Row], status: str) -> None:
    """Close tasks as done or void, and still their reminders."""
    for task in tasks:
        by = step.actor.person_id if status == "done" else None
        step.uow.run(_CLOSE_TASK, task_id=task.id, new_status=status, at=step.now, by=by)
        step.uow.run(_CANCEL_TASK_TIMERS, the_case_id=step.case_id, the_task_id=task.id)


def cancel_state_timers(step: Step, lot_id: str | None) -> None:
    """The timers of a state end with it: of one lot, or of the whole case."""
    if lot_id is None:
        step.uow.run(_CANCEL_CASE_TIMERS, the_case_id=step.case_id)
    else:
        step.uow.run(_CANCEL_STATE_TIMERS, the_case_id=step.case_id, the_lot_id=lot_id)


def wake_timers(step: Step) -> None:
    """A timer that found its step not yet possible looks again after each change of the case."""
    step.uow.run(_WAKE_TIMERS, the_case_id=step.case_id, at=step.now)


def receipt_text(receipt: Receipt | None) -> str | None:
    """A receipt as it is stored with its date."""
    return canonical(receipt.as_json()) if receipt else None


def responsible_role(step: Step, roles: tuple[str, ...]) -> tuple[str, str | None]:
    """The first role that names a person in this case, else the first role and the whole of it."""
    for role in roles:
        person_id = step.person_for(role)
        if person_id:
            return role, person_id
    return roles[0], None


def open_task(step: Step, plan: TaskPlan, lot_id: str | None, *, asked_by: str | None = None) -> None:
    """Open an obligation: its row, its first reminder, and the mail that asks."""
    role, person_id = responsible_role(step, plan.roles)
    due_on = plan.receipt.due_on if plan.receipt else None
    task_id = new_id(step.now)
    step.uow.run(
        _INSERT_TASK,
        id=task_id,
        region_id=step.case.region_id,
        case_id=step.case_id,
        lot_id=lot_id,
        process=step.case.process,
        trigger=plan.trigger,
        role=role,
        roles=",".join(plan.roles),
        person_id=person_id,
        opened_at=step.now,
        opened_by=step.actor.person_id,
        due_on=due_on,
        due_at=end_of_day(due_on) if due_on else None,
        receipt=receipt_text(plan.receipt),
        reason=plan.reason,
        status="open",
        done_at=None,
        done_by=None,
        snoozed_until_on=None,
        revision=0,
        changed_at=step.now,
    )
    if role == Role.SYSTEM:
        return
    nudge_on = None
    if due_on:
        nudge_on = schedule_nudge(step, task_id, lot_id, due_on, after=step.today)
    if step.actor.channel == "import" or step.quiet:
        return  # history brings no flood of mail; reminders come on their days
    outbox.queue(
        step.uow,
        Kind.TASK_OPENED,
        step.words(lot_id),
        step.reach(role, person_id),
        role=f"role.{role}",
        link=task_link(step.case_id, plan.trigger, lot_id),
        task_id=task_id,
        asked=step.trigger_label("asked", plan.trigger),
        next_step=step.next_state_label(plan.trigger),
        due_on=due_on,
        next_reminder_on=nudge_on,
        asked_by=None if step.actor.is_system else asked_by or step.actor.name,
    )


def task_link(case_id: str, trigger: str, lot_id: str | None = None) -> str:
    """The page a mail opens: it shows what is asked and changes nothing."""
    return f"/cases/{case_id}/do/{trigger}" + (f"?lot={lot_id}" if lot_id else "")


def schedule_nudge(step: Step, task_id: str, lot_id: str | None, due_on: date, *, after: date) -> date | None:
    """Set the task's next reminder, at the region's mail hour. Returns its day."""
    nudge = next_nudge(due_on, after, step.calendar, step.parameters)
    if nudge is None:
        return None
    at = at_local(nudge.on, int(setting(step.parameters, "mail_hour")))
    add_timer(step, kind=nudge.kind, due_at=at, lot_id=lot_id, task_id=task_id, occurrence=nudge.occurrence)
    return nudge.on if nudge.kind is not NudgeKind.ESCALATION else None


def add_timer(
    step: Step, *, kind: str, due_at: datetime, lot_id: str | None = None, task_id: str | None = None,
    occurrence: int = 0, trigger: str | None = None, receipt: str | None = None,
) -> None:  # fmt: skip
    """A timer of the case, due at an instant in UTC: it reminds of a task, or pulls `trigger`."""
    step.uow.run(
        _INSERT_TIMER,
        id=new_id(step.now),
        region_id=step.case.region_id,
        case_id=step.case_id,
        lot_id=lot_id,
        task_id=task_id,
        kind=str(kind),
        trigger=trigger,
        occurrence=occurrence,
        due_at=due_at,
        receipt=receipt,
        status="pending",
        attempts=0,
        error=None,
        fired_at=None,
    )


def set_state_timer(step: Step, plan: TimerPlan, lot_id: str | None) -> None:
    """A timer that pulls a trigger when its receipt says so."""
    due_at = pull_at(plan.receipt, plan.due_on)
    add_timer(
        step, kind=plan.kind, due_at=due_at, lot_id=lot_id, trigger=plan.trigger, receipt=receipt_text(plan.receipt)
    )


def pull_at(receipt: Receipt, due_on: date) -> datetime:
    """From the first moment of the day after a forward deadline, on the day of a backward one (or where none applies)."""
    return start_of_day(due_on) if receipt.due_on is None or receipt.backward else end_of_day(due_on)


def move_timer(step: Step, timer: Row, receipt: Receipt) -> None:
    """A running timer that pulls a trigger moves with its new receipt."""
    assert receipt.due_on is not None
    due_at = pull_at(receipt, receipt.due_on)
    step.uow.run(_MOVE_TIMER, timer_id=timer.id, new_due_at=due_at, new_receipt=receipt_text(receipt))


def move_task(step: Step, task: Row, receipt: Receipt) -> None:
    """A running deadline moves with its new receipt, and its reminders with it."""
    due_on = receipt.due_on
    step.uow.run(
        _MOVE_TASK,
        task_id=task.id,
        new_due_on=due_on,
        new_due_at=end_of_day(due_on) if due_on else None,
        new_receipt=receipt_text(receipt),
        at=step.now,
    )
    step.uow.run(_CANCEL_TASK_TIMERS, the_case_id=step.case_id, the_task_id=task.id)
    if due_on and task.role != Role.SYSTEM:
        schedule_nudge(step, task.id, task.lot_id, due_on, after=step.today)


def hold_reminders(step: Step, tasks: Iterable[Row]) -> None:
    """While a case is paused its obligations remind nobody."""
    for task in tasks:
        step.uow.run(_CANCEL_TASK_TIMERS, the_case_id=step.case_id, the_task_id=task.id)


def stands_still(task: Row) -> bool:
    """Whether a pause of its case stops a duty: not where the law or a contract counts the time."""
    term = TERMS.get(json.loads(task.receipt)["term"]) if task.receipt else None
    return term is None or term.pausable


def remind_again(step: Step, task: Row) -> None:
    """After a pause: a duty that was held and keeps its last day reminds as before."""
    if task.due_on and task.role != Role.SYSTEM and stands_still(task):
        step.uow.run(_CANCEL_TASK_TIMERS, the_case_id=step.case_id, the_task_id=task.id)
        schedule_nudge(step, task.id, task.lot_id, task.due_on, after=step.today)


def assign(step: Step, task: Row, person_id: str | None) -> None:
    """Make a person (or with None the whole role) responsible for a task; the caller tells them."""
    if task.person_id == person_id:
        return
    step.uow.run(_ASSIGN_TASK, task_id=task.id, new_person_id=person_id, at=step.now)
    step.uow.run(_FORGET_FORMER, task_id=task.id, old=task.person_id, new=person_id)
    if task.person_id:
        step.uow.run(_INSERT_FORMER, task_id=task.id, person_id=task.person_id, left_at=step.now)
