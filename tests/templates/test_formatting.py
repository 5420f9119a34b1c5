"""Dates, sums and deadlines read as a Swede writes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from templates import formatting
from templates.formatting import day, due_words, file_size, instant, long_day, money, receipt_sentence, week

TODAY = date(2026, 11, 21)
NBSP = "\N{NO-BREAK SPACE}"


def receipt(**values: Any) -> dict[str, Any]:
    base = {
        "term": "standstill", "anchor": "award_notice_sent", "anchor_on": "2026-12-14", "amount": 10,
        "unit": "calendar_days", "counting": "statutory", "backward": False, "basis": "law",
        "source": "LOU 20:1", "parameter": None, "counted_on": "2026-12-24", "pauses": [], "moves": [],
        "due_on": "2026-12-24",
    }  # fmt: skip
    return base | values


def test_a_day_says_its_year_only_when_it_is_another_year() -> None:
    assert day(date(2026, 11, 27), "sv", TODAY) == "27 nov."
    assert day(date(2027, 1, 3), "sv", TODAY) == "3 jan. 2027"
    assert day(date(2026, 11, 27), "sv") == "27 nov. 2026"
    assert day(date(2026, 11, 27), "en", TODAY) == "27 Nov"


def test_a_long_day_names_the_weekday() -> None:
    assert long_day(date(2026, 11, 27), "sv") == "fredag 27 november 2026"
    assert long_day(date(2026, 11, 27), "en") == "Friday 27 November 2026"


def test_an_instant_is_told_in_swedish_time_on_the_local_day() -> None:
    assert instant(datetime(2026, 11, 21, 8, 5, tzinfo=UTC), "sv", TODAY) == "21 nov. kl. 09.05"
    assert instant(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), "en", TODAY) == "2 Jul at 00:30"
    with pytest.raises(ValueError, match="time zone"):
        instant(datetime(2026, 11, 21, 8, 5), "sv")


def test_the_week_is_the_iso_week() -> None:
    assert week(TODAY, "sv") == "v. 47"
    assert week(date(2027, 1, 1), "en") == "week 53"


def test_money_never_breaks_across_lines() -> None:
    assert money(1234567, "sv") == f"1{NBSP}234{NBSP}567{NBSP}kr"
    assert money(Decimal("1234.5"), "sv") == f"1{NBSP}234,50{NBSP}kr"
    assert money(1234567, "en") == f"SEK{NBSP}1,234,567"


def test_file_sizes() -> None:
    assert [file_size(n, "sv") for n in (1, 820, 34_000, 2_410_000)] == [
        "1 byte", "820 byte", f"34{NBSP}kB", f"2,4{NBSP}MB",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("days", "words", "tone"),
    [
        (-3, "3 dagar sen", "late"),
        (-1, "1 dag sen", "late"),
        (0, "i dag", "soon"),
        (1, "i morgon", "soon"),
        (3, "om 3 dagar", "calm"),
    ],
)
def test_a_last_day_is_told_by_how_far_off_it_is(days: int, words: str, tone: str) -> None:
    assert due_words(TODAY + timedelta(days), TODAY, "sv") == (words, tone)


def test_a_receipt_says_from_what_and_by_which_law() -> None:
    assert (
        receipt_sentence(receipt(), "sv") == "24 dec. 2026 = 10 dagar från 14 dec. (underrättelsen skickad), LOU 20:1."
    )


def test_a_receipt_names_every_day_that_the_date_moved_off() -> None:
    moved = receipt(
        due_on="2026-12-28",
        moves=[
            {"from_on": "2026-12-24", "to_on": "2026-12-25", "reason": "eve:Julafton"},
            {"from_on": "2026-12-25", "to_on": "2026-12-26", "reason": "public_holiday:Juldagen"},
            {"from_on": "2026-12-26", "to_on": "2026-12-27", "reason": "public_holiday:Annandag jul"},
            {"from_on": "2026-12-27", "to_on": "2026-12-28", "reason": "sunday"},
        ],
    )
    assert receipt_sentence(moved, "sv").endswith(
        "24 dec. är julafton, 25 dec. juldagen, 26 dec. annandag jul och 27 dec. söndag, "
        "så sista dagen flyttas till 28 dec."
    )
    assert "24 Dec is Christmas Eve" in receipt_sentence(moved, "en")


def test_a_day_with_two_holidays_names_both() -> None:
    reason = "public_holiday:Första maj; Kristi himmelsfärdsdag"
    assert formatting.rest_reason(reason, "sv") == "första maj och Kristi himmelsfärdsdag"


def test_a_receipt_tells_when_the_clock_stood_still() -> None:
    paused = receipt(
        due_on="2027-01-04", pauses=[{"from_on": "2026-12-28", "to_on": "2026-12-30", "reason": "dispute"}]
    )
    assert "Tiden stod stilla från 28 dec. 2026 till 30 dec. 2026 (tvist)." in receipt_sentence(paused, "sv")


def test_a_term_counted_back_says_before() -> None:
    back = receipt(
        backward=True, anchor="meeting_planned", unit="working_days", amount=5, due_on="2026-12-07", source="§ 4"
    )
    assert receipt_sentence(back, "sv") == "7 dec. 2026 = 5 arbetsdagar före 14 dec. (mötet), § 4."


def test_a_given_date_is_said_to_be_given() -> None:
    given = receipt(amount=None, unit=None, counting=None, anchor_on=None)
    assert "är ett bestämt datum" in receipt_sentence(given, "sv")


def test_no_deadline_cites_the_rule_that_says_so() -> None:
    none = receipt(due_on=None, source="LOU 20:2")
    assert receipt_sentence(none, "sv") == "Avtalsspärr gäller inte: LOU 20:2."


def test_every_rest_day_of_the_calendar_has_a_name() -> None:
    from states.calendar import FIRST_YEAR, LAST_YEAR, Calendar

    calendar = Calendar()
    days = (LAST_YEAR - FIRST_YEAR + 1) * 365
    reasons = {calendar.rest_reason(date(FIRST_YEAR, 1, 1) + timedelta(n)) for n in range(days)} - {None}
    for reason in {*reasons, "closing_day"}:
        for locale in ("sv", "en"):
            assert formatting.rest_reason(str(reason), locale)
