"""How each person wants mail that can wait."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from notifications.digest import Plan
from workflow.db.statements import Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.people.tables import MailPlan

_plans = MailPlan.__table__  # type: ignore[attr-defined]
PLAN = Statement(select(_plans).where(_plans.c.person_id == bindparam("person_id")))


def plan_of(uow: UnitOfWork, person_id: str, mail_hour: int) -> Plan:
    """A person's own choice; else what is asked at once, and reminders in one digest at the region's `mail_hour` (local)
    on working days."""
    rows = uow.recall(PLAN, person_id=person_id)
    if not rows:
        return Plan(digest=True, hour=mail_hour, asks_wait=False)
    (row,) = rows
    hour = mail_hour if row.hour is None else row.hour
    weekdays = frozenset(map(int, row.weekdays)) if row.weekdays else None
    return Plan(bool(row.digest), hour, weekdays, asks_wait=bool(row.asks_wait))
