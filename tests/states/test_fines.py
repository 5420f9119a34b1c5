"""The account of a fine against a count by hand: day by day, with a finger on the calendar."""

from __future__ import annotations

import os
import random
from datetime import date, timedelta

import pytest

from states.fines import FineTerms, Stay, fine_account

TERMS = FineTerms(10_000_00, 8)
DAY = timedelta(days=1)


def by_hand(from_on: date, today: date, stays: list[Stay], ended_on: date | None, cap: int) -> list[date]:
    """The first days of the weeks that have started: every seventh of the days on which the fine ran."""
    first_days, ran, day = [], 0, from_on
    while day <= today:
        held = any(s.from_on <= day and (s.to_on is None or day < s.to_on) for s in stays)
        if not held and (ended_on is None or day < ended_on):
            if ran % 7 == 0 and len(first_days) < cap:
                first_days.append(day)
            ran += 1
        day += DAY
    return first_days


@pytest.mark.parametrize(
    ("from_on", "second"),
    [
        (date(2026, 3, 26), date(2026, 4, 2)),  # over the night of 29 March, which has 23 hours
        (date(2026, 10, 22), date(2026, 10, 29)),  # over the night of 25 October, which has 25
        (date(2026, 12, 28), date(2027, 1, 4)),  # over the turn of the year
        (date(2028, 2, 26), date(2028, 3, 4)),  # over a leap day
    ],
)
def test_a_week_is_seven_days_whatever_the_clocks_do(from_on: date, second: date) -> None:
    before, after = (fine_account(TERMS, from_on, day) for day in (second - DAY, second))
    assert (len(before.weeks), before.total_ore) == (1, 10_000_00)
    assert (len(after.weeks), after.total_ore, after.weeks[1].starts_on) == (2, 20_000_00, second)


def test_ten_thousand_a_week_to_a_cap_of_eight() -> None:
    first = date(2026, 12, 1)
    account = fine_account(TERMS, first, first + timedelta(days=48))
    assert (len(account.weeks), account.cap_is_reached) == (7, False)
    account = fine_account(TERMS, first, first + timedelta(days=49))
    assert (account.total_ore, account.cap_is_reached, account.next_on) == (80_000_00, True, None)
    assert fine_account(TERMS, first, first + timedelta(days=400)).total_ore == 80_000_00


def test_a_stay_in_the_middle_of_a_week_gives_its_days_and_no_more() -> None:
    first = date(2026, 6, 1)
    stay = Stay(date(2026, 6, 4), date(2026, 6, 7), "dispute")  # three days, when three of the week had run
    account = fine_account(TERMS, first, date(2026, 6, 10), [stay])
    assert (len(account.weeks), account.next_on) == (1, date(2026, 6, 11))
    open_stay = fine_account(TERMS, first, date(2027, 6, 1), [Stay(date(2026, 6, 4), None, "plan_received")])
    assert (len(open_stay.weeks), open_stay.next_on) == (1, None)


def test_nothing_has_started_before_the_first_day_or_without_an_amount() -> None:
    account = fine_account(TERMS, date(2026, 6, 2), date(2026, 6, 1))
    assert (account.total_ore, account.next_on) == (0, date(2026, 6, 2))
    assert fine_account(FineTerms(0, 0), date(2026, 6, 1), date(2026, 9, 1)).total_ore == 0
    with pytest.raises(ValueError, match="negative"):
        fine_account(FineTerms(-1, 8), date(2026, 6, 1), date(2026, 9, 1))


def test_the_account_always_equals_a_count_by_hand() -> None:
    seed = int(os.environ.get("STEGVIS_SEED") or random.SystemRandom().randrange(2**32))
    print(f"replay with STEGVIS_SEED={seed}")
    rng = random.Random(seed)
    for _ in range(400):
        first = date(2026, 1, 1) + timedelta(days=rng.randrange(1200))
        today = first + timedelta(days=rng.randrange(-3, 150))
        stays = []
        for _ in range(rng.randrange(4)):
            begin = first + timedelta(days=rng.randrange(-5, 120))
            stays.append(Stay(begin, begin + timedelta(days=rng.randrange(0, 30)), "dispute"))
        if rng.random() < 0.2:
            stays.append(Stay(first + timedelta(days=rng.randrange(120)), None, "plan_received"))
        ended_on = first + timedelta(days=rng.randrange(120)) if rng.random() < 0.3 else None
        cap = rng.choice([0, 1, 4, 8, 20])
        account = fine_account(FineTerms(25_000_00, cap), first, today, stays, ended_on)
        assert [w.starts_on for w in account.weeks] == by_hand(first, today, stays, ended_on, cap)
        assert account.total_ore == 25_000_00 * len(account.weeks)
        if account.next_on is not None:
            assert account.next_on > today
            later = by_hand(first, account.next_on, stays, ended_on, cap)
            assert later == [*(w.starts_on for w in account.weeks), account.next_on]
