"""A program opens a deviation, looks at its ladder, and takes the weeks of fines and the open stops out."""

from __future__ import annotations

from tests.ladder import FOUND, Ladder, contract
from tests.play import Play
from tests.web.site import program


def test_a_deviation_is_opened_and_acted_on_by_a_program(play: Play) -> None:
    api, contract_id = program(play, "officer"), contract(play)
    form = {k: v for k, v in FOUND.items() if k != "title"}
    body = {"process": "deviation", "region": "norrbotten", "title": "Avgifter", "form": form, "parent": contract_id}
    made = api.post("/api/v1/cases", json=body)
    assert made.status_code == 201
    case = made.json()
    done = api.post(f"/api/v1/cases/{case['id']}/actions/start_dialogue", json={"row_version": case["row_version"]})
    assert done.json()["state"] == "dialogue"
    ladder = api.get(f"/api/v1/cases/{case['id']}/ladder").json()
    assert [r["key"] for r in ladder["rungs"]][:2] == ["dialogue", "opportunity_to_remedy"]
    assert ladder["rungs"][0]["standing"] == "now"
    assert ladder["case"]["reference"] == case["reference"]
    terms = api.get(f"/api/v1/cases/{contract_id}/terms").json()
    assert terms["terms"]["fine_week"] == "10000.00"
    assert terms["contact"]["email"] == FOUND["contact_email"]
    assert api.get(f"/api/v1/cases/{contract_id}/ladder").status_code == 404
    assert api.get(f"/api/v1/cases/{case['id']}/terms").status_code == 404


def test_weeks_of_fines_and_open_stops_are_taken_out(play: Play) -> None:
    ladder = Ladder(play)
    ladder.to_decision()
    ladder.decide("call_off_stop")
    ladder.decide("contractual_fine", skip_reason="Parallella rättigheter.")
    play.advance(9)
    play.advance(1)
    api = program(play, "head")
    own = api.get(f"/api/v1/cases/{ladder.id}/fine-weeks").json()["items"]
    assert [(w["number"], w["amount"], w["total"]) for w in own][:1] == [(1, "10000.00", "10000.00")]
    assert api.get("/api/v1/fine-weeks").json()["items"] == own
    assert len(api.get("/api/v1/fine-weeks?limit=1").json()["items"]) == 1
    (stop,) = api.get("/api/v1/call-off-stops").json()["items"]
    assert stop["contract_id"] == ladder.contract


def test_the_strategist_sees_the_matter_of_business_that_the_role_prepares(play: Play) -> None:
    ladder = Ladder(play)
    ladder.offer()
    ladder.hand_in_plan()
    shown = program(play, "strategist").get(f"/api/v1/cases/{ladder.id}/ladder").json()
    assert shown["plans"][0]["cause"] == "Bristande kontroll"
    unseen = program(play, "admin").get(f"/api/v1/cases/{ladder.id}/ladder").json()
    assert unseen["plans"][0]["cause"] is None
