"""The facts that guards, deadlines and routing look at: plain values, loaded by `workflow/`, one query each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from states.calendar import Calendar
from states.deadlines import Pause
from states.fines import FineAccount, FineTerms, Stay
from states.ladder import BY_KEY, KEYS, LOWER, SANCTIONS
from states.roles import Actor, Capacity

#: Routing facts and the values each can take; `check()` proves that `when` is exclusive and exhaustive over them.
ROUTING: dict[str, tuple[str, ...]] = {
    "track": ("above_threshold", "below_threshold", "direct", "call_off", "renewed_competition"),
    "ruling": ("dismissed", "correction", "do_over"),
    "instance": ("administrative_court", "court_of_appeal", "supreme_administrative_court"),
    "interim_order": ("yes", "no"),
    "has_lots": ("yes", "no"),
    "contract_follows": ("yes", "no"),
    "contract_has_ended": ("yes", "no"),
    "extension": ("extend", "let_expire"),
    "more_options": ("yes", "no"),
    "change_ground": ("section_9", "section_10", "section_11", "section_12", "section_13", "section_14"),
    "severe": ("yes", "no"),
    "rung": KEYS,
    "to_rung": LOWER,
    "next_rung": SANCTIONS,
    "stop_in_force": ("yes", "no"),
    "fine_cap": ("reached", "open"),
    "verified": ("yes", "no"),
}

#: Routing facts that stand on the case where the form does not ask, and the fact that holds each.
ROUTED_BY = {
    "track": "procurement",
    **dict.fromkeys(("severe", "rung", "next_rung", "stop_in_force", "fine_cap"), "deviation"),
}


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What stands on the case itself. `opened_at` is an instant in UTC, `_on` are local days."""

    id: str
    region_id: str
    process: str
    version: int
    state: str
    reference: str
    title: str
    row_version: int
    unit_id: str | None
    owner_id: str | None
    officer_id: str | None
    manager_id: str | None
    opened_at: datetime
    registry_number: str | None = None
    parent_id: str | None = None
    predecessor_id: str | None = None
    paused_on: date | None = None
    pauses: tuple[Pause, ...] = ()
    answering_role: str | None = None

    def answering(self, roles: tuple[str, ...]) -> tuple[str, ...]:
        """Of the roles a step or an obligation allows, the one the case itself says answers; all where it says none."""
        return (self.answering_role,) if self.answering_role in roles else roles

    @property
    def named(self) -> dict[str, str | None]:
        """The people the case names, by the role that is personal to them."""
        return {"contract_owner": self.owner_id, "contract_manager": self.manager_id}


@dataclass(frozen=True, slots=True)
class LotFacts:
    """One lot: where it stands, and who prepared what about it."""

    id: str
    number: int
    state: str
    title: str = ""
    prepared_by: str | None = None
    award_proposed: bool = False
    notice_sent_on: date | None = None
    standstill_due_on: date | None = None
    standstill_rule: str | None = None
    cancellation_prepared_by: str | None = None
    cancellation_due_on: date | None = None
    contracts_prepared_by: str | None = None
    interim_order: bool = False
    tender_secret: bool = False
    exclusion_due_on: date | None = None
    reasons_requested_on: date | None = None


@dataclass(frozen=True, slots=True)
class ProcurementFacts:
    """What a procurement says of itself. `value` is kronor without VAT."""

    track: str | None = None
    kind: str | None = None
    value: Decimal | None = None
    value_on: date | None = None
    procedure: str | None = None
    tender_deadline_on: date | None = None
    urgent: bool = False
    advertised_on: date | None = None
    targets_version: int = 0
    requirements_version: int = 0
    targets_decided_version: int | None = None
    requirements_decided_version: int | None = None
    no_target_reason: str | None = None
    documentation_done: bool = False
    cancellation_prepared_by: str | None = None
    framework_case_id: str | None = None
    tenders_valid_until_on: date | None = None
    ex_ante_on: date | None = None
    ex_ante_until_on: date | None = None


@dataclass(frozen=True, slots=True)
class TargetFacts:
    """One sustainability target and how it is followed up."""

    id: str
    number: int
    statement: str
    dimension: str
    indicator: str
    level: str
    follow_up: str


@dataclass(frozen=True, slots=True)
class RequirementFacts:
    """One requirement, and the target it carries."""

    number: int
    text: str
    proof: str
    follow_up: str
    target_number: int | None


@dataclass(frozen=True, slots=True)
class OpinionFacts:
    """Somebody's opinion on one version of the targets."""

    author_id: str
    author_name: str
    targets_version: int


@dataclass(frozen=True, slots=True)
class ReviewFacts:
    """A review in court of one lot."""

    lot_number: int
    court: str
    instance: str
    open: bool
    lodged_on: date
    interim_order: bool = False


@dataclass(frozen=True, slots=True)
class ContractFacts:
    """A contract case: its period, options and whose hand it is in."""

    start_on: date | None = None
    end_on: date | None = None
    last_end_on: date | None = None
    next_option_months: int | None = None
    notice_months: int | None = None
    options_left: int = 0
    contract_class: str | None = None
    handed_over: bool = False
    handover_proposed_by: str | None = None
    evaluated: bool = False
    value: Decimal | None = None
    renewal_asked_on: date | None = None
    renewal_alarmed_on: date | None = None
    renewal_declined_on: date | None = None
    is_framework: bool = False
    party_since_on: date | None = None
    terminated: bool = False


@dataclass(frozen=True, slots=True)
class MatterFacts:
    """One of what may wait several times over (`states/matters.py`): `on` is the day that its time counts from.

    `number` is that of the event that recorded it, None while that is being written. `asked_on`: the party asked for
    its decision.
    """

    number: int | None
    settled_by: str
    lot: int | None
    on: date
    asked_on: date | None = None


@dataclass(frozen=True, slots=True)
class RenewalFacts:
    """What follows a contract: `begun` a procurement that runs or ran to its contracts, `lost` one that was cancelled."""

    begun: bool = False
    target_decided: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class DutyFacts:
    """One occurrence of a recurring duty: its last day, the rule behind it, and whether it is a notice to be confirmed."""

    due_on: date
    basis: str
    source: str
    is_notice: bool = False


@dataclass(frozen=True, slots=True)
class ContractTerms:
    """The blanks of the due-diligence term as the contract has them since `valid_from`: amounts by the code of their term.

    `clause_version` is the wording that the contract carries.
    """

    amounts: Mapping[str, int]
    valid_from: date
    clause_version: str
    fine: FineTerms


@dataclass(frozen=True, slots=True)
class MilestoneFacts:
    """One step of the accepted action plan. The supplier is reminded of no day up to `reminded_on` any more."""

    number: int
    due_on: date
    first_due_on: date
    done_on: date | None = None
    extended: int = 0
    missed: bool = False
    reminded_on: date | None = None


@dataclass(frozen=True, slots=True)
class DeviationFacts:
    """Where a deviation stands. All `_on` are local days.

    `rung` is the one the ladder has come to. `delivered_on` is the day on which the
    mail server (or the supplier, told in another way) took the letter that the present period counts from; None while
    it has not. `waits_until_on` is the last day of a decision to wait, `asked_rung` the rung whose decision is asked
    for, `prepared_*` who prepared which; `stop_consent` what the contract owner said of a stop (None: nothing yet).
    Of the plan's own last day the supplier is reminded no more up to `plan_reminded_on`. `stop_since_on` and `fine_from_on` are None where neither is in force.
    """

    terms: ContractTerms
    severe: bool = False
    probable: bool = False
    is_framework: bool = False
    sub_supplier_refuses: str = ""
    found_on: date | None = None
    contact_known: bool = True
    ground: str = ""
    rung: str | None = None
    waived: frozenset[str] = frozenset()
    delivered_on: date | None = None
    waits_until_on: date | None = None
    asked_rung: str | None = None
    prepared_rung: str | None = None
    prepared_by: str | None = None
    stop_consent: bool | None = None
    skip_reason: bool = False
    stop_since_on: date | None = None
    stop_reviewed_on: date | None = None
    stop_investigating: bool = False
    fine_decided: bool = False
    fine_from_on: date | None = None
    fine_ended_on: date | None = None
    stays: tuple[Stay, ...] = ()
    fine: FineAccount | None = None
    fine_counted: int = 0
    stop_months_reached: bool = False
    milestones: tuple[MilestoneFacts, ...] = ()
    plan_version: int = 0
    plan_status: str = ""
    plan_by: str | None = None
    plan_reminded_on: date | None = None
    remedy_on: date | None = None
    remedy_verified: bool = False
    meeting_on: date | None = None
    pauses: tuple[Pause, ...] = ()

    @property
    def stop_in_force(self) -> bool:
        """A call-off stop is in force, for a ground or while one is investigated."""
        return self.stop_since_on is not None

    @property
    def fine_cap(self) -> str:
        """Whether as many weeks have started as the contract allows."""
        return "reached" if self.fine is not None and self.fine.cap_is_reached else "open"

    @property
    def may_terminate_at_once(self) -> bool:
        """The one condition for climbing that the contract has: the fine's cap is reached, or the stop's months passed."""
        return self.fine_cap == "reached" or self.stop_months_reached

    @property
    def next_rung(self) -> str | None:
        """The rung from the call-off stop upward whose decision would be asked for next; None where there is none.

        The right to terminate at once goes first: the cap reached, or the stop's months passed.
        """
        if self.rung is None or BY_KEY[self.rung].order < BY_KEY[LOWER[-1]].order:
            return None
        return next((r for r in (SANCTIONS[-1], *SANCTIONS[:-1]) if self._may_be_asked(r)), None)

    @property
    def fine_runs(self) -> bool:
        """A fine is decided and has not ended, whether its weeks count today or a stay holds them."""
        return self.fine_decided and self.fine_ended_on is None

    def _may_be_asked(self, rung: str) -> bool:
        if rung in self.waived or rung == self.rung or self.rung == "immediate_termination":
            return False
        if rung == "immediate_termination":
            return self.may_terminate_at_once
        if self.rung == "termination_with_notice":
            return False
        if rung == "call_off_stop":
            in_force = self.stop_in_force and not self.stop_investigating
            return self.is_framework and not self.sub_supplier_refuses and not in_force
        if rung == "contractual_fine":
            agreed = self.terms.fine.week_ore > 0 and self.terms.fine.cap_weeks > 0
            return agreed and not self.sub_supplier_refuses and not self.fine_runs and self.fine_cap == "open"
        return not self.fine_runs  # while a fine runs, its weeks lead on; the notice comes when no fine can


@dataclass(frozen=True, slots=True)
class Parameter:
    """One dated row of policy: what applied, since when, on whose word."""

    name: str
    value: str
    valid_from: date
    source: str

    @property
    def citation(self) -> str:
        """The row as a receipt names it, e.g. `name=value@2026-01-01`."""
        return f"{self.name}={self.value}@{self.valid_from.isoformat()}"


@dataclass(frozen=True, slots=True)
class Mandate:
    """A row of the delegation order that lets a role (or one person) take an act up to an amount."""

    id: str
    act: str
    rule: str
    source: str
    role: str | None = None
    person_id: str | None = None
    limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """All that a guard or a deadline may look at. `facts` holds what the named guards declared they need, `trigger` is
    the step that guards are asked about."""

    case: CaseFacts
    actor: Actor
    capacity: Capacity | None
    today: date
    form: Any = None
    lot: LotFacts | None = None
    lots: tuple[LotFacts, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    trigger: str = ""

    @property
    def procurement(self) -> ProcurementFacts:
        """The procurement, for guards that declare they need it."""
        return self.facts["procurement"]  # type: ignore[no-any-return]

    @property
    def contract(self) -> ContractFacts:
        """The contract, for guards that declare they need it."""
        return self.facts["contract"]  # type: ignore[no-any-return]

    @property
    def renewal(self) -> RenewalFacts:
        """What follows the contract, for guards that declare they need it."""
        return self.facts["renewal"]  # type: ignore[no-any-return]

    @property
    def duty(self) -> DutyFacts:
        """The occurrence of a recurring duty, for deadlines and guards that declare they need it."""
        return self.facts["duty"]  # type: ignore[no-any-return]

    @property
    def deviation(self) -> DeviationFacts:
        """The deviation, for deadlines and guards that declare they need it."""
        return self.facts["deviation"]  # type: ignore[no-any-return]

    def answer(self, name: str, default: Any = None) -> Any:
        """A field of the form, or `default` where the form does not ask (or there is no form yet)."""
        return getattr(self.form, name, default)
