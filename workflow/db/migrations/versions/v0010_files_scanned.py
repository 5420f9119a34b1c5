"""What a virus scan found in a file, and when it was looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Files from before wait like new ones: where a scanner is set they are looked at before they are served again.
    op.add_column("files", sa.Column("scan", sa.String(), nullable=False, server_default="waiting"))
    op.add_column("files", sa.Column("scan_tried_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_files_sha256", "files", ["sha256"], unique=False)
    op.create_index(
        "ix_files_waiting",
        "files",
        ["scan_tried_at", "id"],
        unique=False,
        sqlite_where=sa.text("scan = 'waiting'"),
        postgresql_where=sa.text("scan = 'waiting'"),
    )


def downgrade() -> None:
    op.drop_index("ix_files_waiting", table_name="files")
    op.drop_index("ix_files_sha256", table_name="files")
    op.drop_column("files", "scan_tried_at")
    op.drop_column("files", "scan")
