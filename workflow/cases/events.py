"""What happened in a case and what lies beside it: its trail, timers, talk, files and mail, as the viewer may see them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, bindparam, exists, select

from states.roles import Actor
from workflow.cases.items import CommentItem, EventItem, FileItem, MailItem, TimerItem
from workflow.cases.view import case_row, names_of, timer_items, view_of
from workflow.comments.handlers import COMMENTS
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows
from workflow.engine.access import OF_FILES, TALK, Secrecy, View
from workflow.engine.tables import AuditEvent, AuditPayload, OutboxMessage
from workflow.errors import NotFound
from workflow.files.handlers import FILE, FILES

_events = AuditEvent.__table__  # type: ignore[attr-defined]
_payloads = AuditPayload.__table__  # type: ignore[attr-defined]
_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_MAILS = Statement(
    select(
        _messages.c.id, _messages.c.kind, _messages.c.recipient, _messages.c.recipient_name, _messages.c.status,
        _messages.c.attempts, _messages.c.created_at, _messages.c.sent_at, _messages.c.error,
    )
    .where(_messages.c.case_id == bindparam("case_id"))
    .order_by(_messages.c.id)
)  # fmt: skip

#: Of an event's body, what has a place of its own in EventItem (or only binds the bytes together).
_KNOWN = frozenset(
    ["v", "region", "stream", "seq", "kind", "at", "actor", "prev", "case", "fields", "definition", "trigger", "from",
     "to", "state", "row_version", "channel", "role", "for", "lot", "cites", "basis_hash", "mandate", "decision", "parameters",
     "receipts", "timers"]
)  # fmt: skip


def case_events(
    uow: UnitOfWork, who: Actor, case_id: str, *, after_seq: int = 0, until_seq: int | None = None, limit: int = 200,
    newest: bool = False,
) -> list[EventItem]:  # fmt: skip
    """The trail of a case in order, after `after_seq` and up to `until_seq`; of more than `limit` the first, or the `newest`.

    Raises NotFound.

    An event about a file or words that the viewer may not see is left out altogether: even how many there are is secret.
    """
    case = case_row(uow, who, case_id)
    view = view_of(uow, who, case)
    query = select(_events).where(_events.c.stream_id == case_id, _events.c.seq > after_seq)
    closed_to_viewer = [str(s) for s in Secrecy if not view.allows(s)]
    if closed_to_viewer:
        of_withheld_file = exists().where(
            _payloads.c.stream_id == _events.c.stream_id,
            _payloads.c.seq == _events.c.seq,
            _payloads.c.secrecy.in_(closed_to_viewer),
        )
        query = query.where(~and_(_events.c.kind.in_(OF_FILES), of_withheld_file))
    if Secrecy.TENDER in closed_to_viewer:
        of_secret_words = exists().where(
            _payloads.c.stream_id == _events.c.stream_id,
            _payloads.c.seq == _events.c.seq,
            _payloads.c.secrecy == Secrecy.TENDER,
        )
        query = query.where(~and_(_events.c.kind.in_(TALK), of_secret_words))
    if until_seq is not None:
        query = query.where(_events.c.seq <= until_seq)
    order = _events.c.seq.desc() if newest else _events.c.seq
    rows = sorted(uow.connection.execute(query.order_by(order).limit(limit)).all(), key=lambda r: int(r.seq))
    if not rows:
        return []
    payloads: dict[int, list[Row]] = {}
    beside = select(_payloads).where(
        _payloads.c.stream_id == case_id, _payloads.c.seq >= rows[0].seq, _payloads.c.seq <= rows[-1].seq
    )
    for p in uow.connection.execute(beside.order_by(_payloads.c.seq, _payloads.c.name)):
        payloads.setdefault(p.seq, []).append(p)
    bodies = [json.loads(r.body) for r in rows]
    names = names_of(uow, who, [*(r.actor_id for r in rows), *(b.get("for") for b in bodies)])
    return [_event(r, b, payloads.get(r.seq, ()), view, names) for r, b in zip(rows, bodies, strict=True)]


def _event(r: Row, body: dict[str, Any], payloads: Sequence[Row], view: View, names: dict[str, str]) -> EventItem:
    seen = [p for p in payloads if view.allows(p.secrecy, p.lot_id)]
    kept = [p for p in seen if p.value is not None]
    allowed = {p.name for p in seen}
    moves = "definition" in body  # a step; elsewhere "to" is a person
    return EventItem(
        seq=r.seq,
        kind=r.kind,
        at=r.at,
        actor_id=r.actor_id,
        actor_name=names.get(r.actor_id),
        on_behalf_of=body.get("for"),
        on_behalf_of_name=names.get(body.get("for", "")),
        role=body.get("role"),
        channel=body.get("channel"),
        trigger=body.get("trigger"),
        from_state=body.get("from") if moves else None,
        to_state=body.get("to") if moves else None,
        lot=body.get("lot"),
        state=body.get("state"),
        row_version=body.get("row_version"),
        fields={p.name: json.loads(p.value) for p in kept},
        withheld=tuple(p.name for p in payloads if p.name not in allowed),
        redacted=tuple(p.name for p in seen if p.value is None),
        receipts=body.get("receipts") or {},
        timers=body.get("timers") or {},
        cites=body.get("cites"),
        mandate=body.get("mandate"),
        basis_hash=body.get("basis_hash"),
        hash=r.hash,
        prev_hash=r.prev_hash,
        body=r.body,
        facts={k: v for k, v in body.items() if k not in _KNOWN or (k == "to" and not moves)},
    )


def case_timers(uow: UnitOfWork, who: Actor, case_id: str) -> list[TimerItem]:
    """Every timer the case has or had, by when it is due. Raises NotFound."""
    case = case_row(uow, who, case_id)
    lots = uow.all(case_rows.LOTS, case_id=case.id)
    return timer_items(uow, case.id, {x.id: x.number for x in lots})


def case_comments(uow: UnitOfWork, who: Actor, case_id: str) -> list[CommentItem]:
    """Comments, questions and answers in the order written; one's own always. Raises NotFound.

    What was written while tenders are secret shows to the access list until the award (OSL 19:3).
    """
    case = case_row(uow, who, case_id)
    view = view_of(uow, who, case)
    rows = [c for c in uow.all(COMMENTS, case_id=case_id) if view.allows(c.secrecy) or c.author_id == who.person_id]
    names = names_of(uow, who, [c.addressee_id for c in rows])
    return [
        CommentItem(
            c.id, c.kind, c.text, c.author_id, c.author_name, c.addressee_id, names.get(c.addressee_id), c.answers_id,
            c.written_at, c.secrecy,
        )
        for c in rows
    ]  # fmt: skip


def case_files(uow: UnitOfWork, who: Actor, case_id: str) -> list[FileItem]:
    """The files this person may see, oldest first; of the others not even that they are there. Raises NotFound."""
    case = case_row(uow, who, case_id)
    view = view_of(uow, who, case)
    rows = [f for f in uow.all(FILES, case_id=case_id) if view.allows(f.secrecy)]
    names = names_of(uow, who, [f.added_by for f in rows])
    return [_file(f, names) for f in rows]


def case_file(uow: UnitOfWork, who: Actor, file_id: str) -> FileItem:
    """One file's row. Raises NotFound, also for one this person may not see."""
    row = uow.one(FILE, file_id=file_id)
    if row is None:
        raise NotFound
    case = case_row(uow, who, row.case_id)
    if not view_of(uow, who, case).allows(row.secrecy):
        raise NotFound
    return _file(row, names_of(uow, who, [row.added_by]))


def _file(f: Row, names: dict[str, str]) -> FileItem:
    return FileItem(
        f.id,
        f.case_id,
        f.name,
        f.media_type,
        f.size,
        f.sha256,
        f.secrecy,
        f.added_by,
        names.get(f.added_by),
        f.added_at,
        f.scan,
    )


def case_mails(uow: UnitOfWork, who: Actor, case_id: str) -> list[MailItem]:
    """The messages about a case, oldest first. Raises NotFound."""
    case_row(uow, who, case_id)
    return [MailItem(*m) for m in uow.all(_MAILS, case_id=case_id)]
