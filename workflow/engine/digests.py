"""The digest: what waits for a person, in one mail a day at the hour that person chose.

Notes gather as steps and reminders write them. The digest is made by a command that first writes its row, unique for
person and day, so that two workers make one; what it says is read anew when it is handed over.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, func, select, update

from notifications.digest import ROWS
from notifications.kinds import Kind
from notifications.recipients import Person as Addressee
from states.calendar import Calendar, local_date
from states.reminders import rests, setting
from states.roles import PERSONAL_ROLES, Actor, system_actor
from workflow.commands import MakeDigest
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows, directory, outbox
from workflow.engine.canonical import canonical
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.mail_plans import plan_of
from workflow.engine.obligations import task_link
from workflow.engine.tables import Case, Digest, DigestNote, Task
from workflow.engine.timers import NEXT_DUE, held

log = logging.getLogger("stegvis.mail")

_notes = DigestNote.__table__  # type: ignore[attr-defined]
_digests = Digest.__table__  # type: ignore[attr-defined]
_tasks = Task.__table__  # type: ignore[attr-defined]
_cases = Case.__table__  # type: ignore[attr-defined]

_WAITING = Statement(
    select(_notes.c.person_id, _notes.c.region_id, func.min(_notes.c.noted_at).label("since"))
    .where(_notes.c.status == "waiting")
    .group_by(_notes.c.person_id, _notes.c.region_id)
    .order_by(_notes.c.person_id)
)
_OF_DAY = Statement(
    select(_digests.c.id).where(
        _digests.c.person_id == bindparam("person_id"), _digests.c.on_day == bindparam("on_day")
    )
)
_INSERT = insert_into(_digests)
_WAITING_OF = Statement(
    select(_notes.c.id, _notes.c.task_id)
    .where(_notes.c.person_id == bindparam("person_id"), _notes.c.status == "waiting")
    .with_for_update()
)
_SETTLE = Statement(
    update(_notes)
    .where(_notes.c.id == bindparam("note_id"))
    .values(status=bindparam("new_status"), digest_id=bindparam("the_digest"))
)
_TASK = Statement(
    select(
        _tasks.c.id, _tasks.c.case_id, _tasks.c.process, _tasks.c.trigger, _tasks.c.role, _tasks.c.person_id,
        _tasks.c.status, _tasks.c.lot_id, _tasks.c.due_on, _tasks.c.snoozed_until_on, _cases.c.reference, _cases.c.title,
        _cases.c.unit_id, _cases.c.paused_on, _cases.c.region_id,
    )
    .select_from(_tasks.join(_cases, _cases.c.id == _tasks.c.case_id))
    .where(_tasks.c.id == bindparam("task_id"))
)  # fmt: skip
_TASKS_OF_MESSAGE = Statement(
    select(_notes.c.task_id)
    .select_from(_notes.join(_digests, _digests.c.id == _notes.c.digest_id))
    .where(_digests.c.message_id == bindparam("message_id"), _notes.c.status == "told")
)

#: Reminders that are due go before the digests of the same minute; so long a digest waits for them.
PATIENCE = timedelta(minutes=10)
LINK = "/my-tasks"


def make_digests(app: Stegvis) -> int:
    """Make every digest whose hour has come. Returns how many mails that made. Never raises for one person."""
    made = 0
    with app.database.read() as uow:
        if held(uow):
            return 0
        due = _due(uow)
    for person_id, region_id, day in due:
        try:
            made += execute(app, MakeDigest(person_id, day), by=system_actor(region_id))["rows"] > 0
        except Exception:
            log.exception("digest of %s", person_id, extra={"action": "digest_failed"})
    return made


def next_digest_at(uow: UnitOfWork, *, within_days: int = 14) -> datetime | None:
    """When the next digest of those that wait is made, later than now; None when none is, so far ahead."""
    now, calendar = uow.now, Calendar()
    today = local_date(now)
    moments = []
    for row in uow.all(_WAITING):
        parameters = case_rows.parameters(uow, row.region_id, today)
        plan = plan_of(uow, row.person_id, int(setting(parameters, "mail_hour")))
        for n in range(within_days + 1):
            day = today + timedelta(days=n)
            moment = plan.moment(day)
            if (
                moment > now
                and moment >= row.since
                and plan.is_day(day, calendar)
                and not directory.is_away(uow, row.person_id, day)
                and uow.one(_OF_DAY, person_id=row.person_id, on_day=day) is None
            ):
                moments.append(moment)
                break
    return min(moments, default=None)


def _due(uow: UnitOfWork) -> list[tuple[str, str, date]]:
    """Whose digest is due: something has waited since before its hour today, and the person is at work."""
    waiting = uow.all(_WAITING)
    if not waiting:
        return []
    now, today, calendar = uow.now, local_date(uow.now), Calendar()
    next_timer = uow.one(NEXT_DUE)
    busy = next_timer is not None and next_timer.due_at <= now
    hours: dict[str, int] = {}
    due = []
    for row in waiting:
        hour = hours.get(row.region_id)
        if hour is None:
            parameters = case_rows.parameters(uow, row.region_id, today)
            hour = hours[row.region_id] = int(setting(parameters, "mail_hour"))
        plan = plan_of(uow, row.person_id, hour)
        moment = plan.moment(today)
        # Somebody who wants everything at once has nothing waiting but what was noted before that choice.
        ready = not plan.digest or (plan.is_day(today, calendar) and row.since <= moment <= now)
        if not ready or (busy and now < moment + PATIENCE) or directory.is_away(uow, row.person_id, today):
            continue
        if uow.one(_OF_DAY, person_id=row.person_id, on_day=today) is None:
            due.append((row.person_id, row.region_id, today))
    return due


@handles(MakeDigest)
def make_digest(uow: UnitOfWork, command: MakeDigest, who: Actor) -> dict[str, Any]:
    """One digest of a person and day. Where nothing that waited is still true there is no mail. Says how many rows."""
    if uow.one(_OF_DAY, person_id=command.person_id, on_day=command.on_day) is not None:
        return {"rows": 0}
    notes = uow.all(_WAITING_OF, person_id=command.person_id)
    tasks = still_owed(uow, command.person_id, [n.task_id for n in notes])
    digest_id = new_id(uow.now)
    told = {t.id for t in tasks}
    uow.many(
        _SETTLE,
        [
            {
                "note_id": n.id,
                "new_status": "told" if n.task_id in told else "dropped",
                "the_digest": digest_id if n.task_id in told else None,
            }
            for n in notes
        ],
    )
    if not tasks:
        return {"rows": 0}
    person = directory.person(uow, command.person_id)
    region = case_rows.region(uow, person.region_id)
    message_id = outbox.queue_general(
        uow,
        Kind.DIGEST,
        Addressee(person.id, person.name, person.email, person.locale),
        region_id=person.region_id,
        region_name=region.name if region else person.region_id,
        link=_link(tasks),
        thread=f"digest-{person.id}",
        **_facts(uow, person.id, tasks),
    )
    uow.run(
        _INSERT,
        id=digest_id,
        region_id=person.region_id,
        person_id=person.id,
        on_day=command.on_day,
        made_at=uow.now,
        message_id=message_id,
    )
    audit.append(
        uow,
        audit.register_stream(person.region_id, "mail"),
        region_id=person.region_id,
        kind="digest_made",
        at=uow.now,
        actor_id=who.person_id,
        facts={"person": person.id, "message": message_id, "on_day": command.on_day, "tasks": sorted(told)},
    )
    return {"rows": len(tasks), "message": message_id}


def facts_at_hand_over(uow: UnitOfWork, message: Row) -> str | None:
    """What a digest says when it leaves: only what is still true then. None when nothing is left to say."""
    tasks = still_owed(uow, message.person_id, [n.task_id for n in uow.all(_TASKS_OF_MESSAGE, message_id=message.id)])
    if not tasks:
        return None
    person = directory.person(uow, message.person_id)
    region = case_rows.region(uow, person.region_id)
    fixed = {
        "case_id": f"digest-{person.id}",
        "region_name": region.name if region else person.region_id,
        "link": _link(tasks),
        "substitute_for": None,
    }
    return canonical(fixed | _facts(uow, person.id, tasks))


def still_owed(uow: UnitOfWork, person_id: str, task_ids: Iterable[str]) -> list[Row]:
    """Of these tasks the open ones that the person owes today, by name, by role or in somebody's place; oldest first.

    What rests and what belongs to a paused case is not among them, nor anything for a person whose account is closed.
    """
    today = local_date(uow.now)
    person = directory.person(uow, person_id)
    if person.disabled_at is not None:
        return []
    actor = directory.actor(uow, person_id, today)
    mine = {person_id, *(r.id for r in directory.stood_in_for(uow, person_id, today))}
    found = [uow.one(_TASK, task_id=task_id) for task_id in dict.fromkeys(task_ids)]
    owed = [
        t
        for t in found
        if t is not None
        and t.status == "open"
        and t.paused_on is None
        and t.region_id == person.region_id
        and not rests(t.snoozed_until_on, t.due_on, today)
        and (t.person_id in mine if t.person_id else _holds(actor, t))
    ]
    return sorted(owed, key=lambda t: (t.due_on is None, t.due_on or today, t.id))


def _holds(actor: Actor, task: Row) -> bool:
    """Whether the task is the actor's by a role that nobody is named for."""
    return task.role not in PERSONAL_ROLES and any(
        h.role == task.role and (not h.unit_ids or task.unit_id in h.unit_ids) for h in actor.holdings
    )


def _link(tasks: list[Row]) -> str:
    """The list of what waits; of one thing alone its own page."""
    (only,) = tasks if len(tasks) == 1 else (None,)
    return LINK if only is None else task_link(only.case_id, only.trigger, only.lot_id)


def _facts(uow: UnitOfWork, person_id: str, tasks: list[Row]) -> dict[str, Any]:
    today = local_date(uow.now)
    rows = []
    for t in tasks[:ROWS]:
        replaced = directory.person(uow, t.person_id).name if t.person_id and t.person_id != person_id else None
        rows.append(
            {
                "asked": f"asked.{t.process}.{t.trigger}",
                "title": t.title,
                "reference": t.reference,
                "due_on": t.due_on.isoformat() if t.due_on else None,
                "in_place_of": replaced,
            }
        )
    first = tasks[0].due_on
    return {
        "rows": rows,
        "count": len(tasks),
        "late": sum(t.due_on is not None and t.due_on < today for t in tasks),
        "due_on": first.isoformat() if first else None,
    }
