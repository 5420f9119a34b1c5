"""Comments, questions and answers beside a case: on its trail, outside its facts; a question stops no clock."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from notifications.kinds import Kind
from notifications.recipients import Capacity, Recipient
from states.roles import Actor, Role
from workflow.commands import WriteComment
from workflow.comments.tables import Comment
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows
from workflow.engine.access import Secrecy, class_of_words, reads_only
from workflow.engine.act import load_step, visible_case
from workflow.engine.execute import handles
from workflow.engine.step import Step
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.people.tables import Person

_comments = Comment.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
COMMENTS = Statement(
    select(_comments, _people.c.name.label("author_name"))
    .select_from(_comments.join(_people, _people.c.id == _comments.c.author_id))
    .where(_comments.c.case_id == bindparam("case_id"))
    .order_by(_comments.c.written_at)
)
_COMMENT = Statement(select(_comments).where(_comments.c.id == bindparam("comment_id")))
_INSERT = insert_into(_comments)

MAX_LENGTH = 5_000


@handles(WriteComment)
def write_comment(uow: UnitOfWork, command: WriteComment, who: Actor) -> dict[str, Any]:
    """Write a comment, a question to the officer (or a named person), or an answer. Moves no `row_version`.

    While tenders are secret it is tender matter unless its writer says that it is not (OSL 19:3). Raises InvalidForm
    when it is put to somebody who could not read it.
    """
    case = visible_case(uow, command.case_id, who, lock=True)
    if reads_only(who.roles()) or not who.roles():
        raise Forbidden("read_only_role")
    text = command.text.strip()
    if not text:
        raise InvalidForm([FieldError("text", "field_required")])
    if len(text) > MAX_LENGTH:
        raise InvalidForm([FieldError("text", "field_too_long", {"max_length": MAX_LENGTH})])
    if command.secrecy not in (None, Secrecy.OPEN, Secrecy.TENDER):
        raise InvalidForm([FieldError("secrecy", "unknown_choice")])
    follows = class_of_words(case)
    secrecy = (command.secrecy or follows) if follows is Secrecy.TENDER else Secrecy.OPEN
    step = load_step(uow, case, who)
    asked = _question(uow, command, case.id) if command.answers_id else None
    kind = "answer" if asked is not None else command.kind
    comment_id = new_id(uow.now)
    addressee_id = _addressee(step, command, kind, asked)
    if secrecy == Secrecy.TENDER and addressee_id is not None and not _on_list(uow, case.id, addressee_id):
        raise InvalidForm([FieldError("secrecy", "reader_not_on_access_list")])
    uow.run(
        _INSERT,
        id=comment_id,
        case_id=case.id,
        author_id=who.person_id,
        kind=kind,
        text=text,
        addressee_id=addressee_id,
        answers_id=command.answers_id,
        secrecy=secrecy,
        written_at=uow.now,
    )
    audit.append(
        uow,
        case.id,
        region_id=case.region_id,
        kind={"comment": "commented", "question": "question_asked", "answer": "question_answered"}[kind],
        at=uow.now,
        actor_id=who.person_id,
        case_id=case.id,
        facts={"comment": comment_id, "to_person": addressee_id, "channel": who.channel},
        fields=[audit.Field("text", text, "tender" if secrecy == Secrecy.TENDER else "personal")],
    )
    if kind != "comment" and addressee_id:
        _tell(step, kind, addressee_id)
    return {"id": comment_id, "case": case.id, "kind": kind}


def _on_list(uow: UnitOfWork, case_id: str, person_id: str) -> bool:
    return uow.one(case_rows.ON_ACCESS_LIST, case_id=case_id, person_id=person_id) is not None


def _question(uow: UnitOfWork, command: WriteComment, case_id: str) -> Row:
    row = uow.one(_COMMENT, comment_id=command.answers_id)
    if row is None or row.case_id != case_id or row.kind != "question":
        raise NotFound
    return row


def _addressee(step: Step, command: WriteComment, kind: str, asked: Row | None) -> str | None:
    """An answer goes to who asked; a question to the named person of the region, else to the case's officer."""
    if asked is not None:
        return str(asked.author_id)
    if kind != "question":
        return None
    found = command.addressee_id or step.case.officer_id
    if found is None:
        heads = step.directory.holders_of(Role.HEAD_OF_PROCUREMENT, step.case.unit_id, step.case_id)
        found = heads[0].id if heads else None
    row = step.uow.one(Statement(select(_people.c.region_id).where(_people.c.id == bindparam("p"))), p=found)
    if row is None or row.region_id != step.case.region_id:
        raise InvalidForm([FieldError("person", "unknown_person")])
    return found


def _tell(step: Step, kind: str, addressee_id: str) -> None:
    person = step.directory.person(addressee_id)
    if person is None or not person.active or person.id == step.actor.person_id:
        return
    recipient = (Recipient(person, Capacity.RESPONSIBLE),)
    trigger = step.case.next_trigger
    asked = step.trigger_label("asked", trigger) if trigger else step.state_label(step.case.state)
    common: dict[str, Any] = {
        "link": f"/cases/{step.case_id}#comments",
        "asked": asked,
        "due_on": step.case.next_due_on,
    }
    if kind == "question":
        step.tell(
            Kind.QUESTION_ASKED,
            recipient,
            role=Role.PROCUREMENT_OFFICER,
            asked_by=step.actor.name,
            question=None,
            **common,
        )
    else:
        step.tell(
            Kind.QUESTION_ANSWERED, recipient, role=step.case.next_role or Role.CONTRACT_OWNER,
            answered_by=step.actor.name, answer=None, **common,
        )  # fmt: skip
