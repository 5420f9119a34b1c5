from __future__ import annotations

import re
from datetime import date
from email import message_from_bytes, policy
from email.message import EmailMessage
from itertools import product

import html5lib  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notifications.errors import PermanentFailure, TemporaryFailure
from notifications.kinds import Kind
from notifications.message import SUBJECT_WIDTH, compose, message_id
from templates.formatting import day
from templates.labels import LOCALES
from tests.notifications.samples import (
    BASE_URL,
    FACTS,
    GENERAL,
    OUTBOX_ID,
    SENT_AT,
    TODAY,
    WORDED,
    mail,
    sample_labels,
)

EVERY_KIND_AND_LANGUAGE = list(product(WORDED, LOCALES))
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "References", "Auto-Submitted"),
    *("X-Auto-Response-Suppress", "MIME-Version", "Content-Type", "Content-Language"),
}
ATTACKS = [
    "Städ\r\nBcc: spy@evil.example",
    "Städ\nBcc: spy@evil.example\n\nNew body",
    "=?utf-8?q?St=C3=A4d=0D=0ABcc:spy@evil.example?=",
    "=?utf-8?b?U3TDpGQNCkJjYzpzcHlAZXZpbC5leGFtcGxl?=",
    "=\x00?utf-8?q?=0ABcc:spy@evil.example?=",
    "Städ\u2028Bcc: spy@evil.example\x85\x0b\x0c\x1b[31m",
    'Städ, spy@evil.example <spy2@evil.example>; "x" (y) \\',
    "<img src=x onerror=alert(1)> & </td></table>{{ 7*7 }}{% raw %}",
    "Städ \ud800 \u202egnp.exe",
    "",
    "100 % %(name)s %s",
    "å" * 500,
]


def received(message: EmailMessage) -> EmailMessage:
    """What the reader's program makes of the bytes on the wire."""
    parsed = message_from_bytes(message.as_bytes(policy=policy.SMTP), policy=policy.default)
    assert isinstance(parsed, EmailMessage)
    for part in parsed.walk():
        assert not part.defects
        assert not [value for value in part.values() if value.defects]
    return parsed


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content()).replace("\r\n", "\n")


def html_of(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def links(text: str) -> list[str]:
    return re.findall(r"(?i)(?:https?|ftp)://\S+|www\.\S+", text)


def last_day(kind: Kind) -> date:
    facts = FACTS[kind]
    return date.fromisoformat(facts.get("due_on") or facts.get("last_on") or facts["decided_on"])


def link_of(kind: Kind) -> str:
    return BASE_URL + str(FACTS[kind]["link"])


def headers_of(kind: Kind) -> set[str]:
    """A digest also says where it can be chosen away."""
    return HEADERS | ({"List-Unsubscribe"} if kind is Kind.DIGEST else set())


@pytest.mark.parametrize(("kind", "locale"), EVERY_KIND_AND_LANGUAGE)
def test_every_message_is_short_whole_and_has_one_link(kind: Kind, locale: str) -> None:
    message = received(mail(kind, locale))

    assert message["Subject"] == mail(kind, locale)["Subject"]
    assert len(message["Subject"]) <= SUBJECT_WIDTH
    assert kind in GENERAL or "UPP-2026-0104" in message["Subject"]
    assert day(last_day(kind), locale, TODAY) in message["Subject"]

    said, _, signature = text_of(message).partition("\n-- \n")
    assert len(said.splitlines()) <= 12
    assert signature == "Stegvis, Region Norrbotten\n"
    assert said.startswith("Hej Åsa!\n" if locale == "sv" else "Hello Åsa!\n")
    assert links(text_of(message)) == [link_of(kind)]


@pytest.mark.parametrize(("kind", "locale"), EVERY_KIND_AND_LANGUAGE)
def test_the_html_part_says_the_same_words_with_one_button(kind: Kind, locale: str) -> None:
    message = received(mail(kind, locale))
    html = html_of(message)
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)

    assert tree.get("lang") == locale
    buttons = [(link.get("href"), link.text) for link in tree.iter("a")]
    action = next(line for line in text_of(message).splitlines() if BASE_URL in line)
    assert buttons == [(link_of(kind), action.partition(": ")[0])]
    shown = " ".join(tree.itertext())
    for line in text_of(message).splitlines():
        assert line == action or line == "-- " or line in shown
    assert not list(tree.iter("img")) + list(tree.iter("script"))
    assert len(links(html)) == 1, "nothing is fetched from elsewhere"


@pytest.mark.parametrize("kind", WORDED)
def test_swedish_and_english_differ_in_every_line_of_our_own(kind: Kind) -> None:
    """An English phrase that has no Swedish would be the same in both."""
    swedish, english = (
        {re.split(r"[:,]| {2}", line)[0] for line in text_of(mail(kind, locale)).splitlines() if line}
        for locale in LOCALES
    )
    assert swedish & english <= {"-- ", "Stegvis"}


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("kind", WORDED)
def test_nothing_that_people_write_alters_a_header_or_the_page(kind: Kind, attack: str) -> None:
    written = {"title", "region_name", "substitute_for", "asked_by", "responsible", "handed_on_by"}
    written |= {"reason", "decided_by", "returned_by", "question", "answer", "answered_by", "addressee"}
    written |= {"decided_for", "from_name", "handed_over_by"}
    changed: dict[str, object] = {name: attack for name in FACTS[kind] if name in written}
    if kind is Kind.DIGEST:
        changed["rows"] = [{**row, "title": attack, "in_place_of": attack} for row in FACTS[kind]["rows"]]
    message = received(mail(kind, name=attack, **changed))

    assert set(message.keys()) == headers_of(kind)
    assert [address.addr_spec for address in message["To"].addresses] == ["asa.lind@norrbotten.example"]
    assert len(message["Subject"]) <= SUBJECT_WIDTH
    assert kind in GENERAL or "UPP-2026-0104" in message["Subject"]
    assert str(message["Subject"]).isprintable()
    assert len(text_of(message).partition("\n-- \n")[0].splitlines()) <= 12
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html_of(message))
    assert len(list(tree.iter("a"))) == 1
    assert not list(tree.iter("img")) + list(tree.iter("script"))


@settings(max_examples=60, deadline=None, print_blob=True)
@given(title=st.text(max_size=200), name=st.text(max_size=40), reason=st.text(max_size=400))
def test_no_text_at_all_loses_the_message(title: str, name: str, reason: str) -> None:
    with sample_labels():
        message = received(mail(Kind.RETURNED, name=name, title=title, returned_by=name, reason=reason))
    assert set(message.keys()) == HEADERS
    assert len(message["Subject"]) <= SUBJECT_WIDTH
    assert len(text_of(message).partition("\n-- \n")[0].splitlines()) <= 12


def test_somebody_elses_link_does_not_become_one_of_ours() -> None:
    message = mail(Kind.RETURNED, reason="Se https://evil.example/x och www.evil.example, tack.")
    assert "Skäl: Se […] och […] tack." in text_of(message)
    assert "evil" not in text_of(mail(Kind.RETURNED, name="https://evil.example/"))


def test_words_that_are_not_open_stay_on_the_page() -> None:
    assert "Skäl: står i ärendet." in text_of(mail(Kind.RETURNED, reason=None))


def test_an_ordinary_title_stands_as_written() -> None:
    title = "IT-drift & support ”Öster” (etapp 2) – 50 % <delvis>"
    message = received(mail(Kind.STANDSTILL_OVER, title=title))
    assert title in text_of(message)
    assert title in " ".join(
        html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html_of(message)).itertext()
    )


@pytest.mark.parametrize(("kind", "locale"), EVERY_KIND_AND_LANGUAGE)
def test_the_subject_gives_up_the_title_first_and_never_reference_or_day(kind: Kind, locale: str) -> None:
    long = {"sample.decide_target": "Ta ställning till leverantörens andra åtgärdsplan och dess bevis"}
    with sample_labels(**long):
        general: dict[str, object] = (
            {"title": "", "from_name": "Åsa " * 20} if kind is Kind.HANDED_OVER else {"title": ""}
        )
        case: dict[str, object] = {"title": "Hyrpersonal, sjuksköterskor, hela länet, andra omgången"}
        message = mail(kind, locale, **(general if kind in GENERAL else case))
    assert len(message["Subject"]) <= SUBJECT_WIDTH
    assert day(last_day(kind), locale, TODAY) in message["Subject"]
    if kind not in GENERAL:
        assert message["Subject"].endswith(" (UPP-2026-0104)")
        assert "…" in message["Subject"]


def test_a_task_without_a_last_day_says_what_to_do() -> None:
    message = mail(Kind.TASK_OPENED, due_on=None, next_reminder_on=None)
    assert message["Subject"].startswith("Att göra: Fastställ hållbarhetsmålsättningen")
    assert "Senast" not in text_of(message)


def test_a_late_task_says_how_late_on_the_day_it_is_sent() -> None:
    assert "Senast: fredag 27 november 2026 (3 dagar sen)." in text_of(mail(Kind.TASK_OVERDUE))


def test_a_stand_in_is_told_for_whom() -> None:
    assert "Du får detta för att du ersätter Per Ask." in text_of(mail(Kind.TASK_REMINDER))


def test_headers_keep_a_case_together_and_machines_quiet() -> None:
    first, second = received(mail(Kind.TASK_OPENED)), received(mail(Kind.DECIDED))
    assert first["References"] == second["References"] == "<case-c0104@stegvis.norrbotten.example>"
    assert first["Message-ID"] == message_id(OUTBOX_ID, BASE_URL)
    assert first["Auto-Submitted"] == "auto-generated"
    assert first["X-Auto-Response-Suppress"] == "All"
    assert first["Content-Language"] == "sv"
    assert first["Date"].datetime == SENT_AT
    assert "List-Unsubscribe" not in first, "a task cannot be unsubscribed from"


def compose_to(address: str, *, mail_from: str = "stegvis@norrbotten.example") -> EmailMessage:
    return compose(
        Kind.DECIDED,
        FACTS[Kind.DECIDED],
        recipient_name="Åsa Lind",
        recipient_address=address,
        locale="sv",
        mail_from=mail_from,
        base_url=BASE_URL,
        message_id="<1@x.example>",
        sent_at=SENT_AT,
        today=TODAY,
    )


BAD_ADDRESSES = [
    *("", "asa", "asa@", "@x.example", "a@x.example, b@x.example", "a@x.example\r\nBcc: b@x.example"),
    *("Åsa <a@x.example>", "a b@x.example", "a@x..example", "åsa@x.example", "a@x.example>", "a\x00@x.example"),
]


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_a_bad_address_fails_for_good(address: str) -> None:
    with pytest.raises(PermanentFailure, match="not an e-mail address"):
        compose_to(address)


def test_a_swedish_domain_is_written_as_the_wire_takes_it() -> None:
    assert compose_to("asa@öster.example")["To"].addresses[0].addr_spec == "asa@xn--ster-4qa.example"


@pytest.mark.parametrize("mail_from", ["", "Stegvis", "Stegvis <stegvis>"])
def test_a_wrong_sender_setting_does_not_condemn_the_message(mail_from: str) -> None:
    with pytest.raises(TemporaryFailure, match="MAIL_FROM"):
        compose_to("asa@x.example", mail_from=mail_from)


@pytest.mark.parametrize("kind", WORDED)
def test_every_message_says_why_its_reader_gets_it_and_what_comes(kind: Kind) -> None:
    """Why you; and what comes next or what to do: never a message that only tells."""
    text = " ".join(text_of(mail(kind)).split())
    assert "Du får detta" in text
    ways = (
        "Sedan följer", "Nästa steg", "Nästa påminnelse", "påminnelserna", "Påminnelserna", "Frågan stoppar inte tiden",
        "kommer ändå direkt", "tills någon",
    )  # fmt: skip
    assert any(way in text for way in ways), text


def test_a_letter_to_a_supplier_is_sent_as_it_was_decided() -> None:
    """Its words alone: no greeting of ours, no link into the region, nothing added or taken away."""
    message = received(mail(Kind.SUPPLIER_NOTICE, name="Sven Svar"))
    assert text_of(message) == FACTS[Kind.SUPPLIER_NOTICE]["text"]
    assert message["Subject"] == FACTS[Kind.SUPPLIER_NOTICE]["subject"]
    assert BASE_URL not in html_of(message)
    assert "<a " not in html_of(message)


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a])
def test_no_words_of_a_letter_alter_a_header_or_the_page(attack: str) -> None:
    message = received(mail(Kind.SUPPLIER_NOTICE, name=attack, subject=attack, text=f"{attack}\n"))
    assert set(message.keys()) == HEADERS
    assert [address.addr_spec for address in message["To"].addresses] == ["asa.lind@norrbotten.example"]
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html_of(message))
    assert not list(tree.iter("img")) + list(tree.iter("script")) + list(tree.iter("a"))
