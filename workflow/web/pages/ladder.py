"""One ladder on one page, its fine for finance, and a deviation recorded on a contract."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from templates.formatting import instant
from templates.labels import gettext
from workflow.cases.actions import case_actions
from workflow.cases.queries import case_view
from workflow.commands import OpenCase
from workflow.deviations.forms import OpenDeviation
from workflow.deviations.queries import contract_conditions, ladder_view
from workflow.errors import InvalidForm, NotFound
from workflow.exports.fines import fine_sheet
from workflow.web.base import flash, page
from workflow.web.pages.actions import responsible_names
from workflow.web.pages.case import now_sentence
from workflow.web.pages.cases import sheet_download
from workflow.web.pages.form_fields import asked, described, faults_at, shown, typed
from workflow.web.pages.ladder_words import entry_row, if_nobody_acts, ladder_context, next_step, paper_size, rung_rows
from workflow.web.pages.visit import Sent, Visit, carry_out, choices, texts, visiting

router = APIRouter()


@router.get("/cases/{case_id}/ladder")
def show_ladder(request: Request, case_id: str) -> Response:
    """The ladder of a deviation: where it stands, what comes next and who decides it. On paper: one A4."""
    with visiting(request) as visit:
        ladder = ladder_view(visit.uow, visit.who, case_id)
        view = case_view(visit.uow, visit.who, case_id)
        _, actions = case_actions(visit.uow, case_id, visit.who)
        names = responsible_names(visit, view)
        history = [entry_row(visit, ladder, e) for e in ladder.entries]
        context = {
            "case": ladder.case,
            "now": now_sentence(visit, view, names),
            "next": next_step(visit, ladder, view.tasks, actions, names),
            "ahead": if_nobody_acts(visit, ladder, view.tasks),
            "rungs": rung_rows(visit, ladder, names),
            "history": history,
            "printed_at": instant(visit.uow.now, visit.locale),
            **ladder_context(visit, ladder, view),
        }
        context["paper_size"] = paper_size(ladder, context)
        title = gettext("Sanction ladder: %(title)s", visit.locale, title=ladder.case.title)
        return page(request, "pages/ladder.html", context, title=title)


@router.get("/cases/{case_id}/fine")
def export_fine(request: Request, case_id: str, format: str = "xlsx") -> Response:  # noqa: A002
    """The fine's account of one deviation for finance, a row a started week."""
    with visiting(request) as visit:
        ladder = ladder_view(visit.uow, visit.who, case_id)
        name = "vite" if visit.locale == "sv" else "fine"
        return sheet_download(
            visit, fine_sheet(visit.uow, visit.who, visit.locale, case_id), format, f"{name}-{ladder.case.reference}"
        )


# --- on a contract ----------------------------------------------------------------------------------------------


@router.get("/contracts/{case_id}/deviations/new")
def show_new_deviation(request: Request, case_id: str) -> Response:
    with visiting(request) as visit:
        return _new_page(request, visit, case_id, {}, [])


@router.post("/contracts/{case_id}/deviations/new")
def record_deviation(request: Request, case_id: str, sent: Sent) -> Response:
    """A deviation of the contract becomes a case of its own; its ladder begins when the officer opens the dialogue."""
    fields = _asked()
    data = typed(fields, texts(sent))
    with visiting(request) as visit:
        region_id, locale = visit.viewer.region_id, visit.locale
    try:
        opened = carry_out(request, sent, OpenCase("deviation", region_id, data, parent_id=case_id))
    except InvalidForm as refusal:
        with visiting(request) as visit:
            return _new_page(request, visit, case_id, data, faults_at(fields, refusal.errors, locale))
    flash(request, gettext("The case %(reference)s is open.", locale, reference=opened["reference"]))
    return RedirectResponse(f"/cases/{opened['id']}", 303)


def _asked() -> Any:
    return asked(OpenDeviation)


def _new_page(
    request: Request, visit: Visit, case_id: str, data: dict[str, Any], errors: list[tuple[str | None, str]]
) -> Response:
    view = case_view(visit.uow, visit.who, case_id)
    if view.contract is None:
        raise NotFound
    if not errors:
        contact = contract_conditions(visit.uow, visit.who, case_id, visit.today).contact or {}
        data = {f"contact_{n}": contact.get(n) for n in ("name", "email")} | {
            "contact_language": contact.get("locale"), **data,
        }  # fmt: skip
    fields, locale = _asked(), visit.locale
    faults = {name: text for name, text in errors if name}
    context = {
        "contract": view,
        "fields": described(fields, shown(fields, data, locale), faults, choices(visit), locale),
        "errors": errors,
    }
    title = gettext("Record a deviation", locale)
    return page(request, "pages/new_deviation.html", context, title=title, status=422 if errors else 200, errors=errors)
