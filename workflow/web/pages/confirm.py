"""Confirming who one is, before a decision or a new key: what was written is kept, and comes back with one press (I31).

A decision that arrives in a session older than `STEGVIS_STEP_UP_MINUTES` is not taken. The form is kept, sealed; the
person shows who they are in the way their session began (the region's sign-in, the password, or a press in a demo) and
is back at the form as they left it. No script is needed, and nothing that was typed is lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from templates.labels import gettext, label
from workflow.errors import NotFound
from workflow.people import kept_forms, sessions
from workflow.people.kept_forms import Kept
from workflow.people.sessions import TooManyAttempts, WrongPassword
from workflow.web.base import app_of, check_csrf, local_path, page, session_cookie, set_cookie, viewer_of
from workflow.web.problems import status_of

router = APIRouter()

Text = Annotated[str, Form(max_length=320)]


def ask_to_confirm(request: Request, path: str, query: Mapping[str, str], answers: Mapping[str, str]) -> Response:
    """Keep the answers of a form that was sent to `path`, and ask who it is."""
    asked = {name: value for name, value in query.items() if value}
    given = {name: [value] for name, value in answers.items() if name != "csrf_token"}
    kept = Kept(path, asked, given, signed_out=False)
    form_id = kept_forms.keep(app_of(request), viewer_of(request).person_id, kept)
    return RedirectResponse(f"/confirm/{form_id}", 303)


def way_back_to(request: Request, form_id: str) -> str:
    """The page of a form that was kept, which will show it filled in. Raises NotFound."""
    app, viewer = app_of(request), viewer_of(request)
    with app.database.read() as uow:
        kept = kept_forms.read(app, uow, viewer.person_id, form_id)
    if kept is None:
        raise NotFound
    return local_path(kept.path + "?" + urlencode({**kept.query, "kept": form_id}))


@router.get("/confirm/{form_id}")
def show_confirmation(request: Request, form_id: str) -> Response:
    return _page(request, form_id)


@router.post("/confirm/{form_id}")
def confirm(request: Request, form_id: str, csrf_token: Text = "", password: Text = "") -> Response:
    """A password once more, or a press in a demo: a new session, and back to the form."""
    check_csrf(request, {"csrf_token": csrf_token})
    app, viewer, back_to = app_of(request), viewer_of(request), way_back_to(request, form_id)
    old = request.cookies.get(session_cookie(request))
    address = request.client.host if request.client else ""
    try:
        if viewer.way == "demo":
            session_id = sessions.sign_in_demo(app, viewer.email, replaces=old, confirms=True)
        elif not password:
            fault = label("error.field_required", viewer.locale)
            return _page(request, form_id, [("password", fault)], 422)
        else:
            session_id = sessions.sign_in(app, viewer.email, password, address, replaces=old, confirms=True)
    except (WrongPassword, TooManyAttempts) as refusal:
        code = "wrong_own_password" if isinstance(refusal, WrongPassword) else refusal.code
        return _page(request, form_id, [("password", label(f"error.{code}", viewer.locale))], status_of(refusal))
    set_cookie(request, session_cookie(request), session_id, max_age=None)
    return RedirectResponse(back_to, 303)


def _page(
    request: Request, form_id: str, errors: list[tuple[str | None, str]] | None = None, status: int = 200
) -> Response:  # fmt: skip
    viewer, back_to = viewer_of(request), way_back_to(request, form_id)
    context: dict[str, Any] = {
        "form_id": form_id,
        "back_to": back_to,
        "decides": back_to.startswith("/cases/"),
        "way": viewer.way,
        "minutes": app_of(request).settings.step_up_minutes,
    }
    title = gettext("Confirm that it is you", viewer.locale)
    return page(request, "pages/confirm.html", context, title=title, status=status, errors=errors or [])
