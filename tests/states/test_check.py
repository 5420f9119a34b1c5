"""The checker refuses what is smuggled into a sound definition, with the path that proves it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from states.check import check
from states.definition import Mark, Obligation, ProcessDefinition, State, TimerRule, Transition
from states.registry import DEFINITIONS
from states.walk import TRACKS, Finding
from templates.labels import all_labels, label

SOUND = DEFINITIONS["procurement@1"]
OFFICER, OWNER, HEAD, SYSTEM = "procurement_officer", "contract_owner", "head_of_procurement", "system"


def edges(trigger: str, source: str | None = None, **change: Any) -> ProcessDefinition:
    """The sound definition with these edges changed."""

    def meant(t: Transition) -> bool:
        return t.trigger == trigger and source in (None, t.source)

    assert any(map(meant, SOUND.transitions))
    return replace(SOUND, transitions=tuple(replace(t, **change) if meant(t) else t for t in SOUND.transitions))


def without(trigger: str, source: str) -> ProcessDefinition:
    """The sound definition without these edges."""
    kept = tuple(t for t in SOUND.transitions if (t.trigger, t.source) != (trigger, source))
    assert len(kept) < len(SOUND.transitions)
    return replace(SOUND, transitions=kept)


def plus(trigger: str, source: str, target: str, *roles: str, **more: Any) -> ProcessDefinition:
    """The sound definition with one more edge."""
    extra = Transition(trigger, source, target, roles or (OFFICER,), **more)
    return replace(SOUND, transitions=(*SOUND.transitions, extra))


def state(name: str, **change: Any) -> ProcessDefinition:
    """The sound definition with one state changed."""
    return replace(SOUND, states=tuple(replace(s, **change) if s.name == name else s for s in SOUND.states))


def plus_state(name: str, **more: Any) -> ProcessDefinition:
    return replace(SOUND, states=(*SOUND.states, State(name, "award", **more)))


def timer(**change: Any) -> ProcessDefinition:
    first, *rest = SOUND.timers
    return replace(SOUND, timers=(replace(first, **change), *rest))


def guards(trigger: str, without: str) -> tuple[str, ...]:
    return tuple(g for g in SOUND.edges(trigger)[0].guards if g != without)


def dead_end() -> ProcessDefinition:
    d = plus_state("limbo", owes=Obligation("wait", (OFFICER,), open_ended="nobody_knows"))
    new = (Transition("lose", "evaluation", "limbo", (OFFICER,)), Transition("wait", "limbo", "limbo", (OFFICER,)))
    return replace(d, transitions=(*d.transitions, *new))


#: A ladder with two rungs, the upper of which its preparer may decide.
LADDER = ProcessDefinition(
    id="deviation",
    version=1,
    initial="formal_demand",
    states=(
        State("formal_demand", "ladder", owes=Obligation("decide_rung", (OWNER,), open_ended="none")),
        State("call_off_stop", "ladder", final=True),
    ),
    transitions=(
        Transition("decide_rung", "formal_demand", "call_off_stop", (OWNER,), decides=True, basis=("deviation",)),
    ),
)

#: The released ladder, into which a way around its decisions is smuggled.
RELEASED_LADDER = DEFINITIONS["deviation@1"]


def ladder_plus(trigger: str, source: str, target: str, *roles: str, **more: Any) -> ProcessDefinition:
    """The released ladder with one more edge."""
    extra = Transition(trigger, source, target, roles, **more)
    return replace(RELEASED_LADDER, transitions=(*RELEASED_LADDER.transitions, extra))


def ladder_edges(trigger: str, source: str, **change: Any) -> ProcessDefinition:
    """The released ladder with the edges of one trigger from one state changed."""
    changed = tuple(
        replace(t, **change) if (t.trigger, t.source) == (trigger, source) else t for t in RELEASED_LADDER.transitions
    )
    assert changed != RELEASED_LADDER.transitions
    return replace(RELEASED_LADDER, transitions=changed)


NEED, START = "needs_analysis --submit_needs_analysis--> start_decision", "start_decision --decide_start--> "

# code, the smuggled definition, the end of the path that proves it
SMUGGLED: list[tuple[str, ProcessDefinition, str]] = [
    ("unknown_state", plus("go", "evaluation", "nowhere"), "evaluation --go--> nowhere"),
    ("unknown_state", replace(SOUND, initial="nowhere"), ""),
    ("unknown_state", timer(state="nowhere"), ""),
    ("state_named_twice", plus_state("evaluation", final=True), ""),
    ("unknown_role", edges("close", roles=("king",)), "follow_up --close--> closed"),
    ("unknown_guard", edges("close", guards=("all_is_well",)), "follow_up --close--> closed"),
    ("unknown_effect", edges("close", effects=("delete_all",)), "follow_up --close--> closed"),
    ("unknown_deadline", timer(deadline="some_day"), ""),
    ("unknown_routing_fact", edges("close", when=(("moon", ("full",)),)), "follow_up --close--> closed"),
    ("unknown_routing_value", edges("close", when=(("track", ("fast",)),)), "follow_up --close--> closed"),
    ("unreachable", without("record_invitation", "inviting"), ""),
    ("dead_end", dead_end(), "evaluation --lose--> limbo"),
    ("dead_end", without("close", "follow_up"), "follow_up"),
    ("final_state_left", plus("revive", "closed", "follow_up"), "closed --revive--> follow_up"),
    ("final_state_left", plus("note", "closed", "closed", kind="side"), "closed --note--> closed"),
    (
        "when_incomplete",
        edges("decide_start", "start_decision", when=(("track", ("above_threshold", "renewed_competition")),)),
        NEED,
    ),
    ("when_incomplete", edges("record_ruling", when=(("ruling", ("dismissed",)),)), "--> in_review"),
    (
        "when_ambiguous",
        plus("record_award_notice", "award_notice", "contract_signing"),
        "award_notice --record_award_notice--> standstill",
    ),
    ("nobody_responsible", state("evaluation", owes=None), "--record_opening--> evaluation"),
    (
        "nobody_responsible",
        state("evaluation", owes=Obligation("submit_award_proposal", (), "evaluation")),
        "--record_opening--> evaluation",
    ),
    (
        "no_deadline",
        state("in_review", owes=Obligation("record_ruling", (OFFICER,))),
        "--record_review--> in_review",
    ),
    (
        "duty_leads_nowhere",
        edges("prepare_contracts", opens=(Obligation("celebrate", (OFFICER,), "contract_signing"),)),
        "contract_signing --prepare_contracts--> contract_signing",
    ),
    (
        "duty_leads_nowhere",
        state("evaluation", owes=Obligation("decide_start", (OWNER,), "evaluation")),
        "--record_opening--> evaluation",
    ),
    (
        "responsible_may_not_act",
        state("evaluation", owes=Obligation("submit_award_proposal", (OWNER,), "evaluation")),
        "--record_opening--> evaluation",
    ),
    ("no_timer", replace(SOUND, timers=()), ""),
    ("nobody_may_pull", edges("close", roles=()), "follow_up --close--> closed"),
    ("nobody_may_pull", edges("close", roles=("audit_reviewer",)), "follow_up --close--> closed"),
    ("nobody_may_pull", replace(SOUND, timers=()), "standstill --end_standstill--> contract_signing"),
    ("timer_cannot_fire", timer(state="evaluation"), "--record_opening--> evaluation"),
    ("timer_cannot_fire", edges("end_standstill", roles=(OFFICER,)), "--> standstill"),
    (
        "target_not_settled",
        plus("hurry", "risk_analysis", "requirement_selection"),
        "advertising --record_advertisement--> advertised",
    ),
    ("target_not_settled", plus("hurry", "needs_analysis", "advertised"), "needs_analysis --hurry--> advertised"),
    (
        "target_decided_by_another_role",
        edges("decide_sustainability_target", roles=(OWNER, HEAD)),
        "target_decision --decide_sustainability_target--> requirement_selection",
    ),
    (
        "target_without_opinion",
        edges("decide_no_applicable_target", guards=()),
        "target_decision --decide_no_applicable_target--> requirement_selection",
    ),
    ("decision_by_system", edges("decide_award", roles=(HEAD, SYSTEM)), "--decide_award--> award_notice"),
    ("decision_not_marked", edges("decide_award", decides=False), "--decide_award--> award_notice"),
    ("decision_without_basis", edges("decide_award", basis=()), "--decide_award--> award_notice"),
    (
        "opened_by_one",
        edges("record_opening", guards=guards("record_opening", "two_people_opened")),
        "advertised --record_opening--> evaluation",
    ),
    ("opened_by_one", plus("peek", "advertised", "evaluation"), "advertised --peek--> evaluation"),
    (
        "prepared_and_decided_by_one",
        edges("decide_award", guards=guards("decide_award", "award_prepared_by_another")),
        "award_decision --decide_award--> award_notice",
    ),
    (
        "prepared_and_decided_by_one",
        edges("decide_cancellation", "standstill", guards=("mandate_covers",)),
        "standstill --decide_cancellation--> cancellation_notice",
    ),
    ("prepared_and_decided_by_one", LADDER, "formal_demand --decide_rung--> call_off_stop"),
    (
        "standstill_not_awaited",
        edges("sign_contracts", guards=guards("sign_contracts", "standstill_has_ended")),
        "contract_signing --sign_contracts--> follow_up",
    ),
    (
        "standstill_not_awaited",
        plus("shake_hands", "award_notice", "follow_up", HEAD),
        "award_notice --shake_hands--> follow_up",
    ),
    (
        "sanction_without_decision",
        ladder_plus("stop_by_itself", "escalation_meeting", "call_off_stop", SYSTEM, OFFICER),
        "escalation_meeting --stop_by_itself--> call_off_stop",
    ),
    (  # by way of a plan that comes back to a rung where the ladder never stood
        "sanction_without_decision",
        ladder_plus("return_to_fine", "plan_review", "contractual_fine", OFFICER),
        "plan_review --return_to_fine--> contractual_fine",
    ),
    (  # a decision that the scheduler may take is none
        "sanction_without_decision",
        ladder_edges("decide_contractual_fine", "escalation_meeting", roles=(HEAD, SYSTEM)),
        "escalation_meeting --decide_contractual_fine--> contractual_fine",
    ),
    (
        "sanction_without_decision_effect",
        ladder_plus(
            "fine_quietly", "escalation_meeting", "escalation_meeting", SYSTEM, OFFICER, effects=("begin_fine",)
        ),
        "escalation_meeting --fine_quietly--> escalation_meeting",
    ),
    (
        "climbs_past_a_rung",
        ladder_plus("hurry", "reminder_1", "formal_demand", SYSTEM, OFFICER),
        "reminder_1 --hurry--> formal_demand",
    ),
    ("signing_bypassed", plus("skip", "evaluation", "documentation"), "--complete_documentation--> follow_up"),
]


def found(d: ProcessDefinition, code: str) -> list[Finding]:
    return [f for f in check(d) if f.code == code]


@pytest.mark.parametrize("released", DEFINITIONS.values(), ids=lambda d: d.key)
def test_released_definitions_are_clean(released: ProcessDefinition) -> None:
    assert check(released) == []


@pytest.mark.parametrize(("code", "smuggled", "proof"), SMUGGLED, ids=[f"{i}-{s[0]}" for i, s in enumerate(SMUGGLED)])
def test_what_is_smuggled_in_is_found_with_its_path(code: str, smuggled: ProcessDefinition, proof: str) -> None:
    findings = found(smuggled, code)
    assert findings
    assert any(f.path[-1].endswith(proof) if f.path else not proof for f in findings), findings
    for f in findings:
        for locale in ("sv", "en"):
            assert label(f"check.{f.code}", locale, **f.params)


def test_every_refusal_has_a_text_and_every_text_a_refusal() -> None:
    refusals = {code for code, _, _ in SMUGGLED}
    for locale in ("sv", "en"):
        texts = {c.removeprefix("check.") for c in all_labels(locale) if c.startswith("check.")}
        assert texts == refusals


def test_a_path_begins_with_a_new_case_and_hangs_together() -> None:
    for _, smuggled, _ in SMUGGLED:
        known = {s.name for s in smuggled.states}
        for f in check(smuggled):
            steps = [step.split(" --") for step in f.path]
            for (_, before), (after, _) in pairwise(steps):
                assert before.endswith(f"> {after}")
            if f.path and f.code not in ("unknown_state", "unreachable") and not f.code.startswith("unknown_"):
                assert steps[0][0] == smuggled.initial
                assert steps[0][0] in known


def test_the_proof_is_the_shortest_path() -> None:
    path = found(plus("hurry", "start_decision", "advertising"), "target_not_settled")[0].path
    assert path == (NEED, "start_decision --hurry--> advertising", "advertising --record_advertisement--> advertised")


def test_the_target_may_not_be_passed_by_way_of_another_track() -> None:
    """A renewed competition needs no target of its own; coming back from it as another track does."""
    back = plus("change_track", "requirement_selection", "needs_analysis", kind="return")
    assert not found(back, "target_not_settled")  # every track begins anew and passes the decision
    stay = plus("hurry", "requirement_decision", "advertised")
    path = found(stay, "target_not_settled")[0].path
    assert path[1] == START + "requirement_selection"  # as a renewed competition, straight to the requirements


def test_one_who_may_go_back_and_choose_another_track_is_not_stuck() -> None:
    others = tuple(t for t in TRACKS if t != "direct")
    back = ProcessDefinition(
        id="choice",
        version=1,
        initial="need",
        states=(
            State("need", "need", owes=Obligation("choose", (OFFICER,), "needs_analysis")),
            State("direct_award", "award", owes=Obligation("go_back", (OFFICER,), "needs_analysis")),
            State("done", "ended", final=True),
        ),
        transitions=(
            Transition("choose", "need", "direct_award", (OFFICER,), when=(("track", ("direct",)),)),
            Transition("choose", "need", "done", (OFFICER,), when=(("track", others),)),
            Transition("go_back", "direct_award", "need", (OFFICER,)),
        ),
    )
    assert check(back) == []
    elsewhere = replace(back.transitions[2], target="direct_award")
    assert found(replace(back, transitions=(*back.transitions[:2], elsewhere)), "dead_end")


def test_house_rules_say_whether_they_are_law_or_policy_and_where_they_stand() -> None:
    marks = {f.code: (f.mark, f.source) for code, d, _ in SMUGGLED for f in check(d) if f.mark}
    assert marks["standstill_not_awaited"] == (Mark.LAW, "LOU 20:1")
    assert marks["decision_by_system"] == (Mark.LAW, "KL 6:38")
    assert marks["opened_by_one"] == (Mark.LAW, "LOU 12:10")
    assert marks["target_not_settled"] == (Mark.POLICY, "Riktlinje Inköp")
    assert all(source for _, source in marks.values())


@pytest.mark.parametrize(("cites", "accepted"), [("LOU 20:2", True), ("LOU 19a:10", True), ("LOU 20:20", False)])
def test_only_a_rule_that_says_so_excuses_from_the_standstill(cites: str, accepted: bool) -> None:
    unguarded = edges("sign_contracts", guards=guards("sign_contracts", "standstill_has_ended"), cites=cites)
    assert bool(found(unguarded, "standstill_not_awaited")) is not accepted


@pytest.mark.parametrize("make", [lambda: LADDER, lambda: DEFINITIONS["contract@1"]])
def test_rules_about_what_a_process_does_not_have_say_nothing(make: Callable[[], ProcessDefinition]) -> None:
    codes = {f.code for f in check(make())}
    assert codes <= {"prepared_and_decided_by_one"}


def test_a_timer_may_only_remind_and_record_never_decide() -> None:
    """A sent-in definition that lets the clock fine a supplier is refused, whatever it calls it."""
    fined = replace(
        LADDER,
        transitions=(replace(LADDER.transitions[0], roles=(OWNER, SYSTEM)),),
        timers=(TimerRule("fine_due", "formal_demand", "decide_rung", "recall", Mark.CLAUSE, "avtalet"),),
    )
    assert found(fined, "decision_by_system")
