"""`run`, `web`, `worker`, `tick` and `demo`: the processes of Stegvis."""

from __future__ import annotations

import os
import signal
import threading
from argparse import Namespace
from contextlib import suppress
from typing import TYPE_CHECKING

from workflow.cli.console import DONE, WRONG_USAGE, Refusal, _, open_app, say, stand_ready, tell
from workflow.logging_setup import configure

if TYPE_CHECKING:
    from workflow.engine.execute import Stegvis


def _served(chosen: Namespace) -> Stegvis:
    port = chosen.port if chosen.port is not None else os.environ.get("STEGVIS_PORT") or os.environ.get("PORT")
    app = open_app(checked=False, host=chosen.host, port=port or None)
    configure(app.settings)
    return app


def run(chosen: Namespace) -> int:
    """All in one process: pages, API and scheduler."""
    app = _served(chosen)
    stand_ready(app)
    if app.settings.demo:
        _first_demo(app)
    _announce(app)
    _serve(app, scheduler=True)
    return DONE


def web(chosen: Namespace) -> int:
    app = _served(chosen)
    stand_ready(app)
    say(tell(_("Stegvis listens on %(address)s"), address=app.settings.address))
    _serve(app, scheduler=False)
    return DONE


def _serve(app: Stegvis, *, scheduler: bool) -> None:
    from workflow.app import settle_memory
    from workflow.web.app import serve

    settle_memory()
    host, port = app.settings.host, app.settings.port
    try:
        serve(app, host, port, scheduler=scheduler)
    except OSError as error:
        text = _(
            "Stegvis cannot listen on %(host)s, port %(port)s: it is taken or not allowed. Choose another with --port."
        )
        raise Refusal(tell(text, host=host, port=port)) from error


def worker(chosen: Namespace) -> int:  # noqa: ARG001
    """The scheduler alone, until it is told to stop."""
    from workflow.app import settle_memory
    from workflow.scheduler import Scheduler

    app = open_app()
    configure(app.settings)
    settle_memory()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_args: stop.set())
    scheduler = Scheduler(app, kind="worker")
    scheduler.start()
    say(
        tell(
            _("The worker runs every %(seconds)s seconds. Stop it with Ctrl-C."),
            seconds=f"{app.settings.tick_seconds:g}",
        )
    )
    stop.wait()
    scheduler.stop()
    return DONE


def tick(chosen: Namespace) -> int:  # noqa: ARG001
    """Everything that is due, the mail, and housekeeping: once. A cycle that failed ends with 1."""
    from workflow.scheduler import Scheduler

    app = open_app()
    configure(app.settings)
    cycle = Scheduler(app, kind="tick").cycle(housekeeping=True)
    if cycle.error:
        raise Refusal(tell(_("The cycle failed: %(error)s"), error=cycle.error))
    say(tell(_("fired %(fired)s, mails %(sent)s"), fired=cycle.fired, sent=cycle.sent))
    return DONE


def demo(chosen: Namespace) -> int:  # noqa: ARG001
    """The demo data into an empty database; its mails always go to files."""
    from workflow.demo import load

    app = open_app(mail_url=f"dir:{os.environ.get('STEGVIS_DATA_DIR', 'var')}/mail")
    if not _is_empty(app):
        raise Refusal(
            tell(_("The database is not empty. Demo data can only be loaded into an empty one.")), WRONG_USAGE
        )
    load(app)
    say(tell(_("The demo data is loaded. Start with STEGVIS_DEMO=1 to sign in as the demo people.")))
    return DONE


def _first_demo(app: Stegvis) -> None:
    if _is_empty(app):
        from workflow.demo import NotEmpty, load

        say(tell(_("Loads the demo region, this takes a few seconds …")))
        with suppress(NotEmpty):  # another process was quicker, and its load is whole
            load(app)


def _is_empty(app: Stegvis) -> bool:
    from sqlalchemy import select

    from workflow.people.tables import Person

    people = Person.__table__  # type: ignore[attr-defined]
    with app.database.read() as uow:
        return uow.connection.execute(select(people.c.id).limit(1)).first() is None


def _announce(app: Stegvis) -> None:
    """The address, and who one can sign in as."""
    from sqlalchemy import select

    from workflow.people.tables import Person

    say(tell(_("Stegvis listens on %(address)s"), address=app.settings.address))
    if not app.settings.demo:
        return
    people = Person.__table__  # type: ignore[attr-defined]
    with app.database.read() as uow:
        query = select(people.c.email, people.c.name).where(people.c.demo, people.c.disabled_at.is_(None))
        rows = uow.connection.execute(query.order_by(people.c.email)).all()
    if rows:
        say(tell(_("Sign in as one of the demo people (press the name on the sign-in page):")))
        for row in rows:
            say(f"  {row.email}  {row.name}")
