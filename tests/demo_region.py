"""The demo, loaded once a run, for tests that look at a whole region."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from sqlalchemy import text

from states.calendar import local_date
from states.roles import Actor
from tests.databases import alone, shared_folder
from workflow.app import build
from workflow.clock import FixedClock
from workflow.config import Settings
from workflow.db import schema
from workflow.demo import load
from workflow.engine.directory import actor
from workflow.engine.execute import Stegvis

#: A Tuesday in the morning, Swedish time.
NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)


def loaded_at(now: datetime) -> Stegvis:
    """An application whose present is `now`, on a SQLite file of its own with the demo in it."""
    app = build(Settings(data_dir=_folder(), mail_url="memory:"), clock=FixedClock(now))
    schema.upgrade(app.database)
    load(app)
    return app


@cache
def demo() -> Stegvis:
    """To look at only: the same application for all tests of a process, the same rows for all of a run."""
    loaded = shared_folder() / "demo"
    with alone("demo"):
        if not loaded.exists():
            first = loaded_at(NOW)
            first.database.dispose()
            shutil.copytree(first.settings.data_dir, loaded)
    folder = _folder()
    shutil.copytree(loaded, folder, dirs_exist_ok=True)
    return build(Settings(data_dir=folder, mail_url="memory:"), clock=FixedClock(NOW))


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="stegvis-demo-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def somebody(app: Stegvis, email: str) -> Actor:
    """A person of the demo with the roles of today."""
    with app.database.read() as uow:
        person_id = uow.connection.execute(text("SELECT id FROM people WHERE email = :e"), {"e": email}).scalar_one()
        return actor(uow, person_id, local_date(uow.now))
