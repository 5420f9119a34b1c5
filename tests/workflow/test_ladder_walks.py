"""Random histories of a ladder on both databases, against a model written from the published data alone.

No rung is skipped without its decision, no period leads to two rungs, and the weeks of a fine are those of a count by
hand. Replay with STEGVIS_TEST_SEED; more by STEGVIS_TEST_WALKS.
"""

from __future__ import annotations

import os
import random
from datetime import date, timedelta
from typing import Any

import pytest

from states.errors import LawBookError
from states.ladder import RUNGS
from states.registry import definition
from states.roles import system_actor
from tests.ladder import GROUND, MILESTONES, Ladder
from tests.play import Play
from tests.processes import seed
from tests.states.ladder_model import LadderModel
from workflow.commands import RecordReturned
from workflow.engine.execute import execute
from workflow.engine.verify import verify_all
from workflow.errors import StegvisError

WALKS = int(os.environ.get("STEGVIS_TEST_WALKS", 2))
STEPS = 45
PREPARED = {
    "ground": GROUND, "proportionality": "Övriga medel är uttömda.", "evidence": "Revisionen", "skip_reason": "Vi väntar inte.",
}  # fmt: skip
#: How often a step is tried beside the others.
WEIGHTS = {
    "start_dialogue": 9, "offer_opportunity_to_remedy": 9, "record_action_plan": 0.7, "accept_action_plan": 2,
    "return_action_plan": 2, "resume_ladder": 2, "record_remedy": 0.4, "record_verification": 3, "pause": 0.4,
    "resume": 3, "decide_wait": 0.3, "decide_rung_waived": 0.4, "decide_other_rung": 0.2, "decide_call_off_stop": 1,
    "decide_contractual_fine": 3, "decide_termination_with_notice": 0.2, "decide_end_of_fine": 0.5,
    "resend_notice": 3, "decide_withdrawn": 0.02,
}  # fmt: skip
WHO = {"accept_action_plan": "owner", "record_verification": "strategist"}


class Walk:
    """One deviation on two databases and in the model."""

    def __init__(self, plays: list[Play], chance: random.Random) -> None:
        self.chance, self.told, self.taken = chance, [], 0
        self.ladders = [Ladder(p) for p in plays]
        self.model = LadderModel(definition("deviation", 1).as_json(), [r.as_json() for r in RUNGS], cap_weeks=8)
        self.climbs: list[tuple[str, date]] = []
        self.periods: set[date | None] = set()

    @property
    def today(self) -> date:
        return self.ladders[0].play.today

    def step(self) -> None:
        here = {e["trigger"] for e in self.model.edges if e["source"] == self.model.state} & WEIGHTS.keys()
        if self.chance.random() < 0.45 or not here:
            self.wait(self.chance.choice([1, 1, 3, 8, 11, 31, 60]))
        elif self.model.delivered and not self.model.pending and self.chance.random() < 0.05:
            self.bounce()
        else:
            names = sorted(here)
            self.act(self.chance.choices(names, [WEIGHTS[n] for n in names])[0])
        self.compare()

    def act(self, trigger: str) -> None:
        form = self.filled(trigger)
        self.told.append(f"{self.today} {trigger} {form}")
        outcomes = [self.attempt(ladder, trigger, form) for ladder in self.ladders]
        assert outcomes[0] == outcomes[1], self.story(outcomes)
        if outcomes[0] == ["taken"]:
            self.taken += 1
            self.model.take(trigger, form, self.today)

    def filled(self, trigger: str) -> dict[str, Any]:
        today, chance = self.today, self.chance
        back = chance.choice([0, 0, 2, 5]) if self.model.rung == "contractual_fine" else 0
        later = (today + timedelta(days=chance.choice([5, 20]))).isoformat()
        forms: dict[str, dict[str, Any]] = {
            "record_action_plan": {
                "received_on": (today - timedelta(days=back)).isoformat(), "cause": "Kontroll",
                "milestones": [{**m, "due_on": (today + timedelta(days=40)).isoformat()} for m in MILESTONES],
            },
            "record_remedy": {"remedied_on": today.isoformat(), "note": "Klart"},
            "record_verification": {
                "verified": chance.random() < 0.2, "verified_by_means": "documents",
                "verified_on": today.isoformat(), "note": "Granskat",
            },
            "pause": {"pause_ground": "dispute", "reason": "Bestrids"},
            "decide_wait": {"until_on": later, "reasons": "Vi väntar"},
            "decide_rung_waived": {"until_on": later, "reasons": "Oproportionerligt"},
            "decide_end_of_fine": {"until_on": later, "reasons": "Det räcker"},
            "decide_other_rung": {
                "to_rung": chance.choice(["dialogue", "reminder_1", "formal_demand", "escalation_meeting"]),
                "reasons": "Läget är ett annat",
            },
            "return_action_plan": {"reason": "Det räcker inte"},
            "resume_ladder": {"reason": "Det räcker inte"},
        }  # fmt: skip
        return forms.get(trigger, {"reasons": "Enligt underlaget"} if trigger.startswith(("decide_", "accept")) else {})

    def attempt(self, ladder: Ladder, trigger: str, form: dict[str, Any]) -> list[str]:
        who = WHO.get(trigger, "head" if trigger.startswith("decide_") else "officer")
        rung = trigger.removeprefix("decide_")
        try:
            if rung in ("call_off_stop", "contractual_fine", "termination_with_notice"):
                ladder.act("officer", "prepare_rung", prepared_rung=rung, **PREPARED)
                if rung == "call_off_stop":
                    ladder.act("owner", "consent_to_call_off_stop", consents=True, note="Ja")
            ladder.act(who, trigger, **form)
        except (StegvisError, LawBookError) as refusal:
            return [type(refusal).__name__, *sorted(u.code for u in getattr(refusal, "unmet", ()))]
        return ["taken"]

    def wait(self, days: int) -> None:
        """Nobody looks for so long, then everything that is due is done: the ladder climbs one rung at most."""
        self.told.append(f"{self.today} {days} days pass")
        for ladder in self.ladders:
            ladder.play.advance(days)
        period = self.model.delivered
        climbed = self.model.passes(self.today)
        if climbed:
            assert period not in self.periods, self.story("two rungs for one period")
            self.periods.add(period)
        self.model.handed_over(self.today)

    def bounce(self) -> None:
        """The letter that the period counts from comes back after all."""
        self.told.append(f"{self.today} the letter comes back")
        for ladder in self.ladders:
            letters = ladder.letters()
            period = next(n for n in letters if n.id == ladder.row.period_notice_id)
            letter = RecordReturned(period.message_id, f"back-{period.message_id}", "bounced", "550")
            execute(ladder.play.app, letter, by=system_actor(ladder.play.region))
        fines = [n.id for n in letters if n.kind == "contractual_fine"]
        self.model.came_back(first_fine_letter=bool(fines) and period.id == fines[0])

    # --- looking ----------------------------------------------------------------------------------------------

    def compare(self) -> None:
        for ladder in self.ladders:
            row = ladder.row
            seen = (ladder.state, row.rung, ladder.due_on)
            assert seen == (self.model.state, self.model.rung, self.model.due), self.story(seen)
            fine = ladder.view.fine
            account = fine.account if fine else None
            weeks = len(account.weeks) if account else 0
            assert weeks == self.model.weeks(self.today), self.story((weeks, self.model.weeks(self.today)))
            assert not account or account.total_ore == 10_000_00 * weeks
            assert not fine or weeks - 1 <= len(fine.weeks) <= weeks, self.story(len(fine.weeks))
            self.no_rung_is_skipped(ladder)

    def no_rung_is_skipped(self, ladder: Ladder) -> None:
        """Between two rungs that were entered one after the other each rung has its own decision to pass it by."""
        entries, rungs = ladder.view.entries, self.model.rungs
        entered = [i for i, e in enumerate(entries) if e.status == "entered"]
        for i in entered:
            before = next((e for e in reversed(entries[:i]) if e.status == "entered"), None)
            low, high = rungs[before.rung]["order"] if before else 0, rungs[entries[i].rung]["order"]
            if entries[i].ended_how == "overtaken":
                continue
            for key, rung in rungs.items():
                if low < rung["order"] < high:
                    passed = [e for e in entries[:i] if e.rung == key]
                    assert passed, self.story(f"{key} was skipped")
                    assert entries[i].trigger.startswith("decide_"), self.story(entries[i].trigger)

    def story(self, what: object) -> str:
        return "\n".join([*self.told, f"engine: {what}", f"model: {vars(self.model) | {'edges': '', 'rungs': ''}}"])


@pytest.mark.parametrize("walk", range(WALKS))
def test_a_random_ladder_is_the_same_everywhere_and_by_hand(both: list[Play], walk: int) -> None:
    chance = random.Random(f"{seed()}-{walk}")
    walking, taken = Walk(both, chance), 0
    for _ in range(STEPS):
        walking.step()
        if walking.model.state == "closed" or both[0].today.year > 2035:
            break
    taken += walking.taken
    assert taken > 0
    for play in both:
        with play.app.database.read() as uow:
            result = verify_all(uow)
        assert result.ok, f"{result.first_fault}\n" + "\n".join(walking.told)


def test_the_walk_notices_a_ladder_that_the_model_does_not_have(both: list[Play]) -> None:
    """The measuring device is measured."""
    walking = Walk(both, random.Random(1))
    walking.model.rung = walking.model.state = "reminder_1"
    with pytest.raises(AssertionError):
        walking.compare()
