"""A page about one open task: which one, what it asks, and what was typed about it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from workflow.cases.handlers import TASK
from workflow.cases.queries import TaskItem, case_tasks
from workflow.errors import NotFound
from workflow.web.base import page
from workflow.web.pages import words
from workflow.web.pages.visit import Visit

#: What is wrong: the field (None for the whole form), and the sentence about it.
Faults = Sequence[tuple[str | None, str]]


def task_of(visit: Visit, task_id: str) -> TaskItem:
    """The open task, if this person may see its case. Raises NotFound."""
    row = visit.uow.one(TASK, task_id=task_id)
    if row is None or row.region_id != visit.who.region_id:
        raise NotFound
    for task in case_tasks(visit.uow, visit.who, row.case_id):
        if task.id == task_id:
            return task
    raise NotFound("already_done")


def task_page(
    request: Request, visit: Visit, task: TaskItem, template: str, title: str, given: Mapping[str, str], errors: Faults,
    **more: Any,
) -> Response:  # fmt: skip
    """The page of a form about the task; with errors it is shown again as it was typed (422)."""
    context = {
        "task": task,
        "asked": words.step_text("asked", task.process, task.trigger, visit.locale),
        "given": given,
        "faults": {field: text for field, text in errors if field},
        **more,
    }
    return page(request, template, context, title=title, status=422 if errors else 200, errors=errors)
