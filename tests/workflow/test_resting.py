"""A paused case is late with nothing, and one mail says that several lots' standstill is over."""

from __future__ import annotations

import re

from fastapi.testclient import TestClient

from tests.play import Play
from tests.web.site import sign_in, site
from workflow.cases import queries as cases


def paused(play: Play) -> None:
    play.open(title="Vilande städ", owner=play.people["owner"])
    play.need()
    play.act("officer", "pause", reason="Budgeten är inte klar")
    play.advance(60)


def late(play: Play) -> tuple[int, int, list[str], list[str]]:
    actor = play.as_("owner")
    with play.app.database.read() as uow:
        overdue = cases.list_cases(uow, actor, cases.CaseFilter(overdue=True)).items
        others = cases.list_cases(uow, actor, cases.CaseFilter(overdue=False)).items
        return (
            (cases.case_counts(uow, actor) or {})["late"],
            cases.my_task_counts(uow, actor, play.today)[1],
            [c.title for c in overdue],
            [c.title for c in others],
        )


def tasks_late(play: Play) -> str:
    text = site(play).get("/metrics").text
    found = re.search(r"^stegvis_tasks_late (\S+)$", text, re.M)
    assert found, text
    return found[1]


def test_a_paused_case_is_late_with_nothing_until_it_goes_on(play: Play) -> None:
    paused(play)
    assert late(play) == (0, 0, [], ["Vilande städ"])
    assert tasks_late(play) == "0.0"
    play.act("officer", "resume")
    play.advance(60)
    assert late(play) == (1, 1, ["Vilande städ"], [])
    assert tasks_late(play) == "1.0"


def test_list_inbox_and_export_say_since_when_it_rests(play: Play) -> None:
    paused(play)
    browser: TestClient = sign_in(play, "owner")
    for path in ("/cases", "/my-tasks", f"/cases/{play.case}"):
        text = browser.get(path).text
        assert "ausat sedan 2 mars" in text, path
        assert "dagar sen" not in text, path
    rows = browser.get("/cases/export?format=csv").text
    assert "2026-03-02" in rows
    assert "Pausat sedan" in rows


def test_what_no_pause_moves_reminds_again_when_the_case_goes_on(play: Play) -> None:
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    play.award(1)
    before = {t.trigger: t.due_on for t in play.tasks() if t.due_on}
    play.act("officer", "pause", reason="Sjukdom")
    still = {t.task_id for t in play.timers() if t.task_id and t.status == "pending"}
    moving = {t.id for t in play.tasks() if t.id in still}
    assert len(moving) < len(play.tasks()), "what stands still reminds nobody"
    play.advance(1)
    play.act("officer", "resume")
    reminded = {t.task_id for t in play.timers() if t.task_id and t.status == "pending"}
    dated = [t for t in play.tasks() if t.due_on and t.role != "system"]
    assert any(before.get(t.trigger) == t.due_on for t in dated), "one at least that the pause does not move"
    assert {t.id for t in dated} == reminded


def test_lots_that_end_their_standstill_together_send_one_mail(play: Play) -> None:
    play.open(lots=("Norr", "Söder"))
    play.to_evaluation()
    for lot in (1, 2):
        play.award(lot)
    play.notify()
    play.advance(15)
    assert set(play.lots().values()) == {"contract_signing"}
    over = [m for m in play.mail_to("officer") if "Avtalsspärren slut" in str(m["Subject"])]
    assert len(over) == 1
    text = over[0].get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert "Anbudsområdena 1, 2." in text
    assert f"/cases/{play.case}/do/prepare_contracts" in text
