"""Signing in and out: by password, or while STEGVIS_DEMO is on by pressing a person."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from templates.labels import gettext, label
from workflow.people import sessions
from workflow.people.sessions import TooManyAttempts, WrongPassword
from workflow.web.base import (
    SignInNeeded,
    app_of,
    check_csrf,
    local_path,
    locale_of,
    page,
    session_cookie,
    set_cookie,
    viewer_of,
)
from workflow.web.pages.provider import providers_of, sign_out_address
from workflow.web.problems import status_of

router = APIRouter()

#: No database takes a NUL.
_NO_NUL = r"^[^\x00]*$"
Text = Annotated[str, Form(max_length=320, pattern=_NO_NUL)]
Next = Annotated[str, Form(max_length=2000, pattern=_NO_NUL)]


@router.get("/sign-in")
def show_sign_in(request: Request, next: str = "/") -> Response:  # noqa: A002
    try:
        viewer_of(request)
    except SignInNeeded:
        return _page(request, next)
    return RedirectResponse(local_path(next), 303)


@router.post("/sign-in")
def sign_in(request: Request, email: Text = "", password: Text = "", next: Next = "/") -> Response:  # noqa: A002
    """The right password opens a new session; a wrong one shows the page again, the address kept."""
    app, locale = app_of(request), locale_of(request)
    missing = [
        (name, label("error.field_required", locale)) for name, text in (("email", email), ("password", password)) if not text
    ]  # fmt: skip
    if missing:
        return _page(request, next, email, list(missing), 422)
    old = request.cookies.get(session_cookie(request))
    address = request.client.host if request.client else ""
    try:
        session_id = sessions.sign_in(app, email, password, address, replaces=old)
    except (WrongPassword, TooManyAttempts) as refusal:
        return _page(request, next, email, [("email", label(f"error.{refusal.code}", locale))], status_of(refusal))
    return _welcome(request, session_id, next)


@router.post("/sign-in/demo")
def sign_in_demo(request: Request, email: Text = "", next: Next = "/") -> Response:  # noqa: A002
    app = app_of(request)
    old = request.cookies.get(session_cookie(request))
    try:
        session_id = sessions.sign_in_demo(app, email, replaces=old)
    except WrongPassword as refusal:
        text = label(f"error.{refusal.code}", locale_of(request))
        return _page(request, next, email, [("email", text)], status_of(refusal))
    return _welcome(request, session_id, next)


@router.post("/sign-out")
def sign_out(request: Request, csrf_token: Text = "") -> Response:
    """Ends the session on all nodes, then leads on to the provider where it came from one.

    Whoever is signed out already is simply shown the sign-in page. A page leads on to the provider, not a redirect: our
    forms may lead nowhere else (CSP form-action).
    """
    session_id = request.cookies.get(session_cookie(request))
    if session_id:
        try:
            check_csrf(request, {"csrf_token": csrf_token})
        except SignInNeeded:
            pass
        else:
            ended = sessions.sign_out(app_of(request), session_id)
            address = sign_out_address(request, ended.issuer, ended.sealed_token) if ended is not None else None
            if address is not None:
                set_cookie(request, session_cookie(request), "", max_age=0)
                request.state.viewer = None
                title = gettext("You are signed out of Stegvis", locale_of(request))
                return page(request, "pages/signed_out.html", {"address": address, "viewer": None}, title=title)
        set_cookie(request, session_cookie(request), "", max_age=0)
    return RedirectResponse("/sign-in", 303)


def _welcome(request: Request, session_id: str, back_to: str) -> Response:
    # A session cookie without an age ends with the browser; the row behind it ends before.
    set_cookie(request, session_cookie(request), session_id, max_age=None)
    return RedirectResponse(local_path(back_to), 303)


def _page(
    request: Request, back_to: str, email: str = "", errors: list[tuple[str | None, str]] | None = None, status: int = 200
) -> Response:  # fmt: skip
    app = app_of(request)
    people = []
    if app.settings.demo:
        with app.database.read() as uow:
            people = sessions.demo_people_with_roles(uow)
    regions = [(str(n), p.settings.name) for n, p in enumerate(providers_of(request).all)]
    context = {"next": local_path(back_to), "email": email, "people": people, "providers": regions}
    title = gettext("Sign in", locale_of(request))
    return page(request, "pages/sign_in.html", context, title=title, status=status, errors=errors or [])
