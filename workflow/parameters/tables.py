"""Policy as dated rows: what applies from when, by which source and whose decision. Never edited, only followed."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from workflow.db.columns import key, one_of


class ParameterRow(SQLModel, table=True):
    __tablename__ = "parameters"
    __table_args__ = (UniqueConstraint("region_id", "name", "valid_from"),)

    id: str = key()
    region_id: str
    name: str
    value: str
    valid_from: date
    source: str
    decided_by: str
    decided_at: datetime
    proposed_by: str | None = None


class ParameterChange(SQLModel, table=True):
    """A proposed value: one person proposes, another releases or rejects it. `moved_at`: all running dates are moved."""

    __tablename__ = "parameter_changes"
    __table_args__ = (
        one_of("status", ("proposed", "released", "rejected")),
        Index("ix_parameter_changes_region", "region_id", "id"),
        Index("ix_parameter_changes_moving", "status", "moved_at"),
    )

    id: str = key()
    region_id: str
    name: str
    value: str
    valid_from: date
    source: str
    running: bool = False
    status: str = "proposed"
    proposed_by: str
    proposed_at: datetime
    settled_by: str | None = None
    settled_at: datetime | None = None
    reason: str | None = None
    moved_at: datetime | None = None


class MovedDeadline(SQLModel, table=True):
    """A running deadline that a released change was to move: to where, or why it stayed."""

    __tablename__ = "moved_deadlines"
    __table_args__ = (one_of("status", ("pending", "moved", "stayed")),)

    change_id: str = Field(primary_key=True, foreign_key="parameter_changes.id")
    subject_id: str = key()
    case_id: str
    status: str = "pending"
    person_id: str | None = None
    from_on: date | None = None
    to_on: date | None = None
    error: str | None = None
    tried_at: datetime | None = None


class ClosingDay(SQLModel, table=True):
    """A day on which the region keeps closed. It counts in working days of the region's own terms, nowhere else."""

    __tablename__ = "closing_days"
    __table_args__ = (Index("ix_closing_days_region", "region_id", "closed_on"),)

    id: str = key()
    region_id: str
    closed_on: date
    name: str
    source: str
    decided_by: str
    decided_at: datetime
    withdrawn_by: str | None = None
    withdrawn_at: datetime | None = None
