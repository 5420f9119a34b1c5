"""Local passwords (demo and break-glass): Argon2id, at least 15 characters, never more than two hashes at once."""

from __future__ import annotations

import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

MIN_LENGTH, MAX_LENGTH = 15, 200
_COMMON = ("password", "lösenord", "stegvis", "qwerty", "123456", "abcdef")
# 50 hashes a second and core: a flood of sign-ins must not starve approvals.
_turns = threading.BoundedSemaphore(2)


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
    with _turns:
        return _hasher().hash(password)


def matches(password_hash: str | None, password: str) -> bool:
    """Whether the password is right. Takes as long for somebody who does not exist."""
    with _turns:
        try:
            _hasher().verify(password_hash or _dummy(), password[:MAX_LENGTH])
        except (VerificationError, InvalidHashError):
            return False
    return password_hash is not None
