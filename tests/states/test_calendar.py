"""The Swedish calendar against an oracle of its own: Easter by Meeus, the holidays by the act of 1989."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from states.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    Calendar,
    YearUnknown,
    at_local,
    end_of_day,
    local_date,
    start_of_day,
)

CALENDAR = Calendar()
DAY = timedelta(days=1)


def easter_sunday(year: int) -> date:
    """Gregorian Easter by the Meeus/Jones/Butcher rule."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day0 = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day0 + 1)


def saturday_from(day: date) -> date:
    return day + DAY * ((5 - day.weekday()) % 7)


def holidays_and_eves(year: int) -> set[date]:
    easter = easter_sunday(year)
    midsummer = saturday_from(date(year, 6, 20))
    days = {date(year, *md) for md in [(1, 1), (1, 6), (5, 1), (12, 24), (12, 25), (12, 26), (12, 31)]}
    days |= {easter - 2 * DAY, easter, easter + DAY, easter + 39 * DAY, easter + 49 * DAY}
    days |= {midsummer - DAY, midsummer, saturday_from(date(year, 10, 31))}
    # From 2005 the National Day is a holiday, and Whit Monday no longer is.
    days.add(date(year, 6, 6) if year >= 2005 else easter + 50 * DAY)
    return days


def is_rest_day(day: date) -> bool:
    return day.isoweekday() > 5 or day in holidays_and_eves(day.year)


def days(first: date, last: date) -> list[date]:
    return [first + DAY * i for i in range((last - first).days + 1)]


@pytest.mark.parametrize("year", range(FIRST_YEAR, LAST_YEAR + 1))
def test_every_day_rests_or_works_as_the_acts_say(year: int) -> None:
    named = holidays_and_eves(year)
    for day in days(date(year, 1, 1), date(year, 12, 31)):
        rests = day.isoweekday() > 5 or day in named
        assert CALENDAR.is_rest_day(day) is rests, day
        assert CALENDAR.is_working_day(day) is not rests, day
        assert (CALENDAR.rest_reason(day) is not None) is rests, day


def test_every_day_from_2024_to_2040_finds_the_next_working_day() -> None:
    for day in days(date(2024, 1, 1), date(2040, 12, 31)):
        expected = day
        while is_rest_day(expected):
            expected += DAY
        assert CALENDAR.next_working_day(day) == expected


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2026, 4, 3), "public_holiday:Långfredagen"),
        (date(2027, 6, 25), "eve:Midsommarafton"),
        (date(2027, 6, 26), "public_holiday:Midsommardagen"),  # a Saturday, told by its name
        (date(2026, 12, 24), "eve:Julafton"),
        (date(2026, 12, 31), "eve:Nyårsafton"),
        (date(2026, 11, 28), "saturday"),
        (date(2026, 11, 29), "sunday"),
        (date(2026, 11, 30), None),
        (date(2026, 4, 2), None),  # Maundy Thursday is half a day off at most, never a rest day
        (date(2026, 5, 15), None),  # nor is the Friday after Ascension Day
    ],
)
def test_a_rest_day_says_why(day: date, reason: str | None) -> None:
    assert CALENDAR.rest_reason(day) == reason


def test_a_closing_day_is_no_working_day_but_no_rest_day_either() -> None:
    friday_after_ascension = date(2026, 5, 15)
    region = Calendar(closing_days=frozenset({friday_after_ascension}))
    assert not region.is_rest_day(friday_after_ascension)
    assert not region.is_working_day(friday_after_ascension)
    assert region.rest_reason(friday_after_ascension) == "closing_day"
    assert region.next_working_day(friday_after_ascension) == date(2026, 5, 18)


def test_working_days_pass_easter_in_both_directions() -> None:
    wednesday, next_thursday = date(2026, 4, 1), date(2026, 4, 9)
    assert CALENDAR.add_working_days(wednesday, 4) == next_thursday  # Thu 2, Tue 7, Wed 8, Thu 9
    assert CALENDAR.add_working_days(next_thursday, -4) == wednesday
    assert CALENDAR.add_working_days(date(2026, 4, 4), 0) == date(2026, 4, 4)
    assert CALENDAR.add_working_days(date(2026, 4, 4), 1) == date(2026, 4, 7)


def test_counting_working_days_undoes_adding_them() -> None:
    for day in days(date(2026, 3, 20), date(2026, 7, 10)):
        for n in (-30, -1, 0, 1, 2, 10, 30):
            assert CALENDAR.working_days_between(day, CALENDAR.add_working_days(day, n)) == n


def test_an_unknown_year_is_refused_even_for_a_weekend() -> None:
    for day in (date(FIRST_YEAR - 1, 12, 31), date(LAST_YEAR + 1, 1, 1)):
        for question in (CALENDAR.is_rest_day, CALENDAR.is_working_day, CALENDAR.rest_reason):
            with pytest.raises(YearUnknown) as refusal:
                question(day)
            assert refusal.value.year == day.year
    with pytest.raises(YearUnknown):
        CALENDAR.next_working_day(date(LAST_YEAR, 12, 31))
    with pytest.raises(YearUnknown):
        CALENDAR.add_working_days(date(FIRST_YEAR, 1, 2), -1)


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_a_day_has_23_24_or_25_hours_and_none_is_lost(day: date, hours: int) -> None:
    start, end = start_of_day(day), end_of_day(day)
    assert end - start == timedelta(hours=hours)
    assert end == start_of_day(day + DAY)
    assert start.tzinfo is UTC
    assert local_date(start) == day == local_date(end - timedelta(microseconds=1))
    assert local_date(end) == day + DAY


def test_half_past_seven_stays_half_past_seven_through_the_year() -> None:
    assert at_local(date(2026, 3, 28), 7, 30) == datetime(2026, 3, 28, 6, 30, tzinfo=UTC)
    assert at_local(date(2026, 3, 29), 7, 30) == datetime(2026, 3, 29, 5, 30, tzinfo=UTC)
    assert at_local(date(2026, 10, 25), 7, 30) == datetime(2026, 10, 25, 6, 30, tzinfo=UTC)


def test_the_hour_that_is_skipped_and_the_hour_that_comes_twice_each_mean_one_instant() -> None:
    assert at_local(date(2026, 3, 29), 2, 30) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert at_local(date(2026, 10, 25), 2, 30) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_the_local_date_is_not_the_utc_date() -> None:
    assert local_date(datetime(2027, 6, 14, 22, 30, tzinfo=UTC)) == date(2027, 6, 15)
    assert local_date(datetime(2027, 12, 14, 22, 30, tzinfo=UTC)) == date(2027, 12, 14)


def test_an_instant_without_a_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        local_date(datetime(2026, 1, 1, 12, 0))
