"""The address of one's own calendar: make a new one, or have it stop working."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from workflow.commands import RevokeCalendarAddress, SetCalendarAddress
from workflow.people.accounts import token_hash
from workflow.people.calendar_addresses import new_token
from workflow.web.api.exchange import ROOT, Body, Key, RawJson, answered, carry_out, only_known_filters
from workflow.web.base import app_of
from workflow.web.pages.my_calendar import address_of, as_webcal

router = APIRouter(tags=["Calendar"], dependencies=[Depends(only_known_filters)])


class Nothing(Body):
    """An empty object: nothing is asked."""


@router.post(f"{ROOT}/me/calendar", status_code=201)
def new_address(request: Request, body: Nothing, raw: RawJson, key: Key = None) -> Response:  # noqa: ARG001
    """A new address; the one before stops working. It is kept as a hash only, so this is the one answer that holds it.

    Repeated with the same `Idempotency-Key`, the addresses are null: the first answer had them.
    """
    token = new_token()
    made = carry_out(request, SetCalendarAddress(token_hash(token)), key, raw)
    address = address_of(app_of(request).settings, token) if made["token_hash"] == token_hash(token) else None
    content = {"created_at": made["created_at"], "address": address, "webcal": as_webcal(address) if address else None}
    return answered(content, 201)


@router.delete(f"{ROOT}/me/calendar")
def revoke(request: Request, key: Key = None) -> Response:
    """The address stops working, on all nodes at once. `revoked` is 0 when there was none."""
    return answered(carry_out(request, RevokeCalendarAddress(), key, b""))
