"""What may be done in a case now: each trigger allowed or with its blockers, its form, and what a decision rests on."""

from __future__ import annotations

from dataclasses import dataclass, field

from states.decision import Unmet
from states.definition import Scope, Transition
from states.errors import NoSuchStep
from states.roles import Actor, capacity
from states.steps import facts_needed, possible
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.access import TENDER_BASIS
from workflow.engine.act import basis_of, form_of, load_step, visible_case
from workflow.engine.forms import Form
from workflow.engine.step import Step


@dataclass(frozen=True, slots=True)
class Action:
    """One trigger for one person: `lots` says for which lots (None: the whole case)."""

    trigger: str
    kind: str
    decides: bool
    allowed: bool
    mine: bool
    unmet: tuple[Unmet, ...]
    form: type[Form]
    lot: int | None = None
    lot_id: str | None = None
    lot_title: str = ""
    basis: str | None = None
    basis_hash: str | None = None
    cites: str = ""
    mandate_rule: str | None = None
    edge: Transition | None = field(default=None, repr=False)


#: What keeps a step from cases of another kind, or that nothing called for: there it is not shown as something to come.
BESIDE_THE_POINT = frozenset(
    {
        "duty_is_no_notice", "not_a_framework", "no_party_matter", "exclusion_not_considered", "procedure_has_one_stage",
    }
)  # fmt: skip


def case_actions(uow: UnitOfWork, case_id: str, who: Actor, *, trigger: str | None = None) -> tuple[Step, list[Action]]:
    """Every trigger that leads anywhere from where the case and its lots stand, and whether this person may pull it."""
    case = visible_case(uow, case_id, who, lock=False)
    step = load_step(uow, case, who)
    return step, actions_of(step, trigger=trigger)


def actions_of(step: Step, *, trigger: str | None = None) -> list[Action]:
    process = step.definition
    found: list[Action] = []
    places: list[tuple[Row | None, str]] = [(None, step.case.state)]
    places += [(x, x.state) for x in step.lots]
    for lot, state in places:
        for name in process.triggers_from(state):
            if trigger is not None and name != trigger:
                continue
            edges = process.edges(name, state)
            scope = edges[0].scope
            if (scope is Scope.LOT) != (lot is not None):
                continue
            if not (all(e.roles == ("system",) for e in edges) or edges[0].kind == "import"):
                action = _action(step, lot, name)
                if not BESIDE_THE_POINT & {u.code for u in action.unmet}:
                    found.append(action)
    return found


def _action(step: Step, lot: Row | None, trigger: str) -> Action:
    process = step.definition
    step.lot, step.trigger, step.form = lot, trigger, None
    state = lot.state if lot is not None else step.case.state
    edges = process.edges(trigger, state)
    step.capacity = None
    case = step.case_facts()
    for edge in edges:
        step.capacity = step.capacity or capacity(
            step.actor, case.answering(edge.roles), unit_id=case.unit_id, named=case.named
        )
    step.forget("mandate")
    for name in facts_needed(process, edges):
        step.load(name)
    try:
        edge, unmet = possible(process, step.situation(), trigger)
    except NoSuchStep:
        edge, unmet = edges[0], [Unmet("no_such_step")]
    basis = basis_of(step, edge) if edge.decides and step.capacity is not None and _may_see(step, edge) else None
    return Action(
        trigger=trigger,
        kind=edge.kind,
        decides=edge.decides,
        allowed=not unmet,
        mine=step.capacity is not None,
        unmet=tuple(unmet),
        form=form_of(process.id, trigger),
        lot=lot.number if lot is not None else None,
        lot_id=lot.id if lot is not None else None,
        lot_title=lot.title if lot is not None else "",
        basis=basis.text if basis else None,
        basis_hash=basis.hash if basis else None,
        cites=edge.cites,
        mandate_rule=basis.rule if basis else None,
        edge=edge,
    )


def _may_see(step: Step, edge: Transition) -> bool:
    """Even the hash of a proposal, or the rule that its value falls under, tells of tenders (OSL 19:3)."""
    secret = any(x.tender_secret for x in ([step.lot] if step.lot is not None else step.lots))
    if not secret or not TENDER_BASIS & set(edge.basis):
        return True
    return bool(step.load("tender_access"))


def basis_hash(uow: UnitOfWork, case_id: str, who: Actor, trigger: str, lot: int | None = None) -> str | None:
    """The hash of what a decision rests on now."""
    _, actions = case_actions(uow, case_id, who, trigger=trigger)
    for action in actions:
        if lot is None or action.lot == lot:
            return action.basis_hash
    return None
