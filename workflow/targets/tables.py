"""Sustainability targets and the opinions on them."""

from datetime import date, datetime

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from workflow.db.columns import key


class Target(SQLModel, table=True):
    __tablename__ = "targets"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: str = key()
    case_id: str = Field(foreign_key="cases.id")
    number: int
    statement: str
    dimension: str
    goal: int | None = None
    level: str = ""
    indicator: str = ""
    baseline: str = ""
    target_value: str = ""
    target_on: date | None = None
    follow_up: str = ""
    written_by: str


class Opinion(SQLModel, table=True):
    __tablename__ = "opinions"
    __table_args__ = (Index("ix_opinions_case", "case_id", "given_at"),)

    id: str = key()
    case_id: str = Field(foreign_key="cases.id")
    author_id: str
    supports: bool
    opinion: str
    targets_version: int
    given_at: datetime
