"""Signing in and out. A session is a row: it ends on all nodes at once, and an old cookie is worth nothing.

The browser holds 256 random bits, the table their SHA-256. Failures are counted in the database, so that all nodes
count together; what is counted (account, address) is stored as a hash and forgotten after a day.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, bindparam, func, select, update

from states.roles import Actor, Role, system_actor
from workflow.commands import BeginSession, EndSession, NoteFailedSignIn, SignInByProvider
from workflow.config import Settings
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.tables import Region
from workflow.errors import StegvisError
from workflow.people import passwords
from workflow.people.accounts import token_hash
from workflow.people.tables import ApiToken, Identity, Person, RoleAssignment, Session, SignInFailure

IDLE = timedelta(minutes=30)
ABSOLUTE = timedelta(hours=10)
#: How often the row is told that the session is in use: a page that is only looked at seldom costs a write.
TOUCH = timedelta(minutes=2)
#: Ten failures of one account in a quarter of an hour, or sixty of one address in a minute, close the door a while.
ACCOUNT_LIMIT, ACCOUNT_WINDOW = 10, timedelta(minutes=15)
ADDRESS_LIMIT, ADDRESS_WINDOW = 60, timedelta(minutes=1)

_people = Person.__table__  # type: ignore[attr-defined]
_sessions = Session.__table__  # type: ignore[attr-defined]
_tokens = ApiToken.__table__  # type: ignore[attr-defined]
_roles = RoleAssignment.__table__  # type: ignore[attr-defined]
_regions = Region.__table__  # type: ignore[attr-defined]
_failures = SignInFailure.__table__  # type: ignore[attr-defined]
_identities = Identity.__table__  # type: ignore[attr-defined]

_WHO = (_people.c.region_id, _people.c.name, _people.c.email, _people.c.locale, _people.c.demo, _people.c.disabled_at)
_SESSION = Statement(
    select(_sessions.c.person_id, _sessions.c.csrf_token, _sessions.c.created_at, _sessions.c.seen_at,
           _sessions.c.ended_at, _sessions.c.authenticated_at, _sessions.c.way, _sessions.c.acr, _sessions.c.identity_id,
           _sessions.c.sealed_token, _identities.c.issuer, *_WHO)
    .select_from(_sessions.join(_people, _people.c.id == _sessions.c.person_id)
                 .outerjoin(_identities, _identities.c.id == _sessions.c.identity_id))
    .where(_sessions.c.id_hash == bindparam("id_hash"))
)  # fmt: skip
_TOKEN = Statement(
    select(_tokens.c.person_id, _tokens.c.expires_at, _tokens.c.revoked_at, *_WHO)
    .select_from(_tokens.join(_people, _people.c.id == _tokens.c.person_id))
    .where(_tokens.c.token_hash == bindparam("token_hash"))
)
_ACCOUNT = Statement(
    select(_people.c.id, _people.c.password_hash, _people.c.disabled_at, _people.c.demo).where(
        _people.c.email == bindparam("email")
    )
)
_DEMO_PEOPLE = Statement(
    select(_people.c.name, _people.c.email, _regions.c.name.label("region_name"), _roles.c.role)
    .select_from(
        _people.join(_regions, _regions.c.id == _people.c.region_id).outerjoin(
            _roles, and_(_roles.c.person_id == _people.c.id, _roles.c.valid_to.is_(None))
        )
    )
    .where(_people.c.demo, _people.c.disabled_at.is_(None))
    .order_by(_people.c.id, _roles.c.role)
)
_TOUCH = Statement(
    update(_sessions).where(_sessions.c.id_hash == bindparam("the_hash")).values(seen_at=bindparam("at"))
)
_END = Statement(
    update(_sessions)
    .where(_sessions.c.id_hash == bindparam("the_hash"), _sessions.c.ended_at.is_(None))
    .values(ended_at=bindparam("at"))
)
_INSERT = insert_into(_sessions)
_FAILED = Statement(
    select(func.count().label("n")).where(
        _failures.c.subject == bindparam("subject"), _failures.c.at > bindparam("since")
    )
)
_INSERT_FAILURE = insert_into(_failures)


class WrongPassword(StegvisError):
    """Said alike for a wrong password, an unknown account and a disabled one."""

    code = "wrong_password"


class TooManyAttempts(StegvisError):
    code = "too_many_attempts"


@dataclass(slots=True)
class DemoPerson:
    name: str
    email: str
    roles: list[str]


def demo_people_with_roles(uow: UnitOfWork) -> list[tuple[str, list[DemoPerson]]]:
    """The people one may sign in as while STEGVIS_DEMO is on, by region (the largest first), deciders before others."""
    regions: dict[str, dict[str, DemoPerson]] = {}
    for row in uow.all(_DEMO_PEOPLE):
        here = regions.setdefault(row.region_name, {})
        person = here.setdefault(row.email, DemoPerson(row.name, row.email, []))
        if row.role:
            person.roles.append(row.role)
    order = {role: n for n, role in enumerate(Role)}

    def place(person: DemoPerson) -> tuple[int, str]:
        return min((order[Role(r)] for r in person.roles), default=len(order)), person.email

    largest_first = sorted(regions.items(), key=lambda r: (-len(r[1]), r[0]))
    return [(region, sorted(people.values(), key=place)) for region, people in largest_first]


def session(uow: UnitOfWork, session_id: str) -> Row | None:
    """The live session of a cookie with whose it is, or None: unknown, ended, idle too long, too old, disabled."""
    row = uow.one(_SESSION, id_hash=token_hash(session_id))
    if row is None or row.ended_at is not None or row.disabled_at is not None:
        return None
    if uow.now - row.seen_at > IDLE or uow.now - row.created_at > ABSOLUTE:
        return None
    return row


def lapsed_session(uow: UnitOfWork, session_id: str) -> Row | None:
    """Whose a session was whose time ran out (idle too long, too old).

    None for one that lives, for one that somebody ended (signed out here or at the provider, by an administrator), and
    for a closed account: nobody comes back to those.
    """
    row = uow.one(_SESSION, id_hash=token_hash(session_id))
    lapsed = row is not None and row.ended_at is None and row.disabled_at is None and session(uow, session_id) is None
    return row if lapsed else None


def token(uow: UnitOfWork, text: str) -> Row | None:
    """The live API token with whose it is, or None."""
    row = uow.one(_TOKEN, token_hash=token_hash(text))
    if row is None or row.revoked_at is not None or row.expires_at <= uow.now or row.disabled_at is not None:
        return None
    return row


def touch(app: Stegvis, session_id: str, seen_at: datetime, now: datetime) -> None:
    """Keep a session in use alive. Not an act of the person: nothing on the trail."""
    if now - seen_at > TOUCH:
        with app.database.write() as uow:
            uow.run(_TOUCH, the_hash=token_hash(session_id), at=now)


def sign_in(
    app: Stegvis, email: str, password: str, address: str, *, replaces: str | None = None, confirms: bool = False
) -> str:  # fmt: skip
    """Check the password and open a session; returns its id for the cookie.

    Raises WrongPassword or TooManyAttempts. The slow hash is worked out outside any transaction.
    """
    email = email.strip().lower()
    account_subject, address_subject = counted_as("account", email), counted_as("address", address)
    with app.database.read() as uow:
        check_attempts(uow, account=account_subject, address=address_subject)
        account = uow.one(_ACCOUNT, email=email)
    usable = account is not None and account.disabled_at is None
    if not passwords.matches(account.password_hash if account is not None and usable else None, password):
        person_id = account.id if account is not None else None
        reason = "wrong_password" if usable else "disabled"
        execute(
            app, NoteFailedSignIn((account_subject, address_subject), person_id, reason), by=system_actor("samverkan")
        )
        raise WrongPassword
    assert account is not None
    return _begin(app, account.id, demo=False, replaces=replaces, confirms=confirms)


def sign_in_demo(app: Stegvis, email: str, *, replaces: str | None = None, confirms: bool = False) -> str:
    """Open a session as one of the demo people; only while STEGVIS_DEMO is on. Raises WrongPassword."""
    with app.database.read() as uow:
        account = uow.one(_ACCOUNT, email=email.strip().lower())
    if not app.settings.demo or account is None or not account.demo or account.disabled_at is not None:
        raise WrongPassword
    return _begin(app, account.id, demo=True, replaces=replaces, confirms=confirms)


def sign_out(app: Stegvis, session_id: str) -> Row | None:
    """End a session; returns what it was. A cookie that is worth nothing any more is no error."""
    with app.database.read() as uow:
        row = session(uow, session_id)
    if row is not None:
        execute(app, EndSession(token_hash(session_id)), by=row.person_id)
    return row


def new_session_id() -> str:
    """256 random bits for a cookie."""
    return secrets.token_urlsafe(32)


def _begin(app: Stegvis, person_id: str, *, demo: bool, replaces: str | None, confirms: bool) -> str:
    session_id = new_session_id()
    replaced = token_hash(replaces) if replaces else None
    command = BeginSession(person_id, token_hash(session_id), new_session_id(), demo, replaced, confirms)
    execute(app, command, by=person_id)
    return session_id


def counted_as(kind: str, value: str) -> str:
    """What stands for an account or an address where failures are counted."""
    return token_hash(f"{kind}:{value}")


def check_attempts(uow: UnitOfWork, *, address: str, account: str | None = None) -> None:
    """Raises TooManyAttempts where an address, or an account, has failed too often lately."""
    limits = [(address, ADDRESS_LIMIT, ADDRESS_WINDOW)]
    if account is not None:
        limits.append((account, ACCOUNT_LIMIT, ACCOUNT_WINDOW))
    for subject, limit, window in limits:
        counted = uow.one(_FAILED, subject=subject, since=uow.now - window)
        if counted is not None and counted.n >= limit:
            raise TooManyAttempts


@handles(BeginSession)
def begin_session(uow: UnitOfWork, command: BeginSession, who: Actor) -> dict[str, Any]:
    way = "demo" if command.demo else "password"
    open_session(uow, who.person_id, who.region_id, command, way=way, confirms=command.confirms)
    return {}


def open_session(
    uow: UnitOfWork, person_id: str, region_id: str, command: BeginSession | SignInByProvider, *, way: str,
    confirms: bool, **provided: Any,
) -> None:  # fmt: skip
    """A new row, the replaced one ended, one event. Confirmed by the same person, the form token stays as it was:
    forms in their other tabs can still be sent. `provided`: the columns of a provider's session."""
    csrf_token = command.csrf_token
    if command.replaced_hash:
        old = uow.one(_SESSION, id_hash=command.replaced_hash)
        if confirms and old is not None and old.person_id == person_id:
            csrf_token = old.csrf_token
        uow.run(_END, the_hash=command.replaced_hash, at=uow.now)
    row = {
        "authenticated_at": uow.now,
        "identity_id": None,
        "provider_session": None,
        "acr": None,
        "sealed_token": None,
    }
    row |= provided
    uow.run(
        _INSERT, id_hash=command.id_hash, person_id=person_id, csrf_token=csrf_token, created_at=uow.now,
        seen_at=uow.now, ended_at=None, way=way, **row,
    )  # fmt: skip
    facts = {"way": way} | ({"acr": row["acr"]} if row["acr"] else {})
    if confirms:
        note_access(uow, region_id, "identity_confirmed", person_id, **facts)
    else:
        note_access(uow, region_id, "signed_in", person_id, **facts)


def shown_lately(row: Row, settings: Settings, now: datetime) -> bool:
    """Whether the person behind a session showed who they are lately and strongly enough to take a decision (I31)."""
    if now - row.authenticated_at > timedelta(minutes=settings.step_up_minutes):
        return False
    if row.way != "provider":
        return True
    levels = {p.issuer: p.step_up_levels for p in settings.providers}.get(row.issuer, ())
    return not levels or row.acr in levels


@handles(EndSession)
def end_session(uow: UnitOfWork, command: EndSession, who: Actor) -> dict[str, Any]:
    if uow.run(_END, the_hash=command.id_hash, at=uow.now):
        note_access(uow, who.region_id, "signed_out", who.person_id)
    return {}


@handles(NoteFailedSignIn)
def note_failed_sign_in(uow: UnitOfWork, command: NoteFailedSignIn, who: Actor) -> dict[str, Any]:
    """Count it; on the trail only where there is an account, whose region then sees it."""
    for subject in command.subjects:
        uow.run(_INSERT_FAILURE, id=new_id(uow.now), subject=subject, at=uow.now)
    if command.person_id:
        person = uow.one(
            Statement(select(_people.c.region_id).where(_people.c.id == bindparam("p"))), p=command.person_id
        )
        assert person is not None
        note_access(
            uow, person.region_id, "sign_in_failed", who.person_id, person=command.person_id, reason=command.reason
        )
    return {}


def note_access(uow: UnitOfWork, region_id: str, kind: str, actor_id: str, **facts: Any) -> None:
    """An event on the region's stream of who came and went."""
    stream = audit.register_stream(region_id, "access")
    audit.append(uow, stream, region_id=region_id, kind=kind, at=uow.now, actor_id=actor_id, facts=facts)
