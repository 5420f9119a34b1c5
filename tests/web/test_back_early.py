"""Back earlier than was said: a person, or an administrator, ends a substitution and days away; page, API and command."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.play import Play
from tests.web.site import csrf_token, program, sign_in
from workflow.commands import EndAbsence, EndSubstitute, SetAbsence, SetSubstitute
from workflow.errors import Forbidden, InvalidForm, NotFound


def stands_in(play: Play, first: int = -3, last: int = 10) -> str:
    days = [play.today + timedelta(days=n) for n in (first, last)]
    return str(play.do("admin", SetSubstitute(play.people["owner"], play.people["owner_2"], *days))["id"])


def away(play: Play, first: int = -3, last: int = 10) -> str:
    days = [play.today + timedelta(days=n) for n in (first, last)]
    return str(play.do("owner", SetAbsence(play.people["owner"], *days))["id"])


def test_who_is_back_ends_the_substitution_on_the_page_and_decides_alone_again(play: Play) -> None:
    row = stands_in(play)
    assert "contract_owner" in play.as_("owner_2").roles()
    before = [h.person_id for h in play.as_("owner_2").holdings]
    assert play.people["owner"] in before
    browser = sign_in(play, "owner")
    token = csrf_token(browser, "/me")
    assert "Avsluta ersättningen" in browser.get("/me").text
    assert browser.post(f"/me/substitutes/{row}/end", data={"csrf_token": token}).status_code == 303
    assert "Avsluta ersättningen" not in browser.get("/me").text
    assert play.people["owner"] not in [h.person_id for h in play.as_("owner_2").holdings]
    (kept,) = play.sql("SELECT valid_to FROM substitutes")
    assert date.fromisoformat(str(kept.valid_to)) == play.today - timedelta(days=1), "the past stays as it was"


def test_days_away_end_on_the_page_and_what_had_not_begun_is_taken_back(play: Play) -> None:
    row, later = away(play), away(play, 20, 30)
    browser = sign_in(play, "owner")
    token = csrf_token(browser, "/me")
    for each in (row, later):
        assert browser.post(f"/me/absences/{each}/end", data={"csrf_token": token}).status_code == 303
    rows = play.sql("SELECT id, last_on FROM absences")
    assert [(r.id, date.fromisoformat(str(r.last_on))) for r in rows] == [(row, play.today - timedelta(days=1))]
    kinds = [e.kind for e in play.sql("SELECT kind FROM audit_events WHERE kind LIKE 'absence%' ORDER BY seq")]
    assert kinds == ["absence_set", "absence_set", "absence_ended", "absence_ended"]


def test_an_administrator_ends_it_for_others_and_sees_who_is_away(play: Play) -> None:
    row, gone = stands_in(play), away(play)
    browser = sign_in(play, "admin")
    page = browser.get("/admin/substitutes").text
    assert "Borta utan ersättare" in page
    token = csrf_token(browser, "/admin/substitutes")
    for address in (f"/admin/substitutes/{row}/end", f"/admin/absences/{gone}/end"):
        assert browser.post(address, data={"csrf_token": token}).status_code == 303
    assert "/end" not in browser.get("/admin/substitutes").text
    assert sign_in(play, "officer").post(f"/admin/absences/{gone}/end", data={}).status_code == 403


def test_a_program_ends_it_on_a_day(play: Play) -> None:
    row, gone = stands_in(play), away(play)
    client = program(play, "owner")
    listed = client.get("/api/v1/absences").json()
    assert [a["id"] for a in listed["absences"]] == [gone]
    assert [s["id"] for s in listed["substitutes"]] == [row]
    day = (play.today + timedelta(days=2)).isoformat()
    assert client.post(f"/api/v1/absences/{gone}/end", json={"last_day": day}).json()["last_day"] == day
    assert client.post(f"/api/v1/substitutes/{row}/end", json={}).status_code == 200
    assert client.post(f"/api/v1/substitutes/{row}/end", json={}).status_code == 404, "it has ended"


def test_nobody_lengthens_by_ending_or_ends_what_is_not_theirs(play: Play, kalmar: Play) -> None:
    row, gone = stands_in(play), away(play)
    with pytest.raises(InvalidForm):
        play.do("owner", EndAbsence(gone, play.today + timedelta(days=30)))
    with pytest.raises(InvalidForm):
        play.do("owner", EndSubstitute(row, play.today - timedelta(days=3)))
    for stranger in ("officer", "owner_2"):
        with pytest.raises(Forbidden):
            play.do(stranger, EndSubstitute(row))
    with pytest.raises(NotFound):
        kalmar.do("admin", EndAbsence(gone))
    assert program(kalmar, "admin").get("/api/v1/absences").json() == {"absences": [], "substitutes": []}


def test_all_duties_are_handed_over_by_a_program(play: Play) -> None:
    play.open()
    play.need()
    client = program(play, "head")
    people = {"from_person": play.people["owner"], "to_person": play.people["owner_2"]}
    seen = client.get("/api/v1/hand-over", params=people).json()
    assert {d["role"] for d in seen["items"]} == {"contract_owner"}
    assert all(d["blocked"] is None for d in seen["items"])
    done = client.post("/api/v1/hand-over", json=people)
    assert (done.status_code, done.json()["cases"], done.json()["left"]) == (200, 1, 0)
    assert play.row().owner_id == play.people["owner_2"]
    assert client.post("/api/v1/hand-over", json=people).json()["cases"] == 0, "again: nothing is left to move"
    assert program(play, "officer").get("/api/v1/hand-over", params=people).status_code == 403
    assert program(play, "officer").post("/api/v1/hand-over", json=people).status_code == 403
