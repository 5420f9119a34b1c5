"""The sample pages in a real browser: WCAG 2.2 AA, narrow screens, keyboard, print."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, sync_playwright

from tests.templates.sample import PAGES, page

STATIC = Path(__file__).parents[2] / "workflow/web/static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
PRESSABLE = (
    "button:not(.hidden), .button, select, .tabs a, .chips a, .menu > summary, .fold > summary, "
    "input:not([type=hidden], [type=checkbox], [type=radio])"
)
ADDRESS = "http://stegvis.test/"

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium found: pages are not looked at")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


def opened(browser: Browser, **options: Any) -> tuple[Page, list[str]]:
    """A tab that is served the sample pages, and what its console complains of."""
    tab = browser.new_context(**options).new_page()
    tab.set_default_timeout(5_000)
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.route("**/*", _serve)
    return tab, complaints


def _serve(route: Route) -> None:
    path = route.request.url.removeprefix(ADDRESS).split("?")[0]
    if path.startswith("static/"):
        file = STATIC / path.removeprefix("static/")
        route.fulfill(body=file.read_bytes(), content_type=TYPES[file.suffix])
        return
    errors = [("title", "Skriv vad som ska köpas")] if path == "form" else []
    flash = [] if path == "decision" else ["Sparat."]
    route.fulfill(
        body=page(path if path in PAGES else "inbox", errors=errors, flash=flash),
        content_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'"},
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_no_page_breaks_a_rule_of_accessibility(browser: Browser, width: int, scheme: str) -> None:
    tab, complaints = opened(browser, viewport={"width": width, "height": 844}, color_scheme=scheme)
    broken = {}
    for name in PAGES:
        tab.goto(ADDRESS + name)
        tab.evaluate("document.querySelectorAll('main details').forEach(part => { part.open = true })")
        found = Axe().run(tab, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
        if found:
            broken[name] = [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found]
    assert not broken
    assert not complaints


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_a_screen_of_320_pixels(browser: Browser, name: str) -> None:
    tab, _ = opened(browser, viewport={"width": 320, "height": 640})
    tab.goto(ADDRESS + name)
    assert tab.evaluate("document.documentElement.scrollWidth") == 320


def test_a_decision_fits_a_phone_without_scrolling(browser: Browser) -> None:
    tab, _ = opened(browser, viewport={"width": 390, "height": 844})
    tab.goto(ADDRESS + "decision")
    bar = tab.locator(".decide").bounding_box()
    card = tab.locator(".card").bounding_box()
    head = tab.locator("header").bounding_box()
    assert bar is not None
    assert card is not None
    assert head is not None
    assert bar["y"] + bar["height"] <= 844
    assert card["y"] + card["height"] <= bar["y"]
    assert head["height"] <= 49


@pytest.mark.parametrize("width", [1280, 390])
def test_what_one_presses_is_large_enough(browser: Browser, width: int) -> None:
    tab, _ = opened(browser, viewport={"width": width, "height": 844})
    for name in PAGES:
        tab.goto(ADDRESS + name)
        small = tab.evaluate(
            """pressable => [...document.querySelectorAll(pressable)]
                 .filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
                 .map(e => e.outerHTML)""",
            PRESSABLE,
        )
        assert not small


def test_the_keyboard_moves_opens_and_can_be_switched_off(browser: Browser) -> None:
    tab, _ = opened(browser, viewport={"width": 1280, "height": 844})
    tab.goto(ADDRESS + "inbox")
    tab.keyboard.press("j")
    tab.keyboard.press("j")
    assert tab.evaluate("document.activeElement.textContent") == "Fastighetsjour"
    tab.keyboard.press("k")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/cases/1")
    tab.keyboard.press("/")
    assert tab.evaluate("document.activeElement.id") == "search"
    tab.keyboard.press("Escape")
    tab.evaluate("document.activeElement.blur()")
    tab.keyboard.press("?")
    tab.get_by_label("Använd enbokstavskommandon").uncheck()
    tab.get_by_role("button", name="Stäng").click()
    tab.keyboard.press("j")
    assert tab.locator(".at").count() == 0


def test_the_menu_of_a_phone_opens_without_a_script(browser: Browser) -> None:
    tab, _ = opened(browser, viewport={"width": 390, "height": 844}, java_script_enabled=False)
    tab.goto(ADDRESS + "case")
    assert not tab.get_by_role("link", name="Leverantörer").is_visible()
    tab.locator("header summary").click()
    assert tab.get_by_role("link", name="Leverantörer").is_visible()
    assert tab.get_by_role("button", name="Logga ut").is_visible()


def test_the_focus_stands_on_the_errors_when_a_form_comes_back(browser: Browser) -> None:
    tab, _ = opened(browser, viewport={"width": 390, "height": 844}, java_script_enabled=True)
    tab.goto(ADDRESS + "form")
    assert tab.evaluate("document.activeElement.id") == "errors"


def test_paper_shows_the_case_and_not_the_menus(browser: Browser) -> None:
    tab, _ = opened(browser)
    tab.goto(ADDRESS + "case")
    tab.emulate_media(media="print")
    assert not tab.locator(".top nav").first.is_visible()
    assert not tab.locator(".buttons").first.is_visible()
    assert tab.locator(".timeline").is_visible()
