"""A contract's facts, basis and effects."""

from __future__ import annotations

import json
from calendar import monthrange
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select, update

from states.calendar import FIRST_YEAR, LAST_YEAR, ONE_DAY, local_date
from states.contract_v1 import ADVERTISED_GROUNDS, CHANGE_NOTICE, FOLLOW_UP, PARTY_DECISION, WEIGH_CEILING
from states.deadlines import Receipt
from states.due_dates import follow_up_again
from states.facts import ContractFacts
from states.guards.contracts import framework_may_end_before, last_end_of
from states.reminders import setting
from states.steps import plan, timer_plans
from workflow.cases import matters
from workflow.contracts.tables import Contract, ContractFollowUp
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.engine import case_rows, obligations
from workflow.engine.forms import kronor, ore
from workflow.engine.registries import basis, effect, fact
from workflow.engine.step import Step
from workflow.errors import FieldError, InvalidForm
from workflow.suppliers.handlers import supplier_id

contracts = Contract.__table__  # type: ignore[attr-defined]
follow_ups = ContractFollowUp.__table__  # type: ignore[attr-defined]

CONTRACT = Statement(select(contracts).where(contracts.c.case_id == bindparam("case_id")))
FOLLOW_UPS = Statement(
    select(follow_ups)
    .where(follow_ups.c.case_id == bindparam("case_id"))
    .order_by(follow_ups.c.followed_up_on, follow_ups.c.id)
)
_INSERT = insert_into(contracts)
_INSERT_FOLLOW_UP = insert_into(follow_ups)


@lru_cache(maxsize=128)
def _update(columns: frozenset[str]) -> Statement:
    return Statement(
        update(contracts)
        .where(contracts.c.case_id == bindparam("the_case_id"))
        .values({c: bindparam(f"new_{c}") for c in sorted(columns)})
    )


def change_contract(step: Step, **columns: Any) -> None:
    case_rows.write_columns(step.uow, _update(frozenset(columns)), columns, the_case_id=step.case_id)
    step.forget("contract")


def add_months(day: date, months: int) -> date:
    """The same day number, else the month's last day."""
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def last_possible_end(end_on: date | None, options_left: int, option_months: int | None) -> date | None:
    if end_on is None or not options_left or not option_months:
        return end_on
    return add_months(end_on, options_left * option_months)


def check_period(f: Any, options_left: int, place: str = "") -> date | None:
    """The last possible end. Raises InvalidForm for a period that ends before it begins, or beyond the calendar.

    `place` is what stands before the names of the fields where the form has several contracts.
    """
    if f.end_on and f.start_on and f.end_on < f.start_on:
        raise InvalidForm([FieldError(f"{place}end_on", "end_before_start")])
    last = last_possible_end(f.end_on, options_left, f.option_months)
    if last and last.year > LAST_YEAR:
        years = {"year": last.year, "first": FIRST_YEAR, "last": LAST_YEAR}
        raise InvalidForm([FieldError(f"{place}option_count", "year_unknown", years)])
    return last


def check_framework_period(f: Any) -> None:
    """A framework with all its options runs for at most four years unless special reasons are stated (LOU 7:2).

    Raises InvalidForm.
    """
    if not f.is_framework or f.framework_reason or f.start_on is None or f.end_on is None:
        return
    limit = framework_may_end_before(f.start_on)
    if last_end_of(f.end_on, f.option_count, f.option_months) >= limit:
        due = (limit - ONE_DAY).isoformat()
        raise InvalidForm([FieldError("end_on", "framework_too_long", {"due": due})])


def contract_row(step: Step) -> Row:
    row = step.uow.one(CONTRACT, case_id=step.case_id)
    assert row is not None, "every contract case has its row"
    return row


@fact("contract")
def load_contract(step: Step) -> ContractFacts:
    c = contract_row(step)
    return ContractFacts(
        start_on=c.start_on,
        end_on=c.end_on,
        last_end_on=c.last_end_on,
        next_option_months=c.option_months,
        notice_months=c.notice_months,
        options_left=c.option_count - c.options_used,
        contract_class=c.contract_class,
        handed_over=c.handed_over_on is not None,
        handover_proposed_by=c.handover_proposed_by,
        evaluated=c.evaluated_on is not None,
        value=kronor(c.value_ore),
        renewal_asked_on=c.renewal_asked_on,
        renewal_alarmed_on=c.renewal_alarmed_on,
        renewal_declined_on=c.renewal_declined_on,
        is_framework=bool(c.is_framework),
        party_since_on=c.party_since_on,
        terminated=c.terminated_on is not None,
    )


@basis("contract")
def contract_basis(step: Step) -> dict[str, Any]:
    c = contract_row(step)
    names = "contract_number start_on end_on last_end_on option_count options_used option_months notice_months value_ore contract_class"
    return {n: getattr(c, n) for n in names.split()}


@basis("follow_ups")
def follow_ups_basis(step: Step) -> list[dict[str, Any]]:
    return [
        {"on": f.followed_up_on, "outcome": f.outcome, "note": f.note}
        for f in step.uow.all(FOLLOW_UPS, case_id=step.case_id)
    ]


@effect("open.contract")
def open_contract(step: Step) -> None:
    f = step.form
    last_end_on = check_period(f, f.option_count)
    supplier = step.answer("supplier_id")
    if supplier is None:
        if not f.supplier_name:
            raise InvalidForm([FieldError("supplier_name", "field_required")])
        supplier = supplier_id(step.uow, step.case.region_id, f, "supplier")
    step.uow.run(
        _INSERT,
        case_id=step.case_id,
        region_id=step.case.region_id,
        supplier_id=supplier,
        contract_number=f.contract_number,
        start_on=f.start_on,
        end_on=f.end_on,
        last_end_on=last_end_on,
        option_count=f.option_count,
        options_used=0,
        option_months=f.option_months,
        notice_months=f.notice_months,
        value_ore=ore(f.value),
        contract_class=f.contract_class,
        is_framework=f.is_framework,
        lot_number=step.answer("lot_number"),
        signed_on=f.signed_on,
        signed_by=step.answer("signed_by"),
        signing_reference=f.signing_reference,
        handover_proposed_by=None,
        handed_over_on=None,
        follow_up_plan=None,
        start_up_meeting_on=None,
        evaluated_on=None,
        evaluation=None,
        renewal_asked_on=None,
        renewal_alarmed_on=None,
        renewal_declined_on=None,
        terminated_on=None,
        end_before_termination=None,
        options_before_termination=None,
        missing=",".join(f.missing),
        owner_note=f.owner_note,
        called_off_ore=None,
        called_off_on=None,
        called_off_warned=None,
        party_since_on=None,
    )


def replan(step: Step, **columns: Any) -> None:
    """Change columns of the contract (or none): its timers are set anew, and its running duties count again.

    A duty whose date the change does not touch stays as it is, however often this is called.
    """
    before: ContractFacts = step.load("contract")
    if columns:
        change_contract(step, **columns)
    after: ContractFacts = step.load("contract")
    obligations.cancel_state_timers(step, None)
    situation = step.situation()
    state = step.case.state
    for timer in timer_plans(step.definition, situation, state):
        obligations.set_state_timer(step, timer, None)
    owes = step.definition.state(state).owes
    for task in obligations.open_tasks(step.uow, step.case_id):
        running = Receipt.from_json(json.loads(task.receipt)) if task.receipt else None
        receipt = running
        if task.trigger == FOLLOW_UP.trigger:
            start_moved = after.start_on != before.start_on
            receipt = follow_up_again(situation, running, local_date(task.opened_at), start_moved=start_moved)
        elif owes and task.trigger == owes.trigger:
            was = replace(situation, facts={**situation.facts, "contract": before})
            receipt = plan(situation, owes).receipt
            receipt = running if receipt == plan(was, owes).receipt else receipt
        if receipt and receipt != running:
            obligations.move_task(step, task, receipt)


@effect("store_existing_contract")
def store_existing_contract(step: Step) -> None:
    """Marked as history before Stegvis; the import already wrote what the list says."""
    step.recorded["history"] = True


@effect("store_contract_amendment")
def store_contract_amendment(step: Step) -> None:
    f = step.form
    row = contract_row(step)
    left = max(f.option_count - row.options_used, 0)
    last_end_on = check_period(f, left)
    if (f.is_framework, f.start_on, last_end_on) != (row.is_framework, row.start_on, row.last_end_on):
        check_framework_period(f.model_copy(update={"option_count": left}))
    known = {k for k in row.missing.split(",") if k and getattr(f, k, None) is None}
    replan(
        step,
        contract_number=f.contract_number,
        start_on=f.start_on,
        end_on=f.end_on,
        last_end_on=last_end_on,
        option_count=max(f.option_count, row.options_used),
        option_months=f.option_months,
        notice_months=f.notice_months,
        value_ore=ore(f.value),
        contract_class=f.contract_class,
        is_framework=f.is_framework,
        missing=",".join(sorted(known)),
    )


@effect("store_handover_proposal")
def store_handover_proposal(step: Step) -> None:
    f = step.form
    person = step.directory.person(f.manager)
    if person is None or not person.active:
        raise InvalidForm([FieldError("manager", "unknown_person")])
    replan(
        step,
        handover_proposed_by=step.actor.person_id,
        contract_class=f.contract_class,
        follow_up_plan=f.follow_up_plan,
        handed_over_on=None,
    )
    step.change(manager_id=f.manager)


@effect("store_handover")
def store_handover(step: Step) -> None:
    """Two names: the officer proposed, the contract manager takes over. What is taken over is no longer on offer."""
    step.presenter_id = contract_row(step).handover_proposed_by
    change_contract(step, handed_over_on=step.today, handover_proposed_by=None)


@effect("store_start_up_meeting")
def store_start_up_meeting(step: Step) -> None:
    change_contract(step, start_up_meeting_on=step.happened("start_up_meeting_on"))


@effect("store_follow_up")
def store_follow_up(step: Step) -> None:
    f = step.form
    step.uow.run(
        _INSERT_FOLLOW_UP,
        id=new_id(step.now),
        case_id=step.case_id,
        followed_up_on=step.happened("followed_up_on"),
        outcome=f.outcome,
        note=f.note,
        recorded_by=step.actor.person_id,
        recorded_at=step.now,
    )


@effect("store_call_off_value")
def store_call_off_value(step: Step) -> None:
    """A sum of all call-offs so far. Past each step of the ceiling (70, 85, 95 percent) the owner is asked once.

    A sum that was corrected to below a step lets that step ask again.
    """
    f, row = step.form, contract_row(step)
    counted_on = step.happened("counted_on")
    if row.called_off_on and counted_on < row.called_off_on:
        raise InvalidForm([FieldError("counted_on", "date_out_of_range")])
    called_off = ore(f.called_off_value) or 0
    percent = called_off * 100 // row.value_ore
    steps = [int(n) for n in str(setting(step.parameters, "call_off_warnings")).split(",")]
    reached = max((n for n in steps if percent >= n), default=0)
    change_contract(step, called_off_ore=called_off, called_off_on=counted_on, called_off_warned=reached)
    step.record("ceiling_percent", percent)
    if reached > (row.called_off_warned or 0):
        step.more_tasks.append(plan(step.situation(), WEIGH_CEILING))


@effect("store_ceiling_weighed")
def store_ceiling_weighed(step: Step) -> None:
    """On the trail with its words; the next step of the ceiling asks again."""


@effect("store_contract_change")
def store_contract_change(step: Step) -> None:
    changed_on = step.happened("changed_on")
    if step.form.change_ground in ADVERTISED_GROUNDS:
        matters.waits_from_now(step, changed_on)


@effect("store_change_notice")
def store_change_notice(step: Step) -> None:
    """One notice is of one change."""
    step.happened("published_on")
    matters.settled(step)
    matters.owe_the_others(step, CHANGE_NOTICE)


@effect("store_party_matter")
def store_party_matter(step: Step) -> None:
    matters.waits_from_now(step, step.happened("begun_on"))
    _note_party_matters(step)


@effect("store_party_asks")
def store_party_asks(step: Step) -> None:
    matters.asked_for(step, step.happened("asked_on"))
    _note_party_matters(step)


@effect("store_party_decision")
def store_party_decision(step: Step) -> None:
    """One decision is of one party's matter."""
    step.happened("decided_on")
    matters.settled(step)
    _note_party_matters(step)
    matters.owe_the_others(step, PARTY_DECISION)


def _note_party_matters(step: Step) -> None:
    """Since when a party waits: the first of those that have not asked for their decision, else the first of all."""
    open_now = [m for m in step.load("matters") if m.settled_by == PARTY_DECISION.trigger]
    unasked = [m for m in open_now if m.asked_on is None]
    change_contract(step, party_since_on=min((m.on for m in unasked or open_now), default=None))


@effect("settle_extension")
def settle_extension(step: Step) -> None:
    """An option used moves the end by its months; letting it expire closes the options that were left."""
    row = contract_row(step)
    left = row.option_count - row.options_used - 1
    if step.form.extension == "extend":
        if row.end_on is None:
            raise InvalidForm([FieldError("extension", "extension_of_no_end")])
        months = row.option_months or 12
        end_on = add_months(row.end_on, months)
        change_contract(
            step,
            end_on=end_on,
            options_used=row.options_used + 1,
            last_end_on=last_possible_end(end_on, left, months),
        )
        step.record("end_on", {"from": row.end_on, "to": end_on})
    else:
        change_contract(step, option_count=row.options_used, last_end_on=row.end_on)


@effect("lapse_options")
def lapse_options(step: Step) -> None:
    """Nobody used the option while there was a contract to extend: what is left of it is gone."""
    row = contract_row(step)
    change_contract(step, option_count=row.options_used, last_end_on=row.end_on)
    step.record("options_lapsed", row.option_count - row.options_used)


@effect("store_final_evaluation")
def store_final_evaluation(step: Step) -> None:
    text = step.form.evaluation_goals_met
    if step.form.lessons:
        text += "\n\n" + step.form.lessons
    change_contract(step, evaluated_on=step.today, evaluation=text)
