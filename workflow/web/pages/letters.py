"""Letter texts: what applies, proposing one with a preview in a real case, a second person, history."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from templates.formatting import day
from templates.labels import LOCALES, gettext, label
from workflow.commands import ProposeLetterText, RejectLetterText, ReleaseLetterText
from workflow.db.statements import Row
from workflow.deviations.letters import Rendered, preview_letter
from workflow.deviations.lists import LadderFilter, list_ladders
from workflow.deviations.notices import case_letter
from workflow.documents.word import MEDIA_TYPE
from workflow.errors import FieldError, InvalidForm, NotFound
from workflow.letters.letterheads import WAITING
from workflow.letters.placeholders import (
    ALWAYS_KNOWN,
    KINDS,
    PLACEHOLDERS,
    faults_of,
    in_codes,
    in_words,
    required,
    word,
)
from workflow.letters.texts import TEXT, TEXTS, TEXTS_OF, Wording, wording, wording_of, wordings
from workflow.parameters.proposals import SETTERS
from workflow.web.base import flash, page, viewer_of
from workflow.web.downloads import download
from workflow.web.pages.admin import Answers, Typed, settle, tabs
from workflow.web.pages.proposals import proposal_of, proposals
from workflow.web.pages.visit import Sent, Visit, carry_out, texts, visiting
from workflow.web.pages.words import fault_texts

router = APIRouter()
#: What the fields of a letter are called on its pages.
_CALLED = {"subject": "letter_subject", "text": "letter_text"}
#: So many cases a preview offers: the newest.
CASES = 50


@router.get("/cases/{case_id}/letters/{notice_id}.docx")
def letter_in_word(request: Request, case_id: str, notice_id: str) -> Response:
    """A letter to the supplier as it was decided, as a Word document."""
    with visiting(request) as visit:
        name, content = case_letter(visit.uow, visit.who, case_id, notice_id)
    return download(name, content, MEDIA_TYPE)


# --- texts ----------------------------------------------------------------------------------------------------


@router.get("/admin/letters")
def show_letters(request: Request) -> Response:
    with visiting(request) as visit:
        now = {(w.kind, w.locale): w for w in wordings(visit.uow, visit.who.region_id, visit.today)}
        waiting = [r for r in visit.uow.all(TEXTS, region_id=visit.who.region_id) if r.status == "proposed"]
        context = {
            "kinds": [
                (kind, label(f"letter_kind.{kind}", visit.locale), [_standing(now[kind, at], visit) for at in LOCALES])
                for kind in KINDS
            ],
            "waiting": [(r, _title(r.kind, r.locale, visit.locale)) for r in waiting],
            "waiting_heads": visit.uow.all(WAITING, region_id=visit.who.region_id),
            "tabs": tabs("/admin/letters", visit),
        }
        return page(request, "pages/admin_letters.html", context, title=gettext("Letter texts", visit.locale))


def _standing(words: Wording, visit: Visit) -> dict[str, str]:
    since = day(words.valid_from, visit.locale, visit.today) if words.valid_from else ""
    if words.own:
        text = gettext("own text since %(day)s", visit.locale, day=since)
    elif since:
        text = gettext("standard text since %(day)s", visit.locale, day=since)
    else:
        text = gettext("standard text", visit.locale)
    return {"locale": words.locale, "language": label(f"letter_language.{words.locale}", visit.locale), "text": text}


def _title(kind: str, at: str, locale: str) -> str:
    language = label(f"letter_language.{at}", locale)
    return gettext("%(letter)s, %(language)s", locale, letter=label(f"letter_kind.{kind}", locale), language=language)


@router.get("/admin/letters/texts/{text_id}")
def show_proposal(request: Request, text_id: str, case: str = "") -> Response:
    return _proposal_page(request, text_id, case, Typed())


@router.post("/admin/letters/texts/{text_id}/release")
def release_letter_text(request: Request, text_id: str, sent: Sent) -> Response:
    """Let the text apply to letters that are decided from its day on."""
    carry_out(request, sent, ReleaseLetterText(text_id))
    with visiting(request) as visit:
        row = _row(visit, text_id)
        since = day(max(row.valid_from, visit.today), visit.locale, visit.today)
        told = gettext(
            "The text is released. It applies to letters that are decided from %(day)s.", visit.locale, day=since
        )
    flash(request, told)
    return RedirectResponse(f"/admin/letters/texts/{text_id}", 303)


@router.post("/admin/letters/texts/{text_id}/reject")
def reject_letter_text(request: Request, text_id: str, sent: Sent) -> Response:
    return settle(
        request,
        sent,
        lambda answers: RejectLetterText(text_id, answers.text("reason")),
        done=gettext("The proposal is turned down. Nothing has changed.", viewer_of(request).locale),
        to=f"/admin/letters/texts/{text_id}",
        again=lambda typed: _proposal_page(request, text_id, "", typed),
    )


@router.get("/admin/letters/{kind}/{locale}")
def show_letter(request: Request, kind: str, locale: str) -> Response:
    return _letter_page(request, kind, locale, Typed())


@router.post("/admin/letters/{kind}/{locale}")
def propose_letter_text(request: Request, kind: str, locale: str, sent: Sent) -> Response:
    """Propose a text, or show how it would read; `do` is propose, standard or preview."""
    viewer, given = viewer_of(request), texts(sent)
    if kind not in KINDS or locale not in LOCALES:
        raise NotFound
    if given.get("do") == "preview":
        return _preview(request, kind, locale, given)
    answers = Answers(given)
    try:
        command = answers.complete(
            lambda a: ProposeLetterText(
                viewer.region_id,
                kind,
                locale,
                a.text("subject"),
                given.get("text", ""),
                a.day("valid_from", required=True),
                a.text("source"),
                standard=given.get("do") == "standard",
            )
        )
        made = carry_out(request, sent, command)
    except InvalidForm as refusal:
        return _letter_page(request, kind, locale, _typed(given, refusal, viewer.locale))
    flash(request, gettext("The text is proposed. It applies when somebody else has released it.", viewer.locale))
    return RedirectResponse(f"/admin/letters/texts/{made['id']}", 303)


def _typed(given: dict[str, str], refusal: InvalidForm, locale: str) -> Typed:
    named = [FieldError(_CALLED.get(e.field, e.field), e.code, e.params) for e in refusal.errors]
    told = fault_texts(named, locale)
    return Typed(given, [(e.field, text) for e, (_, text) in zip(refusal.errors, told, strict=True)])


def _preview(request: Request, kind: str, locale: str, given: dict[str, str]) -> Response:
    """What was typed, in a real case; nothing is kept."""
    subject, text = in_codes(given.get("subject", ""), locale), in_codes(given.get("text", ""), locale)
    faults = faults_of(kind, locale, subject, text)
    if faults:
        return _letter_page(request, kind, locale, _typed(given, InvalidForm(faults), viewer_of(request).locale))
    with visiting(request) as visit:
        made = _rendered(visit, given.get("case", ""), Wording(kind, locale, subject, text))
    return _letter_page(request, kind, locale, Typed(given), made)


def _cases(visit: Visit) -> list[tuple[str, str]]:
    """The cases that a preview can be made with, the newest first."""
    found = list_ladders(visit.uow, visit.who, LadderFilter(open_only=False), limit=CASES)
    return [(i.case_id, f"{i.reference}, {i.title}") for i in found.items]


def _rendered(visit: Visit, case_id: str, words: Wording) -> Rendered | None:
    """The letter in the case that was chosen, else in the newest; None where there is none that the viewer may read."""
    known = _cases(visit)
    chosen = case_id or (known[0][0] if known else "")
    return preview_letter(visit.uow, visit.who, chosen, words) if chosen else None


def _letter_page(request: Request, kind: str, locale: str, typed: Typed, preview: Rendered | None = None) -> Response:
    with visiting(request) as visit:
        if kind not in KINDS or locale not in LOCALES:
            raise NotFound
        words = wording(visit.uow, visit.who.region_id, kind, locale, visit.today)
        rows = visit.uow.all(TEXTS_OF, region_id=visit.who.region_id, kind=kind, locale=locale)
        given = dict(typed.given) or {
            "subject": in_words(words.subject, locale),
            "text": in_words(words.text, locale),
            "valid_from": visit.today.isoformat(),
        }
        context: dict[str, Any] = {
            "kind": kind,
            "letter_locale": locale,
            "subject": in_words(words.subject, locale),
            "text": in_words(words.text, locale),
            "standing": _standing(words, visit),
            "own": words.own,
            "may_change": bool(visit.who.roles() & SETTERS),
            "cases": _cases(visit),
            "preview": preview,
            "placeholders": [
                {
                    "word": "{" + word(code, locale) + "}",
                    "means": label(f"placeholder_means.{code}", visit.locale),
                    "required": code in required(kind),
                    "missing": code not in ALWAYS_KNOWN,
                }
                for code in sorted(PLACEHOLDERS, key=lambda code: (code not in required(kind), word(code, locale)))
            ],
            "history": proposals(visit, rows),
            **typed.as_context(),
            "given": given,
        }
        title = _title(kind, locale, visit.locale)
        return page(request, "pages/admin_letter.html", context, title=title, status=typed.status, errors=typed.errors)


def _row(visit: Visit, text_id: str) -> Row:
    row = visit.uow.one(TEXT, text_id=text_id)
    if row is None or row.region_id != visit.who.region_id:
        raise NotFound
    return row


def _proposal_page(request: Request, text_id: str, case_id: str, typed: Typed) -> Response:
    with visiting(request) as visit:
        row = _row(visit, text_id)
        words = wording_of(row)
        context: dict[str, Any] = {
            "letter": _title(row.kind, row.locale, visit.locale),
            "subject": in_words(words.subject, row.locale),
            "text": in_words(words.text, row.locale),
            "standard": row.text is None,
            "proposal": proposal_of(visit, row),
            "cases": _cases(visit),
            "case": case_id,
            "preview": _rendered(visit, case_id, words),
            **typed.as_context(),
        }
        language = label(f"letter_language.{row.locale}", visit.locale)
        letter = label(f"letter_kind.{row.kind}", visit.locale)
        title = gettext("Proposed: %(letter)s, %(language)s", visit.locale, letter=letter, language=language)
        return page(
            request, "pages/admin_letter_proposal.html", context, title=title, status=typed.status, errors=typed.errors
        )
