"""One procurement told once, whatever door its people come through: by command, by API or by pages.

The story is the customer's: two lots; one is sent back by the court and awarded anew, the other is cancelled; both
go to their end, and the contract with them. A `Face` is a door: it opens a case and takes a step as a named person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol

from fastapi.testclient import TestClient

from tests.play import CONTRACT, REQUIREMENT, SUPPLIER, TARGET, Play
from tests.web.paper import Paper, Reader
from tests.web.site import program, sign_in
from workflow.commands import OpenCase

API = "/api/v1"
NORTH, SOUTH = 1, 2


class Face(Protocol):
    """A door into Stegvis."""

    def open(self, who: str, form: Mapping[str, Any]) -> str:
        """Open a procurement. Returns the id of its case."""
        ...

    def take(self, who: str, case: str, trigger: str, lot: int | None, form: Mapping[str, Any]) -> None:
        """Take a step of a case or of one of its lots, having looked first."""
        ...


@dataclass
class Journey:
    """The story, told in the trade's words through a face."""

    play: Play
    face: Face

    def step(self, who: str, trigger: str, lot: int | None = None, **form: Any) -> None:
        self.face.take(who, self.play.case, trigger, lot, form)

    def contract_step(self, who: str, trigger: str, **form: Any) -> None:
        (contract,) = self.play.contracts()
        self.face.take(who, contract, trigger, None, form)

    @property
    def today(self) -> str:
        return self.play.today.isoformat()

    def later(self, days: int) -> str:
        return (self.play.today + timedelta(days=days)).isoformat()

    # --- the chapters ----------------------------------------------------------------------------------------------

    def told(self) -> None:
        """From the need to the last lot closed."""
        self.need_and_start()
        self.target()
        self.requirements()
        self.tenders()
        self.award_and_cancellation()
        self.court_sends_north_back()
        self.award_anew_and_sign()
        self.contract_lives_and_ends()

    def need_and_start(self) -> None:
        form = {"title": "Städtjänster", "unit": self.play.people["unit"], "lots": ["Norr", "Söder"]}
        self.play.case = self.face.open("officer", form)
        self.step(
            "officer", "submit_needs_analysis", need="Städning av vårdlokaler", kind="services",
            track="above_threshold", estimated_value="9000000",
        )  # fmt: skip
        self.step("owner", "decide_start")
        risks = ("risk_environment", "risk_human_rights", "risk_corruption", "risk_labour_law")
        self.step("officer", "submit_risk_analysis", **dict.fromkeys(risks, "medium"))

    def target(self) -> None:
        self.step("owner", "save_targets", targets=[TARGET])
        self.step("strategist", "record_opinion", supports=True, opinion="Rimlig nivå.")
        self.step("officer", "submit_targets")
        self.step("owner", "decide_sustainability_target", reasons="Enligt underlaget.")

    def requirements(self) -> None:
        self.step("officer", "save_requirements", requirements=[REQUIREMENT])
        self.step("officer", "submit_requirements")
        self.step("owner", "decide_requirements")

    def tenders(self) -> None:
        self.step(
            "officer", "record_advertisement", published_on=self.today, notice_reference="2026/S 044-1",
            tender_deadline_on=self.later(35),
        )  # fmt: skip
        self.play.advance(38)
        self.step(
            "officer", "record_opening", opened_at_on=self.today, opened_by="Ulla", opened_with="Uno",
            protocol_reference="P1", tenders_received=3,
        )  # fmt: skip

    def _award_north(self) -> None:
        self.step(
            "officer", "submit_award_proposal", NORTH, suppliers=[SUPPLIER], award_reasons="Bäst kvalitet i provet."
        )
        self.step("head", "decide_award", NORTH)
        self.step("officer", "record_award_notice", NORTH, sent_on=self.today)

    def award_and_cancellation(self) -> None:
        """North is awarded; for South only one tender came in: cancelled, told and waited out."""
        self._award_north()
        self.step("officer", "propose_cancellation", SOUTH, reasons="Bara ett anbud kom in.")
        self.step("head", "decide_cancellation", SOUTH)
        self.step("officer", "record_cancellation_notice", SOUTH, sent_on=self.today)
        assert self.play.lots() == {NORTH: "standstill", SOUTH: "cancellation_review"}

    def court_sends_north_back(self) -> None:
        self.play.advance(3)
        self.step(
            "officer", "record_review", NORTH, court="Förvaltningsrätten i Luleå", court_case_number="114-26",
            lodged_on=self.today,
        )  # fmt: skip
        self.play.advance(20)
        assert self.play.lots() == {NORTH: "in_review", SOUTH: "cancelled"}, "the court's time is not the clock's"
        self.step("officer", "complete_documentation", SOUTH, documentation_reference="D2")
        self.step("officer", "record_ruling", NORTH, ruled_on=self.today, ruling="correction")
        assert self.play.lots()[NORTH] == "evaluation"
        assert self.play.row().tender_secret, "tender secrecy is back until the new award"

    def award_anew_and_sign(self) -> None:
        self._award_north()
        self.play.advance(13)
        assert self.play.lots()[NORTH] == "contract_signing"
        self.step("officer", "prepare_contracts", NORTH, contracts=[{**CONTRACT, "option_count": 0}])
        self.step("head", "sign_contracts", NORTH, signed_on=self.today, signing_reference="S1")
        self.step("officer", "record_post_award_notice", NORTH, published_on=self.today, notice_reference="E1")
        self.step("officer", "complete_documentation", NORTH, documentation_reference="D1")
        assert self.play.row().state == "follow_up"

    def contract_lives_and_ends(self) -> None:
        """Handed over to the contract manager, followed up, evaluated; then it ends and the case is closed."""
        manager = self.play.people["manager"]
        self.contract_step(
            "officer", "propose_handover", manager=manager, contract_class="b", follow_up_plan="Ett möte om året."
        )
        self.contract_step("manager", "accept_handover")
        self.play.advance(to="2026-08-21")
        self.contract_step("manager", "record_start_up_meeting", start_up_meeting_on=self.today)
        self.play.advance(to="2027-06-01")
        self.contract_step(
            "manager", "record_follow_up", followed_up_on="2027-05-31", outcome="good", note="Målet nås."
        )
        self.play.advance(to="2028-02-02")
        self.contract_step("owner", "record_final_evaluation", evaluation_goals_met="Målet nåddes.")
        self.play.advance(to="2028-08-01")
        self.step("officer", "close")
        (contract,) = self.play.contracts()
        assert self.play.row(contract).state == "ended"
        assert self.play.row().state == "closed"
        assert self.play.lots() == {NORTH: "closed", SOUTH: "cancelled"}
        for case in (self.play.case, contract):
            assert not self.play.owed(case=case)
            assert not self.play.timers(case=case)


# --- the doors ---------------------------------------------------------------------------------------------------------


@dataclass
class ByCommand:
    """`execute()`, as the command line and the scheduler do it."""

    play: Play

    def open(self, who: str, form: Mapping[str, Any]) -> str:
        return str(self.play.do(who, OpenCase("procurement", self.play.region, dict(form)))["id"])

    def take(self, who: str, case: str, trigger: str, lot: int | None, form: Mapping[str, Any]) -> None:
        self.play.act(who, trigger, lot, case=case, **form)


@dataclass
class ByApi:
    """A program with the person's token, renewed every year."""

    play: Play
    _programs: dict[tuple[str, int], TestClient] = field(default_factory=dict)

    def client(self, who: str) -> TestClient:
        key = (who, self.play.today.year)
        if key not in self._programs:
            self._programs[key] = program(self.play, who)
        return self._programs[key]

    def open(self, who: str, form: Mapping[str, Any]) -> str:
        rest = {name: value for name, value in form.items() if name != "title"}
        body = {"process": "procurement", "region": self.play.region, "title": form["title"], "form": rest}
        answer = self.client(who).post(f"{API}/cases", json=body)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    def looked(self, who: str, case: str, trigger: str, lot: int | None, form: Mapping[str, Any]) -> dict[str, Any]:
        """The body of a step, made from what the API shows this person just now."""
        seen = self.client(who).get(f"{API}/cases/{case}/actions", params={"trigger": trigger}).json()
        (action,) = seen["items"]
        shown = next((x for x in action.get("lots", ()) if x["lot"] == lot), action)
        filled = dict(form) if lot is None else {**form, "lot": lot}
        return {"row_version": seen["row_version"], "basis_hash": shown["basis_hash"], "form": filled}

    def take(self, who: str, case: str, trigger: str, lot: int | None, form: Mapping[str, Any]) -> None:
        body = self.looked(who, case, trigger, lot, form)
        answer = self.client(who).post(f"{API}/cases/{case}/actions/{trigger}", json=body)
        assert answer.status_code == 200, (trigger, answer.text)


@dataclass
class ByPages:
    """Pages without a script. A session lasts half an hour: who comes back later signs in again."""

    play: Play
    _seats: dict[str, tuple[Any, Reader]] = field(default_factory=dict)

    def seat(self, who: str) -> Reader:
        now = self.play.clock.now()
        if who not in self._seats or self._seats[who][0] != now:
            self._seats[who] = (now, Reader(sign_in(self.play, who)))
        return self._seats[who][1]

    def open(self, who: str, form: Mapping[str, Any]) -> str:
        reader = self.seat(who)
        page = reader.send(reader.open("/cases/new").form("/cases/new"), **as_typed(form))
        return page.form("/comments").action.split("/")[2]

    def take(self, who: str, case: str, trigger: str, lot: int | None, form: Mapping[str, Any]) -> None:
        page = self.sent(who, case, trigger, lot, form)
        assert page.status == 200, (trigger, page.text)
        assert not page.faults(), (trigger, page.faults())

    def sent(self, who: str, case: str, trigger: str, lot: int | None, form: Mapping[str, Any]) -> Paper:
        return self.seat(who).step(case, trigger, self.lot_id(case, lot), **as_typed(form))

    def lot_id(self, case: str, lot: int | None) -> str:
        if lot is None:
            return ""
        (row,) = self.play.sql("SELECT id FROM lots WHERE case_id = :case AND number = :lot", case=case, lot=lot)
        return str(row.id)


@dataclass
class Mixed:
    """Each step through the next of several doors."""

    faces: Sequence[Face]
    taken: int = 0

    def _next(self) -> Face:
        self.taken += 1
        return self.faces[self.taken % len(self.faces)]

    def open(self, who: str, form: Mapping[str, Any]) -> str:
        return self._next().open(who, form)

    def take(self, who: str, case: str, trigger: str, lot: int | None, form: Mapping[str, Any]) -> None:
        self._next().take(who, case, trigger, lot, form)


def as_typed(form: Mapping[str, Any]) -> dict[str, str]:
    """A form as somebody types it into a page: rows field by field, lists line by line, yes and no in words."""
    typed: dict[str, str] = {}
    for name, value in form.items():
        if isinstance(value, bool):
            typed[name] = "yes" if value else "no"
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, row in enumerate(value):
                typed |= {f"{name}-{number}-{column}": text for column, text in as_typed(row).items()}
        elif isinstance(value, list):
            typed[name] = "\n".join(value)
        else:
            typed[name] = "" if value is None else str(value)
    return typed
