from __future__ import annotations

import io
import zipfile
from datetime import date

import pytest
import xlsxwriter

from tests.importers.samples import csv_file, workbook
from workflow.importers.rows import ImportRefused
from workflow.importers.table_files import MAX_BYTES, MAX_COLUMNS, read_table

LIST = [["Avtal", "Leverantör", "Slut"], ["Städning", "Rent & Snyggt AB", "2027-03-31"]]


def refusal(data: bytes, name: str = "lista.xlsx") -> str:
    with pytest.raises(ImportRefused) as refused:
        read_table(data, name)
    return refused.value.code


def test_a_workbook_and_a_csv_file_give_the_same_table() -> None:
    excel, plain = read_table(workbook(LIST), "lista.xlsx"), read_table(csv_file(LIST), "lista.csv")
    assert excel.headers == plain.headers == ("Avtal", "Leverantör", "Slut")
    assert excel.rows == plain.rows == (("Städning", "Rent & Snyggt AB", "2027-03-31"),)
    assert excel.first_row_number == plain.first_row_number == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_csv_is_read_whatever_its_encoding_and_delimiter(encoding: str, delimiter: str) -> None:
    rows = [*LIST, ["Måltider; kött, fisk", "Åkes Ö AB", "2028-01-01"]]
    table = read_table(csv_file(rows, delimiter=delimiter, encoding=encoding), "lista.csv")
    assert table.headers == tuple(LIST[0])
    assert table.rows[1] == ("Måltider; kött, fisk", "Åkes Ö AB", "2028-01-01")


def test_excels_own_hint_of_the_delimiter_is_not_a_row() -> None:
    table = read_table(b"sep=;\r\n" + csv_file(LIST, encoding="utf-8"), "lista.csv")
    assert table.headers == tuple(LIST[0])
    assert table.first_row_number == 3


def test_the_header_row_is_found_below_title_rows() -> None:
    rows = [["Avtalsregister 2026"], ["Utskrivet", "2026-11-01"], [], *LIST]
    table = read_table(workbook(rows), "lista.xlsx")
    assert table.headers == tuple(LIST[0])
    assert table.first_row_number == 5


def test_a_merged_cell_counts_for_each_of_its_rows_but_a_blank_one_stays_blank() -> None:
    rows = [
        ["Division", "Avtal", "Leverantör"],
        ["Service", "Städ", "A AB"],
        ["", "Tvätt", "B AB"],
        ["", "Mat", "C AB"],
    ]
    table = read_table(workbook(rows, merged=[(1, 0, 2, 0)]), "lista.xlsx")
    assert [row[0] for row in table.rows] == ["Service", "Service", ""]


def test_headers_in_two_rows_are_read_together() -> None:
    rows = [
        ["Avtal", "Leverantör", "Avtalsperiod", ""],
        ["", "", "från", "till"],
        ["Städ", "A AB", "2025-01-01", "2027-01-01"],
    ]
    merged = [(0, 0, 1, 0), (0, 1, 1, 1), (0, 2, 0, 3)]
    table = read_table(workbook(rows, merged=merged), "lista.xlsx")
    assert table.headers == ("Avtal", "Leverantör", "Avtalsperiod från", "Avtalsperiod till")
    assert len(table.rows) == 1


def test_the_sheet_with_most_in_it_is_read_and_the_others_are_named() -> None:
    data = workbook(LIST * 3, other_sheets={"Läs mig": [["Så här", "gör du"]]})
    table = read_table(data, "lista.xlsx")
    assert table.sheet == "Avtal"
    assert table.other_sheets == ("Läs mig",)


def test_a_formula_gives_the_value_it_had_and_text_like_a_formula_stays_text() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["Avtal", "Leverantör", "Värde"])
    page.write_string(1, 0, '=HYPERLINK("http://example.com")')
    page.write_string(1, 1, "A AB")
    page.write_formula(1, 2, "=1+1", value=2)
    book.close()
    assert read_table(out.getvalue(), "l.xlsx").rows == (('=HYPERLINK("http://example.com")', "A AB", 2.0),)


def test_dates_and_numbers_keep_their_type_and_two_columns_of_one_name_are_told_apart() -> None:
    table = read_table(workbook([["Namn", "Datum", "Datum"], ["a", date(2027, 3, 31), 45000]]), "lista.xlsx")
    assert table.headers == ("Namn", "Datum", "Datum (2)")
    assert table.rows == (("a", date(2027, 3, 31), 45000.0),)


def test_what_the_bytes_are_decides_not_the_name() -> None:
    assert read_table(csv_file(LIST), "lista.xlsx").headers == tuple(LIST[0])
    assert read_table(workbook(LIST), "lista.csv").headers == tuple(LIST[0])


def test_what_is_not_a_table_is_refused() -> None:
    other_zip = io.BytesIO()
    with zipfile.ZipFile(other_zip, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    for data in (b"%PDF-1.7\nsome text", b"\x89PNG\r\n\x1a\n\x00\x00", b"<html><table></table></html>"):
        assert refusal(data) == "error.import_not_a_table"
    for data in (other_zip.getvalue(), b"PK\x03\x04 rubbish", workbook(LIST)[:-200]):
        assert refusal(data) == "error.import_not_a_table"


def test_a_file_with_a_password_says_so() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le")
    assert refusal(ole) == "error.import_password_protected"


def test_an_empty_file_and_one_without_headers_are_refused() -> None:
    assert refusal(b"") == "error.import_empty"
    assert refusal(b"  \r\n") == "error.import_empty"
    assert refusal(workbook([])) == "error.import_empty"
    assert refusal(csv_file(LIST[:1])) == "error.import_empty"
    assert refusal(csv_file([["1", "2"], ["3", "4"]])) == "error.import_no_header"
    assert refusal(workbook([[1, 2, 3], [4, 5, 6]])) == "error.import_no_header"


def test_too_much_is_refused() -> None:
    wide = [[f"k{n}" for n in range(MAX_COLUMNS + 1)]] * 2
    assert refusal(b"x" * (MAX_BYTES + 1)) == "error.import_too_large"
    assert refusal(workbook(wide)) == "error.import_too_large"
    assert refusal(csv_file(wide)) == "error.import_too_large"


def test_a_small_workbook_that_claims_half_a_terabyte_ends_nothing_but_its_own_reading() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    page = book.add_worksheet()
    page.write_row(0, 0, ["Avtal", "Leverantör"])
    page.write(1_048_575, 16_383, "x")
    book.close()
    assert len(out.getvalue()) < 10_000
    assert refusal(out.getvalue()) == "error.import_too_large"
