"""`preview`: what would happen if nobody did anything, day by day."""

from __future__ import annotations

from argparse import Namespace

from templates.formatting import instant, long_day
from templates.labels import label
from workflow.cli.console import DONE, _, locale, open_app, say, tell
from workflow.preview import Preview
from workflow.preview import preview as look_ahead


def _mails(result: Preview) -> int:
    """Who would get which mail on which day."""
    for mail in result.mails:
        about = f"{mail.reference} {mail.title}" if mail.reference else ""
        kind = label(f"mail.{mail.kind}", locale())
        say(f"{instant(mail.at, locale())}  {mail.recipient_name}  {kind}  {about}".rstrip())
    say(
        tell(
            _("%(count)s mails until %(day)s. Nothing was sent."),
            count=len(result.mails),
            day=long_day(result.until, locale()),
        )
    )
    return DONE


def preview(chosen: Namespace) -> int:
    app = open_app()
    result = look_ahead(app, case=chosen.case, months=chosen.months, locale=locale())
    if chosen.mails:
        return _mails(result)
    day = None
    for happening in result.happenings:
        if happening.on != day:
            day = happening.on
            say(long_day(day, locale()))
        say(f"  {happening.reference}  {happening.text}")
    if not result.happenings:
        say(tell(_("Nothing happens by itself until %(day)s."), day=long_day(result.until, locale())))
    else:
        say(tell(_("Looked ahead to %(day)s. Nothing was changed."), day=long_day(result.until, locale())))
    return DONE
