"""What every call of the API shares: who calls, the request's own name, answers as JSON, pages of a list."""

from __future__ import annotations

import dataclasses
import hmac
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

import orjson
from fastapi import Depends, Header, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict
from starlette.datastructures import URL

from states.calendar import local_date
from states.roles import Actor
from workflow.cases.paging import Page
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import directory
from workflow.engine.execute import Idempotency, body_hash, execute
from workflow.errors import Forbidden, NotFound, StegvisError
from workflow.web.base import Viewer, app_of, viewer_of
from workflow.web.filters import only_known

ROOT = "/api/v1"
_own_filters = only_known()
_KEY = re.compile(r'"?[\x21\x23-\x7e]{1,200}"?')


class Body(BaseModel):
    """A request's JSON: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


@dataclass(frozen=True, slots=True)
class Call:
    """One look at the data: a reading transaction, and who asks."""

    viewer: Viewer
    uow: UnitOfWork
    who: Actor
    today: date

    def in_region(self, region: str | None) -> None:
        """Raises NotFound for any region but one's own: that one has no such thing for this caller."""
        if region is not None and region != self.who.region_id:
            raise NotFound("region_unknown")


@contextmanager
def looking(request: Request) -> Iterator[Call]:
    viewer = viewer_of(request)
    with app_of(request).database.read() as uow:
        today = local_date(uow.now)
        yield Call(viewer, uow, directory.actor(uow, viewer.person_id, today, channel="api"), today)


def only_known_filters(request: Request, lang: str | None = None) -> None:  # noqa: ARG001
    """Raises UnknownFilter for a query parameter that this call does not have: a typo must not list everything."""
    _own_filters(request)


async def raw_json(request: Request) -> bytes:
    """The body as it came; also what the request is known by when it comes again. Raises for what is no JSON."""
    raw = await request.body()
    try:
        orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise StegvisError("invalid_json") from None
    if b"\\u0000" in raw:
        raise StegvisError("invalid_json")
    return raw


RawJson = Annotated[bytes, Depends(raw_json)]
Key = Annotated[
    str | None,
    Header(alias="Idempotency-Key", description="Repeated within 7 days: one effect, the same answer."),
]
After = Annotated[str | None, Query(description="`next` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200)]
Flag = Annotated[bool | None, Query()]


def changing(request: Request) -> Viewer:
    """The caller of what changes something. Raises Forbidden for a browser's session that does not show the page is ours."""
    viewer = viewer_of(request)
    if viewer.csrf_token:  # instead of a token
        sent = request.headers.get("x-csrf-token", "")
        if not hmac.compare_digest(sent.encode(), viewer.csrf_token.encode()):
            raise Forbidden("csrf")
    return viewer


def carry_out(request: Request, command: Any, key: str | None, raw: bytes) -> Any:
    """Carry out a command for the caller. Raises what `execute` raises, and for a key that is none."""
    viewer = changing(request)
    idempotency = None
    if key is not None:
        if not _KEY.fullmatch(key):
            raise StegvisError("idempotency_key_invalid")
        idempotency = Idempotency(key, body_hash(request.method, str(request.scope["path"]), raw))
    return execute(app_of(request), command, by=viewer.person_id, channel="api", idempotency=idempotency)


def as_json(value: Any) -> Any:
    """Values as the API shows them: amounts as decimal text in kronor (`value_ore` becomes `value`), rows as objects."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return as_json({f.name: getattr(value, f.name) for f in dataclasses.fields(value)})
    if hasattr(value, "_asdict"):
        return as_json(value._asdict())
    if isinstance(value, Mapping):
        shown = {}
        for name, each in value.items():
            if str(name).endswith("_ore") and (each is None or type(each) is int):
                shown[str(name).removesuffix("_ore")] = None if each is None else format(Decimal(each) / 100, ".2f")
            else:
                shown[str(name)] = as_json(each)
        return shown
    if isinstance(value, list | tuple):
        return [as_json(v) for v in value]
    if isinstance(value, frozenset | set):
        return sorted(as_json(v) for v in value)
    return value


def answered(content: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON; instants in UTC with `Z`."""
    raw = orjson.dumps(as_json(content), option=orjson.OPT_UTC_Z)
    return Response(raw, status, dict(headers or {}), media_type="application/json")


def listed(request: Request, page: Page[Any]) -> Response:
    """A page of a list, and beside `next` the same as a link (RFC 8288)."""
    headers = {}
    if page.next is not None:
        path = URL(path=str(request.scope["path"]), query=str(request.url.query))
        headers["Link"] = f'<{path.include_query_params(after=page.next)}>; rel="next"'
    return answered({"items": page.items, "next": page.next}, headers=headers)
