"""Fixtures of all tests that play on a real database: each runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from notifications.transport import MemoryTransport
from tests import databases
from tests.databases import Databases, PostgresServer, SqliteFiles
from tests.people import BEGIN
from tests.play import Play
from workflow.app import build
from workflow.clock import FixedClock
from workflow.config import Settings
from workflow.engine.execute import Stegvis
from workflow.people import passwords

_no_postgres: list[str] = []
#: Hundreds of tests sign somebody in; what a hash costs is seen where it is the subject (`costly_hashes`).
_CHEAP, _COSTLY = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1), passwords._hasher


def pytest_configure(config: pytest.Config) -> None:
    databases.shared_folder()
    passwords._hasher = lambda: _CHEAP


def pytest_unconfigure() -> None:
    databases.remove_shared_folder()


#: What lies above the engine meets the database through it alone: here PostgreSQL is tried by `make test-all`.
ABOVE_THE_ENGINE = ("web", "documents", "importers", "cli")
#: So do these: what they say of a subject is said through the same statements as the contract suite, the journeys, walks,
#: crashes and queries, which meet both databases always.
SUBJECTS = (
    "test_terms", "test_rest_and_cover", "test_mail_ledger", "test_digests", "test_people", "test_duties", "test_renewal",
    "test_letters", "test_supplier_reminders", "test_times_beside", "test_terminations", "test_redaction", "test_imports",
    "test_preview", "test_resting", "test_calendar_entries", "test_words_under_secrecy", "test_views_and_visits",
    "test_export", "test_files", "test_access", "test_sanctions_end", "test_deviation_people", "test_deviations",
)  # fmt: skip
#: But of the ladder what the clock does meets both always: the whole stair, outages, weeks of fines, months of stops.
BY_THE_CLOCK = (
    "test_the_whole_stair_by_the_clock",
    "test_an_outage_of_thirty_days_at_each_rung",
    "test_the_fine_counts_started_weeks_to_its_cap",
    "test_a_plan_holds_the_fine",
    "test_months_of_stop_give_the_right",
    "test_the_shortcut_for_a_severe_deviation",
    "test_a_sub_supplier_that_refuses",
    "test_two_deviations_of_one_contract",
)
#: Long ones of which a shorter sister runs always: the same journey by API, pages and mixed; the same year on SQLite.
LONG = (
    "test_two_lots_to_the_end_each_step_by_its_own_person",
    "test_what_was_foreseen_is_exactly_what_then_happens_day_by_day_over_a_year[postgresql]",
    "test_hour_by_hour_the_whole_scheduler_does_what_was_foreseen[postgresql",
    "test_it_can_be_loaded_on_any_day[",
    "test_the_pages_of_ladders_break_no_rule_and_fit[1280-light]",
    "test_no_page_of_whoever_leads_breaks_a_rule_or_a_phone[",
    "test_no_page_breaks_a_rule_of_accessibility_or_a_narrow_screen[320-dark]",
    "test_a_signing_that_opens_contracts_torn_at_any_statement_leaves_nothing[sqlite]",
    "test_every_two_neighbours_swapped_is_found[postgresql]",
    "test_every_single_event_taken_away_is_found_and_the_place_named[postgresql]",
    "test_every_column_changed_is_found_and_its_row_named[postgresql]",
    "test_a_load_that_breaks_off_leaves_nothing_behind_and_the_next_tells_the_same_story[postgresql]",
    "test_ten_years_ahead_day_by_day_each_occurrence_comes_once_on_its_day[postgresql]",
    "test_no_page_breaks_a_rule_of_accessibility[1280-dark]",
    "test_no_page_breaks_a_rule_of_accessibility[390-light]",
    "test_two_hundred_timers_under_blows_have_one_effect_each[sqlite]",
)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The engine, the contract suite and the command line's own database run on both databases, always; pages and files
    on both only in the full run."""
    if os.environ.get("STEGVIS_TEST_FULL"):
        return
    left_out = [
        i
        for i in items
        if i.name.startswith(LONG)
        or (
            "postgresql" in i.name
            and (i.path.parent.name in ABOVE_THE_ENGINE or i.path.stem in SUBJECTS)
            and not i.name.startswith(BY_THE_CLOCK)
        )
    ]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        out = set(left_out)
        items[:] = [i for i in items if i not in out]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What was not tested is said last and loudly."""
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = {str(r.longrepr[2]) for r in skipped if isinstance(r.longrepr, tuple) and "PostgreSQL" in str(r.longrepr)}
    if reasons:
        count = sum("PostgreSQL" in str(r.longrepr) for r in skipped)
        terminalreporter.section("NOT TESTED ON POSTGRESQL", sep="!", red=True, bold=True)
        terminalreporter.write_line(f"{count} tests were skipped: {'; '.join(sorted(reasons))}")


@pytest.fixture(scope="session")
def sqlite_files() -> SqliteFiles:
    return SqliteFiles()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """One server a run, shared by all workers. Skips, and says so at the end, where it cannot start."""
    if _no_postgres:
        pytest.skip(_no_postgres[0])
    try:
        server = PostgresServer()
    except Exception as error:
        _no_postgres.append(f"PostgreSQL did not start: {type(error).__name__}: {error}".splitlines()[0])
        pytest.skip(_no_postgres[0])
    yield server
    server.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def made(request: pytest.FixtureRequest) -> Databases:
    """The kind of database a test runs on."""
    return request.getfixturevalue("sqlite_files" if request.param == "sqlite" else "postgres")  # type: ignore[no-any-return]


@pytest.fixture
def database_url(made: Databases) -> Iterator[str]:
    """A database of the test's own, with the people of `tests/people.py` in it."""
    url = made.fresh()
    yield url
    made.drop(url)


@pytest.fixture
def empty_database_url(made: Databases) -> Iterator[str]:
    """A database that is migrated and has nobody in it but the 22 organisations."""
    url = made.fresh("stegvis_empty")
    yield url
    made.drop(url)


@pytest.fixture
def costly_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed as in an installation."""
    monkeypatch.setattr(passwords, "_hasher", _COSTLY)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(BEGIN)


@pytest.fixture
def build_app(clock: FixedClock, tmp_path: Path) -> Iterator[Callable[[str], Stegvis]]:
    """Builds an application on a database; what it opened is closed after the test."""
    built: list[Stegvis] = []

    def build_on(url: str) -> Stegvis:
        app = build(Settings(database_url=url, data_dir=tmp_path, mail_url="memory:"), clock=clock)
        app.transport = MemoryTransport()
        built.append(app)
        return app

    yield build_on
    for app in built:
        app.database.dispose()
        databases.over.add(app.database)


@pytest.fixture
def app(build_app: Callable[[str], Stegvis], database_url: str) -> Stegvis:
    return build_app(database_url)


@pytest.fixture
def people(made: Databases) -> dict[str, dict[str, str]]:
    """The ids of people and units: `people["norrbotten"]["owner"]`."""
    return made.people


@pytest.fixture
def play(app: Stegvis, clock: FixedClock, people: dict[str, dict[str, str]]) -> Play:
    """Region Norrbotten, ready to play."""
    return Play(app, clock, people["norrbotten"], "norrbotten")


@pytest.fixture
def kalmar(app: Stegvis, clock: FixedClock, people: dict[str, dict[str, str]]) -> Play:
    """A second region on the same database."""
    return Play(app, clock, people["kalmar"], "kalmar")


@pytest.fixture
def both(
    sqlite_files: SqliteFiles, postgres: PostgresServer, build_app: Callable[[str], Stegvis]
) -> Iterator[list[Play]]:
    """The same region on a database of each kind, for what must go the same way on both."""
    plays, urls = [], []
    for made in (sqlite_files, postgres):
        urls.append((made, made.fresh()))
        app = build_app(urls[-1][1])
        app.clock = app.database.clock = FixedClock(BEGIN)
        plays.append(Play(app, app.clock, made.people["norrbotten"], "norrbotten"))
    yield plays
    for play, (made, url) in zip(plays, urls, strict=True):
        play.app.database.dispose()
        made.drop(url)
