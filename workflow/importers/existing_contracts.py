"""What a row of a contract register becomes: the form of a contract case, and what of it has to be told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Any

from states.calendar import LAST_YEAR
from templates.labels import label
from workflow.contracts.effects import add_months
from workflow.db.columns import fold
from workflow.importers.contract_register import ContractRecord
from workflow.importers.rows import Problem

#: The fields of a contract that the register may leave out, by the name a correction has: register -> form.
_FORM_NAMES = {
    "start_on": "start_on",
    "option_text": "option_count",
    "notice": "notice_months",
    "value": "value",
    "contract_class": "contract_class",
    "contract_number": "contract_number",
    "registry_number": "registry_number",
    "organisation_number": "organisation_number",
}
_CLASS = re.compile(r"(?:klass|class|avtalsklass)?\s*([abc])")
_SAME_COUNTRY = {"EL": "GR", "XI": "GB"}
_DAYS_A_MONTH = 30


@dataclass(frozen=True, slots=True)
class Known:
    """A person or a unit of the region by what a register may call it; None where two share the name."""

    people: dict[str, str | None]
    units: dict[str, str | None]


def by_name(rows: Iterable[tuple[str, str]]) -> dict[str, str | None]:
    """(name, id) pairs as a table; a name that two share stands for nobody."""
    found: dict[str, str | None] = {}
    for name, known_id in rows:
        key = fold(name)
        found[key] = None if found.get(key, known_id) != known_id else known_id
    return found


@dataclass(frozen=True, slots=True)
class ExistingContract:
    """The forms of the two steps: opening the case, and entering it as history."""

    form: dict[str, Any]
    entry: dict[str, Any]
    problems: tuple[Problem, ...]


def existing_contract(record: ContractRecord, known: Known, today: date, locale: str) -> ExistingContract:
    """The contract as the row says it. What the row does not say is named in `missing`, never invented."""
    problems: list[Problem] = []
    missing = [_FORM_NAMES[name] for name in record.missing if name in _FORM_NAMES]
    owner = _found(known.people, record.owner)
    unit = _found(known.units, record.unit)
    if record.owner and owner is None:
        problems.append(Problem("error.import_owner_unknown", {"value": record.owner}, "owner"))
    if record.unit and unit is None:
        problems.append(Problem("error.import_unit_unknown", {"value": record.unit}, "unit"))
    missing += [name for name, value in (("owner", owner), ("unit", unit)) if value is None]
    count, months = _options(record)
    if count and months is None:
        problems.append(Problem("error.import_options_of_unequal_length", field="option_text"))
        missing.append("option_months")
    if count and "option_count" in missing:
        missing.remove("option_count")
    contract_class = _class(record.contract_class)
    if record.contract_class and contract_class is None:
        problems.append(Problem("error.import_class_unknown", {"value": record.contract_class}, "contract_class"))
        missing.append("contract_class")
    start_on = record.start_on
    if start_on and start_on.year > LAST_YEAR:
        start_on = None
    ended = _last_possible_end(record) < today
    if not ended and record.end_on < today:
        problems.append(Problem("error.import_end_passed_with_option", field="end_on"))
    form = {
        "title": record.title,
        "unit": unit,
        "owner": owner,
        "registry_number": record.registry_number,
        "contract_number": record.contract_number,
        "start_on": start_on,
        "end_on": record.end_on,
        "option_count": count,
        "option_months": months,
        "notice_months": _notice_months(record),
        "value": record.value,
        "contract_class": contract_class,
        "is_framework": bool(record.framework),
        "supplier_name": record.supplier_name,
        "organisation_number": record.organisation_number,
        "country": _country(record),
        "missing": tuple(dict.fromkeys(missing)),
        "owner_note": record.owner if owner is None else None,
    }
    return ExistingContract(form, {"contract_has_ended": ended, "history_note": _note(record, locale)}, tuple(problems))


def _found(table: dict[str, str | None], name: str | None) -> str | None:
    return table.get(fold(name)) if name else None


def _options(record: ContractRecord) -> tuple[int, int | None]:
    """How many options and the months of each; the months are unknown where they differ."""
    each = record.option_months
    if each:
        return len(each), each[0] if len(set(each)) == 1 else None
    last, end = record.last_extension_on, record.end_on
    if last is None or last <= end:
        return 0, None
    months = (last.year - end.year) * 12 + last.month - end.month
    return 1, months or None


def _last_possible_end(record: ContractRecord) -> date:
    """The last day if every option is used, by what the register says of either."""
    with_options = add_months(record.end_on, sum(record.option_months or ()))
    return max(with_options, record.last_extension_on or record.end_on)


def _notice_months(record: ContractRecord) -> int | None:
    """Whole months, rounded up: a reminder too early does no harm."""
    if record.notice is None:
        return None
    amount = record.notice.amount
    return amount if record.notice.unit == "months" else ceil(amount / _DAYS_A_MONTH)


def _class(text: str | None) -> str | None:
    match = _CLASS.fullmatch(fold(text)) if text else None
    return match[1] if match else None


def _country(record: ContractRecord) -> str:
    if not record.organisation_number_is_foreign or not record.organisation_number:
        return "SE"
    prefix = record.organisation_number[:2]
    return _SAME_COUNTRY.get(prefix, prefix)


def _note(record: ContractRecord, locale: str) -> str | None:
    """What has no field of its own, in the words of the register."""
    rest = {
        "note": record.note,
        "category": record.category,
        "cpv": record.cpv,
        "option_text": record.option_text,
        "contract_class": record.contract_class if _class(record.contract_class) is None else None,
        "unit": record.unit,
        "notice": f"{record.notice.amount} d" if record.notice and record.notice.unit == "days" else None,
    }
    lines = [f"{label('field.contract_register.' + name, locale)}: {text}" for name, text in rest.items() if text]
    return "\n".join(lines)[:10_000] or None
