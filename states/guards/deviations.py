"""The guards of the sanction ladder: who may climb when, and which clause says that a rung may not be used at all."""

from __future__ import annotations

from states.decision import Unmet
from states.definition import Mark
from states.deviation_dates import reminder_days, response_period, response_term, usable_until
from states.facts import Situation
from states.guards.registered import HEAD, OFFICER, OWNER, STRATEGIST, _another_person, _unless, guard
from states.ladder import BY_KEY, is_skip
from states.terms import TERMS

#: How far the last day of a milestone may be moved in all: so many times, and so many days each time.
MOST_EXTENSIONS, LONGEST_EXTENSION = 3, 180
#: For how long a decision to wait (or to waive a rung) may put off the next look.
LONGEST_WAIT = 180


# --- notices and periods --------------------------------------------------------------------------------------


@guard("deviation", mark=Mark.POLICY, source="Stegvis: a letter needs somebody to receive it")
def supplier_can_be_reached(s: Situation) -> list[Unmet]:
    return _unless(s.deviation.contact_known, "no_supplier_contact", OFFICER)


@guard("deviation", mark=Mark.CLAUSE, source="avtalsvillkoret: svarstiden räknas från att brevet togs emot")
def response_period_has_ended(s: Situation) -> list[Unmet]:
    """The letter was handed over, and the whole of its response period has passed: so an outage shortens nothing."""
    if response_term(s) is None:
        return []
    receipt = response_period(s)
    if receipt is None or receipt.due_on is None:
        return [Unmet("notice_not_handed_over", (OFFICER,))]
    return _unless(s.today > receipt.due_on, "response_period_runs", due=receipt.due_on.isoformat())


@guard("deviation", mark=Mark.POLICY, source="Stegvis: a decision is asked for once")
def next_rung_may_be_asked(s: Situation) -> list[Unmet]:
    """There is a rung above to decide about, it is not asked for already, and its time has come."""
    d = s.deviation
    if d.next_rung is None:
        return [Unmet("no_next_rung")]
    if d.next_rung == d.asked_rung:
        return [Unmet("next_rung_is_asked", (HEAD,))]
    if d.next_rung == "immediate_termination":
        return []
    return response_period_has_ended(s)


# --- from the call-off stop upward ----------------------------------------------------------------------------


@guard("deviation", mark=Mark.POLICY, source="Stegvis: the one who prepared a sanction does not decide it")
def rung_prepared_by_another(s: Situation) -> list[Unmet]:
    """The proportionality of this very rung has been written down, by somebody else than who decides."""
    d, rung = s.deviation, _decided_rung(s)
    if d.prepared_rung != rung or d.prepared_by is None:
        return [Unmet("rung_not_prepared", (OFFICER, STRATEGIST))]
    return _another_person(s, d.prepared_by)


@guard("deviation", mark=Mark.CLAUSE, source="avtalsvillkoret, punkt 5: de tre grunderna")
def ground_is_recorded(s: Situation) -> list[Unmet]:
    """The three sanctions share three grounds, and the letter tells which one it is.

    Not asked of the shortcut for a severe deviation nor of a stop while a ground is investigated: each has its own.
    """
    return _unless(
        bool(s.deviation.ground), "no_ground_recorded", OFFICER, STRATEGIST, cites="avtalsvillkoret, punkt 5"
    )


#: The steps that decide a rung, and which.
_DECIDES = {r.trigger: r.key for r in BY_KEY.values() if r.is_sanction} | {
    "decide_severe_termination": "immediate_termination",
    "decide_stop_while_investigating": "call_off_stop",
}


def _decided_rung(s: Situation) -> str | None:
    return _DECIDES.get(s.trigger)


@guard("deviation", mark=Mark.POLICY, source="Stegvis: the contract owner looks at the draft, not at an idea")
def call_off_stop_is_prepared(s: Situation) -> list[Unmet]:
    return _unless(s.deviation.prepared_rung == "call_off_stop", "rung_not_prepared", OFFICER, STRATEGIST)


@guard(
    "deviation", mark=Mark.POLICY, source="Stegvis: the head of procurement decides after the contract owner's consent"
)
def owner_has_consented(s: Situation) -> list[Unmet]:
    """Whose care needs the goods says that they can be had elsewhere; a refusal keeps the stop away, with its reason."""
    if s.deviation.stop_consent is None:
        return [Unmet("no_consent_to_stop", (OWNER,))]
    return _unless(s.deviation.stop_consent, "consent_refused", OWNER)


@guard("deviation", mark=Mark.CLAUSE, source="avtalsvillkoret, punkt 5: avropsstopp gäller ramavtal")
def contract_is_a_framework(s: Situation) -> list[Unmet]:
    return _unless(s.deviation.is_framework, "contract_is_no_framework", cites="avtalsvillkoret, punkt 5")


@guard("deviation", mark=Mark.CLAUSE, source="avtalsvillkoret, punkt 5: inte när en underleverantör vägrar")
def no_sub_supplier_refuses(s: Situation) -> list[Unmet]:
    """Neither stop nor fine where a sub-supplier refuses traceability or audit: the supplier cannot make it obey."""
    return _unless(not s.deviation.sub_supplier_refuses, "sub_supplier_refuses", cites="avtalsvillkoret, punkt 5")


@guard("deviation", mark=Mark.CLAUSE, source="avtalsvillkoret, punkt 5: vite")
def fine_is_agreed(s: Situation) -> list[Unmet]:
    fine = s.deviation.terms.fine
    return _unless(fine.week_ore > 0 and fine.cap_weeks > 0, "fine_not_agreed", OFFICER, cites="avtalsvillkoret, vite")


@guard("deviation", mark=Mark.CLAUSE, source="avtalsvillkoret, punkt 5: uppsägning med omedelbar verkan")
def immediate_termination_is_due(s: Situation) -> list[Unmet]:
    """The fine's cap is reached, or the call-off stop has lasted its months."""
    d = s.deviation
    return _unless(
        d.may_terminate_at_once,
        "immediate_termination_not_due",
        cites="avtalsvillkoret, uppsägning",
        weeks=d.terms.fine.cap_weeks,
        months=d.terms.amounts.get("stop_until_termination", TERMS["stop_until_termination"].amount),
    )


@guard("deviation", mark=Mark.CLAUSE, source="avtalsvillkoret, punkt 5: allvarlig avvikelse sannolik")
def severe_deviation_is_probable(s: Situation) -> list[Unmet]:
    """The shortcut: a severe deviation, in the supplier's own business or its chain, has been made probable."""
    d = s.deviation
    unmet = _unless(d.severe, "deviation_is_not_severe", cites="avtalsvillkoret, punkt 5")
    return unmet or _unless(d.probable, "deviation_is_not_probable", OFFICER, cites="avtalsvillkoret, punkt 5")


@guard("deviation", mark=Mark.POLICY, source="Stegvis: a rung is passed over only with a reason")
def skipping_is_reasoned(s: Situation) -> list[Unmet]:
    """Whoever prepared a rung that is not the next one wrote why those between are passed over."""
    d, rung = s.deviation, _decided_rung(s)
    if rung is None or not is_skip(d.rung, rung, d.next_rung):
        return []
    return _unless(d.skip_reason, "skip_not_reasoned", OFFICER)


@guard("deviation", mark=Mark.CLAUSE, source="avtalsvillkoret: svarstiden räknas från att brevet togs emot")
def earlier_period_has_ended(s: Situation) -> list[Unmet]:
    """The supplier had all the time that the last letter gave, unless the one who prepared says why it is not waited for."""
    return [] if s.deviation.skip_reason else response_period_has_ended(s)


@guard("deviation", mark=Mark.POLICY, source="Stegvis: a rung that is in force is not entered again")
def rung_is_not_in_force(s: Situation) -> list[Unmet]:
    d, rung = s.deviation, _decided_rung(s)
    if rung == "call_off_stop":
        investigating = d.stop_investigating and s.trigger == "decide_call_off_stop"
        return _unless(not d.stop_in_force or investigating, "stop_is_in_force", HEAD)
    return _unless(rung != "contractual_fine" or not d.fine_runs, "fine_is_decided", HEAD)


@guard("deviation", mark=Mark.POLICY, source="Stegvis: what is not in force cannot end")
def stop_is_in_force(s: Situation) -> list[Unmet]:
    return _unless(s.deviation.stop_in_force, "no_stop_in_force", HEAD)


@guard("deviation", mark=Mark.POLICY, source="Stegvis: what does not run cannot end")
def fine_is_decided(s: Situation) -> list[Unmet]:
    return _unless(s.deviation.fine_runs, "no_fine_runs", HEAD)


@guard("deviation", mark=Mark.CLAUSE, source="avtalsvillkoret om vite: per påbörjad vecka")
def fine_week_has_started(s: Situation) -> list[Unmet]:
    d = s.deviation
    counted = d.fine is not None and len(d.fine.weeks) > d.fine_counted
    return _unless(counted, "no_new_fine_week")


@guard("deviation", mark=Mark.POLICY, source="Stegvis: a move goes to another rung")
def rung_is_another(s: Situation) -> list[Unmet]:
    to_rung = s.answer("to_rung")
    return _unless(to_rung is None or to_rung != s.deviation.rung, "rung_is_the_same", HEAD)


@guard("deviation", mark=Mark.POLICY, source="Stegvis: only what is asked for can be waited with or waived")
def next_rung_is_there(s: Situation) -> list[Unmet]:
    d = s.deviation
    return _unless(d.next_rung is not None or d.asked_rung is not None, "no_next_rung", HEAD)


@guard("deviation", mark=Mark.POLICY, source="Stegvis: waiting has an end")
def wait_is_within_bounds(s: Situation) -> list[Unmet]:
    until = s.answer("until_on")
    if until is None:
        return []
    days = (until - s.today).days
    return _unless(0 < days <= LONGEST_WAIT, "wait_out_of_bounds", HEAD, days=LONGEST_WAIT)


# --- the action plan ------------------------------------------------------------------------------------------


@guard("deviation", mark=Mark.POLICY, source="Stegvis: the one who wrote a plan down does not accept it")
def plan_prepared_by_another(s: Situation) -> list[Unmet]:
    return _another_person(s, s.deviation.plan_by)


@guard("deviation", mark=Mark.CLAUSE, source="avtalsvillkoret: en tidsatt åtgärdsplan")
def plan_has_milestones(s: Situation) -> list[Unmet]:
    return _unless(bool(s.deviation.milestones), "plan_without_milestones", OFFICER)


@guard("deviation", mark=Mark.POLICY, source="Stegvis: more time has a reason and an end")
def milestone_may_be_extended(s: Situation) -> list[Unmet]:
    """At most three times, each time to a later day, at most 180 days on."""
    number, to_on = s.answer("milestone"), s.answer("to_on")
    if number is None:
        return []
    found = next((m for m in s.deviation.milestones if m.number == number and m.done_on is None), None)
    if found is None:
        return [Unmet("no_such_milestone", (OFFICER,), {"number": number})]
    if found.extended >= MOST_EXTENSIONS:
        return [Unmet("milestone_extended_enough", (OWNER,), {"count": MOST_EXTENSIONS})]
    days = (to_on - found.due_on).days
    return _unless(0 < days <= LONGEST_EXTENSION, "extension_out_of_bounds", OWNER, days=LONGEST_EXTENSION)


@guard("deviation", mark=Mark.POLICY, source="Stegvis: the plan is missed when a milestone is")
def milestone_is_missed(s: Situation) -> list[Unmet]:
    late = [m for m in s.deviation.milestones if m.done_on is None and not m.missed and m.due_on < s.today]
    return _unless(bool(late), "no_milestone_missed")


@guard("deviation", mark=Mark.POLICY, source="Stegvis: each reminder once, and none that makes no sense any more")
def supplier_reminder_is_due(s: Situation) -> list[Unmet]:
    """A day to remind has come; of a plan only while its period runs: after it the ladder itself says more."""
    due = [r for r in reminder_days(s) if r[0] <= s.today]
    late = s.case.state == "opportunity_to_remedy" and any(due_on < s.today for _, due_on, _ in due)
    return _unless(bool(due) and not late, "no_supplier_reminder_due")


@guard("deviation", mark=Mark.CLAUSE, source="avtalsvillkoret: åtgärderna verifieras")
def remedy_is_verified(s: Situation) -> list[Unmet]:
    return _unless(s.deviation.remedy_verified, "remedy_not_verified", OFFICER, STRATEGIST)


# --- outside the ladder ---------------------------------------------------------------------------------------


@guard(mark=Mark.LAW, source="LOU 13:3 a")
def exclusion_event_is_recent(s: Situation) -> list[Unmet]:
    """An event is used for an exclusion within three years of it."""
    on = s.answer("event_on")
    if on is None or s.answer("judgment"):
        return []
    last = usable_until(on, s.calendar, judgment=False).due_on
    assert last is not None
    return _unless(s.today <= last, "exclusion_event_too_old", cites="LOU 13:3 a", due=last.isoformat())


@guard(mark=Mark.LAW, source="LOU 13:1 a")
def exclusion_judgment_is_recent(s: Situation) -> list[Unmet]:
    """A judgment is used for an exclusion within five years of it."""
    on = s.answer("event_on")
    if on is None or not s.answer("judgment"):
        return []
    last = usable_until(on, s.calendar, judgment=True).due_on
    assert last is not None
    return _unless(s.today <= last, "exclusion_judgment_too_old", cites="LOU 13:1 a", due=last.isoformat())
