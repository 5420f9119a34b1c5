from __future__ import annotations

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from notifications.errors import PermanentFailure, TemporaryFailure
from notifications.kinds import Kind
from notifications.transport import MemoryTransport, SmtpTransport, file_name, open_transport
from tests.notifications.samples import mail

TO = "asa.lind@norrbotten.example"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Postmaster:
    """An SMTP server's behaviour: answers by the recipient's local part, keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.connections: set[Any] = set()

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.connections.add(session.peer)
        replies = {"full": "452 4.2.2 Mailbox full", "unknown": "550 5.1.1 No such user"}
        if reply := replies.get(address.partition("@")[0]):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        replies = {"spam": "554 5.7.1 Rejected", "later": "451 4.7.1 Greylisted"}
        if reply := replies.get(envelope.rcpt_tos[0].partition("@")[0]):
            return reply
        self.taken.append(envelope)
        return "250 2.0.0 queued as 4711"


@pytest.fixture
def postmaster() -> Postmaster:
    return Postmaster()


@pytest.fixture
def server(postmaster: Postmaster) -> Iterator[str]:
    controller = Controller(postmaster, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield f"smtp://127.0.0.1:{controller.port}"
    controller.stop()


def test_a_message_reaches_the_server_as_it_was_composed(server: str, postmaster: Postmaster) -> None:
    message = mail(Kind.TASK_OPENED)
    with open_transport(server) as transport:
        assert transport.send(message, TO) == "250 2.0.0 queued as 4711"

    (envelope,) = postmaster.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("stegvis@norrbotten.example", [TO])
    assert isinstance(envelope.content, bytes)
    arrived = message_from_bytes(envelope.content, policy=policy.default)
    assert arrived["Message-ID"] == message["Message-ID"]
    assert arrived["Subject"] == message["Subject"]
    assert not arrived.defects


def test_a_batch_shares_one_connection(server: str, postmaster: Postmaster) -> None:
    with open_transport(server) as transport:
        for _ in range(5):
            transport.send(mail(Kind.DECIDED), TO)
    assert len(postmaster.taken) == 5
    assert len(postmaster.connections) == 1


@pytest.mark.parametrize(
    ("mailbox", "failure", "reply"),
    [
        ("full", TemporaryFailure, "452 4.2.2 Mailbox full"),
        ("later", TemporaryFailure, "451 4.7.1 Greylisted"),
        ("unknown", PermanentFailure, "550 5.1.1 No such user"),
        ("spam", PermanentFailure, "554 5.7.1 Rejected"),
    ],
)
def test_a_refusal_is_temporary_or_permanent_and_delays_nobody_else(
    server: str, postmaster: Postmaster, mailbox: str, failure: type[Exception], reply: str
) -> None:
    with open_transport(server) as transport:
        with pytest.raises(failure, match=reply):
            transport.send(mail(Kind.DECIDED), f"{mailbox}@norrbotten.example")
        transport.send(mail(Kind.DECIDED), TO)
    assert [envelope.rcpt_tos for envelope in postmaster.taken] == [[TO]]


def test_a_server_that_is_away_is_temporary_and_the_batch_goes_on_when_it_is_back() -> None:
    port = free_port()
    postmaster = Postmaster()
    with open_transport(f"smtp://127.0.0.1:{port}") as transport:
        with pytest.raises(TemporaryFailure, match=str(port)):
            transport.send(mail(Kind.DECIDED), TO)
        for _ in range(2):  # the second time the connection of the first is dead
            controller = Controller(postmaster, hostname="127.0.0.1", port=port)
            controller.start()
            if postmaster.taken:
                with pytest.raises(TemporaryFailure):
                    transport.send(mail(Kind.DECIDED), TO)
            transport.send(mail(Kind.DECIDED), TO)
            controller.stop()
    assert len(postmaster.taken) == 2


def test_a_server_that_says_nothing_is_temporary() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"smtp://127.0.0.1:{silent.getsockname()[1]}"
        quick = open_transport(url, timeout_seconds=0.2)
        with quick as transport, pytest.raises(TemporaryFailure, match="timed out"):
            transport.send(mail(Kind.DECIDED), TO)


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_a_server_without_the_encryption_asked_for_gets_nothing(
    server: str, postmaster: Postmaster, scheme: str
) -> None:
    quick = open_transport(server.replace("smtp", scheme), timeout_seconds=1)
    with quick as transport, pytest.raises(TemporaryFailure):
        transport.send(mail(Kind.DECIDED), TO)
    assert not postmaster.taken


def test_a_refused_sign_in_condemns_no_message(server: str) -> None:
    with open_transport(server.replace("//", "//stegvis:fel%40ord@")) as transport, pytest.raises(TemporaryFailure):
        transport.send(mail(Kind.DECIDED), TO)


def test_a_folder_gets_one_file_a_message_and_a_copy_is_the_same_file(tmp_path: Path) -> None:
    message = mail(Kind.TASK_OPENED)
    with open_transport(f"dir:{tmp_path}/mail") as transport:
        replies = {transport.send(message, TO) for _ in range(2)}

    (file,) = (tmp_path / "mail").iterdir()
    assert file.name == "9f1c2a77@stegvis_norrbotten_example.eml"
    assert replies == {f"250 written {file.name}"}
    arrived = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert arrived["Subject"] == message["Subject"]
    assert not arrived.defects


def test_a_folder_that_cannot_be_written_is_temporary(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file is in the way")
    with pytest.raises(TemporaryFailure), open_transport(f"dir:{tmp_path}/mail") as transport:
        transport.send(mail(Kind.DECIDED), TO)


def test_a_message_id_cannot_leave_the_folder() -> None:
    message = EmailMessage()
    message["Message-ID"] = "<../../etc/passwd@x>"
    assert file_name(message) == "_etc_passwd@x.eml"


@pytest.mark.parametrize("url", ["memory:", "dir:{}", "smtp://127.0.0.1:1"])
def test_a_bad_recipient_fails_for_good_everywhere(url: str, tmp_path: Path) -> None:
    with open_transport(url.format(tmp_path)) as transport, pytest.raises(PermanentFailure):
        transport.send(mail(Kind.DECIDED), "a@x.example\r\nRCPT TO:<b@x.example>")


def test_memory_keeps_what_was_sent() -> None:
    with open_transport("memory:") as transport:
        transport.send(mail(Kind.DECIDED), TO)
    assert isinstance(transport, MemoryTransport)
    assert [to for to, _ in transport.sent] == [TO]


@pytest.mark.parametrize("url", ["", "dir:", "smtp:", "smtp://", "http://x:secret@y", "var/mail"])
def test_a_wrong_mail_url_says_so_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="MAIL_URL must be") as refusal:
        open_transport(url)
    assert "secret" not in str(refusal.value)


def test_ports_default_to_the_scheme() -> None:
    for url, port in {"smtp://h": 25, "smtps://h": 465, "smtp+starttls://h": 587, "smtp://h:2525": 2525}.items():
        transport = open_transport(url)
        assert isinstance(transport, SmtpTransport)
        assert transport._port == port
