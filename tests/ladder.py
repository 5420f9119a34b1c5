"""Plays a supplier's deviation in business words: what the officer writes down, what the clock does, what letters say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from states.calendar import local_date
from states.roles import system_actor
from tests.play import Play
from workflow.commands import OpenCase, RecordReturned
from workflow.db.statements import Row
from workflow.deviations.queries import LadderView, ladder_view
from workflow.engine.execute import execute

SUPPLIER = "sven@nordhandske.example"
CONTRACT = {
    "title": "Undersökningshandskar", "supplier_name": "Nordhandske AB", "start_on": "2026-01-01",
    "end_on": "2030-12-31", "is_framework": True, "value": "4 000 000",
}  # fmt: skip
FOUND = {
    "title": "Rekryteringsavgifter i fabriken", "found_on": "2026-03-01", "finding_source": "audit",
    "deviation_kind": "other", "requirement": "Arbetare betalar inte för sin anställning",
    "clause": "uppförandekoden 2.3", "description": "Fem arbetare uppgav att de betalat avgifter.",
    "contact_name": "Sven Svar", "contact_email": SUPPLIER,
}  # fmt: skip
#: The ground of the contract for a supplier that answers no letter.
GROUND = "not_following_plan"
MILESTONES = [
    {"action": "Avgifterna betalas tillbaka", "responsible": "Sven Svar", "due_on": "2026-09-01"},
    {"action": "Ny rekryteringspolicy", "responsible": "Siv Svar", "due_on": "2026-10-01"},
]


class Ladder:
    """One deviation at play; the play's own case is the deviation's."""

    def __init__(self, play: Play, contract_id: str = "", *, framework: bool = True, **found: Any) -> None:
        self.play = play
        self.contract = contract_id or contract(play, is_framework=framework)
        opened = OpenCase("deviation", play.region, {**FOUND, **found}, parent_id=self.contract)
        self.id = play.do("officer", opened)["id"]

    # --- acting ---------------------------------------------------------------------------------------------------

    def act(self, who: str, trigger: str, **form: Any) -> dict[str, Any]:
        return self.play.act(who, trigger, case=self.id, **form)

    def offer(self) -> None:
        """The officer opens the dialogue and offers the opportunity to remedy; the mail leaves."""
        self.act("officer", "start_dialogue")
        self.act("officer", "offer_opportunity_to_remedy")
        self.play.run_due()

    def pass_period(self) -> None:
        """Nobody answers until the day after the present response period; the scheduler is at work every day."""
        last = self.due_on
        assert last is not None
        while self.play.today <= last:
            self.play.advance(max(1, (min(self._next_day(), last + timedelta(days=1)) - self.play.today).days))

    def _next_day(self) -> date:
        """The next day on which anything is due in the whole region: on those between a scheduler finds nothing."""
        (found,) = self.play.sql("SELECT min(due_at) AS at FROM timers WHERE status = 'pending'")
        if found.at is None:
            return date.max
        at = found.at if isinstance(found.at, datetime) else datetime.fromisoformat(f"{found.at}+00:00")
        return local_date(at)

    def climb_to(self, rung: str) -> None:
        """From the record up to one of the rungs that need no decision, all letters handed over."""
        self.offer()
        while self.rung != rung:
            self.pass_period()

    def to_decision(self) -> None:
        """Up the whole stair until the first sanction is asked for."""
        self.climb_to("escalation_meeting")
        self.pass_period()

    def decide(self, rung: str, **more: Any) -> None:
        """The officer prepares a sanction, the owner consents to a stop, the head decides; the letter leaves."""
        prepared = {"ground": GROUND, "proportionality": "Övriga medel är uttömda.", "evidence": "Revisionen"}
        self.act("officer", "prepare_rung", prepared_rung=rung, **{**prepared, **more})
        if rung == "call_off_stop":
            self.act("owner", "consent_to_call_off_stop", consents=True, note="Handskarna kan köpas på annat håll.")
        self.act("head", f"decide_{rung}", reasons="Leverantören har inte svarat.")
        self.play.run_due()

    def hand_in_plan(self, received_on: str = "", **more: Any) -> None:
        day = received_on or self.play.today.isoformat()
        self.act("officer", "record_action_plan", received_on=day, cause="Bristande kontroll",
                 milestones=more.get("milestones", MILESTONES))  # fmt: skip

    def bounce(self) -> None:
        """The last letter to the supplier comes back."""
        message = self.letters()[-1].message_id
        letter = RecordReturned(message, f"back-{message}", "bounced", "550 no such user")
        execute(self.play.app, letter, by=system_actor(self.play.region))

    # --- looking --------------------------------------------------------------------------------------------------

    @property
    def view(self) -> LadderView:
        with self.play.app.database.read() as uow:
            return ladder_view(uow, self.play.as_("officer"), self.id)

    @property
    def state(self) -> str:
        return str(self.play.row(self.id).state)

    @property
    def rung(self) -> str | None:
        return self.row.rung  # type: ignore[no-any-return]

    @property
    def row(self) -> Row:
        (found,) = self.play.sql("SELECT * FROM deviations WHERE case_id = :id", id=self.id)
        return found

    def row_day(self, name: str) -> date:
        """A day of the deviation's row, whichever database gave it."""
        return date.fromisoformat(str(getattr(self.row, name)))

    @property
    def due_on(self) -> date | None:
        """The last day of the period that runs now."""
        response = self.view.response
        return date.fromisoformat(response["due_on"]) if response else None

    def owed(self) -> set[tuple[str, str]]:
        return self.play.owed(case=self.id)

    def letters(self) -> list[Any]:
        return list(self.view.notices)

    def sent(self) -> list[str]:
        """The subjects of what the supplier's mail server took, in order."""
        return [str(m["Subject"]) for address, m in self.play.sent if address == SUPPLIER]

    def entered(self) -> list[str]:
        """The rungs entered so far, in order."""
        return [e.rung for e in self.view.entries if e.status == "entered"]


def contract(play: Play, **more: Any) -> str:
    """A contract of the division with a supplier."""
    form = {**CONTRACT, "unit": play.people["unit"], **more}
    return str(play.do("officer", OpenCase("contract", play.region, form))["id"])
