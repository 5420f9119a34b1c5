"""The weeks of contractual fines as a sheet, for finance."""

from __future__ import annotations

from states.roles import Actor
from templates.labels import gettext, label
from workflow.db.unit_of_work import UnitOfWork
from workflow.deviations.lists import FineWeekItem, list_fine_weeks
from workflow.engine.forms import kronor
from workflow.exports.tables import EXPORTED_ROWS, Column, Sheet, Value


def fine_sheet(uow: UnitOfWork, who: Actor, locale: str, case_id: str | None = None) -> Sheet:
    """Weeks of one fine, or of every fine of the region that the viewer may see."""
    rows: list[list[Value]] = []
    after: str | None = None
    while len(rows) < EXPORTED_ROWS:
        found = list_fine_weeks(uow, who, case_id=case_id, after=after, limit=500)
        rows += [_week_cells(w) for w in found.items]
        after = found.next
        if after is None:
            break
    columns = [
        Column("reference", gettext("Reference", locale)),
        Column("contract", gettext("Contract", locale)),
        Column("supplier", gettext("Supplier", locale)),
        Column("organisation_number", label("field.organisation_number", locale)),
        Column("week", gettext("Started week", locale), "int"),
        Column("starts_on", gettext("From", locale), "date"),
        Column("amount", gettext("Amount without VAT", locale), "money"),
        Column("total", gettext("Sum so far", locale), "money"),
        Column("set_off_on", label("field.set_off_on", locale), "date"),
        Column("set_off_reference", label("field.set_off_reference", locale)),
        Column("set_off_note", gettext("Note", locale)),
    ]
    return Sheet(gettext("Contractual penalty", locale), columns, rows)


def _week_cells(w: FineWeekItem) -> list[Value]:
    return [
        w.reference, w.contract_reference, w.supplier_name, w.organisation_number, w.number, w.starts_on,
        kronor(w.amount_ore), kronor(w.total_ore), w.set_off_on, w.set_off_reference, w.set_off_note,
    ]  # fmt: skip
