"""Does a stored deadline still say what its facts say? Its receipt is counted again, twice and apart.

Once from its own values, which must give its own result; and once from the facts as they stand now: the event it
counts from, the pauses of its case, the row of policy it names. A difference is told and never put right in silence.
A parameter or a closing day that came later is no difference: it moves no running deadline by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from states.calendar import Calendar, YearUnknown
from states.deadlines import Basis, Pause, Receipt, again, recompute
from states.terms import TERMS


@dataclass(frozen=True, slots=True)
class Difference:
    """What a stored deadline states, and what was found; both as texts for people (dates in ISO form)."""

    code: str
    stated: str
    found: str


def check_receipt(
    stored: Any,
    due_on: date | None,
    *,
    anchors: Mapping[str, Collection[date]],
    pauses: Iterable[Pause],
    parameters: Collection[str],
) -> list[Difference]:
    """All differences of one stored deadline: its receipt's JSON, and the day its row holds.

    `anchors` are the days on which the events of its case are recorded (an event that is not in it is not
    compared), `pauses` the ended pauses of the case, `parameters` the citations of all rows of policy.
    """
    try:
        receipt = Receipt.from_json(stored)
        counted = recompute(receipt)
    except (ValueError, AttributeError, YearUnknown) as error:
        return [Difference("receipt_unreadable", "", str(error)[:200])]
    found = []
    if counted != receipt:
        found.append(Difference("sum_differs", _day(receipt.due_on), _day(counted.due_on)))
    if due_on != receipt.due_on:
        found.append(Difference("date_differs", _day(due_on), _day(receipt.due_on)))
    if receipt.parameter is not None and receipt.parameter not in parameters:
        found.append(Difference("parameter_unknown", receipt.parameter, "–"))
    term = TERMS.get(receipt.term)
    if receipt.amount is None or term is None:
        return found
    if receipt.basis is Basis.LAW and receipt.amount != term.amount:
        found.append(Difference("amount_differs", str(receipt.amount), str(term.amount)))
    known = anchors.get(receipt.anchor, ())
    if known and receipt.anchor_on not in known:
        found.append(Difference("event_differs", _day(receipt.anchor_on), ", ".join(_day(d) for d in sorted(known))))
    if term.pausable and counted == receipt:
        now = again(replace(receipt, pauses=()), Calendar(), pauses=pauses)
        if _spans(now.pauses) != _spans(receipt.pauses):
            found.append(Difference("pauses_differ", _spans(receipt.pauses), _spans(now.pauses)))
    return found


def _spans(pauses: Iterable[Pause]) -> str:
    return ", ".join(f"{p.from_on.isoformat()}–{p.to_on.isoformat()}" for p in pauses) or "–"


def _day(day: date | None) -> str:
    return day.isoformat() if day else "–"
