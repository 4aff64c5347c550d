"""the tables of channels and of moving between them"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.create_index(
            "ix_outbox_kept",
            ["person_id"],
            unique=False,
            sqlite_where=sa.text("state = 'kept'"),
            postgresql_where=sa.text("state = 'kept'"),
        )
    op.create_table(
        "presence",
        sa.Column("person_id", KEY, autoincrement=False, nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_presence_person_id_people"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_presence")),
    )
    op.create_index(op.f("ix_presence_heard_at"), "presence", ["heard_at"])
    op.create_table(
        "nudges",
        sa.Column("person_id", KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_nudges_person_id_people"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_nudges")),
    )
    op.create_index(op.f("ix_nudges_at"), "nudges", ["at"])
    op.create_table(
        "moving_codes",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("wish", sa.String(length=8), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_moving_codes_person_id_people"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_moving_codes")),
        sa.UniqueConstraint("person_id", name=op.f("uq_moving_codes_person_id")),
    )
    op.create_index(op.f("ix_moving_codes_expires_at"), "moving_codes", ["expires_at"])
    op.create_table(
        "moving_attempts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("person_id", KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_moving_attempts_person_id_people"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moving_attempts")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_moving_attempts_person_id"), "moving_attempts", ["person_id"])
    op.create_index(op.f("ix_moving_attempts_at"), "moving_attempts", ["at"])
    op.create_table(
        "moves",
        sa.Column("id", KEY, nullable=False),
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("target_id", KEY, nullable=False),
        sa.Column("wish", sa.String(length=8), nullable=False),
        sa.Column("holds", sa.String(length=6), nullable=False),
        sa.Column("carried", sa.LargeBinary(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["source_id"], ["people.id"], name=op.f("fk_moves_source_id_people"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["target_id"], ["people.id"], name=op.f("fk_moves_target_id_people"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_moves")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_moves_source_id"), "moves", ["source_id"])
    op.create_index(op.f("ix_moves_target_id"), "moves", ["target_id"])
    op.create_index(op.f("ix_moves_at"), "moves", ["at"])
    op.create_table(
        "deletions",
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("user", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_deletions")),
    )
    op.create_index(op.f("ix_deletions_state"), "deletions", ["state"])
