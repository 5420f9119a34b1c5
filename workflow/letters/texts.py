"""The texts of letters as dated data: proposed by one person, released by another, back to the standard in the same way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from states.calendar import local_date
from states.roles import Actor
from templates.labels import LOCALES
from templates.letter_texts import standard_text
from workflow.commands import ProposeLetterText, RejectLetterText, ReleaseLetterText
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.execute import handles
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.letters.placeholders import KINDS, faults_of, in_codes
from workflow.letters.tables import LetterText
from workflow.parameters.proposals import (
    SETTERS,
    new_proposal,
    note,
    open_proposal,
    reason_to_reject,
    settle,
    settled_by_another,
    settling,
)

_texts = LetterText.__table__  # type: ignore[attr-defined]
TEXTS = Statement(
    select(_texts).where(_texts.c.region_id == bindparam("region_id")).order_by(_texts.c.id.desc()).limit(200)
)
TEXTS_OF = Statement(
    select(_texts)
    .where(
        _texts.c.region_id == bindparam("region_id"),
        _texts.c.kind == bindparam("kind"),
        _texts.c.locale == bindparam("locale"),
    )
    .order_by(_texts.c.id.desc())
    .limit(200)
)
TEXT = Statement(select(_texts).where(_texts.c.id == bindparam("text_id")))
_LOCK_TEXT = Statement(select(_texts).where(_texts.c.id == bindparam("text_id")).with_for_update())
_IN_FORCE = Statement(
    select(_texts)
    .where(
        _texts.c.region_id == bindparam("region_id"),
        _texts.c.kind == bindparam("kind"),
        _texts.c.locale == bindparam("locale"),
        _texts.c.status == "released",
        _texts.c.valid_from <= bindparam("today"),
    )
    .order_by(_texts.c.valid_from.desc(), _texts.c.settled_at.desc(), _texts.c.id.desc())
    .limit(1)
)
_ALL_IN_FORCE = Statement(
    select(_texts)
    .where(
        _texts.c.region_id == bindparam("region_id"),
        _texts.c.status == "released",
        _texts.c.valid_from <= bindparam("today"),
    )
    .order_by(_texts.c.valid_from, _texts.c.settled_at, _texts.c.id)
)
_INSERT = insert_into(_texts)
_SETTLE = settling(_texts)


@dataclass(frozen=True, slots=True)
class Wording:
    """The words of a letter with placeholders in codes. `text_id` is the region's row, if one decides; `own`: its words
    are the region's, not those that came with Stegvis."""

    kind: str
    locale: str
    subject: str
    text: str
    text_id: str | None = None
    valid_from: date | None = None
    own: bool = False


def standard(kind: str, locale: str) -> Wording:
    """The standard text of a kind of letter, as it is delivered with Stegvis."""
    return Wording(kind, locale, *standard_text(kind, locale))


def wording(uow: UnitOfWork, region_id: str, kind: str, locale: str, today: date) -> Wording:
    """The words that apply in a region on a day."""
    return _as_wording(uow.one(_IN_FORCE, region_id=region_id, kind=kind, locale=locale, today=today), kind, locale)


def wordings(uow: UnitOfWork, region_id: str, today: date) -> list[Wording]:
    """The words of every kind of letter in each language, as they apply on a day."""
    rows = {(r.kind, r.locale): r for r in uow.all(_ALL_IN_FORCE, region_id=region_id, today=today)}
    return [_as_wording(rows.get((kind, locale)), kind, locale) for kind in KINDS for locale in LOCALES]


def wording_of(row: Row) -> Wording:
    """The words of a row, whether it applies or is proposed."""
    return _as_wording(row, row.kind, row.locale)


def _as_wording(row: Row | None, kind: str, locale: str) -> Wording:
    if row is None:
        return standard(kind, locale)
    if row.text is None:
        subject, text = standard_text(kind, locale)
        return Wording(kind, locale, subject, text, row.id, row.valid_from)
    return Wording(kind, locale, row.subject, row.text, row.id, row.valid_from, own=True)


@handles(ProposeLetterText)
def propose_letter_text(uow: UnitOfWork, command: ProposeLetterText, who: Actor) -> dict[str, Any]:
    """Write down a proposed text. Nothing is sent with it before somebody else has released it.

    Placeholders may be written as the letter's language calls them, or in codes. Without subject and text the
    standard text is proposed. Raises NotFound, Forbidden and InvalidForm.
    """
    if command.region_id != who.region_id or command.kind not in KINDS or command.locale not in LOCALES:
        raise NotFound
    if not who.roles() & SETTERS:
        raise Forbidden
    kind, locale, source = command.kind, command.locale, command.source.strip()
    subject = text = None
    faults: list[FieldError] = []
    if not command.standard:
        subject = in_codes(command.subject.strip(), locale)
        text = in_codes("\n".join(line.rstrip() for line in command.text.splitlines()).strip("\n"), locale)
        faults = faults_of(kind, locale, subject, text)
    if not isinstance(command.valid_from, date):
        faults.append(FieldError("valid_from", "not_a_date"))
    elif command.valid_from < local_date(uow.now):
        faults.append(FieldError("valid_from", "letter_text_in_the_past"))
    if not source:
        faults.append(FieldError("source", "field_required"))
    if faults:
        raise InvalidForm(faults)
    text_id = new_id(uow.now)
    uow.run(
        _INSERT,
        id=text_id,
        region_id=command.region_id,
        kind=kind,
        locale=locale,
        subject=subject,
        text=text,
        valid_from=command.valid_from,
        source=source,
        **new_proposal(uow, who),
    )
    facts = {"letter": kind, "locale": locale, "text": text_id, "valid_from": command.valid_from}
    words = [audit.Field("subject", subject), audit.Field("letter_text", text)] if text else []
    note(uow, who, "letter_text_proposed", facts, [*words, audit.Field("source", source)])
    return {"id": text_id, "kind": kind, "locale": locale, "status": "proposed"}


@handles(ReleaseLetterText)
def release_letter_text(uow: UnitOfWork, command: ReleaseLetterText, who: Actor) -> dict[str, Any]:
    """Let a proposed text apply to the letters that are decided from its day on. Not by whoever proposed it."""
    row = open_proposal(uow.one(_LOCK_TEXT, text_id=command.text_id), who)
    settled_by_another(row, who)
    settle(uow, _SETTLE, row, "released", who)
    facts = {"letter": row.kind, "locale": row.locale, "text": row.id, "proposed_by": row.proposed_by}
    note(uow, who, "letter_text_released", facts | {"valid_from": row.valid_from}, [audit.Field("source", row.source)])
    return {"id": row.id, "kind": row.kind, "locale": row.locale, "status": "released"}


@handles(RejectLetterText)
def reject_letter_text(uow: UnitOfWork, command: RejectLetterText, who: Actor) -> dict[str, Any]:
    """Turn a proposed text down, with a reason. The proposer may take it back in the same way."""
    reason = reason_to_reject(command.reason)
    row = open_proposal(uow.one(_LOCK_TEXT, text_id=command.text_id), who)
    settle(uow, _SETTLE, row, "rejected", who, reason)
    facts = {"letter": row.kind, "locale": row.locale, "text": row.id}
    note(uow, who, "letter_text_rejected", facts, [audit.Field("reason", reason)])
    return {"id": row.id, "kind": row.kind, "locale": row.locale, "status": "rejected"}
