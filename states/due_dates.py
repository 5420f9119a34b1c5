"""The closed registry of deadlines: from a situation to the receipt of a last day.

Each function says which event it counts from. A region's dated parameter of the same name as a policy term
replaces its amount; the receipt then names that row.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date

from states.deadlines import Basis, Receipt, again, derive, fixed, none_applies
from states.definition import Mark
from states.facts import Situation
from states.terms import TERMS

Compute = Callable[[Situation], Receipt | None]


@dataclass(frozen=True, slots=True)
class DueDate:
    """A named way to count a date: the function, the facts it needs, and the rule behind it."""

    name: str
    compute: Compute
    needs: tuple[str, ...]
    mark: Mark
    source: str


DUE_DATES: dict[str, DueDate] = {}

_MARKS = {Basis.LAW: Mark.LAW, Basis.CLAUSE: Mark.CLAUSE, Basis.POLICY: Mark.POLICY}


def _register(name: str, compute: Compute, *needs: str) -> None:
    term = TERMS[name]
    DUE_DATES[name] = DueDate(name, compute, needs, _MARKS[term.basis], term.source)


def count(s: Situation, code: str, anchor: str, anchor_on: date) -> Receipt:
    """Count a term from an event, with the region's amount where a dated parameter gives one."""
    row = s.parameters.get(code)
    term = TERMS[code]
    if row is None or term.basis is Basis.LAW:
        return derive(term, anchor, anchor_on, s.calendar)
    receipt = derive(term, anchor, anchor_on, s.calendar, amount=int(row.value), parameter=row.citation)
    return replace(receipt, source=row.source)  # who counts again needs the region's own rule


def _from_today(code: str, anchor: str) -> None:
    _register(code, lambda s: count(s, code, anchor, s.today))


for _code in [
    "needs_analysis",
    "start_decision",
    "risk_analysis",
    "target_setting",
    "target_decision",
    "requirement_selection",
    "requirement_decision",
    "advertising",
    "evaluation",
    "award_decision",
    "award_notice",
    "recall",
    "contract_signing",
    "cancellation_notice",
    "direct_award_decision",
    "call_off_decision",
    "register_contracts",
    "accept_handover",
    "close",
    "handover",
]:
    _from_today(_code, "step_begun")


def _opening(s: Situation) -> Receipt | None:
    """Tenders are opened as soon as possible after the tender deadline (LOU 12:10)."""
    deadline = s.answer("tender_deadline_on") or s.procurement.tender_deadline_on
    return count(s, "opening", "tender_deadline", deadline) if deadline else None


_register("opening", _opening, "procurement")


def _last_answers(s: Situation) -> Receipt | None:
    """Answers to questions reach all at the latest 6 days before the last day for tenders, 4 when urgent (LOU 12:11, 19:13).

    None where so short a time was given that this day has passed already.
    """
    deadline = s.answer("tender_deadline_on") or s.procurement.tender_deadline_on
    if deadline is None:
        return None
    urgent = s.answer("urgent") if s.answer("urgent") is not None else s.procurement.urgent
    code = "last_answers_urgent" if urgent and s.procurement.track == "above_threshold" else "last_answers"
    receipt = count(s, code, "tender_deadline", deadline)
    return receipt if receipt.due_on and receipt.due_on >= s.today else None


_register("last_answers", _last_answers, "procurement")


def _longer_if_stated(s: Situation, receipt: Receipt, anchor: str, anchor_on: date) -> Receipt:
    """A notice may state a longer period than the law's; it then holds (LOU 20:1 second paragraph)."""
    stated = s.answer("stated_until_on")
    if stated and receipt.due_on and stated > receipt.due_on:
        return fixed(receipt.term, anchor, stated, Basis.LAW, "LOU 20:1", anchor_on=anchor_on)
    return receipt


def _after_ruling(s: Situation) -> Receipt:
    """The standstill goes on 10 days after the administrative court's ruling, day 0 being its date (LOU 20:10).

    It never ends before the standstill that the review interrupted.
    """
    ruled_on = s.answer("ruled_on")
    if s.answer("standstill_lifted"):
        return none_applies("standstill_after_ruling", "court_ruled", ruled_on, "LOU 20:8, 20:10")
    receipt = count(s, "standstill_after_ruling", "court_ruled", ruled_on)
    before = s.lot.standstill_due_on if s.lot else None
    if before and receipt.due_on and before > receipt.due_on:
        return fixed(
            "standstill",
            "award_notice_sent",
            before,
            Basis.LAW,
            "LOU 20:1",
            anchor_on=s.lot.notice_sent_on if s.lot else None,
        )
    return receipt


def standstill(s: Situation) -> Receipt:
    """Standstill counted from the notice *sent*: 10 days, or 15 when any notice went another way (LOU 20:1).

    None applies after renewed competition (LOU 20:2) and in direct procurement (LOU 19a:10): the receipt says so.
    """
    if s.answer("ruled_on"):
        return _after_ruling(s)
    sent_on = s.answer("sent_on") or (s.lot.notice_sent_on if s.lot else None) or s.today
    track = s.procurement.track
    if track == "renewed_competition":
        return none_applies("standstill", "award_notice_sent", sent_on, "LOU 20:2")
    if track in ("direct", "call_off"):
        return none_applies(
            "standstill", "award_notice_sent", sent_on, "LOU 19a:10" if track == "direct" else "LOU 20:2"
        )
    code = "standstill_other_means" if s.answer("sent_by") == "other" else "standstill"
    return _longer_if_stated(s, count(s, code, "award_notice_sent", sent_on), "award_notice_sent", sent_on)


_register("standstill", standstill, "procurement")


def _cancellation_review(s: Situation) -> Receipt:
    """A cancellation can be reviewed within 10 days of its notice, 15 when it went another way (LOU 20:12)."""
    code = "cancellation_review_other_means" if s.answer("sent_by") == "other" else "cancellation_review"
    return count(s, code, "cancellation_notice_sent", s.answer("sent_on") or s.today)


_register("cancellation_review", _cancellation_review)


def _reasons(s: Situation) -> Receipt:
    """Reasons within 15 days of the written request; of several that wait the first counts (LOU 12:13, 19:20)."""
    asked = [d for d in (s.answer("requested_on"), s.lot.reasons_requested_on if s.lot else None) if d]
    return count(s, "reasons", "reasons_requested", min(asked, default=s.today))


_register("reasons", _reasons)


def _tender_validity(s: Situation) -> Receipt | None:
    """A month before tenders no longer bind there is still time to ask for longer; None where no such day is stated."""
    until = s.answer("tenders_valid_until_on") or s.procurement.tenders_valid_until_on
    return count(s, "tender_validity", "tenders_bind_until", until) if until else None


_register("tender_validity", _tender_validity, "procurement")


def _exclusion_comments(s: Situation) -> Receipt:
    """The supplier's time to comment before an exclusion: the day that was set, else our default (LOU 13:4)."""
    asked_on, set_on = s.answer("comments_asked_on") or s.today, s.answer("comments_by_on")
    if set_on:
        return fixed("exclusion_comments", "exclusion_notified", set_on, Basis.LAW, "LOU 13:4", anchor_on=asked_on)
    return count(s, "exclusion_comments", "exclusion_notified", asked_on)


_register("exclusion_comments", _exclusion_comments)


def _ex_ante_standstill(s: Situation) -> Receipt | None:
    """No contract until 10 days have passed from the advance notice (LOU 20:3); None where none was published."""
    published_on = s.procurement.ex_ante_on
    return count(s, "ex_ante_standstill", "ex_ante_published", published_on) if published_on else None


_register("ex_ante_standstill", _ex_ante_standstill, "procurement")


def _change_notice(s: Situation) -> Receipt:
    """A change under LOU 17:11 or 17:12 is advertised (LOU 17:16); how soon is our default. Of several the first counts."""
    changed = [m.on for m in s.facts["matters"] if m.settled_by == "record_change_notice"]
    return count(s, "change_notice", "contract_changed", min(changed, default=s.today))


_register("change_notice", _change_notice, "matters")


def _ceiling_review(s: Situation) -> Receipt:
    return count(s, "ceiling_review", "call_offs_counted", s.answer("counted_on") or s.today)


_register("ceiling_review", _ceiling_review)


def _party_decision(s: Situation) -> Receipt:
    """A matter that a private party began is decided within six months; of several the last day that comes first (FL 12 §).

    Asked in writing to decide after that time, one decides or refuses within four weeks.
    """
    days = [
        count(s, "party_decision_asked", "party_asked", m.asked_on)
        if m.asked_on
        else count(s, "party_decision", "party_matter_begun", m.on)
        for m in s.facts["matters"]
        if m.settled_by == "record_party_decision"
    ]
    return min(days, key=lambda r: str(r.due_on), default=count(s, "party_decision", "party_matter_begun", s.today))


_register("party_decision", _party_decision, "matters")
_register("party_decision_asked", _party_decision, "matters")


def _from_signing(code: str) -> None:
    def compute(s: Situation) -> Receipt | None:
        signed_on = s.answer("signed_on") or s.answer("decided_on") or s.today
        return count(s, code, "contract_signed", signed_on)

    _register(code, compute)


_from_signing("post_award_notice")
_from_signing("documentation")
_from_signing("start_up_meeting")


#: How often a contract is followed up, by its class (SKR: about 10, 30 and 60 percent of the contracts).
FOLLOW_UP_TERMS = {"a": "follow_up_three_a_year", "b": "follow_up_yearly", "c": "follow_up_every_second_year"}


def _from_first_day(s: Situation, code: str, anchor: str, anchor_on: date) -> Receipt:
    """From an event, or from the first day of a contract that begins after it: nobody follows up what lay before."""
    start_on = s.contract.start_on
    if start_on and start_on >= anchor_on:
        return count(s, code, "contract_started", start_on)
    return count(s, code, anchor, anchor_on)


def _follow_up(s: Situation) -> Receipt | None:
    """The next follow-up by class: from the last one, else from the day the duty arose or the contract begins after it."""
    contract_class = s.answer("contract_class") or s.contract.contract_class
    if contract_class is None:
        return None
    code = FOLLOW_UP_TERMS[contract_class]
    followed_up_on = s.answer("followed_up_on")
    if followed_up_on:
        return count(s, code, "followed_up", followed_up_on)
    return _from_first_day(s, code, "step_begun", s.today)


def follow_up_again(s: Situation, running: Receipt | None, begun_on: date, *, start_moved: bool) -> Receipt | None:
    """A running follow-up after a change of the contract: another only where its class or (`start_moved`) first day is.

    It counts from its own event with its own pauses, and a decided extension stays. `begun_on` is the day on which the
    duty arose. One that had no last day, for want of a class, counts from today.
    """
    if s.contract.contract_class is None:
        return running
    code = FOLLOW_UP_TERMS[s.contract.contract_class]
    if running is None or running.anchor_on is None:
        return _from_first_day(s, code, "class_given", s.today)
    if not start_moved or running.anchor == "followed_up":
        receipt = count(s, code, running.anchor, running.anchor_on)
    elif running.anchor == "contract_started":
        receipt = _from_first_day(s, code, "step_begun", begun_on)
    else:
        receipt = _from_first_day(s, code, running.anchor, running.anchor_on)
    if (receipt.term, receipt.anchor, receipt.anchor_on) == (running.term, running.anchor, running.anchor_on):
        return running
    return again(receipt, s.calendar, pauses=running.pauses, extensions=running.extensions)


DUE_DATES["follow_up"] = DueDate("follow_up", _follow_up, ("contract",), Mark.POLICY, "SKR, avtalsklass")


def extension_notice_on(s: Situation) -> Receipt | None:
    """The last day to use the next option: the notice time back from the end of the period."""
    contract = s.contract
    if contract.end_on is None or contract.options_left == 0:
        return None
    if contract.notice_months is None:  # the contract does not say: the region's own caution, else ours
        return count(s, "extension_notice", "contract_ends", contract.end_on)
    term = TERMS["extension_notice"]
    return derive(term, "contract_ends", contract.end_on, s.calendar, amount=contract.notice_months)


DUE_DATES["extension_notice"] = DueDate(
    "extension_notice", extension_notice_on, ("contract",), Mark.CLAUSE, TERMS["extension_notice"].source
)


def _extension_opens(s: Situation) -> Receipt | None:
    notice = extension_notice_on(s)
    return count(s, "extension_opens", "extension_notice", notice.due_on) if notice and notice.due_on else None


_register("extension_opens", _extension_opens, "contract")


def _evaluation_opens(s: Situation) -> Receipt | None:
    contract = s.contract
    if contract.end_on is None or contract.options_left > 0:
        return None
    return count(s, "final_evaluation_opens", "contract_ends", contract.end_on)


_register("final_evaluation_opens", _evaluation_opens, "contract")


def renewal_start(s: Situation) -> Receipt | None:
    """When the contract owner is asked to think the next procurement through: back from the last possible end.

    18 months, 24 for a contract of class A, the class of high risk (domain page P1).
    """
    last = s.contract.last_end_on or s.contract.end_on
    code = "renewal_start_high_risk" if s.contract.contract_class == "a" else "renewal_start"
    return count(s, code, "last_possible_end", last) if last else None


def _renewal_asked(s: Situation) -> Receipt | None:
    """None once the owner was asked, or decided that nothing follows."""
    settled = s.contract.renewal_asked_on or s.contract.renewal_declined_on
    return None if settled else renewal_start(s)


_register("renewal_start", _renewal_asked, "contract")


def _renewal_alarm(s: Situation) -> Receipt | None:
    """Three months after the owner was asked, or would have been had the successor not run by then (P2)."""
    contract = s.contract
    if contract.renewal_declined_on or contract.renewal_alarmed_on:
        return None
    if contract.renewal_asked_on:
        return count(s, "renewal_alarm", "renewal_asked", contract.renewal_asked_on)
    start = renewal_start(s)
    return count(s, "renewal_alarm", "renewal_start", start.due_on) if start and start.due_on else None


_register("renewal_alarm", _renewal_alarm, "contract")


def _contract_end(s: Situation) -> Receipt | None:
    end_on = s.contract.end_on
    return (
        fixed("contract_end", "contract_ends", end_on, Basis.CLAUSE, "avtalet", anchor_on=s.contract.start_on)
        if end_on
        else None
    )


DUE_DATES["contract_end"] = DueDate("contract_end", _contract_end, ("contract",), Mark.CLAUSE, "avtalet")


def _duty(s: Situation) -> Receipt | None:
    """The day that the agreement or plan itself names for this year; it stands as stated, also on a rest day."""
    return fixed("duty", "duty_falls_due", s.duty.due_on, Basis(s.duty.basis), s.duty.source)


DUE_DATES["duty"] = DueDate("duty", _duty, ("duty",), Mark.CLAUSE, "SEED 4, årskalendern")


def _duty_confirmation(s: Situation) -> Receipt | None:
    """A notice of leaving is confirmed in writing; how soon is our own default, counted from the day it was given."""
    return count(s, "duty_confirmation", "notice_given", s.answer("notified_on") or s.today)


_register("duty_confirmation", _duty_confirmation)


@dataclass(frozen=True, slots=True)
class ContractDates:
    """The days that matter in a contract's life, each with its receipt (None where the contract does not say)."""

    extension_notice: Receipt | None
    renewal_start: Receipt | None


def contract_dates(s: Situation) -> ContractDates:
    """Last day to extend, and the latest start of the next procurement counted back from the last possible end."""
    return ContractDates(extension_notice_on(s), renewal_start(s))
