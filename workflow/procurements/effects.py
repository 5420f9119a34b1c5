"""Effects of a procurement's steps up to the opening, and of its end: what each writes, and nothing else."""

from __future__ import annotations

from typing import Any

from notifications.kinds import Kind
from states.calendar import local_date
from states.due_dates import DUE_DATES
from states.procurement_v1.beside import REASONS, TENDER_VALIDITY
from states.roles import Role
from states.steps import plan, timer_plans
from workflow.cases import matters
from workflow.contracts import renewal
from workflow.engine import case_rows, obligations
from workflow.engine.access import Secrecy, class_of_words
from workflow.engine.forms import ore
from workflow.engine.registries import effect
from workflow.engine.step import Step
from workflow.errors import FieldError, InvalidForm
from workflow.procurements.facts import procurement_row, procurements
from workflow.procurements.rows import INSERT_PROCUREMENT, add_lots, change_procurement, grant_access, store_awards


@effect("open.procurement")
def open_procurement(step: Step) -> None:
    values: dict[str, Any] = dict.fromkeys(c.name for c in procurements.columns)
    values |= {"case_id": step.case_id, "targets_version": 0, "requirements_version": 0, "missing": ""}
    step.uow.run(INSERT_PROCUREMENT, **values)
    add_lots(step, step.answer("lots") or ("",), step.definition.initial)
    renewal.begun(step)


@effect("store_need")
def store_need(step: Step) -> None:
    f = step.form
    change_procurement(
        step,
        need=f.need,
        kind=f.kind,
        track=f.track,
        estimated_value_ore=ore(f.estimated_value),
        value_on=f.value_on or step.today,
        cpv=f.cpv,
        framework=f.framework,
    )
    if f.lots:
        _name_lots(step, f.lots)


def _name_lots(step: Step, titles: tuple[str, ...]) -> None:
    """Lots as named in the need: the ones there are get their title, further ones are added."""
    for row, title in zip(step.lots, titles, strict=False):
        step.change_lot(row.id, title=title)
    added = titles[len(step.lots) :]
    if added:
        add_lots(step, added, step.case.state)
        step.lots = step.uow.all(case_rows.LOTS, case_id=step.case_id)


@effect("store_risk_analysis")
def store_risk_analysis(step: Step) -> None:
    f = step.form
    change_procurement(
        step,
        risk_environment=f.risk_environment,
        risk_human_rights=f.risk_human_rights,
        risk_corruption=f.risk_corruption,
        risk_labour_law=f.risk_labour_law,
        risk_other=f.risk_other,
        risk_note=f.risk_note,
    )


@effect("store_advertisement")
def store_advertisement(step: Step) -> None:
    """Every way to the advertisement passes the decisions on targets and requirements: none went out before them."""
    f = step.form
    change_procurement(
        step,
        published_on=step.happened("published_on", since=local_date(step.case.entered_at)),
        notice_reference=f.notice_reference,
        tender_deadline_on=f.tender_deadline_on,
        procedure=f.procedure,
        urgent=f.urgent,
        applications_due_on=f.applications_due_on,
        tenders_valid_until_on=f.tenders_valid_until_on,
        system_reference=f.system_reference,
    )
    if f.tenders_valid_until_on is not None:
        if f.tenders_valid_until_on < f.tender_deadline_on:
            raise InvalidForm([FieldError("tenders_valid_until_on", "end_before_start")])
        step.load("procurement")
        step.more_tasks.append(plan(step.situation(), TENDER_VALIDITY))


@effect("store_invitation")
def store_invitation(step: Step) -> None:
    f = step.form
    change_procurement(
        step,
        published_on=step.happened("published_on", since=local_date(step.case.entered_at)),
        notice_reference=f.notice_reference,
        tender_deadline_on=f.tender_deadline_on,
        procedure="renewed",
        system_reference=f.system_reference,
    )


@effect("store_tender_invitation")
def store_tender_invitation(step: Step) -> None:
    f = step.form
    change_procurement(step, tender_deadline_on=f.tender_deadline_on, urgent=f.urgent)


@effect("store_tender_validity")
def store_tender_validity(step: Step) -> None:
    """Tenders bind until a day ahead; a shorter time than was stated is corrected here too."""
    until = step.form.tenders_valid_until_on
    if until <= step.today:
        raise InvalidForm([FieldError("tenders_valid_until_on", "date_out_of_range")])
    change_procurement(step, tenders_valid_until_on=until)


@effect("store_exclusion_considered")
def store_exclusion_considered(step: Step) -> None:
    """Of several suppliers who are heard, the last one's time counts."""
    assert step.lot is not None
    asked_on = step.happened("comments_asked_on")
    if step.form.comments_by_on is not None and step.form.comments_by_on <= asked_on:
        raise InvalidForm([FieldError("comments_by_on", "date_out_of_range")])
    receipt = DUE_DATES["exclusion_comments"].compute(step.situation())
    assert receipt is not None
    assert receipt.due_on is not None
    step.change_lot(step.lot.id, exclusion_due_on=max(receipt.due_on, step.lot.exclusion_due_on or receipt.due_on))


@effect("store_exclusion_heard")
def store_exclusion_heard(step: Step) -> None:
    assert step.lot is not None
    step.change_lot(step.lot.id, exclusion_due_on=None)


@effect("store_reasons_request")
def store_reasons_request(step: Step) -> None:
    """Of several requests that wait the first one's time counts."""
    assert step.lot is not None
    requested_on = step.happened("requested_on")
    matters.waits_from_now(step, requested_on)
    step.change_lot(step.lot.id, reasons_requested_on=min(requested_on, step.lot.reasons_requested_on or requested_on))


@effect("store_reasons_given")
def store_reasons_given(step: Step) -> None:
    """Reasons are given to one who asked; the others wait on."""
    assert step.lot is not None
    step.happened("given_on")
    left = matters.settled(step)
    step.change_lot(step.lot.id, reasons_requested_on=min((m.on for m in left), default=None))
    matters.owe_the_others(step, REASONS)


@effect("store_ex_ante_notice")
def store_ex_ante_notice(step: Step) -> None:
    """From now a timer of the law counts; a notice that is published anew starts it again."""
    change_procurement(step, ex_ante_on=step.happened("published_on"))
    step.load("procurement")
    receipt = DUE_DATES["ex_ante_standstill"].compute(step.situation())
    assert receipt is not None
    change_procurement(step, ex_ante_until_on=receipt.due_on)
    step.load("procurement")
    obligations.cancel_state_timers(step, None)
    for timer in timer_plans(step.definition, step.situation(), step.case.state):
        obligations.set_state_timer(step, timer, None)


@effect("tell_ex_ante_over")
def tell_ex_ante_over(step: Step) -> None:
    """To the officer: the contract may be decided."""
    step.tell(
        Kind.STANDSTILL_OVER,
        step.reach(Role.PROCUREMENT_OFFICER),
        role=Role.PROCUREMENT_OFFICER,
        link=obligations.task_link(step.case_id, "decide_direct_award"),
        last_on=step.load("procurement").ex_ante_until_on,
        next_step=step.trigger_label("asked", "decide_direct_award"),
        lots=[],
    )


@effect("store_documents_changed")
def store_documents_changed(step: Step) -> None:
    change_procurement(step, tender_deadline_on=step.form.tender_deadline_on)


@effect("store_answers_given")
def store_answers_given(step: Step) -> None:
    """On the trail with its day: everybody has the answers (LOU 12:11)."""
    step.happened("answered_on")


@effect("store_opening")
def store_opening(step: Step) -> None:
    """From now on tender matter is secret but for the people on the access list (OSL 19:3)."""
    f = step.form
    change_procurement(
        step,
        opened_on=step.happened("opened_at_on", since=procurement_row(step).tender_deadline_on),
        opened_by=f.opened_by,
        opened_with=f.opened_with,
        protocol_reference=f.protocol_reference,
        tenders_received=f.tenders_received,
    )
    for row in step.lots:
        if not step.definition.state(row.state).final:
            step.change_lot(row.id, tender_secret=True)
    grant_access(step, step.actor.person_id, "opened the tenders")
    if step.case.officer_id:
        grant_access(step, step.case.officer_id, "officer of the case")


@effect("store_tender_access")
def store_tender_access(step: Step) -> None:
    person = step.directory.person(step.form.person)
    if person is None or not person.active:
        raise InvalidForm([FieldError("person", "unknown_person")])
    grant_access(step, step.form.person, step.form.reason)


@effect("restart_tendering")
def restart_tendering(step: Step) -> None:
    change_procurement(
        step, published_on=None, tender_deadline_on=None, opened_on=None, requirements_decided_version=None
    )


# --- end -------------------------------------------------------------------------------------------------------


@effect("store_abandonment")
def store_abandonment(step: Step) -> None:
    change_procurement(step, cancellation_reasons=step.form.reason)


@effect("store_cancellation_proposal")
def store_cancellation_proposal(step: Step) -> None:
    step.reasons = step.form.reasons
    if step.lot is not None:
        step.change_lot(
            step.lot.id, cancellation_prepared_by=step.actor.person_id, cancellation_reasons=step.form.reasons
        )
    else:
        change_procurement(step, cancellation_prepared_by=step.actor.person_id, cancellation_reasons=step.form.reasons)
    if class_of_words(step.case, step.lot) is Secrecy.TENDER:
        # The reasons may speak of tenders: who is to decide on them must be able to read them (OSL 19:3).
        deciders = [r.person for r in step.reach(Role.HEAD_OF_PROCUREMENT)]
        for person in deciders:
            grant_access(step, person.id, "decides on the cancellation")
        step.record("given_access", ", ".join(person.name for person in deciders), Secrecy.PERSONAL)


@effect("withdraw_cancellation_proposal")
def withdraw_cancellation_proposal(step: Step) -> None:
    """Nobody owes its decision any more; where a new start or an end is owed, that duty stands again."""
    lot_id = step.lot.id if step.lot is not None else None
    asked = obligations.open_tasks(step.uow, step.case_id)
    withdrawn = [t for t in asked if t.trigger == "decide_cancellation" and t.lot_id == lot_id]
    obligations.close(step, withdrawn, "void")
    state = step.definition.state(step.lot.state if step.lot is not None else step.column("state"))
    if state.owes is not None and not any(t.trigger == state.owes.trigger and t.lot_id == lot_id for t in asked):
        step.more_tasks.append(plan(step.situation(), state.owes))
    if step.lot is not None:
        step.change_lot(step.lot.id, cancellation_prepared_by=None, cancellation_reasons=None)
    else:
        change_procurement(step, cancellation_prepared_by=None, cancellation_reasons=None)


@effect("settle_cancellation")
def settle_cancellation(step: Step) -> None:
    """The decision ends the tender secrecy of what it concerns (OSL 19:3)."""
    lots = [step.lot] if step.lot is not None else step.lots
    for row in lots:
        step.change_lot(row.id, tender_secret=False)
    proposed = step.lot if step.lot is not None else procurement_row(step)
    step.presenter_id = proposed.cancellation_prepared_by
    step.reasons = step.answer("reasons") or proposed.cancellation_reasons


@effect("store_cancellation_notice")
def store_cancellation_notice(step: Step) -> None:
    assert step.lot is not None
    step.happened("sent_on", since=step.lot_since())
    receipt = DUE_DATES["cancellation_review"].compute(step.situation())
    assert receipt is not None
    step.change_lot(step.lot.id, cancellation_due_on=receipt.due_on)


@effect("store_cancellation_overturned")
def store_cancellation_overturned(step: Step) -> None:
    """The lot goes back to evaluation; what had been awarded there is taken back beside this."""
    assert step.lot is not None
    step.happened("ruled_on")
    step.change_lot(step.lot.id, cancellation_prepared_by=None, cancellation_reasons=None, cancellation_due_on=None)


@effect("store_documentation")
def store_documentation(step: Step) -> None:
    if step.lot is not None:
        step.change_lot(step.lot.id, documented_on=step.today)
    change_procurement(step, documentation_on=step.today, documentation_reference=step.form.documentation_reference)


@effect("store_post_award_notice")
def store_post_award_notice(step: Step) -> None:
    assert step.lot is not None
    step.change_lot(step.lot.id, post_award_notice_on=step.happened("published_on", since=step.lot.signed_on))


# --- history before Stegvis ------------------------------------------------------------------------------------


@effect("store_existing")
def store_existing(step: Step) -> None:
    """History: kept as the row says it, nothing checked, what is missing named. No target is recorded."""
    f = step.form
    change_procurement(
        step,
        published_on=f.published_on,
        cpv=f.cpv,
        procedure=f.procedure,
        estimated_value_ore=ore(f.value),
        appealed=f.appealed,
        history_note=f.history_note,
        missing=",".join(f.missing),
        no_target_reason=None,
    )
    if f.lots:
        _name_lots(step, f.lots)
    by_number = {x.number: x.id for x in step.lots}
    first = min(by_number)
    grouped: dict[str, list[Any]] = {}
    for row in f.suppliers:
        grouped.setdefault(by_number.get(row.lot or first, by_number[first]), []).append(row)
    for lot_id, rows in grouped.items():
        store_awards(step, lot_id, rows, "historical")


@effect("store_outcome")
def store_outcome(step: Step) -> None:
    note = step.form.note
    if note:
        old = procurement_row(step).history_note
        change_procurement(step, history_note=f"{old}\n{note}" if old else note)
