"""Who gets a message about a task, and as what. Pure: the directory answers, nothing is looked up here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

HEAD_OF_PROCUREMENT, ADMINISTRATOR = "head_of_procurement", "administrator"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a mailbox; a person who is not `active` gets nothing."""

    id: str
    name: str
    address: str
    locale: str
    active: bool = True


class Directory(Protocol):
    """What must be known about people and units. Units form a tree; `case_id` limits roles held in a case."""

    def holders_of(self, role: str, unit_id: str | None, case_id: str) -> Sequence[Person]: ...

    def manager_of(self, unit_id: str) -> Person | None: ...

    def parent_of(self, unit_id: str) -> str | None: ...

    def top_managers(self) -> Sequence[Person]: ...

    def substitutes_of(self, person_id: str, on: date) -> Sequence[Person]: ...

    def reserves_of(self, person_id: str, on: date) -> Sequence[Person]: ...

    def is_away(self, person_id: str, on: date) -> bool: ...


class Capacity(StrEnum):
    """As what somebody gets the message."""

    RESPONSIBLE = "responsible"
    SUBSTITUTE = "substitute"
    MANAGER = "manager"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person and why; `substitute_for` is whom a substitute stands in for."""

    person: Person
    capacity: Capacity
    substitute_for: Person | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """Whose task it is: a role in a unit, or the named person who took it or got it."""

    case_id: str
    role: str
    unit_id: str | None
    assignee: Person | None = None


def responsible(task: Assignment, directory: Directory, on: date) -> tuple[Recipient, ...]:
    """Those who owe the task on that local date, with the substitutes of who is away.

    Falls from a disabled assignee to the holders of the role, and from nobody at all to the manager,
    so that no task is nobody's. When everybody reached is away and nobody stands in, the manager hears it too.
    """
    assigned = [task.assignee] if task.assignee else []
    holders = directory.holders_of(task.role, task.unit_id, task.case_id)
    reached = _reach(assigned, Capacity.RESPONSIBLE, directory, on) or _reach(
        holders, Capacity.RESPONSIBLE, directory, on
    )
    if any(not directory.is_away(each.person.id, on) for each in reached):
        return reached
    told = {each.person.id for each in reached}
    return (*reached, *(each for each in escalation(task, directory, on) if each.person.id not in told))


def reserves(task: Assignment, directory: Directory, on: date) -> tuple[Recipient, ...]:
    """The substitutes who only stand ready for the person named in the task: told when time runs short."""
    if task.assignee is None or not task.assignee.active:
        return ()
    return tuple(
        Recipient(person, Capacity.SUBSTITUTE, task.assignee)
        for person in directory.reserves_of(task.assignee.id, on)
        if person.active and person.id != task.assignee.id
    )


def escalation(task: Assignment, directory: Directory, on: date) -> tuple[Recipient, ...]:
    """The next in line who is not responsible: the nearest manager up the unit tree, the head of procurement, whoever
    manages the top of the tree, and at last the administrators, who must see that somebody is named.

    Empty only where the organisation has nobody else at all.
    """
    owing = [task.assignee] if task.assignee else directory.holders_of(task.role, task.unit_id, task.case_id)
    owing_ids = {person.id for person in owing}
    heads = directory.holders_of(HEAD_OF_PROCUREMENT, None, task.case_id)
    for superiors in (
        *([manager] for manager in _managers(task.unit_id, directory)),
        heads,
        directory.top_managers(),
        directory.holders_of(ADMINISTRATOR, None, task.case_id),
    ):
        others = [person for person in superiors if person.id not in owing_ids]
        reached = _reach(others, Capacity.MANAGER, directory, on)
        # A manager's substitute may be the very person who is late.
        if told := tuple(each for each in reached if each.person.id not in owing_ids):
            return told
    return ()


def _managers(unit_id: str | None, directory: Directory) -> Iterable[Person]:
    seen: set[str] = set()  # a unit tree that somebody tied into a ring must not hang the worker
    while unit_id is not None and unit_id not in seen:
        seen.add(unit_id)
        if manager := directory.manager_of(unit_id):
            yield manager
        unit_id = directory.parent_of(unit_id)


def _reach(people: Iterable[Person], capacity: Capacity, directory: Directory, on: date) -> tuple[Recipient, ...]:
    """Each active person and each active substitute, once; who is reached in own right stays so."""
    people = list(people)
    reached = {person.id: Recipient(person, capacity) for person in people if person.active}
    for person in people:
        for substitute in directory.substitutes_of(person.id, on):
            if substitute.active:
                reached.setdefault(substitute.id, Recipient(substitute, Capacity.SUBSTITUTE, person))
    return tuple(reached.values())
