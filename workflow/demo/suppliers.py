"""Invented suppliers. Their numbers have the form and check digit of an organisation number, in series (557, 558)
beside those that companies are given (556, 559)."""

from __future__ import annotations

from workflow.suppliers.organisation_numbers import luhn_holds

_NAMES = (
    "Norrskensstäd AB", "Rent Norr Lokalvård AB", "Polcirkelns Städservice AB", "Kalixdalens Livs AB",
    "Bottenvikens Partihandel AB", "Fjällmejerierna Nord AB", "Lapporten Medical AB", "Handskhuset Vård AB",
    "Skyddslinjen Norden AB", "Silverfjällets Instrument AB", "Stålsmedjan Kirurgi AB", "Midnattssolens Medicinteknik AB",
    "Klarbild Diagnostik AB", "Ekolod Norr AB", "Torneå Älvdals Tvätt AB", "Vitkappan Vårdtextil AB",
    "Granlund & Kero Möbler AB", "Vinterträdgårdens Inredning AB", "Datahamnen Norr AB", "Bitvis IT AB",
    "Kodbruket i Norr AB", "Renstigen Konsult AB", "Varsam Sårvård AB", "Trygghud Förband AB",
    "Torrt & Tryggt Hjälpmedel AB", "Pärlvit Dentalteknik AB", "Fjällkronan Tandteknik AB", "Malmvägens Byggentreprenad AB",
    "Norrbalken Bygg & Fastighet AB", "Älvstrands Taxi AB", "Kuststråkets Persontrafik AB", "Forsens Elhandel AB",
    "Vindbruket Energi AB", "Bemanningsgruppen Polstjärnan AB", "Vårdlänken Norr AB", "Pappersbjörken AB",
    "Plastfri Vård AB", "Lyftkraft Hjälpmedel AB", "Lablinjen AB", "Provröret i Norr AB", "Tystgående Bilar AB",
    "Isälven Tryckeri AB", "Kunskapsloftet AB", "Hissjouren Norr AB", "Röstvägen Telekom AB", "Kylbruket AB",
    "Smålands Kaprifol Livs AB", "Kustbandets Städ AB", "Samsyn Revision AB",
    "Snödrivan Entreprenad AB", "Kretsen Återvinning AB", "Tungomål Språktjänst AB", "Hälsostigen i Norr AB",
    "Läsbruket AB", "Fjällvinden Flyg AB", "Räddningsfordon Norden AB", "Klarton Hörsel AB", "Kontorskvarnen AB",
)  # fmt: skip


def _number(place: int) -> str:
    """A number of its own for each place in the list, with the check digit that belongs to it."""
    digits = f"{557 + place % 2}{(137 * place + 211) % 1000:03d}{(271 * place + 98) % 1000:03d}"
    return next(f"{digits[:6]}-{digits[6:]}{check}" for check in range(10) if luhn_holds(f"{digits}{check}"))


NUMBERS = {name: _number(place) for place, name in enumerate(_NAMES)}


def supplier(name: str) -> dict[str, str]:
    """The fields of a supplier in a form."""
    return {"supplier_name": name, "organisation_number": NUMBERS[name]}
