"""One region's part of the demo: who is who there, and the days of its calendar counted back from today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from states.calendar import Calendar
from states.roles import Actor, system_actor
from workflow.commands import Act, OpenCase
from workflow.db.statements import Statement
from workflow.demo.timeline import CHANNEL, Timeline
from workflow.engine import case_rows

CHILDREN = Statement(
    select(case_rows.cases.c.id)
    .where(case_rows.cases.c.parent_id == bindparam("case_id"))
    .order_by(case_rows.cases.c.reference)
)


@dataclass(slots=True)
class Play:
    """`people` by the part of their address before the @, `units` by key, `owners` the contract owner of each unit,
    `known` the ids of cases by title."""

    timeline: Timeline
    region: str
    today: date
    calendar: Calendar
    people: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    owners: dict[str, str] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)

    @property
    def operator(self) -> Actor:
        return replace(system_actor(self.region), channel=CHANNEL)

    def day(self, back: int) -> date:
        """The working day that lies so many working days before today."""
        return self.calendar.add_working_days(self.today, -back)

    def later(self, day: date, working_days: int) -> date:
        return self.calendar.add_working_days(day, working_days)

    def is_past(self, day: date) -> bool:
        return day < self.today

    def open(self, process: str, form: Mapping[str, Any], by: str, **more: Any) -> str:
        """Open a case and remember it by its title. Returns its id."""
        channel = more.pop("channel", CHANNEL)
        command = OpenCase(process, self.region, form, **more)
        case_id = str(self.timeline.do(command, self.people[by], channel)["id"])
        self.known[form["title"]] = case_id
        return case_id

    def act(self, case_id: str, trigger: str, by: str, form: Mapping[str, Any]) -> None:
        self.timeline.do(Act(case_id, trigger, None, form), self.people[by])

    def children(self, case_id: str) -> list[str]:
        with self.timeline.past.database.read() as uow:
            return [row.id for row in uow.all(CHILDREN, case_id=case_id)]
