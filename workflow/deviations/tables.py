"""What only a deviation has: the contract's blanks, where the ladder stands, plans, rungs, stops, fines, letters."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from states.ladder import KEYS, SANCTIONS, SEVERE_KINDS
from workflow.db.columns import key, one_of

SOURCES = ("follow_up", "audit", "supplier_report", "tip", "media")
KINDS = (*SEVERE_KINDS, "other")
GROUNDS = ("", "not_reporting", "not_taking_part", "not_following_plan")
REFUSALS = ("", "traceability", "audit")
OUTCOMES = ("remedied", "withdrawn", "settled", "terminated")
NOTICE_STATUSES = ("drafted", "replaced", "queued", "delivered", "returned")


class ContractTermsRow(SQLModel, table=True):
    """The blanks of the due-diligence term as a contract has them from a day on. Never edited, only followed.

    Amounts carry the name of their term (`states/terms.py`), in its unit. `source` says whether the region's defaults
    of that day filled them or somebody recorded them.
    """

    __tablename__ = "contract_terms"
    __table_args__ = (
        UniqueConstraint("case_id", "version"),
        one_of("source", ("regional_defaults", "recorded")),
        one_of("severe_kinds", ("six", "forced_and_child_labour")),
        one_of("re_audit_payer", ("supplier_pays_re_audits", "supplier_pays_after_full_fine")),
        one_of("publication", ("full_secrecy_review", "regard_to_sensitive_facts")),
        one_of("commitments", ("basic", "advanced")),
    )

    id: str = key()
    region_id: str = Field(index=True)
    case_id: str = Field(foreign_key="cases.id")
    version: int
    valid_from: date
    source: str
    reason: str
    recorded_by: str
    recorded_at: datetime
    clause_version: str
    organisation: str
    process_from_on: date | None = None
    severe_kinds: str
    severe_report: int
    audit_enabling: int
    self_assessment: int
    plan_due: int
    plan_due_severe: int
    remedy: int
    remedy_verification: int
    response_reminder_1: int
    response_reminder_2: int
    response_formal_demand: int
    response_escalation_meeting: int
    response_call_off_stop: int
    fine_week_ore: int = Field(sa_type=BigInteger)
    fine_cap_weeks: int
    stop_until_termination: int
    termination_notice: int
    re_audit_payer: str
    publication: str
    commitments: str
    climate_plan: bool


class SupplierContact(SQLModel, table=True):
    """Who at the supplier gets the letters about a contract, and in which language. The newest row holds."""

    __tablename__ = "supplier_contacts"
    __table_args__ = (one_of("locale", ("sv", "en")), Index("ix_supplier_contacts_case", "case_id", "id"))

    id: str = key()
    region_id: str
    case_id: str = Field(foreign_key="cases.id")
    name: str
    email: str
    locale: str
    recorded_by: str
    recorded_at: datetime


class Deviation(SQLModel, table=True):
    """One deviation, and where its ladder stands. `contract_id` is the contract's case."""

    __tablename__ = "deviations"
    __table_args__ = (
        one_of("finding_source", SOURCES),
        one_of("kind", KINDS),
        one_of("ground", GROUNDS),
        one_of("sub_supplier_refuses", REFUSALS),
        one_of("rung", KEYS),
        one_of("asked_rung", SANCTIONS),
        one_of("outcome", OUTCOMES),
        Index("ix_deviations_contract", "contract_id", "case_id"),
        Index("ix_deviations_recent", "region_id", "case_id"),
        Index("ix_deviations_supplier", "region_id", "supplier_id", "case_id"),
        Index("ix_deviations_rung", "region_id", "ended_on", "rung", "rung_entered_on", "case_id"),
        Index("ix_deviations_ended", "region_id", "outcome", "ended_on", "case_id"),
    )

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    region_id: str
    contract_id: str = Field(foreign_key="cases.id")
    supplier_id: str
    terms_id: str = Field(foreign_key="contract_terms.id")
    is_framework: bool
    finding_source: str
    found_on: date
    kind: str
    requirement: str
    clause: str
    description: str
    ground: str = ""
    ground_note: str | None = None
    probable_on: date | None = None
    probable_because: str | None = None
    sub_supplier_refuses: str = ""
    severe_reported_on: date | None = None
    contact_name: str
    contact_email: str
    contact_locale: str
    rung: str | None = None
    rung_entered_on: date | None = None
    #: The letter that the present response period counts from.
    period_notice_id: str | None = None
    waits_until_on: date | None = None
    asked_rung: str | None = None
    prepared_rung: str | None = None
    prepared_by: str | None = None
    prepared_at: datetime | None = None
    proportionality: str | None = None
    evidence: str | None = None
    skip_reason: str | None = None
    #: What the contract owner said of the prepared call-off stop.
    stop_consent: bool | None = None
    stop_consent_by: str | None = None
    stop_consent_note: str | None = None
    #: The supplier is reminded of its plan no more up to this day.
    plan_reminded_on: date | None = None
    #: The last day of the contract by the termination that stands.
    terminates_on: date | None = None
    meeting_on: date | None = None
    remedy_on: date | None = None
    remedy_verified_on: date | None = None
    fine_decided_on: date | None = None
    fine_from_on: date | None = None
    fine_ended_on: date | None = None
    outcome: str | None = None
    ended_on: date | None = None


class ActionPlan(SQLModel, table=True):
    """A version of the supplier's action plan."""

    __tablename__ = "action_plans"
    __table_args__ = (
        UniqueConstraint("case_id", "version"),
        one_of("status", ("submitted", "accepted", "returned", "replaced", "failed", "completed")),
    )

    id: str = key()
    region_id: str = Field(index=True)
    case_id: str = Field(foreign_key="cases.id")
    version: int
    received_on: date
    cause: str
    recorded_by: str
    recorded_at: datetime
    status: str = "submitted"
    settled_by: str | None = None
    settled_at: datetime | None = None
    settled_because: str | None = None


class Milestone(SQLModel, table=True):
    """One step of a plan. `first_due_on` is the day that was accepted, `due_on` the day that holds now."""

    __tablename__ = "milestones"
    __table_args__ = (UniqueConstraint("plan_id", "number"), Index("ix_milestones_case", "case_id", "due_on"))

    id: str = key()
    region_id: str
    plan_id: str = Field(foreign_key="action_plans.id")
    case_id: str = Field(foreign_key="cases.id")
    number: int
    action: str
    responsible: str
    first_due_on: date
    due_on: date
    extended: int = 0
    extended_because: str | None = None
    missed_on: date | None = None
    reminded_on: date | None = None
    done_on: date | None = None
    proof: str | None = None


class RungEntered(SQLModel, table=True):
    """One entry of one rung, or the decision to pass it by. `seq` is the event on the case's stream that did it.

    `response` is the receipt of the response period, once its letter was handed over.
    """

    __tablename__ = "rungs_entered"
    __table_args__ = (
        UniqueConstraint("case_id", "number"),
        one_of("rung", KEYS),
        one_of("status", ("entered", "waived", "skipped")),
        Index("ix_rungs_entered_region", "region_id", "rung", "ended_on", "case_id"),
    )

    id: str = key()
    region_id: str
    case_id: str = Field(foreign_key="cases.id")
    number: int
    rung: str
    status: str
    entered_on: date
    entered_at: datetime
    trigger: str
    decided_by: str
    role: str | None = None
    prepared_by: str | None = None
    mandate_id: str | None = None
    mandate_rule: str | None = None
    reasons: str | None = None
    proportionality: str | None = None
    notice_id: str | None = None
    response: str | None = None
    response_due_on: date | None = None
    ended_on: date | None = None
    ended_how: str | None = None


class CallOffStop(SQLModel, table=True):
    """A stop of call-offs: for a ground, or while a possible one is investigated. Open until it is lifted."""

    __tablename__ = "call_off_stops"
    __table_args__ = (
        one_of("why", ("ground", "investigating")),
        Index("ix_call_off_stops_case", "case_id", "id"),
        Index("ix_call_off_stops_open", "region_id", "ended_on", "contract_id"),
    )

    id: str = key()
    region_id: str
    case_id: str = Field(foreign_key="cases.id")
    contract_id: str
    why: str
    from_on: date
    decided_by: str
    reviewed_on: date | None = None
    review_note: str | None = None
    ended_on: date | None = None
    ended_because: str | None = None


class FineStay(SQLModel, table=True):
    """Days on which a fine stands still: a plan under review or followed, a dispute, force majeure."""

    __tablename__ = "fine_stays"
    __table_args__ = (Index("ix_fine_stays_case", "case_id", "from_on"),)

    id: str = key()
    region_id: str = Field(index=True)
    case_id: str = Field(foreign_key="cases.id")
    from_on: date
    to_on: date | None = None
    reason: str


class FineWeekRow(SQLModel, table=True):
    """One started week of a fine, as it was counted; and how finance set it off or had it paid."""

    __tablename__ = "fine_weeks"
    __table_args__ = (Index("ix_fine_weeks_region", "region_id", "starts_on", "case_id"),)

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    number: int = key()
    region_id: str
    starts_on: date
    amount_ore: int = Field(sa_type=BigInteger)
    total_ore: int = Field(sa_type=BigInteger)
    counted_at: datetime
    set_off_on: date | None = None
    set_off_reference: str | None = None
    set_off_note: str | None = None


class SupplierNotice(SQLModel, table=True):
    """A letter to the supplier: as rendered, hashed, and when the mail server took it over.

    `text_hash` is the SHA-256 of `subject`, a line break and `text` in UTF-8. A letter of `kind` a rung's starts that
    rung's response period when it is handed over, and so does one that asks for a new plan (`starts_period`).
    """

    __tablename__ = "supplier_notices"
    __table_args__ = (
        one_of("locale", ("sv", "en")),
        one_of("status", NOTICE_STATUSES),
        one_of("means", ("mail", "letter", "meeting", "other")),
        Index("ix_supplier_notices_case", "case_id", "id"),
        Index("ix_supplier_notices_message", "message_id", unique=True),
        Index("ix_supplier_notices_region", "region_id", "status", "id"),
    )

    id: str = key()
    region_id: str
    case_id: str = Field(foreign_key="cases.id")
    kind: str
    rung: str | None = None
    starts_period: bool
    locale: str
    recipient_name: str
    recipient: str
    subject: str
    text: str
    text_hash: str
    status: str
    made_at: datetime
    made_by: str
    message_id: str | None = None
    means: str = "mail"
    handed_over_at: datetime | None = None
    handed_over_on: date | None = None
    returned_at: datetime | None = None
    returned_because: str | None = None


class ExclusionMaterial(SQLModel, table=True):
    """Material for a later exclusion test (LOU 13:3 p. 1 and 5, 13:1): the supplier heard, self-cleaning noted.

    `usable_until_on` with its receipt: an event three years, a judgment five.
    """

    __tablename__ = "exclusion_material"
    __table_args__ = (Index("ix_exclusion_material_region", "region_id", "supplier_id", "usable_until_on"),)

    id: str = key()
    region_id: str
    case_id: str = Field(foreign_key="cases.id", index=True)
    supplier_id: str
    judgment: bool
    event_on: date
    usable_until_on: date
    receipt: str
    description: str
    supplier_heard_on: date | None = None
    supplier_said: str | None = None
    self_cleaning: str | None = None
    recorded_by: str
    recorded_at: datetime
