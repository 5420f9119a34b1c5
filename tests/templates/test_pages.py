"""Layouts and macros give sound HTML, escape what people wrote, and speak the language that was asked for."""

from __future__ import annotations

import re
import threading
from datetime import date
from pathlib import Path

import html5lib
import pytest
from jinja2 import StrictUndefined, TemplateNotFound, UndefinedError
from markupsafe import escape

from templates.rendering import html_environment, render, speaking, text_environment
from tests.templates.sample import HOSTILE, PAGES, TODAY, page

STATIC = Path(__file__).parents[2] / "workflow/web/static"
ERRORS = [("title", "Skriv vad som ska köpas"), (None, "Någon annan har ändrat ärendet")]


@pytest.mark.parametrize("locale", ["sv", "en"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_valid_html_with_one_heading_and_no_inline_script_or_style(name: str, locale: str) -> None:
    html = page(name, locale, errors=ERRORS)
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    assert len(document.findall(".//h1")) == 1
    assert not [element.tag for element in document.iter() if "style" in element.attrib or element.tag == "style"]
    assert not [
        key for element in document.iter() for key in element.attrib if isinstance(key, str) and key.startswith("on")
    ]
    assert all(script.get("src") for script in document.iter("script"))
    ids = [element.get("id") for element in document.iter() if element.get("id")]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["case", "decision", "form"])
def test_what_people_wrote_is_shown_as_text(name: str) -> None:
    html = page(name, title=HOSTILE, typed=HOSTILE, errors=[("title", HOSTILE)])
    assert "<script>alert" not in html
    assert str(escape(HOSTILE)) in html


@pytest.mark.parametrize("name", PAGES)
def test_english_pages_leave_no_swedish_of_ours_behind(name: str) -> None:
    assert "Hoppa till innehållet" in page(name, "sv")
    assert "Skip to the content" in page(name, "en")
    assert 'lang="en"' in page(name, "en")


def test_the_language_is_that_of_the_rendering_and_not_of_the_first_one() -> None:
    with speaking("sv", TODAY):
        template = html_environment().from_string("{{ day(on) }} {{ 1000 | money }} {{ _('Search') }}")

    def rendered(locale: str) -> str:
        with speaking(locale, TODAY):
            return template.render(on=TODAY)

    assert rendered("sv") == "21 nov. 1\N{NO-BREAK SPACE}000\N{NO-BREAK SPACE}kr Sök"
    assert rendered("en") == "21 Nov SEK\N{NO-BREAK SPACE}1,000 Search"


def test_two_threads_render_in_their_own_language() -> None:
    seen: dict[str, set[str]] = {"sv": set(), "en": set()}
    start = threading.Barrier(2)

    def work(locale: str) -> None:
        start.wait()
        for _ in range(20):
            seen[locale].update(re.findall(r"Hoppa till innehållet|Skip to the content", page("form", locale)))

    threads = [threading.Thread(target=work, args=(locale,)) for locale in seen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"sv": {"Hoppa till innehållet"}, "en": {"Skip to the content"}}


def test_a_page_with_errors_says_so_first_in_its_title_and_links_to_the_field() -> None:
    html = page("form", errors=ERRORS)
    assert "<title>Fel: Ny upphandling – Stegvis</title>" in html
    assert '<a href="#f-title">Skriv vad som ska köpas</a>' in html
    assert 'id="f-title"' in html
    assert 'aria-invalid="true"' in html
    assert "<title>Ny upphandling – Stegvis</title>" in page("form")


def test_what_was_typed_stays_in_the_form() -> None:
    html = page("form", typed="Städning & fönsterputs", errors=ERRORS)
    assert 'value="Städning &amp; fönsterputs"' in html
    assert ">\nTvå\nrader</textarea>" in html
    assert '<option value="2" selected>' in html


def test_rows_are_added_and_removed_without_a_script() -> None:
    html = page("form")
    assert 'name="targets-0-indicator"' in html
    assert 'name="targets-1-_remove"' in html
    assert '<button class="secondary" name="_add" value="targets">' in html


def test_enter_in_a_form_never_presses_add_row() -> None:
    buttons = re.findall(r"<button[^>]*>", page("form").split('id="case"')[1])
    assert "name=" not in buttons[0]


def test_a_fact_that_is_missing_stops_the_page() -> None:
    with pytest.raises(UndefinedError):
        page("inbox", viewer=None, work=StrictUndefined(name="work"))
    with pytest.raises(TemplateNotFound):
        render("pages/not_there.html", {}, locale="sv")
    with pytest.raises(ValueError, match="languages"):
        render("layout/print.html", {}, locale="de")


def test_only_plain_text_goes_out_unescaped() -> None:
    assert html_environment().from_string("{{ x }}").render(x="<b>") == "&lt;b&gt;"
    assert text_environment().from_string("{{ x }}").render(x="<b>") == "<b>"


def test_every_template_compiles() -> None:
    for environment, ending in ((html_environment(), ".html"), (text_environment(), ".txt")):
        for name in environment.list_templates(filter_func=lambda name, ending=ending: name.endswith(ending)):
            environment.get_template(name)


def test_style_and_script_stay_small_and_ask_nobody_else() -> None:
    css, js = ((STATIC / name).read_text() for name in ("app.css", "app.js"))
    assert len(css.encode()) <= 16_000
    assert len(js.encode()) <= 12_000
    assert "http" not in css.replace("href^=http", "")
    assert "http" not in js
    assert "submit()" not in js
    assert js.count("fetch(") == js.count("fetch(seen.action,") == 1, "only where a form of the page would go"


@pytest.mark.parametrize(
    ("on", "swedish", "english"),
    [
        (date(2026, 12, 28), "till och med 28 dec.", "until 28 Dec."),
        (date(2026, 5, 28), "till och med 28 maj.", "until 28 May."),
        (date(2027, 3, 1), "till och med 1 mars 2027.", "until 1 Mar 2027."),
    ],
)
def test_a_sentence_that_ends_with_a_day_ends_with_one_point(on: date, swedish: str, english: str) -> None:
    """Months whose abbreviation has a point, and those whose name is short enough to have none."""
    template = '{{ _("It took too long and was stopped: it shows what happens until %(day)s.", day=on | day) }}'
    for environment in (html_environment(), text_environment()):
        for locale, wanted in (("sv", swedish), ("en", english)):
            with speaking(locale, date(2026, 1, 2)):
                assert environment.from_string(template).render(on=on).replace("\u00a0", " ").endswith(wanted)


def test_what_fills_a_phrase_is_escaped_on_pages_and_not_in_plain_text() -> None:
    template = '{{ _("At the latest %(day)s.", day=who) }}'
    with speaking("sv", date(2026, 1, 2)):
        assert html_environment().from_string(template).render(who="<b>.") == "Senast &lt;b&gt;."
        assert text_environment().from_string(template).render(who="<b>.") == "Senast <b>."
