"""What a procurement with lots may do, told a second time from the published table alone.

It reads the JSON that the API gives and shares no code with the engine, so that a test can play the same steps on
both and compare. It knows no people, guards, forms or dates: only where each lot stands and which way a step leads.

- A step of lot scope moves one lot; a step of case scope moves every lot that is not at its end.
- The case stands where its slowest lot stands that is not at its end. When all are: where the furthest one ended.
- Slow and far are by the order in which the table lists the states.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


class NotInTable(Exception):
    """The published table has no such step here, or not exactly one."""


class ReferenceModel:
    """The lots of one case, by name, and the routing facts known so far (the track stays, answers do not)."""

    def __init__(self, table: Mapping[str, Any], lots: Iterable[str] = ("1",), track: str | None = None) -> None:
        self.edges: list[Mapping[str, Any]] = list(table["transitions"])
        self.order: list[str] = [s["name"] for s in table["states"]]
        self.finals = {s["name"] for s in table["states"] if s["final"]}
        self.lots = dict.fromkeys(lots, str(table["initial"]))
        self.track = track

    @property
    def live(self) -> list[str]:
        """The lots that are not at their end."""
        return [lot for lot, state in self.lots.items() if state not in self.finals]

    @property
    def state(self) -> str:
        """The state of the case."""
        if self.live:
            return min((self.lots[lot] for lot in self.live), key=self.order.index)
        return max(self.lots.values(), key=self.order.index)

    def possible(self, lot: str | None = None) -> set[str]:
        """The triggers that the table has now: for the case, or for one of its lots."""
        return {e["trigger"] for e in self._here(lot) if self._fits(e, {}, strict=False)}

    def apply(self, trigger: str, lot: str | None = None, when: Mapping[str, str] | None = None) -> str:
        """Take a step and tell the state of the case after it. `when` are the routing facts that the form tells.

        Raises NotInTable, and then nothing has changed.
        """
        when = when or {}
        fitting = [e for e in self._here(lot) if e["trigger"] == trigger and self._fits(e, when, strict=True)]
        if len(fitting) != 1:
            raise NotInTable(f"{trigger} in {self._where(lot)}: {len(fitting)} ways")
        self.track = when.get("track", self.track)
        if fitting[0]["source"] != fitting[0]["target"]:
            for moved in self.live if lot is None else [lot]:
                self.lots[moved] = fitting[0]["target"]
        return self.state

    def _where(self, lot: str | None) -> str:
        return self.state if lot is None else self.lots[lot]

    def _here(self, lot: str | None) -> list[Mapping[str, Any]]:
        scope = "case" if lot is None else "lot"
        return [e for e in self.edges if e["source"] == self._where(lot) and e["scope"] == scope]

    def _fits(self, edge: Mapping[str, Any], when: Mapping[str, str], *, strict: bool) -> bool:
        known = {"track": self.track, **when}
        return all(known.get(f) in v or (not strict and known.get(f) is None) for f, v in edge["when"].items())
