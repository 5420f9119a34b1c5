"""Digests, how each person wants mail, absences, and what was told of days without a decider."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Substitutes named so far replace somebody who is away.
    op.add_column("substitutes", sa.Column("away", sa.Boolean(), server_default=sa.true(), nullable=False))

    op.create_table(
        "absences",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_absences_person_id_people")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absences")),
    )
    op.create_index("ix_absences_person", "absences", ["person_id"], unique=False)
    op.create_index("ix_absences_region", "absences", ["region_id", "last_on"], unique=False)

    op.create_table(
        "mail_plans",
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("digest", sa.Boolean(), nullable=False),
        sa.Column("asks_wait", sa.Boolean(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=True),
        sa.Column("weekdays", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_mail_plans_person_id_people")),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_mail_plans")),
    )

    op.create_table(
        "digest_notes",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=False),
        sa.Column("task_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("substitute_for_id", sa.String(), nullable=True),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("digest_id", sa.String(), nullable=True),
        sa.CheckConstraint("status IN ('waiting', 'told', 'dropped')", name=op.f("ck_digest_notes_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digest_notes")),
    )
    op.create_index(
        "ix_digest_notes_waiting", "digest_notes", ["person_id", "noted_at"], unique=False,
        sqlite_where=sa.text("status = 'waiting'"), postgresql_where=sa.text("status = 'waiting'"),
    )  # fmt: skip
    op.create_index("ix_digest_notes_digest", "digest_notes", ["digest_id"], unique=False)
    op.create_index("ix_digest_notes_case", "digest_notes", ["case_id", "id"], unique=False)

    op.create_table(
        "digests",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_digests")),
        sa.UniqueConstraint("person_id", "on_day", name=op.f("uq_digests_person_id_on_day")),
    )

    op.create_table(
        "decider_warnings",
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("on_day", sa.Date(), nullable=False),
        sa.Column("told", sa.String(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("region_id", "on_day", name=op.f("pk_decider_warnings")),
    )


def downgrade() -> None:
    for table in ("decider_warnings", "digests", "digest_notes", "mail_plans", "absences"):
        op.drop_table(table)
    op.drop_column("substitutes", "away")
