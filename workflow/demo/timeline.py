"""The agenda of the demo: what happens on which day, with the engine's own timers fired in between, each on its hour."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, event, select

from notifications.transport import MemoryTransport
from states.calendar import at_local
from states.roles import Actor, system_actor
from workflow.clock import FixedClock
from workflow.commands import RecordDelivery
from workflow.db.database import Database
from workflow.db.statements import Statement
from workflow.engine.execute import Stegvis, execute
from workflow.engine.tables import OutboxMessage
from workflow.engine.timers import NEXT_DUE, fire_due_timers

CHANNEL = "demo"

#: Mail younger than this is left in the outbox for the running application.
MAIL_LEFT = timedelta(days=3)

_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_QUEUED = Statement(
    select(_messages.c.id, _messages.c.region_id)
    .where(_messages.c.status == "queued", _messages.c.next_try_at <= bindparam("now"))
    .order_by(_messages.c.next_try_at, _messages.c.id)
)


class Timeline:
    """Runs through past days on a clock of its own, on a connection of its own; the application's clock stays."""

    def __init__(self, app: Stegvis) -> None:
        self.until = app.clock.now()
        self.clock = FixedClock(self.until)
        database = Database(app.database.url.render_as_string(hide_password=False), self.clock, pool_size=1)
        if database.is_sqlite:
            event.listen(database.engine, "connect", _do_not_wait_for_the_disk)
        self.past = Stegvis(app.settings, database, self.clock, MemoryTransport())
        self._agenda: list[tuple[date, int, Callable[[], None]]] = []
        self._asked = 0
        self._acted = 0

    def at(self, day: date, action: Callable[[], None]) -> None:
        """Plan something for a day. Actions of one day happen in the order they were asked for."""
        self._asked += 1
        heapq.heappush(self._agenda, (day, self._asked, action))

    def do(self, command: Any, by: str | Actor, channel: str = CHANNEL) -> Any:
        return execute(self.past, command, by=by, channel=channel)

    def run(self) -> None:
        """All that is planned, day by day, up to the application's present."""
        self.clock.at = at_local(self._agenda[0][0], 8)
        while self._agenda:
            day, _, action = heapq.heappop(self._agenda)
            self._go_to(max(at_local(day, 8), self.clock.at) + self._pause_for_thought())
            action()
        self._go_to(self.until)

    def _pause_for_thought(self) -> timedelta:
        """People do not work on the stroke of the clock."""
        self._acted += 1
        return timedelta(minutes=1 + self._acted * 7 % 9, seconds=self._acted * 17 % 60)

    def _go_to(self, instant: datetime) -> None:
        """Let time pass: mail leaves, and every timer fires when it is due."""
        if instant > self.until:
            raise ValueError(f"the demo has nothing to do after {self.until}")
        self._post()
        while (due := self._next_due()) is not None and due <= instant:
            self.clock.at = max(due, self.clock.at) + timedelta(seconds=9)
            fire_due_timers(self.past)
            self._post()
        self.clock.at = max(instant, self.clock.at)

    def _next_due(self) -> datetime | None:
        with self.past.database.read() as uow:
            row = uow.one(NEXT_DUE)
        return row.due_at if row else None

    def _post(self) -> None:
        """Mail of long ago counts as handed over; nothing leaves the house."""
        if self.clock.at > self.until - MAIL_LEFT:
            return
        self.clock.at += timedelta(seconds=11)
        with self.past.database.read() as uow:
            queued = uow.all(_QUEUED, now=uow.now)
        for message in queued:
            self.do(RecordDelivery(message.id, "sent", CHANNEL), system_actor(message.region_id))

    def close(self) -> None:
        self.past.database.dispose()


def _do_not_wait_for_the_disk(connection: Any, _record: Any) -> None:
    """Thousands of commits of invented data: if the power fails the file is thrown away and the load begun again."""
    connection.execute("PRAGMA synchronous=OFF")
