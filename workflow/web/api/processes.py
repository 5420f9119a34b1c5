"""Published definitions, as the canonical JSON that their fingerprint covers."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from states.registry import DEFINITIONS, definition, fingerprint
from templates.labels import has_label, label
from workflow.web.api.exchange import ROOT, answered, only_known_filters
from workflow.web.base import viewer_of

router = APIRouter(tags=["Definitions"], dependencies=[Depends(only_known_filters)])


@router.get(f"{ROOT}/processes")
def processes(request: Request) -> Response:
    """All released definitions."""
    locale = viewer_of(request).locale
    items = [
        {
            "id": d.id,
            "version": d.version,
            "text": label(f"process.{d.id}", locale) if has_label(f"process.{d.id}", locale) else d.id,
            "fingerprint": fingerprint(d),
            "href": f"{ROOT}/processes/{d.id}/{d.version}",
        }
        for d in DEFINITIONS.values()
    ]
    return answered({"items": items, "next": None})


@router.get(f"{ROOT}/processes/{{process}}/{{version}}")
def process(process: str, version: int) -> Response:
    """One definition: states, transitions (trigger, source, target, when, roles, guards, decides, basis) and timers."""
    found = definition(process, version)
    return answered(found.as_json() | {"fingerprint": fingerprint(found)})
