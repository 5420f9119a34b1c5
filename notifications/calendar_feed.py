"""Facts to one calendar (iCalendar, RFC 5545): whole days, each with what is asked and how its date was counted.

A day is an all-day event on the last day, never a to-do: common mail programs do not show those. It takes up no time
(transparent), keeps its UID for good, and says by SEQUENCE which of two copies is the newer. What is done or handed
on is sent as cancelled for a while, so that every program strikes it out. The same facts give the same bytes.
The link leads to the case and needs a sign-in: nothing in the calendar acts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

from icalendar import Calendar, Event, vText

from notifications.plain_text import one_line
from templates.formatting import receipt_sentence
from templates.labels import gettext, label

#: How often a program should ask again; they take it as advice.
REFRESH = timedelta(hours=1)
MEDIA_TYPE = "text/calendar; charset=utf-8"


class Standing(StrEnum):
    """Whether a day still holds, and if not why."""

    OPEN = "open"
    DONE = "done"
    HANDED_ON = "handed_on"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Entry:
    """One day of somebody's calendar.

    `uid` is the entry's for good; `sequence` never falls. `asked` is the code of what is asked or happens
    (`asked.procurement.decide_award`). `changed_at` is an aware instant, `receipt` the JSON of a deadline's receipt.
    `stands_in_for` names the person whose obligation it is, when it is not the reader's own.
    """

    uid: str
    on: date
    sequence: int
    changed_at: datetime
    asked: str
    reference: str
    title: str
    link: str
    lot: int | None = None
    receipt: Mapping[str, Any] | None = None
    standing: Standing = Standing.OPEN
    paused: bool = False
    stands_in_for: str | None = None


def calendar(entries: Iterable[Entry], *, name: str, region_name: str, locale: str, base_url: str) -> bytes:
    """The calendar of the person called `name`, in that language: CRLF lines of at most 75 octets."""
    host = urlsplit(base_url).hostname or "localhost"
    feed = Calendar()
    feed.add("prodid", f"-//Stegvis//Stegvis//{locale.upper()}")
    feed.add("version", "2.0")
    feed.add("calscale", "GREGORIAN")
    title = gettext("Stegvis: %(name)s, %(region)s", locale, name=one_line(name), region=one_line(region_name))
    feed.add("name", vText(title))  # both are texts; the library knows neither of them as one
    feed.add("x-wr-calname", vText(title))
    feed.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    feed.add("x-published-ttl", "PT1H")
    for entry in sorted(entries, key=lambda e: (e.on, e.uid)):
        feed.add_component(_event(entry, locale, host, base_url.rstrip("/")))
    return bytes(feed.to_ical())


def _event(entry: Entry, locale: str, host: str, base_url: str) -> Event:
    event = Event()
    event.add("uid", f"{entry.uid}@{host}")
    event.add("sequence", entry.sequence)
    # Without a METHOD the stamp is when the entry was last revised (RFC 5545 3.8.7.2): no clock is asked.
    stamp = entry.changed_at.astimezone(UTC).replace(microsecond=0)
    event.add("dtstamp", stamp)
    event.add("last-modified", stamp)
    event.add("dtstart", entry.on)
    event.add("dtend", entry.on + timedelta(days=1))
    event.add("summary", _summary(entry, locale))
    event.add("description", _description(entry, locale, base_url))
    event.add("url", base_url + entry.link)
    event.add("status", "CONFIRMED" if entry.standing is Standing.OPEN else "CANCELLED")
    event.add("transp", "TRANSPARENT")
    event.add("class", "PRIVATE")
    return event


def _summary(entry: Entry, locale: str) -> str:
    said = label(entry.asked, locale)
    if entry.lot is not None:
        said = gettext("%(asked)s, lot %(number)s", locale, asked=said, number=entry.lot)
    case = f"{one_line(entry.title)} ({entry.reference})"
    words = f"{said} – {case}"
    if entry.stands_in_for:
        words += " " + gettext("[for %(name)s]", locale, name=one_line(entry.stands_in_for))
    if entry.paused:
        words += " " + gettext("[paused]", locale)
    return words


def _description(entry: Entry, locale: str, base_url: str) -> str:
    lines = [label(entry.asked, locale) + "."]
    if entry.standing is Standing.DONE:
        lines = [gettext("This is done.", locale)]
    elif entry.standing is Standing.HANDED_ON:
        lines = [gettext("Somebody else has this now.", locale)]
    elif entry.standing is Standing.WITHDRAWN:
        lines = [gettext("This is no longer needed.", locale)]
    elif entry.receipt:
        lines.append(
            gettext("How it is counted: %(sentence)s", locale, sentence=receipt_sentence(entry.receipt, locale))
        )
    if entry.stands_in_for and entry.standing is Standing.OPEN:
        lines.append(gettext("You stand in for %(name)s.", locale, name=one_line(entry.stands_in_for)))
    if entry.paused and entry.standing is Standing.OPEN:
        lines.append(gettext("The case is paused. The date may move when it goes on.", locale))
    lines.append(gettext("The case, after you have signed in: %(url)s", locale, url=base_url + entry.link))
    return "\n".join(lines)
