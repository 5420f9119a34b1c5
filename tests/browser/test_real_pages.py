"""The real pages in a real browser: WCAG 2.2 AA, narrow screens, and a decision with and without JavaScript."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.play import REQUIREMENT, TARGET, Play
from tests.web.crawl import FULL
from tests.web.site import PASSWORD, email
from workflow.commands import (
    AddClosingDay,
    AddPlanEntry,
    AddStandardDuties,
    DecidePlan,
    ProposeParameter,
    PublishPlan,
    SaveView,
    SetPassword,
    WriteComment,
)

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def entered(browser: Browser, play: Play, address: str, who: str, **options: Any) -> tuple[Page, list[str]]:
    """A tab of somebody who has signed in, and what its console complains of."""
    play.do("admin", SetPassword(play.people[who], PASSWORD))
    tab = browser.new_context(**options).new_page()
    tab.set_default_timeout(10_000)
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.goto(address + "/sign-in")
    tab.locator("input[name=email]").last.fill(email(play, who))
    tab.locator("input[name=password]").fill(PASSWORD)
    tab.locator("input[name=password]").press("Enter")
    tab.wait_for_url(lambda url: "sign-in" not in url)
    return tab, complaints


def at_the_target(play: Play) -> str:
    """A procurement that waits for the decision on its targets."""
    case = play.open(lots=("Norr", "Söder"))
    play.act(
        "officer", "submit_needs_analysis", need="Städ", kind="services", track="above_threshold", estimated_value=9e6
    )
    play.act("owner", "decide_start")
    risks: dict[str, Any] = {f"risk_{n}": "low" for n in ("environment", "human_rights", "corruption", "labour_law")}
    play.act("officer", "submit_risk_analysis", **risks)
    play.act("officer", "save_targets", targets=[TARGET])
    play.act("strategist", "record_opinion", supports=True, opinion="Bra")
    play.act("officer", "submit_targets")
    return case


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (320, "dark")])
def test_no_page_breaks_a_rule_of_accessibility_or_a_narrow_screen(
    browser: Browser, play: Play, address: str, width: int, scheme: str
) -> None:
    case = at_the_target(play)
    task = play.tasks()[0].id
    tab, complaints = entered(
        browser, play, address, "owner", viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    paths = [
        "/my-tasks", "/cases", "/cases/new", "/contracts", "/contracts/ahead", "/search?q=st", f"/cases/{case}",
        f"/cases/{case}/do/decide_sustainability_target", f"/cases/{case}/do/save_targets",
        f"/cases/{case}/do/return_for_completion", f"/cases/{case}/done/decide_start", f"/cases/{case}/question",
        f"/tasks/{task}/hand-on", f"/tasks/{task}/conflict",
    ]  # fmt: skip
    assert not broken_at(tab, address, paths, width)
    assert not complaints


def broken_at(tab: Page, address: str, paths: list[str], width: int) -> dict[str, Any]:
    """What is wrong with each page, everything on it unfolded: too wide for the screen, or rules that it breaks."""
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
    return broken


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), *([(1280, "light")] if FULL else [])])
def test_no_page_of_whoever_leads_breaks_a_rule_or_a_phone(
    browser: Browser, play: Play, address: str, width: int, scheme: str
) -> None:
    """Plan, year, mail, time and what is to come, with something on each of them."""
    at_the_target(play)
    task = play.tasks()[0].id
    today = play.today
    change = play.do("admin", ProposeParameter(play.region, "target_decision", "15", today, "Beslut 1", running=True))[
        "id"
    ]
    play.do("admin", AddClosingDay(play.region, date(2026, 5, 15), "Klämdag", "Beslut 2"))
    play.do("head", AddStandardDuties(play.region))
    need = {"title": "Vikarier", "starts_on": str(today + timedelta(days=90)), "track": "above_threshold"}
    play.do("head", AddPlanEntry(play.region, need))
    play.do("head", PublishPlan(play.do("head", DecidePlan(play.region, today, "Regionstyrelsen", "Dnr 1"))["id"]))
    play.do("head", SaveView("Sena", {"overdue": "1"}, start=True))
    tab, complaints = entered(
        browser, play, address, "head", viewport={"width": width, "height": 800}, color_scheme=scheme
    )
    tab.goto(address + "/ahead")
    tab.locator("main form[method=post] button").last.click()
    tab.wait_for_url("**/ahead")
    while tab.locator("main .facts").count() == 0:
        tab.wait_for_timeout(200)
        tab.goto(address + "/ahead")
    paths = [
        "/cases?closed=1", "/plan", f"/coming/{play.region}", "/year", "/ahead", "/mails", "/mails/forecast",
        f"/tasks/{task}/extend", f"/admin/parameters/changes/{change}", "/admin/closing-days",
    ]  # fmt: skip
    assert not broken_at(tab, address, paths, width)
    assert not complaints


def test_to_look_at_a_case_is_enough_for_its_marks(browser: Browser, play: Play, address: str) -> None:
    """The page's script tells that the case was seen; the marks stay until the page is left."""
    case = play.open()
    tab, complaints = entered(browser, play, address, "owner")
    with tab.expect_response(f"**/cases/{case}/seen"):
        tab.goto(f"{address}/cases/{case}")
    play.do("officer", WriteComment(case, "Hur många rum?"))
    with tab.expect_response(f"**/cases/{case}/seen"):
        tab.goto(f"{address}/cases/{case}")
    assert "En sak har hänt sedan ditt senaste besök" in tab.inner_text("#timeline")
    assert tab.locator("#timeline .badge").all_inner_texts() == ["nytt"]
    assert not tab.get_by_role("button", name="Markera som läst").is_visible()
    tab.reload()
    assert tab.locator("#news, #timeline .badge").count() == 0
    assert not complaints


@pytest.mark.parametrize("script", [True, False])
def test_a_decision_on_a_phone_takes_one_press(browser: Browser, play: Play, address: str, script: bool) -> None:
    case = at_the_target(play)
    tab, _ = entered(
        browser, play, address, "owner", viewport={"width": 390, "height": 844}, java_script_enabled=script
    )
    tab.goto(f"{address}/cases/{case}/do/decide_sustainability_target")
    button = tab.get_by_role("button", name="Fastställ")
    box = button.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 844
    button.click()
    tab.wait_for_url("**/done/decide_sustainability_target")
    assert "Ditt beslut är sparat" in tab.inner_text("main")
    assert play.row(case).state == "requirement_selection"


def test_enter_in_a_form_sends_it_and_adds_no_row(browser: Browser, play: Play, address: str) -> None:
    case = at_the_target(play)
    play.act("owner", "decide_sustainability_target")
    tab, _ = entered(browser, play, address, "officer")
    tab.goto(f"{address}/cases/{case}/do/save_requirements")
    tab.fill("[name=requirements-0-text]", str(REQUIREMENT["text"]))
    tab.check("[name=requirements-0-requirement_kind][value=contract_clause]")
    tab.fill("[name=requirements-0-proof]", "licens")
    tab.press("[name=requirements-0-proof]", "Enter")
    tab.wait_for_url(f"**/cases/{case}")
    assert "sparade kraven" in tab.inner_text("main")
