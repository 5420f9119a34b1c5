"""`db`, `audit` and `doctor`: is what is stored in order?"""

from __future__ import annotations

from argparse import Namespace

from workflow.cli.console import DONE, FAILED, WRONG_USAGE, Refusal, _, complain, locale, open_app, operator, say, tell


def upgrade(chosen: Namespace) -> int:  # noqa: ARG001
    from workflow.db import schema

    app = open_app(checked=False)
    schema.upgrade(app.database)
    say(tell(_("The database stands at version %(version)s."), version=schema.head()))
    return DONE


def verify(chosen: Namespace) -> int:  # noqa: ARG001
    from workflow.db import schema

    open_app()
    say(tell(_("The database stands at version %(version)s."), version=schema.head()))
    return DONE


def hold(chosen: Namespace) -> int:
    """Nothing leaves and nothing fires until `release`; for a restore on a machine that cannot notice it by itself."""
    from workflow.commands import SetHold
    from workflow.engine.execute import execute
    from workflow.engine.restored import HOME

    app = open_app()
    execute(app, SetHold(chosen.reason), by=operator(HOME))
    say(tell(_("Everything is held: no mail leaves and nothing fires until `stegvis db release`.")))
    return DONE


def release(chosen: Namespace) -> int:  # noqa: ARG001
    """Every hold is taken away, and said."""
    from workflow.commands import ReleaseHold
    from workflow.engine.execute import execute
    from workflow.engine.restored import HOLDS, HOME

    app = open_app()
    with app.database.read() as uow:
        holds = uow.all(HOLDS)
    for each in holds:
        execute(app, ReleaseHold(each.id), by=operator(HOME))
        say(tell(_("Released: %(reason)s"), reason=each.reason))
    say(tell(_("Nothing is held.")))
    return DONE


def verify_audit(chosen: Namespace) -> int:  # noqa: ARG001
    """Every stream from its first event to its head. Names the first bad event and ends with 1."""
    from workflow.engine.verify import verify_all

    app = open_app()
    with app.database.read() as uow:
        result = verify_all(uow)
    if not result.ok:
        raise Refusal(tell(_("The trail does not hold: %(fault)s"), fault=result.first_fault))
    say(
        tell(
            _("The trail holds: %(streams)s streams, %(events)s events."), streams=result.streams, events=result.events
        )
    )
    if result.unbound:
        say(
            tell(
                _("%(count)s decisions are from before events bound reasons and value."),
                count=result.unbound,
            )
        )
    if result.masked or result.unrecorded:
        say(
            tell(
                _("Masked fields: %(masked)s by a recorded act, %(unrecorded)s of the first format without one."),
                masked=result.masked,
                unrecorded=result.unrecorded,
            )
        )
    return DONE


def not_there_yet(chosen: Namespace) -> int:
    complain(
        tell(_("`%(command)s` is not there yet; it comes in a later version."), command=f"stegvis {chosen.command}")
    )
    return WRONG_USAGE


def doctor(chosen: Namespace) -> int:
    """Each finding on a line. Errors end with 1; with `--deploy` also what is unfit for production."""
    from workflow.doctor import Level, examine

    app = open_app(checked=False)
    findings = examine(app, locale())
    marks = {Level.FINE: "ok", Level.UNFIT: tell(_("unfit for production")), Level.WRONG: tell(_("wrong"))}
    for finding in findings:
        say(f"{marks[finding.level]}: {finding.text}")
    failing = {Level.WRONG, Level.UNFIT} if chosen.deploy else {Level.WRONG}
    failed = [f for f in findings if f.level in failing]
    if failed:
        complain(tell(_("%(count)s of the checks failed; see the lines above."), count=len(failed)))
    return FAILED if failed else DONE
