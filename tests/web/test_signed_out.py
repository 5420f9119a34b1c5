"""A form that is posted after its session ended is not lost, whichever form it is: by the route table."""

from __future__ import annotations

import html
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.play import Play
from tests.web.crawl import filled, placeholders, routes
from tests.web.paper import Paper
from tests.web.site import PASSWORD, csrf_token, sign_in, site
from workflow.commands import SetPassword
from workflow.housekeeping import sweep
from workflow.people.kept_forms import MOST_BYTES, MOST_KEPT, FormTooLong, Kept, keep
from workflow.web.policies import PUBLIC, policy_of
from workflow.web.refill import refilled

TEXT = "Skrivet i en halvtimme & <mer>"
#: Every page that takes a form from somebody who is signed in.
POSTED = sorted(
    r.path for r in routes("POST") if not r.path.startswith("/api/") and policy_of("POST", r.path) is not PUBLIC
)
#: Showing again who one is holds a password alone, and no password is ever kept.
WORDLESS = {"/confirm/{form_id}"}


@pytest.fixture
def signed_out(play: Play) -> TestClient:
    """The officer, whose session has ended while a form stood open."""
    play.open()
    browser = sign_in(play, "officer")
    browser.token = csrf_token(browser)  # type: ignore[attr-defined]
    play.clock.at += timedelta(minutes=31)
    return browser


def address(play: Play, path: str) -> str:
    ids = {"case_id": play.case, "person_id": play.people["officer"], "unit_id": play.people["unit"]}
    return filled(path, {name: ids.get(name, "0" * 32) for name in placeholders(path)})


def posted(browser: TestClient, to: str, **more: Any) -> Any:
    token = browser.token  # type: ignore[attr-defined]
    return browser.post(to, data={"csrf_token": token, "anything": TEXT, **more})


def back_in(play: Play, browser: TestClient, answer: Any) -> Paper:
    """Sign in from the page that the answer leads to, and arrive where it leads on."""
    assert answer.status_code == 303
    page = Paper(browser.get(answer.headers["location"]))
    form = page.form("/sign-in")
    welcome = browser.post("/sign-in", data=form.fields | {"email": "officer@norrbotten.example", "password": PASSWORD})
    assert welcome.status_code == 303, welcome.text
    return Paper(browser.get(welcome.headers["location"]))


@pytest.mark.parametrize("path", [p for p in POSTED if p not in WORDLESS])
def test_what_was_typed_in_any_form_is_there_after_signing_in_again(
    play: Play, signed_out: TestClient, path: str
) -> None:
    page = back_in(play, signed_out, posted(signed_out, address(play, path)))
    assert html.escape(TEXT) in page.html, page.text[:500]


def test_the_form_of_the_page_has_the_text_and_nothing_was_sent(play: Play, signed_out: TestClient) -> None:
    page = f"/cases/{play.case}/do/submit_needs_analysis"
    answer = posted(signed_out, page, need=TEXT, kind="works", estimated_value="1 500 000", row_version="1")
    there = back_in(play, signed_out, answer)
    form = there.form(page)
    assert (form.fields["need"].strip(), form.fields["kind"]) == (TEXT, "works")
    assert form.fields["estimated_value"].replace("\u00a0", " ") == "1 500 000"
    assert "inget har skickats" in there.text
    assert [k for k in play.kinds() if "needs_analysis" in k] == []
    form.fields.pop("_add", None)
    sent = signed_out.post(page, data=form.fields | {"track": "above_threshold"})
    assert sent.status_code == 303, "one press more, with the token of the new session"


def test_a_comment_comes_back_to_the_case_it_was_written_on(play: Play, signed_out: TestClient) -> None:
    where = f"http://127.0.0.1:8000/cases/{play.case}?show=mail"
    token = signed_out.token  # type: ignore[attr-defined]
    answer = signed_out.post(
        f"/cases/{play.case}/comments", data={"csrf_token": token, "text": TEXT}, headers={"referer": where}
    )
    there = back_in(play, signed_out, answer)
    assert there.form(f"/cases/{play.case}/comments").fields["text"].strip() == TEXT


def test_only_its_writer_gets_it_back_and_only_from_a_page_of_that_session(play: Play, signed_out: TestClient) -> None:
    place = posted(signed_out, f"/cases/{play.case}/comments", text=TEXT).headers["location"]
    other = sign_in(play, "head")
    there = Paper(other.get(other.get(place).headers["location"]))
    assert html.escape(TEXT) not in there.html
    (row,) = play.sql("SELECT sealed FROM kept_forms")
    assert "halvtimme" not in row.sealed
    for token in ("", "x" * 43):
        answer = signed_out.post(f"/cases/{play.case}/comments", data={"csrf_token": token, "text": TEXT})
        assert answer.headers["location"].startswith("/sign-in?next=")
        assert "kept" not in answer.headers["location"]
    assert len(play.sql("SELECT id FROM kept_forms")) == 1
    play.clock.at += timedelta(days=2)
    sweep(play.app)
    assert play.sql("SELECT id FROM kept_forms") == []


def test_the_ten_newest_forms_of_a_person_are_kept(play: Play, signed_out: TestClient) -> None:
    other = sign_in(play, "head")
    other.token = csrf_token(other)  # type: ignore[attr-defined]
    play.clock.at += timedelta(minutes=31)
    posted(other, f"/cases/{play.case}/comments", text=TEXT)
    for n in range(40):
        last = posted(signed_out, f"/cases/{play.case}/comments", text=f"{TEXT} {n}")
    mine = "SELECT id FROM kept_forms WHERE person_id = :p ORDER BY id DESC"
    kept = [r.id for r in play.sql(mine, p=play.people["officer"])]
    assert len(kept) == MOST_KEPT
    assert last.headers["location"].endswith(kept[0]), "the newest is among them"
    assert len(play.sql(mine, p=play.people["head"])) == 1, "another's are no concern of it"
    assert html.escape(f"{TEXT} 39") in back_in(play, signed_out, last).html


def test_no_more_are_kept_when_they_come_all_at_once(play: Play) -> None:
    person = play.people["officer"]

    def one(n: int) -> str:
        return keep(play.app, person, Kept("/", {}, {"text": [str(n)]}, signed_out=True))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, range(40)))
    assert len(play.sql("SELECT id FROM kept_forms")) == MOST_KEPT


@pytest.mark.parametrize(("text", "fits"), [("å" * 120_000, True), ("å" * 140_000, False), ("😀" * 70_000, False)])
def test_a_form_that_is_too_long_to_keep_says_so(play: Play, signed_out: TestClient, text: str, fits: bool) -> None:
    answer = posted(signed_out, f"/cases/{play.case}/comments", text=text)
    rows = play.sql("SELECT sealed FROM kept_forms")
    if fits:
        assert answer.status_code == 303
        assert max(len(r.sealed) for r in rows) < 1.4 * MOST_BYTES, "once, and as UTF-8"
    else:
        assert answer.status_code == 413
        assert "för långt för att sparas" in answer.text
        assert rows == []


def test_a_decision_that_is_too_long_to_keep_says_so(play: Play) -> None:
    app, long = play.app, Kept("/", {}, {"reasons": ["x" * MOST_BYTES]}, signed_out=False)
    with pytest.raises(FormTooLong):
        keep(app, play.people["owner"], long)


@pytest.mark.parametrize("ended_by", ["officer", "admin"])
def test_nothing_is_kept_of_a_session_that_somebody_ended(play: Play, ended_by: str) -> None:
    """Signed out, or ended by the administrator: nobody comes back to it, so it is as if there had been none."""
    play.open()
    browser = sign_in(play, "officer")
    browser.token, cookie = csrf_token(browser), browser.cookies["sid"]  # type: ignore[attr-defined]
    if ended_by == "officer":
        assert browser.post("/sign-out", data={"csrf_token": browser.token}).status_code == 303  # type: ignore[attr-defined]
    else:
        play.do("admin", SetPassword(play.people["officer"], "en lång hemlighet 2"))
    browser.cookies.set("sid", cookie)
    for _ in range(2):
        answer = posted(browser, f"/cases/{play.case}/comments", text=TEXT)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=")
        assert "kept" not in answer.headers["location"]
        assert play.sql("SELECT id FROM kept_forms") == []
        play.clock.at += timedelta(minutes=31)  # and it does not become one that ran out


def test_passwords_and_what_the_page_gives_by_itself_are_not_filled_in() -> None:
    page = (
        '<form method="post" action="/a"><input type="hidden" name="v" value="2"><input name="t" value="old">'
        '<input type="password" name="p"><textarea name="w">x &amp; y</textarea><select name="s"><option value="1" '
        'selected>1</option><option value="2">2</option></select><input type="checkbox" name="c" value="1" checked>'
        '</form><form method="post" action="/b"><input name="t"></form>'
    )
    answers = {"v": ["1"], "t": ['n"ew'], "p": ["secret"], "w": ["<w>"], "s": ["2"], "gone": ["kept text"]}
    made, left = refilled(page, "/a", answers)
    assert left == ["kept text"]
    assert 'name="v" value="2"' in made
    assert 'value="n&quot;ew"' in made
    assert "&lt;w&gt;</textarea>" in made
    assert '<option value="2" selected>' in made
    assert {"secret", "checked"} & set(re.findall(r"\w+", made)) == set()
    assert made.endswith('<form method="post" action="/b"><input name="t"></form>')


def test_the_language_that_was_asked_for_is_kept_on_the_way(play: Play) -> None:
    stranger = site(play)
    sent = stranger.get("/?lang=en")
    assert (sent.status_code, sent.headers["location"]) == (303, "/sign-in?next=%2F%3Flang%3Den&lang=en")
    assert 'lang="en"' in stranger.get("/finns-inte?lang=en").text
    refused = stranger.get("/api/v1/cases", headers={"accept-language": "en"})
    assert refused.status_code == 401
    assert "Sign in" in refused.text or "token" in refused.text.lower()
    reader = sign_in(play, "officer")
    assert 'lang="en"' in reader.get("/?lang=en", follow_redirects=True).text
