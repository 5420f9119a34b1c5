from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from notifications.recipients import Assignment, Capacity, Person, Recipient, escalation, responsible

DAY = date(2026, 11, 30)
ASA, PER, MAJ, BO, CHEF, INKOP = (
    Person(name.lower(), name, f"{name.lower()}@norrbotten.example", "sv")
    for name in ("Asa", "Per", "Maj", "Bo", "Chef", "Inkop")
)
WARD, DIVISION = "ward", "division"


@dataclass
class House:
    """A region: a ward under a division."""

    holders: dict[str, list[Person]] = field(default_factory=lambda: {"contract_owner": [ASA]})
    managers: dict[str, Person] = field(default_factory=lambda: {WARD: BO, DIVISION: CHEF})
    parents: dict[str, str] = field(default_factory=lambda: {WARD: DIVISION})
    substitutes: dict[str, list[tuple[date, date, Person]]] = field(default_factory=dict)
    reserves: dict[str, list[Person]] = field(default_factory=dict)
    away: set[str] = field(default_factory=set)

    def holders_of(self, role: str, unit_id: str | None, case_id: str) -> Sequence[Person]:
        return self.holders.get(role, [])

    def manager_of(self, unit_id: str) -> Person | None:
        return self.managers.get(unit_id)

    def parent_of(self, unit_id: str) -> str | None:
        return self.parents.get(unit_id)

    def top_managers(self) -> Sequence[Person]:
        return [m for unit, m in self.managers.items() if unit not in self.parents]

    def substitutes_of(self, person_id: str, on: date) -> Sequence[Person]:
        periods = self.substitutes.get(person_id, [])
        return [person for first, last, person in periods if first <= on <= last]

    def reserves_of(self, person_id: str, on: date) -> Sequence[Person]:
        return self.reserves.get(person_id, [])

    def is_away(self, person_id: str, on: date) -> bool:
        return person_id in self.away


TASK = Assignment("c1", "contract_owner", WARD)


def off(person: Person) -> Person:
    return replace(person, active=False)


def ids(recipients: Sequence[Recipient]) -> list[tuple[str, str]]:
    return [(each.person.id, each.capacity) for each in recipients]


def test_a_role_reaches_everybody_who_holds_it() -> None:
    assert ids(responsible(TASK, House(holders={"contract_owner": [ASA, PER]}), DAY)) == [
        ("asa", "responsible"),
        ("per", "responsible"),
    ]


def test_a_named_person_gets_the_task_alone() -> None:
    assert ids(responsible(replace(TASK, assignee=PER), House(), DAY)) == [("per", "responsible")]


def test_a_substitute_gets_it_too_on_the_days_that_hold() -> None:
    house = House(substitutes={"asa": [(DAY, DAY, MAJ)]})
    assert responsible(TASK, house, DAY) == (
        Recipient(ASA, Capacity.RESPONSIBLE),
        Recipient(MAJ, Capacity.SUBSTITUTE, ASA),
    )
    assert ids(responsible(TASK, house, date(2026, 12, 1))) == [("asa", "responsible")]


def test_nobody_gets_it_twice() -> None:
    house = House({"contract_owner": [ASA, PER]}, substitutes={"asa": [(DAY, DAY, PER)]})
    assert ids(responsible(TASK, house, DAY)) == [("asa", "responsible"), ("per", "responsible")]


def test_a_disabled_person_gets_nothing() -> None:
    house = House({"contract_owner": [off(ASA), PER]}, substitutes={"per": [(DAY, DAY, off(MAJ))]})
    assert ids(responsible(TASK, house, DAY)) == [("per", "responsible")]


def test_a_task_of_somebody_who_left_goes_to_the_substitute_then_the_role_then_the_manager() -> None:
    left = replace(TASK, assignee=off(PER))
    assert ids(responsible(left, House(substitutes={"per": [(DAY, DAY, MAJ)]}), DAY)) == [("maj", "substitute")]
    assert ids(responsible(left, House(), DAY)) == [("asa", "responsible")]
    assert ids(responsible(left, House(holders={}), DAY)) == [("bo", "manager")]


def test_escalation_climbs_to_the_nearest_manager_who_is_not_the_late_one() -> None:
    assert ids(escalation(TASK, House(), DAY)) == [("bo", "manager")]
    assert ids(escalation(replace(TASK, assignee=BO), House(), DAY)) == [("chef", "manager")]
    assert ids(escalation(TASK, House(managers={WARD: off(BO), DIVISION: CHEF}), DAY)) == [("chef", "manager")]


def test_escalation_ends_at_the_head_of_procurement() -> None:
    house = House({"contract_owner": [ASA], "head_of_procurement": [INKOP]}, managers={})
    assert ids(escalation(TASK, house, DAY)) == [("inkop", "manager")]
    assert escalation(TASK, House(managers={}), DAY) == ()


def test_the_late_person_is_not_told_as_the_managers_substitute() -> None:
    house = House(managers={WARD: off(BO), DIVISION: CHEF}, substitutes={"bo": [(DAY, DAY, ASA)]})
    assert ids(escalation(TASK, house, DAY)) == [("chef", "manager")]


def test_units_tied_into_a_ring_end_the_climb() -> None:
    assert escalation(TASK, House(managers={}, parents={WARD: DIVISION, DIVISION: WARD}), DAY) == ()


def test_without_a_head_of_procurement_the_top_and_then_the_administrators_hear_it() -> None:
    """Nobody's silence: a case outside the tree, an organisation that has named few."""
    lost = replace(TASK, unit_id=None)
    assert ids(escalation(lost, House(), DAY)) == [(CHEF.id, "manager")]
    house = House(holders={"contract_owner": [ASA], "administrator": [PER]}, managers={})
    assert ids(escalation(TASK, house, DAY)) == [(PER.id, "manager")]
    assert ids(escalation(lost, house, DAY)) == [(PER.id, "manager")]
    house.holders["head_of_procurement"] = [BO]
    assert ids(escalation(lost, house, DAY)) == [(BO.id, "manager")]
    assert escalation(lost, House(holders={"administrator": [ASA], "contract_owner": [ASA]}, managers={}), DAY) == ()
