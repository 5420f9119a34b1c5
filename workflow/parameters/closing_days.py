"""The days on which a region keeps closed: added and withdrawn by command, never edited.

They count where the region's own terms are counted in working days, or end on a day on which nobody works. What the
law or a contract counts they never move (lagen 1930:173, 2 §, names the rest days), nor a deadline that is running.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, select, update

from states.calendar import Calendar, local_date
from states.roles import Actor
from workflow.commands import AddClosingDay, WithdrawClosingDay
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.execute import handles
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound, StegvisError
from workflow.parameters.proposals import SETTERS
from workflow.parameters.tables import ClosingDay

_days = ClosingDay.__table__  # type: ignore[attr-defined]
CLOSING_DAYS = Statement(
    select(_days).where(_days.c.region_id == bindparam("region_id")).order_by(_days.c.closed_on.desc(), _days.c.id)
)
_SAME = Statement(
    select(_days.c.id).where(
        _days.c.region_id == bindparam("region_id"),
        _days.c.closed_on == bindparam("closed_on"),
        _days.c.withdrawn_at.is_(None),
    )
)
_DAY = Statement(select(_days).where(_days.c.id == bindparam("day_id")).with_for_update())
_INSERT = insert_into(_days)
_WITHDRAW = Statement(
    update(_days)
    .where(_days.c.id == bindparam("the_day_id"))
    .values(withdrawn_by=bindparam("by"), withdrawn_at=bindparam("at"))
)


@handles(AddClosingDay)
def add_closing_day(uow: UnitOfWork, command: AddClosingDay, who: Actor) -> dict[str, Any]:
    """Add a day. Raises InvalidForm for a day that has passed, is a rest day by law anyway, or is there already."""
    _may(command.region_id, who)
    day, name, source = command.closed_on, command.name.strip(), command.source.strip()
    faults = [FieldError(field, "field_required") for field, text in (("name", name), ("source", source)) if not text]
    if not isinstance(day, date):
        faults.append(FieldError("closed_on", "not_a_date"))
    elif day < local_date(uow.now):
        faults.append(FieldError("closed_on", "closing_day_passed"))
    elif Calendar().is_rest_day(day):
        faults.append(FieldError("closed_on", "closing_day_rests_anyway"))
    elif uow.one(_SAME, region_id=command.region_id, closed_on=day):
        faults.append(FieldError("closed_on", "closing_day_exists"))
    if faults:
        raise InvalidForm(faults)
    day_id = new_id(uow.now)
    uow.run(
        _INSERT,
        id=day_id,
        region_id=command.region_id,
        closed_on=day,
        name=name,
        source=source,
        decided_by=who.person_id,
        decided_at=uow.now,
        withdrawn_by=None,
        withdrawn_at=None,
    )
    _note(uow, who, "closing_day_added", {"closing_day": day_id, "closed_on": day}, name, source)
    return {"id": day_id, "closed_on": day}


@handles(WithdrawClosingDay)
def withdraw_closing_day(uow: UnitOfWork, command: WithdrawClosingDay, who: Actor) -> dict[str, Any]:
    """Withdraw a day that has not come yet; deadlines that were counted with it keep their receipts."""
    row = uow.one(_DAY, day_id=command.closing_day_id)
    if row is None:
        raise NotFound
    _may(row.region_id, who)
    if row.withdrawn_at is not None:
        raise StegvisError("already_done")
    if row.closed_on < local_date(uow.now):
        raise StegvisError("closing_day_passed")
    uow.run(_WITHDRAW, the_day_id=row.id, by=who.person_id, at=uow.now)
    facts = {"closing_day": row.id, "closed_on": row.closed_on}
    _note(uow, who, "closing_day_withdrawn", facts, row.name, row.source)
    return {"id": row.id, "closed_on": row.closed_on}


def closing_days(uow: UnitOfWork, region_id: str) -> list[Row]:
    """All days of a region, the latest first, also those that were withdrawn."""
    return uow.all(CLOSING_DAYS, region_id=region_id)


def _may(region_id: str, who: Actor) -> None:
    if region_id != who.region_id:
        raise NotFound
    if not who.roles() & SETTERS:
        raise Forbidden


def _note(uow: UnitOfWork, who: Actor, kind: str, facts: dict[str, Any], name: str, source: str) -> None:
    audit.append(
        uow,
        audit.register_stream(who.region_id, "parameters"),
        region_id=who.region_id,
        kind=kind,
        at=uow.now,
        actor_id=who.person_id,
        facts=facts,
        fields=[audit.Field("name", name), audit.Field("source", source)],
    )
