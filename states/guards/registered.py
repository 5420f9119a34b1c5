"""What a guard is, and the two sentences that several of them say.

A guard declares the facts it needs; a loader in `workflow/` brings each with one query. Before a form is filled in
(the page that shows what is possible) `situation.form` is None, and a guard about the form says nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from states.decision import Unmet
from states.definition import Mark
from states.facts import Situation

Check = Callable[[Situation], list[Unmet]]

OWNER, OFFICER, HEAD, STRATEGIST = (
    "contract_owner",
    "procurement_officer",
    "head_of_procurement",
    "sustainability_strategist",
)


@dataclass(frozen=True, slots=True)
class Guard:
    """A named condition: the function, the facts it needs, and the rule it comes from."""

    name: str
    check: Check
    needs: tuple[str, ...]
    mark: Mark
    source: str


GUARDS: dict[str, Guard] = {}


def guard(*needs: str, mark: Mark, source: str) -> Callable[[Check], Check]:
    """Register a guard under its function's name, with the facts it needs and the rule it comes from."""

    def register(check: Check) -> Check:
        GUARDS[check.__name__] = Guard(check.__name__, check, needs, mark, source)
        return check

    return register


def _unless(met: bool, code: str, *cleared_by: str, cites: str = "", **params: Any) -> list[Unmet]:
    return [] if met else [Unmet(code, cleared_by, params, cites)]


def _another_person(s: Situation, prepared_by: str | None) -> list[Unmet]:
    """Neither the decider nor the person the decider stands in for may have prepared it."""
    deciders = {s.actor.person_id, s.capacity.on_behalf_of if s.capacity else None}
    return _unless(prepared_by not in deciders, "prepared_by_decider", HEAD, cites="four_eyes")
