"""Names of events, terms and pauses, which stand in the catalogues of other subjects."""

from __future__ import annotations

import pytest

from templates import formatting

NAMES = {
    "anchor.award_notice_sent": "underrättelsen skickad",
    "anchor.meeting_planned": "mötet",
    "term.standstill": "avtalsspärr",
    "pause.dispute": "tvist",
}


@pytest.fixture(autouse=True)
def _names_of_other_subjects(monkeypatch: pytest.MonkeyPatch) -> None:
    own = formatting.label
    monkeypatch.setattr(formatting, "label", lambda code, locale: NAMES.get(code) or own(code, locale))
