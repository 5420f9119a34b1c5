"""The released definitions, the closed registry of effects, and the fingerprint that nobody may change."""

from __future__ import annotations

import hashlib
import inspect
import json
from typing import Any

from states import deviation_dates  # noqa: F401 - what it holds registers itself
from states.contract_v1 import CONTRACT_V1
from states.definition import ProcessDefinition
from states.deviation_v1 import DEVIATION_V1
from states.due_dates import DUE_DATES
from states.duty_v1 import DUTY_V1
from states.errors import UnknownProcess
from states.guards import GUARDS
from states.procurement_v1 import PROCUREMENT_V1
from states.terms import TERMS

DEFINITIONS: dict[str, ProcessDefinition] = {d.key: d for d in (PROCUREMENT_V1, CONTRACT_V1, DUTY_V1, DEVIATION_V1)}

#: Every effect a definition may name; `workflow/` implements each one exactly once (a test compares).
EFFECTS: frozenset[str] = frozenset(e for d in DEFINITIONS.values() for t in d.transitions for e in t.effects)


def definition(process: str, version: int | None = None) -> ProcessDefinition:
    """A released definition; without a version the newest. Raises UnknownProcess."""
    if version is not None:
        try:
            return DEFINITIONS[f"{process}@{version}"]
        except KeyError:
            raise UnknownProcess(f"{process}@{version}") from None
    versions = [d for d in DEFINITIONS.values() if d.id == process]
    if not versions:
        raise UnknownProcess(process)
    return max(versions, key=lambda d: d.version)


def _sources(functions: list[Any]) -> list[str]:
    """The source of the functions and of every function of the law book they call, in a fixed order."""
    found: dict[str, str] = {}
    waiting = list(functions)
    while waiting:
        function = waiting.pop()
        name = f"{function.__module__}.{function.__qualname__}.{function.__code__.co_firstlineno if '<' in function.__qualname__ else ''}"
        if name in found:
            continue
        found[name] = inspect.getsource(function)
        called = (function.__globals__.get(n) for n in function.__code__.co_names)
        waiting += [f for f in called if inspect.isfunction(f) and f.__module__.startswith("states.")]
    return sorted(found.values())


def fingerprint(d: ProcessDefinition) -> str:
    """SHA-256 over the canonical JSON, the source of all that its guards and deadlines run, and the terms."""
    names = sorted({g for t in d.transitions for g in t.guards})
    due = sorted(
        {o.deadline for s in d.states if (o := s.owes) and o.deadline}
        | {o.deadline for t in d.transitions for o in t.opens if o.deadline}
        | {o.deadline for o in d.opens if o.deadline}
        | {t.deadline for t in d.timers}
    )
    sources = _sources([GUARDS[n].check for n in names] + [DUE_DATES[n].compute for n in due])
    sources += [repr(TERMS[code]) for code in sorted(TERMS)]
    text = json.dumps(d.as_json(), sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n".join(sources)
    return hashlib.sha256(text.encode()).hexdigest()
