"""The delegation order and who stands in for whom: by what right somebody decides."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from states.registry import DEFINITIONS
from templates.labels import gettext, label
from workflow.commands import AddMandate, EndAbsence, EndMandate, EndSubstitute, SetSubstitute
from workflow.engine.forms import kronor
from workflow.people.organisation import MANDATED_ACTS
from workflow.people.queries import absences, mandates, substitutes
from workflow.web.base import flash, page, viewer_of
from workflow.web.pages.admin import Answers, Typed, administers, people_options, role_options, settle, tabs
from workflow.web.pages.visit import Sent, carry_out, visiting

router = APIRouter()


def act_text(act: str, locale: str) -> str:
    """What a mandate covers, named as the step is."""
    process = next(d.id for d in DEFINITIONS.values() if act in d.triggers())
    return label(f"trigger.{process}.{act}", locale)


@router.get("/admin/mandates")
def show_mandates(request: Request) -> Response:
    return _mandates_page(request, Typed())


@router.post("/admin/mandates")
def add_mandate(request: Request, sent: Sent) -> Response:
    """A row of the delegation order, for a role or for one person."""
    region_id = viewer_of(request).region_id

    def command(answers: Answers) -> AddMandate:
        return AddMandate(
            region_id,
            answers.text("act"),
            answers.choice("role"),
            answers.choice("person"),
            answers.kronor("limit_amount"),
            answers.text("mandate_rule"),
            answers.text("source") or gettext("Delegation order", "sv"),
            answers.day("valid_from"),
            answers.day("valid_to"),
        )

    return settle(
        request,
        sent,
        command,
        done=gettext("The delegation order has a new row.", viewer_of(request).locale),
        to="/admin/mandates",
        again=lambda t: _mandates_page(request, t),
    )


@router.post("/admin/mandates/{mandate_id}/end")
def end_mandate(request: Request, mandate_id: str, sent: Sent) -> Response:
    """The row ends with today: decisions taken under it stand."""
    with visiting(request) as visit:
        today = visit.today
    return settle(
        request,
        sent,
        lambda _: EndMandate(mandate_id, today),
        done=gettext("The row ends today.", viewer_of(request).locale),
        to="/admin/mandates",
        again=lambda t: _mandates_page(request, t),
    )


@router.get("/admin/substitutes")
def show_substitutes(request: Request) -> Response:
    return _substitutes_page(request, Typed())


@router.post("/admin/substitutes")
def set_substitute(request: Request, sent: Sent) -> Response:
    return settle(
        request,
        sent,
        lambda a: substitute_of(a, a.text("person")),
        done=gettext("The substitute is set.", viewer_of(request).locale),
        to="/admin/substitutes",
        again=lambda t: _substitutes_page(request, t),
    )


@router.post("/admin/substitutes/{row_id}/end")
def end_substitute(request: Request, row_id: str, sent: Sent) -> Response:
    """End it from today on, or take back what has not begun."""
    carry_out(request, sent, EndSubstitute(row_id))
    flash(request, gettext("The substitute is ended.", viewer_of(request).locale))
    return RedirectResponse("/admin/substitutes", 303)


@router.post("/admin/absences/{absence_id}/end")
def end_absence(request: Request, absence_id: str, sent: Sent) -> Response:
    """The person is back from today on."""
    carry_out(request, sent, EndAbsence(absence_id))
    flash(request, gettext("The absence is ended.", viewer_of(request).locale))
    return RedirectResponse("/admin/substitutes", 303)


def substitute_of(answers: Answers, person_id: str) -> SetSubstitute:
    """Who stands in for a person, from the fields that the two pages share."""
    return SetSubstitute(
        person_id,
        answers.text("substitute"),
        answers.day("valid_from", required=True),
        answers.day("valid_to", required=True),
        away=answers.text("presence") != "at_work",
    )


def _mandates_page(request: Request, typed: Typed) -> Response:
    with visiting(request) as visit:
        locale, today = visit.locale, visit.today
        rows: list[dict[str, Any]] = [
            {
                "item": m,
                "act": act_text(m.act, locale),
                "limit": kronor(m.limit_ore),
                "ended": m.valid_to is not None and m.valid_to < today,
            }
            for m in mandates(visit.uow, visit.who)
        ]
        context = {
            "rows": rows,
            "acts": [("", gettext("Choose", locale)), *((a, act_text(a, locale)) for a in MANDATED_ACTS)],
            "roles": [("", gettext("No role", locale)), *role_options(locale)],
            "people": [("", gettext("No person", locale)), *people_options(visit)],
            "may_change": administers(visit),
            "tabs": tabs("/admin/mandates", visit),
            **typed.as_context(),
        }
        title = gettext("Delegation order", locale)
        return page(
            request, "pages/admin_mandates.html", context, title=title, status=typed.status, errors=typed.errors
        )


def _substitutes_page(request: Request, typed: Typed) -> Response:
    with visiting(request) as visit:
        rows = substitutes(visit.uow, visit.who)
        context = {
            "rows": [
                {"item": s, "current": s.valid_from <= visit.today <= s.valid_to, "ended": s.valid_to < visit.today}
                for s in rows
            ],
            "absences": absences(visit.uow, visit.who, visit.today),
            "people": [("", gettext("Choose", visit.locale)), *people_options(visit)],
            "may_change": administers(visit),
            "tabs": tabs("/admin/substitutes", visit),
            **typed.as_context(),
        }
        title = gettext("Substitutes", visit.locale)
        return page(
            request, "pages/admin_substitutes.html", context, title=title, status=typed.status, errors=typed.errors
        )
