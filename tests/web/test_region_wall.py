"""The wall between regions: every text of every table, every route of the route table (I41).

`make test` walks a drawn part as one person of the region (replay with STEGVIS_TEST_SEED); `make test-all` walks
everything, as people of every role, on both databases.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import bindparam, select

from notifications.transport import MemoryTransport
from tests.people import BEGIN
from tests.play import Play
from tests.processes import seed
from tests.web import canaries
from tests.web.canaries import MARK, NO_WORDS, OF_NO_REGION, play_history, rows_of, text_columns, wordless
from tests.web.crawl import (
    DATABASES,
    FULL,
    Visitor,
    drawn,
    feed,
    filled,
    fillings,
    filters_of,
    placeholders,
    routes,
    visitor,
    without,
)
from tests.workflow.test_secrecy import whole_journey
from workflow.app import build
from workflow.cases import lists, view
from workflow.clock import FixedClock
from workflow.config import Settings
from workflow.contracts import queries as contracts
from workflow.db.metadata import METADATA
from workflow.db.statements import Statement
from workflow.engine import case_rows
from workflow.web.api.reference import description

ROLES = ("officer", "head", "admin", "reviewer", "strategist", "owner")
#: What the public list shows of a region, by its own act: the only door through which anything leaves it.
PUBLISHED = re.compile(rf"{MARK}-(published_plan_rows-(title|contact|quarter|track)|regions-name)-\d+", re.IGNORECASE)
#: Searching for this finds each canary, and what was asked for is no canary itself.
STEM = MARK[:-1].lower()


@dataclass
class World:
    """Our region has played a case; every text of the other is a canary."""

    ours: Play
    theirs: Play
    filled: set[str]
    empty: set[str]
    foreign_ids: set[str]
    values: dict[str, list[str]]
    foreign: dict[str, list[str]]
    people: dict[str, Visitor]
    neighbours: dict[str, Visitor]


@pytest.fixture(scope="module", params=DATABASES)
def world(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    made = request.getfixturevalue(request.param)
    url = made.fresh()
    clock = FixedClock(BEGIN)
    data_dir: Path = tmp_path_factory.mktemp("wall")
    app = build(Settings(database_url=url, data_dir=data_dir, mail_url="memory:"), clock=clock)
    app.transport = MemoryTransport()
    ours = Play(app, clock, made.people["norrbotten"], "norrbotten")
    theirs = Play(app, clock, made.people["kalmar"], "kalmar")
    whole_journey(ours, "NORRMARK", "556036-0793")
    play_history(theirs)
    roles: list[Any] = [*ROLES, None]
    people = {who or "nobody": visitor(ours, who) for who in roles}
    neighbours = {who: visitor(theirs, who) for who in ("officer", "head", "admin", "owner")}
    values, foreign = ids(ours), ids(theirs)
    full, empty, foreign_ids = canaries.fill(theirs)
    yield World(ours, theirs, full, empty, foreign_ids, values, foreign, people, neighbours)
    app.database.dispose()
    made.drop(url)


def ids(play: Play) -> dict[str, list[str]]:
    """Ids of the region's, by the names that addresses give them."""

    def of(sql: str, most: int = 2) -> list[str]:
        return [str(r[0]) for r in play.sql(sql, r=play.region)][:most] or ["0" * 31 + "1"]

    in_cases = "case_id IN (SELECT id FROM cases WHERE region_id = :r)"
    waiting = "region_id = :r AND status = 'proposed'"
    return {
        "case_id": [play.case, *of("SELECT id FROM cases WHERE region_id = :r AND process = 'contract'", 1)],
        "file_id": of(f"SELECT id FROM files WHERE {in_cases}"),
        "decision_id": of("SELECT id FROM decisions WHERE region_id = :r"),
        "task_id": of("SELECT id FROM tasks WHERE region_id = :r AND status = 'open'"),
        "supplier_id": of("SELECT supplier_id FROM supplier_relations WHERE region_id = :r"),
        "stream_id": [play.case, f"people.{play.region}", f"access.{play.region}"],
        "person_id": [play.people["owner"]],
        "unit_id": [play.people["unit"]],
        "change_id": [*of(f"SELECT id FROM parameter_changes WHERE {waiting}", 1),
                      *of("SELECT id FROM parameter_changes WHERE region_id = :r AND status = 'released'", 1)],
        "version_id": of("SELECT id FROM plan_versions WHERE region_id = :r"),
        "entry_id": of("SELECT id FROM plan_entries WHERE region_id = :r", 1),
        "day_id": of("SELECT id FROM closing_days WHERE region_id = :r", 1),
        "absence_id": of("SELECT id FROM absences WHERE region_id = :r", 1),
        "row_id": of("SELECT id FROM substitutes WHERE region_id = :r", 1),
        "mandate_id": of("SELECT id FROM mandates WHERE region_id = :r", 1),
        "assignment_id": of("SELECT id FROM role_assignments WHERE region_id = :r", 1),
        "message_id": of("SELECT id FROM outbox_messages WHERE region_id = :r", 1),
        "mail_id": of("SELECT id FROM outbox_messages WHERE region_id = :r", 1),
        "matter_id": of("SELECT id FROM mail_matters WHERE region_id = :r AND status = 'open'", 1),
        "recurring_id": of("SELECT id FROM recurring_duties WHERE region_id = :r", 1),
        "identity_id": of("SELECT id FROM identities WHERE region_id = :r", 1),
        "form_id": of("SELECT id FROM kept_forms WHERE person_id IN (SELECT id FROM people WHERE region_id = :r)", 1),
        "view_id": of("SELECT id FROM saved_views WHERE person_id IN (SELECT id FROM people WHERE region_id = :r)", 1),
        "notice_id": of("SELECT id FROM supplier_notices WHERE region_id = :r", 1),
        "text_id": of("SELECT id FROM letter_texts WHERE region_id = :r", 1),
        "head_id": of("SELECT id FROM letterheads WHERE region_id = :r", 1),
        "kind": ["call_off_stop"], "locale": ["sv"],
        "timer_id": of("SELECT id FROM timers WHERE region_id = :r", 1),
        "hold_id": ["f" * 32],
        "region": [play.region],
        "seq": ["1", "2", "3"], "process": ["procurement", "contract"], "version": ["1"],
        "trigger": ["decide_award", "submit_targets"], "name": ["mail_hour", "start_decision"],
    }  # fmt: skip


#: Names in an address that say nothing of a region.
ALIKE = {"seq", "process", "version", "trigger", "name", "hold_id"}


def of_region(path: str) -> bool:
    return bool(set(placeholders(path)) - ALIKE - {"region"})


def strangers(values: dict[str, str], dice: random.Random) -> dict[str, str]:
    """The same with ids that nobody has."""

    def nobody(name: str, value: str) -> str:
        if name in ALIKE:
            return value
        return f"{value.partition('.')[0]}.nowhere" if "." in value else f"{dice.getrandbits(128):032x}"

    return {name: nobody(name, value) for name, value in values.items()}


def shown(world: World, said: str, *asked: str, address: str = "") -> list[str]:
    """What of the other region stands in an answer."""
    said = without(said, *asked)
    if address.startswith(f"/coming/{world.theirs.region}"):
        said = PUBLISHED.sub("", said).replace(world.theirs.region, "")
    found = re.findall(rf"{MARK}[-\w]*", said, re.IGNORECASE)
    found += [t for t in re.findall(r"[0-9a-f]{32}", said) if t in world.foreign_ids and t not in asked]
    return found + re.findall(world.theirs.region, said, re.IGNORECASE)


def walked(world: World, dice: random.Random, who: str, filters: int = 12) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every GET: with our ids, with theirs, with each filter by a word or an id of theirs; and what was asked for."""
    theirs = world.foreign
    words = [STEM, *(theirs[n][0] for n in ("person_id", "unit_id", "case_id", "supplier_id")), world.theirs.region]
    exact = world.theirs.sql("SELECT reference, registry_number, title FROM cases WHERE id = :c", c=world.theirs.case)
    words += [str(v) for v in exact[0]]
    asked: list[tuple[str, tuple[str, ...]]] = []
    narrowed: list[tuple[str, tuple[str, ...]]] = []
    for route in routes("GET"):
        for values in (world.values, theirs):
            for some in drawn(dice, fillings(values, route.path), 1):
                asked.append((filled(route.path, some), tuple(v for n, v in some.items() if n not in ALIKE)))
        if not of_region(route.path):
            base = filled(route.path, {n: v[0] for n, v in world.values.items()})
            formats = ("", "&format=xlsx", "&format=csv") if "format" in filters_of(route) else ("",)
            narrowed += [
                (f"{base}?{name}={word}{f}", (word,)) for name in filters_of(route) for word in words for f in formats
                if name != "format"
            ]  # fmt: skip
            narrowed += [(f"{base}?format={f}", ()) for f in ("xlsx", "csv") if "format" in filters_of(route)]
    yield from drawn(dice, asked, 30)
    yield from drawn(dice, narrowed, filters)


def test_every_text_column_is_a_canary_or_says_why_not(world: World) -> None:
    assert world.empty == set(), "a table without a row of the region proves nothing"
    missed = [
        f"{table.name}.{column.name}"
        for table in METADATA.sorted_tables
        if table.name not in OF_NO_REGION
        for column in text_columns(table)
        if f"{table.name}.{column.name}" not in world.filled and not wordless(column)
    ]
    assert missed == []
    named = {n for t in METADATA.sorted_tables for c in t.columns for n in (c.name, f"{t.name}.{c.name}")}
    assert sorted(set(NO_WORDS) - named) == [], "a reason for a column that is not there"
    assert len(world.filled) > 90


def test_no_get_shows_another_region(world: World) -> None:
    """By page, API, filter, search, export and file, as people of the region and as strangers; and by mail."""
    dice = random.Random(seed())
    leaks: list[str] = []
    for who in drawn(dice, ROLES, 1):
        for address, asked in walked(world, dice, who):
            answer = world.people[who].get(address)
            assert answer.status < 500, (who, address)
            if found := shown(world, answer.said, *asked, address=address):
                leaks.append(f"{who} {address}: {sorted(set(found))[:3]}")
    for address, asked in drawn(dice, walked(world, dice, "nobody"), 12):
        answer = world.people["nobody"].get(address)
        if found := shown(world, answer.said, *asked, address=address):
            leaks.append(f"nobody {address}: {sorted(set(found))[:3]}")
    assert leaks == []
    assert isinstance(world.ours.app.transport, MemoryTransport)
    ours = [(a, m) for a, m in world.ours.app.transport.sent if a.endswith(f"@{world.ours.region}.example")]
    assert ours
    assert not [m for _, m in ours if MARK in str(m) or world.theirs.region in str(m)]
    waiting = world.ours.sql("SELECT * FROM outbox_messages WHERE region_id = :r", r=world.ours.region)
    assert not [r for r in waiting if MARK.casefold() in str(tuple(r)).casefold()]


def test_not_yours_answers_as_not_there(world: World) -> None:
    """An address, or a filter, with an id of theirs answers in every word as one with an id of nobody."""
    dice = random.Random(seed())
    differing: list[str] = []
    asked: list[tuple[str, dict[str, str]]] = []
    for route in routes("GET"):
        if of_region(route.path):
            asked += [(route.path, some) for some in drawn(dice, fillings(world.foreign, route.path), 2)]
            for other in ("case_id", "person_id"):  # the case is ours, what lies in it is theirs
                if other in placeholders(route.path) and len(placeholders(route.path)) > 1:
                    mixed = {**{n: v[0] for n, v in world.foreign.items()}, other: world.values[other][0]}
                    asked.append((route.path, {n: mixed[n] for n in placeholders(route.path)}))
        elif "{" not in route.path:
            asked += [
                (f"{route.path}?{name}={{{of}}}", {of: world.foreign[of][0]})
                for name in filters_of(route)
                for of in ("person_id", "unit_id", "case_id", "supplier_id")
            ]
    for who in drawn(dice, ROLES, 1):
        for path, some in drawn(dice, asked, 20):
            nobody = strangers(some, dice) | {n: v for n, v in some.items() if v in world.values.get(n, ())}
            first, second = (world.people[who].get(filled(path, v)) for v in (some, nobody))
            if first.status != second.status or without(first.said, *some.values()) != without(
                second.said, *nobody.values()
            ):
                differing.append(f"{who} {filled(path, some)}: {first.status}, nobody's {second.status}")
            if (
                "?" not in path
                and not (set(some.values()) & {v for vs in world.values.values() for v in vs})
                and first.status not in (403, 404)
            ):
                differing.append(f"{who} {filled(path, some)}: {first.status}")
    assert differing == []


#: A plausible answer to each question that forms and bodies ask; ids come beside it.
ANSWERS: dict[str, Any] = {
    "text": "Hej", "question": "Hej?", "reason": "Skäl", "title": "Titel", "name": "Namn", "value": "9", "source": "Beslut",
    "valid_from": "2027-01-01", "valid_to": "2027-02-01", "to_on": "2027-01-01", "closed_on": "2027-05-14", "role": "registrar",
    "password": "lång fras om hästar och batterier", "row_version": "1", "secrecy": "open", "registry_number": "D 1",
    "decided_on": "2026-03-02", "decided_by": "Styrelsen", "act": "decide_award", "mandate_rule": "1", "limit_amount": "5",
    "starts_on": "2027-01-01", "track": "direct", "from_on": "2026-01-01", "meeting_on": "2026-01-01", "board": "S",
    "kind": "unit", "email": "ny@norrbotten.example", "process": "procurement", "locale": "sv", "running": False,
}  # fmt: skip
#: Where forms and bodies name a person, a unit or a case: by what it is called there.
NAMED = {
    "person": "person_id", "owner": "person_id", "officer": "person_id", "manager": "person_id", "substitute": "person_id",
    "contract_owner": "person_id", "unit": "unit_id", "parent": "unit_id", "predecessor": "case_id", "addressee": "person_id",
    "answers": "case_id", "answers_id": "case_id", "from_person": "person_id", "to_person": "person_id",
}  # fmt: skip
#: They end the sessions of those who walk here, or lead in.
LEFT_OUT = {"/sign-in", "/sign-in/demo", "/sign-out", "/me/tokens", "/me/tokens/revoke", "/me/language"}


def bodies(path: str, values: dict[str, str], region: str) -> list[dict[str, Any]]:
    """What is sent to a POST: every field it may know, first with and then without the ids of the region."""
    named = {name: values[of] for name, of in NAMED.items()}
    if not path.startswith("/api/"):
        return [{**ANSWERS, "running": "", **named}, {**ANSWERS, "running": ""}]
    made = description()
    content = made["paths"][path]["post"].get("requestBody", {}).get("content", {})
    schema = next(iter(content.values()))["schema"] if content else {}
    if "$ref" in schema:
        schema = made["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    known = schema.get("properties", {})
    if path.endswith("/cases"):
        named["parent"] = values["case_id"]
        form = {n: values[o] for n, o in NAMED.items() if n in ("unit", "owner", "officer")}
        whole = {"process": "procurement", "region": region, "title": "T"}
        return [
            {**whole, "form": form},
            {**whole, "parent": values["case_id"]},
            {**whole, "predecessor": values["case_id"]},
        ]
    body = {n: v for n, v in {**ANSWERS, "region": region}.items() if n in known}
    if "row_version" in body:
        body |= {"row_version": 1, "form": {"manager": values["person_id"], "owner": values["person_id"]}}
    if path.endswith("/comments"):
        body["kind"] = "comment"
        return [
            body,
            {**body, "addressee": values["person_id"], "kind": "question"},
            {**body, "answers": values["case_id"]},
        ]
    return [{**body, **{n: v for n, v in named.items() if n in known}}]


def fingerprint(world: World) -> dict[str, str]:
    """Every row of the other region, table by table."""
    prints = {}
    with world.theirs.app.database.read() as uow:
        for table in METADATA.sorted_tables:
            where = rows_of(table, world.theirs.region)
            if where is not None:
                rows = uow.connection.execute(select(table).where(where).order_by(*table.primary_key)).all()
                prints[table.name] = hashlib.sha256(repr([tuple(r) for r in rows]).encode()).hexdigest()
    return prints


def test_no_post_reaches_another_region_or_tells_of_it(world: World) -> None:
    """With ids of theirs in the address, in the form, or in both: answered as with ids of nobody, nothing of theirs changed."""
    dice = random.Random(seed())
    before = fingerprint(world)
    wrong: list[str] = []
    theirs = {n: v[0] for n, v in world.foreign.items()}
    asked: list[tuple[str, dict[str, str], int, str]] = []
    for route in routes("POST"):
        if route.path in LEFT_OUT:
            continue
        count = len(bodies(route.path, theirs, "norrbotten"))
        regions = (
            ("norrbotten", "kalmar") if route.path.startswith("/api/") and "{" not in route.path else ("norrbotten",)
        )
        asked += [(route.path, theirs, n, r) for n in range(count) for r in regions]
        if of_region(route.path) and not route.path.endswith(("/disable", "/password")):
            mixed = theirs | {n: world.values[n][0] for n in placeholders(route.path)[:1]}
            asked += [(route.path, mixed, n, "norrbotten") for n in range(count)]
    for who in drawn(dice, ("admin", "head", "officer"), 1):
        for path, values, which, region in drawn(dice, asked, 10):
            nobody = strangers(values, dice) | {n: v for n, v in values.items() if v in world.values.get(n, ())}
            place = {"norrbotten": "norrbotten", "kalmar": "nowhere"}[region]
            answers = []
            for some, here in ((nobody, place), (values, region)):
                answer = world.people[who].post(filled(path, some), bodies(path, some, here)[which])
                answers.append((answer.status, without(answer.said, *some.values(), here)))
                if found := shown(world, answer.said, *some.values(), here):
                    wrong.append(f"{who} {path} shows {found[:3]}")
            status = answers[0][0]  # what works with ids of nobody does not look at them, and may work but once
            if (status not in (200, 201, 303) and answers[0] != answers[1]) or answers[1][0] >= 500:
                wrong.append(f"{who} POST {path} [{which}] {region}: {answers[1]}, with ids of nobody {answers[0]}")
    after = fingerprint(world)
    assert [t for t in before if before[t] != after[t]] == []
    assert not wrong, "\n".join(wrong)


def test_the_walk_can_see(world: World) -> None:
    """The same walk by the people of that region finds the canaries: what is not found above is not there."""
    dice = random.Random(seed())
    seen: set[str] = set()
    broken: list[str] = []
    for who in drawn(dice, world.neighbours, 1):
        for route in drawn(dice, routes("GET"), 60):
            for some in drawn(dice, fillings(world.foreign, route.path), 1):
                answer = world.neighbours[who].get(filled(route.path, some))
                if answer.status >= 500:
                    broken.append(route.path)
                seen |= {t.lower() for t in re.findall(rf"{MARK}-(\w+-\w+)-\d", answer.said, re.IGNORECASE)}
    assert broken == [], "who is shown a fault is shown no canary"
    assert len(seen) > (30 if FULL else 12), sorted(seen)


def forgetful_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = lists._where

    def forgetful(*given: Any) -> Any:
        narrowed = whole(*given)
        return narrowed and replace(narrowed, where=narrowed.where[1:])

    monkeypatch.setattr(lists, "_where", forgetful)


def forgetful_contracts(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = contracts._where
    monkeypatch.setattr(contracts, "_where", lambda *given: whole(*given)[1:])


def forgetful_case(monkeypatch: pytest.MonkeyPatch) -> None:
    anybody = Statement(select(case_rows.cases).where(case_rows.cases.c.id == bindparam("case_id")))
    monkeypatch.setattr(view, "visible_case", lambda uow, case_id, who, *, lock: uow.one(anybody, case_id=case_id))


@pytest.mark.parametrize(
    ("forget", "path"),
    [(forgetful_lists, "/cases"), (forgetful_contracts, "/api/v1/contracts"), (forgetful_case, "/cases/{case_id}/correct")],
)  # fmt: skip
def test_a_query_that_forgets_the_region_is_caught(
    world: World, monkeypatch: pytest.MonkeyPatch, forget: Callable[[pytest.MonkeyPatch], None], path: str
) -> None:
    address = filled(path, {n: v[0] for n, v in world.foreign.items()})
    before = world.people["head"].get(address)
    assert shown(world, before.said, world.foreign["case_id"][0]) == []
    forget(monkeypatch)
    answer = world.people["head"].get(address)
    assert answer.status == 200
    assert shown(world, answer.said, world.foreign["case_id"][0])


def test_no_calendar_shows_another_region(world: World) -> None:
    """The feed behind each person's secret address: what a calendar program reads without signing in."""
    for who in ROLES:
        said = feed(world.ours, who)
        assert "BEGIN:VCALENDAR" in said
        assert shown(world, said) == [], who
    assert shown(world, feed(world.theirs, "officer")), "a control: there is something to be found"
