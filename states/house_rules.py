"""The house rules of procurement, checked on the structure of a definition: every edge, every path.

Each rule says whether it is law, clause or policy, and where it stands. A rule about a state or trigger that a
process does not have says nothing. Which facts meet a guard is the guard's matter; here it counts that no way leads
around it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator

from states.definition import Mark, ProcessDefinition, Scope, Transition
from states.ladder import BY_KEY, KEYS, SANCTIONS, rung_after
from states.roles import HUMAN_ROLES, Role
from states.walk import Finding, shortest_paths, shortest_to, spell

TARGET_DECISIONS = ("decide_sustainability_target", "decide_no_applicable_target")
FOUR_EYES_TRIGGERS = ("decide_award", "sign_contracts", "decide_cancellation")
#: From the call-off stop upward: whoever prepared a rung does not decide it.
FOUR_EYES_RUNGS = SANCTIONS
#: The effects that put a sanction in force, wherever the case then stands.
SANCTION_EFFECTS = ("begin_call_off_stop", "begin_fine")
#: The rules that say that no standstill applies.
NO_STANDSTILL = re.compile(r"\b(20:2|19a:10)\b")

Rule = Callable[[ProcessDefinition], Iterator[Finding]]
Test = Callable[[ProcessDefinition, Transition], bool]


def _way_to(definition: ProcessDefinition, edge: Transition) -> tuple[str, ...]:
    """The shortest path that ends with this edge."""
    before = shortest_to(shortest_paths(definition), edge.source)
    return spell((*(before or ()), edge))


def _every(code: str, mark: Mark, source: str, concerns: Test, keeps: Test) -> Rule:
    """The rule that every edge which it concerns keeps it."""

    def rule(definition: ProcessDefinition) -> Iterator[Finding]:
        for edge in definition.transitions:
            if concerns(definition, edge) and not keeps(definition, edge):
                params = {"trigger": edge.trigger, "state": edge.source, "target": edge.target}
                yield Finding(code, params, _way_to(definition, edge), mark, source)

    return rule


def _moves(edge: Transition) -> bool:
    return edge.source != edge.target


def _signs(definition: ProcessDefinition, edge: Transition) -> bool:
    """Signing by name, or by what it does: a lot goes from its award to the follow-up of its contracts."""
    if edge.trigger == "sign_contracts":
        return True
    return edge.target == "follow_up" and definition.state(edge.source).scope is Scope.LOT and _moves(edge)


def _opens_tenders(_: ProcessDefinition, edge: Transition) -> bool:
    if edge.trigger == "record_opening":
        return True
    return edge.source in ("advertised", "invited") and edge.target == "evaluation"


def _stays_on_its_rung(edge: Transition) -> bool:
    """It leads back to a sanction that is in force: to the rung where the ladder stands, or the stop beside the fine."""
    known = dict(edge.when)
    beside = edge.target == "call_off_stop" and known.get("stop_in_force") == ("yes",)
    return beside or known.get("rung") == (edge.target,)


def _sanctions(edge: Transition) -> bool:
    """Whether it puts a sanction in force."""
    entered = edge.target in FOUR_EYES_RUNGS and _moves(edge) and not _stays_on_its_rung(edge)
    return entered or bool(set(SANCTION_EFFECTS) & set(edge.effects))


def _needs_four_eyes(_: ProcessDefinition, edge: Transition) -> bool:
    return edge.trigger in FOUR_EYES_TRIGGERS or _sanctions(edge)


def _by_a_person(edge: Transition) -> bool:
    """A decision that people alone may take."""
    return edge.decides and HUMAN_ROLES.issuperset(edge.roles)


def _climbs_alone(_: ProcessDefinition, edge: Transition) -> bool:
    """The scheduler may take it from one rung to another."""
    return Role.SYSTEM in edge.roles and edge.source in KEYS and edge.target in KEYS and _moves(edge)


def _is_decision(_: ProcessDefinition, edge: Transition) -> bool:
    """A decision by its mark or by its name: leaving the mark out does not make it less of one."""
    return edge.decides or edge.trigger.startswith("decide_") or edge.trigger == "sign_contracts"


def _settles_target(_: ProcessDefinition, edge: Transition) -> bool:
    return edge.trigger in TARGET_DECISIONS


def target_is_settled_before_advertisement(definition: ProcessDefinition) -> Iterator[Finding]:
    """Without the edges that settle the target no advertisement can be reached."""
    around = shortest_paths(definition, allowed=lambda e: e.trigger not in TARGET_DECISIONS)
    path = shortest_to(around, "advertised")
    if path is not None:
        yield Finding("target_not_settled", {"state": "advertised"}, spell(path), Mark.POLICY, "Riktlinje Inköp")


def tenders_reach_contracts_by_signing_only(definition: ProcessDefinition) -> Iterator[Finding]:
    """From opened tenders no way around the signing leads to the follow-up of contracts."""
    tendered = {p: path for p, path in shortest_paths(definition).items() if p[0] in ("advertised", "invited")}
    if not tendered:
        return
    around = shortest_paths(definition, tendered, lambda e: not _signs(definition, e))
    path = shortest_to(around, "follow_up")
    if path is not None:
        yield Finding("signing_bypassed", {"state": "follow_up"}, spell(path), Mark.LAW, "LOU 20:1")


def sanctions_are_reached_by_decision_only(definition: ProcessDefinition) -> Iterator[Finding]:
    """No path enters a rung from the call-off stop upward without a decision that a person takes.

    Walked with the rung where the ladder stands: an edge that leads back to that rung is open only to a case that has
    been there. For each rung the shortest path that enters it otherwise is the proof.
    """
    start: tuple[str, str] = (definition.initial, "")
    found: dict[tuple[str, str], tuple[Transition, ...]] = {start: ()}
    queue, told = deque([start]), set()
    while queue:
        state, rung = queue.popleft()
        for edge in definition.transitions:
            wanted = dict(edge.when).get("rung")
            if edge.source != state or (wanted is not None and rung not in wanted):
                continue
            path = (*found[state, rung], edge)
            entered = edge.target in FOUR_EYES_RUNGS and _moves(edge) and rung != edge.target
            if entered and not _by_a_person(edge):
                if edge.target not in told:
                    told.add(edge.target)
                    yield Finding("sanction_without_decision", {"state": edge.target}, spell(path), Mark.LAW, "KL 6:38")
                continue
            place = (edge.target, edge.target if edge.target in KEYS else rung)
            if place not in found:
                found[place] = path
                queue.append(place)


HOUSE_RULES: tuple[Rule, ...] = (
    target_is_settled_before_advertisement,
    _every(
        "target_decided_by_another_role",
        Mark.POLICY,
        "Riktlinje Inköp",
        _settles_target,
        lambda _, e: e.roles == (Role.CONTRACT_OWNER,),
    ),
    _every(
        "target_without_opinion",
        Mark.POLICY,
        "Stegvis",
        _settles_target,
        lambda _, e: "opinion_by_another" in e.guards,
    ),
    _every(
        "decision_by_system",
        Mark.LAW,
        "KL 6:38",
        _is_decision,
        lambda _, e: HUMAN_ROLES.issuperset(e.roles),
    ),
    _every("decision_not_marked", Mark.LAW, "KL 6:38", _is_decision, lambda _, e: e.decides),
    _every("decision_without_basis", Mark.POLICY, "Stegvis", _is_decision, lambda _, e: bool(e.basis)),
    _every(
        "opened_by_one",
        Mark.LAW,
        "LOU 12:10",
        _opens_tenders,
        lambda _, e: "two_people_opened" in e.guards,
    ),
    _every(
        "prepared_and_decided_by_one",
        Mark.POLICY,
        "Stegvis",
        _needs_four_eyes,
        lambda _, e: any(g.endswith("_prepared_by_another") for g in e.guards),
    ),
    _every(
        "standstill_not_awaited",
        Mark.LAW,
        "LOU 20:1",
        _signs,
        lambda _, e: "standstill_has_ended" in e.guards or bool(NO_STANDSTILL.search(e.cites)),
    ),
    tenders_reach_contracts_by_signing_only,
    sanctions_are_reached_by_decision_only,
    _every(
        "sanction_without_decision_effect",
        Mark.LAW,
        "KL 6:38",
        lambda _, e: bool(set(SANCTION_EFFECTS) & set(e.effects)),
        lambda _, e: _by_a_person(e),
    ),
    _every(
        "climbs_past_a_rung",
        Mark.POLICY,
        "Stegvis",
        _climbs_alone,
        lambda _, e: e.target in BY_KEY and rung_after(e.source) == e.target,
    ),
)
