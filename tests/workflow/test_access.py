"""A region sees its own only; "not yours" and "not there" are one answer. Tender matter is closed until the award."""

from __future__ import annotations

import pytest

from states.roles import Role
from tests.play import SUPPLIER, Play
from workflow.cases.queries import CaseFilter, case_events, case_view, list_cases, my_tasks
from workflow.commands import (
    Act,
    AddFile,
    AddUnit,
    CorrectCase,
    DeclareConflict,
    DisableUser,
    HandOn,
    OpenCase,
    ProposeParameter,
    WriteComment,
)  # fmt: skip
from workflow.engine.access import Secrecy, View, reads_only
from workflow.errors import Forbidden, InvalidForm, NotFound, StegvisError


@pytest.fixture
def ours(play: Play) -> Play:
    play.open()
    play.need()
    return play


def test_no_command_of_another_region_reaches_the_case(ours: Play, kalmar: Play) -> None:
    task = ours.task("decide_start").id
    strange = [
        Act(ours.case, "decide_start", ours.row().row_version, {}, "0" * 64),
        CorrectCase(ours.case, ours.row().row_version, {"title": "Vårt nu"}),
        WriteComment(ours.case, "Hej"),
        HandOn(task, kalmar.people["owner"]),
        DeclareConflict(task, "Jäv"),
        AddFile(ours.case, "a.pdf", "application/pdf", 1, "0" * 64),
        OpenCase("procurement", "norrbotten", {"title": "Inkräktare"}),
        OpenCase("procurement", "kalmar", {"title": "Barn"}, parent_id=ours.case),
        OpenCase("procurement", "kalmar", {"title": "Efterföljare"}, predecessor_id=ours.case),
    ]
    before = ours.events()
    for command in strange:
        for who in ("owner", "officer", "head", "admin"):
            with pytest.raises((NotFound, Forbidden)) as refusal:
                kalmar.do(who, command)
            if not isinstance(command, OpenCase):
                assert isinstance(refusal.value, NotFound), (who, command)
    assert ours.events() == before


def test_a_strangers_case_and_one_that_is_not_there_are_refused_alike(ours: Play, kalmar: Play) -> None:
    missing = "0" * 32
    answers = []
    for case in (ours.case, missing):
        with pytest.raises(StegvisError) as refusal:
            kalmar.do("officer", Act(case, "decide_start", 1, {}))
        answers.append((type(refusal.value), refusal.value.code, refusal.value.params))
        with kalmar.app.database.read() as uow, pytest.raises(NotFound):
            case_view(uow, kalmar.as_("officer"), case)
    assert answers[0] == answers[1]


def test_people_and_units_of_another_region_cannot_be_named(ours: Play, kalmar: Play) -> None:
    with pytest.raises(InvalidForm):
        ours.open(owner=kalmar.people["owner"])
    with pytest.raises(InvalidForm):
        ours.open(unit=kalmar.people["unit"])
    with pytest.raises((InvalidForm, NotFound)):
        ours.do("officer", HandOn(ours.task("decide_start").id, kalmar.people["owner"]))


def test_an_administrator_rules_at_home_only(ours: Play, kalmar: Play) -> None:
    for command in (
        AddUnit("norrbotten", "Vår avdelning"),
        ProposeParameter("norrbotten", "start_decision", "3", ours.today, "x"),
        DisableUser("owner@norrbotten.example"),
        DisableUser("owner@norrbotten.example", "norrbotten"),
    ):
        with pytest.raises((NotFound, Forbidden)):
            kalmar.do("admin", command)


def test_lists_hold_the_own_region(ours: Play, kalmar: Play) -> None:
    theirs = kalmar.open(title="Kalmars egen")
    for play, mine in ((ours, ours.case), (kalmar, theirs)):
        with play.app.database.read() as uow:
            items = list_cases(uow, play.as_("officer"), CaseFilter()).items
            found = list_cases(uow, play.as_("officer"), CaseFilter(q="städ")).items
            tasks = my_tasks(uow, play.as_("officer"), play.today).items
        assert [i.id for i in items] == [mine]
        assert {i.id for i in found} <= {mine}
        assert {t.case_id for t in tasks} <= {mine}


def test_a_disabled_person_may_nothing(ours: Play) -> None:
    ours.do("admin", DisableUser("owner@norrbotten.example"))
    with pytest.raises(Forbidden):
        ours.do("owner", WriteComment(ours.case, "Hej"))


def test_whoever_reads_only_changes_nothing(ours: Play) -> None:
    before = len(ours.events())
    for command in (
        Act(ours.case, "decide_start", ours.row().row_version, {}, "0" * 64),
        CorrectCase(ours.case, ours.row().row_version, {"title": "Ny"}),
        OpenCase("procurement", "norrbotten", {"title": "Min"}),
        WriteComment(ours.case, "Hej"),
        AddFile(ours.case, "a.pdf", "application/pdf", 1, "0" * 64),
    ):
        with pytest.raises(Exception) as refusal:
            ours.do("reviewer", command)
        assert type(refusal.value).__name__ in ("Forbidden", "NotPermitted"), command
    assert len(ours.events()) == before


def test_tender_matter_shows_to_the_access_list_only_until_the_award(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.act("officer", "submit_award_proposal", suppliers=[SUPPLIER], award_reasons="Hemligt skäl")

    def shown(who: str) -> str:
        with play.app.database.read() as uow:
            actor = play.as_(who)
            return repr(case_view(uow, actor, play.case)) + repr([e.fields for e in case_events(uow, actor, play.case)])

    assert "Städ AB" in shown("officer")
    assert "Städ AB" in shown("head"), "the one who decides comes on the list with the proposal"
    for who in ("owner", "officer_2", "registrar", "strategist", "admin"):
        assert "Städ AB" not in shown(who), who
        assert "Hemligt skäl" not in shown(who), who
    play.act("head", "decide_award")
    assert "Städ AB" in shown("owner")


@pytest.mark.parametrize("secrecy", list(Secrecy))
@pytest.mark.parametrize("on_list", [True, False])
@pytest.mark.parametrize("secret", [True, False])
@pytest.mark.parametrize("role", [Role.PROCUREMENT_OFFICER, Role.ADMINISTRATOR, None])
def test_the_rule_in_one_place(secrecy: Secrecy, on_list: bool, secret: bool, role: Role | None) -> None:
    roles = frozenset({role}) if role else frozenset()
    view = View(on_list, secret, frozenset({"lot"} if secret else ()), roles)
    expected = {
        Secrecy.OPEN: True,
        Secrecy.TENDER: on_list or not secret,
        Secrecy.BUSINESS: role is Role.PROCUREMENT_OFFICER,
        Secrecy.PERSONAL: role is Role.PROCUREMENT_OFFICER,
    }[secrecy]
    assert view.allows(secrecy) is expected
    assert view.allows(secrecy, "lot") is expected
    assert view.allows(Secrecy.TENDER, "other lot")


def test_nobody_without_a_role_counts_as_reader() -> None:
    assert not reads_only([])
    assert reads_only([Role.AUDIT_REVIEWER])
    assert not reads_only([Role.AUDIT_REVIEWER, Role.REGISTRAR])
