"""`execute(command)`: the one way to change anything. One command, one transaction.

Pages, API, command line, imports and the scheduler all come through here. The order inside: idempotency, the
actor's roles as they are now, the handler (which locks the case first), the trail, commit.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import bindparam, delete, select
from sqlalchemy.exc import IntegrityError

from notifications.transport import Transport, open_transport
from states.calendar import local_date
from states.errors import LawBookError
from states.roles import SYSTEM_ID, Actor, system_actor
from workflow.clock import Clock
from workflow.config import Settings
from workflow.db.database import Database, DatabaseUnavailable
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import Memory, UnitOfWork
from workflow.engine import directory
from workflow.engine.canonical import canonical, plain, sha256
from workflow.engine.tables import IdempotencyKey
from workflow.errors import Conflict, StegvisError

_keys = IdempotencyKey.__table__  # type: ignore[attr-defined]
_SEEN = Statement(
    select(_keys.c.body_hash, _keys.c.answer).where(
        _keys.c.person_id == bindparam("person_id"), _keys.c.key == bindparam("key")
    )
)
_REMEMBER = insert_into(_keys)
_FORGET = Statement(delete(_keys).where(_keys.c.created_at < bindparam("before")))

KEPT = timedelta(days=7)

Handler = Callable[[UnitOfWork, Any, Actor], Any]
HANDLERS: dict[type, Handler] = {}
H = TypeVar("H", bound=Handler)


def handles(command: type) -> Callable[[H], H]:
    """Register the handler of a command type."""

    def register(function: H) -> H:
        assert command not in HANDLERS, command
        HANDLERS[command] = function
        return function

    return register


@dataclass(slots=True)
class Stegvis:
    """The running application: where things are kept and what time it is. Built once a process by `workflow/app.py`."""

    settings: Settings
    database: Database
    clock: Clock
    transport: Transport | None = None

    def open_transport(self) -> Transport:
        """The mailbox of this process (SMTP, folder or memory)."""
        if self.transport is None:
            self.transport = open_transport(self.settings.mail)
        return self.transport


@dataclass(frozen=True, slots=True)
class Idempotency:
    """A caller's own name for a request: repeated within 7 days it has one effect and the same answer."""

    key: str
    body_hash: str


def execute(
    app: Stegvis,
    command: Any,
    *,
    by: str | Actor,
    channel: str = "web",
    idempotency: Idempotency | None = None,
    memory: Memory | None = None,
) -> Any:
    """Carry out one command in one transaction and return what its handler answers (plain, JSON-able values).

    `by` is a person's id, or an Actor the caller already made (the scheduler, an import). `memory`: what the scheduler's
    batch has read of the registers so far. Raises StegvisError or
    LawBookError when it is refused; then nothing has changed.
    """
    for attempt in range(_TRIES):
        try:
            return _once(app, command, by, channel, idempotency, memory)
        except IntegrityError:
            # Two commands made the same row first (a counter, a supplier): the other one has it now.
            if attempt == _TRIES - 1:
                raise
        except DatabaseUnavailable as error:
            if attempt == _TRIES - 1 or not _passing(error):
                raise
        except (StegvisError, LawBookError):
            # The same request may have come twice at once: whoever came second gets the first one's answer.
            if idempotency is None or isinstance(by, Actor):
                raise
            with app.database.read() as uow:
                answered = _answered(uow, by, idempotency)
            if answered is None:
                raise
            return answered
    raise AssertionError("unreachable")


_TRIES = 3


def _passing(error: DatabaseUnavailable) -> bool:
    """A deadlock or a lock that took too long: nothing happened, and it may be tried again."""
    cause = getattr(error.__cause__, "orig", None)
    return type(cause).__name__ in ("DeadlockDetected", "SerializationFailure")


def _answered(uow: UnitOfWork, person_id: str, idempotency: Idempotency) -> Any | None:
    """What was answered to this key before. Raises Conflict when it named another request."""
    seen = uow.one(_SEEN, person_id=person_id, key=idempotency.key)
    if seen is None:
        return None
    if seen.body_hash != idempotency.body_hash:
        raise Conflict("idempotency_conflict")
    return json.loads(seen.answer)


def _once(
    app: Stegvis, command: Any, by: str | Actor, channel: str, idempotency: Idempotency | None, memory: Memory | None
) -> Any:
    with app.database.write(memory) as uow:
        who = by if isinstance(by, Actor) else directory.actor(uow, by, local_date(uow.now), channel=channel)
        if idempotency:
            answered = _answered(uow, who.person_id, idempotency)
            if answered is not None:
                return answered
        answer = HANDLERS[type(command)](uow, command, who)
        if idempotency:
            uow.run(
                _REMEMBER,
                person_id=who.person_id,
                key=idempotency.key,
                body_hash=idempotency.body_hash,
                answer=canonical(plain(answer)),
                created_at=uow.now,
            )
        return answer


def forget_old_keys(app: Stegvis) -> None:
    """Housekeeping: idempotency keys older than 7 days."""
    with app.database.write() as uow:
        uow.run(_FORGET, before=uow.now - KEPT)


def body_hash(method: str, path: str, body: bytes) -> str:
    """What tells a repeated request from another one under the same key."""
    return sha256(f"{method} {path}\n" + body.decode("utf-8", "replace"))


__all__ = ["HANDLERS", "SYSTEM_ID", "Idempotency", "Stegvis", "execute", "handles", "system_actor"]
