"""One letter about a deviation: what its placeholders stand for, and the document that it becomes.

The one place that knows both. Nothing is written here; `notices.py` keeps, hashes and queues what comes out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from states.calendar import ONE_DAY
from states.deadlines import Receipt
from states.deviation_dates import agreed, response_period
from states.due_dates import count
from states.ladder import BY_KEY
from states.roles import SYSTEM_ID, Actor
from states.terms import TERMS
from templates.formatting import duration, kronor, long_day
from templates.labels import gettext, label, ngettext
from workflow.cases.view import view_of
from workflow.contracts.effects import CONTRACT
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations.rows import DEVIATION, deviation_row
from workflow.documents.letter import Letter
from workflow.engine import case_rows
from workflow.engine.access import Secrecy
from workflow.engine.act import load_step, visible_case
from workflow.engine.step import Step
from workflow.errors import Forbidden, NotFound
from workflow.letters.letterheads import Head, letterhead
from workflow.letters.placeholders import OTHER_KINDS, asks_for_answer, rendered, word
from workflow.letters.texts import Wording
from workflow.suppliers.tables import SupplierRelation

_relations = SupplierRelation.__table__  # type: ignore[attr-defined]
_TITLE = Statement(
    select(case_rows.cases.c.reference, case_rows.cases.c.title).where(case_rows.cases.c.id == bindparam("case_id"))
)
_SUPPLIER = Statement(
    select(_relations.c.name_seen.label("name")).where(
        _relations.c.region_id == bindparam("region_id"), _relations.c.supplier_id == bindparam("supplier_id")
    )
)

#: By which clause a letter that is no rung's own is written: the clause of the sanction it tells of.
_CLAUSE_OF = {
    "stop_while_investigating": "call_off_stop",
    "stop_lifted": "call_off_stop",
    "fine_ended": "contractual_fine",
}
#: What a draft leaves open until it is decided, and shows as such.
_OPEN_IN_DRAFT = ("ground", "reasons", "proportionality", "decider", "plan_due_day", "measures")


@dataclass(frozen=True, slots=True)
class Reminds:
    """Of what a reminder beside the ladder reminds: the last day of the plan to come, and measures with their days."""

    due_on: date
    measures: tuple[tuple[str, date], ...] = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter as it would leave the house now."""

    subject: str
    text: str
    letter: Letter


def render_letter(
    step: Step, words: Wording, *, rung: str | None, reason: str | None = None, draft: bool = False,
    reminds_of: Reminds | None = None,
) -> Rendered:  # fmt: skip
    """The letter of `words` about this deviation, in the language of the words.

    `rung` is where the ladder stands with it, `reason` what was written as the decision's reasons. A draft shows in
    square brackets what only the decision gives.
    """
    locale, row = words.locale, deviation_row(step)
    head = letterhead(step.uow, step.case.region_id, step.region_name, step.column("unit_id"), step.today)
    values = letter_values(step, row, words.kind, locale, head, rung=rung, reason=reason)
    values |= _reminder_values(step, reminds_of, locale)
    if draft:
        values["decider"] = ""  # who prepares it, or looks at it, is not who decides
        values |= {name: f"[{word(name, locale)}]" for name in _OPEN_IN_DRAFT if not values[name]}
    values["decider"] = values["decider"] or values["officer"]
    subject, text = rendered(words.subject, words.text, values)
    return Rendered(subject, text, _document(step, row, head, values, subject, text, locale))


def letter_values(
    step: Step, row: Row, kind: str, locale: str, head: Head, *, rung: str | None, reason: str | None
) -> dict[str, str]:
    """What each placeholder stands for in this case, in words of the language; "" for what the case does not have."""
    step.load("deviation")
    situation = step.situation()
    d, fine = situation.deviation, situation.deviation.terms.fine
    contract, entered = title_of(step.uow, row.contract_id), step.uow.one(CONTRACT, case_id=row.contract_id)
    supplier = step.uow.one(_SUPPLIER, region_id=row.region_id, supplier_id=row.supplier_id)
    officer = step.directory.person(step.column("officer_id"))
    answer = _answer_by(step, rung) if asks_for_answer(kind) else None
    report = agreed(situation, "severe_report", "severe_deviation_known", row.found_on) if d.severe else None
    ends = agreed(situation, "termination_notice", "notice_handed_over", step.today)
    last_milestone = max((m.due_on for m in d.milestones), default=None)

    def on(day: date | None) -> str:
        return long_day(day, locale) if day is not None else ""

    def length(code: str) -> str:
        return duration(d.terms.amounts.get(code, TERMS[code].amount), TERMS[code].unit.value, locale)

    return {
        "contract": contract.title,
        "contract_reference": (entered.contract_number if entered is not None else None) or contract.reference,
        "clause": label(f"letter_clause.{_clause(kind)}", locale),
        "clause_version": d.terms.clause_version,
        "requirement": row.requirement,
        "requirement_clause": row.clause,
        "description": row.description,
        "found_on": on(row.found_on),
        "reference": step.case.reference,
        "today": on(step.today),
        "supplier": supplier.name if supplier is not None else row.contact_name,
        "recipient": row.contact_name,
        "region": step.region_name,
        "unit": head.department or head.sender,
        "officer": officer.name if officer is not None else head.reference_person or step.region_name,
        "officer_address": officer.address if officer is not None else (head.contact[0] if head.contact else ""),
        "decider": _decider(step, locale),
        "dialogue_day": on(count(situation, "dialogue", "step_begun", step.today).due_on),
        "response_day": on(answer[0].due_on) if answer else "",
        "response_time": length(answer[1]) if answer else "",
        "report_day": on(report.due_on) if report and row.severe_reported_on is None else "",
        "fine_week": kronor(fine.week_ore, locale),
        "fine_cap_weeks": ngettext("%(n)s week", "%(n)s weeks", fine.cap_weeks, locale),
        "fine_max": kronor(fine.week_ore * fine.cap_weeks, locale),
        "fine_total": kronor(d.fine.total_ore, locale) if d.fine is not None and d.fine.total_ore else "",
        "fine_again_day": on(step.today + ONE_DAY)
        if d.fine_runs and d.fine is not None and not d.fine.cap_is_reached
        else "",
        "stop_months": length("stop_until_termination"),
        "notice_time": length("termination_notice"),
        "contract_end_day": on(ends.due_on),
        "objection_day": on(count(situation, "withdrawal_answer", "step_begun", step.today).due_on),
        "matter": label(f"letter_matter.{'closed' if row.outcome else 'goes_on'}", locale),
        "plan_last_day": on(last_milestone),
        "outcome": label(f"letter_outcome.{row.outcome}", locale) if row.outcome else "",
        "ground": _ground(step, row, kind, locale),
        "reasons": " ".join((reason or "").split()) if reason != row.proportionality else "",
        "proportionality": " ".join((row.proportionality or "").split()),
    }


def _reminder_values(step: Step, reminds_of: Reminds | None, locale: str) -> dict[str, str]:
    """The day of the plan, and the measures as a list. In a preview the day of today's period and what is not done."""
    if reminds_of is None:
        response = response_period(step.situation())
        return {
            "plan_due_day": long_day(response.due_on, locale) if response and response.due_on else "",
            "measures": "",
        }
    return {
        "plan_due_day": long_day(reminds_of.due_on, locale),
        "measures": "\n".join(
            gettext(
                "- %(action)s: the last day was %(day)s",
                locale,
                action=" ".join(action.split()),
                day=long_day(on, locale),
            )
            if on < step.today
            else gettext(
                "- %(action)s: the last day is %(day)s",
                locale,
                action=" ".join(action.split()),
                day=long_day(on, locale),
            )
            for action, on in reminds_of.measures
        ),
    }


def _ground(step: Step, row: Row, kind: str, locale: str) -> str:
    """Which of the contract's grounds carries the decision, as a clause of a sentence; "" where none is recorded.

    The shortcut has a ground of its own. A draft is of the shortcut where the contract gives no other right to
    terminate at once.
    """
    d = step.situation().deviation
    draft = step.trigger != "decide_immediate_termination" and d.severe and not d.may_terminate_at_once
    if kind == "immediate_termination" and (step.trigger == "decide_severe_termination" or draft):
        return label("letter_ground.severe_probable", locale)
    return label(f"letter_ground.{row.ground}", locale) if row.ground else ""


def _clause(kind: str) -> str:
    if kind in _CLAUSE_OF:
        return _CLAUSE_OF[kind]
    return kind if kind not in OTHER_KINDS else "general"


def _answer_by(step: Step, rung: str | None) -> tuple[Receipt, str] | None:
    """The last day to answer if the letter is handed over today, and the code of its term."""
    code = BY_KEY[rung].response if rung is not None else None
    if code is None:
        return None
    if code == "plan_due" and step.situation().deviation.severe:
        code = "plan_due_severe"
    return agreed(step.situation(), code, "notice_handed_over", step.today), code


def _decider(step: Step, locale: str) -> str:
    """Who decides, with the role; nobody ("") where the letter goes out by itself."""
    if step.actor.person_id == SYSTEM_ID:
        return ""
    person = step.directory.person(step.actor.person_id)
    if person is None:
        return ""
    role = step.capacity.role if step.capacity else None
    return f"{person.name}, {label(f'role.{role}', locale).lower()}" if role else person.name


def title_of(uow: UnitOfWork, case_id: str) -> Row:
    """Reference and title of a case that is there."""
    found = uow.one(_TITLE, case_id=case_id)
    assert found is not None
    return found


def _document(step: Step, row: Row, head: Head, values: dict[str, str], subject: str, text: str, locale: str) -> Letter:
    number = (step.column("registry_number") or "").removeprefix("Dnr ")
    facts: list[tuple[str, str]] = [
        (gettext("Date", locale), step.today.isoformat()),
        (gettext("To", locale), f"{values['supplier']}\n{row.contact_name}\n{row.contact_email}"),
        (gettext("Case officer", locale), "\n".join(filter(None, (values["officer"], values["officer_address"])))),
    ]
    if head.reference_person:
        facts.append((gettext("Our reference person", locale), head.reference_person))
    if number:
        facts.append((gettext("Our reference", locale), step.case.reference))
    facts.append((gettext("Your contract", locale), f"{values['contract']} ({values['contract_reference']})"))
    return Letter(
        sender=head.sender,
        unit=head.department,
        number=gettext("Reg. no. %(number)s", locale, number=number) if number else step.case.reference,
        reference=step.case.reference,
        facts=tuple(facts),
        title=subject,
        text=text,
        foot=tuple(
            filter(None, (", ".join((head.sender, *head.address)) if head.address else "", ", ".join(head.contact)))
        ),
    )


def json_of(letter: Letter) -> dict[str, Any]:
    """What is kept of a letter's document beside its subject and text, which have columns of their own."""
    return {name: value for name, value in letter.as_json().items() if name not in ("title", "text")}


def preview_letter(uow: UnitOfWork, who: Actor, case_id: str, words: Wording) -> Rendered:
    """How a text would read in a real case, with what only its decision gives in square brackets. Changes nothing.

    Raises NotFound, also for a case that is no deviation, and Forbidden to whom the letter itself is closed.
    """
    case = visible_case(uow, case_id, who, lock=False)
    if not view_of(uow, who, case).allows(Secrecy.BUSINESS):  # as the letter itself
        raise Forbidden
    row = uow.one(DEVIATION, case_id=case_id)
    if row is None:
        raise NotFound
    own = words.kind if words.kind in BY_KEY else row.rung or "opportunity_to_remedy"
    return render_letter(load_step(uow, case, who), words, rung=own, draft=True)
