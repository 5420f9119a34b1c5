"""Letter texts and letterheads: dated rows of a region. Never edited, only followed."""

from datetime import date, datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from workflow.db.columns import key, one_of


class LetterText(SQLModel, table=True):
    """A text for one kind of letter in one language, proposed by one person and released by another.

    `subject` and `text` with placeholders in codes; both None where the row goes back to the standard text.
    """

    __tablename__ = "letter_texts"
    __table_args__ = (
        one_of("locale", ("sv", "en")),
        one_of("status", ("proposed", "released", "rejected")),
        Index("ix_letter_texts_kind", "region_id", "kind", "locale", "status", "valid_from"),
        Index("ix_letter_texts_region", "region_id", "id"),
    )

    id: str = key()
    region_id: str
    kind: str
    locale: str
    subject: str | None = None
    text: str | None = None
    valid_from: date
    source: str
    status: str = "proposed"
    proposed_by: str
    proposed_at: datetime
    settled_by: str | None = None
    settled_at: datetime | None = None
    reason: str | None = None


class Letterhead(SQLModel, table=True):
    """What stands at the head and foot of a unit's letters from a day on; without a unit, of the whole region's.

    Proposed by one person and released by another. `address` and `contact` are lines of text.
    """

    __tablename__ = "letterheads"
    __table_args__ = (
        one_of("status", ("proposed", "released", "rejected")),
        Index("ix_letterheads_region", "region_id", "valid_from", "id"),
    )

    id: str = key()
    region_id: str
    unit_id: str | None = Field(default=None, foreign_key="units.id")
    valid_from: date
    sender: str
    department: str
    address: str
    contact: str
    reference_person: str
    source: str
    status: str = "proposed"
    proposed_by: str
    proposed_at: datetime
    settled_by: str | None = None
    settled_at: datetime | None = None
    reason: str | None = None
