"""Loaders of a procurement's facts and of what its decisions rest on: one query each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, bindparam, func, select

from states.facts import ProcurementFacts, ReviewFacts
from workflow.db.statements import Row, Statement
from workflow.engine import case_rows, obligations, registries
from workflow.engine.forms import kronor, ore
from workflow.engine.registries import basis, fact
from workflow.engine.step import Step
from workflow.engine.tables import Case
from workflow.procurements.tables import Award, ContractDraft, Procurement, ReviewRow
from workflow.suppliers.tables import Supplier, SupplierRelation

procurements = Procurement.__table__  # type: ignore[attr-defined]
awards = Award.__table__  # type: ignore[attr-defined]
reviews = ReviewRow.__table__  # type: ignore[attr-defined]
drafts = ContractDraft.__table__  # type: ignore[attr-defined]
suppliers = Supplier.__table__  # type: ignore[attr-defined]
relations = SupplierRelation.__table__  # type: ignore[attr-defined]
_cases = Case.__table__  # type: ignore[attr-defined]

PROCUREMENT = Statement(select(procurements).where(procurements.c.case_id == bindparam("case_id")))
AWARDS = Statement(
    select(awards, relations.c.name_seen.label("supplier_name"), suppliers.c.organisation_number)
    .select_from(
        awards.join(suppliers, suppliers.c.id == awards.c.supplier_id).join(
            relations,
            and_(relations.c.region_id == awards.c.region_id, relations.c.supplier_id == awards.c.supplier_id),
        )
    )
    .where(awards.c.case_id == bindparam("case_id"))
    .order_by(awards.c.lot_id, awards.c.rank, awards.c.id)
)
REVIEWS = Statement(
    select(reviews).where(reviews.c.case_id == bindparam("case_id")).order_by(reviews.c.recorded_at, reviews.c.id)
)
DRAFTS = Statement(
    select(drafts, relations.c.name_seen.label("supplier_name"), suppliers.c.organisation_number)
    .select_from(
        drafts.join(suppliers, suppliers.c.id == drafts.c.supplier_id)
        .join(_cases, _cases.c.id == drafts.c.case_id)
        .join(relations, and_(relations.c.region_id == _cases.c.region_id, relations.c.supplier_id == suppliers.c.id))
    )
    .where(drafts.c.lot_id == bindparam("lot_id"))
    .order_by(drafts.c.position)
)
_CONTRACTS_OPEN = Statement(
    select(func.count().label("n")).where(
        _cases.c.parent_id == bindparam("case_id"), _cases.c.process == "contract", _cases.c.closed_at.is_(None)
    )
)


def procurement_row(step: Step) -> Row:
    row = step.facts.get("procurement_row")
    if row is None:
        row = step.facts["procurement_row"] = step.uow.one(PROCUREMENT, case_id=step.case_id)
    assert row is not None, "every procurement case has its row"
    return row


@fact("procurement")
def load_procurement(step: Step) -> ProcurementFacts:
    p = procurement_row(step)
    return ProcurementFacts(
        track=p.track,
        kind=p.kind,
        value=kronor(p.estimated_value_ore),
        value_on=p.value_on,
        procedure=p.procedure,
        tender_deadline_on=p.tender_deadline_on,
        urgent=bool(p.urgent),
        advertised_on=p.published_on,
        targets_version=p.targets_version,
        requirements_version=p.requirements_version,
        targets_decided_version=p.targets_decided_version,
        requirements_decided_version=p.requirements_decided_version,
        no_target_reason=p.no_target_reason,
        documentation_done=p.documentation_on is not None,
        cancellation_prepared_by=p.cancellation_prepared_by,
        framework_case_id=p.framework,
        tenders_valid_until_on=p.tenders_valid_until_on,
        ex_ante_on=p.ex_ante_on,
        ex_ante_until_on=p.ex_ante_until_on,
    )


@fact("reviews")
def load_reviews(step: Step) -> list[ReviewFacts]:
    numbers = {x.id: x.number for x in step.lots}
    return [
        ReviewFacts(numbers.get(r.lot_id, 0), r.court, r.instance, r.status == "open", r.lodged_on, r.interim_order)
        for r in step.uow.all(REVIEWS, case_id=step.case_id)
    ]


@fact("tender_access")
def load_tender_access(step: Step) -> bool:
    row = step.uow.one(case_rows.ON_ACCESS_LIST, case_id=step.case_id, person_id=step.actor.person_id)
    return row is not None


@fact("contracts_open")
def load_contracts_open(step: Step) -> int:
    row = step.uow.one(_CONTRACTS_OPEN, case_id=step.case_id)
    return int(row.n) if row else 0


@fact("open_tasks")
def load_open_tasks(step: Step) -> list[Any]:
    return [_Owed(t.trigger, tuple(t.roles.split(","))) for t in obligations.open_tasks(step.uow, step.case_id)]


class _Owed:
    def __init__(self, trigger: str, roles: tuple[str, ...]) -> None:
        self.trigger, self.roles = trigger, roles


@registries.decided_value("procurement")
def decided_value(step: Step) -> int | None:
    """The value a decision is about, in öre: that of the lot's awards or contracts, else the estimate."""
    if step.lot is not None and step.trigger == "sign_contracts":
        values = [d.value_ore for d in step.uow.all(DRAFTS, lot_id=step.lot.id)]
    elif step.lot is not None:
        rows = step.uow.all(AWARDS, case_id=step.case_id)
        values = [a.value_ore for a in rows if a.lot_id == step.lot.id and a.status != "recalled"]
    else:
        values = [ore(step.answer("value"))]
    known = [v for v in values if v is not None]
    if known:
        return int(sum(known))
    estimate: int | None = procurement_row(step).estimated_value_ore
    return estimate


# --- what decisions rest on ------------------------------------------------------------------------------------


@basis("need")
def need(step: Step) -> dict[str, Any]:
    p = procurement_row(step)
    names = [
        "track",
        "kind",
        "need",
        "cpv",
        "estimated_value_ore",
        "value_on",
        "framework",
        "risk_environment",
        "risk_human_rights",
        "risk_corruption",
        "risk_labour_law",
        "risk_other",
        "risk_note",
    ]
    return {"title": step.case.title, **{n: getattr(p, n) for n in names}}


@basis("award_proposal")
def award_proposal(step: Step) -> dict[str, Any]:
    lot = step.lot
    assert lot is not None
    rows = [a for a in step.uow.all(AWARDS, case_id=step.case_id) if a.lot_id == lot.id and a.status == "proposed"]
    return {
        "reasons": lot.award_reasons,
        "evaluation_reference": lot.evaluation_reference,
        "suppliers": [
            {"name": a.supplier_name, "number": a.organisation_number, "rank": a.rank, "value_ore": a.value_ore}
            for a in rows
        ],
    }


@basis("award")
def award(step: Step) -> dict[str, Any]:
    lot = step.lot
    rows = [a for a in step.uow.all(AWARDS, case_id=step.case_id) if lot is None or a.lot_id == lot.id]
    return {"awards": [{"name": a.supplier_name, "status": a.status, "value_ore": a.value_ore} for a in rows]}


@basis("contract_drafts")
def contract_drafts(step: Step) -> list[dict[str, Any]]:
    assert step.lot is not None
    names = "position contract_number start_on end_on option_count option_months notice_months value_ore contract_class is_framework"
    return [
        {"supplier": d.supplier_name, **{n: getattr(d, n) for n in names.split()}}
        for d in step.uow.all(DRAFTS, lot_id=step.lot.id)
    ]


@basis("cancellation")
def cancellation(step: Step) -> dict[str, Any]:
    if step.lot is not None:
        return {"reasons": step.lot.cancellation_reasons, "proposed_by": step.lot.cancellation_prepared_by}
    p = procurement_row(step)
    return {"reasons": p.cancellation_reasons, "proposed_by": p.cancellation_prepared_by}
