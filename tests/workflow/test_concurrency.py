"""Many at once: of those who saw the same version one wins, the others learn the current one, and no number is given twice. # I7 I11 I38"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from states.errors import LawBookError
from states.registry import DEFINITIONS
from tests.ladder import MILESTONES, Ladder
from tests.play import SUPPLIER, Play
from workflow.commands import Act, OpenCase, WriteComment
from workflow.engine.act import StaleBasis, form_of
from workflow.engine.execute import Idempotency
from workflow.engine.timers import fire_due_timers
from workflow.engine.verify import verify_all
from workflow.errors import InvalidForm, Stale, StegvisError


def at_once(tasks: Sequence[Callable[[], Any]]) -> list[Any]:
    """Run all at the same moment; gives what each answered or raised."""
    gate = threading.Barrier(len(tasks))
    outcomes: list[Any] = [None] * len(tasks)

    def run(i: int, task: Callable[[], Any]) -> None:
        gate.wait()
        try:
            outcomes[i] = task()
        except (StegvisError, LawBookError) as refusal:
            outcomes[i] = refusal
        except Exception as error:  # a test must see it, not the thread's traceback
            outcomes[i] = error

    threads = [threading.Thread(target=run, args=(i, t)) for i, t in enumerate(tasks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


def trail_holds(play: Play) -> None:
    with play.app.database.read() as uow:
        result = verify_all(uow)
    assert result.ok, result.first_fault


def test_of_eight_simultaneous_decisions_one_wins(play: Play) -> None:
    play.open()
    play.to_target_decision()
    row, basis = play.row(), play.basis("owner", "decide_sustainability_target")
    decision = Act(row.id, "decide_sustainability_target", row.row_version, {"reasons": "Ja"}, basis)
    outcomes = at_once([lambda: play.do("owner", decision)] * 8)
    won = [o for o in outcomes if isinstance(o, dict)]
    lost = [o for o in outcomes if isinstance(o, Stale)]
    assert (len(won), len(lost)) == (1, 7), outcomes
    assert {o.params["row_version"] for o in lost} == {row.row_version + 1}
    assert play.kinds().count("sustainability_target_decided") == 1
    assert len([t for t in play.tasks(None) if t.trigger == "submit_requirements"]) == 1
    (count,) = play.sql("SELECT count(*) AS n FROM decisions WHERE trigger = 'decide_sustainability_target'")
    assert count.n == 1
    trail_holds(play)


def test_different_steps_on_the_same_version_do_not_overwrite_each_other(play: Play) -> None:
    play.open()
    play.need()
    version, basis = play.row().row_version, play.basis("owner", "decide_start")
    outcomes = at_once(
        [
            lambda: play.do("owner", Act(play.case, "decide_start", version, {}, basis)),
            lambda: play.do("owner", Act(play.case, "return_for_completion", version, {"reason": "Nej"})),
            lambda: play.do("officer", Act(play.case, "pause", version, {"reason": "Vänta"})),
        ]
    )
    assert sum(isinstance(o, dict) for o in outcomes) == 1, outcomes
    assert sum(isinstance(o, Stale) for o in outcomes) == 2, outcomes
    trail_holds(play)


def test_cases_opened_at_once_get_numbers_without_gap_or_double(play: Play) -> None:
    form = {"title": "Städ", "unit": play.people["unit"]}
    outcomes = at_once([lambda: play.do("officer", OpenCase("procurement", "norrbotten", form))] * 12)
    assert sorted(o["reference"] for o in outcomes) == [f"UPP-2026-{n:04d}" for n in range(1, 13)]
    trail_holds(play)


def test_comments_beside_a_step_neither_lose_nor_refuse_anything(play: Play) -> None:
    play.open()
    version = play.row().row_version
    step = Act(play.case, "submit_needs_analysis", version,
               {"need": "Städ", "kind": "services", "track": "above_threshold", "estimated_value": "9000000"})  # fmt: skip
    tasks = [lambda: play.do("officer", step)]
    tasks += [lambda n=n: play.do("owner", WriteComment(play.case, f"Kommentar {n}")) for n in range(9)]
    outcomes = at_once(tasks)
    assert not [o for o in outcomes if isinstance(o, Exception)], outcomes
    assert play.kinds().count("commented") == 9
    assert play.row().row_version == version + 1
    trail_holds(play)


def test_the_same_request_twice_at_once_has_one_effect_and_one_answer(play: Play) -> None:
    play.open()
    play.need()
    step = Act(play.case, "decide_start", play.row().row_version, {}, play.basis("owner", "decide_start"))
    outcomes = at_once([lambda: play.do("owner", step, idempotency=Idempotency("k1", "h1"))] * 6)
    assert all(isinstance(o, dict) for o in outcomes), outcomes
    assert all(o == outcomes[0] for o in outcomes)
    assert play.kinds().count("start_decided") == 1


def test_readers_see_one_state_beside_writers(play: Play) -> None:
    """A look at the case never sees its row without the event that made it so. # I8"""
    play.open()
    seen: list[bool] = []
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            with play.app.database.read() as uow:
                seen.append(verify_all(uow).ok)

    reader = threading.Thread(target=look)
    reader.start()
    try:
        play.to_advertising()
    finally:
        stop.set()
        reader.join(30)
    assert seen
    assert all(seen)


def test_the_one_lot_of_several_that_stands_ready_is_decided_on_what_was_shown(play: Play) -> None:
    """Leaving out which lot it is about leaves out nothing of what binds a decision to its basis."""
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    play.act("officer", "submit_award_proposal", 1, suppliers=[SUPPLIER], award_reasons="Bäst kvalitet.")
    version, shown = play.row().row_version, play.basis("head", "decide_award")
    with pytest.raises(InvalidForm) as refused:
        play.do("head", Act(play.case, "decide_award", version, {}, None))
    assert [(e.field, e.code) for e in refused.value.errors] == [("basis_hash", "field_required")]
    with pytest.raises(StaleBasis):
        play.do("head", Act(play.case, "decide_award", version, {}, "0" * 64))
    play.do("head", Act(play.case, "decide_award", version, {}, shown))
    assert play.lots()[1] == "award_notice"


def _overdue(play: Play) -> tuple[Ladder, Act]:
    """A ladder whose period ended in the night, and the plan as the officer is about to write it down."""
    ladder = Ladder(play)
    ladder.offer()
    last = ladder.due_on
    assert last is not None
    play.clock.at += (last - play.today) + timedelta(days=1)
    form = {"received_on": last.isoformat(), "cause": "Bristande kontroll", "milestones": MILESTONES}
    return ladder, Act(ladder.id, "record_action_plan", None, form)


@pytest.mark.parametrize("plan_first", [True, False])
def test_a_plan_and_the_timer_one_after_the_other_stop_the_climb(play: Play, plan_first: bool) -> None:  # I17
    ladder, plan = _overdue(play)
    turns = [lambda: play.do("officer", plan), lambda: fire_due_timers(play.app)]
    for turn in turns if plan_first else reversed(turns):
        turn()
    play.run_due()
    assert (ladder.state, ladder.rung) == ("plan_review", "opportunity_to_remedy")
    assert len(ladder.sent()) == (2 if plan_first else 3)
    play.advance(60)
    assert ladder.state == "plan_review"
    trail_holds(play)


def test_a_plan_that_arrives_while_the_timer_fires_stops_the_climb(play: Play) -> None:
    """Whichever has the case first: the ladder stands where it stood, and climbs no further."""
    ladder, plan = _overdue(play)
    outcomes = at_once([lambda: play.do("officer", plan), *[lambda: fire_due_timers(play.app)] * 3])
    assert not [o for o in outcomes if isinstance(o, Exception)], outcomes
    play.run_due()
    assert (ladder.state, ladder.rung) == ("plan_review", "opportunity_to_remedy")
    assert play.kinds(case=ladder.id).count("action_plan_recorded") == 1
    assert play.kinds(case=ladder.id).count("reminder_1_sent") <= 1
    play.advance(60)
    assert ladder.state == "plan_review"
    trail_holds(play)


def test_no_decision_is_taken_for_several_lots_at_once() -> None:
    """Each rests on a basis of its own; were one to come, it would need one hash over all of them."""
    deciding = {(d.id, t.trigger) for d in DEFINITIONS.values() for t in d.transitions if t.decides}
    assert not [key for key in deciding if getattr(form_of(*key), "for_all_lots", False)]
