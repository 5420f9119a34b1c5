"""Opening a case: its row, its lots, its stream, its first obligation, and the import edge it may enter by."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from states.calendar import local_date
from states.definition import Scope
from states.errors import UnknownProcess
from states.registry import definition
from states.roles import Actor, Role, capacity
from states.steps import plan, timer_plans
from workflow.commands import OpenCase
from workflow.db.columns import fold, new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows, obligations, registries
from workflow.engine.act import form_of, load_step, summary, take, visible_case
from workflow.engine.audit import Field
from workflow.engine.execute import handles
from workflow.engine.forms import parse, secrecy_classes
from workflow.engine.step import Step
from workflow.engine.tables import ExternalReference
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound
from workflow.people.tables import Unit

#: Who may open a case of a process.
OPENERS = {
    "procurement": (Role.PROCUREMENT_OFFICER, Role.HEAD_OF_PROCUREMENT, Role.CONTRACT_OWNER),
    "contract": (Role.PROCUREMENT_OFFICER, Role.HEAD_OF_PROCUREMENT),
    "deviation": (
        Role.PROCUREMENT_OFFICER,
        Role.HEAD_OF_PROCUREMENT,
        Role.CONTRACT_OWNER,
        Role.CONTRACT_MANAGER,
        Role.SUSTAINABILITY_STRATEGIST,
    ),
    "duty": (Role.SYSTEM,),  # by the register of recurring duties, each occurrence once
}
PREFIX = {"procurement": "UPP", "contract": "AVT", "duty": "PLI", "deviation": "AVV"}
#: A case of these is its parent's unit's and its parent's people's, and opened by those who act there.
INHERITING = frozenset({"deviation"})

_external = ExternalReference.__table__  # type: ignore[attr-defined]
FIND_EXTERNAL = Statement(
    select(_external.c.case_id).where(
        _external.c.region_id == bindparam("region_id"),
        _external.c.source == bindparam("source"),
        _external.c.external_id == bindparam("external_id"),
    )
)
_INSERT_EXTERNAL = insert_into(_external)
_units = Unit.__table__  # type: ignore[attr-defined]
UNIT = Statement(
    select(_units.c.id, _units.c.contract_owner_id, _units.c.manager_id).where(
        _units.c.id == bindparam("unit_id"), _units.c.region_id == bindparam("region_id")
    )
)


@handles(OpenCase)
def open_case(uow: UnitOfWork, command: OpenCase, who: Actor) -> dict[str, Any]:
    """Open a case in the actor's own region. Raises NotFound, Forbidden, UnknownProcess or InvalidForm."""
    if command.region_id != who.region_id or case_rows.region(uow, command.region_id) is None:
        raise NotFound("region_unknown")
    if command.process not in OPENERS:
        raise UnknownProcess(command.process)
    if not who.is_system and not (who.roles() & set(OPENERS[command.process])):
        raise Forbidden("forbidden")
    if command.parent_id:
        parent = visible_case(uow, command.parent_id, who, lock=False)
        if command.process in INHERITING and not who.is_system and not may_open_under(command.process, parent, who):
            raise Forbidden("forbidden")
    if command.predecessor_id:
        visible_case(uow, command.predecessor_id, who, lock=True)  # its own step follows: what is older is locked first
    form = parse(form_of(command.process, "open"), command.form)
    return begin(uow, who, command, form)


def may_open_under(process: str, parent: Row, who: Actor) -> bool:
    """Whether the actor acts in the parent case in one of the roles that open such a case."""
    named = {"contract_owner": parent.owner_id, "contract_manager": parent.manager_id}
    return capacity(who, OPENERS[process], unit_id=parent.unit_id, named=named) is not None


def begin(uow: UnitOfWork, who: Actor, command: OpenCase, form: Any) -> dict[str, Any]:
    """Write a new case with a form that was checked. Also used for the contracts that a signing opens."""
    process = definition(command.process)
    now, today = uow.now, local_date(uow.now)
    parent = uow.one(case_rows.GET_CASE, case_id=command.parent_id) if process.id in INHERITING else None

    def said(name: str) -> str | None:
        """What the case it belongs to says, else the form."""
        return getattr(form, name, None) if parent is None else getattr(parent, f"{name}_id")

    unit = _unit(uow, command.region_id, said("unit"))
    case_id = new_id(now)
    year = today.year
    number = case_rows.next_number(uow, command.region_id, f"{command.process}.{year}")
    officer = said("officer") or (
        who.person_id if Role.PROCUREMENT_OFFICER in who.roles() and not who.is_system else None
    )
    case: dict[str, Any] = {
        "id": case_id,
        "region_id": command.region_id,
        "process": process.id,
        "version": process.version,
        "reference": f"{PREFIX[process.id]}-{year}-{number:04d}",
        "registry_number": form.registry_number,
        "title": form.title,
        "title_fold": fold(form.title),
        "state": process.initial,
        "row_version": 1,
        "unit_id": unit.id if unit else None,
        "owner_id": said("owner") or (unit.contract_owner_id if unit else None),
        "officer_id": officer,
        "manager_id": said("manager"),
        "parent_id": command.parent_id,
        "predecessor_id": command.predecessor_id,
        "opened_at": now,
        "updated_at": now,
        "closed_at": None,
        "entered_at": now,
        "paused_on": None,
        "tender_secret": False,
        "existing": command.entry is not None,
        "next_due_on": None,
        "next_trigger": None,
        "next_role": None,
        "answering_role": getattr(form, "answering_role", None),
    }
    uow.run(case_rows.INSERT_CASE, **case)
    audit.open_stream(uow, case_id, command.region_id, "case")
    row = visible_case(uow, case_id, who, lock=False)
    step = load_step(uow, row, who)
    step.form = form
    registries.EFFECTS["open." + process.id](step)
    step.lots = uow.all(case_rows.LOTS, case_id=case_id) if process.id == "procurement" else []
    _check_people(step)
    role = capacity(who, OPENERS[process.id], unit_id=row.unit_id, named=step.case_facts().named)
    classes = secrecy_classes(type(form))
    audit.append(
        uow,
        case_id,
        region_id=command.region_id,
        kind="case_opened",
        at=now,
        actor_id=who.person_id,
        case_id=case_id,
        facts={
            "definition": process.key,
            "reference": case["reference"],
            "to": process.initial,
            "state": process.initial,
            "row_version": 1,
            "channel": who.channel,
            "role": role.role if role else None,
            "parent": command.parent_id,
            "predecessor": command.predecessor_id,
            "external": list(command.external) if command.external else None,
        },
        fields=[Field(k, v, classes[k]) for k, v in form.__dict__.items() if v not in (None, ())],
    )
    if command.external:
        source, external_id = command.external
        uow.run(
            _INSERT_EXTERNAL,
            region_id=command.region_id,
            source=source,
            external_id=external_id,
            case_id=case_id,
            imported_at=now,
        )
    if command.entry:
        trigger, entry_form = command.entry
        take(step, trigger, entry_form)
        if step.case.state == process.initial:
            _first_duties(step)
    else:
        _first_duties(step)
    return summary(step)


def _first_duties(step: Step) -> None:
    """The obligation and the timers of the state the case begins in."""
    state = step.definition.state(step.case.state)
    step.forget(step.definition.id)
    step.load(step.definition.id)
    situation = step.situation()
    owed = [*step.definition.opens, *([state.owes] if state.owes and state.scope is Scope.CASE else [])]
    plans = [plan(situation, o) for o in (owed if not step.case.existing else owed[-1:])]
    for each in plans:
        obligations.open_task(step, each, None)
    if plans:
        first = min(plans, key=lambda p: (p.receipt.due_on if p.receipt else None) or date.max)
        role, _ = obligations.responsible_role(step, first.roles)
        step.uow.run(
            case_rows.update_case(frozenset({"next_due_on", "next_trigger", "next_role"})),
            the_case_id=step.case_id,
            old_version=step.case.row_version,
            new_next_due_on=first.receipt.due_on if first.receipt else None,
            new_next_trigger=first.trigger,
            new_next_role=role,
        )
    for timer in timer_plans(step.definition, situation, step.case.state):
        obligations.set_state_timer(step, timer, None)


def _unit(uow: UnitOfWork, region_id: str, unit_id: str | None) -> Row | None:
    if unit_id is None:
        return None
    unit = uow.one(UNIT, unit_id=unit_id, region_id=region_id)
    if unit is None:
        raise InvalidForm([FieldError("unit", "unknown_unit")])
    return unit


def _check_people(step: Step) -> None:
    """Everybody the case names exists in its region."""
    faults = []
    for name in ("owner", "officer", "manager"):
        person_id = step.case._asdict().get(f"{name}_id")
        if person_id is None:
            continue
        person = step.directory.person(person_id)
        if person is None or not person.active:
            faults.append(FieldError(name, "unknown_person"))
    if faults:
        raise InvalidForm(faults)
