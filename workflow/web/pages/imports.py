"""Taking in lists of contracts and procurements: the columns as guessed and corrected, a rehearsal, then the import."""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData, UploadFile

from states.roles import Role
from templates.labels import gettext, label
from workflow.errors import FieldError, Forbidden, InvalidForm
from workflow.files.store import open_store
from workflow.importers.commands import (
    Import,
    explained_columns,
    import_contracts,
    import_procurements,
    preview_contracts,
    preview_procurements,
)
from workflow.importers.report import problem_text
from workflow.importers.rows import ImportRefused
from workflow.web.base import page, seal
from workflow.web.pages import words
from workflow.web.pages.visit import Sent, Visit, texts, visiting

router = APIRouter()
#: What an import does is an officer's step (`register_existing`).
IMPORTERS = {Role.PROCUREMENT_OFFICER}
SHOWN_ROWS = 200
_LISTS = ("values", "suppliers")


@router.get("/contracts/import")
def show_contract_import(request: Request) -> Response:
    with visiting(request) as visit:
        return _page(request, visit, "contracts", {}, [])


@router.get("/procurements/import")
def show_procurement_import(request: Request) -> Response:
    with visiting(request) as visit:
        return _page(request, visit, "procurements", {}, [])


@router.post("/contracts/import")
def take_in_contracts(request: Request, sent: Sent) -> Response:
    """First a rehearsal that changes nothing; the button `import` of its page carries it out."""
    given = texts(sent)
    with visiting(request) as visit:
        _may(visit)
        context: dict[str, Any] = {}
        try:
            kept = _kept(visit, sent, "file")
            if kept is None:
                raise InvalidForm([FieldError("file", "field_required")])
            sha256, name, data = kept
            region, app = visit.who.region_id, visit.app
            choices = {k[7:]: (v or None) for k, v in given.items() if k.startswith("column-")}
            context = {"kept": {"file": (sha256, name)}}
            if "import" in given:
                done = import_contracts(app, region, data, name, choices=choices, by=visit.who)
                return _page(request, visit, "contracts", {**_account(done, visit.locale), "done": True}, [])
            context |= _columns(data, name, choices, visit.locale)
            context |= _account(preview_contracts(app, region, data, name, choices=choices).result, visit.locale)
        except ImportRefused as refusal:
            # What was understood of the columns stays on the page, so that the missing ones can be chosen.
            return _page(
                request, visit, "contracts", context, [("file", label(refusal.code, visit.locale, **refusal.params))]
            )
        except InvalidForm as refusal:
            return _page(request, visit, "contracts", {}, words.fault_texts(refusal.errors, visit.locale))
        return _page(request, visit, "contracts", context, [])


@router.post("/procurements/import")
def take_in_procurements(request: Request, sent: Sent) -> Response:
    """The national statistics' own columns: nothing to map, otherwise as for contracts."""
    given = texts(sent)
    with visiting(request) as visit:
        _may(visit)
        try:
            kept = _kept(visit, sent, "file")
            if kept is None:
                raise InvalidForm([FieldError("file", "field_required")])
            sides = {name: found for name in _LISTS if (found := _kept(visit, sent, name)) is not None}
            values, suppliers = (sides[n][2] if n in sides else None for n in _LISTS)
            region, app, (_, name, data) = visit.who.region_id, visit.app, kept
            if "import" in given:
                done = import_procurements(app, region, data, name, values=values, suppliers=suppliers, by=visit.who)
                return _page(request, visit, "procurements", {**_account(done, visit.locale), "done": True}, [])
            looked = preview_procurements(app, region, data, name, values=values, suppliers=suppliers)
        except ImportRefused as refusal:
            errors: list[tuple[str | None, str]] = [("file", label(refusal.code, visit.locale, **refusal.params))]
            return _page(request, visit, "procurements", {}, errors)
        except InvalidForm as refusal:
            return _page(request, visit, "procurements", {}, words.fault_texts(refusal.errors, visit.locale))
        context = {
            **_account(looked, visit.locale),
            "kept": {n: (k[0], k[1]) for n, k in {"file": kept, **sides}.items()},
        }
        return _page(request, visit, "procurements", context, [])


def _may(visit: Visit) -> None:
    if not visit.who.roles() & IMPORTERS:
        raise Forbidden


def _kept(visit: Visit, sent: FormData, field: str) -> tuple[str, str, bytes] | None:
    """The uploaded file, put away under its hash; or the one put away when the rehearsal was shown.

    The hash is sealed with the session's secret: it must not open what others have stored.
    """
    store = open_store(visit.app.settings.files)
    upload = sent.get(field)
    if isinstance(upload, UploadFile) and upload.filename:
        stored = store.put(upload.file, upload.filename)
        sha256, name = stored.sha256, stored.name
    else:
        sha256, name = str(sent.get(f"{field}-sha256") or ""), str(sent.get(f"{field}-name") or "")
        given = str(sent.get(f"{field}-seal") or "")
        if sha256 and not hmac.compare_digest(given.encode(), seal(sha256, visit.viewer).encode()):
            raise InvalidForm([FieldError(field, "field_required")])
    if not sha256:
        return None
    with store.open(sha256) as content:
        return sha256, name, content.read()


def _columns(data: bytes, name: str, choices: dict[str, str | None], locale: str) -> dict[str, Any]:
    """Which column was taken for what, and the headers to choose from."""
    headers, lines, unused = explained_columns(data, name, choices=choices)
    return {
        "columns": [
            {
                "field": line.field,
                "label": label(line.label, locale),
                "why": label(line.why, locale),
                "header": line.header,
                "examples": ", ".join(e for e in line.examples if e),
                "required": line.required,
            }
            for line in lines
        ],
        "headers": [("", gettext("No column", locale)), *((h, h) for h in headers if h)],
        "unused": [h for h in unused if h],
    }


def _account(result: Import, locale: str) -> dict[str, Any]:
    """How many rows and what became of each, in words; rows with something to know come first."""
    sums = result.account
    told = [r for rows in result.lists.values() for r in rows if r.problems]
    return {
        "account": sums,
        "opened": result.opened,
        "already_there": result.already_there,
        "results": [
            {
                "row": r.row_number,
                "outcome": label(f"import_outcome.{r.outcome.value}", locale),
                "used": r.outcome.value == "used",
                "problems": [problem_text(p, locale) for p in r.problems],
            }
            for r in told[:SHOWN_ROWS]
        ],
        "more": max(0, len(told) - SHOWN_ROWS),
    }


def _page(
    request: Request, visit: Visit, kind: str, context: dict[str, Any], errors: list[tuple[str | None, str]]
) -> Response:
    _may(visit)
    shown = {
        "kind": kind,
        "kept": {},
        "account": None,
        "columns": [],
        "headers": [],
        "unused": [],
        "results": [],
        "more": 0,
        "done": False,
        "opened": 0,
        "already_there": 0,
        "faults": {f: t for f, t in errors if f},
        "errors": errors,
        **context,
    }
    shown["seals"] = {name: seal(pair[0], visit.viewer) for name, pair in shown["kept"].items()}
    locale = visit.locale
    titles = {
        "contracts": gettext("Take in a list of contracts", locale),
        "procurements": gettext("Take in a list of procurements", locale),
    }
    status = 422 if errors else 200
    return page(request, "pages/import.html", shown, title=titles[kind], status=status, errors=errors)
