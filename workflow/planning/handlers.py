"""Commands of the plan: needs entered and withdrawn, the plan decided as a version, a version published or taken back."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlalchemy import bindparam, func, select, update

from states.calendar import local_date
from states.roles import Actor, Role
from workflow.commands import AddPlanEntry, DecidePlan, PublishPlan, UnpublishPlan, WithdrawPlanEntry
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, directory
from workflow.engine.canonical import canonical, sha256
from workflow.engine.execute import handles
from workflow.engine.forms import ore, parse
from workflow.errors import Conflict, FieldError, Forbidden, InvalidForm, NotFound
from workflow.planning.forms import PlanEntryForm
from workflow.planning.queries import VERSION, plan, public_rows, snapshot
from workflow.planning.tables import PlanEntry, PlanVersion, PublishedPlanRow

#: Who enters needs, and who puts the plan before those who decide and publishes it.
ENTERING = frozenset({Role.CONTRACT_OWNER, Role.PROCUREMENT_OFFICER, Role.HEAD_OF_PROCUREMENT, Role.CONTRACT_MANAGER})
LEADING = frozenset({Role.HEAD_OF_PROCUREMENT})

_entries = PlanEntry.__table__  # type: ignore[attr-defined]
_versions = PlanVersion.__table__  # type: ignore[attr-defined]
_INSERT_ENTRY = insert_into(_entries)
_ENTRY = Statement(select(_entries).where(_entries.c.id == bindparam("entry_id")).with_for_update())
_WITHDRAW = Statement(
    update(_entries).where(_entries.c.id == bindparam("entry_id")).values(withdrawn_at=bindparam("at"))
)
_NUMBER = Statement(
    select(func.coalesce(func.max(_versions.c.number), 0).label("number")).where(
        _versions.c.region_id == bindparam("region_id")
    )
)
_INSERT_VERSION = insert_into(_versions)
_INSERT_PUBLISHED = insert_into(PublishedPlanRow.__table__)  # type: ignore[attr-defined]
_UNPUBLISH = Statement(
    update(_versions)
    .where(_versions.c.region_id == bindparam("the_region_id"), _versions.c.published_at.is_not(None))
    .values(published_at=None, published_by=None)
)
_PUBLISH = Statement(
    update(_versions)
    .where(_versions.c.id == bindparam("version_id"))
    .values(published_at=bindparam("at"), published_by=bindparam("by"))
)
_published = PublishedPlanRow.__table__  # type: ignore[attr-defined]
_CLEAR = Statement(_published.delete().where(_published.c.region_id == bindparam("the_region_id")))


def _note(
    uow: UnitOfWork, who: Actor, kind: str, facts: dict[str, Any], fields: list[audit.Field] | None = None
) -> None:
    audit.append(
        uow,
        audit.register_stream(who.region_id, "plan"),
        region_id=who.region_id,
        kind=kind,
        at=uow.now,
        actor_id=who.person_id,
        facts=facts,
        fields=fields or [],
    )


def _may(who: Actor, region_id: str, roles: frozenset[Role]) -> None:
    if region_id != who.region_id:
        raise NotFound
    if not (who.roles() & roles):
        raise Forbidden


@handles(AddPlanEntry)
def add_plan_entry(uow: UnitOfWork, command: AddPlanEntry, who: Actor) -> dict[str, Any]:
    """Enter a need. Raises NotFound, Forbidden or InvalidForm."""
    _may(who, command.region_id, ENTERING)
    form: Any = parse(PlanEntryForm, command.form)
    faults = []
    if form.unit is not None and form.unit not in directory.units(uow, who.region_id):
        faults.append(FieldError("unit", "unknown_unit"))
    if form.owner is not None and not _of_region(uow, form.owner, who.region_id):
        faults.append(FieldError("owner", "unknown_person"))
    if form.value_low is not None and form.value_high is not None and form.value_high < form.value_low:
        faults.append(FieldError("value_high", "band_reversed"))
    if form.starts_on.year > local_date(uow.now).year + 10:
        faults.append(FieldError("starts_on", "field_invalid"))
    if faults:
        raise InvalidForm(faults)
    entry_id = new_id(uow.now)
    uow.run(
        _INSERT_ENTRY, id=entry_id, region_id=who.region_id, title=form.title, unit_id=form.unit, owner_id=form.owner,
        starts_on=form.starts_on, track=form.track, value_low_ore=ore(form.value_low),
        value_high_ore=ore(form.value_high), note=form.note, entered_by=who.person_id, entered_at=uow.now,
        withdrawn_at=None,
    )  # fmt: skip
    facts = {"entry": entry_id, "starts_on": form.starts_on, "track": form.track}
    _note(uow, who, "plan_entry_added", facts, [audit.Field("title", form.title)])
    return {"id": entry_id}


def _of_region(uow: UnitOfWork, person_id: str, region_id: str) -> bool:
    try:
        directory.person_here(uow, person_id, region_id)
    except NotFound:
        return False
    return True


@handles(WithdrawPlanEntry)
def withdraw_plan_entry(uow: UnitOfWork, command: WithdrawPlanEntry, who: Actor) -> dict[str, Any]:
    """Take a need out of the plan; its row stays. Raises NotFound or Forbidden."""
    row = uow.one(_ENTRY, entry_id=command.entry_id)
    if row is None or row.withdrawn_at is not None:
        raise NotFound
    _may(who, row.region_id, ENTERING)
    uow.run(_WITHDRAW, entry_id=row.id, at=uow.now)
    _note(uow, who, "plan_entry_withdrawn", {"entry": row.id}, [audit.Field("title", row.title)])
    return {"id": row.id}


@handles(DecidePlan)
def decide_plan(uow: UnitOfWork, command: DecidePlan, who: Actor) -> dict[str, Any]:
    """Keep the whole plan as it stands now as the next version. Raises NotFound, Forbidden or InvalidForm."""
    _may(who, command.region_id, LEADING)
    today = local_date(uow.now)
    faults = []
    if not isinstance(command.decided_on, date):
        faults.append(FieldError("decided_on", "not_a_date"))
    elif command.decided_on > today:
        faults.append(FieldError("decided_on", "day_in_future"))
    for name, text in (("decided_by", command.decided_by), ("registry_number", command.registry_number)):
        if not text.strip():
            faults.append(FieldError(name, "field_required"))
        elif len(text) > 200:
            faults.append(FieldError(name, "field_too_long", {"max_length": 200}))
    if faults:
        raise InvalidForm(faults)
    stands = plan(uow, who, today)
    rows = canonical(snapshot(stands.rows))
    last = uow.one(_NUMBER, region_id=who.region_id)
    number = (last.number if last else 0) + 1
    version_id = new_id(uow.now)
    uow.run(
        _INSERT_VERSION, id=version_id, region_id=who.region_id, number=number, from_on=today, until_on=stands.until,
        decided_on=command.decided_on, decided_by=command.decided_by.strip(), recorded_by=who.person_id,
        recorded_at=uow.now, registry_number=command.registry_number.strip(), rows=rows, rows_hash=sha256(rows),
        published_at=None, published_by=None,
    )  # fmt: skip
    facts = {
        "version": number,
        "decided_on": command.decided_on,
        "rows": len(stands.rows),
        "rows_hash": sha256(rows),
        "registry_number": command.registry_number.strip(),
    }
    _note(uow, who, "plan_decided", facts, [audit.Field("decided_by", command.decided_by.strip())])
    return {"id": version_id, "number": number, "rows": len(stands.rows), "rows_hash": sha256(rows)}


def _version(uow: UnitOfWork, version_id: str, who: Actor) -> Row:
    row = uow.one(VERSION, version_id=version_id)
    if row is None:
        raise NotFound
    _may(who, row.region_id, LEADING)
    return row


@handles(PublishPlan)
def publish_plan(uow: UnitOfWork, command: PublishPlan, who: Actor) -> dict[str, Any]:
    """The open part of a decided version becomes the region's public list. Raises NotFound, Forbidden or Conflict."""
    row = _version(uow, command.version_id, who)
    if row.published_at is not None:
        raise Conflict("plan_published")
    uow.run(_UNPUBLISH, the_region_id=row.region_id)
    uow.run(_CLEAR, the_region_id=row.region_id)
    rows = public_rows(json.loads(row.rows))
    for position, each in enumerate(rows, start=1):
        uow.run(_INSERT_PUBLISHED, version_id=row.id, position=position, region_id=row.region_id, **each)
    uow.run(_PUBLISH, version_id=row.id, at=uow.now, by=who.person_id)
    facts = {"version": row.number, "rows": len(rows), "rows_hash": sha256(canonical(rows))}
    _note(uow, who, "plan_published", facts)
    return {"id": row.id, "number": row.number, "rows": len(rows)}


@handles(UnpublishPlan)
def unpublish_plan(uow: UnitOfWork, command: UnpublishPlan, who: Actor) -> dict[str, Any]:
    """Nothing is shown any more. Raises NotFound (also for a version that is not shown) or Forbidden."""
    row = _version(uow, command.version_id, who)
    if row.published_at is None:
        raise NotFound
    uow.run(_UNPUBLISH, the_region_id=row.region_id)
    uow.run(_CLEAR, the_region_id=row.region_id)
    _note(uow, who, "plan_unpublished", {"version": row.number})
    return {"id": row.id, "number": row.number}
