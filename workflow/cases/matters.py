"""What waits several times over in a case, read from its trail: each is recorded by one step and settled by another."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field
from sqlalchemy import and_, bindparam, select

from states.definition import Obligation
from states.facts import MatterFacts
from states.matters import ASKED_ON, ASKS, SETTLES, WAITS_AFTER, Record, chosen, in_order, those_meant, waiting
from states.steps import plan
from workflow.db.statements import Row, Statement
from workflow.engine.audit import event_kind
from workflow.engine.forms import empty_is_none
from workflow.engine.registries import fact
from workflow.engine.step import Step
from workflow.engine.tables import AuditEvent, AuditPayload
from workflow.errors import FieldError, InvalidForm

_events = AuditEvent.__table__  # type: ignore[attr-defined]
_payloads = AuditPayload.__table__  # type: ignore[attr-defined]
_KINDS = sorted(event_kind(t) for t in (*WAITS_AFTER, *SETTLES, ASKS))
_DAYS = sorted({ASKED_ON, *(day for _, day in WAITS_AFTER.values())})
_RECORDS = Statement(
    select(_events.c.seq, _events.c.body, _payloads.c.value)
    .select_from(
        _events.outerjoin(
            _payloads,
            and_(
                _payloads.c.stream_id == _events.c.stream_id,
                _payloads.c.seq == _events.c.seq,
                _payloads.c.name.in_(_DAYS),
            ),
        )
    )
    .where(_events.c.stream_id == bindparam("case_id"), _events.c.kind.in_(_KINDS))
    .order_by(_events.c.seq)
)

#: Which of several a step is about, by the number of the event that recorded it; the oldest where none is named.
WhichMatter = Annotated[
    Annotated[int, Field(ge=1)] | None,
    BeforeValidator(empty_is_none),
    Field(default=None, json_schema_extra={"widget": "matter"}),
]


@fact("matters")
def load_matters(step: Step) -> tuple[MatterFacts, ...]:
    return waiting(_record(r) for r in step.uow.all(_RECORDS, case_id=step.case_id))


def _record(r: Row) -> Record:
    body = json.loads(r.body)
    trigger = body["trigger"]
    day = json.loads(r.value) if r.value is not None else None
    if trigger in WAITS_AFTER:
        counted = (body.get("receipts") or {}).get(WAITS_AFTER[trigger][0])
        # Without a duty nothing waits. A day that was masked is the one that its duty was counted from.
        day = None if counted is None else day or counted["anchor_on"]
    elif trigger == ASKS:
        day = day or body["at"][:10]
    return Record(r.seq, trigger, body.get("lot"), date.fromisoformat(day) if day else None, body.get("matter"))


def waits_from_now(step: Step, on: date) -> None:
    """What the step records waits beside what waits already."""
    number = step.lot.number if step.lot is not None else None
    new = MatterFacts(None, WAITS_AFTER[step.trigger][0], number, on)
    step.facts["matters"] = in_order((*step.load("matters"), new))


def asked_for(step: Step, on: date) -> None:
    """A party asks for the decision of one matter."""
    matter = _chosen(step)
    if matter is not None:
        asked = (replace(m, asked_on=on) if m is matter else m for m in step.load("matters"))
        step.facts["matters"] = tuple(asked)


def settled(step: Step) -> list[MatterFacts]:
    """The step settles one, and no other. Returns those of its kind that still wait."""
    matter = _chosen(step)
    step.facts["matters"] = tuple(m for m in step.load("matters") if m is not matter)
    return _meant(step)


def owe_the_others(step: Step, obligation: Obligation) -> None:
    """Where some still wait, the duty stands open again, at the last day that comes first."""
    if _meant(step):
        step.more_tasks.append(plan(step.situation(), obligation))


def _meant(step: Step) -> list[MatterFacts]:
    return those_meant(step.load("matters"), step.trigger, step.lot.number if step.lot is not None else None)


def _chosen(step: Step) -> MatterFacts | None:
    """The one that the step is about; its number goes on the trail. Raises InvalidForm for one that does not wait."""
    named, meant = step.answer("matter"), _meant(step)
    matter = chosen(meant, named)
    if matter is None and named is not None:
        numbers = ", ".join(str(m.number) for m in meant) or "–"
        raise InvalidForm([FieldError("matter", "no_such_matter", {"open": numbers})])
    if matter is not None:
        step.recorded["matter"] = matter.number
    return matter


#: The words of the step that recorded it, by which people tell one from another.
_WORDS = ("contract_change", "party_matter", "requested_by")


def words_of(fields: dict[str, Any]) -> str:
    """What an event's fields, as the viewer may see them, say of the matter that it recorded."""
    return next((str(fields[name]) for name in _WORDS if fields.get(name)), "")
