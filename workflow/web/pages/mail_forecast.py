"""Mails to come: which will go to whom on which day if nothing happens."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from templates.labels import gettext, label, ngettext
from workflow.cases.region_trail import OVERSEERS, case_named
from workflow.mail_forecast import DAYS, MOST_DAYS, mail_forecast
from workflow.people.queries import people_of_region
from workflow.preview import Mail
from workflow.web.base import page
from workflow.web.filters import only_known
from workflow.web.pages.mail_words import kind_text, why_of
from workflow.web.pages.visit import small_int, visiting

router = APIRouter()
_NAMES = ("person", "case", "days")


@router.get("/mails/forecast", dependencies=[Depends(only_known(*_NAMES))])
def show_forecast(request: Request) -> Response:
    """By the real engine on a copy; nothing is sent and nothing changed."""
    kept = {n: v for n in _NAMES if (v := request.query_params.get(n, "").strip())}
    with visiting(request) as visit:
        locale, errors = visit.locale, list[tuple[str | None, str]]()
        days = small_int(kept.get("days")) or DAYS
        if "days" in kept and (str(days) != kept["days"] or not 1 <= days <= MOST_DAYS):
            errors.append(("days", gettext("Write a number from 1 to %(most)s.", locale, most=MOST_DAYS)))
        case = case_named(visit.uow, visit.who, kept["case"]) if "case" in kept else None
        if "case" in kept and case is None:
            errors.append(("case", label("error.unknown_case", locale)))
        found = None
        if not errors:
            with request.app.state.looks_ahead.one(visit.who.person_id):
                found = mail_forecast(visit.app, visit.who, days=days, person_id=kept.get("person"), case=case)
        people = people_of_region(visit.uow, visit.who, visit.today)
        context: dict[str, Any] = {
            "kept": kept,
            "days": kept.get("days", str(days)),
            "oversees": bool(visit.who.roles() & OVERSEERS),
            "people": [("", gettext("Everybody", locale)), *((p.id, p.name) for p in people)],
            "until": found.until if found else None,
            "groups": [
                (on, [_row(m, locale) for m in mails])
                for on, mails in groupby(found.mails if found else [], key=lambda m: m.on)
            ],
            "count": len(found.mails) if found else 0,
            "errors": errors,
            "faults": dict(errors),
        }
        title = gettext("Mails to come", locale)
        status = 422 if errors else 200
        return page(request, "pages/mail_forecast.html", context, title=title, status=status, errors=errors)


def _row(mail: Mail, locale: str) -> dict[str, Any]:
    count = ngettext("%(n)s task", "%(n)s tasks", mail.rows, locale) if mail.kind == "digest" else ""
    return {
        "mail": mail,
        "kind": kind_text(mail.kind, locale),
        "count": count,
        "why": why_of(mail.kind, mail.role, mail.substitute_for, locale),
    }
