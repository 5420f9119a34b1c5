"""A step: may it be taken, and what follows from it. The one place where a definition meets a situation."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from states.decision import Decision, TaskPlan, TimerPlan, Unmet
from states.definition import Obligation, ProcessDefinition, Transition
from states.due_dates import DUE_DATES
from states.errors import NoSuchStep, NotPermitted
from states.facts import ROUTED_BY, ROUTING, Situation
from states.guards import GUARDS
from states.machine import step
from states.roles import capacity


def routing_facts(s: Situation) -> dict[str, str]:
    """What `when` looks at: the form's answer where it asks, else the facts. Unknown ones are left out."""
    known: dict[str, str] = {}
    for name in ROUTING:
        value: Any = s.answer(name)
        holder = ROUTED_BY.get(name)
        if value is None and holder is not None and holder in s.facts:
            value = getattr(s.facts[holder], name)
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if value is not None:
            known[name] = str(value)
    return known


def judge(s: Situation, edge: Transition) -> list[Unmet]:
    """Everything that keeps this person from this edge now: the role first, then all guards."""
    roles = s.case.answering(edge.roles)
    may = capacity(s.actor, roles, unit_id=s.case.unit_id, named=s.case.named)
    unmet = [] if may else [Unmet("role_required", roles)]
    seen = replace(s, capacity=may, trigger=edge.trigger)
    for name in edge.guards:
        unmet.extend(GUARDS[name].check(seen))
    return unmet


def choose(definition: ProcessDefinition, s: Situation, trigger: str) -> Transition:
    """The edge that is taken, or a refusal with every reason. Raises NoSuchStep or NotPermitted; changes nothing."""
    state = s.lot.state if s.lot else s.case.state
    edge, unmet, reached = step(definition, state, trigger, routing_facts(s), lambda e: judge(s, e))
    if unmet:
        raise NotPermitted(unmet)
    assert reached == edge.target
    return edge


def decide(definition: ProcessDefinition, s: Situation, trigger: str) -> Decision:
    """`choose` and its consequences, for facts that the step itself does not change."""
    return consequences(definition, s, choose(definition, s, trigger))


def consequences(definition: ProcessDefinition, s: Situation, edge: Transition) -> Decision:
    """The obligations and timers that a taken edge brings."""
    opens = [plan(s, o) for o in edge.opens]
    timers: list[TimerPlan] = []
    if edge.source != edge.target:
        target = definition.state(edge.target)
        if target.owes and not any(p.trigger == target.owes.trigger for p in opens):
            opens.append(plan(s, target.owes))
        timers = timer_plans(definition, s, edge.target)
    return Decision(edge, tuple(opens), tuple(timers))


def plan(s: Situation, obligation: Obligation) -> TaskPlan:
    """The task of an obligation that arises now, with its date counted from the facts, or why it has none."""
    receipt = DUE_DATES[obligation.deadline].compute(s) if obligation.deadline else None
    due = receipt if receipt and receipt.due_on else None
    return TaskPlan(obligation.trigger, s.case.answering(obligation.roles), due or receipt, obligation.open_ended)


def timer_plans(definition: ProcessDefinition, s: Situation, state: str) -> list[TimerPlan]:
    """Timers that pull a trigger by themselves in `state`. Where none applies (no standstill) there is no timer."""
    plans = []
    for rule in definition.timers_of(state):
        receipt = DUE_DATES[rule.deadline].compute(s)
        if receipt is None:
            continue
        due_on = receipt.due_on or s.today
        plans.append(TimerPlan(rule.kind, rule.trigger, due_on, receipt))
    return plans


def possible(definition: ProcessDefinition, s: Situation, trigger: str) -> tuple[Transition, list[Unmet]]:
    """May this person pull the trigger, before any form is filled in? The edge closest to being allowed.

    Routing facts that only the form will tell are left open. Raises NoSuchStep.
    """
    state = s.lot.state if s.lot else s.case.state
    known = routing_facts(s)
    edges = [
        e
        for e in definition.edges(trigger, state)
        if all(known.get(fact) is None or known[fact] in values for fact, values in e.when)
    ]
    if not edges:
        raise NoSuchStep(trigger, state)
    return min(((e, judge(s, e)) for e in edges), key=lambda pair: len(pair[1]))


def facts_needed(definition: ProcessDefinition, edges: Iterable[Transition]) -> set[str]:
    """The facts that the guards and deadlines of these edges declare, for the loaders in `workflow/`."""
    needed: set[str] = set()
    for edge in edges:
        for name in edge.guards:
            needed.update(GUARDS[name].needs)
        obligations = [*edge.opens]
        target = definition.state(edge.target)
        if target.owes:
            obligations.append(target.owes)
        deadlines = [o.deadline for o in obligations if o.deadline] + [
            t.deadline for t in definition.timers_of(edge.target)
        ]
        for name in deadlines:
            needed.update(DUE_DATES[name].needs)
        needed.update(ROUTED_BY[fact] for fact, _ in edge.when if fact in ROUTED_BY)
    return needed
