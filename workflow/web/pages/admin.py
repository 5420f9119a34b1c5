"""What the pages of administration share: their tabs, who may change, and forms that come back with faults."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from fastapi import Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from states.roles import HUMAN_ROLES, Role
from templates.labels import gettext, label
from workflow.cases.deciders import LEADING
from workflow.cases.region_trail import OVERSEERS
from workflow.engine.forms import FIRST_DAY, LAST_DAY
from workflow.errors import FieldError, InvalidForm
from workflow.people.queries import people_of_region
from workflow.web.base import flash, viewer_of
from workflow.web.pages.visit import Visit, carry_out, person_text, texts
from workflow.web.pages.words import fault_texts

Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Typed:
    """What came back with a form: the answers as they were typed, and what is wrong with them."""

    given: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[tuple[str | None, str]] = ()

    @property
    def status(self) -> int:
        return 422 if self.errors else 200

    def as_context(self) -> dict[str, Any]:
        """`given` (also for what was never typed: None), `faults` by field, `errors` for the summary."""
        return {
            "given": self.given,
            "faults": {name: text for name, text in self.errors if name},
            "errors": list(self.errors),
        }


def settle(
    request: Request,
    sent: FormData,
    command: Callable[[Answers], Any],
    *,
    done: str,
    to: str,
    again: Callable[[Typed], Response],
    called: Mapping[str, str] | None = None,
) -> Response:
    """Carry out what a form asks for and go on to `to`; or show the page again with what was typed and why.

    `called`: fields that this page calls otherwise than the rest of Stegvis, with the name of the field's text.
    """
    locale = viewer_of(request).locale
    answers = Answers(texts(sent))
    try:
        carry_out(request, sent, answers.complete(command))
    except InvalidForm as refusal:
        texts_of = fault_texts([replace(e, field=(called or {}).get(e.field, e.field)) for e in refusal.errors], locale)
        errors = [(e.field, text) for e, (_, text) in zip(refusal.errors, texts_of, strict=True)]
        return again(Typed(answers.given, errors))
    flash(request, done)
    return RedirectResponse(to, 303)


class Answers:
    """The answers of a form, read one by one; what cannot be read is remembered at its field."""

    def __init__(self, given: dict[str, str]) -> None:
        self.given = given
        self._faults: list[FieldError] = []

    def complete(self, command: Callable[[Answers], Any]) -> Any:
        """The command made of the answers. Raises InvalidForm when one of them could not be read."""
        made = command(self)
        if self._faults:
            raise InvalidForm(self._faults)
        return made

    def refuse(self, name: str, code: str) -> None:
        """Remember that something is wrong with an answer."""
        self._faults.append(FieldError(name, code))

    def text(self, name: str) -> str:
        return self.given.get(name, "").strip()

    def choice(self, name: str) -> str | None:
        return self.text(name) or None

    def day(self, name: str, *, required: bool = False) -> date | None:
        """An ISO date within the years that we count in."""
        text = self.text(name)
        if not text:
            if required:
                self.refuse(name, "field_required")
            return None
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self.refuse(name, "not_a_date")
            return None
        if not FIRST_DAY <= day <= LAST_DAY:
            self.refuse(name, "date_out_of_range")
        return day

    def kronor(self, name: str) -> int | None:
        """A sum in kronor, written as people write it, in öre."""
        text = self.text(name).removesuffix("kr")
        cleaned = "".join(text.split()).replace(",", ".")
        if not cleaned:
            return None
        try:
            amount = Decimal(cleaned)
            if not amount.is_finite() or abs(amount) >= Decimal(10) ** 13:
                raise InvalidOperation
        except InvalidOperation:
            self.refuse(name, "not_a_number")
            return None
        return int(amount * 100)


def administers(visit: Visit) -> bool:
    return Role.ADMINISTRATOR in visit.who.roles()


def leads(visit: Visit) -> bool:
    return bool(visit.who.roles() & LEADING)


def oversees(visit: Visit) -> bool:
    return bool(visit.who.roles() & OVERSEERS)


def tabs(current: str, visit: Visit) -> list[dict[str, Any]]:
    """The tabs of administration. What applies in the region is open to everybody in it; who has which role is not."""
    locale = visit.locale
    pages = (
        ("/admin/people", gettext("People and roles", locale)),
        ("/admin/identities", gettext("Sign-ins", locale)),
        ("/admin/units", gettext("Units", locale)),
        ("/admin/mandates", gettext("Delegation order", locale)),
        ("/admin/substitutes", gettext("Substitutes", locale)),
        ("/admin/parameters", gettext("Policy settings", locale)),
        ("/admin/letters", gettext("Letter texts", locale)),
        ("/admin/deciders", gettext("Days without a decider", locale)),
    )
    return [
        {"text": text, "href": href, "current": href == current}
        for href, text in pages
        if (href not in ("/admin/people", "/admin/identities") or oversees(visit))
        and (href != "/admin/deciders" or leads(visit))
    ]


def role_options(locale: str) -> Options:
    """Every role a person can hold, in the order of its name."""
    return sorted(((r.value, label(f"role.{r}", locale)) for r in HUMAN_ROLES), key=lambda o: o[1].casefold())


def people_options(visit: Visit) -> Options:
    return [(p.id, person_text(p, visit.locale)) for p in people_of_region(visit.uow, visit.who, visit.today)]
