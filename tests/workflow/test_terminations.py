"""What a termination does to its contract: it ends sooner, its options end, the next procurement is planned anew."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from states.errors import NotPermitted
from tests.ladder import GROUND, Ladder, contract
from tests.play import Play
from workflow.db.statements import Row


@pytest.fixture
def ladder(play: Play) -> Ladder:
    return Ladder(play, contract(play, option_count=2, option_months=12))


def row(ladder: Ladder) -> Row:
    (found,) = ladder.play.sql("SELECT * FROM contracts WHERE case_id = :id", id=ladder.contract)
    return found


def day(value: Any) -> date | None:
    return date.fromisoformat(str(value)) if value else None


def terminate(ladder: Ladder, rung: str = "termination_with_notice") -> None:
    ladder.to_decision()
    ladder.decide(rung, skip_reason="Avtalet löper ut i närtid.")


def shortcut(ladder: Ladder) -> None:
    prepared = {"prepared_rung": "immediate_termination", "proportionality": "Barn i fabriken.", "evidence": "Rapport"}
    ladder.act("officer", "prepare_rung", **prepared)
    ladder.act("officer", "amend_deviation", probable=True, reason="Två oberoende källor.")
    ladder.act("head", "decide_severe_termination", reasons="Allvarligt.")


def test_a_termination_with_notice_ends_the_contract_and_plans_what_follows(ladder: Ladder) -> None:
    play = ladder.play
    terminate(ladder)
    assert play.today == date(2026, 5, 22)
    last = date(2026, 8, 24)  # three months from the hand-over is a Saturday: the Monday after
    assert (day(row(ladder).end_on), day(row(ladder).last_end_on), row(ladder).option_count) == (last, last, 0)
    assert "termination_recorded" in play.kinds(case=ladder.contract)
    play.run_due()
    assert ("start_renewal", "contract_owner") in play.owed(case=ladder.contract)  # 18 months before has passed
    assert play.row(ladder.contract).state == "final_evaluation"  # six months before has too
    play.act("owner", "record_final_evaluation", case=ladder.contract, evaluation_goals_met="Nej", lessons="Granska")
    while play.today <= last:
        play.advance(1)
    assert play.row(ladder.contract).state == "ended"


def test_an_immediate_termination_ends_the_contract_on_the_day_its_letter_arrives(play: Play) -> None:
    ladder = Ladder(play, deviation_kind="child_labour")
    shortcut(ladder)
    assert row(ladder).terminated_on is None  # decided is not arrived
    play.advance(1)
    assert day(row(ladder).end_on) == play.today


def test_a_letter_of_termination_that_comes_back_ends_nothing(ladder: Ladder) -> None:
    terminate(ladder)
    ladder.bounce()
    assert day(row(ladder).end_on) == date(2030, 12, 31)
    assert row(ladder).option_count == 2
    assert row(ladder).terminated_on is None
    assert ladder.play.row(ladder.contract).state == "in_force"


@pytest.mark.parametrize("way", ["decide_withdrawn", "decide_settled", "decide_other_rung"])
def test_a_termination_that_is_taken_back_gives_the_contract_its_time(ladder: Ladder, way: str) -> None:
    terminate(ladder)
    ladder.play.run_due()
    more = {"to_rung": "escalation_meeting"} if way == "decide_other_rung" else {}
    ladder.act("head", way, reasons="Leverantören har rättat.", **more)
    ladder.play.run_due()
    assert (day(row(ladder).end_on), day(row(ladder).last_end_on)) == (date(2030, 12, 31), date(2032, 12, 31))
    assert ladder.play.row(ladder.contract).state == "in_force"


def test_a_termination_never_lengthens_a_contract(play: Play) -> None:
    ladder = Ladder(play, contract(play, end_on="2026-06-30"))
    terminate(ladder)
    assert day(row(ladder).end_on) == date(2026, 6, 30)


def test_of_two_terminations_the_one_that_stands_counts(play: Play) -> None:
    first = Ladder(play)
    terminate(first)
    second = Ladder(play, first.contract, title="Barnarbete", deviation_kind="child_labour")
    shortcut(second)
    play.run_due()
    assert day(row(first).end_on) == play.today
    second.act("head", "decide_withdrawn", reasons="Uppgifterna stämde inte.")
    assert day(row(first).end_on) == date(2026, 8, 24)


def test_nobody_records_a_termination_that_nobody_decided(ladder: Ladder) -> None:
    with pytest.raises(NotPermitted, match="no_termination"):
        ladder.play.act("officer", "record_termination", case=ladder.contract)


# --- the owner's consent ------------------------------------------------------------------------------------------


def prepare_stop(ladder: Ladder) -> None:
    prepared = {"prepared_rung": "call_off_stop", "proportionality": "Rimligt.", "evidence": "Revisionen"}
    ladder.act("officer", "prepare_rung", ground=GROUND, **prepared)


def test_a_stop_waits_for_the_owners_consent_and_a_refusal_keeps_it_away(ladder: Ladder) -> None:
    ladder.to_decision()
    with pytest.raises(NotPermitted, match="rung_not_prepared"):
        ladder.act("owner", "consent_to_call_off_stop", consents=True, note="Ja")
    prepare_stop(ladder)
    assert ("consent_to_call_off_stop", "contract_owner") in ladder.owed()
    ladder.act("owner", "consent_to_call_off_stop", consents=False, note="Vården har ingen annan leverantör.")
    with pytest.raises(NotPermitted, match="consent_refused"):
        ladder.act("head", "decide_call_off_stop", reasons="Ändå")
    prepare_stop(ladder)  # a new draft asks anew
    assert ("consent_to_call_off_stop", "contract_owner") in ladder.owed()
    ladder.act("owner", "consent_to_call_off_stop", consents=True, note="Ett annat ramavtal täcker.")
    ladder.act("head", "decide_call_off_stop", reasons="Leverantören svarar inte.")
    assert ladder.state == "call_off_stop"


def test_while_a_ground_is_investigated_a_stop_waits_for_nobodys_consent(ladder: Ladder) -> None:
    ladder.offer()
    prepare_stop(ladder)
    ladder.act("head", "decide_stop_while_investigating", reasons="Uppgifterna utreds.")
    assert ladder.view.stops[0].why == "investigating"


def test_a_consent_that_is_not_given_is_reminded_of_and_escalated(ladder: Ladder) -> None:
    ladder.to_decision()
    prepare_stop(ladder)
    ladder.play.clock.at += timedelta(days=40)
    ladder.play.run_due()
    assert ladder.state == "escalation_meeting"
    assert "escalated" in ladder.play.kinds(case=ladder.id)
