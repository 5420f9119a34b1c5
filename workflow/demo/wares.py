"""What the demo regions buy: need, risk, sustainability targets and requirements of each kind of thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Ware:
    """`risks`: environment, human rights, corruption, labour law. A target: statement, dimension, Agenda goal, level,
    indicator, value to reach, way of following up. A requirement: text, kind, proof, follow-up, number of its target."""

    need: str
    cpv: str
    kind: str
    risks: tuple[str, str, str, str]
    targets: tuple[tuple[str, str, int, str, str, str, str], ...]
    requirements: tuple[tuple[str, str, str, str, int | None], ...]
    suppliers: tuple[str, ...]

    def target_rows(self) -> list[dict[str, Any]]:
        names = ("statement", "dimension", "goal", "level", "indicator", "target_value", "follow_up")
        return [dict(zip(names, target, strict=True)) for target in self.targets]

    def requirement_rows(self, *, with_targets: bool = True) -> list[dict[str, Any]]:
        names = ("text", "requirement_kind", "proof", "follow_up", "target_number")
        rows = [dict(zip(names, requirement, strict=True)) for requirement in self.requirements]
        return rows if with_targets else [row | {"target_number": None} for row in rows]


_CODE = (
    "Leverantören följer den gemensamma uppförandekoden i hela leveranskedjan",
    "contract_clause",
    "Policy och rutiner enligt villkoret om tillbörlig aktsamhet",
    "Självskattning år 1, kontorsrevision vid behov",
)
_WORK = "Anständiga arbetsvillkor i leveranskedjan"
_CHAIN = (
    _WORK, "social", 8, "advanced", "Andel artiklar med känt tillverkningsland",
    "100 procent", "Självskattning år 1, därefter kontorsrevision",
)  # fmt: skip

WARES = {
    "cleaning": Ware(
        "Lokalerna ska hålla den hygien som vården kräver. Nuvarande avtal löper ut och kan inte förlängas.",
        "90910000-9", "services", ("medium", "low", "low", "high"),
        (
            ("Lokalvården ska ske med miljömärkta produkter utan skadliga ämnen", "environmental", 12, "advanced",
             "Andel miljömärkta rengöringsprodukter", "95 procent", "Leverantörens statistik varje halvår"),
            ("Den som städar hos oss har villkor i nivå med kollektivavtal", "social", 8, "basic",
             "Avvikelser vid kontroll av löner och arbetstid", "Inga", "Årlig kontroll av ett urval anställda"),
        ),
        (
            ("Rengöringsprodukter uppfyller kriterierna för en miljömärkning av typ I", "technical_specification",
             "Licens eller likvärdig dokumentation", "Stickprov vid leveransmöten", 1),
            ("Arbetsrättsliga villkor enligt bilaga", "contract_clause", "Försäkran och underlag på begäran",
             "Kontroll en gång om året", 2),
            ("Minst två likartade uppdrag under de senaste tre åren", "qualification", "Referenser",
             "Kontrolleras vid kvalificeringen", None),
        ),
        ("Norrskensstäd AB", "Rent Norr Lokalvård AB", "Polcirkelns Städservice AB"),
    ),
    "food": Ware(
        "Patienter och gäster ska få god och säker mat. Behovet omfattar leverans till samtliga kök.",
        "15000000-8", "goods", ("high", "medium", "low", "low"),
        (
            ("Mer ekologiska livsmedel och lägre klimatpåverkan", "environmental", 12, "advanced",
             "Andel ekologiska livsmedel av inköpsvärdet", "45 procent", "Inköpsstatistik varje kvartal"),
            ("Antibiotika används bara till sjuka djur", "environmental", 3, "basic",
             "Andel artiklar med verifierad djuromsorg", "100 procent", "Stickprov på tio artiklar om året"),
        ),
        (
            ("Animaliska produkter uppfyller krav på antibiotikaanvändning", "technical_specification",
             "Intyg från producenten", "Stickprov", 2),
            ("Sortimentet innehåller ekologiska alternativ", "award_criterion", "Sortimentslista",
             "Statistik varje kvartal", 1),
            (*_CODE, None),
        ),
        ("Kalixdalens Livs AB", "Bottenvikens Partihandel AB", "Fjällmejerierna Nord AB"),
    ),
    "gloves": Ware(
        "Handskar används i all vård. Förbrukningen är omkring 30 miljoner styck om året.",
        "33141420-0", "goods", ("medium", "high", "potentially_high", "low"),
        (
            ("Ingen som tillverkar våra handskar betalar för att få arbete", "social", 8, "advanced",
             "Andel fabriker som är granskade på plats", "100 procent år 2", "Fabriksrevision tillsammans med andra regioner"),
            ("Handskarna är fria från skadliga acceleratorer", "environmental", 12, "advanced",
             "Andel artiklar utan utpekade ämnen", "100 procent", "Innehållsdeklaration och stickprov"),
        ),
        (
            ("Tillverkningsland och fabrik anges för varje artikel", "contract_clause", "Lista i avtalet",
             "Uppdateras vid ändring, kontroll varje år", 1),
            ("Artiklarna innehåller inga ämnen på bilagd lista", "technical_specification", "Innehållsdeklaration",
             "Stickprov på laboratorium", 2),
            (*_CODE, 1),
        ),
        ("Handskhuset Vård AB", "Skyddslinjen Norden AB", "Lapporten Medical AB"),
    ),
    "instruments": Ware(
        "Instrumenten byts löpande. Nya behov finns för titthålskirurgi.",
        "33169000-2", "goods", ("low", "high", "medium", "low"),
        (_CHAIN, ("Instrumenten går att reparera", "economic", 12, "basic", "Andel artiklar med reparationstjänst",
                  "80 procent", "Årlig avstämning")),
        (
            (*_CODE, 1),
            ("Reparation erbjuds i minst tio år", "contract_clause", "Serviceåtagande", "Årlig avstämning", 2),
        ),
        ("Silverfjällets Instrument AB", "Stålsmedjan Kirurgi AB"),
    ),
    "imaging": Ware(
        "Utrustningen har nått sin tekniska livslängd och behöver ersättas.",
        "33110000-4", "goods", ("medium", "medium", "low", "low"),
        (("Lägre energianvändning än dagens utrustning", "environmental", 7, "advanced", "kWh per undersökning",
          "30 procent lägre", "Mätning vid driftsättning och efter ett år"), _CHAIN),
        (
            ("Energianvändning i drift och viloläge redovisas", "award_criterion", "Mätprotokoll", "Mätning på plats", 1),
            (*_CODE, 2),
        ),
        ("Midnattssolens Medicinteknik AB", "Klarbild Diagnostik AB", "Ekolod Norr AB"),
    ),
    "textile": Ware(
        "Rena textilier ska finnas på alla vårdenheter varje dag.",
        "98310000-9", "services", ("high", "high", "low", "medium"),
        (("Mindre vatten, energi och transporter", "environmental", 6, "advanced", "kWh per kilo tvätt",
          "Högst 1,1", "Leverantörens miljöredovisning varje år"), _CHAIN),
        (
            ("Tvätteriet uppfyller kriterierna för miljömärkt tvätteri", "technical_specification", "Licens eller likvärdigt",
             "Årlig kontroll", 1),
            (*_CODE, 2),
        ),
        ("Torneå Älvdals Tvätt AB", "Vitkappan Vårdtextil AB"),
    ),
    "furniture": Ware(
        "Möbler till vård och kontor, med återbruk där det går.",
        "39100000-3", "goods", ("medium", "medium", "low", "low"),
        (("Möbler används längre", "economic", 12, "spearhead", "Andel återbrukade eller renoverade möbler",
          "25 procent av värdet", "Statistik varje halvår"),),
        (
            ("Renovering och återtag ingår i åtagandet", "contract_clause", "Beskrivning av tjänsten", "Statistik", 1),
            ("Trä kommer från spårbart hållbart skogsbruk", "technical_specification", "Spårbarhetsintyg", "Stickprov", 1),
        ),
        ("Granlund & Kero Möbler AB", "Vinterträdgårdens Inredning AB"),
    ),
    "computers": Ware(
        "Medarbetarna behöver säkra och ergonomiska datorer. Omkring 2 500 byts varje år.",
        "30213100-6", "goods", ("high", "high", "medium", "low"),
        (("Mineraler utan koppling till väpnade konflikter", "social", 16, "advanced",
          "Andel smältverk i redovisad kedja", "100 procent", "Kontorsrevision år 1"),
         ("Datorerna används i fem år eller längre", "economic", 12, "basic", "Medellivslängd", "5 år", "Inventarielista varje år")),
        (
            (*_CODE, 1),
            ("Reservdelar finns i minst sex år", "technical_specification", "Tillverkarens försäkran", "Årlig avstämning", 2),
        ),
        ("Datahamnen Norr AB", "Bitvis IT AB"),
    ),
    "consulting": Ware(
        "Regionen behöver förstärkning i utveckling och förvaltning av sina system.",
        "72000000-5", "services", ("low", "low", "medium", "low"),
        (("Fler kvinnor i uppdragen", "social", 5, "basic", "Andel kvinnor bland föreslagna konsulter", "40 procent",
          "Statistik varje halvår"),),
        (
            ("Leverantören arbetar aktivt med jämställdhet", "contract_clause", "Handlingsplan", "Genomgång varje år", 1),
            ("Konsulten har minst fem års erfarenhet", "qualification", "Meritförteckning", "Kontroll vid avrop", None),
        ),
        ("Kodbruket i Norr AB", "Renstigen Konsult AB"),
    ),
    "dressings": Ware(
        "Produkter för sår ska finnas i rätt sortiment på alla enheter.",
        "33141110-4", "goods", ("medium", "medium", "low", "low"),
        (("Mindre plast i produkter och förpackningar", "environmental", 12, "basic", "Andel förnybar eller återvunnen plast",
          "30 procent", "Leverantörens statistik varje år"), _CHAIN),
        (
            ("Förpackningar är fria från PVC", "technical_specification", "Försäkran", "Stickprov", 1),
            (*_CODE, 2),
        ),
        ("Varsam Sårvård AB", "Trygghud Förband AB"),
    ),
    "continence": Ware(
        "Hjälpmedlen skrivs ut av vården och levereras hem till patienten.",
        "33750000-2", "goods", ("high", "medium", "low", "low"),
        (("Lägre klimatpåverkan per användare", "environmental", 13, "advanced", "Kilo koldioxid per användare och år",
          "20 procent lägre", "Livscykelberäkning vid avtalsstart och år 3"),),
        (
            ("Massan kommer från spårbart skogsbruk", "technical_specification", "Spårbarhetsintyg", "Stickprov", 1),
            (*_CODE, None),
        ),
        ("Torrt & Tryggt Hjälpmedel AB", "Trygghud Förband AB"),
    ),
    "dental": Ware(
        "Tandtekniska arbeten till samtliga kliniker inom Folktandvården.",
        "33138000-4", "goods", ("medium", "potentially_high", "medium", "low"),
        (_CHAIN,), ((*_CODE, 1), ("Materialets ursprung anges vid varje leverans", "contract_clause", "Följesedel", "Stickprov", 1)),
        ("Pärlvit Dentalteknik AB", "Fjällkronan Tandteknik AB"),
    ),
    "building": Ware(
        "Lokalerna uppfyller inte dagens krav på ventilation och hygien.",
        "45215140-0", "works", ("high", "medium", "medium", "high"),
        (("Halverad klimatpåverkan från byggskedet", "environmental", 13, "spearhead", "Kilo koldioxid per kvadratmeter",
          "Högst 180", "Klimatdeklaration vid slutbesiktning"),
         ("Ordning och reda på byggarbetsplatsen", "social", 8, "advanced", "Avvikelser vid oanmälda kontroller", "Inga",
          "Oanmälda kontroller två gånger om året")),
        (
            ("Klimatberäkning för stomme och installationer", "technical_specification", "Beräkning", "Granskas i projekteringen", 1),
            ("Högst två led underentreprenörer", "contract_clause", "Förteckning", "Kontroll vid varje byggmöte", 2),
        ),
        ("Malmvägens Byggentreprenad AB", "Norrbalken Bygg & Fastighet AB"),
    ),
    "transport": Ware(
        "Patienter och varor ska komma fram i tid i hela länet.",
        "60120000-5", "services", ("high", "low", "medium", "high"),
        (("Fossilfria transporter", "environmental", 13, "advanced", "Andel fossilfria kilometer", "80 procent år 2",
          "Statistik varje kvartal"),
         ("Förare har skäliga villkor", "social", 8, "basic", "Avvikelser vid kontroll", "Inga", "Årlig kontroll")),
        (
            ("Fordonen drivs med el eller förnybart drivmedel", "award_criterion", "Fordonslista", "Statistik varje kvartal", 1),
            ("Arbetsrättsliga villkor enligt bilaga", "contract_clause", "Försäkran", "Kontroll en gång om året", 2),
        ),
        ("Älvstrands Taxi AB", "Kuststråkets Persontrafik AB", "Tystgående Bilar AB"),
    ),
    "energy": Ware(
        "El till regionens samtliga fastigheter, omkring 130 gigawattimmar om året.",
        "09310000-5", "goods", ("medium", "low", "low", "low"),
        (("All el kommer från förnybara källor", "environmental", 7, "advanced", "Andel el med ursprungsgaranti", "100 procent",
          "Årlig redovisning"),),
        (("Ursprungsgarantier annulleras för regionens räkning", "contract_clause", "Intyg", "Varje år i mars", 1),),
        ("Forsens Elhandel AB", "Vindbruket Energi AB"),
    ),
    "staffing": Ware(
        "Verksamheten behöver kunna ta in legitimerad personal när egna medarbetare inte räcker.",
        "85141200-1", "annex_2", ("low", "low", "medium", "high"),
        (("Samma villkor för inhyrd personal som för egen", "social", 8, "basic", "Avvikelser vid kontroll", "Inga",
          "Kontroll två gånger om året"),),
        (("Leverantören har kollektivavtal eller motsvarande villkor", "contract_clause", "Intyg", "Kontroll", 1),),
        ("Bemanningsgruppen Polstjärnan AB", "Vårdlänken Norr AB"),
    ),
    "disposables": Ware(
        "Engångsmaterial till vårdens alla enheter, med färre artiklar än i dag.",
        "33141000-0", "goods", ("high", "medium", "low", "low"),
        (("Mindre fossil plast", "environmental", 12, "advanced", "Andel förnybar eller återvunnen plast av volymen", "30 procent",
          "Statistik varje halvår"), _CHAIN),
        (("Artiklar av förnybart material erbjuds", "award_criterion", "Materialdeklaration", "Statistik", 1), (*_CODE, 2)),
        ("Pappersbjörken AB", "Plastfri Vård AB", "Lablinjen AB", "Provröret i Norr AB"),
    ),
    "aids": Ware(
        "Hjälpmedlen behövs för en säker arbetsmiljö och för patientens självständighet.",
        "33196200-2", "goods", ("medium", "medium", "low", "low"),
        (_CHAIN,), ((*_CODE, 1), ("Utbildning av användare ingår", "contract_clause", "Plan", "Uppstartsmöte", None)),
        ("Lyftkraft Hjälpmedel AB", "Lapporten Medical AB"),
    ),
    "services": Ware(
        "Tjänsten köps i dag utan avtal och behovet återkommer varje år.",
        "79000000-4", "services", ("low", "low", "low", "medium"),
        (("Minskade resor genom digitala leveranser", "environmental", 13, "basic", "Andel leveranser på distans", "60 procent",
          "Årlig avstämning"),),
        (("Leveransen kan ske digitalt", "contract_clause", "Beskrivning", "Årlig avstämning", 1),),
        ("Isälven Tryckeri AB", "Kunskapsloftet AB", "Röstvägen Telekom AB", "Hissjouren Norr AB", "Kylbruket AB"),
    ),
    "audits": Ware(
        "Regionerna följer upp leverantörer tillsammans och behöver oberoende revisorer i flera länder.",
        "79212000-3", "services", ("low", "medium", "high", "low"),
        (("Revisionerna når de som arbetar i fabrikerna", "social", 8, "advanced", "Intervjuer utan arbetsgivaren per revision",
          "Minst 15", "Genomgång av varje rapport"),),
        (("Revisorn är oberoende av dem som granskas", "qualification", "Försäkran", "Kontroll före varje uppdrag", 1),),
        ("Samsyn Revision AB", "Kunskapsloftet AB"),
    ),
}  # fmt: skip
