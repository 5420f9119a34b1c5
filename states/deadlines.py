"""Deadlines as a function of the facts: anchor event + term + pauses + calendar gives a date and its receipt.

A receipt carries everything the date was computed from, so that anybody can do the sum again by hand, or
with `recompute`. It is a pure value that goes to JSON and back without loss. All dates are local dates in
Europe/Stockholm.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from states.calendar import ONE_DAY, Calendar


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
class Receipt:
    """A deadline and what produced it.

    Three shapes. Computed: `amount`, `unit` and `counting` are set. Given from outside: they are None, and
    `due_on` is the date that was stated. No deadline applies: `due_on` is None, and `source` is the rule
    that says so.

    `counted_on` is the date before pauses and moves, `due_on` the last day (overdue from
    `calendar.end_of_day`), `earliest_next_on` the plain day after it: the first day on which that may be
    done which had to wait. `pauses` holds only what really stopped the clock: the parts after the anchor,
    and no day twice. `parameter` names the row of policy that gave the amount, if one did.
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

    def as_json(self) -> dict[str, Any]:
        """The receipt in JSON's own types (no floating-point number among them), dates as ISO texts."""
        return {
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
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"not a deadline's receipt: {error!r}") from error


def derive(
    term: Term,
    anchor: str,
    anchor_on: date,
    calendar: Calendar,
    *,
    pauses: Iterable[Pause] = (),
    amount: int | None = None,
    parameter: str | None = None,
) -> Receipt:
    """The deadline that `term` gives when the event `anchor` happened on `anchor_on`, which is day 0.

    `amount` replaces the term's own, with `parameter` naming the row it came from. `pauses` only count for
    a pausable term, and only while it ran. Raises YearUnknown where a day must be judged that the calendar
    does not know, ValueError for a negative amount, TypeError for an instant instead of a date.
    """
    if isinstance(anchor_on, datetime):
        raise TypeError("the anchor is a local date; take local_date(instant)")
    if amount is None:
        amount = term.amount
    if amount < 0:
        raise ValueError(f"term {term.code}: the amount is negative")

    counted_on = _count(anchor_on, -amount if term.backward else amount, term.unit, calendar)
    due_on, applied = counted_on, []
    moves: list[Move] = []
    for pause in _disjoint(pauses, anchor_on) if term.pausable else ():
        if pause.from_on > due_on:
            # The term ran on until the day it had moved to. If it stopped before then, that day is shifted.
            due_on = _off_rest_days(due_on, term.counting, ONE_DAY, calendar, moves)
        if pause.from_on > due_on:
            break
        due_on = _resume(due_on, pause, term.unit, calendar)
        applied.append(pause)
    due_on = _off_rest_days(due_on, term.counting, -ONE_DAY if term.backward else ONE_DAY, calendar, moves)

    return Receipt(
        term=term.code,
        anchor=anchor,
        anchor_on=anchor_on,
        amount=amount,
        unit=term.unit,
        counting=term.counting,
        backward=term.backward,
        basis=term.basis,
        source=term.source,
        parameter=parameter,
        counted_on=counted_on,
        pauses=tuple(applied),
        moves=tuple(moves),
        due_on=due_on,
        earliest_next_on=due_on + ONE_DAY,
    )


def none_applies(term_code: str, anchor: str, anchor_on: date, rule: str) -> Receipt:
    """The receipt for "here the law sets no such time", with the `rule` that says so (e.g. "LOU 20:2")."""
    return _uncounted(term_code, anchor, anchor_on, None, Basis.LAW, rule)


def fixed(
    term_code: str, anchor: str, due_on: date, basis: Basis, source: str, *, anchor_on: date | None = None
) -> Receipt:
    """The receipt for a date that was given as such: a stated longer standstill, a tender deadline.

    It stands as stated, also on a rest day.
    """
    return _uncounted(term_code, anchor, anchor_on, due_on, basis, source)


def recompute(receipt: Receipt, calendar: Calendar) -> Receipt:
    """The receipt that the facts in `receipt` give, whatever result it states itself.

    `calendar` must hold the closing days that were valid then. Raises as `derive` does, and ValueError for
    a receipt whose facts are incomplete.
    """
    if receipt.amount is None or receipt.unit is None or receipt.counting is None:
        if (receipt.amount, receipt.unit, receipt.counting) != (None, None, None):
            raise ValueError(f"the receipt for {receipt.term} states half a term")
        return _uncounted(
            receipt.term, receipt.anchor, receipt.anchor_on, receipt.due_on, receipt.basis, receipt.source
        )
    if receipt.anchor_on is None:
        raise ValueError(f"the receipt for {receipt.term} does not say from when it counts")
    term = Term(
        code=receipt.term,
        amount=receipt.amount,
        unit=receipt.unit,
        counting=receipt.counting,
        basis=receipt.basis,
        source=receipt.source,
        pausable=bool(receipt.pauses),
        backward=receipt.backward,
    )
    return derive(
        term,
        receipt.anchor,
        receipt.anchor_on,
        calendar,
        pauses=receipt.pauses,
        parameter=receipt.parameter,
    )


def verify(receipt: Receipt, calendar: Calendar) -> bool:
    """Whether the facts in `receipt` give the result it states. Raises as `recompute` does."""
    return recompute(receipt, calendar) == receipt


def _count(day: date, amount: int, unit: Unit, calendar: Calendar) -> date:
    match unit:
        case Unit.CALENDAR_DAYS:
            return day + timedelta(days=amount)
        case Unit.WORKING_DAYS:
            return calendar.add_working_days(day, amount)
        case Unit.WEEKS:
            return day + timedelta(weeks=amount)
        case Unit.MONTHS:
            return _add_months(day, amount)


def _add_months(day: date, months: int) -> date:
    """The same day of the month, or the month's last day where it has no such day (1930:173 1 §)."""
    year, month0 = divmod(day.year * 12 + day.month - 1 + months, 12)
    last_day = gregorian.monthrange(year, month0 + 1)[1]
    return date(year, month0 + 1, min(day.day, last_day))


def _disjoint(pauses: Iterable[Pause], anchor_on: date) -> Iterable[Pause]:
    """The parts of `pauses` from `anchor_on` on, in order of time, with no day in two of them."""
    covered_to = anchor_on
    for pause in sorted(pauses, key=lambda pause: (pause.from_on, pause.to_on)):
        if pause.to_on > covered_to:
            yield Pause(max(pause.from_on, covered_to), pause.to_on, pause.reason)
            covered_to = pause.to_on


def _resume(due_on: date, pause: Pause, unit: Unit, calendar: Calendar) -> date:
    """`due_on` later by the time that `pause` took.

    That is its calendar days, whatever rest days are among them; but a term in working days gets back the
    working days it lost, since calendar days could give it fewer.
    """
    if unit is Unit.WORKING_DAYS:
        lost = calendar.working_days_between(pause.from_on - ONE_DAY, pause.to_on - ONE_DAY)
        return calendar.add_working_days(due_on, lost)
    return due_on + (pause.to_on - pause.from_on)


def _off_rest_days(day: date, counting: Counting, step: timedelta, calendar: Calendar, moves: list[Move]) -> date:
    """The day on which the last day `day` ends up by `counting`; adds each step on the way to `moves`."""
    if counting is Counting.EXACT:
        return day
    while reason := calendar.rest_reason(day):
        if counting is Counting.STATUTORY and not calendar.is_rest_day(day):
            break
        moves.append(Move(day, day + step, reason))
        day += step
    return day


def _uncounted(
    term_code: str, anchor: str, anchor_on: date | None, due_on: date | None, basis: Basis, source: str
) -> Receipt:
    return Receipt(
        term=term_code,
        anchor=anchor,
        anchor_on=anchor_on,
        amount=None,
        unit=None,
        counting=None,
        backward=False,
        basis=basis,
        source=source,
        parameter=None,
        counted_on=due_on,
        pauses=(),
        moves=(),
        due_on=due_on,
        earliest_next_on=None if due_on is None else due_on + ONE_DAY,
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _span_json(span: Pause | Move) -> dict[str, str]:
    return {"from_on": span.from_on.isoformat(), "to_on": span.to_on.isoformat(), "reason": span.reason}


def _span(data: Mapping[str, str]) -> tuple[date, date, str]:
    return date.fromisoformat(data["from_on"]), date.fromisoformat(data["to_on"]), data["reason"]
