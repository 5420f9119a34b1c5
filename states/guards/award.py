"""Guards from the award to the signature: four eyes, mandate, notice, standstill, review, cancellation."""

from __future__ import annotations

from typing import Any

from states.decision import Unmet
from states.definition import Mark
from states.facts import LotFacts, ReviewFacts, Situation
from states.guards.registered import HEAD, OFFICER, _another_person, _unless, guard


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
    """A review lodged while the standstill ran prolongs it in the administrative court (LOU 20:8).

    One that came later, or that goes on in a higher court, stops signing only by an interim order (LOU 20:9).
    """
    if s.lot and s.lot.interim_order:
        return [Unmet("interim_order", (), cites="LOU 20:9")]
    until = s.lot.standstill_due_on if s.lot else None
    in_time = [r for r in _open_reviews(s) if until is not None and r.lodged_on <= until]
    stopping = [r for r in in_time if r.instance == "administrative_court"]
    return _unless(not stopping, "review_is_open", cites="LOU 20:8")


def _open_reviews(s: Situation) -> list[ReviewFacts]:
    number = s.lot.number if s.lot else 0
    return [r for r in s.facts["reviews"] if r.open and r.lot_number == number]


@guard("reviews", mark=Mark.POLICY, source="Stegvis: a ruling ends a review that was recorded")
def review_is_recorded(s: Situation) -> list[Unmet]:
    return _unless(bool(_open_reviews(s)), "no_review_is_open", OFFICER)


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
