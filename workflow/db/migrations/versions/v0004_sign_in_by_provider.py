"""Sign-in by a region's own provider: identities, how a session began, kept forms, used logout tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('identities',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('issuer', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('region_id', sa.String(), nullable=True),
    sa.Column('person_id', sa.String(), nullable=True),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=True),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('bound_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('bound_by', sa.String(), nullable=True),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_identities_person_id_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identities')),
    sa.UniqueConstraint('issuer', 'subject', name='uq_identities_issuer_subject'),
    sa.UniqueConstraint('issuer', 'person_id', name='uq_identities_issuer_person_id')
    )
    op.create_index('ix_identities_person', 'identities', ['person_id'], unique=False)
    op.create_table('directory_numbers',
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('region_id', sa.String(), nullable=False),
    sa.Column('number', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_directory_numbers_person_id_people')),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_directory_numbers')),
    sa.UniqueConstraint('region_id', 'number', name='uq_directory_numbers_region_id_number')
    )
    op.create_table('kept_forms',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('person_id', sa.String(), nullable=False),
    sa.Column('sealed', sa.String(), nullable=False),
    sa.Column('kept_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_kept_forms_person_id_people')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_kept_forms'))
    )
    op.create_index('ix_kept_forms_person', 'kept_forms', ['person_id', 'kept_at'], unique=False)
    op.create_table('used_logout_tokens',
    sa.Column('token_hash', sa.String(), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_used_logout_tokens'))
    )
    # Sessions that are open while the program is changed go on: they began with a password or a press.
    op.add_column('sessions', sa.Column('way', sa.String(), server_default='password', nullable=False))
    op.add_column('sessions', sa.Column('identity_id', sa.String(), nullable=True))
    op.add_column('sessions', sa.Column('provider_session', sa.String(), nullable=True))
    op.add_column('sessions', sa.Column('acr', sa.String(), nullable=True))
    op.add_column('sessions', sa.Column('sealed_token', sa.String(), nullable=True))
    op.create_index('ix_sessions_identity', 'sessions', ['identity_id'], unique=False)


def downgrade() -> None:
    op.drop_index('ix_sessions_identity', table_name='sessions')
    for name in ('sealed_token', 'acr', 'provider_session', 'identity_id', 'way'):
        op.drop_column('sessions', name)
    for name in ('used_logout_tokens', 'kept_forms', 'directory_numbers', 'identities'):
        op.drop_table(name)
