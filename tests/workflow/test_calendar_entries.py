"""What stands in whose calendar, as the region works: moved, done, handed on, stood in for; on both databases."""

from __future__ import annotations

from datetime import date, timedelta

from notifications.calendar_feed import Entry, Standing
from states.calendar import local_date
from tests.play import Play, at
from workflow.cases.calendar_entries import calendar_entries
from workflow.commands import DeclareConflict, HandOn, SetSubstitute
from workflow.engine import directory


def entries(play: Play, who: str) -> dict[str, Entry]:
    with play.app.database.read() as uow:
        today = local_date(uow.now)
        found = calendar_entries(uow, directory.actor(uow, play.people[who], today), today)
    return {e.uid: e for e in found}


def standing(play: Play, who: str) -> dict[str, Standing]:
    """What the person is asked, and how it stands."""
    return {e.asked.split(".")[-1]: e.standing for e in entries(play, who).values()}


def test_a_task_comes_and_is_cancelled_when_it_is_done(play: Play) -> None:
    play.open()
    task = play.task("submit_needs_analysis")
    (entry,) = entries(play, "officer").values()
    assert entry.uid == f"task-{task.id}"
    assert (entry.on, entry.sequence, entry.standing) == (task.due_on, 0, Standing.OPEN)
    assert entry.receipt is not None
    assert entry.receipt["due_on"] == task.due_on.isoformat()
    assert entries(play, "reviewer") == {}

    play.need()
    done = entries(play, "officer")[f"task-{task.id}"]
    assert (done.standing, done.sequence) == (Standing.DONE, 1)
    assert standing(play, "owner") == {"decide_start": Standing.OPEN}

    play.clock.at += timedelta(days=61)
    assert entry.uid not in entries(play, "officer")


def test_a_date_that_moves_keeps_its_uid_and_raises_its_sequence(play: Play) -> None:
    play.open()
    (before,) = entries(play, "officer").values()
    play.act("officer", "pause", reason="Väntar på budget.")
    (paused,) = entries(play, "officer").values()
    assert paused.paused
    play.advance(14)
    play.act("officer", "resume")
    (after,) = entries(play, "officer").values()
    assert after.uid == before.uid
    assert after.on > before.on
    assert after.sequence > before.sequence
    assert after.changed_at > before.changed_at
    assert not after.paused


def test_what_is_handed_on_leaves_one_calendar_and_comes_to_another(play: Play) -> None:
    play.open()
    task = play.task("submit_needs_analysis")
    uid = f"task-{task.id}"
    sequences = [entries(play, "officer")[uid].sequence]
    play.do("officer", HandOn(task.id, play.people["officer_2"]))
    assert entries(play, "officer")[uid].standing is Standing.HANDED_ON
    assert entries(play, "officer_2")[uid].standing is Standing.OPEN
    sequences.append(entries(play, "officer")[uid].sequence)
    play.do("officer_2", HandOn(task.id, play.people["officer"]))
    assert entries(play, "officer")[uid].standing is Standing.OPEN
    assert entries(play, "officer_2")[uid].standing is Standing.HANDED_ON
    sequences.append(entries(play, "officer")[uid].sequence)
    assert sequences == sorted(set(sequences))


def test_after_a_conflict_of_interest_the_task_is_gone(play: Play) -> None:
    play.open()
    task = play.task("submit_needs_analysis")
    play.do("officer", DeclareConflict(task.id, "Min bror lämnar anbud."))
    assert Standing.OPEN not in standing(play, "officer").values()


def test_a_substitute_has_the_dates_as_long_as_they_stand_in(play: Play) -> None:
    play.open()
    first, last = play.today + timedelta(days=1), play.today + timedelta(days=3)
    play.do("officer", SetSubstitute(play.people["officer"], play.people["officer_2"], first, last))
    assert entries(play, "officer_2") == {}
    play.clock.at = at(f"{first - timedelta(days=1)}T22:59:59")  # a second before midnight in Sweden, in winter
    assert entries(play, "officer_2") == {}
    play.clock.at = at(f"{first - timedelta(days=1)}T23:00:00")
    (entry,) = entries(play, "officer_2").values()
    assert entry.stands_in_for == "Ulla Upphandlare"
    play.clock.at = at(f"{last}T22:59:59")
    assert len(entries(play, "officer_2")) == 1
    play.clock.at = at(f"{last}T23:00:00")
    assert entries(play, "officer_2") == {}
    assert len(entries(play, "officer")) == 1


def test_the_end_of_a_standstill_stands_in_the_calendars_of_the_case(play: Play) -> None:
    play.open()
    play.to_evaluation()
    assert not [e for e in entries(play, "owner").values() if e.asked == "calendar.standstill_ends"]
    play.award()
    play.notify()
    for who in ("officer", "owner"):
        (entry,) = [e for e in entries(play, who).values() if e.asked == "calendar.standstill_ends"]
        assert entry.on == date(2026, 4, 20)  # ten days after 9 April is a Sunday
        assert entry.receipt is not None
        assert entry.standing is Standing.OPEN
    assert not [e for e in entries(play, "officer_2").values() if e.asked == "calendar.standstill_ends"]
    play.act(
        "officer", "record_review", court="Förvaltningsrätten i Luleå", court_case_number="123-26", lodged_on=play.today.isoformat(),
    )  # fmt: skip
    (stopped,) = [e for e in entries(play, "owner").values() if e.asked == "calendar.standstill_ends"]
    assert stopped.standing is Standing.WITHDRAWN
    assert stopped.sequence > entry.sequence


def test_a_contract_gives_its_dates_to_those_it_names(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.award()
    play.notify()
    play.advance(14)
    play.sign()
    dates = {e.asked: e for e in entries(play, "owner").values() if e.asked.startswith("calendar.")}
    assert dates["calendar.contract_ends"].on == date(2028, 7, 31)
    assert dates["calendar.extension_notice"].on == date(2028, 4, 28)
    assert dates["calendar.renewal_start"].on < dates["calendar.contract_ends"].on
    assert all(e.receipt for e in dates.values())


def test_no_calendar_holds_a_day_of_another_region(play: Play, kalmar: Play) -> None:
    kalmar.open()
    assert entries(kalmar, "officer")
    assert all(not entries(play, who) for who in ("owner", "officer", "head", "admin", "strategist"))
