"""How a message leaves: a folder of `.eml` files, an SMTP server, or memory.

A transport is a context manager over one batch, so that a batch shares one connection. `ready` makes sure that
somebody is there to take mail, and raises ServerAway before anything was tried. `send` returns the server's reply and
raises TemporaryFailure or PermanentFailure, nothing else. Sending again after a lost reply is harmless: the copy has
the same Message-ID, and in a folder it is the same file.
"""

from __future__ import annotations

import os
import re
import smtplib
import ssl
import tempfile
from email.message import EmailMessage
from email.policy import SMTP as WIRE
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

from notifications.errors import PermanentFailure, ServerAway, TemporaryFailure
from notifications.plain_text import mailbox, one_line

#: How long a server may take over one command, and over taking a message it has been given: whoever hangs up too
#: early gets a copy delivered (RFC 5321, 4.5.3.2.6, asks for patience here).
TIMEOUT_SECONDS = 20.0
REPLY_SECONDS = 70.0
_DEFAULT_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}


class Transport(Protocol):
    """Takes one message for one recipient; used as `with open_transport(url) as transport:`."""

    #: So many senders may work side by side, each with a transport of its own.
    at_once: int
    #: Nobody will read what is sent here: it need not be written.
    unread: bool

    def another(self) -> Self: ...

    def ready(self) -> None: ...

    def send(self, message: EmailMessage, envelope_to: str) -> str: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class _Batch:
    """The context manager of a transport that has nothing to close, or one thing, in `close`."""

    at_once = 1
    unread = False

    def another(self) -> Self:
        """The transport of one more sender; here there is never more than one."""
        return self

    def ready(self) -> None:
        """Somebody is there to take mail; raises ServerAway."""

    def close(self) -> None:
        """Ends the batch."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class MemoryTransport(_Batch):
    """Keeps what was sent, as (envelope recipient, message)."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, EmailMessage]] = []

    def send(self, message: EmailMessage, envelope_to: str) -> str:
        self.sent.append((mailbox(envelope_to), message))
        return "250 kept in memory"


class CountingTransport(_Batch):
    """Takes everything and keeps nothing: for looking ahead, where only who gets what and when is asked."""

    unread = True

    def send(self, message: EmailMessage, envelope_to: str) -> str:  # noqa: ARG002
        return "250 not sent"


class FolderTransport(_Batch):
    """One `.eml` file a message, named by its Message-ID, there whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage, envelope_to: str) -> str:
        mailbox(envelope_to)
        name = file_name(message)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _write_durably(self.folder / name, message.as_bytes(policy=WIRE))
        except OSError as error:  # a full disk or a missing right passes, or an operator mends it
            raise TemporaryFailure(f"{self.folder}: {error.strerror}") from error
        return f"250 written {name}"


class SmtpTransport(_Batch):
    """One SMTP connection for the batch, opened before the first message and again after it broke."""

    at_once = 4

    def __init__(
        self, scheme: str, host: str, port: int, *, user: str = "", password: str = "", timeout: float, patience: float
    ) -> None:
        self._scheme, self._host, self._port = scheme, host, port
        self._user, self._password, self._timeout, self._patience = user, password, timeout, patience
        self._connection: smtplib.SMTP | None = None

    def another(self) -> Self:
        """One more connection to the same server."""
        return type(self)(
            self._scheme, self._host, self._port, user=self._user, password=self._password, timeout=self._timeout,
            patience=self._patience,
        )  # fmt: skip

    def ready(self) -> None:
        """Raises ServerAway: no connection, a refused sign-in or certificate."""
        if self._connection is not None:
            return
        try:
            self._connection = self._connect()
        except (smtplib.SMTPException, OSError) as error:
            raise ServerAway(f"{self._host}:{self._port}: {one_line(str(error))}") from error

    def send(self, message: EmailMessage, envelope_to: str) -> str:
        recipient = mailbox(envelope_to)
        sender = message["From"].addresses[0].addr_spec
        content = message.as_bytes(policy=WIRE)
        self.ready()
        connection = self._connection
        assert connection is not None
        try:
            size = [f"size={len(content)}"] if connection.has_extn("size") else []
            _accepted(*connection.mail(sender, size))
            _accepted(*connection.rcpt(recipient))
            self._wait(self._patience)
            reply = _accepted(*connection.data(content))
            self._wait(self._timeout)
            return reply
        except smtplib.SMTPResponseException as refusal:
            self._start_over()
            failure = PermanentFailure if refusal.smtp_code >= 500 else TemporaryFailure
            raise failure(_reply(refusal.smtp_code, refusal.smtp_error)) from refusal
        except (smtplib.SMTPException, OSError) as error:
            raise self._broken(error) from error

    def close(self) -> None:
        connection, self._connection = self._connection, None
        if connection is None:
            return
        try:
            connection.quit()
        except (smtplib.SMTPException, OSError):
            connection.close()

    def _wait(self, seconds: float) -> None:
        if self._connection is not None and self._connection.sock is not None:
            self._connection.sock.settimeout(seconds)

    def _connect(self) -> smtplib.SMTP:
        connection: smtplib.SMTP
        if self._scheme == "smtps":
            context = ssl.create_default_context()
            connection = smtplib.SMTP_SSL(self._host, self._port, timeout=self._timeout, context=context)
        else:
            connection = smtplib.SMTP(self._host, self._port, timeout=self._timeout)
        try:
            if self._scheme == "smtp+starttls":
                connection.starttls(context=ssl.create_default_context())
            if self._user:
                connection.login(self._user, self._password)
            connection.ehlo_or_helo_if_needed()
        except BaseException:
            connection.close()
            raise
        return connection

    def _broken(self, error: Exception) -> TemporaryFailure:
        self.close()
        return TemporaryFailure(f"{self._host}:{self._port}: {one_line(str(error))}")

    def _start_over(self) -> None:
        """Clears a refused transaction so that the next message of the batch is not refused for it."""
        try:
            self._wait(self._timeout)
            if self._connection is not None:
                self._connection.rset()
        except (smtplib.SMTPException, OSError):
            self.close()


def open_transport(
    mail_url: str, *, timeout_seconds: float = TIMEOUT_SECONDS, reply_seconds: float = REPLY_SECONDS
) -> Transport:
    """The transport of a MAIL_URL: `dir:PATH`, `smtp://`, `smtps://` or `smtp+starttls://`
    with `user:password@host:port`, or `memory:`. Opens nothing yet. Raises ValueError for anything else.
    """
    parts = urlsplit(mail_url)
    if mail_url.startswith("dir:") and mail_url != "dir:":
        return FolderTransport(Path(mail_url.removeprefix("dir:")))
    if mail_url == "memory:":
        return MemoryTransport()
    if parts.scheme in _DEFAULT_PORTS and parts.hostname:
        return SmtpTransport(
            parts.scheme,
            parts.hostname,
            parts.port or _DEFAULT_PORTS[parts.scheme],
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            timeout=timeout_seconds,
            patience=reply_seconds,
        )
    # The address itself may hold a password: it is not repeated.
    raise ValueError("MAIL_URL must be dir:PATH, smtp://HOST:PORT, smtps://, smtp+starttls:// or memory:")


def file_name(message: EmailMessage) -> str:
    """A file name made of the Message-ID, the same for every copy of the message."""
    identity = str(message["Message-ID"]).strip().strip("<>")
    return re.sub(r"[^A-Za-z0-9_@-]+", "_", identity)[:120] + ".eml"


def _accepted(code: int, reply: bytes) -> str:
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, reply)
    return _reply(code, reply)


def _reply(code: int, reply: bytes | str) -> str:
    text = reply if isinstance(reply, str) else reply.decode("utf-8", "replace")
    return one_line(f"{code} {text}")[:500]


def _write_durably(path: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
