"""The web application of one process: routers, walls, errors; and the server that runs it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

import anyio.to_thread
import uvicorn
from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from states.errors import LawBookError
from workflow.engine.execute import Stegvis
from workflow.errors import StegvisError
from workflow.people.provider import Providers
from workflow.scheduler import Scheduler
from workflow.web import api, pages
from workflow.web.base import SignInNeeded, program_version
from workflow.web.health import Metrics
from workflow.web.health import router as health
from workflow.web.looks_ahead import LooksAhead
from workflow.web.pace import Pace
from workflow.web.policies import admit
from workflow.web.problems import refuse
from workflow.web.security import BodyLimit, DefaultHeaders, HeadAsGet, JsonOnly, Net, OwnSiteOnly
from workflow.web.signed_out import sign_in_again

#: Handlers wait for the database, not for the processor: more threads than this only queue at its locks.
THREADS = 8


class Static(StaticFiles):
    """Files that carry their version in the address may be kept for a year."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        answer = await super().get_response(path, scope)
        kept = b"v=" in scope.get("query_string", b"") and answer.status_code == 200
        answer.headers["cache-control"] = "public, max-age=31536000, immutable" if kept else "no-cache"
        return answer


def create_app(app: Stegvis, *, scheduler: bool) -> FastAPI:
    """The ASGI application. `scheduler`: this process also ticks, so being ready includes that."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        anyio.to_thread.current_default_thread_limiter().total_tokens = THREADS
        yield

    web = FastAPI(
        title="Stegvis",
        version=program_version(),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        lifespan=lifespan,
        dependencies=[Depends(admit)],
    )
    for kind in (StegvisError, LawBookError, HTTPException, RequestValidationError):
        web.add_exception_handler(kind, refuse)
    web.add_exception_handler(SignInNeeded, sign_in_again)  # type: ignore[arg-type]
    attach(web, app, scheduler=scheduler)
    for router in (health, *pages.ROUTERS, *api.ROUTERS):
        web.include_router(router)
    web.mount("/static", Static(directory=str(files("workflow") / "web/static")))
    # The last added is the outermost.
    web.add_middleware(Net, counted=lambda method, status: web.state.metrics.counted(method, status))
    web.add_middleware(BodyLimit)
    web.add_middleware(JsonOnly)
    web.add_middleware(OwnSiteOnly, settings=app.settings)
    web.add_middleware(HeadAsGet)
    web.add_middleware(DefaultHeaders, secure=app.settings.secure)
    return web


def attach(web: FastAPI, app: Stegvis, *, scheduler: bool) -> None:
    """Let `web` serve this installation from now on, with numbers of its own. Its walls keep the address they were built
    with."""
    web.state.stegvis, web.state.scheduler, web.state.metrics = app, scheduler, Metrics()
    web.state.providers = Providers(app.settings.providers, app.clock)
    web.state.looks_ahead = LooksAhead()
    web.state.pace = Pace()


def serve(app: Stegvis, host: str, port: int, scheduler: bool) -> None:
    """Serve until the process is told to stop; with `scheduler` the heartbeat beats beside it.

    Raises OSError when the address is taken or not this machine's, before anything has begun.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listening = socket.create_server((host, port), family=family, backlog=2048)
    heart = Scheduler(app, kind="run") if scheduler else None
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(app, scheduler=scheduler), host=host, port=port, access_log=False, server_header=False,
            log_config=None, timeout_graceful_shutdown=10,
        )
    )  # fmt: skip
    if heart:
        heart.start()
    try:
        server.run(sockets=[listening])
    finally:
        if heart:
            heart.stop()
