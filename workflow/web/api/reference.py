"""The description of the API: OpenAPI for programs, a page of our own for people (no script from another host)."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import APIRouter, Request
from fastapi.openapi.utils import get_openapi
from fastapi.responses import Response

from templates.labels import gettext
from workflow.web.api.exchange import ROOT, answered
from workflow.web.base import locale_of, page, program_version
from workflow.web.downloads import etag_of, is_known

router = APIRouter(include_in_schema=False)

_PROBLEM = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; `detail` is in the asked language.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "code": {"type": "string"},
        "errors": {"type": "array", "items": {"type": "object"}, "description": "field, code, text"},
        "blockers": {"type": "array", "items": {"type": "object"}, "description": "code, text, cleared_by, cites"},
        "row_version": {"type": "integer", "description": "The current version, when the request was stale."},
    },
}


@cache
def description() -> dict[str, Any]:
    """OpenAPI 3.1 of everything under /api/v1; made once a process, nobody changes it."""
    from workflow.web.api import ROUTERS

    routes = [route for each in ROUTERS for route in each.routes]
    made = get_openapi(
        title="Stegvis",
        version=program_version(),
        summary="Procurements step by step",
        description=(
            "Send `Authorization: Bearer TOKEN`. Errors are `application/problem+json`. Amounts are decimal text in "
            "kronor, instants RFC 3339 in UTC, days ISO 8601 in Sweden. Every POST but `/hand-over` takes an `Idempotency-Key`."
        ),
        routes=routes,
    )
    parts = made.setdefault("components", {})
    schemas = parts.setdefault("schemas", {})
    schemas["Problem"] = _PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    parts["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    made["security"] = [{"token": []}]
    problem = {
        "description": "Refused",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for operations in made["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["default"] = problem
    return made


@router.get(f"{ROOT}/openapi.json")
def openapi(request: Request) -> Response:
    content, etag = _as_bytes()
    headers = {"ETag": etag, "Cache-Control": "public, no-cache"}
    if is_known(request, etag):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")


@cache
def _as_bytes() -> tuple[bytes, str]:
    content = bytes(answered(description()).body)
    return content, etag_of(content)


@router.get(f"{ROOT}/")
def reference(request: Request) -> Response:
    """The same as a page."""
    title = gettext("Programming interface", locale_of(request))
    return page(request, "pages/api_reference.html", {"groups": _groups(), "root": ROOT}, title=title)


@cache
def _groups() -> dict[str, list[dict[str, Any]]]:
    """The calls by subject, as the page lists them."""
    made = description()
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, operations in made["paths"].items():
        for method, operation in operations.items():
            groups.setdefault(operation["tags"][0], []).append(
                {
                    "id": operation["operationId"],
                    "call": f"{method.upper()} {path}",
                    "text": operation.get("description", ""),
                    "parameters": operation.get("parameters", []),
                    "fields": _fields(made, operation),
                }
            )
    return groups


def _fields(made: dict[str, Any], operation: dict[str, Any]) -> list[dict[str, Any]]:
    """The fields of an operation's body."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        schema = content["schema"]
        if "$ref" in schema:
            schema = made["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        required = schema.get("required", [])
        return [
            {"name": n, "required": n in required, "text": p.get("description", "")}
            for n, p in schema.get("properties", {}).items()
        ]
    return []
