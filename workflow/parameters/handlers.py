"""Policy as dated rows: one person proposes a value within the law book's bounds, another lets it apply."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from states.calendar import local_date
from states.reminders import LIST_BOUNDS, fits
from states.roles import Actor
from states.terms import BOUNDS, SWITCHES, TERMS
from workflow.commands import ProposeParameter, RejectParameter, ReleaseParameter
from workflow.db.columns import new_id
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.execute import handles
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.parameters.proposals import (
    SETTERS,
    new_proposal,
    note,
    open_proposal,
    reason_to_reject,
    settle,
    settled_by_another,
    settling,
)
from workflow.parameters.running import ALL_MOVED, list_for_moving
from workflow.parameters.tables import ParameterChange, ParameterRow

_parameters = ParameterRow.__table__  # type: ignore[attr-defined]
_changes = ParameterChange.__table__  # type: ignore[attr-defined]
PARAMETERS = Statement(
    select(_parameters)
    .where(_parameters.c.region_id.in_([bindparam("region_id"), "samverkan"]))
    .order_by(_parameters.c.name, _parameters.c.valid_from)
)
CHANGES = Statement(
    select(_changes).where(_changes.c.region_id == bindparam("region_id")).order_by(_changes.c.id.desc()).limit(200)
)
CHANGE = Statement(select(_changes).where(_changes.c.id == bindparam("change_id")))
_LOCK_CHANGE = Statement(select(_changes).where(_changes.c.id == bindparam("change_id")).with_for_update())
_SAME = Statement(
    select(_parameters.c.id).where(
        _parameters.c.region_id == bindparam("region_id"),
        _parameters.c.name == bindparam("name"),
        _parameters.c.valid_from == bindparam("valid_from"),
    )
)
_INSERT = insert_into(_parameters)
_PROPOSE = insert_into(_changes)
_SETTLE = settling(_changes)


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


def faults_of(uow: UnitOfWork, region_id: str, name: str, value: str, valid_from: Any, source: str) -> list[FieldError]:
    """Everything that is wrong with a proposed row."""
    faults = []
    if name not in TERMS and name not in SWITCHES:
        faults.append(FieldError("name", "unknown_choice"))
    elif wrong := fault(name, value.strip()):
        faults.append(FieldError("value", wrong))
    if not isinstance(valid_from, date):
        faults.append(FieldError("valid_from", "not_a_date"))
    if not source.strip():
        faults.append(FieldError("source", "field_required"))
    if not faults and uow.one(_SAME, region_id=region_id, name=name, valid_from=valid_from):
        faults.append(FieldError("valid_from", "parameter_exists"))
    return faults


@handles(ProposeParameter)
def propose_parameter(uow: UnitOfWork, command: ProposeParameter, who: Actor) -> dict[str, Any]:
    """Write down a proposed value. Nothing applies before somebody else has released it."""
    if command.region_id != who.region_id:
        raise NotFound
    if not who.roles() & SETTERS:
        raise Forbidden
    value, source = command.value.strip(), command.source.strip()
    faults = faults_of(uow, command.region_id, command.name, value, command.valid_from, source)
    if faults:
        raise InvalidForm(faults)
    change_id = new_id(uow.now)
    uow.run(
        _PROPOSE,
        id=change_id,
        region_id=command.region_id,
        name=command.name,
        value=value,
        valid_from=command.valid_from,
        source=source,
        running=command.running and command.name in BOUNDS,
        **new_proposal(uow, who),
        moved_at=None,
    )
    facts = {"parameter": command.name, "value": value, "valid_from": command.valid_from, "change": change_id}
    note(uow, who, "parameter_proposed", facts | {"running": command.running or None}, [audit.Field("source", source)])
    return {"id": change_id, "name": command.name, "status": "proposed"}


@handles(ReleaseParameter)
def release_parameter(uow: UnitOfWork, command: ReleaseParameter, who: Actor) -> dict[str, Any]:
    """Let a proposed value apply: its row carries both names. Running deadlines move afterwards, case by case.

    Raises NotFound, Forbidden (also `same_person` for whoever proposed it), StegvisError `already_done`, and
    InvalidForm when there is a row of that day by now.
    """
    change = open_proposal(uow.one(_LOCK_CHANGE, change_id=command.change_id), who)
    settled_by_another(change, who)
    if uow.one(_SAME, region_id=change.region_id, name=change.name, valid_from=change.valid_from):
        raise InvalidForm([FieldError("valid_from", "parameter_exists")])
    row_id = new_id(uow.now)
    uow.run(
        _INSERT,
        id=row_id,
        region_id=change.region_id,
        name=change.name,
        value=change.value,
        valid_from=change.valid_from,
        source=change.source,
        decided_by=who.person_id,
        decided_at=uow.now,
        proposed_by=change.proposed_by,
    )
    listed = list_for_moving(uow, change, local_date(uow.now)) if change.running else 0
    settle(uow, _SETTLE, change, "released", who)
    if not listed:
        uow.run(ALL_MOVED, the_change_id=change.id, at=uow.now)
    facts = {
        "parameter": change.name,
        "value": change.value,
        "valid_from": change.valid_from,
        "change": change.id,
        "proposed_by": change.proposed_by,
        "deadlines": listed or None,
    }
    note(uow, who, "parameter_set", facts, [audit.Field("source", change.source)])
    return {"id": row_id, "change": change.id, "name": change.name, "status": "released", "deadlines": listed}


@handles(RejectParameter)
def reject_parameter(uow: UnitOfWork, command: RejectParameter, who: Actor) -> dict[str, Any]:
    """Turn a proposed value down, with a reason. The proposer may take it back in the same way."""
    reason = reason_to_reject(command.reason)
    change = open_proposal(uow.one(_LOCK_CHANGE, change_id=command.change_id), who)
    settle(uow, _SETTLE, change, "rejected", who, reason)
    fields = [audit.Field("source", change.source), audit.Field("reason", reason)]
    note(uow, who, "parameter_rejected", {"parameter": change.name, "change": change.id}, fields)
    return {"id": change.id, "name": change.name, "status": "rejected"}
