"""Letters to the supplier: rendered and hashed when they are decided, sent unchanged, and what became of them.

`render_notice` is the one place that knows the words. A response period begins when the mail server has taken the
letter over (`notice_handed_over`), not before; one that comes back starts nothing and is somebody's to see to.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, select, update

from notifications.kinds import LONGEST_SUBJECT, Kind
from notifications.plain_text import one_line, paragraphs, shorten
from states.calendar import local_date
from states.errors import NoSuchStep
from states.ladder import BY_KEY
from states.roles import system_actor
from states.terms import TERMS
from templates.rendering import render
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations.forms import MailTaken, ReturnedForm
from workflow.deviations.rows import DEVIATION, change_deviation, deviation_row
from workflow.deviations.tables import SupplierNotice
from workflow.engine import case_rows, outbox
from workflow.engine.act import load_step, take_one
from workflow.engine.canonical import sha256
from workflow.engine.registries import mail_outcome
from workflow.engine.step import Step

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

#: Letters that are no rung's own: they ask for a new plan, or tell of the end.
OTHER_KINDS = (
    "plan_reminder", "milestone_reminder", "plan_accepted", "plan_returned", "ladder_resumed", "stop_lifted",
    "fine_ended", "deviation_closed",
)  # fmt: skip
KINDS = (*BY_KEY, *OTHER_KINDS)


def render_notice(kind: str, locale: str, facts: dict[str, Any]) -> tuple[str, str]:
    """Subject and text of a letter in the supplier's language. The one function that knows a letter's words."""
    subject = render(f"letters/{kind}/subject.txt", facts, locale=locale)
    body = render(f"letters/{kind}/body.txt", facts, locale=locale)
    return shorten(one_line(subject), LONGEST_SUBJECT), paragraphs(body)


def text_hash(subject: str, text: str) -> str:
    """SHA-256 of subject, a line break and text: what was decided is what is sent."""
    return sha256(f"{subject}\n{text}")


def letter_facts(step: Step, row: Row, *, rung: str | None, reason: str | None = None, **more: Any) -> dict[str, Any]:
    """What a letter may say: the deviation, the rung's clause and term, the contract's blanks. Plain values.

    A reminder says more: `due_on`, and of which `milestones` (action, due_on, late).
    """
    step.load("deviation")
    d = step.situation().deviation
    term = None
    if rung is not None and BY_KEY[rung].response:
        code = BY_KEY[rung].response
        term = TERMS["plan_due_severe" if code == "plan_due" and d.severe else str(code)]
    contract = title_of(step.uow, row.contract_id)
    officer = step.directory.person(step.column("officer_id"))
    return {
        "today": step.today,
        "region": step.region_name,
        "reference": step.case.reference,
        "title": step.column("title"),
        "contract_reference": contract.reference,
        "contract_title": contract.title,
        "recipient": row.contact_name,
        "requirement": row.requirement,
        "requirement_clause": row.clause,
        "description": row.description,
        "found_on": row.found_on,
        "rung_clause": BY_KEY[rung].clause if rung else "",
        "term_amount": d.terms.amounts.get(term.code, term.amount) if term else None,
        "term_unit": term.unit.value if term else None,
        "fine_week": d.terms.fine.week_ore // 100,
        "fine_cap_weeks": d.terms.fine.cap_weeks,
        "stop_months": d.terms.amounts.get("stop_until_termination"),
        "notice_months": d.terms.amounts.get("termination_notice"),
        "proportionality": row.proportionality,
        "reason": reason if reason != row.proportionality else None,
        "officer": officer.name if officer else step.region_name,
        "officer_address": officer.address if officer else "",
        "due_on": None,
        "milestones": [],
        **more,
    }


_TITLE = Statement(
    select(case_rows.cases.c.reference, case_rows.cases.c.title).where(case_rows.cases.c.id == bindparam("case_id"))
)


def title_of(uow: UnitOfWork, case_id: str) -> Row:
    """Reference and title of a case that is there."""
    found = uow.one(_TITLE, case_id=case_id)
    assert found is not None
    return found


def draft(step: Step, rung: str) -> str:
    """Write the draft of a rung's letter, in place of an older draft. It binds nobody and goes nowhere."""
    step.uow.run(_REPLACE_DRAFTS, the_case_id=step.case_id)
    return _write(step, rung, rung=rung, status="drafted", starts_period=False)


def send(
    step: Step, kind: str, *, rung: str | None = None, starts_period: bool = False, reason: str | None = None,
    **more: Any,
) -> str:  # fmt: skip
    """Render, hash, store and queue a letter to the supplier. Returns the notice's id.

    Where it starts a period, that period counts from this letter alone, and from the day it is handed over.
    """
    if rung is not None or starts_period:
        step.uow.run(_REPLACE_DRAFTS, the_case_id=step.case_id)
    notice_id = _write(step, kind, rung=rung, status="queued", starts_period=starts_period, reason=reason, **more)
    if starts_period:
        change_deviation(step, period_notice_id=notice_id)
    return notice_id


def _write(
    step: Step, kind: str, *, rung: str | None, status: str, starts_period: bool, reason: str | None = None, **more: Any
) -> str:
    row = deviation_row(step)
    subject, body = render_notice(kind, row.contact_locale, letter_facts(step, row, rung=rung, reason=reason, **more))
    notice_id = new_id(step.now)
    digest = text_hash(subject, body)
    message_id = None
    if status == "queued":
        message_id = _queue(step, row, notice_id, subject, body)
        step.recorded["letter"] = {"notice": notice_id, "kind": kind, "sha256": digest}
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
        subject=subject,
        text=body,
        text_hash=digest,
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
    step.recorded["letter"] = {"notice": notice.id, "kind": notice.kind, "sha256": notice.text_hash}


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


@mail_outcome(Kind.SUPPLIER_NOTICE)
def mail_ended(uow: UnitOfWork, message: Row, outcome: str, detail: str) -> None:
    """The mail server took a letter, refused it, or it came back: written on its case as a step of its own.

    `outcome` is sent, failed or bounced. A letter sent anew is a message of its own, so that what comes late about the
    old one changes nothing.
    """
    notice = uow.one(_OF_MESSAGE, message_id=message.id)
    if notice is None:
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
    except NoSuchStep:  # the case has been closed meanwhile: only what became of the letter is kept
        if outcome == "sent":
            settle_delivered(step, notice, step.today, "mail")
        else:
            settle_returned(step, notice, detail or outcome)
