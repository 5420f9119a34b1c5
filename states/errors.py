"""What the law book refuses. Every error carries a stable code and parameters; its text lives in the catalogues."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from states.decision import Unmet


class LawBookError(Exception):
    """Root of all refusals of the law book."""

    code = "law_book_error"


class UnknownProcess(LawBookError):
    """No released definition has this name (and version)."""

    code = "unknown_process"

    def __init__(self, name: str) -> None:
        super().__init__(f"unknown process: {name}")
        self.name = name


class NoSuchStep(LawBookError):
    """The trigger does not lead anywhere from the present state."""

    code = "no_such_step"

    def __init__(self, trigger: str, state: str) -> None:
        super().__init__(f"{trigger} is not possible in {state}")
        self.trigger, self.state = trigger, state


class NotPermitted(LawBookError):
    """The step exists, but not now or not by this person. All unmet guards come at once."""

    code = "not_permitted"

    def __init__(self, unmet: Sequence[Unmet]) -> None:
        super().__init__(", ".join(u.code for u in unmet))
        self.unmet = tuple(unmet)

    @property
    def only_by_others(self) -> bool:
        """True when the person lacks the role: the answer is then 403, not 422."""
        return any(u.code == "role_required" for u in self.unmet)
