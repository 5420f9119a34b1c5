"""The organisation: units, roles, the delegation order, substitutes. Every change is on the region's trail."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from states.calendar import local_date
from states.registry import DEFINITIONS
from states.roles import HUMAN_ROLES, Actor
from workflow.commands import AddMandate, AddUnit, AssignRole, ChangeUnit, EndMandate, EndRole
from workflow.db.columns import new_id, sort_key
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.execute import handles
from workflow.errors import FieldError, InvalidForm, NotFound, StegvisError
from workflow.people.register import UNIT, check_period, check_unit, may_keep, note, person_here
from workflow.people.tables import MandateRow, RoleAssignment, Unit

_roles = RoleAssignment.__table__  # type: ignore[attr-defined]
_mandates = MandateRow.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]

_INSERT_ROLE = insert_into(_roles)
_INSERT_MANDATE = insert_into(_mandates)
_INSERT_UNIT = insert_into(_units)
_ROLE = Statement(select(_roles).where(_roles.c.id == bindparam("assignment_id")))
_END_ROLE = Statement(
    update(_roles).where(_roles.c.id == bindparam("assignment_id")).values(valid_to=bindparam("last_day"))
)
_CHANGE_UNIT = Statement(
    update(_units)
    .where(_units.c.id == bindparam("the_unit_id"))
    .values(
        name=bindparam("new_name"),
        name_sort=bindparam("new_sort"),
        manager_id=bindparam("new_manager"),
        contract_owner_id=bindparam("new_owner"),
    )
)
_MANDATE = Statement(select(_mandates).where(_mandates.c.id == bindparam("mandate_id")))
_END_MANDATE = Statement(
    update(_mandates).where(_mandates.c.id == bindparam("the_mandate_id")).values(valid_to=bindparam("last_day"))
)


def assign(
    uow: UnitOfWork, who: Actor, region_id: str, person_id: str, role: str, unit_id: str | None, valid_from: date,
    valid_to: date | None,
) -> str:  # fmt: skip
    """Write a role that was checked, and its event. Returns the id of the assignment."""
    assignment_id = new_id(uow.now)
    uow.run(
        _INSERT_ROLE,
        id=assignment_id,
        region_id=region_id,
        person_id=person_id,
        role=role,
        unit_id=unit_id,
        valid_from=valid_from,
        valid_to=valid_to,
        decided_by=who.person_id,
    )
    note(
        uow, region_id, "role_assigned", who, person=person_id, assigned=role, unit=unit_id, valid_from=valid_from,
        valid_to=valid_to,
    )  # fmt: skip
    return assignment_id


@handles(AssignRole)
def assign_role(uow: UnitOfWork, command: AssignRole, who: Actor) -> dict[str, Any]:
    """A role in the region, or in one of its units, from a day and as long as the last day says."""
    row = person_here(uow, command.person_id, who.region_id)
    may_keep(who, row.region_id)
    if command.role not in HUMAN_ROLES:
        raise InvalidForm([FieldError("role", "unknown_choice")])
    check_unit(uow, command.unit_id, row.region_id)
    valid_from = command.valid_from or local_date(uow.now)
    if command.valid_to:
        check_period(valid_from, command.valid_to)
    made = assign(uow, who, row.region_id, row.id, command.role, command.unit_id, valid_from, command.valid_to)
    return {"id": made}


def _still_holds(row: Row, today: date) -> None:
    """What has ended is history: nobody gives it another last day."""
    if row.valid_to is not None and row.valid_to < today:
        raise StegvisError("already_done")


@handles(EndRole)
def end_role(uow: UnitOfWork, command: EndRole, who: Actor) -> dict[str, Any]:
    """A role ends with yesterday: it no longer holds from this moment. Raises StegvisError `already_done` for one that has ended."""
    row = uow.one(_ROLE, assignment_id=command.assignment_id)
    if row is None:
        raise NotFound
    may_keep(who, row.region_id)
    _still_holds(row, local_date(uow.now))
    uow.run(_END_ROLE, assignment_id=row.id, last_day=local_date(uow.now) - timedelta(days=1))
    note(uow, row.region_id, "role_ended", who, person=row.person_id, assigned=row.role)
    return {"id": row.id}


def _check_answerable(uow: UnitOfWork, command: AddUnit | ChangeUnit, region_id: str) -> None:
    """A unit has a name, and those who answer for it are of the region. Raises InvalidForm."""
    if not command.name.strip():
        raise InvalidForm([FieldError("name", "field_required")])
    for field, person_id in (("manager", command.manager_id), ("owner", command.contract_owner_id)):
        if person_id:
            person_here(uow, person_id, region_id, field)


@handles(AddUnit)
def add_unit(uow: UnitOfWork, command: AddUnit, who: Actor) -> dict[str, Any]:
    """A unit of the tree, with who answers for it."""
    may_keep(who, command.region_id)
    _check_answerable(uow, command, command.region_id)
    check_unit(uow, command.parent_id, command.region_id)
    unit_id = new_id(uow.now)
    uow.run(
        _INSERT_UNIT,
        id=unit_id,
        region_id=command.region_id,
        parent_id=command.parent_id,
        name=command.name.strip(),
        name_sort=sort_key(command.name.strip()),
        kind=command.kind,
        manager_id=command.manager_id,
        contract_owner_id=command.contract_owner_id,
    )
    note(uow, command.region_id, "unit_added", who, unit=unit_id, unit_name=command.name.strip())
    return {"id": unit_id}


@handles(ChangeUnit)
def change_unit(uow: UnitOfWork, command: ChangeUnit, who: Actor) -> dict[str, Any]:
    """Reminders that are sent on go to the manager who stands here then."""
    unit = uow.one(UNIT, unit_id=command.unit_id)
    if unit is None:
        raise NotFound
    may_keep(who, unit.region_id)
    _check_answerable(uow, command, unit.region_id)
    uow.run(
        _CHANGE_UNIT,
        the_unit_id=unit.id,
        new_name=command.name.strip(),
        new_sort=sort_key(command.name.strip()),
        new_manager=command.manager_id,
        new_owner=command.contract_owner_id,
    )
    note(
        uow, unit.region_id, "unit_changed", who, unit=unit.id, unit_name=command.name.strip(),
        manager=command.manager_id, contract_owner=command.contract_owner_id,
    )  # fmt: skip
    return {"id": unit.id}


#: The acts that a row of the delegation order can cover.
MANDATED_ACTS = tuple(
    sorted({t.trigger for d in DEFINITIONS.values() for t in d.transitions if "mandate_covers" in t.guards})
)


@handles(AddMandate)
def add_mandate(uow: UnitOfWork, command: AddMandate, who: Actor) -> dict[str, Any]:
    """A row of the delegation order: role or person, act, limit, rule, from when."""
    may_keep(who, command.region_id)
    faults = []
    if command.act not in MANDATED_ACTS:
        faults.append(FieldError("act", "unknown_choice"))
    if (command.role is None) == (command.person_id is None):
        faults.append(FieldError("role", "role_or_person"))
    if command.role is not None and command.role not in HUMAN_ROLES:
        faults.append(FieldError("role", "unknown_choice"))
    if not command.rule.strip():
        faults.append(FieldError("mandate_rule", "field_required"))
    if command.limit_ore is not None and command.limit_ore < 0:
        faults.append(FieldError("limit_amount", "negative_number"))
    if faults:
        raise InvalidForm(faults)
    if command.person_id:
        person_here(uow, command.person_id, command.region_id)
    first_day = command.valid_from or local_date(uow.now)
    if command.valid_to is not None:
        check_period(first_day, command.valid_to)
    mandate_id = new_id(uow.now)
    uow.run(
        _INSERT_MANDATE,
        id=mandate_id,
        region_id=command.region_id,
        act=command.act,
        role=command.role,
        person_id=command.person_id,
        limit_ore=command.limit_ore,
        rule=command.rule.strip(),
        source=command.source.strip(),
        valid_from=first_day,
        valid_to=command.valid_to,
        decided_by=who.person_id,
    )
    note(
        uow, command.region_id, "mandate_added", who, mandate_row=mandate_id, act=command.act,
        rule=command.rule.strip(), limit_ore=command.limit_ore,
    )  # fmt: skip
    return {"id": mandate_id}


@handles(EndMandate)
def end_mandate(uow: UnitOfWork, command: EndMandate, who: Actor) -> dict[str, Any]:
    """The row stands; decisions taken under it keep it. Its last day may not lie before its first, nor be put off.

    Raises StegvisError `already_done` for one that has ended: a longer time is a row of its own, with its own decision.
    """
    row = uow.one(_MANDATE, mandate_id=command.mandate_id)
    if row is None:
        raise NotFound
    may_keep(who, row.region_id)
    _still_holds(row, local_date(uow.now))
    check_period(row.valid_from, command.last_day)
    if row.valid_to is not None and command.last_day > row.valid_to:
        raise InvalidForm([FieldError("valid_to", "only_shortened", {"day": row.valid_to.isoformat()})])
    uow.run(_END_MANDATE, the_mandate_id=row.id, last_day=command.last_day)
    note(uow, row.region_id, "mandate_ended", who, mandate_row=row.id, act=row.act, valid_to=command.last_day)
    return {"id": row.id}
