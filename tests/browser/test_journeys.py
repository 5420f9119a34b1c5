"""A whole procurement in a real Chromium, each step by its own person; and a decision straight from the mail."""

from __future__ import annotations

import email as mailbox
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.policy import default
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page, expect

from tests.journey import Journey, as_typed
from tests.play import TARGET, Play
from tests.web.site import PASSWORD, email
from workflow.commands import CorrectCase, SetPassword
from workflow.engine.verify import verify_all

DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
#: Chromium writes a line for each answer that refuses; anything else in the console is a fault.
REFUSED = re.compile(r"the server responded with a status of (409|422)")


@dataclass
class InChromium:
    """People at their browsers; the contract owner has a phone. Each goes from *My cases* or the case's own page."""

    browser: Browser
    play: Play
    address: str
    #: What happens while the form of a step stands filled in; the first press is then refused.
    meanwhile: dict[str, Callable[[], None]] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    _tabs: dict[str, Page] = field(default_factory=dict)

    # --- people ----------------------------------------------------------------------------------------------------

    def tab(self, who: str) -> Page:
        if who not in self._tabs:
            self.play.do("admin", SetPassword(self.play.people[who], PASSWORD))
            tab = self.browser.new_context(viewport=PHONE if who == "owner" else DESK).new_page()  # type: ignore[arg-type]
            tab.set_default_timeout(10_000)
            tab.on("console", lambda message: self.complaints.append(f"{tab.url}: {message.text}"))
            tab.on("pageerror", lambda error: self.complaints.append(f"{tab.url}: {error}"))
            self._tabs[who] = tab
        return self._tabs[who]

    def go(self, who: str, path: str) -> Page:
        """Open an address, signing in where that is asked for."""
        self.tab(who).goto(self.address + path)
        return self.signed_in(who)

    def signed_in(self, who: str) -> Page:
        """Whoever was away too long signs in, and comes to the page that was asked for."""
        tab = self.tab(who)
        if "/sign-in" in tab.url:
            tab.locator("input[name=email]").fill(email(self.play, who))
            tab.locator("input[name=password]").fill(PASSWORD)
            tab.locator("input[name=password]").press("Enter")
            tab.wait_for_url(lambda url: "/sign-in" not in url)
        return tab

    # --- steps -----------------------------------------------------------------------------------------------------

    def open(self, who: str, form: Mapping[str, Any]) -> str:
        tab = self.go(who, "/cases")
        tab.get_by_role("link", name="Ny upphandling").click()
        fill(tab, as_typed(form))
        tab.locator("main form button[type=submit], main form button:not([type])").last.click()
        tab.wait_for_url(re.compile(r"/cases/[0-9a-f]{32}$"))
        return tab.url.rsplit("/", 1)[1]

    def take(self, who: str, case: str, trigger: str, lot: int | None, form: Mapping[str, Any]) -> None:
        tab = self.to_the_step(who, case, trigger, lot)
        typed = as_typed(form)
        fill(tab, typed)
        if trigger in self.meanwhile:
            self.meanwhile.pop(trigger)()
            press(tab)
            expect(tab.locator("main")).to_contain_text(re.compile("har ändrats|ändrades medan du skrev"))
            self.refusals.append(tab.inner_text("main"))
            assert standing(tab, typed) == typed, "nothing typed is lost"
        press(tab)
        tab.wait_for_url(lambda url: "/do/" not in url)
        assert not tab.locator("#errors").count(), tab.inner_text("main")
        self.fits(who, tab)

    def to_the_step(self, who: str, case: str, trigger: str, lot: int | None) -> Page:
        """As people find it: where the last step left them, in *My cases*, or on the page of the case."""
        tab = self.tab(who)
        step = tab.locator(f'main a[href*="/cases/{case}/do/{trigger}"]')
        for path in ("/", f"/cases/{case}"):
            if not step.count():
                self.go(who, path)
        reach(step.first)
        tab.wait_for_url(re.compile(rf"/sign-in|/cases/{case}/do/{trigger}"))
        self.signed_in(who)
        if lot is not None and tab.get_by_text("Vilket gäller det?").count():
            tab.locator("main .title").nth(lot - 1).click()
        elif lot is not None and tab.get_by_role("link", name="bara det här").count():
            tab.get_by_role("link", name="bara det här").nth(lot - 1).click()
        tab.wait_for_load_state()
        self.fits(who, tab)
        return tab

    def fits(self, who: str, tab: Page) -> None:
        if who == "owner":
            assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], tab.url


def reach(link: Locator) -> None:
    """Press a link, having opened the menu it is in."""
    unfold(link)
    link.click()


def unfold(part: Locator) -> None:
    closed = part.locator("xpath=ancestor::details[not(@open)]/summary")
    if closed.count():
        closed.first.click()


def fill(tab: Page, typed: Mapping[str, str]) -> None:
    for name, text in typed.items():
        first = tab.locator(f'main [name="{name}"]').first
        unfold(first)
        kind = first.evaluate("e => e.tagName === 'SELECT' ? 'select' : e.type")
        if kind == "radio":
            tab.check(f'main [name="{name}"][value="{text}"]')
        elif kind == "select":
            first.select_option(text)
        else:
            first.fill(text)


def standing(tab: Page, typed: Mapping[str, str]) -> dict[str, str]:
    """What stands in these fields now."""
    found = {}
    for name in typed:
        fields = tab.locator(f'main [name="{name}"]')
        kind = fields.first.evaluate("e => e.type")
        found[name] = str((fields.and_(tab.locator(":checked")) if kind == "radio" else fields.first).input_value())
    return found


def press(tab: Page) -> None:
    """The button of the step or of the decision; it is in reach without scrolling sideways or opening anything."""
    with tab.expect_navigation():
        tab.locator("form#step button.primary, form#step button.danger, button[form=decide]").first.click()


def test_two_lots_to_the_end_each_step_by_its_own_person(browser: Browser, play: Play, address: str) -> None:
    people = InChromium(browser, play, address)
    story = Journey(play, people)

    def owner_changes_the_target() -> None:
        play.act("owner", "save_targets", targets=[{**TARGET, "target_value": "80 procent"}])

    def officer_renames_the_case() -> None:
        row = play.row()
        named = {"title": "Städtjänster, kusten", "unit": row.unit_id, "owner": row.owner_id, "officer": row.officer_id}
        play.do("officer", CorrectCase(row.id, row.row_version, named))

    people.meanwhile = {
        "decide_sustainability_target": owner_changes_the_target,
        "submit_risk_analysis": officer_renames_the_case,
    }
    story.told()

    renamed, changed = people.refusals
    assert "Städtjänster, kusten" in renamed, "what somebody else did meanwhile is said"
    assert "80 procent" in changed
    assert not [c for c in people.complaints if not REFUSED.search(c)]
    assert len(people.complaints) == 2
    assert set(people._tabs) == {"officer", "owner", "strategist", "head", "manager"}
    with play.app.database.read() as uow:
        result = verify_all(uow)
    assert result.ok, result.first_fault


def test_the_wrong_person_reads_who_decides_and_finds_no_button(browser: Browser, play: Play, address: str) -> None:
    play.open()
    play.need()
    people = InChromium(browser, play, address)
    tab = people.go("officer", f"/cases/{play.case}/do/decide_start")
    words = tab.inner_text("main")
    assert "Det här beslutar någon annan" in words
    assert "Åsa Ägare" in words
    assert not tab.locator("button[form=decide], form#decide").count()
    assert not people.complaints


def test_from_the_mail_to_decided_on_a_phone(browser: Browser, play: Play, address: str, tmp_path: Path) -> None:
    """At most three pages and four inputs, signing in included: the mail's own text is all there is to start from."""
    play.do("admin", SetPassword(play.people["owner"], PASSWORD))
    play.open()
    play.to_target_decision()
    play.run_due()
    letter = tmp_path / "letter.eml"
    letter.write_bytes(play.mail_to("owner")[-1].as_bytes())
    message = mailbox.message_from_bytes(letter.read_bytes(), policy=default)
    plain = message.get_body(("plain",))
    assert plain is not None
    (link,) = re.findall(rf"{re.escape(address)}/cases/\S+/do/\S+", plain.get_content())

    tab = browser.new_context(viewport=PHONE, has_touch=True).new_page()  # type: ignore[arg-type]
    tab.set_default_timeout(10_000)
    pages: list[str] = []
    complaints: list[str] = []
    tab.on("console", lambda text: complaints.append(text.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on(
        "response",
        lambda answer: (
            pages.append(answer.url) if answer.request.is_navigation_request() and answer.status == 200 else None
        ),
    )
    inputs = 0
    tab.goto(link)
    for name, text in (("email", email(play, "owner")), ("password", PASSWORD)):
        tab.locator(f"input[name={name}]").fill(text)
        inputs += 1
    tab.get_by_role("button", name="Logga in", exact=True).tap()
    inputs += 1
    decide = tab.get_by_role("button", name="Fastställ")
    box = decide.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= PHONE["height"], "in reach of the thumb without scrolling"
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    decide.tap()
    inputs += 1
    expect(tab.locator("main")).to_contain_text("Ditt beslut är sparat")
    assert len(pages) <= 3, pages
    assert inputs <= 4
    assert play.row().state == "requirement_selection"
    assert not complaints
