"""Random walks: the same steps on SQLite, on PostgreSQL and on the published table must come to the same. # I8 I9 I12

Each step is tried on both databases; taken or refused, with which reasons, and where the case and its lots then stand
must be the same, and what was taken must be a step of the reference model. At the end both trails, with ids and
hashes made comparable, are the same text. Replay a walk with STEGVIS_TEST_SEED.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from states.errors import LawBookError
from states.registry import definition
from tests.play import CONTRACT, REQUIREMENT, SUPPLIER, TARGET, Play
from tests.processes import seed
from tests.states.reference_model import NotInTable, ReferenceModel
from workflow.engine.verify import verify_all
from workflow.errors import StegvisError

FULL = bool(os.environ.get("STEGVIS_TEST_FULL"))
WALKS = int(os.environ.get("STEGVIS_TEST_WALKS", 40 if FULL else 4))
STEPS = 160
WHO = {
    "contract_owner": "owner",
    "procurement_officer": "officer",
    "head_of_procurement": "head",
    "sustainability_strategist": "strategist",
}
RISKS = ("risk_environment", "risk_human_rights", "risk_corruption", "risk_labour_law")
#: What the model is told of the form: the routing facts of the table.
ROUTED = ("track", "ruling", "interim_order")


def filled(trigger: str, chance: random.Random, today: str) -> dict[str, Any]:
    """A form for the trigger, mostly right."""
    track = chance.choice(
        ["above_threshold", "above_threshold", "below_threshold", "renewed_competition", "direct", "call_off"]
    )
    forms: dict[str, Callable[[], dict[str, Any]]] = {
        "submit_needs_analysis": lambda: {
            "need": "Städ", "kind": "services", "track": track, "estimated_value": chance.choice(["650000", "2000000"]),
            "framework": "Ramavtal 2025", "lots": chance.choice([[], ["Norr", "Söder"], ["A", "B", "C"]]),
        },
        "submit_risk_analysis": lambda: dict.fromkeys(RISKS, chance.choice(["low", "high"])),
        "save_targets": lambda: {"targets": [TARGET] if chance.random() < 0.8 else [{**TARGET, "indicator": ""}]},
        "record_opinion": lambda: {"supports": chance.random() < 0.5, "opinion": "Så här."},
        "decide_no_applicable_target": lambda: {"reasons": "Ingen påverkan."},
        "save_requirements": lambda: {"requirements": [{**REQUIREMENT, "target_number": chance.choice([1, 1, 1, None])}]},
        "record_advertisement": lambda: {
            "published_on": today, "notice_reference": "N1", "tender_deadline_on": shifted(today, chance.choice([10, 31, 40])),
        },
        "record_invitation": lambda: {"published_on": today, "tender_deadline_on": shifted(today, 12)},
        "record_documents_changed": lambda: {"change_note": "Fler sidor", "tender_deadline_on": shifted(today, 20)},
        "record_opening": lambda: {
            "opened_at_on": today, "opened_by": "Ulla", "opened_with": chance.choice(["Uno", "Uno", None]),
            "protocol_reference": "P1", "tenders_received": chance.randrange(5),
        },
        "submit_award_proposal": lambda: {"suppliers": [SUPPLIER], "award_reasons": "Bäst."},
        "record_award_notice": lambda: {"sent_on": today, "sent_by": chance.choice(["electronic", "other"])},
        "record_cancellation_notice": lambda: {"sent_on": today},
        "record_review": lambda: {
            "court": "FR", "court_case_number": "1-26", "lodged_on": today, "interim_order": chance.random() < 0.5,
        },
        "record_ruling": lambda: {"ruled_on": today, "ruling": chance.choice(["dismissed", "correction", "do_over"])},
        "record_cancellation_overturned": lambda: {"court": "FR", "court_case_number": "1", "ruled_on": today},
        "propose_cancellation": lambda: {"reasons": "För dyrt"},
        "prepare_contracts": lambda: {"contracts": [CONTRACT]},
        "sign_contracts": lambda: {"signed_on": today, "signing_reference": "S1"},
        "decide_direct_award": lambda: {**CONTRACT, "value": chance.choice(["250000", "400000"]), "reasons": "Bäst."},
        "decide_call_off": lambda: {**CONTRACT, "reasons": "Rangordning."},
        "complete_documentation": lambda: {"documentation_reference": "D1"},
        "record_post_award_notice": lambda: {"published_on": today, "notice_reference": "E1"},
        "grant_tender_access": lambda: {"person": "strategist", "reason": "Läser"},
        "register_contracts": lambda: {"contracts": []},
        "record_tender_validity": lambda: {"tenders_valid_until_on": shifted(today, 120)},
        "record_exclusion_considered": lambda: {
            "comments_asked_on": today, "exclusion_supplier": "Smuts AB", "exclusion_ground": "Skatt",
        },
        "record_exclusion_heard": lambda: {"comments_received": chance.random() < 0.7, "exclusion_outcome": "Inget"},
        "record_reasons_request": lambda: {"requested_on": today, "requested_by": "Andra AB"},
        "record_reasons_given": lambda: {"given_on": today},
        "record_ex_ante_notice": lambda: {"published_on": today, "notice_reference": "F1"},
        **dict.fromkeys(
            ("return_for_completion", "reopen_targets", "reopen_requirements", "pause", "abandon", "recall_award", "readvertise"),
            lambda: {"reason": "Därför"},
        ),
    }  # fmt: skip
    return forms.get(trigger, dict)()


def shifted(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


#: How often a kind of step is tried beside those that lead on; the ends of a case come rarely.
RARE = {"pause": 0.1, "abandon": 0.01, "propose_cancellation": 0.1, "decide_cancellation": 0.3, "recall_award": 0.1,
        "return_for_completion": 0.2, "reopen_targets": 0.1, "reopen_requirements": 0.1, "record_review": 0.4,
        "grant_tender_access": 0.2, "decide_no_applicable_target": 0.2, "record_documents_changed": 0.2, "resume": 5,
        "record_opinion": 0.5, "record_tender_validity": 0.1, "record_exclusion_considered": 0.1, "record_reasons_request": 0.2,
        "record_reasons_given": 0.2, "record_ex_ante_notice": 0.2, "record_tender_invitation": 0.1, "end_ex_ante_period": 0, "register_existing": 0, "end_standstill": 0, "end_cancellation_review": 0}  # fmt: skip


class Walk:
    """One case on two databases and in the reference model."""

    def __init__(self, plays: list[Play], chance: random.Random) -> None:
        self.plays, self.chance = plays, chance
        self.table = definition("procurement", 1).as_json()
        self.model = ReferenceModel(self.table, ("1",))
        self.told: list[str] = []
        self.taken = 0
        for play in plays:
            play.open()

    def step(self) -> None:
        if self.chance.random() < 0.12:
            self.wait(self.chance.choice([1, 3, 11, 16, 40]))
            return
        places: list[str | None] = [None, *self.model.lots]
        choices = [(p, t) for p in places for t in sorted(self.model.possible(p))]
        weights = [RARE.get(t, 1.0) for _, t in choices]
        if not choices or not sum(weights):
            return
        place, trigger = self.chance.choices(choices, weights)[0]
        role = self.chance.choice(
            [r for e in self.table["transitions"] if e["trigger"] == trigger for r in e["roles"] if r in WHO]
        )
        form = filled(trigger, self.chance, self.plays[0].today.isoformat())
        self.told.append(f"{trigger} {place or ''} by {role}: {form}")
        outcomes = [self.attempt(play, WHO[role], trigger, place, form) for play in self.plays]
        assert outcomes[0] == outcomes[1], "\n".join(self.told)
        if outcomes[0][0] == "taken":
            self.taken += 1
            self.follow(trigger, place, form)
        self.compare()

    def attempt(self, play: Play, who: str, trigger: str, place: str | None, form: dict[str, Any]) -> tuple[Any, ...]:
        given = {k: play.people.get(v, v) if k == "person" else v for k, v in form.items()}
        try:
            answer = play.act(who, trigger, int(place) if place else None, **given)
        except (StegvisError, LawBookError) as refusal:
            unmet = sorted(u.code for u in getattr(refusal, "unmet", ()))
            fields = sorted((f.field, f.code) for f in getattr(refusal, "errors", ()))
            return ("refused", type(refusal).__name__, unmet, fields, play.row().row_version)
        return ("taken", answer["state"], answer["row_version"], [(x["number"], x["state"]) for x in answer["lots"]])

    def follow(self, trigger: str, place: str | None, form: dict[str, Any]) -> None:
        when = {k: v for k, v in form.items() if k in ROUTED}
        if "interim_order" in when:
            when["interim_order"] = "yes" if when["interim_order"] else "no"
        for number in self.plays[0].lots():
            self.model.lots.setdefault(str(number), self.model.lots["1"])
        try:
            self.model.apply(trigger, place, when)
        except NotInTable as error:
            raise AssertionError("\n".join([*self.told, str(error)])) from error

    def wait(self, days: int) -> None:
        """Time passes: what the scheduler moves must be a step of the table too."""
        self.told.append(f"{days} days pass")
        for play in self.plays:
            play.advance(days)
        for number, state in self.plays[0].lots().items():
            if self.model.lots[str(number)] != state:
                timer = {"standstill": "end_standstill", "cancellation_review": "end_cancellation_review"}
                self.model.apply(timer[self.model.lots[str(number)]], str(number))
        self.compare()

    def compare(self) -> None:
        for play in self.plays:
            lots = {str(n): s for n, s in play.lots().items()}
            assert (play.row().state, lots) == (self.model.state, self.model.lots), "\n".join(self.told)


def trail(play: Play) -> list[str]:
    """The whole trail as text: ids numbered in the order they appear, hashes and salts left out."""
    names = {person: short for short, person in play.people.items()}

    def named(text: str) -> str:
        return re.sub(r"[0-9a-f]{12}7[0-9a-f]{19}", lambda m: names.setdefault(m[0], f"#{len(names)}"), text)

    lines = []
    streams = play.sql("SELECT id FROM audit_streams WHERE region_id = 'norrbotten' ORDER BY kind, id")
    fields: dict[tuple[str, int], dict[str, Any]] = {}
    for p in play.sql("SELECT stream_id, seq, name, value, secrecy FROM audit_payloads"):
        fields.setdefault((p.stream_id, p.seq), {})[p.name] = [p.secrecy, p.value]
    for stream in streams:
        for e in play.sql("SELECT seq, body FROM audit_events WHERE stream_id = :s ORDER BY seq", s=stream.id):
            body = json.loads(e.body) | {"fields": fields.get((stream.id, e.seq), {})}
            for hidden in ("prev", "basis_hash", "decision"):  # what a decision's row is committed to is salted
                body.pop(hidden, None)
            lines.append(named(json.dumps(body, sort_keys=True, ensure_ascii=False)))
    decisions = play.sql("SELECT trigger, basis, reasons, mandate_rule FROM decisions ORDER BY case_id, seq")
    return [*lines, *(named(" | ".join(map(str, d))) for d in decisions)]


@pytest.mark.parametrize("walk", range(WALKS))
def test_a_random_walk_is_the_same_everywhere(both: list[Play], walk: int) -> None:
    chance = random.Random(f"{seed()}-{walk}")
    walking, taken = Walk(both, chance), 0
    for _ in range(STEPS):
        walking.step()
        if both[0].row().closed_at is not None:
            taken += walking.taken
            walking = Walk(both, chance)
    assert taken + walking.taken > 0, "\n".join(walking.told)
    for play in both:
        with play.app.database.read() as uow:
            result = verify_all(uow)
        assert result.ok, f"{result.first_fault}\n" + "\n".join(walking.told)
    ours, theirs = (trail(play) for play in both)
    differing = [(a, b) for a, b in zip(ours, theirs, strict=False) if a != b]
    assert not differing, differing[0]
    assert len(ours) == len(theirs)


def test_the_walk_notices_a_step_that_the_table_does_not_have(both: list[Play]) -> None:
    """The measuring device is measured: a model that lags behind is caught."""
    walking = Walk(both, random.Random(1))
    walking.model.lots["1"] = "start_decision"
    with pytest.raises(AssertionError):
        walking.compare()
