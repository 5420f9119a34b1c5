"""The region's sanction ladders, and whether like deviations were taken alike."""

from __future__ import annotations

import dataclasses
from typing import Annotated, Any, Literal, get_args

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from states.alike import DAYS, FEWEST_OTHERS, STEPS, TIMES, Figures, alike
from states.ladder import KEYS
from workflow.deviations.alike import courses
from workflow.deviations.forms import DeviationKind
from workflow.deviations.lists import LadderFilter, list_ladders, rung_counts
from workflow.web.api.exchange import ROOT, After, Limit, answered, listed, looking, only_known_filters

router = APIRouter(tags=["Sanction ladders"], dependencies=[Depends(only_known_filters)])

RungKey = Literal[
    "dialogue", "opportunity_to_remedy", "reminder_1", "reminder_2", "formal_demand", "escalation_meeting",
    "call_off_stop", "contractual_fine", "termination_with_notice", "immediate_termination",
]  # fmt: skip
assert get_args(RungKey) == KEYS
Ball = Literal[
    "supplier", "procurement_officer", "contract_manager", "contract_owner", "head_of_procurement",
    "sustainability_strategist",
]  # fmt: skip


@router.get(f"{ROOT}/ladders")
def ladders(
    request: Request,
    region: str | None = None,
    rung: RungKey | None = None,
    days: Annotated[int | None, Query(ge=0, le=9999, description="At least so many days on its rung.")] = None,
    ball: Annotated[Ball | None, Query(description="Who acts next; the supplier while its time runs.")] = None,
    supplier: str | None = None,
    category: Annotated[str | None, Query(pattern=r"^\d\d$", description="Main group of the CPV.")] = None,
    unit: str | None = None,
    overdue: bool = False,
    open_only: Annotated[bool, Query(alias="open", description="Only ladders that have not ended.")] = True,
    kind: DeviationKind | None = None,
    ground: Literal["", "not_reporting", "not_taking_part", "not_following_plan"] | None = None,
    severe: bool | None = None,
    stood: Annotated[RungKey | None, Query(description="A rung it has stood on.")] = None,
    passed_by: Annotated[RungKey | None, Query(description="A rung that was waived or skipped.")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """The ladders of one's region that one may see together, the newest first."""
    with looking(request) as call:
        call.in_region(region)
        filters = LadderFilter(
            open_only=open_only, rung=rung, supplier=supplier, unit=unit, category=category, ball=ball, days=days,
            overdue=overdue, kind=kind, ground=ground, severe=severe, stood=stood, passed_by=passed_by,
        )  # fmt: skip
        return listed(request, list_ladders(call.uow, call.who, filters, after=after, limit=limit))


@router.get(f"{ROOT}/ladders/alike")
def acting_alike(request: Request, region: str | None = None) -> Response:
    """How long and how far like deviations were taken, and which stand out; with the rule's thresholds.

    Of the others that a deviation is held against the nearest to the usual are named; `others_count` counts them all.
    """
    with looking(request) as call:
        call.in_region(region)
        groups = alike(courses(call.uow, call.who, call.today))
        counts = rung_counts(call.uow, call.who)
    rule = {"fewest_others": FEWEST_OTHERS, "times": TIMES, "days": DAYS, "steps": STEPS}
    items = [
        {
            **dataclasses.asdict(g.like),
            "comparable": g.comparable,
            "all": _figures(g.figures),
            "by_supplier": [{"supplier": name, **_figures(f)} for name, f in g.by_supplier],
            "by_category": [{"category": name or None, **_figures(f)} for name, f in g.by_category],
            "unequal": [
                {
                    "case_id": u.course.case_id,
                    "reference": u.course.reference,
                    "what": u.what,
                    "rung": u.rung,
                    "value": u.value,
                    "usual": u.usual,
                    "others": [c.case_id for c in u.others],
                    "others_count": u.compared,
                }
                for u in g.unequal
            ],
        }
        for g in groups
    ]
    return answered({"rule": rule, "open_by_rung": {k or "none": n for k, n in counts.items()}, "items": items})


def _figures(f: Figures) -> dict[str, Any]:
    return {
        "cases": [c.case_id for c in f.courses],
        "median_days": dict(f.days),
        "furthest": f.furthest,
        "waived": f.waived,
        "skipped": f.skipped,
    }
