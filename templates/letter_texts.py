"""The standard texts of letters to suppliers, one file a letter and language in `templates/letters/`.

The first line is the subject; the text follows after a blank line. `{…}` are placeholders (`workflow/letters/
placeholders.py`): no template code stands or runs in a letter.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def standard_text(kind: str, locale: str) -> tuple[str, str]:
    """Subject and text of a letter. Raises FileNotFoundError for a letter or a language that there is not."""
    whole = (files("templates") / "letters" / f"{kind}.{locale}.txt").read_text("utf-8")
    subject, _, text = whole.partition("\n")
    return subject, text.strip("\n")
