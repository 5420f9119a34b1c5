"""The commands and their arguments; errors become exit codes here: 0 done, 1 failed, 2 wrong usage or not there yet."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

from states.errors import UnknownProcess
from templates.labels import has_label, label
from workflow.cli.console import FAILED, WRONG_USAGE, Refusal, _, complain, locale, tell
from workflow.errors import InvalidForm, StegvisError

Handler = Callable[[argparse.Namespace], int]


class _Help(argparse.HelpFormatter):
    """Help in the operator's language; catalogues are read only when help is shown."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, max_help_position=32, **options)

    def _get_help_string(self, action: argparse.Action) -> str | None:
        return tell(action.help) if action.help else None

    def add_text(self, text: str | None) -> None:
        super().add_text(tell(text) if text and text is not argparse.SUPPRESS else text)

    def add_arguments(self, actions: Any) -> None:
        super().add_arguments([a for a in actions if a.help is not argparse.SUPPRESS])


class _Parser(argparse.ArgumentParser):
    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=_Help, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        complain(tell(_("%(problem)s. See `%(command)s --help`."), problem=message, command=self.prog))
        sys.exit(WRONG_USAGE)


def parser() -> argparse.ArgumentParser:
    """Every command, with a handler named `module:function` that is imported when it is called."""
    top = _Parser(prog="stegvis", description=_("Carries every procurement through its steps."))
    commands = top.add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    def group(name: str, text: str) -> Any:
        return add(commands, name, None, text).add_subparsers(metavar="COMMAND", required=True, parser_class=_Parser)

    def add(where: Any, name: str, handler: str | None, text: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = where.add_parser(name, help=text, description=text)
        if handler:
            made.set_defaults(handler=handler)
        return made

    for name, text in (
        ("run", _("Serve pages and run the scheduler in one process.")),
        ("web", _("Serve pages and the API; a worker runs the scheduler.")),
    ):
        served = add(commands, name, f"serving:{name}", text)
        served.add_argument("--host", metavar="H", help=_("Address to listen on."))
        served.add_argument("--port", metavar="N", type=_port, help=_("Port to listen on."))
    add(commands, "worker", "serving:worker", _("Run the scheduler: deadlines, reminders, mail."))
    add(commands, "tick", "serving:tick", _("Do everything that is due, deliver mail, once."))

    db = group("db", _("The database's schema."))
    add(db, "upgrade", "database:upgrade", _("Bring the database to this program's version."))
    add(db, "verify", "database:verify", _("Check that the database stands at this program's version."))
    hold = add(
        db, "hold", "database:hold", _("Hold everything: no mail leaves and nothing fires until it is released.")
    )
    hold.add_argument("reason", metavar="REASON", help=_("Why, as it will stand on the operations page."))
    add(db, "release", "database:release", _("Release what is held after a restore."))

    imports = group("import", _("Read other people's lists."))
    contracts = add(imports, "contracts", "registers:import_contracts", _("A contract register (Excel or CSV)."))
    contracts.add_argument(
        "--map", type=Path, metavar="FILE", help=_("Columns to read: a field and a header a line, or JSON.")
    )
    procurements = add(
        imports, "procurements", "registers:import_procurements", _("Rows of the national statistics on procurement.")
    )
    procurements.add_argument("--values", type=Path, metavar="FILE", help=_("Contracted values."))
    procurements.add_argument("--suppliers", type=Path, metavar="FILE", help=_("Suppliers with contracts."))
    for each in (contracts, procurements):
        each.add_argument("file", type=Path, metavar="FILE", help=_("The list."))
        each.add_argument(
            "--region", required=True, metavar="CODE", help=_("The region's code, for example norrbotten.")
        )
        each.add_argument("--dry-run", action="store_true", help=_("Say what would happen and change nothing."))
        each.add_argument("--report", type=Path, metavar="FILE", help=_("Write what became of each row to a CSV file."))

    export = group("export", _("Take data out."))
    everything = add(
        export, "all", "registers:export_all", _("Everything of a region, as Excel or JSON by the file's name.")
    )
    everything.add_argument("file", type=Path, metavar="FILE", help=_("A new file: .xlsx or .json."))
    everything.add_argument(
        "--region", required=True, metavar="CODE", help=_("The region's code, for example norrbotten.")
    )

    planned = add(commands, "plan", "planning:plan", _("The procurement plan of a region for 24 months."))
    planned.add_argument(
        "--region", required=True, metavar="CODE", help=_("The region's code, for example norrbotten.")
    )
    planned.add_argument("--csv", type=Path, metavar="FILE", help=_("Write it to a CSV file."))

    ladders = group("ladder", _("Sanction ladders of deviations."))
    shown = add(ladders, "show", "ladders:show", _("One ladder as text: rungs, letters, and what happens next."))
    shown.add_argument("case", metavar="REFERENCE", help=_("The deviation's reference or id."))
    shown.add_argument("--region", metavar="CODE", help=_("The region's code, where the reference stands in several."))
    fines = add(
        ladders, "fines", "ladders:fines", _("Started weeks of all contractual penalties of a region, for finance.")
    )
    fines.add_argument("--region", required=True, metavar="CODE", help=_("The region's code, for example norrbotten."))
    fines.add_argument("--csv", type=Path, metavar="FILE", help=_("Write it to a CSV file."))

    user = group("user", _("People's accounts."))
    added = add(user, "add", "people:add", _("Add a person with a role."))
    added.add_argument("email", metavar="EMAIL", help=_("The person's e-mail address."))
    added.add_argument("--name", required=True, metavar="NAME", help=_("First name and surname."))
    added.add_argument("--role", required=True, metavar="ROLE", help=_("For example procurement_officer."))
    added.add_argument("--region", required=True, metavar="CODE", help=_("The region's code, for example norrbotten."))
    added.add_argument("--unit", metavar="NAME", help=_("The person's unit."))
    added.add_argument(
        "--password", choices=("-",), help=_("Read a password from standard input (at least 15 characters).")
    )
    bound = add(user, "bind", "people:bind", _("Let a person sign in with the region's account."))
    bound.add_argument("email", metavar="EMAIL", help=_("The person's e-mail address."))
    how = bound.add_mutually_exclusive_group(required=True)
    how.add_argument("--code", metavar="CODE", help=_("The code that the person was shown after signing in."))
    how.add_argument("--subject", metavar="SUB", help=_("What the provider calls the person (claim sub)."))
    how.add_argument(
        "--number", metavar="NUMBER", help=_("The number in the region's directory, before the first sign-in.")
    )
    bound.add_argument("--issuer", metavar="URL", help=_("The provider, where there are several."))
    unbound = add(user, "unbind", "people:unbind", _("Take a person's sign-in with the region's account away."))
    unbound.add_argument("email", metavar="EMAIL", help=_("The person's e-mail address."))
    listed = add(user, "identities", "people:identities", _("Who signs in with the region's account, and who waits."))
    listed.add_argument("--region", required=True, metavar="CODE", help=_("The region's code, for example norrbotten."))
    disabled = add(user, "disable", "people:disable", _("Close an account at once."))
    disabled.add_argument("email", metavar="EMAIL", help=_("The person's e-mail address."))
    over = add(user, "hand-over", "people:hand_over", _("Hand over all duties of a person to another."))
    over.add_argument("giver", metavar="FROM", help=_("The address of the person who answers for them now."))
    over.add_argument("receiver", metavar="TO", help=_("The address of the person who is to have them."))
    token = group("token", _("Keys to the API."))
    created = add(token, "create", "people:create_token", _("Make a key for a person; the last line is the key."))
    created.add_argument("email", metavar="EMAIL", help=_("The person's e-mail address."))

    duties = group("duties", _("The annual calendar."))
    year = add(duties, "list", "duties:list_all", _("The duties of a year, by their last day."))
    year.add_argument("--year", type=_year, metavar="YEAR", help=_("This year when none is said."))
    standard = add(
        duties, "add-standard", "duties:add_standard", _("Take in the standard calendar; what is there stays.")
    )
    for each in (year, standard):
        each.add_argument(
            "--region", required=True, metavar="CODE", help=_("The region's code, for example norrbotten.")
        )

    process = group("process", _("The published processes."))
    add(process, "list", "processes:list_all", _("All processes and their fingerprints."))
    shown = add(process, "show", "processes:show", _("States and steps of a process."))
    checked = add(process, "check", "processes:check", _("Check that processes are sound and keep the house rules."))
    checked.add_argument(
        "file", nargs="?", type=Path, metavar="FILE", help=_("A definition as the API gives it (JSON).")
    )
    add(process, "triggers", "processes:triggers", _("Everything that time sets off, and how it is kept."))
    drawn = add(process, "diagram", "processes:diagram", _("A process as a picture (Mermaid)."))
    drawn.add_argument("--svg", action="store_true", help=_("As SVG."))
    for each in (shown, drawn):
        each.add_argument("id", metavar="ID[@VERSION]", help=_("For example procurement@1."))

    settings = group("settings", _("What a region sets, as the person whose key is in STEGVIS_TOKEN."))
    proposed = add(settings, "propose", "settings:propose", _("Propose a value; another person releases it."))
    proposed.add_argument("name", metavar="NAME", help=_("For example target_decision."))
    proposed.add_argument("value", metavar="VALUE", help=_("Within its bounds."))
    proposed.add_argument(
        "--from", dest="valid_from", required=True, metavar="DAY", help=_("From which day, YYYY-MM-DD.")
    )
    proposed.add_argument(
        "--source", required=True, metavar="TEXT", help=_("Who decided it, when, and where it can be read.")
    )
    proposed.add_argument("--running", action="store_true", help=_("Move the running dates that are listed too."))
    released = add(settings, "release", "settings:release", _("Release what somebody else proposed."))
    rejected = add(settings, "reject", "settings:reject", _("Turn a proposed value down."))
    rejected.add_argument("--reason", required=True, metavar="TEXT", help=_("Why."))
    for each in (released, rejected):
        each.add_argument("change", metavar="ID", help=_("The proposal, as `propose` told it."))
    closed = add(settings, "close", "settings:close", _("Add a closing day of the region."))
    closed.add_argument("day", metavar="DAY", help=_("The day, YYYY-MM-DD."))
    closed.add_argument("--name", required=True, metavar="TEXT", help=_("What day it is."))
    closed.add_argument(
        "--source", required=True, metavar="TEXT", help=_("Who decided it, when, and where it can be read.")
    )

    deadlines = group("deadlines", _("Running dates."))
    verified = add(deadlines, "verify", "deadlines:verify", _("Count every running date again; tells what differs."))
    verified.add_argument("--region", metavar="CODE", help=_("One region only."))

    audit = group("audit", _("The trail."))
    add(audit, "verify", "database:verify_audit", _("Check every stream; names the first bad event."))
    masked = add(audit, "redact", "settings:redact", _("Mask a field of an event for good, as the person whose key is in STEGVIS_TOKEN."))  # fmt: skip
    masked.add_argument("stream", metavar="STREAM", help=_("The case's id, or a register such as people.norrbotten."))
    masked.add_argument("event", metavar="N", type=int, help=_("The event's number in its chain."))
    masked.add_argument("field", metavar="FIELD", help=_("The field's name, for example text."))
    masked.add_argument("--rule", required=True, metavar="TEXT", help=_("For example GDPR art. 17, or a section of OSL. No personal data: the rule stays in the chain."))  # fmt: skip
    masked.add_argument("--reason", required=True, metavar="TEXT", help=_("Why."))
    for name, text in (
        ("export", _("Write a self-contained export of the trail. (later)")),
        ("checkpoint", _("Sign a checkpoint of the trail. (later)")),
    ):
        later = add(audit, name, "database:not_there_yet", text)
        later.add_argument("file", nargs="?", metavar="FILE", help=_("A new file."))
        later.set_defaults(command=f"audit {name}")

    doctor = add(commands, "doctor", "database:doctor", _("Check configuration and environment."))
    doctor.add_argument("--deploy", action="store_true", help=_("Fail on anything unfit for production."))
    preview = add(commands, "preview", "preview:preview", _("What would happen if nobody did anything."))
    preview.add_argument("case", nargs="?", metavar="CASE", help=_("A case's reference or id; all cases without it."))
    preview.add_argument("--region", metavar="CODE", help=_("One region only."))
    preview.add_argument("--json", action="store_true", help=_("As JSON, for a program."))
    preview.add_argument("--months", type=_months, default=12, metavar="N", help=_("How far to look, 1 to 120 months."))
    preview.add_argument("--mails", action="store_true", help=_("Only the mails: who would get which, and when."))
    add(commands, "demo", "serving:demo", _("Load the demo data into an empty database."))
    return top


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(tell(_("a port is a number from 1 to 65535")))
    return int(text)


def _year(text: str) -> int:
    if not text.isdecimal() or not 2000 <= int(text) <= 2100:
        raise argparse.ArgumentTypeError(tell(_("write a year from 2000 to 2100")))
    return int(text)


def _months(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 120:
        raise argparse.ArgumentTypeError(tell(_("write a number of months from 1 to 120")))
    return int(text)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code."""
    chosen = parser().parse_args(arguments)
    module, _colon, function = chosen.handler.partition(":")
    handler: Handler = getattr(import_module(f"workflow.cli.{module}"), function)
    try:
        return handler(chosen)
    except Refusal as refusal:
        complain(refusal.text)
        return refusal.code
    except InvalidForm as refusal:
        complain(_faults(refusal))
    except (StegvisError, UnknownProcess) as refusal:
        complain(_words(refusal))
        return WRONG_USAGE if isinstance(refusal, UnknownProcess) else FAILED
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # the reader of a pipe went away
        sys.stderr.close()
    except Exception as fault:
        if sys.flags.dev_mode:  # `python -X dev -m workflow …` shows where
            raise
        complain(_unexpected(fault))
    return FAILED


def _unexpected(fault: Exception) -> str:
    from sqlalchemy.exc import OperationalError

    if isinstance(fault, OperationalError):
        return tell(_("The database does not answer. Check STEGVIS_DATABASE_URL and that it runs."))
    return tell(
        _("Something unexpected went wrong (%(fault)s). Run `stegvis doctor`."),
        fault=f"{type(fault).__name__}: {fault}"[:200],
    )


def _words(refusal: StegvisError | UnknownProcess) -> str:
    code = f"error.{refusal.code}"
    if refusal.code == "wrong_schema":
        return tell(_("The database does not stand at this program's version. Run `stegvis db upgrade`."))
    if refusal.code == "region_unknown":
        return tell(_("There is no such region. Write a code such as norrbotten or vastra-gotaland."))
    if refusal.code == "unknown_person":
        return tell(_("There is no person with that address. Run `stegvis user add`."))
    if refusal.code == "unknown_process":
        return tell(_("There is no such process. `stegvis process list` names them."))
    params = getattr(refusal, "params", {})
    return label(code, locale(), **params) if has_label(code, locale()) else str(refusal)


def _faults(refusal: InvalidForm) -> str:
    lines = []
    for fault in refusal.errors:
        name, code = f"field.{fault.field}", f"error.{fault.code}"
        field = label(name, locale()) if has_label(name, locale()) else fault.field
        text = label(code, locale(), **fault.params) if has_label(code, locale()) else fault.code
        lines.append(f"{field}: {text}")
    return " ".join(lines)
