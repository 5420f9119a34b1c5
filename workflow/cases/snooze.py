"""Letting a task rest until a day. Its last day stands, and it comes back by itself in good time before it."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, update

from states.reminders import last_day_of_rest
from states.roles import Actor
from workflow.cases.handlers import owes, task_of
from workflow.commands import SnoozeTask
from workflow.db.statements import Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.audit import Field
from workflow.engine.execute import handles
from workflow.engine.tables import Task
from workflow.errors import FieldError, Forbidden, InvalidForm

_tasks = Task.__table__  # type: ignore[attr-defined]
_SNOOZE = Statement(
    update(_tasks)
    .where(_tasks.c.id == bindparam("task_id"), _tasks.c.status == "open")
    .values(snoozed_until_on=bindparam("until"))
)


@handles(SnoozeTask)
def snooze_task(uow: UnitOfWork, command: SnoozeTask, who: Actor) -> dict[str, Any]:
    """Let one's own task rest until a day, at most the working day before its last day; None wakes it.

    What is due within a working day or is late does not rest, so that no word to the manager is ever put off.
    `row_version` stays: nothing of the case has changed. Raises NotFound, Forbidden, InvalidForm.
    """
    step, task = task_of(uow, command.task_id, who)
    if not owes(who, task):
        raise Forbidden
    until = command.until
    if until is not None:
        latest = last_day_of_rest(task.due_on, step.today, step.calendar)
        if not isinstance(until, date):
            raise InvalidForm([FieldError("until", "not_a_date")])
        if latest is None:
            raise InvalidForm([FieldError("until", "too_late_to_rest")])
        if not step.today < until <= latest:
            raise InvalidForm([FieldError("until", "rest_out_of_range", {"latest": latest.isoformat()})])
    elif task.snoozed_until_on is None:
        return {"case": step.case_id, "task": task.id, "snoozed_until_on": None}
    uow.run(_SNOOZE, task_id=task.id, until=until)
    audit.append(
        uow,
        step.case_id,
        region_id=step.case.region_id,
        kind="task_snoozed" if until else "task_woken",
        at=uow.now,
        actor_id=who.person_id,
        case_id=step.case_id,
        facts={"task": task.trigger, "until": until, "due_on": task.due_on},
        fields=[Field("reason", command.reason.strip(), "personal")]
        if command.reason and command.reason.strip()
        else [],
    )
    return {"case": step.case_id, "task": task.id, "snoozed_until_on": until.isoformat() if until else None}
