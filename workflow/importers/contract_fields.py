"""What a contract register may say of a contract, and the headers under which other people say it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Content(StrEnum):
    """What the cells of a field hold; a header is believed less where the cells hold something else."""

    TEXT = "text"
    DATE = "date"
    MONEY = "money"
    ORGANISATION_NUMBER = "organisation_number"
    PERIOD = "period"
    OPTIONS = "options"
    YES_NO = "yes_no"
    CPV = "cpv"


@dataclass(frozen=True)
class TargetField:
    """A field of the contract record: its code (label `field.contract_register.<code>`), content and headers.

    `headers` are written as people write them; case, accents, spaces and points do not matter.
    """

    code: str
    content: Content
    headers: tuple[str, ...]
    required: bool = False

    @property
    def label(self) -> str:
        return f"field.contract_register.{self.code}"


def _field(code: str, content: Content, headers: str, *, required: bool = False) -> TargetField:
    return TargetField(code, content, tuple(header.strip() for header in headers.split(",")), required)


CONTRACT_FIELDS: tuple[TargetField, ...] = (
    _field(
        "title",
        Content.TEXT,
        "avtalsnamn, avtalets namn, namn på avtal, namn på avtalet, avtalstitel, avtalsrubrik, avtalsbenämning, "
        "benämning, rubrik, titel, avtal, avtalsområde, upphandlingens titel, upphandling, avser, avtalet avser, "
        "föremål, avtalsföremål, namn, title, contract title, contract name, contract, name, subject",
        required=True,
    ),
    _field(
        "registry_number",
        Content.TEXT,
        "diarienummer, diarienr, dnr, dnr., d.nr, ärendenummer, ärendenr, ärende id, registry number, "
        "registration number, case number, file number, reference number, referensnummer, beteckning",
    ),
    _field(
        "contract_number",
        Content.TEXT,
        "avtalsnummer, avtalsnr, avtals-id, avtals nr, avtalsid, kontraktsnummer, kontraktsnr, id, "
        "avtalsreferens, contract number, contract no, contract id, agreement number",
    ),
    _field(
        "owner",
        Content.TEXT,
        "avtalsägare, avtalsansvarig, ansvarig, ansvarig person, ansvarig handläggare, handläggare, ägare, "
        "kontaktperson, avtalscontroller, förvaltare, avtalsförvaltare, e-post ansvarig, avtalsägare e-post, owner, "
        "contract owner, contract manager, responsible, responsible person",
    ),
    _field(
        "unit",
        Content.TEXT,
        "division, enhet, förvaltning, avdelning, avd., verksamhet, verksamhetsområde, organisation, organisationsenhet, "
        "beställande enhet, ansvarig enhet, ägande enhet, unit, department",
    ),
    _field(
        "supplier_name",
        Content.TEXT,
        "leverantör, leverantörsnamn, leverantörens namn, namn på leverantör, avtalspart, avtalsleverantör, motpart, "
        "part, entreprenör, företag, företagsnamn, bolag, supplier, supplier name, vendor, counterparty, contractor",
        required=True,
    ),
    _field(
        "organisation_number",
        Content.ORGANISATION_NUMBER,
        "organisationsnummer, org.nr, orgnr, org nummer, org.nummer, organisationsnr, leverantörens "
        "organisationsnummer, organisationsnummer leverantör, leverantör org.nr, organisation number, organization "
        "number, registration no, company number, vat number",
    ),
    _field(
        "start_on",
        Content.DATE,
        "startdatum, avtalsstart, avtalets startdatum, start, från, från och med, fr.o.m., from, giltigt från, "
        "giltig från, gäller från, gäller fr.o.m., avtal från, avtal fr.o.m., avtalsperiod från, avtalsperiod start, "
        "avtalsperiod fr.o.m., avtalsdatum, ikraftträdande, start date, valid from, begins, starts",
    ),
    _field(
        "end_on",
        Content.DATE,
        "slutdatum, avtalsslut, avtalets slutdatum, slut, till, till och med, t.o.m., tom, giltigt till, giltig till, "
        "giltigt t.o.m., gäller till, gäller t.o.m., avtal till, avtal t.o.m., avtalsperiod till, avtalsperiod slut, "
        "avtalsperiod t.o.m., upphör, avtalet upphör, utgår, löper ut, utgångsdatum, giltighetstid, avtalstid t.o.m., "
        "end date, valid to, valid until, ends, expires, expiry date, expiry, expiration date",
        required=True,
    ),
    _field(
        "option_text",
        Content.OPTIONS,
        "option, optioner, förlängningsoption, förlängningsoptioner, förlängning, förlängningsmöjlighet, "
        "möjlig förlängning, optionsperiod, optionsår, option månader, options, extension, extension options",
    ),
    _field(
        "last_extension_on",
        Content.DATE,
        "senast förlängas, sista förlängningsdag, längsta avtalstid, längst till, maximalt slutdatum, max slutdatum, "
        "slutdatum inkl. option, slutdatum inklusive optioner, slutdatum med option, sista möjliga slutdatum, "
        "förlängas längst till, förlängning längst till, kan förlängas till, kan förlängas t.o.m., maximal avtalstid, "
        "last extension, latest end date, max end date",
    ),
    _field(
        "notice",
        Content.PERIOD,
        "uppsägningstid, uppsägning, uppsägningstid dagar, uppsägningstid mån, uppsägningstid månader, varseltid, "
        "notice, notice period, notice days, period of notice",
    ),
    _field(
        "value",
        Content.MONEY,
        "värde, avtalsvärde, kontraktsvärde, kontrakterat värde, uppskattat värde, beräknat värde, totalt värde, "
        "totalvärde, takvolym, belopp, avtalsvärde sek, värde kr, volym, omsättning, value, contract value, "
        "total value, amount",
    ),
    _field(
        "contract_class",
        Content.TEXT,
        "avtalsklass, klass, klassning, klassificering, avtalsklassificering, avtalskategori, prioritet, "
        "contract class, class, classification",
    ),
    _field("framework", Content.YES_NO, "ramavtal, är ramavtal, ramavtal ja/nej, framework, framework agreement"),
    _field("cpv", Content.CPV, "cpv, cpv-kod, cpv kod, huvudsaklig cpv-kod, cpv code"),
    _field(
        "category",
        Content.TEXT,
        "kategori, inköpskategori, varugrupp, produktområde, område, kategoriområde, category, purchasing category",
    ),
    _field(
        "note",
        Content.TEXT,
        "anteckning, anteckningar, notering, noteringar, kommentar, kommentarer, anmärkning, övrigt, övrig "
        "information, note, notes, comment, comments, remarks",
    ),
)
FIELD_BY_CODE = {field.code: field for field in CONTRACT_FIELDS}
