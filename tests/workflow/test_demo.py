"""The demo region: in every state, by commands only, the same each time, and never a mail to anybody."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from states.calendar import local_date
from states.ladder import KEYS
from states.registry import definition
from tests.databases import Databases
from tests.demo_region import NOW, demo, loaded_at
from tests.second_verifier import independent_faults
from workflow.clock import FixedClock
from workflow.demo import NotEmpty, load
from workflow.demo.suppliers import NUMBERS
from workflow.deviations.notices import letter_of, notices
from workflow.engine.delivery import deliver_mail
from workflow.engine.execute import Stegvis
from workflow.engine.verify import verify_all
from workflow.suppliers.organisation_numbers import normal_form

#: The accounts that `docs` and the sign-in page promise.
DEMO_PEOPLE = {
    *(f"{who}@norrbotten.example" for who in (
        "avtalsagare", "avtalsagare2", "avtalsansvarig", "upphandlare", "upphandlare2", "upphandlingschef", "hallbarhet",
        "registrator", "granskare", "admin")),
    "avtalsagare@kalmar.example", "upphandlare@kalmar.example", "kansliet@samverkan.example",
}  # fmt: skip

#: Conditions that pass within a day; nothing stands in them unless somebody is late.
BRIEF = {"advertising", "inviting", "invited", "cancellation_notice", "redo_decision"}


def rows(app: Stegvis, sql: str, **given: Any) -> list[tuple[Any, ...]]:
    with app.database.read() as uow:
        return [tuple(row) for row in uow.connection.execute(text(sql), given)]


def _as_sqlite_keeps_it(row: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(
        v.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f") if isinstance(v, datetime) else str(v) for v in row
    )  # fmt: skip


def test_cases_stand_in_every_state() -> None:
    for process in ("procurement", "contract", "deviation"):
        wanted = {s.name for s in definition(process).states} - BRIEF
        found = rows(demo(), "SELECT DISTINCT state FROM cases WHERE process = :p", p=process)
        assert wanted - {state for (state,) in found} == set()


def test_the_region_is_large_enough_to_look_at() -> None:
    counts = dict(rows(demo(), "SELECT process, count(*) FROM cases WHERE region_id = 'norrbotten' GROUP BY process"))
    assert counts["procurement"] >= 40
    assert counts["contract"] >= 80
    assert rows(demo(), "SELECT count(*) FROM cases WHERE region_id IN ('kalmar', 'samverkan')")[0][0] >= 10
    late = rows(demo(), "SELECT count(*) FROM tasks WHERE status = 'open' AND due_on < :t", t=str(local_date(NOW)))
    assert 8 <= late[0][0] <= 40
    assert rows(demo(), "SELECT count(*) FROM cases WHERE paused_on IS NOT NULL") == [(2,)]
    per_lot = "SELECT case_id FROM lots GROUP BY case_id HAVING count(DISTINCT state) > 1"
    assert rows(demo(), per_lot), "lots at their own pace"


def test_deviations_stand_on_every_rung_and_beside_the_ladder() -> None:
    """One by the shortcut, one waived, one in dispute, a fine with weeks, two on one contract, a refused audit."""
    assert {r for (r,) in rows(demo(), "SELECT DISTINCT rung FROM deviations WHERE rung IS NOT NULL")} == set(KEYS)
    shortcut = "SELECT count(*) FROM rungs_entered WHERE trigger = 'decide_severe_termination'"
    assert rows(demo(), shortcut) == [(1,)]
    assert rows(demo(), "SELECT rung FROM rungs_entered WHERE status = 'waived'") == [("contractual_fine",)]
    paused = "SELECT rung FROM deviations d JOIN cases c ON c.id = d.case_id WHERE c.paused_on IS NOT NULL"
    assert rows(demo(), paused) == [("formal_demand",)]
    assert 4 <= rows(demo(), "SELECT count(*) FROM fine_weeks")[0][0] < 8
    two = "SELECT count(DISTINCT rung) FROM deviations GROUP BY contract_id HAVING count(*) > 1"
    assert rows(demo(), two) == [(2,)]
    assert rows(demo(), "SELECT count(*) FROM deviations WHERE sub_supplier_refuses = 'audit'") == [(1,)]
    closed = "SELECT d.outcome, m.done_on IS NOT NULL FROM deviations d JOIN milestones m ON m.case_id = d.case_id WHERE d.ended_on IS NOT NULL"
    assert rows(demo(), closed) == [("remedied", 1)] * 3


def test_letters_of_the_demo_are_kept_as_they_were_decided() -> None:
    """In Swedish and in English, one text the region's own; each opens as it was hashed."""
    with demo().database.read() as uow:
        letters = uow.connection.execute(notices.select()).all()
        assert {x.locale for x in letters} == {"sv", "en"}
        assert any(x.text_id for x in letters)
        assert not [x.subject for x in letters if "{" in x.text or (x.status == "delivered" and "[" in x.text)]
        for letter in letters:
            assert letter_of(letter).foot[0] == "Region Norrbotten, Regiongatan 1, 971 00 Luleå"


def test_both_contract_owners_have_something_to_decide() -> None:
    for who in ("avtalsagare", "avtalsagare2"):
        asked = rows(
            demo(),
            "SELECT t.trigger FROM tasks t JOIN people p ON p.id = t.person_id WHERE t.status = 'open' AND p.email = :e",
            e=f"{who}@norrbotten.example",
        )
        assert ("decide_sustainability_target",) in asked
        assert len({trigger for (trigger,) in asked}) >= 3


def test_demo_people_are_those_promised_and_have_no_password() -> None:
    assert {email for (email,) in rows(demo(), "SELECT email FROM people WHERE demo")} == DEMO_PEOPLE
    assert rows(demo(), "SELECT count(*) FROM people WHERE password_hash IS NOT NULL") == [(0,)]
    assert rows(demo(), "SELECT count(*) FROM people WHERE email NOT LIKE '%.example'") == [(0,)]


def test_every_decision_was_taken_by_a_person_with_a_name() -> None:
    nameless = "SELECT count(*) FROM decisions d LEFT JOIN people p ON p.id = d.decided_by WHERE p.id IS NULL"
    assert rows(demo(), nameless) == [(0,)]


def test_nothing_happens_after_the_present_and_no_timer_failed() -> None:
    assert (
        rows(demo(), "SELECT count(*) FROM audit_events WHERE at > :now", now=str(NOW.replace(tzinfo=None)))[0][0] == 0
    )
    assert rows(demo(), "SELECT count(*) FROM timers WHERE status = 'failed'") == [(0,)]
    now = str(NOW.replace(tzinfo=None))
    assert rows(demo(), "SELECT count(*) FROM timers WHERE status = 'pending' AND due_at <= :now", now=now) == [(0,)]


def test_the_trail_is_whole() -> None:
    with demo().database.read() as uow:
        result = verify_all(uow)
        assert (result.faults, result.unbound) == ((), 0)
        assert independent_faults(uow) == []


def test_no_mail_has_left_and_only_that_of_the_last_days_waits() -> None:
    assert demo().transport is None
    queued = rows(demo(), "SELECT min(created_at), count(*) FROM outbox_messages WHERE status = 'queued'")[0]
    assert 0 < queued[1] < 60
    assert datetime.fromisoformat(queued[0]).replace(tzinfo=UTC) > NOW - timedelta(days=4)
    assert {s for (s,) in rows(demo(), "SELECT DISTINCT status FROM outbox_messages")} == {"queued", "sent"}


def test_organisation_numbers_look_right() -> None:
    assert all(normal_form(number) == number for number in NUMBERS.values())
    assert len(set(NUMBERS.values())) == len(NUMBERS)


_TOLD = (
    "SELECT region_id, reference, title, state, row_version, next_trigger, next_due_on, updated_at FROM cases ORDER BY 1, 2",
    "SELECT kind, at, count(*) FROM audit_events GROUP BY 1, 2 ORDER BY 2, 1",
    "SELECT kind, recipient, status, created_at FROM outbox_messages ORDER BY 4, 2, 1",
)


@pytest.mark.parametrize(
    "now", [datetime(2027, 1, 4, 23, 30, tzinfo=UTC), datetime(2027, 3, 28, 1, 30, tzinfo=UTC)], ids=["new year", "dst"]
)
def test_it_can_be_loaded_on_any_day(now: datetime) -> None:
    """After New Year's night, and in the hour that summer time begins: holidays and clocks move, the story holds."""
    app = loaded_at(now)
    # How much of the year has come depends on the day; the procurements and contracts do not.
    told = "SELECT count(*) FROM cases WHERE process <> 'duty'"
    assert rows(app, told) == rows(demo(), told)
    assert rows(app, "SELECT count(*) FROM duties") > [(0,)]


def test_a_database_in_use_is_left_alone() -> None:
    before = rows(demo(), "SELECT count(*) FROM audit_events")
    with pytest.raises(NotEmpty):
        load(demo())
    assert rows(demo(), "SELECT count(*) FROM audit_events") == before


def test_a_load_that_breaks_off_leaves_nothing_behind_and_the_next_tells_the_same_story(
    made: Databases, build_app: Callable[[str], Stegvis], clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a region would pass for a whole one at the next start."""
    clock.at = NOW
    app = build_app(made.fresh("stegvis_empty"))

    def break_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("workflow.demo.register_history", break_off)
        with pytest.raises(KeyboardInterrupt):
            load(app)
    assert rows(app, "SELECT count(*) FROM people") == rows(app, "SELECT count(*) FROM audit_events") == [(0,)]
    load(app)
    for sql in _TOLD:
        assert sorted(map(_as_sqlite_keeps_it, rows(demo(), sql))) == sorted(map(_as_sqlite_keeps_it, rows(app, sql)))
    # What waits can be written and sent: every word it needs is there.
    waiting = rows(app, "SELECT count(*) FROM outbox_messages WHERE status = 'queued'")[0][0]
    assert deliver_mail(app) == waiting
    late = "SELECT count(*) FROM {} WHERE late_seconds > 300"
    assert [rows(app, late.format(t)) for t in ("outbox_messages", "timers")] == [[(0,)], [(0,)]], "Drift would tell"
