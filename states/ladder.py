"""The sanction ladder as data: each rung with its clause, its time, what it needs, who prepares it and who decides it.

The due-diligence term holds the sanctions (call-off stop, fine, termination) and one condition for climbing: that the
fine's cap is reached, or the stop has lasted its months. The rungs before them, and their order, are the region's own
way of being fair (domain page 7.1). Terms stand in `states/terms.py`, where the contract's own amount replaces ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from states.definition import Mark
from states.terms import BOUNDS, TERMS

OWNER, OFFICER, HEAD, STRATEGIST, MANAGER = (
    "contract_owner",
    "procurement_officer",
    "head_of_procurement",
    "sustainability_strategist",
    "contract_manager",
)


@dataclass(frozen=True, slots=True)
class Rung:
    """One rung. Rungs with the same `order` are parallel rights.

    `clause` is where the right stands. `needs` are the guards that its step runs, `evidence` codes of what must be on
    the case. `response` is the term within which the supplier answers, counted from the recorded hand-over of the
    letter (None: no answer is waited for); `earliest` the due date from which the rung may be entered without a
    decision to skip. `decides` empty: it goes out by itself, in the officer's name.
    """

    key: str
    order: int
    clause: str
    mark: Mark
    trigger: str
    needs: tuple[str, ...]
    earliest: str | None
    response: str | None
    evidence: tuple[str, ...]
    prepares: tuple[str, ...]
    decides: tuple[str, ...]
    letter: str
    frameworks_only: bool = False

    @property
    def is_sanction(self) -> bool:
        """From the call-off stop upward: a named person decides, and who prepared it does not."""
        return bool(self.decides)

    def as_json(self) -> dict[str, Any]:
        """As the API publishes it, with its response term and the bounds within which a contract may set it."""
        term = TERMS[self.response] if self.response else None
        bounds = BOUNDS.get(self.response) if self.response else None
        return {
            "key": self.key,
            "order": self.order,
            "clause": self.clause,
            "mark": self.mark.value,
            "trigger": self.trigger,
            "needs": list(self.needs),
            "earliest": self.earliest,
            "response": self.response,
            "response_amount": term.amount if term else None,
            "response_unit": term.unit.value if term else None,
            "response_low": bounds.low if bounds else None,
            "response_high": bounds.high if bounds else None,
            "evidence": list(self.evidence),
            "prepares": list(self.prepares),
            "decides": list(self.decides),
            "letter": self.letter,
            "frameworks_only": self.frameworks_only,
        }


_GROUNDS = "avtalsvillkoret om tillbörlig aktsamhet, punkt 5"
_POLICY = "Stegvis standard"
_TOLD = ("deviation_described",)
_SANCTIONED = ("deviation_described", "ground_recorded", "earlier_notices_delivered", "proportionality")
_BY = (OFFICER, STRATEGIST)

RUNGS: tuple[Rung, ...] = (
    Rung(
        "dialogue", 1, "punkt 4", Mark.CLAUSE, "start_dialogue",
        ("supplier_can_be_reached",), None, None, _TOLD, (OFFICER, MANAGER), (), "dialogue",
    ),
    Rung(
        "opportunity_to_remedy", 2, "punkt 5; UHM, hantering av brister", Mark.POLICY, "offer_opportunity_to_remedy",
        ("supplier_can_be_reached",), None, "plan_due", _TOLD, (OFFICER, MANAGER), (), "opportunity_to_remedy",
    ),
    Rung(
        "reminder_1", 3, _POLICY, Mark.POLICY, "send_reminder_1",
        ("response_period_has_ended",), "response_period", "response_reminder_1", _TOLD, (), (), "reminder_1",
    ),
    Rung(
        "reminder_2", 4, _POLICY, Mark.POLICY, "send_reminder_2",
        ("response_period_has_ended",), "response_period", "response_reminder_2", _TOLD, (), (), "reminder_2",
    ),
    Rung(
        "formal_demand", 5, _POLICY, Mark.POLICY, "send_formal_demand",
        ("response_period_has_ended",), "response_period", "response_formal_demand", _TOLD, (), (), "formal_demand",
    ),
    Rung(
        "escalation_meeting", 6, _POLICY, Mark.POLICY, "call_escalation_meeting",
        ("response_period_has_ended",), "response_period", "response_escalation_meeting", _TOLD, (), (),
        "escalation_meeting",
    ),
    Rung(
        "call_off_stop", 7, f"{_GROUNDS}, avropsstopp", Mark.CLAUSE, "decide_call_off_stop",
        ("contract_is_a_framework", "no_sub_supplier_refuses"), "next_rung", "response_call_off_stop", _SANCTIONED,
        _BY, (HEAD,), "call_off_stop", frameworks_only=True,
    ),
    Rung(
        "contractual_fine", 7, f"{_GROUNDS}, vite", Mark.CLAUSE, "decide_contractual_fine",
        ("no_sub_supplier_refuses", "fine_is_agreed"), "next_rung", None, _SANCTIONED, _BY, (HEAD,),
        "contractual_fine",
    ),
    Rung(
        "termination_with_notice", 8, f"{_GROUNDS}, uppsägning med skälig tid", Mark.CLAUSE,
        "decide_termination_with_notice", (), "next_rung", None, _SANCTIONED, (OFFICER, HEAD), (HEAD, OWNER),
        "termination_with_notice",
    ),
    Rung(
        "immediate_termination", 9, f"{_GROUNDS}, uppsägning med omedelbar verkan", Mark.CLAUSE,
        "decide_immediate_termination", ("immediate_termination_is_due",), "next_rung", None, _SANCTIONED,
        (OFFICER, HEAD), (HEAD, OWNER), "immediate_termination",
    ),
)  # fmt: skip

BY_KEY = {r.key: r for r in RUNGS}
KEYS = tuple(r.key for r in RUNGS)
#: The rungs that go out by themselves or by the officer, in order; above them a person decides each.
LOWER = tuple(r.key for r in RUNGS if not r.is_sanction)
SANCTIONS = tuple(r.key for r in RUNGS if r.is_sanction)
#: Rungs that the scheduler climbs by itself, and from where.
AUTOMATIC = tuple((LOWER[i - 1], key) for i, key in enumerate(LOWER) if i and not BY_KEY[key].prepares)

SEVERE_KINDS = (
    "forced_labour",
    "child_labour",
    "dangerous_conditions",
    "environmental_damage",
    "corruption",
    "attacks_on_defenders",
)
#: Which of them count where the contract has the narrower list (SDD, rapporteringsskyldighet).
NARROW_SEVERE_KINDS = ("forced_labour", "child_labour")


def rung_after(key: str | None) -> str | None:
    """The rung after one below the call-off stop, by order; None from the escalation meeting upward."""
    if key is None:
        return LOWER[0]
    if key in LOWER and key != LOWER[-1]:
        return LOWER[LOWER.index(key) + 1]
    return None


def is_skip(from_key: str | None, to_key: str, next_key: str | None) -> bool:
    """Whether entering `to_key` passes over a rung that comes before it; going down, or sideways, is none."""
    if from_key is not None and BY_KEY[to_key].order <= BY_KEY[from_key].order:
        return False
    return to_key != (rung_after(from_key) or next_key)
