"""Guards of hearings before an exclusion and of advance notices: both give others time before a step."""

from __future__ import annotations

from states.decision import Unmet
from states.definition import Mark
from states.facts import Situation
from states.guards.registered import OFFICER, _unless, guard


@guard(mark=Mark.LAW, source="LOU 13:4")
def supplier_has_had_time_to_comment(s: Situation) -> list[Unmet]:
    """The comments have come, or the supplier's time for them is over."""
    due = s.lot.exclusion_due_on if s.lot else None
    if due is None:
        return [Unmet("exclusion_not_considered", (OFFICER,))]
    if s.form is None or s.answer("comments_received"):
        return []
    return _unless(s.today > due, "exclusion_time_not_over", cites="LOU 13:4", due=due.isoformat())


@guard(mark=Mark.LAW, source="LOU 13:4")
def no_exclusion_hearing_runs(s: Situation) -> list[Unmet]:
    """Nobody is left out before having been heard."""
    heard = s.lot is None or s.lot.exclusion_due_on is None
    return _unless(heard, "exclusion_hearing_runs", OFFICER, cites="LOU 13:4")


@guard("procurement", mark=Mark.LAW, source="LOU 20:3")
def ex_ante_period_has_ended(s: Situation) -> list[Unmet]:
    due = s.procurement.ex_ante_until_on
    return _unless(
        due is not None and s.today > due,
        "ex_ante_period_not_ended",
        cites="LOU 20:3",
        due=due.isoformat() if due else "",
    )


@guard("procurement", mark=Mark.LAW, source="LOU 20:3")
def no_ex_ante_period_runs(s: Situation) -> list[Unmet]:
    due = s.procurement.ex_ante_until_on
    return _unless(
        due is None or s.today > due,
        "ex_ante_period_not_ended",
        cites="LOU 20:3",
        due=due.isoformat() if due else "",
    )
