"""Due timers: the case is locked first, then its earliest due timer is read again and done. One effect each.

A crash leaves the timer due. A failing one backs off and is shown on the operations page; it blocks nobody.
"""

from __future__ import annotations

import logging
from collections import deque
from datetime import date, timedelta
from math import inf

from sqlalchemy import bindparam, select, update

from notifications.kinds import Kind
from notifications.recipients import Assignment, Recipient, escalation, reserves
from states.calendar import local_date
from states.errors import NoSuchStep, NotPermitted
from states.reminders import Nudge, NudgeKind, nudges, rests
from states.roles import Actor, Role, system_actor
from workflow.clock import monotonic
from workflow.commands import FireTimer
from workflow.db.columns import made_at
from workflow.db.database import DatabaseUnavailable
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import Memory, UnitOfWork
from workflow.engine import audit, case_rows, obligations, outbox
from workflow.engine.act import load_step, take_one
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.forms import Form
from workflow.engine.step import Step
from workflow.engine.tables import Hold, Task, Timer

log = logging.getLogger("stegvis.timers")

_timers = Timer.__table__  # type: ignore[attr-defined]
_tasks = Task.__table__  # type: ignore[attr-defined]
_holds = Hold.__table__  # type: ignore[attr-defined]

_DUE_CASES = Statement(
    select(_timers.c.case_id, _timers.c.region_id)
    .where(_timers.c.status == "pending", _timers.c.due_at <= bindparam("now"))
    .order_by(_timers.c.due_at, _timers.c.id)
    .limit(bindparam("most"))
)
_DUE_OF_CASE = Statement(
    select(
        _timers.c.id, _timers.c.lot_id, _timers.c.task_id, _timers.c.kind, _timers.c.trigger, _timers.c.occurrence,
        _timers.c.due_at, _timers.c.attempts,
    )
    .where(
        _timers.c.case_id == bindparam("case_id"), _timers.c.status == "pending", _timers.c.due_at <= bindparam("now")
    )
    .order_by(_timers.c.due_at, _timers.c.id)
    .limit(1)
)  # fmt: skip
_LOCK_FREE_CASE = Statement(
    select(case_rows.cases).where(case_rows.cases.c.id == bindparam("case_id")).with_for_update(skip_locked=True)
)
_FINISH = Statement(
    update(_timers)
    .where(_timers.c.id == bindparam("timer_id"), _timers.c.status == "pending")
    .values(
        status=bindparam("new_status"),
        fired_at=bindparam("at"),
        error=bindparam("why"),
        late_seconds=bindparam("late"),
    )
)
#: A timer that may have been fired, cancelled or moved since: what it says now, while it is still due.
_STILL_DUE = Statement(
    select(_timers.c.attempts).where(
        _timers.c.id == bindparam("timer_id"), _timers.c.status == "pending", _timers.c.due_at <= bindparam("now")
    )
)
_PUT_OFF = Statement(
    update(_timers)
    .where(_timers.c.id == bindparam("timer_id"), _timers.c.status == "pending")
    .values(
        attempts=bindparam("tries"),
        due_at=bindparam("again_at"),
        error=bindparam("why"),
        status=bindparam("new_status"),
    )
)
_WAIT = Statement(
    update(_timers)
    .where(_timers.c.id == bindparam("timer_id"), _timers.c.status == "fired")
    .values(status="waiting", fired_at=None, late_seconds=None, error=bindparam("why"))
)
_TASK = Statement(select(_tasks).where(_tasks.c.id == bindparam("task_id")))
_HELD = Statement(select(_holds.c.id, _holds.c.reason, _holds.c.since_at))
NEXT_DUE = Statement(select(_timers.c.due_at).where(_timers.c.status == "pending").order_by(_timers.c.due_at).limit(1))

MAX_TRIES = 8
#: So many due timers are looked up at once; a case that is passed over may have several.
AT_ONCE, SEVERAL = 200, 5


def held(uow: UnitOfWork) -> Row | None:
    """The reason why nothing may leave now (after a restore), or None."""
    return uow.one(_HELD)


def fire_due_timers(app: Stegvis, *, limit: int = 10_000, seconds: float = inf) -> int:
    """Fire what is due, one command a case and timer, for about `seconds`. Returns how many took effect.

    Never raises for one row: a case that another node has in hand, or whose timer fails, is left to the next call.
    """
    fired = 0
    passed: set[str] = set()
    ends = monotonic() + seconds
    while fired < limit and monotonic() < ends:
        with app.database.read() as uow:
            if held(uow):
                return fired
            due = uow.all(_DUE_CASES, now=uow.now, most=AT_ONCE + SEVERAL * len(passed))
        batch = deque(dict.fromkeys((d.case_id, d.region_id) for d in due if d.case_id not in passed))
        if not batch:
            return fired
        memory = Memory()
        while batch and fired < limit and monotonic() < ends:
            case_id, region_id = batch.popleft()
            if _fire(app, case_id, region_id, memory):
                fired += 1
            else:
                passed.add(case_id)
                batch.reverse()  # another node works from this end
    return fired


def _fire(app: Stegvis, case_id: str, region_id: str, memory: Memory) -> bool:
    """Fire the case's earliest due timer. Whether it took effect; one that fails is put off."""
    memory.in_hand = None
    try:
        return bool(execute(app, FireTimer(case_id), by=system_actor(region_id), memory=memory))
    except Exception as error:
        if isinstance(error, DatabaseUnavailable) and not error.took_too_long:
            raise  # nothing is wrong with the timer, and the others would fare no better
        log.exception("timer of case %s failed", case_id, extra={"action": "timer_failed", "case_id": case_id})
        if memory.in_hand is not None:
            _put_off(app, case_id, memory.in_hand.id, error)
        return False


def _put_off(app: Stegvis, case_id: str, timer_id: str, error: Exception) -> None:
    """The failing timer waits longer each time; after the last try it stands as failed, for a person to see.

    Unless it is no longer due: another node has fired it since, or a step ended it. A case that somebody has in hand is left
    to the next call.
    """
    try:
        with app.database.write() as uow:
            if uow.one(_LOCK_FREE_CASE, case_id=case_id) is None:
                return
            timer = uow.one(_STILL_DUE, timer_id=timer_id, now=uow.now)
            if timer is None:
                return
            tries = timer.attempts + 1
            uow.run(
                _PUT_OFF,
                timer_id=timer_id,
                tries=tries,
                again_at=uow.now + timedelta(seconds=30 * 2**tries),
                why=f"{type(error).__name__}: {error}"[:500],
                new_status="failed" if tries >= MAX_TRIES else "pending",
            )
    except Exception:
        log.exception("could not put off the timer of case %s", case_id)


@handles(FireTimer)
def fire_timer(uow: UnitOfWork, command: FireTimer, who: Actor) -> bool:
    """Do what the case's earliest due timer says. False when there is none (any more) or somebody else is at it."""
    case = uow.one(_LOCK_FREE_CASE, case_id=command.case_id)
    if case is None:
        return False
    timer = uow.one(_DUE_OF_CASE, case_id=command.case_id, now=uow.now)
    if timer is None:
        return False
    if uow.memory is not None:
        uow.memory.in_hand = timer
    if timer.task_id:
        step = load_step(uow, case, who, lots=False)
        _remind(step, timer)
        _finish(step, timer)
    else:
        uow.memory = None  # a step rests on what stands now
        _pull(load_step(uow, case, who), timer)
    return True


def _finish(step: Step, timer: Row) -> None:
    # A timer that was set for a day gone by (a list brings history) was not late before it was there.
    late = max(0, int((step.now - max(timer.due_at, made_at(timer.id))).total_seconds()))
    step.uow.run(_FINISH, timer_id=timer.id, new_status="fired", at=step.now, why=None, late=late)


def _pull(step: Step, timer: Row) -> None:
    """Pull the timer's trigger as the system. Not possible yet: it waits for the next change of the case."""
    lot = next((x for x in step.lots if x.id == timer.lot_id), None)
    step.trigger, step.form = timer.trigger, Form()
    _finish(step, timer)
    try:
        take_one(step, lot, timer.trigger, None)
    except NoSuchStep:
        log.info("timer %s of case %s is void: its step is gone", timer.kind, step.case_id)
    except NotPermitted as refusal:
        why = ", ".join(u.code for u in refusal.unmet)
        step.uow.run(_WAIT, timer_id=timer.id, why=why)


def _remind(step: Step, timer: Row) -> None:
    """Remind of a task. After a downtime only the latest reminder is sent, not all that were missed."""
    task = step.uow.one(_TASK, task_id=timer.task_id)
    if task is None or task.status != "open" or task.due_on is None:
        return
    if step.case.paused_on is not None and obligations.stands_still(task):
        return
    plan = nudges(task.due_on, step.calendar, step.parameters)
    # The region's list of days may have changed since the timer was set: then its place in the list says nothing.
    since = local_date(timer.due_at)
    due = [n for n in plan if n.on <= step.today and (n.occurrence >= timer.occurrence or n.on >= since)]
    next_on = obligations.schedule_nudge(step, task.id, task.lot_id, task.due_on, after=step.today)
    if not due or rests(task.snoozed_until_on, task.due_on, step.today):
        return
    link = obligations.task_link(step.case_id, task.trigger, task.lot_id)
    asked = step.trigger_label("asked", task.trigger)
    mails = 0
    overdue = task.due_on < step.today
    if overdue or any(n.kind is not NudgeKind.ESCALATION for n in due):
        mails += outbox.queue(
            step.uow,
            Kind.TASK_OVERDUE if overdue else Kind.TASK_REMINDER,
            step.words(task.lot_id),
            (*step.reach(task.role, task.person_id), *_reserves(step, task, due)),
            role=f"role.{task.role}",
            link=link,
            task_id=task.id,
            since=timer.due_at,
            asked=asked,
            next_step=step.next_state_label(task.trigger),
            due_on=task.due_on,
            next_reminder_on=next_on,
        )
    levels = [n.level for n in due if n.kind is NudgeKind.ESCALATION]
    if levels:
        mails += escalate(
            step,
            role=task.role,
            person_id=task.person_id,
            task_id=task.id,
            due_on=task.due_on,
            asked=asked,
            level=max(levels),
            lot_id=task.lot_id,
        )
    audit.append(
        step.uow,
        step.case_id,
        region_id=step.case.region_id,
        kind="escalated" if levels else "reminder_sent",
        at=step.now,
        actor_id=step.actor.person_id,
        case_id=step.case_id,
        facts={"task": task.trigger, "due_on": task.due_on, "mails": mails, "level": max(levels) if levels else None},
    )


def _reserves(step: Step, task: Row, due: list[Nudge]) -> tuple[Recipient, ...]:
    """Who stands ready for somebody at work is told too when the region's day for that has come."""
    if not any(n.to_reserve for n in due):
        return ()
    person = step.directory.person(task.person_id or step.person_for(task.role))
    assignment = Assignment(step.case_id, task.role, step.case.unit_id, person)
    told = {r.person.id for r in step.reach(task.role, task.person_id)}
    return tuple(r for r in reserves(assignment, step.directory, step.today) if r.person.id not in told)


def escalate(
    step: Step, *, role: str, person_id: str | None, task_id: str | None, due_on: date, asked: str, level: int,
    lot_id: str | None = None,
) -> int:  # fmt: skip
    """To the manager up the unit tree; on the second level to the head of procurement as well. Returns the mails."""
    person = step.directory.person(person_id)
    assignment = Assignment(step.case_id, role, step.case.unit_id, person)
    superiors: dict[str, tuple[str, Recipient]] = {
        r.person.id: ("capacity.superior", r) for r in escalation(assignment, step.directory, step.today)
    }
    if level > 1:
        heads = step.reach(Role.HEAD_OF_PROCUREMENT)
        superiors |= {r.person.id: (f"role.{Role.HEAD_OF_PROCUREMENT}", r) for r in heads}
    owing = person.name if person else _role_holders(step, role)
    return sum(
        outbox.queue(
            step.uow,
            Kind.TASK_ESCALATED,
            step.words(lot_id),
            [recipient],
            role=told,
            link=f"/cases/{step.case_id}",
            task_id=task_id,
            asked=asked,
            due_on=due_on,
            responsible=owing,
        )
        for told, recipient in superiors.values()
    )


def _role_holders(step: Step, role: str) -> str:
    names = [p.name for p in step.directory.holders_of(role, step.case.unit_id, step.case_id)]
    return ", ".join(names) or "–"
