"""What the steps of a recurring duty look at and write."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, select, update

from states.facts import DutyFacts
from workflow.db.statements import Row, Statement, insert_into
from workflow.duties.tables import Duty
from workflow.engine.registries import basis, effect, fact
from workflow.engine.step import Step
from workflow.errors import FieldError, InvalidForm

duties = Duty.__table__  # type: ignore[attr-defined]
DUTY = Statement(select(duties).where(duties.c.case_id == bindparam("case_id")))
_INSERT = insert_into(duties)
_OF_THIS = duties.c.case_id == bindparam("the_case_id")
_DONE = Statement(
    update(duties).where(_OF_THIS).values(done_on=bindparam("new_day"), reference=bindparam("new_reference"))
)
_NOTICE = Statement(
    update(duties).where(_OF_THIS).values(notified_on=bindparam("new_day"), reference=bindparam("new_reference"))
)
_CONFIRMED = Statement(
    update(duties)
    .where(_OF_THIS)
    .values(
        done_on=bindparam("new_day"),
        confirmed_on=bindparam("new_day"),
        confirmation_reference=bindparam("new_reference"),
    )
)
_WAIVED = Statement(update(duties).where(_OF_THIS).values(waived_because=bindparam("why")))


def _row(step: Step) -> Row:
    row = step.uow.one(DUTY, case_id=step.case_id)
    assert row is not None, "every case of a duty has its row"
    return row


@fact("duty")
def load_duty(step: Step) -> DutyFacts:
    d = _row(step)
    return DutyFacts(due_on=d.due_on, basis=d.basis, source=d.source, is_notice=bool(d.is_notice))


@basis("duty")
def duty_basis(step: Step) -> dict[str, Any]:
    d = _row(step)
    return {"period": d.period, "due_on": d.due_on, "source": d.source, "title": step.column("title")}


@effect("open.duty")
def open_duty(step: Step) -> None:
    f = step.form
    step.uow.run(
        _INSERT, case_id=step.case_id, recurring_id=f.recurring_id, region_id=step.case.region_id, period=f.period,
        due_on=f.due_on, basis=f.basis, source=f.source, is_notice=f.is_notice, opened_late=f.opened_late, done_on=None,
        reference=None, notified_on=None, confirmed_on=None, confirmation_reference=None, waived_because=None,
    )  # fmt: skip


def _passed(step: Step, field: str, day: date, first: date | None = None) -> date:
    """A day that something happened on: not ahead of today, nor before what had to come first. Raises InvalidForm."""
    if day > step.today or (first is not None and day < first):
        raise InvalidForm([FieldError(field, "date_out_of_range")])
    return day


@effect("store_duty_done")
def store_duty_done(step: Step) -> None:
    f = step.form
    day = _passed(step, "done_on", f.done_on)
    step.uow.run(_DONE, the_case_id=step.case_id, new_day=day, new_reference=f.reference)


@effect("store_notice_of_leaving")
def store_notice_of_leaving(step: Step) -> None:
    f = step.form
    day = _passed(step, "notified_on", f.notified_on)
    step.uow.run(_NOTICE, the_case_id=step.case_id, new_day=day, new_reference=f.reference)


@effect("store_confirmation")
def store_confirmation(step: Step) -> None:
    f = step.form
    day = _passed(step, "confirmed_on", f.confirmed_on, _row(step).notified_on)
    step.uow.run(_CONFIRMED, the_case_id=step.case_id, new_day=day, new_reference=f.confirmation_reference)


@effect("store_waiver")
def store_waiver(step: Step) -> None:
    step.uow.run(_WAIVED, the_case_id=step.case_id, why=step.form.reasons)
