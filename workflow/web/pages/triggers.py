"""Everything that time sets off, in one table: by which rule, counted how in this region, and how it is kept here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from states.facts import Parameter
from states.triggers import FOLLOW_UP_TRIGGERS, PROCUREMENT_TRIGGERS, TimeTrigger
from templates.formatting import duration
from templates.labels import gettext, has_label, label
from workflow.engine import case_rows
from workflow.web.base import page
from workflow.web.pages import words
from workflow.web.pages.visit import visiting
from workflow.web.trigger_words import counted

router = APIRouter()


@router.get("/processes/triggers")
def show_triggers(request: Request) -> Response:
    with visiting(request) as visit:
        parameters = case_rows.parameters(visit.uow, visit.who.region_id, visit.today)
        locale = visit.locale
        context = {
            "groups": [
                (gettext("Procurement", locale), [_row(t, parameters, locale) for t in PROCUREMENT_TRIGGERS]),
                (gettext("Contracts and suppliers", locale), [_row(t, parameters, locale) for t in FOLLOW_UP_TRIGGERS]),
            ]
        }
        return page(request, "pages/triggers.html", context, title=gettext("Everything that time sets off", locale))


def _row(t: TimeTrigger, parameters: Mapping[str, Parameter], locale: str) -> dict[str, Any]:
    return {
        "trigger": t,
        "when": label(f"when.{t.id}", locale),
        "missed": label(f"missed.{t.id}", locale),
        "mark": label(f"mark.{t.mark}", locale),
        "to": ", ".join(recipient_text(r, locale) for r in t.recipients),
        "terms": [
            {
                "text": label(f"term.{c.name}", locale),
                "amount": duration(c.amount, c.unit, locale),
                "own": c.source if c.parameter else None,
                "href": f"/admin/parameters/{c.name}",
            }
            for c in counted(t, parameters)
        ],
        "kept": label(f"kept.{t.kept}", locale),
        "how": label(f"waits.{t.waits}", locale) if t.waits else "; ".join(_name(n, locale) for n in t.names),
    }


def recipient_text(code: str, locale: str) -> str:
    """A role of ours, or somebody outside it."""
    role = f"role.{code}"
    return label(role if has_label(role, locale) else f"recipient.{code}", locale)


def _name(name: str, locale: str) -> str:
    """What keeps a trigger, in words: a step of a process, a timer by the step it pulls, or a condition."""
    process, dot, what = name.partition(".")
    if not dot:
        return label(f"requires.{name}", locale)
    pulled = words.pulled_by(process, what) or what
    return words.step_text("trigger", process, pulled, locale)
