"""Times beside the way: tender validity, advance notices, hearings, requests for reasons, call-offs, private parties."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_COLUMNS = (
    ("procurements", "applications_due_on", sa.Date()),
    ("procurements", "tenders_valid_until_on", sa.Date()),
    ("procurements", "ex_ante_on", sa.Date()),
    ("procurements", "ex_ante_until_on", sa.Date()),
    ("lots", "exclusion_due_on", sa.Date()),
    ("lots", "reasons_requested_on", sa.Date()),
    ("contracts", "called_off_ore", sa.BigInteger()),
    ("contracts", "called_off_on", sa.Date()),
    ("contracts", "called_off_warned", sa.Integer()),
    ("contracts", "party_since_on", sa.Date()),
)


def upgrade() -> None:
    for table, name, kind in _COLUMNS:
        op.add_column(table, sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    for table, name, _ in reversed(_COLUMNS):
        op.drop_column(table, name)
