"""Pages by keyset: the next page begins after the last row shown, never after a counted number of rows.

A list that puts dated rows first and undated ones last is walked in *segments*: each has an order of its own that an
index gives. The cursor names the segment and the key of the last row; to callers it is opaque.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, and_, or_

from workflow.errors import FieldError, InvalidForm

T = TypeVar("T")
MAX_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Some rows and the cursor of the next page; None when these were the last."""

    items: list[T]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Key:
    """One column of a segment's order. `day` columns stand in the cursor as ISO texts."""

    column: ColumnElement[Any]
    name: str
    day: bool = False
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """The rows that `where` picks, in the order of `keys` (the last of which is unique).

    `empty` are columns that `where` holds to NULL and that stand before the keys in the index: PostgreSQL takes the
    index for the order only when the order names them too.
    """

    where: ColumnElement[bool]
    keys: tuple[Key, ...]
    empty: tuple[ColumnElement[Any], ...] = ()

    def after(self, values: Sequence[Any]) -> ColumnElement[bool]:
        """Rows beyond a key: written out column by column, because directions may differ."""
        options = []
        for i, key in enumerate(self.keys):
            beyond = key.column < values[i] if key.descending else key.column > values[i]
            options.append(and_(*(k.column == v for k, v in zip(self.keys[:i], values, strict=False)), beyond))
        if len(self.keys) > 1:
            first = self.keys[0]  # bounds the index scan; the rest is a filter on it
            bound = first.column <= values[0] if first.descending else first.column >= values[0]
            return and_(bound, or_(*options))
        return options[0]

    def order(self) -> list[Any]:
        backwards = self.keys[0].descending
        columns = [(c, backwards) for c in self.empty] + [(k.column, k.descending) for k in self.keys]
        return [c.desc() if descending else c.asc() for c, descending in columns]


def walk(
    segments: Sequence[Segment],
    after: str | None,
    limit: int,
    fetch: Callable[[ColumnElement[bool], list[Any], int], Sequence[Any]],
) -> tuple[list[Any], str | None]:
    """At most `limit` rows from where the cursor points, and the cursor of the next page.

    `fetch(condition, order, n)` runs one query. Raises InvalidForm at `after` for a cursor that this list never gave.
    """
    limit = max(1, min(limit, MAX_LIMIT))
    place, values = _decode(after, segments) if after else (0, None)
    rows: list[tuple[int, Any]] = []
    for number in range(place, len(segments)):
        segment = segments[number]
        condition = segment.where
        if number == place and values is not None:
            condition = and_(condition, segment.after(values))
        wanted = limit + 1 - len(rows)
        rows += [(number, r) for r in fetch(condition, segment.order(), wanted)]
        if len(rows) > limit:
            break
    if len(rows) <= limit:
        return [r for _, r in rows], None
    number, last = rows[limit - 1]
    return [r for _, r in rows[:limit]], encode(number, [getattr(last, k.name) for k in segments[number].keys])


def encode(segment: int, values: Sequence[Any]) -> str:
    plain = [v.isoformat() if isinstance(v, date) else v for v in values]
    return base64.urlsafe_b64encode(json.dumps([segment, *plain]).encode()).decode().rstrip("=")


def _decode(cursor: str, segments: Sequence[Segment]) -> tuple[int, list[Any]]:
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        number, *values = json.loads(base64.urlsafe_b64decode(padded.encode("ascii")))
        if type(number) is not int or number < 0:
            raise ValueError
        keys = segments[number].keys
        if len(values) != len(keys) or not all(isinstance(v, str) for v in values):
            raise ValueError
        return number, [date.fromisoformat(v) if k.day else v for k, v in zip(keys, values, strict=True)]
    except (ValueError, TypeError, IndexError, KeyError, binascii.Error, RecursionError):
        raise InvalidForm([FieldError("after", "field_invalid")]) from None
