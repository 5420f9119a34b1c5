"""What every list that is read gives back: one result for each row, and an account that adds up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Generic, TypeVar

Record = TypeVar("Record")


class ImportRefused(Exception):
    """The file as a whole cannot be read, and nothing of it is used.

    `code` is the label of the text shown (`error.import_…`), `params` what stands in its gaps.
    """

    def __init__(self, code: str, **params: str) -> None:
        super().__init__(code, params)
        self.code = code
        self.params = params


@dataclass(frozen=True)
class Problem:
    """Something about a row or a value that a person should know.

    `code` is the label of the text (`error.import_…`), `field` the code of the field it concerns, if one.
    """

    code: str
    params: Mapping[str, str] = field(default_factory=dict)
    field: str | None = None

    def of(self, field_code: str) -> Problem:
        """The same problem, said about one field."""
        return replace(self, field=field_code)


class Outcome(StrEnum):
    """What became of a row."""

    USED = "used"
    SKIPPED = "skipped"  # there is nothing in it to use, and the reason is stated
    UNCLEAR = "unclear"  # a person has to look at it; nothing is guessed


@dataclass(frozen=True)
class RowResult(Generic[Record]):
    """One row of the file: its number as the spreadsheet shows it, what became of it, and why.

    `fingerprint` is the same each time the same thing is read, so that a second import changes nothing.
    """

    row_number: int
    outcome: Outcome
    record: Record | None = None
    problems: tuple[Problem, ...] = ()
    fingerprint: str | None = None


@dataclass(frozen=True)
class Account:
    """How many rows there were and what became of them: `rows == used + skipped + unclear`."""

    used: int
    skipped: int
    unclear: int

    @property
    def rows(self) -> int:
        return self.used + self.skipped + self.unclear


def account(results: Iterable[RowResult[Record]]) -> Account:
    """Count the rows by what became of them."""
    outcomes = [result.outcome for result in results]
    return Account(*(outcomes.count(outcome) for outcome in Outcome))


def account_line(name: str, results: Iterable[RowResult[Record]]) -> str:
    """The account as the command line prints it, e.g. `rows 7: used 5, skipped 1, unclear 1`."""
    sums = account(results)
    return f"{name} {sums.rows}: used {sums.used}, skipped {sums.skipped}, unclear {sums.unclear}"
