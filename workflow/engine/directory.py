"""Who is who today: the actor with every role held or stood in for, and the people a message goes to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import bindparam, or_, select

from notifications.recipients import Person as Addressee
from states.roles import PERSONAL_ROLES, Actor, Holding
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.errors import Forbidden, NotFound
from workflow.people.tables import Absence, Person, RoleAssignment, Substitute, Unit

_people = Person.__table__  # type: ignore[attr-defined]
_roles = RoleAssignment.__table__  # type: ignore[attr-defined]
_subs = Substitute.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_absences = Absence.__table__  # type: ignore[attr-defined]

_PERSON = Statement(
    select(_people.c.id, _people.c.region_id, _people.c.name, _people.c.email, _people.c.locale, _people.c.disabled_at,
           _people.c.unit_id)
    .where(_people.c.id == bindparam("person_id"))
)  # fmt: skip
_PERSON_BY_EMAIL = Statement(
    select(_people.c.id, _people.c.region_id, _people.c.name, _people.c.email, _people.c.locale, _people.c.disabled_at)
    .where(_people.c.email == bindparam("email"))
)  # fmt: skip
_HOLDINGS = Statement(
    select(_roles.c.person_id, _roles.c.role, _roles.c.unit_id).where(
        _roles.c.valid_from <= bindparam("today"),
        or_(_roles.c.valid_to.is_(None), _roles.c.valid_to >= bindparam("today")),
        or_(
            _roles.c.person_id == bindparam("person_id"),
            _roles.c.person_id.in_(
                select(_subs.c.person_id).where(
                    _subs.c.substitute_id == bindparam("person_id"),
                    _subs.c.valid_from <= bindparam("today"),
                    _subs.c.valid_to >= bindparam("today"),
                )
            ),
        ),
    )
)
_UNITS = Statement(
    select(_units.c.id, _units.c.parent_id, _units.c.manager_id, _units.c.name, _units.c.contract_owner_id, _units.c.kind)
    .where(_units.c.region_id == bindparam("region_id"))
)  # fmt: skip
_HOLDERS = Statement(
    select(_people.c.id, _people.c.name, _people.c.email, _people.c.locale, _roles.c.unit_id)
    .select_from(_roles.join(_people, _people.c.id == _roles.c.person_id))
    .where(
        _roles.c.region_id == bindparam("region_id"),
        _roles.c.role == bindparam("role"),
        _roles.c.valid_from <= bindparam("today"),
        or_(_roles.c.valid_to.is_(None), _roles.c.valid_to >= bindparam("today")),
        _people.c.disabled_at.is_(None),
    )
    .order_by(_people.c.name_sort)
)
_STAND_INS = Statement(
    select(_people.c.id, _people.c.name, _people.c.email, _people.c.locale, _subs.c.away)
    .select_from(_subs.join(_people, _people.c.id == _subs.c.substitute_id))
    .where(
        _subs.c.person_id == bindparam("person_id"),
        _subs.c.valid_from <= bindparam("today"),
        _subs.c.valid_to >= bindparam("today"),
        _people.c.disabled_at.is_(None),
    )
)
_ABSENT = Statement(
    select(_absences.c.id)
    .where(
        _absences.c.person_id == bindparam("person_id"),
        _absences.c.first_on <= bindparam("today"),
        _absences.c.last_on >= bindparam("today"),
    )
    .union_all(
        select(_subs.c.id).where(
            _subs.c.person_id == bindparam("person_id"),
            _subs.c.away.is_(True),
            _subs.c.valid_from <= bindparam("today"),
            _subs.c.valid_to >= bindparam("today"),
        )
    )
    .limit(1)
)
_STOOD_IN_FOR = Statement(
    select(_people.c.id, _people.c.name, _subs.c.valid_to)
    .select_from(_subs.join(_people, _people.c.id == _subs.c.person_id))
    .where(
        _subs.c.substitute_id == bindparam("person_id"),
        _subs.c.valid_from <= bindparam("today"),
        _subs.c.valid_to >= bindparam("today"),
    )
)


def person(uow: UnitOfWork, person_id: str) -> Row:
    """Raises NotFound."""
    row = uow.one(_PERSON, person_id=person_id)
    if row is None:
        raise NotFound("unknown_person")
    return row


def person_here(uow: UnitOfWork, person_id: str, region_id: str) -> Row:
    """The person, when of this region. Raises NotFound alike for somebody of another region and for nobody."""
    row = person(uow, person_id)
    if row.region_id != region_id:
        raise NotFound("unknown_person")
    return row


def person_by_email(uow: UnitOfWork, email: str) -> Row | None:
    """The person with this address, however it is typed, also a disabled one; None when there is none."""
    return uow.one(_PERSON_BY_EMAIL, email=email.strip().lower())


def units(uow: UnitOfWork, region_id: str) -> dict[str, Row]:
    """The region's units by id."""
    return {u.id: u for u in uow.all(_UNITS, region_id=region_id)}


def below(tree: dict[str, Row], unit_id: str) -> frozenset[str]:
    """The unit and all units under it."""
    found = {unit_id}
    while True:
        more = {u.id for u in tree.values() if u.parent_id in found} - found
        if not more:
            return frozenset(found)
        found |= more


def actor(uow: UnitOfWork, person_id: str, today: date, *, channel: str = "web") -> Actor:
    """The person with every role held today, own or as a substitute. Raises NotFound, Forbidden when disabled."""
    row = person(uow, person_id)
    if row.disabled_at is not None:
        raise Forbidden("disabled")
    held = uow.all(_HOLDINGS, person_id=person_id, today=today)
    tree: dict[str, Row] = units(uow, row.region_id) if any(h.unit_id for h in held) else {}
    holdings = tuple(Holding(h.person_id, h.role, below(tree, h.unit_id) if h.unit_id else frozenset()) for h in held)
    return Actor(row.id, row.region_id, row.name, holdings, channel=channel)


def holders(uow: UnitOfWork, region_id: str, role: str, today: date) -> list[Row]:
    """Who holds a role in the region today, with the unit it is held in."""
    return uow.all(_HOLDERS, region_id=region_id, role=role, today=today)


def stood_in_for(uow: UnitOfWork, person_id: str, today: date) -> list[Row]:
    """The people somebody stands in for today."""
    return uow.all(_STOOD_IN_FOR, person_id=person_id, today=today)


def is_away(uow: UnitOfWork, person_id: str, on: date) -> bool:
    """Whether a person is registered as away on a local day, with or without a substitute."""
    return bool(uow.recall(_ABSENT, person_id=person_id, today=on))


class RegionDirectory:
    """Answers the questions of `notifications.recipients` from the database, within one region and one day."""

    def __init__(self, uow: UnitOfWork, region_id: str, today: date) -> None:
        self.uow, self.region_id, self.today = uow, region_id, today
        self._units: dict[str, Row] | None = None
        # One command asks for the same people again and again; within its transaction they are the same.
        self._people: dict[str, Addressee | None] = {}
        self._held: dict[str, list[Row]] = {}
        self._stand_ins: dict[tuple[str, date], list[Row]] = {}

    def _tree(self) -> dict[str, Row]:
        if self._units is None:
            self._units = {u.id: u for u in self.uow.recall(_UNITS, region_id=self.region_id)}
        return self._units

    def person(self, person_id: str | None) -> Addressee | None:
        """A person of this region, active or not; None for anybody else."""
        if person_id is None:
            return None
        if person_id not in self._people:
            rows = self.uow.recall(_PERSON, person_id=person_id)
            here = [
                Addressee(r.id, r.name, r.email, r.locale, r.disabled_at is None)
                for r in rows
                if r.region_id == self.region_id
            ]
            self._people[person_id] = here[0] if here else None
        return self._people[person_id]

    def holders_of(self, role: str, unit_id: str | None, case_id: str) -> Sequence[Addressee]:  # noqa: ARG002
        """Who holds the role for the unit: in the whole region, or in a unit above it."""
        if role in PERSONAL_ROLES:  # held only where the case names the person
            return []
        if role not in self._held:
            self._held[role] = self.uow.recall(_HOLDERS, region_id=self.region_id, role=role, today=self.today)
        held = self._held[role]
        fitting = [h for h in held if h.unit_id is None or (unit_id and unit_id in below(self._tree(), h.unit_id))]
        return [Addressee(h.id, h.name, h.email, h.locale) for h in fitting]

    def manager_of(self, unit_id: str) -> Addressee | None:
        """The unit's manager, or None."""
        unit = self._tree().get(unit_id)
        return self.person(unit.manager_id) if unit else None

    def parent_of(self, unit_id: str) -> str | None:
        """The id of the unit above, or None at the top."""
        unit = self._tree().get(unit_id)
        return unit.parent_id if unit else None

    def top_managers(self) -> Sequence[Addressee]:
        """Who manages the units at the top of the tree, by the units' ids."""
        tops = [u for _, u in sorted(self._tree().items()) if u.parent_id is None]
        return [found for u in tops if (found := self.person(u.manager_id))]

    def substitutes_of(self, person_id: str, on: date) -> Sequence[Addressee]:
        """Who has the duties of a person who is away on a local day."""
        return self._registered(person_id, on, away=True)

    def reserves_of(self, person_id: str, on: date) -> Sequence[Addressee]:
        """Who stands ready for a person who is at work on a local day."""
        return self._registered(person_id, on, away=False)

    def is_away(self, person_id: str, on: date) -> bool:
        """Whether a person is away on a local day."""
        return is_away(self.uow, person_id, on)

    def _registered(self, person_id: str, on: date, *, away: bool) -> list[Addressee]:
        if (person_id, on) not in self._stand_ins:
            self._stand_ins[person_id, on] = self.uow.recall(_STAND_INS, person_id=person_id, today=on)
        rows = [s for s in self._stand_ins[person_id, on] if bool(s.away) is away]
        return [Addressee(s.id, s.name, s.email, s.locale) for s in rows]
