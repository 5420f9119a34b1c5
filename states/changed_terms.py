"""What a changed parameter would do to a deadline that is running: the same sum with the new amount."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from states.calendar import Calendar
from states.deadlines import Basis, Pause, Receipt, derive
from states.facts import Parameter
from states.terms import BOUNDS, TERMS


def may_move(name: str) -> bool:
    """Whether running deadlines can follow a changed parameter: the region's own terms alone, never law or clause."""
    return name in BOUNDS and TERMS[name].basis is Basis.POLICY


def with_parameter(receipt: Receipt, row: Parameter, calendar: Calendar, pauses: Iterable[Pause]) -> Receipt | None:
    """The receipt of a running deadline with the row's amount, from the same event; None where it does not apply.

    It does not apply to another term, nor to a last day that somebody has extended: that day was decided for the
    case alone. `pauses` are the ended pauses of the case.
    """
    if receipt.term != row.name or receipt.amount is None or receipt.anchor_on is None or receipt.extensions:
        return None
    if not may_move(row.name):
        return None
    moved = derive(
        TERMS[row.name],
        receipt.anchor,
        receipt.anchor_on,
        Calendar(calendar.closing_days | frozenset(receipt.closing_days)),
        pauses=pauses,
        amount=int(row.value),
        parameter=row.citation,
    )
    return replace(moved, source=row.source)
