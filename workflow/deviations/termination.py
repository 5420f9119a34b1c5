"""A termination takes effect on its contract: it ends sooner, its options with it, and the planning of what follows moves.

A person decided it on the ladder of a deviation; the contract's own step only writes what follows from that. The
deviation is locked first, then its contract; no contract ever locks a case that is there.
"""

from __future__ import annotations

from datetime import date

from sqlalchemy import bindparam, select

from states.due_dates import DUE_DATES
from states.errors import NoSuchStep, NotPermitted
from states.roles import system_actor
from workflow.contracts.effects import contract_row, last_possible_end, replan
from workflow.db.statements import Statement
from workflow.deviations.rows import change_deviation, deviation_row, deviations
from workflow.engine import case_rows, obligations
from workflow.engine.act import load_step, take_one
from workflow.engine.forms import Form
from workflow.engine.registries import effect, fact
from workflow.engine.step import Step

TERMINATIONS = ("termination_with_notice", "immediate_termination")

_TERMINATED = Statement(
    select(deviations.c.terminates_on)
    .where(deviations.c.contract_id == bindparam("contract_id"), deviations.c.terminates_on.is_not(None))
    .order_by(deviations.c.terminates_on)
    .limit(1)
)


@fact("termination")
def load_termination(step: Step) -> date | None:
    """The last day of a contract by the earliest termination that stands, or None."""
    row = step.uow.one(_TERMINATED, contract_id=step.case_id)
    return row.terminates_on if row is not None else None


def tell_termination(step: Step) -> None:
    """The letter of a termination was handed over: at once, or with the notice that the contract gives."""
    row = deviation_row(step)
    if row.rung not in TERMINATIONS or step.column("state") not in TERMINATIONS:
        return
    d = step.load("deviation")
    if row.rung == "immediate_termination":
        last_on = d.delivered_on
    else:
        receipt = DUE_DATES["termination_notice"].compute(step.situation())
        last_on = receipt.due_on if receipt else None
    if last_on is not None and last_on != row.terminates_on:
        change_deviation(step, terminates_on=last_on)
        step.recorded["contract_ends_on"] = last_on
        _tell(step, row.contract_id, "record_termination")


def withdraw_termination(step: Step) -> None:
    """It is taken back, or its letter never arrived: the contract has the period that it had."""
    row = deviation_row(step)
    if row.terminates_on is None:
        return
    change_deviation(step, terminates_on=None)
    _tell(step, row.contract_id, "record_termination_withdrawn")
    _tell(step, row.contract_id, "record_termination")  # where another deviation ends it still


def _tell(step: Step, contract_id: str, trigger: str) -> None:
    case = step.uow.one(case_rows.LOCK_CASE, case_id=contract_id)
    assert case is not None
    contract = load_step(step.uow, case, system_actor(case.region_id))
    contract.trigger, contract.form = trigger, Form()
    try:
        take_one(contract, None, trigger, None)
    except (NoSuchStep, NotPermitted):
        return  # it has ended already, or nothing is left to say


@effect("store_termination")
def store_termination(step: Step) -> None:
    """The contract's last day is the termination's, never a later one than it had; no option is left."""
    row = contract_row(step)
    last_on: date = step.load("termination")
    had = row.end_before_termination if row.terminated_on is not None else row.end_on
    options = row.options_before_termination if row.terminated_on is not None else row.option_count
    end_on = min(last_on, had) if had else last_on
    step.record("end_on", {"from": row.end_on, "to": end_on})
    obligations.close(
        step, [t for t in obligations.open_tasks(step.uow, step.case_id) if t.trigger == "decide_extension"], "void"
    )
    replan(
        step, terminated_on=last_on, end_before_termination=had, options_before_termination=options, end_on=end_on,
        last_end_on=end_on, option_count=row.options_used,
    )  # fmt: skip


@effect("take_back_termination")
def take_back_termination(step: Step) -> None:
    row = contract_row(step)
    options = row.options_before_termination or row.options_used
    had = row.end_before_termination
    last_on = last_possible_end(had, options - row.options_used, row.option_months)
    step.record("end_on", {"from": row.end_on, "to": had})
    replan(
        step, terminated_on=None, end_before_termination=None, options_before_termination=None, end_on=had,
        last_end_on=last_on, option_count=options,
    )  # fmt: skip
