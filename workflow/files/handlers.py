"""Putting a file on a case: its row and its event. The bytes lie behind `FILES_URL` before the commit."""

from __future__ import annotations

from typing import Any

from sqlalchemy import bindparam, select

from states.roles import Actor
from workflow.commands import AddFile
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit, case_rows
from workflow.engine.access import Secrecy, class_of_words, reads_only
from workflow.engine.act import visible_case
from workflow.engine.execute import handles
from workflow.errors import FieldError, Forbidden, InvalidForm
from workflow.files.tables import FileRow
from workflow.procurements.tables import Procurement

_files = FileRow.__table__  # type: ignore[attr-defined]
_procurements = Procurement.__table__  # type: ignore[attr-defined]
FILES = Statement(select(_files).where(_files.c.case_id == bindparam("case_id")).order_by(_files.c.added_at))
FILE = Statement(select(_files).where(_files.c.id == bindparam("file_id")))
_INSERT = insert_into(_files)
_OPENED = Statement(select(_procurements.c.opened_on).where(_procurements.c.case_id == bindparam("case_id")))


@handles(AddFile)
def add_file(uow: UnitOfWork, command: AddFile, who: Actor) -> dict[str, Any]:
    """Register a stored file with its secrecy class. Tender matter only by those on the access list.

    Without a class it follows the case: while tenders are secret, so is the file.
    """
    case = visible_case(uow, command.case_id, who, lock=True)
    if reads_only(who.roles()) or not who.roles():
        raise Forbidden("read_only_role")
    secrecy = command.secrecy or class_of_words(case)
    if secrecy not in set(Secrecy):
        raise InvalidForm([FieldError("secrecy", "unknown_choice")])
    if secrecy == Secrecy.TENDER and not _opened(uow, case):
        raise InvalidForm([FieldError("secrecy", "tenders_not_opened")])
    on_list = uow.one(case_rows.ON_ACCESS_LIST, case_id=case.id, person_id=who.person_id)
    if secrecy == Secrecy.TENDER and case.tender_secret and on_list is None:
        raise Forbidden("not_on_access_list")
    file_id = new_id(uow.now)
    uow.run(
        _INSERT,
        id=file_id,
        case_id=case.id,
        name=command.name,
        media_type=command.media_type,
        size=command.size,
        sha256=command.sha256,
        secrecy=secrecy,
        added_by=who.person_id,
        added_at=uow.now,
        scan="waiting",
        scan_tried_at=None,
    )
    audit.append(
        uow,
        case.id,
        region_id=case.region_id,
        kind="file_added",
        at=uow.now,
        actor_id=who.person_id,
        case_id=case.id,
        facts={"file": file_id, "sha256": command.sha256, "channel": who.channel},
        fields=[
            audit.Field("name", command.name, secrecy),
            audit.Field("size", command.size, secrecy),
        ],
    )
    return {"id": file_id, "case": case.id, "name": command.name, "sha256": command.sha256, "size": command.size}


def _opened(uow: UnitOfWork, case: Row) -> bool:
    """Before the opening nobody is on an access list, and tenders lie in the e-procurement system (LOU 12:10)."""
    row = uow.one(_OPENED, case_id=case.id)
    return row is None or row.opened_on is not None or bool(case.tender_secret)
