"""What a letter that came back says: a delivery report (RFC 3464), an absence notice, or an answer.

Pure: bytes in, a value out. Anybody may write to the mailbox, so nothing in a letter is believed but the Message-IDs
it names, and those are only looked up; whatever is large, broken or forged becomes UNKNOWN and does no harm.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesParser
from enum import StrEnum

from notifications.plain_text import one_line

#: So much of a letter is looked at; a report stands at its beginning.
LARGEST = 256 * 1024
#: A letter in more parts, or deeper nested, is no report that a mail server wrote.
_MOST_PARTS = 40
_LONGEST_WORDS = 300
_ID = re.compile(r"<([0-9a-z]{32})@([^<>\s@]{1,255})>")
_ABSENT_SUBJECT = re.compile(
    r"^\s*(autosvar|automatiskt svar|frånvaro|frånvarande|out of office|automatic reply|auto(?:matic)?[ -]?reply)", re.I
)
_CLASS = re.compile(r"\s*([245])\.\d{1,3}\.\d{1,3}")


class What(StrEnum):
    """What came back: a mail refused for good, one that is late, an absence notice, a person's answer, or none of it."""

    BOUNCED = "bounced"
    DELAYED = "delayed"
    ABSENT = "absent"
    ANSWERED = "answered"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Returned:
    """`outbox_ids` are those of our messages that the letter names, nearest first; `detail` the server's words.

    `letter_id` is what the letter is known by: a hash, the same for each copy of it.
    """

    letter_id: str
    what: What
    outbox_ids: tuple[str, ...] = ()
    detail: str = ""


def read(raw: bytes, host: str) -> Returned:
    """What a letter says about messages sent from `host`. Never raises."""
    raw = raw[:LARGEST]
    whole = hashlib.sha256(raw).hexdigest()
    try:
        letter = BytesParser(policy=policy.compat32).parsebytes(raw)
        identity = _text(letter, "Message-ID").strip()
        known_as = hashlib.sha256(identity.encode("utf-8", "replace")).hexdigest() if identity else whole
        report = _report(letter)
        if report is not None:
            what, detail = report
            ids = [*_original_ids(letter, host), *_named_ids(letter, host)]
        else:
            what, detail = _kind_of_answer(letter), ""
            ids = list(_named_ids(letter, host))
    except (MessageError, ValueError, LookupError, TypeError, RecursionError):
        return Returned(whole, What.UNKNOWN)
    found = tuple(dict.fromkeys(ids))[:5]
    return Returned(known_as, what if found else What.UNKNOWN, found, detail)


def _report(letter: Message) -> tuple[What, str] | None:
    """What a delivery report says; None where the letter is no such report."""
    if letter.get_content_type() != "multipart/report":
        return None
    for part in _parts(letter):
        if part.get_content_type() == "message/delivery-status":
            return _status(part)
    return None


def _status(part: Message) -> tuple[What, str]:
    """The worst of the recipients that the report is about (RFC 3464, 2.3)."""
    payload = part.get_payload()
    blocks = [b for b in payload if isinstance(b, Message)] if isinstance(payload, list) else []
    found = (What.UNKNOWN, "")
    for block in blocks[:_MOST_PARTS]:
        action = _text(block, "Action").strip().lower()
        status = _CLASS.match(_text(block, "Status"))
        first = status[1] if status else ""
        said = _text(block, "Diagnostic-Code").partition(";")[2] or _text(block, "Diagnostic-Code")
        words = one_line(" ".join(x for x in (status[0].strip() if status else "", said.strip()) if x))[:_LONGEST_WORDS]
        if action == "failed" or (first == "5" and not action):
            if first != "4" or action == "failed":
                return What.BOUNCED, words
        elif (action == "delayed" or first == "4") and found[0] is What.UNKNOWN:
            found = (What.DELAYED, words)
    return found


def _original_ids(letter: Message, host: str) -> Iterator[str]:
    """The Message-ID of the message that came back, whole or its headers (RFC 3464, 2 c)."""
    for part in _parts(letter):
        kind = part.get_content_type()
        payload = part.get_payload()
        if kind == "message/rfc822" and isinstance(payload, list):
            for inner in payload[:1]:
                if isinstance(inner, Message):
                    yield from _ids(_text(inner, "Message-ID"), host)
        elif kind in ("text/rfc822-headers", "message/rfc822-headers") and isinstance(payload, str):
            line = re.search(r"^message-id:\s*(<[^>\r\n]{1,300}>)", payload, re.I | re.M)
            yield from _ids(line[1] if line else "", host)


def _named_ids(letter: Message, host: str) -> Iterator[str]:
    """What the letter answers: the newest first."""
    yield from _ids(_text(letter, "In-Reply-To"), host)
    yield from reversed(list(_ids(_text(letter, "References"), host)))


def _ids(text: str, host: str) -> Iterator[str]:
    for name, at in _ID.findall(text[:10_000]):
        if at.lower() == host.lower():
            yield name


def _kind_of_answer(letter: Message) -> What:
    """An answer that a program wrote (RFC 3834, and what older programs set) tells that somebody is away."""
    automatic = _text(letter, "Auto-Submitted").partition(";")[0].strip().lower() not in ("", "no")
    bulk = _text(letter, "Precedence").strip().lower() in ("auto_reply", "bulk", "junk", "list")
    old = any(letter.get(name) is not None for name in ("X-Autoreply", "X-Autorespond", "X-Autoreply-From"))
    sender = _text(letter, "Return-Path").strip() == "<>"
    if automatic or bulk or old or sender or _ABSENT_SUBJECT.match(_subject(letter)):
        return What.ABSENT
    return What.ANSWERED


def _subject(letter: Message) -> str:
    return str(make_header(decode_header(_text(letter, "Subject")[:1_000])))


def _parts(letter: Message) -> Iterator[Message]:
    for number, part in enumerate(letter.walk()):
        if number >= _MOST_PARTS:
            return
        yield part


def _text(letter: Message, name: str) -> str:
    """A header as text; the first one where a letter has several."""
    found = letter.get(name)
    return " ".join(str(found).split()) if found is not None else ""
