"""The calendar of a person: the address that calendar programs ask, and the card on one's own settings."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from notifications.calendar_feed import MEDIA_TYPE, calendar
from states.calendar import local_date
from templates.labels import gettext
from workflow.cases.calendar_entries import calendar_entries
from workflow.commands import RevokeCalendarAddress, SetCalendarAddress
from workflow.config import Settings
from workflow.engine import directory
from workflow.people.accounts import token_hash
from workflow.people.calendar_addresses import new_token, owner_of
from workflow.people.queries import calendar_address_since
from workflow.people.sessions import TooManyAttempts
from workflow.web.base import app_of, flash, viewer_of
from workflow.web.downloads import etag_of, is_known
from workflow.web.pages.visit import Sent, Visit, carry_out

router = APIRouter()

_SUFFIX = ".ics"


def address_of(settings: Settings, token: str) -> str:
    """The address as one types it into a calendar program."""
    return f"{settings.address}/calendar/{token}{_SUFFIX}"


def as_webcal(address: str) -> str:
    """The same address in the form that opens the calendar program."""
    return "webcal://" + address.partition("://")[2]


def calendar_card(visit: Visit, address: str | None = None) -> dict[str, Any]:
    """What the card on one's settings shows; `address` only in the answer to the request that made it."""
    return {
        "calendar_since": calendar_address_since(visit.uow, visit.who),
        "calendar_address": address,
        "calendar_webcal": as_webcal(address) if address else None,
    }


@router.post("/me/calendar/revoke")
def revoke_address(request: Request, sent: Sent) -> Response:
    carry_out(request, sent, RevokeCalendarAddress())
    flash(request, gettext("The address of your calendar no longer works.", viewer_of(request).locale))
    return RedirectResponse("/me#calendar", 303)


@router.get("/calendar/{name}")
def feed(request: Request, name: str) -> Response:
    """The calendar behind an address. Nobody signs in here; what one may see is looked up at this moment.

    The answer to a wrong address is bare on purpose: no page of ours may repeat what stood in it.
    """
    app = app_of(request)
    address = request.client.host if request.client else ""
    if not name.endswith(_SUFFIX):
        return _bare(404)
    try:
        owner = owner_of(app, name.removesuffix(_SUFFIX), address)
    except TooManyAttempts:
        return _bare(429, {"Retry-After": "60"})
    if owner is None:
        return _bare(404)
    with app.database.read() as uow:
        today = local_date(uow.now)
        entries = calendar_entries(uow, directory.actor(uow, owner.person_id, today), today)
    content = calendar(
        entries, name=owner.name, region_name=owner.region_name, locale=owner.locale, base_url=app.settings.address
    )
    etag = etag_of(content)
    headers = {"ETag": etag, "Cache-Control": "private, no-cache", "X-Robots-Tag": "noindex"}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="stegvis.ics"'
    return Response(content, 200, headers, media_type=MEDIA_TYPE)


def make_address(request: Request, sent: Sent) -> str:
    """A new address of the calendar of whose browser sent the form; the one before stops working."""
    token = new_token()
    carry_out(request, sent, SetCalendarAddress(token_hash(token)))
    return address_of(app_of(request).settings, token)


def _bare(status: int, headers: dict[str, str] | None = None) -> Response:
    return Response(status_code=status, headers=headers)
