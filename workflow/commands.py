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
    #: Whether the session it comes from saw the person show lately who they are. None: it comes from no session.
    confirmed: bool | None = None


@dataclass(frozen=True, slots=True)
class FireTimer:
    """The case has a timer that is due: look again, and do what the definition says."""

    case_id: str


@dataclass(frozen=True, slots=True)
class RecordDelivery:
    """What became of a message at its nth attempt: handed over, refused for good, or to be tried again."""

    message_id: str
    outcome: str
    detail: str
    attempt: int | None = None


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
    """`confirmed`: whether the session showed lately who it is (I31); None where there is no session."""

    email: str
    region_id: str | None = None
    confirmed: bool | None = None


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
    #: Away then: the substitute has the duties. Else the substitute stands ready and is told from the last day on.
    away: bool = True


@dataclass(frozen=True, slots=True)
class SetAbsence:
    """A person is away on these days (both included) and nobody stands in."""

    person_id: str
    first_on: Any
    last_on: Any


@dataclass(frozen=True, slots=True)
class EndSubstitute:
    """Somebody no longer stands in after `last_day`; None: no longer from today on."""

    substitute_row_id: str
    last_day: Any = None


@dataclass(frozen=True, slots=True)
class EndAbsence:
    """Somebody is back after `last_day`; None: from today on."""

    absence_id: str
    last_day: Any = None


@dataclass(frozen=True, slots=True)
class ReplanContract:
    """A contract's timers are set anew from its facts: one opened by an earlier version lacks those that came later."""

    case_id: str


@dataclass(frozen=True, slots=True)
class SetMailPlan:
    """How the person who asks wants mail that can wait: at once, or one digest a day at an hour on some weekdays.

    `asks_wait`: what is newly asked waits for the digest too, not the reminders alone. `hour` None: the region's hour. `weekdays` None: working days; else ISO numbers, e.g. "135".
    """

    digest: bool
    hour: int | None = None
    weekdays: str | None = None
    asks_wait: bool = True


@dataclass(frozen=True, slots=True)
class MakeDigest:
    """A person's digest of a local day: what is waiting and still true, in one mail."""

    person_id: str
    on_day: Any


@dataclass(frozen=True, slots=True)
class WarnOfGaps:
    """Tell the head of procurement and the administrators of coming days on which nobody may decide."""

    region_id: str
    on_day: Any


@dataclass(frozen=True, slots=True)
class SnoozeTask:
    """Let a task rest until a day; None wakes it."""

    task_id: str
    until: Any
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class HandOverCase:
    """Everything that one person answers for in one case goes to another who may have it."""

    case_id: str
    from_id: str
    to_id: str


@dataclass(frozen=True, slots=True)
class FinishHandOver:
    """The units and recurring duties a person answers for go to another, who is told once of all that came over."""

    from_id: str
    to_id: str
    case_ids: tuple[str, ...]


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
class SaveView:
    """Keep a filter of the list of cases under a name of the person's own. `start`: the list opens with it."""

    name: str
    filters: Mapping[str, str]
    start: bool = False


@dataclass(frozen=True, slots=True)
class ChangeView:
    """Another name for a saved view, and whether the list opens with it. `filters` None: they stay as they are."""

    view_id: str
    name: str
    start: bool = False
    filters: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class DeleteView:
    view_id: str


@dataclass(frozen=True, slots=True)
class MarkSeen:
    """The person has seen the timeline of a case up to the event `seq`; what comes after it is new."""

    case_id: str
    seq: int


@dataclass(frozen=True, slots=True)
class RevokeTokens:
    """All API tokens of the person who asks stop working."""


@dataclass(frozen=True, slots=True)
class SetCalendarAddress:
    """The person's calendar has a new address, known here by the hash of its token; the one before stops working."""

    token_hash: str


@dataclass(frozen=True, slots=True)
class RevokeCalendarAddress:
    """The address of the person's calendar stops working."""


@dataclass(frozen=True, slots=True)
class AddRecurringDuty:
    """A duty that comes again, from a day: how often, who answers, by which rule (`basis`: law, clause, policy)."""

    region_id: str
    title: str
    rhythm: str
    owner_role: str
    source: str
    valid_from: Any
    month: int = 12
    day: int = 31
    times: int = 1
    every_years: int = 1
    base_year: int = 2026
    lead_days: int = 60
    owner_id: str | None = None
    basis: str = "policy"
    is_notice: bool = False
    shared: bool = False
    code: str | None = None


@dataclass(frozen=True, slots=True)
class AddStandardDuties:
    """Take in the annual calendar of the cooperation, or of a region; what is there already stays as it is."""

    region_id: str
    valid_from: Any = None


@dataclass(frozen=True, slots=True)
class EndRecurringDuty:
    """The duty comes no more after its last day; what is open already goes on."""

    recurring_id: str
    last_day: Any


@dataclass(frozen=True, slots=True)
class ShareRecurringDuty:
    """The cooperation shows a duty of its own to all regions, or no longer."""

    recurring_id: str
    shared: bool


@dataclass(frozen=True, slots=True)
class OpenDuty:
    """One occurrence of a recurring duty is owed from now on. Opened once, however often it is asked for."""

    recurring_id: str
    period: str


@dataclass(frozen=True, slots=True)
class RetryMove:
    """The running dates of one case that a changed value could not move are moved again, at the next round."""

    change_id: str
    case_id: str


@dataclass(frozen=True, slots=True)
class RetryTimer:
    """A timer that failed is due again, now."""

    timer_id: str


@dataclass(frozen=True, slots=True)
class RetryMessage:
    """A message that could not be delivered is queued again."""

    message_id: str


@dataclass(frozen=True, slots=True)
class RecordReturned:
    """A letter came back about a message: `what` is bounced, delayed, absent or answered; `detail` the server's words.

    `letter_id` is what the letter is known by, so that it is taken in once.
    """

    message_id: str
    letter_id: str
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class SettleMailMatter:
    """See to a mail that did not arrive or was answered: `how` is again, corrected (with `address`), told or read."""

    matter_id: str
    how: str
    note: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class SetHold:
    """No mail leaves and no timer fires, in any region, until it is released.

    `mark` is what a node had noted of the database (life, beats), where the database turned out to be older.
    """

    reason: str
    mark: tuple[str, int] | None = None


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
class RedactField:
    """Mask one field of one event for good: `rule` by which (GDPR art. 17, a section of OSL), `reason` in words."""

    stream_id: str
    seq: int
    name: str
    rule: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReportAccessFault:
    """Somebody tells that a page cannot be used with what they use (lag 2018:1937)."""

    text: str


@dataclass(frozen=True, slots=True)
class BeginSession:
    """Somebody has shown who they are: a session in a browser. `replaced_hash` is the session that browser had.

    `confirms`: the same person showed it once more; the replaced session's form token then goes on.
    """

    person_id: str
    id_hash: str
    csrf_token: str
    demo: bool = False
    replaced_hash: str | None = None
    confirms: bool = False


@dataclass(frozen=True, slots=True)
class SignInByProvider:
    """A provider has told who it is: begin a session, or remember the identity until it is bound to a person.

    `region_id`: whose people the provider may sign in (None: everybody's). `authenticated_at`: None when it was not
    told. `person_id`: who it must be, where a session is confirmed. `sealed_token`: what signing out there takes.
    """

    issuer: str
    subject: str
    region_id: str | None
    name: str
    email: str
    number: str | None
    id_hash: str
    csrf_token: str
    authenticated_at: Any
    acr: str | None
    provider_session: str | None
    sealed_token: str
    replaced_hash: str | None = None
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class BindIdentity:
    """An identity is this person: one that waits (`identity_id`), or one known by issuer and subject."""

    person_id: str
    identity_id: str | None = None
    issuer: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class UnbindIdentity:
    """An identity is nobody any more; its sessions end."""

    identity_id: str


@dataclass(frozen=True, slots=True)
class SetDirectoryNumber:
    """The person's number in the region's directory; the first sign-in that tells it is bound to the person."""

    person_id: str
    number: str | None


@dataclass(frozen=True, slots=True)
class EndSessionsByProvider:
    """The provider says that somebody signed out there. `token_hash` names its order, which is followed once."""

    issuer: str
    subject: str | None
    provider_session: str | None
    token_hash: str


@dataclass(frozen=True, slots=True)
class KeepForm:
    """Keep what somebody typed, sealed, while they confirm who they are."""

    form_id: str
    sealed: str


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


@dataclass(frozen=True, slots=True)
class ProposeLetterText:
    """A text for one kind of letter in one language from a day on; `standard`: back to the text that came with Stegvis."""

    region_id: str
    kind: str
    locale: str
    subject: str
    text: str
    valid_from: Any
    source: str
    standard: bool = False


@dataclass(frozen=True, slots=True)
class ReleaseLetterText:
    """Let a text apply that somebody else has proposed."""

    text_id: str


@dataclass(frozen=True, slots=True)
class RejectLetterText:
    """Turn a proposed text down, or take one's own back."""

    text_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class ProposeLetterhead:
    """What shall stand at the head and foot of a unit's letters (without a unit: the region's) from a day on."""

    region_id: str
    unit_id: str | None
    valid_from: Any
    sender: str
    department: str
    address: str
    contact: str
    reference_person: str
    source: str


@dataclass(frozen=True, slots=True)
class ReleaseLetterhead:
    """Let a letterhead apply that somebody else has proposed."""

    head_id: str


@dataclass(frozen=True, slots=True)
class RejectLetterhead:
    """Turn a proposed letterhead down, or take one's own back."""

    head_id: str
    reason: str
