"""Mail: queued with the step, handed over after it, once; what cannot be delivered becomes somebody's to know."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from notifications.errors import PermanentFailure, TemporaryFailure
from notifications.transport import MemoryTransport
from states.errors import NotPermitted
from tests.play import SUPPLIER, Play
from workflow.commands import DisableUser, RecordDelivery
from workflow.engine.delivery import deliver_mail
from workflow.engine.execute import execute, system_actor
from workflow.engine.outbox import LEASE, RETRY_AFTER


class Refusing(MemoryTransport):
    """A mail server that refuses one address, for now or for good; it can be mended."""

    def __init__(self, address: str, failure: type[Exception]) -> None:
        super().__init__()
        self.address, self.failure = address, failure
        self.tries: list[EmailMessage] = []

    def send(self, message: EmailMessage, envelope_to: str) -> str:
        if envelope_to == self.address:
            self.tries.append(message)
            raise self.failure("450 try later" if self.failure is TemporaryFailure else "550 no such user")
        return super().send(message, envelope_to)


OWNER = "owner@norrbotten.example"


@pytest.fixture
def asked(play: Play) -> Play:
    """The owner has been asked to decide the start; the mail is queued and has not left."""
    play.open()
    deliver_mail(play.app)
    play.need()
    return play


def to_owner(play: Play) -> Any:
    (message,) = [m for m in play.outbox() if m.recipient == OWNER and m.kind == "task_opened"]
    return message


def test_a_step_queues_its_mail_and_a_refused_step_none(asked: Play) -> None:
    assert to_owner(asked).status == "queued"
    assert asked.mail_to("owner") == [], "nothing leaves inside the step"
    before = len(asked.outbox())
    with pytest.raises(NotPermitted):
        asked.act("officer", "decide_start", basis="0" * 64)
    assert len(asked.outbox()) == before


def test_handed_over_once_with_the_events_that_say_so(asked: Play) -> None:
    deliver_mail(asked.app)
    deliver_mail(asked.app)
    (mail,) = asked.mail_to("owner")
    assert "UPP-2026-0001" in str(mail["Subject"])
    assert to_owner(asked).status == "sent"
    assert asked.kinds().count("mail_delivered") == len([m for m in asked.outbox() if m.status == "sent"])


def test_a_temporary_failure_is_tried_again_with_the_same_message_id(asked: Play) -> None:
    server = asked.app.transport = Refusing(OWNER, TemporaryFailure)
    deliver_mail(asked.app)
    message = to_owner(asked)
    assert (message.status, message.attempts) == ("queued", 1)
    assert message.next_try_at == asked.clock.now() + RETRY_AFTER[0]
    asked.clock.at += RETRY_AFTER[0]
    deliver_mail(asked.app)
    asked.app.transport = MemoryTransport()
    asked.clock.at += RETRY_AFTER[1]
    deliver_mail(asked.app)
    (arrived,) = asked.mail_to("owner")
    assert {m["Message-ID"] for m in server.tries} == {arrived["Message-ID"]}
    assert to_owner(asked).attempts == 3


def test_after_the_last_try_it_has_failed_and_the_officer_knows(asked: Play) -> None:
    server = asked.app.transport = Refusing(OWNER, TemporaryFailure)
    for _ in range(10):
        deliver_mail(asked.app)
        asked.clock.at += timedelta(hours=13)
    assert len(server.tries) == len(RETRY_AFTER) + 1
    assert to_owner(asked).status == "failed"
    assert [m.recipient for m in asked.outbox() if m.kind == "undeliverable"] == ["officer@norrbotten.example"]
    assert asked.kinds().count("mail_failed") == 1


def test_a_permanent_failure_is_not_tried_again(asked: Play) -> None:
    server = asked.app.transport = Refusing(OWNER, PermanentFailure)
    for _ in range(3):
        deliver_mail(asked.app)
        asked.clock.at += timedelta(days=1)
    assert len(server.tries) == 1
    assert to_owner(asked).status == "failed"
    assert "550" in to_owner(asked).error
    assert [m.recipient for m in asked.outbox() if m.kind == "undeliverable"] == ["officer@norrbotten.example"]


def test_an_undeliverable_word_about_an_undeliverable_word_is_not_sent(asked: Play) -> None:
    """The officer's box is refused as well: it ends there, and does not go round."""

    class Everybody(Refusing):
        def send(self, message: EmailMessage, envelope_to: str) -> str:
            raise PermanentFailure("550 no")

    asked.app.transport = Everybody("", PermanentFailure)
    for _ in range(5):
        deliver_mail(asked.app)
        asked.clock.at += timedelta(days=1)
    assert {m.status for m in asked.outbox()} <= {"failed", "sent"}
    failed = [m for m in asked.outbox() if m.kind == "undeliverable"]
    assert 1 <= len(failed) <= 2


def test_a_poisoned_message_delays_no_other(asked: Play) -> None:
    asked.sql("UPDATE outbox_messages SET facts = '{}' WHERE recipient = :r AND status = 'queued'", r=OWNER)
    asked.open(title="Annat")
    deliver_mail(asked.app)
    poisoned = asked.sql("SELECT status, error FROM outbox_messages WHERE facts = '{}'")
    assert [m.status for m in poisoned] == ["failed"]
    (left,) = asked.sql("SELECT count(*) AS n FROM outbox_messages WHERE status IN ('queued', 'sending')")
    assert left.n == 0


class Crash(BaseException):
    """Stands for SIGKILL: no `except Exception` may see it."""


def test_a_crash_after_sending_gives_at_most_a_copy_with_the_same_message_id(asked: Play) -> None:
    class DiesAfterwards(MemoryTransport):
        def send(self, message: EmailMessage, envelope_to: str) -> str:
            super().send(message, envelope_to)
            raise Crash

    dying = asked.app.transport = DiesAfterwards()
    with pytest.raises(Crash):
        deliver_mail(asked.app)
    asked.app.transport = MemoryTransport()
    claimed = [m for m in asked.outbox() if m.status == "sending"]
    assert len(claimed) == 1
    deliver_mail(asked.app)
    assert claimed[0].recipient not in {a for a, _ in asked.sent}, "the lease keeps others off"
    asked.clock.at += LEASE
    deliver_mail(asked.app)
    copies = [m["Message-ID"] for a, m in asked.sent if a == claimed[0].recipient]
    assert dying.sent[0][1]["Message-ID"] in copies
    assert {m.status for m in asked.outbox()} == {"sent"}


def test_a_late_outcome_of_a_message_that_is_settled_changes_nothing(asked: Play) -> None:
    deliver_mail(asked.app)
    events = len(asked.events())
    execute(asked.app, RecordDelivery(to_owner(asked).id, "failed", "550"), by=system_actor("norrbotten"))
    assert to_owner(asked).status == "sent"
    assert len(asked.events()) == events


def test_somebody_disabled_after_the_step_gets_nothing(asked: Play) -> None:
    asked.do("admin", DisableUser(OWNER))
    deliver_mail(asked.app)
    assert asked.mail_to("owner") == []
    assert to_owner(asked).status == "withdrawn"
    assert "mail_withdrawn" in asked.kinds()


def test_nothing_of_a_tender_is_in_any_mail_before_the_award(play: Play) -> None:
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    play.act("officer", "submit_award_proposal", 1, award_reasons="Hemligt skäl om lägsta pris",
             suppliers=[{"supplier_name": "Hemliga Städ AB", "organisation_number": "556036-0793", "value": "4711"}])  # fmt: skip
    play.act("head", "return_for_completion", 1, reason="Hemliga Städ AB saknar intyg")
    play.live(until="2026-05-20")
    for _, mail in play.sent:
        for part in mail.walk():
            if part.get_content_maintype() == "text":
                text = str(part.get_content())
                assert "Hemlig" not in text
                assert "4711" not in text
        assert "Hemlig" not in str(mail["Subject"])


def test_a_line_break_in_a_title_adds_no_header(play: Play) -> None:
    play.open(title="Städ =?utf-8?q?=0D=0ABcc=3A_spy=40example.com?=")
    play.need()
    deliver_mail(play.app)
    assert play.sent
    for _, mail in play.sent:
        assert mail["Bcc"] is None
        assert b"\nBcc:" not in mail.as_bytes()


def test_a_mail_about_one_of_several_lots_names_it_first(play: Play) -> None:
    play.open(title="Städtjänster", lots=("Norr", "Söder"))
    play.to_evaluation()
    for lot in (1, 2):
        play.act("officer", "submit_award_proposal", lot, suppliers=[SUPPLIER], award_reasons="Bäst.")
    play.run_due()
    subjects = " | ".join(str(m["Subject"]) for m in play.mail_to("head")[-2:])
    assert "1 Norr" in subjects
    assert "2 Söder" in subjects
    play.act("head", "decide_award", 1)
    play.run_due()
    told = str(play.sent[-1][1].get_body(("plain",)).get_content())
    assert "1 Norr, Städtjänster" in told
