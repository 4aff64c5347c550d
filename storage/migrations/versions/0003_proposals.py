"""Proposals, who stands behind them, and decisions."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table('blocks',
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('until', sa.DateTime(timezone=True), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_blocks_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_blocks'))
    )
    op.create_table('proposals',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('theme', sa.String(length=32), nullable=False),
    sa.Column('about', sa.String(length=40), server_default='', nullable=False),
    sa.Column('region', sa.String(length=2), server_default='', nullable=False),
    sa.Column('language', sa.String(length=3), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('consent', sa.String(length=16), nullable=False),
    sa.Column('claim', sa.String(length=64), nullable=True),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('filed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('changed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('promised', sa.Date(), nullable=True),
    sa.Column('missed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('appealed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('decided_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('body', sa.String(length=40), server_default='', nullable=False),
    sa.Column('merged_into', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('supports', sa.Integer(), server_default='0', nullable=False),
    sa.Column('signals', sa.String(length=128), server_default='', nullable=False),
    sa.Column('held_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('held_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('title', sa.LargeBinary(), nullable=False),
    sa.Column('text', sa.LargeBinary(), nullable=False),
    sa.Column('name', sa.LargeBinary(), nullable=False),
    sa.Column('spot', sa.LargeBinary(), nullable=True),
    sa.Column('public_title', sa.Text(), nullable=True),
    sa.Column('public_text', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['author_id'], ['people.id'], name=op.f('fk_proposals_author_id_people'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['merged_into'], ['proposals.number'], name=op.f('fk_proposals_merged_into_proposals')),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_proposals')),
    sa.UniqueConstraint('claim', name=op.f('uq_proposals_claim')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('proposals', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_proposals_author_id'), ['author_id'], unique=False)
        batch_op.create_index('ix_proposals_queue', ['state', 'promised', 'number'], unique=False)
        batch_op.create_index('ix_proposals_region', ['state', 'region', 'number'], unique=False)
        batch_op.create_index('ix_proposals_state', ['state', 'number'], unique=False)
        batch_op.create_index('ix_proposals_supports', ['state', 'supports', 'number'], unique=False)
        batch_op.create_index('ix_proposals_theme', ['state', 'theme', 'number'], unique=False)

    op.create_table('answers',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('outcome', sa.String(length=24), nullable=False),
    sa.Column('who', sa.Text(), nullable=False),
    sa.Column('by_when', sa.Date(), nullable=True),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['proposals.number'], name=op.f('fk_answers_number_proposals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('number', name=op.f('pk_answers'))
    )
    op.create_table('decisions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('act', sa.String(length=16), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('by', sa.String(length=64), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('second', sa.String(length=64), server_default='', nullable=False),
    sa.Column('second_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('details', sa.LargeBinary(), nullable=False),
    sa.Column('before', sa.LargeBinary(), nullable=False),
    sa.Column('bulk', sa.String(length=32), server_default='', nullable=False),
    sa.Column('tell_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('told_to', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), server_default='0', nullable=False),
    sa.Column('told_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['number'], ['proposals.number'], name=op.f('fk_decisions_number_proposals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decisions')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('decisions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_decisions_number'), ['number'], unique=False)
        batch_op.create_index('ix_decisions_proposed', ['state', 'id'], unique=False)
        batch_op.create_index('ix_decisions_untold', ['told_at', 'tell_at'], unique=False)

    op.create_table('follows',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('is_own', sa.Boolean(), server_default=sa.false(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['proposals.number'], name=op.f('fk_follows_number_proposals'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_follows_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('number', 'person_id', name=op.f('pk_follows'))
    )
    with op.batch_alter_table('follows', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_follows_person_id'), ['person_id'], unique=False)

    op.create_table('proposal_files',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.String(length=16), nullable=False),
    sa.Column('ref', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.String(length=16), nullable=False),
    sa.Column('due_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.SmallInteger(), server_default='0', nullable=False),
    sa.Column('name', sa.LargeBinary(), nullable=False),
    sa.Column('mime', sa.String(length=128), server_default='', nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['number'], ['proposals.number'], name=op.f('fk_proposal_files_number_proposals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_proposal_files')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('proposal_files', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_proposal_files_number'), ['number'], unique=False)
        batch_op.create_index('ix_proposal_files_wanted', ['state', 'due_at'], unique=False)

    op.create_table('proposal_words',
    sa.Column('word', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.ForeignKeyConstraint(['number'], ['proposals.number'], name=op.f('fk_proposal_words_number_proposals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('word', 'number', name=op.f('pk_proposal_words')),
    sqlite_with_rowid=False
    )
    with op.batch_alter_table('proposal_words', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_proposal_words_number'), ['number'], unique=False)

    op.create_table('steps',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('actor', sa.String(length=64), nullable=False),
    sa.Column('details', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['proposals.number'], name=op.f('fk_steps_number_proposals'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_steps')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('steps', schema=None) as batch_op:
        batch_op.create_index('ix_steps_of_proposal', ['number', 'id'], unique=False)

    op.create_table('supports',
    sa.Column('number', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['number'], ['proposals.number'], name=op.f('fk_supports_number_proposals'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_supports_person_id_people'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('number', 'person_id', name=op.f('pk_supports'))
    )
    with op.batch_alter_table('supports', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_supports_person_id'), ['person_id'], unique=False)

