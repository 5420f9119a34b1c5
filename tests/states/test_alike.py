"""Acting alike: a deviation is held against the others like it, in both directions, and only where enough can be compared."""

from __future__ import annotations

from typing import Any

import pytest

from states.alike import MOST_NAMED, Course, Likeness, alike, unequal

LIKE = Likeness("other", "not_reporting", severe=False)


def course(name: str, **more: Any) -> Course:
    given = {"ended": {"reminder_1": 10}, "outcome": "remedied", **more}
    return Course(name, name.upper(), more.pop("like", LIKE), f"id-{name}", f"Leverantör {name}", "33", **{k: v for k, v in given.items() if k != "like"})  # fmt: skip


def found(one: Course, *others: Course) -> list[tuple[str, str | None]]:
    return [(u.what, u.rung) for u in unequal(one, others)]


OTHERS = tuple(course(n, ended={"reminder_1": 20}) for n in "abc")


@pytest.mark.parametrize(
    ("days", "running", "what"),
    [
        (40, False, "longer"),
        (39, False, None),  # not twice the others' 20
        (6, False, "shorter"),
        (7, False, None),  # less than half, but not 14 days less
        (40, True, "longer"),  # so far
        (0, True, None),  # it still stands there: nobody knows yet
    ],
)
def test_clearly_longer_or_shorter_on_a_rung(days: int, running: bool, what: str | None) -> None:
    one = course("x", **({"running": {"reminder_1": days}, "ended": {}, "outcome": None} if running else {"ended": {"reminder_1": days}}))  # fmt: skip
    assert found(one, *OTHERS) == ([(what, "reminder_1")] if what else [])


def test_two_others_are_too_few() -> None:
    assert found(course("x", ended={"reminder_1": 400}), *OTHERS[:2]) == []
    (group,) = alike([course("x", ended={"reminder_1": 400}), *OTHERS[:2]])
    assert not group.comparable
    (group,) = alike([course("x"), *OTHERS])
    assert group.comparable


def test_higher_than_those_that_have_ended_and_lower_only_by_somebodys_choice() -> None:
    high = tuple(course(n, ended={"formal_demand": 10}) for n in "abc")
    assert found(course("x", ended={"contractual_fine": 10}), *high) == [("higher", "contractual_fine")]
    assert found(course("x", ended={"escalation_meeting": 10}), *high) == []  # one step is not clearly higher
    assert found(course("x", outcome="settled"), *high) == [("lower", "reminder_1")]
    assert found(course("x", outcome="remedied"), *high) == []
    assert found(course("x", outcome=None, ended={}, running={"dialogue": 1}), *high) == []


def test_waived_where_the_others_stood_and_used_where_the_others_waived() -> None:
    stood = tuple(course(n) for n in "abc")
    one = course("x", ended={}, skipped=frozenset({"reminder_1"}))
    assert ("passed_by", "reminder_1") in found(one, *stood)
    passed = tuple(course(n, ended={}, waived=frozenset({"reminder_1"})) for n in "abc")
    assert ("not_passed_by", "reminder_1") in found(course("x"), *passed)
    assert found(one, *passed) == []


def test_only_like_is_held_against_like_and_the_figures_are_medians() -> None:
    severe = Likeness("child_labour", "not_reporting", severe=True)
    groups = alike(
        [*OTHERS, course("x", ended={"reminder_1": 400}, like=severe), course("y", ended={"reminder_1": 11})]
    )
    assert [len(g.figures.courses) for g in groups] == [4, 1]
    assert not any(g.unequal for g in groups)
    first = groups[0]
    assert first.figures.days == {"reminder_1": 20}
    assert [name for name, _ in first.by_supplier] == ["Leverantör a", "Leverantör b", "Leverantör c", "Leverantör y"]
    assert first.by_category[0][0] == "33"


def test_of_many_others_the_nearest_are_named_and_all_are_counted() -> None:
    many = [course(f"c{n:04}", ended={"reminder_1": n % 100}) for n in range(4000)]
    (group,) = alike([course("x", ended={"reminder_1": 400}), *many])
    (one,) = (u for u in group.unequal if u.course.case_id == "x")
    assert (one.what, one.compared, len(one.others)) == ("longer", 4000, MOST_NAMED)
    assert {c.ended["reminder_1"] for c in one.others} <= {49, 50}, "the median is 49.5"
    assert all(len(u.others) <= MOST_NAMED for u in group.unequal)
    assert all(u.course not in u.others for u in group.unequal)


def test_the_others_of_a_rung_passed_by_are_those_that_did_as_most_did() -> None:
    stood = [course(f"c{n}") for n in range(30)]
    passed = [course(f"p{n}", ended={}, waived=frozenset({"reminder_1"})) for n in range(10)]
    (one, *_) = unequal(passed[0], [*stood, *passed[1:]])
    assert (one.what, one.compared) == ("passed_by", 39)
    assert round(one.usual, 1) == 23.1
    assert {c.case_id[0] for c in one.others} == {"c"}
