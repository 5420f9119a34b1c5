"""The heartbeat of a node: every few seconds it fires what is due and hands mail over. Any number of nodes may.

No reminder is a job of the scheduler: what is due stands in the database, and a missed beat is made up by the next.
Timers, mail and housekeeping are three loops, each on its own: a mail server that stalls keeps no timer waiting.
An interval job counts in the time of day, so a clock set back an hour would silence it for an hour; a watchdog on
the monotonic clock then runs the round itself.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from math import inf
from typing import Any

from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import bindparam, func, select, update

from notifications.errors import ServerAway
from states.calendar import STOCKHOLM, local_date
from workflow.cases.deciders import warn_of_gaps
from workflow.clock import SystemClock, monotonic
from workflow.db.statements import Statement, insert_into
from workflow.duties.register import open_due_duties
from workflow.engine.delivery import deliver_mail
from workflow.engine.digests import make_digests
from workflow.engine.execute import Stegvis
from workflow.engine.operations import LAST_CYCLE, STANDSTILL
from workflow.engine.restored import look
from workflow.engine.tables import Heartbeat, SchedulerGap, Timer
from workflow.engine.timers import fire_due_timers
from workflow.files.scan import scan_waiting
from workflow.housekeeping import sweep
from workflow.mails.collecting import collect_returned
from workflow.parameters.running import move_released_deadlines

log = logging.getLogger("stegvis.scheduler")

_heartbeats = Heartbeat.__table__  # type: ignore[attr-defined]
_gaps = SchedulerGap.__table__  # type: ignore[attr-defined]
_timers = Timer.__table__  # type: ignore[attr-defined]
_OF_NODE = _heartbeats.c.node == bindparam("the_node")
_TIMERS_DONE = Statement(
    update(_heartbeats).where(_OF_NODE).values(cycle_at=bindparam("at"), fired=bindparam("n"), error=bindparam("why"))
)
_TIMERS_FAILED = Statement(update(_heartbeats).where(_OF_NODE).values(error=bindparam("why")))
_MAIL_DONE = Statement(
    update(_heartbeats)
    .where(_OF_NODE)
    .values(mail_at=bindparam("at"), sent=bindparam("n"), mail_error=bindparam("why"))
)
_MAIL_FAILED = Statement(update(_heartbeats).where(_OF_NODE).values(mail_error=bindparam("why")))
_FIRST_BEAT = insert_into(_heartbeats)
_GAP = insert_into(_gaps)
_GAP_KNOWN = Statement(select(_gaps.c.node).where(_gaps.c.from_at == bindparam("from_at")))
_WAITING = Statement(
    select(func.count().label("n")).where(_timers.c.status == "pending", _timers.c.due_at <= bindparam("now"))
)

#: The watchdog steps in when no round has finished for this many intervals.
PATIENCE = 4
#: A round that has more to do leaves word after so many seconds, and goes on.
ROUND_SECONDS = 30.0
#: The hour of the night, local time, after which the day's housekeeping is done.
HOUSEKEEPING_HOUR = 3
STOP_SECONDS = 10.0
#: A loop that waits for the database twenty times a timer must not wait as often for one that writes mail (Python lets a
#: busy thread go on for 5 ms); it takes its turn so much sooner.
SWITCH_SECONDS = 0.0005


@dataclass(frozen=True, slots=True)
class Cycle:
    """What one cycle did. `error` says what kept a part of it from running."""

    fired: int = 0
    sent: int = 0
    error: str | None = None


def node_id() -> str:
    """This process among all that schedule."""
    return f"{socket.gethostname()}:{os.getpid()}"


class _Loop:
    """One kind of work that is done again and again: never twice at once in a process, and watched over."""

    def __init__(self, name: str, work: Callable[[], Any], seconds: float, elapsed: Callable[[], float]) -> None:
        self.name, self.seconds = name, seconds
        self._work, self._elapsed = work, elapsed
        self._finished_at = elapsed()
        self.one_at_a_time = threading.Lock()

    def beat(self) -> bool:
        """One round, unless one is under way in this process. Whether it ran."""
        if not self.one_at_a_time.acquire(blocking=False):
            return False
        try:
            self._work()
            self._finished_at = self._elapsed()
        finally:
            self.one_at_a_time.release()
        return True

    def watch(self) -> bool:
        """Run the round when none has finished for too long by the monotonic clock. Whether it stepped in."""
        if self._elapsed() - self._finished_at < PATIENCE * self.seconds:
            return False
        log.warning("the loop %s has stalled; the watchdog beats", self.name, extra={"action": "scheduler_stalled"})
        return self.beat()


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
        self._stopping = threading.Event()
        self._jobs: Any = None
        self._watchdog: threading.Thread | None = None
        self._housekept_on: date | None = None
        self._warned_on: date | None = None
        self._duties_opened_on: date | None = None
        self.loops = [
            _Loop("timers", self._fire_all, self.seconds, elapsed),
            _Loop("mail", self._deliver_all, self.seconds, elapsed),
            _Loop("housekeeping", self._housekeep, self.seconds, elapsed),
        ]

    # --- the work ---------------------------------------------------------------------------------------------------

    def cycle(self, *, housekeeping: bool | None = None) -> Cycle:
        """All of it once, one after the other. `housekeeping` None: once a night. Never raises."""
        fired, fault = self._fire()
        sent, mail_fault = self._deliver()
        _attempt("scan", lambda: scan_waiting(self.app))
        swept = self._sweep() if housekeeping or (housekeeping is None and self._is_night_over()) else None
        return Cycle(fired, sent, "; ".join(e for e in (fault, mail_fault, swept) if e) or None)

    def _fire(self, seconds: float = inf) -> tuple[int, str | None]:
        """A round of what is due. It counts as finished only when it ran to its end; else the last finished one
        stands, with the error. What keeps one part from running keeps no other."""
        fired, faults = 0, []
        for part, work in (
            ("restored", lambda: look(self.app, beat=True)),
            ("heartbeat", self._note_gap),
            ("annual calendar", self._open_duties),
            ("timers", lambda: fire_due_timers(self.app, seconds=seconds)),
            ("released dates", lambda: move_released_deadlines(self.app)),
            ("digests", lambda: make_digests(self.app)),
            ("deciders", self._warn),
        ):
            done, fault = _attempt(part, work)
            fired += done if part == "timers" else 0
            faults += [fault] if fault else []
        why = "; ".join(faults) or None
        unwritten = self._leave_word(_TIMERS_FAILED if why else _TIMERS_DONE, n=fired, why=why)
        return fired, why or unwritten

    def _open_duties(self) -> None:
        """The annual calendar brings something at most once a day; a process asks when it begins and at each new day."""
        today = local_date(self.app.clock.now())
        if self._duties_opened_on != today:
            open_due_duties(self.app)
            self._duties_opened_on = today

    def _deliver(self, seconds: float = inf) -> tuple[int, str | None]:
        """A mail server that is away is written down; the round is finished all the same."""
        away: list[str] = []
        _attempt("restored", lambda: look(self.app))  # before anything leaves, whichever loop begins first

        def deliver() -> int:
            try:
                return deliver_mail(self.app, seconds=seconds)
            except ServerAway as error:
                away.append(error.reason)
                return 0

        def collect() -> int:
            try:
                return collect_returned(self.app)
            except ServerAway as error:
                away.append(f"returned mail: {error.reason}")
                return 0

        sent, fault = _attempt("mail", deliver)
        unread = _attempt("returned mail", collect)[1]  # after what leaves, and whatever became of that
        why = fault or unread or next(iter(away), None)
        return sent, self._leave_word(_MAIL_FAILED if fault else _MAIL_DONE, n=sent, why=why, new=False) or why

    def _sweep(self) -> str | None:
        return _attempt("housekeeping", lambda: sweep(self.app))[1]

    def _fire_all(self) -> None:
        """Rounds until nothing is due, with word after each."""
        while self._fire(ROUND_SECONDS)[0] and not self._stopping.is_set():
            pass

    def _deliver_all(self) -> None:
        while self._deliver(ROUND_SECONDS)[0] and not self._stopping.is_set():
            pass

    def _housekeep(self) -> None:
        """Files that wait for a scan, each round; the day's sweep, once a night."""
        _attempt("scan", lambda: scan_waiting(self.app))
        if self._is_night_over():
            self._sweep()

    def _leave_word(self, statement: Statement, *, new: bool = True, **what: Any) -> str | None:
        """Write down that a round is done, or what kept it; returns what kept that from being written.

        The timers' first round makes the node's row (`new`); mail has nothing to say before it.
        """

        def write() -> int:
            with self.app.database.write() as uow:
                given = {"the_node": self.node, "at": uow.now, **what}
                if not uow.run(statement, **given) and new:
                    uow.run(_FIRST_BEAT, node=self.node, kind=self.kind, cycle_at=uow.now, fired=0, error=None,
                            mail_at=uow.now, sent=0, mail_error=None)  # fmt: skip
                    uow.run(statement, **given)
            return 0

        return _attempt("heartbeat", write)[1]

    def _note_gap(self) -> int:
        """The first round after a time in which no node finished one writes that time down, with what waits now."""
        with self.app.database.read() as uow:
            last = uow.one(LAST_CYCLE)
            if last is None or uow.now - last.cycle_at <= STANDSTILL:
                return 0
        with self.app.database.write() as uow:
            if uow.one(_GAP_KNOWN, from_at=last.cycle_at):
                return 0  # another node was first
            waiting = uow.one(_WAITING, now=uow.now)
            uow.run(_GAP, from_at=last.cycle_at, to_at=uow.now, node=self.node, waiting=waiting.n if waiting else 0)
        return 1

    def _warn(self) -> None:
        """Days without a decider are looked for once a day; what this process has done it need not ask for again."""
        today = local_date(self.app.clock.now())
        if self._warned_on != today and warn_of_gaps(self.app):
            self._warned_on = today

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

    def start(self) -> None:
        """Begin beating in the background; the first beat of each loop comes at once."""
        sys.setswitchinterval(SWITCH_SECONDS)
        self._jobs = BackgroundScheduler(timezone="UTC")
        for loop in self.loops:
            self._jobs.add_job(
                loop.beat,
                "interval",
                seconds=self.seconds,
                next_run_time=SystemClock().now(),
                id=loop.name,
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

    def watch(self) -> list[str]:
        """The loops that had stalled, and were run once by this."""
        return [loop.name for loop in self.loops if loop.watch()]

    def stop(self) -> None:
        """Stop beating; rounds under way may finish first, for a while."""
        self._stopping.set()
        if self._jobs is not None:
            self._jobs.shutdown(wait=False)
        for loop in self.loops:
            if loop.one_at_a_time.acquire(timeout=STOP_SECONDS):
                loop.one_at_a_time.release()
        if self._watchdog is not None:
            self._watchdog.join(timeout=1)


def _attempt(part: str, work: Callable[[], Any]) -> tuple[int, str | None]:
    """One part of the work, and how much it did: what keeps it from running is told, and keeps nothing else from it."""
    try:
        return int(work() or 0), None
    except Exception as error:
        log.exception("%s failed", part, extra={"action": "cycle_failed", "part": part})
        return 0, f"{type(error).__name__}: {error}"[:500]


__all__ = ["Cycle", "Scheduler", "node_id"]
