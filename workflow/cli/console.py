"""What the command line says and how it refuses: answers on standard output, one line of error on standard error."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from states.roles import Actor, system_actor
from templates.labels import LOCALES, gettext

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from workflow.engine.execute import Stegvis

DONE, FAILED, WRONG_USAGE = 0, 1, 2


class Refusal(Exception):
    """Ends the command with one line that says what to do, and an exit code."""

    def __init__(self, text: str, code: int = FAILED) -> None:
        super().__init__(text)
        self.text, self.code = text, code


def locale() -> str:
    """The operator's language (`STEGVIS_LOCALE`), also before settings are read or when they are wrong."""
    wanted = os.environ.get("STEGVIS_LOCALE", "sv")
    return wanted if wanted in LOCALES else "sv"


def say(text: str = "") -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """One line on standard error."""
    sys.stderr.write("stegvis: " + " ".join(text.split()) + "\n")


def _(text: str) -> str:
    """Marks a phrase; it is translated where it is shown."""
    return text


def tell(text: str, **params: object) -> str:
    """The phrase in the operator's language."""
    return gettext(text, locale(), **params)


def open_app(*, checked: bool = True, **settings: object) -> Stegvis:
    """The application behind the environment, `settings` laid over it. Raises Refusal for wrong settings or schema."""
    from pydantic import ValidationError

    from workflow.app import build
    from workflow.config import Settings

    try:
        chosen = Settings(**{k: v for k, v in settings.items() if v is not None})  # type: ignore[arg-type]
        app = build(chosen)
    except ValidationError as error:
        names = ", ".join(sorted({name for e in error.errors() for name in _settings_named(e)}))
        raise Refusal(
            tell(_("These settings are wrong: %(names)s. See `stegvis --help`."), names=names), WRONG_USAGE
        ) from None
    except Exception as error:  # SQLAlchemy has many ways to refuse a URL, and any of them may repeat its password
        text = tell(_("STEGVIS_DATABASE_URL cannot be used: write sqlite:///PATH or postgresql+psycopg://…"))
        raise Refusal(text, WRONG_USAGE) from error
    if checked:
        stand_ready(app)
    return app


def _settings_named(error: ErrorDetails) -> list[str]:
    """The settings that an error is about, with what may stand there: where it stands, else those that its words name."""
    if not error["loc"]:
        return re.findall(r"STEGVIS_\w+", error["msg"])
    form = f" ({error['ctx']['error']})" if error["type"] == "value_error" else ""
    return ["STEGVIS_" + "_".join(map(str, error["loc"])).upper() + form]


def stand_ready(app: Stegvis) -> None:
    """The embedded default database is made and brought up to date; any other must be right already: raises WrongSchema."""
    from workflow.db import schema

    if app.settings.embedded_database and schema.current(app.database) != schema.head():
        schema.upgrade(app.database)
    else:
        schema.verify(app.database)


def operator(region_id: str) -> Actor:
    """Who acts at the command line: the operator, in one region."""
    return replace(system_actor(region_id), channel="cli")


def table(rows: Iterable[tuple[str, ...]]) -> Iterable[str]:
    """Lines of columns, as wide as they need to be."""
    kept = list(rows)
    widths = [max(map(len, column)) for column in zip(*kept, strict=True)]
    for row in kept:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
