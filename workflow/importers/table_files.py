"""A file (Excel, OpenDocument, CSV) becomes a table: headers and rows.

What the bytes are decides, not the file's name. Formulas are never computed: the value the file carries is what
is read, and text that looks like a formula stays text.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

from workflow.importers.rows import ImportRefused

Cell = str | int | float | bool | date | datetime
Row = tuple[Cell, ...]
Merged = Sequence[Sequence[Sequence[int]]]

MAX_BYTES = 20 * 1024 * 1024
MAX_ROWS = 100_000
MAX_COLUMNS = 200
READ_SECONDS = 60
HEADER_WITHIN = 40  # a header row stands among the first rows, below at most some title rows

_WORKBOOK_MAGIC = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_DELIMITERS = ";\t,|"


@dataclass(frozen=True)
class Table:
    """Headers (unique, as written) and rows, each as wide as the headers.

    Row `i` stands in row `first_row_number + i` of the file; blank rows between others are kept for that reason.
    `sheet` is the worksheet that was read (None for CSV), `other_sheets` those that were not.
    """

    headers: tuple[str, ...]
    rows: tuple[Row, ...]
    first_row_number: int
    sheet: str | None = None
    other_sheets: tuple[str, ...] = ()

    def sample(self, count: int = 200) -> tuple[Row, ...]:
        """The first rows, enough to see what a column holds."""
        return self.rows[:count]


@dataclass(frozen=True)
class _Sheet:
    name: str | None
    rows: list[list[Cell]]
    merged: Merged = ()

    @property
    def filled(self) -> int:
        return sum(not is_blank(cell) for row in self.rows for cell in row)


def read_table(data: bytes, name: str) -> Table:
    """Read the table in a file; of several worksheets the one with most in it.

    `name` is the file's name, for the message only. Raises ImportRefused: not_a_table, password_protected,
    too_large, empty, no_header (each with the prefix `error.import_`).
    """
    if len(data) > MAX_BYTES:
        raise ImportRefused("error.import_too_large", file=name)
    if not data.strip():
        raise ImportRefused("error.import_empty", file=name)
    if data.startswith(_WORKBOOK_MAGIC):
        sheets = _workbook_sheets(data, name)
    else:
        sheets = [_Sheet(None, _csv_rows(data, name))]
    chosen = max(sheets, key=lambda sheet: sheet.filled, default=None)
    if chosen is None or not chosen.filled:
        raise ImportRefused("error.import_empty", file=name)
    return _as_table(chosen, tuple(s.name or "" for s in sheets if s is not chosen), name)


def is_blank(cell: Cell) -> bool:
    """Whether a cell holds nothing that can be seen."""
    return isinstance(cell, str) and not cell.strip()


def cell_text(cell: Cell) -> str:
    """A cell as one line of text; a whole number without decimals, so that 1234.0 reads 1234."""
    if isinstance(cell, bool):
        return str(cell)
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    if isinstance(cell, date):
        return cell.isoformat()
    return " ".join("".join(c if c.isprintable() else " " for c in str(cell)).split())


def _workbook_sheets(data: bytes, name: str) -> list[_Sheet]:
    if _ENCRYPTED in data:
        raise ImportRefused("error.import_password_protected", file=name)
    script = Path(__file__).with_name("sheet_process.py")
    command = [sys.executable, "-I", str(script), str(MAX_ROWS + HEADER_WITHIN), str(MAX_COLUMNS)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=READ_SECONDS, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise ImportRefused("error.import_too_large", file=name) from None
    if done.returncode != 0:  # it ran out of memory and was ended
        raise ImportRefused("error.import_too_large", file=name)
    answer = json.loads(done.stdout, object_hook=_decode)
    if "refused" in answer:
        raise ImportRefused("error.import_" + answer["refused"], file=name)
    return [_Sheet(sheet["name"], sheet["rows"], sheet["merged"]) for sheet in answer["sheets"]]


def _decode(value: dict[str, Any]) -> Any:
    if "datetime" in value:
        return datetime.fromisoformat(value["datetime"])
    if "date" in value:
        return date.fromisoformat(value["date"])
    return value


def _csv_rows(data: bytes, name: str) -> list[list[Cell]]:
    text = _decoded(data)
    if text is None or text.lstrip().startswith(("<", "%PDF")):  # a web page or a PDF, whatever it is called
        raise ImportRefused("error.import_not_a_table", file=name)
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == 5:  # Excel's own hint
        delimiter, text = first.strip()[4], rest
        above: list[list[Cell]] = [[]]
    else:
        delimiter, above = _delimiter(text), []
    rows: list[list[Cell]] = above
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
            rows.append(list(row))
            if len(rows) > MAX_ROWS + HEADER_WITHIN or len(row) > MAX_COLUMNS:
                raise ImportRefused("error.import_too_large", file=name)
    except csv.Error:
        raise ImportRefused("error.import_not_a_table", file=name) from None
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows]


def _decoded(data: bytes) -> str | None:
    """The text of a CSV file, or None when the bytes are no text."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    elif b"\x00" in data[:2000]:
        encodings = ["utf-16-le"]
    else:
        encodings = ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        control = any(character < " " and character not in "\t\r\n\f" for character in text)
        return None if control else text
    return None


def _delimiter(text: str) -> str:
    """The delimiter that cuts the first rows into most columns, most evenly."""

    def evenness(delimiter: str) -> float:
        reader = csv.reader(io.StringIO(text[:100_000], newline=""), delimiter=delimiter)
        try:
            widths = [len(row) for row, _ in zip(reader, range(100), strict=False) if row]
        except csv.Error:
            return 0
        (width, count), *_ = Counter(widths).most_common(1) or [(1, 1)]
        return (width - 1) * count / max(1, len(widths))

    return max(_DELIMITERS, key=evenness)


def _as_table(sheet: _Sheet, other_sheets: tuple[str, ...], name: str) -> Table:
    rows = sheet.rows
    _spread_downwards(rows, sheet.merged)
    while rows and all(map(is_blank, rows[-1])):
        rows.pop()
    header_at = _header_row(rows, sheet.merged)
    if header_at is None:
        raise ImportRefused("error.import_no_header", file=name)
    headers = _headers(rows, header_at, sheet.merged)
    body = rows[header_at + 1 :]
    if not body:
        raise ImportRefused("error.import_empty", file=name)
    if len(body) > MAX_ROWS:
        raise ImportRefused("error.import_too_large", file=name)
    return Table(headers, tuple(map(tuple, body)), header_at + 2, sheet.name, other_sheets)


def _spread_downwards(rows: list[list[Cell]], merged: Merged) -> None:
    """A merged cell stands in each of its rows, in its first column: so a reader of one row sees it."""
    for (top, left), (bottom, _) in merged:
        for row in rows[top + 1 : bottom + 1]:
            if left < len(row) and top < len(rows) and is_blank(row[left]):
                row[left] = rows[top][left]


def _header_row(rows: list[list[Cell]], merged: Merged) -> int | None:
    """The first row that names columns: mostly text, and at least half as many cells as the fullest row."""

    def filled(row: list[Cell]) -> list[Cell]:
        return [cell for cell in row if not is_blank(cell)]

    def names_columns(row: list[Cell]) -> bool:
        cells = filled(row)
        texts = sum(any(map(str.isalpha, cell)) for cell in cells if isinstance(cell, str))
        return len(cells) >= max(2, fullest / 2) and texts >= 0.8 * len(cells)

    fullest = max((len(filled(row)) for row in rows[:200]), default=0)
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        if names_columns(row):
            return index + 1 if _names_groups(rows, index, merged) else index
    return None


def _names_groups(rows: list[list[Cell]], index: int, merged: Merged) -> bool:
    """Whether a header row has headings over several columns whose own names stand in the row below it."""
    grouped = {column for left, right in _groups(index, merged) for column in range(left, right + 1)}
    if not grouped or index + 1 == len(rows):
        return False
    above, below = rows[index], rows[index + 1]
    return all(
        isinstance(cell, str) and bool(cell.strip()) if column in grouped else is_blank(cell) or cell == above[column]
        for column, cell in enumerate(below)
    )


def _groups(row: int, merged: Merged) -> list[tuple[int, int]]:
    """First and last column of each cell of a row that is merged sideways."""
    return [(left, right) for (top, left), (bottom, right) in merged if top == bottom == row and right > left]


def _headers(rows: list[list[Cell]], header_at: int, merged: Merged) -> tuple[str, ...]:
    """Unique names; below a heading merged over several columns, the heading is part of the name."""
    names = [cell_text(cell) for cell in rows[header_at]]
    if header_at and _names_groups(rows, header_at - 1, merged):
        for left, right in _groups(header_at - 1, merged):
            group = cell_text(rows[header_at - 1][left])
            names[left : right + 1] = [f"{group} {name}" for name in names[left : right + 1]]
    seen: Counter[str] = Counter()
    unique = []
    for column, name in enumerate(names):
        base = name or _letters(column)
        seen[base] += 1
        unique.append(base if seen[base] == 1 else f"{base} ({seen[base]})")
    return tuple(unique)


def _letters(column: int) -> str:
    """The spreadsheet's name of a column counted from 0: A, B, … Z, AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
