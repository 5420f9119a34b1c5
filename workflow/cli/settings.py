"""`settings`: propose, release and reject values, add closing days: as the person whose API key is given, never for others.

Two people stand behind each value, so the operator's own word is not enough here.
"""

from __future__ import annotations

import os
from argparse import Namespace
from datetime import date
from typing import Any

from workflow.cli.console import DONE, WRONG_USAGE, Refusal, _, open_app, say, tell
from workflow.commands import AddClosingDay, ProposeParameter, RedactField, RejectParameter, ReleaseParameter
from workflow.engine.execute import Stegvis, execute
from workflow.people.sessions import token


def propose(chosen: Namespace) -> int:
    """Prints the proposal's id last."""
    app, person_id, region_id = _person()
    command = ProposeParameter(
        region_id, chosen.name, chosen.value, _day(chosen.valid_from), chosen.source, chosen.running
    )
    made = _do(app, command, person_id)
    say(tell(_("The value is proposed. It applies when somebody else has released it.")))
    say(made["id"])
    return DONE


def release(chosen: Namespace) -> int:
    app, person_id, _region = _person()
    made = _do(app, ReleaseParameter(chosen.change), person_id)
    say(tell(_("The value is released. Running dates that move: %(count)s."), count=made["deadlines"]))
    return DONE


def reject(chosen: Namespace) -> int:
    app, person_id, _region = _person()
    _do(app, RejectParameter(chosen.change, chosen.reason), person_id)
    say(tell(_("The proposal is turned down. Nothing has changed.")))
    return DONE


def close(chosen: Namespace) -> int:
    app, person_id, region_id = _person()
    _do(app, AddClosingDay(region_id, _day(chosen.day), chosen.name, chosen.source), person_id)
    say(tell(_("The day is added. It counts in terms that begin from now on.")))
    return DONE


def redact(chosen: Namespace) -> int:
    """`audit redact`: mask a field of an event, as the person behind the key."""
    app, person_id, _region = _person()
    made = _do(app, RedactField(chosen.stream, chosen.event, chosen.field, chosen.rule, chosen.reason), person_id)
    copies = made["copies"] + made["decisions"]
    say(tell(_("The field is masked. Copies of the text that went with it: %(copies)s."), copies=copies))
    if made["also_in"]:
        events = ", ".join(str(n) for n in made["also_in"])
        say(tell(_("The same text also stands in event %(events)s."), events=events))
    return DONE


def _do(app: Stegvis, command: Any, person_id: str) -> dict[str, Any]:
    made: dict[str, Any] = execute(app, command, by=person_id, channel="cli")
    return made


def _person() -> tuple[Stegvis, str, str]:
    """The application, and the person behind the key with their region. Raises Refusal."""
    app = open_app()
    with app.database.read() as uow:
        row = token(uow, os.environ.get("STEGVIS_TOKEN", ""))
    if row is None:
        text = tell(_("Put your own API key into STEGVIS_TOKEN (`stegvis token create`, or My settings)."))
        raise Refusal(text, WRONG_USAGE)
    return app, str(row.person_id), str(row.region_id)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refusal(tell(_("Write the day as YYYY-MM-DD, not %(written)s."), written=text), WRONG_USAGE) from None
