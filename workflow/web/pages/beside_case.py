"""What is written beside a case: comments, questions, corrections, files; and a decision as a document."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import UploadFile

from templates.labels import gettext, label
from workflow.cases import secret_reads
from workflow.cases.forms import CorrectForm
from workflow.cases.queries import case_file, case_row, readers_of
from workflow.commands import CorrectCase, MarkSeen, WriteComment
from workflow.documents.word import MEDIA_TYPE
from workflow.errors import FieldError, InvalidForm, NotFound, Stale
from workflow.exports.decisions import decision_document
from workflow.web.base import flash, page
from workflow.web.downloads import download, given_out, taken_in
from workflow.web.pages import words
from workflow.web.pages.case import case_page
from workflow.web.pages.form_fields import asked, described, faults_at, shown, typed
from workflow.web.pages.visit import Sent, Visit, carry_out, choices, small_int, texts, visiting

routes = APIRouter()


@routes.post("/cases/{case_id}/comments")
def comment(request: Request, case_id: str, sent: Sent) -> Response:
    """A comment, or an answer to a question of the case."""
    given = texts(sent)
    answers, secrecy = given.get("answers_id") or None, given.get("secrecy") or None
    command = WriteComment(case_id, given.get("text", ""), "comment", None, answers, secrecy)
    try:
        carry_out(request, sent, command)
    except InvalidForm as refusal:
        with visiting(request) as visit:
            return case_page(
                request, visit, case_id, "", everything=False, status=422, typed_text=given.get("text", ""),
                errors=words.comment_faults(refusal.errors, visit.locale),
            )  # fmt: skip
    return RedirectResponse(f"/cases/{case_id}#comments", 303)


@routes.post("/cases/{case_id}/seen")
def mark_seen(request: Request, case_id: str, sent: Sent) -> Response:
    """The viewer has seen the timeline up to an event. The page's script sends this form, or its button."""
    seq = texts(sent).get("seq", "")
    carry_out(request, sent, MarkSeen(case_id, small_int(seq) or 0))
    return RedirectResponse(f"/cases/{case_id}#timeline", 303)


@routes.get("/cases/{case_id}/question")
def ask(request: Request, case_id: str) -> Response:
    with visiting(request) as visit:
        return _question_page(request, visit, case_id, {}, [])


@routes.post("/cases/{case_id}/question")
def send_question(request: Request, case_id: str, sent: Sent) -> Response:
    """A question to the officer or another person of the region. It stops no clock."""
    given = texts(sent)
    person, secrecy = given.get("person") or None, given.get("secrecy") or None
    command = WriteComment(case_id, given.get("question", ""), "question", person, None, secrecy)
    try:
        carry_out(request, sent, command)
    except InvalidForm as refusal:
        with visiting(request) as visit:
            errors = [
                ("question" if f == "text" else f, t) for f, t in words.comment_faults(refusal.errors, visit.locale)
            ]
            return _question_page(request, visit, case_id, given, errors)
    with visiting(request) as visit:
        flash(request, gettext("Your question has been sent. The time goes on.", visit.locale))
    return RedirectResponse(f"/cases/{case_id}#comments", 303)


def _question_page(
    request: Request, visit: Visit, case_id: str, given: dict[str, str], errors: list[tuple[str | None, str]]
) -> Response:
    case = case_row(visit.uow, visit.who, case_id)
    context = {
        "case": case,
        "given": given,
        "readers": readers_of(visit.uow, visit.who, case),
        "people": [("", gettext("The procurement officer of the case", visit.locale)), *choices(visit).people[""]],
        "faults": {f: t for f, t in errors if f},
        "errors": errors,
    }
    title = gettext("Ask a question", visit.locale)
    return page(request, "pages/question.html", context, title=title, status=422 if errors else 200, errors=errors)


@routes.get("/cases/{case_id}/correct")
def show_correct(request: Request, case_id: str) -> Response:
    with visiting(request) as visit:
        case = case_row(visit.uow, visit.who, case_id)
        data = {
            "title": case.title,
            "unit": case.unit_id,
            "owner": case.owner_id,
            "officer": case.officer_id,
            "manager": case.manager_id,
            "registry_number": case.registry_number,
        }
        return _correct_page(request, visit, case_id, data, [])


@routes.post("/cases/{case_id}/correct")
def correct(request: Request, case_id: str, sent: Sent) -> Response:
    """Change what the case says of itself outside its steps."""
    fields = asked(CorrectForm)
    given = texts(sent)
    data = typed(fields, given)
    version = small_int(given.get("row_version")) or 0
    try:
        carry_out(request, sent, CorrectCase(case_id, version, data))
    except InvalidForm as refusal:
        with visiting(request) as visit:
            return _correct_page(request, visit, case_id, data, faults_at(fields, refusal.errors, visit.locale), 422)
    except Stale:
        with visiting(request) as visit:
            errors: list[tuple[str | None, str]] = [(None, label("error.stale", visit.locale))]
            return _correct_page(request, visit, case_id, data, errors, 409)
    with visiting(request) as visit:
        flash(request, gettext("The details are corrected.", visit.locale))
    return RedirectResponse(f"/cases/{case_id}", 303)


def _correct_page(
    request: Request, visit: Visit, case_id: str, data: dict[str, Any], errors: list[tuple[str | None, str]],
    status: int = 200,
) -> Response:  # fmt: skip
    fields = asked(CorrectForm)
    context = {
        "case": case_row(visit.uow, visit.who, case_id),
        "fields": described(
            fields,
            shown(fields, data, visit.locale),
            {name: text for name, text in errors if name},
            choices(visit),
            visit.locale,
        ),
        "errors": errors,
    }
    title = gettext("Correct the details", visit.locale)
    return page(request, "pages/correct.html", context, title=title, status=status, errors=errors)


@routes.get("/cases/{case_id}/decisions/{decision_id}.docx")
def decision_in_word(request: Request, case_id: str, decision_id: str) -> Response:
    """The decision as a Word document."""
    with visiting(request) as visit:
        name, content = decision_document(visit.uow, visit.who, decision_id, visit.locale, case_id=case_id)
        secret_reads.note_look(visit.app, visit.uow, visit.who, case_id)
    return download(name, content, MEDIA_TYPE)


@routes.post("/cases/{case_id}/files")
def add_file(request: Request, case_id: str, sent: Sent) -> Response:
    """Put a file on the case."""
    upload = sent.get("file")
    with visiting(request) as visit:
        case_row(visit.uow, visit.who, case_id)  # nothing is stored for a case that one may not see
        locale = visit.locale
    try:
        if not isinstance(upload, UploadFile) or not upload.filename:
            raise InvalidForm([FieldError("file", "field_required")])
        command = taken_in(request, case_id, upload, str(sent.get("secrecy") or ""))
        carry_out(request, sent, command)
    except InvalidForm as refusal:
        with visiting(request) as visit:
            errors = words.fault_texts(refusal.errors, locale)
            return case_page(request, visit, case_id, "", everything=False, status=422, errors=errors)
    flash(request, gettext("The file is added.", locale))
    return RedirectResponse(f"/cases/{case_id}#files", 303)


@routes.get("/cases/{case_id}/files/{file_id}")
def fetch_file(request: Request, case_id: str, file_id: str) -> Response:
    """A file of the case, as an attachment."""
    with visiting(request) as visit:
        item = case_file(visit.uow, visit.who, file_id)
        if item.case_id != case_id:
            raise NotFound
        secret_reads.note_look(visit.app, visit.uow, visit.who, case_id)
    return given_out(request, item)
