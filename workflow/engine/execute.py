"""`execute(command)`: the one way to change anything. One command, one transaction.

Pages, API, command line, imports and the scheduler all come through here. The order inside: idempotency, the
actor's roles as they are now, the handler (which locks the case first), the trail, commit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import bindparam, delete, select

from notifications.transport import Transport, open_transport
from states.calendar import local_date
from states.roles import SYSTEM_ID, Actor, system_actor
from workflow.clock import Clock
from workflow.config import Settings
from workflow.db.database import Database
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import directory
from workflow.engine.canonical import canonical, plain, sha256
from workflow.engine.tables import IdempotencyKey
from workflow.errors import Conflict

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
) -> Any:
    """Carry out one command in one transaction and return what its handler answers (plain, JSON-able values).

    `by` is a person's id, or an Actor the caller already made (the scheduler, an import). Raises StegvisError or
    LawBookError when it is refused; then nothing has changed.
    """
    with app.database.write() as uow:
        if isinstance(by, Actor):
            who = by
        else:
            who = directory.actor(uow, by, local_date(uow.now), channel=channel)
        if idempotency:
            seen = uow.one(_SEEN, person_id=who.person_id, key=idempotency.key)
            if seen is not None:
                if seen.body_hash != idempotency.body_hash:
                    raise Conflict("idempotency_conflict")
                import json

                return json.loads(seen.answer)
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
    return sha256(f"{method} {path}\n" + body.decode("utf-8", "replace"))


__all__ = ["HANDLERS", "SYSTEM_ID", "Idempotency", "Stegvis", "execute", "handles", "system_actor"]
