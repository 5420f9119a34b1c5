"""A real Chromium and the application served to it."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, sync_playwright

from tests.databases import SqliteFiles
from tests.play import Play
from workflow.web.app import create_app

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if CHROMIUM is None:
        for item in items:
            if "tests/browser/" in item.path.as_posix():
                item.add_marker(pytest.mark.skip(reason="no Chromium found: pages are not looked at"))


@pytest.fixture
def made(sqlite_files: SqliteFiles) -> SqliteFiles:
    """Pages do not care which database is below them."""
    return sqlite_files


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def address(play: Play) -> Iterator[str]:
    """The application of the test, served on a free port."""
    door = socket.create_server(("127.0.0.1", 0))
    port = door.getsockname()[1]
    play.app.settings = play.app.settings.model_copy(update={"port": port})
    config = uvicorn.Config(create_app(play.app, scheduler=False), log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    running = threading.Thread(target=server.run, kwargs={"sockets": [door]}, daemon=True)
    running.start()
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    running.join(timeout=10)
    door.close()
