"""Saved views: filters of the list of cases that a person keeps under names of their own. Nobody else sees them.

A view is a choice of its person, like the language: it changes no right and no case, and is not on the trail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import bindparam, delete, select, update

from states.roles import Actor
from workflow.cases.list_filters import CASE_FILTERS, unknown_value
from workflow.cases.tables import SavedView
from workflow.commands import ChangeView, DeleteView, SaveView
from workflow.db.columns import fold, new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.execute import handles
from workflow.errors import FieldError, InvalidForm, NotFound
from workflow.people.tables import Person

MOST_VIEWS = 30
LONGEST_NAME = 60
LONGEST_VALUE = 200

_views = SavedView.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]
_MINE = Statement(select(_views).where(_views.c.person_id == bindparam("person_id")).order_by(_views.c.name_fold))
#: One change of a person's views at a time: their number and the one start view are counted over all of them.
_LOCK = Statement(select(_people.c.id).where(_people.c.id == bindparam("person_id")).with_for_update())
_INSERT = insert_into(_views)
_NO_START = Statement(update(_views).where(_views.c.person_id == bindparam("the_person_id")).values(start=False))
_CHANGE = Statement(
    update(_views)
    .where(_views.c.id == bindparam("view_id"))
    .values(
        name=bindparam("new_name"),
        name_fold=bindparam("new_name_fold"),
        filters=bindparam("new_filters"),
        start=bindparam("new_start"),
    )
)
_DELETE = Statement(delete(_views).where(_views.c.id == bindparam("view_id")))


@dataclass(frozen=True, slots=True)
class ViewItem:
    """A saved view: `filters` by name, as they stand in the address of the list of cases."""

    id: str
    name: str
    filters: dict[str, str]
    start: bool


def saved_views(uow: UnitOfWork, who: Actor) -> list[ViewItem]:
    """The person's own views by name; never more than MOST_VIEWS."""
    return [_item(v) for v in uow.all(_MINE, person_id=who.person_id)]


@handles(SaveView)
def save_view(uow: UnitOfWork, command: SaveView, who: Actor) -> dict[str, Any]:
    """Raises InvalidForm for a name that is empty, long or taken, an unknown filter, or one view too many."""
    mine = _locked(uow, who)
    name, filters = _checked(mine, command.name, command.filters)
    if len(mine) >= MOST_VIEWS:
        raise InvalidForm([FieldError("name", "too_many_views", {"most": MOST_VIEWS})])
    if command.start:
        uow.run(_NO_START, the_person_id=who.person_id)
    view_id = new_id(uow.now)
    uow.run(
        _INSERT, id=view_id, person_id=who.person_id, name=name, name_fold=fold(name), filters=urlencode(filters),
        start=bool(command.start), created_at=uow.now,
    )  # fmt: skip
    return {"id": view_id, "name": name, "filters": filters, "start": bool(command.start)}


@handles(ChangeView)
def change_view(uow: UnitOfWork, command: ChangeView, who: Actor) -> dict[str, Any]:
    """Raises NotFound for a view that is not the person's own, and InvalidForm as `save_view` does."""
    mine = _locked(uow, who)
    view = _own(mine, command.view_id)
    kept = _item(view).filters if command.filters is None else command.filters
    name, filters = _checked([v for v in mine if v.id != view.id], command.name, kept)
    if command.start:
        uow.run(_NO_START, the_person_id=who.person_id)
    uow.run(
        _CHANGE, view_id=view.id, new_name=name, new_name_fold=fold(name), new_filters=urlencode(filters),
        new_start=bool(command.start),
    )  # fmt: skip
    return {"id": view.id, "name": name, "filters": filters, "start": bool(command.start)}


@handles(DeleteView)
def delete_view(uow: UnitOfWork, command: DeleteView, who: Actor) -> dict[str, Any]:
    """Raises NotFound for a view that is not the person's own."""
    view = _own(_locked(uow, who), command.view_id)
    uow.run(_DELETE, view_id=view.id)
    return {"id": view.id, "name": view.name}


def _locked(uow: UnitOfWork, who: Actor) -> list[Row]:
    uow.one(_LOCK, person_id=who.person_id)
    return uow.all(_MINE, person_id=who.person_id)


def _own(mine: list[Row], view_id: str) -> Row:
    found = next((v for v in mine if v.id == view_id), None)
    if found is None:
        raise NotFound
    return found


def _checked(others: list[Row], name: str, filters: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The name on one line and the filters that say something. Raises InvalidForm."""
    name = " ".join(name.split())
    faults = []
    if not name or not name.isprintable():
        faults.append(FieldError("name", "field_invalid" if name else "field_required"))
    elif len(name) > LONGEST_NAME:
        faults.append(FieldError("name", "field_too_long", {"max_length": LONGEST_NAME}))
    elif fold(name) in {v.name_fold for v in others}:
        faults.append(FieldError("name", "view_name_taken"))
    kept = {n: filters[n].strip() for n in CASE_FILTERS if filters.get(n, "").strip()}
    known = set(filters) <= set(CASE_FILTERS) and unknown_value(kept) is None
    if not known or any(len(v) > LONGEST_VALUE or not v.isprintable() for v in kept.values()):
        faults.append(FieldError("filters", "field_invalid"))
    elif not kept:
        faults.append(FieldError("filters", "view_without_filter"))
    if faults:
        raise InvalidForm(faults)
    return name, kept


def _item(view: Row) -> ViewItem:
    return ViewItem(view.id, view.name, dict(parse_qsl(view.filters)), bool(view.start))
