"""What lists, inboxes and case pages show: the right rows, in the right order, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from tests.play import CONTRACT, Play
from workflow.cases import lists
from workflow.cases.queries import (
    CaseFilter,
    case_comments,
    case_counts,
    case_events,
    case_timers,
    case_view,
    done_tasks,
    list_and_counts,
    list_cases,
    my_task_counts,
    my_tasks,
    waiting_for_others,
)
from workflow.cases.tasks import resting_tasks
from workflow.commands import AddUnit, AssignRole, CorrectCase, HandOn, OpenCase, SetSubstitute, WriteComment
from workflow.contracts.queries import ContractFilter, contracts_ahead, list_contracts
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import delivery, digests, timers
from workflow.errors import InvalidForm
from workflow.people.queries import mandates, people_of_region, substitutes, unit_tree
from workflow.suppliers.queries import list_suppliers, supplier_view

NONE = dict.fromkeys(("open", "late", "without_owner", "expiring_next_year"), 0)
TITLES = ("Städtjänster", "Ventilatorer", "Åkerimaskiner", "Ögonmottagning, mikroskop", "Livsmedel 100%")


def shown(play: Play, who: str = "officer", **filters: Any) -> list[str]:
    """The titles a filtered list shows, in its order."""
    actor = play.as_(who)
    with play.app.database.read() as uow:
        return [c.title for c in list_cases(uow, actor, CaseFilter(**filters)).items]


@contextmanager
def statements(play: Play) -> Iterator[list[str]]:
    """What the database is asked meanwhile."""
    asked: list[str] = []

    def heard(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        asked.append(statement)

    event.listen(play.app.database.engine, "before_cursor_execute", heard)
    try:
        yield asked
    finally:
        event.remove(play.app.database.engine, "before_cursor_execute", heard)


@pytest.fixture
def five(play: Play) -> Play:
    """Five procurements, a day apart: the first two have come further, the last one is abandoned."""
    ids = []
    for title in TITLES:
        ids.append(play.open(title=title))
        play.advance(1)
    play.elsewhere(ids[0]).need()
    play.elsewhere(ids[1]).need()
    play.elsewhere(ids[1]).act("owner", "decide_start")
    play.elsewhere(ids[4]).act("owner", "abandon", reason="Behovet försvann.")
    return play


# --- lists -----------------------------------------------------------------------------------------------------


def test_open_cases_come_by_their_next_date_and_closed_ones_last(five: Play) -> None:
    with five.app.database.read() as uow:
        items = list_cases(uow, five.as_("officer")).items
    dates = [c.next_due_on for c in items[:4]]
    assert all(dates)
    assert dates == sorted(dates)
    assert (items[4].title, items[4].closed, items[4].next_due_on) == ("Livsmedel 100%", True, None)
    assert {(c.unit_name, c.owner_name, c.officer_name) for c in items} == {
        ("Division Nära", "Åsa Ägare", "Ulla Upphandlare")
    }


@pytest.mark.parametrize("size", [1, 2, 3, 5])
def test_pages_show_every_case_once_in_the_order_of_the_whole_list(five: Play, size: int) -> None:
    actor, whole, after = five.as_("officer"), shown(five), None
    seen: list[str] = []
    with five.app.database.read() as uow:
        for _ in range(9):
            page = list_cases(uow, actor, after=after, limit=size)
            seen += [c.title for c in page.items]
            after = page.next
            if after is None:
                break
    assert after is None
    assert seen == whole


def test_a_case_that_moves_between_two_pages_hides_no_other(five: Play) -> None:
    actor = five.as_("officer")
    with five.app.database.read() as uow:
        first = list_cases(uow, actor, limit=2)
        whole = {c.title for c in list_cases(uow, actor).items}
    five.elsewhere(first.items[0].id).act("owner", "abandon", reason="Behovet försvann.")
    with five.app.database.read() as uow:
        rest = list_cases(uow, actor, after=first.next).items
    assert {c.title for c in (*first.items, *rest)} == whole


@pytest.mark.parametrize("cursor", ["x", "åäö", "WzEsMl0", "W10", "bnVsbA", "WzksImEiXQ", "!" * 5000])
def test_a_cursor_that_no_list_gave_is_refused_at_its_field(play: Play, cursor: str) -> None:
    for query in (list_cases, list_contracts, list_suppliers):
        with play.app.database.read() as uow, pytest.raises(InvalidForm) as refused:
            query(uow, play.as_("officer"), after=cursor)
        assert [e.field for e in refused.value.errors] == ["after"]


def test_filters_narrow_the_list(five: Play) -> None:
    assert shown(five, state="start_decision") == ["Städtjänster"]
    assert shown(five, process="procurement", state="risk_analysis") == ["Ventilatorer"]
    assert set(shown(five, phase="need")) == set(TITLES[:4])
    assert shown(five, process="contract") == []
    assert shown(five, state="no_such_state") == []
    assert set(shown(five, open_only=True)) == set(TITLES[:4])
    assert shown(five, owner=five.people["owner_2"]) == []
    assert set(shown(five, owner=five.people["owner"], officer=five.people["officer"])) == set(TITLES)
    assert set(shown(five, unit=five.people["top"])) == set(TITLES), "a unit takes those below it too"


def test_late_is_after_the_last_day_and_not_on_it(five: Play) -> None:
    with five.app.database.read() as uow:
        first = list_cases(uow, five.as_("officer")).items[0]
    assert first.next_due_on is not None
    five.clock.at = five.clock.at.replace(
        year=first.next_due_on.year, month=first.next_due_on.month, day=first.next_due_on.day
    )
    assert shown(five, overdue=True) == []
    assert first.title in shown(five, overdue=False)
    five.clock.at += timedelta(days=1)
    assert shown(five, overdue=True)[0] == first.title
    assert first.title not in shown(five, overdue=False)


def test_counts_agree_with_the_list(five: Play) -> None:
    five.open(title="Utan ägare", unit=None, owner=None)
    five.clock.at += timedelta(days=400)
    with five.app.database.read() as uow:
        actor = five.as_("officer")
        counts = case_counts(uow, actor) or {}
        assert counts["open"] == len(list_cases(uow, actor, CaseFilter(open_only=True)).items) == 5
        assert counts["late"] == len(list_cases(uow, actor, CaseFilter(overdue=True)).items) == 5
        assert counts["without_owner"] == 1
        assert (case_counts(uow, actor, CaseFilter(q="ventilatorer")) or {})["open"] == 1


def test_a_list_asks_the_database_equally_often_for_one_row_and_for_many(five: Play) -> None:
    actor = five.as_("officer")
    asked = []
    for limit in (1, 2):
        with statements(five) as heard, five.app.database.read() as uow:
            list_cases(uow, actor, limit=limit)
            my_tasks(uow, actor, five.today, limit=limit)
        asked.append(len([s for s in heard if s.lstrip().upper().startswith("SELECT")]))
    assert asked[0] == asked[1] <= 4


# --- search ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("q", "titles"),
    [
        ("städ", ["Städtjänster"]),
        ("STÄDTJÄNSTER", ["Städtjänster"]),
        ("åkeri", ["Åkerimaskiner"]),
        ("ÖGON mikro", ["Ögonmottagning, mikroskop"]),
        ("  mikro   ögon ", ["Ögonmottagning, mikroskop"]),
        ("maskin", ["Åkerimaskiner"]),
        ("akeri", []),
        ("100%", ["Livsmedel 100%"]),
        ("%", ["Livsmedel 100%"]),
        ("_", []),
        ("' OR 1=1 --", []),
        ("UPP-2026-0002", ["Ventilatorer"]),
        ("upp-2026-0002", ["Ventilatorer"]),
    ],
)
def test_search_finds_words_of_the_title_and_references(five: Play, q: str, titles: list[str]) -> None:
    assert shown(five, q=q) == titles


def test_common_words_are_found_in_the_order_of_the_list(five: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """With more hits than are looked up one by one, the list is walked instead: the answer is the same."""
    by_id = {q: shown(five, q=q) for q in ("ing", "m", "tj", "UPP-2026-0002", "m 2026")}
    assert len(by_id["m"]) == 3
    monkeypatch.setattr(lists, "RARE", 1)
    assert {q: shown(five, q=q) for q in by_id} == by_id


def test_what_very_many_titles_hold_is_listed_but_not_counted(five: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """To count a common word is to read every case; the list itself needs only its first rows, and the words once."""
    actor = five.as_("officer")
    monkeypatch.setattr(lists, "RARE", 1)
    with statements(five) as heard, five.app.database.read() as uow:
        found, counts = list_and_counts(uow, actor, CaseFilter(q="m"), limit=2)
    assert (len(found.items), found.next is not None, counts) == (2, True, None)
    assert not any("count(" in s.lower() for s in heard)
    assert len([s for s in heard if "title_fold" in s and "ORDER BY" not in s]) == 1
    with five.app.database.read() as uow:
        found, counts = list_and_counts(uow, actor, CaseFilter(q="ventilatorer"))
        assert (found, counts) == (list_cases(uow, actor, CaseFilter(q="ventilatorer")), {**NONE, "open": 1})
        assert case_counts(uow, actor, CaseFilter(q="m")) is None
        assert case_counts(uow, actor, CaseFilter(q="finns inte")) == NONE


def test_search_finds_by_the_beginning_of_reference_and_dnr(five: Play) -> None:
    assert set(shown(five, q="UPP-2026-000")) == set(TITLES)
    with five.app.database.read() as uow:
        case = next(c for c in list_cases(uow, five.as_("officer")).items if c.title == "Ventilatorer")
    form = {
        "title": case.title, "unit": case.unit_id, "owner": case.owner_id, "officer": case.officer_id,
        "registry_number": "RS Å 2026/117",
    }  # fmt: skip
    five.do("officer", CorrectCase(case.id, case.row_version, form))
    for q in ("RS Å 2026/117", "rs å 2026/117", "RS Å 2026/1"):
        assert shown(five, q=q) == ["Ventilatorer"]
    assert shown(five, q="RS Å 2026/2") == []


# --- obligations -----------------------------------------------------------------------------------------------


def owed(play: Play, who: str, **more: Any) -> list[tuple[str, str]]:
    with play.app.database.read() as uow:
        return [(t.trigger, t.case_title) for t in my_tasks(uow, play.as_(who), play.today, **more).items]


def test_my_tasks_are_those_that_name_me_most_urgent_first(five: Play) -> None:
    with five.app.database.read() as uow:
        tasks = my_tasks(uow, five.as_("officer"), five.today).items
        assert my_task_counts(uow, five.as_("officer"), five.today) == (len(tasks), 0)
    assert [t.due_on for t in tasks] == sorted(t.due_on for t in tasks)
    assert {t.trigger for t in tasks} == {"submit_needs_analysis", "submit_risk_analysis"}
    assert owed(five, "owner") == [("decide_start", "Städtjänster")]
    assert owed(five, "officer_2") == owed(five, "reviewer") == owed(five, "owner_2") == []
    first = tasks[0]
    assert first.roles[0] == first.role == "procurement_officer"
    assert (first.person_name, first.receipt and first.receipt["due_on"]) == (
        "Ulla Upphandlare",
        first.due_on.isoformat(),
    )


def test_pages_of_my_tasks_miss_none_and_repeat_none(five: Play) -> None:
    whole, seen, after = owed(five, "officer"), [], None
    with five.app.database.read() as uow:
        for _ in range(9):
            page = my_tasks(uow, five.as_("officer"), five.today, after=after, limit=1)
            seen += [(t.trigger, t.case_title) for t in page.items]
            after = page.next
            if after is None:
                break
    assert seen == whole


def test_a_task_that_names_nobody_is_everybodys_who_holds_the_role_and_no_longer_when_somebody_takes_it(
    play: Play,
) -> None:
    play.open("head", unit=play.people["top"])
    assert owed(play, "officer") == owed(play, "officer_2") == [("submit_needs_analysis", "Städtjänster")]
    assert owed(play, "owner") == []
    play.do("officer", HandOn(play.task("submit_needs_analysis").id, play.people["officer_2"]))
    assert owed(play, "officer") == []
    assert owed(play, "officer_2") == [("submit_needs_analysis", "Städtjänster")]


def test_a_role_held_in_one_unit_owes_only_what_lies_in_it(play: Play) -> None:
    ward = play.do("admin", AddUnit(play.region, "Vårdcentral", parent_id=play.people["unit"]))["id"]
    play.do("admin", AssignRole(play.people["reviewer"], "procurement_officer", play.people["unit"]))
    play.open("head", title="Vårdcentralens", unit=ward)
    play.open("head", title="Direktörens", unit=play.people["top"])
    assert owed(play, "reviewer") == [("submit_needs_analysis", "Vårdcentralens")]
    assert len(owed(play, "officer")) == 2


def test_a_substitute_has_the_tasks_of_the_one_replaced_from_the_first_day_to_the_last(five: Play) -> None:
    first, last = five.today + timedelta(days=2), five.today + timedelta(days=4)
    five.do("owner", SetSubstitute(five.people["owner"], five.people["owner_2"], first, last))
    seen = []
    for _ in range(7):
        seen.append(owed(five, "owner_2") != [])
        five.clock.at += timedelta(days=1)
    assert seen == [False, False, True, True, True, False, False]


def test_waiting_for_others_is_what_others_owe_in_my_cases(five: Play) -> None:
    with five.app.database.read() as uow:
        officer = waiting_for_others(uow, five.as_("officer")).items
        owner = waiting_for_others(uow, five.as_("owner")).items
        nobody = waiting_for_others(uow, five.as_("officer_2")).items
    assert [(t.trigger, t.person_name) for t in officer] == [("decide_start", "Åsa Ägare")]
    assert {t.case_title for t in owner} == set(TITLES[1:4])
    assert nobody == []


def test_done_tasks_are_my_own_since_a_moment(five: Play) -> None:
    with five.app.database.read() as uow:
        done = done_tasks(uow, five.as_("owner"), five.clock.at - timedelta(days=14))
        later = done_tasks(uow, five.as_("owner"), five.clock.at + timedelta(seconds=1))
    assert [(t.trigger, t.case_title, t.status) for t in done] == [("decide_start", "Ventilatorer", "done")]
    assert later == []


# --- one case --------------------------------------------------------------------------------------------------


@pytest.fixture
def contracted(play: Play) -> Play:
    """Two lots to their contracts: the first signed, the second in standstill."""
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    for lot in (1, 2):
        play.award(lot)
    play.notify(1)
    play.advance(13)
    play.notify(2)
    play.sign(1)
    return play


def test_the_case_view_holds_what_the_case_page_shows(contracted: Play) -> None:
    with contracted.app.database.read() as uow:
        view = case_view(uow, contracted.as_("owner"), contracted.case)
    assert (view.unit_name, view.names[view.case.owner_id]) == ("Division Nära", "Åsa Ägare")
    assert view.procurement is not None
    assert (view.procurement["track"], view.procurement["tenders_received"]) == ("above_threshold", 3)
    assert [(x.number, x.title) for x in view.lots] == [(1, "Norr"), (2, "Söder")]
    assert view.lots[1].state == "standstill"
    assert view.lots[1].standstill_receipt is not None
    assert view.lots[1].standstill_receipt["source"].startswith("LOU 20:1")
    assert [t.statement for t in view.targets] == ["Minst hälften av städmedlen är miljömärkta"]
    assert [view.names[o.author_id] for o in view.opinions] == ["Hanna Hållbar"]
    assert [(d.trigger, d.decided_by_name) for d in view.decisions][-1] == ("sign_contracts", "Cecilia Chef")
    assert [c.process for c in view.children] == ["contract"]
    assert view.parent is None
    standstill = [d for d in view.deadlines if d.trigger == "end_standstill"]
    assert [(d.what, d.lot, d.due_on) for d in standstill] == [("timer", 2, view.lots[1].standstill_due_on)]
    assert [d.due_on for d in view.deadlines] == sorted(d.due_on for d in view.deadlines)
    assert {a.name for a in view.access_list} == {"Ulla Upphandlare", "Cecilia Chef"}


def test_a_contracts_view_names_supplier_parent_and_the_days_ahead(contracted: Play) -> None:
    (contract,) = contracted.contracts()
    with contracted.app.database.read() as uow:
        view = case_view(uow, contracted.as_("owner"), contract)
    assert view.contract is not None
    assert (view.contract["supplier_name"], view.contract["options_left"]) == ("Städ AB", 1)
    assert view.parent is not None
    assert view.parent.id == contracted.case
    assert (view.procurement, view.lots) == (None, [])
    days = {d.kind: d.due_on for d in view.deadlines if d.what == "contract"}
    assert days["extension_notice"] <= date(2028, 4, 30)
    assert days["renewal_start"] < date(2029, 7, 31)


def test_the_trail_comes_in_order_and_piece_by_piece(contracted: Play) -> None:
    actor = contracted.as_("owner")
    contracted.do("owner", WriteComment(contracted.case, "När blir avtalet klart?", kind="question"))
    with contracted.app.database.read() as uow:
        whole = case_events(uow, actor, contracted.case)
        pieces, after = [], 0
        while piece := case_events(uow, actor, contracted.case, after_seq=after, limit=7):
            pieces += piece
            after = piece[-1].seq
        (comment,) = case_comments(uow, actor, contracted.case)
        timers = case_timers(uow, actor, contracted.case)
    assert pieces == whole
    assert [e.seq for e in whole] == list(range(1, len(whole) + 1))
    decided = next(e for e in whole if e.kind == "sustainability_target_decided")
    assert (decided.actor_name, decided.from_state, decided.to_state) == (
        "Åsa Ägare",
        "target_decision",
        "requirement_selection",
    )
    assert decided.fields["reasons"] == "Enligt underlaget."
    assert "submit_requirements" in decided.receipts
    assert (comment.author_name, comment.addressee_name) == ("Åsa Ägare", "Ulla Upphandlare")
    assert [t.due_at for t in timers] == sorted(t.due_at for t in timers)


# --- contracts and suppliers -----------------------------------------------------------------------------------


def test_the_contract_register_is_ordered_by_end_and_filtered(contracted: Play) -> None:
    more = {**CONTRACT, "title": "Tvätt", "unit": contracted.people["unit"], "supplier_name": "Tvätt AB",
            "organisation_number": "556056-6258", "end_on": "2027-01-31", "contract_class": "a"}  # fmt: skip
    contracted.do("officer", OpenCase("contract", contracted.region, more))
    undated = {"title": "Gammalt avtal", "unit": contracted.people["unit"], "supplier_name": "Okänd AB"}
    contracted.do("officer", OpenCase("contract", contracted.region, undated))
    actor = contracted.as_("officer")

    def titles(**filters: Any) -> list[str]:
        with contracted.app.database.read() as uow:
            return [c.title for c in list_contracts(uow, actor, ContractFilter(**filters)).items]

    assert titles() == ["Tvätt", "Städtjänster, Norr", "Gammalt avtal"]
    assert titles(expiring_before=date(2027, 2, 1)) == ["Tvätt"]
    assert titles(expiring_before=date(2027, 1, 31)) == []
    assert titles(contract_class="a") == ["Tvätt"]
    assert titles(q="tvätt ab") == titles(q="556056-6258") == ["Tvätt"]
    assert titles(unit=contracted.people["top"], owner=contracted.people["owner"]) == titles()
    assert shown(contracted, expiring_year=2027) == ["Tvätt"]
    assert set(shown(contracted, q="Städ AB")) == {"Städtjänster", "Städtjänster, Norr"}
    with contracted.app.database.read() as uow:
        first = list_contracts(uow, actor, limit=1)
        rest = list_contracts(uow, actor, after=first.next)
        assert [c.title for c in (*first.items, *rest.items)] == titles()
        assert (case_counts(uow, actor) or {})["expiring_next_year"] == 1


def test_what_lies_ahead_names_the_days_by_division_and_whether_the_next_procurement_has_begun(
    contracted: Play,
) -> None:
    (contract,) = contracted.contracts()
    actor = contracted.as_("officer")
    with contracted.app.database.read() as uow:
        assert contracts_ahead(uow, actor, date(2026, 7, 30)).items == []
        (ahead,) = contracts_ahead(uow, actor, date(2026, 7, 31)).items
        view = case_view(uow, actor, contract)
    days = {d.kind: (d.due_on, d.receipt) for d in view.deadlines if d.what == "contract"}
    assert ahead.division == "Division Nära"
    assert (ahead.extension_notice_on, ahead.extension_receipt) == days["extension_notice"]
    assert (ahead.renewal_start_on, ahead.renewal_receipt) == days["renewal_start"]
    assert ahead.successor is None
    form = {"title": "Städtjänster igen", "unit": contracted.people["unit"]}
    contracted.do("officer", OpenCase("procurement", contracted.region, form, predecessor_id=contract))
    with contracted.app.database.read() as uow:
        (ahead,) = contracts_ahead(uow, actor, date(2026, 7, 31)).items
        assert ahead.successor is not None
        assert ahead.successor.title == "Städtjänster igen"
        assert [s.title for s in case_view(uow, actor, contract).successors] == ["Städtjänster igen"]


def test_a_supplier_shows_its_contracts_and_awards(contracted: Play) -> None:
    with contracted.app.database.read() as uow:
        actor = contracted.as_("owner")
        (item,) = list_suppliers(uow, actor, q="städ").items
        view = supplier_view(uow, actor, item.id)
        assert list_suppliers(uow, actor, q="5560360793").items == [item]
        assert list_suppliers(uow, actor, q="tvätt").items == []
    assert (item.name, item.organisation_number, item.contracts_open) == ("Städ AB", "556036-0793", 1)
    assert [c.title for c in view.contracts] == ["Städtjänster, Norr"]
    assert [(a.lot_number, a.status) for a in view.awards] == [(1, "awarded"), (2, "awarded")]


# --- people ----------------------------------------------------------------------------------------------------


def test_people_come_by_name_with_the_roles_they_hold_today(play: Play) -> None:
    actor = play.as_("admin")
    with play.app.database.read() as uow:
        everybody = people_of_region(uow, actor, play.today)
        owners = people_of_region(uow, actor, play.today, roles=("contract_owner",))
        assert people_of_region(uow, actor, play.today - timedelta(days=1), roles=("contract_owner",)) == []
        tree = unit_tree(uow, actor)
        rows = mandates(uow, actor, play.today)
    assert [p.name for p in owners] == ["Åsa Ägare", "Örjan Ägare"]
    assert [p.name for p in everybody][-1] == "Örjan Ägare", "Å and Ö come last"
    assert [(u.name, u.depth, u.manager_name) for u in tree] == [
        ("Regiondirektörens stab", 0, "Disa Direktör"),
        ("Division Nära", 1, "Cecilia Chef"),
    ]
    direct = [m for m in rows if m.act == "decide_direct_award"]
    assert [m.limit_ore for m in direct] == [30_000_000, None]


def test_substitutes_are_listed_until_they_have_ended(play: Play) -> None:
    play.do("owner", SetSubstitute(play.people["owner"], play.people["owner_2"], play.today, play.today))
    actor = play.as_("admin")

    def listed(uow: UnitOfWork, *day: date, **of: Any) -> list[str]:
        return [x.substitute_name for x in substitutes(uow, actor, *day, **of)]

    with play.app.database.read() as uow:
        assert listed(uow, play.today) == listed(uow, person_id=play.people["owner_2"]) == ["Örjan Ägare"]
        assert listed(uow, play.today + timedelta(days=1)) == listed(uow, person_id=play.people["head"]) == []


# --- the way to the rows ---------------------------------------------------------------------------------------


def test_lists_and_inbox_are_read_along_an_index(play: Play) -> None:
    """On SQLite the plan itself: no list walks a whole table, and the inbox uses the indexes of open tasks."""
    if not play.app.database.is_sqlite:
        pytest.skip("the plan is SQLite's")
    actor = replace(play.as_("officer"))
    calls: list[Callable[[Any], Any]] = [
        lambda uow: list_cases(uow, actor),
        lambda uow: list_cases(uow, actor, CaseFilter(owner="x")),
        lambda uow: list_cases(uow, actor, CaseFilter(process="procurement", state="evaluation")),
        lambda uow: case_counts(uow, actor),
        lambda uow: my_tasks(uow, actor, play.today),
        lambda uow: my_task_counts(uow, actor, play.today),
        lambda uow: resting_tasks(uow, actor, play.today),
        lambda uow: waiting_for_others(uow, actor),
        lambda uow: list_contracts(uow, actor),
    ]
    asked: list[tuple[str, Any]] = []

    def heard(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(play.app.database.engine, "before_cursor_execute", heard)
    try:
        with play.app.database.read() as uow:
            for call in calls:
                call(uow)
    finally:
        event.remove(play.app.database.engine, "before_cursor_execute", heard)
    with play.app.database.read() as uow:
        plan = [
            step[3]
            for statement, parameters in asked
            for step in uow.connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement, parameters)
        ]
    assert not [p for p in plan if p.startswith(("SCAN cases", "SCAN tasks", "SCAN contracts"))]
    assert not [p for p in plan if "ix_tasks_closed" in p]  # all tasks that the region ever had
    for index in ("ix_cases_list", "ix_cases_owner", "ix_cases_state", "ix_tasks_person", "ix_tasks_role"):
        assert any(index in p for p in plan), index


def test_what_is_due_is_read_along_its_index(play: Play) -> None:
    """The indexes of what waits are partial: they serve only where the statement says so in its own words."""
    if not play.app.database.is_sqlite:
        pytest.skip("the plan is SQLite's")
    for statement, index in ((timers.NEXT_DUE, "ix_timers_due"), (timers._DUE_CASES, "ix_timers_due"),
                             (delivery._DUE, "ix_outbox_messages_due"), (delivery._NEXT, "ix_outbox_messages_due"),
                             (digests._WAITING_OF, "ix_digest_notes_waiting")):  # fmt: skip
        with play.app.database.read() as uow:
            compiled = statement.on(uow.dialect)
            given = compiled.parameters({"now": uow.now, "most": 1, "person_id": "x"})
            plan = uow.connection.exec_driver_sql("EXPLAIN QUERY PLAN " + compiled.sql, tuple(given)).all()
        assert any(index in step[3] for step in plan), (index, plan)
        assert not [step for step in plan if "TEMP B-TREE" in step[3]]
