"""The sanction ladder, played by moving the clock: who climbs when, what is sent, what is counted, who decides."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from notifications.errors import PermanentFailure
from notifications.transport import MemoryTransport
from states.calendar import Calendar
from states.errors import NoSuchStep, NotPermitted
from tests.ladder import FOUND, GROUND, SUPPLIER, Ladder, contract
from tests.play import Play
from workflow.commands import OpenCase, RetryMessage
from workflow.deviations.lists import list_fine_weeks, open_stops
from workflow.deviations.notices import text_hash
from workflow.engine.timers import fire_due_timers
from workflow.errors import InvalidForm, StegvisError
from workflow.web.pages.words import unmet_text

working = Calendar().next_working_day
LOWER = ["dialogue", "opportunity_to_remedy", "reminder_1", "reminder_2", "formal_demand", "escalation_meeting"]


def refused(*codes: str) -> object:
    """The step is refused for these reasons, among others."""
    return pytest.raises(NotPermitted, match=".*".join(codes))


class RefusingAll(MemoryTransport):
    def send(self, message: Any, envelope_to: str) -> str:
        raise PermanentFailure("550 5.1.1 no such user")


@pytest.fixture
def ladder(play: Play) -> Ladder:
    return Ladder(play)


# --- the climb ------------------------------------------------------------------------------------------------


def test_the_whole_stair_by_the_clock(ladder: Ladder) -> None:
    """Each reminder and demand goes out by itself the day after the period before it; then a decision is opened."""
    play = ladder.play
    ladder.offer()
    assert ladder.due_on == date(2026, 3, 30)  # four weeks from 2 March, the day the letter was handed over
    periods = [(ladder.rung, ladder.due_on)]
    while ladder.rung != "escalation_meeting":
        ladder.pass_period()
        periods.append((ladder.rung, ladder.due_on))
    assert periods == [
        ("opportunity_to_remedy", date(2026, 3, 30)),
        ("reminder_1", date(2026, 4, 10)),  # ten days from 31 March
        ("reminder_2", date(2026, 4, 21)),
        ("formal_demand", date(2026, 5, 6)),  # fourteen from 22 April
        ("escalation_meeting", date(2026, 5, 21)),
    ]
    assert ladder.entered() == LOWER
    ladder.pass_period()
    assert play.today == date(2026, 5, 22)
    assert {("decide_call_off_stop", "head_of_procurement"), ("prepare_rung", "procurement_officer")} <= ladder.owed()
    assert ladder.state == "escalation_meeting"
    asked = ladder.play.task("decide_call_off_stop", case=ladder.id)
    assert asked.person_id == play.people["head"]  # who alone holds the mandate
    play.advance(120)
    assert ladder.state == "escalation_meeting"  # neglected, it is reminded of and escalated, and never decides itself
    assert {"reminder_sent", "escalated"} <= set(play.kinds(case=ladder.id))


def test_every_letter_is_sent_as_it_was_hashed_and_its_hand_over_is_kept(ladder: Ladder) -> None:
    ladder.to_decision()
    sent = [m for address, m in ladder.play.sent if address == SUPPLIER]
    kinds = [letter.kind for letter in ladder.letters()]
    assert kinds == [*LOWER[:2], "plan_reminder", "plan_reminder", *LOWER[2:]]
    assert len(sent) == len(kinds)
    for letter, mail in zip(ladder.letters(), sent, strict=True):
        assert letter.status == "delivered"
        assert letter.text_hash == text_hash(letter.subject, letter.text)
        assert mail.get_body(("plain",)).get_content() == letter.text
        assert str(mail["Subject"]) == letter.subject
        assert letter.handed_over_on == letter.handed_over_at.date()
    for entry in ladder.view.entries[1:]:
        assert entry.response["anchor"] == "notice_handed_over"
        assert entry.response["anchor_on"] == entry.notice.handed_over_on.isoformat()


def test_nothing_counts_before_the_mail_server_has_taken_the_letter(ladder: Ladder) -> None:
    """An outbox that stands still for five weeks costs the supplier no day."""
    play = ladder.play
    ladder.act("officer", "start_dialogue")
    ladder.act("officer", "offer_opportunity_to_remedy")
    play.clock.at += timedelta(days=35)
    fire_due_timers(play.app)
    assert ladder.rung == "opportunity_to_remedy"
    assert ladder.due_on is None
    play.run_due()
    assert ladder.due_on == play.today + timedelta(weeks=4)


@pytest.mark.parametrize("rung", LOWER[1:])
def test_an_outage_of_thirty_days_at_each_rung_climbs_one_and_shortens_nothing(ladder: Ladder, rung: str) -> None:
    play = ladder.play
    ladder.climb_to(rung)
    last = ladder.due_on
    assert last is not None
    before = len(ladder.sent())
    play.clock.at += timedelta(days=(last - play.today).days + 30)
    play.run_due()
    climbed = LOWER.index(ladder.rung or "") - LOWER.index(rung)
    if rung == LOWER[-1]:
        assert climbed == 0
        assert ("decide_call_off_stop", "head_of_procurement") in ladder.owed()
        return
    assert climbed == 1
    assert len(ladder.sent()) == before + 1
    given = ladder.due_on
    assert given is not None
    assert (given - play.today).days >= 10  # the whole of the next period, from when it was really handed over


def test_a_letter_that_bounces_starts_nothing_and_is_somebodys_to_see_to(ladder: Ladder) -> None:
    play = ladder.play
    ladder.offer()
    play.advance(2)
    ladder.bounce()
    assert ladder.due_on is None
    assert ("resend_notice", "procurement_officer") in ladder.owed()
    play.advance(60)
    assert ladder.rung == "opportunity_to_remedy"
    ladder.act("officer", "amend_deviation", reason="Ny adress", contact_email="siv@nordhandske.example")
    ladder.act("officer", "resend_notice")
    play.run_due()
    assert ladder.letters()[-1].recipient == "siv@nordhandske.example"
    assert ladder.due_on == working(play.today + timedelta(weeks=4))
    assert "resend_notice" not in {t for t, _ in ladder.owed()}


def test_a_letter_of_an_earlier_rung_is_not_sent_again(ladder: Ladder) -> None:
    ladder.offer()
    ladder.bounce()
    ladder.act("head", "decide_other_rung", to_rung="reminder_1", reasons="Leverantören är nådd på annat sätt.")
    ladder.play.run_due()
    letters = [n.id for n in ladder.letters()]
    with pytest.raises(InvalidForm):
        ladder.act("officer", "resend_notice")
    ladder.play.run_due()
    assert [n.id for n in ladder.letters()] == letters
    assert ladder.letters()[1].status == "returned"


def test_a_letter_that_was_refused_goes_again_by_its_case_alone(ladder: Ladder) -> None:
    """Not by trying the old mail again, when another took its place or the case is closed."""
    play, taking = ladder.play, ladder.play.app.transport
    play.app.transport = RefusingAll()
    ladder.offer()
    play.run_due()
    failed = play.sql("SELECT id FROM outbox_messages WHERE kind = 'supplier_notice' AND status = 'failed' ORDER BY id")
    play.app.transport = taking
    ladder.act("officer", "resend_notice")
    play.run_due()
    sent = ladder.sent()
    with pytest.raises(StegvisError, match="goes_by_its_case"):
        play.do("admin", RetryMessage(failed[-1].id))
    play.run_due()
    assert ladder.sent() == sent


def test_a_fine_whose_letter_came_back_does_not_begin_behind_the_supplier_s_back(ladder: Ladder) -> None:
    ladder.to_decision()
    ladder.decide("contractual_fine", skip_reason="Avropsstopp går inte att bära.")
    ladder.bounce()
    ladder.hand_in_plan()
    ladder.act("owner", "return_action_plan", reason="Planen anger ingen dag.")
    ladder.play.run_due()
    assert [s.split(":")[0] for s in ladder.sent()[-2:]] == ["Er åtgärdsplan behöver kompletteras", "Beslut om vite"]
    told = [n for n in ladder.letters() if n.kind == "contractual_fine"]
    assert [n.status for n in told] == ["delivered"]


def test_a_plan_that_came_before_the_letter_of_the_fine_left_keeps_it_from_beginning(ladder: Ladder) -> None:
    ladder.to_decision()
    ladder.act("officer", "prepare_rung", prepared_rung="contractual_fine", ground="not_reporting", proportionality="Lindrigt.", evidence="R", skip_reason="S")  # fmt: skip
    ladder.act("head", "decide_contractual_fine", reasons="Ingen plan har kommit.")
    ladder.hand_in_plan()
    ladder.play.run_due()
    ladder.play.advance(20)
    fine = ladder.view.fine
    assert fine is not None
    assert (fine.from_on, fine.total_ore, fine.weeks) == (None, 0, ())
    ladder.act("owner", "return_action_plan", reason="Planen anger ingen dag.")
    ladder.play.run_due()
    assert ladder.row_day("fine_from_on") == ladder.play.today + timedelta(days=1)


def test_a_letter_told_in_another_way_counts_from_the_day_it_was_received(ladder: Ladder) -> None:
    ladder.offer()
    ladder.bounce()
    ladder.play.advance(3)
    told = ladder.play.today
    ladder.act("officer", "record_notice_delivered", delivered_on=told.isoformat(), means="letter")
    assert ladder.due_on == told + timedelta(weeks=4)
    with pytest.raises(InvalidForm):
        ladder.act("officer", "record_notice_delivered", delivered_on=told.isoformat(), means="letter")


def test_a_plan_that_comes_stops_the_climb(ladder: Ladder) -> None:
    play = ladder.play
    ladder.climb_to("reminder_1")
    ladder.hand_in_plan()
    assert ladder.state == "plan_review"
    play.advance(60)
    assert ladder.state == "plan_review"
    assert ladder.rung == "reminder_1"


def test_a_plan_that_came_in_time_takes_back_the_letter_that_went_meanwhile(ladder: Ladder) -> None:
    """It came on the last day, a Monday; the reminder went at midnight; the officer writes it down the day after."""
    ladder.offer()
    last = ladder.due_on
    assert last is not None
    ladder.pass_period()
    assert ladder.rung == "reminder_1"
    ladder.hand_in_plan(received_on=last.isoformat())
    assert ladder.rung == "opportunity_to_remedy"
    assert [e.ended_how for e in ladder.view.entries if e.rung == "reminder_1"] == ["overtaken"]


def test_a_returned_plan_leads_back_to_the_same_rung_with_the_whole_of_its_time(ladder: Ladder) -> None:
    play = ladder.play
    ladder.climb_to("reminder_2")
    ladder.hand_in_plan()
    play.advance(5)
    ladder.act("owner", "return_action_plan", reason="Inga dagar för återbetalningen.")
    assert ladder.state == ladder.rung == "reminder_2"
    assert ladder.due_on is None
    play.run_due()
    assert ladder.due_on == working(play.today + timedelta(days=10))


def test_the_plan_is_accepted_followed_verified_and_the_deviation_closed(ladder: Ladder) -> None:
    play = ladder.play
    ladder.offer()
    ladder.hand_in_plan()
    ladder.act("owner", "accept_action_plan", reasons="Rimlig plan.")
    assert play.task("record_remedy", case=ladder.id).due_on == date(2026, 10, 1)
    ladder.act(
        "owner", "decide_plan_extension", milestone=2, to_on="2026-11-02", reasons="Leverantören visar framsteg."
    )
    assert play.task("record_remedy", case=ladder.id).due_on == date(2026, 11, 2)
    with refused("extension_out_of_bounds"):
        ladder.act("owner", "decide_plan_extension", milestone=2, to_on="2027-12-01", reasons="För långt.")
    for number in (1, 2):
        ladder.act("officer", "record_milestone", milestone=number, done_on=play.today.isoformat(), proof="Kvitton")
    ladder.act("officer", "record_remedy", remedied_on=play.today.isoformat(), note="Allt klart")
    with refused("remedy_not_verified"):
        ladder.act("owner", "decide_remedied", reasons="Nej")
    ladder.act("strategist", "record_verification", verified=True, verified_by_means="documents",
               verified_on=play.today.isoformat(), note="Kvitton granskade")  # fmt: skip
    ladder.act("owner", "decide_remedied", reasons="Rättat.")
    play.run_due()
    assert ladder.state == "closed"
    assert ladder.row.outcome == "remedied"
    assert [e.ended_on for e in ladder.view.entries if e.ended_on is None] == []
    assert ladder.sent()[-1].startswith("Avvikelsen är avslutad")


def test_a_missed_milestone_asks_somebody_and_the_ladder_goes_on_where_it_stood(ladder: Ladder) -> None:
    play = ladder.play
    ladder.climb_to("reminder_1")
    ladder.hand_in_plan()
    ladder.act("owner", "accept_action_plan", reasons="Rimlig plan.")
    play.advance(to="2026-09-08T12:00:00")
    assert "resume_ladder" not in {t for t, _ in ladder.owed()}
    play.advance(to="2026-09-09T12:00:00")  # a week after the milestone's day
    assert ("resume_ladder", "procurement_officer") in ladder.owed()
    assert ladder.state == "plan_running"
    ladder.act("officer", "resume_ladder", reason="Ingen återbetalning.")
    play.run_due()
    assert ladder.state == "reminder_1"
    assert ladder.row.ground == "not_following_plan"
    assert ladder.due_on == working(play.today + timedelta(days=10))


# --- from the call-off stop upward ----------------------------------------------------------------------------


def test_who_prepared_a_sanction_does_not_decide_it_and_nobody_without_the_mandate(ladder: Ladder) -> None:
    ladder.to_decision()
    with refused("rung_not_prepared"):
        ladder.act("head", "decide_call_off_stop", reasons="Nej")
    prepared = {
        "prepared_rung": "call_off_stop", "ground": GROUND, "proportionality": "Rimligt.", "evidence": "Revisionen",
    }  # fmt: skip
    ladder.act("head", "prepare_rung", **prepared)
    with refused("prepared_by_decider"):
        ladder.act("head", "decide_call_off_stop", reasons="Nej")
    ladder.act("officer", "prepare_rung", **prepared)
    with refused("role_required"):
        ladder.act("owner", "decide_call_off_stop", reasons="Nej")
    with refused("no_consent_to_stop"):
        ladder.act("head", "decide_call_off_stop", reasons="Nej")
    ladder.act("owner", "consent_to_call_off_stop", consents=True, note="Kan köpas på annat håll.")
    ladder.act("head", "decide_call_off_stop", reasons="Leverantören har inte svarat.")
    entry = ladder.view.entries[-1]
    assert (entry.rung, entry.decided_by_name, entry.prepared_by_name) == (
        "call_off_stop", "Cecilia Chef", "Ulla Upphandlare",
    )  # fmt: skip
    assert entry.mandate_rule == "4.2"
    with ladder.play.app.database.read() as uow:
        assert [s.contract_id for s in open_stops(uow, ladder.play.as_("officer"))] == [ladder.contract]


@pytest.mark.parametrize("rung", ["call_off_stop", "contractual_fine", "termination_with_notice"])
def test_a_sanction_needs_one_of_the_contracts_three_grounds(ladder: Ladder, rung: str) -> None:
    ladder.to_decision()
    with pytest.raises(InvalidForm) as refusal:
        ladder.decide(rung, ground=None, skip_reason="Enligt punkt 5.")
    assert [(e.field, e.code) for e in refusal.value.errors] == [("ground", "field_required")]
    ladder.act("officer", "amend_deviation", ground="not_taking_part", reason="Självskattningen kom inte.")
    ladder.decide(rung, ground=None, skip_reason="Enligt punkt 5.")
    assert ladder.state == rung
    assert (ladder.row.ground, ladder.row.ground_note) == ("not_taking_part", "Självskattningen kom inte.")


def test_who_prepares_a_sanction_records_its_ground_and_nobody_decides_without_one(ladder: Ladder) -> None:
    ladder.to_decision()
    prepared = {"prepared_rung": "contractual_fine", "proportionality": "Rimligt.", "evidence": "Revisionen"}
    ladder.act("officer", "prepare_rung", **prepared, ground="not_reporting", skip_reason="Enligt punkt 5.")
    assert ladder.row.ground == "not_reporting"
    ladder.play.sql("UPDATE deviations SET ground = ''")  # as one that was prepared before the ground was asked for
    with refused("no_ground_recorded") as stopped:
        ladder.act("head", "decide_contractual_fine", reasons="Leverantören har inte svarat.")
    (unmet,) = [u for u in stopped.value.unmet if u.code == "no_ground_recorded"]
    assert "procurement_officer" in unmet.cleared_by
    text = unmet_text(unmet, "deviation", "sv", ladder.play.today)
    assert all(clause in text for clause in ("punkt 3", "punkt 4", "punkt 5"))


def test_the_shortcut_and_a_stop_while_investigating_have_grounds_of_their_own(play: Play) -> None:
    ladder = Ladder(play, deviation_kind="child_labour")
    ladder.to_decision()
    prepared = {"prepared_rung": "immediate_termination", "proportionality": "Barn.", "evidence": "Rapporten"}
    ladder.act("officer", "prepare_rung", **prepared)
    ladder.act("officer", "amend_deviation", probable=True, reason="Två oberoende källor.")
    ladder.act("head", "decide_severe_termination", reasons="Allvarligt.")
    assert ladder.state == "immediate_termination"
    other = Ladder(play, ladder.contract, title="Övertid")
    other.offer()
    stop = {"prepared_rung": "call_off_stop", "proportionality": "Risken är stor.", "evidence": "Tips"}
    other.act("officer", "prepare_rung", **stop)
    other.act("head", "decide_stop_while_investigating", reasons="Uppgifterna utreds.")
    assert other.row.ground == ""


def test_a_stop_and_a_fine_stand_beside_each_other(ladder: Ladder) -> None:
    ladder.to_decision()
    ladder.decide("call_off_stop")
    with refused("response_period_runs"):
        ladder.decide("contractual_fine")
    ladder.decide("contractual_fine", skip_reason="Parallella rättigheter enligt punkt 5.")
    standing = {r.rung.key: r.standing for r in ladder.view.rungs}
    assert standing["call_off_stop"] == "in_force"
    assert standing["contractual_fine"] == "now"


def test_the_fine_counts_started_weeks_to_its_cap_which_opens_the_decision_alone(ladder: Ladder) -> None:
    play = ladder.play
    ladder.to_decision()
    ladder.decide("contractual_fine", skip_reason="Avropen är redan avslutade.")
    handed_over = play.today
    for _ in range(60):
        play.advance(1)
        started = min((play.today - handed_over).days // 7 + ((play.today - handed_over).days % 7 > 0), 8)
        fine = ladder.view.fine
        assert fine is not None
        counted = len(fine.weeks)
        assert counted in (started, started - 1)  # a week is written the night after its first day
        assert fine.total_ore == 10_000_00 * started
    assert ladder.state == "contractual_fine"
    assert ("decide_immediate_termination", "head_of_procurement") in ladder.owed()
    with play.app.database.read() as uow:
        weeks = list_fine_weeks(uow, play.as_("officer"), case_id=ladder.id).items
    assert [w.number for w in weeks] == list(range(1, 9))
    assert weeks[-1].total_ore == 80_000_00
    ladder.act("officer", "record_set_off", weeks_from=1, weeks_to=8, set_off_on=play.today.isoformat(),
               set_off_reference="F 4711")  # fmt: skip
    assert ladder.view.fine.set_off_ore == 80_000_00  # type: ignore[union-attr]
    ladder.decide("immediate_termination")
    ladder.act("officer", "close_terminated")
    assert ladder.row.outcome == "terminated"


def test_a_fine_whose_letter_comes_back_has_not_begun(play: Play) -> None:
    """Whatever drafts there were before it: the first letter that was sent began the fine."""
    ladder = Ladder(play, framework=False)
    ladder.to_decision()
    ladder.decide("contractual_fine")
    play.advance(9)
    before = ladder.view.fine
    assert before is not None
    assert before.total_ore == 2 * 10_000_00
    ladder.bounce()
    play.advance(8)
    after = ladder.view.fine
    assert after is not None
    assert (after.total_ore, after.weeks) == (0, ())
    assert ("resend_notice", "procurement_officer") in ladder.owed()


def test_a_plan_holds_the_fine_from_the_day_it_came(ladder: Ladder) -> None:
    play = ladder.play
    ladder.to_decision()
    ladder.decide("contractual_fine", skip_reason="Avropen är redan avslutade.")
    play.advance(1)
    for _ in range(9):
        play.advance(1)
    assert len(ladder.view.fine.weeks) == 2  # type: ignore[union-attr]
    came = play.today - timedelta(days=4)  # before the second week began
    ladder.hand_in_plan(received_on=came.isoformat())
    assert len(ladder.view.fine.weeks) == 1  # type: ignore[union-attr]
    play.advance(30)
    ladder.act("owner", "return_action_plan", reason="Otillräcklig.")
    play.run_due()
    assert ladder.state == "contractual_fine"
    ran = (came - ladder.row_day("fine_from_on")).days
    assert ran == 5  # of the week that had begun two days are left: they run from the day after the new letter
    assert ladder.view.fine.account.next_on == play.today + timedelta(days=1 + 7 - ran)  # type: ignore[union-attr]


def test_months_of_stop_give_the_right_to_terminate_at_once(ladder: Ladder) -> None:
    play = ladder.play
    ladder.to_decision()
    ladder.decide("call_off_stop")
    began = play.today
    with refused("immediate_termination_not_due"):
        ladder.decide("immediate_termination")
    ladder.act("head", "decide_rung_waived", reasons="Vite är inte proportionerligt.",
               until_on=(play.today + timedelta(days=100)).isoformat())  # fmt: skip
    while ("decide_immediate_termination", "head_of_procurement") not in ladder.owed():
        play.advance(1)
    assert play.today == date(2026, 8, 25)
    assert began == date(2026, 5, 22)  # three months later is Saturday 22 August: the last day is Monday the 24th


def test_the_shortcut_for_a_severe_deviation_made_probable(play: Play) -> None:
    ladder = Ladder(play, deviation_kind="child_labour")
    prepared = {
        "prepared_rung": "immediate_termination",
        "proportionality": "Barn i fabriken.",
        "evidence": "Rapporten",
    }
    ladder.act("officer", "prepare_rung", **prepared)
    with refused("deviation_is_not_probable"):
        ladder.act("head", "decide_severe_termination", reasons="Allvarligt.")
    ladder.act("officer", "amend_deviation", probable=True, reason="Två oberoende källor.")
    ladder.act("head", "decide_severe_termination", reasons="Allvarligt.")
    play.run_due()
    assert ladder.state == "immediate_termination"
    assert ladder.entered() == ["immediate_termination"]
    assert ladder.sent()[-1].startswith("Uppsägning av avtal med omedelbar verkan")


def test_no_shortcut_for_a_deviation_that_is_not_severe(ladder: Ladder) -> None:
    ladder.act("officer", "amend_deviation", probable=True, reason="Säkert.")
    prepared = {"prepared_rung": "immediate_termination", "proportionality": "Illa.", "evidence": "Rapporten"}
    ladder.act("officer", "prepare_rung", **prepared)
    with refused("deviation_is_not_severe"):
        ladder.act("head", "decide_severe_termination", reasons="Allvarligt.")


def test_a_sub_supplier_that_refuses_blocks_stop_and_fine_with_the_clause(ladder: Ladder) -> None:
    ladder.to_decision()
    ladder.act("officer", "amend_deviation", sub_supplier_refuses="audit", reason="Fabriken släpper inte in revisorn.")
    for rung in ("call_off_stop", "contractual_fine"):
        with refused("sub_supplier_refuses") as stopped:
            ladder.decide(rung, skip_reason="Nej")
        (unmet,) = [u for u in stopped.value.unmet if u.code == "sub_supplier_refuses"]
        assert unmet.cites == "avtalsvillkoret, punkt 5"
    standing = {r.rung.key: r.standing for r in ladder.view.rungs}
    assert standing["call_off_stop"] == standing["contractual_fine"] == "not_allowed"


def test_no_call_off_stop_where_the_contract_is_no_framework(play: Play) -> None:
    ladder = Ladder(play, framework=False)
    ladder.to_decision()
    assert ("decide_contractual_fine", "head_of_procurement") in ladder.owed()
    with refused("contract_is_no_framework"):
        ladder.decide("call_off_stop")


def test_a_stop_while_investigating_is_reviewed_every_fourteen_days(ladder: Ladder) -> None:
    play = ladder.play
    ladder.offer()
    prepared = {"prepared_rung": "call_off_stop", "proportionality": "Rimligt under utredningen.", "evidence": "Tips"}
    ladder.act("officer", "prepare_rung", **prepared)
    ladder.act("head", "decide_stop_while_investigating", reasons="Uppgifterna utreds.")
    assert ladder.state == "opportunity_to_remedy"
    assert play.task("review_call_off_stop", case=ladder.id).due_on == date(2026, 3, 16)
    play.advance(10)
    ladder.act("head", "review_call_off_stop", note="Utredningen fortsätter.")
    assert play.task("review_call_off_stop", case=ladder.id).due_on == date(2026, 3, 26)
    ladder.act("head", "decide_lift_of_call_off_stop", reasons="Inget framkom.", until_on="2026-04-30")
    assert "review_call_off_stop" not in {t for t, _ in ladder.owed()}
    assert ladder.view.stops[0].ended_because == "lifted"


# --- other ways -----------------------------------------------------------------------------------------------


def test_a_waived_rung_is_a_decision_with_its_reasons(ladder: Ladder) -> None:
    play = ladder.play
    ladder.to_decision()
    until = play.today + timedelta(days=20)
    ladder.act("head", "decide_rung_waived", reasons="Sjukvården behöver handskarna.", until_on=until.isoformat())
    entry = ladder.view.entries[-1]
    assert (entry.rung, entry.status, entry.reasons) == ("call_off_stop", "waived", "Sjukvården behöver handskarna.")
    assert "decide_call_off_stop" not in {t for t, _ in ladder.owed()}
    while play.today <= until:
        play.advance(1)
    assert ("decide_contractual_fine", "head_of_procurement") in ladder.owed()
    assert "decide_call_off_stop" not in {t for t, _ in ladder.owed()}


def test_waiting_skipping_and_going_down_are_decisions(ladder: Ladder) -> None:
    play = ladder.play
    ladder.offer()
    ladder.act("head", "decide_wait", reasons="Semester.", until_on="2026-05-15")
    while play.today < date(2026, 5, 15):
        play.advance(1)
    assert ladder.rung == "opportunity_to_remedy"
    play.advance(1)
    assert ladder.rung == "reminder_1"
    ladder.act("head", "decide_other_rung", to_rung="formal_demand", reasons="Allvarligare än vi trodde.")
    play.run_due()
    assert [e.status for e in ladder.view.entries if e.rung == "reminder_2"] == ["skipped"]
    assert ladder.state == "formal_demand"
    ladder.act("head", "decide_other_rung", to_rung="dialogue", reasons="Leverantören hör av sig.")
    assert ladder.state == ladder.rung == "dialogue"
    with refused("rung_is_the_same"):
        ladder.act("head", "decide_other_rung", to_rung="dialogue", reasons="Igen")


def test_a_dispute_stops_the_clock_and_the_receipt_shows_it(ladder: Ladder) -> None:
    play = ladder.play
    ladder.offer()
    play.advance(10)
    ladder.act("officer", "pause", pause_ground="dispute", reason="Leverantören bestrider.")
    play.advance(50)
    assert ladder.rung == "opportunity_to_remedy"
    ladder.act("officer", "resume")
    assert ladder.due_on == date(2026, 3, 30) + timedelta(days=50)
    assert ladder.view.response is not None
    assert ladder.view.response["pauses"][0]["from_on"] == "2026-03-12"


@pytest.mark.parametrize("way", ["decide_withdrawn", "decide_settled"])
def test_every_way_out_ends_what_is_in_force(ladder: Ladder, way: str) -> None:
    ladder.to_decision()
    ladder.decide("call_off_stop")
    ladder.act("head", way, reasons="Överenskommet.")
    assert ladder.state == "closed"
    with ladder.play.app.database.read() as uow:
        assert open_stops(uow, ladder.play.as_("officer")) == []
    assert ladder.owed() == set()
    assert ladder.play.timers(case=ladder.id) == []


def test_two_deviations_of_one_contract_climb_each_for_itself(play: Play) -> None:
    first = Ladder(play)
    first.climb_to("reminder_2")
    second = Ladder(play, first.contract, title="Ingen rapport", found_on=play.today.isoformat())
    second.offer()
    first.pass_period()
    assert (first.rung, second.rung) == ("formal_demand", "opportunity_to_remedy")


def test_a_contract_carries_its_own_blanks_and_a_deviation_keeps_those_it_began_with(play: Play) -> None:
    contract_id = contract(play)
    first = Ladder(play, contract_id)
    assert first.view.terms["source"] == "regional_defaults"
    own = {
        "valid_from": "2026-03-02", "clause_version": "HU 2025", "organisation": "Region Norrbotten",
        "severe_kinds": "six", "commitments": "advanced", "fine_week_amount": "25 000", "fine_cap_weeks": 4,
        "re_audit_payer": "supplier_pays_re_audits", "publication": "full_secrecy_review", "reason": "Ur avtalet",
    }  # fmt: skip
    amounts = {n: first.view.terms[n] for n in first.view.terms if n in AMOUNTS}
    play.act("officer", "set_contract_terms", case=contract_id, **own, **amounts | {"plan_due": 6})
    second = Ladder(play, contract_id, title="En till")
    first.offer()
    second.offer()
    assert first.due_on == date(2026, 3, 30)
    assert second.due_on == date(2026, 4, 13)
    assert second.view.terms["fine_week_ore"] == 25_000_00
    with pytest.raises(InvalidForm):
        play.act("officer", "set_contract_terms", case=contract_id, **own, **amounts | {"plan_due": 99})


def test_the_supplier_reads_the_letters_in_its_language(play: Play) -> None:
    ladder = Ladder(play, contact_language="en")
    ladder.climb_to("reminder_1")
    assert ladder.sent()[-1].startswith("Reminder of the action plan")


def test_a_deviation_belongs_to_a_contract(play: Play) -> None:
    with pytest.raises(InvalidForm):
        play.do("officer", OpenCase("deviation", play.region, FOUND))
    play.open()
    with pytest.raises(InvalidForm):
        play.do("officer", OpenCase("deviation", play.region, FOUND, parent_id=play.case))


def test_nobody_hurries_a_reminder(ladder: Ladder) -> None:
    ladder.offer()
    with refused("response_period_runs"):
        ladder.act("officer", "send_reminder_1")
    with pytest.raises(NoSuchStep):
        ladder.act("officer", "send_reminder_2")


def test_a_relay_that_refuses_for_good_starts_nothing(play: Play) -> None:
    class Refusing(MemoryTransport):
        def send(self, message, recipient):  # type: ignore[no-untyped-def]
            if recipient == SUPPLIER:
                raise PermanentFailure("550 no")
            return super().send(message, recipient)

    play.app.transport = Refusing()
    ladder = Ladder(play)
    ladder.offer()
    assert ladder.due_on is None
    assert ("resend_notice", "procurement_officer") in ladder.owed()
    assert ladder.letters()[-1].status == "returned"


AMOUNTS = {
    "severe_report", "audit_enabling", "self_assessment", "plan_due", "plan_due_severe", "remedy",
    "remedy_verification", "response_reminder_1", "response_reminder_2", "response_formal_demand",
    "response_escalation_meeting", "response_call_off_stop", "stop_until_termination", "termination_notice",
}  # fmt: skip
