"""Guards of targets and requirements: whole, opined on, carried, possible to follow up, and still those decided on."""

from __future__ import annotations

from states.decision import Unmet
from states.definition import Mark
from states.facts import Situation
from states.guards.registered import OFFICER, OWNER, STRATEGIST, _unless, guard


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
