"""The trail, checked from the stored bytes: every stream from its first event to its head.

What is hashed and what must agree stands in `docs/audit-trail.md`; this module does what that page says and no more.
It reads rows as the driver gives them, in one pass, and stops at the first bad event of a stream: what comes after a
broken link proves nothing.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from states.definition import ProcessDefinition
from states.registry import DEFINITIONS
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.audit import GENESIS, commitment
from workflow.engine.canonical import canonical, instant

#: What is wrong, in words for whoever looks after the system.
FAULTS = {
    "seq_gap": "an event is missing, doubled or out of order before this one",
    "hash_wrong": "the stored text does not give the stored hash",
    "not_canonical": "the stored text is not canonical JSON",
    "link_broken": "it does not follow the event before it",
    "column_differs": "a column says something else than the stored text",
    "field_missing": "a field that the text commits to is gone",
    "field_unknown": "there is a field that the text does not commit to",
    "field_changed": "a field is not what the text commits to",
    "field_masked": "a field is masked without date and reason",
    "head_differs": "the stream ends elsewhere than its head says",
    "no_head": "there are events without a stream",
    "no_case": "there is a stream without its case",
    "no_stream": "there is a case without its stream",
    "not_in_table": "the published definition has no such step",
    "wrong_way": "the step does not start where the events before it ended",
    "version_skipped": "the version of the case does not go up by one with this step",
    "case_differs": "the case's row says something else than its events",
    "lot_differs": "a lot's row says something else than the events",
    "decision_missing": "the decision that this event records is gone",
    "decision_unknown": "there is a decision that no event records",
    "decision_differs": "the decision's row says something else than its event",
    "basis_changed": "the stored basis of the decision does not give its hash",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """The first thing wrong in one stream. `seq` is None where no single event is at fault."""

    stream_id: str
    seq: int | None
    code: str

    def __str__(self) -> str:
        where = f"stream {self.stream_id}" + (f", event {self.seq}" if self.seq is not None else "")
        return f"{where}: {FAULTS[self.code]} ({self.code})"


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What was looked at, and the first fault of each stream that does not hold."""

    streams: int
    events: int
    faults: tuple[Fault, ...]

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        return not self.faults

    @property
    def first_fault(self) -> str | None:
        """The first fault in words, or None."""
        return str(self.faults[0]) if self.faults else None


def verify_region(uow: UnitOfWork, region_id: str) -> VerifyResult:
    """One region's streams, cases and decisions."""
    return verify_all(uow, region_id)


def verify_all(uow: UnitOfWork, region: str | None = None) -> VerifyResult:
    """Check every stream (of one region, or of all) in the state this unit of work sees."""
    known = _Known(uow, region)
    faults: list[Fault] = []
    seen: set[str] = set()
    events = 0
    fields = _Fields(uow, region)
    for stream_id, rows in groupby(_rows(uow, _EVENTS, region), itemgetter(0)):
        seen.add(stream_id)
        reader = _Stream(stream_id, known)
        beside = fields.of(stream_id)
        for row in rows:
            events += 1
            if reader.fault is None:
                reader.read(row, beside)
        fault = reader.fault or reader.end(beside)
        if fault:
            faults.append(Fault(stream_id, *fault))
    faults += [Fault(s, None, "field_unknown") for s in fields.left_over()]
    faults += [Fault(s, 0, "head_differs") for s in known.heads if s not in seen]
    faults += [Fault(c, None, "no_stream") for c in known.cases if c not in known.heads]
    faults += [Fault(c, None, "decision_unknown") for c in known.decisions if c not in seen]
    return VerifyResult(len(known.heads.keys() | seen), events, tuple(faults))


_REGION = " WHERE region_id = :region"
_EVENTS = (
    "SELECT stream_id, seq, region_id, kind, at, actor_id, case_id, body, prev_hash, hash FROM audit_events{where}"
    " ORDER BY stream_id, seq"
)
# The region of a field is its stream's: fields carry none of their own.
_FIELDS = (
    "SELECT stream_id, seq, name, salt, secrecy, value, redacted_at, redaction FROM audit_payloads{of_region}"
    " ORDER BY stream_id, seq"
)
_OF_REGION = " WHERE stream_id IN (SELECT stream_id FROM audit_events WHERE region_id = :region)"
_ORPHANS = "SELECT DISTINCT stream_id FROM audit_payloads WHERE stream_id NOT IN (SELECT stream_id FROM audit_events)"
_HEADS = "SELECT id, region_id, kind, head_seq, head_hash FROM audit_streams{where}"
_CASES = "SELECT id, process, version, state, row_version FROM cases{where}"
_LOTS = "SELECT l.case_id, l.number, l.state FROM lots l JOIN cases c ON c.id = l.case_id{where}"
_DECISIONS = (
    "SELECT case_id, seq, trigger, definition, decided_by, role, on_behalf_of, mandate_rule, basis, basis_hash"
    " FROM decisions{where}"
)


def _rows(uow: UnitOfWork, sql: str, region: str | None = None) -> Iterator[Any]:
    """Rows as the driver gives them, in portions: a region's trail does not fit in memory."""
    filled = sql.format(where=_REGION if region else "", of_region=_OF_REGION if region else "")
    driver: Any = uow.connection.connection.driver_connection
    if uow.dialect.name == "sqlite":
        yield from driver.execute(filled, {"region": region})
        return
    with driver.cursor(name=f"verify_{secrets.token_hex(4)}") as cursor:
        cursor.itersize = 5000
        yield from cursor.execute(filled.replace(":region", "%(region)s"), {"region": region})


class _Decision(NamedTuple):
    case_id: str
    seq: int
    trigger: str
    definition: str
    decided_by: str
    role: str
    on_behalf_of: str | None
    mandate_rule: str
    basis: str
    basis_hash: str


class _Known:
    """The rows that the events must agree with, by stream."""

    def __init__(self, uow: UnitOfWork, region: str | None) -> None:
        self.heads = {r[0]: r for r in _rows(uow, _HEADS, region)}
        self.cases = {r[0]: r for r in _rows(uow, _CASES, region)}
        self.lots: dict[str, list[Any]] = {}
        for lot in _rows(uow, _LOTS.replace("{where}", " WHERE c.region_id = :region" if region else ""), region):
            self.lots.setdefault(lot[0], []).append(lot)
        self.decisions: dict[str, dict[int, Any]] = {}
        for decision in _rows(uow, _DECISIONS, region):
            self.decisions.setdefault(decision[0], {})[decision[1]] = _Decision(*decision)


class _Fields:
    """The fields beside the events, handed out stream by stream in the order of the events."""

    def __init__(self, uow: UnitOfWork, region: str | None) -> None:
        self._groups = groupby(_rows(uow, _FIELDS, region), itemgetter(0))
        self._waiting: tuple[str, dict[int, list[Any]]] | None = None
        self._strays: list[str] = []
        self._orphans = {r[0] for r in _rows(uow, _ORPHANS)}

    def of(self, stream_id: str) -> dict[int, list[Any]]:
        """The stream's fields by event; each is taken out when its event is read."""
        while self._waiting is None or self._waiting[0] in self._orphans:
            if self._waiting:
                self._strays.append(self._waiting[0])
            group = next(self._groups, None)
            if group is None:
                return {}
            by_event: dict[int, list[Any]] = {}
            for row in group[1]:
                by_event.setdefault(row[1], []).append(row)
            self._waiting = (group[0], by_event)
        if self._waiting[0] != stream_id:
            return {}
        found, self._waiting = self._waiting[1], None
        return found

    def left_over(self) -> list[str]:
        """Streams that have fields and no event."""
        self.of("")
        return self._strays


@dataclass(slots=True)
class _Stream:
    """One stream as it is read: where the chain is, and where its events have brought the case and its lots."""

    id: str
    known: _Known
    seq: int = 0
    hash: str = GENESIS
    region: str = ""
    state: str | None = None
    version: int = 0
    process: ProcessDefinition | None = None
    lots: dict[int, str] = field(default_factory=dict)
    #: Where the lots stand that have not gone their own way.
    together: str = ""
    fault: tuple[int | None, str] | None = None

    def read(self, row: Any, beside: dict[int, list[Any]]) -> None:
        """Check the stream's next event with the fields that lie beside it; keeps the first fault."""
        try:
            code = self._link(row) or self._body(row, beside.pop(row[1], None))
        except (KeyError, StopIteration, TypeError):  # a text that no step of ours can have written
            code = "not_in_table"
        if code:
            self.fault = (row[1], code)

    def _link(self, row: Any) -> str | None:
        if row[1] != self.seq + 1:
            return "seq_gap"
        if hashlib.sha256(row[7].encode()).hexdigest() != row[9]:
            return "hash_wrong"
        if row[8] != self.hash:
            return "link_broken"
        self.seq, self.hash = row[1], row[9]
        return None

    def _body(self, row: Any, beside: list[Any] | None) -> str | None:
        try:
            body = orjson.loads(row[7])
        except ValueError:
            return "not_canonical"
        if not isinstance(body, dict) or canonical(body) != row[7]:
            return "not_canonical"
        told = (body.get("stream"), body.get("seq"), body.get("region"), body.get("kind"), body.get("at"),
                body.get("actor"), body.get("case"), body.get("prev"))  # fmt: skip
        if told != (row[0], row[1], row[2], row[3], _instant(row[4]), row[5], row[6], row[8]):
            return "column_differs"
        self.region = self.region or row[2]
        if row[2] != self.region:
            return "column_differs"
        if row[6] not in (None, self.id) and self.id != f"access.{self.region}":  # looks at a case are told there
            return "column_differs"
        return self._fields(body.get("fields") or {}, beside or ()) or self._step(body) or self._decision(body)

    def _fields(self, commitments: dict[str, str], beside: Any) -> str | None:
        left = dict(commitments)
        for _, _, name, salt, secrecy, value, redacted_at, redaction in beside:
            promised = left.pop(name, None)
            if promised is None:
                return "field_unknown"
            if value is None:
                if redacted_at is None or not redaction:
                    return "field_masked"
            elif commitment(name, salt, secrecy, value) != promised:
                return "field_changed"
        return "field_missing" if left else None

    def _step(self, body: dict[str, Any]) -> str | None:
        """Follow the case: every step is an edge of its published definition and starts where the last one ended."""
        if "row_version" not in body:
            return None
        version: int = body["row_version"]
        if "trigger" in body:
            self.process = DEFINITIONS.get(body["definition"])
            if version != self.version + 1:
                return "version_skipped"
            if not self._move(body):
                return "wrong_way"
            if not self._published(body):
                return "not_in_table"
        elif self.seq == 1:
            self.process = DEFINITIONS.get(body["definition"])
            self.together = body["state"]
        elif not self.version <= version <= self.version + 1:
            return "version_skipped"
        self.version, self.state = version, body["state"]
        return None

    def _move(self, body: dict[str, Any]) -> bool:
        number, source, target = body.get("lot"), body["from"], body["to"]
        if number is not None:
            here = self.lots.get(number, self.together)
            self.lots[number] = target
            return here == str(source)
        here = self.state or ""
        if source != target:
            self.together = target if not self._final(self.together) else self.together
            self.lots = {n: s if self._final(s) else target for n, s in self.lots.items()}
        return here == str(source)

    def _final(self, state: str) -> bool:
        return self.process is not None and self.process.state(state).final

    def _published(self, body: dict[str, Any]) -> bool:
        if self.process is None:
            return False
        return any(e.target == body["to"] for e in self.process.edges(body["trigger"], body["from"]))

    def _decision(self, body: dict[str, Any]) -> str | None:
        if "basis_hash" not in body:
            return None
        row = self.known.decisions.get(self.id, {}).pop(self.seq, None)
        if row is None:
            return "decision_missing"
        if hashlib.sha256(row.basis.encode()).hexdigest() != row.basis_hash:
            return "basis_changed"
        told = (body["basis_hash"], body["trigger"], body["definition"], body["actor"], body.get("role", ""),
                body.get("for"), body.get("mandate"))  # fmt: skip
        same = (row.basis_hash, row.trigger, row.definition, row.decided_by, row.role, row.on_behalf_of,
                row.mandate_rule)  # fmt: skip
        return None if told == same else "decision_differs"

    def end(self, beside: dict[int, list[Any]]) -> tuple[int | None, str] | None:
        """What can only be said when all events are read."""
        head = self.known.heads.get(self.id)
        if head is None:
            return None, "no_head"
        if (head[3], head[4], head[1]) != (self.seq, self.hash, self.region):
            return self.seq, "head_differs"
        if beside:
            return min(beside), "field_unknown"
        if self.known.decisions.get(self.id):
            return min(self.known.decisions[self.id]), "decision_unknown"
        if head[2] != "case":
            return None
        case = self.known.cases.get(self.id)
        if case is None:
            return None, "no_case"
        key = self.process.key if self.process else ""
        if (f"{case[1]}@{case[2]}", case[3], case[4]) != (key, self.state, self.version):
            return self.seq, "case_differs"
        for _, number, state in self.known.lots.get(self.id, ()):
            if state != self.lots.get(number, self.together):
                return self.seq, "lot_differs"
        return None


def _instant(at: Any) -> str:
    """An instant as the driver gives it: aware on PostgreSQL, UTC text on SQLite."""
    return instant(at) if isinstance(at, datetime) else f"{at[:10]}T{at[11:26]}Z"
