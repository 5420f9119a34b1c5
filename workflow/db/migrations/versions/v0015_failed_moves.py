"""Why a running date could not be moved, and when that was tried."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("moved_deadlines", sa.Column("error", sa.String(), nullable=True))
    op.add_column("moved_deadlines", sa.Column("tried_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("moved_deadlines", "tried_at")
    op.drop_column("moved_deadlines", "error")
