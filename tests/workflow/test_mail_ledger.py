"""The mail ledger's receipts, mails that somebody must see to, what comes back, and the hold after a restore."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from notifications.errors import PermanentFailure
from notifications.message import message_id
from notifications.transport import MemoryTransport
from states.calendar import local_date
from states.roles import system_actor
from tests.play import Play
from tests.web.paper import Paper
from tests.web.site import csrf_token, program, sign_in
from workflow.commands import RecordReturned, ReleaseHold, SetHold, SetMailPlan, SettleMailMatter
from workflow.engine import restored
from workflow.engine.delivery import deliver_mail
from workflow.engine.execute import execute
from workflow.engine.timers import held
from workflow.errors import Forbidden, InvalidForm, NotFound, StegvisError
from workflow.mail_forecast import mail_forecast
from workflow.mails.collecting import collect_returned
from workflow.mails.queries import MailFilter, list_mails, my_matter_count, my_matters
from workflow.scheduler import Scheduler

OWNER = "owner@norrbotten.example"
BASE = "http://127.0.0.1:8000"


class Refusing(MemoryTransport):
    """Refuses for good whatever goes to one of the addresses."""

    def __init__(self, *addresses: str) -> None:
        super().__init__()
        self.addresses = set(addresses)

    def send(self, message: Any, envelope_to: str) -> str:
        if envelope_to in self.addresses:
            raise PermanentFailure("550 5.1.1 no such user")
        return super().send(message, envelope_to)


@pytest.fixture
def asked(play: Play) -> Play:
    """The owner has been asked to decide the start; the mail is queued."""
    play.open(officer=play.people["officer"], owner=play.people["owner"])
    deliver_mail(play.app)
    play.need()
    return play


@pytest.fixture
def refused(asked: Play) -> Play:
    asked.app.transport = Refusing(OWNER)
    deliver_mail(asked.app)
    return asked


def instant_of(value: Any) -> datetime:
    """An instant as either database gives it to plain SQL."""
    found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def matters(play: Play, who: str) -> list[Any]:
    with play.app.database.read() as uow:
        return my_matters(uow, play.as_(who), BASE)


def to_owner(play: Play) -> Any:
    (found,) = [m for m in play.outbox() if m.recipient == OWNER]
    return found


def mails(play: Play, who: str, **filters: Any) -> list[Any]:
    with play.app.database.read() as uow:
        return list_mails(uow, play.as_(who), MailFilter(**filters), BASE).items


# --- receipts ----------------------------------------------------------------------------------------------------


def test_a_mail_has_its_receipts_and_says_why(asked: Play) -> None:
    deliver_mail(asked.app)
    (mail,) = mails(asked, "head", person=asked.people["owner"])
    assert (mail.status, mail.role, mail.attempts) == ("sent", "role.contract_owner", 1)
    assert mail.sent_at is not None
    assert mail.reply, "what the server said when it took it"
    assert mail.message_id == str(asked.mail_to("owner")[0]["Message-ID"])


def test_who_does_not_oversee_sees_ones_own_and_those_of_a_case(asked: Play, kalmar: Play) -> None:
    deliver_mail(asked.app)
    assert {m.recipient for m in mails(asked, "owner")} == {OWNER}
    assert len(mails(asked, "owner", case=asked.case)) == len(asked.outbox())
    assert mails(kalmar, "head") == []
    api = program(asked, "owner")
    found = api.get(f"/api/v1/cases/{asked.case}/mails").json()["items"]
    assert len(found) == len(asked.outbox())
    assert program(kalmar, "owner").get(f"/api/v1/cases/{asked.case}/mails").status_code == 404
    assert program(kalmar, "owner").get("/api/v1/mails").json()["items"] == []
    assert api.get("/api/v1/mails?standing=gone").status_code == 422


def test_the_pages_show_the_mail_as_it_was_sent_and_the_export_the_same_rows(asked: Play) -> None:
    deliver_mail(asked.app)
    browser = sign_in(asked, "head")
    listed = browser.get(f"/mails?person={asked.people['owner']}")
    assert "som avtalsägare" in listed.text
    mail = to_owner(asked)
    shown = browser.get(f"/mails/{mail.id}").text
    assert "Du får detta för att du är avtalsägare" in shown
    assert mail.id in shown
    csv = browser.get(f"/mails/export?person={asked.people['owner']}&format=csv").content.decode("utf-8-sig")
    assert len(csv.strip().splitlines()) == 2
    assert "Överlämnat" in browser.get(f"/cases/{asked.case}").text
    assert browser.get("/mails?standing=nonsense").status_code == 422
    assert browser.get("/mails?from_on=nonsense").status_code == 422


# --- to see to ---------------------------------------------------------------------------------------------------


def test_what_did_not_arrive_is_the_officers_until_it_is_seen_to(refused: Play) -> None:
    (matter,) = matters(refused, "officer")
    assert (matter.cause, matter.mail.recipient) == ("refused", OWNER)
    assert matters(refused, "owner") == []
    page = sign_in(refused, "officer").get("/my-tasks").text
    assert "kom inte fram" in page
    with pytest.raises(InvalidForm):
        refused.do("officer", SettleMailMatter(matter.id, "told"))
    with pytest.raises(Forbidden):
        refused.do("owner", SettleMailMatter(matter.id, "told", "Ringde."))
    refused.do("officer", SettleMailMatter(matter.id, "told", "Ringde i dag."))
    assert matters(refused, "officer") == []
    assert "mail_matter_settled" in refused.kinds()
    with pytest.raises(StegvisError, match="already_done"):
        refused.do("officer", SettleMailMatter(matter.id, "told", "En gång till."))


def test_an_administrator_corrects_the_address_and_it_arrives(refused: Play) -> None:
    (matter,) = matters(refused, "officer")
    with pytest.raises(Forbidden):
        refused.do("officer", SettleMailMatter(matter.id, "corrected", address="ny@norrbotten.example"))
    with pytest.raises(InvalidForm):
        refused.do("admin", SettleMailMatter(matter.id, "corrected", address="officer@norrbotten.example"))
    browser = sign_in(refused, "admin")
    form = {"csrf_token": csrf_token(browser), "how": "corrected", "address": "ny@norrbotten.example"}
    assert browser.post(f"/mail-matters/{matter.id}", data=form).status_code == 303
    deliver_mail(refused.app)
    assert [m["To"] for a, m in refused.sent if a == "ny@norrbotten.example"]
    assert matters(refused, "officer") == []


def test_a_mail_that_fails_again_is_somebodys_again_and_never_goes_round(refused: Play) -> None:
    (matter,) = matters(refused, "officer")
    refused.do("officer", SettleMailMatter(matter.id, "again"))
    refused.app.transport = Refusing(OWNER, "officer@norrbotten.example")
    for _ in range(4):
        deliver_mail(refused.app)
        refused.clock.at += timedelta(hours=1)
    (second,) = matters(refused, "officer")
    assert second.id != matter.id
    undeliverable = [m for m in refused.outbox() if m.kind == "undeliverable"]
    assert len(undeliverable) == 2, "one word each time, and none about the words"
    assert {m.cause for m in matters(refused, "admin")} == {"refused"}, "the officer's box is the administrators'"


def test_a_digest_that_fails_is_the_administrators(play: Play) -> None:
    play.do("owner", SetMailPlan(digest=True))
    play.open(officer=play.people["officer"], owner=play.people["owner"])
    play.app.transport = Refusing(OWNER)
    play.need()
    play.live(until="2026-03-10")
    assert "digest" in {m.mail.kind for m in matters(play, "admin")}
    assert {m.mail.recipient for m in matters(play, "admin")} == {OWNER}
    with play.app.database.read() as uow:
        assert my_matter_count(uow, play.as_("owner")) == 0


def test_another_region_neither_sees_nor_settles(refused: Play, kalmar: Play) -> None:
    (matter,) = matters(refused, "officer")
    with pytest.raises(NotFound):
        kalmar.do("admin", SettleMailMatter(matter.id, "told", "x"))
    assert sign_in(kalmar, "admin").get(f"/mail-matters/{matter.id}").status_code == 404
    assert sign_in(kalmar, "admin").get(f"/mails/{to_owner(refused).id}").status_code == 404


# --- what comes back ---------------------------------------------------------------------------------------------


@pytest.fixture
def box(asked: Play, tmp_path: Path) -> Path:
    """The sender's mailbox; the owner's mail has been handed over."""
    deliver_mail(asked.app)
    folder = tmp_path / "box"
    for name in ("new", "cur", "tmp"):
        (folder / name).mkdir(parents=True)
    asked.app.settings = asked.app.settings.model_copy(update={"bounces_url": f"maildir:{folder}"})
    return folder


def drop(box: Path, name: str, text: str | bytes) -> None:
    raw = text if isinstance(text, bytes) else text.encode()
    (box / "new" / name).write_bytes(raw)


def bounce(identity: str, *, action: str = "failed", status: str = "5.1.1", letter: str = "b1") -> str:
    return f"""From: MAILER-DAEMON@mx.example
Message-ID: <{letter}@mx.example>
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="x"

--x
Content-Type: text/plain

Sorry.
--x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {OWNER}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} mailbox full of bees

--x
Content-Type: text/rfc822-headers

From: stegvis@localhost
Message-ID: {identity}
--x--
"""


def answer(identity: str, *headers: str, letter: str = "a1") -> str:
    more = "".join(f"{h}\n" for h in headers)
    return f"From: {OWNER}\nMessage-ID: <{letter}@x>\nIn-Reply-To: {identity}\nSubject: Re: x\n{more}\nHej!\n"


def test_a_bounce_is_on_the_case_and_somebodys_and_counts_once(asked: Play, box: Path) -> None:
    identity = message_id(to_owner(asked).id, BASE)
    drop(box, "1", bounce(identity))
    drop(box, "2", bounce(identity))
    assert collect_returned(asked.app) == 2
    assert collect_returned(asked.app) == 0
    message = to_owner(asked)
    assert (message.status, message.bounce) == ("sent", "5.1.1 550 5.1.1 mailbox full of bees")
    assert message.bounced_at == asked.clock.now()
    assert asked.kinds().count("mail_bounced") == 1
    (matter,) = matters(asked, "officer")
    assert matter.cause == "bounced"
    assert sorted(os.listdir(box / "cur")) == ["1:2,S", "2:2,S"]
    asked.do("officer", SettleMailMatter(matter.id, "again"))
    deliver_mail(asked.app)
    assert len(asked.mail_to("owner")) == 2


def test_a_delay_is_noted_and_asks_nobody(asked: Play, box: Path) -> None:
    drop(box, "1", bounce(message_id(to_owner(asked).id, BASE), action="delayed", status="4.4.1"))
    collect_returned(asked.app)
    assert to_owner(asked).delayed_at is not None
    assert matters(asked, "officer") == []


def test_an_absence_notice_suggests_a_substitute(asked: Play, box: Path) -> None:
    drop(box, "1", answer(message_id(to_owner(asked).id, BASE), "Auto-Submitted: auto-replied"))
    collect_returned(asked.app)
    assert to_owner(asked).answer == "absent"
    assert matters(asked, "officer") == []
    page = sign_in(asked, "officer").get(f"/cases/{asked.case}").text
    assert "Frånvarosvar" in page
    assert "/admin/substitutes" in page


def test_a_persons_answer_is_pointed_to_and_not_kept(asked: Play, box: Path) -> None:
    drop(box, "1", answer(message_id(to_owner(asked).id, BASE)).replace("Hej!", "Hemligt om anbudet"))
    collect_returned(asked.app)
    (matter,) = matters(asked, "officer")
    assert matter.cause == "answered"
    for table in ("audit_payloads", "audit_events", "outbox_messages", "mail_matters", "returned_letters"):
        assert "Hemligt" not in str([tuple(r) for r in asked.sql(f"SELECT * FROM {table}")])
    asked.do("officer", SettleMailMatter(matter.id, "read"))
    assert matters(asked, "officer") == []


def test_the_page_of_an_answered_mail_says_where_the_answer_is_and_is_settled_by_one_press(
    asked: Play, box: Path
) -> None:
    drop(box, "1", answer(message_id(to_owner(asked).id, BASE)).replace("Hej!", "Hemligt om anbudet"))
    collect_returned(asked.app)
    (matter,) = matters(asked, "officer")
    browser = sign_in(asked, "officer")
    page = Paper(browser.get(f"/mail-matters/{matter.id}"))
    assert "Svaret ligger i brevlådan" in page.text
    assert "Hemligt" not in page.html
    form = page.form(f"/mail-matters/{matter.id}")
    assert form.fields["how"] == "read", "nothing else can be done about it"
    assert "lies in the mailbox" in browser.get(f"/mail-matters/{matter.id}?lang=en").text
    assert browser.post(form.action, data=form.fields | {"note": "Registrerat."}).status_code == 303
    assert matters(asked, "officer") == []
    after = Paper(browser.get(f"/mail-matters/{matter.id}?lang=sv"))
    assert "Registrerat." in after.text
    assert not [f for f in after.forms() if "mail-matters" in f.action]
    assert sign_in(asked, "owner").get(f"/mail-matters/{matter.id}").status_code == 404


def test_hostile_letters_do_no_harm(asked: Play, box: Path) -> None:
    identity = message_id(to_owner(asked).id, BASE)
    drop(box, "a-huge", b"Subject: x\n\n" + b"A" * 3_000_000)
    drop(box, "b-bytes", bytes(range(256)) * 40)
    drop(box, "c-forged", bounce("<" + "0" * 32 + "@127.0.0.1>", letter="c"))
    drop(box, "d-other-host", bounce(identity.replace("127.0.0.1", "evil.example"), letter="d"))
    drop(
        box,
        "e-nested",
        "Content-Type: multipart/report; boundary=y\n\n" + "--y\nContent-Type: multipart/mixed; boundary=y\n\n" * 500,
    )
    drop(box, "f-empty", b"")
    drop(box, "g-injected", answer(identity, "Subject: =?utf-8?q?=0D=0ABcc:_x?=", letter="g"))
    (box / "new" / "h-link").symlink_to("/etc/passwd")
    collect_returned(asked.app)
    assert to_owner(asked).bounced_at is None
    left = sorted(os.listdir(box / "cur"))
    assert [n for n in left if n.endswith("S")] == ["g-injected:2,S"]
    assert "h-link" in os.listdir(box / "new")
    with pytest.raises(InvalidForm):
        execute(asked.app, RecordReturned(to_owner(asked).id, "x", "nonsense"), by=system_actor(asked.region))


def test_a_letter_about_another_regions_mail_changes_nothing_here(asked: Play, kalmar: Play) -> None:
    deliver_mail(asked.app)
    told = execute(asked.app, RecordReturned(to_owner(asked).id, "l", "bounced"), by=system_actor("kalmar"))
    assert told == {"what": "unknown"}
    assert to_owner(asked).bounced_at is None


# --- after a restore ---------------------------------------------------------------------------------------------


def reason(play: Play) -> str | None:
    with play.app.database.read() as uow:
        row = held(uow)
        return row.reason if row else None


def release(play: Play) -> None:
    with play.app.database.read() as uow:
        row = held(uow)
    assert row is not None
    play.do("admin", ReleaseHold(row.id))


@pytest.fixture
def lived(asked: Play) -> Play:
    node = Scheduler(asked.app, node="n1")
    for _ in range(3):
        node.cycle()
    return asked


def set_back(play: Play, beats: int = 1) -> None:
    """The database as a back-up of an earlier moment would be."""
    play.sql("UPDATE database_lives SET beats = beats - :n", n=beats)


def test_a_restored_database_sends_nothing_until_it_is_released(lived: Play) -> None:
    assert reason(lived) is None
    set_back(lived)
    lived.sql(
        "UPDATE outbox_messages SET status = 'queued', sent_at = NULL, next_try_at = created_at WHERE recipient = :r",
        r=OWNER,
    )
    before = len(lived.sent)
    for kind in ("n1", "n2"):
        assert Scheduler(lived.app, node=kind).cycle().sent == 0
    assert len(lived.sent) == before
    assert "säkerhetskopia" in str(reason(lived))
    assert "säkerhetskopia" in sign_in(lived, "admin").get("/operations").text
    release(lived)
    assert Scheduler(lived.app, node="n1").cycle().sent == 1
    Scheduler(lived.app, node="n1").cycle()
    assert reason(lived) is None, "the stale mark is forgotten"


def test_the_mail_loop_alone_notices_it_too(lived: Play) -> None:
    set_back(lived)
    lived.sql(
        "UPDATE outbox_messages SET status = 'queued', sent_at = NULL, next_try_at = created_at WHERE recipient = :r",
        r=OWNER,
    )
    assert Scheduler(lived.app, node="n1")._deliver() == (0, None)
    assert reason(lived)


def test_a_back_up_from_before_the_last_release_is_noticed_and_can_be_released(lived: Play) -> None:
    """The node's mark names a life that the restored database has never had."""
    lived.sql("UPDATE database_lives SET id = 'another'")
    (mark,) = lived.app.settings.data_dir.glob("restore-mark-*.json")
    mark.rename(mark.with_name("restore-mark-another.json"))
    Scheduler(lived.app, node="n1").cycle()
    assert reason(lived)
    Scheduler(lived.app, node="n1").cycle()
    release(lived)
    for _ in range(2):
        Scheduler(lived.app, node="n1").cycle()
    assert reason(lived) is None


def test_another_database_a_broken_mark_and_a_moved_clock_hold_nothing(lived: Play) -> None:
    (mark,) = lived.app.settings.data_dir.glob("restore-mark-*.json")
    mark.write_text("{broken")
    Scheduler(lived.app, node="n1").cycle()
    lived.clock.at -= timedelta(days=400)
    Scheduler(lived.app, node="n1").cycle()
    shutil.copy(mark, mark.with_name("restore-mark-of-another.json"))
    Scheduler(lived.app, node="n1").cycle()
    assert reason(lived) is None


def test_another_nodes_beat_between_two_looks_is_no_restore(lived: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nodes that share a data folder: the note may be newer than what this one has just read of the database."""
    read, others = restored.read_mark, [Scheduler(lived.app, node="n2")]

    def late(path: Path) -> restored.Mark | None:
        while others:
            others.pop().cycle()
        return read(path)

    monkeypatch.setattr(restored, "read_mark", late)
    Scheduler(lived.app, node="n1").cycle()
    assert reason(lived) is None


def test_a_hold_by_hand_is_the_operators(lived: Play) -> None:
    with pytest.raises(Forbidden):
        lived.do("admin", SetHold("x"))
    execute(lived.app, SetHold("Flytt av servern"), by=system_actor("samverkan"))
    assert reason(lived) == "Flytt av servern"
    release(lived)
    assert reason(lived) is None


# --- to come -----------------------------------------------------------------------------------------------------


def test_the_forecast_is_what_then_happens_and_sends_nothing(asked: Play) -> None:
    """Two weeks by the forecast, then two weeks of doing nothing: the same mails to the same people on the same days."""
    asked.do("owner", SetMailPlan(digest=True))
    deliver_mail(asked.app)
    before = len(asked.sent)
    ahead = mail_forecast(asked.app, asked.as_("head"), days=14)
    assert len(asked.sent) == before
    expected = sorted((m.on, m.person, m.kind) for m in ahead.mails)
    assert {kind for _, _, kind in expected} >= {"digest"}
    end = asked.today + timedelta(days=14)
    while asked.today <= end:
        asked.clock.at += timedelta(hours=1)
        if asked.today <= end:
            asked.run_due()
    sent = asked.sql("SELECT sent_at, recipient_name, kind FROM outbox_messages WHERE status = 'sent' ORDER BY sent_at")
    happened = sorted((local_date(instant_of(r.sent_at)), r.recipient_name, r.kind) for r in sent[before:])
    assert expected == happened


def test_a_mail_that_waits_already_is_foreseen_once(asked: Play) -> None:
    waiting = [(r.recipient_name, r.kind) for r in asked.sql("SELECT recipient_name, kind FROM outbox_messages WHERE status = 'queued'")]  # fmt: skip
    assert waiting
    found = [(m.person, m.kind) for m in mail_forecast(asked.app, asked.as_("head"), days=1).mails]
    assert {w: found.count(w) for w in waiting} == {w: waiting.count(w) for w in waiting}


def test_the_forecast_of_a_person_a_case_and_a_region(asked: Play, kalmar: Play) -> None:
    person = asked.people["owner"]
    own = mail_forecast(asked.app, asked.as_("owner"), days=20)
    assert {m.person_id for m in own.mails} == {person}
    assert mail_forecast(asked.app, kalmar.as_("head"), days=20).mails == []
    browser = sign_in(asked, "head")
    page = browser.get(f"/mails/forecast?person={person}&days=20")
    assert page.status_code == 200
    assert "Åsa Ägare" in page.text
    assert browser.get("/mails/forecast?days=1000").status_code == 422
    assert browser.get("/mails/forecast?case=nonsense").status_code == 422
    api = program(asked, "owner").get("/api/v1/mails/forecast?days=20").json()
    assert len(api["items"]) == len(own.mails)
