"""Who is away, who stands in, and how each person wants mail that can wait."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from notifications.digest import FIRST_HOUR, LAST_HOUR
from states.calendar import ONE_DAY, local_date
from states.roles import Actor
from workflow.commands import EndAbsence, EndSubstitute, SetAbsence, SetMailPlan, SetSubstitute
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.execute import handles
from workflow.errors import FieldError, InvalidForm, NotFound
from workflow.people.register import check_period, may_keep, note, person_here
from workflow.people.tables import Absence, MailPlan, Substitute

_substitutes = Substitute.__table__  # type: ignore[attr-defined]
_plans = MailPlan.__table__  # type: ignore[attr-defined]
_INSERT_SUBSTITUTE = insert_into(_substitutes)
_absences = Absence.__table__  # type: ignore[attr-defined]
_INSERT_ABSENCE = insert_into(_absences)
_SUBSTITUTE = Statement(select(_substitutes).where(_substitutes.c.id == bindparam("row_id")).with_for_update())
_SHORTEN_SUBSTITUTE = Statement(
    update(_substitutes).where(_substitutes.c.id == bindparam("row_id")).values(valid_to=bindparam("last_day"))
)
_DROP_SUBSTITUTE = Statement(delete(_substitutes).where(_substitutes.c.id == bindparam("row_id")))
_ABSENCE = Statement(select(_absences).where(_absences.c.id == bindparam("row_id")).with_for_update())
_SHORTEN_ABSENCE = Statement(
    update(_absences).where(_absences.c.id == bindparam("row_id")).values(last_on=bindparam("last_day"))
)
_DROP_ABSENCE = Statement(delete(_absences).where(_absences.c.id == bindparam("row_id")))
_INSERT_PLAN = insert_into(_plans)
_FORGET_PLAN = Statement(delete(_plans).where(_plans.c.person_id == bindparam("the_person_id")))


@handles(SetSubstitute)
def set_substitute(uow: UnitOfWork, command: SetSubstitute, who: Actor) -> dict[str, Any]:
    """Who stands in, from and to. One sets it for oneself; the administrator for anybody.

    `away`: the person replaced is away then; else the substitute only stands ready.
    """
    row = person_here(uow, command.person_id, who.region_id)
    if row.id != who.person_id:
        may_keep(who, row.region_id)
    stand_in = person_here(uow, command.substitute_id, who.region_id, "substitute")
    if stand_in.id == row.id or stand_in.disabled_at is not None:
        raise InvalidForm([FieldError("substitute", "unknown_person")])
    check_period(command.valid_from, command.valid_to)
    made = new_id(uow.now)
    uow.run(
        _INSERT_SUBSTITUTE,
        id=made,
        region_id=row.region_id,
        person_id=row.id,
        substitute_id=stand_in.id,
        valid_from=command.valid_from,
        valid_to=command.valid_to,
        decided_by=who.person_id,
        away=command.away,
    )
    note(
        uow, row.region_id, "substitute_set", who, person=row.id, stand_in=stand_in.id, valid_from=command.valid_from,
        valid_to=command.valid_to, away=command.away,
    )  # fmt: skip
    return {"id": made}


@handles(SetAbsence)
def set_absence(uow: UnitOfWork, command: SetAbsence, who: Actor) -> dict[str, Any]:
    """Days away with nobody named. One sets them for oneself; the administrator for anybody."""
    row = person_here(uow, command.person_id, who.region_id)
    if row.id != who.person_id:
        may_keep(who, row.region_id)
    check_period(command.first_on, command.last_on)
    made = new_id(uow.now)
    uow.run(
        _INSERT_ABSENCE,
        id=made,
        region_id=row.region_id,
        person_id=row.id,
        first_on=command.first_on,
        last_on=command.last_on,
        decided_by=who.person_id,
    )
    note(
        uow, row.region_id, "absence_set", who, person=row.id, valid_from=command.first_on, valid_to=command.last_on
    )  # fmt: skip
    return {"id": made}


@handles(EndSubstitute)
def end_substitute(uow: UnitOfWork, command: EndSubstitute, who: Actor) -> dict[str, Any]:
    """End it earlier than was said; what had not begun is taken back. By the person replaced, or the administrator.

    Raises NotFound for what has ended or is another region's, Forbidden, InvalidForm for a day it does not hold.
    """
    row = uow.one(_SUBSTITUTE, row_id=command.substitute_row_id)
    last_day = _shortened(uow, row, row.valid_to if row else None, command.last_day, who)
    assert row is not None
    if who.person_id != row.person_id:
        may_keep(who, row.region_id)
    if last_day < row.valid_from:
        uow.run(_DROP_SUBSTITUTE, row_id=row.id)
    else:
        uow.run(_SHORTEN_SUBSTITUTE, row_id=row.id, last_day=last_day)
    note(
        uow, row.region_id, "substitute_ended", who, person=row.person_id, stand_in=row.substitute_id,
        valid_from=row.valid_from, valid_to=last_day,
    )  # fmt: skip
    return {"id": row.id, "last_day": last_day}


@handles(EndAbsence)
def end_absence(uow: UnitOfWork, command: EndAbsence, who: Actor) -> dict[str, Any]:
    """Back earlier than was said; days that had not begun are taken back. By the person, or the administrator."""
    row = uow.one(_ABSENCE, row_id=command.absence_id)
    last_day = _shortened(uow, row, row.last_on if row else None, command.last_day, who)
    assert row is not None
    if who.person_id != row.person_id:
        may_keep(who, row.region_id)
    if last_day < row.first_on:
        uow.run(_DROP_ABSENCE, row_id=row.id)
    else:
        uow.run(_SHORTEN_ABSENCE, row_id=row.id, last_day=last_day)
    note(uow, row.region_id, "absence_ended", who, person=row.person_id, valid_from=row.first_on, valid_to=last_day)
    return {"id": row.id, "last_day": last_day}


def _shortened(uow: UnitOfWork, row: Row | None, until: date | None, wanted: Any, who: Actor) -> date:
    """The new last day: the one wanted, or yesterday. The past stays as it was. Raises NotFound or InvalidForm."""
    yesterday = local_date(uow.now) - ONE_DAY
    if row is None or row.region_id != who.region_id or until is None or until <= yesterday:
        raise NotFound
    if wanted is None:
        return yesterday
    if not isinstance(wanted, date):
        raise InvalidForm([FieldError("last_day", "not_a_date")])
    if not yesterday <= wanted <= until:
        raise InvalidForm([FieldError("last_day", "date_out_of_range")])
    return wanted


@handles(SetMailPlan)
def set_mail_plan(uow: UnitOfWork, command: SetMailPlan, who: Actor) -> dict[str, Any]:
    """The person's own choice; it changes no right and no case, and is not on the trail. Days 1 to 7, hours 6 to 20."""
    faults = []
    if command.hour is not None and not FIRST_HOUR <= command.hour <= LAST_HOUR:
        faults.append(FieldError("hour", "unknown_choice"))
    days = "".join(sorted(set(command.weekdays or "")))
    if days.strip("1234567"):
        faults.append(FieldError("weekdays", "unknown_choice"))
    if faults:
        raise InvalidForm(faults)
    uow.run(_FORGET_PLAN, the_person_id=who.person_id)
    uow.run(
        _INSERT_PLAN,
        person_id=who.person_id,
        digest=command.digest,
        asks_wait=command.digest and command.asks_wait,
        hour=command.hour,
        weekdays=days or None,
    )
    return {
        "digest": command.digest,
        "asks_wait": command.digest and command.asks_wait,
        "hour": command.hour,
        "weekdays": days or None,
    }
