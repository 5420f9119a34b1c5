"""What may wait several times over in one case: changes to be advertised, private parties' matters, requests for reasons.

Each waits by itself until a step settles it. The duty to settle them is one: it stands at the last day that comes first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from states.facts import MatterFacts

#: The step after which something waits -> the step that settles it, and the field with the day that its time counts from.
WAITS_AFTER = {
    "record_contract_change": ("record_change_notice", "changed_on"),
    "record_party_matter": ("record_party_decision", "begun_on"),
    "record_reasons_request": ("record_reasons_given", "requested_on"),
}
SETTLES = frozenset(settles for settles, _ in WAITS_AFTER.values())
#: After six months a party asks in writing for the decision of its matter (FL 12 §).
ASKS, ASKED_ON = "record_party_asks", "asked_on"
ASKS_ABOUT = WAITS_AFTER["record_party_matter"][0]


@dataclass(frozen=True, slots=True)
class Record:
    """A step that was taken, by the number of its event. `day` is that of the matter; None where nothing came to wait.

    `matter` is the number of the one it is about; None where it is about all that waited: so it was before they were told apart.
    """

    number: int
    trigger: str
    lot: int | None
    day: date | None
    matter: int | None


def waiting(records: Iterable[Record]) -> tuple[MatterFacts, ...]:
    """What waits after all these steps, the oldest first."""
    open_now: list[MatterFacts] = []
    for r in records:
        settles = ASKS_ABOUT if r.trigger == ASKS else r.trigger

        def meant(m: MatterFacts, r: Record = r, settles: str = settles) -> bool:
            return m.settled_by == settles and m.lot == r.lot and r.matter in (None, m.number)

        if r.trigger in WAITS_AFTER:
            if r.day is not None:
                open_now.append(MatterFacts(r.number, WAITS_AFTER[r.trigger][0], r.lot, r.day))
        elif r.trigger == ASKS:
            open_now = [replace(m, asked_on=r.day) if meant(m) else m for m in open_now]
        else:
            open_now = [m for m in open_now if not meant(m)]
    return in_order(open_now)


def in_order(matters: Iterable[MatterFacts]) -> tuple[MatterFacts, ...]:
    """The oldest first; of one day in the order in which they were recorded, one that is just being recorded last."""
    return tuple(sorted(matters, key=lambda m: (m.on, m.number is None, m.number or 0)))


def those_meant(matters: Iterable[MatterFacts], trigger: str, lot: int | None) -> list[MatterFacts]:
    """Those that a step may be about, the oldest first. A party asks once for its decision."""
    if trigger == ASKS:
        return [m for m in matters if m.settled_by == ASKS_ABOUT and m.asked_on is None]
    return [m for m in matters if m.settled_by == trigger and m.lot == lot]


def chosen(meant: list[MatterFacts], number: int | None) -> MatterFacts | None:
    """The one with this number, the oldest where none is named; None where there is no such."""
    return next((m for m in meant if number in (None, m.number)), None)
