"""Calendars: whose address is whose, who had an obligation before, and how often it changed."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('tasks', sa.Column('revision', sa.Integer(), nullable=False, server_default='0'))
    op.add_column('tasks', sa.Column('changed_at', sa.DateTime(timezone=True), nullable=True))
    op.create_index('ix_tasks_closed', 'tasks', ['region_id', 'done_at'], unique=False)
    op.create_table('former_holders',
    sa.Column('task_id', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('left_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['task_id'], ['tasks.id'], name=op.f('fk_former_holders_task_id_tasks')),
    sa.PrimaryKeyConstraint('task_id', 'person_id', name=op.f('pk_former_holders'))
    )
    op.create_index('ix_former_holders_person', 'former_holders', ['person_id', 'left_at'], unique=False)
    op.create_table('calendar_addresses',
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_calendar_addresses_person_id_people')),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_calendar_addresses'))
    )
    op.create_index(op.f('ix_calendar_addresses_person_id'), 'calendar_addresses', ['person_id'], unique=False)


def downgrade() -> None:
    op.drop_index(op.f('ix_calendar_addresses_person_id'), table_name='calendar_addresses')
    op.drop_table('calendar_addresses')
    op.drop_index('ix_former_holders_person', table_name='former_holders')
    op.drop_table('former_holders')
    op.drop_index('ix_tasks_closed', table_name='tasks')
    op.drop_column('tasks', 'changed_at')
    op.drop_column('tasks', 'revision')
