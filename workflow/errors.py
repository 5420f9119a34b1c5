"""Refusals with a stable code and parameters. Texts live in the catalogues (`error.<code>`), HTTP statuses at the edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from dataclasses import field as defaulting
from typing import Any


class StegvisError(Exception):
    """Root of everything that is refused on purpose."""

    code = "unexpected"

    def __init__(self, code: str | None = None, **params: Any) -> None:
        self.code = code or self.code
        self.params: dict[str, Any] = params
        super().__init__(f"{self.code} {params}" if params else self.code)


class NotFound(StegvisError):
    """There is no such thing, or not for this person: the two answer alike."""

    code = "not_found"


class Forbidden(StegvisError):
    """The person may see it, but not do this."""

    code = "forbidden"


class ConfirmationNeeded(StegvisError):
    """A decision, or a key that decides, in a session whose person has not shown lately who they are (I31)."""

    code = "confirmation_needed"


class Stale(StegvisError):
    """Somebody changed the case in the meantime; `row_version` is the current one."""

    code = "stale"


class Conflict(StegvisError):
    """The request contradicts one that came before it."""

    code = "idempotency_conflict"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong in a form: the path of the field (`targets-0-indicator`) and a code with parameters."""

    field: str
    code: str
    params: Mapping[str, Any] = defaulting(default_factory=dict)


class InvalidForm(StegvisError):
    """The form cannot be used as it is; every fault is named at its field."""

    code = "invalid_form"

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__()
        self.errors = list(errors)
