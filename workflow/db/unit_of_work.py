"""One transaction: statements run through the driver connection, dynamic queries through Core on the same one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, func, select
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.exc import IntegrityError, OperationalError

from workflow.db.statements import Row, Statement

_SERVER_NOW = Statement(select(func.clock_timestamp().label("now")))


class Many(list[Any]):
    """The rows of one `executemany`, so that whoever records statements can tell it from a list of parameters."""


class Memory(dict[Any, list[Row]]):
    """What registers answered, for the transactions of one batch of the scheduler: who is who, which terms apply.

    One thread's, and as old as its batch. Nobody's right to do anything is ever read from it. `in_hand` is the row that the
    latest of these transactions took up: where it fails, at that.
    """

    in_hand: Row | None = None


class UnitOfWork:
    """Given out by `Database.write()` and `.read()`. Only the `Database` commits."""

    def __init__(
        self,
        connection: Connection,
        dialect: Dialect,
        now: Callable[[UnitOfWork], datetime],
        recorder: Callable[[str, Any], None] | None,
        memory: Memory | None = None,
    ) -> None:
        self.connection = connection
        self.dialect = dialect
        self._now = now
        self._recorder = recorder
        self.memory = memory
        self._cursor: Any = connection.connection.driver_connection.cursor()  # type: ignore[union-attr]

    @cached_property
    def now(self) -> datetime:
        """The instant of this transaction, aware UTC; read once, so read it after the lock."""
        return self._now(self)

    def server_now(self) -> datetime:
        row = self.one(_SERVER_NOW)
        assert row is not None
        return row.now  # type: ignore[no-any-return]

    def _execute(self, sql: str, parameters: Any) -> None:
        if self._recorder:
            self._recorder(sql, parameters)
        try:
            self._cursor.execute(sql, parameters)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(sql, None, error) from error
        except sqlite3.OperationalError as error:
            raise OperationalError(sql, None, error) from error
        except Exception as error:
            raise self._translated(sql, error) from error

    def _translated(self, sql: str, error: Exception) -> Exception:
        """PostgreSQL's own errors under SQLAlchemy's names, so that callers know one set."""
        import psycopg  # here: on SQLite the driver is never loaded

        if isinstance(error, psycopg.IntegrityError):
            return IntegrityError(sql, None, error)
        if isinstance(error, psycopg.OperationalError):
            return OperationalError(sql, None, error)
        return error

    def run(self, statement: Statement, **given: Any) -> int:
        """Run for its effect; returns the number of rows touched."""
        compiled = statement.on(self.dialect)
        self._execute(compiled.sql, compiled.parameters(given))
        return int(self._cursor.rowcount)

    def many(self, statement: Statement, rows: Sequence[Mapping[str, Any]]) -> None:
        """Run once for each row of parameters."""
        if not rows:
            return
        compiled = statement.on(self.dialect)
        if len(rows) == 1:
            self._execute(compiled.sql, compiled.parameters(rows[0]))
            return
        values = [compiled.parameters(row) for row in rows]
        if self._recorder:
            self._recorder(compiled.sql, Many(values))
        try:
            self._cursor.executemany(compiled.sql, values)
        except sqlite3.IntegrityError as error:
            raise IntegrityError(compiled.sql, None, error) from error
        except Exception as error:
            raise self._translated(compiled.sql, error) from error

    def one(self, statement: Statement, **given: Any) -> Row | None:
        """The first row, or None."""
        compiled = statement.on(self.dialect)
        self._execute(compiled.sql, compiled.parameters(given))
        raw = self._cursor.fetchone()
        return None if raw is None else compiled.to_row(raw)

    def all(self, statement: Statement, **given: Any) -> list[Row]:
        compiled = statement.on(self.dialect)
        self._execute(compiled.sql, compiled.parameters(given))
        return [compiled.to_row(raw) for raw in self._cursor.fetchall()]

    def recall(self, statement: Statement, **given: Any) -> list[Row]:
        """The rows of a register: as this batch saw them first where it keeps a memory, else as they are now."""
        if self.memory is None:
            return self.all(statement, **given)
        key = (statement, *given.values())
        if key not in self.memory:
            self.memory[key] = self.all(statement, **given)
        return self.memory[key]

    def close(self) -> None:
        self._cursor.close()
