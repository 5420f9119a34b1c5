"""Effects from the evaluation to the signed contracts: award, notice, standstill, review, signing."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

from notifications.kinds import Kind
from states.due_dates import standstill
from states.guards.start import track_fits_value
from states.roles import Role
from workflow.commands import OpenCase
from workflow.contracts.effects import check_framework_period
from workflow.contracts.forms import SignedContract
from workflow.db.columns import new_id
from workflow.db.statements import Row
from workflow.engine import obligations, outbox
from workflow.engine.forms import kronor, ore
from workflow.engine.opening import begin
from workflow.engine.registries import effect
from workflow.engine.step import Step
from workflow.errors import FieldError, InvalidForm
from workflow.procurements.facts import DRAFTS
from workflow.procurements.rows import (
    DROP_DRAFTS,
    DROP_PROPOSED,
    INSERT_DRAFT,
    INSERT_REVIEW,
    SETTLE_AWARDS,
    SETTLE_REVIEWS,
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
    step.uow.run(SETTLE_AWARDS, the_lot_id=lot.id, old_status="awarded", new_status="recalled")
    step.uow.run(SETTLE_REVIEWS, the_lot_id=lot.id, new_status="lapsed", the_ruling=None, the_day=None)
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
    """The notice as sent starts the standstill; where none applies the receipt cites the rule."""
    lot = step.lot
    assert lot is not None
    _set_standstill(step, lot)
    step.change_lot(lot.id, notice_sent_on=step.form.sent_on)


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
        lodged_on=f.lodged_on,
        ruled_on=None,
        ruling=None,
        status="open",
        recorded_at=step.now,
    )
    step.change_lot(lot.id, interim_order=f.interim_order)
    step.forget("reviews")


@effect("store_ruling")
def store_ruling(step: Step) -> None:
    """The ruling ends the review; dismissed, the standstill goes on 10 days after it (LOU 20:10)."""
    f, lot = step.form, step.lot
    assert lot is not None
    step.uow.run(SETTLE_REVIEWS, the_lot_id=lot.id, new_status="ruled", the_ruling=f.ruling, the_day=f.ruled_on)
    step.change_lot(lot.id, interim_order=False)
    step.forget("reviews")
    if f.ruling == "dismissed":
        _set_standstill(step, lot)


# --- contracts -------------------------------------------------------------------------------------------------


@effect("store_contract_drafts")
def store_contract_drafts(step: Step) -> None:
    lot = step.lot
    assert lot is not None
    step.uow.run(DROP_DRAFTS, lot_id=lot.id)
    for position, row in enumerate(step.form.contracts, start=1):
        step.uow.run(
            INSERT_DRAFT,
            id=new_id(step.now),
            case_id=step.case_id,
            lot_id=lot.id,
            position=position,
            supplier_id=supplier_id(step.uow, step.case.region_id, row, f"contracts-{position - 1}"),
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


def open_contract(step: Step, row: Any, supplier: str, *, signed_on: Any = None, reference: str | None = None) -> str:
    """A signed contract becomes a case of its own, child of the procurement. Returns its id."""
    form = SignedContract(
        title=step.case.title
        if len(step.lots) < 2 or step.lot is None
        else f"{step.case.title}, {step.lot.title or step.lot.number}",
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
    step.change_lot(lot.id, signed_on=step.form.signed_on)
    step.presenter_id = lot.contracts_prepared_by
    ids = [
        open_contract(step, d, d.supplier_id, signed_on=step.form.signed_on, reference=step.form.signing_reference)
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
