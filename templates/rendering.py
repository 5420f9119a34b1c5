"""Pages, mails and documents out of their templates.

One environment for HTML, where everything is escaped whatever the file is called, and one for plain text
(`.txt`), where nothing is. Language and date of a rendering stand in context variables, so that macros and
filters need not be handed them. Templates get

- `_("…")` and `{% trans %}`: phrases; `label(code)`: a code's text; `locale`;
- `day`, `long_day`, `instant`, `week`, `money`, `kronor`, `number`, `file_size`, `due_words`, `duration`,
  `receipt_sentence`, each both as a filter and as a function. `today` comes from the context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from templates import formatting, labels
from templates.labels import LOCALES

__all__ = ["LOCALES", "html_environment", "render", "speaking", "text_environment"]

_locale: ContextVar[str] = ContextVar("locale")
_today: ContextVar[date | None] = ContextVar("today", default=None)


def render(name: str, context: Mapping[str, Any], *, locale: str) -> str:
    """The template `name` ("pages/inbox.html", "mails/task_opened/body.txt") filled from `context`.

    `context["today"]` is the local date that relative dates are measured from. Raises jinja2's
    TemplateNotFound, UndefinedError for anything the context lacks, and MissingLabel.
    """
    environment = text_environment() if name.endswith(".txt") else html_environment()
    with speaking(locale, context.get("today")):
        return environment.get_template(name).render({**context, "locale": locale})


@contextmanager
def speaking(locale: str, today: date | None) -> Iterator[None]:
    """Sets language and date of what is rendered inside. Raises ValueError for a language unknown to us."""
    if locale not in LOCALES:
        raise ValueError(f"the languages are {', '.join(LOCALES)}, not {locale!r}")
    locale_token, today_token = _locale.set(locale), _today.set(today)
    try:
        yield
    finally:
        _locale.reset(locale_token)
        _today.reset(today_token)


@cache
def html_environment() -> Environment:
    """The environment of every page and HTML mail."""
    return _environment(autoescape=True)


@cache
def text_environment() -> Environment:
    """The environment of plain-text mails."""
    return _environment(autoescape=False)


def _environment(*, autoescape: bool) -> Environment:
    environment = Environment(
        loader=PackageLoader("templates", ""),
        autoescape=autoescape,  # noqa: S701 - off for plain text only
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: labels.translations(_locale.get()).gettext(text),
        lambda one, many, n: labels.translations(_locale.get()).ngettext(one, many, n),
        newstyle=True,
    )
    environment.globals.update(gettext=_gettext, ngettext=_ngettext)  # as newstyle, but for points that meet
    functions = {
        "label": _spoken(labels.label),
        "day": _dated(formatting.day),
        "long_day": _spoken(formatting.long_day),
        "instant": _dated(formatting.instant),
        "week": _spoken(formatting.week),
        "money": _spoken(formatting.money),
        "kronor": _spoken(formatting.kronor),
        "number": _spoken(formatting.number),
        "file_size": _spoken(formatting.file_size),
        "duration": _duration,
        "due_words": _due_words,
        "receipt_sentence": _spoken(formatting.receipt_sentence),
    }
    environment.filters.update(functions)
    environment.globals.update(functions)
    return environment


@pass_context
def _gettext(context: Context, text: str, /, **params: Any) -> str:
    return _said(context, labels.translations(_locale.get()).gettext(text), params)


@pass_context
def _ngettext(context: Context, one: str, many: str, n: int, /, **params: Any) -> str:
    return _said(context, labels.translations(_locale.get()).ngettext(one, many, n), {"num": n, **params})


def _said(context: Context, text: str, params: dict[str, Any]) -> str:
    return labels.filled(Markup(text) if context.eval_ctx.autoescape else text, params)  # noqa: S704 - ours, filled escaped


# `pass_context` is there so that Jinja never works these out while it compiles, in the language of whoever
# happened to be first.


def _spoken(function: Callable[..., str]) -> Callable[..., str]:
    @pass_context
    def in_language(_: Context, value: Any, **params: Any) -> str:
        return function(value, _locale.get(), **params)

    return in_language


def _dated(function: Callable[..., str]) -> Callable[..., str]:
    @pass_context
    def in_language(_: Context, value: Any) -> str:
        return function(value, _locale.get(), _today.get())

    return in_language


@pass_context
def _duration(_: Context, amount: int, unit: str) -> str:
    return formatting.duration(amount, unit, _locale.get())


@pass_context
def _due_words(_: Context, due_on: date, today: date | None = None) -> tuple[str, formatting.Tone]:
    reference = today or _today.get()
    if reference is None:
        raise ValueError("a last day is told relative to today, and the context has no `today`")
    return formatting.due_words(due_on, reference, _locale.get())
