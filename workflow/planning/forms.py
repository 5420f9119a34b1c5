"""The form of a need that is entered in the plan by hand."""

from __future__ import annotations

from typing import Literal

from workflow.engine.forms import Day, Form, Line, OptionalLine, OptionalMoney, OptionalPerson


class PlanEntryForm(Form):
    """What is known early: what, whose, when, which track, between which values."""

    title: Line
    unit: OptionalLine
    owner: OptionalPerson
    starts_on: Day
    track: Literal["above_threshold", "below_threshold", "direct", "call_off", "renewed_competition"]
    value_low: OptionalMoney
    value_high: OptionalMoney
    note: OptionalLine
