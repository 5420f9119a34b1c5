"""The catalogues are whole: every phrase has its Swedish, every code a text in both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from templates.labels import LABEL_CONTEXT, LOCALES, MissingLabel, all_labels, gettext, label, ngettext

ROOT = Path(__file__).parents[2]
PLACEHOLDER = re.compile(r"%\((\w+)\)s|%(?!\()")


@cache
def phrases(function: str | None = None) -> dict[str, Path]:
    """Every English phrase in code and templates and a file it stands in; or the first texts of `function`."""
    keywords = {function: None} if function else {"_": None, "gettext": None, "ngettext": (1, 2)}
    found: dict[str, Path] = {}
    for folder in ("templates", "workflow", "notifications", "states"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix == ".py":
                extracted = extract_from_file("python", path, keywords)
            elif path.suffix in (".html", ".txt"):
                options = {"silent": "false", "trimmed": "true", "trim_blocks": "true", "lstrip_blocks": "true"}
                extracted = extract_from_file("jinja2", path, keywords, options=options)
            else:
                continue
            for _, message, _, _ in extracted:
                phrase = message if isinstance(message, str) else message[0]
                if phrase:
                    found.setdefault(phrase, path)
    return found


def messages(locale: str) -> Iterator[tuple[Path, Message]]:
    for path in sorted((ROOT / "templates/locale" / locale / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=locale, abort_invalid=True):
                if message.id:
                    yield path, message


def singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def placeholders(text: str) -> set[str]:
    return {match[0] for match in PLACEHOLDER.finditer(text) if match[1]}


def test_every_phrase_has_a_swedish_text() -> None:
    swedish = {singular(message) for _, message in messages("sv") if message.context is None and message.string}
    missing = {f"{path.relative_to(ROOT)}: {phrase}" for phrase, path in phrases().items() if phrase not in swedish}
    assert not missing


def test_every_code_that_is_written_out_has_a_text() -> None:
    # Codes have a point in them ("label" is also a name in SQL); one put together at run time ends in it.
    codes = {code: path for code, path in phrases("label").items() if "." in code and not code.endswith(".")}
    assert not {code: path for code, path in codes.items() if code not in all_labels("sv")}


def test_both_languages_know_the_same_codes() -> None:
    swedish, english = (set(all_labels(locale)) for locale in LOCALES)
    assert swedish == english


@pytest.mark.parametrize("locale", LOCALES)
def test_a_text_has_the_placeholders_of_its_phrase(locale: str) -> None:
    wrong = []
    for path, message in messages(locale):
        ids = [message.id] if isinstance(message.id, str) else list(message.id)
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        if not all(texts):
            wrong.append(f"{path.name}: no text for {message.id!r}")
        elif message.context is None:
            expected = set().union(*(placeholders(phrase) for phrase in ids))
            # A singular may leave the number out ("one row"), a plural may not.
            if placeholders(texts[-1]) != expected or not placeholders(texts[0]) <= expected:
                wrong.append(f"{path.name}: placeholders differ in {message.id!r}")
    assert not wrong


def test_a_code_has_the_same_placeholders_in_both_languages() -> None:
    swedish, english = (all_labels(locale) for locale in LOCALES)
    assert not [
        code for code in swedish if placeholders(swedish[code]) != placeholders(english.get(code, swedish[code]))
    ]


@pytest.mark.parametrize("locale", LOCALES)
def test_no_phrase_or_code_has_two_different_texts(locale: str) -> None:
    seen: dict[tuple[str | None, str], tuple[object, Path]] = {}
    twice = []
    for path, message in messages(locale):
        text, where = seen.setdefault((message.context, singular(message)), (message.string, path))
        if text != message.string:
            twice.append(f"{message.id!r} in {where.name} and {path.name}")
    assert not twice


@pytest.mark.parametrize("locale", LOCALES)
def test_codes_are_the_only_messages_with_a_context(locale: str) -> None:
    assert {message.context for _, message in messages(locale)} <= {None, LABEL_CONTEXT}


def test_a_code_without_a_text_is_refused_and_not_shown() -> None:
    with pytest.raises(MissingLabel) as refusal:
        label("state.not_there", "sv")
    assert refusal.value.code == "state.not_there"


def test_a_language_we_do_not_speak_is_refused() -> None:
    with pytest.raises(ValueError, match="languages"):
        gettext("Search", "de")


def test_a_number_chooses_between_singular_and_plural() -> None:
    assert ngettext("%(n)s day", "%(n)s days", 1, "sv") == "1 dag"
    assert ngettext("%(n)s day", "%(n)s days", 0, "en") == "0 days"


def test_a_date_that_ends_in_a_point_ends_its_sentence() -> None:
    assert gettext("Now: paused since %(since)s.", "sv", since="28 dec.") == "Nu: pausat sedan 28 dec."
    assert gettext("Now: paused since %(since)s.", "sv", since="28 maj") == "Nu: pausat sedan 28 maj."
