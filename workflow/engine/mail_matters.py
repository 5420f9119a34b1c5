"""What somebody must see to about a mail: it was refused, it bounced, or it was answered. It stands until it is settled.

A mail that did not arrive also goes to the case's officer by mail, once: a word about such a word is never mailed.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import bindparam, select, update

from notifications.kinds import Kind
from notifications.recipients import Recipient
from states.roles import Actor, Role
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows, directory, registries
from workflow.engine.access import MAILS_OF_TALK, Secrecy, class_of_mail
from workflow.engine.act import load_step
from workflow.engine.step import Step
from workflow.engine.tables import MailMatter, OutboxMessage
from workflow.errors import StegvisError

_matters = MailMatter.__table__  # type: ignore[attr-defined]
_messages = OutboxMessage.__table__  # type: ignore[attr-defined]

_INSERT = insert_into(_matters)
_OPEN_OF_MESSAGE = Statement(
    select(_matters.c.id).where(
        _matters.c.message_id == bindparam("message_id"),
        _matters.c.status == "open",
        _matters.c.cause == bindparam("the_cause"),
    )
)
_SETTLE_ONE = Statement(
    update(_matters)
    .where(_matters.c.id == bindparam("matter_id"), _matters.c.status == "open")
    .values(
        status="settled",
        settled_at=bindparam("at"),
        settled_by=bindparam("by"),
        how=bindparam("in_what_way"),
        note=bindparam("the_note"),
    )
)
_UNDELIVERED = Statement(
    select(_matters.c.id).where(
        _matters.c.message_id == bindparam("message_id"),
        _matters.c.status == "open",
        _matters.c.cause.in_(("refused", "bounced")),
    )
)
_PASS_ON = Statement(
    update(_matters)
    .where(_matters.c.person_id == bindparam("giver_id"), _matters.c.status == "open")
    .values(person_id=bindparam("receiver_id"))
)
_AGAIN = Statement(
    update(_messages)
    .where(_messages.c.id == bindparam("the_message_id"))
    .values(
        status="queued", attempts=0, error=None, reply=None, sent_at=None, late_seconds=None, ended_at=None,
        bounced_at=None, bounce=None, delayed_at=None, recipient=bindparam("to"), planned_at=bindparam("at"),
        next_try_at=bindparam("at"),
    )
)  # fmt: skip


def open_matter(uow: UnitOfWork, message: Row, cause: str, who: Actor) -> str | None:
    """Make it the case's officer's, or the administrators' where no case or no other officer is there. Its id.

    One open matter a message and cause: None where it stands already.
    """
    if uow.one(_OPEN_OF_MESSAGE, message_id=message.id, the_cause=cause) is not None:
        return None
    step = _step(uow, message, who)
    others = _others(step, message) if step is not None and message.kind != Kind.UNDELIVERABLE else ()
    role = Role.PROCUREMENT_OFFICER if others else Role.ADMINISTRATOR
    named = step.case.officer_id if step is not None and others else None
    matter_id = new_id(uow.now)
    uow.run(
        _INSERT,
        id=matter_id,
        region_id=message.region_id,
        message_id=message.id,
        case_id=message.case_id,
        cause=cause,
        person_id=named if any(named in (r.person.id, _stands_for(r)) for r in others) else None,
        role=role,
        opened_at=uow.now,
        status="open",
        settled_at=None,
        settled_by=None,
        how=None,
        note=None,
    )
    if step is not None and cause != "answered" and message.kind != Kind.UNDELIVERABLE:
        _tell(step, message, others or step.reach(Role.ADMINISTRATOR))
    return matter_id


def settle(uow: UnitOfWork, matter_id: str, who: Actor, how: str, note: str | None = None) -> bool:
    """Whether it was still open."""
    return uow.run(_SETTLE_ONE, matter_id=matter_id, at=uow.now, by=who.person_id, in_what_way=how, the_note=note) == 1


def send_again(uow: UnitOfWork, message: Row, who: Actor, *, how: str = "again", note: str | None = None) -> None:
    """Queue a message anew, to the address its person has now; what was open about its not arriving is settled.

    Raises StegvisError `goes_by_its_case` for one that only a step of its case sends.
    """
    may = registries.MAIL_AGAIN.get(message.kind)
    if may is not None and not may(uow, message):
        raise StegvisError("goes_by_its_case")
    person = directory.person(uow, message.person_id) if message.person_id else None
    uow.run(_AGAIN, the_message_id=message.id, to=person.email if person else message.recipient, at=uow.now)
    for matter in uow.all(_UNDELIVERED, message_id=message.id):
        settle(uow, matter.id, who, how, note)


def pass_on(uow: UnitOfWork, giver_id: str, receiver_id: str) -> int:
    """All open matters of somebody go to another, with everything else that person answers for."""
    return uow.run(_PASS_ON, giver_id=giver_id, receiver_id=receiver_id)


def secrecy_of(uow: UnitOfWork, message: Row) -> Secrecy:
    """The class of what becomes of a message now."""
    case = uow.one(case_rows.GET_CASE, case_id=message.case_id) if message.kind in MAILS_OF_TALK else None
    return class_of_mail(message.kind, case)


def note(uow: UnitOfWork, message: Row, kind: str, who: Actor, detail: str | None = None, **facts: Any) -> None:
    """An event about a message, on its case's stream or the region's stream of mail."""
    secrecy = secrecy_of(uow, message)
    audit.append(
        uow,
        message.case_id or audit.register_stream(message.region_id, "mail"),
        region_id=message.region_id,
        kind=kind,
        at=uow.now,
        actor_id=who.person_id,
        case_id=message.case_id,
        facts={"mail": message.kind, "message": message.id, "to": message.person_id, **facts},
        fields=[audit.Field("reply", detail, "personal" if secrecy == Secrecy.OPEN else secrecy)]
        if detail or secrecy != Secrecy.OPEN
        else [],
    )


def _step(uow: UnitOfWork, message: Row, who: Actor) -> Step | None:
    case = uow.one(case_rows.LOCK_CASE, case_id=message.case_id) if message.case_id else None
    return load_step(uow, case, who) if case is not None else None


def _others(step: Step, message: Row) -> tuple[Recipient, ...]:
    """The case's officers but the one whose own mail it is."""
    return tuple(r for r in step.reach(Role.PROCUREMENT_OFFICER) if r.person.address != message.recipient)


def _stands_for(recipient: Recipient) -> str | None:
    return recipient.substitute_for.id if recipient.substitute_for else None


def _tell(step: Step, message: Row, recipients: tuple[Recipient, ...]) -> None:
    facts = json.loads(message.facts)
    step.tell(
        Kind.UNDELIVERABLE,
        recipients,
        role=Role.PROCUREMENT_OFFICER,
        link=f"/mails/{message.id}",
        addressee=message.recipient_name,
        undelivered=message.kind,
        due_on=facts.get("due_on"),
    )
