"""Forms: one pydantic model a trigger. Every field has a secrecy class and an example; text is always data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from notifications.plain_text import shorten
from workflow.errors import FieldError, InvalidForm

FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2060, 12, 31)
LONGEST_LINE = 300


class Form(BaseModel):
    """Base of every form: unknown fields are refused, white space around text is not kept."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)


class LotForm(Form):
    """A step of one lot. `lot` may be left out when only one lot stands there."""

    lot: Annotated[int | None, Field(default=None, ge=1, le=999, examples=[1])] = None


def _no_controls(text: str) -> str:
    if any(ord(c) < 32 and c not in "\n\r\t" for c in text):
        raise ValueError("field_invalid")
    return text


def one_line(text: str) -> str:
    """A line may become a mail's subject or a file's cell: breaks of any kind are spaces. Raises ValueError for controls."""
    return " ".join(_no_controls(text).split())


def _day_in_range(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise ValueError("date_out_of_range")
    return day


def _swedish_number(value: Any) -> Any:
    """`1 234,50` is a number here; a decimal comma and spaces (also no-break ones) are what people write."""
    if isinstance(value, str):
        cleaned = value.replace("\u00a0", "").replace("\u202f", "").replace(" ", "").removesuffix("kr")
        return cleaned.replace(",", ".") or None
    return value


def empty_is_none(value: Any) -> Any:
    """An input left blank is no answer."""
    return None if isinstance(value, str) and not value.strip() else value


def _kronor(amount: Decimal) -> Decimal:
    if amount < 0:
        raise ValueError("negative_number")
    return amount


Line = Annotated[str, Field(min_length=1, max_length=LONGEST_LINE), AfterValidator(one_line)]
Words = Annotated[
    str, Field(min_length=1, max_length=10_000, json_schema_extra={"widget": "textarea"}), AfterValidator(_no_controls)
]
OptionalLine = Annotated[
    Annotated[str, Field(max_length=LONGEST_LINE), AfterValidator(one_line)] | None,
    BeforeValidator(empty_is_none),
    Field(default=None),
]
OptionalWords = Annotated[
    Words | None, BeforeValidator(empty_is_none), Field(default=None, json_schema_extra={"widget": "textarea"})
]
Day = Annotated[date, AfterValidator(_day_in_range)]
OptionalDay = Annotated[Day | None, BeforeValidator(empty_is_none), Field(default=None)]
Money = Annotated[
    Decimal, BeforeValidator(_swedish_number), AfterValidator(_kronor),
    Field(max_digits=15, decimal_places=2, json_schema_extra={"widget": "money"}),
]  # fmt: skip
OptionalMoney = Annotated[
    Money | None, BeforeValidator(_swedish_number), Field(default=None, json_schema_extra={"widget": "money"})
]
Count = Annotated[int, BeforeValidator(_swedish_number), Field(ge=0, le=100_000)]
OptionalCount = Annotated[Count | None, BeforeValidator(_swedish_number), Field(default=None)]
PersonId = Annotated[str, Field(min_length=1, max_length=80, json_schema_extra={"widget": "person"})]
OptionalPerson = Annotated[
    PersonId | None, BeforeValidator(empty_is_none), Field(default=None, json_schema_extra={"widget": "person"})
]


def fitting(first: str, second: str) -> str:
    """Two texts in one line of at most `LONGEST_LINE`; the longer one is cut where both do not fit."""
    second = shorten(second, max(LONGEST_LINE // 2, LONGEST_LINE - len(first)))
    return shorten(first, LONGEST_LINE - len(second)) + second


def secret(*examples: Any) -> Any:
    """A field of tender matter: secret until the award (OSL 19:3)."""
    return Field(json_schema_extra={"secrecy": "tender"}, examples=list(examples))


def secrecy_classes(cls: type[BaseModel]) -> dict[str, str]:
    """The secrecy class of each field; open where nothing else is said."""
    classes = {}
    for name, info in cls.model_fields.items():
        extra = info.json_schema_extra
        classes[name] = str(extra.get("secrecy", "open")) if isinstance(extra, Mapping) else "open"
    return classes


#: Fields of one line in which people write in their own words.
_FREE_LINES = frozenset({"reason", "reasons", "note", "recipients"})


def free_words(cls: type[BaseModel]) -> frozenset[str]:
    """The fields in which people write freely: their class follows the case while tenders are secret (OSL 19:3)."""
    found = set()
    for name, info in cls.model_fields.items():
        extra = info.json_schema_extra
        if name in _FREE_LINES or (isinstance(extra, Mapping) and extra.get("widget") == "textarea"):
            found.add(name)
    return frozenset(found)


#: pydantic's kinds of fault -> our codes (texts: label `error.<code>`).
CODES = {
    "missing": "field_required",
    "string_too_short": "field_required",
    "string_too_long": "field_too_long",
    "extra_forbidden": "field_unknown",
    "literal_error": "unknown_choice",
    "enum": "unknown_choice",
    "date_from_datetime_parsing": "not_a_date",
    "date_parsing": "not_a_date",
    "date_type": "not_a_date",
    "int_parsing": "not_a_number",
    "int_type": "not_a_number",
    "int_from_float": "not_a_number",
    "decimal_parsing": "not_a_number",
    "decimal_type": "not_a_number",
    "decimal_max_digits": "field_invalid",
    "greater_than_equal": "negative_number",
    "too_short": "field_required",
    "too_long": "field_too_long",
}


def parse(cls: type[BaseModel], data: Mapping[str, Any]) -> BaseModel:
    """The form from what somebody sent. Raises InvalidForm with every fault at its field."""
    try:
        return cls.model_validate(dict(data))
    except ValidationError as error:
        faults = []
        for each in error.errors(include_url=False):
            path = "-".join(str(part) for part in each["loc"] if part not in ("function-after", "function-before"))
            code = CODES.get(each["type"], "field_invalid")
            context = each.get("ctx") or {}
            if each["type"] == "value_error":
                code = str(context.get("error", "field_invalid"))
            if each["input"] in (None, "") and each["type"] not in ("extra_forbidden", "value_error"):
                code = "field_required"
            params = {k: v for k, v in context.items() if isinstance(v, str | int)}
            faults.append(FieldError(path, code, params))
        raise InvalidForm(faults) from None


def ore(amount: Decimal | None) -> int | None:
    """Kronor to öre: amounts are stored as whole öre, so that no database rounds them."""
    return None if amount is None else int(amount * 100)


def kronor(amount_ore: int | None) -> Decimal | None:
    """Whole öre to kronor."""
    return None if amount_ore is None else Decimal(amount_ore) / 100
