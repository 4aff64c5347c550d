"""The desk's staff, and the audit log as a chain that is only added to."""

import datetime as dt
import hashlib
import json
import secrets

import sqlalchemy as sa
from alembic import op

from storage.sealing import Seal

revision = "0002"
down_revision = "0001"

KEY = sa.BigInteger().with_variant(sa.Integer(), 'sqlite')
REFUSED = "the audit log is only added to"
PLAIN = ("id", "at", "actor", "action", "subject", "hash")  # what may never change; the others are sealed anew with every new key
SEALED = ("details", "salt")


def upgrade() -> None:
    op.create_table('staff',
    sa.Column('id', KEY, nullable=False),
    sa.Column('name', sa.LargeBinary(), nullable=False),
    sa.Column('address', sa.LargeBinary(), nullable=False),
    sa.Column('password', sa.LargeBinary(), nullable=False),
    sa.Column('second_factor', sa.LargeBinary(), nullable=False),
    sa.Column('last_step', sa.BigInteger(), server_default='0', nullable=False),
    sa.Column('roles', sa.String(length=64), nullable=False),
    sa.Column('language', sa.String(length=3), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.true(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_login_at', sa.DateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff')),
    sa.UniqueConstraint('address', name=op.f('uq_staff_address')),
    sqlite_autoincrement=True
    )
    op.create_table('recovery_codes',
    sa.Column('member_id', KEY, autoincrement=False, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['member_id'], ['staff.id'], name=op.f('fk_recovery_codes_member_id_staff'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('member_id', 'digest', name=op.f('pk_recovery_codes'))
    )
    op.create_table('invitations',
    sa.Column('id', KEY, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('member_id', KEY, nullable=True),
    sa.Column('roles', sa.String(length=64), nullable=False),
    sa.Column('second_factor', sa.LargeBinary(), nullable=False),
    sa.Column('invited_by', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('expires_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('used_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['staff.id'], name=op.f('fk_invitations_member_id_staff'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invitations')),
    sa.UniqueConstraint('digest', name=op.f('uq_invitations_digest')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_invitations_member_id'), 'invitations', ['member_id'])
    op.create_table('staff_sessions',
    sa.Column('id', KEY, nullable=False),
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('member_id', KEY, nullable=False),
    sa.Column('browser', sa.LargeBinary(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['member_id'], ['staff.id'], name=op.f('fk_staff_sessions_member_id_staff'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_staff_sessions')),
    sa.UniqueConstraint('digest', name=op.f('uq_staff_sessions_digest')),
    sqlite_autoincrement=True
    )
    op.create_index(op.f('ix_staff_sessions_member_id'), 'staff_sessions', ['member_id'])
    op.create_index(op.f('ix_staff_sessions_created_at'), 'staff_sessions', ['created_at'])

    op.create_table('audit_head',
    sa.Column('id', sa.SmallInteger(), autoincrement=False, nullable=False),
    sa.Column('head', sa.LargeBinary(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_head'))
    )
    op.add_column('audit', sa.Column('salt', sa.LargeBinary(), nullable=True))
    op.add_column('audit', sa.Column('hash', sa.String(length=64), server_default='', nullable=False))
    chain_what_is_there()
    for statement in triggers(op.get_bind().dialect.name):
        op.execute(statement)


def chain_what_is_there() -> None:
    """Rows of before become the beginning of the chain, as they are found now (docs/decisions/0018)."""
    db = op.get_bind()
    seal: Seal = db.dialect.hiwar_seal  # type: ignore[attr-defined]  # set where the engine is opened
    audit = sa.table('audit', *(sa.column(name) for name in (*PLAIN, *SEALED)))
    last, hashed = 0, ""
    rows = db.execute(sa.select(audit).order_by(audit.c.id)).all()
    for row in rows:
        at = dt.datetime.fromisoformat(row.at) if isinstance(row.at, str) else row.at
        details, salt = seal.open(bytes(row.details), b"audit.details").decode(), secrets.token_hex(16)
        content = [row.id, at.astimezone(dt.UTC).isoformat(timespec="microseconds"), row.actor, row.action, row.subject, details, salt, hashed]
        hashed = hashlib.sha256(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
        last = row.id
        db.execute(audit.update().where(audit.c.id == row.id).values(salt=seal.seal(salt.encode(), b"audit.salt"), hash=hashed))
    head = sa.table('audit_head', sa.column('id'), sa.column('head', sa.LargeBinary()))
    sealed = seal.seal(json.dumps([last, hashed], separators=(",", ":")).encode(), b"audit_head.head")
    db.execute(head.insert().values(id=1, head=sealed))


def triggers(dialect: str) -> list[str]:
    """No row is deleted; one is changed only by sealing its sealed columns with the same key or a newer one, whose number is the first byte."""
    if dialect == "sqlite":
        changed = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in PLAIN)
        older = " OR ".join(f"substr(NEW.{name}, 1, 1) < substr(OLD.{name}, 1, 1)" for name in SEALED)
        abort = f"BEGIN SELECT RAISE(ABORT, '{REFUSED}'); END"
        return [
            f"CREATE TRIGGER audit_stays BEFORE DELETE ON audit {abort}",
            f"CREATE TRIGGER audit_stands BEFORE UPDATE ON audit WHEN {changed} OR {older} {abort}",
            f"CREATE TRIGGER audit_head_stays BEFORE DELETE ON audit_head {abort}",
        ]
    changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in PLAIN)
    older = " OR ".join(f"get_byte(NEW.{name}, 0) < get_byte(OLD.{name}, 0)" for name in SEALED)
    refuse = f"CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{REFUSED}'; END $$"
    return [
        refuse,
        "CREATE TRIGGER audit_stays BEFORE DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()",
        f"CREATE TRIGGER audit_stands BEFORE UPDATE ON audit FOR EACH ROW WHEN ({changed} OR {older}) EXECUTE FUNCTION audit_refuses()",
        "CREATE TRIGGER audit_head_stays BEFORE DELETE OR TRUNCATE ON audit_head FOR EACH STATEMENT EXECUTE FUNCTION audit_refuses()",
    ]
