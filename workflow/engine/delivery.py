"""Handing mail over: claim one message with a lease, send it outside any transaction, record the outcome as a command.

Two workers send one mail: the claim is a guarded update. A crash between sending and recording leaves the lease to run
out; the copy then carries the same Message-ID.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from sqlalchemy import bindparam, select, update

from notifications.errors import FactsInvalid, PermanentFailure, TemporaryFailure, UnknownKind
from notifications.kinds import Kind
from notifications.message import compose, message_id
from notifications.transport import Transport
from states.calendar import local_date
from states.roles import Actor, Role, system_actor
from templates.labels import MissingLabel
from workflow.commands import RecordDelivery
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows, digests, directory, outbox
from workflow.engine.act import load_step
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
_CLAIM = Statement(
    update(_messages)
    .where(_messages.c.id == bindparam("message_id"))
    .values(status="sending", attempts=bindparam("tries"), next_try_at=bindparam("until"))
)
_GET = Statement(select(_messages).where(_messages.c.id == bindparam("message_id")).with_for_update())
_SETTLE = Statement(
    update(_messages)
    .where(_messages.c.id == bindparam("message_id"))
    .values(
        status=bindparam("new_status"),
        sent_at=bindparam("at"),
        error=bindparam("why"),
        next_try_at=bindparam("again_at"),
    )
)


def deliver_mail(app: Stegvis, *, limit: int = 5_000) -> int:
    """Hand over everything that is due. Returns how many were handed over. Never raises for one message."""
    sent = 0
    with app.open_transport() as transport:
        for _ in range(limit):
            message = _claim(app)
            if message is None:
                break
            sent += _send(app, transport, message)
    return sent


def _claim(app: Stegvis) -> Row | None:
    with app.database.write() as uow:
        if held(uow):
            return None
        message = uow.one(_DUE, now=uow.now)
        if message is not None:
            uow.run(_CLAIM, message_id=message.id, tries=message.attempts + 1, until=uow.now + outbox.LEASE)
        return message


def _send(app: Stegvis, transport: Transport, message: Row) -> int:
    """Send one message and record what became of it."""
    with app.database.read() as uow:
        now = uow.now
        person = directory.person(uow, message.person_id) if message.person_id else None
        facts = digests.facts_at_hand_over(uow, message) if message.kind == Kind.DIGEST else message.facts
    if person is not None and person.disabled_at is not None:
        outcome, detail = "withdrawn", "disabled"
    elif facts is None:
        outcome, detail = "withdrawn", "all done"
    else:
        try:
            mail = compose(
                message.kind,
                json.loads(facts),
                recipient_name=message.recipient_name,
                recipient_address=message.recipient,
                locale=message.locale,
                mail_from=app.settings.mail_from,
                base_url=app.settings.address,
                message_id=message_id(message.id, app.settings.address),
                sent_at=now,
                today=local_date(now),
            )
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
    execute(app, RecordDelivery(message.id, outcome, detail[:500]), by=system_actor(message.region_id))
    return int(outcome == "sent")


@handles(RecordDelivery)
def record_delivery(uow: UnitOfWork, command: RecordDelivery, who: Actor) -> dict[str, Any]:
    """The mail server took it, refused it, or must be asked again. What cannot be delivered becomes somebody's to know."""
    message = uow.one(_GET, message_id=command.message_id)
    if message is None or message.status in ("sent", "failed", "withdrawn"):
        return {"status": message.status if message else "gone"}
    outcome = command.outcome
    again_at = outbox.retry_at(message.attempts, uow.now) if outcome == "retry" else None
    if outcome == "retry" and again_at is None:
        outcome = "failed"
    status = "queued" if outcome == "retry" else outcome
    uow.run(
        _SETTLE,
        message_id=message.id,
        new_status=status,
        at=uow.now if status == "sent" else None,
        why=None if status == "sent" else command.detail,
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
            fields=[audit.Field("recipient", message.recipient, "personal"), audit.Field("reply", command.detail)],
        )
    if status == "failed" and message.kind != Kind.UNDELIVERABLE and message.case_id:
        _tell_somebody(uow, message, who)
    return {"status": status}


def _tell_somebody(uow: UnitOfWork, message: Row, who: Actor) -> None:
    """What could not be delivered goes to the case's officer, else to the administrators, who can put it right."""
    case = uow.one(case_rows.LOCK_CASE, case_id=message.case_id)
    if case is None:
        return
    step = load_step(uow, case, who)
    recipients = step.reach(Role.PROCUREMENT_OFFICER)
    others = tuple(r for r in recipients if r.person.address != message.recipient) or step.reach(Role.ADMINISTRATOR)
    facts = json.loads(message.facts)
    step.tell(
        Kind.UNDELIVERABLE,
        others,
        role=Role.PROCUREMENT_OFFICER,
        link=f"/cases/{step.case_id}",
        addressee=message.recipient_name,
        undelivered=message.kind,
        due_on=facts.get("due_on"),
    )
