"""The page of one case: where it stands, what to do now, its facts, dates and timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from states.calendar import local_date
from states.deadlines import Receipt
from states.extensions import EXTENDERS, why_not
from states.registry import definition
from states.terms import TERMS
from templates.formatting import day
from templates.labels import gettext, has_label, label
from workflow.cases import secret_reads
from workflow.cases.actions import Action, case_actions
from workflow.cases.items import TaskItem
from workflow.cases.queries import (
    CaseView,
    EventItem,
    LotView,
    case_comments,
    case_events,
    case_files,
    case_view,
    readers_of,
)
from workflow.cases.region_trail import OVERSEERS
from workflow.cases.visits import LastVisit, is_news, last_visit
from workflow.deviations.notices import letters_of
from workflow.deviations.queries import ladder_view
from workflow.engine.access import Secrecy
from workflow.mails.queries import case_ledger, told_in_digests
from workflow.people.queries import standing
from workflow.planning.queries import case_plan
from workflow.web.base import page
from workflow.web.downloads import why_withheld
from workflow.web.pages import words
from workflow.web.pages.actions import responsible_names
from workflow.web.pages.covered import cover_text
from workflow.web.pages.ladder_words import contract_context, ladder_context
from workflow.web.pages.mail_words import kind_text as mail_kind
from workflow.web.pages.mail_words import mail_row
from workflow.web.pages.plan_words import back_context
from workflow.web.pages.visit import Visit, visiting

routes = APIRouter()

SHOWN_EVENTS = 30
SHOWN_MAILS = 8
#: The filters of the timeline.
KINDS = ("decisions", "changes", "mail", "reminders", "questions")
#: Steps that lead neither on nor back: they stand in the menu, not among the buttons.
_ASIDE = ("stop", "side", "exception", "return")


@routes.get("/cases/{case_id}")
def show_case(request: Request, case_id: str, show: str = "", all: str = "") -> Response:  # noqa: A002
    with visiting(request) as visit:
        return case_page(request, visit, case_id, show, everything=bool(all))


def case_page(
    request: Request, visit: Visit, case_id: str, show: str, *, everything: bool,
    errors: list[tuple[str | None, str]] | None = None, typed_text: str = "", status: int = 200,
) -> Response:  # fmt: skip
    view = case_view(visit.uow, visit.who, case_id)
    secret_reads.note(visit.app, visit.who, case_id, view.access)
    step, actions = case_actions(visit.uow, case_id, visit.who)
    del step
    events = case_events(visit.uow, visit.who, case_id, limit=2000, newest=True)
    locale, case = visit.locale, view.case
    chosen = [e for e in reversed(events) if _fits(e, view, show)]
    names = responsible_names(visit, view)
    away = standing(visit.uow, visit.who, visit.today)
    seen = last_visit(visit.uow, visit.who, case_id)
    context = {
        "case": case,
        "view": view,
        "names": view.names,
        "who": names,
        "state": words.state_text(case.process, case.state, locale),
        "now": now_sentence(visit, view, names, _resumed_on(events)),
        "away_of": lambda task: cover_text(task, away, visit.today, locale),
        "stepper": _stepper(view, events, visit),
        "todo": _todo(visit, view, actions, names),
        "aside": _aside(visit, view, actions),
        "lots": [_lot(visit, view, lot, actions) for lot in view.lots],
        "opinions": [
            {"by": view.names.get(o.author_id, ""), "supports": o.supports, "opinion": o.opinion} for o in view.opinions
        ],
        "deadlines": [_deadline(d, view, visit) for d in view.deadlines],
        **_news(visit, events, seen),
        "events": [_entry(e, view, visit, seen) for e in (chosen if everything else chosen[:SHOWN_EVENTS])],
        "more_events": 0 if everything else max(0, len(chosen) - SHOWN_EVENTS),
        "show": show,
        "kinds": [("", gettext("All but delivered mail", locale)), *((k, kind_text(k, locale)) for k in KINDS)],
        "decisions": [
            {"item": d, "done": words.step_text("done", case.process, d.trigger, locale)}
            for d in reversed(view.decisions)
        ],
        "comments": case_comments(visit.uow, visit.who, case_id),
        "files": [{"item": f, "withheld": why_withheld(request, f)} for f in case_files(visit.uow, visit.who, case_id)],
        "letters": _letters(visit, view),
        "links": _links(view, locale),
        "missing": _missing(view, locale),
        **_mails(visit, case_id),
        "back": _back(visit, view),
        "may_correct": bool(visit.who.roles() & {"procurement_officer", "head_of_procurement", "registrar"}),
        "readers": readers_of(visit.uow, visit.who, case),
        "errors": errors or [],
        "faults": {name: text for name, text in errors or [] if name},
        "typed_text": typed_text,
        "words": words,
    }
    if case.process == "deviation":
        context |= ladder_context(visit, ladder_view(visit.uow, visit.who, case_id), view)
    elif case.process == "contract":
        context |= contract_context(visit, view, actions)
    return page(request, "pages/case.html", context, title=case.title, status=status, errors=errors or ())


def _back(visit: Visit, view: CaseView) -> dict[str, Any] | None:
    """The plan back from the end that must be met, for a contract that nothing follows yet and for what follows one."""
    case = view.case
    if case.closed_at is not None or (case.process == "procurement" and view.predecessor is None):
        return None
    found = case_plan(visit.uow, visit.who, case.id, case.process, visit.today)
    return back_context(found, visit.locale) if found else None


def _mails(visit: Visit, case_id: str) -> dict[str, Any]:
    """The latest mails about the case, what digests told of it, and who of their readers is away."""
    found = case_ledger(visit.uow, visit.who, case_id, visit.app.settings.address, limit=SHOWN_MAILS)
    oversees = bool(visit.who.roles() & OVERSEERS)
    notes = told_in_digests(visit.uow, visit.who, case_id, most=SHOWN_MAILS)
    return {
        "mails": [mail_row(i, visit.locale) for i in found.items],
        "more_mails": found.next is not None,
        "digest_notes": [
            {
                "row": n,
                "kind": mail_kind(n.kind, visit.locale),
                "href": f"/mails/{n.message_id}"
                if n.message_id and (oversees or n.person_id == visit.who.person_id)
                else None,
            }
            for n in notes
        ],
        "absent": list(dict.fromkeys(i.recipient_name for i in found.items if i.answer == "absent")),
    }


def kind_text(kind: str, locale: str) -> str:
    """The name of a filter of the timeline."""
    return {
        "decisions": gettext("Decisions", locale),
        "changes": gettext("Changes", locale),
        "mail": gettext("Mail", locale),
        "reminders": gettext("Reminders", locale),
        "questions": gettext("Questions and comments", locale),
    }[kind]


def _fits(event: EventItem, view: CaseView, show: str) -> bool:
    """Mail that arrived is shown only to those who ask for it: there are many of it, and nothing happened in the case."""
    return _kind_of(event, view) == show if show else event.kind != "mail_delivered"


def _kind_of(event: EventItem, view: CaseView) -> str:
    if event.kind.startswith("mail_"):
        return "mail"
    if event.kind in ("reminder_sent", "escalated"):
        return "reminders"
    if event.kind in ("commented", "question_asked", "question_answered"):
        return "questions"
    return "decisions" if any(d.seq == event.seq for d in view.decisions) else "changes"


def _resumed_on(events: Iterable[EventItem]) -> date | None:
    """The day on which the last pause is expected to end, where somebody said so."""
    pauses = [e for e in events if e.trigger == "pause"]
    day_text = pauses[-1].fields.get("resume_on") if pauses else None
    return date.fromisoformat(day_text) if day_text else None


def now_sentence(visit: Visit, view: CaseView, names: Mapping[str, str], resumed_on: date | None = None) -> str:
    """ "Nu: riskanalys hos Karin Ek sedan 18 nov., senast 27 nov." What a lot waits for is said of the lot.

    Where something else than what the state waits for is due first, that stands for itself, with its own day.
    """
    case, locale = view.case, visit.locale
    nearest = next((t for t in view.tasks if t.trigger == case.next_trigger), view.tasks[0] if view.tasks else None)
    task = _own_task(view, nearest)
    lot = next((x for x in view.lots if task is not None and x.id == task.lot_id), None)
    what = label(f"state_waits.{case.process}.{lot.state if lot else case.state}", locale)
    if case.closed_at is not None:
        return gettext("Now: %(what)s since %(since)s.", locale, what=what, since=_day(case.closed_at, visit))
    if case.paused_on is not None:
        since = day(case.paused_on, locale, visit.today)
        if resumed_on is not None:
            until = day(resumed_on, locale, visit.today)
            return gettext(
                "Now: paused since %(since)s, expected to go on %(until)s.", locale, since=since, until=until
            )
        return gettext("Now: paused since %(since)s.", locale, since=since)
    since = _day(lot.entered_at if lot else case.entered_at, visit)
    if task is None or task.role == "system":
        sentence = gettext("Now: %(what)s since %(since)s", locale, what=what, since=since)
    else:
        who = task.person_name or names.get(task.role) or words.role_text(task.role, locale)
        sentence = gettext("Now: %(what)s with %(who)s since %(since)s", locale, what=what, who=who, since=since)
    if task is not None and task.due_on is not None and task.role != "system":
        due = day(task.due_on, locale, visit.today)
        sentence = gettext("%(now)s, no later than %(due)s", locale, now=sentence, due=due)
    sentence = sentence.rstrip(".") + "."
    if nearest is None or nearest is task or nearest.due_on is None:
        return sentence
    first = words.step_text("asked", case.process, nearest.trigger, locale)
    due = day(nearest.due_on, locale, visit.today)
    return sentence + " " + gettext("First of all: %(what)s, %(due)s", locale, what=first, due=due).rstrip(".") + "."


def _own_task(view: CaseView, nearest: TaskItem | None) -> TaskItem | None:
    """The task that the state itself waits for; the nearest one where that is done already."""
    if nearest is None:
        return None
    law = definition(view.case.process, view.case.version)
    lot = next((x for x in view.lots if x.id == nearest.lot_id), None)
    owes = law.state(lot.state if lot else view.case.state).owes
    own = (
        t for t in view.tasks if owes is not None and t.trigger == owes.trigger and t.lot_id in (None, nearest.lot_id)
    )
    return next(own, nearest)


def _day(at: Any, visit: Visit) -> str:
    return day(local_date(at), visit.locale, visit.today)


def _stepper(view: CaseView, events: Iterable[EventItem], visit: Visit) -> list[dict[str, Any]]:
    """The phases in order; a phase is done on the day the case left it for a later one."""
    case = view.case
    law = definition(case.process, case.version)
    left: dict[str, Any] = {}
    for event in events:
        if event.from_state and event.state and event.from_state != event.state:
            left[law.state(event.from_state).phase] = local_date(event.at)
    at = law.phases.index(law.state(case.state).phase)
    found = []
    for number, phase in enumerate(law.phases):
        state = "done" if number < at else "current" if number == at else "todo"
        if number < at and phase not in left:
            continue  # a direct procurement, or one that was abandoned, never was there
        text = label(f"phase.{case.process}.{phase}", visit.locale)
        found.append({"text": text, "state": state, "on": left.get(phase) if state == "done" else None})
    return found


def _todo(visit: Visit, view: CaseView, actions: list[Action], names: dict[str, str]) -> list[dict[str, Any]]:
    """What this person may do now, one entry a step; what is blocked says why and who can clear it."""
    found: list[dict[str, Any]] = []
    owed = {t.trigger for t in view.tasks}
    by_trigger: dict[str, list[Action]] = {}
    for action in actions:
        if action.mine and (action.kind not in _ASIDE or action.trigger in owed):
            by_trigger.setdefault(action.trigger, []).append(action)
    for trigger, group in by_trigger.items():
        allowed = [a for a in group if a.allowed]
        if not allowed and trigger not in owed and view.case.process == "deviation":
            continue  # the ladder itself says why a rung may not be used
        first = (allowed or group)[0]
        found.append(
            {
                "text": words.step_text("trigger", view.case.process, trigger, visit.locale),
                "href": _href(view, trigger, allowed or group),
                "owed": trigger in owed,
                "allowed": bool(allowed),
                "lots": ", ".join(str(a.lot) for a in allowed or group if a.lot) if len(view.lots) > 1 else "",
                "blockers": []
                if allowed
                else [
                    {
                        "text": words.unmet_text(u, view.case.process, visit.locale, visit.today),
                        "who": words.clearers(u.cleared_by, names, visit.locale),
                    }
                    for u in first.unmet
                ],
            }
        )
    return sorted(found, key=lambda t: (not t["owed"], not t["allowed"]))


def _href(view: CaseView, trigger: str, group: list[Action]) -> str:
    lot = f"?lot={group[0].lot_id}" if len(group) == 1 and group[0].lot_id else ""
    return f"/cases/{view.case.id}/do/{trigger}{lot}"


def _aside(visit: Visit, view: CaseView, actions: list[Action]) -> list[dict[str, Any]]:
    """Steps beside the way: back, pause, stop. Shown where this person may take them now and nobody owes them."""
    owed = {t.trigger for t in view.tasks}
    by_trigger: dict[str, list[Action]] = {}
    for action in actions:
        if action.mine and action.allowed and action.kind in _ASIDE and action.trigger not in owed:
            by_trigger.setdefault(action.trigger, []).append(action)
    return [
        {
            "text": words.step_text("trigger", view.case.process, trigger, visit.locale) + "\N{NO-BREAK SPACE}…",
            "href": _href(view, trigger, group),
        }
        for trigger, group in by_trigger.items()
    ]


def _lot(visit: Visit, view: CaseView, lot: LotView, actions: list[Action]) -> dict[str, Any]:
    return {
        "lot": lot,
        "state": words.state_text(view.case.process, lot.state, visit.locale),
        "actions": [
            {
                "text": words.step_text("trigger", view.case.process, a.trigger, visit.locale),
                "href": f"/cases/{view.case.id}/do/{a.trigger}?lot={lot.id}",
            }
            for a in actions
            if a.lot_id == lot.id and a.mine and a.allowed and a.kind not in _ASIDE
        ],
    }


def _deadline(deadline: Any, view: CaseView, visit: Visit) -> dict[str, Any]:
    process, locale = view.case.process, visit.locale
    if deadline.what == "task" and deadline.trigger:
        text = words.step_text("asked", process, deadline.trigger, locale)
    elif deadline.receipt and deadline.receipt.get("term"):
        text = label(f"term.{deadline.receipt['term']}", locale)
        text = text[:1].upper() + text[1:]
    elif deadline.trigger:
        text = words.step_text("trigger", process, deadline.trigger, locale)
    else:
        text = label(f"term.{deadline.kind}", locale)
    if deadline.lot and len(view.lots) > 1:
        text = gettext("%(what)s, lot %(number)s", locale, what=text, number=deadline.lot)
    term = TERMS.get((deadline.receipt or {}).get("term", ""))
    rests = deadline.what == "task" and (term is None or term.pausable)  # the law's time goes on in a pause
    return {
        "text": text,
        "due_on": deadline.due_on,
        "receipt": deadline.receipt,
        "paused_on": view.case.paused_on if rests else None,
        "href": f"/tasks/{deadline.task_id}/extend" if _may_extend(deadline, view, visit) else None,
        "href_text": gettext("Give more time\N{NO-BREAK SPACE}…", locale),
    }


def _may_extend(deadline: Any, view: CaseView, visit: Visit) -> bool:
    """Whether to show the way to the page that gives more time; the page itself says exactly what is possible."""
    task = next((t for t in view.tasks if t.id == deadline.task_id), None)
    if task is None or not deadline.receipt or not visit.who.roles() & set(EXTENDERS):
        return False
    return task.person_id != visit.who.person_id and why_not(Receipt.from_json(deadline.receipt)) is None


def _news(visit: Visit, events: list[EventItem], seen: LastVisit | None) -> dict[str, Any]:
    """How much is new since the last visit, when that was, and up to which event this page shows (None: all seen)."""
    last = events[-1].seq if events else 0
    return {
        "news": sum(is_news(visit.who, e.seq, e.kind, e.actor_id, seen) for e in events),
        "seen_at": seen.seen_at if seen else None,
        "unseen_seq": last if last > (seen.seen_seq if seen else 0) else None,
    }


def _entry(event: EventItem, view: CaseView, visit: Visit, seen: LastVisit | None) -> dict[str, Any]:
    locale = visit.locale
    text = words.event_text(event, view.case.process, locale)
    if event.on_behalf_of_name:
        text = gettext("%(what)s, in place of %(name)s", locale, what=text, name=event.on_behalf_of_name)
    if event.lot and len(view.lots) > 1:
        text = gettext("%(what)s, lot %(number)s", locale, what=text, number=event.lot)
    return {
        "at": event.at,
        "actor": event.actor_name or "Stegvis",
        "text": text + ".",
        "system": event.actor_id == "system",
        "new": is_news(visit.who, event.seq, event.kind, event.actor_id, seen),
        "changed": words.event_changes(event, view.names, locale),
        "seq": event.seq,
    }


def _letters(visit: Visit, view: CaseView) -> list[dict[str, Any]]:
    """The letters to the supplier, the newest first; drafts that were replaced are left out."""
    rows = letters_of(visit.uow, visit.who, view.case) if view.case.process == "deviation" else []
    return [
        {
            "row": r,
            "status": label(f"letter_status.{r.status}", visit.locale),
            "readable": view.access.allows(Secrecy.BUSINESS),
        }
        for r in reversed(rows)
        if r.status != "replaced"
    ]


def _links(view: CaseView, locale: str) -> list[dict[str, Any]]:
    """Cases that hang together with this one."""
    pairs = [
        *((gettext("Belongs to", locale), x) for x in (view.parent,) if x),
        *((gettext("Follows on", locale), x) for x in (view.predecessor,) if x),
        *((gettext("Opened from this case", locale), x) for x in view.children if x.process != "deviation"),
        *((gettext("Continued in", locale), x) for x in view.successors),
    ]
    return [
        {"how": how, "link": link, "state": words.state_text(link.process, link.state, locale)} for how, link in pairs
    ]


def _missing(view: CaseView, locale: str) -> list[str]:
    """What an imported row did not say, in words."""
    source = view.contract or view.procurement or {}
    missing = source.get("missing") or ""
    names = missing.split(",") if isinstance(missing, str) else missing
    known = (n.strip() for n in names if n.strip())
    return [label(f"field.{n}", locale) if has_label(f"field.{n}", locale) else n for n in known]
