from __future__ import annotations
from collections.abc import Sequence
from states.roles import Actor
from workflow.cases.items import CaseView
from workflow.db.statements import Row
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.access import View
def case_row(uow: UnitOfWork, who: Actor, case_id: str) -> Row:
    raise NotImplementedError
def view_of(uow: UnitOfWork, who: Actor, case: Row, lots: Sequence[Row] | None = None) -> View:
    raise NotImplementedError
def case_view(uow: UnitOfWork, who: Actor, case_id: str) -> CaseView:
    raise NotImplementedError
