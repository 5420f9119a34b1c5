"""Every kind of mail in both languages with the longest words there are: still short, whole, and with one link."""

from __future__ import annotations

from itertools import product
from typing import Any

import html5lib  # type: ignore[import-untyped]
import pytest

from notifications.kinds import Kind
from notifications.message import SUBJECT_WIDTH
from templates.formatting import day
from templates.labels import LOCALES, all_labels
from tests.notifications.samples import FACTS, GENERAL, TODAY, WORDED, mail
from tests.notifications.test_message import html_of, last_day, link_of, links, received, text_of

NAME = "Anna-Katarina Wallenberg-Lindström af Västerbotten"
REGION = "Regionernas samverkan för hållbar upphandling, Västra Götalandsregionen"
TITLE = "Hyrpersonal: specialistsjuksköterskor, barnmorskor och läkare, hela länet, andra omgången efter avbrytande"
REFERENCE = "UPP-2026-10417"
WORDS = "Underlaget saknar redovisning av hur indikatorn räknas, vem som mäter den och när. " * 6


def longest(kind: str, locale: str) -> str:
    """The code whose text is the longest of its kind in a language."""
    texts = {code: text for code, text in all_labels(locale).items() if code.startswith(kind + ".") and "%" not in text}
    return max(texts, key=lambda code: len(texts[code]))


def stretched(kind: Kind, locale: str) -> dict[str, Any]:
    """The facts of a kind with each word as long as it can be."""
    asked, role, state = longest("asked", locale), longest("role", locale), longest("state", locale)
    long: dict[str, Any] = {
        "title": TITLE, "reference": REFERENCE, "region_name": REGION, "role": role, "asked": asked, "needs": role,
        "next_step": asked, "state": state, "decision": longest("decided", locale), "setting": longest("parameter", locale),
        **dict.fromkeys(("reason", "question", "answer"), WORDS),
        **dict.fromkeys(
            ("asked_by", "substitute_for", "responsible", "handed_on_by", "decided_by", "decided_for", "returned_by",
             "answered_by", "addressee", "extended_by", "proposed_by", "released_by", "from_name", "handed_over_by"), NAME,
        ),
    }  # fmt: skip
    facts = {name: long.get(name, value) for name, value in FACTS[kind].items()}
    if kind is Kind.DIGEST:
        row = {"asked": asked, "title": TITLE, "reference": REFERENCE, "due_on": "2026-09-30", "in_place_of": NAME}
        facts |= {"rows": [row] * 6, "count": 1417, "late": 1400}
    if kind is Kind.DATES_MOVED:
        facts |= {"cases": [{"reference": REFERENCE, "due_on": "2026-12-31"}] * 5, "more": 1412}
    return facts


@pytest.mark.parametrize(("kind", "locale"), list(product(WORDED, LOCALES)))
def test_the_longest_words_lose_neither_case_nor_day_nor_link(kind: Kind, locale: str) -> None:
    message = received(mail(kind, locale, name=NAME, **stretched(kind, locale)))
    subject = str(message["Subject"])
    assert len(subject) <= SUBJECT_WIDTH == 78
    assert kind in GENERAL or REFERENCE in subject
    assert day(last_day(kind), locale, TODAY) in subject
    said, _, signature = text_of(message).partition("\n-- \n")
    assert len(said.splitlines()) <= 12, said
    assert signature == f"Stegvis, {REGION}\n"
    assert links(text_of(message)) == [link_of(kind)]
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html_of(message))
    assert [a.get("href") for a in tree.iter("a")] == [link_of(kind)]


@pytest.mark.parametrize("locale", LOCALES)
def test_whatever_is_asked_is_asked_in_a_short_subject(locale: str) -> None:
    """Each step that can be owed, in the mail that asks for it."""
    for code in sorted(c for c in all_labels(locale) if c.startswith("asked.")):
        message = received(mail(Kind.TASK_OPENED, locale, asked=code, title=TITLE, reference=REFERENCE))
        assert len(message["Subject"]) <= SUBJECT_WIDTH, code
        assert REFERENCE in message["Subject"], code
        assert len(text_of(message).partition("\n-- \n")[0].splitlines()) <= 12, code
