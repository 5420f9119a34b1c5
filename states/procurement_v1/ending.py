"""Cancellation, follow-up, closing, and pausing on the way."""

from __future__ import annotations

from states.definition import Scope, Transition
from states.procurement_v1.vocabulary import (
    AFTER_OPENING,
    BEFORE_ADVERTISING,
    HEAD,
    LOT,
    OFFICER,
    OWNER,
    PAUSABLE,
    SYSTEM,
    edge,
    owes,
)


def cancellation() -> list[Transition]:
    """The ways a procurement ends without a contract."""
    edges = [
        edge(
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
            edge(
                "propose_cancellation",
                source,
                by=(OFFICER,),
                effects=("store_cancellation_proposal",),
                kind="stop",
                opens=(owes("decide_cancellation", HEAD, by="recall"),),
            ),
            edge(
                "withdraw_cancellation_proposal",
                source,
                by=(OFFICER, HEAD),
                guards=("cancellation_is_proposed",),
                effects=("withdraw_cancellation_proposal",),
                kind="stop",
            ),
            edge(
                "decide_cancellation",
                source,
                "cancellation_notice",
                by=(HEAD,),
                decides=True,
                guards=("secret_lot_is_seen", "cancellation_prepared_by_another", "mandate_covers"),
                effects=("settle_cancellation",),
                basis=("cancellation",),
                kind="stop",
                cites="LOU 12:12, 20:12",
            ),
        ]
    edges += [
        edge(
            "record_cancellation_notice",
            "cancellation_notice",
            "cancellation_review",
            by=(OFFICER,),
            effects=("store_cancellation_notice",),
            opens=(owes("complete_documentation", OFFICER, by="documentation"),),
            cites="LOU 12:12, 20:12",
        ),
        edge(
            "end_cancellation_review",
            "cancellation_review",
            "cancelled",
            by=(SYSTEM,),
            guards=("cancellation_review_has_ended",),
            cites="LOU 20:12",
            while_paused=True,
        ),
        edge(
            "record_cancellation_overturned",
            "cancellation_review",
            "evaluation",
            by=(HEAD, OFFICER),
            effects=("recall_award", "store_cancellation_overturned"),
            cites="LOU 20:6",
            kind="return",
        ),
    ]
    return edges


def follow_up() -> list[Transition]:
    """From the signed contracts to the closed case."""
    edges = [
        edge("register_contracts", "follow_up", by=(OFFICER,), effects=("register_contracts",), kind="record"),
        edge(
            "close",
            "follow_up",
            "closed",
            by=(OFFICER,),
            guards=("contracts_have_ended", "nothing_is_owed"),
            effects=(),
        ),
    ]
    edges += [
        edge(
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
        edge(
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


def pausing() -> list[Transition]:
    """Pause and resume, in every state that may wait."""
    edges = []
    for source in PAUSABLE:
        edges.append(
            edge("pause", source, by=(OFFICER, OWNER), effects=("store_pause",), kind="side", scope=Scope.CASE)
        )
        edges.append(
            edge(
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
