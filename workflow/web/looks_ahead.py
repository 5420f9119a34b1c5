"""Looks ahead of this process: one at a time a person, two in all, a region's kept for an hour for whoever asked.

Nothing is written down: another web node does not know of it, and neither does this one after a restart.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from workflow.clock import monotonic
from workflow.engine.execute import Stegvis
from workflow.people.sessions import TooManyAttempts
from workflow.preview import Preview, preview

log = logging.getLogger("stegvis.preview")

#: Each takes a processor while it lasts: pages must not wait for them.
MOST_AT_ONCE = 2
CASE_SECONDS, REGION_SECONDS = 20.0, 300.0
KEPT_SECONDS = 3600.0


@dataclass(frozen=True, slots=True)
class _Kept:
    found: Preview | None
    since: float


class LooksAhead:
    """What is being worked out in this process, and what was within the hour."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._busy: set[str] = set()
        self._kept: dict[str, _Kept] = {}
        self._threads: list[threading.Thread] = []

    @contextmanager
    def one(self, person_id: str) -> Iterator[None]:
        """The person's turn. Raises TooManyAttempts while another of theirs, or too many of others, are under way."""
        self._begin(person_id)
        try:
            yield
        finally:
            self._end(person_id)

    def _begin(self, person_id: str) -> None:
        with self._lock:
            if person_id in self._busy or len(self._busy) >= MOST_AT_ONCE:
                raise TooManyAttempts("look_ahead_under_way")
            self._busy.add(person_id)

    def _end(self, person_id: str) -> None:
        with self._lock:
            self._busy.discard(person_id)

    def start(self, app: Stegvis, person_id: str, region_id: str, months: int) -> None:
        """Work a region's out beside the requests. Raises TooManyAttempts."""
        self._begin(person_id)
        with self._lock:
            self._kept.pop(person_id, None)
        work = threading.Thread(
            target=self._work, args=(app, person_id, region_id, months), name="stegvis-preview", daemon=True
        )
        self._threads = [t for t in self._threads if t.is_alive()] + [work]
        work.start()

    def _work(self, app: Stegvis, person_id: str, region_id: str, months: int) -> None:
        found = None
        try:
            found = preview(app, region_id, months=months, seconds=REGION_SECONDS)
        except Exception:
            log.exception("looking ahead failed", extra={"action": "preview_failed"})
        with self._lock:
            self._kept[person_id] = _Kept(found, monotonic())
            self._busy.discard(person_id)

    def is_under_way(self, person_id: str) -> bool:
        with self._lock:
            return person_id in self._busy

    def kept(self, person_id: str, region_id: str) -> tuple[Preview | None, bool]:
        """What this person asked for within the hour in this region, and whether it failed."""
        with self._lock:
            self._kept = {p: k for p, k in self._kept.items() if monotonic() - k.since < KEPT_SECONDS}
            kept = self._kept.get(person_id)
        if kept is None:
            return None, False
        here = kept.found if kept.found is not None and kept.found.region_id == region_id else None
        return here, kept.found is None

    def finish(self) -> None:
        """Wait until everything that was begun is worked out."""
        for thread in list(self._threads):
            thread.join()
