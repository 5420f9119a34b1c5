"""A region's sign-in for the tests: an OpenID provider with real HTTP, real keys and a log-in page of its own.

It keeps the protocol's rules (registered redirect, client secret, PKCE, one use of a code), tells `auth_time`, `acr` and
`sid`, and can be told to break each of its promises: `spoil` changes the claims of the next token, `algorithm` how it
is signed. It reads the test's clock.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import html
import json
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jwk, jwt

from workflow.clock import Clock

CLIENT, SECRET = "stegvis", "hemligt-mellan-bara-de-tva"
EVENT = "http://schemas.openid.net/event/backchannel-logout"

Claims = dict[str, Any]


@dataclass
class Somebody:
    """Who can sign in there. `signed_in_at`: when they last did, in this browser (there is but one)."""

    sub: str
    claims: Claims = field(default_factory=dict)
    acr: str = "loa2"
    signed_in_at: float | None = None


class TestProvider:
    """`address` is its issuer. `requests` are the paths it was asked for, `asked` the last sign-in's parameters."""

    __test__ = False

    def __init__(self, address: str, clock: Clock) -> None:
        self.address = address
        self.keys: list[Any] = []
        self.rotate()
        self.begin(clock)

    def begin(self, clock: Clock) -> None:
        """As new, but for its keys: those take long to make."""
        self.clock = clock
        self.people: dict[str, Somebody] = {}
        self.codes: dict[str, Claims] = {}
        self.requests: list[str] = []
        self.asked: dict[str, str] = {}
        self.spoil: Callable[[Claims], None] | None = None
        self.algorithm = "RS256"
        self.down = False
        self.tells_time = True
        self.description: Claims = {}

    # --- what a test does with it ------------------------------------------------------------------------------

    def add(self, name: str, sub: str, acr: str = "loa2", /, **claims: Any) -> Somebody:
        self.people[name] = Somebody(sub, claims, acr)
        return self.people[name]

    def rotate(self) -> None:
        """A new key; the old one is no longer published."""
        self.keys = [jwk.RSAKey.generate_key(2048, {"kid": secrets.token_hex(4), "use": "sig"})]

    def now(self) -> int:
        return int(self.clock.now().timestamp())

    def sign(self, claims: Claims) -> str:
        header: Claims = {"alg": self.algorithm, "kid": self.keys[0].kid, "typ": "JWT"}
        if self.algorithm in ("none", "HS256"):  # by hand: no library lends itself to this
            signed = ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
            public = self.keys[0].as_pem(private=False)  # as the shared secret: the classical confusion
            made = hmac.digest(public, signed.encode(), "sha256") if self.algorithm == "HS256" else b""
            return f"{signed}.{_b64(made)}"
        return jwt.encode(header, claims, self.keys[0], algorithms=[self.algorithm])

    def id_claims(self, name: str, nonce: str) -> Claims:
        """The claims of an ID token for somebody, as the provider would tell them now."""
        who = self.people[name]
        claims: Claims = {
            "iss": self.address, "sub": who.sub, "aud": CLIENT, "iat": self.now(), "exp": self.now() + 300,
            "nonce": nonce, "acr": who.acr, "sid": f"sid-{who.sub}", **who.claims,
        }  # fmt: skip
        if self.tells_time and who.signed_in_at is not None:
            claims["auth_time"] = int(who.signed_in_at)
        return claims

    def logout_token(self, **changes: Any) -> str:
        claims: Claims = {
            "iss": self.address, "aud": CLIENT, "iat": self.now(), "exp": self.now() + 120,
            "jti": secrets.token_hex(8), "events": {EVENT: {}}, **changes,
        }  # fmt: skip
        return self.sign({k: v for k, v in claims.items() if v is not None})

    def sign_in(self, url: str, name: str) -> str:
        """What a browser does there: follow to the log-in page, give the name; returns where it is sent back to."""
        import httpx2

        with httpx2.Client(follow_redirects=False) as browser:
            shown = browser.get(url)
            if shown.status_code == 302:
                return shown.headers["location"]
            assert shown.status_code == 200, shown.text
            query = url.partition("?")[2]
            answer = browser.post(f"{self.address}/login", data={"who": name, "query": query})
            assert answer.status_code == 302, answer.text
            return answer.headers["location"]

    # --- the protocol -----------------------------------------------------------------------------------------

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path, query = scope["path"], scope["query_string"].decode()
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {k.decode(): v.decode() for k, v in scope["headers"]}
        self.requests.append(path)
        status, kind, content, location = self._answer(path, query, body.decode(), headers)
        sent = [(b"content-type", kind.encode()), *([(b"location", location.encode())] if location else [])]
        await send({"type": "http.response.start", "status": status, "headers": sent})
        await send({"type": "http.response.body", "body": content.encode()})

    def _answer(self, path: str, query: str, body: str, headers: dict[str, str]) -> tuple[int, str, str, str]:
        page, data = "text/html; charset=utf-8", "application/json"
        if self.down:
            return 503, page, "Nere", ""
        form = {k: v[0] for k, v in parse_qs(body).items()}
        if path == "/.well-known/openid-configuration":
            about = {
                "issuer": self.address, "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token", "jwks_uri": f"{self.address}/keys",
                "end_session_endpoint": f"{self.address}/logout", "code_challenge_methods_supported": ["S256"],
            }  # fmt: skip
            return 200, data, json.dumps({**about, **self.description}), ""
        if path == "/keys":
            return 200, data, json.dumps({"keys": [k.as_dict(private=False) for k in self.keys]}), ""
        if path == "/authorize":
            return self._authorize(query)
        if path == "/login":
            return self._login(form)
        if path == "/token":
            return self._token(form, headers)
        if path == "/favicon.ico":
            return 204, page, "", ""
        if path == "/logout":
            self.asked = {k: v[0] for k, v in parse_qs(query).items()}
            return 200, page, "<h1>Utloggad ur regionen</h1>", ""
        return 404, page, "", ""

    def _authorize(self, query: str) -> tuple[int, str, str, str]:
        asked = self.asked = {k: v[0] for k, v in parse_qs(query).items()}
        wanted = {"response_type": "code", "client_id": CLIENT, "code_challenge_method": "S256"}
        if any(asked.get(k) != v for k, v in wanted.items()) or not asked.get("code_challenge"):
            return 400, "text/plain", "invalid_request", ""
        people = "".join(
            f'<button name="who" value="{html.escape(n)}">{html.escape(n)}</button>' for n in sorted(self.people)
        )
        text = (
            f'<!DOCTYPE html><html lang="sv"><title>Regionens inloggning</title><h1>Regionens inloggning</h1>'
            f'<form method="post" action="/login"><input type="hidden" name="query" value="{html.escape(query)}">'
            f"{people}</form></html>"
        )
        return 200, "text/html; charset=utf-8", text, ""

    def _login(self, form: dict[str, str]) -> tuple[int, str, str, str]:
        asked = {k: v[0] for k, v in parse_qs(form["query"]).items()}
        who = self.people[form["who"]]
        if who.signed_in_at is None or self.now() - who.signed_in_at > int(asked.get("max_age", "999999")):
            who.signed_in_at = self.now()
        code = secrets.token_urlsafe(16)
        self.codes[code] = {"name": form["who"], "asked": asked}
        back = urlencode({"code": code, "state": asked["state"], "iss": self.address})
        return 302, "text/plain", "", f"{asked['redirect_uri']}?{back}"

    def _token(self, form: dict[str, str], headers: dict[str, str]) -> tuple[int, str, str, str]:
        def no(error: str) -> tuple[int, str, str, str]:
            return 400, "application/json", json.dumps({"error": error}), ""

        given = base64.b64decode(headers.get("authorization", "").removeprefix("Basic ")).decode()
        if given != f"{CLIENT}:{SECRET}":
            return no("invalid_client")
        known = self.codes.pop(form.get("code", ""), None)
        if known is None or form.get("redirect_uri") != known["asked"]["redirect_uri"]:
            return no("invalid_grant")
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if _b64(challenge) != known["asked"]["code_challenge"]:
            return no("invalid_grant")
        claims = self.id_claims(known["name"], known["asked"]["nonce"])
        if self.spoil:
            self.spoil(claims)
        answer = {"access_token": secrets.token_hex(8), "token_type": "Bearer", "id_token": self.sign(claims)}
        return 200, "application/json", json.dumps(answer), ""


def _b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@contextmanager
def running(clock: Clock) -> Iterator[TestProvider]:
    """A provider on a free port of this machine."""
    door = socket.create_server(("127.0.0.1", 0))
    provider = TestProvider(f"http://127.0.0.1:{door.getsockname()[1]}", clock)
    server = uvicorn.Server(uvicorn.Config(provider, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        door.close()
