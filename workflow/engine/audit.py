"""The trail: events in streams, hash-chained; fields beside the event as salted commitments.

The exact bytes are written down in `docs/audit-trail.md`. A stream is a case, or a register of a region (people,
parameters, access). The head row says how far a stream must reach, so that a missing end is seen too.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update

from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.canonical import canonical, instant, plain, sha256
from workflow.engine.tables import AuditEvent, AuditPayload, AuditStream

GENESIS = "0" * 64
FORMAT = 2

_streams = AuditStream.__table__  # type: ignore[attr-defined]
_HEAD = Statement(
    select(_streams.c.head_seq, _streams.c.head_hash).where(_streams.c.id == bindparam("stream_id")).with_for_update()
)
_NEW_STREAM = insert_into(_streams)
_MOVE_HEAD = Statement(
    update(_streams)
    .where(_streams.c.id == bindparam("stream_id"), _streams.c.head_seq == bindparam("old_seq"))
    .values(head_seq=bindparam("new_seq"), head_hash=bindparam("new_hash"))
)
_EVENT = insert_into(AuditEvent.__table__)  # type: ignore[attr-defined]
_PAYLOAD = insert_into(AuditPayload.__table__)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Field:
    """One field of an event, with its secrecy class: what may be masked later without breaking the chain."""

    name: str
    value: Any
    secrecy: str = "open"
    lot_id: str | None = None


def open_stream(uow: UnitOfWork, stream_id: str, region_id: str, kind: str) -> None:
    """Begin an empty chain; `append` refuses to write to a stream that was never begun."""
    uow.run(_NEW_STREAM, id=stream_id, region_id=region_id, kind=kind, head_seq=0, head_hash=GENESIS)


def register_stream(region_id: str, register: str) -> str:
    """The stream of a register of a region, e.g. people or parameters."""
    return f"{register}.{region_id}"


def commitment(
    name: str, salt: str, secrecy: str, value_text: str, lot_id: str | None = None, version: int = FORMAT
) -> str:
    """What the chain holds of a field: nobody can guess the value from it without the salt, or change its class or lot.

    `version` is the event's format: in format 1 the lot was not part of it.
    """
    if version == 1:
        return sha256(f"{salt}:{name}:{secrecy}:{value_text}")
    return sha256(f"{salt}:{name}:{secrecy}:{lot_id or ''}:{value_text}")


def append(
    uow: UnitOfWork,
    stream_id: str,
    *,
    region_id: str,
    kind: str,
    at: datetime,
    actor_id: str,
    case_id: str | None = None,
    facts: Mapping[str, Any] | None = None,
    fields: Sequence[Field] = (),
    stream_kind: str = "register",
) -> int:
    """Append one event to a stream (opened on first use) and move its head. Returns its sequence number."""
    head = uow.one(_HEAD, stream_id=stream_id)
    if head is None:
        open_stream(uow, stream_id, region_id, stream_kind)
        seq, previous = 1, GENESIS
    else:
        seq, previous = head.head_seq + 1, head.head_hash
    body: dict[str, Any] = {
        "v": FORMAT,
        "region": region_id,
        "stream": stream_id,
        "seq": seq,
        "kind": kind,
        "at": instant(at),
        "actor": actor_id,
        "prev": previous,
    }
    if case_id:
        body["case"] = case_id
    if facts:
        body.update({k: plain(v) for k, v in facts.items() if v is not None})
    rows = []
    if fields:
        commitments = {}
        for f in fields:
            salt = secrets.token_hex(16)
            text = canonical(plain(f.value))
            commitments[f.name] = commitment(f.name, salt, str(f.secrecy), text, f.lot_id)
            rows.append(
                {
                    "stream_id": stream_id,
                    "seq": seq,
                    "name": f.name,
                    "secrecy": f.secrecy,
                    "lot_id": f.lot_id,
                    "salt": salt,
                    "value": text,
                    "redacted_at": None,
                    "redaction": None,
                }
            )
        body["fields"] = commitments
    text = canonical(body)
    digest = sha256(text)
    uow.run(
        _EVENT,
        stream_id=stream_id,
        seq=seq,
        region_id=region_id,
        kind=kind,
        at=at,
        actor_id=actor_id,
        case_id=case_id,
        body=text,
        prev_hash=previous,
        hash=digest,
    )
    uow.many(_PAYLOAD, rows)
    uow.run(_MOVE_HEAD, stream_id=stream_id, old_seq=seq - 1, new_seq=seq, new_hash=digest)
    return seq


#: Past participles of the verbs that triggers begin with: events are in the past tense.
_PAST = {
    "submit": "submitted", "decide": "decided", "record": "recorded", "save": "saved", "return": "returned",
    "register": "registered", "reopen": "reopened", "recall": "recalled", "readvertise": "readvertised",
    "grant": "granted", "end": "ended", "prepare": "prepared", "sign": "signed", "complete": "completed",
    "abandon": "abandoned", "propose": "proposed", "withdraw": "withdrawn", "close": "closed", "pause": "paused",
    "resume": "resumed", "amend": "amended", "accept": "accepted", "open": "opened", "ask": "asked",
    "raise": "raised", "start": "started", "offer": "offered", "send": "sent", "call": "called",
    "review": "reviewed", "count": "counted", "note": "noted", "resend": "resent", "set": "set", "remind": "reminded",
    "consent": "consented",
}  # fmt: skip


def event_kind(trigger: str) -> str:
    """`decide_sustainability_target` becomes `sustainability_target_decided`."""
    verb, _, thing = trigger.partition("_")
    past = _PAST[verb]
    if thing.startswith(("for_", "to_")):
        return f"{past}_{thing}"
    return f"{thing}_{past}" if thing else past
