"""Handing over all duties of a person (leaving, parental leave): what would move, and the move, case by case.

Each case is one command that locks its case and moves everything in it that the receiver may have, so a run that was
broken off is simply begun again: what has moved no longer stands with the first person. At the end the units follow, and
the recurring duties that name the person, and the receiver gets one mail.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, or_, select, union, update

from notifications.kinds import Kind
from notifications.recipients import Person as Addressee
from states.calendar import local_date
from states.roles import Actor, Holding, Role
from workflow.commands import FinishHandOver, HandOverCase
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.duties.tables import RecurringDuty
from workflow.engine import audit, case_rows, directory, mail_matters, obligations, outbox
from workflow.engine.act import load_step, visible_case
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.tables import Case, Conflict, Task
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.people.tables import Unit

_cases = Case.__table__  # type: ignore[attr-defined]
_tasks = Task.__table__  # type: ignore[attr-defined]
_conflicts = Conflict.__table__  # type: ignore[attr-defined]
_units = Unit.__table__  # type: ignore[attr-defined]
_recurring = RecurringDuty.__table__  # type: ignore[attr-defined]

#: The columns of a case that name a person, and the role that such a person holds.
FIELDS = {
    "owner_id": Role.CONTRACT_OWNER,
    "officer_id": Role.PROCUREMENT_OFFICER,
    "manager_id": Role.CONTRACT_MANAGER,
}


def _role(case: Any, field: str) -> str:
    """What it takes to be named there: of a recurring duty's occurrence its owner is whoever answers for it."""
    return (field == "owner_id" and case.answering_role) or FIELDS[field]


_UNITS_OF = Statement(
    select(_units.c.id, _units.c.name, _units.c.manager_id, _units.c.contract_owner_id)
    .where(
        _units.c.region_id == bindparam("region_id"),
        or_(_units.c.manager_id == bindparam("person_id"), _units.c.contract_owner_id == bindparam("person_id")),
    )
    .order_by(_units.c.name_sort)
)
_MOVE_UNIT = Statement(
    update(_units)
    .where(_units.c.id == bindparam("the_unit_id"))
    .values(manager_id=bindparam("new_manager"), contract_owner_id=bindparam("new_owner"))
)
_RECURRING_OF = Statement(
    select(_recurring.c.id, _recurring.c.title, _recurring.c.owner_role)
    .where(
        _recurring.c.region_id == bindparam("region_id"),
        _recurring.c.owner_id == bindparam("person_id"),
        or_(_recurring.c.valid_to.is_(None), _recurring.c.valid_to >= bindparam("today")),
    )
    .order_by(_recurring.c.id)
)
_MOVE_RECURRING = Statement(
    update(_recurring).where(_recurring.c.id == bindparam("recurring_id")).values(owner_id=bindparam("new_owner"))
)


@dataclass(frozen=True, slots=True)
class Duty:
    """One thing a person answers for in a case: `role` is what it takes; `blocked` a code why it cannot move."""

    case_id: str
    reference: str
    title: str
    process: str
    role: str
    trigger: str | None = None
    task_id: str | None = None
    due_on: date | None = None
    blocked: str | None = None


@dataclass(frozen=True, slots=True)
class Recurring:
    """A row of the annual calendar that names a person: what it will bring. `blocked` as of a `Duty`."""

    id: str
    title: str
    role: str
    blocked: str | None = None


@dataclass(frozen=True, slots=True)
class HandOverPlan:
    """What would move from one person to another, by case; what comes again, and the names of the units that would follow."""

    duties: tuple[Duty, ...]
    units: tuple[str, ...]
    recurring: tuple[Recurring, ...] = ()

    @property
    def everything(self) -> tuple[Duty | Recurring, ...]:
        """What is open, by case, and then what comes again."""
        return self.duties + self.recurring

    @property
    def staying(self) -> tuple[Duty | Recurring, ...]:
        """What the receiver may not have."""
        return tuple(d for d in self.everything if d.blocked is not None)

    @property
    def case_ids(self) -> tuple[str, ...]:
        """The cases in which something can move, in the order in which they are locked."""
        return tuple(sorted({d.case_id for d in self.duties if d.blocked is None}))


def may_hand_over(uow: UnitOfWork, who: Actor, from_id: str) -> bool:
    """The administrator, the head of procurement, or a manager of the person's unit or one above it."""
    if who.is_system or who.roles() & {Role.ADMINISTRATOR, Role.HEAD_OF_PROCUREMENT}:
        return True
    tree = directory.units(uow, who.region_id)
    unit = tree.get(directory.person(uow, from_id).unit_id or "")
    seen: set[str] = set()
    while unit is not None and unit.id not in seen:
        if unit.manager_id == who.person_id and from_id != who.person_id:
            return True
        seen.add(unit.id)
        unit = tree.get(unit.parent_id or "")
    return False


def _checked(uow: UnitOfWork, who: Actor, from_id: str, to_id: str | None) -> Actor | None:
    """The receiver as an actor. Raises NotFound for somebody of another region, Forbidden, InvalidForm."""
    directory.person_here(uow, from_id, who.region_id)
    if not may_hand_over(uow, who, from_id):
        raise Forbidden
    if to_id is None:
        return None
    try:
        receiver = directory.actor(uow, to_id, local_date(uow.now))
    except (NotFound, Forbidden):
        receiver = None
    if receiver is None or receiver.region_id != who.region_id or to_id == from_id:
        raise InvalidForm([FieldError("person", "unknown_person")])
    return receiver


def hand_over_plan(uow: UnitOfWork, who: Actor, from_id: str, to_id: str | None = None) -> HandOverPlan:
    """Everything a person answers for; with a receiver also what cannot go there and why. Raises as the command does."""
    receiver = _checked(uow, who, from_id, to_id)
    of_fields = [
        select(_cases.c.id).where(
            _cases.c.region_id == who.region_id, _cases.c[name] == from_id, _cases.c.closed_at.is_(None)
        )
        for name in FIELDS
    ]
    of_tasks = select(_tasks.c.case_id).where(
        _tasks.c.region_id == who.region_id, _tasks.c.person_id == from_id, _tasks.c.status == "open"
    )
    ids = union(*of_fields, of_tasks).subquery()
    cases = uow.connection.execute(
        select(
            _cases.c.id, _cases.c.reference, _cases.c.title, _cases.c.process, _cases.c.owner_id, _cases.c.officer_id,
            _cases.c.manager_id, _cases.c.unit_id, _cases.c.closed_at, _cases.c.answering_role,
        )
        .where(_cases.c.id.in_(select(ids.c.id)))
        .order_by(_cases.c.reference)
    ).all()  # fmt: skip
    tasks: dict[str, list[Any]] = {}
    for t in uow.connection.execute(
        select(_tasks.c.id, _tasks.c.case_id, _tasks.c.trigger, _tasks.c.role, _tasks.c.roles, _tasks.c.due_on)
        .where(_tasks.c.region_id == who.region_id, _tasks.c.person_id == from_id, _tasks.c.status == "open")
        .order_by(_tasks.c.due_on, _tasks.c.id)
    ):
        tasks.setdefault(t.case_id, []).append(t)
    barred = set(uow.connection.execute(select(_conflicts.c.case_id).where(_conflicts.c.person_id == to_id)).scalars())
    duties: list[Duty] = []
    for case in cases:
        about = (case.id, case.reference, case.title, case.process)
        for name in FIELDS:
            if getattr(case, name) == from_id and case.closed_at is None:
                role = _role(case, name)
                duties.append(Duty(*about, role, blocked=_blocked(receiver, (role,), case, barred)))
        duties += [
            Duty(*about, t.role, t.trigger, t.id, t.due_on, _blocked(receiver, t.roles.split(","), case, barred))
            for t in tasks.get(case.id, ())
        ]
    names = tuple(u.name for u in uow.all(_UNITS_OF, region_id=who.region_id, person_id=from_id))
    return HandOverPlan(tuple(duties), names, _recurring_of(uow, who, from_id, receiver))


def _recurring_of(uow: UnitOfWork, who: Actor, from_id: str, receiver: Actor | None) -> tuple[Recurring, ...]:
    """The rows of the annual calendar that name a person; with a receiver also which may not go there."""
    rows = uow.all(_RECURRING_OF, region_id=who.region_id, person_id=from_id, today=local_date(uow.now))
    return tuple(
        Recurring(r.id, r.title, r.owner_role, None if receiver is None else _lacks(receiver, (r.owner_role,)))
        for r in rows
    )


def _own(receiver: Actor, roles: Sequence[str]) -> list[Holding]:
    """Own roles only: what is held in somebody's place ends with the substitution."""
    return [h for h in receiver.holdings if h.person_id == receiver.person_id and h.role in roles]


def _lacks(receiver: Actor, roles: Sequence[str]) -> str | None:
    return None if _own(receiver, roles) else "receiver_lacks_role"


def _blocked(receiver: Actor | None, roles: Sequence[str], case: Any, barred: set[str]) -> str | None:
    """Why the receiver cannot have a duty of these roles in this case, as a code."""
    if receiver is None:
        return None
    if case.id in barred:
        return "receiver_disqualified"
    own = _own(receiver, roles)
    if own and all(h.unit_ids and case.unit_id not in h.unit_ids for h in own):
        return "receiver_in_other_unit"
    return _lacks(receiver, roles)


@handles(HandOverCase)
def hand_over_case(uow: UnitOfWork, command: HandOverCase, who: Actor) -> dict[str, Any]:
    """Move what one person answers for in one case, as far as the receiver may have it. Again: moves nothing more."""
    case = visible_case(uow, command.case_id, who, lock=True)
    receiver = _checked(uow, who, command.from_id, command.to_id)
    assert receiver is not None
    step = load_step(uow, case, who)
    barred = {case.id} if receiver.person_id in step.load("disqualified") else set()
    changes: dict[str, Any] = {
        name: receiver.person_id
        for name in FIELDS
        if getattr(case, name) == command.from_id and case.closed_at is None
        if _blocked(receiver, (_role(case, name),), case, barred) is None
    }
    moved: list[Row] = []
    for task in obligations.open_tasks(uow, case.id):
        mine = task.person_id == command.from_id
        if mine and _blocked(receiver, task.roles.split(","), case, barred) is None:
            obligations.assign(step, task, receiver.person_id)
            moved.append(task)
    if not changes and not moved:
        return {"case": case.id, "tasks": 0, "moved": False}
    version = case.row_version
    if changes:
        version += 1
        written = {**changes, "row_version": version, "updated_at": uow.now}
        case_rows.write_columns(
            uow, case_rows.update_case(frozenset(written)), written, the_case_id=case.id, old_version=case.row_version
        )
    audit.append(
        uow,
        case.id,
        region_id=case.region_id,
        kind="handed_over",
        at=uow.now,
        actor_id=who.person_id,
        case_id=case.id,
        facts={
            "from_person": command.from_id,
            "to_person": receiver.person_id,
            "roles": [str(_role(case, name)) for name in changes] or None,
            "tasks": [t.trigger for t in moved] or None,
            "state": case.state,
            "row_version": version,
            "channel": who.channel,
        },
    )
    return {"case": case.id, "tasks": len(moved), "moved": True}


@handles(FinishHandOver)
def finish_hand_over(uow: UnitOfWork, command: FinishHandOver, who: Actor) -> dict[str, Any]:
    """The units follow and what the annual calendar brings, the trail says it, the receiver gets one mail of what came over."""
    receiver = _checked(uow, who, command.from_id, command.to_id)
    assert receiver is not None
    units = uow.all(_UNITS_OF, region_id=who.region_id, person_id=command.from_id)
    for unit in units:
        uow.run(
            _MOVE_UNIT,
            the_unit_id=unit.id,
            new_manager=receiver.person_id if unit.manager_id == command.from_id else unit.manager_id,
            new_owner=receiver.person_id if unit.contract_owner_id == command.from_id else unit.contract_owner_id,
        )
    recurring = [r for r in _recurring_of(uow, who, command.from_id, receiver) if r.blocked is None]
    uow.many(_MOVE_RECURRING, [{"recurring_id": r.id, "new_owner": receiver.person_id} for r in recurring])
    matters = mail_matters.pass_on(uow, command.from_id, receiver.person_id)
    if not command.case_ids and not units and not recurring and not matters:
        return {"cases": 0, "units": 0, "tasks": 0, "recurring": 0}
    owed = uow.connection.execute(
        select(_tasks.c.due_on).where(
            _tasks.c.person_id == receiver.person_id,
            _tasks.c.status == "open",
            _tasks.c.case_id.in_(command.case_ids),
        )
    ).all()
    audit.append(
        uow,
        audit.register_stream(who.region_id, "people"),
        region_id=who.region_id,
        kind="duties_handed_over",
        at=uow.now,
        actor_id=who.person_id,
        facts={
            "from_person": command.from_id,
            "to_person": receiver.person_id,
            "cases": len(command.case_ids),
            "units": [u.id for u in units] or None,
            "recurring": [r.id for r in recurring] or None,
            "channel": who.channel,
        },
    )
    region = case_rows.region(uow, who.region_id)
    to = directory.person(uow, receiver.person_id)
    outbox.queue_general(
        uow,
        Kind.HANDED_OVER,
        Addressee(to.id, to.name, to.email, to.locale),
        region_id=who.region_id,
        region_name=region.name if region else who.region_id,
        link="/my-tasks",
        thread=f"handed-over-{to.id}",
        from_name=directory.person(uow, command.from_id).name,
        handed_over_by=who.name,
        cases=len(command.case_ids),
        tasks=len(owed),
        due_on=min((t.due_on for t in owed if t.due_on), default=None),
    )
    return {"cases": len(command.case_ids), "units": len(units), "tasks": len(owed), "recurring": len(recurring)}


def hand_over_all(app: Stegvis, from_id: str, to_id: str, *, by: str | Actor, channel: str = "web") -> dict[str, Any]:
    """Everything that can move from one person to another: a command for each case, by its id, then the last one.

    Broken off, it is begun again with the rest. Says how many cases, units, tasks and recurring duties moved and how many
    duties stay.
    """
    with app.database.read() as uow:
        who = by if isinstance(by, Actor) else directory.actor(uow, by, local_date(uow.now), channel=channel)
        plan = hand_over_plan(uow, who, from_id, to_id)
    moved = [
        case_id
        for case_id in plan.case_ids
        if execute(app, HandOverCase(case_id, from_id, to_id), by=by, channel=channel)["moved"]
    ]
    done: dict[str, Any] = execute(app, FinishHandOver(from_id, to_id, tuple(moved)), by=by, channel=channel)
    return done | {"left": len(plan.staying)}
