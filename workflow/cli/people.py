"""`user` and `token`: accounts, by the operator."""

from __future__ import annotations

import sys
from argparse import Namespace

from templates.labels import label
from workflow.cases.hand_over import Recurring, hand_over_all, hand_over_plan
from workflow.cli.console import DONE, FAILED, WRONG_USAGE, Refusal, _, locale, open_app, operator, say, table, tell
from workflow.commands import AddUser, BindIdentity, CreateToken, DisableUser, SetDirectoryNumber, UnbindIdentity
from workflow.db.columns import fold
from workflow.engine import case_rows, directory
from workflow.engine.execute import Stegvis, execute
from workflow.errors import NotFound
from workflow.people.identities import identities_of_person, identities_of_region, waiting_without_region


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
            _(
                "Handed over: cases %(cases)s, tasks %(tasks)s, units %(units)s, recurring duties %(recurring)s; duties left: %(left)s."
            ),
            **{name: done[name] for name in ("cases", "tasks", "units", "recurring", "left")},
        )
    )
    with app.database.read() as uow:
        for duty in hand_over_plan(uow, by, giver.id, receiver.id).staying:
            role = label(f"role.{duty.role}", locale()).lower()
            what = duty.title if isinstance(duty, Recurring) else duty.reference
            say(f"{what}: {label(f'hand_over.{duty.blocked}', locale(), role=role)}")
    return FAILED if done["left"] else DONE


def bind(chosen: Namespace) -> int:
    """Say who somebody is at a provider: by its subject, by the code of one that waits, or by the directory number."""
    app = open_app()
    region_id = _region_of(app, chosen.email)
    with app.database.read() as uow:
        row = directory.person_by_email(uow, chosen.email)
        assert row is not None
        waiting = [
            i.id
            for i in (*identities_of_region(uow, operator(region_id))[0], *waiting_without_region(uow))
            if chosen.code and i.id.endswith(chosen.code.lower()) and i.person_id is None
        ]
    if chosen.number is not None:
        execute(app, SetDirectoryNumber(row.id, chosen.number), by=operator(region_id), channel="cli")
        say(
            tell(
                _("The first sign-in with the number %(number)s becomes %(email)s's."),
                number=chosen.number,
                email=chosen.email,
            )
        )
        return DONE
    if chosen.code is not None and len(waiting) != 1:
        raise Refusal(tell(_("Nobody waits with the code %(code)s. See `stegvis user identities`."), code=chosen.code))
    issuer = chosen.issuer or (app.settings.providers[0].issuer if app.settings.providers else None)
    if chosen.code is None and issuer is None:
        raise Refusal(tell(_("Set STEGVIS_OIDC_ISSUER, or give --issuer.")), WRONG_USAGE)
    command = BindIdentity(row.id, waiting[0] if chosen.code else None, issuer, chosen.subject)
    execute(app, command, by=operator(region_id), channel="cli")
    say(tell(_("%(email)s can sign in with the region's account."), email=chosen.email))
    return DONE


def unbind(chosen: Namespace) -> int:
    app = open_app()
    region_id = _region_of(app, chosen.email)
    with app.database.read() as uow:
        row = directory.person_by_email(uow, chosen.email)
        assert row is not None
        found = identities_of_person(uow, row.id)
    if not found:
        raise Refusal(tell(_("%(email)s has no sign-in with a region's account."), email=chosen.email))
    for identity in found:
        execute(app, UnbindIdentity(identity.id), by=operator(region_id), channel="cli")
    say(tell(_("%(email)s can no longer sign in with the region's account."), email=chosen.email))
    return DONE


def identities(chosen: Namespace) -> int:
    """Who signs in with a region's account, one a line: code, person or what the provider says, issuer."""
    app = open_app()
    with app.database.read() as uow:
        if case_rows.region(uow, chosen.region) is None:
            raise NotFound("region_unknown")
        waiting, bound = identities_of_region(uow, operator(chosen.region))
        nobodys = waiting_without_region(uow)
    rows = [(i.id[-6:], tell(_("waits")), f"{i.name} {i.email}".strip(), i.issuer) for i in (*waiting, *nobodys)]
    rows += [(i.id[-6:], tell(_("bound")), i.person_name, i.issuer) for i in bound]
    for line in table(rows) if rows else ():
        say(line)
    return DONE


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
