from __future__ import annotations

import json

import pytest

from notifications.errors import FactsInvalid, UnknownKind
from notifications.kinds import FACTS as CLASSES
from notifications.kinds import Kind, TaskOverdue, validate
from templates.labels import LOCALES, label
from tests.notifications.samples import FACTS


def test_every_kind_has_declared_facts_a_label_and_a_sample() -> None:
    assert set(CLASSES) == set(FACTS) == set(Kind)
    assert all(label(f"mail.{kind}", locale) for kind in Kind for locale in LOCALES)


@pytest.mark.parametrize("kind", Kind)
def test_facts_survive_the_outbox(kind: Kind) -> None:
    facts = validate(kind, FACTS[kind])
    assert validate(kind, json.loads(json.dumps(facts.as_json()))) == facts


@pytest.mark.parametrize("kind", Kind)
def test_each_fact_that_is_missing_is_named(kind: Kind) -> None:
    needed = {name for name, field in CLASSES[kind].model_fields.items() if field.is_required()}
    with pytest.raises(FactsInvalid) as refusal:
        validate(kind, {})
    assert {problem.partition(":")[0] for problem in refusal.value.problems} == needed


def test_a_fact_that_was_never_declared_is_refused() -> None:
    """Nothing of a tender can ride along in the facts of a mail."""
    with pytest.raises(FactsInvalid, match="bidder"):
        validate(Kind.TASK_OPENED, {**FACTS[Kind.TASK_OPENED], "bidder": "Vårdkraft i Norr AB"})


def test_a_kind_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UnknownKind, match="invoice"):
        validate("invoice", FACTS[Kind.DECIDED])


def test_facts_of_another_kind_are_refused() -> None:
    overdue = validate(Kind.TASK_OVERDUE, FACTS[Kind.TASK_OVERDUE])
    assert isinstance(overdue, TaskOverdue)
    assert validate(Kind.TASK_OVERDUE, overdue) is overdue
    with pytest.raises(FactsInvalid, match="TaskEscalated"):
        validate(Kind.TASK_ESCALATED, overdue)


@pytest.mark.parametrize(
    "link",
    ["https://evil.example", "//evil.example", "arenden", "/a b", "/\\evil.example", "/a\n/b", "/ö", "", "/a\n"],
)
def test_a_link_that_could_leave_our_address_is_refused(link: str) -> None:
    with pytest.raises(FactsInvalid, match="link"):
        validate(Kind.DECIDED, {**FACTS[Kind.DECIDED], "link": link})


def test_an_overdue_task_must_have_had_a_last_day() -> None:
    with pytest.raises(FactsInvalid, match="due_on"):
        validate(Kind.TASK_OVERDUE, {**FACTS[Kind.TASK_OVERDUE], "due_on": None})
