"""What a handler of a page works with: who looks, today's date, the region's choices; and the form that was sent."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import FormData

from states.calendar import Calendar, local_date
from states.roles import Actor
from templates.labels import label
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows, directory
from workflow.engine.execute import Stegvis, execute
from workflow.errors import FieldError, InvalidForm
from workflow.people.queries import PersonItem, people_of_region, unit_tree
from workflow.web.base import Viewer, app_of, check_csrf, viewer_of
from workflow.web.pages.form_fields import ROLE_OF_FIELD, Choices


@dataclass(frozen=True, slots=True)
class Visit:
    """One person looking, inside one reading transaction."""

    app: Stegvis
    viewer: Viewer
    uow: UnitOfWork
    who: Actor
    today: date

    @property
    def locale(self) -> str:
        return self.viewer.locale

    def calendar(self) -> Calendar:
        """The region's calendar with its closing days: one query, so ask once a page."""
        return case_rows.calendar(self.uow, self.who.region_id)


@contextmanager
def visiting(request: Request) -> Iterator[Visit]:
    """Raises SignInNeeded for a stranger."""
    app, viewer = app_of(request), viewer_of(request)
    with app.database.read() as uow:
        today = local_date(uow.now)
        yield Visit(app, viewer, uow, directory.actor(uow, viewer.person_id, today), today)


def sole_holders(visit: Visit) -> dict[str, str]:
    """The name behind each role that one person alone holds in the region: role -> name."""
    holders: dict[str, set[str]] = {}
    for person in people_of_region(visit.uow, visit.who, visit.today):
        for held in person.roles:
            holders.setdefault(held.role, set()).add(person.name)
    return {role: names.pop() for role, names in holders.items() if len(names) == 1}


async def _sent(request: Request) -> AsyncIterator[FormData]:
    async with request.form() as form:
        yield form


def _own(request: Request, form: Annotated[FormData, Depends(_sent)]) -> FormData:
    """Raises Forbidden for a form that is not this session's, whatever its handler would do with it.

    Also raises InvalidForm at a field with a NUL: no database takes it, and nobody types it.
    """
    check_csrf(request, form)
    faults = [n for n, value in form.multi_items() if "\x00" in n or (isinstance(value, str) and "\x00" in value)]
    if faults:
        raise InvalidForm([FieldError(name.replace("\x00", ""), "field_invalid") for name in faults])
    return form


#: The fields of a form that a page of this session sent, read and checked before the handler begins.
Sent = Annotated[FormData, Depends(_own)]


def texts(sent: FormData) -> dict[str, str]:
    """The typed fields alone, without files."""
    return {name: value for name, value in sent.items() if isinstance(value, str)}


def small_int(text: str | None, otherwise: int | None = None) -> int | None:
    """A whole number of at most nine digits, as an address or a hidden field carries it; anything else is `otherwise`."""
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) < 10 else otherwise


def carry_out(request: Request, sent: Sent, command: Any) -> Any:  # noqa: ARG001
    """Carry out a command for the person whose browser sent the form (checked by `Sent`). Raises what `execute` raises."""
    return execute(app_of(request), command, by=viewer_of(request).person_id, channel="web")


def choices(
    visit: Visit, targets: tuple[tuple[str, str], ...] = (), matters: tuple[tuple[str, str], ...] = ()
) -> Choices:
    """The people (by role, and all under "") and units of the region."""
    everybody = people_of_region(visit.uow, visit.who, visit.today)
    people: dict[str, list[tuple[str, str]]] = {role: [] for role in {"", *ROLE_OF_FIELD.values()}}
    for person in everybody:
        people[""].append((person.id, person_text(person, visit.locale)))
        for role in {r.role for r in person.roles} & people.keys():
            people[role].append((person.id, person.name))
    return Choices(people, unit_options(visit), targets, matters)


def unit_options(visit: Visit) -> tuple[tuple[str, str], ...]:
    """The units as a tree: those further down stand behind dashes."""
    return tuple((u.id, "– " * u.depth + u.name) for u in unit_tree(visit.uow, visit.who))


def person_text(person: PersonItem, locale: str) -> str:
    """ "Karin Ek, upphandlare"."""
    roles = sorted({label(f"role.{r.role}", locale).lower() for r in person.roles})
    return ", ".join([person.name, *roles])
