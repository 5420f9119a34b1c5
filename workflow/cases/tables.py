"""What stands beside a case's obligations (more time, deadlines that do not add up), and what people keep of the lists."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint, text
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


class SavedView(SQLModel, table=True):
    """A filter of the list of cases that a person keeps under a name. `filters` is the query of the list's address."""

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("person_id", "name_fold", name="uq_saved_views_person_id_name_fold"),
        Index(
            "uq_saved_views_start",
            "person_id",
            unique=True,
            sqlite_where=text("start = 1"),
            postgresql_where=text("start"),
        ),
    )

    id: str = key()
    person_id: str = Field(foreign_key="people.id")
    name: str
    name_fold: str
    filters: str
    start: bool = False
    created_at: datetime


class CaseVisit(SQLModel, table=True):
    """How far a person has seen the timeline of a case: the last visit alone, no history of visits."""

    __tablename__ = "case_visits"

    person_id: str = key(foreign_key="people.id")
    case_id: str = key(foreign_key="cases.id")
    seen_seq: int
    seen_at: datetime
