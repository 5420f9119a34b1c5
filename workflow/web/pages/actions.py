"""The one page of every step: what it asks, its form, and what comes of it. Mail links open exactly this page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from states.errors import NoSuchStep, NotPermitted
from states.matters import those_meant
from states.registry import definition
from states.roles import capacity
from states.steps import consequences
from templates.formatting import day
from templates.labels import gettext, label
from workflow.cases import secret_reads
from workflow.cases.actions import Action, case_actions
from workflow.cases.matters import words_of
from workflow.cases.queries import CaseView, case_events, case_view, my_tasks, readers_of
from workflow.commands import Act
from workflow.deviations.queries import draft_of
from workflow.engine.act import form_of
from workflow.engine.registries import FORMS
from workflow.engine.step import Step
from workflow.errors import ConfirmationNeeded, InvalidForm, NotFound, Stale
from workflow.people import kept_forms
from workflow.web.base import flash, page
from workflow.web.pages import words
from workflow.web.pages.confirm import ask_to_confirm
from workflow.web.pages.form_fields import asked, described, faults_at, in_words, shown, typed
from workflow.web.pages.known import known_answers
from workflow.web.pages.visit import Sent, Visit, carry_out, choices, small_int, sole_holders, texts, visiting

router = APIRouter()

#: What is asked of whoever decides: said to somebody else it would speak of the wrong person.
_OF_THE_DECIDER = {"no_opinion", "prepared_by_decider", "no_mandate"}


@dataclass(slots=True)
class Returned:
    """What came back with a form that did not lead on: the typed answers, and why."""

    data: dict[str, Any] | None = None
    errors: list[tuple[str | None, str]] = field(default_factory=list)
    add_to: str | None = None
    stale_since: int | None = None
    status: int = 200
    #: The person has just confirmed who they are, and finds again what they had written.
    confirmed: bool = False


@router.get("/cases/{case_id}/do/{trigger}")
def show_step(
    request: Request, case_id: str, trigger: str, lot: str = "", then: str = "", kept: str = ""
) -> Response:  # fmt: skip
    return _step_page(request, case_id, trigger, lot, then, _kept(request, case_id, trigger, kept))


def _kept(request: Request, case_id: str, trigger: str, form_id: str) -> Returned:
    """What was written before the person had to confirm who they are; nothing when it is not there (any more)."""
    if not form_id:
        return Returned()
    with visiting(request) as visit:
        kept = kept_forms.read(visit.app, visit.uow, visit.who.person_id, form_id)
        if kept is None or not kept.path.startswith(f"/cases/{case_id}/do/{trigger}"):
            return Returned()
        view = case_view(visit.uow, visit.who, case_id)
    fields = asked(form_of(view.case.process, trigger))
    version = kept.last.get("row_version", "")
    since = small_int(version)
    since = None if since == view.case.row_version else since
    return Returned(typed(fields, kept.last), stale_since=since, confirmed=not kept.signed_out)


@router.post("/cases/{case_id}/do/{trigger}")
def take_step(request: Request, case_id: str, trigger: str, sent: Sent, lot: str = "", then: str = "") -> Response:
    """Take the step, or show the page again with what was typed and why it was not taken."""
    answers = texts(sent)
    with visiting(request) as visit:
        locale, view = visit.locale, case_view(visit.uow, visit.who, case_id)
        _, actions = case_actions(visit.uow, case_id, visit.who, trigger=trigger)
    chosen = _chosen(actions, lot)
    form_class = chosen.form if chosen else FORMS.get((view.case.process, trigger))
    fields = asked(form_class) if form_class else ()
    data = typed(fields, answers)
    if chosen is None:
        return _step_page(request, case_id, trigger, lot, then, Returned(data, status=409))
    if "_add" in answers:
        return _step_page(request, case_id, trigger, lot, then, Returned(data, add_to=answers["_add"]))
    form = dict(data)
    if lot and chosen.lot is not None and "lot" in chosen.form.model_fields:
        form["lot"] = chosen.lot
    version = small_int(answers.get("row_version")) or 0
    command = Act(case_id, trigger, version, form, answers.get("basis_hash") or None, visit.viewer.confirmed)
    try:
        carry_out(request, sent, command)
    except InvalidForm as refusal:
        return _again(request, case_id, trigger, lot, then, data, faults_at(fields, refusal.errors, locale))
    except NotPermitted as refusal:
        reasons: list[tuple[str | None, str]] = [
            (None, words.unmet_text(u, view.case.process, locale, visit.today)) for u in refusal.unmet
        ]
        return _again(request, case_id, trigger, lot, then, data, reasons)
    except Stale:
        return _step_page(request, case_id, trigger, lot, then, Returned(data, stale_since=version, status=409))
    except NoSuchStep:
        return _step_page(request, case_id, trigger, lot, then, Returned(data, status=409))
    except ConfirmationNeeded:
        return ask_to_confirm(request, f"/cases/{case_id}/do/{trigger}", {"lot": lot, "then": then}, answers)
    if chosen.decides:
        return RedirectResponse(f"/cases/{case_id}/done/{trigger}" + (f"?lot={lot}" if lot else ""), 303)
    done = gettext("Saved: you %(done)s.", locale, done=words.step_text("done", view.case.process, trigger, locale))
    flash(request, done)
    return RedirectResponse(then if then.startswith(f"/cases/{case_id}/") else f"/cases/{case_id}", 303)


def _again(
    request: Request, case_id: str, trigger: str, lot: str, then: str, data: dict[str, Any],
    errors: list[tuple[str | None, str]],
) -> Response:  # fmt: skip
    return _step_page(request, case_id, trigger, lot, then, Returned(data, errors, status=422))


@router.get("/cases/{case_id}/done/{trigger}")
def show_receipt(request: Request, case_id: str, trigger: str, lot: str = "") -> Response:
    """The receipt of a decision: what was saved when, what happens next, and the next task."""
    with visiting(request) as visit:
        view = case_view(visit.uow, visit.who, case_id)
        if trigger not in definition(view.case.process, view.case.version).triggers():
            raise NotFound
        secret_reads.note(visit.app, visit.who, case_id, view.access)
        return _settled(request, visit, view, trigger, lot, status=200)


def _chosen(actions: Sequence[Action], lot: str) -> Action | None:
    """The action of the lot the address names; without one the first (a step of all lots reads alike for each)."""
    fitting = [a for a in actions if not lot or a.lot_id == lot]
    return fitting[0] if fitting else None


def _step_page(request: Request, case_id: str, trigger: str, lot: str, then: str, back: Returned) -> Response:
    with visiting(request) as visit:
        view = case_view(visit.uow, visit.who, case_id)
        if trigger not in definition(view.case.process, view.case.version).triggers():
            raise NotFound
        step, actions = case_actions(visit.uow, case_id, visit.who, trigger=trigger)
        action = _chosen(actions, lot)
        if action is None:
            return _settled(request, visit, view, trigger, lot, status=back.status, wrote=back.data)
        for_all = bool(getattr(action.form, "for_all_lots", False)) and not action.decides
        if len(actions) > 1 and not lot and not for_all:
            return _choose_lot(request, visit, view, trigger, actions)
        secret_reads.note(visit.app, visit.who, case_id, view.access)
        context = _context(visit, view, step, action, actions, lot, then, back)
        template = "pages/decide.html" if action.decides else "pages/step.html"
        return page(request, template, context, title=context["title"], status=back.status, errors=back.errors)


def _context(
    visit: Visit, view: CaseView, step: Step, action: Action, actions: Sequence[Action], lot: str, then: str,
    back: Returned,
) -> dict[str, Any]:  # fmt: skip
    locale, case = visit.locale, view.case
    task = next(
        (
            t
            for t in view.tasks
            if t.trigger == action.trigger and (not action.lot_id or t.lot_id in (None, action.lot_id))
        ),
        None,
    )
    law_fields = asked(action.form)
    data = known_answers(visit.uow, visit.who, view, action) if back.data is None else back.data
    targets = tuple((str(t.number), f"{t.number}. {t.statement[:80]}") for t in view.targets)
    current, total, phase = words.place(case.process, case.version, case.state, locale)
    names = responsible_names(visit, view)
    fields = described(
        law_fields,
        shown(law_fields, data, locale),
        {name: text for name, text in back.errors if name},
        choices(visit, targets, _matters(visit, step, action)),
        locale,
        add_to=back.add_to,
    )
    secret = not view.access.allows("tender", action.lot_id)
    return {
        "title": words.step_text("trigger", case.process, action.trigger, locale),
        "case": case,
        "view": view,
        "readers": None if action.decides else readers_of(visit.uow, visit.who, case),
        "action": action,
        "lots": [a for a in actions if a.lot is not None] if not lot else [],
        "address": f"/cases/{case.id}/do/{action.trigger}",
        "query": "?" + urlencode({name: value for name, value in (("lot", lot), ("then", then)) if value}),
        "lot": lot,
        "fields": fields,
        "quiet": action.decides and not any(f.required for f in law_fields),
        "asked": words.step_text("asked", case.process, action.trigger, locale),
        "follows": words.step_text("next", case.process, action.trigger, locale),
        "verb": label(f"decide.{case.process}.{action.trigger}", locale) if action.decides else None,
        "phase": phase,
        "current": current,
        "total": total,
        "task": task,
        "blockers": [
            {
                "text": words.unmet_text(u, case.process, locale, visit.today),
                "who": words.clearers(u.cleared_by, names, locale),
            }
            for u in action.unmet
            if action.mine or u.code not in _OF_THE_DECIDER
        ],
        "capacity": _capacity(view, step, action, locale),
        "basis": json.loads(action.basis) if action.basis and not secret else {},
        "value_ore": _value(view, action),
        "letter": draft_of(visit.uow, visit.who, case.id) if action.decides and case.process == "deviation" else None,
        "afterwards": _afterwards(view, step, action, names, locale) if action.decides else [],
        "returns": _others(visit, view, action, "return"),
        "amends": _others(visit, view, action, "record") if action.decides else [],
        "exceptions": _others(visit, view, action, "exception") if action.decides else [],
        "changes": _changes(visit, view, back.stale_since),
        "returned": back.data is not None,
        "names": view.names,
        "back_errors": back.errors,
        "confirmed": back.confirmed,
        "words": words,
    }


def _matters(visit: Visit, step: Step, action: Action) -> tuple[tuple[str, str], ...]:
    """What the step may be about where several wait: the day of each, and the words that this person may see of it."""
    if "matter" not in action.form.model_fields:
        return ()
    found = []
    for m in those_meant(step.load("matters"), action.trigger, action.lot):
        (event,) = case_events(visit.uow, visit.who, step.case_id, after_seq=(m.number or 1) - 1, limit=1)
        text = ": ".join(filter(None, (day(m.on, visit.locale), words_of(event.fields)[:80])))
        found.append((str(m.number), text))
    return tuple(found)


def responsible_names(visit: Visit, view: CaseView) -> dict[str, str]:
    """The names behind the roles: those the case itself names, and who holds a role of the region alone."""
    case = view.case
    by_role = {
        "contract_owner": case.owner_id,
        "procurement_officer": case.officer_id,
        "contract_manager": case.manager_id,
    }
    return sole_holders(visit) | {role: view.names[p] for role, p in by_role.items() if p in view.names}


def _capacity(view: CaseView, step: Step, action: Action, locale: str) -> str | None:
    """In what capacity the person decides, and under which rule."""
    if not action.decides or not action.mandate_rule or action.edge is None:
        return None
    case = step.case_facts()
    may = capacity(step.actor, case.answering(action.edge.roles), unit_id=case.unit_id, named=case.named)
    if may is None:
        return None
    role = words.role_text(may.role, locale)
    if may.on_behalf_of:
        name = view.names.get(may.on_behalf_of, "")
        return gettext(
            "You decide as %(role)s in place of %(name)s, under %(rule)s.",
            locale, role=role, name=name, rule=action.mandate_rule,
        )  # fmt: skip
    return gettext("You decide as %(role)s, under %(rule)s.", locale, role=role, rule=action.mandate_rule)


def _value(view: CaseView, action: Action) -> int | None:
    """The value a decision is about: the lot's suppliers' where there are any to see, else the estimate."""
    lot = next((x for x in view.lots if x.id == action.lot_id), None)
    sums = [a.value_ore for a in lot.awards if a.value_ore is not None and a.status != "recalled"] if lot else []
    if sums:
        return sum(sums)
    if view.contract:
        return view.contract.get("value_ore")
    return view.procurement.get("estimated_value_ore") if view.procurement else None


def _afterwards(view: CaseView, step: Step, action: Action, names: dict[str, str], locale: str) -> list[dict[str, Any]]:
    """Who does what by when if the decision is taken today. Empty where only the form tells the dates."""
    waits_for_form = any(f.kind == "date" and f.required for f in asked(action.form))
    if action.edge is None or waits_for_form or not action.allowed:
        return []
    step.trigger, step.form = action.trigger, None
    step.lot = next((x for x in step.lots if x.id == action.lot_id), None)
    decided = consequences(step.definition, step.situation(), action.edge)
    # A duty that goes on keeps its date.
    begun_anew = {o.trigger for o in action.edge.opens}
    going_on = {t.trigger: t.due_on for t in view.tasks if t.lot_id == action.lot_id and t.trigger not in begun_anew}
    return [
        {
            "text": words.step_text("asked", step.definition.id, plan.trigger, locale),
            "who": words.clearers(plan.roles[:1], names, locale),
            "due_on": going_on.get(plan.trigger, plan.receipt.due_on if plan.receipt else None),
        }
        for plan in decided.opens
    ]


def _others(visit: Visit, view: CaseView, action: Action, kind: str) -> list[dict[str, Any]]:
    """Other steps of this kind that this person may take from here: sending back, amending, deciding otherwise."""
    _, actions = case_actions(visit.uow, view.case.id, visit.who)
    found = []
    for other in actions:
        if other.kind != kind or not other.mine or other.trigger == action.trigger or other.lot_id != action.lot_id:
            continue
        query = f"?lot={other.lot_id}" if other.lot_id else ""
        found.append(
            {
                "trigger": other.trigger,
                "text": words.step_text("trigger", view.case.process, other.trigger, visit.locale),
                "follows": words.step_text("next", view.case.process, other.trigger, visit.locale),
                "href": f"/cases/{view.case.id}/do/{other.trigger}{query}",
            }
        )
    return found


def _changes(visit: Visit, view: CaseView, since: int | None) -> list[dict[str, Any]]:
    """What happened on the case after the version that was shown."""
    if since is None:
        return []
    return [
        {
            "at": e.at,
            "actor": e.actor_name or "Stegvis",
            "text": words.event_text(e, view.case.process, visit.locale),
            "changed": words.event_changes(e, view.names, visit.locale),
        }
        for e in case_events(visit.uow, visit.who, view.case.id, newest=True)
        if e.row_version is not None and e.row_version > since
    ]


def _choose_lot(request: Request, visit: Visit, view: CaseView, trigger: str, actions: Sequence[Action]) -> Response:
    title = words.step_text("trigger", view.case.process, trigger, visit.locale)
    context = {
        "title": title,
        "case": view.case,
        "lots": [
            {"text": f"{a.lot}. {a.lot_title}", "href": f"/cases/{view.case.id}/do/{trigger}?lot={a.lot_id}"}
            for a in actions
        ],
    }
    return page(request, "pages/choose_lot.html", context, title=title)


def _settled(
    request: Request, visit: Visit, view: CaseView, trigger: str, lot: str, *, status: int,
    wrote: dict[str, Any] | None = None,
) -> Response:  # fmt: skip
    """The step is taken already (or is not there yet): who, when, what; and what comes next.

    `wrote`: what this person sent too late; it is shown to be copied, so that nothing typed is lost.
    """
    locale, case = visit.locale, view.case
    taken = [
        e
        for e in case_events(visit.uow, visit.who, case.id, limit=1000, newest=True)
        if e.trigger == trigger
        and (not lot or any(x.id == lot and x.number == e.lot for x in view.lots) or e.lot is None)
    ]
    last = taken[-1] if taken else None
    decision = next((d for d in view.decisions if last and d.seq == last.seq), None)
    names = responsible_names(visit, view)
    title = words.step_text("trigger", case.process, trigger, locale)
    mine = my_tasks(visit.uow, visit.who, visit.today, limit=1).items
    context = {
        "title": title,
        "case": case,
        "event": last,
        "own": bool(last and last.actor_id == visit.who.person_id),
        "done": words.step_text("done", case.process, trigger, locale),
        "decision": decision,
        "tasks": [
            {
                "text": words.step_text("asked", t.process, t.trigger, locale),
                "who": t.person_name or words.clearers(t.roles[:1], names, locale),
                "due_on": t.due_on,
            }
            for t in view.tasks
        ],
        "state": words.state_text(case.process, next((x.state for x in view.lots if x.id == lot), case.state), locale),
        "next_task": mine[0] if mine else None,
        "wrote": in_words(asked(FORMS[case.process, trigger]), wrote, locale) if wrote else [],
        "words": words,
    }
    return page(request, "pages/settled.html", context, title=title, status=status)
