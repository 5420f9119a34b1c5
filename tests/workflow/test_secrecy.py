"""Two walls: a region sees its own only, and matter of a tender is secret until the award event (OSL 19:3)."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import inspect, select

from states.roles import Actor
from tests.people import BEGIN
from tests.play import Play
from workflow.cases import queries as cases
from workflow.commands import AddFile, WriteComment
from workflow.contracts import queries as contracts
from workflow.db.metadata import METADATA
from workflow.db.unit_of_work import UnitOfWork
from workflow.errors import NotFound
from workflow.people import queries as people_queries
from workflow.suppliers import queries as suppliers

LATER = date(2027, 1, 1)
OF_A_CASE: tuple[Callable[[UnitOfWork, Actor, str], Any], ...] = (
    cases.case_view,
    cases.case_row,
    cases.case_events,
    cases.case_timers,
    cases.case_tasks,
    cases.case_comments,
    cases.case_files,
    cases.case_mails,
)


def everything(play: Play, who: str, *, search: tuple[str, ...] = ()) -> list[Any]:
    """All that a person of the region can look at, by every query there is."""
    actor = play.as_(who)
    with play.app.database.read() as uow:
        listed = cases.list_cases(uow, actor, limit=500).items
        register = suppliers.list_suppliers(uow, actor, limit=500).items
        seen: list[Any] = [
            listed,
            cases.case_counts(uow, actor),
            cases.my_tasks(uow, actor, LATER),
            cases.my_task_counts(uow, actor, LATER),
            cases.waiting_for_others(uow, actor),
            cases.done_tasks(uow, actor, play.clock.at.replace(year=2000)),
            contracts.list_contracts(uow, actor, contracts.ContractFilter(open_only=False)),
            contracts.contracts_ahead(uow, actor, LATER, months=240),
            register,
            [suppliers.supplier_view(uow, actor, s.id) for s in register],
            people_queries.people_of_region(uow, actor, LATER, include_disabled=True),
            people_queries.unit_tree(uow, actor),
            people_queries.mandates(uow, actor),
            people_queries.substitutes(uow, actor),
        ]
        for q in search:
            seen.append(cases.list_cases(uow, actor, cases.CaseFilter(q=q)))
            seen.append(contracts.list_contracts(uow, actor, contracts.ContractFilter(q=q, open_only=False)))
            seen.append(suppliers.list_suppliers(uow, actor, q=q))
        for case in listed:
            seen += [query(uow, actor, case.id) for query in OF_A_CASE]
        return seen


def leaves(value: Any) -> Iterator[Any]:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            yield from leaves(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield key
            yield from leaves(each)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from leaves(each)
    else:
        yield value


# --- the wall between regions ----------------------------------------------------------------------------------


def texts_in_database(play: Play) -> set[str]:
    with play.app.database.read() as uow:
        present = set(inspect(uow.connection).get_table_names())
        return {
            value
            for table in METADATA.sorted_tables
            if table.name in present
            for row in uow.connection.execute(select(table))
            for value in row
            if isinstance(value, str) and len(value) > 4
        }


def whole_journey(play: Play, mark: str, number: str) -> None:
    """A procurement to its contract, with a text of the region's own in every field that takes one."""
    supplier = {"supplier_name": f"{mark} leverantör AB", "organisation_number": number, "value": "1 234 567"}
    play.open(title=f"{mark} titel", lots=(f"{mark} område",), registry_number=f"{mark} 2026/1")
    play.need(lots=[f"{mark} anbudsområde"], cpv=f"{mark} cpv", framework=f"{mark} ramavtal")
    play.act("owner", "decide_start", reasons=f"{mark} skäl till start")
    risks = ("risk_environment", "risk_human_rights", "risk_corruption", "risk_labour_law")
    play.act("officer", "submit_risk_analysis", **dict.fromkeys(risks, "low"), risk_note=f"{mark} risknot")
    target = {
        "statement": f"{mark} mål", "dimension": "environmental", "goal": 12, "level": "basic",
        "indicator": f"{mark} indikator", "follow_up": f"{mark} uppföljning", "baseline": f"{mark} nuläge",
    }  # fmt: skip
    play.act("owner", "save_targets", targets=[target])
    play.act(
        "head", "record_opinion", supports=True, opinion=f"{mark} yttrande"
    ) if "strategist" not in play.people else (
        play.act("strategist", "record_opinion", supports=True, opinion=f"{mark} yttrande")
    )
    play.act("officer", "submit_targets")
    play.act("owner", "decide_sustainability_target", reasons=f"{mark} skäl till mål")
    requirement = {
        "text": f"{mark} krav", "requirement_kind": "contract_clause", "proof": f"{mark} bevis",
        "follow_up": f"{mark} stickprov", "target_number": 1,
    }  # fmt: skip
    play.set_requirements(requirement)
    play.advertise()
    play.open_tenders()
    play.act("officer", "submit_award_proposal", suppliers=[supplier], award_reasons=f"{mark} motivering")
    play.act("head", "decide_award", sent_to=f"{mark} registrator")
    play.notify()
    play.advance(15)
    play.sign(**supplier, contract_number=f"{mark}-avtal-9")
    play.do("officer", WriteComment(play.case, f"{mark} kommentar"))
    play.do("officer", AddFile(play.case, f"{mark} fil.pdf", "application/pdf", 10, mark.lower() * 8, "open"))


@pytest.fixture
def two_regions(play: Play, kalmar: Play) -> tuple[Play, Play, set[str]]:
    """Both regions carry a procurement to its contract; and the texts that only Kalmar's rows hold."""
    whole_journey(play, "NORRMARK", "556036-0793")
    play.advance(100)  # nothing of Norrbotten falls due any more while Kalmar plays
    before = texts_in_database(play)
    of_kalmar_before = {*kalmar.people.values(), "Karin Ägare", "Kurt Upphandlare", "Klara Chef", "Kajsa Administratör"}
    kalmar.clock.at = BEGIN
    whole_journey(kalmar, "KANARIE", "556056-6258")
    return play, kalmar, (texts_in_database(play) - before) | of_kalmar_before


def test_no_text_of_another_region_shows_by_any_query(two_regions: tuple[Play, Play, set[str]]) -> None:
    play, _, canaries = two_regions
    assert sum("KANARIE" in c for c in canaries) > 25
    for who in ("officer", "owner", "head", "admin", "registrar", "reviewer"):
        shown = {v for v in leaves(everything(play, who, search=("KANARIE", "leverantör"))) if isinstance(v, str)}
        assert any("NORRMARK" in v for v in shown)
        assert sorted(shown & canaries) == []
        assert not [v for v in shown if "KANARIE" in v or "kanarie" in v or "kalmar" in v]


def test_not_yours_answers_exactly_as_not_there(two_regions: tuple[Play, Play, set[str]]) -> None:
    play, kalmar, _ = two_regions
    with kalmar.app.database.read() as uow:
        theirs = kalmar.as_("officer")
        file_id = cases.case_files(uow, theirs, kalmar.case)[0].id
        supplier_id = suppliers.list_suppliers(uow, theirs).items[0].id
    for who in ("officer", "head", "admin"):
        actor = play.as_(who)
        with play.app.database.read() as uow:
            for query in OF_A_CASE:
                answers = []
                for case_id in (kalmar.case, "0" * 32):
                    with pytest.raises(NotFound) as refused:
                        query(uow, actor, case_id)
                    answers.append((refused.value.code, refused.value.params))
                assert answers[0] == answers[1]
            with pytest.raises(NotFound):
                cases.case_file(uow, actor, file_id)
            with pytest.raises(NotFound):
                suppliers.supplier_view(uow, actor, supplier_id)


def test_filters_on_another_regions_people_and_units_find_nothing(two_regions: tuple[Play, Play, set[str]]) -> None:
    play, kalmar, _ = two_regions
    actor = play.as_("head")
    with play.app.database.read() as uow:
        for filters in (
            cases.CaseFilter(owner=kalmar.people["owner"]),
            cases.CaseFilter(officer=kalmar.people["officer"]),
            cases.CaseFilter(unit=kalmar.people["unit"]),
            cases.CaseFilter(parent=kalmar.case),
            cases.CaseFilter(q="KANARIE titel"),
            cases.CaseFilter(q="KANARIE leverantör"),
            cases.CaseFilter(q="556056-6258"),
        ):
            assert cases.list_cases(uow, actor, filters).items == []
            assert set((cases.case_counts(uow, actor, filters) or {}).values()) == {0}


# --- tender secrecy --------------------------------------------------------------------------------------------

SECRET_TEXTS = (
    "Hemliga Tvätt",
    "HEMLIG MOTIVERING",
    "HEMLIG UTVÄRDERING",
    "HEMLIGT PROTOKOLL",
    "hemligt-anbud",
    "feed" * 16,
)
TENDERS, VALUE_ORE = 98_765, 765_432_100
#: On nobody's access list: neither officer of the case nor who decides its award.
OUTSIDERS = ("owner", "owner_2", "manager", "officer_2", "strategist", "registrar", "reviewer", "admin")


@pytest.fixture
def proposed(play: Play) -> Play:
    """Two lots, tenders opened, an award proposed for both, and a tender filed: nothing decided yet."""
    play.open(lots=("Norr", "Söder"))
    play.to_advertising()
    play.advertise()
    play.advance(38)
    play.act(
        "officer", "record_opening", opened_at_on=play.today.isoformat(), opened_by="Ulla", opened_with="Uno",
        protocol_reference="HEMLIGT PROTOKOLL 7", tenders_received=TENDERS,
    )  # fmt: skip
    for lot, number in ((1, "556036-0793"), (2, "556056-6258")):
        tender = {"supplier_name": f"Hemliga Tvätt {lot} AB", "organisation_number": number, "value": "7 654 321"}
        play.act(
            "officer", "submit_award_proposal", lot, suppliers=[tender], award_reasons=f"HEMLIG MOTIVERING {lot}",
            evaluation_reference=f"HEMLIG UTVÄRDERING {lot}",
        )  # fmt: skip
    play.do("officer", AddFile(play.case, "hemligt-anbud.pdf", "application/pdf", 10, "feed" * 16, "tender"))
    play.run_due()
    return play


def leaks(play: Play, who: str) -> list[Any]:
    seen = everything(play, who, search=("Hemliga Tvätt", "556036-0793", "HEMLIG"))
    texts = [v for v in leaves(seen) if isinstance(v, str) and any(s.casefold() in v.casefold() for s in SECRET_TEXTS)]
    return texts + [v for v in leaves(seen) if type(v) is int and v in (TENDERS, VALUE_ORE)]


def test_before_the_award_nobody_outside_the_access_list_sees_tender_matter(proposed: Play) -> None:
    for who in OUTSIDERS:
        assert leaks(proposed, who) == [], who


def test_before_the_award_an_outsider_sees_not_even_how_many_files_there_are(proposed: Play) -> None:
    for who in OUTSIDERS:
        with proposed.app.database.read() as uow:
            actor = proposed.as_(who)
            assert cases.case_files(uow, actor, proposed.case) == []
            assert "file_added" not in [e.kind for e in cases.case_events(uow, actor, proposed.case)]


def test_before_the_award_the_view_names_what_it_withholds_but_not_its_value(proposed: Play) -> None:
    with proposed.app.database.read() as uow:
        actor = proposed.as_("owner")
        view = cases.case_view(uow, actor, proposed.case)
        events = {e.kind: e for e in cases.case_events(uow, actor, proposed.case)}
    assert view.procurement is not None
    assert not {"tenders_received", "protocol_reference"} & view.procurement.keys()
    assert [(lot.secret, lot.awards, lot.award_reasons, lot.evaluation_reference) for lot in view.lots] == [
        (True, (), None, None)
    ] * 2
    assert set(events["opening_recorded"].withheld) == {"tenders_received", "protocol_reference"}
    assert set(events["award_proposal_submitted"].withheld) == {"suppliers", "award_reasons", "evaluation_reference"}


def test_before_the_award_those_on_the_access_list_see_it_on_the_case_and_in_no_list(proposed: Play) -> None:
    for who in ("officer", "head"):
        with proposed.app.database.read() as uow:
            actor = proposed.as_(who)
            view = cases.case_view(uow, actor, proposed.case)
            assert view.procurement is not None
            assert view.procurement["tenders_received"] == TENDERS
            assert [lot.awards[0].supplier_name for lot in view.lots] == ["Hemliga Tvätt 1 AB", "Hemliga Tvätt 2 AB"]
            assert [f.name for f in cases.case_files(uow, actor, proposed.case)] == ["hemligt-anbud.pdf"]
            assert cases.list_cases(uow, actor, cases.CaseFilter(q="Hemliga Tvätt")).items == []
            assert cases.list_cases(uow, actor, cases.CaseFilter(q="556036-0793")).items == []
            assert suppliers.list_suppliers(uow, actor).items == []


def test_a_tenderer_that_was_dropped_never_becomes_a_supplier_of_the_region(proposed: Play) -> None:
    """The region's relation to a supplier begins with the proposal; it must show nothing by itself."""
    winner = {"supplier_name": "Städ AB", "organisation_number": "556703-7485", "value": "1"}
    proposed.act("head", "return_for_completion", 1, reason="Räkna om.")
    proposed.act("officer", "submit_award_proposal", 1, suppliers=[winner], award_reasons="Bäst.")
    proposed.act("head", "decide_award", 1)
    with proposed.app.database.read() as uow:
        assert [s.name for s in suppliers.list_suppliers(uow, proposed.as_("owner")).items] == ["Städ AB"]


def test_the_award_of_one_lot_opens_that_lot_and_not_the_other(proposed: Play) -> None:
    proposed.act("head", "decide_award", 1)
    with proposed.app.database.read() as uow:
        actor = proposed.as_("owner")
        first, second = cases.case_view(uow, actor, proposed.case).lots
        assert first.awards[0].supplier_name == "Hemliga Tvätt 1 AB"
        assert first.award_reasons == "HEMLIG MOTIVERING 1"
        assert (second.secret, second.awards, second.award_reasons) == (True, (), None)
        assert [s.name for s in suppliers.list_suppliers(uow, actor).items] == ["Hemliga Tvätt 1 AB"]
        assert cases.case_files(uow, actor, proposed.case) == []
    texts = [v for v in leaves(everything(proposed, "owner", search=("Hemliga",))) if isinstance(v, str)]
    assert not [v for v in texts if "Tvätt 2" in v or "MOTIVERING 2" in v or "PROTOKOLL" in v]


def test_after_the_last_award_everybody_in_the_region_sees_it(proposed: Play) -> None:
    for lot in (1, 2):
        proposed.act("head", "decide_award", lot)
    for who in OUTSIDERS:
        found = leaks(proposed, who)
        assert {TENDERS, VALUE_ORE} <= {v for v in found if type(v) is int}, who
        for secret in SECRET_TEXTS:
            assert any(secret.casefold() in v.casefold() for v in found if isinstance(v, str)), (who, secret)
        with proposed.app.database.read() as uow:
            actor = proposed.as_(who)
            found_cases = cases.list_cases(uow, actor, cases.CaseFilter(q="hemliga tvätt")).items
            assert [c.id for c in found_cases] == [proposed.case]
            assert all(not lot.secret for lot in cases.case_view(uow, actor, proposed.case).lots)


def test_a_recalled_award_is_secret_again(proposed: Play) -> None:
    for lot in (1, 2):
        proposed.act("head", "decide_award", lot)
    proposed.notify()
    proposed.act("head", "recall_award", 2, reason="Fel i utvärderingen.")
    with proposed.app.database.read() as uow:
        actor = proposed.as_("registrar")
        view = cases.case_view(uow, actor, proposed.case)
        assert [(lot.secret, lot.awards == ()) for lot in view.lots] == [(False, False), (True, True)]
        of_second = [d for d in view.decisions if d.lot_number == 2 and d.trigger == "decide_award"]
        assert [(d.value_ore, d.reasons, d.basis) for d in of_second] == [(None, None, None)]
