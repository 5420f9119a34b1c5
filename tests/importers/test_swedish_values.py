from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workflow.importers.organisations import (
    BUYERS,
    OrganisationNumber,
    luhn_holds,
    organisation_number,
    region_of_buyer,
    supplier_match_key,
)
from workflow.importers.rows import Problem
from workflow.importers.swedish_values import (
    parse_cpv,
    parse_date,
    parse_int_days,
    parse_money,
    parse_options,
    parse_yes_no,
)


def problem(value: object) -> str:
    assert isinstance(value, Problem), value
    return value.code.removeprefix("error.import_")


@pytest.mark.parametrize(
    "written",
    [
        "2027-03-31",
        "31/3 2027",
        "31/3-2027",
        "31.3.2027",
        "31 mars 2027",
        "den 31 mars 2027",
        "31 mar. 2027",
        "20270331",
        "2027-03-31 00:00:00",
        " 2027-03-31 ",
        date(2027, 3, 31),
        datetime(2027, 3, 31, 9, 5),
        46477.0,
        20270331.0,
    ],
)
def test_a_date_is_read_in_every_way_it_is_written(written: object) -> None:
    assert parse_date(written) == date(2027, 3, 31)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("mars 2027", "date_not_whole"),
        ("2027", "date_not_whole"),
        ("270331", "date_not_whole"),
        ("tills vidare", "date_open_ended"),
        ("1800-01-01", "date_out_of_range"),
        ("2101-01-01", "date_out_of_range"),
        ("1989-12-31", "date_out_of_range"),
        ("2027-02-30", "date_unreadable"),
        ("3/31/2027", "date_unreadable"),
        (-1, "date_unreadable"),
        (True, "date_unreadable"),
        ("=IDAG()", "date_unreadable"),
    ],
)
def test_what_is_not_one_whole_day_is_told(written: object, why: str) -> None:
    assert problem(parse_date(written)) == why  # type: ignore[arg-type]


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_every_day_comes_back_as_it_was_written(day: date) -> None:
    assert parse_date(day.isoformat()) == day
    assert parse_date(f"{day.day}/{day.month} {day.year}") == day
    assert parse_date(f"{day:%Y%m%d}") == day


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("1 234,50", "1234.50"),
        ("1\u00a0234\u202f567 kr", "1234567"),
        ("1 234 567:-", "1234567"),
        ("1,2 Mkr", "1200000"),
        ("1.5 mnkr", "1500000"),
        ("500 tkr", "500000"),
        ("2 miljoner kr", "2000000"),
        ("1.234.567,50", "1234567.50"),
        ("1,234,567.50", "1234567.50"),
        ("SEK 5 000", "5000"),
        ("ca 3 Mkr", "3000000"),
        (1234.5, "1234.50"),
        (0, "0"),
    ],
)
def test_money_is_read_in_every_way_it_is_written(written: str | float, amount: str) -> None:
    assert parse_money(written) == Decimal(amount)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("-1", "money_negative"),
        ("−5 kr", "money_negative"),
        (-1, "money_negative"),
        ("1.234", "money_ambiguous"),
        ("12 34", "money_unreadable"),
        ("många", "money_unreadable"),
        ("1000 EUR", "money_other_currency"),
        ("1 000 kr/mån", "money_per_period"),
        (float("nan"), "money_out_of_range"),
        (1e30, "money_out_of_range"),
    ],
)
def test_what_is_not_one_amount_in_kronor_is_told(written: str | float, why: str) -> None:
    assert problem(parse_money(written)) == why


@given(st.integers(0, 10**13))
def test_every_amount_comes_back_as_it_was_written(ore: int) -> None:
    written = f"{ore // 100:,}".replace(",", " ") + f",{ore % 100:02}"
    assert parse_money(written) == Decimal(ore) / 100


@given(st.text() | st.floats() | st.integers() | st.booleans() | st.dates())
def test_no_cell_makes_reading_fail(cell: str | float | bool | date) -> None:
    readers = (parse_date, parse_money, parse_int_days, parse_options, parse_yes_no, parse_cpv, organisation_number)
    for read in readers:
        read(cell)


def test_a_term_of_notice_has_an_amount_and_a_unit() -> None:
    assert parse_int_days("3 mån") == (3, "months")
    assert parse_int_days("90 dagar") == (90, "days")
    assert parse_int_days("tre månader före avtalets utgång") == (3, "months")
    assert parse_int_days("2 veckor") == (14, "days")
    assert parse_int_days("1 år") == (12, "months")
    assert parse_int_days(6.0, "months") == (6, "months")
    assert problem(parse_int_days(6.0)) == "period_without_unit"
    assert problem(parse_int_days("3 mån / 6 mån")) == "period_unreadable"
    assert problem(parse_int_days("-1 mån")) == "period_out_of_range"


def test_options_are_read_one_by_one_in_months() -> None:
    assert parse_options("2 x 12 mån") == [12, 12]
    assert parse_options("1+1 år") == [12, 12]
    assert parse_options("Ja 24 månader") == [24]
    assert parse_options("1 år + 6 mån") == [12, 6]
    assert parse_options("Ja (12+12 mån)") == [12, 12]
    assert parse_options("Nej") == []
    assert parse_options("12+12", "months") == [12, 12]
    assert problem(parse_options("12+12")) == "period_without_unit"
    assert problem(parse_options("Ja")) == "options_without_length"
    assert problem(parse_options("1 år i taget, max 4")) == "options_unreadable"


def test_yes_no_and_cpv() -> None:
    assert [parse_yes_no(cell) for cell in ("Ja", "x", "True", 1.0, True)] == [True] * 5
    assert [parse_yes_no(cell) for cell in ("nej", "False", 0)] == [False] * 3
    assert problem(parse_yes_no("kanske")) == "yes_no_unreadable"
    assert parse_cpv("33100000-1 Medicinsk utrustning") == "33100000"
    assert parse_cpv(3311100.0) == "03311100"
    assert problem(parse_cpv("00000000 Uppgift saknas")) == "cpv_not_stated"
    assert problem(parse_cpv("331")) == "cpv_unreadable"


@pytest.mark.parametrize("written", ["5560125790", "556012-5790", "16556012-5790", "SE556012579001", 5560125790.0])
def test_an_organisation_number_is_written_one_way(written: str | float) -> None:
    assert organisation_number(written) == OrganisationNumber("556012-5790")


@pytest.mark.parametrize("written", ["811228-9874", "19811228-9874", "8112289874", "SE811228987401", "811288-9874"])
def test_a_personal_identity_number_is_refused_and_never_repeated(written: str) -> None:
    found = organisation_number(written)
    assert problem(found) == "personal_identity_number"
    assert "9874" not in repr(found)


def test_a_wrong_number_is_told_and_a_foreign_one_is_kept_as_written() -> None:
    assert problem(organisation_number("556012-5791")) == "organisation_number_wrong"
    assert problem(organisation_number("123")) == "organisation_number_wrong"
    assert organisation_number("NO 914 594 685 MVA") == OrganisationNumber("NO 914 594 685 MVA", foreign=True)


def test_two_spellings_of_a_supplier_share_a_key_but_two_legal_forms_do_not() -> None:
    keys = {
        supplier_match_key(name) for name in ("Bräda & Bult AB", "BRÄDA & BULT AKTIEBOLAG (publ)", "AB Bräda& Bult")
    }
    assert len(keys) == 1
    assert supplier_match_key("Bräda & Bult HB") not in keys


def test_every_region_has_a_number_that_holds_and_is_found_by_it_and_by_its_names() -> None:
    assert len(BUYERS) == 21
    for region, buyer in BUYERS.items():
        assert luhn_holds(buyer.organisation_number.replace("-", ""))
        assert region_of_buyer("", buyer.organisation_number) == region
        for name in buyer.names:
            assert region_of_buyer(name.upper()) == region
    assert region_of_buyer("Luleå kommun", "212000-2742") is None
    assert problem(region_of_buyer("Region Kalmar län", "232100-0230")) == "buyer_disagrees"
