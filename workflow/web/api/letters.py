"""Letters to suppliers: those of a case, and their texts and letterheads with changes by two people."""

from __future__ import annotations

from datetime import date
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field

from workflow.cases.queries import case_row
from workflow.cases.view import view_of
from workflow.commands import (
    ProposeLetterhead,
    ProposeLetterText,
    RejectLetterhead,
    RejectLetterText,
    ReleaseLetterhead,
    ReleaseLetterText,
)
from workflow.db.statements import Row
from workflow.deviations.letters import preview_letter
from workflow.deviations.notices import case_letter, letters_of
from workflow.documents.word import MEDIA_TYPE
from workflow.engine.access import Secrecy
from workflow.errors import FieldError, InvalidForm, NotFound
from workflow.letters.letterheads import LETTERHEADS
from workflow.letters.placeholders import PLACEHOLDERS, required, word
from workflow.letters.texts import TEXT, TEXTS, wording_of, wordings
from workflow.web.api.exchange import (
    ROOT,
    Body,
    Key,
    RawJson,
    answered,
    carry_out,
    looking,
    only_known_filters,
)
from workflow.web.base import viewer_of
from workflow.web.downloads import download

router = APIRouter(tags=["Letters"], dependencies=[Depends(only_known_filters)])

_LETTER = ("id", "kind", "rung", "locale", "recipient_name", "recipient", "subject", "text", "text_hash", "document_hash",
           "text_id", "status", "made_at", "made_by", "means", "handed_over_at", "handed_over_on", "returned_at",
           "returned_because", "starts_period")  # fmt: skip
_TEXT = ("id", "kind", "locale", "subject", "text", "valid_from", "source", "status", "proposed_by", "proposed_at",
         "settled_by", "settled_at", "reason")  # fmt: skip
_HEAD = ("id", "unit_id", "valid_from", "sender", "department", "address", "contact", "reference_person", "source",
         "status", "proposed_by", "proposed_at", "settled_by", "settled_at", "reason")  # fmt: skip


class LetterTextBody(Body):
    """A text with placeholders in codes (`{response_day}`) or in the words of its language; or `standard`."""

    kind: str = Field(examples=["reminder_1"])
    locale: str = Field(pattern="^(sv|en)$")
    subject: str = Field(default="", max_length=1000)
    text: str = Field(default="", max_length=30_000)
    valid_from: date
    source: str = Field(max_length=300)
    standard: bool = Field(default=False, description="Back to the text that came with Stegvis.")


class TurnedDownBody(Body):
    reason: str = Field(min_length=1, max_length=1000)


class LetterheadBody(Body):
    """`unit` left out: the letterhead of the whole region. Lines of `address` and `contact` end with a line break."""

    unit: str | None = None
    valid_from: date
    sender: str = Field(max_length=120)
    department: str = Field(default="", max_length=120)
    address: str = Field(max_length=600)
    contact: str = Field(default="", max_length=600)
    reference_person: str = Field(default="", max_length=120)
    source: str = Field(max_length=300)


@router.get(f"{ROOT}/cases/{{case_id}}/letters")
def case_letters(request: Request, case_id: str) -> Response:
    """The letters of a case, the oldest first, with the checksums of their text and of their whole document."""
    with looking(request) as call:
        case = case_row(call.uow, call.who, case_id)
        view, rows = view_of(call.uow, call.who, case), letters_of(call.uow, call.who, case)
        hidden = {} if view.allows(Secrecy.BUSINESS) else {"text": None}  # it may name a supplier's own suppliers
        items = [_shown(r, _LETTER) | hidden for r in rows if r.status != "replaced"]
        return answered({"items": items, "next": None})


@router.get(f"{ROOT}/cases/{{case_id}}/letters/{{notice_id}}/content")
def letter_content(request: Request, case_id: str, notice_id: str) -> Response:
    """A letter as a Word document, as it was decided."""
    with looking(request) as call:
        name, content = case_letter(call.uow, call.who, case_id, notice_id)
    return download(name, content, MEDIA_TYPE)


@router.get(f"{ROOT}/letters")
def letters(request: Request) -> Response:
    """The text of every kind of letter in both languages as it applies today, and the list of placeholders."""
    with looking(request) as call:
        found = wordings(call.uow, call.who.region_id, call.today)
    items = [
        {"kind": w.kind, "locale": w.locale, "subject": w.subject, "text": w.text, "text_id": w.text_id,
         "valid_from": w.valid_from, "required": list(required(w.kind))}
        for w in found
    ]  # fmt: skip
    words = {code: {at: word(code, at) for at in ("sv", "en")} for code in PLACEHOLDERS}
    return answered({"items": items, "placeholders": words, "next": None})


@router.post(f"{ROOT}/letters", status_code=201)
def propose(request: Request, body: LetterTextBody, raw: RawJson, key: Key = None) -> Response:
    """Propose a text. It applies to letters decided from its day on, when somebody else has released it."""
    command = ProposeLetterText(
        viewer_of(request).region_id, body.kind, body.locale, body.subject, body.text, body.valid_from, body.source,
        body.standard,
    )  # fmt: skip
    return answered(carry_out(request, command, key, raw), 201)


@router.get(f"{ROOT}/letters/texts")
def letter_texts(request: Request) -> Response:
    """The region's proposed, released and rejected texts, the newest first."""
    with looking(request) as call:
        rows = call.uow.all(TEXTS, region_id=call.who.region_id)
        return answered({"items": [_shown(r, _TEXT) for r in rows], "next": None})


@router.get(f"{ROOT}/letters/texts/{{text_id}}/preview")
def preview(request: Request, text_id: str, case: str = "") -> Response:
    """How a text would read in a deviation; square brackets show what only the decision gives."""
    with looking(request) as call:
        row = call.uow.one(TEXT, text_id=text_id)
        if row is None or row.region_id != call.who.region_id:
            raise NotFound
        if not case:
            raise InvalidForm([FieldError("case", "field_required")])
        made = preview_letter(call.uow, call.who, case, wording_of(row))
    return answered({"subject": made.subject, "text": made.text, "document": made.letter.as_json()})


@router.post(f"{ROOT}/letters/texts/{{text_id}}/release")
def release_text(request: Request, text_id: str, raw: RawJson, key: Key = None) -> Response:
    """Let a text apply that somebody else has proposed."""
    return answered(carry_out(request, ReleaseLetterText(text_id), key, raw))


@router.post(f"{ROOT}/letters/texts/{{text_id}}/reject")
def reject_text(request: Request, text_id: str, body: TurnedDownBody, raw: RawJson, key: Key = None) -> Response:
    """Turn a proposed text down, or take one's own back."""
    return answered(carry_out(request, RejectLetterText(text_id, body.reason), key, raw))


@router.get(f"{ROOT}/letterheads")
def letterheads(request: Request) -> Response:
    """The region's proposed, released and rejected letterheads, the one with the latest first day first."""
    with looking(request) as call:
        rows = call.uow.all(LETTERHEADS, region_id=call.who.region_id)
        return answered({"items": [_shown(r, _HEAD) for r in rows], "next": None})


@router.post(f"{ROOT}/letterheads", status_code=201)
def propose_letterhead(request: Request, body: LetterheadBody, raw: RawJson, key: Key = None) -> Response:
    """Propose a letterhead. It applies to letters decided from its day on, when somebody else has released it."""
    command = ProposeLetterhead(
        viewer_of(request).region_id, body.unit, body.valid_from, body.sender, body.department, body.address,
        body.contact, body.reference_person, body.source,
    )  # fmt: skip
    return answered(carry_out(request, command, key, raw), 201)


@router.post(f"{ROOT}/letterheads/{{head_id}}/release")
def release_letterhead(request: Request, head_id: str, raw: RawJson, key: Key = None) -> Response:
    """Let a letterhead apply that somebody else has proposed."""
    return answered(carry_out(request, ReleaseLetterhead(head_id), key, raw))


@router.post(f"{ROOT}/letterheads/{{head_id}}/reject")
def reject_letterhead(
    request: Request, head_id: str, body: TurnedDownBody, raw: RawJson, key: Key = None
) -> Response:  # fmt: skip
    """Turn a proposed letterhead down, or take one's own back."""
    return answered(carry_out(request, RejectLetterhead(head_id, body.reason), key, raw))


def _shown(row: Row, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}
