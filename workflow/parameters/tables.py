"""Policy as dated rows: what applies from when, by which source and whose decision. Never edited, only followed."""

from datetime import date, datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import SQLModel

from workflow.db.columns import key


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
