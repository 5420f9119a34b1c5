"""Whatever stands in an address, a form or a body: an answer in words, never a fault of ours, never a header of the sender's.

`make test` tries a drawn part on SQLite (replay with STEGVIS_TEST_SEED); `make test-all` all of it on both databases.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from notifications.transport import MemoryTransport
from tests.people import BEGIN
from tests.play import Play
from tests.processes import seed
from tests.web.crawl import DATABASES, Visitor, drawn, filled, filters_of, placeholders, routes, visitor
from tests.web.test_region_wall import ANSWERS, LEFT_OUT, NAMED, bodies, ids
from workflow.app import build
from workflow.clock import FixedClock
from workflow.commands import AssignRole
from workflow.config import Settings

ODD = (
    "", " ", "-1", "0", "1", "00", "9" * 40, "9" * 5000, "1e9", "1e309", "-1e309", "NaN", "Infinity", "null", "true", "1.5", "1,5",
    "å\u202e\u2066\U0001f4a9\u0301", "\ufeff", "%00", "\x00", "a\x00b", "\n", "a\nb", "a\r\nset-cookie: a=b", "\t", "\x1b[31m",
    "../../etc/passwd", "..%2f..%2f", "' OR 1=1 --", "\\", "%", "_", "*", "%s%n", "{{7*7}}", "{0}", "=1+1", "@x", "//evil.example",
    "https://evil.example", "javascript:alert(1)", "0000-00-00", "0001-01-01", "1800-01-01", "9999-12-31", "9999-99-99", "2026-02-30",
    "2026-W10-1", "20260302", "2026-03-02T10:00:00Z", "x" * 5000, "x" * 400_000, "csv", "xlsx", "²", "١٢٣", "ﬀ", "\ud7ff", "\U0010ffff",
)  # fmt: skip
#: What JSON can hold that no field asks for.
ODD_JSON: tuple[Any, ...] = (
    None,
    True,
    -1,
    0,
    2**31,
    2**63,
    2**70,
    1.5,
    1e308,
    [],
    {},
    [None],
    ["a", ["b"]],
    {"a": {"b": []}},
    [[[]]],
    *ODD,
)
#: Bodies that are no JSON of ours at all.
NO_JSON = (
    b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff\xfe", b'{"a": 1e309}', b"NaN", b'{"text": "\\ud800"}', b'{"text": "\\u0000"}',
    b"[" * 100_000, b'{"a":' * 5_000, b'{"row_version": ' + b"9" * 5_000 + b"}", b'{"text": "a", "text": "b"}',
)  # fmt: skip


@pytest.fixture(scope="module", params=DATABASES)
def seat(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Play, Visitor]]:
    """A region with cases in several states, and one person with every role in it."""
    made = request.getfixturevalue(request.param)
    url, clock = made.fresh(), FixedClock(BEGIN)
    data_dir: Path = tmp_path_factory.mktemp("odd")
    app = build(Settings(database_url=url, data_dir=data_dir, mail_url="memory:"), clock=clock)
    app.transport = MemoryTransport()
    play = Play(app, clock, made.people["norrbotten"], "norrbotten")
    for role in (
        "procurement_officer",
        "head_of_procurement",
        "contract_owner",
        "contract_manager",
        "sustainability_strategist",
    ):
        play.do("admin", AssignRole(play.people["admin"], role))
    yield play, visitor(play, "admin")
    app.database.dispose()
    made.drop(url)


@pytest.fixture(scope="module")
def cases(seat: tuple[Play, Visitor]) -> list[str]:
    """One case in each stretch of the way: what a step asks is tried where the step stands open."""
    play, _ = seat
    made = [play.open(officer=play.people["admin"], owner=play.people["admin"])]
    for stretch in (play.need, play.to_target_decision, play.to_advertising, play.to_evaluation):
        made.append(play.open(lots=("Norr",)))
        stretch()
    for days in (1, 15, 16):  # in standstill, to be signed, in force
        made.append(play.open())
        play.to_evaluation()
        play.award()
        play.notify()
        play.advance(days)
    play.sign()
    return [*made, *play.contracts()]


def wrong(answer: Any, what: str) -> list[str]:
    """What no answer may be: a fault, silent, or the sender's own header or way elsewhere."""
    found = [f"{answer.status_code} {what}"] if answer.status_code >= 500 else []
    if (
        "a=b" in answer.headers.get("set-cookie", "")
        or "evil" in str(answer.headers.get("location", "")).partition("?")[0]
    ):
        found.append(f"header {what}")
    bare = what.startswith("GET /calendar/")  # on purpose: its address is a secret that no page repeats
    if answer.status_code >= 400 and not answer.text.strip() and not bare:
        found.append(f"silent {answer.status_code} {what}")
    return found


def test_no_address_fails(seat: tuple[Play, Visitor], cases: list[str]) -> None:
    play, visit = seat
    dice = random.Random(seed())
    known = {n: v[0] for n, v in ids(play).items()} | {"case_id": cases[4]}
    asked: list[tuple[str, Any]] = []
    for route in routes("GET"):
        base = filled(route.path, known)
        for name in filters_of(route):
            asked += [(base, {name: odd}) for odd in ODD if len(odd) < 10_000]
            asked += [(base, [(name, "1"), (name, odd)]) for odd in ("", "2", "å")]
        asked += [(base, {"okänt": "1"}), (f"{base}?%ff=%ff", None), (f"{base}?&&==&", None)]
        for name in placeholders(route.path):
            asked += [(filled(route.path, known | {name: odd or "-"}), None) for odd in ODD if len(odd) < 10_000]
    faults: list[str] = []
    for address, params in drawn(dice, asked, 20, full=1500):
        answer = visit.client(address).get(address, **({"params": params} if params else {}))
        faults += wrong(answer, f"GET {address:.120} {params!r:.90}")
    assert faults == []


def test_no_form_fails(seat: tuple[Play, Visitor], cases: list[str]) -> None:
    """Every field of every form of a page, and of every step that stands open somewhere."""
    play, visit = seat
    dice = random.Random(seed())
    known = {n: v[0] for n, v in ids(play).items()} | {"case_id": cases[4]}
    asked: list[tuple[str, dict[str, Any]]] = []
    for route in routes("POST"):
        if route.path in LEFT_OUT - {"/sign-in", "/sign-in/demo"} or route.path.startswith("/api/"):
            continue
        if route.path.endswith(("/disable", "/password")):
            continue
        base, usual = (
            filled(route.path, known),
            {**ANSWERS, **{n: known[o] for n, o in NAMED.items()}, "running": "", "file": ""},
        )
        asked += [(base, {**usual, name: odd}) for name in usual for odd in ODD]
        asked += [
            (base, {**usual, "okänt\x00": "x"}),
            (base, {**usual, "title": ["a", "b"]}),
            (base, {"csrf_token": ["x", "y"]}),
        ]
    for case, trigger, fields in steps(play, visit, cases):
        asked += [(f"/cases/{case}/do/{trigger}", {**flat(fields), n: odd, "row_version": v})
                  for n in flat(fields) for odd in ODD for v in ("1", "9" * 5000)]  # fmt: skip
    faults: list[str] = []
    for address, form in drawn(dice, asked, 25, full=1500):
        visit.browser.cookies.delete("flash") if "flash" in visit.browser.cookies else None
        answer = visit.browser.post(address, data={"csrf_token": visit.csrf, **form})
        odd = {n: v for n, v in form.items() if v in ODD and v}
        faults += wrong(answer, f"POST {address:.120} {odd!r:.120}")
    assert faults == []


def test_no_body_fails(seat: tuple[Play, Visitor], cases: list[str]) -> None:
    """Every field of every call, and of every step's form; and bodies that are nothing at all."""
    play, visit = seat
    dice = random.Random(seed())
    known = {n: v[0] for n, v in ids(play).items()} | {"case_id": cases[4]}
    asked: list[tuple[str, bytes]] = []
    for route in routes("POST"):
        if not route.path.startswith("/api/") or route.path.endswith("/files"):
            continue
        base, usual = filled(route.path, known), bodies(route.path, known, play.region)[0]
        asked += [(base, as_sent({**usual, name: odd})) for name in (*usual, "okänt") for odd in ODD_JSON]
        asked += [(base, raw) for raw in NO_JSON]
    for case, trigger, fields in steps(play, visit, cases):
        version = play.row(case).row_version
        for form in (*({**fields, n: odd} for n in fields for odd in ODD_JSON), *inside(fields)):
            asked.append((f"/api/v1/cases/{case}/actions/{trigger}", as_sent({"row_version": version, "form": form})))
    faults: list[str] = []
    for address, raw in drawn(dice, asked, 20, full=1500):
        headers = {"content-type": "application/json"}
        if dice.random() < 0.1:
            headers["idempotency-key"] = dice.choice(("x" * 201, "a b", '"', "k" * 200, "ok"))
        answer = visit.caller.post(address, content=raw, headers=headers)
        faults += wrong(answer, f"POST {address:.120} {raw!r:.160}")
    assert faults == []


def test_no_header_or_cookie_fails(seat: tuple[Play, Visitor]) -> None:
    play, visit = seat
    faults: list[str] = []
    dice = random.Random(seed())
    for odd in drawn(dice, ("", "x" * 8000, "\xff", '"', "=;=", "a.b.c", "%00", "a=b; c"), 1):
        for name in (
            "accept-language",
            "referer",
            "origin",
            "host",
            "x-forwarded-for",
            "range",
            "if-none-match",
            "accept",
            "sec-fetch-site",
        ):
            for client, path in ((visit.browser, "/my-tasks"), (visit.caller, "/api/v1/cases")):
                faults += wrong(
                    client.get(path, headers={name.encode(): odd.encode("latin-1")}), f"{path} {name}: {odd!r:.40}"
                )
        for cookie in ("sid", "lang", "flash"):
            sent = f"{cookie}={odd}".encode("latin-1")
            faults += wrong(
                visitor(play, None).browser.get("/my-tasks", headers={b"cookie": sent}), f"{cookie}={odd!r:.40}"
            )
        authorization = f"Bearer {odd}".encode("latin-1")
        stranger = visitor(play, None).caller
        faults += wrong(stranger.get("/api/v1/cases", headers={b"authorization": authorization}), f"Bearer {odd!r:.40}")
    assert faults == []


def as_sent(body: Any) -> bytes:
    return json.dumps(body).encode()


def steps(play: Play, visit: Visitor, cases: list[str]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every step of every case, with the example of its form that the API gives."""
    for case in cases:
        for item in visit.caller.get(f"/api/v1/cases/{case}/actions").json()["items"]:
            if item["form"]["example"]:
                yield case, item["trigger"], item["form"]["example"]


def inside(fields: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Forms with an odd value within a row of one of their lists."""
    for name, rows in fields.items():
        if isinstance(rows, list) and rows and isinstance(rows[0], dict):
            for column in rows[0]:
                yield from ({**fields, name: [{**rows[0], column: odd}]} for odd in ODD_JSON)
            yield {**fields, name: rows * 300}


def flat(fields: dict[str, Any]) -> dict[str, str]:
    """A form as a page sends it: rows field by field."""
    found: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            found |= {f"{name}-0-{column}": str(v) for column, v in value[0].items()}
        else:
            found[name] = str(value)
    return found
