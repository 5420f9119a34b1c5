"""Letter texts and letterheads as dated data of a region; a letter keeps the document it was decided as."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "letter_texts",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("locale", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("text", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("proposed_by", sa.String(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.CheckConstraint("locale IN ('sv', 'en')", name=op.f("ck_letter_texts_locale")),
        sa.CheckConstraint("status IN ('proposed', 'released', 'rejected')", name=op.f("ck_letter_texts_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letter_texts")),
    )
    op.create_index(
        "ix_letter_texts_kind", "letter_texts", ["region_id", "kind", "locale", "status", "valid_from"], unique=False
    )
    op.create_index("ix_letter_texts_region", "letter_texts", ["region_id", "id"], unique=False)
    op.create_table(
        "letterheads",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("sender", sa.String(), nullable=False),
        sa.Column("department", sa.String(), nullable=False),
        sa.Column("address", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=False),
        sa.Column("reference_person", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("set_by", sa.String(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["unit_id"], ["units.id"], name=op.f("fk_letterheads_unit_id_units")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letterheads")),
    )
    op.create_index("ix_letterheads_region", "letterheads", ["region_id", "valid_from", "id"], unique=False)
    op.add_column("supplier_notices", sa.Column("document", sa.String(), nullable=True))
    op.add_column("supplier_notices", sa.Column("document_hash", sa.String(), nullable=True))
    op.add_column("supplier_notices", sa.Column("text_id", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("supplier_notices", "text_id")
    op.drop_column("supplier_notices", "document_hash")
    op.drop_column("supplier_notices", "document")
    op.drop_table("letterheads")
    op.drop_table("letter_texts")
