"""Deadlines: the authority's worked examples, every day against an oracle, pauses, and receipts."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from states.calendar import LAST_YEAR, Calendar, YearUnknown, local_date
from states.deadlines import (
    Basis,
    Counting,
    Move,
    Pause,
    Receipt,
    Term,
    Unit,
    derive,
    fixed,
    none_applies,
    recompute,
    verify,
)
from tests.states.test_calendar import days, is_rest_day

CALENDAR = Calendar()
DAY = timedelta(days=1)
STANDSTILL = Term("standstill", 10, Unit.CALENDAR_DAYS, Counting.STATUTORY, Basis.LAW, "LOU 20:1")


def term(amount: int, unit: Unit, counting: Counting = Counting.EXACT, **more: Any) -> Term:
    return Term("a_term", amount, unit, counting, Basis.POLICY, "Riktlinje Inköp", **more)


def due(of: Term, anchor_on: date, *pauses: Pause, calendar: Calendar = CALENDAR) -> date:
    due_on = derive(of, "anchor", anchor_on, calendar, pauses=pauses).due_on
    assert due_on is not None
    return due_on


# The worked examples of the standstill
@pytest.mark.parametrize(
    ("sent_on", "amount", "ends_on", "contract_on"),
    [
        (date(2019, 4, 1), 10, date(2019, 4, 11), date(2019, 4, 12)),
        (date(2019, 4, 18), 10, date(2019, 4, 29), date(2019, 4, 30)),
        (date(2026, 12, 14), 10, date(2026, 12, 28), date(2026, 12, 29)),
        (
            local_date(datetime(2027, 6, 14, 22, 30, tzinfo=UTC)),
            10,
            date(2027, 6, 28),
            date(2027, 6, 29),
        ),
        (date(2026, 12, 14), 15, date(2026, 12, 29), date(2026, 12, 30)),  # one notice went by letter
    ],
)
def test_the_standstill_ends_as_in_the_worked_examples(
    sent_on: date, amount: int, ends_on: date, contract_on: date
) -> None:
    receipt = derive(STANDSTILL, "award_notice_sent", sent_on, CALENDAR, amount=amount)
    assert (receipt.due_on, receipt.earliest_next_on) == (ends_on, contract_on)


@pytest.mark.parametrize("amount", [10, 15])
def test_the_standstill_of_a_notice_sent_any_day_from_2024_to_2040(amount: int) -> None:
    for sent_on in days(date(2024, 1, 1), date(2040, 12, 31)):
        ends_on = sent_on + amount * DAY
        while is_rest_day(ends_on):
            ends_on += DAY
        receipt = derive(STANDSTILL, "award_notice_sent", sent_on, CALENDAR, amount=amount)
        assert (receipt.due_on, receipt.earliest_next_on) == (ends_on, ends_on + DAY), sent_on


def test_the_receipt_shows_each_day_the_deadline_was_moved_off_and_why() -> None:
    receipt = derive(STANDSTILL, "award_notice_sent", date(2026, 12, 14), CALENDAR)
    assert receipt.counted_on == date(2026, 12, 24)
    assert receipt.moves == (
        Move(date(2026, 12, 24), date(2026, 12, 25), "eve:Julafton"),
        Move(date(2026, 12, 25), date(2026, 12, 26), "public_holiday:Juldagen"),
        Move(date(2026, 12, 26), date(2026, 12, 27), "public_holiday:Annandag jul"),
        Move(date(2026, 12, 27), date(2026, 12, 28), "sunday"),
    )


@pytest.mark.parametrize(
    ("anchor_on", "months", "expected"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 8, 31), 1, date(2026, 9, 30)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2028, 2, 29), 48, date(2032, 2, 29)),
        (date(2026, 2, 28), 1, date(2026, 3, 28)),  # a month's last day does not stick to month ends
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 6, 30), 0, date(2026, 6, 30)),
    ],
)
def test_months_keep_the_day_of_the_month_or_take_its_last(anchor_on: date, months: int, expected: date) -> None:
    assert due(term(months, Unit.MONTHS), anchor_on) == expected


def test_months_counted_back_from_the_contracts_end() -> None:
    assert due(term(18, Unit.MONTHS, backward=True), date(2027, 12, 31)) == date(2026, 6, 30)
    assert due(term(6, Unit.MONTHS, backward=True), date(2028, 8, 31)) == date(2028, 2, 29)


def test_weeks_and_working_days() -> None:
    assert due(term(3, Unit.WEEKS), date(2026, 10, 1)) == date(2026, 10, 22)
    assert due(term(10, Unit.WORKING_DAYS), date(2026, 12, 18)) == date(2027, 1, 8)


def test_days_are_counted_by_the_calendar_across_the_change_of_clocks() -> None:
    assert due(term(1, Unit.CALENDAR_DAYS), date(2026, 3, 28)) == date(2026, 3, 29)
    assert due(term(1, Unit.CALENDAR_DAYS), date(2026, 10, 25)) == date(2026, 10, 26)


def test_a_backward_term_moves_to_the_working_day_before() -> None:
    answers = term(6, Unit.CALENDAR_DAYS, Counting.WORKING, backward=True)
    receipt = derive(answers, "tender_deadline", date(2026, 4, 9), CALENDAR)  # six days before: Good Friday
    assert receipt.counted_on == date(2026, 4, 3)
    assert receipt.due_on == date(2026, 4, 2)
    assert receipt.moves == (Move(date(2026, 4, 3), date(2026, 4, 2), "public_holiday:Långfredagen"),)
    assert verify(receipt)


def test_a_closing_day_moves_policy_but_neither_law_nor_contract() -> None:
    friday = date(2026, 5, 15)
    region = Calendar(closing_days=frozenset({friday}))
    sent_on = friday - 10 * DAY
    assert due(STANDSTILL, sent_on, calendar=region) == friday
    assert due(term(10, Unit.CALENDAR_DAYS, Counting.EXACT), sent_on, calendar=region) == friday
    assert due(term(10, Unit.CALENDAR_DAYS, Counting.WORKING), sent_on, calendar=region) == date(2026, 5, 18)
    # A statutory last day that has to leave a holiday stops at the first day after it that the law counts.
    assert due(STANDSTILL, date(2026, 5, 4), calendar=region) == friday


# --- pauses ---------------------------------------------------------------------------------------------

PLAN = term(14, Unit.CALENDAR_DAYS, Counting.WORKING, pausable=True)
SENT_ON = date(2026, 11, 2)  # a Monday; without pauses due on Monday the 16th


def pause(first: int, last: int, reason: str = "dispute") -> Pause:
    return Pause(date(2026, 11, first), date(2026, 11, last), reason)


@pytest.mark.parametrize(
    ("pauses", "due_on", "why"),
    [
        ([], 16, "nothing stopped the clock"),
        ([pause(4, 6)], 18, "two days"),
        ([pause(4, 4)], 16, "an empty pause"),
        ([pause(16, 18)], 18, "the last day itself was lost"),
        ([pause(17, 20)], 16, "the time was over"),
        ([pause(1, 4)], 18, "what lay before the anchor took nothing"),
        ([pause(1, 2)], 16, "over before the term began"),
        ([pause(4, 7), pause(5, 9, "force_majeure")], 23, "five days that overlap, then off a Saturday"),
        ([pause(4, 9), pause(5, 7, "force_majeure")], 23, "one pause within the other"),
        ([pause(4, 6), pause(17, 19)], 20, "the second began in the time the first gave back"),
    ],
)
def test_a_pause_gives_back_its_days(pauses: list[Pause], due_on: int, why: str) -> None:
    assert due(PLAN, SENT_ON, *pauses) == date(2026, 11, due_on), why
    assert due(PLAN, SENT_ON, *reversed(pauses)) == date(2026, 11, due_on), why


def test_the_receipt_keeps_only_what_really_stopped_the_clock() -> None:
    given_pauses = [pause(25, 28), pause(5, 9, "force_majeure"), pause(1, 7)]
    receipt = derive(PLAN, "plan_requested", SENT_ON, CALENDAR, pauses=given_pauses)
    # 14 days to the 16th and seven days' pause give the 23rd: what began on the 25th came too late.
    assert receipt.pauses == (pause(2, 7), pause(7, 9, "force_majeure"))
    assert receipt.due_on == date(2026, 11, 23)


def test_a_pause_on_the_weekend_off_which_the_deadline_moves_still_counts() -> None:
    saturday_term = replace(PLAN, amount=12)  # ends on Saturday the 14th, so on Monday the 16th
    assert due(saturday_term, SENT_ON) == date(2026, 11, 16)
    receipt = derive(saturday_term, "plan_requested", SENT_ON, CALENDAR, pauses=[pause(15, 18)])
    assert receipt.due_on == date(2026, 11, 19)  # Monday was lost and comes back after the pause
    assert verify(receipt)


def test_a_term_in_working_days_gets_back_the_working_days_it_lost() -> None:
    five_days = term(5, Unit.WORKING_DAYS, Counting.WORKING, pausable=True)
    friday = date(2026, 10, 30)
    assert due(five_days, friday) == date(2026, 11, 6)
    assert due(five_days, friday, pause(2, 4)) == date(2026, 11, 10)  # Wed, Thu, Fri, Mon, Tue
    assert due(replace(five_days, amount=8), friday, pause(7, 9)) == date(2026, 11, 11)  # a mere weekend


def test_a_term_that_cannot_be_paused_runs_on() -> None:
    receipt = derive(STANDSTILL, "award_notice_sent", SENT_ON, CALENDAR, pauses=[pause(3, 30)])
    assert receipt.due_on == date(2026, 11, 12)
    assert receipt.pauses == ()


# --- refusals -------------------------------------------------------------------------------------------


def test_a_deadline_in_an_unknown_year_is_refused() -> None:
    with pytest.raises(YearUnknown) as refusal:
        derive(STANDSTILL, "award_notice_sent", date(LAST_YEAR, 12, 28), CALENDAR)
    assert refusal.value.year == LAST_YEAR + 1


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        term(-1, Unit.MONTHS)
    with pytest.raises(ValueError, match="negative"):
        derive(STANDSTILL, "award_notice_sent", SENT_ON, CALENDAR, amount=-1)
    with pytest.raises(ValueError, match="paused"):
        term(1, Unit.MONTHS, pausable=True, backward=True)
    with pytest.raises(ValueError, match="before it begins"):
        pause(4, 3)
    with pytest.raises(TypeError, match="local date"):
        derive(STANDSTILL, "award_notice_sent", datetime(2026, 1, 1, tzinfo=UTC), CALENDAR)


# --- receipts -------------------------------------------------------------------------------------------


def through_json(receipt: Receipt) -> Receipt:
    return Receipt.from_json(json.loads(json.dumps(receipt.as_json())))


def test_a_receipt_reads_as_plain_json() -> None:
    receipt = derive(PLAN, "plan_requested", SENT_ON, CALENDAR, pauses=[pause(4, 9)], parameter="plan_days@2026-01-01")
    assert receipt.as_json() == {
        "term": "a_term",
        "anchor": "plan_requested",
        "anchor_on": "2026-11-02",
        "amount": 14,
        "unit": "calendar_days",
        "counting": "working",
        "backward": False,
        "basis": "policy",
        "source": "Riktlinje Inköp",
        "parameter": "plan_days@2026-01-01",
        "counted_on": "2026-11-16",
        "pauses": [{"from_on": "2026-11-04", "to_on": "2026-11-09", "reason": "dispute"}],
        "moves": [
            {"from_on": "2026-11-21", "to_on": "2026-11-22", "reason": "saturday"},
            {"from_on": "2026-11-22", "to_on": "2026-11-23", "reason": "sunday"},
        ],
        "due_on": "2026-11-23",
        "earliest_next_on": "2026-11-24",
    }


def test_no_standstill_applies_by_a_cited_rule() -> None:
    receipt = none_applies("standstill", "award_notice_sent", SENT_ON, "LOU 20:2")
    assert (receipt.due_on, receipt.earliest_next_on) == (None, None)
    assert (receipt.basis, receipt.source) == (Basis.LAW, "LOU 20:2")
    assert through_json(receipt) == receipt
    assert verify(receipt)


def test_a_stated_date_stands_as_stated() -> None:
    saturday = date(2026, 11, 14)
    receipt = fixed("standstill", "award_notice_sent", saturday, Basis.LAW, "LOU 20:1", anchor_on=SENT_ON)
    assert (receipt.due_on, receipt.earliest_next_on) == (saturday, saturday + DAY)
    assert through_json(receipt) == receipt
    assert verify(receipt)


@pytest.mark.parametrize(
    "change",
    [
        {"due_on": date(2026, 12, 24)},
        {"earliest_next_on": date(2026, 12, 28)},
        {"counted_on": date(2026, 12, 23)},
        {"amount": 15},
        {"anchor_on": date(2026, 12, 18)},
        {"counting": Counting.EXACT},
        {"moves": ()},
        {"pauses": (Pause(date(2026, 12, 15), date(2026, 12, 20), "dispute"),)},
    ],
)
def test_an_altered_receipt_does_not_verify(change: dict[str, Any]) -> None:
    receipt = derive(STANDSTILL, "award_notice_sent", date(2026, 12, 14), CALENDAR)
    assert verify(receipt)
    assert not verify(replace(receipt, **change))


def test_half_a_receipt_is_refused() -> None:
    receipt = derive(STANDSTILL, "award_notice_sent", SENT_ON, CALENDAR)
    with pytest.raises(ValueError, match="half a term"):
        recompute(replace(receipt, amount=None))
    with pytest.raises(ValueError, match="from when"):
        recompute(replace(receipt, anchor_on=None))
    with pytest.raises(ValueError, match="not a deadline's receipt"):
        Receipt.from_json({"due_on": "2026-11-12"})
    with pytest.raises(ValueError, match="fortnights"):
        Receipt.from_json(receipt.as_json() | {"unit": "fortnights"})


dates = st.dates(date(2020, 1, 1), date(2045, 12, 31))
terms = st.builds(
    Term,
    code=st.just("a_term"),
    amount=st.integers(0, 60),
    unit=st.sampled_from(Unit),
    counting=st.sampled_from(Counting),
    basis=st.sampled_from(Basis),
    source=st.just("a rule"),
    pausable=st.booleans(),
)
pauses_of_a_case = st.lists(
    st.tuples(st.integers(-30, 400), st.integers(0, 60)), max_size=4
)  # days after the anchor, length


@given(of=terms, anchor_on=dates, spans=pauses_of_a_case, backward=st.booleans())
def test_any_receipt_survives_json_and_can_be_recomputed(
    of: Term, anchor_on: date, spans: list[tuple[int, int]], backward: bool
) -> None:
    if backward:
        of = replace(of, pausable=False, backward=True)
    stops = [Pause(anchor_on + first * DAY, anchor_on + (first + length) * DAY, "dispute") for first, length in spans]
    region = Calendar(frozenset({anchor_on + 14 * DAY, anchor_on - 14 * DAY}))
    receipt = derive(of, "anchor", anchor_on, region, pauses=stops)
    again = through_json(receipt)
    assert again == receipt
    assert recompute(again) == receipt
    assert verify(again)


@given(of=terms, anchor_on=dates, spans=pauses_of_a_case)
def test_a_pause_never_shortens_anyones_time(of: Term, anchor_on: date, spans: list[tuple[int, int]]) -> None:
    stops = [Pause(anchor_on + first * DAY, anchor_on + (first + length) * DAY, "dispute") for first, length in spans]
    receipt = derive(replace(of, pausable=True), "anchor", anchor_on, CALENDAR, pauses=stops)
    assert receipt.due_on is not None
    assert receipt.counted_on is not None
    stopped = {day for stop in receipt.pauses for day in days(stop.from_on, stop.to_on - DAY)}
    running = [day for day in days(anchor_on + DAY, receipt.due_on) if day not in stopped]
    if of.unit is Unit.WORKING_DAYS:
        assert sum(not is_rest_day(day) for day in running) >= of.amount
    else:
        assert len(running) >= (receipt.counted_on - anchor_on).days
