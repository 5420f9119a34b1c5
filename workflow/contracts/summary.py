"""The contracts ahead, added up for one sheet of paper: how many end when in each division, and which days come first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from states.planning import quarter_of
from workflow.contracts.queries import ContractAhead

#: So many lines, divisions and days together, fit on an A4; so many days are always told.
LINES, LEAST_DAYS = 34, 10


@dataclass(frozen=True, slots=True)
class DivisionAhead:
    """A division (None: none is known): how many of its contracts end in each quarter, all of them, their value in öre."""

    name: str | None
    by_quarter: tuple[int, ...]
    count: int
    value_ore: int


@dataclass(frozen=True, slots=True)
class DayAhead:
    """A local day on which something of a contract must have been done: it is extended, or what follows has begun."""

    on: date
    what: Literal["extend", "start"]
    contract: ContractAhead


@dataclass(frozen=True, slots=True)
class Summary:
    """`quarters` as "2027-Q1", "" for those that ended before today. `days` are those to come, `more_days` how many of
    them found no room; `late` is how many next procurements should have begun before today and have not.
    """

    quarters: tuple[str, ...]
    divisions: list[DivisionAhead]
    total: DivisionAhead
    days: list[DayAhead]
    more_days: int
    late: int


def summary(found: Sequence[ContractAhead], today: date) -> Summary:
    """Add up the contracts as they stand on the local day `today`."""
    ends = [_end(c, today) for c in found]
    quarters = tuple(sorted(set(ends)))
    names = list(dict.fromkeys(c.division for c in sorted(found, key=lambda c: c.division is None)))
    divisions = [_added([c for c in found if c.division == name], quarters, today, name) for name in names]
    days = sorted(_days(found), key=lambda d: (d.on, d.contract.contract.reference))
    coming = [d for d in days if d.on >= today]
    room = max(LEAST_DAYS, LINES - len(divisions))
    late = sum(d.what == "start" and d.on < today for d in days)
    total = _added(found, quarters, today, None)
    return Summary(quarters, divisions, total, coming[:room], max(0, len(coming) - room), late)


def _end(c: ContractAhead, today: date) -> str:
    end_on = c.contract.end_on
    return quarter_of(end_on) if end_on is not None and end_on >= today else ""


def _added(found: Sequence[ContractAhead], quarters: tuple[str, ...], today: date, name: str | None) -> DivisionAhead:
    counted = Counter(_end(c, today) for c in found)
    value = sum(c.contract.value_ore or 0 for c in found)
    return DivisionAhead(name, tuple(counted[q] for q in quarters), len(found), value)


def _days(found: Sequence[ContractAhead]) -> list[DayAhead]:
    """Extending comes before its last day; the next procurement is told as long as none has begun."""
    days = [DayAhead(c.extension_notice_on, "extend", c) for c in found if c.extension_notice_on]
    return days + [DayAhead(c.renewal_start_on, "start", c) for c in found if c.renewal_start_on and not c.successor]
