"""The ladder as people meet it: on its page, on the case and the contract, all at once, and like ones side by side."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest

from states.deviation_v1 import DEVIATION_V1
from states.ladder import RUNGS
from templates.labels import all_labels, label
from tests.ladder import FOUND, Ladder, contract
from tests.play import Play
from tests.web.paper import Paper, Reader
from tests.web.site import program, sign_in
from workflow.commands import AddUnit, AddUser, AssignRole

SVG = "{http://www.w3.org/2000/svg}"
GET_ONLY = "SELECT count(*) AS n FROM audit_events"


@pytest.fixture
def ladder(play: Play) -> Ladder:
    return Ladder(play)


def page(play: Play, who: str, path: str) -> Paper:
    return Paper(sign_in(play, who).get(path))


def own(ladder: Ladder, who: str = "head", lang: str = "sv") -> Paper:
    found = page(ladder.play, who, f"/cases/{ladder.id}/ladder?lang={lang}")
    assert found.status == 200, found.text
    return found


def standings(paper: Paper) -> dict[str, str]:
    """What the drawing says in words of each rung: name -> standing."""
    drawing = paper.tree.find(f".//{SVG}svg[@aria-labelledby='stair-title stair-said']")
    assert drawing is not None
    said = {}
    for group in drawing.iter(f"{SVG}g"):
        texts = ["".join(t.itertext()) for t in group.iter(f"{SVG}text")]
        if group.attrib.get("class", "").startswith("rung "):
            name = " ".join("".join(s.itertext()) for s in group.iter(f"{SVG}tspan"))
            said[name] = texts[1]
    return said


# --- one ladder ---------------------------------------------------------------------------------------------------


def test_the_drawing_shows_every_rung_of_the_definition_and_says_the_same_in_words(ladder: Ladder) -> None:
    ladder.climb_to("formal_demand")
    paper = own(ladder)
    assert standings(paper) == {
        "Dialog": "passerat", "Tillfälle att åtgärda": "passerat", "Påminnelse 1": "passerat", "Påminnelse 2": "passerat",
        "Formell anmaning": "nu", "Eskaleringsmöte": "möjligt", "Avropsstopp": "inte ännu", "Vite": "inte ännu",
        "Uppsägning med skälig tid": "inte ännu", "Uppsägning med omedelbar verkan": "inte ännu",
    }  # fmt: skip
    assert [label(f"value.rung.{r.key}", "sv") for r in RUNGS] == list(standings(paper))
    description = "".join(paper.tree.find(f".//{SVG}desc[@id='stair-said']").itertext())  # type: ignore[union-attr]
    assert "Nu: Formell anmaning." in description
    assert "får användas samtidigt" in paper.html
    rungs = paper.tree.find(".//ol[@class='rungs']")
    assert rungs is not None
    assert len(rungs.findall("li")) == len(RUNGS)


def test_each_rung_tells_who_entered_it_which_letter_went_and_when_the_server_took_it(ladder: Ladder) -> None:
    ladder.climb_to("reminder_1")
    words = own(ladder).text
    assert "2 mars: taget av Ulla Upphandlare, upphandlare. Brevet: togs emot av mejlservern 2 mars." in words
    assert (
        "31 mars: taget av Stegvis, enligt trappan. Brevet: togs emot av mejlservern 31 mars. Svar senast 10 apr."
        in words
    )
    assert "10 apr. 2026 = 10 dagar från 31 mars (brevet överlämnat)" in words, "the receipt of the period left"
    assert "apr.." not in words


def test_a_letter_that_has_not_left_starts_no_time(ladder: Ladder) -> None:
    ladder.act("officer", "start_dialogue")
    ladder.act("officer", "offer_opportunity_to_remedy")
    words = own(ladder).text
    assert "på väg: ingen tid räknas ännu" in words
    assert "Ingen tid löper: det senaste brevet har inte tagits emot." in words


def test_what_comes_if_nobody_does_anything_ends_with_a_person_who_decides(ladder: Ladder) -> None:
    ladder.offer()
    words = own(ladder).text
    assert "31 mars Första påminnelsen går ut av sig själv." in words
    order = [
        words.index(t)
        for t in ("Påminnelse 2, 10 dagar efter", "Formell anmaning, 10 dagar", "Eskaleringsmöte, 14 dagar")
    ]
    assert order == sorted(order)
    assert "Stegvis beslutar aldrig en sanktion" in words
    assert "The first reminder goes out by itself." in own(ladder, lang="en").text


def test_the_next_step_names_two_people_and_shows_clause_draft_and_reason(ladder: Ladder) -> None:
    ladder.to_decision()
    words = own(ladder).text
    assert "Nästa trappsteg: Avropsstopp" in words
    assert "Cecilia Chef (upphandlingschef), senast 5 juni" in words
    assert "ingen ännu" in words
    assert "Tidigast 22 maj" in words
    assert "avtalsvillkoret om tillbörlig aktsamhet, punkt 5, avropsstopp" in words
    ladder.act(
        "officer", "prepare_rung", prepared_rung="call_off_stop", ground="not_following_plan",
        proportionality="Milderna är uttömda.", evidence="R7",
    )  # fmt: skip
    assert "Avtalsägaren har inte sagt något om stoppet ännu." in own(ladder).text
    ladder.act("owner", "consent_to_call_off_stop", consents=True, note="Kan köpas på annat håll.")
    head, officer = own(ladder), own(ladder, "officer")
    assert "Förbereds avUlla Upphandlare, 22 maj" in head.text
    assert "Milderna är uttömda." in head.text
    assert ladder.view.draft.subject in head.text  # type: ignore[union-attr]
    assert f"/cases/{ladder.id}/do/decide_call_off_stop" in head.links().values()
    assert f"/cases/{ladder.id}/do/decide_call_off_stop" not in officer.links().values(), (
        "who prepared it does not decide"
    )


def test_who_prepares_a_sanction_finds_the_recorded_ground_and_is_told_at_the_field_when_there_is_none(
    ladder: Ladder,
) -> None:
    ladder.to_decision()
    reader, address = Reader(sign_in(ladder.play, "officer")), f"/cases/{ladder.id}/do/prepare_rung"
    written = {"proportionality": "Milderna är uttömda.", "evidence": "R7"}
    refused = reader.send(reader.open(address).form("prepare_rung"), **written)
    assert refused.status == 422
    assert any("Grund för sanktion" in f for f in refused.faults())
    ladder.act("officer", "amend_deviation", ground="not_taking_part", reason="Självskattningen kom inte.")
    form = reader.open(address).form("prepare_rung")
    assert form.fields["ground"] == "not_taking_part"
    assert reader.send(form, **written).status == 200
    assert ladder.row.ground == "not_taking_part"


def test_a_rung_that_may_not_be_used_says_which_clause_forbids_it(play: Play) -> None:
    ladder = Ladder(play, framework=False)
    ladder.to_decision()
    paper = own(ladder)
    assert standings(paper)["Avropsstopp"] == "inte tillåtet"
    assert standings(paper)["Vite"] == "möjligt, begärt"
    assert (
        "Avropsstopp gäller bara ramavtal, och det här avtalet är inget ramavtal (avtalsvillkoret, punkt 5)."
        in paper.text
    )


def test_a_shortcut_leaves_the_rungs_it_went_past_unused_and_gives_its_reasons(play: Play) -> None:
    ladder = Ladder(play, deviation_kind="child_labour")
    ladder.act("officer", "start_dialogue")
    ladder.act("officer", "amend_deviation", probable=True, reason="Två oberoende källor.")
    ladder.act("officer", "prepare_rung", prepared_rung="immediate_termination", proportionality="Barn i fabriken.", evidence="R")  # fmt: skip
    ladder.act("head", "decide_severe_termination", reasons="Inget mildare skyddar barnen.")
    play.run_due()
    paper = own(ladder)
    assert standings(paper) == {
        "Dialog": "passerat", "Tillfälle att åtgärda": "inte använt", "Påminnelse 1": "inte använt",
        "Påminnelse 2": "inte använt", "Formell anmaning": "inte använt", "Eskaleringsmöte": "inte använt",
        "Avropsstopp": "inte använt", "Vite": "inte använt", "Uppsägning med skälig tid": "inte använt",
        "Uppsägning med omedelbar verkan": "nu",
    }  # fmt: skip
    assert "Skäl: Inget mildare skyddar barnen. Varför det är proportionerligt: Barn i fabriken." in paper.text
    assert "Avtalet är uppsagt. Inget mer följer av sig självt" in paper.text
    assert "Undersökningshandskar (AVT-2026-0001, värde 4 000 000 kr)" in paper.text


def test_a_wait_that_was_decided_says_how_long_and_that_nobody_holds_the_ball(ladder: Ladder) -> None:
    ladder.climb_to("escalation_meeting")
    ladder.act("officer", "record_escalation_meeting", meeting_on=ladder.play.today.isoformat(), participants="Cheferna", note="Ingen plan.")  # fmt: skip
    ladder.pass_period()
    until = (ladder.play.today + timedelta(days=60)).isoformat()
    ladder.act("head", "decide_rung_waived", reasons="Vården behöver handskarna.", until_on=until)
    words = own(ladder).text
    assert "av Cecilia Chef, upphandlingschef; regel: LOU 4:1" in words
    assert "Skäl: Vården behöver handskarna." in words
    assert "är ett bestämt datum (så länge väntar trappan), beslut att vänta." in words
    assert "ingen: beslut att vänta" in page(ladder.play, "head", "/ladders").text


def test_stop_fine_plan_and_pause_stand_on_the_page_with_their_days(ladder: Ladder) -> None:
    play = ladder.play
    ladder.to_decision()
    ladder.decide("call_off_stop")
    ladder.pass_period()
    ladder.decide("contractual_fine")
    play.advance(1)
    play.advance(8)
    ladder.act("officer", "pause", pause_ground="dispute", reason="Tvist om villkoret")
    ladder.act("officer", "resume")
    ladder.hand_in_plan()
    words = own(ladder).text
    assert "20 000 kr 2 av högst 8 påbörjade veckor à 10 000 kr, exklusive moms." in words
    assert "Inga avrop görs från AVT-2026-0001 sedan 22 maj. Stoppet gäller medan grunden består." in words
    assert "Nästa omprövning senast 5 juni" in words
    assert "Tvist om villkoret" in words
    assert "Avgifterna betalas tillbaka Sven Svar, senast 1 sep." in words
    assert "Håller planen inte fortsätter trappan från Vite." in words


def test_finance_fetches_the_weeks_of_the_fine(ladder: Ladder) -> None:
    play = ladder.play
    ladder.to_decision()
    ladder.decide("contractual_fine", skip_reason="Bråttom")
    play.advance(1)
    play.advance(7)
    for who, path in (("officer", f"/cases/{ladder.id}/fine"), ("head", "/ladders/fines")):
        answer = sign_in(play, who).get(f"{path}?format=csv")
        rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))
        assert [r["Påbörjad vecka"] for r in rows] == ["1", "2"]
        assert [r["Summa hittills"] for r in rows] == ["10000", "20000"]
        assert rows[0]["Leverantör"] == "Nordhandske AB"
        assert sign_in(play, who).get(path).content[:2] == b"PK"


def test_looking_changes_nothing_and_another_region_finds_nothing(ladder: Ladder, kalmar: Play) -> None:
    ladder.to_decision()
    play = ladder.play
    paths = [f"/cases/{ladder.id}/ladder", f"/cases/{ladder.id}/fine", f"/contracts/{ladder.contract}/deviations/new"]
    browser = sign_in(play, "head")
    before = play.sql(GET_ONLY)[0].n
    for path in [*paths, "/ladders", "/ladders/alike", f"/cases/{ladder.id}", "/ladders/export"]:
        assert browser.get(path).status_code == 200, path
    assert play.sql(GET_ONLY)[0].n == before
    stranger, caller = sign_in(kalmar, "head"), program(kalmar, "head")
    assert [stranger.get(p).status_code for p in paths] == [404, 404, 404]
    assert ladder.row.case_id not in stranger.get("/ladders?ended=1").text
    assert caller.get("/api/v1/ladders").json()["items"] == []
    assert caller.get("/api/v1/ladders/alike").json()["items"] == []
    assert caller.get("/api/v1/ladders?region=norrbotten").status_code == 404


def test_every_timer_of_the_definition_is_told_in_words() -> None:
    told = all_labels("sv")
    assert not {t.trigger for t in DEVIATION_V1.timers if f"next_by_itself.deviation.{t.trigger}" not in told}


# --- the case and the contract ------------------------------------------------------------------------------------


def test_the_case_leads_with_its_ladder_and_the_contract_shows_its_deviations(ladder: Ladder) -> None:
    ladder.climb_to("reminder_1")
    play = ladder.play
    case = page(play, "officer", f"/cases/{ladder.id}")
    assert standings(case)["Påminnelse 1"] == "nu"
    assert f"/cases/{ladder.id}/ladder" in case.links().values()
    play.advance(3)
    bond = page(play, "officer", f"/cases/{ladder.contract}")
    assert "Rekryteringsavgifter i fabriken Påminnelse 1" in bond.text
    assert "3 dagar på trappsteget" in bond.text
    assert "Vite per påbörjad vecka (kr exklusive moms)10 000 kr" in bond.text
    assert bond.links()["Anteckna en avvikelse"] == f"/contracts/{ladder.contract}/deviations/new"
    assert f"/cases/{ladder.contract}/do/set_contract_terms" in bond.links().values()
    assert "Record a deviation" in page(play, "officer", f"/cases/{ladder.contract}?lang=en").links()


def test_the_forms_say_what_stands_in_the_letters_and_what_the_supplier_reads(ladder: Ladder) -> None:
    opening = page(ladder.play, "officer", f"/contracts/{ladder.contract}/deviations/new").text
    assert opening.count("Står ord för ord i breven till leverantören.") == 3  # requirement, clause, description
    ladder.to_decision()
    reads = "Leverantören läser det här i brevet. Skriv ”ni”"
    for who, trigger, times in (
        ("officer", "prepare_rung", 1), ("head", "decide_other_rung", 1), ("head", "decide_withdrawn", 1),
        ("head", "decide_wait", 0),
    ):  # fmt: skip
        asked = page(ladder.play, who, f"/cases/{ladder.id}/do/{trigger}")
        assert asked.status == 200
        assert asked.text.count(reads) == times, trigger
    closing = page(ladder.play, "head", f"/cases/{ladder.id}/do/decide_settled").text
    assert "se till att leverantören har gått med på det innan du beslutar" in closing
    english = page(ladder.play, "officer", f"/cases/{ladder.id}/do/prepare_rung?lang=en").text
    assert "The supplier reads this in the letter. Write “you”" in english


def test_a_deviation_is_recorded_from_the_contract_and_its_terms_are_changed_from_there(play: Play) -> None:
    bond = contract(play)
    reader = Reader(sign_in(play, "officer"))
    blank = reader.open(f"/contracts/{bond}/deviations/new")
    refused = reader.send(blank.form("/deviations/new"), title="Utan uppgifter")
    assert refused.status == 422
    assert any("Upptäckt den" in f for f in refused.faults())
    opened = reader.send(blank.form("/deviations/new"), **{**FOUND, "contact_language": "sv"})
    assert opened.status == 200
    assert "Rekryteringsavgifter i fabriken" in opened.text
    assert len(play.sql("SELECT case_id FROM deviations WHERE contract_id = :c", c=bond)) == 1
    again = reader.open(f"/contracts/{bond}/deviations/new").form("/deviations/new")
    assert again.fields["contact_email"] == FOUND["contact_email"], "nobody types the contact twice"
    terms = reader.open(f"/cases/{bond}/do/set_contract_terms").form("set_contract_terms")
    assert terms.fields["fine_week_amount"].replace("\u00a0", "") == "10000"
    changed = reader.send(terms, valid_from="2026-03-02", fine_week_amount="12 000", reason="Avtalets tillägg 2")
    assert "Vite per påbörjad vecka (kr exklusive moms)12 000 kr" in changed.text
    assert "Version 2, från 2 mars. Avtalets tillägg 2" in changed.text


# --- all at once --------------------------------------------------------------------------------------------------


@pytest.fixture
def three(play: Play) -> dict[str, Ladder]:
    """One at the first reminder, one recorded and late, one ended by agreement, with two suppliers."""
    other = contract(play, supplier_name="Textil AB", title="Lakan")
    found = {"climbing": Ladder(play), "agreed": Ladder(play, other, title="Överenskommen"), "late": Ladder(play, other, title="Obesvarad")}  # fmt: skip
    found["agreed"].offer()
    found["climbing"].climb_to("reminder_1")
    found["agreed"].act("head", "decide_settled", reasons="Enades")
    return found


def listed(play: Play, who: str, query: str = "") -> list[str]:
    answer = program(play, who).get(f"/api/v1/ladders{query}")
    assert answer.status_code == 200, answer.text
    return [i["title"] for i in answer.json()["items"]]


def test_all_open_ladders_by_rung_age_and_who_has_the_ball(three: dict[str, Ladder], play: Play) -> None:
    climbing, agreed, late = FOUND["title"], "Överenskommen", "Obesvarad"
    paper = page(play, "head", "/ladders")
    assert "Öppna nu: inte på trappan ännu: 1, Påminnelse 1: 1" in paper.text
    assert agreed not in paper.text
    assert listed(play, "head") == [late, climbing]
    for query, titles in {
        "?rung=reminder_1": [climbing], "?days=1": [], "?ball=supplier": [climbing], "?ball=procurement_officer": [late],
        "?overdue=true": [late], "?open=false": [late, agreed, climbing], "?open=false&stood=opportunity_to_remedy": [agreed, climbing],
        "?severe=true": [], "?severe=false&ground=": [late, climbing], f"?unit={play.people['unit']}": [late, climbing],
        "?category=33": [], f"?supplier={three['late'].row.supplier_id}": [late],
    }.items():  # fmt: skip
        assert listed(play, "head", query) == titles, query
    play.advance(5)
    assert listed(play, "head", "?days=5") == [climbing]
    filtered = page(play, "head", "/ladders?rung=reminder_1&ball=supplier&days=5")
    assert [t for t in (climbing, late) if t in filtered.text] == [climbing]
    assert "leverantören" in filtered.text
    assert page(play, "head", "/ladders?rung=heaven").status == 422
    assert page(play, "head", "/ladders?order=rung").status == 422
    assert program(play, "head").get("/api/v1/ladders?limit=1").json()["next"]
    rows = sign_in(play, "head").get("/ladders/export?format=csv").content.decode("utf-8-sig").splitlines()
    assert [r.split(";")[1] for r in rows[1:]] == [f'"{late}"', f'"{climbing}"']
    assert "Open now: not on the ladder yet: 1, Reminder 1: 1" in page(play, "head", "/ladders?lang=en").text


def test_who_may_see_them_together(three: dict[str, Ladder], play: Play) -> None:
    for who in ("head", "officer", "strategist", "reviewer"):
        assert len(listed(play, who)) == 2
        assert "/ladders" in page(play, who, "/help").links().values()
    for who in ("registrar", "admin"):
        assert program(play, who).get("/api/v1/ladders").status_code == 403
        assert page(play, who, "/ladders/alike").status == 403
        assert "/ladders" not in page(play, who, "/help").links().values()


def test_a_contract_owner_of_a_unit_sees_that_units_ladders(three: dict[str, Ladder], play: Play) -> None:
    elsewhere = play.do("admin", AddUnit(play.region, "Division Fjärran", "division", None, None, None))["id"]
    added = play.do("admin", AddUser("fjarran@norrbotten.example", "Frida Fjärran", "registrar", play.region))
    play.do("admin", AssignRole(added["id"], "contract_owner", elsewhere, play.today))
    play.people = {**play.people, "fjarran": added["id"]}
    assert listed(play, "fjarran") == []
    there = contract(play, unit=elsewhere, title="Taxi", supplier_name="Taxi AB")
    Ladder(play, there, title="Fjärran avvikelse")
    assert listed(play, "fjarran") == ["Fjärran avvikelse"]
    groups = program(play, "fjarran").get("/api/v1/ladders/alike").json()["items"]
    assert [len(g["all"]["cases"]) for g in groups] == [1]


# --- acting alike -------------------------------------------------------------------------------------------------


def test_like_deviations_side_by_side_and_the_one_that_was_taken_otherwise(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four like ones: three climb by themselves, one is moved past two reminders by a decision."""
    monkeypatch.setattr("states.alike.MOST_NAMED", 2)
    bonds = [contract(play, supplier_name=f"Leverantör {n}", title=f"Avtal {n}") for n in "ABCD"]
    alike = [
        Ladder(play, bond, title=f"Avvikelse {n}", ground="not_reporting")
        for n, bond in zip("ABCD", bonds, strict=True)
    ]
    for each in alike:
        each.offer()
    alike[3].act("head", "decide_other_rung", to_rung="formal_demand", reasons="Bråttom")
    while alike[0].rung != "formal_demand":
        play.advance(1)
    found = program(play, "strategist").get("/api/v1/ladders/alike").json()
    (group,) = found["items"]
    assert (group["kind"], group["ground"], group["severe"], group["comparable"]) == (
        "other",
        "not_reporting",
        False,
        True,
    )
    assert group["all"]["median_days"]["reminder_1"] == 11
    assert group["all"]["skipped"] == 1
    assert {s["supplier"] for s in group["by_supplier"]} == {f"Leverantör {n}" for n in "ABCD"}
    out = {(u["reference"], u["what"], u["rung"]) for u in group["unequal"]}
    reference = play.row(alike[3].id).reference
    assert {(reference, "passed_by", "reminder_1"), (reference, "passed_by", "reminder_2")} <= out
    assert {r for r, _, _ in out} == {reference}
    assert {(len(u["others"]), u["others_count"]) for u in group["unequal"]} == {(2, 3)}
    paper = page(play, "strategist", "/ladders/alike")
    assert "En avvikelse har hanterats på ett annat sätt än de som liknar den." in paper.text
    assert "Påminnelse 1 avstods eller hoppades över; så var det för 0 % av de andra" in paper.text
    assert "och 1 till" in paper.text
    assert "Så är det räknat" in paper.text
    assert "minst 14 dagar" in paper.text
    behind = next(h for t, h in paper.links().items() if "passed_by=reminder_1" in h)
    assert [a for a in ("A", "B", "C", "D") if f"Avvikelse {a}" in page(play, "strategist", behind).text] == ["D"]
    assert page(play, "strategist", "/ladders/alike?by=category&lang=en").text.count("no CPV")
    assert page(play, "strategist", "/ladders/alike?by=person").status == 422


def test_too_few_are_not_compared(play: Play) -> None:
    Ladder(play).offer()
    assert "För få att jämföra: det behövs minst 4." in page(play, "head", "/ladders/alike").text


def test_days_with_a_plan_do_not_count_as_days_on_the_rung(ladder: Ladder) -> None:
    play = ladder.play
    ladder.offer()
    play.advance(5)
    ladder.hand_in_plan()
    play.advance(40)
    ladder.act("owner", "return_action_plan", reason="För tunn")
    play.run_due()
    play.advance(4)
    ladder.act("head", "decide_settled", reasons="Enades")
    (group,) = program(play, "head").get("/api/v1/ladders/alike").json()["items"]
    assert group["all"]["median_days"]["opportunity_to_remedy"] == 9
