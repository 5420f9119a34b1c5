"""How late things were: of each timer and message, and the times in which no scheduler ran; mail has a round of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "scheduler_gaps",
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("to_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("node", sa.String(), nullable=False),
        sa.Column("waiting", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("from_at", name=op.f("pk_scheduler_gaps")),
    )
    op.add_column("timers", sa.Column("late_seconds", sa.Integer(), nullable=True))
    op.create_index(
        "ix_timers_fired", "timers", ["region_id", "fired_at"], unique=False,
        sqlite_where=sa.text("status = 'fired'"), postgresql_where=sa.text("status = 'fired'"),
    )  # fmt: skip
    op.add_column("outbox_messages", sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("outbox_messages", sa.Column("late_seconds", sa.Integer(), nullable=True))
    op.create_index("ix_outbox_messages_sent", "outbox_messages", ["region_id", "sent_at"], unique=False)
    op.add_column("heartbeats", sa.Column("mail_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("heartbeats", sa.Column("mail_error", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("heartbeats", "mail_error")
    op.drop_column("heartbeats", "mail_at")
    op.drop_index("ix_outbox_messages_sent", table_name="outbox_messages")
    op.drop_column("outbox_messages", "late_seconds")
    op.drop_column("outbox_messages", "planned_at")
    op.drop_index("ix_timers_fired", table_name="timers")
    op.drop_column("timers", "late_seconds")
    op.drop_table("scheduler_gaps")
