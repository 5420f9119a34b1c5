"""Whole procurements, told in the trade's words and played on both databases."""

from __future__ import annotations

import json
from datetime import date
from email.message import EmailMessage

import pytest

from states.errors import NoSuchStep, NotPermitted
from tests.play import CONTRACT, REQUIREMENT, SUPPLIER, TARGET, Play
from workflow.commands import Act, AssignRole, CorrectCase, SetSubstitute
from workflow.engine.act import StaleBasis
from workflow.engine.verify import verify_all
from workflow.errors import InvalidForm


def holds(play: Play) -> None:
    """The trail verifies, which includes that every case stands where its events brought it. # I8"""
    with play.app.database.read() as uow:
        result = verify_all(uow)
    assert result.ok, result.first_fault


def unmet(refusal: pytest.ExceptionInfo[NotPermitted]) -> set[str]:
    return {u.code for u in refusal.value.unmet}


def words(message: EmailMessage) -> str:
    plain = message.get_body(("plain",))
    assert plain is not None
    return str(plain.get_content())


def carry_contracts_to_the_end(play: Play) -> None:
    """Contracts without options run out: each is evaluated in time and ends by itself."""
    contracts = [play.elsewhere(c) for c in play.contracts()]
    play.advance(to="2028-02-02")
    for contract in contracts:
        assert contract.row().state == "final_evaluation"
        contract.act("owner", "record_final_evaluation", evaluation_goals_met="Målet nåddes.")
    play.advance(to="2028-08-01")
    assert [c.row().state for c in contracts] == ["ended"] * len(contracts)


# --- two lots, each its own way --------------------------------------------------------------------------------


def test_two_lots_one_sent_back_by_the_court_and_awarded_anew_to_the_end(play: Play) -> None:
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    play.award(1)
    play.award(2)
    play.notify()
    assert play.lots() == {1: "standstill", 2: "standstill"}

    play.advance(3)
    play.act(
        "officer", "record_review", 2, court="Förvaltningsrätten i Luleå", court_case_number="114-26",
        lodged_on=play.today.isoformat(),
    )  # fmt: skip
    play.advance(10)
    assert play.lots() == {1: "contract_signing", 2: "in_review"}
    assert play.row().state == "in_review", "the case is as far as its slowest lot"
    play.sign(1, option_count=0)
    play.finish_records(1)

    play.act("officer", "record_ruling", 2, ruled_on=play.today.isoformat(), ruling="correction")
    assert play.lots()[2] == "evaluation"
    assert play.row().tender_secret, "tender secrecy is back until the new award"
    with pytest.raises(NoSuchStep):
        play.act("head", "sign_contracts", 2, signed_on=play.today.isoformat(), signing_reference="S")
    play.award(2)
    play.notify(2)
    with pytest.raises(NoSuchStep):
        play.sign(2)
    play.advance(13)
    play.sign(2, option_count=0)
    play.finish_records(2)
    assert play.row().state == "follow_up"
    assert {t for t, _ in play.owed()} == {"close"}

    with pytest.raises(NotPermitted):
        play.act("officer", "close")
    carry_contracts_to_the_end(play)
    play.act("officer", "close")
    assert play.row().state == "closed"
    assert play.row().closed_at is not None
    assert play.owed() == set()
    assert play.timers() == []
    holds(play)


def test_a_cancelled_lot_waits_out_its_review_and_the_other_goes_on(play: Play) -> None:
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    play.award(1)
    play.act("officer", "propose_cancellation", 2, reasons="Bara ett anbud kom in")
    play.act("head", "decide_cancellation", 2)
    play.act("officer", "record_cancellation_notice", 2, sent_on=play.today.isoformat())
    play.notify(1)
    play.advance(9)
    assert play.lots() == {1: "standstill", 2: "cancellation_review"}
    play.advance(4)
    assert play.lots() == {1: "contract_signing", 2: "cancelled"}
    play.act("officer", "complete_documentation", 2, documentation_reference="D2")
    play.sign(1, option_count=0)
    play.finish_records(1)
    assert play.row().state == "follow_up"
    carry_contracts_to_the_end(play)
    play.act("officer", "close")
    assert play.lots() == {1: "closed", 2: "cancelled"}
    holds(play)


def test_all_lots_cancelled_end_the_case_as_cancelled(play: Play) -> None:
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    play.act("officer", "propose_cancellation", reasons="Behovet är borta")
    for lot in (1, 2):
        play.act("head", "decide_cancellation", lot)
    play.act("officer", "record_cancellation_notice", sent_on=play.today.isoformat())
    play.advance(20)
    assert play.row().state == "cancelled"
    assert play.row().closed_at is not None
    holds(play)


# --- the tracks ------------------------------------------------------------------------------------------------


def test_direct_procurement_need_decision_documentation(play: Play) -> None:
    play.open()
    play.need(track="direct", value="240 000")
    play.act(
        "owner", "decide_direct_award", **{**CONTRACT, "value": "238 000", "option_count": 0}, reasons="Tre offerter."
    )
    assert play.row().state == "documentation"
    play.act("officer", "complete_documentation", documentation_reference="D1")
    assert play.row().state == "follow_up"
    assert len(play.contracts()) == 1
    carry_contracts_to_the_end(play)
    play.act("officer", "close")
    holds(play)


def test_call_off_from_a_framework(play: Play) -> None:
    play.open()
    play.need(track="call_off", value="900 000", framework="Ramavtal städ 2025")
    play.act("owner", "decide_call_off", **CONTRACT, reasons="Rangordning.")
    play.act("officer", "complete_documentation", documentation_reference="D1")
    assert play.row().state == "follow_up"
    holds(play)


def test_renewed_competition_has_no_standstill(play: Play) -> None:
    play.open()
    play.need(track="renewed_competition", framework="Ramavtal städ 2025")
    play.act("owner", "decide_start")
    play.set_requirements({**REQUIREMENT, "target_number": None})
    play.act("officer", "record_invitation", published_on=play.today.isoformat(), tender_deadline_on="2026-03-20")
    play.open_tenders(after=20)
    play.award()
    play.notify()
    assert play.row().state == "contract_signing"
    play.sign()
    assert play.row().state == "follow_up"
    holds(play)


def test_below_the_threshold_no_minimum_tender_period_but_standstill(play: Play) -> None:
    play.open()
    play.to_advertising(track="below_threshold", value="1 500 000")
    play.advertise(days=12)
    play.open_tenders(after=14)
    play.award()
    play.notify()
    assert play.row().state == "standstill"
    holds(play)


@pytest.mark.parametrize(("track", "value"), [("direct", "700 000"), ("below_threshold", "2 400 000")])
def test_a_value_too_large_for_the_track_is_refused(play: Play, track: str, value: str) -> None:
    play.open()
    with pytest.raises(NotPermitted) as refusal:
        play.need(track=track, value=value)
    assert unmet(refusal) == {"value_above_track"}


# --- decisions and what they rest on ---------------------------------------------------------------------------


def test_a_target_changed_after_it_was_shown_makes_the_decision_stale(play: Play) -> None:
    play.open()
    play.to_target_decision()
    shown = play.basis("owner", "decide_sustainability_target")
    play.act("owner", "save_targets", targets=[{**TARGET, "statement": "Allt är miljömärkt"}])
    with pytest.raises(StaleBasis):
        play.act("owner", "decide_sustainability_target", basis=shown)
    play.act("owner", "decide_sustainability_target")


def test_a_decision_without_the_hash_of_what_was_shown_is_refused(play: Play) -> None:
    play.open()
    play.to_target_decision()
    with pytest.raises(InvalidForm) as refusal:
        play.do("owner", Act(play.case, "decide_sustainability_target", play.row().row_version, {}, None))
    assert [f.field for f in refusal.value.errors] == ["basis_hash"]


def test_a_target_decided_again_later_blocks_the_advertisement_until_requirements_follow(play: Play) -> None:
    play.open()
    play.to_advertising()
    play.act("officer", "reopen_targets", reason="Ny miljölag")
    play.act("owner", "save_targets", targets=[TARGET, {**TARGET, "statement": "Giftfritt"}])
    with pytest.raises(NoSuchStep):
        play.advertise()
    play.act("officer", "submit_targets")
    play.act("owner", "decide_sustainability_target")
    with pytest.raises(NotPermitted) as refusal:
        play.act("officer", "submit_requirements")
    assert unmet(refusal) == {"target_not_carried"}
    play.set_requirements(REQUIREMENT, {**REQUIREMENT, "target_number": 2})
    play.advertise()
    assert play.row().state == "advertised"


def test_a_target_needs_an_opinion_by_somebody_else(play: Play) -> None:
    play.open()
    play.need()
    play.act("owner", "decide_start")
    risks = ("risk_environment", "risk_human_rights", "risk_corruption", "risk_labour_law")
    play.act("officer", "submit_risk_analysis", **dict.fromkeys(risks, "low"))
    play.act("owner", "save_targets", targets=[{**TARGET, "indicator": ""}])
    with pytest.raises(NotPermitted) as refusal:
        play.act("owner", "submit_targets")
    assert unmet(refusal) == {"target_without_indicator"}
    play.act("owner", "save_targets", targets=[TARGET])
    play.act("owner", "record_opinion", supports=True, opinion="Bra.")
    play.act("owner", "submit_targets")
    with pytest.raises(NotPermitted) as refusal:
        play.act("owner", "decide_sustainability_target")
    assert unmet(refusal) == {"no_opinion"}
    play.act("strategist", "record_opinion", supports=False, opinion="För lågt.")
    play.act("owner", "decide_sustainability_target")


def test_a_reasoned_decision_that_no_target_applies_settles_the_question(play: Play) -> None:
    play.open()
    play.to_target_decision()
    play.act("owner", "decide_no_applicable_target", reasons="Licensen har ingen påverkan.")
    play.set_requirements({**REQUIREMENT, "target_number": None})
    play.advertise()
    assert play.row().state == "advertised"


def test_return_for_completion_tells_why_and_opens_the_task_again(play: Play) -> None:
    play.open()
    play.need()
    play.act("owner", "return_for_completion", reason="Värdet saknar optioner")
    assert play.row().state == "needs_analysis"
    assert ("submit_needs_analysis", "procurement_officer") in play.owed()
    play.run_due()
    assert any("Värdet saknar optioner" in words(m) for m in play.mail_to("officer"))
    play.need()
    play.act("owner", "decide_start")


def test_an_award_returned_for_completion_is_proposed_anew(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.act("officer", "submit_award_proposal", suppliers=[SUPPLIER], award_reasons="Bäst.")
    play.act("head", "return_for_completion", reason="Motivera priset")
    assert play.row().state == "evaluation"
    play.award()
    assert play.row().state == "award_notice"


def test_the_standstill_holds_to_the_day(play: Play) -> None:
    """Sent on 13 April 2026: ends on the 23rd, the contract at the earliest on the 24th (LOU 20:1). # I18"""
    play.open()
    play.to_evaluation()
    play.advance(to="2026-04-13")
    play.award()
    play.notify()
    receipt = json.loads(play.task("end_standstill").receipt)
    assert receipt["due_on"] == "2026-04-23"
    play.advance(to="2026-04-23T21:59:00")
    assert play.row().state == "standstill", "the last day is not over before midnight in Sweden"
    play.advance(to="2026-04-23T22:01:00")
    assert play.row().state == "contract_signing"


def test_fifteen_days_when_a_notice_went_by_post(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.advance(to="2026-04-13")
    play.award()
    play.notify(sent_by="other")
    play.advance(to="2026-04-28")
    assert play.row().state == "standstill"
    play.advance(to="2026-04-29")
    assert play.row().state == "contract_signing"


# --- who may ---------------------------------------------------------------------------------------------------


def test_the_wrong_role_is_told_which_role_it_takes(play: Play) -> None:
    play.open()
    play.need()
    for who in ("officer", "head", "strategist", "registrar", "reviewer", "admin", "owner_2"):
        with pytest.raises((NotPermitted, InvalidForm)) as refusal:
            play.act(who, "decide_start", basis="0" * 64)
        assert isinstance(refusal.value, NotPermitted), who
        (reason,) = [u for u in refusal.value.unmet if u.code == "role_required"]
        assert reason.cleared_by == ("contract_owner",)
    assert play.row().state == "start_decision"


def test_a_mandate_holds_up_to_its_limit(play: Play) -> None:
    """The contract owner's mandate ends at 300 000 kronor; above it the head decides (KL 6:37)."""
    play.open()
    play.need(track="direct", value="500 000")
    award = {**CONTRACT, "reasons": "Tre offerter."}
    with pytest.raises(NotPermitted) as refusal:
        play.act("owner", "decide_direct_award", **{**award, "value": "300 000,01"})
    assert unmet(refusal) == {"no_mandate"}
    play.act("head", "decide_direct_award", **{**award, "value": "300 000,01"})
    assert play.row().state == "documentation"


def test_exactly_the_limit_is_within_the_mandate(play: Play) -> None:
    play.open()
    play.need(track="direct", value="250 000")
    play.act("owner", "decide_direct_award", **{**CONTRACT, "value": "300 000"}, reasons="Tre offerter.")
    assert play.row().state == "documentation"


def test_four_eyes_whoever_prepares_does_not_decide(play: Play) -> None:
    play.do("admin", AssignRole(play.people["officer"], "head_of_procurement"))
    play.open()
    play.to_evaluation()
    play.act("officer", "submit_award_proposal", suppliers=[SUPPLIER], award_reasons="Bäst.")
    with pytest.raises(NotPermitted) as refusal:
        play.act("officer", "decide_award")
    assert unmet(refusal) == {"prepared_by_decider"}
    play.act("head", "decide_award")
    play.notify()
    play.advance(14)
    play.act("officer", "prepare_contracts", contracts=[CONTRACT])
    with pytest.raises(NotPermitted) as refusal:
        play.act("officer", "sign_contracts", signed_on=play.today.isoformat(), signing_reference="S")
    assert unmet(refusal) == {"prepared_by_decider"}


def test_a_substitute_decides_on_somebodys_behalf_and_both_names_stand(play: Play) -> None:
    play.open()
    play.need()
    play.do("owner", SetSubstitute(play.people["owner"], play.people["owner_2"], date(2026, 3, 2), date(2026, 3, 6)))
    play.act("owner_2", "decide_start")
    event = play.events()[-1]
    assert event.actor_id == play.people["owner_2"]
    assert json.loads(event.body)["for"] == play.people["owner"]
    (decision,) = play.sql("SELECT decided_by, on_behalf_of FROM decisions")
    assert tuple(decision) == (play.people["owner_2"], play.people["owner"])


def test_a_substitute_whose_days_are_over_may_nothing(play: Play) -> None:
    play.open()
    play.need()
    play.do("owner", SetSubstitute(play.people["owner"], play.people["owner_2"], date(2026, 3, 2), date(2026, 3, 6)))
    play.advance(to="2026-03-07")
    with pytest.raises(NotPermitted):
        play.act("owner_2", "decide_start", basis="0" * 64)


def test_a_substitute_of_the_preparer_is_not_another_person(play: Play) -> None:
    """The head stands in for the officer, who prepared: deciding on the officer's behalf would be one pair of eyes."""
    play.do("admin", AssignRole(play.people["officer"], "head_of_procurement"))
    play.do(
        "admin", SetSubstitute(play.people["officer"], play.people["officer_2"], date(2026, 3, 2), date(2027, 3, 6))
    )
    play.open()
    play.to_evaluation()
    play.act("officer", "submit_award_proposal", suppliers=[SUPPLIER], award_reasons="Bäst.")
    play.act("officer", "grant_tender_access", person=play.people["officer_2"], reason="Ersättare")
    with pytest.raises(NotPermitted) as refusal:
        play.act("officer_2", "decide_award")
    assert "prepared_by_decider" in unmet(refusal)


def test_tender_matter_is_closed_to_an_officer_who_is_not_on_the_access_list(play: Play) -> None:
    play.open()
    play.to_evaluation()
    with pytest.raises(NotPermitted) as refusal:
        play.act("officer_2", "submit_award_proposal", suppliers=[SUPPLIER], award_reasons="Bäst.")
    assert unmet(refusal) == {"not_on_access_list"}
    play.act("officer", "grant_tender_access", person=play.people["officer_2"], reason="Utvärderar")
    play.act("officer_2", "submit_award_proposal", suppliers=[SUPPLIER], award_reasons="Bäst.")


# --- pausing ---------------------------------------------------------------------------------------------------


def test_a_pause_moves_what_may_be_paused_by_its_days(play: Play) -> None:
    play.open()
    play.need()
    before = play.task("decide_start").due_on
    play.act("officer", "pause", reason="Budgeten är inte klar")
    with pytest.raises(NotPermitted) as refusal:
        play.act("owner", "decide_start")
    assert unmet(refusal) == {"case_is_paused"}
    play.advance(14)
    play.act("officer", "resume")
    after = play.task("decide_start")
    assert (after.due_on - before).days == 14, "two whole weeks, ten working days"
    receipt = json.loads(after.receipt)
    assert [p["from_on"] for p in receipt["pauses"]] == ["2026-03-02"]
    assert play.row().next_due_on == after.due_on
    play.act("owner", "decide_start")
    holds(play)


def test_a_pause_moves_the_same_duty_of_every_lot(play: Play) -> None:
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    play.act("officer", "pause", reason="Sjukdom")
    before = [t.due_on for t in play.tasks() if t.trigger == "submit_award_proposal"]
    play.advance(7)
    play.act("officer", "resume")
    after = [t.due_on for t in play.tasks() if t.trigger == "submit_award_proposal"]
    assert before == [date(2026, 5, 8)] * 2
    assert after == [date(2026, 5, 18)] * 2, "five working days more, over Ascension Day"
    holds(play)


def test_a_pause_reminds_nobody(play: Play) -> None:
    play.open()
    play.need()
    play.act("officer", "pause", reason="Budgeten är inte klar")
    play.run_due()
    sent = len(play.sent)
    play.live(until="2026-04-10")
    assert len(play.sent) == sent


def test_statutory_time_is_not_paused(play: Play) -> None:
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    play.award(1)
    play.notify(1)
    due = play.task("end_standstill").due_on
    play.act("officer", "pause", reason="Sjukdom")
    play.advance(14)
    assert play.lots()[1] == "contract_signing"
    play.act("officer", "resume")
    assert due < play.today


# --- a contract to its end -------------------------------------------------------------------------------------


@pytest.fixture
def contract(play: Play) -> Play:
    """A contract 2026-08-01 to 2028-07-31 with one option of twelve months, three months' notice, class b."""
    play.open()
    play.need(track="direct", value="240 000")
    play.act("owner", "decide_direct_award", **{**CONTRACT, "value": "238 000"}, reasons="Tre offerter.")
    return play.elsewhere(play.contracts()[0])


def test_handover_from_the_officer_to_the_contract_manager(contract: Play) -> None:
    assert ("propose_handover", "procurement_officer") in contract.owed()
    manager = contract.people["manager"]
    contract.act("officer", "propose_handover", manager=manager, contract_class="a", follow_up_plan="Tre gånger per år")
    with pytest.raises(NotPermitted):
        contract.act("officer", "accept_handover")
    contract.act("manager", "accept_handover")
    owed = contract.owed()
    assert ("record_start_up_meeting", "contract_manager") in owed
    assert ("propose_handover", "procurement_officer") not in owed
    contract.act("manager", "record_start_up_meeting", start_up_meeting_on=contract.today.isoformat())
    holds(contract)


def test_follow_ups_by_class_and_the_next_one_counted_from_the_last(contract: Play) -> None:
    manager = contract.people["manager"]
    contract.act("officer", "propose_handover", manager=manager, contract_class="a", follow_up_plan="Tre gånger")
    contract.act("manager", "accept_handover")
    assert contract.task("record_follow_up").due_on == date(2026, 12, 1)
    contract.advance(to="2026-11-12")
    contract.act(
        "manager", "record_follow_up", followed_up_on="2026-11-12", outcome="deviations", note="Sena leveranser"
    )
    assert contract.task("record_follow_up").due_on == date(2027, 3, 12)
    assert contract.task("record_follow_up").person_id == manager


def test_a_contract_extended_by_its_option_then_evaluated_and_ended(contract: Play) -> None:
    contract.advance(to="2027-07-27")
    assert contract.row().state == "in_force"
    contract.advance(to="2027-07-28")
    assert contract.row().state == "extension_decision", "nine months before the last day to give notice"
    assert contract.task("decide_extension").due_on == date(2028, 4, 28), "30 April 2028 is a Sunday: the Friday before"
    contract.act("owner", "decide_extension", extension="extend", evaluation="Målen nås.", reasons="Gott utfall.")
    assert contract.row().state == "in_force"
    (row,) = contract.sql("SELECT end_on, last_end_on, options_used FROM contracts")
    assert (str(row.end_on), str(row.last_end_on), row.options_used) == ("2029-07-31", "2029-07-31", 1)
    contract.advance(to="2029-02-01")
    assert contract.row().state == "final_evaluation"
    contract.advance(to="2029-08-05")
    assert contract.row().state == "final_evaluation", "it does not end before it is evaluated"
    contract.act("owner", "record_final_evaluation", evaluation_goals_met="Målet nåddes.", lessons="Börja tidigare.")
    contract.run_due()
    assert contract.row().state == "ended"
    assert contract.owed() == set()
    assert contract.timers() == []
    holds(contract)


def test_an_option_nobody_used_lapses_with_the_contract(contract: Play) -> None:
    contract.advance(to="2027-08-02")
    contract.advance(to="2028-08-01")
    assert contract.row().state == "final_evaluation"
    (row,) = contract.sql("SELECT option_count, options_used FROM contracts")
    assert (row.option_count, row.options_used) == (0, 0)
    holds(contract)


def test_letting_the_contract_expire_closes_its_options(contract: Play) -> None:
    contract.advance(to="2027-08-02")
    contract.act("owner", "decide_extension", extension="let_expire", evaluation="Svagt.", reasons="Byt leverantör.")
    contract.advance(to="2028-02-01")
    assert contract.row().state == "final_evaluation"


# --- people of the case ----------------------------------------------------------------------------------------


def test_a_new_owner_takes_over_what_the_old_one_owed(play: Play) -> None:
    play.open()
    play.need()
    row = play.row()
    play.do(
        "officer",
        CorrectCase(row.id, row.row_version, {"title": row.title, "unit": row.unit_id, "owner": play.people["owner_2"],
                                              "officer": row.officer_id}),
    )  # fmt: skip
    assert play.task("decide_start").person_id == play.people["owner_2"]
    with pytest.raises(NotPermitted):
        play.act("owner", "decide_start", basis="0" * 64)
    play.act("owner_2", "decide_start")
    holds(play)
