"""Statements built once with SQLAlchemy Core and run on the pool's driver connection.

Core writes the SQL for each database; running it through the driver spares most of what Core costs a call.
Type conversion stays Core's own (an instant comes back aware in UTC on both databases).
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Table, bindparam, insert
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.sql import visitors
from sqlalchemy.sql.expression import ClauseElement

Row = Any


def _row_type(names: list[str]) -> Any:
    return namedtuple("Row", names, rename=True)


class _Compiled:
    """One statement in one database's words, with what turns parameters and rows."""

    def __init__(self, clause: ClauseElement, dialect: Dialect) -> None:
        for element in visitors.iterate(clause):
            if isinstance(element, BindParameter):
                element.required = False  # values come with each call
                if element.value is not None:  # one written in the code: as such, or no partial index would fit it
                    element.literal_execute = True
        compiled: Any = clause.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self.sql: str = str(compiled)
        self.names: list[str] = list(compiled.positiontup) if compiled.positional else list(compiled.params)
        self.positional: bool = compiled.positional
        #: For each parameter its name, its value where none is given, and what makes it the driver's.
        self.places: list[tuple[str, Any, Callable[[Any], Any] | None]] = [
            (name, compiled.params.get(name), compiled._bind_processors.get(name)) for name in self.names
        ]
        columns = compiled._result_columns or []
        self.row: Any = None
        self.result: list[tuple[int, Callable[[Any], Any]]] = []
        if columns:
            self.row = _row_type([c.keyname for c in columns])
            for i, column in enumerate(columns):
                processor = column.type.dialect_impl(dialect).result_processor(dialect, None)
                if processor is not None:
                    self.result.append((i, processor))

    def parameters(self, given: Mapping[str, Any]) -> Any:
        values = []
        for name, constant, process in self.places:
            value = given.get(name, constant)
            values.append(value if process is None or value is None else process(value))
        return values if self.positional else dict(zip(self.names, values, strict=True))

    def to_row(self, raw: Sequence[Any]) -> Row:
        if not self.result:
            return self.row._make(raw)
        values = list(raw)
        for i, process in self.result:
            values[i] = process(values[i])
        return self.row._make(values)


class Statement:
    """A Core statement with named parameters, compiled on first use for each database."""

    def __init__(self, clause: ClauseElement) -> None:
        self.clause = clause
        self._compiled: dict[str, _Compiled] = {}

    def on(self, dialect: Dialect) -> _Compiled:
        known = self._compiled.get(dialect.name)
        if known is None:
            known = self._compiled[dialect.name] = _Compiled(self.clause, dialect)
        return known


def insert_into(table: Table, columns: Iterable[str] | None = None) -> Statement:
    """INSERT with one named parameter a column."""
    names = list(columns) if columns else [c.name for c in table.columns]
    return Statement(insert(table).values({n: bindparam(n) for n in names}))
