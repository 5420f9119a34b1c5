"""Looking at one ladder: its rungs, letters, periods and account; and at what a contract says of deviations.

Plain values for pages, API and exports. What may name a supplier's own suppliers (OSL 31:16) is left out for those
whose roles do not see it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import bindparam, select

from states.calendar import local_date
from states.decision import Unmet
from states.deviation_dates import next_rung_on, response_period, stop_months
from states.deviation_v1 import PLANNED
from states.facts import DeviationFacts
from states.fines import FineAccount
from states.guards import GUARDS
from states.ladder import BY_KEY, RUNGS, Rung, rung_after
from states.roles import Actor
from workflow.cases.view import names_of, view_of
from workflow.contracts.tables import Contract
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations import rows
from workflow.deviations.contract_terms import TERMS_BY_ID, contact_of, shown_terms
from workflow.deviations.notices import letters_of
from workflow.deviations.tables import ExclusionMaterial
from workflow.engine import case_rows
from workflow.engine.access import Secrecy, View
from workflow.engine.act import load_step, visible_case
from workflow.engine.step import Step
from workflow.engine.tables import Pause, Timer
from workflow.errors import NotFound
from workflow.suppliers.tables import Supplier, SupplierRelation

_cases = case_rows.cases
_relations = SupplierRelation.__table__  # type: ignore[attr-defined]
_suppliers = Supplier.__table__  # type: ignore[attr-defined]
_contracts = Contract.__table__  # type: ignore[attr-defined]
_material = ExclusionMaterial.__table__  # type: ignore[attr-defined]
_timers = Timer.__table__  # type: ignore[attr-defined]
_pauses = Pause.__table__  # type: ignore[attr-defined]

_NEXT_TIMER = Statement(
    select(_timers.c.kind, _timers.c.trigger, _timers.c.due_at, _timers.c.receipt)
    .where(
        _timers.c.case_id == bindparam("case_id"),
        _timers.c.status.in_(("pending", "waiting")),
        _timers.c.task_id.is_(None),
        _timers.c.kind != "supplier_reminder_due",  # a reminder moves nothing
    )
    .order_by(_timers.c.due_at, _timers.c.id)
    .limit(1)
)
_MATERIAL = Statement(select(_material).where(_material.c.case_id == bindparam("case_id")).order_by(_material.c.id))
_PAUSES = Statement(
    select(_pauses.c.from_on, _pauses.c.to_on, _pauses.c.reason)
    .where(_pauses.c.case_id == bindparam("case_id"))
    .order_by(_pauses.c.from_on, _pauses.c.id)
)
_VALUE = Statement(select(_contracts.c.value_ore).where(_contracts.c.case_id == bindparam("case_id")))
_SUPPLIER = Statement(
    select(_relations.c.name_seen.label("name"), _suppliers.c.organisation_number)
    .select_from(_relations.join(_suppliers, _suppliers.c.id == _relations.c.supplier_id))
    .where(_relations.c.region_id == bindparam("region_id"), _relations.c.supplier_id == bindparam("supplier_id"))
)


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A letter. `status`: drafted, queued, delivered, returned. `text` is None for those who may not read what may name
    a supplier's own suppliers (OSL 31:16)."""

    id: str
    kind: str
    rung: str | None
    status: str
    locale: str
    recipient_name: str
    recipient: str
    subject: str
    text: str | None
    text_hash: str
    made_at: datetime
    made_by: str
    made_by_name: str | None
    message_id: str | None
    means: str
    handed_over_at: datetime | None
    handed_over_on: date | None
    returned_at: datetime | None
    returned_because: str | None
    starts_period: bool


@dataclass(frozen=True, slots=True)
class EntryView:
    """One entry of a rung, or that it was passed by: by whom, under which mandate, with which letter and period.

    `mandate_rule` is the point of the delegation, or without one (`has_mandate` False) the rule that the step cites.
    """

    number: int
    rung: str
    status: str
    entered_on: date
    entered_at: datetime
    trigger: str
    decided_by: str
    decided_by_name: str | None
    role: str | None
    prepared_by_name: str | None
    mandate_rule: str | None
    has_mandate: bool
    reasons: str | None
    proportionality: str | None
    notice: NoticeView | None
    response: dict[str, Any] | None
    response_due_on: date | None
    ended_on: date | None
    ended_how: str | None


#: Where a rung stands, for the drawing.
STANDINGS = ("passed", "waived", "skipped", "unused", "now", "in_force", "possible", "not_yet", "not_allowed")


@dataclass(frozen=True, slots=True)
class RungView:
    """A rung of the drawing: where it stands, why it is not allowed (unmet guards), and its entries in order.

    `earliest_on` is the first day on which it may be entered without a reason to skip; None where that depends on
    something that has not happened.
    """

    rung: Rung
    standing: str
    unmet: tuple[Unmet, ...]
    entries: tuple[EntryView, ...]
    earliest_on: date | None = None
    asked: bool = False

    @property
    def last(self) -> EntryView | None:
        return self.entries[-1] if self.entries else None


@dataclass(frozen=True, slots=True)
class NextStep:
    """What happens by itself next: the trigger that is pulled, when, and the receipt of that day."""

    kind: str
    trigger: str | None
    due_at: datetime
    due_on: date
    receipt: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class PlanView:
    """A version of the action plan with its milestones (plain values of their rows)."""

    version: int
    status: str
    received_on: date
    cause: str | None
    recorded_by_name: str | None
    settled_by_name: str | None
    settled_at: datetime | None
    settled_because: str | None
    milestones: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class StopView:
    why: str
    from_on: date
    decided_by_name: str | None
    reviewed_on: date | None
    review_note: str | None
    ended_on: date | None
    ended_because: str | None


@dataclass(frozen=True, slots=True)
class FineView:
    """The account: `weeks` as they were counted (plain rows), the account today, its stays, and the total in öre."""

    from_on: date | None
    ended_on: date | None
    week_ore: int
    cap_weeks: int
    weeks: tuple[dict[str, Any], ...]
    stays: tuple[dict[str, Any], ...]
    account: FineAccount | None
    total_ore: int
    set_off_ore: int


@dataclass(frozen=True, slots=True)
class LadderView:
    """One deviation with its whole ladder.

    `deviation` and `terms` are plain values of their rows; `facts` what the law book sees. `response` is the receipt of
    the period that runs, `stop_months` of the day after which a stop gives the right to terminate at once. `pauses` are
    all of the case, the running one with `to_on` None.
    """

    case: Row
    deviation: dict[str, Any]
    facts: DeviationFacts
    terms: dict[str, Any]
    contract: dict[str, Any]
    supplier_name: str
    organisation_number: str | None
    rungs: tuple[RungView, ...]
    entries: tuple[EntryView, ...]
    notices: tuple[NoticeView, ...]
    draft: NoticeView | None
    plans: tuple[PlanView, ...]
    stops: tuple[StopView, ...]
    fine: FineView | None
    response: dict[str, Any] | None
    next_decision: dict[str, Any] | None
    stop_months: dict[str, Any] | None
    next_step: NextStep | None
    exclusion_material: tuple[dict[str, Any], ...]
    pauses: tuple[dict[str, Any], ...]
    names: dict[str, str]


def ladder_view(uow: UnitOfWork, who: Actor, case_id: str) -> LadderView:
    """One ladder. Raises NotFound, also for a case that is no deviation."""
    case_row = visible_case(uow, case_id, who, lock=False)
    row = uow.one(rows.DEVIATION, case_id=case_id)
    if row is None:
        raise NotFound
    view = view_of(uow, who, case_row)
    step = load_step(uow, case_row, who)
    facts: DeviationFacts = step.load("deviation")
    entered = uow.all(rows.RUNGS, case_id=case_id)
    letters = letters_of(uow, who, case_row)
    plans = uow.all(rows.PLANS, case_id=case_id)
    stops = uow.all(rows.STOPS, case_id=case_id)
    people = [
        *(getattr(e, n) for e in entered for n in ("decided_by", "prepared_by")),
        *(n.made_by for n in letters),
        *(getattr(p, n) for p in plans for n in ("recorded_by", "settled_by")),
        *(s.decided_by for s in stops),
        row.prepared_by,
    ]
    names = names_of(uow, who, people)
    shown = {n.id: _notice(n, names, view) for n in letters}
    entries = tuple(_entry(e, names, shown) for e in entered)
    terms = uow.one(TERMS_BY_ID, terms_id=row.terms_id)
    contract = uow.one(case_rows.GET_CASE, case_id=row.contract_id)
    value = uow.one(_VALUE, case_id=row.contract_id)
    supplier = uow.one(_SUPPLIER, region_id=row.region_id, supplier_id=row.supplier_id)
    assert terms is not None
    assert contract is not None
    situation = step.situation()
    response, months, following = response_period(situation), stop_months(situation), next_rung_on(situation)
    milestones = uow.all(rows.MILESTONES, case_id=case_id)
    drafts = [n for n in shown.values() if n.status == "drafted"]
    return LadderView(
        case=case_row,
        deviation=view.blanked(row._asdict()),
        facts=facts,
        terms=terms._asdict(),
        contract={n: getattr(contract, n) for n in ("id", "reference", "title", "state", "row_version")}
        | {"value_ore": value.value_ore if value is not None else None},
        supplier_name=supplier.name if supplier is not None else "",
        organisation_number=supplier.organisation_number if supplier is not None else None,
        rungs=tuple(_rung(step, facts, r, entries, row.ended_on is not None) for r in RUNGS),
        entries=entries,
        notices=tuple(n for n in shown.values() if n.status not in ("drafted", "replaced")),
        draft=drafts[-1] if drafts else None,
        plans=tuple(
            PlanView(
                version=p.version,
                status=p.status,
                received_on=p.received_on,
                cause=p.cause if view.allows(Secrecy.BUSINESS) else None,
                recorded_by_name=names.get(p.recorded_by),
                settled_by_name=names.get(p.settled_by),
                settled_at=p.settled_at,
                settled_because=p.settled_because,
                milestones=tuple(view.blanked(m._asdict()) for m in milestones if m.plan_id == p.id),
            )
            for p in plans
        ),
        stops=tuple(
            StopView(
                s.why, s.from_on, names.get(s.decided_by), s.reviewed_on, s.review_note, s.ended_on, s.ended_because
            )
            for s in stops
        ),
        fine=_fine(uow, row, facts),
        response=response.as_json() if response else None,
        next_decision=following.as_json() if following else None,
        stop_months=months.as_json() if months else None,
        next_step=_next_step(uow, case_id),
        exclusion_material=tuple(view.blanked(m._asdict()) for m in uow.all(_MATERIAL, case_id=case_id)),
        pauses=tuple(p._asdict() for p in uow.all(_PAUSES, case_id=case_id)),
        names=names,
    )


def draft_of(uow: UnitOfWork, who: Actor, case_id: str) -> NoticeView | None:
    """The letter that is drafted for the next decision, if any. Raises NotFound."""
    case = visible_case(uow, case_id, who, lock=False)
    view = view_of(uow, who, case)
    drafts = [n for n in letters_of(uow, who, case) if n.status == "drafted"]
    return _notice(drafts[-1], names_of(uow, who, [drafts[-1].made_by]), view) if drafts else None


def preparation_of(uow: UnitOfWork, who: Actor, case_id: str) -> dict[str, Any]:
    """What was prepared of the next decision, as the form that prepares it asks; the rung that is asked for, at least."""
    case_row = visible_case(uow, case_id, who, lock=False)
    row = uow.one(rows.DEVIATION, case_id=case_id)
    if row is None:
        raise NotFound
    names = ("prepared_rung", "proportionality", "evidence", "skip_reason")
    found = view_of(uow, who, case_row).blanked({n: getattr(row, n) for n in names})
    return {**found, "prepared_rung": row.prepared_rung or row.asked_rung}


def _notice(n: Row, names: dict[str, str], view: View) -> NoticeView:
    values = {name: getattr(n, name) for name in NoticeView.__dataclass_fields__ if name != "made_by_name"}
    if not view.allows(Secrecy.BUSINESS):
        values["text"] = None
    return NoticeView(**values, made_by_name=names.get(n.made_by))


def _entry(e: Row, names: dict[str, str], letters: dict[str, NoticeView]) -> EntryView:
    return EntryView(
        number=e.number,
        rung=e.rung,
        status=e.status,
        entered_on=e.entered_on,
        entered_at=e.entered_at,
        trigger=e.trigger,
        decided_by=e.decided_by,
        decided_by_name=names.get(e.decided_by),
        role=e.role,
        prepared_by_name=names.get(e.prepared_by),
        mandate_rule=e.mandate_rule,
        has_mandate=e.mandate_id is not None,
        reasons=e.reasons,
        proportionality=e.proportionality,
        notice=letters.get(e.notice_id),
        response=json.loads(e.response) if e.response else None,
        response_due_on=e.response_due_on,
        ended_on=e.ended_on,
        ended_how=e.ended_how,
    )


def _rung(step: Step, facts: DeviationFacts, rung: Rung, entries: Sequence[EntryView], ended: bool) -> RungView:
    mine = tuple(e for e in entries if e.rung == rung.key)
    unmet = _unmet(step, rung)
    in_force = {"call_off_stop": facts.stop_in_force, "contractual_fine": facts.fine_runs}.get(rung.key, False)
    last = mine[-1] if mine else None
    if ended:
        standing = "unused" if last is None else "passed" if last.status == "entered" else last.status
    elif facts.rung == rung.key:
        standing = "now"
    elif in_force:
        standing = "in_force"
    elif rung.key in facts.waived:
        standing = "waived"
    elif _below(facts.rung, rung.key) and last is not None:
        standing = "passed" if last.status == "entered" else last.status
    elif unmet:
        standing = "not_yet" if rung.key == "immediate_termination" else "not_allowed"
    elif facts.rung is not None and rung.order < BY_KEY[facts.rung].order:
        standing = "unused"  # the shortcut went past it
    elif rung.key in (rung_after(facts.rung), facts.next_rung) and step.column("state") not in PLANNED:
        standing = "possible"
    else:
        standing = "not_yet"
    earliest = None
    if standing == "possible":
        receipt = response_period(step.situation())
        earliest = receipt.earliest_next_on if receipt else None
    return RungView(rung, standing, unmet, mine, earliest, facts.asked_rung == rung.key)


def _below(here: str | None, key: str) -> bool:
    return here is not None and BY_KEY[key].order <= BY_KEY[here].order


def _unmet(step: Step, rung: Rung) -> tuple[Unmet, ...]:
    """What the rung's own conditions say now; the period that runs is told as its earliest day."""
    situation = replace(step.situation(), trigger=rung.trigger)
    return tuple(u for name in rung.needs if name != "response_period_has_ended" for u in GUARDS[name].check(situation))


def _fine(uow: UnitOfWork, row: Row, facts: DeviationFacts) -> FineView | None:
    if row.fine_decided_on is None:
        return None
    counted = uow.all(rows.WEEKS, case_id=row.case_id)
    return FineView(
        from_on=row.fine_from_on,
        ended_on=row.fine_ended_on,
        week_ore=facts.terms.fine.week_ore,
        cap_weeks=facts.terms.fine.cap_weeks,
        weeks=tuple(w._asdict() for w in counted),
        stays=tuple(s._asdict() for s in uow.all(rows.STAYS, case_id=row.case_id)),
        account=facts.fine,
        total_ore=facts.fine.total_ore if facts.fine else 0,
        set_off_ore=sum(w.amount_ore for w in counted if w.set_off_on is not None),
    )


def _next_step(uow: UnitOfWork, case_id: str) -> NextStep | None:
    timer = uow.one(_NEXT_TIMER, case_id=case_id)
    if timer is None:
        return None
    receipt = json.loads(timer.receipt) if timer.receipt else None
    return NextStep(timer.kind, timer.trigger, timer.due_at, local_date(timer.due_at), receipt)


@dataclass(frozen=True, slots=True)
class ContractConditions:
    """What a contract says of deviations: its blanks (version 0: the region's defaults) and its contact."""

    terms: dict[str, Any]
    contact: dict[str, Any] | None


def contract_conditions(uow: UnitOfWork, who: Actor, contract_id: str, today: date) -> ContractConditions:
    """The blanks and the contact of one contract. Raises NotFound."""
    found = visible_case(uow, contract_id, who, lock=False)
    if found.process != "contract":
        raise NotFound
    region = case_rows.region(uow, who.region_id)
    terms = shown_terms(uow, who.region_id, region.name if region else who.region_id, contract_id, today)
    contact = contact_of(uow, contract_id)
    return ContractConditions(terms, contact._asdict() if contact is not None else None)
