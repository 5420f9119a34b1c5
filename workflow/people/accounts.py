"""Accounts: people, passwords, tokens, language. Every change of a right is on the region's trail."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, update

from states.calendar import local_date
from states.roles import HUMAN_ROLES, Actor
from templates.labels import LOCALES
from workflow.commands import (
    AddUser,
    CreateToken,
    DisableUser,
    RevokeCalendarAddress,
    RevokeTokens,
    SetCalendarAddress,
    SetLocale,
    SetPassword,
)
from workflow.db.columns import new_id, sort_key
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows
from workflow.engine.directory import person, person_by_email
from workflow.engine.execute import handles
from workflow.errors import ConfirmationNeeded, FieldError, Forbidden, InvalidForm, NotFound
from workflow.people import passwords
from workflow.people.organisation import assign
from workflow.people.register import check_unit, may_keep, note
from workflow.people.tables import ApiToken, CalendarAddress, Person, Session

_people = Person.__table__  # type: ignore[attr-defined]
_tokens = ApiToken.__table__  # type: ignore[attr-defined]
_sessions = Session.__table__  # type: ignore[attr-defined]

_calendars = CalendarAddress.__table__  # type: ignore[attr-defined]

_INSERT_PERSON = insert_into(_people)
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
_INSERT_CALENDAR = insert_into(_calendars)
_REVOKE_CALENDAR = Statement(
    update(_calendars)
    .where(_calendars.c.person_id == bindparam("the_person_id"), _calendars.c.revoked_at.is_(None))
    .values(revoked_at=bindparam("at"))
)
_SET_PASSWORD = Statement(
    update(_people).where(_people.c.id == bindparam("person_id")).values(password_hash=bindparam("new_hash"))
)
_SET_LOCALE = Statement(
    update(_people).where(_people.c.id == bindparam("the_person_id")).values(locale=bindparam("new_locale"))
)

EMAIL = re.compile(r"[^@\s<>,;:\"]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+")
TOKEN_LIFE = timedelta(days=365)


@handles(AddUser)
def add_user(uow: UnitOfWork, command: AddUser, who: Actor) -> dict[str, Any]:
    """Add a person with one role from today. The person must not be there yet."""
    may_keep(who, command.region_id)
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
    check_unit(uow, command.unit_id, command.region_id)
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
    note(uow, command.region_id, "person_added", who, person=person_id, email=email, name=command.name.strip())
    assign(uow, who, command.region_id, person_id, command.role, None, local_date(uow.now), None)
    return {"id": person_id, "email": email}


def _named(uow: UnitOfWork, email: str, who: Actor, region_id: str | None) -> Row:
    row = person_by_email(uow, email)
    if row is None or row.region_id != (region_id or who.region_id):
        raise NotFound("unknown_person")
    return row


@handles(DisableUser)
def disable_user(uow: UnitOfWork, command: DisableUser, who: Actor) -> dict[str, Any]:
    """Close an account: sessions, tokens and the calendar's address end at once, on all nodes."""
    row = _named(uow, command.email, who, command.region_id)
    may_keep(who, row.region_id)
    uow.run(_DISABLE, person_id=row.id, at=uow.now)
    uow.run(_END_SESSIONS, the_person_id=row.id, at=uow.now)
    uow.run(_REVOKE_TOKENS, the_person_id=row.id, at=uow.now)
    uow.run(_REVOKE_CALENDAR, the_person_id=row.id, at=uow.now)
    note(uow, row.region_id, "person_disabled", who, person=row.id)
    return {"id": row.id}


@handles(SetPassword)
def set_password(uow: UnitOfWork, command: SetPassword, who: Actor) -> dict[str, Any]:
    """One's own password, or as administrator somebody's in the region. Other sessions end."""
    row = person(uow, command.person_id)
    if command.person_id != who.person_id:
        may_keep(who, row.region_id)
    if wrong := passwords.fault(command.password):
        raise InvalidForm([FieldError("password", wrong)])
    uow.run(_SET_PASSWORD, person_id=row.id, new_hash=passwords.hashed(command.password))
    uow.run(_END_SESSIONS, the_person_id=row.id, at=uow.now)
    note(uow, row.region_id, "password_set", who, person=row.id)
    return {"id": row.id}


@handles(CreateToken)
def create_token(uow: UnitOfWork, command: CreateToken, who: Actor) -> dict[str, Any]:
    """An API token of a person; it is shown once and stored as a hash.

    Raises ConfirmationNeeded as a decision does: the token may decide, and is not asked again.
    """
    if command.confirmed is False:
        raise ConfirmationNeeded
    row = _named(uow, command.email, who, command.region_id)
    if row.id != who.person_id:
        may_keep(who, row.region_id)
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
    note(uow, row.region_id, "token_created", who, person=row.id)
    return {"token": token}


def token_hash(token: str) -> str:
    """What is stored instead of a secret of ours; those are long and random, so a plain SHA-256 is enough."""
    return hashlib.sha256(token.encode()).hexdigest()


@handles(RevokeTokens)
def revoke_tokens(uow: UnitOfWork, command: RevokeTokens, who: Actor) -> dict[str, Any]:  # noqa: ARG001
    """For a token that was lost or is no longer used."""
    revoked = uow.run(_REVOKE_TOKENS, the_person_id=who.person_id, at=uow.now)
    if revoked:
        note(uow, who.region_id, "tokens_revoked", who, person=who.person_id, tokens=revoked)
    return {"revoked": revoked}


@handles(SetCalendarAddress)
def set_calendar_address(uow: UnitOfWork, command: SetCalendarAddress, who: Actor) -> dict[str, Any]:
    """One address a person: the one before stops working at once, on all nodes."""
    uow.run(_REVOKE_CALENDAR, the_person_id=who.person_id, at=uow.now)
    uow.run(
        _INSERT_CALENDAR,
        token_hash=command.token_hash,
        person_id=who.person_id,
        created_at=uow.now,
        revoked_at=None,
    )
    note(uow, who.region_id, "calendar_address_set", who, person=who.person_id)
    return {"created_at": uow.now.isoformat(), "token_hash": command.token_hash}


@handles(RevokeCalendarAddress)
def revoke_calendar_address(uow: UnitOfWork, command: RevokeCalendarAddress, who: Actor) -> dict[str, Any]:  # noqa: ARG001
    """For an address that came into the wrong hands or is no longer used."""
    revoked = uow.run(_REVOKE_CALENDAR, the_person_id=who.person_id, at=uow.now)
    if revoked:
        note(uow, who.region_id, "calendar_address_revoked", who, person=who.person_id)
    return {"revoked": revoked}


@handles(SetLocale)
def set_locale(uow: UnitOfWork, command: SetLocale, who: Actor) -> dict[str, Any]:
    """The person's own choice; it changes no right and no case, and is not on the trail."""
    if command.locale not in LOCALES:
        raise InvalidForm([FieldError("locale", "unknown_choice")])
    uow.run(_SET_LOCALE, the_person_id=who.person_id, new_locale=command.locale)
    return {"locale": command.locale}
