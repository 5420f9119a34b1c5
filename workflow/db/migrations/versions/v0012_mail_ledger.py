"""The mail ledger: receipts of each message, what must be seen to, letters read, and the database's own lives."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_RECEIPTS = (
    ("reply", sa.String()),
    ("ended_at", sa.DateTime(timezone=True)),
    ("bounced_at", sa.DateTime(timezone=True)),
    ("bounce", sa.String()),
    ("delayed_at", sa.DateTime(timezone=True)),
    ("answered_at", sa.DateTime(timezone=True)),
    ("answer", sa.String()),
)


def upgrade() -> None:
    for name, kind in _RECEIPTS:
        op.add_column("outbox_messages", sa.Column(name, kind, nullable=True))
    op.create_index("ix_outbox_messages_region", "outbox_messages", ["region_id", "id"], unique=False)
    op.create_table(
        "mail_matters",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("region_id", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=False),
        sa.Column("case_id", sa.String(), nullable=True),
        sa.Column("cause", sa.String(), nullable=False),
        sa.Column("person_id", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(), nullable=True),
        sa.Column("how", sa.String(), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.CheckConstraint("cause IN ('refused', 'bounced', 'answered')", name=op.f("ck_mail_matters_cause")),
        sa.CheckConstraint("status IN ('open', 'settled')", name=op.f("ck_mail_matters_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail_matters")),
    )
    op.create_index("ix_mail_matters_open", "mail_matters", ["region_id", "status", "opened_at"], unique=False)
    op.create_index("ix_mail_matters_message", "mail_matters", ["message_id"], unique=False)
    op.create_index("ix_mail_matters_case", "mail_matters", ["case_id"], unique=False)
    op.create_table(
        "returned_letters",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("message_id", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_returned_letters")),
    )
    op.create_index("ix_returned_letters_read_at", "returned_letters", ["read_at"], unique=False)
    op.create_table(
        "database_lives",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beats", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_database_lives")),
    )


def downgrade() -> None:
    op.drop_table("database_lives")
    op.drop_table("returned_letters")
    op.drop_table("mail_matters")
    op.drop_index("ix_outbox_messages_region", table_name="outbox_messages")
    for name, _ in reversed(_RECEIPTS):
        op.drop_column("outbox_messages", name)
