"""Who a row speaks of: organisation numbers and names of suppliers, and which region a buyer is.

Sources: Skatteverket's description of the organisation number (lag 1974:174: the third digit is at least 2, the
last is a check digit); a sole trader's number is a personal identity number and is never kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workflow.importers.rows import Problem
from workflow.importers.swedish_values import fold
from workflow.importers.table_files import Cell, cell_text
from workflow.suppliers.organisation_numbers import luhn_holds

_FOREIGN_PREFIX = re.compile(
    r"(AT|BE|BG|CH|CY|CZ|DE|DK|EE|EL|ES|FI|FR|GB|GR|HR|HU|IE|IS|IT|LI|LT|LU|LV|MT|NL|NO|PL|PT|RO|SI|SK|US|XI)"
    r"[ -]?[A-Z0-9][A-Z0-9 .-]{4,25}"
)
_LEGAL_FORMS = {
    "ab": "ab",
    "aktiebolag": "ab",
    "aktiebolaget": "ab",
    "publ": "",
    "hb": "hb",
    "handelsbolag": "hb",
    "handelsbolaget": "hb",
    "kb": "kb",
    "kommanditbolag": "kb",
    "kommanditbolaget": "kb",
}


@dataclass(frozen=True)
class OrganisationNumber:
    """A Swedish number as NNNNNN-NNNN, or a foreign one as it was written (`foreign`)."""

    text: str
    foreign: bool = False


def organisation_number(cell: Cell) -> OrganisationNumber | Problem:
    """The number of a legal person. A personal identity number is a Problem, and no Problem repeats the number."""
    text = cell_text(cell).upper()
    if _FOREIGN_PREFIX.fullmatch(text):
        return OrganisationNumber(text, foreign=True)
    if match := re.fullmatch(r"SE ?(\d{6}-?\d{4}) ?01", text):  # the VAT number holds the organisation number
        text = match[1]
    digits = re.sub(r"[\s-]", "", text)
    if re.fullmatch(r"16\d{10}", digits):
        digits = digits[2:]
    if re.fullmatch(r"((19|20)\d{6}|\d{6})[-+]?\d{4}", digits) and (len(digits) > 10 or digits[2] in "01"):
        return Problem("error.import_personal_identity_number")
    if not re.fullmatch(r"\d{10}", digits) or not luhn_holds(digits):
        return Problem("error.import_organisation_number_wrong")
    return OrganisationNumber(f"{digits[:6]}-{digits[6:]}")


def supplier_match_key(name: str) -> str:
    """What two spellings of one supplier's name share: `SWECO Sverige AB`, `Sweco Sverige Aktiebolag (publ)`.

    The legal form is kept, written one way and last: a partnership and a company are two suppliers.
    """
    words = fold(name).split()
    forms = sorted({_LEGAL_FORMS[word] for word in words if word in _LEGAL_FORMS} - {""})
    return " ".join([word for word in words if word not in _LEGAL_FORMS] + forms)


@dataclass(frozen=True)
class Buyer:
    """A region as the national statistics name it."""

    organisation_number: str
    names: tuple[str, ...]


BUYERS = {
    "stockholm": Buyer("232100-0016", ("Region Stockholm", "Stockholms läns landsting")),
    "uppsala": Buyer("232100-0024", ("Region Uppsala", "Region Uppsala län", "Uppsala läns landsting")),
    "sormland": Buyer("232100-0032", ("Region Sörmland", "Södermanlands läns landsting")),
    "ostergotland": Buyer("232100-0040", ("Region Östergötland", "Östergötlands läns landsting")),
    "jonkoping": Buyer("232100-0057", ("Region Jönköpings län", "Jönköpings läns landsting")),
    "kronoberg": Buyer("232100-0065", ("Region Kronoberg", "Kronobergs läns landsting")),
    "kalmar": Buyer("232100-0073", ("Region Kalmar län", "Region Kalmar", "Kalmar läns landsting")),
    "gotland": Buyer("212000-0803", ("Region Gotland", "Gotlands kommun")),
    "blekinge": Buyer("232100-0081", ("Region Blekinge", "Blekinge läns landsting")),
    "skane": Buyer("232100-0255", ("Region Skåne", "Skåne läns landsting")),
    "halland": Buyer("232100-0115", ("Region Halland", "Hallands läns landsting")),
    "vastra-gotaland": Buyer("232100-0131", ("Västra Götalandsregionen", "Västra Götalands läns landsting")),
    "varmland": Buyer("232100-0156", ("Region Värmland", "Värmlands läns landsting")),
    "orebro": Buyer("232100-0164", ("Region Örebro län", "Region Örebro", "Örebro läns landsting")),
    "vastmanland": Buyer("232100-0172", ("Region Västmanland", "Västmanlands läns landsting")),
    "dalarna": Buyer("232100-0180", ("Region Dalarna", "Dalarnas läns landsting")),
    "gavleborg": Buyer("232100-0198", ("Region Gävleborg", "Gävleborgs läns landsting")),
    "vasternorrland": Buyer("232100-0206", ("Region Västernorrland", "Västernorrlands läns landsting")),
    "jamtland-harjedalen": Buyer("232100-0214", ("Region Jämtland Härjedalen", "Jämtlands läns landsting")),
    "vasterbotten": Buyer("232100-0222", ("Region Västerbotten", "Västerbottens läns landsting")),
    "norrbotten": Buyer("232100-0230", ("Region Norrbotten", "Norrbottens läns landsting")),
}
_BY_NAME = {fold(name): region for region, buyer in BUYERS.items() for name in buyer.names}
_BY_NUMBER = {buyer.organisation_number: region for region, buyer in BUYERS.items()}


def region_of_buyer(name: str, number: Cell = "") -> str | Problem | None:
    """The code of the region a buyer is, None for any other buyer, a Problem where name and number disagree."""
    by_name = _BY_NAME.get(fold(name))
    parsed = organisation_number(number) if number != "" else None
    by_number = _BY_NUMBER.get(parsed.text) if isinstance(parsed, OrganisationNumber) else None
    if by_name and isinstance(parsed, OrganisationNumber) and by_number != by_name:
        return Problem("error.import_buyer_disagrees", {"value": name})
    return by_number or by_name
