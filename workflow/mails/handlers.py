"""What came back about a mail, and seeing to what did not arrive or was answered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select, update

from states.calendar import local_date
from states.roles import Actor, Role
from workflow.commands import RecordReturned, SettleMailMatter
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import directory, mail_matters, registries
from workflow.engine.execute import handles
from workflow.engine.tables import MailMatter, OutboxMessage, ReturnedLetter
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound, StegvisError
from workflow.people import register
from workflow.people.accounts import EMAIL
from workflow.people.tables import Person

_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_matters = MailMatter.__table__  # type: ignore[attr-defined]
_letters = ReturnedLetter.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]

_MESSAGE = Statement(select(_messages).where(_messages.c.id == bindparam("message_id")).with_for_update())
_MATTER = Statement(select(_matters).where(_matters.c.id == bindparam("matter_id")).with_for_update())
_SEEN = Statement(select(_letters.c.id).where(_letters.c.id == bindparam("letter_id")))
_READ = insert_into(_letters)
_RECORD = Statement(
    update(_messages)
    .where(_messages.c.id == bindparam("the_message_id"))
    .values(
        bounced_at=bindparam("came_back"),
        bounce=bindparam("said"),
        delayed_at=bindparam("delayed"),
        answered_at=bindparam("answered"),
        answer=bindparam("by"),
    )
)
_NEW_ADDRESS = Statement(
    update(_people).where(_people.c.id == bindparam("the_person_id")).values(email=bindparam("new_email"))
)

#: What may be done about what: an answer is read, a mail that did not arrive is sent again or told in another way.
WAYS = {"refused": ("again", "corrected", "told"), "bounced": ("again", "corrected", "told"), "answered": ("read",)}
LEADING = frozenset({Role.ADMINISTRATOR, Role.HEAD_OF_PROCUREMENT})
LONGEST_NOTE = 1000


@handles(RecordReturned)
def record_returned(uow: UnitOfWork, command: RecordReturned, who: Actor) -> dict[str, Any]:
    """A bounce opens a matter, an answer by the person too; a delay and an absence notice are only noted.

    Each letter is taken in once. What comes about a message that has not been sent is left aside.
    """
    if uow.one(_SEEN, letter_id=command.letter_id) is not None:
        return {"what": "seen"}
    message = uow.one(_MESSAGE, message_id=command.message_id)
    if command.what not in ("bounced", "delayed", "absent", "answered"):
        raise InvalidForm([FieldError("what", "unknown_choice")])
    if message is None or message.status != "sent" or message.region_id != who.region_id:
        uow.run(_READ, id=command.letter_id, read_at=uow.now, what="unknown", message_id=None)
        return {"what": "unknown"}
    what = command.what
    uow.run(_READ, id=command.letter_id, read_at=uow.now, what=what, message_id=message.id)
    bounced, delayed = what == "bounced", what == "delayed"
    answered = what in ("answered", "absent")
    by = ("person" if what == "answered" or message.answer == "person" else "absent") if answered else message.answer
    uow.run(
        _RECORD,
        the_message_id=message.id,
        came_back=uow.now if bounced else message.bounced_at,
        said=command.detail or None if bounced or (delayed and not message.bounced_at) else message.bounce,
        delayed=uow.now if delayed else message.delayed_at,
        answered=uow.now if answered else message.answered_at,
        by=by,
    )
    mail_matters.note(
        uow,
        message,
        {"bounced": "mail_bounced", "delayed": "mail_delayed", "absent": "mail_absent"}.get(what, "mail_answered"),
        who,
        command.detail or None,
    )
    if what in ("bounced", "answered"):
        mail_matters.open_matter(uow, message, what, who)
    told = registries.MAIL_OUTCOMES.get(message.kind)
    if told is not None and bounced:
        told(uow, message, what, command.detail)
    return {"what": what}


@handles(SettleMailMatter)
def settle_mail_matter(uow: UnitOfWork, command: SettleMailMatter, who: Actor) -> dict[str, Any]:
    """Send again, correct the address and send again (administrator), told in another way (with a note), or read.

    Raises NotFound, Forbidden, InvalidForm, and StegvisError `already_done` for what is settled.
    """
    matter = uow.one(_MATTER, matter_id=command.matter_id)
    if matter is None or matter.region_id != who.region_id:
        raise NotFound
    if not may_settle(uow, matter, who):
        raise Forbidden
    if matter.status != "open":
        raise StegvisError("already_done")
    text = " ".join(command.note.split())
    if command.how not in WAYS[matter.cause]:
        raise InvalidForm([FieldError("how", "unknown_choice")])
    if len(text) > LONGEST_NOTE:
        raise InvalidForm([FieldError("note", "field_too_long")])
    if command.how == "told" and not text:
        raise InvalidForm([FieldError("note", "field_required")])
    message = uow.one(_MESSAGE, message_id=matter.message_id)
    if message is None:
        raise NotFound
    if command.how == "corrected":
        _correct(uow, message, command.address, who)
    if command.how in ("again", "corrected"):
        mail_matters.send_again(uow, message, who, how=command.how, note=text or None)
    mail_matters.settle(uow, matter.id, who, command.how, text or None)
    mail_matters.note(
        uow, message, "mail_matter_settled", who, text or None, cause=matter.cause, how=command.how, channel=who.channel
    )
    return {"id": matter.id, "message": message.id, "how": command.how}


def may_settle(uow: UnitOfWork, matter: Row, who: Actor) -> bool:
    """The person whose it is or who stands in, who holds the role where nobody is named, and those who lead."""
    if who.roles() & LEADING:
        return True
    if matter.person_id is None:
        return matter.role in who.roles()
    return matter.person_id in stands_for(uow, who)


def stands_for(uow: UnitOfWork, who: Actor) -> set[str]:
    """The person and those the person stands in for today."""
    return {who.person_id} | {r.id for r in directory.stood_in_for(uow, who.person_id, local_date(uow.now))}


def _correct(uow: UnitOfWork, message: Row, address: str, who: Actor) -> None:
    """The person's address, which is also what they sign in with. Raises Forbidden, InvalidForm."""
    if Role.ADMINISTRATOR not in who.roles():
        raise Forbidden
    person = directory.person(uow, message.person_id) if message.person_id else None
    email = address.strip().lower()
    if not EMAIL.fullmatch(email) or person is None:
        raise InvalidForm([FieldError("address", "not_an_email")])
    there = directory.person_by_email(uow, email)
    if there is not None and there.id != person.id:
        raise InvalidForm([FieldError("address", "already_there")])
    if there is None:
        uow.run(_NEW_ADDRESS, the_person_id=person.id, new_email=email)
        register.note(uow, person.region_id, "address_corrected", who, person=person.id, email=email)
