"""Coming days on which nobody may take a decision that is waited for: who is away, whose role or mandate ends."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from typing import Any

from sqlalchemy import bindparam, case, func, literal_column, or_, select

from notifications.kinds import Kind
from notifications.recipients import Person as Addressee
from states.calendar import Calendar, at_local, local_date
from states.cover import Days, gaps
from states.registry import DEFINITIONS
from states.reminders import setting
from states.roles import PERSONAL_ROLES, Actor, Role, system_actor
from workflow.commands import WarnOfGaps
from workflow.contracts.tables import Contract
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations.tables import ContractTermsRow, Deviation
from workflow.engine import audit, case_rows, directory, outbox
from workflow.engine.canonical import canonical
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.tables import Case, DeciderWarning, Task
from workflow.engine.timers import held
from workflow.errors import Forbidden
from workflow.people.tables import Absence, MandateRow, Person, RoleAssignment, Substitute
from workflow.procurements.tables import Procurement

log = logging.getLogger("stegvis.deciders")

_tasks = Task.__table__  # type: ignore[attr-defined]
_cases = Case.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_roles = RoleAssignment.__table__  # type: ignore[attr-defined]
_subs = Substitute.__table__  # type: ignore[attr-defined]
_absences = Absence.__table__  # type: ignore[attr-defined]
_mandates = MandateRow.__table__  # type: ignore[attr-defined]
_procurements = Procurement.__table__  # type: ignore[attr-defined]
_contracts = Contract.__table__  # type: ignore[attr-defined]
_deviations = Deviation.__table__  # type: ignore[attr-defined]
_terms = ContractTermsRow.__table__  # type: ignore[attr-defined]
_warnings = DeciderWarning.__table__  # type: ignore[attr-defined]

WEEKS_AHEAD = 12
WEEK = timedelta(days=7)
LEADING = frozenset({Role.ADMINISTRATOR, Role.HEAD_OF_PROCUREMENT})

#: What a decision is worth in öre, as its own step counts it: the estimate of a procurement, the full amount of a fine,
#: else the contract's value.
_WORTH = func.coalesce(
    _procurements.c.estimated_value_ore,
    case(
        (_tasks.c.trigger == "decide_contractual_fine", _terms.c.fine_week_ore * _terms.c.fine_cap_weeks),
        else_=_contracts.c.value_ore,
    ),
)

_INSERT = insert_into(_warnings)
_OF_DAY = Statement(
    select(_warnings.c.on_day).where(
        _warnings.c.region_id == bindparam("region_id"), _warnings.c.on_day == bindparam("on_day")
    )
)
_SINCE = Statement(
    select(_warnings.c.on_day, _warnings.c.told, _warnings.c.mails)
    .where(_warnings.c.region_id == bindparam("region_id"), _warnings.c.on_day > bindparam("after"))
    .order_by(_warnings.c.on_day.desc())
)
_REGIONS = Statement(select(_people.c.region_id).where(_people.c.disabled_at.is_(None)).distinct())


def _deciding() -> dict[tuple[str, str], bool]:
    """The decisions of all processes, and whether one needs a row of the delegation order."""
    found: dict[tuple[str, str], bool] = {}
    for d in DEFINITIONS.values():
        for t in d.transitions:
            if t.decides:
                key = (d.id, t.trigger)
                found[key] = found.get(key, False) or "mandate_covers" in t.guards
    return found


DECIDING = _deciding()


@dataclass(frozen=True, slots=True)
class GapCase:
    """A case that waits for a decision nobody may take."""

    id: str
    reference: str
    title: str
    due_on: date | None


@dataclass(frozen=True, slots=True)
class Gap:
    """Days without anybody who may take one kind of decision, and the cases that wait for it."""

    process: str
    trigger: str
    role: str
    first_on: date
    last_on: date
    cases: tuple[GapCase, ...] = field(default=())
    open_ended: bool = False

    @property
    def key(self) -> str:
        """The same for the same gap on another day, whatever cases come and go and though today moves on."""
        return f"{self.process}.{self.trigger}.{self.role}.{'on' if self.open_ended else self.last_on.isoformat()}"


class _Register:
    """Who may what on which day of a region, read once."""

    def __init__(self, uow: UnitOfWork, region_id: str, first: date) -> None:
        run = uow.connection.execute
        self.active = set(
            run(select(_people.c.id).where(_people.c.region_id == region_id, _people.c.disabled_at.is_(None))).scalars()
        )
        tree = directory.units(uow, region_id)
        self.roles: dict[str, list[tuple[str, frozenset[str], Days]]] = {}
        for r in run(
            select(_roles.c.role, _roles.c.person_id, _roles.c.unit_id, _roles.c.valid_from, _roles.c.valid_to).where(
                _roles.c.region_id == region_id, or_(_roles.c.valid_to.is_(None), _roles.c.valid_to >= first)
            )
        ):
            inside = directory.below(tree, r.unit_id) if r.unit_id else frozenset()
            days = Days(r.valid_from, r.valid_to or date.max)
            self.roles.setdefault(r.role, []).append((r.person_id, inside, days))
        self.away: dict[str, list[Days]] = {}
        self.subs: dict[str, list[tuple[str, Days]]] = {}
        for a in run(select(_absences).where(_absences.c.region_id == region_id, _absences.c.last_on >= first)):
            self.away.setdefault(a.person_id, []).append(Days(a.first_on, a.last_on))
        for s in run(select(_subs).where(_subs.c.region_id == region_id, _subs.c.valid_to >= first)):
            days = Days(s.valid_from, s.valid_to)
            self.subs.setdefault(s.person_id, []).append((s.substitute_id, days))
            if s.away:
                self.away.setdefault(s.person_id, []).append(days)
        self.mandates: dict[str, list[Any]] = {}
        for m in run(
            select(_mandates).where(
                _mandates.c.region_id == region_id, or_(_mandates.c.valid_to.is_(None), _mandates.c.valid_to >= first)
            )
        ):
            self.mandates.setdefault(m.act, []).append(m)

    def present(self, person_id: str, day: date) -> bool:
        """Whether the person is there to decide, or somebody in that person's place."""
        if person_id in self.active and not any(d.holds(day) for d in self.away.get(person_id, ())):
            return True
        return any(
            s in self.active and days.holds(day) and not any(d.holds(day) for d in self.away.get(s, ()))
            for s, days in self.subs.get(person_id, ())
        )

    def decider(
        self, trigger: str, roles: tuple[str, ...], named: dict[str, str | None], unit_id: str | None, value: int | None,
        day: date, *, mandated: bool,
    ) -> bool:  # fmt: skip
        """Whether anybody may take the decision on a day."""
        for role in roles:
            for person_id, inside, days in self.roles.get(role, ()):
                if not days.holds(day):
                    continue
                if role in PERSONAL_ROLES and named.get(role) != person_id:
                    continue
                if inside and unit_id not in inside and role not in PERSONAL_ROLES:
                    continue
                if mandated and not self._covered(trigger, role, person_id, value, day):
                    continue
                if self.present(person_id, day):
                    return True
        return False

    def _covered(self, trigger: str, role: str, person_id: str, value: int | None, day: date) -> bool:
        return any(
            Days(m.valid_from, m.valid_to or date.max).holds(day)
            and (m.role == role or m.person_id == person_id)
            and (m.limit_ore is None or (value is not None and value <= m.limit_ore))
            for m in self.mandates.get(trigger, ())
        )


def decider_gaps(uow: UnitOfWork, who: Actor) -> list[Gap]:
    """The region's gaps of the twelve weeks to come, the first one first. Raises Forbidden.

    Looked at is every open duty to decide, from today to its last day (a late or open-ended one to the end of the
    twelve weeks). A gap counts when it holds the last day or at least a working week.
    """
    if not (who.is_system or who.roles() & LEADING):
        raise Forbidden
    today = local_date(uow.now)
    return _gaps(uow, who.region_id, today)


def _gaps(uow: UnitOfWork, region_id: str, today: date) -> list[Gap]:
    until = today + WEEKS_AHEAD * WEEK
    register, calendar = _Register(uow, region_id, today), Calendar()
    query = (
        select(
            _tasks.c.process, _tasks.c.trigger, _tasks.c.role, _tasks.c.roles, _tasks.c.due_on, _cases.c.id,
            _cases.c.reference, _cases.c.title, _cases.c.unit_id, _cases.c.owner_id, _cases.c.manager_id,
            _WORTH.label("value"),
        )
        .select_from(
            _tasks.join(_cases, _cases.c.id == _tasks.c.case_id)
            .outerjoin(_procurements, _procurements.c.case_id == _cases.c.id)
            .outerjoin(_deviations, _deviations.c.case_id == _cases.c.id)
            .outerjoin(_contracts, _contracts.c.case_id == func.coalesce(_deviations.c.contract_id, _cases.c.id))
            .outerjoin(_terms, _terms.c.id == _deviations.c.terms_id)
        )
        .where(
            _tasks.c.region_id == region_id,
            _tasks.c.status == literal_column("'open'"),
            _tasks.c.trigger.in_(sorted({t for _, t in DECIDING})),
            _cases.c.paused_on.is_(None),
        )
        .order_by(_tasks.c.due_on, _tasks.c.id)
    )  # fmt: skip
    known: dict[Any, list[Days]] = {}
    deciders: dict[Any, Callable[[date], bool]] = {}
    found: dict[Any, list[GapCase]] = {}
    for t in uow.connection.execute(query):
        if (t.process, t.trigger) not in DECIDING:
            continue
        roles = tuple(r for r in t.roles.split(",") if r != Role.SYSTEM)
        last = min(t.due_on, until) if t.due_on and t.due_on >= today else until
        alike = (t.process, t.trigger, roles, t.owner_id, t.manager_id, t.unit_id, t.value, last, t.due_on)
        if alike not in known:
            # Whoever may decide on a day may do so whatever the last day is.
            mandated = DECIDING[t.process, t.trigger]
            asked = (t.process, t.trigger, roles, t.owner_id, t.manager_id, t.unit_id, t.value if mandated else None)
            if asked not in deciders:
                deciders[asked] = cache(_asked(register, alike, mandated=mandated))
            known[alike] = gaps(today, last, t.due_on, deciders[asked], calendar)
        for g in known[alike]:
            cases = found.setdefault((t.process, t.trigger, t.role, g.first, g.last), [])
            if all(c.id != t.id for c in cases):
                cases.append(GapCase(t.id, t.reference, t.title, t.due_on))
    made = [
        Gap(process, trigger, role, first, last, tuple(cases), open_ended=last == until)
        for (process, trigger, role, first, last), cases in found.items()
    ]
    return sorted(made, key=lambda g: (g.first_on, g.last_on, g.trigger, g.role))


def _asked(register: _Register, alike: Any, *, mandated: bool) -> Callable[[date], bool]:
    _, trigger, roles, owner_id, manager_id, unit_id, value, _, _ = alike
    named = {str(Role.CONTRACT_OWNER): owner_id, str(Role.CONTRACT_MANAGER): manager_id}
    return lambda day: register.decider(trigger, roles, named, unit_id, value, day, mandated=mandated)


# --- the warning ------------------------------------------------------------------------------------------------


def warn_of_gaps(app: Stegvis) -> bool:
    """Look once a day and region, from the region's mail hour on. Returns whether this day is done with."""
    with app.database.read() as uow:
        if held(uow):
            return False
        today = local_date(uow.now)
        due, early = [], False
        for region_id in [r.region_id for r in uow.all(_REGIONS)]:
            hour = int(setting(case_rows.parameters(uow, region_id, today), "mail_hour"))
            if uow.now < at_local(today, hour):
                early = True
            elif not uow.one(_OF_DAY, region_id=region_id, on_day=today):
                due.append(region_id)
    for region_id in due:
        execute(app, WarnOfGaps(region_id, today), by=system_actor(region_id))
    return not early


@handles(WarnOfGaps)
def warn(uow: UnitOfWork, command: WarnOfGaps, who: Actor) -> dict[str, Any]:
    """One mail to each head of procurement and administrator when a gap is new or was last told a week ago."""
    region_id, today = command.region_id, command.on_day
    if uow.one(_OF_DAY, region_id=region_id, on_day=today):
        return {"mails": 0}
    found = _gaps(uow, region_id, today)
    before = uow.all(_SINCE, region_id=region_id, after=today - WEEK)
    known = {key for row in before if row.mails for key in json.loads(row.told)}
    new = [g for g in found if g.key not in known]
    people = _leaders(uow, region_id, today) if new else []
    uow.run(
        _INSERT,
        region_id=region_id,
        on_day=today,
        told=canonical(sorted({g.key for g in found})),
        mails=len(people),
    )
    if not new:
        return {"mails": 0}
    region = case_rows.region(uow, region_id)
    first = new[0]
    for role, person in people:
        outbox.queue_general(
            uow,
            Kind.NO_DECIDER,
            person,
            region_id=region_id,
            region_name=region.name if region else region_id,
            link="/admin/deciders",
            thread=f"deciders-{region_id}",
            role=f"role.{role}",
            asked=f"asked.{first.process}.{first.trigger}",
            needs=f"role.{first.role}",
            cases=len(first.cases),
            first_on=first.first_on,
            last_on=first.last_on,
            more=len(found) - 1,
        )
    audit.append(
        uow,
        audit.register_stream(region_id, "mail"),
        region_id=region_id,
        kind="decider_gaps_told",
        at=uow.now,
        actor_id=who.person_id,
        facts={"gaps": sorted(g.key for g in found), "mails": len(people)},
    )
    return {"mails": len(people)}


def _leaders(uow: UnitOfWork, region_id: str, today: date) -> list[tuple[str, Addressee]]:
    told: dict[str, tuple[str, Addressee]] = {}
    for role in sorted(LEADING, reverse=True):
        for h in directory.holders(uow, region_id, role, today):
            told.setdefault(h.id, (role, Addressee(h.id, h.name, h.email, h.locale)))
    return list(told.values())
