"""What the steps of the ladder write: a deviation opened, rungs entered, letters taken over or come back, pauses."""

from __future__ import annotations

from typing import Any

from states.calendar import local_date
from states.deviation_dates import response_period
from states.deviation_v1 import CONSENT, PLANNED
from states.ladder import BY_KEY, RUNGS, is_skip
from states.steps import plan as plan_obligation
from workflow.contracts.effects import CONTRACT
from workflow.db.statements import Row
from workflow.deviations import notices, rows
from workflow.deviations.climb import AT_REST, ask, asked_of, drop, end_rungs, entries, note_rung, replan
from workflow.deviations.contract_terms import address_of, contact_of, ensure_terms, tell_contract
from workflow.deviations.rows import change_deviation, deviation_row
from workflow.deviations.sanction_effects import (
    end_sanctions,
    fine_after_pause,
    fine_letter_delivered,
    fine_letter_returned,
    hold_fine,
)
from workflow.deviations.termination import tell_termination, withdraw_termination
from workflow.engine import case_rows, obligations
from workflow.engine.registries import effect
from workflow.engine.step import Step
from workflow.errors import FieldError, InvalidForm


@effect("open.deviation")
def open_deviation(step: Step) -> None:
    """The deviation of a contract: its blanks are filled now, its contact is the contract's where none is given."""
    f = step.form
    contract_id = step.case.parent_id
    if contract_id:
        step.uow.one(case_rows.LOCK_CASE, case_id=contract_id)  # its blanks and its contact are written with the case
    contract = step.uow.one(CONTRACT, case_id=contract_id) if contract_id else None
    if contract is None:
        raise InvalidForm([FieldError("parent", "no_contract_of_deviation")])
    if f.found_on > step.today:
        raise InvalidForm([FieldError("found_on", "date_out_of_range")])
    known = contact_of(step.uow, contract_id)
    contact = _given_contact(f, known.locale if known is not None else "sv")
    if contact is not None:
        tell_contract(step, contract_id, contact)
    elif known is not None:
        contact = {"contact_name": known.name, "contact_email": known.email, "contact_locale": known.locale}
    else:
        raise InvalidForm([FieldError("contact_email", "field_required")])
    terms = ensure_terms(step, contract_id, contract.start_on)
    values: dict[str, Any] = dict.fromkeys(c.name for c in rows.deviations.columns)
    step.uow.run(
        rows.INSERT_DEVIATION,
        **values
        | {
            "case_id": step.case_id,
            "region_id": step.case.region_id,
            "contract_id": contract_id,
            "supplier_id": contract.supplier_id,
            "terms_id": terms.id,
            "is_framework": bool(contract.is_framework),
            "finding_source": f.finding_source,
            "found_on": f.found_on,
            "kind": f.deviation_kind,
            "requirement": f.requirement,
            "clause": f.clause,
            "description": f.description,
            "ground": f.ground or "",
            "sub_supplier_refuses": "",
        }
        | contact,
    )


def _given_contact(f: Any, locale: str) -> dict[str, str] | None:
    """Who gets the letters of this deviation, as the form says. Raises InvalidForm for an address that is none."""
    if not f.contact_email:
        return None
    return {
        "contact_name": f.contact_name or f.contact_email,
        "contact_email": address_of(f.contact_email),
        "contact_locale": f.contact_language or locale,
    }


# --- entering a rung ------------------------------------------------------------------------------------------


def _passed_over(step: Step, rung: str) -> list[str]:
    """The rungs between where the ladder stands and `rung` that could have been used."""
    step.load("deviation")
    d = step.situation().deviation
    if step.trigger == "decide_severe_termination" or not is_skip(d.rung, rung, d.next_rung):
        return []
    low = BY_KEY[d.rung].order if d.rung else 0
    blocked = set()
    if not d.is_framework or d.stop_in_force or d.sub_supplier_refuses:
        blocked.add("call_off_stop")
    if d.fine_decided or d.sub_supplier_refuses:
        blocked.add("contractual_fine")
    between = [r.key for r in RUNGS if low < r.order < BY_KEY[rung].order]
    return [key for key in between if key not in blocked and key not in d.waived]


@effect("enter_rung")
def enter_rung(step: Step) -> None:
    """Onto a rung, up or down: the one before it ends (a stop and a fine may stand beside each other), its letter goes."""
    assert step.decision is not None
    rung = step.decision.transition.target
    row = deviation_row(step)
    reasons = step.answer("reasons") or step.answer("note")
    for key in _passed_over(step, rung):
        note_rung(step, key, "skipped", reasons=row.skip_reason or reasons)
    up = row.rung is None or BY_KEY[rung].order >= BY_KEY[row.rung].order
    lasting = ("call_off_stop", "contractual_fine") if BY_KEY[rung].is_sanction else ()
    end_rungs(step, "climbed" if up else "moved_down", of=tuple(k for k in BY_KEY if k not in lasting))
    notice_id = notices.send(step, rung, rung=rung, starts_period=True, reason=step.answer("reasons"))
    note_rung(step, rung, "entered", notice_id=notice_id, reasons=reasons)
    drop(step, "resend_notice", "prepare_rung", CONSENT.trigger)
    change_deviation(step, rung=rung, rung_entered_on=step.today, meeting_on=None, **AT_REST)
    step.recorded["rung"] = {"from": row.rung, "to": rung}


# --- letters --------------------------------------------------------------------------------------------------


def _the_notice(step: Step) -> Row:
    """The letter that the form names, else the newest that was sent. Raises InvalidForm."""
    named = step.answer("notice")
    found = step.uow.one(notices.NOTICE, notice_id=named) if named else notices.latest(step)
    if found is None or found.case_id != step.case_id or found.status in ("drafted", "replaced"):
        raise InvalidForm([FieldError("notice", "unknown_notice")])
    return found


@effect("store_notice_delivered")
def store_notice_delivered(step: Step) -> None:
    """A letter was handed over: from that day, and not before, its response period counts."""
    f = step.form
    notice = _the_notice(step)
    if not local_date(notice.made_at) <= f.delivered_on <= step.today:
        raise InvalidForm([FieldError("delivered_on", "date_out_of_range")])
    if notice.status == "delivered":
        raise InvalidForm([FieldError("notice", "notice_is_delivered")])
    notices.settle_delivered(step, notice, f.delivered_on, f.means)
    step.recorded["letter"] = {"notice": notice.id, "kind": notice.kind, "sha256": notice.text_hash}
    drop(step, "resend_notice")
    step.forget("deviation")
    if deviation_row(step).period_notice_id != notice.id:
        return
    fine_letter_delivered(step, notice, f.delivered_on)
    tell_termination(step)
    replan(step)
    receipt = response_period(step.situation())
    entry = next((e for e in reversed(entries(step)) if e.notice_id == notice.id), None)
    if receipt is not None and entry is not None:
        step.uow.run(
            rows.TIME_RUNG, rung_id=entry.id, receipt=obligations.receipt_text(receipt), due=receipt.due_on
        )  # fmt: skip
        step.recorded["response"] = receipt.as_json()


@effect("store_notice_returned")
def store_notice_returned(step: Step) -> None:
    """It did not arrive: what would have counted from it does not, and somebody sends it again."""
    notice = _the_notice(step)
    notices.settle_returned(step, notice, step.form.note)
    step.recorded["letter"] = {"notice": notice.id, "kind": notice.kind, "sha256": notice.text_hash}
    step.forget("deviation")
    if deviation_row(step).period_notice_id != notice.id:
        return
    fine_letter_returned(step, notice)
    withdraw_termination(step)
    entry = next((e for e in reversed(entries(step)) if e.notice_id == notice.id), None)
    if entry is not None:
        step.uow.run(rows.TIME_RUNG, rung_id=entry.id, receipt=None, due=None)
    replan(step)


@effect("send_notice_again")
def send_notice_again(step: Step) -> None:
    """The letter that came back last, unchanged, to the contact as it is now.

    Only since the ladder came where it stands: what an earlier rung asked for is asked for no longer.
    """
    row = deviation_row(step)
    letters = step.uow.all(notices.NOTICES, case_id=step.case_id)
    begun = next((i for i, n in enumerate(letters) if n.id == row.period_notice_id), None)
    if begun is not None:
        letters = letters[begun:]
    elif row.rung is not None:  # it came back down to a rung without a letter
        letters = [n for n in letters if local_date(n.made_at) >= row.rung_entered_on]
    returned = [n for n in letters if n.status == "returned"]
    if not returned:
        raise InvalidForm([FieldError("note", "no_notice_returned")])
    notices.send_anew(step, returned[-1])


# --- deciders, waiting, records -------------------------------------------------------------------------------


@effect("store_next_rung_asked")
def store_next_rung_asked(step: Step) -> None:
    """The decision of the next rung is asked for, and its letter drafted; nothing is decided, nothing is sent."""
    step.load("deviation")
    rung = step.situation().deviation.next_rung
    assert rung is not None, "its guard has looked"
    ask(step, rung)
    replan(step)


@effect("store_preparation")
def store_preparation(step: Step) -> None:
    """The draft of a sanction by somebody who then does not decide it; the letter is drafted with its reasons."""
    f = step.form
    if f.ground and f.ground != deviation_row(step).ground:
        change_deviation(step, ground=f.ground, ground_note=None)  # an older note is about another ground
    if _needs_ground(step, f.prepared_rung):
        raise InvalidForm([FieldError("ground", "field_required")])
    change_deviation(
        step,
        prepared_rung=f.prepared_rung,
        prepared_by=step.actor.person_id,
        prepared_at=step.now,
        proportionality=f.proportionality,
        evidence=f.evidence,
        skip_reason=f.skip_reason,
        stop_consent=None,
        stop_consent_by=None,
        stop_consent_note=None,
    )
    step.recorded["draft"] = notices.draft(step, f.prepared_rung)
    drop(step, CONSENT.trigger)
    if f.prepared_rung == "call_off_stop" and step.definition.edges(CONSENT.trigger, step.column("state")):
        step.more_tasks.append(plan_obligation(step.situation(), CONSENT))


def _needs_ground(step: Step, rung: str) -> bool:
    """Whether the rung's own decision is prepared and no ground is recorded.

    Where that decision cannot be taken from here, or the deviation is severe, the draft is of a decision with a ground
    of its own: a stop while something is investigated, the shortcut.
    """
    step.load("deviation")
    d = step.situation().deviation
    own = bool(step.definition.edges(BY_KEY[rung].trigger, step.column("state")))
    return own and not d.ground and not (rung == "immediate_termination" and d.severe)


@effect("store_consent")
def store_consent(step: Step) -> None:
    """The contract owner's word on the prepared stop, with the reason; a new draft asks anew."""
    f = step.form
    change_deviation(
        step, stop_consent=f.consents, stop_consent_by=step.actor.person_id, stop_consent_note=f.note
    )  # fmt: skip


@effect("store_wait")
def store_wait(step: Step) -> None:
    """The next step waits until a day; what is asked for is asked again then."""
    row = deviation_row(step)
    drop(step, *asked_of(row.asked_rung))
    change_deviation(step, **AT_REST | {"waits_until_on": step.form.until_on})
    replan(step)


@effect("waive_rung")
def waive_rung(step: Step) -> None:
    """A rung that could be used is not: a decision with its reasons, which the monitor shows."""
    step.load("deviation")
    row, d = deviation_row(step), step.situation().deviation
    rung = row.asked_rung or d.next_rung
    assert rung is not None, "its guard has looked"
    drop(step, *asked_of(row.asked_rung))
    note_rung(step, rung, "waived", reasons=step.form.reasons)
    change_deviation(step, **AT_REST | {"waits_until_on": step.form.until_on})
    step.recorded["waived"] = rung
    replan(step)


@effect("store_meeting")
def store_meeting(step: Step) -> None:
    f = step.form
    if f.meeting_on > step.today:
        raise InvalidForm([FieldError("meeting_on", "date_out_of_range")])
    change_deviation(step, meeting_on=f.meeting_on)


@effect("store_supplier_answer")
def store_supplier_answer(step: Step) -> None:
    if step.form.answered_on > step.today:
        raise InvalidForm([FieldError("answered_on", "date_out_of_range")])


@effect("store_severe_report")
def store_severe_report(step: Step) -> None:
    """It came, or it did not: not reporting is a ground of its own (clause 3)."""
    reported_on = step.form.reported_on
    if reported_on is None:
        change_deviation(step, ground="not_reporting")
    elif reported_on > step.today:
        raise InvalidForm([FieldError("reported_on", "date_out_of_range")])
    else:
        change_deviation(step, severe_reported_on=reported_on)


@effect("store_amendment")
def store_amendment(step: Step) -> None:
    """What turned out since. A contact that changes is the contract's from now on."""
    f = step.form
    row = deviation_row(step)
    changed: dict[str, Any] = {"sub_supplier_refuses": f.sub_supplier_refuses or ""}
    if f.ground:
        changed |= {"ground": f.ground, "ground_note": f.reason}
    if f.probable and row.probable_on is None:
        changed |= {"probable_on": step.today, "probable_because": f.reason}
    if not f.probable and row.probable_on is not None:
        changed |= {"probable_on": None, "probable_because": None}
    contact = _given_contact(f, row.contact_locale)
    if contact is not None:
        changed |= contact
        tell_contract(step, row.contract_id, contact)
    change_deviation(step, **changed)
    replan(step)


@effect("stop_the_clock")
def stop_the_clock(step: Step) -> None:
    """A dispute or force majeure: nothing climbs and no week of a fine counts while it lasts."""
    hold_fine(step, step.today, "paused")
    obligations.cancel_state_timers(step, None)


@effect("start_the_clock")
def start_the_clock(step: Step) -> None:
    """Each period goes on with what was left of it, and each receipt shows the pause."""
    fine_after_pause(step, in_plan=step.column("state") in PLANNED)
    tell_termination(step)
    replan(step)


@effect("close_deviation")
def close_deviation(step: Step) -> None:
    """Remedied, withdrawn, settled or terminated: what is in force ends, and the supplier is told of each and of the end."""
    outcome = {"decide_remedied": "remedied", "decide_withdrawn": "withdrawn", "decide_settled": "settled"}.get(
        step.trigger, "terminated"
    )
    reasons = step.answer("reasons") or step.answer("note")
    change_deviation(step, outcome=outcome, ended_on=step.today, **AT_REST)
    end_sanctions(step, outcome)
    end_rungs(step, outcome)
    if outcome != "terminated":
        notices.send(step, "deviation_closed", reason=reasons)
    if step.column("paused_on") is not None:
        step.change(paused_on=None)
