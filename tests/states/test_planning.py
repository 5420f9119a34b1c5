"""Backward planning against a hand count: the latest start is the last day from which the end is still met."""

from __future__ import annotations

import os
import random
from datetime import date, timedelta
from decimal import Decimal

import pytest

from states.calendar import Calendar
from states.facts import Parameter
from states.planning import (
    STEPS,
    BackwardPlan,
    Observed,
    Standing,
    Why,
    length_of,
    nearest_rank,
    plan_back,
    remaining,
    track_for,
)
from states.procurement_v1 import PROCUREMENT_V1
from states.terms import TERMS

DAY = timedelta(days=1)


def seeded() -> random.Random:
    seed = int(os.environ.get("STEGVIS_SEED") or random.SystemRandom().randrange(2**32))
    print(f"replay with STEGVIS_SEED={seed}")
    return random.Random(seed)


# --- an oracle that knows nothing of the code: it goes forward, one day at a time ----------------------------------


def works(day: date, calendar: Calendar) -> bool:
    return calendar.rest_reason(day) is None


def forward(plan: BackwardPlan, begun_on: date, calendar: Calendar, *, long: bool) -> date:
    """The day on which everything is done when it begins on `begun_on`, counted on the fingers."""
    day = begun_on
    for step in plan.steps:
        amount = step.length.long if long else step.length.usual
        if step.length.step in ("tender_period", "standstill"):
            day += amount * DAY
            while calendar.is_rest_day(day):
                day += DAY
            if step.length.step == "standstill":
                day += DAY
        elif step.length.step == "tender_period_below":
            day += amount * DAY
        else:
            while amount:
                day += DAY
                amount -= works(day, calendar)
        while not works(day, calendar):
            day += DAY
    return day


def next_working(day: date, calendar: Calendar) -> date:
    day += DAY
    while not works(day, calendar):
        day += DAY
    return day


def test_from_the_latest_start_the_end_is_met_and_one_working_day_later_it_is_not() -> None:
    rng = seeded()
    for _ in range(120):
        end = date(2026, 1, 1) + rng.randrange(5000) * DAY
        closed = frozenset(end - rng.randrange(400) * DAY for _ in range(rng.randrange(30)))
        calendar = Calendar(closed)
        track = rng.choice(list(STEPS))
        observed = {
            step: Observed(rng.randrange(5, 40), median := rng.randrange(0, 60), median + rng.randrange(30))
            for step in STEPS[track]
            if rng.random() < 0.5
        }
        plan = plan_back(track, end, end, calendar, {}, observed)
        for long, start in ((False, plan.start_on), (True, plan.safe_start_on)):
            assert works(start, calendar)
            assert forward(plan, start, calendar, long=long) <= end, (track, end, long)
            assert forward(plan, next_working(start, calendar), calendar, long=long) > end, (track, end, long)
        assert plan.safe_start_on <= plan.start_on
        days = [s.latest_on for s in plan.steps]
        assert days == sorted(days)


def test_every_step_of_the_chain_is_as_late_as_it_can_be_on_its_own() -> None:
    """A case that stands at a step has the same latest days from there on."""
    rng = seeded()
    for _ in range(20):
        end = date(2026, 6, 1) + rng.randrange(3000) * DAY
        whole = plan_back("above_threshold", end, end, Calendar(), {})
        at = rng.choice(STEPS["above_threshold"])
        part = plan_back("above_threshold", end, end, Calendar(), {}, at=at)
        assert part.steps == whole.steps[-len(part.steps) :]
        assert part.current == at


def test_a_hand_counted_direct_procurement_over_the_new_year() -> None:
    """Signed by Friday 8 January 2027; 10 working days for the decision, 30 for the need. Counted on paper.

    8 Jan back: 7, 5 (6 is Epiphany), 4 Jan, 30, 29, 28 Dec (31 is New Year's Eve, 1 Jan and the weekend), 23 (24 to 27
    are Christmas), 22, 21, 18, which makes 10 with the 7th as the first.
    """
    plan = plan_back("direct", date(2027, 1, 8), date(2026, 9, 1), Calendar(), {})
    assert [s.latest_on for s in plan.steps][1] == date(2026, 12, 18)
    assert plan.award_on == date(2027, 1, 8)
    assert plan.target_on is None
    assert plan.advertise_on is None


def test_an_end_on_a_rest_day_is_met_on_the_working_day_before() -> None:
    sunday, friday = date(2027, 1, 31), date(2027, 1, 29)
    assert (
        plan_back("direct", sunday, friday, Calendar(), {}).steps
        == plan_back("direct", friday, friday, Calendar(), {}).steps
    )


def test_closing_days_move_the_start_but_not_the_law() -> None:
    end = date(2027, 3, 31)
    free = plan_back("above_threshold", end, end, Calendar(), {})
    closed = plan_back("above_threshold", end, end, Calendar(frozenset({free.start_on, free.steps[3].latest_on})), {})
    assert closed.start_on < free.start_on
    assert [s.length for s in closed.steps] == [s.length for s in free.steps]


@pytest.mark.parametrize(
    ("days_after_safe", "standing"), [(0, Standing.ON_TIME), (1, Standing.TIGHT), (400, Standing.LATE)]
)
def test_on_time_tight_and_late(days_after_safe: int, standing: Standing) -> None:
    seen = {"evaluation": Observed(8, 20, 60)}
    end = date(2028, 5, 31)
    safe = plan_back("above_threshold", end, end, Calendar(), {}, seen).safe_start_on
    plan = plan_back("above_threshold", end, safe + days_after_safe * DAY, Calendar(), {}, seen)
    assert plan.standing is standing
    assert (plan.slack < 0) == (standing is Standing.LATE)


def test_a_running_case_is_late_when_its_step_should_have_ended() -> None:
    end = date(2028, 5, 31)
    plan = plan_back("above_threshold", end, end, Calendar(), {}, at="evaluation")
    assert plan.steps[0].length.step == "evaluation"
    ends = plan.steps[0].done_by
    assert plan_back("above_threshold", end, ends, Calendar(), {}, at="evaluation").standing is Standing.ON_TIME
    assert plan_back("above_threshold", end, ends + DAY, Calendar(), {}, at="evaluation").standing is Standing.LATE


def test_why_a_step_has_its_length() -> None:
    region = {"evaluation": Parameter("evaluation", "33", date(2026, 1, 1), "Riktlinje 7")}
    assert length_of("evaluation", {}).why is Why.STANDARD
    by_row = length_of("evaluation", region)
    assert (by_row.why, by_row.usual, by_row.source) == (Why.PARAMETER, 33, "Riktlinje 7")
    few, enough = Observed(4, 11, 12, of_unit=True), Observed(5, 11, 44, of_unit=True)
    assert length_of("evaluation", region, few).usual == 33
    own = length_of("evaluation", region, enough)
    assert (own.why, own.usual, own.long, own.cases) == (Why.OWN_UNIT, 11, 44, 5)
    assert length_of("standstill", {}, enough).why is Why.LAW


def test_nearest_rank_is_a_value_that_happened() -> None:
    assert nearest_rank([15, 20, 35, 40, 50], 30) == 20
    assert nearest_rank([15, 20, 35, 40, 50], 50) == 35
    assert nearest_rank([15, 20, 35, 40, 50], 100) == 50
    assert nearest_rank([7], 1) == 7
    rng = seeded()
    for _ in range(200):
        values = [rng.randrange(90) for _ in range(rng.randrange(1, 40))]
        percent = rng.randrange(1, 101)
        found = nearest_rank(values, percent)
        assert sum(v <= found for v in values) * 100 >= percent * len(values)
        assert sum(v < found for v in values) * 100 < percent * len(values)
    with pytest.raises(ValueError, match="percentile"):
        nearest_rank([], 50)


def test_the_steps_are_states_of_the_process_with_a_term_each() -> None:
    states = {s.name for s in PROCUREMENT_V1.states}
    for track, steps in STEPS.items():
        for step in steps:
            assert step in TERMS or step == "inviting"
            assert step in states or step in ("tender_period", "tender_period_below", "opening"), (track, step)
    assert remaining("above_threshold", "advertised")[0] == "tender_period"
    with pytest.raises(ValueError, match="no step"):
        remaining("direct", "evaluation")


def test_the_value_leads_to_a_track() -> None:
    rows = {
        name: Parameter(name, value, date(2026, 1, 1), "LOU")
        for name, value in {
            "limit_direct_procurement": "700000",
            "threshold_goods_services": "2389585",
            "threshold_works": "59880179",
            "threshold_annex_2": "8109450",
        }.items()
    }
    assert track_for(None, "goods", rows) == "above_threshold"
    assert track_for(Decimal(699_999), "goods", rows) == "direct"
    assert track_for(Decimal(700_000), "goods", rows) == "below_threshold"
    assert track_for(Decimal(2_389_585), None, rows) == "above_threshold"
    assert track_for(Decimal(2_389_585), "works", rows) == "below_threshold"
