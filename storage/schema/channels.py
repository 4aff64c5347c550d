"""The tables of people and their channels: when they were last heard, moving between channels, deletion asked of a vendor."""

from __future__ import annotations

import sqlalchemy as sa

from storage.columns import Instant, Sealed
from storage.schema.base import Key, metadata

presence = sa.Table(
    "presence",
    metadata,
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("heard_at", Instant, nullable=False, index=True),  # the vendor's time of the person's last word
)

nudges = sa.Table(
    "nudges",
    metadata,
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False, index=True),  # when they were told last, at a price, that something waits
)

moving_codes = sa.Table(
    "moving_codes",
    metadata,
    sa.Column("digest", sa.String(64), primary_key=True),  # keyed, so that the table alone does not tell the code
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, unique=True),
    sa.Column("wish", sa.String(8), nullable=False),  # "carry" or "join"
    sa.Column("expires_at", Instant, nullable=False, index=True),
)

moving_attempts = sa.Table(
    "moving_attempts",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("person_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("at", Instant, nullable=False, index=True),
    sqlite_autoincrement=True,
)

moves = sa.Table(
    "moves",
    metadata,
    sa.Column("id", Key, primary_key=True),
    sa.Column("source_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("target_id", Key, sa.ForeignKey("people.id", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("wish", sa.String(8), nullable=False),  # "carry" or "join"
    sa.Column("holds", sa.String(6), nullable=False),  # "source" or "target": which of the two has everything now
    sa.Column("carried", Sealed("moves.carried"), nullable=False),  # which rows were whose, as JSON, to be able to part them again
    sa.Column("at", Instant, nullable=False, index=True),
    sa.Column("undone_at", Instant),
    sqlite_autoincrement=True,
)

deletions = sa.Table(
    "deletions",
    metadata,
    sa.Column("code", sa.String(32), primary_key=True),  # by which the person finds what became of it
    sa.Column("channel", sa.String(16), nullable=False),
    sa.Column("user", Sealed("deletions.user"), nullable=False),  # the vendor's name for the person, until it is done
    sa.Column("state", sa.String(16), nullable=False, index=True),  # waiting, done, nothing
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("done_at", Instant),
)
