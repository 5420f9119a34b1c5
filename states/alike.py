"""Acting alike: how long and how far like deviations were taken, and which one stands out. Pure; days are whole local days.

Not applying an agreed sanction may breach equal treatment (LOU 4:1; domain page 7.2), and so may applying it harder to
one supplier than to others. The rule is simple so that anybody can do the sum again: one deviation is held against the
*others* of the same kind, ground and severity. It says that somebody should look, never that something is wrong.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from statistics import median

from states.ladder import BY_KEY, KEYS

#: A figure of the others is compared with when at least so many of them have one.
FEWEST_OTHERS = 3
#: Clearly longer: at least so many times the others' median, and at least so many days more. Clearly shorter: the reverse.
TIMES, DAYS = 2, 14
#: Clearly higher or lower: at least so many steps of the ladder from the others' median.
STEPS = 2
#: Ends that somebody chose. A supplier who remedied ended the ladder itself, and a termination is its top.
CHOSEN_ENDS = ("settled", "withdrawn")

#: So many of the others are named beside a deviation that stands out: those nearest to what is usual. All are counted.
MOST_NAMED = 20

UNEQUAL = ("longer", "shorter", "higher", "lower", "passed_by", "not_passed_by")


@dataclass(frozen=True, slots=True)
class Likeness:
    """What makes deviations like: kind, ground ("" where none is recorded) and whether the contract counts it severe."""

    kind: str
    ground: str
    severe: bool


@dataclass(frozen=True, slots=True)
class Course:
    """How one deviation was taken. `ended` are the days of each rung it has left, `running` of those it stands on;
    `passed_by` the rungs that were waived or skipped by decision."""

    case_id: str
    reference: str
    like: Likeness
    supplier_id: str
    supplier: str
    category: str
    ended: Mapping[str, int] = field(default_factory=dict)
    running: Mapping[str, int] = field(default_factory=dict)
    waived: frozenset[str] = frozenset()
    skipped: frozenset[str] = frozenset()
    outcome: str | None = None

    @property
    def stood_on(self) -> frozenset[str]:
        return frozenset(self.ended) | frozenset(self.running)

    @property
    def passed_by(self) -> frozenset[str]:
        return (self.waived | self.skipped) - self.stood_on

    @property
    def furthest(self) -> str | None:
        """The highest rung it has stood on; the later one of two parallel rights."""
        return max(self.stood_on, key=KEYS.index, default=None)

    @property
    def height(self) -> int:
        return BY_KEY[self.furthest].order if self.furthest else 0


@dataclass(frozen=True, slots=True)
class Unequal:
    """One deviation that stands out: `value` against `usual`, the median (or share in percent) of `compared` others.

    `others` are those of them that are nearest to the usual, at most `MOST_NAMED`.
    """

    course: Course
    what: str
    rung: str | None
    value: float
    usual: float
    compared: int
    others: tuple[Course, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """What some courses have in common. `days`: the median of the days on each rung that was left, by rung."""

    courses: tuple[Course, ...]
    days: Mapping[str, float]
    furthest: str | None
    waived: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Alike:
    """Like deviations: all, by supplier and by category, and those that stand out; `comparable` False: too few."""

    like: Likeness
    figures: Figures
    by_supplier: tuple[tuple[str, Figures], ...]
    by_category: tuple[tuple[str, Figures], ...]
    unequal: tuple[Unequal, ...]
    comparable: bool


def alike(courses: Iterable[Course]) -> list[Alike]:
    """Every group of like deviations, the largest first."""
    groups: dict[Likeness, list[Course]] = {}
    for course in courses:
        groups.setdefault(course.like, []).append(course)
    found = [_group(like, members) for like, members in groups.items()]
    return sorted(found, key=lambda g: (-len(g.figures.courses), g.like.kind, g.like.ground, g.like.severe))


def figures(courses: Sequence[Course]) -> Figures:
    rungs = {rung for c in courses for rung in c.ended}
    return Figures(
        courses=tuple(courses),
        days={r: median(c.ended[r] for c in courses if r in c.ended) for r in KEYS if r in rungs},
        furthest=max((c.furthest for c in courses if c.furthest), key=KEYS.index, default=None),
        waived=sum(bool(c.waived) for c in courses),
        skipped=sum(bool(c.skipped) for c in courses),
    )


def _group(like: Likeness, members: list[Course]) -> Alike:
    group = _Group(members)
    return Alike(
        like=like,
        figures=figures(members),
        by_supplier=_by(members, lambda c: c.supplier),
        by_category=_by(members, lambda c: c.category),
        unequal=tuple(u for course in members for u in group.unequal(course)),
        comparable=len(members) > FEWEST_OTHERS,
    )


def _by(members: list[Course], name: Callable[[Course], str]) -> tuple[tuple[str, Figures], ...]:
    parts: dict[str, list[Course]] = {}
    for course in members:
        parts.setdefault(name(course), []).append(course)
    return tuple((key, figures(parts[key])) for key in sorted(parts))


def unequal(course: Course, others: Sequence[Course]) -> list[Unequal]:
    """How a deviation stands out among the others of its likeness; nothing where too few can be compared."""
    return _Group([course, *others]).unequal(course)


class _Figure:
    """One figure of those that have it, sorted once: each is held against the others without going through them again."""

    def __init__(self, members: Iterable[Course], value: Callable[[Course], float]) -> None:
        self.courses = sorted(members, key=value)
        self.values = [value(c) for c in self.courses]
        self.place = {c.case_id: n for n, c in enumerate(self.courses)}
        self.total = sum(self.values)

    def others(self, course: Course) -> int:
        """How many others have the figure."""
        return len(self.courses) - (course.case_id in self.place)

    def median(self, course: Course) -> float:
        """The median of the others."""
        own, n = self.place.get(course.case_id, len(self.values)), self.others(course)

        def other(k: int) -> float:
            return self.values[k if k < own else k + 1]

        return other(n // 2) if n % 2 else (other(n // 2 - 1) + other(n // 2)) / 2

    def mean(self, course: Course) -> float:
        """The mean of the others: of what is 0 or 100, the share in percent."""
        own = self.place.get(course.case_id)
        return (self.total - (self.values[own] if own is not None else 0)) / self.others(course)

    def nearest(self, course: Course, usual: float) -> tuple[Course, ...]:
        """The others that are nearest to a value; they stand beside it on either side."""
        at = bisect_left(self.values, usual)
        beside = range(max(0, at - MOST_NAMED - 1), min(len(self.values), at + MOST_NAMED + 1))
        near = sorted(beside, key=lambda n: abs(self.values[n] - usual))
        return tuple(c for n in near if (c := self.courses[n]).case_id != course.case_id)[:MOST_NAMED]


class _Group:
    """Like deviations, each held against the others."""

    def __init__(self, members: Sequence[Course]) -> None:
        self.members = members

    @cached_property
    def _days(self) -> dict[str, _Figure]:
        return {r: _Figure((c for c in self.members if r in c.ended), lambda c, r=r: c.ended[r]) for r in KEYS}  # type: ignore[misc]

    @cached_property
    def _height(self) -> _Figure:
        return _Figure((c for c in self.members if c.outcome is not None), lambda c: c.height)

    @cached_property
    def _passed(self) -> dict[str, _Figure]:
        return {
            r: _Figure(
                (c for c in self.members if r in c.stood_on or r in c.passed_by),
                lambda c, r=r: 100 * (r in c.passed_by),  # type: ignore[misc]
            )
            for r in KEYS
        }

    def unequal(self, course: Course) -> list[Unequal]:
        return [*self._in_days(course), *self._in_height(course), *self._in_passing_by(course)]

    def _in_days(self, course: Course) -> list[Unequal]:
        """Longer also counts the days so far on a rung that it still stands on; shorter only those that are over."""
        found = []
        for rung, figure in self._days.items():
            if figure.others(course) < FEWEST_OTHERS or rung not in course.stood_on:
                continue
            usual = figure.median(course)
            days = course.ended.get(rung, 0) + course.running.get(rung, 0)
            if days >= TIMES * usual and days - usual >= DAYS:
                found.append(_unequal(course, "longer", rung, days, usual, figure))
            elif rung not in course.running and TIMES * days <= usual and usual - days >= DAYS:
                found.append(_unequal(course, "shorter", rung, days, usual, figure))
        return found

    def _in_height(self, course: Course) -> list[Unequal]:
        """Against the others that are over: a ladder that is still climbed may come as high as they did."""
        figure = self._height
        if figure.others(course) < FEWEST_OTHERS:
            return []
        usual = figure.median(course)
        if course.height - usual >= STEPS:
            return [_unequal(course, "higher", course.furthest, course.height, usual, figure)]
        if course.outcome in CHOSEN_ENDS and usual - course.height >= STEPS:
            return [_unequal(course, "lower", course.furthest, course.height, usual, figure)]
        return []

    def _in_passing_by(self, course: Course) -> list[Unequal]:
        """A rung waived or skipped where fewer than half of the others passed it by, or used where more than half did."""
        found = []
        for rung, figure in self._passed.items():
            if figure.others(course) < FEWEST_OTHERS:
                continue
            share = figure.mean(course)
            if rung in course.passed_by and share < 50:
                found.append(_unequal(course, "passed_by", rung, 100, share, figure))
            elif rung in course.stood_on and share > 50:
                found.append(_unequal(course, "not_passed_by", rung, 0, share, figure))
        return found


def _unequal(course: Course, what: str, rung: str | None, value: float, usual: float, figure: _Figure) -> Unequal:
    return Unequal(course, what, rung, value, usual, figure.others(course), figure.nearest(course, usual))
