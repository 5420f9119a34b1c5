"""Whole procurements of the demo, by name: the stages each goes through."""

from __future__ import annotations

from collections.abc import Callable

from workflow.demo.scripts import (
    HEAD,
    OFFICER,
    OWNER,
    Scene,
    Stage,
    award,
    cancellation,
    changed_tendering,
    contracts,
    direct,
    documentation,
    fixed,
    invitation,
    need,
    no_target,
    notices,
    requirements,
    review,
    ruling,
    start_and_risk,
    targets,
    targets_returned,
    tendering,
)


def _prepared(s: Scene, middle: Callable[[Scene], list[Stage]] = targets) -> list[Stage]:
    return [*need(s), *start_and_risk(s), *middle(s), *requirements(s, with_targets=middle is not no_target)]


def _to_award(s: Scene) -> list[Stage]:
    return [*_prepared(s), *tendering(s), *award(s)]


_TOO_DEAR = "Samtliga anbud överskrider den budget som finns för upphandlingen."
_LACK_OF_COMPETITION = "Bara ett anbud kom in i anbudsområdet, och det är väsentligt dyrare än marknaden i övrigt."
_NO_NEED = "Behovet löses i stället inom ett befintligt avtal."

STORIES: dict[str, Callable[[Scene], list[Stage]]] = {
    "advertised": lambda s: [*_to_award(s), *contracts(s), *notices(s)],
    "no_target": lambda s: [*_prepared(s, no_target), *tendering(s), *award(s), *contracts(s), *notices(s)],
    "returned": lambda s: [*_prepared(s, targets_returned), *tendering(s), *award(s), *contracts(s), *notices(s)],
    "documents_changed": lambda s: [*_prepared(s), *changed_tendering(s), *award(s), *contracts(s), *notices(s)],
    "reviewed": lambda s: [*_to_award(s), review(), ruling(52, "dismissed"), *contracts(s), *notices(s)],
    "corrected": lambda s: [*_to_award(s), review(), ruling(45, "correction"), *award(s), *contracts(s), *notices(s)],
    "done_over": lambda s: [
        *_to_award(s),
        review(),
        ruling(60, "do_over"),
        Stage(5, "readvertise", HEAD, fixed(lot=1, reason="Domstolen har beslutat att upphandlingen ska göras om.")),
    ],
    "recalled": lambda s: [
        *_to_award(s),
        Stage(3, "recall_award", HEAD, fixed(lot=1, reason="Ett räknefel i utvärderingen ändrar rangordningen."), 1),
        *award(s),
        *contracts(s),
        *notices(s),
    ],
    "lot_cancelled": lambda s: [
        *_prepared(s),
        *tendering(s),
        *award(s, [1]),
        *cancellation(_LACK_OF_COMPETITION, 2),
        *contracts(s, [1]),
        *notices(s),
    ],
    "cancelled": lambda s: [
        *_prepared(s),
        *tendering(s),
        *cancellation(_TOO_DEAR),
        Stage(14, "complete_documentation", OFFICER, documentation),
    ],
    "abandoned": lambda s: [*need(s), *start_and_risk(s), Stage(8, "abandon", OWNER, fixed(reason=_NO_NEED))],
    "paused": lambda s: [
        *_prepared(s)[:-2],
        Stage(3, "pause", OFFICER, fixed(reason="Inväntar beslut om framtida lokaler.")),
    ],
    "renewed": lambda s: [
        *need(s),
        start_and_risk(s)[0],
        *requirements(s, with_targets=False),
        *invitation(s),
        *award(s),
        *contracts(s, wait=4),
        *notices(s),
    ],
    "direct": lambda s: direct(s, "decide_direct_award", OWNER if s.value <= 700_000 else HEAD),
    "call_off": lambda s: direct(s, "decide_call_off", OWNER),
}


def script(s: Scene) -> list[Stage]:
    """The scene's stages up to and with the last time its `last` trigger is pulled."""
    if s.last == "open":
        return []
    stages = STORIES[s.story](s)
    end = max(i for i, stage in enumerate(stages) if stage.trigger == s.last)
    return stages[: end + 1]
