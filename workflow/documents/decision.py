"""The record of a decision, as Word and as canonical text.

It holds what a written decision must show: date, content, who decided, who presented the matter and
who took part without deciding (förvaltningslagen 31 §), the reasons (32 §), a deviating opinion (30 §)
and what was received orally (27 §; LOU 12 kap. 5 §), with the mandate and the basis it rests on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from templates.formatting import instant
from templates.labels import gettext
from workflow.documents.content import Block, Bullets, Document, Facts, Heading, Table, Text, plain_text
from workflow.documents.word import write_word


@dataclass(frozen=True)
class AppliedParameter:
    """A dated value that the decision applied; ``name`` and ``value`` are in words."""

    name: str
    value: str
    valid_from: date
    source: str


@dataclass(frozen=True)
class OralNote:
    """Something received orally, with when and by whom it was noted (förvaltningslagen 27 §)."""

    noted_at: datetime
    noted_by: str
    text: str


@dataclass(frozen=True)
class DecisionRecord:
    """Everything the record of one decision shows. All texts are already in the reader's language.

    ``decided_at`` is an aware instant. ``on_behalf_of`` names the person a substitute stands in for.
    ``definition`` is the process and version ("procurement@1"), ``basis_hash`` the SHA-256 of the basis
    in hexadecimal, ``receipts`` one sentence for each date the decision set.
    """

    region_name: str
    unit_name: str
    reference: str
    registry_number: str | None
    case_title: str
    decision_title: str
    decided_at: datetime
    decider_name: str
    decider_role: str
    mandate_rule: str
    mandate_source: str
    statement: str
    reasons: str
    basis_hash: str
    definition: str
    on_behalf_of: str | None = None
    presenters: tuple[str, ...] = ()
    participants: tuple[str, ...] = ()
    basis: tuple[tuple[str, str], ...] = ()
    tables: tuple[Table, ...] = ()
    oral_notes: tuple[OralNote, ...] = ()
    deviating_opinion: str | None = None
    receipts: tuple[str, ...] = ()
    parameters: tuple[AppliedParameter, ...] = ()
    sent_to: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for at in (self.decided_at, *(note.noted_at for note in self.oral_notes)):
            if at.tzinfo is None:
                raise ValueError(f"{at!r} has no time zone")


def write_decision(record: DecisionRecord, *, locale: str, now: datetime) -> bytes:
    """The record as a .docx; ``now`` is when the file is made. Same record and instant, same bytes."""
    return write_word(_document(record, locale), locale=locale, now=now)


def write_decision_text(record: DecisionRecord, locale: str) -> str:
    """The same content as canonical text (``content.plain_text``), for showing and for hashing."""
    return plain_text(_document(record, locale))


def _document(record: DecisionRecord, locale: str) -> Document:
    _ = partial(gettext, locale=locale)
    number = record.registry_number
    return Document(
        sender=record.region_name,
        unit=record.unit_name,
        number=_("Reg. no. %(number)s", number=number) if number else _("Not registered"),
        reference=record.reference,
        title=record.decision_title,
        subtitle=record.case_title,
        blocks=tuple(_blocks(record, locale)),
    )


def _blocks(record: DecisionRecord, locale: str) -> Iterator[Block]:
    _ = partial(gettext, locale=locale)
    yield Facts(tuple(_who_and_when(record, locale)))
    yield Heading(_("Decision"))
    yield Text(record.statement)
    yield Heading(_("Reasons for the decision"))
    yield Text(record.reasons)
    if record.deviating_opinion:
        yield Heading(_("Deviating opinion"))
        yield Text(record.deviating_opinion)
    if record.basis or record.tables:
        yield Heading(_("What the decision rests on"))
    if record.basis:
        yield Facts(record.basis)
    yield from record.tables
    if record.oral_notes:
        yield Heading(_("Information received orally"))
        yield Bullets(
            tuple(f"{instant(note.noted_at, locale)}, {note.noted_by}: {note.text}" for note in record.oral_notes)
        )
    if record.receipts:
        yield Heading(_("How the dates were counted"))
        yield Bullets(record.receipts)
    if record.sent_to:
        yield Heading(_("The decision is sent to"))
        yield Bullets(record.sent_to)
    yield Heading(_("Check the decision"))
    yield Facts(
        (
            (_("Process and version"), record.definition),
            (_("Checksum (SHA-256)"), record.basis_hash),
        )
    )
    if record.parameters:
        yield Table(
            _("Settings that applied"),
            (_("Setting"), _("Value"), _("Valid from"), _("Source")),
            tuple((p.name, p.value, p.valid_from.isoformat(), p.source) for p in record.parameters),
        )


def _who_and_when(record: DecisionRecord, locale: str) -> Iterator[tuple[str, str]]:
    _ = partial(gettext, locale=locale)
    yield _("Case"), record.reference
    yield _("Decided"), instant(record.decided_at, locale)
    yield _("Decided by"), f"{record.decider_name}, {record.decider_role}"
    if record.on_behalf_of:
        yield _("As substitute for"), record.on_behalf_of
    yield _("Presented by"), ", ".join(record.presenters) or _("Nobody presented the matter")
    yield _("Took part without deciding"), ", ".join(record.participants) or _("Nobody else took part")
    yield _("Decides under"), f"{record.mandate_rule}\n{record.mandate_source}"
