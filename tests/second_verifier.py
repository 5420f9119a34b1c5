"""A second verifier of the trail, written from docs/audit-trail.md alone.

It shares no code with the product but the published tables of the processes and the list of the database's tables.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import select, text

from states.registry import DEFINITIONS
from workflow.db.metadata import METADATA
from workflow.db.unit_of_work import UnitOfWork


def canonical_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def stamp(at: Any) -> str:
    """An instant as the body writes it: SQLite gives text, PostgreSQL an instant."""
    return at.replace(" ", "T") + "Z" if isinstance(at, str) else at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def field_holds(
    p: Mapping[str, Any], body: Mapping[str, Any], lot_id: str | None, said: Mapping[str, Any] | None
) -> bool:
    """A field against its commitment; a masked one against the event that says so."""
    if p["value"] is None:
        if said is None:
            return bool(body["v"] == 1 and p["redacted_at"] and p["redaction"])
        told = (said["at"], said["rule"], said["masked"]["secrecy"], said["masked"]["lot_id"])
        at = stamp(p["redacted_at"]) if p["redacted_at"] else None
        return told == (at, p["redaction"], p["secrecy"], p["lot_id"]) and p["salt"] == ""
    if said is not None:
        return False
    lot = "" if body["v"] == 1 else f"{p['lot_id'] or ''}:"
    committed = sha(f"{p['salt']}:{p['name']}:{p['secrecy']}:{lot}{p['value']}") == body["fields"][p["name"]]
    return committed and not p["redacted_at"] and not p["redaction"] and p["lot_id"] in (None, lot_id)


def independent_faults(uow: UnitOfWork) -> list[str]:
    """Everything wrong, by the eight rules of the page; shares no code with the product but the published tables."""
    published = {key: d.as_json() for key, d in DEFINITIONS.items()}
    rows = {
        name: [r._asdict() for r in uow.connection.execute(text(f"SELECT * FROM {name}"))]
        for name in ("audit_streams", "audit_events", "audit_payloads", "cases", "lots", "decisions")
    }
    wrong: list[str] = []
    payloads: dict[tuple[str, int], dict[str, Any]] = {}
    for p in rows["audit_payloads"]:
        payloads.setdefault((p["stream_id"], p["seq"]), {})[p["name"]] = p
    by_stream: dict[str, list[Any]] = {}
    for e in sorted(rows["audit_events"], key=lambda e: (e["stream_id"], e["seq"])):
        by_stream.setdefault(e["stream_id"], []).append(e)
    streams = {s["id"]: s for s in rows["audit_streams"]}
    if {s for s in streams if streams[s]["kind"] == "case"} != {c["id"] for c in rows["cases"]}:
        wrong.append("streams and cases")
    if set(by_stream) != set(streams):
        wrong.append("streams and events")
    if set(payloads) - {(e["stream_id"], e["seq"]) for e in rows["audit_events"]}:
        wrong.append("fields without event")
    lot_ids = {(x["case_id"], x["number"]): x["id"] for x in rows["lots"]}
    cases = {c["id"] for c in rows["cases"]}
    for name, table in METADATA.tables.items():
        for column in {"case_id"} & set(table.c.keys()):
            found = uow.connection.execute(select(table.c[column]).where(table.c[column].is_not(None)).distinct())
            if not set(found.scalars()) <= cases:
                wrong.append(f"{name} of a case that is gone")
    masks, rewritten = {}, {}
    for e in sorted(rows["audit_events"], key=lambda e: e["seq"]):
        if e["kind"] == "field_redacted":
            said = json.loads(e["body"])
            masks[e["stream_id"], said["masked"]["seq"], said["masked"]["field"]] = said
            for seq, columns in said.get("decisions", {}).items():
                rewritten.setdefault((e["stream_id"], int(seq)), {}).update(columns)
    deciding = {}
    for stream_id, events in by_stream.items():
        previous = "0" * 64
        for number, e in enumerate(events, start=1):
            body = json.loads(e["body"])
            columns = {"region": e["region_id"], "stream": stream_id, "seq": e["seq"], "kind": e["kind"],
                       "at": stamp(e["at"]), "actor": e["actor_id"], "prev": e["prev_hash"]}  # fmt: skip
            if e["case_id"]:
                columns["case"] = e["case_id"]
            given = payloads.get((stream_id, number), {})
            good = (
                e["seq"] == number and sha(e["body"]) == e["hash"] and e["prev_hash"] == previous
                and canonical_text(body) == e["body"] and {k: body.get(k) for k in columns} == columns
                and set(given) == set(body.get("fields", {}))
                and body["v"] in (1, 2)
                and all(
                    field_holds(p, body, lot_ids.get((stream_id, body.get("lot"))), masks.get((stream_id, number, name)))
                    for name, p in given.items()
                )
            )  # fmt: skip
            if not good:
                wrong.append(f"event {stream_id} {number}")
            if "basis_hash" in body:
                deciding[stream_id, number] = body
            previous = e["hash"]
        head = streams.get(stream_id)
        register = stream_id.endswith(f".{events[0]['region_id']}")
        if head and head["kind"] != ("register" if register else "case"):
            wrong.append(f"kind {stream_id}")
        if head and (head["head_seq"], head["head_hash"], head["region_id"]) != (
            len(events), previous, events[0]["region_id"],
        ):  # fmt: skip
            wrong.append(f"head {stream_id}")
    for case in rows["cases"]:
        bodies = [json.loads(e["body"]) for e in by_stream.get(case["id"], [])]
        lots = {x["number"]: bodies[0]["state"] for x in rows["lots"] if x["case_id"] == case["id"]} if bodies else {}
        state, version = None, 0
        for body in bodies:
            if "trigger" in body:
                table = published[body["definition"]]
                finals = {s["name"] for s in table["states"] if s["final"]}
                here = lots[body["lot"]] if "lot" in body else state
                edges = {(t["trigger"], t["source"], t["target"]) for t in table["transitions"]}
                if here != body["from"] or (body["trigger"], body["from"], body["to"]) not in edges:
                    wrong.append(f"step {case['id']} {body['seq']}")
                if "lot" in body:
                    lots[body["lot"]] = body["to"]
                elif body["from"] != body["to"]:
                    lots = {n: s if s in finals else body["to"] for n, s in lots.items()}
                if body["row_version"] != version + 1:
                    wrong.append(f"version {case['id']} {body['seq']}")
            state, version = body.get("state", state), body.get("row_version", version)
        if (case["state"], case["row_version"]) != (state, version):
            wrong.append(f"case {case['id']}")
        if {x["number"]: x["state"] for x in rows["lots"] if x["case_id"] == case["id"]} != lots:
            wrong.append(f"lots {case['id']}")
    if set(deciding) != {(d["case_id"], d["seq"]) for d in rows["decisions"]}:
        wrong.append("decisions and events")
    for d in rows["decisions"]:
        body = deciding.get((d["case_id"], d["seq"]), {})
        masked = rewritten.get((d["case_id"], d["seq"]), {})
        same = {"basis_hash": d["basis_hash"], "trigger": d["trigger"], "definition": d["definition"],
                "actor": d["decided_by"], "role": d["role"], "for": d["on_behalf_of"], "mandate": d["mandate_rule"],
                "region": d["region_id"], "at": stamp(d["decided_at"])}  # fmt: skip
        bound = body.get("decision", {})
        salts = json.loads(d["salts"] or "{}")
        if (
            masked.get("basis", d["basis_hash"]) != sha(d["basis"])
            or any(sha(str(d[c])) != h for c, h in masked.items())
            or {k: body.get(k) for k in same} != same
            or d["lot_id"] != lot_ids.get((d["case_id"], body.get("lot")))
            or any(sha(f"{salts.get(c)}:{c}:{canonical_text(d[c])}") != h for c, h in bound.items() if c not in masked)
        ):
            wrong.append(f"decision {d['id']}")
    return wrong
