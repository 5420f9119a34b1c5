"""Local passwords (demo and break-glass): Argon2id, at least 15 characters, never more than two hashes at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from workflow.errors import StegvisError

MIN_LENGTH, MAX_LENGTH = 15, 200
_COMMON = ("password", "lösenord", "stegvis", "qwerty", "123456", "abcdef")
# 50 hashes a second and core: a flood of sign-ins must not starve approvals.
_turns = threading.BoundedSemaphore(2)
#: So many seconds somebody waits for a turn; a flood must not hold every thread of the process either.
WAIT = 5.0


class TooBusy(StegvisError):
    """Others' passwords are being worked out; this one may be tried again in a while."""

    code = "too_busy"


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=WAIT):
        raise TooBusy
    try:
        yield
    finally:
        _turns.release()


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _dummy() -> str:
    return _hasher().hash("nobody has this password")


def fault(password: str) -> str | None:
    """The code of what is wrong with a new password, or None."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        return "password_length"
    folded = password.casefold()
    if (
        any(word in folded and len(folded.replace(word, "")) < MIN_LENGTH - 6 for word in _COMMON)
        or len(set(folded)) < 6
    ):
        return "password_common"
    return None


def hashed(password: str) -> str:
    """What is stored of a password. Raises TooBusy."""
    with _turn():
        return _hasher().hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right. Takes as long for somebody who does not exist. Raises TooBusy."""
    with _turn():
        try:
            _hasher().verify(password_hash or _dummy(), password[:MAX_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None
