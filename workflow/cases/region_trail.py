"""The trail of a whole region: what happened in its cases and registers, newest first.

Events of cases are shown as the case itself shows them. The registers (people, access, operations) tell what
colleagues were given and when they signed in, so only those who oversee the region see them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select

from states.calendar import end_of_day, start_of_day
from states.roles import Actor, Role
from workflow.cases.view import case_row, names_of, view_of
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows
from workflow.engine.access import OF_FILES, TALK, Secrecy, View
from workflow.engine.access import OVERSEERS as OVERSEERS
from workflow.engine.tables import AuditEvent, AuditPayload, AuditStream, CaseAccess
from workflow.errors import FieldError, InvalidForm, NotFound

_events = AuditEvent.__table__  # type: ignore[attr-defined]
_payloads = AuditPayload.__table__  # type: ignore[attr-defined]
_streams = AuditStream.__table__  # type: ignore[attr-defined]
_access = CaseAccess.__table__  # type: ignore[attr-defined]
_cases = case_rows.cases

#: The largest number that every database takes; no stream comes near it.
LAST_SEQ = 2**31 - 1

#: What one may filter by, and the event kinds in each group; None stands for all that no other group has.
GROUPS: dict[str, tuple[str, ...] | None] = {
    "steps": None,
    "mail": ("mail_delivered", "mail_failed", "mail_withdrawn"),
    "reminders": ("reminder_sent", "escalated"),
    "talk": ("commented", "question_asked", "question_answered", *OF_FILES),
    "registers": (),
}

_EVENT = Statement(
    select(_events).where(
        _events.c.stream_id == bindparam("stream_id"),
        _events.c.seq == bindparam("seq"),
        _events.c.region_id == bindparam("region_id"),
    )
)
_PAYLOADS = Statement(
    select(_payloads)
    .where(_payloads.c.stream_id == bindparam("stream_id"), _payloads.c.seq == bindparam("seq"))
    .order_by(_payloads.c.name)
)
_REDACTIONS = Statement(
    select(_events.c.seq, _events.c.actor_id, _events.c.body)
    .where(_events.c.stream_id == bindparam("stream_id"), _events.c.kind == "field_redacted")
    .order_by(_events.c.seq)
)
_SIZE = Statement(
    select(func.coalesce(func.sum(_streams.c.head_seq), 0).label("events"), func.count().label("streams")).where(
        _streams.c.region_id == bindparam("region_id")
    )
)
_LAST_CHECK = Statement(
    select(_events.c.at, _events.c.body)
    .where(_events.c.stream_id == bindparam("stream_id"), _events.c.kind == "trail_checked")
    .order_by(_events.c.seq.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """`case` is a case's id; `group` a name of GROUPS; both days are included."""

    person: str | None = None
    case: str | None = None
    group: str | None = None
    from_on: date | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True)
class TrailItem:
    stream_id: str
    seq: int
    kind: str
    at: datetime
    actor_id: str
    actor_name: str | None
    on_behalf_of_name: str | None
    channel: str | None
    trigger: str | None
    from_state: str | None
    to_state: str | None
    lot: int | None
    case_id: str | None
    case_reference: str | None
    case_title: str | None
    process: str | None


@dataclass(frozen=True, slots=True)
class Mask:
    """A field that was masked: by which rule and when; who did it and the event that says so, where one does."""

    name: str
    rule: str
    at: datetime
    by_name: str | None = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class TrailEvent:
    """One event with everything that binds it. `fields` are those the viewer may see, `withheld` the names of others."""

    item: TrailItem
    body: str
    facts: dict[str, Any]
    fields: dict[str, Any]
    withheld: tuple[str, ...]
    redacted: tuple[Mask, ...]
    hash: str
    prev_hash: str


@dataclass(frozen=True, slots=True)
class TrailStatus:
    """How long the trail is, and what the last recorded check found (None: never checked)."""

    events: int
    streams: int
    checked_at: datetime | None = None
    checked_events: int = 0
    fault_stream: str | None = None
    fault_seq: int | None = None
    fault_code: str | None = None


def trail_status(uow: UnitOfWork, who: Actor) -> TrailStatus:
    size = uow.one(_SIZE, region_id=who.region_id)
    check = uow.one(_LAST_CHECK, stream_id=audit.register_stream(who.region_id, "operations"))
    events, streams = (int(size.events), int(size.streams)) if size else (0, 0)
    if check is None:
        return TrailStatus(events, streams)
    body = json.loads(check.body)
    fault = (body.get(f"fault_{name}") for name in ("stream", "seq", "code"))
    return TrailStatus(events, streams, check.at, body["events"], *fault)


def region_events(
    uow: UnitOfWork, who: Actor, filters: TrailFilter, *, after: str | None = None, limit: int = 50
) -> tuple[list[TrailItem], str | None]:
    """Events of the region, newest first, and the cursor of the next page.

    Raises InvalidForm at `after` for a cursor that this list never gave.
    """
    query = (
        select(_events, _cases.c.reference, _cases.c.title, _cases.c.process)
        .select_from(_events.outerjoin(_cases, _cases.c.id == _events.c.case_id))
        .where(_events.c.region_id == who.region_id, *_where(filters), *_visible(who))
        .order_by(_events.c.at.desc(), _events.c.stream_id.desc(), _events.c.seq.desc())
        .limit(limit + 1)
    )
    if after:
        query = query.where(_beyond(after))
    rows = uow.connection.execute(query).all()
    following = None
    if len(rows) > limit:
        rows = rows[:limit]
        last = rows[-1]
        following = f"{last.at.isoformat()}~{last.stream_id}~{last.seq}"
    bodies = [json.loads(r.body) for r in rows]
    names = names_of(uow, who, [*(r.actor_id for r in rows), *(b.get("for") for b in bodies)])
    return [_item(r, b, names) for r, b in zip(rows, bodies, strict=True)], following


def trail_event(uow: UnitOfWork, who: Actor, stream_id: str, seq: int) -> TrailEvent:
    """One event. Raises NotFound, also for one this person may not see."""
    row = uow.one(_EVENT, stream_id=stream_id, seq=seq, region_id=who.region_id) if 0 < seq <= LAST_SEQ else None
    if row is None:
        raise NotFound
    beside = uow.all(_PAYLOADS, stream_id=stream_id, seq=seq)
    case, view = None, View(on_access_list=False, case_secret=False, roles=frozenset(who.roles() | _BUSINESS))
    if row.case_id is not None:
        case = case_row(uow, who, row.case_id)
        view = view_of(uow, who, case)
        withheld = {p.secrecy for p in beside if not view.allows(p.secrecy, p.lot_id)}
        if (row.kind in OF_FILES and withheld) or (row.kind in TALK and Secrecy.TENDER in withheld):
            raise NotFound
    elif not who.roles() & OVERSEERS:
        raise NotFound
    seen = [p for p in beside if view.allows(p.secrecy, p.lot_id)]
    allowed = {p.name for p in seen}
    body = json.loads(row.body)
    names = names_of(uow, who, [row.actor_id, body.get("for")])
    return TrailEvent(
        item=_item(row, body, names, case),
        body=row.body,
        facts=body,
        fields={p.name: json.loads(p.value) for p in seen if p.value is not None},
        withheld=tuple(p.name for p in beside if p.name not in allowed),
        redacted=_masks(uow, who, stream_id, seq, [p for p in seen if p.value is None]),
        hash=row.hash,
        prev_hash=row.prev_hash,
    )


def _masks(uow: UnitOfWork, who: Actor, stream_id: str, seq: int, fields: Sequence[Row]) -> tuple[Mask, ...]:
    """What was masked of an event, with the later event that tells of it."""
    if not fields:
        return ()
    told = {}
    for e in uow.all(_REDACTIONS, stream_id=stream_id):
        masked = json.loads(e.body)["masked"]
        if masked["seq"] == seq:
            told[masked["field"]] = e
    names = names_of(uow, who, [e.actor_id for e in told.values()])
    return tuple(
        Mask(p.name, p.redaction, p.redacted_at, names.get(told[p.name].actor_id), told[p.name].seq)
        if p.name in told
        else Mask(p.name, p.redaction or "", p.redacted_at)
        for p in fields
    )


#: Who oversees a register may read the names and addresses in it.
_BUSINESS = frozenset({Role.AUDIT_REVIEWER})


def _item(row: Row, body: dict[str, Any], names: dict[str, str], case: Row | None = None) -> TrailItem:
    about = case or (row if row.case_id and hasattr(row, "reference") else None)
    return TrailItem(
        stream_id=row.stream_id,
        seq=row.seq,
        kind=row.kind,
        at=row.at,
        actor_id=row.actor_id,
        actor_name=names.get(row.actor_id),
        on_behalf_of_name=names.get(body.get("for", "")),
        channel=body.get("channel"),
        trigger=body.get("trigger"),
        from_state=body.get("from"),
        to_state=body.get("to"),
        lot=body.get("lot"),
        case_id=row.case_id,
        case_reference=about.reference if about else None,
        case_title=about.title if about else None,
        process=about.process if about else None,
    )


def _where(filters: TrailFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.person:
        found.append(_events.c.actor_id == filters.person)
    if filters.case:
        found.append(_events.c.stream_id == filters.case)
    if filters.from_on:
        found.append(_events.c.at >= start_of_day(filters.from_on))
    if filters.to_on:
        found.append(_events.c.at < end_of_day(filters.to_on))
    if filters.group == "registers":
        found.append(_events.c.case_id.is_(None))
    elif filters.group == "steps":
        others = sorted(kind for kinds in GROUPS.values() for kind in kinds or ())
        found.append(and_(_events.c.case_id.is_not(None), _events.c.kind.not_in(others)))
    elif filters.group:
        found.append(_events.c.kind.in_(GROUPS[filters.group] or ()))
    return found


def _visible(who: Actor) -> Sequence[ColumnElement[bool]]:
    """Without registers for those who do not oversee, and without files and words whose existence is secret to the viewer."""
    found: list[ColumnElement[bool]] = []
    if not who.roles() & OVERSEERS:
        found.append(_events.c.case_id.is_not(None))
    of_event = and_(_payloads.c.stream_id == _events.c.stream_id, _payloads.c.seq == _events.c.seq)
    tender = exists().where(of_event, _payloads.c.secrecy == Secrecy.TENDER)
    listed = exists().where(_access.c.case_id == _events.c.case_id, _access.c.person_id == who.person_id)
    hidden = unlisted = and_(tender, _cases.c.tender_secret.is_(True), ~listed)
    if not View(on_access_list=False, case_secret=False, roles=who.roles()).allows(Secrecy.BUSINESS):
        closed = exists().where(of_event, _payloads.c.secrecy.in_((Secrecy.BUSINESS, Secrecy.PERSONAL)))
        hidden = or_(hidden, closed)
    found.append(~and_(_events.c.kind.in_(OF_FILES), hidden))
    found.append(~and_(_events.c.kind.in_(TALK), unlisted))
    return found


def _beyond(after: str) -> ColumnElement[bool]:
    try:
        instant, stream, number = after.split("~")
        at, seq = datetime.fromisoformat(instant), int(number)
        if at.tzinfo is None or not 1 < at.year < 9999 or not 0 <= seq <= LAST_SEQ:
            raise ValueError
    except ValueError:
        raise InvalidForm([FieldError("after", "field_invalid")]) from None
    return and_(
        _events.c.at <= at,
        or_(
            _events.c.at < at,
            _events.c.stream_id < stream,
            and_(_events.c.stream_id == stream, _events.c.seq < seq),
        ),
    )


def case_named(uow: UnitOfWork, who: Actor, text: str) -> str | None:
    """The id of the region's case with this reference, Dnr or id; None when there is none."""
    query = (
        select(_cases.c.id)
        .where(
            _cases.c.region_id == who.region_id,
            or_(_cases.c.reference == text, _cases.c.registry_number == text, _cases.c.id == text),
        )
        .limit(1)
    )
    row = uow.connection.execute(query).first()
    return str(row.id) if row else None
