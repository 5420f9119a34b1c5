"""The pages: one module a subject; those with a `router` answer requests, the others serve them."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter

#: Every router of the package; nothing has to be listed twice.
ROUTERS: list[APIRouter] = [
    module.router
    for module in (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    if hasattr(module, "router")
]
