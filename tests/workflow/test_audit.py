"""The trail: it holds after real work, and whatever is altered in it is found and named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.play import Play
from tests.second_verifier import canonical_text, independent_faults
from workflow.commands import NoteSecretRead
from workflow.engine.verify import VerifyResult, verify_all, verify_region


def verified(play: Play) -> VerifyResult:
    with play.app.database.read() as uow:
        return verify_all(uow)


@pytest.fixture
def worked(play: Play) -> Play:
    """A procurement of two lots that has come to its contracts, one lot cancelled on the way."""
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    assert play.do("officer", NoteSecretRead(play.case)), "a look at tenders is on the access trail, with its case"
    play.award(1)
    play.act("officer", "propose_cancellation", 2, reasons="För få anbud")
    play.act("head", "decide_cancellation", 2)
    play.notify(1)
    play.advance(15)
    play.sign(1)
    return play


def unlock(play: Play) -> None:
    """Take away what keeps events from being changed: the verifier must see it without."""
    if play.app.database.is_sqlite:
        for act in ("update", "delete"):
            play.sql(f"DROP TRIGGER audit_events_no_{act}")
    else:
        play.sql("ALTER TABLE audit_events DISABLE TRIGGER USER")


def test_a_played_case_verifies_and_each_region_by_itself(worked: Play, kalmar: Play) -> None:
    kalmar.open()
    result = verified(worked)
    assert result.ok, result.first_fault
    with worked.app.database.read() as uow:
        ours, theirs = verify_region(uow, "norrbotten"), verify_region(uow, "kalmar")
    assert ours.ok
    assert theirs.ok
    assert ours.events + theirs.events == result.events
    assert ours.streams + theirs.streams == result.streams


#: What is done to the trail -> the fault it must be called. `:c` is the case, `:s` an event in its middle.
TAMPERING: dict[str, tuple[list[str], str]] = {
    "an event's text changed": (
        ["UPDATE audit_events SET body = body || ' ' WHERE stream_id = :c AND seq = 5"],
        "hash_wrong",
    ),
    "an event's column changed": (
        ["UPDATE audit_events SET actor_id = 'somebody' WHERE stream_id = :c AND seq = 5"],
        "column_differs",
    ),
    "an event's instant changed": (
        ["UPDATE audit_events SET at = '2026-01-01 00:00:00.000000' WHERE stream_id = :c AND seq = 5"],
        "column_differs",
    ),
    "an event moved to another region": (
        ["UPDATE audit_events SET region_id = 'kalmar' WHERE stream_id = :c AND seq = 5"],
        "column_differs",
    ),
    "an event removed": (["DELETE FROM audit_events WHERE stream_id = :c AND seq = 5"], "seq_gap"),
    "the last event removed": (
        [
            "DELETE FROM audit_payloads WHERE stream_id = :c AND seq = (SELECT head_seq FROM audit_streams WHERE id = :c)",
            "DELETE FROM audit_events WHERE stream_id = :c AND seq = (SELECT head_seq FROM audit_streams WHERE id = :c)",
        ],
        "head_differs",
    ),
    "all events removed": (
        ["DELETE FROM audit_payloads WHERE stream_id = :c", "DELETE FROM audit_events WHERE stream_id = :c"],
        "head_differs",
    ),
    "two events swapped": (
        [
            "UPDATE audit_events SET seq = 1005 WHERE stream_id = :c AND seq = 5",
            "UPDATE audit_events SET seq = 5 WHERE stream_id = :c AND seq = 6",
            "UPDATE audit_events SET seq = 6 WHERE stream_id = :c AND seq = 1005",
        ],
        "link_broken",
    ),
    "an event inserted": (
        [
            "INSERT INTO audit_events SELECT stream_id, 1000, region_id, kind, at, actor_id, case_id, body, prev_hash, hash"
            " FROM audit_events WHERE stream_id = :c AND seq = 5"
        ],
        "seq_gap",
    ),
    "a field changed": (
        ["UPDATE audit_payloads SET value = '\"annat\"' WHERE stream_id = :c AND seq = 2 AND name = 'need'"],
        "field_changed",
    ),
    "a field whose secrecy class was changed": (
        ["UPDATE audit_payloads SET secrecy = 'business' WHERE stream_id = :c AND seq = 2 AND name = 'need'"],
        "field_changed",
    ),
    "a field removed": (
        ["DELETE FROM audit_payloads WHERE stream_id = :c AND seq = 2 AND name = 'need'"],
        "field_missing",
    ),
    "a field added": (
        [
            "INSERT INTO audit_payloads SELECT stream_id, 3, 'added', secrecy, lot_id, salt, value, redacted_at, redaction"
            " FROM audit_payloads WHERE stream_id = :c AND seq = 2 AND name = 'need'"
        ],
        "field_unknown",
    ),
    "a field masked without a word": (
        ["UPDATE audit_payloads SET value = NULL WHERE stream_id = :c AND seq = 2 AND name = 'need'"],
        "field_masked",
    ),
    "the head turned back": (
        [
            "UPDATE audit_streams SET head_seq = 5, head_hash = (SELECT hash FROM audit_events WHERE stream_id = :c AND seq = 5)"
            " WHERE id = :c"
        ],
        "head_differs",
    ),
    "the head removed": (["DELETE FROM audit_streams WHERE id = :c"], "no_head"),
    "the case's state changed": (["UPDATE cases SET state = 'closed' WHERE id = :c"], "case_differs"),
    "the case's version changed": (["UPDATE cases SET row_version = row_version + 1 WHERE id = :c"], "case_differs"),
    "a lot's state changed": (
        ["UPDATE lots SET state = 'follow_up' WHERE case_id = :c AND number = 2"],
        "lot_differs",
    ),
    "a decision's basis changed": (
        ["UPDATE decisions SET basis = replace(basis, 'Städning', 'Bygge') WHERE case_id = :c AND trigger = 'decide_start'"],
        "basis_changed",
    ),
    "a decision under another name": (
        ["UPDATE decisions SET decided_by = 'somebody' WHERE case_id = :c AND trigger = 'decide_start'"],
        "decision_differs",
    ),
    "a decision removed": (["DELETE FROM decisions WHERE case_id = :c AND trigger = 'decide_start'"], "decision_missing"),
    "a decision invented": (
        ["UPDATE decisions SET seq = 2 WHERE case_id = :c AND trigger = 'decide_start'"],
        "decision_missing",
    ),
}  # fmt: skip


def test_what_is_altered_is_found_and_named(worked: Play) -> None:
    """Every deed by itself, undone after it; both verifiers must see it, and ours must call it by its name."""
    unlock(worked)
    unseen = {}
    for deed, (statements, code) in TAMPERING.items():
        with suppress(Undone), worked.app.database.write() as uow:
            for statement in statements:
                uow.connection.execute(text(statement), {"c": worked.case} if ":c" in statement else {})
            result = verify_all(uow)
            codes = [f.code for f in result.faults if f.stream_id == worked.case]
            if codes[:1] != [code] or worked.case not in str(result.first_fault) or not independent_faults(uow):
                unseen[deed] = result.faults
            raise Undone
    assert unseen == {}
    assert verified(worked).ok


class Undone(Exception):
    """Rolls the deed back."""


def test_a_rewritten_chain_that_lies_about_a_step_is_found_by_the_definition(worked: Play) -> None:
    """Hashes recomputed over a step that no published table has."""
    unlock(worked)
    forge(worked, 3, lambda body: body | {"to": "advertised", "state": "advertised"})
    assert [f.code for f in verified(worked).faults if f.stream_id == worked.case] == ["not_in_table"]


def test_a_step_that_starts_elsewhere_is_found(worked: Play) -> None:
    unlock(worked)
    forge(worked, 4, lambda body: body | {"from": "needs_analysis"})
    assert [f.code for f in verified(worked).faults if f.stream_id == worked.case] == ["wrong_way"]


def forge(play: Play, seq: int, lie: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    """Rewrite one event and every hash after it, as somebody with all rights could."""
    previous = ""
    for event in play.events():
        if event.seq < seq:
            previous = event.hash
            continue
        body = json.loads(event.body) | {"prev": previous}
        text = canonical_text(lie(body) if event.seq == seq else body)
        digest = hashlib.sha256(text.encode()).hexdigest()
        play.sql(
            "UPDATE audit_events SET body = :b, prev_hash = :p, hash = :h WHERE stream_id = :c AND seq = :s",
            b=text, p=previous, h=digest, c=play.case, s=event.seq,
        )  # fmt: skip
        previous = digest
    play.sql("UPDATE audit_streams SET head_hash = :h WHERE id = :c", h=previous, c=play.case)


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_events SET kind = 'x' WHERE stream_id = :c", "DELETE FROM audit_events WHERE stream_id = :c"],
)
def test_the_database_refuses_to_change_events(worked: Play, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"):
        worked.sql(statement, c=worked.case)
    assert verified(worked).ok


def test_a_verifier_written_from_the_page_agrees(worked: Play) -> None:
    worked.act("officer", "complete_documentation", 1, documentation_reference='Dnr 2026:"14" \\ å\t')
    worked.live(until="2026-05-20")
    with worked.app.database.read() as uow:
        assert independent_faults(uow) == []
    assert verified(worked).ok
