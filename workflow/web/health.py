"""What monitors ask: does the process live, is it ready, how much is waiting and late."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from sqlalchemy import bindparam, func, select

from workflow.db import schema
from workflow.db.statements import Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.case_rows import cases
from workflow.engine.tables import Heartbeat, OutboxMessage, SchedulerGap, Task, Timer
from workflow.errors import StegvisError
from workflow.scheduler import node_id
from workflow.web.base import app_of, program_version

router = APIRouter(include_in_schema=False)

#: A scheduler that has not finished a cycle for so long stands still.
LATE = timedelta(seconds=120)

_heartbeats = Heartbeat.__table__  # type: ignore[attr-defined]
_tasks = Task.__table__  # type: ignore[attr-defined]
_timers = Timer.__table__  # type: ignore[attr-defined]
_outbox = OutboxMessage.__table__  # type: ignore[attr-defined]
_LAST_CYCLE = Statement(select(_heartbeats.c.cycle_at).order_by(_heartbeats.c.cycle_at.desc()).limit(1))
_OWN_CYCLE = Statement(
    select(_heartbeats.c.cycle_at, _heartbeats.c.mail_at).where(_heartbeats.c.node == bindparam("node"))
)
_LAST_MAIL = Statement(
    select(_heartbeats.c.mail_at, _heartbeats.c.mail_error)
    .where(_heartbeats.c.mail_at.is_not(None))
    .order_by(_heartbeats.c.mail_at.desc())
    .limit(1)
)
_GAPS = Statement(select(func.count().label("n")).select_from(SchedulerGap.__table__))  # type: ignore[attr-defined]
_WORST = Statement(
    select(func.max(_timers.c.late_seconds).label("n")).where(
        _timers.c.status == "fired", _timers.c.fired_at >= bindparam("since")
    )
)
_OPEN_TASKS = Statement(select(func.count().label("n")).where(_tasks.c.status == "open"))
_LATE_TASKS = Statement(
    select(func.count().label("n"))
    .select_from(_tasks.join(cases, cases.c.id == _tasks.c.case_id))
    .where(_tasks.c.status == "open", _tasks.c.due_at < bindparam("now"), cases.c.paused_on.is_(None))
)
_LATE_TIMERS = Statement(
    select(func.count().label("n")).where(_timers.c.status == "pending", _timers.c.due_at < bindparam("since"))
)
_FAILED_TIMERS = Statement(select(func.count().label("n")).where(_timers.c.status == "failed"))
_MESSAGES = Statement(
    select(_outbox.c.status, func.count().label("n"))
    .where(_outbox.c.status.in_(("queued", "sending", "failed")))
    .group_by(_outbox.c.status)
)


class Metrics:
    """The numbers of one process; its own registry, so that two applications in one process do not mix."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "stegvis_requests", "Answers by method and status", ["method", "status"], registry=self.registry
        )
        self.gauges = {
            name: Gauge(f"stegvis_{name}", text, registry=self.registry)
            for name, text in {
                "tasks_open": "Obligations that somebody owes",
                "tasks_late": "Obligations whose last day has passed, in cases that are not paused",
                "timers_late": "Timers due for more than two minutes",
                "timers_failed": "Timers given up after their retries",
                "outbox_queued": "Messages waiting for the mail server",
                "outbox_failed": "Messages that could not be delivered",
                "scheduler_age_seconds": "Seconds since a scheduler finished a cycle; -1 when none ever did",
                "scheduler_gaps": "Times in which no scheduler ran for two minutes, all told",
                "timer_lateness_seconds": "The most that a timer fired in the last hour was late",
                "mail_age_seconds": "Seconds since a round of mail was finished; -1 when none ever was",
                "mail_server_away": "1 while nobody takes mail",
            }.items()
        }  # fmt: skip

    def counted(self, method: str, status: int) -> None:
        known = method if method in ("GET", "HEAD", "POST", "OPTIONS") else "other"
        self.requests.labels(known, str(status)).inc()

    def look(self, uow: UnitOfWork) -> None:
        def count(statement: Statement, **given: Any) -> int:
            row = uow.one(statement, **given)
            return int(row.n or 0) if row is not None else 0

        messages = {row.status: row.n for row in uow.all(_MESSAGES)}
        age = scheduler_age(uow)
        mail = uow.one(_LAST_MAIL)
        for name, value in {
            "tasks_open": count(_OPEN_TASKS),
            "tasks_late": count(_LATE_TASKS, now=uow.now),
            "timers_late": count(_LATE_TIMERS, since=uow.now - LATE),
            "timers_failed": count(_FAILED_TIMERS),
            "outbox_queued": messages.get("queued", 0) + messages.get("sending", 0),
            "outbox_failed": messages.get("failed", 0),
            "scheduler_age_seconds": age.total_seconds() if age is not None else -1,
            "scheduler_gaps": count(_GAPS),
            "timer_lateness_seconds": count(_WORST, since=uow.now - timedelta(hours=1)),
            "mail_age_seconds": (uow.now - mail.mail_at).total_seconds() if mail is not None else -1,
            "mail_server_away": int(mail is not None and mail.mail_error is not None),
        }.items():
            self.gauges[name].set(value)


def scheduler_age(uow: UnitOfWork, node: str | None = None) -> timedelta | None:
    """How long ago this node finished its rounds, the older of timers and mail; without a node: how long ago any
    finished one of timers. None when that never was."""
    if node is None:
        row = uow.one(_LAST_CYCLE)
        return uow.now - row.cycle_at if row is not None else None
    row = uow.one(_OWN_CYCLE, node=node)
    return uow.now - min(row.cycle_at, row.mail_at or row.cycle_at) if row is not None else None


@router.get("/healthz")
def healthz() -> Response:
    return _json({"status": "ok", "version": program_version()})


@router.get("/readyz")
def readyz(request: Request) -> Response:
    """200, or 503 with the reason. A process without a scheduler says that it is late, and stays ready."""
    app = app_of(request)
    body: dict[str, Any] = {"status": "ok", "database": "ok", "version": program_version()}
    try:
        schema.verify(app.database)
        with app.database.read() as uow:
            age = scheduler_age(uow, node_id() if request.app.state.scheduler else None)
    except StegvisError as error:
        return _json(body | {"status": "unavailable", "database": error.code, "reason": error.code}, 503)
    except Exception:  # any driver's way of saying that nobody answers
        return _json(body | {"status": "unavailable", "database": "unavailable", "reason": "database_unavailable"}, 503)
    body["scheduler"] = "ok" if age is not None and age <= LATE else "late"
    if request.app.state.scheduler and body["scheduler"] == "late":
        return _json(body | {"status": "unavailable", "reason": "scheduler_late"}, 503)
    return _json(body)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    numbers: Metrics = request.app.state.metrics
    with app_of(request).database.read() as uow:
        numbers.look(uow)
    return Response(generate_latest(numbers.registry), media_type=CONTENT_TYPE_LATEST)


def _json(body: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(body), status, media_type="application/json")
