"""Letters to suppliers: sent as they were decided, in Word and as mail; texts by two people; the unit's letterhead."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from typing import Any

import docx
import pytest

from templates.formatting import long_day
from tests.ladder import SUPPLIER, Ladder
from tests.play import Play
from workflow.commands import (
    AssignRole,
    ProposeLetterhead,
    ProposeLetterText,
    RejectLetterhead,
    RejectLetterText,
    ReleaseLetterhead,
    ReleaseLetterText,
    SetSubstitute,
)
from workflow.deviations.letters import preview_letter
from workflow.deviations.notices import NOTICE, case_letter, letter_of, text_hash
from workflow.documents.letter import write_letter_text
from workflow.engine.canonical import sha256
from workflow.errors import Conflict, Forbidden, InvalidForm, NotFound, StegvisError
from workflow.letters.placeholders import KINDS, PLACEHOLDERS, faults_of, filled, in_codes, in_words, required
from workflow.letters.texts import TEXT, standard, wording, wording_of

OWN_TEXT = """Hej {mottagare}!
Avtal {avtalsnummer}, {avtalspunkt}. Svara senast {sista svarsdag}.
Skäl: {skäl}"""


@pytest.fixture
def ladder(play: Play) -> Ladder:
    return Ladder(play)


def propose(play: Play, who: str = "admin", **more: Any) -> str:
    given = {
        "region_id": play.region, "kind": "opportunity_to_remedy", "locale": "sv", "subject": "Åtgärda {avtal}",
        "text": OWN_TEXT, "valid_from": play.today, "source": "Beslut 7",
    }  # fmt: skip
    return str(play.do(who, ProposeLetterText(**{**given, **more}))["id"])


def propose_head(play: Play, who: str = "admin", **more: Any) -> str:
    given = {
        "region_id": play.region, "unit_id": None, "valid_from": play.today, "sender": "Regionen", "department": "Inköp",
        "address": "Box 1\n971 89 Luleå", "contact": "0920-1", "reference_person": "Eva Registrator", "source": "Beslut 9",
    }  # fmt: skip
    return str(play.do(who, ProposeLetterhead(**{**given, **more}))["id"])


def word_text(content: bytes) -> str:
    """What a reader of the Word file reads, head and foot too."""
    word = docx.Document(io.BytesIO(content))
    section = word.sections[0]
    parts = [*section.header.paragraphs, *word.paragraphs, *section.footer.paragraphs]
    return "\n".join(p.text for p in parts)


def fault(refusal: Any) -> tuple[str, str]:
    (found,) = refusal.value.errors
    return found.field, found.code


# --- the standard texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("locale", ["sv", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_standard_text_keeps_the_rules_that_a_regions_own_must_keep(kind: str, locale: str) -> None:
    words = standard(kind, locale)
    assert faults_of(kind, locale, words.subject, words.text) == []
    assert in_codes(in_words(words.text, locale), locale) == words.text


@pytest.mark.parametrize("locale", ["sv", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_standard_text_can_be_rendered_in_a_case_and_leaves_nothing_open(
    ladder: Ladder, kind: str, locale: str
) -> None:
    with ladder.play.app.database.read() as uow:
        made = preview_letter(uow, ladder.play.as_("officer"), ladder.id, standard(kind, locale))
    assert not re.search(r"[{}]", made.text + made.subject)
    assert "AVT-2026-0001" in made.text
    assert ("punkt" if locale == "sv" else "clause") in made.text
    assert made.letter.reference in made.text


#: What no letter says: counts of letters that may have been passed by, threats and promises of what a person decides.
NEVER_SAID = {
    "sv": "påmint er|två påminnelser|andra påminnelse|slutar alltid|fortsätter ärendet|fått er åtgärdsplan|ska snart|upphör när",
    "en": r"reminded you|two reminders|second reminder|always ends|matter continues|due soon|\bfines?\b|call-off stop",
}


@pytest.mark.parametrize("locale", ["sv", "en"])
@pytest.mark.parametrize("kind", KINDS)
def test_no_standard_text_counts_letters_threatens_or_promises(kind: str, locale: str) -> None:
    words = standard(kind, locale)
    said = re.sub(r"\{[a-z_]+\}", "", f"{words.subject}\n{words.text}")
    assert re.findall(NEVER_SAID[locale], said, re.IGNORECASE) == []


@pytest.mark.parametrize("kind", ["reminder_1", "reminder_2", "formal_demand", "escalation_meeting"])
def test_what_is_the_regions_own_way_names_the_term_but_does_not_claim_that_it_prescribes_it(
    ladder: Ladder, kind: str
) -> None:
    with ladder.play.app.database.read() as uow:
        swedish, english = (
            preview_letter(uow, ladder.play.as_("officer"), ladder.id, standard(kind, at)).text for at in ("sv", "en")
        )
    version = ladder.view.terms["clause_version"]
    assert f"\nAvtalsvillkor: avtalsvillkoret om tillbörlig aktsamhet, punkt 5 ({version})\n" in swedish
    assert f"\nContract term: the contract term on due diligence, clause 5 ({version})\n" in english
    assert "enligt avtalsvillkoret" not in swedish
    assert "under the contract term" not in english


def test_after_a_plan_that_was_not_accepted_the_next_letter_says_so(ladder: Ladder) -> None:
    ladder.climb_to("reminder_1")
    ladder.hand_in_plan()
    ladder.act("officer", "return_action_plan", reason="Det saknas vem som ansvarar.")
    ladder.play.run_due()
    ladder.pass_period()
    letter = ladder.letters()[-1]
    assert letter.kind == "reminder_2"
    assert "inte fått någon åtgärdsplan som vi kan godta" in letter.text


@pytest.mark.parametrize("back", ["plan_returned", "ladder_resumed"])
def test_a_plan_that_fails_while_a_fine_is_in_force_says_from_which_day_it_runs_again(
    ladder: Ladder, back: str
) -> None:
    play = ladder.play
    ladder.to_decision()
    ladder.decide("contractual_fine", skip_reason="Enligt punkt 5.")
    play.advance(5)
    ladder.hand_in_plan()
    play.advance(5)
    if back == "plan_returned":
        ladder.act("officer", "return_action_plan", reason="Det saknas vem som ansvarar.")
    else:
        ladder.act("owner", "accept_action_plan", reasons="Rimlig plan.")
        ladder.act("officer", "resume_ladder", reason="Ni har inte följt planen.")
    play.run_due()
    letter = ladder.letters()[-1]
    again = play.today + timedelta(days=1)
    assert letter.kind == back
    assert f"räknas det från {long_day(again, 'sv')}." in letter.text
    fine = ladder.view.fine
    assert fine is not None
    assert str(fine.stays[-1]["to_on"]) == again.isoformat()  # the account says the same day


@pytest.mark.parametrize("fined", [False, True])
def test_without_a_fine_or_at_its_cap_nothing_is_said_of_it(ladder: Ladder, fined: bool) -> None:
    ladder.to_decision()
    if fined:
        ladder.decide("contractual_fine", skip_reason="Enligt punkt 5.")
        ladder.play.advance(70)
    ladder.hand_in_plan()
    ladder.act("officer", "return_action_plan", reason="Det saknas vem som ansvarar.")
    text = ladder.letters()[-1].text
    assert "Det saknas vem som ansvarar." in text
    assert "Vitet räknas" not in text


def test_a_letter_says_by_which_day_and_that_a_late_letter_gives_more_time(ladder: Ladder) -> None:
    ladder.offer()
    letter = ladder.letters()[-1]
    assert "senast måndag 30 mars 2026" in letter.text
    assert ladder.due_on == date(2026, 3, 30)
    assert "Får ni brevet en senare dag räknas svarstiden från den dagen." in letter.text


def test_the_supplier_chooses_english(play: Play) -> None:
    ladder = Ladder(play, contact_language="en")
    ladder.offer()
    letter = ladder.letters()[-1]
    assert letter.locale == "en"
    assert "no later than Monday 30 March 2026" in letter.text
    assert "Handläggare" not in word_text(case_file(ladder, letter.id)[1])


# --- sent as decided ------------------------------------------------------------------------------------------


def case_file(ladder: Ladder, notice_id: str) -> tuple[str, bytes]:
    with ladder.play.app.database.read() as uow:
        return case_letter(uow, ladder.play.as_("officer"), ladder.id, notice_id)


def kept(ladder: Ladder, notice_id: str) -> Any:
    with ladder.play.app.database.read() as uow:
        return uow.one(NOTICE, notice_id=notice_id)


def test_what_changes_between_the_decision_and_the_sending_changes_nothing(ladder: Ladder) -> None:
    """Text, letterhead and the officer's name change while the letter lies in the outbox."""
    play = ladder.play
    ladder.act("officer", "start_dialogue")
    ladder.act("officer", "offer_opportunity_to_remedy")
    letter = ladder.letters()[-1]
    before = case_file(ladder, letter.id)
    assert letter.status == "queued"
    play.do("head", ReleaseLetterText(propose(play)))
    play.do("head", ReleaseLetterhead(propose_head(play, sender="Ny region", address="Ny gata 1")))
    play.sql("UPDATE people SET name = 'Ny Handläggare' WHERE id = :p", p=play.people["officer"])
    play.run_due()
    mail = [m for address, m in play.sent if address == SUPPLIER][-1]
    (attached,) = mail.iter_attachments()
    assert mail.get_body(("plain",)).get_content() == letter.text
    assert (attached.get_filename(), attached.get_content()) == before == case_file(ladder, letter.id)
    assert text_hash(str(mail["Subject"]), mail.get_body(("plain",)).get_content()) == letter.text_hash
    row = kept(ladder, letter.id)
    assert sha256(write_letter_text(letter_of(row))) == row.document_hash
    events = [e.body for e in play.sql("SELECT body FROM audit_events WHERE case_id = :c", c=ladder.id)]
    assert sum(row.document_hash in body and "offer_opportunity_to_remedy" in body for body in events) == 1
    assert "Ny gata" not in word_text(before[1])


def test_the_word_file_says_what_the_mail_says(ladder: Ladder) -> None:
    ladder.offer()
    letter = ladder.letters()[-1]
    name, content = case_file(ladder, letter.id)
    said = word_text(content)
    for line in letter.text.splitlines():
        assert line.removeprefix("- ") in said
    assert name.endswith(".docx")
    assert ladder.play.row(ladder.id).reference in name
    assert "Sven Svar" in said
    assert ladder.play.today.isoformat() in said


@pytest.mark.parametrize("column", ["text", "subject", "document"])
def test_a_letter_that_was_tampered_with_is_neither_given_out_nor_sent(ladder: Ladder, column: str) -> None:
    play = ladder.play
    ladder.act("officer", "start_dialogue")
    (letter,) = ladder.letters()
    play.sql(f"UPDATE supplier_notices SET {column} = replace({column}, 'Undersökningshandskar', 'x')")
    with pytest.raises(Conflict):
        case_file(ladder, letter.id)
    play.run_due()
    assert ladder.sent() == []


def test_a_mail_whose_words_were_changed_in_the_outbox_is_not_sent(ladder: Ladder) -> None:
    play = ladder.play
    ladder.act("officer", "start_dialogue")
    play.sql(
        "UPDATE outbox_messages SET facts = replace(facts, 'Undersökningshandskar', 'x') WHERE kind = 'supplier_notice'"
    )
    play.run_due()
    assert ladder.sent() == []


def test_a_draft_says_that_it_is_one_and_shows_what_the_decision_gives(ladder: Ladder) -> None:
    ladder.to_decision()
    draft = ladder.view.draft
    assert draft is not None
    assert "[skäl]" in draft.text
    assert "Utkast" in word_text(case_file(ladder, draft.id)[1])
    ladder.decide("call_off_stop")
    sent = ladder.letters()[-1]
    assert "[" not in sent.text
    assert "Leverantören har inte svarat." in sent.text
    assert "Utkast" not in word_text(case_file(ladder, sent.id)[1])


SAID_GROUNDS = {
    "not_reporting": ("inte har rapporterat", "have not reported", 3),
    "not_taking_part": ("inte har medverkat i uppföljningen", "have not taken part in the follow-up", 4),
    "not_following_plan": (
        "inte har hanterat avvikelsen enligt en åtgärdsplan",
        "in accordance with an action plan",
        5,
    ),
}


@pytest.mark.parametrize("locale", ["sv", "en"])
@pytest.mark.parametrize("ground", SAID_GROUNDS)
def test_the_letter_of_a_sanction_tells_its_ground_with_the_clause(play: Play, ground: str, locale: str) -> None:
    ladder = Ladder(play, contact_language=locale)
    ladder.to_decision()
    draft = ladder.view.draft
    assert draft is not None
    assert {"sv": "Grunden för beslutet är [grund].", "en": "The ground for the decision is [ground]."}[
        locale
    ] in draft.text
    ladder.decide("call_off_stop", ground=ground)
    swedish, english, clause = SAID_GROUNDS[ground]
    text = ladder.letters()[-1].text
    assert {"sv": swedish, "en": english}[locale] in text
    assert {"sv": f"aktsamhet, punkt {clause}).", "en": f"due diligence, clause {clause})."}[locale] in text


def test_the_shortcut_tells_its_own_ground_in_draft_and_letter(play: Play) -> None:
    ladder = Ladder(play, deviation_kind="child_labour", ground="not_reporting")
    prepared = {"prepared_rung": "immediate_termination", "proportionality": "Barn i fabriken.", "evidence": "Rapport"}
    ladder.act("officer", "prepare_rung", **prepared)
    ladder.act("officer", "amend_deviation", probable=True, reason="Två oberoende källor.")
    draft = ladder.view.draft
    ladder.act("head", "decide_severe_termination", reasons="Allvarligt.")
    for letter in (draft, ladder.letters()[-1]):
        assert "har gjorts sannolik" in letter.text
        assert "rapporterat" not in letter.text


@pytest.mark.parametrize(("locale", "open_word"), [("sv", "[beslutsfattare]"), ("en", "[decision-maker]")])
def test_a_draft_names_no_decider_and_the_letter_names_who_decided(play: Play, locale: str, open_word: str) -> None:
    ladder = Ladder(play, contact_language=locale)
    ladder.to_decision()
    ladder.decide("call_off_stop")
    ladder.act("head", "prepare_rung", prepared_rung="contractual_fine", proportionality="Rimligt.", evidence="R7",
               skip_reason="Parallella rättigheter.")  # fmt: skip
    draft = ladder.view.draft
    assert draft is not None
    assert draft.text.count(open_word) == 2  # where the decision is told, and as signature
    assert "Cecilia Chef" not in draft.text
    assert "Cecilia Chef" in ladder.letters()[-1].text
    with play.app.database.read() as uow:
        shown = preview_letter(uow, play.as_("head"), ladder.id, standard("contractual_fine", locale))
    assert open_word in shown.text
    assert "Cecilia Chef" not in shown.text


def test_a_stop_while_investigating_says_that_nothing_is_decided_about_the_deviation(ladder: Ladder) -> None:
    ladder.act("officer", "start_dialogue")
    prepared = {"prepared_rung": "call_off_stop", "proportionality": "Risken är stor.", "evidence": "Tips"}
    ladder.act("officer", "prepare_rung", **prepared)
    ladder.act("head", "decide_stop_while_investigating", reasons="Vi väntar på revisionen.")
    assert "Vi har inte tagit ställning till om det finns någon avvikelse." in ladder.letters()[-1].text


def test_another_region_reads_no_letter(ladder: Ladder) -> None:
    ladder.offer()
    stranger = ladder.play.as_("officer").__class__("x", "kalmar", (), "web")
    with ladder.play.app.database.read() as uow, pytest.raises(NotFound):
        case_letter(uow, stranger, ladder.id, ladder.letters()[-1].id)


# --- the region's own texts -----------------------------------------------------------------------------------


def test_one_proposes_another_releases_and_the_next_letter_has_the_text(ladder: Ladder) -> None:
    play = ladder.play
    proposed = propose(play)
    ladder.act("officer", "start_dialogue")
    for who in ("admin", "officer"):
        with pytest.raises(Forbidden):
            play.do(who, ReleaseLetterText(proposed))
    play.do("head", ReleaseLetterText(proposed))
    with pytest.raises(StegvisError):
        play.do("head", ReleaseLetterText(proposed))
    ladder.act("officer", "offer_opportunity_to_remedy")
    letter = ladder.letters()[-1]
    assert letter.subject == "Åtgärda Undersökningshandskar"
    assert letter.text == (
        "Hej Sven Svar!\n"
        "Avtal AVT-2026-0001, avtalsvillkoret om tillbörlig aktsamhet, punkt 5. Svara senast måndag 30 mars 2026.\n"
    )  # the line with the reasons is left out: the case has none
    assert kept(ladder, letter.id).text_id == proposed


def test_a_text_holds_from_its_day_and_for_its_language_alone(ladder: Ladder) -> None:
    play = ladder.play
    play.do("head", ReleaseLetterText(propose(play, valid_from=play.today + timedelta(days=3))))
    with play.app.database.read() as uow:

        def own(locale: str, days: int) -> bool:
            return wording(uow, play.region, "opportunity_to_remedy", locale, play.today + timedelta(days=days)).own

        assert [own("sv", 2), own("sv", 3), own("en", 3)] == [False, True, False]
        assert not wording(uow, "kalmar", "opportunity_to_remedy", "sv", play.today + timedelta(days=9)).own


def test_back_to_the_standard_by_two_people_too(ladder: Ladder) -> None:
    play = ladder.play
    play.do("head", ReleaseLetterText(propose(play)))
    back = propose(play, "head", standard=True, subject="", text="")
    with pytest.raises(Forbidden):
        play.do("head", ReleaseLetterText(back))
    play.do("admin", ReleaseLetterText(back))
    with play.app.database.read() as uow:
        now = wording(uow, play.region, "opportunity_to_remedy", "sv", play.today)
    assert (now.text, now.text_id) == (standard("opportunity_to_remedy", "sv").text, back)


def test_a_proposal_is_turned_down_with_a_reason(play: Play) -> None:
    proposed = propose(play)
    with pytest.raises(InvalidForm):
        play.do("head", RejectLetterText(proposed, " "))
    play.do("head", RejectLetterText(proposed, "För hård ton"))
    with pytest.raises(StegvisError):
        play.do("head", ReleaseLetterText(proposed))
    with play.app.database.read() as uow:
        assert not wording(uow, play.region, "opportunity_to_remedy", "sv", play.today).own


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{avtalsnummer} {avtalspunkt} {sista svarsdag} {lösenord}", "unknown_placeholder"),
        ("{avtalsnummer} {avtalspunkt} {sista svarsdag} {region.__class__}", "unknown_placeholder"),
        ("{avtalsnummer} {avtalspunkt} {sista svarsdag} {", "stray_brace"),
        ("{avtalsnummer} {sista svarsdag}", "placeholder_missing"),
        ("{avtalspunkt} {sista svarsdag}", "placeholder_missing"),
        ("{avtalsnummer} {avtalspunkt}", "placeholder_missing"),
        ("{avtalspunkt} {sista svarsdag}\n{avtalsnummer} {skäl}", "placeholder_may_vanish"),
        (" ", "field_required"),
    ],
)
def test_a_text_that_would_send_a_useless_letter_is_refused_at_its_field(play: Play, text: str, code: str) -> None:
    with pytest.raises(InvalidForm) as refusal:
        propose(play, text=text)
    assert fault(refusal) == ("text", code)


def test_an_unknown_placeholder_of_the_subject_is_named_there(play: Play) -> None:
    with pytest.raises(InvalidForm) as refusal:
        propose(play, subject="{avtal} {rabatt}")
    assert fault(refusal) == ("subject", "unknown_placeholder")
    assert refusal.value.errors[0].params == {"names": "{rabatt}"}


def test_a_text_cannot_be_dated_back(play: Play) -> None:
    with pytest.raises(InvalidForm) as refusal:
        propose(play, valid_from=play.today - timedelta(days=1))
    assert fault(refusal) == ("valid_from", "letter_text_in_the_past")


def test_a_text_is_data_and_so_is_what_is_filled_in(play: Play) -> None:
    """No template code runs in a text, and a value that looks like a placeholder is not filled again."""
    ladder = Ladder(play, description="{{ 7 * 7 }} {% raw %} {officer_address} %(name)s")
    own = "{{ 7 * 7 }}".replace("{", "").replace("}", "") + " {% skäl %}"
    with pytest.raises(InvalidForm):
        propose(play, text=OWN_TEXT + "\n" + own)
    play.do("head", ReleaseLetterText(propose(play, text=OWN_TEXT + "\n{beskrivning}\n<script>$x %s")))
    ladder.offer()
    text = ladder.letters()[-1].text
    assert "{{ 7 * 7 }} {% raw %} {officer_address} %(name)s" in text
    assert "<script>$x %s" in text
    html = [m for a, m in play.sent if a == SUPPLIER][-1].get_body(("html",)).get_content()
    assert "<script>" not in html


def test_a_preview_of_a_proposal_is_the_letter_in_that_case(ladder: Ladder) -> None:
    play = ladder.play
    proposed = propose(play)
    before = play.sql("SELECT count(*) AS n FROM audit_events")[0].n
    with play.app.database.read() as uow:
        made = preview_letter(uow, play.as_("head"), ladder.id, wording_of(uow.one(TEXT, text_id=proposed)))
    assert made.text.startswith("Hej Sven Svar!\nAvtal AVT-2026-0001")
    assert play.sql("SELECT count(*) AS n FROM audit_events")[0].n == before


def test_the_closed_list_is_what_is_filled() -> None:
    assert set(required("contractual_fine")) <= set(PLACEHOLDERS)
    with pytest.raises(KeyError):
        filled("{nothing}", {})


# --- the letterhead -------------------------------------------------------------------------------------------


def head_of(ladder: Ladder) -> str:
    ladder.act("officer", "start_dialogue")
    return word_text(case_file(ladder, ladder.letters()[-1].id)[1])


def test_the_letterhead_of_the_unit_goes_before_the_regions_and_holds_from_its_day(ladder: Ladder) -> None:
    play = ladder.play

    def set_it(unit: str | None, name: str, days: int = 0) -> None:
        day = play.today + timedelta(days=days)
        play.do("head", ReleaseLetterhead(propose_head(play, unit_id=unit, sender=name, valid_from=day)))

    set_it(None, "Regionen")
    set_it(play.people["unit"], "Divisionen")
    set_it(play.people["unit"], "Framtiden", days=9)
    said = head_of(ladder)
    assert "Divisionen" in said
    assert "Inköp" in said
    assert "971 89 Luleå" in said
    assert "Eva Registrator" in said
    assert "Framtiden" not in said


def test_one_person_alone_puts_nothing_on_a_letter(ladder: Ladder) -> None:
    """A letterhead reaches every letter, a sanction's too: two people, as for a text."""
    play = ladder.play
    proposed = propose_head(play, contact="Betala till bankgiro 123-4567")
    for who in ("admin", "officer"):
        with pytest.raises(Forbidden):
            play.do(who, ReleaseLetterhead(proposed))
    assert "bankgiro" not in head_of(ladder)
    play.do("head", ReleaseLetterhead(proposed))
    with pytest.raises(StegvisError) as refusal:
        play.do("head", ReleaseLetterhead(proposed))
    assert refusal.value.code == "already_done"
    assert "bankgiro" not in word_text(case_file(ladder, ladder.letters()[-1].id)[1]), "what is decided stays"
    ladder.act("officer", "offer_opportunity_to_remedy")
    assert "bankgiro" in word_text(case_file(ladder, ladder.letters()[-1].id)[1])
    kinds = [e.kind for e in play.sql("SELECT kind FROM audit_events WHERE kind LIKE 'letterhead%' ORDER BY seq")]
    assert kinds == ["letterhead_proposed", "letterhead_released"]


def test_whoever_only_stands_in_for_the_proposer_releases_no_letterhead(play: Play) -> None:
    proposed = propose_head(play)
    play.do("admin", SetSubstitute(play.people["admin"], play.people["registrar"], play.today, play.today))
    with pytest.raises(Forbidden) as refusal:
        play.do("registrar", ReleaseLetterhead(proposed))
    assert refusal.value.code == "same_person"
    play.do("admin", AssignRole(play.people["registrar"], "administrator"))
    play.do("registrar", ReleaseLetterhead(proposed))


def test_a_letterhead_that_is_turned_down_or_taken_back_never_applies(ladder: Ladder) -> None:
    play = ladder.play
    for who in ("head", "admin"):
        proposed = propose_head(play, contact="Betala till bankgiro 123-4567")
        with pytest.raises(InvalidForm):
            play.do(who, RejectLetterhead(proposed, " "))
        play.do(who, RejectLetterhead(proposed, "Bankgiro hör inte hit"))
        with pytest.raises(StegvisError):
            play.do("head", ReleaseLetterhead(proposed))
    play.clock.at += timedelta(days=1)
    assert "bankgiro" not in head_of(ladder)


def test_a_letterhead_cannot_be_dated_back(play: Play) -> None:
    with pytest.raises(InvalidForm) as refusal:
        propose_head(play, valid_from=play.today - timedelta(days=1))
    assert fault(refusal) == ("valid_from", "letterhead_in_the_past")


def test_of_two_letterheads_of_one_day_the_one_released_last_applies(ladder: Ladder) -> None:
    play = ladder.play
    first, second = propose_head(play, sender="Först föreslaget"), propose_head(play, sender="Sist föreslaget")
    play.do("head", ReleaseLetterhead(second))
    play.clock.at += timedelta(minutes=1)
    play.do("head", ReleaseLetterhead(first))
    assert "Först föreslaget" in head_of(ladder)


def test_without_a_letterhead_the_names_of_region_and_unit_stand_there(ladder: Ladder) -> None:
    assert "Region Norrbotten" in head_of(ladder)


def test_only_those_who_set_policy_propose_a_letterhead(play: Play) -> None:
    with pytest.raises(Forbidden):
        propose_head(play, "officer")
    with pytest.raises(InvalidForm) as refusal:
        propose_head(play, unit_id="no-unit")
    assert fault(refusal) == ("unit", "unknown_choice")
    with pytest.raises(InvalidForm) as refusal:
        propose_head(play, address=" ")
    assert fault(refusal) == ("address", "field_required")
