"""What a list may be narrowed by: anything else is refused, for a mistyped filter must not list everything."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from workflow.cases.list_filters import unknown_value
from workflow.people.kept_forms import PARAMETER
from workflow.web.problems import UnknownFilter


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
    name = unknown_value(given)
    if name is not None:
        raise UnknownFilter(f"{name}={given[name]}")
