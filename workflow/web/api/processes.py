"""Published definitions, as the canonical JSON that their fingerprint covers."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from states.registry import DEFINITIONS, definition, fingerprint
from states.triggers import TRIGGERS
from templates.labels import has_label, label
from workflow.engine import case_rows
from workflow.web.api.exchange import ROOT, answered, looking, only_known_filters
from workflow.web.base import viewer_of
from workflow.web.trigger_words import counted

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


@router.get(f"{ROOT}/triggers")
def triggers(request: Request) -> Response:
    """Everything that time sets off: by which rule, counted how in this region, and how it is kept here."""
    with looking(request) as call:
        parameters = case_rows.parameters(call.uow, call.who.region_id, call.today)
    locale = call.viewer.locale
    items = [
        {
            "id": t.id,
            "when": label(f"when.{t.id}", locale),
            "missed": label(f"missed.{t.id}", locale),
            "mark": t.mark,
            "source": t.source,
            "recipients": t.recipients,
            "terms": [
                {"name": c.name, "amount": c.amount, "unit": c.unit, "source": c.source, "parameter": c.parameter}
                for c in counted(t, parameters)
            ],
            "kept": t.kept,
            "names": t.names,
            "waits": label(f"waits.{t.waits}", locale) if t.waits else None,
        }
        for t in TRIGGERS
    ]
    return answered({"items": items, "next": None})
