"""What is known already stands in the form: nobody types the same thing twice."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from states.calendar import local_date
from states.definition import Scope
from states.ladder import RUNGS
from states.roles import Actor
from workflow.cases.actions import Action
from workflow.cases.items import CaseView, LotView
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations.queries import ContractConditions, contract_conditions, ladder_view, preparation_of
from workflow.engine.forms import kronor
from workflow.procurements.facts import DRAFTS
from workflow.procurements.forms import ContractRow

_TARGET = ("statement", "dimension", "goal", "level", "indicator", "baseline", "target_value", "target_on", "follow_up")
_REQUIREMENT = ("text", "requirement_kind", "proof", "follow_up", "target_number")
_CONTRACT = (
    "contract_number", "start_on", "end_on", "option_count", "option_months", "notice_months", "contract_class",
    "is_framework", "follow_up_plan", "start_up_meeting_on",
)  # fmt: skip
#: Whoever decides a sanction finds the reasons of the one who prepared it, and may write others.
_SANCTIONS = {r.trigger for r in RUNGS if r.is_sanction}
#: Steps that put a new fact beside an older one of the same name: what stands on the case is not their answer.
_NEW_FACTS = {"record_documents_changed"}


def known_answers(uow: UnitOfWork, who: Actor, view: CaseView, action: Action) -> dict[str, Any]:
    """The answers the case gives itself to a step's questions; only those its form asks, as this person may see them."""
    known: dict[str, Any] = {}
    if view.procurement:
        known |= {name: value for name, value in view.procurement.items() if value is not None}
        known["estimated_value"] = kronor(view.procurement.get("estimated_value_ore"))
        known["opened_at_on"] = view.procurement.get("opened_on")
    if view.contract:
        known |= {name: view.contract.get(name) for name in _CONTRACT}
        known["value"] = kronor(view.contract.get("value_ore"))
    known["targets"] = [{n: getattr(t, n) for n in _TARGET} for t in view.targets]
    known["requirements"] = [{n: getattr(r, n) for n in _REQUIREMENT} for r in view.requirements]
    known["lots"] = [lot.title for lot in view.lots if lot.title]
    known["manager"] = view.case.manager_id
    lot = next((lot for lot in view.lots if lot.id == action.lot_id), None)
    if lot is not None:
        known |= _of_lot(lot)
        if action.trigger == "prepare_contracts" and (drafts := uow.all(DRAFTS, lot_id=lot.id)):
            known["contracts"] = [_draft(row) for row in drafts]
    elif action.edge is not None and action.edge.scope is Scope.CASE:
        known["contracts"] = [row for lot in view.lots for row in _suppliers(lot)]
    if action.trigger in ("set_contract_terms", "set_supplier_contact"):
        known |= _conditions(contract_conditions(uow, who, view.case.id, local_date(uow.now)))
    elif action.trigger == "prepare_rung":
        known |= preparation_of(uow, who, view.case.id)
        known["ground"] = ladder_view(uow, who, view.case.id).deviation["ground"]
    elif action.decides and action.trigger in _SANCTIONS:
        known["reasons"] = preparation_of(uow, who, view.case.id)["proportionality"]
    asked = action.form.model_fields
    kept = {name: value for name, value in known.items() if name in asked and value is not None}
    if action.trigger in _NEW_FACTS:
        kept.pop("tender_deadline_on", None)
    return kept


def _conditions(found: ContractConditions) -> dict[str, Any]:
    """The blanks of a contract and its contact as they hold now. Since when, and why, is asked anew."""
    contact = found.contact or {}
    return {
        **found.terms,
        "fine_week_amount": kronor(found.terms["fine_week_ore"]),
        "valid_from": None,
        "reason": None,
        "contact_name": contact.get("name"),
        "contact_email": contact.get("email"),
        "contact_language": contact.get("locale"),
    }


def _of_lot(lot: LotView) -> dict[str, Any]:
    suppliers = _suppliers(lot)
    return {
        "suppliers": suppliers,
        "contracts": suppliers,
        "award_reasons": lot.award_reasons,
        "evaluation_reference": lot.evaluation_reference,
    }


def _draft(row: Row) -> dict[str, Any]:
    """A contract as it was prepared, as a row of the form in which it is put right."""
    return {
        **{name: getattr(row, name) for name in ContractRow.model_fields if name in row._fields},
        "value": kronor(row.value_ore),
    }


def _suppliers(lot: LotView) -> list[dict[str, Any]]:
    """The suppliers proposed or awarded, as rows of a form."""
    rows: list[dict[str, Any]] = []
    for award in lot.awards:
        if award.status == "recalled":
            continue
        value: Decimal | None = kronor(award.value_ore)
        rows.append(
            {
                "supplier_name": award.supplier_name,
                "organisation_number": award.organisation_number,
                "country": "SE",
                "value": value,
            }
        )
    return rows
