"""Suppliers: the identity is national, the relation regional."""

from datetime import datetime

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from workflow.db.columns import key


class Supplier(SQLModel, table=True):
    __tablename__ = "suppliers"
    __table_args__ = (Index("ix_suppliers_name", "name_sort", "id"),)

    id: str = key()
    organisation_number: str | None = Field(default=None, unique=True)
    country: str = "SE"
    name: str
    name_sort: str
    name_fold: str = Field(index=True)
    created_at: datetime


class SupplierRelation(SQLModel, table=True):
    """A region knows a supplier: only then does the supplier show to it."""

    __tablename__ = "supplier_relations"
    __table_args__ = (Index("ix_supplier_relations_name", "region_id", "name_sort", "supplier_id"),)

    region_id: str = key()
    supplier_id: str = Field(primary_key=True, foreign_key="suppliers.id")
    name_seen: str
    name_sort: str
    name_fold: str
    since_at: datetime
