"""What the subjects give the engine: forms by trigger, loaders by fact and by basis, effects by name.

The engine knows the names only; a test compares them with the law book's closed registries.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel

from notifications.message import Attachment

if TYPE_CHECKING:
    from workflow.engine.step import Step

Loader = Callable[["Step"], Any]
Effect = Callable[["Step"], None]

FORMS: dict[tuple[str, str], type[BaseModel]] = {}
FACTS: dict[str, Loader] = {}
BASIS: dict[str, Loader] = {}
EFFECTS: dict[str, Effect] = {}
ARRIVALS: dict[tuple[str, str], Effect] = {}
VALUES: dict[str, Loader] = {}
MAIL_OUTCOMES: dict[str, Callable[..., None]] = {}
MAIL_ATTACHMENTS: dict[str, Callable[..., list[Attachment]]] = {}
MAIL_AGAIN: dict[str, Callable[..., bool]] = {}

F = TypeVar("F", bound=Callable[..., Any])
M = TypeVar("M", bound=type[BaseModel])


def form(process: str, *triggers: str) -> Callable[[M], M]:
    """The form of these triggers: page, API schema and command line use the same."""

    def register(cls: M) -> M:
        for trigger in triggers:
            assert (process, trigger) not in FORMS, trigger
            FORMS[process, trigger] = cls
        return cls

    return register


def _into(registry: dict[Any, Any], name: Any) -> Callable[[F], F]:
    def register(function: F) -> F:
        assert name not in registry, name
        registry[name] = function
        return function

    return register


def fact(name: str) -> Callable[[F], F]:
    """Register the loader of a fact that guards and deadlines may need: one query."""
    return _into(FACTS, name)


def basis(name: str) -> Callable[[F], F]:
    """Register what gives a named part of a decision's basis, as JSON-able values."""
    return _into(BASIS, name)


def arrival(process: str, state: str) -> Callable[[F], F]:
    """Register what else a subject does when a whole case of a process has come to a state, after its event."""
    return _into(ARRIVALS, (process, state))


def decided_value(process: str) -> Callable[[F], F]:
    """Register what a decision of a process is worth in öre (None: nothing), for the limits of the delegation order."""
    return _into(VALUES, process)


def mail_outcome(kind: str) -> Callable[[F], F]:
    """Register what a subject does when a mail of a kind was handed over, refused for good, or came back.

    The function gets the unit of work, the message, `sent`, `failed` or `bounced`, and what was said.
    """
    return _into(MAIL_OUTCOMES, kind)


def mail_again(kind: str) -> Callable[[F], F]:
    """Register what says whether a mail of a kind may be queued anew, from the unit of work and the message."""
    return _into(MAIL_AGAIN, kind)


def mail_attachments(kind: str) -> Callable[[F], F]:
    """Register what gives the files that go with a mail of a kind, from the unit of work and the message."""
    return _into(MAIL_ATTACHMENTS, kind)


def effect(name: str) -> Callable[[F], F]:
    """Register what a named effect does to the working area; it may raise InvalidForm."""
    return _into(EFFECTS, name)
