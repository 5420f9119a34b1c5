"""The closed list of messages and the facts each one needs.

Facts hold the case's reference and title, people's names, steps and dates: never matter of a tender.
What a person wrote (`reason`, `question`, `answer`) is given only when its field is open; left out,
the mail says where to read it. Codes are label codes as they stand in the catalogues.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints, ValidationError

from notifications.errors import FactsInvalid, UnknownKind
from notifications.plain_text import one_line, paragraphs, shorten, without_links


class Kind(StrEnum):
    """Why somebody gets a message."""

    TASK_OPENED = "task_opened"
    TASK_REMINDER = "task_reminder"
    TASK_OVERDUE = "task_overdue"
    TASK_ESCALATED = "task_escalated"
    DECIDED = "decided"
    RETURNED = "returned"
    STANDSTILL_OVER = "standstill_over"
    QUESTION_ASKED = "question_asked"
    QUESTION_ANSWERED = "question_answered"
    TASK_HANDED_ON = "task_handed_on"
    UNDELIVERABLE = "undeliverable"
    DEADLINE_EXTENDED = "deadline_extended"
    DATES_MOVED = "dates_moved"
    DIGEST = "digest"
    HANDED_OVER = "handed_over"
    NO_DECIDER = "no_decider"
    SUPPLIER_NOTICE = "supplier_notice"


def _written(width: int) -> AfterValidator:
    """Text by a person: cleaned and cut, never refused, so that no message is lost over its words."""
    return AfterValidator(lambda text: shorten(without_links(one_line(text)), width))


Name = Annotated[str, _written(80)]
Title = Annotated[str, _written(160)]
Words = Annotated[str, _written(300)]
Reference = Annotated[str, _written(30)]
Code = Annotated[str, StringConstraints(pattern=r"^[\w.:@-]+$")]
Identifier = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$")]
# Printable ASCII without a backslash, and not "//": a link never leaves our own address.
Link = Annotated[str, StringConstraints(pattern=r"^/([!-.0-\[\]-~][!-\[\]-~]*)?$")]


class Facts(BaseModel):
    """What every message knows: the case, the page its link opens, and why this person gets it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    case_id: Identifier
    reference: Reference
    title: Title
    region_name: Name
    link: Link
    role: Code
    substitute_for: Name | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values (dates as ISO text), as the outbox stores them."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The inverse of `as_json`; raises pydantic's ValidationError (see `validate` for the kind's own)."""
        return cls.model_validate(dict(stored))


class TaskFacts(Facts):
    """A task: what is asked, what comes after it, when the next reminder comes."""

    asked: Code
    next_step: Code | None = None
    next_reminder_on: date | None = None


class TaskOpened(TaskFacts):
    """Something is asked of the recipient; `due_on` None where no last day can exist."""

    due_on: date | None
    asked_by: Name | None = None


class TaskReminder(TaskFacts):
    """The last day comes near."""

    due_on: date | None


class TaskOverdue(TaskFacts):
    """The last day has passed; to the responsible person."""

    due_on: date


class TaskEscalated(TaskFacts):
    """The last day has passed; to the manager of the responsible person."""

    due_on: date
    responsible: Name


class TaskHandedOn(TaskFacts):
    """Somebody handed the task on to the recipient."""

    due_on: date | None
    handed_on_by: Name
    reason: Words | None = None


class Decided(Facts):
    """A decision was made; also the decider's own receipt. `state` is where the case stands now."""

    decision: Code
    decided_by: Name
    decided_for: Name | None = None
    decided_on: date
    state: Code
    next_step: Code | None = None


class Returned(TaskFacts):
    """The matter came back to the recipient to be put right."""

    due_on: date | None
    returned_by: Name
    reason: Words | None = None


class StandstillOver(Facts):
    """The last day of the standstill (LOU 20:1) has passed; `next_step` is what may be done now.

    `lots` are the numbers of the lots it ended for; empty in a procurement that is not divided.
    """

    last_on: date
    next_step: Code
    lots: tuple[int, ...] = ()


class QuestionAsked(Facts):
    """Somebody who is to decide asks the recipient first. The clock of the task goes on."""

    asked: Code
    due_on: date | None
    asked_by: Name
    question: Words | None = None


class QuestionAnswered(TaskFacts):
    """The recipient's question has an answer."""

    due_on: date | None
    answered_by: Name
    answer: Words | None = None


class Undeliverable(Facts):
    """A message to `addressee` could not be delivered; to a person who can put it right."""

    addressee: Name
    undelivered: Kind
    due_on: date | None


class DeadlineExtended(TaskFacts):
    """The recipient's task has more time: until `due_on` instead of `was_on`."""

    due_on: date
    was_on: date
    extended_by: Name
    reason: Words | None = None


class MovedCase(BaseModel):
    """One of several cases with a new last day."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reference: Reference
    due_on: date


class DatesMoved(Facts):
    """A changed setting gave the recipient's tasks new last days: the first in `due_on`, some by name, `more` counted."""

    due_on: date
    setting: Code
    cases: tuple[MovedCase, ...]
    more: int = 0
    proposed_by: Name
    released_by: Name


class GeneralFacts(Facts):
    """A message about more than one case: `case_id` names the thread it belongs to."""

    reference: Reference = ""
    title: Title = ""
    role: Code = "role.system"


class DigestRow(BaseModel):
    """One task of a digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    asked: Code
    title: Title
    reference: Reference
    due_on: date | None
    in_place_of: Name | None = None


class Digest(GeneralFacts):
    """What waits for one person: the first rows, oldest last day first, and how many there are in all."""

    rows: tuple[DigestRow, ...]
    count: int
    late: int
    due_on: date | None


class HandedOver(GeneralFacts):
    """All duties of somebody have come to the recipient."""

    from_name: Name
    handed_over_by: Name
    cases: int
    tasks: int
    due_on: date | None


class NoDecider(GeneralFacts):
    """Coming days on which nobody may take a decision that is waited for: the first gap, and how many there are."""

    asked: Code
    needs: Code
    cases: int
    first_on: date
    last_on: date
    more: int


#: The subject of a letter to a supplier is no longer than this.
LONGEST_SUBJECT = 150


class SupplierNotice(Facts):
    """A letter to a supplier, rendered and hashed when it was decided: `subject` and `text` are sent as they stand."""

    role: Code = "capacity.supplier"
    notice: Identifier
    subject: Annotated[str, AfterValidator(lambda text: shorten(one_line(text), LONGEST_SUBJECT))]
    text: Annotated[str, AfterValidator(paragraphs), StringConstraints(max_length=50_000)]


FACTS: Mapping[Kind, type[Facts]] = {
    Kind.TASK_OPENED: TaskOpened,
    Kind.TASK_REMINDER: TaskReminder,
    Kind.TASK_OVERDUE: TaskOverdue,
    Kind.TASK_ESCALATED: TaskEscalated,
    Kind.DECIDED: Decided,
    Kind.RETURNED: Returned,
    Kind.STANDSTILL_OVER: StandstillOver,
    Kind.QUESTION_ASKED: QuestionAsked,
    Kind.QUESTION_ANSWERED: QuestionAnswered,
    Kind.TASK_HANDED_ON: TaskHandedOn,
    Kind.UNDELIVERABLE: Undeliverable,
    Kind.DEADLINE_EXTENDED: DeadlineExtended,
    Kind.DATES_MOVED: DatesMoved,
    Kind.DIGEST: Digest,
    Kind.HANDED_OVER: HandedOver,
    Kind.NO_DECIDER: NoDecider,
    Kind.SUPPLIER_NOTICE: SupplierNotice,
}


def validate(kind: str, facts: Facts | Mapping[str, Any]) -> Facts:
    """The facts of a message of this kind, from stored JSON or as they are.

    Raises UnknownKind, and FactsInvalid naming every fact that is missing, wrong or does not belong.
    """
    try:
        expected = FACTS[Kind(kind)]
    except ValueError:
        raise UnknownKind(kind) from None
    if isinstance(facts, Facts):
        if type(facts) is not expected:
            raise FactsInvalid(kind, [f"expected {expected.__name__}, got {type(facts).__name__}"])
        return facts
    try:
        return expected.from_json(facts)
    except ValidationError as error:
        problems = [f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()]
        raise FactsInvalid(kind, problems) from None
