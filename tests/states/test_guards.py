"""The guards in business words: what each lets through, what it stops, and what it then says."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from states.facts import LotFacts, OpinionFacts, RequirementFacts, ReviewFacts, Situation, TargetFacts
from states.guards import GUARDS
from states.guards.tenders import minimum_tender_days
from states.registry import DEFINITIONS
from tests.states.situations import HEAD, LOT, OFFICER, OWNER, REQUIREMENT, STRATEGIST, TARGET, TODAY, situation

DAY = timedelta(days=1)


def unmet(guard: str, s: Situation) -> list[str]:
    return [u.code for u in GUARDS[guard].check(s)]


def test_every_guard_is_used_and_says_where_it_comes_from() -> None:
    used = {g for d in DEFINITIONS.values() for t in d.transitions for g in t.guards}
    assert set(GUARDS) == used
    assert all(g.source for g in GUARDS.values())


def test_when_everything_is_in_order_only_what_excludes_each_other_is_unmet() -> None:
    stopped = {g for g in GUARDS if unmet(g, situation())}
    assert stopped == {
        "case_is_paused", "no_option_is_left", "renewal_may_reopen", "supplier_has_had_time_to_comment",
        "stop_is_in_force", "fine_is_decided", "termination_is_withdrawn",
    }  # fmt: skip


@pytest.mark.parametrize("guard", sorted(GUARDS))
def test_before_the_form_is_filled_in_a_guard_answers_without_it(guard: str) -> None:
    for s in (situation(), situation(no_lot=True)):
        for reason in GUARDS[guard].check(s):
            assert reason.code


# --- tender time (LOU 11) -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("procedure", "facts", "days", "section"),
    [
        ("open", {"electronic": False}, 35, "LOU 11:2"),
        ("open", {}, 30, "LOU 11:6"),
        ("open", {"prior_notice": True}, 15, "LOU 11:5"),
        ("open", {"urgent": True}, 15, "LOU 11:10"),
        ("open", {"freely_available": False}, 35, "LOU 11:6, 11:9"),
        ("open", {"electronic": False, "freely_available": False}, 40, "LOU 11:2, 11:9"),
        ("selective", {"electronic": False}, 30, "LOU 11:3"),
        ("selective", {}, 25, "LOU 11:6"),
        ("negotiated", {"urgent": True}, 10, "LOU 11:10"),
        ("negotiated", {"prior_notice": True}, 10, None),
    ],
)
def test_the_shortest_tender_time_by_its_section(
    procedure: str, facts: dict[str, bool], days: int, section: str | None
) -> None:
    given = {"electronic": True, "prior_notice": False, "urgent": False, "freely_available": True, **facts}
    found = minimum_tender_days(procedure, **given)
    assert found[0] == days
    assert section is None or found[1] == section
    published = date(2027, 2, 1)
    last_short, first_right = published + (days - 1) * DAY, published + days * DAY
    form = {"published_on": published, "procedure": procedure, **given}
    too_short = situation(form={**form, "tender_deadline_on": last_short})
    assert unmet("tender_period_is_long_enough", too_short) == ["tender_period_too_short"]
    assert GUARDS["tender_period_is_long_enough"].check(too_short)[0].params["earliest"] == first_right.isoformat()
    assert unmet("tender_period_is_long_enough", situation(form={**form, "tender_deadline_on": first_right})) == []


def test_below_the_threshold_the_law_counts_no_days_but_a_deadline_still_comes_after_publication() -> None:
    form = {"published_on": date(2027, 2, 1), "procedure": "open", "tender_deadline_on": date(2027, 2, 8)}
    below = {"track": "below_threshold"}
    assert unmet("tender_period_is_long_enough", situation(form=form, procurement=below)) == []
    form["tender_deadline_on"] = date(2027, 2, 1)
    found = unmet("tender_period_is_long_enough", situation(form=form, procurement=below))
    assert found == ["tender_deadline_before_publication"]


def test_a_changed_document_never_shortens_the_tender_time() -> None:
    earlier = situation(form={"tender_deadline_on": date(2027, 2, 28)})
    same = situation(form={"tender_deadline_on": date(2027, 3, 1)})
    assert unmet("new_tender_deadline_is_later", earlier) == ["tender_deadline_moved_earlier"]
    assert unmet("new_tender_deadline_is_later", same) == []


# --- opening --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("opened_by", "opened_with", "stopped"),
    [
        ("Ulla Berg", "Hans Ek", False),
        ("Ulla Berg", None, True),
        ("Ulla Berg", "", True),
        ("Ulla Berg", " ulla berg ", True),  # the same person written twice
    ],
)
def test_two_people_open_the_tenders(opened_by: str, opened_with: str | None, stopped: bool) -> None:
    s = situation(form={"opened_by": opened_by, "opened_with": opened_with})
    assert unmet("two_people_opened", s) == (["two_people_must_open"] if stopped else [])


def test_tenders_stay_closed_before_the_last_day_for_tenders() -> None:
    due = {"tender_deadline_on": TODAY + DAY}
    assert unmet("tender_deadline_has_passed", situation(procurement=due)) == ["tender_deadline_not_passed"]
    assert unmet("tender_deadline_has_passed", situation(procurement=due, today=TODAY + DAY)) == []


def test_only_those_on_the_access_list_see_tenders() -> None:
    assert unmet("actor_may_see_tenders", situation(facts={"tender_access": False})) == ["not_on_access_list"]


# --- track and value ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("track", "kind", "value", "stopped"),
    [
        ("direct", "goods", 699_999, False),
        ("direct", "goods", 700_000, True),
        ("direct", "works", 700_000, True),
        ("direct", "annex_2", 8_109_449, False),
        ("direct", "annex_2", 8_109_450, True),
        ("below_threshold", "goods", 2_389_584, False),
        ("below_threshold", "goods", 2_389_585, True),
        ("below_threshold", "works", 59_880_178, False),
        ("below_threshold", "works", 59_880_179, True),
        ("above_threshold", "goods", 1, False),  # one may always choose the stricter way
        ("call_off", "goods", 99_000_000, False),
    ],
)
def test_the_value_decides_how_small_a_track_may_be(track: str, kind: str, value: int, stopped: bool) -> None:
    s = situation(form={"track": track, "kind": kind, "estimated_value": Decimal(value)})
    assert unmet("track_fits_value", s) == (["value_above_track"] if stopped else [])


@pytest.mark.parametrize("track", ["call_off", "renewed_competition"])
def test_a_call_off_names_its_framework(track: str) -> None:
    assert unmet("framework_is_named", situation(form={"track": track})) == ["no_framework"]
    assert unmet("framework_is_named", situation(form={"track": track, "framework": "UPP-7"})) == []
    assert unmet("framework_is_named", situation(form={"track": "direct"})) == []


def test_a_procurement_needs_a_contract_owner() -> None:
    nobody = {"owner_id": None}
    assert unmet("contract_owner_is_named", situation(case=nobody)) == ["no_contract_owner"]
    assert unmet("contract_owner_is_named", situation(case=nobody, form={"owner": OWNER})) == []


# --- four eyes ------------------------------------------------------------------------------------------------

FOUR_EYES = {
    "award_prepared_by_another": {"lot": {"prepared_by": OFFICER}},
    "contracts_prepared_by_another": {"lot": {"contracts_prepared_by": OFFICER}},
    "cancellation_prepared_by_another": {"lot": {"cancellation_prepared_by": OFFICER}},
    "rung_prepared_by_another": {"deviation": {"prepared_by": OFFICER}},
    "plan_prepared_by_another": {"deviation": {"plan_by": OFFICER}},
    "handover_proposed_by_another": {"contract": {"handover_proposed_by": OFFICER}},
}


@pytest.mark.parametrize("guard", sorted(FOUR_EYES))
@pytest.mark.parametrize(
    ("who", "actor", "on_behalf_of", "stopped"),
    [
        ("somebody else", HEAD, None, False),
        ("the one who prepared it", OFFICER, None, True),
        ("a substitute for the one who prepared it", HEAD, OFFICER, True),
        ("the one who prepared it, as somebody's substitute", OFFICER, HEAD, True),
        ("a substitute for somebody else", "sven", HEAD, False),
    ],
)
def test_who_prepared_it_does_not_decide_it(
    guard: str, who: str, actor: str, on_behalf_of: str | None, stopped: bool
) -> None:
    s = situation(actor=actor, on_behalf_of=on_behalf_of, **FOUR_EYES[guard])  # type: ignore[arg-type]
    assert unmet(guard, s) == (["prepared_by_decider"] if stopped else []), who


def test_what_nobody_has_prepared_is_not_decided() -> None:
    assert unmet("contracts_prepared_by_another", situation(lot={"contracts_prepared_by": None})) == [
        "contracts_not_prepared"
    ]
    assert unmet("cancellation_prepared_by_another", situation(lot={"cancellation_prepared_by": None})) == [
        "cancellation_not_proposed"
    ]
    nothing = situation(contract={"handover_proposed_by": None})
    assert unmet("handover_is_proposed", nothing) == ["handover_not_proposed"]
    assert unmet("handover_proposed_by_another", nothing) == []  # said once is enough
    assert unmet("award_is_proposed", situation(lot={"award_proposed": False})) == ["award_not_proposed"]


def test_before_there_are_lots_the_cancellation_is_prepared_for_the_whole_procurement() -> None:
    proposed = situation(no_lot=True, procurement={"cancellation_prepared_by": OFFICER})
    assert unmet("cancellation_prepared_by_another", proposed) == []
    assert unmet("cancellation_is_proposed", proposed) == []
    assert unmet("cancellation_is_proposed", situation(no_lot=True)) == ["cancellation_not_proposed"]


def test_the_owner_decides_alone_but_not_without_anothers_opinion() -> None:
    def by(*authors: str) -> dict[str, Any]:
        return {"opinions": tuple(OpinionFacts(a, a, 1) for a in authors)}

    assert unmet("opinion_by_another", situation(actor=OWNER, facts=by())) == ["no_opinion"]
    assert unmet("opinion_by_another", situation(actor=OWNER, facts=by(OWNER))) == ["no_opinion"]
    assert unmet("opinion_by_another", situation(actor="sven", on_behalf_of=OWNER, facts=by(OWNER, "sven"))) == [
        "no_opinion"
    ]
    assert unmet("opinion_by_another", situation(actor=OWNER, facts=by(OWNER, STRATEGIST))) == []


def test_who_is_disqualified_or_without_mandate_does_not_decide() -> None:
    assert unmet("actor_is_not_disqualified", situation(facts={"disqualified": (HEAD,)})) == ["disqualified"]
    assert unmet("mandate_covers", situation(facts={"mandate": None})) == ["no_mandate"]


# --- targets and requirements ---------------------------------------------------------------------------------


def test_a_target_without_indicator_level_or_follow_up_is_not_one() -> None:
    bare = TargetFacts("t2", 2, "Bra villkor", "social", "", "", "")
    found = GUARDS["targets_are_complete"].check(situation(facts={"targets": (TARGET, bare)}))
    assert [(u.code, u.params["number"]) for u in found] == [
        ("target_without_indicator", 2),
        ("target_without_level", 2),
        ("target_without_follow_up", 2),
    ]
    none = {"targets": ()}
    assert unmet("targets_are_complete", situation(facts=none)) == ["no_target"]
    assert unmet("targets_are_complete_or_none_proposed", situation(facts=none, form={})) == ["no_target"]
    reason = {"no_target_reason": "ett enda programvarufel rättas"}
    assert unmet("targets_are_complete_or_none_proposed", situation(facts=none, form=reason)) == []


def test_every_target_is_carried_by_a_requirement() -> None:
    second = TargetFacts("t2", 2, "Bra villkor", "social", "revisioner", "alla", "årligen")
    facts = {"targets": (TARGET, second)}
    found = GUARDS["every_target_is_carried"].check(situation(facts=facts))
    assert [(u.code, u.params["number"]) for u in found] == [("target_not_carried", 2)]
    excused = situation(facts=facts, procurement={"no_target_reason": "ramavtalets gäller"})
    assert unmet("every_target_is_carried", excused) == []


def test_a_requirement_can_be_proved_and_followed_up() -> None:
    vague = RequirementFacts(2, "Hållbart", "", "", None)
    facts = {"requirements": (REQUIREMENT, vague)}
    assert unmet("every_requirement_can_be_followed_up", situation(facts=facts)) == [
        "requirement_without_proof",
        "requirement_without_follow_up",
    ]
    assert unmet("every_requirement_can_be_followed_up", situation(facts={"requirements": ()})) == ["no_requirement"]


def test_a_later_change_makes_an_approval_stale() -> None:
    changed = {"targets_version": 3, "requirements_version": 4}
    assert unmet("target_decision_is_current", situation(procurement=changed)) == ["target_decision_stale"]
    assert unmet("requirement_decision_is_current", situation(procurement=changed)) == ["requirement_decision_stale"]
    renewed = {**changed, "track": "renewed_competition"}
    assert unmet("target_decision_is_current", situation(procurement=renewed)) == []  # the framework's holds
    assert unmet("requirement_decision_is_current", situation(procurement=renewed)) == ["requirement_decision_stale"]


# --- standstill and review ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "lot", "stopped"),
    [
        ("the last day itself", {"standstill_due_on": TODAY}, "standstill_not_ended"),
        ("the day after", {"standstill_due_on": TODAY - DAY}, None),
        ("no notice sent yet", {"standstill_due_on": None, "standstill_rule": None}, "standstill_not_begun"),
        ("a rule says none applies", {"standstill_due_on": None, "standstill_rule": "LOU 20:2"}, None),
    ],
)
def test_nothing_is_signed_before_the_day_after_the_standstill(
    case: str, lot: dict[str, Any], stopped: str | None
) -> None:
    assert unmet("standstill_has_ended", situation(lot=lot)) == ([stopped] if stopped else []), case


def test_without_a_lot_no_standstill_has_begun() -> None:
    assert unmet("standstill_has_ended", situation(no_lot=True)) == ["standstill_not_begun"]


@pytest.mark.parametrize(
    ("instance", "open_", "lot_number", "lodged_on", "stopped"),
    [
        ("administrative_court", True, 1, TODAY - DAY, True),  # the standstill's last day
        ("administrative_court", True, 1, TODAY, False),  # too late to prolong it (LOU 20:8)
        ("administrative_court", False, 1, TODAY - DAY, False),
        ("administrative_court", True, 2, TODAY - DAY, False),  # it concerns another lot
        ("court_of_appeal", True, 1, TODAY - DAY, False),  # only an interim order stops signing there
        ("supreme_administrative_court", True, 1, TODAY - DAY, False),
    ],
)
def test_a_review_lodged_in_the_standstill_stops_signing_in_the_administrative_court(
    instance: str, open_: bool, lot_number: int, lodged_on: date, stopped: bool
) -> None:
    facts = {"reviews": (ReviewFacts(lot_number, "Luleå", instance, open_, lodged_on),)}
    found = unmet("no_review_stops_signing", situation(facts=facts, lot={"standstill_due_on": TODAY - DAY}))
    assert found == (["review_is_open"] if stopped else [])


@pytest.mark.parametrize("instance", ["court_of_appeal", "supreme_administrative_court"])
def test_an_interim_order_stops_signing_in_every_instance(instance: str) -> None:
    facts = {"reviews": (ReviewFacts(1, "Sundsvall", instance, True, TODAY),)}
    found = unmet("no_review_stops_signing", situation(facts=facts, lot={"interim_order": True}))
    assert found == ["interim_order"]


def test_a_cancellation_stands_the_day_after_its_time_for_review() -> None:
    for due, stopped in ((TODAY, True), (TODAY - DAY, False), (None, True)):
        found = unmet("cancellation_review_has_ended", situation(lot={"cancellation_due_on": due}))
        assert found == (["cancellation_review_not_ended"] if stopped else [])


def test_a_new_advertisement_waits_for_the_other_lots() -> None:
    def with_other(state: str) -> Situation:
        s = situation()
        other = LotFacts(id="l2", number=2, state=state)
        return Situation(s.case, s.actor, s.capacity, s.today, lot=LOT, lots=(LOT, other), facts=s.facts)

    assert unmet("no_other_lot_is_under_way", with_other("evaluation")) == ["other_lots_under_way"]
    assert unmet("no_other_lot_is_under_way", with_other("cancelled")) == []


# --- pause, end and contracts ---------------------------------------------------------------------------------


def test_a_paused_case_only_resumes() -> None:
    paused = situation(case={"paused_on": TODAY})
    assert unmet("case_is_not_paused", paused) == ["case_is_paused"]
    assert unmet("case_is_paused", paused) == []


def test_a_procurement_closes_when_nothing_runs_and_nothing_is_owed() -> None:
    assert unmet("contracts_have_ended", situation(facts={"contracts_open": 2})) == ["contracts_in_force"]
    duty = type("Duty", (), {"trigger": "record_post_award_notice", "roles": ("procurement_officer",)})
    own = type("Duty", (), {"trigger": "close", "roles": ("procurement_officer",)})
    assert unmet("nothing_is_owed", situation(facts={"open_tasks": (duty, own)})) == ["still_owed"]


def test_a_contract_is_extended_while_an_option_is_left_and_then_evaluated() -> None:
    none_left = situation(contract={"options_left": 0})
    assert unmet("option_is_left", none_left) == ["no_option_left"]
    assert unmet("no_option_is_left", none_left) == []
    assert unmet("no_option_is_left", situation()) == ["option_left"]
    assert unmet("contract_has_end_date", situation(contract={"end_on": None})) == ["no_end_date"]
    assert unmet("final_evaluation_is_recorded", situation(contract={"evaluated": False})) == [
        "final_evaluation_missing"
    ]


def test_a_contract_ends_the_day_after_its_last_day() -> None:
    for end, stopped in ((TODAY, True), (TODAY - DAY, False), (None, True)):
        found = unmet("contract_period_has_ended", situation(contract={"end_on": end}))
        assert found == (["contract_period_not_ended"] if stopped else [])


# --- the sanction ladder --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("guard", "facts", "stopped"),
    [
        ("supplier_can_be_reached", {"contact_known": False}, "no_supplier_contact"),
        ("ground_is_recorded", {"ground": ""}, "no_ground_recorded"),
        ("response_period_has_ended", {"delivered_on": None}, "notice_not_handed_over"),
        ("response_period_has_ended", {"delivered_on": TODAY - 14 * DAY}, "response_period_runs"),
        ("response_period_has_ended", {"delivered_on": TODAY - 15 * DAY}, None),
        ("response_period_has_ended", {"delivered_on": None, "rung": "dialogue"}, None),
        ("response_period_has_ended", {"waits_until_on": TODAY}, "response_period_runs"),
        ("response_period_has_ended", {"waits_until_on": TODAY - DAY}, None),
        ("next_rung_may_be_asked", {"rung": "reminder_1"}, "no_next_rung"),
        ("next_rung_may_be_asked", {"asked_rung": "immediate_termination"}, "next_rung_is_asked"),
        ("rung_prepared_by_another", {"prepared_rung": "contractual_fine"}, "rung_not_prepared"),
        ("call_off_stop_is_prepared", {"prepared_rung": None}, "rung_not_prepared"),
        ("owner_has_consented", {"stop_consent": None}, "no_consent_to_stop"),
        ("owner_has_consented", {"stop_consent": False}, "consent_refused"),
        ("contract_is_a_framework", {"is_framework": False}, "contract_is_no_framework"),
        ("no_sub_supplier_refuses", {"sub_supplier_refuses": "traceability"}, "sub_supplier_refuses"),
        ("no_sub_supplier_refuses", {"sub_supplier_refuses": "audit"}, "sub_supplier_refuses"),
        ("immediate_termination_is_due", {"stop_months_reached": False, "fine": None}, "immediate_termination_not_due"),
        ("immediate_termination_is_due", {"stop_months_reached": False}, None),  # the cap of the fine is reached
        ("severe_deviation_is_probable", {"severe": False}, "deviation_is_not_severe"),
        ("severe_deviation_is_probable", {"probable": False}, "deviation_is_not_probable"),
        ("rung_is_not_in_force", {"stop_since_on": TODAY}, "stop_is_in_force"),
        ("rung_is_not_in_force", {"stop_since_on": TODAY, "stop_investigating": True}, None),
        ("plan_has_milestones", {"milestones": ()}, "plan_without_milestones"),
        ("remedy_is_verified", {"remedy_verified": False}, "remedy_not_verified"),
        ("supplier_reminder_is_due", {"milestones": ()}, "no_supplier_reminder_due"),
    ],
)
def test_the_ladder_stops_where_its_condition_is_not_met(
    guard: str, facts: dict[str, Any], stopped: str | None
) -> None:
    assert unmet(guard, situation(deviation=facts)) == ([stopped] if stopped else [])


@pytest.mark.parametrize(
    ("rung", "skip_reason", "stopped"),
    [
        ("escalation_meeting", False, False),  # the stop is the next rung
        ("formal_demand", False, True),
        ("formal_demand", True, False),
        ("contractual_fine", False, False),  # a parallel right passes over nothing
    ],
)
def test_a_rung_is_passed_over_only_with_a_reason(rung: str, skip_reason: bool, stopped: bool) -> None:
    open_fine = {"fine": None, "fine_from_on": None, "stop_months_reached": False}
    s = situation(deviation={"rung": rung, "skip_reason": skip_reason, **open_fine})
    assert unmet("skipping_is_reasoned", s) == (["skip_not_reasoned"] if stopped else [])


@pytest.mark.parametrize(("days", "stopped"), [(0, True), (1, False), (180, False), (181, True)])
def test_waiting_and_more_time_have_bounds(days: int, stopped: bool) -> None:
    wait = situation(form={"until_on": TODAY + days * DAY})
    assert unmet("wait_is_within_bounds", wait) == (["wait_out_of_bounds"] if stopped else [])
    due = date(2027, 3, 1)
    more = situation(form={"milestone": 1, "to_on": due + days * DAY})
    assert unmet("milestone_may_be_extended", more) == (["extension_out_of_bounds"] if stopped else [])


def test_an_event_is_used_for_three_years_and_a_judgment_for_five() -> None:
    def used(on: date, judgment: bool) -> list[str]:
        s = situation(form={"event_on": on, "judgment": judgment})
        return unmet("exclusion_event_is_recent", s) + unmet("exclusion_judgment_is_recent", s)

    assert used(date(2024, 3, 10), False) == []
    assert used(date(2024, 3, 9), False) == ["exclusion_event_too_old"]
    assert used(date(2022, 3, 10), True) == []
    assert used(date(2022, 3, 9), True) == ["exclusion_judgment_too_old"]


def test_a_contract_ends_sooner_only_by_a_termination_that_stands() -> None:
    none = situation(facts={"termination": None})
    assert unmet("termination_is_decided", none) == ["no_termination"]
    assert unmet("termination_is_withdrawn", none) == []
    assert unmet("termination_is_withdrawn", situation()) == ["termination_stands"]
    assert unmet("contract_is_terminated", situation(contract={"terminated": False})) == ["no_termination"]
