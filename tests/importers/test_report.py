from __future__ import annotations

import re
from pathlib import Path

from templates.labels import all_labels
from workflow.importers.contract_fields import CONTRACT_FIELDS
from workflow.importers.report import report_csv
from workflow.importers.rows import Outcome, Problem, RowResult

IMPORTERS = Path(__file__).resolve().parents[2] / "workflow" / "importers"


def test_the_report_names_each_row_and_nothing_in_it_is_computed() -> None:
    problem = Problem("error.import_money_negative", {"value": "-1"}, "value")
    formula = Problem("error.import_other_buyer", {"value": "x", "column": "=1+1"})
    rows: list[RowResult[object]] = [
        RowResult(5, Outcome.UNCLEAR, problems=(problem,)),
        RowResult(6, Outcome.USED, problems=(formula,)),
    ]
    assert report_csv({"rows": rows}, "sv").splitlines() == [
        "Lista;Rad;Vad som hände;Att veta",
        "rows;5;Oklar;Värde: Beloppet ”-1” är mindre än noll.",
        "rows;6;Använd;'=1+1: Köparen är en annan: x.",
    ]


def test_every_code_has_a_text_in_both_languages_with_the_same_gaps() -> None:
    source = "".join(path.read_text() for path in IMPORTERS.glob("*.py"))
    codes = set(re.findall(r'"(error\.import_[a-z_]+[a-z])"', source))
    codes |= {f"error.import_{code}" for code in ("too_large", "password_protected", "not_a_table")}
    codes |= {field.label for field in CONTRACT_FIELDS}
    assert len(codes) > 50
    swedish, english = all_labels("sv"), all_labels("en")
    for code in codes:
        gaps = [sorted(re.findall(r"%\((\w+)\)s", labels[code])) for labels in (swedish, english)]
        assert gaps[0] == gaps[1], code
