"""What guards and deadlines look at in a deviation, and what its decisions rest on."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from states.deadlines import derive
from states.deviation_dates import stop_months
from states.facts import ContractTerms, DeviationFacts, MilestoneFacts
from states.fines import Stay, fine_account
from states.ladder import LOWER, NARROW_SEVERE_KINDS, RUNGS, SEVERE_KINDS
from states.terms import TERMS
from workflow.contracts.effects import CONTRACT
from workflow.db.statements import Row
from workflow.deviations import rows
from workflow.deviations.contract_terms import TERMS_BY_ID, terms_facts
from workflow.deviations.notices import NOTICE
from workflow.engine import case_rows
from workflow.engine.registries import basis, decided_value, fact
from workflow.engine.step import Step
from workflow.letters.letterheads import letterhead
from workflow.letters.texts import wording

#: The letter that a decision sends; a closing sends its own.
LETTERS = {r.trigger: r.letter for r in RUNGS} | {
    "decide_severe_termination": "immediate_termination",
    "decide_stop_while_investigating": "stop_while_investigating",
    "decide_lift_of_call_off_stop": "stop_lifted",
    "decide_end_of_fine": "fine_ended",
    "accept_action_plan": "plan_accepted",
}


def is_severe(kind: str, severe_kinds: str) -> bool:
    """Whether the contract counts this kind as severe: all six, or forced and child labour alone."""
    return kind in (SEVERE_KINDS if severe_kinds == "six" else NARROW_SEVERE_KINDS)


def terms_row(step: Step, row: Row) -> Row:
    """The blanks of the contract that this deviation is held to."""
    found = step.uow.one(TERMS_BY_ID, terms_id=row.terms_id)
    assert found is not None
    return found


def open_stop(step: Step) -> Row | None:
    """The call-off stop that is in force, if any."""
    return next((s for s in step.uow.all(rows.STOPS, case_id=step.case_id) if s.ended_on is None), None)


def waived_rungs(entered: list[Row]) -> frozenset[str]:
    """The rungs waived in this climb: since the ladder last entered one below the call-off stop."""
    last = max((r.number for r in entered if r.status == "entered" and r.rung in LOWER), default=0)
    return frozenset(r.rung for r in entered if r.status == "waived" and r.number > last)


@fact("deviation")
def load_deviation(step: Step) -> DeviationFacts:
    row = rows.deviation_row(step)
    terms = terms_row(step, row)
    agreed = terms_facts(terms)
    entered = step.uow.all(rows.RUNGS, case_id=step.case_id)
    stop = open_stop(step)
    stays = tuple(Stay(s.from_on, s.to_on, s.reason) for s in step.uow.all(rows.STAYS, case_id=step.case_id))
    weeks = step.uow.all(rows.WEEKS, case_id=step.case_id)
    plans = step.uow.all(rows.PLANS, case_id=step.case_id)
    plan = plans[-1] if plans else None
    period = step.uow.one(NOTICE, notice_id=row.period_notice_id) if row.period_notice_id else None
    pauses = case_rows.pauses(step.uow, step.case_id)
    stop_since = stop.from_on if stop is not None else None
    return DeviationFacts(
        terms=agreed,
        severe=is_severe(row.kind, terms.severe_kinds),
        probable=row.probable_on is not None,
        is_framework=row.is_framework,
        sub_supplier_refuses=row.sub_supplier_refuses,
        found_on=row.found_on,
        contact_known=bool(row.contact_email),
        ground=row.ground,
        rung=row.rung,
        waived=waived_rungs(entered),
        delivered_on=period.handed_over_on if period is not None and period.status == "delivered" else None,
        waits_until_on=row.waits_until_on,
        asked_rung=row.asked_rung,
        prepared_rung=row.prepared_rung,
        prepared_by=row.prepared_by,
        stop_consent=row.stop_consent,
        skip_reason=bool(row.skip_reason),
        stop_since_on=stop_since,
        stop_reviewed_on=stop.reviewed_on if stop is not None else None,
        stop_investigating=stop is not None and stop.why == "investigating",
        fine_decided=row.fine_decided_on is not None,
        fine_from_on=row.fine_from_on,
        fine_ended_on=row.fine_ended_on,
        stays=stays,
        fine=fine_account(agreed.fine, row.fine_from_on, step.today, stays, row.fine_ended_on)
        if row.fine_from_on
        else None,
        fine_counted=len(weeks),
        stop_months_reached=_months_reached(step, agreed, stop),
        milestones=tuple(
            MilestoneFacts(
                m.number, m.due_on, m.first_due_on, m.done_on, m.extended, m.missed_on is not None, m.reminded_on
            )
            for m in step.uow.all(rows.MILESTONES, case_id=step.case_id)
            if plan is not None and m.plan_id == plan.id
        ),
        plan_version=plan.version if plan else 0,
        plan_status=plan.status if plan else "",
        plan_by=plan.recorded_by if plan else None,
        plan_reminded_on=row.plan_reminded_on,
        remedy_on=row.remedy_on,
        remedy_verified=row.remedy_verified_on is not None,
        meeting_on=row.meeting_on,
        pauses=pauses,
    )


def _months_reached(step: Step, agreed: ContractTerms, stop: Row | None) -> bool:
    """A stop for a ground has lasted the contract's months; disputes do not count."""
    if stop is None or stop.why == "investigating":
        return False
    pauses = case_rows.pauses(step.uow, step.case_id)
    amount = agreed.amounts["stop_until_termination"]
    term = TERMS["stop_until_termination"]
    due = derive(term, "call_off_stop_begun", stop.from_on, step.calendar, pauses=pauses, amount=amount).due_on
    return due is not None and step.today > due


# --- what decisions rest on -----------------------------------------------------------------------------------


@basis("deviation")
def deviation_basis(step: Step) -> dict[str, Any]:
    """The deviation as it was judged: what it is, what the supplier has handed in, what was prepared."""
    row = rows.deviation_row(step)
    terms = terms_row(step, row)
    plans = step.uow.all(rows.PLANS, case_id=step.case_id)
    names = (
        "finding_source", "found_on", "kind", "requirement", "clause", "description", "ground", "probable_on",
        "probable_because", "sub_supplier_refuses", "prepared_rung", "prepared_by", "proportionality", "evidence",
        "skip_reason", "stop_consent", "stop_consent_by", "remedy_on", "remedy_verified_on",
    )  # fmt: skip
    return {n: getattr(row, n) for n in names} | {
        "contract": row.contract_id,
        "letter": _letter(step, row),
        "terms": {"version": terms.version, "clause_version": terms.clause_version, "valid_from": terms.valid_from},
        "plan": {"version": plans[-1].version, "status": plans[-1].status, "cause": plans[-1].cause} if plans else None,
        "milestones": [
            {"number": m.number, "action": m.action, "due_on": m.due_on, "done_on": m.done_on}
            for m in step.uow.all(rows.MILESTONES, case_id=step.case_id)
            if plans and m.plan_id == plans[-1].id
        ],
    }


def _letter(step: Step, row: Row) -> dict[str, Any]:
    """What the letter of this decision would be made of: whoever decides has seen to whom it goes, and in what words."""
    kind = LETTERS.get(step.trigger) or "deviation_closed"
    words = wording(step.uow, step.case.region_id, kind, row.contact_locale, step.today)
    head = letterhead(step.uow, step.case.region_id, step.region_name, step.column("unit_id"), step.today)
    return {
        "to": row.contact_name, "address": row.contact_email, "locale": row.contact_locale, "text": words.text_id,
        "letterhead": asdict(head),
    }  # fmt: skip


@basis("ladder")
def ladder_basis(step: Step) -> dict[str, Any]:
    """Where the ladder stands: the rungs entered with their letters' hand-over, and what is in force."""
    step.load("deviation")
    d = step.situation().deviation
    due: date | None = None
    months = stop_months(step.situation())
    if months is not None:
        due = months.due_on
    return {
        "rung": d.rung,
        "entered": [
            {"rung": r.rung, "status": r.status, "on": r.entered_on, "response_due_on": r.response_due_on}
            for r in step.uow.all(rows.RUNGS, case_id=step.case_id)
        ],
        "handed_over_on": d.delivered_on,
        "stop_since_on": d.stop_since_on,
        "stop_months_end_on": due,
        "fine": None
        if d.fine is None
        else {"weeks": len(d.fine.weeks), "total_ore": d.fine.total_ore, "cap_weeks": d.fine.cap_weeks},
        "fine_week_ore": d.terms.fine.week_ore,
    }


@decided_value("deviation")
def value_of_decision(step: Step) -> int | None:
    return worth(step, step.trigger)


def worth(step: Step, trigger: str) -> int | None:
    """What a mandate's limit is compared with, in öre: a fine's full amount, else the contract's value."""
    row = rows.deviation_row(step)
    if trigger == "decide_contractual_fine":
        terms = terms_row(step, row)
        return int(terms.fine_week_ore * terms.fine_cap_weeks)
    contract = step.uow.one(CONTRACT, case_id=row.contract_id)
    value: int | None = contract.value_ore if contract is not None else None
    return value
