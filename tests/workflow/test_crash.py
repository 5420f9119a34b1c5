"""Whatever breaks, wherever: what was answered is there, and nothing is half-done. # I1 I3 I5 I10"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.people import BEGIN
from tests.play import CONTRACT, Play
from tests.processes import seed, start, work
from workflow.commands import Act, FireTimer
from workflow.db.metadata import METADATA
from workflow.engine.execute import execute, system_actor
from workflow.engine.verify import verify_all

KILLS = 15


class Torn(Exception):
    """Stands for whatever can go wrong at a statement."""


def everything(play: Play) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table."""
    with play.app.database.read() as uow:
        return {
            name: sorted((tuple(r) for r in uow.connection.execute(select(table))), key=repr)
            for name, table in METADATA.tables.items()
        }


def torn_at(play: Play, number: int) -> Callable[[str, Any], None]:
    """A recorder that raises instead of the statement with this number."""
    count = 0

    def recorder(sql: str, _: Any) -> None:
        nonlocal count
        count += 1
        if count == number and sql != "COMMIT":
            raise Torn

    return recorder


def every_statement_torn(play: Play, command: Callable[[], Any]) -> int:
    """Break the command at its first statement, its second, and so on until it goes through. Returns how many there are."""
    before = everything(play)
    for number in range(1, 500):
        play.app.database.recorder = torn_at(play, number)
        try:
            command()
        except Torn:
            play.app.database.recorder = None
            after = everything(play)
            changed = [name for name in before if before[name] != after[name]]
            assert not changed, f"torn at statement {number}: {changed} changed"
        else:
            play.app.database.recorder = None
            return number - 1
    raise AssertionError("the command never went through")


def holds(play: Play) -> None:
    with play.app.database.read() as uow:
        result = verify_all(uow)
    assert result.ok, result.first_fault


def test_a_decision_torn_at_any_statement_leaves_nothing(play: Play) -> None:
    play.open()
    play.to_target_decision()
    step = Act(play.case, "decide_sustainability_target", play.row().row_version, {},
               play.basis("owner", "decide_sustainability_target"))  # fmt: skip
    assert every_statement_torn(play, lambda: play.do("owner", step)) > 15
    assert play.row().state == "requirement_selection"
    holds(play)


def test_a_signing_that_opens_contracts_torn_at_any_statement_leaves_nothing(play: Play) -> None:
    play.open()
    play.to_evaluation()
    rent = {"supplier_name": "Rent AB", "organisation_number": None}
    play.award(None, rent)
    play.notify()
    play.advance(14)
    play.act("officer", "prepare_contracts", contracts=[CONTRACT, {**CONTRACT, **rent}])
    step = Act(play.case, "sign_contracts", play.row().row_version,
               {"signed_on": play.today.isoformat(), "signing_reference": "S"}, play.basis("head", "sign_contracts"))  # fmt: skip
    assert every_statement_torn(play, lambda: play.do("head", step)) > 30
    assert len(play.contracts()) == 2
    holds(play)


def test_a_timer_torn_at_any_statement_is_still_due(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.award()
    play.notify()
    play.clock.at = play.clock.at.replace(month=5)
    with play.app.database.write() as uow:  # the reminders are not what is torn here
        uow.connection.exec_driver_sql("UPDATE timers SET status = 'cancelled' WHERE task_id IS NOT NULL")
    fire = lambda: execute(play.app, FireTimer(play.case), by=system_actor("norrbotten"))  # noqa: E731
    assert every_statement_torn(play, fire) > 10
    assert play.row().state == "contract_signing"
    holds(play)


def test_an_effect_that_raises_leaves_the_case_where_it_was(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    from workflow.engine import registries

    play.open()

    def broken(_: Any) -> None:
        raise Torn

    monkeypatch.setitem(registries.EFFECTS, "store_need", broken)
    before = everything(play)
    with pytest.raises(Torn):
        play.need()
    assert everything(play) == before
    monkeypatch.undo()
    play.need()
    assert play.row().state == "start_decision"


def test_kills_lose_nothing_that_was_answered(play: Play, tmp_path: Path) -> None:
    """A process that works and is killed with SIGKILL, again and again on the same database: thirty times in all."""
    chance = random.Random(seed())
    url = play.app.settings.database_url
    play.app.database.dispose()
    answered: dict[str, int] = {}
    comments: set[str] = set()
    kills = int(os.environ.get("STEGVIS_TEST_KILLS", KILLS))
    for _ in range(kills):
        process, pipe = start(work, url, str(tmp_path), BEGIN, dict(play.people))
        assert pipe.poll(30), "the process never answered"
        time.sleep(chance.uniform(0, 0.12))  # when the blow falls is the experiment, not a wait for something
        process.kill()
        process.join()
        while pipe.poll():
            try:
                case, version, comment = pipe.recv()
            except EOFError:
                break
            answered[case] = max(version, answered.get(case, 0))
            comments |= {comment} - {None}
        pipe.close()
    rows = {r.id: r.row_version for r in play.sql("SELECT id, row_version FROM cases")}
    lost = {case: v for case, v in answered.items() if rows.get(case, 0) < v}
    assert lost == {}
    kept = {r.id for r in play.sql("SELECT id FROM comments")}
    assert comments <= kept
    holds(play)
    assert len(answered) > kills // 2
    (half,) = play.sql(
        "SELECT (SELECT count(*) FROM cases c WHERE 2 <> (SELECT count(*) FROM lots l WHERE l.case_id = c.id)) AS lots,"
        " (SELECT count(*) FROM cases c WHERE NOT EXISTS (SELECT 1 FROM tasks t WHERE t.case_id = c.id AND t.status = 'open')) AS tasks,"
        " (SELECT count(*) FROM cases) - (SELECT value FROM counters WHERE name = 'procurement.2026') AS numbers"
    )  # fmt: skip
    assert tuple(half) == (0, 0, 0)
