"""The receipt of a deadline: a date with everything that it was counted from.

A pure value that goes to JSON and back without loss; `states/deadlines.py` makes it and counts it again. All
dates are local dates in Europe/Stockholm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any


class Unit(StrEnum):
    """What a term is counted in."""

    CALENDAR_DAYS = "calendar_days"
    WORKING_DAYS = "working_days"
    WEEKS = "weeks"
    MONTHS = "months"


class Counting(StrEnum):
    """What happens to a last day on which nobody works."""

    STATUTORY = "statutory"
    """It moves off rest days (1930:173 2 §), but not off the region's closing days."""
    WORKING = "working"
    """It moves off rest days and closing days; the default for terms the region sets itself."""
    EXACT = "exact"
    """It stays: dates that a contract fixes."""


class Basis(StrEnum):
    """Who fixed a term: the law, the contract, the region."""

    LAW = "law"
    CLAUSE = "clause"
    POLICY = "policy"


@dataclass(frozen=True, slots=True)
class Term:
    """A length of time that a rule gives, before any anchor is known.

    A `backward` term is counted back from its anchor and moves to the day *before* a rest day, so that the
    time which must lie between is never cut. Only a forward term can be paused. `source` is what one may
    look up, for example "LOU 20:1". Raises ValueError for a negative amount.
    """

    code: str
    amount: int
    unit: Unit
    counting: Counting
    basis: Basis
    source: str
    pausable: bool = False
    backward: bool = False

    def __post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError(f"term {self.code}: the amount is negative; use backward to count back")
        if self.pausable and self.backward:
            raise ValueError(f"term {self.code}: what is counted back cannot be paused")


@dataclass(frozen=True, slots=True)
class Pause:
    """The clock stands still from `from_on` (included) and runs again on `to_on`; `reason` is a code."""

    from_on: date
    to_on: date
    reason: str

    def __post_init__(self) -> None:
        if self.to_on < self.from_on:
            raise ValueError("a pause ends before it begins")


@dataclass(frozen=True, slots=True)
class Move:
    """One day's step off a day on which nobody works; `reason` is a code of `Calendar.rest_reason`."""

    from_on: date
    to_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class Extension:
    """A reasoned decision on `decided_on` that a last day, until then `from_on`, is `to_on` instead.

    `role` is the code of the role in which somebody decided it; who it was and why stands in the case.
    """

    from_on: date
    to_on: date
    decided_on: date
    role: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A deadline and what produced it.

    Three shapes. Computed: `amount`, `unit` and `counting` are set. Given from outside: they are None, and
    `due_on` is the date that was stated. No deadline applies: `due_on` is None, and `source` is the rule
    that says so.

    `counted_on` is the date before pauses and moves, `due_on` the last day (overdue from
    `calendar.end_of_day`), `earliest_next_on` the plain day after it: the first day on which that may be
    done which had to wait. `pauses` holds only what really stopped the clock: the parts after the anchor,
    and no day twice. `parameter` names the row of policy that gave the amount, if one did. `extensions` are the
    decisions that gave more time, in order. `closing_days` are those of the region's closing days that counted:
    with them the sum can be done again from the receipt alone, whatever the region closes later.
    """

    term: str
    anchor: str
    anchor_on: date | None
    amount: int | None
    unit: Unit | None
    counting: Counting | None
    backward: bool
    basis: Basis
    source: str
    parameter: str | None
    counted_on: date | None
    pauses: tuple[Pause, ...]
    moves: tuple[Move, ...]
    due_on: date | None
    earliest_next_on: date | None
    extensions: tuple[Extension, ...] = ()
    closing_days: tuple[date, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The receipt in JSON's own types (no floating-point number among them), dates as ISO texts.

        `extensions` and `closing_days` are left out when there are none.
        """
        shown: dict[str, Any] = {
            "term": self.term,
            "anchor": self.anchor,
            "anchor_on": _iso(self.anchor_on),
            "amount": self.amount,
            "unit": self.unit and self.unit.value,
            "counting": self.counting and self.counting.value,
            "backward": self.backward,
            "basis": self.basis.value,
            "source": self.source,
            "parameter": self.parameter,
            "counted_on": _iso(self.counted_on),
            "pauses": [_span_json(pause) for pause in self.pauses],
            "moves": [_span_json(move) for move in self.moves],
            "due_on": _iso(self.due_on),
            "earliest_next_on": _iso(self.earliest_next_on),
        }
        if self.extensions:
            shown["extensions"] = [
                {
                    "from_on": e.from_on.isoformat(),
                    "to_on": e.to_on.isoformat(),
                    "decided_on": e.decided_on.isoformat(),
                    "role": e.role,
                }
                for e in self.extensions
            ]
        if self.closing_days:
            shown["closing_days"] = [day.isoformat() for day in self.closing_days]
        return shown

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Receipt:
        """The receipt that `as_json` wrote. Raises ValueError for anything else."""
        try:
            return cls(
                term=data["term"],
                anchor=data["anchor"],
                anchor_on=_date(data["anchor_on"]),
                amount=data["amount"],
                unit=None if data["unit"] is None else Unit(data["unit"]),
                counting=None if data["counting"] is None else Counting(data["counting"]),
                backward=data["backward"],
                basis=Basis(data["basis"]),
                source=data["source"],
                parameter=data["parameter"],
                counted_on=_date(data["counted_on"]),
                pauses=tuple(Pause(*_span(span)) for span in data["pauses"]),
                moves=tuple(Move(*_span(span)) for span in data["moves"]),
                due_on=_date(data["due_on"]),
                earliest_next_on=_date(data["earliest_next_on"]),
                extensions=tuple(_extension(e) for e in data.get("extensions", ())),
                closing_days=tuple(date.fromisoformat(day) for day in data.get("closing_days", ())),
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a deadline's receipt: {error!r}") from error


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _span_json(span: Pause | Move) -> dict[str, str]:
    return {"from_on": span.from_on.isoformat(), "to_on": span.to_on.isoformat(), "reason": span.reason}


def _span(data: Mapping[str, str]) -> tuple[date, date, str]:
    return date.fromisoformat(data["from_on"]), date.fromisoformat(data["to_on"]), data["reason"]


def _extension(data: Mapping[str, str]) -> Extension:
    from_on, to_on, decided_on = (date.fromisoformat(data[name]) for name in ("from_on", "to_on", "decided_on"))
    return Extension(from_on, to_on, decided_on, data["role"])
