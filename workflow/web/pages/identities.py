"""Who signs in with the region's own account: an administrator says who that is here, and takes it back."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from templates.labels import gettext
from workflow.commands import BindIdentity, UnbindIdentity
from workflow.people.identities import identities_of_region
from workflow.web.base import page, viewer_of
from workflow.web.pages.admin import Answers, Typed, administers, people_options, settle, tabs
from workflow.web.pages.visit import Sent, visiting

router = APIRouter()

PATH = "/admin/identities"


@router.get(PATH)
def show_identities(request: Request) -> Response:
    return _page(request, Typed(), "")


@router.post(PATH + "/{identity_id}/bind")
def bind(request: Request, identity_id: str, sent: Sent) -> Response:
    def command(answers: Answers) -> BindIdentity:
        return BindIdentity(answers.text("person"), identity_id)

    done = gettext("Bound. The person can sign in with the region's account from now on.", viewer_of(request).locale)
    return settle(request, sent, command, done=done, to=PATH, again=lambda t: _page(request, t, identity_id))


@router.post(PATH + "/{identity_id}/unbind")
def unbind(request: Request, identity_id: str, sent: Sent) -> Response:
    done = gettext("Unbound. Whoever had signed in with it is signed out.", viewer_of(request).locale)
    return settle(
        request, sent, lambda _: UnbindIdentity(identity_id), done=done, to=PATH,
        again=lambda t: _page(request, t, identity_id),
    )  # fmt: skip


def _page(request: Request, typed: Typed, at: str) -> Response:
    """`at`: the identity whose form came back."""
    with visiting(request) as visit:
        waiting, bound = identities_of_region(visit.uow, visit.who)
        context = {
            "waiting": waiting,
            "bound": bound,
            "people": [("", gettext("Choose", visit.locale)), *people_options(visit)],
            "may_change": administers(visit),
            "at": at,
            "tabs": tabs(PATH, visit),
            **typed.as_context(),
        }
        title = gettext("Sign-ins with the region's account", visit.locale)
        return page(
            request, "pages/admin_identities.html", context, title=title, status=typed.status, errors=typed.errors
        )
