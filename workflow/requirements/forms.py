"""The forms of requirements."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from workflow.engine.forms import Form, OptionalLine, Words, empty_is_none
from workflow.engine.registries import form


class RequirementRow(Form):
    """One requirement: where it sits, how it is proven, how it is followed up, which target it carries."""

    text: Words
    requirement_kind: Literal["qualification", "technical_specification", "award_criterion", "contract_clause"]
    proof: OptionalLine
    follow_up: OptionalLine
    target_number: Annotated[Annotated[int, Field(ge=1, le=50)] | None, BeforeValidator(empty_is_none)] = None


@form("procurement", "save_requirements")
class RequirementsForm(Form):
    requirements: Annotated[tuple[RequirementRow, ...], Field(max_length=300)]


@form("procurement", "submit_requirements")
class SubmitRequirementsForm(Form):
    pass
