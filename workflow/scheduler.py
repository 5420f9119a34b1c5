"""The heartbeat of a node: every few seconds it fires what is due and hands mail over. Any number of nodes may.

No reminder is a job of the scheduler: what is due stands in the database, and a missed beat is made up by the next.
An interval job counts in the time of day, so a clock set back an hour would silence it for an hour; a watchdog on
the monotonic clock then runs the cycle itself.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import bindparam, update

from states.calendar import STOCKHOLM, local_date
from workflow.clock import monotonic
from workflow.db.statements import Statement, insert_into
from workflow.engine.delivery import deliver_mail
from workflow.engine.execute import Stegvis
from workflow.engine.tables import Heartbeat
from workflow.engine.timers import fire_due_timers
from workflow.files.scan import scan_waiting
from workflow.housekeeping import sweep
from workflow.parameters.running import move_released_deadlines

log = logging.getLogger("stegvis.scheduler")

_heartbeats = Heartbeat.__table__  # type: ignore[attr-defined]
_BEAT = Statement(
    update(_heartbeats)
    .where(_heartbeats.c.node == bindparam("the_node"))
    .values(cycle_at=bindparam("at"), fired=bindparam("n_fired"), sent=bindparam("n_sent"), error=bindparam("why"))
)
_FAIL = Statement(update(_heartbeats).where(_heartbeats.c.node == bindparam("the_node")).values(error=bindparam("why")))
_FIRST_BEAT = insert_into(_heartbeats)

#: The watchdog steps in when no cycle has finished for this many intervals.
PATIENCE = 4
#: The hour of the night, local time, after which the day's housekeeping is done.
HOUSEKEEPING_HOUR = 3
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one beat did. `error` says what kept a part of it from running."""

    fired: int = 0
    sent: int = 0
    error: str | None = None


def node_id() -> str:
    """This process among all that schedule."""
    return f"{socket.gethostname()}:{os.getpid()}"


class Scheduler:
    """Beats in a process until it is stopped. `kind` is what the process is: run, worker, tick."""

    def __init__(
        self,
        app: Stegvis,
        *,
        kind: str = "run",
        node: str | None = None,
        elapsed: Callable[[], float] = monotonic,
    ) -> None:
        self.app, self.kind, self.node = app, kind, node or node_id()
        self.seconds = app.settings.tick_seconds
        self._elapsed = elapsed
        self._finished_at = elapsed()
        self._one_at_a_time = threading.Lock()
        self._stopping = threading.Event()
        self._jobs: Any = None
        self._watchdog: threading.Thread | None = None
        self._housekept_on: date | None = None

    # --- one beat ---------------------------------------------------------------------------------------------------

    def cycle(self, *, housekeeping: bool | None = None) -> Cycle:
        """Fire, deliver, and write that it is done. `housekeeping` None: once a night. Never raises."""
        errors: list[str] = []
        fired = self._part(errors, lambda: fire_due_timers(self.app)) or 0
        self._part(errors, lambda: move_released_deadlines(self.app))
        sent = self._part(errors, lambda: deliver_mail(self.app)) or 0
        self._part(errors, lambda: scan_waiting(self.app))
        if housekeeping or (housekeeping is None and self._is_night_over()):
            self._part(errors, lambda: sweep(self.app))
        done = Cycle(fired, sent, "; ".join(errors) or None)
        self._part(errors, lambda: self._beat(done))
        self._finished_at = self._elapsed()
        return done

    def _part(self, errors: list[str], work: Callable[[], Any]) -> Any:
        """One part of a cycle: what keeps it from running is told and keeps nothing else from running."""
        try:
            return work()
        except Exception as error:
            log.exception("a part of the cycle failed", extra={"action": "cycle_failed", "node": self.node})
            errors.append(f"{type(error).__name__}: {error}"[:500])
            return None

    def _beat(self, cycle: Cycle) -> None:
        """A cycle counts as finished only when all of it ran; else the last finished one stands, with the error."""
        with self.app.database.write() as uow:
            if cycle.error:
                touched = uow.run(_FAIL, the_node=self.node, why=cycle.error)
            else:
                touched = uow.run(
                    _BEAT, the_node=self.node, at=uow.now, n_fired=cycle.fired, n_sent=cycle.sent, why=None
                )
            if not touched:
                uow.run(
                    _FIRST_BEAT,
                    node=self.node,
                    kind=self.kind,
                    cycle_at=uow.now,
                    fired=cycle.fired,
                    sent=cycle.sent,
                    error=cycle.error,
                )

    def _is_night_over(self) -> bool:
        """Whether the day's housekeeping is still to be done here; the first day of a process is left out."""
        now = self.app.clock.now()
        today = local_date(now)
        if self._housekept_on is None:
            self._housekept_on = today
        if self._housekept_on == today or now.astimezone(STOCKHOLM).hour < HOUSEKEEPING_HOUR:
            return False
        self._housekept_on = today
        return True

    # --- beating ----------------------------------------------------------------------------------------------------

    def beat(self) -> bool:
        """One cycle, unless one is under way in this process. Whether it ran."""
        if not self._one_at_a_time.acquire(blocking=False):
            return False
        try:
            self.cycle()
        finally:
            self._one_at_a_time.release()
        return True

    def watch(self) -> bool:
        """Run the cycle when none has finished for too long by the monotonic clock. Whether it stepped in."""
        if self._elapsed() - self._finished_at < PATIENCE * self.seconds:
            return False
        log.warning("the scheduler's job has stalled; the watchdog beats", extra={"action": "scheduler_stalled"})
        return self.beat()

    def start(self) -> None:
        """Begin beating in the background; the first beat comes at once."""
        self._jobs = BackgroundScheduler(timezone="UTC")
        self._jobs.add_job(
            self.beat,
            "interval",
            seconds=self.seconds,
            next_run_time=self.app.clock.now(),
            id="cycle",
            misfire_grace_time=None,
            coalesce=True,
            max_instances=1,
        )
        self._jobs.start()
        self._watchdog = threading.Thread(target=self._watch_on, name="stegvis-watchdog", daemon=True)
        self._watchdog.start()

    def _watch_on(self) -> None:
        while not self._stopping.wait(self.seconds):
            self.watch()

    def stop(self) -> None:
        """Stop beating; a cycle under way may finish first, for a while."""
        self._stopping.set()
        if self._jobs is not None:
            self._jobs.shutdown(wait=False)
        if self._one_at_a_time.acquire(timeout=STOP_SECONDS):
            self._one_at_a_time.release()
        if self._watchdog is not None:
            self._watchdog.join(timeout=1)


__all__ = ["Cycle", "Scheduler", "node_id"]
