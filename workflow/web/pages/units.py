"""The units as a tree, with who manages each and who owns its contracts: reminders are sent on along it."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from templates.labels import gettext, label
from workflow.commands import AddUnit, ChangeUnit
from workflow.errors import NotFound
from workflow.people.queries import unit_tree
from workflow.web.base import page, viewer_of
from workflow.web.pages.admin import Answers, Typed, administers, people_options, settle, tabs
from workflow.web.pages.visit import Sent, unit_options, visiting

router = APIRouter()
KINDS = ("region", "division", "department", "unit")


@router.get("/admin/units")
def show_units(request: Request) -> Response:
    return _units_page(request, Typed())


@router.post("/admin/units")
def add_unit(request: Request, sent: Sent) -> Response:
    region_id = viewer_of(request).region_id

    def command(answers: Answers) -> AddUnit:
        kind = answers.text("unit_kind")
        return AddUnit(
            region_id,
            answers.text("name"),
            kind if kind in KINDS else "unit",
            answers.choice("unit"),
            answers.choice("manager"),
            answers.choice("owner"),
        )

    return settle(
        request,
        sent,
        command,
        done=gettext("The unit is added.", viewer_of(request).locale),
        to="/admin/units",
        again=lambda t: _units_page(request, t),
    )


@router.get("/admin/units/{unit_id}")
def show_unit(request: Request, unit_id: str) -> Response:
    return _unit_page(request, unit_id, Typed())


@router.post("/admin/units/{unit_id}")
def change_unit(request: Request, unit_id: str, sent: Sent) -> Response:
    def command(answers: Answers) -> ChangeUnit:
        return ChangeUnit(unit_id, answers.text("name"), answers.choice("manager"), answers.choice("owner"))

    return settle(
        request,
        sent,
        command,
        done=gettext("The unit is changed.", viewer_of(request).locale),
        to="/admin/units",
        again=lambda t: _unit_page(request, unit_id, t),
    )


def _units_page(request: Request, typed: Typed) -> Response:
    with visiting(request) as visit:
        locale = visit.locale
        context = {
            "units": unit_tree(visit.uow, visit.who),
            "kinds": [(k, label(f"unit_kind.{k}", locale)) for k in KINDS],
            "parents": [("", gettext("At the top", locale)), *unit_options(visit)],
            "people": [("", gettext("Nobody yet", locale)), *people_options(visit)],
            "may_change": administers(visit),
            "tabs": tabs("/admin/units", visit),
            **typed.as_context(),
        }
        title = gettext("Units", locale)
        return page(request, "pages/admin_units.html", context, title=title, status=typed.status, errors=typed.errors)


def _unit_page(request: Request, unit_id: str, typed: Typed) -> Response:
    with visiting(request) as visit:
        unit = next((u for u in unit_tree(visit.uow, visit.who) if u.id == unit_id), None)
        if unit is None:
            raise NotFound
        known = {"name": unit.name, "manager": unit.manager_id or "", "owner": unit.contract_owner_id or ""}
        context = {
            "unit": unit,
            "people": [("", gettext("Nobody", visit.locale)), *people_options(visit)],
            "may_change": administers(visit),
            **typed.as_context(),
            "given": typed.given or known,
        }
        return page(
            request, "pages/admin_unit.html", context, title=unit.name, status=typed.status, errors=typed.errors
        )
