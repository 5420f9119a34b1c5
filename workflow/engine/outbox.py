"""Mail: queued in the command's own transaction, handed over after it, its outcome a command of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from notifications.digest import waits
from notifications.kinds import Facts, Kind, validate
from notifications.recipients import Capacity, Person, Recipient
from states.calendar import Calendar
from workflow.db.columns import new_id
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.canonical import canonical, plain
from workflow.engine.mail_plans import plan_of
from workflow.engine.tables import DigestNote, OutboxMessage

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
_NOTE = insert_into(DigestNote.__table__)  # type: ignore[attr-defined]

#: How long after a failed try the next one comes; after the last a person is told.
RETRY_AFTER = tuple(timedelta(minutes=m) for m in (1, 5, 15, 60, 240, 720))
#: A message in hand is left alone by others for so long: longer than any server may take over it.
LEASE = timedelta(seconds=240)
#: Whoever has not begun to send within so many seconds lets it be.
IN_HAND = 30.0


@dataclass(frozen=True, slots=True)
class CaseWords:
    """What a message says of its case: never matter of a tender. `mail_hour` is the region's, for digests."""

    case_id: str
    reference: str
    title: str
    region_id: str
    region_name: str
    mail_hour: int = 7


def queue(
    uow: UnitOfWork,
    kind: Kind,
    words: CaseWords,
    recipients: Iterable[Recipient],
    *,
    role: str,
    link: str,
    task_id: str | None = None,
    since: datetime | None = None,
    **facts: Any,
) -> int:
    """Tell each recipient: by a message of its own, or by a note for the digest where the person wants one and it can
    wait. Returns how many are told. The facts are checked against the kind's own.

    `since`: the instant when it was due to be told, where that was earlier than now (a reminder after a downtime).
    """
    rows, notes = [], []
    calendar = Calendar()
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
                    "role": "capacity.superior" if r.capacity is Capacity.MANAGER else role,
                    "substitute_for": r.substitute_for.name if r.substitute_for else None,
                    **facts,
                }
            ),
        )
        # A manager gets what nobody else may get: that never waits.
        if task_id and r.capacity is not Capacity.MANAGER:
            plan = plan_of(uow, r.person.id, words.mail_hour)
            if waits(kind, facts.get("due_on"), plan, uow.now, calendar):
                notes.append(
                    {
                        "id": new_id(uow.now),
                        "region_id": words.region_id,
                        "person_id": r.person.id,
                        "case_id": words.case_id,
                        "task_id": task_id,
                        "kind": kind.value,
                        "substitute_for_id": r.substitute_for.id if r.substitute_for else None,
                        "noted_at": since or uow.now,
                        "status": "waiting",
                        "digest_id": None,
                    }
                )
                continue
        rows.append(_row(uow, kind, r.person, words.region_id, checked, case_id=words.case_id, task_id=task_id))
    uow.many(_INSERT, rows)
    uow.many(_NOTE, notes)
    return len(rows) + len(notes)


def queue_general(
    uow: UnitOfWork, kind: Kind, person: Person, *, region_id: str, region_name: str, link: str, thread: str,
    **facts: Any,
) -> str:  # fmt: skip
    """Queue a message that is about no single case; `thread` is what its mails are kept together by. Returns its id."""
    checked = validate(
        kind, plain({"case_id": thread, "region_name": region_name, "link": link, "substitute_for": None, **facts})
    )
    row = _row(uow, kind, person, region_id, checked)
    uow.run(_INSERT, **row)
    return str(row["id"])


def queue_letter(
    uow: UnitOfWork, words: CaseWords, *, name: str, address: str, locale: str, notice: str, subject: str, text: str
) -> str:
    """Queue a letter to a supplier's contact, which is no person of the region; it is sent as it stands. Returns its id."""
    facts = {
        "case_id": words.case_id,
        "reference": words.reference,
        "title": words.title,
        "region_name": words.region_name,
        "link": f"/cases/{words.case_id}",
        "notice": notice,
        "subject": subject,
        "text": text,
    }
    checked = validate(Kind.SUPPLIER_NOTICE, facts)
    contact = Person("", name, address, locale)
    row = _row(uow, Kind.SUPPLIER_NOTICE, contact, words.region_id, checked, case_id=words.case_id)
    row["person_id"] = None
    uow.run(_INSERT, **row)
    return str(row["id"])


def _row(
    uow: UnitOfWork, kind: Kind, person: Person, region_id: str, checked: Facts, *, case_id: str | None = None,
    task_id: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "id": new_id(uow.now),
        "region_id": region_id,
        "case_id": case_id,
        "task_id": task_id,
        "kind": kind.value,
        "person_id": person.id,
        "recipient": person.address,
        "recipient_name": person.name,
        "locale": person.locale,
        "facts": canonical(checked.as_json()),
        "status": "queued",
        "attempts": 0,
        "created_at": uow.now,
        "planned_at": uow.now,
        "next_try_at": uow.now,
        "sent_at": None,
        "late_seconds": None,
        "error": None,
    }


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
