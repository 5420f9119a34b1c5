"""Exports open as they should, and text from people never becomes a formula."""

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet
from python_calamine import CalamineWorkbook

from workflow.exports.tables import Column, Flavour, Sheet, Value, write_csv, write_xlsx

NOW = datetime(2026, 11, 21, 8, 5, tzinfo=UTC)
COLUMNS = [
    Column("supplier", "Leverantör"),
    Column("ends_on", "Upphör", "date"),
    Column("decided_at", "Beslutat", "instant"),
    Column("lots", "Antal områden", "int"),
    Column("value", "Värde", "money"),
]
ROW = (
    "Åkes Öl & Ägg AB",
    date(2027, 3, 31),
    datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
    3,
    Decimal("-1234567.50"),
)
INJECTIONS = [
    "=1+1",
    "+46 920 123 45",
    "-1",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "  =1+1",
    "＝1+1",
    "＋1",
    "－1",
    "＠A1",
    '=HYPERLINK("http://evil.example","x")',
]


def workbook(*sheets: Sheet, locale: str = "sv") -> Workbook:
    return openpyxl.load_workbook(BytesIO(write_xlsx(sheets, locale=locale, created_at=NOW)))


def first_sheet(*rows: Sequence[Value], columns: Sequence[Column] = COLUMNS) -> Worksheet:
    sheet = workbook(Sheet("Avtal", columns, rows)).worksheets[0]
    assert isinstance(sheet, Worksheet)
    return sheet


def strict_csv(data: bytes, separator: str) -> list[list[tuple[str, bool]]]:
    """A second parser, straight from RFC 4180: each cell, and whether it was quoted."""
    text, at = data.decode("utf-8-sig"), 0
    rows: list[list[tuple[str, bool]]] = [[]]
    while at < len(text):
        quoted, cell = text[at] == '"', ""
        if quoted:
            at += 1
            while text[at] != '"' or text[at + 1 : at + 2] == '"':
                at += 1 + (text[at] == '"')
                cell += text[at - 1]
            at += 1
        while at < len(text) and text[at] not in (separator, "\r"):
            assert not quoted, "nothing may follow a closing quote"
            cell, at = cell + text[at], at + 1
        rows[-1].append((cell, quoted))
        if text[at] == "\r":
            assert text[at : at + 2] == "\r\n"
            rows.append([])
            at += 1
        at += 1
    assert rows.pop() == []
    return rows


def test_excel_keeps_kinds_and_shows_instants_in_swedish_time() -> None:
    sheet = first_sheet(ROW, (None,) * 5)
    assert [c.value for c in sheet[1]] == ["Leverantör", "Upphör", "Beslutat", "Antal områden", "Värde"]
    assert [c.value for c in sheet[2]] == [
        "Åkes Öl & Ägg AB",
        datetime(2027, 3, 31),
        datetime(2026, 11, 21, 0, 30),
        3,
        -1234567.5,
    ]
    assert sheet["B2"].number_format == "yyyy-mm-dd"
    assert [c.value for c in sheet[3]] == [None] * 5


def test_excel_freezes_and_filters_the_header_and_repeats_it_in_print() -> None:
    sheet = first_sheet(ROW)
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.oddFooter.right.text == "Sida &P av &N"
    assert sheet.column_dimensions["A"].width >= len(ROW[0])


@pytest.mark.parametrize("text", [*INJECTIONS, "https://example.org", "0123", "{=1+1}"])
def test_excel_holds_text_as_text(text: str) -> None:
    cell = first_sheet((text,), columns=[Column("name", "Namn")])["A2"]
    assert cell.data_type in ("s", "inlineStr")
    assert cell.hyperlink is None
    data = write_xlsx([Sheet("A", [Column("n", "N")], [(text,)])], locale="sv", created_at=NOW)
    shown = CalamineWorkbook.from_filelike(BytesIO(data)).get_sheet_by_index(0).to_python()[1][0]
    assert str(shown).replace("\r\n", "\n").replace("\r", "\n") == text.replace("\r", "\n")


def test_excel_is_the_same_file_for_the_same_rows() -> None:
    sheets = [Sheet("Avtal", COLUMNS, [ROW])]
    made = write_xlsx(sheets, locale="sv", created_at=NOW)
    assert made == write_xlsx(sheets, locale="sv", created_at=NOW)
    assert openpyxl.load_workbook(BytesIO(made)).properties.created == NOW.replace(tzinfo=None)


def test_excel_takes_several_sheets_odd_names_and_rows_that_come_one_at_a_time() -> None:
    rows = ((f"Leverantör {number}",) for number in range(1000))
    book = workbook(
        Sheet("Avtal/avrop: [2026] med ett mycket långt namn", [Column("n", "Namn")], rows),
        Sheet("Tom", [Column("n", "Namn")], []),
    )
    assert book.sheetnames == ["Avtal avrop 2026 med ett mycket", "Tom"]
    assert book.worksheets[0].max_row == 1001
    assert book.worksheets[1].max_row == 1


def test_excel_marks_a_text_that_is_too_long() -> None:
    value = first_sheet(("å" * 40_000,), columns=[Column("n", "Namn")])["A2"].value
    assert isinstance(value, str)
    assert len(value) == 32_767
    assert value.endswith("å…")


def test_swedish_csv_opens_in_a_swedish_spreadsheet() -> None:
    data = write_csv(Sheet("Avtal", COLUMNS, [ROW, (None,) * 5]), "sv")
    assert data.decode("utf-8") == (
        '\ufeff"Leverantör";"Upphör";"Beslutat";"Antal områden";"Värde"\r\n'
        '"Åkes Öl & Ägg AB";"2027-03-31";"2026-11-21 00:30";3;-1234567,50\r\n'
        '"";"";"";"";""\r\n'
    )


def test_csv_for_machines_has_keys_points_and_utc() -> None:
    assert write_csv(Sheet("Avtal", COLUMNS, [ROW]), "rfc4180").decode("utf-8") == (
        '"supplier","ends_on","decided_at","lots","value"\r\n'
        '"Åkes Öl & Ägg AB","2027-03-31","2026-11-20T23:30:00Z",3,-1234567.50\r\n'
    )


@pytest.mark.parametrize("number", [Decimal("1E+7"), Decimal("0.00000001"), Decimal("-0.1")])
def test_csv_never_writes_an_exponent(number: Decimal) -> None:
    sheet = Sheet("Avtal", [Column("v", "Värde", "money")], [(number,)])
    assert write_csv(sheet, "rfc4180").decode().split("\r\n")[1] == f"{number:f}"
    assert write_csv(sheet, "sv").decode("utf-8-sig").split("\r\n")[1] == f"{number:f}".replace(".", ",")


@pytest.mark.parametrize("text", INJECTIONS)
@pytest.mark.parametrize(("flavour", "separator"), [("sv", ";"), ("rfc4180", ",")])
def test_csv_text_that_looks_like_a_formula_gets_an_apostrophe(text: str, flavour: Flavour, separator: str) -> None:
    data = write_csv(Sheet("Avtal", [Column("n", "=Namn")], [(text,)]), flavour)
    assert strict_csv(data, separator)[1] == [(f"'{text}", True)]


@settings(deadline=None)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), min_size=1, max_size=4))
@pytest.mark.parametrize(("flavour", "separator"), [("sv", ";"), ("rfc4180", ",")])
def test_any_text_comes_back_from_two_parsers(texts: list[str], flavour: Flavour, separator: str) -> None:
    columns = [Column(f"c{number}", f"C{number}") for number in range(len(texts))]
    data = write_csv(Sheet("Avtal", columns, [texts]), flavour)
    mine = [cell for cell, quoted in strict_csv(data, separator)[1] if quoted]
    library = list(csv.reader(StringIO(data.decode("utf-8-sig"), newline=""), delimiter=separator))[1]
    assert mine == library
    assert [cell.removeprefix("'") for cell in mine] == [text.removeprefix("'") for text in texts]
    assert not any(cell.lstrip()[:1] in tuple("=+-@＝＋－＠") for cell in mine)


@pytest.mark.parametrize(
    "row",
    [
        (3, None, None, None, None),
        (None, NOW, None, None, None),
        (None, None, datetime(2026, 1, 1), None, None),
        (None, None, None, True, None),
        (None, None, None, None, 1.5),
        (None, None, None, None, Decimal("NaN")),
        ("för få",),
    ],
)
def test_a_row_that_does_not_fit_its_columns_is_refused(row: tuple[Value, ...]) -> None:
    with pytest.raises(ValueError):
        write_csv(Sheet("Avtal", COLUMNS, [row]))
    with pytest.raises(ValueError):
        write_xlsx([Sheet("Avtal", COLUMNS, [row])], locale="sv", created_at=NOW)
