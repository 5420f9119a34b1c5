"""Files of a case: the row names the content by its SHA-256; the bytes lie behind `FILES_URL`."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from workflow.db.columns import key, one_of


class FileRow(SQLModel, table=True):
    __tablename__ = "files"
    __table_args__ = (
        Index("ix_files_case", "case_id", "added_at"),
        Index("ix_files_sha256", "sha256"),
        Index(
            "ix_files_waiting",
            "scan_tried_at",
            "id",
            sqlite_where=text("scan = 'waiting'"),
            postgresql_where=text("scan = 'waiting'"),
        ),
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
    #: waiting (for a virus scan), clean or infected; without a scanner all wait, and are served.
    scan: str = "waiting"
    scan_tried_at: datetime | None = None
