"""The report of delegated decisions that goes to a board's meeting."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import docx
import pytest
from docx.document import Document as WordDocument

from workflow.documents.delegated_decisions import (
    DelegatedDecision,
    DelegatedDecisionReport,
    write_delegated_decisions,
)

NOW = datetime(2026, 12, 1, 8, 0, tzinfo=UTC)


def decision(rule: str, day: int, reference: str = "NB-2026-0042", value: Decimal | None = None) -> DelegatedDecision:
    return DelegatedDecision(
        decided_on=date(2026, 11, day),
        reference=reference,
        registry_number="RN 4711-2026",
        case_title="Operationshandskar",
        decision="Fastställd hållbarhetsmålsättning",
        decider="Åsa Öberg, avtalsägare",
        mandate_rule=rule,
        value=value,
    )


REPORT = DelegatedDecisionReport(
    region_name="Region Norrbotten",
    board_name="Regionstyrelsen",
    registry_number="RN 5000-2026",
    reference="DB-2026-11",
    from_on=date(2026, 11, 1),
    to_on=date(2026, 11, 30),
    meeting_on=date(2026, 12, 9),
    decisions=(
        decision("4.10 Tilldela kontrakt", 30, value=Decimal("1234567")),
        decision("4.2 Fastställa mål", 20, "NB-2026-0050"),
        decision("4.2 Fastställa mål", 1, "NB-2026-0049"),
    ),
)


def opened(report: DelegatedDecisionReport, locale: str = "sv") -> WordDocument:
    return docx.Document(BytesIO(write_delegated_decisions(report, locale=locale, now=NOW)))


def test_decisions_stand_under_their_rule_in_the_order_of_the_delegation_order() -> None:
    document = opened(REPORT)
    headings = [p.text for p in document.paragraphs if p.style.name == "Heading 1"]
    assert headings == ["4.2 Fastställa mål", "4.10 Tilldela kontrakt"]
    assert [row.cells[0].text for row in document.tables[0].rows] == [
        "Beslutsdatum",
        "2026-11-01",
        "2026-11-20",
    ]
    assert [cell.text for cell in document.tables[1].rows[1].cells] == [
        "2026-11-30",
        "RN 4711-2026",
        "Operationshandskar\nNB-2026-0042",
        "Fastställd hållbarhetsmålsättning",
        "Åsa Öberg, avtalsägare",
        "1\u00a0234\u00a0567\u00a0kr",
    ]


def test_the_report_names_board_meeting_period_and_law() -> None:
    document = opened(REPORT)
    text = "\n".join(p.text for p in document.paragraphs)
    assert "Anmälan av delegationsbeslut" in text
    assert "Till sammanträdet onsdag 9 december 2026" in text
    assert "från och med 2026-11-01 till och med 2026-11-30: 3 st" in text
    assert "6 kap. 40 § och 7 kap. 8 § kommunallagen" in text.replace("\u00a0", " ")
    assert document.sections[0].page_width > document.sections[0].page_height


def test_a_month_without_decisions_is_reported_too() -> None:
    document = opened(replace(REPORT, decisions=()))
    assert not document.tables
    assert any(": 0 st" in p.text for p in document.paragraphs)


def test_a_decision_outside_the_period_is_refused() -> None:
    with pytest.raises(ValueError, match="2026-11-20 is outside"):
        replace(REPORT, to_on=date(2026, 11, 19), decisions=(decision("4.2", 20),))


def test_the_report_speaks_english_as_well() -> None:
    assert "Report of delegated decisions" in [p.text for p in opened(REPORT, "en").paragraphs]
