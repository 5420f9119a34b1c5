"""Every column of the trail and of the decisions changed by itself, every event taken away: each deed is found and named. # I35"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Table, and_, delete, func, insert, select, text, update

from tests.play import Play
from tests.second_verifier import independent_faults
from workflow.commands import NoteSecretRead, WriteComment
from workflow.db.metadata import METADATA
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.verify import Fault, verify_all, verify_region

EVENTS, FIELDS = METADATA.tables["audit_events"], METADATA.tables["audit_payloads"]
STREAMS, DECISIONS = METADATA.tables["audit_streams"], METADATA.tables["decisions"]


@pytest.fixture
def worked(play: Play) -> Play:
    """Two procurements; the one at play has two lots, one awarded and signed, and rows in most tables."""
    other = play.open(title="En annan")
    play.to_target_decision()
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    play.do("officer", NoteSecretRead(play.case))
    play.do("officer", WriteComment(play.case, "En kommentar"))
    play.award(1)
    play.notify(1)
    play.advance(15)
    play.sign(1)
    play.answers.append({"other": other})
    return play


class Undone(Exception):
    """Rolls the deed back."""


@contextmanager
def unlocked(play: Play) -> Iterator[UnitOfWork]:
    """A transaction that nothing in the database hinders, rolled back at its end."""
    try:
        with play.app.database.write() as uow:
            if play.app.database.is_sqlite:
                for deed in ("update", "delete"):
                    uow.connection.execute(text(f"DROP TRIGGER IF EXISTS audit_events_no_{deed}"))
                uow.connection.execute(text("PRAGMA defer_foreign_keys = ON"))
            else:
                uow.connection.execute(text("SET LOCAL session_replication_role = replica"))
            yield uow
            raise Undone
    except Undone:
        pass


def faults_after(play: Play, deed: Callable[[UnitOfWork], Any]) -> tuple[Fault, ...]:
    """What `audit verify` finds after a deed; the verifier written from the page must find something too."""
    with unlocked(play) as uow:
        deed(uow)
        found = verify_all(uow).faults
        if not independent_faults(uow):
            return ()
    return found


def changed(value: Any, column: str) -> Any:
    """Something else of the same kind."""
    if column == "value_ore":
        return (value or 0) + 1
    if column == "seq":
        return value + 1000
    if isinstance(value, int):
        return value + 1
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    if column == "redacted_at":
        return datetime.fromisoformat("2026-03-02T08:00:00+00:00")
    if column in ("kind",) and value in ("case", "register"):
        return {"case": "register", "register": "case"}[value]
    if column == "body":
        return value.replace('"channel":"web"', '"channel":"api"')
    if column == "salts":  # one hexadecimal digit of the last column's salt
        return value[:-3] + ("0" if value[-3] != "0" else "1") + value[-2:]
    if column == "secrecy":
        return "open" if value != "open" else "business"
    return f"{value or ''}x"


def row_of(play: Play, table: Table, **at: Any) -> dict[str, Any]:
    """The first row of the table at play with these values."""
    place = and_(*(table.c[k] == v for k, v in at.items()))
    with play.app.database.read() as uow:
        row = uow.connection.execute(select(table).where(place).order_by(*table.primary_key.columns)).mappings().first()
    assert row, (table.name, at)
    return dict(row)


def test_every_column_changed_is_found_and_its_row_named(worked: Play) -> None:
    case = worked.case
    award = row_of(worked, DECISIONS, case_id=case, trigger="decide_award")
    rows: list[tuple[Table, dict[str, Any], int | None]] = [
        (EVENTS, row_of(worked, EVENTS, stream_id=case, seq=1), 1),
        (EVENTS, row_of(worked, EVENTS, stream_id=case, seq=5), 5),
        (FIELDS, row_of(worked, FIELDS, stream_id=case, seq=2, name="need"), 2),
        (FIELDS, row_of(worked, FIELDS, stream_id=case, seq=award["seq"] - 1, name="suppliers"), award["seq"] - 1),
        (STREAMS, row_of(worked, STREAMS, id=case), None),
        (STREAMS, row_of(worked, STREAMS, id="people.norrbotten"), None),
        (DECISIONS, row_of(worked, DECISIONS, case_id=case, trigger="decide_sustainability_target"), None),
        (DECISIONS, award, award["seq"]),
    ]  # fmt: skip
    unseen, tried = [], 0
    for table, row, seq in rows:
        place = and_(*(table.c[c.name] == row[c.name] for c in table.primary_key.columns))
        stream = row.get("stream_id") or row.get("case_id") or row["id"]
        for column in table.c:
            values = {column.name: changed(row[column.name], column.name)}
            tried += 1
            found = faults_after(worked, lambda uow: uow.connection.execute(update(table).where(place).values(values)))  # noqa: B023
            ours = [f for f in found if f.stream_id == stream]
            moved = column.name in ("stream_id", "case_id") and found and not ours  # then its new place is named
            if not ours and not moved:
                unseen.append((table.name, column.name, found))
            elif ours and seq is not None and column.name not in ("seq", "stream_id", "case_id", "name"):
                if ours[0].seq != seq:
                    unseen.append((table.name, column.name, ours))
                bound = table is DECISIONS and column.name not in ("basis", "basis_hash", "salts")
                if bound and column.name not in ours[0].what.split(", "):
                    unseen.append((table.name, column.name, ours))
    assert unseen == []
    assert tried == 2 * sum(len(t.c) for t in (EVENTS, FIELDS, STREAMS, DECISIONS))


def test_a_decisions_reasons_value_and_more_set_to_nothing_is_found(worked: Play) -> None:
    row = row_of(worked, DECISIONS, case_id=worked.case, trigger="decide_sustainability_target")
    for column in [c.name for c in DECISIONS.c if c.nullable and row[c.name] is not None]:
        found = faults_after(
            worked,
            lambda uow: uow.connection.execute(
                update(DECISIONS).where(DECISIONS.c.id == row["id"]).values({column: None})  # noqa: B023
            ),
        )
        assert [f.seq for f in found if f.stream_id == worked.case] == [row["seq"]], column


def test_every_single_event_taken_away_is_found_and_the_place_named(worked: Play) -> None:
    last = row_of(worked, STREAMS, id=worked.case)["head_seq"]
    for seq in range(1, last + 1):

        def deed(uow: UnitOfWork, seq: int = seq) -> None:
            for table in (FIELDS, EVENTS):
                uow.connection.execute(delete(table).where(table.c.stream_id == worked.case, table.c.seq == seq))

        (fault, *_) = [f for f in faults_after(worked, deed) if f.stream_id == worked.case]
        expected = ("seq_gap", seq + 1) if seq < last else ("head_differs", last - 1)
        assert (fault.code, fault.seq) == expected


def test_every_two_neighbours_swapped_is_found(worked: Play) -> None:
    last = row_of(worked, STREAMS, id=worked.case)["head_seq"]

    def move(uow: UnitOfWork, old: int, new: int) -> None:
        for table in (EVENTS, FIELDS):
            uow.connection.execute(
                update(table).where(table.c.stream_id == worked.case, table.c.seq == old).values(seq=new)
            )

    for seq in range(1, last):

        def swap(uow: UnitOfWork, seq: int = seq) -> None:
            move(uow, seq, -1)
            move(uow, seq + 1, seq)
            move(uow, -1, seq + 1)

        (fault, *_) = [f for f in faults_after(worked, swap) if f.stream_id == worked.case]
        assert (fault.code, fault.seq) == ("link_broken", seq)


def test_events_of_another_stream_spliced_in_are_found(worked: Play) -> None:
    """One in the place of its like, and a whole end hung on after the last."""
    other, case = worked.answers[-1]["other"], worked.case
    columns = [c.name for c in EVENTS.c]

    def replace_one(uow: UnitOfWork) -> None:
        row = uow.connection.execute(select(EVENTS).where(EVENTS.c.stream_id == other, EVENTS.c.seq == 3)).one()
        uow.connection.execute(delete(EVENTS).where(EVENTS.c.stream_id == case, EVENTS.c.seq == 3))
        uow.connection.execute(insert(EVENTS).values({**dict(zip(columns, row, strict=True)), "stream_id": case}))

    def hang_on(uow: UnitOfWork) -> None:
        end = uow.connection.execute(select(func.max(EVENTS.c.seq)).where(EVENTS.c.stream_id == case)).scalar_one()
        rows = uow.connection.execute(select(EVENTS).where(EVENTS.c.stream_id == other, EVENTS.c.seq <= 2)).all()
        for n, row in enumerate(rows, start=1):
            moved = {**dict(zip(columns, row, strict=True)), "stream_id": case, "seq": end + n}
            uow.connection.execute(insert(EVENTS).values(moved))
        new = {"head_seq": end + len(rows), "head_hash": rows[-1].hash}
        uow.connection.execute(update(STREAMS).where(STREAMS.c.id == case).values(new))

    assert [(f.code, f.seq) for f in faults_after(worked, replace_one) if f.stream_id == case] == [("link_broken", 3)]
    last = row_of(worked, STREAMS, id=worked.case)["head_seq"]
    found = [(f.code, f.seq) for f in faults_after(worked, hang_on) if f.stream_id == case]
    assert found == [("link_broken", last + 1)]


def test_a_stream_gone_while_its_case_stays_is_found(worked: Play) -> None:
    def deed(uow: UnitOfWork) -> None:
        _drop_stream(uow, worked.case)

    assert {f.code for f in faults_after(worked, deed) if f.stream_id == worked.case} == {
        "no_stream",
        "decision_unknown",
    }


def _drop_stream(uow: UnitOfWork, case: str) -> None:
    for table, column in ((FIELDS, "stream_id"), (EVENTS, "stream_id"), (STREAMS, "id")):
        uow.connection.execute(delete(table).where(table.c[column] == case))


def test_a_case_gone_with_its_stream_is_found_by_whatever_still_speaks_of_it(worked: Play) -> None:
    """Everything of the case is taken away but the rows of one table; each table by itself gives it away."""
    case = worked.case
    speaking = {t.name: t for t in METADATA.tables.values() if "case_id" in t.c and t is not EVENTS}
    tried = set()
    for name in [*speaking, "audit_events", "cases"]:

        def deed(uow: UnitOfWork, name: str = name) -> bool:
            _drop_stream(uow, case)
            for other, table in speaking.items():
                if other != name:
                    uow.connection.execute(delete(table).where(table.c.case_id == case))
            if name != "audit_events":  # what the access register says of it
                looks = and_(EVENTS.c.case_id == case, EVENTS.c.stream_id != case)
                assert uow.connection.execute(select(func.count()).select_from(EVENTS).where(looks)).scalar_one()
                uow.connection.execute(update(EVENTS).where(looks).values(case_id=None))
            cases = METADATA.tables["cases"]
            if name != "cases":  # contracts that came out of it
                uow.connection.execute(update(cases).where(cases.c.parent_id == case).values(parent_id=None))
            uow.connection.execute(delete(cases).where(cases.c.id == case))
            left = EVENTS if name == "audit_events" else METADATA.tables[name]
            column = left.c.parent_id if name == "cases" else left.c.case_id
            return bool(
                uow.connection.execute(select(func.count()).select_from(left).where(column == case)).scalar_one()
            )

        with unlocked(worked) as uow:
            if deed(uow):
                tried.add(name)
                found = [f for f in verify_all(uow).faults if f.stream_id == case]
                assert [f.code for f in found] in (["case_gone"], ["decision_unknown"]), name
                if found[0].code == "case_gone":
                    assert found[0].what.startswith(f"{name}.")
    assert {
        "tasks",
        "comments",
        "decisions",
        "timers",
        "lots",
        "procurements",
        "targets",
        "audit_events",
        "cases",
    } <= tried


def test_contracts_whose_case_is_gone_are_found(worked: Play) -> None:
    (contract,) = worked.contracts()

    def deed(uow: UnitOfWork) -> None:
        _drop_stream(uow, contract)
        cases = METADATA.tables["cases"]
        uow.connection.execute(delete(cases).where(cases.c.id == contract))

    found = [f for f in faults_after(worked, deed) if f.stream_id == contract]
    assert "contracts.case_id" in {f.what for f in found}
    with unlocked(worked) as uow:
        deed(uow)
        assert "contracts.case_id" in {f.what for f in verify_region(uow, "norrbotten").faults}
        assert verify_region(uow, "kalmar").ok


def test_events_of_the_version_before_are_taken_as_they_are_and_counted(worked: Play) -> None:
    """Format 1 bound neither the decision's row nor a field's lot: such events hold, and it is said how many."""
    import hashlib
    import json

    from tests.second_verifier import canonical_text

    with unlocked(worked) as uow:
        for stream in uow.connection.execute(select(STREAMS.c.id)).scalars().all():
            previous = "0" * 64
            rows = uow.connection.execute(select(EVENTS).where(EVENTS.c.stream_id == stream).order_by(EVENTS.c.seq))
            for event in rows.all():
                body = json.loads(event.body) | {"v": 1, "prev": previous}
                body.pop("decision", None)
                beside = and_(FIELDS.c.stream_id == stream, FIELDS.c.seq == event.seq)
                for p in uow.connection.execute(select(FIELDS).where(beside)).all():
                    committed = f"{p.salt}:{p.name}:{p.secrecy}:{p.value}"
                    body["fields"][p.name] = hashlib.sha256(committed.encode()).hexdigest()
                body_text = canonical_text(body)
                digest = hashlib.sha256(body_text.encode()).hexdigest()
                place = and_(EVENTS.c.stream_id == stream, EVENTS.c.seq == event.seq)
                new = {"body": body_text, "prev_hash": previous, "hash": digest}
                uow.connection.execute(update(EVENTS).where(place).values(new))
                previous = digest
            uow.connection.execute(update(STREAMS).where(STREAMS.c.id == stream).values(head_hash=previous))
        uow.connection.execute(update(DECISIONS).values(salts=None))
        result = verify_all(uow)
        assert (result.faults, result.unbound) == ((), len(uow.connection.execute(select(DECISIONS.c.id)).all()))
        assert result.unbound > 5
        assert independent_faults(uow) == []
    with worked.app.database.read() as uow:
        assert verify_all(uow).unbound == 0
