"""What follows a contract is asked for in good time, alarmed about while it matters, and ends when it is settled."""

from __future__ import annotations

from datetime import date

import pytest

from states.calendar import local_date
from states.errors import NotPermitted
from tests.play import Play
from workflow.commands import CountDurations, OpenCase, ReplanContract
from workflow.contracts.renewal import plan_unplanned
from workflow.errors import Forbidden
from workflow.planning.durations import Past
from workflow.planning.queries import case_plan

FORM = {"title": "Handskar", "supplier_name": "Nordhandske AB", "start_on": "2026-03-01", "end_on": "2028-12-31"}


def contract(play: Play, **more: object) -> str:
    form = {**FORM, "unit": play.people["unit"], **more}
    play.case = play.do("officer", OpenCase("contract", play.region, form))["id"]
    return play.case


def alarms(play: Play) -> list[tuple[str, str]]:
    """Who was told that the next procurement is late: every mail to a superior about it."""
    return [
        (m.kind, m.recipient.partition("@")[0])
        for m in play.outbox()
        if m.kind == "task_escalated" and "start_renewal" in m.facts
    ]


@pytest.fixture
def asked(play: Play) -> Play:
    """A contract that ends on 31 December 2028; 18 months before is 30 June 2027."""
    contract(play)
    play.advance(to="2027-06-29T23:30:00")  # half past one of the 30th in Sweden
    assert play.task("start_renewal").role == "contract_owner"
    return play


def test_the_owner_is_asked_eighteen_months_before_and_a_day_before_nobody_is(play: Play) -> None:
    contract(play)
    play.advance(to="2027-06-29T21:30:00")
    assert "start_renewal" not in {t.trigger for t in play.tasks()}
    play.advance(to="2027-06-30T06:00:00")
    task = play.task("start_renewal")
    assert task.due_on == date(2027, 9, 30)
    assert any(m.kind == "task_opened" and m.task_id == task.id for m in play.outbox())


def test_class_a_is_asked_about_two_years_before(play: Play) -> None:
    contract(play, contract_class="a")
    play.advance(to="2026-12-29T22:00:00")
    assert "start_renewal" not in {t.trigger for t in play.tasks()}
    play.advance(to="2026-12-30T06:00:00")  # the 31st is a rest day
    assert play.task("start_renewal")


def test_options_put_the_question_off_to_the_last_possible_end(play: Play) -> None:
    contract(play, option_count=1, option_months=12, notice_months=3)
    play.advance(to="2028-06-29")
    assert "start_renewal" not in {t.trigger for t in play.tasks()}
    play.advance(to="2028-07-01")
    assert play.task("start_renewal")


def test_without_a_decided_target_manager_and_head_hear_of_it_three_months_later(asked: Play) -> None:
    asked.advance(to="2027-09-30T20:00:00")
    assert alarms(asked) == []
    asked.advance(to="2027-10-01T06:00:00")
    assert {"head"} <= {who for _, who in alarms(asked)}
    assert asked.kinds().count("renewal_alarm_raised") == 1
    asked.act("officer", "record_follow_up", followed_up_on="2027-10-01", outcome="good", note="ok")
    asked.run_due()
    assert asked.kinds().count("renewal_alarm_raised") == 1, "one alarm, however often the case changes"


def test_starting_the_next_procurement_discharges_the_duty_but_not_the_alarm(asked: Play) -> None:
    contract_id = asked.case
    asked.act("owner", "start_renewal", renewal_thoughts="Mindre plast.")
    assert "start_renewal" not in {t.trigger for t in asked.tasks()}
    (row,) = asked.sql("SELECT id, title FROM cases WHERE predecessor_id = :c", c=contract_id)
    assert row.title == "Handskar"
    with pytest.raises(NotPermitted) as refused:
        asked.act("owner", "start_renewal", renewal_thoughts="En till.")
    assert [u.code for u in refused.value.unmet] == ["renewal_begun"]
    asked.advance(to="2027-10-01T06:00:00")
    assert "head" in {who for _, who in alarms(asked)}, "begun, but its target is not decided"


def test_a_decided_target_of_the_successor_ends_the_alarm(asked: Play) -> None:
    contract_id = asked.case
    asked.open(title="Handskar igen")  # no successor: changes nothing
    asked.case = contract_id
    form = {"title": "Nya handskar", "unit": asked.people["unit"], "owner": asked.people["owner"]}
    asked.case = asked.do("officer", OpenCase("procurement", asked.region, form, predecessor_id=contract_id))["id"]
    assert "start_renewal" not in {t.trigger for t in asked.tasks(case=contract_id)}
    (done,) = [t for t in asked.tasks("done", case=contract_id) if t.trigger == "start_renewal"]
    assert done.done_by == asked.people["officer"]
    asked.to_advertising()
    asked.case = contract_id
    asked.advance(to="2027-10-01T06:00:00")
    assert alarms(asked) == []


def test_a_cancelled_successor_opens_the_question_again(asked: Play) -> None:
    contract_id = asked.case
    asked.act("owner", "start_renewal", renewal_thoughts="Mindre plast.")
    (row,) = asked.sql("SELECT id FROM cases WHERE predecessor_id = :c", c=contract_id)
    asked.act("owner", "abandon", case=row.id, reason="Behovet ändrades.")
    asked.run_due()
    assert asked.task("start_renewal").due_on > asked.today


def test_deciding_that_nothing_follows_ends_it_until_it_is_taken_up_again(asked: Play) -> None:
    asked.act("owner", "decide_no_renewal", reasons="Verksamheten läggs ned.")
    assert "start_renewal" not in {t.trigger for t in asked.tasks()}
    asked.advance(to="2027-10-02")
    assert alarms(asked) == []
    with pytest.raises(NotPermitted):
        asked.act("owner", "start_renewal", renewal_thoughts="Ändå.")
    asked.act("owner", "reopen_renewal", reason="Verksamheten blir kvar.")
    asked.run_due()
    assert asked.task("start_renewal")


def test_a_list_read_in_one_morning_brings_duties_but_no_flood_of_mail(play: Play) -> None:
    form = {**FORM, "end_on": "2026-12-31", "unit": play.people["unit"]}
    for number in range(5):
        entry = ("register_existing", {"contract_has_ended": False})
        opened = OpenCase("contract", play.region, {**form, "title": f"Avtal {number}"}, entry=entry)
        play.case = play.do("officer", opened)["id"]
    play.run_due()
    assert play.task("start_renewal").due_on > play.today
    assert [m for m in play.outbox() if m.task_id == play.task("start_renewal").id] == []


# --- how long steps took -------------------------------------------------------------------------------------------


def test_a_units_own_past_counts_once_there_is_enough_of_it_without_pauses(play: Play) -> None:
    cases = []
    for number in range(5):
        play.open(title=f"Städ {number}")
        cases.append(play.case)
    for number, each in enumerate(cases):
        play.case = each
        if number == 4:
            play.act("officer", "pause", reason="Väntar på budget.")
            play.advance(14)
            play.act("officer", "resume")
        play.advance(7)
        play.need()
    with play.app.database.read() as uow:
        assert Past(uow, play.region).of(play.people["unit"], "above_threshold") == {}
    play.do("officer", CountDurations(play.region))
    with play.app.database.read() as uow:
        seen = Past(uow, play.region).of(play.people["unit"], "above_threshold")["needs_analysis"]
        other = Past(uow, play.region).of(None, "above_threshold")["needs_analysis"]
    assert seen.cases == 5
    assert seen.of_unit
    assert not other.of_unit
    assert abs(seen.median - 15) <= 1, "a holiday may lie between"
    assert abs(seen.ninety - 25) <= 2, "the pause of ten working days is left out"


def test_the_plan_of_a_contract_and_of_what_follows_it(asked: Play) -> None:
    with asked.app.database.read() as uow:
        back = case_plan(uow, asked.as_("owner"), asked.case, "contract", local_date(uow.now))
    assert back is not None
    assert back.end_on == date(2028, 12, 31)
    assert back.start_on < back.target_on < back.advertise_on < back.award_on < back.end_on  # type: ignore[operator]
    asked.act("owner", "start_renewal", renewal_thoughts="Mindre plast.")
    (row,) = asked.sql("SELECT id FROM cases WHERE predecessor_id = :c", c=asked.case)
    with asked.app.database.read() as uow:
        assert case_plan(uow, asked.as_("owner"), asked.case, "contract", asked.today) is None
        running = case_plan(uow, asked.as_("owner"), row.id, "procurement", asked.today)
    assert running is not None
    assert running.current == "needs_analysis"


def test_a_contract_from_before_these_timers_is_asked_about_all_the_same(play: Play) -> None:
    """As an upgrade finds it: no timer was ever set. The night's housekeeping sets them, once."""
    contract(play)
    play.sql("DELETE FROM timers WHERE kind IN ('renewal_due', 'renewal_alarm_due')")
    assert plan_unplanned(play.app) == 1
    assert {t.kind for t in play.timers() if t.task_id is None} >= {"renewal_due", "renewal_alarm_due"}
    assert plan_unplanned(play.app) == 0, "what is planned is left alone"
    assert play.kinds().count("contract_replanned") == 1
    play.advance(to="2027-06-30T06:00:00")
    assert play.task("start_renewal")
    assert plan_unplanned(play.app) == 0
    with pytest.raises(Forbidden):
        play.do("officer", ReplanContract(play.case))
