"""A ladder told a second time, from the published JSON of `deviation@1` and of the rungs alone.

It shares no code with the engine but the calendar of rest days. It knows where the ladder stands, when the present
period ends and which days the fine ran, day by day; not who may do what.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from states.calendar import Calendar

DAY = timedelta(days=1)
PLANNED = ("plan_review", "plan_running", "verification")


class LadderModel:
    def __init__(self, table: Mapping[str, Any], rungs: Sequence[Mapping[str, Any]], cap_weeks: int) -> None:
        self.edges = table["transitions"]
        self.rungs = {r["key"]: r for r in rungs}
        self.order = [r["key"] for r in rungs]
        self.automatic = {
            e["source"]: (e["target"], e["trigger"])
            for e in self.edges
            if "system" in e["roles"] and e["source"] != e["target"]
        }
        self.cap_weeks = cap_weeks
        self.state, self.rung = table["initial"], None
        self.delivered: date | None = None
        self.waits: date | None = None
        self.pauses: list[tuple[date, date | None]] = []
        self.pending = ""
        self.stop = False
        self.fine_decided = False
        self.fine_from: date | None = None
        self.fine_ended: date | None = None
        self.stays: list[tuple[date, date | None, str]] = []

    # --- the clock --------------------------------------------------------------------------------------------

    @property
    def paused(self) -> bool:
        return bool(self.pauses) and self.pauses[-1][1] is None

    @property
    def due(self) -> date | None:
        """The last day to answer: the rung's published term from the hand-over, pauses added, off rest days."""
        rung = self.rungs.get(self.rung or "")
        if rung is None or not rung["response"] or self.delivered is None:
            return None
        days = rung["response_amount"] * (7 if rung["response_unit"] == "weeks" else 1)
        settle = Calendar().next_working_day
        due = self.delivered + timedelta(days=days)
        for begun, ended in self.pauses:
            if ended is None or ended <= self.delivered:
                continue
            begun = max(begun, self.delivered)
            if begun > due:
                due = settle(due)
            if begun > due:
                break
            due += ended - begun
        due = settle(due)
        return max(due, self.waits) if self.waits else due

    def passes(self, today: date) -> str | None:
        """What the scheduler climbs to now, if anything: one rung, after the whole of the period."""
        if self.state not in self.automatic or self.paused or self.due is None or today <= self.due:
            return None
        target = str(self.automatic[self.state][0])
        self._enter(target)
        return target

    def handed_over(self, today: date) -> None:
        """The mail server took what waited to leave."""
        if not self.pending:
            return
        self.delivered, self.pending = today, ""
        if self.fine_decided and self.fine_ended is None and not self.paused and self.state not in PLANNED:
            self._fine_letter(today + DAY)

    def _fine_letter(self, on: date) -> None:
        if self.fine_from is None:
            if self.rung == "contractual_fine":
                self.fine_from = on
        else:
            self._run(on, ("plan", "ended"))

    def came_back(self, first_fine_letter: bool) -> None:
        released = self.delivered + DAY if self.delivered else None
        self.delivered = None
        if first_fine_letter:
            self.fine_from = None
        else:
            self.stays = [
                (a, None if b == released and why in ("plan", "ended") else b, why) for a, b, why in self.stays
            ]

    # --- steps ------------------------------------------------------------------------------------------------

    def take(self, trigger: str, form: Mapping[str, Any], today: date) -> None:
        """A step that the engine took. Raises AssertionError where the table has not exactly one way."""
        known = {
            "severe": "no", "rung": self.rung, "stop_in_force": "yes" if self.stop else "no",
            "to_rung": form.get("to_rung"), "verified": {True: "yes", False: "no"}.get(form.get("verified")),
        }  # fmt: skip
        ways = {
            e["target"]
            for e in self.edges
            if e["source"] == self.state
            and e["trigger"] == trigger
            and all(known.get(fact) in values for fact, values in e["when"].items() if fact in known)
        }
        assert len(ways) == 1, (trigger, self.state, ways)
        (target,) = ways
        before, self.state = self.state, target
        getattr(self, f"_{trigger}", lambda *_: None)(form, today)
        if target in self.rungs and before != target:
            if trigger in ("return_action_plan", "resume_ladder", "record_verification"):
                self._letter()
            elif trigger.startswith(("start_", "offer_", "decide_other")) or trigger == f"decide_{target}":
                self._enter(target)
        if trigger == "decide_call_off_stop":
            self.stop = True
        if trigger == "decide_contractual_fine":
            if self.fine_ended is not None and self.fine_from is not None:
                self._stand(self.fine_ended, "ended")
            self.fine_decided, self.fine_ended = True, None

    def _enter(self, rung: str) -> None:
        self.state = self.rung = rung
        self._letter()

    def _letter(self) -> None:
        self.delivered, self.waits, self.pending = None, None, "letter"

    def _record_action_plan(self, form: Mapping[str, Any], today: date) -> None:
        self.waits = None
        self._stand(date.fromisoformat(form["received_on"]), "plan")

    def _pause(self, form: Mapping[str, Any], today: date) -> None:
        self.pauses.append((today, None))
        self._stand(today, "paused")

    def _resume(self, form: Mapping[str, Any], today: date) -> None:
        self.pauses[-1] = (self.pauses[-1][0], today)
        self._run(today, ("paused",))
        if not self.fine_decided or self.fine_ended is not None:
            return
        if self.fine_from is not None and self.state in PLANNED:
            self._stand(today, "plan")
        elif self.delivered is not None and self.state not in PLANNED:
            self._fine_letter(max(today, self.delivered + DAY))

    def _resend_notice(self, form: Mapping[str, Any], today: date) -> None:
        self.pending = "letter"

    def _decide_wait(self, form: Mapping[str, Any], today: date) -> None:
        self.waits = date.fromisoformat(form["until_on"])

    _decide_rung_waived = _decide_wait

    def _decide_other_rung(self, form: Mapping[str, Any], today: date) -> None:
        self.stop = False
        if self.fine_decided and self.fine_ended is None:
            self.fine_ended = today

    def _decide_end_of_fine(self, form: Mapping[str, Any], today: date) -> None:
        self.fine_ended = today
        if self.state in self.rungs and self.rung == "contractual_fine":
            self.rung, self.delivered, self.pending = self.state, None, ""  # its letter may lie in the outbox still
        self.waits = date.fromisoformat(form["until_on"])

    # --- the fine, by hand ------------------------------------------------------------------------------------

    def _stand(self, on: date, why: str) -> None:
        if self.fine_from is None or not self.fine_decided or any(to is None for _, to, _ in self.stays):
            return
        if self.fine_ended is None or why == "ended":
            self.stays.append((max(on, self.fine_from), None, why))

    def _run(self, on: date, why: tuple[str, ...]) -> None:
        self.stays = [(a, max(on, a) if b is None and w in why else b, w) for a, b, w in self.stays]

    def weeks(self, today: date) -> int:
        """Days on which it ran, one after the other; each seventh begins another week, up to the cap."""
        ran, day = 0, self.fine_from
        while day is not None and day <= today and (self.fine_ended is None or day < self.fine_ended):
            if not any(a <= day and (b is None or day < b) for a, b, _ in self.stays):
                ran += 1
            day += DAY
        return min(-(-ran // 7), self.cap_weeks)
