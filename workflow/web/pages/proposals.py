"""A proposal of two people on a page: who stands behind it, what the reader may do about it, and those before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from templates.labels import label
from workflow.cases.view import names_of
from workflow.db.statements import Row
from workflow.parameters.proposals import SETTERS, others_who_may_release
from workflow.web.pages.visit import Visit


@dataclass(frozen=True, slots=True)
class Proposal:
    """A row that one person proposes and another settles, in words for the reader. `others`: who may release it."""

    row: Row
    proposer: str
    settler: str
    status: str
    open: bool
    mine: bool
    may_release: bool
    may_reject: bool
    others: tuple[str, ...]


def proposal_of(visit: Visit, row: Row) -> Proposal:
    """What stands on the page of one proposal. Its proposer takes it back, another of those who set policy releases it."""
    (shown,) = proposals(visit, [row])
    waits, mine = row.status == "proposed", row.proposed_by == visit.viewer.person_id
    may_settle = waits and bool(visit.who.roles() & SETTERS)
    return Proposal(
        row,
        shown["by"],
        shown["settled_by"],
        shown["status"],
        waits,
        mine,
        may_release=may_settle and not mine,
        may_reject=may_settle,
        others=tuple(others_who_may_release(visit.uow, row.region_id, row.proposed_by, visit.today)),
    )


def proposals(visit: Visit, rows: Sequence[Row]) -> list[dict[str, Any]]:
    """Proposals as a list shows them: the row, the names of its two people, and how it stands."""
    names = names_of(visit.uow, visit.who, [p for r in rows for p in (r.proposed_by, r.settled_by) if p])
    return [
        {
            "row": r,
            "by": names.get(r.proposed_by, ""),
            "settled_by": names.get(r.settled_by, ""),
            "status": label(f"change_status.{r.status}", visit.locale),
        }
        for r in rows
    ]
