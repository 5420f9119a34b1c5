"""The terms: how long, counted how, by which rule. Policy terms may be tuned by a region within the bounds here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from states.deadlines import Basis, Counting, Term, Unit


@dataclass(frozen=True, slots=True)
class Bounds:
    """Between what a region may set a term, both included."""

    low: int
    high: int


TERMS: dict[str, Term] = {}
BOUNDS: dict[str, Bounds] = {}


def _law(code: str, days: int, source: str) -> None:
    TERMS[code] = Term(code, days, Unit.CALENDAR_DAYS, Counting.STATUTORY, Basis.LAW, source)


def _policy(code: str, amount: int, high: int, unit: Unit = Unit.WORKING_DAYS, *, pausable: bool = True) -> None:
    """Our default; a region tunes it with a dated parameter of the same name. A pause of the case moves it."""
    TERMS[code] = Term(code, amount, unit, Counting.WORKING, Basis.POLICY, "Stegvis standard", pausable=pausable)
    BOUNDS[code] = Bounds(1, high)


_law("standstill", 10, "LOU 20:1, 20:18")
_law("standstill_other_means", 15, "LOU 20:1, 20:18")
_law("standstill_after_ruling", 10, "LOU 20:10, 20:18")
_law("cancellation_review", 10, "LOU 20:12, 20:18")
_law("cancellation_review_other_means", 15, "LOU 20:12, 20:18")


def _law_before(code: str, days: int, source: str) -> None:
    """Counted back from its anchor: off a rest day to the day before, so that nobody gets less time."""
    TERMS[code] = Term(code, days, Unit.CALENDAR_DAYS, Counting.STATUTORY, Basis.LAW, source, backward=True)


_law("post_award_notice", 30, "LOU 10:4, 19:7")
_law("documentation", 30, "LOU 12:14, 19:22, 19a:11")
_law("tender_period", 30, "LOU 11:2, 11:6")

_law_before("last_answers", 6, "LOU 12:11, 19:13")
_law_before("last_answers_urgent", 4, "LOU 12:11")

_law("reasons", 15, "LOU 12:13, 19:20")
_law("ex_ante_standstill", 10, "LOU 20:3, 20:18")
TERMS["party_decision"] = Term("party_decision", 6, Unit.MONTHS, Counting.STATUTORY, Basis.LAW, "FL 12 §")
TERMS["party_decision_asked"] = Term("party_decision_asked", 4, Unit.WEEKS, Counting.STATUTORY, Basis.LAW, "FL 12 §")

_policy("needs_analysis", 30, 250)
_policy("start_decision", 10, 60)
_policy("risk_analysis", 20, 120)
_policy("target_setting", 20, 120)
_policy("target_decision", 10, 60)
_policy("requirement_selection", 30, 250)
_policy("requirement_decision", 10, 60)
_policy("advertising", 10, 120)
_policy("opening", 1, 10, pausable=False)
_policy("evaluation", 20, 120)
_policy("award_decision", 5, 30)
_policy("award_notice", 1, 5, pausable=False)
_policy("recall", 5, 30)
_policy("contract_signing", 10, 60)
_policy("cancellation_notice", 1, 5, pausable=False)
_policy("direct_award_decision", 10, 60)
_policy("call_off_decision", 10, 60)
_policy("register_contracts", 20, 250)
_policy("handover", 10, 60)
_policy("accept_handover", 10, 60)
_policy("duty_confirmation", 30, 90, Unit.CALENDAR_DAYS)
_policy("start_up_meeting", 30, 90, Unit.CALENDAR_DAYS)
_policy("follow_up_three_a_year", 4, 12, Unit.MONTHS)
_policy("follow_up_yearly", 12, 24, Unit.MONTHS)
_policy("follow_up_every_second_year", 24, 36, Unit.MONTHS)
_policy("close", 20, 120)
#: Below the threshold the law asks for a reasonable time (LOU 19:11); this is our default for plans.
_policy("tender_period_below", 25, 90, Unit.CALENDAR_DAYS, pausable=False)

#: The law gives the supplier a time to comment, the days are our default (LOU 13:4); so are those of a notice of change.
_policy("exclusion_comments", 10, 40, pausable=False)
_policy("change_notice", 30, 90, Unit.CALENDAR_DAYS, pausable=False)
#: How soon the contract owner weighs what to do about a ceiling that fills (domain page P5).
_policy("ceiling_review", 10, 60, pausable=False)
#: Counted back from the day until which tenders bind. Domain page P9: a month before, and reminded after.
TERMS["tender_validity"] = Term(
    "tender_validity",
    30,
    Unit.CALENDAR_DAYS,
    Counting.WORKING,
    Basis.POLICY,
    "Stegvis standard, LOU 10:10",
    backward=True,
)
BOUNDS["tender_validity"] = Bounds(1, 120)

#: Counted back from a contract date. Domain page P3 and U19: our defaults.
TERMS["extension_opens"] = Term(
    "extension_opens", 9, Unit.MONTHS, Counting.WORKING, Basis.POLICY, "Stegvis standard", backward=True
)
BOUNDS["extension_opens"] = Bounds(1, 24)
TERMS["extension_notice"] = Term(
    "extension_notice",
    3,
    Unit.MONTHS,
    Counting.WORKING,
    Basis.CLAUSE,
    "avtalets uppsägnings- eller förlängningstid",
    backward=True,
)
BOUNDS["extension_notice"] = Bounds(0, 24)
TERMS["final_evaluation_opens"] = Term(
    "final_evaluation_opens",
    6,
    Unit.MONTHS,
    Counting.WORKING,
    Basis.POLICY,
    "Stegvis standard",
    backward=True,
)
BOUNDS["final_evaluation_opens"] = Bounds(1, 24)
TERMS["renewal_start"] = Term(
    "renewal_start", 18, Unit.MONTHS, Counting.WORKING, Basis.POLICY, "Stegvis standard", backward=True
)
BOUNDS["renewal_start"] = Bounds(3, 48)
#: Class A is the class of high risk: domain page P1 gives it 24 months.
TERMS["renewal_start_high_risk"] = Term(
    "renewal_start_high_risk", 24, Unit.MONTHS, Counting.WORKING, Basis.POLICY, "Stegvis standard", backward=True
)
BOUNDS["renewal_start_high_risk"] = Bounds(3, 48)
#: Domain page P2: so long after the contract owner was asked the target of what follows is to be decided.
_policy("renewal_alarm", 3, 12, Unit.MONTHS, pausable=False)


def _clause(code: str, amount: int, unit: Unit, low: int, high: int, source: str = "avtalsvillkoret") -> None:
    """A blank of the due-diligence term: the contract's own amount replaces ours, which a region may set as its default.

    A last day moves off rest days, so that the supplier never has less; a dispute or force majeure stops the clock.
    """
    TERMS[code] = Term(code, amount, unit, Counting.STATUTORY, Basis.CLAUSE, source, pausable=True)
    BOUNDS[code] = Bounds(low, high)


_clause("severe_report", 2, Unit.WEEKS, 1, 8, "avtalsvillkoret, punkt 3")
_clause("audit_enabling", 4, Unit.WEEKS, 1, 26, "avtalsvillkoret, punkt 4")
_clause("self_assessment", 4, Unit.WEEKS, 1, 26, "avtalsvillkoret, punkt 4")
_clause("plan_due", 4, Unit.WEEKS, 1, 26)
_clause("plan_due_severe", 2, Unit.WEEKS, 1, 26)
_clause("remedy", 3, Unit.MONTHS, 1, 36)
_clause("remedy_verification", 6, Unit.MONTHS, 1, 24)
_clause("response_reminder_1", 10, Unit.CALENDAR_DAYS, 5, 60)
_clause("response_reminder_2", 10, Unit.CALENDAR_DAYS, 5, 60)
_clause("response_formal_demand", 14, Unit.CALENDAR_DAYS, 7, 90)
_clause("response_escalation_meeting", 14, Unit.CALENDAR_DAYS, 7, 90)
_clause("response_call_off_stop", 28, Unit.CALENDAR_DAYS, 14, 180)
_clause("stop_until_termination", 3, Unit.MONTHS, 1, 24, "avtalsvillkoret om avropsstopp")
_clause("termination_notice", 3, Unit.MONTHS, 1, 24, "avtalsvillkoret om uppsägning")
_policy("assess_deviation", 5, 30)
_policy("dialogue", 10, 60)
_policy("plan_review", 10, 30)
_policy("resend_notice", 2, 10, pausable=False)
#: How long the supplier has to say that it does not agree that a termination is taken back.
_policy("withdrawal_answer", 10, 60, pausable=False)
_policy("meeting_held", 15, 60)
_policy("rung_preparation", 5, 30)
_policy("rung_decision", 10, 30)
_policy("stop_consent", 5, 30)
_policy("missed_milestone", 5, 30)
_policy("milestone_grace", 7, 30, Unit.CALENDAR_DAYS)
_policy("remedied_decision", 10, 60)
_policy("call_off_stop_review", 14, 14, Unit.CALENDAR_DAYS, pausable=False)
_policy("close_terminated", 10, 60)
#: How long an event may be used for an exclusion (LOU 13:3 a), and a judgment (LOU 13:1 a).
TERMS["exclusion_event"] = Term("exclusion_event", 36, Unit.MONTHS, Counting.EXACT, Basis.LAW, "LOU 13:3 a")
TERMS["exclusion_judgment"] = Term("exclusion_judgment", 60, Unit.MONTHS, Counting.EXACT, Basis.LAW, "LOU 13:1 a")

#: Other policy a region may set: default, and the bounds.
SWITCHES: dict[str, tuple[str, str]] = {
    "limit_direct_procurement": ("700000", "LOU 19a:2"),
    "threshold_goods_services": ("2389585", "SFS 2024:30"),
    "threshold_works": ("59880179", "SFS 2024:30"),
    "threshold_annex_2": ("8109450", "SFS 2024:30"),
    "two_people_open_below_threshold": ("1", "Stegvis standard"),
    "remind_days_before": ("5,1,0", "Stegvis standard"),
    "remind_days_after": ("1,5,10", "Stegvis standard"),
    "remind_substitute_after": ("0", "Stegvis standard"),
    "escalate_days_after": ("3,10", "Stegvis standard"),
    "mail_hour": ("7", "Stegvis standard"),
    "call_off_warnings": ("70,85,95", "Stegvis standard"),
    "fine_week_amount": ("10000", "avtalsvillkoret om vite"),
    "fine_cap_weeks": ("8", "avtalsvillkoret om vite"),
}


#: Amounts that the legislator gives anew for each pair of years, from 1 January of an even one (LOU 5:1, domain page P23).
TWO_YEARLY = ("threshold_goods_services", "threshold_works", "threshold_annex_2")


def last_day(name: str, valid_from: date) -> date | None:
    """The last day of the period that an amount was given for; None for what applies until it is changed."""
    if name not in TWO_YEARLY:
        return None
    return date(valid_from.year | 1, 12, 31)
