"""What a list may be narrowed by: anything else is refused, for a mistyped filter must not list everything."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from states.registry import DEFINITIONS
from workflow.people.kept_forms import PARAMETER
from workflow.web.problems import UnknownFilter

_SWITCHES = ("overdue", "closed", "ended", "all")


def only_known(*names: str) -> Callable[[Request], None]:
    """A dependency: raises UnknownFilter for a query parameter that is neither the handler's own nor among `names`."""

    def check(request: Request) -> None:
        known = {p.alias for p in request.scope["route"].dependant.query_params} | {"lang", PARAMETER, *names}
        for name in request.query_params:
            if name not in known:
                raise UnknownFilter(name)

    return check


def check_values(given: dict[str, str]) -> None:
    """Raises UnknownFilter where a process, phase, state, year or switch of a list's address is none."""
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
            raise UnknownFilter(f"{name}={value}")
