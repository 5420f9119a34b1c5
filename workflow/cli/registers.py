"""`import` and `export`: lists in and out."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from templates.labels import label
from workflow.cli.console import DONE, FAILED, WRONG_USAGE, Refusal, _, complain, locale, open_app, say, table, tell
from workflow.importers.column_mapping import load_mapping
from workflow.importers.commands import (
    Import,
    preview_contracts,
    preview_procurements,
)
from workflow.importers.commands import (
    import_contracts as open_contracts,
)
from workflow.importers.commands import (
    import_procurements as open_procurements,
)
from workflow.importers.report import problem_text, report_csv
from workflow.importers.rows import ImportRefused, Outcome

_SHOWN = 20  # unclear rows told on the screen; the report has them all
_TOO_LARGE = 64 * 1024 * 1024  # bytes read at all; the importers refuse less


def import_contracts(chosen: Namespace) -> int:
    app = open_app()
    try:
        choices = load_mapping(_read(chosen.map)) if chosen.map else {}
        data = _read(chosen.file)
        look = preview_contracts(app, chosen.region, data, chosen.file.name, choices=choices)
        for line in table(
            (
                label(m.label, locale()),
                m.header or "–",
                label(m.why, locale()),
            )
            for m in look.mapping_lines
        ):
            say(line)
        if look.unused:
            say(tell(_("Not read: %(columns)s"), columns=", ".join(look.unused)))
        if chosen.dry_run:
            return _account(chosen, look.result)
        return _account(chosen, open_contracts(app, chosen.region, data, chosen.file.name, choices=choices))
    except ImportRefused as refusal:
        raise Refusal(label(refusal.code, locale(), **refusal.params)) from None


def import_procurements(chosen: Namespace) -> int:
    app = open_app()
    act = preview_procurements if chosen.dry_run else open_procurements
    try:
        result = act(
            app,
            chosen.region,
            _read(chosen.file),
            chosen.file.name,
            values=_read(chosen.values) if chosen.values else None,
            suppliers=_read(chosen.suppliers) if chosen.suppliers else None,
        )
    except ImportRefused as refusal:
        raise Refusal(label(refusal.code, locale(), **refusal.params)) from None
    return _account(chosen, result)


def _account(chosen: Namespace, result: Import) -> int:
    """What became of the rows; the last line is the account of the list itself."""
    if chosen.report:
        _write(chosen.report, report_csv(result.lists, locale()).encode("utf-8-sig"))
    unclear = [(n, r) for n, results in result.lists.items() for r in results if r.outcome is Outcome.UNCLEAR]
    for name, row in unclear[:_SHOWN]:
        say(f"{name} {row.row_number}: " + " ".join(problem_text(p, locale()) for p in row.problems))
    if len(unclear) > _SHOWN:
        say(tell(_("and %(count)s more; --report FILE writes them all"), count=len(unclear) - _SHOWN))
    if chosen.dry_run:
        say(tell(_("Nothing was changed. New cases: %(count)s."), count=result.opened))
    else:
        say(tell(_("New cases: %(count)s."), count=result.opened))
    if result.already_there:
        say(tell(_("Already there: %(count)s rows."), count=result.already_there))
    for line in result.lines:
        say(line)
    if result.nothing_usable:
        complain(tell(_("No row could be used. See what is unclear above, correct the list and try again.")))
        return FAILED
    return DONE


def export_all(chosen: Namespace) -> int:
    from workflow.exports.region import UnknownFormat, export_region

    app = open_app()
    try:
        data = export_region(app, chosen.region, chosen.file.suffix.lower().removeprefix("."), locale())
    except UnknownFormat:
        raise Refusal(tell(_("Name the file .xlsx or .json.")), WRONG_USAGE) from None
    _write(chosen.file, data)
    say(tell(_("%(file)s is written: %(size)s bytes."), file=chosen.file, size=len(data)))
    return DONE


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > _TOO_LARGE:
            raise ImportRefused("error.import_too_large", file=path.name)
        return path.read_bytes()
    except OSError:
        raise Refusal(tell(_("Cannot read %(file)s."), file=path), WRONG_USAGE) from None


def _write(path: Path, data: bytes) -> None:
    """The whole file or none: a half-written export is never left under the name that was asked for."""
    partial = path.with_name(path.name + ".part")
    try:
        partial.write_bytes(data)
        partial.replace(path)
    except OSError:
        raise Refusal(tell(_("Cannot write %(file)s."), file=path)) from None
