"""A step of a case: lock, compare, look, decide; `engine/records.py` writes.

Lock the case → compare `row_version` and `basis_hash` → load the facts that the guards declare → the machine →
effects → rows, event, obligations, timers, mail. Nothing here knows a subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from states.calendar import local_date
from states.decision import Decision
from states.definition import Scope, Transition
from states.errors import NoSuchStep
from states.registry import DEFINITIONS, definition
from states.roles import Actor, capacity
from states.steps import choose, consequences, facts_needed
from workflow.commands import Act
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows, registries
from workflow.engine.access import Secrecy, class_of_words
from workflow.engine.audit import Field
from workflow.engine.canonical import canonical, plain, sha256
from workflow.engine.execute import handles
from workflow.engine.forms import Form, free_words, parse, secrecy_classes
from workflow.engine.records import Basis, write_step
from workflow.engine.step import Step
from workflow.errors import ConfirmationNeeded, FieldError, InvalidForm, NotFound, Stale


class StaleBasis(Stale):
    """What the decision rests on changed after it was shown."""

    code = "stale_basis"


@lru_cache(maxsize=4096)
def _needed(key: str, trigger: str, state: str) -> frozenset[str]:
    process = DEFINITIONS[key]
    return frozenset(facts_needed(process, process.edges(trigger, state)))


def load_step(uow: UnitOfWork, case: Row, who: Actor, *, lots: bool = True) -> Step:
    """The working area of a case that is locked (or only looked at); without its `lots` it is good for telling only."""
    today = local_date(uow.now)
    process = definition(case.process, case.version)
    region = case_rows.region(uow, case.region_id)
    return Step(
        uow=uow,
        actor=who,
        definition=process,
        case=case,
        lots=uow.all(case_rows.LOTS, case_id=case.id) if lots and case.process == "procurement" else [],
        parameters=case_rows.parameters(uow, case.region_id, today),
        region_name=region.name if region else case.region_id,
        today=today,
        calendar=case_rows.calendar(uow, case.region_id),
    )


def visible_case(uow: UnitOfWork, case_id: str, who: Actor, *, lock: bool) -> Row:
    """The case, locked or only looked at. Raises NotFound; "not yours" answers as "not there"."""
    case = uow.one(case_rows.LOCK_CASE if lock else case_rows.GET_CASE, case_id=case_id)
    if case is None or case.region_id != who.region_id:
        raise NotFound
    return case


def form_of(process: str, trigger: str) -> type[Form]:
    """The form of a trigger. A trigger that asks for nothing has an empty one."""
    return registries.FORMS.get((process, trigger), Form)  # type: ignore[return-value]


@handles(Act)
def act(uow: UnitOfWork, command: Act, who: Actor) -> dict[str, Any]:
    """Take one step. Raises NotFound, Stale, StaleBasis, InvalidForm, NoSuchStep, NotPermitted or ConfirmationNeeded."""
    case = visible_case(uow, command.case_id, who, lock=True)
    if command.row_version is not None and case.row_version != command.row_version:
        raise Stale(row_version=case.row_version, state=case.state)
    step = load_step(uow, case, who)
    step.confirmed = command.confirmed
    return take(step, command.trigger, command.form, command.basis_hash)


def take(step: Step, trigger: str, form: Mapping[str, Any], basis_hash: str | None = None) -> dict[str, Any]:
    """Take a step in a working area: one event for each lot it concerns. Raises what `act` raises, but Stale."""
    process = step.definition
    form_class = form_of(process.id, trigger)
    if trigger not in process.triggers():
        raise NoSuchStep(trigger, step.case.state)
    step.form = parse(form_class, form)
    step.trigger = trigger
    for lot in concerned(step, trigger):
        take_one(step, lot, trigger, basis_hash)
    return summary(step)


def concerned(step: Step, trigger: str) -> list[Row | None]:
    """The lots a step is about: none for a step of the whole case, the named one, or all that stand ready for it.

    Raises NoSuchStep when no lot stands there, StegvisError when one must be named.
    """
    process = step.definition
    edges = process.edges(trigger)
    sources = {e.source for e in edges if e.scope is Scope.LOT}
    if any(e.source == step.case.state and e.scope is Scope.CASE for e in edges) or not sources:
        return [None]
    ready = [x for x in step.lots if x.state in sources]
    number = step.answer("lot")
    if number is not None:
        ready = [x for x in step.lots if x.number == number]
        if not ready:
            raise InvalidForm([FieldError("lot", "no_such_lot")])
        return list(ready)
    if not ready:
        raise NoSuchStep(trigger, step.case.state)
    if len(ready) > 1 and not getattr(type(step.form), "for_all_lots", False):
        raise InvalidForm([FieldError("lot", "several_lots", {"lots": ", ".join(str(x.number) for x in ready)})])
    return list(ready)


def take_one(step: Step, lot: Row | None, trigger: str, basis_hash: str | None) -> None:
    """Take a step for one lot, or for the case where `lot` is None: look, decide, write, one event.

    Raises StaleBasis, InvalidForm (an effect found a fault in the form), NoSuchStep or NotPermitted.
    """
    process = step.definition
    step.lot = lot
    step.fields, step.recorded, step.more_tasks = [], {}, []
    step.reasons, step.presenter_id, step.value_ore, step.sent_to = None, None, None, ""
    for stale in ("mandate", "tender_access", "open_tasks"):
        step.facts.pop(stale, None)
    source = step.lot_as_is(lot).state if lot is not None else step.column("state")
    may = None
    case = step.case_facts()
    for edge in process.edges(trigger, source):
        may = may or capacity(step.actor, case.answering(edge.roles), unit_id=case.unit_id, named=case.named)
    step.capacity = may
    for name in _needed(process.key, trigger, source):
        step.load(name)
    edge = choose(process, step.situation(), trigger)
    if edge.decides and step.confirmed is False:
        raise ConfirmationNeeded
    step.decision = Decision(edge)
    basis = bound_basis(step, edge, basis_hash) if edge.decides else None
    classes = secrecy_classes(type(step.form))
    if class_of_words(step.case, lot) is Secrecy.TENDER:
        classes |= dict.fromkeys((n for n in free_words(type(step.form)) if classes[n] == Secrecy.OPEN), Secrecy.TENDER)
    for name, value in step.form.__dict__.items():
        if value is not None and value != () and name != "lot":
            step.fields.append(Field(name, value, classes[name], lot.id if lot is not None else None))
    for name in edge.effects:
        registries.EFFECTS[name](step)
    for name in _needed(process.key, trigger, source):
        step.load(name)  # what an effect changed is looked up again: dates follow from the facts after the step
    step.decision = consequences(process, step.situation(), edge)
    write_step(step, lot, step.decision, basis)


def basis_of(step: Step, edge: Transition) -> Basis:
    """What a decision rests on, free of language and layout: the named facts, the definition and the mandate."""
    mandate = step.load("mandate") if "mandate_covers" in edge.guards else None
    rule = mandate.rule if mandate else edge.cites or "Riktlinje Inköp"
    content = {name: plain(registries.BASIS[name](step)) for name in edge.basis}
    content["definition"] = step.definition.key
    content["mandate"] = mandate.id if mandate else rule
    content["case"] = step.case_id
    if step.lot is not None:
        content["lot"] = step.lot.number
    text = canonical(content)
    return Basis(text, sha256(text), mandate.id if mandate else None, rule, mandate.source if mandate else rule)


def bound_basis(step: Step, edge: Transition, shown: str | None) -> Basis:
    """Raises InvalidForm without the hash of what was shown, StaleBasis when it is no longer what stands.

    A decision is about one lot or the whole case, never about several lots at once: each has a basis of its own.
    """
    basis = basis_of(step, edge)
    if step.actor.channel in ("import", "demo"):
        return basis
    if shown is None:
        raise InvalidForm([FieldError("basis_hash", "field_required")])
    if shown != basis.hash:
        raise StaleBasis(row_version=step.case.row_version, state=step.case.state)
    return basis


def summary(step: Step) -> dict[str, Any]:
    """What a caller learns of the case after its step."""
    case = step.case
    return {
        "id": case.id,
        "reference": case.reference,
        "process": case.process,
        "version": case.version,
        "state": case.state,
        "row_version": case.row_version,
        "lots": [{"number": x.number, "state": x.state} for x in step.lots],
    }
