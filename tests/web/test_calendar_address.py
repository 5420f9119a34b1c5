"""The address of a calendar: made once, answered to nobody else, dead at once when it should be."""

from __future__ import annotations

import logging
import re

import pytest
from fastapi.testclient import TestClient

from tests.play import Play
from tests.web.paper import Reader
from tests.web.site import ADDRESS, program, sign_in, site
from workflow.commands import DisableUser, SetLocale
from workflow.db.database import DatabaseUnavailable
from workflow.people import sessions


def made(play: Play, who: str = "officer") -> str:
    """A person's new address, as the API gives it: the path."""
    answer = program(play, who).post("/api/v1/me/calendar", json={})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["address"]).removeprefix(ADDRESS)


@pytest.fixture
def stranger(play: Play) -> TestClient:
    """A calendar program: it has no session and no token."""
    return site(play)


def test_on_my_settings_an_address_is_made_shown_once_and_stopped(play: Play, stranger: TestClient) -> None:
    play.open()
    me = Reader(sign_in(play, "officer"))
    shown = me.send(me.open("/me").form("/me/calendar"))
    address, webcal = (
        re.search(r"http://[^\s\"<]+\.ics", shown.html)[0],
        re.search(r"webcal://[^\s\"<]+", shown.html)[0],
    )  # type: ignore[index]
    assert webcal.partition("://")[2] == address.partition("://")[2]
    path = address.removeprefix(ADDRESS)
    answer = stranger.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "Städtjänster" in answer.text.replace("\r\n ", "")

    again = me.open("/me")
    assert path not in again.html
    me.send(again.form("/me/calendar/revoke"))
    assert stranger.get(path).status_code == 404


def test_a_new_address_stops_the_old_one(play: Play, stranger: TestClient) -> None:
    old = made(play)
    new = made(play)
    assert stranger.get(old).status_code == 404
    assert stranger.get(new).status_code == 200
    assert program(play, "officer").delete("/api/v1/me/calendar").json() == {"revoked": 1}
    assert stranger.get(new).status_code == 404
    assert program(play, "officer").delete("/api/v1/me/calendar").json() == {"revoked": 0}


def test_a_disabled_person_has_no_calendar(play: Play, stranger: TestClient) -> None:
    path = made(play)
    play.do("admin", DisableUser("officer@norrbotten.example"))
    assert stranger.get(path).status_code == 404


def test_asking_again_costs_nothing_while_nothing_changed(play: Play, stranger: TestClient) -> None:
    play.open()
    path = made(play)
    first = stranger.get(path)
    etag = first.headers["etag"]
    play.clock.at = play.clock.at.replace(hour=20)
    unchanged = stranger.get(path, headers={"If-None-Match": f'W/"x", W/{etag}'})
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", etag)
    assert stranger.get(path).content == first.content
    play.need()
    changed = stranger.get(path, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != etag


def test_looking_changes_nothing(play: Play, stranger: TestClient) -> None:
    play.open()
    path = made(play)

    def rows() -> list[object]:
        names = ("tasks", "calendar_addresses", "former_holders", "audit_events", "sign_in_failures", "cases")
        return [tuple(r) for name in names for r in play.sql(f"SELECT * FROM {name} ORDER BY 1, 2")]

    before = rows()
    head = stranger.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert stranger.get(path).status_code == 200
    assert stranger.options(path).status_code == 405
    assert rows() == before


def test_the_token_stands_nowhere_with_us(play: Play, stranger: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    path = made(play)
    token = path.split("/")[2].removesuffix(".ics")
    assert len(token) >= 43
    stranger.get(path)
    for wrong in (f"/calendar/{token}", f"/calendar/{token}x.ics", f"/calendar/{token}.ics/", f"/calendar/{token}.ICS"):
        answer = stranger.get(wrong, headers={"Accept": "text/html"})
        assert answer.status_code in (404, 307), wrong
        assert token not in answer.text, wrong
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    assert not [m for m in ours if token in m]
    assert token not in stranger.get("/metrics").text
    for table in ("calendar_addresses", "audit_events", "audit_payloads", "idempotency_keys", "sign_in_failures"):
        for row in play.sql(f"SELECT * FROM {table}"):
            assert token not in str(tuple(row)), table


def test_a_calendar_that_fails_leaves_no_key_in_the_log(
    play: Play, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:  # I33
    path = made(play)

    def broken(*_: object) -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr("workflow.web.pages.my_calendar.calendar_entries", broken)
    assert site(play).get(path).status_code == 503
    (told,) = [r.getMessage() for r in caplog.records if r.name == "workflow.web.problems"]
    assert told == "GET /calendar/{name}: DatabaseUnavailable"
    ours = [r.getMessage() for r in caplog.records if not r.name.startswith(("httpx", "httpcore"))]
    assert not [m for m in ours if path in m]


def test_wrong_addresses_answer_404_and_are_slowed_down_but_the_right_one_never_is(
    play: Play, stranger: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workflow.people.calendar_addresses.ADDRESS_LIMIT", 5)
    path = made(play)
    answers = [stranger.get(f"/calendar/{'x' * 43}{n}.ics").status_code for n in range(7)]
    assert answers == [404] * 5 + [429] * 2
    assert stranger.get(path).status_code == 200
    play.clock.at += 2 * sessions.ADDRESS_WINDOW
    assert stranger.get("/calendar/y.ics").status_code == 404


def test_a_repeated_request_makes_one_address_and_never_stores_it(play: Play, stranger: TestClient) -> None:
    client = program(play, "officer")
    first = client.post("/api/v1/me/calendar", json={}, headers={"Idempotency-Key": "k1"}).json()
    second = client.post("/api/v1/me/calendar", json={}, headers={"Idempotency-Key": "k1"}).json()
    assert second == {"created_at": first["created_at"], "address": None, "webcal": None}
    assert stranger.get(first["address"].removeprefix(ADDRESS)).status_code == 200


def test_the_calendar_speaks_its_persons_language(play: Play, stranger: TestClient) -> None:
    play.open()
    path = made(play)
    assert "Så räknas det" in stranger.get(path).text.replace("\r\n ", "")
    play.do("officer", SetLocale("en"))
    assert "How it is counted" in stranger.get(path).text.replace("\r\n ", "")
