"""A setting's value as people read it."""

from __future__ import annotations

from states.terms import TERMS
from templates.formatting import duration
from templates.labels import label


def in_words(name: str, value: str, locale: str) -> str:
    """ "20 arbetsdagar"; sums and lists as they are, with spaces where they help."""
    if name in TERMS and value.isdecimal():
        return duration(int(value), TERMS[name].unit, locale)
    if name.startswith(("threshold_", "limit_")) and value.isdecimal():
        return f"{int(value):,}".replace(",", "\N{NO-BREAK SPACE}")
    if name == "two_people_open_below_threshold":
        return label(f"value.yes_no.{'yes' if value == '1' else 'no'}", locale)
    return ", ".join(part.strip() for part in value.split(","))
