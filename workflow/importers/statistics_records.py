"""What the national statistics database on procurement says, as values.

Texts are the database's own (Swedish). None is what the rows do not say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

# The field of a procurement and the database's column for it.
COLUMNS = {
    "external_id": "Upphandlings-ID",
    "title": "Upphandlingens titel",
    "buyer_name": "Namn för köpare",
    "published_on": "Publiceringsdatum",
    "cpv": "Huvudsaklig CPV-kod",
    "contract_kind": "Upphandlingsslag",
    "legal_basis": "Rättslig grund",
    "directive_governed": "Direktivstyrd",
    "procedure": "Förfarande",
    "agreement_kind": "Typ av avtal",
    "dynamic_purchasing_system": "Dynamiskt inköpssystem",
    "electronic_auction": "Elektronisk auktion",
    "divided_into_lots": "Anbudsområden",
    "joint_procurement": "Samordnad upphandling",
    "environmentally_sustainable": "Miljömässigt hållbar upphandling",
    "socially_sustainable": "Socialt hållbar upphandling",
    "innovation": "Innovationsupphandling",
    "reserved_procurement": "Reserverad upphandling",
    "reserved_performance": "Reserverat genomförande",
    "advertising_database": "Annonsdatabas",
    "appealed": "Överprövad",
}


@dataclass(frozen=True)
class ProcurementRecord:
    """What the statistics say of one advertised procurement, all its rows together.

    `missing` names the fields that are None, and always `outcome`, which no row says. `other_titles` are the
    spellings that differ between rows.
    """

    external_id: str
    title: str
    region: str
    buyer_name: str
    published_on: date | None
    cpv: str | None
    contract_kind: str | None  # Varor, Tjänster, Byggentreprenader
    legal_basis: str | None
    directive_governed: bool | None
    procedure: str | None
    agreement_kind: str | None  # Kontrakt, Ramavtal
    dynamic_purchasing_system: bool | None
    electronic_auction: bool | None
    divided_into_lots: bool | None
    joint_procurement: bool | None
    environmentally_sustainable: bool | None
    socially_sustainable: bool | None
    innovation: bool | None
    reserved_procurement: bool | None
    reserved_performance: bool | None
    advertising_database: str | None
    appealed: bool | None
    other_titles: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class ContractedValue:
    """The contracted value of a procurement, in SEK, as one row has it."""

    external_id: str
    amount: Decimal


@dataclass(frozen=True)
class ContractedSupplier:
    """A supplier with a contracted tender in a procurement, for one lot if `lot_id` says so.

    `name` is the spelling of this row; `match_key` is what every spelling of the name shares.
    """

    external_id: str
    name: str
    match_key: str
    lot_id: str | None
    size: str | None
    sector: str | None
    legal_form: str | None
    contracted_tenders: int | None


@dataclass(frozen=True)
class ImportedProcurement:
    """A procurement with what the side files say of it. `outcome_is_known` where they name a contract."""

    record: ProcurementRecord
    contracted_value: Decimal | None
    suppliers: tuple[ContractedSupplier, ...]

    @property
    def outcome_is_known(self) -> bool:
        return self.contracted_value is not None or bool(self.suppliers)

    @property
    def missing(self) -> tuple[str, ...]:
        """What neither the rows nor the side files say."""
        here = [field for field in self.record.missing if not (field == "outcome" and self.outcome_is_known)]
        value = ["contracted_value"] if self.contracted_value is None else []
        return (*here, *value, *([] if self.suppliers else ["suppliers"]))
