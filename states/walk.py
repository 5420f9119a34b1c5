"""Walking a definition: which states can be reached, on which track, and by which shortest path.

A place is a state together with the track, the one routing fact that stays with a case. A case in its initial state
has not settled its track, so every track is possible there, also when it comes back.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from states.definition import Mark, ProcessDefinition, Transition
from states.facts import ROUTING

Place = tuple[str, str]
Path = tuple[Transition, ...]

TRACK = "track"
TRACKS = ROUTING[TRACK]


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to refuse a definition: its text is label `check.<code>`, `path` the shortest way that proves it.

    A house rule also says its `mark` and `source`; a finding without a mark is a fault of construction.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)
    path: tuple[str, ...] = ()
    mark: Mark | None = None
    source: str = ""


def spell(path: Iterable[Transition]) -> tuple[str, ...]:
    """A path for people: one `state --trigger--> state` an edge."""
    return tuple(f"{e.source} --{e.trigger}--> {e.target}" for e in path)


def places(definition: ProcessDefinition, state: str, track: str) -> list[Place]:
    """Where a case stands that has entered `state` on `track`."""
    return [(state, t) for t in TRACKS] if state == definition.initial else [(state, track)]


def open_to(edge: Transition, track: str) -> bool:
    """Whether a case on `track` can take the edge, whatever the form answers about the other routing facts."""
    return all(track in values for fact, values in edge.when if fact == TRACK)


def shortest_paths(
    definition: ProcessDefinition,
    start: Mapping[Place, Path] | None = None,
    allowed: Callable[[Transition], bool] = lambda _: True,
) -> dict[Place, Path]:
    """Every place that can be reached over allowed edges, with its shortest path. Starts from a new case."""
    found = dict(start or {(definition.initial, t): () for t in TRACKS})
    queue = deque(found)
    while queue:
        state, track = queue.popleft()
        for edge in definition.transitions:
            if edge.source == state and open_to(edge, track) and allowed(edge):
                for place in places(definition, edge.target, track):
                    if place not in found:
                        found[place] = (*found[state, track], edge)
                        queue.append(place)
    return found


def shortest_to(paths: Mapping[Place, Path], state: str) -> Path | None:
    """The shortest of the paths that end in `state`, on whatever track; None when none does."""
    return min((path for (s, _), path in paths.items() if s == state), key=len, default=None)


def ending(definition: ProcessDefinition, reached: Iterable[Place]) -> set[Place]:
    """Those of the places from which a final state can still be reached."""
    final = {s.name for s in definition.states if s.final}
    reached = set(reached)
    good = {p for p in reached if p[0] in final}
    grown = True
    while grown:
        grown = False
        for edge in definition.transitions:
            for track in TRACKS:
                place = (edge.source, track)
                waiting = place in reached and place not in good and open_to(edge, track)
                if waiting and good.intersection(places(definition, edge.target, track)):
                    good.add(place)
                    grown = True
    return good
