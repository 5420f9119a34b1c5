"""How the region runs, for the monitors of those who lead it: the same as the page "Drift" shows."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from workflow.db.statements import Row
from workflow.engine.operations import honesty, operations
from workflow.parameters.running import UNMOVED
from workflow.web.api.exchange import ROOT, answered, looking, only_known_filters

router = APIRouter(tags=["Operations"], dependencies=[Depends(only_known_filters)])


@router.get(f"{ROOT}/operations")
def show(request: Request) -> Response:
    """Processes and their last rounds, what is late or failed, how punctual the last 30 days were (seconds), gaps."""
    with looking(request) as call:
        seen, told = operations(call.uow, call.who), honesty(call.uow, call.who)
        return answered(
            {
                "scheduler_late": seen.scheduler_late,
                "mail_server_away": seen.mail_away,
                "nodes": seen.nodes,
                "holds": seen.holds,
                "timers": {
                    "punctuality": told.timers,
                    "due_in_24_hours": told.ahead,
                    "waiting": told.waiting,
                    "late": [_timer(t) for t in seen.late_timers],
                    "failed": [_timer(t) for t in seen.failed_timers],
                },
                "mails": {"punctuality": told.mails, "by_status": seen.outbox, "failed": len(seen.failed_messages)},
                "gaps": told.gaps,
                "unmoved": call.uow.all(UNMOVED, region_id=call.who.region_id),
            }
        )


def _timer(row: Row) -> dict[str, Any]:
    names = ("id", "case_id", "reference", "kind", "due_at", "attempts", "error")
    return {name: getattr(row, name) for name in names}
