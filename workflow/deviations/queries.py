"""Looking at ladders: one with its rungs, letters, periods and account; all that are open; weeks of fines; stops.

Plain values for pages, API and exports. What may name a supplier's own suppliers (OSL 31:16) is left out for those
whose roles do not see it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, not_, or_, select

from states.calendar import local_date
from states.decision import Unmet
from states.deviation_dates import next_rung_on, response_period, stop_months
from states.deviation_v1 import PLANNED
from states.facts import DeviationFacts
from states.fines import FineAccount
from states.guards import GUARDS
from states.ladder import BY_KEY, NARROW_SEVERE_KINDS, RUNGS, SEVERE_KINDS, Rung, rung_after
from states.roles import Actor, Role
from workflow.cases.paging import Key, Page, Segment, walk
from workflow.cases.view import names_of, view_of
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations import rows
from workflow.deviations.contract_terms import TERMS_BY_ID, contact_of, shown_terms, terms_table
from workflow.deviations.notices import NOTICES
from workflow.deviations.tables import ExclusionMaterial
from workflow.engine import case_rows
from workflow.engine.access import Secrecy
from workflow.engine.act import load_step, visible_case
from workflow.engine.directory import below, units
from workflow.engine.step import Step
from workflow.engine.tables import Pause, Timer
from workflow.errors import NotFound
from workflow.people.tables import Person, Unit
from workflow.procurements.tables import Procurement
from workflow.suppliers.tables import Supplier, SupplierRelation

_cases = case_rows.cases
_dev = rows.deviations
_weeks, _stops = rows.weeks, rows.stops
_contracts = _cases.alias("contract_cases")
_relations = SupplierRelation.__table__  # type: ignore[attr-defined]
_suppliers = Supplier.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_material = ExclusionMaterial.__table__  # type: ignore[attr-defined]
_timers = Timer.__table__  # type: ignore[attr-defined]
_pauses = Pause.__table__  # type: ignore[attr-defined]
_procurements = Procurement.__table__  # type: ignore[attr-defined]
_terms = terms_table

#: Who has the ball while a letter's time runs: nobody in the region.
SUPPLIER = "supplier"
#: The main group of the common procurement vocabulary: its first two digits.
CPV_GROUP = func.substr(_procurements.c.cpv, 1, 2)

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
_SUPPLIER = Statement(
    select(_relations.c.name_seen.label("name"), _suppliers.c.organisation_number)
    .select_from(_relations.join(_suppliers, _suppliers.c.id == _relations.c.supplier_id))
    .where(_relations.c.region_id == bindparam("region_id"), _relations.c.supplier_id == bindparam("supplier_id"))
)

#: Fields of a deviation, a plan or a milestone that may name a supplier's own suppliers.
OF_BUSINESS = {"evidence": Secrecy.BUSINESS, "cause": Secrecy.BUSINESS, "proof": Secrecy.BUSINESS}


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A letter. `status`: drafted, queued, delivered, returned; `due_on` ends the period that it began, if any."""

    id: str
    kind: str
    rung: str | None
    status: str
    locale: str
    recipient_name: str
    recipient: str
    subject: str
    text: str
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
    """One entry of a rung, or that it was passed by: by whom, under which mandate, with which letter and period."""

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
    reasons: str | None
    proportionality: str | None
    notice: NoticeView | None
    response: dict[str, Any] | None
    response_due_on: date | None
    ended_on: date | None
    ended_how: str | None


#: Where a rung stands, for the drawing.
STANDINGS = ("passed", "waived", "skipped", "now", "in_force", "possible", "not_yet", "not_allowed")


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
    letters = uow.all(NOTICES, case_id=case_id)
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
    shown = {n.id: _notice(n, names) for n in letters}
    entries = tuple(_entry(e, names, shown) for e in entered)
    terms = uow.one(TERMS_BY_ID, terms_id=row.terms_id)
    contract = uow.one(case_rows.GET_CASE, case_id=row.contract_id)
    supplier = uow.one(_SUPPLIER, region_id=row.region_id, supplier_id=row.supplier_id)
    assert terms is not None
    assert contract is not None
    situation = step.situation()
    response, months, following = response_period(situation), stop_months(situation), next_rung_on(situation)
    milestones = uow.all(rows.MILESTONES, case_id=case_id)
    drafts = [n for n in shown.values() if n.status == "drafted"]
    return LadderView(
        case=case_row,
        deviation=view.of(row._asdict(), OF_BUSINESS),
        facts=facts,
        terms=terms._asdict(),
        contract={n: getattr(contract, n) for n in ("id", "reference", "title", "state", "row_version")},
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
                milestones=tuple(view.of(m._asdict(), OF_BUSINESS) for m in milestones if m.plan_id == p.id),
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
        exclusion_material=tuple(m._asdict() for m in uow.all(_MATERIAL, case_id=case_id)),
        pauses=tuple(p._asdict() for p in uow.all(_PAUSES, case_id=case_id)),
        names=names,
    )


def draft_of(uow: UnitOfWork, who: Actor, case_id: str) -> NoticeView | None:
    """The letter that is drafted for the next decision, if any. Raises NotFound."""
    visible_case(uow, case_id, who, lock=False)
    drafts = [n for n in uow.all(NOTICES, case_id=case_id) if n.status == "drafted"]
    return _notice(drafts[-1], names_of(uow, who, [drafts[-1].made_by])) if drafts else None


def preparation_of(uow: UnitOfWork, who: Actor, case_id: str) -> dict[str, Any]:
    """What was prepared of the next decision, as the form that prepares it asks; the rung that is asked for, at least."""
    case_row = visible_case(uow, case_id, who, lock=False)
    row = uow.one(rows.DEVIATION, case_id=case_id)
    if row is None:
        raise NotFound
    names = ("prepared_rung", "proportionality", "evidence", "skip_reason")
    found = view_of(uow, who, case_row).of({n: getattr(row, n) for n in names}, OF_BUSINESS)
    return {**found, "prepared_rung": row.prepared_rung or row.asked_rung}


def _notice(n: Row, names: dict[str, str]) -> NoticeView:
    values = {name: getattr(n, name) for name in NoticeView.__dataclass_fields__ if name != "made_by_name"}
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
        standing = "passed" if last is not None and last.status == "entered" else (last.status if last else "not_yet")
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


# --- all at once ----------------------------------------------------------------------------------------------


#: Who sees the ladders of the whole region; the contract's own people see those of their units and their own.
OF_THE_REGION = frozenset(
    {
        Role.HEAD_OF_PROCUREMENT, Role.PROCUREMENT_OFFICER, Role.SUSTAINABILITY_STRATEGIST, Role.AUDIT_REVIEWER,
        Role.SYSTEM,
    }
)  # fmt: skip
OF_THEIR_UNITS = frozenset({Role.CONTRACT_OWNER, Role.CONTRACT_MANAGER})


def seen_by(who: Actor) -> list[ColumnElement[bool]]:
    """What narrows all ladders of the region to those that the viewer may see together."""
    if who.roles() & OF_THE_REGION or any(h.role in OF_THEIR_UNITS and not h.unit_ids for h in who.holdings):
        return []
    inside = sorted({u for h in who.holdings if h.role in OF_THEIR_UNITS for u in h.unit_ids})
    people = sorted({h.person_id for h in who.holdings if h.role in OF_THEIR_UNITS})
    named = or_(_cases.c.owner_id.in_(people), _cases.c.manager_id.in_(people))
    return [or_(_cases.c.unit_id.in_(inside), named)]


@dataclass(frozen=True, slots=True)
class LadderFilter:
    """What a list of ladders is narrowed to. `open_only` leaves out what has ended.

    `supplier` is an id, `contract` a case id, `category` a main group of the CPV ("33"), `unit` takes the units below it
    too. `ball` is who acts next: a role, or "supplier" while its time runs. `days` counts how long the ladder has stood
    on its rung. `stood` is a rung that was entered at any time, `passed_by` one that was waived or skipped.
    """

    open_only: bool = True
    rung: str | None = None
    supplier: str | None = None
    contract: str | None = None
    outcome: str | None = None
    unit: str | None = None
    category: str | None = None
    ball: str | None = None
    days: int | None = None
    overdue: bool = False
    kind: str | None = None
    ground: str | None = None
    severe: bool | None = None
    stood: str | None = None
    passed_by: str | None = None


@dataclass(frozen=True, slots=True)
class LadderItem:
    """A ladder as a row: where it stands since when, and who has the ball (`next_*`)."""

    case_id: str
    reference: str
    title: str
    state: str
    kind: str
    ground: str
    finding_source: str
    found_on: date
    rung: str | None
    rung_entered_on: date | None
    asked_rung: str | None
    waits_until_on: date | None
    outcome: str | None
    ended_on: date | None
    contract_id: str
    contract_reference: str
    contract_title: str
    supplier_id: str
    supplier_name: str | None
    unit_id: str | None
    unit_name: str | None
    officer_id: str | None
    officer_name: str | None
    owner_id: str | None
    next_trigger: str | None
    next_role: str | None
    next_due_on: date | None
    paused_on: date | None
    opened_at: datetime
    row_version: int
    fine_from_on: date | None = field(default=None)
    fine_ended_on: date | None = field(default=None)


_COLUMNS = [
    _dev.c.case_id, _cases.c.reference, _cases.c.title, _cases.c.state, _dev.c.kind, _dev.c.ground,
    _dev.c.finding_source, _dev.c.found_on, _dev.c.rung, _dev.c.rung_entered_on, _dev.c.asked_rung,
    _dev.c.waits_until_on, _dev.c.outcome, _dev.c.ended_on, _dev.c.contract_id,
    _contracts.c.reference.label("contract_reference"), _contracts.c.title.label("contract_title"),
    _dev.c.supplier_id, _relations.c.name_seen.label("supplier_name"), _cases.c.unit_id,
    _units.c.name.label("unit_name"), _cases.c.officer_id, _people.c.name.label("officer_name"), _cases.c.owner_id,
    _cases.c.next_trigger, _cases.c.next_role, _cases.c.next_due_on, _cases.c.paused_on, _cases.c.opened_at,
    _cases.c.row_version, _dev.c.fine_from_on, _dev.c.fine_ended_on,
]  # fmt: skip
_FROM = (
    _dev.join(_cases, _cases.c.id == _dev.c.case_id)
    .join(_contracts, _contracts.c.id == _dev.c.contract_id)
    .outerjoin(
        _relations,
        and_(_relations.c.region_id == _dev.c.region_id, _relations.c.supplier_id == _dev.c.supplier_id),
    )
    .outerjoin(_units, _units.c.id == _cases.c.unit_id)
    .outerjoin(_people, _people.c.id == _cases.c.officer_id)
)
#: The newest first, by the id of the case (which sorts by time).
_NEWEST = Segment(_dev.c.case_id.is_not(None), (Key(_dev.c.case_id, "case_id", descending=True),))


def list_ladders(
    uow: UnitOfWork, who: Actor, filters: LadderFilter | None = None, *, after: str | None = None, limit: int = 50
) -> Page[LadderItem]:
    """The ladders of the region that the viewer may see together, the newest first. Raises InvalidForm at `after` for a
    bad cursor."""
    return _listed(uow, [*seen_by(who), *_where(uow, who, filters or LadderFilter())], after, limit)


def _listed(uow: UnitOfWork, where: list[ColumnElement[bool]], after: str | None, limit: int) -> Page[LadderItem]:
    def fetch(condition: ColumnElement[bool], order: list[Any], n: int) -> Sequence[Any]:
        query = select(*_COLUMNS).select_from(_FROM).where(*where, condition).order_by(*order).limit(n)
        return uow.connection.execute(query).all()

    found, following = walk([_NEWEST], after, limit, fetch)
    return Page([LadderItem(**r._mapping) for r in found], following)


def _where(uow: UnitOfWork, who: Actor, filters: LadderFilter) -> list[ColumnElement[bool]]:
    today = local_date(uow.now)
    found: list[ColumnElement[bool]] = [_dev.c.region_id == who.region_id]
    if filters.open_only:
        found.append(_dev.c.ended_on.is_(None))
    for name in ("rung", "outcome", "kind", "ground"):
        if getattr(filters, name) is not None:
            found.append(_dev.c[name] == getattr(filters, name))
    if filters.supplier is not None:
        found.append(_dev.c.supplier_id == filters.supplier)
    if filters.contract is not None:
        found.append(_dev.c.contract_id == filters.contract)
    if filters.unit is not None:
        found.append(_cases.c.unit_id.in_(sorted(below(units(uow, who.region_id), filters.unit))))
    if filters.category is not None:
        of_group = select(_procurements.c.case_id).where(CPV_GROUP.in_((filters.category,)))
        found.append(_contracts.c.parent_id.in_(of_group))
    if filters.ball is not None:
        found.append(_cases.c.paused_on.is_(None))
        found.append(_cases.c.next_role == (Role.SYSTEM if filters.ball == SUPPLIER else filters.ball))
    if filters.days is not None:
        found.append(_dev.c.rung_entered_on <= today - timedelta(days=filters.days))
    if filters.overdue:
        found += [_cases.c.paused_on.is_(None), _cases.c.next_due_on < today]
    if filters.severe is not None:
        counted = or_(_terms.c.severe_kinds == "six", _dev.c.kind.in_(NARROW_SEVERE_KINDS))
        severe = and_(_dev.c.kind.in_(SEVERE_KINDS), exists().where(_terms.c.id == _dev.c.terms_id, counted))
        found.append(severe if filters.severe else not_(severe))
    for rung, statuses in ((filters.stood, ("entered",)), (filters.passed_by, ("waived", "skipped"))):
        if rung is not None:
            there = exists().where(
                rows.rungs.c.case_id == _dev.c.case_id, rows.rungs.c.rung == rung, rows.rungs.c.status.in_(statuses)
            )
            found.append(there)
    return found


def suppliers_of_ladders(uow: UnitOfWork, who: Actor) -> list[tuple[str, str]]:
    """The suppliers that have a ladder the viewer may see, open or not: (id, name), by name."""
    query = (
        select(_dev.c.supplier_id, _relations.c.name_seen)
        .distinct()
        .select_from(
            _dev.join(_cases, _cases.c.id == _dev.c.case_id).join(
                _relations,
                and_(_relations.c.region_id == _dev.c.region_id, _relations.c.supplier_id == _dev.c.supplier_id),
            )
        )
        .where(_dev.c.region_id == who.region_id, *seen_by(who))
        .order_by(_relations.c.name_seen, _dev.c.supplier_id)
        .limit(500)
    )
    return [(r.supplier_id, r.name_seen) for r in uow.connection.execute(query)]


def ladders_of_contract(uow: UnitOfWork, who: Actor, contract_id: str) -> list[LadderItem]:
    """Every deviation of one contract, to whoever sees the contract: the open ones first, the newest first."""
    visible_case(uow, contract_id, who, lock=False)
    where = _where(uow, who, LadderFilter(open_only=False, contract=contract_id))
    found = _listed(uow, where, None, 200).items
    return sorted(found, key=lambda each: each.ended_on is not None)


def rung_counts(uow: UnitOfWork, who: Actor) -> dict[str, int]:
    """How many open ladders stand on each rung; those not on one yet under an empty name."""
    query = (
        select(_dev.c.rung, func.count().label("n"))
        .select_from(_dev.join(_cases, _cases.c.id == _dev.c.case_id))
        .where(_dev.c.region_id == who.region_id, _dev.c.ended_on.is_(None), *seen_by(who))
        .group_by(_dev.c.rung)
    )
    counts = {r.rung or "": int(r.n) for r in uow.connection.execute(query)}
    return {key: counts[key] for key in ("", *BY_KEY) if key in counts}


@dataclass(frozen=True, slots=True)
class FineWeekItem:
    """A started week of a fine, for finance. Amounts in öre without VAT."""

    case_id: str
    reference: str
    contract_reference: str
    supplier_name: str | None
    organisation_number: str | None
    number: int
    starts_on: date
    amount_ore: int
    total_ore: int
    set_off_on: date | None
    set_off_reference: str | None
    set_off_note: str | None


def list_fine_weeks(
    uow: UnitOfWork, who: Actor, *, case_id: str | None = None, after: str | None = None, limit: int = 200
) -> Page[FineWeekItem]:
    """The weeks of one deviation's fine, or of all those that the viewer may see together, by their first day."""
    where: list[ColumnElement[bool]] = [_weeks.c.region_id == who.region_id]
    where += seen_by(who) if case_id is None else [_weeks.c.case_id == case_id]
    columns = [
        _weeks.c.case_id, _cases.c.reference, _contracts.c.reference.label("contract_reference"),
        _relations.c.name_seen.label("supplier_name"), _suppliers.c.organisation_number, _weeks.c.number,
        _weeks.c.starts_on, _weeks.c.amount_ore, _weeks.c.total_ore, _weeks.c.set_off_on, _weeks.c.set_off_reference,
        _weeks.c.set_off_note,
    ]  # fmt: skip
    source = (
        _weeks.join(_dev, _dev.c.case_id == _weeks.c.case_id)
        .join(_cases, _cases.c.id == _weeks.c.case_id)
        .join(_contracts, _contracts.c.id == _dev.c.contract_id)
        .outerjoin(_suppliers, _suppliers.c.id == _dev.c.supplier_id)
        .outerjoin(
            _relations,
            and_(_relations.c.region_id == _dev.c.region_id, _relations.c.supplier_id == _dev.c.supplier_id),
        )
    )
    by_day = Segment(
        _weeks.c.starts_on.is_not(None),
        (Key(_weeks.c.starts_on, "starts_on", day=True), Key(_weeks.c.case_id, "case_id")),
    )

    def fetch(condition: ColumnElement[bool], order: list[Any], n: int) -> Sequence[Any]:
        query = select(*columns).select_from(source).where(*where, condition).order_by(*order).limit(n)
        return uow.connection.execute(query).all()

    found, following = walk([by_day], after, limit, fetch)
    return Page([FineWeekItem(**r._mapping) for r in found], following)


@dataclass(frozen=True, slots=True)
class OpenStop:
    """A call-off stop that is in force, for those who call off."""

    case_id: str
    contract_id: str
    contract_reference: str
    contract_title: str
    supplier_name: str | None
    why: str
    from_on: date
    reviewed_on: date | None


def open_stops(uow: UnitOfWork, who: Actor) -> list[OpenStop]:
    """Every contract of the region from which nothing may be called off now, the oldest stop first."""
    query = (
        select(
            _stops.c.case_id, _stops.c.contract_id, _contracts.c.reference.label("contract_reference"),
            _contracts.c.title.label("contract_title"), _relations.c.name_seen.label("supplier_name"), _stops.c.why,
            _stops.c.from_on, _stops.c.reviewed_on,
        )
        .select_from(
            _stops.join(_contracts, _contracts.c.id == _stops.c.contract_id)
            .join(_dev, _dev.c.case_id == _stops.c.case_id)
            .outerjoin(
                _relations,
                and_(_relations.c.region_id == _dev.c.region_id, _relations.c.supplier_id == _dev.c.supplier_id),
            )
        )
        .where(_stops.c.region_id == who.region_id, _stops.c.ended_on.is_(None))
        .order_by(_stops.c.from_on, _stops.c.id)
        .limit(500)
    )  # fmt: skip
    return [OpenStop(**r._mapping) for r in uow.connection.execute(query)]


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
