"""Noticing that the database is older than it was: it has been restored, and nothing may leave until it is released.

Each node that schedules notes beside the database, in its data folder, how far the database had come: which life, and
how many beats. A database that knows less than the note has been restored from a back-up, or has lost commits in a
failover. Then a hold is set; releasing it begins a new life, and notes of an earlier life no longer count.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import bindparam, delete, select, update

from states.roles import Actor, Role, system_actor
from templates.labels import gettext
from workflow.commands import ReleaseHold, SetHold
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import audit
from workflow.engine.execute import Stegvis, execute, handles
from workflow.engine.tables import DatabaseLife, Hold
from workflow.engine.timers import held
from workflow.errors import FieldError, Forbidden, InvalidForm, NotFound

_lives = DatabaseLife.__table__  # type: ignore[attr-defined]
_holds = Hold.__table__  # type: ignore[attr-defined]

_LIVES = Statement(select(_lives).order_by(_lives.c.number))
_BEGIN = insert_into(_lives)
_BEAT = Statement(update(_lives).where(_lives.c.number == bindparam("life_number")).values(beats=_lives.c.beats + 1))
_BEATS = Statement(select(_lives.c.beats).where(_lives.c.number == bindparam("life_number")))
_INSERT_HOLD = insert_into(_holds)
_HOLD = Statement(select(_holds).where(_holds.c.id == bindparam("hold_id")))
_RELEASE = Statement(delete(_holds).where(_holds.c.id == bindparam("hold_id")))
_SAME = Statement(select(_holds.c.id).where(_holds.c.reason == bindparam("the_reason")))
HOLDS = Statement(select(_holds).order_by(_holds.c.since_at))

#: A hold is about the whole database; what is done about it stands with the cooperation, or with who did it.
HOME = "samverkan"
LONGEST_REASON = 500


@dataclass(frozen=True, slots=True)
class Mark:
    """How far the database had come when a node last looked."""

    life: str
    beats: int


def look(app: Stegvis, *, beat: bool = False) -> bool:
    """Compare the database with the note beside it; an older one is held. With `beat` the note is then brought up.

    Returns whether the database was found older. A note that cannot be read counts as none; raises OSError where it
    cannot be written.
    """
    if app.database.in_memory:
        return False  # a copy that is thrown away has no life of its own
    lives, waits = _state(app)
    mark = read_mark(_path(app, lives[0])) if lives else None
    if mark is not None and is_older(lives, mark):
        # Another node may have beaten between the two looks. What a note says was committed before it was written, so
        # only a database that is looked at after its note can be found older.
        lives, waits = _state(app)
    if mark is not None and is_older(lives, mark):
        if not waits or mark.life not in {life.id for life in lives}:
            reason = gettext(
                "The database is older than when this server last saw it: it seems to have been restored from a back-up.",
                app.settings.locale,
            )
            execute(app, SetHold(reason, (mark.life, mark.beats)), by=system_actor(HOME))
        return True
    if beat and not waits:
        _beat(app)
    return False


def _state(app: Stegvis) -> tuple[list[Row], bool]:
    """The lives of the database, and whether something is held."""
    with app.database.read() as uow:
        return uow.all(_LIVES), held(uow) is not None


def is_older(lives: list[Row], mark: Mark) -> bool:
    """Whether a database with these lives has come less far than the mark. An earlier life no longer counts."""
    known = next((life for life in lives if life.id == mark.life), None)
    if known is None:
        return True
    return bool(known.number == lives[-1].number and mark.beats > known.beats)


def _beat(app: Stegvis) -> None:
    """One more beat, in the database first; only what is committed there is noted beside it."""
    with app.database.write() as uow:
        lives = uow.all(_LIVES) or [_begin(uow, 0)]
        now = lives[-1]
        uow.run(_BEAT, life_number=now.number)
        row = uow.one(_BEATS, life_number=now.number)
        mark = Mark(now.id, int(row.beats) if row is not None else 0)
    path = _path(app, lives[0])
    before = read_mark(path)
    if before is None or before.life != mark.life or before.beats < mark.beats:
        write_mark(path, mark)


def _begin(uow: UnitOfWork, number: int, life_id: str | None = None, beats: int = 0) -> Row:
    uow.run(_BEGIN, number=number, id=life_id or new_id(uow.now), begun_at=uow.now, beats=beats)
    return uow.all(_LIVES)[-1]


def _path(app: Stegvis, first: Row) -> Path:
    """One file a database: a data folder that once served another is no reason to hold this one."""
    return app.settings.data_dir / f"restore-mark-{first.id}.json"


def read_mark(path: Path) -> Mark | None:
    """None where there is none or it is none of ours."""
    try:
        found = json.loads(path.read_text("utf-8"))
        return Mark(str(found["life"]), int(found["beats"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_mark(path: Path, mark: Mark) -> None:
    """The whole note or the one before it, whatever happens meanwhile."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".restore-mark-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump({"life": mark.life, "beats": mark.beats}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


@handles(SetHold)
def set_hold(uow: UnitOfWork, command: SetHold, who: Actor) -> dict[str, Any]:
    """By the operator, or by a node that finds the database older than it was. Raises Forbidden, InvalidForm."""
    if not who.is_system:
        raise Forbidden
    reason = " ".join(command.reason.split())
    if not reason or len(reason) > LONGEST_REASON:
        raise InvalidForm([FieldError("reason", "field_too_long" if reason else "field_required")])
    if command.mark is not None:
        lives = uow.all(_LIVES)
        if command.mark[0] not in {life.id for life in lives}:
            # A life that this database has not had: known from now on, so that releasing ends it with the others.
            _begin(uow, lives[-1].number + 1 if lives else 0, *command.mark)
    same = uow.one(_SAME, the_reason=reason)
    if same is not None:
        return {"id": same.id}
    hold_id = new_id(uow.now)
    uow.run(_INSERT_HOLD, id=hold_id, reason=reason, since_at=uow.now)
    _note(uow, who, "hold_set", hold=hold_id, reason=reason)
    return {"id": hold_id}


@handles(ReleaseHold)
def release_hold(uow: UnitOfWork, command: ReleaseHold, who: Actor) -> dict[str, Any]:
    """A hold stops every region of the database; an administrator, or the operator, takes it away.

    With the last one a new life begins: what nodes noted of the time before the restore is forgotten.
    Raises Forbidden, NotFound.
    """
    if not who.is_system and Role.ADMINISTRATOR not in who.roles():
        raise Forbidden
    hold = uow.one(_HOLD, hold_id=command.hold_id)
    if hold is None:
        raise NotFound
    uow.run(_RELEASE, hold_id=hold.id)
    lives = uow.all(_LIVES)
    if held(uow) is None and lives:
        _begin(uow, lives[-1].number + 1)
    _note(uow, who, "hold_released", hold=hold.id, since=hold.since_at, reason=hold.reason)
    return {"id": hold.id}


def _note(uow: UnitOfWork, who: Actor, kind: str, **facts: Any) -> None:
    audit.append(
        uow,
        audit.register_stream(who.region_id, "operations"),
        region_id=who.region_id,
        kind=kind,
        at=uow.now,
        actor_id=who.person_id,
        facts={**facts, "channel": who.channel},
    )
