"""What only a contract has: parties, period, options, handover and follow-ups."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from workflow.db.columns import key, one_of


class Contract(SQLModel, table=True):
    __tablename__ = "contracts"
    __table_args__ = (
        one_of("contract_class", ("a", "b", "c")),
        Index("ix_contracts_end", "region_id", "last_end_on", "case_id"),
        Index("ix_contracts_period", "region_id", "end_on", "case_id"),
        Index("ix_contracts_supplier", "region_id", "supplier_id", "case_id"),
    )

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    region_id: str
    supplier_id: str
    contract_number: str | None = None
    start_on: date | None = None
    end_on: date | None = None
    last_end_on: date | None = None
    option_count: int = 0
    options_used: int = 0
    option_months: int | None = None
    notice_months: int | None = None
    value_ore: int | None = Field(default=None, sa_type=BigInteger)
    contract_class: str | None = None
    is_framework: bool = False
    lot_number: int | None = None
    signed_on: date | None = None
    signed_by: str | None = None
    signing_reference: str | None = None
    handover_proposed_by: str | None = None
    handed_over_on: date | None = None
    follow_up_plan: str | None = None
    start_up_meeting_on: date | None = None
    evaluated_on: date | None = None
    evaluation: str | None = None
    renewal_asked_on: date | None = None
    renewal_alarmed_on: date | None = None
    renewal_declined_on: date | None = None
    #: The last day by a termination, and what it replaced: given back where the termination is.
    terminated_on: date | None = None
    end_before_termination: date | None = None
    options_before_termination: int | None = None
    missing: str = ""
    owner_note: str | None = None


class ContractFollowUp(SQLModel, table=True):
    __tablename__ = "contract_follow_ups"
    __table_args__ = (Index("ix_contract_follow_ups_case", "case_id", "followed_up_on"),)

    id: str = key()
    case_id: str = Field(foreign_key="cases.id")
    followed_up_on: date
    outcome: str
    note: str
    recorded_by: str
    recorded_at: datetime
