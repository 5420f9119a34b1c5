"""What is said of a case while its tenders are secret is read by the access list only, until the award (OSL 19:3)."""

from __future__ import annotations

import dataclasses
from io import BytesIO
from typing import Any

import docx
import pytest

from tests.play import SUPPLIER, Play
from workflow.cases import queries as cases
from workflow.cases.region_trail import TrailFilter, region_events
from workflow.commands import AddFile, WriteComment
from workflow.errors import InvalidForm
from workflow.exports.decisions import decision_document
from workflow.exports.region import export_region

WORD = "SÄMST-PRIS-4711"


@pytest.fixture
def evaluated(play: Play) -> Play:
    """Two lots whose tenders are opened; the officer alone is on the access list."""
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    return play


def seen(play: Play, who: str) -> str:
    """Everything a person sees of the case, and of the region's trail, as one text."""
    actor = play.as_(who)
    with play.app.database.read() as uow:
        found: list[Any] = [
            cases.case_comments(uow, actor, play.case),
            cases.case_events(uow, actor, play.case),
            cases.case_view(uow, actor, play.case),
            cases.case_files(uow, actor, play.case),
            region_events(uow, actor, TrailFilter()),
        ]
    return repr([dataclasses.asdict(x) if dataclasses.is_dataclass(x) else x for x in found])  # type: ignore[call-overload]


def kinds(play: Play, who: str) -> list[str]:
    with play.app.database.read() as uow:
        return [e.kind for e in cases.case_events(uow, play.as_(who), play.case)]


def award(play: Play) -> None:
    for lot in (1, 2):
        play.act("officer", "submit_award_proposal", lot, suppliers=[SUPPLIER], award_reasons="Bäst.")
        play.act("head", "decide_award", lot)


def test_a_comment_follows_the_case_until_the_award(evaluated: Play) -> None:
    evaluated.do("officer", WriteComment(evaluated.case, WORD))
    assert WORD in seen(evaluated, "officer")
    for who in ("owner", "manager", "registrar", "reviewer", "admin"):
        assert WORD not in seen(evaluated, who), who
        assert "commented" not in kinds(evaluated, who), "not even that something was said"
    award(evaluated)
    assert WORD in seen(evaluated, "owner")


def test_before_the_opening_and_in_so_many_words_a_comment_is_open(play: Play, evaluated: Play) -> None:
    evaluated.do("officer", WriteComment(evaluated.case, WORD, secrecy="open"))
    assert WORD in seen(evaluated, "owner")
    evaluated.open()
    evaluated.do("officer", WriteComment(evaluated.case, "tidigt", secrecy="tender"))
    assert "tidigt" in seen(evaluated, "owner")


def test_its_writer_reads_it_without_being_on_the_list(evaluated: Play) -> None:
    evaluated.do("owner", WriteComment(evaluated.case, WORD, "question"))
    with evaluated.app.database.read() as uow:
        assert [c.text for c in cases.case_comments(uow, evaluated.as_("owner"), evaluated.case)] == [WORD]
        assert cases.case_comments(uow, evaluated.as_("manager"), evaluated.case) == []


def test_nothing_is_put_to_somebody_who_could_not_read_it(evaluated: Play) -> None:
    asked = evaluated.do("owner", WriteComment(evaluated.case, "Hur går det?", "question"))["id"]
    with pytest.raises(InvalidForm) as refusal:
        evaluated.do("officer", WriteComment(evaluated.case, WORD, answers_id=asked))
    assert [(e.field, e.code) for e in refusal.value.errors] == [("secrecy", "reader_not_on_access_list")]
    evaluated.do("officer", WriteComment(evaluated.case, "Enligt plan.", answers_id=asked, secrecy="open"))
    evaluated.run_due()
    [mail] = [m for m in evaluated.mail_to("owner") if "Enligt plan" in str(m) or "svar" in str(m["Subject"]).lower()]
    assert "Enligt plan" not in str(mail), "the mail says: read it in the case"


def test_a_file_follows_the_case_too(evaluated: Play) -> None:
    evaluated.do("officer", AddFile(evaluated.case, f"{WORD}.pdf", "application/pdf", 10, "ab" * 32))
    assert WORD not in seen(evaluated, "owner")
    award(evaluated)
    assert WORD in seen(evaluated, "owner")


def test_the_reasons_of_a_cancellation_show_to_who_decides_it_and_to_nobody_else(evaluated: Play) -> None:
    assert "on_access_list=True" not in seen(evaluated, "head")
    evaluated.act("officer", "propose_cancellation", 2, reasons=WORD)
    for who in ("owner", "manager", "registrar", "reviewer", "admin"):
        assert WORD not in seen(evaluated, who), who
    assert WORD in seen(evaluated, "head")
    assert WORD not in export_region(evaluated.app, evaluated.region, "json", "sv").decode()
    evaluated.run_due()
    assert not [m for _, m in evaluated.sent if WORD in str(m)]
    evaluated.act("head", "decide_cancellation", 2)
    assert WORD in seen(evaluated, "owner"), "the decision ends the secrecy of the lot"


def test_why_a_case_rests_is_tender_matter_as_well(evaluated: Play) -> None:
    evaluated.act("officer", "pause", reason=WORD)
    for who in ("owner", "reviewer", "admin"):
        assert WORD not in seen(evaluated, who), who
    assert WORD in seen(evaluated, "officer")
    evaluated.do("officer", WriteComment(evaluated.case, WORD))
    assert WORD not in export_region(evaluated.app, evaluated.region, "json", "sv").decode()


def test_the_record_of_a_decision_is_the_same_whoever_takes_it_out(evaluated: Play) -> None:
    """Words that are secret to one reader do not move what the record tells of the decision."""
    play = evaluated
    for number in range(2):
        play.do("officer", WriteComment(play.case, f"Om anbuden {number}"))
    play.award(1)
    play.notify(1)
    (decision,) = play.sql("SELECT id FROM decisions WHERE trigger = 'decide_award'")
    with play.app.database.read() as uow:
        made = [decision_document(uow, play.as_(who), decision.id, "sv")[1] for who in ("officer", "reviewer")]
    first, second = (docx.Document(BytesIO(content)).element.xml for content in made)
    assert first == second
