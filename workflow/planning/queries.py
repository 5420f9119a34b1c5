"""Looking at the plan: what a region must procure in the coming 24 months, and what of it was decided or published."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select

from states.planning import STEPS, BackwardPlan, expected, plan_back, quarter_of, track_for
from states.roles import Actor
from workflow.contracts.effects import add_months
from workflow.contracts.tables import Contract
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows
from workflow.engine.directory import below, units
from workflow.engine.forms import kronor
from workflow.people.tables import Person
from workflow.planning.durations import Past
from workflow.planning.tables import PlanEntry, PlanVersion, PublishedPlanRow
from workflow.procurements.tables import Procurement

MONTHS = 24
#: What can lie between the latest start and the end of the contract at most: contracts that end later are not asked.
_LEAD_MONTHS = 36
#: Rows of each kind at most: a plan of thousands is nobody's plan; the page says when it was cut.
LIMIT = 1000
ADVERTISED = ("above_threshold", "below_threshold")
KINDS = ("contract", "case", "entry")

_cases = case_rows.cases
_contracts = Contract.__table__  # type: ignore[attr-defined]
_procurements = Procurement.__table__  # type: ignore[attr-defined]
_entries = PlanEntry.__table__  # type: ignore[attr-defined]
_versions = PlanVersion.__table__  # type: ignore[attr-defined]
_published = PublishedPlanRow.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_before = _cases.alias("before")
_ended = _contracts.alias("ended")
_source = _procurements.alias("source")
_follows = _cases.alias("follows")

_END = func.coalesce(_contracts.c.last_end_on, _contracts.c.end_on)
_FROM_CONTRACT = [
    _cases.c.id, _cases.c.reference, _cases.c.title, _cases.c.unit_id, _cases.c.owner_id,
    _people.c.name.label("owner_name"), _END.label("end_on"), _contracts.c.value_ore, _source.c.track, _source.c.kind,
]  # fmt: skip
_NOTHING_FOLLOWS = ~(
    select(_follows.c.id)
    .where(
        or_(_follows.c.predecessor_id == _cases.c.id, _follows.c.predecessor_id == _cases.c.parent_id),
        _follows.c.process == "procurement",
        _follows.c.state != "cancelled",
    )
    .exists()
)
_CONTRACTS = (
    select(*_FROM_CONTRACT)
    .select_from(
        _contracts.join(_cases, _cases.c.id == _contracts.c.case_id)
        .outerjoin(_source, _source.c.case_id == _cases.c.parent_id)
        .outerjoin(_people, _people.c.id == _cases.c.owner_id)
    )
    .where(
        _contracts.c.region_id == bindparam("region_id"),
        _cases.c.closed_at.is_(None),
        _contracts.c.renewal_declined_on.is_(None),
        bindparam("until") >= _END,
        _NOTHING_FOLLOWS,
    )
    .order_by(_END, _cases.c.id)
    .limit(LIMIT + 1)
)
_RUNNING_COLUMNS = [
    _cases.c.id, _cases.c.reference, _cases.c.title, _cases.c.unit_id, _cases.c.owner_id, _cases.c.state,
    _cases.c.entered_at, _people.c.name.label("owner_name"), _procurements.c.track, _procurements.c.kind,
    _procurements.c.estimated_value_ore, _procurements.c.published_on, _procurements.c.tender_deadline_on,
    _cases.c.predecessor_id, _before.c.reference.label("follows"),
    func.coalesce(_ended.c.last_end_on, _ended.c.end_on).label("end_on"),
]  # fmt: skip
_RUNNING_FROM = (
    _cases.join(_procurements, _procurements.c.case_id == _cases.c.id)
    .outerjoin(_before, and_(_before.c.id == _cases.c.predecessor_id, _before.c.region_id == _cases.c.region_id))
    .outerjoin(_ended, _ended.c.case_id == _before.c.id)
    .outerjoin(_people, _people.c.id == _cases.c.owner_id)
)
_RUNNING = (
    select(*_RUNNING_COLUMNS)
    .select_from(_RUNNING_FROM)
    .where(
        _cases.c.region_id == bindparam("region_id"),
        _cases.c.process == "procurement",
        _cases.c.closed_at.is_(None),
        _cases.c.state.not_in(
            ("follow_up", "documentation", "cancellation_notice", "cancellation_review", "outcome_unknown")
        ),
    )
    .order_by(_cases.c.opened_at, _cases.c.id)
    .limit(LIMIT + 1)
)
_ONE_CONTRACT = (
    select(*_FROM_CONTRACT)
    .select_from(
        _contracts.join(_cases, _cases.c.id == _contracts.c.case_id)
        .outerjoin(_source, _source.c.case_id == _cases.c.parent_id)
        .outerjoin(_people, _people.c.id == _cases.c.owner_id)
    )
    .where(
        _cases.c.id == bindparam("case_id"),
        _cases.c.closed_at.is_(None),
        _contracts.c.renewal_declined_on.is_(None),
        _NOTHING_FOLLOWS,
    )
)
_ONE_RUNNING = (
    select(*_RUNNING_COLUMNS)
    .select_from(_RUNNING_FROM)
    .where(_cases.c.id == bindparam("case_id"), _cases.c.closed_at.is_(None))
)
_ENTRIES = (
    select(_entries, _people.c.name.label("owner_name"))
    .select_from(_entries.outerjoin(_people, _people.c.id == _entries.c.owner_id))
    .where(
        _entries.c.region_id == bindparam("region_id"),
        _entries.c.withdrawn_at.is_(None),
        _entries.c.starts_on <= bindparam("until"),
    )
    .order_by(_entries.c.starts_on, _entries.c.id)
    .limit(LIMIT + 1)
)
VERSIONS = Statement(
    select(_versions)
    .where(_versions.c.region_id == bindparam("region_id"))
    .order_by(_versions.c.number.desc())
    .limit(20)
)
VERSION = Statement(select(_versions).where(_versions.c.id == bindparam("version_id")))
_COMING = Statement(
    select(_published.c.title, _published.c.track, _published.c.quarter, _published.c.contact, _versions.c.published_at)
    .select_from(_published.join(_versions, _versions.c.id == _published.c.version_id))
    .where(
        _published.c.region_id == bindparam("region_id"),
        _versions.c.region_id == bindparam("region_id"),
        _versions.c.published_at.is_not(None),
    )
    .order_by(_published.c.quarter, _published.c.title, _published.c.position)
    .limit(2 * LIMIT)
)
_SHOWN_VERSION = Statement(
    select(_versions.c.number, _versions.c.published_at, _versions.c.decided_on)
    .where(_versions.c.region_id == bindparam("region_id"), _versions.c.published_at.is_not(None))
    .order_by(_versions.c.number.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A line of the plan. `kind` is contract (ends, nothing follows yet), case (runs) or entry (a need entered by hand).

    Amounts are öre. `standing` is None where there is no end to be met. `change` tells what differs from the decided
    plan: new, moved, changed or None.
    """

    key: str
    kind: str
    case_id: str | None
    reference: str | None
    title: str
    unit_id: str | None
    unit: str | None
    division_id: str | None
    division: str | None
    owner: str | None
    track: str
    quarter: str
    start_on: date | None
    target_on: date | None
    advertise_on: date | None
    award_on: date | None
    end_on: date | None
    standing: str | None
    slack: int | None
    state: str | None
    advertised_on: date | None
    follows: str | None
    value_low_ore: int | None
    value_high_ore: int | None
    note: str | None = None
    change: str | None = None
    decided_quarter: str | None = None


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """`unit` takes the units below it too."""

    unit: str | None = None
    kind: str | None = None
    standing: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan as it stands today, beside the version decided last. `gone` are rows of that version that are no more."""

    rows: list[PlanRow]
    gone: list[dict[str, Any]]
    decided: Row | None
    until: date
    cut: bool


class Planner:
    """Counts back for one region: its parameters and its past are looked up once."""

    def __init__(self, uow: UnitOfWork, region_id: str, today: date) -> None:
        self.today, self.calendar = today, case_rows.calendar(uow, region_id)
        self.parameters = case_rows.parameters(uow, region_id, today)
        self.past = Past(uow, region_id)
        self._known: dict[tuple[Any, ...], BackwardPlan] = {}

    def track(self, track: str | None, value_ore: int | None, kind: str | None) -> str:
        """The track named, else the one its value leads to."""
        return track or track_for(kronor(value_ore), kind, self.parameters)

    def back(self, track: str, unit_id: str | None, end_on: date, at: str | None = None) -> BackwardPlan | None:
        """The plan back from an end; None where the case stands outside the way to a contract."""
        key = (track, unit_id, end_on, at)
        if key not in self._known:
            try:
                seen = self.past.of(unit_id, track)
                self._known[key] = plan_back(track, end_on, self.today, self.calendar, self.parameters, seen, at=at)
            except ValueError:  # no step of its track, or beyond the calendar
                return None
        return self._known[key]

    def forward(self, track: str, unit_id: str | None, begun_on: date, at: str | None = None) -> dict[str, date]:
        """When the steps that are left would be done, as usual; empty outside the way to a contract."""
        try:
            seen = self.past.of(unit_id, track)
            return expected(track, at, begun_on, self.calendar, self.parameters, seen)
        except ValueError:
            return {}


def plan(uow: UnitOfWork, who: Actor, today: date, filters: PlanFilter | None = None) -> Plan:
    """The region's plan for 24 months, in order of quarter; never more than `LIMIT` rows of each kind."""
    filters = filters or PlanFilter()
    until = add_months(today, MONTHS)
    planner, tree = Planner(uow, who.region_id, today), units(uow, who.region_id)
    asked = {"region_id": who.region_id, "until": add_months(until, _LEAD_MONTHS)}
    found: list[PlanRow] = []
    cut = False
    for query, row in ((_CONTRACTS, _contract_row), (_RUNNING, _case_row), (_ENTRIES, _entry_row)):
        given = {**asked, "until": until} if query is _ENTRIES else asked
        if query is _RUNNING:
            given = {"region_id": who.region_id}
        rows = uow.connection.execute(query, given).all()
        cut = cut or len(rows) > LIMIT
        for each in rows[:LIMIT]:
            made = row(planner, each)
            if made is not None and (made.start_on is None or made.start_on <= until):
                found.append(_placed(made, tree))
    decided = uow.one(VERSIONS, region_id=who.region_id)
    found, gone = _compared(found, decided)
    if filters.unit:
        wanted = below(tree, filters.unit)
        found = [r for r in found if r.unit_id in wanted]
        gone = [g for g in gone if g.get("unit_id") in wanted]
    found = [r for r in found if filters.kind in (None, r.kind) and filters.standing in (None, r.standing)]
    found.sort(key=lambda r: (r.quarter, r.division or "\uffff", r.start_on or date.max, r.key))
    return Plan(found, gone, decided, until, cut)


def case_plan(uow: UnitOfWork, who: Actor, case_id: str, process: str, today: date) -> BackwardPlan | None:
    """The way back for one contract that nothing follows yet, or one procurement that follows a contract; else None."""
    planner = Planner(uow, who.region_id, today)
    query = _ONE_CONTRACT if process == "contract" else _ONE_RUNNING
    row = uow.connection.execute(query, {"case_id": case_id}).one_or_none()
    if row is None or row.end_on is None:
        return None
    if process == "contract":
        return planner.back(planner.track(row.track, row.value_ore, row.kind), row.unit_id, row.end_on)
    track = planner.track(row.track, row.estimated_value_ore, row.kind)
    return planner.back(track, row.unit_id, row.end_on, row.state)


def coming(uow: UnitOfWork, region_id: str) -> tuple[Row | None, list[Row]]:
    """What a region has published: the version and its rows; (None, []) for a region that has published nothing."""
    version = uow.one(_SHOWN_VERSION, region_id=region_id)
    return version, uow.all(_COMING, region_id=region_id) if version is not None else []


def snapshot(rows: list[PlanRow]) -> list[dict[str, Any]]:
    """What a decided version keeps of each row, in JSON's own types, free of language and of today."""
    return [
        {
            "key": r.key,
            "kind": r.kind,
            "reference": r.reference,
            "title": r.title,
            "unit_id": r.unit_id,
            "unit": r.unit,
            "division": r.division,
            "owner": r.owner,
            "track": r.track,
            "quarter": r.quarter,
            "start_on": r.start_on.isoformat() if r.start_on else None,
            "advertise_on": r.advertise_on.isoformat() if r.advertise_on else None,
            "end_on": r.end_on.isoformat() if r.end_on else None,
            "value_low_ore": r.value_low_ore,
            "value_high_ore": r.value_high_ore,
            "advertised": r.advertised_on is not None,
        }
        for r in rows
    ]


def public_rows(kept: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The open part of a decided version: what suppliers may wait for. No value, supplier, reference or note."""
    return [
        {"title": r["title"], "track": r["track"], "quarter": r["quarter"], "contact": r["unit"]}
        for r in kept
        if r["track"] in ADVERTISED and not r["advertised"]
    ]


def _contract_row(planner: Planner, r: Row) -> PlanRow | None:
    track = planner.track(r.track, r.value_ore, r.kind)
    back = planner.back(track, r.unit_id, r.end_on)
    if back is None:
        return None
    at = back.advertise_on or back.award_on or back.end_on
    return _row(
        f"contract:{r.id}", "contract", r, track, at, planner, back, case_id=r.id, reference=r.reference,
        value_low_ore=r.value_ore, value_high_ore=r.value_ore,
    )  # fmt: skip


def _case_row(planner: Planner, r: Row) -> PlanRow | None:
    track = planner.track(r.track, r.estimated_value_ore, r.kind)
    back = planner.back(track, r.unit_id, r.end_on, r.state) if r.end_on else None
    ahead = planner.forward(track, r.unit_id, planner.today, r.state)
    steps = ahead if back is None else {s.length.step: s.done_by for s in back.steps}
    at = (
        r.published_on or steps.get("advertising") or steps.get("inviting") or next(iter(steps.values()), planner.today)
    )
    made = _row(
        f"case:{r.id}", "case", r, track, at, planner, back, case_id=r.id, reference=r.reference, state=r.state,
        advertised_on=r.published_on, follows=r.follows if r.end_on else None, value_low_ore=r.estimated_value_ore,
        value_high_ore=r.estimated_value_ore,
    )  # fmt: skip
    return replace(
        made,
        start_on=None,
        target_on=steps.get("target_decision"),
        advertise_on=steps.get("advertising") or steps.get("inviting"),
        award_on=steps.get("award_decision") or steps.get("direct_award_decision") or steps.get("call_off_decision"),
    )


def _entry_row(planner: Planner, r: Row) -> PlanRow | None:
    ahead = planner.forward(r.track, r.unit_id, r.starts_on)
    at = ahead.get("advertising") or ahead.get("inviting") or r.starts_on
    made = _row(
        f"entry:{r.id}", "entry", r, r.track, at, planner, None, note=r.note, value_low_ore=r.value_low_ore,
        value_high_ore=r.value_high_ore,
    )  # fmt: skip
    return replace(
        made,
        start_on=r.starts_on,
        target_on=ahead.get("target_decision"),
        advertise_on=ahead.get("advertising") or ahead.get("inviting"),
        award_on=ahead.get("award_decision") or ahead.get("direct_award_decision") or ahead.get("call_off_decision"),
    )


def _row(
    key: str, kind: str, r: Row, track: str, at: date, planner: Planner, back: BackwardPlan | None, **more: Any
) -> PlanRow:
    """A row with its dates; what should have been advertised already stands in the quarter of today."""
    empty: dict[str, Any] = dict.fromkeys(
        ("case_id", "reference", "state", "advertised_on", "follows", "value_low_ore", "value_high_ore")
    )
    return PlanRow(
        key=key, kind=kind, title=r.title, unit_id=r.unit_id, unit=None, division_id=None, division=None,
        owner=r.owner_name, track=track, quarter=quarter_of(max(at, planner.today)),
        start_on=back.start_on if back else None, target_on=back.target_on if back else None,
        advertise_on=back.advertise_on if back else None, award_on=back.award_on if back else None,
        end_on=back.end_on if back else None, standing=back.standing.value if back else None,
        slack=back.slack if back else None, **{**empty, **more},
    )  # fmt: skip


def _placed(row: PlanRow, tree: dict[str, Row]) -> PlanRow:
    unit = division = tree.get(row.unit_id or "")
    while division is not None and division.kind != "division" and division.parent_id in tree:
        division = tree[division.parent_id]
    return replace(
        row,
        unit=unit.name if unit else None,
        division_id=division.id if division else None,
        division=division.name if division else None,
    )


def _compared(rows: list[PlanRow], decided: Row | None) -> tuple[list[PlanRow], list[dict[str, Any]]]:
    """Each row against the decided version: new, moved to another quarter, or changed; and what is gone from it."""
    if decided is None:
        return rows, []
    kept: dict[str, Mapping[str, Any]] = {r["key"]: r for r in json.loads(decided.rows)}
    found = []
    for row in rows:
        old = kept.pop(row.key, None)
        change = None
        if old is None:
            change = "new"
        elif old["quarter"] != row.quarter:
            change = "moved"
        elif (old["title"], old["track"], old["unit_id"]) != (row.title, row.track, row.unit_id):
            change = "changed"
        found.append(replace(row, change=change, decided_quarter=old["quarter"] if old else None))
    return found, [dict(r) for r in kept.values()]


TRACKS = tuple(STEPS)
