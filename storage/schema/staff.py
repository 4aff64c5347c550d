"""The tables of the desk: who works there, how they were invited, and the browsers they are signed in with."""

from __future__ import annotations

import sqlalchemy as sa

from storage.columns import Address, Instant, Sealed
from storage.schema.base import Key, metadata

staff = sa.Table(
    "staff",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("name", Sealed("staff.name"), nullable=False),
    sa.Column("address", Address("staff.address"), nullable=False, unique=True),  # the name to sign in with, often an e-mail address
    sa.Column("password", Sealed("staff.password"), nullable=False),  # its argon2 hash
    sa.Column("second_factor", Sealed("staff.second_factor"), nullable=False),  # the secret that codes are made of
    sa.Column("last_step", sa.BigInteger, nullable=False, server_default="0"),  # the newest code that was used: each counts once
    sa.Column("roles", sa.String(64), nullable=False),  # as in "editor moderator"
    sa.Column("language", sa.String(3), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("last_login_at", Instant),
    sqlite_autoincrement=True,
)

recovery_codes = sa.Table(
    "recovery_codes",
    metadata,
    sa.Column("member_id", Key, sa.ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("digest", sa.String(64), primary_key=True),
)

invitations = sa.Table(
    "invitations",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),  # of the link's secret part
    sa.Column("member_id", Key, sa.ForeignKey("staff.id", ondelete="CASCADE"), index=True),  # who sets a password anew; none: somebody new
    sa.Column("roles", sa.String(64), nullable=False),
    sa.Column("second_factor", Sealed("invitations.second_factor"), nullable=False),  # the secret that the page shows
    sa.Column("invited_by", sa.String(64), nullable=False),  # as in the audit log
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
    sqlite_autoincrement=True,
)

staff_sessions = sa.Table(
    "staff_sessions",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),  # of the cookie
    sa.Column("member_id", Key, sa.ForeignKey("staff.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("browser", Sealed("staff_sessions.browser"), nullable=False),
    sa.Column("created_at", Instant, nullable=False, index=True),
    sa.Column("seen_at", Instant, nullable=False),
    sa.Column("ended_at", Instant),
    sqlite_autoincrement=True,
)

staff_codes = sa.Table(  # of each member the newest code that links a chat, until it is used
    "staff_codes",
    metadata,
    sa.Column("member_id", Key, sa.ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("digest", sa.String(64), nullable=False, unique=True),
    sa.Column("expires_at", Instant, nullable=False),
)

staff_chats = sa.Table(  # who a member is as a citizen; goes along when that person moves to another channel
    "staff_chats",
    metadata,
    sa.Column("member_id", Key, sa.ForeignKey("staff.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False, index=True),
    sa.Column("at", Instant, nullable=False),
)
