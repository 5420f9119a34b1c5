"""More time, pauses and changed terms on one deadline; and the table of everything that time sets off."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from states.calendar import Calendar
from states.changed_terms import with_parameter
from states.contract_v1 import WEIGH_CEILING
from states.deadlines import Extension, Pause, Receipt, again, derive, fixed, recompute
from states.definition import Mark
from states.extensions import extended, latest_day, why_not
from states.facts import Parameter
from states.guards import GUARDS
from states.receipt_check import check_receipt
from states.registry import DEFINITIONS
from states.terms import TERMS
from states.triggers import FOLLOW_UP_TRIGGERS, PROCUREMENT_TRIGGERS, TRIGGERS, WAITS, Kept, TimeTrigger

CALENDAR = Calendar()
MONDAY = date(2026, 3, 2)


def start(code: str = "start_decision", anchor_on: date = MONDAY) -> Receipt:
    return derive(TERMS[code], "step_begun", anchor_on, CALENDAR)


def test_more_time_has_a_receipt_that_shows_the_old_day_and_can_be_counted_again() -> None:
    receipt = start()
    assert receipt.due_on == date(2026, 3, 16)
    moved = extended(receipt, date(2026, 3, 20), date(2026, 3, 12), "head_of_procurement", CALENDAR)
    assert moved.due_on == date(2026, 3, 20)
    assert moved.extensions == (
        Extension(date(2026, 3, 16), date(2026, 3, 20), date(2026, 3, 12), "head_of_procurement"),
    )
    assert Receipt.from_json(moved.as_json()) == moved
    assert recompute(moved) == moved
    assert "extensions" not in receipt.as_json()


def test_a_pause_after_more_time_moves_the_extended_day_and_one_before_it_does_not_move_it_twice() -> None:
    before, after = (
        Pause(date(2026, 3, 4), date(2026, 3, 6), "case_paused"),
        Pause(date(2026, 3, 18), date(2026, 3, 20), "case_paused"),
    )
    paused = derive(TERMS["start_decision"], "step_begun", MONDAY, CALENDAR, pauses=[before])
    assert paused.due_on == date(2026, 3, 18)
    moved = extended(paused, date(2026, 3, 20), date(2026, 3, 12), "contract_owner", CALENDAR)
    assert moved.due_on == date(2026, 3, 20)
    stopped = again(moved, CALENDAR, pauses=(*moved.pauses, after))
    assert stopped.due_on == date(2026, 3, 24)  # Wednesday and Thursday were lost
    assert recompute(stopped) == stopped


def test_more_time_ends_at_twice_the_term_from_the_same_event_with_the_same_pauses() -> None:
    assert latest_day(start(), CALENDAR) == date(2026, 3, 30)  # twenty working days
    pause = Pause(date(2026, 3, 4), date(2026, 3, 6), "case_paused")
    paused = derive(TERMS["start_decision"], "step_begun", MONDAY, CALENDAR, pauses=[pause])
    assert latest_day(paused, CALENDAR) == date(2026, 4, 1)


@pytest.mark.parametrize(
    ("receipt", "code"),
    [
        (None, "extension_no_day"),
        (derive(TERMS["standstill"], "award_notice_sent", MONDAY, CALENDAR), "extension_of_law"),
        (derive(TERMS["extension_notice"], "contract_ends", MONDAY, CALENDAR), "extension_of_clause"),
        (derive(TERMS["award_notice"], "step_begun", MONDAY, CALENDAR), "extension_of_at_once"),
        (derive(TERMS["renewal_start"], "last_possible_end", MONDAY, CALENDAR), "extension_of_given_day"),
        (replace(start(), extensions=(Extension(MONDAY, MONDAY, MONDAY, "x"),) * 2), "extension_used_up"),
        (start(), None),
    ],
)
def test_only_the_regions_own_time_can_be_extended(receipt: Receipt | None, code: str | None) -> None:
    assert why_not(receipt) == code


def test_a_changed_term_is_counted_from_the_same_event_and_leaves_law_and_decided_days_alone() -> None:
    row = Parameter("start_decision", "15", date(2026, 3, 1), "Beslut 3")
    moved = with_parameter(start(), row, CALENDAR, ())
    assert moved is not None
    assert (moved.due_on, moved.source) == (date(2026, 3, 23), "Beslut 3")
    assert moved.parameter == "start_decision=15@2026-03-01"
    assert recompute(moved) == moved
    extended_day = extended(start(), date(2026, 3, 20), MONDAY, "contract_owner", CALENDAR)
    assert with_parameter(extended_day, row, CALENDAR, ()) is None
    law = derive(TERMS["standstill"], "award_notice_sent", MONDAY, CALENDAR)
    assert with_parameter(law, Parameter("standstill", "15", MONDAY, "nej"), CALENDAR, ()) is None


def test_a_closing_day_that_comes_later_makes_no_difference_to_a_running_deadline() -> None:
    receipt = derive(TERMS["start_decision"], "step_begun", MONDAY, Calendar(frozenset({date(2026, 3, 5)})))
    assert receipt.due_on == date(2026, 3, 17)
    assert receipt.closing_days == (date(2026, 3, 5),)
    assert recompute(receipt) == receipt
    found = check_receipt(receipt.as_json(), receipt.due_on, anchors={"step_begun": {MONDAY}}, pauses=(), parameters=())
    assert found == []


def test_each_way_a_stored_deadline_can_lie_is_told() -> None:
    pause = Pause(date(2026, 3, 4), date(2026, 3, 6), "case_paused")
    good = start()

    def codes(receipt: Receipt, due_on: date | None = good.due_on, **facts: object) -> list[str]:
        given = {"anchors": {"step_begun": {MONDAY}}, "pauses": (), "parameters": ()} | facts
        return [d.code for d in check_receipt(receipt.as_json(), due_on, **given)]  # type: ignore[arg-type]

    assert codes(good) == []
    assert codes(replace(good, due_on=date(2026, 3, 17)), date(2026, 3, 17)) == ["sum_differs"]
    assert codes(good, date(2026, 4, 1)) == ["date_differs"]
    assert codes(good, anchors={"step_begun": {date(2026, 3, 3)}}) == ["event_differs"]
    assert codes(good, pauses=(pause,)) == ["pauses_differ"]
    assert codes(replace(good, parameter="start_decision=10@2026-01-01")) == ["parameter_unknown"]
    law = derive(replace(TERMS["standstill"], amount=9), "award_notice_sent", MONDAY, CALENDAR)
    assert codes(law, law.due_on) == ["amount_differs"]
    assert [d.code for d in check_receipt({"term": "x"}, None, anchors={}, pauses=(), parameters=())] == [
        "receipt_unreadable"
    ]
    given = fixed("contract_end", "contract_ends", MONDAY, good.basis, "avtalet")
    assert codes(given, MONDAY) == []


# --- the table ---------------------------------------------------------------------------------------------------


def test_the_43_triggers_stand_in_one_table() -> None:
    assert [t.id for t in PROCUREMENT_TRIGGERS] == [f"P{n}" for n in range(1, 25)]
    assert [t.id for t in FOLLOW_UP_TRIGGERS] == [f"U{n}" for n in range(1, 20)]
    assert len(TRIGGERS) == 43
    assert all(t.source and t.recipients for t in TRIGGERS)


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda t: t.id)
def test_what_keeps_a_trigger_is_really_there(trigger: TimeTrigger) -> None:
    assert all(term in TERMS for term in trigger.terms)
    if trigger.kept is Kept.WAITING:
        assert trigger.waits in WAITS
        assert trigger.names == ()
        return
    assert trigger.names
    assert set(trigger.names) <= kept_by(trigger.kept)


def kept_by(kept: Kept) -> set[str]:
    """Every timer, duty or guard that a released definition has, under the name the table uses."""
    found = set()
    for d in DEFINITIONS.values():
        if kept is Kept.TIMER:
            found |= {f"{d.id}.{t.kind}" for t in d.timers}
        elif kept is Kept.DUTY:
            owed = [s.owes for s in d.states if s.owes] + [o for t in d.transitions for o in t.opens] + list(d.opens)
            found |= {f"{d.id}.{o.trigger}" for o in owed}
            found |= {f"{d.id}.{WEIGH_CEILING.trigger}"} & {f"{d.id}.{t}" for t in d.triggers()}  # an effect opens it
        else:
            found |= {g for t in d.transitions for g in t.guards}
    return found


def test_the_mark_of_a_trigger_is_that_of_what_keeps_it() -> None:
    for t in TRIGGERS:
        if t.kept is Kept.CHECK:
            assert {GUARDS[name].mark for name in t.names} == {t.mark}, t.id
        bases = {TERMS[name].basis.value for name in t.terms}
        if t.mark is Mark.POLICY:
            assert bases <= {"policy"}, t.id
