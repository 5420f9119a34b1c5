"""The released processes in words: who waits for whom, which steps there are, and what each demands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from states.check import check
from states.definition import Obligation, ProcessDefinition, Transition
from states.diagram import svg
from states.due_dates import DUE_DATES
from states.guards import GUARDS
from states.registry import DEFINITIONS, definition
from states.terms import TERMS
from templates.formatting import duration
from templates.labels import gettext, label
from workflow.cases.lists import open_cases_by_definition
from workflow.engine.canonical import canonical
from workflow.web.base import page
from workflow.web.downloads import download
from workflow.web.pages import words
from workflow.web.pages.visit import visiting

router = APIRouter()


@router.get("/processes")
def show_processes(request: Request) -> Response:
    with visiting(request) as visit:
        running = open_cases_by_definition(visit.uow, visit.who)
        rows = [
            {
                "law": law,
                "name": label(f"process.{law.id}", visit.locale),
                "running": running.get((law.id, law.version), 0),
                "sound": not _findings(law.key),
            }
            for law in DEFINITIONS.values()
        ]
        context = {"rows": rows}
        return page(request, "pages/processes.html", context, title=gettext("Processes", visit.locale))


@router.get("/processes/{process}/{version}")
def show_process(request: Request, process: str, version: int) -> Response:
    with visiting(request) as visit:
        law = definition(process, version)
        locale = visit.locale
        context = {
            "law": law,
            "name": label(f"process.{process}", locale),
            "diagram": _diagram(law.key, locale),
            "states": [_state(law, s.name, locale) for s in law.states],
            "steps": [{"state": words.state_text(law.id, s.name, locale), "edges": e} for s in law.states
                      if (e := [_edge(law, t, locale) for t in law.transitions if t.source == s.name])],
            "timers": [
                {
                    "state": words.state_text(law.id, t.state, locale),
                    "does": words.step_text("trigger", law.id, t.trigger, locale),
                    "when": _deadline(t.deadline, locale),
                    "rule": _rule(t.mark, t.source, locale),
                }
                for t in law.timers
            ],
            "findings": [label(f"check.{f.code}", locale, **f.params) for f in _findings(law.key)],
        }  # fmt: skip
        title = gettext("%(process)s, version %(number)s", locale, process=context["name"], number=law.version)
        return page(request, "pages/process.html", context, title=title)


@router.get("/processes/{process}/{version}/json")
def fetch_process(request: Request, process: str, version: int) -> Response:
    """The definition as the canonical JSON that `stegvis process check` reads."""
    with visiting(request):
        law = definition(process, version)
    return download(f"{law.id}-{law.version}.json", canonical(law.as_json()).encode(), "application/json")


@cache
def _findings(key: str) -> tuple[Any, ...]:
    """A released definition does not change while the process runs."""
    return tuple(check(DEFINITIONS[key]))


@cache
def _diagram(key: str, locale: str) -> Markup:
    drawn = svg(DEFINITIONS[key], lambda code: label(code, locale))
    # At its own size, so that its letters are as large as the page's; narrow screens move it sideways.
    sized = re.sub(r'viewBox="0 0 (\S+) (\S+)"', r'\g<0> width="\1" height="\2"', drawn, count=1)
    return Markup(sized)  # noqa: S704 - every text in it is escaped


def _state(law: ProcessDefinition, name: str, locale: str) -> dict[str, Any]:
    state = law.state(name)
    return {
        "name": words.state_text(law.id, name, locale),
        "phase": label(f"phase.{law.id}.{state.phase}", locale),
        "of_lot": state.scope == "lot",
        "final": state.final,
        "waits": "" if state.final else label(f"state_waits.{law.id}.{name}", locale),
        "duty": _duty(law, state.owes, locale) if state.owes else None,
    }


def _duty(law: ProcessDefinition, owed: Obligation, locale: str) -> dict[str, str]:
    """Who owes what, and by when."""
    return {
        "what": words.step_text("trigger", law.id, owed.trigger, locale),
        "who": _roles(owed.roles, locale),
        "when": _last_day(owed, locale),
    }


def _last_day(owed: Obligation, locale: str) -> str:
    if owed.deadline:
        return _deadline(owed.deadline, locale)
    return label(f"open_ended.{owed.open_ended}", locale) if owed.open_ended else ""


def _deadline(name: str, locale: str) -> str:
    """ "20 arbetsdagar (Stegvis standard)"; a deadline that is not one term long is named instead."""
    rule = DUE_DATES[name]
    if name not in TERMS:
        return f"{label(f'term.{name}', locale)} ({rule.source})"
    return f"{duration(TERMS[name].amount, TERMS[name].unit, locale)} ({TERMS[name].source})"


def _edge(law: ProcessDefinition, edge: Transition, locale: str) -> dict[str, Any]:
    """One step: who may take it, when this way is the one, what it demands and brings."""
    return {
        "name": words.step_text("trigger", law.id, edge.trigger, locale),
        "to": words.state_text(law.id, edge.target, locale) if edge.target != edge.source else None,
        "who": _roles(edge.roles, locale),
        "decides": edge.decides,
        "when": [_choice(fact, values, locale) for fact, values in edge.when],
        "demands": [
            {"text": label(f"requires.{g}", locale), "rule": _rule(GUARDS[g].mark, GUARDS[g].source, locale)}
            for g in edge.guards
        ],
        "brings": [label(f"effect.{e}", locale) for e in edge.effects],
        "opens": [_duty(law, o, locale) for o in edge.opens],
        "cites": edge.cites,
    }


def _choice(fact: str, values: Iterable[str], locale: str) -> str:
    """ "Upphandlingssätt: över tröskelvärdet eller direktupphandling"."""
    group = "yes_no" if set(values) <= {"yes", "no"} else fact
    listed = gettext(" or ", locale).join(label(f"value.{group}.{v}", locale) for v in values)
    return f"{label(f'routing.{fact}', locale)}: {listed}"


def _roles(roles: Iterable[str], locale: str) -> str:
    return ", ".join(label(f"role.{r}", locale) for r in roles)


def _rule(mark: str, source: str, locale: str) -> str:
    """Where a rule comes from. Our own rules have no source that one could look up elsewhere."""
    kind = label(f"mark.{mark}", locale)
    return kind if source.startswith(("Stegvis:", "seed", "the ")) else f"{kind}: {source}"
