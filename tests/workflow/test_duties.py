"""The annual calendar as the cooperation and a region live it; on both databases."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from states.calendar import local_date
from states.errors import NoSuchStep, NotPermitted
from states.roles import system_actor
from tests.play import Play, at
from tests.processes import start
from workflow.cases.hand_over import hand_over_all, hand_over_plan
from workflow.commands import (
    AddRecurringDuty,
    AddStandardDuties,
    AddUser,
    AssignRole,
    DisableUser,
    EndRecurringDuty,
    OpenCase,
    OpenDuty,
    ShareRecurringDuty,
)
from workflow.duties.queries import DutyItem, tallies, year_of
from workflow.duties.register import open_due_duties
from workflow.engine import directory
from workflow.engine.execute import Stegvis, execute
from workflow.errors import Forbidden, InvalidForm, NotFound
from workflow.scheduler import Scheduler


@pytest.fixture
def cooperation(app: Stegvis, clock: Any) -> Play:
    """The cooperation with its secretariat and steering group."""
    operator = replace(system_actor("samverkan"), channel="cli")
    people = {}
    for short, role in (("office", "secretariat"), ("steering", "steering_group"), ("area", "area_coordinator")):
        people[short] = execute(
            app, AddUser(f"{short}@samverkan.example", short.title(), role, "samverkan"), by=operator
        )["id"]
    return Play(app, clock, people, "samverkan")


def year(play: Play, who: str, n: int) -> dict[str, DutyItem]:
    """The year as this person sees it, by title."""
    with play.app.database.read() as uow:
        today = local_date(uow.now)
        found = year_of(uow, directory.actor(uow, play.people[who], today), n, today)
    return {d.title: d for d in found}


def missing(play: Play, who: str, n: int) -> dict[str, int]:
    with play.app.database.read() as uow:
        today = local_date(uow.now)
        actor = directory.actor(uow, play.people[who], today)
        return {t.title: t.missing for t in tallies(uow, actor, year_of(uow, actor, n, today), today)}


def coordinator(play: Play) -> None:
    """In this region the officer is also the region's coordinator."""
    play.do("admin", AssignRole(play.people["officer"], "region_coordinator"))


def opened(play: Play) -> list[tuple[str, str]]:
    return [tuple(r) for r in play.sql("SELECT recurring_id, period FROM duties ORDER BY 1, 2")]  # type: ignore[misc]


def test_nothing_comes_before_somebody_takes_the_calendar_in(play: Play) -> None:
    assert open_due_duties(play.app) == 0
    assert year(play, "admin", 2026) == {}
    assert play.do("admin", AddStandardDuties("norrbotten"))["added"] == 9
    assert play.do("admin", AddStandardDuties("norrbotten"))["added"] == 0  # what is there stays
    assert {d.state for d in year(play, "admin", 2026).values()} == {"ahead"}
    assert year(play, "admin", 2026)["Se över Riktlinje Inköp, 2026"].due_on == date(2026, 11, 30)


def test_only_keepers_change_the_register_and_only_their_own(play: Play, kalmar: Play) -> None:
    for who in ("owner", "officer", "reviewer"):
        with pytest.raises(Forbidden):
            play.do(who, AddStandardDuties("norrbotten"))
    with pytest.raises(NotFound):
        play.do("admin", AddStandardDuties("kalmar"))
    with pytest.raises(InvalidForm) as refusal:
        play.do("admin", AddRecurringDuty("norrbotten", " ", "daily", "owner", "", "soon", month=13))
    assert {e.field for e in refusal.value.errors} == {"title", "rhythm", "owner_role", "source", "valid_from", "month"}
    made = play.do(
        "admin", AddRecurringDuty("norrbotten", "Leverantörsdag", "yearly", "registrar", "Beslut", play.today)
    )
    with pytest.raises(NotFound):
        kalmar.do("admin", EndRecurringDuty(made["id"], play.today))
    with pytest.raises(Forbidden):  # a region shares nothing
        play.do("admin", ShareRecurringDuty(made["id"], True))
    with pytest.raises(Forbidden):  # occurrences come from the register alone
        play.do("admin", OpenDuty(made["id"], "2026"))
    with pytest.raises(Forbidden):
        play.do("head", OpenCase("duty", "norrbotten", {"title": "X"}))
    kinds = [
        r.kind for r in play.sql("SELECT kind FROM audit_events WHERE stream_id = 'duties.norrbotten' ORDER BY seq")
    ]
    assert kinds == ["recurring_duty_added"]


def test_a_duty_reminds_escalates_and_is_done_like_any_other(play: Play) -> None:
    coordinator(play)
    play.do("admin", AddStandardDuties("norrbotten"))
    play.clock.at = at("2026-09-01")
    assert open_due_duties(play.app) >= 1
    play.clock.at = at("2026-09-02")
    duty = year(play, "officer", 2026)["Anmäl vilka produkter som ska följas upp, 2026"]
    play.case = str(duty.case_id)
    task = play.task("record_duty_done")
    assert (task.role, task.roles, task.person_id, task.due_on) == (
        "region_coordinator",
        "region_coordinator",
        None,
        date(2026, 10, 31),
    )
    assert duty.receipt["source"] == "HU-N540; årlig takt är Stegvis standard"
    assert duty.receipt["due_on"] == "2026-10-31"
    assert play.row().reference.startswith("PLI-2026-")

    for wrong in ("owner", "head", "registrar"):
        with pytest.raises(NotPermitted) as refusal:
            play.act(wrong, "record_duty_done", done_on=play.today.isoformat(), reference="Dnr 1")
        assert refusal.value.unmet[0].cleared_by == ("region_coordinator",)

    play.live(until="2026-11-16")
    subjects = [str(m["Subject"]) for m in play.mail_to("officer")]
    assert sum("PLI-2026" in s for s in subjects) >= 4  # asked, reminded before and after
    assert any("PLI-2026" in str(m["Subject"]) for m in play.mail_to("head"))  # told when it was late
    with pytest.raises(InvalidForm):  # what has not happened yet is not recorded
        play.act("officer", "record_duty_done", done_on="2027-01-01", reference="Dnr 1")
    play.act("officer", "record_duty_done", done_on="2026-11-15", reference="Dnr 77-2026")
    done = year(play, "officer", 2026)["Anmäl vilka produkter som ska följas upp, 2026"]
    assert (done.state, done.done_on, done.reference, done.late) == ("done", date(2026, 11, 15), "Dnr 77-2026", False)
    assert play.row().closed_at is not None


def test_a_duty_is_waived_only_with_reasons_by_a_named_person(play: Play) -> None:
    play.do("admin", AddStandardDuties("norrbotten"))
    play.clock.at = at("2026-10-01")
    open_due_duties(play.app)
    play.case = str(year(play, "head", 2026)["Se över Riktlinje Inköp, 2026"].case_id)
    with pytest.raises(InvalidForm):
        play.act("head", "decide_waiver", reasons="")
    play.act("head", "decide_waiver", reasons="Riktlinjen antogs i september.")
    assert play.row().state == "waived"
    (decision,) = play.sql("SELECT decided_by, reasons, basis_hash FROM decisions")
    assert decision.decided_by == play.people["head"]
    assert decision.reasons == "Riktlinjen antogs i september."


def test_a_named_person_answers_alone_and_gets_the_mail(play: Play) -> None:
    owner = play.people["officer_2"]
    command = AddRecurringDuty("norrbotten", "Leverantörsdag", "yearly", "procurement_officer", "Beslut", play.today,
                               month=4, day=15, owner_id=owner)  # fmt: skip
    play.do("admin", command)
    open_due_duties(play.app)
    play.case = str(year(play, "officer", 2026)["Leverantörsdag, 2026"].case_id)
    assert play.task("record_duty_done").person_id == owner
    play.run_due()
    assert len(play.mail_to("officer_2")) == 1
    assert play.mail_to("officer") == []


def leave(play: Play, who: str) -> None:
    play.do("admin", DisableUser(f"{who}@{play.region}.example"))


def own_duty(title: str, day: int, **more: Any) -> AddRecurringDuty:
    """A duty of the region's own by a day of April."""
    duty = AddRecurringDuty("norrbotten", title, "yearly", "procurement_officer", "Beslut", date(2026, 3, 1), 4, day)
    return replace(duty, lead_days=10, **more)


def test_a_duty_whose_owner_has_left_falls_to_the_role(play: Play) -> None:
    play.do("admin", own_duty("Leverantörsdag", 1, owner_id=play.people["officer_2"]))
    leave(play, "officer_2")
    play.clock.at = at("2026-03-25")
    assert open_due_duties(play.app) == 1
    play.case = str(year(play, "officer", 2026)["Leverantörsdag, 2026"].case_id)
    task = play.task("record_duty_done")
    assert (task.role, task.person_id, play.row().owner_id) == ("procurement_officer", None, None)
    play.run_due()
    assert len(play.mail_to("officer")) == 1
    assert play.mail_to("officer_2") == []
    later = year(play, "officer", 2027)["Leverantörsdag, 2027"]
    assert later.owner_name is None, "who has left is not said to answer"
    play.act("officer", "record_duty_done", done_on="2026-03-25", reference="Dnr 1")


def test_the_longest_title_leaves_room_for_its_year(play: Play) -> None:
    longest = "Rapport " * 37 + "slut"
    assert len(longest) == 300
    play.do("admin", own_duty(longest, 1))
    play.clock.at = at("2026-03-25")
    assert open_due_duties(play.app) == 1
    (row,) = play.sql("SELECT title FROM cases")
    assert len(row.title) == 300
    assert row.title.startswith("Rapport Rapport")
    assert row.title.endswith("…, 2026")
    assert list(year(play, "officer", 2026)) == [row.title]
    with pytest.raises(InvalidForm) as refusal:  # what no case could be called is no duty's name either
        play.do("admin", own_duty("Rapport\x07", 1, source="Beslut\x1b"))
    assert {(e.field, e.code) for e in refusal.value.errors} == {
        ("title", "field_invalid"),
        ("source", "field_invalid"),
    }


def test_a_duty_that_fails_keeps_no_other_from_opening_and_is_tried_again_the_next_day(play: Play) -> None:
    play.do("admin", own_duty("Trasig plikt", 1))
    play.do("admin", own_duty("Annan plikt", 2))
    (broken,) = play.sql("SELECT id FROM recurring_duties WHERE title = 'Trasig plikt'")
    play.sql("UPDATE recurring_duties SET source = :wrong WHERE id = :id", wrong="Beslut\x07", id=broken.id)
    scheduler = Scheduler(play.app)
    play.clock.at = at("2026-03-25")
    assert scheduler.cycle().error is None
    assert [r.title for r in play.sql("SELECT title FROM cases")] == ["Annan plikt, 2026"]
    play.sql("UPDATE recurring_duties SET source = 'Beslut' WHERE id = :id", id=broken.id)
    play.clock.at = at("2026-03-26")
    assert scheduler.cycle().error is None
    titles = [r.title for r in play.sql("SELECT title FROM cases ORDER BY reference")]
    assert titles == ["Annan plikt, 2026", "Trasig plikt, 2026"]


def test_what_comes_again_is_handed_over_with_all_else_to_who_may_have_it(play: Play) -> None:
    giver, receiver = play.people["officer_2"], play.people["officer"]
    play.do("admin", own_duty("Leverantörsdag", 1, owner_id=giver))
    play.do("admin", own_duty("Avslutad plikt", 1, owner_id=giver))
    (ended,) = play.sql("SELECT id FROM recurring_duties WHERE title = 'Avslutad plikt'")
    play.do("admin", EndRecurringDuty(ended.id, date(2026, 3, 1)))
    play.clock.at = at("2026-03-25")
    open_due_duties(play.app)
    play.case = str(year(play, "officer", 2026)["Leverantörsdag, 2026"].case_id)

    with play.app.database.read() as uow:
        plan = hand_over_plan(uow, play.as_("head"), giver, play.people["owner"])
        assert {d.blocked for d in plan.staying} == {"receiver_lacks_role"}
        assert len(plan.staying) == 3, "the row of the calendar, its case and its task"
        plan = hand_over_plan(uow, play.as_("head"), giver, receiver)
        assert [(r.title, r.blocked) for r in plan.recurring] == [("Leverantörsdag", None)]
        assert plan.staying == ()
    stays = hand_over_all(play.app, giver, play.people["owner"], by=play.people["head"])
    assert (stays["recurring"], stays["left"]) == (0, 3)
    done = hand_over_all(play.app, giver, receiver, by=play.people["head"])
    assert done == {"cases": 1, "units": 0, "tasks": 1, "recurring": 1, "left": 0}
    assert (play.row().owner_id, play.task("record_duty_done").person_id) == (receiver, receiver)
    (event,) = play.sql("SELECT body FROM audit_events WHERE kind = 'duties_handed_over'")
    assert '"recurring":["' in event.body

    play.clock.at = at("2027-03-25")
    open_due_duties(play.app)
    later = year(play, "head", 2027)["Leverantörsdag, 2027"]
    assert play.row(str(later.case_id)).owner_id == receiver
    with play.app.database.read() as uow:
        assert hand_over_plan(uow, play.as_("head"), giver).recurring == ()


def test_leaving_the_cooperation_counts_only_with_its_written_confirmation(play: Play) -> None:
    coordinator(play)
    play.do("admin", AddStandardDuties("norrbotten"))
    play.clock.at = at("2026-06-01")
    open_due_duties(play.app)
    title = "Ta ställning till samarbetsavtalet: stanna eller säga upp för nästa år, 2026"
    duty = year(play, "officer", 2026)[title]
    assert duty.due_on == date(2026, 6, 30)
    assert duty.receipt["basis"] == "clause"
    play.case = str(duty.case_id)
    play.act("officer", "record_notice_of_leaving", notified_on="2026-06-01", reference="Dnr 12-2026")
    assert play.row().state == "notified"
    task = play.task("record_confirmation")
    assert (task.role, task.due_on) == ("region_coordinator", date(2026, 7, 1))
    with pytest.raises(NoSuchStep):
        play.act("officer", "record_duty_done", done_on="2026-06-01", reference="x")
    play.advance(days=10)
    with pytest.raises(InvalidForm):  # nobody confirms a notice before it was given
        play.act("officer", "record_confirmation", confirmed_on="2026-05-31", confirmation_reference="x")
    play.act("officer", "record_confirmation", confirmed_on="2026-06-10", confirmation_reference="Styrgruppen § 4")
    after = year(play, "officer", 2026)[title]
    assert (after.state, after.notified_on, after.confirmation_reference) == (
        "done",
        date(2026, 6, 1),
        "Styrgruppen § 4",
    )


def test_only_a_notice_can_be_given_notice(play: Play) -> None:
    play.do("admin", AddStandardDuties("norrbotten"))
    play.clock.at = at("2026-10-01")
    open_due_duties(play.app)
    play.case = str(year(play, "head", 2026)["Se över Riktlinje Inköp, 2026"].case_id)
    with pytest.raises(NotPermitted) as refusal:
        play.act("head", "record_notice_of_leaving", notified_on="2026-10-01", reference="x")
    assert [u.code for u in refusal.value.unmet] == ["duty_is_no_notice"]


def test_four_meetings_a_year_and_what_is_missing_at_the_end_of_a_quarter(cooperation: Play) -> None:
    c = cooperation
    c.do("office", AddStandardDuties("samverkan", date(2027, 1, 1)))
    c.clock.at = at("2027-01-04")
    open_due_duties(c.app)
    meetings = [year(c, "office", 2027)[f"Styrgruppsmöte {n} av 4, 2027"] for n in (1, 2, 3, 4)]
    assert all(m.case_id for m in meetings)

    # Two meetings early in the year count towards the first two quarters: nothing is missing at the end of June.
    for meeting, day in zip(meetings[:2], ("2027-02-01", "2027-03-15"), strict=True):
        c.clock.at = at(day)
        c.case = str(meeting.case_id)
        c.act("steering", "record_duty_done", done_on=day, reference=f"Protokoll {day}")
    c.clock.at = at("2027-07-01")
    assert missing(c, "office", 2027)["Styrgruppsmöte"] == 0
    assert missing(c, "office", 2027)["Konferens för nätverket"] == 1
    c.clock.at = at("2027-10-01")
    assert missing(c, "office", 2027)["Styrgruppsmöte"] == 1
    assert year(c, "office", 2027)["Styrgruppsmöte 3 av 4, 2027"].late
    c.run_due()
    assert any(
        "Styrgruppsmöte 3 av 4" in str(m["Subject"]) or "PLI-2027" in str(m["Subject"]) for m in c.mail_to("steering")
    )


def test_a_region_sees_of_the_cooperation_what_is_shared_by_a_recorded_act(cooperation: Play, play: Play) -> None:
    c = cooperation
    c.do("office", AddStandardDuties("samverkan"))
    c.clock.at = at("2026-11-01")
    open_due_duties(c.app)
    title = "Verksamhetsplan med områden och ansvariga regioner till RMC och LfU, 2026"
    assert year(play, "owner", 2026) == {}
    plan = year(c, "office", 2026)[title]
    c.do("office", ShareRecurringDuty(plan.recurring_id, True))
    seen = year(play, "owner", 2026)
    assert list(seen) == [title]
    assert (seen[title].case_id, seen[title].case_reference, seen[title].reference, seen[title].owner_name) == (
        None,
    ) * 4
    with pytest.raises(NotFound):
        play.act(
            "owner",
            "record_duty_done",
            case=str(plan.case_id),
            version=1,
            basis="",
            done_on="2026-11-01",
            reference="x",
        )
    c.do("office", ShareRecurringDuty(plan.recurring_id, False))
    assert year(play, "owner", 2026) == {}
    events = c.sql("SELECT kind FROM audit_events WHERE stream_id = 'duties.samverkan' ORDER BY seq")
    assert [e.kind for e in events][-2:] == ["recurring_duty_shared", "recurring_duty_unshared"]


def test_ten_years_ahead_day_by_day_each_occurrence_comes_once_on_its_day(play: Play, made: Any) -> None:
    """By the calendar alone, told without the code under test: which periods must have come."""
    years = 10 if made.kind == "sqlite" else 3
    play.do("admin", AddStandardDuties("norrbotten"))
    scheduler = Scheduler(play.app)
    first_seen: dict[tuple[str, str], date] = {}
    known = 0
    last = date(2026 + years, 12, 31)
    while play.today < last:
        scheduler._open_duties()
        (count,) = play.sql("SELECT count(*) AS n FROM duties")
        if count.n != known:
            for pair in opened(play):
                first_seen.setdefault(pair, play.today)
            known = count.n
        play.clock.at += timedelta(days=1)
    titles = {r.id: r.code for r in play.sql("SELECT id, code FROM recurring_duties")}
    lead = {r.id: r.lead_days for r in play.sql("SELECT id, lead_days FROM recurring_duties")}
    dues = {(r.recurring_id, r.period): r.due_on for r in play.sql("SELECT recurring_id, period, due_on FROM duties")}
    assert not play.sql("SELECT case_id FROM duties WHERE opened_late")
    for pair, seen in first_seen.items():
        due_on = date.fromisoformat(str(dues[pair]))
        assert seen == max(due_on - timedelta(days=lead[pair[0]]), date(2026, 3, 2))
    by_code = Counter(titles[i] for i, p in first_seen if int(p) <= last.year)
    span = range(2026, last.year + 1)
    assert by_code == {
        "leaving_notice": len(span), "products_to_follow_up": len(span), "guideline_review": len(span),
        "annual_accounts": len(span) - 1,  # 28 February 2026 was over when the calendar came in
        "sustainability_plan": len([y for y in span if y % 2 == 0]),
        "agenda_pyramids": len([y for y in span if (y - 2027) % 4 == 0]),
        "archive_procurements": len(span), "archive_accounts": len(span),
        "new_thresholds": len([y for y in span if y > 2026 and y % 2 == 0]),
    }  # fmt: skip


def test_after_two_years_of_standstill_everything_is_opened_late_and_says_so(play: Play) -> None:
    play.do("admin", AddStandardDuties("norrbotten"))
    play.clock.at = at("2028-03-01")
    open_due_duties(play.app)
    reviews = [year(play, "head", n).get(f"Se över Riktlinje Inköp, {n}") for n in (2026, 2027, 2028)]
    assert [(r.state, r.opened_late, r.late) for r in reviews if r] == [
        ("planned", True, True), ("planned", True, True), ("ahead", False, False),
    ]  # fmt: skip
    assert open_due_duties(play.app) == 0
    assert len(opened(play)) == len(set(opened(play)))


def test_a_duty_that_was_ended_comes_no_more(play: Play) -> None:
    made = play.do("admin", AddRecurringDuty("norrbotten", "Leverantörsdag", "yearly", "registrar", "Beslut", play.today,
                                             month=4, day=15))  # fmt: skip
    open_due_duties(play.app)
    play.do("admin", EndRecurringDuty(made["id"], play.today))
    play.clock.at = at("2029-01-01")
    assert open_due_duties(play.app) == 0
    assert year(play, "registrar", 2026)["Leverantörsdag, 2026"].state == "planned"  # what was open goes on
    assert year(play, "registrar", 2027) == {}


def test_two_nodes_open_each_occurrence_once(play: Play, tmp_path: Any) -> None:
    play.do("admin", AddStandardDuties("norrbotten"))
    play.clock.at = at("2028-03-01")
    given = (play.app.settings.database_url, str(tmp_path), play.clock.at, dict(play.people))
    nodes = [start(_open, *given) for _ in range(3)]
    made = [pipe.recv() for _, pipe in nodes]
    for process, _ in nodes:
        process.join(30)
        assert process.exitcode == 0
    assert sum(made) == len(opened(play)) == len(set(opened(play)))
    assert len(opened(play)) >= 9


def _open(pipe: Any, url: str, folder: str, moment: Any, people: dict[str, str]) -> None:
    from tests.processes import _play

    pipe.send(open_due_duties(_play(url, folder, moment, people).app))
    pipe.close()
