"""Every command there is, torn at each statement that writes and at its commit: nothing of it is left. # I3 I5 I10

One prepared region serves all: no command here ever commits, so each finds the region as the one before it found it.
Whoever adds a command adds a scenario to `scenarios`; a test fails until it is there.
"""

from __future__ import annotations

import hashlib
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select

import workflow.people.sessions
import workflow.subjects  # noqa: F401
from notifications.transport import MemoryTransport
from states.roles import Actor, system_actor
from tests.databases import Databases
from tests.people import BEGIN
from tests.play import CONTRACT, SUPPLIER, Play
from tests.processes import seed
from workflow import commands
from workflow.app import build
from workflow.clock import FixedClock
from workflow.config import Settings
from workflow.db.metadata import METADATA
from workflow.engine.execute import HANDLERS, Idempotency, execute

REGION = "norrbotten"
SYSTEM = system_actor(REGION)
COMMON = "samverkan"
ISSUER = "https://id.example"


class Torn(Exception):
    """Stands for whatever can go wrong at a statement."""


@dataclass
class World:
    """A region in which every command has something to do. `ids` are the rows that scenarios name."""

    play: Play
    ids: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Scenario:
    """One command by one person (or the system); `later` days after the world was made."""

    command: Any
    by: str | Actor
    later: int = 0


def provided(subject: str, number: str | None, id_hash: str, replaced: str | None = None) -> commands.SignInByProvider:
    """Somebody comes back from the region's provider."""
    return commands.SignInByProvider(
        ISSUER, subject, REGION, "Namn", f"{subject}@elsewhere.example", number, id_hash, "c", BEGIN, None, "s1", "sealed",
        replaced,
    )  # fmt: skip


def make_world(play: Play) -> World:
    """Cases at the steps that leave most behind, and one row of everything that a command names."""
    world, today = World(play), BEGIN.date()
    play.open(title="I avtalsspärr")
    play.to_evaluation()
    signing = play.elsewhere(play.case)
    rent = {"supplier_name": "Rent AB", "organisation_number": None}
    signing.award(None, rent)
    signing.notify()
    play.advance(14)
    signing.act("officer", "prepare_contracts", contracts=[CONTRACT, {**CONTRACT, **rent}])
    play.open(title="Tilldelning", lots=("Norr", "Söder"))
    play.to_evaluation()
    awarding = play.elsewhere(play.case)
    awarding.act("officer", "submit_award_proposal", 1, suppliers=[SUPPLIER], award_reasons="Bäst.")
    standing = play.elsewhere(play.open(title="Spärr"))
    standing.to_evaluation()
    standing.award()
    standing.notify()
    deciding = play.elsewhere(play.open(title="Målbeslut"))
    deciding.to_target_decision()
    waiting = play.elsewhere(play.open(title="Startbeslut"))
    play.do("owner", commands.SetMailPlan(digest=True))
    waiting.need()  # what is asked of the owner waits for a digest
    play.do("owner", commands.SetMailPlan(digest=False))
    today = play.today
    task = waiting.task("decide_start").id
    plan = play.do("head", commands.AddPlanEntry(
        REGION, {"title": "Vikarier", "starts_on": str(today + timedelta(days=90)), "track": "above_threshold"}))  # fmt: skip
    first = play.do("head", commands.DecidePlan(REGION, today, "Regionstyrelsen", "Dnr 1"))["id"]
    play.do("head", commands.PublishPlan(first))
    second = play.do("head", commands.DecidePlan(REGION, today, "Regionstyrelsen", "Dnr 2"))["id"]
    proposed = play.do("admin", commands.ProposeParameter(REGION, "start_decision", "15", today, "Beslut 3", True))
    play.do("head", commands.ReleaseParameter(proposed["id"]))
    open_change = play.do("admin", commands.ProposeParameter(REGION, "target_decision", "15", today, "Beslut 4", True))
    closing = play.do("admin", commands.AddClosingDay(REGION, date(2027, 3, 2), "Stängt", "Beslut 5"))["id"]
    letter = play.do("admin", commands.ProposeLetterText(
        REGION, "reminder_1", "sv", "Påminnelse", "{avtalsnummer} {avtalspunkt} {sista svarsdag}", today, "Beslut 6"))["id"]  # fmt: skip
    head = play.do("admin", commands.ProposeLetterhead(REGION, None, today, "Region", "", "Box 1", "", "", "Beslut 7"))[
        "id"
    ]
    role = play.do("admin", commands.AssignRole(play.people["registrar"], "audit_reviewer"))["id"]
    mandate = play.do(
        "admin", commands.AddMandate(REGION, "decide_direct_award", "registrar", None, 100, "9", "Delegation")
    )
    play.do("officer", commands.BeginSession(play.people["officer"], "a" * 64, "c", False))
    play.do("officer", commands.CreateToken(f"officer@{REGION}.example"))
    question = play.do("officer", commands.WriteComment(waiting.case, "Hur?", "question", play.people["owner"]))
    asked = next(e.seq for e in waiting.events() if e.kind == "question_asked")
    queued, failed = [m.id for m in deciding.outbox()[-2:]]
    play.sql("UPDATE outbox_messages SET status = 'sending', attempts = 1 WHERE id = :m", m=queued)
    play.sql("UPDATE outbox_messages SET status = 'failed' WHERE id = :m", m=failed)
    timer = waiting.timers()[0].id
    play.sql("UPDATE timers SET status = 'failed', error = 'x' WHERE id = :t", t=timer)
    play.sql("INSERT INTO holds (id, reason, since_at) VALUES ('h', 'restored', '2026-03-01 00:00:00.000000')")
    play.sql(
        "INSERT INTO database_lives (number, id, begun_at, beats) VALUES (0, 'l', '2026-03-01 00:00:00.000000', 1)"
    )
    play.sql("UPDATE moved_deadlines SET error = 'x'")
    file = play.do("officer", commands.AddFile(waiting.case, "b.pdf", "application/pdf", 1, "1" * 64))["id"]
    soon = today + timedelta(days=9)
    comes = ("yearly", "registrar", "Beslut", today, soon.month, soon.day)
    duty = play.do("admin", commands.AddRecurringDuty(REGION, "Leverantörsdag", *comes))["id"]
    common = execute(play.app, commands.AddRecurringDuty(COMMON, "Konferens", "yearly", "secretariat", "SEED 4", today),
                     by=system_actor(COMMON))["id"]  # fmt: skip
    absence = play.do(
        "admin", commands.SetAbsence(play.people["head"], today + timedelta(days=1), today + timedelta(days=40))
    )["id"]
    substitute = play.do("admin", commands.SetSubstitute(
        play.people["registrar"], play.people["officer_2"], today, today + timedelta(days=9), away=False))["id"]  # fmt: skip
    form = {"title": "Handskar", "supplier_name": "Nordhandske AB", "start_on": str(today), "end_on": "2029-12-31"}
    contract = play.do("officer", commands.OpenCase("contract", REGION, form))["id"]
    play.do("officer", commands.SetCalendarAddress("c" * 64))
    view = play.do("officer", commands.SaveView("Sena", {"overdue": "1"}, start=True))["id"]
    play.do("officer", commands.MarkSeen(waiting.case, 1))
    sent, bounced = [m.id for m in standing.outbox() if m.status == "sent" and m.person_id][:2]
    execute(play.app, commands.RecordReturned(bounced, "<1@far.example>", "bounced", "550"), by=SYSTEM)
    (matter,) = play.sql("SELECT id FROM mail_matters WHERE message_id = :m", m=bounced)
    known = play.do("admin", commands.BindIdentity(play.people["officer"], issuer=ISSUER, subject="ulla"))["id"]
    execute(play.app, provided("ulla", None, "d" * 64), by=SYSTEM)
    play.do("admin", commands.SetDirectoryNumber(play.people["head"], "se-1"))
    ids = {
        "view": view, "absence": absence, "substitute": substitute, "contract": contract,
        "file": file, "duty": duty, "common": common, "sent": sent, "matter": matter.id, "identity": known,
        "signing": signing.case, "awarding": awarding.case, "standing": standing.case, "deciding": deciding.case,
        "waiting": waiting.case, "task": task, "entry": plan["id"], "published": first, "decided": second,
        "released": proposed["id"], "proposed": open_change["id"], "closing": closing, "letter": letter, "head": head, "role": role,
        "mandate": mandate["id"], "question": question["id"], "asked": str(asked), "queued": queued, "failed": failed, "timer": timer,
    }  # fmt: skip
    return replace(world, ids=ids)


def scenarios(world: World) -> list[Scenario]:
    """At least one for each command type; of steps those that write most."""
    play, ids = world.play, world.ids
    people, today, c = play.people, play.today, commands

    def step(who: str, case: str, trigger: str, lot: int | None = None, **form: Any) -> Scenario:
        at = play.elsewhere(ids[case])
        given = form | ({"lot": lot} if lot else {})
        return Scenario(c.Act(at.case, trigger, at.row().row_version, given, at.basis(who, trigger, lot)), who)

    corrected = {"title": "Rättad", "unit": people["unit"], "owner": people["owner_2"], "officer": people["officer_2"]}
    entry = {"title": "Nytt behov", "starts_on": str(today + timedelta(days=60)), "track": "direct"}
    opened = {"title": "Ny", "unit": people["unit"], "lots": ["Norr", "Söder"]}
    difference = ("task", ids["task"], ids["waiting"], "decide_start", "other_day", "2026-03-02", "2026-03-03")
    version = play.elsewhere(ids["waiting"]).row().row_version
    return [
        Scenario(c.OpenCase("procurement", REGION, opened, external=("uhm", "1")), "officer"),
        step("owner", "deciding", "decide_sustainability_target", reasons="Enligt underlaget."),
        step("head", "awarding", "decide_award", 1),
        step("head", "signing", "sign_contracts", signed_on=today.isoformat(), signing_reference="S"),
        Scenario(c.FireTimer(ids["standing"]), SYSTEM, later=20),
        Scenario(c.RecordDelivery(ids["queued"], "sent", "250 OK"), SYSTEM),
        Scenario(c.RecordDelivery(ids["queued"], "failed", "550"), SYSTEM),
        Scenario(c.CorrectCase(ids["waiting"], version, corrected), "officer"),
        Scenario(c.WriteComment(ids["waiting"], "Så", "answer", answers_id=ids["question"]), "owner"),
        Scenario(c.WriteComment(ids["waiting"], "Hur då?", "question", people["owner"]), "officer"),
        Scenario(c.RedactField(ids["waiting"], int(ids["asked"]), "text", "GDPR art. 17", "Begäran"), "registrar"),
        Scenario(c.HandOn(ids["task"], people["owner_2"], "Semester"), "owner"),
        Scenario(c.DeclareConflict(ids["task"], "Min bror äger bolaget"), "owner"),
        Scenario(c.AddFile(ids["waiting"], "a.pdf", "application/pdf", 1, "0" * 64), "officer"),
        Scenario(c.AddUser(f"ny@{REGION}.example", "Ny", "registrar", REGION, password="en lång hemlighet 1"), "admin"),
        Scenario(c.DisableUser(f"officer@{REGION}.example", REGION), "admin"),
        Scenario(c.SetPassword(people["officer"], "en lång hemlighet 2"), "admin"),
        Scenario(c.CreateToken(f"officer@{REGION}.example"), "officer"),
        Scenario(c.AssignRole(people["registrar"], "administrator"), "admin"),
        Scenario(c.EndRole(ids["role"]), "admin"),
        Scenario(c.AddUnit(REGION, "Ny enhet", "unit", people["unit"], people["head"], None), "admin"),
        Scenario(c.AddMandate(REGION, "decide_award", "registrar", None, 100, "9", "Delegation"), "admin"),
        Scenario(c.SetSubstitute(people["owner"], people["owner_2"], today, today + timedelta(days=9)), "admin"),
        Scenario(c.ExtendDeadline(ids["task"], today + timedelta(days=20), "Underlaget kommer sent"), "head"),
        Scenario(c.ProposeParameter(REGION, "requirement_decision", "15", today, "Beslut", False), "admin"),
        Scenario(c.ReleaseParameter(ids["proposed"]), "head"),
        Scenario(c.RejectParameter(ids["proposed"], "Nej"), "head"),
        Scenario(c.MoveDeadlines(ids["released"], ids["waiting"]), SYSTEM),
        Scenario(c.TellMoved(ids["released"]), SYSTEM),
        Scenario(c.AddClosingDay(REGION, date(2027, 3, 3), "Stängt", "Beslut"), "admin"),
        Scenario(c.WithdrawClosingDay(ids["closing"]), "head"),
        Scenario(c.ProposeLetterText(REGION, "dialogue", "en", "Talk", "{contract number}, {clause}", today, "Beslut"), "admin"),
        Scenario(c.ReleaseLetterText(ids["letter"]), "head"),
        Scenario(c.RejectLetterText(ids["letter"], "Nej"), "head"),
        Scenario(c.ProposeLetterhead(REGION, people["unit"], today, "Region", "Inköp", "Box 1", "0920-1", "", "Beslut"), "admin"),
        Scenario(c.ReleaseLetterhead(ids["head"]), "head"),
        Scenario(c.RejectLetterhead(ids["head"], "Nej"), "head"),
        Scenario(c.RecordDeadlineCheck(9, 8, (difference, (*difference[:6], "2026-03-04"))), SYSTEM),
        Scenario(c.ChangeUnit(people["unit"], "Division Nära", people["head"], people["owner_2"]), "admin"),
        Scenario(c.EndMandate(ids["mandate"], today), "admin"),
        Scenario(c.SetLocale("en"), "officer"),
        Scenario(c.RevokeTokens(), "officer"),
        Scenario(c.RetryTimer(ids["timer"]), "head"),
        Scenario(c.RetryMessage(ids["failed"]), "head"),
        Scenario(c.RetryMove(ids["released"], ids["waiting"]), "head"),
        Scenario(c.ReleaseHold("h"), "admin"),
        Scenario(c.RecordTrailCheck(9, 3), "reviewer"),
        Scenario(c.ReportAccessFault("Syns inte"), "officer"),
        Scenario(c.BeginSession(people["officer"], "b" * 64, "c", False, "a" * 64), "officer"),
        Scenario(c.EndSession("a" * 64), "officer"),
        Scenario(c.NoteFailedSignIn(("x", "y"), people["officer"], "password"), system_actor("samverkan")),
        Scenario(c.NoteSecretRead(ids["awarding"]), "officer"),
        Scenario(c.CountDurations(REGION), SYSTEM),
        Scenario(c.AddPlanEntry(REGION, entry), "head"),
        Scenario(c.WithdrawPlanEntry(ids["entry"]), "head"),
        Scenario(c.DecidePlan(REGION, today, "Regionstyrelsen", "Dnr 3"), "head"),
        Scenario(c.PublishPlan(ids["decided"]), "head"),
        Scenario(c.UnpublishPlan(ids["published"]), "head"),
        Scenario(c.SnoozeTask(ids["task"], today + timedelta(days=3), "Budgeten"), "owner"),
        Scenario(c.HandOverCase(ids["waiting"], people["owner"], people["owner_2"]), "head"),
        Scenario(c.FinishHandOver(people["owner"], people["owner_2"], (ids["waiting"],)), "head"),
        Scenario(c.SetAbsence(people["owner"], today, today + timedelta(days=9)), "admin"),
        Scenario(c.EndSubstitute(ids["substitute"], today + timedelta(days=2)), "admin"),
        Scenario(c.EndAbsence(ids["absence"]), "admin"),
        Scenario(c.ReplanContract(ids["contract"]), SYSTEM),
        Scenario(c.WarnOfGaps(REGION, today), SYSTEM),
        Scenario(c.SetMailPlan(True, 16, "35"), "officer"),
        Scenario(c.MakeDigest(people["owner"], today), SYSTEM),
        Scenario(c.RecordReturned(ids["sent"], "<2@far.example>", "bounced", "550"), SYSTEM),
        Scenario(c.SettleMailMatter(ids["matter"], "corrected", "Ny adress", f"ratt@{REGION}.example"), "admin"),
        Scenario(c.SetHold("Flytt av servern", ("another-life", 3)), SYSTEM),
        Scenario(c.RecordScan(ids["file"], "infected"), SYSTEM),
        Scenario(c.AddRecurringDuty(REGION, "Mässa", "yearly", "registrar", "Beslut", today), "admin"),
        Scenario(c.AddStandardDuties(REGION), "admin"),
        Scenario(c.EndRecurringDuty(ids["duty"], today), "admin"),
        Scenario(c.ShareRecurringDuty(ids["common"], True), system_actor(COMMON)),
        Scenario(c.OpenDuty(ids["duty"], str((today + timedelta(days=9)).year)), SYSTEM),
        Scenario(c.SetCalendarAddress("e" * 64), "officer"),
        Scenario(c.RevokeCalendarAddress(), "officer"),
        Scenario(c.SaveView("Avtal", {"process": "contract"}, start=True), "officer"),
        Scenario(c.ChangeView(ids["view"], "Alla sena", start=True), "officer"),
        Scenario(c.DeleteView(ids["view"]), "officer"),
        Scenario(c.MarkSeen(ids["deciding"], 2), "officer"),
        Scenario(c.MarkSeen(ids["waiting"], 2), "officer"),
        Scenario(provided("cecilia", "se-1", "e" * 64, "a" * 64), system_actor(COMMON)),
        Scenario(c.BindIdentity(people["registrar"], issuer=ISSUER, subject="rut"), "admin"),
        Scenario(c.UnbindIdentity(ids["identity"]), "admin"),
        Scenario(c.EndSessionsByProvider(ISSUER, "ulla", "s1", "f" * 64), system_actor(COMMON)),
        Scenario(c.SetDirectoryNumber(people["head"], "se-2"), "admin"),
        Scenario(c.KeepForm("f" * 32, "sealed"), "officer"),
    ]  # fmt: skip


@dataclass
class Tearing:
    """Counts what a command writes, and raises in place of one of these statements or of the commit."""

    play: Play
    number: int | None = None
    written: int = 0
    committing: bool = False

    def heard(self, sql: str, _: Any) -> None:
        """Statements on the driver's connection: the recorder is told before each."""
        if sql.lstrip()[:6].upper() in ("INSERT", "UPDATE", "DELETE"):
            self.written += 1
            if self.written == self.number:
                raise Torn(sql)

    def core(self, _connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        """The same for statements that go through SQLAlchemy."""
        self.heard(statement, None)

    def commit(self, _: Any) -> None:
        """The commit itself fails: with `number` None this is the only thing that does."""
        self.committing = True
        raise Torn("COMMIT")

    @contextmanager
    def at_work(self) -> Iterator[None]:
        database = self.play.app.database
        database.recorder = self.heard
        listeners = (("before_cursor_execute", self.core), ("commit", self.commit))
        for name, listener in listeners:
            event.listen(database.engine, name, listener)
        try:
            yield
        finally:
            database.recorder = None
            for name, listener in listeners:
                event.remove(database.engine, name, listener)


def fingerprint(play: Play) -> dict[str, str]:
    """What every table holds, a hash a table."""
    found = {}
    with play.app.database.read() as uow:
        for name, table in METADATA.tables.items():
            rows = sorted(repr(tuple(r)) for r in uow.connection.execute(select(table)))
            found[name] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return found


def tear(play: Play, scenario: Scenario, number: int | None) -> Tearing:
    """Run the command with one thing breaking in it; it must be told, and must not have been carried out."""
    tearing = Tearing(play, number)
    begin = play.clock.at
    play.clock.at = begin + timedelta(days=scenario.later)
    by = scenario.by if isinstance(scenario.by, Actor) else play.people[scenario.by]
    try:
        with tearing.at_work(), pytest.raises(Torn):
            execute(play.app, scenario.command, by=by, idempotency=Idempotency("key", "hash"))
    finally:
        play.clock.at = begin
    return tearing


@pytest.fixture(scope="module")
def worlds() -> Iterator[dict[str, World]]:
    """One world a kind of database, made on first use."""
    made: dict[str, World] = {}
    yield made
    for world in made.values():
        world.play.app.database.dispose()


@pytest.fixture
def world(made: Databases, worlds: dict[str, World], tmp_path_factory: pytest.TempPathFactory) -> World:
    if made.kind not in worlds:
        folder: Path = tmp_path_factory.mktemp("torn")
        clock = FixedClock(BEGIN)
        app = build(Settings(database_url=made.fresh(), data_dir=folder, mail_url="memory:"), clock=clock)
        app.transport = MemoryTransport()
        worlds[made.kind] = make_world(Play(app, clock, made.people[REGION], REGION))
    return worlds[made.kind]


def test_every_command_has_a_scenario(world: World) -> None:
    have = {type(s.command).__name__ for s in scenarios(world)}
    wanted = {n for n, v in vars(commands).items() if isinstance(v, type) and v.__module__ == commands.__name__}
    assert wanted - have == set(), "a command without a scenario here: nobody knows what it leaves half-done"
    assert {h.__name__ for h in HANDLERS} <= wanted


def test_a_command_torn_anywhere_leaves_nothing(world: World, made: Databases) -> None:
    """SQLite: all of them at every statement. PostgreSQL: a sample by seed; all in full mode."""
    chance = random.Random(seed())
    play, chosen = world.play, scenarios(world)
    everything = made.kind == "sqlite" or bool(os.environ.get("STEGVIS_TEST_FULL"))
    if not everything:
        chosen = chance.sample(chosen, 12)
    before, sent, written = fingerprint(play), len(play.sent), 0
    for scenario in chosen:
        named = type(scenario.command).__name__
        whole = tear(play, scenario, None)
        assert whole.committing, f"{named} never came to its commit"
        assert whole.written > 1, f"{named} wrote nothing but its key"
        numbers = range(1, whole.written + 1)
        if not everything:
            numbers = sorted(chance.sample(numbers, min(4, whole.written)))  # type: ignore[assignment]
        for number in numbers:
            broken = tear(play, scenario, number)
            assert not broken.committing, f"{named} went on to its commit after statement {number} failed"
        written += whole.written
        after = fingerprint(play)
        changed = [table for table in before if before[table] != after[table]]
        assert changed == [], f"{scenario.command} torn: {changed} changed"
    assert len(play.sent) == sent
    assert written > (300 if everything else 20)


def test_the_tearing_itself_would_show_what_is_left(world: World) -> None:
    """A handler that commits half-way is seen: the guard guards."""
    play = world.play
    before = fingerprint(play)
    play.sql("UPDATE holds SET reason = 'changed'")
    after = fingerprint(play)
    assert [t for t in before if before[t] != after[t]] == ["holds"]
    play.sql("UPDATE holds SET reason = 'restored'")
    assert fingerprint(play) == before
