"""A unit's own contract register, row by row, through a column mapping.

A row is used when it names the contract, the supplier and the end date. A value that cannot be read is left out,
named in `missing` and told; a row that cannot be used is never dropped in silence.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from typing import TypeVar

from workflow.importers.column_mapping import ColumnMapping
from workflow.importers.contract_fields import FIELD_BY_CODE
from workflow.importers.organisations import organisation_number, supplier_match_key
from workflow.importers.rows import ImportRefused, Outcome, Problem, RowResult
from workflow.importers.swedish_values import (
    Period,
    fold,
    parse_cpv,
    parse_date,
    parse_int_days,
    parse_money,
    parse_options,
    parse_yes_no,
    says_nothing,
)
from workflow.importers.table_files import Cell, Row, Table, cell_text, is_blank

Value = TypeVar("Value")

MAX_TEXT = 300  # characters of a title, a name or a number
MAX_NOTE = 5_000
_SUMMARY = re.compile(r"(del)?summa\b|(sub)?total\b|totalt\b|totalsumma\b|antal (avtal|rader|poster)\b|sum\b")


@dataclass(frozen=True)
class ContractRecord:
    """What a row says of a contract. None is what it does not say; `missing` names those fields."""

    title: str
    supplier_name: str
    end_on: date
    registry_number: str | None
    contract_number: str | None
    owner: str | None
    unit: str | None
    organisation_number: str | None
    organisation_number_is_foreign: bool
    start_on: date | None
    option_text: str | None
    option_months: tuple[int, ...] | None
    last_extension_on: date | None
    notice: Period | None
    value: Decimal | None
    contract_class: str | None
    framework: bool | None
    cpv: str | None
    category: str | None
    note: str | None
    missing: tuple[str, ...]


def read_contract_register(table: Table, mapping: ColumnMapping) -> list[RowResult[ContractRecord]]:
    """One result for each row of the table, in order.

    Raises ImportRefused (columns_missing) where the mapping has no column for a field that every row needs.
    """
    if missing := mapping.missing_required():
        headers = [FIELD_BY_CODE[code].headers[0] for code in missing]
        raise ImportRefused("error.import_columns_missing", columns=", ".join(headers))
    results: list[RowResult[ContractRecord]] = []
    first: dict[str, RowResult[ContractRecord]] = {}
    for number, row in enumerate(table.rows, table.first_row_number):
        result = _read_row(number, row, table.headers, mapping)
        if result.fingerprint is not None:
            result = _compared(result, first.setdefault(result.fingerprint, result))
        results.append(result)
    return results


def _compared(result: RowResult[ContractRecord], earlier: RowResult[ContractRecord]) -> RowResult[ContractRecord]:
    """A row about a contract that an earlier row speaks of says the same, or contradicts it."""
    if result is earlier:
        return result
    reference = {"row": str(earlier.row_number)}
    if result.record == earlier.record:
        problem = Problem("error.import_duplicate_row", reference)
        return RowResult(result.row_number, Outcome.SKIPPED, problems=(problem,), fingerprint=result.fingerprint)
    problem = Problem("error.import_contradicts_row", reference)
    return RowResult(result.row_number, Outcome.UNCLEAR, problems=(*result.problems, problem))


def _read_row(number: int, row: Row, headers: Sequence[str], mapping: ColumnMapping) -> RowResult[ContractRecord]:
    if reason := _nothing_in(row, headers, mapping):
        return RowResult(number, Outcome.SKIPPED, problems=(Problem(reason),))
    cells = _RowReader(row, headers, mapping)
    title, supplier_name = cells.text("title"), cells.text("supplier_name")
    start_on, end_on = cells.period()
    supplier_number = cells.value("organisation_number", organisation_number)
    record = None
    if title and supplier_name and end_on and not cells.names_a_person:
        option_months = cells.value(
            "option_text", lambda cell: parse_options(cell, cells.unit_in_header("option_text"))
        )
        record = ContractRecord(
            title=title,
            supplier_name=supplier_name,
            end_on=end_on,
            registry_number=cells.text("registry_number"),
            contract_number=cells.text("contract_number"),
            owner=cells.text("owner"),
            unit=cells.text("unit"),
            organisation_number=supplier_number.text if supplier_number else None,
            organisation_number_is_foreign=bool(supplier_number and supplier_number.foreign),
            start_on=start_on,
            option_text=cells.text("option_text"),
            option_months=None if option_months is None else tuple(option_months),
            last_extension_on=cells.last_extension_on(end_on),
            notice=cells.value("notice", lambda cell: parse_int_days(cell, cells.unit_in_header("notice"))),
            value=cells.value("value", parse_money),
            contract_class=cells.text("contract_class"),
            framework=cells.value("framework", parse_yes_no),
            cpv=cells.value("cpv", parse_cpv),
            category=cells.text("category"),
            note=cells.text("note", MAX_NOTE),
            missing=(),
        )
        missing = tuple(f.name for f in fields(record) if getattr(record, f.name) is None)
        record = replace(record, missing=missing)
    for field in ("title", "supplier_name", "end_on"):
        if says_nothing(mapping.cell(row, field)):
            cells.problems.append(Problem("error.import_required_missing", field=field))
    problems = tuple(cells.problems)
    if record is None:
        return RowResult(number, Outcome.UNCLEAR, problems=problems)
    return RowResult(number, Outcome.USED, record, problems, fingerprint(record))


class _RowReader:
    """Reads the cells of one row field by field and collects what was wrong with them."""

    def __init__(self, row: Row, headers: Sequence[str], mapping: ColumnMapping) -> None:
        self._row, self._headers, self._mapping = row, headers, mapping
        self.problems: list[Problem] = []

    @property
    def names_a_person(self) -> bool:
        """A sole trader's number is a personal identity number: the row is not kept, a person decides."""
        return any(problem.code == "error.import_personal_identity_number" for problem in self.problems)

    def value(self, field: str, parse: Callable[[Cell], Value | Problem]) -> Value | None:
        """The value of a field, None where the row says nothing or cannot be read (which is then told)."""
        cell = self._mapping.cell(self._row, field)
        if says_nothing(cell):
            return None
        found = parse(cell)
        if isinstance(found, Problem):
            self.problems.append(found.of(field))
            return None
        return found

    def text(self, field: str, longest: int = MAX_TEXT) -> str | None:
        """The text of a field; text that looks like a formula stays text, and is told."""
        cell = self._mapping.cell(self._row, field)
        if says_nothing(cell):
            return None
        text = cell_text(cell)
        if text.startswith("="):
            self.problems.append(Problem("error.import_looks_like_formula", field=field))
        if len(text) > longest:
            self.problems.append(Problem("error.import_text_cut", {"longest": str(longest)}, field))
        return text[:longest].rstrip()

    def period(self) -> tuple[date | None, date | None]:
        """Start and end; an end before the start is no end."""
        start_on, end_on = self.value("start_on", parse_date), self.value("end_on", parse_date)
        if start_on and end_on and end_on < start_on:
            self.problems.append(Problem("error.import_ends_before_start", field="end_on"))
            return start_on, None
        return start_on, end_on

    def last_extension_on(self, end_on: date) -> date | None:
        """The last day with every option used; a day before the end is none."""
        last = self.value("last_extension_on", parse_date)
        if last and last < end_on:
            self.problems.append(Problem("error.import_extension_before_end", field="last_extension_on"))
            return None
        return last

    def unit_in_header(self, field: str) -> str | None:
        """The unit that a header states for bare numbers: `Uppsägningstid (mån)`."""
        column = self._mapping.columns.get(field)
        words = fold(column.header).split() if column else []
        for unit, starts in (("months", ("man", "month")), ("days", ("dag", "day")), ("years", ("ar", "year"))):
            if any(word == start or (len(start) > 2 and word.startswith(start)) for start in starts for word in words):
                return unit
        return None


def _nothing_in(row: Row, headers: Sequence[str], mapping: ColumnMapping) -> str | None:
    """Why a row holds no contract at all: it is blank, sums up others, or repeats the headers."""
    filled = [cell for cell in row if not is_blank(cell)]
    if not filled:
        return "error.import_blank_row"
    if all(cell == header for cell, header in zip(row, headers, strict=True) if not is_blank(cell)):
        return "error.import_repeated_header"
    names_supplier = not says_nothing(mapping.cell(row, "supplier_name"))
    if not names_supplier and any(_SUMMARY.match(fold(cell_text(cell))) for cell in filled):
        return "error.import_summary_row"
    return None


def fingerprint(record: ContractRecord) -> str:
    """What stays the same when the same contract is read again, as SHA-256 in hex.

    Registry and contract number, supplier, title and start, each without regard to case, accents and points.
    """
    parts = (
        fold(record.registry_number or ""),
        fold(record.contract_number or ""),
        supplier_match_key(record.supplier_name),
        fold(record.title),
        record.start_on.isoformat() if record.start_on else "",
    )
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
