"""The list of cases with its filters, the same rows as a file, and a new procurement."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from states.registry import DEFINITIONS, definition
from templates.formatting import number
from templates.labels import gettext, has_label, label
from workflow.cases.forms import OpenProcurement
from workflow.cases.list_filters import CASE_FILTERS
from workflow.cases.queries import COUNT_CAP, RARE, CaseFilter, CaseItem, list_and_counts, list_cases
from workflow.cases.saved_views import saved_views
from workflow.cases.visits import changed_since_visit
from workflow.commands import OpenCase
from workflow.errors import InvalidForm
from workflow.exports.tables import EXPORTED_ROWS, Column, Sheet, Value, write_csv, write_xlsx
from workflow.people.queries import people_of_region
from workflow.web.base import flash, page
from workflow.web.downloads import download
from workflow.web.filters import check_values, only_known
from workflow.web.pages import beside_case, case, words
from workflow.web.pages.admin import Typed
from workflow.web.pages.form_fields import asked, described, faults_at, shown, typed
from workflow.web.pages.visit import Sent, Visit, carry_out, choices, sole_holders, texts, unit_options, visiting

router = APIRouter()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_KNOWN = Depends(only_known(*CASE_FILTERS))


def _filters(given: dict[str, str]) -> tuple[CaseFilter, dict[str, str]]:
    """The filter, and the part of the address that gives the same list again."""
    kept = {name: given[name].strip() for name in CASE_FILTERS if given.get(name, "").strip()}
    check_values(kept)
    year = kept.get("year")
    return CaseFilter(
        process=kept.get("process"),
        phase=kept.get("phase"),
        state=kept.get("state"),
        owner=kept.get("owner"),
        officer=kept.get("officer"),
        unit=kept.get("unit"),
        overdue=True if kept.get("overdue") else None,
        open_only=not kept.get("closed"),
        expiring_year=int(year) if year else None,
        q=kept.get("q"),
    ), kept


@router.get("/cases", dependencies=[_KNOWN])
def show_cases(request: Request, after: str | None = None, all: str = "") -> Response:  # noqa: A002, ARG001
    """The cases of the region, narrowed by the filters of the address; `all` and no other: not by one's start view."""
    with visiting(request) as visit:
        if not request.query_params:
            start = next((v for v in saved_views(visit.uow, visit.who) if v.start), None)
            if start is not None:
                return RedirectResponse("/cases?" + urlencode(start.filters), 303)
        return cases_page(request, visit, dict(request.query_params), after=after)


def list_address(kept: dict[str, str]) -> str:
    """The address of the list with these filters; without any it says so, or one's start view would open."""
    return "/cases?" + urlencode(kept or {"all": "1"})


def cases_page(
    request: Request,
    visit: Visit,
    given: dict[str, str],
    *,
    after: str | None = None,
    typed: Typed = Typed(),  # noqa: B008
) -> Response:
    """The list narrowed by what is given; `typed` is what came back with the form of a saved view."""
    filters, kept = _filters(given)
    found, counts = list_and_counts(visit.uow, visit.who, filters, after=after)
    locale = visit.locale
    people = people_of_region(visit.uow, visit.who, visit.today)
    alone = sole_holders(visit)
    units = unit_options(visit)
    names = {p.id: p.name for p in people} | dict(units)
    changed = changed_since_visit(visit.uow, visit.who, (c.id for c in found.items))
    views = saved_views(visit.uow, visit.who)
    context: dict[str, Any] = {
        "counts": _counts(visit, counts, kept),
        "chips": _chips(kept, names, locale),
        "kept": kept,
        "views": [{"view": v, "href": list_address(v.filters), "current": v.filters == kept} for v in views],
        "may_save": bool(kept) and all(v.filters != kept for v in views),
        "rows": [_row(c, visit, alone) | {"changed": c.id in changed} for c in found.items],
        "next_href": "/cases?" + urlencode({**kept, "after": found.next}) if found.next else None,
        "export": "/cases/export?" + urlencode(kept),
        "processes": [
            ("", gettext("All", locale)),
            *((p, label(f"process.{p}", locale)) for p in sorted({d.id for d in DEFINITIONS.values()}, reverse=True)),
        ],
        "phases": [
            ("", gettext("All", locale)),
            *((p, label(f"phase.procurement.{p}", locale)) for p in definition("procurement").phases),
        ],
        "owners": [("", gettext("All", locale)), *((p.id, p.name) for p in people if _holds(p, "contract_owner"))],
        "officers": [
            ("", gettext("All", locale)),
            *((p.id, p.name) for p in people if _holds(p, "procurement_officer")),
        ],
        "units": [("", gettext("All", locale)), *units],
        "may_import": "procurement_officer" in visit.who.roles(),
        "may_open": bool(visit.who.roles() & {"procurement_officer", "head_of_procurement", "contract_owner"}),
    }
    return page(
        request, "pages/cases.html", {**context, **typed.as_context()}, title=gettext("Cases", locale),
        status=typed.status, errors=typed.errors,
    )  # fmt: skip


def _holds(person: Any, role: str) -> bool:
    return any(r.role == role for r in person.roles)


def _counts(visit: Visit, counts: dict[str, int] | None, kept: dict[str, str]) -> list[dict[str, Any]]:
    """ "212 öppna, 17 sena …", each a link to the rows behind it; of very common words only that they are common."""
    locale = visit.locale
    if counts is None:
        said = gettext(
            "More than %(n)s cases have these words in their title, so they are not counted. Write more words to find fewer.",
            locale,
            n=number(RARE, locale),
        )
        return [{"text": said, "href": None}]

    def n(name: str) -> str:
        figure = number(counts[name], locale)
        return gettext("at least %(n)s", locale, n=figure) if counts[name] >= COUNT_CAP else figure

    year = str(visit.today.year + 1)
    told = [
        (gettext("%(n)s open", locale, n=n("open")), {}),
        (gettext("%(n)s late", locale, n=n("late")), {"overdue": "1"}),
        (gettext("%(n)s without contract owner", locale, n=n("without_owner")), None),
        (
            gettext("%(n)s contracts end in %(year)s", locale, n=n("expiring_next_year"), year=year),
            {"process": "contract", "year": year},
        ),
    ]
    return [
        {"text": text, "href": None if extra is None else "/cases?" + urlencode({**kept, **extra})}
        for text, extra in told
    ]


def _chips(kept: dict[str, str], names: dict[str, str], locale: str) -> list[dict[str, str]]:
    def text(name: str, value: str) -> str:
        if name == "process":
            return label(f"process.{value}", locale) if has_label(f"process.{value}", locale) else value
        if name == "phase":
            code = f"phase.procurement.{value}"
            return label(code, locale) if has_label(code, locale) else value
        if name == "state":
            kind = next(d.id for d in DEFINITIONS.values() if any(s.name == value for s in d.states))
            return words.state_text(kind, value, locale)
        if name == "overdue":
            return gettext("Late", locale)
        if name == "closed":
            return gettext("Closed too", locale)
        if name == "year":
            return gettext("Ends in %(year)s", locale, year=value)
        return names.get(value, f"”{value}”") if name != "q" else f"”{value}”"

    return [
        {
            "text": text(name, value),
            "remove_href": list_address({k: v for k, v in kept.items() if k != name}),
        }
        for name, value in kept.items()
    ]


def _row(case: CaseItem, visit: Visit, alone: dict[str, str]) -> dict[str, Any]:
    """`alone`: who holds a role of the region alone, by role."""
    locale = visit.locale
    who = {
        **alone,
        "procurement_officer": case.officer_name,
        "contract_owner": case.owner_name,
        "contract_manager": case.manager_name,
    }.get(case.next_role or "")
    return {
        "case": case,
        "state": words.state_text(case.process, case.state, locale),
        "who": who or (words.role_text(case.next_role, locale) if case.next_role else ""),
    }


@router.get("/cases/export", dependencies=[_KNOWN])
def export_cases(request: Request, format: str = "xlsx") -> Response:  # noqa: A002
    """Exactly the rows of the list, as Excel or CSV."""
    with visiting(request) as visit:
        filters, _ = _filters(dict(request.query_params))
        rows: list[list[Value]] = []
        after: str | None = None
        while len(rows) < EXPORTED_ROWS:
            found = list_cases(visit.uow, visit.who, filters, after=after, limit=500)
            rows += [_cells(c, visit.locale) for c in found.items]
            after = found.next
            if after is None:
                break
        columns = [
            Column("reference", gettext("Reference", visit.locale)),
            Column("registry_number", label("field.registry_number", visit.locale)),
            Column("title", label("field.title", visit.locale)),
            Column("process", label("field.process", visit.locale)),
            Column("state", gettext("Stands at", visit.locale)),
            Column("unit", label("field.unit", visit.locale)),
            Column("owner", label("field.owner", visit.locale)),
            Column("officer", label("field.officer", visit.locale)),
            Column("due_on", gettext("Last day", visit.locale), "date"),
            Column("paused_on", gettext("Paused since", visit.locale), "date"),
            Column("updated_at", gettext("Changed", visit.locale), "instant"),
        ]
        sheet = Sheet(gettext("Cases", visit.locale), columns, rows)
        return sheet_download(visit, sheet, format, "arenden" if visit.locale == "sv" else "cases")


def sheet_download(visit: Visit, sheet: Sheet, format: str, name: str) -> Response:  # noqa: A002
    """The sheet as the file that was asked for: Excel, or CSV as Swedish Excel reads it."""
    name = f"{name}-{visit.today.isoformat()}"
    if format == "csv":
        return download(f"{name}.csv", write_csv(sheet), "text/csv; charset=utf-8")
    content = write_xlsx([sheet], locale=visit.locale, created_at=visit.uow.now)
    return download(f"{name}.xlsx", content, XLSX)


def _cells(case: CaseItem, locale: str) -> list[Value]:
    return [
        case.reference,
        case.registry_number,
        case.title,
        label(f"process.{case.process}", locale),
        words.state_text(case.process, case.state, locale),
        case.unit_name,
        case.owner_name,
        case.officer_name,
        None if case.paused_on else case.next_due_on,
        case.paused_on,
        case.updated_at,
    ]


# --- a new procurement -----------------------------------------------------------------------------------------


@router.get("/cases/new")
def show_new(request: Request, predecessor: str = "", title: str = "") -> Response:
    with visiting(request) as visit:
        return _new_page(request, visit, {"title": title} if title else {}, predecessor, [])


@router.post("/cases/new")
def open_procurement(request: Request, sent: Sent) -> Response:
    """Open a procurement; `predecessor` is the contract it follows on."""
    given = texts(sent)
    fields = asked(OpenProcurement)
    data = typed(fields, given)
    predecessor = given.get("predecessor", "")
    with visiting(request) as visit:
        region_id, locale = visit.viewer.region_id, visit.locale
    try:
        command = OpenCase("procurement", region_id, data, predecessor_id=predecessor or None)
        opened = carry_out(request, sent, command)
    except InvalidForm as refusal:
        with visiting(request) as visit:
            return _new_page(request, visit, data, predecessor, faults_at(fields, refusal.errors, locale))
    flash(request, gettext("The case %(reference)s is open.", locale, reference=opened["reference"]))
    return RedirectResponse(f"/cases/{opened['id']}", 303)


def _new_page(
    request: Request, visit: Visit, data: dict[str, Any], predecessor: str, errors: list[tuple[str | None, str]]
) -> Response:
    fields = asked(OpenProcurement)
    if "officer" not in data and "procurement_officer" in visit.who.roles() and not errors:
        data = {**data, "officer": visit.who.person_id}
    context = {
        "fields": described(
            fields,
            shown(fields, data, visit.locale),
            {name: text for name, text in errors if name},
            choices(visit),
            visit.locale,
        ),
        "predecessor": predecessor,
        "errors": errors,
    }
    title = gettext("New procurement", visit.locale)
    return page(request, "pages/new_case.html", context, title=title, status=422 if errors else 200, errors=errors)


# After /cases/new and /cases/export, which would else be read as the id of a case.
router.include_router(case.routes)
router.include_router(beside_case.routes)
