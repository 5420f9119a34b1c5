"""The register of recurring duties: dated rows, changed by recorded acts only, and the opening of what they bring.

Any number of nodes may open at once: the row of the register is locked, the period looked for again, and a unique
pair of duty and period stands behind it. After downtime everything missed is opened, late, and says so.
"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, or_, select, update

from notifications.plain_text import shorten
from states.calendar import local_date
from states.deadlines import Basis
from states.duty_v1 import ANSWERING
from states.recurrence import Occurrence, Recurrence, Rhythm, occurrences
from states.roles import Actor, Role, system_actor
from workflow.commands import (
    AddRecurringDuty,
    AddStandardDuties,
    EndRecurringDuty,
    OpenCase,
    OpenDuty,
    ShareRecurringDuty,
)
from workflow.db.columns import new_id
from workflow.db.database import DatabaseUnavailable
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.duties.forms import OpenDutyForm
from workflow.duties.standard import standard_of
from workflow.duties.tables import Duty, RecurringDuty
from workflow.engine import audit, case_rows, directory
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.forms import LONGEST_LINE, one_line, parse
from workflow.engine.opening import begin
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.people.register import person_here

log = logging.getLogger("stegvis.duties")

#: Who keeps the annual calendar of their own organisation.
KEEPERS = frozenset({Role.ADMINISTRATOR, Role.HEAD_OF_PROCUREMENT, Role.SECRETARIAT, Role.REGION_COORDINATOR})
COOPERATION = "samverkan"
#: So far ahead the opening looks; no duty is opened more than this many days before its last day.
_HORIZON = timedelta(days=400)

recurring = RecurringDuty.__table__  # type: ignore[attr-defined]
duties = Duty.__table__  # type: ignore[attr-defined]
_LOCK = Statement(select(recurring).where(recurring.c.id == bindparam("recurring_id")).with_for_update())
_KNOWN = Statement(
    select(duties.c.case_id).where(
        duties.c.recurring_id == bindparam("recurring_id"), duties.c.period == bindparam("period")
    )
)
_CODES = Statement(
    select(recurring.c.code).where(
        recurring.c.region_id == bindparam("region_id"),
        or_(recurring.c.valid_to.is_(None), recurring.c.valid_to >= bindparam("today")),
    )
)
_INSERT = insert_into(recurring)
_END = Statement(update(recurring).where(recurring.c.id == bindparam("the_id")).values(valid_to=bindparam("last_day")))
_SHARE = Statement(update(recurring).where(recurring.c.id == bindparam("the_id")).values(shared=bindparam("is_shared")))
_ALL = Statement(select(recurring).order_by(recurring.c.region_id, recurring.c.id))
_OPENED = Statement(select(duties.c.recurring_id, duties.c.period))


def recurrence(row: Row) -> Recurrence:
    """How often the duty of a row comes."""
    return Recurrence(Rhythm(row.rhythm), row.month, row.day, row.times, row.every_years, row.base_year, row.lead_days)


def expected(row: Row, first: date, last: date) -> list[Occurrence]:
    """The occurrences of a row with their last day between two days, as long as the row is valid."""
    first = max(first, row.valid_from)
    last = min(last, row.valid_to) if row.valid_to else last
    return list(occurrences(recurrence(row), first, last)) if first <= last else []


def _may_keep(who: Actor, region_id: str) -> None:
    if who.region_id != region_id:
        raise NotFound
    if not who.is_system and not who.roles() & KEEPERS:
        raise Forbidden


def _note(uow: UnitOfWork, region_id: str, kind: str, who: Actor, **facts: Any) -> None:
    audit.append(
        uow,
        audit.register_stream(region_id, "duties"),
        region_id=region_id,
        kind=kind,
        at=uow.now,
        actor_id=who.person_id,
        facts={**facts, "channel": who.channel},
    )


@handles(AddRecurringDuty)
def add_recurring_duty(uow: UnitOfWork, command: AddRecurringDuty, who: Actor) -> dict[str, Any]:
    """Add a row. Raises NotFound in another region, Forbidden, InvalidForm with all that is wrong."""
    _may_keep(who, command.region_id)
    _check(uow, command)
    return {"id": _add(uow, command, who)}


def _check(uow: UnitOfWork, c: AddRecurringDuty) -> None:
    faults = []
    for name in ("title", "source"):
        try:
            text = one_line(str(getattr(c, name)))
        except ValueError:
            faults.append(FieldError(name, "field_invalid"))
            continue
        if not text:
            faults.append(FieldError(name, "field_required"))
        elif len(text) > LONGEST_LINE:
            faults.append(FieldError(name, "field_too_long"))
    if c.rhythm not in set(Rhythm):
        faults.append(FieldError("rhythm", "unknown_choice"))
    if c.owner_role not in ANSWERING:
        faults.append(FieldError("owner_role", "unknown_choice"))
    if c.basis not in set(Basis):
        faults.append(FieldError("basis", "unknown_choice"))
    if not isinstance(c.valid_from, date):
        faults.append(FieldError("valid_from", "not_a_date"))
    for name, low, high in (("month", 1, 12), ("day", 1, 31), ("times", 1, 12), ("every_years", 1, 10), ("base_year", 2000, 2100),
                            ("lead_days", 1, 365)):  # fmt: skip
        value = getattr(c, name)
        if type(value) is not int or not low <= value <= high:
            faults.append(FieldError(name, "number_out_of_range", {"low": low, "high": high}))
    if c.shared and c.region_id != COOPERATION:
        faults.append(FieldError("shared", "unknown_choice"))
    if faults:
        raise InvalidForm(faults)
    if c.owner_id:
        person_here(uow, c.owner_id, c.region_id, "owner")


def _add(uow: UnitOfWork, c: AddRecurringDuty, who: Actor) -> str:
    duty_id = new_id(uow.now)
    names = ("region_id", "code", "rhythm", "month", "day", "times", "every_years", "base_year", "lead_days", "owner_role",
             "owner_id", "basis", "is_notice", "shared", "valid_from")  # fmt: skip
    values = {name: getattr(c, name) for name in names} | {"title": one_line(c.title), "source": one_line(c.source)}
    uow.run(_INSERT, id=duty_id, valid_to=None, decided_by=who.person_id, **values)
    said = {name: value for name, value in values.items() if name != "region_id"}
    _note(uow, c.region_id, "recurring_duty_added", who, recurring=duty_id, **said)
    return duty_id


@handles(AddStandardDuties)
def add_standard_duties(uow: UnitOfWork, command: AddStandardDuties, who: Actor) -> dict[str, Any]:
    """Take in the standard calendar, from a day (today when none is said). A duty that is there is left alone."""
    _may_keep(who, command.region_id)
    if case_rows.region(uow, command.region_id) is None:
        raise NotFound("region_unknown")
    today = local_date(uow.now)
    valid_from = command.valid_from or today
    if not isinstance(valid_from, date):
        raise InvalidForm([FieldError("valid_from", "not_a_date")])
    known = {row.code for row in uow.all(_CODES, region_id=command.region_id, today=today)}
    added = 0
    for values in standard_of(command.region_id):
        if values["code"] not in known:
            _add(uow, AddRecurringDuty(command.region_id, valid_from=valid_from, **values), who)
            added += 1
    return {"added": added}


def _row(uow: UnitOfWork, recurring_id: str, who: Actor) -> Row:
    row = uow.one(_LOCK, recurring_id=recurring_id)
    if row is None or row.region_id != who.region_id:
        raise NotFound
    _may_keep(who, row.region_id)
    return row


@handles(EndRecurringDuty)
def end_recurring_duty(uow: UnitOfWork, command: EndRecurringDuty, who: Actor) -> dict[str, Any]:
    row = _row(uow, command.recurring_id, who)
    if not isinstance(command.last_day, date):
        raise InvalidForm([FieldError("last_day", "not_a_date")])
    uow.run(_END, the_id=row.id, last_day=command.last_day)
    _note(uow, row.region_id, "recurring_duty_ended", who, recurring=row.id, last_day=command.last_day)
    return {"id": row.id}


@handles(ShareRecurringDuty)
def share_recurring_duty(uow: UnitOfWork, command: ShareRecurringDuty, who: Actor) -> dict[str, Any]:
    """Only the cooperation shares, and only what is its own (the region wall moves by a recorded act)."""
    row = _row(uow, command.recurring_id, who)
    if row.region_id != COOPERATION:
        raise Forbidden
    uow.run(_SHARE, the_id=row.id, is_shared=command.shared)
    _note(
        uow,
        row.region_id,
        "recurring_duty_shared" if command.shared else "recurring_duty_unshared",
        who,
        recurring=row.id,
    )
    return {"id": row.id, "shared": command.shared}


def open_due_duties(app: Stegvis) -> int:
    """Open every occurrence whose time has come, also those missed while nothing ran. Returns how many were opened here.

    One that fails is logged and keeps no other from being opened; not being there, it is tried again the next time.
    """
    with app.database.read() as uow:
        today = local_date(uow.now)
        rows = uow.all(_ALL)
        opened = {(r.recurring_id, r.period) for r in uow.all(_OPENED)} if rows else set()
    made = 0
    for row in rows:
        for occurrence in expected(row, date.min, today + _HORIZON):
            if occurrence.opens_on <= today and (row.id, occurrence.period) not in opened:
                made += _open(app, row, occurrence.period)
    return made


def _open(app: Stegvis, row: Row, period: str) -> int:
    try:
        done = execute(app, OpenDuty(row.id, period), by=system_actor(row.region_id), channel="scheduler")
        return int(done["opened"])
    except Exception as error:
        if isinstance(error, DatabaseUnavailable) and not error.took_too_long:
            raise  # nothing is wrong with the duty, and the others would fare no better
        extra = {"action": "duty_failed", "recurring": row.id, "period": period}
        log.exception("duty %s of %s could not be opened", row.id, period, extra=extra)
        return 0


@handles(OpenDuty)
def open_duty(uow: UnitOfWork, command: OpenDuty, who: Actor) -> dict[str, Any]:
    """Open one occurrence, if its time has come and nobody has. Raises NotFound, Forbidden for anybody but the system."""
    if not who.is_system:
        raise Forbidden
    row = uow.one(_LOCK, recurring_id=command.recurring_id)
    if row is None or row.region_id != who.region_id:
        raise NotFound
    if uow.one(_KNOWN, recurring_id=row.id, period=command.period) is not None:
        return {"opened": 0}
    today = local_date(uow.now)
    found = [o for o in expected(row, date.min, today + _HORIZON) if o.period == command.period and o.opens_on <= today]
    if not found:
        raise NotFound
    (occurrence,) = found
    form = {
        "title": title_of(row, occurrence.period),
        "owner": _owner(uow, row),
        "recurring_id": row.id,
        "period": occurrence.period,
        "due_on": occurrence.due_on.isoformat(),
        "answering_role": row.owner_role,
        "basis": row.basis,
        "source": row.source,
        "is_notice": bool(row.is_notice),
        "opened_late": today > occurrence.due_on,
    }
    begin(uow, who, OpenCase("duty", row.region_id, form), parse(OpenDutyForm, form))
    return {"opened": 1}


def _owner(uow: UnitOfWork, row: Row) -> str | None:
    """The person the row names. The role answers where nobody is named, or somebody whose account is closed."""
    owner = directory.person(uow, row.owner_id) if row.owner_id else None
    return owner.id if owner is not None and owner.disabled_at is None else None


def title_of(row: Row, period: str) -> str:
    """ "Styrgruppsmöte 3 av 4, 2027", "Verksamhetsplan …, 2027"; of a long title as much as leaves room for which it is."""
    year, _, number = period.partition("-")
    which = f", {year}"
    if row.rhythm == Rhythm.TIMES_A_YEAR and row.times > 1:
        which = f" {number} av {row.times}, {year}"
    return shorten(row.title, LONGEST_LINE - len(which)) + which


__all__ = ["COOPERATION", "KEEPERS", "expected", "open_due_duties", "recurrence", "title_of"]
