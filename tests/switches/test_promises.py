"""Promises that no other test holds by itself, each cheap enough to be run against a program that breaks it."""

from __future__ import annotations

import sqlite3

import pytest
from sqlalchemy import text

from states.errors import NoSuchStep
from states.machine import machine_for, step
from states.registry import DEFINITIONS
from tests.play import Play
from tests.web.site import program, sign_in
from tests.workflow.test_every_command_torn import Tearing, Torn, fingerprint
from workflow.db.database import DatabaseUnavailable
from workflow.engine.act import visible_case
from workflow.web.policies import POLICIES


def test_no_mail_leaves_before_its_commit(play: Play) -> None:  # I22
    play.open()
    play.run_due()
    before = len(play.sent)
    tearing = Tearing(play)
    with tearing.at_work(), pytest.raises(Torn):
        play.need()
    assert tearing.committing
    assert len(play.sent) == before
    play.need()
    assert len(play.sent) == before, "the commit alone sends nothing either"
    play.run_due()
    assert len(play.sent) > before


def test_while_a_command_has_a_case_nobody_else_gets_it(play: Play) -> None:  # I7 I11
    play.open()
    who = play.as_("officer")
    with play.app.database.write() as first:
        if play.app.database.is_sqlite:  # the whole database is the writer's from its first moment
            other = sqlite3.connect(str(play.app.database.url.database), timeout=0, isolation_level=None)
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                other.execute("BEGIN IMMEDIATE")
            other.close()
            return
        visible_case(first, play.case, who, lock=True)
        with pytest.raises(DatabaseUnavailable):
            take_hold(play)


def take_hold(play: Play) -> None:
    """Lock the case as every command does, without patience."""
    who = play.as_("officer")
    with play.app.database.write() as uow:
        uow.connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
        visible_case(uow, play.case, who, lock=True)


def test_looking_at_a_decision_decides_nothing(play: Play) -> None:  # I29
    play.open()
    play.need()
    browser = sign_in(play, "owner")
    before = fingerprint(play)
    for method in ("GET", "HEAD"):
        assert browser.request(method, f"/cases/{play.case}/do/decide_start").status_code == 200
    after = fingerprint(play)
    assert [name for name in before if before[name] != after[name] and name != "sessions"] == []
    assert play.row().state == "start_decision"


def test_no_address_of_a_case_answers_another_region(play: Play, kalmar: Play) -> None:  # I41
    """Every address that names a case, asked for with a case of the other region: as if it were not there."""
    kalmar.open()
    kalmar.need()
    event = f"/trail/{kalmar.case}/1"
    paths = [event, f"{event}/json"]
    for route in sorted(POLICIES):
        method, path = route.split(" ")
        if method == "GET" and "{case_id}" in path:
            filled = path.replace("{case_id}", kalmar.case).replace("{trigger}", "decide_start")
            paths.append(filled.replace("{file_id}", "0" * 32).replace("{decision_id}", "0" * 32))
    assert len(paths) > 12
    browser, client = sign_in(play, "head"), program(play, "head")
    answered = {p: (client if p.startswith("/api/") else browser).get(p).status_code for p in paths}
    assert {p: status for p, status in answered.items() if status != 404} == {}
    theirs = sign_in(kalmar, "head")
    assert theirs.get(f"/cases/{kalmar.case}").status_code == 200


def test_the_machine_knows_the_published_triggers_and_no_other() -> None:  # I9
    for definition in DEFINITIONS.values():
        assert set(machine_for(definition).events) == set(definition.triggers())
        for state in definition.states:
            with pytest.raises(NoSuchStep):
                step(definition, definition.initial, f"to_{state.name}", {}, lambda _: [])
