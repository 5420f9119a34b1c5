"""When a duty comes again, over leap years and turns of the year."""

from __future__ import annotations

from datetime import date, timedelta

from states.recurrence import Recurrence, Rhythm, occurrences

FIRST, LAST = date(2024, 1, 1), date(2040, 12, 31)


def days(r: Recurrence, first: date = FIRST, last: date = LAST) -> list[date]:
    return [o.due_on for o in occurrences(r, first, last)]


def test_a_yearly_duty_comes_on_its_day_each_year() -> None:
    assert days(Recurrence(Rhythm.YEARLY, 3, 31)) == [date(y, 3, 31) for y in range(2024, 2041)]


def test_a_day_that_a_month_does_not_have_is_its_last() -> None:
    assert days(Recurrence(Rhythm.YEARLY, 2, 29), last=date(2028, 12, 31)) == [
        date(2024, 2, 29), date(2025, 2, 28), date(2026, 2, 28), date(2027, 2, 28), date(2028, 2, 29),
    ]  # fmt: skip


def test_four_a_year_are_expected_by_the_end_of_each_quarter() -> None:
    year = (date(2027, 1, 1), date(2027, 12, 31))
    found = list(occurrences(Recurrence(Rhythm.TIMES_A_YEAR, times=4), *year))
    assert [(o.period, o.due_on) for o in found] == [
        ("2027-1", date(2027, 3, 31)), ("2027-2", date(2027, 6, 30)), ("2027-3", date(2027, 9, 30)), ("2027-4", date(2027, 12, 31)),
    ]  # fmt: skip
    assert {o.opens_on for o in found} == {date(2027, 1, 1)}


def test_every_second_and_third_year_count_from_their_first() -> None:
    assert [d.year for d in days(Recurrence(Rhythm.EVERY_YEARS, every_years=2, base_year=2026))][:3] == [
        2024,
        2026,
        2028,
    ]
    assert [d.year for d in days(Recurrence(Rhythm.EVERY_YEARS, every_years=3, base_year=2025))][:3] == [
        2025,
        2028,
        2031,
    ]


def test_whatever_the_window_each_period_comes_once_and_none_is_lost() -> None:
    for r in (Recurrence(Rhythm.YEARLY, 12, 31), Recurrence(Rhythm.YEARLY, 1, 1), Recurrence(Rhythm.TIMES_A_YEAR, times=12),
              Recurrence(Rhythm.EVERY_YEARS, 2, 29, every_years=2)):  # fmt: skip
        whole = list(occurrences(r, FIRST, LAST))
        assert len({o.period for o in whole}) == len(whole)
        daily, day = [], FIRST
        while day <= LAST:
            daily += occurrences(r, day, day)
            day += timedelta(days=1)
        assert daily == whole


def test_it_is_opened_so_many_days_before() -> None:
    (o,) = occurrences(Recurrence(Rhythm.YEARLY, 3, 1, lead_days=1), date(2028, 1, 1), date(2028, 12, 31))
    assert o.opens_on == date(2028, 2, 29)
