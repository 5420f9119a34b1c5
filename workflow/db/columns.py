"""Column shorthands shared by every subject's tables, and the naming convention that migrations rely on."""

from __future__ import annotations

import itertools
import secrets
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


#: Orders the ids that one process makes in the same millisecond, so that "by id" is "in the order they were made".
_made = itertools.count(secrets.randbelow(1 << 16))


def new_id(now: datetime) -> str:
    """An id that sorts by time and cannot be guessed: the layout of UUID version 7, 32 hexadecimal digits.

    After the milliseconds come a count and 56 random bits.
    """
    milliseconds = int(now.timestamp() * 1000)
    return f"{milliseconds:012x}7{next(_made) & 0xFFFFF:05x}{secrets.token_hex(7)}"


def made_at(made_id: str) -> datetime:
    """The instant (UTC, to the millisecond) at which `new_id` made an id."""
    return datetime.fromtimestamp(int(made_id[:12], 16) / 1000, UTC)


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    """A CHECK that the text column holds one of the values (an Enum column would store member names)."""
    listed = ", ".join(f"'{v}'" for v in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def key(**more: Any) -> Any:
    return Field(primary_key=True, **more)


def sort_key(text: str) -> str:
    """Swedish order as plain bytes: å, ä, ö after z; other accents dropped; case folded."""
    folded = unicodedata.normalize("NFC", text).casefold()
    out: list[str] = []
    for ch in folded:
        if ch in _SWEDISH:
            out.append(_SWEDISH[ch])
            continue
        base = unicodedata.normalize("NFD", ch)
        out.append("".join(c for c in base if not unicodedata.combining(c)))
    return "".join(out).encode("ascii", "replace").decode()


_SWEDISH = {"å": "z~1", "ä": "z~2", "æ": "z~2", "ö": "z~3", "ø": "z~3"}


def fold(text: str) -> str:
    """What a search compares: NFC and case-folded, white space single."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())
