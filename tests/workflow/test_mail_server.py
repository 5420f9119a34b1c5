"""A mail server with every bad habit: nothing vanishes, and a copy comes only where the reply was lost. # I23 I24 I25"""

from __future__ import annotations

import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from notifications.errors import ServerAway
from notifications.transport import open_transport
from tests.databases import SqliteFiles
from tests.play import Play
from workflow.clock import monotonic
from workflow.commands import AddUser, WriteComment
from workflow.engine.delivery import deliver_mail

#: Timeouts of these tests, in the place of the real 20 and 70 seconds.
COMMAND, REPLY = 1.0, 1.5


class MailServer:
    """Speaks just enough SMTP. The recipient's name says what goes wrong, the first time or always.

    `taken` are the messages that it has, as (recipient, Message-ID): also those whose reply it never gave.
    """

    def __init__(self) -> None:
        self.taken: list[tuple[str, str]] = []
        self.met: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._door: socket.socket | None = None
        self.port = 0

    def open(self) -> None:
        self._door = socket.create_server(("127.0.0.1", self.port))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._listen, args=(self._door,), daemon=True).start()

    def close(self) -> None:
        if self._door is not None:
            self._door.shutdown(socket.SHUT_RDWR)
            self._door.close()
            self._door = None

    def _listen(self, door: socket.socket) -> None:
        while True:
            try:
                client, _ = door.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, client.makefile("rwb") as lines:

            def say(text: str) -> None:
                lines.write(text.encode() + b"\r\n")
                lines.flush()

            say("220 here")
            habit = recipient = ""
            first = True
            while line := lines.readline().decode().strip():
                verb = line[:4].upper()
                if verb == "RCPT":
                    recipient = re.findall(r"<(.+?)>", line)[0]
                    habit = recipient.partition("@")[0].rstrip("0123456789")
                    with self._lock:
                        self.met[recipient] += 1
                        first = self.met[recipient] == 1
                    if habit == "unknown":
                        say("550 no such user")
                        continue
                    if habit == "busy" and first:
                        say("451 later")
                        continue
                    if habit == "dropsbefore" and first:
                        return
                    say("250 ok")
                elif verb == "DATA":
                    say("354 go on")
                    body = b""
                    while (each := lines.readline()) != b".\r\n":
                        body += each
                        if habit == "dropsduring" and first:
                            return
                    if habit == "stalls":
                        threading.Event().wait(REPLY - 0.5 if first else 0)  # slow, but within what is granted
                    if habit == "hangs" and first:
                        threading.Event().wait(REPLY + 1)
                        return
                    if habit == "rejects":
                        say("554 I do not like it")
                        continue
                    message = message_from_bytes(body, policy=policy.SMTP)
                    with self._lock:
                        self.taken.append((recipient, str(message["Message-ID"])))
                    if habit == "losesreply" and first:
                        return
                    say("250 taken")
                elif verb == "QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")


@pytest.fixture
def made(sqlite_files: SqliteFiles) -> SqliteFiles:
    """The server is what is tried here; which database holds the outbox is tried elsewhere."""
    return sqlite_files


@pytest.fixture
def server() -> Iterator[MailServer]:
    made = MailServer()
    made.open()
    yield made
    made.close()


HABITS = ("fine", "unknown", "busy", "dropsbefore", "dropsduring", "stalls", "hangs", "rejects", "losesreply")
EACH = 3


@pytest.fixture
def asked(play: Play, server: MailServer) -> Play:
    """A question to each of 27 people, whose mailboxes have all the habits, and one more that is fine."""
    play.open()
    play.run_due()
    for habit in HABITS:
        for number in range(EACH):
            person = play.do("admin", AddUser(f"{habit}{number}@norrbotten.example", habit.title(), "procurement_officer", "norrbotten"))["id"]  # fmt: skip
            play.do("owner", WriteComment(play.case, "Vad menas?", kind="question", addressee_id=person))
    url = f"smtp://127.0.0.1:{server.port}"
    play.app.transport = open_transport(url, timeout_seconds=COMMAND, reply_seconds=REPLY)
    return play


def status(play: Play) -> dict[str, str]:
    return {m.recipient: m.status for m in play.outbox() if m.kind == "question_asked"}


def test_every_message_ends_as_taken_or_as_somebodys_to_know(asked: Play, server: MailServer) -> None:
    for _ in range(4):
        deliver_mail(asked.app)
        asked.clock.at += timedelta(minutes=20)
    ended = {r.partition("@")[0].rstrip("0123456789"): s for r, s in status(asked).items()}
    good = {h for h in HABITS if h not in ("unknown", "rejects")}
    assert ended == dict.fromkeys(good, "sent") | {"unknown": "failed", "rejects": "failed"}
    copies = Counter(t for t in server.taken if t[0] in status(asked))
    for (recipient, _), count in copies.items():
        lost = recipient.startswith("losesreply")
        assert count == (2 if lost else 1), (recipient, count)
    assert {r for r, _ in copies} == {r for r, s in status(asked).items() if s == "sent"}
    assert len({r for r, _ in copies}) == len(copies), "a copy carries the same Message-ID"
    told = [m for m in asked.outbox() if m.kind == "undeliverable"]
    assert len(told) == 2 * EACH, "each that could not be delivered is somebody's to know"


def test_slow_and_broken_recipients_hold_no_other_up(asked: Play, server: MailServer) -> None:
    """Four senders: while some wait for a server that hangs, the others hand over all that can be."""
    begun = monotonic()
    deliver_mail(asked.app)
    serial = EACH * ((REPLY - 0.5) + REPLY)
    assert monotonic() - begun < serial
    first = status(asked)
    assert {first[f"fine{n}@norrbotten.example"] for n in range(EACH)} == {"sent"}


def test_a_server_that_is_away_for_a_day_costs_nothing(asked: Play, server: MailServer) -> None:
    server.close()
    for _ in range(24):
        with pytest.raises(ServerAway):
            deliver_mail(asked.app)
        asked.clock.at += timedelta(hours=1)
    assert set(status(asked).values()) == {"queued"}
    assert {m.attempts for m in asked.outbox() if m.kind == "question_asked"} == {0}
    server.open()
    for _ in range(4):
        deliver_mail(asked.app)
        asked.clock.at += timedelta(minutes=20)
    assert "queued" not in status(asked).values()


def test_a_server_that_goes_away_in_the_middle_leaves_the_rest_untried(asked: Play, server: MailServer) -> None:
    class Leaving(type(asked.app.transport)):  # type: ignore[misc]
        at_once = 1

        def send(self, message: object, envelope_to: str) -> str:
            reply: str = super().send(message, envelope_to)
            server.close()
            self.close()
            return reply

    asked.app.transport.__class__ = Leaving
    with pytest.raises(ServerAway):
        deliver_mail(asked.app)
    assert Counter(status(asked).values()) == {"sent": 1, "queued": len(HABITS) * EACH - 1}
