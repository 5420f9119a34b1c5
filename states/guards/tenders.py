"""Guards from the advertisement to the opening: how long tenders may come, who opens, who may see them."""

from __future__ import annotations

from datetime import date, timedelta

from states.decision import Unmet
from states.definition import Mark
from states.facts import Situation
from states.guards.registered import OFFICER, _unless, guard


def minimum_tender_days(
    procedure: str, *, electronic: bool, prior_notice: bool, urgent: bool, freely_available: bool
) -> tuple[int, str]:
    """Shortest tender period above the threshold in days, with its section (LOU 11:2–11:10)."""
    if procedure in ("selective", "negotiated"):
        days, section = (
            (10, "LOU 11:10") if urgent or prior_notice else (25, "LOU 11:6") if electronic else (30, "LOU 11:3")
        )
    else:
        days, section = (
            (15, "LOU 11:10")
            if urgent
            else (15, "LOU 11:5")
            if prior_notice
            else (30, "LOU 11:6")
            if electronic
            else (35, "LOU 11:2")
        )
    return (days, section) if freely_available else (days + 5, f"{section}, 11:9")


@guard("procurement", mark=Mark.LAW, source="LOU 11:2–11:10, 19:11")
def tender_period_is_long_enough(s: Situation) -> list[Unmet]:
    if s.form is None:
        return []
    published, deadline = s.answer("published_on"), s.answer("tender_deadline_on")
    if deadline <= published:
        return [Unmet("tender_deadline_before_publication", (OFFICER,))]
    if s.procurement.track != "above_threshold":
        return []
    applications = s.answer("applications_due_on")
    if applications is not None and s.answer("procedure") in TWO_STAGES:
        return _two_stages(s, published, applications, deadline)
    days, section = minimum_tender_days(
        s.answer("procedure"),
        electronic=s.answer("electronic", True),
        prior_notice=s.answer("prior_notice", False),
        urgent=s.answer("urgent", False),
        freely_available=s.answer("freely_available", True),
    )
    earliest = published + timedelta(days=days)
    return _unless(
        deadline >= earliest,
        "tender_period_too_short",
        OFFICER,
        cites=section,
        days=days,
        earliest=earliest.isoformat(),
    )


#: Procedures in which suppliers first ask to take part, and the chosen are then invited to tender.
TWO_STAGES = ("selective", "negotiated")


def _two_stages(s: Situation, published: date, applications: date, deadline: date) -> list[Unmet]:
    """First the applications: 30 days, urgent 15 (LOU 11:3, 11:10). Then the tenders, earliest from the day after that."""
    days, section = (15, "LOU 11:10") if s.answer("urgent", False) else (30, "LOU 11:3")
    earliest = published + timedelta(days=days)
    return _unless(
        applications >= earliest,
        "applications_time_too_short",
        OFFICER,
        cites=section,
        days=days,
        earliest=earliest.isoformat(),
    ) + _time_for_tenders(s, applications, deadline)


def _time_for_tenders(s: Situation, from_on: date, deadline: date) -> list[Unmet]:
    """30 days from the invitation, 25 electronically, 10 when urgent, after a prior notice or as agreed (LOU 11:3–11:10)."""
    days, section = minimum_tender_days(
        "selective",
        electronic=s.answer("electronic", True),
        prior_notice=s.answer("prior_notice", False),
        urgent=s.answer("urgent", False),
        freely_available=s.answer("freely_available", True),
    )
    if s.answer("agreed_time", False):
        days, section = 1, "LOU 11:7"
    earliest = from_on + timedelta(days=days)
    return _unless(
        deadline >= earliest,
        "tender_period_too_short",
        OFFICER,
        cites=section,
        days=days,
        earliest=earliest.isoformat(),
    )


@guard("procurement", mark=Mark.LAW, source="LOU 11:3, 11:5–11:7, 11:10")
def invitation_leaves_time_for_tenders(s: Situation) -> list[Unmet]:
    """The second stage: only where the procedure has one, and long enough above the threshold."""
    if s.procurement.procedure not in TWO_STAGES:
        return [Unmet("procedure_has_one_stage", (OFFICER,))]
    if s.form is None or s.procurement.track != "above_threshold":
        return []
    return _time_for_tenders(s, s.answer("invited_on"), s.answer("tender_deadline_on"))


@guard("procurement", mark=Mark.LAW, source="LOU 11:8, 19:14")
def new_tender_deadline_is_later(s: Situation) -> list[Unmet]:
    if s.form is None or s.procurement.tender_deadline_on is None:
        return []
    return _unless(
        s.answer("tender_deadline_on") >= s.procurement.tender_deadline_on,
        "tender_deadline_moved_earlier",
        OFFICER,
        cites="LOU 11:8",
    )


@guard("procurement", mark=Mark.LAW, source="LOU 12:10")
def tender_deadline_has_passed(s: Situation) -> list[Unmet]:
    due = s.procurement.tender_deadline_on
    return _unless(
        due is None or s.today >= due,
        "tender_deadline_not_passed",
        cites="LOU 12:10",
        due=due.isoformat() if due else "",
    )


@guard("procurement", mark=Mark.LAW, source="LOU 12:10 (above the threshold; below it the region's own rule)")
def two_people_opened(s: Situation) -> list[Unmet]:
    if s.form is None:
        return []
    row = s.parameters.get("two_people_open_below_threshold")
    if s.procurement.track != "above_threshold" and row is not None and row.value == "0":
        return []
    names = {str(n).strip().casefold() for n in (s.answer("opened_by"), s.answer("opened_with")) if n}
    return _unless(len(names) == 2, "two_people_must_open", OFFICER, cites="LOU 12:10")


@guard("tender_access", mark=Mark.LAW, source="OSL 19:3")
def actor_may_see_tenders(s: Situation) -> list[Unmet]:
    return _unless(bool(s.facts["tender_access"]), "not_on_access_list", OFFICER, cites="OSL 19:3")


@guard("tender_access", mark=Mark.LAW, source="OSL 19:3")
def secret_lot_is_seen(s: Situation) -> list[Unmet]:
    """While tenders are secret the reasons to cancel may speak of them; before and after, anybody in the case may read."""
    secret = any(x.tender_secret for x in ((s.lot,) if s.lot else s.lots))
    return actor_may_see_tenders(s) if secret else []
