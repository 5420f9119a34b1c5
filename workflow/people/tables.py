"""Units as a tree, people, what they may do and who stands in for them."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Index, UniqueConstraint, true
from sqlmodel import Field, SQLModel

from workflow.db.columns import key


class Unit(SQLModel, table=True):
    __tablename__ = "units"
    __table_args__ = (Index("ix_units_region", "region_id", "name_sort"),)

    id: str = key()
    region_id: str = Field(foreign_key="regions.id")
    parent_id: str | None = Field(default=None, foreign_key="units.id")
    name: str
    name_sort: str
    kind: str = "unit"
    manager_id: str | None = None
    contract_owner_id: str | None = None


class Person(SQLModel, table=True):
    __tablename__ = "people"
    __table_args__ = (Index("ix_people_region", "region_id", "name_sort"),)

    id: str = key()
    region_id: str = Field(foreign_key="regions.id")
    email: str = Field(unique=True)
    name: str
    name_sort: str
    unit_id: str | None = None
    locale: str = "sv"
    password_hash: str | None = None
    created_at: datetime
    disabled_at: datetime | None = None
    demo: bool = False


class RoleAssignment(SQLModel, table=True):
    __tablename__ = "role_assignments"
    __table_args__ = (
        Index("ix_role_assignments_person", "person_id"),
        Index("ix_role_assignments_role", "region_id", "role"),
    )

    id: str = key()
    region_id: str
    person_id: str = Field(foreign_key="people.id")
    role: str
    unit_id: str | None = None
    valid_from: date
    valid_to: date | None = None
    decided_by: str


class Substitute(SQLModel, table=True):
    __tablename__ = "substitutes"
    __table_args__ = (Index("ix_substitutes_substitute", "substitute_id"), Index("ix_substitutes_person", "person_id"))

    id: str = key()
    region_id: str
    person_id: str = Field(foreign_key="people.id")
    substitute_id: str = Field(foreign_key="people.id")
    valid_from: date
    valid_to: date
    decided_by: str
    #: Whether the person replaced is away then; else the substitute only stands ready.
    away: bool = Field(default=True, sa_column_kwargs={"server_default": true()})


class Absence(SQLModel, table=True):
    """Somebody is away on these days (both included) and has named nobody: reminders go to the manager as well."""

    __tablename__ = "absences"
    __table_args__ = (Index("ix_absences_person", "person_id"), Index("ix_absences_region", "region_id", "last_on"))

    id: str = key()
    region_id: str
    person_id: str = Field(foreign_key="people.id")
    first_on: date
    last_on: date
    decided_by: str


class MailPlan(SQLModel, table=True):
    """How a person wants mail that can wait. No row: what is asked comes at once, reminders in one digest at the region's
    hour on working days. `asks_wait`: what is asked waits for the digest too."""

    __tablename__ = "mail_plans"

    person_id: str = Field(primary_key=True, foreign_key="people.id")
    digest: bool
    asks_wait: bool = False
    hour: int | None = None
    weekdays: str | None = None


class MandateRow(SQLModel, table=True):
    """A row of the region's delegation order: which role (or person) may take which act, up to which value."""

    __tablename__ = "mandates"
    __table_args__ = (Index("ix_mandates_region", "region_id", "act"),)

    id: str = key()
    region_id: str
    act: str
    role: str | None = None
    person_id: str | None = None
    limit_ore: int | None = Field(default=None, sa_type=BigInteger)
    rule: str
    source: str
    valid_from: date
    valid_to: date | None = None
    decided_by: str


class Session(SQLModel, table=True):
    """`way` is password, demo or provider; the next four columns are for a provider's sessions only.

    `authenticated_at` is when the person last showed who they are, as far as that is known.
    """

    __tablename__ = "sessions"
    __table_args__ = (Index("ix_sessions_identity", "identity_id"),)

    id_hash: str = key()
    person_id: str = Field(foreign_key="people.id", index=True)
    csrf_token: str
    created_at: datetime
    seen_at: datetime
    authenticated_at: datetime
    ended_at: datetime | None = None
    way: str = Field(default="password", sa_column_kwargs={"server_default": "password"})
    identity_id: str | None = None
    provider_session: str | None = None
    acr: str | None = None
    sealed_token: str | None = None


class ApiToken(SQLModel, table=True):
    __tablename__ = "api_tokens"

    token_hash: str = key()
    person_id: str = Field(foreign_key="people.id", index=True)
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None = None


class CalendarAddress(SQLModel, table=True):
    """The address of a person's calendar: only its hash is kept, and at most one works."""

    __tablename__ = "calendar_addresses"

    token_hash: str = key()
    person_id: str = Field(foreign_key="people.id", index=True)
    created_at: datetime
    revoked_at: datetime | None = None


class SignInFailure(SQLModel, table=True):
    """Counts failures over all nodes: ten in a quarter of an hour close an account's door for a while."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (Index("ix_sign_in_failures_subject", "subject", "at"),)

    id: str = key()
    subject: str
    at: datetime


class Identity(SQLModel, table=True):
    """Somebody as a provider knows them. The key is issuer and subject; name and address are only shown.

    `person_id` is who that is in Stegvis, once somebody with the right to it has said so.
    """

    __tablename__ = "identities"
    __table_args__ = (
        UniqueConstraint("issuer", "subject", name="uq_identities_issuer_subject"),
        UniqueConstraint("issuer", "person_id", name="uq_identities_issuer_person_id"),
        Index("ix_identities_person", "person_id"),
    )

    id: str = key()
    issuer: str
    subject: str
    region_id: str | None = None
    person_id: str | None = Field(default=None, foreign_key="people.id")
    name: str
    email: str
    number: str | None = None
    first_seen_at: datetime
    last_seen_at: datetime
    bound_at: datetime | None = None
    bound_by: str | None = None


class DirectoryNumber(SQLModel, table=True):
    """A person's number in the region's directory (HSA-id, employee number), by which a first sign-in is known."""

    __tablename__ = "directory_numbers"
    __table_args__ = (UniqueConstraint("region_id", "number", name="uq_directory_numbers_region_id_number"),)

    person_id: str = key(foreign_key="people.id")
    region_id: str
    number: str


class KeptForm(SQLModel, table=True):
    """What somebody typed, kept sealed while they confirm who they are."""

    __tablename__ = "kept_forms"
    __table_args__ = (Index("ix_kept_forms_person", "person_id", "kept_at"),)

    id: str = key()
    person_id: str = Field(foreign_key="people.id")
    sealed: str
    kept_at: datetime


class UsedLogoutToken(SQLModel, table=True):
    """A provider's order to end sessions is followed once."""

    __tablename__ = "used_logout_tokens"

    token_hash: str = key()
    used_at: datetime
