"""Lists become cases: every row accounted for, twice changes nothing, and history writes to nobody."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from notifications.transport import MemoryTransport
from states.roles import system_actor
from tests.importers.samples import STATISTICS_HEADERS, csv_file, statistics_row, workbook
from workflow.app import build
from workflow.clock import FixedClock
from workflow.commands import AddUnit, AddUser
from workflow.config import Settings
from workflow.engine.delivery import deliver_mail
from workflow.engine.execute import Stegvis, execute
from workflow.engine.timers import fire_due_timers
from workflow.errors import NotFound
from workflow.importers.commands import (
    import_contracts,
    import_procurements,
    preview_contracts,
    preview_procurements,
)
from workflow.importers.rows import ImportRefused, Outcome

REGION = "norrbotten"
TODAY = datetime(2026, 11, 2, 8, tzinfo=UTC)
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "uhm-2021"
HEADERS = [
    "Avtalsnamn",
    "Leverantör",
    "Startdatum",
    "Slutdatum",
    "Option",
    "Avtalsägare",
    "Enhet",
    "Klass",
    "Uppsägning",
]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(TODAY)


@pytest.fixture
def app(empty_database_url: str, tmp_path: Path, clock: FixedClock) -> Iterator[Stegvis]:
    made = build(Settings(data_dir=tmp_path, database_url=empty_database_url, mail_url="memory:"), clock=clock)
    yield made
    made.database.dispose()


@pytest.fixture
def people(app: Stegvis) -> dict[str, str]:
    by = replace(system_actor(REGION), channel="cli")

    def person(email: str, name: str, role: str) -> str:
        return str(execute(app, AddUser(f"{email}@norrbotten.example", name, role, REGION), by=by)["id"])

    found = {
        "owner": person("anna", "Anna Ek", "contract_owner"),
        "head": person("head", "Hedda Alm", "contract_owner"),
        "officer": person("oskar", "Oskar Berg", "procurement_officer"),
    }
    unit = execute(app, AddUnit(REGION, "Division Nära", "division", None, found["officer"], found["head"]), by=by)
    return {**found, "unit": str(unit["id"])}


def rows_of(app: Stegvis, query: str) -> list[tuple[Any, ...]]:
    with app.database.read() as uow:
        rows = uow.connection.exec_driver_sql(query)
        return [tuple(str(v) if isinstance(v, date) else v for v in row) for row in rows]


def register(*rows: list[str]) -> bytes:
    return csv_file([HEADERS, *rows])


def row(title: str = "Städning", end: str = "2029-12-31", **cells: str) -> list[str]:
    known = {"Avtalsnamn": title, "Leverantör": "Renhet AB", "Startdatum": "2019-01-01", "Slutdatum": end} | cells
    return [known.get(name, "") for name in HEADERS]


def everything(app: Stegvis) -> list[Any]:
    tables = ("cases", "contracts", "tasks", "timers", "outbox_messages", "audit_events", "audit_streams", "counters")
    return [rows_of(app, f"select * from {table} order by 1, 2") for table in tables]


# --- contracts --------------------------------------------------------------------------------------------------------


def test_a_contract_finds_its_owner_by_address_or_name_and_its_unit(app: Stegvis, people: dict[str, str]) -> None:
    data = register(
        row("Ett", Avtalsägare="anna@norrbotten.example"),
        row("Två", Avtalsägare="ANNA  EK", Enhet="division nära"),
        row("Tre", Avtalsägare="Någon Annan"),
        row("Fyra", Avtalsägare="Någon Annan", Enhet="Division Nära"),
    )
    result = import_contracts(app, REGION, data, "r.csv")
    assert result.account.used == 4
    found = rows_of(
        app,
        "select title, owner_id, unit_id, owner_note, missing from cases join contracts on id = case_id order by reference",
    )
    assert [f[1] for f in found] == [people["owner"], people["owner"], None, people["head"]]
    assert [f[2] for f in found] == [None, people["unit"], None, people["unit"]]
    assert [f[3] for f in found] == [None, None, "Någon Annan", "Någon Annan"]
    assert "owner" in found[2][4].split(",")
    told = [[p.code for p in r.problems] for r in result.lists["rows"]]
    assert told[2] == ["error.import_owner_unknown"]


def test_what_the_register_says_of_options_notice_and_class_is_kept(app: Stegvis, people: dict[str, str]) -> None:
    data = register(
        row("Lika", Option="2 x 12 mån", Klass="Klass A", Uppsägning="90 dagar"),
        row("Olika", Option="24+12 mån", Klass="Guld", Uppsägning="6 mån"),
    )
    import_contracts(app, REGION, data, "r.csv")
    columns = "option_count, option_months, notice_months, contract_class, last_end_on, missing"
    first, second = rows_of(app, f"select {columns} from contracts join cases on id = case_id order by reference")
    assert first[:5] == (2, 12, 3, "a", "2031-12-31")
    assert second[:5] == (2, None, 6, None, "2029-12-31")
    assert {"option_months", "contract_class"} <= set(second[5].split(","))


def test_a_second_import_changes_nothing_and_says_already_there(app: Stegvis, people: dict[str, str]) -> None:
    data = register(row("Ett"), row("Två", end="2020-01-01"))
    import_contracts(app, REGION, data, "r.csv")
    before = everything(app)
    again = import_contracts(app, REGION, data, "r.csv")
    assert (again.opened, again.already_there) == (0, 2)
    assert again.lines == ["rows 2: used 0, skipped 2, unclear 0"]
    assert everything(app) == before


def test_an_import_that_was_cut_off_is_finished_by_the_next(
    app: Stegvis, people: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    data = register(*(row(f"Avtal {n}") for n in range(5)))

    class PulledPlug(BaseException):
        pass

    def cut(done: int, _all: int) -> None:
        if done == 2:
            raise PulledPlug

    with pytest.raises(PulledPlug):
        import_contracts(app, REGION, data, "r.csv", progress=cut)
    rest = import_contracts(app, REGION, data, "r.csv")
    assert (rest.opened, rest.already_there) == (3, 2)
    assert rows_of(app, "select count(*), count(distinct title) from cases") == [(5, 5)]


def test_ended_contracts_enter_as_ended_and_owe_nobody_anything(app: Stegvis, people: dict[str, str]) -> None:
    data = register(
        row("Slut", end="2022-06-30"), row("Slut i går", end="2026-11-01"), row("Slut i dag", end="2026-11-02")
    )
    import_contracts(app, REGION, data, "r.csv")
    assert rows_of(app, "select title, state, closed_at is not null from cases order by reference") == [
        ("Slut", "ended", 1),
        ("Slut i går", "ended", 1),
        ("Slut i dag", "final_evaluation", 0),
    ]
    owing = "select title from cases where id in (select case_id from tasks where status = 'open')"
    assert rows_of(app, owing) == [("Slut i dag",)]


def test_old_contracts_write_to_nobody_neither_now_nor_at_the_next_beat(
    app: Stegvis, people: dict[str, str], clock: FixedClock
) -> None:
    late = [
        row(f"Sen {n}", end="2026-12-31", Option="1 x 12 mån", Avtalsägare="Anna Ek", Uppsägning="6 mån")
        for n in range(5)
    ]
    passed = [row(f"Passerad {n}", end="2026-06-30", Option="1 x 12 mån", Avtalsägare="Anna Ek") for n in range(5)]
    import_contracts(app, REGION, register(*late, *passed), "r.csv")
    assert rows_of(app, "select count(*) from outbox_messages") == [(0,)]
    states = rows_of(app, "select distinct substr(title, 1, 3), state from cases order by 1")
    assert states == [("Pas", "final_evaluation"), ("Sen", "extension_decision")]
    transport = app.open_transport()
    assert isinstance(transport, MemoryTransport)
    for _ in range(3):
        fire_due_timers(app)
        deliver_mail(app)
        clock.at += timedelta(hours=12)
    assert transport.sent == []


def test_a_contract_that_runs_is_followed_up_and_reminds_on_its_days(
    app: Stegvis, people: dict[str, str], clock: FixedClock
) -> None:
    import_contracts(app, REGION, register(row(Klass="B", Avtalsägare="Anna Ek", Option="1 x 12 mån")), "r.csv")
    assert rows_of(app, "select state, next_trigger from cases") == [("in_force", "record_follow_up")]
    clock.at = datetime(2029, 6, 1, 8, tzinfo=UTC)
    fire_due_timers(app)
    assert rows_of(app, "select state from cases") == [("extension_decision",)]
    assert ("task_opened",) in rows_of(app, "select distinct kind from outbox_messages")


def test_a_person_who_imports_is_named_on_the_trail(app: Stegvis, people: dict[str, str]) -> None:
    from states.calendar import local_date
    from workflow.engine import directory

    with app.database.read() as uow:
        officer = directory.actor(uow, people["officer"], local_date(uow.now))
    import_contracts(app, REGION, register(row()), "r.csv", by=officer)
    assert rows_of(app, "select distinct actor_id from audit_events where kind = 'case_opened'") == [
        (people["officer"],)
    ]
    ((body,),) = rows_of(app, "select body from audit_events where kind = 'existing_registered'")
    assert '"channel":"import"' in body


def test_no_natural_person_is_kept(app: Stegvis, people: dict[str, str]) -> None:
    headers = [*HEADERS, "Organisationsnummer"]
    data = csv_file(
        [headers, [*row("Konsult", Leverantör="Karin Konsult"), "850101-1234"], [*row("Bolag"), "556036-0793"]]
    )
    result = import_contracts(app, REGION, data, "r.csv")
    assert result.lines == ["rows 2: used 1, skipped 0, unclear 1"]
    assert rows_of(app, "select name from suppliers") == [("Renhet AB",)]
    assert "Karin" not in str(everything(app))
    assert "850101" not in str(everything(app))


def test_a_register_of_another_kind_is_looked_at_and_corrected_first(app: Stegvis, people: dict[str, str]) -> None:
    data = csv_file([["Rubrik A", "Bolag", "Sista dagen"], ["Möbler", "Trä AB", "2028-01-31"]])
    with pytest.raises(ImportRefused):
        preview_contracts(app, REGION, data, "r.csv", choices={"title": None})
    choices: dict[str, str | None] = {"title": "Rubrik A", "supplier_name": "Bolag", "end_on": "Sista dagen"}
    look = preview_contracts(app, REGION, data, "r.csv", choices=choices)
    assert (look.result.opened, look.unused) == (1, ())
    assert rows_of(app, "select count(*) from cases") == [(0,)]
    assert import_contracts(app, REGION, data, "r.csv", choices=choices).opened == 1


def test_seven_hundred_rows_of_an_odd_register_are_all_accounted_for(app: Stegvis, people: dict[str, str]) -> None:
    seed = random.randrange(2**32)
    print("seed", seed)
    dice = random.Random(seed)
    headers = [
        "Avd.",
        "Vad avtalet gäller",
        "Motpart",
        "Fr.o.m.",
        "T.o.m.",
        "Förlängning",
        "Handläggare",
        "Belopp kr",
        "Övrigt",
    ]
    ends = ["2027-03-31", "31/12 2026", "2024-05-31", "tills vidare", "", "1800-01-01", "2055-01-01", "2199-01-01"]
    rows = [["Avtalsregister 2026", *[""] * 8], [""] * 9, headers]
    for n in range(700):
        kind = dice.random()
        if kind < 0.05:
            rows.append([""] * 9 if dice.random() < 0.5 else ["Summa", *[""] * 6, "12 000", ""])
        else:
            rows.append(
                [
                    dice.choice(["Division Nära", "Okänd", ""]),
                    dice.choice([f"Avtal {n}", f"=HYPERLINK({n})", "Lång " * 100 + str(n), f"Avtal {n // 2}"]),
                    dice.choice(["Renhet AB", "Åkeri HB", "", "'; drop table cases; --"]),
                    dice.choice(["2020-01-01", "", "-1"]),
                    dice.choice(ends),
                    dice.choice(["1+1 år", "2 x 12 mån", "24+12 mån", "ja", ""]),
                    dice.choice(["Anna Ek", "anna@norrbotten.example", "N.N.", ""]),
                    dice.choice(["1 200 000", "-1", "många", "1e99", ""]),
                    dice.choice(["", "ring först"]),
                ]
            )
    started = time.perf_counter()
    result = import_contracts(app, REGION, csv_file(rows), "odd.csv", choices={"title": "Vad avtalet gäller"})
    assert time.perf_counter() - started < 60
    sums = result.account
    assert sums.rows in (699, 700)  # a blank last row is no row
    assert sums.used + sums.skipped + sums.unclear == sums.rows
    assert sums.used == result.opened > 100
    assert rows_of(app, "select count(*) from cases") == [(sums.used,)]
    assert rows_of(app, "select count(*) from outbox_messages") == [(0,)]
    assert all(r.problems for r in result.lists["rows"] if r.outcome is not Outcome.USED)


def test_a_region_that_does_not_exist_gets_nothing(app: Stegvis) -> None:
    with pytest.raises(NotFound):
        import_contracts(app, "narnia", register(row()), "r.csv")


# --- procurements -----------------------------------------------------------------------------------------------------

SUPPLIER_HEADERS = ["Anbudsområdes-ID", "Namn för leverantör", "Juridisk form för leverantör"]


def statistics(*rows: list[object]) -> bytes:
    return workbook([STATISTICS_HEADERS, *rows])


def suppliers(*rows: tuple[str, str, str, str]) -> bytes:
    headers = [*STATISTICS_HEADERS, *SUPPLIER_HEADERS]
    return workbook([headers, *([*statistics_row(i), lot, name, form] for i, lot, name, form in rows)])


def test_a_known_outcome_brings_lots_and_suppliers_and_an_unknown_one_a_task(
    app: Stegvis, people: dict[str, str]
) -> None:
    side = suppliers(
        ("A", "L1", "Renhet AB", "Övriga aktiebolag"),
        ("A", "L2", "Åkeri HB", "Handelsbolag"),
        ("A", "L2", "Karin Konsult", "Fysiska personer"),
    )
    result = import_procurements(
        app, REGION, statistics(statistics_row("A"), statistics_row("B")), "s.xlsx", suppliers=side
    )
    assert result.lines == ["suppliers 3: used 2, skipped 0, unclear 1", "rows 2: used 2, skipped 0, unclear 0"]
    assert rows_of(app, "select state, next_trigger, existing from cases order by reference") == [
        ("follow_up", "register_contracts", 1),
        ("outcome_unknown", "record_outcome", 1),
    ]
    awards = "select number, name, status from awards join lots on lots.id = lot_id join suppliers on suppliers.id = supplier_id"
    assert rows_of(app, awards + " order by number") == [(1, "Renhet AB", "historical"), (2, "Åkeri HB", "historical")]
    assert "Karin" not in str(everything(app)) + str(rows_of(app, "select * from audit_payloads"))


def test_history_of_procurements_reminds_nobody(app: Stegvis, people: dict[str, str], clock: FixedClock) -> None:
    """Hundreds of rows read in one morning do not become hundreds of reminders three weeks later."""
    import_procurements(app, REGION, statistics(*(statistics_row(f"S{n}") for n in range(20))), "s.xlsx")
    clock.at += timedelta(days=90)
    fire_due_timers(app)
    assert rows_of(app, "select count(*) from outbox_messages") == [(0,)]
    assert rows_of(app, "select distinct reason, due_on from tasks") == [("history", None)]


def test_a_value_from_the_side_file_is_the_procurements_own(app: Stegvis, people: dict[str, str]) -> None:
    values = workbook([[*STATISTICS_HEADERS, "Kontrakterat värde, Summa"], [*statistics_row("A"), 1_250_000.5]])
    import_procurements(app, REGION, statistics(statistics_row("A")), "s.xlsx", values=values)
    ((amount, missing),) = rows_of(app, "select estimated_value_ore, missing from procurements")
    assert Decimal(amount) / 100 == Decimal("1250000.5")
    assert "contracted_value" not in missing.split(",")


@pytest.mark.skipif(not REAL.is_dir(), reason="the national statistics lie beside the checkout only where it is built")
@pytest.mark.parametrize("region", ["kalmar", "varmland", "norrbotten"])
def test_the_real_rows_of_a_region_load_in_seconds_and_only_once(app: Stegvis, region: str) -> None:
    rows, values, sides = (
        (REAL / name).read_bytes()
        for name in (
            "number_of_procurements.xlsx",
            "contracted_value.xlsx",
            "number_of_contracted_tenders_with_suppliers.xlsx",
        )
    )
    look = preview_procurements(app, region, rows, "r.xlsx", values=values, suppliers=sides)
    started = time.perf_counter()
    first = import_procurements(app, region, rows, "r.xlsx", values=values, suppliers=sides)
    assert time.perf_counter() - started < 10
    assert (first.opened, first.account.rows, first.lines) == (look.opened, 217, look.lines)
    before = everything(app)
    again = import_procurements(app, region, rows, "r.xlsx", values=values, suppliers=sides)
    assert (again.opened, again.already_there) == (0, first.opened)
    assert everything(app) == before
