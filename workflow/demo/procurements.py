"""The procurements of the demo, each as far as it has come, and how they are put on the timeline."""

from __future__ import annotations

from datetime import date
from typing import Any

from workflow.commands import WriteComment
from workflow.demo.contracts import plan_contract
from workflow.demo.play import Play
from workflow.demo.scripts import HEAD, OFFICER, OWNER, STRATEGIST, Scene, Stage
from workflow.demo.stories import script
from workflow.demo.suppliers import supplier

K, J = "upphandlare", "upphandlare2"
MIO = 1_000_000


def _below(title: str, ware: str, unit: str, officer: str, value: int, last: str, age: int, **more: Any) -> Scene:
    return Scene(title, ware, unit, officer, value, last, age, track="below_threshold", **more)


def _direct(title: str, ware: str, unit: str, officer: str, value: int, last: str, age: int, **more: Any) -> Scene:
    terms: dict[str, Any] = {"months": 6, "options": 0, "contract_class": "c", **more}
    return Scene(title, ware, unit, officer, value, last, age, story="direct", track="direct", **terms)


def _call_off(title: str, ware: str, unit: str, officer: str, value: int, last: str, age: int, **more: Any) -> Scene:
    terms: dict[str, Any] = {"months": 12, "options": 0, "contract_class": "c", **more}
    return Scene(title, ware, unit, officer, value, last, age, story="call_off", track="call_off", **terms)


_NORRBOTTEN = (
    # Waiting for the contract owners
    Scene("Städtjänster vid hälsocentralerna, kusten", "cleaning", "primarvard", K, 12_400_000, "submit_targets", 4,
          follows="Lokalvård vid hälsocentraler",
          talk=((3, OWNER, "Räcker det att kontrollera lönerna en gång om året?"),
                (2, OFFICER, "Ja, ett urval varje år brukar ge en bra bild. Vi kan göra det oftare om något avviker."))),
    Scene("Undersökningshandskar och operationshandskar", "gloves", "nara", K, 18 * MIO, "submit_targets", 15,
          follows="Operationshandskar, undersökningshandskar", contract_class="a",
          talk=((9, OFFICER, "Hör av dig om du vill gå igenom fabriksrevisionerna före beslutet."),)),
    Scene("Livsmedel till patientkök och restauranger", "food", "kost", J, 64 * MIO, "submit_targets", 2,
          lots=("Färskvaror", "Kolonial och torra varor", "Mejeri"), follows="Livsmedel, kolonial", contract_class="a"),
    Scene("Tvätt och textilservice", "textile", "service", J, 22 * MIO, "submit_requirements", 3, story="returned"),
    _below("Facilitering och workshoppar för chefer", "services", "nara", J, 1_500_000, "submit_needs_analysis", 6, winner="Kunskapsloftet AB"),
    _below("Frukt och grönt till personalrestaurangerna", "food", "kost", J, 1_900_000, "submit_needs_analysis", 19),
    _direct("Föreläsare till ledardagarna", "services", "nara", K, 240_000, "submit_needs_analysis", 2, winner="Kunskapsloftet AB"),
    _call_off("Vårdsängar till avdelning 34", "aids", "nara", K, 1_600_000, "submit_needs_analysis", 3),
    # In preparation
    Scene("Laboratorieförbrukning", "disposables", "lans", K, 9 * MIO, "open", 3),
    _below("Hjälpmedel för synnedsättning", "aids", "nara", J, 1_700_000, "open", 36),
    Scene("Näringsdrycker och sondnäring", "food", "nara", K, 7_300_000, "decide_start", 5),
    _below("Arbetsskor till vårdpersonal", "textile", "service", J, 1_200_000, "submit_risk_analysis", 9),
    _below("Service av hissar och portar", "services", "fastighet", J, 2_100_000, "decide_no_applicable_target", 3,
           story="no_target", winner="Hissjouren Norr AB"),
    _below("Trådlösa telefoner till vårdavdelningar", "computers", "digital", K, 2_200_000, "save_requirements", 10),
    Scene("Bärbara datorer och tillbehör", "computers", "digital", K, 30 * MIO, "decide_requirements", 5,
          follows="Klientdatorer", contract_class="a"),
    _below("Konferens och logi", "services", "utveckling", J, 1_800_000, "pause", 24, story="paused"),
    # Advertised
    Scene("Ultraljudsutrustning till kvinnosjukvården", "imaging", "lans", K, 14 * MIO, "record_advertisement", 12),
    Scene("Kirurgiska instrument", "instruments", "operation", J, 9_500_000, "record_advertisement", 29,
          lots=("Bukkirurgi", "Ortopedi"), contract_class="a"),
    Scene("Skrivare och utskrift som tjänst", "computers", "digital", K, 8 * MIO, "record_documents_changed", 6,
          story="documents_changed"),
    # Evaluation, award, standstill, court
    Scene("Sårvårdsprodukter och kompression", "dressings", "nara", K, 7_800_000, "record_opening", 8,
          lots=("Sårvård", "Kompression"), follows="Förband och sårvård"),
    Scene("Tandtekniska arbeten", "dental", "tand", J, 11 * MIO, "submit_award_proposal", 2,
          lots=("Fast protetik", "Avtagbar protetik")),
    Scene("Möbler till vård och kontor", "furniture", "service", K, 16 * MIO, "decide_award", 2,
          lots=("Kontor", "Vård")),
    Scene("Röntgendetektorer", "imaging", "lans", J, 6_200_000, "record_award_notice", 4),
    Scene("Inhyrda sjuksköterskor", "staffing", "lans", K, 45 * MIO, "record_award_notice", 3,
          lots=("Slutenvård", "Operation"), contract_class="a"),
    Scene("Inkontinenshjälpmedel", "continence", "nara", J, 26 * MIO, "record_review", 20, story="reviewed",
          contract_class="a"),
    Scene("Sjukresor med taxi, norra länsdelen", "transport", "utveckling", K, 38 * MIO, "submit_award_proposal", 3,
          story="corrected", contract_class="a"),
    Scene("Ombyggnad av operationsavdelning, etapp 2", "building", "fastighet", J, 78 * MIO, "readvertise", 6,
          story="done_over", contract_class="a"),
    Scene("Medicinska gaser", "disposables", "lans", K, 8_800_000, "record_award_notice", 6, story="recalled"),
    # Contracts to prepare, sign and document
    Scene("Provtagningsmaterial", "disposables", "nara", K, 5_900_000, "prepare_contracts", 4),
    Scene("Trycksaker och skyltar", "services", "utveckling", J, 3_100_000, "record_award_notice", 34),
    Scene("Patientlyftar", "aids", "nara", J, 6_600_000, "sign_contracts", 9),
    Scene("It-konsulter till journalnära system", "consulting", "digital", K, 20 * MIO, "complete_documentation", 30,
          story="lot_cancelled", lots=("Utveckling", "Arkitektur")),
    Scene("Måltidstransporter", "transport", "kost", J, 9_200_000, "complete_documentation", 45, story="reviewed"),
    # Ended early
    Scene("Fossilfria bilar till hemsjukvården", "transport", "service", J, 8_500_000, "record_cancellation_notice", 4,
          story="cancelled"),
    Scene("Videomöten som tjänst", "computers", "digital", K, 6 * MIO, "complete_documentation", 80, story="cancelled"),
    _below("Digitalt skyltsystem", "computers", "fastighet", K, 1_400_000, "abandon", 95, story="abandoned"),
    # In follow-up
    Scene("El till regionens fastigheter", "energy", "fastighet", K, 120 * MIO, "complete_documentation", 130,
          contract_class="a", months=36),
    Scene("Vårdkläder", "textile", "service", J, 13 * MIO, "complete_documentation", 95),
    Scene("Engångsmaterial av papper och plast", "disposables", "nara", K, 17 * MIO, "complete_documentation", 210,
          lots=("Underlägg", "Påsar och säckar", "Haklappar"), contract_class="a"),
    Scene("Kompressionsstrumpor", "dressings", "nara", J, 4_300_000, "complete_documentation", 160, story="recalled"),
    Scene("Tillgänglighetsanpassning av hälsocentraler", "building", "fastighet", J, 71 * MIO, "complete_documentation", 60,
          lots=("Kusten", "Inlandet"), contract_class="a"),
    Scene("Konsulter i e-hälsa, förnyad konkurrensutsättning", "consulting", "digital", K, 4_700_000, "record_award_notice", 3,
          story="renewed", track="renewed_competition", options=0),
    Scene("Kontorsstolar, förnyad konkurrensutsättning", "furniture", "service", J, 1_900_000, "complete_documentation", 75,
          story="renewed", track="renewed_competition", options=1, months=12),
    _direct("Reservdelar till sterilcentralen", "instruments", "operation", J, 380_000, "decide_direct_award", 8),
    _direct("Utredning om solceller", "services", "fastighet", K, 520_000, "complete_documentation", 60, winner="Vindbruket Energi AB"),
    _direct("Tillfällig kyla i serverhall", "services", "digital", K, 310_000, "complete_documentation", 200, months=5, winner="Kylbruket AB"),
    _call_off("Bärbara datorer, vårens utbyte", "computers", "digital", J, 5_400_000, "complete_documentation", 150),
    _call_off("Förrådsmöbler", "furniture", "service", K, 460_000, "complete_documentation", 28),
)  # fmt: skip

_KALMAR = (
    Scene("Lokalvård på länssjukhuset", "cleaning", "service", K, 21 * MIO, "submit_targets", 3, lots=("Vård", "Kontor")),
    Scene("Kött och chark", "food", "service", K, 14 * MIO, "record_advertisement", 8),
    Scene("Tvätt av arbetskläder", "textile", "service", K, 8 * MIO, "complete_documentation", 120),
    _direct("Utbildning i hjärt- och lungräddning", "services", "service", K, 190_000, "decide_direct_award", 4, winner="Kunskapsloftet AB"),
)  # fmt: skip

_SAMVERKAN = (
    Scene("Revisioner i leverantörskedjan", "audits", "kansli", "kansliet", 9 * MIO, "submit_targets", 5,
          lots=("Sydostasien", "Sydasien", "Europa")),
    _below("Webbplats för hållbar upphandling", "consulting", "kansli", "kansliet", 1_300_000, "save_requirements", 6),
)  # fmt: skip

SCENES = {"norrbotten": _NORRBOTTEN, "kalmar": _KALMAR, "samverkan": _SAMVERKAN}


def plan_scene(play: Play, scene: Scene) -> None:
    """Put a scene on the timeline, counted back so that its last step lies `age` working days before today."""
    stages = script(scene)
    opened_on = play.day(scene.age + sum(stage.after for stage in stages))
    play.timeline.at(opened_on, lambda: _open(play, scene))
    day = opened_on
    for stage in stages:
        day = play.later(day, stage.after)
        play.timeline.at(day, lambda s=stage, d=day: _act(play, scene, s, d))  # type: ignore[misc]
    asked: list[str] = []
    for back, role, text in scene.talk:
        play.timeline.at(play.day(back), lambda r=role, t=text: _say(play, scene, r, t, asked))  # type: ignore[misc]


def _open(play: Play, scene: Scene) -> None:
    number = sum(map(ord, scene.title)) % 4000 + 300
    form: dict[str, Any] = {
        "title": scene.title,
        "unit": play.units[scene.unit],
        "lots": scene.lots,
        "registry_number": f"Dnr {number}-{play.timeline.clock.at.year}",
    }
    play.open("procurement", form, scene.officer, predecessor_id=play.known[scene.follows] if scene.follows else None)


def _person(play: Play, scene: Scene, role: str) -> str:
    head = "upphandlingschef" if "upphandlingschef" in play.people else "styrgruppen"
    strategist = "hallbarhet" if "hallbarhet" in play.people else "regionsamordnare"
    return {OWNER: play.owners[scene.unit], OFFICER: scene.officer, HEAD: head, STRATEGIST: strategist}[role]


def _act(play: Play, scene: Scene, stage: Stage, day: date) -> None:
    case_id = play.known[scene.title]
    before = set(play.children(case_id)) if stage.trigger in _SIGNING else set()
    play.act(case_id, stage.trigger, _person(play, scene, stage.by), stage.form(day))
    if stage.trigger in _SIGNING:
        for contract_id in play.children(case_id):
            if contract_id not in before:
                plan_contract(play, contract_id, scene, day)


_SIGNING = {"sign_contracts", "decide_direct_award", "decide_call_off"}


def _say(play: Play, scene: Scene, role: str, text: str, asked: list[str]) -> None:
    """A line that ends in a question mark is a question, what follows it the answer."""
    case_id = play.known[scene.title]
    kind = "question" if text.endswith("?") else "comment"
    command = WriteComment(case_id, text, kind, answers_id=asked.pop() if asked else None)
    said = play.timeline.do(command, play.people[_person(play, scene, role)])
    if kind == "question":
        asked.append(said["id"])


# --- history before Stegvis ----------------------------------------------------------------------------------------

#: title, unit, ware, value, whether a contract followed (None: nobody knows yet), suppliers
HISTORY: dict[str, tuple[tuple[str, str, str, int, bool | None, tuple[str, ...]], ...]] = {
    "norrbotten": (
        ("Klientdatorer", "digital", "computers", 41 * MIO, True, ("Datahamnen Norr AB",)),
        ("Datorskärmar", "digital", "computers", 6 * MIO, True, ("Bitvis IT AB",)),
        ("Vårdmöbler", "service", "furniture", 9 * MIO, None, ()),
        ("Ambulansbårar", "lans", "aids", 5 * MIO, False, ()),
    ),
    "kalmar": (),
    "samverkan": (),
}


def register_history(play: Play, rows: tuple[tuple[str, str, str, int, bool | None, tuple[str, ...]], ...]) -> None:
    """Procurements from older lists: as the row says, without targets; what it leaves out stands in `missing`."""
    for place, (title, unit, _, value, follows, suppliers) in enumerate(rows, start=1):
        entry: dict[str, Any] = {
            "contract_follows": bool(follows),
            "published_on": date(play.today.year - 3, 2 + place, 5 + place),
            "procedure": "Öppet förfarande",
            "value": str(value),
            "suppliers": [supplier(name) for name in suppliers],
            "missing": ("cpv",),
        }
        form = {"title": title, "unit": play.units[unit]}
        play.open(
            "procurement", form, K, entry=("register_existing", entry), external=("demo", f"{place}"), channel="import"
        )
        if follows is False:
            outcome = {"contract_follows": False, "note": "Upphandlingen avbröts före tilldelning."}
            play.act(play.known[title], "record_outcome", K, outcome)
