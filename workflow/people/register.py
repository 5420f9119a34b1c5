"""What every change to the register of people does: the right to it, a look at what it names, a line on the trail."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from states.roles import Actor, Role
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.directory import person
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.people.tables import Unit

_units = Unit.__table__  # type: ignore[attr-defined]

UNIT = Statement(select(_units.c.id, _units.c.region_id).where(_units.c.id == bindparam("unit_id")))


def may_keep(who: Actor, region_id: str) -> None:
    """The region's administrator, or the operator at the command line. Raises NotFound in another region, else Forbidden."""
    if who.region_id != region_id:
        raise NotFound
    if not who.is_system and Role.ADMINISTRATOR not in who.roles():
        raise Forbidden


def note(uow: UnitOfWork, region_id: str, kind: str, who: Actor, **facts: Any) -> None:
    """An event on the region's stream of people; `name` and `email` are fields, so that they can be struck out."""
    personal = {k: facts.pop(k) for k in ("email", "name") if k in facts}
    audit.append(
        uow,
        audit.register_stream(region_id, "people"),
        region_id=region_id,
        kind=kind,
        at=uow.now,
        actor_id=who.person_id,
        facts={**facts, "channel": who.channel},
        fields=[audit.Field(k, v, "personal") for k, v in personal.items()],
    )


def check_unit(uow: UnitOfWork, unit_id: str | None, region_id: str) -> None:
    """A unit that is named is one of the region's. Raises InvalidForm."""
    if unit_id is None:
        return
    unit = uow.one(UNIT, unit_id=unit_id)
    if unit is None or unit.region_id != region_id:
        raise InvalidForm([FieldError("unit", "unknown_unit")])


def person_here(uow: UnitOfWork, person_id: str, region_id: str, field: str = "person") -> Row:
    """The person, if of this region. Raises InvalidForm at `field`: who is elsewhere is as unknown as who is not there."""
    try:
        row = person(uow, person_id)
    except NotFound:
        row = None
    if row is None or row.region_id != region_id:
        raise InvalidForm([FieldError(field, "unknown_person")])
    return row


def check_period(first: Any, last: Any) -> None:
    """Both are days and the last is not before the first. Raises InvalidForm at the one that is wrong."""
    for field, value in (("valid_from", first), ("valid_to", last)):
        if not isinstance(value, date):
            raise InvalidForm([FieldError(field, "not_a_date")])
    if last < first:
        raise InvalidForm([FieldError("valid_to", "end_before_start")])
