from __future__ import annotations

import json

import pytest

from workflow.importers.column_mapping import (
    ColumnMapping,
    correct_mapping,
    explain,
    guess_mapping,
    load_mapping,
    save_mapping,
    unused_columns,
)
from workflow.importers.rows import ImportRefused


def found(mapping: ColumnMapping) -> dict[str, str]:
    return {field: column.header for field, column in mapping.columns.items()}


@pytest.mark.parametrize(
    "headers",
    [
        {"title": "Avtalsnamn", "supplier_name": "Leverantör", "end_on": "Slutdatum", "start_on": "Startdatum"},
        {"title": "Benämning", "supplier_name": "Motpart", "end_on": "Avtal t.o.m.", "start_on": "Avtal fr.o.m."},
        {"title": "Avtal", "supplier_name": "Avtalspart", "end_on": "Giltigt till", "start_on": "Giltigt från"},
        {"title": "Contract title", "supplier_name": "Supplier", "end_on": "End date", "start_on": "Start date"},
        {"title": "AVTALSRUBRIK", "supplier_name": "Lev.namn/leverantörsnamn", "end_on": "Utgångsdatum (avtal)"},
        {"registry_number": "Dnr", "contract_number": "Avtalsnr", "organisation_number": "Org.nr", "value": "Belopp"},
        {"registry_number": "Diarie nr", "notice": "Uppsägningstid (mån)", "option_text": "Förlängningsoption"},
        {"owner": "Avtalsansvarig", "unit": "Förvaltning", "contract_class": "Avtalsklass", "note": "Kommentar"},
        {"value": "Avtalsvärde (SEK exkl moms)", "framework": "Ramavtal?", "cpv": "CPV-kod", "category": "Varugrupp"},
        {"end_on": "Slutdatum", "last_extension_on": "Slutdatum inkl. optioner", "option_text": "Option (mån)"},
        {"supplier_name": "Leverantör", "organisation_number": "Leverantörens organisationsnummer"},
    ],
)
def test_columns_are_found_by_the_headers_people_use(headers: dict[str, str]) -> None:
    order = sorted(headers.values())
    assert found(guess_mapping(order, [])) == headers


def test_a_column_is_found_by_its_content_where_the_header_says_nothing() -> None:
    rows = [("Städ", "556012-5790"), ("Mat", "202100-5489")]
    mapping = guess_mapping(["Avtal", "Identitet"], rows)
    assert found(mapping)["organisation_number"] == "Identitet"
    assert mapping.columns["organisation_number"].why == "content"


def test_a_header_is_believed_less_where_the_cells_hold_something_else() -> None:
    rows = [("Anna", "2027-03-31")] * 5
    assert found(guess_mapping(["Slutdatum", "Avtal till"], rows))["end_on"] == "Avtal till"


def test_a_persons_choice_wins_over_the_guess() -> None:
    headers = ["Avtal", "Beskrivning", "Leverantör", "Slutdatum", "Övrigt"]
    guess = guess_mapping(headers, [])
    corrected = correct_mapping(guess, headers, {"title": "beskrivning", "note": None})
    assert found(corrected) == {"title": "Beskrivning", "supplier_name": "Leverantör", "end_on": "Slutdatum"}
    assert corrected.columns["title"].why == "chosen"


def test_a_column_chosen_for_one_field_is_taken_from_another() -> None:
    headers = ["Avtal", "Leverantör"]
    corrected = correct_mapping(guess_mapping(headers, []), headers, {"note": "Avtal"})
    assert found(corrected) == {"note": "Avtal", "supplier_name": "Leverantör"}
    assert corrected.missing_required() == ("title", "end_on")


def test_a_mapping_file_is_json_or_two_columns() -> None:
    choices = {"title": "Avtalets beskrivning", "note": None}
    assert load_mapping(json.dumps(choices).encode()) == choices
    assert load_mapping("fält;kolumn\ntitle;Avtalets beskrivning\nnote;\n".encode("cp1252")) == choices
    assert load_mapping("title,Avtalets beskrivning\nnote,\n".encode("utf-8-sig")) == choices


def test_a_saved_mapping_gives_the_same_mapping_again() -> None:
    headers = ["Avtal", "Leverantör", "Slutdatum"]
    mapping = guess_mapping(headers, [])
    again = correct_mapping(ColumnMapping({}), headers, load_mapping(save_mapping(mapping).encode()))
    assert found(again) == found(mapping)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "mapping_unreadable"),
        (b'{"title": 3}', "mapping_unreadable"),
        (b"", "mapping_unreadable"),
        (b"\x00\x01", "mapping_unreadable"),
        (b'{"colour": "x"}', "mapping_field_unknown"),
        (b"title;A\ncolour;B", "mapping_field_unknown"),
    ],
)
def test_a_wrong_mapping_file_says_what_is_wrong(data: bytes, code: str) -> None:
    with pytest.raises(ImportRefused) as refused:
        load_mapping(data)
    assert refused.value.code == f"error.import_{code}"


def test_a_column_that_is_not_there_is_told() -> None:
    with pytest.raises(ImportRefused) as refused:
        correct_mapping(ColumnMapping({}), ["Avtal"], {"title": "Titel"})
    assert refused.value.params == {"value": "Titel"}


def test_the_mapping_is_shown_field_by_field_with_examples() -> None:
    rows = [("Städ", "A AB"), ("", "B AB")]
    lines = {line.field: line for line in explain(guess_mapping(["Avtal", "Leverantör"], rows), rows)}
    assert (lines["title"].header, lines["title"].examples) == ("Avtal", ("Städ",))
    assert lines["title"].why == "import_mapping.header_same"
    assert (lines["end_on"].header, lines["end_on"].why) == (None, "import_mapping.none")
    assert lines["end_on"].required


def test_columns_that_no_field_uses_are_named() -> None:
    headers = ["Nr", "Avtal", "Skickat kort"]
    assert unused_columns(guess_mapping(headers, []), headers) == ("Nr", "Skickat kort")
