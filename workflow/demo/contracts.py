"""What happens to a contract after it was signed: handover, first meeting, follow-ups, and the end of short ones."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from workflow.demo.play import Play
from workflow.demo.scripts import Scene, contract_row

#: Months between follow-ups, by class.
RHYTHM = {"a": 4, "b": 12, "c": 24}
_NOTES = (
    ("good", "Leveranserna fungerar väl. Inga avvikelser från kraven."),
    ("good", "Statistiken visar att målen nås. Nästa möte är bokat."),
    (
        "deviations",
        "Underlag om tillverkningsland saknas för några artiklar. Leverantören kompletterar inom fyra veckor.",
    ),
    ("good", "Avvikelserna från förra uppföljningen är åtgärdade."),
    ("not_done", "Mötet fick ställas in. Ny tid är föreslagen."),
)


def months_after(day: date, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def manager_of(play: Play, unit: str) -> str:
    """Who looks after the contracts of a unit."""
    if play.region == "samverkan":
        return "kansliet"
    local = {
        "kost": "kostchef",
        "fastighet": "fastighetschef",
        "operation": "operationschef",
        "lans": "avtalsansvarig2",
    }
    return local.get(unit, "avtalsansvarig") if play.region == "norrbotten" else "avtalsansvarig"


def plan_contract(play: Play, contract_id: str, scene: Scene, signed_on: date) -> None:
    """Handover within two weeks, the start-up meeting in the first month, then follow-ups in time."""
    manager = manager_of(play, scene.unit)
    row = contract_row(scene, signed_on)
    plan = "Möte varje kvartal, självskattning första året." if scene.contract_class == "a" else "Möte en gång om året."
    proposal = {"manager": play.people[manager], "contract_class": scene.contract_class, "follow_up_plan": plan}
    taken_over_on = play.later(signed_on, 9)
    _plan(play, play.later(signed_on, 5), contract_id, "propose_handover", scene.officer, **proposal)
    _plan(play, taken_over_on, contract_id, "accept_handover", manager)
    meeting_on = play.later(signed_on, 22)
    note = "Genomgång av krav, mål och kontaktvägar."
    _plan(play, meeting_on, contract_id, "record_start_up_meeting", manager, start_up_meeting_on=meeting_on, note=note)
    first = max(row["start_on"], taken_over_on)
    plan_follow_ups(play, contract_id, manager, scene.contract_class, first, row["end_on"], turn=len(scene.title))
    if not scene.options and row["end_on"] < play.today:
        _plan_end(play, contract_id, scene, manager, row["end_on"])


def _plan(play: Play, day: date, case_id: str, trigger: str, by: str, **form: object) -> None:
    """Put a step on the timeline if its day has come."""
    if play.is_past(day):
        play.timeline.at(day, lambda: play.act(case_id, trigger, by, form))


def plan_follow_ups(
    play: Play, case_id: str, by: str, contract_class: str, first: date, last: date | None, *, turn: int = 0
) -> None:
    """Follow-ups a week before each is due, as long as the contract runs. `turn` says with which note to begin."""
    day = first
    while True:
        day = play.later(months_after(day, RHYTHM[contract_class]), -5)
        if not play.is_past(day) or (last is not None and day > last):
            return
        outcome, note = _NOTES[turn % len(_NOTES)]
        _plan(play, day, case_id, "record_follow_up", by, followed_up_on=day, outcome=outcome, note=note)
        turn += 1


def _plan_end(play: Play, contract_id: str, scene: Scene, manager: str, end_on: date) -> None:
    """A short contract that has run out: evaluated before, ended by the engine, then the procurement is closed."""
    evaluated_on = play.later(end_on, -10)
    text = "Uppdraget är utfört enligt avtalet. Tjänsten behövs inte längre."
    _plan(play, evaluated_on, contract_id, "record_final_evaluation", manager, evaluation_goals_met=text)
    _plan(play, play.later(end_on + timedelta(days=1), 5), play.known[scene.title], "close", scene.officer)
