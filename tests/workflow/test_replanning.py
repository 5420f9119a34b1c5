"""A change of a contract moves the days that it touches, and no other."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from states.roles import system_actor
from tests.play import Play
from tests.workflow.test_renewal import contract
from workflow.cases.deadline_check import verify_deadlines
from workflow.commands import ExtendDeadline, ReplanContract
from workflow.engine.execute import execute
from workflow.errors import InvalidForm

#: What stands in the contract of these tests; an amendment writes all of it again.
STANDS = {"start_on": "2025-01-01", "end_on": "2028-12-31", "contract_class": "b"}


def followed_up(play: Play, day: str) -> None:
    play.act("officer", "record_follow_up", followed_up_on=day, outcome="good", note="Allt gick bra")


def amend(play: Play, **what: Any) -> None:
    play.act("officer", "amend_contract", **{**STANDS, "reason": "Tillägg"} | what)


def counted(play: Play, trigger: str = "record_follow_up") -> tuple[date, str, str]:
    """The last day of a duty, and the event with its day that it is counted from."""
    task = play.task(trigger)
    receipt = json.loads(task.receipt)
    return task.due_on, receipt["anchor"], receipt["anchor_on"]


@pytest.fixture
def yearly(play: Play) -> Play:
    """A contract of class B that was followed up on 1 March 2026."""
    contract(play, **STANDS)
    play.advance(to="2026-03-02")
    followed_up(play, "2026-03-01")
    return play


def test_a_new_contract_number_gives_nobody_another_year(yearly: Play) -> None:
    before = counted(yearly)
    assert before == (date(2027, 3, 1), "followed_up", "2026-03-01")
    yearly.clock.at = yearly.clock.at.replace(year=2027, month=2, day=20)
    amend(yearly, contract_number="A-2")
    assert counted(yearly) == before


def test_the_question_what_follows_leaves_a_late_follow_up_late(play: Play) -> None:
    contract(play, **STANDS)
    play.advance(to="2026-06-15")
    followed_up(play, "2026-06-15")
    play.live(until="2027-06-28")
    due_on = play.task("record_follow_up").due_on
    assert due_on == date(2027, 6, 15)
    play.advance(to="2027-07-01")
    assert play.task("start_renewal")
    assert play.task("record_follow_up").due_on == due_on
    play.act("owner", "decide_no_renewal", reasons="Verksamheten läggs ned")
    play.act("owner", "reopen_renewal", reason="Ändå inte")
    assert play.task("record_follow_up").due_on == due_on


def test_another_class_counts_from_the_same_follow_up(yearly: Play) -> None:
    yearly.advance(to="2026-05-04")
    amend(yearly, contract_class="a")
    assert counted(yearly) == (date(2026, 7, 1), "followed_up", "2026-03-01")
    amend(yearly, contract_class="c")
    assert counted(yearly) == (date(2028, 3, 1), "followed_up", "2026-03-01")


def test_more_time_that_was_decided_stays_through_every_change(yearly: Play) -> None:
    yearly.advance(to="2027-02-20")
    task = yearly.task("record_follow_up")
    yearly.do("head", ExtendDeadline(task.id, date(2027, 5, 3), "Ny avtalsförvaltare"))
    amend(yearly, contract_number="A-2")
    assert yearly.task("record_follow_up").due_on == date(2027, 5, 3)
    amend(yearly, contract_class="a")
    assert yearly.task("record_follow_up").due_on == date(2027, 5, 3)


def test_a_contract_that_has_not_begun_is_followed_up_from_its_first_day_wherever_that_moves(play: Play) -> None:
    contract(play, **STANDS | {"start_on": "2026-09-01"})
    assert counted(play) == (date(2027, 9, 1), "contract_started", "2026-09-01")
    amend(play, start_on="2026-10-01")
    assert counted(play) == (date(2027, 10, 1), "contract_started", "2026-10-01")
    amend(play)
    assert counted(play) == (date(2027, 3, 2), "step_begun", "2026-03-02")
    amend(play, start_on="2024-01-01")
    assert counted(play) == (date(2027, 3, 2), "step_begun", "2026-03-02")
    assert verify_deadlines(play.app, play.region)[play.region].differences == ()


def test_a_class_that_comes_later_counts_from_its_own_day(play: Play) -> None:
    contract(play, **STANDS | {"contract_class": ""})
    assert play.task("record_follow_up").due_on is None
    play.advance(to="2026-05-04")
    amend(play)
    assert counted(play) == (date(2027, 5, 4), "class_given", "2026-05-04")
    play.advance(to="2026-08-03")
    amend(play, contract_number="A-2")
    assert counted(play) == (date(2027, 5, 4), "class_given", "2026-05-04")
    assert verify_deadlines(play.app, play.region)[play.region].differences == ()


def test_a_class_given_at_the_handover_moves_when_the_next_procurement_is_asked_for(play: Play) -> None:
    contract(play, **STANDS)

    def asked_on() -> date:
        (timer,) = [t for t in play.timers() if t.kind == "renewal_due"]
        return date.fromisoformat(json.loads(timer.receipt)["due_on"])

    assert asked_on() == date(2027, 6, 30)
    play.act(
        "officer", "propose_handover", manager=play.people["manager"], contract_class="a", follow_up_plan="Tre per år"
    )
    assert asked_on() == date(2026, 12, 30), "24 months before: the 31st is a rest day"
    play.act("manager", "accept_handover")
    assert asked_on() == date(2026, 12, 30)


def test_a_contract_that_lost_its_last_day_is_not_extended_and_keeps_its_options(play: Play) -> None:
    stands = STANDS | {"end_on": "2026-10-31", "option_count": 2, "option_months": 12, "notice_months": 3}
    contract(play, **stands)
    play.run_due()
    assert play.row().state == "extension_decision"
    amend(play, **stands | {"end_on": ""})
    extend = {"extension": "extend", "evaluation": "Bra", "reasons": "Behovet kvarstår"}
    with pytest.raises(InvalidForm) as refusal:
        play.act("owner", "decide_extension", **extend)
    assert [(e.field, e.code) for e in refusal.value.errors] == [("extension", "extension_of_no_end")]
    amend(play, **stands)
    play.act("owner", "decide_extension", **extend)
    (row,) = play.sql("SELECT end_on, option_count, options_used FROM contracts")
    assert (str(row.end_on), row.option_count, row.options_used) == ("2027-10-31", 2, 1)


# --- of all duties of a contract -----------------------------------------------------------------------------------


def owes_everything(play: Play) -> None:
    """Each duty that can stand open in a contract beside the one of its state."""
    day = play.today.isoformat()
    play.act(
        "officer", "propose_handover", manager=play.people["manager"], contract_class="b", follow_up_plan="Varje år"
    )
    play.act("manager", "accept_handover")
    play.act(
        "officer", "propose_handover", manager=play.people["manager"], contract_class="b", follow_up_plan="Varje år"
    )
    play.act("officer", "record_call_off_value", called_off_value="900", counted_on=day)
    play.act("officer", "record_contract_change", changed_on=day, change_ground="section_11", contract_change="Mer")
    play.act("officer", "record_party_matter", begun_on=day, party_matter="Byta ort")


def dates(play: Play) -> tuple[list[Any], list[Any]]:
    tasks = [(t.trigger, t.person_id, t.due_on, t.receipt, t.revision) for t in play.tasks()]
    reminders = [(t.task_id, t.kind, t.due_at) for t in play.timers() if t.task_id]
    steps = [(t.kind, t.trigger, t.due_at, t.receipt) for t in play.timers() if not t.task_id]
    return tasks, sorted(reminders) + sorted(steps)


@pytest.mark.parametrize(
    ("state", "more", "day"),
    [
        ("in_force", {"end_on": "2032-12-31"}, "2027-02-20"),
        ("extension_decision", {"end_on": "2027-10-31", "option_count": 1, "option_months": 12}, "2027-02-20"),
        ("final_evaluation", {"end_on": "2027-06-30"}, "2027-02-20"),
    ],
)
def test_counting_again_moves_nothing_while_nothing_changed(
    play: Play, state: str, more: dict[str, Any], day: str
) -> None:
    stands = STANDS | {"is_framework": True, "value": "1 000"} | more
    contract(play, **stands)
    owes_everything(play)
    play.advance(to="2026-06-01")
    if state == "in_force":
        followed_up(play, "2026-05-01")
    play.advance(to=day)
    assert play.row().state == state
    expected = {"record_follow_up", "accept_handover", "record_start_up_meeting", "weigh_ceiling",
                "record_change_notice", "record_party_decision"}  # fmt: skip
    own = {"extension_decision": "decide_extension", "final_evaluation": "record_final_evaluation"}.get(state)
    renewal = {"start_renewal"} if state == "final_evaluation" else set()
    assert {t.trigger for t in play.tasks()} >= expected | renewal | ({own} if own else set())
    play.set_parameter("follow_up_yearly", "6", play.today, "Beslut 7")
    play.set_parameter("extension_notice", "1", play.today, "Beslut 7")
    before = dates(play)
    for _ in range(2):
        execute(play.app, ReplanContract(play.case), by=system_actor(play.region))
        assert dates(play) == before
    amend(play, **stands, contract_number="A-2")
    assert dates(play) == before
