"""`procurement@1`: from the need to the contracts, on four tracks, each lot at its own pace after the opening.

The tender step itself runs in the e-procurement system; the definition records its milestones. Sources of the
steps: Riktlinje Inköp (the contract owner fixes the target), LOU chapters 10–12, 16, 19, 19a and 20.
"""

from __future__ import annotations

from states.definition import Mark, ProcessDefinition, TimerRule
from states.procurement_v1.beside import beside
from states.procurement_v1.ending import cancellation, follow_up, pausing
from states.procurement_v1.preparation import need_and_start, targets_and_requirements
from states.procurement_v1.tendering import award, tendering, without_tenders
from states.procurement_v1.vocabulary import PHASES, STATES

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
    TimerRule("ex_ante_due", "direct_award_decision", "end_ex_ante_period", "ex_ante_standstill", Mark.LAW, "LOU 20:3"),
)

PROCUREMENT_V1 = ProcessDefinition(
    id="procurement",
    version=1,
    initial="needs_analysis",
    phases=PHASES,
    states=STATES,
    transitions=tuple(
        need_and_start()
        + targets_and_requirements()
        + tendering()
        + award()
        + without_tenders()
        + cancellation()
        + follow_up()
        + pausing()
        + beside()
    ),
    timers=TIMERS,
)
