"""Amounts of the law whose period is over while nobody has entered what followed. They are never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from states.facts import Parameter
from states.roles import Actor
from states.terms import TWO_YEARLY, last_day
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows
from workflow.parameters.proposals import SETTERS


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A setting that still counts though its period ended with `until`."""

    parameter: Parameter
    until: date

    @property
    def years(self) -> str:
        """ "2024–2025"."""
        return f"{self.until.year - 1}–{self.until.year}"


def lapsed(uow: UnitOfWork, region_id: str, today: date) -> list[Lapsed]:
    """The region's amounts whose period has ended, as LOU 5:1 gives new ones every second year."""
    current = case_rows.parameters(uow, region_id, today)
    rows = [(p, last_day(p.name, p.valid_from)) for p in (current.get(n) for n in TWO_YEARLY) if p]
    return [Lapsed(p, until) for p, until in rows if until and until < today]


def lapsed_for(uow: UnitOfWork, who: Actor, today: date) -> list[Lapsed]:
    """The same for somebody who can do something about it: administrators and heads of procurement; else nothing."""
    return lapsed(uow, who.region_id, today) if who.roles() & SETTERS else []
