"""A request repeated under its own key has one effect and the same answer, for seven days."""

from __future__ import annotations

from datetime import timedelta

import pytest

from states.errors import NotPermitted
from tests.play import Play
from workflow.commands import Act, OpenCase
from workflow.engine.execute import Idempotency, body_hash, forget_old_keys
from workflow.errors import Conflict, Stale


def opening(play: Play) -> OpenCase:
    return OpenCase("procurement", play.region, {"title": "Städ", "unit": play.people["unit"]})


def test_opened_once_answered_twice(play: Play) -> None:
    key = Idempotency("abc", body_hash("POST", "/api/v1/cases", b"{}"))
    first = play.do("officer", opening(play), idempotency=key)
    again = play.do("officer", opening(play), idempotency=key)
    assert again == first
    assert len(play.sql("SELECT id FROM cases")) == 1


def test_a_step_whose_answer_was_lost_is_answered_as_the_first_time(play: Play) -> None:
    play.open()
    play.need()
    step = Act(play.case, "decide_start", play.row().row_version, {}, play.basis("owner", "decide_start"))
    key = Idempotency("abc", "h")
    first = play.do("owner", step, idempotency=key)
    assert play.do("owner", step, idempotency=key) == first
    assert play.kinds().count("start_decided") == 1
    with pytest.raises(Stale):
        play.do("owner", step)


def test_the_same_key_with_another_body_is_refused(play: Play) -> None:
    play.do("officer", opening(play), idempotency=Idempotency("abc", "h1"))
    with pytest.raises(Conflict):
        play.do("officer", opening(play), idempotency=Idempotency("abc", "h2"))


def test_a_key_is_the_persons_own(play: Play) -> None:
    key = Idempotency("abc", "h")
    mine = play.do("officer", opening(play), idempotency=key)
    theirs = play.do("officer_2", opening(play), idempotency=key)
    assert mine["id"] != theirs["id"]


def test_a_refusal_is_not_remembered(play: Play) -> None:
    play.open()
    play.need()
    key = Idempotency("abc", "h")
    step = Act(play.case, "decide_start", play.row().row_version, {}, play.basis("owner", "decide_start"))
    with pytest.raises(NotPermitted):
        play.do("officer", step, idempotency=key)
    assert play.sql("SELECT key FROM idempotency_keys") == []


def test_keys_are_kept_seven_days(play: Play) -> None:
    play.do("officer", opening(play), idempotency=Idempotency("abc", "h"))
    play.clock.at += timedelta(days=7)
    forget_old_keys(play.app)
    assert len(play.sql("SELECT key FROM idempotency_keys")) == 1
    play.clock.at += timedelta(seconds=1)
    forget_old_keys(play.app)
    assert play.sql("SELECT key FROM idempotency_keys") == []
