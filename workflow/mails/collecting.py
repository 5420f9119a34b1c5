"""Reading what came back: a bounded number of letters from the mailbox, each taken in once by a command."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from sqlalchemy import bindparam, select

from notifications.errors import ServerAway
from notifications.mailbox import open_mailbox
from notifications.returned import Returned, What, read
from states.roles import system_actor
from workflow.clock import monotonic
from workflow.commands import RecordReturned
from workflow.db.statements import Statement
from workflow.engine.execute import Stegvis, execute
from workflow.engine.tables import OutboxMessage
from workflow.engine.timers import held

log = logging.getLogger("stegvis.mail")

_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_REGION = Statement(select(_messages.c.region_id).where(_messages.c.id == bindparam("message_id")))

#: So many letters a round, for so many seconds at most: mail that is to leave does not wait for mail that came.
AT_ONCE, SECONDS = 50, 5.0


def collect_returned(app: Stegvis, *, most: int = AT_ONCE, seconds: float = SECONDS) -> int:
    """Take in letters from the mailbox of BOUNCES_URL, if there is one. Returns how many concerned a mail of ours.

    A letter that cannot be taken in stays where it is and hinders no other. Raises ServerAway when nobody answers.
    """
    url = app.settings.bounces_url
    if not url:
        return 0
    with app.database.read() as uow:
        if held(uow):
            return 0  # a restored database may not know yet what the letters are about
    host = urlsplit(app.settings.address).hostname or "localhost"
    ends, taken = monotonic() + seconds, 0
    with open_mailbox(url, timeout_seconds=seconds) as box:
        for key, raw in box.letters(most):
            try:
                ours = _take_in(app, read(raw, host))
                box.done(key, ours=ours)
                taken += ours
            except ServerAway:
                raise
            except Exception:
                log.exception("letter %s", key, extra={"action": "letter_failed"})
            if monotonic() > ends:
                break
    return taken


def _take_in(app: Stegvis, letter: Returned) -> bool:
    """Whether it is about a message that we know."""
    if letter.what is What.UNKNOWN:
        return False
    for message_id in letter.outbox_ids:
        with app.database.read() as uow:
            row = uow.one(_REGION, message_id=message_id)
        if row is not None:
            command = RecordReturned(message_id, letter.letter_id, letter.what.value, letter.detail)
            return bool(execute(app, command, by=system_actor(row.region_id))["what"] != "unknown")
    return False
