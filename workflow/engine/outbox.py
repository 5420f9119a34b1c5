"""Mail: queued in the command's own transaction, handed over after it, its outcome a command of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from notifications.kinds import Kind, validate
from notifications.recipients import Recipient
from workflow.db.columns import new_id
from workflow.db.statements import insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.canonical import canonical, plain
from workflow.engine.tables import OutboxMessage

_INSERT = insert_into(OutboxMessage.__table__)  # type: ignore[attr-defined]

#: How long after a failed try the next one comes; after the last a person is told.
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720))
#: A message in hand is left alone by others for so long: longer than any server may take over it.
LEASE = timedelta(seconds=240)
#: Whoever has not begun to send within so many seconds lets it be.
IN_HAND = 30.0


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
                "planned_at": at or uow.now,
                "next_try_at": at or uow.now,
                "sent_at": None,
                "late_seconds": None,
                "error": None,
            }
        )
    uow.many(_INSERT, rows)
    return len(rows)


def retry_at(attempts: int, now: datetime) -> datetime | None:
    """When to try again after `attempts` failed ones; None when it is time to tell a person."""
    return now + RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else None
