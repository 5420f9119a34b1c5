"""The record of a sanction as a Word file, and the letter of a penalty: what was decided, on what, and sums that add up."""

from __future__ import annotations

from io import BytesIO

import docx
import pytest

from tests.ladder import Ladder, contract
from tests.people import NORRBOTTEN
from tests.play import Play
from workflow.deviations.contract_terms import AMOUNTS
from workflow.exports.decisions import decision_document

OWN = {
    "valid_from": "2026-03-02", "clause_version": "HU 2025", "organisation": "Region Norrbotten", "severe_kinds": "six",
    "commitments": "advanced", "fine_week_amount": "25 000,75", "fine_cap_weeks": 4,
    "re_audit_payer": "supplier_pays_re_audits", "publication": "full_secrecy_review", "reason": "Ur avtalet",
}  # fmt: skip


@pytest.fixture
def ladder(play: Play) -> Ladder:
    """A contract with a penalty in kronor and öre, and a deviation that has come to its first sanction."""
    contract_id = contract(play)
    usual = Ladder(play, contract_id).view.terms
    play.act("officer", "set_contract_terms", case=contract_id, **OWN, **{n: usual[n] for n in usual if n in AMOUNTS})
    ladder = Ladder(play, contract_id, title="Den egna")
    ladder.to_decision()
    return ladder


def record(ladder: Ladder, trigger: str, who: str = "officer") -> str:
    (found,) = ladder.play.sql("SELECT id FROM decisions WHERE case_id = :c AND trigger = :t", c=ladder.id, t=trigger)
    with ladder.play.app.database.read() as uow:
        _, content = decision_document(uow, ladder.play.as_(who), found.id, "sv")
    document = docx.Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells).replace("\N{NO-BREAK SPACE}", " ")


def test_the_record_of_a_penalty_says_what_was_decided_on_what_and_who_took_part(ladder: Ladder) -> None:
    ladder.decide("contractual_fine", evidence="Revision R7", skip_reason="Stopp hjälper inte.")
    said = record(ladder, "decide_contractual_fine")
    assert "25 000,75 kr för varje påbörjad vecka i högst 4 veckor, sammanlagt högst 100 003 kr exklusive moms." in said
    for told in (
        "Underlag för beslutet", "Övriga medel är uttömda.", "Revision R7", "Sven Svar, sven@nordhandske.example",
        "Arbetare betalar inte för sin anställning", "HU 2025",
    ):  # fmt: skip
        assert told in said
    assert f"Föredragande\t{NORRBOTTEN['officer'][0]}" in said
    closed = record(ladder, "decide_contractual_fine", "admin")
    assert "Revision R7" not in closed
    assert "visas inte för din roll" in closed


def test_the_record_of_a_stop_names_who_prepared_it_and_who_consented(ladder: Ladder) -> None:
    ladder.decide("call_off_stop")
    said = record(ladder, "decide_call_off_stop")
    assert "Avtalsägaren samtycker till stoppet" in said
    assert f"Deltog utan att besluta\t{NORRBOTTEN['owner'][0]}, avtalsägare" in said


def test_the_letter_of_a_penalty_states_sums_that_add_up(ladder: Ladder) -> None:
    ladder.decide("contractual_fine", skip_reason="Stopp hjälper inte.")
    letter = ladder.letters()[-1].text.replace("\N{NO-BREAK SPACE}", " ")
    assert "25 000,75 kr" in letter
    assert "100 003 kr" in letter
