"""A second region whose every text is a canary: the columns come from the tables themselves, so that none is forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Column, Table, bindparam, insert, select, update
from sqlmodel import AutoString

from states.roles import system_actor
from tests.play import CONTRACT, Play
from tests.workflow.test_secrecy import whole_journey
from workflow.commands import (
    AddClosingDay,
    AddFile,
    AddMandate,
    AddPlanEntry,
    AddRecurringDuty,
    AddUnit,
    AssignRole,
    BeginSession,
    CreateToken,
    DecidePlan,
    DeclareConflict,
    ExtendDeadline,
    HandOn,
    MarkSeen,
    OpenCase,
    ProposeLetterhead,
    ProposeLetterText,
    ProposeParameter,
    PublishPlan,
    RecordReturned,
    RejectLetterhead,
    RejectLetterText,
    RejectParameter,
    SaveView,
    SetAbsence,
    SetCalendarAddress,
    SetDirectoryNumber,
    SetMailPlan,
    SetSubstitute,
    SettleMailMatter,
    WriteComment,
)
from workflow.db.columns import new_id
from workflow.db.metadata import METADATA
from workflow.duties.register import open_due_duties
from workflow.engine.execute import Idempotency, execute
from workflow.parameters.running import move_released_deadlines
from workflow.people.kept_forms import Kept, keep

MARK = "KANARIE"
NUMBER = "556056-6258"

#: Text columns that hold no words: column (or table.column) -> why none of them can carry a canary.
NO_WORDS = {
    "id": "an id", "stream_id": "an id", "node": "a process of ours, of no region",
    "audit_events.kind": "a code of ours", "audit_streams.kind": "a code of ours", "kind": "a code of ours",
    "process": "a code of the law book", "trigger": "a code of the law book", "state": "a code of the law book",
    "definition": "a code of the law book", "next_trigger": "a code of the law book", "next_role": "a code of the law book",
    "role": "a code of the law book", "roles": "codes of the law book", "act": "a code of the law book",
    "standstill_rule": "a code of the law book", "track": "a code of the law book", "procedure": "a code of the law book",
    "instance": "a code of the law book", "ruling": "a code of the law book", "dimension": "a code of the law book",
    "level": "a code of the law book", "requirement_kind": "a code of the law book", "contract_class": "a code of the law book",
    "risk_other": "a level", "risk_environment": "a level", "risk_human_rights": "a level", "risk_corruption": "a level", "risk_labour_law": "a level",
    "status": "a code of ours", "secrecy": "a code of ours", "locale": "a language", "outcome": "a code of the law book",
    "missing": "names of fields", "country": "a code of ISO 3166", "media_type": "a type of ours", "county_code": "a code of SCB",
    "parameters.name": "a code of ours", "counters.name": "a code of ours", "audit_payloads.name": "the name of a field",
    "external_references.source": "a code of ours", "parameter_changes.name": "a code of ours", "code": "a code of ours",
    "parameter_changes.value": "a number of a known kind; the id and the source beside it are looked for",
    "rows_hash": "a hash", "quarter": "a quarter of a year", "observed_durations.step": "a code of the law book",
    "subject": "a hash, or the name of a table",
    "parameters.value": "a number of a known kind; the id and the source beside it are looked for",
    "csrf_token": "drawn, and tied to a session of its own", "hash": "a hash", "prev_hash": "a hash", "head_hash": "a hash",
    "body_hash": "a hash", "text_hash": "a hash", "basis_hash": "a hash", "id_hash": "a hash", "token_hash": "a hash", "sha256": "a hash: it finds the file",
    "salt": "drawn", "password_hash": "a hash",
    "answering_role": "a code of the law book", "owner_role": "a code of the law book", "rhythm": "a code of the law book",
    "recurring_duties.basis": "a code of ours", "duties.basis": "a code of ours", "period": "a year, or a part of one",
    "cause": "a code of ours", "how": "a code of ours", "way": "a code of ours", "scan": "a code of ours",
    "outbox_messages.answer": "a code of ours", "returned_letters.what": "a code of ours", "weekdays": "numbers of weekdays",
    "sealed": "sealed", "sealed_token": "sealed", "salts": "drawn", "on_behalf_of": "an id",
    "contract_terms.source": "a code of ours", "severe_kinds": "a code of ours", "re_audit_payer": "a code of ours",
    "publication": "a code of ours", "commitments": "a code of ours", "finding_source": "a code of ours",
    "ground": "a code of the law book", "sub_supplier_refuses": "a code of ours", "contact_locale": "a language",
    "rung": "a code of the law book", "asked_rung": "a code of the law book", "prepared_rung": "a code of the law book",
    "ended_how": "a code of ours", "ended_because": "a code of ours", "call_off_stops.why": "a code of ours",
    "means": "a code of ours", "fine_stays.reason": "a code of ours",
    "heartbeats.error": "of a process, of no region", "holds.reason": "of the whole system, for its administrators",
}  # fmt: skip
#: Tables without a row of any region.
OF_NO_REGION = {
    "heartbeats", "holds", "counters", "sign_in_failures",
    "database_lives", "scheduler_gaps",  # of the whole database
    "used_logout_tokens", "returned_letters",  # names of letters and orders, each taken in once; no page shows them
}  # fmt: skip
#: Texts that are JSON: the canary goes in beside what stands there.
JSON = {"rows", "body", "facts", "basis", "parameters", "answer", "receipt", "standstill_receipt", "told", "response"}


def text_columns(table: Table) -> Iterator[Column[Any]]:
    for column in table.columns:
        if isinstance(column.type, AutoString):
            yield column


def refers(column: Column[Any]) -> bool:
    """Ids of people, cases and the like; they are looked for as they stand."""
    name = column.name
    return name.endswith(("_id", "_by")) or bool(column.foreign_keys)


def wordless(column: Column[Any]) -> bool:
    return refers(column) or column.name in NO_WORDS or f"{column.table.name}.{column.name}" in NO_WORDS


#: `opened_by` and `signed_by` hold a person's id, these a name that was typed.
TYPED_NAMES = {("procurements", "opened_by")}


def play_history(play: Play) -> None:
    """Everything a region does that leaves a text behind."""
    play.people = people = {**play.people, "strategist": play.people["head"]}
    whole_journey(play, MARK, NUMBER)
    contract = play.contracts()[0]
    play.act("officer", "propose_handover", case=contract, manager=people["owner"], contract_class="a",
             follow_up_plan=f"{MARK} plan")  # fmt: skip
    play.do("admin", AssignRole(people["owner"], "contract_manager", None))
    play.act("owner", "accept_handover", case=contract)
    play.act("owner", "record_follow_up", case=contract, followed_up_on=play.today.isoformat(), outcome="deviations",
             note=f"{MARK} utfall")  # fmt: skip
    play.do("officer", WriteComment(play.case, f"{MARK} fråga", "question", people["owner"]))
    play.do("admin", AddUnit(play.region, f"{MARK} enhet", "unit", people["unit"], people["head"], people["owner"]))
    play.do(
        "admin", AddMandate(play.region, "decide_award", None, people["owner"], 100, f"{MARK} regel", f"{MARK} källa")
    )
    play.do("admin", SetSubstitute(people["owner"], people["head"], play.today, play.today))
    settings(play)
    execute(play.app, BeginSession(people["owner"], "ab" * 32, "cd" * 16), by=people["owner"])
    play.do("admin", CreateToken(f"owner@{play.region}.example"))
    form = {"title": f"{MARK} två", "unit": people["unit"], "registry_number": f"{MARK} 2"}
    opening = OpenCase("procurement", play.region, form, external=("register", f"{MARK}-rad"))
    second = play.elsewhere(play.do("officer", opening, idempotency=Idempotency(f"{MARK}-nyckel", "h"))["id"])
    first = second.tasks()[0]
    second.do(_who(play, first.person_id), HandOn(first.id, people["officer"], f"{MARK} lämnar"))
    second.act("officer", "pause", reason=f"{MARK} paus")
    second.act("officer", "resume")
    second.to_evaluation()
    second.do("officer", AddFile(second.case, f"{MARK} anbud.pdf", "application/pdf", 10, "beef" * 16, "tender"))
    second.award()
    second.notify()
    second.act("officer", "record_review", court=f"{MARK} rätt", court_case_number=f"{MARK} mål",
               lodged_on=play.today.isoformat())  # fmt: skip
    third = play.elsewhere(play.open(title=f"{MARK} tre"))
    third.to_evaluation()
    third.award()
    third.notify()
    third.advance(15)
    third.act("officer", "prepare_contracts", contracts=[{**CONTRACT, "contract_number": f"{MARK} 3"}])
    play.do("admin", AssignRole(people["admin"], "head_of_procurement", None))
    fourth = play.elsewhere(play.open(title=f"{MARK} fyra", owner=people["owner"], officer=people["officer"]))
    fourth.need()
    owed = fourth.task("decide_start")
    fourth.do("head", ExtendDeadline(owed.id, owed.due_on + timedelta(days=2), f"{MARK} tid"))
    fourth.do("owner", DeclareConflict(fourth.task("decide_start").id, f"{MARK} jäv"))
    play.elsewhere(play.open(title=f"{MARK} fem", owner=people["owner"], officer=people["officer"])).need()
    play.set_parameter("start_decision", "15", play.today, f"{MARK} nämnd", running=True)
    move_released_deadlines(play.app)
    plans(play)
    play.do("officer", WriteComment(play.case, f"{MARK} sist"))
    of_oneself(play)
    owed_each_year(play)
    deviation(play, contract)
    play.run_due()
    mail_that_came_back(play)
    found_at_night(play)
    play.run_due()


def settings(play: Play) -> None:
    """A value that applies, one that was turned down, one that still waits, and a closing day."""
    play.set_parameter("mail_hour", "9", play.today, f"{MARK} beslut")
    for reason in (f"{MARK} nej", ""):
        proposal = ProposeParameter(play.region, "mail_hour", "10", play.today + timedelta(days=9), f"{MARK} förslag")
        change = play.do("admin", proposal)["id"]
        if reason:
            play.do("head", RejectParameter(change, reason))
    play.do("admin", AddClosingDay(play.region, play.today + timedelta(days=50), f"{MARK} dag", f"{MARK} fullmäktige"))
    words = ("{avtalsnummer} {avtalspunkt} {sista svarsdag}" + f" {MARK} text", play.today, f"{MARK} brevbeslut")
    text = play.do("admin", ProposeLetterText(play.region, "reminder_1", "sv", f"{MARK} rubrik", *words))["id"]
    play.do("head", RejectLetterText(text, f"{MARK} brevskäl"))
    lines = (
        f"{MARK} avsändare",
        f"{MARK} avdelning",
        f"{MARK} gata",
        f"{MARK} telefon",
        f"{MARK} Eva",
        f"{MARK} beslut",
    )
    head = play.do("admin", ProposeLetterhead(play.region, None, play.today, *lines))["id"]
    play.do("head", RejectLetterhead(head, f"{MARK} huvudskäl"))


def plans(play: Play) -> None:
    """A need entered by hand; a plan that is decided only, and one before it that is published."""
    need = {
        "title": f"{MARK} behov", "unit": play.people["unit"], "owner": play.people["owner"], "track": "above_threshold",
        "starts_on": (play.today + timedelta(days=90)).isoformat(), "value_low": "1", "value_high": "2", "note": f"{MARK} not",
    }  # fmt: skip
    play.do("officer", AddPlanEntry(play.region, need))
    first = play.do("head", DecidePlan(play.region, play.today, f"{MARK} styrelse", f"{MARK} plan 1"))["id"]
    play.do("head", PublishPlan(first))
    play.do("head", DecidePlan(play.region, play.today, f"{MARK} styrelse", f"{MARK} plan 2"))


def of_oneself(play: Play) -> None:
    """What people say of themselves, and what a sign-in of the region's told."""
    owner = play.people["owner"]
    play.do("admin", SetAbsence(owner, play.today + timedelta(days=60), play.today + timedelta(days=61)))
    play.do("head", SetMailPlan(digest=True, weekdays="135"))
    play.do("owner", SetCalendarAddress("ef" * 32))
    play.do("owner", SaveView(f"{MARK} vy", {"q": f"{MARK} sökt"}))
    play.do("owner", MarkSeen(play.case, 1))
    play.do("admin", SetDirectoryNumber(owner, f"{MARK} nummer"))
    keep(play.app, owner, Kept("/my-tasks", {}, {"reasons": [f"{MARK} formulär"]}, signed_out=False))


def deviation(play: Play, contract: str) -> None:
    """A deviation with all that a ladder leaves behind: a plan, a stop, weeks of a fine, letters, exclusion material."""
    opened = {
        "title": f"{MARK} avvikelse", "found_on": play.today.isoformat(), "finding_source": "tip", "deviation_kind": "other",
        "requirement": f"{MARK} krav", "clause": f"{MARK} 2.3", "description": f"{MARK} fynd", "contact_name": f"{MARK} Sven",
        "contact_email": f"{MARK.lower()}@leverantor.example",
    }  # fmt: skip
    at = play.elsewhere(play.do("officer", OpenCase("deviation", play.region, opened, parent_id=contract))["id"])
    at.act("officer", "start_dialogue")
    at.act("head", "decide_other_rung", to_rung="formal_demand", reasons=f"{MARK} bråttom")
    at.run_due()
    prepared = {
        "ground": "not_reporting", "proportionality": f"{MARK} rimligt", "evidence": f"{MARK} bevis",
        "skip_reason": f"{MARK} skäl",
    }  # fmt: skip
    at.act("officer", "prepare_rung", prepared_rung="call_off_stop", **prepared)
    with play.app.database.write() as uow:  # the contract of the journey is no framework
        uow.connection.execute(update(METADATA.tables["deviations"]).values(is_framework=True))
    at.act("owner", "consent_to_call_off_stop", consents=True, note=f"{MARK} samtycke")
    at.act("head", "decide_call_off_stop", reasons=f"{MARK} stopp")
    at.act("head", "review_call_off_stop", note=f"{MARK} kvar")
    at.act("officer", "prepare_rung", prepared_rung="contractual_fine", **prepared)
    at.act("head", "decide_contractual_fine", reasons=f"{MARK} vite")
    at.run_due()
    at.advance(3)
    at.act("officer", "record_set_off", weeks_from=1, weeks_to=1, set_off_on=play.today.isoformat(),
           set_off_reference=f"{MARK} faktura", note=f"{MARK} kvittat")  # fmt: skip
    row = {
        "action": f"{MARK} åtgärd",
        "responsible": f"{MARK} Siv",
        "due_on": (play.today + timedelta(days=9)).isoformat(),
    }
    at.act("officer", "record_action_plan", received_on=play.today.isoformat(), cause=f"{MARK} orsak", milestones=[row])
    at.act("owner", "return_action_plan", reason=f"{MARK} otillräckligt")
    at.act("officer", "record_exclusion_material", event_on=play.today.isoformat(), description=f"{MARK} underlag")


def owed_each_year(play: Play) -> None:
    """A duty that comes again, and one occurrence of it that is owed."""
    play.do("admin", AddRecurringDuty(play.region, f"{MARK} plikt", "yearly", "head_of_procurement", f"{MARK} policy", play.today,
                                      lead_days=365))  # fmt: skip
    open_due_duties(play.app)


def mail_that_came_back(play: Play) -> None:
    """One mail that did not arrive and was seen to, and one that was answered and waits."""
    sent = play.sql("SELECT id FROM outbox_messages WHERE region_id = :r AND status = 'sent'", r=play.region)[:2]
    for message, what in zip(sent, ("bounced", "answered"), strict=True):
        letter = RecordReturned(message.id, f"{what}@{play.region}", what, f"{MARK} okänd")
        execute(play.app, letter, by=system_actor(play.region))
    matters = play.sql("SELECT id FROM mail_matters WHERE region_id = :r AND cause = 'bounced'", r=play.region)
    play.do("head", SettleMailMatter(matters[0].id, "told", f"{MARK} ringde"))


def found_at_night(play: Play) -> None:
    """What the nightly work writes only after years of cases or after a fault: put there by hand."""
    with play.app.database.write() as uow:
        now, day = uow.now, play.today
        duration = {"region_id": play.region, "unit_id": play.people["unit"], "track": "direct", "step": "start", "cases": 9,
                    "median": 5, "ninety": 9, "counted_on": day}  # fmt: skip
        difference = {"id": new_id(now), "region_id": play.region, "case_id": play.case, "subject": "task",
                      "subject_id": new_id(now), "trigger": "decide_start", "code": "date_differs", "stated": day.isoformat(),
                      "found": day.isoformat(), "found_at": now, "seen_at": now}  # fmt: skip
        digest = {"id": new_id(now), "region_id": play.region, "person_id": play.people["head"],
                  "on_day": day - timedelta(days=1), "made_at": now, "message_id": new_id(now)}  # fmt: skip
        note = {"id": new_id(now), "region_id": play.region, "person_id": play.people["head"], "case_id": play.case,
                "task_id": new_id(now), "kind": "task_opened", "noted_at": now, "status": "told", "digest_id": digest["id"]}  # fmt: skip
        identity = {"id": new_id(now), "issuer": f"https://{MARK}.example", "subject": "s", "region_id": play.region,
                    "name": f"{MARK} person", "email": f"{MARK}@kalmar.example", "number": f"{MARK} 1", "first_seen_at": now,
                    "last_seen_at": now}  # fmt: skip
        warning = {"region_id": play.region, "on_day": day - timedelta(days=1), "told": "[]", "mails": 0}
        found = {"decider_warnings": warning, "observed_durations": duration, "deadline_differences": difference, "digests": digest,
                 "digest_notes": note, "identities": identity}  # fmt: skip
        for name, values in found.items():
            uow.connection.execute(insert(METADATA.tables[name]).values(**values))


def _who(play: Play, person_id: str | None) -> str:
    return next((short for short, each in play.people.items() if each == person_id), "officer")


def rows_of(table: Table, region: str) -> Any:
    """The condition that a row belongs to the region, by whatever it hangs on; None for tables of no region."""

    def within(name: str) -> Any:
        other = METADATA.tables[name]
        return select(other.c.id).where(rows_of(other, region))

    if table.name in OF_NO_REGION:
        return None
    if table.name == "regions":
        return table.c.id == region
    if table.name == "suppliers":
        relations = METADATA.tables["supplier_relations"]
        others = select(relations.c.supplier_id).where(relations.c.region_id != region)
        return table.c.id.not_in(others)
    if "region_id" in table.c:
        return table.c.region_id == region
    if "case_id" in table.c:
        return table.c.case_id.in_(within("cases"))
    if "person_id" in table.c:
        return table.c.person_id.in_(within("people"))
    return table.c.stream_id.in_(within("audit_streams"))


def unlock_events(play: Play) -> None:
    if play.app.database.is_sqlite:
        for act in ("update", "delete"):
            play.sql(f"DROP TRIGGER audit_events_no_{act}")
    else:
        play.sql("ALTER TABLE audit_events DISABLE TRIGGER USER")


def fill(play: Play) -> tuple[set[str], set[str], set[str]]:
    """Put a canary into every text of the region. Gives the columns filled, the tables without a row, and the ids."""
    unlock_events(play)
    filled: set[str] = set()
    empty: set[str] = set()
    ids: set[str] = set()
    with play.app.database.write() as uow:
        run = uow.connection.execute
        conditions = {t.name: rows_of(t, play.region) for t in METADATA.sorted_tables}
        for table in METADATA.sorted_tables:
            where = conditions[table.name]
            if where is None:
                continue
            keys = list(table.primary_key)
            rows = run(select(table).where(where)).mappings().all()
            if not rows:
                empty.add(table.name)
            columns = [c for c in text_columns(table) if not wordless(c) or (table.name, c.name) in TYPED_NAMES]
            ids |= {
                str(r[c.name]) for r in rows for c in text_columns(table) if c.name == "id" and len(str(r[c.name])) > 20
            }
            ids |= {str(r["sha256"]) for r in rows if "sha256" in r}
            free = [c for c in columns if not c.primary_key]
            for number, row in enumerate(rows):
                values = {f"new_{c.name}": canary(c, row[c.name], number) for c in free}
                if values:
                    matches = [k == bindparam(f"key_{k.name}") for k in keys]
                    change = update(table).where(*matches).values({c.name: bindparam(f"new_{c.name}") for c in free})
                    run(change, values | {f"key_{k.name}": row[k.name] for k in keys})
            filled |= {f"{table.name}.{c.name}" for c in columns if rows}
    return filled, empty, ids


def in_words(value: Any, mark: str) -> Any:
    """What was written of the event, with the mark for each text; dates, numbers and codes stay what they are."""
    if isinstance(value, dict):
        return {k: in_words(v, mark) for k, v in value.items()}
    if isinstance(value, list):
        return [in_words(v, mark) for v in value]
    return mark if isinstance(value, str) and (MARK in value or " " in value) else value


def canary(column: Column[Any], value: Any, number: int) -> str | None:
    """The text that takes the place of a value: its own name, in the shape that its readers want."""
    mark = f"{MARK}-{column.table.name}-{column.name}-{number}"
    if column.name == "value" and column.table.name == "audit_payloads":
        return json.dumps(in_words(json.loads(value), mark)) if value else value
    if column.name in JSON:
        if not value:
            return value  # type: ignore[no-any-return]
        found = json.loads(value)
        if isinstance(found, dict):
            return json.dumps({**found, "zz": mark})
        return json.dumps([{**each, "title": mark} for each in found] if column.name == "rows" else [*found, mark])
    if column.name in ("email", "recipient"):
        return f"{mark.lower()}@{MARK.lower()}.example"
    return mark.casefold() if column.name.endswith(("_fold", "_sort")) else mark
