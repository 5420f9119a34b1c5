"""Which mails will go to whom on which day if nothing happens: those that wait now, and what the preview brings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import bindparam, select

from states.roles import Actor
from workflow.cases.region_trail import OVERSEERS
from workflow.db.statements import Statement
from workflow.engine.access import MAILS_OF_TALK
from workflow.engine.case_rows import cases
from workflow.engine.execute import Stegvis
from workflow.engine.tables import OutboxMessage
from workflow.preview import Mail, mail_of, preview

_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_LEAVING = Statement(
    select(_messages, cases.c.reference, cases.c.title)
    .select_from(_messages.outerjoin(cases, cases.c.id == _messages.c.case_id))
    .where(_messages.c.region_id == bindparam("region_id"), _messages.c.status == "sending")
    .order_by(_messages.c.next_try_at, _messages.c.id)
)

#: How far ahead the page looks when nothing is said, and at most.
DAYS, MOST_DAYS = 14, 62
#: So long a page waits for it; what lies further ahead is then left out, and `until` says so.
MOST_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Forecast:
    """`until` is the last day that was looked at; mails in order of their moment."""

    until: date
    mails: list[Mail]


def mail_forecast(
    app: Stegvis, who: Actor, *, days: int = DAYS, person_id: str | None = None, case: str | None = None
) -> Forecast:
    """The mails of the viewer's region; who does not oversee it gets one's own, or those of a case that is named.

    `case` is an id. Raises NotFound for a case that is not there.
    """
    with app.database.read() as uow:
        # What waits is part of what the preview plays; what a node is handing over at this moment is not.
        leaving = [
            mail_of(m, max(m.next_try_at, uow.now), (m.case_id,) if m.case_id else ())
            for m in uow.all(_LEAVING, region_id=who.region_id)
        ]
    found = preview(app, who.region_id, case=case, days=max(1, min(days, MOST_DAYS)), seconds=MOST_SECONDS)
    # A digest is about no single case; where one case is asked for, the preview holds those that tell of it alone.
    mails = [m for m in leaving if case in (None, m.case_id)] + list(found.mails)
    own_only = not who.roles() & OVERSEERS and case is None
    return Forecast(
        found.reached,
        [
            m
            for m in mails
            if person_id in (None, m.person_id)
            and (not own_only or m.person_id == who.person_id)
            and (m.kind not in MAILS_OF_TALK or m.person_id == who.person_id)
        ],
    )
