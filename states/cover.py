"""Which days a substitute covers, and on which days nobody may act. Pure; all days are local, both ends included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import islice

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


def stretches(first: date, last: date, turns: Iterable[date], has_decider: Callable[[date], bool]) -> list[Days]:
    """The stretches between two days on which nobody may decide. `turns`: the days on which that may change."""
    days = sorted({first, *(d for d in turns if first < d <= last)})
    found: list[Days] = []
    for day, following in zip(days, [*days[1:], last + timedelta(days=1)], strict=True):
        if has_decider(day):
            continue
        before = found.pop() if found and found[-1].last == day - timedelta(days=1) else None
        found.append(Days(before.first if before else day, following - timedelta(days=1)))
    return found


def gaps(empty: Iterable[Days], last: date, due_on: date | None, calendar: Calendar) -> list[Days]:
    """Of stretches without a decider, up to a day: those that hold the last day of a duty or a working week."""
    cut = [Days(d.first, min(d.last, last)) for d in empty if d.first <= last]
    return [g for g in cut if _matters(g, due_on, calendar)]


def _matters(gap: Days, due_on: date | None, calendar: Calendar) -> bool:
    if due_on is not None and gap.holds(due_on):
        return True
    working = (d for d in _each(gap.first, gap.last) if calendar.is_working_day(d))
    return next(islice(working, GAP_WORKING_DAYS - 1, None), None) is not None


def _each(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))
