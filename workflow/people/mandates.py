"""The delegation order at work: which row, valid today, lets somebody take an act at a value."""

from __future__ import annotations

from datetime import date

from sqlalchemy import bindparam, or_, select

from states.facts import Mandate
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import registries
from workflow.engine.forms import kronor
from workflow.engine.registries import fact
from workflow.engine.step import Step
from workflow.people.tables import MandateRow

_mandates = MandateRow.__table__  # type: ignore[attr-defined]
_MANDATES = Statement(
    select(_mandates)
    .where(
        _mandates.c.region_id == bindparam("region_id"),
        _mandates.c.act == bindparam("act"),
        _mandates.c.valid_from <= bindparam("today"),
        or_(_mandates.c.valid_to.is_(None), _mandates.c.valid_to >= bindparam("today")),
    )
    .order_by(_mandates.c.limit_ore)
)


def mandates_of(uow: UnitOfWork, region_id: str, act: str, value: int | None, today: date) -> list[Row]:
    """The rows valid today that cover an act at a value in öre (None: only rows without a limit do), the narrowest first."""
    found = uow.all(_MANDATES, region_id=region_id, act=act, today=today)
    return [m for m in found if m.limit_ore is None or (value is not None and value <= m.limit_ore)]


@fact("mandate")
def load_mandate(step: Step) -> Mandate | None:
    """The narrowest row of the delegation order, valid today, that lets the actor take this act at this value."""
    capacity = step.capacity
    if capacity is None:
        return None
    value = registries.VALUES[step.case.process](step)
    step.value_ore = value
    holder = capacity.on_behalf_of or step.actor.person_id
    for row in mandates_of(step.uow, step.case.region_id, step.trigger, value, step.today):
        if row.person_id == holder if row.person_id else row.role == capacity.role:
            return Mandate(row.id, row.act, row.rule, row.source, row.role, row.person_id, kronor(row.limit_ore))
    return None
