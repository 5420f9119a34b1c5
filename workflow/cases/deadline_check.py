"""Every running deadline counted again at night: from its own receipt, and from the facts as they stand now.

Reads in batches of cases, a handful of queries a batch whatever it holds. A difference is written down and shown until
it is gone; nothing is put right by itself.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, literal_column, select, update

from states.calendar import local_date
from states.deadlines import Pause
from states.facts import Parameter
from states.receipt_check import Difference, check_receipt
from states.roles import Actor, Role, system_actor
from workflow.cases.tables import DeadlineDifference
from workflow.commands import RecordDeadlineCheck
from workflow.contracts.tables import Contract, ContractFollowUp
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.tables import Lot, Region, Task, Timer
from workflow.engine.tables import Pause as PauseTable
from workflow.errors import Forbidden
from workflow.parameters.tables import ParameterRow
from workflow.procurements.tables import Procurement, ReviewRow

_cases = case_rows.cases
_tasks = Task.__table__  # type: ignore[attr-defined]
_timers = Timer.__table__  # type: ignore[attr-defined]
_lots = Lot.__table__  # type: ignore[attr-defined]
_pauses = PauseTable.__table__  # type: ignore[attr-defined]
_contracts = Contract.__table__  # type: ignore[attr-defined]
_follow_ups = ContractFollowUp.__table__  # type: ignore[attr-defined]
_procurements = Procurement.__table__  # type: ignore[attr-defined]
_reviews = ReviewRow.__table__  # type: ignore[attr-defined]
_parameters = ParameterRow.__table__  # type: ignore[attr-defined]
_regions = Region.__table__  # type: ignore[attr-defined]
_differences = DeadlineDifference.__table__  # type: ignore[attr-defined]

#: Cases a batch; one reading transaction each.
BATCH = 500
#: Differences that are written down at most in one night: a fault of the program would else fill the table.
MOST_WRITTEN = 1_000

_REGIONS = Statement(select(_regions.c.id).order_by(_regions.c.id))
_CASES = Statement(
    select(_cases.c.id)
    .where(_cases.c.region_id == bindparam("region_id"), _cases.c.closed_at.is_(None), _cases.c.id > bindparam("after"))
    .order_by(_cases.c.id)
    .limit(BATCH)
)
_PARAMETERS = Statement(
    select(_parameters.c.name, _parameters.c.value, _parameters.c.valid_from, _parameters.c.source).where(
        _parameters.c.region_id.in_([bindparam("region_id"), "samverkan"])
    )
)
_OPEN = Statement(select(_differences).where(
    _differences.c.region_id == bindparam("region_id"), _differences.c.gone_at.is_(None)
))  # fmt: skip
DIFFERENCES = Statement(
    select(_differences, _cases.c.reference, _cases.c.title, _cases.c.process)
    .select_from(_differences.join(_cases, _cases.c.id == _differences.c.case_id))
    .where(_differences.c.region_id == bindparam("region_id"), _differences.c.gone_at.is_(None))
    .order_by(_differences.c.found_at.desc(), _differences.c.id)
    .limit(50)
)
_INSERT = insert_into(_differences)
_SEEN = Statement(update(_differences).where(_differences.c.id == bindparam("the_id")).values(seen_at=bindparam("at")))
_GONE = Statement(update(_differences).where(_differences.c.id == bindparam("the_id")).values(gone_at=bindparam("at")))


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found. `compared`: deadlines whose event is recorded as a fact, so that it was compared with it."""

    checked: int
    compared: int
    differences: tuple[tuple[str, str, str, str, str, str, str], ...]


def verify_deadlines(app: Stegvis, region_id: str | None = None) -> dict[str, Checked]:
    """Count the running deadlines again, region by region, and write down what differs. Returns it by region."""
    with app.database.read() as uow:
        regions = [r.id for r in uow.all(_REGIONS) if region_id in (None, r.id)]
    return {region: _verify_region(app, region) for region in regions}


def _verify_region(app: Stegvis, region_id: str) -> Checked:
    checked, compared, differences, after = 0, 0, [], ""
    while True:
        with app.database.read() as uow:
            cases = [c.id for c in uow.all(_CASES, region_id=region_id, after=after)]
            if not cases:
                break
            for each in _running(uow, region_id, cases):
                checked += 1
                compared += each.compared
                differences += [each.told(d) for d in each.differences()]
        after = cases[-1]
    found = Checked(checked, compared, tuple(differences))
    if checked or differences:
        command = RecordDeadlineCheck(checked, compared, found.differences[:MOST_WRITTEN])
        execute(app, command, by=system_actor(region_id))
    return found


@dataclass(slots=True)
class _Running:
    """A running deadline with the facts it is compared with."""

    subject: str
    row: Row
    due_on: date | None
    anchors: Mapping[str, Any]
    pauses: list[Pause]
    parameters: frozenset[str]
    receipt: Any

    @property
    def compared(self) -> bool:
        return bool(self.anchors.get(self.receipt.get("anchor")))

    def differences(self) -> list[Difference]:
        return check_receipt(
            self.receipt, self.due_on, anchors=self.anchors, pauses=self.pauses, parameters=self.parameters
        )

    def told(self, d: Difference) -> tuple[str, str, str, str, str, str, str]:
        return self.subject, self.row.id, self.row.case_id, self.row.trigger or "", d.code, d.stated, d.found


def _running(uow: UnitOfWork, region_id: str, cases: list[str]) -> Iterator[_Running]:
    """The open duties and pending timers of some cases, each with its facts: eight queries in all."""
    run = uow.connection.execute
    parameters = frozenset(
        Parameter(p.name, p.value, p.valid_from, p.source).citation for p in uow.all(_PARAMETERS, region_id=region_id)
    )
    pauses: dict[str, list[Pause]] = defaultdict(list)
    for p in run(select(_pauses).where(_pauses.c.case_id.in_(cases), _pauses.c.to_on.is_not(None))):
        pauses[p.case_id].append(Pause(p.from_on, p.to_on, "case_paused"))
    facts = _facts(uow, cases)
    tasks = select(
        _tasks.c.id, _tasks.c.case_id, _tasks.c.lot_id, _tasks.c.trigger, _tasks.c.due_on, _tasks.c.opened_at,
        _tasks.c.receipt,
    ).where(_tasks.c.case_id.in_(cases), _tasks.c.status == literal_column("'open'"), _tasks.c.receipt.is_not(None))  # fmt: skip
    for row in run(tasks):
        anchors = {**facts[row.case_id, None], **facts[row.case_id, row.lot_id]}
        anchors["step_begun"] = {local_date(row.opened_at)}
        yield _Running("task", row, row.due_on, anchors, pauses[row.case_id], parameters, _json(row.receipt))
    timers = select(_timers.c.id, _timers.c.case_id, _timers.c.lot_id, _timers.c.trigger, _timers.c.receipt).where(
        _timers.c.case_id.in_(cases),
        _timers.c.status.in_(("pending", "waiting")),
        _timers.c.receipt.is_not(None),
    )
    for timer in run(timers):
        anchors = {**facts[timer.case_id, None], **facts[timer.case_id, timer.lot_id]}
        receipt = _json(timer.receipt)
        stated = receipt.get("due_on")  # a timer's row holds an instant and no day of its own
        due_on = date.fromisoformat(stated) if isinstance(stated, str) else None
        yield _Running("timer", timer, due_on, anchors, pauses[timer.case_id], parameters, receipt)


def _json(text: str) -> dict[str, Any]:
    try:
        made = json.loads(text)
    except ValueError:
        return {}
    return made if isinstance(made, dict) else {}


def _facts(uow: UnitOfWork, cases: list[str]) -> defaultdict[tuple[str, str | None], dict[str, set[date]]]:
    """The recorded days of events, by case and lot (None: of the whole case), under the names of anchors."""
    found: defaultdict[tuple[str, str | None], dict[str, set[date]]] = defaultdict(dict)

    def know(case_id: str, lot_id: str | None, anchor: str, days: Iterable[date | None]) -> None:
        known = {d for d in days if d is not None}
        if known:
            found[case_id, lot_id].setdefault(anchor, set()).update(known)

    run = uow.connection.execute
    for x in run(select(_lots.c.case_id, _lots.c.id, _lots.c.notice_sent_on, _lots.c.signed_on, _lots.c.reasons_requested_on).where(_lots.c.case_id.in_(cases))):  # fmt: skip
        know(x.case_id, x.id, "award_notice_sent", [x.notice_sent_on])
        know(x.case_id, x.id, "reasons_requested", [x.reasons_requested_on])
        know(x.case_id, x.id, "contract_signed", [x.signed_on])
    for p in run(select(_procurements.c.case_id, _procurements.c.tender_deadline_on, _procurements.c.tenders_valid_until_on, _procurements.c.ex_ante_on).where(_procurements.c.case_id.in_(cases))):  # fmt: skip
        know(p.case_id, None, "tender_deadline", [p.tender_deadline_on])
        know(p.case_id, None, "tenders_bind_until", [p.tenders_valid_until_on])
        know(p.case_id, None, "ex_ante_published", [p.ex_ante_on])
    for r in run(select(_reviews.c.case_id, _reviews.c.lot_id, _reviews.c.ruled_on).where(_reviews.c.case_id.in_(cases))):  # fmt: skip
        know(r.case_id, r.lot_id, "court_ruled", [r.ruled_on])
    for c in run(select(_contracts.c.case_id, _contracts.c.end_on, _contracts.c.party_since_on).where(_contracts.c.case_id.in_(cases))):  # fmt: skip
        know(c.case_id, None, "contract_ends", [c.end_on])
        know(c.case_id, None, "party_matter_begun", [c.party_since_on])
    for f in run(select(_follow_ups.c.case_id, _follow_ups.c.followed_up_on).where(_follow_ups.c.case_id.in_(cases))):
        know(f.case_id, None, "followed_up", [f.followed_up_on])
    return found


@handles(RecordDeadlineCheck)
def record_deadline_check(uow: UnitOfWork, command: RecordDeadlineCheck, who: Actor) -> dict[str, Any]:
    """Write down a check: new differences, those seen again, those that are gone; one event of the region."""
    if not who.is_system and not who.roles() & {Role.ADMINISTRATOR, Role.HEAD_OF_PROCUREMENT}:
        raise Forbidden
    known = {(d.subject_id, d.code, d.stated, d.found): d for d in uow.all(_OPEN, region_id=who.region_id)}
    fresh = []
    for subject, subject_id, case_id, trigger, code, stated, found in command.differences:
        same = known.pop((subject_id, code, stated, found), None)
        if same is not None:
            uow.run(_SEEN, the_id=same.id, at=uow.now)
            continue
        fresh.append(
            {
                "id": new_id(uow.now),
                "region_id": who.region_id,
                "case_id": case_id,
                "subject": subject,
                "subject_id": subject_id,
                "trigger": trigger,
                "code": code,
                "stated": stated,
                "found": found,
                "found_at": uow.now,
                "seen_at": uow.now,
                "gone_at": None,
            }
        )
    uow.many(_INSERT, fresh)
    if len(command.differences) >= MOST_WRITTEN:
        known = {}  # the list was cut short: what is not on it may still be there
    for gone in known.values():
        uow.run(_GONE, the_id=gone.id, at=uow.now)
    audit.append(
        uow,
        audit.register_stream(who.region_id, "operations"),
        region_id=who.region_id,
        kind="deadlines_checked",
        at=uow.now,
        actor_id=who.person_id,
        facts={
            "deadlines": command.checked,
            "compared": command.compared,
            "differences": len(command.differences),
            "new": len(fresh),
            "channel": who.channel,
        },
    )
    return {"new": len(fresh), "gone": len(known)}
