"""The clock: the only place that reads the time of day. Everything else is given `now` or `today`."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    #: True when the clock is the machine's own: PostgreSQL's then decides what is due, so that one node with a
    #: wrong clock fires nothing early.
    is_system: bool

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


class SystemClock:
    is_system = True

    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands where it is put: for demo data, previews and tests."""

    is_system = False

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def monotonic() -> float:
    """Seconds that never go backwards, for watchdogs and durations."""
    return time.monotonic()
