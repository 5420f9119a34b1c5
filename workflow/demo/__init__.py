"""A made-up region with twenty months behind it: people, procurements and contracts in every state.

Everything comes in through the same commands as in earnest, on the days it would have happened. All people,
suppliers and cases are invented; addresses end in `.example` and reach nobody.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from states.calendar import Calendar, local_date
from workflow.db.unit_of_work import UnitOfWork
from workflow.demo.organisation import ORGANISATIONS, settle_in
from workflow.demo.play import Play
from workflow.demo.procurements import HISTORY, SCENES, plan_scene, register_history
from workflow.demo.register import REGISTER, register_contracts
from workflow.demo.timeline import Timeline
from workflow.engine import case_rows
from workflow.engine.execute import Stegvis
from workflow.errors import StegvisError
from workflow.people.tables import Person

#: How far back the demo begins, in working days: about twenty months.
LOOK_BACK = 420


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

    Mail of the last three days stays in the outbox, as it would; older mail is recorded as delivered.
    """
    with app.database.read() as uow:
        if _counted(uow) != Loaded(0, 0):
            raise NotEmpty
    calendar, today = Calendar(), local_date(app.clock.now())
    timeline = Timeline(app)
    try:
        for organisation in ORGANISATIONS:
            play = Play(timeline, organisation.region, today, calendar)
            first_day = play.day(LOOK_BACK)
            timeline.at(first_day, lambda p=play, o=organisation: settle_in(p, o))  # type: ignore[misc]
            timeline.at(play.day(LOOK_BACK - 5), lambda p=play: register_contracts(p, REGISTER[p.region]))  # type: ignore[misc]
            timeline.at(play.day(LOOK_BACK - 8), lambda p=play: register_history(p, HISTORY[p.region]))  # type: ignore[misc]
            for scene in SCENES[organisation.region]:
                plan_scene(play, scene)
        timeline.run()
    finally:
        timeline.close()
    with app.database.read() as uow:
        return _counted(uow)


def _counted(uow: UnitOfWork) -> Loaded:
    people = uow.connection.execute(select(func.count()).select_from(Person)).scalar_one()
    cases = uow.connection.execute(select(func.count()).select_from(case_rows.cases)).scalar_one()
    return Loaded(people, cases)


__all__ = ["Loaded", "NotEmpty", "load"]
