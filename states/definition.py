"""A process definition as a frozen value: states, transitions, obligations and timers.

A definition is canonical and JSON-able. Guards, deadlines and effects are names from closed registries, never
code in data. A released version is never edited: its fingerprint covers the JSON and the source of every guard
and deadline it names (`states/registry.py`), and a case stays with the version it began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Scope(StrEnum):
    """What a state belongs to: the whole case, or each lot of it (from evaluation to contract signing)."""

    CASE = "case"
    LOT = "lot"


class Mark(StrEnum):
    """Where a rule comes from; shown wherever the rule is."""

    LAW = "law"
    CLAUSE = "clause"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Obligation:
    """Who owes which decision or answer by when: the row `tasks` holds one for each time it arises.

    `trigger` discharges it, `roles` may do so (the first is the one responsible), `deadline` names a function of
    the deadline registry. Without a deadline `open_ended` says why none can exist (a court's ruling).
    """

    trigger: str
    roles: tuple[str, ...]
    deadline: str | None = None
    open_ended: str | None = None

    def as_json(self) -> dict[str, Any]:
        """As it stands in the published definition."""
        return {
            "trigger": self.trigger,
            "roles": list(self.roles),
            "deadline": self.deadline,
            "open_ended": self.open_ended,
        }


@dataclass(frozen=True, slots=True)
class State:
    """A condition a case or a lot is in. A state that is not final waits for somebody or for a timer."""

    name: str
    phase: str
    scope: Scope = Scope.CASE
    owes: Obligation | None = None
    final: bool = False

    def as_json(self) -> dict[str, Any]:
        """As it stands in the published definition."""
        return {
            "name": self.name,
            "phase": self.phase,
            "scope": self.scope.value,
            "owes": self.owes.as_json() if self.owes else None,
            "final": self.final,
        }


@dataclass(frozen=True, slots=True)
class Transition:
    """One edge. `when` are routing facts (name -> allowed values): of several edges of one trigger exactly one fits.

    `decides` marks a decision that a named person signs: it lists human roles only and `basis` names the facts it
    rests on. `opens` are obligations that arise beside the target state's own. `cites` is the rule behind a
    special case, e.g. why no standstill applies. A step of lot scope moves one lot, and the case is then as far as
    its slowest lot; a step of case scope moves the case with all its lots.
    """

    trigger: str
    source: str
    target: str
    roles: tuple[str, ...]
    when: tuple[tuple[str, tuple[str, ...]], ...] = ()
    guards: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    decides: bool = False
    basis: tuple[str, ...] = ()
    opens: tuple[Obligation, ...] = ()
    cites: str = ""
    kind: str = ""
    scope: Scope = Scope.CASE

    def fits(self, routing: Mapping[str, str]) -> bool:
        """Whether the routing facts lead here."""
        return all(routing.get(fact) in values for fact, values in self.when)

    def as_json(self) -> dict[str, Any]:
        """As it stands in the published definition."""
        return {
            "trigger": self.trigger,
            "source": self.source,
            "target": self.target,
            "when": {fact: list(values) for fact, values in self.when},
            "roles": list(self.roles),
            "guards": list(self.guards),
            "effects": list(self.effects),
            "decides": self.decides,
            "basis": list(self.basis),
            "opens": [o.as_json() for o in self.opens],
            "cites": self.cites,
            "kind": self.kind,
            "scope": self.scope.value,
        }


@dataclass(frozen=True, slots=True)
class TimerRule:
    """A timer that pulls `trigger` as the system when `deadline` has passed while the case stands in `state`."""

    kind: str
    state: str
    trigger: str
    deadline: str
    mark: Mark
    source: str

    def as_json(self) -> dict[str, Any]:
        """As it stands in the published definition."""
        return {
            "kind": self.kind,
            "state": self.state,
            "trigger": self.trigger,
            "deadline": self.deadline,
            "mark": self.mark.value,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class ProcessDefinition:
    """One version of one process."""

    id: str
    version: int
    initial: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...]
    timers: tuple[TimerRule, ...] = ()
    phases: tuple[str, ...] = ()
    #: Obligations that arise when a case is opened, beside those of its first state; history enters without them.
    opens: tuple[Obligation, ...] = ()

    @property
    def key(self) -> str:
        """Name and version, e.g. `procurement@1`."""
        return f"{self.id}@{self.version}"

    def state(self, name: str) -> State:
        """The state of that name; there must be one."""
        return next(s for s in self.states if s.name == name)

    def position(self, name: str) -> int:
        """How far along a state is: the case is as far as its slowest lot."""
        return next(i for i, s in enumerate(self.states) if s.name == name)

    def triggers_from(self, state: str) -> list[str]:
        """The triggers that lead out of a state or stay in it, in the order of the table."""
        return list(dict.fromkeys(t.trigger for t in self.transitions if t.source == state))

    def edges(self, trigger: str, source: str | None = None) -> list[Transition]:
        """The edges of a trigger, all or those out of `source`; empty when there is none."""
        return [t for t in self.transitions if t.trigger == trigger and (source is None or t.source == source)]

    def triggers(self) -> list[str]:
        """Every trigger once, in the order of the table."""
        return list(dict.fromkeys(t.trigger for t in self.transitions))

    def timer(self, kind: str) -> TimerRule:
        """The timer of that kind; there must be one."""
        return next(t for t in self.timers if t.kind == kind)

    def timers_of(self, state: str) -> list[TimerRule]:
        """The timers that run in a state."""
        return [t for t in self.timers if t.state == state]

    def slowest(self, lot_states: Iterable[str]) -> str:
        """The state of a case whose lots stand in `lot_states`: that of the least advanced lot that is under way.

        When all have come to an end it is that of the most advanced: cancelled only if every lot is.
        """
        states = list(lot_states)
        alive = [s for s in states if not self.state(s).final]
        return min(alive, key=self.position) if alive else max(states, key=self.position)

    def as_json(self) -> dict[str, Any]:
        """The definition as it is published; the fingerprint covers it."""
        return {
            "id": self.id,
            "version": self.version,
            "initial": self.initial,
            "phases": list(self.phases),
            "opens": [o.as_json() for o in self.opens],
            "states": [s.as_json() for s in self.states],
            "transitions": [t.as_json() for t in self.transitions],
            "timers": [t.as_json() for t in self.timers],
        }


def definition_from_json(data: Mapping[str, Any]) -> ProcessDefinition:
    """The inverse of `as_json`, for checking a definition that somebody sends. Raises KeyError or ValueError."""

    def obligation(o: Mapping[str, Any] | None) -> Obligation | None:
        return o and Obligation(o["trigger"], tuple(o["roles"]), o.get("deadline"), o.get("open_ended"))  # type: ignore[return-value]

    return ProcessDefinition(
        id=str(data["id"]),
        version=int(data["version"]),
        initial=str(data["initial"]),
        phases=tuple(data.get("phases", ())),
        opens=tuple(o for o in map(obligation, data.get("opens", ())) if o),
        states=tuple(
            State(
                s["name"],
                s.get("phase", ""),
                Scope(s.get("scope", "case")),
                obligation(s.get("owes")),
                bool(s.get("final")),
            )
            for s in data["states"]
        ),
        transitions=tuple(
            Transition(
                trigger=t["trigger"],
                source=t["source"],
                target=t["target"],
                roles=tuple(t["roles"]),
                when=tuple((k, tuple(v)) for k, v in t.get("when", {}).items()),
                guards=tuple(t.get("guards", ())),
                effects=tuple(t.get("effects", ())),
                decides=bool(t.get("decides")),
                basis=tuple(t.get("basis", ())),
                opens=tuple(o for o in map(obligation, t.get("opens", ())) if o),
                cites=t.get("cites", ""),
                kind=t.get("kind", ""),
                scope=Scope(t.get("scope", "case")),
            )
            for t in data["transitions"]
        ),
        timers=tuple(
            TimerRule(t["kind"], t["state"], t["trigger"], t["deadline"], Mark(t["mark"]), t.get("source", ""))
            for t in data.get("timers", ())
        ),
    )
