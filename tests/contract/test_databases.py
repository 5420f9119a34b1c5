"""What both databases must do alike: the promises that everything above rests on."""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from tests.play import Play
from workflow.db.columns import new_id, sort_key
from workflow.db.database import Database, DatabaseUnavailable
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows
from workflow.engine.execute import Stegvis
from workflow.engine.tables import Counter, Hold, Pause, Timer


@pytest.fixture
def database(app: Stegvis) -> Database:
    return app.database


def held(uow: UnitOfWork) -> int:
    return int(uow.connection.execute(text("SELECT count(*) FROM holds")).scalar_one())


def hold(uow: UnitOfWork, name: str = "h", at: datetime = datetime(2026, 3, 2, 8, tzinfo=UTC)) -> None:
    uow.connection.execute(insert(Hold.__table__).values(id=name, reason="x", since_at=at))  # type: ignore[attr-defined]


def test_a_block_that_raises_leaves_nothing(database: Database) -> None:
    with suppress(ZeroDivisionError), database.write() as uow:
        hold(uow)
        raise ZeroDivisionError
    with database.read() as uow:
        assert held(uow) == 0


def test_a_block_that_only_looks_changes_nothing(database: Database) -> None:
    try:
        with database.read() as uow:
            hold(uow)
    except DBAPIError:
        pass  # PostgreSQL refuses at once, SQLite rolls back
    with database.read() as uow:
        assert held(uow) == 0


def test_a_reader_sees_one_state_throughout(database: Database) -> None:
    with database.read() as uow:
        before = held(uow)
        writer = threading.Thread(target=_hold_one, args=(database,))
        writer.start()
        writer.join(20)
        assert held(uow) == before
    with database.read() as uow:
        assert held(uow) == before + 1


def _hold_one(database: Database) -> None:
    with database.write() as uow:
        hold(uow)


def test_an_instant_comes_back_aware_in_utc_to_the_microsecond(database: Database) -> None:
    at = datetime(2026, 10, 25, 0, 30, 15, 123456, tzinfo=UTC)
    with database.write() as uow:
        hold(uow, at=at)
        row = uow.connection.execute(select(Hold.__table__)).one()  # type: ignore[attr-defined]
    assert row.since_at == at
    assert row.since_at.utcoffset().total_seconds() == 0


def test_a_naive_instant_is_refused(database: Database) -> None:
    with pytest.raises(StatementError), database.write() as uow:
        hold(uow, at=datetime(2026, 3, 2, 8))


def test_a_day_is_a_day(play: Play) -> None:
    play.open()
    with play.app.database.write() as uow:
        uow.run(case_rows.INSERT_PAUSE, id="p", case_id=play.case, from_on=date(2028, 2, 29), to_on=None, reason="x")
        row = uow.connection.execute(select(Pause.__table__)).one()  # type: ignore[attr-defined]
    assert row.from_on == date(2028, 2, 29)


def test_a_status_outside_its_list_is_refused_by_the_database(play: Play) -> None:
    play.open()
    play.need()
    for table in ("tasks", "timers", "outbox_messages"):
        with pytest.raises(IntegrityError):
            play.sql(f"UPDATE {table} SET status = 'whatever'")
    with pytest.raises(IntegrityError):
        play.sql("UPDATE cases SET row_version = 0")


def test_rows_that_hang_in_the_air_are_refused(database: Database) -> None:
    timers = Timer.__table__  # type: ignore[attr-defined]
    row = {
        "id": "t",
        "region_id": "norrbotten",
        "case_id": "nobody",
        "kind": "x",
        "due_at": datetime(2026, 3, 2, tzinfo=UTC),
    }
    with pytest.raises((IntegrityError, DBAPIError)), database.write() as uow:
        uow.connection.execute(insert(timers).values(**row, occurrence=0, status="pending", attempts=0))


@pytest.mark.parametrize("act", ["UPDATE audit_events SET kind = 'x'", "DELETE FROM audit_events"])
def test_events_are_append_only(play: Play, act: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        play.sql(act)


def test_events_cannot_be_truncated(play: Play) -> None:
    if play.app.database.is_sqlite:
        pytest.skip("SQLite has no TRUNCATE")
    with pytest.raises(DBAPIError, match="append-only"):
        play.sql("TRUNCATE audit_events")


def test_what_was_committed_is_synced(database: Database) -> None:
    with database.read() as uow:
        if database.is_sqlite:
            found = [
                uow.connection.exec_driver_sql(f"PRAGMA {p}").scalar_one()
                for p in ("journal_mode", "synchronous", "foreign_keys")
            ]
            assert found == ["wal", 2, 1]
        else:
            assert uow.connection.exec_driver_sql("SHOW synchronous_commit").scalar_one() == "on"


def test_every_connection_is_set_up_alike(database: Database) -> None:
    if not database.is_sqlite:
        pytest.skip("PRAGMAs are SQLite's")
    connections = [database.engine.connect() for _ in range(5)]
    try:
        assert [c.exec_driver_sql("PRAGMA synchronous").scalar_one() for c in connections] == [2] * 5
    finally:
        for connection in connections:
            connection.close()


def test_a_counter_under_sixteen_writers_loses_nothing(app: Stegvis) -> None:
    """Four nodes with four threads each: a node's own queue does not help against the other nodes."""
    nodes = [Database(app.settings.database_url, app.clock) for _ in range(4)]
    counters = Counter.__table__  # type: ignore[attr-defined]
    with app.database.write() as uow:
        case_rows.next_number(uow, "norrbotten", "test")
    errors: list[BaseException] = []

    def count(node: Database) -> None:
        try:
            for _ in range(10):
                with node.write() as uow:
                    case_rows.next_number(uow, "norrbotten", "test")
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=count, args=(node,)) for node in nodes * 4]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for node in nodes:
        node.dispose()
    assert errors == []
    with app.database.read() as uow:
        value = uow.connection.execute(select(counters.c.value).where(counters.c.name == "test")).scalar_one()
    assert value == 161


def test_swedish_order_by_plain_bytes(database: Database) -> None:
    names = ["Östersund", "Ängby", "Zorn", "Åby", "ahlgren", "Émile", "Erik"]
    with database.write() as uow:
        for name in names:
            uow.connection.execute(
                insert(Hold.__table__).values(id=sort_key(name), reason=name, since_at=datetime(2026, 3, 2, tzinfo=UTC))  # type: ignore[attr-defined]
            )
        rows = uow.connection.execute(text("SELECT reason FROM holds ORDER BY id")).scalars().all()
    assert rows == ["ahlgren", "Émile", "Erik", "Zorn", "Åby", "Ängby", "Östersund"]


def test_ids_sort_in_the_order_they_were_made() -> None:
    now = datetime(2026, 3, 2, 8, tzinfo=UTC)
    made = [new_id(now) for _ in range(2000)]
    assert sorted(made) == made
    assert {len(i) for i in made} == {32}
    assert len({i[18:] for i in made}) == 2000


def test_a_database_that_is_not_there_is_named_so(app: Stegvis) -> None:
    url = "sqlite:////proc/nowhere.db" if app.database.is_sqlite else "postgresql+psycopg://nobody@127.0.0.1:1/x"
    database = Database(url, app.clock)
    with pytest.raises(DatabaseUnavailable):
        database.ping()
    database.dispose()
