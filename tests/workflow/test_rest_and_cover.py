"""Duties that rest, move and are covered: rest with an end, hand-over in one action, days without a decider."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import pairwise

import pytest

from states.calendar import Calendar
from states.cover import Cover, Days, cover, gaps, stretches
from states.errors import NotPermitted
from states.reminders import fits, last_day_of_rest, rests
from tests.play import Play
from workflow.cases import hand_over
from workflow.cases.deciders import decider_gaps, warn_of_gaps
from workflow.cases.hand_over import hand_over_all, hand_over_plan
from workflow.cases.queries import my_tasks
from workflow.cases.tasks import resting_tasks
from workflow.commands import (
    AddUser,
    AssignRole,
    ChangeUnit,
    DeclareConflict,
    EndMandate,
    HandOn,
    SetAbsence,
    SetSubstitute,
    SnoozeTask,
)
from workflow.engine.verify import verify_all
from workflow.errors import Forbidden, InvalidForm, NotFound

DUE = date(2026, 3, 16)


@pytest.fixture
def asked(play: Play) -> Play:
    """A start decision that the owner owes by Monday 16 March."""
    play.open(owner=play.people["owner"])
    play.need()
    return play


# --- rest ----------------------------------------------------------------------------------------------------


def lists(play: Play, who: str) -> tuple[int, int]:
    """How many tasks stand in a person's list, and how many rest."""
    actor = play.as_(who)
    with play.app.database.read() as uow:
        return len(my_tasks(uow, actor, play.today).items), len(resting_tasks(uow, actor, play.today))


def test_a_task_rests_at_most_until_the_working_day_before_its_last_day(asked: Play) -> None:
    task = asked.task("decide_start").id
    for wrong in (date(2026, 3, 2), date(2026, 3, 16), date(2026, 3, 14)):
        with pytest.raises(InvalidForm):
            asked.do("owner", SnoozeTask(task, wrong))
    asked.do("owner", SnoozeTask(task, date(2026, 3, 13), "Budgeten"))
    assert lists(asked, "owner") == (0, 1)
    asked.clock.at += timedelta(days=11)
    assert lists(asked, "owner") == (1, 0)
    with pytest.raises(InvalidForm) as refusal:
        asked.do("owner", SnoozeTask(task, date(2026, 3, 16)))
    assert refusal.value.errors[0].code == "too_late_to_rest"


def test_only_the_one_who_owes_it_lets_it_rest_or_wakes_it(asked: Play) -> None:
    task = asked.task("decide_start").id
    for who in ("officer", "admin", "owner_2"):
        with pytest.raises(Forbidden):
            asked.do(who, SnoozeTask(task, date(2026, 3, 5)))
    with pytest.raises(NotFound):
        asked.do("owner", SnoozeTask("nowhere", date(2026, 3, 5)))
    asked.do("owner", SnoozeTask(task, date(2026, 3, 5)))
    asked.do("owner", SnoozeTask(task, None))
    assert lists(asked, "owner") == (1, 0)
    assert asked.kinds()[-2:] == ["task_snoozed", "task_woken"]


def test_rest_puts_off_no_escalation_even_when_the_last_day_moves_nearer(asked: Play) -> None:
    task = asked.task("decide_start").id
    asked.do("owner", SnoozeTask(task, date(2026, 3, 13)))
    asked.sql("UPDATE tasks SET due_on = '2026-03-04' WHERE id = :t", t=task)
    asked.live(until="2026-03-10")
    assert [m for m in asked.outbox() if m.kind == "task_escalated"]
    assert lists(asked, "owner") == (1, 0)


def test_what_is_handed_on_no_longer_rests(asked: Play) -> None:
    task = asked.task("decide_start").id
    asked.do("owner", SnoozeTask(task, date(2026, 3, 13)))
    asked.do("owner", HandOn(task, asked.people["owner_2"]))
    assert lists(asked, "owner_2") == (1, 0)


def test_the_bounds_of_rest_over_holidays() -> None:
    """Before Easter 2026: due on Tuesday 7 April, the working day before is Thursday 2 April."""
    calendar = Calendar()
    assert last_day_of_rest(date(2026, 4, 7), date(2026, 3, 30), calendar) == date(2026, 4, 2)
    assert last_day_of_rest(date(2026, 4, 7), date(2026, 4, 2), calendar) is None
    assert last_day_of_rest(None, date(2026, 3, 2), calendar) == date(2026, 3, 30)
    assert not rests(date(2026, 3, 10), date(2026, 3, 5), date(2026, 3, 6))


@pytest.mark.parametrize(
    ("name", "value", "good"),
    [
        ("remind_days_before", "10,3,0", True),
        ("remind_days_before", "3,3", False),
        ("remind_days_before", "61", False),
        ("remind_days_before", "1,2,3,4,5,6,7", False),
        ("remind_days_after", "0,1", False),
        ("escalate_days_after", "0", False),
        ("escalate_days_after", "3,10,20,30", False),
        ("remind_substitute_after", "2", True),
        ("remind_substitute_after", "2,3", False),
        ("remind_substitute_after", "", False),
        ("remind_days_before", "٣", False),
    ],
)
def test_lists_of_days_are_tuned_within_bounds(play: Play, name: str, value: str, good: bool) -> None:
    assert fits(name, value) is good
    if good:
        play.set_parameter(name, value, date(2026, 4, 1), "Beslut")
    else:
        with pytest.raises(InvalidForm):
            play.set_parameter(name, value, date(2026, 4, 1), "Beslut")


# --- cover ---------------------------------------------------------------------------------------------------


def test_the_days_until_the_last_day_are_counted_as_covered_or_not() -> None:
    """Away 1 to 21 June, somebody stands in 1 to 14 June."""
    june = lambda a, b: Days(date(2026, 6, a), date(2026, 6, b))  # noqa: E731
    away, named = [june(1, 21)], [june(1, 14)]
    assert cover(date(2026, 5, 25), date(2026, 6, 30), away, named) == Cover(21, 14, date(2026, 6, 14))
    assert cover(date(2026, 6, 10), date(2026, 6, 16), away, named) == Cover(7, 5, date(2026, 6, 14))
    assert cover(date(2026, 6, 22), date(2026, 6, 30), away, named) is None
    assert cover(date(2026, 6, 1), date(2026, 6, 3), [june(1, 3)], []) == Cover(3, 0, None)


# --- handing over ------------------------------------------------------------------------------------------------


def test_all_duties_move_in_one_action_with_one_mail_and_an_event_a_case(asked: Play) -> None:
    cases = [asked.case]
    for number in range(3):
        cases.append(asked.open(title=f"Livsmedel {number}", owner=asked.people["owner"]))
        asked.need()
    asked.run_due()
    before = len(asked.mail_to("owner_2"))
    done = hand_over_all(asked.app, asked.people["owner"], asked.people["owner_2"], by=asked.people["head"])
    assert done == {"cases": 4, "units": 1, "tasks": 4, "recurring": 0, "left": 0}
    for case in cases:
        assert asked.row(case).owner_id == asked.people["owner_2"]
        assert asked.task("decide_start", case=case).person_id == asked.people["owner_2"]
        assert asked.task("decide_start", case=case).due_on == DUE
        assert asked.kinds(case=case)[-1] == "handed_over" or "handed_over" in asked.kinds(case=case)
    asked.run_due()
    assert [str(m["Subject"]) for m in asked.mail_to("owner_2")[before:]] == [
        "Överlämnat till dig: 4 ärenden från Åsa Ägare, den första senast 16 mars"
    ]
    asked.act("owner_2", "decide_start", case=cases[0])
    with pytest.raises(NotPermitted):
        asked.act("owner", "decide_start", case=cases[1], basis="0" * 64)
    with asked.app.database.read() as uow:
        assert verify_all(uow).ok


def test_again_moves_nothing_and_sends_nothing(asked: Play) -> None:
    for _ in range(2):
        done = hand_over_all(asked.app, asked.people["owner"], asked.people["owner_2"], by=asked.people["admin"])
    assert done == {"cases": 0, "units": 0, "tasks": 0, "recurring": 0, "left": 0}
    assert len(asked.sql("SELECT id FROM outbox_messages WHERE kind = 'handed_over'")) == 1
    assert asked.kinds().count("handed_over") == 1


def test_broken_off_it_is_begun_again_with_the_rest(asked: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    first = asked.case
    second = asked.open(title="Livsmedel", owner=asked.people["owner"])
    real, calls = hand_over.execute, []

    def dies(*given: object, **more: object) -> object:
        calls.append(given)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return real(*given, **more)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(hand_over, "execute", dies)
        with pytest.raises(KeyboardInterrupt):
            hand_over_all(asked.app, asked.people["owner"], asked.people["owner_2"], by=asked.people["head"])
    hand_over_all(asked.app, asked.people["owner"], asked.people["owner_2"], by=asked.people["head"])
    for case in (first, second):
        assert asked.row(case).owner_id == asked.people["owner_2"]
        assert asked.kinds(case=case).count("handed_over") == 1


def test_what_the_receiver_may_not_have_stays_and_says_why(asked: Play) -> None:
    """The officer's tasks need a procurement officer; a case with a declared conflict does not go there."""
    with asked.app.database.read() as uow:
        plan = hand_over_plan(uow, asked.as_("head"), asked.people["owner"], asked.people["officer"])
    assert {d.blocked for d in plan.duties} == {"receiver_lacks_role"}
    asked.do("admin", AssignRole(asked.people["head"], "contract_owner"))
    asked.do("owner", DeclareConflict(asked.task("decide_start").id, "Min bror äger bolaget"))
    done = hand_over_all(asked.app, asked.people["head"], asked.people["owner"], by=asked.people["admin"])
    assert done["left"] >= 1
    assert asked.task("decide_start").person_id == asked.people["head"]
    with asked.app.database.read() as uow:
        plan = hand_over_plan(uow, asked.as_("admin"), asked.people["head"], asked.people["owner"])
    assert "receiver_disqualified" in {d.blocked for d in plan.duties}


def test_who_may_hand_over_whose_duties(asked: Play) -> None:
    giver, receiver = asked.people["owner"], asked.people["owner_2"]
    for who in ("officer", "owner", "director", "reviewer"):
        with pytest.raises(Forbidden):
            hand_over_all(asked.app, giver, receiver, by=asked.people[who])
    asked.sql("UPDATE people SET unit_id = :u WHERE id = :p", u=asked.people["unit"], p=giver)
    unit = ChangeUnit(asked.people["unit"], "Division Nära", asked.people["officer_2"], asked.people["owner"])
    asked.do("admin", unit)
    assert hand_over_all(asked.app, giver, receiver, by=asked.people["officer_2"])["cases"] == 1
    with pytest.raises(InvalidForm):
        hand_over_all(asked.app, receiver, receiver, by=asked.people["head"])
    with pytest.raises(InvalidForm):
        hand_over_all(asked.app, receiver, "nobody", by=asked.people["head"])


# --- days without a decider ----------------------------------------------------------------------------------------


def told(play: Play) -> list[tuple[str, str, date, date, int]]:
    with play.app.database.read() as uow:
        return [(g.trigger, g.role, g.first_on, g.last_on, len(g.cases)) for g in decider_gaps(uow, play.as_("head"))]


def test_somebody_may_decide_on_every_day(asked: Play) -> None:
    assert told(asked) == []


def test_an_absence_over_the_last_day_with_nobody_named_is_a_gap_and_a_substitute_mends_it(asked: Play) -> None:
    asked.open(title="Livsmedel", owner=asked.people["owner"])
    asked.need()
    asked.do("owner", SetAbsence(asked.people["owner"], date(2026, 3, 10), date(2026, 3, 31)))
    assert told(asked) == [("decide_start", "contract_owner", date(2026, 3, 10), DUE, 2)]
    asked.do(
        "admin", SetSubstitute(asked.people["owner"], asked.people["owner_2"], date(2026, 3, 10), date(2026, 3, 31))
    )
    assert told(asked) == []
    asked.do("owner_2", SetAbsence(asked.people["owner_2"], date(2026, 3, 16), date(2026, 3, 16)))
    assert told(asked) == [("decide_start", "contract_owner", DUE, DUE, 2)]


def test_a_few_days_away_that_hold_no_last_day_are_no_gap(asked: Play) -> None:
    asked.do("owner", SetAbsence(asked.people["owner"], date(2026, 3, 3), date(2026, 3, 6)))
    assert told(asked) == []
    asked.do("owner", SetAbsence(asked.people["owner"], date(2026, 3, 7), date(2026, 3, 9)))
    assert told(asked) == [("decide_start", "contract_owner", date(2026, 3, 3), date(2026, 3, 9), 1)]


def test_a_mandate_that_ends_leaves_a_gap(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.act("officer", "submit_award_proposal", suppliers=[{"supplier_name": "Städ AB"}], award_reasons="Bäst.")
    assert told(play) == []
    due = play.task("decide_award").due_on
    (row,) = play.sql("SELECT id FROM mandates WHERE act = 'decide_award' AND region_id = 'norrbotten'")
    play.do("admin", EndMandate(row.id, due - timedelta(days=1)))
    assert told(play) == [("decide_award", "head_of_procurement", due, due, 1)]


def test_the_gap_is_told_when_it_appears_and_then_once_a_week(asked: Play) -> None:
    asked.do("admin", AddUser("nytt@norrbotten.example", "Nina Ny", "contract_owner", "norrbotten"))
    asked.do("owner", SetAbsence(asked.people["owner"], date(2026, 3, 10), date(2026, 12, 31)))
    days = []
    for _ in range(12):
        for _round in range(2):
            warn_of_gaps(asked.app)
        asked.run_due()
        days.append(len([m for m in asked.mail_to("head") if "Ingen får besluta" in str(m["Subject"])]))
        asked.clock.at += timedelta(days=1)
    assert days == [1] * 7 + [2] * 5
    assert [m for m in asked.mail_to("admin") if "Ingen får besluta" in str(m["Subject"])]
    assert not [m for m in asked.mail_to("officer") if "Ingen får besluta" in str(m["Subject"])]


def test_only_those_who_lead_see_the_gaps(asked: Play) -> None:
    with asked.app.database.read() as uow, pytest.raises(Forbidden):
        decider_gaps(uow, asked.as_("officer"))


def test_gaps_are_stretches_of_days() -> None:
    first, last = date(2026, 7, 1), date(2026, 7, 31)
    empty = stretches(first, last, [date(2026, 7, 22)], lambda d: d > date(2026, 7, 21))
    assert empty == [Days(first, date(2026, 7, 21))]
    assert gaps(empty, last, last, Calendar()) == empty
    assert gaps(empty, date(2026, 7, 3), None, Calendar()) == []
    assert gaps(empty, date(2026, 7, 3), date(2026, 7, 3), Calendar()) == [Days(first, date(2026, 7, 3))]
    short = stretches(first, last, (first + timedelta(days=n) for n in range(31)), lambda d: d.day % 4 != 0)
    assert [(d.first.day, d.last.day) for d in short] == [(n, n) for n in range(4, 31, 4)]
    assert gaps(short, last, None, Calendar()) == []


def test_stretches_are_the_days_counted_one_by_one() -> None:
    first, last = date(2026, 7, 1), date(2026, 7, 31)
    every = [first + timedelta(days=n) for n in range(31)]
    chosen = random.Random(17)
    for _ in range(200):
        here = [Days(*sorted(chosen.choices(every, k=2))) for _ in range(chosen.randrange(4))]

        def has_decider(day: date, here: list[Days] = here) -> bool:
            return any(d.holds(day) for d in here)

        turns = {t for d in here for t in (d.first, d.last + timedelta(days=1))}
        found = stretches(first, last, turns, has_decider)
        assert [d for d in every if any(f.holds(d) for f in found)] == [d for d in every if not has_decider(d)]
        assert all(a.last + timedelta(days=1) < b.first for a, b in pairwise(found))
