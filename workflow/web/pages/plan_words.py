"""The plan in words: its quarters, its steps, and why each is as long as it is."""

from __future__ import annotations

from typing import Any

from states.planning import BackwardPlan, PlannedStep, Standing, Why
from templates.labels import gettext, label, ngettext
from workflow.web.pages import words


def quarter_text(quarter: str, locale: str) -> str:
    """ "2027-Q1" as people write it."""
    year, _, number = quarter.partition("-Q")
    return gettext("Quarter %(number)s of %(year)s", locale, number=number, year=year)


def why_text(step: PlannedStep, locale: str) -> str:
    """The receipt of a step's length in words: how long, and why so long."""
    x = step.length
    if x.unit.value == "working_days":
        days = ngettext("one working day", "%(num)s working days", x.usual, locale, num=x.usual)
    else:
        days = ngettext("one day", "%(num)s days", x.usual, locale, num=x.usual)
    if x.why in (Why.OWN_UNIT, Why.OWN_REGION):
        known = {"days": days, "cases": x.cases, "long": x.long}
        if x.why is Why.OWN_UNIT:
            return gettext(
                "%(days)s: median of the unit's last %(cases)s, nine in ten within %(long)s", locale, **known
            )
        return gettext("%(days)s: median of the region's last %(cases)s, nine in ten within %(long)s", locale, **known)
    return f"{days}: {x.source}"


def back_context(back: BackwardPlan, locale: str) -> dict[str, Any]:
    """What the card of a case shows of its plan."""
    return {
        "plan": back,
        "steps": [
            {
                "text": step_name(s.length.step, locale),
                "done_by": s.done_by,
                "begin": s.latest_on,
                "why": why_text(s, locale),
                "current": s.length.step == back.current,
            }
            for s in back.steps
        ],
        "tone": {Standing.ON_TIME: "done", Standing.TIGHT: "soon", Standing.LATE: "late"}[back.standing],
        "standing": label(f"value.standing.{back.standing}", locale),
    }


def step_name(step: str, locale: str) -> str:
    """A step of the plan in words: its state's name, or that of the time suppliers are given."""
    if step in ("tender_period", "tender_period_below", "opening"):
        return label(f"plan_step.{step}", locale)
    return words.state_text("procurement", step, locale)
