"""What the queries give: plain rows for pages, API and exports. Whatever the viewer may not see is not in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from workflow.db.statements import Row
from workflow.engine.access import View


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """What a list of cases is narrowed to. `unit` takes the units below it too; `q` searches title, reference, Dnr,
    suppliers of contracts and of public awards; `expiring_year` means contracts whose period ends that year."""

    process: str | None = None
    state: str | None = None
    owner: str | None = None
    officer: str | None = None
    unit: str | None = None
    overdue: bool | None = None
    q: str | None = None
    parent: str | None = None
    open_only: bool = False
    expiring_year: int | None = None
    phase: str | None = None


@dataclass(frozen=True, slots=True)
class CaseItem:
    """A case as a row of a list. `next_*` is what it waits for first."""

    id: str
    reference: str
    registry_number: str | None
    title: str
    process: str
    version: int
    state: str
    unit_id: str | None
    unit_name: str | None
    owner_id: str | None
    owner_name: str | None
    officer_id: str | None
    officer_name: str | None
    manager_name: str | None
    next_trigger: str | None
    next_role: str | None
    next_due_on: date | None
    opened_at: datetime
    entered_at: datetime
    updated_at: datetime
    row_version: int
    closed: bool
    existing: bool
    paused: bool
    paused_on: date | None


@dataclass(frozen=True, slots=True)
class CaseLink:
    id: str
    reference: str
    title: str
    process: str
    state: str


@dataclass(frozen=True, slots=True)
class TaskItem:
    """An obligation. `roles` may discharge it, `role` is responsible, `person_id` the person named (None: the role)."""

    id: str
    case_id: str
    case_reference: str
    case_title: str
    process: str
    version: int
    state: str
    trigger: str
    role: str
    roles: tuple[str, ...]
    person_id: str | None
    person_name: str | None
    lot_id: str | None
    lot_number: int | None
    opened_at: datetime
    due_on: date | None
    receipt: dict[str, Any] | None
    reason: str | None
    snoozed_until_on: date | None
    supplier_name: str | None
    status: str = "open"
    done_at: datetime | None = None
    unit_name: str | None = None
    paused_on: date | None = None


@dataclass(frozen=True, slots=True)
class AwardItem:
    supplier_id: str
    supplier_name: str
    organisation_number: str | None
    rank: int
    value_ore: int | None
    status: str


@dataclass(frozen=True, slots=True)
class ReviewItem:
    court: str
    court_case_number: str
    instance: str
    interim_order: bool
    lodged_on: date
    ruled_on: date | None
    ruling: str | None
    status: str


@dataclass(frozen=True, slots=True)
class LotView:
    """A lot. `secret`: its tender matter is withheld from this viewer (`awards` is then empty, reasons None)."""

    id: str
    number: int
    title: str
    state: str
    entered_at: datetime
    secret: bool
    prepared_by: str | None
    award_proposed: bool
    award_reasons: str | None
    evaluation_reference: str | None
    notice_sent_on: date | None
    standstill_due_on: date | None
    standstill_rule: str | None
    standstill_receipt: dict[str, Any] | None
    cancellation_prepared_by: str | None
    cancellation_reasons: str | None
    cancellation_due_on: date | None
    contracts_prepared_by: str | None
    interim_order: bool
    signed_on: date | None
    post_award_notice_on: date | None
    documented_on: date | None
    awards: tuple[AwardItem, ...] = ()
    reviews: tuple[ReviewItem, ...] = ()


@dataclass(frozen=True, slots=True)
class TargetItem:
    number: int
    statement: str
    dimension: str
    goal: int | None
    level: str
    indicator: str
    baseline: str
    target_value: str
    target_on: date | None
    follow_up: str
    written_by: str


@dataclass(frozen=True, slots=True)
class OpinionItem:
    author_id: str
    supports: bool
    opinion: str
    targets_version: int
    given_at: datetime


@dataclass(frozen=True, slots=True)
class RequirementItem:
    number: int
    text: str
    requirement_kind: str
    proof: str
    follow_up: str
    target_number: int | None
    written_by: str


@dataclass(frozen=True, slots=True)
class FollowUpItem:
    followed_up_on: date
    outcome: str
    note: str
    recorded_by: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class DecisionItem:
    """A decision. Value, reasons and basis are None where they are tender matter this viewer may not see."""

    id: str
    seq: int
    trigger: str
    definition: str
    lot_id: str | None
    lot_number: int | None
    decided_at: datetime
    decided_by: str
    decided_by_name: str | None
    role: str
    on_behalf_of: str | None
    on_behalf_of_name: str | None
    presenter_id: str | None
    presenter_name: str | None
    mandate_rule: str
    mandate_source: str
    value_ore: int | None
    reasons: str | None
    basis: dict[str, Any] | None
    basis_hash: str


@dataclass(frozen=True, slots=True)
class Deadline:
    """A date of the case. `what`: "task" (an obligation), "timer" (the engine acts) or "contract" (the contract's own
    days: `kind` extension_notice, renewal_start)."""

    what: str
    kind: str
    trigger: str | None
    lot: int | None
    due_on: date
    receipt: dict[str, Any] | None
    task_id: str | None = None


@dataclass(frozen=True, slots=True)
class AccessItem:
    person_id: str
    name: str | None
    reason: str
    added_at: datetime


@dataclass(frozen=True, slots=True)
class CaseView:
    """Everything a viewer may see of one case but its events, comments and files."""

    case: Row
    access: View
    names: dict[str, str]
    unit_name: str | None
    procurement: dict[str, Any] | None
    lots: list[LotView]
    targets: list[TargetItem]
    opinions: list[OpinionItem]
    requirements: list[RequirementItem]
    contract: dict[str, Any] | None
    duty: dict[str, Any] | None
    follow_ups: list[FollowUpItem]
    parent: CaseLink | None
    predecessor: CaseLink | None
    children: list[CaseLink]
    successors: list[CaseLink]
    tasks: list[TaskItem]
    deadlines: list[Deadline]
    decisions: list[DecisionItem]
    access_list: list[AccessItem]


@dataclass(frozen=True, slots=True)
class EventItem:
    """An event of the trail. `fields` holds what the viewer may see, `withheld` the names of the rest; `redacted` the
    fields that were disposed of."""

    seq: int
    kind: str
    at: datetime
    actor_id: str
    actor_name: str | None
    on_behalf_of: str | None
    on_behalf_of_name: str | None
    role: str | None
    channel: str | None
    trigger: str | None
    from_state: str | None
    to_state: str | None
    lot: int | None
    state: str | None
    row_version: int | None
    fields: dict[str, Any]
    withheld: tuple[str, ...]
    redacted: tuple[str, ...]
    receipts: dict[str, Any]
    timers: dict[str, Any]
    cites: str | None
    mandate: str | None
    basis_hash: str | None
    hash: str
    prev_hash: str
    body: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TimerItem:
    id: str
    kind: str
    trigger: str | None
    lot_id: str | None
    lot_number: int | None
    task_id: str | None
    occurrence: int
    due_at: datetime
    status: str
    attempts: int
    error: str | None
    fired_at: datetime | None
    receipt: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class CommentItem:
    id: str
    kind: str
    text: str
    author_id: str
    author_name: str | None
    addressee_id: str | None
    addressee_name: str | None
    answers_id: str | None
    written_at: datetime
    secrecy: str


@dataclass(frozen=True, slots=True)
class FileItem:
    id: str
    case_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    secrecy: str
    added_by: str
    added_by_name: str | None
    added_at: datetime
    scan: str


@dataclass(frozen=True, slots=True)
class MailItem:
    id: str
    kind: str
    recipient: str
    recipient_name: str
    status: str
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    error: str | None
