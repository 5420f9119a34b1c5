"""Signing in with the region's own account: out to the provider and back, and its orders to sign somebody out.

What a sign-in needs to remember (state, nonce, PKCE verifier, where to go on) travels in a cookie that is sealed, holds
for ten minutes and is named for its own sign-in, so that two tabs do not disturb each other. Coming back is a GET that
begins a session, as the protocol has it; without that cookie it does nothing, so no mail scanner and no other site can
use it.
"""

from __future__ import annotations

import hmac
import json
import logging
import secrets
from datetime import timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

import orjson
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from states.roles import system_actor
from templates.labels import gettext, label
from workflow.commands import EndSessionsByProvider, NoteFailedSignIn, SignInByProvider
from workflow.engine.execute import Stegvis, execute
from workflow.errors import NotFound, StegvisError
from workflow.people import sessions
from workflow.people.accounts import token_hash
from workflow.people.provider import (
    Demand,
    Identified,
    Provider,
    Providers,
    ProviderUnavailable,
    SignInRefused,
    issuer_named,
)
from workflow.people.sessions import TooManyAttempts
from workflow.sealing import seal, unsealed
from workflow.web.base import SignInNeeded, app_of, local_path, locale_of, page, session_cookie, set_cookie, viewer_of
from workflow.web.pages.confirm import way_back_to
from workflow.web.problems import status_of

router = APIRouter()
log = logging.getLogger(__name__)

LIFE = timedelta(minutes=10)
_FLOW, _TOKEN = "sign-in by provider", "token of a provider"


def providers_of(request: Request) -> Providers:
    found: Providers = request.app.state.providers
    return found


@router.get("/sign-in/provider")
def go_to_provider(request: Request, provider: str = "0", next: str = "/", confirm: str = "") -> Response:  # noqa: A002
    """Off to the provider. `confirm`: a kept form, whose writer has to show who they are once more."""
    chosen, back_to, person_id = providers_of(request).by_place(provider), local_path(next), ""
    if confirm:
        viewer = viewer_of(request)
        chosen = providers_of(request).by_issuer(viewer.issuer or "")
        back_to, person_id = way_back_to(request, confirm), viewer.person_id
    if chosen is None:
        raise NotFound
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    settings = chosen.settings
    # Half of what is allowed: whoever comes back has the other half to read and press. Otherwise as long as a session
    # can last, which also makes a provider tell when the person signed in.
    max_age = _step_up_seconds(request) // 2 if person_id else int(sessions.ABSOLUTE.total_seconds())
    levels = settings.acr_step_up if person_id else settings.acr_values
    try:
        url = chosen.authorization_url(
            redirect=_redirect(request), state=state, nonce=nonce, verifier=verifier, max_age=max_age,
            acr_values=levels,
        )  # fmt: skip
    except ProviderUnavailable as refusal:
        log.warning("The provider %s: %s", settings.issuer, refusal.params.get("reason"))
        return _refused(request, refusal, back_to)
    flow = {"issuer": settings.issuer, "state": state, "nonce": nonce, "verifier": verifier, "next": back_to,
            "person": person_id}  # fmt: skip
    app = app_of(request)
    sealed = seal(app.settings, _FLOW, json.dumps(flow), app.clock.now())
    set_cookie(request, _cookie(request, state), sealed, max_age=int(LIFE.total_seconds()))
    return RedirectResponse(url, 303)


@router.get("/sign-in/provider/callback")
def come_back(request: Request, state: str = "", code: str = "", error: str = "", iss: str = "") -> Response:
    """Back from the provider: begin a session for who it is, or say why not and what to do."""
    flow = _flow(request, state)
    if flow is None:
        return _refused(request, StegvisError("sign_in_lost"), "/")
    set_cookie(request, _cookie(request, state), "", max_age=0)
    provider = providers_of(request).by_issuer(flow["issuer"])
    try:
        if provider is None or (iss and iss != flow["issuer"]):
            raise SignInRefused("another issuer answered")
        if error or not code:
            raise SignInRefused(f"the provider said {error[:80]!r}", "provider_said_no")
        who = _redeemed(request, provider, code, flow)
    except (SignInRefused, ProviderUnavailable, TooManyAttempts) as refusal:
        reason = getattr(refusal, "reason", None) or refusal.params.get("reason", refusal.code)
        log.warning("A sign-in by %s was refused: %s", flow["issuer"], reason)
        return _refused(request, refusal, flow["next"])
    return _begin(request, provider, who, flow)


@router.post("/sign-in/provider/logout")
def sign_out_by_provider(request: Request, logout_token: Annotated[str, Form(max_length=20_000)] = "") -> Response:
    """The provider tells that somebody has signed out there (OpenID Connect Back-Channel Logout 1.0)."""
    provider = providers_of(request).by_issuer(issuer_named(logout_token))
    try:
        if provider is None:
            raise SignInRefused("a logout token of nobody we know")
        order = provider.read_logout_token(logout_token)
    except (SignInRefused, ProviderUnavailable) as refusal:
        log.warning("A logout token was refused: %s", getattr(refusal, "reason", refusal.code))
        return _order_refused()
    issuer = provider.settings.issuer
    command = EndSessionsByProvider(issuer, order.subject, order.session, token_hash(f"{issuer} {order.number}"))
    if execute(app_of(request), command, by=system_actor("samverkan"))["replayed"]:
        log.warning("A logout token came twice")
        return _order_refused()
    return Response(status_code=200)


def sign_out_address(request: Request, issuer: str | None, sealed_token: str | None) -> str | None:
    """Where a browser that has signed out here goes to sign out there; None where it need not."""
    app, provider = app_of(request), providers_of(request).by_issuer(issuer or "")
    if provider is None:
        return None
    token = unsealed(app.settings, _TOKEN, sealed_token or "", app.clock.now(), sessions.ABSOLUTE)
    return provider.sign_out_url(token, app.settings.address + "/sign-in")


def _order_refused() -> Response:
    return Response(orjson.dumps({"error": "invalid_request"}), 400, media_type="application/json")


def _redeemed(request: Request, provider: Provider, code: str, flow: dict[str, str]) -> Identified:
    """Who it is; a refusal counts for the address it came from, as a wrong password does."""
    app, address = app_of(request), request.client.host if request.client else ""
    subject = sessions.counted_as("address", address)
    with app.database.read() as uow:
        sessions.check_attempts(uow, address=subject)
    demand = Demand(_step_up_seconds(request) // 2, provider.settings.step_up_levels) if flow["person"] else None
    try:
        return provider.redeem(
            code, redirect=_redirect(request), nonce=flow["nonce"], verifier=flow["verifier"], demand=demand
        )
    except SignInRefused as refusal:
        execute(app, NoteFailedSignIn((subject,), flow["person"] or None, refusal.code), by=system_actor("samverkan"))
        raise


def _begin(request: Request, provider: Provider, who: Identified, flow: dict[str, str]) -> Response:
    app: Stegvis = app_of(request)
    session_id, old = sessions.new_session_id(), request.cookies.get(session_cookie(request))
    command = SignInByProvider(
        issuer=who.issuer, subject=who.subject, region_id=provider.settings.region, name=who.name, email=who.email,
        number=who.number, id_hash=token_hash(session_id), csrf_token=sessions.new_session_id(),
        authenticated_at=who.authenticated_at, acr=who.acr, provider_session=who.session,
        sealed_token=seal(app.settings, _TOKEN, who.token, app.clock.now()),
        replaced_hash=token_hash(old) if old else None, person_id=flow["person"] or None,
    )  # fmt: skip
    answer = execute(app, command, by=system_actor("samverkan"))
    if "refused" in answer:
        return _nobody_here(request, answer, flow["next"])
    set_cookie(request, session_cookie(request), session_id, max_age=None)
    return RedirectResponse(flow["next"], 303)


def _flow(request: Request, state: str) -> dict[str, str] | None:
    """The sign-in that this browser began with this state, at most ten minutes ago."""
    app = app_of(request)
    if len(state) != 43 or request.headers.get("sec-purpose", "").startswith("prefetch"):
        return None
    text = unsealed(app.settings, _FLOW, request.cookies.get(_cookie(request, state), ""), app.clock.now(), LIFE)
    flow: dict[str, str] | None = json.loads(text) if text else None
    if flow is None or not hmac.compare_digest(flow["state"].encode(), state.encode()):
        return None
    return flow


def _cookie(request: Request, state: str) -> str:
    name = "flow-" + "".join(c for c in state[:12] if c.isalnum() or c in "-_")
    return f"__Host-{name}" if app_of(request).settings.secure else name


def _redirect(request: Request) -> str:
    return app_of(request).settings.address + "/sign-in/provider/callback"


def _step_up_seconds(request: Request) -> int:
    return app_of(request).settings.step_up_minutes * 60


def _refused(request: Request, refusal: StegvisError, back_to: str) -> Response:
    """It did not work: what happened, and the ways in again."""
    text = label(f"error.{refusal.code}", locale_of(request))
    status = (
        400 if refusal.code == "sign_in_lost" else 401 if isinstance(refusal, SignInRefused) else status_of(refusal)
    )
    context: dict[str, Any] = {"detail": text, "again": back_to, "identity": None, "name": ""}
    try:
        viewer_of(request)
    except SignInNeeded:
        context["again"] = "/sign-in?" + urlencode({"next": back_to})
    return _plain(request, context, status)


def _nobody_here(request: Request, answer: dict[str, str], back_to: str) -> Response:
    """The provider knows them; Stegvis does not (yet), or not as the one who has to confirm."""
    context = {
        "detail": label(f"error.{answer['refused']}", locale_of(request)),
        "again": "/sign-in?" + urlencode({"next": back_to}),
        "identity": answer["identity"][-6:] if answer["refused"] == "identity_waits" else None,
        "name": answer["name"],
    }
    return _plain(request, context, 403)


def _plain(request: Request, context: dict[str, Any], status: int) -> Response:
    title = gettext("You are not signed in", locale_of(request))
    try:
        viewer_of(request)
        title = gettext("That did not work", locale_of(request))
    except SignInNeeded:
        pass
    return page(request, "pages/sign_in_refused.html", context, title=title, status=status)
