"""Small lists written in the test, in the forms in which people keep them."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

import xlsxwriter

STATISTICS_HEADERS = [
    "År",
    "Namn för köpare",
    "Organisationsnummer för köpare",
    "Upphandlingsslag",
    "Huvudsaklig CPV-kod",
    "Direktivstyrd",
    "Förfarande",
    "Typ av avtal",
    "Anbudsområden",
    "Överprövad",
    "Upphandlings-ID",
    "Upphandlingens titel",
    "Publiceringsdatum",
]


def workbook(
    rows: Sequence[Sequence[Any]],
    *,
    merged: Sequence[tuple[int, int, int, int]] = (),
    other_sheets: dict[str, list[list[Any]]] | None = None,
    sheet: str = "Avtal",
) -> bytes:
    """An xlsx; `merged` are ranges (top, left, bottom, right) whose value stands in `rows` at their top left."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, cells in {**(other_sheets or {}), sheet: rows}.items():
        page = book.add_worksheet(name)
        for r, row in enumerate(cells):
            for c, cell in enumerate(row):
                if isinstance(cell, date):
                    page.write_datetime(r, c, cell, day)
                elif cell not in (None, ""):
                    page.write(r, c, cell)
        if name == sheet:
            for top, left, bottom, right in merged:
                page.merge_range(top, left, bottom, right, rows[top][left])
    book.close()
    return out.getvalue()


def csv_file(rows: Sequence[Sequence[str]], *, delimiter: str = ";", encoding: str = "utf-8-sig") -> bytes:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue().encode(encoding)


def statistics_row(external_id: str = "SE1", title: str = "Städning", **cells: object) -> list[object]:
    """A row of the national statistics; `cells` by the column's name with underscores for spaces."""
    row: dict[str, object] = dict.fromkeys(STATISTICS_HEADERS, "")
    row |= {
        "År": 2021.0,
        "Namn för köpare": "REGION NORRBOTTEN",
        "Organisationsnummer för köpare": "2321000230",
        "Upphandlingsslag": "Tjänster",
        "Huvudsaklig CPV-kod": "90910000 Städning",
        "Direktivstyrd": "True",
        "Förfarande": "Öppet förfarande",
        "Typ av avtal": "Ramavtal",
        "Anbudsområden": "True",
        "Överprövad": "False",
        "Upphandlings-ID": external_id,
        "Upphandlingens titel": title,
        "Publiceringsdatum": "2021-03-01",
    }
    row |= {name.replace("_", " "): cell for name, cell in cells.items()}
    return list(row.values())
