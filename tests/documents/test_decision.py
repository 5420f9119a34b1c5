"""The record of a decision: what the law asks for is in it, and the file is one a region can send."""

from dataclasses import replace
from datetime import UTC, date, datetime
from io import BytesIO
from zipfile import ZipFile

import docx
import pytest
from docx.document import Document as WordDocument
from docx.oxml.ns import qn

from workflow.documents.content import Document, Table
from workflow.documents.decision import (
    AppliedParameter,
    DecisionRecord,
    OralNote,
    write_decision,
    write_decision_text,
)
from workflow.documents.word import write_word

NOW = datetime(2026, 11, 21, 8, 5, tzinfo=UTC)

TARGET = DecisionRecord(
    region_name="Region Norrbotten",
    unit_name="Division Närsjukvård",
    reference="NB-2026-0042",
    registry_number="RN 4711-2026",
    case_title="Operationshandskar och undersökningshandskar 2027–2030",
    decision_title="Fastställd hållbarhetsmålsättning",
    decided_at=datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
    decider_name="Åsa Öberg",
    decider_role="avtalsägare",
    on_behalf_of="Märta Ängström, avtalsägare",
    presenters=("Björn Häggström, hållbarhetsstrateg",),
    participants=("Ylva Sjö, upphandlare",),
    mandate_rule="Delegationsordning 4.2 Fastställa hållbarhetsmålsättning",
    mandate_source="Riktlinje Inköp, beslutad 2025-03-01",
    statement="Målen i tabellen ska gälla för upphandlingen.\nDe följs upp varje år.",
    reasons="Risken för tvångsarbete i leveranskedjan är hög.",
    basis=(("Riskgrad", "Hög"), ("Yttrande", "Hållbarhetsstrategen tillstyrker.\nInga målkonflikter.")),
    tables=(
        Table(
            "Mål",
            ("Mål", "Indikator", "Nivå", "Följs upp genom"),
            (
                ("Anständiga arbetsvillkor", "Andel reviderade fabriker", "100 %", "Fabriksrevision"),
                ("Mindre klimatpåverkan", "Kg CO₂e per 1 000 par", "högst 25", "Självskattning"),
            ),
        ),
        Table("Krav", ("Krav", "Nivå"), ()),
    ),
    oral_notes=(OralNote(datetime(2026, 11, 19, 13, 0, tzinfo=UTC), "Ylva Sjö", "Leverantören har två fabriker."),),
    deviating_opinion="Nivån borde vara högre.",
    receipts=("28 dec. 2026 = 10 dagar från 14 dec., LOU 20:1.",),
    parameters=(AppliedParameter("Tid att yttra sig", "10 arbetsdagar", date(2026, 1, 1), "Riktlinje Inköp"),),
    sent_to=("Upphandlingsenheten", "Diariet"),
    basis_hash="9f" * 32,
    definition="procurement@1",
)


def opened(record: DecisionRecord = TARGET, locale: str = "sv") -> WordDocument:
    return docx.Document(BytesIO(write_decision(record, locale=locale, now=NOW)))


def words(document: WordDocument) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([p.text for p in document.paragraphs] + cells)


@pytest.mark.parametrize(
    "what",
    [
        "Åsa Öberg, avtalsägare",
        "Märta Ängström, avtalsägare",
        "Björn Häggström, hållbarhetsstrateg",
        "Ylva Sjö, upphandlare",
        "Målen i tabellen ska gälla för upphandlingen.",
        "Risken för tvångsarbete i leveranskedjan är hög.",
        "Nivån borde vara högre.",
        "Leverantören har två fabriker.",
        "Delegationsordning 4.2 Fastställa hållbarhetsmålsättning",
        "Riktlinje Inköp, beslutad 2025-03-01",
        "Kg CO₂e per 1 000 par",
        "28 dec. 2026 = 10 dagar från 14 dec., LOU 20:1.",
        "Upphandlingsenheten",
        "10 arbetsdagar",
        "9f" * 32,
        "procurement@1",
    ],
)
def test_the_word_file_and_the_text_hold_what_the_record_must_show(what: str) -> None:
    assert what in words(opened())
    assert what in write_decision_text(TARGET, "sv")


def test_the_day_of_the_decision_is_the_day_in_sweden() -> None:
    assert "21 nov. 2026 kl. 00.30" in words(opened())


def test_nobody_presented_and_nobody_else_took_part_is_said_in_words() -> None:
    alone = replace(TARGET, presenters=(), participants=(), on_behalf_of=None)
    text = write_decision_text(alone, "sv")
    assert "Ingen föredragande" in text
    assert "Ingen annan deltog" in text
    assert "Ersätter" not in text


def test_the_headings_are_headings_and_come_in_order() -> None:
    headings = [p.text for p in opened().paragraphs if p.style.name == "Heading 1"]
    assert headings == [
        "Beslut",
        "Skäl för beslutet",
        "Avvikande mening",
        "Underlag för beslutet",
        "Uppgifter som har lämnats muntligt",
        "Så räknades datumen",
        "Beslutet skickas till",
        "Kontrollera beslutet",
    ]


def test_the_letterhead_has_region_and_registry_number_and_counts_pages() -> None:
    section = opened().sections[0]
    first, second = section.header.paragraphs
    assert first.text == "Region Norrbotten\tDnr RN 4711-2026"
    fields = [field.get(qn("w:instr")) for field in second._p.iter(qn("w:fldSimple"))]
    assert fields == ["PAGE", "NUMPAGES"]
    assert "".join(t.text for t in second._p.iter(qn("w:t"))) == "Division NärsjukvårdSida 1 av 1"
    assert (round(section.page_width.cm, 1), round(section.page_height.cm, 1)) == (21.0, 29.7)


def test_a_case_without_registry_number_says_so() -> None:
    header = opened(replace(TARGET, registry_number=None)).sections[0].header
    assert header.paragraphs[0].text == "Region Norrbotten\tInte diariefört"


def test_every_table_has_a_repeating_header_row_and_a_title_for_screen_readers() -> None:
    tables = opened().tables
    assert [t._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")) for t in tables] == [
        "Mål",
        "Krav",
        "Inställningar som gällde",
    ]
    for table in tables:
        first, *others = table._tbl.tr_lst
        assert first.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
        assert not any(list(row.iter(qn("w:tblHeader"))) for row in others)
        assert table._tbl.tblPr.find(qn("w:tblLook")).get(qn("w:firstRow")) == "1"
    assert [cell.text for cell in tables[1].rows[1].cells] == ["–", "–"]


@pytest.mark.parametrize(("locale", "language", "heading"), [("sv", "sv-SE", "Beslut"), ("en", "en-GB", "Decision")])
def test_the_file_says_which_language_it_is_in(locale: str, language: str, heading: str) -> None:
    document = opened(locale=locale)
    assert document.styles.element.find(f".//{qn('w:lang')}").get(qn("w:val")) == language
    assert document.core_properties.language == language
    assert heading in [p.text for p in document.paragraphs if p.style.name == "Heading 1"]


def test_the_properties_name_the_decision_and_its_region() -> None:
    properties = opened(replace(TARGET, case_title="å" * 300)).core_properties
    assert properties.title == "Fastställd hållbarhetsmålsättning"
    assert properties.author == "Region Norrbotten"
    assert properties.created == NOW
    assert properties.subject == "å" * 255


def test_the_same_record_gives_the_same_bytes() -> None:
    made = write_decision(TARGET, locale="sv", now=NOW)
    assert made == write_decision(TARGET, locale="sv", now=NOW)
    assert {entry.date_time for entry in ZipFile(BytesIO(made)).infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert made != write_decision(replace(TARGET, reasons="Andra skäl."), locale="sv", now=NOW)


def test_text_from_a_form_cannot_pass_for_a_heading() -> None:
    sly = replace(TARGET, statement="Ja.\n\nKontrollera beslutet\u2028Avvikande mening\r\n\tBeslut")
    left = [line for line in write_decision_text(sly, "sv").splitlines() if line and line[0] != " "]
    honest = [line for line in write_decision_text(TARGET, "sv").splitlines() if line and line[0] != " "]
    assert left == honest
    sly_title = replace(TARGET, case_title="Handskar\nSkäl för beslutet")
    assert "Handskar Skäl för beslutet\n" in write_decision_text(sly_title, "sv")


def test_the_text_is_canonical() -> None:
    composed, decomposed = replace(TARGET, reasons="Å"), replace(TARGET, reasons="A\u030a\r\n")
    text = write_decision_text(composed, "sv")
    assert text == write_decision_text(decomposed, "sv")
    assert text.endswith("\n")
    assert not any(line != line.rstrip() for line in text.split("\n"))


def test_characters_that_no_word_file_may_hold_do_not_stop_a_decision() -> None:
    odd = replace(TARGET, reasons="Före\x00 och <w:p/> &amp; \x07efter \ud800 🧤", unit_name="A\x1bB")
    assert "Före\ufffd och <w:p/> &amp; \ufffdefter \ufffd 🧤" in words(opened(odd))


def test_an_instant_without_time_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        replace(TARGET, decided_at=datetime(2026, 11, 20, 9, 0))


def test_a_table_row_that_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="row 1: 1 cells under 2 headers"):
        Table("Mål", ("Mål", "Nivå"), (("bara ett",),))


def test_a_table_too_wide_for_the_paper_stands_as_lists_and_no_word_is_broken() -> None:
    headers = tuple(f"Ett långt rubrikord {n}" for n in range(12))
    wide = Table("Mål", headers, (tuple(f"värde {n}" for n in range(12)),))
    narrow = Table("Krav", ("Nr", "Lydelse"), (("1", "Leveransen kan ske digitalt"),))
    document = Document("Region", "Enhet", "Dnr 1", "UPP-1", "Titel", "Undertitel", (wide, narrow))
    made = docx.Document(BytesIO(write_word(document, locale="sv", now=datetime(2026, 11, 25, tzinfo=UTC))))
    (table,) = made.tables
    first, second = (int(c.width) for c in table.rows[0].cells)
    assert first < second, "the room goes to what says most"
    said = "\n".join(p.text for p in made.paragraphs)
    assert all(f"{h}\tvärde {n}" in said for n, h in enumerate(headers))
