"""Other processes on the same database: workers of the scheduler, and one that works until it is killed."""

from __future__ import annotations

import logging
import multiprocessing
import os
import random
import threading
import time
from datetime import UTC, datetime
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from typing import Any

from notifications.transport import FolderTransport
from tests.play import Play
from workflow.app import build
from workflow.clock import FixedClock
from workflow.commands import OpenCase, WriteComment
from workflow.config import Settings
from workflow.engine import timers
from workflow.scheduler import Scheduler

#: How long a reminder is stretched in a node that is to be hit.
SLOW_SECONDS = 0.02

#: Processes are forked from one that has imported everything: a start costs milliseconds.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.processes"])


def seed() -> int:
    """The seed of a random test: printed, and taken again from STEGVIS_TEST_SEED."""
    chosen = int(os.environ.get("STEGVIS_TEST_SEED") or random.randrange(2**32))
    print(f"STEGVIS_TEST_SEED={chosen}")
    return chosen


def start(target: Any, *arguments: Any) -> tuple[ForkServerProcess, Connection]:
    """Start a process; gives it and the end of its pipe to read from."""
    ours, theirs = _context.Pipe(duplex=False)
    process = _context.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def _play(url: str, folder: str, at: datetime, people: dict[str, str]) -> Play:
    clock = FixedClock(at)
    app = build(Settings(database_url=url, data_dir=folder, mail_url=f"dir:{folder}/mail"), clock=clock)  # type: ignore[arg-type]
    return Play(app, clock, people, "norrbotten")


def work(pipe: Connection, url: str, folder: str, at: datetime, people: dict[str, str]) -> None:
    """Open cases and take them on, for ever; tell (case, version) when, and only when, it was answered."""
    play = _play(url, folder, at, people)
    form = {"title": "Städ", "unit": people["unit"], "lots": ["Norr", "Söder"]}
    while True:
        answer = play.do("officer", OpenCase("procurement", "norrbotten", form))
        pipe.send((answer["id"], answer["row_version"], None))
        play.case = answer["id"]
        for who, trigger, filled in (
            ("officer", "submit_needs_analysis",
             {"need": "Städ", "kind": "services", "track": "above_threshold", "estimated_value": "9000000"}),
            ("owner", "decide_start", {}),
        ):  # fmt: skip
            answer = play.act(who, trigger, **filled)
            pipe.send((answer["id"], answer["row_version"], None))
        comment = play.do("owner", WriteComment(play.case, "Klart"))
        pipe.send((play.case, answer["row_version"], comment["id"]))


def tick(pipe: Connection, url: str, folder: str, at: datetime, people: dict[str, str]) -> None:
    """One scheduler: wait for the word, then fire everything due and hand over the mail; tells how many fired."""
    play = _play(url, folder, at, people)
    assert isinstance(play.app.open_transport(), FolderTransport)
    fired = play.run_due()
    pipe.send(fired)
    pipe.close()


class MovedClock:
    """Goes like the machine's clock, from another moment on."""

    is_system = False

    def __init__(self, at: datetime) -> None:
        self._by = at - datetime.now(UTC)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._by


def schedule(_: Connection, url: str, folder: str, at: datetime, slow_seconds: float = SLOW_SECONDS) -> None:
    """A node that beats until it is killed; each reminder takes a while inside its transaction, for blows to hit it."""
    for name in ("stegvis", "apscheduler"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    remind = timers._remind

    def slowly(*arguments: Any) -> None:
        remind(*arguments)
        time.sleep(slow_seconds)

    if slow_seconds:
        timers._remind = slowly
    settings = Settings(database_url=url, data_dir=folder, mail_url=f"dir:{folder}/mail", tick_seconds=0.05)  # type: ignore[arg-type]
    Scheduler(build(settings, clock=MovedClock(at)), kind="worker").start()
    threading.Event().wait()
