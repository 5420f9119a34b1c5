"""The database behind a URL: SQLite (one file, WAL) or PostgreSQL, with the settings that keep what was acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from workflow.clock import Clock
from workflow.db.unit_of_work import Memory, UnitOfWork
from workflow.errors import StegvisError

#: What no PostgreSQL session may exceed, in milliseconds: waiting for a lock, one statement, and standing still inside a
#: transaction (a node that was stopped gives its locks back).
_LIMITS = {"lock_timeout": 10_000, "statement_timeout": 60_000, "idle_in_transaction_session_timeout": 60_000}

#: Called with (sql, parameters) of each statement: the benchmark's floor replays what it heard.
Recorder = Callable[[str, Any], None]


class DatabaseUnavailable(StegvisError):
    """The database does not answer, is full, or is damaged. Nothing was changed."""

    code = "database_unavailable"

    @property
    def took_too_long(self) -> bool:
        """The server answered, but one statement or lock went over its time: another command may fare better."""
        return type(getattr(self.__cause__, "orig", None)).__name__ in ("QueryCanceled", "LockNotAvailable")


class Database:
    """Gives out units of work. One write at a time on SQLite, in order of arrival, also between threads."""

    def __init__(self, url: str, clock: Clock, *, pool_size: int = 12) -> None:
        self.url = make_url(url)
        self.clock = clock
        self.recorder: Recorder | None = None
        self.behind_pooler = False
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.in_memory = self.url.database == ":memory:" or self.url.query.get("vfs") == "memdb"
        if self.is_sqlite and self.url.database and not self.in_memory:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = self._sqlite(pool_size) if self.is_sqlite else self._postgres(pool_size)
        # Threads queue here instead of at SQLite's busy handler, which sleeps and is unfair.
        self._write_queue = threading.RLock() if self.is_sqlite else None

    def _sqlite(self, pool_size: int) -> Engine:
        engine = create_engine(
            self.url, pool_size=pool_size, max_overflow=20, connect_args={"timeout": 20}, hide_parameters=True
        )

        @event.listens_for(engine, "connect")
        def configure(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # the driver begins nothing by itself
            for pragma in (
                "journal_mode=WAL",
                "synchronous=FULL",
                "foreign_keys=ON",
                "busy_timeout=20000",
                "wal_autocheckpoint=4000",
                "cache_size=-16000",
            ):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def begin(connection: Any) -> None:
            # A deferred transaction that upgrades from read to write fails at once; readers must not take the lock.
            write = connection.get_execution_options().get("write")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

        return engine

    def _postgres(self, pool_size: int) -> Engine:
        options = " ".join(f"-c {name}={value}" for name, value in {"timezone": "UTC", **_LIMITS}.items())
        engine = create_engine(
            self.url,
            pool_size=pool_size,
            max_overflow=20,
            pool_pre_ping=True,
            connect_args={"options": options},
            hide_parameters=True,
        )

        @event.listens_for(engine, "connect")
        def look(connection: Any, _record: Any) -> None:
            # A pooler between us and the server (PgBouncer in transaction mode) names a process that is not the
            # server's. Each transaction may then meet another server session: nothing is prepared in one, and the
            # limits, which the pooler does not pass on, go with each transaction.
            server = connection.execute("SELECT pg_backend_pid()").fetchone()[0]
            connection.rollback()
            if server != connection.info.backend_pid:
                connection.prepare_threshold = None
                self.behind_pooler = True

        return engine

    @contextmanager
    def write(self, memory: Memory | None = None) -> Iterator[UnitOfWork]:
        """One transaction that changes something: commits when the block ends, rolls back when it raises."""
        with self._write_queue or nullcontext():
            yield from self._transaction(write=True, memory=memory)

    @contextmanager
    def read(self) -> Iterator[UnitOfWork]:
        """One transaction that only looks; it sees one state of the database throughout."""
        yield from self._transaction(write=False)

    def _transaction(self, *, write: bool, memory: Memory | None = None) -> Iterator[UnitOfWork]:
        try:
            with self.engine.connect() as connection:
                connection = connection.execution_options(**self._options(write=write))
                transaction = connection.begin()
                try:
                    if self.behind_pooler:
                        connection.exec_driver_sql("; ".join(f"SET LOCAL {n} = {v}" for n, v in _LIMITS.items()))
                    unit = UnitOfWork(connection, self.engine.dialect, self.now, self.recorder, memory)
                    yield unit
                    unit.close()
                except BaseException:
                    transaction.rollback()
                    raise
                if write:
                    try:
                        transaction.commit()
                    except BaseException:
                        # SQLAlchemy would put it back with the transaction open, for the next command to fall into.
                        connection.invalidate()
                        raise
                    if self.recorder:
                        self.recorder("COMMIT", ())
                else:
                    transaction.rollback()
        except OperationalError as error:
            raise DatabaseUnavailable from error
        except DBAPIError as error:
            if error.connection_invalidated:
                raise DatabaseUnavailable from error
            raise

    def _options(self, *, write: bool) -> dict[str, Any]:
        options: dict[str, Any] = {"write": write}
        if not write and not self.is_sqlite:
            # Else each statement sees its own moment: a case without the event that made it so.
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        return options

    def now(self, unit: UnitOfWork) -> datetime:
        """What decides what is due: on PostgreSQL the server's clock, read after the lock; else the process's."""
        if self.clock.is_system and not self.is_sqlite:
            return unit.server_now()
        return self.clock.now()

    def ping(self) -> None:
        """Raises DatabaseUnavailable when the database does not answer."""
        with self.read() as unit:
            unit.connection.execute(text("SELECT 1"))

    def dispose(self) -> None:
        self.engine.dispose()
