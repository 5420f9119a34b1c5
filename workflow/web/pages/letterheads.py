"""Letterheads: what stands at the head and foot of letters, proposing a new one, a second person, history."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from templates.formatting import day
from templates.labels import gettext, label
from workflow.commands import ProposeLetterhead, RejectLetterhead, ReleaseLetterhead
from workflow.db.statements import Row
from workflow.errors import InvalidForm, NotFound
from workflow.letters.letterheads import LETTERHEAD, LETTERHEADS, Head, head_of, letterhead
from workflow.parameters.proposals import SETTERS
from workflow.people.queries import unit_tree
from workflow.web.base import flash, page, viewer_of
from workflow.web.pages.admin import Answers, Typed, settle
from workflow.web.pages.proposals import proposal_of, proposals
from workflow.web.pages.visit import Sent, Visit, carry_out, texts, visiting
from workflow.web.pages.words import fault_texts

router = APIRouter()

_WORDS = ("sender", "department", "address", "contact", "reference_person")


@router.get("/admin/letterheads")
def show_letterheads(request: Request) -> Response:
    return _heads_page(request, Typed())


@router.post("/admin/letterheads")
def propose_letterhead(request: Request, sent: Sent) -> Response:
    """Propose a letterhead for a unit or the whole region; it applies when somebody else has released it."""
    viewer, given = viewer_of(request), texts(sent)
    try:
        command = Answers(given).complete(
            lambda a: ProposeLetterhead(
                viewer.region_id,
                a.choice("unit"),
                a.day("valid_from", required=True),
                *(a.text(name) for name in (*_WORDS, "source")),
            )
        )
        made = carry_out(request, sent, command)
    except InvalidForm as refusal:
        return _heads_page(request, Typed(given, fault_texts(refusal.errors, viewer.locale)))
    flash(request, gettext("The letterhead is proposed. It applies when somebody else has released it.", viewer.locale))
    return RedirectResponse(f"/admin/letterheads/{made['id']}", 303)


@router.get("/admin/letterheads/{head_id}")
def show_proposal(request: Request, head_id: str) -> Response:
    return _proposal_page(request, head_id, Typed())


@router.post("/admin/letterheads/{head_id}/release")
def release_letterhead(request: Request, head_id: str, sent: Sent) -> Response:
    """Let the letterhead stand on letters that are decided from its day on."""
    carry_out(request, sent, ReleaseLetterhead(head_id))
    with visiting(request) as visit:
        since = day(max(_row(visit, head_id).valid_from, visit.today), visit.locale, visit.today)
        told = gettext(
            "The letterhead is released. It applies to letters that are decided from %(day)s.", visit.locale, day=since
        )
    flash(request, told)
    return RedirectResponse(f"/admin/letterheads/{head_id}", 303)


@router.post("/admin/letterheads/{head_id}/reject")
def reject_letterhead(request: Request, head_id: str, sent: Sent) -> Response:
    return settle(
        request,
        sent,
        lambda answers: RejectLetterhead(head_id, answers.text("reason")),
        done=gettext("The proposal is turned down. Nothing has changed.", viewer_of(request).locale),
        to=f"/admin/letterheads/{head_id}",
        again=lambda typed: _proposal_page(request, head_id, typed),
    )


def _heads_page(request: Request, typed: Typed) -> Response:
    with visiting(request) as visit:
        rows = visit.uow.all(LETTERHEADS, region_id=visit.who.region_id)
        latest = next((r for r in rows if r.status == "released"), None)
        given = dict(typed.given) or (
            {n: getattr(latest, n) for n in _WORDS} if latest else {"sender": visit.viewer.region_name}
        )
        context: dict[str, Any] = {
            "heads": proposals(visit, rows),
            "waiting": [r for r in rows if r.status == "proposed"],
            "units": [
                ("", gettext("The whole region", visit.locale)),
                *((u.id, u.name) for u in unit_tree(visit.uow, visit.who)),
            ],
            "may_change": bool(visit.who.roles() & SETTERS),
            **typed.as_context(),
            "given": {"valid_from": visit.today.isoformat(), **given},
        }
        title = gettext("Letterheads", visit.locale)
        return page(
            request, "pages/admin_letterheads.html", context, title=title, status=typed.status, errors=typed.errors
        )


def _row(visit: Visit, head_id: str) -> Row:
    row = visit.uow.one(LETTERHEAD, head_id=head_id)
    if row is None or row.region_id != visit.who.region_id:
        raise NotFound
    return row


def _proposal_page(request: Request, head_id: str, typed: Typed) -> Response:
    with visiting(request) as visit:
        row = _row(visit, head_id)
        now = letterhead(visit.uow, row.region_id, visit.viewer.region_name, row.unit_id, visit.today)
        context: dict[str, Any] = {
            "parts": _beside(now, head_of(row), visit.locale),
            "proposal": proposal_of(visit, row),
            **typed.as_context(),
        }
        whose = row.unit_name or gettext("the whole region", visit.locale)
        title = gettext("Proposed letterhead: %(unit)s", visit.locale, unit=whose)
        return page(
            request, "pages/admin_letterhead.html", context, title=title, status=typed.status, errors=typed.errors
        )


def _beside(now: Head, then: Head, locale: str) -> list[dict[str, Any]]:
    """What would stand on the letters beside what stands there now, part by part and line by line."""

    def lines(head: Head, name: str) -> tuple[str, ...]:
        value = getattr(head, name)
        return value if isinstance(value, tuple) else (value,) if value else ()

    return [
        {"name": label(f"field.{n}", locale), "now": lines(now, n), "then": lines(then, n)}
        for n in _WORDS
        if lines(now, n) or lines(then, n)
    ]
