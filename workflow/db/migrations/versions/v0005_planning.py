"""The procurement plan, how long steps took, and what follows a contract."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0003"
branch_labels = None
depends_on = None

_RENEWAL = ("renewal_asked_on", "renewal_alarmed_on", "renewal_declined_on")


def upgrade() -> None:
    for name in _RENEWAL:
        op.add_column("contracts", sa.Column(name, sa.Date(), nullable=True))
    op.create_table(
        "plan_entries",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("owner_id", sa.String(), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("track", sa.String(), nullable=False),
        sa.Column("value_low_ore", sa.BigInteger(), nullable=True),
        sa.Column("value_high_ore", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.Column("entered_by", sa.String(), nullable=False),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_plan_entries_region_id_regions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_entries")),
    )
    op.create_index("ix_plan_entries_region", "plan_entries", ["region_id", "starts_on", "id"], unique=False)
    op.create_table(
        "plan_versions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("recorded_by", sa.String(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registry_number", sa.String(), nullable=False),
        sa.Column("rows", sa.String(), nullable=False),
        sa.Column("rows_hash", sa.String(), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["region_id"], ["regions.id"], name=op.f("fk_plan_versions_region_id_regions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_versions")),
        sa.UniqueConstraint("region_id", "number", name=op.f("uq_plan_versions_region_id_number")),
    )
    op.create_table(
        "published_plan_rows",
        sa.Column("version_id", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("track", sa.String(), nullable=False),
        sa.Column("quarter", sa.String(), nullable=False),
        sa.Column("contact", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["version_id"], ["plan_versions.id"], name=op.f("fk_published_plan_rows_version_id_plan_versions")
        ),
        sa.PrimaryKeyConstraint("version_id", "position", name=op.f("pk_published_plan_rows")),
    )
    op.create_table(
        "observed_durations",
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=False),
        sa.Column("track", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("cases", sa.Integer(), nullable=False),
        sa.Column("median", sa.Integer(), nullable=False),
        sa.Column("ninety", sa.Integer(), nullable=False),
        sa.Column("counted_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("region_id", "unit_id", "track", "step", name=op.f("pk_observed_durations")),
    )


def downgrade() -> None:
    for table in ("observed_durations", "published_plan_rows", "plan_versions", "plan_entries"):
        op.drop_table(table)
    for name in reversed(_RENEWAL):
        op.drop_column("contracts", name)
