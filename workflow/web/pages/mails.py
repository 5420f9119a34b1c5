"""The mail ledger: the region's mails with their receipts, one of them as it was sent, and what must be seen to."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from notifications.kinds import Kind
from states.roles import Role
from templates.formatting import day
from templates.labels import gettext, label
from workflow.cases.region_trail import OVERSEERS, case_named
from workflow.commands import SettleMailMatter
from workflow.engine.forms import FIRST_DAY, LAST_DAY
from workflow.errors import FieldError, InvalidForm
from workflow.exports.tables import EXPORTED_ROWS, Column, Sheet, Value
from workflow.mails.handlers import WAYS
from workflow.mails.queries import (
    STANDINGS,
    LedgerItem,
    MailFilter,
    Matter,
    list_mails,
    mail_view,
    matter_view,
)
from workflow.people.queries import people_of_region
from workflow.web.base import flash, page
from workflow.web.filters import only_known
from workflow.web.pages import words
from workflow.web.pages.cases import sheet_download
from workflow.web.pages.mail_words import (
    as_sent,
    kind_text,
    mail_row,
    matter_text,
    receipts,
    settled_text,
    standing,
    why_text,
)
from workflow.web.pages.visit import Sent, Visit, carry_out, texts, visiting

router = APIRouter()
_NAMES = ("standing", "kind", "person", "case", "from_on", "to_on")
_KNOWN = Depends(only_known(*_NAMES))


@router.get("/mails", dependencies=[_KNOWN])
def show_mails(request: Request, after: str | None = None) -> Response:
    """The region's mails, narrowed by the filters of the address; who does not oversee it sees one's own."""
    with visiting(request) as visit:
        locale = visit.locale
        filters, kept, errors = filters_of(visit, dict(request.query_params))
        found = list_mails(visit.uow, visit.who, filters, _base(visit), after=after) if not errors else None
        people = people_of_region(visit.uow, visit.who, visit.today, include_disabled=True)
        oversees = bool(visit.who.roles() & OVERSEERS)
        context: dict[str, Any] = {
            "oversees": oversees,
            "kept": kept,
            "chips": _chips(visit, kept, {p.id: p.name for p in people}),
            "standings": [
                ("", gettext("All", locale)),
                *((s, label(f"mail_standing.{s}", locale)) for s in STANDINGS if s != "sending"),
            ],
            "kinds": [("", gettext("All", locale)), *((str(k), kind_text(k, locale)) for k in Kind)],
            "people": [("", gettext("Everybody", locale)), *((p.id, p.name) for p in people)],
            "rows": [mail_row(i, locale) for i in (found.items if found else [])],
            "next_href": "/mails?" + urlencode({**kept, "after": found.next}) if found and found.next else None,
            "export": "/mails/export?" + urlencode(kept),
            "errors": errors,
            "faults": dict(errors),
        }
        title = gettext("Mails", locale) if oversees else gettext("Mails to me", locale)
        return page(request, "pages/mails.html", context, title=title, status=422 if errors else 200, errors=errors)


@router.get("/mails/export", dependencies=[_KNOWN])
def export_mails(request: Request, format: str = "xlsx") -> Response:  # noqa: A002
    """Exactly the rows of the list, as Excel or CSV."""
    with visiting(request) as visit:
        filters, _, errors = filters_of(visit, dict(request.query_params))
        if errors:
            raise InvalidForm([FieldError(str(name), "field_invalid") for name, _text in errors])
        rows: list[list[Value]] = []
        after: str | None = None
        while len(rows) < EXPORTED_ROWS:
            found = list_mails(visit.uow, visit.who, filters, _base(visit), after=after, limit=500)
            rows += [_cells(i, visit.locale) for i in found.items]
            after = found.next
            if after is None:
                break
        locale = visit.locale
        columns = [
            Column("queued_at", gettext("Queued", locale), "instant"),
            Column("kind", gettext("Mail", locale)),
            Column("case_reference", gettext("Case", locale)),
            Column("recipient_name", gettext("To", locale)),
            Column("recipient", gettext("Address", locale)),
            Column("why", gettext("Why this person", locale)),
            Column("standing", gettext("Stands at", locale)),
            Column("planned_at", gettext("Planned", locale), "instant"),
            Column("attempts", gettext("Tries", locale), "int"),
            Column("sent_at", gettext("Handed over", locale), "instant"),
            Column("reply", gettext("The server's answer", locale)),
            Column("ended_at", gettext("Refused or withdrawn", locale), "instant"),
            Column("error", gettext("Error", locale)),
            Column("delayed_at", gettext("Delayed", locale), "instant"),
            Column("bounced_at", gettext("Bounced", locale), "instant"),
            Column("bounce", gettext("The other side's words", locale)),
            Column("answered_at", gettext("Answered", locale), "instant"),
            Column("message_id", "Message-ID"),
        ]
        sheet = Sheet(gettext("Mails", locale), columns, rows)
        return sheet_download(visit, sheet, format, "mejl" if locale == "sv" else "mails")


@router.get("/mails/{mail_id}")
def show_mail(request: Request, mail_id: str) -> Response:
    """One mail: its receipts, why, and its text as it was sent."""
    with visiting(request) as visit:
        view = mail_view(visit.uow, visit.who, mail_id, _base(visit))
        locale = visit.locale
        context = {
            "row": mail_row(view.item, locale),
            "item": view.item,
            "receipts": receipts(view.item, locale),
            "readable": view.readable,
            "sent": as_sent(view, visit.app.settings, visit.today, visit.uow.now) if view.readable else None,
            "told": [
                {
                    "row": t,
                    "asked": words.step_text("asked", t.process, t.trigger, locale),
                    "why": kind_text(t.kind, locale),
                }
                for t in view.told
            ],
            "matters": [matter_row(m, visit) for m in view.matters],
        }
        title = gettext("Mail to %(name)s", locale, name=view.item.recipient_name)
        return page(request, "pages/mail.html", context, title=title)


@router.get("/mail-matters/{matter_id}")
def show_matter(request: Request, matter_id: str) -> Response:
    with visiting(request) as visit:
        return _matter_page(request, visit, matter_id, {}, [])


@router.post("/mail-matters/{matter_id}")
def settle_matter(request: Request, matter_id: str, sent: Sent) -> Response:
    """Send it again, correct the address, or say how the person was told."""
    given = texts(sent)
    command = SettleMailMatter(matter_id, given.get("how", ""), given.get("note", ""), given.get("address", ""))
    try:
        carry_out(request, sent, command)
    except InvalidForm as refusal:
        with visiting(request) as visit:
            return _matter_page(request, visit, matter_id, given, words.fault_texts(refusal.errors, visit.locale))
    with visiting(request) as visit:
        again = command.how in ("again", "corrected")
        flash(
            request,
            gettext("The mail will be sent again within a minute.", visit.locale)
            if again
            else gettext("It is noted, and no longer stands in your list.", visit.locale),
        )
    return RedirectResponse("/my-tasks", 303)


def _matter_page(
    request: Request, visit: Visit, matter_id: str, given: dict[str, str], errors: list[tuple[str | None, str]]
) -> Response:
    matter = matter_view(visit.uow, visit.who, matter_id, _base(visit))
    locale = visit.locale
    ways = WAYS[matter.cause]
    if Role.ADMINISTRATOR not in visit.who.roles() or matter.mail.person_id is None:
        ways = tuple(w for w in ways if w != "corrected")
    context = {
        "matter": matter,
        "shown": matter_row(matter, visit),
        "row": mail_row(matter.mail, locale),
        # An answer is only read: there is nothing to choose, and no word for it.
        "ways": [(w, label(f"mail_way.{w}", locale)) for w in ways if w != "read"],
        "given": given,
        "faults": {f: t for f, t in errors if f},
        "errors": errors,
    }
    title = matter_text(matter, locale).rstrip(".")
    return page(request, "pages/mail_matter.html", context, title=title, status=422 if errors else 200, errors=errors)


def matter_row(matter: Matter, visit: Visit) -> dict[str, Any]:
    """Something to see to, in words."""
    locale = visit.locale
    return {
        "matter": matter,
        "text": matter_text(matter, locale),
        "kind": kind_text(matter.mail.kind, locale),
        "who": matter.responsible or words.role_text(matter.role, locale),
        "settled": settled_text(matter, locale),
        "href": f"/mail-matters/{matter.id}",
    }


def filters_of(visit: Visit, given: dict[str, str]) -> tuple[MailFilter, dict[str, str], list[tuple[str | None, str]]]:
    """The filter of the address, what of it to keep, and what cannot be one, told at its field."""
    kept = {name: given[name].strip() for name in _NAMES if given.get(name, "").strip()}
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

    case = case_named(visit.uow, visit.who, kept["case"]) if "case" in kept else None
    if "case" in kept and case is None:
        faults.append(FieldError("case", "unknown_case"))
    check_choices(kept)
    filters = MailFilter(
        kept.get("standing"), kept.get("kind"), kept.get("person"), case, day_of("from_on"), day_of("to_on")
    )
    return filters, kept, [(f.field, label(f"error.{f.code}", visit.locale)) for f in faults]


def check_choices(given: dict[str, str]) -> None:
    """Raises InvalidForm where a standing or kind of a list's address is none."""
    for name, known in (("standing", set(STANDINGS)), ("kind", {str(k) for k in Kind})):
        if given.get(name) and given[name] not in known:
            raise InvalidForm([FieldError(name, "unknown_filter", {"name": name})])


def _base(visit: Visit) -> str:
    return visit.app.settings.address


def _chips(visit: Visit, kept: dict[str, str], names: dict[str, str]) -> list[dict[str, str]]:
    def text(name: str, value: str) -> str:
        if name == "person":
            return names.get(value, value)
        if name == "kind":
            return kind_text(value, visit.locale)
        if name == "standing":
            return label(f"mail_standing.{value}", visit.locale)
        if name == "case":
            return value
        try:
            shown = day(date.fromisoformat(value), visit.locale, visit.today)
        except ValueError:
            shown = value
        return (
            gettext("From %(day)s", visit.locale, day=shown)
            if name == "from_on"
            else gettext("To %(day)s", visit.locale, day=shown)
        )

    return [
        {"text": text(n, v), "remove_href": "/mails?" + urlencode({k: w for k, w in kept.items() if k != n})}
        for n, v in kept.items()
    ]


def _cells(item: LedgerItem, locale: str) -> list[Value]:
    return [
        item.queued_at,
        kind_text(item.kind, locale),
        item.case_reference,
        item.recipient_name,
        item.recipient,
        why_text(item, locale),
        standing(item, locale)[0],
        item.planned_at,
        item.attempts,
        item.sent_at,
        item.reply,
        item.ended_at,
        item.error,
        item.delayed_at,
        item.bounced_at,
        item.bounce,
        item.answered_at,
        item.message_id,
    ]
