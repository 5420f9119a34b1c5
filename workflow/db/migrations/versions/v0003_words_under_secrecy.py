"""What is said beside a case has a secrecy class, as its files have."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("comments", sa.Column("secrecy", sa.String(), nullable=False, server_default="open"))
    # What was said on a case whose tenders are secret now may speak of them (OSL 19:3): it is kept from today on.
    op.execute(
        "UPDATE comments SET secrecy = 'tender' WHERE case_id IN (SELECT id FROM cases WHERE tender_secret = true)"
    )


def downgrade() -> None:
    op.drop_column("comments", "secrecy")
