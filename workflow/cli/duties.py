"""`duties`: the annual calendar, by the operator."""

from __future__ import annotations

from argparse import Namespace

from states.calendar import local_date
from templates.labels import gettext, label
from workflow.cli.console import DONE, _, locale, open_app, operator, say, table, tell
from workflow.commands import AddStandardDuties
from workflow.duties.queries import year_of
from workflow.engine import case_rows
from workflow.engine.execute import execute
from workflow.errors import NotFound


def list_all(chosen: Namespace) -> int:
    """The year of a region, a line each: last day, state, who, what."""
    app = open_app()
    who = operator(chosen.region)
    with app.database.read() as uow:
        if case_rows.region(uow, chosen.region) is None:
            raise NotFound("region_unknown")
        today = local_date(uow.now)
        items = year_of(uow, who, chosen.year or today.year, today)
    rows = []
    for d in items:
        state = gettext("not yet opened", locale()) if d.state == "ahead" else label(f"state.duty.{d.state}", locale())
        rows.append((d.due_on.isoformat(), state, label(f"role.{d.owner_role}", locale()), d.title))
    if not rows:
        say(tell(_("No duty stands in the year. `stegvis duties add-standard` takes in the standard calendar.")))
    for line in table(rows) if rows else ():
        say(line)
    return DONE


def add_standard(chosen: Namespace) -> int:
    app = open_app()
    made = execute(app, AddStandardDuties(chosen.region), by=operator(chosen.region), channel="cli")
    say(tell(_("%(count)s duties came into the register."), count=made["added"]))
    return DONE
