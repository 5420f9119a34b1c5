"""A whole procurement with two lots, one sent back by the court, one cancelled: by API, by pages and mixed."""

from __future__ import annotations

import pytest

from tests.journey import ByApi, ByCommand, ByPages, Journey, Mixed
from tests.play import Play
from workflow.commands import CorrectCase
from workflow.engine.verify import verify_all


def holds(play: Play) -> None:
    """The trail verifies, which includes that every case stands where its events brought it. # I8"""
    with play.app.database.read() as uow:
        result = verify_all(uow)
    assert result.ok, result.first_fault


def test_by_api_to_the_end(play: Play) -> None:
    Journey(play, ByApi(play)).told()
    assert {e.kind for e in play.events()} >= {"review_recorded", "ruling_recorded", "cancellation_decided"}
    holds(play)


@pytest.mark.parametrize("made", ["sqlite"], indirect=True)  # pages do not care; the mixed one takes both
def test_by_pages_without_a_script_to_the_end(play: Play) -> None:
    Journey(play, ByPages(play)).told()
    holds(play)


def test_mixed_to_the_end(play: Play) -> None:
    """What one door leaves, the next takes up: each step through the next of the three."""
    Journey(play, Mixed([ByApi(play), ByPages(play), ByCommand(play)])).told()
    holds(play)


def test_who_may_no_longer_decide_is_told_why_and_keeps_what_was_typed(play: Play) -> None:
    """The page was open while the ownership of the case moved to somebody else."""
    play.open()
    play.need()
    owner = ByPages(play).seat("owner")
    form = owner.open(f"/cases/{play.case}/do/decide_start").form("/decide_start")
    row = play.row()
    hands = {"title": row.title, "unit": row.unit_id, "owner": play.people["owner_2"], "officer": row.officer_id}
    play.do("officer", CorrectCase(row.id, row.row_version, hands))
    stale = owner.send(form, reasons="Behovet är väl beskrivet.")
    assert stale.status == 409
    assert stale.form("/decide_start").fields["reasons"] == "Behovet är väl beskrivet."
    refused = owner.send(stale.form("/decide_start"))
    assert refused.status == 422
    assert refused.faults() == ["Du har inte den roll som krävs för det här steget."]
    assert "Kan lösas av: Örjan Ägare" in refused.text
    assert refused.form("/decide_start").fields["reasons"] == "Behovet är väl beskrivet."
    assert play.row().state == "start_decision"


def test_who_comes_after_the_step_was_taken_can_copy_what_was_typed(play: Play) -> None:
    play.open()
    officer = ByPages(play).seat("officer")
    form = officer.open(f"/cases/{play.case}/do/submit_needs_analysis").form("/submit_needs_analysis")
    play.need()
    late = officer.send(form, need="En lång och väl avvägd text om behovet.", kind="services")
    assert late.status == 409
    assert "Det du skrev är inte sparat" in late.text
    assert "En lång och väl avvägd text om behovet." in late.text
    assert "lämnade behovsanalysen till beslut" in late.text


def test_a_decision_page_says_what_follows_both_ways_and_nothing_about_the_reader_to_others(play: Play) -> None:
    """The strategist gave the opinion: the page of the owner's decision does not ask the strategist for another."""
    play.open()
    play.to_target_decision()
    pages = ByPages(play)
    path = f"/cases/{play.case}/do/decide_sustainability_target"
    decider = pages.seat("owner").open(path).text
    assert "Om du beslutar i dag" in decider
    assert "Om du skickar tillbaka Ärendet går tillbaka ett steg" in decider
    reader = pages.seat("strategist").open(path).text
    assert "Det här beslutar någon annan" in reader
    assert "Kan lösas av: Åsa Ägare" in reader
    assert "yttrande av någon annan" not in reader
