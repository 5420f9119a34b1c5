"""The register of people: who may what from when to when, on the trail, and gone at once when it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from states.errors import NotPermitted
from tests.play import CONTRACT, Play
from workflow.commands import (
    AddMandate,
    AddUnit,
    AddUser,
    AssignRole,
    CreateToken,
    DeclareConflict,
    DisableUser,
    EndMandate,
    EndRole,
    HandOn,
    SetPassword,
    SetSubstitute,
)  # fmt: skip
from workflow.engine.execute import execute, system_actor
from workflow.engine.verify import verify_all
from workflow.errors import Forbidden, InvalidForm, StegvisError


def kinds(play: Play, register: str = "people") -> list[str]:
    rows = play.sql("SELECT kind FROM audit_events WHERE stream_id = :s ORDER BY seq", s=f"{register}.{play.region}")
    return [r.kind for r in rows]


def test_every_change_of_the_register_is_on_the_regions_trail(play: Play) -> None:
    before = len(kinds(play))
    made = play.do("admin", AddUser("ny@norrbotten.example", "Nils Ny", "registrar", "norrbotten"))
    play.do("admin", AddUnit("norrbotten", "Division Fjärran"))
    held = play.do("admin", AssignRole(made["id"], "procurement_officer"))
    play.do("admin", EndRole(held["id"]))
    play.do("admin", SetPassword(made["id"], "en lång mening som lösenord"))
    play.do("admin", CreateToken("ny@norrbotten.example"))
    play.do("admin", DisableUser("ny@norrbotten.example"))
    assert kinds(play)[before:] == [
        "person_added", "role_assigned", "unit_added", "role_assigned", "role_ended", "password_set", "token_created",
        "person_disabled",
    ]  # fmt: skip
    play.set_parameter("mail_hour", "8", date(2026, 4, 1), "Beslut")
    assert kinds(play, "parameters") == ["parameter_proposed", "parameter_set"]
    with play.app.database.read() as uow:
        assert verify_all(uow).ok
    (leaks,) = play.sql("SELECT count(*) AS n FROM audit_events WHERE body LIKE '%Nils%' OR body LIKE '%lösenord%'")
    assert leaks.n == 0, "names stand beside the chain, secrets nowhere"


@pytest.mark.parametrize("who", ["owner", "officer", "head", "reviewer", "registrar"])
def test_only_the_administrator_changes_the_register(play: Play, who: str) -> None:
    for command in (
        AddUser("ny@norrbotten.example", "Nils", "registrar", "norrbotten"),
        AssignRole(play.people[who], "head_of_procurement"),
        AddMandate("norrbotten", "decide_award", "registrar", None, None, "1", "x"),
        AddUnit("norrbotten", "Ny"),
        DisableUser("admin@norrbotten.example"),
        SetPassword(play.people["admin"], "en lång mening som lösenord"),
        CreateToken("admin@norrbotten.example"),
        SetSubstitute(play.people["admin"], play.people[who], date(2026, 3, 2), date(2026, 4, 2)),
    ):
        with pytest.raises(Forbidden):
            play.do(who, command)


def test_faults_come_at_their_fields(play: Play) -> None:
    with pytest.raises(InvalidForm) as refusal:
        play.do("admin", AddUser("inte en adress", " ", "emperor", "norrbotten", password="kort"))
    assert {f.field for f in refusal.value.errors} == {"email", "name", "role", "password"}
    with pytest.raises(InvalidForm) as refusal:
        play.do("admin", AddUser("OWNER@norrbotten.example", "Dubbel", "registrar", "norrbotten"))
    assert [(f.field, f.code) for f in refusal.value.errors] == [("email", "already_there")]


def test_a_role_holds_from_its_first_day_to_its_last(play: Play) -> None:
    play.do(
        "admin", AssignRole(play.people["registrar"], "procurement_officer", None, date(2026, 3, 4), date(2026, 3, 6))
    )
    held = {}
    for day in (3, 4, 6, 7):
        play.clock.at = play.clock.at.replace(day=day)
        held[day] = "procurement_officer" in play.as_("registrar").roles()
    assert held == {3: False, 4: True, 6: True, 7: False}


def test_an_ended_role_ends_at_once(play: Play) -> None:
    made = play.do("admin", AssignRole(play.people["registrar"], "procurement_officer"))
    assert "procurement_officer" in play.as_("registrar").roles()
    play.do("admin", EndRole(made["id"]))
    assert "procurement_officer" not in play.as_("registrar").roles()


def test_a_role_in_a_unit_reaches_the_units_below_it_and_no_others(play: Play) -> None:
    below = play.do("admin", AddUnit("norrbotten", "Städenheten", "unit", play.people["unit"]))["id"]
    beside = play.do("admin", AddUnit("norrbotten", "Division Fjärran"))["id"]
    play.do("admin", AssignRole(play.people["registrar"], "procurement_officer", play.people["unit"]))
    for unit, may in ((below, True), (play.people["unit"], True), (beside, False)):
        play.open(unit=unit, owner=play.people["owner"])
        if may:
            play.act("registrar", "pause", reason="x")
        else:
            with pytest.raises(NotPermitted):
                play.act("registrar", "pause", reason="x")


def test_a_named_owner_is_the_owner_of_that_case_only(play: Play) -> None:
    play.open(owner=play.people["owner_2"])
    play.need()
    with pytest.raises(NotPermitted):
        play.act("owner", "decide_start", basis="0" * 64)
    play.act("owner_2", "decide_start")


def test_a_mandate_holds_within_its_dates(play: Play) -> None:
    play.sql("DELETE FROM mandates WHERE act = 'decide_direct_award'")
    play.do("admin", AddMandate("norrbotten", "decide_direct_award", None, play.people["owner"], None, "4.9", "Delegation",
                                date(2026, 3, 9), date(2026, 3, 10)))  # fmt: skip
    award = {**CONTRACT, "value": "238 000", "reasons": "Bäst."}
    play.open()
    play.need(track="direct", value="240 000")
    for day, may in ((8, False), (9, True), (11, False)):
        play.clock.at = play.clock.at.replace(day=day)
        if may:
            continue
        with pytest.raises(NotPermitted):
            play.act("owner", "decide_direct_award", **award)
    play.clock.at = play.clock.at.replace(day=10)
    play.act("owner", "decide_direct_award", **award)
    (decision,) = play.sql("SELECT mandate_rule, mandate_source FROM decisions")
    assert tuple(decision) == ("4.9", "Delegation")


def test_a_task_is_handed_on_and_both_names_stand(play: Play) -> None:
    play.open()
    play.do("officer", HandOn(play.task("submit_needs_analysis").id, play.people["officer_2"], "Semester"))
    assert play.task("submit_needs_analysis").person_id == play.people["officer_2"]
    assert play.events()[-1].kind == "task_handed_on"
    play.run_due()
    assert len(play.mail_to("officer_2")) == 1
    with pytest.raises(InvalidForm):
        play.do("officer", HandOn(play.task("submit_needs_analysis").id, play.people["registrar"]))


def test_a_conflict_of_interest_sends_the_task_up_and_keeps_the_person_out(play: Play) -> None:
    """KL 6:28: who is disqualified takes no part, nor by a substitute."""
    play.do("admin", AssignRole(play.people["head"], "contract_owner"))
    play.open()
    play.need()
    play.do("owner", DeclareConflict(play.task("decide_start").id, "Min bror äger bolaget"))
    assert play.task("decide_start").person_id == play.people["head"]
    play.act("head", "decide_start")
    assert play.row().owner_id == play.people["head"]
    play.do(
        "admin", SetSubstitute(play.people["head"], play.people["owner"], play.today, play.today + timedelta(days=9))
    )
    play.act("officer", "pause", reason="x")
    play.act("officer", "resume")
    with pytest.raises(NotPermitted) as refusal:
        play.act("owner", "abandon", reason="Nej")
    assert "disqualified" in {u.code for u in refusal.value.unmet}
    with play.app.database.read() as uow:
        assert verify_all(uow).ok


def test_the_operator_at_the_command_line_acts_in_the_named_region_only(play: Play) -> None:
    operator = replace(system_actor("kalmar"), channel="cli")
    with pytest.raises(Exception) as refusal:
        execute(play.app, AddUser("x@norrbotten.example", "X", "registrar", "norrbotten"), by=operator)
    assert refusal.value.code == "not_found"  # type: ignore[attr-defined]


def test_what_has_ended_gets_no_other_last_day(play: Play) -> None:
    """A row of the delegation order, or a role, is not brought back by one person who ends it again."""
    row = play.do("admin", AddMandate("norrbotten", "decide_direct_award", None, play.people["owner"], None, "4.9", "Delegation",
                                      date(2026, 3, 2), date(2026, 3, 10)))  # fmt: skip
    with pytest.raises(InvalidForm):
        play.do("admin", EndMandate(row["id"], date(2036, 3, 9)))
    play.do("admin", EndMandate(row["id"], date(2026, 3, 5)))
    held = play.do("admin", AssignRole(play.people["reviewer"], "procurement_officer"))
    play.do("admin", EndRole(held["id"]))
    play.advance(to="2026-03-12")
    for again in (EndMandate(row["id"], date(2026, 3, 12)), EndRole(held["id"])):
        with pytest.raises(StegvisError, match="already_done"):
            play.do("admin", again)
    with pytest.raises(InvalidForm):
        play.do("admin", AddMandate("norrbotten", "decide_direct_award", None, play.people["owner"], None, "4.9", "Delegation",
                                    date(2026, 3, 9), date(2026, 3, 8)))  # fmt: skip
