"""Accounts and roles: who is in the region, what they may do, and since when."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from templates.labels import gettext
from workflow.cases.hand_over import may_hand_over
from workflow.commands import AddUser, AssignRole, DisableUser, EndRole, SetDirectoryNumber, SetPassword
from workflow.errors import NotFound
from workflow.people.identities import directory_number, identities_of_person
from workflow.people.queries import PersonItem, people_of_region
from workflow.web.base import page, viewer_of
from workflow.web.pages.admin import Answers, Typed, administers, role_options, settle, tabs
from workflow.web.pages.visit import Sent, Visit, unit_options, visiting

router = APIRouter()


@router.get("/admin/people")
def show_people(request: Request) -> Response:
    return _people_page(request, Typed())


@router.post("/admin/people")
def add_person(request: Request, sent: Sent) -> Response:
    """Add an account with its first role."""
    viewer = viewer_of(request)

    def command(answers: Answers) -> AddUser:
        return AddUser(
            email=answers.text("email"),
            name=answers.text("name"),
            role=answers.text("role"),
            region_id=viewer.region_id,
            unit_id=answers.choice("unit"),
            password=answers.given.get("password") or None,
        )

    return settle(
        request,
        sent,
        command,
        done=gettext("The account is open.", viewer_of(request).locale),
        to="/admin/people",
        again=lambda t: _people_page(request, t),
    )


@router.get("/admin/people/{person_id}")
def show_person(request: Request, person_id: str) -> Response:
    return _person_page(request, person_id, Typed())


@router.post("/admin/people/{person_id}/roles")
def give_role(request: Request, person_id: str, sent: Sent) -> Response:
    def command(answers: Answers) -> AssignRole:
        return AssignRole(
            person_id,
            answers.text("role"),
            answers.choice("unit"),
            answers.day("valid_from"),
            answers.day("valid_to"),
        )

    return _settled(request, person_id, sent, command, gettext("The role is given.", viewer_of(request).locale))


@router.post("/admin/people/{person_id}/roles/{assignment_id}/end")
def end_role(request: Request, person_id: str, assignment_id: str, sent: Sent) -> Response:
    return _settled(
        request,
        person_id,
        sent,
        lambda _: EndRole(assignment_id),
        gettext("The role has ended.", viewer_of(request).locale),
    )


@router.post("/admin/people/{person_id}/password")
def set_password(request: Request, person_id: str, sent: Sent) -> Response:
    def command(answers: Answers) -> SetPassword:
        return SetPassword(person_id, answers.given.get("password", ""))

    return _settled(
        request,
        person_id,
        sent,
        command,
        gettext("The password is set. The person has to sign in anew.", viewer_of(request).locale),
    )


@router.post("/admin/people/{person_id}/number")
def set_number(request: Request, person_id: str, sent: Sent) -> Response:
    def command(answers: Answers) -> SetDirectoryNumber:
        return SetDirectoryNumber(person_id, answers.choice("directory_number"))

    done = gettext("The number is saved.", viewer_of(request).locale)
    return _settled(request, person_id, sent, command, done)


@router.post("/admin/people/{person_id}/disable")
def disable_person(request: Request, person_id: str, sent: Sent) -> Response:
    """Close an account; there is no way to do it by mistake to oneself."""
    with visiting(request) as visit:
        person = _person(visit, person_id)
        if person.id == visit.who.person_id:
            raise NotFound
        email, region_id = person.email, visit.viewer.region_id
    return _settled(
        request,
        person_id,
        sent,
        lambda _: DisableUser(email, region_id),
        gettext("The account is closed.", viewer_of(request).locale),
    )


def _settled(request: Request, person_id: str, sent: Sent, command: Callable[[Answers], Any], done: str) -> Response:
    with visiting(request) as visit:
        _person(visit, person_id)
    return settle(
        request,
        sent,
        command,
        done=done,
        to=f"/admin/people/{person_id}",
        again=lambda t: _person_page(request, person_id, t),
    )


def _person(visit: Visit, person_id: str) -> PersonItem:
    """Raises NotFound for somebody who is not of the region."""
    everybody = people_of_region(visit.uow, visit.who, visit.today, include_disabled=True)
    found = next((p for p in everybody if p.id == person_id), None)
    if found is None:
        raise NotFound("not_found")
    return found


def _people_page(request: Request, typed: Typed) -> Response:
    with visiting(request) as visit:
        context = {
            "people": people_of_region(visit.uow, visit.who, visit.today, include_disabled=True),
            "roles": [("", gettext("Choose", visit.locale)), *role_options(visit.locale)],
            "units": [("", gettext("No unit", visit.locale)), *unit_options(visit)],
            "may_change": administers(visit),
            "tabs": tabs("/admin/people", visit),
            **typed.as_context(),
        }
        title = gettext("People and roles", visit.locale)
        return page(request, "pages/admin_people.html", context, title=title, status=typed.status, errors=typed.errors)


def _person_page(request: Request, person_id: str, typed: Typed) -> Response:
    with visiting(request) as visit:
        person = _person(visit, person_id)
        context = {
            "person": person,
            "roles": [("", gettext("Choose", visit.locale)), *role_options(visit.locale)],
            "units": [("", gettext("The whole region", visit.locale)), *unit_options(visit)],
            "may_change": administers(visit) and not person.disabled,
            "may_hand_over": may_hand_over(visit.uow, visit.who, person.id),
            "is_self": person.id == visit.who.person_id,
            "identities": identities_of_person(visit.uow, person.id),
            "number": directory_number(visit.uow, person.id),
            "by_number": any(p.claims.get("number") for p in visit.app.settings.providers),
            **typed.as_context(),
        }
        return page(
            request, "pages/admin_person.html", context, title=person.name, status=typed.status, errors=typed.errors
        )
