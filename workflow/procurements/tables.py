"""What only a procurement has: need, track, tender milestones, awards and reviews."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from workflow.db.columns import key, one_of


class Procurement(SQLModel, table=True):
    __tablename__ = "procurements"

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    track: str | None = None
    kind: str | None = None
    need: str | None = None
    cpv: str | None = None
    estimated_value_ore: int | None = Field(default=None, sa_type=BigInteger)
    value_on: date | None = None
    procedure: str | None = None
    framework: str | None = None
    risk_environment: str | None = None
    risk_human_rights: str | None = None
    risk_corruption: str | None = None
    risk_labour_law: str | None = None
    risk_other: str | None = None
    risk_note: str | None = None
    published_on: date | None = None
    notice_reference: str | None = None
    system_reference: str | None = None
    tender_deadline_on: date | None = None
    urgent: bool | None = None
    applications_due_on: date | None = None
    tenders_valid_until_on: date | None = None
    ex_ante_on: date | None = None
    ex_ante_until_on: date | None = None
    opened_on: date | None = None
    opened_by: str | None = None
    opened_with: str | None = None
    protocol_reference: str | None = None
    tenders_received: int | None = None
    targets_version: int = 0
    requirements_version: int = 0
    targets_decided_version: int | None = None
    requirements_decided_version: int | None = None
    no_target_reason: str | None = None
    documentation_on: date | None = None
    documentation_reference: str | None = None
    cancellation_prepared_by: str | None = None
    cancellation_reasons: str | None = None
    history_note: str | None = None
    appealed: bool | None = None
    missing: str = ""


class Award(SQLModel, table=True):
    """A supplier of a lot: proposed, then awarded."""

    __tablename__ = "awards"
    __table_args__ = (
        Index("ix_awards_case", "case_id"),
        Index("ix_awards_supplier", "supplier_id"),
        one_of("status", ("proposed", "awarded", "recalled", "historical")),
    )

    id: str = key()
    region_id: str
    case_id: str = Field(foreign_key="cases.id")
    lot_id: str = Field(foreign_key="lots.id")
    supplier_id: str
    rank: int
    value_ore: int | None = Field(default=None, sa_type=BigInteger)
    status: str = "proposed"


class ReviewRow(SQLModel, table=True):
    __tablename__ = "reviews"
    __table_args__ = (Index("ix_reviews_case", "case_id"), one_of("status", ("open", "ruled", "lapsed")))

    id: str = key()
    case_id: str = Field(foreign_key="cases.id")
    lot_id: str
    court: str
    court_case_number: str
    instance: str
    interim_order: bool = False
    lodged_on: date
    ruled_on: date | None = None
    ruling: str | None = None
    status: str = "open"
    recorded_at: datetime


class ContractDraft(SQLModel, table=True):
    """A contract prepared for signing: becomes a case of `contract@1` when it is signed."""

    __tablename__ = "contract_drafts"
    __table_args__ = (Index("ix_contract_drafts_lot", "lot_id"),)

    id: str = key()
    case_id: str = Field(foreign_key="cases.id")
    lot_id: str = Field(foreign_key="lots.id")
    position: int
    supplier_id: str
    contract_number: str | None = None
    start_on: date
    end_on: date
    option_count: int = 0
    option_months: int | None = None
    notice_months: int | None = None
    value_ore: int | None = Field(default=None, sa_type=BigInteger)
    contract_class: str
    is_framework: bool = False
