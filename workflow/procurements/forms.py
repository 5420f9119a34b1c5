"""The forms of a procurement's own steps."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from workflow.cases.matters import WhichMatter
from workflow.engine.forms import (
    Count,
    Day,
    Form,
    Line,
    LotForm,
    Money,
    OptionalCount,
    OptionalDay,
    OptionalLine,
    OptionalMoney,
    OptionalWords,
    PersonId,
    Words,
    secret,
)
from workflow.engine.registries import form

Track = Literal["above_threshold", "below_threshold", "direct", "call_off", "renewed_competition"]
Kind = Literal["goods", "services", "works", "annex_2"]
Risk = Literal["low", "medium", "potentially_high", "high"]
Procedure = Literal["open", "selective", "negotiated", "simplified"]
Instance = Literal["administrative_court", "court_of_appeal", "supreme_administrative_court"]
SentBy = Literal["electronic", "other"]


@form("procurement", "submit_needs_analysis")
class NeedForm(Form):
    """The need and its value: without VAT, options and extensions counted as used (LOU 5:3)."""

    need: Words
    kind: Kind
    track: Track
    estimated_value: Money
    value_on: OptionalDay
    cpv: OptionalLine
    framework: OptionalLine
    lots: tuple[Line, ...] = ()


@form("procurement", "submit_risk_analysis")
class RiskForm(Form):
    """Risk in five dimensions; the worst one counts."""

    risk_environment: Risk
    risk_human_rights: Risk
    risk_corruption: Risk
    risk_labour_law: Risk
    risk_other: Annotated[Risk | None, Field(default=None)] = None
    risk_note: OptionalWords


@form("procurement", "record_advertisement")
class AdvertisementForm(Form):
    """The notice in the e-procurement system: when it went out, and until when tenders are taken."""

    published_on: Day
    notice_reference: Line
    tender_deadline_on: Day
    procedure: Procedure = "open"
    electronic: bool = True
    prior_notice: bool = False
    urgent: bool = False
    freely_available: bool = True
    applications_due_on: OptionalDay
    tenders_valid_until_on: OptionalDay
    system_reference: OptionalLine


@form("procurement", "record_invitation")
class InvitationForm(Form):
    """The written invitation to the framework's suppliers (LOU 7:8)."""

    published_on: Day
    tender_deadline_on: Day
    notice_reference: OptionalLine
    system_reference: OptionalLine


@form("procurement", "record_tender_invitation")
class TenderInvitationForm(Form):
    """The second stage of a selective or negotiated procedure: the chosen are invited to tender (LOU 11:3–11:10)."""

    invited_on: Day
    tender_deadline_on: Day
    electronic: bool = True
    prior_notice: bool = False
    urgent: bool = False
    freely_available: bool = True
    agreed_time: bool = False


@form("procurement", "record_tender_validity")
class TenderValidityForm(Form):
    """Until when tenders bind: as the notice states it, or longer as all tenderers agreed (LOU 10:10)."""

    tenders_valid_until_on: Day
    validity_note: OptionalWords


@form("procurement", "record_exclusion_considered")
class ExclusionForm(LotForm):
    """A supplier is asked to comment before being left out. Who it is, is tender matter (LOU 13:4, OSL 19:3)."""

    comments_asked_on: Day
    comments_by_on: OptionalDay
    exclusion_supplier: Annotated[Line, secret("Städ AB")]
    exclusion_ground: Annotated[Words, secret("Obetalda skatter")]


@form("procurement", "record_exclusion_heard")
class HeardForm(LotForm):
    comments_received: bool
    exclusion_outcome: Annotated[Words, secret("Bolaget har betalat sina skatter")]


@form("procurement", "record_reasons_request")
class ReasonsRequestForm(LotForm):
    """A tenderer's written request for the reasons of a decision (LOU 12:13, 19:20)."""

    requested_on: Day
    requested_by: Line


@form("procurement", "record_reasons_given")
class ReasonsGivenForm(LotForm):
    """Reasons are given to one who asked for them."""

    matter: WhichMatter
    given_on: Day
    note: OptionalWords


@form("procurement", "record_ex_ante_notice")
class ExAnteForm(Form):
    """A notice before a contract without advertising: nothing is signed until 10 days have passed (LOU 20:3)."""

    published_on: Day
    notice_reference: Line


@form("procurement", "record_answers_given")
class AnswersForm(Form):
    """All questions are answered to all, or none came, in time before the last day for tenders (LOU 12:11, 19:13)."""

    answered_on: Day
    answers_note: OptionalWords


@form("procurement", "record_documents_changed")
class DocumentsChangedForm(Form):
    change_note: Words
    tender_deadline_on: Day


@form("procurement", "record_opening")
class OpeningForm(Form):
    """The opening: at least two people, a protocol in the e-procurement system. How many came is secret until the award."""

    opened_at_on: Day
    opened_by: Line
    opened_with: OptionalLine
    protocol_reference: Annotated[Line, secret("Protokoll 2026-114")]
    tenders_received: Annotated[Count, secret(4)]


class SupplierRow(Form):
    """A supplier by organisation number where it has one, else by name and country."""

    supplier_name: Line
    organisation_number: OptionalLine
    country: Annotated[str, Field(pattern="^[A-Z]{2}$")] = "SE"
    value: OptionalMoney


@form("procurement", "submit_award_proposal")
class AwardProposalForm(LotForm):
    suppliers: Annotated[tuple[SupplierRow, ...], Field(min_length=1, max_length=50), secret()]
    award_reasons: Annotated[Words, secret()]
    evaluation_reference: Annotated[OptionalLine, secret()]


@form("procurement", "decide_award", "decide_cancellation")
class LotDecisionForm(LotForm):
    reasons: OptionalLine
    sent_to: OptionalLine


@form("procurement", "grant_tender_access")
class AccessForm(Form):
    person: PersonId
    reason: Line


@form("procurement", "record_award_notice", "record_cancellation_notice")
class NoticeForm(LotForm):
    """The notice as it was *sent*: the standstill counts from the last tenderer's (LOU 12:12, 20:1)."""

    for_all_lots: ClassVar[bool] = True

    sent_on: Day
    sent_by: SentBy = "electronic"
    stated_until_on: OptionalDay
    recipients: OptionalLine


@form("procurement", "record_review")
class ReviewForm(LotForm):
    court: Line
    court_case_number: Line
    instance: Instance = "administrative_court"
    interim_order: bool = False
    lodged_on: Day


@form("procurement", "record_ruling")
class RulingForm(LotForm):
    """A court's word on one review; which, must be said where several are under way."""

    ruled_on: Day
    court_case_number: OptionalLine
    ruling: Literal["dismissed", "correction", "do_over"]
    standstill_lifted: bool = False
    note: OptionalWords


@form("procurement", "recall_award", "readvertise")
class LotReasonForm(LotForm):
    reason: Words


@form("procurement", "record_cancellation_overturned")
class OverturnedForm(LotForm):
    court: Line
    court_case_number: Line
    ruled_on: Day


@form("procurement", "propose_cancellation")
class CancellationForm(LotForm):
    for_all_lots: ClassVar[bool] = True

    reasons: Words


@form("procurement", "withdraw_cancellation_proposal")
class WithdrawForm(LotForm):
    reason: OptionalLine


@form("procurement", "abandon")
class AbandonForm(Form):
    reason: Words


class ContractRow(SupplierRow):
    contract_number: OptionalLine
    start_on: Day
    end_on: Day
    option_count: Count = 0
    option_months: OptionalCount
    notice_months: OptionalCount
    contract_class: Literal["a", "b", "c"] = "b"
    is_framework: bool = False


@form("procurement", "prepare_contracts")
class ContractsForm(LotForm):
    contracts: Annotated[tuple[ContractRow, ...], Field(min_length=1, max_length=50)]
    framework_reason: OptionalWords


@form("procurement", "sign_contracts")
class SigningForm(LotForm):
    """Signatures are made in the signing service; here stands when, by whom and its reference."""

    signed_on: Day
    signing_reference: Line
    reasons: OptionalLine


@form("procurement", "decide_direct_award", "decide_call_off")
class DirectAwardForm(ContractRow):
    """The supplier and the contract of a direct procurement or a call-off: need, decision, documentation."""

    value: Money
    framework_reason: OptionalWords
    reasons: Words
    signing_reference: OptionalLine


@form("procurement", "register_contracts")
class RegisterContractsForm(Form):
    contracts: Annotated[tuple[ContractRow, ...], Field(max_length=50)] = ()


@form("procurement", "complete_documentation")
class DocumentationForm(LotForm):
    """Everything is kept, and above the threshold the individual report is written (LOU 12:14–12:16)."""

    for_all_lots: ClassVar[bool] = True

    documentation_reference: Line
    individual_report: OptionalLine


@form("procurement", "record_post_award_notice")
class PostAwardForm(LotForm):
    for_all_lots: ClassVar[bool] = True

    published_on: Day
    notice_reference: Line


class HistoricalSupplier(Form):
    supplier_name: Line
    organisation_number: OptionalLine
    country: str = "SE"
    value: OptionalMoney
    lot: int | None = None


@form("procurement", "register_existing")
class ExistingForm(Form):
    """A row of an older list as it stands: what it does not say stays empty and is named in `missing`."""

    contract_follows: bool
    published_on: OptionalDay
    cpv: OptionalLine
    procedure: OptionalLine
    value: OptionalMoney
    appealed: bool | None = None
    history_note: OptionalWords
    missing: tuple[str, ...] = ()
    lots: tuple[str, ...] = ()
    suppliers: tuple[HistoricalSupplier, ...] = ()


@form("procurement", "record_outcome")
class OutcomeForm(Form):
    contract_follows: bool
    note: OptionalWords
