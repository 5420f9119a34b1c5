"""`user` and `token`: accounts, by the operator."""

from __future__ import annotations

import sys
from argparse import Namespace

from templates.labels import label
from workflow.cases.hand_over import hand_over_all, hand_over_plan
from workflow.cli.console import DONE, FAILED, Refusal, _, locale, open_app, operator, say, tell
from workflow.commands import AddUser, CreateToken, DisableUser
from workflow.db.columns import fold
from workflow.engine import case_rows, directory
from workflow.engine.execute import Stegvis, execute
from workflow.errors import NotFound


def add(chosen: Namespace) -> int:
    app = open_app()
    with app.database.read() as uow:
        if case_rows.region(uow, chosen.region) is None:
            raise NotFound("region_unknown")
        units = {fold(u.name): u.id for u in directory.units(uow, chosen.region).values()}
    unit_id = None
    if chosen.unit is not None:
        unit_id = units.get(fold(chosen.unit))
        if unit_id is None:
            raise Refusal(tell(_("There is no unit called %(name)s in the region."), name=chosen.unit))
    password = sys.stdin.readline().rstrip("\n") if chosen.password == "-" else None  # noqa: S105
    command = AddUser(chosen.email, chosen.name, chosen.role, chosen.region, unit_id, password)
    made = execute(app, command, by=operator(chosen.region), channel="cli")
    say(tell(_("%(email)s is added."), email=made["email"]))
    return DONE


def disable(chosen: Namespace) -> int:
    app = open_app()
    execute(app, DisableUser(chosen.email), by=operator(_region_of(app, chosen.email)), channel="cli")
    say(tell(_("The account of %(email)s is closed."), email=chosen.email))
    return DONE


def hand_over(chosen: Namespace) -> int:
    """Everything that the receiver may have; exit 1 when something stays, with what and why."""
    app = open_app()
    region_id = _region_of(app, chosen.giver)
    by = operator(region_id)
    with app.database.read() as uow:
        giver, receiver = (directory.person_by_email(uow, e) for e in (chosen.giver, chosen.receiver))
        if giver is None or receiver is None:
            raise NotFound("unknown_person")
    done = hand_over_all(app, giver.id, receiver.id, by=by, channel="cli")
    say(
        tell(
            _("Handed over: cases %(cases)s, tasks %(tasks)s, units %(units)s; duties left: %(left)s."),
            **{name: done[name] for name in ("cases", "tasks", "units", "left")},
        )
    )
    with app.database.read() as uow:
        for duty in hand_over_plan(uow, by, giver.id, receiver.id).duties:
            if duty.blocked:
                role = label(f"role.{duty.role}", locale()).lower()
                say(f"{duty.reference}: {label(f'hand_over.{duty.blocked}', locale(), role=role)}")
    return FAILED if done["left"] else DONE


def create_token(chosen: Namespace) -> int:
    """The key is shown this once; it is the last line."""
    app = open_app()
    made = execute(app, CreateToken(chosen.email), by=operator(_region_of(app, chosen.email)), channel="cli")
    say(tell(_("Keep the key safe: it is shown only now and holds for a year.")))
    say(made["token"])
    return DONE


def _region_of(app: Stegvis, email: str) -> str:
    with app.database.read() as uow:
        row = directory.person_by_email(uow, email)
    if row is None:
        raise NotFound("unknown_person")
    return str(row.region_id)
