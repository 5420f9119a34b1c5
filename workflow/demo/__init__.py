"""A made-up region with twenty months behind it: people, procurements and contracts in every state.

Everything comes in through the same commands as in earnest, on the days it would have happened. All people,
suppliers and cases are invented; addresses end in `.example` and reach nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from tempfile import TemporaryDirectory

from sqlalchemy import bindparam, func, select, text, update

from states.calendar import Calendar, local_date
from workflow.db import schema
from workflow.db.copying import copy_rows
from workflow.db.database import Database
from workflow.db.statements import Statement
from workflow.db.unit_of_work import UnitOfWork
from workflow.demo.deviations import plan_deviations
from workflow.demo.organisation import ORGANISATIONS, settle_in
from workflow.demo.planning import decide_the_plan
from workflow.demo.play import Play
from workflow.demo.procurements import HISTORY, SCENES, plan_scene, register_history
from workflow.demo.register import REGISTER, register_contracts
from workflow.demo.timeline import Timeline
from workflow.demo.year import plan_year
from workflow.engine import case_rows
from workflow.engine.execute import Stegvis
from workflow.engine.tables import OutboxMessage
from workflow.errors import StegvisError
from workflow.people.tables import Person

#: How far back the demo begins, in working days: about twenty months.
LOOK_BACK = 420
#: What belongs to the running processes, not to the invented past.
_OF_THE_NODE = {"heartbeats", "holds"}


_outbox = OutboxMessage.__table__  # type: ignore[attr-defined]
#: What waits in the outbox could not have left before it was there: its lateness counts from the load.
_NOT_LATE = Statement(update(_outbox).where(_outbox.c.status == "queued").values(planned_at=bindparam("at")))


class NotEmpty(StegvisError):
    """The demo is loaded into an empty database only, so that nobody's own cases mix with invented ones."""

    code = "database_not_empty"


@dataclass(frozen=True, slots=True)
class Loaded:
    """What there is afterwards, in all regions together."""

    people: int
    cases: int


def load(app: Stegvis) -> Loaded:
    """Load the demo; its last day is the day before the app's today. Sends no mail. Raises NotEmpty.

    Mail of the last three days stays in the outbox, as it would; older mail is recorded as delivered. The days are
    played in a file beside and come over in one transaction: who pulls the plug half-way leaves nothing behind.
    """
    with app.database.read() as uow:
        if _counted(uow) != Loaded(0, 0):
            raise NotEmpty
    with TemporaryDirectory(prefix="stegvis-demo-") as folder:
        beside = Database(f"sqlite:///{folder}/demo.db", app.clock)
        try:
            schema.upgrade(beside)
            _play(Stegvis(app.settings, beside, app.clock))
            with beside.read() as played, app.database.write() as uow:
                if not app.database.is_sqlite:  # two nodes may start at once
                    uow.connection.execute(text("LOCK TABLE people IN EXCLUSIVE MODE"))
                if _counted(uow) != Loaded(0, 0):
                    raise NotEmpty
                copy_rows(played, uow, left_out=_OF_THE_NODE)
                uow.run(_NOT_LATE, at=uow.now)
                return _counted(uow)
        finally:
            beside.dispose()


def _play(app: Stegvis) -> None:
    """All days up to the app's today, into its database."""
    calendar, today = Calendar(), local_date(app.clock.now())
    timeline = Timeline(app)
    try:
        for organisation in ORGANISATIONS:
            play = Play(timeline, organisation.region, today, calendar)
            first_day = play.day(LOOK_BACK)
            timeline.at(first_day, lambda p=play, o=organisation: settle_in(p, o))  # type: ignore[misc]
            timeline.at(play.day(LOOK_BACK - 5), lambda p=play: register_contracts(p, REGISTER[p.region]))  # type: ignore[misc]
            timeline.at(play.day(LOOK_BACK - 8), lambda p=play: register_history(p, HISTORY[p.region]))  # type: ignore[misc]
            if organisation.region in ("norrbotten", "samverkan"):
                plan_year(play)
            for scene in SCENES[organisation.region]:
                plan_scene(play, scene)
            if organisation.region == "norrbotten":
                timeline.at(play.day(12), lambda p=play: decide_the_plan(p))  # type: ignore[misc]
                plan_deviations(play)
        timeline.run()
    finally:
        timeline.close()


def _counted(uow: UnitOfWork) -> Loaded:
    people = uow.connection.execute(select(func.count()).select_from(Person)).scalar_one()
    cases = uow.connection.execute(select(func.count()).select_from(case_rows.cases)).scalar_one()
    return Loaded(people, cases)


__all__ = ["Loaded", "NotEmpty", "load"]
