"""Everything that time sets off in procurement and follow-up: the 43 triggers of the trade, in one table.

Each says what mark it bears and by which source, who hears of it, and how it is kept here: by a timer, as somebody's
duty with a last day, by a check in the way of a step, or not yet, with the reason. What starts it and what is lost
when it is missed are texts (`when.<id>`, `missed.<id>`). Amounts stand in `states/terms.py`, where a region tunes its
own between bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from states.definition import Mark

LAW, CLAUSE, POLICY = Mark.LAW, Mark.CLAUSE, Mark.POLICY


class Kept(StrEnum):
    """How a trigger is kept here."""

    TIMER = "timer"
    DUTY = "duty"
    CHECK = "check"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class TimeTrigger:
    """One trigger. `names` are timers or duties (`process.name`) or guards; `waits` the code of why it waits.

    `terms` are the terms that count it, in `states/terms.py`; empty where a bare date or the contract gives the day.
    """

    id: str
    kept: Kept
    mark: Mark
    source: str
    recipients: tuple[str, ...]
    names: tuple[str, ...] = ()
    terms: tuple[str, ...] = ()
    waits: str | None = None


def _timer(id: str, mark: Mark, source: str, to: tuple[str, ...], *names: str, terms: tuple[str, ...]) -> TimeTrigger:  # noqa: A002
    return TimeTrigger(id, Kept.TIMER, mark, source, to, names, terms)


def _duty(id: str, mark: Mark, source: str, to: tuple[str, ...], *names: str, terms: tuple[str, ...]) -> TimeTrigger:  # noqa: A002
    return TimeTrigger(id, Kept.DUTY, mark, source, to, names, terms)


def _check(id: str, mark: Mark, source: str, to: tuple[str, ...], *names: str) -> TimeTrigger:  # noqa: A002
    return TimeTrigger(id, Kept.CHECK, mark, source, to, names)


def _waits(id: str, mark: Mark, source: str, to: tuple[str, ...], reason: str, *terms: str) -> TimeTrigger:  # noqa: A002
    return TimeTrigger(id, Kept.WAITING, mark, source, to, (), terms, reason)


OWNER, OFFICER, HEAD, MANAGER = ("contract_owner", "procurement_officer", "head_of_procurement", "contract_manager")
SUPPLIER, ARCHIVE = "supplier", "archive"

#: Why a trigger waits: codes with a text each (`waits.<code>`).
WAITS = ("annual_calendar", "supplier_follow_up", "no_event", "call_offs", "archive")

PROCUREMENT_TRIGGERS = (
    _timer(
        "P1",
        POLICY,
        "Stegvis standard",
        (OWNER,),
        "contract.renewal_due",
        terms=("renewal_start", "renewal_start_high_risk"),
    ),
    _timer(
        "P2", POLICY, "Stegvis standard", ("superior", HEAD), "contract.renewal_alarm_due", terms=("renewal_alarm",)
    ),
    _timer(
        "P3",
        CLAUSE,
        "avtalets förlängningstid, UHM",
        (OWNER, OFFICER),
        "contract.extension_due",
        "contract.option_lapsed_due",
        terms=("extension_opens", "extension_notice"),
    ),
    _check("P4", LAW, "LOU 7:2", (OFFICER,), "framework_period_is_allowed"),
    _waits("P5", POLICY, "Stegvis standard", (OWNER,), "call_offs"),
    _check("P6", LAW, "LOU 11:2–11:10", (OFFICER,), "tender_period_is_long_enough", "new_tender_deadline_is_later"),
    _duty(
        "P7",
        LAW,
        "LOU 12:11, 19:13",
        (OFFICER,),
        "procurement.record_answers_given",
        terms=("last_answers", "last_answers_urgent"),
    ),
    _duty("P8", LAW, "LOU 12:10", (OFFICER,), "procurement.record_opening", terms=("opening",)),
    _waits("P9", POLICY, "LOU 10:10, Stegvis standard", (OFFICER,), "no_event"),
    _duty("P10", LAW, "LOU 12:12", (OFFICER,), "procurement.record_award_notice", terms=("award_notice",)),
    _timer(
        "P11",
        LAW,
        "LOU 20:1, 20:18",
        (OFFICER,),
        "procurement.standstill_due",
        terms=("standstill", "standstill_other_means"),
    ),
    _check("P12", LAW, "LOU 20:8", (OFFICER,), "no_review_stops_signing"),
    _timer("P13", LAW, "LOU 20:10", (OFFICER,), "procurement.standstill_due", terms=("standstill_after_ruling",)),
    _waits("P14", LAW, "LOU 12:13, 19:20", (OFFICER,), "no_event"),
    _duty(
        "P15",
        LAW,
        "LOU 10:4, 19:7, 19a:13, 20:17",
        (OFFICER,),
        "procurement.record_post_award_notice",
        terms=("post_award_notice",),
    ),
    _duty(
        "P16",
        LAW,
        "LOU 12:14–12:16, 19:22, 19a:11",
        (OFFICER,),
        "procurement.complete_documentation",
        terms=("documentation",),
    ),
    _waits("P17", LAW, "LOU 10:4", (OFFICER,), "no_event"),
    _waits("P18", LAW, "LOU 20:3", (OFFICER,), "no_event"),
    _waits("P19", LAW, "LOU 13:4", (SUPPLIER,), "no_event"),
    _waits("P20", LAW, "LOU 17:16", (OFFICER,), "no_event"),
    _waits("P21", LAW, "LOU 12:17, arkivlagen", (ARCHIVE,), "archive"),
    _waits("P22", LAW, "bokföringslagen, arkivlagen", (ARCHIVE,), "archive"),
    _waits("P23", LAW, "LOU 5:1, förordning vartannat år", ("administrator",), "annual_calendar"),
    _waits("P24", LAW, "FL 12 §", (OFFICER,), "no_event"),
)

FOLLOW_UP_TRIGGERS = (
    _duty(
        "U1", POLICY, "Stegvis standard", (MANAGER, OFFICER), "contract.record_start_up_meeting",
        terms=("start_up_meeting",),
    ),
    _waits("U2", CLAUSE, "avtalsvillkoret om tillbörlig aktsamhet", (SUPPLIER,), "supplier_follow_up"),
    _duty(
        "U3", POLICY, "SKR, avtalsklass", (MANAGER,), "contract.record_follow_up",
        terms=("follow_up_three_a_year", "follow_up_yearly", "follow_up_every_second_year"),
    ),
    _waits("U4", CLAUSE, "avtalsvillkoret, punkt 4", (SUPPLIER, OWNER), "supplier_follow_up"),
    _waits("U5", POLICY, "Stegvis standard", ("assessor",), "supplier_follow_up"),
    _waits("U6", CLAUSE, "avtalsvillkoret, punkt 4", (SUPPLIER,), "supplier_follow_up"),
    _duty("U7", CLAUSE, "avtalsvillkoret, punkt 3", (SUPPLIER,), "deviation.record_severe_report", terms=("severe_report",)),
    _timer(
        "U8",
        CLAUSE,
        "avtalsvillkoret; påminnelserna Stegvis standard",
        (SUPPLIER,),
        "deviation.supplier_reminder_due",
        terms=("plan_due", "plan_due_severe"),
    ),
    _timer(
        "U9",
        POLICY,
        "Stegvis standard; åtgärdsplanen",
        (SUPPLIER, OFFICER),
        "deviation.supplier_reminder_due",
        "deviation.milestone_missed_due",
        terms=("milestone_grace",),
    ),
    _waits("U10", POLICY, "Stegvis standard", ("auditor",), "supplier_follow_up"),
    _waits("U11", POLICY, "samverkans rutin", ("secretariat",), "supplier_follow_up"),
    _waits("U12", POLICY, "samverkans vägledning", ("auditor",), "supplier_follow_up"),
    _timer("U13", CLAUSE, "avtalsvillkoret om vite", ("finance", OWNER), "deviation.fine_week_due", terms=()),
    _timer(
        "U14",
        CLAUSE,
        "avtalsvillkoret om avropsstopp",
        (HEAD,),
        "deviation.next_rung_due",
        terms=("stop_until_termination",),
    ),
    _duty("U15", POLICY, "Stegvis standard", (HEAD,), "deviation.review_call_off_stop", terms=("call_off_stop_review",)),
    _check("U16", LAW, "LOU 13:3 a", (OFFICER,), "exclusion_event_is_recent"),
    _check("U17", LAW, "LOU 13:1 a", (OFFICER,), "exclusion_judgment_is_recent"),
    _duty(
        "U18", POLICY, "SKR, avtalsklass", (OWNER, MANAGER), "contract.record_follow_up",
        terms=("follow_up_three_a_year", "follow_up_yearly", "follow_up_every_second_year"),
    ),
    _timer(
        "U19", POLICY, "Stegvis standard, UHM", (OWNER, MANAGER), "contract.evaluation_due",
        terms=("final_evaluation_opens",),
    ),
)  # fmt: skip

TRIGGERS = (*PROCUREMENT_TRIGGERS, *FOLLOW_UP_TRIGGERS)
