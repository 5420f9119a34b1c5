"""Who somebody is at a provider, and who that is here. The key is issuer and subject, never an address of e-mail.

An address can be changed by whoever has it, or be given to somebody else; so it is shown, and decides nothing. Who an
identity is here is said by an administrator (or the operator), of one that has signed in and waits; or beforehand by
the person's number in the region's directory, which only the provider's claim of that number can match, once.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Boolean, bindparam, delete, func, or_, select, update

from states.roles import SYSTEM_ID, Actor
from workflow.commands import BindIdentity, EndSessionsByProvider, SetDirectoryNumber, SignInByProvider, UnbindIdentity
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.directory import person
from workflow.engine.execute import handles
from workflow.errors import FieldError, InvalidForm, NotFound
from workflow.people.register import may_keep, note
from workflow.people.sessions import note_access, open_session
from workflow.people.tables import DirectoryNumber, Identity, Person, Session, UsedLogoutToken

_identities = Identity.__table__  # type: ignore[attr-defined]
_numbers = DirectoryNumber.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_sessions = Session.__table__  # type: ignore[attr-defined]
_used = UsedLogoutToken.__table__  # type: ignore[attr-defined]

LONGEST = 200
#: A session whose provider does not say when the person signed in is as old as can be: a decision asks again.
UNKNOWN = datetime(1970, 1, 1, tzinfo=UTC)

_BY_SUBJECT = Statement(
    select(_identities).where(
        _identities.c.issuer == bindparam("issuer"), _identities.c.subject == bindparam("subject")
    )
)
_BY_ID = Statement(select(_identities).where(_identities.c.id == bindparam("identity_id")))
_OF_PERSON = Statement(select(_identities).where(_identities.c.person_id == bindparam("person_id")))
_INSERT = insert_into(_identities)
_SEEN = Statement(
    update(_identities)
    .where(_identities.c.id == bindparam("the_id"))
    .values({n: bindparam(f"new_{n}") for n in ("name", "email", "number", "region_id", "last_seen_at")})
)
_BIND = Statement(
    update(_identities)
    .where(_identities.c.id == bindparam("the_id"))
    .values({n: bindparam(f"new_{n}") for n in ("person_id", "region_id", "bound_at", "bound_by")})
)
_EXPECTED = Statement(
    select(_numbers.c.person_id).where(
        _numbers.c.number == bindparam("number"), _numbers.c.region_id == bindparam("region_id")
    )
)
_NUMBER_OF = Statement(select(_numbers.c.number).where(_numbers.c.person_id == bindparam("person_id")))
_FORGET_NUMBER = Statement(delete(_numbers).where(_numbers.c.person_id == bindparam("person_id")))
_INSERT_NUMBER = insert_into(_numbers)
_REGIONS = Statement(
    select(_people.c.region_id).where(_people.c.disabled_at.is_(None), _people.c.demo.is_(False)).distinct()
)
_OPEN_OF_IDENTITY = Statement(
    select(_sessions.c.id_hash, _sessions.c.person_id).where(
        _sessions.c.identity_id == bindparam("identity_id"),
        _sessions.c.ended_at.is_(None),
        or_(bindparam("any_session", type_=Boolean), _sessions.c.provider_session == bindparam("provider_session")),
    )
)
_OPEN_OF_SESSION = Statement(
    select(_sessions.c.id_hash, _sessions.c.person_id)
    .select_from(_sessions.join(_identities, _identities.c.id == _sessions.c.identity_id))
    .where(
        _identities.c.issuer == bindparam("issuer"),
        _sessions.c.provider_session == bindparam("provider_session"),
        _sessions.c.ended_at.is_(None),
    )
)
_END = Statement(
    update(_sessions)
    .where(_sessions.c.id_hash == bindparam("the_hash"), _sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"))
)
_USED = Statement(select(func.count().label("n")).where(_used.c.token_hash == bindparam("token_hash")))
_INSERT_USED = insert_into(_used)
_LISTED = Statement(
    select(
        _identities.c.id, _identities.c.issuer, _identities.c.name, _identities.c.email, _identities.c.number,
        _identities.c.first_seen_at, _identities.c.last_seen_at, _identities.c.bound_at, _identities.c.person_id,
        _people.c.name.label("person_name"),
    )
    .select_from(_identities.outerjoin(_people, _people.c.id == _identities.c.person_id))
    .where(_identities.c.region_id == bindparam("region_id"))
    .order_by(_identities.c.last_seen_at.desc(), _identities.c.id)
)  # fmt: skip
_NOBODYS = Statement(select(_identities).where(_identities.c.region_id.is_(None)).order_by(_identities.c.id))


# --- signing in --------------------------------------------------------------------------------------------------


@handles(SignInByProvider)
def sign_in_by_provider(uow: UnitOfWork, command: SignInByProvider, who: Actor) -> dict[str, Any]:  # noqa: ARG001
    """A session for who the identity is; or `refused` with a code, remembered and on the trail (nothing is raised,
    since what was seen has to be kept)."""
    known = _remember(uow, command)
    person_id = known.person_id or _bind_expected(uow, known, command)
    if person_id is None:
        return _refuse(uow, known, "identity_waits")
    somebody = person(uow, person_id)
    if somebody.disabled_at is not None:
        return _refuse(uow, known, "account_closed", somebody)
    if command.region_id is not None and somebody.region_id != command.region_id:
        return _refuse(uow, known, "identity_of_another_region", somebody)
    if command.person_id is not None and command.person_id != person_id:
        return _refuse(uow, known, "another_person", somebody)
    open_session(
        uow, person_id, somebody.region_id, command, way="provider", confirms=command.person_id is not None,
        authenticated_at=command.authenticated_at or UNKNOWN, identity_id=known.id,
        provider_session=command.provider_session, acr=command.acr, sealed_token=command.sealed_token,
    )  # fmt: skip
    return {"person": person_id}


def _remember(uow: UnitOfWork, command: SignInByProvider) -> Row:
    """The identity as it is known now; one that nobody has seen before is new and waits."""
    row = uow.one(_BY_SUBJECT, issuer=command.issuer, subject=command.subject)
    if row is None:
        region_id = command.region_id or _only_region(uow)
        row_id = new_id(uow.now)
        uow.run(
            _INSERT, id=row_id, issuer=command.issuer, subject=command.subject, region_id=region_id, person_id=None,
            name=command.name, email=command.email, number=command.number, first_seen_at=uow.now,
            last_seen_at=uow.now, bound_at=None, bound_by=None,
        )  # fmt: skip
    else:
        row_id = row.id
        region_id = row.region_id or command.region_id or _only_region(uow)
        uow.run(
            _SEEN, the_id=row_id, new_name=command.name or row.name, new_email=command.email or row.email,
            new_number=command.number or row.number, new_region_id=region_id, new_last_seen_at=uow.now,
        )  # fmt: skip
    found = uow.one(_BY_ID, identity_id=row_id)
    assert found is not None
    return found


def _only_region(uow: UnitOfWork) -> str | None:
    """The region all people here are of, the cooperation's apart; None where there are several."""
    regions = {r.region_id for r in uow.all(_REGIONS)} - {"samverkan"}
    return regions.pop() if len(regions) == 1 else None


def _bind_expected(uow: UnitOfWork, known: Row, command: SignInByProvider) -> str | None:
    """The person who was registered with this directory number, and is nobody else at this provider yet."""
    if not command.number or known.region_id is None:
        return None
    expected = uow.one(_EXPECTED, number=command.number.casefold(), region_id=known.region_id)
    if expected is None or any(i.issuer == known.issuer for i in uow.all(_OF_PERSON, person_id=expected.person_id)):
        return None
    somebody = person(uow, expected.person_id)
    if somebody.disabled_at is None:
        _bind(uow, known, somebody, SYSTEM_ID)
        _note_binding(uow, known, somebody)
        return str(somebody.id)
    return None


def _note_binding(uow: UnitOfWork, known: Row, somebody: Row) -> None:
    """On the trail of people: bound by the number that was registered, in the person's own name."""
    actor = Actor(somebody.id, somebody.region_id, somebody.name, channel="web")
    note(uow, somebody.region_id, "identity_bound", actor, person=somebody.id, identity=known.id, by="number")


def _refuse(uow: UnitOfWork, known: Row, code: str, somebody: Row | None = None) -> dict[str, Any]:
    region_id = somebody.region_id if somebody is not None else known.region_id or "samverkan"
    facts: dict[str, Any] = {"identity": known.id, "reason": code}
    if somebody is not None:
        facts["person"] = somebody.id
    note_access(uow, region_id, "sign_in_failed", SYSTEM_ID, **facts)
    return {"refused": code, "identity": known.id, "name": known.name}


# --- who it is ---------------------------------------------------------------------------------------------------


def _bind(uow: UnitOfWork, known: Row, somebody: Row, by: str) -> None:
    uow.run(
        _BIND, the_id=known.id, new_person_id=somebody.id, new_region_id=somebody.region_id, new_bound_at=uow.now,
        new_bound_by=by,
    )  # fmt: skip


@handles(BindIdentity)
def bind_identity(uow: UnitOfWork, command: BindIdentity, who: Actor) -> dict[str, Any]:
    """Say who an identity is. Raises InvalidForm at `person` or `subject`, NotFound, Forbidden."""
    known = None
    if command.identity_id is not None:
        known = uow.one(_BY_ID, identity_id=command.identity_id)
        if (
            known is None
            or known.region_id not in (None, who.region_id)
            or (known.region_id is None and not who.is_system)
        ):
            raise NotFound
    try:
        somebody = person(uow, command.person_id)
    except NotFound:
        raise InvalidForm([FieldError("person", "unknown_person")]) from None
    if somebody.region_id != who.region_id or somebody.disabled_at is not None:
        raise InvalidForm([FieldError("person", "unknown_person")])
    may_keep(who, somebody.region_id)
    if known is None:
        known = _named(uow, command, somebody)
    if known.person_id is not None:
        raise InvalidForm([FieldError("subject", "identity_taken")])
    if any(i.issuer == known.issuer for i in uow.all(_OF_PERSON, person_id=somebody.id)):
        raise InvalidForm([FieldError("person", "has_an_identity")])
    _bind(uow, known, somebody, who.person_id)
    note(uow, somebody.region_id, "identity_bound", who, person=somebody.id, identity=known.id)
    return {"id": known.id}


def _named(uow: UnitOfWork, command: BindIdentity, somebody: Row) -> Row:
    """The identity of an issuer and a subject, made where nobody has seen it yet. Raises InvalidForm."""
    issuer, subject = (command.issuer or "").strip(), (command.subject or "").strip()
    if not issuer or not subject or len(subject) > 255:
        raise InvalidForm([FieldError("subject", "field_required")])
    found = uow.one(_BY_SUBJECT, issuer=issuer, subject=subject)
    if found is None:
        uow.run(
            _INSERT, id=new_id(uow.now), issuer=issuer, subject=subject, region_id=somebody.region_id, person_id=None,
            name="", email="", number=None, first_seen_at=uow.now, last_seen_at=uow.now, bound_at=None, bound_by=None,
        )  # fmt: skip
        found = uow.one(_BY_SUBJECT, issuer=issuer, subject=subject)
    elif found.region_id not in (None, somebody.region_id):
        raise InvalidForm([FieldError("subject", "identity_taken")])
    assert found is not None
    return found


@handles(UnbindIdentity)
def unbind_identity(uow: UnitOfWork, command: UnbindIdentity, who: Actor) -> dict[str, Any]:
    """The identity waits again, and whoever signed in with it is signed out. Raises NotFound, Forbidden."""
    known = uow.one(_BY_ID, identity_id=command.identity_id)
    if known is None or known.region_id != who.region_id or known.person_id is None:
        raise NotFound
    may_keep(who, known.region_id)
    uow.run(
        _BIND, the_id=known.id, new_person_id=None, new_region_id=known.region_id, new_bound_at=None, new_bound_by=None
    )
    ended = _end(uow, uow.all(_OPEN_OF_IDENTITY, identity_id=known.id, any_session=True), who.region_id, "unbound")
    note(uow, who.region_id, "identity_unbound", who, person=known.person_id, identity=known.id)
    return {"id": known.id, "ended": ended}


@handles(SetDirectoryNumber)
def set_directory_number(uow: UnitOfWork, command: SetDirectoryNumber, who: Actor) -> dict[str, Any]:
    """Set or take away a person's number. Raises InvalidForm at `number`, NotFound, Forbidden."""
    somebody = person(uow, command.person_id)
    may_keep(who, somebody.region_id)
    number = (command.number or "").strip().casefold() or None
    if number is not None:
        if len(number) > LONGEST or not number.isprintable() or "@" in number:
            raise InvalidForm([FieldError("directory_number", "field_invalid")])
        other = uow.one(_EXPECTED, number=number, region_id=somebody.region_id)
        if other is not None and other.person_id != somebody.id:
            raise InvalidForm([FieldError("directory_number", "already_there")])
    uow.run(_FORGET_NUMBER, person_id=somebody.id)
    if number is not None:
        uow.run(_INSERT_NUMBER, person_id=somebody.id, region_id=somebody.region_id, number=number)
    note(uow, somebody.region_id, "directory_number_set", who, person=somebody.id, taken_away=number is None)
    return {"id": somebody.id}


# --- signing out at the provider ---------------------------------------------------------------------------------


@handles(EndSessionsByProvider)
def end_sessions_by_provider(uow: UnitOfWork, command: EndSessionsByProvider, who: Actor) -> dict[str, Any]:  # noqa: ARG001
    """End the sessions that an order of the provider is about; `replayed` when it was followed before."""
    if uow.one(_USED, token_hash=command.token_hash).n:  # type: ignore[union-attr]
        return {"replayed": True, "ended": 0}
    uow.run(_INSERT_USED, token_hash=command.token_hash, used_at=uow.now)
    known = uow.one(_BY_SUBJECT, issuer=command.issuer, subject=command.subject) if command.subject else None
    if command.subject:
        asked = {"any_session": command.provider_session is None, "provider_session": command.provider_session}
        found = uow.all(_OPEN_OF_IDENTITY, identity_id=known.id, **asked) if known is not None else []
    else:
        found = uow.all(_OPEN_OF_SESSION, issuer=command.issuer, provider_session=command.provider_session)
    return {"replayed": False, "ended": _end(uow, found, None, "provider")}


def _end(uow: UnitOfWork, found: list[Row], region_id: str | None, by: str) -> int:
    """End each of these sessions, with one event for each that was still open."""
    ended = 0
    for row in found:
        if uow.run(_END, the_hash=row.id_hash, at=uow.now):
            home = region_id or str(person(uow, row.person_id).region_id)
            note_access(uow, home, "signed_out", row.person_id, by=by)
            ended += 1
    return ended


# --- looking -----------------------------------------------------------------------------------------------------


def identities_of_region(uow: UnitOfWork, who: Actor) -> tuple[list[Row], list[Row]]:
    """Those that wait and those that are bound, the latest seen first. Whoever oversees the region may look."""
    rows = uow.all(_LISTED, region_id=who.region_id)
    return [r for r in rows if r.person_id is None], [r for r in rows if r.person_id is not None]


def waiting_without_region(uow: UnitOfWork) -> list[Row]:
    """For the operator: identities of which nobody knows whose region they are."""
    return uow.all(_NOBODYS)


def identities_of_person(uow: UnitOfWork, person_id: str) -> list[Row]:
    return uow.all(_OF_PERSON, person_id=person_id)


def directory_number(uow: UnitOfWork, person_id: str) -> str | None:
    row = uow.one(_NUMBER_OF, person_id=person_id)
    return None if row is None else str(row.number)
