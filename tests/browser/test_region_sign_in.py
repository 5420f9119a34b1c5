"""From the link in a mail to a decision in a real browser, through the provider's own log-in page, with no script."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.browser.conftest import CHROMIUM
from tests.browser.test_real_pages import TAGS, at_the_target
from tests.play import Play
from tests.provider import CLIENT, SECRET, TestProvider, running
from tests.web.site import PASSWORD, email
from workflow.commands import BindIdentity, SetPassword

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found: pages are not looked at")

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def provider(play: Play) -> Iterator[TestProvider]:
    """Asked for before `address`, so that the served application knows it."""
    with running(play.clock) as provider:
        provider.add("åsa", "å1", name="Åsa Ägare")
        provider.add("okänd", "o1", name="Okänd Person")
        settings = {"oidc_issuer": provider.address, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET,
                    "oidc_region": play.region}  # fmt: skip
        play.app.settings = play.app.settings.model_copy(update=settings)
        yield provider


def looked_at(tab: Page) -> None:
    """The page breaks no rule and is no wider than the telephone."""
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    found = Axe().run(tab, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    assert not [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]


@pytest.mark.parametrize("script", [True, False])
def test_from_the_mail_to_decided_and_an_old_session_loses_nothing(
    browser: Browser, play: Play, provider: TestProvider, address: str, script: bool
) -> None:
    case = at_the_target(play)
    play.do("admin", BindIdentity(play.people["owner"], issuer=provider.address, subject="å1"))
    tab = browser.new_context(viewport=PHONE, java_script_enabled=script).new_page()
    tab.set_default_timeout(10_000)
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    # From the mail: two pages of ours and three presses, one of them at the region.
    tab.goto(f"{address}/cases/{case}/do/decide_sustainability_target")
    if script:
        looked_at(tab)
    tab.get_by_role("link", name="Logga in med regionens konto").click()
    tab.get_by_role("button", name="åsa").click()
    tab.wait_for_url(f"**/cases/{case}/do/decide_sustainability_target")
    # A long think: the session is alive, but not fresh enough to decide.
    play.clock.at += timedelta(minutes=12)
    tab.locator("summary", has_text="Lägg till motivering eller mottagare").click()
    tab.locator("[name=reasons]").fill("Målen följer riktlinjen, åäö")
    tab.get_by_role("button", name="Fastställ").click()
    tab.wait_for_url("**/confirm/*")
    if script:
        looked_at(tab)
    tab.get_by_role("link", name="Bekräfta med regionens konto").click()
    tab.get_by_role("button", name="åsa").click()
    tab.wait_for_url(f"**/cases/{case}/do/decide_sustainability_target?kept=*")
    assert tab.locator("[name=reasons]").input_value() == "Målen följer riktlinjen, åäö"
    assert play.row(case).state == "target_decision"
    if script:
        looked_at(tab)
    tab.get_by_role("button", name="Fastställ").click()
    tab.wait_for_url("**/done/decide_sustainability_target*")
    assert play.row(case).state == "requirement_selection"
    tab.goto(f"{address}/my-tasks")
    tab.locator("form[action='/sign-out'] button").last.dispatch_event("click") if script else tab.locator(
        "form[action='/sign-out'] button"
    ).last.evaluate("b => b.click()")
    tab.wait_for_url(f"{provider.address}/logout*")
    assert "Utloggad ur regionen" in tab.inner_text("body")
    assert complaints == []


def test_a_stranger_and_the_administrator_see_pages_that_break_no_rule(
    browser: Browser, play: Play, provider: TestProvider, address: str
) -> None:
    tab = browser.new_context(viewport=PHONE).new_page()
    tab.goto(f"{address}/sign-in/provider?next=/contracts")
    tab.get_by_role("button", name="okänd").click()
    tab.wait_for_url("**/callback*")
    assert "vet inte än vem du är" in tab.inner_text("main")
    looked_at(tab)
    play.do("admin", SetPassword(play.people["admin"], PASSWORD))
    admin = browser.new_context(viewport=PHONE).new_page()
    complaints: list[str] = []
    admin.on("console", lambda message: complaints.append(message.text))
    admin.goto(f"{address}/sign-in")
    admin.locator("summary", has_text="lösenord").click()
    admin.locator("input[name=email]").fill(email(play, "admin"))
    admin.locator("input[name=password]").fill(PASSWORD)
    admin.locator("input[name=password]").press("Enter")
    admin.wait_for_url(lambda url: "sign-in" not in url)
    admin.goto(f"{address}/admin/identities")
    looked_at(admin)
    admin.get_by_label("Vem det är").select_option(play.people["owner"])
    admin.get_by_role("button", name="Koppla till personen").click()
    admin.wait_for_url("**/admin/identities")
    assert "Kopplat." in admin.inner_text("main")
    looked_at(admin)
    assert not complaints
