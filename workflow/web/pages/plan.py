"""The procurement plan: what must be procured in 24 months, needs entered by hand, versions decided and published."""

from __future__ import annotations

import json
from itertools import groupby
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from states.planning import Standing
from templates.labels import gettext, has_label, label, ngettext
from workflow.commands import AddPlanEntry, DecidePlan, PublishPlan, UnpublishPlan, WithdrawPlanEntry
from workflow.engine.forms import kronor
from workflow.errors import InvalidForm, NotFound
from workflow.exports.tables import Column, Sheet, Value
from workflow.people.queries import people_of_region
from workflow.planning.handlers import ENTERING, LEADING
from workflow.planning.queries import KINDS, TRACKS, VERSION, VERSIONS, Plan, PlanFilter, PlanRow, plan, public_rows
from workflow.web.base import flash, page
from workflow.web.filters import only_known
from workflow.web.pages import words
from workflow.web.pages.cases import sheet_download
from workflow.web.pages.dates import day_or_none
from workflow.web.pages.plan_words import quarter_text
from workflow.web.pages.visit import Sent, Visit, carry_out, texts, unit_options, visiting
from workflow.web.problems import UnknownFilter

router = APIRouter()
_NAMES = ("unit", "kind", "standing")
_KNOWN = Depends(only_known(*_NAMES))


def chosen(given: dict[str, str]) -> tuple[PlanFilter, dict[str, str]]:
    """The filter of an address. Raises UnknownFilter for a kind or standing that is none."""
    kept = {name: given[name].strip() for name in _NAMES if given.get(name, "").strip()}
    for name, known in (("kind", KINDS), ("standing", tuple(Standing))):
        if name in kept and kept[name] not in known:
            raise UnknownFilter(f"{name}={kept[name]}")
    return PlanFilter(kept.get("unit"), kept.get("kind"), kept.get("standing")), kept


@router.get("/plan", dependencies=[_KNOWN])
def show_plan(request: Request, format: str = "") -> Response:  # noqa: A002
    """The plan by quarter and division; as Excel or CSV exactly the rows that are shown."""
    with visiting(request) as visit:
        filters, kept = chosen(dict(request.query_params))
        found = plan(visit.uow, visit.who, visit.today, filters)
        if format in ("xlsx", "csv"):
            name = "upphandlingsplan" if visit.locale == "sv" else "procurement-plan"
            return sheet_download(visit, plan_sheet(found.rows, visit.locale), format, name)
        return _plan_page(request, visit, found, kept)


def _plan_page(request: Request, visit: Visit, found: Plan, kept: dict[str, str]) -> Response:
    locale = visit.locale
    everything = [("", gettext("All", locale))]
    quarters = [
        (quarter, [(name, list(rows)) for name, rows in groupby(group, key=lambda r: r.division)])
        for quarter, group in groupby(found.rows, key=lambda r: r.quarter)
    ]
    context = {
        "quarters": quarters,
        "plan": found,
        "late": sum(r.standing == Standing.LATE for r in found.rows),
        "tight": sum(r.standing == Standing.TIGHT for r in found.rows),
        "units": [*everything, *unit_options(visit)],
        "kinds": [*everything, *((k, label(f"value.plan_kind.{k}", locale)) for k in KINDS)],
        "standings": [*everything, *((s.value, label(f"value.standing.{s}", locale)) for s in Standing)],
        "kept": kept,
        "query": urlencode(kept),
        "may_enter": bool(visit.who.roles() & ENTERING),
        "may_lead": bool(visit.who.roles() & LEADING),
        "state_of": lambda r: words.state_text("procurement", r.state, locale) if r.state else None,
        "quarter_text": lambda q: quarter_text(q, locale),
        "kronor": kronor,
    }
    return page(request, "pages/plan.html", context, title=gettext("Procurement plan", locale))


def plan_sheet(rows: list[PlanRow], locale: str) -> Sheet:
    """The rows of the plan as a table for Excel and CSV."""
    columns = [
        Column("quarter", gettext("Quarter", locale)),
        Column("division", gettext("Division", locale)),
        Column("kind", gettext("What it is", locale)),
        Column("reference", gettext("Reference", locale)),
        Column("title", label("field.title", locale)),
        Column("unit", label("field.unit", locale)),
        Column("owner", label("field.owner", locale)),
        Column("track", label("field.track", locale)),
        Column("start_on", gettext("Start by", locale), "date"),
        Column("target_on", gettext("Target decided by", locale), "date"),
        Column("advertise_on", gettext("Advertise by", locale), "date"),
        Column("award_on", gettext("Award by", locale), "date"),
        Column("end_on", gettext("Contract ends", locale), "date"),
        Column("standing", gettext("Stands", locale)),
        Column("slack", gettext("Working days left", locale), "int"),
        Column("value_low", label("field.value_low", locale), "money"),
        Column("value_high", label("field.value_high", locale), "money"),
        Column("note", label("field.note", locale)),
    ]
    cells: list[list[Value]] = [
        [
            r.quarter,
            r.division,
            label(f"value.plan_kind.{r.kind}", locale),
            r.reference,
            r.title,
            r.unit,
            r.owner,
            label(f"value.track.{r.track}", locale),
            r.start_on,
            r.target_on,
            r.advertise_on,
            r.award_on,
            r.end_on,
            label(f"value.standing.{r.standing}", locale) if r.standing else None,
            r.slack,
            kronor(r.value_low_ore),
            kronor(r.value_high_ore),
            r.note,
        ]
        for r in rows
    ]
    return Sheet(gettext("Procurement plan", locale)[:31], columns, cells)


# --- needs entered by hand ----------------------------------------------------------------------------------------


@router.get("/plan/new")
def new_entry(request: Request) -> Response:
    return _entry_page(request, {}, [])


@router.post("/plan/new")
def add_entry(request: Request, sent: Sent) -> Response:
    given = texts(sent)
    form = {k: v for k, v in given.items() if k != "csrf_token"}
    try:
        with visiting(request) as visit:
            region_id, locale = visit.who.region_id, visit.locale
        carry_out(request, sent, AddPlanEntry(region_id, form))
    except InvalidForm as refusal:
        return _entry_page(request, given, _faults(refusal, locale), status=422)
    flash(request, gettext("The need stands in the plan.", locale))
    return RedirectResponse("/plan", 303)


def _entry_page(
    request: Request, given: dict[str, str], errors: list[tuple[str | None, str]], status: int = 200
) -> Response:
    with visiting(request) as visit:
        locale = visit.locale
        owners = people_of_region(visit.uow, visit.who, visit.today, roles=("contract_owner",))
        context = {
            "given": given,
            "tracks": [("", gettext("Choose", locale)), *((t, label(f"value.track.{t}", locale)) for t in TRACKS)],
            "units": [("", gettext("Choose", locale)), *unit_options(visit)],
            "owners": [("", gettext("Nobody yet", locale)), *((p.id, p.name) for p in owners)],
            "faults": {name: text for name, text in errors if name},
        }
        title = gettext("A new need in the plan", locale)
        return page(request, "pages/plan_entry.html", context, title=title, status=status, errors=errors)


def _faults(refusal: InvalidForm, locale: str) -> list[tuple[str | None, str]]:
    found: list[tuple[str | None, str]] = []
    for fault in refusal.errors:
        name = f"field.{fault.field}"
        lead = label(name, locale) + ": " if has_label(name, locale) else ""
        found.append((fault.field, lead + label(f"error.{fault.code}", locale, **fault.params)))
    return found


@router.post("/plan/entries/{entry_id}/withdraw")
def withdraw_entry(request: Request, entry_id: str, sent: Sent) -> Response:
    carry_out(request, sent, WithdrawPlanEntry(entry_id))
    with visiting(request) as visit:
        flash(request, gettext("The need is taken out of the plan.", visit.locale))
    return RedirectResponse("/plan", 303)


# --- versions -----------------------------------------------------------------------------------------------------


@router.get("/plan/versions")
def show_versions(request: Request) -> Response:
    return _versions_page(request, {}, [])


@router.post("/plan/versions")
def decide(request: Request, sent: Sent) -> Response:
    given = texts(sent)
    with visiting(request) as visit:
        region_id, locale = visit.who.region_id, visit.locale
    command = DecidePlan(
        region_id,
        day_or_none(given.get("decided_on", "")),
        given.get("decided_by", ""),
        given.get("registry_number", ""),
    )
    try:
        made = carry_out(request, sent, command)
    except InvalidForm as refusal:
        return _versions_page(request, given, _faults(refusal, locale), status=422)
    flash(request, gettext("Version %(number)s of the plan is decided.", locale, number=made["number"]))
    return RedirectResponse("/plan/versions", 303)


@router.post("/plan/versions/{version_id}/publish")
def publish(request: Request, version_id: str, sent: Sent) -> Response:
    made = carry_out(request, sent, PublishPlan(version_id))
    with visiting(request) as visit:
        text = ngettext("One coming procurement is public.", "%(num)s coming procurements are public.", made["rows"], visit.locale, num=made["rows"])  # fmt: skip
        flash(request, text)
    return RedirectResponse("/plan/versions", 303)


@router.post("/plan/versions/{version_id}/unpublish")
def unpublish(request: Request, version_id: str, sent: Sent) -> Response:
    carry_out(request, sent, UnpublishPlan(version_id))
    with visiting(request) as visit:
        flash(request, gettext("The public list is taken back.", visit.locale))
    return RedirectResponse("/plan/versions", 303)


def _versions_page(
    request: Request, given: dict[str, str], errors: list[tuple[str | None, str]], status: int = 200
) -> Response:
    with visiting(request) as visit:
        locale = visit.locale
        context = {
            "versions": [
                {"row": v, "count": len(json.loads(v.rows)), "public": public_rows(json.loads(v.rows))}
                for v in visit.uow.all(VERSIONS, region_id=visit.who.region_id)
            ],
            "region_id": visit.who.region_id,
            "may_lead": bool(visit.who.roles() & LEADING),
            "given": given,
            "faults": {name: text for name, text in errors if name},
            "quarter_text": lambda q: quarter_text(q, locale),
        }
        title = gettext("Decided plans", locale)
        return page(request, "pages/plan_versions.html", context, title=title, status=status, errors=errors)


@router.get("/plan/versions/{version_id}")
def show_version(request: Request, version_id: str) -> Response:
    """A decided version as it was kept, as a file with its hash: canonical JSON."""
    with visiting(request) as visit:
        row = visit.uow.one(VERSION, version_id=version_id)
        if row is None or row.region_id != visit.who.region_id:
            raise NotFound
        name = f"plan-{row.region_id}-{row.number}.json"
        return Response(
            row.rows,
            media_type="application/json",
            headers={"content-disposition": f'attachment; filename="{name}"', "x-content-sha256": row.rows_hash},
        )
