"""Documents of decisions as a region sends them: from the stored decision, within the region's wall and the View."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import docx
import pytest
from sqlalchemy import text

from tests.demo_region import demo, somebody
from workflow.errors import NotFound
from workflow.exports.decisions import decision_document, delegated_decisions, delegated_decisions_report

OFFICER, OWNER = "upphandlare@norrbotten.example", "avtalsagare@norrbotten.example"
PERIOD = (date(2026, 6, 1), date(2026, 11, 23))
MEETING = date(2026, 12, 9)


def decision_of(title: str, trigger: str) -> str:
    """The id of the last decision of a kind in the case with this title."""
    sql = (
        "SELECT d.id FROM decisions d JOIN cases c ON c.id = d.case_id "
        "WHERE c.title = :t AND c.process = 'procurement' AND d.trigger = :g ORDER BY d.seq DESC"
    )
    with demo().database.read() as uow:
        return str(uow.connection.execute(text(sql), {"t": title, "g": trigger}).scalars().first())


def words(written: bytes) -> str:
    document = docx.Document(BytesIO(written))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


def written(title: str, trigger: str, email: str = OFFICER, locale: str = "sv") -> tuple[str, str]:
    with demo().database.read() as uow:
        name, content = decision_document(uow, somebody(demo(), email), decision_of(title, trigger), locale)
    return name, words(content)


def report(email: str = OFFICER, **more: Any) -> Any:
    with demo().database.read() as uow:
        return delegated_decisions(uow, somebody(demo(), email), *PERIOD, MEETING, "Regionstyrelsen", "sv", **more)


@pytest.mark.parametrize(
    "what",
    [
        "Åsa Berglund, avtalsägare",
        "Linnea Ström, hållbarhetsstrateg",
        "Riktlinje Inköp",
        "Det är inte delegerat (6 kap. 38 § kommunallagen)",
        "Mindre fossil plast",
        "30 procent",
        "Målen svarar mot riskanalysen",
        "Målen är skrivna av",
        "Målsättningen ligger i linje med hållbarhetsstrategin.",
        "procurement@1",
    ],
)
def test_the_decision_on_a_target_shows_targets_opinions_and_who_wrote_them(what: str) -> None:
    assert what in written("Engångsmaterial av papper och plast", "decide_sustainability_target")[1]


def test_a_target_is_never_said_to_be_delegated() -> None:
    text_ = written("Engångsmaterial av papper och plast", "decide_sustainability_target")[1]
    assert "elegationsordning" not in text_


def test_the_file_is_named_after_case_and_decision() -> None:
    name, _ = written("Patientlyftar", "sign_contracts")
    assert name.startswith("UPP-2026-")
    assert name.endswith(".docx")
    assert "-beslut-" in name


def test_the_award_names_the_supplier_the_rule_and_the_lot() -> None:
    said = written("Engångsmaterial av papper och plast", "decide_award")[1]
    for what in ("Anbudsområde 3, Haklappar", "Lablinjen AB", "4.1 Tilldelning", "Helena Marklund, upphandlingschef"):
        assert what in said


def test_in_english_too() -> None:
    said = written("Patientlyftar", "sign_contracts", locale="en")[1]
    assert "The contracts are signed" in said
    assert "Beslut" not in said


def test_a_recalled_award_is_tender_matter_again_for_those_who_may_not_see_the_tenders() -> None:
    """The court ordered a correction: until the new award the old one's supplier is secret (OSL 19:3)."""
    title = "Sjukresor med taxi, norra länsdelen"
    on_the_list, other = (written(title, "decide_award", who)[1] for who in (OFFICER, OWNER))
    assert "Älvstrands Taxi AB" in on_the_list
    assert "Älvstrands Taxi AB" not in other
    assert "förhållande mellan pris och kvalitet" not in other
    assert "sekretessbelagda" in other


def test_another_regions_decision_is_not_there() -> None:
    with pytest.raises(NotFound):
        written("Patientlyftar", "sign_contracts", "upphandlare@kalmar.example")


def test_every_decision_of_the_region_can_be_written_down() -> None:
    who = somebody(demo(), OFFICER)
    one_of_each = "SELECT min(id) FROM decisions WHERE region_id = 'norrbotten' GROUP BY trigger"
    with demo().database.read() as uow:
        for decision_id in uow.connection.execute(text(one_of_each)).scalars().all():
            for locale in ("sv", "en"):
                assert len(decision_document(uow, who, decision_id, locale)[1]) > 10_000


def test_the_report_holds_what_was_decided_by_delegation_and_nothing_else() -> None:
    decisions = report().decisions
    assert {d.mandate_rule.split()[0] for d in decisions} >= {"4.1", "4.2", "4.3"}
    said = {d.decision.split("\n")[0] for d in decisions}
    assert "Tilldelningen är beslutad" in said
    assert "Hållbarhetsmålsättningen är fastställd" not in said
    assert "Kraven är fastställda" not in said
    assert all(PERIOD[0] <= d.decided_on <= PERIOD[1] for d in decisions)


def test_a_region_reports_its_own_decisions_only() -> None:
    ours = {d.reference + d.case_title for d in report().decisions}
    theirs = {d.reference + d.case_title for d in report("upphandlare@kalmar.example").decisions}
    assert ours
    assert theirs
    assert not ours & theirs


def test_the_value_of_a_secret_lot_is_left_out_of_the_report() -> None:
    title = "Sjukresor med taxi, norra länsdelen"
    seen, withheld = (
        [d.value for d in report(who).decisions if d.case_title == title and d.decision.startswith("Tilldelningen")]
        for who in (OFFICER, OWNER)
    )
    assert seen
    assert all(seen)
    assert not any(withheld)


def test_the_report_is_a_word_file_with_the_meeting_on_it() -> None:
    with demo().database.read() as uow:
        who = somebody(demo(), "registrator@norrbotten.example")
        name, content = delegated_decisions_report(uow, who, *PERIOD, MEETING, "Regionstyrelsen", "sv")
    assert name == "delegationsbeslut-2026-06-01-2026-11-23.docx"
    assert "Till sammanträdet onsdag 9 december 2026" in words(content)
