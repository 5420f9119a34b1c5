"""Situations for tests of the law book: one in which everything is in order, to be changed in one point a test."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from states.facts import (
    CaseFacts,
    ContractFacts,
    ContractTerms,
    DeviationFacts,
    DutyFacts,
    LotFacts,
    Mandate,
    MatterFacts,
    MilestoneFacts,
    OpinionFacts,
    Parameter,
    ProcurementFacts,
    RenewalFacts,
    RequirementFacts,
    ReviewFacts,
    Situation,
    TargetFacts,
)
from states.fines import FineAccount, FineTerms, FineWeek
from states.roles import Actor, Capacity, Holding, Role
from states.terms import SWITCHES

TODAY = date(2027, 3, 10)  # a Wednesday with no holiday near

OWNER, OTHER_OWNER, OFFICER, HEAD, STRATEGIST = "ove", "ottilia", "ulla", "hedda", "signe"

CASE = CaseFacts(
    id="c1",
    region_id="norrbotten",
    process="procurement",
    version=1,
    state="needs_analysis",
    reference="UPP-1",
    title="Förband",
    row_version=1,
    unit_id="u1",
    owner_id=OWNER,
    officer_id=OFFICER,
    manager_id="mans",
    opened_at=datetime(2027, 1, 4, 8, tzinfo=UTC),
    registry_number="RN 1",
)
LOT = LotFacts(
    id="l1",
    number=1,
    state="contract_signing",
    prepared_by=OFFICER,
    award_proposed=True,
    notice_sent_on=date(2027, 2, 22),
    standstill_due_on=date(2027, 3, 4),
    standstill_rule="LOU 20:1",
    cancellation_prepared_by=OFFICER,
    cancellation_due_on=date(2027, 3, 4),
    contracts_prepared_by=OFFICER,
)
TARGET = TargetFacts("t1", 1, "Mindre plast", "environment", "andel förnybar plast", "60 %", "årlig rapport")
REQUIREMENT = RequirementFacts(1, "Minst 60 % förnybar plast", "intyg", "årlig rapport", 1)
PROCUREMENT = ProcurementFacts(
    track="above_threshold",
    kind="goods",
    value=Decimal(5_000_000),
    procedure="selective",
    tender_deadline_on=date(2027, 3, 1),
    targets_version=2,
    targets_decided_version=2,
    requirements_version=3,
    requirements_decided_version=3,
    documentation_done=True,
    ex_ante_on=date(2027, 2, 1),
    ex_ante_until_on=date(2027, 2, 11),
)
CONTRACT = ContractFacts(
    start_on=date(2025, 3, 1),
    end_on=date(2027, 2, 28),
    last_end_on=date(2028, 2, 28),
    next_option_months=12,
    options_left=1,
    contract_class="b",
    handover_proposed_by=OFFICER,
    evaluated=True,
    value=Decimal(2_000_000),
    is_framework=True,
    party_since_on=date(2026, 3, 1),
    terminated=True,
)
#: A deviation whose every guard is met: nothing is in force, and all that is waited for has come.
DEVIATION = DeviationFacts(
    terms=ContractTerms({}, date(2026, 1, 1), "regionernas avtalsvillkor 2025", FineTerms(1_000_000, 8)),
    severe=True,
    probable=True,
    is_framework=True,
    found_on=date(2026, 9, 1),
    rung="escalation_meeting",
    delivered_on=date(2026, 11, 2),
    prepared_rung="call_off_stop",
    prepared_by=OFFICER,
    stop_consent=True,
    skip_reason=True,
    ground="not_following_plan",
    fine=FineAccount((FineWeek(1, date(2027, 3, 3), 1_000_000, 1_000_000),), 1, None),
    fine_from_on=date(2027, 3, 3),
    stop_months_reached=True,
    milestones=(MilestoneFacts(1, date(2027, 3, 1), date(2027, 3, 1)),),
    plan_version=1,
    plan_status="submitted",
    plan_by=OFFICER,
    remedy_verified=True,
)
PARAMETERS = {name: Parameter(name, value, date(2027, 1, 1), source) for name, (value, source) in SWITCHES.items()}
FACTS: dict[str, Any] = {
    "procurement": PROCUREMENT,
    "contract": CONTRACT,
    "duty": DutyFacts(date(2027, 6, 30), "clause", "SEED 4", is_notice=True),
    "targets": (TARGET,),
    "requirements": (REQUIREMENT,),
    "opinions": (OpinionFacts(STRATEGIST, "Signe", 2),),
    # It goes on in a court where nothing keeps from signing.
    "reviews": (ReviewFacts(1, "Sundsvall", "court_of_appeal", True, date(2027, 2, 20)),),
    "mandate": Mandate("m1", "decide_award", "1.2", "delegationsordning", role="head_of_procurement"),
    "tender_access": True,
    "contracts_open": 0,
    "open_tasks": (),
    "disqualified": (),
    "renewal": RenewalFacts(),
    "matters": (MatterFacts(7, "record_party_decision", None, date(2026, 3, 1)),),
    "deviation": DEVIATION,
    "termination": date(2027, 6, 30),
}


def person(person_id: str, *roles: str) -> Actor:
    return Actor(person_id, "norrbotten", person_id.title(), tuple(Holding(person_id, r) for r in roles))


def everybody() -> Actor:
    """One who holds every role, the system's too, and has prepared nothing: only the table can stop this one."""
    own = tuple(Holding("alla", r.value) for r in Role)
    named = (Holding(OWNER, Role.CONTRACT_OWNER.value), Holding("mans", Role.CONTRACT_MANAGER.value))
    return Actor("alla", "norrbotten", "Alla", own + named)


def situation(
    *,
    actor: str = HEAD,
    on_behalf_of: str | None = None,
    today: date = TODAY,
    form: dict[str, Any] | None = None,
    lot: dict[str, Any] | None = None,
    procurement: dict[str, Any] | None = None,
    contract: dict[str, Any] | None = None,
    deviation: dict[str, Any] | None = None,
    case: dict[str, Any] | None = None,
    facts: dict[str, Any] | None = None,
    no_lot: bool = False,
) -> Situation:
    """The situation in which all is in order, changed in what is given. Without `form` none is filled in yet."""
    own_lot = None if no_lot else replace(LOT, **(lot or {}))
    return Situation(
        case=replace(CASE, **(case or {})),
        actor=person(actor, Role.HEAD_OF_PROCUREMENT),
        capacity=Capacity(Role.HEAD_OF_PROCUREMENT, on_behalf_of),
        today=today,
        form=None if form is None else SimpleNamespace(**form),
        lot=own_lot,
        lots=(own_lot,) if own_lot else (),
        parameters=PARAMETERS,
        trigger="decide_call_off_stop",
        facts={
            **FACTS,
            "procurement": replace(PROCUREMENT, **(procurement or {})),
            "contract": replace(CONTRACT, **(contract or {})),
            "deviation": replace(DEVIATION, **(deviation or {})),
            **(facts or {}),
        },
    )
