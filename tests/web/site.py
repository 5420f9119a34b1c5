"""The web application as its callers meet it: a browser with cookies, a program with a token."""

from __future__ import annotations

import re
import weakref
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient

from tests.databases import over
from tests.play import Play
from workflow.commands import CreateToken, SetPassword
from workflow.db.database import Database
from workflow.engine.execute import Stegvis
from workflow.web.app import attach, create_app

ADDRESS = "http://127.0.0.1:8000"
PASSWORD = "korrekt häst batteri häftklammer"


#: Building the routes takes longer than most tests: what served an installation that is gone serves the next.
_built: list[tuple[tuple[str, bool], weakref.ref[Database], FastAPI]] = []


def _web(app: Stegvis) -> FastAPI:
    walls = (app.settings.address, app.settings.secure)
    for place, (theirs, served, web) in enumerate(_built):
        before = served()
        if theirs == walls and (before is None or before is app.database or before in over):
            attach(web, app, scheduler=False)
            _built[place] = (walls, weakref.ref(app.database), web)
            return web
    web = create_app(app, scheduler=False)
    _built.append((walls, weakref.ref(app.database), web))
    return web


def site(play: Play, **settings: Any) -> TestClient:
    """A visitor with a browser of their own. Errors come as answers, never as exceptions."""
    if settings:
        play.app.settings = play.app.settings.model_copy(update=settings)
    web = _web(play.app)
    address = play.app.settings.address if settings.get("base_url") else ADDRESS
    return TestClient(web, base_url=address, follow_redirects=False, raise_server_exceptions=False)


def email(play: Play, who: str) -> str:
    return f"{who}@{play.region}.example"


def sign_in(play: Play, who: str, **settings: Any) -> TestClient:
    """The browser of somebody who has just signed in with a password."""
    play.do("admin", SetPassword(play.people[who], PASSWORD))
    browser = site(play, **settings)
    answer = browser.post("/sign-in", data={"email": email(play, who), "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return browser


def csrf_token(browser: TestClient, path: str = "/help") -> str:
    """What a form of this session carries; read off a page as a browser has it."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', browser.get(path).text)
    assert found, path
    return found[1]


def program(play: Play, who: str) -> TestClient:
    """A program with this person's token."""
    token = play.do("admin", CreateToken(email(play, who)))["token"]
    client = site(play)
    client.headers["Authorization"] = f"Bearer {token}"
    return client
