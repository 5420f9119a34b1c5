"""Letters through the web: the Word file from the case, texts by two people with a preview, letterheads; page and API."""

from __future__ import annotations

import html
from datetime import timedelta
from typing import Any

import pytest

from tests.ladder import Ladder
from tests.play import Play
from tests.web.site import csrf_token, program, sign_in
from workflow.documents.word import MEDIA_TYPE

TEXT = "Avtal {avtalsnummer}, {avtalspunkt}.\nSvara senast {sista svarsdag}.\nHälsningar"
PAGE = "/admin/letters/reminder_1/sv"


@pytest.fixture
def ladder(play: Play) -> Ladder:
    made = Ladder(play)
    made.climb_to("reminder_1")
    return made


def send(browser: Any, path: str, **given: str) -> Any:
    return browser.post(path, data={"csrf_token": csrf_token(browser), **given})


def test_the_case_page_leads_to_the_letter_as_word(ladder: Ladder) -> None:
    browser = sign_in(ladder.play, "officer")
    page = browser.get(f"/cases/{ladder.id}").text
    letter = ladder.letters()[-1]
    assert html.escape(letter.subject) in page
    answer = browser.get(f"/cases/{ladder.id}/letters/{letter.id}.docx")
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert "attachment" in answer.headers["content-disposition"]
    again = program(ladder.play, "officer").get(f"/api/v1/cases/{ladder.id}/letters/{letter.id}/content")
    assert again.content == answer.content
    assert browser.get(f"/cases/{ladder.contract}/letters/{letter.id}.docx").status_code == 404


def test_the_letters_of_a_case_by_the_api(ladder: Ladder) -> None:
    items = program(ladder.play, "officer").get(f"/api/v1/cases/{ladder.id}/letters").json()["items"]
    kinds = ["dialogue", "opportunity_to_remedy", "plan_reminder", "plan_reminder", "reminder_1"]
    assert [i["kind"] for i in items] == kinds
    assert all(len(i["document_hash"]) == len(i["text_hash"]) == 64 for i in items)


def test_a_text_is_previewed_proposed_and_released_by_another(ladder: Ladder) -> None:
    play = ladder.play
    admin, head = sign_in(play, "admin"), sign_in(play, "head")
    typed = {
        "subject": "Påminnelse om {avtal}",
        "text": TEXT,
        "valid_from": play.today.isoformat(),
        "source": "Beslut 8",
    }
    shown = send(head, PAGE, do="preview", case=ladder.id, **typed)
    assert shown.status_code == 200
    assert "Avtal AVT-2026-0001" in shown.text
    assert play.sql("SELECT count(*) AS n FROM letter_texts")[0].n == 0
    proposed = send(admin, PAGE, do="propose", **typed)
    assert proposed.status_code == 303, proposed.text
    at = proposed.headers["location"]
    assert send(admin, f"{at}/release").status_code == 403
    assert "Påminnelse om Undersökningshandskar" in head.get(at, params={"case": ladder.id}).text
    assert send(head, f"{at}/release").status_code == 303
    assert "egen text" in head.get("/admin/letters").text
    assert "egen text" in head.get(PAGE).text
    back = send(head, PAGE, do="standard", valid_from=play.today.isoformat(), source="Beslut 9").headers["location"]
    assert send(admin, f"{back}/release").status_code == 303
    assert "standardtext sedan" in head.get("/admin/letters").text


@pytest.mark.parametrize("do", ["propose", "preview"])
def test_a_fault_stands_at_its_field_and_the_text_is_kept(ladder: Ladder, do: str) -> None:
    admin = sign_in(ladder.play, "admin")
    answer = send(admin, PAGE, do=do, subject="Påminnelse", text=TEXT + " {okänt}", valid_from="2026-04-01", source="x")
    assert answer.status_code == 422
    assert 'href="#f-text"' in answer.text
    assert "{okänt}. Välj bland" in html.unescape(answer.text)
    assert "Hälsningar {okänt}" in html.unescape(answer.text)


def test_a_proposal_is_turned_down_with_a_reason(ladder: Ladder) -> None:
    admin, head = sign_in(ladder.play, "admin"), sign_in(ladder.play, "head")
    day = ladder.play.today.isoformat()
    at = send(admin, PAGE, do="propose", subject="P", text=TEXT, valid_from=day, source="x").headers["location"]
    assert send(head, f"{at}/reject", reason="").status_code == 422
    assert send(head, f"{at}/reject", reason="För kort").status_code == 303
    assert "För kort" in head.get(at).text


def test_the_officer_reads_the_texts_but_proposes_none(ladder: Ladder) -> None:
    officer = sign_in(ladder.play, "officer")
    page = officer.get(PAGE).text
    assert "{sista svarsdag}" in page
    assert "<textarea" not in page
    assert send(officer, PAGE, do="propose", subject="P", text=TEXT).status_code == 403


def test_the_same_by_the_api(ladder: Ladder) -> None:
    play = ladder.play
    admin, head = program(play, "admin"), program(play, "head")
    listed = head.get("/api/v1/letters").json()
    one = next(i for i in listed["items"] if (i["kind"], i["locale"]) == ("reminder_1", "sv"))
    assert "response_day" in one["required"]
    assert listed["placeholders"]["response_day"] == {"sv": "sista svarsdag", "en": "last day to answer"}
    body = {"kind": "reminder_1", "locale": "sv", "subject": one["subject"], "text": one["text"] + "\nTack.",
            "valid_from": play.today.isoformat(), "source": "Beslut"}  # fmt: skip
    assert admin.post("/api/v1/letters", json={**body, "text": "Hej"}).status_code == 422
    made = admin.post("/api/v1/letters", json=body)
    assert made.status_code == 201, made.text
    text_id = made.json()["id"]
    seen = head.get(f"/api/v1/letters/texts/{text_id}/preview", params={"case": ladder.id}).json()
    assert seen["text"].endswith("Tack.\n")
    assert admin.post(f"/api/v1/letters/texts/{text_id}/release", json={}).status_code == 403
    assert head.post(f"/api/v1/letters/texts/{text_id}/release", json={}).json()["status"] == "released"
    assert head.post(f"/api/v1/letters/texts/{text_id}/reject", json={"reason": "x"}).status_code == 409
    assert [t["status"] for t in head.get("/api/v1/letters/texts").json()["items"]] == ["released"]


HEAD = {"unit": "", "sender": "Region Norrbotten", "department": "Inköp", "address": "Box 1\n971 89 Luleå",
        "contact": "0920-1", "reference_person": "", "source": "Profil"}  # fmt: skip


def test_a_letterhead_is_proposed_on_a_page_and_released_by_another(ladder: Ladder) -> None:
    play = ladder.play
    admin, head, officer = sign_in(play, "admin"), sign_in(play, "head"), sign_in(play, "officer")
    given = HEAD | {"valid_from": play.today.isoformat()}
    for name, value in (("address", ""), ("valid_from", (play.today - timedelta(days=1)).isoformat())):
        refused = send(admin, "/admin/letterheads", **{**given, name: value})
        assert refused.status_code == 422
        assert f'href="#f-{name}"' in refused.text
        assert "Profil" in refused.text
    assert send(officer, "/admin/letterheads", **given).status_code == 403
    at = send(admin, "/admin/letterheads", **given).headers["location"]
    mine = admin.get(at).text
    assert "Väntar på en andra person" in mine
    assert "Ta tillbaka" in mine
    assert f"{at}/release" not in mine
    for path in ("/admin/letters", "/admin/letterheads"):
        assert "1 föreslaget brevhuvud väntar på en andra person" in officer.get(path).text
    assert send(admin, f"{at}/release").status_code == 403
    assert "971 89 Luleå" in head.get(at).text
    assert send(head, f"{at}/release").status_code == 303
    assert "frisläppt" in head.get(at).text
    assert send(head, f"{at}/reject", reason="x").status_code == 409
    assert "971 89 Luleå" in officer.get("/admin/letterheads").text
    other = send(head, "/admin/letterheads", **{**given, "contact": "Bankgiro 1"}).headers["location"]
    assert send(admin, f"{other}/reject", reason="").status_code == 422
    assert send(admin, f"{other}/reject", reason="Inget bankgiro").status_code == 303
    assert "Inget bankgiro" in head.get(other).text
    assert officer.get(f"/admin/letterheads/{'0' * 32}").status_code == 404


def test_a_letterhead_by_the_api(ladder: Ladder) -> None:
    play = ladder.play
    admin, head = program(play, "admin"), program(play, "head")
    given = HEAD | {"unit": None, "valid_from": play.today.isoformat()}
    made = admin.post("/api/v1/letterheads", json=given)
    assert (made.status_code, made.json()["status"]) == (201, "proposed")
    path = f"/api/v1/letterheads/{made.json()['id']}"
    assert admin.post(f"{path}/release", json={}).json()["code"] == "same_person"
    assert head.post(f"{path}/release", json={}).json()["status"] == "released"
    assert head.post(f"{path}/release", json={}).status_code == 409
    late = admin.post("/api/v1/letterheads", json={**given, "valid_from": "2026-01-01"})
    assert [e["code"] for e in late.json()["errors"]] == ["letterhead_in_the_past"]
    second = head.post("/api/v1/letterheads", json={**given, "address": "Box 2"}).json()["id"]
    assert head.post(f"/api/v1/letterheads/{second}/reject", json={"reason": "Fel"}).json()["status"] == "rejected"
    items = admin.get("/api/v1/letterheads").json()["items"]
    assert [(h["address"], h["status"], h["reason"]) for h in items] == [
        ("Box 2", "rejected", "Fel"),
        ("Box 1\n971 89 Luleå", "released", None),
    ]
    assert items[1]["settled_by"] == play.people["head"]
    assert program(play, "officer").post("/api/v1/letterheads", json=given).status_code == 403
