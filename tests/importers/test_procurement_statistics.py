from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from templates.labels import all_labels
from tests.importers.samples import STATISTICS_HEADERS, statistics_row, workbook
from workflow.importers.procurement_statistics import (
    contracted_values,
    joined,
    procurements,
    read_procurements,
    read_suppliers,
    read_values,
    spellings,
)
from workflow.importers.rows import ImportRefused, Outcome, RowResult, account, account_line
from workflow.importers.statistics_records import ProcurementRecord
from workflow.importers.table_files import Table, read_table

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "uhm-2021"
SUPPLIER_HEADERS = ["Anbudsområdes-ID", "Namn för leverantör", "Företagsstorlek för leverantör"]
SUPPLIER_HEADERS += ["Juridisk form för leverantör", "Antal kontrakterade anbud*, Summa"]


def table(rows: Sequence[Sequence[object]], *more_headers: str) -> Table:
    return read_table(workbook([[*STATISTICS_HEADERS, *more_headers], *rows]), "statistik.xlsx")


def read(*rows: list[object]) -> list[RowResult[ProcurementRecord]]:
    return read_procurements(table(rows), "norrbotten")


def supplier_row(external_id: str, name: str, lot: str = "L1", legal_form: str = "Övriga aktiebolag") -> list[object]:
    return [*statistics_row(external_id), lot, name, "Små företag", legal_form, 1.0]


def codes(result: RowResult[object]) -> list[str]:
    return [problem.code.removeprefix("error.import_") for problem in result.problems]


def test_a_row_says_what_it_says_and_names_what_it_does_not() -> None:
    (result,) = read(statistics_row(Överprövad="True", Förfarande="", Direktivstyrd=""))
    record = result.record
    assert record is not None
    assert (record.external_id, record.title, record.region) == ("SE1", "Städning", "norrbotten")
    assert (record.published_on, record.cpv, record.appealed) == (date(2021, 3, 1), "90910000", True)
    assert {"procedure", "directive_governed", "outcome", "environmentally_sustainable"} <= set(record.missing)
    assert "appealed" not in record.missing


def test_a_cpv_code_that_says_nothing_is_missing_and_told() -> None:
    row = dict(zip(STATISTICS_HEADERS, statistics_row(), strict=True))
    (result,) = read(list((row | {"Huvudsaklig CPV-kod": "00000000 Uppgift saknas"}).values()))
    assert result.outcome is Outcome.USED
    assert result.record is not None
    assert result.record.cpv is None
    assert "cpv" in result.record.missing
    assert codes(result) == ["cpv_not_stated"]


def test_rows_of_other_buyers_are_skipped_and_a_buyer_that_disagrees_with_itself_is_unclear() -> None:
    kalmar = {"Namn_för_köpare": "REGION KALMAR LÄN", "Organisationsnummer_för_köpare": "2321000073"}
    mixed = {"Namn_för_köpare": "REGION KALMAR LÄN"}
    town = {"Namn_för_köpare": "LULEÅ KOMMUN", "Organisationsnummer_för_köpare": "2120002742"}
    rows = read(
        statistics_row(), statistics_row("SE2", **kalmar), statistics_row("SE3", **mixed), statistics_row("SE4", **town)
    )
    assert [row.outcome for row in rows] == ["used", "skipped", "unclear", "skipped"]
    assert account_line("rows", rows) == "rows 4: used 1, skipped 2, unclear 1"


def test_a_procurement_in_several_rows_is_one_and_what_differs_is_told() -> None:
    rows = read(
        statistics_row(Förfarande=""),
        statistics_row(title="städning", Upphandlingsslag="Varor"),
        statistics_row(Förfarande=""),
    )
    assert [row.outcome for row in rows] == ["used", "used", "skipped"]
    assert codes(rows[1]) == ["differs_between_rows"] * 2
    assert rows[0].record == rows[1].record
    record = procurements(rows)["SE1"]
    assert (record.title, record.other_titles) == ("Städning", ("städning",))
    assert (record.contract_kind, record.procedure) == ("Tjänster", "Öppet förfarande")
    assert "procedure" not in record.missing


def test_a_row_without_an_id_is_unclear() -> None:
    (result,) = read(statistics_row(""))
    assert (result.outcome, codes(result)) == (Outcome.UNCLEAR, ["required_missing"])


def test_a_value_of_one_krona_and_one_below_zero_count_as_missing() -> None:
    amounts = {"SE1": 1.0, "SE2": 5_000_000.0, "SE3": -5.0, "SE4": 0.0}
    rows = [[*statistics_row(key), amount] for key, amount in amounts.items()]
    values = read_values(table(rows, "Kontrakterat värde, Summa"), "norrbotten", set(amounts))
    assert [codes(row) for row in values] == [["value_implausible"], [], ["money_negative"], ["value_implausible"]]
    assert contracted_values(values) == {"SE2": Decimal(5_000_000)}
    assert account_line("values", values) == "values 4: used 1, skipped 0, unclear 3"


def test_values_of_several_rows_are_parts_of_a_sum_unless_they_contradict_each_other() -> None:
    rows = [
        [*statistics_row(Upphandlingsslag="Varor"), 2000.0],
        [*statistics_row(Upphandlingsslag="Tjänster"), 3000.0],
        [*statistics_row(Upphandlingsslag="Tjänster"), 3000.0],
        [*statistics_row(Upphandlingsslag="Tjänster"), 4000.0],
    ]
    values = read_values(table(rows, "Kontrakterat värde, Summa"), "norrbotten", {"SE1"})
    assert [row.outcome for row in values] == ["used", "used", "skipped", "unclear"]
    assert contracted_values(values) == {"SE1": Decimal(5000)}


def test_a_side_row_without_a_procurement_is_unclear_and_names_the_id() -> None:
    values = read_values(table([[*statistics_row("SE9"), 5000.0]], "Kontrakterat värde, Summa"), "norrbotten", {"SE1"})
    assert codes(values[0]) == ["no_procurement_row"]
    assert values[0].problems[0].params == {"value": "SE9"}


def test_suppliers_keep_every_spelling_and_a_natural_person_is_not_kept() -> None:
    rows = [
        supplier_row("SE1", "Bräda & Bult AB"),
        supplier_row("SE1", "BRÄDA & BULT AKTIEBOLAG", lot="L2"),
        supplier_row("SE1", "Anna Ek", legal_form="Fysiska personer"),
        supplier_row("SE1", ""),
    ]
    found = read_suppliers(table(rows, *SUPPLIER_HEADERS), "norrbotten", {"SE1"})
    assert [row.outcome for row in found] == ["used", "used", "unclear", "unclear"]
    assert spellings(found) == {"brada bult ab": ("Bräda & Bult AB", "BRÄDA & BULT AKTIEBOLAG")}
    assert "Anna Ek" not in repr(found)
    first = found[0].record
    assert first is not None
    assert (first.lot_id, first.size, first.contracted_tenders) == ("L1", "Små företag", 1)


def test_the_outcome_is_known_only_where_a_side_file_names_a_contract() -> None:
    rows = read(statistics_row("SE1"), statistics_row("SE2"))
    suppliers = read_suppliers(table([supplier_row("SE1", "A AB")], *SUPPLIER_HEADERS), "norrbotten", {"SE1", "SE2"})
    first, second = joined(rows, (), suppliers)
    assert first.outcome_is_known
    assert "outcome" not in first.missing
    assert not second.outcome_is_known
    assert {"outcome", "contracted_value", "suppliers"} <= set(second.missing)


def test_a_file_with_other_columns_is_refused_with_the_names_of_those_missing() -> None:
    other = read_table(workbook([["Namn", "Upphandlings-ID"], ["a", "b"]]), "fel.xlsx")
    for reader in (read_values, read_suppliers):
        with pytest.raises(ImportRefused):
            reader(other, "norrbotten", ())
    with pytest.raises(ImportRefused) as refused:
        read_procurements(other, "norrbotten")
    assert "Namn för köpare" in refused.value.params["columns"]


def test_everything_that_may_be_missing_has_a_name_for_people() -> None:
    (imported,) = joined(read(statistics_row()))
    for locale in ("sv", "en"):
        labels = all_labels(locale)
        assert all(f"field.procurement_statistics.{name}" in labels for name in imported.missing)


def real(name: str) -> Table:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"SKIPPED: the real rows are not at {REAL}")
    return read_table(path.read_bytes(), name)


@pytest.mark.parametrize(
    ("region", "used", "values_unclear", "suppliers_unclear"),
    [("norrbotten", 63, 0, 0), ("kalmar", 68, 0, 0), ("varmland", 86, 2, 1)],
)
def test_the_real_rows_of_2021_are_all_accounted_for(
    region: str, used: int, values_unclear: int, suppliers_unclear: int
) -> None:
    began = time.monotonic()
    rows = read_procurements(real("number_of_procurements.xlsx"), region)
    known = procurements(rows)
    values = read_values(real("contracted_value.xlsx"), region, known)
    suppliers = read_suppliers(real("number_of_contracted_tenders_with_suppliers.xlsx"), region, known)
    assert account_line("rows", rows) == f"rows 217: used {used}, skipped {217 - used}, unclear 0"
    assert (account(values).rows, account(values).unclear) == (147, values_unclear)
    assert (account(suppliers).rows, account(suppliers).unclear) == (471, suppliers_unclear)
    assert len(joined(rows, values, suppliers)) == used
    assert time.monotonic() - began < 10
