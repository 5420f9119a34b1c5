"""The register of recurring duties as dated rows, and what only an occurrence has."""

from datetime import date

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from workflow.db.columns import key, one_of


class RecurringDuty(SQLModel, table=True):
    """What comes again, how often, who answers and by which rule. `code` names one of the standard calendar."""

    __tablename__ = "recurring_duties"
    __table_args__ = (
        one_of("rhythm", ("yearly", "times_a_year", "every_years")),
        one_of("basis", ("law", "clause", "policy")),
        Index("ix_recurring_duties_region", "region_id", "code"),
    )

    id: str = key()
    region_id: str = Field(foreign_key="regions.id")
    code: str | None = None
    title: str
    rhythm: str
    month: int
    day: int
    times: int
    every_years: int
    base_year: int
    lead_days: int
    owner_role: str
    owner_id: str | None = None
    basis: str
    source: str
    is_notice: bool = False
    shared: bool = False
    valid_from: date
    valid_to: date | None = None
    decided_by: str


class Duty(SQLModel, table=True):
    """One occurrence: the same period of the same duty is opened once, by whichever node comes first."""

    __tablename__ = "duties"
    __table_args__ = (UniqueConstraint("recurring_id", "period"), Index("ix_duties_region", "region_id", "due_on"))

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    recurring_id: str = Field(foreign_key="recurring_duties.id")
    region_id: str
    period: str
    due_on: date
    basis: str
    source: str
    is_notice: bool = False
    opened_late: bool = False
    done_on: date | None = None
    reference: str | None = None
    notified_on: date | None = None
    confirmed_on: date | None = None
    confirmation_reference: str | None = None
    waived_because: str | None = None
