"""All rows of one database into another of the same schema, in the other's own transaction."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from sqlalchemy import delete, insert, select, text

from workflow.db.metadata import METADATA
from workflow.db.unit_of_work import UnitOfWork

_ROWS_AT_ONCE = 1_000


def copy_rows(source: UnitOfWork, target: UnitOfWork, *, left_out: AbstractSet[str] = frozenset()) -> None:
    """Afterwards each table holds the source's rows and no others; those `left_out` are not touched.

    Between SQLite and PostgreSQL either way. All of it or nothing: the target's transaction commits it.
    """
    tables = [t for t in METADATA.sorted_tables if t.name not in left_out]
    if target.connection.dialect.name == "sqlite":  # a unit may stand before the one it lies under
        target.connection.execute(text("PRAGMA defer_foreign_keys = ON"))
    for table in reversed(tables):
        target.connection.execute(delete(table))
    for table in tables:
        rows = source.connection.execute(select(table), execution_options={"yield_per": _ROWS_AT_ONCE}).mappings()
        for part in rows.partitions(_ROWS_AT_ONCE):
            target.connection.execute(insert(table), [dict(row) for row in part])
