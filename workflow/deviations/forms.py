"""The forms of a deviation's steps, and of the contract's blanks. Sub-suppliers' names are matter of a business."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from states.ladder import LOWER
from states.terms import BOUNDS, TERMS
from workflow.engine.forms import (
    Count,
    Day,
    Form,
    Line,
    Money,
    OptionalDay,
    OptionalLine,
    OptionalWords,
    Words,
    _swedish_number,
    empty_is_none,
)
from workflow.engine.registries import form

FindingSource = Literal["follow_up", "audit", "supplier_report", "tip", "media"]
DeviationKind = Literal[
    "forced_labour", "child_labour", "dangerous_conditions", "environmental_damage", "corruption",
    "attacks_on_defenders", "other",
]  # fmt: skip
Ground = Annotated[
    Literal["not_reporting", "not_taking_part", "not_following_plan"] | None,
    BeforeValidator(empty_is_none),
    Field(default=None),
]
#: What stands in the letters as it was written, and what the supplier reads as the reasons of a decision.
InLetters = {"hint": "stands_in_letters"}
LetterLine = Annotated[Line, Field(json_schema_extra=InLetters)]
Reasons = Annotated[Words, Field(json_schema_extra={"hint": "supplier_reads"})]
Refusal = Annotated[Literal["traceability", "audit"] | None, BeforeValidator(empty_is_none), Field(default=None)]
Language = Literal["sv", "en"]


def business(most: int = 10_000, **extra: str) -> Any:
    """A field that may name a supplier's own suppliers (OSL 31:16); its name stands in `access.OF_BUSINESS`."""
    said: dict[str, Any] = {"secrecy": "business", "widget": "textarea", **extra}
    return Field(min_length=1, max_length=most, json_schema_extra=said)


OptionalBusiness = Annotated[
    str | None,
    BeforeValidator(empty_is_none),
    Field(default=None, max_length=10_000, json_schema_extra={"secrecy": "business", "widget": "textarea"}),
]


def _bounded(code: str) -> type[int]:
    """A blank in the unit of its term, within the bounds that the law book states."""
    bounds = BOUNDS[code]
    return Annotated[
        int, BeforeValidator(_swedish_number), Field(ge=bounds.low, le=bounds.high, examples=[TERMS[code].amount])
    ]  # type: ignore[return-value]


class ContactFields(Form):
    """Who at the supplier gets the letters, in which language."""

    contact_name: Line
    contact_email: Line
    contact_language: Language = "sv"


@form("contract", "set_supplier_contact")
class ContactForm(ContactFields):
    pass


@form("contract", "set_contract_terms")
class ContractTermsForm(Form):
    """Every blank of the due-diligence term as this contract has it, and why it is written so."""

    valid_from: Day
    clause_version: Line
    organisation: Line
    process_from_on: OptionalDay
    severe_kinds: Literal["six", "forced_and_child_labour"]
    commitments: Literal["basic", "advanced"]
    climate_plan: bool = False
    severe_report: _bounded("severe_report")  # type: ignore[valid-type]
    audit_enabling: _bounded("audit_enabling")  # type: ignore[valid-type]
    self_assessment: _bounded("self_assessment")  # type: ignore[valid-type]
    plan_due: _bounded("plan_due")  # type: ignore[valid-type]
    plan_due_severe: _bounded("plan_due_severe")  # type: ignore[valid-type]
    remedy: _bounded("remedy")  # type: ignore[valid-type]
    remedy_verification: _bounded("remedy_verification")  # type: ignore[valid-type]
    response_reminder_1: _bounded("response_reminder_1")  # type: ignore[valid-type]
    response_reminder_2: _bounded("response_reminder_2")  # type: ignore[valid-type]
    response_formal_demand: _bounded("response_formal_demand")  # type: ignore[valid-type]
    response_escalation_meeting: _bounded("response_escalation_meeting")  # type: ignore[valid-type]
    response_call_off_stop: _bounded("response_call_off_stop")  # type: ignore[valid-type]
    fine_week_amount: Money
    fine_cap_weeks: Annotated[int, BeforeValidator(_swedish_number), Field(ge=0, le=104)]
    stop_until_termination: _bounded("stop_until_termination")  # type: ignore[valid-type]
    termination_notice: _bounded("termination_notice")  # type: ignore[valid-type]
    re_audit_payer: Literal["supplier_pays_re_audits", "supplier_pays_after_full_fine"]
    publication: Literal["full_secrecy_review", "regard_to_sensitive_facts"]
    reason: Words


@form("deviation", "open")
class OpenDeviation(Form):
    """A deviation of a contract: how it was found, what it departs from, and who at the supplier answers.

    Its unit and its people are the contract's. Without a contact the contract's own holds.
    """

    title: Line
    registry_number: OptionalLine
    found_on: Day
    finding_source: FindingSource
    deviation_kind: DeviationKind
    requirement: LetterLine
    clause: LetterLine
    description: Annotated[str, business(hint="stands_in_letters")]
    ground: Ground = None
    contact_name: OptionalLine
    contact_email: OptionalLine
    contact_language: Annotated[Language | None, BeforeValidator(empty_is_none), Field(default=None)] = None


@form("deviation", "amend_deviation")
class AmendDeviationForm(Form):
    """What turned out since: a ground, that a severe deviation is probable, that a sub-supplier refuses."""

    reason: Annotated[str, business()]
    ground: Ground = None
    probable: bool = False
    sub_supplier_refuses: Refusal = None
    contact_name: OptionalLine
    contact_email: OptionalLine
    contact_language: Annotated[Language | None, BeforeValidator(empty_is_none), Field(default=None)] = None


@form("deviation", "start_dialogue", "offer_opportunity_to_remedy", "send_reminder_1", "send_reminder_2",
      "send_formal_demand", "call_escalation_meeting", "ask_for_next_rung", "count_fine_week", "note_missed_milestone", "remind_supplier",
      "resend_notice")  # fmt: skip
class NoteForm(Form):
    note: OptionalWords


@form("deviation", "record_escalation_meeting")
class MeetingHeldForm(Form):
    meeting_on: Day
    participants: Line
    note: Words


@form("deviation", "prepare_rung")
class PrepareForm(Form):
    """The draft of a sanction: which rung, on what ground, why it is in proportion, on what evidence; and why others are
    passed over.

    Without a ground the one that is recorded stays.
    """

    prepared_rung: Literal["call_off_stop", "contractual_fine", "termination_with_notice", "immediate_termination"]
    ground: Ground = None
    proportionality: Reasons
    evidence: Annotated[str, business()]
    skip_reason: OptionalWords


@form("deviation", "consent_to_call_off_stop")
class ConsentForm(Form):
    """What the contract owner says of the prepared stop: whether the need can be met in another way meanwhile."""

    consents: bool = False
    note: Words


@form("deviation", "decide_call_off_stop", "decide_contractual_fine", "decide_termination_with_notice",
      "decide_immediate_termination", "decide_severe_termination", "decide_stop_while_investigating",
      "decide_remedied", "decide_withdrawn", "decide_settled")  # fmt: skip
class DecideRungForm(Form):
    reasons: Reasons
    sent_to: OptionalLine


@form("deviation", "decide_other_rung")
class OtherRungForm(DecideRungForm):
    to_rung: Literal[
        "dialogue", "opportunity_to_remedy", "reminder_1", "reminder_2", "formal_demand", "escalation_meeting"
    ]


assert set(OtherRungForm.model_fields["to_rung"].annotation.__args__) == set(LOWER)  # type: ignore[union-attr]


@form("deviation", "decide_wait", "decide_rung_waived")
class WaitForm(Form):
    """Until when the next step waits: within half a year. The supplier gets no letter."""

    reasons: Words
    sent_to: OptionalLine
    until_on: Day


@form("deviation", "decide_lift_of_call_off_stop", "decide_end_of_fine")
class EndForm(DecideRungForm):
    """What ends, and until when the next step waits: within half a year."""

    until_on: Day


@form("deviation", "review_call_off_stop")
class ReviewStopForm(Form):
    note: Words


@form("deviation", "record_set_off")
class SetOffForm(Form):
    """How weeks of the fine were paid or set off against an invoice (kvittning)."""

    weeks_from: Count
    weeks_to: Count
    set_off_on: Day
    set_off_reference: Line
    note: OptionalWords


class MilestoneRow(Form):
    action: Annotated[str, business(500)]  # forty of them find room in one mail
    responsible: Line
    due_on: Day


@form("deviation", "record_action_plan")
class ActionPlanForm(Form):
    """The plan as the supplier sent it, and the day it came."""

    received_on: Day
    cause: Annotated[str, business()]
    milestones: Annotated[
        tuple[MilestoneRow, ...], Field(min_length=1, max_length=40, json_schema_extra={"secrecy": "business"})
    ]


@form("deviation", "accept_action_plan")
class AcceptPlanForm(Form):
    reasons: Reasons
    sent_to: OptionalLine


@form("deviation", "return_action_plan", "resume_ladder")
class BackForm(Form):
    """Why the ladder goes on: the supplier is told, and gets the whole of the rung's time again."""

    reason: Reasons


@form("deviation", "decide_plan_extension")
class ExtendMilestoneForm(Form):
    milestone: Count
    to_on: Day
    reasons: Words
    sent_to: OptionalLine


@form("deviation", "record_milestone")
class MilestoneForm(Form):
    milestone: Count
    done_on: Day
    proof: Annotated[str, business()]


@form("deviation", "record_remedy")
class RemedyForm(Form):
    remedied_on: Day
    note: Words


@form("deviation", "record_verification")
class VerificationForm(Form):
    """Whether documents or a new audit show that the deviation is remedied. If not, the ladder goes on where it stood."""

    verified: bool
    verified_by_means: Literal["documents", "office_audit", "factory_audit"]
    verified_on: Day
    note: Annotated[Words, Field(json_schema_extra={"hint": "supplier_reads_if_not_verified"})]


@form("deviation", "record_supplier_answer")
class AnswerForm(Form):
    answered_on: Day
    answer: Annotated[str, business()]


@form("deviation", "record_severe_report")
class SevereReportForm(Form):
    """The supplier's own report of a severe deviation (clause 3); without a day: it did not come in time."""

    reported_on: OptionalDay
    note: OptionalBusiness


@form("deviation", "record_notice_delivered")
class DeliveredForm(Form):
    """A letter that reached the supplier in another way than by our mail. Without `notice` it is the latest."""

    notice: OptionalLine
    delivered_on: Day
    means: Literal["letter", "meeting", "other"] = "letter"
    note: OptionalWords


class MailTaken(Form):
    """The mail server took a letter over. Typed by nobody."""

    notice: Line
    delivered_on: Day
    means: Literal["mail"] = "mail"
    note: None = None


@form("deviation", "record_notice_returned")
class ReturnedForm(Form):
    notice: OptionalLine
    note: Words


@form("deviation", "pause")
class PauseLadderForm(Form):
    """A dispute or force majeure stops the clock; `reason` says which and why."""

    pause_ground: Literal["dispute", "force_majeure"]
    reason: Words


@form("deviation", "resume", "close_terminated")
class ResumeLadderForm(Form):
    note: OptionalWords


@form("deviation", "record_exclusion_material")
class ExclusionForm(Form):
    """For a later exclusion test: what happened when, that the supplier was heard, and its own cleaning (LOU 13:3–13:5)."""

    event_on: Day
    judgment: bool = False
    description: Annotated[str, business()]
    supplier_heard_on: OptionalDay
    supplier_said: OptionalBusiness
    self_cleaning: OptionalBusiness
