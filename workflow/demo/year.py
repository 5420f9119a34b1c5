"""The annual calendar of the demo: the cooperation and one region have taken it in, and some of it is done."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import select

from workflow.commands import Act, AddStandardDuties, ShareRecurringDuty
from workflow.demo.play import Play
from workflow.duties.register import duties, open_due_duties, recurring
from workflow.engine.case_rows import cases

#: How many working days before today the calendar was taken in, and how often it is looked at from then on.
TAKEN_IN = 190
_EVERY = 10
#: What the cooperation shows to all regions.
_SHARED = ("annual_report", "operating_plan", "conference", "webinar")
#: Who records that something was done, and how many days before its last day that happened.
_RECORDED_BY = {
    "steering_meeting": ("styrgruppen", 20),
    "webinar": ("kansliet", 35),
    "supplier_training": ("kansliet", 30),
    "annual_accounts": ("hallbarhet", 9),
    "leaving_notice": ("hallbarhet", 12),
}


def plan_year(play: Play) -> None:
    """Take the calendar in on its day, and from then on open what comes and record what was done."""
    play.timeline.at(play.day(TAKEN_IN), lambda: _take_in(play))
    for back in range(TAKEN_IN - 1, 0, -_EVERY):
        play.timeline.at(play.day(back), lambda: _go_on(play))


def _take_in(play: Play) -> None:
    play.timeline.do(AddStandardDuties(play.region), play.operator)
    if play.region != "samverkan":
        return
    with play.timeline.past.database.read() as uow:
        query = select(recurring.c.id).where(recurring.c.region_id == play.region, recurring.c.code.in_(_SHARED))
        shared = [row.id for row in uow.connection.execute(query)]
    for duty in shared:
        play.timeline.do(ShareRecurringDuty(duty, True), play.people["kansliet"])


def _go_on(play: Play) -> None:
    open_due_duties(play.timeline.past)
    today = play.timeline.clock.now().date()
    with play.timeline.past.database.read() as uow:
        query = (
            select(duties.c.case_id, duties.c.due_on, recurring.c.code, cases.c.row_version)
            .select_from(
                duties.join(recurring, recurring.c.id == duties.c.recurring_id).join(
                    cases, cases.c.id == duties.c.case_id
                )
            )
            .where(duties.c.region_id == play.region, cases.c.state == "planned")
            .order_by(duties.c.due_on)
        )
        rows = list(uow.connection.execute(query))
    for row in rows:
        who, before = _RECORDED_BY.get(row.code, ("", 0))
        done_on = row.due_on - timedelta(days=before)
        if who in play.people and done_on <= today:
            _record(play, row.case_id, row.row_version, who, done_on)


def _record(play: Play, case_id: str, version: int, who: str, done_on: date) -> None:
    form = {"done_on": done_on.isoformat(), "reference": f"Protokoll {done_on.isoformat()}"}
    play.timeline.do(Act(case_id, "record_duty_done", version, form), play.people[who])
