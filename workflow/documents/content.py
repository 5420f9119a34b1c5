"""What a document says, free of layout: a few kinds of block, and their canonical plain text.

The same ``Document`` value is rendered as Word (``word.py``) and as text (``plain_text``), so that
the two cannot say different things.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# XML 1.0 (2.2 Char): everything outside these ranges has no place in a Word file.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_LINE_BREAK = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
NOTHING = "–"


@dataclass(frozen=True)
class Heading:
    """The heading of a section."""

    text: str


@dataclass(frozen=True)
class Text:
    """Running text as a person wrote it; each line is a paragraph."""

    text: str


@dataclass(frozen=True)
class Facts:
    """Pairs of a label and its value."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Bullets:
    """A list without order."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table with one header row; a row of another width raises ``ValueError``."""

    title: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        for number, row in enumerate(self.rows, start=1):
            if len(row) != len(self.headers):
                raise ValueError(
                    f"table {self.title!r}, row {number}: {len(row)} cells under {len(self.headers)} headers"
                )

    @property
    def body(self) -> tuple[tuple[str, ...], ...]:
        """The rows to show: an empty table says so with one row of dashes."""
        return self.rows or ((NOTHING,) * len(self.headers),)


Block = Heading | Text | Facts | Bullets | Table


@dataclass(frozen=True)
class Document:
    """A whole document. ``number`` is the registry number in words ("Dnr …"), ``reference`` the case's.

    A letter says before its title to whom it goes (``before``), and at the foot of each page where the sender is
    (``foot``).
    """

    sender: str
    unit: str
    number: str
    reference: str
    title: str
    subtitle: str
    blocks: tuple[Block, ...]
    before: tuple[Block, ...] = ()
    foot: tuple[str, ...] = ()


def clean(text: str) -> str:
    """Text in Unicode form NFC with plain line feeds; what no XML file may hold becomes U+FFFD."""
    return _FORBIDDEN.sub("\ufffd", _LINE_BREAK.sub("\n", unicodedata.normalize("NFC", text)))


def one_line(text: str) -> str:
    """Text without line breaks or doubled blanks, for titles and headings."""
    return re.sub(r"[ \t\n]+", " ", clean(text)).strip()


def lines(text: str) -> list[str]:
    """The lines of a text that say anything; a dash when there are none."""
    return [line.strip() for line in clean(text).split("\n") if line.strip()] or [NOTHING]


def plain_text(document: Document) -> str:
    """The document as canonical text: NFC, line feeds, no trailing blanks, one line feed at the end.

    Only titles and headings stand at the left margin and everything else is indented, so that text
    from a form cannot pass for a heading.
    """
    top = [document.sender, document.unit, document.number]
    before = [line for block in document.before for line in ("", *_block_lines(block))]
    title = ["", document.title, document.subtitle] if document.subtitle else ["", document.title]
    body = [line for block in document.blocks for line in ("", *_block_lines(block))]
    foot = ["", *document.foot] if document.foot else []
    said = [*map(one_line, top), *before, *map(one_line, title), *body, *map(one_line, foot)]
    return "\n".join(said) + "\n"


def _block_lines(block: Block) -> Iterator[str]:
    match block:
        case Heading(text):
            yield one_line(text)
        case Text(text):
            yield from _indented("  ", text)
        case Facts(rows):
            for label, value in rows:
                yield from _indented(f"  {one_line(label)}: ", value)
        case Bullets(items):
            for item in items:
                yield from _indented("  - ", item)
        case Table():
            yield f"  {one_line(block.title)}"
            for row in block.body:
                for number, (header, value) in enumerate(zip(block.headers, row, strict=True)):
                    yield from _indented(f"  {'  ' if number else '- '}{one_line(header)}: ", value)


def _indented(first: str, text: str) -> Iterator[str]:
    """The lines of a text after ``first``; the lines that follow stand further in than any label."""
    head, *rest = lines(text)
    yield first + head
    indent = "  " if not first.strip() else "      "
    yield from (indent + line for line in rest)
