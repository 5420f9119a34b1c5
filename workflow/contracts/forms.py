"""The forms of a contract's steps."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator

from workflow.cases.forms import OpenForm
from workflow.cases.matters import WhichMatter
from workflow.engine.forms import (
    Count,
    Day,
    Form,
    Line,
    Money,
    OptionalCount,
    OptionalDay,
    OptionalLine,
    OptionalMoney,
    OptionalPerson,
    OptionalWords,
    PersonId,
    Words,
    empty_is_none,
)
from workflow.engine.registries import form

ContractClass = Annotated[Literal["a", "b", "c"] | None, BeforeValidator(empty_is_none)]


class ContractFields(Form):
    """A contract's parties and period as far as they are known."""

    contract_number: OptionalLine
    start_on: OptionalDay
    end_on: OptionalDay
    option_count: Count = 0
    option_months: OptionalCount
    notice_months: OptionalCount
    value: OptionalMoney
    contract_class: ContractClass = None
    is_framework: bool = False


@form("contract", "open")
class OpenContract(OpenForm, ContractFields):
    """A contract case: opened by the register or by hand."""

    supplier_name: OptionalLine
    organisation_number: OptionalLine
    country: str = "SE"
    manager: OptionalPerson
    signed_on: OptionalDay
    signing_reference: OptionalLine
    missing: tuple[str, ...] = ()
    owner_note: OptionalLine


class SignedContract(OpenContract):
    """What a step of the procurement adds by itself. Nobody types who signed, or a supplier by an id."""

    supplier_id: Line
    lot_number: int | None = None
    signed_by: OptionalPerson


@form("contract", "register_existing")
class ExistingContractForm(Form):
    """History before Stegvis: nothing is checked, no target is recorded."""

    contract_has_ended: bool = False
    history_note: OptionalWords


@form("contract", "amend_contract")
class AmendForm(ContractFields):
    framework_reason: OptionalWords
    reason: Words


@form("contract", "propose_handover")
class HandoverForm(Form):
    """From the officer to the contract manager: class, plan, first meeting."""

    manager: PersonId
    contract_class: Literal["a", "b", "c"]
    follow_up_plan: Words


@form("contract", "accept_handover")
class AcceptForm(Form):
    note: OptionalLine


@form("contract", "record_start_up_meeting")
class MeetingForm(Form):
    start_up_meeting_on: Day
    note: OptionalWords


@form("contract", "record_follow_up")
class FollowUpForm(Form):
    followed_up_on: Day
    outcome: Literal["good", "deviations", "not_done"]
    note: Words


@form("contract", "decide_extension")
class ExtensionForm(Form):
    """Evaluated before it is extended (UHM); an option must stand in the original documents (LOU 17:10)."""

    extension: Literal["extend", "let_expire"]
    evaluation: Words
    reasons: Words
    sent_to: OptionalLine


@form("contract", "record_final_evaluation")
class FinalEvaluationForm(Form):
    evaluation_goals_met: Words
    lessons: OptionalWords


@form("contract", "record_call_off_value")
class CallOffValueForm(Form):
    """What has been called off so far, without VAT, of the framework's value, its ceiling."""

    called_off_value: Money
    counted_on: Day
    note: OptionalLine


@form("contract", "weigh_ceiling")
class CeilingForm(Form):
    ceiling_plan: Words


@form("contract", "record_contract_change")
class ContractChangeForm(Form):
    """A change of the contract, by the section of LOU chapter 17 that allows it."""

    changed_on: Day
    change_ground: Literal["section_9", "section_10", "section_11", "section_12", "section_13", "section_14"]
    contract_change: Words


@form("contract", "record_change_notice")
class ChangeNoticeForm(Form):
    """A change is advertised (LOU 17:16)."""

    matter: WhichMatter
    published_on: Day
    notice_reference: Line


@form("contract", "record_party_matter")
class PartyMatterForm(Form):
    """A matter about the contract that a private party began (FL 11, 12 §§)."""

    begun_on: Day
    party_matter: Words


@form("contract", "record_party_asks")
class PartyAsksForm(Form):
    """After six months the party asks in writing that the matter be decided (FL 12 §)."""

    matter: WhichMatter
    asked_on: Day


@form("contract", "record_party_decision")
class PartyDecisionForm(Form):
    """The matter is decided, or the request to decide it is refused in a decision of its own."""

    matter: WhichMatter
    decided_on: Day
    party_outcome: Words


@form("contract", "start_renewal")
class StartRenewalForm(Form):
    """What the owner has thought through before the next procurement: needs, target and requirements."""

    title: OptionalLine
    renewal_thoughts: Words


class BegunRenewal(Form):
    """What a procurement that was opened by itself says. Nobody types another case's id."""

    successor_id: Line


@form("contract", "decide_no_renewal")
class NoRenewalForm(Form):
    """Why nothing follows the contract; it is a decision, and it can be opened again."""

    reasons: Words


@form("contract", "reopen_renewal")
class ReopenRenewalForm(Form):
    reason: Words
