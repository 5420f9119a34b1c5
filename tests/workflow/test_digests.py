"""One digest a day at the hour each person chose: what is in it, when it comes, and that it comes once. # I24 I27"""

from __future__ import annotations

import json
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import pytest

from notifications.transport import MemoryTransport
from states.calendar import at_local
from tests.play import Play
from tests.processes import start, tick
from workflow.commands import (
    DisableUser,
    MakeDigest,
    SetAbsence,
    SetMailPlan,
    SetSubstitute,
    SnoozeTask,
    WriteComment,
)
from workflow.engine import digests
from workflow.engine.delivery import deliver_mail
from workflow.engine.digests import make_digests
from workflow.engine.execute import execute, system_actor
from workflow.engine.timers import fire_due_timers
from workflow.engine.verify import verify_all

MONDAY = "2026-03-02"


@pytest.fixture
def owner(play: Play) -> Play:
    """The contract owner wants one digest a day; a start decision is asked of her on Monday 2 March, due on the 16th."""
    play.do("owner", SetMailPlan(digest=True))
    play.open(owner=play.people["owner"])
    play.need()
    return play


def subjects(play: Play, who: str = "owner") -> list[str]:
    return [str(m["Subject"]) for m in play.mail_to(who)]


def body(play: Play, who: str = "owner") -> str:
    part = play.mail_to(who)[-1].get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def local(play: Play, day: str, hour: int, minute: int = 0) -> None:
    """Nobody looks until that moment on Swedish clocks; then the scheduler does its round."""
    play.clock.at = at_local(date.fromisoformat(day), hour, minute)
    play.run_due()


def test_what_can_wait_comes_the_next_morning_at_the_regions_hour_in_one_mail(owner: Play) -> None:
    owner.run_due()
    owner.open(title="Livsmedel", owner=owner.people["owner"])
    owner.need()
    owner.run_due()
    assert subjects(owner) == []
    local(owner, "2026-03-03", 6, 59)
    assert subjects(owner) == []
    local(owner, "2026-03-03", 7)
    assert subjects(owner) == ["2 uppgifter, den första senast 16 mars"]
    text = body(owner)
    assert text.index("Städtjänster") < text.index("Livsmedel")
    assert text.count("http") == 1
    assert "/my-tasks" in text
    local(owner, "2026-03-03", 12)
    local(owner, "2026-03-04", 7)
    assert len(subjects(owner)) == 1, "nothing new, no mail"


def test_by_default_a_request_comes_at_once_and_its_reminder_alone_leads_straight_to_it(play: Play) -> None:
    """Nobody has chosen anything: asked at once, reminded in the morning; a digest of one thing is about that thing."""
    play.sql("DELETE FROM mail_plans")
    play.open(owner=play.people["owner"])
    play.need()
    play.run_due()
    (asked,) = subjects(play)
    assert asked.startswith("Att besluta") or "UPP-2026-0001" in asked
    local(play, "2026-03-09", 7)
    reminder = subjects(play)[-1]
    assert reminder.startswith("Väntar på dig, senast 16 mars")
    assert "UPP-2026-0001" in reminder
    assert len(reminder) <= 78
    assert f"/cases/{play.case}/do/decide_start" in body(play)
    assert len(subjects(play)) == 2


def test_a_digest_names_what_it_told_and_the_trail_holds_it(owner: Play) -> None:
    local(owner, "2026-03-03", 7)
    (digest,) = owner.sql("SELECT id, person_id, message_id FROM digests")
    (note,) = owner.sql("SELECT status, digest_id, task_id FROM digest_notes WHERE status = 'told'")
    assert (note.digest_id, note.task_id) == (digest.id, owner.task("decide_start").id)
    (event,) = owner.sql("SELECT body FROM audit_events WHERE kind = 'digest_made'")
    told = json.loads(event.body)
    assert (told["person"], told["message"], told["tasks"]) == (digest.person_id, digest.message_id, [note.task_id])
    assert (
        owner.sql("SELECT count(*) AS n FROM audit_events WHERE kind = 'mail_delivered' AND case_id IS NULL")[0].n == 1
    )
    with owner.app.database.read() as uow:
        assert verify_all(uow).ok


def test_a_digest_says_where_it_is_chosen_away_and_promises_no_one_click(owner: Play) -> None:
    local(owner, "2026-03-03", 7)
    (mail,) = owner.mail_to("owner")
    assert str(mail["List-Unsubscribe"]).endswith("/me>")
    assert mail["List-Unsubscribe-Post"] is None


def test_what_was_done_in_the_meantime_is_not_in_it(owner: Play) -> None:
    owner.act("owner", "decide_start")
    owner.run_due()
    before = subjects(owner)
    local(owner, "2026-03-03", 7)
    assert subjects(owner) == before
    assert {n.status for n in owner.sql("SELECT status FROM digest_notes")} == {"dropped"}


def test_what_is_done_between_making_and_sending_is_left_out(owner: Play) -> None:
    """The mail server is away in the morning; when it is back nothing is left to say."""
    owner.clock.at = at_local(date(2026, 3, 3), 7)
    fire_due_timers(owner.app)
    assert make_digests(owner.app) == 1
    owner.act("owner", "decide_start")
    deliver_mail(owner.app)
    (row,) = owner.sql("SELECT status, error FROM outbox_messages WHERE kind = 'digest'")
    assert (row.status, row.error) == ("withdrawn", "all done")


def test_somebody_who_may_no_longer_gets_none(owner: Play) -> None:
    owner.do("admin", DisableUser("owner@norrbotten.example"))
    local(owner, "2026-03-03", 7)
    assert subjects(owner) == []


def test_urgent_mail_does_not_wait(owner: Play) -> None:
    """What has two working days left, decisions with their receipts, and questions."""
    owner.set_parameter("start_decision", "2", date(2026, 3, 2), "Beslut")
    owner.open(title="Brådskande", owner=owner.people["owner"])
    owner.need()
    owner.run_due()
    assert [s for s in subjects(owner) if "4 mars" in s], subjects(owner)
    owner.act("owner", "decide_start")
    owner.run_due()
    assert subjects(owner)[-1].startswith("Beslut 2 mars")
    owner.do("officer", WriteComment(owner.case, "Hur många rum?", "question", owner.people["owner"]))
    owner.run_due()
    assert any(s.startswith("Fråga") for s in subjects(owner))


def test_each_person_chooses_hour_and_days(owner: Play) -> None:
    owner.do("owner", SetMailPlan(digest=True, hour=16, weekdays="35"))  # Wednesdays and Fridays
    for day, hour, mails in (("2026-03-03", 16, 0), ("2026-03-04", 15, 0), ("2026-03-04", 16, 1)):
        local(owner, day, hour)
        assert len(subjects(owner)) == mails, (day, hour)


def test_working_days_are_the_default_also_over_easter(play: Play) -> None:
    """Good Friday 3 April to Easter Monday 6 April 2026 bring none."""
    play.do("owner", SetMailPlan(digest=True))
    play.clock.at = at_local(date(2026, 4, 2), 12)
    play.open(owner=play.people["owner"])
    play.need()
    for day in ("2026-04-03", "2026-04-04", "2026-04-05", "2026-04-06"):
        local(play, day, 9)
    assert subjects(play) == []
    local(play, "2026-04-07", 7)
    assert len(subjects(play)) == 1


@pytest.mark.parametrize(("day", "hours"), [("2026-03-29", 23), ("2026-10-25", 25)])
def test_one_digest_on_the_days_of_23_and_25_hours(play: Play, day: str, hours: int) -> None:
    """Looked at every half hour of the day, with something new to tell each time."""
    play.do("owner", SetMailPlan(digest=True, hour=6, weekdays="7"))
    begin = at_local(date.fromisoformat(day), 0)
    play.clock.at = begin - timedelta(hours=30)
    play.open(owner=play.people["owner"])
    play.need()
    assert (at_local(date.fromisoformat(day) + timedelta(days=1), 0) - begin) == timedelta(hours=hours)
    came = []
    for half in range(hours * 2):
        play.clock.at = begin + timedelta(minutes=30 * half)
        play.run_due()
        if len(subjects(play)) > len(came):
            came.append(play.clock.at)
    assert came == [at_local(date.fromisoformat(day), 6)]


def test_thirty_days_of_downtime_bring_one_digest(owner: Play) -> None:
    owner.clock.at = at_local(date(2026, 4, 1), 11)
    owner.run_due()
    digest = [s for s in subjects(owner) if s.startswith("Försenad sedan 16 mars")]
    assert len(digest) == 1
    owner.clock.at += timedelta(hours=1)
    owner.run_due()
    assert [s for s in subjects(owner) if s.startswith("Försenad sedan")] == digest


def test_many_tasks_are_capped_and_the_rest_counted(play: Play) -> None:
    play.do("owner", SetMailPlan(digest=True))
    for number in range(9):
        play.open(title=f"Mycket lång titel om tvätt och textil, omgång {number}", owner=play.people["owner"])
        play.need()
    local(play, "2026-03-03", 7)
    text = body(play)
    assert subjects(play) == ["9 uppgifter, den första senast 16 mars"]
    assert text.count("Mycket lång titel") == 6
    assert "Öppna mina ärenden och se 3 till: " in text
    assert len(text.partition("\n-- \n")[0].splitlines()) <= 12


def test_the_absent_persons_duties_go_to_the_substitute_and_her_digest_waits(owner: Play) -> None:
    owner.do("owner_2", SetMailPlan(digest=True))
    owner.do("admin", SetSubstitute(owner.people["owner"], owner.people["owner_2"], date(2026, 3, 2), date(2026, 3, 6)))
    owner.open(title="Livsmedel", owner=owner.people["owner"])
    owner.need()
    for day in ("2026-03-03", "2026-03-04", "2026-03-06"):
        local(owner, day, 7)
    assert subjects(owner) == []
    (alone,) = subjects(owner, "owner_2")
    assert alone.startswith("Väntar på dig, senast 16 mars")
    assert "i stället för Åsa Ägare" in body(owner, "owner_2")
    local(owner, "2026-03-09", 7)
    assert subjects(owner) == ["2 uppgifter, den första senast 16 mars"]


def test_away_with_nobody_named_the_manager_hears_it(play: Play) -> None:
    play.do("owner", SetMailPlan(digest=True))
    play.do("owner", SetAbsence(play.people["owner"], date(2026, 3, 2), date(2026, 3, 20)))
    play.open(owner=play.people["owner"])
    play.need()
    play.run_due()
    assert subjects(play) == []
    assert any("Ta ställning till om" in s for s in subjects(play, "head")), subjects(play, "head")


def test_who_stands_ready_is_told_from_the_last_day_on(play: Play) -> None:
    """At work, with a substitute who only stands ready: the reminders of 9 and 13 March go to the owner alone."""
    stands_ready = SetSubstitute(
        play.people["owner"], play.people["owner_2"], date(2026, 3, 2), date(2026, 4, 30), False
    )
    play.do("admin", stands_ready)
    play.open(owner=play.people["owner"])
    play.need()
    told = Counter[str]()
    for day in ("2026-03-09", "2026-03-13", "2026-03-16", "2026-03-17"):
        local(play, day, 7)
        told[day] = len(play.mail_to("owner_2"))
    assert list(told.values()) == [0, 0, 1, 2]


def test_a_resting_task_reminds_nobody_and_comes_back_by_itself(play: Play) -> None:
    play.open(owner=play.people["owner"])
    play.need()
    play.run_due()
    version, asked = play.row().row_version, len(play.mail_to("owner"))
    play.do("owner", SnoozeTask(play.task("decide_start").id, date(2026, 3, 13), "Väntar på budgeten"))
    assert play.row().row_version == version
    assert play.kinds()[-1] == "task_snoozed"
    local(play, "2026-03-09", 7)
    assert len(play.mail_to("owner")) == asked
    local(play, "2026-03-13", 7)
    assert len(play.mail_to("owner")) == asked + 1


def test_two_processes_make_one_digest(owner: Play, tmp_path: Path) -> None:
    for number in range(4):
        owner.do(("owner", "owner_2", "head", "officer")[number], SetMailPlan(digest=True))
        owner.open(title=f"Städ {number}", owner=owner.people["owner" if number % 2 else "owner_2"])
        owner.need()
    owner.clock.at = at_local(date(2026, 3, 3), 7)
    url = owner.app.settings.database_url
    owner.app.database.dispose()
    workers = [start(tick, url, str(tmp_path), owner.clock.at, dict(owner.people)) for _ in range(2)]
    for process, pipe in workers:
        assert pipe.poll(60), "a scheduler hangs"
        pipe.recv()
        process.join(30)
        pipe.close()
    make_digests(owner.app)
    made = owner.sql("SELECT person_id, count(*) AS n FROM digests GROUP BY person_id")
    assert {d.n for d in made} == {1}
    assert len(made) == len(owner.sql("SELECT id FROM outbox_messages WHERE kind = 'digest'")) == 2
    assert owner.sql("SELECT count(*) AS n FROM digest_notes WHERE status = 'waiting'")[0].n == 0


def test_the_second_of_two_at_the_same_moment_finds_it_made(owner: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both saw that none was there; the unique row lets one of them in, the other tries again and sees it."""
    owner.clock.at = at_local(date(2026, 3, 3), 7)
    command, who = MakeDigest(owner.people["owner"], date(2026, 3, 3)), system_actor("norrbotten")
    assert execute(owner.app, command, by=who)["rows"] == 1
    owner.sql("UPDATE digest_notes SET status = 'waiting', digest_id = NULL")
    seen: list[int] = []
    real = digests._OF_DAY

    class BlindOnce:
        def on(self, dialect: object) -> object:
            seen.append(1)
            return (nothing if len(seen) == 1 else real).on(dialect)  # type: ignore[arg-type]

    nothing = digests.Statement(digests.select(digests._digests.c.id).where(digests._digests.c.id == "none"))
    monkeypatch.setattr(digests, "_OF_DAY", BlindOnce())
    assert execute(owner.app, command, by=who)["rows"] == 0
    assert len(seen) == 2
    assert len(owner.sql("SELECT id FROM digests")) == 1


def test_a_crash_before_the_commit_leaves_all_waiting_and_after_it_all_told(
    owner: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner.clock.at = at_local(date(2026, 3, 3), 7)

    def crash(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(digests.audit, "append", crash)
        with pytest.raises(KeyboardInterrupt):
            make_digests(owner.app)
    assert owner.sql("SELECT count(*) AS n FROM digests")[0].n == 0
    assert owner.sql("SELECT count(*) AS n FROM digest_notes WHERE status = 'waiting'")[0].n == 1
    assert make_digests(owner.app) == 1  # the process dies before the mail leaves
    owner.app.transport = MemoryTransport()
    owner.run_due()
    owner.run_due()
    assert len(subjects(owner)) == 1
