"""Cells as Swedish lists write them: dates, money, periods, options, yes and no.

Each function takes a cell that is not blank and gives its value, or a Problem where the cell does not say
exactly one thing. Nothing is guessed: `1.234` may be a thousand or a decimal, so it is a Problem.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from workflow.importers.rows import Problem
from workflow.importers.table_files import Cell, cell_text

FIRST_YEAR, LAST_YEAR = 1990, 2100
MAX_MONEY = Decimal(10) ** 12  # SEK; more than all public procurement in Sweden in a year
MAX_MONTHS = 600

_NOT_STATED = {"", "uppgift saknas", "saknas", "ej angivet", "ej angiven", "okant", "na", "n a", "null"}
_YES = {"ja", "j", "yes", "y", "true", "sant", "x", "1"}
_NO = {"nej", "n", "no", "false", "falskt", "0"}

_MONTH_NAMES = ("jan", "feb", "mar", "apr", "maj", "jun", "jul", "aug", "sep", "okt", "nov", "dec")
_ENGLISH_MONTHS = {"may": 5, "oct": 10}
_SERIAL_ZERO = date(1899, 12, 30)  # day 0 of Excel's calendar, from 1 March 1900 on

_NUMBER_WORDS = ["noll", "en", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio", "tio", "elva", "tolv"]
_UNITS = {"d": "days", "v": "weeks", "w": "weeks", "m": "months", "å": "years", "y": "years"}
_PERIOD = re.compile(
    r"(?<![\w,.])(-?\d+|[a-zåäö]+)\s*"
    r"(d|dag|dagar|dagars|days?|v|veckor|veckors|vecka|weeks?|m|mån|månad|månader|månaders|months?|år|års|years?)"
    r"\b\.?"
)


def fold(text: str) -> str:
    """Text for comparison: small letters, å ä ö é as a a o e, everything but letters and digits a space."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("æ", "ae"))
    letters = "".join(c for c in plain if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^a-z0-9]+", " ", letters).split())


def says_nothing(cell: Cell) -> bool:
    """Whether a cell is blank, or says in words that the value is not known ("-", "uppgift saknas")."""
    return isinstance(cell, str) and fold(cell) in _NOT_STATED


def parse_date(cell: Cell) -> date | Problem:
    """A whole date between 1990 and 2100; a month or "until further notice" is a Problem."""
    found = _date_of(cell)
    if isinstance(found, Problem):
        return found
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        return Problem("error.import_date_out_of_range", _quoted(cell))
    return found


def _date_of(cell: Cell) -> date | Problem:
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    text = cell_text(cell)
    if isinstance(cell, int | float) and not isinstance(cell, bool) and 1 <= cell < 200_000:
        return _SERIAL_ZERO + timedelta(days=int(cell))
    parts = _date_parts(text.casefold())
    if isinstance(parts, Problem):
        return Problem(parts.code, _quoted(cell))
    try:
        return date(*parts)
    except ValueError:  # the 31st of a month that has 30 days, a month 13
        return Problem("error.import_date_unreadable", _quoted(cell))


def _date_parts(text: str) -> tuple[int, int, int] | Problem:
    """Year, month and day as written; the order is year first or, with a four-digit year last, day first."""
    text = re.sub(r"[ t]\d{1,2}[:.]\d\d([:.]\d\d(\.\d+)?)?$", "", text)  # a clock time after the date
    if re.search(r"\btills ?vidare\b|\btv\b|löpande|until further|open.ended", text):
        return Problem("error.import_date_open_ended")
    if match := re.fullmatch(r"(\d{4})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{1,2})", text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := re.fullmatch(r"(\d{4})(\d\d)(\d\d)", text):
        return int(match[1]), int(match[2]), int(match[3])
    if match := re.fullmatch(r"(?:den )?(\d{1,2})\s*[-/. ]\s*(\d{1,2})\s*[-/. ]\s*(\d{4})", text):
        return int(match[3]), int(match[2]), int(match[1])
    if match := re.fullmatch(r"(?:den )?(\d{1,2})(?::?e|\.)?[ -]([a-z]+)\.?,?[ -](\d{4})", text):
        month = _month(match[2])
        if month:
            return int(match[3]), month, int(match[1])
    if re.fullmatch(r"([a-z]+\.? ?)?\d{4}|\d{4}-\d{1,2}|\d{1,2}[-/]\d{4}|\d{6}|kvartal.*|q\d.*", text):
        return Problem("error.import_date_not_whole")
    return Problem("error.import_date_unreadable")


def _month(word: str) -> int | None:
    short = word[:3]
    if short in _MONTH_NAMES:
        return _MONTH_NAMES.index(short) + 1
    return _ENGLISH_MONTHS.get(short)


def parse_money(cell: Cell) -> Decimal | Problem:
    """An amount in SEK, zero or more, with öre at most: `1 234,50`, `1 234 567 kr`, `1,2 Mkr`."""
    if isinstance(cell, bool | date):
        return Problem("error.import_money_unreadable", _quoted(cell))
    if isinstance(cell, int | float):
        amount: Decimal | Problem = Decimal(str(cell))
    else:
        amount = _written_money(cell_text(cell).casefold())
    if isinstance(amount, Problem):
        return Problem(amount.code, _quoted(cell))
    if not amount.is_finite() or amount > MAX_MONEY:
        return Problem("error.import_money_out_of_range", _quoted(cell))
    if amount < 0:
        return Problem("error.import_money_negative", _quoted(cell))
    return amount.quantize(Decimal("0.01"))


def _written_money(text: str) -> Decimal | Problem:
    if re.search(r"€|\$|£|\b(eur|euro|usd|gbp|nok|dkk|chf)\b", text):
        return Problem("error.import_money_other_currency")
    if re.search(r"/|\bper\b|årlig|year|month|styck", text):
        return Problem("error.import_money_per_period")
    text = re.sub(r"^(ca|c:a|cirka|sek|kr)\.?\s*|:-$|,-$", "", text.replace("−", "-").strip())
    match = re.fullmatch(r"(-?)\s*([\d\s.,']*\d)\s*([a-zåäö]*)\.?(?:\s*(?:kr|sek|kronor))?\.?", text)
    factor = _money_factor(match[3]) if match else None
    if match is None or factor is None:
        return Problem("error.import_money_unreadable")
    number = _number(match[2], whole=factor == 1)
    if isinstance(number, Problem):
        return number
    return number * factor * (-1 if match[1] else 1)


def _money_factor(unit: str) -> int | None:
    if unit in ("", "kr", "sek", "kronor"):
        return 1
    if unit in ("tkr", "ksek", "tsek", "tusen"):
        return 1_000
    if unit in ("mkr", "mnkr", "msek", "mn", "milj", "miljon", "miljoner"):
        return 1_000_000
    if unit in ("mdkr", "mdr", "miljard", "miljarder"):
        return 1_000_000_000
    return None


def _number(text: str, *, whole: bool) -> Decimal | Problem:
    """A number with spaces, points or commas in it; `whole` where three decimals would make no sense."""
    groups = re.sub(r"[\s']", " ", text)
    if " " in groups and not re.fullmatch(r"\d{1,3}( \d{3})+([.,]\d{1,2})?", groups):
        return Problem("error.import_money_unreadable")
    digits = groups.replace(" ", "")
    if re.fullmatch(r"\d+([.,]\d+)?", digits):
        if whole and re.fullmatch(r"\d{1,3}[.,]\d{3}", digits):
            return Problem("error.import_money_ambiguous")
        return Decimal(digits.replace(",", "."))
    for thousands, decimals in ((".", ","), (",", ".")):
        pattern = rf"\d{{1,3}}(\{thousands}\d{{3}})+(\{decimals}\d{{1,2}})?"
        if re.fullmatch(pattern, digits):
            return Decimal(digits.replace(thousands, "").replace(decimals, "."))
    return Problem("error.import_money_unreadable")


class Period(NamedTuple):
    """A term of notice: an amount of `days` or `months`."""

    amount: int
    unit: str


def parse_int_days(cell: Cell, default_unit: str | None = None) -> Period | Problem:
    """A term of notice: `3 mån` is (3, "months"), `90 dagar` (90, "days"), two weeks (14, "days").

    A bare number has the unit that the column's header states (`default_unit`); without one it is a Problem.
    """
    text = cell_text(cell).casefold().replace("−", "-")
    if re.fullmatch(r"-?\d+", text):
        if int(text) == 0:
            return Period(0, "days")
        if default_unit is None:
            return Problem("error.import_period_without_unit", _quoted(cell))
        text = f"{text} {default_unit}"
    found = {period for match in _PERIOD.finditer(text) if (period := _period(match[1], match[2]))}
    if len(found) != 1:
        return Problem("error.import_period_unreadable", _quoted(cell))
    period = found.pop()
    if not 0 <= period.amount <= (MAX_MONTHS if period.unit == "months" else MAX_MONTHS * 30):
        return Problem("error.import_period_out_of_range", _quoted(cell))
    return period


def _period(amount: str, unit: str) -> Period | None:
    number = _count(amount)
    if number is None:
        return None
    name = _UNITS[unit[0]]
    if name == "weeks":
        return Period(7 * number, "days")
    return Period(12 * number, "months") if name == "years" else Period(number, name)


def _count(word: str) -> int | None:
    if re.fullmatch(r"-?\d+", word):
        return int(word)
    if word == "ett":
        return 1
    return _NUMBER_WORDS.index(word) if word in _NUMBER_WORDS else None


_OPTION_WORDS = (
    r"\b(ja|yes|option(s|er|en)?|förlängning(ar|soption(er)?)?|möjlig(het)?|till|om|på|med|"
    r"totalt|vardera|à|st|att|förlänga|finns)\b"
)
_OPTION_TERM = re.compile(r"(?:(\w+)\s*(?:x|\*|×|gånger|ggr)\s*)?(\w+?)\s*(mån\w*|m|month\w*|år\w*|year\w*)?\.?")


def parse_options(cell: Cell, default_unit: str | None = None) -> list[int] | Problem:
    """The months of each option in order: `2 x 12 mån` is [12, 12], `1+1 år` [12, 12], no option []."""
    text = cell_text(cell).casefold().replace("st.", "st")
    if fold(text) in _NO | {"ingen", "inga", "inga optioner", "ingen option", "none"}:
        return []
    text = re.sub(r"[(),;:]", " ", re.sub(_OPTION_WORDS, " ", text))
    text = " ".join(text.split())
    if not text:
        return Problem("error.import_options_without_length", _quoted(cell))
    terms = []
    for part in re.split(r"\s*(?:\+|\boch\b|&)\s*", text):
        match = _OPTION_TERM.fullmatch(part)
        times = _count(match[1]) if match and match[1] else 1
        amount = _count(match[2]) if match else None
        if match is None or times is None or amount is None:
            return Problem("error.import_options_unreadable", _quoted(cell))
        terms.append((times, amount, match[3]))
    months: list[int] = []
    unit = default_unit
    for times, amount, own_unit in reversed(terms):  # `1+1 år`: the unit stands at the end
        unit = own_unit or unit
        if unit is None:
            return Problem("error.import_period_without_unit", _quoted(cell))
        length = amount * (12 if unit[0] in "åy" else 1)
        if not (1 <= times <= 20 and 1 <= length <= MAX_MONTHS):
            return Problem("error.import_period_out_of_range", _quoted(cell))
        months = [length] * times + months
    return months


def parse_yes_no(cell: Cell) -> bool | Problem:
    """Ja or nej, true or false, a cross or a one."""
    word = fold(cell_text(cell))
    if word in _YES | _NO:
        return word in _YES
    return Problem("error.import_yes_no_unreadable", _quoted(cell))


def parse_cpv(cell: Cell) -> str | Problem:
    """The eight digits of a CPV code, with or without check digit and name (Regulation (EC) 213/2008)."""
    text = cell_text(cell)
    if isinstance(cell, int | float):
        text = text.zfill(8)  # a spreadsheet drops the zero that agriculture's codes begin with
    match = re.match(r"(\d{8})(?:-\d)?(?!\d)", text)
    if match is None:
        return Problem("error.import_cpv_unreadable", _quoted(cell))
    if match[1] == "00000000":
        return Problem("error.import_cpv_not_stated")
    return match[1]


def _quoted(cell: Cell) -> dict[str, str]:
    text = cell_text(cell)
    return {"value": text if len(text) <= 60 else text[:59] + "…"}
