"""A form that was sent after its session had ended: what was typed is kept, and comes back after signing in again.

The session that ended still says whose the form is, as long as its row stands (housekeeping takes it after a day), and
the form's token that it came from a page of that session. Nothing is carried out; the text is sealed and is its writer's
alone for an hour. Files and passwords are not kept.
"""

from __future__ import annotations

import hmac
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData

from workflow.db.statements import Row
from workflow.errors import StegvisError
from workflow.people import kept_forms, sessions
from workflow.web.base import SignInNeeded, app_of, is_api, local_path, session_cookie, way_back
from workflow.web.problems import answer

#: As much as an ordinary form may hold.
MOST_CHARACTERS = 1024 * 1024
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def sign_in_again(request: Request, error: SignInNeeded) -> Response:
    """The answer to whoever is not signed in; the handler of `SignInNeeded`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and not is_api(request) and kind in _FORMS:
        ended = await run_in_threadpool(_ended, request)
        if ended is not None:
            form = await request.form()
            place = await run_in_threadpool(_keep, request, ended, form)
            if place is not None:
                return RedirectResponse(f"/sign-in?{urlencode({'next': place})}", 303)
    return await run_in_threadpool(answer, request, error)


def _ended(request: Request) -> Row | None:
    session_id = request.cookies.get(session_cookie(request))
    if not session_id:
        return None
    with app_of(request).database.read() as uow:
        return sessions.ended_session(uow, session_id)


def _keep(request: Request, ended: Row, form: FormData) -> str | None:
    """Where the form will be found again; None for a form that is not that session's, is too long or says nothing."""
    token = form.get("csrf_token")
    if not isinstance(token, str) or not hmac.compare_digest(token.encode(), ended.csrf_token.encode()):
        return None
    answers: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if name != "csrf_token" and "password" not in name and isinstance(value, str):
            answers.setdefault(name, []).append(value)
    if not answers or sum(len(n) + sum(map(len, v)) for n, v in answers.items()) > MOST_CHARACTERS:
        return None
    path, page = str(request.scope["path"]), unquote(way_back(request))
    if page == "/":  # a browser that does not say where it was; most forms go to the address of their page
        page = path + (f"?{request.url.query}" if request.url.query else "")
    content: dict[str, Any] = {
        "path": path,
        "query": dict(request.query_params),
        "page": page,
        "answers": {name: values[-1] for name, values in answers.items()},
        "all": answers,
    }
    try:
        form_id = kept_forms.keep(app_of(request), ended.person_id, content)
    except StegvisError:
        return None
    parts = urlsplit(local_path(page))
    query = [(n, v) for n, v in parse_qsl(parts.query) if n != kept_forms.PARAMETER]
    return local_path(f"{parts.path}?{urlencode([*query, (kept_forms.PARAMETER, form_id)])}")
