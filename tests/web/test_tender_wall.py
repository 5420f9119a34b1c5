"""Tender matter inside a region, by every page and call: nobody off the access list meets it before the award (I42).

Every field that is tender matter holds a canary: what the forms of the opening, the proposal and the cancellation take,
the comments and files of that time, and why a case rests.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from notifications.transport import MemoryTransport
from tests.people import BEGIN
from tests.play import Play
from tests.processes import seed
from tests.web.crawl import (
    DATABASES,
    Visitor,
    drawn,
    feed,
    filled,
    fillings,
    filters_of,
    placeholders,
    routes,
    unpacked,
    visitor,
    without,
)
from workflow.app import build
from workflow.clock import FixedClock
from workflow.commands import AddFile, WriteComment
from workflow.config import Settings
from workflow.exports.region import FORMATS, export_region
from workflow.files.store import open_store

MARK, STEM = "ANBUDSKANARIE", "anbudskanari"
#: Numbers that are matter of a tender too: how many came in, and what one costs (as kronor are written anywhere).
COUNT, VALUE = 98_765, 7_654_321
NUMBERS = re.compile(r"98[\s.,\u00a0\u202f]?765(?!\d)|7[\s.,\u00a0\u202f]?654[\s.,\u00a0\u202f]?321")
#: Numbers of businesses that no example of the API shows.
ORGANISATIONS = ("556703-7485", "556056-6258")
#: Neither officer of the case, nor who decides its award.
OUTSIDERS = ("owner", "owner_2", "manager", "officer_2", "strategist", "registrar", "reviewer", "admin")
READERS = ("officer", "head")


@dataclass
class Secret:
    play: Play
    ids: dict[str, list[str]]
    people: dict[str, Visitor]


@pytest.fixture(params=DATABASES)
def secret(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Secret]:
    made = request.getfixturevalue(request.param)
    url, clock = made.fresh(), FixedClock(BEGIN)
    app = build(Settings(database_url=url, data_dir=tmp_path, mail_url="memory:"), clock=clock)
    app.transport = MemoryTransport()
    play = Play(app, clock, made.people["norrbotten"], "norrbotten")
    tender_matter(play)
    people: list[Any] = [*OUTSIDERS, *READERS, None]
    yield Secret(play, ids(play), {who or "nobody": visitor(play, who) for who in people})
    app.database.dispose()
    made.drop(url)


def tender_matter(play: Play) -> None:
    """Three lots: two with a proposal, one with a cancellation proposed; talk, files and a pause beside them."""
    play.open(lots=("Norr", "Söder", "Väster"))
    play.to_advertising()
    play.advertise()
    play.advance(38)
    play.act(
        "officer", "record_opening", opened_at_on=play.today.isoformat(), opened_by="Ulla", opened_with="Uno",
        protocol_reference=f"{MARK} protokoll", tenders_received=COUNT,
    )  # fmt: skip
    for lot, number in enumerate(ORGANISATIONS, start=1):
        tender = {"supplier_name": f"{MARK} Tvätt {lot} AB", "organisation_number": number, "value": str(VALUE)}
        play.act(
            "officer", "submit_award_proposal", lot, suppliers=[tender], award_reasons=f"{MARK} motivering {lot}",
            evaluation_reference=f"{MARK} utvärdering {lot}",
        )  # fmt: skip
    play.act("officer", "propose_cancellation", 3, reasons=f"{MARK} skäl att avbryta")
    play.do("officer", WriteComment(play.case, f"{MARK} kommentar"))
    play.do("officer", WriteComment(play.case, f"{MARK} fråga", "question", play.people["head"]))
    stored = open_store(play.app.settings.files).put(BytesIO(f"{MARK} innehåll".encode()), f"{MARK} anbud.txt")
    play.do("officer", AddFile(play.case, stored.name, stored.media_type, stored.size, stored.sha256))
    play.act("officer", "pause", reason=f"{MARK} paus")
    play.run_due()
    play.advance(3)
    play.act("officer", "resume")
    play.run_due()


def ids(play: Play) -> dict[str, list[str]]:
    def of(sql: str, most: int = 9) -> list[str]:
        return [str(r[0]) for r in play.sql(sql, r=play.region)][:most] or ["0" * 31 + "1"]

    return {
        "case_id": [play.case],
        "file_id": of("SELECT f.id FROM files f JOIN cases c ON c.id = f.case_id WHERE c.region_id = :r"),
        "decision_id": of("SELECT id FROM decisions WHERE region_id = :r ORDER BY decided_at DESC"),
        "task_id": of("SELECT id FROM tasks WHERE region_id = :r AND status = 'open'"),
        "supplier_id": of("SELECT supplier_id FROM supplier_relations WHERE region_id = :r"),
        "stream_id": [play.case, "plan.norrbotten", "access.norrbotten", "operations.norrbotten"],
        "seq": [str(n) for n in range(1, 40)],
        "person_id": [play.people["officer"]], "unit_id": [play.people["unit"]], "region": [play.region],
        "mail_id": of("SELECT id FROM outbox_messages WHERE region_id = :r", 40),
        "matter_id": of("SELECT id FROM mail_matters WHERE region_id = :r"), "form_id": ["0" * 32],
        "change_id": ["0" * 32], "version_id": ["0" * 32], "notice_id": ["0" * 32], "kind": ["dialogue"], "locale": ["sv"], "text_id": ["0" * 32], "head_id": ["0" * 32],
        "process": ["procurement"], "version": ["1"],
        "trigger": ["decide_award", "decide_cancellation", "submit_award_proposal", "record_opening", "pause",
                    "return_for_completion", "recall_award"],
        "name": ["mail_hour"],
    }  # fmt: skip


def walked(secret: Secret, dice: random.Random) -> list[tuple[str, str]]:
    """Every GET with every id of the case, and every search and filter by tender matter; and what was asked for."""
    asked: list[tuple[str, str]] = []
    for route in routes("GET"):
        asked += [(filled(route.path, some), "") for some in drawn(dice, fillings(secret.ids, route.path), 4)]
        if "{" not in route.path:
            names = filters_of(route)
            asked += [(f"{route.path}?format={f}", "") for f in ("xlsx", "csv") if "format" in names]
            asked += [(f"{route.path}?q={w}", w) for w in (STEM, *ORGANISATIONS) if "q" in names]
            asked += [(f"{route.path}?supplier={s}", s) for s in secret.ids["supplier_id"] if "supplier" in names]
    lots = [r.id for r in secret.play.sql("SELECT id FROM lots WHERE case_id = :c", c=secret.play.case)]
    for trigger in secret.ids["trigger"]:
        asked += [(f"/cases/{secret.play.case}/{way}/{trigger}?lot={x}", "") for x in lots for way in ("do", "done")]
    asked += [
        (f"/cases/{secret.play.case}?{q}", "") for q in ("all=1", "show=documents", "show=timeline", "show=deadlines")
    ]
    return asked


def told(said: str, *asked: str) -> set[str]:
    """What of the tenders stands in an answer."""
    said = without(re.sub(r"[0-9a-f]{32,}", "", said), *asked)
    found = set(re.findall(rf"{MARK}[ _%\w]{{0,16}}", said, re.IGNORECASE))
    return found | set(NUMBERS.findall(said)) | {n for n in ORGANISATIONS if n in said or n.replace("-", "") in said}


def test_before_the_award_nobody_off_the_access_list_meets_tender_matter(secret: Secret) -> None:
    dice = random.Random(seed())
    leaks: list[str] = []
    for who in (*drawn(dice, OUTSIDERS, 1), "nobody"):
        for address, asked in drawn(dice, walked(secret, dice), 20):
            answer = secret.people[who].get(address)
            assert answer.status < 500, (who, address)
            if found := told(answer.said, asked):
                leaks.append(f"{who} {address}: {sorted(found)[:3]}")
    assert leaks == []
    for way in FORMATS:
        content = export_region(secret.play.app, secret.play.region, way, "sv")
        assert told(unpacked(content) or content.decode()) == set(), way


def test_before_the_award_no_mail_tells_of_the_tenders(secret: Secret) -> None:
    assert isinstance(secret.play.app.transport, MemoryTransport)
    assert secret.play.app.transport.sent
    for address, mail in secret.play.app.transport.sent:
        parts = [p.get_content() for p in mail.walk() if p.get_content_maintype() == "text"]
        assert told("\n".join([*map(str, mail.values()), *parts])) == set(), (address, mail["Subject"])


def test_no_calendar_tells_of_the_tenders_not_even_to_those_on_the_list(secret: Secret) -> None:
    """A feed is read by programs of others, outside any session."""
    for who in (*OUTSIDERS, *READERS):
        said = feed(secret.play, who)
        assert "BEGIN:VCALENDAR" in said
        assert told(said) == set(), who
    assert secret.play.row().reference in feed(secret.play, "officer")


def test_a_file_or_a_task_of_the_tenders_answers_as_not_there(secret: Secret) -> None:
    dice = random.Random(seed())
    for who in drawn(dice, OUTSIDERS, 2):
        for path in ("/cases/{case_id}/files/{file_id}", "/api/v1/cases/{case_id}/files/{file_id}/content"):
            some = {n: secret.ids[n][0] for n in placeholders(path)}
            nobody = some | {"file_id": f"{dice.getrandbits(128):032x}"}
            one, other = (secret.people[who].get(filled(path, v)) for v in (some, nobody))
            assert one.status == other.status == 404
            assert without(one.said, *some.values()) == without(other.said, *nobody.values())


def test_those_on_the_list_meet_all_of_it_by_the_same_walk(secret: Secret) -> None:
    """A control: what is not found above is there to be found."""
    found: set[str] = set()
    for address, asked in walked(secret, random.Random(seed())):
        if secret.play.case in address:
            found |= told(secret.people["officer"].get(address).said, asked)
    text = " ".join(found).casefold()
    for word in (
        "protokoll",
        "tvätt",
        "motivering",
        "utvärdering",
        "skäl att",
        "kommentar",
        "fråga",
        "anbud",
        "paus",
        "innehåll",
    ):
        assert f"{MARK} {word}".casefold() in text, word
    assert {t for t in found if NUMBERS.fullmatch(t)}


def test_after_the_award_everybody_in_the_region_meets_it(secret: Secret) -> None:
    for lot in (1, 2):
        secret.play.act("head", "decide_award", lot)
    secret.play.act("head", "decide_cancellation", 3)
    found: set[str] = set()
    for address in (
        f"/cases/{secret.play.case}?all=1",
        f"/api/v1/cases/{secret.play.case}",
        "/suppliers",
        f"/search?q={STEM}",
    ):
        found |= told(secret.people["registrar"].get(address).said, STEM)
    text = " ".join(found).casefold()
    for word in ("protokoll", "tvätt", "motivering", "utvärdering", "kommentar", "anbud"):
        assert f"{MARK} {word}".casefold() in text, word


def test_that_a_question_was_mailed_shows_to_the_list_alone(secret: Secret) -> None:
    """On the timeline, by API and on the region's trail; the event itself answers others as not there."""
    case, sent = secret.play.case, '"mail":"question_asked"'
    rows = secret.play.sql("SELECT seq, body FROM audit_events WHERE stream_id = :c", c=case)
    mailed = [r.seq for r in rows if sent in r.body]
    assert mailed

    def links(who: str, address: str) -> set[int]:
        said = secret.people[who].get(address).said
        return {seq for seq in mailed if f"/trail/{case}/{seq}" in said or f'"seq":{seq},' in said}

    addresses = (
        f"/cases/{case}?show=mail&all=1",
        f"/api/v1/cases/{case}/events?limit=200",
        f"/trail?group=mail&case={case}",
    )
    for who in OUTSIDERS:
        assert [a for a in addresses if links(who, a)] == [], who
        assert {secret.people[who].get(f"/trail/{case}/{seq}").status for seq in mailed} == {404}, who
    for address in addresses[:2]:
        assert links("officer", address) == set(mailed), address
    assert secret.people["officer"].get(f"/trail/{case}/{mailed[0]}").status == 200
    for lot in (1, 2):
        secret.play.act("head", "decide_award", lot)
    secret.play.act("head", "decide_cancellation", 3)
    assert links("owner", addresses[0]) == set(mailed), "the award ends the secrecy"
