"""The register of contracts, the contracts of the next 24 months on one page, and imports of older lists."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from templates.labels import gettext, has_label, label, ngettext
from workflow.commands import OpenCase
from workflow.contracts.queries import (
    Ahead,
    ContractFilter,
    ContractItem,
    contracts_ahead,
    divisions_ahead,
    list_contracts,
)
from workflow.contracts.summary import summary
from workflow.engine.forms import kronor
from workflow.errors import NotFound
from workflow.exports.tables import EXPORTED_ROWS, Column, Sheet, Value
from workflow.people.queries import people_of_region
from workflow.web.base import flash, page
from workflow.web.filters import check_values, only_known
from workflow.web.pages import words
from workflow.web.pages.cases import sheet_download
from workflow.web.pages.dates import day_or_none
from workflow.web.pages.visit import Sent, carry_out, unit_options, visiting
from workflow.web.problems import UnknownFilter

router = APIRouter()
_NAMES = ("expiring_before", "owner", "unit", "contract_class", "q", "ended")
_KNOWN = Depends(only_known(*_NAMES))
OPENERS = {"procurement_officer", "head_of_procurement", "contract_owner"}


def _filters(given: dict[str, str]) -> tuple[ContractFilter, dict[str, str]]:
    kept = {name: given[name].strip() for name in _NAMES if given.get(name, "").strip()}
    check_values(kept)
    before = day_or_none(kept.get("expiring_before", ""))
    if before is None and "expiring_before" in kept:
        raise UnknownFilter(f"expiring_before={kept['expiring_before']}")
    return ContractFilter(
        expiring_before=before,
        owner=kept.get("owner"),
        unit=kept.get("unit"),
        q=kept.get("q"),
        contract_class=kept.get("contract_class"),
        open_only=not kept.get("ended"),
    ), kept


@router.get("/contracts", dependencies=[_KNOWN])
def show_contracts(request: Request, after: str | None = None) -> Response:
    with visiting(request) as visit:
        locale = visit.locale
        filters, kept = _filters(dict(request.query_params))
        found = list_contracts(visit.uow, visit.who, filters, after=after)
        people = people_of_region(visit.uow, visit.who, visit.today, roles=("contract_owner",))
        units = unit_options(visit)
        names = {p.id: p.name for p in people} | dict(units)
        everything = [("", gettext("All", locale))]
        context: dict[str, Any] = {
            "rows": [{"item": c, "state": words.state_text("contract", c.state, locale)} for c in found.items],
            "kept": kept,
            "chips": [
                {
                    "text": _chip(name, value, names, locale),
                    "remove_href": "/contracts?" + urlencode({k: v for k, v in kept.items() if k != name}),
                }
                for name, value in kept.items()
            ],
            "owners": [*everything, *((p.id, p.name) for p in people)],
            "units": [*everything, *units],
            "classes": [*everything, *((c, label(f"value.contract_class.{c}", locale)) for c in "abc")],
            "next_href": "/contracts?" + urlencode({**kept, "after": found.next}) if found.next else None,
            "export": "/contracts/export?" + urlencode(kept),
            "may_import": bool(visit.who.roles() & {"procurement_officer"}),
        }
        return page(request, "pages/contracts.html", context, title=gettext("Contracts", locale))


def _chip(name: str, value: str, names: dict[str, str], locale: str) -> str:
    if name == "expiring_before":
        return gettext("Ends before %(day)s", locale, day=value)
    if name == "contract_class":
        code = f"value.contract_class.{value}"
        return label(code, locale) if has_label(code, locale) else value
    if name == "ended":
        return gettext("Ended too", locale)
    return names.get(value, f"”{value}”")


@router.get("/contracts/export", dependencies=[_KNOWN])
def export_contracts(request: Request, format: str = "xlsx") -> Response:  # noqa: A002
    """Exactly the rows of the register, as Excel or CSV."""
    with visiting(request) as visit:
        filters, _ = _filters(dict(request.query_params))
        rows: list[list[Value]] = []
        after: str | None = None
        while len(rows) < EXPORTED_ROWS:
            found = list_contracts(visit.uow, visit.who, filters, after=after, limit=500)
            rows += [_cells(c, visit.locale) for c in found.items]
            after = found.next
            if after is None:
                break
        sheet = Sheet(gettext("Contracts", visit.locale), _columns(visit.locale), rows)
        return sheet_download(visit, sheet, format, "avtal" if visit.locale == "sv" else "contracts")


def _columns(locale: str) -> list[Column]:
    return [
        Column("reference", gettext("Reference", locale)),
        Column("title", label("field.title", locale)),
        Column("contract_number", label("field.contract_number", locale)),
        Column("supplier", gettext("Supplier", locale)),
        Column("organisation_number", label("field.organisation_number", locale)),
        Column("unit", label("field.unit", locale)),
        Column("owner", label("field.owner", locale)),
        Column("start_on", label("field.start_on", locale), "date"),
        Column("end_on", label("field.end_on", locale), "date"),
        Column("last_end_on", gettext("Longest possible, with options", locale), "date"),
        Column("options_left", gettext("Options left", locale), "int"),
        Column("value", label("field.value", locale), "money"),
        Column("contract_class", label("field.contract_class", locale)),
        Column("state", gettext("Stands at", locale)),
    ]


def _cells(c: ContractItem, locale: str) -> list[Value]:
    return [
        c.reference,
        c.title,
        c.contract_number,
        c.supplier_name,
        c.organisation_number,
        c.unit_name,
        c.owner_name,
        c.start_on,
        c.end_on,
        c.last_end_on,
        c.options_left,
        kronor(c.value_ore),
        c.contract_class.upper() if c.contract_class else None,
        words.state_text("contract", c.state, locale),
    ]


# --- the next 24 months ----------------------------------------------------------------------------------------


@router.get("/contracts/ahead", dependencies=[Depends(only_known())])
def ahead(request: Request, unit: str = "", format: str = "", view: str = "") -> Response:  # noqa: A002
    """Contracts of the next 24 months by division: last day for extension, latest start of the next procurement.

    `view`: "summary" is one A4 to print, "whole" the list with every date's receipt open.
    """
    if view not in ("", "summary", "whole"):
        raise UnknownFilter(f"view={view}")
    with visiting(request) as visit:
        locale = visit.locale
        found = contracts_ahead(visit.uow, visit.who, visit.today, division=unit or None)
        divisions = divisions_ahead(visit.uow, visit.who, visit.today)
        shown = found.items
        if format in ("xlsx", "csv"):
            return sheet_download(visit, _ahead_sheet(found, locale), format, "avtal-24-manader")
        title = gettext("Contracts of the next 24 months", locale)
        only = {"unit": unit} if unit else {}
        if view == "summary":
            paper = {"found": summary(shown, visit.today), "division": divisions.get(unit), "query": urlencode(only),
                     "left_out": _left_out(found, locale)}  # fmt: skip
            return page(request, "pages/ahead_summary.html", paper, title=title)
        ordered = sorted(shown, key=lambda c: (c.division or "\uffff", c.contract.end_on or visit.today))
        groups = [(name, list(rows)) for name, rows in groupby(ordered, key=lambda c: c.division)]
        context = {
            "groups": groups,
            "count": len(shown) + found.left_out,
            "left_out": _left_out(found, locale),
            "divisions": [("", gettext("All", locale)), *sorted(divisions.items(), key=lambda d: str(d[1]))],
            "unit": unit,
            "query": urlencode(only),
            "whole": view == "whole",
            "may_open": bool(visit.who.roles() & OPENERS),
        }
        return page(request, "pages/ahead.html", context, title=title)


def _ahead_sheet(found: Ahead, locale: str) -> Sheet:
    columns = [
        Column("division", gettext("Division", locale)),
        Column("reference", gettext("Reference", locale)),
        Column("title", label("field.title", locale)),
        Column("supplier", gettext("Supplier", locale)),
        Column("owner", label("field.owner", locale)),
        Column("end_on", label("field.end_on", locale), "date"),
        Column("last_end_on", gettext("Longest possible, with options", locale), "date"),
        Column("extension_notice_on", gettext("Last day to extend", locale), "date"),
        Column("renewal_start_on", gettext("Start the next procurement by", locale), "date"),
        Column("successor", gettext("Next procurement", locale)),
        Column("value", label("field.value", locale), "money"),
    ]
    cells: list[list[Value]] = [
        [
            r.division,
            r.contract.reference,
            r.contract.title,
            r.contract.supplier_name,
            r.contract.owner_name,
            r.contract.end_on,
            r.contract.last_end_on,
            r.extension_notice_on,
            r.renewal_start_on,
            r.successor.reference if r.successor else None,
            kronor(r.contract.value_ore),
        ]
        for r in found.items
    ]
    if found.left_out:
        cells.append([_left_out(found, locale), *[None] * (len(columns) - 1)])
    return Sheet(gettext("24 months", locale), columns, cells)


def _left_out(found: Ahead, locale: str) -> str:
    """What stands beside a list that was cut short."""
    if not found.left_out:
        return ""
    one, many = "One contract that ends later is left out.", "%(n)s contracts that end later are left out."
    return ngettext(one, many, found.left_out, locale)


@router.post("/contracts/{case_id}/procure-again")
def procure_again(request: Request, case_id: str, sent: Sent) -> Response:
    """Open the next procurement of a contract, with its title, unit and owner."""
    with visiting(request) as visit:
        ahead_of_it = contracts_ahead(visit.uow, visit.who, visit.today, case_id=case_id).items
        source = ahead_of_it[0] if ahead_of_it else None
        if source is None:
            raise NotFound
        locale = visit.locale
        form: dict[str, Any] = {"title": source.contract.title}
        if source.contract.unit_id:
            form["unit"] = source.contract.unit_id
        if source.contract.owner_id:
            form["owner"] = source.contract.owner_id
        region_id = visit.viewer.region_id
    opened = carry_out(request, sent, OpenCase("procurement", region_id, form, predecessor_id=case_id))
    flash(request, gettext("The case %(reference)s is open.", locale, reference=opened["reference"]))
    return RedirectResponse(f"/cases/{opened['id']}", 303)
