"""Canonical JSON (RFC 8785) over a fixed subset: string keys in ASCII, strings, integers, booleans, null, no floats.

Within that subset sorted keys and no white space are all that RFC 8785 asks, and orjson writes exactly that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson

_PLAIN = frozenset({str, int, bool, type(None)})


def plain(value: Any) -> Any:
    """A value of the subset: dates as ISO text, amounts as decimal text, instants as RFC 3339 in UTC. Raises TypeError."""
    if type(value) in _PLAIN or isinstance(value, int):
        return value
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if hasattr(value, "model_dump"):
        return plain(value.model_dump())
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, Sequence | frozenset | set):
        return [plain(v) for v in value]
    raise TypeError(f"no canonical form for {type(value).__name__}")


def instant(at: datetime) -> str:
    """An aware instant in UTC as RFC 3339 text, always with microseconds."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def canonical(value: Any) -> str:
    """Canonical text of a value that `plain` has made (or that is plain already)."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def sha256(text: str) -> str:
    """64 hexadecimal digits over the text in UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()
