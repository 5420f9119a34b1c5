from __future__ import annotations

import random
from datetime import date
from decimal import Decimal

import pytest

from tests.importers.samples import csv_file, workbook
from workflow.importers.column_mapping import guess_mapping
from workflow.importers.contract_register import ContractRecord, read_contract_register
from workflow.importers.rows import ImportRefused, Outcome, RowResult, account, account_line
from workflow.importers.table_files import Table, read_table

HEADERS = ["Avtal", "Dnr", "Leverantör", "Org.nr", "Från", "Till", "Option", "Uppsägningstid", "Värde", "Ansvarig"]
ROW = ["Städning", "RS 123-2024", "Rent AB", "556012-5790", "2024-01-01", "2027-12-31", "2 x 12 mån", "3 mån"]
ROW += ["1 234,50", "Anna Ek"]


def results(table: Table) -> list[RowResult[ContractRecord]]:
    return read_contract_register(table, guess_mapping(table.headers, table.sample()))


def read(*rows: list[str]) -> list[RowResult[ContractRecord]]:
    return results(read_table(csv_file([HEADERS, *rows]), "avtal.csv"))


def changed(**cells: str) -> list[str]:
    """The row, with some cells changed (by header, `_` for what Python cannot write)."""
    by_header = dict(zip(HEADERS, ROW, strict=True)) | {name.replace("_", "."): cell for name, cell in cells.items()}
    return list(by_header.values())


def codes(result: RowResult[ContractRecord]) -> list[tuple[str | None, str]]:
    return [(problem.field, problem.code.removeprefix("error.import_")) for problem in result.problems]


def test_a_row_becomes_a_contract_with_everything_it_says() -> None:
    (result,) = read(ROW)
    assert result.outcome is Outcome.USED
    assert result.problems == ()
    contract = result.record
    assert contract is not None
    assert (contract.title, contract.supplier_name, contract.owner) == ("Städning", "Rent AB", "Anna Ek")
    assert (contract.registry_number, contract.organisation_number) == ("RS 123-2024", "556012-5790")
    assert (contract.start_on, contract.end_on) == (date(2024, 1, 1), date(2027, 12, 31))
    assert (contract.option_months, contract.notice) == ((12, 12), (3, "months"))
    assert contract.value == Decimal("1234.50")
    assert "value" not in contract.missing
    assert "cpv" in contract.missing


def test_a_value_that_cannot_be_read_is_missing_and_told_but_the_row_is_used() -> None:
    (result,) = read(changed(Värde="-1", Org_nr="556012-5791", Uppsägningstid="snart"))
    assert result.outcome is Outcome.USED
    assert result.record is not None
    assert {"value", "organisation_number", "notice"} <= set(result.record.missing)
    assert codes(result) == [
        ("organisation_number", "organisation_number_wrong"),
        ("notice", "period_unreadable"),
        ("value", "money_negative"),
    ]


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"Avtal": ""}, ("title", "required_missing")),
        ({"Leverantör": "-"}, ("supplier_name", "required_missing")),
        ({"Till": ""}, ("end_on", "required_missing")),
        ({"Till": "tills vidare"}, ("end_on", "date_open_ended")),
        ({"Till": "1800-01-01"}, ("end_on", "date_out_of_range")),
        ({"Till": "mars 2027"}, ("end_on", "date_not_whole")),
        ({"Till": "2023-12-31"}, ("end_on", "ends_before_start")),
        ({"Org_nr": "811228-9874"}, ("organisation_number", "personal_identity_number")),
    ],
)
def test_a_row_that_cannot_be_used_is_unclear_and_says_why(cells: dict[str, str], told: tuple[str, str]) -> None:
    (result,) = read(changed(**cells))
    assert result.outcome is Outcome.UNCLEAR
    assert result.record is None
    assert told in codes(result)


def test_rows_without_a_contract_are_skipped_with_the_reason() -> None:
    summary = ["Summa", *[""] * 7, "1 234,50", ""]
    rows = read(ROW, [""] * 10, HEADERS, summary, changed(Avtal="Totalentreprenad"))
    assert [codes(row) for row in rows[1:4]] == [
        [(None, "blank_row")],
        [(None, "repeated_header")],
        [(None, "summary_row")],
    ]
    assert account_line("rows", rows) == "rows 5: used 2, skipped 3, unclear 0"
    assert [row.row_number for row in rows] == [2, 3, 4, 5, 6]


def test_a_row_that_stands_twice_is_used_once_and_a_contradiction_is_left_to_a_person() -> None:
    rows = read(ROW, changed(Leverantör="RENT AKTIEBOLAG"), ROW, changed(Till="2029-12-31"))
    assert [row.outcome for row in rows] == ["used", "unclear", "skipped", "unclear"]
    assert [dict(row.problems[0].params) for row in rows[1:]] == [{"row": "2"}] * 3


def test_the_same_contract_has_the_same_fingerprint_however_it_is_written() -> None:
    (first,), (again,) = (
        read(ROW),
        read(changed(Avtal="STÄDNING", Från="1/1 2024", Till="2028-12-31", Dnr="RS 123-2024 ")),
    )
    (other,) = read(changed(Dnr="RS 124-2024"))
    assert first.fingerprint == again.fingerprint != other.fingerprint


def test_text_like_a_formula_is_kept_as_text_and_told() -> None:
    (result,) = read(changed(Avtal='=CMD("x")'))
    assert result.record is not None
    assert result.record.title == '=CMD("x")'
    assert codes(result) == [("title", "looks_like_formula")]


def test_a_bare_number_has_the_unit_that_its_header_states() -> None:
    rows = [
        ["Avtal", "Leverantör", "Slutdatum", "Uppsägningstid (mån)", "Option år"],
        ["A", "B", "2027-01-01", "6", "1+1"],
    ]
    (result,) = results(read_table(csv_file(rows), "avtal.csv"))
    assert result.record is not None
    assert (result.record.notice, result.record.option_months) == ((6, "months"), (12, 12))


def test_a_list_with_other_columns_is_refused_as_a_whole() -> None:
    with pytest.raises(ImportRefused) as refused:
        results(read_table(csv_file([["Förnamn", "Efternamn"], ["Anna", "Ek"]]), "personal.csv"))
    assert refused.value.code == "error.import_columns_missing"
    assert "leverantör" in refused.value.params["columns"]


def test_a_register_of_700_rows_is_accounted_for_row_by_row() -> None:
    """Title rows, other headers, divisions in merged cells, dates and money written in every way."""
    seed = random.randrange(2**32)
    print("seed", seed)
    chance = random.Random(seed)
    rows: list[list[object]] = [["Avtalsförteckning Regionen"], ["Uttag", "2026-11-20"], []]
    rows.append(
        ["Förvaltning", "Benämning", "Diarienr", "Motpart", "Giltig fr.o.m.", "Giltig t.o.m.", "Avtalsvärde (kr)"]
    )
    merged, expected = [], {"used": 0, "skipped": 0, "unclear": 0}
    for block in range(70):
        top = len(rows)
        for line in range(10):
            number, end = block * 10 + line, date(2027, 1 + block % 12, 1 + line)
            ends = [end, end.isoformat(), f"{end.day}/{end.month} {end.year}", f"{end:%Y%m%d}"]
            kind = chance.choices(["used", "skipped", "unclear"], [90, 5, 5])[0]
            expected[kind] += 1
            amount = chance.choice(["1 234,50", "1,2 Mkr", 1234.5, "okänt"])
            row = [f"Division {block}" if line == 0 else "", f"Avtal {number}", f"RS {number}", f"Bolag {number} AB"]
            row += [date(2024, 1, 1), chance.choice(ends) if kind == "used" else "", amount]
            rows.append(["", "Summa", "", "", "", "", 12.5] if kind == "skipped" else row)
            if kind == "skipped" and line == 0:
                rows[-1][0] = f"Division {block}"
        merged.append((top, 0, top + 9, 0))
    table = read_table(workbook(rows, merged=merged), "avtal.xlsx")
    found = results(table)
    sums = account(found)
    assert (sums.rows, sums.used, sums.skipped, sums.unclear) == (700, *expected.values())
    assert [row.row_number for row in found] == list(range(5, 705))
    used = [row.record for row in found if row.record]
    assert {record.unit for record in used} == {f"Division {block}" for block in range(70)}
    for record in used:
        number = int(record.title.removeprefix("Avtal "))
        assert record.end_on == date(2027, 1 + number // 10 % 12, 1 + number % 10)
        assert record.value in (Decimal("1234.50"), Decimal("1200000.00"), None)
