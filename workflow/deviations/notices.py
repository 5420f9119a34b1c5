"""Letters to the supplier: rendered and hashed when they are decided, sent unchanged, and what became of them.

A letter is kept as the values of its document and as its text; its Word file is made of them, also the one that goes
with the mail. A response period begins when the mail server has taken the letter over (`notice_handed_over`), not
before; one that comes back starts nothing and is somebody's to see to.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select, update

from notifications.kinds import Kind
from notifications.message import Attachment
from states.calendar import local_date
from states.errors import NoSuchStep, NotPermitted
from states.roles import Actor, system_actor
from templates.labels import gettext
from workflow.cases.view import view_of
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations.forms import MailTaken, ReturnedForm
from workflow.deviations.letters import Reminds, json_of, render_letter
from workflow.deviations.rows import DEVIATION, change_deviation, deviation_row
from workflow.deviations.tables import SupplierNotice
from workflow.documents.letter import Letter, write_letter, write_letter_text
from workflow.documents.word import MEDIA_TYPE
from workflow.engine import case_rows, outbox
from workflow.engine.access import Secrecy
from workflow.engine.act import load_step, take_one, visible_case
from workflow.engine.canonical import canonical, plain, sha256
from workflow.engine.registries import mail_again, mail_attachments, mail_outcome
from workflow.engine.step import Step
from workflow.errors import Conflict, Forbidden, NotFound
from workflow.letters.texts import wording

notices = SupplierNotice.__table__  # type: ignore[attr-defined]

NOTICES = Statement(select(notices).where(notices.c.case_id == bindparam("case_id")).order_by(notices.c.id))
NOTICE = Statement(select(notices).where(notices.c.id == bindparam("notice_id")))
_OF_MESSAGE = Statement(select(notices).where(notices.c.message_id == bindparam("message_id")))
_INSERT = insert_into(notices)
_REPLACE_DRAFTS = Statement(
    update(notices)
    .where(notices.c.case_id == bindparam("the_case_id"), notices.c.status == "drafted")
    .values(status="replaced")
)
_SETTLE = Statement(
    update(notices)
    .where(notices.c.id == bindparam("the_notice_id"))
    .values(
        status=bindparam("new_status"),
        means=bindparam("by_means"),
        handed_over_at=bindparam("taken_at"),
        handed_over_on=bindparam("taken_on"),
        returned_at=bindparam("came_back_at"),
        returned_because=bindparam("why"),
    )
)
_SEND_ANEW = Statement(
    update(notices)
    .where(notices.c.id == bindparam("the_notice_id"))
    .values(
        status="queued", message_id=bindparam("new_message_id"), recipient_name=bindparam("to_name"),
        recipient=bindparam("to_address"), means="mail", handed_over_at=None, handed_over_on=None,
        returned_at=None, returned_because=None,
    )
)  # fmt: skip


def text_hash(subject: str, text: str) -> str:
    """SHA-256 of subject, a line break and text: what was decided is what is sent."""
    return sha256(f"{subject}\n{text}")


def draft(step: Step, rung: str) -> str:
    """Write the draft of a rung's letter, in place of an older draft. It binds nobody and goes nowhere."""
    step.uow.run(_REPLACE_DRAFTS, the_case_id=step.case_id)
    return _write(step, rung, rung=rung, status="drafted", starts_period=False)


def send(
    step: Step, kind: str, *, rung: str | None = None, starts_period: bool = False, reason: str | None = None,
    reminds_of: Reminds | None = None,
) -> str:  # fmt: skip
    """Render, hash, store and queue a letter to the supplier. Returns the notice's id.

    Where it starts a period, that period counts from this letter alone, and from the day it is handed over.
    """
    if rung is not None or starts_period:
        step.uow.run(_REPLACE_DRAFTS, the_case_id=step.case_id)
    notice_id = _write(
        step, kind, rung=rung, status="queued", starts_period=starts_period, reason=reason, reminds_of=reminds_of
    )
    if starts_period:
        change_deviation(step, period_notice_id=notice_id)
    return notice_id


def _write(
    step: Step, kind: str, *, rung: str | None, status: str, starts_period: bool, reason: str | None = None,
    reminds_of: Reminds | None = None,
) -> str:  # fmt: skip
    row = deviation_row(step)
    words = wording(step.uow, step.case.region_id, kind, row.contact_locale, step.today)
    made = render_letter(step, words, rung=rung, reason=reason, draft=status == "drafted", reminds_of=reminds_of)
    notice_id = new_id(step.now)
    digest, document_digest = text_hash(made.subject, made.text), sha256(write_letter_text(made.letter))
    message_id = None
    if status == "queued":
        message_id = _queue(step, row, notice_id, made.subject, made.text)
        sent = {
            "notice": notice_id, "kind": kind, "sha256": digest, "document_sha256": document_digest,
            "text": words.text_id,
        }  # fmt: skip
        _record(step, sent)
    step.uow.run(
        _INSERT,
        id=notice_id,
        region_id=step.case.region_id,
        case_id=step.case_id,
        kind=kind,
        rung=rung,
        starts_period=starts_period,
        locale=row.contact_locale,
        recipient_name=row.contact_name,
        recipient=row.contact_email,
        subject=made.subject,
        text=made.text,
        text_hash=digest,
        document=canonical(plain(json_of(made.letter))),
        document_hash=document_digest,
        text_id=words.text_id,
        status=status,
        made_at=step.now,
        made_by=step.actor.person_id,
        message_id=message_id,
        means="mail",
        handed_over_at=None,
        handed_over_on=None,
        returned_at=None,
        returned_because=None,
    )
    return notice_id


def _queue(step: Step, row: Row, notice_id: str, subject: str, body: str) -> str:
    return outbox.queue_letter(
        step.uow,
        step.words(),
        name=row.contact_name,
        address=row.contact_email,
        locale=row.contact_locale,
        notice=notice_id,
        subject=subject,
        text=body,
    )


# --- the document ---------------------------------------------------------------------------------------------


def letter_of(notice: Row) -> Letter:
    """The document of a letter as it was decided. Raises Conflict where what is kept is no longer what was hashed."""
    letter = Letter.from_json({**json.loads(notice.document), "title": notice.subject, "text": notice.text})
    changed = sha256(write_letter_text(letter)) != notice.document_hash
    if changed or text_hash(notice.subject, notice.text) != notice.text_hash:
        raise Conflict("letter_changed")
    return letter


def letter_file(notice: Row) -> tuple[str, bytes]:
    """Name and bytes of a letter's Word file, made of what is kept. Raises Conflict as `letter_of`."""
    letter = letter_of(notice)
    mark = gettext("Draft", notice.locale) if notice.status in ("drafted", "replaced") else ""
    name = f"{letter.reference} {notice.subject.partition(':')[0]}"
    return f"{name[:100].strip()}.docx", write_letter(letter, locale=notice.locale, now=notice.made_at, mark=mark)


def letters_of(uow: UnitOfWork, who: Actor, case: Row) -> list[Row]:
    """The letters of a deviation in order, a draft as it would be written now."""
    rows = uow.all(NOTICES, case_id=case.id)
    if not any(r.status == "drafted" for r in rows):
        return rows
    step = load_step(uow, case, who)
    return [as_it_is_now(step, r) for r in rows]


def as_it_is_now(step: Step, notice: Row) -> Row:
    """A draft with the contact, the text and the letterhead that apply now: with these its decision would write it."""
    if notice.status != "drafted":
        return notice
    row = deviation_row(step)
    words = wording(step.uow, step.case.region_id, notice.kind, row.contact_locale, step.today)
    made = render_letter(step, words, rung=notice.rung, draft=True)
    return notice._replace(
        locale=row.contact_locale,
        recipient_name=row.contact_name,
        recipient=row.contact_email,
        subject=made.subject,
        text=made.text,
        text_hash=text_hash(made.subject, made.text),
        document=canonical(plain(json_of(made.letter))),
        document_hash=sha256(write_letter_text(made.letter)),
        text_id=words.text_id,
    )


def case_letter(uow: UnitOfWork, who: Actor, case_id: str, notice_id: str) -> tuple[str, bytes]:
    """A letter of a case as a Word file. Raises NotFound (also for a draft that another replaced), Forbidden where it may
    name a supplier's own suppliers and the reader may not see that, and Conflict as `letter_of`."""
    case = visible_case(uow, case_id, who, lock=False)
    notice = uow.one(NOTICE, notice_id=notice_id)
    if notice is None or notice.case_id != case_id or notice.status == "replaced":
        raise NotFound
    if not view_of(uow, who, case).allows(Secrecy.BUSINESS):
        raise Forbidden("forbidden")
    return letter_file(as_it_is_now(load_step(uow, case, who), notice))


@mail_attachments(Kind.SUPPLIER_NOTICE)
def attached(uow: UnitOfWork, message: Row) -> list[Attachment]:
    """The letter as Word, beside its text in the mail. Raises Conflict where either is not what was decided."""
    notice = uow.one(_OF_MESSAGE, message_id=message.id)
    if notice is None:
        return []
    says = json.loads(message.facts)
    if text_hash(says["subject"], says["text"]) != notice.text_hash:
        raise Conflict("letter_changed")
    name, content = letter_file(notice)
    return [Attachment(name, MEDIA_TYPE, content)]


def latest(step: Step) -> Row | None:
    """The newest letter that was sent: that of the period first, then one that is not known to have arrived."""
    sent = [n for n in step.uow.all(NOTICES, case_id=step.case_id) if n.status not in ("drafted", "replaced")]
    period = deviation_row(step).period_notice_id
    return max(sent, key=lambda n: (n.status != "delivered", n.id == period, n.id), default=None)


def send_anew(step: Step, notice: Row) -> None:
    """The same letter, unchanged, to the contact as it is now."""
    row = deviation_row(step)
    message_id = _queue(step, row, notice.id, notice.subject, notice.text)
    step.uow.run(
        _SEND_ANEW,
        the_notice_id=notice.id,
        new_message_id=message_id,
        to_name=row.contact_name,
        to_address=row.contact_email,
    )
    _record(step, {"notice": notice.id, "kind": notice.kind, "sha256": notice.text_hash})


def _record(step: Step, sent: dict[str, Any]) -> None:
    if "letter" in step.recorded:  # a step that ends several things sends a letter about each
        step.recorded.setdefault("more_letters", []).append(sent)
    else:
        step.recorded["letter"] = sent


def settle_delivered(step: Step, notice: Row, on: date, means: str) -> None:
    step.uow.run(
        _SETTLE, the_notice_id=notice.id, new_status="delivered", by_means=means, taken_at=step.now, taken_on=on,
        came_back_at=None, why=None,
    )  # fmt: skip


def settle_returned(step: Step, notice: Row, why: str) -> None:
    step.uow.run(
        _SETTLE, the_notice_id=notice.id, new_status="returned", by_means=notice.means, taken_at=None, taken_on=None,
        came_back_at=step.now, why=why[:500],
    )  # fmt: skip


@mail_again(Kind.SUPPLIER_NOTICE)
def may_go_again(uow: UnitOfWork, message: Row) -> bool:
    """A letter that its open case still waits to have delivered by this very mail; any other goes by `resend_notice`."""
    notice = uow.one(_OF_MESSAGE, message_id=message.id)
    case = uow.one(case_rows.GET_CASE, case_id=message.case_id) if message.case_id else None
    return notice is not None and notice.status != "delivered" and case is not None and case.closed_at is None


@mail_outcome(Kind.SUPPLIER_NOTICE)
def mail_ended(uow: UnitOfWork, message: Row, outcome: str, detail: str) -> None:
    """The mail server took a letter, refused it, or it came back: written on its case as a step of its own.

    `outcome` is sent, failed or bounced. A letter sent anew is a message of its own, so that what comes late about the
    old one changes nothing.
    """
    notice = uow.one(_OF_MESSAGE, message_id=message.id)
    if notice is None:
        return
    # Somebody wrote down that it was handed over in another way: what becomes of the mail changes nothing of that.
    if notice.status == "delivered" and (outcome == "sent" or notice.means != "mail"):
        return
    case = uow.one(case_rows.LOCK_CASE, case_id=notice.case_id)
    if case is None or uow.one(DEVIATION, case_id=case.id) is None:
        return
    step = load_step(uow, case, system_actor(case.region_id))
    if outcome == "sent":
        step.trigger = "record_notice_delivered"
        step.form = MailTaken(notice=notice.id, delivered_on=local_date(uow.now))
    else:
        step.trigger = "record_notice_returned"
        step.form = ReturnedForm(notice=notice.id, note=detail or outcome)
    try:
        take_one(step, None, step.trigger, None)
    except (NoSuchStep, NotPermitted):  # the case has moved on meanwhile: only what became of the letter is kept
        if outcome == "sent":
            settle_delivered(step, notice, step.today, "mail")
        else:
            settle_returned(step, notice, detail or outcome)
