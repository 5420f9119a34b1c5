"""Dates, instants, sums and deadlines as people write them.

Swedish follows Språkrådet's advice ("27 nov.", "kl. 09.05", "1 234 567 kr"), English is British. Instants are
shown in Europe/Stockholm. The language is passed every time: Babel would else take the process's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.lists import format_list
from babel.numbers import format_decimal

from templates.labels import gettext, label, ngettext

Tone = Literal["late", "soon", "calm"]

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NO_BREAK = "\N{NO-BREAK SPACE}"
_BABEL = {"sv": "sv_SE", "en": "en_GB"}
_INSTANT = {"sv": "'kl.' HH.mm", "en": "'at' HH:mm"}


def day(on: date, locale: str, today: date | None = None) -> str:
    """ "27 nov.", and with the year when that is not `today`'s: "27 nov. 2025"."""
    same_year = today is not None and on.year == today.year
    return format_date(on, "d MMM" if same_year else "d MMM y", locale=_BABEL[locale])


def long_day(on: date, locale: str) -> str:
    """ "fredag 27 november 2026"."""
    return format_date(on, "EEEE d MMMM y", locale=_BABEL[locale])


def instant(at: datetime, locale: str, today: date | None = None) -> str:
    """ "21 nov. kl. 09.05", local time in Sweden. Raises ValueError for an instant without a time zone."""
    if at.utcoffset() is None:
        raise ValueError("an instant must carry its time zone")
    local = at.astimezone(STOCKHOLM)
    clock = format_datetime(local, _INSTANT[locale], locale=_BABEL[locale])
    return f"{day(local.date(), locale, today)} {clock}"


def week(on: date, locale: str) -> str:
    """The ISO week: "v. 47", "week 47"."""
    return gettext("week %(number)s", locale, number=on.isocalendar().week)


def money(amount: Decimal | int, locale: str) -> str:
    """Whole kronor, or two decimals where there are any: "1 234 567 kr", "SEK 1,234,567"."""
    pattern = "#,##0" if amount == int(amount) else "#,##0.00"
    digits = format_decimal(amount, pattern, locale=_BABEL[locale]).replace("\N{NARROW NO-BREAK SPACE}", NO_BREAK)
    return f"{digits}{NO_BREAK}kr" if locale == "sv" else f"SEK{NO_BREAK}{digits}"


def kronor(ore: int, locale: str) -> str:
    """An amount in öre, as amounts are kept, written in kronor; nothing is cut."""
    return money(Decimal(ore) / 100, locale)


def number(value: Decimal | float, locale: str) -> str:
    """ "1 234,5", "1,234.5"."""
    return format_decimal(value, locale=_BABEL[locale])


def file_size(size: int, locale: str) -> str:
    """A size in bytes in the unit that reads best: "820 byte", "14 kB", "2,4 MB"."""
    if size < 1000:
        return ngettext("%(n)s byte", "%(n)s bytes", size, locale)
    if size < 1_000_000:
        return f"{number(round(size / 1000), locale)}{NO_BREAK}kB"
    return f"{number(round(size / 1e6, 1), locale)}{NO_BREAK}MB"


def due_words(due_on: date, today: date, locale: str) -> tuple[str, Tone]:
    """How far off a last day is, and how urgent: late, soon (today, tomorrow) or calm."""
    left = (due_on - today).days
    if left < 0:
        return ngettext("%(n)s day late", "%(n)s days late", -left, locale), "late"
    if left == 0:
        return gettext("today", locale), "soon"
    if left == 1:
        return gettext("tomorrow", locale), "soon"
    return ngettext("in %(n)s day", "in %(n)s days", left, locale), "calm"


def duration(amount: int, unit: str, locale: str) -> str:
    """A term's length, `unit` as in a receipt: "10 dagar", "5 arbetsdagar", "2 veckor", "1 månad"."""
    if unit == "calendar_days":
        return ngettext("%(n)s day", "%(n)s days", amount, locale)
    if unit == "working_days":
        return ngettext("%(n)s working day", "%(n)s working days", amount, locale)
    if unit == "weeks":
        return ngettext("%(n)s week", "%(n)s weeks", amount, locale)
    if unit == "months":
        return ngettext("%(n)s month", "%(n)s months", amount, locale)
    raise ValueError(f"no such unit of time: {unit!r}")


def receipt_sentence(receipt: Mapping[str, Any], locale: str) -> str:
    """A deadline's receipt (the JSON of `states.deadlines.Receipt`) as plain sentences.

    "28 dec. 2026 = 10 dagar från 14 dec. (underrättelsen skickad), LOU 20:1. 24 dec. är julafton, …, så sista
    dagen flyttas till 28 dec." Needs the labels `anchor.<anchor>`, for no deadline `term.<term>`, and
    `pause.<reason>` where the clock stood still.
    """
    due_on = _date(receipt["due_on"])
    if due_on is None:
        term = label(f"term.{receipt['term']}", locale)
        return _capital(gettext("No %(term)s applies: %(source)s.", locale, term=term, source=receipt["source"]))
    pauses = (_pause(pause, due_on, locale) for pause in receipt.get("pauses") or ())
    moves = (_moved(chain, due_on, locale) for chain in _chains(receipt.get("moves") or ()))
    more = (_extension(extension, due_on, locale) for extension in receipt.get("extensions") or ())
    closed = _closed(receipt, due_on, locale)
    sentences = [_origin(receipt, due_on, locale), *closed, *pauses, *moves, *more]
    # A date that ends in a point ("28 dec.") ends its sentence too.
    return " ".join(sentence.replace("..", ".") for sentence in sentences)


def rest_reason(code: str, locale: str) -> str:
    """Why nobody works on a day, from the calendar's code: "eve:Julafton", "sunday", "closing_day"."""
    kind, _, names = code.partition(":")
    if not names:
        return label(f"rest.{kind}", locale)
    # Two holidays may fall on one day: "Första maj; Kristi himmelsfärdsdag".
    codes = [f"holiday.{name.lower().replace(' ', '_')}" for name in names.split("; ")]
    return _listed([label(holiday, locale) for holiday in codes], locale)


def _origin(receipt: Mapping[str, Any], due_on: date, locale: str) -> str:
    """The first sentence: what the date was counted from, or who gave it."""
    anchor = label(f"anchor.{receipt['anchor']}", locale)
    due, source = day(due_on, locale), _source(receipt, locale)
    if receipt.get("amount") is None and receipt.get("anchor_on"):
        on = _short(receipt["anchor_on"], due_on, locale)
        return gettext(
            "%(due)s follows from %(anchor_on)s (%(anchor)s), %(source)s.",
            locale, due=due, anchor_on=on, anchor=anchor, source=source,
        )  # fmt: skip
    if receipt.get("amount") is None or receipt.get("anchor_on") is None:
        return gettext(
            "%(due)s is a given date (%(anchor)s), %(source)s.", locale, due=due, anchor=anchor, source=source
        )
    values = {
        "due": due,
        "amount": duration(receipt["amount"], receipt["unit"], locale),
        "anchor_on": _short(receipt["anchor_on"], due_on, locale),
        "anchor": anchor,
        "source": source,
    }
    if receipt.get("backward"):
        return gettext("%(due)s = %(amount)s before %(anchor_on)s (%(anchor)s), %(source)s.", locale, **values)
    return gettext("%(due)s = %(amount)s from %(anchor_on)s (%(anchor)s), %(source)s.", locale, **values)


def _pause(pause: Mapping[str, Any], due_on: date, locale: str) -> str:
    return gettext(
        "The clock stood still from %(from_on)s to %(to_on)s (%(reason)s).",
        locale,
        from_on=_short(pause["from_on"], due_on, locale),
        to_on=_short(pause["to_on"], due_on, locale),
        reason=label(f"pause.{pause['reason']}", locale),
    )


def _extension(extension: Mapping[str, Any], due_on: date, locale: str) -> str:
    return gettext(
        "On %(decided_on)s more time was given (%(role)s): until %(to_on)s instead of %(from_on)s.",
        locale,
        decided_on=_short(extension["decided_on"], due_on, locale),
        role=label(f"role.{extension['role']}", locale).lower(),
        from_on=_short(extension["from_on"], due_on, locale),
        to_on=_short(extension["to_on"], due_on, locale),
    )


def _closed(receipt: Mapping[str, Any], due_on: date, locale: str) -> list[str]:
    """Working days that the region keeps closed are passed over; where they moved the last day, that is said there."""
    if receipt.get("unit") != "working_days" or not receipt.get("closing_days"):
        return []
    days = _listed([_short(day, due_on, locale) for day in receipt["closing_days"]], locale)
    return [gettext("The region's closing days are not counted: %(days)s.", locale, days=days)]


def _source(receipt: Mapping[str, Any], locale: str) -> str:
    """The rule; with a region's own amount the row that gave it, by its day."""
    source = str(receipt["source"])
    _, has_day, since = str(receipt.get("parameter") or "").partition("@")
    if "=" not in str(receipt.get("parameter") or "") or not has_day:
        return source
    since_day = day(date.fromisoformat(since), locale)
    return gettext("%(source)s (the setting since %(day)s)", locale, source=source, day=since_day)


def _moved(chain: Sequence[Mapping[str, Any]], due_on: date, locale: str) -> str:
    """One sentence for the days that the last day moved off, one after the other."""
    days = [(_short(move["from_on"], due_on, locale), rest_reason(move["reason"], locale)) for move in chain]
    first = gettext("%(day)s is %(reason)s", locale, day=days[0][0], reason=days[0][1])
    return gettext(
        "%(days)s, so the last day moves to %(to_on)s.",
        locale,
        days=_listed([first, *(f"{on} {reason}" for on, reason in days[1:])], locale),
        to_on=_short(chain[-1]["to_on"], due_on, locale),
    )


def _listed(parts: Sequence[str], locale: str) -> str:
    return format_list(parts, locale=_BABEL[locale])


def _chains(moves: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Moves that follow on one another belong in one sentence."""
    chain: list[Mapping[str, Any]] = []
    for move in moves:
        if chain and chain[-1]["to_on"] != move["from_on"]:
            yield chain
            chain = []
        chain.append(move)
    if chain:
        yield chain


def _short(on: str, due_on: date, locale: str) -> str:
    return day(date.fromisoformat(on), locale, due_on)


def _date(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
