"""Everything of one region, for its own use: to leave, to archive, to look through. A sheet a subject.

Tender matter that is still secret (OSL 19:3) and what opens doors (passwords, sessions, keys) is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, CompoundSelect, Date, Integer, Select, Table, and_, or_, select, union
from sqlalchemy import Column as SqlColumn
from sqlmodel.sql.sqltypes import AutoString

from templates.labels import label
from workflow.db.metadata import METADATA
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine import case_rows
from workflow.engine.execute import Stegvis
from workflow.errors import NotFound
from workflow.exports.tables import Column, Kind, Sheet, Value, write_xlsx

FORMATS = ("xlsx", "json")

#: What is exported, in this order: the register first, then what happened, then what the region has set.
SUBJECTS = (
    "cases", "lots", "procurements", "awards", "reviews", "targets", "opinions", "requirements", "contracts",
    "contract_follow_ups", "supplier_relations", "suppliers", "tasks", "timers", "decisions", "comments", "files",
    "contract_drafts", "outbox_messages", "audit_streams", "audit_events", "audit_payloads", "people", "units", "role_assignments", "mandates",
    "substitutes", "parameters", "parameter_changes", "moved_deadlines", "closing_days", "deadline_extensions",
    "deadline_differences", "pauses", "case_access", "conflicts", "external_references",
    "recurring_duties", "duties", "absences", "mail_matters", "digests", "digest_notes", "plan_entries", "plan_versions",
    "published_plan_rows", "observed_durations", "contract_terms", "supplier_contacts", "deviations", "action_plans",
    "milestones", "rungs_entered", "call_off_stops", "fine_stays", "fine_weeks", "supplier_notices", "exclusion_material",
    "letter_texts", "letterheads",
)  # fmt: skip
_LEFT_OUT = {"password_hash", "title_fold", "name_sort", "name_fold"}
#: Another region may have been the first to name a supplier; one's own name for it stands in `supplier_relations`.
_OF_OTHERS = {("suppliers", "name"), ("suppliers", "created_at")}
_TENDER_COLUMNS = {
    "lots": ("award_reasons", "evaluation_reference", "prepared_by", "cancellation_reasons"),
    "procurements": ("protocol_reference", "tenders_received", "cancellation_reasons"),
    "pauses": ("reason",),
    "case_access": ("reason",),
    "decisions": ("basis", "reasons", "value_ore", "salts"),
}


class UnknownFormat(ValueError):
    """The export is written as xlsx or json."""


def export_region(app: Stegvis, region_id: str, file_format: str, locale: str) -> bytes:
    """The file's bytes. Raises UnknownFormat, and NotFound for an unknown region."""
    if file_format not in FORMATS:
        raise UnknownFormat(file_format)
    with app.database.read() as uow:
        if case_rows.region(uow, region_id) is None:
            raise NotFound("region_unknown")
        if file_format == "xlsx":
            sheets = (_sheet(uow, METADATA.tables[name], region_id, locale) for name in SUBJECTS)
            return write_xlsx(sheets, locale=locale, created_at=uow.now)
        subjects = {name: list(_objects(uow, METADATA.tables[name], region_id)) for name in SUBJECTS}
        about = {"region": region_id, "exported_at": _plain(uow.now), "subjects": subjects}
        return json.dumps(about, ensure_ascii=False, indent=1, default=_plain).encode()


def _columns(table: Table) -> list[SqlColumn[Any]]:
    return [c for c in table.columns if c.name not in _LEFT_OUT and (table.name, c.name) not in _OF_OTHERS]


def _rows_of(table: Table, region_id: str) -> Select[Any]:
    """The region's rows of a table, by its own column or through the case it belongs to."""
    cases = METADATA.tables["cases"]
    query = select(*_columns(table))
    if table.name == "suppliers":
        return query.where(table.c.id.in_(_known_suppliers(region_id))).order_by(table.c.id)
    if table.name == "audit_payloads":
        streams = METADATA.tables["audit_streams"]
        query = query.join(streams, streams.c.id == table.c.stream_id).where(streams.c.region_id == region_id)
    elif "region_id" in table.c:
        query = query.where(table.c.region_id == region_id)
    else:
        query = query.join(cases, cases.c.id == table.c.case_id).where(cases.c.region_id == region_id)
    if table.name == "supplier_relations":
        query = query.where(table.c.supplier_id.in_(_known_suppliers(region_id)))
    return _without_secrets(table, query).order_by(*table.primary_key.columns)


def _known_suppliers(region_id: str) -> CompoundSelect[Any]:
    """Suppliers with a contract or a public award: who has only left a tender shows nowhere."""
    contracts, awards, lots = (METADATA.tables[name] for name in ("contracts", "awards", "lots"))
    public = select(awards.c.supplier_id).join(lots, lots.c.id == awards.c.lot_id).where(~lots.c.tender_secret)
    return union(
        select(contracts.c.supplier_id).where(contracts.c.region_id == region_id),
        public.where(awards.c.region_id == region_id),
    )


def _without_secrets(table: Table, query: Select[Any]) -> Select[Any]:
    """Rows that are tender matter of a lot whose award is not decided yet are not taken out."""
    lots, cases = METADATA.tables["lots"], METADATA.tables["cases"]
    secret_lots = select(lots.c.id).where(lots.c.tender_secret)
    if table.name == "awards":
        return query.where(table.c.lot_id.not_in(secret_lots))
    secret_cases = select(cases.c.id).where(cases.c.tender_secret)
    if table.name == "audit_payloads":
        secret = and_(
            table.c.secrecy == "tender",
            or_(
                table.c.lot_id.in_(secret_lots),
                and_(table.c.lot_id.is_(None), table.c.stream_id.in_(secret_cases)),
            ),
        )
        return query.where(~secret)
    if table.name in ("files", "comments"):
        return query.where(~and_(table.c.secrecy == "tender", table.c.case_id.in_(secret_cases)))
    return query


def _values(uow: UnitOfWork, table: Table, region_id: str) -> Iterator[dict[str, Any]]:
    hidden = _TENDER_COLUMNS.get(table.name, ())
    secret: set[str] = set()
    if hidden:
        key = {"lots": "id", "decisions": "lot_id"}.get(table.name, "case_id")
        marked = METADATA.tables["cases" if key == "case_id" else "lots"]
        secret = set(uow.connection.execute(select(marked.c.id).where(marked.c.tender_secret)).scalars())
    for row in uow.connection.execute(_rows_of(table, region_id)).mappings():
        values = dict(row)
        if hidden and values[key] in secret:
            values |= dict.fromkeys(hidden)
        yield values


def _objects(uow: UnitOfWork, table: Table, region_id: str) -> Iterator[dict[str, Any]]:
    for values in _values(uow, table, region_id):
        yield {_key(name): _amount(name, value) for name, value in values.items()}


def _sheet(uow: UnitOfWork, table: Table, region_id: str, locale: str) -> Sheet:
    columns = _columns(table)
    shown = [Column(_key(c.name), _key(c.name), _kind(c)) for c in columns]
    rows = ([_cell(c, values[c.name], locale) for c in columns] for values in _values(uow, table, region_id))
    return Sheet(table.name, shown, rows)


def _key(name: str) -> str:
    """Amounts are stored as öre and go out as kronor."""
    return name.removesuffix("_ore")


def _amount(name: str, value: Any) -> Any:
    return Decimal(value) / 100 if name.endswith("_ore") and value is not None else value


def _kind(column: SqlColumn[Any]) -> Kind:
    match column.type:
        case _ if column.name.endswith("_ore"):
            return "money"
        case BigInteger() | Integer():
            return "int"
        case Date():
            return "date"
        case Boolean() | AutoString():
            return "text"
        case _:
            return "instant"


def _cell(column: SqlColumn[Any], value: Any, locale: str) -> Value:
    if isinstance(value, bool):
        return label(f"value.yes_no.{'yes' if value else 'no'}", locale)
    result: Value = _amount(column.name, value)
    return result


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


__all__ = ["FORMATS", "SUBJECTS", "UnknownFormat", "export_region"]
