"""One's saved views of the list of cases: keep the present filter, rename, delete, open the list with it."""

from __future__ import annotations

from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from templates.labels import gettext
from workflow.cases.list_filters import CASE_FILTERS
from workflow.commands import ChangeView, DeleteView, SaveView
from workflow.errors import InvalidForm
from workflow.web.base import flash, viewer_of
from workflow.web.filters import check_values
from workflow.web.pages.admin import Typed
from workflow.web.pages.cases import cases_page, list_address
from workflow.web.pages.visit import Sent, carry_out, texts, visiting
from workflow.web.pages.words import fault_texts

router = APIRouter()


def _filters(given: dict[str, str]) -> dict[str, str]:
    """The list's filters as the form carried them. Raises UnknownFilter for a value that none has."""
    kept = {name: given[name].strip() for name in CASE_FILTERS if given.get(name, "").strip()}
    check_values(kept)
    return kept


@router.post("/me/views")
def save_view(request: Request, sent: Sent) -> Response:
    """Keep the list as it is narrowed now under a name."""
    given = texts(sent)
    filters, name = _filters(given), given.get("name", "")
    try:
        saved = carry_out(request, sent, SaveView(name, filters, given.get("start") == "1"))
    except InvalidForm as refusal:
        return _again(request, refusal, filters, given, "name")
    flash(request, gettext("The view ”%(name)s” is saved.", viewer_of(request).locale, name=saved["name"]))
    return RedirectResponse("/cases?" + urlencode(filters), 303)


@router.post("/me/views/{view_id}")
def change_view(request: Request, view_id: str, sent: Sent) -> Response:
    """Another name, and whether the list opens with it."""
    given = texts(sent)
    filters = _filters(given)
    try:
        saved = carry_out(request, sent, ChangeView(view_id, given.get("name", ""), given.get("start") == "1"))
    except InvalidForm as refusal:
        return _again(request, refusal, filters, given, f"name-{view_id}")
    flash(request, gettext("The view ”%(name)s” is saved.", viewer_of(request).locale, name=saved["name"]))
    return RedirectResponse(list_address(filters), 303)


@router.post("/me/views/{view_id}/delete")
def delete_view(request: Request, view_id: str, sent: Sent) -> Response:
    filters = _filters(texts(sent))
    deleted = carry_out(request, sent, DeleteView(view_id))
    flash(request, gettext("The view ”%(name)s” is deleted.", viewer_of(request).locale, name=deleted["name"]))
    return RedirectResponse(list_address(filters), 303)


def _again(
    request: Request, refusal: InvalidForm, filters: dict[str, str], given: dict[str, str], field: str
) -> Response:
    """The list with the form as it was typed, and what is wrong with it at the field of the page."""
    with visiting(request) as visit:
        errors: list[tuple[str | None, str]] = [(field, text) for _, text in fault_texts(refusal.errors, visit.locale)]
        typed = Typed({field: given.get("name", ""), f"start{field[4:]}": given.get("start", "")}, errors)
        return cases_page(request, visit, filters, typed=typed)
