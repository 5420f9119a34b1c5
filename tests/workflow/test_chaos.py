"""Nodes are killed and stopped, the server crashes while it recovers from a crash: each timer has one effect. # I13 I14"""

from __future__ import annotations

import os
import random
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.databases import Databases, PostgresServer
from tests.play import Play
from tests.processes import schedule, seed, start
from workflow.commands import OpenCase
from workflow.engine.execute import Stegvis
from workflow.engine.verify import verify_all

TIMERS = int(os.environ.get("STEGVIS_TEST_TIMERS", 200))
#: So many blows, then the nodes may finish in peace.
BLOWS = max(12, TIMERS // 50)
NODES = 3
SOAK = TIMERS > 200
PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")


@pytest.fixture(scope="module")
def fragile() -> Iterator[PostgresServer]:
    """A server of this module's own, to be crashed."""
    try:
        server = PostgresServer("fragile")
    except Exception as error:
        pytest.skip(f"PostgreSQL did not start: {type(error).__name__}")
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest) -> Databases:
    return request.getfixturevalue("sqlite_files" if request.param == "sqlite" else "fragile")  # type: ignore[no-any-return]


def waiting_cases(play: Play, count: int) -> dict[str, int]:
    """Cases whose need is to be described, and the clock two months later: one reminder is due for each.

    Returns how many events each has so far.
    """
    for number in range(count):
        play.do(
            "officer", OpenCase("procurement", "norrbotten", {"title": f"Städ {number}", "unit": play.people["unit"]})
        )
    play.clock.at += timedelta(days=60)
    return {r.stream_id: r.n for r in counted(play)}


def counted(play: Play, more: str = "") -> list[Any]:
    return play.sql(
        f"SELECT stream_id, count(*) AS n FROM audit_events WHERE case_id IS NOT NULL {more} GROUP BY stream_id"
    )


def pending(play: Play) -> int:
    moment = play.clock.now()
    now = moment.strftime("%Y-%m-%d %H:%M:%S.%f") if play.app.database.is_sqlite else moment
    (row,) = play.sql("SELECT count(*) AS n FROM timers WHERE status = 'pending' AND due_at <= :now", now=now)
    return int(row.n)


def blows(
    play: Play, url: str, folder: Path, crash: Callable[[], None] | None, chance: random.Random, most: int = BLOWS
) -> dict[str, int]:
    """Three nodes at work under at most so many blows, until nothing is due. Returns how many of each there were."""
    struck = {"killed": 0, "stopped": 0, "crashed": 0}
    nodes: list[Any] = []
    kinds = ["killed", "killed", "stopped", *(["crashed"] if crash else [])]
    begun = time.monotonic()
    try:
        while left(play):
            assert time.monotonic() - begun < 60 + TIMERS, "the nodes do not get on"
            nodes = [n for n in nodes if n.is_alive()]
            while len(nodes) < NODES:
                process, pipe = start(schedule, url, str(folder), play.clock.at)
                nodes.append(process)
                pipe.close()
            time.sleep(chance.uniform(0.1, 0.6))  # when the blow falls is the experiment
            if sum(struck.values()) >= most:
                continue
            victim = chance.choice(nodes)
            kind = kinds[sum(struck.values()) % len(kinds)]
            struck[kind] += 1
            if kind == "killed":
                victim.kill()
                victim.join(10)
            elif kind == "stopped":
                os.kill(victim.pid, signal.SIGSTOP)
                time.sleep(chance.uniform(0.1, 0.4))
                if chance.random() < 0.5:
                    os.kill(victim.pid, signal.SIGCONT)
                else:
                    victim.kill()
                    victim.join(10)
            elif crash:
                crash()
    finally:
        for node in nodes:
            node.kill()
            node.join(10)
    return struck


def left(play: Play) -> int:
    """How many are still due; a server that is just coming up is asked again."""
    for _ in range(100):
        try:
            return pending(play)
        except Exception:
            time.sleep(0.1)
    raise AssertionError("the database does not come back")


def one_effect_each(play: Play, before: dict[str, int]) -> None:
    """One reminder for each case, one mail for each that a reminder made, nothing between."""
    reminders = {r.stream_id: r.n for r in counted(play, "AND kind IN ('reminder_sent', 'escalated')")}
    assert {k: n for k, n in reminders.items() if k in before} == dict.fromkeys(before, 1)
    doubled = play.sql(
        "SELECT task_id, kind, recipient, count(*) AS n FROM outbox_messages GROUP BY task_id, kind, recipient HAVING count(*) > 1"
    )
    assert doubled == []
    (unfired,) = play.sql("SELECT count(*) AS n FROM timers WHERE status = 'failed' OR attempts > 0")
    assert unfired.n == 0, "a database that was away is no timer's fault"
    play.clock.at += timedelta(hours=2)  # what a killed node had in hand is free again
    play.app.open_transport()
    waiting = "SELECT count(*) AS n FROM outbox_messages WHERE status <> 'sent'"
    for _ in range(1 + TIMERS // 1000):  # one round takes so many and no more
        play.run_due()
        if play.sql(waiting)[0].n == 0:
            break
    assert play.sql(waiting)[0].n == 0
    with play.app.database.read() as uow:
        assert verify_all(uow).ok


def test_two_hundred_timers_under_blows_have_one_effect_each(
    play: Play, tmp_path: Path, made: Databases, request: pytest.FixtureRequest
) -> None:
    """Three nodes, killed, stopped and let go again; on PostgreSQL the server crashes too, also while it recovers."""
    chance = random.Random(seed())
    before = waiting_cases(play, TIMERS)
    assert pending(play) == TIMERS
    url = play.app.settings.database_url
    crash = None
    if isinstance(made, PostgresServer):
        crash = lambda: made.crash(again_while_it_recovers=chance.random() < 0.5)  # noqa: E731
    struck = blows(play, url, tmp_path, crash, chance)
    print(struck)
    assert sum(struck.values()) >= 5, struck
    one_effect_each(play, before)


@contextmanager
def pooled(server: PostgresServer, url: str, folder: Path) -> Iterator[str]:
    """PgBouncer in transaction mode before the server, with as few server sessions as it takes to mix them up."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    name = url.partition("?")[0].rpartition("/")[2]
    file = folder / "pgbouncer.ini"
    file.write_text(
        f"[databases]\n{name} = host={server._socket_folder()} user=postgres\n[pgbouncer]\nlisten_addr = 127.0.0.1\n"
        f"listen_port = {port}\nauth_type = any\npool_mode = transaction\ndefault_pool_size = 3\nunix_socket_dir =\n"
        "server_login_retry = 1\n"  # it waits 15 s by itself after a server that was away
        "ignore_startup_parameters = options,extra_float_digits\n"
    )
    account = server._server.system_user  # the one that may enter the folder of the server's socket
    user = ["-u", account] if account else []
    pooler = subprocess.Popen([str(PGBOUNCER), "-q", *user, str(file)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            with socket.socket() as door:
                if door.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"postgresql+psycopg://postgres@127.0.0.1:{port}/{name}"
    finally:
        pooler.terminate()
        pooler.wait(10)


@pytest.mark.skipif(PGBOUNCER is None, reason="no PgBouncer found: PostgreSQL behind a pooler is not tested")
def test_behind_a_pooler_that_mixes_the_sessions_it_is_the_same(
    build_app: Callable[[str], Stegvis], fragile: PostgresServer, tmp_path: Path
) -> None:
    """Transactions of one node meet different server sessions: nothing prepared is missed, the limits hold. # I13"""
    chance = random.Random(seed())
    url = fragile.fresh()
    direct = build_app(url)
    with pooled(fragile, url, tmp_path) as through:
        app = build_app(through)
        play = Play(app, direct.clock, fragile.people["norrbotten"], "norrbotten")  # type: ignore[arg-type]
        play.open()
        play.to_target_decision()
        assert app.database.behind_pooler
        with app.database.write() as uow:
            shown = uow.connection.exec_driver_sql("SHOW lock_timeout").scalar_one()
        assert shown == "10s"
        before = waiting_cases(play, TIMERS if SOAK else 30)
        before.pop(play.case)
        crash = lambda: fragile.crash(again_while_it_recovers=chance.random() < 0.5)  # noqa: E731
        print(blows(play, through, tmp_path, crash if SOAK else None, chance, BLOWS if SOAK else 3))
        one_effect_each(play, before)
        app.database.dispose()
    direct.database.dispose()
    fragile.drop(url)
