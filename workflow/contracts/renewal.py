"""What follows a contract: asked for in good time, begun, declined with reasons, or open again.

The procurement that follows names the contract (or the procurement the contract came from) as its predecessor.
"""

from __future__ import annotations

import logging
from typing import Any

from sqlalchemy import bindparam, case, func, or_, select

from states.calendar import local_date
from states.due_dates import renewal_start
from states.errors import NoSuchStep, NotPermitted
from states.facts import RenewalFacts
from states.roles import Actor, Role, system_actor
from workflow.cases.forms import OpenProcurement
from workflow.commands import OpenCase, ReplanContract
from workflow.contracts.effects import change_contract, contract_row, replan
from workflow.contracts.forms import BegunRenewal
from workflow.contracts.tables import Contract
from workflow.db.statements import Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows, obligations
from workflow.engine.act import load_step, take_one, visible_case
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.forms import Form
from workflow.engine.opening import begin
from workflow.engine.registries import arrival, effect, fact
from workflow.engine.step import Step
from workflow.engine.tables import Timer
from workflow.engine.timers import escalate
from workflow.errors import Forbidden, NotFound
from workflow.procurements.tables import Procurement

log = logging.getLogger("stegvis.contracts")

_cases = case_rows.cases
_procurements = Procurement.__table__  # type: ignore[attr-defined]
_DECIDED = or_(
    _procurements.c.targets_decided_version.is_not(None),
    _procurements.c.no_target_reason.is_not(None),
    _procurements.c.track.in_(("direct", "call_off", "renewed_competition")),
)
_FOLLOWING = Statement(
    select(
        func.count(case((_cases.c.state != "cancelled", 1))).label("begun"),
        func.count(case((_cases.c.state == "cancelled", 1))).label("lost"),
        func.count(case(((_cases.c.state != "cancelled") & _DECIDED, 1))).label("decided"),
    )
    .select_from(_cases.join(_procurements, _procurements.c.case_id == _cases.c.id))
    .where(
        _cases.c.predecessor_id.in_([bindparam("case_id"), bindparam("parent_id")]),
        _cases.c.region_id == bindparam("region_id"),
    )
)
_timers = Timer.__table__  # type: ignore[attr-defined]
_contracts = Contract.__table__  # type: ignore[attr-defined]
#: Running contracts with a last day about which nobody was asked, and no timer is set to ask.
_UNPLANNED = Statement(
    select(_cases.c.id, _cases.c.region_id)
    .select_from(_cases.join(_contracts, _contracts.c.case_id == _cases.c.id))
    .where(
        _cases.c.process == "contract",
        _cases.c.closed_at.is_(None),
        _contracts.c.end_on.is_not(None),
        _contracts.c.renewal_asked_on.is_(None),
        _contracts.c.renewal_declined_on.is_(None),
        ~select(_timers.c.id)
        .where(
            _timers.c.case_id == _cases.c.id,
            _timers.c.kind == "renewal_due",
            _timers.c.status.in_(("pending", "waiting", "failed")),
        )
        .exists(),
        _cases.c.id > bindparam("after"),
    )
    .order_by(_cases.c.id)
    .limit(200)
)
#: The contracts that a procurement follows: its predecessor, or those that came from it.
_BEFORE = Statement(
    select(_cases.c.id)
    .where(
        or_(_cases.c.id == bindparam("predecessor_id"), _cases.c.parent_id == bindparam("predecessor_id")),
        _cases.c.process == "contract",
        _cases.c.region_id == bindparam("region_id"),
        _cases.c.closed_at.is_(None),
    )
    .order_by(_cases.c.id)
)


class SuccessorCase(OpenProcurement):
    """A procurement that `start_renewal` itself opens: the contract is in hand already."""


@fact("renewal")
def load_renewal(step: Step) -> RenewalFacts:
    row = step.uow.one(
        _FOLLOWING, case_id=step.case_id, parent_id=step.case.parent_id or "", region_id=step.case.region_id
    )
    assert row is not None
    return RenewalFacts(begun=row.begun > 0, target_decided=row.decided > 0, lost=row.lost > 0)


@effect("store_renewal_asked")
def store_renewal_asked(step: Step) -> None:
    """From now the alarm counts. A contract read from a list after its day is asked for without a mail of its own."""
    day = renewal_start(step.situation())
    entered_on = local_date(step.case.opened_at)
    step.quiet = bool(
        step.case.existing and day and day.due_on and day.due_on < entered_on and not step.load("renewal").lost
    )
    replan(step, renewal_asked_on=step.today)


@effect("store_renewal_alarm")
def store_renewal_alarm(step: Step) -> None:
    """The owner's manager and the head of procurement hear that the target is not decided; once for each asking."""
    change_contract(step, renewal_alarmed_on=step.today)
    task = next((t for t in obligations.open_tasks(step.uow, step.case_id) if t.trigger == "start_renewal"), None)
    mails = escalate(
        step,
        role=Role.CONTRACT_OWNER,
        person_id=step.column("owner_id"),
        task_id=task.id if task else None,
        due_on=step.today,
        asked=step.trigger_label("asked", "start_renewal"),
        level=2,
    )
    step.recorded["mails"] = mails


@effect("begin_renewal")
def begin_renewal(step: Step) -> None:
    """Open the procurement that follows, unless it is there already and only makes itself known."""
    opened_id = step.answer("successor_id")
    if opened_id is None:
        title = step.answer("title") or step.case.title
        form = SuccessorCase(
            title=title,
            unit=step.case.unit_id,
            owner=step.case.owner_id,
            officer=step.case.officer_id,
            registry_number=None,
        )
        command = OpenCase("procurement", step.case.region_id, {}, predecessor_id=step.case_id)
        opened_id = begin(step.uow, step.actor, command, form)["id"]
    step.recorded["successor"] = opened_id
    step.forget("renewal")
    if contract_row(step).renewal_declined_on is not None:
        replan(step, renewal_declined_on=None)


@effect("decline_renewal")
def decline_renewal(step: Step) -> None:
    """Nothing follows: the duty to begin it and its alarm end."""
    asked = [t for t in obligations.open_tasks(step.uow, step.case_id) if t.trigger == "start_renewal"]
    obligations.close(step, asked, "void")
    replan(step, renewal_declined_on=step.today)


@effect("reopen_renewal")
def reopen_renewal(step: Step) -> None:
    """As if nobody had been asked yet: where the day has passed, the owner is asked at once."""
    replan(step, renewal_asked_on=None, renewal_alarmed_on=None, renewal_declined_on=None)


def begun(step: Step) -> None:
    """A procurement that was opened tells the contracts it follows: whoever owed its start has done it."""
    if step.case.predecessor_id is None or isinstance(step.form, SuccessorCase):
        return
    for contract in _before(step):
        _tell(contract, "start_renewal", BegunRenewal(successor_id=step.case_id))


@arrival("procurement", "cancelled")
def lost(step: Step) -> None:
    """The procurement that should follow came to nothing: its contract waits for another."""
    if step.case.predecessor_id is not None:
        for contract in _before(step):
            _tell(contract, "reopen_renewal", Form())


def _before(step: Step) -> list[Step]:
    """The contracts before a procurement, locked after it and in the order of their ids.

    No step of a contract ever locks a procurement that is there, so that nobody waits in a circle.
    """
    rows = step.uow.all(_BEFORE, predecessor_id=step.case.predecessor_id, region_id=step.case.region_id)
    who = step.actor
    return [load_step(step.uow, visible_case(step.uow, r.id, who, lock=True), who) for r in rows]


def _tell(contract: Step, trigger: str, form: Any) -> None:
    """Take the contract's step in the name of whoever acts, or of the system where the role is another."""
    contract.trigger, contract.form = trigger, form
    try:
        try:
            take_one(contract, None, trigger, None)
        except NotPermitted as refusal:
            if not any(u.code == "role_required" for u in refusal.unmet):
                raise
            contract.actor = system_actor(contract.case.region_id)
            take_one(contract, None, trigger, None)
    except (NoSuchStep, NotPermitted):
        return  # nothing was asked for, or another procurement follows it


def plan_unplanned(app: Stegvis) -> int:
    """Set the timers of contracts that were opened before those timers were. Returns how many contracts got them.

    A case that fails is logged and left to the next night; it keeps no other from its timers.
    """
    planned, after = 0, ""
    while True:
        with app.database.read() as uow:
            rows = uow.all(_UNPLANNED, after=after)
        for row in rows:
            after = row.id
            try:
                execute(app, ReplanContract(row.id), by=system_actor(row.region_id), channel="scheduler")
                planned += 1
            except Exception:
                log.exception("contract %s could not be planned", row.id, extra={"action": "replan_failed"})
        if not rows:
            return planned


@handles(ReplanContract)
def replan_contract(uow: UnitOfWork, command: ReplanContract, who: Actor) -> dict[str, Any]:
    """Count the timers and the running duty of a contract again. Raises NotFound, Forbidden for anybody but the system."""
    if not who.is_system:
        raise Forbidden
    row = visible_case(uow, command.case_id, who, lock=True)
    if row.process != "contract" or row.closed_at is not None:
        raise NotFound
    replan(load_step(uow, row, who))
    audit.append(
        uow,
        row.id,
        region_id=row.region_id,
        kind="contract_replanned",
        at=uow.now,
        actor_id=who.person_id,
        case_id=row.id,
        facts={"state": row.state, "row_version": row.row_version, "channel": who.channel},
    )
    return {"case": row.id}
