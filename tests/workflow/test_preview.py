"""Looking ahead is what then happens, touches nothing and leaves other regions out; on both databases."""

from __future__ import annotations

import socket
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from states.calendar import at_local, local_date
from tests.importers.samples import csv_file
from tests.play import Play
from workflow.commands import AddStandardDuties, SetAbsence, SetMailPlan, WriteComment
from workflow.db.metadata import METADATA
from workflow.engine.execute import Stegvis
from workflow.errors import NotFound
from workflow.files.store import open_store
from workflow.importers.commands import import_contracts
from workflow.preview import Preview, preview
from workflow.preview.copying import LEFT_OUT, copied
from workflow.scheduler import Scheduler


def fingerprint(app: Stegvis) -> dict[str, list[Any]]:
    """Every row of every table."""
    with app.database.read() as uow:
        return {t.name: sorted(map(repr, uow.connection.execute(t.select()))) for t in METADATA.sorted_tables}


def several_states(play: Play) -> list[str]:
    """Cases in need, at the target, in standstill, paused, and a contract with an option; digests for two people."""
    for who in ("owner", "officer"):
        play.do(who, SetMailPlan(digest=True))
    named = {"owner": play.people["owner"], "officer": play.people["officer"]}
    cases = [play.open(title="I standstill", **named)]
    play.to_evaluation()
    play.award()
    play.notify()
    cases.append(play.open(title="Behov", **named))
    cases.append(play.open(title="Mål", **named))
    play.to_target_decision()
    cases.append(play.open(title="Vilar", **named))
    play.need()
    play.act("officer", "pause", reason="Väntar på budget")
    register = [["Avtalsnamn", "Leverantör", "Slutdatum"], ["Möbler", "Trä AB", "2027-01-31"]]
    import_contracts(play.app, play.region, csv_file(register), "r.csv")
    cases += [r.id for r in play.sql("SELECT id FROM cases WHERE process = 'contract' AND existing")]
    play.run_due()
    return cases


def foreseen(found: Preview) -> tuple[Counter[Any], Counter[Any]]:
    events = Counter((h.on, h.reference, h.event) for h in found.happenings if h.case_id)
    return events, Counter((m.on, m.kind, m.person_id, m.reference) for m in found.mails)


def happened(play: Play, since: Any) -> tuple[Counter[Any], Counter[Any]]:
    """What the tables of the real database say came about after an instant."""
    events, mails = METADATA.tables["audit_events"], METADATA.tables["outbox_messages"]
    cases = METADATA.tables["cases"]
    with play.app.database.read() as uow:
        run = uow.connection.execute
        known = {None: None} | {c.id: c.reference for c in run(cases.select())}
        seen = run(events.select().where(events.c.at >= since, events.c.case_id.is_not(None)))
        told = Counter(
            (local_date(e.at), known[e.case_id], e.kind)
            for e in seen
            if not e.kind.startswith("mail_") and e.region_id == play.region
        )
        sent = run(mails.select().where(mails.c.sent_at >= since, mails.c.region_id == play.region))
        return told, Counter((local_date(m.sent_at), m.kind, m.person_id, known[m.case_id]) for m in sent)


def live(play: Play, until: date) -> None:
    """Day by day, at midnight, at the mail hour and at noon on Swedish clocks, with the scheduler at work."""
    day = play.today
    while day <= until:
        for hour in (0, 7, 12):
            play.clock.at = max(play.clock.at, at_local(day, hour))
            play.run_due()
        day += timedelta(days=1)


def test_what_was_foreseen_is_exactly_what_then_happens_day_by_day_over_a_year(play: Play) -> None:
    """From April 2026 over both nights of summer time and the end of the year."""
    cases = several_states(play)
    play.do("owner", SetAbsence(play.people["owner"], date(2026, 7, 6), date(2026, 7, 31)))
    found = preview(play.app, play.region, months=12)
    alone = [preview(play.app, play.region, case=case, months=12) for case in cases]
    assert not found.faults
    live(play, found.until)
    events, mails = happened(play, found.since)
    said, told = foreseen(found)
    # Days without a decider are no part of a play; the test below plays the whole scheduler.
    told = Counter({k: n for k, n in told.items() if k[1] != "no_decider"})
    assert said == events
    assert told == mails
    assert {e for _, _, e in said} >= {"reminder_sent", "escalated"}
    assert len(mails) > 20
    for case, one in zip(cases, alone, strict=True):
        said, told = foreseen(one)
        reference = play.row(case).reference
        assert said == Counter({k: n for k, n in events.items() if k[1] == reference})
        own = Counter({k: n for k, n in told.items() if k[3] is not None})
        assert own == Counter({k: n for k, n in mails.items() if k[3] == reference})
        assert one.case_id == case


@pytest.mark.parametrize("begin", ["2026-10-22", "2026-12-28"])
def test_hour_by_hour_the_whole_scheduler_does_what_was_foreseen(play: Play, begin: str) -> None:
    """Duties, warnings and digests as well: six days around a night of summer time and around the end of the year."""
    several_states(play)
    play.do("admin", AddStandardDuties(play.region))
    play.advance(to=f"{begin}T05:30:00")
    found = preview(play.app, play.region, months=1)
    play.clock.at = found.since
    scheduler, end = Scheduler(play.app, kind="tick", node="t"), found.since.timestamp() + 6 * 86_400
    while play.clock.at.timestamp() < end:
        scheduler.cycle(housekeeping=False)
        play.clock.at += timedelta(minutes=30)
    last = local_date(play.clock.at)
    said, told = foreseen(found)
    events, mails = happened(play, found.since)
    for expected, real in ((said, events), (told, mails)):
        assert {k: n for k, n in expected.items() if k[0] < last} == {k: n for k, n in real.items() if k[0] < last}
    assert said


def test_nothing_real_is_touched(play: Play, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    several_states(play)
    play.do("admin", AddStandardDuties(play.region))
    sent, before, files = len(play.sent), fingerprint(play.app), sorted(tmp_path.rglob("*"))
    monkeypatch.chdir(tmp_path)

    def no_socket(*_: Any, **__: Any) -> None:
        raise AssertionError("a socket was opened")

    play.app.database.ping()  # the real database's connection stands before that
    monkeypatch.setattr(socket.socket, "connect", no_socket)
    found = preview(play.app, play.region, months=3)
    assert found.happenings
    assert found.mails
    assert any(h.kind == "opened" and h.process == "duty" for h in found.happenings)
    assert fingerprint(play.app) == before
    assert sorted(tmp_path.rglob("*")) == files
    assert len(play.sent) == sent


def test_the_copy_holds_one_region_and_no_words_keys_or_trail(play: Play, kalmar: Play) -> None:
    play.open()
    play.do("officer", WriteComment(play.case, "Hemligt ord"))
    theirs = kalmar.open(title="Deras ärende")
    with copied(play.app, play.region) as copy:
        rows = fingerprint(copy)
    text = repr({name: r for name, r in rows.items() if name != "regions"})
    assert play.case in text
    for word in (theirs, "kalmar", "Hemligt ord"):
        assert word not in text
    assert not any(rows[name] for name in LEFT_OUT)
    with pytest.raises(ValueError, match="FILES_URL"):
        open_store(copy.settings.files)
    with pytest.raises(NotFound):
        preview(play.app, play.region, case=theirs)
    with pytest.raises(NotFound):
        preview(play.app, "narnia")


def test_it_says_what_is_late_and_unheeded_and_how_far_it_came(play: Play) -> None:
    play.open(owner=play.people["owner"])
    play.need()
    found = preview(play.app, play.region, case=play.row().reference, months=3)
    assert ("decide_start", play.people["owner"]) in {(u.trigger, u.person_id) for u in found.unheeded}
    assert found.until == date(2026, 6, 2) == found.reached
    assert found.counts()["reminder"] >= 2
    assert sum(map(len, found.by_month().values())) == sum(map(len, found.by_week().values()))
    cut = preview(play.app, play.region, months=12, seconds=0)
    assert cut.stopped
    assert cut.reached < cut.until


def test_while_a_hold_stands_it_is_counted_as_if_released_and_says_so(play: Play) -> None:
    play.open(owner=play.people["owner"])
    play.need()
    with play.app.database.write() as uow:
        uow.connection.execute(METADATA.tables["holds"].insert().values(id="h", reason="restored", since_at=uow.now))
    found = preview(play.app, play.region, months=2)
    assert found.held
    assert found.mails
