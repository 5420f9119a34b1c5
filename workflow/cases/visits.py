"""What changed in a case since a person last looked: one row a person and case, moved on by a command (decision 12).

New is what others did after the last event that the person has seen. Mail and reminders are not: nothing happened in
the case. Before the first visit nothing is marked.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, exists, or_, select, update

from states.roles import Actor
from workflow.cases.tables import CaseVisit
from workflow.commands import MarkSeen
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.access import OF_FILES, TALK, Secrecy
from workflow.engine.act import visible_case
from workflow.engine.execute import handles
from workflow.engine.tables import AuditEvent, AuditPayload, AuditStream
from workflow.errors import FieldError, InvalidForm

#: Events in which nothing happens in the case.
QUIET = (*(kind for kind in TALK if kind.startswith("mail_")), "reminder_sent", "escalated")

_visits = CaseVisit.__table__  # type: ignore[attr-defined]
_events = AuditEvent.__table__  # type: ignore[attr-defined]
_payloads = AuditPayload.__table__  # type: ignore[attr-defined]
_streams = AuditStream.__table__  # type: ignore[attr-defined]
_VISIT = Statement(
    select(_visits).where(_visits.c.person_id == bindparam("person_id"), _visits.c.case_id == bindparam("case_id"))
)
_HEAD = Statement(select(_streams.c.head_seq).where(_streams.c.id == bindparam("case_id")))
_INSERT = insert_into(_visits)
_MOVE_ON = Statement(
    update(_visits)
    .where(
        _visits.c.person_id == bindparam("the_person_id"),
        _visits.c.case_id == bindparam("the_case_id"),
        _visits.c.seen_seq < bindparam("seq"),
    )
    .values(seen_seq=bindparam("seq"), seen_at=bindparam("at"))
)


class LastVisit(NamedTuple):
    """The last event of the case that the person has seen, and when (UTC)."""

    seen_seq: int
    seen_at: datetime


@handles(MarkSeen)
def mark_seen(uow: UnitOfWork, command: MarkSeen, who: Actor) -> dict[str, Any]:
    """The mark only moves on, and never past the last event there is. It is nobody's business: not on the trail.

    Raises NotFound, and InvalidForm for a number that no event has.
    """
    case = visible_case(uow, command.case_id, who, lock=False)
    if command.seq < 1:
        raise InvalidForm([FieldError("seq", "field_invalid")])
    head = uow.one(_HEAD, case_id=case.id)
    seq = min(command.seq, head.head_seq if head else 0)
    visit = uow.one(_VISIT, person_id=who.person_id, case_id=case.id)
    if visit is None:
        uow.run(_INSERT, person_id=who.person_id, case_id=case.id, seen_seq=seq, seen_at=uow.now)
    elif visit.seen_seq < seq:
        uow.run(_MOVE_ON, the_person_id=who.person_id, the_case_id=case.id, seq=seq, at=uow.now)
    return {"case": case.id, "seen_seq": max(seq, visit.seen_seq if visit else 0)}


def last_visit(uow: UnitOfWork, who: Actor, case_id: str) -> LastVisit | None:
    """How far the person has seen the case; None before the first visit."""
    visit = uow.one(_VISIT, person_id=who.person_id, case_id=case_id)
    return LastVisit(visit.seen_seq, visit.seen_at) if visit else None


def is_news(who: Actor, seq: int, kind: str, actor_id: str, visit: LastVisit | None) -> bool:
    """Whether an event of the case happened after the person's last visit, by somebody else, in the case itself."""
    return visit is not None and seq > visit.seen_seq and actor_id != who.person_id and kind not in QUIET


def changed_since_visit(uow: UnitOfWork, who: Actor, case_ids: Iterable[str]) -> set[str]:
    """Those of the cases in which something is new to the person.

    Files and words that not everybody in the region may see are left out, so that a mark tells nothing of them.
    """
    ids = sorted(set(case_ids))
    if not ids:
        return set()
    of_class = exists().where(_payloads.c.stream_id == _events.c.stream_id, _payloads.c.seq == _events.c.seq)
    withheld = or_(
        and_(_events.c.kind.in_(OF_FILES), of_class.where(_payloads.c.secrecy != Secrecy.OPEN)),
        and_(_events.c.kind.in_(TALK), of_class.where(_payloads.c.secrecy == Secrecy.TENDER)),
    )
    news = exists().where(
        _events.c.stream_id == _visits.c.case_id,
        _events.c.seq > _visits.c.seen_seq,
        _events.c.actor_id != who.person_id,
        _events.c.kind.not_in(QUIET),
        ~withheld,
    )
    query = select(_visits.c.case_id).where(_visits.c.person_id == who.person_id, _visits.c.case_id.in_(ids), news)
    return set(uow.connection.execute(query).scalars())
