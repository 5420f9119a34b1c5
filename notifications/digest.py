"""Which message can wait for a person's digest, and when that digest comes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from notifications.kinds import Kind
from states.calendar import Calendar, at_local, local_date

#: The hours, local time, at which a digest may come; the same as for the region's own mail hour.
FIRST_HOUR, LAST_HOUR = 6, 20
#: What is asked with so few working days left, the last day included, does not wait for a digest.
URGENT_WORKING_DAYS = 2
#: So many tasks are written out; the rest are counted, and the text part keeps within twelve lines.
ROWS = 6
_DAYS_AHEAD = 40  # no row of weekdays and holidays is longer


class Urgency(StrEnum):
    """Whether a kind of message goes at once."""

    ALWAYS = "always"
    WHEN_SHORT = "when_short"
    NEVER = "never"


#: Decisions and their receipts, questions, escalations and what could not be delivered always go at once.
URGENCY: Mapping[Kind, Urgency] = {
    **dict.fromkeys(Kind, Urgency.ALWAYS),
    Kind.TASK_OPENED: Urgency.WHEN_SHORT,
    Kind.TASK_HANDED_ON: Urgency.WHEN_SHORT,
    Kind.RETURNED: Urgency.WHEN_SHORT,
    Kind.TASK_REMINDER: Urgency.NEVER,
    Kind.TASK_OVERDUE: Urgency.NEVER,
}


@dataclass(frozen=True, slots=True)
class Plan:
    """How a person wants mail that can wait: at once, or one digest at `hour` (local) on these days.

    `weekdays` holds ISO numbers (1 Monday); None means the calendar's working days. With `asks_wait` what is newly
    asked waits for the digest as well, unless its last day is near.
    """

    digest: bool
    hour: int
    weekdays: frozenset[int] | None = None
    asks_wait: bool = True

    def is_day(self, day: date, calendar: Calendar) -> bool:
        """Whether a digest may come on a local day."""
        return calendar.is_working_day(day) if self.weekdays is None else day.isoweekday() in self.weekdays

    def moment(self, day: date) -> datetime:
        """The instant (UTC) of the digest of a local day; on the two nights of summer time by the clock on the wall."""
        return at_local(day, self.hour)

    def next_day(self, now: datetime, calendar: Calendar) -> date:
        """The local day of the next digest after an instant."""
        day = local_date(now)
        if self.moment(day) <= now:
            day += timedelta(days=1)
        return next(d for d in (day + timedelta(days=n) for n in range(_DAYS_AHEAD)) if self.is_day(d, calendar))


def waits(kind: Kind, due_on: date | None, plan: Plan, now: datetime, calendar: Calendar) -> bool:
    """Whether a message of this kind is kept for the person's digest. Never past the last day it speaks of."""
    if not plan.digest or URGENCY[kind] is Urgency.ALWAYS:
        return False
    if URGENCY[kind] is Urgency.WHEN_SHORT and not plan.asks_wait:
        return False
    today = local_date(now)
    if due_on is None:
        return True
    if URGENCY[kind] is Urgency.WHEN_SHORT and calendar.working_days_between(today, due_on) <= URGENT_WORKING_DAYS:
        return False
    return due_on < today or plan.next_day(now, calendar) <= due_on
