"""The schema's version: upgrade it, or refuse to start on a wrong one. A node never migrates by itself, but the embedded default."""

from __future__ import annotations

import shutil
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from workflow.db.database import Database
from workflow.errors import StegvisError

_MIGRATIONS = Path(__file__).parent / "migrations"
#: One migration at a time on PostgreSQL: a transaction-level advisory lock, released with the commit.
_LOCK = 5_783_412


class WrongSchema(StegvisError):
    """The database is older or newer than this program."""

    code = "wrong_schema"


def config() -> Config:
    made = Config()
    made.set_main_option("script_location", str(_MIGRATIONS))
    made.set_main_option("path_separator", "os")
    return made


def head() -> str:
    found = ScriptDirectory.from_config(config()).get_current_head()
    assert found is not None
    return found


def current(database: Database) -> str | None:
    """The version the database stands at; None when it is empty."""
    with database.engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the database to a version. On SQLite the file is copied first."""
    _copy_first(database)
    with database.engine.connect().execution_options(write=True) as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})
        made = config()
        made.attributes["connection"] = connection
        command.upgrade(made, revision)
        connection.commit()


def downgrade(database: Database, revision: str) -> None:
    with database.engine.connect().execution_options(write=True) as connection:
        made = config()
        made.attributes["connection"] = connection
        command.downgrade(made, revision)
        connection.commit()


def _copy_first(database: Database) -> None:
    path = Path(database.url.database or "")
    if database.is_sqlite and path.is_file() and path.stat().st_size and current(database) not in (None, head()):
        stamp = database.clock.now().strftime("%Y%m%dT%H%M%S")
        shutil.copy2(path, path.with_name(f"{path.name}.before-{stamp}"))


def verify(database: Database) -> None:
    """Raises WrongSchema unless the database stands exactly at this program's version."""
    found = current(database)
    if found != head():
        raise WrongSchema(found=found or "empty", wanted=head())
