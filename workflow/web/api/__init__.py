"""The JSON API under `/api/v1`: one module a subject, each with a `router`."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from fastapi import APIRouter

#: Every router of the package, by module name.
ROUTERS: list[APIRouter] = [
    module.router
    for module in (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    if hasattr(module, "router")
]
