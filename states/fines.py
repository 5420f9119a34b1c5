"""The account of a contractual fine: so much for each started week, up to a cap. Pure; local days in Sweden.

A week is seven days on which the fine runs, counted by the calendar (never by hours: the days on which the clock is
changed are days like others), and it is due from its first day. While a stay lasts the days do not count, and a week
that had begun goes on after it: a supplier who had a stay of three days gets those three days, no more and no less.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

WEEK = 7
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Stay:
    """The fine stands still from `from_on` (included) and runs again on `to_on`; None: it still stands."""

    from_on: date
    to_on: date | None
    reason: str


@dataclass(frozen=True, slots=True)
class FineTerms:
    """What the contract says: `week_ore` for each started week, for `cap_weeks` weeks at most. Whole öre, without VAT."""

    week_ore: int
    cap_weeks: int


@dataclass(frozen=True, slots=True)
class FineWeek:
    """One started week: due from its first day. `total_ore` is the sum with it."""

    number: int
    starts_on: date
    amount_ore: int
    total_ore: int


@dataclass(frozen=True, slots=True)
class FineAccount:
    """The account on a day. `next_on` is the first day of the week after, None when none can come (cap, end, stay)."""

    weeks: tuple[FineWeek, ...]
    cap_weeks: int
    next_on: date | None

    @property
    def total_ore(self) -> int:
        """What is due in all."""
        return self.weeks[-1].total_ore if self.weeks else 0

    @property
    def cap_is_reached(self) -> bool:
        """As many weeks have started as the contract allows."""
        return len(self.weeks) >= self.cap_weeks


def _stands(day: date, stays: Iterable[Stay]) -> bool:
    return any(s.from_on <= day and (s.to_on is None or day < s.to_on) for s in stays)


def _running_days(from_on: date, stays: tuple[Stay, ...], ended_on: date | None) -> Iterator[date]:
    """The days on which the fine runs, from its first; endless unless it ended (that day excluded) or an open stay began."""
    day = from_on
    open_from = min((s.from_on for s in stays if s.to_on is None), default=None)
    while (ended_on is None or day < ended_on) and (open_from is None or day < open_from):
        if not _stands(day, stays):
            yield day
        day += ONE_DAY


def fine_account(
    terms: FineTerms, from_on: date, today: date, stays: Iterable[Stay] = (), ended_on: date | None = None
) -> FineAccount:
    """The weeks that have started by `today` (included), counted from `from_on`, the day the letter was handed over.

    `ended_on` is the first day on which the fine no longer runs. Raises ValueError for negative terms.
    """
    if terms.week_ore < 0 or terms.cap_weeks < 0:
        raise ValueError("a fine's amount and cap are not negative")
    weeks: list[FineWeek] = []
    for index, day in enumerate(_running_days(from_on, tuple(stays), ended_on)):
        if index % WEEK:
            continue
        if len(weeks) >= terms.cap_weeks:
            break
        if day > today:
            return FineAccount(tuple(weeks), terms.cap_weeks, day)
        number = len(weeks) + 1
        weeks.append(FineWeek(number, day, terms.week_ore, number * terms.week_ore))
    return FineAccount(tuple(weeks), terms.cap_weeks, None)
