"""What a look ahead found, as values without words: happenings, mails, and what stands late and unheeded at its end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that would come about by itself.

    `kind`: reminder, escalation, step (taken by the clock), opened (a case, a duty), dates_moved, digest, no_decider,
    other. `event` is the kind of the event on the trail. `case_id` is None for what is about no single case. A step
    that moves its case says to which `state`; of a lot, which `lot`. `person` is the name of whom a digest is for.
    """

    at: datetime
    on: date
    kind: str
    event: str
    case_id: str | None = None
    reference: str | None = None
    title: str | None = None
    process: str | None = None
    trigger: str | None = None
    state: str | None = None
    lot: int | None = None
    level: int | None = None
    due_on: date | None = None
    person_id: str | None = None
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that would be handed over. A digest is about several cases: `case_ids`, those of the look ahead alone; it
    tells of `rows` tasks. `role` is the code of why this person gets it, `substitute_for` in whose place."""

    at: datetime
    on: date
    kind: str
    person_id: str | None
    person: str
    case_id: str | None
    reference: str | None
    title: str | None
    case_ids: tuple[str, ...] = ()
    role: str = "role.system"
    substitute_for: str | None = None
    rows: int = 0


@dataclass(frozen=True, slots=True)
class Unheeded:
    """A duty that is still open at the end though its last day has passed."""

    case_id: str
    reference: str
    title: str
    process: str
    trigger: str
    role: str
    person_id: str | None
    person: str | None
    due_on: date


@dataclass(frozen=True, slots=True)
class Preview:
    """A look ahead from an instant to a local day, in order of time.

    `reached` is earlier than `until` when it took too long and was stopped there. `held`: nothing leaves now, after a
    restore; counted is as if it had been released. `faults`: what the engine could not carry out. `seconds`: how long
    it took to work out.
    """

    region_id: str
    case_id: str | None
    since: datetime
    until: date
    reached: date
    happenings: tuple[Happening, ...]
    mails: tuple[Mail, ...]
    unheeded: tuple[Unheeded, ...]
    held: bool = False
    faults: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def stopped(self) -> bool:
        """Whether it did not come to its end."""
        return self.reached < self.until

    def counts(self) -> dict[str, int]:
        """How many happenings of each kind, and `mail`: how many mails."""
        return dict(Counter(h.kind for h in self.happenings)) | {"mail": len(self.mails)}

    def by_month(self) -> dict[date, list[Happening | Mail]]:
        """Happenings and mails by the first day of their month, in order of time, what happens before its mail.

        A digest is one thing that happens: its mail is left out here.
        """
        return self._grouped(lambda on: on.replace(day=1))

    def by_week(self) -> dict[date, list[Happening | Mail]]:
        """The same by the Monday of the week."""
        return self._grouped(lambda on: date.fromordinal(on.toordinal() - on.weekday()))

    def _grouped(self, first) -> dict[date, list[Happening | Mail]]:  # type: ignore[no-untyped-def]
        rows: list[Happening | Mail] = [*self.happenings, *(m for m in self.mails if m.kind != "digest")]
        rows.sort(key=lambda r: (r.at, r.reference or "", isinstance(r, Mail)))
        found: dict[date, list[Happening | Mail]] = {}
        for row in rows:
            found.setdefault(first(row.on), []).append(row)
        return found
