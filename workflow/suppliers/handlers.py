"""Finding or adding a supplier: national identity by organisation number, else by name and country."""

from __future__ import annotations

from sqlalchemy import bindparam, select

from workflow.db.columns import fold, new_id, sort_key
from workflow.db.statements import Statement, insert_into
from workflow.db.unit_of_work import UnitOfWork
from workflow.engine.forms import Form
from workflow.errors import FieldError, InvalidForm
from workflow.suppliers.organisation_numbers import normal_form
from workflow.suppliers.tables import Supplier, SupplierRelation

_suppliers = Supplier.__table__  # type: ignore[attr-defined]
_relations = SupplierRelation.__table__  # type: ignore[attr-defined]
_BY_NUMBER = Statement(select(_suppliers.c.id).where(_suppliers.c.organisation_number == bindparam("number")))
_BY_NAME = Statement(
    select(_suppliers.c.id)
    .where(
        _suppliers.c.name_fold == bindparam("name_fold"),
        _suppliers.c.country == bindparam("country"),
        _suppliers.c.organisation_number.is_(None),
    )
    .limit(1)
)
_INSERT = insert_into(_suppliers)
_RELATED = Statement(
    select(_relations.c.supplier_id).where(
        _relations.c.region_id == bindparam("region_id"), _relations.c.supplier_id == bindparam("supplier_id")
    )
)
_RELATE = insert_into(_relations)


def checked_number(row: Form, path: str) -> str | None:
    """The organisation number in its normal form. Raises InvalidForm at the field when it cannot be one."""
    text = getattr(row, "organisation_number", None)
    if not text:
        return None
    if getattr(row, "country", "SE") != "SE":
        return str(text)
    number = normal_form(text)
    if number is None:
        raise InvalidForm([FieldError(path, "organisation_number")])
    return number


def supplier_id(uow: UnitOfWork, region_id: str, row: Form, path: str = "suppliers") -> str:
    """The supplier of a form's row, added when new; the region then knows it. Returns its id."""
    number = checked_number(row, f"{path}-organisation_number")
    name = row.supplier_name  # type: ignore[attr-defined]
    country = getattr(row, "country", "SE")
    known = uow.one(_BY_NUMBER, number=number) if number else uow.one(_BY_NAME, name_fold=fold(name), country=country)
    found = str(known.id) if known else new_id(uow.now)
    if known is None:
        uow.run(
            _INSERT,
            id=found,
            organisation_number=number,
            country=country,
            name=name,
            name_sort=sort_key(name),
            name_fold=fold(name),
            created_at=uow.now,
        )
    if uow.one(_RELATED, region_id=region_id, supplier_id=found) is None:
        uow.run(
            _RELATE,
            region_id=region_id,
            supplier_id=found,
            name_seen=name,
            name_sort=sort_key(name),
            name_fold=fold(name),
            since_at=uow.now,
        )
    return found
