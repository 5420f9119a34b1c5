"""Who looked at tender matter while it was secret: once a day for each person and case, on the region's access trail.

Looking changes nothing in the case; the record is there because LOU 12:8 demands that access can be traced.
"""

from __future__ import annotations

from sqlalchemy import bindparam, select

from states.calendar import local_date, start_of_day
from states.roles import Actor
from workflow.cases.view import view_of
from workflow.commands import NoteSecretRead
from workflow.db.statements import Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows
from workflow.engine.access import View
from workflow.engine.act import visible_case
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.tables import AuditEvent

_events = AuditEvent.__table__  # type: ignore[attr-defined]
_NOTED = Statement(
    select(_events.c.seq).where(
        _events.c.region_id == bindparam("region_id"),
        _events.c.actor_id == bindparam("actor_id"),
        _events.c.at >= bindparam("since"),
        _events.c.case_id == bindparam("case_id"),
        _events.c.kind == "tender_matter_read",
    )
)


@handles(NoteSecretRead)
def note_secret_read(uow: UnitOfWork, command: NoteSecretRead, who: Actor) -> bool:
    """Write the record unless today's is there. Returns whether one was written; raises NotFound."""
    case = visible_case(uow, command.case_id, who, lock=False)
    if uow.one(case_rows.ON_ACCESS_LIST, case_id=case.id, person_id=who.person_id) is None:
        return False
    since = start_of_day(local_date(uow.now))
    if uow.one(_NOTED, region_id=case.region_id, actor_id=who.person_id, since=since, case_id=case.id):
        return False
    audit.append(
        uow,
        audit.register_stream(case.region_id, "access"),
        region_id=case.region_id,
        kind="tender_matter_read",
        at=uow.now,
        actor_id=who.person_id,
        case_id=case.id,
        facts={"channel": who.channel},
    )
    return True


def note(app: Stegvis, who: Actor, case_id: str, view: View) -> None:
    """Record a look at a case whose tender matter this person sees and others do not."""
    if view.on_access_list and (view.case_secret or view.secret_lots):
        execute(app, NoteSecretRead(case_id), by=who.person_id, channel=who.channel)


def note_look(app: Stegvis, uow: UnitOfWork, who: Actor, case_id: str) -> None:
    """`note`, for an answer that tells of one part of a case only. Raises NotFound."""
    note(app, who, case_id, view_of(uow, who, visible_case(uow, case_id, who, lock=False)))
