"""Two people behind each parameter, closing days, more time for a duty, and deadlines that do not add up."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('parameters', sa.Column('proposed_by', sa.String(), nullable=True))
    op.add_column('procurements', sa.Column('urgent', sa.Boolean(), nullable=True))
    op.create_table('parameter_changes',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('region_id', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('value', sa.String(), nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('running', sa.Boolean(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('proposed_by', sa.String(), nullable=False),
    sa.Column('proposed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('settled_by', sa.String(), nullable=True),
    sa.Column('settled_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('reason', sa.String(), nullable=True),
    sa.Column('moved_at', sa.DateTime(timezone=True), nullable=True),
    sa.CheckConstraint("status IN ('proposed', 'released', 'rejected')", name=op.f('ck_parameter_changes_status')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_parameter_changes'))
    )
    op.create_index('ix_parameter_changes_region', 'parameter_changes', ['region_id', 'id'], unique=False)
    op.create_index('ix_parameter_changes_moving', 'parameter_changes', ['status', 'moved_at'], unique=False)
    op.create_table('moved_deadlines',
    sa.Column('change_id', sa.String(), nullable=False),
    sa.Column('subject_id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('status', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=True),
    sa.Column('from_on', sa.Date(), nullable=True),
    sa.Column('to_on', sa.Date(), nullable=True),
    sa.CheckConstraint("status IN ('pending', 'moved', 'stayed')", name=op.f('ck_moved_deadlines_status')),
    sa.ForeignKeyConstraint(['change_id'], ['parameter_changes.id'], name=op.f('fk_moved_deadlines_change_id_parameter_changes')),
    sa.PrimaryKeyConstraint('change_id', 'subject_id', name=op.f('pk_moved_deadlines'))
    )
    op.create_table('closing_days',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('region_id', sa.String(), nullable=False),
    sa.Column('closed_on', sa.Date(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('source', sa.String(), nullable=False),
    sa.Column('decided_by', sa.String(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('withdrawn_by', sa.String(), nullable=True),
    sa.Column('withdrawn_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_closing_days'))
    )
    op.create_index('ix_closing_days_region', 'closing_days', ['region_id', 'closed_on'], unique=False)
    op.create_table('deadline_extensions',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('region_id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('task_id', sa.String(), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('to_on', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('role', sa.String(), nullable=False),
    sa.Column('decided_by', sa.String(), nullable=False),
    sa.Column('decided_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_deadline_extensions_case_id_cases')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deadline_extensions'))
    )
    op.create_index('ix_deadline_extensions_task', 'deadline_extensions', ['task_id', 'id'], unique=False)
    op.create_table('deadline_differences',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('region_id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('subject_id', sa.String(), nullable=False),
    sa.Column('trigger', sa.String(), nullable=False),
    sa.Column('code', sa.String(), nullable=False),
    sa.Column('stated', sa.String(), nullable=False),
    sa.Column('found', sa.String(), nullable=False),
    sa.Column('found_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('gone_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['cases.id'], name=op.f('fk_deadline_differences_case_id_cases')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deadline_differences'))
    )
    op.create_index('ix_deadline_differences_region', 'deadline_differences', ['region_id', 'gone_at'], unique=False)
    op.create_index('ix_deadline_differences_subject', 'deadline_differences', ['subject_id', 'code'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_deadline_differences_subject', table_name='deadline_differences')
    op.drop_index('ix_deadline_differences_region', table_name='deadline_differences')
    op.drop_table('deadline_differences')
    op.drop_index('ix_deadline_extensions_task', table_name='deadline_extensions')
    op.drop_table('deadline_extensions')
    op.drop_index('ix_closing_days_region', table_name='closing_days')
    op.drop_table('closing_days')
    op.drop_table('moved_deadlines')
    op.drop_index('ix_parameter_changes_moving', table_name='parameter_changes')
    op.drop_index('ix_parameter_changes_region', table_name='parameter_changes')
    op.drop_table('parameter_changes')
    op.drop_column('procurements', 'urgent')
    op.drop_column('parameters', 'proposed_by')
