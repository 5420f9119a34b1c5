"""Builds the application of one process from its settings."""

from __future__ import annotations

import gc

import workflow.subjects  # noqa: F401
from workflow.clock import Clock, SystemClock
from workflow.config import Settings
from workflow.db.database import Database
from workflow.engine.execute import Stegvis


def build(settings: Settings | None = None, *, clock: Clock | None = None) -> Stegvis:
    """The application behind these settings (the environment's by default). Opens no connection yet."""
    settings = settings or Settings()
    clock = clock or SystemClock()
    return Stegvis(settings, Database(settings.database, clock), clock)


def settle_memory() -> None:
    """For a process that stays: what is loaded by now is never looked through again for garbage, and new things less often.

    The collector's defaults suit a small heap; beside ours each full round stops every request for more than ten milliseconds.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
