"""A mail in words: what it is, where it stands, why this person got it; and its text as it was sent."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from notifications.errors import DeliveryFailure, FactsInvalid, UnknownKind
from notifications.kinds import Kind
from notifications.message import compose
from states.calendar import local_date
from templates.formatting import instant
from templates.labels import MissingLabel, gettext, has_label, label
from workflow.config import Settings
from workflow.mails.queries import LedgerItem, MailView, Matter

#: Mails that are not about one role in one case say themselves why somebody gets them.
_OWN_REASON = (Kind.DIGEST, Kind.HANDED_OVER, Kind.NO_DECIDER)


def kind_text(kind: str, locale: str) -> str:
    """What kind of mail it is, with a capital."""
    code = f"mail.{kind}"
    text = label(code, locale) if has_label(code, locale) else kind
    return text[:1].upper() + text[1:]


def why_text(item: LedgerItem, locale: str) -> str:
    """Why this person got it: the role, or in whose place."""
    return why_of(item.kind, item.role, item.substitute_for, locale)


def why_of(kind: str, role: str, substitute_for: str | None, locale: str) -> str:
    """Why somebody gets a mail of a kind, by the facts in it."""
    if kind in _OWN_REASON:
        return label(f"mail_why.{kind}", locale)
    if substitute_for:
        return gettext("stands in for %(name)s", locale, name=substitute_for)
    if role == "role.system" or not has_label(role, locale):
        return ""
    return gettext("as %(role)s", locale, role=label(role, locale).lower())


def standing(item: LedgerItem, locale: str) -> tuple[str, str]:
    """Where it stands, in a word, and the tone of its badge. What came last counts."""
    if item.bounced_at:
        return gettext("Bounced", locale), "late"
    if item.status == "failed":
        return gettext("Refused", locale), "late"
    if item.answer == "person":
        return gettext("Answered", locale), "done"
    if item.answer == "absent":
        return gettext("Absence notice", locale), "soon"
    if item.delayed_at and item.status == "sent":
        return gettext("Delayed", locale), "soon"
    return {
        "sent": (gettext("Handed over", locale), "done"),
        "queued": (gettext("Waits", locale), "calm"),
        "sending": (gettext("Being sent", locale), "calm"),
        "withdrawn": (gettext("Withdrawn", locale), "calm"),
    }[item.status]


def receipts(item: LedgerItem, locale: str) -> list[tuple[str, datetime, str]]:
    """What is known of a mail, in order: what, when, and the words of whoever said it."""
    found: list[tuple[str, datetime | None, str]] = [
        (gettext("Queued", locale), item.queued_at, ""),
        (gettext("Next try", locale), item.next_try_at, item.error or ""),
        (gettext("Handed over to the mail server", locale), item.sent_at, item.reply or ""),
        (gettext("Delayed on the way", locale), item.delayed_at, "" if item.bounced_at else item.bounce or ""),
        (gettext("Came back undelivered", locale), item.bounced_at, item.bounce or ""),
        (
            gettext("Absence notice received", locale)
            if item.answer == "absent"
            else gettext("Answered by the person", locale),
            item.answered_at,
            "",
        ),
        (
            gettext("Withdrawn", locale) if item.status == "withdrawn" else gettext("Refused for good", locale),
            item.ended_at,
            _error(item, locale),
        ),
    ]
    return [(what, at, said) for what, at, said in found if at is not None]


def _error(item: LedgerItem, locale: str) -> str:
    """Why it was withdrawn or refused: our own words where it was us, the server's where it was the server."""
    ours = {
        "disabled": gettext("the account is closed", locale),
        "all done": gettext("nothing of it was still to be done", locale),
    }
    return ours.get(item.error or "", item.error or "")


def mail_row(item: LedgerItem, locale: str) -> dict[str, Any]:
    """A mail of a list in words."""
    text, tone = standing(item, locale)
    return {
        "item": item,
        "kind": kind_text(item.kind, locale),
        "why": why_text(item, locale),
        "standing": text,
        "tone": tone,
        "told": receipts(item, locale)[1:],
        "href": f"/mails/{item.id}",
    }


def matter_text(matter: Matter, locale: str) -> str:
    """ "Mejlet till Karin Ek kom inte fram." """
    name = matter.mail.recipient_name
    if matter.cause == "answered":
        return gettext("%(name)s has answered a mail from Stegvis.", locale, name=name)
    return gettext("The mail to %(name)s did not arrive.", locale, name=name)


def settled_text(matter: Matter, locale: str) -> str:
    """Who saw to it, when and how."""
    if matter.settled_at is None or matter.how is None:
        return ""
    return gettext(
        "%(how)s by %(name)s, %(time)s", locale, how=label(f"mail_settled.{matter.how}", locale),
        name=matter.settled_by or "Stegvis", time=instant(matter.settled_at, locale),
    )  # fmt: skip


def as_sent(view: MailView, settings: Settings, today: date, now: datetime) -> dict[str, Any] | None:
    """Subject and text, rendered anew from what is stored; None where the facts no longer make a mail."""
    item = view.item
    at = item.sent_at or now
    try:
        mail = compose(
            item.kind,
            view.facts,
            recipient_name=item.recipient_name,
            recipient_address=item.recipient,
            locale=view.locale,
            mail_from=settings.mail_from,
            base_url=settings.address,
            message_id=item.message_id,
            sent_at=at,
            today=local_date(at) if item.sent_at else today,
        )
    except (FactsInvalid, UnknownKind, MissingLabel, DeliveryFailure):
        return None
    body = mail.get_body(("plain",))
    return {
        "subject": str(mail["Subject"]),
        "from": str(mail["From"]),
        "to": str(mail["To"]),
        "text": body.get_content() if body is not None else "",
    }
