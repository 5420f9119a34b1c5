"""Mail: queued in the command's own transaction, handed over after it, its outcome a command of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from notifications.kinds import Kind, validate
from notifications.recipients import Recipient
from workflow.db.columns import new_id
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.canonical import canonical, plain
from workflow.engine.tables import OutboxMessage

_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_INSERT = insert_into(_messages)
_QUEUED = Statement(
    select(_messages.c.id, _messages.c.person_id, _messages.c.facts).where(
        _messages.c.case_id == bindparam("case_id"),
        _messages.c.kind == bindparam("kind"),
        _messages.c.status == "queued",
        _messages.c.attempts == 0,
    )
)
_REWRITE = Statement(
    update(_messages)
    .where(_messages.c.id == bindparam("message_id"), _messages.c.status == "queued")
    .values(facts=bindparam("new_facts"))
)

#: How long after a failed try the next one comes; after the last a person is told.
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720))
LEASE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True)
class CaseWords:
    """What a message says of its case: never matter of a tender."""

    case_id: str
    reference: str
    title: str
    region_id: str
    region_name: str


def queue(
    uow: UnitOfWork,
    kind: Kind,
    words: CaseWords,
    recipients: Iterable[Recipient],
    *,
    role: str,
    link: str,
    task_id: str | None = None,
    at: datetime | None = None,
    **facts: Any,
) -> int:
    """Queue one message for each recipient. Returns how many. The facts are checked against the kind's own."""
    rows = []
    for r in recipients:
        checked = validate(
            kind,
            plain(
                {
                    "case_id": words.case_id,
                    "reference": words.reference,
                    "title": words.title,
                    "region_name": words.region_name,
                    "link": link,
                    "role": role,
                    "substitute_for": r.substitute_for.name if r.substitute_for else None,
                    **facts,
                }
            ),
        )
        rows.append(
            {
                "id": new_id(uow.now),
                "region_id": words.region_id,
                "case_id": words.case_id,
                "task_id": task_id,
                "kind": kind.value,
                "person_id": r.person.id,
                "recipient": r.person.address,
                "recipient_name": r.person.name,
                "locale": r.person.locale,
                "facts": canonical(checked.as_json()),
                "status": "queued",
                "attempts": 0,
                "created_at": uow.now,
                "next_try_at": at or uow.now,
                "sent_at": None,
                "error": None,
            }
        )
    uow.many(_INSERT, rows)
    return len(rows)


def add_to_queued(
    uow: UnitOfWork, kind: Kind, case_id: str, change: Callable[[dict[str, Any]], dict[str, Any] | None]
) -> set[str]:
    """Change what the case's messages of a kind say that have not left yet; `change` gives None for those it leaves.

    Returns the ids of the people whose message was changed. One that leaves meanwhile is not changed.
    """
    told = set()
    for row in uow.all(_QUEUED, case_id=case_id, kind=kind.value):
        facts = change(json.loads(row.facts))
        if facts is None:
            continue
        checked = canonical(validate(kind, facts).as_json())
        if uow.run(_REWRITE, message_id=row.id, new_facts=checked) == 1:
            told.add(row.person_id)
    return told


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` failed ones; None when it is time to tell a person."""
    return now + RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else None
