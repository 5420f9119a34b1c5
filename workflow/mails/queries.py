"""Looking at mail: of a case, of a region, one of them as it was sent; and what somebody must see to.

A mail says of its case only what everybody in the region may read. That somebody was asked, or answered, is not shown
to people off the access list while the case's tenders are secret.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select

from notifications.kinds import Kind
from notifications.message import message_id
from states.calendar import end_of_day, start_of_day
from states.roles import Actor, Role
from workflow.cases.paging import Key, Page, Segment, walk
from workflow.cases.region_trail import OVERSEERS
from workflow.cases.view import case_row, names_of, view_of
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows
from workflow.engine.access import MAILS_OF_TALK, Secrecy
from workflow.engine.tables import Case, CaseAccess, Digest, DigestNote, MailMatter, OutboxMessage, Task
from workflow.errors import NotFound
from workflow.mails.handlers import may_settle, stands_for
from workflow.people.tables import Person

#: Nothing was or will be mailed outside; days further off are beyond what a clock can say.
_FIRST_DAY, _LAST_DAY = date(1990, 1, 1), date(2100, 12, 31)

_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_matters = MailMatter.__table__  # type: ignore[attr-defined]
_cases = Case.__table__  # type: ignore[attr-defined]
_access = CaseAccess.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_notes = DigestNote.__table__  # type: ignore[attr-defined]
_digests = Digest.__table__  # type: ignore[attr-defined]
_tasks = Task.__table__  # type: ignore[attr-defined]

#: What a list may be narrowed to. The first five are where the message stands, the others what became of it.
STANDINGS = ("queued", "sending", "sent", "failed", "withdrawn", "bounced", "delayed", "answered", "open")
_COLUMNS = [_messages, _cases.c.reference, _cases.c.title, _cases.c.process]
_FROM = _messages.outerjoin(_cases, _cases.c.id == _messages.c.case_id)
_NEWEST = Segment(_messages.c.id.is_not(None), (Key(_messages.c.id, "id", descending=True),))
_TOLD = Statement(
    select(
        _notes.c.kind, _notes.c.noted_at, _notes.c.case_id, _cases.c.reference, _cases.c.title, _cases.c.process,
        _tasks.c.trigger, _tasks.c.due_on,
    )
    .select_from(
        _notes.join(_digests, _digests.c.id == _notes.c.digest_id)
        .join(_tasks, _tasks.c.id == _notes.c.task_id)
        .join(_cases, _cases.c.id == _notes.c.case_id)
    )
    .where(_digests.c.message_id == bindparam("message_id"))
    .order_by(_notes.c.noted_at, _notes.c.id)
)  # fmt: skip
_MATTERS_OF = Statement(
    select(_matters).where(_matters.c.message_id == bindparam("message_id")).order_by(_matters.c.opened_at)
)
_IN_DIGESTS = Statement(
    select(
        _notes.c.kind,
        _notes.c.noted_at,
        _notes.c.status,
        _people.c.name,
        _notes.c.person_id,
        _digests.c.message_id,
        _digests.c.on_day,
    )
    .select_from(
        _notes.join(_people, _people.c.id == _notes.c.person_id).outerjoin(
            _digests, _digests.c.id == _notes.c.digest_id
        )
    )
    .where(_notes.c.case_id == bindparam("case_id"), _notes.c.status != "dropped")
    .order_by(_notes.c.id.desc())
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class MailFilter:
    """`standing` is one of STANDINGS, `case` a case's id; both days are included, by when the mail was queued."""

    standing: str | None = None
    kind: str | None = None
    person: str | None = None
    case: str | None = None
    from_on: date | None = None
    to_on: date | None = None


@dataclass(frozen=True, slots=True)
class LedgerItem:
    """One mail and its receipts. `role` and `substitute_for` are why this person got it, as the mail itself says."""

    id: str
    message_id: str
    kind: str
    case_id: str | None
    case_reference: str | None
    case_title: str | None
    person_id: str | None
    recipient: str
    recipient_name: str
    role: str
    substitute_for: str | None
    status: str
    attempts: int
    queued_at: datetime
    planned_at: datetime | None
    next_try_at: datetime | None
    sent_at: datetime | None
    late_seconds: int | None
    reply: str | None
    ended_at: datetime | None
    error: str | None
    bounced_at: datetime | None
    delayed_at: datetime | None
    bounce: str | None
    answered_at: datetime | None
    answer: str | None


@dataclass(frozen=True, slots=True)
class Matter:
    """Something to see to, with the mail it is about. `mine`: the viewer may settle it."""

    id: str
    cause: str
    opened_at: datetime
    status: str
    settled_at: datetime | None
    settled_by: str | None
    how: str | None
    note: str | None
    responsible: str | None
    role: str
    mine: bool
    mail: LedgerItem


@dataclass(frozen=True, slots=True)
class MailView:
    """One mail: its receipts, its facts for rendering, what the digest told, and what had to be seen to.

    `readable` False: a letter to a supplier, for somebody who may not see what may name the supplier's own (OSL 31:16).
    """

    item: LedgerItem
    facts: dict[str, Any]
    locale: str
    readable: bool
    told: list[Row] = field(default_factory=list)
    matters: list[Matter] = field(default_factory=list)


def list_mails(
    uow: UnitOfWork, who: Actor, filters: MailFilter, base_url: str, *, after: str | None = None, limit: int = 50
) -> Page[LedgerItem]:
    """The region's mails, newest first. Who does not oversee the region gets one's own, or those of a case it names.

    Raises InvalidForm at `after` for a cursor that this list never gave.
    """
    where = [_messages.c.region_id == who.region_id, _visible(who), *_where(filters)]
    if not who.roles() & OVERSEERS and filters.case is None:
        where.append(_messages.c.person_id == who.person_id)

    def fetch(condition: ColumnElement[bool], order: list[Any], n: int) -> Sequence[Any]:
        query = select(*_COLUMNS).select_from(_FROM).where(*where, condition).order_by(*order).limit(n)
        return uow.connection.execute(query).all()

    rows, following = walk([_NEWEST], after, limit, fetch)
    return Page([_item(r, base_url) for r in rows], following)


def case_ledger(uow: UnitOfWork, who: Actor, case_id: str, base_url: str, **more: Any) -> Page[LedgerItem]:
    """The mails of one case. Raises NotFound."""
    case_row(uow, who, case_id)
    return list_mails(uow, who, MailFilter(case=case_id), base_url, **more)


def told_in_digests(uow: UnitOfWork, who: Actor, case_id: str, *, most: int = 20) -> list[Row]:
    """What was told of a case in somebody's digest, or waits for one, newest first. Raises NotFound."""
    case_row(uow, who, case_id)
    return uow.all(_IN_DIGESTS, case_id=case_id, most=most)


def mail_view(uow: UnitOfWork, who: Actor, mail_id: str, base_url: str) -> MailView:
    """One mail: one's own, of a case, or any for those who oversee the region. Raises NotFound."""
    query = (
        select(*_COLUMNS)
        .select_from(_FROM)
        .where(_messages.c.id == mail_id, _messages.c.region_id == who.region_id, _visible(who))
    )
    row = uow.connection.execute(query).one_or_none()
    if row is None:
        raise NotFound
    item = _item(row, base_url)
    matters = uow.all(_MATTERS_OF, message_id=mail_id)
    mine = [may_settle(uow, m, who) for m in matters]
    if row.case_id is None and row.person_id != who.person_id and not who.roles() & OVERSEERS and not any(mine):
        raise NotFound
    told = uow.all(_TOLD, message_id=mail_id) if row.kind == Kind.DIGEST else []
    names = names_of(uow, who, [x for m in matters for x in (m.person_id, m.settled_by)])
    return MailView(
        item,
        json.loads(row.facts),
        row.locale,
        _readable(uow, who, row),
        told,
        [_matter(m, item, names, may) for m, may in zip(matters, mine, strict=True)],
    )


def _readable(uow: UnitOfWork, who: Actor, row: Row) -> bool:
    if row.kind != Kind.SUPPLIER_NOTICE or row.case_id is None:
        return True
    case = uow.one(case_rows.GET_CASE, case_id=row.case_id)
    return case is None or view_of(uow, who, case).allows(Secrecy.BUSINESS)


def matter_view(uow: UnitOfWork, who: Actor, matter_id: str, base_url: str) -> Matter:
    """One matter, for who may settle it. Raises NotFound."""
    row = uow.connection.execute(
        select(_matters).where(_matters.c.id == matter_id, _matters.c.region_id == who.region_id)
    ).one_or_none()
    if row is None or not may_settle(uow, row, who):
        raise NotFound
    return next(m for m in mail_view(uow, who, row.message_id, base_url).matters if m.id == matter_id)


def my_matters(uow: UnitOfWork, who: Actor, base_url: str, *, limit: int = 100) -> list[Matter]:
    """What this person must see to, oldest first."""
    query = (
        select(
            _matters.c.id.label("matter_id"), _matters.c.cause, _matters.c.opened_at, _matters.c.role,
            _matters.c.person_id.label("whose"), *_COLUMNS,
        )
        .select_from(_matters.join(_FROM, _messages.c.id == _matters.c.message_id))
        .where(_mine(uow, who))
        .order_by(_matters.c.opened_at, _matters.c.id)
        .limit(limit)
    )  # fmt: skip
    rows = uow.connection.execute(query).all()
    names = names_of(uow, who, [r.whose for r in rows])
    return [
        Matter(
            r.matter_id, r.cause, r.opened_at, "open", None, None, None, None, names.get(r.whose), r.role, True,
            _item(r, base_url),
        )
        for r in rows
    ]  # fmt: skip


def my_matter_count(uow: UnitOfWork, who: Actor) -> int:
    """How many mails this person must see to."""
    return int(uow.connection.execute(select(func.count()).select_from(_matters).where(_mine(uow, who))).scalar_one())


def _mine(uow: UnitOfWork, who: Actor) -> ColumnElement[bool]:
    """By name (also for those stood in for), by role where nobody is named; a closed account's go to administrators."""
    whose = _matters.c.person_id.in_(sorted(stands_for(uow, who)))
    by_role = and_(_matters.c.person_id.is_(None), _matters.c.role.in_(sorted(who.roles())))
    options = [whose, by_role]
    if Role.ADMINISTRATOR in who.roles():
        options.append(exists().where(_people.c.id == _matters.c.person_id, _people.c.disabled_at.is_not(None)))
    return and_(_matters.c.region_id == who.region_id, _matters.c.status == "open", or_(*options))


def _visible(who: Actor) -> ColumnElement[bool]:
    listed = exists().where(_access.c.case_id == _messages.c.case_id, _access.c.person_id == who.person_id)
    hidden = and_(_messages.c.kind.in_(MAILS_OF_TALK), func.coalesce(_cases.c.tender_secret, False).is_(True), ~listed)
    return or_(_messages.c.person_id == who.person_id, ~hidden)


def _where(filters: MailFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if filters.standing in ("queued", "sending", "sent", "failed", "withdrawn"):
        found.append(_messages.c.status == filters.standing)
    elif filters.standing == "open":
        found.append(exists().where(_matters.c.message_id == _messages.c.id, _matters.c.status == "open"))
    elif filters.standing:
        found.append(_messages.c[f"{filters.standing}_at"].is_not(None))
    if filters.kind:
        found.append(_messages.c.kind == filters.kind)
    if filters.person:
        found.append(_messages.c.person_id == filters.person)
    if filters.case:
        found.append(_messages.c.case_id == filters.case)
    if filters.from_on:
        found.append(_messages.c.created_at >= start_of_day(max(filters.from_on, _FIRST_DAY)))
    if filters.to_on:
        found.append(_messages.c.created_at < end_of_day(min(filters.to_on, _LAST_DAY)))
    return found


def _item(r: Row, base_url: str) -> LedgerItem:
    facts = json.loads(r.facts)
    return LedgerItem(
        r.id, message_id(r.id, base_url), r.kind, r.case_id, r.reference, r.title, r.person_id, r.recipient,
        r.recipient_name, str(facts.get("role", "role.system")), facts.get("substitute_for"), r.status, r.attempts,
        r.created_at, r.planned_at, r.next_try_at if r.status in ("queued", "sending") else None, r.sent_at,
        r.late_seconds, r.reply, r.ended_at, r.error, r.bounced_at, r.delayed_at, r.bounce, r.answered_at, r.answer,
    )  # fmt: skip


def _matter(m: Row, item: LedgerItem, names: dict[str, str], mine: bool) -> Matter:
    return Matter(
        m.id, m.cause, m.opened_at, m.status, m.settled_at, names.get(m.settled_by or ""), m.how, m.note,
        names.get(m.person_id or ""), m.role, mine and m.status == "open", item,
    )  # fmt: skip
