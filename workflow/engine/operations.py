"""The running of a region for people: is the scheduler alive, what is late or failed, and trying it again.

What is tried again goes the ordinary way: the timer is due, the message is queued, and the scheduler does the rest.
Each such act is on the region's stream "operations".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, case, func, or_, select, update

from states.roles import Actor, Role
from workflow.commands import RecordTrailCheck, ReportAccessFault, RetryMessage, RetryTimer
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows, mail_matters
from workflow.engine.access import OVERSEERS
from workflow.engine.execute import handles
from workflow.engine.tables import AuditEvent, AuditPayload, Heartbeat, Hold, OutboxMessage, SchedulerGap, Timer
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound, StegvisError

_timers = Timer.__table__  # type: ignore[attr-defined]
_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_beats = Heartbeat.__table__  # type: ignore[attr-defined]
_holds = Hold.__table__  # type: ignore[attr-defined]
_gaps = SchedulerGap.__table__  # type: ignore[attr-defined]
_events = AuditEvent.__table__  # type: ignore[attr-defined]
_payloads = AuditPayload.__table__  # type: ignore[attr-defined]
_cases = case_rows.cases

#: So long may a cycle be missing before everybody is told; the same as behind `/readyz`.
STANDSTILL = timedelta(seconds=120)
#: A timer that is due for longer than this is late.
GRACE = timedelta(minutes=5)
SHOWN = 50
#: How far back the page tells of what was late, and of times without any scheduler.
LOOKED_BACK = timedelta(days=30)
WORST = 10
LONGEST_REPORT = 4000

LAST_CYCLE = Statement(select(_beats.c.cycle_at).order_by(_beats.c.cycle_at.desc()).limit(1))
_OLDEST_DUE = Statement(
    select(_timers.c.id).where(_timers.c.status == "pending", _timers.c.due_at < bindparam("before")).limit(1)
)
_BEATS = Statement(select(_beats).order_by(_beats.c.cycle_at.desc()).limit(50))
_HOLDS = Statement(select(_holds).order_by(_holds.c.since_at))
_TIMER = Statement(select(_timers).where(_timers.c.id == bindparam("timer_id")))
_TIMER_AGAIN = Statement(
    update(_timers)
    .where(_timers.c.id == bindparam("the_timer_id"))
    .values(status="pending", attempts=0, error=None, due_at=bindparam("at"))
)
_MESSAGE = Statement(select(_messages).where(_messages.c.id == bindparam("message_id")).with_for_update())
_REPORTS = Statement(
    select(_events.c.at, _events.c.actor_id, _payloads.c.value)
    .select_from(
        _events.join(_payloads, and_(_payloads.c.stream_id == _events.c.stream_id, _payloads.c.seq == _events.c.seq))
    )
    .where(_events.c.stream_id == bindparam("stream_id"), _events.c.kind == "access_fault_reported")
    .order_by(_events.c.seq.desc())
    .limit(20)
)
_OF_CASE = [_cases.c.reference, _cases.c.title, _cases.c.process]
_LATE_TIMERS = Statement(
    select(_timers, *_OF_CASE)
    .select_from(_timers.join(_cases, _cases.c.id == _timers.c.case_id))
    .where(
        _timers.c.region_id == bindparam("region_id"),
        _timers.c.status == "pending",
        or_(_timers.c.due_at < bindparam("before"), _timers.c.error.is_not(None)),
    )
    .order_by(_timers.c.due_at, _timers.c.id)
    .limit(SHOWN)
)
_FAILED_TIMERS = Statement(
    select(_timers, *_OF_CASE)
    .select_from(_timers.join(_cases, _cases.c.id == _timers.c.case_id))
    .where(_timers.c.region_id == bindparam("region_id"), _timers.c.status == "failed")
    .order_by(_timers.c.due_at.desc(), _timers.c.id)
    .limit(SHOWN)
)
_OUTBOX = Statement(
    select(_messages.c.status, func.count().label("n"))
    .where(_messages.c.region_id == bindparam("region_id"))
    .group_by(_messages.c.status)
)
_FAILED_MESSAGES = Statement(
    select(_messages, *_OF_CASE)
    .select_from(_messages.outerjoin(_cases, _cases.c.id == _messages.c.case_id))
    .where(_messages.c.region_id == bindparam("region_id"), _messages.c.status == "failed")
    .order_by(_messages.c.id.desc())
    .limit(SHOWN)
)


def _punctual(table: Any, done: Any, at: Any) -> Statement:
    """How many were done since a moment, how many of them later than `GRACE`, and the worst, in seconds."""
    late = func.sum(case((table.c.late_seconds > int(GRACE.total_seconds()), 1), else_=0))
    return Statement(
        select(func.count().label("n"), late.label("late"), func.max(table.c.late_seconds).label("worst")).where(
            table.c.region_id == bindparam("region_id"),
            done,
            at >= bindparam("since"),
            table.c.late_seconds.is_not(None),
        )
    )


_TIMERS_DONE = _punctual(_timers, _timers.c.status == "fired", _timers.c.fired_at)
_MAILS_DONE = _punctual(_messages, _messages.c.status == "sent", _messages.c.sent_at)
_LATEST_LATE = Statement(
    select(_timers, *_OF_CASE)
    .select_from(_timers.join(_cases, _cases.c.id == _timers.c.case_id))
    .where(
        _timers.c.region_id == bindparam("region_id"),
        _timers.c.status == "fired",
        _timers.c.fired_at >= bindparam("since"),
        _timers.c.late_seconds > int(GRACE.total_seconds()),
    )
    .order_by(_timers.c.fired_at.desc(), _timers.c.id)
    .limit(WORST)
)
_LATEST_LATE_MAILS = Statement(
    select(_messages, *_OF_CASE)
    .select_from(_messages.outerjoin(_cases, _cases.c.id == _messages.c.case_id))
    .where(
        _messages.c.region_id == bindparam("region_id"),
        _messages.c.sent_at >= bindparam("since"),
        _messages.c.late_seconds > int(GRACE.total_seconds()),
    )
    .order_by(_messages.c.sent_at.desc(), _messages.c.id)
    .limit(WORST)
)
_GAPS = Statement(
    select(_gaps).where(_gaps.c.to_at >= bindparam("since")).order_by(_gaps.c.from_at.desc()).limit(SHOWN)
)
_AHEAD = Statement(
    select(func.count().label("n")).where(
        _timers.c.region_id == bindparam("region_id"),
        _timers.c.status == "pending",
        _timers.c.due_at <= bindparam("until"),
    )
)
_WAITING = Statement(
    select(func.count().label("n")).where(_timers.c.region_id == bindparam("region_id"), _timers.c.status == "waiting")
)


@dataclass(frozen=True, slots=True)
class Punctuality:
    """Of what was done in the last `LOOKED_BACK`: how much, how much of it later than `GRACE`, the worst in seconds."""

    done: int
    late: int
    worst_seconds: int


@dataclass(frozen=True, slots=True)
class Honesty:
    """How late things were and are. `ahead` counts the timers of the next 24 hours, `waiting` those whose step is not possible yet."""

    timers: Punctuality
    mails: Punctuality
    late_timers: list[Row]
    late_mails: list[Row]
    gaps: list[Row]
    ahead: int
    waiting: int


@dataclass(frozen=True, slots=True)
class Operations:
    """How the region runs. Lists hold at most `SHOWN` rows; `outbox` counts messages by status."""

    scheduler_late: bool
    mail_away: str | None
    last_cycle_at: datetime | None
    nodes: list[Row]
    holds: list[Row]
    late_timers: list[Row]
    failed_timers: list[Row]
    outbox: dict[str, int]
    failed_messages: list[Row]


def scheduler_is_late(uow: UnitOfWork) -> bool:
    """Whether the scheduler has stood still for two minutes. Before its first cycle: whether anything waits for it."""
    last = uow.one(LAST_CYCLE)
    if last is not None:
        return bool(uow.now - last.cycle_at > STANDSTILL)
    return uow.one(_OLDEST_DUE, before=uow.now - STANDSTILL) is not None


def operations(uow: UnitOfWork, who: Actor) -> Operations:
    """What the operations page shows of the viewer's region. Raises Forbidden."""
    _may(who)
    region_id = who.region_id
    nodes = uow.all(_BEATS)
    latest = max((n.mail_at for n in nodes if n.mail_at), default=None)
    return Operations(
        scheduler_late=scheduler_is_late(uow),
        mail_away=next((n.mail_error for n in nodes if n.mail_at == latest and n.mail_error), None),
        last_cycle_at=nodes[0].cycle_at if nodes else None,
        nodes=nodes,
        holds=uow.all(_HOLDS),
        late_timers=uow.all(_LATE_TIMERS, region_id=region_id, before=uow.now - GRACE),
        failed_timers=uow.all(_FAILED_TIMERS, region_id=region_id),
        outbox={r.status: r.n for r in uow.all(_OUTBOX, region_id=region_id)},
        failed_messages=uow.all(_FAILED_MESSAGES, region_id=region_id),
    )


def honesty(uow: UnitOfWork, who: Actor) -> Honesty:
    """What fired and was sent late in the viewer's region, and when no scheduler ran. Raises Forbidden."""
    _may(who)
    at = {"region_id": who.region_id, "since": uow.now - LOOKED_BACK}

    def punctual(statement: Statement) -> Punctuality:
        row = uow.one(statement, **at)
        return Punctuality(row.n, row.late or 0, row.worst or 0) if row is not None else Punctuality(0, 0, 0)

    def count(statement: Statement, **more: Any) -> int:
        row = uow.one(statement, **at, **more)
        return int(row.n) if row is not None else 0

    return Honesty(
        timers=punctual(_TIMERS_DONE),
        mails=punctual(_MAILS_DONE),
        late_timers=uow.all(_LATEST_LATE, **at),
        late_mails=uow.all(_LATEST_LATE_MAILS, **at),
        gaps=uow.all(_GAPS, **at),
        ahead=count(_AHEAD, until=uow.now + timedelta(days=1)),
        waiting=count(_WAITING),
    )


def _may(who: Actor) -> None:
    if not who.is_system and not who.roles() & {Role.ADMINISTRATOR, Role.HEAD_OF_PROCUREMENT}:
        raise Forbidden


def _note(uow: UnitOfWork, who: Actor, kind: str, **facts: Any) -> None:
    audit.append(
        uow,
        audit.register_stream(who.region_id, "operations"),
        region_id=who.region_id,
        kind=kind,
        at=uow.now,
        actor_id=who.person_id,
        facts={**facts, "channel": who.channel},
    )


@handles(RetryTimer)
def retry_timer(uow: UnitOfWork, command: RetryTimer, who: Actor) -> dict[str, Any]:
    """Raises StegvisError `already_done` for a timer that needs no help."""
    _may(who)
    timer = uow.one(_TIMER, timer_id=command.timer_id)
    if timer is None or timer.region_id != who.region_id:
        raise NotFound
    uow.one(case_rows.LOCK_CASE, case_id=timer.case_id)  # the case before its timers, as everywhere
    timer = uow.one(_TIMER, timer_id=command.timer_id)
    assert timer is not None  # no timer is ever deleted
    if timer.status != "failed" and not (timer.status == "pending" and timer.error):
        raise StegvisError("already_done")
    uow.run(_TIMER_AGAIN, the_timer_id=timer.id, at=uow.now)
    _note(uow, who, "timer_retried", timer=timer.id, about=timer.case_id, timer_kind=timer.kind)
    return {"id": timer.id}


@handles(RetryMessage)
def retry_message(uow: UnitOfWork, command: RetryMessage, who: Actor) -> dict[str, Any]:
    """Raises StegvisError `already_done` for a message that has not failed."""
    _may(who)
    message = uow.one(_MESSAGE, message_id=command.message_id)
    if message is None or message.region_id != who.region_id:
        raise NotFound
    if message.status != "failed":
        raise StegvisError("already_done")
    mail_matters.send_again(uow, message, who)
    _note(uow, who, "message_requeued", message=message.id, about=message.case_id, mail=message.kind)
    return {"id": message.id}


@handles(RecordTrailCheck)
def record_trail_check(uow: UnitOfWork, command: RecordTrailCheck, who: Actor) -> dict[str, Any]:
    """Writes down that the trail was checked, and what was found. Raises Forbidden for who does not oversee the region."""
    if not who.is_system and not who.roles() & OVERSEERS:
        raise Forbidden
    stream, seq, code = command.fault or (None, None, None)
    _note(
        uow, who, "trail_checked", events=command.events, streams=command.streams, fault_stream=stream,
        fault_seq=seq, fault_code=code,
    )  # fmt: skip
    return {"whole": command.fault is None}


@handles(ReportAccessFault)
def report_access_fault(uow: UnitOfWork, command: ReportAccessFault, who: Actor) -> dict[str, Any]:
    """Kept where the administrators look; raises InvalidForm at `text`."""
    words = command.text.strip()
    if not words or len(words) > LONGEST_REPORT:
        raise InvalidForm([FieldError("text", "field_too_long" if words else "field_required")])
    audit.append(
        uow,
        audit.register_stream(who.region_id, "operations"),
        region_id=who.region_id,
        kind="access_fault_reported",
        at=uow.now,
        actor_id=who.person_id,
        facts={"channel": who.channel},
        fields=[audit.Field("text", words, "personal")],
    )
    return {"received": True}


def access_faults(uow: UnitOfWork, who: Actor) -> list[Row]:
    """The reports of the region, newest first: `at`, `actor_id`, `value` (JSON text). Raises Forbidden."""
    _may(who)
    return uow.all(_REPORTS, stream_id=audit.register_stream(who.region_id, "operations"))
