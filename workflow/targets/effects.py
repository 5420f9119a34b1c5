"""Targets and opinions: facts, basis and effects. A change of a target makes a decision on it visibly stale."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, select

from states.facts import OpinionFacts, TargetFacts
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.engine.registries import basis, effect, fact
from workflow.engine.step import Step
from workflow.people.tables import Person
from workflow.procurements.facts import procurement_row
from workflow.procurements.rows import change_procurement
from workflow.targets.tables import Opinion, Target

targets = Target.__table__  # type: ignore[attr-defined]
opinions = Opinion.__table__  # type: ignore[attr-defined]
_people = Person.__table__  # type: ignore[attr-defined]

TARGETS = Statement(select(targets).where(targets.c.case_id == bindparam("case_id")).order_by(targets.c.number))
OPINIONS = Statement(
    select(opinions, _people.c.name.label("author_name"))
    .select_from(opinions.join(_people, _people.c.id == opinions.c.author_id))
    .where(opinions.c.case_id == bindparam("case_id"))
    .order_by(opinions.c.given_at, opinions.c.id)
)
_DROP = Statement(delete(targets).where(targets.c.case_id == bindparam("case_id")))
_INSERT = insert_into(targets)
_INSERT_OPINION = insert_into(opinions)

FIELDS = ("statement", "dimension", "goal", "level", "indicator", "baseline", "target_value", "target_on", "follow_up")


@fact("target_rows")
def target_rows(step: Step) -> list[Row]:
    return step.uow.all(TARGETS, case_id=step.case_id)


@fact("opinion_rows")
def opinion_rows(step: Step) -> list[Row]:
    return step.uow.all(OPINIONS, case_id=step.case_id)


@fact("targets")
def load_targets(step: Step) -> list[TargetFacts]:
    return [
        TargetFacts(t.id, t.number, t.statement, t.dimension, t.indicator, t.level, t.follow_up)
        for t in step.load("target_rows")
    ]


@fact("opinions")
def load_opinions(step: Step) -> list[OpinionFacts]:
    return [OpinionFacts(o.author_id, o.author_name, o.targets_version) for o in step.load("opinion_rows")]


@basis("targets")
def targets_basis(step: Step) -> list[dict[str, Any]]:
    return [{"number": t.number, **{name: getattr(t, name) for name in FIELDS}} for t in step.load("target_rows")]


@basis("opinions")
def opinions_basis(step: Step) -> list[dict[str, Any]]:
    return [
        {"by": o.author_name, "supports": o.supports, "opinion": o.opinion, "on_version": o.targets_version}
        for o in step.load("opinion_rows")
    ]


@effect("store_targets")
def store_targets(step: Step) -> None:
    step.uow.run(_DROP, case_id=step.case_id)
    step.uow.many(
        _INSERT,
        [
            {
                "id": new_id(step.now),
                "case_id": step.case_id,
                "number": number,
                "statement": row.statement,
                "dimension": row.dimension,
                "goal": row.goal,
                "level": row.level or "",
                "indicator": row.indicator or "",
                "baseline": row.baseline or "",
                "target_value": row.target_value or "",
                "target_on": row.target_on,
                "follow_up": row.follow_up or "",
                "written_by": step.actor.person_id,
            }
            for number, row in enumerate(step.form.targets, start=1)
        ],
    )
    change_procurement(step, targets_version=procurement_row(step).targets_version + 1)
    step.forget("targets", "target_rows")


@effect("store_opinion")
def store_opinion(step: Step) -> None:
    step.uow.run(
        _INSERT_OPINION,
        id=new_id(step.now),
        case_id=step.case_id,
        author_id=step.actor.person_id,
        supports=step.form.supports,
        opinion=step.form.opinion,
        targets_version=procurement_row(step).targets_version,
        given_at=step.now,
    )
    step.forget("opinions", "opinion_rows")


@effect("settle_targets")
def settle_targets(step: Step) -> None:
    row = procurement_row(step)
    change_procurement(step, targets_decided_version=row.targets_version, no_target_reason=None)
    step.recorded["targets_version"] = row.targets_version


@effect("settle_no_target")
def settle_no_target(step: Step) -> None:
    """The reasoned decision that no target applies settles the question as well."""
    row = procurement_row(step)
    change_procurement(step, targets_decided_version=row.targets_version, no_target_reason=step.form.reasons)
