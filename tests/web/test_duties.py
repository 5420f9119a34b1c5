"""The pages and calls for mail choice, rest, absence, hand-over and days without a decider, as their users meet them."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

from tests.play import Play
from tests.web.site import csrf_token, program, sign_in
from workflow.commands import AddRecurringDuty, DisableUser, SetAbsence, SetSubstitute


def words(answer: Any) -> str:
    """The text of a page without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_everybody_chooses_how_mail_that_can_wait_comes(play: Play) -> None:
    browser = sign_in(play, "owner")
    token = csrf_token(browser, "/me")
    form = {"csrf_token": token, "mail": "digest", "hour": "16", "weekdays": ["1", "4"]}
    assert browser.post("/me/mail", data=form).status_code == 303
    assert tuple(
        play.sql("SELECT digest, hour, weekdays FROM mail_plans WHERE person_id = :p", p=play.people["owner"])[0]
    ) == (True, 16, "14")
    assert browser.post("/me/mail", data={**form, "hour": "3"}).status_code == 422
    assert browser.post("/me/mail", data={**form, "hour": "x", "mail": ""}).status_code == 422
    assert "går inte att stänga av" in words(browser.get("/me"))
    api = program(play, "owner")
    assert api.get("/api/v1/me/mail").json() == {"digest": True, "asks_wait": True, "hour": 16, "weekdays": [1, 4]}
    assert api.post("/api/v1/me/mail", json={"digest": True}).json() == {
        "digest": True,
        "asks_wait": True,
        "hour": None,
        "weekdays": None,
    }
    assert api.post("/api/v1/me/mail", json={"digest": True, "hour": 23}).status_code == 422
    assert api.post("/api/v1/me/mail", json={"digest": True, "weekdays": [8]}).status_code == 422


def test_a_task_is_let_to_rest_from_the_list_and_comes_back_by_a_press(play: Play) -> None:
    play.open(owner=play.people["owner"])
    play.need()
    task = play.task("decide_start").id
    browser = sign_in(play, "owner")
    assert f"/tasks/{task}/snooze" in browser.get("/my-tasks").text
    token = csrf_token(browser, f"/tasks/{task}/snooze")
    late = browser.post(f"/tasks/{task}/snooze", data={"csrf_token": token, "until": "2026-03-16"})
    assert late.status_code == 422
    assert "senast 2026-03-13" in words(late)
    form = {"csrf_token": token, "until": "2026-03-13", "reason": "Budgeten"}
    assert browser.post(f"/tasks/{task}/snooze", data=form).headers["location"] == "/my-tasks?tab=resting"
    assert "vilar till 13 mars" in words(browser.get("/my-tasks?tab=resting"))
    assert "Städtjänster" not in words(browser.get("/my-tasks"))
    browser.post(f"/tasks/{task}/snooze", data={"csrf_token": token, "wake": "1"})
    assert "Städtjänster" in words(browser.get("/my-tasks"))
    api = program(play, "owner")
    assert (
        api.post(f"/api/v1/tasks/{task}/snooze", json={"until": "2026-03-05"}).json()["snoozed_until_on"]
        == "2026-03-05"
    )
    assert api.post(f"/api/v1/tasks/{task}/snooze", json={"until": None}).json()["snoozed_until_on"] is None
    assert program(play, "officer").post(f"/api/v1/tasks/{task}/snooze", json={"until": None}).status_code == 403


def test_the_clock_shows_how_many_days_are_covered(play: Play) -> None:
    play.open(owner=play.people["owner"])
    play.need()
    play.do("owner", SetAbsence(play.people["owner"], date(2026, 3, 9), date(2026, 3, 20)))
    officer = sign_in(play, "officer")
    assert "borta, ingen ersätter (täckt 0 av 8 dagar)" in words(officer.get("/my-tasks?tab=waiting"))
    play.do("admin", SetSubstitute(play.people["owner"], play.people["owner_2"], date(2026, 3, 9), date(2026, 3, 12)))
    said = "ersätts av Örjan Ägare till 12 mars (täckt 4 av 8 dagar)"
    assert said in words(officer.get("/my-tasks?tab=waiting"))
    assert said in words(officer.get(f"/cases/{play.case}"))


def test_an_absence_is_noted_on_ones_own_page(play: Play) -> None:
    browser = sign_in(play, "owner")
    form = {"csrf_token": csrf_token(browser, "/me"), "away_from": "2026-03-09", "away_to": "2026-03-01"}
    assert browser.post("/me/absence", data=form).status_code == 422
    assert browser.post("/me/absence", data={**form, "away_to": "2026-03-20"}).status_code == 303
    assert "Du är borta från 9 mars till 20 mars, och ingen ersätter dig." in words(browser.get("/me"))


def test_duties_are_handed_over_on_a_page_that_first_shows_what_moves(play: Play) -> None:
    play.open(owner=play.people["owner"])
    play.need()
    head = sign_in(play, "head")
    giver, receiver = play.people["owner"], play.people["owner_2"]
    shown = words(head.get(f"/hand-over?person={giver}&to={receiver}"))
    assert "2 uppgifter flyttas" in shown
    assert "Chef eller avtalsägare för: Division Nära." in shown
    assert "Mottagaren har inte rollen avtalsägare." in words(
        head.get(f"/hand-over?person={giver}&to={play.people['officer']}")
    )
    form = {"csrf_token": csrf_token(head, f"/hand-over?person={giver}&to={receiver}"), "person": giver, "to": receiver}
    assert head.post("/hand-over", data={**form, "csrf_token": "x"}).status_code == 403
    assert head.post("/hand-over", data=form).status_code == 303
    assert play.row().owner_id == receiver
    assert "svarar inte för något som är öppet" in words(head.get(f"/hand-over?person={giver}&to={receiver}"))
    assert sign_in(play, "officer").get("/hand-over").status_code == 403
    assert head.get("/hand-over?person=nobody").status_code == 404


def test_the_page_of_a_hand_over_shows_what_the_annual_calendar_will_bring(play: Play) -> None:
    giver, receiver = play.people["officer_2"], play.people["officer"]
    row = ("norrbotten", "Leverantörsdag", "yearly", "procurement_officer", "Beslut", play.today)
    play.do("admin", AddRecurringDuty(*row, owner_id=giver))
    play.do("admin", DisableUser("officer_2@norrbotten.example"))
    head = sign_in(play, "head")
    assert "Årskalendern Leverantörsdag" in words(head.get(f"/hand-over?person={giver}"))
    staying = words(head.get(f"/hand-over?person={giver}&to={play.people['owner']}"))
    assert "1 uppgift blir kvar" in staying
    form = {"csrf_token": csrf_token(head, f"/hand-over?person={giver}&to={receiver}"), "person": giver, "to": receiver}
    assert head.post("/hand-over", data=form).status_code == 303
    assert "svarar inte för något som är öppet" in words(head.get(f"/hand-over?person={giver}"))
    api = program(play, "head")
    seen = api.get("/api/v1/hand-over", params={"from_person": receiver}).json()["recurring"]
    assert [(r["title"], r["role"]) for r in seen] == [("Leverantörsdag", "procurement_officer")]


def test_somebody_of_another_region_has_nothing_to_hand_over_just_as_nobody(play: Play, kalmar: Play) -> None:
    receiver = play.people["owner_2"]
    for role in ("head", "officer"):
        caller = program(play, role)
        for from_person in (kalmar.people["owner"], "nobody"):
            for answer in (
                caller.get(f"/api/v1/hand-over?from_person={from_person}"),
                caller.post("/api/v1/hand-over", json={"from_person": from_person, "to_person": receiver}),
            ):
                assert (answer.status_code, answer.json()["code"]) == (404, "unknown_person")


def test_days_without_a_decider_are_shown_to_those_who_can_mend_them(play: Play) -> None:
    play.open(owner=play.people["owner"])
    play.need()
    play.do("owner", SetAbsence(play.people["owner"], date(2026, 3, 10), date(2026, 3, 31)))
    head = sign_in(play, "head")
    for path in ("/admin/deciders", "/operations"):
        assert "1 ärende 10 mars–16 mars" in words(head.get(path))
    (gap,) = program(play, "head").get("/api/v1/deciders/gaps").json()["items"]
    assert (gap["trigger"], gap["first_on"], gap["last_on"], len(gap["cases"])) == (
        "decide_start",
        "2026-03-10",
        "2026-03-16",
        1,
    )
    assert sign_in(play, "officer").get("/admin/deciders").status_code == 403
    assert program(play, "officer").get("/api/v1/deciders/gaps").status_code == 403
