"""Files of a case: the row names the content by its SHA-256; the bytes lie behind `FILES_URL`."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from workflow.db.columns import key, one_of


class FileRow(SQLModel, table=True):
    __tablename__ = "files"
    __table_args__ = (
        Index("ix_files_case", "case_id", "added_at"),
        one_of("secrecy", ("open", "tender", "business", "personal")),
    )

    id: str = key()
    case_id: str = Field(foreign_key="cases.id")
    name: str
    media_type: str
    size: int
    sha256: str
    secrecy: str = "open"
    added_by: str
    added_at: datetime
