"""Times that run beside the way of a case: each is asked of somebody by its day, with the rule that counted it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from states.errors import NotPermitted
from tests.play import CONTRACT, SUPPLIER, Play
from tests.workflow.test_renewal import contract
from workflow.cases.actions import case_actions
from workflow.cases.deadline_check import verify_deadlines
from workflow.commands import AddStandardDuties
from workflow.duties.register import open_due_duties
from workflow.errors import InvalidForm


def receipt(play: Play, trigger: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(play.task(trigger).receipt)
    return made


def refused(play: Play, who: str, trigger: str, **form: Any) -> set[str]:
    with pytest.raises(NotPermitted) as refusal:
        play.act(who, trigger, **form)
    return {u.code for u in refusal.value.unmet}


# --- how long tenders bind (P9) --------------------------------------------------------------------------------


def test_a_month_before_tenders_lapse_the_officer_is_asked_and_again_with_each_longer_time(play: Play) -> None:
    play.open()
    play.to_advertising()
    until = play.today + timedelta(days=120)
    play.act(
        "officer", "record_advertisement", published_on=play.today.isoformat(), notice_reference="N1",
        tender_deadline_on=(play.today + timedelta(days=35)).isoformat(), tenders_valid_until_on=until.isoformat(),
    )  # fmt: skip
    task = play.task("record_tender_validity")
    assert until - timedelta(days=33) <= task.due_on <= until - timedelta(days=30)
    assert (receipt(play, "record_tender_validity")["anchor"], task.role) == (
        "tenders_bind_until",
        "procurement_officer",
    )
    play.open_tenders()
    play.advance(to=task.due_on.isoformat())
    assert any(m.kind == "task_reminder" and m.task_id == task.id for m in play.outbox())
    longer = until + timedelta(days=60)
    play.act(
        "officer", "record_tender_validity", tenders_valid_until_on=longer.isoformat(), validity_note="Alla godtog"
    )
    assert play.task("record_tender_validity").due_on > task.due_on
    play.award()
    play.notify()
    play.advance(12)
    play.sign()
    assert "record_tender_validity" not in {t.trigger for t in play.tasks()}, "a contract is there"


def test_a_procurement_that_states_no_such_time_owes_nothing_about_it(play: Play) -> None:
    play.open()
    play.to_evaluation()
    assert "record_tender_validity" not in {t.trigger for t in play.tasks()}
    with pytest.raises(InvalidForm):
        play.act("officer", "record_tender_validity", tenders_valid_until_on=play.today.isoformat())


# --- two stages (P6) -------------------------------------------------------------------------------------------


def test_a_negotiated_procedure_leaves_time_to_apply_and_then_to_tender(play: Play) -> None:
    play.open()
    play.to_advertising()
    form = {"published_on": play.today.isoformat(), "notice_reference": "N1", "procedure": "negotiated"}
    day = lambda n: (play.today + timedelta(days=n)).isoformat()  # noqa: E731
    too_short = {"applications_due_on": day(29), "tender_deadline_on": day(60)}
    assert refused(play, "officer", "record_advertisement", **form, **too_short) == {"applications_time_too_short"}
    too_short = {"applications_due_on": day(30), "tender_deadline_on": day(54)}
    assert refused(play, "officer", "record_advertisement", **form, **too_short) == {"tender_period_too_short"}
    play.act("officer", "record_advertisement", **form, applications_due_on=day(30), tender_deadline_on=day(55))
    play.advance(40)
    late = {"invited_on": play.today.isoformat(), "tender_deadline_on": day(24)}
    assert refused(play, "officer", "record_tender_invitation", **late) == {"tender_period_too_short"}
    play.act("officer", "record_tender_invitation", invited_on=play.today.isoformat(), tender_deadline_on=day(25))
    assert receipt(play, "record_opening")["anchor_on"] == day(25)
    agreed = {"tender_deadline_on": day(12), "agreed_time": True}
    play.act("officer", "record_tender_invitation", invited_on=play.today.isoformat(), **agreed)


def test_an_open_procedure_has_no_second_stage(play: Play) -> None:
    play.open()
    play.to_advertising()
    play.advertise()
    day = (play.today + timedelta(days=30)).isoformat()
    form = {"invited_on": play.today.isoformat(), "tender_deadline_on": day}
    assert refused(play, "officer", "record_tender_invitation", **form) == {"procedure_has_one_stage"}


# --- hearing before an exclusion (P19) -------------------------------------------------------------------------


def test_nobody_is_left_out_before_the_time_to_comment_is_over(play: Play) -> None:
    play.open()
    play.to_evaluation()
    asked = {"comments_asked_on": play.today.isoformat(), "exclusion_supplier": "Smuts AB", "exclusion_ground": "Skatt"}
    play.act("officer", "record_exclusion_considered", **asked)
    task = play.task("record_exclusion_heard")
    assert (receipt(play, "record_exclusion_heard")["amount"], task.role) == (10, "procurement_officer")
    proposal = {"suppliers": [SUPPLIER], "award_reasons": "Bäst"}
    assert refused(play, "officer", "submit_award_proposal", **proposal) == {"exclusion_hearing_runs"}
    none_came = {"comments_received": False, "exclusion_outcome": "Inget svar"}
    assert refused(play, "officer", "record_exclusion_heard", **none_came) == {"exclusion_time_not_over"}
    play.advance(to=(task.due_on + timedelta(days=1)).isoformat())
    play.act("officer", "record_exclusion_heard", **none_came)
    play.award()
    assert "Smuts AB" not in "".join(m.facts for m in play.outbox())


def test_comments_that_came_end_the_hearing_at_once_and_a_set_day_counts_as_it_was_set(play: Play) -> None:
    play.open()
    play.to_evaluation()
    set_on = play.today + timedelta(days=20)
    play.act(
        "officer", "record_exclusion_considered", comments_asked_on=play.today.isoformat(), exclusion_ground="Skatt",
        comments_by_on=set_on.isoformat(), exclusion_supplier="Smuts AB",
    )  # fmt: skip
    assert play.task("record_exclusion_heard").due_on == set_on
    assert receipt(play, "record_exclusion_heard")["source"] == "LOU 13:4"
    play.act("officer", "record_exclusion_heard", comments_received=True, exclusion_outcome="Betalt")
    play.award()


# --- requests for reasons (P14) --------------------------------------------------------------------------------


def test_reasons_are_given_fifteen_days_from_the_first_request_that_waits(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.award()
    play.notify()
    first = play.today
    play.act("officer", "record_reasons_request", requested_on=first.isoformat(), requested_by="Andra AB")
    due_on = play.task("record_reasons_given").due_on
    assert due_on >= first + timedelta(days=15)
    assert receipt(play, "record_reasons_given")["source"] == "LOU 12:13, 19:20"
    play.advance(5)
    play.act("officer", "record_reasons_request", requested_on=play.today.isoformat(), requested_by="Tredje AB")
    assert play.task("record_reasons_given").due_on == due_on, "the second request gives the first no more time"
    assert not [d for c in verify_deadlines(play.app, "norrbotten").values() for d in c.differences]
    with pytest.raises(InvalidForm):
        play.act("officer", "record_reasons_given", given_on=(play.today + timedelta(days=1)).isoformat())
    play.act("officer", "record_reasons_given", given_on=play.today.isoformat())
    assert play.task("record_reasons_given").due_on > due_on, "the second waits for its own"
    play.act("officer", "record_reasons_given", given_on=play.today.isoformat())
    assert "record_reasons_given" not in {t.trigger for t in play.tasks()}


# --- advance notice before a direct award (P18) ----------------------------------------------------------------


def test_after_an_advance_notice_nothing_is_decided_for_ten_days_and_the_officer_hears_when_they_are_over(
    play: Play,
) -> None:
    play.open()
    play.need(track="direct", value="400 000")
    play.act("officer", "record_ex_ante_notice", published_on=play.today.isoformat(), notice_reference="F1")
    (timer,) = [t for t in play.timers() if t.kind == "ex_ante_due"]
    assert json.loads(timer.receipt)["source"] == "LOU 20:3, 20:18"
    last = date.fromisoformat(json.loads(timer.receipt)["due_on"])
    assert last == date(2026, 3, 12)
    award = {**CONTRACT, "value": "400 000", "reasons": "Enda leverantören"}
    play.advance(to=f"{last}T20:00:00")
    assert "ex_ante_period_not_ended" in refused(play, "head", "decide_direct_award", **award)
    play.advance(to=f"{last + timedelta(days=1)}T06:00:00")
    assert "ex_ante_period_ended" in play.kinds()
    assert [m.kind for m in play.outbox() if m.kind == "standstill_over"] == ["standstill_over"]
    play.act("head", "decide_direct_award", **award)


def faults(play: Play, who: str, trigger: str, **form: Any) -> list[tuple[str, str, dict[str, Any]]]:
    with pytest.raises(InvalidForm) as refusal:
        play.act(who, trigger, **form)
    return [(e.field, e.code, dict(e.params)) for e in refusal.value.errors]


def test_a_direct_award_is_held_against_its_limit_when_it_is_decided(play: Play) -> None:
    play.open()
    play.need(track="direct", value="100 000")
    award = {**CONTRACT, "reasons": "Tre offerter"}
    told = {"limit": "700000", "rule": "LOU 19a:2"}
    for value in ("700 000", "25 000 000"):
        found = faults(play, "head", "decide_direct_award", **{**award, "value": value})
        assert found == [("value", "direct_award_above_limit", told)]
    play.act("head", "decide_direct_award", **{**award, "value": "699 999,99"})
    assert play.row().state == "documentation"


def test_after_an_advance_notice_a_direct_award_has_another_ground_than_its_value(play: Play) -> None:
    play.open()
    play.need(track="direct", value="100 000")
    play.act("officer", "record_ex_ante_notice", published_on=play.today.isoformat(), notice_reference="F1")
    play.advance(12)
    play.act("head", "decide_direct_award", **{**CONTRACT, "value": "25 000 000", "reasons": "Enda leverantören"})
    assert play.row().state == "documentation"


def test_a_framework_decided_directly_runs_four_years_unless_there_are_special_reasons(play: Play) -> None:
    play.open()
    play.need(track="direct", value="100 000")
    period = {"start_on": "2026-08-01", "end_on": "2030-07-31", "is_framework": True, "option_count": 1}
    award = {**CONTRACT, **period, "value": "100 000", "reasons": "Tre offerter"}
    found = faults(play, "owner", "decide_direct_award", **award)
    assert found == [("end_on", "framework_too_long", {"due": "2030-07-31"})]
    play.act("owner", "decide_direct_award", **award, framework_reason="Lång avskrivning")


def test_a_framework_is_not_made_longer_than_four_years_by_an_amendment(play: Play) -> None:
    stands = {"start_on": "2026-03-01", "end_on": "2028-12-31", "is_framework": True, "contract_class": "b"}
    contract(play, **stands)
    longer = {**stands, "end_on": "2029-02-28", "option_count": 1, "option_months": 13, "reason": "Längre"}
    found = faults(play, "officer", "amend_contract", **longer)
    assert found == [("end_on", "framework_too_long", {"due": "2030-02-28"})]
    play.act("officer", "amend_contract", **longer, framework_reason="Lång avskrivning")
    play.act("officer", "amend_contract", **{**longer, "contract_number": "R-2", "reason": "Nytt nummer"})


# --- the ceiling of a framework (P5) ---------------------------------------------------------------------------


def called_off(play: Play, value: str, days: int = 0) -> None:
    day = play.today + timedelta(days=days)
    play.act("officer", "record_call_off_value", called_off_value=value, counted_on=day.isoformat())


def test_the_owner_is_asked_once_at_each_step_of_the_ceiling(play: Play) -> None:
    contract(play, is_framework=True, value="1 000 000")
    called_off(play, "699 999")
    assert "weigh_ceiling" not in {t.trigger for t in play.tasks()}
    called_off(play, "700 000")
    task = play.task("weigh_ceiling")
    assert (task.role, receipt(play, "weigh_ceiling")["term"]) == ("contract_owner", "ceiling_review")
    assert any(m.task_id == task.id and m.kind == "task_opened" for m in play.outbox())
    play.act("owner", "weigh_ceiling", ceiling_plan="Ny upphandling i höst")
    called_off(play, "750 000")
    assert "weigh_ceiling" not in {t.trigger for t in play.tasks()}, "the same step asks once"
    called_off(play, "960 000")
    assert play.task("weigh_ceiling")
    with pytest.raises(InvalidForm):
        called_off(play, "970 000", days=1)


def test_a_region_sets_its_own_steps_of_the_ceiling(play: Play) -> None:
    contract(play, is_framework=True, value="1 000 000")
    play.set_parameter("call_off_warnings", "50", date(2026, 3, 2), "Beslut 4")
    called_off(play, "500 000")
    assert play.task("weigh_ceiling")


def test_a_contract_without_a_ceiling_has_nothing_to_fill(play: Play) -> None:
    form = {"called_off_value": "1", "counted_on": play.today.isoformat()}
    contract(play, value="1 000 000")
    assert refused(play, "officer", "record_call_off_value", **form) == {"not_a_framework"}
    contract(play, is_framework=True)
    assert refused(play, "officer", "record_call_off_value", **form) == {"no_ceiling"}


# --- changes of a contract (P20) and private parties (P24) -----------------------------------------------------


@pytest.mark.parametrize(("ground", "owed"), [("section_11", True), ("section_12", True), ("section_14", False)])
def test_a_change_is_advertised_where_the_law_says_so(play: Play, ground: str, owed: bool) -> None:
    contract(play)
    form = {"changed_on": play.today.isoformat(), "change_ground": ground, "contract_change": "Fler sjukhus"}
    play.act("officer", "record_contract_change", **form)
    assert ("record_change_notice" in {t.trigger for t in play.tasks()}) is owed
    if owed:
        assert receipt(play, "record_change_notice")["amount"] == 30
        play.act("officer", "record_change_notice", published_on=play.today.isoformat(), notice_reference="Ä1")
        assert "record_change_notice" not in {t.trigger for t in play.tasks()}


def test_a_private_partys_matter_has_six_months_and_then_on_request_four_weeks(play: Play) -> None:
    contract(play)
    play.act("officer", "record_party_matter", begun_on="2026-03-02", party_matter="Begär tillstånd att byta ort")
    assert play.task("record_party_decision").due_on == date(2026, 9, 2)
    assert refused(play, "officer", "record_party_asks", asked_on=play.today.isoformat()) == {"party_asks_too_early"}
    play.advance(to="2026-09-07")
    play.act("officer", "record_party_asks", asked_on="2026-09-07")
    assert play.task("record_party_decision").due_on == date(2026, 10, 5)
    assert receipt(play, "record_party_decision")["source"] == "FL 12 §"
    play.act("officer", "record_party_decision", decided_on="2026-09-07", party_outcome="Avslag")
    day = {"decided_on": "2026-09-07", "party_outcome": "Igen"}
    assert refused(play, "officer", "record_party_decision", **day) == {"no_party_matter"}


# --- thresholds and the archive (P21, P22, P23) ----------------------------------------------------------------


def test_new_thresholds_and_the_archive_are_duties_of_the_year(play: Play) -> None:
    play.do("admin", AddStandardDuties("norrbotten"))
    play.advance(to="2028-01-03")
    open_due_duties(play.app)
    rows = play.sql(
        "SELECT r.code, r.owner_role, d.period, d.source FROM duties d JOIN recurring_duties r ON r.id = d.recurring_id "
        "WHERE r.code IN ('new_thresholds', 'archive_procurements', 'archive_accounts') ORDER BY r.code, d.period"
    )
    found = {(r.code, r.period): (r.owner_role, r.source) for r in rows}
    assert found["new_thresholds", "2028"][0] == "administrator"
    assert ("new_thresholds", "2027") not in found
    assert found["archive_procurements", "2027"] == ("registrar", "LOU 12:17, arkivlagen; dagen är Stegvis standard")
    assert found["archive_accounts", "2027"][1].startswith("bokföringslagen 7:2")


def test_what_nothing_called_for_is_not_shown_as_something_to_come(play: Play) -> None:
    """A case's page lists what may come; hearings, second stages and decisions that nobody asked for are no such thing."""
    contract(play)
    assert not offered(play) & {"record_call_off_value", "weigh_ceiling", "record_party_asks", "record_party_decision"}
    play.act("officer", "record_party_matter", begun_on="2026-03-02", party_matter="Begär prisändring")
    assert {"record_party_asks", "record_party_decision"} <= offered(play)
    play.open()
    play.to_advertising()
    play.advertise()
    assert "record_tender_invitation" not in offered(play)
    play.open_tenders()
    assert "record_exclusion_heard" not in offered(play)
    assert "record_exclusion_considered" in offered(play)


def offered(play: Play) -> set[str]:
    with play.app.database.read() as uow:
        return {a.trigger for a in case_actions(uow, play.case, play.as_("officer"))[1]}
