"""The sanction ladder in a real Chromium: a sanction decided from the mail on a phone, accessibility, and one paper."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.browser.test_journeys import PHONE
from tests.browser.test_real_pages import TAGS, entered
from tests.ladder import MILESTONES, Ladder, contract
from tests.play import Play
from tests.web.site import PASSWORD, email
from workflow.commands import SetPassword

PREPARED = {
    "prepared_rung": "call_off_stop",
    "ground": "not_following_plan",
    "proportionality": "Leverantören har haft elva veckor och fyra brev på sig. Ett stopp är mildare än vite.",
    "evidence": "Revisionsrapport 7",
}


def test_the_head_decides_a_sanction_from_the_mail_on_a_phone(
    browser: Browser, play: Play, address: str, tmp_path: Path
) -> None:
    """At most three pages and four inputs, signing in included; the draft, the proportionality and the basis are there."""
    play.do("admin", SetPassword(play.people["head"], PASSWORD))
    ladder = Ladder(play)
    ladder.to_decision()
    ladder.act("officer", "prepare_rung", **PREPARED)
    ladder.act("owner", "consent_to_call_off_stop", consents=True, note="Kan köpas på annat håll.")
    play.run_due()
    bodies = [m.get_body(("plain",)).get_content() for m in play.mail_to("head")]  # type: ignore[union-attr]
    links = [
        link for b in bodies for link in re.findall(rf"{re.escape(address)}/cases/\S+/do/decide_call_off_stop\S*", b)
    ]
    tab = browser.new_context(viewport=PHONE, has_touch=True, java_script_enabled=False).new_page()  # type: ignore[arg-type]
    tab.set_default_timeout(10_000)
    pages: list[str] = []
    tab.on(
        "response",
        lambda a: pages.append(a.url) if a.request.is_navigation_request() and a.status == 200 else None,
    )
    tab.goto(links[-1])
    tab.screenshot(path=tmp_path / "1-sign-in.png", full_page=True)
    inputs = 0
    for name, text in (("email", email(play, "head")), ("password", PASSWORD)):
        tab.locator(f"input[name={name}]").fill(text)
        inputs += 1
    tab.get_by_role("button", name="Logga in", exact=True).tap()
    inputs += 1
    expect(tab.get_by_role("button", name="Besluta avropsstopp")).to_be_visible()
    words = tab.inner_text("main")
    draft = ladder.view.draft
    assert draft is not None
    for part in (PREPARED["proportionality"], draft.subject, "Svarstiden är 28 dagar", "Arbetare betalar inte för sin anställning",
                 "Ulla Upphandlare", "upphandlingschef"):  # fmt: skip
        assert part in words, part
    assert tab.locator("textarea[name=reasons]").input_value() == PREPARED["proportionality"]
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    button = tab.get_by_role("button", name="Besluta avropsstopp")
    box = button.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE["height"], "in reach of the thumb without scrolling"
    tab.screenshot(path=tmp_path / "2-decision.png")
    tab.screenshot(path=tmp_path / "2-decision-whole.png", full_page=True)
    button.tap()
    inputs += 1
    expect(tab.locator("main")).to_contain_text("Ditt beslut är sparat")
    tab.screenshot(path=tmp_path / "3-decided.png", full_page=True)
    assert len(pages) <= 3, pages
    assert inputs <= 4
    assert ladder.state == "call_off_stop"
    play.run_due()
    letter = ladder.letters()[-1].text
    assert letter.count(PREPARED["proportionality"]) == 1
    tab.goto(f"{address}/cases/{ladder.id}/ladder")
    assert "gäller" in tab.inner_text("main") or "nu" in tab.inner_text("main")
    tab.screenshot(path=tmp_path / "4-ladder.png", full_page=True)


@pytest.fixture
def full(play: Play) -> Ladder:
    """A stop and a fine in force, a plan that was returned, and long texts."""
    ladder = Ladder(play, description="Fem arbetare uppgav att de betalat avgifter. " * 60)
    ladder.to_decision()
    ladder.hand_in_plan(milestones=[{**MILESTONES[0], "action": f"Åtgärd {n} " * 20} for n in range(12)])
    ladder.act("owner", "return_action_plan", reason="För tunn. " * 80)
    play.run_due()
    ladder.pass_period()
    ladder.act("officer", "prepare_rung", **{**PREPARED, "proportionality": PREPARED["proportionality"] * 30})
    ladder.act("owner", "consent_to_call_off_stop", consents=True, note="Kan köpas på annat håll.")
    ladder.act("head", "decide_call_off_stop", reasons="Enligt förslaget.")
    play.run_due()
    ladder.pass_period()
    ladder.decide("contractual_fine")
    play.advance(20)
    ladder.act("officer", "pause", pause_ground="dispute", reason="Tvist")
    ladder.act("officer", "resume")
    return ladder


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_pages_of_ladders_break_no_rule_and_fit(
    browser: Browser, play: Play, address: str, full: Ladder, width: int, scheme: str
) -> None:
    asked = Ladder(play, contract(play, supplier_name="Textil AB", is_framework=False), title="Annan")
    asked.to_decision()
    tab, complaints = entered(
        browser, play, address, "head", viewport={"width": width, "height": 844}, color_scheme=scheme
    )
    paths = [
        f"/cases/{full.id}/ladder", f"/cases/{asked.id}/ladder", f"/cases/{full.id}", f"/cases/{full.contract}",
        f"/contracts/{full.contract}/deviations/new", "/ladders", "/ladders/alike", "/ladders/alike?by=category",
        f"/cases/{asked.id}/do/decide_contractual_fine",
    ]  # fmt: skip
    broken: dict[str, Any] = {}
    for path in paths:
        answer = tab.goto(address + path)
        assert answer is not None
        assert answer.status == 200, path
        if (wide := tab.evaluate("document.documentElement.scrollWidth")) > width:
            broken[path] = f"{wide} pixels wide"
        tab.evaluate("document.querySelectorAll('main details').forEach(part => { part.open = true })")
        found = Axe().run(tab, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
        if found:
            broken[path] = [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]
    assert not broken
    assert not complaints


def test_a_ladder_prints_on_exactly_one_paper(
    browser: Browser, play: Play, address: str, full: Ladder, tmp_path: Path
) -> None:
    new = Ladder(play, full.contract, title="Ny")
    tab, _ = entered(browser, play, address, "head", viewport={"width": 1032, "height": 703})
    tab.emulate_media(media="print")
    tab.goto(f"{address}/cases/{full.id}/ladder")
    tab.screenshot(path=tmp_path / "paper.png")
    assert tab.locator("svg.stair").first.is_visible()
    assert not tab.get_by_role("link", name="Hela ärendet").is_visible()
    cut = tab.evaluate(
        "(() => { const c = document.querySelector('.columns'); return c.scrollWidth - c.clientWidth })()"
    )
    assert cut <= 0, "all of it stands on the paper"
    tab.emulate_media()
    for case in (full.id, new.id):
        tab.goto(f"{address}/cases/{case}/ladder")
        paper = tab.pdf(prefer_css_page_size=True, path=tmp_path / f"{case}.pdf")
        assert re.findall(rb"/Count (\d+)", paper) == [b"1"]
        assert b"[0 0 841.9" in paper, "A4, lying"
