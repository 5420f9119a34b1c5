"""Whose a task is after a correction, a declared conflict of interest, or when it was handed on."""

from __future__ import annotations

from dataclasses import replace

from tests.play import Play, at
from workflow.commands import CorrectCase, DeclareConflict, HandOn, OpenCase


def correct(play: Play, **changed: str) -> None:
    row = play.row()
    now = {
        "title": row.title, "unit": row.unit_id, "owner": row.owner_id, "officer": row.officer_id,
        "registry_number": row.registry_number,
    }  # fmt: skip
    play.do("registrar", CorrectCase(play.case, None, {**now, **changed}))


def test_a_corrected_dnr_gives_no_task_back_to_who_has_a_conflict(play: Play) -> None:
    play.open()
    play.do("officer", DeclareConflict(play.task("submit_needs_analysis").id, "Min syster äger bolaget"))
    stands_in = play.task("submit_needs_analysis").person_id
    assert stands_in != play.people["officer"]
    correct(play, registry_number="RS 2026-14")
    assert play.task("submit_needs_analysis").person_id == stands_in


def test_a_corrected_dnr_leaves_what_was_handed_on(play: Play) -> None:
    play.open()
    task = play.task("submit_needs_analysis")
    play.do("officer", HandOn(task.id, play.people["officer_2"], "Semester"))
    correct(play, registry_number="RS 2026-14")
    assert play.task("submit_needs_analysis").person_id == play.people["officer_2"]
    correct(play, officer=play.people["officer_2"], registry_number="RS 2026-15")
    assert play.task("submit_needs_analysis").person_id == play.people["officer_2"]


def test_after_a_conflict_the_superior_names_somebody_who_may_decide(play: Play) -> None:
    play.open()
    play.need()
    play.do("owner", DeclareConflict(play.task("decide_start").id, "Min bror äger bolaget"))
    task = play.task("decide_start")
    superior = next(name for name, person in play.people.items() if person == task.person_id)
    play.do(superior, HandOn(task.id, play.people["owner_2"], "Åsa är jävig"))
    play.act("owner_2", "decide_start")
    assert play.row().state != "start_decision"


def test_handing_on_what_one_owner_decides_hands_on_all_that_waits_for_the_owner(play: Play) -> None:
    framework = {
        "title": "Handskar", "supplier_name": "N AB", "start_on": "2025-01-01", "end_on": "2028-12-31",
        "unit": play.people["unit"], "owner": play.people["owner"], "contract_class": "b", "is_framework": True,
        "value": "1000",
    }  # fmt: skip
    case = play.do("officer", OpenCase("contract", play.region, framework))["id"]
    contract = replace(play, case=case)
    contract.act("officer", "record_call_off_value", called_off_value="900", counted_on=contract.today.isoformat())
    contract.clock.at = at("2027-06-30")
    contract.run_due()
    assert {t.trigger for t in contract.tasks() if t.role == "contract_owner"} >= {"weigh_ceiling", "start_renewal"}
    contract.do("owner", HandOn(contract.task("weigh_ceiling").id, contract.people["owner_2"], "Ny ägare"))
    held = {t.person_id for t in contract.tasks() if t.role == "contract_owner" and t.status == "open"}
    assert held == {contract.people["owner_2"]}
    assert contract.kinds().count("task_handed_on") == 1
