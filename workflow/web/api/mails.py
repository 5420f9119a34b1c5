"""The mail ledger and what must be seen to, for programs: the same rows as the pages show."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from workflow.cases.region_trail import case_named
from workflow.commands import SettleMailMatter
from workflow.errors import FieldError, InvalidForm
from workflow.mail_forecast import DAYS, MOST_DAYS, mail_forecast
from workflow.mails.queries import MailFilter, case_ledger, list_mails, my_matters
from workflow.web.api.exchange import (
    ROOT,
    After,
    Body,
    Key,
    Limit,
    RawJson,
    answered,
    carry_out,
    listed,
    looking,
    only_known_filters,
)
from workflow.web.base import app_of
from workflow.web.pages.mails import check_choices

router = APIRouter(tags=["Mail"], dependencies=[Depends(only_known_filters)])


class SettleBody(Body):
    """`how` is again, corrected (with `address`; administrator), told (with `note`), or read for an answer."""

    how: str = Field(pattern="^(again|corrected|told|read)$")
    note: str = Field(default="", max_length=1000)
    address: str = ""


@router.get(f"{ROOT}/mails")
def mails(
    request: Request,
    standing: Annotated[
        str | None, Query(description="queued, sent, failed, withdrawn, bounced, delayed, answered, open")
    ] = None,
    kind: str | None = None,
    person: str | None = None,
    case: Annotated[str | None, Query(description="A case's reference, registry number or id.")] = None,
    from_on: date | None = None,
    to_on: date | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """Mails with their receipts, newest first: the region's for those who oversee it, else one's own."""
    check_choices({"standing": standing or "", "kind": kind or ""})
    with looking(request) as call:
        found = case_named(call.uow, call.who, case) if case else None
        if case and found is None:
            raise InvalidForm([FieldError("case", "unknown_case")])
        filters = MailFilter(standing, kind, person, found, from_on, to_on)
        base = app_of(request).settings.address
        return listed(request, list_mails(call.uow, call.who, filters, base, after=after, limit=limit))


@router.get(f"{ROOT}/mails/forecast")
def forecast(
    request: Request,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS)] = DAYS,
    person: str | None = None,
    case: Annotated[str | None, Query(description="A case's reference, registry number or id.")] = None,
) -> Response:
    """Which mails will go to whom on which day if nothing happens, by the real engine on a copy."""
    with looking(request) as call:
        found = case_named(call.uow, call.who, case) if case else None
        if case and found is None:
            raise InvalidForm([FieldError("case", "unknown_case")])
    with request.app.state.looks_ahead.one(call.who.person_id):
        ahead = mail_forecast(app_of(request), call.who, days=days, person_id=person, case=found)
    return answered({"until": ahead.until, "items": ahead.mails})


@router.get(f"{ROOT}/cases/{{case_id}}/mails")
def case_mails(request: Request, case_id: str, after: After = None, limit: Limit = 50) -> Response:
    """The mails about a case with their receipts, newest first."""
    with looking(request) as call:
        base = app_of(request).settings.address
        return listed(request, case_ledger(call.uow, call.who, case_id, base, after=after, limit=limit))


@router.get(f"{ROOT}/mail-matters")
def matters(request: Request) -> Response:
    """The mails that the caller must see to: refused, bounced or answered; oldest first, at most 100."""
    with looking(request) as call:
        return answered({"items": my_matters(call.uow, call.who, app_of(request).settings.address)})


@router.post(f"{ROOT}/mail-matters/{{matter_id}}/settle")
def settle(request: Request, matter_id: str, body: SettleBody, raw: RawJson, key: Key = None) -> Response:
    """Send again, correct the address and send again, or say that the person was told in another way."""
    command = SettleMailMatter(matter_id, body.how, body.note, body.address)
    return answered(carry_out(request, command, key, raw))
