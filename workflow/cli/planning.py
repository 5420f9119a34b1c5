"""`plan`: what a region must procure in 24 months, on the screen or as a file."""

from __future__ import annotations

from argparse import Namespace

from states.calendar import local_date
from states.roles import system_actor
from templates.formatting import day
from templates.labels import gettext, label, ngettext
from workflow.cli.console import DONE, Refusal, _, locale, open_app, say, table, tell
from workflow.engine import case_rows
from workflow.errors import NotFound
from workflow.exports.tables import write_csv


def plan(chosen: Namespace) -> int:
    """Print the plan, or write it to the file named. Raises NotFound for an unknown region, Refusal for the file."""
    from workflow.planning import queries
    from workflow.web.pages.plan import plan_sheet

    app = open_app()
    with app.database.read() as uow:
        if case_rows.region(uow, chosen.region) is None:
            raise NotFound("region_unknown")
        today = local_date(uow.now)
        found = queries.plan(uow, system_actor(chosen.region), today)
    if chosen.csv:
        data = write_csv(plan_sheet(found.rows, locale()))
        try:
            chosen.csv.write_bytes(data)
        except OSError:
            raise Refusal(tell(_("Cannot write %(file)s."), file=chosen.csv)) from None
        say(tell(_("%(file)s is written: %(size)s bytes."), file=chosen.csv, size=len(data)))
        return DONE
    lines = [
        (
            r.quarter,
            r.reference or label(f"value.plan_kind.{r.kind}", locale()),
            r.title,
            day(r.start_on, locale(), today) if r.start_on else "–",
            label(f"value.standing.{r.standing}", locale()) if r.standing else "–",
        )
        for r in found.rows
    ]
    for line in table(lines):
        say(line)
    say(ngettext("One line.", "%(num)s lines.", len(found.rows), locale(), num=len(found.rows)))
    if found.cut:
        say(gettext("There are more than a thousand lines of one kind. Choose a division.", locale()))
    return DONE
