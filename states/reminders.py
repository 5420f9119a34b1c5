"""When an obligation reminds: before, on and after its last day, then up the unit tree. Pure; all days are local."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

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
    """One reminder of one task: `level` counts the escalations (1 the manager, 2 the head of procurement)."""

    kind: NudgeKind
    on: date
    occurrence: int
    level: int = 0


def setting(parameters: Mapping[str, Parameter], name: str) -> str:
    """The region's value of a switch, else the default."""
    row = parameters.get(name)
    return row.value if row else SWITCHES[name][0]


def _days(parameters: Mapping[str, Parameter], name: str) -> list[int]:
    return [int(part) for part in setting(parameters, name).split(",") if part.strip()]


def nudges(due_on: date, calendar: Calendar, parameters: Mapping[str, Parameter]) -> list[Nudge]:
    """All reminders of a task due on `due_on`, in working days, in order of their day."""
    planned = [
        (calendar.add_working_days(due_on, -n), NudgeKind.REMINDER, 0) for n in _days(parameters, "remind_days_before")
    ]
    planned += [
        (calendar.add_working_days(due_on, n), NudgeKind.OVERDUE, 0) for n in _days(parameters, "remind_days_after")
    ]
    planned += [
        (calendar.add_working_days(due_on, n), NudgeKind.ESCALATION, level)
        for level, n in enumerate(_days(parameters, "escalate_days_after"), start=1)
    ]
    planned.sort()
    return [Nudge(kind, on, i, level) for i, (on, kind, level) in enumerate(planned, start=1)]


def next_nudge(
    due_on: date, after: date, calendar: Calendar, parameters: Mapping[str, Parameter], *, occurrence: int = 0
) -> Nudge | None:
    """The first reminder later than `after` that has not been given yet, or None when all are."""
    return next((n for n in nudges(due_on, calendar, parameters) if n.on > after and n.occurrence > occurrence), None)
