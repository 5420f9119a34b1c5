"""`deviation@1`: a supplier's deviation up the sanction ladder and down again, a child case of a contract.

Up to the escalation meeting reminders and demands go out by themselves, one rung a response period. From the call-off
stop upward the scheduler opens the decision and waits (KL 6:38). A plan that arrives stops the climb from any rung;
`rung` remembers where the ladder stood, so that a plan that fails leads back there and never past it. The rungs
themselves are data: `states/ladder.py`. Sources: the due-diligence term, clauses 3–5; UHM on handling shortcomings.
"""

from __future__ import annotations

from states.definition import Mark, Obligation, ProcessDefinition, State, TimerRule, Transition
from states.ladder import AUTOMATIC, BY_KEY, KEYS, LOWER, RUNGS, SANCTIONS
from states.procurement_v1.vocabulary import HEAD, MANAGER, OFFICER, OWNER, STRATEGIST, SYSTEM

PHASES = ("found", "remedy", "plan", "sanction", "ended")
HANDLERS = (OFFICER, MANAGER)
KNOWING = (OFFICER, STRATEGIST, MANAGER)
CLAUSE = "avtalsvillkoret, punkt 5"
EQUAL = "LOU 4:1; avtalade sanktioner används lika"

#: Where a letter is answered: the rungs below the terminations.
ANSWERED = (*LOWER, "call_off_stop", "contractual_fine")
#: Where sanctions are in question: a decision may be prepared and taken.
UPPER = ("formal_demand", "escalation_meeting", "call_off_stop", "contractual_fine", "termination_with_notice")
PLANNED = ("plan_review", "plan_running", "verification")
LIVING = ("recorded", *KEYS, *PLANNED)

PREPARE = Obligation("prepare_rung", (OFFICER, STRATEGIST), "rung_preparation")
CONSENT = Obligation("consent_to_call_off_stop", (OWNER,), "stop_consent")
REVIEW_STOP = Obligation("review_call_off_stop", (HEAD,), "call_off_stop_review")
NOT_DELIVERED = "notice_not_delivered"


def _waits_for_answer(trigger: str) -> Obligation:
    """What the scheduler owes when the supplier has not answered; no day until the letter has been handed over."""
    return Obligation(trigger, (SYSTEM,), "response_period", NOT_DELIVERED)


STATES = (
    State("recorded", "found", owes=Obligation("start_dialogue", (OFFICER, MANAGER), "assess_deviation")),
    State("dialogue", "remedy", owes=Obligation("offer_opportunity_to_remedy", (OFFICER, MANAGER), "dialogue")),
    *(State(source, "remedy", owes=_waits_for_answer(BY_KEY[target].trigger)) for source, target in AUTOMATIC),
    State(
        "escalation_meeting", "remedy", owes=Obligation("record_escalation_meeting", (OFFICER, HEAD), "meeting_held")
    ),
    State("plan_review", "plan", owes=Obligation("accept_action_plan", (OWNER,), "plan_review")),
    State("plan_running", "plan", owes=Obligation("record_remedy", HANDLERS, "plan_completed", "plan_has_no_day")),
    State("verification", "plan", owes=Obligation("record_verification", (STRATEGIST, OFFICER), "remedy_verification")),
    State(
        "call_off_stop",
        "sanction",
        owes=Obligation("ask_for_next_rung", (SYSTEM,), "next_rung", NOT_DELIVERED),
    ),
    State(
        "contractual_fine",
        "sanction",
        owes=Obligation("count_fine_week", (SYSTEM,), "fine_week", NOT_DELIVERED),
    ),
    State(
        "termination_with_notice",
        "sanction",
        owes=Obligation("close_terminated", (OFFICER, HEAD), "termination_notice", NOT_DELIVERED),
    ),
    State(
        "immediate_termination", "sanction", owes=Obligation("close_terminated", (OFFICER, HEAD), "close_terminated")
    ),
    State("closed", "ended", final=True),
)


def step(
    trigger: str,
    source: str,
    target: str | None = None,
    *,
    by: tuple[str, ...],
    when: tuple[tuple[str, tuple[str, ...]], ...] = (),
    guards: tuple[str, ...] = (),
    effects: tuple[str, ...] = (),
    decides: bool = False,
    opens: tuple[Obligation, ...] = (),
    cites: str = "",
    kind: str = "advance",
    while_paused: bool = False,
) -> Transition:
    """A step as most are: closed while the ladder is paused; deciding and preparing closed to the disqualified."""
    if decides or trigger == "prepare_rung":
        guards = ("actor_is_not_disqualified", *guards)
    if not while_paused:
        guards = ("case_is_not_paused", *guards)
    basis = ("deviation", "ladder") if decides else ()
    return Transition(trigger, source, target or source, by, when, guards, effects, decides, basis, opens, cites, kind)


def _beginning() -> list[Transition]:
    """From the record to the offer: what the officer does, before anything goes out by itself."""
    report = Obligation("record_severe_report", (OFFICER, MANAGER), "severe_report")
    dialogue, offer = BY_KEY["dialogue"], BY_KEY["opportunity_to_remedy"]
    return [
        *(
            step(
                dialogue.trigger, "recorded", "dialogue", by=HANDLERS, when=(("severe", (severe,)),), guards=dialogue.needs,
                effects=("enter_rung",), opens=(report,) if severe == "yes" else (), cites=dialogue.clause,
            )
            for severe in ("yes", "no")
        ),
        step(
            offer.trigger, "dialogue", offer.key, by=HANDLERS, guards=offer.needs, effects=("enter_rung",),
            cites=offer.clause,
        ),
    ]  # fmt: skip


def _climbing() -> list[Transition]:
    """What goes out by itself, one rung a response period; the officer may not hurry it."""
    return [
        step(
            BY_KEY[target].trigger, source, target, by=(SYSTEM, OFFICER), guards=BY_KEY[target].needs,
            effects=("enter_rung",), cites=BY_KEY[target].clause,
        )
        for source, target in AUTOMATIC
    ]  # fmt: skip


def _asking() -> list[Transition]:
    """The scheduler opens the next decision for those with the mandate, and its preparation; it decides nothing."""
    edges = []
    for source in ("escalation_meeting", "call_off_stop", "contractual_fine", "termination_with_notice"):
        for rung in SANCTIONS:
            above = source != rung and BY_KEY[source].order <= BY_KEY[rung].order
            decision = (_decision_of(rung), PREPARE) if above else ()
            edges.append(
                step(
                    "ask_for_next_rung", source, by=(SYSTEM, OFFICER, HEAD), when=(("next_rung", (rung,)),),
                    guards=("next_rung_may_be_asked",), effects=("store_next_rung_asked",),
                    opens=decision, cites=CLAUSE, kind="record",
                )
            )  # fmt: skip
    return edges


def _decision_of(rung: str) -> Obligation:
    return Obligation(BY_KEY[rung].trigger, BY_KEY[rung].decides, "rung_decision")


def _sanctions() -> list[Transition]:
    """From the call-off stop upward: prepared by one, decided by another who has the mandate."""
    edges = []
    for rung in (r for r in RUNGS if r.is_sanction):
        begins = {"call_off_stop": ("begin_call_off_stop",), "contractual_fine": ("begin_fine",)}.get(rung.key, ())
        for source in UPPER:
            if source == rung.key or BY_KEY[source].order > rung.order:
                continue
            waits = () if rung.key == "immediate_termination" else ("earlier_period_has_ended", "skipping_is_reasoned")
            consent = ("owner_has_consented",) if rung.key == "call_off_stop" else ()
            edges.append(
                step(
                    rung.trigger, source, rung.key, by=rung.decides, decides=True,
                    guards=(
                        *rung.needs, "rung_is_not_in_force", *waits, "ground_is_recorded", "rung_prepared_by_another",
                        *consent, "mandate_covers", "supplier_can_be_reached",
                    ),
                    effects=("enter_rung", *begins), opens=(REVIEW_STOP,) if rung.key == "call_off_stop" else (),
                    cites=rung.clause,
                )
            )  # fmt: skip
    for source in UPPER:
        if source != "termination_with_notice":
            edges.append(
                step(
                    "consent_to_call_off_stop", source, by=(OWNER,),
                    guards=("actor_is_not_disqualified", "call_off_stop_is_prepared"), effects=("store_consent",),
                    cites="avtalsvillkoret om avropsstopp", kind="record",
                )
            )  # fmt: skip
    for source in LIVING:
        edges.append(
            step("prepare_rung", source, by=(OFFICER, STRATEGIST, HEAD), effects=("store_preparation",), kind="record")
        )
        if source not in ("immediate_termination",):
            edges.append(
                step(
                    "decide_severe_termination", source, "immediate_termination", by=(HEAD, OWNER), decides=True,
                    guards=(
                        "severe_deviation_is_probable", "rung_prepared_by_another", "mandate_covers",
                        "supplier_can_be_reached",
                    ),
                    effects=("enter_rung",), cites=f"{CLAUSE}, allvarlig avvikelse sannolik", kind="exception",
                )
            )  # fmt: skip
        if BY_KEY.get(source) is None or BY_KEY[source].order < BY_KEY["termination_with_notice"].order:
            edges.append(
                step(
                    "decide_stop_while_investigating", source, by=(HEAD,), decides=True,
                    guards=(
                        "contract_is_a_framework", "no_sub_supplier_refuses", "rung_is_not_in_force",
                        "rung_prepared_by_another", "mandate_covers", "supplier_can_be_reached",
                    ),
                    effects=("begin_call_off_stop",), opens=(REVIEW_STOP,), cites=f"{CLAUSE}, avropsstopp vid utredning",
                    kind="exception",
                )
            )  # fmt: skip
    return edges


def _in_force() -> list[Transition]:
    """Looking after a stop and a fine that are in force, and ending them."""
    cap = (_decision_of("immediate_termination"), PREPARE)
    edges = []
    for source in LIVING:
        edges.append(
            step(
                "review_call_off_stop", source, by=(HEAD,), guards=("stop_is_in_force",), effects=("store_stop_review",),
                opens=(REVIEW_STOP,), cites="avtalsvillkoret om avropsstopp", kind="record", while_paused=True,
            )
        )  # fmt: skip
        edges.append(
            step(
                "decide_lift_of_call_off_stop", source, "escalation_meeting" if source == "call_off_stop" else source,
                by=(HEAD,), decides=True, guards=("stop_is_in_force", "wait_is_within_bounds"), effects=("lift_call_off_stop",),
                cites="avtalsvillkoret om avropsstopp", kind="exception", while_paused=True,
            )
        )  # fmt: skip
    for source in ("call_off_stop", "contractual_fine", "termination_with_notice"):
        for reached in ("reached", "open"):
            opens = cap if reached == "reached" else ()
            edges.append(
                step(
                    "count_fine_week", source, by=(SYSTEM, OFFICER), when=(("fine_cap", (reached,)),),
                    guards=("fine_week_has_started",), effects=("store_fine_weeks",), opens=opens,
                    cites="avtalsvillkoret om vite", kind="record",
                )
            )  # fmt: skip
    for source in LIVING:
        ways: tuple[tuple[tuple[tuple[str, tuple[str, ...]], ...], str], ...] = (((), source),)
        if source == "contractual_fine":
            ways = (
                ((("stop_in_force", ("yes",)),), "call_off_stop"),
                ((("stop_in_force", ("no",)),), "escalation_meeting"),
            )
        for when, target in ways:
            edges.append(
                step(
                    "decide_end_of_fine", source, target, by=(HEAD,), decides=True, when=when,
                    guards=("fine_is_decided", "wait_is_within_bounds"), effects=("end_fine",),
                    cites="avtalsvillkoret om vite", kind="exception",
                )
            )  # fmt: skip
    for source in (*LIVING, "closed"):
        edges.append(step("record_set_off", source, by=(OFFICER, HEAD), effects=("store_set_off",), kind="record", while_paused=True))  # fmt: skip
    return edges


def _plans() -> list[Transition]:
    """The way down: a plan that is accepted, followed, verified; and back to the rung where the ladder stood."""
    edges = []
    for source in (*ANSWERED, "plan_review", "plan_running"):
        edges.append(
            step(
                "record_action_plan", source, "plan_review", by=HANDLERS, effects=("store_action_plan",),
                opens=(Obligation("accept_action_plan", (OWNER,), "plan_review"),), while_paused=True,
            )
        )  # fmt: skip
    edges.append(
        step(
            "accept_action_plan", "plan_review", "plan_running", by=(OWNER,), decides=True,
            guards=("plan_has_milestones", "plan_prepared_by_another"), effects=("accept_plan",), cites=CLAUSE,
        )
    )  # fmt: skip
    edges += _back("return_action_plan", "plan_review", (OWNER, STRATEGIST, OFFICER), ("return_plan",))
    edges += _back("resume_ladder", "plan_running", HANDLERS, ("resume_rung",))
    edges += [
        step(
            "decide_plan_extension", "plan_running", by=(OWNER,), decides=True, guards=("milestone_may_be_extended",),
            effects=("extend_milestone",), cites="åtgärdsplanen", kind="side",
        ),
        step("record_milestone", "plan_running", by=HANDLERS, effects=("store_milestone",), kind="record"),
        step(
            "note_missed_milestone", "plan_running", by=(SYSTEM, OFFICER), guards=("milestone_is_missed",),
            effects=("store_missed_milestone",),
            opens=(Obligation("resume_ladder", HANDLERS, "missed_milestone"),), kind="record",
        ),
        step("record_remedy", "plan_running", "verification", by=HANDLERS, effects=("store_remedy",)),
        step(
            "record_verification", "verification", by=(STRATEGIST, OFFICER), when=(("verified", ("yes",)),),
            effects=("store_verification",), opens=(Obligation("decide_remedied", (OWNER,), "remedied_decision"),),
            kind="record",
        ),
        *(
            step(
                "record_verification", "verification", rung, by=(STRATEGIST, OFFICER),
                when=(("verified", ("no",)), ("rung", (rung,))), effects=("store_verification", "resume_rung"),
                kind="return",
            )
            for rung in KEYS
        ),
    ]  # fmt: skip
    return edges


def _back(trigger: str, source: str, by: tuple[str, ...], effects: tuple[str, ...]) -> list[Transition]:
    """Back to the rung where the ladder stands, whichever it is: a new letter, and the whole of its time again."""
    return [
        step(trigger, source, rung, by=by, when=(("rung", (rung,)),), effects=effects, kind="return") for rung in KEYS
    ]


def _other_ways() -> list[Transition]:
    """Each a reasoned, registered decision: another rung, waiting, waiving; remedied, withdrawn, settled."""
    edges = []
    for source in KEYS:
        if source == "immediate_termination":
            continue
        for rung in LOWER:
            edges.append(
                step(
                    "decide_other_rung", source, rung, by=(HEAD, OWNER), decides=True, when=(("to_rung", (rung,)),),
                    guards=("rung_is_another", "supplier_can_be_reached"), effects=("enter_rung", "leave_sanctions"),
                    cites=EQUAL, kind="exception",
                )
            )  # fmt: skip
    for source in ANSWERED:
        edges.append(
            step(
                "decide_wait", source, by=(HEAD, OWNER), decides=True, guards=("wait_is_within_bounds",),
                effects=("store_wait",), cites=EQUAL, kind="exception",
            )
        )  # fmt: skip
    for source in ("escalation_meeting", "call_off_stop", "contractual_fine", "termination_with_notice"):
        edges.append(
            step(
                "decide_rung_waived", source, by=(HEAD,), decides=True,
                guards=("next_rung_is_there", "wait_is_within_bounds"), effects=("waive_rung",), cites=EQUAL, kind="exception",
            )
        )  # fmt: skip
    edges.append(
        step("decide_remedied", "verification", "closed", by=(OWNER,), decides=True, guards=("remedy_is_verified",), effects=("close_deviation",), cites=CLAUSE)
    )  # fmt: skip
    for source in LIVING:
        edges += [
            step(trigger, source, "closed", by=(HEAD, OWNER), decides=True, effects=("close_deviation",), cites=EQUAL, kind="stop", while_paused=True)
            for trigger in ("decide_withdrawn", "decide_settled")
        ]  # fmt: skip
    edges += [
        step("close_terminated", source, "closed", by=(OFFICER, HEAD), effects=("close_deviation",), cites=CLAUSE)
        for source in ("termination_with_notice", "immediate_termination")
    ]
    return edges


def _reminding() -> list[Transition]:
    """Before a plan or a milestone falls due the supplier hears of it, in the officer's name; it climbs nowhere."""
    return [
        step(
            "remind_supplier", source, by=(SYSTEM,), guards=("supplier_reminder_is_due",), effects=("send_reminder",),
            cites="Stegvis standard", kind="record",
        )
        for source in ("opportunity_to_remedy", "plan_running")
    ]  # fmt: skip


def _records() -> list[Transition]:
    """What is written down beside the climb: letters handed over or come back, answers, new facts, pauses."""
    resend = Obligation("resend_notice", HANDLERS, "resend_notice")
    edges = [
        step(
            "record_escalation_meeting", "escalation_meeting", by=(OFFICER, HEAD), effects=("store_meeting",),
            kind="record",
        ),
    ]  # fmt: skip
    for source in LIVING:
        edges += [
            step("record_notice_delivered", source, by=(OFFICER, MANAGER, SYSTEM), effects=("store_notice_delivered",), kind="record", while_paused=True),
            step("record_notice_returned", source, by=(OFFICER, MANAGER, SYSTEM), effects=("store_notice_returned",), opens=(resend,), kind="record", while_paused=True),
            step("resend_notice", source, by=HANDLERS, guards=("supplier_can_be_reached",), effects=("send_notice_again",), kind="record", while_paused=True),
            step("record_supplier_answer", source, by=KNOWING, effects=("store_supplier_answer",), kind="record", while_paused=True),
            step("record_severe_report", source, by=HANDLERS, effects=("store_severe_report",), kind="record", while_paused=True),
            step("amend_deviation", source, by=KNOWING, effects=("store_amendment",), kind="record", while_paused=True),
            step("pause", source, by=(OFFICER, HEAD), effects=("store_pause", "stop_the_clock"), cites=CLAUSE, kind="side"),
            step("resume", source, by=(OFFICER, HEAD, OWNER), guards=("case_is_paused",), effects=("store_resume", "start_the_clock"), kind="side", while_paused=True),
        ]  # fmt: skip
    for source in (*LIVING, "closed"):
        edges.append(
            step(
                "record_exclusion_material", source, by=(OFFICER, HEAD), effects=("store_exclusion_material",),
                guards=("exclusion_event_is_recent", "exclusion_judgment_is_recent"), cites="LOU 13:3, 13:3 a", kind="record",
                while_paused=True,
            )
        )  # fmt: skip
    return edges


def _timers() -> tuple[TimerRule, ...]:
    counted = "avtalsvillkoret; tiden räknas från att brevet togs emot"
    return (
        *(
            TimerRule("response_due", source, BY_KEY[target].trigger, "response_period", Mark.CLAUSE, counted)
            for source, target in AUTOMATIC
        ),
        *(
            TimerRule("next_rung_due", source, "ask_for_next_rung", "next_rung", Mark.CLAUSE, CLAUSE)
            for source in ("escalation_meeting", "call_off_stop", "contractual_fine", "termination_with_notice")
        ),
        *(
            TimerRule("fine_week_due", source, "count_fine_week", "fine_week", Mark.CLAUSE, "avtalsvillkoret om vite")
            for source in ("call_off_stop", "contractual_fine", "termination_with_notice")
        ),
        *(
            TimerRule(
                "supplier_reminder_due", source, "remind_supplier", "supplier_reminder", Mark.POLICY, "Stegvis standard"
            )
            for source in ("opportunity_to_remedy", "plan_running")
        ),
        TimerRule(
            "milestone_missed_due", "plan_running", "note_missed_milestone", "milestone_missed", Mark.POLICY, "åtgärdsplanen"
        ),
    )  # fmt: skip


DEVIATION_V1 = ProcessDefinition(
    id="deviation",
    version=1,
    initial="recorded",
    phases=PHASES,
    states=STATES,
    transitions=(
        *_beginning(), *_climbing(), *_asking(), *_sanctions(), *_in_force(), *_plans(), *_other_ways(),
        *_reminding(), *_records(),
    ),
    timers=_timers(),
)  # fmt: skip

__all__ = ["DEVIATION_V1"]
