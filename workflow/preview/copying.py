"""A copy of one region, or of one case with what hangs together with it, in the memory of this process.

Only reading is done at the source. What the engine does not look at is left behind: the trail, sessions and keys,
files, what was said, and every other region's rows but the terms that apply to all.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, Table, event, insert, or_, select

from notifications.transport import CountingTransport
from states.calendar import local_date
from workflow.clock import FixedClock
from workflow.db.database import Database
from workflow.db.metadata import METADATA
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.execute import Stegvis

#: Not needed to look ahead, and either large or nobody's business.
LEFT_OUT = frozenset(
    {
        "audit_events", "audit_payloads", "sessions", "api_tokens", "calendar_addresses", "sign_in_failures",
        "idempotency_keys", "heartbeats", "scheduler_gaps", "holds", "files", "comments", "former_holders",
        "external_references", "deadline_differences", "plan_entries", "plan_versions", "published_plan_rows",
        "observed_durations", "identities", "directory_numbers", "kept_forms", "used_logout_tokens", "mail_matters",
        "returned_letters", "database_lives", "saved_views", "case_visits",
    }
)  # fmt: skip
#: What belongs to a region as a whole; without it one case alone goes its way just the same.
_OF_REGION_ALONE = frozenset({"recurring_duties"})
_COOPERATION = "samverkan"
_ROWS_AT_ONCE = 1_000
#: Which digests and warnings went out so recently that they keep others from going out.
_RECENT = timedelta(days=8)


@contextmanager
def copied(app: Stegvis, region_id: str, case_ids: Sequence[str] | None = None) -> Iterator[Stegvis]:
    """The application on a copy of the region, or of these cases of it, its clock standing at the present.

    The copy lies in memory and is gone afterwards; mail goes nowhere; where files lie is not known to it.
    """
    clock = FixedClock(app.clock.now())
    url = f"sqlite:///file:/stegvis-{secrets.token_hex(8)}?vfs=memdb&uri=true"
    settings = app.settings.model_copy(
        update={
            "database_url": url, "mail_url": "memory:", "files_url": "none:", "bounces_url": "", "scan_command": "",
        }
    )  # fmt: skip
    database = Database(url, clock)
    event.listen(database.engine, "connect", _for_a_throw_away)
    try:
        with database.engine.connect() as kept:  # the memory lasts as long as a connection to it is open
            kept.rollback()
            with app.database.read() as source, database.write() as into:
                METADATA.create_all(into.connection)
                clock.at = source.now + timedelta(microseconds=1)  # later than all that has happened
                for table in METADATA.sorted_tables:
                    if table.name not in LEFT_OUT:
                        _copy(source, into, table, region_id, case_ids)
            yield Stegvis(settings, database, clock, CountingTransport())
    finally:
        database.dispose()


def _for_a_throw_away(connection: Any, _record: Any) -> None:
    """What is thrown away need not survive a power cut, and may name rows that were left behind."""
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA foreign_keys=OFF")


def _copy(
    source: UnitOfWork, into: UnitOfWork, table: Table, region_id: str, case_ids: Sequence[str] | None
) -> None:  # fmt: skip
    query = _rows_of(table, source, region_id, case_ids)
    if query is None:
        return
    found = source.connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query).mappings()
    for part in found.partitions(_ROWS_AT_ONCE):
        rows = [dict(row) for row in part]
        if table.name == "people":
            rows = [row | {"password_hash": None} for row in rows]
        into.connection.execute(insert(table), rows)


def _rows_of(
    table: Table, source: UnitOfWork, region_id: str, case_ids: Sequence[str] | None
) -> Select[Any] | None:  # fmt: skip
    """What of a table the engine needs; None for nothing. Raises LookupError for a table that nobody thought of."""
    cases, people, digests = (METADATA.tables[name] for name in ("cases", "people", "digests"))
    query, c = select(table), table.c
    if table.name == "regions":
        return query
    if table.name == "parameters":
        return query.where(c.region_id.in_((region_id, _COOPERATION)))
    if table.name == "suppliers":
        known = METADATA.tables["supplier_relations"]
        return query.where(c.id.in_(select(known.c.supplier_id).where(known.c.region_id == region_id)))
    if table.name == "mail_plans":
        return query.where(c.person_id.in_(select(people.c.id).where(people.c.region_id == region_id)))
    if case_ids is not None and table.name in _OF_REGION_ALONE:
        return None
    if "region_id" in c:
        query = query.where(c.region_id == region_id)
    elif "case_id" in c:
        query = query.where(c.case_id.in_(select(cases.c.id).where(cases.c.region_id == region_id)))
    else:
        raise LookupError(table.name)
    if case_ids is not None and (table.name == "cases" or "case_id" in c):
        query = query.where((c.id if table.name == "cases" else c.case_id).in_(case_ids))
    today = local_date(source.now)
    if table.name in ("digests", "decider_warnings"):
        return query.where(c.on_day > today - _RECENT)
    if table.name == "digest_notes":
        recent = select(digests.c.id).where(digests.c.region_id == region_id, digests.c.on_day > today - _RECENT)
        return query.where(or_(c.status == "waiting", c.digest_id.in_(recent)))
    if table.name == "timers":
        return query.where(c.status.in_(("pending", "waiting")))
    if table.name == "outbox_messages":  # what another is sending at this moment is as good as sent
        return query.where(c.status == "queued")
    return query


__all__ = ["LEFT_OUT", "copied"]
