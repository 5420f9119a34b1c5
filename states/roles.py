"""The roles a person can hold, and who may pull a trigger in a case.

A role is held in a region, or in one unit and all units below it. Two roles are personal to the case: the
contract owner and the contract manager act only in cases that name them (Riktlinje Inköp: the division head owns the
budget and the requirements of the object), everybody else for the whole of the region or unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """Every role there is; SYSTEM is the scheduler's and held by nobody."""

    CONTRACT_OWNER = "contract_owner"
    CONTRACT_MANAGER = "contract_manager"
    PROCUREMENT_OFFICER = "procurement_officer"
    HEAD_OF_PROCUREMENT = "head_of_procurement"
    SUSTAINABILITY_STRATEGIST = "sustainability_strategist"
    REGISTRAR = "registrar"
    AUDIT_REVIEWER = "audit_reviewer"
    ADMINISTRATOR = "administrator"
    SECRETARIAT = "secretariat"
    STEERING_GROUP = "steering_group"
    REGION_COORDINATOR = "region_coordinator"
    AREA_COORDINATOR = "area_coordinator"
    SYSTEM = "system"


HUMAN_ROLES = frozenset(Role) - {Role.SYSTEM}

#: Roles that hold only where the case names the person.
PERSONAL_ROLES = frozenset({Role.CONTRACT_OWNER, Role.CONTRACT_MANAGER})

#: Roles that read and never change a case.
READ_ONLY_ROLES = frozenset({Role.AUDIT_REVIEWER})


@dataclass(frozen=True, slots=True)
class Holding:
    """One role held by one person: `unit_ids` are the unit and all units below it; empty means the whole region."""

    person_id: str
    role: str
    unit_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `holdings` are the actor's own roles and those of the people the actor stands in for today."""

    person_id: str
    region_id: str
    name: str
    holdings: tuple[Holding, ...] = ()
    is_system: bool = False
    channel: str = "web"

    def roles(self) -> frozenset[str]:
        """The roles held today, own or for somebody else."""
        return frozenset(h.role for h in self.holdings)


SYSTEM_ID = "system"


def system_actor(region_id: str) -> Actor:
    """The scheduler: it reminds, escalates and records; no deciding transition lists its role (KL 6:38)."""
    return Actor(
        SYSTEM_ID,
        region_id,
        "Stegvis",
        (Holding(SYSTEM_ID, Role.SYSTEM),),
        is_system=True,
        channel="scheduler",
    )


@dataclass(frozen=True, slots=True)
class Capacity:
    """In what capacity somebody acts: the role, and the person replaced when it is a substitute."""

    role: str
    on_behalf_of: str | None = None


def capacity(
    actor: Actor, roles: Iterable[str], *, unit_id: str | None, named: Mapping[str, str | None]
) -> Capacity | None:
    """The capacity in which the actor may act under one of `roles`, own roles before those stood in for.

    `named` maps the personal roles to the person the case names. None when the actor may not act.
    """
    found: Capacity | None = None
    for role in roles:
        for holding in actor.holdings:
            if holding.role != role:
                continue
            if role in PERSONAL_ROLES and named.get(role) != holding.person_id:
                continue
            if holding.unit_ids and unit_id not in holding.unit_ids and role not in PERSONAL_ROLES:
                continue
            if holding.person_id == actor.person_id:
                return Capacity(role)
            found = found or Capacity(role, holding.person_id)
    return found
