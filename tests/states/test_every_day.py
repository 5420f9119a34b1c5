"""Every day of 2024–2040 through every rule of the law book, and every minute of every night that clocks change.

The oracle is written otherwise than the code: it lists the days that count and takes one of them, knows Easter by
Gauss's rule, and the hours of Sweden by the directive (2000/84/EC) instead of a table of time zones.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, timedelta
from functools import cache

import pytest

from states.calendar import Calendar, at_local, end_of_day, local_date, start_of_day
from states.deadlines import Basis, Counting, Receipt, Term, Unit, derive, recompute
from states.terms import TERMS

DAY = timedelta(days=1)
FIRST, LAST = date(2024, 1, 1), date(2040, 12, 31)
#: Far enough around the years in question for every term there is.
SPAN = [date(2019, 1, 1) + DAY * i for i in range((date(2046, 12, 31) - date(2019, 1, 1)).days + 1)]
#: A region that keeps closed on some days before Christmas and the New Year, and on one in May.
CLOSED = {date(y, m, d) for y in range(2019, 2046, 2) for m, d in ((12, 23), (12, 30), (5, 15))}
REGION = Calendar(frozenset(CLOSED))


def gauss_easter(year: int) -> date:
    a, b, c = year % 19, year % 4, year % 7
    d = (19 * a + 24) % 30
    e = (2 * b + 4 * c + 6 * d + 5) % 7
    march = 22 + d + e
    if march == 57 or (march == 56 and d == 28 and a > 10):
        march -= 7
    return date(year, 3, 1) + DAY * (march - 1)


@cache
def red_days(year: int) -> frozenset[date]:
    """Holidays by the act of 1989 and the eves by that of 1930; Saturdays and Sundays are not among them."""
    easter = gauss_easter(year)
    fixed = {date(year, m, d) for m, d in ((1, 1), (1, 6), (5, 1), (6, 6), (12, 24), (12, 25), (12, 26), (12, 31))}
    moving = {easter + DAY * n for n in (-2, 0, 1, 39, 49)}
    midsummer = next(date(year, 6, d) for d in range(20, 27) if date(year, 6, d).isoweekday() == 6)
    saints = next(d for d in (date(year, 10, 31) + DAY * n for n in range(7)) if d.isoweekday() == 6)
    return frozenset(fixed | moving | {midsummer, midsummer - DAY, saints})


def rests(day: date) -> bool:
    return day.isoweekday() in (6, 7) or day in red_days(day.year)


#: The days on which a last day may stand, and the days that count as working days, one list a question.
LAWFUL = [d for d in SPAN if not rests(d)]
WORKING = [d for d in LAWFUL if d not in REGION.closing_days]


def counted(term: Term, day: date, working: list[date]) -> date:
    amount = -term.amount if term.backward else term.amount
    if term.unit is Unit.WORKING_DAYS:
        if amount == 0:
            return day
        at = bisect_right(working, day) - 1 if amount > 0 else bisect_left(working, day)
        return working[at + amount]
    if term.unit is Unit.MONTHS:
        for d in (day.day, 30, 29, 28):  # the same day of the month, else its last
            month = day.year * 12 + day.month - 1 + amount
            try:
                if d <= day.day:
                    return date(month // 12, month % 12 + 1, d)
            except ValueError:
                continue
    return day + amount * (7 * DAY if term.unit is Unit.WEEKS else DAY)


def expected(term: Term, day: date) -> date:
    own = term.basis is Basis.POLICY
    working = WORKING if own else LAWFUL
    on = counted(term, day, working)
    if term.counting is Counting.EXACT:
        return on
    days = working if term.counting is Counting.WORKING else LAWFUL
    return days[bisect_right(days, on) - 1] if term.backward else days[bisect_left(days, on)]


def shape(term: Term) -> tuple[object, ...]:
    """Rules of one shape give one day: each shape is counted once, for the first of its rules."""
    return term.amount, term.unit, term.counting, term.basis is Basis.POLICY, term.backward


SHAPES = {shape(TERMS[code]): code for code in sorted(TERMS, reverse=True)}


@pytest.mark.parametrize("code", sorted(SHAPES.values()))
def test_every_day_through_every_rule(code: str) -> None:
    term = TERMS[code]
    day = FIRST
    while day <= LAST:
        assert derive(term, "step_begun", day, REGION).due_on == expected(term, day), (code, day)
        day += DAY


def test_receipts_of_every_rule_can_be_counted_again_without_the_regions_calendar() -> None:
    for term in TERMS.values():
        for n in range(0, (LAST - FIRST).days, 31):
            receipt = derive(term, "step_begun", FIRST + DAY * n, REGION)
            again = Receipt.from_json(receipt.as_json())
            assert again == receipt
            assert recompute(again) == receipt, (term.code, FIRST + DAY * n)


def test_closing_days_move_the_regions_own_terms_and_never_the_laws() -> None:
    moved = set()
    for term in TERMS.values():
        for n in range(400):
            day = date(2025, 6, 1) + DAY * n
            if derive(term, "a", day, REGION).due_on != derive(term, "a", day, Calendar()).due_on:
                moved.add(term.basis)
    assert moved == {Basis.POLICY}


# --- the nights on which clocks change -------------------------------------------------------------------------------


def last_sunday(year: int, month: int) -> date:
    return next(date(year, month, d) for d in range(31, 24, -1) if date(year, month, d).isoweekday() == 7)


def summer(at: datetime) -> bool:
    """Summer time runs from the last Sunday of March to that of October, each at one o'clock UTC."""
    turns = [datetime(at.year, m, last_sunday(at.year, m).day, 1, tzinfo=UTC) for m in (3, 10)]
    return turns[0] <= at < turns[1]


NIGHTS = [last_sunday(year, month) for year in range(2024, 2041) for month in (3, 10)]


@pytest.mark.parametrize("sunday", NIGHTS)
def test_each_minute_around_a_change_of_clocks_has_one_local_day(sunday: date) -> None:
    at = datetime(sunday.year, sunday.month, sunday.day, tzinfo=UTC) - timedelta(hours=3)
    minutes_of: dict[date, int] = {}
    for _ in range(30 * 60):
        wall = at + timedelta(hours=2 if summer(at) else 1)
        day = wall.date()
        assert local_date(at) == day, at
        assert start_of_day(day) <= at < end_of_day(day), at
        minutes_of[day] = minutes_of.get(day, 0) + 1
        at += timedelta(minutes=1)
    assert minutes_of[sunday] == (23 if sunday.month == 3 else 25) * 60
    # What was due on Saturday is late from Sunday's midnight, what was due on Sunday 23 or 25 hours after that.
    assert end_of_day(sunday - DAY) == start_of_day(sunday)
    assert end_of_day(sunday) - start_of_day(sunday) == timedelta(hours=23 if sunday.month == 3 else 25)


@pytest.mark.parametrize("sunday", NIGHTS)
def test_each_minute_of_the_clock_on_such_a_day_is_one_instant_of_that_day(sunday: date) -> None:
    for minute in range(24 * 60):
        at = at_local(sunday, *divmod(minute, 60))
        assert local_date(at) == sunday
        shown = at + timedelta(hours=2 if summer(at) else 1)
        skipped = sunday.month == 3 and 120 <= minute < 180
        assert shown.hour * 60 + shown.minute == minute + (60 if skipped else 0)
