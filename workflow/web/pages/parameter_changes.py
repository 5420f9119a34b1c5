"""A proposed value of a setting: what it would move, and a second person who releases or rejects it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from states.changed_terms import may_move
from templates.labels import gettext, label
from workflow.commands import RejectParameter, ReleaseParameter
from workflow.errors import InvalidForm, NotFound
from workflow.parameters.handlers import CHANGE
from workflow.parameters.running import MOVED, Shift, parameter_of, would_move
from workflow.web.base import flash, page, viewer_of
from workflow.web.pages import words
from workflow.web.pages.proposals import proposal_of
from workflow.web.pages.setting_words import in_words
from workflow.web.pages.visit import Sent, Visit, carry_out, texts, visiting

router = APIRouter()
#: Cases that a page lists; all are counted.
SHOWN = 100


def shifts_shown(shifts: Sequence[Shift], visit: Visit) -> dict[str, Any]:
    """The dates that would move and those that would stay, for a page: counted, and listed as far as it goes."""
    moving = [s for s in shifts if not s.stays]
    return {
        "cases": len({s.case_id for s in moving}),
        "moving": [_shown(s, visit) for s in moving[:SHOWN]],
        "more": max(0, len(moving) - SHOWN),
        "staying": [{**_shown(s, visit), "why": label(f"stays.{s.stays}", visit.locale)} for s in shifts if s.stays][
            :SHOWN
        ],
    }


def _shown(s: Shift, visit: Visit) -> dict[str, Any]:
    return {"shift": s, "what": words.step_text("trigger", s.process, s.trigger, visit.locale)}


@router.get("/admin/parameters/changes/{change_id}")
def show_change(request: Request, change_id: str) -> Response:
    with visiting(request) as visit:
        return _page(request, visit, change_id, {}, [])


@router.post("/admin/parameters/changes/{change_id}/release")
def release(request: Request, change_id: str, sent: Sent) -> Response:
    """Let the value apply; the running dates that were chosen move within a minute."""
    try:
        made = carry_out(request, sent, ReleaseParameter(change_id))
    except InvalidForm as refusal:
        return _again(request, change_id, {}, refusal)
    locale = viewer_of(request).locale
    done = gettext("The value is released.", locale)
    if made["deadlines"]:
        done += " " + gettext("The running dates move within a minute, from the day it applies.", locale)
    flash(request, done)
    return RedirectResponse(f"/admin/parameters/changes/{change_id}", 303)


@router.post("/admin/parameters/changes/{change_id}/reject")
def reject(request: Request, change_id: str, sent: Sent) -> Response:
    given = texts(sent)
    try:
        carry_out(request, sent, RejectParameter(change_id, given.get("reason", "")))
    except InvalidForm as refusal:
        return _again(request, change_id, given, refusal)
    flash(request, gettext("The proposal is turned down. Nothing has changed.", viewer_of(request).locale))
    return RedirectResponse(f"/admin/parameters/changes/{change_id}", 303)


def _again(request: Request, change_id: str, given: dict[str, str], refusal: InvalidForm) -> Response:
    with visiting(request) as visit:
        return _page(request, visit, change_id, given, words.fault_texts(refusal.errors, visit.locale))


def _page(
    request: Request, visit: Visit, change_id: str, given: dict[str, str], errors: list[tuple[str | None, str]]
) -> Response:
    change = visit.uow.one(CHANGE, change_id=change_id)
    if change is None or change.region_id != visit.who.region_id:
        raise NotFound
    proposal = proposal_of(visit, change)
    shifts = would_move(visit.uow, change.region_id, parameter_of(change), visit.today) if proposal.open else []
    context: dict[str, Any] = {
        "proposal": proposal,
        "value": in_words(change.name, change.value, visit.locale),
        "may_move": may_move(change.name),
        "moved": visit.uow.all(MOVED, change_id=change.id) if change.running and not proposal.open else [],
        "given": given,
        "faults": {f: t for f, t in errors if f},
        "errors": errors,
        **shifts_shown(shifts, visit),
    }
    title = gettext("Proposed: %(setting)s", visit.locale, setting=label(f"parameter.{change.name}", visit.locale))
    return page(
        request, "pages/admin_parameter_change.html", context, title=title, status=422 if errors else 200, errors=errors
    )
