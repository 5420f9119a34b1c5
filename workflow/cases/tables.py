"""What stands beside a case's obligations: more time that was given, and deadlines that do not add up."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from workflow.db.columns import key


class DeadlineExtension(SQLModel, table=True):
    """A reasoned decision that gave a duty more time."""

    __tablename__ = "deadline_extensions"
    __table_args__ = (Index("ix_deadline_extensions_task", "task_id", "id"),)

    id: str = key()
    region_id: str
    case_id: str = Field(foreign_key="cases.id")
    task_id: str
    from_on: date
    to_on: date
    reason: str
    role: str
    decided_by: str
    decided_at: datetime


class DeadlineDifference(SQLModel, table=True):
    """A stored deadline that does not say what its facts say; told until it is gone, never put right in silence."""

    __tablename__ = "deadline_differences"
    __table_args__ = (
        Index("ix_deadline_differences_region", "region_id", "gone_at"),
        Index("ix_deadline_differences_subject", "subject_id", "code"),
    )

    id: str = key()
    region_id: str
    case_id: str = Field(foreign_key="cases.id")
    subject: str
    subject_id: str
    trigger: str
    code: str
    stated: str
    found: str
    found_at: datetime
    seen_at: datetime
    gone_at: datetime | None = None
