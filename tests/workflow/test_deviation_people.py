"""Whose deviation it is: the contract's people's, and who at the supplier gets its letters."""

from __future__ import annotations

import pytest

from tests.ladder import FOUND, SUPPLIER, Ladder, contract
from tests.play import Play
from workflow.commands import OpenCase
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
