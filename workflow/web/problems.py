"""Refusals on the wire: one table from code to HTTP status, as `application/problem+json` or as a page that helps."""

from __future__ import annotations

import logging
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import Scope

from states.decision import Unmet
from states.errors import LawBookError, NoSuchStep, NotPermitted
from states.registry import DEFINITIONS
from templates.formatting import day, number
from templates.labels import LOCALES, MissingLabel, has_label, label
from templates.rendering import render
from workflow.db.database import DatabaseUnavailable
from workflow.engine.canonical import plain
from workflow.errors import Conflict, FieldError, Forbidden, InvalidForm, NotFound, Stale, StegvisError
from workflow.people.sessions import TooManyAttempts, WrongPassword
from workflow.web.base import SignInNeeded, filled_in, frame, locale_of, way_back

log = logging.getLogger(__name__)

#: Code -> status. A code that is not here has the status of its class, below.
STATUS: dict[str, int] = {
    "invalid_request": 400,
    "signed_out": 401,
    "token_invalid": 401,
    "wrong_password": 401,
    "forbidden": 403,
    "csrf": 403,
    "cross_site": 403,
    "confirmation_needed": 403,
    "no_policy": 403,
    "not_found": 404,
    "unknown_process": 404,
    "method_not_allowed": 405,
    "already_done": 409,
    "no_such_step": 409,
    "idempotency_conflict": 409,
    "file_not_scanned": 409,
    "file_infected": 409,
    "body_too_large": 413,
    "form_too_long": 413,
    "file_too_large": 413,
    "unsupported_media_type": 415,
    "not_permitted": 422,
    "unknown_filter": 422,
    "idempotency_key_invalid": 422,
    "invalid_json": 422,
    "too_many_attempts": 429,
    "unexpected": 500,
    "database_unavailable": 503,
    "provider_unavailable": 503,
    "too_busy": 503,
    "wrong_schema": 503,
}
_BY_CLASS: tuple[tuple[type[Exception], int], ...] = (
    (NotFound, 404),
    (Forbidden, 403),
    (Stale, 409),
    (Conflict, 409),
    (InvalidForm, 422),
    (WrongPassword, 401),
    (TooManyAttempts, 429),
    (DatabaseUnavailable, 503),
)
#: What the frameworks refuse by themselves.
_OF_FRAMEWORK = {
    400: "invalid_request",
    401: "signed_out",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
}
RETRY_AFTER = 15


class UnknownFilter(InvalidForm):
    """A list was asked for by something it cannot be asked for."""

    def __init__(self, name: str) -> None:
        name = name[:80]
        super().__init__([FieldError(name.partition("=")[0], "unknown_filter", {"name": name})])
        self.code, self.params = "unknown_filter", {"name": name}


def status_of(error: Exception) -> int:
    if isinstance(error, NotPermitted) and error.only_by_others:
        return 403
    code = getattr(error, "code", "unexpected") if isinstance(error, StegvisError | LawBookError) else "unexpected"
    if code in STATUS:
        return STATUS[code]
    for kind, status in _BY_CLASS:
        if isinstance(error, kind):
            return status
    return 422 if isinstance(error, StegvisError | LawBookError) else 500


def field_text(error: FieldError, locale: str) -> str:
    """The sentence beside a field."""
    return _text(error.code, locale, error.params, "field_invalid")


def _text(code: str, locale: str, params: Any, otherwise: str = "unexpected") -> str:
    """The sentence of an error; with a placeholder that nobody filled, or none at all, a more general one."""
    try:
        return label(f"error.{code}", locale, **params)
    except (MissingLabel, KeyError):
        return label(f"error.{otherwise}", locale)


def blocker(unmet: Unmet, locale: str) -> dict[str, Any]:
    """One reason why a step is not possible, and who can clear it."""
    try:
        text = label(f"guard.{unmet.code}", locale, **{k: _shown(k, v, locale) for k, v in unmet.params.items()})
    except (MissingLabel, KeyError):
        text = _text(unmet.code, locale, {}, "not_permitted")
    roles = [{"role": r, "text": label(f"role.{r}", locale)} for r in unmet.cleared_by]
    params = {k: plain(v) for k, v in unmet.params.items()}
    return {"code": unmet.code, "text": text, "cleared_by": roles, "cites": unmet.cites or None, "params": params}


def _shown(name: str, value: Any, locale: str) -> str:
    """A guard's parameter inside its sentence: a step by its name, a day as people write it."""
    if name == "trigger":
        known = (f"trigger.{d.id}.{value}" for d in DEFINITIONS.values())
        return label(next(code for code in known if has_label(code, locale)), locale)
    if name in ("due", "earliest") and value:
        return day(date.fromisoformat(str(value)), locale)
    return number(value, locale) if isinstance(value, Decimal) else str(value)


def problem(error: Exception, locale: str, path: str) -> dict[str, Any]:
    """The body of a refusal as RFC 9457 has it, with our stable `code`."""
    # Errors of a driver have a `code` and `params` too, and those hold the very values of the statement.
    own = isinstance(error, StegvisError | LawBookError)
    code, status = str(getattr(error, "code", "unexpected")) if own else "unexpected", status_of(error)
    body: dict[str, Any] = {
        "type": f"urn:stegvis:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _text(code, locale, getattr(error, "params", {}) if own else {}),
        "instance": path,
        "code": code,
    }
    if isinstance(error, InvalidForm):
        body["errors"] = [{"field": e.field, "code": e.code, "text": field_text(e, locale)} for e in error.errors]
    if isinstance(error, NotPermitted):
        body["blockers"] = [blocker(u, locale) for u in error.unmet]
    if isinstance(error, Stale):
        body |= {k: plain(v) for k, v in error.params.items() if k in ("row_version", "state")}
    if isinstance(error, NoSuchStep):
        body["state"] = error.state
    return body


def of_framework(error: Exception) -> Exception:
    """What Starlette and FastAPI refuse, as one of ours."""
    if isinstance(error, RequestValidationError):
        faults = []
        for each in error.errors():
            path = "-".join(str(p) for p in each["loc"] if p not in ("body", "query", "path"))
            if each["type"] == "json_invalid":
                return StegvisError("invalid_json")
            code = "field_required" if each["type"] == "missing" else "field_invalid"
            if each["type"] == "extra_forbidden":
                code = "field_unknown"
            faults.append(FieldError(path, code))
        return InvalidForm(faults)
    if isinstance(error, HTTPException):
        otherwise = "invalid_request" if error.status_code < 500 else "unexpected"
        return StegvisError(_OF_FRAMEWORK.get(error.status_code, otherwise))
    return error


def refuse(request: Request, error: Exception) -> Response:
    """The exception handler of the whole application. Not `async`: a page of refusal asks the database who is looking."""
    allow = error.headers if isinstance(error, HTTPException) else None
    return answer(request, of_framework(error), dict(allow or {}))


async def outside(scope: Scope, error: Exception) -> Response:
    """A refusal by one of the walls, made in a thread for the same reason."""
    return await run_in_threadpool(answer, Request(scope), error)


def answer(request: Request, error: Exception, headers: dict[str, str] | None = None) -> Response:
    """A refusal as this caller reads it."""
    headers = headers or {}
    locale = locale_of(request)
    status = status_of(error)
    if status == 503:
        headers["Retry-After"] = str(RETRY_AFTER)
    if status >= 500:
        # The route, not the address: in an address there may stand a key (I33).
        route = getattr(request.scope.get("route"), "path", "before any route")
        log.error("%s %s: %s", request.method, route, type(error).__name__, exc_info=error)
    path = str(request.scope.get("path", "/"))
    if path.startswith("/api/"):
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        content = orjson.dumps(problem(error, locale, path))
        return Response(content, status, headers, media_type="application/problem+json")
    if isinstance(error, SignInNeeded):
        asked = request.query_params.get("lang")
        language = f"&lang={asked}" if asked in LOCALES else ""
        return RedirectResponse(f"/sign-in?next={way_back(request)}{language}", 303, headers)
    return _page(request, error, locale, status, headers)


def _page(request: Request, error: Exception, locale: str, status: int, headers: dict[str, str]) -> Response:
    """A whole page that says what happened and what to do; without a database, a page without a viewer."""
    body = problem(error, locale, "")
    what_to_do = "retry" if status in (429, 500, 503) else "reload" if status in (403, 409, 422) else "go_on"
    context = {
        "status": status,
        "detail": body["detail"],
        "faults": [e["text"] for e in body.get("errors", ())] + [b["text"] for b in body.get("blockers", ())],
        "what_to_do": what_to_do,
    }
    try:
        shown = frame(request, with_viewer=status < 500) | context
        html = filled_in(request, "pages/error.html", shown, render("pages/error.html", shown, locale=locale))
    except StegvisError:
        html = render("pages/error.html", frame(request, with_viewer=False) | context, locale=locale)
    return Response(html, status, headers, media_type="text/html; charset=utf-8")
