"""The only importer of `transitions`: one shared machine a definition, a throw-away cursor a step.

Every edge has one condition. It first asks whether the edge's routing facts fit, then runs all guards and leaves
the unmet ones on the cursor, so that "may I" and "why not" are the same call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

from transitions import EventData, Machine, MachineError

from states.decision import Unmet
from states.definition import ProcessDefinition, Transition
from states.errors import NoSuchStep

# The library logs every callback at INFO.
logging.getLogger("transitions").setLevel(logging.WARNING)

Judge = Callable[[Transition], list[Unmet]]


@dataclass(slots=True)
class Cursor:
    """The model the machine moves: made for one call, then thrown away."""

    state: str
    judge: Judge
    routing: dict[str, str] = field(default_factory=dict)
    unmet: list[Unmet] = field(default_factory=list)
    taken: Transition | None = None


def _condition(edge: Transition) -> Callable[[EventData], bool]:
    def passes(event: EventData) -> bool:
        cursor = cast(Cursor, event.model)
        if not edge.fits(cursor.routing):
            return False
        cursor.taken = edge
        cursor.unmet = cursor.judge(edge)
        return not cursor.unmet

    return passes


#: By identity: hashing a whole definition for each step would cost more than the step.
_machines: dict[int, tuple[ProcessDefinition, Machine]] = {}


def machine_for(definition: ProcessDefinition) -> Machine:
    """The shared machine. `auto_transitions=False`: the default adds `to_<state>()` past every approval."""
    known = _machines.get(id(definition))
    if known:
        return known[1]
    machine = Machine(
        model=None,
        states=[s.name for s in definition.states],
        initial=definition.initial,
        auto_transitions=False,
        queued=False,
        send_event=True,
    )
    for edge in definition.transitions:
        machine.add_transition(edge.trigger, edge.source, edge.target, conditions=[_condition(edge)])
    _machines[id(definition)] = (definition, machine)
    return machine


def step(
    definition: ProcessDefinition, state: str, trigger: str, routing: dict[str, str], judge: Judge
) -> tuple[Transition, list[Unmet], str]:
    """Pull one trigger. Returns the edge, its unmet guards (empty: it was taken) and the state afterwards.

    Raises NoSuchStep when the trigger does not exist in the state or no edge fits the routing facts.
    """
    cursor = Cursor(state, judge, routing)
    event: Any = machine_for(definition).events.get(trigger)
    if event is None:
        raise NoSuchStep(trigger, state)
    try:
        event.trigger(cursor)
    except MachineError as error:
        raise NoSuchStep(trigger, state) from error
    if cursor.taken is None:
        raise NoSuchStep(trigger, state)
    return cursor.taken, cursor.unmet, cursor.state
