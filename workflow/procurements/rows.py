"""Statements on a procurement's rows that its effects write through."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from workflow.db.columns import new_id
from workflow.db.statements import Statement, insert_into
from workflow.engine import case_rows
from workflow.engine.forms import ore
from workflow.engine.step import Step
from workflow.procurements.facts import awards, drafts, procurements, reviews
from workflow.suppliers.handlers import supplier_id

INSERT_PROCUREMENT = insert_into(procurements)
INSERT_AWARD = insert_into(awards)
INSERT_REVIEW = insert_into(reviews)
INSERT_DRAFT = insert_into(drafts)
DROP_PROPOSED = Statement(delete(awards).where(awards.c.lot_id == bindparam("lot_id"), awards.c.status == "proposed"))
DROP_DRAFTS = Statement(delete(drafts).where(drafts.c.lot_id == bindparam("lot_id")))
SETTLE_AWARDS = Statement(
    update(awards)
    .where(awards.c.lot_id == bindparam("the_lot_id"), awards.c.status == bindparam("old_status"))
    .values(status=bindparam("new_status"))
)
OPEN_REVIEWS = Statement(
    select(reviews)
    .where(reviews.c.lot_id == bindparam("lot_id"), reviews.c.status == "open")
    .order_by(reviews.c.recorded_at, reviews.c.id)
)
SETTLE_REVIEW = Statement(
    update(reviews)
    .where(reviews.c.id == bindparam("the_review_id"))
    .values(status="ruled", ruling=bindparam("the_ruling"), ruled_on=bindparam("the_day"))
)
LAPSE_REVIEWS = Statement(
    update(reviews)
    .where(reviews.c.lot_id == bindparam("the_lot_id"), reviews.c.status == "open")
    .values(status="lapsed")
)


@lru_cache(maxsize=128)
def _update(columns: frozenset[str]) -> Statement:
    return Statement(
        update(procurements)
        .where(procurements.c.case_id == bindparam("the_case_id"))
        .values({c: bindparam(f"new_{c}") for c in sorted(columns)})
    )


def change_procurement(step: Step, **columns: Any) -> None:
    """Write columns of the procurement's row; its facts are looked up again after the step."""
    case_rows.write_columns(step.uow, _update(frozenset(columns)), columns, the_case_id=step.case_id)
    step.forget("procurement", "procurement_row")


def add_lots(step: Step, titles: tuple[str, ...], state: str) -> list[str]:
    """Lots numbered on from those there are; returns their ids."""
    start = max((x.number for x in step.lots), default=0)
    ids = []
    for number, title in enumerate(titles, start=start + 1):
        lot_id = new_id(step.now)
        ids.append(lot_id)
        values: dict[str, Any] = dict.fromkeys(c.name for c in case_rows.lots.columns)
        values |= {
            "id": lot_id,
            "case_id": step.case_id,
            "number": number,
            "title": title,
            "state": state,
            "entered_at": step.now,
            "tender_secret": False,
            "award_proposed": False,
            "interim_order": False,
        }
        step.uow.run(case_rows.INSERT_LOT, **values)
    return ids


def store_awards(step: Step, lot_id: str, suppliers: Any, status: str) -> None:
    for rank, row in enumerate(suppliers, start=1):
        step.uow.run(
            INSERT_AWARD,
            id=new_id(step.now),
            region_id=step.case.region_id,
            case_id=step.case_id,
            lot_id=lot_id,
            supplier_id=supplier_id(step.uow, step.case.region_id, row, f"suppliers-{rank - 1}"),
            rank=rank,
            value_ore=ore(row.value),
            status=status,
        )


def grant_access(step: Step, person_id: str, reason: str) -> None:
    """Put somebody on the case's access list for tender matter (OSL 19:3); being there already is fine."""
    if step.uow.one(case_rows.ON_ACCESS_LIST, case_id=step.case_id, person_id=person_id) is None:
        step.uow.run(
            case_rows.INSERT_ACCESS,
            case_id=step.case_id,
            person_id=person_id,
            reason=reason,
            added_by=step.actor.person_id,
            added_at=step.now,
        )
