"""Changes of a case beside its steps: correcting what it says of itself, handing a task on, declaring a conflict."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from notifications.kinds import Kind
from notifications.recipients import Assignment, Capacity, Recipient, escalation
from states.roles import PERSONAL_ROLES, Actor, Role
from workflow.cases.forms import CorrectForm
from workflow.cases.hand_over import FIELDS
from workflow.commands import CorrectCase, DeclareConflict, HandOn
from workflow.db.columns import fold
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows, directory, obligations
from workflow.engine.access import Secrecy, class_of_words
from workflow.engine.act import load_step, summary, visible_case
from workflow.engine.audit import Field
from workflow.engine.execute import handles
from workflow.engine.forms import parse
from workflow.engine.opening import UNIT
from workflow.engine.registries import fact
from workflow.engine.step import Step
from workflow.engine.tables import Task
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound, Stale

_tasks = Task.__table__  # type: ignore[attr-defined]
TASK = Statement(select(_tasks).where(_tasks.c.id == bindparam("task_id")))

#: The column of a case that names the one who answers for a role.
COLUMN_OF: dict[str, str] = {role: column for column, role in FIELDS.items()}
CORRECTORS = {Role.PROCUREMENT_OFFICER, Role.HEAD_OF_PROCUREMENT, Role.REGISTRAR}


@handles(CorrectCase)
def correct_case(uow: UnitOfWork, command: CorrectCase, who: Actor) -> dict[str, Any]:
    """Change title, unit, Dnr or the people a case names. What a new person answers for follows to them, nothing else."""
    case = visible_case(uow, command.case_id, who, lock=True)
    if not (who.roles() & CORRECTORS):
        raise Forbidden
    if command.row_version is not None and case.row_version != command.row_version:
        raise Stale(row_version=case.row_version, state=case.state)
    form = parse(CorrectForm, command.form)
    assert isinstance(form, CorrectForm)
    step = load_step(uow, case, who)
    wanted = {
        "title": form.title,
        "title_fold": fold(form.title),
        "unit_id": form.unit,
        "owner_id": form.owner,
        "officer_id": form.officer,
        "manager_id": form.manager,
        "registry_number": form.registry_number,
    }
    _check(step, wanted)
    changed: dict[str, Any] = {k: v for k, v in wanted.items() if getattr(case, k) != v}
    if not changed:
        return summary(step)
    step.changes = dict(changed)
    for task in obligations.open_tasks(uow, case.id):
        role, person_id = obligations.responsible_role(step, tuple(task.roles.split(",")))
        new = COLUMN_OF.get(role) in changed and person_id not in step.load("disqualified")
        if new and role == task.role and person_id != task.person_id:
            obligations.assign(step, task, person_id)
    changed |= {"row_version": case.row_version + 1, "updated_at": uow.now}
    case_rows.write_columns(
        uow, case_rows.update_case(frozenset(changed)), changed, the_case_id=case.id, old_version=case.row_version
    )
    shown = ("title", "unit_id", "owner_id", "officer_id", "manager_id", "registry_number")
    audit.append(
        uow,
        case.id,
        region_id=case.region_id,
        kind="case_corrected",
        at=uow.now,
        actor_id=who.person_id,
        case_id=case.id,
        facts={"row_version": case.row_version + 1, "state": case.state, "channel": who.channel},
        fields=[Field(k, {"from": getattr(case, k), "to": changed[k]}) for k in shown if k in changed],
    )
    step.case = case._replace(**changed)
    return summary(step)


def _check(step: Step, wanted: dict[str, Any]) -> None:
    faults = []
    if wanted["unit_id"] and not step.uow.one(UNIT, unit_id=wanted["unit_id"], region_id=step.case.region_id):
        faults.append(FieldError("unit", "unknown_unit"))
    for name in ("owner", "officer", "manager"):
        person_id = wanted[f"{name}_id"]
        person = step.directory.person(person_id)
        if person_id and not (person and person.active):
            faults.append(FieldError(name, "unknown_person"))
    if faults:
        raise InvalidForm(faults)


def task_of(uow: UnitOfWork, task_id: str, who: Actor) -> tuple[Step, Row]:
    """The open task, read again under the lock of its case. Raises NotFound, `already_done` for one that is closed."""
    task = uow.one(TASK, task_id=task_id)
    if task is None or task.region_id != who.region_id:
        raise NotFound
    case = visible_case(uow, task.case_id, who, lock=True)
    task = uow.one(TASK, task_id=task_id)
    if task is None or task.status != "open":
        raise NotFound("already_done")
    return load_step(uow, case, who), task


def owes(who: Actor, task: Row) -> bool:
    """Is it this person's task: by name, by standing in, or by the role when nobody is named?"""
    if task.person_id:
        return task.person_id == who.person_id or any(h.person_id == task.person_id for h in who.holdings)
    return bool(who.roles() & set(task.roles.split(",")))


@handles(HandOn)
def hand_on(uow: UnitOfWork, command: HandOn, who: Actor) -> dict[str, Any]:
    """Hand a task to somebody who may take it. The clock goes on; both names are on the trail."""
    step, task = task_of(uow, command.task_id, who)
    if not (owes(who, task) or who.roles() & CORRECTORS):
        raise Forbidden
    person = step.directory.person(command.person_id)
    receiver = directory.actor(uow, command.person_id, step.today) if person and person.active else None
    if receiver is None or not (receiver.roles() & set(task.roles.split(","))):
        raise InvalidForm([FieldError("person", "unknown_person")])
    _give(step, task, receiver, Kind.TASK_HANDED_ON, "task_handed_on", command.reason)
    return {"case": step.case_id, "task": task.id}


@handles(DeclareConflict)
def declare_conflict(uow: UnitOfWork, command: DeclareConflict, who: Actor) -> dict[str, Any]:
    """A person with a conflict of interest may not take part (KL 6:28): the task goes to a superior, on the trail.

    To the nearest who may take it; where none may, to the nearest, who hands it on.
    """
    step, task = task_of(uow, command.task_id, who)
    if not owes(who, task):
        raise Forbidden
    person = step.directory.person(who.person_id)
    assignment = Assignment(step.case_id, task.role, step.case.unit_id, person)
    superiors = escalation(assignment, step.directory, step.today)
    if not superiors:
        raise InvalidForm([FieldError("reason", "nobody_above")])
    above = [directory.actor(uow, s.person.id, step.today) for s in superiors]
    able = (a for a in above if a.roles() & set(task.roles.split(",")))
    receiver = next(able, above[0])  # who may not take it hands it on to somebody who may
    if who.person_id not in step.load("disqualified"):
        uow.run(case_rows.INSERT_CONFLICT, case_id=step.case_id, person_id=who.person_id, declared_at=uow.now)
    _give(step, task, receiver, Kind.TASK_HANDED_ON, "conflict_declared", command.reason)
    return {"case": step.case_id, "task": task.id}


def _give(step: Step, task: Row, receiver: Actor, kind: Kind, event: str, reason: str | None) -> None:
    obligations.assign(step, task, receiver.person_id)
    version, also = step.case.row_version, []
    if task.role in PERSONAL_ROLES and task.role in receiver.roles():
        # The case names the one who answers for a personal role: no step of that role is open to anybody else.
        also = [
            t
            for t in obligations.open_tasks(step.uow, step.case_id)
            if t.role == task.role and t.person_id == task.person_id and t.id != task.id
        ]
        for other in also:
            obligations.assign(step, other, receiver.person_id)
        version += 1
        column = COLUMN_OF[task.role]
        changes: dict[str, Any] = {column: receiver.person_id, "row_version": version, "updated_at": step.now}
        case_rows.write_columns(
            step.uow,
            case_rows.update_case(frozenset(changes)),
            changes,
            the_case_id=step.case_id,
            old_version=step.case.row_version,
        )
    follows = class_of_words(step.case)
    words_class = follows if follows is Secrecy.TENDER else Secrecy.PERSONAL
    audit.append(
        step.uow,
        step.case_id,
        region_id=step.case.region_id,
        kind=event,
        at=step.now,
        actor_id=step.actor.person_id,
        case_id=step.case_id,
        facts={
            "task": task.trigger,
            "also": [t.trigger for t in also] or None,
            "to_person": receiver.person_id,
            "state": step.case.state,
            "row_version": version,
        },
        fields=[Field("reason", reason, words_class)] if reason else [],
    )
    person = step.directory.person(receiver.person_id)
    if person is not None and receiver.person_id != step.actor.person_id:
        step.tell(
            kind,
            (Recipient(person, Capacity.RESPONSIBLE),),
            role=task.role,
            link=obligations.task_link(step.case_id, task.trigger, task.lot_id),
            task_id=task.id,
            asked=step.trigger_label("asked", task.trigger),
            due_on=task.due_on,
            handed_on_by=step.actor.name,
            reason=None,
        )


@fact("disqualified")
def load_disqualified(step: Step) -> list[str]:
    return [str(c.person_id) for c in step.uow.all(case_rows.CONFLICTS, case_id=step.case_id)]
