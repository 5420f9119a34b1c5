"""Looking at the year: what is owed when, by whom, and how it stands; and the register behind it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import and_, or_, select

from states.deadlines import Basis, fixed
from states.recurrence import Rhythm
from states.roles import Actor
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.duties.register import COOPERATION, duties, expected, recurring, title_of
from workflow.engine.case_rows import cases
from workflow.engine.tables import Region
from workflow.people.tables import Person

_people = Person.__table__  # type: ignore[attr-defined]
_regions = Region.__table__  # type: ignore[attr-defined]

#: What has not been opened yet: the day is known, and nobody owes it so far.
AHEAD = "ahead"


@dataclass(frozen=True, slots=True)
class DutyItem:
    """One occurrence. `case_id` is None before it is opened, and for what the cooperation only shows."""

    recurring_id: str
    region_id: str
    region_name: str
    period: str
    title: str
    due_on: date
    opens_on: date
    state: str
    late: bool
    opened_late: bool
    owner_role: str
    owner_name: str | None
    case_id: str | None
    case_reference: str | None
    done_on: date | None
    reference: str | None
    notified_on: date | None
    confirmation_reference: str | None
    receipt: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Tally:
    """How often in the year something was done that must be done several times: `expected` by today, of `times`."""

    title: str
    times: int
    done: int
    expected: int

    @property
    def missing(self) -> int:
        return max(0, self.expected - self.done)


@dataclass(frozen=True, slots=True)
class RegisterItem:
    """A row of the register, as it is kept."""

    id: str
    title: str
    rhythm: str
    month: int
    day: int
    times: int
    every_years: int
    owner_role: str
    owner_name: str | None
    lead_days: int
    basis: str
    source: str
    is_notice: bool
    shared: bool
    valid_from: date
    valid_to: date | None


#: Who is named while that person's account is open: of what is not opened yet, else the role answers.
_REGISTER = select(recurring, _people.c.name.label("owner_name"), _regions.c.name.label("region_name")).select_from(
    recurring.join(_regions, _regions.c.id == recurring.c.region_id).outerjoin(
        _people, and_(_people.c.id == recurring.c.owner_id, _people.c.disabled_at.is_(None))
    )
)


def _rows(uow: UnitOfWork, who: Actor, *, shared: bool) -> list[Row]:
    """The organisation's own rows, and with `shared` those that the cooperation shows to all."""
    mine: Any = recurring.c.region_id == who.region_id
    if shared:
        mine = or_(mine, and_(recurring.c.region_id == COOPERATION, recurring.c.shared))
    return list(uow.connection.execute(_REGISTER.where(mine).order_by(recurring.c.id)))


def year_of(uow: UnitOfWork, who: Actor, year: int, today: date, *, region: str | None = None) -> list[DutyItem]:
    """The occurrences of a year by their last day; with `region` only that organisation's."""
    rows = [r for r in _rows(uow, who, shared=True) if region in (None, r.region_id)]
    opened = _opened(uow, [r.id for r in rows], year)
    found = []
    for row in rows:
        mine = row.region_id == who.region_id
        known = {o.period: o for o in expected(row, date(year, 1, 1), date(year, 12, 31))}
        # What was opened stays in the year, also when the row was ended or changed since.
        for period in sorted({*known, *(p for i, p in opened if i == row.id)}):
            case = opened.get((row.id, period))
            due_on = case.due_on if case is not None else known[period].due_on
            state = case.state if case is not None else AHEAD
            source, basis = (case.source, case.basis) if case is not None else (row.source, row.basis)
            found.append(
                DutyItem(
                    recurring_id=row.id,
                    region_id=row.region_id,
                    region_name=row.region_name,
                    period=period,
                    title=case.title if case is not None else title_of(row, period),
                    due_on=due_on,
                    opens_on=known[period].opens_on if period in known else due_on,
                    state=state,
                    late=state in ("planned", AHEAD) and due_on < today,
                    opened_late=bool(case is not None and case.opened_late),
                    owner_role=row.owner_role,
                    owner_name=(case if case is not None else row).owner_name if mine else None,
                    case_id=case.case_id if case is not None and mine else None,
                    case_reference=case.case_reference if case is not None and mine else None,
                    done_on=case.done_on if case is not None else None,
                    reference=case.reference if case is not None and mine else None,
                    notified_on=case.notified_on if case is not None and mine else None,
                    confirmation_reference=case.confirmation_reference if case is not None and mine else None,
                    receipt=fixed("duty", "duty_falls_due", due_on, Basis(basis), source).as_json(),
                )
            )
    return sorted(found, key=lambda d: (d.due_on, d.region_id, d.title))


def _opened(uow: UnitOfWork, ids: list[str], year: int) -> dict[tuple[str, str], Row]:
    if not ids:
        return {}
    query = (
        select(
            duties.c.recurring_id, duties.c.period, duties.c.case_id, duties.c.due_on, duties.c.basis, duties.c.source,
            duties.c.opened_late, duties.c.done_on, duties.c.reference, duties.c.notified_on,
            duties.c.confirmation_reference, cases.c.title, cases.c.state, cases.c.reference.label("case_reference"),
            _people.c.name.label("owner_name"),
        )
        .select_from(
            duties.join(cases, cases.c.id == duties.c.case_id).outerjoin(_people, _people.c.id == cases.c.owner_id)
        )
        .where(duties.c.recurring_id.in_(ids), duties.c.due_on.between(date(year, 1, 1), date(year, 12, 31)))
    )  # fmt: skip
    return {(r.recurring_id, r.period): r for r in uow.connection.execute(query)}


def tallies(uow: UnitOfWork, who: Actor, items: list[DutyItem], today: date) -> list[Tally]:
    """Of what must be done several times a year: how often it was done, and how often it should have been by today."""
    found = []
    for row in _rows(uow, who, shared=False):
        own = [d for d in items if d.recurring_id == row.id]
        if row.rhythm == Rhythm.TIMES_A_YEAR and row.times > 1 and own:
            done = sum(d.state == "done" for d in own)
            waived = sum(d.state == "waived" for d in own)
            by_now = sum(d.due_on < today for d in own)
            found.append(Tally(row.title, len(own), done, max(0, by_now - waived)))
    return found


def register_of(uow: UnitOfWork, who: Actor) -> list[RegisterItem]:
    """The organisation's own register, what has ended last."""
    names = RegisterItem.__dataclass_fields__
    items = [RegisterItem(**{n: getattr(r, n) for n in names}) for r in _rows(uow, who, shared=False)]
    return sorted(items, key=lambda r: (r.valid_to is not None, r.month, r.day, r.title))
