"""The contracts that were in force before Stegvis, as the old register lists them, and what became of each since."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from workflow.demo.contracts import manager_of, months_after, plan_follow_ups
from workflow.demo.play import Play
from workflow.demo.suppliers import supplier
from workflow.demo.wares import WARES

NOTICE = 3


@dataclass(frozen=True, slots=True)
class Fate:
    """When a contract's period ends seen from today, what can still be extended, and what was done about it.

    `acts` are (working days before today, trigger, form).
    """

    end_on: Callable[[date], date | None]
    options: int = 0
    option_months: int = 12
    acts: tuple[tuple[int, str, dict[str, Any]], ...] = ()
    missing: tuple[str, ...] = ()


def _in_months(months: int, days: int = 0) -> Callable[[date], date]:
    return lambda today: months_after(today, months) + timedelta(days=days)


def _extension(choice: str, evaluation: str, reasons: str) -> dict[str, Any]:
    return {"extension": choice, "evaluation": evaluation, "reasons": reasons}


_EXTENDED = _extension("extend", "Målen nås och leveranserna fungerar.", "Villkoren är fortsatt goda.")
_LEFT = _extension("let_expire", "Sortimentet motsvarar inte behovet.", "En ny upphandling ger bättre villkor.")
_EVALUATED = {
    "evaluation_goals_met": "Två av tre mål nåddes. Statistiken kom sent de första åren.",
    "lessons": "Ställ krav på statistik redan i annonsen.",
}

FATES = {
    "early": Fate(_in_months(31), options=2),
    "middle": Fate(_in_months(19), options=1),
    "long": Fate(_in_months(44)),
    "next_year": Fate(_in_months(14), options=1),
    "last_year_left": Fate(_in_months(11)),
    "extension_open": Fate(_in_months(NOTICE + 4), options=1, option_months=24),
    "extension_soon": Fate(_in_months(NOTICE, 9), options=2),
    "extension_late": Fate(_in_months(NOTICE, -13), options=1),
    "extended": Fate(_in_months(NOTICE - 2), options=2, acts=((70, "decide_extension", _EXTENDED),)),
    "left": Fate(_in_months(NOTICE + 2), options=1, acts=((40, "decide_extension", _LEFT),)),
    "evaluation": Fate(_in_months(4)),
    "evaluation_late": Fate(_in_months(0, -16)),
    "evaluated": Fate(_in_months(2), acts=((12, "record_final_evaluation", _EVALUATED),)),
    "ended": Fate(_in_months(-2), acts=((60, "record_final_evaluation", _EVALUATED),)),
    "lapsed": Fate(_in_months(0, -24), options=1),
    "undated": Fate(lambda _: None, missing=("end_on", "contract_class")),
    "over_before": Fate(_in_months(-26)),
}


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the old register. Without an owner it says who ought to be asked; without a class nothing is due."""

    title: str
    ware: str
    unit: str
    fate: str
    contract_class: str | None = "b"
    owned: bool = True
    supplier: str | None = None


_NORRBOTTEN = (
    Row("Lokalvård vid hälsocentraler", "cleaning", "primarvard", "last_year_left"),
    Row("Lokalvård vid folktandvårdens kliniker", "cleaning", "tand", "early"),
    Row("Lokalvård i administrativa lokaler", "cleaning", "service", "extension_open"),
    Row("Fönsterputs", "cleaning", "fastighet", "middle", "c"),
    Row("Operationshandskar, undersökningshandskar", "gloves", "nara", "evaluation", "a"),
    Row("Skyddshandskar för laboratoriearbete", "gloves", "lans", "long", "c"),
    Row("Livsmedel, kolonial", "food", "kost", "evaluated", "a"),
    Row("Fisk och skaldjur", "food", "kost", "extended"),
    Row("Bröd och konditorivaror", "food", "kost", "middle"),
    Row("Kaffe och varmdrycker", "food", "kost", "extension_soon", "c"),
    Row("Specialkost", "food", "kost", "early"),
    Row("Sterila instrument för engångsbruk", "instruments", "operation", "early", "a"),
    Row("Endoskop", "instruments", "operation", "extension_late", "a"),
    Row("Service av steriliseringsutrustning", "instruments", "operation", "long"),
    Row("Magnetkamera, service", "imaging", "lans", "long"),
    Row("Datortomografi", "imaging", "lans", "early", "a"),
    Row("Mobil röntgen", "imaging", "lans", "lapsed", "c"),
    Row("Ultraljud, förbrukning", "imaging", "lans", "next_year", "c"),
    Row("Bildlagring", "imaging", "digital", "extension_open", "a"),
    Row("Patienttextilier", "textile", "service", "extended"),
    Row("Mattor och mattservice", "textile", "fastighet", "middle", "c"),
    Row("Gardiner", "textile", "service", "ended", "c"),
    Row("Kontorsmöbler", "furniture", "service", "evaluation"),
    Row("Återbruk av möbler", "furniture", "service", "early"),
    Row("Möbler till väntrum", "furniture", "primarvard", "undated", None),
    Row("Nätverksutrustning", "computers", "digital", "early", "a"),
    Row("Datakommunikation", "computers", "digital", "extension_open", "a"),
    Row("Mobiltelefoner", "computers", "digital", "middle"),
    Row("Programlicenser", "computers", "digital", "next_year", "a"),
    Row("Läsplattor", "computers", "digital", "evaluation_late", "c"),
    Row("It-konsulter, ramavtal", "consulting", "digital", "extended", "a"),
    Row("Informationssäkerhet", "consulting", "digital", "middle"),
    Row("Verksamhetsutveckling", "consulting", "utveckling", "left", "c"),
    Row("Förband och sårvård", "dressings", "nara", "last_year_left", "a"),
    Row("Stomiprodukter", "continence", "nara", "early"),
    Row("Urologiska katetrar", "continence", "nara", "extension_soon"),
    Row("Dentala förbrukningsvaror", "dental", "tand", "extension_open"),
    Row("Implantat, dental", "dental", "tand", "middle"),
    Row("Behandlingsstolar", "dental", "tand", "long", "c"),
    Row("Bygg, mindre arbeten", "building", "fastighet", "extended", "a"),
    Row("Elarbeten", "building", "fastighet", "early"),
    Row("Ventilation, service", "building", "fastighet", "next_year"),
    Row("Målningsarbeten", "building", "fastighet", "middle", "c"),
    Row("Snöröjning", "services", "fastighet", "last_year_left", "c", supplier="Snödrivan Entreprenad AB"),
    Row("Hämtning av avfall", "services", "fastighet", "extension_late", supplier="Kretsen Återvinning AB"),
    Row("Farligt avfall", "services", "fastighet", "early", supplier="Kretsen Återvinning AB"),
    Row("Budtransporter", "transport", "service", "middle", "c"),
    Row("Ambulansfordon", "transport", "lans", "long", supplier="Räddningsfordon Norden AB"),
    Row("Sjukresor med taxi, södra länsdelen", "transport", "utveckling", "early", "a"),
    Row("Flygtransport av patienter", "transport", "lans", "extension_open", "a", supplier="Fjällvinden Flyg AB"),
    Row("Fjärrvärme", "energy", "fastighet", "long"),
    Row("Eldningsolja", "energy", "fastighet", "ended", "c", supplier="Forsens Elhandel AB"),
    Row("Inhyrda läkare", "staffing", "lans", "extended", "a"),
    Row("Inhyrda tandläkare", "staffing", "tand", "undated", None, owned=False),
    Row("Rekryteringstjänster", "staffing", "utveckling", "left", "c"),
    Row("Sprutor och kanyler", "disposables", "nara", "early", "a"),
    Row("Infusionsaggregat", "disposables", "nara", "middle"),
    Row("Munskydd och andningsskydd", "disposables", "nara", "evaluation", "a"),
    Row("Laboratoriekemikalier", "disposables", "lans", "next_year"),
    Row("Blodgasanalys", "disposables", "lans", "long", None, owned=False),
    Row("Rullstolar", "aids", "nara", "early", "a"),
    Row("Rollatorer och gånghjälpmedel", "aids", "nara", "extended"),
    Row("Hörapparater", "aids", "nara", "next_year", "a", supplier="Klarton Hörsel AB"),
    Row("Översättning och tolkning", "services", "utveckling", "extension_soon", "a", supplier="Tungomål Språktjänst AB"),
    Row("Företagshälsovård", "services", "upphandling", "middle", supplier="Hälsostigen i Norr AB"),
    Row("Växeltelefoni", "services", "digital", "over_before", "c", supplier="Röstvägen Telekom AB"),
    Row("Tidningar och tidskrifter", "services", "utveckling", "lapsed", "c", owned=False, supplier="Läsbruket AB"),
)  # fmt: skip

_KALMAR = (
    Row("Lokalvård på hälsocentraler", "cleaning", "service", "early"),
    Row("Mejeriprodukter", "food", "service", "extension_open", "a"),
    Row("Kontorsmaterial", "services", "service", "middle", "c", supplier="Kontorskvarnen AB"),
    Row("Klientdatorer och skärmar", "computers", "service", "extended"),
    Row("Medicinska förbrukningsvaror", "disposables", "service", "evaluation", "a"),
    Row("Biobränsle", "energy", "service", "long", "c", supplier="Vindbruket Energi AB"),
)  # fmt: skip

_SAMVERKAN = (Row("Systemstöd för uppföljning av leverantörer", "consulting", "kansli", "extension_open", "a"),)

REGISTER = {"norrbotten": _NORRBOTTEN, "kalmar": _KALMAR, "samverkan": _SAMVERKAN}


def register_contracts(play: Play, rows: tuple[Row, ...]) -> None:
    """Enter the rows as an import does: nothing is checked, what is missing is named, no target is recorded."""
    today_then = play.day(0)
    for place, row in enumerate(rows):
        fate, ware = FATES[row.fate], WARES[row.ware]
        end_on = fate.end_on(today_then)
        officer = "kansliet" if play.region == "samverkan" else "upphandlare"
        manager = manager_of(play, row.unit) if row.contract_class else None
        form: dict[str, Any] = {
            "title": row.title,
            "unit": play.units[row.unit],
            "owner": play.people[play.owners[row.unit]] if row.owned else None,
            "officer": play.people[officer],
            "manager": play.people[manager] if manager else None,
            "registry_number": f"Dnr {700 + place * 13}-{play.today.year - 3}",
            "contract_number": f"{play.today.year - 3}-{place + 41:03d}",
            "start_on": months_after(end_on, -36) if end_on else months_after(play.today, -40),
            "end_on": end_on,
            "option_count": fate.options,
            "option_months": fate.option_months if fate.options else None,
            "notice_months": NOTICE,
            "value": str(400_000 + (place * 7_919_000) % 38_000_000),
            "contract_class": row.contract_class,
            "is_framework": place % 3 == 0,
            "missing": (*fate.missing, *(() if row.owned else ("owner",))),
            "owner_note": None if row.owned else "Tidigare inköpschefen",
            **supplier(row.supplier or ware.suppliers[place % len(ware.suppliers)]),
        }
        if not row.owned:
            form["unit"] = None
        entry = {"contract_has_ended": row.fate == "over_before", "history_note": "Från regionens avtalsregister."}
        contract_id = play.open(
            "contract",
            form,
            officer,
            entry=("register_existing", entry),
            external=("demo-register", str(place)),
            channel="import",
        )
        if row.fate != "over_before":
            _plan(play, contract_id, row, fate, manager, end_on, place)


def _plan(
    play: Play, contract_id: str, row: Row, fate: Fate, manager: str | None, end_on: date | None, turn: int
) -> None:
    """What was done since: follow-ups in their rhythm (a few are behind), and what the fate says."""
    if row.contract_class and manager and turn % 11 != 5:
        first = play.timeline.clock.at.date()
        plan_follow_ups(play, contract_id, manager, row.contract_class, first, end_on, turn=turn)
    for back, trigger, form in fate.acts:
        by = play.owners[row.unit] if trigger.startswith("decide") else manager
        if by is not None:
            play.timeline.at(play.day(back), lambda t=trigger, b=by, f=form: play.act(contract_id, t, b, f))  # type: ignore[misc]
