"""The engine's own tables: cases and lots, obligations, timers, outbox, audit streams, idempotency, heartbeats."""

from datetime import date, datetime

from sqlalchemy import BigInteger, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from workflow.db.columns import key, one_of


class Region(SQLModel, table=True):
    __tablename__ = "regions"

    id: str = key()
    name: str
    organisation_number: str | None = None
    county_code: str | None = None


class Case(SQLModel, table=True):
    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("region_id", "reference"),
        CheckConstraint("row_version >= 1", name="row_version"),
        Index("ix_cases_list", "region_id", "closed_at", "next_due_on", "id"),
        Index("ix_cases_state", "region_id", "process", "state", "closed_at", "next_due_on", "id"),
        Index("ix_cases_owner", "region_id", "owner_id", "closed_at", "next_due_on", "id"),
        Index("ix_cases_officer", "region_id", "officer_id", "closed_at", "next_due_on", "id"),
        Index("ix_cases_manager", "region_id", "manager_id", "id"),
        Index("ix_cases_unit", "region_id", "unit_id", "closed_at", "next_due_on", "id"),
        Index("ix_cases_recent", "region_id", "id"),
        Index("ix_cases_search", "region_id", "title_fold", "id"),
        Index("ix_cases_registry_number", "region_id", "registry_number", "id"),
    )

    id: str = key()
    region_id: str = Field(foreign_key="regions.id")
    process: str
    version: int
    reference: str
    registry_number: str | None = None
    title: str
    title_fold: str
    state: str
    row_version: int
    unit_id: str | None = None
    owner_id: str | None = None
    officer_id: str | None = None
    manager_id: str | None = None
    parent_id: str | None = Field(default=None, index=True)
    predecessor_id: str | None = Field(default=None, index=True)
    opened_at: datetime
    updated_at: datetime
    closed_at: datetime | None = None
    entered_at: datetime
    paused_on: date | None = None
    tender_secret: bool = False
    existing: bool = False
    next_due_on: date | None = None
    next_trigger: str | None = None
    next_role: str | None = None
    #: Where the definition lets several roles answer, the one that does in this case (a recurring duty's owner).
    answering_role: str | None = None


class Lot(SQLModel, table=True):
    __tablename__ = "lots"
    __table_args__ = (UniqueConstraint("case_id", "number"),)

    id: str = key()
    case_id: str = Field(foreign_key="cases.id")
    number: int
    title: str = ""
    state: str
    entered_at: datetime
    tender_secret: bool = False
    prepared_by: str | None = None
    award_proposed: bool = False
    award_reasons: str | None = None
    evaluation_reference: str | None = None
    notice_sent_on: date | None = None
    standstill_due_on: date | None = None
    standstill_rule: str | None = None
    standstill_receipt: str | None = None
    cancellation_prepared_by: str | None = None
    cancellation_reasons: str | None = None
    cancellation_due_on: date | None = None
    contracts_prepared_by: str | None = None
    interim_order: bool = False
    signed_on: date | None = None
    post_award_notice_on: date | None = None
    documented_on: date | None = None
    exclusion_due_on: date | None = None
    reasons_requested_on: date | None = None


class Pause(SQLModel, table=True):
    __tablename__ = "pauses"

    id: str = key()
    case_id: str = Field(foreign_key="cases.id", index=True)
    from_on: date
    to_on: date | None = None
    reason: str


class CaseAccess(SQLModel, table=True):
    """Who may see tender matter of a case before the award (OSL 19:3)."""

    __tablename__ = "case_access"

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    person_id: str = key()
    reason: str
    added_by: str
    added_at: datetime


class Conflict(SQLModel, table=True):
    """Who has declared a conflict of interest in a case (KL 6:28)."""

    __tablename__ = "conflicts"

    case_id: str = Field(primary_key=True, foreign_key="cases.id")
    person_id: str = key()
    declared_at: datetime


class Task(SQLModel, table=True):
    """An obligation: who owes which decision or answer by when, by which rule."""

    __tablename__ = "tasks"
    __table_args__ = (
        one_of("status", ("open", "done", "void")),
        Index("ix_tasks_case", "case_id", "status"),
        Index(
            "ix_tasks_person",
            "person_id",
            "due_on",
            "id",
            "region_id",
            "snoozed_until_on",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_tasks_role",
            "region_id",
            "role",
            "due_on",
            "id",
            "snoozed_until_on",
            sqlite_where=text("status = 'open' AND person_id IS NULL"),
            postgresql_where=text("status = 'open' AND person_id IS NULL"),
        ),
        Index(
            "ix_tasks_resting",
            "person_id",
            "snoozed_until_on",
            sqlite_where=text("status = 'open' AND snoozed_until_on IS NOT NULL"),
            postgresql_where=text("status = 'open' AND snoozed_until_on IS NOT NULL"),
        ),
        Index("ix_tasks_done_by", "done_by", "done_at"),
        Index("ix_tasks_closed", "region_id", "done_at"),
    )

    id: str = key()
    region_id: str
    case_id: str = Field(foreign_key="cases.id")
    lot_id: str | None = None
    process: str
    trigger: str
    role: str
    roles: str
    person_id: str | None = None
    opened_at: datetime
    opened_by: str | None = None
    due_on: date | None = None
    due_at: datetime | None = None
    receipt: str | None = None
    reason: str | None = None
    status: str = "open"
    done_at: datetime | None = None
    done_by: str | None = None
    snoozed_until_on: date | None = None
    #: Rises whenever the obligation moves, changes hands or ends: what a calendar tells newer from older by.
    revision: int = 0
    changed_at: datetime | None = None


class FormerHolder(SQLModel, table=True):
    """Who had an obligation before it was handed on: their calendar strikes it out for a while."""

    __tablename__ = "former_holders"
    __table_args__ = (Index("ix_former_holders_person", "person_id", "left_at"),)

    task_id: str = Field(primary_key=True, foreign_key="tasks.id")
    person_id: str = key()
    left_at: datetime


class Timer(SQLModel, table=True):
    """A moment at which the engine must look at a case again. Pulls a trigger, or reminds of a task."""

    __tablename__ = "timers"
    __table_args__ = (
        one_of("status", ("pending", "waiting", "fired", "cancelled", "failed")),
        Index(
            "ix_timers_due",
            "due_at",
            "id",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index("ix_timers_case", "case_id", "status"),
        Index(
            "ix_timers_fired",
            "region_id",
            "fired_at",
            sqlite_where=text("status = 'fired'"),
            postgresql_where=text("status = 'fired'"),
        ),
    )

    id: str = key()
    region_id: str
    case_id: str = Field(foreign_key="cases.id")
    lot_id: str | None = None
    task_id: str | None = None
    kind: str
    trigger: str | None = None
    occurrence: int = 0
    due_at: datetime
    receipt: str | None = None
    status: str = "pending"
    attempts: int = 0
    error: str | None = None
    fired_at: datetime | None = None
    late_seconds: int | None = None


class OutboxMessage(SQLModel, table=True):
    __tablename__ = "outbox_messages"
    __table_args__ = (
        one_of("status", ("queued", "sending", "sent", "failed", "withdrawn")),
        Index(
            "ix_outbox_messages_due",
            "next_try_at",
            "id",
            sqlite_where=text("status IN ('queued', 'sending')"),
            postgresql_where=text("status IN ('queued', 'sending')"),
        ),
        Index("ix_outbox_messages_case", "case_id", "id"),
        Index("ix_outbox_messages_sent", "region_id", "sent_at"),
        Index("ix_outbox_messages_region", "region_id", "id"),
    )

    id: str = key()
    region_id: str
    case_id: str | None = None
    task_id: str | None = None
    kind: str
    person_id: str | None = None
    recipient: str
    recipient_name: str
    locale: str
    facts: str
    status: str = "queued"
    attempts: int = 0
    created_at: datetime
    planned_at: datetime | None = None
    next_try_at: datetime
    sent_at: datetime | None = None
    late_seconds: int | None = None
    error: str | None = None
    #: What the server said when it took the message over.
    reply: str | None = None
    #: When it was refused for good, or withdrawn.
    ended_at: datetime | None = None
    bounced_at: datetime | None = None
    #: What the other side said of it later: the bounce, or that it is delayed.
    bounce: str | None = None
    delayed_at: datetime | None = None
    answered_at: datetime | None = None
    #: Who answered: the person, or the person's absence notice.
    answer: str | None = None


class MailMatter(SQLModel, table=True):
    """Something about a mail that somebody must see to: it did not arrive, or it was answered. Open until settled."""

    __tablename__ = "mail_matters"
    __table_args__ = (
        one_of("cause", ("refused", "bounced", "answered")),
        one_of("status", ("open", "settled")),
        Index("ix_mail_matters_open", "region_id", "status", "opened_at"),
        Index("ix_mail_matters_message", "message_id"),
        Index("ix_mail_matters_case", "case_id"),
    )

    id: str = key()
    region_id: str
    message_id: str
    case_id: str | None = None
    cause: str
    #: Whose it is: the person, else everybody who holds the role.
    person_id: str | None = None
    role: str
    opened_at: datetime
    status: str = "open"
    settled_at: datetime | None = None
    settled_by: str | None = None
    how: str | None = None
    note: str | None = None


class ReturnedLetter(SQLModel, table=True):
    """A letter of the mailbox for returned mail that has been read: each is taken in once."""

    __tablename__ = "returned_letters"

    id: str = key()
    read_at: datetime = Field(index=True)
    what: str
    message_id: str | None = None


class DatabaseLife(SQLModel, table=True):
    """A stretch of the database's life between two releases; `beats` rises with each round of a scheduler.

    What a node has noted beside the database is compared with it: an older database has been restored.
    """

    __tablename__ = "database_lives"

    number: int = key()
    id: str
    begun_at: datetime
    beats: int = Field(default=0, sa_type=BigInteger)


class DigestNote(SQLModel, table=True):
    """Something a person is to be told of in the next digest; afterwards the record of which digest told it."""

    __tablename__ = "digest_notes"
    __table_args__ = (
        one_of("status", ("waiting", "told", "dropped")),
        Index(
            "ix_digest_notes_waiting",
            "person_id",
            "noted_at",
            sqlite_where=text("status = 'waiting'"),
            postgresql_where=text("status = 'waiting'"),
        ),
        Index("ix_digest_notes_digest", "digest_id"),
        Index("ix_digest_notes_case", "case_id", "id"),
    )

    id: str = key()
    region_id: str
    person_id: str
    case_id: str
    task_id: str
    kind: str
    substitute_for_id: str | None = None
    noted_at: datetime
    status: str = "waiting"
    digest_id: str | None = None


class Digest(SQLModel, table=True):
    """The one digest of a person and a local day: whoever writes the row makes it, and nobody makes a second."""

    __tablename__ = "digests"
    __table_args__ = (UniqueConstraint("person_id", "on_day"),)

    id: str = key()
    region_id: str
    person_id: str
    on_day: date
    made_at: datetime
    message_id: str


class DeciderWarning(SQLModel, table=True):
    """That a region's coming gaps without a decider were looked for on a day, and which ones were told then."""

    __tablename__ = "decider_warnings"

    region_id: str = key()
    on_day: date = key()
    told: str
    mails: int


class AuditStream(SQLModel, table=True):
    """The head of one chain: what the verifier must reach."""

    __tablename__ = "audit_streams"

    id: str = key()
    region_id: str = Field(index=True)
    kind: str
    head_seq: int
    head_hash: str


class AuditEvent(SQLModel, table=True):
    __tablename__ = "audit_events"
    __table_args__ = (
        Index("ix_audit_events_region", "region_id", "at", "stream_id", "seq"),
        Index("ix_audit_events_actor", "region_id", "actor_id", "at"),
    )

    stream_id: str = key()
    seq: int = key()
    region_id: str
    kind: str
    at: datetime
    actor_id: str
    case_id: str | None = None
    body: str
    prev_hash: str
    hash: str


class AuditPayload(SQLModel, table=True):
    """A field of an event beside it, so that it can be masked while the chain still verifies."""

    __tablename__ = "audit_payloads"

    stream_id: str = key()
    seq: int = key()
    name: str = key()
    secrecy: str
    lot_id: str | None = None
    salt: str
    value: str | None = None
    redacted_at: datetime | None = None
    redaction: str | None = None


class DecisionRow(SQLModel, table=True):
    """A decision that a named person took, bound to its basis."""

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_case", "case_id", "decided_at"),
        Index("ix_decisions_region", "region_id", "decided_at", "id"),
    )

    id: str = key()
    region_id: str
    case_id: str = Field(foreign_key="cases.id")
    lot_id: str | None = None
    trigger: str
    definition: str
    seq: int
    decided_at: datetime
    decided_by: str
    role: str
    on_behalf_of: str | None = None
    presenter_id: str | None = None
    mandate_id: str | None = None
    mandate_rule: str
    mandate_source: str
    value_ore: int | None = Field(default=None, sa_type=BigInteger)
    reasons: str | None = None
    basis: str
    basis_hash: str
    parameters: str
    sent_to: str
    salts: str | None = None


class IdempotencyKey(SQLModel, table=True):
    __tablename__ = "idempotency_keys"

    person_id: str = key()
    key: str = key()
    body_hash: str
    answer: str
    created_at: datetime = Field(index=True)


class Counter(SQLModel, table=True):
    __tablename__ = "counters"

    region_id: str = key()
    name: str = key()
    value: int


class Heartbeat(SQLModel, table=True):
    """The last finished round of each process that schedules: of its timers (`cycle_at`), and of its mail."""

    __tablename__ = "heartbeats"

    node: str = key()
    kind: str
    cycle_at: datetime
    fired: int = 0
    error: str | None = None
    mail_at: datetime | None = None
    sent: int = 0
    mail_error: str | None = None


class SchedulerGap(SQLModel, table=True):
    """A time in which no node finished a round: from the last one before it to the first one after it."""

    __tablename__ = "scheduler_gaps"

    from_at: datetime = Field(primary_key=True)
    to_at: datetime
    node: str
    waiting: int


class Hold(SQLModel, table=True):
    """While a row stands here, no mail leaves and no timer fires: after a restore an operator releases it."""

    __tablename__ = "holds"

    id: str = key()
    reason: str
    since_at: datetime


class ExternalReference(SQLModel, table=True):
    """Which row of somebody else's list became which case: an import run twice changes nothing."""

    __tablename__ = "external_references"

    region_id: str = key()
    source: str = key()
    external_id: str = key()
    case_id: str = Field(index=True)
    imported_at: datetime
