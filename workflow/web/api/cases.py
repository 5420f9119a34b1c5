"""Cases: open one, list them, look at one and at its trail, timers and tasks."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from pydantic import Field

from workflow.cases import secret_reads
from workflow.cases.paging import Page
from workflow.cases.queries import (
    CaseFilter,
    CaseView,
    case_events,
    case_tasks,
    case_timers,
    case_view,
    list_cases,
)
from workflow.cases.region_trail import LAST_SEQ
from workflow.cases.visits import last_visit
from workflow.commands import MarkSeen, OpenCase
from workflow.errors import FieldError, InvalidForm
from workflow.web.api.exchange import (
    ROOT,
    After,
    Body,
    Flag,
    Key,
    Limit,
    RawJson,
    answered,
    carry_out,
    listed,
    looking,
    only_known_filters,
)
from workflow.web.base import app_of
from workflow.web.filters import check_values

router = APIRouter(tags=["Cases"], dependencies=[Depends(only_known_filters)])


class OpenCaseBody(Body):
    """`form` holds what the process asks at its opening: unit, owner, officer, registry_number, lots."""

    process: str = Field(examples=["procurement"])
    region: str = Field(examples=["norrbotten"])
    title: str | None = None
    form: dict[str, Any] = Field(default_factory=dict)
    parent: str | None = None
    predecessor: str | None = None


@router.post(f"{ROOT}/cases", status_code=201)
def open_case(request: Request, body: OpenCaseBody, raw: RawJson, key: Key = None) -> Response:
    """Open a case in one's own region."""
    form = dict(body.form)
    if body.title is not None:
        form["title"] = body.title
    command = OpenCase(body.process, body.region, form, body.parent, body.predecessor)
    made = carry_out(request, command, key, raw)
    return answered(made, 201, {"Location": f"{ROOT}/cases/{made['id']}"})


@router.get(f"{ROOT}/cases")
def cases(
    request: Request,
    region: str | None = None,
    process: str | None = None,
    state: str | None = None,
    owner: str | None = None,
    officer: str | None = None,
    unit: str | None = None,
    overdue: Flag = None,
    open_only: Annotated[bool, Query(alias="open", description="Only cases that are not closed.")] = False,
    q: Annotated[
        str | None, Query(max_length=200, description="Title, reference, Dnr, supplier of a contract.")
    ] = None,
    parent: str | None = None,
    after: After = None,
    limit: Limit = 50,
) -> Response:
    """The cases of one's region, most urgent first. `owner` and `officer` are people's ids, or `me`."""
    with looking(request) as call:
        call.in_region(region)
        check_values({k: v for k, v in (("process", process), ("state", state)) if v is not None})
        me = call.viewer.person_id
        filters = CaseFilter(
            process=process,
            state=state,
            owner=me if owner == "me" else owner,
            officer=me if officer == "me" else officer,
            unit=unit,
            overdue=overdue,
            q=q,
            parent=parent,
            open_only=open_only,
        )
        return listed(request, list_cases(call.uow, call.who, filters, after=after, limit=limit))


@router.get(f"{ROOT}/cases/{{case_id}}")
def case(request: Request, case_id: str) -> Response:
    """One case: its state and `row_version`, facts, lots, contracts, deadlines with receipts, open tasks, links.

    `seen_seq` is the last event that the caller has marked as seen, here or on the page; null before the first time.
    """
    with looking(request) as call:
        view = case_view(call.uow, call.who, case_id)
        secret_reads.note(app_of(request), call.who, case_id, view.access)
        seen = last_visit(call.uow, call.who, case_id)
        return answered({**_shown(view), "seen_seq": seen.seen_seq if seen else None})


class SeenBody(Body):
    """`seq` of the last event one has seen."""

    seq: int = Field(ge=1, le=LAST_SEQ, examples=[12])


@router.post(f"{ROOT}/cases/{{case_id}}/seen")
def seen(request: Request, case_id: str, body: SeenBody, raw: RawJson, key: Key = None) -> Response:
    """What comes after this event is new to the caller: pages mark it until it is seen. The mark only moves on."""
    return answered(carry_out(request, MarkSeen(case_id, body.seq), key, raw))


@router.get(f"{ROOT}/cases/{{case_id}}/events")
def events(request: Request, case_id: str, after: After = None, limit: Limit = 200) -> Response:
    """The trail of the case in order. `withheld` names fields that this caller may not see."""
    if after is not None and not (after.isdecimal() and len(after) < 10):
        raise InvalidForm([FieldError("after", "field_invalid")])
    with looking(request) as call:
        items = case_events(call.uow, call.who, case_id, after_seq=int(after or 0), limit=limit + 1)
        secret_reads.note_look(app_of(request), call.uow, call.who, case_id)
    following = str(items[limit - 1].seq) if len(items) > limit else None
    return listed(request, Page(items[:limit], following))


@router.get(f"{ROOT}/cases/{{case_id}}/timers")
def timers(request: Request, case_id: str) -> Response:
    """What the engine will look at again, and when; also what has fired."""
    with looking(request) as call:
        return answered({"items": case_timers(call.uow, call.who, case_id), "next": None})


@router.get(f"{ROOT}/cases/{{case_id}}/tasks")
def tasks(request: Request, case_id: str, open_only: Annotated[bool, Query(alias="open")] = False) -> Response:
    """The obligations of the case, open ones first."""
    with looking(request) as call:
        return answered({"items": case_tasks(call.uow, call.who, case_id, open_only=open_only), "next": None})


def _shown(view: CaseView) -> dict[str, Any]:
    case = view.case

    def person(person_id: str | None) -> dict[str, Any] | None:
        return {"id": person_id, "name": view.names.get(person_id)} if person_id else None

    return {
        "id": case.id,
        "region": case.region_id,
        "process": case.process,
        "version": case.version,
        "reference": case.reference,
        "registry_number": case.registry_number,
        "title": case.title,
        "state": case.state,
        "row_version": case.row_version,
        "unit": {"id": case.unit_id, "name": view.unit_name} if case.unit_id else None,
        "owner": person(case.owner_id),
        "officer": person(case.officer_id),
        "manager": person(case.manager_id),
        "opened_at": case.opened_at,
        "entered_at": case.entered_at,
        "updated_at": case.updated_at,
        "closed_at": case.closed_at,
        "paused_on": case.paused_on,
        "existing": case.existing,
        "tender_secret": case.tender_secret,
        "next": {"trigger": case.next_trigger, "role": case.next_role, "due_on": case.next_due_on},
        "procurement": view.procurement,
        "contract": view.contract,
        "duty": view.duty,
        "lots": view.lots,
        "contracts": [c for c in view.children if c.process == "contract"],
        "targets": view.targets,
        "opinions": view.opinions,
        "requirements": view.requirements,
        "follow_ups": view.follow_ups,
        "decisions": view.decisions,
        "deadlines": view.deadlines,
        "tasks": view.tasks,
        "access_list": view.access_list,
        "links": {
            "parent": view.parent,
            "predecessor": view.predecessor,
            "children": view.children,
            "successors": view.successors,
        },
    }
