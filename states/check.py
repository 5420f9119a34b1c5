"""`check()`: is a definition sound, and does it keep the house rules? Each refusal comes with the path that proves it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import product

from states.definition import Obligation, ProcessDefinition, Transition
from states.due_dates import DUE_DATES
from states.facts import ROUTING
from states.guards import GUARDS
from states.house_rules import HOUSE_RULES
from states.registry import EFFECTS
from states.roles import READ_ONLY_ROLES, Role
from states.walk import TRACK, TRACKS, Finding, Path, Place, ending, shortest_paths, shortest_to, spell

ROLES = frozenset(r.value for r in Role)


def check(definition: ProcessDefinition) -> list[Finding]:
    """Everything that is wrong with a definition; empty when it may be released.

    A definition that names states it does not have cannot be walked: then only that is said.
    """
    broken = list(_unknown_states(definition))
    if broken:
        return broken
    paths = shortest_paths(definition)
    findings = [
        *_unknown_names(definition),
        *_lost_states(definition, paths),
        *_left_final_states(definition, paths),
        *_forks(definition, paths),
        *_duties(definition, paths),
        *_nobody(definition, paths),
        *_timers(definition, paths),
    ]
    for rule in HOUSE_RULES:
        findings.extend(rule(definition))
    return findings


def _unknown_states(d: ProcessDefinition) -> Iterator[Finding]:
    names = [s.name for s in d.states]
    known = set(names)
    for name in dict.fromkeys(n for n in names if names.count(n) > 1):
        yield Finding("state_named_twice", {"name": name})
    if d.initial not in known:
        yield Finding("unknown_state", {"name": d.initial, "where": "initial"})
    for edge in d.transitions:
        for name in {edge.source, edge.target} - known:
            yield Finding("unknown_state", {"name": name, "where": edge.trigger}, spell([edge]))
    for timer in d.timers:
        if timer.state not in known:
            yield Finding("unknown_state", {"name": timer.state, "where": timer.kind})


def _unknown_names(d: ProcessDefinition) -> Iterator[Finding]:
    """Guards, deadlines, effects, roles and routing facts come from closed registries."""

    def unknown(
        kind: str, names: Iterable[str | None], known: Collection[str], where: str, *path: Transition
    ) -> list[Finding]:
        return [
            Finding(f"unknown_{kind}", {"name": name, "where": where}, spell(path))
            for name in dict.fromkeys(names)
            if name is not None and name not in known
        ]

    for state in d.states:
        if state.owes:
            yield from unknown("role", state.owes.roles, ROLES, state.name)
            yield from unknown("deadline", [state.owes.deadline], DUE_DATES, state.name)
    for duty in d.opens:
        yield from unknown("role", duty.roles, ROLES, d.initial)
        yield from unknown("deadline", [duty.deadline], DUE_DATES, d.initial)
    for e in d.transitions:
        yield from unknown("role", e.roles, ROLES, e.trigger, e)
        yield from unknown("guard", e.guards, GUARDS, e.trigger, e)
        yield from unknown("effect", e.effects, EFFECTS, e.trigger, e)
        for duty in e.opens:
            yield from unknown("role", duty.roles, ROLES, e.trigger, e)
            yield from unknown("deadline", [duty.deadline], DUE_DATES, e.trigger, e)
        for fact, values in e.when:
            yield from unknown("routing_fact", [fact], ROUTING, e.trigger, e)
            yield from unknown("routing_value", values, ROUTING.get(fact, values), e.trigger, e)
    for timer in d.timers:
        yield from unknown("deadline", [timer.deadline], DUE_DATES, timer.kind)


def _lost_states(d: ProcessDefinition, paths: Mapping[Place, Path]) -> Iterator[Finding]:
    good = ending(d, paths)
    for state in d.states:
        stuck = {p: path for p, path in paths.items() if p[0] == state.name and p not in good}
        if shortest_to(paths, state.name) is None:
            yield Finding("unreachable", {"state": state.name})
        elif stuck:
            yield Finding("dead_end", {"state": state.name}, spell(shortest_to(stuck, state.name) or ()))


def _left_final_states(d: ProcessDefinition, paths: Mapping[Place, Path]) -> Iterator[Finding]:
    """What is over stays over; only records may still be added to it."""
    for e in d.transitions:
        recorded = e.source == e.target and e.kind == "record"
        if d.state(e.source).final and not recorded:
            way = (*(shortest_to(paths, e.source) or ()), e)
            yield Finding("final_state_left", {"state": e.source, "trigger": e.trigger}, spell(way))


def _forks(d: ProcessDefinition, paths: Mapping[Place, Path]) -> Iterator[Finding]:
    """Of the edges of one trigger from one state exactly one fits, for all routing facts that can occur there."""
    for trigger, source in dict.fromkeys((e.trigger, e.source) for e in d.transitions):
        edges = d.edges(trigger, source)
        tracks = [t for t in TRACKS if (source, t) in paths]
        facts = list(dict.fromkeys(fact for e in edges for fact, _ in e.when if fact in ROUTING))
        domains = [tracks if fact == TRACK else ROUTING[fact] for fact in facts]
        said: set[str] = set()
        for values in product(*domains) if tracks else ():
            routing = dict(zip(facts, values, strict=True))
            fitting = [e for e in edges if e.fits(routing)]
            code = "when_incomplete" if not fitting else "when_ambiguous"
            if len(fitting) == 1 or code in said:
                continue
            said.add(code)
            way = paths[source, routing.get(TRACK, tracks[0])]
            case = ", ".join(f"{fact}={value}" for fact, value in routing.items())
            params = {"trigger": trigger, "state": source, "case": case or "-"}
            yield Finding(code, params, spell((*way, *fitting[:1])))


def _duties(d: ProcessDefinition, paths: Mapping[Place, Path]) -> Iterator[Finding]:
    """Whatever waits has somebody who is responsible and may act, and a last day or the reason why there is none."""
    for state in d.states:
        if state.final:
            continue
        way = spell(shortest_to(paths, state.name) or ())
        if state.owes is None:
            yield Finding("nobody_responsible", {"state": state.name}, way)
        else:
            yield from _duty(d, state.owes, state.name, way, d.edges(state.owes.trigger, state.name))
    for duty in d.opens:
        yield from _duty(d, duty, d.initial, (), d.edges(duty.trigger))
    for e in d.transitions:
        for duty in e.opens:
            way = spell((*(shortest_to(paths, e.source) or ()), e))
            yield from _duty(d, duty, e.target, way, d.edges(duty.trigger))


def _duty(
    d: ProcessDefinition, duty: Obligation, state: str, way: tuple[str, ...], edges: list[Transition]
) -> Iterator[Finding]:
    params = {"state": state, "trigger": duty.trigger}
    if not edges:
        yield Finding("duty_leads_nowhere", params, way)
    if duty.deadline is None and not duty.open_ended:
        yield Finding("no_deadline", params, way)
    if not duty.roles:
        yield Finding("nobody_responsible", params, way)
        return
    responsible = duty.roles[0]
    if edges and not any(responsible in e.roles for e in edges):
        yield Finding("responsible_may_not_act", {**params, "role": responsible}, way)
    if responsible == Role.SYSTEM and not any(t.trigger == duty.trigger for t in d.timers_of(state)):
        yield Finding("no_timer", params, way)


def _nobody(d: ProcessDefinition, paths: Mapping[Place, Path]) -> Iterator[Finding]:
    """Every edge has somebody to take it: a person who acts, or a timer."""
    for e in d.transitions:
        acting = {r for r in e.roles if r not in READ_ONLY_ROLES}
        timed = any(t.trigger == e.trigger for t in d.timers_of(e.source))
        if not acting or (acting == {Role.SYSTEM.value} and not timed):
            way = (*(shortest_to(paths, e.source) or ()), e)
            yield Finding("nobody_may_pull", {"trigger": e.trigger, "state": e.source}, spell(way))


def _timers(d: ProcessDefinition, paths: Mapping[Place, Path]) -> Iterator[Finding]:
    for timer in d.timers:
        if not any(Role.SYSTEM in e.roles for e in d.edges(timer.trigger, timer.state)):
            way = spell(shortest_to(paths, timer.state) or ())
            yield Finding(
                "timer_cannot_fire", {"timer": timer.kind, "trigger": timer.trigger, "state": timer.state}, way
            )
