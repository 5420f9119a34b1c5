"""The procurement plan as its readers meet it: page, files, API, decision, and the public list with its wall."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.play import Play
from tests.web.site import csrf_token, program, sign_in, site
from workflow.commands import AddClosingDay, DecidePlan, OpenCase, PublishPlan
from workflow.errors import Forbidden, NotFound

SUPPLIER = "Hemlig Leverantör AB"
NEED = {
    "title": "Robotar till lagret",
    "starts_on": "2026-09-01",
    "track": "above_threshold",
    "value_low": "3 000 000",
    "value_high": "5 000 000",
    "note": "Bara för oss",
}


@pytest.fixture
def planned(play: Play) -> Play:
    """A contract that ends in good time, one that is too late, and a running procurement."""
    for title, end in (("Handskar", "2028-06-30"), ("Sterilgods", "2026-06-30")):
        form = {
            "title": title, "unit": play.people["unit"], "supplier_name": SUPPLIER, "start_on": "2024-01-01",
            "end_on": end, "value": "9 000 000",
        }  # fmt: skip
        play.do("officer", OpenCase("contract", play.region, form))
    play.open(title="Städtjänster")
    return play


def decide(play: Play, who: str = "head") -> str:
    made = play.do(who, DecidePlan(play.region, play.today, "Regionstyrelsen", "Dnr 12-2026"))
    return str(made["id"])


def test_the_page_shows_what_must_begin_and_what_is_late(planned: Play) -> None:
    browser = sign_in(planned, "owner")
    text = browser.get("/plan").text
    for title in ("Handskar", "Sterilgods", "Städtjänster"):
        assert title in text
    assert "för sent" in text
    assert "arbetsdagar kvar" in text
    late = browser.get("/plan?standing=late").text
    assert "Sterilgods" in late
    assert "Handskar" not in late
    assert "Starta senast" in browser.get("/plan?lang=sv").text
    assert "Start by" in browser.get("/plan?lang=en").text
    assert browser.get("/plan?standing=sometimes").status_code in (400, 404, 422)


def test_the_file_holds_exactly_what_is_shown(planned: Play) -> None:
    browser = sign_in(planned, "officer")
    lines = browser.get("/plan?kind=contract&format=csv").content.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert browser.get("/plan?format=xlsx").content[:2] == b"PK"


def test_a_need_is_entered_by_hand_and_taken_out_again(planned: Play) -> None:
    browser = sign_in(planned, "owner")
    token = csrf_token(browser, "/plan/new")
    wrong = browser.post("/plan/new", data={**NEED, "value_high": "1", "starts_on": "snart", "csrf_token": token})
    assert wrong.status_code == 422
    assert "Robotar till lagret" in wrong.text, "what was typed stays"
    assert browser.post("/plan/new", data={**NEED, "csrf_token": token}).status_code == 303
    assert "Robotar till lagret" in browser.get("/plan").text
    (row,) = planned.sql("SELECT id FROM plan_entries")
    assert browser.post(f"/plan/entries/{row.id}/withdraw", data={}).status_code == 403
    assert browser.post(f"/plan/entries/{row.id}/withdraw", data={"csrf_token": token}).status_code == 303
    assert "Robotar till lagret" not in browser.get("/plan?kind=entry").text.split("<main")[1].replace("flash", "")


def test_what_changes_after_the_decision_is_seen(planned: Play) -> None:
    decide(planned)
    client = program(planned, "head")
    found = client.get("/api/v1/plan").json()
    assert found["decided"]["number"] == 1
    assert {i["change"] for i in found["items"]} == {None}
    assert client.post("/api/v1/plan/entries", json=NEED).status_code == 201
    planned.act("owner", "abandon", reason="Inget behov.")
    after = client.get("/api/v1/plan").json()
    assert {i["title"] for i in after["items"] if i["change"] == "new"} == {"Robotar till lagret"}
    assert [g["title"] for g in after["gone"]] == ["Städtjänster"]


def test_only_the_head_decides_and_publishes(planned: Play) -> None:
    with pytest.raises(Forbidden):
        decide(planned, "officer")
    version = decide(planned)
    with pytest.raises(Forbidden):
        planned.do("officer", PublishPlan(version))
    browser = sign_in(planned, "officer")
    token = csrf_token(browser)
    assert browser.post("/plan/versions", data={"csrf_token": token}).status_code == 403


def test_strangers_read_what_was_published_and_nothing_else(planned: Play) -> None:
    stranger = site(planned)
    addresses = [f"/coming/{planned.region}{end}" for end in ("", ".csv", ".json")]
    assert {stranger.get(a).status_code for a in addresses} == {404}
    version = decide(planned)
    assert {stranger.get(a).status_code for a in addresses} == {404}, "decided is not yet published"
    browser = sign_in(planned, "head")
    token = csrf_token(browser, "/plan/versions")
    assert browser.post(f"/plan/versions/{version}/publish", data={"csrf_token": token}).status_code == 303
    for address in addresses:
        answer = stranger.get(address)
        assert answer.status_code == 200, answer.text
        assert "Handskar" in answer.text
        for secret in (SUPPLIER, "9000000", "9 000 000", "AVT-2026", "Regionstyrelsen", "Olle"):
            assert secret not in answer.text, (address, secret)
    assert {stranger.get(f"/coming/{r}").status_code for r in ("kalmar", "ingen", "x" * 60)} == {404}
    items = stranger.get(addresses[2]).json()["items"]
    assert set(items[0]) == {"title", "track", "quarter", "contact"}
    later = {"title": "Efteråt", "supplier_name": "X", "end_on": "2028-01-31"}
    planned.do("officer", OpenCase("contract", planned.region, later))
    assert "Efteråt" not in stranger.get(addresses[0]).text
    browser.post(f"/plan/versions/{version}/unpublish", data={"csrf_token": token})
    assert stranger.get(addresses[0]).status_code == 404


def test_another_region_sees_nothing_of_the_plan(planned: Play, kalmar: Play) -> None:
    version = decide(planned)
    stranger = program(kalmar, "head")
    assert stranger.get("/api/v1/plan").json()["items"] == []
    assert stranger.get(f"/api/v1/plan?region={planned.region}").status_code == 404
    with pytest.raises(NotFound):
        kalmar.do("head", PublishPlan(version))
    browser = sign_in(kalmar, "head")
    assert browser.get(f"/plan/versions/{version}").status_code == 404
    assert "Handskar" not in browser.get("/plan").text


def test_the_case_page_shows_the_plan_backwards(planned: Play) -> None:
    (row,) = planned.sql("SELECT id FROM cases WHERE title = 'Handskar'")
    text = sign_in(planned, "owner").get(f"/cases/{row.id}").text
    assert "Planen baklänges" in text
    assert "klart senast" in text
    assert "LOU 11:2, 11:6" in text, "the time the law sets says so"


def test_a_program_decides_publishes_and_takes_back(planned: Play, kalmar: Play) -> None:
    head, stranger = program(planned, "head"), site(planned)
    body = {"decided_on": planned.today.isoformat(), "decided_by": "Regionstyrelsen", "registry_number": "Dnr 9"}
    made = head.post("/api/v1/plan/versions", json=body)
    assert (made.status_code, made.json()["number"]) == (201, 1)
    version = made.json()["id"]
    kept = head.get(f"/api/v1/plan/versions/{version}").json()
    assert (kept["registry_number"], len(kept["rows"])) == ("Dnr 9", 3)
    assert kept["rows_hash"] == made.json()["rows_hash"]
    assert head.post(f"/api/v1/plan/versions/{version}/publish", json={}).status_code == 200
    assert stranger.get(f"/coming/{planned.region}.json").status_code == 200
    assert head.get("/api/v1/plan/versions").json()["items"][0]["published_at"]
    assert head.post(f"/api/v1/plan/versions/{version}/unpublish", json={}).status_code == 200
    assert stranger.get(f"/coming/{planned.region}.json").status_code == 404
    entry = head.post("/api/v1/plan/entries", json={"title": "X", "starts_on": "2026-09-01", "track": "direct"}).json()
    assert head.post(f"/api/v1/plan/entries/{entry['id']}/withdraw", json={}).status_code == 200
    assert head.post("/api/v1/plan/versions", json={**body, "decided_on": "2031-01-01"}).status_code == 422
    officer = program(planned, "officer")
    assert officer.post("/api/v1/plan/versions", json=body).status_code == 403
    assert officer.post(f"/api/v1/plan/versions/{version}/publish", json={}).status_code == 403
    assert program(kalmar, "head").get(f"/api/v1/plan/versions/{version}").status_code == 404


def test_one_address_reads_the_public_list_sixty_times_a_minute(planned: Play) -> None:
    stranger = site(planned)
    address = f"/coming/{planned.region}.json"
    assert {stranger.get(address).status_code for _ in range(60)} == {404}
    assert stranger.get(address).status_code == 429
    assert stranger.get("/help").status_code == 200


def test_a_closing_day_is_no_working_day_of_the_plan(planned: Play) -> None:
    """The plan counts the steps that are the region's own past the days on which it keeps closed."""
    before = program(planned, "head").get("/api/v1/plan?kind=contract").json()["items"]
    start = {r["title"]: r["start_on"] for r in before}["Handskar"]
    for n in range(20):
        closed = date(2027, 10, 4) + timedelta(days=n)
        if closed.weekday() < 5:
            planned.do("admin", AddClosingDay(planned.region, closed, "Stängt", "Beslut 8"))
    after = program(planned, "head").get("/api/v1/plan?kind=contract").json()["items"]
    assert {r["title"]: r["start_on"] for r in after}["Handskar"] < start
