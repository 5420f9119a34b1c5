"""The Swedish calendar: local days, rest days and working days.

The source of a rest day is section 2 of the 1930 act on statutory time (lagen 1930:173 om beräkning av
lagstadgad tid): Sundays, other public holidays, Saturdays, and the eves of Midsummer, Christmas and the New
Year. LOU 20:18 refers to it. A region's own closing days are no rest days: they move nothing that the law
has fixed, and are only left out where working days are counted.

All instants that come out are in UTC; all days are local dates in Europe/Stockholm.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from states.errors import LawBookError

STOCKHOLM = ZoneInfo("Europe/Stockholm")

# The act on public holidays (1989:253) is in force from 1990; farther ahead than 2060 nobody should trust it.
FIRST_YEAR = 1990
LAST_YEAR = 2060

ONE_DAY = timedelta(days=1)
SATURDAY, SUNDAY = 5, 6


class YearUnknown(LawBookError, ValueError):
    """The calendar has no holidays for this year, and says so instead of guessing."""

    code = "year_unknown"

    def __init__(self, year: int) -> None:
        super().__init__(
            f"the calendar knows the years {FIRST_YEAR} to {LAST_YEAR}, not {year}: correct the date, or install a "
            "version of Stegvis that knows that year"
        )
        self.year = year
        self.params = {"year": year, "first": FIRST_YEAR, "last": LAST_YEAR}


def local_date(instant: datetime) -> date:
    """The date in Sweden at `instant`. Raises ValueError for a datetime without a time zone."""
    if instant.utcoffset() is None:
        raise ValueError("an instant must carry its time zone")
    return instant.astimezone(STOCKHOLM).date()


def at_local(day: date, hour: int, minute: int = 0) -> datetime:
    """The UTC instant at which clocks in Sweden show `hour`:`minute` on `day`.

    A time that occurs twice (last Sunday of October) means the first of the two. A time that is skipped
    (last Sunday of March) means as long after midnight as the clock says, so one hour later by the clock.
    """
    return datetime.combine(day, time(hour, minute), STOCKHOLM).astimezone(UTC)


def start_of_day(day: date) -> datetime:
    """The UTC instant of local midnight with which `day` begins."""
    return at_local(day, 0)


def end_of_day(day: date) -> datetime:
    """The UTC instant of the next local midnight: what is due on `day` is overdue from here."""
    return start_of_day(day + ONE_DAY)


@lru_cache(maxsize=LAST_YEAR - FIRST_YEAR + 1)
def _holidays(year: int) -> Mapping[date, str]:
    """The public holidays and the three eves of `year`, each with its reason code."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise YearUnknown(year)
    # The library calls the three eves "de facto". Language and category are named, since both have
    # defaults of their own there.
    eves = holidays.country_holidays("SE", years=year, language="sv", categories=("de_facto",))
    public = holidays.country_holidays("SE", years=year, language="sv", categories=("public",))
    return {day: f"eve:{name}" for day, name in eves.items()} | {
        day: f"public_holiday:{name}" for day, name in public.items()
    }


@dataclass(frozen=True, slots=True)
class Calendar:
    """Rest days by law, and working days by law and the region's `closing_days`.

    Every question about a day outside FIRST_YEAR to LAST_YEAR raises YearUnknown.
    """

    closing_days: frozenset[date] = frozenset()

    def is_rest_day(self, day: date) -> bool:
        """Whether the 1930 act moves a last day off `day`."""
        return day in _holidays(day.year) or day.weekday() >= SATURDAY

    def is_working_day(self, day: date) -> bool:
        """Whether `day` is neither a rest day nor a closing day of the region."""
        return not self.is_rest_day(day) and day not in self.closing_days

    def rest_reason(self, day: date) -> str | None:
        """Why nobody works on `day`, as a code; None for a working day.

        `public_holiday:<Swedish name>`, `eve:<Swedish name>`, `saturday`, `sunday` or `closing_day`. The
        first that holds, in this order: a holiday on a Sunday is told by its name.
        """
        if holiday := _holidays(day.year).get(day):
            return holiday
        if day.weekday() == SATURDAY:
            return "saturday"
        if day.weekday() == SUNDAY:
            return "sunday"
        return "closing_day" if day in self.closing_days else None

    def next_working_day(self, day: date) -> date:
        """`day` itself if it is a working day, else the first one after it."""
        return _first(self.is_working_day, day, ONE_DAY)

    def add_working_days(self, day: date, n: int) -> date:
        """The `n`th working day after `day`, or before it if `n` is negative; `day` itself for 0."""
        return _moved(self, day, n)

    def working_days_between(self, a: date, b: date) -> int:
        """How many working days one passes from `a` to `b`: `a` excluded, `b` included.

        Negative if `b` is before `a`, so that it undoes `add_working_days`.
        """
        step = ONE_DAY if b > a else -ONE_DAY
        distance = abs((b - a).days)
        count = sum(self.is_working_day(a + step * i) for i in range(1, distance + 1))
        return count if b > a else -count


@lru_cache(maxsize=8192)
def _moved(calendar: Calendar, day: date, n: int) -> date:
    """Every step of a case counts the same few days anew, and a look ahead does so thousands of times."""
    step = ONE_DAY if n > 0 else -ONE_DAY
    for _ in range(abs(n)):
        day = _first(calendar.is_working_day, day + step, step)
    return day


def _first(holds: Callable[[date], bool], day: date, step: timedelta) -> date:
    """The first day from `day` on (itself included), by `step`, for which `holds` is true."""
    while not holds(day):
        day += step
    return day
