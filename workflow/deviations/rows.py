"""The row of a deviation, and the statements on what hangs on it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from workflow.db.statements import Row, Statement, insert_into
from workflow.deviations.tables import (
    ActionPlan,
    CallOffStop,
    Deviation,
    FineStay,
    FineWeekRow,
    Milestone,
    RungEntered,
)
from workflow.engine import case_rows
from workflow.engine.step import Step

deviations = Deviation.__table__  # type: ignore[attr-defined]
plans = ActionPlan.__table__  # type: ignore[attr-defined]
milestones = Milestone.__table__  # type: ignore[attr-defined]
rungs = RungEntered.__table__  # type: ignore[attr-defined]
stops = CallOffStop.__table__  # type: ignore[attr-defined]
stays = FineStay.__table__  # type: ignore[attr-defined]
weeks = FineWeekRow.__table__  # type: ignore[attr-defined]

DEVIATION = Statement(select(deviations).where(deviations.c.case_id == bindparam("case_id")))
INSERT_DEVIATION = insert_into(deviations)
PLANS = Statement(select(plans).where(plans.c.case_id == bindparam("case_id")).order_by(plans.c.version))
INSERT_PLAN = insert_into(plans)
SETTLE_PLAN = Statement(
    update(plans)
    .where(plans.c.id == bindparam("plan_id"))
    .values(
        status=bindparam("new_status"), settled_by=bindparam("by"), settled_at=bindparam("at"),
        settled_because=bindparam("why"),
    )
)  # fmt: skip
MILESTONES = Statement(
    select(milestones)
    .where(milestones.c.case_id == bindparam("case_id"))
    .order_by(milestones.c.plan_id, milestones.c.number)
)
INSERT_MILESTONE = insert_into(milestones)
RUNGS = Statement(select(rungs).where(rungs.c.case_id == bindparam("case_id")).order_by(rungs.c.number))
INSERT_RUNG = insert_into(rungs)
END_RUNG = Statement(
    update(rungs)
    .where(rungs.c.id == bindparam("rung_id"))
    .values(ended_on=bindparam("on_day"), ended_how=bindparam("how"))
)
TIME_RUNG = Statement(
    update(rungs)
    .where(rungs.c.id == bindparam("rung_id"))
    .values(response=bindparam("receipt"), response_due_on=bindparam("due"))
)
NOTICE_OF_RUNG = Statement(
    update(rungs).where(rungs.c.id == bindparam("rung_id")).values(notice_id=bindparam("new_notice_id"))
)
STOPS = Statement(select(stops).where(stops.c.case_id == bindparam("case_id")).order_by(stops.c.id))
INSERT_STOP = insert_into(stops)
REVIEW_STOP = Statement(
    update(stops)
    .where(stops.c.id == bindparam("stop_id"))
    .values(reviewed_on=bindparam("on_day"), review_note=bindparam("said"))
)
END_STOP = Statement(
    update(stops)
    .where(stops.c.id == bindparam("stop_id"))
    .values(ended_on=bindparam("on_day"), ended_because=bindparam("why"))
)
STAYS = Statement(select(stays).where(stays.c.case_id == bindparam("case_id")).order_by(stays.c.from_on, stays.c.id))
INSERT_STAY = insert_into(stays)
END_STAY = Statement(update(stays).where(stays.c.id == bindparam("stay_id")).values(to_on=bindparam("on_day")))
WEEKS = Statement(select(weeks).where(weeks.c.case_id == bindparam("case_id")).order_by(weeks.c.number))
INSERT_WEEK = insert_into(weeks)
FORGET_WEEKS = Statement(
    delete(weeks).where(
        weeks.c.case_id == bindparam("the_case_id"), weeks.c.number > bindparam("kept"), weeks.c.set_off_on.is_(None)
    )
)
SET_OFF = Statement(
    update(weeks)
    .where(weeks.c.case_id == bindparam("the_case_id"), weeks.c.number == bindparam("the_number"))
    .values(
        set_off_on=bindparam("on_day"), set_off_reference=bindparam("reference"), set_off_note=bindparam("said")
    )
)  # fmt: skip


@lru_cache(maxsize=128)
def _update(columns: frozenset[str]) -> Statement:
    return Statement(
        update(deviations)
        .where(deviations.c.case_id == bindparam("the_case_id"))
        .values({c: bindparam(f"new_{c}") for c in sorted(columns)})
    )


@lru_cache(maxsize=32)
def _update_milestone(columns: frozenset[str]) -> Statement:
    return Statement(
        update(milestones)
        .where(milestones.c.id == bindparam("the_id"))
        .values({c: bindparam(f"new_{c}") for c in sorted(columns)})
    )


def deviation_row(step: Step) -> Row:
    """The deviation of the case."""
    row = step.uow.one(DEVIATION, case_id=step.case_id)
    assert row is not None, "every case of a deviation has its row"
    return row


def change_deviation(step: Step, **columns: Any) -> None:
    """Columns of the deviation change; the facts that rest on them are looked up again."""
    case_rows.write_columns(step.uow, _update(frozenset(columns)), columns, the_case_id=step.case_id)
    step.forget("deviation")


def change_milestone(step: Step, milestone_id: str, **columns: Any) -> None:
    case_rows.write_columns(step.uow, _update_milestone(frozenset(columns)), columns, the_id=milestone_id)
    step.forget("deviation")
