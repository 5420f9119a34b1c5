"""What would happen if nobody did anything: the real engine on a copy, with a clock that is moved day by day.

Nothing real is touched: the database is copied into a temporary one, mail stays in memory, files are not opened.
"""

from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlalchemy import delete, event, insert, or_, select, update

from notifications.transport import MemoryTransport
from states.calendar import end_of_day, local_date
from templates.labels import gettext, has_label, label
from workflow.clock import FixedClock
from workflow.contracts.effects import add_months
from workflow.db import schema
from workflow.db.database import Database
from workflow.db.metadata import METADATA
from workflow.db.unit_of_work import UnitOfWork
from workflow.duties.register import open_due_duties
from workflow.engine.case_rows import cases
from workflow.engine.delivery import deliver_mail
from workflow.engine.digests import make_digests, next_digest_at
from workflow.engine.execute import Stegvis
from workflow.engine.tables import AuditEvent, DigestNote, Hold, OutboxMessage, Timer
from workflow.engine.timers import NEXT_DUE, fire_due_timers
from workflow.errors import NotFound

_events = AuditEvent.__table__  # type: ignore[attr-defined]
_timers = Timer.__table__  # type: ignore[attr-defined]
_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_notes = DigestNote.__table__  # type: ignore[attr-defined]
_holds = Hold.__table__  # type: ignore[attr-defined]

#: Not needed to look ahead, and either large or nobody's business.
_LEFT_OUT = {
    "audit_events", "audit_payloads", "outbox_messages", "mail_matters", "returned_letters", "sessions", "api_tokens",
    "idempotency_keys",
}  # fmt: skip
_ROWS_AT_ONCE = 1_000
_MAX_STEPS = 20_000


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that would happen to a case on a day, in words."""

    on: date
    case_id: str
    reference: str
    text: str


@dataclass(frozen=True, slots=True)
class ForecastMail:
    """A mail that would be handed over. `case_id` None where it is about several cases; a digest tells of `rows` tasks."""

    at: datetime
    on: date
    region_id: str
    kind: str
    person_id: str | None
    recipient_name: str
    case_id: str | None
    reference: str | None
    title: str | None
    role: str
    substitute_for: str | None
    rows: int


@dataclass(frozen=True, slots=True)
class Preview:
    until: date
    happenings: list[Happening]
    mails: list[ForecastMail]


def preview(
    app: Stegvis, *, case: str | None = None, months: int = 12, days: int | None = None, locale: str = "sv"
) -> Preview:
    """Everything that would happen to a case (its id or reference) or to all, for some months, or `days` when given.

    With the mails that would leave; those that wait already are not among them. Raises NotFound.
    """
    with tempfile.TemporaryDirectory(prefix="stegvis-preview-") as folder, copied(app, Path(folder)) as copy:
        clock = copy.clock
        assert isinstance(clock, FixedClock)
        today, begins = local_date(clock.now()), clock.at
        until = add_months(today, months) if days is None else today + timedelta(days=days)
        with copy.database.write() as uow:
            _prepare(uow, case)
        found: list[Happening] = []
        for _ in range(_MAX_STEPS):
            if case is None:
                open_due_duties(copy)
            fire_due_timers(copy)
            make_digests(copy)
            deliver_mail(copy)
            with copy.database.read() as uow:
                found += _happened(uow, clock.at, locale)
                due, digest_at = uow.one(NEXT_DUE), next_digest_at(uow)
            moments = [m for m in (due.due_at if due is not None else None, digest_at) if m is not None]
            if not moments or min(moments) > end_of_day(until):
                break
            clock.at = max(min(moments), clock.at)
        with copy.database.read() as uow:
            mails = _mails(uow, begins)
        return Preview(until, found, mails)


@contextmanager
def copied(app: Stegvis, folder: Path) -> Iterator[Stegvis]:
    """The application on a copy of its database in a folder, its clock standing at the present, its mail in memory."""
    path = folder / "copy.db"
    clock = FixedClock(app.clock.now())
    with app.database.read() as uow:
        clock.at = uow.now + timedelta(microseconds=1)  # later than all that has happened
        if app.database.is_sqlite:
            _back_up(uow, path)
        else:
            _copy_rows(uow, path, clock)
    settings = app.settings.model_copy(
        update={"database_url": f"sqlite:///{path}", "mail_url": "memory:", "data_dir": folder, "files_url": ""}
    )
    database = Database(settings.database, clock)
    event.listen(database.engine, "connect", _hurried)
    try:
        yield Stegvis(settings, database, clock, MemoryTransport())
    finally:
        database.dispose()


def _hurried(connection: Any, _record: Any) -> None:
    """A copy that is thrown away need not survive a power cut."""
    connection.execute("PRAGMA synchronous=OFF")


def _back_up(uow: UnitOfWork, path: Path) -> None:
    source: Any = uow.connection.connection.driver_connection
    target = sqlite3.connect(path)
    try:
        source.backup(target)
    finally:
        target.close()


def _copy_rows(uow: UnitOfWork, path: Path, clock: FixedClock) -> None:
    """PostgreSQL's rows into a SQLite file with the same schema."""
    database = Database(f"sqlite:///{path}", clock)
    schema.upgrade(database)
    with database.write() as into:
        for table in reversed(METADATA.sorted_tables):
            into.connection.execute(delete(table))
        for table in METADATA.sorted_tables:
            if table.name in _LEFT_OUT:
                continue
            rows = uow.connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(select(table)).mappings()
            for part in rows.partitions(_ROWS_AT_ONCE):
                into.connection.execute(insert(table), [dict(row) for row in part])
    database.dispose()


def _prepare(uow: UnitOfWork, case: str | None) -> None:
    """Leave out what is under way already, and all other cases when one was asked for."""
    run = uow.connection.execute
    run(delete(_holds))
    run(update(_messages).where(_messages.c.status.in_(("queued", "sending"))).values(status="withdrawn"))
    if case is None:
        return
    found = run(select(cases.c.id).where(or_(cases.c.id == case, cases.c.reference == case))).scalars().all()
    if not found:
        raise NotFound("not_found")
    others = _timers.c.case_id.not_in(found)
    run(update(_timers).where(others, _timers.c.status == "pending").values(status="cancelled"))
    run(delete(_notes).where(_notes.c.case_id.not_in(found), _notes.c.status == "waiting"))


def _happened(uow: UnitOfWork, at: datetime, locale: str) -> list[Happening]:
    """The events of this moment, in the order in which they came about."""
    query = (
        select(_events.c.case_id, _events.c.kind, _events.c.body, cases.c.reference, cases.c.process)
        .select_from(_events.join(cases, cases.c.id == _events.c.case_id))
        .where(_events.c.at == at)
        .order_by(cases.c.reference, _events.c.seq)
    )
    happened: list[Happening] = []
    on = local_date(at)
    for (case_id, reference, is_mail), rows in groupby(
        uow.connection.execute(query), key=lambda r: (r.case_id, r.reference, r.kind == "mail_delivered")
    ):
        if is_mail:
            names = dict.fromkeys(_name(uow, json.loads(r.body).get("to")) for r in rows)
            happened.append(
                Happening(on, case_id, reference, gettext("Mail to %(names)s", locale, names=", ".join(names)))
            )
        else:
            texts = [_words(r.kind, r.process, json.loads(r.body), locale) for r in rows]
            happened += [Happening(on, case_id, reference, text) for text in texts]
    return happened


def _mails(uow: UnitOfWork, begins: datetime) -> list[ForecastMail]:
    """What was handed over in the copy, in order."""
    query = (
        select(_messages, cases.c.reference, cases.c.title)
        .select_from(_messages.outerjoin(cases, cases.c.id == _messages.c.case_id))
        .where(_messages.c.sent_at >= begins, _messages.c.created_at >= begins)
        .order_by(_messages.c.sent_at, _messages.c.id)
    )
    found = []
    for row in uow.connection.execute(query):
        facts = json.loads(row.facts)
        found.append(
            ForecastMail(
                row.sent_at, local_date(row.sent_at), row.region_id, row.kind, row.person_id, row.recipient_name,
                row.case_id, row.reference, row.title, str(facts.get("role", "role.system")),
                facts.get("substitute_for"), int(facts.get("count", 0)),
            )
        )  # fmt: skip
    return found


def _name(uow: UnitOfWork, person_id: str | None) -> str:
    people = METADATA.tables["people"]
    name = uow.connection.execute(select(people.c.name).where(people.c.id == person_id)).scalar()
    return str(name or "–")


def _words(kind: str, process: str, body: dict[str, Any], locale: str) -> str:
    if trigger := body.get("trigger"):
        state = label(f"state.{process}.{body['state']}", locale)
        step = label(f"trigger.{process}.{trigger}", locale)
        return gettext("%(step)s → %(state)s", locale, step=step, state=state) if body["from"] != body["to"] else step
    task = body.get("task")
    about = label(f"asked.{process}.{task}", locale) if task else ""
    if kind == "reminder_sent":
        return gettext("Reminder: %(about)s", locale, about=about)
    if kind == "escalated":
        return gettext("Reported to the manager: %(about)s", locale, about=about)
    return label(f"done.{kind}", locale) if has_label(f"done.{kind}", locale) else gettext("Noted in the trail", locale)


__all__ = ["ForecastMail", "Happening", "Preview", "preview"]
