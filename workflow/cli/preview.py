"""`preview`: what would happen if nobody did anything, day by day."""

from __future__ import annotations

import dataclasses
import json
from argparse import Namespace
from typing import Any

from sqlalchemy import or_, select

from templates.formatting import day, instant, long_day
from templates.labels import label
from workflow.cli.console import DONE, _, locale, open_app, say, tell
from workflow.engine import case_rows
from workflow.engine.execute import Stegvis
from workflow.errors import NotFound
from workflow.preview import Preview
from workflow.preview import preview as look_ahead
from workflow.preview.words import as_values, in_words, late_text

_cases = case_rows.cases


def preview(chosen: Namespace) -> int:
    app = open_app()
    results = [
        look_ahead(app, region, case=chosen.case, months=chosen.months)
        for region in _regions(app, chosen.region, chosen.case)
    ]
    if not results:
        say(tell(_("There is no case to look at.")))
        return DONE
    if chosen.json:
        values = [as_values(r) for r in results]
        say(json.dumps(values[0] if len(values) == 1 else values, ensure_ascii=False, indent=1, default=_plain))
        return DONE
    for result in results:
        (_mails if chosen.mails else _tell)(result, several=len(results) > 1)
    return DONE


def _regions(app: Stegvis, region: str | None, case: str | None) -> list[str]:
    """The region asked for, that of the case, or all that have cases. Raises NotFound for a case that is nowhere."""
    if region:
        return [region]
    query = select(_cases.c.region_id).distinct().order_by(_cases.c.region_id)
    if case is not None:
        query = query.where(or_(_cases.c.id == case, _cases.c.reference == case))
    with app.database.read() as uow:
        found = [str(r.region_id) for r in uow.connection.execute(query)]
    if case is not None and not found:
        raise NotFound
    return found


def _mails(result: Preview, *, several: bool) -> None:
    """Who would get which mail on which day."""
    if several:
        say(result.region_id)
    for mail in result.mails:
        about = f"{mail.reference} {mail.title}" if mail.reference else ""
        say(f"{instant(mail.at, locale())}  {mail.person}  {label(f'mail.{mail.kind}', locale())}  {about}".rstrip())
    say(
        tell(
            _("%(count)s mails until %(day)s. Nothing was sent."),
            count=len(result.mails),
            day=long_day(result.until, locale()),
        )
    )


def _tell(result: Preview, *, several: bool) -> None:
    if several:
        say(result.region_id)
    on = None
    for rows in result.by_month().values():
        for row in rows:
            if row.on != on:
                on = row.on
                say(long_day(on, locale()))
            say(f"  {row.reference + '  ' if row.reference else ''}{in_words(row, locale())}")
    for fault in result.faults:
        say(tell(_("Could not be carried out: %(fault)s"), fault=fault))
    if result.unheeded:
        say(late_text(result, locale()))
        for late in result.unheeded:
            asked = label(f"asked.{late.process}.{late.trigger}", locale())
            say(f"  {day(late.due_on, locale(), result.until)}  {late.reference}  {asked}")
    if result.held:
        say(tell(_("Nothing leaves now, after a restore; counted is as if that had been released.")))
    if not result.happenings:
        say(tell(_("Nothing happens by itself until %(day)s."), day=long_day(result.until, locale())))
    else:
        say(tell(_("Looked ahead to %(day)s. Nothing was changed."), day=long_day(result.reached, locale())))


def _plain(value: Any) -> Any:
    return dataclasses.asdict(value) if dataclasses.is_dataclass(value) else value.isoformat()  # type: ignore[arg-type]
