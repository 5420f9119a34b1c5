"""Help, and the accessibility statement that the law asks for (lag 2018:1937)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from states.roles import Role
from templates.labels import gettext
from workflow.commands import ReportAccessFault
from workflow.people.queries import people_of_region
from workflow.web.base import SignInNeeded, locale_of, page, viewer_of
from workflow.web.pages.admin import Typed, settle
from workflow.web.pages.visit import Sent, visiting

router = APIRouter()


@router.get("/help")
def show_help(request: Request) -> Response:
    """How things are done; who is signed in also reads whom to ask."""
    context: dict[str, Any] = {"to_ask": _to_ask(request)}
    return page(request, "pages/help.html", context, title=gettext("Help", locale_of(request)))


def _to_ask(request: Request) -> list[tuple[str, list[Any]]]:
    try:
        with visiting(request) as visit:
            locale = visit.locale
            asked = (
                (gettext("About procurements and decisions", locale), Role.HEAD_OF_PROCUREMENT),
                (gettext("About accounts, roles and settings", locale), Role.ADMINISTRATOR),
            )
            return [(text, people_of_region(visit.uow, visit.who, visit.today, roles={role})) for text, role in asked]
    except SignInNeeded:
        return []


@router.get("/accessibility")
def show_statement(request: Request) -> Response:
    return _statement(request, Typed())


@router.post("/accessibility")
def report_fault(request: Request, sent: Sent) -> Response:
    """Kept for the region's administrators."""
    return settle(
        request,
        sent,
        lambda a: ReportAccessFault(a.text("text")),
        done=gettext("Thank you. Your report is saved, and the administrators see it.", viewer_of(request).locale),
        to="/accessibility",
        again=lambda t: _statement(request, t),
    )


def _statement(request: Request, typed: Typed) -> Response:
    title = gettext("Accessibility statement", locale_of(request))
    return page(
        request, "pages/accessibility.html", typed.as_context(), title=title, status=typed.status, errors=typed.errors
    )
