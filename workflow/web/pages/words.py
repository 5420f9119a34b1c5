"""Sentences about cases for pages: states, steps, events and what stands in the way, never a code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from states.decision import Unmet
from states.registry import definition
from templates.formatting import day, money, number
from templates.labels import gettext, has_label, label
from workflow.cases.items import EventItem
from workflow.errors import FieldError
from workflow.web.pages.form_fields import choice_text


def state_text(process: str, state: str, locale: str) -> str:
    return label(f"state.{process}.{state}", locale)


def step_text(kind: str, process: str, trigger: str, locale: str) -> str:
    """`kind`: "trigger" (on a button), "asked" (in a list), "done" (in the past), "next" (what follows)."""
    return label(f"{kind}.{process}.{trigger}", locale)


def role_text(role: str, locale: str) -> str:
    """A role inside a sentence."""
    text = label(f"role.{role}", locale)
    return text if role == "system" else text.lower()


def place(process: str, version: int, state: str, locale: str) -> tuple[int, int, str]:
    """How far along a state is: phase n of m (the end not counted) and its name."""
    law = definition(process, version)
    phases = law.phases[:-1]
    phase = law.state(state).phase
    at = phases.index(phase) + 1 if phase in phases else len(phases)
    return at, len(phases), label(f"phase.{process}.{phase}", locale)


def unmet_text(unmet: Unmet, process: str, locale: str, today: date) -> str:
    """What stands in the way, as a sentence, with the rule behind it."""
    if unmet.code == "no_such_step":
        return label("error.no_such_step", locale)
    params = {name: _param(name, value, process, locale, today) for name, value in unmet.params.items()}
    text = label(f"guard.{unmet.code}", locale, **params)
    if not unmet.cites:
        return text
    # The source stands inside the sentence; "28 dec." keeps the point of its abbreviation.
    return f"{text.removesuffix('.')} ({unmet.cites})."


def _param(name: str, value: Any, process: str, locale: str, today: date) -> str:
    if name == "trigger":
        return step_text("trigger", process, str(value), locale)
    if name in ("due", "earliest") and value:
        return day(date.fromisoformat(str(value)), locale, today)
    if isinstance(value, Decimal):
        return number(value, locale)
    return str(value)


def clearers(roles: Iterable[str], names: Mapping[str, str], locale: str) -> str | None:
    """Who can clear something: "Linnea Ström (hållbarhetsstrateg) eller upphandlaren". `names`: role -> name."""
    known = [f"{names[r]} ({role_text(r, locale)})" if names.get(r) else role_text(r, locale) for r in roles]
    return gettext(" or ", locale).join(known) or None


def event_text(event: EventItem, process: str, locale: str) -> str:
    """What somebody did: "fastställde hållbarhetsmålsättningen"."""
    codes = [f"done.{process}.{event.trigger}"] if event.trigger else []
    for code in (*codes, f"done.{event.kind}"):
        if has_label(code, locale):
            return label(code, locale)
    return gettext("changed the case", locale)


def event_changes(event: EventItem, names: Mapping[str, str], locale: str) -> list[tuple[str, str | None, str | None]]:
    """The fields of an event as (name, before, now) in words; what cannot be said in words is left out."""
    found: list[tuple[str, str | None, str | None]] = []
    for name, value in event.fields.items():
        base = name.removesuffix("_id")
        code = f"field.{base}"
        if not has_label(code, locale):
            continue
        text = label(code, locale)
        if isinstance(value, Mapping) and set(value) == {"from", "to"}:
            old, new = (value_text(base, value[k], names, locale) for k in ("from", "to"))
            found.append((text, old, new))
        else:
            found.append((text, None, value_text(base, value, names, locale)))
    return found


def value_text(name: str, value: Any, names: Mapping[str, str], locale: str) -> str | None:
    """A stored value as people read it. Lists become one line each, rows their first text."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return label(f"value.yes_no.{'yes' if value else 'no'}", locale)
    if isinstance(value, Mapping):
        parts = (value_text(k, v, names, locale) for k, v in value.items() if has_label(f"field.{k}", locale))
        return ", ".join(p for p in parts if p)
    if isinstance(value, list | tuple):
        return "; ".join(t for each in value if (t := value_text(name, each, names, locale)))
    if name in ("value", "estimated_value"):
        return money(Decimal(str(value)), locale)
    text = str(value)
    if text in names:
        return names[text]
    if has_choice(name, text, locale):
        return choice_text(name, text, locale)
    if name.endswith("_on"):
        return day(date.fromisoformat(text[:10]), locale)
    return text


def has_choice(name: str, value: str, locale: str) -> bool:
    group = "risk" if name.startswith("risk_") else name
    return has_label(f"value.{group}.{value}", locale)


def fault_texts(faults: Iterable[FieldError], locale: str) -> list[tuple[str | None, str]]:
    """Faults of a form whose fields are written in the template: (field, "Namn: Fyll i fältet.")."""
    found: list[tuple[str | None, str]] = []
    for fault in faults:
        text = label(f"error.{fault.code}", locale, **fault.params)
        code = f"field.{fault.field}"
        found.append((fault.field, f"{label(code, locale)}: {text}" if has_label(code, locale) else text))
    return found


def comment_faults(faults: Iterable[FieldError], locale: str) -> list[tuple[str | None, str]]:
    """Faults of a comment or question, whose text is not a requirement's."""
    return [(f.field, label(f"error.{f.code}", locale, **f.params)) for f in faults]


def pulled_by(process: str, kind: str) -> str | None:
    """The step that a timer of a process pulls, by the timer's kind."""
    return next((t.trigger for t in definition(process).timers if t.kind == kind), None)
