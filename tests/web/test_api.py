"""The JSON API as a program meets it."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.play import TARGET, Play
from tests.web.site import email, program, site
from workflow.commands import DisableUser
from workflow.engine.forms import Form, parse
from workflow.engine.registries import FORMS
from workflow.web.api.examples import example

ROOT = "/api/v1"
NEED = {"need": "Städning", "kind": "services", "track": "above_threshold", "estimated_value": "9000000.00"}


class Caller:
    """A program of one person: looks first, then acts, as the documentation says."""

    def __init__(self, play: Play, who: str) -> None:
        self.client: TestClient = program(play, who)

    def get(self, path: str, status: int = 200) -> Any:
        answer = self.client.get(ROOT + path)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, path: str, body: dict[str, Any], status: int = 200, **headers: str) -> Any:
        answer = self.client.post(ROOT + path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == ("application/json" if status < 400 else "application/problem+json")
        return answer.json()

    def action(self, case: str, trigger: str) -> dict[str, Any]:
        (found,) = [a for a in self.get(f"/cases/{case}/actions")["items"] if a["trigger"] == trigger]
        return found  # type: ignore[no-any-return]

    def act(self, case: str, trigger: str, status: int = 200, **form: Any) -> Any:
        """Pull a trigger with the example where nothing else is said."""
        seen = self.get(f"/cases/{case}/actions?trigger={trigger}")
        (action,) = seen["items"]
        body = {
            "row_version": seen["row_version"],
            "form": form or action["form"]["example"],
            "basis_hash": action["basis_hash"],
        }
        return self.post(f"/cases/{case}/actions/{trigger}", body, status)


@pytest.fixture
def officer(play: Play) -> Caller:
    return Caller(play, "officer")


@pytest.fixture
def case(play: Play, officer: Caller) -> str:
    body = {
        "process": "procurement",
        "region": "norrbotten",
        "title": "Städtjänster",
        "form": {"unit": play.people["unit"]},
    }
    made = officer.post("/cases", body, 201)
    assert made["state"] == "needs_analysis"
    assert made["row_version"] == 1
    return str(made["id"])


def test_definitions_are_published(officer: Caller) -> None:
    items = officer.get("/processes")["items"]
    assert {(i["id"], i["version"]) for i in items} >= {("procurement", 1), ("contract", 1)}
    law = officer.get("/processes/procurement/1")
    assert {"states", "transitions", "timers"} <= law.keys()
    (decide,) = [t for t in law["transitions"] if t["trigger"] == "decide_sustainability_target"]
    assert {"source", "target", "when", "roles", "guards", "decides", "basis"} <= decide.keys()
    assert officer.get("/processes/procurement/99", 404)["code"] == "unknown_process"


def test_a_procurement_goes_from_need_to_contract_by_examples_alone(play: Play, officer: Caller, case: str) -> None:
    owner, strategist, head = Caller(play, "owner"), Caller(play, "strategist"), Caller(play, "head")
    officer.act(case, "submit_needs_analysis")
    owner.act(case, "decide_start")
    officer.act(case, "submit_risk_analysis")
    owner.act(case, "save_targets")
    strategist.act(case, "record_opinion")
    officer.act(case, "submit_targets", no_target_reason="")
    decided = owner.act(case, "decide_sustainability_target")
    assert decided["state"] == "requirement_selection"
    officer.act(case, "save_requirements")
    officer.act(case, "submit_requirements")
    owner.act(case, "decide_requirements")
    officer.act(case, "record_advertisement")
    play.advance(45)
    officer.act(case, "record_opening")
    officer.act(case, "submit_award_proposal")
    head.act(case, "decide_award")
    officer.act(case, "record_award_notice")
    play.advance(14)
    officer.act(case, "prepare_contracts")
    assert head.act(case, "sign_contracts")["state"] == "follow_up"
    shown = officer.get(f"/cases/{case}")
    assert shown["lots"][0]["awards"][0]["value"] == "11400000.00"
    assert shown["procurement"]["estimated_value"] == "12000000.00"
    assert any(d["receipt"] for d in shown["deadlines"])


def test_what_stands_in_the_way_is_said_with_who_can_clear_it(play: Play, officer: Caller, case: str) -> None:
    play.case = case
    play.to_target_decision()
    play.act("owner", "save_targets", targets=[{**TARGET, "indicator": None}])
    owner = Caller(play, "owner")
    action = owner.action(case, "decide_sustainability_target")
    assert not action["allowed"]
    codes = {b["code"] for b in action["blockers"]}
    assert codes
    assert all(b["text"] and b["cleared_by"] for b in action["blockers"])
    refused = owner.act(case, "decide_sustainability_target", 422)
    assert refused["code"] == "not_permitted"
    assert {b["code"] for b in refused["blockers"]} == codes


def test_only_who_may_see_the_case_learns_that_they_may_not_act(
    play: Play, kalmar: Play, officer: Caller, case: str
) -> None:
    play.case = case
    play.to_target_decision()
    refused = officer.act(case, "decide_sustainability_target", 403)
    assert "role_required" in {b["code"] for b in refused["blockers"]}
    stranger = Caller(kalmar, "officer")
    body = {"row_version": 1, "form": {}}
    not_yours = stranger.post(f"/cases/{case}/actions/decide_start", body, 404)
    not_there = stranger.post("/cases/nothing/actions/decide_start", body, 404)
    assert {**not_yours, "instance": ""} == {**not_there, "instance": ""}
    for path in ("", "/actions", "/events", "/timers", "/tasks", "/comments", "/files"):
        assert stranger.get(f"/cases/{case}{path}", 404)["code"] == "not_found"
    assert stranger.get("/cases")["items"] == []
    assert stranger.get("/cases?region=norrbotten", 404)["code"] == "region_unknown"
    opened = {"process": "procurement", "region": "norrbotten", "title": "Städ"}
    assert stranger.post("/cases", opened, 404)["code"] == "region_unknown"


def test_who_comes_late_learns_the_current_version(officer: Caller, case: str) -> None:
    officer.act(case, "submit_needs_analysis", **NEED)
    stale = officer.post(f"/cases/{case}/actions/submit_needs_analysis", {"row_version": 1, "form": NEED}, 409)
    assert (stale["code"], stale["row_version"], stale["state"]) == ("stale", 2, "start_decision")


def test_a_decision_without_or_with_an_old_basis_is_refused(play: Play, officer: Caller, case: str) -> None:
    officer.act(case, "submit_needs_analysis", **NEED)
    owner = Caller(play, "owner")
    path = f"/cases/{case}/actions/decide_start"
    missing = owner.post(path, {"row_version": 2, "form": {}}, 422)
    assert [e["field"] for e in missing["errors"]] == ["basis_hash"]
    old = owner.post(path, {"row_version": 2, "form": {}, "basis_hash": "0" * 64}, 409)
    assert (old["code"], old["row_version"]) == ("stale_basis", 2)


def test_wrong_fields_are_all_named(officer: Caller, case: str) -> None:
    form = {**NEED, "kind": "magic", "estimated_value": "många", "value_on": "2026-02-30", "colour": "red"}
    refused = officer.act(case, "submit_needs_analysis", 422, **form)
    assert refused["code"] == "invalid_form"
    assert {e["field"]: e["code"] for e in refused["errors"]} == {
        "kind": "unknown_choice",
        "estimated_value": "not_a_number",
        "value_on": "not_a_date",
        "colour": "field_unknown",
    }
    assert all(e["text"] for e in refused["errors"])


@pytest.mark.parametrize(
    ("body", "field"),
    [({"form": {}}, "row_version"), ({"row_version": "x", "form": {}}, "row_version"), ({"row_version": 1, "forms": {}}, "forms"),
     ({"row_version": 1, "form": []}, "form")],
)  # fmt: skip
def test_a_body_that_is_not_ours_names_what_is_wrong(officer: Caller, case: str, body: Any, field: str) -> None:
    refused = officer.post(f"/cases/{case}/actions/submit_needs_analysis", body, 422)
    assert field in [e["field"] for e in refused["errors"]]


@pytest.mark.parametrize(
    "raw", [b"", b"{", b'{"a": NaN}', b'{"process": "\\u0000"}', b'{"process": "\\ud800"}', b"\xff"]
)
def test_what_is_no_json_is_refused_in_words(officer: Caller, raw: bytes) -> None:
    answer = officer.client.post(f"{ROOT}/cases", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code in (400, 422)
    assert answer.json()["code"] in ("invalid_json", "invalid_form", "invalid_request")


def test_lots_stand_side_by_side_under_one_step(play: Play, officer: Caller, case: str) -> None:
    play.case = case
    play.to_evaluation(lots=["Norr", "Söder"])
    action = officer.action(case, "submit_award_proposal")
    assert [(x["lot"], x["allowed"]) for x in action["lots"]] == [(1, True), (2, True)]
    assert action["allowed"]
    assert action["basis_hash"] is None
    officer.act(case, "submit_award_proposal", **(action["form"]["example"] | {"lot": 1}))
    head = Caller(play, "head")
    decide = head.action(case, "decide_award")
    assert [(x["lot"], x["allowed"]) for x in decide["lots"]] == [(1, True)]
    assert decide["basis_hash"] == decide["lots"][0]["basis_hash"]


def test_the_same_request_twice_has_one_effect_and_one_answer(officer: Caller) -> None:
    body = {"process": "procurement", "region": "norrbotten", "title": "Städtjänster"}
    first = officer.post("/cases", body, 201, **{"Idempotency-Key": "a-1"})
    assert officer.post("/cases", body, 201, **{"Idempotency-Key": "a-1"}) == first
    assert len(officer.get("/cases")["items"]) == 1
    other = officer.post("/cases", {**body, "title": "Annat"}, 409, **{"Idempotency-Key": "a-1"})
    assert other["code"] == "idempotency_conflict"
    malformed = officer.post("/cases", body, 422, **{"Idempotency-Key": "a b\tc"})
    assert malformed["code"] == "idempotency_key_invalid"


def test_lists_come_in_pages_with_a_link_to_the_next(officer: Caller) -> None:
    for n in range(5):
        officer.post("/cases", {"process": "procurement", "region": "norrbotten", "title": f"Köp {n}"}, 201)
    seen: list[str] = []
    url = f"{ROOT}/cases?limit=2&process=procurement"
    while url:
        answer = officer.client.get(url)
        seen += [c["id"] for c in answer.json()["items"]]
        link = answer.links.get("next")
        assert (link is None) == (answer.json()["next"] is None)
        url = link["url"] if link else ""
    assert len(seen) == len(set(seen)) == 5


@pytest.mark.parametrize(
    "query", ["ower=1", "status=open", "state=evaluation&x=", "state=nowhere", "process=complaint"]
)
def test_a_filter_that_is_not_there_does_not_list_everything(officer: Caller, query: str) -> None:
    refused = officer.get(f"/cases?{query}", 422)
    assert refused["code"] == "unknown_filter"
    assert query.rpartition("&")[2].partition("=")[0] in refused["detail"]


@pytest.mark.parametrize("query", ["after=xx", "limit=0", "limit=mycket", "overdue=kanske", "q=%00"])
def test_a_filter_with_a_wrong_value_is_named(officer: Caller, query: str) -> None:
    refused = officer.get(f"/cases?{query}", 422)
    assert [e["field"] for e in refused["errors"]] == [query.partition("=")[0]]


def test_my_tasks_are_mine(play: Play, officer: Caller, case: str) -> None:
    officer.act(case, "submit_needs_analysis", **NEED)
    owner = Caller(play, "owner")
    (task,) = owner.get("/tasks?mine=1")["items"]
    assert (task["trigger"], task["case_id"]) == ("decide_start", case)
    assert officer.get(f"/cases/{case}/tasks?open=1")["items"] == [task]
    handed = owner.post(f"/tasks/{task['id']}/hand-on", {"person": play.people["owner_2"], "reason": "Semester"})
    assert handed["case"] == case
    assert owner.get("/tasks?mine=1")["items"] == []
    assert Caller(play, "owner_2").get("/tasks")["items"][0]["id"] == task["id"]
    Caller(play, "owner_2").post(f"/tasks/{task['id']}/conflict", {"reason": "Min bror är anbudsgivare."})
    assert Caller(play, "owner_2").get("/tasks")["items"] == []
    assert officer.post("/tasks/nothing/hand-on", {"person": "x"}, 404)["code"] == "not_found"


def test_the_trail_and_the_timers_of_a_case(play: Play, officer: Caller, case: str) -> None:
    officer.act(case, "submit_needs_analysis", **NEED)
    events = officer.get(f"/cases/{case}/events")["items"]
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert events[0]["kind"] == "case_opened"
    assert events[1]["prev_hash"] == events[0]["hash"]
    first = officer.get(f"/cases/{case}/events?limit=1")
    assert first["next"] == "1"
    assert officer.get(f"/cases/{case}/events?after=1")["items"] == events[1:]
    timers = officer.get(f"/cases/{case}/timers")["items"]
    assert all(t["due_at"].endswith("Z") for t in timers)
    assert timers


def test_comments_and_questions_move_no_version(play: Play, officer: Caller, case: str) -> None:
    owner = Caller(play, "owner")
    asked = owner.post(f"/cases/{case}/comments", {"text": "Räcker det?", "kind": "question"}, 201)
    officer.post(f"/cases/{case}/comments", {"text": "Ja.", "answers": asked["id"]}, 201)
    kinds = [c["kind"] for c in owner.get(f"/cases/{case}/comments")["items"]]
    assert kinds == ["question", "answer"]
    assert officer.get(f"/cases/{case}")["row_version"] == 1


def test_files_go_in_and_come_out_as_attachments(officer: Caller, case: str) -> None:
    path = f"{ROOT}/cases/{case}/files"
    content = b"%PDF-1.7 ett underlag"
    upload = {"file": ("../Underlag å\u202e.pdf", content, "text/html")}
    made = officer.client.post(path, files=upload, headers={"Idempotency-Key": "f1"})
    assert made.status_code == 201, made.text
    assert officer.client.post(path, files=upload, headers={"Idempotency-Key": "f1"}).json() == made.json()
    (item,) = officer.get(f"/cases/{case}/files")["items"]
    assert item["name"] == "Underlag å.pdf"
    assert item["media_type"] == "application/pdf"
    given = officer.client.get(item["href"])
    assert given.content == content
    assert given.headers["content-disposition"].startswith("attachment;")
    assert given.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert given.headers["x-content-type-options"] == "nosniff"


def test_a_file_of_another_region_or_case_is_not_there(play: Play, kalmar: Play, officer: Caller, case: str) -> None:
    upload = {"file": ("a.txt", b"hemligt")}
    officer.client.post(f"{ROOT}/cases/{case}/files", files=upload)
    (item,) = officer.get(f"/cases/{case}/files")["items"]
    stranger = Caller(kalmar, "officer")
    assert stranger.client.get(item["href"]).status_code == 404
    assert stranger.client.post(f"{ROOT}/cases/{case}/files", files=upload).status_code == 404
    other = officer.post("/cases", {"process": "procurement", "region": "norrbotten", "title": "Annat"}, 201)
    assert officer.client.get(item["href"].replace(case, other["id"])).status_code == 404


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [("a.exe", b"MZ", "file_type"), ("a.pdf", b"MZ", "file_content"), ("a.txt", b"a\x00", "file_content"), ("pdf", b"%PDF-", "file_type"),
     ("a.docx", b"PK\x03\x04 no archive", "file_content"), ("a.txt", b"", "field_required")],
)  # fmt: skip
def test_a_file_that_is_not_what_it_says_is_refused(
    officer: Caller, case: str, name: str, content: bytes, code: str
) -> None:
    answer = officer.client.post(f"{ROOT}/cases/{case}/files", files={"file": (name, content)})
    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("file", code)]
    assert officer.get(f"/cases/{case}/files")["items"] == []


def test_registers_of_contracts_and_suppliers(play: Play, officer: Caller) -> None:
    play.open()
    play.to_evaluation()
    assert officer.get("/suppliers")["items"] == []
    play.award()
    (supplier,) = officer.get("/suppliers?q=städ")["items"]
    assert officer.get(f"/suppliers/{supplier['id']}")["supplier"]["name"] == "Städ AB"
    play.notify()
    play.advance(12)
    play.sign()
    (contract,) = officer.get("/contracts?region=norrbotten&expiring_before=2029-01-01")["items"]
    assert contract["value"] == "2400000.00"
    assert officer.get("/contracts?owner=me")["items"] == []
    assert officer.get("/contracts?class=z", 422)["errors"][0]["field"] == "class"


def test_a_parameter_is_set_within_its_bounds_by_who_may(play: Play, officer: Caller) -> None:
    head = Caller(play, "head")
    known = {p["name"]: p for p in head.get("/parameters")["items"]}
    bounded = next(p for p in known.values() if p["bounds"])
    body = {
        "name": bounded["name"],
        "value": str(bounded["bounds"]["high"]),
        "valid_from": "2026-03-02",
        "source": "Beslut 7",
    }
    assert officer.post("/parameters", body, 403)["code"] == "forbidden"
    too_much = {**body, "value": str(bounded["bounds"]["high"] + 1)}
    assert head.post("/parameters", too_much, 422)["errors"][0]["code"] == "parameter_out_of_bounds"
    change = head.post("/parameters", body, 201)
    assert change["status"] == "proposed"
    assert {p["name"]: p for p in head.get("/parameters")["items"]}[bounded["name"]]["value"] != body["value"]
    release = f"/parameters/changes/{change['id']}/release"
    assert head.post(release, {}, 403)["code"] == "same_person"
    assert Caller(play, "admin").post(release, {}, 200)["status"] == "released"
    after = {p["name"]: p for p in head.get("/parameters")["items"]}
    assert after[bounded["name"]]["value"] == body["value"]


def test_a_token_of_a_disabled_person_is_worth_nothing(play: Play, officer: Caller) -> None:
    play.do("admin", DisableUser(email(play, "officer")))
    refused = officer.client.get(f"{ROOT}/cases")
    assert (refused.status_code, refused.json()["code"]) == (401, "token_invalid")


def test_errors_speak_the_asked_language(officer: Caller) -> None:
    assert officer.get("/cases/x", 404)["detail"].startswith("Sidan finns inte")
    english = officer.client.get(f"{ROOT}/cases/x", headers={"accept-language": "en-GB,en"}).json()
    assert english["code"] == "not_found"
    assert "Sidan" not in english["detail"]
    assert officer.client.get(f"{ROOT}/cases/x?lang=en").json() == english


@pytest.mark.parametrize("key", sorted(FORMS, key=str), ids=".".join)
def test_the_example_of_every_form_passes_it(key: tuple[str, str]) -> None:
    from datetime import date

    form = FORMS[key]
    assert issubclass(form, Form)
    parse(form, example(form, "somebody", date(2026, 3, 2)))


def test_the_api_is_described_for_programs_and_people(play: Play) -> None:
    client = site(play)
    described = client.get(f"{ROOT}/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    tag = client.get(f"{ROOT}/openapi.json").headers["etag"]
    assert client.get(f"{ROOT}/openapi.json", headers={"If-None-Match": tag}).status_code == 304
    assert {f"{ROOT}/cases", f"{ROOT}/cases/{{case_id}}/actions/{{trigger}}"} <= described["paths"].keys()
    assert all(path.startswith(ROOT) for path in described["paths"])
    page = client.get(f"{ROOT}/")
    assert page.status_code == 200
    for path in described["paths"]:
        assert path in page.text
    assert "cdn" not in page.text


def test_a_case_opened_without_an_owner_gets_one_by_the_api_alone(play: Play) -> None:
    officer = program(play, "officer")
    made = officer.post(
        "/api/v1/cases", json={"process": "procurement", "region": "norrbotten", "title": "Städ", "form": {}}
    ).json()
    owners = officer.get("/api/v1/people?role=contract_owner").json()["items"]
    units = officer.get("/api/v1/units").json()["items"]
    assert play.people["owner"] in {p["id"] for p in owners}
    assert "email" not in owners[0]
    form = {"title": "Städ", "owner": play.people["owner"], "officer": play.people["officer"], "unit": units[0]["id"]}
    url = f"/api/v1/cases/{made['id']}/correct"
    assert program(play, "reviewer").post(url, json={"row_version": 1, "form": form}).status_code == 403
    stale = officer.post(url, json={"row_version": made["row_version"] + 5, "form": form})
    assert stale.status_code == 409
    right = officer.post(url, json={"row_version": made["row_version"], "form": form})
    assert right.status_code == 200, right.text
    assert play.row(made["id"]).owner_id == play.people["owner"]
    wrong = officer.post(url, json={"row_version": right.json()["row_version"], "form": {**form, "owner": "nobody"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "owner")
