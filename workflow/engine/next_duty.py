"""What a case waits for first, kept on its row for lists that are one query."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from states.roles import Role
from workflow.engine import case_rows, obligations
from workflow.engine.step import Step


def next_duty(step: Step, tasks: Iterable[Any]) -> dict[str, Any]:
    """The columns of the case row that say it, from the duties that stand open (`due_on`, `trigger`, `role`).

    Of duties without a day the state's own comes last: a case is not waited for to be closed while its contracts
    are still to be filled in.
    """
    tasks = list(tasks)
    human = [t for t in tasks if t.role != Role.SYSTEM] or tasks
    owes = step.definition.state(step.column("state")).owes
    own = owes.trigger if owes else None

    def order(duty: Any) -> tuple[Any, ...]:
        undated = duty.due_on is None
        return undated, duty.due_on or date.max, undated and duty.trigger == own, duty.trigger

    first = min(human, key=order, default=None)
    return {
        "next_due_on": first.due_on if first else None,
        "next_trigger": first.trigger if first else None,
        "next_role": first.role if first else None,
    }


def write_next_duty(step: Step) -> None:
    """After a duty moved outside a step: the case row says what comes first now, at the same `row_version`."""
    columns = next_duty(step, obligations.open_tasks(step.uow, step.case_id))
    changed = {name: value for name, value in columns.items() if getattr(step.case, name) != value}
    if changed:
        case_rows.write_columns(
            step.uow,
            case_rows.update_case(frozenset(changed)),
            changed,
            the_case_id=step.case_id,
            old_version=step.case.row_version,
        )
        step.case = step.case._replace(**changed)
