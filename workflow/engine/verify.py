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
from workflow.db.metadata import METADATA
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.audit import GENESIS, commitment
from workflow.engine.bound import differing
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
    "field_masked": "a field is masked without date and reason, or said to be masked and is not",
    "mask_unrecorded": "a field is masked and no event says so",
    "mask_undone": "an event says that this field was masked, and it holds a value",
    "head_differs": "the stream ends elsewhere than its head says",
    "no_head": "there are events without a stream",
    "no_case": "there is a stream without its case",
    "kind_differs": "the stream is said to be of another kind than its name tells",
    "case_gone": "it speaks of a case that is not there",
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
    what: str = ""
    """The column, field or table at fault, where one can be named."""

    def __str__(self) -> str:
        where = f"stream {self.stream_id}" + (f", event {self.seq}" if self.seq is not None else "")
        named = f"{self.code}: {self.what}" if self.what else self.code
        return f"{where}: {FAULTS[self.code]} ({named})"


@dataclass(frozen=True, slots=True)
class VerifyResult:
    """What was looked at, and the first fault of each stream that does not hold."""

    streams: int
    events: int
    faults: tuple[Fault, ...]
    unbound: int = 0
    """Decisions of earlier versions, whose events say nothing of reasons, value, presenter and mandate row."""
    masked: int = 0
    """Fields that were masked by a recorded act."""
    unrecorded: int = 0
    """Fields of events in format 1 that are masked with date and reason, and no event says so."""

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
    events = unbound = masked = unrecorded = 0
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
        unbound += reader.unbound
        masked += reader.masked
        unrecorded += reader.unrecorded
        if fault:
            faults.append(Fault(stream_id, *fault))
    faults += [Fault(s, None, "field_unknown") for s in fields.left_over()]
    faults += [Fault(s, 0, "head_differs") for s in known.heads if s not in seen]
    faults += [Fault(c, None, "no_stream") for c in known.cases if c not in known.heads]
    faults += [Fault(c, None, "decision_unknown") for c in known.decisions if c not in seen]
    named = {f.stream_id for f in faults}
    faults += [Fault(c, None, "case_gone", t) for t, c in _without_case(uow, region) if c not in named]
    return VerifyResult(len(known.heads.keys() | seen), events, tuple(faults), unbound, masked, unrecorded)


def _without_case(uow: UnitOfWork, region: str | None) -> Iterator[tuple[str, str]]:
    """Rows of any table that name a case which is not there, as (table, case): a case does not go without a trace.

    For one region only tables that say whose row it is: of the others nobody knows once the case is gone.
    """
    for table in sorted(METADATA.tables.values(), key=lambda t: t.name):
        where = " AND t.region_id = :region" if region else ""
        if region and "region_id" not in table.c:
            continue
        for column in ("case_id", "parent_id", "predecessor_id"):
            if column in table.c and (column == "case_id" or table.name == "cases"):
                gone = _GONE.format(table=table.name, column=column, where=where)
                yield from ((f"{table.name}.{column}", row[0]) for row in _rows(uow, gone, region))


_GONE = (
    "SELECT DISTINCT t.{column} FROM {table} t LEFT JOIN cases c ON c.id = t.{column}"
    " WHERE c.id IS NULL AND t.{column} IS NOT NULL{where} ORDER BY 1"
)


_REGION = " WHERE region_id = :region"
_EVENTS = (
    "SELECT stream_id, seq, region_id, kind, at, actor_id, case_id, body, prev_hash, hash FROM audit_events{where}"
    " ORDER BY stream_id, seq"
)
# The region of a field is its stream's: fields carry none of their own.
_FIELDS = (
    "SELECT stream_id, seq, name, salt, secrecy, value, redacted_at, redaction, lot_id FROM audit_payloads{of_region}"
    " ORDER BY stream_id, seq"
)
_OF_REGION = " WHERE stream_id IN (SELECT stream_id FROM audit_events WHERE region_id = :region)"
#: An anti-join: PostgreSQL walks the list of a NOT IN once for each row when it is too long for its working memory.
_ORPHANS = (
    "SELECT DISTINCT p.stream_id FROM audit_payloads p"
    " WHERE NOT EXISTS (SELECT 1 FROM audit_events e WHERE e.stream_id = p.stream_id)"
)
_HEADS = "SELECT id, region_id, kind, head_seq, head_hash FROM audit_streams{where}"
_CASES = "SELECT id, process, version, state, row_version FROM cases{where}"
_MASKS = "SELECT stream_id, body FROM audit_events WHERE kind = 'field_redacted'{and_region} ORDER BY stream_id, seq"
_LOTS = "SELECT l.case_id, l.number, l.state, l.id FROM lots l JOIN cases c ON c.id = l.case_id{where}"
_DECISIONS = (
    "SELECT case_id, seq, id, lot_id, region_id, trigger, definition, decided_at, decided_by, role, on_behalf_of,"
    " presenter_id, mandate_id, mandate_rule, mandate_source, value_ore, reasons, basis, basis_hash, parameters, sent_to,"
    " salts FROM decisions{where}"
)


def _rows(uow: UnitOfWork, sql: str, region: str | None = None) -> Iterator[Any]:
    """Rows as the driver gives them, in portions: a region's trail does not fit in memory."""
    only = _REGION if region else ""
    filled = sql.format(where=only, and_region=only.replace("WHERE", "AND"), of_region=_OF_REGION if region else "")
    driver: Any = uow.connection.connection.driver_connection
    if uow.dialect.name == "sqlite":
        yield from driver.execute(filled, {"region": region})
        return
    with driver.cursor(name=f"verify_{secrets.token_hex(4)}") as cursor:
        cursor.itersize = 5000
        yield from cursor.execute(filled.replace(":region", "%(region)s"), {"region": region})


class _Decision(NamedTuple):
    """A row of `decisions`, in the order of `_DECISIONS`."""

    case_id: str
    seq: int
    id: str
    lot_id: str | None
    region_id: str
    trigger: str
    definition: str
    decided_at: Any
    decided_by: str
    role: str
    on_behalf_of: str | None
    presenter_id: str | None
    mandate_id: str | None
    mandate_rule: str
    mandate_source: str
    value_ore: int | None
    reasons: str | None
    basis: str
    basis_hash: str
    parameters: str
    sent_to: str
    salts: str | None


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
        #: What later events say was masked: by stream, event and field; and by stream, event and column of a decision.
        self.masks: dict[str, dict[tuple[int, str], dict[str, Any]]] = {}
        self.rewritten: dict[str, dict[int, dict[str, str]]] = {}
        for stream_id, text in _rows(uow, _MASKS, region):
            try:
                body = orjson.loads(text)
                masked = body["masked"]
                self.masks.setdefault(stream_id, {})[masked["seq"], masked["field"]] = body
                for seq, columns in body.get("decisions", {}).items():
                    self.rewritten.setdefault(stream_id, {}).setdefault(int(seq), {}).update(columns)
            except (ValueError, KeyError, TypeError, AttributeError):
                continue  # its hash will not fit either


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
    fault: tuple[int | None, str, str] | None = None
    #: The column, field or table at fault.
    what: str = ""
    unbound: int = 0
    masked: int = 0
    unrecorded: int = 0

    def read(self, row: Any, beside: dict[int, list[Any]]) -> None:
        """Check the stream's next event with the fields that lie beside it; keeps the first fault."""
        try:
            code = self._link(row) or self._body(row, beside.pop(row[1], None))
        except (KeyError, StopIteration, TypeError):  # a text that no step of ours can have written
            code = "not_in_table"
        if code:
            self.fault = (row[1], code, self.what)

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
        columns = ("stream_id", "seq", "region_id", "kind", "at", "actor_id", "case_id", "prev_hash")
        told = ("stream", "seq", "region", "kind", "at", "actor", "case", "prev")
        stored = (row[0], row[1], row[2], row[3], _instant(row[4]), row[5], row[6], row[8])
        for self.what, name, value in zip(columns, told, stored, strict=True):
            if body.get(name) != value:
                return "column_differs"
        self.region = self.region or row[2]
        if row[2] != self.region:
            self.what = "region_id"
            return "column_differs"
        if row[6] not in (None, self.id) and self.id != f"access.{self.region}":  # looks at a case are told there
            self.what = "case_id"
            return "column_differs"
        self.what = ""
        return self._fields(body, beside or ()) or self._step(body) or self._decision(body)

    def _fields(self, body: dict[str, Any], beside: Any) -> str | None:
        left = dict(body.get("fields") or {})
        for _, _, self.what, salt, secrecy, value, redacted_at, redaction, lot_id in beside:
            promised = left.pop(self.what, None)
            if promised is None:
                return "field_unknown"
            said = self.known.masks.get(self.id, {}).get((self.seq, self.what))
            if value is None:
                if redacted_at is None or not redaction:
                    return "field_masked"
                if said is None:
                    if body["v"] != 1:
                        return "mask_unrecorded"
                    self.unrecorded += 1
                elif (_instant(redacted_at), redaction, secrecy, lot_id, salt) != (
                    said["at"], said["rule"], said["masked"]["secrecy"], said["masked"]["lot_id"], "",
                ):  # fmt: skip
                    return "field_masked"
                else:
                    self.masked += 1
            elif said is not None:
                return "mask_undone"
            elif redacted_at is not None or redaction is not None:
                return "field_masked"
            elif commitment(self.what, salt, secrecy, value, lot_id, body["v"]) != promised:
                return "field_changed"
            if lot_id is not None and self._lot(body) != lot_id:  # of an event in format 1 nothing else binds it
                return "field_changed"
        self.what = next(iter(left), "")
        return "field_missing" if left else None

    def _lot(self, body: dict[str, Any]) -> str | None:
        """The id of the lot that the event is about."""
        number = body.get("lot")
        return next((x[3] for x in self.known.lots.get(self.id, ()) if x[1] == number), None)

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
        rewritten = self.known.rewritten.get(self.id, {}).get(self.seq, {})
        if hashlib.sha256(row.basis.encode()).hexdigest() != rewritten.get("basis", row.basis_hash):
            return "basis_changed"
        told = {
            "basis_hash": body["basis_hash"], "trigger": body["trigger"], "definition": body["definition"],
            "decided_by": body["actor"], "role": body.get("role", ""), "on_behalf_of": body.get("for"),
            "mandate_rule": body.get("mandate"), "region_id": self.region, "lot_id": self._lot(body),
        }  # fmt: skip
        stored = row._asdict()
        wrong = [name for name, value in told.items() if stored[name] != value]
        if _instant(row.decided_at) != body["at"]:
            wrong.append("decided_at")
        masked = {n: h for n, h in rewritten.items() if n != "basis"}
        wrong += [n for n, h in masked.items() if hashlib.sha256(str(stored[n]).encode()).hexdigest() != h]
        if "decision" in body:
            wrong += [n for n in differing(stored, row.salts, body["decision"]) if n not in masked]
        else:
            self.unbound += 1
        self.what = ", ".join(dict.fromkeys(wrong))
        return "decision_differs" if wrong else None

    def end(self, beside: dict[int, list[Any]]) -> tuple[int | None, str, str] | None:
        """What can only be said when all events are read."""
        head = self.known.heads.get(self.id)
        if head is None:
            return None, "no_head", ""
        for what, stored, found in (("head_seq", head[3], self.seq), ("head_hash", head[4], self.hash),
                                    ("region_id", head[1], self.region)):  # fmt: skip
            if stored != found:
                return self.seq, "head_differs", what
        if head[2] != ("register" if self.id.endswith(f".{self.region}") else "case"):
            return None, "kind_differs", "kind"
        if beside:
            return min(beside), "field_unknown", beside[min(beside)][0][2]
        if self.known.decisions.get(self.id):
            return min(self.known.decisions[self.id]), "decision_unknown", ""
        if head[2] != "case":
            return None
        case = self.known.cases.get(self.id)
        if case is None:
            return None, "no_case", ""
        key = self.process.key if self.process else ""
        ended: tuple[tuple[str, Any, Any], ...] = (
            ("process", f"{case[1]}@{case[2]}", key), ("state", case[3], self.state), ("row_version", case[4], self.version),
        )  # fmt: skip
        for what, stored, found in ended:
            if stored != found:
                return self.seq, "case_differs", what
        for _, number, state, _ in self.known.lots.get(self.id, ()):
            if state != self.lots.get(number, self.together):
                return self.seq, "lot_differs", f"lot {number}"
        return None


def _instant(at: Any) -> str:
    """An instant as the driver gives it: aware on PostgreSQL, UTC text on SQLite."""
    return instant(at) if isinstance(at, datetime) else f"{at[:10]}T{at[11:26]}Z"
