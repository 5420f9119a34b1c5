"""`procurement@1`: from the need to the contracts, on four tracks, each lot at its own pace after the opening.

The tender step itself runs in the e-procurement system; the definition records its milestones. Sources of the
steps: seed 0 (the contract owner fixes the target), LOU chapters 10–12, 16, 19, 19a and 20, domain page 2.
"""

from __future__ import annotations

from typing import Any

from states.definition import Mark, Obligation, ProcessDefinition, Scope, State, TimerRule, Transition
from states.roles import Role

OWNER = Role.CONTRACT_OWNER.value
MANAGER = Role.CONTRACT_MANAGER.value
OFFICER = Role.PROCUREMENT_OFFICER.value
HEAD = Role.HEAD_OF_PROCUREMENT.value
STRATEGIST = Role.SUSTAINABILITY_STRATEGIST.value
SYSTEM = Role.SYSTEM.value

ABOVE, BELOW, DIRECT, CALL_OFF, RENEWED = (
    "above_threshold",
    "below_threshold",
    "direct",
    "call_off",
    "renewed_competition",
)
ADVERTISED_TRACKS = ("track", (ABOVE, BELOW))

PHASES = ("need", "target", "requirements", "tendering", "award", "contract", "follow_up", "ended")


def _owes(trigger: str, *roles: str, by: str | None = None, open_ended: str | None = None) -> Obligation:
    return Obligation(trigger, roles, by, open_ended)


LOT = Scope.LOT

STATES = (
    State("needs_analysis", "need", owes=_owes("submit_needs_analysis", OFFICER, OWNER, by="needs_analysis")),
    State("outcome_unknown", "need", owes=_owes("record_outcome", OFFICER, by="record_outcome")),
    State("start_decision", "need", owes=_owes("decide_start", OWNER, by="start_decision")),
    State("risk_analysis", "need", owes=_owes("submit_risk_analysis", OFFICER, STRATEGIST, by="risk_analysis")),
    State(
        "target_setting",
        "target",
        owes=_owes("submit_targets", OWNER, OFFICER, STRATEGIST, by="target_setting"),
    ),
    State("target_decision", "target", owes=_owes("decide_sustainability_target", OWNER, by="target_decision")),
    State(
        "requirement_selection",
        "requirements",
        owes=_owes("submit_requirements", OFFICER, by="requirement_selection"),
    ),
    State(
        "requirement_decision",
        "requirements",
        owes=_owes("decide_requirements", OWNER, by="requirement_decision"),
    ),
    State("advertising", "tendering", owes=_owes("record_advertisement", OFFICER, by="advertising")),
    State("inviting", "tendering", owes=_owes("record_invitation", OFFICER, by="advertising")),
    State("advertised", "tendering", owes=_owes("record_opening", OFFICER, by="opening")),
    State("invited", "tendering", owes=_owes("record_opening", OFFICER, by="opening")),
    State("evaluation", "award", LOT, _owes("submit_award_proposal", OFFICER, by="evaluation")),
    State("award_decision", "award", LOT, _owes("decide_award", HEAD, by="award_decision")),
    State("award_notice", "award", LOT, _owes("record_award_notice", OFFICER, by="award_notice")),
    State("standstill", "award", LOT, _owes("end_standstill", SYSTEM, by="standstill")),
    State("in_review", "award", LOT, _owes("record_ruling", OFFICER, open_ended="court_decides_when")),
    State("redo_decision", "award", LOT, _owes("propose_cancellation", OFFICER, by="recall")),
    State("contract_signing", "contract", LOT, _owes("prepare_contracts", OFFICER, by="contract_signing")),
    State(
        "cancellation_notice",
        "contract",
        LOT,
        _owes("record_cancellation_notice", OFFICER, by="cancellation_notice"),
    ),
    State(
        "cancellation_review",
        "contract",
        LOT,
        _owes("end_cancellation_review", SYSTEM, by="cancellation_review"),
    ),
    State(
        "direct_award_decision",
        "award",
        owes=_owes("decide_direct_award", OWNER, HEAD, by="direct_award_decision"),
    ),
    State("call_off_decision", "award", owes=_owes("decide_call_off", OWNER, by="call_off_decision")),
    State("documentation", "contract", owes=_owes("complete_documentation", OFFICER, by="documentation")),
    State("follow_up", "follow_up", owes=_owes("close", OFFICER, open_ended="contracts_run")),
    State("cancelled", "ended", final=True),
    State("closed", "ended", final=True),
)

#: Where lots go at their own pace; a lot in follow-up or cancelled still has records of its own.
LOT_STATES = frozenset(s.name for s in STATES if s.scope is LOT)

BEFORE_ADVERTISING = [
    "needs_analysis",
    "start_decision",
    "risk_analysis",
    "target_setting",
    "target_decision",
    "requirement_selection",
    "requirement_decision",
    "advertising",
    "inviting",
    "direct_award_decision",
    "call_off_decision",
]
AFTER_OPENING = [
    "evaluation",
    "award_decision",
    "award_notice",
    "standstill",
    "in_review",
    "redo_decision",
    "contract_signing",
]
PAUSABLE = [
    "needs_analysis",
    "start_decision",
    "risk_analysis",
    "target_setting",
    "target_decision",
    "requirement_selection",
    "requirement_decision",
    "advertising",
    "inviting",
    "evaluation",
    "award_decision",
]


def _edge(
    trigger: str,
    source: str,
    target: str | None = None,
    *,
    by: tuple[str, ...],
    when: tuple[tuple[str, tuple[str, ...]], ...] = (),
    guards: tuple[str, ...] = (),
    effects: tuple[str, ...] = (),
    decides: bool = False,
    basis: tuple[str, ...] = (),
    opens: tuple[Obligation, ...] = (),
    cites: str = "",
    kind: str = "advance",
    while_paused: bool = False,
    scope: Scope | None = None,
) -> Transition:
    guards = guards if while_paused else ("case_is_not_paused", *guards)
    scope = scope or (LOT if source in LOT_STATES else Scope.CASE)
    return Transition(
        trigger,
        source,
        target or source,
        by,
        when,
        guards,
        effects,
        decides,
        basis,
        opens,
        cites,
        kind,
        scope,
    )


def _on(track: str, *more: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return (("track", (track, *more)),)


def _need_and_start() -> list[Transition]:
    need = ("contract_owner_is_named", "track_fits_value", "framework_is_named")
    edges = [
        _edge(
            "submit_needs_analysis",
            "needs_analysis",
            target,
            by=(OFFICER, OWNER),
            when=when,
            guards=need,
            effects=("store_need",),
            cites=cites,
        )
        for target, when, cites in (
            ("start_decision", _on(ABOVE, BELOW, RENEWED), ""),
            ("direct_award_decision", _on(DIRECT), "LOU 19a"),
            ("call_off_decision", _on(CALL_OFF), "LOU 7:4, 7:6"),
        )
    ]
    edges += [
        _edge(
            "decide_start",
            "start_decision",
            "risk_analysis",
            by=(OWNER,),
            when=(ADVERTISED_TRACKS,),
            decides=True,
            basis=("need",),
        ),
        _edge(
            "decide_start",
            "start_decision",
            "requirement_selection",
            by=(OWNER,),
            when=_on(RENEWED),
            decides=True,
            basis=("need",),
            cites="LOU 7:8: ramavtalets riskanalys och hållbarhetsmålsättning gäller",
        ),
        _edge(
            "return_for_completion",
            "start_decision",
            "needs_analysis",
            by=(OWNER,),
            effects=("tell_returned",),
            kind="return",
        ),
        _edge(
            "submit_risk_analysis",
            "risk_analysis",
            "target_setting",
            by=(OFFICER, STRATEGIST),
            effects=("store_risk_analysis",),
        ),
        # History before Stegvis: enters by its own edges, is marked so, and nothing of it is checked.
        _edge(
            "register_existing",
            "needs_analysis",
            "follow_up",
            by=(OFFICER, SYSTEM),
            guards=("case_is_new",),
            when=(("contract_follows", ("yes",)),),
            kind="import",
            effects=("store_existing",),
            opens=(_owes("register_contracts", OFFICER, by="register_contracts"),),
            cites="historik före Stegvis",
        ),
        _edge(
            "register_existing",
            "needs_analysis",
            "outcome_unknown",
            by=(OFFICER, SYSTEM),
            guards=("case_is_new",),
            when=(("contract_follows", ("no",)),),
            kind="import",
            effects=("store_existing",),
            cites="historik före Stegvis",
        ),
        _edge(
            "record_outcome",
            "outcome_unknown",
            "follow_up",
            by=(OFFICER,),
            when=(("contract_follows", ("yes",)),),
            effects=("store_outcome",),
            opens=(_owes("register_contracts", OFFICER, by="register_contracts"),),
        ),
        _edge(
            "record_outcome",
            "outcome_unknown",
            "cancelled",
            by=(OFFICER,),
            when=(("contract_follows", ("no",)),),
            effects=("store_outcome",),
        ),
    ]
    return edges


def _targets_and_requirements() -> list[Transition]:
    opinion: dict[str, Any] = {
        "by": (STRATEGIST, OFFICER, OWNER, HEAD),
        "effects": ("store_opinion",),
        "kind": "record",
    }
    return [
        _edge(
            "save_targets",
            "target_setting",
            by=(OWNER, OFFICER, STRATEGIST),
            effects=("store_targets",),
            kind="record",
        ),
        _edge("record_opinion", "target_setting", **opinion),
        _edge(
            "submit_targets",
            "target_setting",
            "target_decision",
            by=(OWNER, OFFICER, STRATEGIST),
            guards=("targets_are_complete_or_none_proposed",),
        ),
        _edge("record_opinion", "target_decision", **opinion),
        _edge("save_targets", "target_decision", by=(OWNER,), effects=("store_targets",), kind="record"),
        _edge(
            "decide_sustainability_target",
            "target_decision",
            "requirement_selection",
            by=(OWNER,),
            decides=True,
            guards=("actor_is_not_disqualified", "targets_are_complete", "opinion_by_another"),
            effects=("settle_targets",),
            basis=("need", "targets", "opinions"),
            cites="Riktlinje Inköp",
        ),
        _edge(
            "decide_no_applicable_target",
            "target_decision",
            "requirement_selection",
            by=(OWNER,),
            decides=True,
            guards=("actor_is_not_disqualified", "opinion_by_another"),
            effects=("settle_no_target",),
            basis=("need", "opinions"),
            cites="Riktlinje Inköp: där det är tillämpbart",
            kind="exception",
        ),
        _edge(
            "return_for_completion",
            "target_decision",
            "target_setting",
            by=(OWNER,),
            effects=("tell_returned",),
            kind="return",
        ),
        _edge(
            "save_requirements",
            "requirement_selection",
            by=(OFFICER, STRATEGIST),
            effects=("store_requirements",),
            kind="record",
        ),
        _edge(
            "submit_requirements",
            "requirement_selection",
            "requirement_decision",
            by=(OFFICER,),
            guards=("every_target_is_carried", "every_requirement_can_be_followed_up"),
        ),
        _edge(
            "reopen_targets",
            "requirement_selection",
            "target_setting",
            by=(OWNER, OFFICER),
            effects=("tell_returned",),
            kind="return",
        ),
        _edge(
            "decide_requirements",
            "requirement_decision",
            "advertising",
            by=(OWNER,),
            when=(ADVERTISED_TRACKS,),
            decides=True,
            guards=(
                "actor_is_not_disqualified",
                "every_target_is_carried",
                "every_requirement_can_be_followed_up",
            ),
            effects=("settle_requirements",),
            basis=("targets", "requirements"),
        ),
        _edge(
            "decide_requirements",
            "requirement_decision",
            "inviting",
            by=(OWNER,),
            when=_on(RENEWED),
            decides=True,
            guards=(
                "actor_is_not_disqualified",
                "every_target_is_carried",
                "every_requirement_can_be_followed_up",
            ),
            effects=("settle_requirements",),
            basis=("targets", "requirements"),
            cites="LOU 7:8",
        ),
        _edge(
            "return_for_completion",
            "requirement_decision",
            "requirement_selection",
            by=(OWNER,),
            effects=("tell_returned",),
            kind="return",
        ),
    ]


def _tendering() -> list[Transition]:
    current = ("target_decision_is_current", "requirement_decision_is_current")
    edges = [
        _edge(
            "record_advertisement",
            "advertising",
            "advertised",
            by=(OFFICER,),
            guards=(*current, "tender_period_is_long_enough"),
            effects=("store_advertisement",),
            cites="LOU 10:1, 19:6",
        ),
        _edge(
            "record_invitation",
            "inviting",
            "invited",
            by=(OFFICER,),
            guards=current,
            effects=("store_invitation",),
            cites="LOU 7:8",
        ),
        _edge(
            "reopen_targets",
            "advertising",
            "target_setting",
            by=(OWNER, OFFICER),
            effects=("tell_returned",),
            kind="return",
        ),
        _edge(
            "reopen_requirements",
            "advertising",
            "requirement_selection",
            by=(OWNER, OFFICER),
            effects=("tell_returned",),
            kind="return",
        ),
        _edge(
            "reopen_requirements",
            "inviting",
            "requirement_selection",
            by=(OWNER, OFFICER),
            effects=("tell_returned",),
            kind="return",
        ),
    ]
    for source in ("advertised", "invited"):
        edges += [
            _edge(
                "record_documents_changed",
                source,
                by=(OFFICER,),
                guards=("new_tender_deadline_is_later",),
                effects=("store_documents_changed",),
                opens=(_owes("record_opening", OFFICER, by="opening"),),
                cites="LOU 11:8, 19:14",
                kind="record",
            ),
            _edge(
                "record_opening",
                source,
                "evaluation",
                by=(OFFICER,),
                guards=("tender_deadline_has_passed", "two_people_opened"),
                effects=("store_opening",),
                cites="LOU 12:10",
            ),
        ]
    return edges


def _award() -> list[Transition]:
    secret = ("actor_may_see_tenders",)
    recall: dict[str, Any] = {
        "by": (HEAD,),
        "decides": True,
        "guards": ("mandate_covers",),
        "effects": ("recall_award",),
        "basis": ("award",),
        "kind": "return",
    }
    review: dict[str, Any] = {"by": (OFFICER, HEAD), "effects": ("store_review",), "kind": "record"}
    signing_guards = (
        "standstill_has_ended",
        "no_review_stops_signing",
        "contracts_prepared_by_another",
        "mandate_covers",
    )
    return [
        _edge(
            "submit_award_proposal",
            "evaluation",
            "award_decision",
            by=(OFFICER,),
            guards=secret,
            effects=("store_award_proposal",),
        ),
        _edge(
            "grant_tender_access",
            "evaluation",
            by=(OFFICER, HEAD),
            guards=secret,
            effects=("store_tender_access",),
            kind="side",
            scope=Scope.CASE,
        ),
        _edge(
            "grant_tender_access",
            "award_decision",
            by=(OFFICER, HEAD),
            guards=secret,
            effects=("store_tender_access",),
            kind="side",
            scope=Scope.CASE,
        ),
        _edge(
            "decide_award",
            "award_decision",
            "award_notice",
            by=(HEAD,),
            decides=True,
            guards=(*secret, "award_is_proposed", "award_prepared_by_another", "mandate_covers"),
            effects=("settle_award",),
            basis=("award_proposal",),
            cites="LOU 12:12",
        ),
        _edge(
            "return_for_completion",
            "award_decision",
            "evaluation",
            by=(HEAD,),
            guards=secret,
            effects=("withdraw_award_proposal", "tell_returned"),
            kind="return",
        ),
        _edge(
            "record_award_notice",
            "award_notice",
            "standstill",
            by=(OFFICER,),
            when=(ADVERTISED_TRACKS,),
            guards=("notice_follows_decision",),
            effects=("store_award_notice",),
            cites="LOU 12:12, 20:1",
        ),
        _edge(
            "record_award_notice",
            "award_notice",
            "contract_signing",
            by=(OFFICER,),
            when=_on(RENEWED),
            guards=("notice_follows_decision",),
            effects=("store_award_notice",),
            cites="LOU 20:2: ingen avtalsspärr",
        ),
        _edge(
            "end_standstill",
            "standstill",
            "contract_signing",
            by=(SYSTEM,),
            guards=("standstill_has_ended", "no_review_stops_signing"),
            effects=("tell_standstill_over",),
            cites="LOU 20:1",
            while_paused=True,
        ),
        _edge("record_review", "standstill", "in_review", **review, cites="LOU 20:8"),
        _edge(
            "record_review",
            "contract_signing",
            "in_review",
            **review,
            when=(("interim_order", ("yes",)),),
            cites="LOU 20:9",
        ),
        _edge(
            "record_review",
            "contract_signing",
            **review,
            when=(("interim_order", ("no",)),),
            cites="LOU 20:9",
        ),
        _edge(
            "record_ruling",
            "in_review",
            "standstill",
            by=(OFFICER, HEAD),
            when=(("ruling", ("dismissed",)),),
            effects=("store_ruling",),
            cites="LOU 20:10",
        ),
        _edge(
            "record_ruling",
            "in_review",
            "evaluation",
            by=(OFFICER, HEAD),
            when=(("ruling", ("correction",)),),
            effects=("store_ruling", "recall_award"),
            cites="LOU 20:6",
            kind="return",
        ),
        _edge(
            "record_ruling",
            "in_review",
            "redo_decision",
            by=(OFFICER, HEAD),
            when=(("ruling", ("do_over",)),),
            effects=("store_ruling", "recall_award"),
            cites="LOU 20:6",
            kind="return",
        ),
        _edge(
            "readvertise",
            "redo_decision",
            "requirement_selection",
            by=(HEAD,),
            decides=True,
            guards=("mandate_covers", "no_other_lot_is_under_way"),
            effects=("restart_tendering",),
            basis=("award",),
            kind="return",
            cites="LOU 20:6",
        ),
        *(
            _edge("recall_award", source, "evaluation", **recall)
            for source in ("award_notice", "standstill", "in_review", "contract_signing")
        ),
        _edge(
            "prepare_contracts",
            "contract_signing",
            by=(OFFICER,),
            effects=("store_contract_drafts",),
            kind="record",
            opens=(_owes("sign_contracts", HEAD, by="contract_signing"),),
        ),
        _edge(
            "sign_contracts",
            "contract_signing",
            "follow_up",
            by=(HEAD,),
            decides=True,
            guards=signing_guards,
            effects=("open_contracts",),
            basis=("contract_drafts",),
            opens=(
                _owes("record_post_award_notice", OFFICER, by="post_award_notice"),
                _owes("complete_documentation", OFFICER, by="documentation"),
            ),
            cites="LOU 20:1",
        ),
    ]


def _without_tenders() -> list[Transition]:
    """Direct procurement: need, decision, documentation (LOU 19a). Call-off by the framework's terms (LOU 7:4, 7:6)."""
    return [
        _edge(
            "decide_direct_award",
            "direct_award_decision",
            "documentation",
            by=(HEAD, OWNER),
            decides=True,
            guards=("mandate_covers",),
            effects=("settle_direct_award",),
            basis=("need",),
            cites="LOU 19a:10: ingen avtalsspärr",
        ),
        _edge(
            "decide_call_off",
            "call_off_decision",
            "documentation",
            by=(OWNER,),
            decides=True,
            effects=("settle_direct_award",),
            basis=("need",),
            cites="LOU 7:4, 7:6, 20:2: ingen avtalsspärr",
        ),
        _edge(
            "return_for_completion",
            "direct_award_decision",
            "needs_analysis",
            by=(HEAD, OWNER),
            effects=("tell_returned",),
            kind="return",
        ),
        _edge(
            "return_for_completion",
            "call_off_decision",
            "needs_analysis",
            by=(OWNER,),
            effects=("tell_returned",),
            kind="return",
        ),
        _edge(
            "complete_documentation",
            "documentation",
            "follow_up",
            by=(OFFICER,),
            effects=("store_documentation",),
            cites="LOU 19a:11",
        ),
    ]


def _cancellation() -> list[Transition]:
    edges = [
        _edge(
            "abandon",
            source,
            "cancelled",
            by=(OWNER,),
            decides=True,
            effects=("store_abandonment",),
            basis=("need",),
            kind="stop",
            while_paused=True,
        )
        for source in BEFORE_ADVERTISING
    ]
    for source in ("advertised", "invited", *AFTER_OPENING):
        edges += [
            _edge(
                "propose_cancellation",
                source,
                by=(OFFICER,),
                effects=("store_cancellation_proposal",),
                kind="stop",
                opens=(_owes("decide_cancellation", HEAD, by="recall"),),
            ),
            _edge(
                "withdraw_cancellation_proposal",
                source,
                by=(OFFICER, HEAD),
                guards=("cancellation_is_proposed",),
                effects=("withdraw_cancellation_proposal",),
                kind="stop",
            ),
            _edge(
                "decide_cancellation",
                source,
                "cancellation_notice",
                by=(HEAD,),
                decides=True,
                guards=("cancellation_prepared_by_another", "mandate_covers"),
                effects=("settle_cancellation",),
                basis=("cancellation",),
                kind="stop",
                cites="LOU 12:12, 20:12",
            ),
        ]
    edges += [
        _edge(
            "record_cancellation_notice",
            "cancellation_notice",
            "cancellation_review",
            by=(OFFICER,),
            guards=("notice_follows_decision",),
            effects=("store_cancellation_notice",),
            opens=(_owes("complete_documentation", OFFICER, by="documentation"),),
            cites="LOU 12:12, 20:12",
        ),
        _edge(
            "end_cancellation_review",
            "cancellation_review",
            "cancelled",
            by=(SYSTEM,),
            guards=("cancellation_review_has_ended",),
            cites="LOU 20:12",
            while_paused=True,
        ),
        _edge(
            "record_cancellation_overturned",
            "cancellation_review",
            "evaluation",
            by=(HEAD, OFFICER),
            effects=("store_cancellation_overturned",),
            cites="LOU 20:6",
            kind="return",
        ),
    ]
    return edges


def _follow_up() -> list[Transition]:
    edges = [
        _edge("register_contracts", "follow_up", by=(OFFICER,), effects=("register_contracts",), kind="record"),
        _edge(
            "close",
            "follow_up",
            "closed",
            by=(OFFICER,),
            guards=("contracts_have_ended", "nothing_is_owed"),
            effects=(),
        ),
    ]
    edges += [
        _edge(
            "complete_documentation",
            source,
            by=(OFFICER,),
            effects=("store_documentation",),
            kind="record",
            cites="LOU 12:14, 19:22",
            scope=LOT,
        )
        for source in ("follow_up", "cancellation_review", "cancelled")
    ]
    edges.append(
        _edge(
            "record_post_award_notice",
            "follow_up",
            by=(OFFICER,),
            effects=("store_post_award_notice",),
            kind="record",
            cites="LOU 10:4, 19:7",
            scope=LOT,
        )
    )
    return edges


def _pausing() -> list[Transition]:
    edges = []
    for source in PAUSABLE:
        edges.append(
            _edge("pause", source, by=(OFFICER, OWNER), effects=("store_pause",), kind="side", scope=Scope.CASE)
        )
        edges.append(
            _edge(
                "resume",
                source,
                by=(OFFICER, OWNER),
                guards=("case_is_paused",),
                effects=("store_resume",),
                kind="side",
                while_paused=True,
                scope=Scope.CASE,
            )
        )
    return edges


TIMERS = (
    TimerRule("standstill_due", "standstill", "end_standstill", "standstill", Mark.LAW, "LOU 20:1, 20:10, 20:18"),
    TimerRule(
        "cancellation_review_due",
        "cancellation_review",
        "end_cancellation_review",
        "cancellation_review",
        Mark.LAW,
        "LOU 20:12, 20:18",
    ),
)

PROCUREMENT_V1 = ProcessDefinition(
    id="procurement",
    version=1,
    initial="needs_analysis",
    phases=PHASES,
    states=STATES,
    transitions=tuple(
        _need_and_start()
        + _targets_and_requirements()
        + _tendering()
        + _award()
        + _without_tenders()
        + _cancellation()
        + _follow_up()
        + _pausing()
    ),
    timers=TIMERS,
)
