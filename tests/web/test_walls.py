"""Attacks on the walls: another region, tender secrecy before the award, roles, and forms that say too much."""

from __future__ import annotations

import hashlib
import logging
from io import BytesIO
from typing import Any

import pytest
from sqlalchemy.exc import ProgrammingError

from tests.play import REQUIREMENT, SUPPLIER, Play
from tests.web.crawl import unpacked
from tests.web.site import csrf_token, program, sign_in, site
from workflow.commands import AddUser, HandOn, OpenCase, WriteComment
from workflow.errors import InvalidForm
from workflow.files.store import open_store

SECRET = "Anbudsgivaren Hemlig AB"


@pytest.fixture
def proposed(play: Play) -> Play:
    """An award is proposed but not decided: the heads of that day are on the access list."""
    play.open(owner=play.people["owner"], officer=play.people["officer"])
    play.to_evaluation()
    supplier = {**SUPPLIER, "supplier_name": SECRET}
    play.act("officer", "submit_award_proposal", 1, suppliers=[supplier], award_reasons="bäst kvalitet")
    return play


def later_head(play: Play) -> Any:
    """A head of procurement who came after the proposal holds the role but is not on the access list."""
    added = play.do("admin", AddUser("ny.chef@norrbotten.example", "Nils Nychef", "head_of_procurement", play.region))
    play.people = {**play.people, "ny.chef": added["id"]}
    return program(play, "ny.chef")


def action(client: Any, case: str, trigger: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/cases/{case}/actions", params={"trigger": trigger})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["items"][0]
    return found


# --- tender secrecy ----------------------------------------------------------------------------------------------


def test_a_look_at_secret_tenders_is_traced_once_a_day(proposed: Play) -> None:  # I34, LOU 12:8
    version = proposed.row().row_version
    head = program(proposed, "head")
    for _ in range(2):
        assert SECRET in head.get(f"/api/v1/cases/{proposed.case}").text
    program(proposed, "strategist").get(f"/api/v1/cases/{proposed.case}")  # sees nothing secret
    looks = "SELECT actor_id FROM audit_events WHERE kind = 'tender_matter_read'"
    assert [r.actor_id for r in proposed.sql(looks)] == [proposed.people["head"]]
    proposed.advance(1)
    sign_in(proposed, "head").get(f"/cases/{proposed.case}")
    assert len(proposed.sql(looks)) == 2
    assert proposed.row().row_version == version


@pytest.mark.parametrize(
    ("by_page", "address"),
    [
        (False, "/api/v1/cases/{case}/actions?trigger=decide_award"),
        (False, "/api/v1/cases/{case}/events"),
        (True, "/cases/{case}/do/decide_award"),
        (True, "/trail/{case}/{proposal}"),
        (True, "/trail/{case}/{proposal}/json"),
        (False, "/api/v1/cases/{case}/comments"),
        (False, "/api/v1/cases/{case}/files/{file}/content"),
        (True, "/cases/{case}/files/{file}"),
        (True, "/cases/{case}/decisions/{decision}.docx"),
    ],
)
def test_every_way_to_secret_tenders_is_traced(proposed: Play, by_page: bool, address: str) -> None:  # I34
    seen = {"case": proposed.case}
    of_case = "FROM {} WHERE case_id = :c ORDER BY 1 DESC"
    seen["proposal"] = proposed.sql("SELECT seq " + of_case.format("audit_events"), c=proposed.case)[0].seq
    seen["decision"] = proposed.sql("SELECT id " + of_case.format("decisions"), c=proposed.case)[0].id
    officer = program(proposed, "officer")
    officer.post(f"/api/v1/cases/{proposed.case}/comments", json={"text": f"Om {SECRET}"})
    added = officer.post(f"/api/v1/cases/{proposed.case}/files", files={"file": ("anbud.txt", SECRET.encode())})
    seen["file"] = added.json()["id"]
    client = sign_in(proposed, "head") if by_page else program(proposed, "head")
    for _ in range(2):
        assert client.get(address.format(**seen)).status_code == 200
    looks = proposed.sql("SELECT actor_id FROM audit_events WHERE kind = 'tender_matter_read'")
    assert [r.actor_id for r in looks] == [proposed.people["head"]]


def test_the_role_alone_shows_nothing_of_a_proposal(proposed: Play) -> None:
    client = later_head(proposed)
    found = action(client, proposed.case, "decide_award")
    assert found["mine"], "the role is held"
    assert [b["code"] for b in found["blockers"]] == ["not_on_access_list"]
    for each in (found, *found["lots"]):
        assert each["basis"] is None
        assert each["basis_hash"] is None, "a hash of few possible contents is as good as the contents"
    assert found["mandate"] is None, "the rule tells between which limits the value lies"
    assert SECRET not in client.get(f"/api/v1/cases/{proposed.case}").text


def test_whether_a_mandate_covers_the_value_is_told_to_those_who_may_see_it(proposed: Play) -> None:
    with proposed.app.database.write() as uow:
        uow.connection.exec_driver_sql("UPDATE mandates SET limit_ore = 1 WHERE act = 'decide_award'")
    on_the_list = action(program(proposed, "head"), proposed.case, "decide_award")
    assert [b["code"] for b in on_the_list["blockers"]] == ["no_mandate"]
    outside = action(later_head(proposed), proposed.case, "decide_award")
    assert [b["code"] for b in outside["blockers"]] == ["not_on_access_list"]


def test_those_on_the_access_list_decide_on_what_they_see(proposed: Play) -> None:
    found = action(program(proposed, "head"), proposed.case, "decide_award")
    assert found["allowed"]
    assert found["basis"]["award_proposal"]["suppliers"][0]["name"] == SECRET
    assert found["basis_hash"]
    assert found["mandate"] == "4.2"


@pytest.mark.parametrize("who", ["owner", "officer_2", "strategist", "registrar", "reviewer", "admin"])
def test_before_the_award_no_page_names_a_tenderer(proposed: Play, who: str) -> None:
    browser = sign_in(proposed, who)
    case = proposed.case
    paths = [
        "/my-tasks", "/cases", f"/cases/{case}", f"/cases/{case}?all=1", f"/cases/{case}/do/decide_award", "/suppliers",
        f"/search?q={SECRET}", "/trail", f"/cases/{case}/do/submit_award_proposal", "/cases/export?format=csv",
    ]  # fmt: skip
    paths += [f"/trail/{case}/{e.seq}{end}" for e in proposed.events() for end in ("", "/json")]
    for path in paths:
        answer = browser.get(path)
        assert answer.status_code == 200, path
        text = answer.text.replace(f"”{SECRET}”", "").replace(f'value="{SECRET}"', "")
        assert SECRET not in text, path
        assert "bäst kvalitet" not in text, path


# --- another region ----------------------------------------------------------------------------------------------


def test_nobody_of_another_region_is_put_on_a_case(play: Play, kalmar: Play) -> None:
    play.open()
    stranger = kalmar.people["officer"]
    for task in play.tasks():
        with pytest.raises(InvalidForm):
            play.do("officer", HandOn(task.id, stranger, None))
        with pytest.raises(InvalidForm):  # as for somebody who is nowhere
            play.do("officer", HandOn(task.id, "0" * 32, None))
    form = {"title": "Avtal", "unit": play.people["unit"], "owner": play.people["owner"], **SUPPLIER}
    contract = play.do("officer", OpenCase("contract", play.region, form))["id"]
    client = program(play, "officer")
    found = client.get(f"/api/v1/cases/{contract}").json()
    body = {
        "row_version": found["row_version"],
        "form": {"manager": stranger, "contract_class": "b", "follow_up_plan": "årligen"},
    }
    refused = client.post(f"/api/v1/cases/{contract}/actions/propose_handover", json=body)
    assert refused.status_code == 422, refused.text
    assert kalmar.mail_to("officer") == []
    assert not [m for m in play.outbox(case=contract) if m.recipient.endswith("kalmar.example")]


def test_a_supplier_is_called_as_ones_own_region_calls_it(play: Play, kalmar: Play) -> None:
    number = SUPPLIER["organisation_number"]
    theirs = {"title": "Deras", "supplier_name": "Öknamn satt i Kalmar", "organisation_number": number}
    kalmar.do("officer", OpenCase("contract", kalmar.region, {**theirs, "unit": kalmar.people["unit"]}))
    form = {"title": "Vårt", "unit": play.people["unit"], "supplier_name": "Städ AB", "organisation_number": number}
    case = play.do("officer", OpenCase("contract", play.region, form))["id"]
    client = program(play, "officer")
    for path in (f"/cases/{case}", "/contracts", "/suppliers", "/tasks", "/contracts?q=%C3%B6knamn"):
        answer = client.get(f"/api/v1{path}")
        assert answer.status_code == 200
        assert "Öknamn" not in answer.text, path
    assert [c["supplier_name"] for c in client.get("/api/v1/contracts?q=st%C3%A4d").json()["items"]] == ["Städ AB"]


# --- forms that say too much -------------------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["supplier_id", "signed_by", "lot_number"])
def test_a_contract_by_hand_says_nothing_that_only_a_signing_says(play: Play, field: str) -> None:
    value: Any = {"supplier_id": "x", "signed_by": play.people["head"], "lot_number": 1}[field]
    body = {"process": "contract", "region": play.region, "title": "Avtal", "form": {**SUPPLIER, field: value}}
    del body["form"]["value"]  # type: ignore[attr-defined]
    answer = program(play, "officer").post("/api/v1/cases", json=body)
    assert answer.status_code == 422
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [(field, "field_unknown")]


def test_the_reviewer_changes_nothing(play: Play) -> None:
    case = play.open()
    task = play.tasks()[0].id
    client, browser = program(play, "reviewer"), sign_in(play, "reviewer")
    posts: list[tuple[str, Any]] = [
        ("/cases", {"process": "procurement", "region": play.region, "title": "Nytt", "form": {}}),
        (f"/cases/{case}/actions/submit_needs_analysis", {"row_version": 1, "form": {}}),
        (f"/cases/{case}/comments", {"text": "hej"}),
        (f"/tasks/{task}/hand-on", {"person": play.people["officer_2"]}),
        (f"/tasks/{task}/conflict", {"reason": "jäv"}),
        ("/parameters", {"name": "mail_hour", "value": "9", "valid_from": "2027-01-01", "source": "beslut"}),
    ]  # fmt: skip
    before = play.kinds()
    for path, body in posts:
        assert client.post(f"/api/v1{path}", json=body).status_code in (403, 422), path
    token = csrf_token(browser)
    for path in (f"/cases/{case}/correct", f"/cases/{case}/comments", f"/tasks/{task}/hand-on", "/admin/people"):
        assert browser.post(path, data={"csrf_token": token, "title": "X", "text": "X"}).status_code == 403, path
    assert play.kinds() == before


# --- what no database takes, and what no answer or log may hold --------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/trail/x/99999999999999999999999", "/cases?year=0000", "/trail?to_on=9999-12-31", "/trail?from_on=0001-01-01",
        "/trail?after=9999-12-31T23:59:59%2B00:00~x~99999999999999999999", "/trail?after=0001-01-01T00:00:00%2B14:00~x~1",
    ],
)  # fmt: skip
def test_numbers_and_days_beyond_measure_are_no_fault_of_ours(play: Play, path: str) -> None:
    assert sign_in(play, "officer").get(path).status_code < 500


@pytest.mark.parametrize("after", ["9" * 30, "9" * 5000])
def test_a_cursor_beyond_measure_is_refused(play: Play, after: str) -> None:
    answer = program(play, "officer").get(f"/api/v1/cases/{play.open()}/events", params={"after": after})
    assert answer.status_code == 422


def test_an_error_of_the_database_shows_no_values(
    play: Play, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    value = "@".join(["hemlig", "norrbotten.example"])  # not to stand in a line of the traceback itself

    def fails(*_: Any) -> None:
        with play.app.database.read() as uow:
            uow.connection.exec_driver_sql("SELECT nonsense FROM nowhere WHERE a = ?", (value,))

    def fails_on_the_way(*_: Any) -> None:
        raise ProgrammingError("SELECT ?", ["hemlig"], ValueError("x"))

    with caplog.at_level(logging.ERROR):
        monkeypatch.setattr("workflow.web.pages.sign_in.viewer_of", fails)
        assert site(play).get("/sign-in").status_code in (500, 503)
        monkeypatch.setattr("workflow.web.pages.sign_in.viewer_of", fails_on_the_way)
        answer = site(play).get("/sign-in")
    assert answer.status_code == 500
    assert "Något är fel hos oss" in answer.text
    assert answer.headers["content-security-policy"]
    shown = "".join(logging.Formatter().format(r) for r in caplog.records)
    assert value not in shown


def test_a_line_is_one_line_wherever_it_goes(play: Play) -> None:  # I28, I48
    body = {"process": "procurement", "region": play.region, "title": "Städ\r\nBcc: x@y.example", "form": {}}
    client = program(play, "officer")
    made = client.post("/api/v1/cases", json=body)
    assert made.status_code == 201, made.text
    assert client.get(f"/api/v1/cases/{made.json()['id']}").json()["title"] == "Städ Bcc: x@y.example"


def test_tender_documents_are_put_on_a_case_after_the_opening(play: Play) -> None:  # I42
    play.open()
    files = {"file": ("Anbud Firma.pdf", b"%PDF-1")}
    answer = program(play, "officer").post(f"/api/v1/cases/{play.case}/files", data={"secrecy": "tender"}, files=files)
    assert [(e["field"], e["code"]) for e in answer.json()["errors"]] == [("secrecy", "tenders_not_opened")]
    assert program(play, "owner").get(f"/api/v1/cases/{play.case}/files").json()["items"] == []


def test_a_rehearsal_opens_no_file_that_somebody_else_stored(play: Play, kalmar: Play) -> None:  # I41
    listed = "Avtalsnamn;Leverantör\nHemligt avtal;Hemlig AB\n".encode()
    open_store(kalmar.app.settings.files).put(BytesIO(listed), "a.csv")
    kept = {"file-sha256": hashlib.sha256(listed).hexdigest(), "file-name": "a.csv"}
    ours = sign_in(play, "officer")
    for extra in ({}, {"file-seal": "0" * 64}):
        form = {"csrf_token": csrf_token(ours), **kept, **extra}
        answer = ours.post("/contracts/import", data=form)
        assert answer.status_code == 422
        assert "Hemlig" not in answer.text


@pytest.mark.parametrize("trigger", ["NaN", "xlsx", "decide_everything"])
def test_a_receipt_of_a_step_that_there_is_not_is_not_there(play: Play, trigger: str) -> None:
    assert sign_in(play, "officer").get(f"/cases/{play.open()}/done/{trigger}").status_code == 404


def test_the_record_of_a_decision_is_the_same_whoever_fetches_it(play: Play) -> None:
    play.open(owner=play.people["owner"], officer=play.people["officer"])
    play.to_target_decision()
    hidden = {"files": {"file": ("bolag.txt", b"bolag")}, "data": {"secrecy": "business"}}
    assert program(play, "officer").post(f"/api/v1/cases/{play.case}/files", **hidden).status_code == 201
    play.act("owner", "decide_sustainability_target", reasons="Bra mål")
    play.do("officer", WriteComment(play.case, "Sagt efteråt", "comment"))
    play.act("officer", "save_requirements", requirements=[REQUIREMENT])
    (decision,) = play.sql("SELECT id FROM decisions WHERE trigger = 'decide_sustainability_target'")

    address = f"/cases/{play.case}/decisions/{decision.id}.docx"
    said = [unpacked(sign_in(play, who).get(address).content) for who in ("officer", "admin")]
    assert "Bra mål" in said[0]
    assert said[0] == said[1]
