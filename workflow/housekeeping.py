"""What is done at night: what no longer serves anything is swept away, and every running deadline is counted again."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import bindparam, delete, or_

from states.calendar import local_date
from states.roles import system_actor
from workflow.cases.deadline_check import verify_deadlines
from workflow.commands import CountDurations
from workflow.contracts.renewal import plan_unplanned
from workflow.db.statements import Statement
from workflow.engine.execute import Stegvis, execute, forget_old_keys
from workflow.engine.tables import DeciderWarning, DigestNote, Heartbeat
from workflow.files.scan import sweep_orphans
from workflow.people.tables import Identity, KeptForm, Session, SignInFailure, UsedLogoutToken
from workflow.planning.durations import REGIONS_WITH_WORK

_sessions = Session.__table__  # type: ignore[attr-defined]
_failures = SignInFailure.__table__  # type: ignore[attr-defined]
_forms = KeptForm.__table__  # type: ignore[attr-defined]
_orders = UsedLogoutToken.__table__  # type: ignore[attr-defined]
_identities = Identity.__table__  # type: ignore[attr-defined]
_heartbeats = Heartbeat.__table__  # type: ignore[attr-defined]
_warnings = DeciderWarning.__table__  # type: ignore[attr-defined]
_notes = DigestNote.__table__  # type: ignore[attr-defined]

_END_SESSIONS = Statement(
    delete(_sessions).where(
        or_(_sessions.c.created_at < bindparam("before"), _sessions.c.ended_at < bindparam("before"))
    )
)
_FORGET_FAILURES = Statement(delete(_failures).where(_failures.c.at < bindparam("before")))
_FORGET_FORMS = Statement(delete(_forms).where(_forms.c.kept_at < bindparam("before")))
_FORGET_ORDERS = Statement(delete(_orders).where(_orders.c.used_at < bindparam("before")))
_FORGET_STRANGERS = Statement(
    delete(_identities).where(_identities.c.person_id.is_(None), _identities.c.last_seen_at < bindparam("before"))
)
_FORGET_WARNINGS = Statement(delete(_warnings).where(_warnings.c.on_day < bindparam("before")))
#: What a digest told of, and what was let go instead of a mail of its own; what still waits for a digest stays.
_FORGET_NOTES = Statement(
    delete(_notes).where(
        _notes.c.status != "waiting",
        _notes.c.noted_at < bindparam("before"),
    )
)
_FORGET_NODES = Statement(delete(_heartbeats).where(_heartbeats.c.cycle_at < bindparam("before")))

#: A session lasts ten hours at most, and a failed sign-in counts for a quarter of an hour.
SESSIONS_KEPT = timedelta(days=1)
NODES_KEPT = timedelta(days=7)
#: Which digest told of what, and which days without a decider were told, can be looked up for a year and a month.
NOTES_KEPT = timedelta(days=400)
#: Who signed in with a region's account and was never bound to a person is forgotten after a quarter of a year.
STRANGERS_KEPT = timedelta(days=90)


def sweep(app: Stegvis) -> None:
    """Delete idempotency keys after 7 days, sessions, failed sign-ins, kept forms and logout orders after one,
    nodes not heard of for 7, sign-ins that nobody was bound to after 90, what digests and warnings told after 400.

    Stored files that no row names go after a day. Then every running deadline is counted again, and what differs is written down.
    """
    forget_old_keys(app)
    with app.database.write() as uow:
        uow.run(_END_SESSIONS, before=uow.now - SESSIONS_KEPT)
        uow.run(_FORGET_FAILURES, before=uow.now - SESSIONS_KEPT)
        uow.run(_FORGET_FORMS, before=uow.now - SESSIONS_KEPT)
        uow.run(_FORGET_ORDERS, before=uow.now - SESSIONS_KEPT)
        uow.run(_FORGET_STRANGERS, before=uow.now - STRANGERS_KEPT)
        uow.run(_FORGET_NODES, before=uow.now - NODES_KEPT)
        uow.run(_FORGET_NOTES, before=uow.now - NOTES_KEPT)
        uow.run(_FORGET_WARNINGS, before=local_date(uow.now - NOTES_KEPT))
    sweep_orphans(app)
    plan_unplanned(app)
    verify_deadlines(app)
    count_durations(app)


def count_durations(app: Stegvis) -> None:
    """Count anew how long steps took, one region after the other, so that plans rest on the region's own past."""
    with app.database.read() as uow:
        regions = [r.region_id for r in uow.all(REGIONS_WITH_WORK)]
    for region_id in regions:
        execute(app, CountDurations(region_id), by=system_actor(region_id))
