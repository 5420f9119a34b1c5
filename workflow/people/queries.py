"""Looking at a region's people, units, mandates and substitutes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, or_, select

from states.cover import Days
from states.roles import Actor
from workflow.db.statements import Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.tables import Region
from workflow.people.tables import (
    Absence,
    ApiToken,
    CalendarAddress,
    MailPlan,
    MandateRow,
    Person,
    RoleAssignment,
    Substitute,
    Unit,
)


@dataclass(frozen=True, slots=True)
class RoleItem:
    id: str
    role: str
    unit_id: str | None
    unit_name: str | None
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class PersonItem:
    id: str
    name: str
    email: str
    unit_id: str | None
    unit_name: str | None
    locale: str
    created_at: datetime
    disabled: bool
    demo: bool
    roles: tuple[RoleItem, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitItem:
    """A unit of the tree, parents before children; `depth` 0 is a top unit."""

    id: str
    name: str
    kind: str
    parent_id: str | None
    depth: int
    manager_id: str | None
    manager_name: str | None
    contract_owner_id: str | None
    contract_owner_name: str | None


@dataclass(frozen=True, slots=True)
class MandateItem:
    id: str
    act: str
    role: str | None
    person_id: str | None
    person_name: str | None
    limit_ore: int | None
    rule: str
    source: str
    valid_from: date
    valid_to: date | None


@dataclass(frozen=True, slots=True)
class SubstituteItem:
    id: str
    person_id: str
    person_name: str
    substitute_id: str
    substitute_name: str
    valid_from: date
    valid_to: date
    away: bool


@dataclass(frozen=True, slots=True)
class AbsenceItem:
    """Days away with nobody named."""

    id: str
    person_id: str
    person_name: str
    first_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class Standing:
    """A person's days away from today on, and who stands in when: (name, days)."""

    away: tuple[Days, ...]
    substituted: tuple[tuple[str, Days], ...]


@dataclass(frozen=True, slots=True)
class TokenItem:
    """An API token that works; the token itself is known to its owner only."""

    created_at: datetime
    expires_at: datetime


_people = Person.__table__  # type: ignore[attr-defined]
_tokens = ApiToken.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_roles = RoleAssignment.__table__  # type: ignore[attr-defined]
_mandates = MandateRow.__table__  # type: ignore[attr-defined]
_substitutes = Substitute.__table__  # type: ignore[attr-defined]
_absences = Absence.__table__  # type: ignore[attr-defined]
_plans = MailPlan.__table__  # type: ignore[attr-defined]
_calendars = CalendarAddress.__table__  # type: ignore[attr-defined]
_regions = Region.__table__  # type: ignore[attr-defined]
_CALENDAR_OWNER = Statement(
    select(_people.c.id, _people.c.name, _regions.c.name.label("region_name"), _people.c.locale)
    .select_from(
        _calendars.join(_people, _people.c.id == _calendars.c.person_id).join(
            _regions, _regions.c.id == _people.c.region_id
        )
    )
    .where(
        _calendars.c.token_hash == bindparam("token_hash"),
        _calendars.c.revoked_at.is_(None),
        _people.c.disabled_at.is_(None),
    )
)
_stand_ins = _people.alias("stand_ins")
_owners, _managers = _people.alias("owners"), _people.alias("managers")


def people_of_region(
    uow: UnitOfWork, who: Actor, today: date, *, roles: Collection[str] = (), include_disabled: bool = False
) -> list[PersonItem]:
    """The region's people by name with the roles they hold today; with `roles`, only holders of one of them."""
    held: dict[str, list[RoleItem]] = {}
    of_roles = (
        select(
            _roles.c.id, _roles.c.role, _roles.c.unit_id, _units.c.name.label("unit_name"), _roles.c.valid_from,
            _roles.c.valid_to, _roles.c.person_id,
        )
        .select_from(_roles.outerjoin(_units, _units.c.id == _roles.c.unit_id))
        .where(
            _roles.c.region_id == who.region_id, _roles.c.valid_from <= today,
            or_(_roles.c.valid_to.is_(None), _roles.c.valid_to >= today),
        )
        .order_by(_roles.c.role, _roles.c.id)
    )  # fmt: skip
    for r in uow.connection.execute(of_roles):
        held.setdefault(r.person_id, []).append(RoleItem(*r[:6]))
    query = (
        select(
            _people.c.id, _people.c.name, _people.c.email, _people.c.unit_id, _units.c.name.label("unit_name"),
            _people.c.locale, _people.c.created_at, _people.c.disabled_at, _people.c.demo,
        )
        .select_from(_people.outerjoin(_units, _units.c.id == _people.c.unit_id))
        .where(_people.c.region_id == who.region_id)
        .order_by(_people.c.name_sort, _people.c.id)
    )  # fmt: skip
    if not include_disabled:
        query = query.where(_people.c.disabled_at.is_(None))
    wanted = {str(r) for r in roles}
    return [
        PersonItem(*p[:7], disabled=p.disabled_at is not None, demo=p.demo, roles=tuple(held.get(p.id, ())))
        for p in uow.connection.execute(query)
        if not wanted or any(r.role in wanted for r in held.get(p.id, ()))
    ]


def unit_tree(uow: UnitOfWork, who: Actor) -> list[UnitItem]:
    """The region's units, each followed by those below it, siblings in Swedish order."""
    query = (
        select(
            _units.c.id, _units.c.name, _units.c.kind, _units.c.parent_id, _units.c.manager_id,
            _managers.c.name.label("manager_name"), _units.c.contract_owner_id,
            _owners.c.name.label("contract_owner_name"),
        )
        .select_from(
            _units.outerjoin(_managers, _managers.c.id == _units.c.manager_id).outerjoin(
                _owners, _owners.c.id == _units.c.contract_owner_id
            )
        )
        .where(_units.c.region_id == who.region_id)
        .order_by(_units.c.name_sort, _units.c.id)
    )  # fmt: skip
    rows = uow.connection.execute(query).all()
    known = {r.id for r in rows}
    children: dict[str | None, list[Any]] = {}
    for r in rows:
        children.setdefault(r.parent_id if r.parent_id in known else None, []).append(r)
    found: list[UnitItem] = []

    def add(parent_id: str | None, depth: int) -> None:
        for r in children.get(parent_id, ()):
            found.append(UnitItem(depth=depth, **r._mapping))
            add(r.id, depth + 1)

    add(None, 0)
    return found


def mandates(uow: UnitOfWork, who: Actor, today: date | None = None) -> list[MandateItem]:
    """The region's delegation order by act and limit; with `today` only the rows that apply then."""
    query = (
        select(
            _mandates.c.id, _mandates.c.act, _mandates.c.role, _mandates.c.person_id, _people.c.name.label("person_name"),
            _mandates.c.limit_ore, _mandates.c.rule, _mandates.c.source, _mandates.c.valid_from, _mandates.c.valid_to,
        )
        .select_from(_mandates.outerjoin(_people, _people.c.id == _mandates.c.person_id))
        .where(_mandates.c.region_id == who.region_id)
        .order_by(_mandates.c.act, _mandates.c.valid_from, _mandates.c.id)
    )  # fmt: skip
    if today is not None:
        query = query.where(
            _mandates.c.valid_from <= today, or_(_mandates.c.valid_to.is_(None), _mandates.c.valid_to >= today)
        )
    rows = [MandateItem(**r._mapping) for r in uow.connection.execute(query)]
    return sorted(rows, key=lambda m: (m.act, m.limit_ore is None, m.limit_ore or 0, m.valid_from, m.id))


def substitutes(
    uow: UnitOfWork, who: Actor, today: date | None = None, *, person_id: str | None = None
) -> list[SubstituteItem]:
    """Who stands in for whom, newest first; with `today` only what has not ended, with `person_id` only on either side."""
    query = (
        select(
            _substitutes.c.id, _substitutes.c.person_id, _people.c.name, _substitutes.c.substitute_id,
            _stand_ins.c.name.label("substitute_name"), _substitutes.c.valid_from, _substitutes.c.valid_to,
            _substitutes.c.away,
        )
        .select_from(
            _substitutes.join(_people, _people.c.id == _substitutes.c.person_id).join(
                _stand_ins, _stand_ins.c.id == _substitutes.c.substitute_id
            )
        )
        .where(_substitutes.c.region_id == who.region_id)
        .order_by(_substitutes.c.valid_from.desc(), _substitutes.c.id)
        .limit(500)
    )  # fmt: skip
    if today is not None:
        query = query.where(_substitutes.c.valid_to >= today)
    if person_id is not None:
        query = query.where(or_(_substitutes.c.person_id == person_id, _substitutes.c.substitute_id == person_id))
    return [SubstituteItem(*r) for r in uow.connection.execute(query)]


def absences(uow: UnitOfWork, who: Actor, today: date, *, person_id: str | None = None) -> list[AbsenceItem]:
    """The region's days away that have not ended, the first one first; with `person_id` only that person's."""
    query = (
        select(_absences.c.id, _absences.c.person_id, _people.c.name, _absences.c.first_on, _absences.c.last_on)
        .select_from(_absences.join(_people, _people.c.id == _absences.c.person_id))
        .where(_absences.c.region_id == who.region_id, _absences.c.last_on >= today)
        .order_by(_absences.c.first_on, _absences.c.id)
        .limit(500)
    )
    if person_id is not None:
        query = query.where(_absences.c.person_id == person_id)
    return [AbsenceItem(*r) for r in uow.connection.execute(query)]


def standing(uow: UnitOfWork, who: Actor, today: date) -> dict[str, Standing]:
    """Who of the region is away from today on, and who stands in for them then, by person."""
    away: dict[str, list[Days]] = {}
    named: dict[str, list[tuple[str, Days]]] = {}
    for a in absences(uow, who, today):
        away.setdefault(a.person_id, []).append(Days(a.first_on, a.last_on))
    for s in substitutes(uow, who, today):
        if s.away:
            named.setdefault(s.person_id, []).append((s.substitute_name, Days(s.valid_from, s.valid_to)))
    return {p: Standing(tuple(away.get(p, ())), tuple(named.get(p, ()))) for p in away.keys() | named.keys()}


def mail_plan(uow: UnitOfWork, who: Actor) -> tuple[str, int | None, str | None]:
    """The viewer's own choice: `at_once`, `reminders` (in a digest) or `digest` (of everything that can wait); its hour
    (None the region's) and weekdays (None the working days)."""
    row = uow.connection.execute(select(_plans).where(_plans.c.person_id == who.person_id)).first()
    if row is None:
        return "reminders", None, None
    return ("digest" if row.asks_wait else "reminders") if row.digest else "at_once", row.hour, row.weekdays


def tokens_of(uow: UnitOfWork, who: Actor) -> list[TokenItem]:
    """The viewer's own API tokens that still work, newest first."""
    query = (
        select(_tokens.c.created_at, _tokens.c.expires_at)
        .where(_tokens.c.person_id == who.person_id, _tokens.c.revoked_at.is_(None), _tokens.c.expires_at > uow.now)
        .order_by(_tokens.c.created_at.desc())
    )
    return [TokenItem(*t) for t in uow.connection.execute(query)]


def calendar_address_since(uow: UnitOfWork, who: Actor) -> datetime | None:
    """Since when this person's calendar has the address that works; None when it has none."""
    query = select(_calendars.c.created_at).where(
        _calendars.c.person_id == who.person_id, _calendars.c.revoked_at.is_(None)
    )
    found: datetime | None = uow.connection.execute(query).scalar()
    return found


@dataclass(frozen=True, slots=True)
class CalendarOwner:
    """Whose calendar an address leads to."""

    person_id: str
    name: str
    region_name: str
    locale: str


def calendar_owner(uow: UnitOfWork, token_hash: str) -> CalendarOwner | None:
    """Whose calendar it is; None for an address that is unknown or revoked, or whose person is disabled."""
    row = uow.one(_CALENDAR_OWNER, token_hash=token_hash)
    return CalendarOwner(*row) if row is not None else None
