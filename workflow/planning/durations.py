"""How long steps took: counted from the obligations that were discharged, in working days, without pauses and history."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

from sqlalchemy import bindparam, delete, or_, select

from states.calendar import ONE_DAY, Calendar, local_date
from states.planning import ENOUGH_CASES, GIVEN, STEPS, Observed, nearest_rank
from states.procurement_v1 import PROCUREMENT_V1
from states.roles import Actor
from workflow.commands import CountDurations
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows
from workflow.engine.execute import handles
from workflow.engine.tables import Pause, Task
from workflow.errors import NotFound
from workflow.planning.tables import ObservedDuration
from workflow.procurements.tables import Procurement

_tasks = Task.__table__  # type: ignore[attr-defined]
_pauses = Pause.__table__  # type: ignore[attr-defined]
_cases = case_rows.cases
_procurements = Procurement.__table__  # type: ignore[attr-defined]
_observed = ObservedDuration.__table__  # type: ignore[attr-defined]

#: How far back a past still says something, and how many of the latest cases count.
LOOK_BACK = timedelta(days=3 * 365)
LATEST = 40

#: The obligations that make up a step: most steps have one, signing is prepared and then done.
_TRIGGERS: dict[str, tuple[str, ...]] = {
    state.name: (state.owes.trigger,)
    for state in PROCUREMENT_V1.states
    if state.owes and any(state.name in steps for steps in STEPS.values()) and state.name not in GIVEN
}
_TRIGGERS["contract_signing"] = ("prepare_contracts", "sign_contracts")
_STEP_OF = {trigger: step for step, triggers in _TRIGGERS.items() for trigger in triggers}

_DONE = (
    select(
        _tasks.c.case_id,
        _tasks.c.trigger,
        _tasks.c.lot_id,
        _tasks.c.opened_at,
        _tasks.c.done_at,
        _cases.c.unit_id,
        _procurements.c.track,
    )
    .select_from(
        _tasks.join(_cases, _cases.c.id == _tasks.c.case_id).join(
            _procurements, _procurements.c.case_id == _tasks.c.case_id
        )
    )
    .where(
        _cases.c.region_id == bindparam("region_id"),
        _cases.c.process == "procurement",
        _cases.c.existing.is_(False),
        or_(_cases.c.closed_at.is_(None), _cases.c.closed_at >= bindparam("since")),
        _tasks.c.status == "done",
        _tasks.c.trigger.in_(sorted(_STEP_OF)),
        _tasks.c.done_at >= bindparam("since"),
        _procurements.c.track.in_(sorted(STEPS)),
    )
    .order_by(_tasks.c.done_at, _tasks.c.id)
)
_PAUSED = select(_pauses.c.case_id, _pauses.c.from_on, _pauses.c.to_on).where(
    _pauses.c.case_id.in_(select(_cases.c.id).where(_cases.c.region_id == bindparam("region_id"))),
    _pauses.c.to_on.is_not(None),
)
_CLEAR = Statement(delete(_observed).where(_observed.c.region_id == bindparam("the_region_id")))
_INSERT = insert_into(_observed)
_OBSERVED = Statement(select(_observed).where(_observed.c.region_id == bindparam("region_id")))


class WorkingDays:
    """How many working days lie between two days: counted once for the whole span, then a subtraction."""

    def __init__(self, first: date, last: date, calendar: Calendar) -> None:
        self.first = first
        span = range((last - first).days + 1)
        self._until = list(accumulate(int(calendar.is_working_day(first + i * ONE_DAY)) for i in span))

    def between(self, a: date, b: date) -> int:
        """From `a` (excluded) to `b` (included). Both lie in the span."""
        return self._until[(b - self.first).days] - self._until[(a - self.first).days]


@handles(CountDurations)
def count_durations(uow: UnitOfWork, command: CountDurations, who: Actor) -> dict[str, Any]:
    """Count a region's steps anew: two queries, one row for each unit, track and step with enough finished cases.

    A case sent back takes the sum of its rounds; of several lots the slowest counts. Raises NotFound.
    """
    if command.region_id != who.region_id:
        raise NotFound
    today = local_date(uow.now)
    uow.run(_CLEAR, the_region_id=command.region_id)
    kept = 0
    for (unit_id, track, step), values in _taken(uow, command.region_id, today).items():
        latest = values[-LATEST:]
        if len(latest) < ENOUGH_CASES:
            continue
        uow.run(
            _INSERT, region_id=command.region_id, unit_id=unit_id, track=track, step=step, cases=len(latest),
            median=nearest_rank(latest, 50), ninety=nearest_rank(latest, 90), counted_on=today,
        )  # fmt: skip
        kept += 1
    return {"rows": kept}


def _taken(uow: UnitOfWork, region_id: str, today: date) -> dict[tuple[str, str, str], list[int]]:
    """The working days each step took: by unit ("" for the region), track and step, the latest case last."""
    since = uow.now - LOOK_BACK
    rows = uow.connection.execute(_DONE, {"region_id": region_id, "since": since}).all()
    if not rows:
        return {}
    begun = [local_date(r.opened_at) for r in rows]
    calendar = case_rows.calendar(uow, region_id)
    days = WorkingDays(min(begun), max(today, *(local_date(r.done_at) for r in rows)), calendar)
    paused: dict[str, list[tuple[date, date]]] = defaultdict(list)
    for p in uow.connection.execute(_PAUSED, {"region_id": region_id}):
        paused[p.case_id].append((p.from_on, p.to_on))
    lots: dict[tuple[str, str], dict[str | None, int]] = defaultdict(lambda: defaultdict(int))
    known: dict[str, tuple[str | None, str]] = {}
    for r, first in zip(rows, begun, strict=True):
        last = local_date(r.done_at)
        taken = days.between(first, last)
        for from_on, to_on in paused.get(r.case_id, ()):
            a, b = max(from_on - ONE_DAY, first), min(to_on - ONE_DAY, last)
            if b > a:
                taken -= days.between(a, b)
        place = (r.case_id, _STEP_OF[r.trigger])
        lots[place][r.lot_id] += taken
        lots[place] = lots.pop(place)  # the case that finished the step last stands last
        known[r.case_id] = (r.unit_id, r.track)
    found: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for (case_id, step), each in lots.items():
        unit_id, track = known[case_id]
        if step in STEPS[track]:
            for owner in {"", unit_id or ""}:
                found[owner, track, step].append(max(each.values()))
    return found


class Past:
    """What is known of a region's past, asked once and then by unit and track."""

    def __init__(self, uow: UnitOfWork, region_id: str) -> None:
        self._rows = {(r.unit_id, r.track, r.step): r for r in uow.all(_OBSERVED, region_id=region_id)}

    def of(self, unit_id: str | None, track: str) -> dict[str, Observed]:
        """The unit's own past where it has enough, else its region's."""
        found: dict[str, Observed] = {}
        for step in STEPS[track]:
            row = self._rows.get((unit_id or "-", track, step))
            own = row is not None
            row = row or self._rows.get(("", track, step))
            if row is not None:
                found[step] = Observed(row.cases, row.median, row.ninety, of_unit=own)
        return found


REGIONS_WITH_WORK = Statement(
    select(_cases.c.region_id).where(_cases.c.process == "procurement").group_by(_cases.c.region_id)
)
