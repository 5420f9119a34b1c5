"""The commands: everything that can change something, as values. Only `execute()` carries them out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class OpenCase:
    """Open a case: `form` holds title, unit, owner, officer and Dnr; `entry` is the published import edge, if any."""

    process: str
    region_id: str
    form: Mapping[str, Any]
    parent_id: str | None = None
    predecessor_id: str | None = None
    entry: tuple[str, Mapping[str, Any]] | None = None
    external: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Pull one trigger of one case."""

    case_id: str
    trigger: str
    row_version: int | None
    form: Mapping[str, Any] = field(default_factory=dict)
    basis_hash: str | None = None


@dataclass(frozen=True, slots=True)
class FireTimer:
    """The case has a timer that is due: look again, and do what the definition says."""

    case_id: str


@dataclass(frozen=True, slots=True)
class RecordDelivery:
    """What became of a message: handed over, refused for good, or to be tried again."""

    message_id: str
    outcome: str
    detail: str


@dataclass(frozen=True, slots=True)
class CorrectCase:
    """Change what the case says of itself outside its steps: title, Dnr, unit, owner, officer, contract manager."""

    case_id: str
    row_version: int | None
    form: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WriteComment:
    """`secrecy` is open or tender; left out it follows the case: tender matter while its tenders are secret (OSL 19:3)."""

    case_id: str
    text: str
    kind: str = "comment"
    addressee_id: str | None = None
    answers_id: str | None = None
    secrecy: str | None = None


@dataclass(frozen=True, slots=True)
class HandOn:
    """Hand a task on to another person who may take it; a question stops no clock."""

    task_id: str
    person_id: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class DeclareConflict:
    """Declare a conflict of interest: the task goes to the superior (KL 6:28–6:30, 7:4)."""

    task_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class RecordScan:
    """What the virus scanner said of a file: clean, infected, or unclear (asked again later). By the scheduler only."""

    file_id: str
    result: str


@dataclass(frozen=True, slots=True)
class AddFile:
    """Put a file on a case. The bytes lie behind `FILES_URL` already, under their SHA-256.

    `secrecy` left out follows the case: tender matter while its tenders are secret, else open.
    """

    case_id: str
    name: str
    media_type: str
    size: int
    sha256: str
    secrecy: str | None = None


@dataclass(frozen=True, slots=True)
class AddUser:
    email: str
    name: str
    role: str
    region_id: str
    unit_id: str | None = None
    password: str | None = None
    demo: bool = False


@dataclass(frozen=True, slots=True)
class DisableUser:
    email: str
    region_id: str | None = None


@dataclass(frozen=True, slots=True)
class SetPassword:
    person_id: str
    password: str


@dataclass(frozen=True, slots=True)
class CreateToken:
    email: str
    region_id: str | None = None


@dataclass(frozen=True, slots=True)
class AssignRole:
    person_id: str
    role: str
    unit_id: str | None = None
    valid_from: Any = None
    valid_to: Any = None


@dataclass(frozen=True, slots=True)
class EndRole:
    assignment_id: str


@dataclass(frozen=True, slots=True)
class AddUnit:
    region_id: str
    name: str
    kind: str = "unit"
    parent_id: str | None = None
    manager_id: str | None = None
    contract_owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class AddMandate:
    region_id: str
    act: str
    role: str | None
    person_id: str | None
    limit_ore: int | None
    rule: str
    source: str
    valid_from: Any = None
    valid_to: Any = None


@dataclass(frozen=True, slots=True)
class SetSubstitute:
    """Who stands in for a person, from and to (both days included)."""

    person_id: str
    substitute_id: str
    valid_from: Any
    valid_to: Any


@dataclass(frozen=True, slots=True)
class ExtendDeadline:
    """Give a duty of somebody else more time, until `to_on`, with a reason."""

    task_id: str
    to_on: Any
    reason: str


@dataclass(frozen=True, slots=True)
class ProposeParameter:
    """Propose a value from a day. `running`: on its release the listed running deadlines move too."""

    region_id: str
    name: str
    value: str
    valid_from: Any
    source: str
    running: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseParameter:
    """A second person lets a proposed value apply."""

    change_id: str


@dataclass(frozen=True, slots=True)
class RejectParameter:
    change_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class MoveDeadlines:
    """The running deadlines of one case that a released change moves; the scheduler asks, case by case."""

    change_id: str
    case_id: str


@dataclass(frozen=True, slots=True)
class TellMoved:
    """All cases of a released change are done: each responsible person gets one mail."""

    change_id: str


@dataclass(frozen=True, slots=True)
class AddClosingDay:
    """The region keeps closed on a day: no working day in its own terms."""

    region_id: str
    closed_on: Any
    name: str
    source: str


@dataclass(frozen=True, slots=True)
class WithdrawClosingDay:
    closing_day_id: str


@dataclass(frozen=True, slots=True)
class RecordDeadlineCheck:
    """What a nightly check of the region's deadlines found: differences as (subject, id, case, trigger, code, stated, found)."""

    checked: int
    compared: int
    differences: tuple[tuple[str, str, str, str, str, str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ChangeUnit:
    """What a unit is called and who answers for it from now on."""

    unit_id: str
    name: str
    manager_id: str | None
    contract_owner_id: str | None


@dataclass(frozen=True, slots=True)
class EndMandate:
    """A row of the delegation order ends after its last day."""

    mandate_id: str
    last_day: Any


@dataclass(frozen=True, slots=True)
class SetLocale:
    """The language in which a person reads pages and mail."""

    locale: str


@dataclass(frozen=True, slots=True)
class RevokeTokens:
    """All API tokens of the person who asks stop working."""


@dataclass(frozen=True, slots=True)
class RetryTimer:
    """A timer that failed is due again, now."""

    timer_id: str


@dataclass(frozen=True, slots=True)
class RetryMessage:
    """A message that could not be delivered is queued again."""

    message_id: str


@dataclass(frozen=True, slots=True)
class ReleaseHold:
    """Mail leaves and timers fire again (after a restore)."""

    hold_id: str


@dataclass(frozen=True, slots=True)
class RecordTrailCheck:
    """What a check of the region's trail found. `fault` is None when it is whole, else stream, event and code."""

    events: int
    streams: int
    fault: tuple[str, int | None, str] | None = None


@dataclass(frozen=True, slots=True)
class ReportAccessFault:
    """Somebody tells that a page cannot be used with what they use (lag 2018:1937)."""

    text: str


@dataclass(frozen=True, slots=True)
class BeginSession:
    """Somebody has shown who they are: a session in a browser. `replaced_hash` is the session that browser had."""

    person_id: str
    id_hash: str
    csrf_token: str
    demo: bool = False
    replaced_hash: str | None = None


@dataclass(frozen=True, slots=True)
class EndSession:
    id_hash: str


@dataclass(frozen=True, slots=True)
class NoteFailedSignIn:
    """`subjects` are what is counted (account, address), as hashes; `person_id` whose account it was, if any."""

    subjects: tuple[str, ...]
    person_id: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class NoteSecretRead:
    """Somebody on the access list looked at tender matter before the award (LOU 12:8: access must be traceable)."""

    case_id: str


@dataclass(frozen=True, slots=True)
class CountDurations:
    """Count anew how long the steps of a region's procurements took; nightly."""

    region_id: str


@dataclass(frozen=True, slots=True)
class AddPlanEntry:
    """A need that is no case yet: title, unit, owner, when it starts, track, value band and note, as typed."""

    region_id: str
    form: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class WithdrawPlanEntry:
    entry_id: str


@dataclass(frozen=True, slots=True)
class DecidePlan:
    """Keep the plan as it stands as a decided version: when, by whom (a board, a person) and under which Dnr."""

    region_id: str
    decided_on: Any
    decided_by: str
    registry_number: str


@dataclass(frozen=True, slots=True)
class PublishPlan:
    """Make the open part of a decided version readable for everybody; the version before it is no longer shown."""

    version_id: str


@dataclass(frozen=True, slots=True)
class UnpublishPlan:
    """The region shows no list of coming procurements any more."""

    version_id: str
