"""A field of the trail masked for good: the text is nowhere any more, the trail still holds and says who, when and by which rule. # I39"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import and_, select, text, update

from tests.ladder import FOUND, Ladder
from tests.play import Play
from tests.second_verifier import independent_faults
from tests.web.site import csrf_token, program, sign_in
from tests.workflow.test_tampering import DECISIONS, FIELDS, faults_after
from workflow.cases.redaction import COPIES
from workflow.commands import AddFile, NoteSecretRead, OpenCase, RedactField, WriteComment
from workflow.db.metadata import METADATA
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.forms import Form, free_words
from workflow.engine.verify import VerifyResult, verify_all
from workflow.errors import Forbidden, InvalidForm, NotFound, StegvisError

RULE, REASON = "GDPR art. 17", "Begäran 2026-44"
NAME = "Kalle Karlsson, 850101-1234"
CONTRACT_OF_LAST_YEAR = {
    "title": "Handskar", "supplier_name": "Norr AB", "start_on": "2024-01-01", "end_on": "2026-03-01",
    "contract_class": "c",
}  # fmt: skip


def event_of(play: Play, kind: str) -> int:
    return int(next(e.seq for e in play.events() if e.kind == kind and e.stream_id == play.case))


def mask(play: Play, kind: str, name: str, who: str = "registrar") -> dict[str, object]:
    return play.do(who, RedactField(play.case, event_of(play, kind), name, RULE, REASON))  # type: ignore[no-any-return]


def seq_of_file(play: Play) -> int:
    return event_of(play, "file_added")


def seq_of_field(play: Play, name: str) -> int:
    """The first event of the case that holds a field of this name."""
    rows = play.sql(
        "SELECT seq FROM audit_payloads WHERE stream_id = :c AND name = :n ORDER BY seq", c=play.case, n=name
    )
    return int(rows[0].seq)


def where(play: Play, words: str) -> set[str]:
    """Every table that holds the words in any column."""
    found = set()
    with play.app.database.read() as uow:
        for name, table in METADATA.tables.items():
            if any(words in str(value) for row in uow.connection.execute(select(table)) for value in row):
                found.add(name)
    return found


def holds(play: Play) -> VerifyResult:
    with play.app.database.read() as uow:
        result = verify_all(uow)
        assert result.ok, result.first_fault
        assert independent_faults(uow) == []
    return result


def test_a_question_is_masked_wherever_it_stands(play: Play) -> None:
    play.open()
    play.need()
    play.do("officer", WriteComment(play.case, NAME, "question", play.people["owner"]))
    queued = play.outbox()[-1]
    facts = json.dumps({**json.loads(queued.facts), "said": [NAME]}, ensure_ascii=False)
    play.sql("UPDATE outbox_messages SET facts = :f WHERE id = :m", f=facts, m=queued.id)  # as if a mail told it
    assert where(play, NAME) == {"comments", "audit_payloads", "outbox_messages"}
    answer = mask(play, "question_asked", "text")
    assert where(play, NAME) == set()
    assert answer["copies"] == 2
    assert holds(play).masked == 1
    (comment,) = play.sql("SELECT text FROM comments")
    assert comment.text == f"[Maskat {play.today} av Rut Registrator enligt {RULE}]"
    last = json.loads(play.events()[-1].body)
    assert (last["kind"], last["actor"], last["rule"]) == ("field_redacted", play.people["registrar"], RULE)


def test_a_files_name_and_reasons_of_a_decision_and_its_basis(play: Play) -> None:
    play.open()
    play.need()
    play.act("owner", "decide_start", reasons=NAME)
    play.do("officer", AddFile(play.case, "brev.pdf", "application/pdf", 1, "0" * 64))
    risks = ("risk_environment", "risk_human_rights", "risk_corruption", "risk_labour_law")
    play.act("officer", "submit_risk_analysis", **dict.fromkeys(risks, "medium"))
    play.act("owner", "save_targets", targets=[{"statement": "Mål", "dimension": "environmental", "goal": 12,
             "level": "basic", "indicator": "andel", "follow_up": "årligen"}])  # fmt: skip
    play.act("strategist", "record_opinion", supports=True, opinion="Enligt Berit")
    play.act("officer", "submit_targets")
    play.act("owner", "decide_sustainability_target")
    assert mask(play, "start_decided", "reasons")["decisions"] == 1
    assert mask(play, "file_added", "name", "admin")["copies"] == 1
    assert mask(play, "opinion_recorded", "opinion")["decisions"] == 1, "the basis of the target decision held it"
    assert where(play, NAME) | where(play, "Enligt Berit") | where(play, "brev.pdf") == set()
    assert holds(play).masked == 3
    browser = sign_in(play, "owner")
    page = browser.get(f"/cases/{play.case}").text
    assert f"enligt {RULE}" in page
    for row in play.sql("SELECT id FROM decisions"):
        assert browser.get(f"/cases/{play.case}/decisions/{row.id}.docx").status_code == 200


def test_what_may_not_be_masked_and_by_whom(play: Play, kalmar: Play) -> None:
    play.open()
    play.need()
    play.do("officer", WriteComment(play.case, NAME))
    seq = event_of(play, "commented")
    play.do("officer", AddFile(play.case, "brev.pdf", "application/pdf", 1, "0" * 64))
    before = where(play, NAME)
    for who in ("officer", "head", "reviewer", "owner"):
        with pytest.raises(Forbidden):
            play.do(who, RedactField(play.case, seq, "text", RULE, REASON))
    with pytest.raises(NotFound):
        kalmar.do("admin", RedactField(play.case, seq, "text", RULE, REASON))
    for event, name in ((seq, "nothing"), (999, "text"), (-1, "text")):
        with pytest.raises(NotFound):
            play.do("registrar", RedactField(play.case, event, name, RULE, REASON))
    for name, rule, reason, field in (
        ("text", " ", REASON, "rule"),
        ("text", RULE, "", "reason"),
        ("text", "x" * 101, REASON, "rule"),
        ("text", RULE, "x" * 1001, "reason"),
    ):
        with pytest.raises(InvalidForm) as refused:
            play.do("registrar", RedactField(play.case, seq, name, rule, reason))
        assert [e.field for e in refused.value.errors] == [field]
    number = next(r.name for r in play.sql("SELECT name, value FROM audit_payloads WHERE seq = :s AND stream_id = :c",
                                           c=play.case, s=seq_of_file(play)) if r.value.isdecimal())  # fmt: skip
    with pytest.raises(InvalidForm):
        play.do("registrar", RedactField(play.case, seq_of_file(play), number, RULE, REASON))
    with pytest.raises(NotFound):  # the class of persons' matter is not an administrator's to read, so not to mask
        mask(play, "commented", "text", "admin")
    assert where(play, NAME) == before
    mask(play, "commented", "text")
    with pytest.raises(StegvisError, match="already_done"):
        mask(play, "commented", "text")
    with pytest.raises(NotFound):
        mask(play, "field_redacted", "reason")
    assert holds(play).masked == 1


def test_words_under_tender_secrecy_wait_for_the_award(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.do("officer", NoteSecretRead(play.case))
    play.do("officer", WriteComment(play.case, NAME))
    with pytest.raises(StegvisError):  # not even that it was written is told
        mask(play, "commented", "text")
    play.award()
    mask(play, "commented", "text")
    assert where(play, NAME) == set()
    holds(play)


def test_a_mask_that_no_event_tells_of_or_that_is_undone_is_found(play: Play) -> None:
    play.open()
    play.need()
    play.act("owner", "decide_start", reasons=NAME)
    seq = event_of(play, "start_decided")
    place = and_(FIELDS.c.stream_id == play.case, FIELDS.c.seq == seq, FIELDS.c.name == "reasons")
    with play.app.database.read() as uow:
        was = dict(uow.connection.execute(select(FIELDS).where(place)).mappings().one())

    def by_hand(uow: UnitOfWork) -> None:
        new = {"value": None, "salt": "", "redacted_at": play.clock.now(), "redaction": "gallrat"}
        uow.connection.execute(update(FIELDS).where(place).values(new))

    def codes(deed: object) -> list[tuple[int | None, str]]:
        return [(f.seq, f.code) for f in faults_after(play, deed) if f.stream_id == play.case]  # type: ignore[arg-type]

    assert codes(by_hand) == [(seq, "mask_unrecorded")]
    mask(play, "start_decided", "reasons")
    assert codes(lambda uow: uow.connection.execute(update(FIELDS).where(place).values(was))) == [(seq, "mask_undone")]
    for column, value in (("redaction", "annat"), ("secrecy", "business"), ("salt", "a"), ("redacted_at", None)):
        new = {column: value}
        assert codes(lambda uow, new=new: uow.connection.execute(update(FIELDS).where(place).values(new))) == [
            (seq, "field_masked")
        ]
    for column, code in (("reasons", "decision_differs"), ("basis", "basis_changed")):
        at = and_(DECISIONS.c.case_id == play.case, DECISIONS.c.seq == seq)
        new = {column: "{}"}
        assert codes(lambda uow, at=at, new=new: uow.connection.execute(update(DECISIONS).where(at).values(new))) == [
            (seq, code)
        ]


def test_on_the_page_by_api_and_what_is_shown_afterwards(play: Play) -> None:
    play.open()
    play.do("officer", WriteComment(play.case, NAME))
    play.do("officer", WriteComment(play.case, "Annat"))
    first, second = [e.seq for e in play.events() if e.kind == "commented"]
    browser = sign_in(play, "registrar")
    event = f"/trail/{play.case}/{first}"
    address = f"{event}/mask/text"
    assert address in browser.get(event).text
    assert address not in sign_in(play, "reviewer").get(event).text
    assert sign_in(play, "officer").get(address).status_code == 403
    assert NAME in browser.get(address).text
    token = csrf_token(browser)
    again = browser.post(address, data={"csrf_token": token, "rule": "", "reason": "Behålls"})
    assert again.status_code == 422
    assert "Behålls" in again.text
    done = browser.post(address, data={"csrf_token": token, "rule": RULE, "reason": REASON})
    assert (done.status_code, done.headers["location"]) == (303, event)
    shown = browser.get(event).text
    assert NAME not in shown
    assert "Rut Registrator" in shown
    assert RULE in shown
    assert browser.get(address).status_code == 404
    client = program(play, "registrar")
    url = f"/api/v1/cases/{play.case}/events/{second}/fields/text/redact"
    assert client.post(url, json={"rule": RULE}).status_code == 422
    answer = client.post(url, json={"rule": RULE, "reason": REASON})
    assert answer.status_code == 200, answer.text
    assert program(play, "officer").post(url, json={"rule": RULE, "reason": REASON}).status_code == 403
    assert holds(play).masked == 2


def test_every_column_that_is_searched_for_copies_is_there() -> None:
    for table, columns in COPIES.items():
        assert set(columns) <= set(METADATA.tables[table].c.keys())
        assert "case_id" in METADATA.tables[table].c


def test_a_text_that_stands_beside_another_is_masked_there_too(play: Play) -> None:
    contract = replace(
        play,
        case=play.do(
            "officer", OpenCase("contract", play.region, {**CONTRACT_OF_LAST_YEAR, "owner": play.people["owner"]})
        )["id"],
    )
    contract.run_due()
    assert contract.row().state == "final_evaluation"
    contract.act("owner", "record_final_evaluation", evaluation_goals_met="Målen nåddes.", lessons=NAME)
    contract.do("registrar", RedactField(contract.case, seq_of_field(contract, "lessons"), "lessons", RULE, REASON))
    assert where(contract, NAME) == set()
    (row,) = contract.sql("SELECT evaluation FROM contracts")
    assert row.evaluation.startswith("Målen nåddes.\n\n[Maskat")


def test_what_is_said_of_a_supplier_is_masked_but_in_the_letter_that_went_out(play: Play) -> None:
    ladder = Ladder(play, **{**FOUND, "description": NAME})
    case = replace(play, case=ladder.id)
    case.do("registrar", RedactField(case.case, seq_of_field(case, "description"), "description", RULE, REASON))
    assert where(play, NAME) <= {"supplier_notices", "outbox_messages"}


def test_what_the_steps_of_a_deviation_take_in_is_searched_wherever_it_is_kept() -> None:
    """Words of a form that a table of the case keeps under the same name."""
    from workflow.deviations import forms

    asked = {
        name
        for form in vars(forms).values()
        if isinstance(form, type) and issubclass(form, Form)
        for name in free_words(form)
    }
    kept = {
        (table.name, column.name)
        for table in METADATA.sorted_tables
        if "case_id" in table.c and table.name not in ("decisions", "mail_matters", "outbox_messages")
        for column in table.c
        if column.name in asked
    }
    searched = {(table, column) for table, columns in COPIES.items() for column in columns}
    assert kept - searched <= {("supplier_notices", "text")}


def test_the_name_in_a_register_is_masked_and_the_account_stays(play: Play) -> None:
    (row,) = play.sql(
        "SELECT stream_id, seq FROM audit_payloads WHERE stream_id = 'people.norrbotten' AND name = 'name'"
        " AND value LIKE '%Uno%' ORDER BY seq LIMIT 1"
    )
    play.do("admin", RedactField(row.stream_id, row.seq, "name", RULE, REASON))
    assert play.sql("SELECT name FROM people WHERE name LIKE 'Uno%'")
    assert holds(play).masked == 1
    with play.app.database.read() as uow:
        kinds = uow.connection.execute(
            text("SELECT kind FROM audit_events WHERE stream_id = 'people.norrbotten' ORDER BY seq DESC LIMIT 1")
        )
        assert kinds.scalar_one() == "field_redacted"
