"""What every response and every request passes, as pure ASGI (a framework's middleware buffers and loses context).

Outermost: the default headers, errors included. Then the watch against other sites: a request that changes something
must come from a page of ours. Last a net: whatever nobody caught becomes a page or a problem, never a traceback.
"""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from workflow.config import Settings
from workflow.errors import StegvisError
from workflow.web import problems

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
#: `same-origin`, not `no-referrer`: that would make browsers send `Origin: null` with their own forms.
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    "cache-control": "no-store",
}
HSTS = "max-age=31536000; includeSubDomains"
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_WITH_BODY = frozenset({"POST", "PUT", "PATCH"})

#: One body, counted in bytes as they come: a form or JSON, and where a file may come with it.
BODY_LIMIT = 1024 * 1024
UPLOAD_BODY_LIMIT = 52 * 1024 * 1024
_UPLOADS = ("/files", "/import")
#: What is read and thrown away of a body that is too large, so that a browser still sending hears the answer
#: instead of a broken connection: at most this many bytes, for at most this many seconds.
DRAINED_BYTES = 2 * UPLOAD_BODY_LIMIT
DRAINED_SECONDS = 20


class DefaultHeaders:
    """Sets each default header that the answer does not set itself."""

    def __init__(self, app: ASGIApp, *, secure: bool) -> None:
        self.app = app
        self.headers = dict(HEADERS) | ({"strict-transport-security": HSTS} if secure else {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self.headers.items():
                    headers.setdefault(name, value)
                for cookie in scope.get("state", {}).get("cookies", ()):
                    headers.append("set-cookie", cookie)
            await send(message)

        await self.app(scope, receive, with_headers)


class OwnSiteOnly:
    """Refuses a changing request that a browser sent from another site. No browser adds a Bearer token by itself."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        self.origin = settings.address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in SAFE:
            headers = Headers(scope=scope)
            by_token = scope["path"].startswith("/api/") and "authorization" in headers
            refusal = None if by_token else self._refusal(headers)
            if refusal is not None:
                await (await problems.outside(scope, refusal))(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _refusal(self, headers: Headers) -> StegvisError | None:
        site, origin = headers.get("sec-fetch-site"), headers.get("origin")
        if site is not None and site not in ("same-origin", "none"):
            return StegvisError("cross_site")
        if origin is not None and origin != self.origin and urlsplit(origin).netloc != headers.get("host"):
            return StegvisError("cross_site")
        return None


class JsonOnly:
    """The API takes JSON, and a form only where a file comes: a form of another site is never one of its requests."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] in _WITH_BODY and scope["path"].startswith("/api/"):
            given = Headers(scope=scope).get("content-type", "").partition(";")[0].strip().lower()
            wanted = "multipart/form-data" if scope["path"].endswith("/files") else "application/json"
            if given != wanted:
                refusal = StegvisError("unsupported_media_type")
                await (await problems.outside(scope, refusal))(scope, receive, send)
                return
        await self.app(scope, receive, send)


class BodyLimit:
    """Counts the bytes of a body as they come; what the sender says of its length is only the first check."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = UPLOAD_BODY_LIMIT if scope["path"].endswith(_UPLOADS) else BODY_LIMIT
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdecimal() or int(announced) > limit:
            if "expect" not in Headers(scope=scope):  # who asks first has not begun to send
                await _drain(receive)
            refusal = await problems.outside(scope, StegvisError("body_too_large"))
            await refusal(scope, receive, send)
            return
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            if message["type"] == "http.request":
                came += len(message.get("body", b""))
                if came > limit:
                    if message.get("more_body", False):
                        await _drain(receive)
                    raise HTTPException(413)
            return message

        await self.app(scope, counted, send)


async def _drain(receive: Receive) -> None:
    """Read on to the end of the body, within bounds, and keep nothing of it."""
    came = 0
    with anyio.move_on_after(DRAINED_SECONDS):
        while came <= DRAINED_BYTES:
            message = await receive()
            came += len(message.get("body", b""))
            if message["type"] != "http.request" or not message.get("more_body", False):
                return


class HeadAsGet:
    """HEAD answers as GET does, without the body: link checkers and mail scanners ask so first."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self.app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self.app({**scope, "method": "GET"}, receive, without_body)


class Net:
    """Whatever nobody caught: logged, and answered in words. Counts answers for the metrics."""

    def __init__(self, app: ASGIApp, *, counted: Callable[[str, int], None]) -> None:
        self.app = app
        self.counted = counted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                self.counted(scope["method"], message["status"])
            await send(message)

        try:
            await self.app(scope, receive, watched)
        except Exception as error:
            if begun:
                raise
            await (await problems.outside(scope, error))(scope, receive, watched)
