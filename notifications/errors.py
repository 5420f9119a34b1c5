"""Why a message could not be made or delivered.

A failure is temporary (try again later) or permanent (tell a person); nothing in between, so that
every message ends as accepted, as pending with a next try, or as failed and shown.
"""

from __future__ import annotations

from collections.abc import Sequence


class DeliveryFailure(Exception):
    """The message did not reach the mail server; `reason` is for the operations page, not for readers."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class TemporaryFailure(DeliveryFailure):
    """Nothing is wrong with the message: the server is away, busy or wrongly set up. Try again later."""


class ServerAway(TemporaryFailure):
    """Nobody answers at the mail server, or it lets nobody in: no message is at fault, and none was tried."""


class PermanentFailure(DeliveryFailure):
    """The message as it stands will never be accepted: a bad address, or the server refused it for good."""


class UnknownKind(ValueError):
    """No message of this kind exists."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"no message kind {kind!r}")
        self.kind = kind


class FactsInvalid(ValueError):
    """Facts are missing, misspelt or not of this kind; `problems` says each one."""

    def __init__(self, kind: str, problems: Sequence[str]) -> None:
        super().__init__(f"facts of {kind}: " + "; ".join(problems))
        self.kind = kind
        self.problems = tuple(problems)
