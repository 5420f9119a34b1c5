"""Climbing and coming down: what every step of the ladder has in common. Entries, periods, duties, who is asked."""

from __future__ import annotations

from typing import Any

from states.decision import TaskPlan
from states.ladder import BY_KEY
from states.roles import Role
from states.steps import plan as plan_obligation
from states.steps import timer_plans
from workflow.db.columns import new_id
from workflow.db.statements import Row
from workflow.deviations import notices, rows
from workflow.deviations.facts import worth
from workflow.deviations.rows import change_deviation, deviation_row
from workflow.engine import obligations
from workflow.engine.step import Step
from workflow.people.mandates import mandates_of

#: Last days that follow from the facts alone: they move when the facts do. Others stand as they were given.
FOLLOWING = frozenset({"response_period", "next_rung", "fine_week", "plan_completed", "termination_notice"})
#: What is cleared when the ladder goes on, up or down.
AT_REST: dict[str, Any] = {
    "waits_until_on": None, "asked_rung": None, "prepared_rung": None, "prepared_by": None, "prepared_at": None,
    "proportionality": None, "evidence": None, "skip_reason": None, "stop_consent": None, "stop_consent_by": None, "stop_consent_note": None,
}  # fmt: skip


def drop(step: Step, *triggers: str) -> None:
    """Duties that are asked for no longer."""
    open_now = obligations.open_tasks(step.uow, step.case_id)
    obligations.close(step, [t for t in open_now if t.trigger in triggers], "void")


def replan(step: Step) -> None:
    """The facts changed without a move: timers and the days that follow from facts are counted again."""
    step.forget("deviation")
    step.load("deviation")
    obligations.cancel_state_timers(step, None)
    if step.column("paused_on") is not None:
        return
    situation = step.situation()
    state = step.column("state")
    for timer in timer_plans(step.definition, situation, state):
        obligations.set_state_timer(step, timer, None)
    owes = step.definition.state(state).owes
    if owes is None or owes.deadline not in FOLLOWING:
        return
    planned = plan_obligation(situation, owes)
    if owes.trigger == step.trigger:  # this step does the duty; what is left of it comes anew
        if planned.receipt is not None:
            step.more_tasks.append(TaskPlan(owes.trigger, planned.roles, planned.receipt, planned.reason))
        return
    standing = [t for t in obligations.open_tasks(step.uow, step.case_id) if t.trigger == owes.trigger]
    for task in standing:
        if planned.receipt is not None and planned.receipt.due_on != task.due_on:
            obligations.move_task(step, task, planned.receipt)
        elif planned.receipt is None and task.due_on is not None:
            obligations.close(step, [task], "void")
            obligations.open_task(step, planned, None)
    if not standing and planned.receipt is not None:
        obligations.open_task(step, planned, None)


def asked_of(rung: str | None) -> tuple[str, ...]:
    """The duties that ask for the decision of a rung."""
    return ("prepare_rung", "consent_to_call_off_stop", *([BY_KEY[rung].trigger] if rung else ()))


def entries(step: Step) -> list[Row]:
    """The entries of rungs so far, in order."""
    return step.uow.all(rows.RUNGS, case_id=step.case_id)


def note_rung(step: Step, rung: str, status: str, *, notice_id: str | None = None, reasons: str | None = None) -> str:
    """Write an entry of a rung (or that it was passed by), with who decided it under which mandate."""
    row = deviation_row(step)
    mandate = step.facts.get("mandate")
    edge = step.decision.transition if step.decision else None
    rung_id = new_id(step.now)
    step.uow.run(
        rows.INSERT_RUNG,
        id=rung_id,
        region_id=step.case.region_id,
        case_id=step.case_id,
        number=len(entries(step)) + 1,
        rung=rung,
        status=status,
        entered_on=step.today,
        entered_at=step.now,
        trigger=step.trigger,
        decided_by=step.actor.person_id,
        role=step.capacity.role if step.capacity else None,
        prepared_by=row.prepared_by if row.prepared_rung == rung else None,
        mandate_id=mandate.id if mandate else None,
        mandate_rule=mandate.rule if mandate else (edge.cites if edge is not None and edge.decides else None),
        reasons=reasons,
        proportionality=row.proportionality if row.prepared_rung == rung else None,
        notice_id=notice_id,
        response=None,
        response_due_on=None,
        ended_on=None if status == "entered" else step.today,
        ended_how=None if status == "entered" else status,
    )
    step.forget("deviation")
    return rung_id


def end_rungs(step: Step, how: str, *, of: tuple[str, ...] | None = None) -> None:
    """The entries that still stand end today; of these rungs alone, where they are named."""
    for entry in entries(step):
        if entry.status == "entered" and entry.ended_on is None and (of is None or entry.rung in of):
            step.uow.run(rows.END_RUNG, rung_id=entry.id, on_day=step.today, how=how)


def stand_on(step: Step, rung: str, reasons: str | None) -> None:
    """Back to a lower rung without a letter of its own: what stood above it has ended."""
    end_rungs(step, "moved_down")
    note_rung(step, rung, "entered", reasons=reasons)
    change_deviation(step, rung=rung, rung_entered_on=step.today, period_notice_id=None)


def again(step: Step, kind: str, reason: str | None) -> None:
    """The ladder goes on from the rung where it stood: a new letter, and the whole of its time from the hand-over."""
    row = deviation_row(step)
    assert row.rung is not None
    end_rungs(step, "resumed", of=(row.rung,))
    notice_id = notices.send(step, kind, rung=row.rung, starts_period=True, reason=reason)
    note_rung(step, row.rung, "entered", notice_id=notice_id, reasons=reason)
    if row.fine_decided_on is not None and row.fine_from_on is None and row.fine_ended_on is None:
        # The decision itself came back when it was sent: it goes with what begins its weeks now.
        letters = step.uow.all(notices.NOTICES, case_id=step.case_id)
        for letter in [n for n in letters if n.kind == "contractual_fine" and n.status == "returned"][-1:]:
            notices.send_anew(step, letter)
    change_deviation(step, **AT_REST)


def name_decider(step: Step, trigger: str) -> None:
    """The decision is a named person's where one person alone holds the mandate; a role without a mandate is passed by."""
    people: dict[str, set[str]] = {Role.HEAD_OF_PROCUREMENT.value: set(), Role.CONTRACT_OWNER.value: set()}
    heads = {p.id for p in step.directory.holders_of(Role.HEAD_OF_PROCUREMENT, step.column("unit_id"), step.case_id)}
    owner = step.column("owner_id")
    for mandate in mandates_of(step.uow, step.case.region_id, trigger, worth(step, trigger), step.today):
        if mandate.person_id is not None:
            people["head_of_procurement" if mandate.person_id in heads else "contract_owner"].add(mandate.person_id)
        elif mandate.role == Role.HEAD_OF_PROCUREMENT:
            people[mandate.role] |= heads
        elif mandate.role == Role.CONTRACT_OWNER and owner:
            people[mandate.role].add(owner)
    if any(people.values()):
        step.named = {role: next(iter(ids)) if len(ids) == 1 else "" for role, ids in people.items()}


def ask(step: Step, rung: str) -> None:
    """The decision of a rung is somebody's from now, with its letter drafted."""
    row = deviation_row(step)
    if row.asked_rung and row.asked_rung != rung:
        drop(step, BY_KEY[row.asked_rung].trigger)
    name_decider(step, BY_KEY[rung].trigger)
    change_deviation(step, asked_rung=rung)
    step.recorded["asked"] = {"rung": rung, "draft": notices.draft(step, rung)}
