"""A letter to somebody outside the house, as Word and as canonical text.

What the sender decided is the canonical text (``write_letter_text``): everything that can be read in the letter, and
nothing of how it looks. That is what is hashed. The Word file is made of the same values; the same version of the
libraries makes the same bytes of them, but a new version may pack the same words differently.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from workflow.documents.content import Block, Bullets, Document, Facts, Text, plain_text
from workflow.documents.word import write_word

_BULLET = "- "


@dataclass(frozen=True)
class Letter:
    """A letter in the reader's language, labels too. ``facts`` are pairs of a label and its value: day, addressee,
    who answers; ``foot`` the lines at the foot of each page. Lines of ``text`` that begin with "- " are a list."""

    sender: str
    unit: str
    number: str
    reference: str
    facts: tuple[tuple[str, str], ...]
    title: str
    text: str
    foot: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain values, as they are kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Letter:
        """The inverse of ``as_json``."""
        facts = tuple((str(name), str(value)) for name, value in kept["facts"])
        return cls(**{**kept, "facts": facts, "foot": tuple(kept["foot"])})


def write_letter(letter: Letter, *, locale: str, now: datetime, mark: str = "") -> bytes:
    """The letter as a .docx; ``now`` is when it was written. ``mark`` ("Utkast") stands before the number."""
    number = f"{mark}, {letter.number}" if mark else letter.number
    return write_word(_document(letter, number), locale=locale, now=now)


def write_letter_text(letter: Letter) -> str:
    """Everything the letter says as canonical text (``content.plain_text``), for hashing."""
    return plain_text(_document(letter, letter.number))


def _document(letter: Letter, number: str) -> Document:
    return Document(
        sender=letter.sender,
        unit=letter.unit,
        number=number,
        reference=letter.reference,
        title=letter.title,
        subtitle="",
        blocks=tuple(_blocks(letter.text)),
        before=(Facts(letter.facts),),
        foot=letter.foot,
    )


def _blocks(text: str) -> Iterator[Block]:
    """Paragraphs, and lists where lines begin with a hyphen."""
    items: list[str] = []
    for line in text.splitlines():
        if line.startswith(_BULLET):
            items.append(line.removeprefix(_BULLET))
            continue
        if items:
            yield Bullets(tuple(items))
            items = []
        if line.strip():
            yield Text(line)
    if items:
        yield Bullets(tuple(items))
