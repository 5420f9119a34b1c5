"""Årskalendern by its page, the API and the command line, as its users meet them."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.databases import SqliteFiles
from tests.play import Play, at
from tests.web.paper import Reader
from tests.web.site import program, sign_in
from workflow.cli.main import main
from workflow.duties.register import open_due_duties


@pytest.fixture
def made(sqlite_files: SqliteFiles) -> SqliteFiles:
    """Pages do not care which database is below them."""
    return sqlite_files


def test_the_head_takes_the_calendar_in_and_records_what_is_done(play: Play) -> None:
    head = Reader(sign_in(play, "head"))
    empty = head.open("/year")
    assert "Ingen återkommande uppgift står i det här året." in empty.text
    filled = head.send(empty.form("/year/standard"))
    assert "9 uppgifter kom in i registret." in filled.html
    assert "Se över Riktlinje Inköp, 2026" in filled.text
    assert "inte öppnad än" in filled.text
    assert "/year" in filled.html

    play.clock.at = at("2026-11-02")
    open_due_duties(play.app)
    head = Reader(sign_in(play, "head"))
    shown = head.open("/year")
    case = re.search(r'href="/cases/(\w+)">Se över Riktlinje Inköp', shown.html)
    assert case
    page = head.open(f"/cases/{case[1]}")
    assert "Anteckna att det är gjort" in page.text
    assert "Anteckna uppsägning" not in page.text  # the step of a notice has no place on this case
    head.step(case[1], "record_duty_done", done_on="2026-10-30", reference="RS § 88")
    done = head.open("/year?year=2026")
    assert "RS § 88" in done.text
    shown = head.open(f"/cases/{case[1]}").text
    assert "SEED 0, varje år" in shown
    assert "RS § 88" in shown
    told = program(play, "head").get(f"/api/v1/cases/{case[1]}").json()
    assert (told["duty"]["period"], told["duty"]["reference"], told["contract"]) == ("2026", "RS § 88", None)
    assert "30 okt." in done.text
    assert head.open("/year?year=1066").status == head.open("/year?year=x&organisation=kalmar").status == 200


def test_a_duty_of_ones_own_is_checked_and_ended(play: Play) -> None:
    head = Reader(sign_in(play, "head"))
    form = head.open("/year").form("/year/duties")
    faulty = head.send(
        form, title="Leverantörsdag", rhythm="yearly", month="13", day="x", owner_role="registrar", source=""
    )
    assert faulty.status == 422
    assert "Leverantörsdag" in faulty.html
    wrong = head.send(faulty.form("/year/duties"), day="15")
    assert "Skriv ett heltal från 1 till 12." in wrong.text
    good = head.send(wrong.form("/year/duties"), month="4", source="Beslut RS § 3")
    assert "Leverantörsdag, 2026" in good.text
    ended = head.send(next(f for f in good.forms() if f.action.endswith("/end")))
    assert "upphör 2 mars" in ended.text
    assert "Leverantörsdag, 2026" not in ended.text


def test_whoever_keeps_no_calendar_only_reads(play: Play) -> None:
    owner = Reader(sign_in(play, "owner"))
    page = owner.open("/year")
    assert not [f for f in page.forms() if f.action.startswith("/year/")]
    browser = sign_in(play, "owner")
    token = re.search(r'name="csrf_token" value="([^"]+)"', browser.get("/help").text)
    assert token
    assert browser.post("/year/standard", data={"csrf_token": token[1]}).status_code == 403
    assert sign_in(play, "head").post("/year/standard", data={}).status_code == 403


def test_the_api_lists_the_year(play: Play) -> None:
    client = program(play, "head")
    assert client.get("/api/v1/duties").json() == {"items": [], "next": None}
    main_in(play, "duties", "add-standard", "--region", "norrbotten")
    items = client.get("/api/v1/duties?year=2026").json()["items"]
    assert [i["due_on"] for i in items] == sorted(i["due_on"] for i in items)
    assert {i["state"] for i in items} == {"ahead"}
    assert items[0]["receipt"]["due_on"] == items[0]["due_on"]
    assert client.get("/api/v1/duties?region=kalmar").status_code == 404
    assert client.get("/api/v1/duties?yaer=2026").status_code == 422
    assert client.get("/api/v1/duties?region=samverkan").json()["items"] == []


def main_in(play: Play, *arguments: str) -> int:
    """The command line on the same database."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STEGVIS_DATABASE_URL", play.app.settings.database_url)
        patch.setenv("STEGVIS_LOCALE", "sv")
        return main(list(arguments))


def test_the_command_line_takes_in_and_lists(play: Play, capsys: Any) -> None:
    assert main_in(play, "duties", "list", "--region", "samverkan", "--year", "2027") == 0
    assert "Ingen uppgift står i året" in capsys.readouterr().out
    assert main_in(play, "duties", "add-standard", "--region", "samverkan") == 0
    assert capsys.readouterr().out == "10 uppgifter kom in i registret.\n"
    assert main_in(play, "duties", "add-standard", "--region", "samverkan") == 0
    assert capsys.readouterr().out == "0 uppgifter kom in i registret.\n"
    assert main_in(play, "duties", "list", "--region", "samverkan", "--year", "2027") == 0
    lines = capsys.readouterr().out.splitlines()
    assert len([x for x in lines if "Styrgruppsmöte" in x]) == 4
    assert lines[0].startswith("2027-03-31  inte öppnad än")
    assert main_in(play, "duties", "list", "--region", "atlantis") == 1
    assert "Det finns ingen sådan region" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main_in(play, "duties", "list", "--region", "samverkan", "--year", "tomorrow")
