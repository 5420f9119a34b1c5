"""A region's own sign-in: OpenID Connect, authorization code with PKCE. The only module that speaks to a provider.

Nothing is fetched at import or at start. What the provider says of itself and its keys are kept an hour, the keys also
fetched again when a token names one that is not known. One thread of this process asks at a time; while it does, others take
what was kept, or wait for two seconds where nothing is. A provider that does not answer is left alone for ten seconds.
"""

from __future__ import annotations

import base64
import hmac
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import urlencode

import httpx2
import orjson
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.httpx_client import OAuth2Client
from authlib.oidc.core.util import create_half_hash
from joserfc import jwk, jwt
from joserfc.errors import JoseError

from workflow.clock import Clock, monotonic
from workflow.config import ProviderSettings, is_https_or_local
from workflow.errors import StegvisError

TIMEOUT = 5.0  # seconds, for each of connecting and each read
LARGEST = 1024 * 1024  # bytes of an answer
KEPT = 3600.0  # seconds that a description and keys are used before they are fetched again
LEFT_ALONE = 10.0  # seconds without a new try after one that failed
WAIT = 2.0  # seconds that a thread waits while another one asks
KEYS_AGAIN = 30.0  # seconds at least between two fetches of keys for a key id that was not known
LEEWAY = 60  # seconds that two clocks may differ
#: A logout token older than this is not followed, so that its number need not be remembered longer.
LOGOUT_TOKEN_LIFE = 600
#: Signatures with a key pair only: "none" and HMAC with a public key as the secret are what attackers ask for.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"


class ProviderUnavailable(StegvisError):
    """The provider does not answer, or answers nonsense. Whoever has a password can sign in with that."""

    code = "provider_unavailable"


class SignInRefused(StegvisError):
    """What came back from the provider does not hold; `reason` is for the log. The code says what to tell."""

    code = "provider_answer_invalid"

    def __init__(self, reason: str, code: str | None = None) -> None:
        super().__init__(code)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Identified:
    """Who the provider says it is. `authenticated_at` is None when it does not say when; `token` is the ID token."""

    issuer: str
    subject: str
    name: str
    email: str
    number: str | None
    authenticated_at: datetime | None
    acr: str | None
    session: str | None
    token: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What a sign-in has to fulfil to count as a fresh one: its age in seconds, and one of these levels."""

    max_age: int
    levels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedOut:
    """An order to end sessions: of one sign-in (`session`), or all of a subject."""

    subject: str | None
    session: str | None
    number: str


class Provider:
    """One provider as this process knows it. Safe to use from several threads."""

    def __init__(self, settings: ProviderSettings, clock: Clock) -> None:
        self.settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[float, Any]] = {}
        self._silent_since: float | None = None

    # --- what it says of itself ------------------------------------------------------------------------------

    def description(self) -> Mapping[str, Any]:
        """Its discovery document. Raises ProviderUnavailable."""
        issuer = self.settings.issuer
        found = self._get("description", issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != issuer:
            raise ProviderUnavailable(reason="another_issuer")
        for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
            if not is_https_or_local(str(found.get(name, ""))):
                raise ProviderUnavailable(reason=name)
        return found  # type: ignore[no-any-return]

    def _get(self, kind: str, url: str, *, younger_than: float = KEPT) -> Any:
        kept = self._kept.get(kind)
        if kept and monotonic() - kept[0] < younger_than:
            return kept[1]
        outdated = kept is not None and younger_than == KEPT
        if not self._lock.acquire(timeout=0 if outdated else WAIT):
            if kept:
                return kept[1]
            raise ProviderUnavailable(reason="being_asked")
        try:
            now = monotonic()
            kept = self._kept.get(kind)
            if kept and now - kept[0] < younger_than:
                return kept[1]
            if self._silent_since is not None and now - self._silent_since < LEFT_ALONE:
                if kept:
                    return kept[1]
                raise ProviderUnavailable(reason="left_alone")
            try:
                found = _fetch(url)
            except (httpx2.HTTPError, httpx2.InvalidURL, ValueError) as error:
                self._silent_since = now
                if kept:  # better what it said an hour ago than nobody can sign in
                    return kept[1]
                raise ProviderUnavailable(reason=type(error).__name__) from error
            self._silent_since = None
            self._kept[kind] = (now, found)
            return found
        finally:
            self._lock.release()

    # --- signing in ------------------------------------------------------------------------------------------

    def authorization_url(
        self, *, redirect: str, state: str, nonce: str, verifier: str, max_age: int, acr_values: str
    ) -> str:  # fmt: skip
        """Where the browser goes to sign in. Raises ProviderUnavailable."""
        endpoint = self.description()["authorization_endpoint"]
        more: dict[str, Any] = {"nonce": nonce, "max_age": max_age}
        if acr_values:
            more["acr_values"] = acr_values
        with self._client(redirect) as client:
            url, _ = client.create_authorization_url(endpoint, state=state, code_verifier=verifier, **more)
        return str(url)

    def redeem(self, code: str, *, redirect: str, nonce: str, verifier: str, demand: Demand | None) -> Identified:
        """Change the code for who it is. Raises SignInRefused or ProviderUnavailable."""
        about = self.description()
        try:
            with self._client(redirect) as client:
                answer = client.fetch_token(
                    about["token_endpoint"], grant_type="authorization_code", code=code, code_verifier=verifier
                )
        except OAuthError as error:
            raise SignInRefused(f"token endpoint: {error.error}") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise ProviderUnavailable(reason=type(error).__name__) from error
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise SignInRefused("no ID token")
        claims = self._verified(token, ("iss", "sub", "aud", "exp", "iat"))
        self._check_binding(claims, token, nonce, answer.get("access_token"))
        seen_at = _instant(claims.get("auth_time"))
        now = self._clock.now()
        acr = claims["acr"] if isinstance(claims.get("acr"), str) else None
        if demand is not None:
            if seen_at is None:
                raise SignInRefused("no auth_time", "provider_tells_no_time")
            if (now - seen_at).total_seconds() > demand.max_age + LEEWAY:
                raise SignInRefused("auth_time too old", "sign_in_too_old")
            if demand.levels and acr not in demand.levels:
                raise SignInRefused("acr too low", "sign_in_too_weak")
        return self._identified(claims, self._more(claims, about, answer), seen_at and min(seen_at, now), acr, token)

    def _check_binding(self, claims: Mapping[str, Any], token: str, nonce: str, access_token: Any) -> None:
        """That the token answers this very sign-in (OpenID Connect Core 3.1.3.7)."""
        given = claims.get("nonce")
        if not isinstance(given, str) or not hmac.compare_digest(given.encode(), nonce.encode()):
            raise SignInRefused("nonce")
        if "at_hash" in claims and access_token:
            half = create_half_hash(str(access_token), jwt_header(token)["alg"])
            if half is None or not hmac.compare_digest(half, str(claims["at_hash"]).encode()):
                raise SignInRefused("at_hash")

    def _more(self, claims: dict[str, Any], about: Mapping[str, Any], answer: Mapping[str, Any]) -> Mapping[str, Any]:
        """The claims, with those of the user info endpoint where one that is mapped stands only there."""
        endpoint = about.get("userinfo_endpoint")
        if all(claims.get(c) for c in self.settings.claims.values()) or not endpoint or not answer.get("access_token"):
            return claims
        if not is_https_or_local(str(endpoint)):
            return claims
        try:
            found = _fetch(str(endpoint), {"Authorization": f"Bearer {answer['access_token']}"})
        except (httpx2.HTTPError, ValueError):
            return claims  # a name is missing then, not the identity
        return {**found, **claims} if found.get("sub") == claims["sub"] else claims

    def _identified(
        self, claims: dict[str, Any], more: Mapping[str, Any], seen_at: datetime | None, acr: str | None, token: str
    ) -> Identified:  # fmt: skip
        def text(name: str, longest: int = 200) -> str:
            found = more.get(self.settings.claims.get(name, ""))
            return found.strip()[:longest] if isinstance(found, str) else ""

        session = claims.get("sid")
        return Identified(
            issuer=self.settings.issuer,
            subject=claims["sub"],
            name=text("name"),
            email=text("email"),
            number=text("number") or None,
            authenticated_at=seen_at,
            acr=acr,
            session=session if isinstance(session, str) else None,
            token=token,
        )

    def _client(self, redirect: str) -> OAuth2Client:
        """The synchronous client: pages are handled in threads, and nothing else here is async."""
        methods = self.description().get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        try:
            secret = self.settings.secret
        except OSError as error:
            raise ProviderUnavailable(reason="client_secret_file") from error
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
        return OAuth2Client(
            self.settings.client_id,
            secret or None,
            token_endpoint_auth_method=method if secret else "none",
            scope=self.settings.scopes,
            redirect_uri=redirect,
            code_challenge_method="S256",
            timeout=TIMEOUT,
            follow_redirects=False,
            verify=_trusted(),
        )

    # --- tokens ----------------------------------------------------------------------------------------------

    def _verified(self, token: str, essential: tuple[str, ...]) -> dict[str, Any]:
        """The claims of a token that this provider signed for us and that is valid now. Raises SignInRefused."""
        try:
            read = jwt.decode(token, self._key_of(jwt_header(token)), algorithms=list(ALGORITHMS))
            wanted: dict[str, Any] = {name: {"essential": True} for name in essential}
            wanted["iss"] = {"essential": True, "value": self.settings.issuer}
            wanted["aud"] = {"essential": True, "value": self.settings.client_id}
            now = int(self._clock.now().timestamp())
            jwt.JWTClaimsRegistry(now=now, leeway=LEEWAY, **wanted).validate(read.claims)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise SignInRefused(f"token: {type(error).__name__} {error}"[:200]) from error
        claims: dict[str, Any] = read.claims
        several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
        if claims.get("azp", None if several else self.settings.client_id) != self.settings.client_id:
            raise SignInRefused("azp")
        if "sub" in claims and not (isinstance(claims["sub"], str) and 0 < len(claims["sub"]) <= 255):
            raise SignInRefused("sub")
        return claims

    def _key_of(self, header: Mapping[str, Any]) -> Any:
        """The key a token names; fetched again when it is not there yet. Raises SignInRefused."""
        url = str(self.description()["jwks_uri"])
        for younger_than in (KEPT, KEYS_AGAIN):
            keys = self._get("keys", url, younger_than=younger_than).get("keys", [])
            fitting = [
                k
                for k in keys
                if isinstance(k, dict)
                and k.get("kty") in ("RSA", "EC")
                and k.get("use", "sig") == "sig"
                and (header.get("kid") is None or k.get("kid") == header["kid"])
            ]
            if len(fitting) == 1:
                return jwk.import_key(fitting[0])
        raise SignInRefused("no such key")

    def read_logout_token(self, token: str) -> SignedOut:
        """OpenID Connect Back-Channel Logout 1.0, 2.6. Raises SignInRefused or ProviderUnavailable."""
        claims = self._verified(token, ("iss", "aud", "iat", "jti"))
        events = claims.get("events")
        if not isinstance(events, dict) or not isinstance(events.get(LOGOUT_EVENT), dict):
            raise SignInRefused("no logout event")
        if "nonce" in claims:
            raise SignInRefused("a nonce in a logout token")
        if self._clock.now().timestamp() - float(claims["iat"]) > LOGOUT_TOKEN_LIFE:
            raise SignInRefused("an old logout token")
        subject, session, number = claims.get("sub"), claims.get("sid"), claims["jti"]
        if not isinstance(number, str) or not (isinstance(subject, str) or isinstance(session, str)):
            raise SignInRefused("neither sub nor sid")
        return SignedOut(subject, session if isinstance(session, str) else None, number)

    def sign_out_url(self, token: str | None, back_to: str) -> str | None:
        """Where the browser goes to sign out at the provider too; None where it has no such place."""
        if not self.settings.sign_out:
            return None
        try:
            endpoint = str(self.description().get("end_session_endpoint", ""))
        except ProviderUnavailable:
            return None
        if not is_https_or_local(endpoint):
            return None
        asked = {"client_id": self.settings.client_id, "post_logout_redirect_uri": back_to}
        if token:
            asked["id_token_hint"] = token
        return endpoint + ("&" if "?" in endpoint else "?") + urlencode(asked)


class Providers:
    """The providers of this installation, in the order of its settings. Asks none of them anything yet."""

    def __init__(self, settings: tuple[ProviderSettings, ...], clock: Clock) -> None:
        self.all = [Provider(s, clock) for s in settings]

    def by_place(self, place: str) -> Provider | None:
        number = int(place) if place.isdecimal() and len(place) < 4 else -1
        return self.all[number] if 0 <= number < len(self.all) else None

    def by_issuer(self, issuer: str) -> Provider | None:
        return next((p for p in self.all if p.settings.issuer == issuer), None)


def jwt_header(token: str) -> dict[str, Any]:
    """The header of a token, not yet believed. Raises ValueError."""
    head = token.split(".", 1)[0]
    found = orjson.loads(_decoded(head))
    if not isinstance(found, dict):
        raise ValueError("no header")
    return found


def issuer_named(token: str) -> str:
    """The issuer that a token names, not yet believed: whose keys to try it with. "" for what is no token."""
    try:
        claims = orjson.loads(_decoded(token.split(".")[1]))
        return str(claims["iss"])
    except (IndexError, ValueError, KeyError, TypeError):
        return ""


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _instant(seconds: Any) -> datetime | None:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 < seconds < 1e11:
        return None
    return datetime.fromtimestamp(seconds, UTC)


@cache
def _trusted() -> ssl.SSLContext:
    """The certificates this machine trusts, read once: reading them takes as long as three pages."""
    return httpx2.create_ssl_context()


def _fetch(url: str, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    """A JSON object from the network: no redirects, bounded in time and size."""
    body = b""
    with (
        httpx2.Client(timeout=TIMEOUT, follow_redirects=False, verify=_trusted()) as client,
        client.stream("GET", url, headers=dict(headers or {})) as answer,
    ):
        if answer.status_code != 200:
            raise ValueError(f"status {answer.status_code}")
        for part in answer.iter_bytes():
            body += part
            if len(body) > LARGEST:
                raise ValueError("too large")
    found = orjson.loads(body)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    return found


__all__ = ["Demand", "Identified", "Provider", "ProviderUnavailable", "Providers", "SignInRefused"]
