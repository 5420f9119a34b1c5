"""More time for a duty of somebody else: decided by a role above it, within bounds, with a reason, on the trail."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from notifications.kinds import Kind
from states.deadlines import Receipt
from states.extensions import EXTENDERS, LONGEST, MOST_TIMES, extended, latest_day, why_not
from states.roles import Actor, Capacity, capacity
from workflow.cases.handlers import TASK, task_of
from workflow.cases.tables import DeadlineExtension
from workflow.commands import ExtendDeadline
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, obligations
from workflow.engine.act import load_step, visible_case
from workflow.engine.execute import handles
from workflow.engine.next_duty import write_next_duty
from workflow.engine.step import Step
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound, StegvisError
from workflow.people.tables import Person

_extensions = DeadlineExtension.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_INSERT = insert_into(_extensions)
_OF_TASK = Statement(
    select(_extensions, _people.c.name.label("decided_by_name"))
    .select_from(_extensions.outerjoin(_people, _people.c.id == _extensions.c.decided_by))
    .where(_extensions.c.task_id == bindparam("task_id"))
    .order_by(_extensions.c.id)
)
MAX_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Room:
    """How far a duty's last day can be extended. `refusal`: the code of why it cannot be by this person or at all."""

    refusal: str | None
    due_on: date | None
    latest_on: date | None
    used: int
    most: int = MOST_TIMES
    longest: int = LONGEST


def room_to_extend(uow: UnitOfWork, task_id: str, who: Actor) -> tuple[Room, list[Row]]:
    """What this person may do with a duty's last day now, and the extensions so far. Raises NotFound."""
    task = uow.one(TASK, task_id=task_id)
    if task is None or task.region_id != who.region_id or task.status != "open":
        raise NotFound
    step = load_step(uow, visible_case(uow, task.case_id, who, lock=False), who)
    return _room(step, task)[0], uow.all(_OF_TASK, task_id=task_id)


def _room(step: Step, task: Row) -> tuple[Room, Receipt | None, Capacity | None]:
    receipt = Receipt.from_json(json.loads(task.receipt)) if task.receipt else None
    used = len(receipt.extensions) if receipt else 0
    may = _capacity(step, task)
    refusal = why_not(receipt)
    if refusal is None and step.case.paused_on is not None:
        refusal = "case_is_paused"
    if refusal is None and may is None:
        refusal = "extension_by_another"
    latest = latest_day(receipt, step.calendar) if receipt and why_not(receipt) is None else None
    if refusal is None and latest is not None and latest <= max(task.due_on, step.today):
        refusal = "extension_too_late"
    return Room(refusal, task.due_on, latest, used), receipt, may


def _capacity(step: Step, task: Row) -> Capacity | None:
    """The head of procurement or the case's contract owner, and never for a duty of one's own (or of whom one replaces)."""
    for role in EXTENDERS:
        may = capacity(step.actor, (role,), unit_id=step.case.unit_id, named=step.case_facts().named)
        if may is None:
            continue
        answers = {step.actor.person_id, may.on_behalf_of}
        own = task.person_id in answers if task.person_id else task.role == role
        if not own:
            return may
    return None


@handles(ExtendDeadline)
def extend_deadline(uow: UnitOfWork, command: ExtendDeadline, who: Actor) -> dict[str, Any]:
    """Give a duty more time. Raises NotFound, Forbidden, StegvisError with the code of why not, or InvalidForm."""
    step, task = task_of(uow, command.task_id, who)
    room, receipt, may = _room(step, task)
    if room.refusal == "extension_by_another":
        raise Forbidden("extension_by_another")
    if room.refusal:
        raise StegvisError(room.refusal)
    assert receipt is not None
    assert may is not None
    assert room.latest_on is not None
    reason = command.reason.strip()
    faults = []
    if not reason or len(reason) > MAX_REASON:
        faults.append(FieldError("reason", "field_too_long" if reason else "field_required"))
    if not isinstance(command.to_on, date):
        faults.append(FieldError("to_on", "not_a_date"))
    elif command.to_on <= max(task.due_on, step.today):
        faults.append(FieldError("to_on", "extension_no_later", {"due": max(task.due_on, step.today).isoformat()}))
    elif command.to_on > room.latest_on:
        faults.append(FieldError("to_on", "extension_too_long", {"latest": room.latest_on.isoformat()}))
    if faults:
        raise InvalidForm(faults)
    moved = extended(receipt, command.to_on, step.today, may.role, step.calendar)
    assert moved.due_on is not None
    obligations.move_task(step, task, moved)
    uow.run(
        _INSERT,
        id=new_id(uow.now),
        region_id=step.case.region_id,
        case_id=step.case_id,
        task_id=task.id,
        from_on=task.due_on,
        to_on=moved.due_on,
        reason=reason,
        role=may.role,
        decided_by=who.person_id,
        decided_at=uow.now,
    )
    write_next_duty(step)
    number = next((x.number for x in step.lots if x.id == task.lot_id), None)
    audit.append(
        uow,
        step.case_id,
        region_id=step.case.region_id,
        kind="deadline_extended",
        at=uow.now,
        actor_id=who.person_id,
        case_id=step.case_id,
        facts={
            "task": task.trigger,
            "lot": number,
            "role": may.role,
            "for": may.on_behalf_of,
            "channel": who.channel,
            "receipts": {task.trigger: moved.as_json()},
        },
        fields=[
            audit.Field(f"due_on.{task.trigger}", {"from": task.due_on, "to": moved.due_on}),
            audit.Field("reason", reason, "personal"),
        ],
    )
    _tell(step, task, moved.due_on)
    return {"case": step.case_id, "task": task.id, "due_on": moved.due_on}


def _tell(step: Step, task: Row, due_on: date) -> None:
    step.tell(
        Kind.DEADLINE_EXTENDED,
        step.reach(task.role, task.person_id),
        role=task.role,
        link=obligations.task_link(step.case_id, task.trigger, task.lot_id),
        task_id=task.id,
        asked=step.trigger_label("asked", task.trigger),
        due_on=due_on,
        was_on=task.due_on,
        extended_by=step.actor.name,
        reason=None,
    )
