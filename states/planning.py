"""Backward planning: from the day a new contract must be in place to the latest day each step may begin.

Pure values and functions; all dates are local days in Sweden. A step of the region's own is counted in working days
over the calendar with its closing days; a time the law sets is counted by the law's own rule (`states/deadlines.py`).

Each step answers "begun on this working day, on which working day may the next one begin?". A later beginning never
gives an earlier answer, so the latest beginning of the whole chain is found by going from its last step to its first.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from math import ceil
from typing import Any

from states.calendar import ONE_DAY, Calendar
from states.deadlines import Counting, Term, Unit, derive
from states.facts import Parameter
from states.terms import TERMS

#: So many finished cases a unit (or its region) needs before its own past counts for more than the standard.
ENOUGH_CASES = 5

_PREPARED = (
    "needs_analysis",
    "start_decision",
    "risk_analysis",
    "target_setting",
    "target_decision",
    "requirement_selection",
    "requirement_decision",
)
#: The steps of each track in order, as the states of `procurement@1` and the two times that suppliers are given.
STEPS: dict[str, tuple[str, ...]] = {
    "above_threshold": (
        *_PREPARED,
        "advertising",
        "tender_period",
        "opening",
        "evaluation",
        "award_decision",
        "award_notice",
        "standstill",
        "contract_signing",
    ),
    "below_threshold": (
        *_PREPARED,
        "advertising",
        "tender_period_below",
        "opening",
        "evaluation",
        "award_decision",
        "award_notice",
        "standstill",
        "contract_signing",
    ),
    "renewed_competition": (
        "needs_analysis",
        "start_decision",
        "requirement_selection",
        "requirement_decision",
        "inviting",
        "tender_period_below",
        "opening",
        "evaluation",
        "award_decision",
        "award_notice",
        "contract_signing",
    ),
    "direct": ("needs_analysis", "direct_award_decision"),
    "call_off": ("needs_analysis", "call_off_decision"),
}
#: The term of a step where it is not of the step's own name.
_TERM = {"inviting": "advertising"}
#: Where a running case waits for tenders, the time they are given is what runs.
_WAITING = {"advertised": ("tender_period", "tender_period_below"), "invited": ("tender_period_below",)}
#: Times that a past cannot shorten: set by law, or given to suppliers.
GIVEN = frozenset({"tender_period", "tender_period_below", "opening", "standstill"})


class Standing(StrEnum):
    """How a plan stands against today."""

    ON_TIME = "on_time"
    TIGHT = "tight"
    """In time if it goes as it usually does, too late if it takes as long as it does one time in ten."""
    LATE = "late"


class Why(StrEnum):
    """Where the length of a step comes from."""

    STANDARD = "standard"
    PARAMETER = "parameter"
    LAW = "law"
    OWN_UNIT = "own_unit"
    OWN_REGION = "own_region"


@dataclass(frozen=True, slots=True)
class Observed:
    """How long a step took in finished cases, in working days: nearest-rank median and nine in ten."""

    cases: int
    median: int
    ninety: int
    of_unit: bool = False


@dataclass(frozen=True, slots=True)
class Length:
    """How long a step is taken to be, and why. `usual` and `long` are working days, or calendar days for `calendar_days`."""

    step: str
    usual: int
    long: int
    unit: Unit
    why: Why
    source: str
    cases: int = 0


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """A step and the latest day it may begin: when all goes as usual, and when all takes as long as one time in ten."""

    length: Length
    latest_on: date
    safe_on: date
    done_by: date
    """The last day on which it must be finished, when all goes as usual."""

    def as_json(self) -> dict[str, Any]:
        """The step with its receipt in JSON's own types."""
        x = self.length
        return {
            "step": x.step,
            "latest_on": self.latest_on.isoformat(),
            "safe_on": self.safe_on.isoformat(),
            "done_by": self.done_by.isoformat(),
            "usual": x.usual,
            "long": x.long,
            "unit": x.unit.value,
            "why": x.why.value,
            "source": x.source,
            "cases": x.cases or None,
        }


@dataclass(frozen=True, slots=True)
class BackwardPlan:
    """The way back from the day that must be met. `current` is the step a running case stands at, if there is one."""

    track: str
    end_on: date
    steps: tuple[PlannedStep, ...]
    standing: Standing
    slack: int
    """Working days from today to the latest day that still counts; negative when it has passed."""
    current: str | None = None

    @property
    def start_on(self) -> date:
        """The latest start, when all goes as usual."""
        return self.steps[0].latest_on

    @property
    def safe_start_on(self) -> date:
        """The latest start that is in time nine times in ten."""
        return self.steps[0].safe_on

    def done_by(self, *names: str) -> date | None:
        """The last day of the first of these steps that the track has."""
        return next((s.done_by for s in self.steps if s.length.step in names), None)

    @property
    def target_on(self) -> date | None:
        """The latest decision of the sustainability target; None on a track without one."""
        return self.done_by("target_decision")

    @property
    def advertise_on(self) -> date | None:
        """The latest advertisement (or invitation)."""
        return self.done_by("advertising", "inviting")

    @property
    def award_on(self) -> date | None:
        """The latest award."""
        return self.done_by("award_decision", "direct_award_decision", "call_off_decision")

    def as_json(self) -> dict[str, Any]:
        """The plan with the receipt of each step in JSON's own types."""
        return {
            "track": self.track,
            "end_on": self.end_on.isoformat(),
            "standing": self.standing.value,
            "slack_working_days": self.slack,
            "current": self.current,
            "start_on": self.start_on.isoformat(),
            "safe_start_on": self.safe_start_on.isoformat(),
            "target_on": self.target_on.isoformat() if self.target_on else None,
            "advertise_on": self.advertise_on.isoformat() if self.advertise_on else None,
            "award_on": self.award_on.isoformat() if self.award_on else None,
            "steps": [s.as_json() for s in self.steps],
        }


def nearest_rank(values: Sequence[int], percent: int) -> int:
    """The nearest-rank percentile: the smallest value with at least `percent` of all values at or below it.

    Raises ValueError for no values, or a percentage outside 1 to 100.
    """
    if not values or not 1 <= percent <= 100:
        raise ValueError("a percentile needs values and a percentage from 1 to 100")
    return sorted(values)[ceil(len(values) * percent / 100) - 1]


def length_of(step: str, parameters: Mapping[str, Parameter], observed: Observed | None = None) -> Length:
    """How long `step` is taken to be: by law, by what was observed often enough, by the region's parameter, or standard."""
    term = TERMS[_TERM.get(step, step)]
    if step not in GIVEN and observed is not None and observed.cases >= ENOUGH_CASES:
        why = Why.OWN_UNIT if observed.of_unit else Why.OWN_REGION
        return Length(step, observed.median, observed.ninety, Unit.WORKING_DAYS, why, "", observed.cases)
    if term.counting is Counting.STATUTORY:
        return Length(step, term.amount, term.amount, term.unit, Why.LAW, term.source)
    row = parameters.get(term.code)
    if row is not None and not row.source.startswith(term.source):
        return Length(step, int(row.value), int(row.value), term.unit, Why.PARAMETER, row.source)
    amount = int(row.value) if row is not None else term.amount
    return Length(step, amount, amount, term.unit, Why.STANDARD, term.source)


def finish(length: Length, begun_on: date, calendar: Calendar, *, days: int | None = None) -> date:
    """The first working day on which the next step may begin, when this one begins on the working day `begun_on`.

    A standstill lasts to the end of its last day, so the next step begins after it. Raises YearUnknown.
    """
    amount = length.usual if days is None else days
    if length.unit is Unit.WORKING_DAYS:
        return calendar.next_working_day(calendar.add_working_days(begun_on, amount))
    term = TERMS[_TERM.get(length.step, length.step)]
    receipt = derive(_unpaused(term), "step_begun", begun_on, calendar, amount=amount)
    assert receipt.due_on is not None
    return calendar.next_working_day(receipt.due_on + ONE_DAY if length.step == "standstill" else receipt.due_on)


def latest_begin(length: Length, done_by: date, calendar: Calendar, *, days: int | None = None) -> date:
    """The latest working day on which this step may begin so that the next may begin by `done_by`."""
    amount = length.usual if days is None else days
    day = calendar.add_working_days(done_by + ONE_DAY, -1)  # the last working day up to it
    if length.unit is Unit.WORKING_DAYS:
        return calendar.add_working_days(day, -amount)
    day = calendar.add_working_days(day - timedelta(days=amount) + ONE_DAY, -1)
    while finish(length, day, calendar, days=amount) > done_by:
        day = calendar.add_working_days(day, -1)
    return day


def plan_back(
    track: str,
    end_on: date,
    today: date,
    calendar: Calendar,
    parameters: Mapping[str, Parameter],
    observed: Mapping[str, Observed] | None = None,
    *,
    at: str | None = None,
) -> BackwardPlan:
    """The plan of `track` so that the contract is signed by `end_on`.

    `at` is the state of a case that runs: its plan begins there. Raises KeyError for an unknown track, ValueError for
    a state that is no step of it, YearUnknown where the calendar ends.
    """
    names = remaining(track, at)
    lengths = [length_of(name, parameters, (observed or {}).get(name)) for name in names]
    usual, safe = _begins(lengths, end_on, calendar, long=False), _begins(lengths, end_on, calendar, long=True)
    ends = [*usual[1:], calendar.add_working_days(end_on + ONE_DAY, -1)]
    safe_ends = [*safe[1:], ends[-1]]
    steps = tuple(PlannedStep(x, a, b, c) for x, a, b, c in zip(lengths, usual, safe, ends, strict=True))
    # What has not begun is measured by its start; a case that runs by the end of the step it stands at.
    by, safe_by = (usual[0], safe[0]) if at is None else (ends[0], safe_ends[0])
    standing = Standing.LATE if today > by else Standing.TIGHT if today > safe_by else Standing.ON_TIME
    current = names[0] if at is not None else None
    return BackwardPlan(track, end_on, steps, standing, calendar.working_days_between(today, by), current)


def expected(
    track: str,
    at: str | None,
    begun_on: date,
    calendar: Calendar,
    parameters: Mapping[str, Parameter],
    observed: Mapping[str, Observed] | None = None,
) -> dict[str, date]:
    """Forward: when each step that is left would be done if the first began on `begun_on` and all went as usual.

    Raises as `plan_back` does.
    """
    day, found = calendar.next_working_day(begun_on), {}
    for name in remaining(track, at):
        day = found[name] = finish(length_of(name, parameters, (observed or {}).get(name)), day, calendar)
    return found


def remaining(track: str, at: str | None) -> tuple[str, ...]:
    """The steps that are left from the state `at` on, all of them for None. Raises KeyError, ValueError."""
    steps = STEPS[track]
    if at is None:
        return steps
    here = next((name for name in (at, *_WAITING.get(at, ())) if name in steps), None)
    if here is None:
        raise ValueError(f"{at} is no step of {track}")
    return steps[steps.index(here) :]


def track_for(value: Decimal | None, kind: str | None, parameters: Mapping[str, Parameter]) -> str:
    """The track that a value without VAT leads to (LOU 5:1, 19a:2); not knowing it, the one that takes longest."""
    if value is None:
        return "above_threshold"
    names = {"works": "threshold_works", "annex_2": "threshold_annex_2"}
    if kind != "annex_2" and value < Decimal(parameters["limit_direct_procurement"].value):
        return "direct"
    threshold = parameters[names.get(kind or "", "threshold_goods_services")]
    return "below_threshold" if value < Decimal(threshold.value) else "above_threshold"


def quarter_of(day: date) -> str:
    """The quarter a day lies in, as "2027-Q1"."""
    return f"{day.year}-Q{(day.month + 2) // 3}"


def _begins(lengths: Iterable[Length], end_on: date, calendar: Calendar, *, long: bool) -> list[date]:
    """The latest beginning of each step, in their order."""
    found: list[date] = []
    for length in reversed(list(lengths)):
        end_on = latest_begin(length, end_on, calendar, days=length.long if long else length.usual)
        found.append(end_on)
    return found[::-1]


def _unpaused(term: Term) -> Term:
    return Term(term.code, term.amount, term.unit, term.counting, term.basis, term.source)
