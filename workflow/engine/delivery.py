"""Handing mail over: claim one message with a lease, send it outside any transaction, record the outcome as a command.

Two workers send one mail: the claim is a guarded update. A crash between sending and recording leaves the lease to run
out; the copy then carries the same Message-ID.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from math import inf
from typing import Any

from sqlalchemy import bindparam, select, update

from notifications.errors import FactsInvalid, PermanentFailure, TemporaryFailure, UnknownKind
from notifications.kinds import Kind
from notifications.message import Attachment, compose, message_id
from notifications.transport import Transport
from states.calendar import local_date
from states.roles import Actor, system_actor
from templates.labels import MissingLabel
from workflow.clock import monotonic
from workflow.commands import RecordDelivery
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, digests, directory, mail_matters, outbox, registries
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.tables import OutboxMessage
from workflow.engine.timers import held

log = logging.getLogger("stegvis.mail")

_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_DUE = Statement(
    select(_messages)
    .where(_messages.c.status.in_(("queued", "sending")), _messages.c.next_try_at <= bindparam("now"))
    .order_by(_messages.c.next_try_at, _messages.c.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)
_NEXT = Statement(
    select(_messages.c.id)
    .where(_messages.c.status.in_(("queued", "sending")), _messages.c.next_try_at <= bindparam("now"))
    .limit(1)
)
_CLAIM = Statement(
    update(_messages)
    .where(_messages.c.id == bindparam("message_id"))
    .values(
        status="sending",
        attempts=bindparam("tries"),
        next_try_at=bindparam("until"),
        facts=bindparam("what_it_says"),
    )
)
_GET = Statement(select(_messages).where(_messages.c.id == bindparam("message_id")).with_for_update())
_SETTLE = Statement(
    update(_messages)
    .where(_messages.c.id == bindparam("message_id"))
    .values(
        status=bindparam("new_status"),
        sent_at=bindparam("at"),
        late_seconds=bindparam("late"),
        error=bindparam("why"),
        reply=bindparam("said"),
        ended_at=bindparam("ended"),
        next_try_at=bindparam("again_at"),
    )
)


def deliver_mail(app: Stegvis, *, limit: int = 5_000, seconds: float = inf) -> int:
    """Hand over what is due, for about `seconds`. Returns how many were handed over. Never raises for one message.

    Raises ServerAway when nobody takes mail; what is due then waits untried, and is none the worse for it.
    """
    first = app.open_transport()
    shift = _Shift(app, limit, monotonic() + seconds)
    others = [
        threading.Thread(target=shift.work, args=(first.another(),), name="stegvis-mail", daemon=True)
        for _ in range(first.at_once - 1)
    ]
    for thread in others:
        thread.start()
    shift.work(first)
    for thread in others:
        thread.join()
    if shift.fault is not None:
        raise shift.fault
    return shift.sent


class _Shift:
    """Several senders at the same outbox: one that meets a slow server or a slow message holds no other up."""

    def __init__(self, app: Stegvis, limit: int, ends: float) -> None:
        self.app, self.limit, self.ends = app, limit, ends
        self.taken = self.sent = 0
        self.fault: Exception | None = None
        self._counting = threading.Lock()

    def work(self, transport: Transport) -> None:
        """Take one message after the other until none is due, the time is up or something keeps everybody from it."""
        try:
            with transport:
                if not _waits(self.app):
                    return  # the server is not asked for when there is nothing for it
                while self._may_go_on():
                    transport.ready()  # before a message is taken: it is not tried when nobody is there
                    claim = _claim(self.app)
                    if claim is None:
                        return
                    sent = _send(self.app, transport, claim)
                    with self._counting:
                        self.sent += sent
        except Exception as error:
            self.fault = error

    def _may_go_on(self) -> bool:
        with self._counting:
            self.taken += 1
            return self.taken <= self.limit and monotonic() < self.ends and self.fault is None


@dataclass(frozen=True, slots=True)
class _Claim:
    """A message that is ours until its lease ends; `since` is by the monotonic clock.

    `facts` is what it says, as JSON; None when nothing is left to say.
    """

    message: Row
    facts: str | None
    disabled: bool
    now: datetime
    since: float


def _waits(app: Stegvis) -> bool:
    with app.database.read() as uow:
        return uow.one(_NEXT, now=uow.now) is not None


def _claim(app: Stegvis) -> _Claim | None:
    since = monotonic()
    with app.database.write() as uow:
        if held(uow):
            return None
        message = uow.one(_DUE, now=uow.now)
        if message is None:
            return None
        person = directory.person(uow, message.person_id) if message.person_id else None
        disabled = person is not None and person.disabled_at is not None
        facts = digests.facts_at_hand_over(uow, message) if message.kind == Kind.DIGEST else message.facts
        uow.run(
            _CLAIM,
            message_id=message.id,
            tries=message.attempts + 1,
            until=uow.now + outbox.LEASE,
            what_it_says=facts or message.facts,  # a digest says what is true now; the ledger shows what was sent
        )
        return _Claim(message._replace(attempts=message.attempts + 1), facts, disabled, uow.now, since)


def _send(app: Stegvis, transport: Transport, claim: _Claim) -> int:
    """Send one message and record what became of it."""
    message, facts = claim.message, claim.facts
    if claim.disabled:
        outcome, detail = "withdrawn", "disabled"
    elif facts is None:
        outcome, detail = "withdrawn", "all done"
    else:
        try:
            mail = (
                EmailMessage()
                if transport.unread
                else compose(
                    message.kind,
                    json.loads(facts),
                    recipient_name=message.recipient_name,
                    recipient_address=message.recipient,
                    locale=message.locale,
                    mail_from=app.settings.mail_from,
                    base_url=app.settings.address,
                    message_id=message_id(message.id, app.settings.address),
                    sent_at=claim.now,
                    today=local_date(claim.now),
                    attachments=_attachments(app, message),
                )
            )
            if monotonic() - claim.since > outbox.IN_HAND:
                return 0  # this process was stopped for so long that another may have the message by now
            outcome, detail = "sent", transport.send(mail, message.recipient)
        except TemporaryFailure as failure:
            outcome, detail = "retry", failure.reason
        except PermanentFailure as failure:
            outcome, detail = "failed", failure.reason
        except (FactsInvalid, UnknownKind, MissingLabel) as fault:
            outcome, detail = "failed", f"{type(fault).__name__}: {fault}"
        except Exception as fault:
            log.exception("message %s", message.id)
            outcome, detail = "retry", f"{type(fault).__name__}: {fault}"
    command = RecordDelivery(message.id, outcome, detail[:500], message.attempts)
    execute(app, command, by=system_actor(message.region_id))
    return int(outcome == "sent")


def _attachments(app: Stegvis, message: Row) -> list[Attachment]:
    """The files that go with a message, made outside its claim."""
    made = registries.MAIL_ATTACHMENTS.get(message.kind)
    if made is None:
        return []
    with app.database.read() as uow:
        return made(uow, message)


@handles(RecordDelivery)
def record_delivery(uow: UnitOfWork, command: RecordDelivery, who: Actor) -> dict[str, Any]:
    """The mail server took it, refused it, or must be asked again. What cannot be delivered becomes somebody's to see to."""
    message = uow.one(_GET, message_id=command.message_id)
    if message is None or message.status in ("sent", "failed", "withdrawn"):
        return {"status": message.status if message else "gone"}
    outcome = command.outcome
    if outcome != "sent" and command.attempt not in (None, message.attempts):
        return {"status": message.status}  # the lease ran out, and another has it in hand
    again_at = outbox.retry_at(message.attempts, uow.now) if outcome == "retry" else None
    if outcome == "retry" and again_at is None:
        outcome = "failed"
    status = "queued" if outcome == "retry" else outcome
    uow.run(
        _SETTLE,
        message_id=message.id,
        new_status=status,
        at=uow.now if status == "sent" else None,
        late=int((uow.now - message.planned_at).total_seconds()) if status == "sent" and message.planned_at else None,
        why=None if status == "sent" else command.detail,
        said=command.detail if status == "sent" else None,
        ended=uow.now if status in ("failed", "withdrawn") else None,
        again_at=again_at or message.next_try_at,
    )
    if status != "queued":
        audit.append(
            uow,
            message.case_id or audit.register_stream(message.region_id, "mail"),
            region_id=message.region_id,
            kind={"sent": "mail_delivered", "withdrawn": "mail_withdrawn"}.get(status, "mail_failed"),
            at=uow.now,
            actor_id=who.person_id,
            case_id=message.case_id,
            facts={"mail": message.kind, "message": message.id, "to": message.person_id, "reply": None},
            fields=[
                audit.Field("recipient", message.recipient, "personal"),
                audit.Field("reply", command.detail, mail_matters.secrecy_of(uow, message)),
            ],
        )
    if status == "failed":
        mail_matters.open_matter(uow, message, "refused", who)
    told = registries.MAIL_OUTCOMES.get(message.kind)
    if told is not None and status in ("sent", "failed"):
        told(uow, message, status, command.detail)
    return {"status": status}
