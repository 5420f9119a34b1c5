"""Every route there is, from the route table: with ids of one's own, of others and of nobody, and every filter."""

from __future__ import annotations

import inspect
import io
import itertools
import os
import random
import re
import secrets
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from tests.play import Play
from tests.web.site import ADDRESS, site
from workflow.commands import BeginSession, CreateToken, SetCalendarAddress
from workflow.engine.execute import execute
from workflow.people.accounts import token_hash
from workflow.people.calendar_addresses import new_token
from workflow.web import api, health, pages
from workflow.web.app import create_app

#: `make test-all` walks everything on both databases; `make test` a drawn part on SQLite.
FULL = bool(os.environ.get("STEGVIS_TEST_FULL"))
DATABASES = ("sqlite_files", "postgres") if FULL else ("sqlite_files",)


def drawn(dice: random.Random, values: Iterable[Any], count: int, full: int | None = None) -> list[Any]:
    """`count` of the values, drawn; in the full run `full` of them, or all."""
    found = list(values)
    most = (full or len(found)) if FULL else count
    return found if len(found) <= most else dice.sample(found, most)


def routes(method: str) -> Iterator[APIRoute]:
    waiting = [health.router, *pages.ROUTERS, *api.ROUTERS]
    while waiting:
        for route in waiting.pop().routes:
            if not isinstance(route, APIRoute):
                waiting.append(route.original_router)  # type: ignore[attr-defined]
            elif method in route.methods:
                yield route


def filters_of(route: APIRoute) -> list[str]:
    """The query parameters a route knows: its own, its dependencies', and those it lets through by name."""
    names: set[str] = set()
    waiting = [route.dependant]
    while waiting:
        each = waiting.pop()
        names |= {p.alias for p in each.query_params}
        if inspect.isfunction(each.call):
            names |= set(inspect.getclosurevars(each.call).nonlocals.get("names", ()))
        waiting += each.dependencies
    return sorted(names)


def placeholders(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def filled(path: str, values: Mapping[str, str]) -> str:
    """An address of the path; values are quoted whole."""
    for name in placeholders(path):
        path = path.replace(f"{{{name}}}", quote(values[name], safe=""))
    return path


def fillings(values: Mapping[str, list[str]], path: str) -> Iterator[dict[str, str]]:
    """Each way to fill the placeholders of a path."""
    names = placeholders(path)
    for chosen in itertools.product(*(values[n] for n in names)):
        yield dict(zip(names, chosen, strict=True))


@dataclass
class Seen:
    """An answer: its status, and everything it says (headers, text, and what is packed in an office file)."""

    status: int
    said: str
    location: str


@dataclass
class Visitor:
    """A person with a browser and a program, or nobody."""

    browser: TestClient
    caller: TestClient
    csrf: str

    def client(self, path: str) -> TestClient:
        return self.caller if path.startswith("/api/") else self.browser

    def get(self, address: str, **more: Any) -> Seen:
        return seen(self.client(address).get(address, **more))

    def post(self, address: str, body: Mapping[str, Any]) -> Seen:
        """A form of a page with its token, or JSON; a file where one is taken."""
        if address.startswith("/api/") and address.endswith("/files"):
            return seen(self.caller.post(address, files={"file": ("a.txt", b"hej")}))
        if address.startswith("/api/"):
            return seen(self.caller.post(address, json=body))
        self.browser.cookies.delete("flash") if "flash" in self.browser.cookies else None
        files = {"file": ("a.txt", b"hej")} if address.endswith("/files") else None
        return seen(self.browser.post(address, data={"csrf_token": self.csrf, **body}, files=files))


def visitor(play: Play, who: str | None) -> Visitor:
    """Signed in without the slow password; None: a stranger."""
    web = create_app(play.app, scheduler=False)
    browser, caller = (
        TestClient(web, base_url=ADDRESS, follow_redirects=False, raise_server_exceptions=False) for _ in range(2)
    )
    if who is None:
        return Visitor(browser, caller, "")
    person, session, csrf = play.people[who], secrets.token_urlsafe(32), secrets.token_hex(16)
    execute(play.app, BeginSession(person, token_hash(session), csrf), by=person)
    browser.cookies.set("sid", session)
    rows = play.sql("SELECT email FROM people WHERE id = :p", p=person)
    caller.headers["Authorization"] = f"Bearer {play.do('admin', CreateToken(rows[0].email))['token']}"
    return Visitor(browser, caller, csrf)


def seen(answer: Any) -> Seen:
    said = repr(sorted((k, v) for k, v in answer.headers.items() if k not in ("set-cookie", "content-length")))
    said += unpacked(answer.content) or answer.text
    return Seen(answer.status_code, said, answer.headers.get("location", ""))


def unpacked(content: bytes) -> str:
    """The texts inside an office file; nothing for any other."""
    if content[:4] != b"PK\x03\x04":
        return ""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        return "".join(packed.read(n).decode("utf-8", "replace") for n in packed.namelist())


def without(said: str, *asked: str) -> str:
    """What is said, without what was asked for (as it stands, and quoted) and what is drawn anew for each page."""
    for part in sorted(filter(None, asked), key=len, reverse=True):
        for form in {part, quote(part), quote(part, safe=""), quote(quote(part), safe="")}:
            said = said.replace(form, "·")
    return re.sub(r'name="csrf_token" value="[^"]*"|[0-9a-f]{64}', "", said)


def feed(play: Play, who: str) -> str:
    """Somebody's calendar with its folded lines joined."""
    token = new_token()
    play.do(who, SetCalendarAddress(token_hash(token)))
    answer = site(play).get(f"/calendar/{token}.ics")
    assert answer.status_code == 200
    return str(answer.text).replace("\r\n ", "")
