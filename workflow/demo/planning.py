"""The demo's procurement plan: how long steps took, two needs entered by hand, a decision and the public list."""

from __future__ import annotations

from states.roles import system_actor
from workflow.commands import AddPlanEntry, CountDurations, DecidePlan, PublishPlan
from workflow.demo.play import Play

_NEEDS = (
    ("Lagerrobotar till centralförrådet", 140, "above_threshold", "4 000 000", "6 500 000", "Förstudie klar i vår."),
    ("Städmaterial till hälsocentralerna", 60, "below_threshold", "900 000", "1 500 000", None),
)


def decide_the_plan(play: Play) -> None:
    """As the head of procurement does in the last month before today."""
    head, do = play.people["upphandlingschef"], play.timeline.do
    do(CountDurations(play.region), system_actor(play.region))
    unit = next(iter(play.units.values()))
    made = None
    for title, ahead, track, low, high, note in _NEEDS:
        if made is not None or title == _NEEDS[0][0]:
            starts_on = play.later(play.today, ahead).isoformat()
            form = {"title": title, "unit": unit, "starts_on": starts_on, "track": track, "value_low": low}
            form |= {"value_high": high} | ({"note": note} if note else {})
            do(AddPlanEntry(play.region, form), head)
        if made is None:  # the second need came after the decision
            decided_on = play.day(15)
            made = do(DecidePlan(play.region, decided_on, "Regionstyrelsen § 112", "Dnr 02187-2026"), head)
            do(PublishPlan(made["id"]), head)
