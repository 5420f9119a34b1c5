"""Forms about a case as such: opening it, correcting it, pausing and returning it."""

from __future__ import annotations

from workflow.engine.forms import Form, Line, OptionalDay, OptionalLine, OptionalPerson, Words
from workflow.engine.registries import form


class OpenForm(Form):
    """What a new case says of itself. `unit` is a unit's id; owner and officer are people's ids."""

    title: Line
    unit: OptionalLine
    owner: OptionalPerson
    officer: OptionalPerson
    registry_number: OptionalLine


@form("procurement", "open")
class OpenProcurement(OpenForm):
    lots: tuple[Line, ...] = ()


class CorrectForm(Form):
    title: Line
    unit: OptionalLine
    owner: OptionalPerson
    officer: OptionalPerson
    manager: OptionalPerson
    registry_number: OptionalLine


@form("procurement", "return_for_completion", "reopen_targets", "reopen_requirements")
class ReasonForm(Form):
    """A step back says why, for the person who gets the case back."""

    reason: Words
    lot: int | None = None


@form("procurement", "pause")
class PauseForm(Form):
    reason: Words
    resume_on: OptionalDay


@form("procurement", "decide_start", "decide_requirements")
class DecisionForm(Form):
    """A decision whose basis is the case itself: reasons where somebody wants to give them."""

    reasons: OptionalLine
    sent_to: OptionalLine
