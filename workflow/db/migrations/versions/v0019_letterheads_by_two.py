"""A letterhead is proposed by one person and released by another, as letter texts are; those that are there apply."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("letterheads") as table:
        table.alter_column("set_by", new_column_name="proposed_by", existing_type=sa.String(), existing_nullable=False)
        table.alter_column(
            "set_at",
            new_column_name="proposed_at",
            existing_type=sa.DateTime(timezone=True),
            existing_nullable=False,
        )
        table.add_column(sa.Column("status", sa.String(), nullable=False, server_default="released"))
        table.add_column(sa.Column("settled_by", sa.String(), nullable=True))
        table.add_column(sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True))
        table.add_column(sa.Column("reason", sa.String(), nullable=True))
    # The default was for the rows that were there: no later one is released by saying nothing.
    with op.batch_alter_table("letterheads") as table:
        table.alter_column("status", server_default=None, existing_type=sa.String(), existing_nullable=False)
        table.create_check_constraint(op.f("ck_letterheads_status"), "status IN ('proposed', 'released', 'rejected')")


def downgrade() -> None:
    # Without a status each row applies.
    op.execute("DELETE FROM letterheads WHERE status <> 'released'")
    with op.batch_alter_table("letterheads") as table:
        table.drop_constraint(op.f("ck_letterheads_status"), type_="check")
        for name in ("status", "settled_by", "settled_at", "reason"):
            table.drop_column(name)
        table.alter_column("proposed_by", new_column_name="set_by", existing_type=sa.String(), existing_nullable=False)
        table.alter_column(
            "proposed_at",
            new_column_name="set_at",
            existing_type=sa.DateTime(timezone=True),
            existing_nullable=False,
        )
