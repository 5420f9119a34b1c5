"""`ladder`: one sanction ladder as text, and the weeks of fines for finance."""

from __future__ import annotations

from argparse import Namespace

from sqlalchemy import or_, select

from states.calendar import local_date
from states.roles import system_actor
from templates.formatting import day, kronor
from templates.labels import label, ngettext
from workflow.cli.console import DONE, Refusal, _, locale, open_app, say, table, tell
from workflow.deviations.queries import LadderView, ladder_view
from workflow.engine import case_rows
from workflow.errors import NotFound
from workflow.exports.tables import write_csv

_cases = case_rows.cases


def show(chosen: Namespace) -> int:
    """A ladder by its reference. Raises Refusal where it stands nowhere, or in several regions."""
    app = open_app()
    query = select(_cases.c.id, _cases.c.region_id).where(
        _cases.c.process == "deviation", or_(_cases.c.reference == chosen.case, _cases.c.id == chosen.case)
    )
    if chosen.region:
        query = query.where(_cases.c.region_id == chosen.region)
    with app.database.read() as uow:
        found = uow.connection.execute(query.limit(2)).all()
        if not found:
            raise Refusal(tell(_("There is no deviation %(case)s."), case=chosen.case))
        if len(found) > 1:
            raise Refusal(tell(_("%(case)s stands in several regions. Add --region."), case=chosen.case))
        view, today = ladder_view(uow, system_actor(found[0].region_id), found[0].id), local_date(uow.now)
    say(f"{view.case.reference}  {view.case.title}  {view.supplier_name}")
    say(label(f"state.deviation.{view.case.state}", locale()))
    say()
    for line in table(_lines(view)):
        say(line)
    say()
    if view.response and view.response["due_on"]:
        say(tell(_("The supplier has until %(day)s."), day=view.response["due_on"]))
    if view.fine is not None:
        weeks = len(view.fine.account.weeks) if view.fine.account else 0
        text = _("Penalty: %(weeks)s of %(cap)s weeks started, %(total)s.")
        say(tell(text, weeks=weeks, cap=view.fine.cap_weeks, total=kronor(view.fine.total_ore, locale())))
    if view.next_step is not None and view.next_step.trigger:
        what = label(f"trigger.deviation.{view.next_step.trigger}", locale())
        text = _("If nobody does anything: %(what)s, %(day)s.")
        say(tell(text, what=what, day=day(view.next_step.due_on, locale(), today)))
    return DONE


def _lines(view: LadderView) -> list[tuple[str, ...]]:
    return [
        (
            label(f"state.deviation.{r.rung.key}", locale()),
            label(f"standing.{r.standing}", locale()),
            r.last.entered_on.isoformat() if r.last else "–",
            (r.last.decided_by_name or "–") if r.last and r.rung.is_sanction else "–",
            r.last.notice.handed_over_on.isoformat()
            if r.last and r.last.notice and r.last.notice.handed_over_on
            else "–",
            r.rung.clause,
        )
        for r in view.rungs
    ]


def fines(chosen: Namespace) -> int:
    """Print the weeks, or write them to the file named. Raises NotFound for an unknown region, Refusal for the file."""
    from workflow.exports.fines import fine_sheet

    app = open_app()
    with app.database.read() as uow:
        if case_rows.region(uow, chosen.region) is None:
            raise NotFound("region_unknown")
        sheet = fine_sheet(uow, system_actor(chosen.region), locale())
    if chosen.csv:
        data = write_csv(sheet)
        try:
            chosen.csv.write_bytes(data)
        except OSError:
            raise Refusal(tell(_("Cannot write %(file)s."), file=chosen.csv)) from None
        say(tell(_("%(file)s is written: %(size)s bytes."), file=chosen.csv, size=len(data)))
        return DONE
    rows = [tuple("–" if c is None else str(c) for c in row) for row in sheet.rows]
    for line in table(rows):
        say(line)
    say(ngettext("One line.", "%(num)s lines.", len(rows), locale(), num=len(rows)))
    return DONE
