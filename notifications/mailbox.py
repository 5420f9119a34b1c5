"""The mailbox where returned mail lands: a maildir on this machine, or a folder of an IMAP server.

Used as `with open_mailbox(url) as box`: `letters(n)` gives at most n letters that have not been looked at, each cut
at `LARGEST`; `done(key, ours)` puts one aside. What concerned one of our messages is marked as read and stays where it
is; everything else is left for people, marked so that it is not fetched again.
"""

from __future__ import annotations

import imaplib
import os
import ssl
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

from notifications.errors import ServerAway
from notifications.returned import LARGEST

TIMEOUT_SECONDS = 10.0
#: The keyword that tells a letter that has been looked at (RFC 3501, 2.3.2).
KEYWORD = "StegvisSeen"


class Mailbox(Protocol):
    """See the module."""

    def letters(self, most: int) -> Iterator[tuple[str, bytes]]: ...

    def done(self, key: str, *, ours: bool) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class Maildir:
    """A maildir (`new`, `cur`): a letter is looked at while it lies in `new`, and moves to `cur` with the rest.

    What concerned a message of ours is marked as read (`S`); what did not stays unread for people.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> Self:
        if not (self.folder / "new").is_dir():
            raise ServerAway(f"no maildir at {self.folder}")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def letters(self, most: int) -> Iterator[tuple[str, bytes]]:
        """Oldest names first. A letter that goes away meanwhile is passed over."""
        for name in sorted(os.listdir(self.folder / "new"))[:most]:
            path = self.folder / "new" / name
            try:
                if path.is_symlink() or not path.is_file():
                    continue
                with path.open("rb") as file:
                    yield name, file.read(LARGEST)
            except OSError:
                continue

    def done(self, key: str, *, ours: bool) -> None:
        """Into `cur`; another node may have been quicker."""
        base = key.partition(":2,")[0]
        target = self.folder / "cur"
        target.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            os.rename(self.folder / "new" / key, target / f"{base}:2,{'S' if ours else ''}")


class ImapFolder:
    """A folder of an IMAP server. Letters stay where they are: looked at ones carry a keyword, ours are also read."""

    def __init__(
        self, scheme: str, host: str, port: int, user: str, password: str, folder: str, timeout: float = TIMEOUT_SECONDS
    ) -> None:
        self.scheme, self.host, self.port, self.user, self._password = scheme, host, port, user, password
        self.folder, self.timeout = folder, timeout
        self._server: imaplib.IMAP4 | None = None

    def __enter__(self) -> Self:
        """Raises ServerAway when nobody answers or lets us in; the words hold no password."""
        try:
            if self.scheme == "imaps":
                context = ssl.create_default_context()
                self._server = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=self.timeout)
            else:
                self._server = imaplib.IMAP4(self.host, self.port, timeout=self.timeout)
            self._server.login(self.user, self._password)
            answer, _ = self._server.select(_quoted(self.folder))
            if answer != "OK":
                raise ServerAway(f"{self.host}: no folder {self.folder}")
        except ServerAway:
            self._close()
            raise
        except (imaplib.IMAP4.error, OSError) as error:
            self._close()
            raise ServerAway(f"{self.host}:{self.port}: {type(error).__name__}") from error
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def letters(self, most: int) -> Iterator[tuple[str, bytes]]:
        """By rising number. Raises ServerAway when the connection is lost."""
        try:
            answer, found = self._at().uid("SEARCH", f"UNKEYWORD {KEYWORD}")
            numbers = (found[0] or b"").split()[:most] if answer == "OK" and found else []
            for number in numbers:
                key = number.decode("ascii", "replace")
                answer, parts = self._at().uid("FETCH", key, f"(BODY.PEEK[]<0.{LARGEST}>)")
                raw = next((p[1] for p in parts if isinstance(p, tuple) and len(p) > 1), None)
                if answer == "OK" and isinstance(raw, bytes):
                    yield key, raw[:LARGEST]
        except (imaplib.IMAP4.error, OSError) as error:
            raise ServerAway(f"{self.host}: {type(error).__name__}") from error

    def done(self, key: str, *, ours: bool) -> None:
        """Raises ServerAway when the connection is lost; the letter is then looked at once more, without effect."""
        flags = f"({KEYWORD} \\Seen)" if ours else f"({KEYWORD})"
        try:
            self._at().uid("STORE", key, "+FLAGS.SILENT", flags)
        except (imaplib.IMAP4.error, OSError) as error:
            raise ServerAway(f"{self.host}: {type(error).__name__}") from error

    def _at(self) -> imaplib.IMAP4:
        assert self._server is not None, "used inside `with`"
        return self._server

    def _close(self) -> None:
        if self._server is not None:
            with suppress(imaplib.IMAP4.error, OSError):
                self._server.logout()
            self._server = None


def open_mailbox(url: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Mailbox:
    """The mailbox of a BOUNCES_URL: `maildir:PATH`, `imaps://user:password@host/FOLDER` or `imap://…`.

    Opens nothing yet. Raises ValueError for anything else; the address itself is not repeated, it may hold a password.
    """
    if url.startswith("maildir:") and url != "maildir:":
        return Maildir(Path(url.removeprefix("maildir:")))
    parts = urlsplit(url)
    if parts.scheme in ("imaps", "imap") and parts.hostname and parts.username:
        return ImapFolder(
            parts.scheme,
            parts.hostname,
            parts.port or (993 if parts.scheme == "imaps" else 143),
            unquote(parts.username),
            unquote(parts.password or ""),
            unquote(parts.path.strip("/")) or "INBOX",
            timeout_seconds,
        )
    raise ValueError("BOUNCES_URL must be maildir:PATH or imaps://USER:PASSWORD@HOST/FOLDER")


def _quoted(folder: str) -> str:
    return '"' + folder.replace("\\", "\\\\").replace('"', '\\"') + '"'
