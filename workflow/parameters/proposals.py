"""Two people behind whatever applies in a region: one proposes, another releases or turns down, both stand on the trail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Table, bindparam, update

from states.roles import Actor, Role
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, directory
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound, StegvisError

#: Who may propose, and who may release what another proposed.
SETTERS = frozenset({Role.HEAD_OF_PROCUREMENT.value, Role.ADMINISTRATOR.value})
MAX_REASON = 1_000


def new_proposal(uow: UnitOfWork, who: Actor) -> dict[str, Any]:
    """What every proposal's row begins with: by whom and when, and settled by nobody."""
    settled = dict.fromkeys(("settled_by", "settled_at", "reason"))
    return {"status": "proposed", "proposed_by": who.person_id, "proposed_at": uow.now, **settled}


def settling(table: Table) -> Statement:
    """The statement that settles a waiting proposal of this table, to be run by `settle`."""
    return Statement(
        update(table)
        .where(table.c.id == bindparam("the_id"), table.c.status == "proposed")
        .values(
            status=bindparam("new_status"),
            settled_by=bindparam("by"),
            settled_at=bindparam("at"),
            reason=bindparam("why"),
        )
    )


def settle(
    uow: UnitOfWork, statement: Statement, proposal: Row, status: str, who: Actor, reason: str | None = None
) -> None:
    """Write who released or rejected a proposal, when, and why; `statement` is its table's `settling`."""
    uow.run(statement, the_id=proposal.id, new_status=status, by=who.person_id, at=uow.now, why=reason)


def open_proposal(row: Row | None, who: Actor) -> Row:
    """The proposal, while it waits. Raises NotFound (also for another region's), Forbidden, StegvisError `already_done`."""
    if row is None or row.region_id != who.region_id:
        raise NotFound
    if not who.roles() & SETTERS:
        raise Forbidden
    if row.status != "proposed":
        raise StegvisError("already_done")
    return row


def settled_by_another(proposal: Row, who: Actor) -> None:
    """Two people: neither the proposer, nor somebody who may only because they stand in for the proposer."""
    own = any(h.role in SETTERS and h.person_id != proposal.proposed_by for h in who.holdings)
    if who.person_id == proposal.proposed_by or not own:
        raise Forbidden("same_person")


def reason_to_reject(given: str) -> str:
    """The reason without the space around it. Raises InvalidForm where there is none, or too long a one."""
    reason = given.strip()
    if not reason or len(reason) > MAX_REASON:
        raise InvalidForm([FieldError("reason", "field_too_long" if reason else "field_required")])
    return reason


def others_who_may_release(uow: UnitOfWork, region_id: str, proposed_by: str, today: date) -> list[str]:
    """The names of those in the region who may release what this person proposed."""
    held = [h for role in sorted(SETTERS) for h in directory.holders(uow, region_id, role, today)]
    return sorted({h.name for h in held if h.id != proposed_by})


def note(uow: UnitOfWork, who: Actor, kind: str, facts: dict[str, Any], fields: Sequence[audit.Field]) -> None:
    """An event on the region's trail of settings."""
    audit.append(
        uow,
        audit.register_stream(who.region_id, "parameters"),
        region_id=who.region_id,
        kind=kind,
        at=uow.now,
        actor_id=who.person_id,
        facts=facts,
        fields=fields,
    )
