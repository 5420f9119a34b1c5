"""Time as a region sets it: two people behind a value, dates that move only when they say so, closing days, more time."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from states.errors import NotPermitted
from states.roles import system_actor
from tests.play import Play
from workflow.cases.deadline_check import verify_deadlines
from workflow.commands import (
    AddClosingDay,
    AssignRole,
    ExtendDeadline,
    MoveDeadlines,
    ProposeParameter,
    RejectParameter,
    ReleaseParameter,
    RetryMove,
    SetSubstitute,
    WithdrawClosingDay,
)
from workflow.engine.execute import execute
from workflow.engine.verify import verify_all
from workflow.errors import Forbidden, InvalidForm, NotFound, StegvisError
from workflow.parameters.running import UNMOVED, move_released_deadlines
from workflow.scheduler import Scheduler

NORRBOTTEN = "norrbotten"


@pytest.fixture
def waiting(play: Play) -> Play:
    """A case that waits for the owner's decision to start: ten working days, until 16 March."""
    play.open()
    play.need()
    assert play.task("decide_start").due_on == date(2026, 3, 16)
    return play


def propose(play: Play, value: str = "15", *, running: bool = False, since: date = date(2026, 3, 2)) -> str:
    command = ProposeParameter(NORRBOTTEN, "start_decision", value, since, "Beslut 3", running)
    return str(play.do("admin", command)["id"])


def trail_is_whole(play: Play) -> bool:
    with play.app.database.read() as uow:
        return verify_all(uow).ok


# --- two people ------------------------------------------------------------------------------------------------------


def test_a_value_applies_when_a_second_person_has_released_it_and_carries_both_names(waiting: Play) -> None:
    change = propose(waiting)
    assert waiting.sql("SELECT id FROM parameters WHERE name = 'start_decision'") == []
    with pytest.raises(Forbidden) as refusal:
        waiting.do("admin", ReleaseParameter(change))
    assert refusal.value.code == "same_person"
    with pytest.raises(Forbidden):
        waiting.do("officer", ReleaseParameter(change))
    waiting.do("head", ReleaseParameter(change))
    (row,) = waiting.sql("SELECT value, proposed_by, decided_by FROM parameters WHERE name = 'start_decision'")
    assert tuple(row) == ("15", waiting.people["admin"], waiting.people["head"])
    with pytest.raises(StegvisError) as again:
        waiting.do("head", ReleaseParameter(change))
    assert again.value.code == "already_done"
    assert waiting.task("decide_start").due_on == date(2026, 3, 16), "a running date stays"
    other = waiting.elsewhere(waiting.open(title="Nästa"))
    other.need()
    assert other.task("decide_start").due_on == date(2026, 3, 23)
    assert trail_is_whole(waiting)


def test_whoever_only_stands_in_for_the_proposer_is_no_second_person(waiting: Play) -> None:
    change = propose(waiting)
    stand_in = SetSubstitute(waiting.people["admin"], waiting.people["registrar"], waiting.today, waiting.today)
    waiting.do("admin", stand_in)
    with pytest.raises(Forbidden) as refusal:
        waiting.do("registrar", ReleaseParameter(change))
    assert refusal.value.code == "same_person"
    waiting.do("admin", AssignRole(waiting.people["registrar"], "administrator"))
    waiting.do("registrar", ReleaseParameter(change))


def test_a_rejected_value_never_applies_and_the_reason_is_kept(waiting: Play) -> None:
    change = propose(waiting)
    with pytest.raises(InvalidForm):
        waiting.do("head", RejectParameter(change, "  "))
    waiting.do("head", RejectParameter(change, "För långt"))
    with pytest.raises(StegvisError):
        waiting.do("head", ReleaseParameter(change))
    (row,) = waiting.sql("SELECT status, reason FROM parameter_changes")
    assert tuple(row) == ("rejected", "För långt")


def test_another_region_neither_sees_nor_settles_a_proposal(waiting: Play, kalmar: Play) -> None:
    change = propose(waiting)
    for command in (ReleaseParameter(change), RejectParameter(change, "x")):
        with pytest.raises(NotFound):
            kalmar.do("head", command)


# --- running dates ---------------------------------------------------------------------------------------------------


def test_released_with_the_running_dates_each_case_gets_a_new_receipt_and_each_person_one_mail(waiting: Play) -> None:
    first, second = waiting.elsewhere(waiting.case), waiting.elsewhere(waiting.open(title="Andra"))
    second.need()
    change = propose(waiting, running=True)
    answer = waiting.do("head", ReleaseParameter(change))
    assert answer["deadlines"] == 2
    assert first.task("decide_start").due_on == date(2026, 3, 16), "the release itself holds no case"
    assert move_released_deadlines(waiting.app) == 2
    for each in (first, second):
        task = each.task("decide_start")
        assert task.due_on == date(2026, 3, 23)
        assert "start_decision=15@2026-03-02" in task.receipt
        assert each.row().next_due_on == date(2026, 3, 23)
        assert each.kinds()[-1] == "deadlines_moved"
        reminders = [t for t in each.timers() if t.task_id == task.id]
        assert [t.due_at.date() for t in reminders] == [date(2026, 3, 16)], "five working days before the new day"
    mails = [m for m in first.outbox() + second.outbox() if m.kind == "dates_moved"]
    assert [(m.person_id, len(json.loads(m.facts)["cases"])) for m in mails] == [(waiting.people["owner"], 2)]
    assert move_released_deadlines(waiting.app) == 0
    assert verify_deadlines(waiting.app, NORRBOTTEN)[NORRBOTTEN].differences == ()
    assert trail_is_whole(waiting)


def test_a_case_that_moved_on_before_its_turn_is_left_alone(waiting: Play) -> None:
    change = propose(waiting, running=True)
    waiting.do("head", ReleaseParameter(change))
    waiting.act("owner", "decide_start")
    move_released_deadlines(waiting.app)
    (row,) = waiting.sql("SELECT status FROM moved_deadlines")
    assert row.status == "stayed"
    assert "deadlines_moved" not in waiting.kinds()


def test_a_date_that_cannot_be_moved_is_told_with_its_reason_and_moved_when_somebody_asks(
    waiting: Play, kalmar: Play
) -> None:
    sound, spoiled = waiting.elsewhere(waiting.case), waiting.elsewhere(waiting.open(title="Fördärvad"))
    spoiled.need()
    change = propose(waiting, running=True)
    waiting.do("head", ReleaseParameter(change))
    task = spoiled.task("decide_start")
    waiting.sql("UPDATE tasks SET receipt = 'oläslig' WHERE id = :t", t=task.id)
    assert move_released_deadlines(waiting.app) == 1
    assert move_released_deadlines(waiting.app) == 0, "it is not tried again by itself"
    (row,) = unmoved(waiting)
    assert (row.case_id, row.reference) == (spoiled.case, spoiled.row().reference)
    assert "JSONDecodeError" in row.error
    assert not [m for m in sound.outbox() if m.kind == "dates_moved"], "nobody is told before all are moved"
    with pytest.raises(Forbidden):
        waiting.do("officer", RetryMove(change, spoiled.case))
    with pytest.raises(NotFound):
        kalmar.do("head", RetryMove(change, spoiled.case))
    with pytest.raises(StegvisError):
        waiting.do("head", RetryMove(change, sound.case))
    waiting.sql("UPDATE tasks SET receipt = :r WHERE id = :t", r=task.receipt, t=task.id)
    waiting.do("head", RetryMove(change, spoiled.case))
    assert unmoved(waiting) == []
    assert move_released_deadlines(waiting.app) == 1
    assert spoiled.task("decide_start").due_on == date(2026, 3, 23)
    assert [m for m in sound.outbox() + spoiled.outbox() if m.kind == "dates_moved"]


def unmoved(play: Play) -> list[Any]:
    with play.app.database.read() as uow:
        return uow.all(UNMOVED, region_id=NORRBOTTEN)


def test_running_dates_wait_for_the_day_the_value_applies(waiting: Play) -> None:
    change = propose(waiting, running=True, since=date(2026, 3, 5))
    waiting.do("head", ReleaseParameter(change))
    assert move_released_deadlines(waiting.app) == 0
    waiting.clock.at = waiting.clock.at.replace(day=5)
    assert move_released_deadlines(waiting.app) == 1
    assert waiting.task("decide_start").due_on == date(2026, 3, 23)


def test_no_duty_is_moved_to_a_day_that_has_passed(waiting: Play) -> None:
    waiting.clock.at = waiting.clock.at.replace(day=13)
    change = propose(waiting, "3", running=True)
    assert waiting.do("head", ReleaseParameter(change))["deadlines"] == 0
    move_released_deadlines(waiting.app)
    assert waiting.task("decide_start").due_on == date(2026, 3, 16)


def test_nobody_but_the_scheduler_moves_dates(waiting: Play) -> None:
    change = propose(waiting, running=True)
    waiting.do("head", ReleaseParameter(change))
    with pytest.raises(Forbidden):
        waiting.do("head", MoveDeadlines(change, waiting.case))


# --- closing days ----------------------------------------------------------------------------------------------------


def test_a_closing_day_counts_from_then_on_in_the_regions_own_terms(waiting: Play) -> None:
    day = date(2026, 3, 5)
    with pytest.raises(Forbidden):
        waiting.do("officer", AddClosingDay(NORRBOTTEN, day, "Stängt", "Beslut 4"))
    added = waiting.do("admin", AddClosingDay(NORRBOTTEN, day, "Planeringsdag", "Beslut 4"))["id"]
    assert waiting.task("decide_start").due_on == date(2026, 3, 16), "a running date stays"
    other = waiting.elsewhere(waiting.open(title="Nästa"))
    other.need()
    assert other.task("decide_start").due_on == date(2026, 3, 17)
    assert verify_deadlines(waiting.app, NORRBOTTEN)[NORRBOTTEN].differences == ()
    waiting.do("head", WithdrawClosingDay(added))
    third = waiting.elsewhere(waiting.open(title="Tredje"))
    third.need()
    assert third.task("decide_start").due_on == date(2026, 3, 16)
    assert other.task("decide_start").due_on == date(2026, 3, 17), "what was counted keeps its receipt"
    assert verify_deadlines(waiting.app, NORRBOTTEN)[NORRBOTTEN].differences == ()


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date(2026, 3, 1), "closing_day_passed"),
        (date(2026, 3, 7), "closing_day_rests_anyway"),
        (date(2026, 4, 3), "closing_day_rests_anyway"),
        ("snart", "not_a_date"),
    ],
)
def test_a_closing_day_lies_ahead_and_is_a_working_day_otherwise(play: Play, day: object, code: str) -> None:
    with pytest.raises(InvalidForm) as refusal:
        play.do("admin", AddClosingDay(NORRBOTTEN, day, "Stängt", "Beslut 4"))
    assert [e.code for e in refusal.value.errors] == [code]


# --- more time -------------------------------------------------------------------------------------------------------


def test_the_head_gives_the_owner_more_time_and_the_owner_hears_of_it(waiting: Play) -> None:
    task = waiting.task("decide_start")
    waiting.do("head", ExtendDeadline(task.id, date(2026, 3, 24), "Underlaget kommer sent"))
    moved = waiting.task("decide_start")
    assert moved.due_on == waiting.row().next_due_on == date(2026, 3, 24)
    assert json.loads(moved.receipt)["extensions"][0]["from_on"] == "2026-03-16"
    assert waiting.kinds()[-1] == "deadline_extended"
    (mail,) = [m for m in waiting.outbox() if m.kind == "deadline_extended"]
    assert mail.person_id == waiting.people["owner"]
    assert "sent" not in mail.facts, "the reason stands in the case alone"
    assert verify_deadlines(waiting.app, NORRBOTTEN)[NORRBOTTEN].differences == ()
    assert trail_is_whole(waiting)


def test_more_time_is_bounded_reasoned_and_never_ones_own(waiting: Play) -> None:
    task = waiting.task("decide_start").id
    for to_on, reason, field in (
        (date(2026, 3, 31), "skäl", "to_on"),  # more than the term twice over
        (date(2026, 3, 16), "skäl", "to_on"),
        (date(2026, 3, 20), " ", "reason"),
    ):
        with pytest.raises(InvalidForm) as refusal:
            waiting.do("head", ExtendDeadline(task, to_on, reason))
        assert [e.field for e in refusal.value.errors] == [field]
    for who in ("owner", "officer", "admin"):
        with pytest.raises(Forbidden):
            waiting.do(who, ExtendDeadline(task, date(2026, 3, 20), "skäl"))
    waiting.do("head", ExtendDeadline(task, date(2026, 3, 20), "skäl"))
    waiting.do("head", ExtendDeadline(task, date(2026, 3, 24), "skäl"))
    with pytest.raises(StegvisError) as refusal_2:
        waiting.do("head", ExtendDeadline(task, date(2026, 3, 25), "skäl"))
    assert refusal_2.value.code == "extension_used_up"


def test_what_the_law_counts_is_extended_by_nobody(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.award()
    play.notify()
    with pytest.raises(StegvisError) as refusal:
        play.do("head", ExtendDeadline(play.task("end_standstill").id, date(2026, 12, 1), "skäl"))
    assert refusal.value.code == "extension_of_law"


# --- pauses ----------------------------------------------------------------------------------------------------------


def test_two_pauses_move_the_regions_own_date_by_their_working_days(waiting: Play) -> None:
    for first, last in ((4, 6), (9, 11)):
        waiting.clock.at = waiting.clock.at.replace(day=first)
        waiting.act("officer", "pause", reason="Väntar på underlag")
        waiting.clock.at = waiting.clock.at.replace(day=last)
        waiting.act("officer", "resume")
    assert waiting.task("decide_start").due_on == date(2026, 3, 20)
    assert len(json.loads(waiting.task("decide_start").receipt)["pauses"]) == 2
    assert verify_deadlines(waiting.app, NORRBOTTEN)[NORRBOTTEN].differences == ()


def test_a_pause_after_the_last_day_gives_no_time_back_and_reminders_go_on_after_it(waiting: Play) -> None:
    waiting.clock.at = waiting.clock.at.replace(day=18)
    waiting.act("officer", "pause", reason="För sent")
    waiting.clock.at = waiting.clock.at.replace(day=20)
    waiting.act("officer", "resume")
    task = waiting.task("decide_start")
    assert task.due_on == date(2026, 3, 16)
    assert [t.due_at.date() for t in waiting.timers() if t.task_id == task.id] == [date(2026, 3, 23)]
    assert verify_deadlines(waiting.app, NORRBOTTEN)[NORRBOTTEN].differences == ()


def test_the_laws_time_goes_on_in_a_paused_case_and_still_reminds(play: Play) -> None:
    play.open(lots=("Ett", "Två"))
    play.to_evaluation()
    play.award(1)
    play.notify(1)
    play.advance(12)
    play.sign(1)
    (task,) = [t for t in play.tasks() if t.trigger == "complete_documentation"]
    play.act("officer", "pause", reason="Väntar")
    assert [t for t in play.timers() if t.task_id == task.id], "the law's reminder stands"
    before = len([m for m in play.outbox() if m.task_id == task.id])
    play.live(until=task.due_on.isoformat())
    assert len([m for m in play.outbox() if m.task_id == task.id]) > before
    play.act("officer", "resume")
    (same,) = [t for t in play.tasks() if t.trigger == "complete_documentation"]
    assert same.due_on == task.due_on


# --- counted again at night ------------------------------------------------------------------------------------------


def test_a_date_that_was_tampered_with_is_told_until_it_is_gone_and_never_put_right(waiting: Play) -> None:
    waiting.sql("UPDATE tasks SET due_on = '2026-06-01' WHERE trigger = 'decide_start'")
    found = verify_deadlines(waiting.app, NORRBOTTEN)[NORRBOTTEN]
    assert [d[4] for d in found.differences] == ["date_differs"]
    verify_deadlines(waiting.app, NORRBOTTEN)
    (row,) = waiting.sql("SELECT code, stated, found, gone_at FROM deadline_differences")
    assert (row.code, row.stated, row.found, row.gone_at) == ("date_differs", "2026-06-01", "2026-03-16", None)
    assert waiting.task("decide_start").due_on == date(2026, 6, 1)
    waiting.sql("UPDATE tasks SET due_on = '2026-03-16' WHERE trigger = 'decide_start'")
    verify_deadlines(waiting.app, NORRBOTTEN)
    (row,) = waiting.sql("SELECT gone_at FROM deadline_differences")
    assert row.gone_at is not None
    assert trail_is_whole(waiting)


def test_a_notice_whose_day_was_changed_behind_its_receipt_is_told(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.award()
    play.notify()
    assert verify_deadlines(play.app, NORRBOTTEN)[NORRBOTTEN].differences == ()
    play.sql("UPDATE lots SET notice_sent_on = '2026-01-02'")
    codes = {(d[0], d[4]) for d in verify_deadlines(play.app, NORRBOTTEN)[NORRBOTTEN].differences}
    assert codes == {("task", "event_differs"), ("timer", "event_differs")}


def test_the_queries_of_a_check_do_not_grow_with_the_cases(waiting: Play) -> None:
    def asked() -> int:
        count = 0

        def recorder(_sql: str, _given: object) -> None:
            nonlocal count
            count += 1

        waiting.app.database.recorder = recorder
        verify_deadlines(waiting.app, NORRBOTTEN)
        waiting.app.database.recorder = None
        return count

    asked()  # opens the stream that it writes on
    one = asked()
    for number in range(5):
        waiting.open(title=f"Ärende {number}")
    assert asked() == one


# --- what the law asks before the tenders ----------------------------------------------------------------------------


def test_questions_are_answered_six_days_before_the_last_day_for_tenders(play: Play) -> None:
    play.open()
    play.to_advertising()
    play.advertise(35)  # until 6 April, Easter Monday
    task = play.task("record_answers_given")
    assert task.due_on == date(2026, 3, 31)
    assert json.loads(task.receipt)["source"] == "LOU 12:11, 19:13"
    with pytest.raises(InvalidForm):
        play.act("officer", "record_answers_given", answered_on="2026-04-30")
    play.act("officer", "record_answers_given", answered_on=play.today.isoformat())
    assert "record_answers_given" not in {t.trigger for t in play.tasks()}
    play.act("officer", "record_documents_changed", change_note="Ny bilaga", tender_deadline_on="2026-04-16")
    assert play.task("record_answers_given").due_on == date(2026, 4, 10), "asked anew with the new day"


def test_a_framework_longer_than_four_years_needs_special_reasons(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.award()
    play.notify()
    play.advance(12)
    too_long = {"start_on": "2026-08-01", "end_on": "2030-07-31", "is_framework": True, "option_count": 1}
    contract = {"supplier_name": "Städ AB", "organisation_number": "556036-0793", "value": "2 400 000"}
    row = {**contract, **too_long, "option_months": 12}
    with pytest.raises(NotPermitted) as refusal:
        play.act("officer", "prepare_contracts", contracts=[row])
    assert [(u.code, u.params["due"]) for u in refusal.value.unmet] == [("framework_too_long", "2030-07-31")]
    play.act("officer", "prepare_contracts", contracts=[{**row, "option_count": 0}])
    play.act("officer", "prepare_contracts", contracts=[row], framework_reason="Lång avskrivning av utrustningen")


def test_the_scheduler_moves_and_checks_by_itself(waiting: Play) -> None:
    change = propose(waiting, running=True)
    waiting.do("head", ReleaseParameter(change))
    done = Scheduler(waiting.app).cycle(housekeeping=True)
    assert done.error is None
    assert waiting.task("decide_start").due_on == date(2026, 3, 23)
    checks = waiting.sql("SELECT kind FROM audit_events WHERE kind = 'deadlines_checked'")
    assert len(checks) == 1
    execute(waiting.app, MoveDeadlines(change, waiting.case), by=system_actor(NORRBOTTEN))  # a second node: nothing
    assert waiting.kinds().count("deadlines_moved") == 1


def test_a_reminder_list_that_is_shortened_meanwhile_swallows_no_reminder(play: Play) -> None:
    """The days that are left are those of the list as it is now, not a place in the one of before."""
    play.open()
    due_on = play.task("submit_needs_analysis").due_on
    assert due_on is not None
    while play.today < due_on - timedelta(days=2):
        play.advance(1)
    play.set_parameter("remind_days_before", "1", play.today, "Beslut 3")
    while play.today <= due_on + timedelta(days=4):
        play.advance(1)
    told = [json.loads(e.body) for e in play.events() if e.kind in ("reminder_sent", "escalated")]
    assert all(t["mails"] for t in told), "no event says that nobody was told"
    kinds = {m.kind for m in play.outbox() if m.task_id == play.task("submit_needs_analysis").id}
    assert "task_overdue" in kinds
