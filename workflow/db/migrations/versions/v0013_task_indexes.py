"""The indexes of open obligations hold what their counts look at, and those that rest have one of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_OPEN = sa.text("status = 'open'")
_OF_A_ROLE = sa.text("status = 'open' AND person_id IS NULL")
_RESTING = sa.text("status = 'open' AND snoozed_until_on IS NOT NULL")


def _index(name: str, columns: list[str], where: sa.TextClause) -> None:
    op.create_index(name, "tasks", columns, unique=False, sqlite_where=where, postgresql_where=where)


def upgrade() -> None:
    op.drop_index("ix_tasks_person", table_name="tasks")
    op.drop_index("ix_tasks_role", table_name="tasks")
    _index("ix_tasks_person", ["person_id", "due_on", "id", "region_id", "snoozed_until_on"], _OPEN)
    _index("ix_tasks_role", ["region_id", "role", "due_on", "id", "snoozed_until_on"], _OF_A_ROLE)
    _index("ix_tasks_resting", ["person_id", "snoozed_until_on"], _RESTING)


def downgrade() -> None:
    for name in ("ix_tasks_resting", "ix_tasks_role", "ix_tasks_person"):
        op.drop_index(name, table_name="tasks")
    _index("ix_tasks_role", ["region_id", "role", "due_on", "id"], _OF_A_ROLE)
    _index("ix_tasks_person", ["person_id", "due_on", "id"], _OPEN)
