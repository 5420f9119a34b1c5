"""The register of people: accounts, roles, mandates, units, substitutes, tokens. Every change is on the region's trail."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import date, timedelta
from typing import Any

from sqlalchemy import bindparam, select, update

from states.calendar import local_date
from states.registry import DEFINITIONS
from states.roles import HUMAN_ROLES, Actor, Role
from templates.labels import LOCALES
from workflow.commands import (
    AddMandate,
    AddUnit,
    AddUser,
    AssignRole,
    ChangeUnit,
    CreateToken,
    DisableUser,
    EndMandate,
    EndRole,
    RevokeTokens,
    SetLocale,
    SetPassword,
    SetSubstitute,
)
from workflow.db.columns import new_id, sort_key
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows
from workflow.engine.directory import person, person_by_email
from workflow.engine.execute import handles
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.people import passwords
from workflow.people.tables import ApiToken, MandateRow, Person, RoleAssignment, Session, Substitute, Unit

_people = Person.__table__  # type: ignore[attr-defined]
_roles = RoleAssignment.__table__  # type: ignore[attr-defined]
_mandates = MandateRow.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_substitutes = Substitute.__table__  # type: ignore[attr-defined]
_tokens = ApiToken.__table__  # type: ignore[attr-defined]
_sessions = Session.__table__  # type: ignore[attr-defined]

_INSERT_PERSON = insert_into(_people)
_INSERT_ROLE = insert_into(_roles)
_INSERT_MANDATE = insert_into(_mandates)
_INSERT_UNIT = insert_into(_units)
_INSERT_SUBSTITUTE = insert_into(_substitutes)
_INSERT_TOKEN = insert_into(_tokens)
_DISABLE = Statement(update(_people).where(_people.c.id == bindparam("person_id")).values(disabled_at=bindparam("at")))
_END_SESSIONS = Statement(
    update(_sessions)
    .where(_sessions.c.person_id == bindparam("the_person_id"), _sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"))
)
_REVOKE_TOKENS = Statement(
    update(_tokens)
    .where(_tokens.c.person_id == bindparam("the_person_id"), _tokens.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_SET_PASSWORD = Statement(
    update(_people).where(_people.c.id == bindparam("person_id")).values(password_hash=bindparam("new_hash"))
)
_ROLE = Statement(select(_roles).where(_roles.c.id == bindparam("assignment_id")))
_END_ROLE = Statement(
    update(_roles).where(_roles.c.id == bindparam("assignment_id")).values(valid_to=bindparam("last_day"))
)
_UNIT = Statement(select(_units.c.id, _units.c.region_id).where(_units.c.id == bindparam("unit_id")))
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
_SET_LOCALE = Statement(
    update(_people).where(_people.c.id == bindparam("the_person_id")).values(locale=bindparam("new_locale"))
)

EMAIL = re.compile(r"[^@\s<>,;:\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
TOKEN_LIFE = timedelta(days=365)


def _may(who: Actor, region_id: str) -> None:
    """The region's administrator, or the operator at the command line."""
    if who.region_id != region_id:
        raise NotFound
    if not who.is_system and Role.ADMINISTRATOR not in who.roles():
        raise Forbidden


def _note(uow: UnitOfWork, region_id: str, kind: str, who: Actor, **facts: Any) -> None:
    personal = {k: facts.pop(k) for k in ("email", "name") if k in facts}
    audit.append(
        uow,
        audit.register_stream(region_id, "people"),
        region_id=region_id,
        kind=kind,
        at=uow.now,
        actor_id=who.person_id,
        facts={**facts, "channel": who.channel},
        fields=[audit.Field(k, v, "personal") for k, v in personal.items()],
    )


@handles(AddUser)
def add_user(uow: UnitOfWork, command: AddUser, who: Actor) -> dict[str, Any]:
    """Add a person with one role from today. The person must not be there yet."""
    _may(who, command.region_id)
    email = command.email.strip().lower()
    faults = []
    if not EMAIL.fullmatch(email):
        faults.append(FieldError("email", "not_an_email"))
    if command.role not in HUMAN_ROLES:
        faults.append(FieldError("role", "unknown_choice"))
    if not command.name.strip():
        faults.append(FieldError("name", "field_required"))
    if case_rows.region(uow, command.region_id) is None:
        faults.append(FieldError("region", "region_unknown"))
    if command.password is not None and (wrong := passwords.fault(command.password)):
        faults.append(FieldError("password", wrong))
    if not faults and person_by_email(uow, email) is not None:
        faults.append(FieldError("email", "already_there"))
    if faults:
        raise InvalidForm(faults)
    _check_unit(uow, command.unit_id, command.region_id)
    person_id = new_id(uow.now)
    uow.run(
        _INSERT_PERSON,
        id=person_id,
        region_id=command.region_id,
        email=email,
        name=command.name.strip(),
        name_sort=sort_key(command.name.strip()),
        unit_id=command.unit_id,
        locale="sv",
        password_hash=passwords.hashed(command.password) if command.password else None,
        created_at=uow.now,
        disabled_at=None,
        demo=command.demo,
    )
    _note(uow, command.region_id, "person_added", who, person=person_id, email=email, name=command.name.strip())
    _assign(uow, who, command.region_id, person_id, command.role, None, local_date(uow.now), None)
    return {"id": person_id, "email": email}


def _check_unit(uow: UnitOfWork, unit_id: str | None, region_id: str) -> None:
    if unit_id is None:
        return
    unit = uow.one(_UNIT, unit_id=unit_id)
    if unit is None or unit.region_id != region_id:
        raise InvalidForm([FieldError("unit", "unknown_unit")])


def _person_here(uow: UnitOfWork, person_id: str, region_id: str, field: str = "person") -> Row:
    try:
        row = person(uow, person_id)
    except NotFound:
        row = None
    if row is None or row.region_id != region_id:
        raise InvalidForm([FieldError(field, "unknown_person")])
    return row


def _assign(
    uow: UnitOfWork, who: Actor, region_id: str, person_id: str, role: str, unit_id: str | None, valid_from: date,
    valid_to: date | None,
) -> str:  # fmt: skip
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
    _note(
        uow, region_id, "role_assigned", who, person=person_id, assigned=role, unit=unit_id, valid_from=valid_from,
        valid_to=valid_to,
    )  # fmt: skip
    return assignment_id


def _named(uow: UnitOfWork, email: str, who: Actor, region_id: str | None) -> Row:
    row = person_by_email(uow, email)
    if row is None or row.region_id != (region_id or who.region_id):
        raise NotFound("unknown_person")
    return row


@handles(DisableUser)
def disable_user(uow: UnitOfWork, command: DisableUser, who: Actor) -> dict[str, Any]:
    """Close an account: sessions and tokens end at once, on all nodes."""
    row = _named(uow, command.email, who, command.region_id)
    _may(who, row.region_id)
    uow.run(_DISABLE, person_id=row.id, at=uow.now)
    uow.run(_END_SESSIONS, the_person_id=row.id, at=uow.now)
    uow.run(_REVOKE_TOKENS, the_person_id=row.id, at=uow.now)
    _note(uow, row.region_id, "person_disabled", who, person=row.id)
    return {"id": row.id}


@handles(SetPassword)
def set_password(uow: UnitOfWork, command: SetPassword, who: Actor) -> dict[str, Any]:
    """One's own password, or as administrator somebody's in the region. Other sessions end."""
    row = person(uow, command.person_id)
    if command.person_id != who.person_id:
        _may(who, row.region_id)
    if wrong := passwords.fault(command.password):
        raise InvalidForm([FieldError("password", wrong)])
    uow.run(_SET_PASSWORD, person_id=row.id, new_hash=passwords.hashed(command.password))
    uow.run(_END_SESSIONS, the_person_id=row.id, at=uow.now)
    _note(uow, row.region_id, "password_set", who, person=row.id)
    return {"id": row.id}


@handles(CreateToken)
def create_token(uow: UnitOfWork, command: CreateToken, who: Actor) -> dict[str, Any]:
    """An API token of a person; it is shown once and stored as a hash."""
    row = _named(uow, command.email, who, command.region_id)
    if row.id != who.person_id:
        _may(who, row.region_id)
    if row.disabled_at is not None:
        raise Forbidden("disabled")
    token = "stv_" + secrets.token_urlsafe(32)
    uow.run(
        _INSERT_TOKEN,
        token_hash=token_hash(token),
        person_id=row.id,
        created_at=uow.now,
        expires_at=uow.now + TOKEN_LIFE,
        revoked_at=None,
    )
    _note(uow, row.region_id, "token_created", who, person=row.id)
    return {"token": token}


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@handles(AssignRole)
def assign_role(uow: UnitOfWork, command: AssignRole, who: Actor) -> dict[str, Any]:
    row = _person_here(uow, command.person_id, who.region_id)
    _may(who, row.region_id)
    if command.role not in HUMAN_ROLES:
        raise InvalidForm([FieldError("role", "unknown_choice")])
    _check_unit(uow, command.unit_id, row.region_id)
    valid_from = command.valid_from or local_date(uow.now)
    if command.valid_to and command.valid_to < valid_from:
        raise InvalidForm([FieldError("valid_to", "end_before_start")])
    made = _assign(uow, who, row.region_id, row.id, command.role, command.unit_id, valid_from, command.valid_to)
    return {"id": made}


@handles(EndRole)
def end_role(uow: UnitOfWork, command: EndRole, who: Actor) -> dict[str, Any]:
    """A role ends with yesterday: it no longer holds from this moment."""
    row = uow.one(_ROLE, assignment_id=command.assignment_id)
    if row is None:
        raise NotFound
    _may(who, row.region_id)
    uow.run(_END_ROLE, assignment_id=row.id, last_day=local_date(uow.now) - timedelta(days=1))
    _note(uow, row.region_id, "role_ended", who, person=row.person_id, assigned=row.role)
    return {"id": row.id}


@handles(AddUnit)
def add_unit(uow: UnitOfWork, command: AddUnit, who: Actor) -> dict[str, Any]:
    _may(who, command.region_id)
    if not command.name.strip():
        raise InvalidForm([FieldError("name", "field_required")])
    _check_unit(uow, command.parent_id, command.region_id)
    for field, person_id in (("manager", command.manager_id), ("owner", command.contract_owner_id)):
        if person_id:
            _person_here(uow, person_id, command.region_id, field)
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
    _note(uow, command.region_id, "unit_added", who, unit=unit_id, unit_name=command.name.strip())
    return {"id": unit_id}


@handles(ChangeUnit)
def change_unit(uow: UnitOfWork, command: ChangeUnit, who: Actor) -> dict[str, Any]:
    """Reminders that are sent on go to the manager who stands here then."""
    unit = uow.one(_UNIT, unit_id=command.unit_id)
    if unit is None:
        raise NotFound
    _may(who, unit.region_id)
    if not command.name.strip():
        raise InvalidForm([FieldError("name", "field_required")])
    for field, person_id in (("manager", command.manager_id), ("owner", command.contract_owner_id)):
        if person_id:
            _person_here(uow, person_id, unit.region_id, field)
    uow.run(
        _CHANGE_UNIT,
        the_unit_id=unit.id,
        new_name=command.name.strip(),
        new_sort=sort_key(command.name.strip()),
        new_manager=command.manager_id,
        new_owner=command.contract_owner_id,
    )
    _note(
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
    _may(who, command.region_id)
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
        _person_here(uow, command.person_id, command.region_id)
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
        valid_from=command.valid_from or local_date(uow.now),
        valid_to=command.valid_to,
        decided_by=who.person_id,
    )
    _note(
        uow, command.region_id, "mandate_added", who, mandate_row=mandate_id, act=command.act,
        rule=command.rule.strip(), limit_ore=command.limit_ore,
    )  # fmt: skip
    return {"id": mandate_id}


@handles(EndMandate)
def end_mandate(uow: UnitOfWork, command: EndMandate, who: Actor) -> dict[str, Any]:
    """The row stands; decisions taken under it keep it. Its last day may not lie before its first."""
    row = uow.one(_MANDATE, mandate_id=command.mandate_id)
    if row is None:
        raise NotFound
    _may(who, row.region_id)
    if not isinstance(command.last_day, date):
        raise InvalidForm([FieldError("valid_to", "not_a_date")])
    if command.last_day < row.valid_from:
        raise InvalidForm([FieldError("valid_to", "end_before_start")])
    uow.run(_END_MANDATE, the_mandate_id=row.id, last_day=command.last_day)
    _note(uow, row.region_id, "mandate_ended", who, mandate_row=row.id, act=row.act, valid_to=command.last_day)
    return {"id": row.id}


@handles(SetSubstitute)
def set_substitute(uow: UnitOfWork, command: SetSubstitute, who: Actor) -> dict[str, Any]:
    """Who stands in, from and to. One sets it for oneself; the administrator for anybody."""
    row = _person_here(uow, command.person_id, who.region_id)
    if row.id != who.person_id:
        _may(who, row.region_id)
    stand_in = _person_here(uow, command.substitute_id, who.region_id, "substitute")
    faults = []
    if stand_in.id == row.id or stand_in.disabled_at is not None:
        faults.append(FieldError("substitute", "unknown_person"))
    if not isinstance(command.valid_from, date) or not isinstance(command.valid_to, date):
        faults.append(FieldError("valid_from", "not_a_date"))
    elif command.valid_to < command.valid_from:
        faults.append(FieldError("valid_to", "end_before_start"))
    if faults:
        raise InvalidForm(faults)
    made = new_id(uow.now)
    uow.run(
        _INSERT_SUBSTITUTE,
        id=made,
        region_id=row.region_id,
        person_id=row.id,
        substitute_id=stand_in.id,
        valid_from=command.valid_from,
        valid_to=command.valid_to,
        decided_by=who.person_id,
    )
    _note(
        uow, row.region_id, "substitute_set", who, person=row.id, stand_in=stand_in.id, valid_from=command.valid_from,
        valid_to=command.valid_to,
    )  # fmt: skip
    return {"id": made}


@handles(SetLocale)
def set_locale(uow: UnitOfWork, command: SetLocale, who: Actor) -> dict[str, Any]:
    """The person's own choice; it changes no right and no case, and is not on the trail."""
    if command.locale not in LOCALES:
        raise InvalidForm([FieldError("locale", "unknown_choice")])
    uow.run(_SET_LOCALE, the_person_id=who.person_id, new_locale=command.locale)
    return {"locale": command.locale}


@handles(RevokeTokens)
def revoke_tokens(uow: UnitOfWork, command: RevokeTokens, who: Actor) -> dict[str, Any]:  # noqa: ARG001
    """For a token that was lost or is no longer used."""
    revoked = uow.run(_REVOKE_TOKENS, the_person_id=who.person_id, at=uow.now)
    if revoked:
        _note(uow, who.region_id, "tokens_revoked", who, person=who.person_id, tokens=revoked)
    return {"revoked": revoked}
