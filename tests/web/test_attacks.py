"""What an attacker tries: forms of other sites on every route, headers and formulas smuggled in with names, ways out of the store."""

from __future__ import annotations

import csv
import io
import random
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]
import pytest

from states.roles import HUMAN_ROLES
from tests.databases import Databases
from tests.play import Play
from tests.processes import seed
from tests.web.crawl import DATABASES, Visitor, drawn, filled, placeholders, routes, visitor
from tests.web.site import csrf_token, sign_in
from workflow.commands import AssignRole, WriteComment
from workflow.db.metadata import METADATA
from workflow.web.policies import PUBLIC, policy_of
from workflow.web.security import HEADERS

BREAKS = ("\r\nBcc: ond@evil.example", "\nX-Ond: 1", "\r\n\r\n<script>1</script>", "\u2028X-Ond: 1", "\x0bX-Ond: 1")
FORMULAS = ("=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1+1", "=HYPERLINK(\"https://evil.example\")")  # fmt: skip


@pytest.fixture(params=DATABASES)
def made(request: pytest.FixtureRequest) -> Databases:
    """SQLite; in the full run both kinds of database."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture
def everybody(play: Play) -> Visitor:
    """One person with every role: whatever refuses here is no want of a role."""
    for role in sorted(HUMAN_ROLES - {"administrator", "audit_reviewer"}):
        play.do("admin", AssignRole(play.people["admin"], role))
    play.open()
    return visitor(play, "admin")


def addresses(play: Play) -> list[str]:
    """Every POST that somebody signed in may send, with an id of the case where one is asked for."""
    known = {"case_id": play.case, "trigger": "submit_needs_analysis", "name": "mail_hour"}
    found = []
    for route in routes("POST"):
        if policy_of("POST", route.path) is not PUBLIC:
            found.append(filled(route.path, {n: known.get(n, "0" * 32) for n in placeholders(route.path)}))
    return found


def rows(play: Play) -> dict[str, int]:
    return {t.name: play.sql(f"SELECT count(*) FROM {t.name}")[0][0] for t in METADATA.sorted_tables}


def test_no_post_of_a_page_does_anything_without_the_sessions_token(play: Play, everybody: Visitor) -> None:
    before = rows(play)
    for address in drawn(random.Random(seed()), addresses(play), 8):
        upload: dict[str, Any] = {"files": {"file": ("a.txt", b"hej")}} if address.endswith("/files") else {}
        for token in (None, "", "0" * 32, everybody.csrf[:-1]):
            if address.startswith("/api/"):  # a cookie without a token of ours: what a form of another site can send
                headers = {} if token is None else {"x-csrf-token": token}
                content = upload or {"json": {}}
                answer = everybody.browser.post(address, headers=headers, **content)
                assert answer.status_code in (403, 422), (address, answer.status_code)
            else:
                form = {} if token is None else {"csrf_token": token}
                answer = everybody.browser.post(address, data={"title": "X", "reason": "X", **form}, **upload)
                assert answer.status_code == 403, (address, token, answer.status_code)
                assert "location" not in answer.headers
    assert rows(play) == before


def test_no_post_is_taken_from_another_site_even_with_the_token(play: Play, everybody: Visitor) -> None:
    before = rows(play)
    for route in drawn(random.Random(seed()), routes("POST"), 10):
        address = filled(route.path, dict.fromkeys(placeholders(route.path), play.case))
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            answer = everybody.browser.post(address, data={"csrf_token": everybody.csrf}, headers=headers)
            assert answer.status_code == 403, (address, headers)
    assert rows(play) == before


def test_every_route_answers_with_the_default_headers_refusals_too(play: Play, everybody: Visitor) -> None:
    own = {"cache-control", "content-security-policy"}  # the public list may be kept a while, a file runs in a sandbox
    stranger = visitor(play, None).browser
    for method in ("GET", "POST"):
        for route in drawn(random.Random(seed()), routes(method), 8):
            address = filled(route.path, dict.fromkeys(placeholders(route.path), "saknas"))
            for client in (everybody.browser, stranger):
                answer = client.request(method, address)
                for name, value in HEADERS.items():
                    assert name in answer.headers, (address, name)
                    assert name in own or answer.headers[name] == value, (address, name)
                assert answer.headers["content-security-policy"]


@pytest.mark.parametrize("smuggled", BREAKS)
def test_no_name_or_title_becomes_a_header(play: Play, smuggled: str) -> None:
    """Of a mail, of a file that is fetched, or of the way on after a form."""
    browser = sign_in(play, "officer")
    token = csrf_token(browser)
    form = {"csrf_token": token, "title": f"Städ{smuggled}", "unit": play.people["unit"], "owner": play.people["owner"]}
    made = browser.post("/cases/new", data={**form, "then": f"/x{smuggled}"})
    if made.status_code == 303:
        play.case = made.headers["location"].split("/")[2].partition("?")[0]
    else:
        play.open()
    assert "x-ond" not in made.headers
    play.do("officer", WriteComment(play.case, f"Hej{smuggled}", "question", play.people["owner"]))
    play.need()
    play.run_due()
    assert play.sent
    for _, mail in play.sent:
        assert not mail["Bcc"]
        assert not mail["X-Ond"]
        assert "\n" not in str(mail["Subject"])
    upload = {"file": (f"a{smuggled}.txt", b"hej")}
    answer = browser.post(f"/cases/{play.case}/files", data={"csrf_token": token}, files=upload)
    assert answer.status_code in (303, 422)
    for (file_id,) in play.sql("SELECT id FROM files WHERE case_id = :c", c=play.case):
        fetched = browser.get(f"/cases/{play.case}/files/{file_id}")
        assert "x-ond" not in fetched.headers
        assert fetched.headers["content-disposition"].startswith("attachment; ")


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_text_is_a_formula_in_a_list_that_is_saved(play: Play, formula: str) -> None:
    play.open(title=formula, registry_number=formula.strip())
    browser = sign_in(play, "officer")
    for address in ("/cases/export", "/plan"):
        book = openpyxl.load_workbook(io.BytesIO(browser.get(f"{address}?format=xlsx").content))
        cells = [c for sheet in book for row in sheet.iter_rows() for c in row if c.value is not None]
        assert [c.value for c in cells if c.data_type == "f" or c.hyperlink] == []
        text = browser.get(f"{address}?format=csv").content.decode("utf-8-sig")
        for row in csv.reader(io.StringIO(text), delimiter=";"):
            assert [c for c in row if c[:1] in ("=", "+", "@", "\t", "\r") or c == "-1+1"] == [], address


@pytest.mark.parametrize(
    "name",
    [
        "../../../../etc/cron.d/x.txt",
        "..\\..\\x.txt",
        "/etc/x.txt",
        "C:\\x.txt",
        ".txt",
        "a\x00.txt",
        "x" * 3000 + ".txt",
    ],
)
def test_no_file_name_leads_out_of_the_store(play: Play, tmp_path: Path, name: str) -> None:
    play.open()
    who = visitor(play, "officer")
    answer = who.caller.post(f"/api/v1/cases/{play.case}/files", files={"file": (name, b"hej")})
    assert answer.status_code in (201, 422), answer.text
    kept = {p.name for p in tmp_path.rglob("*") if p.is_file()}
    assert not {n for n in kept if "cron" in n or n.endswith(".txt")}
    for row in play.sql("SELECT id, name FROM files WHERE case_id = :c", c=play.case):
        assert not set(row.name) & set("/\\\x00")
        fetched = who.get(f"/cases/{play.case}/files/{row.id}")
        assert fetched.status == 200


@pytest.mark.parametrize(
    "way", ["/static/../config.py", "/static/..%2f..%2fconfig.py", "/static/%2e%2e/%2e%2e/config.py", "/static//etc/passwd", "/static/..\\config.py"]
)  # fmt: skip
def test_the_static_files_are_all_that_is_given_out(play: Play, way: str) -> None:
    answer = visitor(play, None).browser.get(way)
    assert answer.status_code in (404, 303)
    assert "import" not in answer.text
