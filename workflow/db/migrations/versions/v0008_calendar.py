"""Calendars: whose address is whose, who had an obligation before, how often it changed; the recurring duties of the year."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
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
    op.add_column('cases', sa.Column('answering_role', sa.String(), nullable=True))
    op.create_table('recurring_duties',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('region_id', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=True),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('rhythm', sa.String(), nullable=False),
    sa.Column('month', sa.Integer(), nullable=False),
    sa.Column('day', sa.Integer(), nullable=False),
    sa.Column('times', sa.Integer(), nullable=False),
    sa.Column('every_years', sa.Integer(), nullable=False),
    sa.Column('base_year', sa.Integer(), nullable=False),
    sa.Column('lead_days', sa.Integer(), nullable=False),
    sa.Column('owner_role', sa.String(), nullable=False),
    sa.Column('owner_id', sa.String(), nullable=True),
    sa.Column('basis', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('is_notice', sa.Boolean(), nullable=False),
    sa.Column('shared', sa.Boolean(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.Column('decided_by', sa.String(), nullable=False),
    sa.CheckConstraint("rhythm IN ('yearly', 'times_a_year', 'every_years')", name=op.f('ck_recurring_duties_rhythm')),
    sa.CheckConstraint("basis IN ('law', 'clause', 'policy')", name=op.f('ck_recurring_duties_basis')),
    sa.ForeignKeyConstraint(['region_id'], ['regions.id'], name=op.f('fk_recurring_duties_region_id_regions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_recurring_duties'))
    )
    op.create_index('ix_recurring_duties_region', 'recurring_duties', ['region_id', 'code'], unique=False)
    op.create_table('duties',
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('recurring_id', sa.String(), nullable=False),
    sa.Column('region_id', sa.String(), nullable=False),
    sa.Column('period', sa.String(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('basis', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('is_notice', sa.Boolean(), nullable=False),
    sa.Column('opened_late', sa.Boolean(), nullable=False),
    sa.Column('done_on', sa.Date(), nullable=True),
    sa.Column('reference', sa.String(), nullable=True),
    sa.Column('notified_on', sa.Date(), nullable=True),
    sa.Column('confirmed_on', sa.Date(), nullable=True),
    sa.Column('confirmation_reference', sa.String(), nullable=True),
    sa.Column('waived_because', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_duties_case_id_cases')),
    sa.ForeignKeyConstraint(['recurring_id'], ['recurring_duties.id'], name=op.f('fk_duties_recurring_id_recurring_duties')),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_duties')),
    sa.UniqueConstraint('recurring_id', 'period', name=op.f('uq_duties_recurring_id_period'))
    )
    op.create_index('ix_duties_region', 'duties', ['region_id', 'due_on'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_duties_region', table_name='duties')
    op.drop_table('duties')
    op.drop_index('ix_recurring_duties_region', table_name='recurring_duties')
    op.drop_table('recurring_duties')
    op.drop_column('cases', 'answering_role')
    op.drop_index(op.f('ix_calendar_addresses_person_id'), table_name='calendar_addresses')
    op.drop_table('calendar_addresses')
    op.drop_index('ix_former_holders_person', table_name='former_holders')
    op.drop_table('former_holders')
    op.drop_index('ix_tasks_closed', table_name='tasks')
    op.drop_column('tasks', 'changed_at')
    op.drop_column('tasks', 'revision')
