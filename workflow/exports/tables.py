"""Tables as Excel and CSV files. Text from people reaches the file as text only, never as a formula.

Instants are shown in Swedish local time to people (Excel, the ``sv`` flavour) and in UTC, RFC 3339, to
machines (the ``rfc4180`` flavour); neither Excel nor CSV can hold a time zone of its own.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, Literal

import xlsxwriter

from templates.formatting import STOCKHOLM
from templates.labels import gettext

Kind = Literal["text", "date", "instant", "int", "money"]
Flavour = Literal["sv", "rfc4180"]
Value = str | date | datetime | int | Decimal | None

#: A list is exported as far as this: what is longer is narrowed first.
EXPORTED_ROWS = 20_000
_EXCEL_ROWS = 1_048_576  # on one sheet, the header included
_EXCEL_TEXT = 32_767  # characters in one cell
_WIDEST = 60  # characters
_FORMATS: dict[Kind, dict[str, str | int]] = {
    "text": {"num_format": "@", "text_wrap": 1},
    "date": {"num_format": "yyyy-mm-dd"},
    "instant": {"num_format": "yyyy-mm-dd hh:mm"},
    "int": {"num_format": "0"},
    "money": {"num_format": "#,##0.00"},
}
_NARROWEST: dict[Kind, int] = {"text": 10, "date": 12, "instant": 17, "int": 8, "money": 16}
# A spreadsheet may read such a beginning as a formula, also in the full-width forms (OWASP, CSV injection).
_FORMULA = re.compile(r"\s*[=+\-@＝＋－＠]|[\t\r\n]")


@dataclass(frozen=True)
class Column:
    """A column: ``key`` names it to machines, ``header`` to people."""

    key: str
    header: str
    kind: Kind = "text"


@dataclass(frozen=True)
class Sheet:
    """A table. Each row has one value for each column: ``str``, ``date``, an aware ``datetime``, ``int``
    or ``Decimal`` (SEK) as the column's kind says, or ``None``; anything else raises ``ValueError``."""

    title: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Value]]


class _PointDecimal(Decimal):
    """A number that the csv module writes bare, and never with an exponent."""

    def __str__(self) -> str:
        return f"{self:f}"


class _CommaDecimal(Decimal):
    """The same with the decimal comma."""

    def __str__(self) -> str:
        return f"{self:f}".replace(".", ",")


def write_xlsx(sheets: Iterable[Sheet], *, locale: str, created_at: datetime) -> bytes:
    """An Excel workbook, one sheet each, with frozen header and filter. Rows are not held in memory.

    ``created_at`` (aware) becomes the time of creation; ``locale`` is the language of the printed
    footer. Raises ``ValueError`` for a row that does not fit its columns or a sheet that does not fit Excel.
    """
    target = BytesIO()
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "remove_timezone": True,
    }
    with xlsxwriter.Workbook(target, options) as book:
        book.set_properties({"created": created_at.astimezone(UTC).replace(tzinfo=None)})
        formats = {kind: book.add_format({**look, "valign": "top"}) for kind, look in _FORMATS.items()}
        head = book.add_format({"bold": True, "bg_color": "#E6ECF2", "bottom": 1, "valign": "top"})
        for sheet in sheets:
            page = book.add_worksheet(_sheet_name(sheet.title))
            _write_sheet(page, sheet, formats, head)
            number = gettext("Page %(page)s of %(pages)s", locale, page="&P", pages="&N")
            page.set_footer(f"&L{sheet.title[:100].replace('&', '&&')}&R{number}")
    return target.getvalue()


def write_csv(sheet: Sheet, flavour: Flavour = "sv") -> bytes:
    """The sheet as CSV: ``sv`` for people (semicolon, decimal comma, byte order mark, headers in words),
    ``rfc4180`` for machines (comma, decimal point, keys as headers). Both are UTF-8 with CRLF.

    Numbers stay numbers and all else is quoted. A text that a spreadsheet might take for a formula gets a
    leading apostrophe. Open each flavour with its own separator: no quoting protects against the wrong one.
    """
    people = flavour == "sv"
    text = StringIO(newline="")
    writer = csv.writer(text, delimiter=";" if people else ",", quoting=csv.QUOTE_NONNUMERIC, lineterminator="\r\n")
    writer.writerow([_harmless(c.header if people else c.key) for c in sheet.columns])
    for row in sheet.rows:
        writer.writerow([_csv_cell(_checked(c, v), people) for c, v in zip(sheet.columns, row, strict=True)])
    return text.getvalue().encode("utf-8-sig" if people else "utf-8")


def _checked(column: Column, value: Value) -> Value:
    fits = value is None
    match column.kind:
        case "text":
            fits |= isinstance(value, str)
        case "date":
            fits |= isinstance(value, date) and not isinstance(value, datetime)
        case "instant":
            fits |= isinstance(value, datetime) and value.tzinfo is not None
        case "int":
            fits |= isinstance(value, int) and not isinstance(value, bool)
        case "money":
            fits |= isinstance(value, Decimal) and value.is_finite()
    if not fits:
        raise ValueError(f"column {column.key!r} holds {column.kind}, not {value!r}")
    return value


def _csv_cell(value: Value, people: bool) -> object:
    match value:
        case datetime() if people:
            return value.astimezone(STOCKHOLM).strftime("%Y-%m-%d %H:%M")
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return _CommaDecimal(value) if people else _PointDecimal(value)
        case str():
            return _harmless(value)
        case _:
            return value


def _harmless(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) else text


def _sheet_name(title: str) -> str:
    """The title as Excel allows it: 31 characters, none of ``[]:*?/\\``, no apostrophe at the ends."""
    return re.sub(r"[][:*?/\\\s\x00-\x1f]+", " ", title).strip()[:31].strip("' ")


def _write_sheet(page: Any, sheet: Sheet, formats: dict[Kind, Any], head: Any) -> None:
    widths = [max(len(column.header) + 3, _NARROWEST[column.kind]) for column in sheet.columns]
    for place, column in enumerate(sheet.columns):
        page.write_string(0, place, column.header, head)
    last = 0
    for last, row in enumerate(sheet.rows, start=1):
        if last >= _EXCEL_ROWS:
            raise ValueError(f"{sheet.title!r} has more rows than Excel can hold")
        for place, (column, raw) in enumerate(zip(sheet.columns, row, strict=True)):
            look = formats[column.kind]
            match _checked(column, raw):
                case None:
                    page.write_blank(last, place, None, look)
                case str(text):
                    page.write_string(last, place, _fitting(text), look)
                    widths[place] = max(widths[place], *(len(line) + 1 for line in text.split("\n")))
                case datetime() as instant:
                    page.write_datetime(last, place, instant.astimezone(STOCKHOLM), look)
                case date() as day:
                    page.write_datetime(last, place, day, look)
                case number:
                    page.write_number(last, place, number, look)
    for place, width in enumerate(widths):
        page.set_column(place, place, min(width, _WIDEST))
    page.freeze_panes(1, 0)
    page.autofilter(0, 0, last, len(sheet.columns) - 1)
    page.repeat_rows(0)
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)


def _fitting(text: str) -> str:
    return text if len(text) <= _EXCEL_TEXT else text[: _EXCEL_TEXT - 1] + "…"
