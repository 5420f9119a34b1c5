"""Plays procurements in business words: who does what, and what time it becomes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

from sqlalchemy import select, text

from notifications.transport import MemoryTransport
from states.calendar import local_date
from states.roles import Actor
from workflow.cases.actions import basis_hash
from workflow.clock import FixedClock
from workflow.commands import Act, OpenCase, ProposeParameter, ReleaseParameter
from workflow.db.statements import Row
from workflow.engine import case_rows, directory
from workflow.engine.delivery import deliver_mail
from workflow.engine.digests import make_digests
from workflow.engine.execute import Stegvis, execute
from workflow.engine.tables import AuditEvent, OutboxMessage, Task, Timer
from workflow.engine.timers import fire_due_timers

TARGET = {
    "statement": "Minst hälften av städmedlen är miljömärkta",
    "dimension": "environmental",
    "goal": 12,
    "level": "advanced",
    "indicator": "andel miljömärkta produkter",
    "follow_up": "årlig redovisning",
}
REQUIREMENT = {
    "text": "Städmedlen är miljömärkta",
    "requirement_kind": "contract_clause",
    "proof": "licens",
    "follow_up": "stickprov varje år",
    "target_number": 1,
}
SUPPLIER = {"supplier_name": "Städ AB", "organisation_number": "556036-0793", "value": "2 400 000"}
CONTRACT = {
    **SUPPLIER,
    "start_on": "2026-08-01",
    "end_on": "2028-07-31",
    "option_count": 1,
    "option_months": 12,
    "notice_months": 3,
}


@dataclass
class Play:
    """One region at play. `case` is the case that `act` is about when nothing else is said."""

    app: Stegvis
    clock: FixedClock
    people: Mapping[str, str]
    region: str
    case: str = ""
    channel: str = "web"
    answers: list[dict[str, Any]] = field(default_factory=list)

    # --- acting ----------------------------------------------------------------------------------------------

    def as_(self, who: str) -> Actor:
        """The person as an actor, with every role held today."""
        with self.app.database.read() as uow:
            return directory.actor(uow, self.people.get(who, who), local_date(uow.now), channel=self.channel)

    def do(self, who: str, command: Any, **options: Any) -> Any:
        """Any command, by a person of the region."""
        return execute(self.app, command, by=self.people.get(who, who), channel=self.channel, **options)

    def open(
        self, who: str = "officer", *, title: str = "Städtjänster", lots: tuple[str, ...] = (), **form: Any
    ) -> str:
        """Open a procurement of the division; it becomes the case at play."""
        filled = {"title": title, "unit": self.people["unit"], "lots": list(lots), **form}
        self.case = self.do(who, OpenCase("procurement", self.region, filled))["id"]
        return self.case

    def act(
        self, who: str, trigger: str, lot: int | None = None, *, case: str = "", version: int | None = None,
        basis: str | None = None, **form: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """Take a step, having looked at the case just before as a person would. Returns the case after it."""
        case = case or self.case
        if lot is not None:
            form["lot"] = lot
        with self.app.database.read() as uow:
            row = uow.one(case_rows.GET_CASE, case_id=case)
            version = version or (row.row_version if row else None)
        if basis is None:
            basis = self.basis(who, trigger, lot, case=case)
        return self.do(who, Act(case, trigger, version, form, basis))  # type: ignore[no-any-return]

    def basis(self, who: str, trigger: str, lot: int | None = None, *, case: str = "") -> str | None:
        """The hash of what a decision rests on, as the page shows it to this person."""
        actor = self.as_(who)
        if actor.region_id != self.region:
            return None
        with self.app.database.read() as uow:
            return basis_hash(uow, case or self.case, actor, trigger, lot)

    def set_parameter(self, name: str, value: str, valid_from: date, source: str, *, running: bool = False) -> str:
        """The administrator proposes a value and the head of procurement releases it. Returns the change's id."""
        change = self.do("admin", ProposeParameter(self.region, name, value, valid_from, source, running))["id"]
        self.do("head", ReleaseParameter(change))
        return str(change)

    # --- time ------------------------------------------------------------------------------------------------

    @property
    def today(self) -> date:
        return local_date(self.clock.now())

    def run_due(self) -> int:
        """What the scheduler does: fire what is due, hand over the mail."""
        fired = fire_due_timers(self.app)
        make_digests(self.app)
        deliver_mail(self.app)
        return fired

    def advance(self, days: float = 0, *, to: str | None = None) -> int:
        """Nobody looks until then (a jump): afterwards everything due fires and the mail leaves."""
        self.clock.at = at(to) if to else self.clock.at + timedelta(days=days)
        return self.run_due()

    def live(self, *, until: str) -> None:
        """Day by day, at ten in the morning UTC, with the scheduler at work."""
        self.run_due()
        while self.today < date.fromisoformat(until):
            self.advance(1)

    # --- looking ---------------------------------------------------------------------------------------------

    @property
    def sent(self) -> list[tuple[str, EmailMessage]]:
        """Every message handed over so far: (address, message)."""
        assert isinstance(self.app.transport, MemoryTransport)
        return self.app.transport.sent

    def mail_to(self, who: str) -> list[EmailMessage]:
        return [m for address, m in self.sent if address == f"{who}@{self.region}.example"]

    def row(self, case: str = "") -> Row:
        with self.app.database.read() as uow:
            return uow.one(case_rows.GET_CASE, case_id=case or self.case)

    def lots(self, case: str = "") -> dict[int, str]:
        with self.app.database.read() as uow:
            return {x.number: x.state for x in uow.all(case_rows.LOTS, case_id=case or self.case)}

    def _of_case(self, model: Any, case: str, *order: str) -> list[Row]:
        table = model.__table__
        query = select(table).where(table.c.case_id == (case or self.case)).order_by(*(table.c[o] for o in order))
        with self.app.database.read() as uow:
            return list(uow.connection.execute(query))

    def tasks(self, status: str | None = "open", *, case: str = "") -> list[Row]:
        return [t for t in self._of_case(Task, case, "opened_at", "id") if status in (None, t.status)]

    def task(self, trigger: str, *, case: str = "") -> Row:
        """The one open obligation of this kind."""
        (found,) = [t for t in self.tasks(case=case) if t.trigger == trigger]
        return found

    def owed(self, *, case: str = "") -> set[tuple[str, str]]:
        """What is open: (trigger, role)."""
        return {(t.trigger, t.role) for t in self.tasks(case=case)}

    def timers(self, status: str | None = "pending", *, case: str = "") -> list[Row]:
        return [t for t in self._of_case(Timer, case, "due_at", "id") if status in (None, t.status)]

    def events(self, *, case: str = "") -> list[Row]:
        return self._of_case(AuditEvent, case, "seq")

    def kinds(self, *, case: str = "") -> list[str]:
        return [e.kind for e in self.events(case=case)]

    def outbox(self, *, case: str = "") -> list[Row]:
        return self._of_case(OutboxMessage, case, "id")

    def contracts(self) -> list[str]:
        """The contract cases that came out of the case, in the order they were opened."""
        table = case_rows.cases
        query = select(table.c.id).where(table.c.parent_id == self.case).order_by(table.c.reference)
        with self.app.database.read() as uow:
            return [str(r.id) for r in uow.connection.execute(query)]

    def sql(self, statement: str, **given: Any) -> list[Row]:
        """A statement straight at the database, for looking or for spoiling; committed."""
        with self.app.database.write() as uow:
            result = uow.connection.execute(text(statement), given)
            return list(result) if result.returns_rows else []

    def elsewhere(self, case: str) -> Play:
        """The same region with another case at play."""
        return replace(self, case=case)

    # --- stretches of a procurement ----------------------------------------------------------------------------

    def need(self, track: str = "above_threshold", value: str = "9 000 000", **more: Any) -> None:
        self.act(
            "officer", "submit_needs_analysis", need="Städning av vårdlokaler", kind="services", track=track,
            estimated_value=value, **more,
        )  # fmt: skip

    def to_target_decision(self, **need: Any) -> None:
        self.need(**need)
        self.act("owner", "decide_start")
        risks = ("risk_environment", "risk_human_rights", "risk_corruption", "risk_labour_law")
        self.act("officer", "submit_risk_analysis", **dict.fromkeys(risks, "medium"))
        self.act("owner", "save_targets", targets=[TARGET])
        self.act("strategist", "record_opinion", supports=True, opinion="Rimlig nivå.")
        self.act("officer", "submit_targets")

    def to_advertising(self, **need: Any) -> None:
        self.to_target_decision(**need)
        self.act("owner", "decide_sustainability_target", reasons="Enligt underlaget.")
        self.set_requirements()

    def set_requirements(self, *requirements: Mapping[str, Any]) -> None:
        self.act("officer", "save_requirements", requirements=list(requirements or (REQUIREMENT,)))
        self.act("officer", "submit_requirements")
        self.act("owner", "decide_requirements")

    def advertise(self, days: int = 35) -> None:
        deadline = self.today + timedelta(days=days)
        self.act(
            "officer", "record_advertisement", published_on=self.today.isoformat(), notice_reference="2026/S 044-1",
            tender_deadline_on=deadline.isoformat(),
        )  # fmt: skip

    def open_tenders(self, after: int = 38) -> None:
        self.advance(after)
        self.act(
            "officer", "record_opening", opened_at_on=self.today.isoformat(), opened_by="Ulla", opened_with="Uno",
            protocol_reference="P1", tenders_received=3,
        )  # fmt: skip

    def to_evaluation(self, **need: Any) -> None:
        self.to_advertising(**need)
        self.advertise()
        self.open_tenders()

    def award(self, lot: int | None = None, *others: Mapping[str, Any]) -> None:
        self.act("officer", "submit_award_proposal", lot, suppliers=[SUPPLIER, *others], award_reasons="Bäst kvalitet.")
        self.act("head", "decide_award", lot)

    def notify(self, lot: int | None = None, **more: Any) -> None:
        self.act("officer", "record_award_notice", lot, sent_on=self.today.isoformat(), **more)

    def sign(self, lot: int | None = None, **contract: Any) -> None:
        self.act("officer", "prepare_contracts", lot, contracts=[{**CONTRACT, **contract}])
        self.act("head", "sign_contracts", lot, signed_on=self.today.isoformat(), signing_reference="S1")

    def several_in_standstill(self, count: int) -> list[Play]:
        """Cases side by side whose notices went out at the same moment."""
        cases = [self.elsewhere(self.open(title=f"Städ {number}")) for number in range(count)]
        for each in cases:
            each.to_advertising()
            each.advertise()
        self.advance(38)
        for each in cases:
            each.open_tenders(after=0)
            each.award()
            each.notify()
        return cases

    def finish_records(self, lot: int | None = None) -> None:
        """What the law asks for after the contract: the notice of the result, and the documentation."""
        self.act("officer", "record_post_award_notice", lot, published_on=self.today.isoformat(), notice_reference="E1")
        self.act("officer", "complete_documentation", lot, documentation_reference="D1")


def at(moment: str) -> datetime:
    """`2026-04-13` is ten in the morning UTC that day; a longer text is taken as it stands."""
    return datetime.fromisoformat(moment if "T" in moment else f"{moment}T10:00:00").replace(tzinfo=UTC)
