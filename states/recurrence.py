"""When a duty comes again: on a day each year, some times a year, or every few years. Pure; local dates.

A period is the name of one occurrence and never changes: "2027", or "2027-3" for the third of a year. Counting by
the calendar's own years and months, a leap day moves nothing and no turn of the year falls between two periods.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Rhythm(StrEnum):
    YEARLY = "yearly"
    TIMES_A_YEAR = "times_a_year"
    EVERY_YEARS = "every_years"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often. `month` and `day` are the last day of a yearly duty; `times` divides the year into equal parts;
    `every_years` counts from `base_year`. Opened `lead_days` before its last day, parts of a year on 1 January."""

    rhythm: Rhythm
    month: int = 12
    day: int = 31
    times: int = 1
    every_years: int = 1
    base_year: int = 2026
    lead_days: int = 60


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time the duty comes: its last day, and the first day on which it is owed."""

    period: str
    due_on: date
    opens_on: date


def occurrences(r: Recurrence, first: date, last: date) -> Iterator[Occurrence]:
    """Those whose last day lies between two days, both included, in order."""
    for year in range(first.year, last.year + 1):
        for occurrence in _of_year(r, year):
            if first <= occurrence.due_on <= last:
                yield occurrence


def _of_year(r: Recurrence, year: int) -> Iterator[Occurrence]:
    if r.rhythm is Rhythm.TIMES_A_YEAR:
        # By the end of each part so many are expected: the third of four by the end of September.
        for number in range(1, r.times + 1):
            yield Occurrence(f"{year}-{number}", _last_day(year, 12 * number // r.times, 31), date(year, 1, 1))
        return
    if r.rhythm is Rhythm.EVERY_YEARS and (year - r.base_year) % r.every_years:
        return
    due_on = _last_day(year, r.month, r.day)
    yield Occurrence(str(year), due_on, due_on - timedelta(days=r.lead_days))


def _last_day(year: int, month: int, day: int) -> date:
    """The day of the month, or the month's last where it has no such day."""
    return date(year, month, min(day, gregorian.monthrange(year, month)[1]))
