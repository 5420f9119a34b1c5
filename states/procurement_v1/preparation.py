"""From the need to requirements that may be advertised, and history that enters from older lists."""

from __future__ import annotations

from typing import Any

from states.definition import Transition
from states.procurement_v1.vocabulary import (
    ABOVE,
    ADVERTISED_TRACKS,
    BELOW,
    CALL_OFF,
    DIRECT,
    HEAD,
    OFFICER,
    OWNER,
    RENEWED,
    STRATEGIST,
    SYSTEM,
    edge,
    on,
    owes,
)


def need_and_start() -> list[Transition]:
    """From the need to the decision to start and its risk analysis."""
    need = ("contract_owner_is_named", "track_fits_value", "framework_is_named")
    edges = [
        edge(
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
            ("start_decision", on(ABOVE, BELOW, RENEWED), ""),
            ("direct_award_decision", on(DIRECT), "LOU 19a"),
            ("call_off_decision", on(CALL_OFF), "LOU 7:4, 7:6"),
        )
    ]
    edges += [
        edge(
            "decide_start",
            "start_decision",
            "risk_analysis",
            by=(OWNER,),
            when=(ADVERTISED_TRACKS,),
            decides=True,
            basis=("need",),
        ),
        edge(
            "decide_start",
            "start_decision",
            "requirement_selection",
            by=(OWNER,),
            when=on(RENEWED),
            decides=True,
            basis=("need",),
            cites="LOU 7:8: ramavtalets riskanalys och hållbarhetsmålsättning gäller",
        ),
        edge(
            "return_for_completion",
            "start_decision",
            "needs_analysis",
            by=(OWNER,),
            effects=("tell_returned",),
            kind="return",
        ),
        edge(
            "submit_risk_analysis",
            "risk_analysis",
            "target_setting",
            by=(OFFICER, STRATEGIST),
            effects=("store_risk_analysis",),
        ),
        # History before Stegvis: enters by its own edges, is marked so, and nothing of it is checked. What is left
        # to fill in has no last day: a list of hundreds read in one morning must not remind of hundreds three weeks on.
        edge(
            "register_existing",
            "needs_analysis",
            "follow_up",
            by=(OFFICER, HEAD, SYSTEM),
            guards=("case_is_new",),
            when=(("contract_follows", ("yes",)),),
            kind="import",
            effects=("store_existing",),
            opens=(owes("register_contracts", OFFICER, open_ended="history"),),
            cites="historik före Stegvis",
        ),
        edge(
            "register_existing",
            "needs_analysis",
            "outcome_unknown",
            by=(OFFICER, HEAD, SYSTEM),
            guards=("case_is_new",),
            when=(("contract_follows", ("no",)),),
            kind="import",
            effects=("store_existing",),
            cites="historik före Stegvis",
        ),
        edge(
            "record_outcome",
            "outcome_unknown",
            "follow_up",
            by=(OFFICER,),
            when=(("contract_follows", ("yes",)),),
            effects=("store_outcome",),
            opens=(owes("register_contracts", OFFICER, by="register_contracts"),),
        ),
        edge(
            "record_outcome",
            "outcome_unknown",
            "cancelled",
            by=(OFFICER,),
            when=(("contract_follows", ("no",)),),
            effects=("store_outcome",),
        ),
    ]
    return edges


def targets_and_requirements() -> list[Transition]:
    """From the targets to the decided requirements."""
    opinion: dict[str, Any] = {
        "by": (STRATEGIST, OFFICER, OWNER, HEAD),
        "effects": ("store_opinion",),
        "kind": "record",
    }
    return [
        edge(
            "save_targets",
            "target_setting",
            by=(OWNER, OFFICER, STRATEGIST),
            effects=("store_targets",),
            kind="record",
        ),
        edge("record_opinion", "target_setting", **opinion),
        edge(
            "submit_targets",
            "target_setting",
            "target_decision",
            by=(OWNER, OFFICER, STRATEGIST),
            guards=("targets_are_complete_or_none_proposed",),
        ),
        edge("record_opinion", "target_decision", **opinion),
        edge("save_targets", "target_decision", by=(OWNER,), effects=("store_targets",), kind="record"),
        edge(
            "decide_sustainability_target",
            "target_decision",
            "requirement_selection",
            by=(OWNER,),
            decides=True,
            guards=("targets_are_complete", "opinion_by_another"),
            effects=("settle_targets",),
            basis=("need", "targets", "opinions"),
            cites="Riktlinje Inköp",
        ),
        edge(
            "decide_no_applicable_target",
            "target_decision",
            "requirement_selection",
            by=(OWNER,),
            decides=True,
            guards=("opinion_by_another",),
            effects=("settle_no_target",),
            basis=("need", "opinions"),
            cites="Riktlinje Inköp: där det är tillämpbart",
            kind="exception",
        ),
        edge(
            "return_for_completion",
            "target_decision",
            "target_setting",
            by=(OWNER,),
            effects=("tell_returned",),
            kind="return",
        ),
        edge(
            "save_requirements",
            "requirement_selection",
            by=(OFFICER, STRATEGIST),
            effects=("store_requirements",),
            kind="record",
        ),
        edge(
            "submit_requirements",
            "requirement_selection",
            "requirement_decision",
            by=(OFFICER,),
            guards=("every_target_is_carried", "every_requirement_can_be_followed_up"),
        ),
        edge(
            "reopen_targets",
            "requirement_selection",
            "target_setting",
            by=(OWNER, OFFICER),
            effects=("tell_returned",),
            kind="return",
        ),
        edge(
            "decide_requirements",
            "requirement_decision",
            "advertising",
            by=(OWNER,),
            when=(ADVERTISED_TRACKS,),
            decides=True,
            guards=(
                "every_target_is_carried",
                "every_requirement_can_be_followed_up",
            ),
            effects=("settle_requirements",),
            basis=("targets", "requirements"),
        ),
        edge(
            "decide_requirements",
            "requirement_decision",
            "inviting",
            by=(OWNER,),
            when=on(RENEWED),
            decides=True,
            guards=(
                "every_target_is_carried",
                "every_requirement_can_be_followed_up",
            ),
            effects=("settle_requirements",),
            basis=("targets", "requirements"),
            cites="LOU 7:8",
        ),
        edge(
            "return_for_completion",
            "requirement_decision",
            "requirement_selection",
            by=(OWNER,),
            effects=("tell_returned",),
            kind="return",
        ),
    ]
