"""Which days a substitute covers, and on which days nobody may act. Pure; all days are local, both ends included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from states.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Days:
    """From a day to a day, both included."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether the day is one of them."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Cover:
    """An absence against one last day: `days` away until then, `covered` of them by a substitute, the rest by nobody."""

    days: int
    covered: int
    last_covered: date | None


def cover(today: date, due_on: date, away: Iterable[Days], substituted: Iterable[Days]) -> Cover | None:
    """How the days from today to the last day are covered; None when the person is away on none of them."""
    away, substituted = list(away), list(substituted)
    absent = [d for d in _each(today, due_on) if any(a.holds(d) for a in (*away, *substituted))]
    if not absent:
        return None
    covered = [d for d in absent if any(s.holds(d) for s in substituted)]
    return Cover(len(absent), len(covered), covered[-1] if covered else None)


#: A gap is worth a warning when it holds the last day, or so many working days in a row.
GAP_WORKING_DAYS = 5


def gaps(
    first: date, last: date, due_on: date | None, has_decider: Callable[[date], bool], calendar: Calendar
) -> list[Days]:
    """The stretches between two days on which nobody may decide: those that hold the last day or a working week."""
    found: list[Days] = []
    begun: date | None = None
    for day in _each(first, last + timedelta(days=1)):
        empty = day <= last and not has_decider(day)
        if empty and begun is None:
            begun = day
        elif not empty and begun is not None:
            found.append(Days(begun, day - timedelta(days=1)))
            begun = None
    return [g for g in found if _matters(g, due_on, calendar)]


def _matters(gap: Days, due_on: date | None, calendar: Calendar) -> bool:
    if due_on is not None and gap.holds(due_on):
        return True
    return sum(calendar.is_working_day(d) for d in _each(gap.first, gap.last)) >= GAP_WORKING_DAYS


def _each(first: date, last: date) -> Sequence[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
