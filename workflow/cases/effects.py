"""Effects that every process shares: sending a case back, pausing it, resuming it."""

from __future__ import annotations

import json

from notifications.kinds import Kind
from states.deadlines import Pause, Receipt, again
from states.terms import TERMS
from workflow.db.columns import new_id
from workflow.db.statements import Row
from workflow.engine import case_rows, obligations
from workflow.engine.registries import effect
from workflow.engine.step import Step
from workflow.errors import FieldError, InvalidForm


@effect("tell_returned")
def tell_returned(step: Step) -> None:
    """The people the case goes back to read why."""
    edge = step.decision.transition if step.decision else None
    target = step.definition.state(edge.target) if edge else None
    if target is None or target.owes is None:
        return
    role, person_id = obligations.responsible_role(step, target.owes.roles)
    step.reasons = step.answer("reason")
    step.tell(
        Kind.RETURNED,
        step.reach(role, person_id),
        role=role,
        link=obligations.task_link(step.case_id, target.owes.trigger, step.lot.id if step.lot else None),
        asked=step.trigger_label("asked", target.owes.trigger),
        due_on=None,
        returned_by=step.actor.name,
        reason=None if step.case.tender_secret else step.answer("reason"),
    )


@effect("store_pause")
def store_pause(step: Step) -> None:
    """The clock of what may be paused stands still from today; statutory time goes on."""
    resume_on = step.answer("resume_on")
    if resume_on is not None and resume_on <= step.today:
        raise InvalidForm([FieldError("resume_on", "date_out_of_range")])
    step.change(paused_on=step.today)
    step.uow.run(
        case_rows.INSERT_PAUSE,
        id=new_id(step.now),
        case_id=step.case_id,
        from_on=step.today,
        to_on=None,
        reason=step.answer("reason"),
    )
    held = [t for t in obligations.open_tasks(step.uow, step.case_id) if obligations.stands_still(t)]
    obligations.hold_reminders(step, held)


@effect("store_resume")
def store_resume(step: Step) -> None:
    """Each deadline that may be paused moves by the real pause, with a new receipt; all reminders come again."""
    paused_on = step.case.paused_on
    step.change(paused_on=None)
    step.uow.run(case_rows.END_PAUSE, the_case_id=step.case_id, until_on=step.today)
    pause = Pause(paused_on, step.today, "case_paused")
    numbers = {lot.id: lot.number for lot in step.lots}
    for task in obligations.open_tasks(step.uow, step.case_id):
        moved = paused_receipt(step, task, pause)
        if moved is None:
            obligations.remind_again(step, task)
        else:
            obligations.move_task(step, task, moved)
            number = numbers.get(task.lot_id)
            name = f"due_on.{task.trigger}" if number is None else f"due_on.{task.trigger}.{number}"
            step.record(name, {"from": task.due_on, "to": moved.due_on})


def paused_receipt(step: Step, task: Row, pause: Pause) -> Receipt | None:
    """The task's receipt with one more pause, or None when that pause does not touch it.

    The law's time and a contract's go on, and so does a duty whose last day had passed before the pause began.
    """
    if not task.receipt:
        return None
    old = Receipt.from_json(json.loads(task.receipt))
    term = TERMS.get(old.term)
    if term is None or not term.pausable or old.anchor_on is None or old.amount is None:
        return None
    moved = again(old, step.calendar, pauses=(*old.pauses, pause))
    return moved if moved.pauses != old.pauses else None
