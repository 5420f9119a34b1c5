"""The account of an import row by row, as the file that `--report` writes and the page shows."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping

from templates.labels import label
from workflow.importers.rows import Problem, Record, RowResult


def problem_text(problem: Problem, locale: str) -> str:
    """A problem in words, with the field or column it concerns."""
    text = label(problem.code, locale, **problem.params)
    if problem.field is not None:
        return f"{label('field.contract_register.' + problem.field, locale)}: {text}"
    column = problem.params.get("column")
    return f"{column}: {text}" if column else text


def report_csv(lists: Mapping[str, Iterable[RowResult[Record]]], locale: str) -> str:
    """Every row of every list read: list, row, outcome, what to know. CSV with semicolons.

    A cell that a spreadsheet would compute gets an apostrophe before it.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(label(f"import_report.{column}", locale) for column in ("list", "row", "outcome", "problems"))
    for name, results in lists.items():
        for result in results:
            problems = " ".join(problem_text(problem, locale) for problem in result.problems)
            outcome = label(f"import_outcome.{result.outcome.value}", locale)
            writer.writerow([name, result.row_number, outcome, _inert(problems)])
    return out.getvalue()


def _inert(text: str) -> str:
    return "'" + text if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
