"""How a region's deviations were taken, for the comparison of `states/alike.py`: days on each rung, what was passed by."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import and_, select

from states.alike import Course, Likeness
from states.calendar import local_date
from states.roles import Actor
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations import rows
from workflow.deviations.contract_terms import terms_table
from workflow.deviations.facts import is_severe
from workflow.deviations.lists import CPV_GROUP, seen_by
from workflow.engine import case_rows
from workflow.engine.tables import Pause
from workflow.procurements.tables import Procurement
from workflow.suppliers.tables import SupplierRelation

_cases = case_rows.cases
_contracts = _cases.alias("contract_cases")
_dev, _rungs, _plans = rows.deviations, rows.rungs, rows.plans
_relations = SupplierRelation.__table__  # type: ignore[attr-defined]
_procurements = Procurement.__table__  # type: ignore[attr-defined]
_pauses = Pause.__table__  # type: ignore[attr-defined]

#: The newest deviations that are compared; no region has had so many.
MOST = 5000


def courses(uow: UnitOfWork, who: Actor, today: date) -> list[Course]:
    """Every deviation of the region that the viewer may see, as it was taken up to today.

    Days on a rung are those on which the ladder stood there: days with a plan under review or followed, and days on
    which the case was paused, are left out.
    """
    query = (
        select(
            _dev.c.case_id, _cases.c.reference, _dev.c.kind, _dev.c.ground, terms_table.c.severe_kinds, _dev.c.supplier_id,
            _relations.c.name_seen.label("supplier"), CPV_GROUP.label("category"), _dev.c.outcome, _dev.c.ended_on,
            _cases.c.paused_on,
        )
        .select_from(
            _dev.join(_cases, _cases.c.id == _dev.c.case_id)
            .join(terms_table, terms_table.c.id == _dev.c.terms_id)
            .join(_contracts, _contracts.c.id == _dev.c.contract_id)
            .outerjoin(_procurements, _procurements.c.case_id == _contracts.c.parent_id)
            .outerjoin(
                _relations,
                and_(_relations.c.region_id == _dev.c.region_id, _relations.c.supplier_id == _dev.c.supplier_id),
            )
        )
        .where(_dev.c.region_id == who.region_id, *seen_by(who))
        .order_by(_dev.c.case_id.desc())
        .limit(MOST)
    )  # fmt: skip
    found = uow.connection.execute(query).all()
    entered = _by_case(uow.connection.execute(select(_rungs).where(_rungs.c.region_id == who.region_id).order_by(_rungs.c.case_id, _rungs.c.number)))  # fmt: skip
    planned = _by_case(uow.connection.execute(select(_plans).where(_plans.c.region_id == who.region_id)))
    paused = _by_case(
        uow.connection.execute(
            select(_pauses).select_from(_pauses.join(_dev, _dev.c.case_id == _pauses.c.case_id)).where(_dev.c.region_id == who.region_id)
        )
    )  # fmt: skip
    return [_course(r, entered.get(r.case_id, []), planned.get(r.case_id, []), paused.get(r.case_id, []), today) for r in found]  # fmt: skip


def _by_case(found: Iterable[Row]) -> dict[str, list[Row]]:
    by: dict[str, list[Row]] = {}
    for row in found:
        by.setdefault(row.case_id, []).append(row)
    return by


def _course(r: Row, entered: list[Row], planned: list[Row], paused: list[Row], today: date) -> Course:
    last = r.ended_on or today
    held: set[int] = set()
    for plan in planned:
        under_way = plan.status in ("submitted", "accepted")
        held |= _days(plan.received_on, last if under_way or plan.settled_at is None else local_date(plan.settled_at))
    for pause in paused:
        held |= _days(pause.from_on, pause.to_on or last)
    ended: dict[str, int] = {}
    running: dict[str, int] = {}
    for e in entered:
        if e.status != "entered":
            continue
        stood = len(_days(e.entered_on, e.ended_on or last) - held)
        into = running if e.ended_on is None and r.ended_on is None else ended
        into[e.rung] = into.get(e.rung, 0) + stood
    return Course(
        case_id=r.case_id,
        reference=r.reference,
        like=Likeness(r.kind, r.ground, is_severe(r.kind, r.severe_kinds)),
        supplier_id=r.supplier_id,
        supplier=r.supplier or "",
        category=r.category or "",
        ended=ended,
        running=running,
        waived=frozenset(e.rung for e in entered if e.status == "waived"),
        skipped=frozenset(e.rung for e in entered if e.status == "skipped"),
        outcome=r.outcome,
    )


def _days(from_on: date, to_on: date) -> set[int]:
    """The days from one (included) to another (not)."""
    return set(range(from_on.toordinal(), to_on.toordinal()))
