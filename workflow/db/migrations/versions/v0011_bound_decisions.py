"""Each decision's row is bound to its event, column by column; each column has a salt of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("decisions", sa.Column("salts", sa.String(), nullable=True))


def downgrade() -> None:
    op.drop_column("decisions", "salts")
