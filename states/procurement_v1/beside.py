"""What is recorded beside the way: how long tenders hold, requests for reasons, hearings, advance notices, invitations.

None of these moves the case. Each keeps a time that the law gives somebody else, and runs on while the case is paused.
"""

from __future__ import annotations

from states.definition import Scope, Transition
from states.procurement_v1.vocabulary import AFTER_OPENING, LOT, OFFICER, SYSTEM, edge, owes

#: Opened where the notice states how long tenders bind, and anew with each longer time that was agreed.
TENDER_VALIDITY = owes("record_tender_validity", OFFICER, by="tender_validity")
#: One duty for all requests that wait (`states/matters.py`).
REASONS = owes("record_reasons_given", OFFICER, by="reasons")
#: A tenderer may ask for reasons once the decision is known (LOU 12:13), also of a cancellation.
AFTER_DECISION = (
    "award_notice", "standstill", "in_review", "contract_signing", "cancellation_notice", "cancellation_review",
    "follow_up", "cancelled",
)  # fmt: skip


def beside() -> list[Transition]:
    """The records, in the order in which they may come up."""
    edges = [
        edge(
            "record_tender_invitation",
            "advertised",
            by=(OFFICER,),
            guards=("invitation_leaves_time_for_tenders",),
            effects=("store_tender_invitation",),
            opens=(
                owes("record_opening", OFFICER, by="opening"),
                owes("record_answers_given", OFFICER, by="last_answers"),
            ),
            cites="LOU 11:3, 11:5–11:7, 11:10",
            kind="record",
        ),
        edge(
            "record_ex_ante_notice",
            "direct_award_decision",
            by=(OFFICER,),
            effects=("store_ex_ante_notice",),
            cites="LOU 20:3",
            kind="record",
        ),
        edge(
            "end_ex_ante_period",
            "direct_award_decision",
            by=(SYSTEM,),
            guards=("ex_ante_period_has_ended",),
            effects=("tell_ex_ante_over",),
            cites="LOU 20:3",
            kind="record",
            while_paused=True,
        ),
    ]
    edges += [
        edge(
            "record_tender_validity",
            source,
            by=(OFFICER,),
            effects=("store_tender_validity",),
            opens=(TENDER_VALIDITY,),
            cites="LOU 10:10",
            kind="record",
            while_paused=True,
            scope=Scope.CASE,
        )
        for source in ("advertised", "invited", *AFTER_OPENING)
    ]
    for source in ("evaluation", "award_decision"):
        edges += [
            edge(
                "record_exclusion_considered",
                source,
                by=(OFFICER,),
                guards=("actor_may_see_tenders",),
                effects=("store_exclusion_considered",),
                opens=(owes("record_exclusion_heard", OFFICER, by="exclusion_comments"),),
                cites="LOU 13:4",
                kind="record",
            ),
            edge(
                "record_exclusion_heard",
                source,
                by=(OFFICER,),
                guards=("actor_may_see_tenders", "supplier_has_had_time_to_comment"),
                effects=("store_exclusion_heard",),
                cites="LOU 13:4",
                kind="record",
            ),
        ]
    for source in AFTER_DECISION:
        edges += [
            edge(
                "record_reasons_request",
                source,
                by=(OFFICER,),
                effects=("store_reasons_request",),
                opens=(REASONS,),
                cites="LOU 12:13, 19:20",
                kind="record",
                while_paused=True,
                scope=LOT,
            ),
            edge(
                "record_reasons_given",
                source,
                by=(OFFICER,),
                effects=("store_reasons_given",),
                cites="LOU 12:13, 19:20",
                kind="record",
                while_paused=True,
                scope=LOT,
            ),
        ]
    return edges
