"""The supplier hears before a plan or a milestone falls due: each reminder once, none of what is done, never a flood."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from tests.ladder import Ladder
from tests.play import Play

REMINDERS = ("plan_reminder", "milestone_reminder")


@pytest.fixture
def ladder(play: Play) -> Ladder:
    return Ladder(play)


def reminded(ladder: Ladder) -> list[tuple[str, date]]:
    """The reminders so far: which, and on which day it was made."""
    return [(n.kind, n.made_at.date()) for n in ladder.letters() if n.kind in REMINDERS]


def accepted(ladder: Ladder, **plan: object) -> None:
    ladder.offer()
    ladder.hand_in_plan(**plan)
    ladder.act("owner", "accept_action_plan", reasons="Rimlig plan.")
    ladder.play.run_due()


def live_until(ladder: Ladder, day: date) -> None:
    while ladder.play.today < day:
        ladder.play.advance(1)


def test_a_plan_is_reminded_of_a_week_before_and_on_its_last_day(ladder: Ladder) -> None:
    """Handed over on 2 March, due on the 30th. The day after, reminder 1 of the ladder says more."""
    ladder.offer()
    live_until(ladder, date(2026, 4, 5))
    assert reminded(ladder) == [("plan_reminder", date(2026, 3, 23)), ("plan_reminder", date(2026, 3, 30))]
    assert ladder.rung == "reminder_1"
    mail = next(m for _, m in ladder.play.sent if "Påminnelse om sista dagen" in str(m["Subject"]))
    text = mail.get_body(("plain",)).get_content()
    assert "30 mars 2026" in text
    assert "Ulla Upphandlare" in text
    assert ladder.due_on == date(2026, 4, 10)  # a reminder starts no period and moves none


def test_nothing_reminds_of_a_plan_that_has_come(ladder: Ladder) -> None:
    ladder.offer()
    live_until(ladder, date(2026, 3, 20))
    ladder.hand_in_plan()
    live_until(ladder, date(2026, 4, 10))
    assert reminded(ladder) == []


def test_milestones_are_reminded_of_on_their_four_days_and_no_more_once_done(ladder: Ladder) -> None:
    accepted(ladder)
    live_until(ladder, date(2026, 9, 3))
    first = [date(2026, 8, 18), date(2026, 8, 29), date(2026, 9, 1)]
    assert [on for _, on in reminded(ladder)] == first
    ladder.act("officer", "record_milestone", milestone=1, done_on="2026-09-03", proof="Kvitton")
    live_until(ladder, date(2026, 10, 12))
    second = [date(2026, 9, 17), date(2026, 9, 28), date(2026, 10, 1), date(2026, 10, 8)]
    assert [on for _, on in reminded(ladder)] == first + second
    last = ladder.letters()[-1]
    assert "Ny rekryteringspolicy: sista dagen var" in last.text
    assert "Avgifterna betalas tillbaka" not in last.text


def test_two_milestones_of_one_day_make_one_letter(ladder: Ladder) -> None:
    both = [{"action": a, "responsible": "Sven", "due_on": "2026-09-01"} for a in ("Avgifterna", "Policyn")]
    accepted(ladder, milestones=both)
    live_until(ladder, date(2026, 8, 19))
    assert len(reminded(ladder)) == 1
    assert all(a in ladder.letters()[-1].text for a in ("Avgifterna", "Policyn"))


def test_after_a_downtime_the_latest_alone_is_sent(ladder: Ladder) -> None:
    """Forty days without a scheduler passed three reminders of the first milestone: one letter, and the next in its time."""
    accepted(ladder)
    ladder.play.advance(to="2026-09-02T12:00:00")
    assert reminded(ladder) == [("milestone_reminder", date(2026, 9, 2))]
    ladder.play.run_due()
    live_until(ladder, date(2026, 9, 9))
    assert [on for _, on in reminded(ladder)] == [date(2026, 9, 2), date(2026, 9, 8)]


def test_a_downtime_over_the_last_day_of_a_plan_reminds_of_nothing_and_climbs_one(ladder: Ladder) -> None:
    ladder.offer()
    ladder.play.clock.at += timedelta(days=40)
    ladder.play.run_due()
    assert reminded(ladder) == []
    assert ladder.rung == "reminder_1"


def test_more_time_moves_the_reminders_with_it(ladder: Ladder) -> None:
    accepted(ladder)
    live_until(ladder, date(2026, 8, 20))
    ladder.act("owner", "decide_plan_extension", milestone=1, to_on="2026-09-25", reasons="Framsteg.")
    live_until(ladder, date(2026, 9, 12))
    assert [on for _, on in reminded(ladder)] == [date(2026, 8, 18), date(2026, 9, 11)]


def test_a_paused_ladder_reminds_nobody(ladder: Ladder) -> None:
    accepted(ladder)
    ladder.act("officer", "pause", pause_ground="force_majeure", reason="Översvämning.")
    live_until(ladder, date(2026, 8, 30))
    assert reminded(ladder) == []
    ladder.act("officer", "resume")
    live_until(ladder, date(2026, 9, 2))
    assert len(reminded(ladder)) == 2  # the latest that was missed, and that of the day itself


def test_a_reminder_that_comes_back_is_somebodys_to_see_to_and_changes_no_period(ladder: Ladder) -> None:
    ladder.offer()
    live_until(ladder, date(2026, 3, 24))
    assert ladder.letters()[-1].kind == "plan_reminder"
    ladder.bounce()
    assert ("resend_notice", "procurement_officer") in ladder.owed()
    assert ladder.due_on == date(2026, 3, 30)
