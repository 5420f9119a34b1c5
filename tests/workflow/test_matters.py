"""What waits several times over in one case is one duty, at the last day that comes first; each is settled by itself."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest

from states.errors import NotPermitted
from tests.play import Play
from tests.workflow.test_renewal import contract
from workflow.cases.deadline_check import verify_deadlines
from workflow.commands import RedactField
from workflow.errors import InvalidForm


def number(play: Play, kind: str, n: int = -1) -> int:
    """The number of the event of a kind, by which its matter is named."""
    return int([e.seq for e in play.events() if e.kind == kind][n])


def due(play: Play, trigger: str) -> date | None:
    open_now = [t for t in play.tasks() if t.trigger == trigger]
    assert len(open_now) <= 1, "one duty, however many wait"
    return open_now[0].due_on if open_now else None


def settled(play: Play) -> list[int | None]:
    """Which matters the trail says were settled, in order."""
    kinds = ("change_notice_recorded", "party_decision_recorded", "reasons_given_recorded")
    return [json.loads(e.body).get("matter") for e in play.events() if e.kind in kinds]


def changed(play: Play, words: str, ground: str = "section_11") -> int:
    day = play.today.isoformat()
    play.act("officer", "record_contract_change", changed_on=day, change_ground=ground, contract_change=words)
    return number(play, "contract_change_recorded")


def begun(play: Play, words: str, day: str) -> int:
    play.act("officer", "record_party_matter", begun_on=day, party_matter=words)
    return number(play, "party_matter_recorded")


def in_order(play: Play) -> bool:
    return verify_deadlines(play.app, play.region)[play.region].differences == ()


def notify(play: Play, **which: Any) -> None:
    day = play.today.isoformat()
    play.act("officer", "record_change_notice", published_on=day, notice_reference="Ä", **which)


def decide(play: Play, **which: Any) -> None:
    day = play.today.isoformat()
    play.act("officer", "record_party_decision", decided_on=day, party_outcome="Bifall", **which)


def test_two_changes_are_advertised_by_two_notices_and_the_first_keeps_its_day(play: Play) -> None:
    contract(play)
    first = changed(play, "Fler sjukhus")
    first_due = due(play, "record_change_notice")
    play.advance(20)
    second = changed(play, "Ny teknik", "section_12")
    changed(play, "Litet", "section_14")  # nothing that is advertised
    assert due(play, "record_change_notice") == first_due
    notify(play)
    left = due(play, "record_change_notice")
    assert left is not None
    assert first_due is not None
    assert left >= first_due + timedelta(days=17)
    assert json.loads(play.task("record_change_notice").receipt)["anchor_on"] == play.today.isoformat()
    notify(play)
    assert due(play, "record_change_notice") is None
    assert settled(play) == [first, second]


def test_a_notice_names_which_of_the_changes_it_is_of(play: Play) -> None:
    contract(play)
    first = changed(play, "Fler sjukhus")
    first_due = due(play, "record_change_notice")
    play.advance(20)
    second = changed(play, "Ny teknik")
    notify(play, matter=second)
    assert due(play, "record_change_notice") == first_due
    with pytest.raises(InvalidForm) as refusal:
        notify(play, matter=second)
    assert [(e.code, e.params) for e in refusal.value.errors] == [("no_such_matter", {"open": str(first)})]
    notify(play, matter=first)
    assert due(play, "record_change_notice") is None


def test_the_decision_of_one_partys_matter_leaves_the_other_waiting(play: Play) -> None:
    contract(play)
    a = begun(play, "A vill byta ort", "2026-02-02")
    b = begun(play, "B vill byta varor", "2026-03-02")
    assert due(play, "record_party_decision") == date(2026, 8, 3)
    decide(play, matter=a)
    assert due(play, "record_party_decision") == date(2026, 9, 2)
    assert in_order(play)
    decide(play)
    assert settled(play) == [a, b]
    with pytest.raises(NotPermitted):
        decide(play)


def test_a_party_that_asked_has_its_four_weeks_and_the_others_time_runs_on(play: Play) -> None:
    contract(play)
    a = begun(play, "A vill byta ort", "2026-01-07")
    b = begun(play, "B vill byta varor", "2026-01-26")
    play.advance(to="2026-07-08")
    with pytest.raises(NotPermitted) as refusal:
        play.act("officer", "record_party_asks", asked_on="2026-07-08", matter=b)
    assert [u.code for u in refusal.value.unmet] == ["party_asks_too_early"]
    play.act("officer", "record_party_asks", asked_on="2026-07-08", matter=a)
    assert due(play, "record_party_decision") == date(2026, 7, 27), "B's six months end before A's four weeks"
    assert in_order(play)
    decide(play, matter=b)
    assert due(play, "record_party_decision") == date(2026, 8, 5)
    with pytest.raises(NotPermitted) as refusal:
        play.act("officer", "record_party_asks", asked_on="2026-07-08")
    assert [u.code for u in refusal.value.unmet] == ["no_party_matter"], "a party asks once"
    decide(play)
    assert due(play, "record_party_decision") is None


def test_reasons_given_to_one_tenderer_are_still_owed_to_the_other(play: Play) -> None:
    play.open(lots=("Ett", "Två"))
    play.to_evaluation()
    for lot in (1, 2):
        play.award(lot)
    play.notify()
    day = play.today
    for lot, who in ((1, "Bolag A"), (2, "Bolag C")):
        play.act("officer", "record_reasons_request", lot, requested_on=day.isoformat(), requested_by=who)
    play.advance(3)
    play.act("officer", "record_reasons_request", 1, requested_on=play.today.isoformat(), requested_by="Bolag B")
    lots = {x.number: x.id for x in play.sql("SELECT number, id FROM lots")}

    def owed(lot: int) -> list[date]:
        return [t.due_on for t in play.tasks() if t.trigger == "record_reasons_given" and t.lot_id == lots[lot]]

    (first,) = owed(1)
    play.act("officer", "record_reasons_given", 1, given_on=play.today.isoformat(), note="till A")
    assert owed(1) == [play.today + timedelta(days=15)]
    assert owed(1)[0] > first
    assert len(owed(2)) == 1
    assert in_order(play)
    of_another_lot = number(play, "reasons_request_recorded", 1)
    with pytest.raises(InvalidForm):
        play.act("officer", "record_reasons_given", 1, given_on=play.today.isoformat(), matter=of_another_lot)
    play.act("officer", "record_reasons_given", 1, given_on=play.today.isoformat(), note="till B")
    assert owed(1) == []
    assert len(owed(2)) == 1


def test_a_change_whose_day_is_masked_still_waits_from_the_day_that_its_duty_had(play: Play) -> None:
    contract(play)
    first = changed(play, "Fler sjukhus")
    before = due(play, "record_change_notice")
    play.do("registrar", RedactField(play.case, first, "changed_on", "OSL", "begärt"))
    play.advance(20)
    changed(play, "Ny teknik")
    assert due(play, "record_change_notice") == before
    notify(play)
    notify(play)
    assert due(play, "record_change_notice") is None
