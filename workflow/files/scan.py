"""Virus scans of what people put on cases: quarantined, then clean or infected; and what no row names is swept away.

The scanner is a command of the operator's (`STEGVIS_SCAN_COMMAND`), given the file's path: exit 0 says clean, 1 infected,
anything else that it could not tell and is to be asked again. It runs in the scheduler, never in a request and never
inside a transaction; what it found is a command. Without the setting files are served as they come.
"""

from __future__ import annotations

import logging
import shlex
import subprocess
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import and_, bindparam, or_, select, update

from states.roles import Actor, system_actor
from workflow.commands import RecordScan
from workflow.db.statements import Row, Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.act import visible_case
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.tables import Case
from workflow.errors import Forbidden, NotFound, StegvisError
from workflow.files.handlers import FILE
from workflow.files.store import FolderStore, open_store
from workflow.files.tables import FileRow

log = logging.getLogger("stegvis.files")

_files = FileRow.__table__  # type: ignore[attr-defined]
_cases = Case.__table__  # type: ignore[attr-defined]


class Scan(StrEnum):
    """What is known of a file. UNCLEAR is only an answer: the file goes on waiting."""

    WAITING = "waiting"
    CLEAN = "clean"
    INFECTED = "infected"
    UNCLEAR = "unclear"


#: A scanner that has not answered after this long is asked again later.
PATIENCE_SECONDS = 60
RETRY = timedelta(minutes=5)
#: Files a round: the scheduler has more to do than to scan.
AT_ONCE = 20
#: So many answers in a row that say nothing: the scanner is down, and the round leaves it alone.
GIVE_UP = 3
#: The bytes come before the row that names them; nobody takes this long between the two.
ORPHAN_AGE = timedelta(days=1)

_NEXT = Statement(
    select(_files.c.id, _files.c.sha256, _cases.c.region_id)
    .select_from(_files.join(_cases, _cases.c.id == _files.c.case_id))
    .where(
        _files.c.scan == Scan.WAITING,
        or_(_files.c.scan_tried_at.is_(None), _files.c.scan_tried_at < bindparam("before")),
    )
    .order_by(_files.c.scan_tried_at.is_not(None), _files.c.scan_tried_at, _files.c.id)
    .limit(AT_ONCE)
)
_SET = Statement(
    update(_files)
    .where(_files.c.id == bindparam("file_id"))
    .values(scan=bindparam("result"), scan_tried_at=bindparam("at"))
)
_KNOWN_INFECTED = Statement(
    select(_files.c.id).where(_files.c.sha256 == bindparam("sha256"), _files.c.scan == Scan.INFECTED).limit(1)
)
_NAMED = Statement(
    select(_files.c.id).where(and_(_files.c.sha256 == bindparam("sha256"), _files.c.scan != Scan.INFECTED)).limit(1)
)


def withheld(scan: str, *, scanning: bool) -> str | None:
    """The code of the reason why a file is not given out; None when it is. `scanning`: a scanner is set."""
    if scan == Scan.INFECTED:
        return "file_infected"
    return "file_not_scanned" if scanning and scan == Scan.WAITING else None


@handles(RecordScan)
def record_scan(uow: UnitOfWork, command: RecordScan, who: Actor) -> dict[str, Any]:
    """Keep what the scanner said. What was found once stands. Raises NotFound, and Forbidden for people."""
    if not who.is_system:
        raise Forbidden
    found = uow.one(FILE, file_id=command.file_id)
    if found is None:
        raise NotFound
    case = visible_case(uow, found.case_id, who, lock=True)
    row = uow.one(FILE, file_id=command.file_id) or found  # as it stands now that nobody else can change it
    if row.scan != Scan.WAITING:
        return {"id": row.id, "scan": row.scan}
    result = Scan(command.result)
    if result in (Scan.UNCLEAR, Scan.WAITING):
        uow.run(_SET, file_id=row.id, result=Scan.WAITING, at=uow.now)
        return {"id": row.id, "scan": Scan.WAITING}
    uow.run(_SET, file_id=row.id, result=result, at=uow.now)
    audit.append(
        uow,
        case.id,
        region_id=case.region_id,
        kind="file_found_infected" if result == Scan.INFECTED else "file_found_clean",
        at=uow.now,
        actor_id=who.person_id,
        case_id=case.id,
        facts={"file": row.id, "sha256": row.sha256, "channel": who.channel},
        fields=[audit.Field("name", row.name, row.secrecy)],
    )
    return {"id": row.id, "scan": result}


def scan_waiting(app: Stegvis) -> int:
    """Ask the scanner about files that wait, one command a file. Returns how many are settled. Never raises for one.

    A file with a virus is removed; one with the same content as a file known to have one needs no second look.
    """
    command = shlex.split(app.settings.scan_command)
    if not command:
        return 0
    store = open_store(app.settings.files)
    with app.database.read() as uow:
        waiting = uow.all(_NEXT, before=uow.now - RETRY)
        known = {f.sha256 for f in waiting if uow.one(_KNOWN_INFECTED, sha256=f.sha256)}
    settled = silent = 0
    for file in waiting:
        result = Scan.INFECTED if file.sha256 in known else _asked(command, store, file)
        execute(app, RecordScan(file.id, result), by=system_actor(file.region_id))
        if result == Scan.UNCLEAR:
            silent += 1
            if silent == GIVE_UP:
                break
            continue
        settled, silent = settled + 1, 0
        if result == Scan.INFECTED:
            known.add(file.sha256)
            with app.database.read() as uow:
                still_named = uow.one(_NAMED, sha256=file.sha256)
            if still_named is None:  # else its turn comes, and the last one takes the bytes along
                store.discard(file.sha256)
    return settled


def _asked(command: list[str], store: FolderStore, file: Row) -> Scan:
    try:
        path = store.path(file.sha256)
        done = subprocess.run(  # the operator's own command  # noqa: S603
            [*command, str(path)], capture_output=True, timeout=PATIENCE_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired, StegvisError) as error:
        log.warning("the virus scan did not answer: %s", type(error).__name__, extra={"action": "scan_failed"})
        return Scan.UNCLEAR
    answer = {0: Scan.CLEAN, 1: Scan.INFECTED}.get(done.returncode, Scan.UNCLEAR)
    if answer == Scan.UNCLEAR:
        log.warning("the virus scan ended with %s", done.returncode, extra={"action": "scan_failed"})
    return answer


def sweep_orphans(app: Stegvis) -> int:
    """Remove stored bytes that no row has named for a day: their command was refused, or a virus was in them.

    Returns how many. What a row names is never touched, whatever its age.
    """
    store = open_store(app.settings.files)
    before = app.clock.now() - ORPHAN_AGE
    removed = store.discard_unfinished(before)
    for sha256 in store.older_than(before):
        with app.database.read() as uow:
            named = uow.one(_NAMED, sha256=sha256)
        if named is None:
            removed += store.discard(sha256, before)
    return removed
