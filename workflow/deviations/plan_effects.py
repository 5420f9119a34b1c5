"""The way down: the supplier's action plan, its milestones, the remedy and its verification; and exclusion material."""

from __future__ import annotations

from states.deviation_dates import reminder_days, usable_until
from states.roles import SYSTEM_ID
from workflow.db.columns import new_id
from workflow.db.statements import Row, insert_into
from workflow.deviations import notices, rows
from workflow.deviations.climb import AT_REST, again, drop, end_rungs, entries, replan
from workflow.deviations.rows import change_deviation, change_milestone, deviation_row
from workflow.deviations.sanction_effects import hold_fine
from workflow.deviations.tables import ExclusionMaterial
from workflow.engine import obligations
from workflow.engine.registries import effect
from workflow.engine.step import Step
from workflow.errors import FieldError, InvalidForm

_INSERT_MATERIAL = insert_into(ExclusionMaterial.__table__)  # type: ignore[attr-defined]


def _plan(step: Step) -> Row | None:
    plans = step.uow.all(rows.PLANS, case_id=step.case_id)
    return plans[-1] if plans else None


def _settle(step: Step, status: str, why: str | None) -> None:
    plan = _plan(step)
    if plan is not None:
        step.uow.run(
            rows.SETTLE_PLAN, plan_id=plan.id, new_status=status, by=step.actor.person_id, at=step.now, why=why
        )  # fmt: skip
        step.forget("deviation")


@effect("store_action_plan")
def store_action_plan(step: Step) -> None:
    """A plan arrived: the climb stops, and a fine stands still from the day it came.

    Where it came in time but was written down after the next letter had gone, the ladder stands where it stood.
    """
    f = step.form
    row = deviation_row(step)
    if f.received_on > step.today or (row.found_on and f.received_on < row.found_on):
        raise InvalidForm([FieldError("received_on", "date_out_of_range")])
    old = _plan(step)
    if old is not None and old.status in ("submitted", "accepted"):
        _settle(step, "replaced", None)
    plan_id = new_id(step.now)
    step.uow.run(
        rows.INSERT_PLAN,
        id=plan_id,
        region_id=step.case.region_id,
        case_id=step.case_id,
        version=old.version + 1 if old is not None else 1,
        received_on=f.received_on,
        cause=f.cause,
        recorded_by=step.actor.person_id,
        recorded_at=step.now,
        status="submitted",
        settled_by=None,
        settled_at=None,
        settled_because=None,
    )
    for number, each in enumerate(f.milestones, start=1):
        step.uow.run(
            rows.INSERT_MILESTONE,
            id=new_id(step.now),
            region_id=step.case.region_id,
            plan_id=plan_id,
            case_id=step.case_id,
            number=number,
            action=each.action,
            responsible=each.responsible,
            first_due_on=each.due_on,
            due_on=each.due_on,
            extended=0,
            extended_because=None,
            missed_on=None,
            reminded_on=None,
            done_on=None,
            proof=None,
        )
    drop(step, "prepare_rung", "resend_notice")
    change_deviation(step, remedy_on=None, remedy_verified_on=None, **AT_REST)
    _take_back_what_was_overtaken(step, row)
    hold_fine(step, f.received_on, "plan_received")


def _take_back_what_was_overtaken(step: Step, row: Row) -> None:
    """A letter that went out by itself after the plan had come counts for nothing: the ladder stands one rung lower."""
    stood = [e for e in entries(step) if e.status == "entered"]
    if len(stood) < 2:
        return
    before, last = stood[-2], stood[-1]
    received_on = step.form.received_on
    in_time = before.response_due_on is not None and received_on <= before.response_due_on
    if last.decided_by == SYSTEM_ID and last.rung == row.rung and before.rung != last.rung and in_time:
        end_rungs(step, "overtaken", of=(last.rung,))
        change_deviation(step, rung=before.rung, rung_entered_on=before.entered_on)
        step.recorded["rung"] = {"from": last.rung, "to": before.rung}


@effect("accept_plan")
def accept_plan(step: Step) -> None:
    plan = _plan(step)
    step.presenter_id = plan.recorded_by if plan is not None else None
    _settle(step, "accepted", step.form.reasons)
    for m in step.uow.all(rows.MILESTONES, case_id=step.case_id):
        if plan is not None and m.plan_id == plan.id:
            change_milestone(step, m.id, reminded_on=step.today)
    notices.send(step, "plan_accepted", reason=step.form.reasons)


@effect("return_plan")
def return_plan(step: Step) -> None:
    """Not enough: the supplier is told why, and gets the whole of the rung's time again."""
    _settle(step, "returned", step.form.reason)
    again(step, "plan_returned", step.form.reason)


@effect("resume_rung")
def resume_rung(step: Step) -> None:
    """The plan was not followed, or did not help: a ground of its own, and the ladder goes on where it stood."""
    reason = step.answer("reason") or step.answer("note")
    _settle(step, "failed", reason)
    drop(step, "decide_remedied")
    change_deviation(step, ground="not_following_plan", ground_note=reason, remedy_on=None, remedy_verified_on=None)
    again(step, "ladder_resumed", reason)


def _milestone(step: Step, number: int) -> Row:
    plan = _plan(step)
    for m in step.uow.all(rows.MILESTONES, case_id=step.case_id):
        if plan is not None and m.plan_id == plan.id and m.number == number:
            return m
    raise InvalidForm([FieldError("milestone", "no_such_milestone")])


@effect("extend_milestone")
def extend_milestone(step: Step) -> None:
    f = step.form
    m = _milestone(step, f.milestone)
    change_milestone(
        step, m.id, due_on=f.to_on, extended=m.extended + 1, extended_because=f.reasons, missed_on=None,
        reminded_on=step.today,
    )  # fmt: skip
    step.record("due_on", {"from": m.due_on, "to": f.to_on})
    drop(step, "resume_ladder")
    replan(step)


@effect("store_milestone")
def store_milestone(step: Step) -> None:
    f = step.form
    if f.done_on > step.today:
        raise InvalidForm([FieldError("done_on", "date_out_of_range")])
    change_milestone(step, _milestone(step, f.milestone).id, done_on=f.done_on, proof=f.proof)
    replan(step)


@effect("store_missed_milestone")
def store_missed_milestone(step: Step) -> None:
    """Somebody judges whether the plan is followed; a missed day is no sanction by itself."""
    missed = []
    plan = _plan(step)
    for m in step.uow.all(rows.MILESTONES, case_id=step.case_id):
        late = m.done_on is None and m.missed_on is None and m.due_on < step.today
        if plan is not None and m.plan_id == plan.id and late:
            change_milestone(step, m.id, missed_on=step.today)
            missed.append(m.number)
    step.recorded["missed"] = missed
    replan(step)


@effect("send_reminder")
def send_reminder(step: Step) -> None:
    """One letter about all that it is the day to remind of. After a downtime the latest alone; what is dealt with stays so."""
    step.load("deviation")
    due = [r for r in reminder_days(step.situation()) if r[0] <= step.today]
    numbers = {number for _, _, number in due}
    kind = "plan_reminder" if numbers == {0} else "milestone_reminder"
    plan = _plan(step)
    about = [
        m
        for m in step.uow.all(rows.MILESTONES, case_id=step.case_id)
        if plan is not None and m.plan_id == plan.id and m.number in numbers
    ]
    notices.send(
        step, kind, due_on=max(due_on for _, due_on, _ in due),
        milestones=[{"action": m.action, "due_on": m.due_on, "late": m.due_on < step.today} for m in about],
    )  # fmt: skip
    for m in about:
        change_milestone(step, m.id, reminded_on=step.today)
    if kind == "plan_reminder":
        change_deviation(step, plan_reminded_on=step.today)
    step.recorded["reminded_of"] = sorted(numbers)
    replan(step)


@effect("store_remedy")
def store_remedy(step: Step) -> None:
    if step.form.remedied_on > step.today:
        raise InvalidForm([FieldError("remedied_on", "date_out_of_range")])
    change_deviation(step, remedy_on=step.form.remedied_on)


@effect("store_verification")
def store_verification(step: Step) -> None:
    f = step.form
    if f.verified_on > step.today:
        raise InvalidForm([FieldError("verified_on", "date_out_of_range")])
    if f.verified:
        _settle(step, "completed", f.note)
        change_deviation(step, remedy_verified_on=f.verified_on)


# --- outside the ladder ---------------------------------------------------------------------------------------


@effect("store_exclusion_material")
def store_exclusion_material(step: Step) -> None:
    """For a later exclusion test: how long it may be used is counted from the event (LOU 13:3 a, 13:1 a)."""
    f = step.form
    if f.event_on > step.today:
        raise InvalidForm([FieldError("event_on", "date_out_of_range")])
    receipt = usable_until(f.event_on, step.calendar, judgment=f.judgment)
    step.uow.run(
        _INSERT_MATERIAL,
        id=new_id(step.now),
        region_id=step.case.region_id,
        case_id=step.case_id,
        supplier_id=deviation_row(step).supplier_id,
        judgment=f.judgment,
        event_on=f.event_on,
        usable_until_on=receipt.due_on,
        receipt=obligations.receipt_text(receipt),
        description=f.description,
        supplier_heard_on=f.supplier_heard_on,
        supplier_said=f.supplier_said,
        self_cleaning=f.self_cleaning,
        recorded_by=step.actor.person_id,
        recorded_at=step.now,
    )
