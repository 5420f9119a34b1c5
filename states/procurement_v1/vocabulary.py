"""The words of `procurement@1`: its roles, tracks and states, and how an edge is written."""

from __future__ import annotations

from states.definition import Obligation, Scope, State, Transition
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


def owes(trigger: str, *roles: str, by: str | None = None, open_ended: str | None = None) -> Obligation:
    """The obligation of a state: the first role answers; `by` names its deadline, else `open_ended` why it has none."""
    return Obligation(trigger, roles, by, open_ended)


LOT = Scope.LOT

#: Whoever waits for a court's word writes it down when it comes.
RULING = owes("record_ruling", OFFICER, open_ended="court_decides_when")

STATES = (
    State("needs_analysis", "need", owes=owes("submit_needs_analysis", OFFICER, OWNER, by="needs_analysis")),
    State("outcome_unknown", "need", owes=owes("record_outcome", OFFICER, open_ended="history")),
    State("start_decision", "need", owes=owes("decide_start", OWNER, by="start_decision")),
    State("risk_analysis", "need", owes=owes("submit_risk_analysis", OFFICER, STRATEGIST, by="risk_analysis")),
    State(
        "target_setting",
        "target",
        owes=owes("submit_targets", OWNER, OFFICER, STRATEGIST, by="target_setting"),
    ),
    State("target_decision", "target", owes=owes("decide_sustainability_target", OWNER, by="target_decision")),
    State(
        "requirement_selection",
        "requirements",
        owes=owes("submit_requirements", OFFICER, by="requirement_selection"),
    ),
    State(
        "requirement_decision",
        "requirements",
        owes=owes("decide_requirements", OWNER, by="requirement_decision"),
    ),
    State("advertising", "tendering", owes=owes("record_advertisement", OFFICER, by="advertising")),
    State("inviting", "tendering", owes=owes("record_invitation", OFFICER, by="advertising")),
    State("advertised", "tendering", owes=owes("record_opening", OFFICER, by="opening")),
    State("invited", "tendering", owes=owes("record_opening", OFFICER, by="opening")),
    State("evaluation", "award", LOT, owes("submit_award_proposal", OFFICER, by="evaluation")),
    State("award_decision", "award", LOT, owes("decide_award", HEAD, by="award_decision")),
    State("award_notice", "award", LOT, owes("record_award_notice", OFFICER, by="award_notice")),
    State("standstill", "award", LOT, owes("end_standstill", SYSTEM, by="standstill")),
    State("in_review", "award", LOT, RULING),
    State("redo_decision", "award", LOT, owes("propose_cancellation", OFFICER, by="recall")),
    State("contract_signing", "contract", LOT, owes("prepare_contracts", OFFICER, by="contract_signing")),
    State(
        "cancellation_notice",
        "contract",
        LOT,
        owes("record_cancellation_notice", OFFICER, by="cancellation_notice"),
    ),
    State(
        "cancellation_review",
        "contract",
        LOT,
        owes("end_cancellation_review", SYSTEM, by="cancellation_review"),
    ),
    State(
        "direct_award_decision",
        "award",
        owes=owes("decide_direct_award", OWNER, HEAD, by="direct_award_decision"),
    ),
    State("call_off_decision", "award", owes=owes("decide_call_off", OWNER, by="call_off_decision")),
    State("documentation", "contract", owes=owes("complete_documentation", OFFICER, by="documentation")),
    State("follow_up", "follow_up", owes=owes("close", OFFICER, open_ended="contracts_run")),
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


#: Steps that prepare a decision: like deciding, closed to whoever has a conflict of interest (KL 6:28, 7:4).
PREPARES = ("submit_award_proposal", "prepare_contracts", "propose_cancellation", "record_opinion")


def edge(
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
    """A transition as most are.

    Closed while the case is paused; deciding and preparing closed to the disqualified; of lot scope from a lot's state.
    """
    if decides or trigger in PREPARES:
        guards = ("actor_is_not_disqualified", *guards)
    if not while_paused:
        guards = ("case_is_not_paused", *guards)
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


def on(track: str, *more: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """A `when` for cases on one of these tracks."""
    return (("track", (track, *more)),)
