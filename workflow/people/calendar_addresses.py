"""The address of a calendar: whose it is, and the count of those who guess.

The address is a capability to read one's dates and nothing else; 256 random bits, kept as a hash. A right one is
always answered; wrong ones are counted for each caller's address over all nodes, so that guessing costs us little.
"""

from __future__ import annotations

import secrets

from sqlalchemy import bindparam, func, select

from states.roles import system_actor
from workflow.commands import NoteFailedSignIn
from workflow.db.statements import Statement
from workflow.engine.execute import Stegvis, execute
from workflow.people.accounts import token_hash
from workflow.people.queries import CalendarOwner, calendar_owner
from workflow.people.sessions import ADDRESS_LIMIT, ADDRESS_WINDOW, TooManyAttempts
from workflow.people.tables import SignInFailure

_failures = SignInFailure.__table__  # type: ignore[attr-defined]
_WRONG = Statement(
    select(func.count().label("n")).where(
        _failures.c.subject == bindparam("subject"), _failures.c.at > bindparam("since")
    )
)


def new_token() -> str:
    """A token nobody can guess; it stands in the address and nowhere with us."""
    return secrets.token_urlsafe(32)


def owner_of(app: Stegvis, token: str, address: str) -> CalendarOwner | None:
    """Whose calendar a token leads to, now; None for a wrong one, which is counted for the caller's address.

    Raises TooManyAttempts when sixty wrong ones came from there within a minute.
    """
    with app.database.read() as uow:
        found = calendar_owner(uow, token_hash(token))
        if found is not None:
            return found
        subject = token_hash(f"calendar:{address}")
        counted = uow.one(_WRONG, subject=subject, since=uow.now - ADDRESS_WINDOW)
    if counted is not None and counted.n >= ADDRESS_LIMIT:
        raise TooManyAttempts
    execute(app, NoteFailedSignIn((subject,), None, "calendar"), by=system_actor("samverkan"))
    return None
