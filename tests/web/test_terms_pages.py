"""Terms, closing days, more time and the table of triggers as people meet them; and the same by program."""

from __future__ import annotations

import html
import re
from datetime import date
from typing import Any

from fastapi.testclient import TestClient

from tests.play import Play
from tests.web.site import csrf_token, program, sign_in
from workflow.cases.deadline_check import verify_deadlines
from workflow.commands import ProposeParameter, ReleaseParameter
from workflow.parameters.running import move_released_deadlines

VALUE = {"value": "15", "valid_from": "2026-03-02", "source": "Beslut 3"}
PATH = "/admin/parameters/start_decision"


def send(browser: TestClient, path: str, **fields: str) -> Any:
    return browser.post(path, data={"csrf_token": csrf_token(browser), **fields})


def words(answer: Any) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


def test_the_head_sees_which_cases_would_move_before_proposing_and_another_releases(play: Play) -> None:
    play.open()
    play.need()
    head, admin = sign_in(play, "head"), sign_in(play, "admin")
    preview = send(head, PATH, **VALUE)
    assert preview.status_code == 200
    assert "1 ärende skulle få nytt datum. Inget är föreslaget än." in words(preview)
    assert "2026-03-16 2026-03-23" in words(preview)
    assert play.sql("SELECT id FROM parameter_changes") == []
    proposed = send(head, PATH, **VALUE, running="running")
    change = proposed.headers["location"]
    assert "1 föreslaget värde väntar på en andra person" in words(head.get("/admin/parameters"))
    assert "Kan frisläppas av: Adam Administratör." in words(head.get(change))
    assert "Frisläpp värdet" not in head.get(change).text
    assert "Frisläpp värdet" in admin.get(change).text
    assert send(admin, f"{change}/release").status_code == 303
    move_released_deadlines(play.app)
    assert "2026-03-16 2026-03-23 flyttat" in words(admin.get(change))
    page = words(sign_in(play, "owner").get(f"/cases/{play.case}"))
    assert "Beslut 3 (inställningen sedan 2 mars 2026)" in page


def test_a_proposal_is_turned_down_with_a_reason(play: Play) -> None:
    head, admin = sign_in(play, "head"), sign_in(play, "admin")
    change = send(head, PATH, **VALUE).headers["location"]
    assert send(admin, f"{change}/reject", reason="").status_code == 422
    assert send(admin, f"{change}/reject", reason="För långt").status_code == 303
    assert "Skäl För långt" in words(admin.get(change))
    assert send(admin, f"{change}/release").status_code in (409, 422)
    assert sign_in(play, "officer").get(change).status_code == 200


def test_closing_days_are_added_and_withdrawn_on_their_page(play: Play) -> None:
    browser, path = sign_in(play, "admin"), "/admin/closing-days"
    assert "Inga stängda dagar än." in words(browser.get(path))
    wrong = send(browser, path, closed_on="2026-03-07", name="Lördag", source="Beslut")
    assert wrong.status_code == 422
    assert "Dagen är redan vilodag enligt lag" in words(wrong)
    assert send(browser, path, closed_on="2026-05-15", name="Klämdag", source="Beslut 4").status_code == 303
    page = browser.get(path)
    assert "2026-05-15 Klämdag Beslut 4 Adam Administratör" in words(page)
    withdraw = re.search(r'action="(/admin/closing-days/\w+/withdraw)"', page.text)
    assert withdraw
    assert send(browser, withdraw[1]).status_code == 303
    assert "återtagen av Adam Administratör" in words(browser.get(path))
    officer = sign_in(play, "officer")
    assert "Lägg till dagen" not in officer.get(path).text
    assert send(officer, path, closed_on="2026-05-15", name="x", source="y").status_code == 403


def test_more_time_is_given_from_the_dates_of_a_case(play: Play) -> None:
    play.open()
    play.need()
    task = play.task("decide_start").id
    head = sign_in(play, "head")
    assert f"/tasks/{task}/extend" in head.get(f"/cases/{play.case}").text
    page = words(head.get(f"/tasks/{task}/extend"))
    assert "Som längst till 30 mars" in page
    wrong = send(head, f"/tasks/{task}/extend", to_on="2026-04-20", reason="")
    assert wrong.status_code == 422
    assert "Skäl" in words(wrong)
    assert send(head, f"/tasks/{task}/extend", to_on="2026-03-24", reason="Underlaget dröjer").status_code == 303
    seen = words(head.get(f"/cases/{play.case}"))
    assert "2 mars gavs mer tid (upphandlingschef): till 24 mars i stället för 16 mars." in seen
    assert "Underlaget dröjer" in words(head.get(f"/tasks/{task}/extend"))
    owner = sign_in(play, "owner")
    assert f"/tasks/{task}/extend" not in owner.get(f"/cases/{play.case}").text
    assert "Mer tid ges av upphandlingschefen" in words(owner.get(f"/tasks/{task}/extend"))


def test_every_trigger_of_time_stands_on_one_page_with_the_regions_own_values(play: Play) -> None:
    play.set_parameter("start_up_meeting", "45", date(2026, 3, 1), "Beslut 9")
    browser = sign_in(play, "officer")
    page = browser.get("/processes/triggers")
    assert len(re.findall(r'<tr id="[PU]\d+"', page.text)) == 43
    assert ": 45 dagar (Beslut 9)" in words(page)
    assert "/processes/triggers" in browser.get("/processes").text


def test_a_date_that_does_not_add_up_stands_on_the_operations_page(play: Play) -> None:
    play.open()
    play.need()
    play.sql("UPDATE tasks SET due_on = '2026-06-01' WHERE trigger = 'decide_start'")
    verify_deadlines(play.app)
    page = words(sign_in(play, "head").get("/operations"))
    assert "Uppgiften har sista dag 2026-06-01, men kvittot säger 2026-03-16" in page


def test_the_same_by_program(play: Play) -> None:
    play.open()
    play.need()
    head, admin, root = program(play, "head"), program(play, "admin"), "/api/v1"
    body = {"name": "start_decision", **VALUE, "running": True}
    change = head.post(f"{root}/parameters", json=body).json()["id"]
    (deadline,) = admin.get(f"{root}/parameters/changes/{change}").json()["deadlines"]
    assert (deadline["from_on"], deadline["to_on"]) == ("2026-03-16", "2026-03-23")
    released = admin.post(f"{root}/parameters/changes/{change}/release", json={})
    assert (released.status_code, released.json()["deadlines"]) == (200, 1)
    move_released_deadlines(play.app)
    assert [c["status"] for c in head.get(f"{root}/parameters/changes").json()["items"]] == ["released"]
    task = play.task("decide_start").id
    more = head.post(f"{root}/tasks/{task}/extend", json={"to_on": "2026-03-30", "reason": "skäl"})
    assert (more.status_code, more.json()["due_on"]) == (200, "2026-03-30")
    day = admin.post(f"{root}/closing-days", json={"closed_on": "2026-05-15", "name": "Klämdag", "source": "B"})
    assert day.status_code == 201
    assert admin.post(f"{root}/closing-days/{day.json()['id']}/withdraw", json={}).status_code == 200
    assert len(head.get(f"{root}/closing-days").json()["items"]) == 1
    triggers = head.get(f"{root}/triggers").json()["items"]
    assert len(triggers) == 43
    assert {t["kept"] for t in triggers} == {"timer", "duty", "check", "waiting"}
    assert all(t["waits"] for t in triggers if t["kept"] == "waiting")


# --- amounts that the law gives for two years ---------------------------------------------------------------------


def test_thresholds_whose_years_are_over_are_said_until_new_ones_apply(play: Play) -> None:
    """The national rows are of 2024–2025, and it is March 2026."""
    head, owner = sign_in(play, "head"), sign_in(play, "owner")
    told = "Tröskelvärdena gäller 2024–2025"
    assert told in words(head.get("/my-tasks"))
    assert told in words(head.get("/operations"))
    assert told in words(sign_in(play, "admin").get("/my-tasks"))
    assert told not in words(owner.get("/my-tasks"))
    assert told not in words(head.get("/my-tasks?tab=done"))
    assert words(head.get("/admin/parameters")).count("gällde till och med 2025-12-31") == 3
    of_api = {p["name"]: p for p in program(play, "head").get("/api/v1/parameters").json()["items"]}
    assert of_api["threshold_works"]["period_ended_on"] == "2025-12-31"
    assert of_api["mail_hour"]["period_ended_on"] is None
    for name in ("threshold_goods_services", "threshold_works", "threshold_annex_2"):
        play.set_parameter(name, "1", date(2026, 1, 1), "påhittad källa")
    assert told not in words(head.get("/my-tasks"))
    assert told not in words(head.get("/operations"))
    assert "gällde till och med" not in words(head.get("/admin/parameters"))


def test_dates_that_could_not_be_moved_stand_on_the_page_of_operations_and_are_tried_again(play: Play) -> None:
    play.open()
    play.need()
    change = play.do(
        "admin", ProposeParameter("norrbotten", "start_decision", "15", play.today, "Beslut 3", True)
    )["id"]  # fmt: skip
    play.do("head", ReleaseParameter(change))
    receipt = play.task("decide_start").receipt
    play.sql("UPDATE tasks SET receipt = 'x'")
    move_released_deadlines(play.app)
    head = sign_in(play, "head")
    page = words(head.get("/operations"))
    assert "Datum som inte kunde flyttas" in page
    assert play.row().reference in page
    assert [m["case_id"] for m in program(play, "head").get("/api/v1/operations").json()["unmoved"]] == [play.case]
    play.sql("UPDATE tasks SET receipt = :r", r=receipt)
    assert send(head, f"/operations/moves/{change}/{play.case}/retry").status_code == 303
    move_released_deadlines(play.app)
    assert "Datum som inte kunde flyttas" not in words(head.get("/operations"))
