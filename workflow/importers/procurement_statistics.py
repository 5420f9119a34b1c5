"""Rows of the national statistics database on procurement (Upphandlingsmyndigheten), and its two side files.

The files join on `Upphandlings-ID`. What a row does not say is named in `missing`, never invented: the rows do not
say how a procurement ended, so its outcome is known only where a side file names a contract.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import fields, replace
from decimal import Decimal
from typing import TypeVar

from workflow.importers.organisations import region_of_buyer, supplier_match_key
from workflow.importers.rows import ImportRefused, Outcome, Problem, RowResult
from workflow.importers.statistics_records import (
    COLUMNS,
    ContractedSupplier,
    ContractedValue,
    ImportedProcurement,
    ProcurementRecord,
)
from workflow.importers.swedish_values import (
    fold,
    parse_cpv,
    parse_date,
    parse_money,
    parse_yes_no,
    says_nothing,
)
from workflow.importers.table_files import Cell, Row, Table, cell_text, is_blank

Value = TypeVar("Value")

IMPLAUSIBLE_BELOW = Decimal(1_000)  # SEK; 1 is what people write where a value had to be written

_ID = "Upphandlings-ID"
_BUYER = "Namn för köpare"
_VALUE = "Kontrakterat värde, Summa"
_NATURAL_PERSON = "fysiska personer"  # the legal form, folded


def read_procurements(table: Table, region: str) -> list[RowResult[ProcurementRecord]]:
    """One result for each row; rows of other buyers are skipped.

    Rows with the same Upphandlings-ID are one procurement (lots) and carry the same record; the fingerprint is the
    id. Raises ImportRefused (columns_missing) for a file with other columns.
    """
    columns = _Columns(table, (_ID, _BUYER, COLUMNS["title"], COLUMNS["published_on"]))
    results = [_procurement_row(cells, region) for cells in columns.rows()]
    seen: dict[Row, int] = {}
    merged: dict[str, ProcurementRecord] = {}
    for place, (result, row) in enumerate(zip(results, table.rows, strict=True)):
        if result.record is None:
            continue
        if row in seen:
            results[place] = _skipped(result.row_number, "error.import_duplicate_row", row=str(seen[row]))
            continue
        seen[row] = result.row_number
        earlier = merged.get(result.record.external_id)
        merged[result.record.external_id], differing = _merged(earlier, result.record)
        problems = [Problem("error.import_differs_between_rows", {"column": COLUMNS[name]}) for name in differing]
        results[place] = replace(result, problems=(*result.problems, *problems))
    return [replace(r, record=merged[r.record.external_id]) if r.record else r for r in results]


def procurements(results: Iterable[RowResult[ProcurementRecord]]) -> dict[str, ProcurementRecord]:
    """Each procurement once, by Upphandlings-ID, in the order of the file."""
    return {result.record.external_id: result.record for result in results if result.record}


def read_values(table: Table, region: str, known: Collection[str]) -> list[RowResult[ContractedValue]]:
    """The values file; `known` are the ids that have a procurement row. An id without one is unclear.

    Raises ImportRefused (columns_missing).
    """
    columns = _Columns(table, (_ID, _BUYER, _VALUE))
    value_place = columns.index[fold(_VALUE)]
    rows_of: dict[Row, int] = {}

    def read(cells: _Cells, external_id: str) -> RowResult[ContractedValue]:
        about = cells.row[:value_place] + cells.row[value_place + 1 :]
        earlier = rows_of.setdefault(about, cells.row_number)
        if earlier != cells.row_number:  # two sums of the same thing: one of them is wrong
            return _unclear(cells.row_number, "error.import_contradicts_row", row=str(earlier))
        amount = cells.value(_VALUE, parse_money)
        if amount is None:
            problems = cells.problems or [Problem("error.import_required_missing")]
            return RowResult(cells.row_number, Outcome.UNCLEAR, problems=tuple(problems))
        if amount < IMPLAUSIBLE_BELOW:
            return _unclear(cells.row_number, "error.import_value_implausible", value=f"{amount:f}")
        return RowResult(cells.row_number, Outcome.USED, ContractedValue(external_id, amount))

    return _side_rows(columns, region, known, read)


def contracted_values(results: Iterable[RowResult[ContractedValue]]) -> dict[str, Decimal]:
    """The contracted value by id; several rows of one procurement (lots, kinds) are parts of a sum."""
    sums: dict[str, Decimal] = {}
    for result in results:
        if result.record:
            external_id = result.record.external_id
            sums[external_id] = sums.get(external_id, Decimal(0)) + result.record.amount
    return sums


def read_suppliers(table: Table, region: str, known: Collection[str]) -> list[RowResult[ContractedSupplier]]:
    """The suppliers file, one supplier of one lot a row; a natural person is unclear and is not kept.

    Raises ImportRefused (columns_missing).
    """
    columns = _Columns(table, (_ID, _BUYER, "Namn för leverantör"))

    def read(cells: _Cells, external_id: str) -> RowResult[ContractedSupplier]:
        name = cells.text("Namn för leverantör")
        legal_form = cells.text("Juridisk form för leverantör")
        if name is None:
            return _unclear(cells.row_number, "error.import_required_missing")
        if legal_form is not None and fold(legal_form) == _NATURAL_PERSON:
            return _unclear(cells.row_number, "error.import_natural_person")
        tenders = cells.value("Antal kontrakterade anbud*, Summa", parse_money)
        supplier = ContractedSupplier(
            external_id=external_id,
            name=name,
            match_key=supplier_match_key(name),
            lot_id=cells.text("Anbudsområdes-ID"),
            size=cells.text("Företagsstorlek för leverantör"),
            sector=cells.text("Sektor för leverantör"),
            legal_form=legal_form,
            contracted_tenders=None if tenders is None else int(tenders),
        )
        return RowResult(cells.row_number, Outcome.USED, supplier, tuple(cells.problems))

    return _side_rows(columns, region, known, read)


def spellings(results: Iterable[RowResult[ContractedSupplier]]) -> dict[str, tuple[str, ...]]:
    """Every spelling of each supplier's name by match key, in the order of the file."""
    found: dict[str, dict[str, None]] = {}
    for result in results:
        if result.record:
            found.setdefault(result.record.match_key, {})[result.record.name] = None
    return {key: tuple(names) for key, names in found.items()}


def joined(
    rows: Iterable[RowResult[ProcurementRecord]],
    values: Iterable[RowResult[ContractedValue]] = (),
    suppliers: Iterable[RowResult[ContractedSupplier]] = (),
) -> list[ImportedProcurement]:
    """Each procurement with its value and suppliers, in the order of the file."""
    amounts = contracted_values(values)
    by_id: dict[str, list[ContractedSupplier]] = {}
    for result in suppliers:
        if result.record:
            by_id.setdefault(result.record.external_id, []).append(result.record)
    return [
        ImportedProcurement(record, amounts.get(external_id), tuple(by_id.get(external_id, ())))
        for external_id, record in procurements(rows).items()
    ]


class _Columns:
    """The columns of a table by their names in the database."""

    def __init__(self, table: Table, required: tuple[str, ...]) -> None:
        self.table = table
        self.index = {fold(header): place for place, header in enumerate(table.headers)}
        if missing := [name for name in required if fold(name) not in self.index]:
            raise ImportRefused("error.import_columns_missing", columns=", ".join(missing))

    def rows(self) -> Iterable[_Cells]:
        for number, row in enumerate(self.table.rows, self.table.first_row_number):
            yield _Cells(number, row, self.index)


class _Cells:
    """The cells of one row by column name, and what was wrong with them."""

    def __init__(self, row_number: int, row: Row, index: Mapping[str, int]) -> None:
        self.row_number, self.row, self._index = row_number, row, index
        self.problems: list[Problem] = []

    def text(self, column: str) -> str | None:
        return self.value(column, cell_text)

    def flag(self, column: str) -> bool | None:
        return self.value(column, parse_yes_no)

    def value(self, column: str, parse: Callable[[Cell], Value | Problem]) -> Value | None:
        place = self._index.get(fold(column))
        if place is None or says_nothing(self.row[place]):
            return None
        found = parse(self.row[place])
        if isinstance(found, Problem):
            self.problems.append(replace(found, params={**found.params, "column": column}))
            return None
        return found


def _of_other_buyer(cells: _Cells, region: str) -> RowResult[Value] | None:
    """The result of a row that is not about this region's procurement, None where it is."""
    if all(map(is_blank, cells.row)):
        return _skipped(cells.row_number, "error.import_blank_row")
    buyer = cells.text(_BUYER) or ""
    found = region_of_buyer(buyer, cells.text("Organisationsnummer för köpare") or "")
    if isinstance(found, Problem):
        return RowResult(cells.row_number, Outcome.UNCLEAR, problems=(found,))
    return None if found == region else _skipped(cells.row_number, "error.import_other_buyer", value=buyer)


def _procurement_row(cells: _Cells, region: str) -> RowResult[ProcurementRecord]:
    other: RowResult[ProcurementRecord] | None = _of_other_buyer(cells, region)
    if other is not None:
        return other
    external_id, title = cells.text(_ID), cells.text(COLUMNS["title"])
    if external_id is None or title is None:
        return _unclear(cells.row_number, "error.import_required_missing")
    record = ProcurementRecord(
        external_id=external_id,
        title=title,
        region=region,
        buyer_name=cells.text(_BUYER) or "",
        published_on=cells.value(COLUMNS["published_on"], parse_date),
        cpv=cells.value(COLUMNS["cpv"], parse_cpv),
        contract_kind=cells.text(COLUMNS["contract_kind"]),
        legal_basis=cells.text(COLUMNS["legal_basis"]),
        directive_governed=cells.flag(COLUMNS["directive_governed"]),
        procedure=cells.text(COLUMNS["procedure"]),
        agreement_kind=cells.text(COLUMNS["agreement_kind"]),
        dynamic_purchasing_system=cells.flag(COLUMNS["dynamic_purchasing_system"]),
        electronic_auction=cells.flag(COLUMNS["electronic_auction"]),
        divided_into_lots=cells.flag(COLUMNS["divided_into_lots"]),
        joint_procurement=cells.flag(COLUMNS["joint_procurement"]),
        environmentally_sustainable=cells.flag(COLUMNS["environmentally_sustainable"]),
        socially_sustainable=cells.flag(COLUMNS["socially_sustainable"]),
        innovation=cells.flag(COLUMNS["innovation"]),
        reserved_procurement=cells.flag(COLUMNS["reserved_procurement"]),
        reserved_performance=cells.flag(COLUMNS["reserved_performance"]),
        advertising_database=cells.text(COLUMNS["advertising_database"]),
        appealed=cells.flag(COLUMNS["appealed"]),
    )
    problems = tuple(cells.problems)
    return RowResult(cells.row_number, Outcome.USED, _with_missing(record), problems, external_id)


def _with_missing(record: ProcurementRecord) -> ProcurementRecord:
    unsaid = [field.name for field in fields(record) if getattr(record, field.name) is None]
    return replace(record, missing=(*unsaid, "outcome"))


def _merged(earlier: ProcurementRecord | None, later: ProcurementRecord) -> tuple[ProcurementRecord, list[str]]:
    """Two rows of one procurement as one record: the first row's word stands, and what differs is named."""
    if earlier is None:
        return later, []
    additions: dict[str, object] = {}
    differing = []
    for field in fields(ProcurementRecord):
        if field.name in ("missing", "other_titles"):
            continue
        first, second = getattr(earlier, field.name), getattr(later, field.name)
        if first is None:
            additions[field.name] = second
        elif second is not None and first != second:
            differing.append(field.name)
    if "title" in differing and later.title not in earlier.other_titles:
        additions["other_titles"] = (*earlier.other_titles, later.title)
    return _with_missing(replace(earlier, **additions)), differing  # type: ignore[arg-type]


def _side_rows(
    columns: _Columns,
    region: str,
    known: Collection[str],
    read: Callable[[_Cells, str], RowResult[Value]],
) -> list[RowResult[Value]]:
    """Read a side file: its region's rows whose procurement has a row, each row once."""
    results: list[RowResult[Value]] = []
    seen: dict[Row, int] = {}
    for cells in columns.rows():
        external_id = cells.text(_ID)
        other: RowResult[Value] | None = _of_other_buyer(cells, region)
        if other is not None:
            results.append(other)
        elif external_id is None:
            results.append(_unclear(cells.row_number, "error.import_required_missing"))
        elif external_id not in known:
            results.append(_unclear(cells.row_number, "error.import_no_procurement_row", value=external_id))
        elif cells.row in seen:
            row = str(seen[cells.row])
            results.append(_skipped(cells.row_number, "error.import_duplicate_row", row=row))
        else:
            seen[cells.row] = cells.row_number
            results.append(read(cells, external_id))
    return results


def _skipped(row_number: int, code: str, **params: str) -> RowResult[Value]:
    return RowResult(row_number, Outcome.SKIPPED, problems=(Problem(code, params),))


def _unclear(row_number: int, code: str, **params: str) -> RowResult[Value]:
    return RowResult(row_number, Outcome.UNCLEAR, problems=(Problem(code, params),))
