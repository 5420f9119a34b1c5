"""A step of a case: lock, compare, look, decide, write. Path A of the design, line by line.

Lock the case → compare `row_version` and `basis_hash` → load the facts that the guards declare → the machine →
effects → rows, event, obligations, timers, mail. Nothing here knows a subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from notifications.kinds import Kind
from notifications.recipients import Capacity, Recipient
from states.calendar import local_date
from states.decision import Decision
from states.definition import ProcessDefinition, Scope, Transition
from states.errors import NoSuchStep, NotPermitted
from states.registry import DEFINITIONS, definition
from states.roles import Actor, Role, capacity
from states.steps import choose, consequences, facts_needed
from states.steps import plan as plan_obligation
from workflow.commands import Act
from workflow.db.columns import new_id
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows, obligations, outbox, registries
from workflow.engine.audit import Field
from workflow.engine.canonical import canonical, plain, sha256
from workflow.engine.execute import handles
from workflow.engine.forms import Form, LotForm, parse, secrecy_classes
from workflow.engine.step import Step, lot_facts
from workflow.errors import FieldError, InvalidForm, NotFound, Stale, StegvisError


class StaleBasis(Stale):
    """What the decision rests on changed after it was shown."""

    code = "stale_basis"


@lru_cache(maxsize=4096)
def _needed(key: str, trigger: str, state: str) -> frozenset[str]:
    process = DEFINITIONS[key]
    return frozenset(facts_needed(process, process.edges(trigger, state)))


def load_step(uow: UnitOfWork, case: Row, who: Actor) -> Step:
    """The working area of a case that is locked (or only looked at)."""
    today = local_date(uow.now)
    process = definition(case.process, case.version)
    region = case_rows.region(uow, case.region_id)
    return Step(
        uow=uow,
        actor=who,
        definition=process,
        case=case,
        lots=uow.all(case_rows.LOTS, case_id=case.id) if case.process == "procurement" else [],
        parameters=case_rows.parameters(uow, case.region_id, today),
        region_name=region.name if region else case.region_id,
        today=today,
    )


def visible_case(uow: UnitOfWork, case_id: str, who: Actor, *, lock: bool) -> Row:
    """The case, if it is there and the actor's region may see it. "Not yours" answers as "not there"."""
    case = uow.one(case_rows.LOCK_CASE if lock else case_rows.GET_CASE, case_id=case_id)
    if case is None or case.region_id != who.region_id:
        raise NotFound
    return case


def form_of(process: str, trigger: str) -> type[Form]:
    """The form of a trigger. A trigger that asks for nothing has an empty one."""
    return registries.FORMS.get((process, trigger), Form)  # type: ignore[return-value]


@handles(Act)
def act(uow: UnitOfWork, command: Act, who: Actor) -> dict[str, Any]:
    """Take one step. Raises NotFound, Stale, StaleBasis, InvalidForm, NoSuchStep or NotPermitted."""
    case = visible_case(uow, command.case_id, who, lock=True)
    if command.row_version is not None and case.row_version != command.row_version:
        raise Stale(row_version=case.row_version, state=case.state)
    step = load_step(uow, case, who)
    return take(step, command.trigger, command.form, command.basis_hash)


def take(step: Step, trigger: str, form: Mapping[str, Any], basis_hash: str | None = None) -> dict[str, Any]:
    """Take a step in a working area: one event for each lot it concerns."""
    process = step.definition
    form_class = form_of(process.id, trigger)
    if trigger not in process.triggers():
        raise NoSuchStep(trigger, step.case.state)
    step.form = parse(form_class, form)
    step.trigger = trigger
    for lot in concerned(step, trigger):
        take_one(step, lot, trigger, basis_hash)
    return summary(step)


def concerned(step: Step, trigger: str) -> list[Row | None]:
    """The lots a step is about: none for a step of the whole case, the named one, or all that stand ready for it.

    Raises NoSuchStep when no lot stands there, StegvisError when one must be named.
    """
    process = step.definition
    edges = process.edges(trigger)
    sources = {e.source for e in edges if e.scope is Scope.LOT}
    if any(e.source == step.case.state and e.scope is Scope.CASE for e in edges) or not sources:
        return [None]
    ready = [x for x in step.lots if x.state in sources]
    number = step.answer("lot")
    if number is not None:
        ready = [x for x in step.lots if x.number == number]
        if not ready:
            raise InvalidForm([FieldError("lot", "no_such_lot")])
        return list(ready)
    if not ready:
        raise NoSuchStep(trigger, step.case.state)
    if len(ready) > 1 and not getattr(type(step.form), "for_all_lots", False):
        raise InvalidForm([FieldError("lot", "several_lots", {"lots": ", ".join(str(x.number) for x in ready)})])
    return list(ready)


def take_one(step: Step, lot: Row | None, trigger: str, basis_hash: str | None) -> None:
    process = step.definition
    step.lot = lot
    step.fields, step.recorded, step.more_tasks = [], {}, []
    step.reasons, step.presenter_id, step.value_ore, step.sent_to = None, None, None, ""
    for stale in ("mandate", "tender_access", "open_tasks"):
        step.facts.pop(stale, None)
    source = step.lot_as_is(lot).state if lot is not None else step.column("state")
    may = None
    for edge in process.edges(trigger, source):
        may = may or capacity(step.actor, edge.roles, unit_id=step.column("unit_id"), named=step.case_facts().named)
    step.capacity = may
    for name in _needed(process.key, trigger, source):
        step.load(name)
    edge = choose(process, step.situation(), trigger)
    step.decision = Decision(edge)
    basis = bound_basis(step, edge, basis_hash) if edge.decides else None
    classes = secrecy_classes(type(step.form))
    for name, value in step.form.__dict__.items():
        if value is not None and value != () and name != "lot":
            step.fields.append(Field(name, value, classes[name], lot.id if lot is not None else None))
    for name in edge.effects:
        registries.EFFECTS[name](step)
    for name in _needed(process.key, trigger, source):
        step.load(name)  # what an effect changed is looked up again: dates follow from the facts after the step
    step.decision = consequences(process, step.situation(), edge)
    _write(step, lot, step.decision, basis)


@dataclass(frozen=True, slots=True)
class Basis:
    text: str
    hash: str
    mandate_id: str | None
    rule: str
    source: str


def basis_of(step: Step, edge: Transition) -> Basis:
    """What a decision rests on, free of language and layout: the named facts, the definition and the mandate."""
    mandate = step.load("mandate") if "mandate_covers" in edge.guards else None
    rule = mandate.rule if mandate else edge.cites or "Riktlinje Inköp"
    content = {name: plain(registries.BASIS[name](step)) for name in edge.basis}
    content["definition"] = step.definition.key
    content["mandate"] = mandate.id if mandate else rule
    content["case"] = step.case_id
    if step.lot is not None:
        content["lot"] = step.lot.number
    text = canonical(content)
    return Basis(text, sha256(text), mandate.id if mandate else None, rule, mandate.source if mandate else rule)


def bound_basis(step: Step, edge: Transition, shown: str | None) -> Basis:
    """Raises InvalidForm without the hash of what was shown, StaleBasis when it is no longer what stands."""
    basis = basis_of(step, edge)
    for_all = step.lot is not None and step.answer("lot") is None and len(step.lots) > 1
    if step.actor.channel in ("import", "demo") or for_all:
        return basis
    if shown is None:
        raise InvalidForm([FieldError("basis_hash", "field_required")])
    if shown != basis.hash:
        raise StaleBasis(row_version=step.case.row_version, state=step.case.state)
    return basis


def _write(step: Step, lot: Row | None, decision: Decision, basis: Basis | None) -> None:
    """All rows of one step. The order is the lock order: case, lots, tasks, timers, trail."""
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
    _next_duty(step, kept)
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
    seq = _append(step, lot, decision, basis, state, version)
    if edge.decides and basis:
        _store_decision(step, lot, basis, seq)
        _tell_decided(step, state)
    step.case = step.case._replace(**{k: v for k, v in changes.items() if k in step.case._fields})
    if step.lot_changes:
        step.lots = [x._replace(**step.lot_changes.get(x.id, {})) for x in step.lots]
    step.changes, step.lot_changes = {}, {}


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
    replaced = {p.trigger for p in (*edge_plans(decision), *step.more_tasks)}
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


def edge_plans(decision: Decision) -> list[Any]:
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


def _next_duty(step: Step, tasks: list[Any]) -> None:
    """What the case waits for first, kept on its row for lists that are one query.

    Of duties without a day the state's own comes last: a case is not waited for to be closed while its contracts
    are still to be filled in.
    """
    human = [t for t in tasks if t.role != Role.SYSTEM] or tasks
    owes = step.definition.state(step.column("state")).owes
    own = owes.trigger if owes else None

    def order(duty: Any) -> tuple[Any, ...]:
        undated = duty.due_on is None
        return undated, duty.due_on or date.max, undated and duty.trigger == own, duty.trigger

    first = min(human, key=order, default=None)
    step.change(
        next_due_on=first.due_on if first else None,
        next_trigger=first.trigger if first else None,
        next_role=first.role if first else None,
    )


def _append(step: Step, lot: Row | None, decision: Decision, basis: Basis | None, state: str, version: int) -> int:
    edge = decision.transition
    used = sorted({p.receipt.parameter for p in decision.opens if p.receipt and p.receipt.parameter})
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
        "parameters": used or None,
        "receipts": {p.trigger: p.receipt.as_json() for p in decision.opens if p.receipt} or None,
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


def _store_decision(step: Step, lot: Row | None, basis: Basis, seq: int) -> None:
    used = [p.citation for p in sorted(step.parameters.values(), key=lambda p: p.name)]
    step.uow.run(
        case_rows.INSERT_DECISION,
        id=new_id(step.now),
        region_id=step.case.region_id,
        case_id=step.case_id,
        lot_id=lot.id if lot is not None else None,
        trigger=step.trigger,
        definition=step.definition.key,
        seq=seq,
        decided_at=step.now,
        decided_by=step.actor.person_id,
        role=step.capacity.role if step.capacity else "",
        on_behalf_of=step.capacity.on_behalf_of if step.capacity else None,
        presenter_id=step.presenter_id or step.column("officer_id"),
        mandate_id=basis.mandate_id,
        mandate_rule=basis.rule,
        mandate_source=basis.source,
        value_ore=step.value_ore,
        reasons=step.reasons or step.answer("reasons") or step.answer("reason"),
        basis=basis.text,
        basis_hash=basis.hash,
        parameters=canonical(used),
        sent_to=step.sent_to or step.answer("sent_to") or "",
    )


def _tell_decided(step: Step, state: str) -> None:
    """A receipt to the decider, and word to those the case names."""
    own = step.directory.person(step.actor.person_id)
    told = {r.person.id: r for role in ("contract_owner", "procurement_officer") for r in step.reach(role)}
    recipients = list(told.values())
    if own is not None:
        recipients.append(Recipient(own, Capacity.RESPONSIBLE))
    outbox.queue(
        step.uow,
        Kind.DECIDED,
        step.words(),
        recipients,
        role=f"role.{step.capacity.role if step.capacity else 'procurement_officer'}",
        link=f"/cases/{step.case_id}",
        decision=step.trigger_label("decided", step.trigger),
        decided_by=step.actor.name,
        decided_on=step.today,
        state=step.state_label(state),
        next_step=step.trigger_label("asked", step.changes["next_trigger"])
        if step.changes.get("next_trigger")
        else None,
    )


def summary(step: Step) -> dict[str, Any]:
    """What a caller learns of the case after its step."""
    case = step.case
    return {
        "id": case.id,
        "reference": case.reference,
        "process": case.process,
        "version": case.version,
        "state": case.state,
        "row_version": case.row_version,
        "lots": [{"number": x.number, "state": x.state} for x in step.lots],
    }


def process_of(case: Row) -> ProcessDefinition:
    return definition(case.process, case.version)


__all__ = ["LotForm", "NotPermitted", "StegvisError", "act", "lot_facts", "take"]
