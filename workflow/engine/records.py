"""What a step leaves behind: case and lots, obligations and timers, the event, the decision, the receipt by mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from notifications.kinds import Kind
from notifications.recipients import Capacity, Recipient
from states.decision import Decision, TaskPlan
from states.definition import Scope, Transition
from states.steps import plan as plan_obligation
from workflow.db.columns import new_id
from workflow.db.statements import Row
from workflow.engine import audit, case_rows, obligations, outbox, registries
from workflow.engine.bound import bind
from workflow.engine.canonical import canonical
from workflow.engine.next_duty import next_duty
from workflow.engine.step import Step
from workflow.errors import Stale


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision rested on, as it is stored with it: canonical JSON, its SHA-256, and the mandate with its rule."""

    text: str
    hash: str
    mandate_id: str | None
    rule: str
    source: str


def write_step(step: Step, lot: Row | None, decision: Decision, basis: Basis | None) -> None:
    """All rows of one step that was decided: lots, obligations, timers, case, event, decision, mail.

    The case row is locked already, so nobody waits for the others in another order. Raises Stale when the case row is
    not at the version that was read.
    """
    process, edge = step.definition, decision.transition
    was = step.case.state
    open_now = obligations.open_tasks(step.uow, step.case_id)
    _move(step, lot, edge)
    state = step.column("state")
    version = step.case.row_version + 1
    step.change(row_version=version, updated_at=step.now)
    if state != was:
        step.change(entered_at=step.now)
        if process.state(state).final:
            step.change(closed_at=step.now)
        elif step.case.closed_at is not None:
            step.change(closed_at=None)
    step.change(tender_secret=any(_lot_column(step, x, "tender_secret") for x in step.lots))
    for lot_id, changes in step.lot_changes.items():
        case_rows.write_columns(step.uow, case_rows.update_lot(frozenset(changes)), changes, the_lot_id=lot_id)
    kept = _settle_tasks(step, lot, decision, open_now, was)
    step.change(**next_duty(step, kept))
    changes = dict(step.changes)
    touched = case_rows.write_columns(
        step.uow,
        case_rows.update_case(frozenset(changes)),
        changes,
        the_case_id=step.case_id,
        old_version=step.case.row_version,
    )
    if touched != 1:
        raise Stale(row_version=step.case.row_version)
    row = _decision_row(step, lot, basis) if edge.decides and basis else None
    salts, bound = bind(row) if row else (None, None)
    seq = _append(step, lot, decision, basis, state, version, bound)
    if row:
        step.uow.run(case_rows.INSERT_DECISION, seq=seq, salts=salts, **row)
        _tell_decided(step, state)
    step.case = step.case._replace(**{k: v for k, v in changes.items() if k in step.case._fields})
    if step.lot_changes:
        step.lots = [x._replace(**step.lot_changes.get(x.id, {})) for x in step.lots]
    step.changes, step.lot_changes = {}, {}
    arrived = registries.ARRIVALS.get((process.id, state))
    if arrived is not None and state != was:
        arrived(step)


def _lot_column(step: Step, row: Row, name: str) -> Any:
    return step.lot_changes.get(row.id, {}).get(name, getattr(row, name))


def _move(step: Step, lot: Row | None, edge: Transition) -> None:
    """A step of lot scope moves one lot, and the case is as far as its slowest; a step of case scope moves them all."""
    if edge.source == edge.target:
        return
    process = step.definition
    if edge.scope is Scope.LOT and lot is not None:
        step.change_lot(lot.id, state=edge.target, entered_at=step.now)
        step.change(state=process.slowest(_lot_column(step, x, "state") for x in step.lots))
        return
    step.change(state=edge.target)
    for row in step.lots:
        if not process.state(_lot_column(step, row, "state")).final:
            step.change_lot(row.id, state=edge.target, entered_at=step.now)


def _settle_tasks(step: Step, lot: Row | None, decision: Decision, open_now: list[Row], was: str) -> list[Any]:
    """Close what was discharged or is no longer possible, open what arises. Returns the duties that stand open."""
    process, edge = step.definition, decision.transition
    lot_id = lot.id if lot is not None else None
    state = step.column("state")
    moved = edge.source != edge.target
    states = {x.id: _lot_column(step, x, "state") for x in step.lots}

    def concerns(task: Row) -> bool:
        return lot_id is None or task.lot_id == lot_id

    def possible(task: Row) -> bool:
        here = states.get(task.lot_id, state) if task.lot_id else state
        return bool(process.edges(task.trigger, here))

    plans = [*decision.opens, *step.more_tasks]
    replaced = {p.trigger for p in (*_edge_plans(decision), *step.more_tasks)}
    done = [t for t in open_now if t.trigger == step.trigger and (concerns(t) or t.lot_id is None)]
    rest = [t for t in open_now if t not in done]
    void = [t for t in rest if not possible(t) or (t.trigger in replaced and concerns(t))]
    obligations.close(step, done, "done")
    obligations.close(step, void, "void")
    kept: list[Any] = [t for t in rest if t not in void]
    if moved:
        obligations.cancel_state_timers(step, lot_id)
    obligations.wake_timers(step)
    for plan in plans:
        own = process.state(edge.target).owes
        by_state = moved and own is not None and plan.trigger == own.trigger and plan.trigger not in replaced
        for target_lot in _opened_for(step, lot_id, edge, state, was, by_state=by_state):
            if by_state and any(t.trigger == plan.trigger and t.lot_id == target_lot for t in kept):
                continue  # a duty that goes on keeps its date
            obligations.open_task(step, plan, target_lot)
            due_on = plan.receipt.due_on if plan.receipt else None
            kept.append(_Duty(plan.trigger, obligations.responsible_role(step, plan.roles)[0], due_on, target_lot))
    arrived = process.state(state)
    if state not in (was, edge.target) and arrived.scope is Scope.CASE and arrived.owes:
        # The last lot out of the way let the whole case arrive somewhere else than where this lot went.
        arrival = plan_obligation(step.situation(), arrived.owes)
        obligations.open_task(step, arrival, None)
        due_on = arrival.receipt.due_on if arrival.receipt else None
        kept.append(_Duty(arrival.trigger, obligations.responsible_role(step, arrival.roles)[0], due_on, None))
    if moved:
        for timer in decision.timers:
            for target_lot in _opened_for(step, lot_id, edge, state, was, by_state=True):
                obligations.set_state_timer(step, timer, target_lot)
    return kept


def _edge_plans(decision: Decision) -> list[TaskPlan]:
    """The plans an edge itself names; they replace an open duty of the same trigger."""
    names = {o.trigger for o in decision.transition.opens}
    return [p for p in decision.opens if p.trigger in names]


@dataclass(frozen=True, slots=True)
class _Duty:
    trigger: str
    role: str
    due_on: date | None
    lot_id: str | None


def _opened_for(
    step: Step, lot_id: str | None, edge: Transition, state: str, was: str, *, by_state: bool
) -> list[str | None]:
    """Whose duty it becomes: the lot's, each lot's when the case enters the lots' phase, or the case's when all got there."""
    if not by_state:
        return [lot_id]
    if step.definition.state(edge.target).scope is Scope.LOT:
        if lot_id is not None:
            return [lot_id]
        return [x.id for x in step.lots if not step.definition.state(_lot_column(step, x, "state")).final]
    if lot_id is None:
        return [None]
    return [None] if state == edge.target and state != was else []


def _append(
    step: Step, lot: Row | None, decision: Decision, basis: Basis | None, state: str, version: int,
    bound: dict[str, str] | None,
) -> int:  # fmt: skip
    edge = decision.transition
    opens = [*decision.opens, *step.more_tasks]
    used = sorted({p.receipt.parameter for p in opens if p.receipt and p.receipt.parameter})
    facts: dict[str, Any] = {
        "definition": step.definition.key,
        "trigger": step.trigger,
        "from": edge.source,
        "to": edge.target,
        "state": state,
        "row_version": version,
        "channel": step.actor.channel,
        "role": step.capacity.role if step.capacity else None,
        "for": step.capacity.on_behalf_of if step.capacity else None,
        "lot": lot.number if lot is not None else None,
        "cites": edge.cites or None,
        "basis_hash": basis.hash if basis else None,
        "mandate": basis.rule if basis else None,
        "decision": bound,
        "parameters": used or None,
        "receipts": {p.trigger: p.receipt.as_json() for p in opens if p.receipt} or None,
        "timers": {p.kind: p.receipt.as_json() for p in decision.timers} or None,
        **step.recorded,
    }
    return audit.append(
        step.uow,
        step.case_id,
        region_id=step.case.region_id,
        kind=audit.event_kind(step.trigger),
        at=step.now,
        actor_id=step.actor.person_id,
        case_id=step.case_id,
        facts=facts,
        fields=step.fields,
    )


def _decision_row(step: Step, lot: Row | None, basis: Basis) -> dict[str, Any]:
    """The decision as it is stored, but for the number of its event."""
    used = [p.citation for p in sorted(step.parameters.values(), key=lambda p: p.name)]
    return {
        "id": new_id(step.now),
        "region_id": step.case.region_id,
        "case_id": step.case_id,
        "lot_id": lot.id if lot is not None else None,
        "trigger": step.trigger,
        "definition": step.definition.key,
        "decided_at": step.now,
        "decided_by": step.actor.person_id,
        "role": step.capacity.role if step.capacity else "",
        "on_behalf_of": step.capacity.on_behalf_of if step.capacity else None,
        "presenter_id": step.presenter_id or step.column("officer_id"),
        "mandate_id": basis.mandate_id,
        "mandate_rule": basis.rule,
        "mandate_source": basis.source,
        "value_ore": step.value_ore,
        "reasons": step.reasons or step.answer("reasons") or step.answer("reason"),
        "basis": basis.text,
        "basis_hash": basis.hash,
        "parameters": canonical(used),
        "sent_to": step.sent_to or step.answer("sent_to") or "",
    }


def _replaced(step: Step) -> str | None:
    """The name of the person in whose place the actor decided."""
    person = step.directory.person(step.capacity.on_behalf_of if step.capacity else None)
    return person.name if person else None


def _tell_decided(step: Step, state: str) -> None:
    """A receipt to the decider, and word to those the case names."""
    own = step.directory.person(step.actor.person_id)
    told = {r.person.id: (role, r) for role in ("contract_owner", "procurement_officer") for r in step.reach(role)}
    if own is not None:
        role = step.capacity.role if step.capacity else "procurement_officer"
        told[own.id] = (role, Recipient(own, Capacity.RESPONSIBLE))
    next_trigger = step.changes.get("next_trigger")
    for role, recipient in told.values():
        outbox.queue(
            step.uow,
            Kind.DECIDED,
            step.words(step.lot.id if step.lot is not None else None),
            [recipient],
            role=f"role.{role}",
            link=f"/cases/{step.case_id}",
            decision=step.trigger_label("decided", step.trigger),
            decided_by=step.actor.name,
            decided_for=_replaced(step),
            decided_on=step.today,
            state=step.state_label(state),
            next_step=step.trigger_label("asked", next_trigger) if next_trigger else None,
        )
