"""What lies beside a case's steps: its comments and files, and what may be done with a task."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, Request, UploadFile
from fastapi.responses import Response
from pydantic import Field

from workflow.cases import secret_reads
from workflow.cases.queries import case_comments, case_file, case_files, case_row, my_tasks
from workflow.commands import DeclareConflict, ExtendDeadline, HandOn, RedactField, WriteComment
from workflow.errors import FieldError, InvalidForm, NotFound
from workflow.web.api.exchange import (
    ROOT,
    After,
    Body,
    Key,
    Limit,
    RawJson,
    answered,
    carry_out,
    listed,
    looking,
    only_known_filters,
)
from workflow.web.base import app_of
from workflow.web.downloads import given_out, taken_in, why_withheld

router = APIRouter(tags=["Tasks, comments and files"], dependencies=[Depends(only_known_filters)])


class CommentBody(Body):
    """`kind` is comment or question; an answer names the question in `answers`.

    `secrecy` is open or tender. Left out it follows the case: tender matter while its tenders are secret (OSL 19:3).
    """

    text: str
    kind: str = Field(default="comment", pattern="^(comment|question)$")
    addressee: str | None = None
    answers: str | None = None
    secrecy: str | None = Field(default=None, pattern="^(open|tender)$")


class HandOnBody(Body):
    person: str
    reason: str | None = None


class ConflictBody(Body):
    reason: str = Field(min_length=1)


class RedactBody(Body):
    """By which rule, and why. The rule stays in the chain: no personal data in it."""

    rule: str = Field(min_length=1, max_length=100, examples=["GDPR art. 17"])
    reason: str = Field(min_length=1, max_length=1000)


class ExtendBody(Body):
    to_on: date
    reason: str = Field(min_length=1, max_length=1000)


@router.get(f"{ROOT}/tasks")
def tasks(
    request: Request,
    mine: Annotated[
        bool, Query(description="Always one's own: by name, by role, and of those one stands in for.")
    ] = True,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """My obligations, most urgent first."""
    if not mine:
        raise InvalidForm([FieldError("mine", "unknown_choice")])
    with looking(request) as call:
        return listed(request, my_tasks(call.uow, call.who, call.today, after=after, limit=limit))


@router.post(f"{ROOT}/tasks/{{task_id}}/hand-on")
def hand_on(request: Request, task_id: str, body: HandOnBody, raw: RawJson, key: Key = None) -> Response:
    """Hand a task to somebody who may take it; its last day stands."""
    return answered(carry_out(request, HandOn(task_id, body.person, body.reason), key, raw))


@router.post(f"{ROOT}/tasks/{{task_id}}/conflict")
def conflict(request: Request, task_id: str, body: ConflictBody, raw: RawJson, key: Key = None) -> Response:
    """Declare a conflict of interest: the task goes to the superior."""
    return answered(carry_out(request, DeclareConflict(task_id, body.reason), key, raw))


@router.post(f"{ROOT}/tasks/{{task_id}}/extend")
def extend(request: Request, task_id: str, body: ExtendBody, raw: RawJson, key: Key = None) -> Response:
    """Give a duty of somebody else more time; only the region's own time, within bounds, with a reason."""
    return answered(carry_out(request, ExtendDeadline(task_id, body.to_on, body.reason), key, raw))


@router.post(f"{ROOT}/cases/{{case_id}}/events/{{seq}}/fields/{{name}}/redact")
def redact(request: Request, case_id: str, seq: int, name: str, body: RedactBody, raw: RawJson, key: Key = None) -> Response:  # fmt: skip
    """Mask a field of an event for good, with every copy of its text in the case. For registrars and administrators."""
    return answered(carry_out(request, RedactField(case_id, seq, name, body.rule, body.reason), key, raw))


@router.get(f"{ROOT}/cases/{{case_id}}/comments")
def comments(request: Request, case_id: str) -> Response:
    """Comments, questions and answers, in order."""
    with looking(request) as call:
        secret_reads.note_look(app_of(request), call.uow, call.who, case_id)
        return answered({"items": case_comments(call.uow, call.who, case_id), "next": None})


@router.post(f"{ROOT}/cases/{{case_id}}/comments", status_code=201)
def comment(request: Request, case_id: str, body: CommentBody, raw: RawJson, key: Key = None) -> Response:
    """Write a comment, a question or an answer. Moves no `row_version`."""
    command = WriteComment(case_id, body.text, body.kind, body.addressee, body.answers, body.secrecy)
    return answered(carry_out(request, command, key, raw), 201)


@router.get(f"{ROOT}/cases/{{case_id}}/files")
def files(request: Request, case_id: str) -> Response:
    """The files that the caller may see; of others not even how many there are."""
    with looking(request) as call:
        found = case_files(call.uow, call.who, case_id)
    items = [_file(item) | {"withheld": why_withheld(request, item)} for item in found]
    return answered({"items": items, "next": None})


@router.post(f"{ROOT}/cases/{{case_id}}/files", status_code=201)
def add_file(
    request: Request,
    case_id: str,
    file: Annotated[UploadFile, File()],
    secrecy: Annotated[str, Form(max_length=20)] = "",
    key: Key = None,
) -> Response:
    """Put a file on the case (multipart/form-data): pdf, Office, OpenDocument, csv, txt, png or jpg, at most 50 MB."""
    with looking(request) as call:
        case_row(call.uow, call.who, case_id)  # nothing is stored for a case that one may not see
    command = taken_in(request, case_id, file, secrecy)
    known_by = f"{command.sha256} {command.secrecy} {command.name}".encode()
    made: dict[str, Any] = carry_out(request, command, key, known_by)
    return answered(made, 201, {"Location": _content(case_id, made["id"])})


@router.get(f"{ROOT}/cases/{{case_id}}/files/{{file_id}}/content")
def content(request: Request, case_id: str, file_id: str) -> Response:
    """The bytes, as an attachment; 409 while the file waits for its virus scan, or when that found something."""
    with looking(request) as call:
        item = case_file(call.uow, call.who, file_id)
        if item.case_id != case_id:
            raise NotFound
        secret_reads.note_look(app_of(request), call.uow, call.who, case_id)
    return given_out(request, item)


def _content(case_id: str, file_id: str) -> str:
    return f"{ROOT}/cases/{case_id}/files/{file_id}/content"


def _file(item: Any) -> dict[str, Any]:
    names = ("id", "name", "media_type", "size", "sha256", "secrecy", "added_by", "added_by_name", "added_at", "scan")
    return {n: getattr(item, n) for n in names} | {"href": _content(item.case_id, item.id)}
