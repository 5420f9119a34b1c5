"""The released definitions: frozen by golden files, the same in JSON, and never left by any step."""

from __future__ import annotations

import json
import os
import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from states import steps
from states.decision import Unmet
from states.definition import Obligation, ProcessDefinition, Scope, State, Transition, definition_from_json
from states.diagram import arrows, mermaid, svg
from states.errors import NoSuchStep, NotPermitted
from states.facts import ROUTING, Situation
from states.ladder import KEYS, RUNGS
from states.machine import Cursor, machine_for, step
from states.registry import DEFINITIONS, definition, fingerprint
from tests.states.reference_model import NotInTable, ReferenceModel
from tests.states.situations import OFFICER, TODAY, everybody, situation

GOLDEN = Path(__file__).parent / "golden"
PROCUREMENT = DEFINITIONS["procurement@1"]
RELEASED = pytest.mark.parametrize("released", DEFINITIONS.values(), ids=lambda d: d.key)


def seeded() -> random.Random:
    seed = int(os.environ.get("STEGVIS_SEED") or random.SystemRandom().randrange(2**32))
    print(f"replay with STEGVIS_SEED={seed}")
    return random.Random(seed)


# --- frozen ---------------------------------------------------------------------------------------------------


def duty(o: Obligation) -> str:
    return f"{o.trigger} by {' or '.join(o.roles)}, {o.deadline or 'no deadline'}" + (
        f" ({o.open_ended})" if o.open_ended else ""
    )


def state_row(s: State) -> str:
    waits = f" owes {duty(s.owes)}" if s.owes else ""
    return f"{s.name} [{s.phase}, {s.scope}{', final' if s.final else ''}]{waits}"


def edge_row(t: Transition) -> str:
    parts = [f"{t.source} --{t.trigger}--> {t.target}", f"  {t.scope} {t.kind or '-'}, by {' or '.join(t.roles)}"]
    parts += [f"  when {fact} is {' or '.join(values)}" for fact, values in t.when]
    for word, names in (("if", t.guards), ("does", t.effects), ("decides on", t.basis)):
        if names:
            parts.append(f"  {word} {', '.join(names)}")
    parts += [f"  opens {duty(o)}" for o in t.opens]
    return "\n".join([*parts, *([f"  cites {t.cites}"] if t.cites else [])])


def readable(d: ProcessDefinition) -> str:
    timers = [f"{t.kind}: {t.trigger} in {t.state} after {t.deadline} ({t.mark}: {t.source})" for t in d.timers]
    rows = [f"{d.key}, begins in {d.initial}", f"fingerprint {fingerprint(d)}", "", *map(state_row, d.states), ""]
    return "\n".join([*rows, *map(edge_row, d.transitions), "", *timers]) + "\n"


@RELEASED
def test_a_released_version_is_never_edited(released: ProcessDefinition) -> None:
    """STEGVIS_GOLDEN=1 writes the file anew: only for a version that no case has begun with."""
    file = GOLDEN / f"{released.id}_{released.version}.txt"
    if os.environ.get("STEGVIS_GOLDEN") == "1":
        file.write_text(readable(released), encoding="utf-8")
    assert readable(released) == file.read_text(encoding="utf-8")


def test_the_fingerprint_moves_with_a_changed_edge() -> None:
    first, *rest = PROCUREMENT.transitions
    changed = replace(PROCUREMENT, transitions=(replace(first, guards=()), *rest))
    assert fingerprint(changed) != fingerprint(PROCUREMENT)


@RELEASED
def test_what_is_published_as_json_comes_back_the_same(released: ProcessDefinition) -> None:
    assert definition_from_json(json.loads(json.dumps(released.as_json()))) == released


def test_the_documented_names_are_there() -> None:
    states = (
        "needs_analysis start_decision risk_analysis target_setting target_decision requirement_selection "
        "requirement_decision advertised evaluation award_decision standstill in_review contract_signing follow_up "
        "cancelled closed"
    )
    assert set(states.split()) <= {s.name for s in PROCUREMENT.states}
    contract = {s.name for s in definition("contract").states}
    assert contract == {"in_force", "extension_decision", "final_evaluation", "ended"}
    assert PROCUREMENT.edges("decide_sustainability_target")


# --- a case stands where its lots stand -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lots", "case"),
    [
        (("evaluation", "standstill"), "evaluation"),
        (("cancelled", "standstill"), "standstill"),
        (("cancelled", "follow_up"), "follow_up"),
        (("cancellation_review", "follow_up"), "cancellation_review"),
        (("cancelled", "cancelled"), "cancelled"),
        (("cancelled", "closed"), "closed"),
    ],
)
def test_a_case_is_as_far_as_its_slowest_lot(lots: tuple[str, ...], case: str) -> None:
    assert PROCUREMENT.slowest(lots) == case
    model = ReferenceModel(PROCUREMENT.as_json(), ("1", "2"))
    model.lots = dict(zip(("1", "2"), lots, strict=True))
    assert model.state == case


# --- the machine ----------------------------------------------------------------------------------------------


def permit(_: Transition) -> list[Unmet]:
    return []


def routing_for(edge: Transition) -> dict[str, str]:
    return {fact: values[0] for fact, values in edge.when}


@RELEASED
def test_only_the_table_has_triggers(released: ProcessDefinition) -> None:
    assert set(machine_for(released).events) == set(released.triggers())
    for s in released.states:
        with pytest.raises(NoSuchStep):
            step(released, released.initial, f"to_{s.name}", {}, permit)


@RELEASED
def test_every_pair_outside_the_table_is_refused(released: ProcessDefinition) -> None:
    for s in released.states:
        for trigger in set(released.triggers()) - set(released.triggers_from(s.name)):
            with pytest.raises(NoSuchStep):
                step(released, s.name, trigger, {f: v[0] for f, v in ROUTING.items()}, permit)


@RELEASED
def test_an_unmet_guard_or_a_fault_leaves_the_state(released: ProcessDefinition) -> None:
    def fails(_: Transition) -> list[Unmet]:
        raise ZeroDivisionError("a fault in a guard")

    for edge in released.transitions:
        refused = step(released, edge.source, edge.trigger, routing_for(edge), lambda _: [Unmet("no")])
        assert refused == (edge, [Unmet("no")], edge.source)
        cursor = Cursor(edge.source, fails, routing_for(edge))
        with pytest.raises(ZeroDivisionError):
            machine_for(released).events[edge.trigger].trigger(cursor)
        assert cursor.state == edge.source


def test_eight_threads_share_one_machine() -> None:
    rng = seeded()

    def walk(seed: int) -> int:
        own, state, taken = random.Random(seed), PROCUREMENT.initial, 0
        for _ in range(400):
            edges = [e for e in PROCUREMENT.transitions if e.source == state]
            edge = own.choice(edges)
            found, unmet, reached = step(PROCUREMENT, state, edge.trigger, routing_for(edge), permit)
            assert (found, unmet, reached) == (edge, [], edge.target)
            taken += 1
            state = PROCUREMENT.initial if PROCUREMENT.state(reached).final else reached
        return taken

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(walk, [rng.randrange(2**32) for _ in range(8)])) == [400] * 8
    assert machine_for(PROCUREMENT).models == []


# --- steps, with every fact in order --------------------------------------------------------------------------


def standing_for(edge: Transition, answers: dict[str, Any]) -> dict[str, Any]:
    """Where a deviation stands when everything speaks for one of its edges."""
    known = dict(edge.when)
    decided = next((r.key for r in RUNGS if r.trigger == edge.trigger), None)
    decided = {"decide_severe_termination": "immediate_termination"}.get(edge.trigger, decided)
    if edge.trigger in ("decide_stop_while_investigating", "consent_to_call_off_stop"):
        decided = "call_off_stop"
    rung = known.get("rung", (edge.source if edge.source in KEYS else "escalation_meeting",))[0]
    standing: dict[str, Any] = {
        "rung": rung, "severe": known.get("severe", ("yes",))[0] == "yes", "prepared_rung": decided,
        "stop_since_on": TODAY if "stop_is_in_force" in edge.guards or known.get("stop_in_force") == ("yes",) else None,
        "fine_decided": "fine_is_decided" in edge.guards,
    }  # fmt: skip
    if edge.trigger == "remind_supplier" and edge.source == "opportunity_to_remedy":
        standing["delivered_on"] = TODAY - timedelta(days=8)
    if "to_rung" in known and known["to_rung"] == (rung,):
        standing["rung"] = "call_off_stop"
    answers |= {"until_on": TODAY + timedelta(days=30), "milestone": 1, "to_on": TODAY + timedelta(days=30)}
    answers |= {name: values[0] == "yes" for name, values in edge.when if name == "verified"}
    return standing


def in_order(edge: Transition, track: str, *, lot: str | None = None, case_state: str | None = None) -> Situation:
    """The situation in which everything speaks for `edge`: only the table can then refuse it."""
    answers: dict[str, Any] = {
        "sent_on": TODAY,
        "sent_by": "email",
        "published_on": TODAY,
        "tender_deadline_on": TODAY + timedelta(days=40),
        "procedure": "open",
        "opened_by": "Ulla Berg",
        "opened_with": "Hans Ek",
        "framework": "UPP-7",
        "contract_class": "a",
        **{fact: values[0] for fact, values in edge.when if fact != "track"},
    }
    if edge.trigger == "submit_needs_analysis":
        answers["track"] = track
    if edge.trigger == "record_ruling":
        answers["ruled_on"] = TODAY
    s = situation(
        form=answers,
        no_lot=lot is None,
        lot={"state": lot or edge.source},
        case={"state": case_state or edge.source, "paused_on": TODAY if "case_is_paused" in edge.guards else None},
        procurement={"track": track, "cancellation_prepared_by": OFFICER},
        contract={
            "options_left": 0 if "no_option_is_left" in edge.guards else 1,
            "renewal_declined_on": TODAY if "renewal_may_reopen" in edge.guards else None,
        },
        deviation=standing_for(edge, answers),
        facts={"termination": None} if "termination_is_withdrawn" in edge.guards else None,
    )
    return replace(s, actor=everybody(), capacity=None)


def tracks_of(edge: Transition) -> tuple[str, ...]:
    return next((values for fact, values in edge.when if fact == "track"), ROUTING["track"])


@RELEASED
def test_every_published_edge_can_be_taken_and_leaves_nobody_in_doubt(released: ProcessDefinition) -> None:
    for edge in released.transitions:
        for track in tracks_of(edge):
            s = in_order(edge, track, lot=edge.source if edge.scope is Scope.LOT else None)
            taken = steps.decide(released, s, edge.trigger)
            assert taken.transition == edge
            for task in taken.opens:
                assert task.roles
                assert task.receipt or task.reason, (edge, task)
            target = released.state(edge.target)
            if taken.moves and target.owes:
                assert target.owes.trigger in {t.trigger for t in taken.opens}
            assert {t.kind for t in taken.timers} <= {t.kind for t in released.timers_of(edge.target)}


@RELEASED
def test_nobody_without_the_role_takes_any_step(released: ProcessDefinition) -> None:
    for edge in released.transitions:
        s = in_order(edge, tracks_of(edge)[0], lot=edge.source if edge.scope is Scope.LOT else None)
        nobody = replace(s, actor=replace(s.actor, holdings=()))
        with pytest.raises(NotPermitted) as refused:
            steps.decide(released, nobody, edge.trigger)
        assert refused.value.only_by_others


@RELEASED
def test_no_machine_decides(released: ProcessDefinition) -> None:
    """A scheduler that holds the system's role alone is refused every decision."""
    for edge in (e for e in released.transitions if e.decides):
        s = in_order(edge, tracks_of(edge)[0], lot=edge.source if edge.scope is Scope.LOT else None)
        own = tuple(h for h in s.actor.holdings if h.role == "system")
        with pytest.raises(NotPermitted):
            steps.decide(released, replace(s, actor=replace(s.actor, holdings=own)), edge.trigger)


def test_random_walks_with_three_lots_agree_with_the_reference_model() -> None:
    """Nothing but the table decides where a lot goes, and the second telling of the table agrees at every step."""
    rng = seeded()
    for _ in range(120):
        model = ReferenceModel(PROCUREMENT.as_json(), ("1", "2", "3"))
        lots, track = dict(model.lots), rng.choice(ROUTING["track"])
        for _ in range(60):
            case_state = PROCUREMENT.slowest(lots.values())
            name = rng.choice([None, *lots])
            here = case_state if name is None else lots[name]
            scope = Scope.CASE if name is None else Scope.LOT
            if here == PROCUREMENT.initial:
                track = rng.choice(ROUTING["track"])
            mine = [e for e in PROCUREMENT.transitions if e.source == here and e.scope is scope]
            edges = [e for e in mine if track in tracks_of(e) and (e.kind != "stop" or rng.random() < 0.1)]
            model.track = track
            assert model.possible(name) == {e.trigger for e in mine if track in tracks_of(e)}
            if not edges:
                continue
            edge = rng.choice(edges)
            s = in_order(edge, track, lot=None if name is None else here, case_state=case_state)
            taken = steps.decide(PROCUREMENT, s, edge.trigger)
            assert taken.transition in PROCUREMENT.transitions
            if taken.moves:
                for moved in [n for n in lots if not PROCUREMENT.state(lots[n]).final] if name is None else [name]:
                    lots[moved] = taken.transition.target
            reached = model.apply(edge.trigger, name, {f: v[0] for f, v in edge.when if f != "track"})
            assert model.lots == lots
            assert reached == PROCUREMENT.slowest(lots.values())


def test_the_reference_model_refuses_what_the_table_does_not_have() -> None:
    model = ReferenceModel(PROCUREMENT.as_json(), ("1", "2"), track="above_threshold")
    with pytest.raises(NotInTable):
        model.apply("decide_award")
    with pytest.raises(NotInTable):
        model.apply("submit_needs_analysis", "1")  # before the opening no lot goes alone
    with pytest.raises(NotInTable):
        model.apply("register_existing")  # whether a contract follows is not told
    assert model.lots == {"1": "needs_analysis", "2": "needs_analysis"}


# --- pictures -------------------------------------------------------------------------------------------------


def words(code: str) -> str:
    return code.rsplit(".", 1)[-1].replace("_", " ") + ' <&>"'


@RELEASED
def test_the_pictures_show_every_state_and_every_move(released: ProcessDefinition) -> None:
    text = mermaid(released, words)
    assert text.startswith("stateDiagram-v2\n")
    picture = ET.fromstring(svg(released, words))
    shown = {g.get("data-state") for g in picture.iter("{http://www.w3.org/2000/svg}g")} - {None}
    assert shown == {s.name for s in released.states}
    drawn = [g for g in picture.iter("{http://www.w3.org/2000/svg}g") if "step" in (g.get("class") or "").split()]
    moves = {(e.source, e.target) for e in released.transitions if e.source != e.target}
    assert {(a.source, a.target) for a in arrows(released)} == moves
    assert len(drawn) == len(arrows(released))
    for a in arrows(released):
        assert f"{a.source} --> {a.target} : " in text


@RELEASED
def test_the_svg_fits_a_strict_content_policy(released: ProcessDefinition) -> None:
    picture = ET.fromstring(svg(released, words))
    for element in picture.iter():
        assert "style" not in element.attrib
        assert element.tag.rsplit("}", 1)[-1] not in ("style", "script")
        assert not [name for name in element.attrib if name.startswith("on")]
    ids = [e.get("id") for e in picture.iter() if e.get("id")]
    assert len(ids) == len(set(ids))
    assert set((picture.get("aria-labelledby") or "").split()) <= set(ids)
