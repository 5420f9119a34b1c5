"""No sanction ends in silence: each that the supplier was told of is told of once more when it ends, and only once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.ladder import Ladder
from tests.play import Play

SKIP = "Parallella rättigheter enligt punkt 5."
WAYS = {
    "decide_withdrawn": {},
    "decide_settled": {},
    "decide_other_rung": {"to_rung": "formal_demand"},
}
ENDS = ("stop_lifted", "fine_ended", "termination_withdrawn", "deviation_closed")


@pytest.fixture
def ladder(play: Play) -> Ladder:
    return Ladder(play)


def end(ladder: Ladder, way: str) -> None:
    ladder.act("head", way, reasons="Ni har rättat bristen.", **WAYS[way])
    ladder.play.run_due()


def told(ladder: Ladder) -> list[str]:
    """The letters that tell of an end, in order, all of them taken by the supplier's mail server."""
    found = [n for n in ladder.letters() if n.kind in ENDS]
    assert all(n.status == "delivered" for n in found)
    return [n.kind for n in found]


def letter(ladder: Ladder, kind: str) -> str:
    (found,) = [n for n in ladder.letters() if n.kind == kind]
    return str(found.text)


@pytest.mark.parametrize("way", WAYS)
def test_a_stop_and_a_fine_that_end_are_told_of_each_before_the_closing(ladder: Ladder, way: str) -> None:
    ladder.to_decision()
    ladder.decide("call_off_stop")
    ladder.decide("contractual_fine", skip_reason=SKIP)
    ladder.play.advance(10)
    end(ladder, way)
    closed = ["deviation_closed"] if way != "decide_other_rung" else []
    assert told(ladder) == ["stop_lifted", "fine_ended", *closed]
    assert "Ni har rättat bristen." in letter(ladder, "stop_lifted")
    assert "sammanlagt 20 000 kr" in letter(ladder, "fine_ended")
    goes_on = "Ärendet om avvikelsen är inte avslutat."
    assert all((goes_on in letter(ladder, kind)) == (not closed) for kind in ("stop_lifted", "fine_ended"))


@pytest.mark.parametrize(
    ("rung", "way"),
    [
        *(("termination_with_notice", way) for way in WAYS),
        *(("immediate_termination", way) for way in WAYS if way != "decide_other_rung"),  # nothing leads down from it
    ],
)
def test_a_termination_that_is_taken_back_is_told_with_a_day_to_object(play: Play, rung: str, way: str) -> None:
    if rung == "immediate_termination":
        ladder = Ladder(play, deviation_kind="child_labour")
        shortcut(ladder)
    else:
        ladder = Ladder(play)
        ladder.to_decision()
        ladder.decide(rung, skip_reason=SKIP)
    play.advance(3)
    end(ladder, way)
    assert told(ladder)[:1] == ["termination_withdrawn"]
    assert told(ladder).count("termination_withdrawn") == 1
    text = letter(ladder, "termination_withdrawn")
    assert "Vi tar nu tillbaka uppsägningen." in text
    assert "Är ni inte det, meddela oss senast " in text


def shortcut(ladder: Ladder) -> None:
    prepared = {"prepared_rung": "immediate_termination", "proportionality": "Barn i fabriken.", "evidence": "Rapport"}
    ladder.act("officer", "prepare_rung", **prepared)
    ladder.act("officer", "amend_deviation", probable=True, reason="Två oberoende källor.")
    ladder.act("head", "decide_severe_termination", reasons="Allvarligt.")
    ladder.play.run_due()


@pytest.mark.parametrize("rung", ["call_off_stop", "contractual_fine", "termination_with_notice"])
@pytest.mark.parametrize("way", WAYS)
def test_no_word_of_the_end_of_what_the_supplier_never_heard_of(ladder: Ladder, rung: str, way: str) -> None:
    ladder.to_decision()
    ladder.decide(rung, skip_reason=SKIP)
    ladder.bounce()
    ladder.play.advance(2)
    end(ladder, way)
    assert told(ladder) == (["deviation_closed"] if way != "decide_other_rung" else [])


@pytest.mark.parametrize("rung", ["call_off_stop", "contractual_fine"])
def test_what_was_lifted_by_a_decision_of_its_own_is_not_told_of_again(ladder: Ladder, rung: str) -> None:
    ladder.to_decision()
    ladder.decide(rung, skip_reason=SKIP)
    ladder.play.advance(3)
    way = {"call_off_stop": "decide_lift_of_call_off_stop", "contractual_fine": "decide_end_of_fine"}[rung]
    ladder.act("head", way, reasons="Grunden finns inte längre.", until_on="2026-08-03")
    ladder.play.run_due()
    end(ladder, "decide_withdrawn")
    assert len(told(ladder)) == 2
    assert told(ladder)[-1] == "deviation_closed"


def test_a_stop_that_ends_before_its_letter_has_left_is_told_of_after_it(ladder: Ladder) -> None:
    ladder.to_decision()
    ladder.act("officer", "prepare_rung", prepared_rung="call_off_stop", ground="not_reporting",
               proportionality="Rimligt.", evidence="Revisionen")  # fmt: skip
    ladder.act("owner", "consent_to_call_off_stop", consents=True, note="Ja")
    ladder.act("head", "decide_call_off_stop", reasons="Ni har inte svarat.")
    end(ladder, "decide_withdrawn")
    assert [n.kind for n in ladder.letters() if n.status == "delivered"][-3:] == [
        "call_off_stop", "stop_lifted", "deviation_closed",
    ]  # fmt: skip


def test_a_remedied_deviation_lifts_the_stop_that_stood_with_a_letter(ladder: Ladder) -> None:
    play = ladder.play
    ladder.to_decision()
    ladder.decide("call_off_stop")
    ladder.hand_in_plan()
    ladder.act("owner", "accept_action_plan", reasons="Rimlig plan.")
    today = play.today.isoformat()
    ladder.act("officer", "record_remedy", remedied_on=today, note="Klart")
    verified: dict[str, Any] = {"verified": True, "verified_by_means": "documents", "verified_on": today}
    ladder.act("strategist", "record_verification", note="Styrkt", **verified)
    ladder.act("owner", "decide_remedied", reasons="Återbesöket visar det.")
    play.run_due()
    assert told(ladder) == ["stop_lifted", "deviation_closed"]


def test_every_letter_of_a_step_is_bound_by_its_event(ladder: Ladder) -> None:
    ladder.to_decision()
    ladder.decide("call_off_stop")
    ladder.decide("contractual_fine", skip_reason=SKIP)
    end(ladder, "decide_settled")
    events = [e.body for e in ladder.play.sql("SELECT body FROM audit_events WHERE case_id = :c", c=ladder.id)]
    for notice in ladder.letters():
        assert sum(f'"{notice.text_hash}"' in body and "decide_settled" in body for body in events) == (
            notice.kind in ENDS
        )


def test_where_the_contract_has_ended_its_termination_said_all(ladder: Ladder) -> None:
    ladder.to_decision()
    ladder.decide("contractual_fine", skip_reason=SKIP)
    ladder.play.advance(60)
    ladder.decide("immediate_termination")
    ladder.act("officer", "close_terminated")
    ladder.play.run_due()
    assert told(ladder) == []
