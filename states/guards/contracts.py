"""Guards of a contract: how long it may run, options, handover, its end, and what follows it."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta

from states.decision import Unmet
from states.definition import Mark
from states.facts import Situation
from states.guards.registered import HEAD, OFFICER, OWNER, _another_person, _unless, guard
from states.matters import chosen, those_meant

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


@guard("contracts_open", mark=Mark.POLICY, source="Stegvis: a procurement is open while a contract is in force")
def contracts_have_ended(s: Situation) -> list[Unmet]:
    n = s.facts["contracts_open"]
    return _unless(n == 0, "contracts_in_force", "contract_manager", count=n)


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


@guard("contract", mark=Mark.POLICY, source="Stegvis: only a framework with a value has a ceiling to fill")
def framework_has_ceiling(s: Situation) -> list[Unmet]:
    if not s.contract.is_framework:
        return [Unmet("not_a_framework")]
    return _unless(bool(s.contract.value), "no_ceiling", OFFICER, "contract_manager")


@guard("contract", mark=Mark.LAW, source="FL 12 §")
def party_matter_is_open(s: Situation) -> list[Unmet]:
    return _unless(s.contract.party_since_on is not None, "no_party_matter", OFFICER)


@guard("matters", mark=Mark.LAW, source="FL 12 §")
def party_may_ask_for_decision(s: Situation) -> list[Unmet]:
    """A private party may ask, once, when six months have passed (FL 12 §)."""
    matter = chosen(those_meant(s.facts["matters"], "record_party_asks", None), s.answer("matter"))
    if matter is None:
        return [Unmet("no_party_matter", (OFFICER,))]
    asked = s.answer("asked_on") or s.today
    earliest = _six_months_after(matter.on)
    return _unless(asked >= earliest, "party_asks_too_early", cites="FL 12 §", due=earliest.isoformat())


def _six_months_after(day: date) -> date:
    year, month = day.year + (day.month + 5) // 12, (day.month + 5) % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@guard("duty", mark=Mark.CLAUSE, source="SEED 4: a notice of leaving is confirmed in writing")
def duty_is_a_notice(s: Situation) -> list[Unmet]:
    return _unless(s.duty.is_notice, "duty_is_no_notice")


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
