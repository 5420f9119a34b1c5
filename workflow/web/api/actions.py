"""What may be done in a case, why not, and doing it."""

from __future__ import annotations

import json
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from templates.labels import label
from workflow.cases import secret_reads
from workflow.cases.actions import Action, case_actions
from workflow.cases.queries import view_of
from workflow.commands import Act
from workflow.engine.access import TENDER_BASIS, Secrecy, View
from workflow.web.api.examples import schema_of
from workflow.web.api.exchange import (
    ROOT,
    Body,
    Call,
    Key,
    RawJson,
    answered,
    carry_out,
    looking,
    only_known_filters,
)
from workflow.web.base import app_of, viewer_of
from workflow.web.problems import blocker

router = APIRouter(tags=["Actions"], dependencies=[Depends(only_known_filters)])


class ActBody(Body):
    """`row_version` of the case as it was shown; `basis_hash` where the step decides; `form` as the step's schema."""

    row_version: int
    basis_hash: str | None = Field(default=None, max_length=64)
    form: dict[str, Any] = Field(default_factory=dict)


@router.get(f"{ROOT}/cases/{{case_id}}/actions")
def actions(
    request: Request,
    case_id: str,
    trigger: Annotated[str | None, Query(description="Only this step.")] = None,
) -> Response:
    """Each step from here: `allowed` or its `blockers`, its form with an example, and what a decision rests on.

    A step of lots stands once, with an entry for each lot; it is allowed when it is for any of them.
    """
    with looking(request) as call:
        step, found = case_actions(call.uow, case_id, call.who, trigger=trigger)
        view = view_of(call.uow, call.who, step.case)
        secret_reads.note(app_of(request), call.who, case_id, view)
        ordered = sorted(found, key=lambda a: (a.trigger, a.lot or 0))
        items = [
            _shown(list(same), step.case.process, view, call) for _, same in groupby(ordered, key=lambda a: a.trigger)
        ]
        order = {a.trigger: n for n, a in reversed(list(enumerate(found)))}
        items.sort(key=lambda item: order[item["trigger"]])
        return answered({"state": step.case.state, "row_version": step.case.row_version, "items": items, "next": None})


@router.post(f"{ROOT}/cases/{{case_id}}/actions/{{trigger}}")
def act(request: Request, case_id: str, trigger: str, body: ActBody, raw: RawJson, key: Key = None) -> Response:
    """Take the step. 409 with the current version when the case or a decision's basis has changed; 422 with all blockers."""
    confirmed = viewer_of(request).confirmed
    command = Act(case_id, trigger, body.row_version, body.form, body.basis_hash, confirmed)
    return answered(carry_out(request, command, key, raw))


def _shown(same: list[Action], process: str, view: View, call: Call) -> dict[str, Any]:
    """One trigger: what is alike for its lots, then each lot."""
    locale = call.viewer.locale
    best = next((a for a in same if a.allowed), same[0])
    single = len(same) == 1
    shown: dict[str, Any] = {
        "trigger": best.trigger,
        "text": label(f"trigger.{process}.{best.trigger}", locale),
        "kind": best.kind,
        "decides": best.decides,
        "cites": best.cites or None,
        "mandate": best.mandate_rule,
        "mine": any(a.mine for a in same),
        "allowed": any(a.allowed for a in same),
        "blockers": [] if best.allowed else [blocker(u, locale) for u in best.unmet],
        "form": schema_of(best.form, locale, call.viewer.person_id, call.today),
        "basis": _basis(best, view) if single else None,
        "basis_hash": best.basis_hash if single else None,
    }
    if best.lot is not None:
        shown["lots"] = [
            {
                "lot": a.lot,
                "title": a.lot_title,
                "allowed": a.allowed,
                "blockers": [blocker(u, locale) for u in a.unmet],
                "basis": _basis(a, view),
                "basis_hash": a.basis_hash,
            }
            for a in same
        ]
        if "lot" in best.form.model_fields:
            shown["form"]["example"]["lot"] = best.lot
    return shown


def _basis(action: Action, view: View) -> Any:
    """What the decision rests on, as JSON; tender matter only for those who may see it."""
    if action.basis is None:
        return None
    basis = json.loads(action.basis)
    if TENDER_BASIS & basis.keys() and not view.allows(Secrecy.TENDER, action.lot_id):
        return None
    return view.basis(basis)
