"""Advertising, opening, award, standstill, review and signing; and the tracks without tenders."""

from __future__ import annotations

from typing import Any

from states.definition import Scope, Transition
from states.procurement_v1.vocabulary import (
    ADVERTISED_TRACKS,
    HEAD,
    OFFICER,
    OWNER,
    RENEWED,
    RULING,
    SYSTEM,
    edge,
    on,
    owes,
)


def tendering() -> list[Transition]:
    """From the advertisement or invitation to the opened tenders."""
    current = ("target_decision_is_current", "requirement_decision_is_current")
    edges = [
        edge(
            "record_advertisement",
            "advertising",
            "advertised",
            by=(OFFICER,),
            guards=(*current, "tender_period_is_long_enough"),
            effects=("store_advertisement",),
            opens=(owes("record_answers_given", OFFICER, by="last_answers"),),
            cites="LOU 10:1, 19:6",
        ),
        edge(
            "record_invitation",
            "inviting",
            "invited",
            by=(OFFICER,),
            guards=current,
            effects=("store_invitation",),
            cites="LOU 7:8",
        ),
        edge(
            "reopen_targets",
            "advertising",
            "target_setting",
            by=(OWNER, OFFICER),
            effects=("tell_returned",),
            kind="return",
        ),
        edge(
            "reopen_requirements",
            "advertising",
            "requirement_selection",
            by=(OWNER, OFFICER),
            effects=("tell_returned",),
            kind="return",
        ),
        edge(
            "reopen_requirements",
            "inviting",
            "requirement_selection",
            by=(OWNER, OFFICER),
            effects=("tell_returned",),
            kind="return",
        ),
    ]
    edges += [
        edge(
            "record_answers_given",
            "advertised",
            by=(OFFICER,),
            effects=("store_answers_given",),
            cites="LOU 12:11, 19:13",
            kind="record",
        ),
        edge(
            "record_documents_changed",
            "advertised",
            by=(OFFICER,),
            guards=("new_tender_deadline_is_later",),
            effects=("store_documents_changed",),
            opens=(
                owes("record_opening", OFFICER, by="opening"),
                owes("record_answers_given", OFFICER, by="last_answers"),
            ),
            cites="LOU 11:8, 19:14",
            kind="record",
        ),
        edge(
            "record_documents_changed",
            "invited",
            by=(OFFICER,),
            guards=("new_tender_deadline_is_later",),
            effects=("store_documents_changed",),
            opens=(owes("record_opening", OFFICER, by="opening"),),
            cites="LOU 11:8, 19:14",
            kind="record",
        ),
    ]
    for source in ("advertised", "invited"):
        edges += [
            edge(
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


def award() -> list[Transition]:
    """From the evaluation to the signed contract, lot by lot."""
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
    sent_back: dict[str, Any] = {
        "by": (OFFICER, HEAD),
        "guards": ("review_is_recorded",),
        "effects": ("store_ruling", "recall_award"),
        "kind": "return",
        "cites": "LOU 20:6",
    }
    dismissed: dict[str, Any] = {
        "by": (OFFICER, HEAD),
        "guards": ("review_is_recorded",),
        "when": (("ruling", ("dismissed",)),),
        "effects": ("store_ruling",),
        "cites": "LOU 20:10",
    }
    signing_guards = (
        "standstill_has_ended",
        "no_review_stops_signing",
        "contracts_prepared_by_another",
        "mandate_covers",
    )
    return [
        edge(
            "submit_award_proposal",
            "evaluation",
            "award_decision",
            by=(OFFICER,),
            guards=(*secret, "no_exclusion_hearing_runs"),
            effects=("store_award_proposal",),
        ),
        *(
            edge(
                "grant_tender_access",
                source,
                by=(OFFICER, HEAD),
                guards=secret,
                effects=("store_tender_access",),
                kind="side",
                scope=Scope.CASE,
            )
            for source in ("evaluation", "award_decision", "redo_decision")
        ),
        edge(
            "decide_award",
            "award_decision",
            "award_notice",
            by=(HEAD,),
            decides=True,
            guards=(
                *secret,
                "award_is_proposed",
                "award_prepared_by_another",
                "no_exclusion_hearing_runs",
                "mandate_covers",
            ),
            effects=("settle_award",),
            basis=("award_proposal",),
            cites="LOU 12:12",
        ),
        edge(
            "return_for_completion",
            "award_decision",
            "evaluation",
            by=(HEAD,),
            guards=secret,
            effects=("withdraw_award_proposal", "tell_returned"),
            kind="return",
        ),
        edge(
            "record_award_notice",
            "award_notice",
            "standstill",
            by=(OFFICER,),
            when=(ADVERTISED_TRACKS,),
            effects=("store_award_notice",),
            cites="LOU 12:12, 20:1",
        ),
        edge(
            "record_award_notice",
            "award_notice",
            "contract_signing",
            by=(OFFICER,),
            when=on(RENEWED),
            effects=("store_award_notice",),
            cites="LOU 20:2: ingen avtalsspärr",
        ),
        edge(
            "end_standstill",
            "standstill",
            "contract_signing",
            by=(SYSTEM,),
            guards=("standstill_has_ended", "no_review_stops_signing"),
            effects=("tell_standstill_over",),
            cites="LOU 20:1",
            while_paused=True,
        ),
        edge("record_review", "standstill", "in_review", **review, cites="LOU 20:8"),
        edge(
            "record_review",
            "contract_signing",
            "in_review",
            **review,
            when=(("interim_order", ("yes",)),),
            cites="LOU 20:9",
        ),
        edge(
            "record_review",
            "contract_signing",
            **review,
            when=(("interim_order", ("no",)),),
            opens=(RULING,),
            cites="LOU 20:9",
        ),
        edge("record_review", "in_review", **review, cites="LOU 20:8"),
        edge("record_ruling", "in_review", "standstill", **dismissed),
        edge("record_ruling", "standstill", **dismissed, kind="record"),
        edge("record_ruling", "contract_signing", **dismissed, kind="record"),
        *(
            edge("record_ruling", source, target, **sent_back, when=(("ruling", (ruling,)),))
            for source in ("in_review", "standstill", "contract_signing")
            for ruling, target in (("correction", "evaluation"), ("do_over", "redo_decision"))
        ),
        edge(
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
            edge("recall_award", source, "evaluation", **recall)
            for source in ("award_notice", "standstill", "in_review", "contract_signing")
        ),
        edge(
            "prepare_contracts",
            "contract_signing",
            by=(OFFICER,),
            guards=("framework_period_is_allowed",),
            effects=("store_contract_drafts",),
            kind="record",
            opens=(owes("sign_contracts", HEAD, by="contract_signing"),),
        ),
        edge(
            "return_for_completion",
            "contract_signing",
            by=(HEAD,),
            guards=("contracts_prepared_by_another",),
            effects=("return_contract_drafts", "tell_returned"),
            kind="return",
            opens=(owes("prepare_contracts", OFFICER, by="contract_signing"),),
        ),
        edge(
            "sign_contracts",
            "contract_signing",
            "follow_up",
            by=(HEAD,),
            decides=True,
            guards=signing_guards,
            effects=("open_contracts",),
            basis=("contract_drafts",),
            opens=(
                owes("record_post_award_notice", OFFICER, by="post_award_notice"),
                owes("complete_documentation", OFFICER, by="documentation"),
            ),
            cites="LOU 20:1",
        ),
    ]


def without_tenders() -> list[Transition]:
    """Direct procurement: need, decision, documentation (LOU 19a). Call-off by the framework's terms (LOU 7:4, 7:6)."""
    return [
        edge(
            "decide_direct_award",
            "direct_award_decision",
            "documentation",
            by=(HEAD, OWNER),
            decides=True,
            guards=("no_ex_ante_period_runs", "mandate_covers"),
            effects=("settle_direct_award",),
            basis=("need",),
            cites="LOU 19a:10: ingen avtalsspärr",
        ),
        edge(
            "decide_call_off",
            "call_off_decision",
            "documentation",
            by=(OWNER,),
            decides=True,
            effects=("settle_direct_award",),
            basis=("need",),
            cites="LOU 7:4, 7:6, 20:2: ingen avtalsspärr",
        ),
        edge(
            "return_for_completion",
            "direct_award_decision",
            "needs_analysis",
            by=(HEAD, OWNER),
            effects=("tell_returned",),
            kind="return",
        ),
        edge(
            "return_for_completion",
            "call_off_decision",
            "needs_analysis",
            by=(OWNER,),
            effects=("tell_returned",),
            kind="return",
        ),
        edge(
            "complete_documentation",
            "documentation",
            "follow_up",
            by=(OFFICER,),
            effects=("store_documentation",),
            cites="LOU 19a:11",
        ),
    ]
