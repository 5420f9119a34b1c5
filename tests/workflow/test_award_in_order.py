"""What follows an award comes after it: notices, reviews, rulings, signatures, and an award that no longer stands."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from states.errors import NotPermitted
from tests.play import CONTRACT, Play
from workflow.cases.actions import case_actions
from workflow.commands import AssignRole
from workflow.errors import InvalidForm

OTHER = {"supplier_name": "Ren AB", "organisation_number": "556016-0680", "value": "3 000 000"}
COURT = {"court": "Förvaltningsrätten i Luleå"}


def days(play: Play, count: int) -> str:
    """A day from today, as a form sends it."""
    return (play.today + timedelta(days=count)).isoformat()


def fault(refused: pytest.ExceptionInfo[InvalidForm]) -> tuple[str, str]:
    (error,) = refused.value.errors
    return error.field, error.code


def refused(play: Play, who: str, trigger: str, lot: int | None = None, **form: Any) -> tuple[str, str]:
    with pytest.raises(InvalidForm) as found:
        play.act(who, trigger, lot, **form)
    return fault(found)


def unmet(play: Play, who: str, trigger: str, lot: int | None = None, **form: Any) -> set[str]:
    with pytest.raises(NotPermitted) as found:
        play.act(who, trigger, lot, **form)
    return {u.code for u in found.value.unmet}


@pytest.fixture
def tendered(play: Play) -> Play:
    play.open()
    play.to_evaluation()
    return play


@pytest.fixture
def awarded(tendered: Play) -> Play:
    tendered.award()
    return tendered


@pytest.fixture
def ready(awarded: Play) -> Play:
    """The standstill is over."""
    awarded.notify()
    awarded.advance(12)
    assert awarded.lots() == {1: "contract_signing"}
    return awarded


def review(play: Play, number: str, lodged_on: str = "", **more: Any) -> None:
    lodged_on = lodged_on or play.today.isoformat()
    play.act("officer", "record_review", court_case_number=number, lodged_on=lodged_on, **COURT, **more)


def ruling(play: Play, **form: Any) -> None:
    play.act("officer", "record_ruling", ruled_on=play.today.isoformat(), **form)


def test_an_advertisement_is_not_older_than_the_requirements_it_carries(play: Play) -> None:
    play.open()
    play.to_advertising()
    told = {"notice_reference": "N1", "tender_deadline_on": days(play, 40)}
    assert refused(play, "officer", "record_advertisement", published_on=days(play, -1), **told) == (
        "published_on",
        "date_too_early",
    )
    assert refused(play, "officer", "record_advertisement", published_on=days(play, 1), **told) == (
        "published_on",
        "date_in_future",
    )


def test_a_notice_is_not_older_than_the_award_it_tells_of(awarded: Play) -> None:
    assert refused(awarded, "officer", "record_award_notice", sent_on=days(awarded, -1)) == (
        "sent_on",
        "date_too_early",
    )
    assert refused(awarded, "officer", "record_award_notice", sent_on=days(awarded, 1)) == ("sent_on", "date_in_future")
    assert awarded.lots() == {1: "award_notice"}
    awarded.notify()
    awarded.advance(5)
    assert awarded.lots() == {1: "standstill"}


def test_a_notice_of_cancellation_is_not_older_than_the_cancellation(tendered: Play) -> None:
    tendered.act("officer", "propose_cancellation", reasons="För få anbud")
    tendered.act("head", "decide_cancellation")
    found = refused(tendered, "officer", "record_cancellation_notice", sent_on=days(tendered, -1))
    assert found == ("sent_on", "date_too_early")


def test_nothing_is_signed_on_a_day_of_the_standstill(ready: Play) -> None:
    last_on = date.fromisoformat(str(ready.sql("SELECT standstill_due_on AS d FROM lots")[0].d))
    ready.act("officer", "prepare_contracts", contracts=[CONTRACT])
    for day, code in ((last_on.isoformat(), "date_too_early"), (days(ready, 1), "date_in_future")):
        found = refused(ready, "head", "sign_contracts", signed_on=day, signing_reference="S")
        assert found == ("signed_on", code)
    day = (last_on + timedelta(days=1)).isoformat()
    ready.act("head", "sign_contracts", signed_on=day, signing_reference="S")
    assert ready.lots() == {1: "follow_up"}


@pytest.mark.parametrize(
    ("changed", "field", "code"),
    [
        ({"end_on": "2026-07-31"}, "end_on", "end_before_start"),
        ({"option_months": None}, "option_months", "field_required"),
        ({"notice_months": 60}, "notice_months", "notice_before_start"),
        ({**OTHER, "value": "1"}, "supplier_name", "not_awarded"),
    ],
)
def test_a_draft_that_cannot_be_signed_is_refused_to_whoever_writes_it(
    ready: Play, changed: dict[str, Any], field: str, code: str
) -> None:
    found = refused(ready, "officer", "prepare_contracts", contracts=[{**CONTRACT, **changed}])
    assert found == (f"contracts-0-{field}", code)


def test_a_supplier_that_was_awarded_by_name_may_sign_with_its_number(tendered: Play) -> None:
    by_name = {"supplier_name": "Städ AB", "value": "5"}
    tendered.act("officer", "submit_award_proposal", suppliers=[by_name], award_reasons="Bäst.")
    tendered.act("head", "decide_award")
    tendered.notify()
    tendered.advance(12)
    tendered.sign()
    assert tendered.lots() == {1: "follow_up"}


def test_long_names_do_not_keep_a_contract_from_being_signed(play: Play) -> None:
    play.open(title="Städning " * 32, lots=("Norr " * 50, "Söder"))
    play.to_evaluation()
    for lot in (1, 2):
        play.award(lot)
    play.notify()
    play.advance(12)
    play.sign(1)
    (contract,) = play.sql("SELECT title FROM cases WHERE process = 'contract'")
    assert len(contract.title) <= 300
    assert "Norr" in contract.title


# --- reviews ---------------------------------------------------------------------------------------------------


def test_a_ruling_is_not_older_than_its_review_and_not_ahead(awarded: Play) -> None:
    awarded.notify()
    awarded.advance(3)
    review(awarded, "1-26")
    for day, code in ((days(awarded, -1), "date_too_early"), (days(awarded, 60), "date_in_future")):
        found = refused(awarded, "officer", "record_ruling", ruled_on=day, ruling="dismissed")
        assert found == ("ruled_on", code)
    assert awarded.lots() == {1: "in_review"}


def test_a_review_after_the_standstill_does_not_stop_the_contract(ready: Play) -> None:
    """LOU 20:8 prolongs a standstill that runs; afterwards only an interim order stops signing (20:9)."""
    review(ready, "7-26")
    assert ready.lots() == {1: "contract_signing"}
    assert ("record_ruling", "procurement_officer") in ready.owed()
    ready.sign()
    assert ready.lots() == {1: "follow_up"}


def test_a_late_review_may_still_send_the_award_back(ready: Play) -> None:
    review(ready, "7-26")
    ruling(ready, ruling="correction")
    assert ready.lots() == {1: "evaluation"}


def test_a_late_review_that_is_dismissed_leaves_the_contract_to_be_signed(ready: Play) -> None:
    review(ready, "7-26")
    ruling(ready, ruling="dismissed")
    assert ready.lots() == {1: "contract_signing"}
    assert unmet(ready, "officer", "record_ruling", ruled_on=days(ready, 0), ruling="dismissed") == {
        "no_review_is_open"
    }
    ready.sign()


def test_two_tenderers_reviews_are_ruled_on_one_by_one(awarded: Play) -> None:
    awarded.notify()
    awarded.advance(3)
    review(awarded, "1-26")
    review(awarded, "2-26", interim_order=True)
    awarded.advance(30)
    assert refused(awarded, "officer", "record_ruling", ruled_on=days(awarded, 0), ruling="dismissed") == (
        "court_case_number",
        "which_review",
    )
    ruling(awarded, ruling="dismissed", court_case_number="1-26")
    assert awarded.lots() == {1: "standstill"}
    assert ("record_ruling", "procurement_officer") in awarded.owed(), "the other court case goes on"
    awarded.advance(20)
    assert awarded.lots() == {1: "standstill"}, "and holds the standstill"
    ruling(awarded, ruling="dismissed", court_case_number="2-26")
    awarded.advance(9)
    assert awarded.lots() == {1: "standstill"}, "ten days from the last ruling (LOU 20:10)"
    awarded.advance(5)
    assert awarded.lots() == {1: "contract_signing"}
    awarded.sign()


# --- an award that no longer stands -----------------------------------------------------------------------------


def test_after_an_overturned_cancellation_nobody_signs_with_the_first_supplier(ready: Play) -> None:
    ready.act("officer", "prepare_contracts", contracts=[CONTRACT])
    review(ready, "9-26", interim_order=True)
    ready.act("officer", "propose_cancellation", reasons="Behovet är borta")
    ready.act("head", "decide_cancellation")
    ready.act("officer", "record_cancellation_notice", sent_on=days(ready, 0))
    ready.act("officer", "record_cancellation_overturned", court_case_number="10-26", ruled_on=days(ready, 0), **COURT)
    assert ready.lots() == {1: "evaluation"}

    ready.act("officer", "submit_award_proposal", suppliers=[OTHER], award_reasons="Bäst nu.")
    ready.act("head", "decide_award")
    ready.notify()
    ready.advance(16)
    assert ready.lots() == {1: "contract_signing"}
    signed = {"signed_on": days(ready, 0), "signing_reference": "S"}
    assert unmet(ready, "head", "sign_contracts", **signed) == {"contracts_not_prepared"}
    found = refused(ready, "officer", "prepare_contracts", contracts=[CONTRACT])
    assert found == ("contracts-0-supplier_name", "not_awarded")
    ready.sign(**OTHER)
    names = ready.sql(
        "SELECT s.name FROM contracts c JOIN suppliers s ON s.id = c.supplier_id JOIN cases k ON k.id = c.case_id"
    )
    assert [n.name for n in names] == ["Ren AB"]


def test_a_withdrawn_cancellation_leaves_nobody_with_its_decision(tendered: Play) -> None:
    tendered.act("officer", "propose_cancellation", reasons="För dyrt")
    assert ("decide_cancellation", "head_of_procurement") in tendered.owed()
    tendered.act("officer", "withdraw_cancellation_proposal")
    assert "decide_cancellation" not in {trigger for trigger, _ in tendered.owed()}


def test_after_a_ruling_to_start_over_somebody_always_owes_the_next_step(awarded: Play) -> None:
    awarded.notify()
    awarded.advance(3)
    review(awarded, "1-26")
    ruling(awarded, ruling="do_over")
    assert ("propose_cancellation", "procurement_officer") in awarded.owed()
    awarded.act("officer", "propose_cancellation", reasons="Görs om")
    awarded.act("officer", "withdraw_cancellation_proposal")
    assert awarded.owed() == {("propose_cancellation", "procurement_officer")}


def test_reasons_to_cancel_are_tender_matter_while_tenders_are_secret(tendered: Play) -> None:
    """A head who came later is on no access list, reads nothing and decides nothing (OSL 19:3)."""
    tendered.act("officer", "propose_cancellation", reasons="Anbudet från Hemlig AB var för dyrt")
    late = tendered.people["strategist"]
    tendered.do("admin", AssignRole(late, "head_of_procurement", valid_from=tendered.today))
    with tendered.app.database.read() as uow:
        _, actions = case_actions(uow, tendered.case, tendered.as_("strategist"), trigger="decide_cancellation")
    assert [(a.basis, a.basis_hash) for a in actions] == [(None, None)]
    assert "not_on_access_list" in unmet(tendered, "strategist", "decide_cancellation")
    tendered.act("head", "decide_cancellation")


def test_a_cancelled_lot_does_not_become_secret_by_another_lots_new_tenders(play: Play) -> None:
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    play.act("officer", "propose_cancellation", 2, reasons="Behövs inte")
    play.act("head", "decide_cancellation", 2)
    play.act("officer", "record_cancellation_notice", 2, sent_on=days(play, 0))
    play.award(1)
    play.notify(1)
    play.advance(12)
    assert play.lots()[2] == "cancelled"
    play.act("head", "recall_award", 1, reason="Fel i utvärderingen")
    play.award(1)
    play.notify(1)
    play.advance(3)
    play.act("officer", "record_review", 1, court_case_number="1-26", lodged_on=days(play, 0), **COURT)
    play.act("officer", "record_ruling", 1, ruled_on=days(play, 0), ruling="do_over")
    play.act("head", "readvertise", 1, reason="Görs om")
    play.set_requirements()
    play.advertise()
    play.open_tenders()
    play.award(1)
    assert not play.row().tender_secret


def test_contracts_that_are_not_right_go_back_to_whoever_prepared_them(ready: Play) -> None:
    assert unmet(ready, "head", "return_for_completion", reason="x") == {"contracts_not_prepared"}
    ready.act("officer", "prepare_contracts", contracts=[CONTRACT])
    assert ("sign_contracts", "head_of_procurement") in ready.owed()
    ready.act("head", "return_for_completion", reason="Fel startdag")
    assert ready.owed() >= {("prepare_contracts", "procurement_officer")}
    assert "sign_contracts" not in {trigger for trigger, _ in ready.owed()}
    signed = {"signed_on": days(ready, 0), "signing_reference": "S"}
    assert unmet(ready, "head", "sign_contracts", **signed) == {"contracts_not_prepared"}
    ready.sign(start_on="2026-09-01")
    assert ready.lots() == {1: "follow_up"}
