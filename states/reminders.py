"""When an obligation reminds: before, on and after its last day, then up the unit tree. Pure; all days are local."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import lru_cache

from states.calendar import Calendar
from states.facts import Parameter
from states.terms import SWITCHES


class NudgeKind(StrEnum):
    """The kinds of reminder of a task, as its timers name them."""

    REMINDER = "reminder_due"
    OVERDUE = "overdue_due"
    ESCALATION = "escalation_due"


@dataclass(frozen=True, slots=True)
class Nudge:
    """One reminder of one task: `level` counts the escalations (1 the manager, 2 the head of procurement).

    `to_reserve`: from this day on a substitute is told too who is registered while the responsible person is at work.
    """

    kind: NudgeKind
    on: date
    occurrence: int
    level: int = 0
    to_reserve: bool = False


@dataclass(frozen=True, slots=True)
class ListBounds:
    """Within what a region may set a list of working days: each number, both included, and how many there may be."""

    low: int
    high: int
    most: int


#: The lists of numbers that a region may tune: working days, or percent of a ceiling. Nobody can be reminded more than a dozen times of one thing, and the
#: manager is never told before the day after the last day.
LIST_BOUNDS: Mapping[str, ListBounds] = {
    "remind_days_before": ListBounds(0, 60, 6),
    "remind_days_after": ListBounds(1, 60, 6),
    "remind_substitute_after": ListBounds(0, 20, 1),
    "escalate_days_after": ListBounds(1, 60, 3),
    "call_off_warnings": ListBounds(1, 100, 6),
}


def fits(name: str, value: str) -> bool:
    """Whether a text is a list of days that the parameter `name` may be set to: whole numbers, none of them twice."""
    bounds = LIST_BOUNDS[name]
    parts = [part.strip() for part in value.split(",")]
    if not all(part.isascii() and part.isdecimal() for part in parts) or len(parts) > bounds.most:
        return False
    days = [int(part) for part in parts]
    return len(set(days)) == len(days) and all(bounds.low <= day <= bounds.high for day in days)


def setting(parameters: Mapping[str, Parameter], name: str) -> str:
    """The region's value of a switch, else the default."""
    row = parameters.get(name)
    return row.value if row else SWITCHES[name][0]


def _days(value: str) -> list[int]:
    return [int(part) for part in value.split(",") if part.strip()]


def nudges(due_on: date, calendar: Calendar, parameters: Mapping[str, Parameter]) -> tuple[Nudge, ...]:
    """All reminders of a task due on `due_on`, in working days, in order of their day. 0 days before is the day itself."""
    return _nudges(due_on, calendar, *(setting(parameters, name) for name in _WHEN))


_WHEN = ("remind_days_before", "remind_days_after", "remind_substitute_after", "escalate_days_after")


@lru_cache(maxsize=4096)  # many tasks share a last day
def _nudges(due_on: date, calendar: Calendar, before: str, after: str, wide: str, escalate: str) -> tuple[Nudge, ...]:
    planned = [(calendar.add_working_days(due_on, -n), NudgeKind.REMINDER, 0) for n in _days(before)]
    planned += [(calendar.add_working_days(due_on, n), NudgeKind.OVERDUE, 0) for n in _days(after)]
    planned += [
        (calendar.add_working_days(due_on, n), NudgeKind.ESCALATION, level)
        for level, n in enumerate(sorted(_days(escalate)), start=1)
    ]
    planned.sort()
    wide_from = calendar.add_working_days(due_on, _days(wide)[0])
    return tuple(Nudge(kind, on, i, level, on >= wide_from) for i, (on, kind, level) in enumerate(planned, start=1))


def next_nudge(due_on: date, after: date, calendar: Calendar, parameters: Mapping[str, Parameter]) -> Nudge | None:
    """The first reminder later than `after`, or None when there is none. By its day alone: the list may have changed."""
    return next((n for n in nudges(due_on, calendar, parameters) if n.on > after), None)


#: A task without a last day may rest for so many working days at most.
LONGEST_REST = 20


def last_day_of_rest(due_on: date | None, today: date, calendar: Calendar) -> date | None:
    """The latest day on which a task that rests must come back: the working day before its last day.

    None where there is no such day left: what is due today or tomorrow, or is late, does not rest.
    """
    if due_on is None:
        return calendar.add_working_days(today, LONGEST_REST)
    latest = calendar.add_working_days(due_on, -1)
    return latest if latest > today else None


def rests(snoozed_until_on: date | None, due_on: date | None, today: date) -> bool:
    """Whether a task rests today. It ends by itself, and never lasts past the last day, wherever that has moved."""
    return snoozed_until_on is not None and snoozed_until_on > today and (due_on is None or today < due_on)
