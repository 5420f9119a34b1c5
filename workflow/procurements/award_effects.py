"""Effects from the evaluation to the signed contracts: award, notice, standstill, review, signing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from notifications.kinds import Kind
from states.due_dates import standstill
from states.guards.start import track_fits_value
from states.procurement_v1.vocabulary import RULING
from states.roles import Role
from states.steps import plan, timer_plans
from workflow.commands import OpenCase
from workflow.contracts.effects import add_months, check_framework_period, check_period
from workflow.contracts.forms import SignedContract
from workflow.db.columns import fold, new_id
from workflow.db.statements import Row
from workflow.engine import obligations, outbox
from workflow.engine.forms import fitting, kronor, ore
from workflow.engine.opening import begin
from workflow.engine.registries import effect
from workflow.engine.step import Step
from workflow.errors import FieldError, InvalidForm
from workflow.procurements.facts import AWARDS, DRAFTS
from workflow.procurements.forms import ContractRow
from workflow.procurements.rows import (
    DROP_DRAFTS,
    DROP_PROPOSED,
    INSERT_DRAFT,
    INSERT_REVIEW,
    LAPSE_REVIEWS,
    OPEN_REVIEWS,
    SETTLE_AWARDS,
    SETTLE_REVIEW,
    change_procurement,
    grant_access,
    store_awards,
)
from workflow.suppliers.handlers import supplier_id


@effect("store_award_proposal")
def store_award_proposal(step: Step) -> None:
    """The proposal is tender matter; the head of procurement, who decides it, comes on the access list."""
    f, lot = step.form, step.lot
    assert lot is not None
    step.uow.run(DROP_PROPOSED, lot_id=lot.id)
    store_awards(step, lot.id, f.suppliers, "proposed")
    step.change_lot(
        lot.id,
        prepared_by=step.actor.person_id,
        award_proposed=True,
        award_reasons=f.award_reasons,
        evaluation_reference=f.evaluation_reference,
    )
    for head in step.directory.holders_of(Role.HEAD_OF_PROCUREMENT, step.case.unit_id, step.case_id):
        grant_access(step, head.id, "decides the award")


@effect("withdraw_award_proposal")
def withdraw_award_proposal(step: Step) -> None:
    assert step.lot is not None
    step.uow.run(DROP_PROPOSED, lot_id=step.lot.id)
    step.change_lot(step.lot.id, prepared_by=None, award_proposed=False, award_reasons=None)


@effect("settle_award")
def settle_award(step: Step) -> None:
    """The award event: the lot's tender secrecy ends here (OSL 19:3), and the reasons are those of the proposal."""
    lot = step.lot
    assert lot is not None
    step.uow.run(SETTLE_AWARDS, the_lot_id=lot.id, old_status="proposed", new_status="awarded")
    step.change_lot(lot.id, tender_secret=False, award_proposed=False)
    step.presenter_id = lot.prepared_by
    step.reasons = step.answer("reasons") or lot.award_reasons


@effect("recall_award")
def recall_award(step: Step) -> None:
    """Back to evaluation: the award no longer stands, open reviews lapse, a new notice and standstill must follow."""
    lot = step.lot
    assert lot is not None
    step.uow.run(DROP_PROPOSED, lot_id=lot.id)
    step.uow.run(SETTLE_AWARDS, the_lot_id=lot.id, old_status="awarded", new_status="recalled")
    step.uow.run(LAPSE_REVIEWS, the_lot_id=lot.id)
    step.uow.run(DROP_DRAFTS, lot_id=lot.id)
    step.forget("reviews")
    step.change_lot(
        lot.id,
        tender_secret=True,
        prepared_by=None,
        award_proposed=False,
        notice_sent_on=None,
        standstill_due_on=None,
        standstill_rule=None,
        standstill_receipt=None,
        contracts_prepared_by=None,
        interim_order=False,
    )


@effect("store_award_notice")
def store_award_notice(step: Step) -> None:
    """The notice as sent starts the standstill; where none applies the receipt cites the rule.

    It tells of the decision, so none was sent before it (LOU 12:12, 20:1).
    """
    lot = step.lot
    assert lot is not None
    sent_on = step.happened("sent_on", since=step.lot_since())
    _set_standstill(step, lot)
    step.change_lot(lot.id, notice_sent_on=sent_on)


def _set_standstill(step: Step, lot: Row) -> None:
    """Count the lot's standstill anew, or keep the rule by which none applies."""
    receipt = standstill(step.situation())
    step.change_lot(
        lot.id,
        standstill_due_on=receipt.due_on,
        standstill_rule=None if receipt.due_on else receipt.source,
        standstill_receipt=obligations.receipt_text(receipt),
    )
    step.recorded["standstill"] = receipt.as_json()


@effect("tell_standstill_over")
def tell_standstill_over(step: Step) -> None:
    lot = step.lot
    assert lot is not None
    if lot.standstill_due_on is None:
        return
    last_on = lot.standstill_due_on
    told = outbox.add_to_queued(
        step.uow,
        Kind.STANDSTILL_OVER,
        step.case_id,
        lambda facts: _one_lot_more(facts, step, lot.number) if facts["last_on"] == last_on.isoformat() else None,
    )
    step.tell(
        Kind.STANDSTILL_OVER,
        tuple(r for r in step.reach(Role.PROCUREMENT_OFFICER) if r.person.id not in told),
        role=Role.PROCUREMENT_OFFICER,
        link=obligations.task_link(step.case_id, "prepare_contracts", lot.id),
        last_on=last_on,
        next_step=step.trigger_label("asked", "prepare_contracts"),
        lots=[lot.number] if len(step.lots) > 1 else [],
    )


def _one_lot_more(facts: dict[str, Any], step: Step, number: int) -> dict[str, Any]:
    """One mail names all the lots whose standstill ended together, and opens the page where one chooses among them."""
    link = obligations.task_link(step.case_id, "prepare_contracts")
    return facts | {"lots": sorted({*facts["lots"], number}), "link": link}


@effect("store_review")
def store_review(step: Step) -> None:
    f, lot = step.form, step.lot
    assert lot is not None
    step.uow.run(
        INSERT_REVIEW,
        id=new_id(step.now),
        case_id=step.case_id,
        lot_id=lot.id,
        court=f.court,
        court_case_number=f.court_case_number,
        instance=f.instance,
        interim_order=f.interim_order,
        lodged_on=step.happened("lodged_on"),
        ruled_on=None,
        ruling=None,
        status="open",
        recorded_at=step.now,
    )
    step.change_lot(lot.id, interim_order=f.interim_order or lot.interim_order)
    step.forget("reviews")


@effect("store_ruling")
def store_ruling(step: Step) -> None:
    """The ruling ends its review; dismissed, a standstill that held goes on 10 days after it (LOU 20:10).

    Where the lot already waited for signing nothing held it, and nothing begins. Other reviews of the lot go on.
    """
    f, lot = step.form, step.lot
    assert lot is not None
    assert step.decision is not None
    review, others = _ruled(step, lot)
    ruled_on = step.happened("ruled_on", since=review.lodged_on)
    step.uow.run(SETTLE_REVIEW, the_review_id=review.id, the_ruling=f.ruling, the_day=ruled_on)
    step.change_lot(lot.id, interim_order=any(r.interim_order for r in others))
    step.forget("reviews")
    if f.ruling != "dismissed":
        return
    edge = step.decision.transition
    if edge.source != "contract_signing":
        _set_standstill(step, lot)
    if edge.source == edge.target == "standstill":
        step.load("reviews")
        obligations.cancel_state_timers(step, lot.id)
        for timer in timer_plans(step.definition, step.situation(), edge.target):
            obligations.set_state_timer(step, timer, lot.id)
    if others:
        step.more_tasks.append(plan(step.situation(), RULING))


def _ruled(step: Step, lot: Row) -> tuple[Row, list[Row]]:
    """The review that a ruling is about, and the others that go on. Raises InvalidForm where it is not said which."""
    open_now, number = step.uow.all(OPEN_REVIEWS, lot_id=lot.id), step.form.court_case_number
    meant = [r for r in open_now if number is None or r.court_case_number.casefold() == number.casefold()]
    if len(meant) != 1:
        known = ", ".join(r.court_case_number for r in open_now)
        raise InvalidForm([FieldError("court_case_number", "which_review", {"cases": known})])
    return meant[0], [r for r in open_now if r.id != meant[0].id]


# --- contracts -------------------------------------------------------------------------------------------------


@effect("store_contract_drafts")
def store_contract_drafts(step: Step) -> None:
    """What is to be signed: each contract with a supplier of the award, with a period that holds together."""
    lot = step.lot
    assert lot is not None
    step.uow.run(DROP_DRAFTS, lot_id=lot.id)
    awarded = [a for a in step.uow.all(AWARDS, case_id=step.case_id) if a.lot_id == lot.id and a.status == "awarded"]
    for position, row in enumerate(step.form.contracts, start=1):
        place = f"contracts-{position - 1}"
        supplier = supplier_id(step.uow, step.case.region_id, row, place)
        _check_draft(row, f"{place}-")
        if not any(_is_awarded(a, supplier, row.supplier_name) for a in awarded):
            names = ", ".join(dict.fromkeys(a.supplier_name for a in awarded))
            raise InvalidForm([FieldError(f"{place}-supplier_name", "not_awarded", {"suppliers": names})])
        step.uow.run(
            INSERT_DRAFT,
            id=new_id(step.now),
            case_id=step.case_id,
            lot_id=lot.id,
            position=position,
            supplier_id=supplier,
            contract_number=row.contract_number,
            start_on=row.start_on,
            end_on=row.end_on,
            option_count=row.option_count,
            option_months=row.option_months,
            notice_months=row.notice_months,
            value_ore=ore(row.value),
            contract_class=row.contract_class,
            is_framework=row.is_framework,
        )
    step.change_lot(lot.id, contracts_prepared_by=step.actor.person_id)


@effect("return_contract_drafts")
def return_contract_drafts(step: Step) -> None:
    """The officer has the drafts again, to be put right; nobody owes a signature meanwhile."""
    assert step.lot is not None
    asked = obligations.open_tasks(step.uow, step.case_id)
    obligations.close(step, [t for t in asked if t.trigger == "sign_contracts" and t.lot_id == step.lot.id], "void")
    step.change_lot(step.lot.id, contracts_prepared_by=None)


def _is_awarded(award: Row, supplier: str, name: str) -> bool:
    """The same supplier; one that was awarded by its name alone may have got its organisation number since."""
    known_by_name = award.organisation_number is None and fold(award.supplier_name) == fold(name)
    return award.supplier_id == supplier or known_by_name


def _check_draft(row: ContractRow, place: str) -> None:
    """Raises InvalidForm for what whoever signs could not put right."""
    check_period(row, row.option_count, place)
    if row.option_count and not row.option_months:
        raise InvalidForm([FieldError(f"{place}option_months", "field_required")])
    if row.notice_months and add_months(row.end_on, -row.notice_months) < row.start_on:
        raise InvalidForm([FieldError(f"{place}notice_months", "notice_before_start")])


def _contract_title(step: Step) -> str:
    """The case's title, of several lots followed by the lot's; the case's gives way where both do not fit."""
    if len(step.lots) < 2 or step.lot is None:
        return str(step.case.title)
    return fitting(step.case.title, f", {step.lot.title or step.lot.number}")


def open_contract(step: Step, row: Any, supplier: str, *, signed_on: Any = None, reference: str | None = None) -> str:
    """A signed contract becomes a case of its own, child of the procurement. Returns its id."""
    form = SignedContract(
        title=_contract_title(step),
        unit=step.case.unit_id,
        owner=step.case.owner_id,
        manager=None,
        supplier_name=None,
        organisation_number=None,
        owner_note=None,
        officer=step.case.officer_id,
        registry_number=step.case.registry_number,
        supplier_id=supplier,
        contract_number=row.contract_number,
        start_on=row.start_on,
        end_on=row.end_on,
        option_count=row.option_count,
        option_months=row.option_months,
        notice_months=row.notice_months,
        value=row.value if hasattr(row, "value") else kronor(row.value_ore),
        contract_class=row.contract_class,
        is_framework=row.is_framework,
        lot_number=step.lot.number if step.lot is not None else None,
        signed_on=signed_on,
        signed_by=step.actor.person_id if signed_on else None,
        signing_reference=reference,
    )
    command = OpenCase("contract", step.case.region_id, {}, parent_id=step.case_id)
    opened = begin(step.uow, step.actor, command, form)
    return str(opened["id"])


@effect("open_contracts")
def open_contracts(step: Step) -> None:
    lot = step.lot
    assert lot is not None
    ended = lot.standstill_due_on
    signed_on = step.happened("signed_on", since=ended + timedelta(days=1) if ended else lot.notice_sent_on)
    step.change_lot(lot.id, signed_on=signed_on)
    step.presenter_id = lot.contracts_prepared_by
    ids = [
        open_contract(step, d, d.supplier_id, signed_on=signed_on, reference=step.form.signing_reference)
        for d in step.uow.all(DRAFTS, lot_id=lot.id)
    ]
    step.recorded["contracts"] = ids


@effect("settle_direct_award")
def settle_direct_award(step: Step) -> None:
    """Need, decision, documentation: the decision names the supplier and opens the contract. No standstill (LOU 19a:10)."""
    f = step.form
    lot = step.lots[0]
    if step.trigger == "decide_direct_award":
        _check_direct_limit(step)
    check_framework_period(f)
    store_awards(step, lot.id, (f,), "awarded")
    change_procurement(step, estimated_value_ore=ore(f.value))
    step.value_ore = ore(f.value)
    supplier = supplier_id(step.uow, step.case.region_id, f, "supplier_name")
    step.recorded["contracts"] = [open_contract(step, f, supplier, signed_on=step.today, reference=f.signing_reference)]


def _check_direct_limit(step: Step) -> None:
    """What is decided stays below the limit that the need was held against (LOU 19a:2). Raises InvalidForm.

    An advance notice (LOU 20:3) tells of another ground for a contract without advertising; then no limit holds.
    """
    procurement = step.load("procurement")
    if procurement.ex_ante_on is not None:
        return
    need = SimpleNamespace(track="direct", kind=procurement.kind, estimated_value=step.form.value)
    for unmet in track_fits_value(replace(step.situation(), form=need)):
        params = {"limit": unmet.params["limit"], "rule": unmet.cites}
        raise InvalidForm([FieldError("value", "direct_award_above_limit", params)])


@effect("register_contracts")
def register_contracts(step: Step) -> None:
    """Contracts that were signed before Stegvis, from the register: none is fine when there are none."""
    ids = []
    for position, row in enumerate(step.form.contracts):
        supplier = supplier_id(step.uow, step.case.region_id, row, f"contracts-{position}")
        ids.append(open_contract(step, row, supplier))
    step.recorded["contracts"] = ids
