"""One's own settings: language, who stands in, and the key for other programs."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from notifications.digest import FIRST_HOUR, LAST_HOUR
from states.reminders import setting
from templates.labels import gettext, label
from templates.rendering import LOCALES
from workflow.cases.hand_over import may_hand_over
from workflow.commands import CreateToken, EndAbsence, EndSubstitute, RevokeTokens, SetAbsence, SetLocale, SetMailPlan
from workflow.engine.case_rows import parameters
from workflow.errors import ConfirmationNeeded, FieldError, InvalidForm
from workflow.people.queries import absences, mail_plan, people_of_region, substitutes, tokens_of
from workflow.web.base import flash, page, speak, viewer_of
from workflow.web.pages.admin import Answers, Typed, people_options, settle
from workflow.web.pages.confirm import ask_to_confirm
from workflow.web.pages.mandates import substitute_of
from workflow.web.pages.my_calendar import calendar_card, make_address
from workflow.web.pages.visit import Sent, Visit, carry_out, small_int, texts, visiting
from workflow.web.pages.words import fault_texts

router = APIRouter()


@router.get("/me")
def show_me(request: Request, kept: str = "") -> Response:
    """One's settings; `kept` stands there for whoever comes back from confirming who they are."""
    return _my_page(request, Typed(), confirmed=bool(kept and viewer_of(request).confirmed))


@router.post("/me/language")
def choose_language(request: Request, sent: Sent) -> Response:
    """The language of pages in this browser, and of all mail."""
    chosen = texts(sent).get("locale", "")
    if chosen not in LOCALES:
        faults = fault_texts([FieldError("locale", "unknown_choice")], viewer_of(request).locale)
        return _my_page(request, Typed(texts(sent), faults))
    carry_out(request, sent, SetLocale(chosen))
    speak(request, chosen)
    flash(request, gettext("Your language is saved.", chosen))
    return RedirectResponse("/me", 303)


@router.post("/me/substitute")
def choose_substitute(request: Request, sent: Sent) -> Response:
    """Who stands in for me, from and to."""
    viewer = viewer_of(request)
    return settle(
        request,
        sent,
        lambda a: substitute_of(a, viewer.person_id),
        done=gettext("Your substitute is set. Both of you get the mail during that time.", viewer.locale),
        to="/me",
        again=lambda t: _my_page(request, t),
    )


@router.post("/me/absence")
def note_absence(request: Request, sent: Sent) -> Response:
    """Days away on which nobody stands in for me."""
    viewer = viewer_of(request)

    def command(answers: Answers) -> SetAbsence:
        first, last = answers.day("away_from", required=True), answers.day("away_to", required=True)
        return SetAbsence(viewer.person_id, first, last)

    return settle(
        request,
        sent,
        command,
        done=gettext("Your absence is noted. Your manager gets the mail that nobody else may get.", viewer.locale),
        to="/me",
        again=lambda t: _my_page(request, t),
        called={"valid_from": "away_from", "valid_to": "away_to"},
    )


@router.post("/me/substitutes/{row_id}/end")
def end_substitute(request: Request, row_id: str, sent: Sent) -> Response:
    """I am back: nobody stands in for me from today on."""
    carry_out(request, sent, EndSubstitute(row_id))
    flash(request, gettext("Nobody stands in for you any longer.", viewer_of(request).locale))
    return RedirectResponse("/me", 303)


@router.post("/me/absences/{absence_id}/end")
def end_absence(request: Request, absence_id: str, sent: Sent) -> Response:
    """I am back from today on."""
    carry_out(request, sent, EndAbsence(absence_id))
    flash(request, gettext("You are noted as back at work.", viewer_of(request).locale))
    return RedirectResponse("/me", 303)


@router.post("/me/mail")
def choose_mail(request: Request, sent: Sent) -> Response:
    """How I want mail that can wait."""
    viewer = viewer_of(request)

    def command(answers: Answers) -> SetMailPlan:
        hour = answers.text("hour")
        if hour and small_int(hour) is None:
            answers.refuse("hour", "unknown_choice")
            hour = ""
        mode = answers.text("mail")
        if mode not in ("reminders", "digest", "at_once"):
            answers.refuse("mail", "field_required")
        days = "".join(str(d) for d in sent.getlist("weekdays"))
        return SetMailPlan(mode != "at_once", small_int(hour), days or None, asks_wait=mode == "digest")

    return settle(
        request,
        sent,
        command,
        done=gettext("Your choice is saved.", viewer.locale),
        to="/me",
        again=lambda t: _my_page(request, t),
    )


@router.post("/me/tokens")
def create_token(request: Request, sent: Sent) -> Response:
    """A new key; the answer to this very request is the only place where it stands."""
    try:
        viewer = viewer_of(request)
        made = carry_out(request, sent, CreateToken(viewer.email, confirmed=viewer.confirmed))
    except ConfirmationNeeded:
        return ask_to_confirm(request, "/me", {}, {})
    except InvalidForm as refusal:
        return _my_page(request, Typed(texts(sent), fault_texts(refusal.errors, viewer_of(request).locale)))
    return _my_page(request, Typed(), token=made["token"])


@router.post("/me/tokens/revoke")
def revoke_tokens(request: Request, sent: Sent) -> Response:
    carry_out(request, sent, RevokeTokens())
    flash(request, gettext("Your keys no longer work.", viewer_of(request).locale))
    return RedirectResponse("/me", 303)


@router.post("/me/calendar")
def create_calendar_address(request: Request, sent: Sent) -> Response:
    """A new address for one's calendar; the answer to this very request is the only place where it stands."""
    return _my_page(request, Typed(), calendar_address=make_address(request, sent))


def _leads_somebody(visit: Visit) -> bool:
    """Whether the viewer may hand over the duties of anybody."""
    everybody = people_of_region(visit.uow, visit.who, visit.today)
    return any(may_hand_over(visit.uow, visit.who, p.id) for p in everybody)


def _mail_choices(visit: Visit, typed: Typed) -> dict[str, Any]:
    mode, hour, weekdays = mail_plan(visit.uow, visit.who)
    locale = visit.locale
    usual = int(setting(parameters(visit.uow, visit.who.region_id, visit.today), "mail_hour"))
    return {
        "mode": typed.given.get("mail") or mode,
        "modes": [
            ("reminders", gettext("What is asked of me at once, reminders in one mail a day", locale)),
            ("digest", gettext("One mail a day", locale)),
            ("at_once", gettext("Each mail at once", locale)),
        ],
        "hour": typed.given.get("hour") if "hour" in typed.given else hour,
        "hours": [
            ("", gettext("The region's hour (%(hour)s)", locale, hour=f"{usual:02}.00")),
            *((str(h), f"{h:02}.00") for h in range(FIRST_HOUR, LAST_HOUR + 1)),
        ],
        "weekdays": list(weekdays or ""),
        "days": [(str(n), label(f"weekday.{n}", locale)) for n in range(1, 8)],
    }


def _my_page(
    request: Request, typed: Typed, token: str | None = None, calendar_address: str | None = None, *,
    confirmed: bool = False,
) -> Response:  # fmt: skip
    with visiting(request) as visit:
        me = visit.who.person_id
        mine = substitutes(visit.uow, visit.who, visit.today, person_id=me)
        context = {
            "languages": [("sv", "Svenska"), ("en", "English")],
            "roles": sorted(label(f"role.{r}", visit.locale) for r in visit.who.roles()),
            "mine": [s for s in mine if s.person_id == me],
            "others": [s for s in mine if s.substitute_id == me],
            "people": [
                ("", gettext("Choose", visit.locale)),
                *(o for o in people_options(visit) if o[0] != me),
            ],
            "absences": absences(visit.uow, visit.who, visit.today, person_id=me),
            "may_hand_over": _leads_somebody(visit),
            "mail": _mail_choices(visit, typed),
            "tokens": tokens_of(visit.uow, visit.who),
            "token": token,
            "confirmed": confirmed,
            **calendar_card(visit, calendar_address),
            **typed.as_context(),
        }
        title = gettext("My settings and stand-in", visit.locale)
        return page(request, "pages/me.html", context, title=title, status=typed.status, errors=typed.errors)
