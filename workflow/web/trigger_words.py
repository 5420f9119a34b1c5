"""The triggers of time as one region counts them: its own dated value where it has one, else the law book's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from states.deadlines import Basis
from states.facts import Parameter
from states.terms import TERMS
from states.triggers import TimeTrigger


@dataclass(frozen=True, slots=True)
class Counted:
    """One term of a trigger with the amount that applies; `parameter` names the region's row, if one gives it."""

    name: str
    amount: int
    unit: str
    source: str
    parameter: str | None


def counted(trigger: TimeTrigger, parameters: Mapping[str, Parameter]) -> list[Counted]:
    """The terms of a trigger as they apply today."""
    found = []
    for name in trigger.terms:
        term, row = TERMS[name], parameters.get(name)
        if row is None or term.basis is Basis.LAW:
            found.append(Counted(name, term.amount, term.unit.value, term.source, None))
        else:
            found.append(Counted(name, int(row.value), term.unit.value, row.source, row.citation))
    return found
