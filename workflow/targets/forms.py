"""The forms of targets: writing, opinion, decision."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from workflow.engine.forms import Form, OptionalDay, OptionalLine, OptionalWords, Words, empty_is_none
from workflow.engine.registries import form


class TargetRow(Form):
    """One target: what shall be reached, seen on which indicator, at which level, followed up how."""

    statement: Words
    dimension: Literal["environmental", "social", "economic"]
    goal: Annotated[Annotated[int, Field(ge=1, le=17)] | None, BeforeValidator(empty_is_none)] = None
    level: Annotated[Literal["basic", "advanced", "spearhead"] | None, BeforeValidator(empty_is_none)] = None
    indicator: OptionalLine
    baseline: OptionalLine
    target_value: OptionalLine
    target_on: OptionalDay
    follow_up: OptionalLine


@form("procurement", "save_targets")
class TargetsForm(Form):
    targets: Annotated[tuple[TargetRow, ...], Field(max_length=50)]


@form("procurement", "record_opinion")
class OpinionForm(Form):
    supports: bool
    opinion: Words


@form("procurement", "submit_targets")
class SubmitTargetsForm(Form):
    no_target_reason: OptionalWords


@form("procurement", "decide_sustainability_target")
class DecideTargetForm(Form):
    reasons: OptionalLine
    sent_to: OptionalLine


@form("procurement", "decide_no_applicable_target")
class NoTargetForm(Form):
    reasons: Words
    sent_to: OptionalLine
