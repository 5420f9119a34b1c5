"""The public list of coming procurements: open to everybody, and only what a region has published by a recorded act."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from templates.labels import gettext, label
from workflow.engine import case_rows
from workflow.errors import NotFound
from workflow.exports.tables import Column, Sheet, write_csv
from workflow.planning.queries import coming
from workflow.web.base import app_of, locale_of, page
from workflow.web.filters import only_known
from workflow.web.pages.plan_words import quarter_text

router = APIRouter(dependencies=[Depends(only_known())])
#: Anybody may keep the list so long, in seconds, before asking again.
CACHE = "public, max-age=300"


def _found(request: Request, region: str) -> tuple[str, Any, list[Any]]:
    """The region's name, the published version and its rows. Raises NotFound where there is none, TooManyAttempts."""
    request.app.state.pace.step(request.client.host if request.client else "")
    with app_of(request).database.read() as uow:
        known = case_rows.region(uow, region) if len(region) < 40 else None
        version, rows = coming(uow, region) if known is not None else (None, [])
    if known is None or version is None:
        raise NotFound
    return str(known.name), version, rows


@router.get("/coming/{region}.csv")
def coming_csv(request: Request, region: str) -> Response:
    """The list as CSV."""
    _, _, rows = _found(request, region)
    locale = locale_of(request)
    columns = [
        Column("title", label("field.title", locale)),
        Column("track", label("field.track", locale)),
        Column("quarter", gettext("Planned advertising", locale)),
        Column("contact", gettext("Contact", locale)),
    ]
    cells = [[r.title, label(f"value.track.{r.track}", locale), r.quarter, r.contact] for r in rows]
    body = write_csv(Sheet("coming", columns, cells))
    headers = {"cache-control": CACHE, "content-disposition": f'attachment; filename="coming-{region}.csv"'}
    return Response(body, media_type="text/csv; charset=utf-8", headers=headers)


@router.get("/coming/{region}.json")
def coming_json(request: Request, region: str) -> Response:
    """The list as JSON."""
    name, version, rows = _found(request, region)
    content = {
        "region": region,
        "name": name,
        "version": version.number,
        "published_at": version.published_at.isoformat(),
        "items": [{"title": r.title, "track": r.track, "quarter": r.quarter, "contact": r.contact} for r in rows],
    }
    return JSONResponse(content, headers={"cache-control": CACHE})


@router.get("/coming/{region}")
def coming_page(request: Request, region: str) -> Response:
    """The list as a page."""
    name, version, rows = _found(request, region)
    locale = locale_of(request)
    quarters: dict[str, list[Any]] = {}
    for r in rows:
        quarters.setdefault(r.quarter, []).append(r)
    context = {
        "name": name,
        "region_id": region,
        "version": version,
        "quarters": [(quarter_text(q, locale), found) for q, found in quarters.items()],
        "count": len(rows),
    }
    title = gettext("Coming procurements in %(region)s", locale, region=name)
    return page(request, "pages/coming.html", context, title=title)
