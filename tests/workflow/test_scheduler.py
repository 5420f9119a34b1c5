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

from notifications.errors import ServerAway
from notifications.transport import MemoryTransport
from states.roles import system_actor
from tests.databases import shared_folder
from workflow import scheduler as module
from workflow.app import build
from workflow.clock import FixedClock, SystemClock
from workflow.commands import AddUser, OpenCase, SetMailPlan
from workflow.config import Settings
from workflow.db import schema
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
    settings = {"data_dir": shared_folder(), **settings}
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
    """The clock goes back an hour: the interval jobs wait for an hour, the watchdog only for four intervals."""
    beating = Scheduler(app, node="n1", elapsed=elapsed)
    assert beating.watch() == []
    elapsed.seconds += 3.9 * beating.seconds
    assert beating.watch() == []
    elapsed.seconds += 0.2 * beating.seconds
    assert beating.watch() == ["timers", "mail", "housekeeping"]
    assert beating.watch() == []
    elapsed.seconds += 4 * beating.seconds
    assert beating.watch() == ["timers", "mail", "housekeeping"]


def test_the_watchdog_beats_when_the_library_never_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Stalled:
        def __init__(self, **_: Any) -> None: ...
        def add_job(self, *_: Any, **options: Any) -> None:
            assert (options["misfire_grace_time"], options["coalesce"], options["max_instances"]) == (None, True, 1)

        def start(self) -> None: ...
        def shutdown(self, **_: Any) -> None: ...

    monkeypatch.setattr("workflow.scheduler.BackgroundScheduler", Stalled)
    beaten = threading.Event()
    monkeypatch.setattr(module, "fire_due_timers", lambda *_, **__: beaten.set() or 0)
    app = built(f"sqlite:///{tmp_path}/s.db", tick_seconds=0.02)
    schema.upgrade(app.database)
    beating = Scheduler(app, node="n1")
    beating.start()
    assert beaten.wait(5)
    beating.stop()
    app.database.dispose()


def test_it_beats_at_once_and_again_and_stops(empty_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app = built(empty_database_url, tick_seconds=0.05)
    app.clock = SystemClock()
    thrice, beats = threading.Event(), []

    def counting(*_: Any, **__: Any) -> int:
        beats.append(1)
        if len(beats) == 3:
            thrice.set()
        return 0

    monkeypatch.setattr(module, "fire_due_timers", counting)
    beating = Scheduler(app)
    beating.start()
    assert thrice.wait(10)
    beating.stop()
    count = len(beats)
    assert not threading.Event().wait(0.2)
    assert len(beats) <= count + 1
    app.database.dispose()


def test_a_mail_server_that_stalls_keeps_no_timer_waiting(app: Stegvis) -> None:
    """The mail loop hangs in a message; the timers' loop goes its rounds all the while."""
    app.settings = app.settings.model_copy(update={"tick_seconds": 0.05})
    open_cases_again(app, officer=True)
    hanging, let_go = threading.Event(), threading.Event()

    class Stalling(MemoryTransport):
        def send(self, message: Any, envelope_to: str) -> str:
            hanging.set()
            let_go.wait(10)
            return super().send(message, envelope_to)

    app.transport = Stalling()
    beating = Scheduler(app, node="n1")
    beating.start()
    try:
        assert hanging.wait(10)
        rounds = set()
        for _ in range(400):
            rounds |= {(cycle_at, sent) for cycle_at, sent in rows_of(app, "select cycle_at, sent from heartbeats")}
            if len(rounds) > 2:
                break
            app.clock.at += timedelta(seconds=1)  # type: ignore[attr-defined]
            threading.Event().wait(0.02)
        assert len({cycle_at for cycle_at, _ in rounds}) > 2, "the timers' rounds go on"
        assert {sent for _, sent in rounds} == {0}, "no round of mail has finished"
    finally:
        let_go.set()
        beating.stop()


def test_while_the_mail_server_is_away_nothing_is_tried_and_everybody_can_see_it(app: Stegvis) -> None:
    """No message loses a try over a server that nobody reaches; it leaves when the server is back. # I23"""
    open_cases_again(app, officer=True)

    class Away(MemoryTransport):
        away = True

        def ready(self) -> None:
            if self.away:
                raise ServerAway("mail.example:25: refused")

    app.transport = Away()
    beating = Scheduler(app, node="n1")
    for _ in range(30):
        cycle = beating.cycle()
        assert "refused" in str(cycle.error)
        app.clock.at += timedelta(hours=1)  # type: ignore[attr-defined]
    assert rows_of(app, "select status, attempts from outbox_messages where kind = 'task_opened'") == [("queued", 0)]
    ((cycle_at, mail_at, why),) = rows_of(app, "select cycle_at, mail_at, mail_error from heartbeats")
    assert (cycle_at == mail_at, "refused" in why) == (True, True)
    app.transport.away = False
    assert beating.cycle().sent >= 1
    assert rows_of(app, "select distinct status from outbox_messages") == [("sent",)]
    assert rows_of(app, "select mail_error from heartbeats") == [(None,)]


def test_a_time_without_any_scheduler_is_written_down_once(app: Stegvis, empty_database_url: str) -> None:
    """Two nodes come back after three hours: one gap, with what was waiting."""
    open_cases_again(app, officer=True)
    nodes = [Scheduler(app, node="n1"), Scheduler(app, node="n2")]
    for node in nodes:
        node.cycle()
    app.clock.at += timedelta(seconds=100)  # type: ignore[attr-defined]
    for node in nodes:
        node.cycle()
    assert rows_of(app, "select * from scheduler_gaps") == []
    app.clock.at += timedelta(days=90)  # type: ignore[attr-defined]
    for node in nodes:
        node.cycle()
    ((node_name, waiting),) = rows_of(app, "select node, waiting from scheduler_gaps")
    assert node_name == "n1"
    assert waiting >= 1


def test_a_fault_in_one_part_stops_no_other_and_is_written_down(
    app: Stegvis, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    open_cases(app, 1)
    beating = Scheduler(app, node="n1")
    beating.cycle()
    app.clock.at += timedelta(minutes=5)  # type: ignore[attr-defined]
    before = rows_of(app, "select cycle_at from heartbeats")

    def broken(_app: Stegvis, **_: Any) -> int:
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


def open_cases_again(app: Stegvis, *, officer: bool = False) -> None:
    """One more case, by the operator, whose officer is told; `officer`: there is none yet."""
    by = replace(system_actor("norrbotten"), channel="cli")
    if officer:
        person = execute(app, AddUser("o@norrbotten.example", "O", "procurement_officer", "norrbotten"), by=by)["id"]
        execute(app, SetMailPlan(digest=False), by=person)
    form = {"title": "En till", "officer": rows_of(app, "select id from people")[0][0]}
    execute(app, OpenCase("procurement", "norrbotten", form), by=by)


def test_one_beat_at_a_time_in_a_process(app: Stegvis) -> None:
    for loop in Scheduler(app).loops:
        assert loop.one_at_a_time.acquire()
        assert not loop.beat()
        loop.one_at_a_time.release()
        assert loop.beat()


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
