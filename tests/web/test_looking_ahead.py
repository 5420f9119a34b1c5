"""What happens if nobody does anything: the pages and the API, who may look, and that a look changes nothing."""

from __future__ import annotations

from typing import Any

import pytest

from tests.play import Play
from tests.web.site import csrf_token, program, sign_in
from tests.web.test_walls import SECRET, proposed
from workflow.people.sessions import TooManyAttempts
from workflow.web.looks_ahead import LooksAhead

__all__ = ["proposed"]


def rows(play: Play) -> list[Any]:
    tables = ("timers", "tasks", "outbox_messages", "digests", "decider_warnings", "duties", "cases")
    return [sorted(map(repr, play.sql(f"SELECT * FROM {name}"))) for name in tables]


@pytest.fixture
def asked(play: Play) -> Play:
    play.open(owner=play.people["owner"], officer=play.people["officer"])
    play.need()
    return play


def test_the_case_leads_to_what_happens_if_nobody_does_anything(asked: Play) -> None:
    owner = sign_in(asked, "owner")
    assert f'href="/cases/{asked.case}/ahead"' in owner.get(f"/cases/{asked.case}").text
    before = rows(asked)
    answer = owner.get(f"/cases/{asked.case}/ahead?months=3")
    assert answer.status_code == 200
    for words in ("Vad händer om ingen gör något?", "Inget är skickat och inget är ändrat", "Påminnelse:",
                  "Går vidare till chefen", "Mejl till Åsa Ägare", "Sent och ogjort vid slutet"):  # fmt: skip
        assert words in answer.text, words
    assert "What happens if nobody" in owner.get(f"/cases/{asked.case}/ahead?months=3&lang=en").text
    assert rows(asked) == before


def test_a_region_is_worked_out_beside_and_shown_to_whoever_asked(asked: Play) -> None:
    head, admin = sign_in(asked, "head"), sign_in(asked, "admin")
    assert head.get("/ahead").status_code == 200
    before = rows(asked)
    assert head.post("/ahead", data={"months": "3"}).status_code == 403, "no form of this session"
    begun = head.post("/ahead", data={"months": "3", "csrf_token": csrf_token(head)})
    assert begun.status_code == 303
    head.app.state.looks_ahead.finish()  # type: ignore[attr-defined]
    shown = head.get("/ahead").text
    assert "Påminnelse:" in shown
    assert "Mars 2026" in shown
    owner = asked.people["owner"]
    narrowed = head.get(f"/ahead?person={owner}&kind=mail").text
    assert "Mejl till Åsa Ägare" in narrowed
    assert "Påminnelse:" not in narrowed
    assert "Påminnelse:" not in admin.get("/ahead").text, "it is for whoever asked"
    assert rows(asked) == before


def test_programs_ask_for_the_same(asked: Play, kalmar: Play) -> None:
    found = program(asked, "owner").get(f"/api/v1/cases/{asked.case}/preview?months=2")
    assert found.status_code == 200, found.text
    answer = found.json()
    assert {h["case_id"] for h in answer["happenings"]} == {asked.case}
    assert answer["counts"]["mail"] == len(answer["mails"]) > 0
    assert (answer["until"], answer["stopped"]) == ("2026-05-02", False)
    assert program(asked, "owner").get("/api/v1/preview").status_code == 403
    assert program(asked, "owner").get(f"/api/v1/cases/{asked.case}/preview?months=13").status_code == 422
    assert program(kalmar, "owner").get(f"/api/v1/cases/{asked.case}/preview").status_code == 404
    region = program(asked, "head").get("/api/v1/preview?months=1").json()
    assert region["case"] is None
    assert region["mails"]
    assert program(kalmar, "head").get("/api/v1/preview?months=1").json()["mails"] == []


def test_nothing_of_tenders_shows(proposed: Play) -> None:
    for who in ("strategist", "head"):
        text = sign_in(proposed, who).get(f"/cases/{proposed.case}/ahead").text
        text += program(proposed, who).get(f"/api/v1/cases/{proposed.case}/preview").text
        assert SECRET not in text
        assert "bäst kvalitet" not in text


def test_one_at_a_time_a_person_and_few_in_all(asked: Play) -> None:
    client = sign_in(asked, "owner")
    looks: LooksAhead = client.app.state.looks_ahead  # type: ignore[attr-defined]
    with looks.one(asked.people["owner"]):
        refused = client.get(f"/cases/{asked.case}/ahead")
        assert refused.status_code == 429
        assert "räknas redan ut" in refused.text
        with looks.one("another"), pytest.raises(TooManyAttempts), looks.one("a third"):
            pass
    assert client.get(f"/cases/{asked.case}/ahead?months=3").status_code == 200
