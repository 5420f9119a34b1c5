from __future__ import annotations

import contextlib
import io
import json
import logging
import socket
import sqlite3
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Stegvis
from tests.importers.samples import STATISTICS_HEADERS, csv_file, statistics_row, workbook
from workflow.cli.main import parser

REGISTER = [
    ["Avtalsnamn", "Leverantör", "Startdatum", "Slutdatum", "Option", "Avtalsägare"],
    ["Städning av vårdcentraler", "Renhet AB", "2026-01-01", "2029-12-31", "2 x 12 mån", "Anna Ek"],
    ["Transport av prover", "Ilbud AB", "2019-01-01", "2021-12-31", "", "Ingen alls"],
]


def register(folder: Path, rows: list[list[str]] | None = None) -> Path:
    path = folder / "register.csv"
    path.write_bytes(csv_file(rows or REGISTER))
    return path


def content(folder: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(folder / "stegvis.db")
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


# --- every command is there -----------------------------------------------------------------------------------------


def test_help_names_every_command_and_works_in_both_languages(
    stegvis: Stegvis, monkeypatch: pytest.MonkeyPatch
) -> None:
    english = stegvis("--help")
    assert english.code == 0
    for command in ("run", "web", "worker", "tick", "db", "import", "export", "user", "token", "process", "audit"):
        assert f"    {command} " in english.out
    assert "Check configuration and environment." in english.out
    monkeypatch.setenv("STEGVIS_LOCALE", "sv")
    assert "Kontrollera inställningar och miljö." in stegvis("--help").out


def test_every_command_has_a_function_that_answers_it() -> None:
    from importlib import import_module

    def handlers(of: object) -> list[str]:
        found = []
        for action in of._actions:  # type: ignore[attr-defined]
            for choice in (getattr(action, "choices", None) or {}).values() if action.dest == "==SUPPRESS==" else ():
                found += [choice.get_default("handler"), *handlers(choice)]
        return [h for h in found if h]

    names = handlers(parser())
    assert len(names) == 40
    for name in names:
        module, _, function = name.partition(":")
        assert callable(getattr(import_module(f"workflow.cli.{module}"), function)), name


@pytest.mark.parametrize(
    "arguments", [(), ("nonsense",), ("web", "--port", "x"), ("preview", "--months", "0"), ("user", "add", "a@b.se")]
)
def test_wrong_usage_is_one_line_on_standard_error_and_2(stegvis: Stegvis, arguments: tuple[str, ...]) -> None:
    said = stegvis(*arguments)
    assert (said.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert "--help" in said.err


@pytest.mark.parametrize("arguments", [("audit", "export", "trail.json"), ("audit", "checkpoint")])
def test_what_comes_later_says_so(stegvis: Stegvis, arguments: tuple[str, ...]) -> None:
    said = stegvis(*arguments)
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert "not there yet" in said.err


def test_the_law_book_is_shown_without_loading_a_database_driver() -> None:
    program = (
        "import sys; from workflow.cli.main import main; main(['process', 'list']);"
        "sys.exit(any(m in sys.modules for m in ('sqlalchemy', 'fastapi', 'apscheduler', 'docx')))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "procurement@1" in done.stdout


# --- the database ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [("db", "verify"), ("web",), ("worker",), ("tick",)])
def test_a_node_never_migrates_a_database_by_itself(
    stegvis: Stegvis, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    said = stegvis(*arguments)
    assert said.code == 1
    assert "stegvis db upgrade" in said.err
    assert content(tmp_path, "select name from sqlite_master where type = 'table'") == []


def test_an_upgraded_database_is_right(ready: Stegvis) -> None:
    assert ready("db", "verify").code == 0
    assert ready("db", "upgrade").code == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("STEGVIS_TICK_SECONDS", "often"),
        ("STEGVIS_LOG_FORMAT", "xml"),
        ("STEGVIS_DATABASE_URL", "nonsense"),
        ("STEGVIS_MAIL_URL", "ftp://mail.example"),
        ("STEGVIS_FILES_URL", "s3://bucket"),
        ("STEGVIS_BASE_URL", "stegvis.example"),
        ("STEGVIS_MAIL_FROM", "nobody"),
        ("STEGVIS_PORT", "99999"),
        ("STEGVIS_SECRET_KEY_FILE", "/nonexistent/key"),
    ],
)
def test_a_wrong_setting_is_named(stegvis: Stegvis, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    said = stegvis("tick")
    assert (said.code, said.err.count("\n")) == (2, 1)
    assert name in said.err


def test_half_a_sign_in_provider_names_the_setting_that_is_missing(
    stegvis: Stegvis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEGVIS_OIDC_ISSUER", "https://idp.example")
    said = stegvis("tick")
    assert said.code == 2
    assert "STEGVIS_OIDC_CLIENT_ID" in said.err


def test_the_embedded_default_database_is_made_by_the_first_command(
    stegvis: Stegvis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("STEGVIS_DATABASE_URL")
    monkeypatch.setenv("STEGVIS_DATA_DIR", str(tmp_path / "var"))
    said = stegvis("tick")
    assert (said.code, said.last_line) == (0, "fired 0, mails 0")
    assert stegvis("audit", "verify").code == 0


def test_tick_does_what_is_due_once(ready: Stegvis, tmp_path: Path) -> None:
    said = ready("tick")
    assert (said.code, said.last_line) == (0, "fired 0, mails 0")
    assert content(tmp_path, "select kind, error from heartbeats") == [("tick", None)]


def test_a_database_that_does_not_answer_is_told_without_its_password(
    stegvis: Stegvis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEGVIS_DATABASE_URL", "postgresql://stegvis:hemligt@127.0.0.1:9/stegvis")
    for command in (("db", "verify"), ("db", "upgrade"), ("tick",)):
        said = stegvis(*command)
        assert (said.code, said.err.count("\n")) == (1, 1)
        assert "does not answer" in said.err
        assert "hemligt" not in said.err


def test_a_worker_beats_until_it_is_told_to_stop(ready: Stegvis, tmp_path: Path) -> None:
    worker = subprocess.Popen([sys.executable, "-m", "workflow", "worker"], stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(200):
            if content(tmp_path, "select kind from heartbeats") == [("worker",)]:
                break
            with contextlib.suppress(subprocess.TimeoutExpired):
                worker.wait(0.1)
        worker.terminate()
        said, _ = worker.communicate(timeout=20)
    finally:
        worker.kill()
    assert worker.returncode == 0
    assert "15 seconds" in said
    assert content(tmp_path, "select kind, error from heartbeats") == [("worker", None)]


@pytest.mark.parametrize("log_format", ["text", "json"])
def test_a_log_line_is_one_line_for_people_or_for_machines(
    ready: Stegvis, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], log_format: str
) -> None:
    monkeypatch.setenv("STEGVIS_LOG_FORMAT", log_format)
    assert ready("tick").code == 0
    logging.getLogger("stegvis.test").warning("Å %s", "ä", extra={"action": "tried"})
    line = capsys.readouterr().err
    assert line.count("\n") == 1
    if log_format == "json":
        known = json.loads(line)
        assert (known["message"], known["level"], known["action"]) == ("Å ä", "warning", "tried")
        assert known["time"].endswith("+00:00")


def test_the_doctor_refuses_for_production_what_it_lets_pass_at_home(
    ready: Stegvis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert ready("doctor").code == 0
    assert ready("doctor", "--deploy").code == 1
    for name, value in {
        "BASE_URL": "https://stegvis.example",
        "MAIL_URL": "smtp://mail.example:25",
        "MAIL_FROM": "Stegvis <stegvis@region.example>",
        "SECRET_KEY": "x" * 40,
    }.items():
        monkeypatch.setenv("STEGVIS_" + name, value)
    monkeypatch.setenv("STEGVIS_TICK_SECONDS", "1")
    from workflow.cli.console import open_app
    from workflow.scheduler import Scheduler

    app = open_app()
    Scheduler(app, kind="worker").cycle()
    app.database.dispose()
    said = ready("doctor", "--deploy")
    assert said.code == 0, said.out
    monkeypatch.setenv("STEGVIS_DEMO", "1")
    assert "STEGVIS_DEMO" in ready("doctor", "--deploy").out


def test_run_makes_its_own_database_and_says_where_it_listens(
    stegvis: Stegvis, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    served: list[object] = []
    monkeypatch.delenv("STEGVIS_DATABASE_URL")
    monkeypatch.setenv("PORT", "8123")
    monkeypatch.setattr("workflow.web.app.serve", lambda *args, scheduler: served.append((*args[1:], scheduler)))
    said = stegvis("run")
    assert said.code == 0, said.err
    assert "http://127.0.0.1:8123" in said.out
    assert stegvis("run", "--port", "8124", "--host", "0.0.0.0").code == 0
    assert served == [("127.0.0.1", 8123, True), ("0.0.0.0", 8124, True)]
    assert content(tmp_path, "select count(*) from regions") == [(22,)]
    assert stegvis("db", "verify").code == 0


def test_a_port_that_is_taken_is_told_in_one_line(ready: Stegvis) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        said = ready("web", "--port", other.getsockname()[1])
    assert said.code == 1
    assert "--port" in said.err
    assert said.err.count("\n") == 1


def test_run_refuses_a_database_of_ones_own_that_is_not_upgraded(stegvis: Stegvis) -> None:
    assert stegvis("run").code == 1


# --- people ---------------------------------------------------------------------------------------------------------


def test_a_person_gets_a_key_and_loses_it_with_the_account(ready: Stegvis, tmp_path: Path) -> None:
    person = ("user", "add", "anna@norrbotten.example", "--name", "Anna Ek", "--role", "contract_owner")
    assert ready(*person, "--region", "norrbotten").code == 0
    key = ready("token", "create", "anna@norrbotten.example").last_line
    assert key.startswith("stv_")
    assert key not in str(content(tmp_path, "select * from api_tokens"))
    assert ready("user", "disable", "anna@norrbotten.example").code == 0
    assert content(tmp_path, "select count(*) from api_tokens where revoked_at is null") == [(0,)]
    assert ready("token", "create", "anna@norrbotten.example").code == 1


@pytest.mark.usefixtures("costly_hashes")
def test_a_password_is_read_from_standard_input(
    ready: Stegvis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = ("user", "add", "bo@kalmar.example", "--name", "Bo", "--role", "registrar", "--region", "kalmar")
    monkeypatch.setattr("sys.stdin", io.StringIO("kort\n"))
    assert ready(*person, "--password", "-").code == 1
    monkeypatch.setattr("sys.stdin", io.StringIO("en mening som ingen annan har\n"))
    assert ready(*person, "--password", "-").code == 0
    ((stored,),) = content(tmp_path, "select password_hash from people")
    assert str(stored).startswith("$argon2id$v=19$m=19456,t=2,p=1$")


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("user", "add", "no-address", "--name", "A", "--role", "registrar", "--region", "kalmar"), "e-mail"),
        (("user", "add", "a@b.se", "--name", "A", "--role", "king", "--region", "kalmar"), "Role"),
        (("user", "add", "a@b.se", "--name", "A", "--role", "registrar", "--region", "narnia"), "region"),
        (("user", "disable", "nobody@b.se"), "no person"),
        (("token", "create", "nobody@b.se"), "no person"),
    ],
)
def test_what_is_wrong_with_a_person_is_said(ready: Stegvis, arguments: tuple[str, ...], hint: str) -> None:
    said = ready(*arguments)
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert hint in said.err


# --- processes ------------------------------------------------------------------------------------------------------


def test_the_published_processes_are_sound_and_can_be_drawn(stegvis: Stegvis) -> None:
    assert stegvis("process", "check").code == 0
    assert "decide_sustainability_target" in stegvis("process", "show", "procurement@1").out
    assert stegvis("process", "diagram", "contract").out.startswith("stateDiagram-v2")
    assert stegvis("process", "diagram", "contract", "--svg").out.startswith("<svg")
    assert stegvis("process", "show", "dance").code == 2
    assert stegvis("process", "show", "contract@9").code == 2


def test_a_definition_that_skips_the_target_is_refused_with_the_path(stegvis: Stegvis, tmp_path: Path) -> None:
    from states.registry import definition

    data = definition("procurement").as_json()
    for transition in data["transitions"]:
        transition["decides"] = False
    path = tmp_path / "p.json"
    path.write_text(json.dumps(data))
    said = stegvis("process", "check", path)
    assert said.code == 1
    assert "-->" in said.out
    path.write_text('{"id": 1}')
    assert stegvis("process", "check", path).code == 1
    assert stegvis("process", "check", tmp_path / "missing.json").code == 2


def test_a_way_to_a_fine_without_a_decision_is_refused_with_the_path(stegvis: Stegvis, tmp_path: Path) -> None:
    from states.registry import definition

    data = definition("deviation").as_json()
    edge = next(t for t in data["transitions"] if t["trigger"] == "send_reminder_1")
    data["transitions"].append({**edge, "trigger": "send_fine", "target": "contractual_fine"})
    path = tmp_path / "smuggled.json"
    path.write_text(json.dumps(data))
    said = stegvis("process", "check", path)
    assert said.code == 1
    assert "opportunity_to_remedy --send_fine--> contractual_fine" in said.out
    assert stegvis("process", "check").code == 0


def test_a_ladder_and_its_fines_are_shown_as_text(ready: Stegvis, tmp_path: Path) -> None:
    missing = ready("ladder", "show", "AVV-2026-9999")
    assert missing.code != 0
    assert "AVV-2026-9999" in missing.err
    assert ready("ladder", "fines", "--region", "atlantis").code == 1
    assert ready("ladder", "fines", "--region", "norrbotten").last_line == "0 lines."
    assert ready("ladder", "fines", "--region", "norrbotten", "--csv", tmp_path / "fines.csv").code == 0
    assert (tmp_path / "fines.csv").exists()


# --- lists in and out -----------------------------------------------------------------------------------------------


def test_a_register_is_looked_at_then_read_and_the_second_time_nothing_changes(ready: Stegvis, tmp_path: Path) -> None:
    path = register(tmp_path)
    look = ready("import", "contracts", path, "--region", "norrbotten", "--dry-run")
    assert (look.code, look.last_line) == (0, "rows 2: used 2, skipped 0, unclear 0")
    assert content(tmp_path, "select count(*) from cases") == [(0,)]

    report = tmp_path / "report.csv"
    first = ready("import", "contracts", path, "--region", "norrbotten", "--report", report)
    assert (first.code, first.last_line) == (0, "rows 2: used 2, skipped 0, unclear 0")
    assert content(tmp_path, "select title, state from cases order by title") == [
        ("Städning av vårdcentraler", "in_force"),
        ("Transport av prover", "ended"),
    ]
    assert len(report.read_text("utf-8-sig").splitlines()) == 3

    before = content(tmp_path, "select * from cases") + content(tmp_path, "select * from audit_streams")
    second = ready("import", "contracts", path, "--region", "norrbotten")
    assert (second.code, second.last_line) == (0, "rows 2: used 0, skipped 2, unclear 0")
    assert "Already there: 2 rows." in second.out
    assert content(tmp_path, "select * from cases") + content(tmp_path, "select * from audit_streams") == before


def test_a_row_that_is_still_unclear_the_second_time_is_no_failure(ready: Stegvis, tmp_path: Path) -> None:
    unclear = ["Hiss", "Lyft AB", "2029-01-01", "2020-12-31", "", "Anna Ek"]
    path = register(tmp_path, [*REGISTER, unclear])
    first, second = (ready("import", "contracts", path, "--region", "norrbotten") for _ in range(2))
    assert (first.code, first.last_line) == (0, "rows 3: used 2, skipped 0, unclear 1")
    assert (second.code, second.last_line) == (0, "rows 3: used 0, skipped 2, unclear 1")


def test_the_plan_is_printed_and_written_and_an_unknown_region_is_refused(ready: Stegvis, tmp_path: Path) -> None:
    assert ready("plan", "--region", "norrbotten").last_line == "0 lines."
    end = (date.today() + timedelta(days=500)).isoformat()
    rows = [[*REGISTER[1][:3], end, "", "Anna Ek"], REGISTER[2]]
    ready("import", "contracts", register(tmp_path, [REGISTER[0], *rows]), "--region", "norrbotten")
    shown = ready("plan", "--region", "norrbotten")
    assert shown.code == 0
    assert "Städning av vårdcentraler" in shown.out
    assert "Transport av prover" not in shown.out, "it has ended"
    file = tmp_path / "plan.csv"
    assert ready("plan", "--region", "norrbotten", "--csv", file).code == 0
    assert "Städning av vårdcentraler" in file.read_text("utf-8-sig")
    assert ready("plan", "--region", "norrbotten", "--csv", tmp_path / "nowhere" / "plan.csv").code == 1
    assert ready("plan", "--region", "atlantis").code != 0


def test_statistics_are_accounted_for_with_their_side_files(ready: Stegvis, tmp_path: Path) -> None:
    rows, values = tmp_path / "rows.xlsx", tmp_path / "values.xlsx"
    rows.write_bytes(workbook([STATISTICS_HEADERS, statistics_row("A"), statistics_row("B")]))
    headers = [*STATISTICS_HEADERS, "Kontrakterat värde, Summa"]
    values.write_bytes(workbook([headers, [*statistics_row("A"), 250_000], [*statistics_row("Z"), 9_000]]))
    said = ready("import", "procurements", rows, "--region", "norrbotten", "--values", values)
    assert said.code == 0
    assert said.out.splitlines()[-2:] == [
        "values 2: used 1, skipped 0, unclear 1",
        "rows 2: used 2, skipped 0, unclear 0",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        b"%PDF-1.4 not a list",
        b"PK\x03\x04 not a workbook",
        b"",
        csv_file([["Person", "Telefon"], ["Bo", "070"]]),
        csv_file([REGISTER[0], ["Avtal", "Bolag AB", "1800-01-01", "1800-12-31", "", ""]]),
        csv_file([REGISTER[0], ["Avtal", "Bolag AB", "2026-01-01", "-1", "", ""]]),
        csv_file([REGISTER[0], ["=1+1", "Bolag AB", "=TODAY()", "=TODAY()", "", ""]]),
    ],
    ids=["pdf", "broken", "empty", "other-columns", "year-1800", "minus-one", "formulas"],
)
def test_a_list_that_cannot_be_used_changes_nothing_and_says_why(ready: Stegvis, tmp_path: Path, wrong: bytes) -> None:
    path = tmp_path / "wrong.xlsx"
    path.write_bytes(wrong)
    said = ready("import", "contracts", path, "--region", "norrbotten")
    assert (said.code, said.err.count("\n")) == (1, 1)
    assert content(tmp_path, "select count(*) from cases") == [(0,)]


def test_fifty_megabytes_are_not_a_register(ready: Stegvis, tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with path.open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    said = ready("import", "contracts", path, "--region", "norrbotten")
    assert said.code == 1
    assert "20 MB" in said.err


def test_a_list_for_nowhere_or_from_nowhere_is_refused(ready: Stegvis, tmp_path: Path) -> None:
    assert "no such region" in ready("import", "contracts", register(tmp_path), "--region", "narnia").err
    assert ready("import", "contracts", tmp_path / "missing.csv", "--region", "kalmar").code == 2


def test_everything_of_a_region_comes_out_and_nothing_of_another(ready: Stegvis, tmp_path: Path) -> None:
    ready("import", "contracts", register(tmp_path), "--region", "norrbotten")
    other = [REGISTER[0], ["Kalmars hemliga avtal", "Annan AB", "2026-01-01", "2028-01-01", "", ""]]
    ready("import", "contracts", register(tmp_path, other), "--region", "kalmar")
    out = tmp_path / "all.json"
    assert ready("export", "all", out, "--region", "norrbotten").code == 0
    exported = json.loads(out.read_text())
    assert len(exported["subjects"]["contracts"]) == 2
    assert "Kalmars" not in out.read_text()
    assert "Annan" not in out.read_text()
    sheet = tmp_path / "all.xlsx"
    assert ready("export", "all", sheet, "--region", "norrbotten").code == 0
    from python_calamine import CalamineWorkbook

    book = CalamineWorkbook.from_path(sheet)
    assert len(book.get_sheet_by_name("contracts").to_python()) == 3
    assert ready("export", "all", tmp_path / "all.pdf", "--region", "norrbotten").code == 2
    assert ready("export", "all", tmp_path / "x.json", "--region", "narnia").code == 1


# --- looking ahead --------------------------------------------------------------------------------------------------


def test_a_preview_tells_what_comes_and_touches_nothing(ready: Stegvis, tmp_path: Path) -> None:
    ready("import", "contracts", register(tmp_path), "--region", "norrbotten")
    before = dump(tmp_path)
    said = ready("preview", "AVT-" + _reference(tmp_path), "--months", "120")
    assert said.code == 0
    assert "Nothing was changed" in said.last_line
    assert "extension" in said.out.lower()
    assert dump(tmp_path) == before
    assert not (tmp_path / "mail").exists()
    assert ready("preview", "AVT-1999-0001").code == 1


def dump(folder: Path) -> list[str]:
    """The whole database as statements: its file may change in form when a connection is closed."""
    with contextlib.closing(sqlite3.connect(folder / "stegvis.db")) as connection:
        return list(connection.iterdump())


def _reference(folder: Path) -> str:
    ((reference,),) = content(folder, "select reference from cases where state = 'in_force'")
    return str(reference).removeprefix("AVT-")


def test_a_sign_in_is_bound_and_taken_away_again_by_the_operator(ready: Stegvis) -> None:
    added = ready("user", "add", "asa@norrbotten.example", "--name", "Åsa", "--role", "contract_owner",
                  "--region", "norrbotten")  # fmt: skip
    assert added.code == 0
    assert ready("user", "bind", "asa@norrbotten.example", "--subject", "å1").code == 2, "no issuer is known"
    unknown = ready("user", "bind", "asa@norrbotten.example", "--code", "abcdef")
    assert (unknown.code, "Nobody waits" in unknown.err) == (1, True)
    issuer = "https://idp.norrbotten.example"
    assert ready("user", "bind", "asa@norrbotten.example", "--subject", "å1", "--issuer", issuer).code == 0
    listed = ready("user", "identities", "--region", "norrbotten")
    assert "Åsa" in listed.out
    assert issuer in listed.out
    assert ready("user", "unbind", "asa@norrbotten.example").code == 0
    assert ready("user", "unbind", "asa@norrbotten.example").code == 1
    assert ready("user", "bind", "asa@norrbotten.example", "--number", "SE1").code == 0
    assert ready("audit", "verify").code == 0


def test_the_doctor_asks_the_provider(ready: Stegvis, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEGVIS_OIDC_CLIENT_ID", "stegvis")
    monkeypatch.setenv("STEGVIS_OIDC_ISSUER", "http://idp.example")
    refused = ready("doctor")
    assert refused.code == 2
    monkeypatch.setenv("STEGVIS_OIDC_ISSUER", "http://127.0.0.1:9")
    said = ready("doctor", "--deploy")
    assert said.code == 1
    for text in ("https://", "does not answer as a provider", "client secret is not set", "STEGVIS_OIDC_REGION"):
        assert text in said.out + said.err


def test_a_field_is_masked_as_the_person_behind_the_key(ready: Stegvis, monkeypatch: pytest.MonkeyPatch) -> None:
    person = "rut@norrbotten.example"
    added = ready("user", "add", person, "--name", "Rut", "--role", "registrar", "--region", "norrbotten")
    assert added.code == 0, added.err
    masked = ("audit", "redact", "people.norrbotten", 1, "name", "--rule", "GDPR art. 17", "--reason", "begäran")
    monkeypatch.delenv("STEGVIS_TOKEN", raising=False)
    assert ready(*masked).code == 2, "without a key"
    monkeypatch.setenv("STEGVIS_TOKEN", ready("token", "create", person).last_line)
    assert ready("audit", "redact", "people.norrbotten", 99, "name", "--rule", "x", "--reason", "y").code == 1
    assert ready("audit", "redact", "people.norrbotten", 1, "name", "--rule", " ", "--reason", "y").code == 1
    done = ready(*masked)
    assert (done.code, done.last_line) == (0, "The field is masked. Copies of the text that went with it: 0.")
    again = ready(*masked)
    assert again.code == 1
    assert "Masked fields: 1 by a recorded act" in ready("audit", "verify").out
