"""The working area of one command on one case: what is known, and what shall change when it commits."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from notifications.kinds import Kind
from notifications.recipients import Assignment, Recipient, responsible
from states.calendar import Calendar, local_date
from states.decision import Decision, TaskPlan
from states.definition import ProcessDefinition
from states.facts import CaseFacts, LotFacts, Parameter, Situation
from states.reminders import setting
from states.roles import Actor, Capacity
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import outbox, registries
from workflow.engine.access import Secrecy
from workflow.engine.audit import Field
from workflow.engine.directory import RegionDirectory
from workflow.engine.forms import fitting
from workflow.errors import FieldError, InvalidForm

_LOT_FACTS = [
    "id",
    "number",
    "state",
    "title",
    "prepared_by",
    "award_proposed",
    "notice_sent_on",
    "standstill_due_on",
    "standstill_rule",
    "cancellation_prepared_by",
    "cancellation_due_on",
    "contracts_prepared_by",
    "interim_order",
    "tender_secret",
    "exclusion_due_on",
    "reasons_requested_on",
]


def lot_facts(row: Row, changes: dict[str, Any] | None = None) -> LotFacts:
    """A lot's row as the law book reads it, with the changes of this command."""
    values = {name: getattr(row, name) for name in _LOT_FACTS}
    if changes:
        values.update({k: v for k, v in changes.items() if k in values})
    return LotFacts(**values)


@dataclass(slots=True)
class Step:
    """Effects read from it and write into it; `engine/records.py` turns it into rows, one event a step."""

    uow: UnitOfWork
    actor: Actor
    definition: ProcessDefinition
    case: Row
    lots: list[Row]
    parameters: dict[str, Parameter]
    region_name: str
    today: date
    form: Any = None
    lot: Row | None = None
    capacity: Capacity | None = None
    trigger: str = ""
    confirmed: bool | None = None
    decision: Decision | None = None
    calendar: Calendar = field(default_factory=Calendar)
    pauses: tuple[Any, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)
    changes: dict[str, Any] = field(default_factory=dict)
    lot_changes: dict[str, dict[str, Any]] = field(default_factory=dict)
    fields: list[Field] = field(default_factory=list)
    recorded: dict[str, Any] = field(default_factory=dict)
    more_tasks: list[TaskPlan] = field(default_factory=list)
    reasons: str | None = None
    presenter_id: str | None = None
    sent_to: str = ""
    value_ore: int | None = None
    named: dict[str, str] = field(default_factory=dict)
    """By role: the one person whose it is where the case names none; empty: this role is passed by."""
    quiet: bool = False
    """What this command opens mails nobody at once; reminders come on their days."""
    _directory: RegionDirectory | None = None

    # --- looking ---------------------------------------------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The instant of this command (UTC), one for all it writes."""
        return self.uow.now

    @property
    def case_id(self) -> str:
        """The case's id."""
        return str(self.case.id)

    @property
    def directory(self) -> RegionDirectory:
        """Who is who in the case's region today."""
        if self._directory is None:
            self._directory = RegionDirectory(self.uow, self.case.region_id, self.today)
        return self._directory

    def column(self, name: str) -> Any:
        """A column of the case as it will be after this command."""
        return self.changes.get(name, getattr(self.case, name))

    def case_facts(self) -> CaseFacts:
        """The case as the law book reads it, with the changes of this command."""
        c = self.case
        return CaseFacts(
            id=c.id,
            region_id=c.region_id,
            process=c.process,
            version=c.version,
            state=self.column("state"),
            reference=c.reference,
            title=self.column("title"),
            row_version=c.row_version,
            unit_id=self.column("unit_id"),
            owner_id=self.column("owner_id"),
            officer_id=self.column("officer_id"),
            manager_id=self.column("manager_id"),
            opened_at=c.opened_at,
            registry_number=c.registry_number,
            parent_id=c.parent_id,
            predecessor_id=c.predecessor_id,
            paused_on=self.column("paused_on"),
            pauses=self.pauses,
            answering_role=c.answering_role,
        )

    def lot_as_is(self, row: Row) -> LotFacts:
        """A lot as the law book reads it, with the changes of this command."""
        return lot_facts(row, self.lot_changes.get(row.id))

    def situation(self) -> Situation:
        """What guards and deadlines look at, as things stand at this point of the command."""
        return Situation(
            case=self.case_facts(),
            actor=self.actor,
            capacity=self.capacity,
            today=self.today,
            form=self.form,
            lot=self.lot_as_is(self.lot) if self.lot is not None else None,
            lots=tuple(self.lot_as_is(x) for x in self.lots),
            calendar=self.calendar,
            parameters=self.parameters,
            facts=self.facts,
        )

    def load(self, name: str) -> Any:
        """A fact by its registered loader, once a step."""
        if name not in self.facts:
            self.facts[name] = registries.FACTS[name](self)
        return self.facts[name]

    def forget(self, *names: str) -> None:
        """An effect changed what these facts rest on."""
        for name in names:
            self.facts.pop(name, None)

    def answer(self, name: str, default: Any = None) -> Any:
        """A field of the form, or `default` where the form does not ask."""
        return getattr(self.form, name, default)

    def happened(self, name: str, since: date | None = None) -> date:
        """A field of the form that is the day of something that has happened, on or after the local day `since`.

        Raises InvalidForm for a day ahead, and for one before what it follows from.
        """
        day: date = self.answer(name)
        if day > self.today:
            raise InvalidForm([FieldError(name, "date_in_future")])
        if since is not None and day < since:
            raise InvalidForm([FieldError(name, "date_too_early", {"day": since.isoformat()})])
        return day

    def lot_since(self) -> date:
        """The local day on which the step's lot came to where it stands."""
        assert self.lot is not None
        return local_date(self.lot.entered_at)

    # --- changing --------------------------------------------------------------------------------------------

    def change(self, **columns: Any) -> None:
        """Columns of the case row that change with this step."""
        self.changes.update(columns)

    def change_lot(self, lot_id: str, **columns: Any) -> None:
        """Columns of a lot's row that change with this step."""
        self.lot_changes.setdefault(lot_id, {}).update(columns)

    def record(self, name: str, value: Any, secrecy: str = Secrecy.OPEN) -> None:
        """A further field of the event, beside those of the form."""
        self.fields.append(Field(name, value, secrecy, self.lot.id if self.lot is not None else None))

    # --- telling ---------------------------------------------------------------------------------------------

    def words(self, lot_id: str | None = None) -> outbox.CaseWords:
        """What every mail says of the case; of one of several lots its number and title come first."""
        return outbox.CaseWords(
            self.case_id,
            self.case.reference,
            self._title_with(lot_id),
            self.case.region_id,
            self.region_name,
            int(setting(self.parameters, "mail_hour")),
        )

    def _title_with(self, lot_id: str | None) -> str:
        title = str(self.column("title"))
        lot = next((x for x in self.lots if x.id == lot_id), None)
        if lot is None or len(self.lots) < 2:
            return title
        return fitting(f"{lot.number} {lot.title}, " if lot.title else f"{lot.number}, ", title)

    def person_for(self, role: str) -> str | None:
        """The person the case names for a role; None where the whole role answers."""
        if role in self.named:
            return self.named[role] or None
        if self.case.answering_role == role:
            return self.column("owner_id")  # type: ignore[no-any-return]
        return {
            "contract_owner": self.column("owner_id"),
            "procurement_officer": self.column("officer_id"),
            "contract_manager": self.column("manager_id"),
        }.get(role)

    def reach(self, role: str, person_id: str | None = None) -> tuple[Recipient, ...]:
        """Today's mailboxes for a role (or one person of it), never the actor's own."""
        person = self.directory.person(person_id or self.person_for(role))
        assignment = Assignment(self.case_id, role, self.column("unit_id"), person)
        return tuple(
            r for r in responsible(assignment, self.directory, self.today) if r.person.id != self.actor.person_id
        )

    def tell(self, kind: Kind, recipients: tuple[Recipient, ...], *, role: str, link: str, **facts: Any) -> None:
        """Queue a mail; it leaves after the commit."""
        outbox.queue(self.uow, kind, self.words(), recipients, role=f"role.{role}", link=link, **facts)

    def trigger_label(self, prefix: str, trigger: str) -> str:
        """The code of a trigger's text, e.g. `asked.procurement.decide_award`."""
        return f"{prefix}.{self.case.process}.{trigger}"

    def next_state_label(self, trigger: str) -> str | None:
        """What follows when the trigger is pulled: the state of its first edge that leads on."""
        onward = [e for e in self.definition.edges(trigger) if e.source != e.target]
        fitting = [e for e in onward if e.fits(self._routing())] or onward
        return self.state_label(fitting[0].target) if fitting else None

    def _routing(self) -> dict[str, str]:
        track = getattr(self.facts.get("procurement"), "track", None)
        return {"track": track} if track else {}

    def state_label(self, state: str) -> str:
        """The code of a state's text."""
        return f"state.{self.case.process}.{state}"
