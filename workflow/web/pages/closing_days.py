"""The days on which the region keeps closed: which, why, and by whose decision."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from templates.labels import gettext
from workflow.cases.view import names_of
from workflow.commands import AddClosingDay, WithdrawClosingDay
from workflow.parameters.closing_days import closing_days
from workflow.parameters.proposals import SETTERS
from workflow.web.base import flash, page, viewer_of
from workflow.web.pages.admin import Answers, Typed, settle, tabs
from workflow.web.pages.visit import Sent, carry_out, visiting

router = APIRouter()


@router.get("/admin/closing-days")
def show_closing_days(request: Request) -> Response:
    return _page(request, Typed())


@router.post("/admin/closing-days")
def add_closing_day(request: Request, sent: Sent) -> Response:
    viewer = viewer_of(request)

    def command(answers: Answers) -> AddClosingDay:
        day = answers.day("closed_on", required=True)
        return AddClosingDay(viewer.region_id, day, answers.text("name"), answers.text("source"))

    return settle(
        request,
        sent,
        command,
        done=gettext("The day is added. It counts in terms that begin from now on.", viewer.locale),
        to="/admin/closing-days",
        again=lambda t: _page(request, t),
        called={"name": "closing_day_name"},
    )


@router.post("/admin/closing-days/{day_id}/withdraw")
def withdraw_closing_day(request: Request, day_id: str, sent: Sent) -> Response:
    carry_out(request, sent, WithdrawClosingDay(day_id))
    flash(request, gettext("The day is withdrawn. Dates that were counted with it stay.", viewer_of(request).locale))
    return RedirectResponse("/admin/closing-days", 303)


def _page(request: Request, typed: Typed) -> Response:
    with visiting(request) as visit:
        rows = closing_days(visit.uow, visit.who.region_id)
        names = names_of(visit.uow, visit.who, [p for r in rows for p in (r.decided_by, r.withdrawn_by) if p])
        may_change = bool(visit.who.roles() & SETTERS)
        context: dict[str, Any] = {
            "days": [
                {
                    "row": r,
                    "by": names.get(r.decided_by, ""),
                    "withdrawn_by": names.get(r.withdrawn_by, ""),
                    "may_withdraw": may_change and r.withdrawn_at is None and r.closed_on >= visit.today,
                }
                for r in rows
            ],
            "may_change": may_change,
            "tabs": tabs("/admin/parameters", visit),
            **typed.as_context(),
        }
        title = gettext("Closing days", visit.locale)
        return page(
            request, "pages/admin_closing_days.html", context, title=title, status=typed.status, errors=typed.errors
        )
