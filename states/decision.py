"""What the law book answers: a decision with everything that follows from it, or the unmet guards."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from states.deadlines import Receipt
from states.definition import Transition


@dataclass(frozen=True, slots=True)
class Unmet:
    """One reason why a step is not possible now: its text is label `guard.<code>`, with who can clear it."""

    code: str
    cleared_by: tuple[str, ...] = ()
    params: dict[str, Any] = field(default_factory=dict)
    cites: str = ""


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """An obligation that arises now, with the receipt of its last day (None: open-ended, `reason` says why)."""

    trigger: str
    roles: tuple[str, ...]
    receipt: Receipt | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class TimerPlan:
    """A timer that pulls `trigger` as the system on the day after `due_on` has ended."""

    kind: str
    trigger: str
    due_on: date
    receipt: Receipt


@dataclass(frozen=True, slots=True)
class Decision:
    """The machine's answer to a permitted step: rows, tasks, timers and mails follow from it and nothing else."""

    transition: Transition
    opens: tuple[TaskPlan, ...] = ()
    timers: tuple[TimerPlan, ...] = ()

    @property
    def moves(self) -> bool:
        """Whether the case or the lot goes on to another state."""
        return self.transition.source != self.transition.target
