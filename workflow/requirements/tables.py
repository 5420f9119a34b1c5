"""Requirements of a procurement, each with its proof, its way of following up and the target it carries."""

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from workflow.db.columns import key


class Requirement(SQLModel, table=True):
    __tablename__ = "requirements"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: str = key()
    case_id: str = Field(foreign_key="cases.id")
    number: int
    text: str
    requirement_kind: str
    proof: str = ""
    follow_up: str = ""
    target_number: int | None = None
    written_by: str
