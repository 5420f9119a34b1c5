"""Guards of any step: the case runs, nothing is owed, and who acts may."""

from __future__ import annotations

from states.decision import Unmet
from states.definition import Mark
from states.facts import Situation
from states.guards.registered import HEAD, OFFICER, _unless, guard


@guard(mark=Mark.POLICY, source="Stegvis: a paused case moves only when it is resumed")
def case_is_not_paused(s: Situation) -> list[Unmet]:
    return _unless(s.case.paused_on is None, "case_is_paused", OFFICER)


@guard(mark=Mark.POLICY, source="Stegvis: a pause needs a case that runs")
def case_is_paused(s: Situation) -> list[Unmet]:
    return _unless(s.case.paused_on is not None, "case_is_not_paused", OFFICER)


@guard(mark=Mark.POLICY, source="Stegvis: only a case nobody has worked on enters as history")
def case_is_new(s: Situation) -> list[Unmet]:
    return _unless(s.case.row_version == 1, "case_is_not_new", OFFICER)


@guard("disqualified", mark=Mark.LAW, source="KL 6:28–6:30, 7:4")
def actor_is_not_disqualified(s: Situation) -> list[Unmet]:
    """Who has declared a conflict of interest takes no part, nor does anybody on that person's behalf."""
    acting = {s.actor.person_id, s.capacity.on_behalf_of if s.capacity else None}
    return _unless(not acting & set(s.facts["disqualified"]), "disqualified", HEAD, cites="KL 6:28")


@guard("open_tasks", mark=Mark.POLICY, source="Stegvis: a case does not close over somebody's open duty")
def nothing_is_owed(s: Situation) -> list[Unmet]:
    return [
        Unmet("still_owed", tuple(t.roles), {"trigger": t.trigger})
        for t in s.facts["open_tasks"]
        if t.trigger != "close"
    ]
