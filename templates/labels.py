"""Words for people, from the gettext catalogues.

English phrases are the message ids and stand in code and templates; Swedish stands in the catalogues
`locale/sv/LC_MESSAGES/<subject>.po`. Codes (states, triggers, roles, fields, errors) are never shown: their
texts carry the message context "label" and stand in the catalogues of both languages. Every catalogue of a
language is read and merged the first time it is asked for; no compiled file is kept.

Placeholders are written `%(name)s`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

LOCALES = ("sv", "en")
LABEL_CONTEXT = "label"


class MissingLabel(LookupError):
    """A code has no text in this language. It is a fault of the build, and no code is shown in its place."""

    def __init__(self, code: str, locale: str) -> None:
        super().__init__(f"no {locale} label for {code!r}")
        self.code = code
        self.locale = locale


@cache
def translations(locale: str) -> Translations:
    """All catalogues of the language, merged. Raises ValueError for a language that we do not speak."""
    if locale not in LOCALES:
        raise ValueError(f"the languages are {', '.join(LOCALES)}, not {locale!r}")
    merged = Translations()
    folder = files("templates") / "locale" / locale / "LC_MESSAGES"
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".po"):
            compiled = BytesIO()
            with file.open("rb") as source:
                write_mo(compiled, read_po(source, locale=locale))
            compiled.seek(0)
            merged.merge(Translations(compiled))
    return merged


def gettext(text: str, locale: str, **params: Any) -> str:
    """The English phrase `text` in the language, with its placeholders filled from `params`."""
    return _filled(translations(locale).gettext(text), params)


def ngettext(singular: str, plural: str, n: int, locale: str, **params: Any) -> str:
    """The phrase that fits the number `n`, which also fills the placeholder `%(n)s`."""
    return _filled(translations(locale).ngettext(singular, plural, n), {"n": n, **params})


def label(code: str, locale: str, **params: Any) -> str:
    """The text of a code. Raises MissingLabel where there is none, KeyError for a placeholder not given."""
    text = _labels(locale).get(code)
    if text is None:
        raise MissingLabel(code, locale)
    return _filled(text, params)


def has_label(code: str, locale: str) -> bool:
    """Whether the code has a text in this language."""
    return code in _labels(locale)


def all_labels(locale: str) -> dict[str, str]:
    """Every code and its text, placeholders not filled."""
    return dict(_labels(locale))


@cache
def _labels(locale: str) -> dict[str, str]:
    catalogue: dict[Any, str] = translations(locale)._catalog
    prefix = LABEL_CONTEXT + "\x04"  # how a compiled catalogue joins context and message
    return {
        key.removeprefix(prefix): text
        for key, text in catalogue.items()
        if isinstance(key, str) and key.startswith(prefix)
    }


def _filled(text: str, params: dict[str, Any]) -> str:
    """The placeholders filled."""
    return text % ending(text, params) if "%(" in text else text


def ending(text: str, params: dict[str, Any]) -> dict[str, Any]:
    """The values of a phrase's placeholders. One that ends in a point ("28 dec.") ends its sentence too."""
    doubled = {n for n, v in params.items() if isinstance(v, str) and v.endswith(".") and f"%({n})s." in text}
    return {n: v[:-1] if n in doubled else v for n, v in params.items()}
