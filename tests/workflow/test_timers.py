"""Time at work: reminders and escalations on their days, each effect once, whatever the clocks and processes do. # I13 I14 I17 I19"""

from __future__ import annotations

import logging
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from states.calendar import Calendar, local_date
from tests.play import Play, at
from tests.processes import start, tick
from workflow.engine import act as stepping
from workflow.engine import timers
from workflow.engine.timers import fire_due_timers
from workflow.engine.verify import verify_all


def days_of(play: Play, *kinds: str) -> list[tuple[str, date]]:
    """Which kinds of mail were made for the case, and on which local day."""
    return [(m.kind, local_date(m.created_at)) for m in play.outbox() if m.kind in kinds]


REMINDERS = ("task_reminder", "task_overdue")


@pytest.fixture
def waiting(play: Play) -> Play:
    """A case whose start decision is due on 16 March 2026 (ten working days from the 2nd)."""
    play.open()
    play.need()
    play.sql("UPDATE timers SET status = 'cancelled' WHERE task_id <> :t", t=play.task("decide_start").id)
    assert play.task("decide_start").due_on == date(2026, 3, 16)
    return play


def test_reminded_before_on_and_after_the_last_day_then_up_the_tree(waiting: Play) -> None:
    """Five and one working days before, on the day, one, five and ten after; the manager after three, the head after ten."""
    waiting.live(until="2026-04-10")
    told = days_of(waiting, *REMINDERS)
    assert told == [
        ("task_reminder", date(2026, 3, 9)),
        ("task_reminder", date(2026, 3, 13)),
        ("task_reminder", date(2026, 3, 16)),
        ("task_overdue", date(2026, 3, 17)),
        ("task_overdue", date(2026, 3, 19)),  # the day the manager is told, the one who owes hears it too
        ("task_overdue", date(2026, 3, 23)),
        ("task_overdue", date(2026, 3, 30)),
    ]
    escalated = [
        (m.recipient.partition("@")[0], local_date(m.created_at))
        for m in waiting.outbox()
        if m.kind == "task_escalated"
    ]
    assert ("head", date(2026, 3, 19)) in escalated
    assert {d for _, d in escalated} == {date(2026, 3, 19), date(2026, 3, 30)}
    assert all(d in {date(2026, 3, 30)} for who, d in escalated if who == "director")


def test_a_reminder_comes_at_the_mail_hour_in_sweden(waiting: Play) -> None:
    """Seven in the morning is six in UTC before the last Sunday of March, five after it. # I18"""
    waiting.advance(to="2026-03-09T05:59:00")
    assert days_of(waiting, *REMINDERS) == []
    waiting.advance(to="2026-03-09T06:00:00")
    assert len(days_of(waiting, *REMINDERS)) == 1
    waiting.live(until="2026-03-29")
    waiting.advance(to="2026-03-30T04:59:00")
    before = len(days_of(waiting, *REMINDERS))
    waiting.advance(to="2026-03-30T05:00:00")
    assert len(days_of(waiting, *REMINDERS)) == before + 1


def test_nobody_is_reminded_of_what_is_done(waiting: Play) -> None:
    waiting.act("owner", "decide_start")
    waiting.sql("UPDATE timers SET status = 'cancelled' WHERE task_id = :t", t=waiting.task("submit_risk_analysis").id)
    waiting.live(until="2026-04-10")
    assert days_of(waiting, *REMINDERS, "task_escalated") == []


def test_thirty_days_of_downtime_bring_one_reminder_not_all_that_were_missed(waiting: Play) -> None:
    waiting.advance(days=30)
    assert len(days_of(waiting, *REMINDERS)) == 1
    assert waiting.kinds().count("escalated") + waiting.kinds().count("reminder_sent") == 1
    waiting.advance(1)
    waiting.advance(1)
    assert len(days_of(waiting, *REMINDERS)) == 1


def test_after_a_downtime_the_reminders_that_are_left_come_on_their_days(waiting: Play) -> None:
    waiting.advance(to="2026-03-18")
    waiting.live(until="2026-03-24")
    assert days_of(waiting, *REMINDERS)[1:] == [
        ("task_overdue", date(2026, 3, 19)),
        ("task_overdue", date(2026, 3, 23)),
    ]


@pytest.mark.parametrize(
    ("begun", "due", "escalated"),
    [
        # Good Friday 3 April and Easter Monday 6 April 2026 are no working days.
        ("2026-03-19", date(2026, 4, 2), [date(2026, 4, 9), date(2026, 4, 20)]),
        # Nor are 24, 25, 31 December, 1 and 6 January.
        ("2026-12-09", date(2026, 12, 23), [date(2026, 12, 30), date(2027, 1, 13)]),
    ],
)
def test_escalations_over_holidays(play: Play, begun: str, due: date, escalated: list[date]) -> None:
    play.clock.at = play.clock.at.replace(
        **dict(zip(("year", "month", "day"), map(int, begun.split("-")), strict=True))
    )  # type: ignore[arg-type]
    play.open()
    play.need()
    assert play.task("decide_start").due_on == due
    calendar = Calendar()
    assert [calendar.add_working_days(due, n) for n in (3, 10)] == escalated
    play.live(until=(escalated[-1] + timedelta(days=1)).isoformat())
    asked = {t.id for t in play.tasks(None) if t.trigger == "decide_start"}
    got = sorted({local_date(m.created_at) for m in play.outbox() if m.kind == "task_escalated" and m.task_id in asked})
    assert got == escalated


def test_a_regions_own_term_moves_the_date_and_is_named_in_the_receipt(play: Play) -> None:
    play.set_parameter("start_decision", "3", date(2026, 3, 1), "Beslut 2026-02-20")
    play.open()
    play.need()
    assert play.task("decide_start").due_on == date(2026, 3, 5)
    assert "start_decision=3@2026-03-01" in play.task("decide_start").receipt


def test_a_clock_set_back_an_hour_neither_repeats_nor_stalls(waiting: Play) -> None:
    waiting.advance(to="2026-03-09T06:30:00")
    assert len(days_of(waiting, *REMINDERS)) == 1
    waiting.advance(to="2026-03-09T05:30:00")
    waiting.advance(to="2026-03-09T06:30:00")
    assert len(days_of(waiting, *REMINDERS)) == 1
    waiting.advance(to="2026-03-13T08:00:00")
    assert len(days_of(waiting, *REMINDERS)) == 2


def test_a_timer_of_a_lot_that_moved_on_has_no_effect(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.award()
    play.notify()
    play.act("head", "recall_award", reason="Fel i utvärderingen")
    play.advance(20)
    assert play.row().state == "evaluation"
    assert "standstill_ended" not in play.kinds()


def test_a_review_stops_the_standstill_from_ending(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.award()
    play.notify()
    play.act("officer", "record_review", court="FR", court_case_number="1", lodged_on=play.today.isoformat())
    play.advance(30)
    assert play.row().state == "in_review"
    play.act("officer", "record_ruling", ruled_on=play.today.isoformat(), ruling="dismissed")
    ruled = play.today
    assert play.row().state == "standstill"
    assert play.task("end_standstill").due_on >= ruled + timedelta(days=10)
    play.advance(14)
    assert play.row().state == "contract_signing"


def test_a_poisoned_timer_delays_nobody_and_stands_as_failed(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """One case whose timer raises, another that is due later: the other fires in the same round. # I20"""
    cases = [p.case for p in play.several_in_standstill(2)]
    sound = stepping.take_one

    def poisoned(step, *rest):  # type: ignore[no-untyped-def]
        if step.case_id == cases[0]:
            raise RuntimeError("broken row")
        return sound(step, *rest)

    monkeypatch.setattr("workflow.engine.timers.take_one", poisoned)
    play.advance(30)
    assert [play.row(c).state for c in cases] == ["standstill", "contract_signing"]
    for _ in range(20):
        play.advance(1)
    (failed,) = play.timers("failed", case=cases[0])
    assert "broken row" in failed.error
    monkeypatch.undo()


class Passing:
    """The first firing on this node fails for a reason that passes; what the other node does then is `meanwhile`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sound, self.failed = timers._remind, False
        monkeypatch.setattr(timers, "_remind", self)

    def __call__(self, *given: Any) -> None:
        if not self.failed:
            self.failed = True
            raise RuntimeError("a passing fault")
        self.sound(*given)


def test_a_reminder_that_another_node_sends_just_then_is_not_sent_again(
    postgres: Any, build_app: Any, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between this node's look at the timer that failed and its note, another fires it. (SQLite lets one write at a time.) # I13 I17"""
    url = postgres.fresh()
    here, there = build_app(url), build_app(url)
    play = Play(here, clock, postgres.people["norrbotten"], "norrbotten")
    play.open()
    clock.at = at("2026-04-08")
    due = len(play.timers())
    Passing(monkeypatch)
    others: list[int] = []

    def overtake(sql: str, _: Any) -> None:
        if sql.startswith("UPDATE timers SET") and not others:
            others.append(0)
            others[0] = fire_due_timers(there)

    here.database.recorder = overtake
    fire_due_timers(here)
    assert len(others) == 1, "the other node came in between"
    here.database.recorder = None
    for _ in range(5):
        play.advance(1 / 24)
    assert due == 1
    assert play.kinds().count("reminder_sent") == 1
    assert len(days_of(play, *REMINDERS)) == 1
    here.database.dispose()
    there.database.dispose()
    postgres.drop(url)


def test_a_timer_that_fails_here_and_was_fired_elsewhere_puts_no_other_off(
    play: Play, build_app: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The case's next timer is not charged with what went wrong with the first."""
    there = build_app(play.app.settings.database_url)
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    play.sql("UPDATE timers SET due_at = :now WHERE status = 'pending'", now=_stored(play))
    assert len(play.timers()) > 1
    Passing(monkeypatch)

    class OtherNode(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            fire_due_timers(there, limit=1)

    hears = OtherNode()
    timers.log.addHandler(hears)
    try:
        fire_due_timers(play.app, limit=1)
    finally:
        timers.log.removeHandler(hears)
    assert [t.error for t in play.timers(None)] == [None] * len(play.timers(None))


def test_firing_twice_changes_nothing(waiting: Play) -> None:
    waiting.advance(days=30)
    events = len(waiting.events())
    assert fire_due_timers(waiting.app) == 0
    assert len(waiting.events()) == events


def test_while_held_nothing_fires_and_nothing_leaves(waiting: Play) -> None:
    """After a restore an operator releases the mail and the timers. # I26"""
    waiting.run_due()
    sent = len(waiting.sent)
    waiting.sql("INSERT INTO holds (id, reason, since_at) VALUES ('h', 'restored', '2026-03-02 00:00:00.000000')")
    waiting.advance(30)
    assert len(waiting.sent) == sent
    assert days_of(waiting, *REMINDERS) == []
    waiting.sql("DELETE FROM holds")
    waiting.run_due()
    assert len(days_of(waiting, *REMINDERS)) == 1


def test_several_schedulers_fire_each_timer_and_send_each_mail_once(play: Play, tmp_path: Path) -> None:
    """Three processes on PostgreSQL, two on SQLite, all at once over twelve cases."""
    play.several_in_standstill(12)
    play.run_due()
    before = len(play.sql("SELECT id FROM outbox_messages"))
    play.clock.at += timedelta(days=30)
    due = play.sql("SELECT count(*) AS n FROM timers WHERE status = 'pending' AND due_at <= :now", now=_stored(play))[
        0
    ].n
    assert due >= 12
    url, count = play.app.settings.database_url, 2 if play.app.database.is_sqlite else 3
    play.app.database.dispose()
    workers = [start(tick, url, str(tmp_path), play.clock.at, dict(play.people)) for _ in range(count)]
    fired = []
    for process, pipe in workers:
        assert pipe.poll(60), "a scheduler hangs"
        fired.append(pipe.recv())
        process.join(30)
        pipe.close()
    ended = play.sql(
        "SELECT stream_id, count(*) AS n FROM audit_events WHERE kind = 'standstill_ended' GROUP BY stream_id"
    )
    assert [e.n for e in ended] == [1] * 12
    assert sum(fired) >= 12
    queued = len(play.sql("SELECT id FROM outbox_messages")) - before
    assert queued > 0
    assert len(list((tmp_path / "mail").glob("*.eml"))) == queued
    (left,) = play.sql("SELECT count(*) AS n FROM outbox_messages WHERE status <> 'sent' OR attempts <> 1")
    assert left.n == 0
    doubled = play.sql(
        "SELECT case_id, task_id, kind, recipient, created_at, count(*) AS n FROM outbox_messages"
        " WHERE task_id IS NOT NULL GROUP BY case_id, task_id, kind, recipient, created_at HAVING count(*) > 1"
    )
    assert doubled == []
    with play.app.database.read() as uow:
        assert verify_all(uow).ok


def _stored(play: Play) -> object:
    """The present instant as this database compares it."""
    now = play.clock.now()
    return now.strftime("%Y-%m-%d %H:%M:%S.%f") if play.app.database.is_sqlite else now
