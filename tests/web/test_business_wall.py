"""What may name a supplier's own suppliers (OSL 31:16), by every page and call about a deviation: some roles do not meet it.

Every field of a deviation's forms that is of that class holds a canary.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator

import pytest

from tests.ladder import FOUND, MILESTONES, Ladder
from tests.play import Play
from tests.processes import seed
from tests.web.crawl import DATABASES, FULL, Visitor, drawn, filled, fillings, placeholders, routes, visitor
from workflow.commands import ProposeLetterText
from workflow.engine.access import OF_BUSINESS

MARK = "FABRIKSKANARIE"
WORDS = (
    "beskrivning",
    "underlag",
    "orsak",
    "åtgärd",
    "ansvarig",
    "bevis",
    "svar",
    "skäl",
    "händelse",
    "sade",
    "rening",
)


@pytest.fixture(params=DATABASES)
def made(request: pytest.FixtureRequest) -> object:
    return request.getfixturevalue(request.param)


@pytest.fixture
def ladder(play: Play) -> Ladder:
    ladder = Ladder(play, **{**FOUND, "description": f"{MARK} beskrivning"})
    ladder.to_decision()
    ladder.act("officer", "amend_deviation", ground="not_following_plan", probable=True, reason=f"{MARK} skäl")
    ladder.act("officer", "record_supplier_answer", answered_on=play.today.isoformat(), answer=f"{MARK} svar")
    ladder.act(
        "officer", "record_exclusion_material", event_on="2026-03-01", description=f"{MARK} händelse",
        supplier_heard_on="2026-03-02", supplier_said=f"{MARK} sade", self_cleaning=f"{MARK} rening",
    )  # fmt: skip
    ladder.act(
        "officer", "prepare_rung", prepared_rung="contractual_fine", proportionality="Lindrigast.",
        evidence=f"{MARK} underlag", skip_reason="Bråttom.",
    )  # fmt: skip
    ladder.act("head", "decide_contractual_fine", reasons="Inget svar.")
    play.run_due()
    milestones = [{**MILESTONES[0], "action": f"{MARK} åtgärd", "responsible": f"{MARK} ansvarig"}]
    ladder.act("officer", "record_action_plan", received_on=play.today.isoformat(), cause=f"{MARK} orsak", milestones=milestones)  # fmt: skip
    ladder.act("owner", "accept_action_plan", reasons="Rimlig.")
    ladder.act("officer", "record_milestone", milestone=1, done_on=play.today.isoformat(), proof=f"{MARK} bevis")
    play.run_due()
    told = "{avtalsnummer}, {avtalspunkt}, {beskrivning}"
    play.do("admin", ProposeLetterText(play.region, "dialogue", "sv", "Samtal", told, play.today, "Beslut"))
    return ladder


def addresses(ladder: Ladder) -> Iterator[str]:
    """Every GET about a case, with every id of the deviation and of its contract."""
    play = ladder.play

    def of(sql: str) -> list[str]:
        return [str(r[0]) for r in play.sql(sql, c=ladder.id)]

    ids = {
        "case_id": [ladder.id, ladder.contract],
        "decision_id": of("SELECT id FROM decisions WHERE case_id = :c"),
        "notice_id": of("SELECT id FROM supplier_notices WHERE case_id = :c"),
        "mail_id": of("SELECT id FROM outbox_messages WHERE case_id = :c"),
        "task_id": of("SELECT id FROM tasks WHERE case_id = :c AND status = 'open'"),
        "stream_id": [ladder.id],
        "text_id": of("SELECT id FROM letter_texts WHERE CAST(:c AS VARCHAR) IS NOT NULL"),
        "seq": of("SELECT seq FROM audit_events WHERE stream_id = :c"),
        "trigger": ["decide_wait", "decide_remedied", "prepare_rung", "amend_deviation", "record_milestone"],
    }
    for route in routes("GET"):
        names = set(placeholders(route.path))
        if names <= ids.keys() and not (route.path.startswith("/health") or "calendar" in route.path):
            for values in fillings(ids, route.path):
                of_a_case = "text_id" in values
                yield filled(route.path, values) + (f"?case={ladder.id}" if of_a_case else "")
    yield f"/cases/{ladder.id}?all=1"


def met(who: Visitor, walk: Iterable[str]) -> dict[str, set[str]]:
    """What of the businesses stands in which answers."""
    found: dict[str, set[str]] = {}
    for address in walk:
        answer = who.get(address)
        assert answer.status < 500, address
        for word in re.findall(rf"{MARK} (\w+)", answer.said):
            found.setdefault(word, set()).add(address)
    return found


def test_whoever_may_not_see_the_affairs_of_businesses_meets_none_by_any_page_or_call(ladder: Ladder) -> None:
    dice = random.Random(seed())
    first = [a for a in addresses(ladder) if "ladder" in a or a.endswith((ladder.id, "all=1"))]
    walk = [*first, *drawn(dice, addresses(ladder), 80)]
    assert met(visitor(ladder.play, "admin"), walk) == {}
    seen = visitor(ladder.play, "admin").get(f"/cases/{ladder.id}/ladder")
    assert seen.status == 200
    assert "visas inte för din roll" in seen.said


def test_a_preview_of_a_letter_is_closed_to_whom_the_letter_is_closed(ladder: Ladder) -> None:
    (text,) = ladder.play.sql("SELECT id FROM letter_texts")
    admin, head = visitor(ladder.play, "admin"), visitor(ladder.play, "head")
    page, call = f"/admin/letters/texts/{text.id}", f"/api/v1/letters/texts/{text.id}/preview?case={ladder.id}"
    typed = {
        "do": "preview",
        "case": ladder.id,
        "subject": "Samtal",
        "text": "{avtalsnummer} {avtalspunkt} {beskrivning}",
    }

    for who, status in ((admin, 403), (head, 200)):
        answers = [who.get(call), who.post("/admin/letters/dialogue/sv", typed)]
        assert [a.status for a in answers] == [status, status]
        assert all((MARK in a.said) == (status == 200) for a in answers)
    for address in (page, "/admin/letters/dialogue/sv"):
        answer = admin.get(address)
        assert answer.status == 200
        assert "vars brev du får läsa" in answer.said


def test_those_who_may_meet_all_of_it_by_the_same_walk(ladder: Ladder) -> None:
    """A control: what is not found above is there to be found."""
    walk = [a for a in addresses(ladder) if FULL or re.search("ladder|/trail/|/events|/texts/", a)]
    assert met(visitor(ladder.play, "officer"), walk).keys() == set(WORDS)


def test_the_words_of_businesses_are_called_alike_in_rows_and_forms() -> None:
    """What a form takes as matter of a business is blanked under the same name wherever it is kept."""
    from workflow.deviations import forms
    from workflow.engine.forms import Form, secrecy_classes

    # Kept under another name (ground_note, probable_because), or only on the trail.
    told_apart = {"reason", "note", "milestones"}
    of_forms = {
        name
        for form in vars(forms).values()
        if isinstance(form, type) and issubclass(form, Form)
        for name, secrecy in secrecy_classes(form).items()
        if secrecy == "business"
    }
    assert of_forms - told_apart <= OF_BUSINESS
