"""The blanks of the due-diligence term that each contract carries: from the region's defaults, then by a recorded act.

They are never read from a setting once a contract has them. The defaults are those that applied in the region on the
contract's first day (or the day they were needed, for a contract without one): dated rows of policy named as the terms.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from typing import Any

from sqlalchemy import bindparam, select

from states.errors import NoSuchStep, NotPermitted
from states.facts import ContractTerms
from states.fines import FineTerms
from states.terms import SWITCHES, TERMS
from workflow.db.columns import new_id
from workflow.db.statements import Row, Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations.tables import ContractTermsRow, SupplierContact
from workflow.engine import case_rows
from workflow.engine.act import form_of, load_step, take_one
from workflow.engine.forms import ore, parse
from workflow.engine.registries import effect
from workflow.engine.step import Step
from workflow.errors import FieldError, InvalidForm
from workflow.people.accounts import EMAIL

terms_table = ContractTermsRow.__table__  # type: ignore[attr-defined]
contacts = SupplierContact.__table__  # type: ignore[attr-defined]

#: The blanks that are lengths of time: columns named as their terms, in their units.
AMOUNTS = (
    "severe_report", "audit_enabling", "self_assessment", "plan_due", "plan_due_severe", "remedy",
    "remedy_verification", "response_reminder_1", "response_reminder_2", "response_formal_demand",
    "response_escalation_meeting", "response_call_off_stop", "stop_until_termination", "termination_notice",
)  # fmt: skip
#: What a contract is taken to say where nobody has recorded otherwise.
DEFAULT_WORDING = "regionernas avtalsvillkor 2025"
_CHOICES = {
    "severe_kinds": "six",
    "commitments": "advanced",
    "re_audit_payer": "supplier_pays_re_audits",
    "publication": "full_secrecy_review",
    "climate_plan": False,
}

TERMS_NOW = Statement(
    select(terms_table)
    .where(terms_table.c.case_id == bindparam("case_id"))
    .order_by(terms_table.c.version.desc())
    .limit(1)
)
TERMS_BY_ID = Statement(select(terms_table).where(terms_table.c.id == bindparam("terms_id")))
TERMS_OF = Statement(
    select(terms_table).where(terms_table.c.case_id == bindparam("case_id")).order_by(terms_table.c.version)
)
CONTACT_NOW = Statement(
    select(contacts).where(contacts.c.case_id == bindparam("case_id")).order_by(contacts.c.id.desc()).limit(1)
)
_INSERT_TERMS = insert_into(terms_table)
_INSERT_CONTACT = insert_into(contacts)


def defaults(uow: UnitOfWork, region_id: str, region_name: str, on: date) -> dict[str, Any]:
    """The blanks as the region's dated defaults fill them on a day."""
    rows = case_rows.parameters(uow, region_id, on)

    def value(name: str, otherwise: str) -> int:
        return int(rows[name].value) if name in rows else int(otherwise)

    return {
        "valid_from": on,
        "clause_version": DEFAULT_WORDING,
        "organisation": region_name,
        "process_from_on": None,
        **_CHOICES,
        **{code: value(code, str(TERMS[code].amount)) for code in AMOUNTS},
        "fine_week_ore": 100 * value("fine_week_amount", SWITCHES["fine_week_amount"][0]),
        "fine_cap_weeks": value("fine_cap_weeks", SWITCHES["fine_cap_weeks"][0]),
    }


def terms_of(uow: UnitOfWork, case_id: str) -> Row | None:
    """The contract's blanks as they hold now, or None where nothing has filled them yet."""
    return uow.one(TERMS_NOW, case_id=case_id)


def shown_terms(uow: UnitOfWork, region_id: str, region_name: str, case_id: str, on: date) -> dict[str, Any]:
    """The blanks for people: those the contract has, else what the region's defaults of that day would fill in."""
    row = terms_of(uow, case_id)
    return dict(row._asdict()) if row is not None else {**defaults(uow, region_id, region_name, on), "version": 0}


def ensure_terms(step: Step, contract_id: str, start_on: date | None) -> Row:
    """The contract's blanks, filled from the region's defaults the first time they are needed."""
    row = terms_of(step.uow, contract_id)
    if row is not None:
        return row
    on = min(start_on, step.today) if start_on else step.today
    values = defaults(step.uow, step.case.region_id, step.region_name, on)
    _write(step, contract_id, 1, "regional_defaults", "regionens förval", values)
    filled = terms_of(step.uow, contract_id)
    assert filled is not None
    return filled


def _write(step: Step, contract_id: str, version: int, source: str, reason: str, values: dict[str, Any]) -> None:
    step.uow.run(
        _INSERT_TERMS,
        id=new_id(step.now),
        region_id=step.case.region_id,
        case_id=contract_id,
        version=version,
        source=source,
        reason=reason,
        recorded_by=step.actor.person_id,
        recorded_at=step.now,
        **values,
    )


def terms_facts(row: Row) -> ContractTerms:
    """A contract's blanks as the law book reads them."""
    return ContractTerms(
        amounts={code: getattr(row, code) for code in AMOUNTS},
        valid_from=row.valid_from,
        clause_version=row.clause_version,
        fine=FineTerms(row.fine_week_ore, row.fine_cap_weeks),
    )


@effect("store_contract_terms")
def store_contract_terms(step: Step) -> None:
    """A new version; deviations that run keep the version they began with, so that nobody's time changes under way."""
    f = step.form
    row = terms_of(step.uow, step.case_id)
    if row is not None and f.valid_from < row.valid_from:
        raise InvalidForm([FieldError("valid_from", "date_out_of_range")])
    names = ("valid_from", "clause_version", "organisation", "process_from_on", *_CHOICES, *AMOUNTS, "fine_cap_weeks")
    values = {name: getattr(f, name) for name in names}
    values["fine_week_ore"] = ore(f.fine_week_amount)
    version = row.version + 1 if row is not None else 1
    step.recorded["terms_version"] = version
    _write(step, step.case_id, version, "recorded", f.reason, values)


@effect("store_supplier_contact")
def store_supplier_contact(step: Step) -> None:
    f = step.form
    step.uow.run(
        _INSERT_CONTACT,
        id=new_id(step.now),
        region_id=step.case.region_id,
        case_id=step.case_id,
        name=f.contact_name,
        email=address_of(f.contact_email),
        locale=f.contact_language,
        recorded_by=step.actor.person_id,
        recorded_at=step.now,
    )


def address_of(email: str) -> str:
    """Raises InvalidForm for an address that is none."""
    address = email.strip().lower()
    if not EMAIL.fullmatch(address):
        raise InvalidForm([FieldError("contact_email", "not_an_email")])
    return address


def tell_contract(step: Step, contract_id: str, contact: dict[str, str]) -> None:
    """What a deviation's form says of the contact becomes the contract's too, by the contract's own step: on its trail,
    and only where the actor may take it. Otherwise it is the deviation's alone."""
    case = step.uow.one(case_rows.LOCK_CASE, case_id=contract_id)
    assert case is not None
    known = contact_of(step.uow, contract_id)
    name, email, locale = contact["contact_name"], contact["contact_email"], contact["contact_locale"]
    if known is not None and (known.name, known.email, known.locale) == (name, email, locale):
        return
    contract = load_step(step.uow, case, step.actor)
    said = {"contact_name": name, "contact_email": email, "contact_language": locale}
    contract.trigger = "set_supplier_contact"
    contract.form = parse(form_of("contract", "set_supplier_contact"), said)
    with suppress(NoSuchStep, NotPermitted):
        take_one(contract, None, "set_supplier_contact", None)


def contact_of(uow: UnitOfWork, contract_id: str) -> Row | None:
    """Who at the supplier gets the letters about a contract now."""
    return uow.one(CONTACT_NOW, case_id=contract_id)
