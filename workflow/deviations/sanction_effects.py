"""Stops and fines: what begins, counts, stands still and ends them."""

from __future__ import annotations

from datetime import date, timedelta

from states.deviation_v1 import PLANNED
from states.ladder import BY_KEY
from workflow.db.columns import new_id
from workflow.db.statements import Row
from workflow.deviations import notices, rows
from workflow.deviations.climb import AT_REST, ask, asked_of, drop, end_rungs, entries, replan, stand_on
from workflow.deviations.facts import open_stop
from workflow.deviations.rows import change_deviation, deviation_row
from workflow.deviations.termination import TERMINATIONS, withdraw_termination
from workflow.engine.registries import effect
from workflow.engine.step import Step
from workflow.errors import FieldError, InvalidForm

ONE_DAY = timedelta(days=1)
#: Stays that end when the supplier has got the letter that asks again.
OF_PLANS = ("plan_received", "fine_ended")
#: The letters that tell of a sanction's end, and those from which the supplier knows that it began.
_BEGUN_BY = {
    "stop_lifted": ("call_off_stop", "stop_while_investigating"),
    "fine_ended": ("contractual_fine",),
    "termination_withdrawn": TERMINATIONS,
}


# --- the stop -------------------------------------------------------------------------------------------------


@effect("begin_call_off_stop")
def begin_call_off_stop(step: Step) -> None:
    """From today nobody calls off. A stop that began while a ground was investigated becomes one for the ground."""
    investigating = step.trigger == "decide_stop_while_investigating"
    standing = open_stop(step)
    if standing is not None:
        step.uow.run(rows.END_STOP, stop_id=standing.id, on_day=step.today, why="ground_found")
    row = deviation_row(step)
    step.uow.run(
        rows.INSERT_STOP,
        id=new_id(step.now),
        region_id=step.case.region_id,
        case_id=step.case_id,
        contract_id=row.contract_id,
        why="investigating" if investigating else "ground",
        from_on=step.today,
        decided_by=step.actor.person_id,
        reviewed_on=None,
        review_note=None,
        ended_on=None,
        ended_because=None,
    )
    step.forget("deviation")
    if investigating:
        drop(step, "prepare_rung")
        notices.send(step, "stop_while_investigating", reason=step.form.reasons)
        change_deviation(step, **AT_REST | {"waits_until_on": row.waits_until_on, "asked_rung": row.asked_rung})


@effect("store_stop_review")
def store_stop_review(step: Step) -> None:
    stop = open_stop(step)
    assert stop is not None
    step.uow.run(rows.REVIEW_STOP, stop_id=stop.id, on_day=step.today, said=step.form.note)
    step.forget("deviation")


def _lift(step: Step, why: str) -> None:
    stop = open_stop(step)
    if stop is not None:
        step.uow.run(rows.END_STOP, stop_id=stop.id, on_day=step.today, why=why)
        drop(step, "review_call_off_stop")
        step.forget("deviation")


@effect("lift_call_off_stop")
def lift_call_off_stop(step: Step) -> None:
    """The ground has ended, or does not carry a stop any more: call-offs go on, and the supplier is told."""
    f = step.form
    row = deviation_row(step)
    _lift(step, "lifted")
    end_rungs(step, "lifted", of=("call_off_stop",))
    drop(step, *asked_of(row.asked_rung))
    _tell_end(step, "stop_lifted", f.reasons)
    if row.rung == "call_off_stop":
        stand_on(step, "escalation_meeting", f.reasons)
    change_deviation(step, **AT_REST | {"waits_until_on": f.until_on})
    replan(step)


# --- the fine -------------------------------------------------------------------------------------------------


@effect("begin_fine")
def begin_fine(step: Step) -> None:
    """The fine is decided; its weeks count from the day after its letter was handed over.

    One that had ended goes on towards the same cap: the days between are a stay.
    """
    row = deviation_row(step)
    if row.fine_ended_on is not None and row.fine_from_on is not None:
        _stay(step, row.fine_ended_on, "fine_ended")
    change_deviation(step, fine_decided_on=step.today, fine_ended_on=None)


def _stay(step: Step, from_on: date, reason: str) -> None:
    step.uow.run(
        rows.INSERT_STAY, id=new_id(step.now), region_id=step.case.region_id, case_id=step.case_id, from_on=from_on,
        to_on=None, reason=reason,
    )  # fmt: skip
    step.forget("deviation")


def hold_fine(step: Step, from_on: date, reason: str) -> None:
    """The fine stands still from a day on; what was counted after it is taken back."""
    row = deviation_row(step)
    if row.fine_from_on is None or row.fine_ended_on is not None:
        return
    if any(s.to_on is None for s in step.uow.all(rows.STAYS, case_id=step.case_id)):
        return
    count_weeks(step)
    _stay(step, max(from_on, row.fine_from_on), reason)
    _recount(step)


def release_fine(step: Step, on: date, reasons: tuple[str, ...]) -> None:
    """The fine runs again from a day on."""
    for stay in step.uow.all(rows.STAYS, case_id=step.case_id):
        if stay.to_on is None and stay.reason in reasons:
            step.uow.run(rows.END_STAY, stay_id=stay.id, on_day=max(on, stay.from_on))
    step.forget("deviation")


def fine_after_pause(step: Step, in_plan: bool) -> None:
    """The clock runs again: what came during the pause takes effect now, a letter as well as a plan."""
    release_fine(step, step.today, ("paused",))
    row = deviation_row(step)
    if row.fine_decided_on is None or row.fine_ended_on is not None:
        return
    delivered_on = step.load("deviation").delivered_on
    goes_on = max(step.today, delivered_on + ONE_DAY) if delivered_on else None
    if row.fine_from_on is None:
        if goes_on and row.rung == "contractual_fine" and not in_plan:
            change_deviation(step, fine_from_on=goes_on)
    elif in_plan:
        hold_fine(step, step.today, "plan_received")
    elif goes_on:
        release_fine(step, goes_on, OF_PLANS)


def fine_letter_delivered(step: Step, notice: Row, on: date) -> None:
    """The letter of the fine begins it; a later one that asks again lets it go on. Both from the day after.

    Not while a plan is under review or followed: the letter that asks again after it does.
    """
    row = deviation_row(step)
    if row.fine_decided_on is None or row.fine_ended_on is not None or step.column("paused_on") is not None:
        return
    if step.column("state") in PLANNED:
        return
    if row.fine_from_on is None:
        if notice.rung == "contractual_fine":
            change_deviation(step, fine_from_on=on + ONE_DAY)
    else:
        release_fine(step, on + ONE_DAY, OF_PLANS)


def fine_letter_returned(step: Step, notice: Row) -> None:
    """The letter of the fine came back: nothing has begun, and what was counted is taken back."""
    row = deviation_row(step)
    sent = [n for n in step.uow.all(notices.NOTICES, case_id=step.case_id) if n.status not in ("drafted", "replaced")]
    first = [n for n in sent if n.kind == "contractual_fine"]
    if notice.kind == "contractual_fine" and row.fine_from_on is not None and first and first[0].id == notice.id:
        change_deviation(step, fine_from_on=None)
        step.uow.run(rows.FORGET_WEEKS, the_case_id=step.case_id, kept=0)
    elif notice.handed_over_on is not None:  # a later one that let it go on: it stands still again
        for stay in step.uow.all(rows.STAYS, case_id=step.case_id):
            if stay.reason in OF_PLANS and stay.to_on == notice.handed_over_on + ONE_DAY:
                step.uow.run(rows.END_STAY, stay_id=stay.id, on_day=None)
        _recount(step)


def count_weeks(step: Step) -> bool:
    """Write the weeks that have started by today and are not written yet. Whether the cap is reached with them."""
    step.forget("deviation")
    d = step.load("deviation")
    if d.fine is None:
        return False
    for week in d.fine.weeks[d.fine_counted :]:
        step.uow.run(
            rows.INSERT_WEEK,
            case_id=step.case_id,
            number=week.number,
            region_id=step.case.region_id,
            starts_on=week.starts_on,
            amount_ore=week.amount_ore,
            total_ore=week.total_ore,
            counted_at=step.now,
            set_off_on=None,
            set_off_reference=None,
            set_off_note=None,
        )
    if len(d.fine.weeks) > d.fine_counted:
        step.recorded["fine"] = {
            "weeks": [{"number": w.number, "starts_on": w.starts_on} for w in d.fine.weeks[d.fine_counted :]],
            "total_ore": d.fine.total_ore,
            "cap_weeks": d.fine.cap_weeks,
        }
    step.forget("deviation")
    return bool(d.fine.cap_is_reached)


def _recount(step: Step) -> None:
    """A stay that began earlier than it was written takes back the weeks it lies before."""
    step.forget("deviation")
    d = step.load("deviation")
    if d.fine is not None and d.fine_counted > len(d.fine.weeks):
        step.uow.run(rows.FORGET_WEEKS, the_case_id=step.case_id, kept=len(d.fine.weeks))
        step.recorded["fine"] = {"weeks_kept": len(d.fine.weeks), "total_ore": d.fine.total_ore}
        step.forget("deviation")


@effect("store_fine_weeks")
def store_fine_weeks(step: Step) -> None:
    """The account is written on; with the cap the decision to terminate is asked for, never the termination made."""
    if count_weeks(step) and deviation_row(step).asked_rung != "immediate_termination":
        ask(step, "immediate_termination")
    replan(step)


@effect("end_fine")
def end_fine(step: Step) -> None:
    """The fine ends by decision; weeks that started before today stay due."""
    f = step.form
    assert step.decision is not None
    edge = step.decision.transition
    row = deviation_row(step)
    _stop_fine(step)
    end_rungs(step, "fine_ended", of=("contractual_fine",))
    drop(step, *asked_of(row.asked_rung))
    _tell_end(step, "fine_ended", f.reasons)
    if edge.target != edge.source and edge.target in BY_KEY:
        standing = any(e.rung == edge.target and e.ended_on is None for e in entries(step))
        if standing:
            change_deviation(step, rung=edge.target, rung_entered_on=step.today, period_notice_id=None)
        else:
            stand_on(step, edge.target, f.reasons)
    change_deviation(step, **AT_REST | {"waits_until_on": f.until_on})
    replan(step)


def end_sanctions(step: Step, why: str) -> None:
    """A stop and a fine that are in force end today, a termination is taken back; the supplier is told of each.

    Weeks of the fine that started before stay due. Where the contract has ended by its termination, that letter said all.
    """
    row = deviation_row(step)
    stopped, fined = open_stop(step) is not None, row.fine_decided_on is not None and row.fine_ended_on is None
    reasons = step.answer("reasons")
    _lift(step, why)
    if fined:
        _stop_fine(step)
    if why == "terminated":
        return
    if stopped:
        _tell_end(step, "stop_lifted", reasons)
    if fined:
        _tell_end(step, "fine_ended", reasons)
    withdraw_termination(step)
    _tell_end(step, "termination_withdrawn", reasons)


def _tell_end(step: Step, kind: str, reasons: str | None) -> None:
    """The letter that a sanction has ended, where the supplier was told that it began and has not been told of its end."""
    told = False
    for notice in step.uow.all(notices.NOTICES, case_id=step.case_id):
        if notice.kind == kind:
            told = False
        elif notice.kind in _BEGUN_BY[kind]:
            told = told or notice.status in ("queued", "delivered")
    if told:
        notices.send(step, kind, reason=reasons)


def _stop_fine(step: Step) -> None:
    """Today is the first day on which it no longer runs; a week that was counted for today is taken back."""
    change_deviation(step, fine_ended_on=step.today)
    count_weeks(step)
    _recount(step)


@effect("leave_sanctions")
def leave_sanctions(step: Step) -> None:
    """Down to a rung below the call-off stop: neither stop nor fine goes on, and the contract has its time again."""
    end_sanctions(step, "moved_down")
    end_rungs(step, "moved_down", of=("call_off_stop", "contractual_fine", "termination_with_notice"))


@effect("store_set_off")
def store_set_off(step: Step) -> None:
    """Weeks of the fine that were paid or set off. Raises InvalidForm for weeks that are not there."""
    f = step.form
    counted = {w.number for w in step.uow.all(rows.WEEKS, case_id=step.case_id)}
    numbers = range(f.weeks_from, f.weeks_to + 1)
    if not numbers or not set(numbers) <= counted:
        raise InvalidForm([FieldError("weeks_to", "no_such_week")])
    if f.set_off_on > step.today:
        raise InvalidForm([FieldError("set_off_on", "date_out_of_range")])
    for number in numbers:
        step.uow.run(
            rows.SET_OFF, the_case_id=step.case_id, the_number=number, on_day=f.set_off_on,
            reference=f.set_off_reference, said=f.note,
        )  # fmt: skip
    step.forget("deviation")
