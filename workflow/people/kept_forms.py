"""What somebody typed, kept while they confirm who they are: sealed, theirs alone, and gone after an hour."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select

from states.roles import Actor
from workflow.commands import KeepForm
from workflow.db.columns import new_id
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.execute import Stegvis, execute, handles
from workflow.people.tables import KeptForm
from workflow.sealing import seal, unsealed

LIFE = timedelta(hours=1)
#: The parameter of a page's address that names what shall stand in its form again.
PARAMETER = "kept"
_PURPOSE = "kept form"

_kept = KeptForm.__table__  # type: ignore[attr-defined]
_INSERT = insert_into(_kept)
_GET = Statement(
    select(_kept.c.sealed).where(_kept.c.id == bindparam("form_id"), _kept.c.person_id == bindparam("person_id"))
)
_FORGET = Statement(
    delete(_kept).where(_kept.c.person_id == bindparam("person_id"), _kept.c.kept_at < bindparam("before"))
)


def keep(app: Stegvis, person_id: str, content: Mapping[str, Any]) -> str:
    """Keep a form's answers and where they were sent (JSON-able); returns the name they are read by."""
    now = app.clock.now()
    form_id = new_id(now)
    execute(app, KeepForm(form_id, seal(app.settings, _PURPOSE, json.dumps(content), now)), by=person_id)
    return form_id


def read(app: Stegvis, uow: UnitOfWork, person_id: str, form_id: str) -> dict[str, Any] | None:
    """What was kept, for the person who typed it; None for anybody else and when it is too old."""
    row = uow.one(_GET, form_id=form_id, person_id=person_id)
    text = unsealed(app.settings, _PURPOSE, row.sealed, app.clock.now(), LIFE) if row is not None else None
    return None if text is None else json.loads(text)


@handles(KeepForm)
def keep_form(uow: UnitOfWork, command: KeepForm, who: Actor) -> dict[str, Any]:
    """Changes no case and no right, and is not on the trail; the person's older ones go."""
    uow.run(_FORGET, person_id=who.person_id, before=uow.now - LIFE)
    uow.run(_INSERT, id=command.form_id, person_id=who.person_id, sealed=command.sealed, kept_at=uow.now)
    return {"id": command.form_id}
