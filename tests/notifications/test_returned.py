"""Letters that came back, as mail programs really write them; and the mailbox on an IMAP server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from notifications.errors import ServerAway
from notifications.mailbox import ImapFolder, Maildir, open_mailbox
from notifications.returned import LARGEST, What, read

HOST = "stegvis.example"
OURS = "019cad8fac0070b875f6cbee8295d9e2"


def letter(*headers: str, body: str = "Hej") -> bytes:
    return "\r\n".join(("Message-ID: <m@x>", *headers, "", body)).encode()


@pytest.mark.parametrize(
    ("headers", "what"),
    [
        (["Subject: SV: Gör klart"], What.ANSWERED),
        (["Subject: SV: x", "Auto-Submitted: no"], What.ANSWERED),
        (["Subject: x", "Auto-Submitted: auto-replied"], What.ABSENT),
        (["Subject: x", "Precedence: bulk"], What.ABSENT),
        (["Subject: x", "X-Autoreply: yes"], What.ABSENT),
        (["Subject: Automatiskt svar: Gör klart"], What.ABSENT),
        (["Subject: =?utf-8?q?Fr=C3=A5nvaro?="], What.ABSENT),
        (["Subject: Out of office"], What.ABSENT),
        (["Subject: x", "Return-Path: <>"], What.ABSENT),
    ],
)
def test_an_answer_is_told_from_an_absence_notice(headers: list[str], what: What) -> None:
    found = read(letter(f"In-Reply-To: <{OURS}@{HOST}>", *headers), HOST)
    assert (found.what, found.outbox_ids) == (what, (OURS,))


def test_the_newest_reference_comes_first_and_the_thread_of_the_case_is_none() -> None:
    older = "0" * 31 + "a"
    found = read(letter(f"References: <case-1@{HOST}> <{older}@{HOST}>", f"\t<{OURS}@{HOST}>"), HOST)
    assert found.outbox_ids[0] == OURS or found.outbox_ids == (older,)


@pytest.mark.parametrize(
    "headers",
    [
        [],
        ["In-Reply-To: <x@elsewhere>"],
        [f"In-Reply-To: <{OURS}@evil.example>"],
        [f"In-Reply-To: <{OURS}'; DROP TABLE x--@{HOST}>"],
        ["Content-Type: multipart/report; boundary=", "In-Reply-To: "],
    ],
)
def test_a_letter_that_names_none_of_ours_is_unknown(headers: list[str]) -> None:
    assert read(letter(*headers), HOST).what is What.UNKNOWN


def test_no_letter_however_broken_raises() -> None:
    for raw in (b"", b"\x00" * 99, b"Subject: =?utf-8?b?////?=\r\nIn-Reply-To: <" + b"<" * 9_999, b":\n" * 9_999):
        assert read(raw, HOST).what is What.UNKNOWN
    assert read(b"x" * (LARGEST + 9), HOST).letter_id == read(b"x" * (LARGEST + 99), HOST).letter_id


def test_what_is_no_mailbox_is_refused_without_its_password() -> None:
    for url in ("maildir:", "pop3://u:secret@h/", "imaps://h/INBOX", "nonsense"):
        with pytest.raises(ValueError, match="BOUNCES_URL") as refused:
            open_mailbox(url)
        assert "secret" not in str(refused.value)
    with pytest.raises(ServerAway), open_mailbox("maildir:/nowhere"):
        pass
    assert isinstance(open_mailbox("maildir:/x"), Maildir)


# --- an IMAP server that knows one letter --------------------------------------------------------------------------


class Imap:
    """One connection, scripted: a login, a folder with one letter, flags."""

    def __init__(self, letter: bytes, *, lets_in: bool = True) -> None:
        self.letter, self.lets_in = letter, lets_in
        self.said: list[str] = []
        self.flags: set[str] = set()
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve, daemon=True)
        self.thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                stream.write(b"* OK ready\r\n")
                stream.flush()
                for line in stream:
                    tag, _, rest = line.decode().strip().partition(" ")
                    self.said.append(rest)
                    for answer in self._answers(rest):
                        stream.write(answer + b"\r\n")
                    no = rest.startswith("LOGIN") and not self.lets_in
                    stream.write(f"{tag} {'NO' if no else 'OK'} done\r\n".encode())
                    stream.flush()
                    if rest == "LOGOUT":
                        break

    def _answers(self, rest: str) -> Iterator[bytes]:
        if rest == "CAPABILITY":
            yield b"* CAPABILITY IMAP4rev1"
        elif rest.startswith("SELECT"):
            yield b"* 1 EXISTS"
        elif rest.startswith("UID SEARCH"):
            yield b"* SEARCH" + (b"" if "StegvisSeen" in self.flags else b" 7")
        elif rest.startswith("UID FETCH"):
            yield b"* 1 FETCH (UID 7 BODY[]<0> {%d}\r\n%s)" % (len(self.letter), self.letter)
        elif rest.startswith("UID STORE"):
            self.flags |= set(rest.partition("(")[2].rstrip(")").split())
        elif rest == "LOGOUT":
            yield b"* BYE"


def test_a_folder_of_an_imap_server_is_read_and_each_letter_once() -> None:
    server = Imap(letter(f"In-Reply-To: <{OURS}@{HOST}>"))
    try:
        for expected in ([("7", server.letter)], []):
            with open_mailbox(f"imap://bot:s%40cret@127.0.0.1:{server.port}/Retur") as box:
                found = list(box.letters(10))
                assert found == expected
                for key, _raw in found:
                    box.done(key, ours=True)
        assert server.flags == {"StegvisSeen", "\\Seen"}
        assert 'LOGIN bot "s@cret"' in server.said
        assert 'SELECT "Retur"' in server.said
        assert not [s for s in server.said if "RFC822" in s or (s.startswith("UID FETCH") and "PEEK" not in s)]
    finally:
        server.socket.close()


def test_a_server_that_lets_nobody_in_is_away_and_the_password_is_not_told() -> None:
    server = Imap(b"", lets_in=False)
    try:
        with pytest.raises(ServerAway) as away, ImapFolder("imap", "127.0.0.1", server.port, "bot", "secret", "INBOX"):
            pass
        assert "secret" not in away.value.reason
    finally:
        server.socket.close()
    with pytest.raises(ServerAway), ImapFolder("imap", "127.0.0.1", server.port, "bot", "x", "INBOX", 0.5):
        pass
