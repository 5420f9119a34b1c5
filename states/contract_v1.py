"""`contract@1`: a contract from its first day to its last, with handover, follow-up by class, options and evaluation."""

from __future__ import annotations

from states.definition import Mark, Obligation, ProcessDefinition, State, TimerRule, Transition
from states.facts import ROUTING
from states.procurement_v1.vocabulary import HEAD, MANAGER, OFFICER, OWNER, SYSTEM

FOLLOWERS = (MANAGER, OFFICER, OWNER)

FOLLOW_UP = Obligation("record_follow_up", FOLLOWERS, "follow_up")
HANDOVER = Obligation("propose_handover", (OFFICER,), "handover")

STATES = (
    State(
        "in_force",
        "follow_up",
        owes=Obligation("record_follow_up", FOLLOWERS, "follow_up", open_ended="no_class_yet"),
    ),
    State("extension_decision", "extension", owes=Obligation("decide_extension", (OWNER,), "extension_notice")),
    State(
        "final_evaluation",
        "evaluation",
        owes=Obligation("record_final_evaluation", FOLLOWERS, "contract_end"),
    ),
    State("ended", "ended", final=True),
)


ALIVE = ("in_force", "extension_decision", "final_evaluation")
START_RENEWAL = Obligation("start_renewal", (OWNER,), "renewal_alarm")


def _renewal() -> list[Transition]:
    """What follows the contract: asked for in good time, begun, or declined with reasons, as long as the contract lives."""
    edges = []
    for source in ALIVE:
        edges += [
            Transition(
                "ask_for_renewal",
                source,
                source,
                (SYSTEM, OFFICER, MANAGER),
                guards=("contract_has_end_date", "renewal_is_open"),
                effects=("store_renewal_asked",),
                opens=(START_RENEWAL,),
                cites="Riktlinje Inköp",
                kind="record",
            ),
            Transition(
                "raise_renewal_alarm",
                source,
                source,
                (SYSTEM, OFFICER, MANAGER),
                guards=("renewal_target_is_open",),
                effects=("store_renewal_alarm",),
                cites="Riktlinje Inköp",
                kind="record",
            ),
            Transition(
                "start_renewal",
                source,
                source,
                (OWNER, OFFICER, HEAD, SYSTEM),
                guards=("renewal_is_open",),
                effects=("begin_renewal",),
                kind="record",
            ),
            Transition(
                "decide_no_renewal",
                source,
                source,
                (OWNER,),
                guards=("actor_is_not_disqualified", "renewal_is_open"),
                effects=("decline_renewal",),
                decides=True,
                basis=("contract",),
                cites="Riktlinje Inköp",
                kind="exception",
            ),
            Transition(
                "reopen_renewal",
                source,
                source,
                (OWNER, OFFICER, HEAD, SYSTEM),
                guards=("renewal_may_reopen",),
                effects=("reopen_renewal",),
                kind="return",
            ),
        ]
    return edges


def _alive() -> list[Transition]:
    """Steps possible as long as the contract lives, whatever it waits for."""
    edges = []
    for source in ALIVE:
        edges += [
            Transition(
                "record_follow_up",
                source,
                source,
                FOLLOWERS,
                effects=("store_follow_up",),
                opens=(FOLLOW_UP,),
                kind="record",
            ),
            Transition(
                "amend_contract",
                source,
                source,
                (OFFICER, MANAGER),
                effects=("store_contract_amendment",),
                kind="record",
            ),
            Transition(
                "set_contract_terms",
                source,
                source,
                (OFFICER, MANAGER),
                effects=("store_contract_terms",),
                cites="avtalsvillkoret om tillbörlig aktsamhet",
                kind="record",
            ),
            Transition(
                "set_supplier_contact",
                source,
                source,
                (OFFICER, MANAGER),
                effects=("store_supplier_contact",),
                kind="record",
            ),
            Transition(
                "propose_handover",
                source,
                source,
                (OFFICER,),
                effects=("store_handover_proposal",),
                opens=(Obligation("accept_handover", (MANAGER,), "accept_handover"),),
                kind="record",
            ),
            Transition(
                "accept_handover",
                source,
                source,
                (MANAGER,),
                guards=("handover_is_proposed", "handover_proposed_by_another"),
                effects=("store_handover",),
                opens=(
                    FOLLOW_UP,
                    Obligation("record_start_up_meeting", (MANAGER, OFFICER), "start_up_meeting"),
                ),
                kind="record",
            ),
            Transition(
                "record_start_up_meeting",
                source,
                source,
                (MANAGER, OFFICER),
                effects=("store_start_up_meeting",),
                kind="record",
            ),
        ]
    return edges


#: Opened when what has been called off passes another step of the ceiling (`call_off_warnings`).
WEIGH_CEILING = Obligation("weigh_ceiling", (OWNER,), "ceiling_review")
#: One duty each for all that waits (`states/matters.py`).
CHANGE_NOTICE = Obligation("record_change_notice", (OFFICER, MANAGER), "change_notice")
PARTY_DECISION = Obligation("record_party_decision", (OFFICER, MANAGER), "party_decision")
#: Changes that are advertised: additions by the same supplier, and unforeseen ones (LOU 17:11, 17:12, 17:16).
ADVERTISED_GROUNDS = ("section_11", "section_12")
OTHER_GROUNDS = tuple(g for g in ROUTING["change_ground"] if g not in ADVERTISED_GROUNDS)


def _beside() -> list[Transition]:
    """What is recorded as it happens: call-offs, changes, and matters that a private party began."""
    asked = Obligation("record_party_decision", (OFFICER, MANAGER), "party_decision_asked")
    edges = []
    for source in ALIVE:

        def record(
            trigger: str,
            by: tuple[str, ...],
            effect: str,
            *guards: str,
            at: str = source,
            opens: tuple[Obligation, ...] = (),
            when: tuple[tuple[str, tuple[str, ...]], ...] = (),
            cites: str = "",
        ) -> Transition:
            return Transition(trigger, at, at, by, when, guards, (effect,), opens=opens, cites=cites, kind="record")

        edges += [
            record("record_call_off_value", (MANAGER, OWNER, OFFICER), "store_call_off_value", "framework_has_ceiling"),
            record("weigh_ceiling", (OWNER,), "store_ceiling_weighed", "framework_has_ceiling"),
            record(
                "record_contract_change", (OFFICER, MANAGER), "store_contract_change", opens=(CHANGE_NOTICE,),
                when=(("change_ground", ADVERTISED_GROUNDS),), cites="LOU 17:11, 17:12, 17:16",
            ),
            record(
                "record_contract_change", (OFFICER, MANAGER), "store_contract_change",
                when=(("change_ground", OTHER_GROUNDS),), cites="LOU 17:9, 17:10, 17:13, 17:14",
            ),
            record("record_change_notice", (OFFICER, MANAGER), "store_change_notice", cites="LOU 17:16"),
            record(
                "record_party_matter", (OFFICER, MANAGER), "store_party_matter", opens=(PARTY_DECISION,), cites="FL 11, 12 §§"
            ),
            record(
                "record_party_asks", (OFFICER, MANAGER), "store_party_asks", "party_may_ask_for_decision",
                opens=(asked,), cites="FL 12 §",
            ),
            record(
                "record_party_decision", (OFFICER, MANAGER), "store_party_decision", "party_matter_is_open", cites="FL 12 §"
            ),
        ]  # fmt: skip
    return edges


def _termination() -> list[Transition]:
    """A termination decided on the ladder of a deviation takes effect: the contract ends sooner, and options with it.

    The decision stands in the deviation; here only its consequence is written. A termination that is taken back gives
    the contract the period that it had.
    """
    ways = {"in_force": "in_force", "extension_decision": "final_evaluation", "final_evaluation": "final_evaluation"}
    clause = "avtalsvillkoret om uppsägning"
    return [
        *(
            Transition(
                "record_termination",
                source,
                target,
                (OFFICER, HEAD, SYSTEM),
                guards=("termination_is_decided",),
                effects=("store_termination",),
                cites=clause,
                kind="stop",
            )
            for source, target in ways.items()
        ),
        *(
            Transition(
                "record_termination_withdrawn",
                source,
                "in_force",
                (OFFICER, HEAD, SYSTEM),
                guards=("contract_is_terminated", "termination_is_withdrawn"),
                effects=("take_back_termination",),
                cites=clause,
                kind="return",
            )
            for source in ("in_force", "final_evaluation")
        ),
    ]


CONTRACT_V1 = ProcessDefinition(
    id="contract",
    version=1,
    initial="in_force",
    phases=("follow_up", "extension", "evaluation", "ended"),
    opens=(HANDOVER,),
    states=STATES,
    transitions=(
        # History before Stegvis: a contract whose last day has passed is entered as ended and owes nobody anything.
        Transition(
            "register_existing",
            "in_force",
            "in_force",
            (OFFICER, HEAD, SYSTEM),
            when=(("contract_has_ended", ("no",)),),
            guards=("case_is_new",),
            effects=("store_existing_contract",),
            kind="import",
            cites="historik före Stegvis",
        ),
        Transition(
            "register_existing",
            "in_force",
            "ended",
            (OFFICER, HEAD, SYSTEM),
            when=(("contract_has_ended", ("yes",)),),
            guards=("case_is_new", "contract_period_has_ended"),
            effects=("store_existing_contract",),
            kind="import",
            cites="historik före Stegvis",
        ),
        *_alive(),
        *_renewal(),
        *_beside(),
        *_termination(),
        Transition(
            "open_extension_decision",
            "in_force",
            "extension_decision",
            (OFFICER, MANAGER, SYSTEM),
            guards=("contract_has_end_date", "option_is_left"),
            cites="UHM: utvärdera före förlängning",
        ),
        Transition(
            "decide_extension",
            "extension_decision",
            "in_force",
            (OWNER,),
            guards=("actor_is_not_disqualified", "option_is_left"),
            effects=("settle_extension",),
            decides=True,
            basis=("contract", "follow_ups"),
            cites="LOU 17:10",
        ),
        Transition(
            "record_option_lapsed",
            "extension_decision",
            "final_evaluation",
            (SYSTEM, OFFICER, MANAGER),
            guards=("contract_period_has_ended",),
            effects=("lapse_options",),
            cites="avtalet: optionen användes inte i tid",
        ),
        Transition(
            "open_final_evaluation",
            "in_force",
            "final_evaluation",
            (OFFICER, MANAGER, SYSTEM),
            guards=("contract_has_end_date", "no_option_is_left"),
        ),
        Transition(
            "record_final_evaluation",
            "final_evaluation",
            "final_evaluation",
            FOLLOWERS,
            effects=("store_final_evaluation",),
            kind="record",
        ),
        Transition(
            "end_contract",
            "final_evaluation",
            "ended",
            (SYSTEM, OFFICER, MANAGER),
            guards=("contract_period_has_ended", "final_evaluation_is_recorded"),
        ),
    ),
    timers=(
        TimerRule(
            "extension_due",
            "in_force",
            "open_extension_decision",
            "extension_opens",
            Mark.POLICY,
            "Stegvis standard, UHM",
        ),
        TimerRule(
            "option_lapsed_due", "extension_decision", "record_option_lapsed", "contract_end", Mark.CLAUSE, "avtalet"
        ),
        TimerRule(
            "evaluation_due",
            "in_force",
            "open_final_evaluation",
            "final_evaluation_opens",
            Mark.POLICY,
            "Stegvis standard, UHM",
        ),
        TimerRule("contract_end_due", "final_evaluation", "end_contract", "contract_end", Mark.CLAUSE, "avtalet"),
        *(
            TimerRule("renewal_due", state, "ask_for_renewal", "renewal_start", Mark.POLICY, "Riktlinje Inköp")
            for state in ALIVE
        ),
        *(
            TimerRule(
                "renewal_alarm_due", state, "raise_renewal_alarm", "renewal_alarm", Mark.POLICY, "Stegvis standard"
            )
            for state in ALIVE
        ),
    ),
)

__all__ = ["CHANGE_NOTICE", "CONTRACT_V1", "HANDOVER", "PARTY_DECISION", "WEIGH_CEILING"]
