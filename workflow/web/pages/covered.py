"""How many of somebody's days away are covered by a substitute, in words."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from states.cover import cover
from templates.formatting import day
from templates.labels import gettext
from workflow.cases.queries import TaskItem
from workflow.people.queries import Standing


def cover_text(task: TaskItem, away: Mapping[str, Standing], today: date, locale: str) -> str | None:
    """ "ersätts av X till 30 nov. (täckt 14 av 21 dagar)", or None for a person who is there until the last day."""
    person = away.get(task.person_id or "")
    if person is None:
        return None
    until = (
        max(task.due_on, today)
        if task.due_on
        else max(d.last for d in (*person.away, *(d for _, d in person.substituted)))
    )
    found = cover(today, until, person.away, [d for _, d in person.substituted])
    if found is None:
        return None
    counted = gettext("covered %(covered)s of %(days)s days", locale, covered=found.covered, days=found.days)
    if found.last_covered is None:
        return gettext("away, nobody stands in (%(counted)s)", locale, counted=counted)
    name = next(n for n, d in person.substituted if d.holds(found.last_covered))
    return gettext(
        "replaced by %(name)s until %(day)s (%(counted)s)",
        locale, name=name, day=day(found.last_covered, locale, today), counted=counted,
    )  # fmt: skip
