"""Saved views of the list of cases, and what changed since somebody last looked, as their users meet them."""

from __future__ import annotations

import pytest

from tests.databases import SqliteFiles
from tests.play import Play
from tests.web.paper import Reader
from tests.web.site import csrf_token, program, sign_in
from workflow.cases import saved_views
from workflow.commands import AddFile, WriteComment


@pytest.fixture
def made(sqlite_files: SqliteFiles) -> SqliteFiles:
    """Pages do not care which database is below them."""
    return sqlite_files


def test_a_filter_is_kept_opened_renamed_and_deleted(play: Play) -> None:
    play.open(title="Städtjänster")
    play.open(title="Vikarier")
    officer = Reader(sign_in(play, "officer"))
    assert "Spara vyn" not in officer.open("/cases").text  # nothing is narrowed: nothing to keep
    narrowed = officer.open("/cases?q=vikarier&process=procurement")
    kept = officer.send(narrowed.form("/me/views"), name="  Mina   vikarier ")
    assert "Vyn ”Mina vikarier” är sparad." in kept.text
    assert "Städtjänster" not in kept.text
    assert 'href="/cases?process=procurement&amp;q=vikarier" aria-current="page">Mina vikarier' in kept.html

    (view,) = program(play, "officer").get("/api/v1/me/views").json()["items"]
    assert view["filters"] == {"process": "procurement", "q": "vikarier"}
    assert view["start"] is False
    listed = officer.open("/cases")
    renamed = officer.send(listed.form(f"/me/views/{view['id']}"), name="Vikarier", start="1")
    assert "Vikarier, startvy" in renamed.text
    assert "Städtjänster" in renamed.text  # where one was: the whole list
    start = officer.browser.get("/cases")
    assert (start.status_code, start.headers["location"]) == (303, "/cases?process=procurement&q=vikarier")
    deleted = officer.send(officer.open("/cases?all=1").form(f"/me/views/{view['id']}/delete"))
    assert "Vyn ”Vikarier” är borttagen." in deleted.text
    assert "Mina vyer" not in officer.open("/cases").text


def test_a_name_that_cannot_be_kept_comes_back_as_it_was_typed(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    play.open(title="Städtjänster")
    officer = Reader(sign_in(play, "officer"))
    form = officer.open("/cases?overdue=1").form("/me/views")
    assert "Fyll i" in officer.send(form, name=" ").text
    long = officer.send(form, name="å" * 61)
    assert long.status == 422
    assert "Texten är för lång" in long.text
    assert "å" * 61 in long.html
    officer.send(form, name="Sena")
    closed = officer.open("/cases?closed=1").form("/me/views")
    taken = officer.send(closed, name="SENA")
    assert "Du har redan en vy med det namnet." in taken.text
    assert taken.form("/me/views").action  # the list as it was narrowed, with the form again
    other = officer.send(taken.form("/me/views"), name="Stängda också")
    listed = program(play, "officer").get("/api/v1/me/views").json()["items"]
    assert other.status == 200
    sena = next(v["id"] for v in listed if v["name"] == "Sena")
    clash = officer.send(officer.open("/cases?all=1").form(f"/me/views/{sena}"), name="stängda också")
    assert clash.status == 422
    assert f'id="f-name-{sena}-error"' in clash.html
    monkeypatch.setattr(saved_views, "MOST_VIEWS", 2)
    assert "Du har redan 2 vyer" in officer.send(form, name="En till").text


def test_a_view_is_its_persons_own_and_holds_known_filters_only(play: Play) -> None:
    mine, other = program(play, "officer"), program(play, "owner")
    wrong: list[dict[str, object]] = [
        {"parent": "x"},
        {"process": "y"},
        {"overdue": "yes"},
        {"q": "a" * 201},
        {"q": "a\nb"},
        {},
    ]
    for filters in wrong:
        answer = mine.post("/api/v1/me/views", json={"name": "Fel", "filters": filters})
        assert answer.status_code == 422, filters
    assert mine.post("/api/v1/me/views", json={"name": "x", "filters": {"q": "s"}, "more": 1}).status_code == 422
    assert mine.get("/api/v1/me/views").json() == {"items": [], "next": None}
    made = mine.post("/api/v1/me/views", json={"name": "Sena", "filters": {"overdue": "1"}, "start": True})
    assert made.status_code == 201
    second = mine.post("/api/v1/me/views", json={"name": "Avtal", "filters": {"process": "contract"}, "start": True})
    assert [(v["name"], v["start"]) for v in mine.get("/api/v1/me/views").json()["items"]] == [
        ("Avtal", True), ("Sena", False)]  # fmt: skip
    path = f"/api/v1/me/views/{made.json()['id']}"
    assert other.get("/api/v1/me/views").json()["items"] == []
    assert other.post(path, json={"name": "Min"}).status_code == other.delete(path).status_code == 404
    changed = mine.post(path, json={"name": "Alla sena", "filters": {"overdue": "1", "closed": "1"}}).json()
    assert changed["filters"] == {"overdue": "1", "closed": "1"}
    assert mine.delete(path).json()["name"] == "Alla sena"
    assert [v["id"] for v in mine.get("/api/v1/me/views").json()["items"]] == [second.json()["id"]]
    browser = sign_in(play, "owner")
    gone = {"csrf_token": csrf_token(browser)}
    assert browser.post(f"/me/views/{second.json()['id']}/delete", data=gone).status_code == 404


def test_what_others_did_since_the_last_visit_is_marked_until_it_is_read(play: Play) -> None:
    case = play.open(title="Städtjänster")
    owner = Reader(sign_in(play, "owner"))
    first = owner.open(f"/cases/{case}")
    assert "sedan ditt senaste besök" not in first.text  # nothing is new to whoever comes for the first time
    owner.send(first.form(f"/cases/{case}/seen"))
    assert not [f for f in owner.open(f"/cases/{case}").forms() if f.action.endswith("/seen")]
    assert "ändrat sedan" not in owner.open("/cases").text

    play.do("officer", WriteComment(case, "Hur många rum?"))
    play.do("owner", WriteComment(case, "Tolv"))
    assert "ändrat sedan ditt senaste besök" in owner.open("/cases").text
    again = owner.open(f"/cases/{case}")
    assert "En sak har hänt sedan ditt senaste besök, 2 mars kl." in again.text  # one's own word is none
    assert again.html.count(">nytt</span>") == 1
    assert "ändrat sedan" in owner.open("/cases").text  # to look at pages changes nothing
    owner.send(again.form(f"/cases/{case}/seen"))
    assert "ändrat sedan" not in owner.open("/cases").text
    assert ">nytt</span>" not in owner.open(f"/cases/{case}").html
    assert "ändrat sedan" not in Reader(sign_in(play, "head")).open("/cases").text  # who has not looked yet


def test_a_mark_moves_on_only_and_never_past_what_has_happened(play: Play) -> None:
    case = play.open()
    api = program(play, "officer")
    assert api.get(f"/api/v1/cases/{case}").json()["seen_seq"] is None
    last = api.get(f"/api/v1/cases/{case}/events").json()["items"][-1]["seq"]
    assert api.post(f"/api/v1/cases/{case}/seen", json={"seq": last + 99}).json() == {"case": case, "seen_seq": last}
    assert api.post(f"/api/v1/cases/{case}/seen", json={"seq": 1}).json()["seen_seq"] == last
    assert api.get(f"/api/v1/cases/{case}").json()["seen_seq"] == last
    assert api.post(f"/api/v1/cases/{case}/seen", json={"seq": 0}).status_code == 422
    assert api.post("/api/v1/cases/nobody/seen", json={"seq": 1}).status_code == 404
    browser = sign_in(play, "officer")
    assert browser.post(f"/cases/{case}/seen", data={"seq": "1"}).status_code == 403  # without the page's token
    assert browser.post(f"/cases/{case}/seen", data={"seq": "x", "csrf_token": csrf_token(browser)}).status_code == 422


def test_a_mark_tells_nothing_of_what_is_secret(play: Play) -> None:
    """A tender's file and words about it reach the access list alone, and so do their marks (OSL 19:3)."""
    case = play.open(title="Städtjänster")
    play.to_evaluation()
    outsider = Reader(sign_in(play, "registrar"))
    outsider.send(outsider.open(f"/cases/{case}").form(f"/cases/{case}/seen"))
    play.do("officer", AddFile(case, "anbud.pdf", "application/pdf", 10, "beef" * 16, "tender"))
    play.do("officer", WriteComment(case, "Anbudet är lågt"))
    assert "ändrat sedan" not in outsider.open("/cases").text
    page = outsider.open(f"/cases/{case}")
    assert "sedan ditt senaste besök" not in page.text
    assert not [f for f in page.forms() if f.action.endswith("/seen")]
