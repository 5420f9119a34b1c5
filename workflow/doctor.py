"""Is this installation in order, and fit for production? Each check says what to do."""

from __future__ import annotations

import shlex
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import func, select

from notifications.mailbox import open_mailbox
from notifications.transport import open_transport
from templates.labels import gettext
from workflow.db import schema
from workflow.engine.execute import Stegvis
from workflow.engine.tables import Heartbeat, Hold, OutboxMessage, Timer
from workflow.errors import StegvisError
from workflow.people.tables import Person

MIN_SECRET = 32  # characters
MAX_CLOCK_DIFFERENCE = timedelta(seconds=5)
LATE = timedelta(minutes=10)


class Level(StrEnum):
    FINE = "fine"
    UNFIT = "unfit"  # works, but not for production
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    text: str


def examine(app: Stegvis, locale: str) -> list[Finding]:
    """Every check of configuration and environment, in the operator's language. Changes nothing, sends nothing."""

    def _(text: str, **params: object) -> str:
        return gettext(text, locale, **params)

    return [*_database(app, _), *_folders(app, _), *_mail(app, _), *_exposure(app, _), *_providers(app, _)]


Say = Callable[..., str]


def _database(app: Stegvis, _: Say) -> Iterator[Finding]:
    settings = app.settings
    if settings.embedded_database:
        yield Finding(Level.UNFIT, _("The embedded database is used. Set STEGVIS_DATABASE_URL."))
    elif app.database.is_sqlite:
        yield Finding(Level.FINE, _("SQLite: one node only. For several nodes use PostgreSQL."))
    try:
        schema.verify(app.database)
    except schema.WrongSchema:
        yield Finding(
            Level.WRONG, _("The database does not stand at this program's version. Run `stegvis db upgrade`.")
        )
        return
    except Exception:
        yield Finding(Level.WRONG, _("The database does not answer. Check STEGVIS_DATABASE_URL and that it runs."))
        return
    yield Finding(Level.FINE, _("The database answers and its schema is right."))
    try:
        yield from _contents(app, _)
    except StegvisError:
        yield Finding(Level.WRONG, _("The database does not answer. Check STEGVIS_DATABASE_URL and that it runs."))


def _contents(app: Stegvis, _: Say) -> Iterator[Finding]:
    timers, messages = Timer.__table__, OutboxMessage.__table__  # type: ignore[attr-defined]
    people, holds, beats = Person.__table__, Hold.__table__, Heartbeat.__table__  # type: ignore[attr-defined]
    with app.database.read() as uow:

        def count(table: object, *conditions: object) -> int:
            query = select(func.count()).select_from(table).where(*conditions)  # type: ignore[arg-type]
            return int(uow.connection.execute(query).scalar_one())

        if abs(uow.now - app.clock.now()) > MAX_CLOCK_DIFFERENCE:
            yield Finding(Level.WRONG, _("This machine's clock and the database server's differ. Set the time by NTP."))
        if count(holds):
            yield Finding(Level.WRONG, _("Everything is on hold after a restore: nothing fires and no mail leaves."))
        if late := count(timers, timers.c.status == "pending", timers.c.due_at < uow.now - LATE):
            yield Finding(Level.WRONG, _("%(count)s timers are late. Is a worker running?", count=late))
        if failed := count(timers, timers.c.status == "failed"):
            yield Finding(
                Level.WRONG, _("%(count)s timers have failed for good. See the operations page.", count=failed)
            )
        if failed := count(messages, messages.c.status == "failed"):
            yield Finding(
                Level.WRONG, _("%(count)s mails could not be delivered. See the operations page.", count=failed)
            )
        if not count(beats, beats.c.cycle_at > uow.now - LATE):
            yield Finding(Level.UNFIT, _("No scheduler has finished a cycle lately. Start `stegvis worker`."))
        if count(people, people.c.demo, people.c.disabled_at.is_(None)):
            yield Finding(Level.UNFIT, _("There are demo people in the database. Close their accounts."))


def _folders(app: Stegvis, _: Say) -> Iterator[Finding]:
    places = {"STEGVIS_DATA_DIR": app.settings.data_dir}
    if app.settings.files.startswith("dir:"):
        places["STEGVIS_FILES_URL"] = Path(app.settings.files.removeprefix("dir:"))
    else:
        yield Finding(Level.WRONG, _("STEGVIS_FILES_URL must be dir:PATH."))
    for name, folder in places.items():
        nearest = next((p for p in (folder, *folder.absolute().parents) if p.is_dir()), Path("/"))
        try:
            with tempfile.TemporaryFile(dir=nearest):
                pass
        except OSError:
            text = _(
                "%(name)s: cannot write in %(folder)s. Give the process's user the right to.", name=name, folder=folder
            )
            yield Finding(Level.WRONG, text)


def _mail(app: Stegvis, _: Say) -> Iterator[Finding]:
    settings = app.settings
    try:
        open_transport(settings.mail)
    except ValueError:
        yield Finding(
            Level.WRONG, _("STEGVIS_MAIL_URL must be dir:PATH, smtp://HOST:PORT or smtps://USER:PASS@HOST:PORT.")
        )
        return
    if not settings.mail.startswith("smtp"):
        yield Finding(Level.UNFIT, _("Mail does not leave this machine. Set STEGVIS_MAIL_URL to a mail server."))
    if settings.bounces_url:
        try:
            open_mailbox(settings.bounces_url)
        except ValueError:
            yield Finding(
                Level.WRONG, _("STEGVIS_BOUNCES_URL must be maildir:PATH or imaps://USER:PASSWORD@HOST/FOLDER.")
            )
    elif settings.mail.startswith("smtp"):
        yield Finding(
            Level.FINE,
            _("Mail that comes back is not read. STEGVIS_BOUNCES_URL would name the sender's mailbox."),
        )
    if "@localhost" in settings.mail_from:
        yield Finding(Level.UNFIT, _("The sender of mail is not set. Set STEGVIS_MAIL_FROM."))


def _exposure(app: Stegvis, _: Say) -> Iterator[Finding]:
    settings = app.settings
    if not settings.scan_command:
        yield Finding(
            Level.FINE, _("No virus scanner: files are served as they come. STEGVIS_SCAN_COMMAND would name one.")
        )
    elif shutil.which(next(iter(shlex.split(settings.scan_command)), "")) is None:
        yield Finding(Level.WRONG, _("STEGVIS_SCAN_COMMAND names no command that can be run."))
    if settings.demo:
        yield Finding(Level.UNFIT, _("STEGVIS_DEMO lets anybody sign in as the demo people. Remove it."))
    if not settings.secure:
        yield Finding(Level.UNFIT, _("STEGVIS_BASE_URL must be an address with https://."))
    secret = settings.secret_key
    if settings.secret_key_file is not None:
        try:
            secret = settings.secret_key_file.read_text().strip()
        except OSError:
            yield Finding(Level.WRONG, _("STEGVIS_SECRET_KEY_FILE cannot be read."))
    if len(secret) < MIN_SECRET:
        yield Finding(
            Level.UNFIT, _("Set STEGVIS_SECRET_KEY or STEGVIS_SECRET_KEY_FILE to at least 32 random characters.")
        )


def _providers(app: Stegvis, _: Say) -> Iterator[Finding]:
    """Each region's sign-in: does it answer, with what a confirmation needs, and is it told apart from others?"""
    from workflow.people.provider import Provider, ProviderUnavailable

    for settings in app.settings.providers:
        issuer = settings.issuer
        if not issuer.startswith("https://"):
            yield Finding(Level.UNFIT, _("%(issuer)s: a provider must have an address with https://.", issuer=issuer))
        try:
            if not settings.secret:
                yield Finding(Level.UNFIT, _("%(issuer)s: the client secret is not set.", issuer=issuer))
        except OSError:
            yield Finding(Level.WRONG, _("%(issuer)s: the file with the client secret cannot be read.", issuer=issuer))
        if settings.region is None:
            text = _(
                "%(issuer)s: set STEGVIS_OIDC_REGION, so that it lets in that region's people only.", issuer=issuer
            )
            yield Finding(Level.UNFIT, text)
        try:
            about = Provider(settings, app.clock).description()
        except ProviderUnavailable as refusal:
            reason = refusal.params.get("reason")
            text = _("%(issuer)s does not answer as a provider should (%(reason)s).", issuer=issuer, reason=reason)
            yield Finding(Level.WRONG, text)
            continue
        if "S256" not in about.get("code_challenge_methods_supported", ["S256"]):
            yield Finding(Level.UNFIT, _("%(issuer)s does not say that it knows PKCE with S256.", issuer=issuer))
        yield Finding(Level.FINE, _("%(issuer)s answers.", issuer=issuer))


__all__ = ["Finding", "Level", "examine"]
