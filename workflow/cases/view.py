"""One case as one viewer may see it: facts, lots, awards, decisions, dates. Tender matter only through the View."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from functools import cache
from typing import Any

from sqlalchemy import bindparam, or_, select

from states.calendar import local_date
from states.due_dates import contract_dates
from states.roles import SYSTEM_ID, Actor, Role
from workflow.cases.items import (
    AccessItem,
    AwardItem,
    CaseLink,
    CaseView,
    Deadline,
    DecisionItem,
    FollowUpItem,
    LotView,
    OpinionItem,
    RequirementItem,
    ReviewItem,
    TargetItem,
    TaskItem,
    TimerItem,
)
from workflow.cases.tasks import case_tasks
from workflow.contracts.effects import CONTRACT, FOLLOW_UPS
from workflow.contracts.tables import Contract
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.duties.effects import DUTY
from workflow.engine import case_rows
from workflow.engine.access import FREE_WORDS, TENDER_BASIS, Secrecy, View
from workflow.engine.act import load_step, visible_case
from workflow.engine.forms import secrecy_classes
from workflow.engine.registries import FORMS
from workflow.engine.tables import DecisionRow, Timer
from workflow.people.tables import Person, Unit
from workflow.procurements.facts import AWARDS, PROCUREMENT, REVIEWS
from workflow.requirements.tables import Requirement
from workflow.suppliers.tables import Supplier, SupplierRelation
from workflow.targets.tables import Opinion, Target

_people = Person.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_targets = Target.__table__  # type: ignore[attr-defined]
_opinions = Opinion.__table__  # type: ignore[attr-defined]
_requirements = Requirement.__table__  # type: ignore[attr-defined]
_decisions = DecisionRow.__table__  # type: ignore[attr-defined]
_timers = Timer.__table__  # type: ignore[attr-defined]
_suppliers = Supplier.__table__  # type: ignore[attr-defined]
_relations = SupplierRelation.__table__  # type: ignore[attr-defined]
_contracts = Contract.__table__  # type: ignore[attr-defined]
_cases = case_rows.cases

_UNIT = Statement(select(_units.c.name).where(_units.c.id == bindparam("unit_id")))
_TARGETS = Statement(select(_targets).where(_targets.c.case_id == bindparam("case_id")).order_by(_targets.c.number))
_OPINIONS = Statement(
    select(_opinions).where(_opinions.c.case_id == bindparam("case_id")).order_by(_opinions.c.given_at, _opinions.c.id)
)
_REQUIREMENTS = Statement(
    select(_requirements).where(_requirements.c.case_id == bindparam("case_id")).order_by(_requirements.c.number)
)
_DECISIONS = Statement(
    select(_decisions).where(_decisions.c.case_id == bindparam("case_id")).order_by(_decisions.c.seq, _decisions.c.id)
)
_TIMERS = Statement(
    select(_timers).where(_timers.c.case_id == bindparam("case_id")).order_by(_timers.c.due_at, _timers.c.id)
)
_SUPPLIER = Statement(
    select(_relations.c.name_seen.label("name"), _suppliers.c.organisation_number)
    .select_from(_relations.join(_suppliers, _suppliers.c.id == _relations.c.supplier_id))
    .where(_relations.c.region_id == bindparam("region_id"), _relations.c.supplier_id == bindparam("supplier_id"))
)
_LINKED = Statement(
    select(
        _cases.c.id, _cases.c.reference, _cases.c.title, _cases.c.process, _cases.c.state, _cases.c.parent_id,
        _cases.c.predecessor_id,
    )
    .where(
        _cases.c.region_id == bindparam("region_id"),
        or_(
            _cases.c.parent_id == bindparam("case_id"),
            _cases.c.predecessor_id == bindparam("case_id"),
            _cases.c.id == bindparam("the_parent"),
            _cases.c.id == bindparam("the_predecessor"),
        ),
    )
    .order_by(_cases.c.id)
    .limit(200)
)  # fmt: skip


def case_row(uow: UnitOfWork, who: Actor, case_id: str) -> Row:
    """The case itself. Raises NotFound, also for a case of another region."""
    return visible_case(uow, case_id, who, lock=False)


def view_of(uow: UnitOfWork, who: Actor, case: Row, lots: Sequence[Row] | None = None) -> View:
    """What this person may see of this case."""
    on_list = uow.one(case_rows.ON_ACCESS_LIST, case_id=case.id, person_id=who.person_id) is not None
    if lots is None:
        lots = uow.all(case_rows.LOTS, case_id=case.id) if case.tender_secret else ()
    secret = frozenset(x.id for x in lots if x.tender_secret)
    prepares = case.process == "deviation" and Role.SUSTAINABILITY_STRATEGIST in who.roles()
    return View(on_list, bool(case.tender_secret or secret), secret, who.roles(), prepares)


def readers_of(uow: UnitOfWork, who: Actor, case: Row) -> list[str] | None:
    """The names of those who may read what is written on the case now, in order; None while nothing there is secret."""
    if not case.tender_secret:
        return None
    listed = uow.all(case_rows.ACCESS_LIST, case_id=case.id)
    return sorted(names_of(uow, who, [a.person_id for a in listed]).values())


@cache
def form_secrecy(process: str) -> dict[str, str]:
    """The secrecy class of each field that the forms of a process declare as other than open."""
    return FREE_WORDS | {
        name: secrecy
        for (owner, _), form in FORMS.items()
        if owner == process
        for name, secrecy in secrecy_classes(form).items()
        if secrecy != Secrecy.OPEN
    }


def case_view(uow: UnitOfWork, who: Actor, case_id: str) -> CaseView:
    """Everything this person may see of the case, but its trail, talk and files. Raises NotFound."""
    case = case_row(uow, who, case_id)
    procuring = case.process == "procurement"
    lot_rows = uow.all(case_rows.LOTS, case_id=case_id) if procuring else []
    view = view_of(uow, who, case, lot_rows)
    numbers = {x.id: x.number for x in lot_rows}
    tasks = case_tasks(uow, who, case_id)
    targets = [_of(TargetItem, r) for r in uow.all(_TARGETS, case_id=case_id)]
    opinions = [_of(OpinionItem, r) for r in uow.all(_OPINIONS, case_id=case_id)]
    requirements = [_of(RequirementItem, r) for r in uow.all(_REQUIREMENTS, case_id=case_id)]
    contract = _contract(uow, case_id) if case.process == "contract" else None
    follow_ups = [] if procuring else [_of(FollowUpItem, r) for r in uow.all(FOLLOW_UPS, case_id=case_id)]
    decisions = uow.all(_DECISIONS, case_id=case_id)
    access = uow.all(case_rows.ACCESS_LIST, case_id=case_id)
    names = names_of(
        uow,
        who,
        [
            case.owner_id, case.officer_id, case.manager_id,
            *(getattr(x, n) for x in lot_rows for n in ("prepared_by", "cancellation_prepared_by", "contracts_prepared_by")),
            *(t.written_by for t in targets), *(o.author_id for o in opinions), *(r.written_by for r in requirements),
            *(getattr(d, n) for d in decisions for n in ("decided_by", "on_behalf_of", "presenter_id")),
            *(t.person_id for t in tasks), *(f.recorded_by for f in follow_ups), *(a.person_id for a in access),
            *((contract or {}).get(n) for n in ("signed_by", "handover_proposed_by")),
        ],
    )  # fmt: skip
    unit = uow.one(_UNIT, unit_id=case.unit_id) if case.unit_id else None
    linked = _links(uow, case)
    return CaseView(
        case=case,
        access=view,
        names=names,
        unit_name=unit.name if unit else None,
        procurement=_procurement(uow, case_id, view) if procuring else None,
        lots=_lots(uow, case_id, lot_rows, view),
        targets=targets,
        opinions=opinions,
        requirements=requirements,
        contract=contract,
        duty=_duty(uow, case_id) if case.process == "duty" else None,
        follow_ups=follow_ups,
        parent=next((link for link, r in linked if r.id == case.parent_id), None),
        predecessor=next((link for link, r in linked if r.id == case.predecessor_id), None),
        children=[link for link, r in linked if r.parent_id == case_id],
        successors=[link for link, r in linked if r.predecessor_id == case_id],
        tasks=tasks,
        deadlines=_deadlines(uow, who, case, tasks, numbers),
        decisions=[_decision(d, view, numbers, names) for d in decisions],
        access_list=[AccessItem(a.person_id, names.get(a.person_id), a.reason, a.added_at) for a in access],
    )


def names_of(uow: UnitOfWork, who: Actor, ids: Iterable[str | None]) -> dict[str, str]:
    """The names of people of the viewer's region by their ids; the system is called Stegvis."""
    wanted = {i for i in ids if i}
    if not wanted:
        return {}
    query = select(_people.c.id, _people.c.name).where(
        _people.c.id.in_(sorted(wanted)), _people.c.region_id == who.region_id
    )
    found = {r.id: r.name for r in uow.connection.execute(query)}
    return found | {SYSTEM_ID: "Stegvis"} if SYSTEM_ID in wanted else found


def timer_items(uow: UnitOfWork, case_id: str, numbers: dict[str, int]) -> list[TimerItem]:
    return [
        TimerItem(
            t.id, t.kind, t.trigger, t.lot_id, numbers.get(t.lot_id), t.task_id, t.occurrence, t.due_at, t.status,
            t.attempts, t.error, t.fired_at, _json(t.receipt),
        )
        for t in uow.all(_TIMERS, case_id=case_id)
    ]  # fmt: skip


def _of(cls: type[Any], row: Row) -> Any:
    return cls(**{name: getattr(row, name) for name in cls.__dataclass_fields__})


def _json(text: str | None) -> Any:
    return json.loads(text) if text else None


def _procurement(uow: UnitOfWork, case_id: str, view: View) -> dict[str, Any] | None:
    row = uow.one(PROCUREMENT, case_id=case_id)
    if row is None:
        return None
    facts = view.of(row._asdict(), form_secrecy("procurement"))
    return facts | {"missing": [m for m in row.missing.split(",") if m]}


def _contract(uow: UnitOfWork, case_id: str) -> dict[str, Any] | None:
    row = uow.one(CONTRACT, case_id=case_id)
    if row is None:
        return None
    supplier = uow.one(_SUPPLIER, region_id=row.region_id, supplier_id=row.supplier_id)
    facts: dict[str, Any] = row._asdict()
    return facts | {
        "supplier_name": supplier.name if supplier else None,
        "organisation_number": supplier.organisation_number if supplier else None,
        "options_left": row.option_count - row.options_used,
        "missing": [m for m in row.missing.split(",") if m],
    }


def _duty(uow: UnitOfWork, case_id: str) -> dict[str, Any] | None:
    """What only an occurrence of a recurring duty has: its period, the rule behind its day, what was done about it."""
    row = uow.one(DUTY, case_id=case_id)
    return row._asdict() if row is not None else None


def _lots(uow: UnitOfWork, case_id: str, rows: Sequence[Row], view: View) -> list[LotView]:
    if not rows:
        return []
    awards: dict[str, list[AwardItem]] = {}
    for a in uow.all(AWARDS, case_id=case_id):
        awards.setdefault(a.lot_id, []).append(_of(AwardItem, a))
    reviews: dict[str, list[ReviewItem]] = {}
    for r in uow.all(REVIEWS, case_id=case_id):
        reviews.setdefault(r.lot_id, []).append(_of(ReviewItem, r))
    computed = {"secret", "awards", "reviews", "standstill_receipt"}
    lots = []
    for row in rows:
        seen = view.allows(Secrecy.TENDER, row.id)
        kept = view.of(row._asdict(), form_secrecy("procurement"), row.id)
        facts: dict[str, Any] = {n: kept.get(n) for n in LotView.__dataclass_fields__ if n not in computed}
        lots.append(
            LotView(
                **facts,
                secret=not seen,
                standstill_receipt=_json(row.standstill_receipt),
                awards=tuple(awards.get(row.id, ())) if seen else (),
                reviews=tuple(reviews.get(row.id, ())),
            )
        )
    return lots


def _links(uow: UnitOfWork, case: Row) -> list[tuple[CaseLink, Row]]:
    rows = uow.all(
        _LINKED,
        region_id=case.region_id,
        case_id=case.id,
        the_parent=case.parent_id,
        the_predecessor=case.predecessor_id,
    )
    return [(_of(CaseLink, r), r) for r in rows]


def _decision(d: Row, view: View, numbers: dict[str, int], names: dict[str, str]) -> DecisionItem:
    basis = json.loads(d.basis)
    # What a lot's decision was worth is counted from its tenders, whatever else it rests on.
    of_tender = d.lot_id is not None or bool(TENDER_BASIS & basis.keys())
    seen = not of_tender or view.allows(Secrecy.TENDER, d.lot_id)
    return DecisionItem(
        id=d.id,
        seq=d.seq,
        trigger=d.trigger,
        definition=d.definition,
        lot_id=d.lot_id,
        lot_number=numbers.get(d.lot_id),
        decided_at=d.decided_at,
        decided_by=d.decided_by,
        decided_by_name=names.get(d.decided_by),
        role=d.role,
        on_behalf_of=d.on_behalf_of,
        on_behalf_of_name=names.get(d.on_behalf_of),
        presenter_id=d.presenter_id,
        presenter_name=names.get(d.presenter_id),
        mandate_rule=d.mandate_rule,
        mandate_source=d.mandate_source,
        value_ore=d.value_ore if seen else None,
        reasons=d.reasons if seen else None,
        basis=view.basis(basis) if seen else None,
        basis_hash=d.basis_hash,
    )


def _deadlines(
    uow: UnitOfWork, who: Actor, case: Row, tasks: Sequence[TaskItem], numbers: dict[str, int]
) -> list[Deadline]:
    """The dates of a case in order. What only the engine owes stands once: as its timer."""
    found: list[Deadline] = []
    for t in timer_items(uow, case.id, numbers):
        if t.status in ("pending", "waiting") and t.task_id is None and t.trigger is not None:
            due_on = _last_day(t)
            found.append(Deadline("timer", t.kind, t.trigger, t.lot_number, due_on, t.receipt))
    ticking = {(d.trigger, d.lot) for d in found}
    for task in tasks:
        if task.due_on and not (task.role == Role.SYSTEM and (task.trigger, task.lot_number) in ticking):
            found.append(
                Deadline("task", task.trigger, task.trigger, task.lot_number, task.due_on, task.receipt, task.id)
            )
    if case.process == "contract" and case.closed_at is None:
        step = load_step(uow, case, who)
        step.load("contract")
        dates = contract_dates(step.situation())
        for kind, receipt in (("extension_notice", dates.extension_notice), ("renewal_start", dates.renewal_start)):
            if receipt and receipt.due_on:
                found.append(Deadline("contract", kind, None, None, receipt.due_on, receipt.as_json()))
    return sorted(found, key=lambda d: (d.due_on, d.what, d.kind, d.lot or 0))


def _last_day(timer: TimerItem) -> date:
    """The day that a timer's receipt names, else the local day it fires on."""
    stated = timer.receipt and timer.receipt.get("due_on")
    return date.fromisoformat(stated) if stated else local_date(timer.due_at)
