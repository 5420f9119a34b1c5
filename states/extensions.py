"""More time for a duty: which last days may be extended, how far, and what the receipt then says.

Only the region's own time for a step can be extended: what the law or a contract counts, and what the law wants
done at once, stays. The bounds are ours (Stegvis standard): at most the term once more, and at most twice.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from states.calendar import Calendar
from states.deadlines import Basis, Extension, Receipt, again, derive, term_of
from states.roles import Role
from states.terms import TERMS

#: A duty gets at most its own term this many times over, counted from its anchor.
LONGEST = 2
#: And its last day is extended at most so many times.
MOST_TIMES = 2

#: Who may give a duty of somebody else more time: the head of procurement, or the contract owner of the case.
EXTENDERS = (Role.HEAD_OF_PROCUREMENT.value, Role.CONTRACT_OWNER.value)


def why_not(receipt: Receipt | None) -> str | None:
    """The code of the reason why a last day cannot be extended at all, or None when it can."""
    if receipt is None or receipt.due_on is None:
        return "extension_no_day"
    if receipt.basis is Basis.LAW:
        return "extension_of_law"
    if receipt.basis is Basis.CLAUSE:
        return "extension_of_clause"
    term = TERMS.get(receipt.term)
    if receipt.amount is None or receipt.backward or term is None:
        return "extension_of_given_day"
    if not term.pausable:
        return "extension_of_at_once"
    if len(receipt.extensions) >= MOST_TIMES:
        return "extension_used_up"
    return None


def latest_day(receipt: Receipt, calendar: Calendar) -> date:
    """The last day to which a duty may be extended: its term twice over from the same event, with the same pauses.

    Raises ValueError for a receipt that was not counted, YearUnknown as `derive` does.
    """
    if receipt.amount is None or receipt.anchor_on is None:
        raise ValueError(f"the receipt for {receipt.term} was not counted")
    longest = derive(
        replace(term_of(receipt, pausable=True), amount=receipt.amount * LONGEST),
        receipt.anchor,
        receipt.anchor_on,
        Calendar(calendar.closing_days | frozenset(receipt.closing_days)),
        pauses=receipt.pauses,
    )
    assert longest.due_on is not None
    return longest.due_on


def extended(receipt: Receipt, to_on: date, decided_on: date, role: str, calendar: Calendar) -> Receipt:
    """The receipt of a duty that now has until `to_on` (moved on when nobody works that day)."""
    assert receipt.due_on is not None
    extension = Extension(receipt.due_on, to_on, decided_on, role)
    return again(receipt, calendar, extensions=(*receipt.extensions, extension))
