"""The walls around every page and call: headers, other sites, sizes, types, policies, errors that help."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from tests.play import Play
from tests.web.site import ADDRESS, csrf_token, program, sign_in, site
from workflow.db.database import DatabaseUnavailable
from workflow.scheduler import Scheduler
from workflow.web import api, health, pages
from workflow.web.app import create_app
from workflow.web.policies import POLICIES, PUBLIC, policy_of


def routes() -> Iterator[tuple[str, str]]:
    waiting = [health.router, *pages.ROUTERS, *api.ROUTERS]
    while waiting:
        for route in waiting.pop().routes:
            if isinstance(route, APIRoute):
                yield from ((method, route.path) for method in route.methods)
            else:
                waiting.append(route.original_router)  # type: ignore[attr-defined]


def test_every_route_says_who_may_use_it() -> None:
    assert [f"{m} {p}" for m, p in routes() if policy_of(m, p) is None] == []


def test_no_policy_is_for_a_route_that_is_not_there() -> None:
    assert sorted(set(POLICIES) - {f"{m} {p}" for m, p in routes()}) == []


def test_nothing_but_the_way_in_is_open_to_strangers(play: Play) -> None:
    browser = site(play)
    for method, path in routes():
        if policy_of(method, path) is PUBLIC:
            continue
        filled = path.replace("{", "").replace("}", "")
        content: dict[str, Any] = {"json": {}} if path.startswith("/api/") and not path.endswith("/files") else {}
        if path.startswith("/api/") and path.endswith("/files") and method == "POST":
            content = {"files": {"file": ("a.txt", b"a")}}
        answer = browser.request(method, filled, **content)
        if path.startswith("/api/"):
            assert answer.status_code == 401, (method, path, answer.text)
            assert answer.json()["code"] == "signed_out"
            assert answer.headers["www-authenticate"] == "Bearer"
        else:
            assert (answer.status_code, answer.headers["location"].split("?")[0]) == (303, "/sign-in"), (method, path)


@pytest.mark.parametrize(
    "path", ["/sign-in", "/healthz", "/nowhere", "/api/v1/nowhere", "/static/app.css", "/cases/x", "/api/v1/"]
)
def test_every_answer_has_the_default_headers(play: Play, path: str) -> None:
    headers = site(play).get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert "strict-transport-security" not in headers
    assert headers["cache-control"] == ("no-cache" if path.startswith("/static") else "no-store")


def test_over_https_browsers_are_told_to_stay_there(play: Play) -> None:
    answer = site(play, base_url="https://stegvis.example").get("/sign-in")
    assert answer.headers["strict-transport-security"].startswith("max-age=31536000")


def test_static_files_with_their_version_are_kept(play: Play) -> None:
    assert "immutable" in site(play).get("/static/app.css?v=1").headers["cache-control"]


@pytest.mark.parametrize(
    "headers",
    [{"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "null"}],
)  # fmt: skip
def test_another_site_changes_nothing(play: Play, headers: dict[str, str]) -> None:
    browser = sign_in(play, "officer")
    form = {"csrf_token": csrf_token(browser)}
    answer = browser.post("/sign-out", data=form, headers=headers)
    assert answer.status_code == 403
    assert "annan webbplats" in answer.text
    assert csrf_token(browser), "still signed in"


def test_our_own_pages_may(play: Play) -> None:
    browser = sign_in(play, "officer")
    form = {"csrf_token": csrf_token(browser)}
    headers = {"origin": ADDRESS, "sec-fetch-site": "same-origin"}
    assert browser.post("/sign-out", data=form, headers=headers).status_code == 303


def test_the_api_takes_json_only(play: Play) -> None:
    client = program(play, "officer")
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = client.post("/api/v1/cases", content=b"{}", headers={"content-type": content_type})
        assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_cookie_alone_changes_nothing_through_the_api(play: Play) -> None:
    browser = sign_in(play, "officer")
    body = {"process": "procurement", "region": "norrbotten", "title": "Städ"}
    assert browser.post("/api/v1/cases", json=body).json()["code"] == "csrf"
    own = browser.post("/api/v1/cases", json=body, headers={"x-csrf-token": csrf_token(browser)})
    assert own.status_code == 201


def in_pieces(size: int) -> Iterator[bytes]:
    for _ in range(size // 65536):
        yield b"x" * 65536


def test_a_body_is_counted_whatever_its_sender_says(play: Play) -> None:
    client = site(play)
    assert client.post("/sign-in", data={"email": "x" * 1_100_000}).status_code == 413
    streamed = client.post(
        "/sign-in", content=in_pieces(2_000_000), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert streamed.status_code == 413
    assert "för stort" in streamed.text
    client = program(play, "officer")
    answer = client.post("/api/v1/cases", content=in_pieces(2_000_000), headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_wrong_method_says_which_are_right(play: Play) -> None:
    answer = site(play).delete("/api/v1/cases")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["allow"] in ("GET", "POST")


def test_head_answers_as_get_without_a_body(play: Play) -> None:
    answer = site(play).head("/sign-in")
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["/nowhere", "/cases/%00", "/api/v1/cases/%00"])
def test_what_is_not_there_answers_404_with_a_way_on(play: Play, path: str) -> None:
    answer = site(play).get(path)
    assert answer.status_code == 404
    if not path.startswith("/api/"):
        assert 'href="/my-tasks"' in answer.text
        assert "Traceback" not in answer.text


@pytest.fixture
def broken(play: Play, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    client = site(play)

    def unavailable() -> None:
        raise DatabaseUnavailable

    monkeypatch.setattr(play.app.database, "read", unavailable)
    monkeypatch.setattr(play.app.database, "write", unavailable)
    return client


def test_without_a_database_pages_and_api_say_so_and_when_to_come_back(broken: TestClient) -> None:
    broken.cookies.set("sid", "x")
    page = broken.get("/my-tasks")
    assert (page.status_code, page.headers["retry-after"]) == (503, "15")
    assert "Inget har sparats" in page.text
    answer = broken.get("/api/v1/cases", headers={"authorization": "Bearer x"})
    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
    assert broken.get("/healthz").status_code == 200
    assert broken.get("/readyz").status_code == 503


def test_a_fault_of_ours_becomes_a_page_not_a_traceback(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> None:
        raise RuntimeError("hemlig detalj")

    monkeypatch.setattr("workflow.web.pages.sign_in.viewer_of", fails)
    answer = site(play).get("/sign-in")
    assert answer.status_code == 500
    assert "hemlig" not in answer.text
    assert "Något är fel hos oss" in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_route_without_policy_is_closed(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(POLICIES, "GET /sign-in")
    assert site(play).get("/sign-in").status_code == 403


def test_ready_tells_of_the_scheduler(play: Play) -> None:
    web = TestClient(create_app(play.app, scheduler=False), base_url=ADDRESS)
    alone = TestClient(create_app(play.app, scheduler=True), base_url=ADDRESS)
    assert (web.get("/readyz").status_code, web.get("/readyz").json()["scheduler"]) == (200, "late")
    assert alone.get("/readyz").status_code == 503
    Scheduler(play.app, kind="run").cycle()
    assert web.get("/readyz").json()["scheduler"] == "ok"
    assert alone.get("/readyz").status_code == 200
    play.advance(1)
    assert alone.get("/readyz").json()["reason"] == "scheduler_late"


def test_the_numbers_for_monitors(play: Play) -> None:
    play.open()
    client = site(play)
    client.get("/healthz")
    text = client.get("/metrics").text
    assert "stegvis_tasks_open 1.0" in text
    assert 'stegvis_requests_total{method="GET",status="200"} 1.0' in text
    assert "norrbotten" not in text


def test_a_browser_that_sends_far_too_much_still_hears_why(play: Play) -> None:
    """Over a real connection: an answer before the body is read would reach it as a broken connection."""
    server = uvicorn.Server(uvicorn.Config(create_app(play.app, scheduler=False), port=0, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        size = 20 * 1024 * 1024
        for announced in (f"content-length: {size}", "transfer-encoding: chunked"):
            chunked = "chunked" in announced
            with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
                line.sendall(
                    f"POST /sign-in HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n{announced}\r\n"
                    "content-type: application/x-www-form-urlencoded\r\nconnection: close\r\n\r\n".encode()
                )
                piece = b"x" * 65536
                for _ in range(size // len(piece)):  # as a browser does: everything first, then the answer
                    line.sendall(b"10000\r\n" + piece + b"\r\n" if chunked else piece)
                if chunked:
                    line.sendall(b"0\r\n\r\n")
                heard = b""
                while more := line.recv(65536):
                    heard += more
            assert heard.startswith(b"HTTP/1.1 413"), announced
            assert "för stort" in heard.decode(), announced
    finally:
        server.should_exit = True
        thread.join(10)
