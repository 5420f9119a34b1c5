"""The procurement plan's own rows: needs entered by hand, decided versions, what is public, and how long steps took."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from workflow.db.columns import key


class PlanEntry(SQLModel, table=True):
    """A need that is no case yet. Withdrawn, never deleted."""

    __tablename__ = "plan_entries"
    __table_args__ = (Index("ix_plan_entries_region", "region_id", "starts_on", "id"),)

    id: str = key()
    region_id: str = Field(foreign_key="regions.id")
    title: str
    unit_id: str | None = None
    owner_id: str | None = None
    starts_on: date
    track: str
    value_low_ore: int | None = Field(default=None, sa_type=BigInteger)
    value_high_ore: int | None = Field(default=None, sa_type=BigInteger)
    note: str | None = None
    entered_by: str
    entered_at: datetime
    withdrawn_at: datetime | None = None


class PlanVersion(SQLModel, table=True):
    """A plan as it was decided: its rows as canonical JSON, and their SHA-256."""

    __tablename__ = "plan_versions"
    __table_args__ = (UniqueConstraint("region_id", "number"),)

    id: str = key()
    region_id: str = Field(foreign_key="regions.id")
    number: int
    from_on: date
    until_on: date
    decided_on: date
    decided_by: str
    recorded_by: str
    recorded_at: datetime
    registry_number: str
    rows: str
    rows_hash: str
    published_at: datetime | None = None
    published_by: str | None = None


class PublishedPlanRow(SQLModel, table=True):
    """What the public may read of a published version: nothing else leaves the region."""

    __tablename__ = "published_plan_rows"

    version_id: str = Field(primary_key=True, foreign_key="plan_versions.id")
    position: int = Field(primary_key=True)
    region_id: str
    title: str
    track: str
    quarter: str
    contact: str | None = None


class ObservedDuration(SQLModel, table=True):
    """How long a step took in finished cases, in working days. `unit_id` is empty for the whole region."""

    __tablename__ = "observed_durations"

    region_id: str = key()
    unit_id: str = key()
    track: str = key()
    step: str = key()
    cases: int
    median: int
    ninety: int
    counted_on: date
