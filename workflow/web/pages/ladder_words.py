"""One ladder as the pages show it: the drawing with its text, the next step, what happens by itself, the history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from states.deviation_v1 import PLANNED
from states.ladder import AUTOMATIC, BY_KEY, Rung, rung_after
from states.roles import SYSTEM_ID, Role
from states.terms import TERMS
from templates.formatting import day, duration, receipt_sentence
from templates.labels import gettext, has_label, label, ngettext
from workflow.cases.actions import Action
from workflow.cases.items import CaseView, TaskItem
from workflow.deviations.lists import ladders_of_contract
from workflow.deviations.queries import EntryView, LadderView, RungView, contract_conditions
from workflow.engine.opening import may_open_under
from workflow.web.pages import words
from workflow.web.pages.ladder_drawing import tall, wide
from workflow.web.pages.visit import Visit

#: Steps of the card "next step", in the order of their buttons; the decision itself stands first.
ON_THE_CARD = (
    "prepare_rung", "consent_to_call_off_stop", "accept_action_plan", "return_action_plan", "decide_plan_extension", "decide_remedied",
    "decide_wait", "decide_other_rung", "decide_rung_waived", "decide_lift_of_call_off_stop", "decide_end_of_fine",
    "decide_severe_termination", "decide_stop_while_investigating", "review_call_off_stop", "resume",
)  # fmt: skip


CONSENT = {True: "yes", False: "no", None: "none"}


def rung_name(key: str | None, locale: str) -> str:
    return label(f"value.rung.{key}", locale) if key else gettext("not on the ladder yet", locale)


def standing_text(standing: str, locale: str) -> str:
    return label(f"standing.{standing}", locale)


def drawing_context(visit: Visit, ladder: LadderView) -> dict[str, Any]:
    """What `partials/ladder.html` draws, and what it says to those who do not see it."""
    locale = visit.locale
    names = [rung_name(r.rung.key, locale) for r in ladder.rungs]
    texts = {
        r.rung.key: {
            "standing": r.standing,
            "text": _short(r, locale),
            "on": day(r.last.entered_on, locale, visit.today) if r.last and r.standing != "not_yet" else "",
            "now": r.standing == "now",
        }
        for r in ladder.rungs
    }
    return {"wide": wide(names), "tall": tall(names), "texts": texts, "said": _said(visit, ladder)}


def _short(r: RungView, locale: str) -> str:
    text = standing_text(r.standing, locale)
    return gettext("%(standing)s, asked for", locale, standing=text) if r.asked and r.standing == "possible" else text


def _said(visit: Visit, ladder: LadderView) -> str:
    """The drawing in one sentence a standing: "Passerade: Dialog, Påminnelse 1. Nu: Formell anmaning." """
    locale = visit.locale
    by: dict[str, list[str]] = {}
    for r in ladder.rungs:
        by.setdefault(r.standing, []).append(rung_name(r.rung.key, locale))
    parts = [f"{standing_text(s, locale).capitalize()}: {', '.join(found)}." for s, found in by.items()]
    return " ".join(parts)


def ladder_context(visit: Visit, ladder: LadderView, view: CaseView) -> dict[str, Any]:
    """What the ladder's own page and the page of its case both show."""
    review = next((t for t in view.tasks if t.trigger == "review_call_off_stop"), None)
    plan = ladder.plans[-1] if ladder.plans else None
    return {
        "ladder": ladder,
        "drawing": drawing_context(visit, ladder),
        "rung": rung_name(ladder.facts.rung, visit.locale),
        "age": age_text(ladder.deviation["rung_entered_on"], visit.today, visit.locale),
        "answer_by": date.fromisoformat(ladder.response["due_on"]) if ladder.response else None,
        "plan": plan,
        "plan_status": label(f"plan_status.{plan.status}", visit.locale) if plan else None,
        "stop": next((s for s in ladder.stops if s.ended_on is None), None),
        "stop_review": review,
        "fine": ladder.fine,
    }


def contract_context(visit: Visit, view: CaseView, actions: Sequence[Action]) -> dict[str, Any]:
    """What the page of a contract shows of its deviations and of its terms."""
    locale = visit.locale
    found = ladders_of_contract(visit.uow, visit.who, view.case.id)
    conditions = contract_conditions(visit.uow, visit.who, view.case.id, visit.today)
    return {
        "deviations": [
            {
                "item": i,
                "rung": rung_name(i.rung, locale),
                "age": age_text(i.rung_entered_on, visit.today, locale),
                "state": words.state_text("deviation", i.state, locale),
                "outcome": label(f"ladder_outcome.{i.outcome}", locale) if i.outcome else None,
            }
            for i in found
        ],
        "conditions": conditions,
        "amounts": [
            (label(f"field.{name}", locale), value)
            for name, value in conditions.terms.items()
            if name in _AMOUNTS and value is not None
        ],
        "term_steps": [
            {
                "text": words.step_text("trigger", "contract", a.trigger, locale),
                "href": f"/cases/{view.case.id}/do/{a.trigger}",
            }
            for a in actions
            if a.mine and a.allowed and a.trigger in ("set_contract_terms", "set_supplier_contact")
        ],
        "may_record": may_open_under("deviation", view.case, visit.who) and view.case.closed_at is None,
    }


_AMOUNTS = (
    "severe_report", "audit_enabling", "self_assessment", "plan_due", "plan_due_severe", "remedy", "remedy_verification",
    "response_reminder_1", "response_reminder_2", "response_formal_demand", "response_escalation_meeting",
    "response_call_off_stop", "fine_cap_weeks", "stop_until_termination", "termination_notice",
)  # fmt: skip


# --- each rung --------------------------------------------------------------------------------------------------


#: Characters that find room on the one paper at each size, the largest first; what is longer is printed small.
_SIZES = ((1550, "large"), (1800, "middle"))


def paper_size(ladder: LadderView, context: Mapping[str, Any]) -> str:
    """How large the ladder can be printed so that all of it stands on one A4: by the characters that are printed."""
    rungs, ahead, following = context["rungs"], context["ahead"], context["next"]
    texts = [ladder.deviation.get("description"), following.get("proportionality"), following.get("evidence")]
    texts += [following.get("skip_reason"), *(a["text"] for a in ahead)]
    for r in rungs:
        texts += [r["name"], r["text"], *(b["text"] for b in r["blockers"] if r["standing"] == "not_allowed")]
        for e in r["entries"][-1:]:
            texts += [e["by"], e["letter"], e["prepared"]]
            texts += [e["entry"].reasons, e["entry"].proportionality] if e["decided"] else []
    if ladder.plans:
        texts += [m["action"] for m in ladder.plans[-1].milestones[:6]]
    receipts = [following.get("receipt"), *(a["receipt"] for a in ahead)]
    fixed = (
        90 * len([s for s in ladder.stops if s.ended_on is None]) + 60 * len(ladder.pauses) + (90 if ladder.fine else 0)
    )
    length = 500 + fixed + 110 * sum(1 for r in receipts if r) + sum(min(len(t), 600) for t in texts if t)
    return next((name for most, name in _SIZES if length <= most), "small")


def rung_rows(visit: Visit, ladder: LadderView, names: Mapping[str, str]) -> list[dict[str, Any]]:
    """The list beside the drawing: each rung with its standing, its entries, and why it is not allowed."""
    locale = visit.locale
    return [
        {
            "name": rung_name(r.rung.key, locale),
            "standing": r.standing,
            "text": _short(r, locale),
            "tone": TONES.get(r.standing, "calm"),
            "clause": r.rung.clause,
            "entries": [entry_row(visit, ladder, e) for e in r.entries],
            "blockers": [
                {
                    "text": words.unmet_text(u, "deviation", locale, visit.today),
                    "who": words.clearers(u.cleared_by, names, locale),
                }
                for u in r.unmet
            ]
            if r.standing in ("not_allowed", "not_yet")
            else [],
            "earliest_on": r.earliest_on,
            "now": r.standing == "now",
        }
        for r in ladder.rungs
    ]


TONES = {"now": "soon", "in_force": "late", "passed": "done", "not_allowed": "late"}


def entry_row(visit: Visit, ladder: LadderView, entry: EntryView) -> dict[str, Any]:
    """An entry of a rung: when, by whom in what capacity, which letter, and until when the supplier could answer."""
    locale = visit.locale
    runs = entry.ended_on is None and ladder.case.closed_at is None and ladder.case.state not in PLANNED
    decided = entry.decided_by != SYSTEM_ID and (entry.status != "entered" or BY_KEY[entry.rung].is_sanction)
    code = "decided" if decided and entry.status == "entered" else entry.status
    return {
        "entry": entry,
        "name": rung_name(entry.rung, locale),
        "status": label(f"entry.{code}", locale),
        "by": _by(entry, locale),
        "prepared": entry.prepared_by_name,
        "letter": letter_text(entry.notice, visit) if entry.notice else None,
        "notice": entry.notice,
        "due_on": entry.response_due_on,
        "receipt": entry.response,
        "ended": ended_text(entry.ended_how, locale) if entry.ended_how else None,
        "runs": runs,
        "planned": not runs and entry.ended_on is None and ladder.case.state in PLANNED,
        "decided": decided,
    }


def _by(entry: EntryView, locale: str) -> str:
    """ "av Cecilia Chef, upphandlingschef, enligt delegationsordningen (4.2)", or the scheduler by itself."""
    if entry.decided_by == SYSTEM_ID:
        return gettext("by Stegvis, as the ladder says", locale)
    who = ", ".join(p for p in (entry.decided_by_name, words.role_text(entry.role, locale) if entry.role else "") if p)
    if not entry.mandate_rule:
        return gettext("by %(who)s", locale, who=who)
    if entry.has_mandate:
        return gettext("by %(who)s, under the delegation (%(rule)s)", locale, who=who, rule=entry.mandate_rule)
    return gettext("by %(who)s; rule: %(rule)s", locale, who=who, rule=entry.mandate_rule)


def ended_text(how: str, locale: str) -> str:
    """Why an entry of a rung ended; an outcome of the whole case is its own text."""
    for code in (f"ended_how.{how}", f"ladder_outcome.{how}"):
        if has_label(code, locale):
            return label(code, locale)
    return ""


def letter_text(notice: Any, visit: Visit) -> str:
    """What became of a letter: taken over when, on its way, or come back."""
    locale = visit.locale
    if notice.status == "delivered":
        on = day(notice.handed_over_on, locale, visit.today)
        if notice.means == "mail":
            return gettext("taken over by the mail server on %(on)s", locale, on=on)
        how = label(f"value.means.{notice.means}", locale).lower()
        return gettext("handed over on %(on)s (%(how)s)", locale, on=on, how=how)
    if notice.status == "returned":
        return gettext("came back: no time counts", locale)
    return gettext("on its way: no time counts yet", locale)


# --- the next step ----------------------------------------------------------------------------------------------


def next_rung(ladder: LadderView) -> Rung | None:
    """The rung that comes next: the one asked for, else the one that would be."""
    facts = ladder.facts
    if ladder.deviation.get("ended_on") is not None or facts.rung == "immediate_termination":
        return None
    key = facts.asked_rung or facts.prepared_rung or rung_after(facts.rung) or facts.next_rung
    return BY_KEY[key] if key else None


def next_step(
    visit: Visit, ladder: LadderView, tasks: Sequence[TaskItem], actions: Sequence[Action], names: Mapping[str, str]
) -> dict[str, Any]:
    """The card "next step": which rung, proposed, prepared and decided by whom, from when and why, with what letter."""
    locale, rung = visit.locale, next_rung(ladder)
    context: dict[str, Any] = {
        "rung": None,
        "receipt": None,
        "buttons": _buttons(ladder, tasks, actions, rung, locale),
        "planned": False,
    }
    context["planned"] = ladder.case.state in PLANNED
    context["terminated"] = ladder.facts.rung in ("termination_with_notice", "immediate_termination")
    if rung is None:
        return context
    standing = next(r for r in ladder.rungs if r.rung is rung)
    task = next((t for t in tasks if t.trigger == rung.trigger and t.role != Role.SYSTEM), None)
    preparing = next((t for t in tasks if t.trigger == "prepare_rung"), None)
    receipt = ladder.next_decision if rung.is_sanction and not ladder.facts.asked_rung else ladder.response
    prepared = ladder.facts.prepared_rung == rung.key
    draft = ladder.draft if ladder.draft is not None and ladder.draft.rung == rung.key else None
    context |= {
        "rung": rung,
        "name": rung_name(rung.key, locale),
        "asked": ladder.facts.asked_rung == rung.key,
        "prepared_by": ladder.names.get(ladder.facts.prepared_by or "") if prepared else None,
        "prepared_at": ladder.deviation.get("prepared_at") if prepared else None,
        "preparers": words.clearers(_preparers(rung), names, locale),
        "prepare_by_on": preparing.due_on if preparing else None,
        "decider": task.person_name if task and task.person_name else words.clearers(rung.decides, names, locale),
        "decider_role": words.role_text(task.role, locale) if task and task.person_name else None,
        "decide_by_on": task.due_on if task else None,
        "earliest_on": date.fromisoformat(receipt["earliest_next_on"]) if receipt and receipt.get("earliest_next_on") and not context["planned"] and ladder.case.paused_on is None else None,
        "receipt": receipt,
        "proportionality": ladder.deviation.get("proportionality") if prepared else None,
        "evidence": ladder.deviation.get("evidence") if prepared else None,
        "skip_reason": ladder.deviation.get("skip_reason") if prepared else None,
        "draft": draft,
        "consent": label(f"stop_consent.{CONSENT[ladder.facts.stop_consent]}", locale)
        if rung.key == "call_off_stop" and prepared
        else None,
        "blockers": [
            {
                "text": words.unmet_text(u, "deviation", locale, visit.today),
                "who": words.clearers(u.cleared_by, names, locale),
            }
            for u in standing.unmet
        ],
    }  # fmt: skip
    return context


def _preparers(rung: Rung) -> tuple[str, ...]:
    """Whoever also decides is named last resort only: whoever prepares does not decide."""
    return tuple(r for r in rung.prepares if r not in rung.decides) or rung.prepares


def _buttons(
    ladder: LadderView, tasks: Sequence[TaskItem], actions: Sequence[Action], rung: Rung | None, locale: str
) -> list[dict[str, Any]]:
    """Links to the ordinary pages of the steps that this person may take now; what is owed stands out."""
    owed = {t.trigger for t in tasks}
    possible = {a.trigger: a for a in actions if a.mine and a.allowed}
    first = [rung.trigger] if rung is not None and rung.is_sanction else []
    asked = [t for t in (*first, *ON_THE_CARD) if t in possible]
    if rung is not None and rung.trigger in possible and not rung.is_sanction and rung.prepares:
        asked.insert(0, rung.trigger)
    return [
        {
            "text": words.step_text("trigger", "deviation", trigger, locale),
            "href": f"/cases/{ladder.case.id}/do/{trigger}",
            "primary": trigger in owed,
        }
        for trigger in dict.fromkeys(asked)
    ]


# --- what happens by itself -------------------------------------------------------------------------------------


def if_nobody_acts(visit: Visit, ladder: LadderView, tasks: Sequence[TaskItem]) -> list[dict[str, Any]]:
    """In order, what comes if nobody does anything: {text, on, receipt}. From the timer, the duties and the definition."""
    locale, case = visit.locale, ladder.case
    if case.closed_at is not None:
        return []
    if case.paused_on is not None:
        since = day(case.paused_on, locale, visit.today)
        return [_line(gettext("Nothing: the ladder is paused since %(since)s, and no time runs until somebody resumes it.", locale, since=since))]  # fmt: skip
    found = [
        _line(
            gettext("%(who)s: %(what)s. A reminder follows, then one to the manager; nothing is decided by itself.", locale,
                    what=_small(words.step_text("asked", "deviation", t.trigger, locale)),
                    who=t.person_name or words.role_text(t.role, locale).capitalize()),
            t.due_on, t.receipt,
        )
        for t in tasks
        if t.role != Role.SYSTEM
    ]  # fmt: skip
    timer = ladder.next_step
    if timer is not None and timer.trigger:
        what = words.step_text("next_by_itself", "deviation", timer.trigger, locale)
        found.append(_line(what, timer.due_on, timer.receipt))
        found += _afterwards(ladder, timer.trigger, locale)
    elif any(t.role == Role.SYSTEM and t.due_on is None for t in tasks):
        found.append(_line(gettext("No time runs: the last letter has not been handed over to the supplier.", locale)))
    for each in found:
        each["late"] = each["on"] is not None and each["on"] < visit.today
    return sorted(found, key=lambda each: each["on"] or date.max)


def _small(text: str) -> str:
    """A heading inside a sentence."""
    return text[:1].lower() + text[1:]


def _line(text: str, on: date | None = None, receipt: Mapping[str, Any] | None = None) -> dict[str, Any]:
    return {"text": text, "on": on, "receipt": receipt, "late": False}


def _afterwards(ladder: LadderView, trigger: str, locale: str) -> list[dict[str, Any]]:
    """The rungs that follow by themselves after the one that a timer pulls, with the time between; then who decides."""
    found = []
    climbed = next((target for _, target in AUTOMATIC if BY_KEY[target].trigger == trigger), None)
    if climbed is None:
        return []
    at = climbed
    for source, target in AUTOMATIC:
        if source == at:
            found.append(
                _line(
                    gettext("%(rung)s, %(time)s after the letter before it was handed over, if no answer has come.", locale,
                            rung=rung_name(target, locale), time=_time(ladder, source, locale))
                )
            )  # fmt: skip
            at = target
    found.append(
        _line(
            gettext("Then the decision about the next rung is opened for somebody with the mandate, %(time)s after the call to the meeting was handed over. Stegvis never decides a sanction.", locale,
                    time=_time(ladder, at, locale))
        )
    )  # fmt: skip
    return found


def _time(ladder: LadderView, rung: str, locale: str) -> str:
    """How long the supplier has to answer a rung's letter, with the contract's own amount."""
    code = BY_KEY[rung].response or ""
    code = "plan_due_severe" if code == "plan_due" and ladder.facts.severe else code
    term = TERMS[code]
    return duration(ladder.facts.terms.amounts.get(code, term.amount), term.unit.value, locale)


# --- sentences ----------------------------------------------------------------------------------------------------


def age_text(since: date | None, today: date, locale: str) -> str:
    """How long a ladder has stood on its rung."""
    return ngettext("%(n)s day", "%(n)s days", (today - since).days, locale) if since else ""


def ball_text(item: Any, names: Mapping[str, str], locale: str) -> str:
    """Who acts next: a person, a role, or the supplier while its time runs."""
    if item.ended_on is not None:
        return ""
    if item.paused_on is not None:
        return gettext("nobody: paused", locale)
    if item.next_role == Role.SYSTEM:
        return gettext("the supplier", locale)
    if item.next_role is None and item.waits_until_on is not None:
        return gettext("nobody: it was decided to wait", locale)
    by_case = {"procurement_officer": item.officer_name}
    role = item.next_role
    return by_case.get(role or "") or names.get(role or "") or (words.role_text(role, locale) if role else "")


def receipt_text(receipt: Mapping[str, Any] | None, locale: str) -> str:
    return receipt_sentence(receipt, locale) if receipt else ""
