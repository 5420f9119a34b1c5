"""Talk beside a case: comments, and questions with their answers. Not part of any decision."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from workflow.db.columns import key, one_of


class Comment(SQLModel, table=True):
    __tablename__ = "comments"
    __table_args__ = (
        Index("ix_comments_case", "case_id", "written_at"),
        one_of("kind", ("comment", "question", "answer")),
    )

    id: str = key()
    case_id: str = Field(foreign_key="cases.id")
    author_id: str
    kind: str = "comment"
    text: str
    addressee_id: str | None = None
    answers_id: str | None = None
    secrecy: str = "open"
    written_at: datetime
