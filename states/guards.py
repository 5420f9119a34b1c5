"""The guards: closed, named, pure. Each reads as a condition and answers with all that is unmet.

A guard declares the facts it needs; a loader in `workflow/` brings each with one query. Before a form is filled in
(the page that shows what is possible) `situation.form` is None, and a guard about the form says nothing.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from states.decision import Unmet
from states.definition import Mark
from states.facts import LotFacts, Situation

Check = Callable[[Situation], list[Unmet]]

OWNER, OFFICER, HEAD, STRATEGIST = (
    "contract_owner",
    "procurement_officer",
    "head_of_procurement",
    "sustainability_strategist",
)


@dataclass(frozen=True, slots=True)
class Guard:
    """A named condition: the function, the facts it needs, and the rule it comes from."""

    name: str
    check: Check
    needs: tuple[str, ...]
    mark: Mark
    source: str


GUARDS: dict[str, Guard] = {}


def guard(*needs: str, mark: Mark, source: str) -> Callable[[Check], Check]:
    """Register a guard under its function's name, with the facts it needs and the rule it comes from."""

    def register(check: Check) -> Check:
        GUARDS[check.__name__] = Guard(check.__name__, check, needs, mark, source)
        return check

    return register


def _unless(met: bool, code: str, *cleared_by: str, cites: str = "", **params: Any) -> list[Unmet]:
    return [] if met else [Unmet(code, cleared_by, params, cites)]


# --- every step ---------------------------------------------------------------------------------------------


@guard(mark=Mark.POLICY, source="Stegvis: a paused case moves only when it is resumed")
def case_is_not_paused(s: Situation) -> list[Unmet]:
    return _unless(s.case.paused_on is None, "case_is_paused", OFFICER)


@guard(mark=Mark.POLICY, source="Stegvis: a pause needs a case that runs")
def case_is_paused(s: Situation) -> list[Unmet]:
    return _unless(s.case.paused_on is not None, "case_is_not_paused", OFFICER)


@guard(mark=Mark.POLICY, source="Stegvis: only a case nobody has worked on enters as history")
def case_is_new(s: Situation) -> list[Unmet]:
    return _unless(s.case.row_version == 1, "case_is_not_new", OFFICER)


# --- need and start -----------------------------------------------------------------------------------------


@guard(mark=Mark.POLICY, source="Riktlinje Inköp: avtalsägaren ansvarar för budget och kravställan")
def contract_owner_is_named(s: Situation) -> list[Unmet]:
    return _unless(s.case.owner_id is not None or s.answer("owner") is not None, "no_contract_owner", OFFICER)


#: The parameter that holds the threshold of a kind of procurement (SFS 2024:30), in SEK without VAT.
THRESHOLDS = {
    "goods": "threshold_goods_services",
    "services": "threshold_goods_services",
    "works": "threshold_works",
    "annex_2": "threshold_annex_2",
}


@guard("procurement", mark=Mark.LAW, source="LOU 5:1, 19:1, 19a:2")
def track_fits_value(s: Situation) -> list[Unmet]:
    """The value (without VAT, options counted as used, LOU 5:3) decides how small a track may be chosen."""
    if s.form is None:
        return []
    track, value = s.answer("track"), s.answer("estimated_value")
    if value is None or track not in ("direct", "below_threshold"):
        return []
    name = "limit_direct_procurement" if track == "direct" else THRESHOLDS[s.answer("kind")]
    if track == "direct" and s.answer("kind") == "annex_2":
        name = THRESHOLDS["annex_2"]
    limit = s.parameters[name]
    return _unless(
        value < Decimal(limit.value),
        "value_above_track",
        OFFICER,
        cites=limit.source,
        limit=limit.value,
        value=str(value),
    )


@guard("procurement", mark=Mark.LAW, source="LOU 7:3–7:9")
def framework_is_named(s: Situation) -> list[Unmet]:
    """A call-off or renewed competition happens under a framework that is named."""
    if s.form is None or s.answer("track") not in ("call_off", "renewed_competition"):
        return []
    return _unless(bool(s.answer("framework")), "no_framework", OFFICER, cites="LOU 7:3")


# --- four eyes ----------------------------------------------------------------------------------------------


def _another_person(s: Situation, prepared_by: str | None) -> list[Unmet]:
    """Neither the decider nor the person the decider stands in for may have prepared it."""
    deciders = {s.actor.person_id, s.capacity.on_behalf_of if s.capacity else None}
    return _unless(prepared_by not in deciders, "prepared_by_decider", HEAD, cites="four_eyes")


@guard(mark=Mark.POLICY, source="Stegvis: the one who prepared an award does not decide it")
def award_prepared_by_another(s: Situation) -> list[Unmet]:
    return _another_person(s, s.lot.prepared_by if s.lot else None)


@guard(mark=Mark.POLICY, source="Stegvis: the one who prepared a contract does not sign it")
def contracts_prepared_by_another(s: Situation) -> list[Unmet]:
    prepared_by = s.lot.contracts_prepared_by if s.lot else None
    if prepared_by is None:
        return [Unmet("contracts_not_prepared", (OFFICER,))]
    return _another_person(s, prepared_by)


def _cancellation_proposed_by(s: Situation) -> str | None:
    return s.lot.cancellation_prepared_by if s.lot else s.procurement.cancellation_prepared_by


@guard("procurement", mark=Mark.POLICY, source="Stegvis: what was not proposed cannot be withdrawn")
def cancellation_is_proposed(s: Situation) -> list[Unmet]:
    return _unless(_cancellation_proposed_by(s) is not None, "cancellation_not_proposed", OFFICER)


@guard("procurement", mark=Mark.POLICY, source="Stegvis: the one who proposed a cancellation does not decide it")
def cancellation_prepared_by_another(s: Situation) -> list[Unmet]:
    prepared_by = _cancellation_proposed_by(s)
    if prepared_by is None:
        return [Unmet("cancellation_not_proposed", (OFFICER,))]
    return _another_person(s, prepared_by)


# --- targets ------------------------------------------------------------------------------------------------


@guard("targets", mark=Mark.POLICY, source="Riktlinje Inköp: målsättningen fastställs av avtalsägaren")
def targets_are_complete(s: Situation) -> list[Unmet]:
    """There is at least one target, and each has an indicator, a level and a way of following it up."""
    targets = s.facts["targets"]
    unmet = _unless(bool(targets), "no_target", OWNER, STRATEGIST)
    for target in targets:
        for name in ("indicator", "level", "follow_up"):
            if not getattr(target, name):
                unmet.append(Unmet(f"target_without_{name}", (OWNER, STRATEGIST), {"number": target.number}))
    return unmet


@guard("targets", mark=Mark.POLICY, source="Riktlinje Inköp: där det är tillämpbart")
def targets_are_complete_or_none_proposed(s: Situation) -> list[Unmet]:
    """What goes to decision is complete, or says why no target applies."""
    return [] if s.answer("no_target_reason") else targets_are_complete(s)


@guard(
    "opinions",
    mark=Mark.POLICY,
    source="Stegvis: an opinion by another person must exist before the target is decided",
)
def opinion_by_another(s: Situation) -> list[Unmet]:
    """Somebody else than the decider has said what they think. The owner may amend afterwards: the record shows both."""
    deciders = {s.actor.person_id, s.capacity.on_behalf_of if s.capacity else None}
    others = [o for o in s.facts["opinions"] if o.author_id not in deciders]
    return _unless(bool(others), "no_opinion", STRATEGIST)


@guard(
    "targets",
    "requirements",
    "procurement",
    mark=Mark.POLICY,
    source="Riktlinje Inköp: målsättningen realiseras genom upphandlingsprocessen",
)
def every_target_is_carried(s: Situation) -> list[Unmet]:
    if s.procurement.no_target_reason:
        return []
    carried = {r.target_number for r in s.facts["requirements"]}
    return [
        Unmet("target_not_carried", (OFFICER,), {"number": t.number})
        for t in s.facts["targets"]
        if t.number not in carried
    ]


@guard("requirements", mark=Mark.LAW, source="LOU 4:1, 16:1: ett krav ska kunna kontrolleras")
def every_requirement_can_be_followed_up(s: Situation) -> list[Unmet]:
    requirements = s.facts["requirements"]
    unmet = _unless(bool(requirements), "no_requirement", OFFICER)
    for r in requirements:
        for name in ("proof", "follow_up"):
            if not getattr(r, name):
                unmet.append(Unmet(f"requirement_without_{name}", (OFFICER,), {"number": r.number}))
    return unmet


@guard("procurement", mark=Mark.POLICY, source="Stegvis: a later change makes the approval stale")
def target_decision_is_current(s: Situation) -> list[Unmet]:
    p = s.procurement
    if p.track == "renewed_competition":  # the framework's target holds
        return []
    return _unless(p.targets_decided_version == p.targets_version, "target_decision_stale", OWNER)


@guard("procurement", mark=Mark.POLICY, source="Stegvis: a later change makes the approval stale")
def requirement_decision_is_current(s: Situation) -> list[Unmet]:
    p = s.procurement
    return _unless(p.requirements_decided_version == p.requirements_version, "requirement_decision_stale", OWNER)


# --- advertising and opening --------------------------------------------------------------------------------


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


#: A framework runs for at most so many months, unless there are special reasons.
LONGEST_FRAMEWORK = 48


def framework_may_end_before(start_on: date) -> date:
    """The first day on which a framework that began on `start_on` may no longer run (LOU 7:2): four years later."""
    year, month = start_on.year + LONGEST_FRAMEWORK // 12, start_on.month
    return date(year, month, min(start_on.day, monthrange(year, month)[1]))


def last_end_of(end_on: date, option_count: int, option_months: int | None) -> date:
    """The last day of a contract with all its options used."""
    month = end_on.month - 1 + (option_count or 0) * (option_months or 0)
    year, month = end_on.year + month // 12, month % 12 + 1
    return date(year, month, min(end_on.day, monthrange(year, month)[1]))


@guard(mark=Mark.LAW, source="LOU 7:2")
def framework_period_is_allowed(s: Situation) -> list[Unmet]:
    """A framework with all its options runs for at most four years, unless special reasons are stated."""
    if s.form is None or s.answer("framework_reason"):
        return []
    unmet = []
    for number, row in enumerate(s.answer("contracts") or (), start=1):
        if not row.is_framework:
            continue
        end_on = last_end_of(row.end_on, row.option_count, row.option_months)
        limit = framework_may_end_before(row.start_on)
        if end_on >= limit:
            last = (limit - timedelta(days=1)).isoformat()
            unmet.append(Unmet("framework_too_long", (OFFICER,), {"number": number, "due": last}, "LOU 7:2"))
    return unmet


# --- award, standstill, review ------------------------------------------------------------------------------


@guard(mark=Mark.LAW, source="LOU 4:10, 16:1")
def award_is_proposed(s: Situation) -> list[Unmet]:
    return _unless(s.lot is not None and s.lot.award_proposed, "award_not_proposed", OFFICER)


@guard("mandate", mark=Mark.LAW, source="KL 6:37, 7:5")
def mandate_covers(s: Situation) -> list[Unmet]:
    """A row of the delegation order, valid today, lets this role take this act up to this value.

    Whoever may not see the tenders is told that alone: whether a limit is passed would tell what they are worth.
    """
    if s.facts.get("tender_access") is False:
        return []
    return _unless(s.facts["mandate"] is not None, "no_mandate", HEAD, "administrator", cites="KL 6:37, 7:5")


@guard(mark=Mark.LAW, source="LOU 12:12")
def notice_follows_decision(s: Situation) -> list[Unmet]:
    if s.form is None:
        return []
    return _unless(s.answer("sent_on") <= s.today, "date_in_future", OFFICER)


def standstill_is_over(lot: LotFacts, today: Any) -> bool:
    if lot.standstill_due_on is None:
        return lot.standstill_rule is not None
    return bool(today > lot.standstill_due_on)


@guard(mark=Mark.LAW, source="LOU 20:1, 20:18")
def standstill_has_ended(s: Situation) -> list[Unmet]:
    """The contract may be signed the day after the standstill's last day, or at once where a cited rule says none applies."""
    if s.lot is None:
        return [Unmet("standstill_not_begun", (OFFICER,), cites="LOU 20:1")]
    due = s.lot.standstill_due_on
    if due is None and s.lot.standstill_rule is None:
        return [Unmet("standstill_not_begun", (OFFICER,), cites="LOU 20:1")]
    return _unless(
        standstill_is_over(s.lot, s.today),
        "standstill_not_ended",
        cites="LOU 20:1",
        due=due.isoformat() if due else "",
    )


@guard("reviews", mark=Mark.LAW, source="LOU 20:8–20:10")
def no_review_stops_signing(s: Situation) -> list[Unmet]:
    """In the administrative court the standstill holds; in higher courts only an interim order stops signing (LOU 20:9)."""
    number = s.lot.number if s.lot else 0
    stopping = [
        r for r in s.facts["reviews"] if r.open and r.lot_number == number and r.instance == "administrative_court"
    ]
    if s.lot and s.lot.interim_order:
        return [Unmet("interim_order", (), cites="LOU 20:9")]
    return _unless(not stopping, "review_is_open", cites="LOU 20:8")


@guard(mark=Mark.LAW, source="LOU 20:12")
def cancellation_review_has_ended(s: Situation) -> list[Unmet]:
    due = s.lot.cancellation_due_on if s.lot else None
    return _unless(
        due is not None and s.today > due,
        "cancellation_review_not_ended",
        cites="LOU 20:12",
        due=due.isoformat() if due else "",
    )


@guard(mark=Mark.LAW, source="LOU 20:7: a new advertisement concerns the whole procurement")
def no_other_lot_is_under_way(s: Situation) -> list[Unmet]:
    others = [x.number for x in s.lots if s.lot and x.id != s.lot.id and x.state != "cancelled"]
    return _unless(not others, "other_lots_under_way", OFFICER, lots=", ".join(map(str, others)))


# --- follow-up and end --------------------------------------------------------------------------------------


@guard("contracts_open", mark=Mark.POLICY, source="Stegvis: a procurement is open while a contract is in force")
def contracts_have_ended(s: Situation) -> list[Unmet]:
    n = s.facts["contracts_open"]
    return _unless(n == 0, "contracts_in_force", "contract_manager", count=n)


@guard("open_tasks", mark=Mark.POLICY, source="Stegvis: a case does not close over somebody's open duty")
def nothing_is_owed(s: Situation) -> list[Unmet]:
    return [
        Unmet("still_owed", tuple(t.roles), {"trigger": t.trigger})
        for t in s.facts["open_tasks"]
        if t.trigger != "close"
    ]


# --- contracts ----------------------------------------------------------------------------------------------


@guard("contract", mark=Mark.POLICY, source="Stegvis: handover is a step with two names")
def handover_is_proposed(s: Situation) -> list[Unmet]:
    return _unless(s.contract.handover_proposed_by is not None, "handover_not_proposed", OFFICER)


@guard("contract", mark=Mark.POLICY, source="Stegvis: handover is a step with two names")
def handover_proposed_by_another(s: Situation) -> list[Unmet]:
    proposed_by = s.contract.handover_proposed_by  # that there is one at all is `handover_is_proposed`
    return _another_person(s, proposed_by) if proposed_by else []


@guard("contract", mark=Mark.LAW, source="LOU 17:10: an option must stand in the original documents")
def option_is_left(s: Situation) -> list[Unmet]:
    return _unless(s.contract.options_left > 0, "no_option_left", cites="LOU 17:10")


@guard("contract", mark=Mark.POLICY, source="Stegvis: what can still be extended is not evaluated as ending")
def no_option_is_left(s: Situation) -> list[Unmet]:
    return _unless(s.contract.options_left == 0, "option_left", OWNER, count=s.contract.options_left)


@guard("contract", mark=Mark.CLAUSE, source="avtalsvillkoret om uppsägning")
def contract_is_terminated(s: Situation) -> list[Unmet]:
    return _unless(s.contract.terminated, "no_termination")


@guard("termination", mark=Mark.CLAUSE, source="avtalsvillkoret om uppsägning")
def termination_is_decided(s: Situation) -> list[Unmet]:
    """A person decided it on the ladder of a deviation, and the supplier has got the letter."""
    return _unless(s.facts["termination"] is not None, "no_termination", HEAD)


@guard("termination", mark=Mark.CLAUSE, source="avtalsvillkoret om uppsägning")
def termination_is_withdrawn(s: Situation) -> list[Unmet]:
    return _unless(s.facts["termination"] is None, "termination_stands", HEAD)


@guard("contract", mark=Mark.CLAUSE, source="the contract's last day")
def contract_has_end_date(s: Situation) -> list[Unmet]:
    return _unless(s.contract.end_on is not None, "no_end_date", OFFICER)


@guard("contract", mark=Mark.CLAUSE, source="the contract's last day")
def contract_period_has_ended(s: Situation) -> list[Unmet]:
    end = s.contract.end_on
    return _unless(end is not None and s.today > end, "contract_period_not_ended", due=end.isoformat() if end else "")


@guard("contract", mark=Mark.POLICY, source="UHM: evaluate before the end of the contract")
def final_evaluation_is_recorded(s: Situation) -> list[Unmet]:
    return _unless(s.contract.evaluated, "final_evaluation_missing", "contract_manager", OWNER)


@guard("duty", mark=Mark.CLAUSE, source="SEED 4: a notice of leaving is confirmed in writing")
def duty_is_a_notice(s: Situation) -> list[Unmet]:
    return _unless(s.duty.is_notice, "duty_is_no_notice")


@guard("disqualified", mark=Mark.LAW, source="KL 6:28–6:30, 7:4")
def actor_is_not_disqualified(s: Situation) -> list[Unmet]:
    """Who has declared a conflict of interest takes no part, nor does anybody on that person's behalf."""
    acting = {s.actor.person_id, s.capacity.on_behalf_of if s.capacity else None}
    return _unless(not acting & set(s.facts["disqualified"]), "disqualified", HEAD, cites="KL 6:28")


# --- what follows a contract --------------------------------------------------------------------------------


@guard("contract", "renewal", mark=Mark.POLICY, source="Riktlinje Inköp: tänk igenom mål och krav i god tid")
def renewal_is_open(s: Situation) -> list[Unmet]:
    """Nobody has begun the next procurement, or decided that none follows."""
    if s.answer("successor_id"):
        return []
    if s.contract.renewal_declined_on is not None:
        return [Unmet("renewal_declined", (OWNER,))]
    return _unless(not s.renewal.begun, "renewal_begun", OFFICER)


@guard("contract", "renewal", mark=Mark.POLICY, source="Riktlinje Inköp: avtalsägaren fastställer målet")
def renewal_target_is_open(s: Situation) -> list[Unmet]:
    """The target of what follows is not decided, though something shall follow."""
    if s.contract.renewal_declined_on is not None:
        return [Unmet("renewal_declined", (OWNER,))]
    return _unless(not s.renewal.target_decided, "renewal_target_decided")


@guard("contract", "renewal", mark=Mark.POLICY, source="Stegvis: what was settled opens when its ground is gone")
def renewal_may_reopen(s: Situation) -> list[Unmet]:
    """It was decided that nothing follows, or the procurement that should follow was cancelled."""
    gone = s.contract.renewal_declined_on is not None or s.renewal.lost
    return _unless(gone and not s.renewal.begun, "renewal_not_settled", OWNER)
