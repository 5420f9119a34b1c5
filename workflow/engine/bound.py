"""What an event holds of the decision's row: one salted commitment a column, so that a changed column is found and named.

The exact bytes are written down in `docs/audit-trail.md`. Columns that the event says in clear (who, in what role, by
which rule, on which basis) need no commitment; these do: some are secret until the award, some may be masked later.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from workflow.engine.canonical import canonical, plain, sha256

#: Columns of `decisions` that the event's `decision` commits to.
BOUND = (
    "id", "lot_id", "presenter_id", "mandate_id", "mandate_source", "value_ore", "reasons", "parameters", "sent_to",
)  # fmt: skip


def bind(row: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Draw a salt for each bound column of a new decision. Returns (`decisions.salts`, what the event says)."""
    drawn = secrets.token_hex(16 * len(BOUND))
    salts = {name: drawn[32 * i : 32 * (i + 1)] for i, name in enumerate(BOUND)}
    return canonical(salts), {name: _commitment(salts[name], name, row[name]) for name in BOUND}


def differing(row: Mapping[str, Any], salts: str | None, promised: Mapping[str, str]) -> list[str]:
    """The columns that are not what the event commits to, in the order of BOUND; one without its salt is among them."""
    try:
        known = json.loads(salts or "{}")
    except ValueError:
        known = {}
    if not isinstance(known, dict):
        known = {}
    wrong = [n for n in promised if n not in row]
    return wrong + [
        name
        for name in BOUND
        if name in promised and _commitment(str(known.get(name, "")), name, row[name]) != promised[name]
    ]


def without_salts(salts: str | None, names: frozenset[str]) -> str | None:
    """`decisions.salts` once some columns are masked: nobody can try out what stood there."""
    if salts is None:
        return None
    return canonical({name: salt for name, salt in json.loads(salts).items() if name not in names})


def _commitment(salt: str, name: str, value: Any) -> str:
    return sha256(f"{salt}:{name}:{canonical(plain(value))}")
