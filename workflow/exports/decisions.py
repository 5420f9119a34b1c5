"""Decisions that leave the house: the record of one, and the report of the delegated ones to a board.

Both go through the viewer's region and the case's View. A decision that rests on a row of the delegation order is
delegated and reported (KL 6:40, 7:8). One on a sustainability target is the operation's own goal: it cannot be
delegated (KL 6:38), stands under the guideline for purchasing, and is not in the report.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import bindparam, select

from states.calendar import end_of_day, local_date, start_of_day
from states.ladder import BY_KEY, SANCTIONS
from states.roles import Actor, Role
from templates.formatting import kronor, receipt_sentence
from templates.labels import gettext, has_label, label
from workflow.cases.items import CaseView, DecisionItem, EventItem
from workflow.cases.queries import case_events, case_view
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.documents.content import Table
from workflow.documents.decision import AppliedParameter, DecisionRecord, write_decision
from workflow.documents.delegated_decisions import DelegatedDecision, DelegatedDecisionReport, write_delegated_decisions
from workflow.engine import case_rows
from workflow.engine.tables import CaseAccess, DecisionRow
from workflow.errors import NotFound
from workflow.exports import decision_basis
from workflow.parameters.handlers import PARAMETERS
from workflow.people.tables import Person

_decisions = DecisionRow.__table__  # type: ignore[attr-defined]
_access = CaseAccess.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_cases, _lots = case_rows.cases, case_rows.lots

_DECISION = Statement(
    select(_decisions.c.case_id, _decisions.c.sent_to).where(
        _decisions.c.id == bindparam("decision_id"), _decisions.c.region_id == bindparam("region_id")
    )
)
_DELEGATED = Statement(
    select(
        _decisions.c.decided_at, _decisions.c.trigger, _decisions.c.role, _decisions.c.mandate_rule,
        _decisions.c.value_ore, _cases.c.process, _cases.c.reference, _cases.c.registry_number, _cases.c.title,
        _people.c.name.label("decider"), _lots.c.number.label("lot"), _lots.c.tender_secret,
        _access.c.person_id.label("on_access_list"),
    )
    .select_from(
        _decisions.join(_cases, _cases.c.id == _decisions.c.case_id)
        .join(_people, _people.c.id == _decisions.c.decided_by)
        .outerjoin(_lots, _lots.c.id == _decisions.c.lot_id)
        .outerjoin(
            _access, (_access.c.case_id == _decisions.c.case_id) & (_access.c.person_id == bindparam("viewer_id"))
        )
    )
    .where(
        _decisions.c.region_id == bindparam("region_id"),
        _decisions.c.mandate_id.is_not(None),
        _decisions.c.decided_at >= bindparam("from_at"),
        _decisions.c.decided_at < bindparam("to_at"),
    )
    .order_by(_decisions.c.decided_at, _decisions.c.id)
)  # fmt: skip

#: Which steps before a decision prepared it: who took them took part without deciding (FL 31 §).
PREPARED_BY = {
    "decide_start": ("submit_needs_analysis",),
    "decide_sustainability_target": ("save_targets", "record_opinion", "submit_targets"),
    "decide_no_applicable_target": ("record_opinion", "submit_targets"),
    "decide_requirements": ("save_requirements", "submit_requirements"),
    "decide_award": ("submit_award_proposal",),
    "sign_contracts": ("prepare_contracts",),
    "decide_cancellation": ("propose_cancellation",),
    "decide_direct_award": ("submit_needs_analysis",),
    "decide_call_off": ("submit_needs_analysis",),
    "readvertise": ("record_ruling",),
    "decide_extension": ("record_follow_up",),
    **{BY_KEY[key].trigger: ("prepare_rung",) for key in SANCTIONS},
    "decide_call_off_stop": ("prepare_rung", "consent_to_call_off_stop"),
    "decide_stop_while_investigating": ("prepare_rung", "consent_to_call_off_stop"),
    "decide_severe_termination": ("prepare_rung",),
}


def decision_document(
    uow: UnitOfWork, who: Actor, decision_id: str, locale: str, *, case_id: str | None = None
) -> tuple[str, bytes]:
    """The record of a decision as a .docx, and its file name. Raises NotFound, also for another region's, and for one of
    another case than `case_id`."""
    row = uow.one(_DECISION, decision_id=decision_id, region_id=who.region_id)
    if row is None or row.case_id != (case_id or row.case_id):
        raise NotFound
    view = case_view(uow, who, row.case_id)
    decision = next(d for d in view.decisions if d.id == decision_id)
    events = case_events(uow, who, row.case_id, until_seq=decision.seq, limit=decision.seq)
    record = decision_record(uow, who, view, decision, events, row.sent_to, locale)
    name = f"{view.case.reference}-{gettext('decision', locale)}-{decision.seq}.docx"
    return name, write_decision(record, locale=locale, now=uow.now)


def decision_record(
    uow: UnitOfWork,
    who: Actor,
    view: CaseView,
    decision: DecisionItem,
    events: list[EventItem],
    sent_to: str,
    locale: str,
) -> DecisionRecord:
    """What the document says, from the decision as it was stored and the trail up to it."""
    _ = partial(gettext, locale=locale)
    case, event = view.case, next(e for e in events if e.seq == decision.seq)
    region = case_rows.region(uow, case.region_id)
    said = label(f"decided.{case.process}.{decision.trigger}", locale)
    secret = decision.basis is None
    facts = decision_basis.facts(decision.basis or {}, locale, view.names)
    writers = _took(events, ("save_targets",), None, locale)[-1:] if "targets" in (decision.basis or {}) else []
    facts += tuple((_("The target was written by"), name) for name in writers)
    hidden = _("What the tenders hold is secret until the award is decided (OSL 19:3).")
    presenter = decision.presenter_name
    involved = _took(events[:-1], PREPARED_BY.get(decision.trigger, ()), decision, locale)
    return DecisionRecord(
        region_name=region.name if region else case.region_id,
        unit_name=view.unit_name or "",
        reference=case.reference,
        registry_number=_bare_number(case.registry_number),
        case_title=case.title,
        decision_title=said,
        decided_at=decision.decided_at,
        decider_name=decision.decided_by_name or "",
        decider_role=label(f"role.{decision.role}", locale).lower(),
        on_behalf_of=decision.on_behalf_of_name,
        presenters=(presenter,) if presenter else (),
        participants=tuple(name for name in involved if not presenter or not name.startswith(presenter)),
        mandate_rule=decision.mandate_rule,
        mandate_source=_source(decision, locale),
        statement="\n".join([f"{said}.", *_details(view, decision, event, locale)]),
        reasons=hidden if secret else decision.reasons or _("No reasons are recorded."),
        basis=((label("field.award_reasons", locale), hidden),) if secret else facts,
        tables=_tables(decision, locale),
        receipts=tuple(
            f"{label(f'asked.{case.process}.{trigger}', locale)}: {receipt_sentence(receipt, locale)}"
            for trigger, receipt in event.receipts.items()
            if trigger != "close"
        ),
        parameters=tuple(_applied(uow, who, event, locale)),
        sent_to=tuple(line.strip() for line in sent_to.replace(";", "\n").splitlines() if line.strip()),
        basis_hash=decision.basis_hash,
        definition=decision.definition,
    )


def _tables(decision: DecisionItem, locale: str) -> tuple[Table, ...]:
    return tuple(decision_basis.tables(decision.basis or {}, locale))


def _bare_number(number: str | None) -> str | None:
    """The registry number without the word before it: the letterhead writes that."""
    return number.removeprefix("Dnr").strip() if number else None


def _source(decision: DecisionItem, locale: str) -> str:
    """Where the mandate stands. Without a row of the delegation order it says why there is none."""
    _ = partial(gettext, locale=locale)
    if decision.mandate_source != decision.mandate_rule:
        return decision.mandate_source
    if decision.role == Role.CONTRACT_OWNER and "target" in decision.trigger:
        return _(
            "The contract owner's own decision under the region's guideline for purchasing; it is not delegated "
            "(Local Government Act 6:38)."
        )
    return _("Decided under the rule itself, not under the delegation order.")


def _details(view: CaseView, decision: DecisionItem, event: EventItem, locale: str) -> Iterator[str]:
    """What the decision says beside its name: its lot, its suppliers, what it chose."""
    lot = next((x for x in view.lots if x.id == decision.lot_id), None)
    if lot is not None and len(view.lots) > 1:
        named = "Lot %(number)s, %(title)s" if lot.title else "Lot %(number)s"
        yield gettext(named, locale, number=lot.number, title=lot.title) + "."
    proposal = (decision.basis or {}).get("award_proposal", {})
    for supplier in proposal.get("suppliers", ()):
        number = supplier.get("number")
        yield gettext("%(name)s, %(what)s", locale, name=supplier["name"], what=number) if number else supplier["name"]
    week = (decision.basis or {}).get("ladder", {}).get("fine_week_ore")
    if decision.trigger == "decide_contractual_fine" and week and decision.value_ore:
        yield gettext(
            "%(amount)s for each week begun, for at most %(weeks)s weeks, at most %(most)s in all, without VAT.", locale,
            amount=kronor(week, locale), weeks=decision.value_ore // week, most=kronor(decision.value_ore, locale),
        )  # fmt: skip
    for name in ("supplier_name", "extension", "signed_on", "signing_reference"):
        value = event.fields.get(name)
        if value and has_label(f"field.{name}", locale):
            yield f"{label(f'field.{name}', locale)}: {decision_basis.value_text(name, value, locale)}"


def _took(events: list[EventItem], triggers: tuple[str, ...], decision: DecisionItem | None, locale: str) -> list[str]:
    """The people who took these steps since the same decision was last made, with their role, each once."""
    if decision is not None:
        before = [i for i, e in enumerate(events) if e.trigger == decision.trigger and e.lot == decision.lot_number]
        events = events[before[-1] + 1 if before else 0 :]
    found: dict[str, str] = {}
    for event in events:
        lot_fits = decision is None or event.lot is None or event.lot == decision.lot_number
        decider = decision is not None and event.actor_id == decision.decided_by
        if event.trigger in triggers and event.actor_name and lot_fits and not decider:
            role = f", {label(f'role.{event.role}', locale).lower()}" if event.role else ""
            found.pop(event.actor_id, None)
            found[event.actor_id] = event.actor_name + role
    return list(found.values())


def _applied(uow: UnitOfWork, who: Actor, event: EventItem, locale: str) -> Iterator[AppliedParameter]:
    """The dated rows that the step's dates were counted with, by their citation `name=value@day`."""
    cited = set(event.facts.get("parameters") or ())
    for p in uow.all(PARAMETERS, region_id=who.region_id) if cited else ():
        if f"{p.name}={p.value}@{p.valid_from.isoformat()}" in cited:
            yield AppliedParameter(label(f"parameter.{p.name}", locale), p.value, p.valid_from, p.source)


# --- the report to a board -----------------------------------------------------------------------------------------


def delegated_decisions_report(
    uow: UnitOfWork, who: Actor, from_on: date, to_on: date, meeting_on: date, board: str, locale: str
) -> tuple[str, bytes]:
    """The region's delegated decisions from `from_on` to `to_on` (local days, both included) as a .docx, and its name."""
    report = delegated_decisions(uow, who, from_on, to_on, meeting_on, board, locale)
    name = f"{gettext('delegated-decisions', locale)}-{from_on}-{to_on}.docx"
    return name, write_delegated_decisions(report, locale=locale, now=uow.now)


def delegated_decisions(
    uow: UnitOfWork, who: Actor, from_on: date, to_on: date, meeting_on: date, board: str, locale: str
) -> DelegatedDecisionReport:
    region = case_rows.region(uow, who.region_id)
    if region is None:
        raise NotFound
    rows = uow.all(
        _DELEGATED,
        region_id=who.region_id,
        viewer_id=who.person_id,
        from_at=start_of_day(from_on),
        to_at=end_of_day(to_on),
    )
    return DelegatedDecisionReport(
        region_name=region.name,
        board_name=board,
        registry_number=None,
        reference=f"{from_on}–{to_on}",
        from_on=from_on,
        to_on=to_on,
        meeting_on=meeting_on,
        decisions=tuple(_delegated(r, locale) for r in rows),
    )


def _delegated(r: Row, locale: str) -> DelegatedDecision:
    """One line of the report. What a decision was worth is tender matter while its lot is secret (OSL 19:3)."""
    said = label(f"decided.{r.process}.{r.trigger}", locale)
    lot = gettext("Lot %(number)s", locale, number=r.lot) if r.lot is not None else ""
    value: Any = None if r.value_ore is None or (r.tender_secret and not r.on_access_list) else r.value_ore
    return DelegatedDecision(
        decided_on=local_date(r.decided_at),
        reference=r.reference,
        registry_number=_bare_number(r.registry_number),
        case_title=r.title,
        decision=f"{said}\n{lot}" if lot else said,
        decider=f"{r.decider}, {label(f'role.{r.role}', locale).lower()}",
        mandate_rule=r.mandate_rule,
        value=None if value is None else Decimal(value) / 100,
    )
