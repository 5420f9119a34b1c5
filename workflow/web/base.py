"""What every page and API handler works with: the application, who is looking, the frame of a page, its form's guard."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from http.cookies import SimpleCookie
from importlib.metadata import PackageNotFoundError, version
from typing import Any
from urllib.parse import quote, urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from starlette.datastructures import FormData

from states.calendar import local_date
from states.roles import Role
from templates.formatting import day
from templates.labels import gettext
from templates.rendering import LOCALES, render
from workflow.cases.queries import my_task_counts
from workflow.cases.region_trail import OVERSEERS
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations.lists import OF_THE_REGION, OF_THEIR_UNITS
from workflow.engine import case_rows, directory
from workflow.engine.execute import Stegvis
from workflow.engine.operations import scheduler_is_late
from workflow.errors import Forbidden, StegvisError
from workflow.mails.queries import my_matter_count
from workflow.people import kept_forms, sessions
from workflow.web.refill import refilled

__all__ = ["SignInNeeded", "Viewer", "app_of", "check_csrf", "flash", "page", "seal", "viewer_of"]

LANGUAGE, FLASH = "lang", "flash"
SEES_LADDERS = OF_THE_REGION | OF_THEIR_UNITS


class SignInNeeded(StegvisError):
    """Nobody is signed in: pages lead to the sign-in page and back, the API answers 401."""

    code = "signed_out"


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who is signed in. `roles` are those held today, own or for somebody else; `acting_for` says for whom."""

    person_id: str
    name: str
    email: str
    region_id: str
    region_name: str
    locale: str
    csrf_token: str
    roles: frozenset[str]
    acting_for: str | None
    demo: bool
    #: How the session began (password, demo, provider) and, with a provider, whose; None for an API token.
    way: str | None = None
    issuer: str | None = None
    #: Whether the person showed lately who they are (I31); None for an API token, which is shown with each request.
    confirmed: bool | None = None


def app_of(request: Request) -> Stegvis:
    app: Stegvis = request.app.state.stegvis
    return app


def viewer_of(request: Request) -> Viewer:
    """The person behind the session cookie or the API token. Raises SignInNeeded. Looked up once a request."""
    known: Viewer | None = getattr(request.state, "viewer", None)
    if known is None:
        known = request.state.viewer = _find_viewer(request)
        request.state.locale = known.locale
    return known


def locale_of(request: Request) -> str:
    """`?lang=`, then the choice this browser keeps, then the person's language, then the installation's."""
    chosen = chosen_locale(request)
    return chosen or getattr(request.state, "locale", None) or app_of(request).settings.locale


def chosen_locale(request: Request) -> str | None:
    asked = request.query_params.get("lang")
    if asked in LOCALES:
        return asked
    if is_api(request):
        accepted = request.headers.get("accept-language", "")[:2].lower()
        return accepted if accepted in LOCALES else None
    kept = request.cookies.get(LANGUAGE)
    return kept if kept in LOCALES else None


def is_api(request: Request) -> bool:
    return str(request.scope["path"]).startswith("/api/")


def page(
    request: Request,
    template: str,
    context: Mapping[str, Any],
    *,
    title: str,
    status: int = 200,
    errors: Sequence[tuple[str | None, str]] = (),
) -> HTMLResponse:
    """A whole page: what the layout needs is added to `context`."""
    surrounding = frame(request)
    shown = {**surrounding, "title": title, "errors": list(errors), **context}
    html = render(template, shown, locale=surrounding["locale"])
    return HTMLResponse(filled_in(request, template, shown, html), status)


def filled_in(request: Request, template: str, shown: dict[str, Any], html: str) -> str:
    """The page with a form that was sent after its session ended, as it was typed (see `signed_out`).

    What finds no field stands on the page as text, also where the form is no longer to be had.
    """
    form_id, viewer = request.query_params.get(kept_forms.PARAMETER), shown["viewer"]
    if not form_id or viewer is None or request.method not in ("GET", "HEAD"):
        return html
    with app_of(request).database.read() as uow:
        kept = kept_forms.read(app_of(request), uow, viewer.person_id, form_id)
    if kept is None or not kept.signed_out:
        return html
    _, left = refilled(html, kept.path, kept.answers)
    told = gettext("You had been signed out. What you wrote is here again; nothing has been sent yet.", shown["locale"])
    messages = [*shown["flash"], {"text": told, "tone": "soon", "left": left}]
    again = render(template, {**shown, "flash": messages}, locale=shown["locale"])
    return refilled(again, kept.path, kept.answers)[0]


def frame(request: Request, *, with_viewer: bool = True) -> dict[str, Any]:
    """What every layout needs. Nobody has to be signed in; without a database there is no viewer."""
    app = app_of(request)
    try:
        viewer = viewer_of(request) if with_viewer else None
    except SignInNeeded:
        viewer = None
    locale = locale_of(request)
    if request.query_params.get(LANGUAGE) == locale != request.cookies.get(LANGUAGE):
        speak(request, locale)
    path = "/" + str(request.scope["path"]).lstrip("/\\")
    tasks, late = _at_this_moment(app, viewer) if viewer else (0, False)
    return {
        "viewer": viewer,
        "csrf_token": viewer.csrf_token if viewer else "",
        "nav": _navigation(viewer, path, tasks, locale) if viewer else [],
        "locale": locale,
        "path": quote(path),
        "today": local_date(app.clock.now()),
        "flash": _taken_flash(request, viewer),
        "version": program_version(),
        "demo": app.settings.demo,
        "scheduler_late": late,
        "errors": [],
    }


def check_csrf(request: Request, form: Mapping[str, Any] | FormData) -> None:
    """Raises Forbidden unless the form carries the token of this session."""
    sent = form.get("csrf_token")
    if not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), viewer_of(request).csrf_token.encode()):
        raise Forbidden("csrf")


def flash(request: Request, text: str) -> None:
    """A sentence on the next page this browser shows. It travels in a cookie sealed with the session's secret."""
    raw = base64.urlsafe_b64encode(json.dumps(text).encode()).decode()
    set_cookie(request, FLASH, f"{raw}.{seal(raw, viewer_of(request))}", max_age=120)


def speak(request: Request, locale: str) -> None:
    """Keep a language in this browser."""
    set_cookie(request, LANGUAGE, locale, max_age=365 * 86_400)


def set_cookie(request: Request, name: str, value: str, *, max_age: int | None) -> None:
    """Set a cookie with this answer, whatever it turns out to be; `max_age` 0 takes it away."""
    cookie: SimpleCookie = SimpleCookie()
    cookie[name] = value
    made = cookie[name]
    made["path"], made["httponly"], made["samesite"] = "/", True, "Lax"
    if app_of(request).settings.secure:
        made["secure"] = True
    if max_age is not None:
        made["max-age"] = max_age
    waiting = request.scope.setdefault("state", {}).setdefault("cookies", [])
    waiting.append(cookie.output(header="").strip())


def session_cookie(request: Request) -> str:
    """The cookie's name: `__Host-` ties it to this host and to https."""
    return "__Host-sid" if app_of(request).settings.secure else "sid"


def local_path(text: str | None, otherwise: str = "/") -> str:
    """`next` as a path of ours; anything that could lead elsewhere becomes `otherwise`."""
    if not text or not text.startswith("/") or text.startswith("//") or len(text) > 2000:
        return otherwise
    if "\\" in text or any(ord(c) < 33 for c in text) or urlsplit(text).netloc:
        return otherwise
    return text


def way_back(request: Request) -> str:
    """Where to go after signing in: the page asked for, or the page whose form was sent. Quoted for a query."""
    here = str(request.scope["path"])
    if request.method in ("GET", "HEAD"):
        query = request.scope.get("query_string", b"").decode("latin-1")
        return quote(local_path(here + (f"?{query}" if query else "")), safe="")
    referrer = urlsplit(request.headers.get("referer", ""))
    own = referrer.netloc == request.headers.get("host")
    return quote(local_path(referrer.path + (f"?{referrer.query}" if referrer.query else "") if own else "/"), safe="")


@cache
def program_version() -> str:
    try:
        return version("stegvis")
    except PackageNotFoundError:
        return "0"


def _find_viewer(request: Request) -> Viewer:
    app = app_of(request)
    authorization = request.headers.get("authorization", "")
    session_id = request.cookies.get(session_cookie(request))
    with app.database.read() as uow:
        if is_api(request) and authorization:
            scheme, _, given = authorization.partition(" ")
            row = sessions.token(uow, given.strip()) if scheme.lower() == "bearer" else None
            if row is None:
                raise StegvisError("token_invalid")
            return _viewer(uow, row, "", chosen_locale(request))
        row = sessions.session(uow, session_id) if session_id else None
        if row is None or session_id is None:
            raise SignInNeeded
        now = uow.now
        viewer = replace(
            _viewer(uow, row, row.csrf_token, chosen_locale(request)),
            way=row.way, issuer=row.issuer, confirmed=sessions.shown_lately(row, app.settings, now),
        )  # fmt: skip
    sessions.touch(app, session_id, row.seen_at, now)
    return viewer


def _viewer(uow: UnitOfWork, row: Row, csrf_token: str, chosen: str | None) -> Viewer:
    today = local_date(uow.now)
    actor = directory.actor(uow, row.person_id, today)
    region = case_rows.region(uow, row.region_id)
    locale = chosen or row.locale
    replaced = [
        gettext("You stand in for %(name)s until %(last_day)s.", locale, name=r.name, last_day=day(r.valid_to, locale, today))
        for r in directory.stood_in_for(uow, row.person_id, today)
    ]  # fmt: skip
    return Viewer(
        person_id=row.person_id,
        name=row.name,
        email=row.email,
        region_id=row.region_id,
        region_name=region.name if region else row.region_id,
        locale=locale,
        csrf_token=csrf_token,
        roles=actor.roles(),
        acting_for=" ".join(replaced) or None,
        demo=bool(row.demo),
    )


def _at_this_moment(app: Stegvis, viewer: Viewer) -> tuple[int, bool]:
    """How many tasks and mails wait for the viewer, and whether the scheduler stands still."""
    with app.database.read() as uow:
        today = local_date(uow.now)
        who = directory.actor(uow, viewer.person_id, today)
        waiting = my_task_counts(uow, who, today)[0] + my_matter_count(uow, who)
        return waiting, scheduler_is_late(uow)


def _navigation(viewer: Viewer, path: str, tasks: int, locale: str) -> list[dict[str, Any]]:
    entries: list[tuple[str, str, int | None, bool]] = [
        ("/my-tasks", gettext("My cases", locale), tasks or None, True),
        ("/cases", gettext("Cases", locale), None, True),
        ("/contracts", gettext("Contracts", locale), None, True),
        ("/ladders", gettext("Ladders", locale), None, bool(viewer.roles & SEES_LADDERS)),
        ("/year", gettext("The year", locale), None, True),
        ("/suppliers", gettext("Suppliers", locale), None, True),
        ("/reports/delegated-decisions", gettext("Reports", locale), None, True),
        ("/mails", gettext("Mails", locale), None, bool(viewer.roles & OVERSEERS)),
        ("/trail", gettext("Audit trail", locale), None, True),
        ("/processes", gettext("Processes", locale), None, True),
        ("/operations", gettext("Operations", locale), None, bool(viewer.roles & {Role.ADMINISTRATOR, Role.HEAD_OF_PROCUREMENT})),
        ("/admin/people", gettext("Administration", locale), None, Role.ADMINISTRATOR in viewer.roles),
        ("/admin/parameters", gettext("Settings", locale), None, {Role.ADMINISTRATOR, Role.HEAD_OF_PROCUREMENT} & viewer.roles == {Role.HEAD_OF_PROCUREMENT}),
    ]  # fmt: skip
    found = []
    for href, text, count, shown in entries:
        if shown:
            root = "/" + href.split("/")[1]
            current = path == root or path.startswith(root + "/")
            found.append({"href": href, "label_text": text, "count": count, "current": current})
    return found


def seal(raw: str, viewer: Viewer) -> str:
    """What shows that this session was given `raw` by us."""
    return hmac.new(viewer.csrf_token.encode(), raw.encode(), hashlib.sha256).hexdigest()


def _taken_flash(request: Request, viewer: Viewer | None) -> list[str]:
    """What the last answer left for this page; shown once."""
    raw, _, given = request.cookies.get(FLASH, "").partition(".")
    if not raw:
        return []
    set_cookie(request, FLASH, "", max_age=0)
    if viewer is None or not hmac.compare_digest(given.encode(), seal(raw, viewer).encode()):
        return []
    return [str(json.loads(base64.urlsafe_b64decode(raw)))]
