"""Saved views of the list of cases, and how far each person has seen a case."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("name_fold", sa.String(), nullable=False),
        sa.Column("filters", sa.String(), nullable=False),
        sa.Column("start", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_saved_views_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
        sa.UniqueConstraint("person_id", "name_fold", name="uq_saved_views_person_id_name_fold"),
    )
    op.create_index(
        "uq_saved_views_start",
        "saved_views",
        ["person_id"],
        unique=True,
        sqlite_where=sa.text("start = 1"),
        postgresql_where=sa.text("start"),
    )
    op.create_table(
        "case_visits",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("seen_seq", sa.Integer(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_visits_case_id_cases")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_case_visits_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", "case_id", name=op.f("pk_case_visits")),
    )


def downgrade() -> None:
    op.drop_table("case_visits")
    op.drop_index("uq_saved_views_start", table_name="saved_views")
    op.drop_table("saved_views")
