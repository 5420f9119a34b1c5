"""The heartbeat: nothing is missed when a clock is turned, nothing is done twice, and one fault stops nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert

from notifications.transport import MemoryTransport
from states.roles import system_actor
from workflow import scheduler as module
from workflow.app import build
from workflow.clock import FixedClock, SystemClock
from workflow.commands import AddUser, OpenCase, SetMailPlan
from workflow.config import Settings
from workflow.engine.execute import Stegvis, execute
from workflow.engine.tables import Heartbeat, IdempotencyKey
from workflow.people.tables import Session, SignInFailure
from workflow.scheduler import Scheduler

TODAY = datetime(2026, 3, 2, 8, tzinfo=UTC)


class Elapsed:
    """A monotonic clock that stands where it is put."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def elapsed() -> Elapsed:
    return Elapsed()


def built(url: str, **settings: Any) -> Stegvis:
    return build(Settings(database_url=url, mail_url="memory:", **settings), clock=FixedClock(TODAY))


@pytest.fixture
def app(empty_database_url: str) -> Iterator[Stegvis]:
    made = built(empty_database_url)
    yield made
    made.database.dispose()


def open_cases(app: Stegvis, count: int) -> None:
    by = replace(system_actor("norrbotten"), channel="cli")
    person = execute(app, AddUser("o@norrbotten.example", "O", "procurement_officer", "norrbotten"), by=by)["id"]
    execute(app, SetMailPlan(digest=False), by=person)  # each mail at once: here they are counted
    for n in range(count):
        execute(app, OpenCase("procurement", "norrbotten", {"title": f"Städning {n}"}), by=person)


def rows_of(app: Stegvis, query: str) -> list[tuple[Any, ...]]:
    with app.database.read() as uow:
        return [tuple(row) for row in uow.connection.exec_driver_sql(query)]


def test_a_cycle_leaves_word_that_it_ran(app: Stegvis) -> None:
    assert Scheduler(app, node="n1", kind="worker").cycle().error is None
    assert rows_of(app, "select node, kind, error from heartbeats") == [("n1", "worker", None)]


def test_a_job_silenced_by_a_clock_set_back_is_stood_in_for(app: Stegvis, elapsed: Elapsed) -> None:
    """The clock goes back an hour: the interval job waits for an hour, the watchdog only for four intervals."""
    beating = Scheduler(app, node="n1", elapsed=elapsed)
    beating.cycle()
    elapsed.seconds += 3.9 * beating.seconds
    assert not beating.watch()
    elapsed.seconds += 0.2 * beating.seconds
    assert beating.watch()
    assert not beating.watch()
    elapsed.seconds += 4 * beating.seconds
    assert beating.watch()


def test_the_watchdog_beats_when_the_library_never_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stalled:
        def __init__(self, **_: Any) -> None: ...
        def add_job(self, *_: Any, **options: Any) -> None:
            assert (options["misfire_grace_time"], options["coalesce"], options["max_instances"]) == (None, True, 1)

        def start(self) -> None: ...
        def shutdown(self, **_: Any) -> None: ...

    monkeypatch.setattr("workflow.scheduler.BackgroundScheduler", Stalled)
    app = built(f"sqlite:///{tmp_path}/s.db", tick_seconds=0.02)
    beaten = threading.Event()
    beating = Scheduler(app, node="n1")
    monkeypatch.setattr(beating, "cycle", lambda: beaten.set())
    beating.start()
    assert beaten.wait(5)
    beating.stop()
    app.database.dispose()


def test_it_beats_at_once_and_again_and_stops(empty_database_url: str) -> None:
    app = built(empty_database_url, tick_seconds=0.05)
    app.clock = SystemClock()
    thrice, beats = threading.Event(), []

    class Counting(Scheduler):
        def cycle(self, *, housekeeping: bool | None = None) -> module.Cycle:
            beats.append(1)
            if len(beats) == 3:
                thrice.set()
            return super().cycle(housekeeping=housekeeping)

    beating = Counting(app)
    beating.start()
    assert thrice.wait(10)
    beating.stop()
    count = len(beats)
    assert not threading.Event().wait(0.2)
    assert len(beats) <= count + 1
    app.database.dispose()


def test_a_fault_in_one_part_stops_no_other_and_is_written_down(
    app: Stegvis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    open_cases(app, 1)
    beating = Scheduler(app, node="n1")
    beating.cycle()
    app.clock.at += timedelta(minutes=5)  # type: ignore[attr-defined]
    before = rows_of(app, "select cycle_at from heartbeats")

    def broken(_app: Stegvis) -> int:
        raise RuntimeError("the timers are broken")

    open_cases_again(app)
    monkeypatch.setattr(module, "fire_due_timers", broken)
    with caplog.at_level(logging.CRITICAL, "stegvis"):
        cycle = beating.cycle()
    assert cycle.sent == 1
    ((error, cycle_at),) = rows_of(app, "select error, cycle_at from heartbeats")
    assert "the timers are broken" in error
    assert [(cycle_at,)] == before  # a cycle that failed has not finished
    monkeypatch.undo()
    assert beating.cycle().error is None
    assert rows_of(app, "select error from heartbeats") == [(None,)]


def open_cases_again(app: Stegvis) -> None:
    by = replace(system_actor("norrbotten"), channel="cli")
    form = {"title": "En till", "officer": rows_of(app, "select id from people")[0][0]}
    execute(app, OpenCase("procurement", "norrbotten", form), by=by)


def test_one_beat_at_a_time_in_a_process(app: Stegvis) -> None:
    beating = Scheduler(app)
    assert beating._one_at_a_time.acquire()
    assert not beating.beat()
    beating._one_at_a_time.release()
    assert beating.beat()


def test_two_workers_on_one_database_send_each_mail_once(app: Stegvis, empty_database_url: str) -> None:
    open_cases(app, 1)
    for _ in range(10):
        open_cases_again(app)
    app.clock.at += timedelta(days=60)  # type: ignore[attr-defined]
    workers = [built(empty_database_url), built(empty_database_url)]
    for worker in workers:
        worker.clock.at = app.clock.now()  # type: ignore[attr-defined]
        worker.transport = MemoryTransport()
    together = threading.Barrier(2)

    def work(worker: Stegvis) -> None:
        together.wait()
        for _ in range(3):
            Scheduler(worker, node=str(id(worker))).cycle()

    threads = [threading.Thread(target=work, args=(w,)) for w in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    sent = [message["Message-ID"] for w in workers for _, message in w.transport.sent]  # type: ignore[union-attr]
    assert len(sent) == len(set(sent)) > 10
    assert rows_of(app, "select distinct status from outbox_messages") == [("sent",)]
    ((fired, distinct),) = rows_of(
        app,
        "select count(*), count(distinct task_id || kind || cast(occurrence as text)) from timers where status = 'fired'",
    )
    assert fired == distinct >= 11
    for worker in workers:
        worker.database.dispose()


def test_the_night_sweeps_away_what_has_served(app: Stegvis) -> None:
    open_cases(app, 1)
    person = rows_of(app, "select id from people")[0][0]
    with app.database.write() as uow:
        for key, at in (("old", TODAY - timedelta(days=29)), ("new", TODAY - timedelta(hours=1))):
            run = uow.connection.execute
            run(insert(IdempotencyKey).values(person_id=person, key=key, body_hash="", answer="", created_at=at))
            values = {"person_id": person, "csrf_token": "", "seen_at": at, "authenticated_at": at}
            run(insert(Session).values(id_hash=key, created_at=at, **values))
            run(insert(Heartbeat).values(node=key, kind="run", cycle_at=at, fired=0, sent=0))
            run(insert(SignInFailure).values(id=key, subject="x", at=at))
    beating = Scheduler(app, node="n1")
    beating.cycle()
    assert rows_of(app, "select count(*) from sessions") == [(2,)]
    app.clock.at = datetime(2026, 3, 3, 2, 30, tzinfo=UTC)  # type: ignore[attr-defined]
    beating.cycle()
    for table in ("idempotency_keys", "sessions", "sign_in_failures"):
        assert [r[0] for r in rows_of(app, f"select count(*) from {table}")] == [1], table
    assert rows_of(app, "select node from heartbeats order by 1") == [("n1",), ("new",)]
