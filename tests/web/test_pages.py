"""The pages, read and filled in without JavaScript by the people of a region."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.databases import SqliteFiles
from tests.play import CONTRACT, REQUIREMENT, SUPPLIER, TARGET, Play
from tests.web.paper import Paper, Reader, said
from tests.web.site import csrf_token, sign_in
from workflow.commands import OpenCase, SetSubstitute, WriteComment
from workflow.contracts import queries as contract_queries
from workflow.errors import InvalidForm

Seat = Callable[[str], Reader]


@pytest.fixture
def made(sqlite_files: SqliteFiles) -> SqliteFiles:
    """Pages do not care which database is below them."""
    return sqlite_files


@pytest.fixture
def seat(play: Play) -> Seat:
    """Somebody's browser; each person signs in once."""
    seats: dict[str, Reader] = {}

    def take(who: str) -> Reader:
        if who not in seats:
            seats[who] = Reader(sign_in(play, who))
        return seats[who]

    return take


def rows(group: str, row: dict[str, Any]) -> dict[str, Any]:
    return {f"{group}-0-{name}": str(value) for name, value in row.items()}


def to_the_target(play: Play, seat: Seat, *, opinion: bool = True) -> str:
    """A procurement of one lot, brought to the decision on its targets by its pages."""
    officer, owner = seat("officer"), seat("owner")
    new = officer.send(
        officer.open("/cases/new").form("/cases/new"),
        title="Städtjänster",
        unit=play.people["unit"],
        lots="Norr\nSöder",
    )
    case = new.form("/comments").action.split("/")[2]
    officer.step(
        case, "submit_needs_analysis", need="Rena lokaler", kind="services", track="above_threshold",
        estimated_value="12 000 000,50",
    )  # fmt: skip
    owner.step(case, "decide_start")
    officer.step(
        case, "submit_risk_analysis", risk_environment="low", risk_human_rights="medium", risk_corruption="low",
        risk_labour_law="high",
    )  # fmt: skip
    officer.step(case, "save_targets", **rows("targets", TARGET))
    if opinion:
        seat("strategist").step(case, "record_opinion", supports="yes", opinion="Målet går att följa upp.")
    sent = officer.step(case, "submit_targets")
    assert "Sparat: du lämnade hållbarhetsmålen till beslut" in sent.text
    return case


def test_a_new_procurement_says_where_it_stands_and_who_has_it(play: Play, seat: Seat) -> None:
    officer = seat("officer")
    page = officer.send(officer.open("/cases/new").form("/cases/new"), title="Tolkar", unit=play.people["unit"])
    assert page.title.startswith("Tolkar")
    assert "Nu: behovsanalys hos" in page.text
    assert "Lämna behovsanalysen till beslut" in page.links()


def test_a_title_is_asked_for_and_what_was_chosen_is_kept(play: Play, seat: Seat) -> None:
    officer = seat("officer")
    page = officer.send(officer.open("/cases/new").form("/cases/new"), title=" ", unit=play.people["unit"])
    assert page.status == 422
    assert page.title.startswith("Fel:")
    assert page.faults() == ["Rubrik: Fyll i fältet."]
    assert page.form("/cases/new").fields["unit"] == play.people["unit"]


def test_the_contract_owner_decides_the_target_from_the_link_in_the_mail(play: Play, seat: Seat) -> None:
    case, owner = to_the_target(play, seat), seat("owner")
    inbox = owner.open("/")
    assert "1 ärende väntar på dig" in inbox.text
    page = owner.open(f"/cases/{case}/do/decide_sustainability_target")
    for words in (
        "Det här ska du ta ställning till",
        str(TARGET["statement"]),
        "Målet går att följa upp.",
        "12 000 000,50 kr",
        "Du beslutar som avtalsägare, enligt Riktlinje Inköp",
        "Om du beslutar i dag",
    ):
        assert words in page.text
    receipt = owner.send(page.form("/decide_sustainability_target"))
    assert "Ditt beslut är sparat" in receipt.text
    assert "Ställ krav och lämna dem till beslut" in receipt.text
    assert play.row(case).state == "requirement_selection"
    assert "Inget väntar på dig" in owner.open("/").text


def test_a_missing_opinion_is_named_with_who_can_give_it_and_nothing_can_be_pressed(play: Play, seat: Seat) -> None:
    case = to_the_target(play, seat, opinion=False)
    page = seat("owner").open(f"/cases/{case}/do/decide_sustainability_target")
    assert "Det saknas ett yttrande av någon annan än den som beslutar." in page.text
    assert "Kan lösas av:" in page.text
    assert not [f for f in page.forms() if "/do/" in f.action]


def test_who_opens_the_link_afterwards_reads_who_decided_what_and_when(play: Play, seat: Seat) -> None:
    case, owner = to_the_target(play, seat), seat("owner")
    owner.step(case, "decide_sustainability_target")
    page = seat("officer").open(f"/cases/{case}/do/decide_sustainability_target")
    assert "fastställde hållbarhetsmålsättningen" in page.text
    assert page.status == 200


def test_a_basis_that_changed_meanwhile_is_shown_with_what_was_typed_kept(play: Play, seat: Seat) -> None:
    case, owner = to_the_target(play, seat), seat("owner")
    page = owner.open(f"/cases/{case}/do/decide_sustainability_target")
    owner.step(case, "save_targets", **{"targets-0-target_value": "80 procent"})
    again = owner.send(page.form("/decide_sustainability_target"), reasons="Marknaden är mogen")
    assert again.status == 409
    assert "Underlaget har ändrats" in again.text
    assert "sparade hållbarhetsmålen" in again.text
    form = again.form("/decide_sustainability_target")
    assert form.fields["reasons"] == "Marknaden är mogen"
    assert play.row(case).state == "target_decision"
    assert "Ditt beslut är sparat" in owner.send(form).text


def test_what_changed_is_told_however_much_was_said_before(play: Play, seat: Seat) -> None:
    case, owner = to_the_target(play, seat), seat("owner")
    for number in range(201):
        play.do("officer", WriteComment(case, f"Anteckning {number}"))
    page = owner.open(f"/cases/{case}/do/decide_sustainability_target")
    owner.step(case, "save_targets", **{"targets-0-target_value": "80 procent"})
    again = owner.send(page.form("/decide_sustainability_target"), reasons="Marknaden är mogen")
    assert "sparade hållbarhetsmålen" in again.text


def test_sending_back_asks_for_a_reason_and_keeps_the_page(play: Play, seat: Seat) -> None:
    case, owner = to_the_target(play, seat), seat("owner")
    refused = owner.step(case, "return_for_completion")
    assert refused.faults() == ["Skäl: Fyll i fältet."]
    owner.step(case, "return_for_completion", reason="Ange indikator")
    assert play.row(case).state == "target_setting"


def test_a_row_is_added_without_a_script_and_empty_rows_fall_away(play: Play, seat: Seat) -> None:
    case, owner = to_the_target(play, seat), seat("owner")
    page = owner.open(f"/cases/{case}/do/save_targets")
    more = owner.send(page.form("/save_targets"), _add="targets")
    form = more.form("/save_targets")
    assert "targets-1-statement" in form.fields
    assert form.fields["targets-0-statement"] == TARGET["statement"]
    owner.send(form)
    assert "Hållbarhetsmål1" in owner.open(f"/cases/{case}").text.replace(" ", "")


def test_a_value_in_letters_is_refused_at_its_field(play: Play, seat: Seat) -> None:
    officer = seat("officer")
    case = play.open()
    page = officer.step(
        case, "submit_needs_analysis", need="Städ", kind="services", track="direct", estimated_value="många"
    )
    assert page.faults() == ["Uppskattat värde (kr exklusive moms): Skriv ett tal med siffror."]
    assert page.form("/submit_needs_analysis").fields["estimated_value"] == "många"


def test_a_whole_procurement_is_played_by_its_pages(play: Play, seat: Seat) -> None:
    case = to_the_target(play, seat)
    officer, owner, head = seat("officer"), seat("owner"), seat("head")
    owner.step(case, "decide_sustainability_target")
    officer.step(case, "save_requirements", **rows("requirements", REQUIREMENT))
    officer.step(case, "submit_requirements")
    owner.step(case, "decide_requirements")
    day = play.today.isoformat()
    page = officer.step(case, "record_advertisement", published_on=day, notice_reference="A-1", tender_deadline_on=day)
    assert page.status == 422
    assert any("anbud" in f.lower() for f in page.faults()), page.faults()
    deadline = play.today.replace(month=play.today.month + 2)
    officer.step(case, "record_advertisement", published_on=day, notice_reference="A-1", tender_deadline_on=deadline)
    play.advance(to=deadline.isoformat())
    play.advance(3)
    seats = {who: Reader(sign_in(play, who)) for who in ("officer", "owner", "head")}
    officer, owner, head = seats["officer"], seats["owner"], seats["head"]
    today = play.today.isoformat()
    officer.step(
        case, "record_opening", opened_at_on=today, opened_by="Karin Ek", opened_with="Jonas Wik",
        protocol_reference="P-77", tenders_received="3",
    )  # fmt: skip
    choice = officer.open(f"/cases/{case}/do/submit_award_proposal")
    assert "Vilket gäller det?" in choice.text
    lots = [href.split("lot=")[1] for href in choice.links().values() if "submit_award_proposal?lot=" in href]
    assert len(lots) == 2
    for lot in lots:
        officer.step(case, "submit_award_proposal", lot, award_reasons="Lägst pris", **rows("suppliers", SUPPLIER))
        assert "Ditt beslut är sparat" in head.step(case, "decide_award", lot).text
    officer.step(case, "record_award_notice", sent_on=today)
    assert set(play.lots(case).values()) == {"standstill"}
    seen = officer.open(f"/cases/{case}").text
    assert "Avtalsspärr" in seen
    assert "LOU 20:1" in seen
    play.advance(14)
    officer, head = Reader(sign_in(play, "officer")), Reader(sign_in(play, "head"))
    today = play.today.isoformat()
    for lot in lots:
        page = officer.open(f"/cases/{case}/do/prepare_contracts?lot={lot}")
        form = page.form("/prepare_contracts")
        assert form.fields["contracts-0-supplier_name"] == "Städ AB"
        officer.send(form, **rows("contracts", CONTRACT))
        head.step(case, "sign_contracts", lot, signed_on=today, signing_reference="S-1")
    children = [link for link in officer.open(f"/cases/{case}").links() if link.startswith("AVT-")]
    assert len(children) == 2
    assert "Städ AB" in officer.open("/contracts").text
    assert "Städ AB" in officer.open("/search?q=städ").text


def test_what_tenders_say_does_not_show_before_the_award(play: Play, seat: Seat) -> None:
    """The officer is on the access list; the strategist is not."""
    case = at_the_award(play)
    told = seat("officer").open(f"/cases/{case}").text
    kept = seat("strategist")
    assert "Hemliga Städ" in told
    for path in (
        f"/cases/{case}",
        f"/cases/{case}/do/decide_award",
        "/search?q=hemliga",
        "/cases?q=hemliga",
        "/suppliers",
    ):
        page = kept.open(path)
        assert "Hemliga Städ" not in page.html, path
        assert "P-77" not in page.html, path


def at_the_award(play: Play) -> str:
    """One lot with a proposed award."""
    case = play.open()
    play.act(
        "officer", "submit_needs_analysis", need="Städ", kind="services", track="above_threshold", estimated_value=9e6
    )
    play.act("owner", "decide_start")
    risks: dict[str, Any] = {f"risk_{n}": "low" for n in ("environment", "human_rights", "corruption", "labour_law")}
    play.act("officer", "submit_risk_analysis", **risks)
    play.act("officer", "save_targets", targets=[TARGET])
    play.act("strategist", "record_opinion", supports=True, opinion="Bra")
    play.act("officer", "submit_targets")
    play.act("owner", "decide_sustainability_target")
    play.act("officer", "save_requirements", requirements=[REQUIREMENT])
    play.act("officer", "submit_requirements")
    play.act("owner", "decide_requirements")
    deadline = play.today.replace(month=play.today.month + 2)
    play.act(
        "officer", "record_advertisement", published_on=play.today, notice_reference="A", tender_deadline_on=deadline
    )
    play.advance(to=deadline.isoformat())
    play.advance(3)
    play.act(
        "officer", "record_opening", opened_at_on=play.today, opened_by="A", opened_with="B", protocol_reference="P-77",
        tenders_received=7,
    )  # fmt: skip
    secret = {"supplier_name": "Hemliga Städ AB", "organisation_number": None, "value": "1"}
    play.act("officer", "submit_award_proposal", lot=1, suppliers=[secret], award_reasons="Hemligt skäl")
    return case


def test_a_task_is_handed_on_and_a_question_asked(play: Play, seat: Seat) -> None:
    case, owner = to_the_target(play, seat), seat("owner")
    links = owner.open(f"/cases/{case}/do/decide_sustainability_target").links()
    hand_on, conflict = links["Lämna vidare …"], links["Anmäl jäv …"]
    page = owner.open(hand_on)
    assert owner.send(page.form("/hand-on")).faults() == ["Person: Fyll i fältet."]
    assert owner.send(owner.open(conflict).form("/conflict"), reason=" ").faults() == ["Skäl: Fyll i fältet."]
    asked = owner.send(owner.open(f"/cases/{case}/question").form("/question"), question="Räcker det?")
    assert "Frågan är skickad." in asked.text
    assert "Räcker det?" in asked.text
    officer = seat("officer")
    answer = next(f for f in officer.open(f"/cases/{case}").forms() if "answers_id" in f.fields)
    assert "Ja, gott och väl." in officer.send(answer, text="Ja, gott och väl.").text


def test_details_are_corrected_and_the_trail_says_what_they_were(play: Play, seat: Seat) -> None:
    officer, case = seat("officer"), play.open(title="Stad")
    page = officer.send(
        officer.open(f"/cases/{case}/correct").form("/correct"), title="Städ", registry_number="Dnr 1-26"
    )
    assert "Uppgifterna är rättade." in page.text
    assert "förut: Stad nu: Städ" in page.text


def test_the_list_is_narrowed_and_its_file_holds_the_same_rows(play: Play, seat: Seat) -> None:
    play.open(title="Städ i norr")
    play.open(title="Tolkar")
    officer = seat("officer")
    page = officer.open("/cases?q=städ")
    assert "Städ i norr" in page.text
    assert "Tolkar" not in page.text
    file = officer.browser.get("/cases/export?q=städ&format=csv")
    assert "Städ i norr" in file.text
    assert "Tolkar" not in file.text
    assert file.headers["content-disposition"].startswith("attachment")
    assert officer.browser.get("/cases/export?format=xlsx").content.startswith(b"PK")


def test_another_regions_case_is_not_there(play: Play, kalmar: Play, seat: Seat) -> None:
    case = kalmar.open(title="Kalmars städ")
    officer = seat("officer")
    for path in (f"/cases/{case}", f"/cases/{case}/do/submit_needs_analysis", f"/cases/{case}/correct"):
        page = officer.open(path)
        assert page.status == 404
        assert "Kalmars" not in page.html
    assert "Kalmars" not in officer.open("/cases").html


def test_pages_speak_english_when_asked(play: Play, seat: Seat) -> None:
    case, owner = to_the_target(play, seat), seat("owner")
    page = owner.open(f"/cases/{case}/do/decide_sustainability_target?lang=en")
    assert "This is what you decide on" in page.text
    assert "You decide as contract owner, under Riktlinje Inköp" in page.text


@pytest.mark.parametrize(
    "path", ["/my-tasks", "/my-tasks?tab=waiting", "/my-tasks?tab=done", "/cases", "/contracts", "/contracts/ahead",
             "/search", "/search?q=%C3%A5", "/cases/new", "/contracts/import", "/procurements/import"],
)  # fmt: skip
def test_every_list_opens_when_there_is_nothing_in_it(path: str, seat: Seat) -> None:
    assert seat("officer").open(path).status == 200


def test_a_list_of_contracts_is_rehearsed_before_it_is_taken_in(play: Play, seat: Seat) -> None:
    officer = seat("officer")
    sheet = "Avtal;Leverantör;Startdatum;Slutdatum\r\nKaffe;Bönan AB;2025-01-01;2027-12-31\r\nStolar;Trä AB;2025-01-01;ej känt\r\n"
    form = officer.open("/contracts/import").form("/contracts/import")
    answer = officer.browser.post(
        form.action,
        data={"csrf_token": form.fields["csrf_token"]},
        files={"file": ("lista.csv", sheet.encode(), "text/csv")},
    )
    rehearsed = Paper(answer)
    assert "Provläsning: inget är ändrat än" in rehearsed.text
    assert "2 rader: 1 kan användas" in rehearsed.text
    assert "Kan inte läsa ”ej känt” som ett datum" in rehearsed.text
    assert "Kaffe" not in officer.open("/contracts").text
    take_in = next(f for f in rehearsed.forms() if "file-sha256" in f.fields)
    done = officer.send(take_in, **{"import": "1"})
    assert "Ett ärende öppnades. 0 fanns redan." in done.text
    assert "Kaffe" in officer.open("/contracts").text
    again = officer.send(take_in, **{"import": "1"})
    assert "0 ärenden öppnades. 1 fanns redan." in again.text


def test_a_file_without_rows_or_of_another_kind_is_refused_in_words(seat: Seat) -> None:
    officer = seat("officer")
    form = officer.open("/contracts/import").form("/contracts/import")
    assert officer.send(form).faults() == ["Fil: Fyll i fältet."]
    answer = officer.browser.post(
        form.action,
        data={"csrf_token": form.fields["csrf_token"]},
        files={"file": ("program.exe", b"MZ", "application/octet-stream")},
    )
    assert Paper(answer).faults() == ["Fil: Filtypen är inte tillåten."]


def test_a_file_is_put_on_a_case_and_fetched_as_an_attachment(play: Play, seat: Seat) -> None:
    officer, case = seat("officer"), play.open()
    form = officer.open(f"/cases/{case}").form("/files")
    fields = {"csrf_token": form.fields["csrf_token"], "secrecy": "open"}
    answer = officer.browser.post(form.action, data=fields, files={"file": ("behov.txt", b"Rena golv", "text/plain")})
    assert answer.status_code == 303
    href = officer.open(f"/cases/{case}").links()["behov.txt"]
    fetched = officer.browser.get(href)
    assert fetched.content == b"Rena golv"
    assert fetched.headers["content-disposition"].startswith("attachment")


def test_the_next_procurement_is_started_from_the_contract_that_ends(play: Play, seat: Seat) -> None:
    head = seat("head")
    contract = play.do("officer", OpenCase("contract", play.region, {
        "title": "Tvätt", "unit": play.people["unit"], "supplier_name": "Tvätt AB", "start_on": "2024-01-01",
        "end_on": "2027-06-30",
    }))  # fmt: skip
    page = head.open("/contracts/ahead")
    assert "Tvätt" in page.text
    opened = head.send(page.form(f"/contracts/{contract['id']}/procure-again"))
    assert opened.title.startswith("Tvätt")
    assert any(contract["reference"] in text for text in opened.links())
    assert "Starta" not in head.open("/contracts/ahead").links()
    assert not [f for f in head.open("/contracts/ahead").forms() if "procure-again" in f.action]


def test_more_contracts_ahead_than_one_page_holds_are_counted_and_the_nearest_are_shown(
    play: Play, seat: Seat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract_queries, "MOST_AHEAD", 2)
    for number in range(1, 5):
        form = {"title": f"Avtal {number}", "unit": play.people["unit"], "supplier_name": f"Leverantör {number} AB",
                "start_on": "2024-01-01", "end_on": f"2027-0{number}-15"}  # fmt: skip
        contract = play.do("officer", OpenCase("contract", play.region, form))
    head = seat("head")
    page = head.open("/contracts/ahead")
    assert "2 avtal som tar slut senare är utelämnade." in page.text
    assert ["Avtal 1" in page.text, "Avtal 2" in page.text, "Avtal 3" in page.text] == [True, True, False]
    assert page.text.count("4 avtal") == 1
    assert "2 avtal som tar slut senare är utelämnade." in head.open("/contracts/ahead?view=summary").text
    sheet = head.browser.get("/contracts/ahead?format=csv").content.decode("utf-8-sig")
    assert "2 avtal som tar slut senare är utelämnade." in sheet.splitlines()[-1]
    answer = head.browser.post(
        f"/contracts/{contract['id']}/procure-again", data={"csrf_token": csrf_token(head.browser)}
    )
    assert answer.status_code == 303, "also one that the page leaves out"


def test_a_pause_shows_when_the_case_is_expected_to_go_on(play: Play, seat: Seat) -> None:
    case = play.open()
    with pytest.raises(InvalidForm):
        play.act("officer", "pause", reason="Väntar på budget", resume_on=play.today.isoformat())
    play.act("officer", "pause", reason="Väntar på budget", resume_on="2026-04-15")
    assert "Nu: pausat sedan 2 mars, väntas gå vidare 15 apr." in seat("officer").open(f"/cases/{case}").text
    play.act("officer", "resume")
    play.act("officer", "pause", reason="Väntar igen")
    assert "Nu: pausat sedan 2 mars." in seat("officer").open(f"/cases/{case}").text


def test_the_contracts_ahead_are_added_up_on_one_sheet(play: Play, seat: Seat) -> None:
    """By division and quarter, and the days that come first; the whole list stands beside with its receipts open."""
    for number in range(1, 61):
        play.do("officer", OpenCase("contract", play.region, {
            "title": f"Avtal {number:02}", "unit": play.people["unit"], "supplier_name": f"Leverantör {number} AB",
            "start_on": "2024-01-01", "end_on": "2027-06-30" if number < 60 else "2027-09-30", "option_count": 1,
            "option_months": 12, "notice_months": 3, "value": "100000",
        }))  # fmt: skip
    head = seat("head")
    sheet = head.open("/contracts/ahead?view=summary")
    cells = [said(c) for c in sheet.tree.find(".//table").iter("td")]
    assert cells[:3] == ["59", "1", "60"]
    assert cells[3].replace("\u00a0", " ") == "6 000 000 kr"
    rows = list(list(sheet.tree.iter("table"))[1].iter("tr"))
    assert 10 <= len(rows) - 1 <= 34, "what one A4 holds"
    assert {"förläng", "börja nästa upphandling"} >= {said(list(r.iter("td"))[1]) for r in rows[1:]}
    assert "datum till finns i hela listan" in sheet.text
    whole = head.open("/contracts/ahead?view=whole")
    assert len([d for d in whole.tree.iter("details") if "open" in d.attrib]) >= 120
    assert "flyttas" in whole.text or "månader före" in whole.text
    assert head.open("/contracts/ahead?view=other").status == 422


def test_settings_are_in_the_menu_of_those_who_lead(play: Play, seat: Seat) -> None:
    assert seat("head").open("/my-tasks").links()["Inställningar"] == "/admin/parameters"
    assert "Inställningar" not in seat("officer").open("/my-tasks").links()


def test_a_stand_in_gets_the_task_and_decides_in_the_others_place(play: Play, seat: Seat) -> None:
    case = to_the_target(play, seat)
    today = play.today
    play.do("owner", SetSubstitute(play.people["owner"], play.people["owner_2"], today, today))
    stand_in = seat("owner_2")
    assert "i stället för Åsa Ägare" in stand_in.open("/my-tasks").text
    page = stand_in.open(f"/cases/{case}/do/decide_sustainability_target")
    assert "Du beslutar som avtalsägare i stället för Åsa Ägare" in page.text
    assert "Ditt beslut är sparat" in stand_in.send(page.form("/decide_sustainability_target")).text


def test_a_reader_sees_the_case_and_can_press_nothing(play: Play, seat: Seat) -> None:
    case = to_the_target(play, seat)
    reviewer = seat("reviewer")
    page = reviewer.open(f"/cases/{case}/do/decide_sustainability_target")
    assert "Det här beslutar någon annan" in page.text
    assert not [f for f in page.forms() if "/do/" in f.action]


@pytest.mark.parametrize(
    "address",
    [
        "/cases?ower=1", "/cases?state=nowhere", "/cases?year=-1", "/cases?overdue=kanske", "/cases/export?status=open",
        "/contracts?mine=1", "/contracts?expiring_before=snart", "/contracts/ahead?year=2027", "/suppliers?name=x",
        "/search?text=x", "/trail?user=x",
    ],
)  # fmt: skip
def test_a_filter_that_a_list_does_not_have_is_named(seat: Seat, address: str) -> None:
    paper = seat("head").open(address)
    assert paper.status == 422
    assert address.partition("?")[2].partition("=")[0] in paper.text


def test_the_list_can_be_narrowed_to_one_state(play: Play, seat: Seat) -> None:
    play.open(title="Städtjänster")
    assert "Städtjänster" in seat("officer").open("/cases?state=needs_analysis").text
    assert "Städtjänster" not in seat("officer").open("/cases?state=standstill").text


def test_contracts_sent_back_stand_in_the_form_as_they_were_prepared(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.award()
    play.notify()
    play.advance(14)
    play.act("officer", "prepare_contracts", contracts=[{**CONTRACT, "contract_number": "A-17"}])
    play.act("head", "return_for_completion", reason="Fel startdag")
    page = sign_in(play, "officer").get(f"/cases/{play.case}/do/prepare_contracts").text
    for typed in ("A-17", "2026-08-01", "2028-07-31", "Städ AB"):
        assert f'value="{typed}"' in page


def test_a_decision_to_cancel_that_is_owed_stands_first(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.act("officer", "propose_cancellation", reasons="För få anbud")
    text = sign_in(play, "head").get(f"/cases/{play.case}").text
    now = text[text.index('id="now"') :]
    assert now.index("do/decide_cancellation") < now.index("<details"), "not hidden among what is beside the way"


def test_what_the_state_waits_for_and_what_is_due_first_are_not_mixed(play: Play) -> None:
    play.open()
    play.to_evaluation()
    play.act("officer", "propose_cancellation", reasons="För få anbud")
    said = Paper(sign_in(play, "officer").get(f"/cases/{play.case}")).text
    assert "Närmast: Ta ställning till" in said
    sentence = said[said.index("Nu: ") : said.index("Närmast: ")]
    assert "senast" not in sentence or "utvärdering" in sentence.lower()
