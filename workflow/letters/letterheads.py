"""The letterhead of a unit: name, address, reference person and contact, as dated rows of the region."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from states.roles import Actor
from workflow.commands import SetLetterhead
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.execute import handles
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.letters.tables import Letterhead
from workflow.parameters.proposals import SETTERS
from workflow.people.tables import Unit

_heads = Letterhead.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
LETTERHEADS = Statement(
    select(_heads, _units.c.name.label("unit_name"))
    .select_from(_heads.outerjoin(_units, _units.c.id == _heads.c.unit_id))
    .where(_heads.c.region_id == bindparam("region_id"))
    .order_by(_heads.c.valid_from.desc(), _heads.c.id.desc())
    .limit(200)
)
_IN_FORCE = Statement(
    select(_heads)
    .where(_heads.c.region_id == bindparam("region_id"), _heads.c.valid_from <= bindparam("today"))
    .order_by(_heads.c.valid_from, _heads.c.id)
)
_UNITS = Statement(
    select(_units.c.id, _units.c.name, _units.c.parent_id).where(_units.c.region_id == bindparam("region_id"))
)
_INSERT = insert_into(_heads)

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
            return _as_head(heads[at])
        seen.add(at)
        at = units[at].parent_id
    if None in heads:
        return _as_head(heads[None])
    return Head(region_name, units[unit_id].name if unit_id in units else "")


def _as_head(row: Row) -> Head:
    return Head(
        row.sender, row.department, tuple(row.address.splitlines()), tuple(row.contact.splitlines()),
        row.reference_person,
    )  # fmt: skip


@handles(SetLetterhead)
def set_letterhead(uow: UnitOfWork, command: SetLetterhead, who: Actor) -> dict[str, Any]:
    """A letterhead that applies to letters decided from a day on; those that are decided keep theirs.

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
        set_by=who.person_id,
        set_at=uow.now,
    )
    audit.append(
        uow,
        audit.register_stream(who.region_id, "parameters"),
        region_id=who.region_id,
        kind="letterhead_set",
        at=uow.now,
        actor_id=who.person_id,
        facts={"letterhead": head_id, "unit": command.unit_id, "valid_from": command.valid_from},
        fields=[audit.Field(name, value) for name, value in given.items() if value],
    )
    return {"id": head_id, "valid_from": command.valid_from}
