"""Which column of somebody's list holds which field: guessed, shown, corrected, saved.

The guess rests on the header first and on what the cells hold second. It is shown with its reason, and a person's
correction (from the page, or a file given with `--map`) always wins.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from workflow.importers.contract_fields import CONTRACT_FIELDS, FIELD_BY_CODE, Content, TargetField
from workflow.importers.organisations import OrganisationNumber, organisation_number
from workflow.importers.rows import ImportRefused, Problem
from workflow.importers.swedish_values import (
    fold,
    parse_cpv,
    parse_date,
    parse_int_days,
    parse_money,
    parse_options,
    parse_yes_no,
    says_nothing,
)
from workflow.importers.table_files import Cell, Row, cell_text

Why = Literal["chosen", "header_same", "header_similar", "content"]

ENOUGH = 0.5  # a guess less certain than this is not made
_MAX_MAPPING_BYTES = 100_000


@dataclass(frozen=True)
class Column:
    """The column chosen for a field: its place counted from 0, its header, how certain (0–1) and why."""

    index: int
    header: str
    confidence: float
    why: Why


@dataclass(frozen=True)
class ColumnMapping:
    """For each field that has one, its column. Fields that are not there are not in the list."""

    columns: Mapping[str, Column]

    def cell(self, row: Row, field: str) -> Cell:
        """The cell of a field in a row, blank where the list has no such column."""
        column = self.columns.get(field)
        return row[column.index] if column else ""

    def missing_required(self) -> tuple[str, ...]:
        """The codes of the fields without which no row can be used, and for which there is no column."""
        return tuple(f.code for f in CONTRACT_FIELDS if f.required and f.code not in self.columns)


@dataclass(frozen=True)
class MappingLine:
    """One line of the mapping as it is shown: `label` and `why` are label codes, `examples` cells as text."""

    field: str
    label: str
    required: bool
    header: str | None
    confidence: float
    why: str
    examples: tuple[str, ...]


def guess_mapping(headers: Sequence[str], sample_rows: Sequence[Row]) -> ColumnMapping:
    """Guess the column of each field, the most certain first; a column serves one field only."""
    scored = [
        (*_score(field, header, [row[index] for row in sample_rows]), -index, field.code)
        for field in CONTRACT_FIELDS
        for index, header in enumerate(headers)
    ]
    columns: dict[str, Column] = {}
    taken: set[int] = set()
    for confidence, why, place, code in sorted(scored, key=lambda score: (score[0], score[2]), reverse=True):
        index = -place
        if confidence >= ENOUGH and code not in columns and index not in taken:
            columns[code] = Column(index, headers[index], round(confidence, 2), why)
            taken.add(index)
    return ColumnMapping(columns)


def correct_mapping(mapping: ColumnMapping, headers: Sequence[str], choices: Mapping[str, str | None]) -> ColumnMapping:
    """Lay a person's choices (field to header, None for "no column") over a guess.

    Raises ImportRefused: mapping_field_unknown, mapping_column_unknown.
    """
    chosen: dict[str, Column] = {}
    for field, header in choices.items():
        if field not in FIELD_BY_CODE:
            raise ImportRefused("error.import_mapping_field_unknown", value=field)
        if header is not None:
            index = _index_of(header, headers)
            chosen[field] = Column(index, headers[index], 1.0, "chosen")
    taken = {column.index for column in chosen.values()}
    kept = {
        field: column for field, column in mapping.columns.items() if field not in choices and column.index not in taken
    }
    return ColumnMapping({**kept, **chosen})


def load_mapping(data: bytes) -> dict[str, str | None]:
    """Read a mapping file: JSON `{"title": "Avtalsnamn", "note": null}`, or CSV with a field and a header a line.

    Raises ImportRefused: mapping_unreadable, mapping_field_unknown.
    """
    pairs = _json_pairs(data) if data.lstrip().removeprefix(b"\xef\xbb\xbf").startswith(b"{") else _csv_pairs(data)
    choices: dict[str, str | None] = {}
    for field, header in pairs:
        if field not in FIELD_BY_CODE:
            raise ImportRefused("error.import_mapping_field_unknown", value=field)
        choices[field] = header
    return choices


def save_mapping(mapping: ColumnMapping) -> str:
    """The mapping as the JSON that `load_mapping` reads, fields without a column as null."""
    columns = {field.code: mapping.columns.get(field.code) for field in CONTRACT_FIELDS}
    choices = {code: column.header if column else None for code, column in columns.items()}
    return json.dumps(choices, ensure_ascii=False, indent=2) + "\n"


def explain(mapping: ColumnMapping, sample_rows: Sequence[Row]) -> list[MappingLine]:
    """The mapping field by field, to be shown and corrected."""
    lines = []
    for field in CONTRACT_FIELDS:
        column = mapping.columns.get(field.code)
        cells = [row[column.index] for row in sample_rows] if column else []
        examples = [cell_text(cell) for cell in cells if not says_nothing(cell)][:3]
        header, confidence = (column.header, column.confidence) if column else (None, 0.0)
        why = f"import_mapping.{column.why if column else 'none'}"
        lines.append(MappingLine(field.code, field.label, field.required, header, confidence, why, tuple(examples)))
    return lines


def unused_columns(mapping: ColumnMapping, headers: Sequence[str]) -> tuple[str, ...]:
    """The headers that no field takes its value from, to be shown: what they hold is not read."""
    used = {column.index for column in mapping.columns.values()}
    return tuple(header for index, header in enumerate(headers) if index not in used)


def _json_pairs(data: bytes) -> Iterable[tuple[str, str | None]]:
    try:
        value = json.loads(data.decode("utf-8-sig")) if len(data) <= _MAX_MAPPING_BYTES else None
    except ValueError:
        value = None
    if not isinstance(value, dict) or not all(header is None or isinstance(header, str) for header in value.values()):
        raise ImportRefused("error.import_mapping_unreadable")
    return value.items()


def _csv_pairs(data: bytes) -> Iterable[tuple[str, str | None]]:
    try:
        text = data.decode("utf-8-sig") if len(data) <= _MAX_MAPPING_BYTES else ""
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    delimiter = ";" if ";" in text else "," if "," in text else "\t"
    rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
    if rows and rows[0][0] not in FIELD_BY_CODE:  # a line of headings above
        rows = rows[1:]
    if not rows or any(len(row) != 2 for row in rows):
        raise ImportRefused("error.import_mapping_unreadable")
    return [(field, header or None) for field, header in rows]


def _index_of(header: str, headers: Sequence[str]) -> int:
    if header in headers:
        return headers.index(header)
    folded = [_compact(known) for known in headers]
    if folded.count(_compact(header)) == 1:
        return folded.index(_compact(header))
    raise ImportRefused("error.import_mapping_column_unknown", value=header)


def _compact(text: str) -> str:
    return fold(text).replace(" ", "")


def _score(field: TargetField, header: str, cells: Sequence[Cell]) -> tuple[float, Why]:
    """How well a column fits a field: the header's likeness, about half where the cells hold something else.

    A column with the very header stays chosen if no other fits, so that its unreadable values are told.
    """
    by_header, why = _header_likeness(field, header)
    fit = _content_fit(field.content, cells)
    if fit is None:  # nothing to see, or any text will do
        return by_header, why
    if field.content in (Content.ORGANISATION_NUMBER, Content.CPV) and fit >= 0.8 and by_header < 0.6:
        return 0.6, "content"  # check digits and code lists do not come about by chance
    return by_header * (1 if fit >= 0.5 else 0.55), why


def _header_likeness(field: TargetField, header: str) -> tuple[float, Why]:
    whole = _compact(header)
    bare = _compact(header.split("(")[0])  # `Avtalsvärde (SEK exkl. moms)`
    words = set(fold(header).split())
    best = 0.0
    for synonym in field.headers:
        known, known_words = _compact(synonym), set(fold(synonym).split())
        if whole == known:
            return 1.0, "header_same"
        if bare == known:
            best = max(best, 0.95)
        elif len(known) >= 4 and known_words <= words:
            best = max(best, 0.7 + 0.2 * len(known) / max(1, len(whole)))
        elif len(known) >= 5 and whole.startswith(known):
            best = max(best, 0.6 + 0.2 * len(known) / len(whole))
        elif len(known) >= 5 and SequenceMatcher(None, whole, known).ratio() >= 0.85:
            best = max(best, 0.75)
    return best, "header_similar"


def _content_fit(content: Content, cells: Sequence[Cell]) -> float | None:
    """The part of the filled cells that can be read as the content, None where that says nothing."""
    filled = [cell for cell in cells if not says_nothing(cell)]
    if content is Content.TEXT or not filled:
        return None
    return sum(_reads_as(content, cell) for cell in filled) / len(filled)


def _reads_as(content: Content, cell: Cell) -> bool:
    match content:
        case Content.DATE:
            value = parse_date(cell)
            return not isinstance(value, Problem) or value.code in _DATE_LIKE
        case Content.MONEY:
            value_or_problem = parse_money(cell)
            return not isinstance(value_or_problem, Problem) or value_or_problem.code != _NO_MONEY
        case Content.ORGANISATION_NUMBER:
            return isinstance(organisation_number(cell), OrganisationNumber)
        case Content.PERIOD:
            return not isinstance(parse_int_days(cell, "days"), Problem)
        case Content.OPTIONS:
            return not isinstance(parse_options(cell, "months"), Problem) or parse_yes_no(cell) is True
        case Content.YES_NO:
            return not isinstance(parse_yes_no(cell), Problem)
        case Content.CPV:
            return not isinstance(parse_cpv(cell), Problem)
        case Content.TEXT:
            return True


_DATE_LIKE = {"error.import_date_not_whole", "error.import_date_open_ended", "error.import_date_out_of_range"}
_NO_MONEY = "error.import_money_unreadable"
