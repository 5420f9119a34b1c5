"""What the statistics say of a procurement becomes: the forms that enter it as history."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from templates.labels import gettext, has_label, label
from workflow.importers.statistics_records import ImportedProcurement

_WORTH_A_LINE = frozenset(
    {
        "contract_kind",
        "legal_basis",
        "directive_governed",
        "agreement_kind",
        "dynamic_purchasing_system",
        "electronic_auction",
        "divided_into_lots",
        "joint_procurement",
        "environmentally_sustainable",
        "socially_sustainable",
        "innovation",
        "reserved_procurement",
        "reserved_performance",
        "advertising_database",
    }
)


def existing_procurement(found: ImportedProcurement, locale: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The form of the case and the form of its entry. A contract follows where a side file names one."""
    record = found.record
    lot_ids = list(dict.fromkeys(s.lot_id for s in found.suppliers if s.lot_id))
    several = len(lot_ids) > 1
    number = {lot_id: place for place, lot_id in enumerate(lot_ids, start=1)}
    suppliers = [
        {"supplier_name": s.name, "lot": number.get(s.lot_id) if several and s.lot_id else None}
        for s in {(s.match_key, s.lot_id): s for s in found.suppliers}.values()
    ]
    entry = {
        "contract_follows": found.outcome_is_known,
        "published_on": record.published_on,
        "cpv": record.cpv,
        "procedure": record.procedure,
        "value": found.contracted_value,
        "appealed": record.appealed,
        "history_note": _note(found, locale),
        "missing": found.missing,
        "lots": tuple(lot_ids) if several else (),
        "suppliers": tuple(suppliers),
    }
    return {"title": record.title[:300]}, entry


def _note(found: ImportedProcurement, locale: str) -> str:
    """What has no field of its own, a line each."""
    record = found.record
    lines = [f"Upphandlings-ID: {record.external_id}"]
    for each in fields(record):
        value = getattr(record, each.name)
        code = f"field.procurement_statistics.{each.name}"
        if each.name not in _WORTH_A_LINE or value is None or not has_label(code, locale):
            continue
        if isinstance(value, bool):
            value = label(f"value.yes_no.{'yes' if value else 'no'}", locale)
        lines.append(f"{label(code, locale)}: {value}")
    if record.other_titles:
        lines.append(gettext("Also called: %(titles)s", locale, titles="; ".join(record.other_titles)))
    return "\n".join(lines)[:10_000]
