"""Getting in and out: passwords, sessions and what a cookie is worth."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.play import Play
from tests.web.site import PASSWORD, csrf_token, email, sign_in, site
from workflow.commands import DisableUser, SetPassword
from workflow.people import passwords

SIGNED_IN_PAGE = "/me"


@pytest.fixture
def known(play: Play) -> Play:
    play.do("admin", SetPassword(play.people["owner"], PASSWORD))
    return play


def access_trail(play: Play) -> list[str]:
    rows = play.sql("SELECT kind FROM audit_events WHERE stream_id = 'access.norrbotten' ORDER BY seq")
    return [r.kind for r in rows]


def test_the_right_password_leads_to_the_page_that_was_asked_for(known: Play) -> None:
    browser = site(known)
    refused = browser.get("/cases/abc/do/decide_start?lot=1")
    assert refused.status_code == 303
    assert refused.headers["location"] == "/sign-in?next=%2Fcases%2Fabc%2Fdo%2Fdecide_start%3Flot%3D1"
    shown = browser.get(refused.headers["location"])
    assert 'name="next" value="/cases/abc/do/decide_start?lot=1"' in shown.text
    form = {"email": email(known, "owner"), "password": PASSWORD, "next": "/cases/abc/do/decide_start?lot=1"}
    welcome = browser.post("/sign-in", data=form)
    assert (welcome.status_code, welcome.headers["location"]) == (303, form["next"])
    assert access_trail(known) == ["signed_in"]


@pytest.mark.parametrize(
    "next_page",
    [
        "//evil.example",
        "///evil.example",
        "https://evil.example",
        "/\\evil.example",
        "javascript:x",
        "/\tx",
        "",
        "/%0a/\n",
    ],
)
def test_nobody_is_led_to_another_site(known: Play, next_page: str) -> None:
    form = {"email": email(known, "owner"), "password": PASSWORD, "next": next_page}
    assert site(known).post("/sign-in", data=form).headers["location"] == "/"


def test_a_wrong_password_is_said_like_an_unknown_account(known: Play) -> None:
    browser = site(known)
    wrong = browser.post("/sign-in", data={"email": email(known, "owner"), "password": "fel"})
    unknown = browser.post("/sign-in", data={"email": "ingen@norrbotten.example", "password": "fel"})
    assert wrong.status_code == unknown.status_code == 401
    assert "Fel e-postadress eller lösenord." in wrong.text
    assert wrong.text.replace("owner@", "ingen@") == unknown.text
    assert "sid" not in wrong.cookies
    assert access_trail(known) == ["sign_in_failed"]


def test_ten_wrong_passwords_close_the_door_for_a_quarter_of_an_hour(known: Play) -> None:
    browser = site(known)
    form = {"email": email(known, "owner"), "password": "fel"}
    for _ in range(10):
        assert browser.post("/sign-in", data=form).status_code == 401
    right = {**form, "password": PASSWORD}
    closed = browser.post("/sign-in", data=right)
    assert closed.status_code == 429
    assert "Vänta en stund" in closed.text
    known.clock.at += timedelta(minutes=16)
    assert browser.post("/sign-in", data=right).status_code == 303


def test_whoever_finds_all_turns_of_the_slow_hash_taken_is_told_to_try_again(
    known: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "WAIT", 0.01)
    form = {"email": email(known, "owner"), "password": PASSWORD}
    with passwords._turn(), passwords._turn():
        busy = site(known).post("/sign-in", data=form)
        assert busy.status_code == 503
        assert "retry-after" in busy.headers
        assert "Många loggar in just nu" in busy.text
    assert site(known).post("/sign-in", data=form).status_code == 303


def test_the_session_is_new_at_each_sign_in_and_the_old_one_dead(known: Play) -> None:
    browser = sign_in(known, "owner")
    old = browser.cookies["sid"]
    browser.post("/sign-in", data={"email": email(known, "owner"), "password": PASSWORD})
    assert browser.cookies["sid"] != old
    thief = site(known)
    thief.cookies.set("sid", old)
    assert thief.get(SIGNED_IN_PAGE).status_code == 303


def test_signing_out_ends_the_session_everywhere(known: Play) -> None:
    browser = sign_in(known, "owner")
    kept = browser.cookies["sid"]
    form = {"csrf_token": csrf_token(browser)}
    out = browser.post("/sign-out", data=form)
    assert (out.status_code, out.headers["location"]) == (303, "/sign-in")
    thief = site(known)
    thief.cookies.set("sid", kept)
    assert thief.get(SIGNED_IN_PAGE).status_code == 303
    assert access_trail(known)[-2:] == ["signed_in", "signed_out"]


def test_another_site_cannot_sign_anybody_out(known: Play) -> None:
    browser = sign_in(known, "owner")
    assert browser.post("/sign-out", data={"csrf_token": "gissat"}).status_code == 403
    assert csrf_token(browser)


def test_a_session_ends_when_it_is_left_and_after_a_working_day(known: Play) -> None:
    browser = sign_in(known, "owner")
    known.clock.at += timedelta(minutes=31)
    assert 'action="/sign-out"' not in browser.get("/sign-in").text
    browser = sign_in(known, "owner")
    for _ in range(30):
        known.clock.at += timedelta(minutes=20)
        assert browser.get("/sign-in").status_code == 303
    known.clock.at += timedelta(minutes=20)
    assert browser.get("/sign-in").status_code == 200


def test_a_disabled_account_is_out_at_once(known: Play) -> None:
    browser = sign_in(known, "owner")
    known.do("admin", DisableUser(email(known, "owner")))
    assert browser.get(SIGNED_IN_PAGE).status_code == 303
    form = {"email": email(known, "owner"), "password": PASSWORD}
    assert site(known).post("/sign-in", data=form).status_code == 401


def test_the_database_holds_no_session_in_clear(known: Play) -> None:
    browser = sign_in(known, "owner")
    (row,) = known.sql("SELECT id_hash FROM sessions")
    assert row.id_hash != browser.cookies["sid"]
    assert len(browser.cookies["sid"]) >= 43


def test_over_https_the_cookie_is_tied_to_the_host(known: Play) -> None:
    browser = site(known, base_url="https://stegvis.example")
    answer = browser.post("/sign-in", data={"email": email(known, "owner"), "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-sid=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(cookie.split("; "))


def test_demo_people_are_pressed_and_only_in_a_demo(known: Play) -> None:
    known.sql("UPDATE people SET demo = :yes WHERE id = :id", yes=True, id=known.people["owner"])
    form = {"email": email(known, "owner"), "next": "/contracts"}
    assert site(known).post("/sign-in/demo", data=form).status_code == 401
    browser = site(known, demo=True)
    assert "Åsa Ägare, avtalsägare" in browser.get("/sign-in").text
    welcome = browser.post("/sign-in/demo", data=form)
    assert (welcome.status_code, welcome.headers["location"]) == (303, "/contracts")
    other = {"email": email(known, "head"), "next": "/"}
    assert browser.post("/sign-in/demo", data=other).status_code == 401


def test_the_page_speaks_english_when_asked_and_goes_on_so(known: Play) -> None:
    browser = site(known)
    assert '<html lang="sv">' in browser.get("/sign-in").text
    assert "E-mail address" in browser.get("/sign-in?lang=en").text
    assert "E-mail address" in browser.get("/sign-in").text
