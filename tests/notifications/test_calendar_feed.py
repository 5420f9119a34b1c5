"""The calendar as bytes: two strict readers understand it, every line fits, and the same facts give the same bytes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import vobject
from ical.calendar_stream import IcsCalendarStream

from notifications.calendar_feed import Entry, Standing, calendar
from states.calendar import Calendar
from states.deadlines import derive
from states.terms import TERMS

AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
ENTRY = Entry(
    uid="task-0190",
    on=date(2026, 3, 16),
    sequence=0,
    changed_at=AT,
    asked="asked.procurement.decide_sustainability_target",
    reference="UPP-2026-7",
    title="Städtjänster",
    link="/cases/0190",
    receipt=derive(TERMS["target_decision"], "step_begun", date(2026, 3, 2), Calendar()).as_json(),
)


def feed(*entries: Entry, locale: str = "sv", name: str = "Åsa Ägare") -> bytes:
    return calendar(
        entries, name=name, region_name="Region Norrbotten", locale=locale, base_url="https://stegvis.example"
    )


def read(content: bytes) -> list[dict[str, Any]]:
    """The events as two readers understand them, independent of each other and of the writer; they must agree."""
    text = content.decode()
    first = []
    for event in IcsCalendarStream.calendar_from_ics(text).events:
        first.append(
            {
                "uid": event.uid, "summary": event.summary, "description": event.description, "on": event.dtstart,
                "until": event.dtend, "sequence": event.sequence, "status": event.status.value, "url": str(event.url),
                "transparent": event.transparency, "stamp": event.dtstamp, "changed": event.last_modified,
            }
        )  # fmt: skip
    second = []
    for event in vobject.readOne(text).contents.get("vevent", []):
        second.append(
            {
                "uid": event.uid.value, "summary": event.summary.value, "description": event.description.value,
                "on": event.dtstart.value, "until": event.dtend.value, "sequence": int(event.sequence.value),
                "status": event.status.value, "url": event.url.value, "transparent": event.transp.value,
                "stamp": event.dtstamp.value, "changed": event.last_modified.value,
            }
        )  # fmt: skip
    assert first == second
    return first


def test_a_day_as_two_readers_understand_it() -> None:
    (event,) = read(feed(ENTRY))
    assert event["uid"] == "task-0190@stegvis.example"
    assert event["on"] == date(2026, 3, 16)
    assert event["until"] == date(2026, 3, 17)
    assert event["summary"] == "Fastställ hållbarhetsmålsättningen – Städtjänster (UPP-2026-7)"
    assert event["description"].splitlines()[1:] == [
        "Så räknas det: 16 mars 2026 = 10 arbetsdagar från 2 mars (uppgiften uppkom), Stegvis standard.",
        "Ärendet, när du har loggat in: https://stegvis.example/cases/0190",
    ]
    assert event["url"] == "https://stegvis.example/cases/0190"
    assert (event["status"], event["transparent"], event["sequence"]) == ("CONFIRMED", "TRANSPARENT", 0)
    assert event["stamp"] == event["changed"] == AT


@pytest.mark.parametrize("locale", ["sv", "en"])
def test_the_calendar_says_what_it_is_and_how_often_to_ask(locale: str) -> None:
    text = feed(ENTRY, locale=locale).decode()
    named = "Stegvis: Åsa Ägare\\, Region Norrbotten"
    for line in (f"NAME:{named}", f"X-WR-CALNAME:{named}", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H",
                 "VERSION:2.0", "DTSTART;VALUE=DATE:20260316", "DTEND;VALUE=DATE:20260317"):  # fmt: skip
        assert f"\r\n{line}\r\n" in text, line
    assert "METHOD" not in text


def test_every_line_has_at_most_75_octets_and_no_letter_is_torn() -> None:
    for title in ("åäö" * 60, "🧹🚑" * 60, "a" + "ö" * 200, "é" * 74, "en, två; tre\\fyra\nfem"):
        content = feed(replace(ENTRY, title=title))
        assert content.endswith(b"\r\n")
        for line in content.split(b"\r\n"):
            assert len(line) <= 75
            line.decode()  # a letter torn in two would not be one
            assert b"\n" not in line
        (event,) = read(content)
        assert " ".join(title.split()) in event["summary"]


def test_what_people_write_adds_no_line_of_its_own() -> None:
    (event,) = read(feed(replace(ENTRY, title="Städ\r\nEND:VEVENT\r\nX-EVIL:1")))
    assert "END:VEVENT X-EVIL:1" in event["summary"]


def test_every_day_of_the_years_with_their_short_and_long_ones_is_one_whole_day() -> None:
    first = date(2027, 12, 25)
    days = [first + timedelta(days=n) for n in range(3 * 366)]  # with 29 February 2028 and six changes of the hour
    events = read(feed(*(replace(ENTRY, uid=f"task-{d}", on=d) for d in days)))
    assert [(e["on"], e["until"] - e["on"]) for e in events] == [(d, timedelta(days=1)) for d in days]


@pytest.mark.parametrize("standing", [Standing.DONE, Standing.HANDED_ON, Standing.WITHDRAWN])
def test_what_no_longer_holds_is_cancelled_under_the_same_uid(standing: Standing) -> None:
    (before,) = read(feed(ENTRY))
    (after,) = read(feed(replace(ENTRY, standing=standing, sequence=1, changed_at=AT + timedelta(days=1))))
    assert after["status"] == "CANCELLED"
    assert after["uid"] == before["uid"]
    assert after["sequence"] > before["sequence"]
    assert "Så räknas det" not in after["description"]


def test_substitutes_and_pauses_are_said() -> None:
    (event,) = read(feed(replace(ENTRY, stands_in_for="Karin Ek", paused=True, lot=2)))
    assert event["summary"].endswith("(UPP-2026-7) [för Karin Ek] [pausat]")
    assert ", anbudsområde 2 – " in event["summary"]
    assert "Du ersätter Karin Ek.\nÄrendet är pausat." in event["description"]


def test_the_same_facts_give_the_same_bytes_in_whatever_order_they_come() -> None:
    other = replace(ENTRY, uid="task-0200", on=date(2026, 3, 10))
    assert feed(ENTRY, other) == feed(other, ENTRY)
    assert feed(ENTRY) != feed(replace(ENTRY, sequence=1))


def test_an_empty_calendar_is_one_too() -> None:
    content = feed()
    assert b"BEGIN:VCALENDAR" in content
    assert read(content) == []
