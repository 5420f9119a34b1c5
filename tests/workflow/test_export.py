"""Taking everything of a region out, on both databases."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from states.roles import system_actor
from tests.importers.samples import csv_file
from workflow.app import build
from workflow.clock import FixedClock
from workflow.commands import AddUser, OpenCase
from workflow.config import Settings
from workflow.db.metadata import METADATA
from workflow.engine.execute import Stegvis, execute
from workflow.exports.region import SUBJECTS, export_region
from workflow.importers.commands import import_contracts

REGION = "norrbotten"


@pytest.fixture
def app(empty_database_url: str, tmp_path: Path) -> Iterator[Stegvis]:
    settings = Settings(data_dir=tmp_path, database_url=empty_database_url, mail_url=f"dir:{tmp_path}/mail")
    made = build(settings, clock=FixedClock(datetime(2026, 3, 2, 8, tzinfo=UTC)))
    by = replace(system_actor(REGION), channel="cli")
    officer = execute(made, AddUser("o@norrbotten.example", "Oskar Berg", "procurement_officer", REGION), by=by)["id"]
    execute(made, OpenCase("procurement", REGION, {"title": "Städning", "officer": officer}), by=by)
    register = [["Avtalsnamn", "Leverantör", "Slutdatum"], ["Möbler", "Trä AB", "2027-01-31"]]
    import_contracts(made, REGION, csv_file(register), "r.csv")
    yield made
    made.database.dispose()


def whole(app: Stegvis) -> dict[str, list[Any]]:
    with app.database.read() as uow:
        tables = METADATA.sorted_tables
        return {t.name: [tuple(r) for r in uow.connection.execute(t.select())] for t in tables}


def test_the_export_holds_every_table_of_a_region_but_what_opens_doors() -> None:
    left_out = set(METADATA.tables) - set(SUBJECTS)
    assert left_out == {
        "regions",
        "counters",
        "heartbeats",
        "scheduler_gaps",
        "holds",
        "idempotency_keys",
        "sessions",
        "api_tokens",
        "sign_in_failures",
        "identities",
        "directory_numbers",
        "kept_forms",
        "used_logout_tokens",
        "calendar_addresses",
        "database_lives",  # of the database, not of a region
        "returned_letters",  # which letters were read: their Message-IDs alone
        "mail_plans",  # how one person wants mail is that person's own
        "saved_views",  # so are the lists that person keeps
        "case_visits",  # and what that person has looked at is nobody's business
        "decider_warnings",  # that a day has been looked at
        "former_holders",  # what calendars strike out for two months; who handed what on stands on the trail
    }


def test_what_is_exported_says_what_the_database_says(app: Stegvis) -> None:
    subjects = json.loads(export_region(app, REGION, "json", "sv"))["subjects"]
    held = whole(app)
    for name in ("cases", "contracts", "tasks", "timers", "audit_events", "audit_payloads", "people", "suppliers"):
        assert len(subjects[name]) == len(held[name]), name
    assert "password_hash" not in subjects["people"][0]
    assert export_region(app, REGION, "xlsx", "sv").startswith(b"PK")


def test_tender_matter_is_not_taken_out_before_the_award(app: Stegvis) -> None:
    """Bidders, reasons and the number of tenders are secret until the award is decided (OSL 19:3)."""
    cases, lots = METADATA.tables["cases"], METADATA.tables["lots"]
    awards, suppliers = METADATA.tables["awards"], METADATA.tables["suppliers"]
    relations, procurements = METADATA.tables["supplier_relations"], METADATA.tables["procurements"]
    with app.database.write() as uow:
        run, at = uow.connection.execute, uow.now
        lot = run(lots.select()).one()
        run(lots.update().where(lots.c.id == lot.id).values(tender_secret=True, award_reasons="Hemlig bäst"))
        run(cases.update().where(cases.c.id == lot.case_id).values(tender_secret=True))
        run(procurements.update().values(tenders_received=4711))
        names = {"name_sort": "h", "name_fold": "h"}
        run(suppliers.insert().values(id="s1", name="Hemliga Bolaget AB", country="SE", created_at=at, **names))
        run(
            relations.insert().values(
                region_id=REGION, supplier_id="s1", name_seen="Hemliga Bolaget", since_at=at, **names
            )
        )
        proposed = {"id": "a1", "region_id": REGION, "case_id": lot.case_id, "lot_id": lot.id, "supplier_id": "s1"}
        run(awards.insert().values(rank=1, status="proposed", **proposed))
    text = export_region(app, REGION, "json", "sv").decode()
    assert "Hemlig" not in text
    assert "4711" not in text
    with app.database.write() as uow:
        uow.connection.execute(lots.update().values(tender_secret=False))
        uow.connection.execute(cases.update().values(tender_secret=False))
    assert "Hemliga Bolaget" in export_region(app, REGION, "json", "sv").decode()
