"""Whose deviation it is: the contract's people's, and who at the supplier gets its letters."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.ladder import FOUND, SUPPLIER, Ladder, contract
from tests.play import Play
from workflow.commands import OpenCase, ProposeLetterhead, ReleaseLetterhead
from workflow.engine.act import StaleBasis
from workflow.errors import Forbidden, InvalidForm

OTHER = {"contact_name": "Någon Annan", "contact_email": "annan@elsewhere.example"}


@pytest.mark.parametrize("stranger", ["owner_2", "manager"])
def test_only_those_who_act_in_the_contract_open_a_deviation_of_it(play: Play, stranger: str) -> None:
    bond = contract(play)
    with pytest.raises(Forbidden):
        play.do(stranger, OpenCase("deviation", "norrbotten", FOUND, parent_id=bond))
    ladder = Ladder(play, bond)
    assert play.row(ladder.id).owner_id == play.people["owner"]


def test_a_deviation_names_no_people_or_unit_of_its_own(play: Play) -> None:
    bond = contract(play)
    for name in ("owner", "officer", "manager", "unit"):
        taken = {**FOUND, name: play.people["owner_2" if name != "unit" else "unit"]}
        with pytest.raises(InvalidForm):
            play.do("officer", OpenCase("deviation", "norrbotten", taken, parent_id=bond))


def contact(play: Play, bond: str) -> str:
    """The contract's contact now."""
    return str(play.sql("SELECT email FROM supplier_contacts WHERE case_id = :c ORDER BY id", c=bond)[-1].email)


def told(play: Play, bond: str) -> int:
    """How often the contract's trail tells of a contact."""
    return sum("set_supplier_contact" in e.body for e in play.events(case=bond))


def test_a_contact_given_with_a_deviation_stands_on_the_trail_of_the_contract(play: Play) -> None:
    bond = contract(play)
    Ladder(play, bond)
    assert contact(play, bond) == SUPPLIER
    assert told(play, bond) == 1
    Ladder(play, bond, title="En till")
    assert told(play, bond) == 1, "nothing new, no event"


def test_who_may_not_set_the_contract_s_contact_changes_the_deviation_s_alone(play: Play) -> None:
    bond = contract(play)
    Ladder(play, bond)
    second = Ladder.__new__(Ladder)
    second.play, second.contract = play, bond
    opened = OpenCase("deviation", "norrbotten", {**FOUND, "title": "Strategens", **OTHER}, parent_id=bond)
    second.id = play.do("strategist", opened)["id"]
    assert second.row.contact_email == OTHER["contact_email"]
    assert contact(play, bond) == SUPPLIER
    second.act("strategist", "amend_deviation", reason="Ny kontakt", contact_name="X", contact_email="x@y.example")
    assert second.row.contact_email == "x@y.example"
    assert contact(play, bond) == SUPPLIER


def test_a_contact_without_an_address_is_told_at_the_field(play: Play) -> None:
    bond = contract(play)
    with pytest.raises(InvalidForm) as refused:
        Ladder(play, bond, contact_email="ingen adress")
    assert [(e.field, e.code) for e in refused.value.errors] == [("contact_email", "not_an_email")]


# --- the decider has seen the letter that leaves --------------------------------------------------------------------


def prepared(play: Play) -> Ladder:
    ladder = Ladder(play)
    ladder.to_decision()
    ladder.act("officer", "prepare_rung", prepared_rung="contractual_fine", ground="not_following_plan", proportionality="Lindrigt.", evidence="R", skip_reason="Bråttom.")  # fmt: skip
    return ladder


def test_a_decision_is_bound_to_whom_its_letter_goes(play: Play) -> None:
    ladder = prepared(play)
    seen = play.basis("head", "decide_contractual_fine", case=ladder.id)
    ladder.act("officer", "amend_deviation", reason="Ny kontakt hos leverantören", **OTHER)
    with pytest.raises(StaleBasis):
        ladder.play.act("head", "decide_contractual_fine", case=ladder.id, basis=seen, reasons="Nu.")
    draft = ladder.view.draft
    assert draft is not None
    assert (draft.recipient_name, draft.recipient) == ("Någon Annan", OTHER["contact_email"])
    ladder.act("head", "decide_contractual_fine", reasons="Nu.")
    assert ladder.letters()[-1].recipient == OTHER["contact_email"]


def test_a_decision_is_bound_to_the_letterhead_of_its_letter(play: Play) -> None:
    ladder = prepared(play)
    seen = play.basis("head", "decide_contractual_fine", case=ladder.id)
    head = ProposeLetterhead("norrbotten", None, play.today, "Region Norrbotten", "", "Ny gata 1", "", "", "Profil")
    play.do("head", ReleaseLetterhead(play.do("admin", head)["id"]))
    with pytest.raises(StaleBasis):
        ladder.play.act("head", "decide_contractual_fine", case=ladder.id, basis=seen, reasons="Nu.")
    ladder.act("head", "decide_contractual_fine", reasons="Nu.")
    (letter,) = play.sql("SELECT document FROM supplier_notices WHERE kind = 'contractual_fine' AND status = 'queued'")
    assert "Ny gata 1" in letter.document


# --- what becomes of a mail when the letter was handed over in another way -------------------------------------------


def in_hand(play: Play) -> Ladder:
    """The offer waits in the outbox, and the officer has handed it over at a meeting meanwhile."""
    ladder = Ladder(play)
    ladder.act("officer", "start_dialogue")
    play.run_due()
    ladder.act("officer", "offer_opportunity_to_remedy")
    ladder.act("officer", "record_notice_delivered", delivered_on=play.today.isoformat(), means="meeting")
    return ladder


def test_a_letter_handed_over_in_another_way_leaves_once_by_mail_too(play: Play) -> None:
    ladder = in_hand(play)
    due_on = ladder.due_on
    for _ in range(3):
        play.clock.at += timedelta(hours=1)
        play.run_due()
    assert len(ladder.sent()) == 2, "the invitation and the offer, each once"
    assert ladder.letters()[-1].means == "meeting"
    assert ladder.due_on == due_on


def test_a_mail_that_comes_back_undoes_no_hand_over_in_person(play: Play) -> None:
    ladder = in_hand(play)
    play.run_due()
    due_on = ladder.due_on
    ladder.bounce()
    assert ladder.letters()[-1].status == "delivered"
    assert ladder.due_on == due_on
    assert "resend_notice" not in {t for t, _ in ladder.owed()}
