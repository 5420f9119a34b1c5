"""What people typed, made safe to stand in a header line, a text part and an HTML part."""

from __future__ import annotations

import re
import unicodedata
from email.errors import MessageError
from email.headerregistry import Address

from notifications.errors import PermanentFailure

_OWN_LINK_ONLY = re.compile(r"(?:[a-z][a-z0-9+.-]*://|\bwww\.)\S+", re.IGNORECASE)
ELLIPSIS = "…"


def one_line(text: str) -> str:
    """The text on one line, without control or invisible characters, never raising.

    An RFC 2047 word ("=?utf-8?q?=0D=0ABcc:?=") is broken up, since the standard library decodes one that
    stands in a header value, line breaks included. Surrogates go too: they cannot be encoded.
    """
    # What is printable holds none of the categories below.
    kept = text if text.isprintable() else "".join(_visible(character) for character in text)
    return " ".join(kept.replace("=?", "= ?").split())


def without_links(text: str) -> str:
    """A mail carries one link, ours: an address inside somebody's text stands as […]."""
    return _OWN_LINK_ONLY.sub(f"[{ELLIPSIS}]", text)


def shorten(text: str, width: int) -> str:
    """At most `width` characters, the last one … if anything was cut."""
    if len(text) <= width:
        return text
    return text[: max(width - 1, 0)].rstrip(" ,.;:-") + ELLIPSIS if width > 0 else ""


def mailbox(address: str) -> str:
    """The address as SMTP takes it (domain in ASCII). Raises PermanentFailure for anything else."""
    try:
        local, at, domain = address.strip().rpartition("@")
        if not (local and at and domain):
            raise PermanentFailure(f"not an e-mail address: {address!r}")
        wire = f"{local}@{domain.encode('idna').decode('ascii')}"
        # ASCII only: a local part in other letters needs SMTPUTF8, which no relay here is known to speak.
        if not wire.isascii() or not wire.isprintable() or Address(addr_spec=wire).addr_spec != wire:
            raise PermanentFailure(f"not an e-mail address: {address!r}")
    except (ValueError, MessageError, IndexError) as error:
        raise PermanentFailure(f"not an e-mail address: {address!r}") from error
    return wire


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf":  # soft hyphens, direction marks, zero-width characters
        return ""
    return " " if category in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} else character


def paragraphs(text: str) -> str:
    """A text of several lines as it may stand in a message: each line clean, no two blank ones in a row, one break last.

    Doing it again changes nothing.
    """
    kept: list[str] = []
    for line in text.splitlines():
        clean = one_line(line)
        if clean or (kept and kept[-1]):
            kept.append(clean)
    return "\n".join(kept).rstrip("\n") + "\n"
