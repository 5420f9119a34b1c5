"""The audit trail of the region: is it whole, what happened, and each event with what binds it."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from templates.formatting import day
from templates.labels import gettext, has_label, label
from workflow.cases import secret_reads
from workflow.cases.redaction import MASKERS
from workflow.cases.region_trail import (
    GROUPS,
    OVERSEERS,
    TrailEvent,
    TrailFilter,
    TrailItem,
    case_named,
    region_events,
    trail_event,
    trail_status,
)
from workflow.commands import RecordTrailCheck, RedactField
from workflow.engine.forms import FIRST_DAY, LAST_DAY
from workflow.engine.verify import verify_region
from workflow.errors import FieldError, InvalidForm, NotFound
from workflow.people.queries import people_of_region
from workflow.web.base import flash, page, viewer_of
from workflow.web.downloads import download
from workflow.web.filters import only_known
from workflow.web.pages import words
from workflow.web.pages.visit import Sent, Visit, carry_out, texts, visiting

router = APIRouter()
_NAMES = ("person", "case", "kind", "from_on", "to_on")
#: So long the last check of the trail is the answer to whoever asks for one.
AGAIN_AFTER = timedelta(minutes=5)
CHANNELS = ("web", "api", "cli", "import", "scheduler", "demo")


@router.get("/trail", dependencies=[Depends(only_known(*_NAMES))])
def show_trail(request: Request, after: str | None = None) -> Response:
    kept = {n: v for n in _NAMES if (v := request.query_params.get(n, "").strip())}
    with visiting(request) as visit:
        locale = visit.locale
        filters, errors = _filters(visit, kept)
        items, following = region_events(visit.uow, visit.who, filters, after=after) if not errors else ([], None)
        people = people_of_region(visit.uow, visit.who, visit.today, include_disabled=True)
        kinds = [g for g in GROUPS if g != "registers" or visit.who.roles() & OVERSEERS]
        context = {
            "status": trail_status(visit.uow, visit.who),
            "may_check": bool(visit.who.roles() & OVERSEERS),
            "kept": kept,
            "chips": _chips(visit, kept, {p.id: p.name for p in people}),
            "people": [("", gettext("Everybody", locale)), ("system", "Stegvis"), *((p.id, p.name) for p in people)],
            "kinds": [("", gettext("Everything", locale)), *((k, label(f"trail.{k}", locale)) for k in kinds)],
            "rows": [row_of(i, locale) for i in items],
            "next_href": "/trail?" + urlencode({**kept, "after": following}) if following else None,
            "errors": errors,
            "faults": dict(errors),
        }
        title = gettext("Audit trail", locale)
        return page(request, "pages/trail.html", context, title=title, status=422 if errors else 200, errors=errors)


@router.post("/trail")
def check_trail(request: Request, sent: Sent) -> Response:
    """Read the whole trail of the region now, and write down what was found.

    Reading it takes long: what was found a few minutes ago is the answer.
    """
    with visiting(request) as visit:
        checked_at = trail_status(visit.uow, visit.who).checked_at
        if checked_at is not None and visit.uow.now - checked_at < AGAIN_AFTER:
            return RedirectResponse("/trail", 303)
        found = verify_region(visit.uow, visit.who.region_id)
    first = found.faults[0] if found.faults else None
    fault = (first.stream_id, first.seq, first.code) if first else None
    carry_out(request, sent, RecordTrailCheck(found.events, found.streams, fault))
    return RedirectResponse("/trail", 303)


def _looked_at(visit: Visit, stream_id: str, seq: int) -> TrailEvent:
    """The event, and the record that somebody read what is secret of its case. Raises NotFound."""
    event = trail_event(visit.uow, visit.who, stream_id, seq)
    if event.item.case_id is not None:
        secret_reads.note_look(visit.app, visit.uow, visit.who, event.item.case_id)
    return event


@router.get("/trail/{stream_id}/{seq}")
def show_event(request: Request, stream_id: str, seq: int) -> Response:
    with visiting(request) as visit:
        event = _looked_at(visit, stream_id, seq)
        locale = visit.locale
        context = {
            "event": event,
            "row": row_of(event.item, locale),
            "fields": _fields(event, visit),
            "json": _as_json(event, indent=2),
            "withheld": [_name(n, locale) for n in event.withheld],
            "redacted": [(_name(m.name, locale), m) for m in event.redacted],
            "maskable": [
                (_name(n, locale), f"/trail/{quote(stream_id)}/{seq}/mask/{quote(n)}")
                for n, value in event.fields.items()
                if isinstance(value, str) and value
            ]
            if visit.who.roles() & MASKERS and event.item.kind != "field_redacted"
            else [],
        }
        title = gettext("Event %(number)s", locale, number=seq)
        return page(request, "pages/trail_event.html", context, title=title)


@router.get("/trail/{stream_id}/{seq}/json")
def fetch_event(request: Request, stream_id: str, seq: int) -> Response:
    """The event as a file: the very text that is hashed, with the fields the viewer may see."""
    with visiting(request) as visit:
        event = _looked_at(visit, stream_id, seq)
    name = f"{event.item.case_reference or stream_id}-{seq}.json"
    return download(name, _as_json(event).encode(), "application/json")


@router.get("/trail/{stream_id}/{seq}/mask/{name}")
def show_mask(request: Request, stream_id: str, seq: int, name: str) -> Response:
    with visiting(request) as visit:
        return _mask_page(request, visit, (stream_id, seq, name), {}, [])


@router.post("/trail/{stream_id}/{seq}/mask/{name}")
def mask(request: Request, stream_id: str, seq: int, name: str, sent: Sent) -> Response:
    """Mask the field for good; what it was is nowhere any more."""
    given = texts(sent)
    try:
        command = RedactField(stream_id, seq, name, given.get("rule", ""), given.get("reason", ""))
        answer = carry_out(request, sent, command)
    except InvalidForm as refusal:
        with visiting(request) as visit:
            errors = words.fault_texts(refusal.errors, visit.locale)
            return _mask_page(request, visit, (stream_id, seq, name), given, errors)
    locale = viewer_of(request).locale
    text = gettext("The field is masked. Copies of the text that went with it: %(copies)s.", locale,
                   copies=answer["copies"] + answer["decisions"])  # fmt: skip
    if answer["also_in"]:
        events = ", ".join(str(n) for n in answer["also_in"])
        text += " " + gettext("The same text also stands in event %(events)s.", locale, events=events)
    flash(request, text)
    return RedirectResponse(f"/trail/{quote(stream_id)}/{seq}", 303)


def _mask_page(
    request: Request,
    visit: Visit,
    which: tuple[str, int, str],
    given: dict[str, str],
    errors: list[tuple[str | None, str]],
) -> Response:
    """What is masked, by which rule and why. Raises NotFound for a field that this person cannot mask."""
    stream_id, seq, name = which
    event = _looked_at(visit, stream_id, seq)
    if not isinstance(event.fields.get(name), str) or event.item.kind == "field_redacted":
        raise NotFound
    context = {
        "row": row_of(event.item, visit.locale),
        "name": _name(name, visit.locale),
        "value": event.fields[name],
        "href": f"/trail/{quote(stream_id)}/{seq}/mask/{quote(name)}",
        "given": given,
        "faults": {f: t for f, t in errors if f},
        "errors": errors,
    }
    title = gettext("Mask a field", visit.locale)
    return page(request, "pages/trail_mask.html", context, title=title, status=422 if errors else 200, errors=errors)


def _as_json(event: TrailEvent, indent: int | None = None) -> str:
    found = {"body": event.body, "hash": event.hash, "prev_hash": event.prev_hash, "fields": event.fields}
    return json.dumps(found, ensure_ascii=False, indent=indent)


def _filters(visit: Visit, kept: dict[str, str]) -> tuple[TrailFilter, list[tuple[str | None, str]]]:
    """The filter of the address; what cannot be one is told at its field."""
    faults: list[FieldError] = []

    def day_of(name: str) -> date | None:
        try:
            found = date.fromisoformat(kept[name]) if name in kept else None
            if found is not None and not FIRST_DAY <= found <= LAST_DAY:
                raise ValueError
            return found
        except ValueError:
            faults.append(FieldError(name, "not_a_date"))
            return None

    case = None
    if "case" in kept:
        case = case_named(visit.uow, visit.who, kept["case"])
        if case is None:
            faults.append(FieldError("case", "unknown_case"))
    if kept.get("kind", "steps") not in GROUPS:
        raise InvalidForm([FieldError("kind", "unknown_filter", {"name": "kind"})])
    filters = TrailFilter(kept.get("person"), case, kept.get("kind"), day_of("from_on"), day_of("to_on"))
    return filters, [(f.field, label(f"error.{f.code}", visit.locale)) for f in faults]


def _chips(visit: Visit, kept: dict[str, str], names: dict[str, str]) -> list[dict[str, str]]:
    def text(name: str, value: str) -> str:
        if name == "person":
            return "Stegvis" if value == "system" else names.get(value, value)
        if name == "kind":
            return label(f"trail.{value}", visit.locale)
        if name == "from_on":
            return gettext("From %(day)s", visit.locale, day=_day(value, visit))
        if name == "to_on":
            return gettext("To %(day)s", visit.locale, day=_day(value, visit))
        return value

    return [
        {"text": text(n, v), "remove_href": "/trail?" + urlencode({k: w for k, w in kept.items() if k != n})}
        for n, v in kept.items()
    ]


def _day(value: str, visit: Visit) -> str:
    try:
        return day(date.fromisoformat(value), visit.locale, visit.today)
    except ValueError:
        return value


def row_of(item: TrailItem, locale: str) -> dict[str, Any]:
    """An event in words: who, what, and where the case went from and to."""
    codes = [f"done.{item.process}.{item.trigger}"] if item.trigger and item.process else []
    done = next((label(c, locale) for c in (*codes, f"done.{item.kind}") if has_label(c, locale)), None)
    moved = None
    if item.process and item.from_state and item.to_state and item.from_state != item.to_state:
        moved = [words.state_text(item.process, s, locale) for s in (item.from_state, item.to_state)]
    return {
        "item": item,
        "who": item.actor_name or gettext("Somebody outside the region", locale),
        "done": done or gettext("changed something", locale),
        "moved": moved,
        "channel": label(f"channel.{item.channel}", locale) if item.channel in CHANNELS else "",
        "href": f"/trail/{quote(item.stream_id)}/{item.seq}",
    }


def _fields(event: TrailEvent, visit: Visit) -> list[tuple[str, str]]:
    """The fields beside the event in words where there are words, else as they are stored."""
    found = []
    for name, value in event.fields.items():
        base = name.removesuffix("_id")
        text = None
        if has_label(f"field.{base}", visit.locale):
            text = words.value_text(base, value, {}, visit.locale)
        found.append((_name(name, visit.locale), text or json.dumps(value, ensure_ascii=False)))
    return found


def _name(name: str, locale: str) -> str:
    code = f"field.{name.removesuffix('_id')}"
    return label(code, locale) if has_label(code, locale) else name
