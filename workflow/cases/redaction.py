"""Masking one field of one event for good (GDPR art. 17, OSL), with a rule, a reason and an event that says so.

The value and its salt go; the chain holds, because it holds only a commitment. Where the same text stands as the case's
own matter (a comment, a file's name, an opinion, reasons of a decision, its stored basis, a mail) that copy is replaced
in the same command by words that say when, by whom and by which rule. What the event says of the changed decisions binds them anew.
A letter to a supplier stays as it was decided and sent: its hash binds it, and the supplier has it.
"""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import String, bindparam, func, select, update

from states.calendar import local_date
from states.roles import Actor, Role
from workflow.cases.region_trail import trail_event
from workflow.commands import RedactField
from workflow.db.metadata import METADATA
from workflow.db.statements import Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.access import Secrecy
from workflow.engine.act import visible_case
from workflow.engine.bound import without_salts
from workflow.engine.canonical import canonical, sha256
from workflow.engine.execute import handles
from workflow.engine.tables import AuditPayload, DecisionRow, OutboxMessage
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound, StegvisError

MASKERS = frozenset({Role.REGISTRAR, Role.ADMINISTRATOR})
LONGEST_RULE, LONGEST_REASON = 100, 1_000

#: Columns of a case's rows that hold what somebody wrote: where the masked text may stand once more.
COPIES: dict[str, tuple[str, ...]] = {
    "comments": ("text",),
    "contract_follow_ups": ("note",),
    "contracts": ("follow_up_plan", "evaluation", "owner_note", "signing_reference"),
    "deadline_extensions": ("reason",),
    "action_plans": ("cause", "settled_because"),
    "call_off_stops": ("why", "review_note", "ended_because"),
    "case_access": ("reason",),
    "contract_terms": ("source", "reason"),
    "deviations": ("finding_source", "requirement", "clause", "description", "ground_note", "probable_because", "proportionality",
                   "evidence", "skip_reason", "stop_consent_note", "contact_name"),
    "exclusion_material": ("receipt", "description", "supplier_said", "self_cleaning"),
    "files": ("name",),
    "fine_stays": ("reason",),
    "fine_weeks": ("set_off_reference", "set_off_note"),
    "lots": ("award_reasons", "evaluation_reference", "cancellation_reasons"),
    "milestones": ("action", "responsible", "extended_because", "proof"),
    "opinions": ("opinion",),
    "pauses": ("reason",),
    "procurements": ("need", "risk_other", "risk_note", "opened_by", "opened_with", "no_target_reason",
                     "cancellation_reasons", "history_note", "protocol_reference"),
    "rungs_entered": ("reasons", "proportionality", "response"),
    "requirements": ("text", "proof", "follow_up"),
    "supplier_contacts": ("name",),
    "targets": ("statement", "indicator", "baseline", "target_value", "follow_up"),
    "tasks": ("reason",),
}  # fmt: skip

#: Of these, what holds several texts one after the other: one of them is replaced inside.
COMPOSED = {("contracts", "evaluation"), ("procurements", "history_note")}

_payloads = AuditPayload.__table__  # type: ignore[attr-defined]
_decisions = DecisionRow.__table__  # type: ignore[attr-defined]
_messages = OutboxMessage.__table__  # type: ignore[attr-defined]
_FIELD = Statement(
    select(_payloads.c.secrecy, _payloads.c.lot_id, _payloads.c.value).where(
        _payloads.c.stream_id == bindparam("stream_id"),
        _payloads.c.seq == bindparam("seq"),
        _payloads.c.name == bindparam("name"),
    )
)
_MASK = Statement(
    update(_payloads)
    .where(
        _payloads.c.stream_id == bindparam("the_stream"),
        _payloads.c.seq == bindparam("the_seq"),
        _payloads.c.name == bindparam("the_name"),
    )
    .values(value=None, salt="", redacted_at=bindparam("at"), redaction=bindparam("why"))
)
_ALSO_IN = Statement(
    select(_payloads.c.seq)
    .where(_payloads.c.stream_id == bindparam("stream_id"), _payloads.c.value == bindparam("value"))
    .order_by(_payloads.c.seq)
)


def _replacing(table: str, column: str) -> Statement:
    rows = METADATA.tables[table]
    kept, old, new = rows.c[column], bindparam("old", type_=String), bindparam("new", type_=String)
    replaced = func.replace(kept, old, new) if (table, column) in COMPOSED else new
    holds = replaced != kept if (table, column) in COMPOSED else kept == old
    return Statement(update(rows).where(rows.c.case_id == bindparam("the_case"), holds).values({column: replaced}))


_REPLACE = {(table, column): _replacing(table, column) for table, columns in COPIES.items() for column in columns}
_DECISIONS = Statement(
    select(_decisions.c.id, _decisions.c.seq, _decisions.c.reasons, _decisions.c.sent_to, _decisions.c.basis, _decisions.c.salts)
    .where(_decisions.c.case_id == bindparam("case_id"))
    .order_by(_decisions.c.seq)
)  # fmt: skip
_NEW_WORDS = Statement(
    update(_decisions)
    .where(_decisions.c.id == bindparam("the_id"))
    .values(
        reasons=bindparam("new_reasons"), sent_to=bindparam("new_sent_to"), basis=bindparam("new_basis"),
        salts=bindparam("new_salts"),
    )
)  # fmt: skip
_MAILS = Statement(select(_messages.c.id, _messages.c.facts).where(_messages.c.case_id == bindparam("case_id")))
_NEW_FACTS = Statement(update(_messages).where(_messages.c.id == bindparam("the_id")).values(facts=bindparam("new")))


@handles(RedactField)
def redact_field(uow: UnitOfWork, command: RedactField, who: Actor) -> dict[str, Any]:
    """Mask a field that holds text. Raises NotFound (also for what this person may not see), Forbidden, InvalidForm,
    or StegvisError `already_done` and, for what must wait until the award, `mask_while_secret`.
    """
    rule, reason = " ".join(command.rule.split()), command.reason.strip()
    if not who.roles() & MASKERS:
        raise Forbidden
    event = trail_event(uow, who, command.stream_id, command.seq)
    of_case = event.item.case_id == command.stream_id
    case = visible_case(uow, command.stream_id, who, lock=True) if of_case else None
    field = uow.one(_FIELD, stream_id=command.stream_id, seq=command.seq, name=command.name)
    if field is None or command.name in event.withheld or event.item.kind == "field_redacted":
        raise NotFound
    if field.value is None:
        raise StegvisError("already_done")
    if field.secrecy == Secrecy.TENDER and case is not None and case.tender_secret:
        raise StegvisError("mask_while_secret")  # the event would tell that something secret was written
    faults = [
        FieldError(name, "field_too_long" if text else "field_required", {"max_length": most} if text else {})
        for name, text, most in (("rule", rule, LONGEST_RULE), ("reason", reason, LONGEST_REASON))
        if not text or len(text) > most
    ]
    text = json.loads(field.value)
    if not isinstance(text, str) or not text:
        faults.append(FieldError("name", "field_not_text"))
    if faults:
        raise InvalidForm(faults)
    uow.run(_MASK, the_stream=command.stream_id, the_seq=command.seq, the_name=command.name, at=uow.now, why=rule)
    shown = f"[Maskat {local_date(uow.now)} av {who.name} enligt {rule}]"
    copies = _copies(uow, command.stream_id, text, shown) if of_case else {}
    decisions = _in_decisions(uow, command.stream_id, text, shown) if of_case else {}
    seq = audit.append(
        uow,
        command.stream_id,
        region_id=who.region_id,
        kind="field_redacted",
        at=uow.now,
        actor_id=who.person_id,
        case_id=event.item.case_id,
        facts={
            "masked": {"seq": command.seq, "field": command.name, "secrecy": field.secrecy, "lot_id": field.lot_id},
            "rule": rule,
            "copies": copies or None,
            "decisions": decisions or None,
            "channel": who.channel,
        },
        fields=[audit.Field("reason", reason, Secrecy.PERSONAL)],
    )
    also = sorted({r.seq for r in uow.all(_ALSO_IN, stream_id=command.stream_id, value=field.value)})
    return {"stream": command.stream_id, "event": seq, "copies": sum(copies.values()), "decisions": len(decisions), "also_in": also}  # fmt: skip


def _copies(uow: UnitOfWork, case_id: str, text: str, shown: str) -> dict[str, int]:
    """Replace the text where the case's own rows and mails hold it. Returns how many rows, by table and column."""
    found = {}
    for (table, column), statement in _REPLACE.items():
        touched = uow.run(statement, the_case=case_id, old=text, new=shown)
        if touched:
            found[f"{table}.{column}"] = touched
    for mail in uow.all(_MAILS, case_id=case_id):
        facts = json.loads(mail.facts)
        masked = _without(facts, text, shown)
        if masked != facts:
            uow.run(_NEW_FACTS, the_id=mail.id, new=json.dumps(masked, ensure_ascii=False))
            found["outbox_messages.facts"] = found.get("outbox_messages.facts", 0) + 1
    return found


def _in_decisions(uow: UnitOfWork, case_id: str, text: str, shown: str) -> dict[str, dict[str, str]]:
    """Replace the text in decisions and in what they rested on. Returns by event the SHA-256 of each column as it is now."""
    found = {}
    for row in uow.all(_DECISIONS, case_id=case_id):
        old = {"reasons": row.reasons, "sent_to": row.sent_to}
        new = {name: shown if value == text else value for name, value in old.items()}
        basis = json.loads(row.basis)
        masked = _without(basis, text, shown)
        now = {name: value for name, value in new.items() if value != old[name]}
        if masked != basis:
            now["basis"] = canonical(masked)
        if now:
            words = {"reasons": row.reasons, "sent_to": row.sent_to, "basis": row.basis, **now}
            salts = without_salts(row.salts, frozenset(now))
            uow.run(_NEW_WORDS, the_id=row.id, new_salts=salts, **{f"new_{n}": words[n] for n in words})
            found[str(row.seq)] = {name: sha256(value) for name, value in now.items()}
    return found


def _without(value: Any, text: str, shown: str) -> Any:
    if isinstance(value, dict):
        return {k: _without(v, text, shown) for k, v in value.items()}
    if isinstance(value, list):
        return [_without(v, text, shown) for v in value]
    return shown if value == text else value
