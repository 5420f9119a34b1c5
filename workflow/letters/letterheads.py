"""The letterhead of a unit: name, address, reference person and contact, as dated rows of the region.

It stands on every letter of the unit, so nobody changes one alone: it is proposed and released as letter texts are.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, select

from states.calendar import local_date
from states.roles import Actor
from workflow.commands import ProposeLetterhead, RejectLetterhead, ReleaseLetterhead
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.execute import handles
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.letters.tables import Letterhead
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
from workflow.people.tables import Unit

_heads = Letterhead.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_WITH_UNIT = select(_heads, _units.c.name.label("unit_name")).select_from(
    _heads.outerjoin(_units, _units.c.id == _heads.c.unit_id)
)
LETTERHEADS = Statement(
    _WITH_UNIT.where(_heads.c.region_id == bindparam("region_id"))
    .order_by(_heads.c.valid_from.desc(), _heads.c.id.desc())
    .limit(200)
)
LETTERHEAD = Statement(_WITH_UNIT.where(_heads.c.id == bindparam("head_id")))
WAITING = Statement(
    _WITH_UNIT.where(_heads.c.region_id == bindparam("region_id"), _heads.c.status == "proposed")
    .order_by(_heads.c.id.desc())
    .limit(200)
)
_LOCK_HEAD = Statement(select(_heads).where(_heads.c.id == bindparam("head_id")).with_for_update())
_IN_FORCE = Statement(
    select(_heads)
    .where(
        _heads.c.region_id == bindparam("region_id"),
        _heads.c.status == "released",
        _heads.c.valid_from <= bindparam("today"),
    )
    # Those from before two people were asked for were settled by nobody else.
    .order_by(_heads.c.valid_from, func.coalesce(_heads.c.settled_at, _heads.c.proposed_at), _heads.c.id)
)
_UNITS = Statement(
    select(_units.c.id, _units.c.name, _units.c.parent_id).where(_units.c.region_id == bindparam("region_id"))
)
_INSERT = insert_into(_heads)
_SETTLE = settling(_heads)

#: Longest line, and longest text of several lines.
MAX_LINE, MAX_LINES = 120, 600


@dataclass(frozen=True, slots=True)
class Head:
    """A letterhead as it applies. `address` and `contact` are lines; the reference person may be nobody ("")."""

    sender: str
    department: str
    address: tuple[str, ...] = ()
    contact: tuple[str, ...] = ()
    reference_person: str = ""


def letterhead(uow: UnitOfWork, region_id: str, region_name: str, unit_id: str | None, today: date) -> Head:
    """The unit's own letterhead, else that of the nearest unit above it, else the region's, else the two names."""
    units = {u.id: u for u in uow.all(_UNITS, region_id=region_id)}
    heads = {h.unit_id: h for h in uow.all(_IN_FORCE, region_id=region_id, today=today)}  # the latest of each
    at, seen = unit_id, set[str]()
    while at is not None and at in units and at not in seen:
        if at in heads:
            return head_of(heads[at])
        seen.add(at)
        at = units[at].parent_id
    if None in heads:
        return head_of(heads[None])
    return Head(region_name, units[unit_id].name if unit_id in units else "")


def head_of(row: Row) -> Head:
    """The letterhead of a row, whether it applies or is proposed."""
    return Head(
        row.sender, row.department, tuple(row.address.splitlines()), tuple(row.contact.splitlines()),
        row.reference_person,
    )  # fmt: skip


@handles(ProposeLetterhead)
def propose_letterhead(uow: UnitOfWork, command: ProposeLetterhead, who: Actor) -> dict[str, Any]:
    """Write down a proposed letterhead. No letter has it before somebody else has released it.

    Raises NotFound (also for a unit of another region), Forbidden and InvalidForm.
    """
    if command.region_id != who.region_id:
        raise NotFound
    if not who.roles() & SETTERS:
        raise Forbidden
    if command.unit_id is not None and command.unit_id not in {
        u.id for u in uow.all(_UNITS, region_id=command.region_id)
    }:
        raise InvalidForm([FieldError("unit", "unknown_choice")])
    given = {
        name: "\n".join(" ".join(line.split()) for line in getattr(command, name).splitlines() if line.strip())
        for name in ("sender", "department", "address", "contact", "reference_person", "source")
    }
    faults = [FieldError(name, "field_required") for name in ("sender", "address", "source") if not given[name]]
    for name, value in given.items():
        if len(value) > (MAX_LINES if name in ("address", "contact", "source") else MAX_LINE):
            faults.append(FieldError(name, "field_too_long"))
    if not isinstance(command.valid_from, date):
        faults.append(FieldError("valid_from", "not_a_date"))
    elif command.valid_from < local_date(uow.now):
        faults.append(FieldError("valid_from", "letterhead_in_the_past"))
    if faults:
        raise InvalidForm(faults)
    head_id = new_id(uow.now)
    uow.run(
        _INSERT,
        id=head_id,
        region_id=command.region_id,
        unit_id=command.unit_id,
        valid_from=command.valid_from,
        **given,
        **new_proposal(uow, who),
    )
    facts = {"letterhead": head_id, "unit": command.unit_id, "valid_from": command.valid_from}
    note(uow, who, "letterhead_proposed", facts, [audit.Field(name, value) for name, value in given.items() if value])
    return {"id": head_id, "valid_from": command.valid_from, "status": "proposed"}


@handles(ReleaseLetterhead)
def release_letterhead(uow: UnitOfWork, command: ReleaseLetterhead, who: Actor) -> dict[str, Any]:
    """Let a proposed letterhead stand on the letters that are decided from its day on. Not by whoever proposed it."""
    row = open_proposal(uow.one(_LOCK_HEAD, head_id=command.head_id), who)
    settled_by_another(row, who)
    settle(uow, _SETTLE, row, "released", who)
    facts = {"letterhead": row.id, "unit": row.unit_id, "valid_from": row.valid_from, "proposed_by": row.proposed_by}
    note(uow, who, "letterhead_released", facts, [audit.Field("source", row.source)])
    return {"id": row.id, "valid_from": row.valid_from, "status": "released"}


@handles(RejectLetterhead)
def reject_letterhead(uow: UnitOfWork, command: RejectLetterhead, who: Actor) -> dict[str, Any]:
    """Turn a proposed letterhead down, with a reason. The proposer may take it back in the same way."""
    reason = reason_to_reject(command.reason)
    row = open_proposal(uow.one(_LOCK_HEAD, head_id=command.head_id), who)
    settle(uow, _SETTLE, row, "rejected", who, reason)
    note(
        uow, who, "letterhead_rejected", {"letterhead": row.id, "unit": row.unit_id}, [audit.Field("reason", reason)]
    )  # fmt: skip
    return {"id": row.id, "valid_from": row.valid_from, "status": "rejected"}
