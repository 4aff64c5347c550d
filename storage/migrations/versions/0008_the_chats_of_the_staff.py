"""Which chats are those of members of staff, and the codes that link them."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "staff_codes",
        sa.Column("member_id", KEY, autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["staff.id"], name=op.f("fk_staff_codes_member_id_staff"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_staff_codes")),
        sa.UniqueConstraint("digest", name=op.f("uq_staff_codes_digest")),
    )
    op.create_table(
        "staff_chats",
        sa.Column("member_id", KEY, autoincrement=False, nullable=False),
        sa.Column("person_id", KEY, autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["staff.id"], name=op.f("fk_staff_chats_member_id_staff"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_staff_chats_person_id_people"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("member_id", "person_id", name=op.f("pk_staff_chats")),
    )
    op.create_index(op.f("ix_staff_chats_person_id"), "staff_chats", ["person_id"])
