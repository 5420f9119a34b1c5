"""Deadlines as a function of the facts: anchor event + term + pauses + calendar gives a date and its receipt.

A receipt (`states/receipts.py`) carries everything the date was computed from, so that anybody can do the sum
again by hand, or with `recompute`. All dates are local dates in Europe/Stockholm.
"""

from __future__ import annotations

import calendar as gregorian
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from states.calendar import ONE_DAY, Calendar
from states.receipts import Basis, Counting, Extension, Move, Pause, Receipt, Term, Unit

__all__ = [
    "Basis",
    "Counting",
    "Extension",
    "Move",
    "Pause",
    "Receipt",
    "Term",
    "Unit",
    "again",
    "derive",
    "fixed",
    "none_applies",
    "recompute",
    "term_of",
    "verify",
]

#: What the law or a contract counts knows nothing of the days on which a region has closed.
_BY_LAW = Calendar()


def derive(
    term: Term,
    anchor: str,
    anchor_on: date,
    calendar: Calendar,
    *,
    pauses: Iterable[Pause] = (),
    extensions: Iterable[Extension] = (),
    amount: int | None = None,
    parameter: str | None = None,
) -> Receipt:
    """The deadline that `term` gives when the event `anchor` happened on `anchor_on`, which is day 0.

    `amount` replaces the term's own, with `parameter` naming the row it came from. `pauses` only count for
    a pausable term, and only while it ran. An extension sets the last day it decided, never an earlier one; a
    pause that began on or after the day of its decision moves that day too. The closing days of `calendar`
    count for policy terms alone. Raises YearUnknown where a day must be judged that the calendar does not
    know, ValueError for a negative amount, TypeError for an instant instead of a date.
    """
    if isinstance(anchor_on, datetime):
        raise TypeError("the anchor is a local date; take local_date(instant)")
    if amount is None:
        amount = term.amount
    if amount < 0:
        raise ValueError(f"term {term.code}: the amount is negative")
    if term.basis is not Basis.POLICY:
        calendar = _BY_LAW

    counted_on = _count(anchor_on, -amount if term.backward else amount, term.unit, calendar)
    run = _Run(term, calendar, counted_on)
    waiting = list(_disjoint(pauses, anchor_on)) if term.pausable else []
    for extension in sorted(extensions, key=lambda e: e.decided_on):
        earlier = [pause for pause in waiting if pause.from_on < extension.decided_on]
        waiting = waiting[len(earlier) :]
        run.stand_still(earlier)
        run.extend(extension)
    run.stand_still(waiting)
    run.settle()
    due_on = run.due_on

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
        pauses=tuple(run.pauses),
        moves=tuple(run.moves),
        due_on=due_on,
        earliest_next_on=due_on + ONE_DAY,
        extensions=tuple(run.extensions),
        closing_days=_closing_days(term.unit, anchor_on, due_on, calendar, run.moves),
    )


class _Run:
    """A last day on its way: counted, stopped by pauses, extended, moved off days on which nobody works."""

    def __init__(self, term: Term, calendar: Calendar, counted_on: date) -> None:
        self.term, self.calendar, self.due_on = term, calendar, counted_on
        self.pauses: list[Pause] = []
        self.extensions: list[Extension] = []
        self.moves: list[Move] = []

    def settle(self) -> None:
        """Off the days on which nobody works, by the term's own way of counting."""
        step = -ONE_DAY if self.term.backward else ONE_DAY
        self.due_on = _off_rest_days(self.due_on, self.term.counting, step, self.calendar, self.moves)

    def stand_still(self, pauses: Iterable[Pause]) -> None:
        """Later by each pause that began while the term ran; the pauses lie apart, in order of time."""
        for pause in pauses:
            if pause.from_on > self.due_on:
                # The term ran on until the day it had moved to. If it stopped before then, that day is shifted.
                self.settle()
            if pause.from_on > self.due_on:
                return
            self.due_on = _resume(self.due_on, pause, self.term.unit, self.calendar)
            self.pauses.append(pause)

    def extend(self, extension: Extension) -> None:
        """On to the decided day, from wherever the last day stood."""
        self.settle()
        self.extensions.append(Extension(self.due_on, extension.to_on, extension.decided_on, extension.role))
        self.due_on = max(self.due_on, extension.to_on)


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


def recompute(receipt: Receipt) -> Receipt:
    """The receipt that the facts in `receipt` give, whatever result it states itself.

    Raises as `derive` does, and ValueError for a receipt whose facts are incomplete.
    """
    if receipt.amount is None or receipt.unit is None or receipt.counting is None:
        if (receipt.amount, receipt.unit, receipt.counting) != (None, None, None):
            raise ValueError(f"the receipt for {receipt.term} states half a term")
        return _uncounted(
            receipt.term, receipt.anchor, receipt.anchor_on, receipt.due_on, receipt.basis, receipt.source
        )
    if receipt.anchor_on is None:
        raise ValueError(f"the receipt for {receipt.term} does not say from when it counts")
    return derive(
        term_of(receipt, pausable=bool(receipt.pauses)),
        receipt.anchor,
        receipt.anchor_on,
        Calendar(frozenset(receipt.closing_days)),
        pauses=receipt.pauses,
        extensions=receipt.extensions,
        parameter=receipt.parameter,
    )


def again(
    receipt: Receipt,
    calendar: Calendar,
    *,
    pauses: Iterable[Pause] | None = None,
    extensions: Iterable[Extension] | None = None,
) -> Receipt:
    """A running deadline counted again from its own anchor, term and amount, with other pauses or extensions.

    The closing days that counted before still count, beside those of `calendar`. Raises as `recompute` does.
    """
    if receipt.amount is None or receipt.anchor_on is None:
        raise ValueError(f"the receipt for {receipt.term} was not counted")
    return derive(
        term_of(receipt, pausable=pauses is not None or bool(receipt.pauses)),
        receipt.anchor,
        receipt.anchor_on,
        Calendar(calendar.closing_days | frozenset(receipt.closing_days)),
        pauses=receipt.pauses if pauses is None else pauses,
        extensions=receipt.extensions if extensions is None else extensions,
        parameter=receipt.parameter,
    )


def term_of(receipt: Receipt, *, pausable: bool) -> Term:
    """The term that a counted receipt was counted by, with the amount and the source that applied."""
    assert receipt.amount is not None
    assert receipt.unit is not None
    assert receipt.counting is not None
    return Term(
        code=receipt.term,
        amount=receipt.amount,
        unit=receipt.unit,
        counting=receipt.counting,
        basis=receipt.basis,
        source=receipt.source,
        pausable=pausable,
        backward=receipt.backward,
    )


def verify(receipt: Receipt) -> bool:
    """Whether the facts in `receipt` give the result it states. Raises as `recompute` does."""
    return recompute(receipt) == receipt


def _closing_days(
    unit: Unit, anchor_on: date, due_on: date, calendar: Calendar, moves: Iterable[Move]
) -> tuple[date, ...]:
    """The closing days that the sum passed over: all on the way where working days are counted, else those moved off."""
    if unit is Unit.WORKING_DAYS:
        first, last = min(anchor_on, due_on), max(anchor_on, due_on)
        passed = {d for d in calendar.closing_days if first <= d <= last and not calendar.is_rest_day(d)}
    else:
        passed = {move.from_on for move in moves if move.reason == "closing_day"}
    return tuple(sorted(passed))


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
