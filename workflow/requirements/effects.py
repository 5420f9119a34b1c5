"""Requirements: facts, basis and effects."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, delete, select

from states.facts import RequirementFacts
from workflow.db.columns import new_id
from workflow.db.statements import Statement, insert_into
from workflow.engine.registries import basis, effect, fact
from workflow.engine.step import Step
from workflow.procurements.facts import procurement_row
from workflow.procurements.rows import change_procurement
from workflow.requirements.tables import Requirement

requirements = Requirement.__table__  # type: ignore[attr-defined]
REQUIREMENTS = Statement(
    select(requirements).where(requirements.c.case_id == bindparam("case_id")).order_by(requirements.c.number)
)
_DROP = Statement(delete(requirements).where(requirements.c.case_id == bindparam("case_id")))
_INSERT = insert_into(requirements)


@fact("requirements")
def load_requirements(step: Step) -> list[RequirementFacts]:
    return [
        RequirementFacts(r.number, r.text, r.proof, r.follow_up, r.target_number)
        for r in step.uow.all(REQUIREMENTS, case_id=step.case_id)
    ]


@basis("requirements")
def requirements_basis(step: Step) -> list[dict[str, Any]]:
    names = ("number", "text", "requirement_kind", "proof", "follow_up", "target_number")
    return [{n: getattr(r, n) for n in names} for r in step.uow.all(REQUIREMENTS, case_id=step.case_id)]


@effect("store_requirements")
def store_requirements(step: Step) -> None:
    step.uow.run(_DROP, case_id=step.case_id)
    step.uow.many(
        _INSERT,
        [
            {
                "id": new_id(step.now),
                "case_id": step.case_id,
                "number": number,
                "text": row.text,
                "requirement_kind": row.requirement_kind,
                "proof": row.proof or "",
                "follow_up": row.follow_up or "",
                "target_number": row.target_number,
                "written_by": step.actor.person_id,
            }
            for number, row in enumerate(step.form.requirements, start=1)
        ],
    )
    change_procurement(step, requirements_version=procurement_row(step).requirements_version + 1)
    step.forget("requirements")


@effect("settle_requirements")
def settle_requirements(step: Step) -> None:
    row = procurement_row(step)
    change_procurement(step, requirements_decided_version=row.requirements_version)
    step.recorded["requirements_version"] = row.requirements_version
