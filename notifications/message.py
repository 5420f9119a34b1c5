"""Facts to one e-mail: subject, text and the same words in HTML with one button.

The link opens a page and never acts. No image, no tracking, nothing fetched from elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry, UniqueUnstructuredHeader
from email.message import EmailMessage
from email.policy import SMTP, Policy
from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from notifications.errors import PermanentFailure, TemporaryFailure
from notifications.kinds import Digest, Facts, Kind, SupplierNotice, validate
from notifications.plain_text import mailbox, one_line, shorten, without_links
from templates.labels import label
from templates.rendering import render

SUBJECT_WIDTH = 78
_TITLE_AT_LEAST = 16  # characters; shorter than this a title tells one case from another no more
_SIGNATURE = "--"


class _Subject(UniqueUnstructuredHeader, BaseHeader):  # type: ignore[misc]
    """A subject encoded as a whole. The standard folding mixes plain and encoded words, and where a line
    breaks between the two readers see a space too many."""

    def fold(self, *, policy: Policy) -> str:
        value = Header(str(self), header_name=self.name).encode(linesep=policy.linesep)
        return f"{self.name}: {value}{policy.linesep}"


_HEADERS = HeaderRegistry()
_HEADERS.map_to_type("subject", _Subject)
_POLICY = SMTP.clone(header_factory=_HEADERS)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


def message_id(outbox_id: str, base_url: str) -> str:
    """The Message-ID of an outbox row: the same for every copy."""
    return f"<{outbox_id}@{_host(base_url)}>"


def compose(
    kind: str,
    facts: Facts | Mapping[str, Any],
    *,
    recipient_name: str,
    recipient_address: str,
    locale: str,
    mail_from: str,
    base_url: str,
    message_id: str,
    sent_at: datetime,
    today: date,
    attachments: Sequence[Attachment] = (),
) -> EmailMessage:
    """The message of this kind for one recipient, in that language.

    `mail_from` may hold a display name; `sent_at` is an aware UTC instant, `today` its date in Stockholm.
    Whatever people have written is neutralised, never a reason not to send. Raises UnknownKind,
    FactsInvalid, PermanentFailure (bad recipient) and TemporaryFailure (MAIL_FROM must be put right).
    """
    facts = validate(kind, facts)
    name = shorten(without_links(one_line(recipient_name)), 80)
    address = mailbox(recipient_address)
    context = {
        **facts.model_dump(),
        "case": f"{facts.title} ({facts.reference})" if facts.reference else "",
        "first_name": name.split()[0].strip(",") if name else "",
        "url": base_url.rstrip("/") + facts.link,
        "today": today,
    }
    if isinstance(facts, SupplierNotice):  # decided as it stands: nothing is added, and no link leads inside
        text, subject = facts.text, one_line(facts.subject)
        html = render("mails/supplier_notice/body.html", {**context, "text": text}, locale=locale)
    else:
        text = _tidy(render(f"mails/{Kind(kind)}/body.txt", context, locale=locale))
        subject = _subject(Kind(kind), facts, context, locale)
        html = render("mails/layout.html", _in_html(text, subject, context), locale=locale)

    message = EmailMessage(policy=_POLICY)
    message["From"] = _sender(mail_from)
    message["To"] = _address(name, address)
    message["Subject"] = subject
    message["Date"] = sent_at.astimezone(UTC)
    message["Message-ID"] = message_id
    message["References"] = f"<case-{facts.case_id}@{_host(base_url)}>"  # a case is one thread
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    for each in attachments:
        main, _, sub = each.media_type.partition("/")
        message.add_attachment(each.content, maintype=main, subtype=sub, filename=one_line(each.name))
    if kind == Kind.DIGEST:  # where to choose; opening it changes nothing, so no one-click (RFC 8058) is promised
        message["List-Unsubscribe"] = f"<{base_url.rstrip('/')}/me>"
    message["Content-Language"] = locale  # last: setting the content removes every Content- header
    return message


def _subject(kind: Kind, facts: Facts, context: Mapping[str, Any], locale: str) -> str:
    """At most 78 characters: reference and last day stay whole; what is asked and the title share what is left."""
    only: Any = facts.rows[0] if isinstance(facts, Digest) and facts.count == 1 else facts
    asked: str | None = getattr(only, "asked", None) or getattr(only, "decision", None)
    name: str = getattr(facts, "from_name", "")
    said = one_line(label(asked, locale)) if asked else ""

    def subject(matter: str) -> str:
        return one_line(render(f"mails/{kind}/subject.txt", {**context, "matter": matter}, locale=locale))

    # "x" stands in for the matter while everything around it is measured.
    return subject(_matter(said, only.title or name, SUBJECT_WIDTH - len(subject("x")) + 1))


def _matter(asked: str, title: str, width: int) -> str:
    if not (asked and title):
        return shorten(asked or title, width)
    # Whoever has several mails of a kind tells them apart by the name, so that neither takes all the room.
    name = shorten(title, max(width - len(asked) - len(", "), _TITLE_AT_LEAST))
    return f"{shorten(asked, width - len(name) - len(', '))}, {name}"


def _tidy(text: str) -> str:
    """Without the blank lines and indents that a template's own layout leaves behind."""
    lines = "\n".join(line.strip() for line in text.splitlines())
    lines = re.sub(r"\n{3,}", "\n\n", lines).strip()
    return lines.replace(f"\n{_SIGNATURE}\n", f"\n{_SIGNATURE} \n") + "\n"  # "-- ": what mail readers know


def _in_html(text: str, subject: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """The lines of the text part around the one that ends in the link, which becomes the button."""
    said, _, signature = text.partition(f"\n{_SIGNATURE} \n")
    lines = [line for line in said.splitlines() if line]
    at = next(number for number, line in enumerate(lines) if line.endswith(context["url"]))
    return {
        **context,
        "subject": subject,
        "before": lines[:at],
        "action": lines[at].removesuffix(context["url"]).rstrip(": "),
        "after": lines[at + 1 :],
        "signature": signature.strip(),
    }


def _sender(mail_from: str) -> Address:
    name, address = parseaddr(mail_from)
    try:
        return _address(one_line(name), mailbox(address))
    except PermanentFailure as failure:  # the setting is wrong, not the message
        raise TemporaryFailure(f"MAIL_FROM: {failure.reason}") from failure


def _address(name: str, address: str) -> Address:
    return Address(display_name=name, addr_spec=address)


def _host(base_url: str) -> str:
    return urlsplit(base_url).hostname or "localhost"
