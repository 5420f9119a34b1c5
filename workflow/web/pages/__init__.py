"""The pages: one module a subject, each with a `router`."""

from __future__ import annotations

import logging
from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter

#: Every router of the package, by module name; nothing has to be listed twice.
ROUTERS: list[APIRouter] = []
for _found in iter_modules(__path__):
    try:
        _module = import_module(f"{__name__}.{_found.name}")
    except (ImportError, NotImplementedError) as _error:  # WHILE THE PAGES ARE BEING WRITTEN; goes before the commit
        logging.getLogger(__name__).warning("page %s left out: %s", _found.name, _error)
        continue
    if hasattr(_module, "router"):
        ROUTERS.append(_module.router)
