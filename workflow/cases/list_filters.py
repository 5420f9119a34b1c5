"""What the list of cases may be narrowed by, and which values those filters know."""

from __future__ import annotations

from collections.abc import Mapping

from states.registry import DEFINITIONS

#: The filters of the list of cases, as they stand in its address and in a saved view.
CASE_FILTERS = ("process", "phase", "state", "owner", "officer", "unit", "overdue", "closed", "year", "q")
_SWITCHES = ("overdue", "closed", "ended", "all")


def unknown_value(given: Mapping[str, str]) -> str | None:
    """The first filter whose process, phase, state, year or switch is none; None when all are known."""
    kinds = DEFINITIONS.values()
    known = {
        "process": {d.id for d in kinds},
        "phase": {phase for d in kinds for phase in d.phases},
        "state": {s.name for d in kinds for s in d.states},
    }
    for name, value in given.items():
        switched = name not in _SWITCHES or value == "1"
        in_time = name != "year" or (value.isascii() and value.isdecimal() and len(value) == 4 and value != "0000")
        if not switched or not in_time or value not in known.get(name, {value}):
            return name
    return None
