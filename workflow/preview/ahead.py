"""Looking ahead: the scheduler's own round on the copy, at each moment at which something may become due."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from math import inf
from typing import Any

from sqlalchemy import bindparam, func, or_, select

from states.calendar import at_local, end_of_day, local_date
from states.reminders import setting
from workflow.clock import FixedClock, monotonic
from workflow.contracts.effects import add_months
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.duties.tables import RecurringDuty
from workflow.engine import case_rows
from workflow.engine.execute import Stegvis
from workflow.engine.mail_plans import plan_of
from workflow.engine.tables import AuditEvent, Digest, DigestNote, OutboxMessage, Task
from workflow.engine.timers import NEXT_DUE, held
from workflow.errors import NotFound
from workflow.parameters.tables import ParameterChange
from workflow.people.tables import Person
from workflow.preview.copying import copied
from workflow.preview.result import Happening, Mail, Preview, Unheeded
from workflow.scheduler import Scheduler

_events = AuditEvent.__table__  # type: ignore[attr-defined]
_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_notes = DigestNote.__table__  # type: ignore[attr-defined]
_digests = Digest.__table__  # type: ignore[attr-defined]
_tasks = Task.__table__  # type: ignore[attr-defined]
_changes = ParameterChange.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_cases = case_rows.cases

LONGEST_MONTHS = 120
#: When something is due that the round did not see to, it is looked at again so much later.
_AGAIN = timedelta(minutes=1)
_DAY = timedelta(days=1)
_KINDS = {
    "reminder_sent": "reminder", "escalated": "escalation", "case_opened": "opened", "digest_made": "digest",
    "deadlines_moved": "dates_moved", "decider_gaps_told": "no_decider",
}  # fmt: skip

_NEXT_MAIL = Statement(select(func.min(_messages.c.next_try_at).label("at")).where(_messages.c.status == "queued"))
_WAITING = Statement(select(_notes.c.person_id).where(_notes.c.status == "waiting").distinct())
_RECURRING = Statement(select(RecurringDuty.__table__.c.id).limit(1))  # type: ignore[attr-defined]
_TO_MOVE = Statement(
    select(_changes.c.id).where(_changes.c.status == "released", _changes.c.moved_at.is_(None)).limit(1)
)
_LINKED = Statement(
    select(_cases.c.id).where(
        _cases.c.region_id == bindparam("region_id"),
        or_(
            _cases.c.parent_id == bindparam("case_id"),
            _cases.c.predecessor_id == bindparam("case_id"),
            _cases.c.id == bindparam("parent_id"),
            _cases.c.id == bindparam("predecessor_id"),
        ),
    )
)


def preview(
    app: Stegvis, region_id: str, *, case: str | None = None, months: int = 12, days: int | None = None,
    seconds: float = inf,
) -> Preview:  # fmt: skip
    """What would happen in a region, or to one case of it (its id or reference), for some months, or days.

    Stops after about `seconds` and says how far it came. Raises NotFound for an unknown region or case.
    """
    begun = monotonic()
    chosen = None
    with app.database.read() as uow:
        if case_rows.region(uow, region_id) is None:
            raise NotFound("region_unknown")
        stands_still = held(uow) is not None
        if case is not None:
            chosen = _find(uow, region_id, case)
        linked = None if chosen is None else _linked(uow, chosen)
    with copied(app, region_id, linked) as copy:
        clock = copy.clock
        assert isinstance(clock, FixedClock)
        since = clock.at
        until = add_months(local_date(since), months) if days is None else local_date(since) + days * _DAY
        reached, faults = _play(copy, clock, region_id, until, begun + seconds, whole=chosen is None)
        with copy.database.read() as uow:
            shown = None if chosen is None else {chosen.id, *_opened_from(uow, chosen.id, since)}
            happenings, mails = _happenings(uow, shown), _mails(uow, since, shown)
            if shown is not None:
                told = {(m.person_id, m.at) for m in mails if m.kind == "digest"}
                happenings = [h for h in happenings if h.case_id or (h.person_id, h.at) in told]
            return Preview(
                region_id, chosen.id if chosen else None, since, until, reached, tuple(happenings), tuple(mails),
                tuple(_unheeded(uow, reached, shown)), stands_still, tuple(dict.fromkeys(faults)), monotonic() - begun,
            )  # fmt: skip


def _find(uow: UnitOfWork, region_id: str, case: str) -> Row:
    """Raises NotFound."""
    query = select(_cases.c.id, _cases.c.region_id, _cases.c.parent_id, _cases.c.predecessor_id)
    query = query.where(_cases.c.region_id == region_id, or_(_cases.c.id == case, _cases.c.reference == case))
    found = uow.connection.execute(query).first()
    if found is None:
        raise NotFound
    return found


def _linked(uow: UnitOfWork, case: Row) -> list[str]:
    """The case and those it hangs together with: what comes before it, what follows it, what was opened from it."""
    rows = uow.all(
        _LINKED, region_id=case.region_id, case_id=case.id, parent_id=case.parent_id, predecessor_id=case.predecessor_id
    )
    return [case.id, *(r.id for r in rows)]


def _play(
    copy: Stegvis, clock: FixedClock, region_id: str, until: date, ends: float, *, whole: bool
) -> tuple[date, list[str]]:
    """Run the scheduler's round at each moment until the end of a day. Returns how far it came, and what went wrong.

    Its nightly sweep is left out: it deletes what is old and counts dates again, and nobody is told by it.
    """
    scheduler = Scheduler(copy, kind="preview", node="preview")
    faults: list[str] = []
    while True:
        error = scheduler.cycle(housekeeping=False).error
        faults += [error] if error else []
        with copy.database.read() as uow:
            at = _next_moment(uow, clock.at, region_id, whole=whole)
        if at is None or at > end_of_day(until):
            return until, faults
        if monotonic() > ends:
            return local_date(clock.at), faults
        clock.at = at


def _next_moment(uow: UnitOfWork, now: datetime, region_id: str, *, whole: bool) -> datetime | None:
    """The first instant after now at which something may come about: a timer, a mail, a digest, and for a whole region
    a new day's duties and moved dates (at midnight) and its look for days without a decider (at the mail hour)."""
    found = []
    for row, at in ((uow.one(NEXT_DUE), "due_at"), (uow.one(_NEXT_MAIL), "at")):
        due = getattr(row, at) if row is not None else None
        if due is not None:
            found.append(due if due > now else now + _AGAIN)
    waiting = uow.all(_WAITING)
    today = local_date(now)
    if uow.one(_RECURRING) is not None or uow.one(_TO_MOVE) is not None:
        found.append(at_local(today + _DAY, 0))
    for day in (today, today + _DAY) if whole or waiting else ():
        hour = int(setting(case_rows.parameters(uow, region_id, day), "mail_hour"))
        moments = {plan_of(uow, w.person_id, hour).moment(day) for w in waiting}
        moments |= {at_local(day, hour)} if whole else set()
        found += [at for at in moments if at > now]
    return min(found, default=None)


# --- what came of it -------------------------------------------------------------------------------------------------


def _opened_from(uow: UnitOfWork, case_id: str, since: datetime) -> list[str]:
    """The cases that were opened from the case on the way."""
    query = select(_cases.c.id).where(
        _cases.c.opened_at >= since, or_(_cases.c.parent_id == case_id, _cases.c.predecessor_id == case_id)
    )
    return [r.id for r in uow.connection.execute(query)]


def _happenings(uow: UnitOfWork, shown: Collection[str] | None) -> list[Happening]:
    """The events of the copy, which began with none. `shown`: of these cases (and of none) alone."""
    query = (
        select(
            _events.c.at, _events.c.case_id, _events.c.kind, _events.c.body, _cases.c.reference, _cases.c.title,
            _cases.c.process,
        )
        .select_from(_events.outerjoin(_cases, _cases.c.id == _events.c.case_id))
        .order_by(_events.c.at, _cases.c.reference, _events.c.stream_id, _events.c.seq)
    )  # fmt: skip
    names = _names(uow)
    found = []
    for row in uow.connection.execute(query):
        body = json.loads(row.body)
        is_step = "definition" in body and "trigger" in body
        kind = _KINDS.get(row.kind) or ("step" if is_step else "other")
        if row.kind.startswith("mail_") or (row.case_id is None and kind not in ("digest", "no_decider")):
            continue  # mails stand in a list of their own
        if shown is not None and (row.case_id not in shown if row.case_id else kind != "digest"):
            continue
        found.append(_happening(row, kind, body, names))
    return found


def _happening(row: Any, kind: str, body: dict[str, Any], names: dict[str, str]) -> Happening:
    moved = kind == "step" and body.get("from") != body.get("to")
    due_on = body.get("due_on")
    return Happening(
        at=row.at,
        on=local_date(row.at),
        kind=kind,
        event=row.kind,
        case_id=row.case_id,
        reference=row.reference,
        title=row.title,
        process=row.process,
        trigger=body.get("trigger") or body.get("task"),
        state=body.get("to") if moved else None,
        lot=body.get("lot"),
        level=body.get("level"),
        due_on=date.fromisoformat(due_on) if isinstance(due_on, str) else None,
        person_id=body.get("person") if kind == "digest" else None,
        person=names.get(body.get("person", "")) if kind == "digest" else None,
    )


def _names(uow: UnitOfWork) -> dict[str, str]:
    return {r.id: r.name for r in uow.connection.execute(select(_people.c.id, _people.c.name))}


def _mails(uow: UnitOfWork, since: datetime, shown: Collection[str] | None) -> Iterable[Mail]:
    told: dict[str, dict[str, None]] = {}
    notes = select(_digests.c.message_id, _notes.c.case_id).join(_notes, _notes.c.digest_id == _digests.c.id)
    for n in uow.connection.execute(notes.where(_notes.c.status == "told").order_by(_notes.c.noted_at, _notes.c.id)):
        if shown is None or n.case_id in shown:
            told.setdefault(n.message_id, {})[n.case_id] = None
    query = (
        select(
            _messages.c.id, _messages.c.sent_at, _messages.c.kind, _messages.c.person_id, _messages.c.recipient_name,
            _messages.c.case_id, _messages.c.facts, _cases.c.reference, _cases.c.title,
        )
        .select_from(_messages.outerjoin(_cases, _cases.c.id == _messages.c.case_id))
        .where(_messages.c.status == "sent", _messages.c.sent_at >= since)
        .order_by(_messages.c.sent_at, _cases.c.reference, _messages.c.id)
    )  # fmt: skip
    found = []
    for m in uow.connection.execute(query):
        about = tuple(told.get(m.id, ())) or ((m.case_id,) if m.case_id else ())
        if shown is not None and not set(about) & set(shown):
            continue
        found.append(mail_of(m, m.sent_at, about))
    return found


def mail_of(message: Row, at: datetime, about: tuple[str, ...]) -> Mail:
    """A row of the outbox, with its case's `reference` and `title`, as a mail that leaves at an instant."""
    facts = json.loads(message.facts)
    return Mail(
        at, local_date(at), message.kind, message.person_id, message.recipient_name, message.case_id, message.reference,
        message.title, about, str(facts.get("role", "role.system")), facts.get("substitute_for"),
        int(facts.get("count", 0)),
    )  # fmt: skip


def _unheeded(uow: UnitOfWork, today: date, shown: Collection[str] | None) -> Iterable[Unheeded]:
    query = (
        select(
            _tasks.c.case_id, _cases.c.reference, _cases.c.title, _tasks.c.process, _tasks.c.trigger, _tasks.c.role,
            _tasks.c.person_id, _people.c.name, _tasks.c.due_on,
        )
        .select_from(
            _tasks.join(_cases, _cases.c.id == _tasks.c.case_id).outerjoin(_people, _people.c.id == _tasks.c.person_id)
        )
        .where(_tasks.c.status == "open", _tasks.c.due_on < today, _cases.c.paused_on.is_(None))
        .order_by(_tasks.c.due_on, _cases.c.reference, _tasks.c.id)
    )  # fmt: skip
    return [Unheeded(*r) for r in uow.connection.execute(query) if shown is None or r.case_id in shown]


__all__ = ["LONGEST_MONTHS", "mail_of", "preview"]
