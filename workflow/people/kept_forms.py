"""What somebody typed, kept while they show who they are: sealed, theirs alone, little of it, and gone after an hour."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select

from states.roles import Actor
from workflow.commands import KeepForm
from workflow.db.columns import new_id
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.execute import Stegvis, execute, handles
from workflow.errors import StegvisError
from workflow.people.tables import KeptForm, Person
from workflow.sealing import seal, unsealed

LIFE = timedelta(hours=1)
#: A person's newest forms; who has more of them open than that has read none of them for long.
MOST_KEPT = 10
#: What a form may take, as UTF-8: twenty-five texts as long as a field takes them.
MOST_BYTES = 256 * 1024
#: The parameter of a page's address that names what shall stand in its form again.
PARAMETER = "kept"
_PURPOSE = "kept form"

_kept = KeptForm.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
#: One form of a person at a time: they are counted over all of them.
_LOCK = Statement(select(_people.c.id).where(_people.c.id == bindparam("person_id")).with_for_update())
_INSERT = insert_into(_kept)
_GET = Statement(
    select(_kept.c.sealed).where(_kept.c.id == bindparam("form_id"), _kept.c.person_id == bindparam("person_id"))
)
_FORGET = Statement(
    delete(_kept).where(_kept.c.person_id == bindparam("person_id"), _kept.c.kept_at < bindparam("before"))
)
#: Room for one more.
_FORGET_OLDEST = Statement(
    delete(_kept).where(
        _kept.c.person_id == bindparam("person_id"),
        _kept.c.id.not_in(
            select(_kept.c.id)
            .where(_kept.c.person_id == bindparam("person_id"))
            .order_by(_kept.c.kept_at.desc(), _kept.c.id.desc())
            .limit(MOST_KEPT - 1)
        ),
    )
)


class FormTooLong(StegvisError):
    """More was typed than is kept for anybody."""

    code = "form_too_long"


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that was sent to `path` with `query`: every answer of each name, in order.

    `signed_out`: the session was over, so that whichever page it is fills it in again; else the person was asked to
    confirm who they are, and the page of the step does.
    """

    path: str
    query: Mapping[str, str]
    answers: Mapping[str, Sequence[str]]
    signed_out: bool

    @property
    def last(self) -> dict[str, str]:
        """The answer that counts where a name has several."""
        return {name: values[-1] for name, values in self.answers.items()}


def keep(app: Stegvis, person_id: str, form: Kept) -> str:
    """Keep a form's answers and where they were sent; returns the name they are read by. Raises FormTooLong."""
    now = app.clock.now()
    text = json.dumps([form.path, form.query, form.answers, form.signed_out], ensure_ascii=False)
    if len(text.encode()) > MOST_BYTES:
        raise FormTooLong
    form_id = new_id(now)
    execute(app, KeepForm(form_id, seal(app.settings, _PURPOSE, text, now)), by=person_id)
    return form_id


def read(app: Stegvis, uow: UnitOfWork, person_id: str, form_id: str) -> Kept | None:
    """What was kept, for the person who typed it; None for anybody else and when it is too old."""
    row = uow.one(_GET, form_id=form_id, person_id=person_id)
    text = unsealed(app.settings, _PURPOSE, row.sealed, app.clock.now(), LIFE) if row is not None else None
    return None if text is None else Kept(*json.loads(text))


@handles(KeepForm)
def keep_form(uow: UnitOfWork, command: KeepForm, who: Actor) -> dict[str, Any]:
    """Changes no case and no right, and is not on the trail; the person's older ones go."""
    uow.one(_LOCK, person_id=who.person_id)
    uow.run(_FORGET, person_id=who.person_id, before=uow.now - LIFE)
    uow.run(_FORGET_OLDEST, person_id=who.person_id)
    uow.run(_INSERT, id=command.form_id, person_id=who.person_id, sealed=command.sealed, kept_at=uow.now)
    return {"id": command.form_id}
