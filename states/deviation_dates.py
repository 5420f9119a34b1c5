"""The last days of a deviation: each counted from something recorded, with the contract's own amounts.

A response period counts from the hand-over of its letter, never from the draft or the decision: until that is recorded
there is none. Disputes and force majeure stop its clock. A decision to wait only ever gives more time.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from states.calendar import Calendar
from states.deadlines import Basis, Receipt, derive, fixed
from states.definition import Mark
from states.due_dates import DUE_DATES, Compute, DueDate, count
from states.facts import Situation
from states.ladder import BY_KEY
from states.terms import TERMS

ONE_DAY = timedelta(days=1)
_MARKS = {Basis.LAW: Mark.LAW, Basis.CLAUSE: Mark.CLAUSE, Basis.POLICY: Mark.POLICY}


def _register(name: str, compute: Compute, source: str, mark: Mark = Mark.CLAUSE) -> None:
    DUE_DATES[name] = DueDate(name, compute, ("deviation",), mark, source)


def agreed(s: Situation, code: str, anchor: str, anchor_on: date) -> Receipt:
    """A term of the contract counted from an event, with the amount that the contract itself has; its source names the
    wording and the day from which the contract carries it."""
    d, term = s.deviation, TERMS[code]
    source = f"{term.source}, {d.terms.clause_version}, ifyllda per {d.terms.valid_from.isoformat()}"
    amount = d.terms.amounts.get(code)
    return derive(replace(term, source=source), anchor, anchor_on, s.calendar, pauses=d.pauses, amount=amount)


def response_term(s: Situation) -> str | None:
    """The code of the term within which the supplier answers the present rung's letter; None where none is waited for."""
    d = s.deviation
    if d.rung is None:
        return None
    code = BY_KEY[d.rung].response
    return "plan_due_severe" if code == "plan_due" and d.severe else code


def response_period(s: Situation) -> Receipt | None:
    """The last day to answer: the rung's term from the recorded hand-over; None while the letter is under way."""
    d, code = s.deviation, response_term(s)
    if d.delivered_on is None or code is None:
        return None
    receipt = agreed(s, code, "notice_handed_over", d.delivered_on)
    waits = d.waits_until_on
    if waits is not None and receipt.due_on is not None and waits > receipt.due_on:
        return fixed("next_rung", "wait_decided", waits, Basis.POLICY, "beslut att vänta")
    return receipt


_register("response_period", response_period, "avtalsvillkoret; tiden räknas från att brevet togs emot")


def stop_months(s: Situation) -> Receipt | None:
    """The last day before a call-off stop has lasted its months, and gives the right to terminate at once."""
    since = s.deviation.stop_since_on
    if since is None or s.deviation.stop_investigating:
        return None
    return agreed(s, "stop_until_termination", "call_off_stop_begun", since)


_register("stop_until_termination", stop_months, "avtalsvillkoret om avropsstopp")


def next_rung_on(s: Situation) -> Receipt | None:
    """The last day before the next decision is asked for: the response period, or the stop's months if they end first."""
    d = s.deviation
    found: list[Receipt] = []
    if d.next_rung not in (None, d.asked_rung):
        response = response_period(s)
        if response is not None:
            found.append(response)
        elif d.waits_until_on is not None:
            found.append(fixed("next_rung", "wait_decided", d.waits_until_on, Basis.POLICY, "beslut att vänta"))
    months = stop_months(s)
    if months is not None and d.asked_rung != "immediate_termination" and "immediate_termination" not in d.waived:
        found.append(months)
    return min(found, key=lambda r: r.due_on or date.max, default=None)


_register("next_rung", next_rung_on, "avtalsvillkoret, punkt 5")


def fine_week(s: Situation) -> Receipt | None:
    """The last day of the week that runs: the day after it, the next week of the fine has started."""
    d = s.deviation
    if d.fine is None or d.fine_from_on is None:
        return None
    if len(d.fine.weeks) > d.fine_counted:
        last = d.fine.weeks[d.fine_counted].starts_on - ONE_DAY
    elif d.fine.next_on is not None:
        last = d.fine.next_on - ONE_DAY
    else:
        return None
    return fixed("fine_week", "fine_begun", last, Basis.CLAUSE, "avtalsvillkoret om vite", anchor_on=d.fine_from_on)


_register("fine_week", fine_week, "avtalsvillkoret om vite")


def _plan_completed(s: Situation) -> Receipt | None:
    """The last milestone of the accepted plan, as it was accepted or extended."""
    left = [m.due_on for m in s.deviation.milestones if m.done_on is None]
    return fixed("plan_completed", "plan_accepted", max(left), Basis.CLAUSE, "åtgärdsplanen") if left else None


_register("plan_completed", _plan_completed, "åtgärdsplanen")


#: So many days before (-) or after its last day the supplier is reminded of a plan, and of a milestone of one
#: (domain page U8, U9). The day after a plan's last day reminder 1 goes: that is the ladder's own.
PLAN_REMINDERS = (-7, 0)
MILESTONE_REMINDERS = (-14, -3, 0, 7)


def _after(due_on: date, offsets: tuple[int, ...], since: date) -> list[date]:
    return [day for n in offsets if (day := due_on + timedelta(days=n)) > since]


def reminder_days(s: Situation) -> list[tuple[date, date, int]]:
    """The days still to come on which the supplier is reminded: (day, the last day it is about, milestone or 0).

    A day up to that of an earlier reminder is dealt with: after a downtime the latest alone is sent. No reminder of
    what is done, or of a milestone whose miss somebody judges already.
    """
    d = s.deviation
    if s.case.state == "opportunity_to_remedy":
        response = response_period(s)
        if response is None or response.due_on is None or d.delivered_on is None:
            return []
        since = max(d.delivered_on, d.plan_reminded_on or d.delivered_on)
        return [(day, response.due_on, 0) for day in _after(response.due_on, PLAN_REMINDERS, since)]
    found = [
        (day, m.due_on, m.number)
        for m in d.milestones
        if m.done_on is None and not m.missed
        for day in _after(m.due_on, MILESTONE_REMINDERS, m.reminded_on or date.min)
    ]
    return sorted(found)


def _supplier_reminder(s: Situation) -> Receipt | None:
    days = reminder_days(s)
    if not days:
        return None
    on, due_on, number = days[0]
    if number:
        receipt = fixed("supplier_reminder", "milestone_due", on, Basis.POLICY, "Stegvis standard", anchor_on=due_on)
    else:
        receipt = fixed("supplier_reminder", "response_period", on, Basis.POLICY, "Stegvis standard", anchor_on=due_on)
    return replace(receipt, backward=True)


_register("supplier_reminder", _supplier_reminder, "Stegvis standard", Mark.POLICY)


def _milestone_missed(s: Situation) -> Receipt | None:
    """The earliest milestone that is not done, with a week's grace: after it somebody judges whether the plan is followed."""
    left = [m.due_on for m in s.deviation.milestones if m.done_on is None and not m.missed]
    return count(s, "milestone_grace", "milestone_due", min(left)) if left else None


_register("milestone_missed", _milestone_missed, "åtgärdsplanen", Mark.POLICY)


def _remedy_verification(s: Situation) -> Receipt | None:
    on = s.deviation.remedy_on or s.answer("remedied_on") or s.today
    return agreed(s, "remedy_verification", "remedy_reported", on)


_register("remedy_verification", _remedy_verification, TERMS["remedy_verification"].source)


def _termination_notice(s: Situation) -> Receipt | None:
    """The last day of the contract after a termination with notice, from the hand-over of its letter."""
    d = s.deviation
    return agreed(s, "termination_notice", "notice_handed_over", d.delivered_on) if d.delivered_on else None


_register("termination_notice", _termination_notice, TERMS["termination_notice"].source)


def _severe_report(s: Situation) -> Receipt | None:
    """The supplier reports facts and measures within so many weeks of having reasonable ground (clause 3)."""
    found_on = s.deviation.found_on
    return agreed(s, "severe_report", "severe_deviation_known", found_on) if found_on else None


_register("severe_report", _severe_report, TERMS["severe_report"].source)


def _stop_review(s: Situation) -> Receipt | None:
    """A stop ends when its ground ends: it is looked at again at least every 14 days."""
    d = s.deviation
    since = d.stop_reviewed_on or d.stop_since_on or s.today
    return count(s, "call_off_stop_review", "call_off_stop_looked_at", since)


_register("call_off_stop_review", _stop_review, "Stegvis standard", Mark.POLICY)


def _from_today(code: str) -> None:
    DUE_DATES[code] = DueDate(
        code, lambda s: count(s, code, "step_begun", s.today), (), _MARKS[TERMS[code].basis], TERMS[code].source
    )


for _code in (
    "assess_deviation",
    "dialogue",
    "plan_review",
    "resend_notice",
    "meeting_held",
    "rung_preparation",
    "rung_decision",
    "stop_consent",
    "missed_milestone",
    "remedied_decision",
    "close_terminated",
):
    _from_today(_code)


def usable_until(event_on: date, calendar: Calendar, *, judgment: bool) -> Receipt:
    """How long an event may be used for an exclusion (LOU 13:3 a: three years), or a judgment (LOU 13:1 a: five)."""
    if judgment:
        return derive(TERMS["exclusion_judgment"], "judgment_final", event_on, calendar)
    return derive(TERMS["exclusion_event"], "exclusion_event_happened", event_on, calendar)
