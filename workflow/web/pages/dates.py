"""Dates that somebody typed into a filter or a small form."""

from __future__ import annotations

from datetime import date

from workflow.errors import FieldError, InvalidForm


def day_or_none(text: str) -> date | None:
    """A date of an address; anything else narrows nothing."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        return None


def typed_day(given: dict[str, str], name: str, *, required: bool = True) -> date | None:
    """A date of a form. Raises InvalidForm at its field."""
    text = given.get(name, "").strip()
    if not text and not required:
        return None
    if not text:
        raise InvalidForm([FieldError(name, "field_required")])
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InvalidForm([FieldError(name, "not_a_date")]) from None
