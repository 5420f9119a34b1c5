"""`deadlines`: count every running date again."""

from __future__ import annotations

from argparse import Namespace

from templates.labels import label
from workflow.cases.deadline_check import verify_deadlines
from workflow.cli.console import DONE, FAILED, _, complain, locale, open_app, say, tell
from workflow.engine import case_rows
from workflow.errors import NotFound


def verify(chosen: Namespace) -> int:
    """Writes down what differs, as at night. Exit code 1 when something does."""
    app = open_app()
    if chosen.region is not None:
        with app.database.read() as uow:
            if case_rows.region(uow, chosen.region) is None:
                raise NotFound("region_unknown")
    found = verify_deadlines(app, chosen.region)
    differences = [(region, d) for region, checked in found.items() for d in checked.differences]
    for region, (_subject, _id, case_id, trigger, code, stated, now) in differences:
        text = label(f"difference.{code}", locale(), stated=stated, found=now)
        say(f"{region}  {case_id}  {trigger}  {text}")
    say(
        tell(
            _("%(checked)s running dates counted again, %(compared)s of them also against the recorded event."),
            checked=sum(c.checked for c in found.values()),
            compared=sum(c.compared for c in found.values()),
        )
    )
    if differences:
        complain(
            tell(
                _("%(count)s differences. They stand on the operations page until they are gone."),
                count=len(differences),
            )
        )
        return FAILED
    say(tell(_("All add up.")))
    return DONE
