"""Suppliers' deviations of the demo: one or more on every rung, and the ways beside the ladder.

A tale is what people do on its days, counted in working days back from today. What goes out by itself (reminders, the
demand, the call to a meeting, the question for a decision, weeks of a fine) the engine's own timers do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from workflow.commands import Act, ProposeLetterhead, ProposeLetterText, ReleaseLetterhead, ReleaseLetterText
from workflow.demo.play import Play
from workflow.engine import case_rows

OFFICER, HEAD, STRATEGIST, OWNER = "upphandlare", "upphandlingschef", "hallbarhet", "owner"
#: Answers that depend on the day: (working days from the day of the step) -> ISO date.
Days = Callable[[int], str]
FormOf = Callable[[Days], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Deed:
    """A step of somebody: so many working days before today; `by` is a person or the contract's owner."""

    back: int
    trigger: str
    by: str
    form: FormOf = lambda _: {}


@dataclass(frozen=True, slots=True)
class Tale:
    """A deviation on a contract of the register: what was found, who answers at the supplier, and what was done."""

    title: str
    contract: str
    back: int
    source: str
    requirement: str
    clause: str
    description: str
    contact: tuple[str, str]
    deeds: tuple[Deed, ...] = ()
    kind: str = "other"
    ground: str = ""
    language: str = "sv"


def _given(**form: Any) -> FormOf:
    return lambda _: form


def _begun(dialogue: int, offer: int) -> tuple[Deed, ...]:
    """The dialogue and the opportunity to remedy; from there the ladder climbs by itself."""
    note = _given(note="Samtal med leverantören. Ingen åtgärdsplan utlovad.")
    return Deed(dialogue, "start_dialogue", OFFICER), Deed(offer, "offer_opportunity_to_remedy", OFFICER, note)


def _decided(
    prepared: int, decided: int, rung: str, ground: str, why: str, reasons: str, skip: str = ""
) -> tuple[Deed, ...]:
    """A sanction: prepared by the officer on one of the contract's grounds ("": the shortcut), decided by the head."""
    form = {"prepared_rung": rung, "ground": ground or None, "proportionality": why, "evidence": "Revisionsrapport och brevväxling i akten.",
            "skip_reason": skip or None}  # fmt: skip
    trigger = "decide_severe_termination" if rung == "immediate_termination" else f"decide_{rung}"
    return Deed(prepared, "prepare_rung", OFFICER, _given(**form)), Deed(
        decided, trigger, HEAD, _given(reasons=reasons)
    )


def _planned(back: int, cause: str, *measures: tuple[str, str, int]) -> Deed:
    """An action plan: its cause, and measures each with who is responsible and due so many working days from its day."""
    return Deed(
        back, "record_action_plan", OFFICER,
        lambda day: {
            "received_on": day(0), "cause": cause,
            "milestones": [{"action": action, "responsible": who, "due_on": day(days)} for action, who, days in measures],
        },
    )  # fmt: skip


def _met(back: int) -> Deed:
    """The meeting between managers was held without a plan coming of it."""
    return Deed(
        back, "record_escalation_meeting", OFFICER,
        lambda day: {
            "meeting_on": day(-1), "participants": "Upphandlingschefen och leverantörens vd",
            "note": "Leverantören lovade återkomma men lämnade ingen plan.",
        },
    )  # fmt: skip


_ACCEPTED = _given(reasons="Planen anger orsak, åtgärder och ansvariga, och dagarna är rimliga.")
_CODE = "uppförandekoden för leverantörer"

TALES = (
    Tale(
        "Uppgift om tillverkningsland saknas", "Nätverksutrustning", 2, "follow_up", "Spårbarhet till tillverkningsland",
        f"{_CODE}, punkt 4", "Leverantören har inte lämnat uppgift om tillverkningsland för elva av fyrtio artiklar.",
        ("Petra Lund", "petra.lund@bitvis.example"),
    ),
    Tale(
        "Kemikalielista inte uppdaterad", "Fönsterputs", 7, "follow_up", "Miljömärkta rengöringsmedel",
        "kravspecifikationen, krav 3", "Två medel på listan saknar miljömärkning sedan i våras.",
        ("Roger Stenman", "roger.stenman@norrskensstad.example"), (Deed(4, "start_dialogue", OFFICER),),
    ),
    Tale(
        "Övertid i sömnadsfabrik", "Patienttextilier", 22, "audit", "Arbetstid och ersättning", f"{_CODE}, punkt 2.5",
        "Revisionen visade upp till 78 timmars arbetsvecka under tre månader, utan ersättning för övertiden.",
        ("Lotta Grahn", "lotta.grahn@vitkappan.example"), _begun(18, 8),
    ),
    Tale(
        "Utsläpp från färgeri", "Patienttextilier", 78, "media", "Rening av processvatten", f"{_CODE}, punkt 3.2",
        "Uppgifter i pressen om orenat vatten från ett färgeri i andra ledet. Leverantören har inte kunnat visa mätvärden.",
        ("Lotta Grahn", "lotta.grahn@vitkappan.example"), (*_begun(74, 67), _met(11)),
    ),
    Tale(
        "Rekryteringsavgifter hos handskfabrik", "Skyddshandskar för laboratoriearbete", 38, "audit",
        "Arbetare betalar inte för sin anställning", f"{_CODE}, punkt 2.3",
        "Fem av tolv intervjuade arbetare uppgav att de hade betalat avgift till en agent i hemlandet.",
        ("Daniel Frost", "daniel.frost@lapporten.example"), _begun(34, 26), language="en",
    ),
    Tale(
        "Chaufförer utan kollektivavtalsenlig lön", "Budtransporter", 46, "tip", "Arbetsrättsliga villkor",
        "avtalets bilaga 4, punkt 2", "Tips om lön under kollektivavtalets nivå hos en underentreprenör.",
        ("Mona Wikberg", "mona.wikberg@kuststraket.example"), _begun(42, 34), ground="not_reporting",
    ),
    Tale(
        "Självskattning inte inlämnad", "Programlicenser", 55, "follow_up", "Medverkan i uppföljning",
        "avtalsvillkoret om tillbörlig aktsamhet, punkt 4", "Självskattningen skulle ha kommit för tre månader sedan.",
        ("Johan Ek", "johan.ek@datahamnen.example"), _begun(51, 43), ground="not_taking_part",
    ),
    Tale(
        "Certifikat för trävara återkallat", "Behandlingsstolar", 92, "supplier_report", "Spårbara och lagliga råvaror",
        f"{_CODE}, punkt 3.4", "Leverantören anmälde själv att certifikatet för ett limträ har återkallats.",
        ("Anders Blom", "anders.blom@fjallkronan.example"),
        (
            *_begun(88, 80),
            _met(24),
            Deed(
                15, "decide_rung_waived", HEAD,
                lambda day: {
                    "reasons": "Leverantören anmälde avvikelsen själv och har bytt råvara. Ett vite står inte i proportion.",
                    "until_on": day(60),
                },
            ),
        ),
    ),
    Tale(
        "Avfall utan transportdokument", "Farligt avfall", 118, "follow_up", "Spårbarhet för farligt avfall",
        "kravspecifikationen, krav 7", "Sju av trettio hämtningar saknar transportdokument. Avfallets mottagare är okänd.",
        ("Katarina Hall", "katarina.hall@kretsen.example"),
        (
            *_begun(114, 107),
            _met(50),
            *_decided(
                38, 17, "call_off_stop", "not_reporting",
                "Bristen har bestått i nästan fem månader och gäller säkerheten. Ett stopp är det minst ingripande som får effekt.",
                "Ni har inte rapporterat vart avfallet har förts, trots två påminnelser, en anmaning och en kallelse.",
            ),
            Deed(
                26, "consent_to_call_off_stop", OWNER,
                _given(consents=True, note="Hämtningen kan ordnas hos en annan leverantör i ramavtalet."),
            ),
            Deed(
                6, "review_call_off_stop", HEAD,
                _given(note="Grunden finns kvar. Leverantören har fortfarande inte rapporterat."),
            ),
        ),
    ),
    Tale(
        "Arbetsvillkor vid montering av datorer", "Datakommunikation", 131, "audit", "Skydd mot farliga ämnen",
        f"{_CODE}, punkt 2.6", "Montörer arbetar med lösningsmedel utan utsug och utan utbildning.",
        ("Johan Ek", "johan.ek@datahamnen.example"),
        (
            *_begun(127, 120),
            _met(63),
            *_decided(
                50, 31, "contractual_fine", "not_following_plan",
                "Vitet är 10 000 kr i veckan mot ett avtalsvärde på flera miljoner. Mindre ingripande steg har prövats.",
                "Ni har haft fyra månader på er men har inte lämnat någon åtgärdsplan.",
            ),
        ),
    ),
    Tale(
        "Städpersonal utan anställningsbevis", "Lokalvård vid folktandvårdens kliniker", 142, "follow_up",
        "Socialt ansvar och personalens villkor", "avtalets bilaga 2, punkt 6",
        "Personal utan anställningsbevis vid tre kontroller i följd.",
        ("Birgit Lantto", "birgit.lantto@rentnorr.example"),
        (
            *_begun(138, 131),
            _met(74),
            *_decided(
                44, 13, "termination_with_notice", "not_following_plan",
                "Bristen gäller personalens grundläggande villkor. En tid att avveckla skyddar verksamheten.",
                "Ni har inte lämnat någon åtgärdsplan, och bristen har upprepats.",
                "Ett vite skulle drabba personalen utan att rätta bristen.",
            ),
        ),
    ),
    Tale(
        "Barn i arbete hos underleverantör", "Sprutor och kanyler", 20, "audit", "Förbud mot barnarbete",
        f"{_CODE}, punkt 2.2", "Revisorn mötte två barn vid packningen. Åldern är styrkt med skolans register.",
        ("Frank Olsson", "frank.olsson@provroret.example"),
        (
            Deed(19, "start_dialogue", OFFICER),
            Deed(14, "record_severe_report", OFFICER, lambda day: {"reported_on": day(-1), "note": "En sida, utan åtgärder."}),
            Deed(
                12, "amend_deviation", OFFICER,
                _given(reason="Revisorns rapport, skolans register och två vittnen.", probable=True),
            ),
            *_decided(
                9, 4, "immediate_termination", "",
                "Barnarbete är en allvarlig avvikelse. Inget lindrigare medel skyddar barnen.",
                "Barnarbete i er leveranskedja har gjorts sannolikt. Avtalet ger rätt att säga upp med omedelbar verkan.",
            ),
        ),
        kind="child_labour",
    ),
    Tale(
        "Underleverantör vägrar revision", "Infusionsaggregat", 98, "audit", "Tillträde för revision",
        "avtalsvillkoret om tillbörlig aktsamhet, punkt 4", "Fabriken släppte inte in revisorn trots bokat besök.",
        ("Sofia Renlund", "sofia.renlund@pappersbjorken.example"),
        (
            *_begun(94, 86),
            _met(31),
            Deed(
                40, "amend_deviation", OFFICER,
                _given(
                    reason="Leverantören har visat att den krävt tillträde. Det är underleverantören som vägrar.",
                    ground="not_taking_part", sub_supplier_refuses="audit",
                ),
            ),
        ),
    ),
    Tale(
        "Tvist om vad kravet på palmolja omfattar", "Specialkost", 62, "follow_up", "Certifierad palmolja",
        "kravspecifikationen, krav 12", "Fyra produkter innehåller palmolja utan certifikat.",
        ("Emma Bäck", "emma.back@bottenviken.example"),
        (
            *_begun(58, 50),
            Deed(
                9, "pause", OFFICER,
                _given(
                    pause_ground="dispute",
                    reason="Leverantören anser att kravet bara gäller margarin. Frågan prövas av avtalets tvistenämnd.",
                ),
            ),
        ),
    ),
    Tale(
        "Plan om levnadslön", "Mattor och mattservice", 44, "audit", "Lön som går att leva på", f"{_CODE}, punkt 2.4",
        "Lönen i tvätteriet ligger under den lokala levnadslönen.", ("Ove Rask", "ove.rask@tornea.example"),
        (
            *_begun(40, 32),
            _planned(
                3, "Tvätteriet betalar den lagstadgade minimilönen. Levnadskostnaderna har stigit mer.",
                ("Lönerna kartläggs mot den lokala levnadslönen", "Hållbarhetschefen", 60),
                ("Avtal med tvätteriet om stegvis höjda löner", "Inköpschefen", 90),
            ),
        ),
    ),
    Tale(
        "Skyddsutrustning i gjuteri", "Mobiltelefoner", 95, "audit", "Säker arbetsmiljö", f"{_CODE}, punkt 2.6",
        "Ögonskydd saknades vid nio av tjugo arbetsplatser.", ("Petra Lund", "petra.lund@bitvis.example"),
        (
            *_begun(91, 84),
            _planned(
                72, "Gjuteriet köpte in ögonskydd efter antal anställda, inte efter antal arbetsplatser.",
                ("Ögonskydd finns vid varje arbetsplats", "Platschefen", 40),
                ("Alla i gjuteriet är utbildade i skyddsutrustning", "Personalchefen", 85),
                ("Oberoende återbesök i gjuteriet", "Kvalitetschefen", 110),
            ),
            Deed(66, "accept_action_plan", OWNER, _ACCEPTED),
            Deed(34, "record_milestone", OFFICER, lambda day: {"milestone": 1, "done_on": day(-1), "proof": "Kvitto och foton."}),
        ),
    ),
    Tale(
        "Utbildning mot mutor inte genomförd", "Informationssäkerhet", 132, "follow_up", "Arbete mot korruption",
        f"{_CODE}, punkt 5", "Konsulterna har inte gått den utbildning som avtalet kräver.",
        ("Elin Sund", "elin.sund@renstigen.example"),
        (
            # The dialogue drew out: *Lika behandling* shows it.
            *_begun(128, 79),
            _planned(
                70, "Utbildningen låg inte i introduktionen för nya konsulter.",
                ("Alla konsulter i uppdraget har gått utbildningen mot mutor", "Konsultchefen", 30),
            ),
            Deed(64, "accept_action_plan", OWNER, _ACCEPTED),
            Deed(41, "record_milestone", OFFICER, lambda day: {"milestone": 1, "done_on": day(-2), "proof": "Deltagarlista."}),
            Deed(
                8, "record_remedy", OFFICER,
                lambda day: {"remedied_on": day(-1), "note": "Alla konsulter är utbildade enligt leverantören."},
            ),
        ),
    ),
    Tale(
        "Passersedlar som hölls inne", "Operationshandskar, undersökningshandskar", 196, "audit", "Fritt val av arbete",
        f"{_CODE}, punkt 2.1", "Arbetsgivaren förvarade arbetarnas pass. Passen är nu tillbaka.",
        ("Karl Modig", "karl.modig@skyddslinjen.example"),
        (
            *_begun(192, 184),
            _planned(
                172, "Arbetsgivaren samlade in passen vid anställningen, av gammal vana.",
                ("Passen lämnas tillbaka mot kvittens", "Personalchefen", 40),
                ("Ny rutin: arbetarna förvarar själva sina handlingar", "Inköpschefen", 60),
                ("Oberoende återbesök i fabriken", "Kvalitetschefen", 75),
            ),
            Deed(166, "accept_action_plan", OWNER, _ACCEPTED),
            Deed(136, "record_milestone", OFFICER, lambda day: {"milestone": 1, "done_on": day(-2), "proof": "Kvittenser."}),
            Deed(
                125, "decide_plan_extension", OWNER,
                lambda day: {
                    "milestone": 2, "to_on": day(25), "reasons": "Ny rutin kräver förhandling med facket i fabriken.",
                },
            ),
            Deed(104, "record_milestone", OFFICER, lambda day: {"milestone": 2, "done_on": day(-1), "proof": "Rutin, version 2."}),
            Deed(98, "record_milestone", OFFICER, lambda day: {"milestone": 3, "done_on": day(-3), "proof": "Rapport."}),
            Deed(96, "record_remedy", OFFICER, lambda day: {"remedied_on": day(-1), "note": "Samtliga åtgärder är klara."}),
            Deed(
                82, "record_verification", STRATEGIST,
                lambda day: {
                    "verified": True, "verified_by_means": "factory_audit", "verified_on": day(-4),
                    "note": "Återbesöket visade att alla avvikelser är åtgärdade.",
                },
            ),
            Deed(78, "decide_remedied", OWNER, _given(reasons="Återbesöket bekräftar att avvikelsen är åtgärdad.")),
        ),
        ground="not_reporting",
    ),
)  # fmt: skip


def plan_deviations(play: Play) -> None:
    """The letterhead and one text of the region's own; then every tale, step by step on its days."""
    play.timeline.at(play.day(215), lambda: _write_letterhead(play))
    for tale in TALES:
        play.timeline.at(play.day(tale.back), lambda t=tale: _find(play, t))  # type: ignore[misc]
        for deed in tale.deeds:
            play.timeline.at(play.day(deed.back), lambda t=tale, d=deed: _act(play, t, d))  # type: ignore[misc]


def _write_letterhead(play: Play) -> None:
    """Each by two people: the head of procurement proposes, the administrator releases."""
    head = play.timeline.do(
        ProposeLetterhead(
            play.region, None, _today(play), "Region Norrbotten", "Upphandlingsavdelningen",
            "Regiongatan 1\n971 00 Luleå", "Telefon 0920-00 00 00\nupphandling@norrbotten.example", "",
            "Regionens grafiska profil",
        ),
        play.people[HEAD],
    )  # fmt: skip
    play.timeline.do(ReleaseLetterhead(head["id"]), play.people["admin"])
    proposed = play.timeline.do(
        ProposeLetterText(
            play.region, "dialogue", "sv", "Inbjudan till samtal om en avvikelse: {avtal} ({avtalsnummer})",
            _DIALOGUE, _today(play), "Regionens klarspråksgranskning",
        ),
        play.people[HEAD],
    )  # fmt: skip
    play.timeline.do(ReleaseLetterText(proposed["id"]), play.people["admin"])


_DIALOGUE = """Brevet gäller ert avtal {avtal} ({avtalsnummer}) med {region}.

Avvikelsen gäller kravet {krav} ({kravets punkt}). Den upptäcktes {upptäckt dag}.
{beskrivning}

Vi bjuder in er till ett samtal om avvikelsen, enligt {avtalspunkt}. Vi vill veta vad den beror på och hur den kan åtgärdas.

Hör av er senast {sista dag för samtal}, så kommer vi överens om en tid. Samtalet kan vara digitalt.
Avtalet räknar avvikelsen som allvarlig. Lämna därför en skriftlig rapport senast {sista dag för rapport}.

Har ni frågor, vänd er till {handläggare}. Ange {vår beteckning} när ni hör av er.
E-post: {handläggarens e-post}

Med vänlig hälsning
{handläggare}
{region}"""


def _today(play: Play) -> date:
    return play.timeline.clock.at.date()


def _find(play: Play, tale: Tale) -> None:
    name, address = tale.contact
    form = {
        "title": tale.title,
        "found_on": (_today(play) - timedelta(days=1)).isoformat(),
        "finding_source": tale.source,
        "deviation_kind": tale.kind,
        "requirement": tale.requirement,
        "clause": tale.clause,
        "description": tale.description,
        "ground": tale.ground or None,
        "contact_name": name,
        "contact_email": address,
        "contact_language": tale.language,
    }
    play.open("deviation", form, OFFICER, parent_id=play.known[tale.contract])


def _act(play: Play, tale: Tale, deed: Deed) -> None:
    """By whoever it is; what the owner decides, the owner of the contract's unit."""
    case_id, today = play.known[tale.title], _today(play)
    owner = _owner(play, case_id) if deed.by == OWNER else play.people[deed.by]
    form = deed.form(lambda days: play.later(today, days).isoformat())
    play.timeline.do(Act(case_id, deed.trigger, None, form), owner)


def _owner(play: Play, case_id: str) -> str:
    with play.timeline.past.database.read() as uow:
        case = uow.one(case_rows.GET_CASE, case_id=case_id)
    assert case is not None
    return str(case.owner_id)
