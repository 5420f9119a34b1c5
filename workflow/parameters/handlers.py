"""Policy as dated rows: a new row follows the old one, from a day, within the bounds that the law book states."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from states.reminders import LIST_BOUNDS, fits
from states.roles import Actor, Role
from states.terms import BOUNDS, SWITCHES, TERMS
from workflow.commands import SetParameter
from workflow.db.columns import new_id
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.execute import handles
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.parameters.tables import ParameterRow

_parameters = ParameterRow.__table__  # type: ignore[attr-defined]
PARAMETERS = Statement(
    select(_parameters)
    .where(_parameters.c.region_id.in_([bindparam("region_id"), "samverkan"]))
    .order_by(_parameters.c.name, _parameters.c.valid_from)
)
_SAME = Statement(
    select(_parameters.c.id).where(
        _parameters.c.region_id == bindparam("region_id"),
        _parameters.c.name == bindparam("name"),
        _parameters.c.valid_from == bindparam("valid_from"),
    )
)
_INSERT = insert_into(_parameters)


def fault(name: str, value: str) -> str | None:
    """The code of what is wrong with a value, or None."""
    if name in BOUNDS:
        bounds = BOUNDS[name]
        return None if value.isdecimal() and bounds.low <= int(value) <= bounds.high else "parameter_out_of_bounds"
    if name in LIST_BOUNDS:
        return None if fits(name, value) else "parameter_out_of_bounds"
    if name == "mail_hour":
        return None if value.isdecimal() and 6 <= int(value) <= 20 else "parameter_out_of_bounds"
    if name in SWITCHES:
        return None if value.isdecimal() else "not_a_number"
    return "unknown_choice"


@handles(SetParameter)
def set_parameter(uow: UnitOfWork, command: SetParameter, who: Actor) -> dict[str, Any]:
    """Add a dated row. Running deadlines do not move: each carries the row it was counted with."""
    if command.region_id != who.region_id:
        raise NotFound
    if not (who.roles() & {Role.HEAD_OF_PROCUREMENT, Role.ADMINISTRATOR}):
        raise Forbidden
    faults = []
    if command.name not in TERMS and command.name not in SWITCHES:
        faults.append(FieldError("name", "unknown_choice"))
    elif wrong := fault(command.name, command.value.strip()):
        faults.append(FieldError("value", wrong))
    if not isinstance(command.valid_from, date):
        faults.append(FieldError("valid_from", "not_a_date"))
    if not command.source.strip():
        faults.append(FieldError("source", "field_required"))
    if not faults and uow.one(_SAME, region_id=command.region_id, name=command.name, valid_from=command.valid_from):
        faults.append(FieldError("valid_from", "parameter_exists"))
    if faults:
        raise InvalidForm(faults)
    row_id = new_id(uow.now)
    uow.run(
        _INSERT,
        id=row_id,
        region_id=command.region_id,
        name=command.name,
        value=command.value.strip(),
        valid_from=command.valid_from,
        source=command.source.strip(),
        decided_by=who.person_id,
        decided_at=uow.now,
    )
    audit.append(
        uow,
        audit.register_stream(command.region_id, "parameters"),
        region_id=command.region_id,
        kind="parameter_set",
        at=uow.now,
        actor_id=who.person_id,
        facts={"parameter": command.name, "value": command.value.strip(), "valid_from": command.valid_from},
        fields=[audit.Field("source", command.source.strip())],
    )
    return {"id": row_id, "name": command.name}
