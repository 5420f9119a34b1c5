"""The schema comes by migrations only: up, down and up again, without loss or drift, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, text

from tests.databases import Databases
from tests.play import Play
from workflow.clock import FixedClock
from workflow.db import schema
from workflow.db.database import Database
from workflow.db.metadata import METADATA
from workflow.engine.execute import Stegvis
from workflow.letters.letterheads import letterhead


@pytest.fixture
def empty(build_app: Callable[[str], Stegvis], empty_database_url: str) -> Database:
    return build_app(empty_database_url).database


def tables(database: Database) -> set[str]:
    return set(inspect(database.engine).get_table_names())


def test_up_down_and_up_again(empty: Database) -> None:
    full = tables(empty)
    schema.downgrade(empty, "base")
    assert tables(empty) == {"alembic_version"}
    with pytest.raises(schema.WrongSchema):
        schema.verify(empty)
    schema.upgrade(empty)
    assert tables(empty) == full
    schema.verify(empty)
    with empty.read() as uow:
        regions = uow.connection.execute(text("SELECT count(*) FROM regions")).scalar_one()
    assert regions == 22


def test_upgrading_twice_changes_nothing(empty: Database) -> None:
    before = tables(empty)
    schema.upgrade(empty)
    assert tables(empty) == before


def test_the_tables_are_what_the_models_say(empty: Database) -> None:
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        drift = compare_metadata(context, METADATA)
    assert drift == []


def test_letterheads_from_before_two_people_were_asked_for_still_apply(empty: Database) -> None:
    schema.downgrade(empty, "0018")
    values = (
        "'h', 'norrbotten', NULL, '2026-01-02', 'Regionen', '', 'Box 1', '', '', 'Beslut', 'p', '2026-01-01 00:00:00'"
    )
    with empty.write() as uow:
        uow.connection.execute(text(f"INSERT INTO letterheads VALUES ({values})"))
    schema.upgrade(empty)
    with empty.write() as uow:
        head = letterhead(uow, "norrbotten", "Region Norrbotten", None, date(2026, 1, 2))
        (row,) = uow.connection.execute(text("SELECT status, proposed_by, settled_by FROM letterheads"))
        assert (head.sender, *row) == ("Regionen", "released", "p", None)
        uow.connection.execute(text("UPDATE letterheads SET status = 'proposed'"))
    schema.downgrade(empty, "0018")
    with empty.read() as uow:
        assert uow.connection.execute(text("SELECT count(*) FROM letterheads")).scalar_one() == 0, "none by default"
    schema.upgrade(empty)


def test_a_node_refuses_a_schema_that_is_not_its_own(empty: Database) -> None:
    schema.verify(empty)
    with empty.write() as uow:
        uow.connection.execute(text("UPDATE alembic_version SET version_num = 'from_the_future'"))
    with pytest.raises(schema.WrongSchema) as refusal:
        schema.verify(empty)
    assert refusal.value.params["found"] == "from_the_future"


def test_the_sqlite_file_is_copied_before_it_is_changed(play: Play, made: Databases) -> None:
    if made.kind != "sqlite":
        pytest.skip("a copy of the file is SQLite's way")
    from pathlib import Path

    database = Database(play.app.settings.database_url, FixedClock(play.clock.at))
    with database.write() as uow:
        uow.connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    with pytest.raises(Exception, match="older"):
        schema.upgrade(database)
    database.dispose()
    path = Path(str(database.url.database))
    (copy,) = path.parent.glob(f"{path.name}.before-*")
    copy.unlink()
