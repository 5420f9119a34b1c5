"""A form that was sent after its session had run out: what was typed is kept, and comes back after signing in again.

The session that ran out still says whose the form is, as long as its row stands (housekeeping takes it after a day), and
the form's token that it came from a page of that session. Nothing is carried out; the text is sealed and is its writer's
alone for an hour. Files and passwords are not kept, nor anything of a session that somebody ended.
"""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from workflow.db.statements import Row
from workflow.errors import StegvisError
from workflow.people import kept_forms, sessions
from workflow.people.kept_forms import FormTooLong, Kept
from workflow.web.base import SignInNeeded, app_of, is_api, local_path, session_cookie, way_back
from workflow.web.problems import answer

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def sign_in_again(request: Request, error: SignInNeeded) -> Response:
    """The answer to whoever is not signed in; the handler of `SignInNeeded`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and not is_api(request) and kind in _FORMS:
        lapsed = await run_in_threadpool(_lapsed, request)
        if lapsed is not None:
            form = await request.form()
            try:
                place = await run_in_threadpool(_keep, request, lapsed, form)
            except FormTooLong as too_long:  # told while the browser still has the text behind its way back
                return await run_in_threadpool(answer, request, too_long)
            if place is not None:
                return RedirectResponse(f"/sign-in?{urlencode({'next': place})}", 303)
    return await run_in_threadpool(answer, request, error)


def _lapsed(request: Request) -> Row | None:
    session_id = request.cookies.get(session_cookie(request))
    if not session_id:
        return None
    with app_of(request).database.read() as uow:
        return sessions.lapsed_session(uow, session_id)


def _keep(request: Request, lapsed: Row, form: FormData) -> str | None:
    """Where the form will be found again; None for a form that is not that session's or says nothing.

    Raises FormTooLong.
    """
    token = form.get("csrf_token")
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), lapsed.csrf_token.encode()):
        return None
    answers: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if name != "csrf_token" and "password" not in name and isinstance(value, str):
            answers.setdefault(name, []).append(value)
    if not answers:
        return None
    path, page = str(request.scope["path"]), unquote(way_back(request))
    if page == "/":  # a browser that does not say where it was; most forms go to the address of their page
        page = path + (f"?{request.url.query}" if request.url.query else "")
    kept = Kept(path, dict(request.query_params), answers, signed_out=True)
    try:
        form_id = kept_forms.keep(app_of(request), lapsed.person_id, kept)
    except FormTooLong:
        raise
    except StegvisError:
        return None
    parts = urlsplit(local_path(page))
    query = [(n, v) for n, v in parse_qsl(parts.query) if n != kept_forms.PARAMETER]
    return local_path(f"{parts.path}?{urlencode([*query, (kept_forms.PARAMETER, form_id)])}")
